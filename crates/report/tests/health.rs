//! Group health on logs whose story is known because the test tells it: each story has its finding, and the story next to
//! it, which is healthy, has none.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::convert::Infallible;
use std::fs;
use std::path::Path;

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::rules::newest;
use lastwrites_evidence::discover;
use lastwrites_report::findings::{Finding, Severity};
use lastwrites_report::history::{HistoryQuestion, history};
use lastwrites_report::{DEFAULT_RETENTION_MS, Options};
use lastwrites_segment::ReadMode;
use lastwrites_synth::batch::Batch;
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::model::OffsetKey;
use lastwrites_synth::prng::SplitMix64;
use lastwrites_synth::script::Script;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::classic::{ClassicMember, GroupMetadata, group_metadata_key};
use lastwrites_synth::values::offsets::OffsetCommit;
use lastwrites_synth::workload::{Shape, generate};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// A classic group `g` that reads `orders`, told step by step.
struct Story {
    script: Script,
    generation: i32,
    members: Vec<ClassicMember>,
    joined: u32,
}

impl Story {
    fn new() -> Self {
        Self { script: Script::new(0), generation: 0, members: Vec::new(), joined: 0 }
    }

    /// A member that holds one partition of `orders`, with these timeouts.
    fn join(&mut self, client: &str, partition: i32, rebalance_ms: i64, session_ms: i64) {
        self.joined += 1;
        let id = format!("{client}-{:08x}", self.joined);
        let mut member = ClassicMember::consumer(&id, client, &["orders"], &[("orders", &[partition])]);
        member.rebalance_timeout_ms = i32::try_from(rebalance_ms).unwrap();
        member.session_timeout_ms = i32::try_from(session_ms).unwrap();
        self.members.push(member);
        self.rebalance();
    }

    fn leave(&mut self, client: &str) {
        self.members.retain(|member| member.client_id != client);
        self.rebalance();
    }

    fn rebalance(&mut self) {
        self.generation += 1;
        let mut group = GroupMetadata::stable(self.generation, self.script.clock_ms(), self.members.clone());
        if self.members.is_empty() {
            (group.protocol, group.leader) = (None, None);
        }
        self.script.append(vec![(group_metadata_key("g"), Some(group.value(3)))]);
    }

    /// Commits of these partitions of `orders`, all at one offset.
    fn commit(&mut self, partitions: &[i32], offset: i64) {
        let commit = OffsetCommit::plain(offset, self.script.clock_ms());
        let commits: Vec<_> = partitions
            .iter()
            .map(|partition| (OffsetKey::new("g", "orders", *partition), commit.clone()))
            .collect();
        self.script.commit(3, &commits);
    }

    /// A commit every five seconds, 100 records further each.
    fn work(&mut self, partitions: &[i32], from: i64, times: i64) -> i64 {
        for time in 1..=times {
            self.commit(partitions, from + 100 * time);
            self.script.wait_ms(4 * SECOND);
        }
        from + 100 * times
    }

    /// Another group commits once, so that the log goes on.
    fn others(&mut self) {
        let commit = OffsetCommit::plain(1, self.script.clock_ms());
        self.script.commit(3, &[(OffsetKey::new("other", "t", 0), commit)]);
    }

    fn findings(&self) -> Vec<Finding> {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), self.script.batches());
        health(dir.path(), None)
    }
}

fn write(dir: &Path, log: &[Batch]) {
    let partition = dir.join("__consumer_offsets-0");
    fs::create_dir_all(&partition).unwrap();
    let segment = Segment::of(0, log).unwrap();
    fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
}

fn health(dir: &Path, since_ms: Option<i64>) -> Vec<Finding> {
    let evidence = discover(&[dir.to_path_buf()]).unwrap();
    let options = Options {
        profile: newest(),
        threads: 2,
        unit_bytes: Some(4096),
        view: None,
        redaction: None,
        offsets_retention_ms: None,
        release: None,
        read: ReadMode::Plain,
    };
    let question =
        HistoryQuestion { groups: None, as_of: None, since_ms, retention_ms: DEFAULT_RETENTION_MS };
    let told = history(&evidence, &options, &question, &Progress::default(), |_| Ok::<(), Infallible>(()));
    told.unwrap().findings
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes
}

fn find<'f>(findings: &'f [Finding], code: &str) -> &'f Finding {
    let found: Vec<&Finding> = findings.iter().filter(|finding| finding.code.as_str() == code).collect();
    assert_eq!(found.len(), 1, "{code} once in {findings:#?}");
    assert_eq!(found[0].group_id.as_ref().and_then(|id| id.as_str()), Some("g"), "{findings:#?}");
    assert!(found[0].offset.is_some() && found[0].position.is_some() && !found[0].proof.is_empty());
    let remedy = found[0].remedy.join("\n");
    assert!(remedy.contains("look at: ") && remedy.contains("not in the log: "), "{remedy}");
    found[0]
}

/// Work takes 30 seconds longer than the poll interval of ten: out, and back when the work is done.
fn slow_consumer(rounds: usize) -> Story {
    let mut story = Story::new();
    for _ in 0..rounds {
        story.join("slow", 0, 10 * SECOND, 45 * SECOND);
        story.script.wait_ms(9 * SECOND + 400);
        story.leave("slow");
        story.script.wait_ms(20 * SECOND);
    }
    story
}

#[test]
fn a_consumer_that_polls_too_late_in_a_loop_is_a_storm_of_returns() {
    let findings = slow_consumer(12).findings();
    assert_eq!(codes(&findings), ["LW213", "LW214", "LW215"]);
    let storm = find(&findings, "LW213");
    assert!(storm.message.contains("rebalanced 23 times within 5 min 55 s"), "{}", storm.message);
    assert_eq!(storm.severity, Severity::Warning, "it goes on when the log ends");
    let returns = find(&findings, "LW214");
    let said = &returns.message;
    assert!(said.contains("slow at /10.0.0.9 left and came back 11 times"), "{said}");
    assert!(said.contains("under a new member id each time; it stayed 10 s"), "{said}");
    assert!(said.contains("rebalance timeout of 10 s: it did not poll in time"), "{said}");
    assert_eq!(returns.severity, Severity::Warning);
    let timeout = find(&findings, "LW215");
    assert!(timeout.message.contains("max.poll.interval.ms of 10 s may be too short"), "{}", timeout.message);
    // The same once or twice is a restart.
    assert_eq!(codes(&slow_consumer(3).findings()), Vec::<&str>::new());
}

#[test]
fn what_was_over_before_since_is_not_told() {
    let mut story = slow_consumer(12);
    story.script.wait_ms(3 * 60 * MINUTE);
    story.others();
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), story.script.batches());
    assert_eq!(codes(&health(dir.path(), None)), ["LW213", "LW214", "LW215"]);
    assert_eq!(find(&health(dir.path(), None), "LW213").severity, Severity::Note, "it came to rest");
    assert_eq!(codes(&health(dir.path(), Some(story.script.clock_ms() - MINUTE))), Vec::<&str>::new());
}

#[test]
fn rebalances_count_though_the_cleaner_took_their_records() {
    let mut story = slow_consumer(12);
    story.others();
    let end = story.script.next_offset();
    // Of a classic group one record is left; without the first the distance can't be told.
    let left = compact(story.script.batches(), end, Tombstones::Keep);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &left);
    assert_eq!(codes(&health(dir.path(), None)), Vec::<&str>::new());
    // The first record in an uncleaned copy of the beginning, the last behind the cleaner's end.
    let mut log: Vec<Batch> = story.script.batches()[..1].to_vec();
    log.extend(left.into_iter().filter(|batch| batch.base_offset > 0));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &log);
    let findings = health(dir.path(), None);
    assert_eq!(codes(&findings), ["LW213"]);
    assert!(find(&findings, "LW213").message.contains("rebalanced 23 times"));
}

#[test]
fn rolling_restarts_and_scaling_are_healthy() {
    let mut story = Story::new();
    let clients: Vec<String> = (0..8).map(|number| format!("worker-{number}")).collect();
    let mut offset = 0;
    for (partition, client) in (0..).zip(&clients) {
        story.join(client, partition, 5 * MINUTE, 45 * SECOND);
    }
    for _ in 0..2 {
        offset = story.work(&[0, 1, 2, 3, 4, 5, 6, 7], offset, 200);
        for (partition, client) in (0..).zip(&clients) {
            story.leave(client);
            story.script.wait_ms(10 * SECOND);
            story.join(client, partition, 5 * MINUTE, 45 * SECOND);
            offset = story.work(&[0, 1, 2, 3], offset, 3);
        }
        // A deploy a day.
        story.work(&[0, 1, 2, 3, 4, 5, 6, 7], offset, 2_000);
        story.script.wait_ms(5 * SECOND);
    }
    assert_eq!(codes(&story.findings()), Vec::<&str>::new());
}

/// Two members work; partition 1 stops, partition 0 goes on for half an hour.
fn stuck() -> Story {
    let mut story = Story::new();
    story.join("a", 0, 5 * MINUTE, 45 * SECOND);
    story.join("b", 1, 5 * MINUTE, 45 * SECOND);
    let at = story.work(&[0, 1], 0, 50);
    story.work(&[0], at, 360);
    story
}

fn checkpoint(dir: &Path, name: &str, ends: [i64; 2]) {
    let lines = format!("0\n2\norders 0 {}\norders 1 {}\n", ends[0], ends[1]);
    fs::write(dir.join(name), lines).unwrap();
}

#[test]
fn a_stuck_partition_is_told_from_an_idle_one_by_the_records_that_wait() {
    let story = stuck();
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), story.script.batches());
    let unknown = health(dir.path(), None);
    assert_eq!(codes(&unknown), ["LW216"]);
    let finding = find(&unknown, "LW216");
    // 360 times five seconds; the second record of a batch is a millisecond late.
    let said = &finding.message;
    assert!(said.contains("commits stopped on 1 partition 29 min 59 s before the log ends"), "{said}");
    assert!(said.contains("an idle topic looks the same"), "{said}");
    assert_eq!(finding.severity, Severity::Note);
    assert!(finding.proof[0].starts_with("orders-1: offset 101 in "), "{:?}", finding.proof);
    assert!(finding.proof[0].contains("held by b-00000002 (b at /10.0.0.9)"), "{:?}", finding.proof);
    // The copied checkpoint knows that 700 records wait.
    checkpoint(dir.path(), "replication-offset-checkpoint", [41_000, 5_700]);
    let waiting = health(dir.path(), None);
    let finding = find(&waiting, "LW216");
    assert!(finding.message.contains("700 records behind them wait"), "{}", finding.message);
    assert_eq!((codes(&waiting), finding.severity), (vec!["LW216"], Severity::Warning));
    // ... or that none does.
    checkpoint(dir.path(), "replication-offset-checkpoint", [41_000, 5_000]);
    assert_eq!(codes(&health(dir.path(), None)), Vec::<&str>::new());
}

#[test]
fn commits_of_one_offset_count_as_stopped_where_records_wait() {
    let mut story = Story::new();
    story.join("a", 0, 5 * MINUTE, 45 * SECOND);
    let at = story.work(&[0], 0, 50);
    for _ in 0..360 {
        story.commit(&[0], at);
        story.script.wait_ms(4 * SECOND);
    }
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), story.script.batches());
    assert_eq!(codes(&health(dir.path(), None)), Vec::<&str>::new(), "an idle topic, as far as is known");
    checkpoint(dir.path(), "replication-offset-checkpoint", [at + 1, 0]);
    let findings = health(dir.path(), None);
    let said = &find(&findings, "LW216").message;
    assert!(said.contains("the same offsets are committed again and again on 1 partition"), "{said}");
    assert!(said.contains("1 record behind them wait"), "{said}");
}

#[test]
fn a_gap_says_whether_records_kept_arriving() {
    let told = |after: i64| {
        let mut story = Story::new();
        story.join("a", 0, 5 * MINUTE, 45 * SECOND);
        let at = story.work(&[0], 0, 100);
        story.script.wait_ms(60 * MINUTE);
        story.work(&[0], at + after, 20);
        let findings = story.findings();
        assert_eq!(codes(&findings), ["LW217"]);
        find(&findings, "LW217").message.clone()
    };
    // 100 records every 5 seconds make 72,000 an hour.
    let stood_still = told(72_000);
    assert!(stood_still.contains("no commit for orders-0 in 1 h"), "{stood_still}");
    assert!(stood_still.contains("records kept arriving"), "{stood_still}");
    assert!(told(0).contains("pause of the topic, which looks the same"), "{}", told(0));
    // Restarted in between: the pause is a deploy's.
    let mut story = Story::new();
    story.join("a", 0, 5 * MINUTE, 45 * SECOND);
    let at = story.work(&[0], 0, 100);
    story.leave("a");
    story.script.wait_ms(60 * MINUTE);
    story.join("a", 0, 5 * MINUTE, 45 * SECOND);
    story.work(&[0], at, 20);
    assert_eq!(codes(&story.findings()), Vec::<&str>::new());
}

/// Two members; one dies, and is removed when its session is over.
fn dies(session_ms: i64, removed_after_ms: i64) -> Vec<Finding> {
    let mut story = Story::new();
    story.join("a", 0, 5 * MINUTE, session_ms);
    story.join("b", 1, 5 * MINUTE, session_ms);
    let at = story.work(&[0, 1], 0, 50);
    story.work(&[0], at, removed_after_ms / (5 * SECOND));
    story.leave("b");
    story.work(&[0, 1], at, 20);
    story.findings()
}

#[test]
fn a_member_that_was_gone_for_a_long_session_is_told() {
    let findings = dies(10 * MINUTE, 10 * MINUTE);
    assert_eq!(codes(&findings), ["LW215"]);
    let said = &find(&findings, "LW215").message;
    assert!(said.contains("partitions of a member that was gone stood still for 10 min"), "{said}");
    assert!(said.contains("session.timeout.ms of 10 min"), "{said}");
    // The default's 45 seconds are no news, nor is an idle member that leaves some other time.
    assert_eq!(codes(&dies(45 * SECOND, 45 * SECOND)), Vec::<&str>::new());
    assert_eq!(codes(&dies(10 * MINUTE, 4 * MINUTE)), Vec::<&str>::new());
}

#[test]
fn a_rebalance_that_waited_for_a_member_is_told() {
    let story = |waited_ms: i64| {
        let mut story = Story::new();
        story.join("a", 0, 5 * MINUTE, 45 * SECOND);
        story.join("b", 1, 5 * MINUTE, 45 * SECOND);
        let at = story.work(&[0, 1], 0, 50);
        story.script.wait_ms(waited_ms);
        story.join("c", 2, 5 * MINUTE, 45 * SECOND);
        story.work(&[0, 1, 2], at, 20);
        story.findings()
    };
    let findings = story(5 * MINUTE);
    assert_eq!(codes(&findings), ["LW215"]);
    let said = &find(&findings, "LW215").message;
    assert!(said.contains("all partitions stood still before a rebalance for 5 min"), "{said}");
    assert!(said.contains("max.poll.interval.ms of 5 min"), "{said}");
    assert_eq!(codes(&story(MINUTE)), Vec::<&str>::new());
}

/// A cleaner leaves the last commit of a key and takes the regular ones before: that makes no gap.
#[test]
fn compaction_makes_no_sick_groups() {
    let mut story = Story::new();
    for (partition, client) in (0..).zip(["a", "b", "c"]) {
        story.join(client, partition, 5 * MINUTE, 45 * SECOND);
    }
    story.work(&[0, 1, 2], 0, 2_000);
    assert_eq!(codes(&story.findings()), Vec::<&str>::new());
    let random = &mut SplitMix64::new(7);
    for _ in 0..30 {
        let end = random.between(1, story.script.next_offset());
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &compact(story.script.batches(), end, Tombstones::Keep));
        assert_eq!(codes(&health(dir.path(), None)), Vec::<&str>::new(), "compacted up to {end}");
    }
}

/// Random members under random ids have no clients that come back, and a second between two records is no gap.
#[test]
fn random_workloads_are_followed_without_complaint() {
    for seed in 0..20 {
        let shape = Shape { steps: 400, group_records: 0.05, ..Shape::default() };
        let workload = generate(seed, &shape).unwrap();
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &workload.batches);
        for finding in health(dir.path(), None) {
            assert!(finding.severity >= Severity::Warning, "{seed}: {finding:?}");
            assert!(!finding.message.is_empty());
        }
    }
}
