//! What was seen of the groups of a copy, as findings.

use lastwrites_evidence::{PartitionCopy, TopicLogs};
use lastwrites_types::escaped;

use super::cadence::{Cadence, Spot};
use super::members::Comings;
use super::rebalances::rest_ms;
use super::{Group, Standstill, Watch};
use crate::build::path_text;
use crate::findings::{Code, Finding, Severity};
use crate::offset_keys::OffsetKeys;
use crate::terminal::{counted, duration, grouped, moment};

/// What is known beside the log.
pub(crate) struct HealthContext<'a> {
    pub(crate) copy: &'a PartitionCopy,
    /// The numbers of its offset keys.
    pub(crate) keys: &'a OffsetKeys,
    /// Where the logs of the groups' topics end.
    pub(crate) topics: &'a TopicLogs<'a>,
    /// Leaves out what was over before, ms since 1970.
    pub(crate) since_ms: i64,
}

/// Groups of a copy that get a finding of their own with one code; the rest is named in one more.
const MOST_TOLD: usize = 5;
/// Groups that are named in it.
const MOST_NAMED: usize = 20;
/// ms without a commit, up to the log's end, that are worth a word.
const STOPPED_LEAST_MS: i64 = 5 * 60 * 1000;
/// Partitions named in a finding.
const MOST_PARTITIONS: usize = 5;

/// A finding before it is known whether it gets a place of its own.
struct Candidate {
    finding: Finding,
    group_id: Box<[u8]>,
    /// When it was last so, ms since 1970.
    until_ms: i64,
    /// The larger, the more it is worth a word.
    weight: i64,
}

/// A partition without commits up to the end of the log.
struct Stopped {
    key: u32,
    since: Spot,
    usual_ms: i64,
    /// Commits go on, of the same offset.
    repeats: bool,
    /// Records behind the committed offset; `None` where no copied disk tells.
    waiting: Option<i64>,
}

impl Watch {
    /// Ends the copy: what is worth a word, the worst of each kind first.
    pub(crate) fn findings(mut self, context: &HealthContext<'_>) -> Vec<Finding> {
        let stopped = self.stopped(context);
        for group in &mut self.groups {
            group.rebalances.end();
        }
        let mut all: Vec<Candidate> = Vec::new();
        for (number, (group, stopped)) in self.groups.iter().zip(stopped).enumerate() {
            let group_id = self.ids.get(u32::try_from(number).unwrap_or(u32::MAX));
            let teller = Teller { watch: &self, context, group, group_id };
            all.extend(teller.storm());
            all.extend(teller.returns());
            all.extend(teller.short_timeout());
            all.extend(teller.long_timeout());
            all.extend(teller.commits_stopped(&stopped));
            all.extend(teller.gap());
        }
        all.retain(|candidate| candidate.until_ms >= context.since_ms);
        few(all, context.copy)
    }

    /// Keys whose commits stopped, by group.
    fn stopped(&self, context: &HealthContext<'_>) -> Vec<Vec<Stopped>> {
        let mut stopped: Vec<Vec<Stopped>> = self.groups.iter().map(|_| Vec::new()).collect();
        for (key, cadence) in (0..).zip(&self.cadences) {
            let Some(cadence) = cadence else { continue };
            let number = cadence.group as usize;
            let (Some(group), Some(found)) = (self.groups.get(number), stopped.get_mut(number)) else {
                continue;
            };
            found.extend(self.stopped_key(key, cadence, group, context));
        }
        stopped
    }

    fn stopped_key(
        &self,
        key: u32,
        cadence: &Cadence,
        group: &Group,
        context: &HealthContext<'_>,
    ) -> Option<Stopped> {
        let last = cadence.last?;
        let silent = |since: Spot| self.end.ms.saturating_sub(since.ms);
        let stops = cadence.commits.makes_long(silent(last), STOPPED_LEAST_MS);
        let repeats = !stops && cadence.moves.makes_long(silent(cadence.moved), STOPPED_LEAST_MS);
        let since = if stops { last } else { cadence.moved };
        let seen_all = since.offset >= self.unbroken_from && group.was_stable_since(since);
        let given_up = group.members.hold_anything() && group.members.holder(key).is_none();
        if !(stops || repeats) || !seen_all || given_up {
            return None;
        }
        let (topic, partition) = context.keys.topic(key);
        let log = std::str::from_utf8(topic).ok().map(|topic| context.topics.log(topic, partition))?;
        let end = log.log_end_offset.max(log.high_watermark);
        let waiting = end.map(|end| end.saturating_sub(cadence.committed));
        let told = match waiting {
            Some(records) => records > 0,
            None => stops,
        };
        let intervals = if stops { cadence.commits } else { cadence.moves };
        told.then(|| Stopped { key, since, usual_ms: intervals.mean_ms(), repeats, waiting })
    }
}

/// Tells of one group.
struct Teller<'a> {
    watch: &'a Watch,
    context: &'a HealthContext<'a>,
    group: &'a Group,
    group_id: &'a [u8],
}

impl Teller<'_> {
    fn candidate(&self, code: Code, message: String, at: Spot, until_ms: i64, weight: i64) -> Candidate {
        let copy = self.context.copy;
        let file = copy.files.get(at.file as usize).map(|file| path_text(&file.path));
        let finding = Finding::new(code, message)
            .in_partition(copy.partition)
            .of_group(self.group_id)
            .in_file(file.unwrap_or_default(), Some(at.position))
            .at_offset(Some(at.offset));
        Candidate { finding, group_id: self.group_id.into(), until_ms, weight }
    }

    fn place(&self, what: &str, at: Spot) -> String {
        let name = self.context.copy.files.get(at.file as usize).map_or(&[][..], |file| file.name.as_bytes());
        format!(
            "{what}: offset {} in {} at position {}, {}",
            grouped(at.offset),
            escaped(name),
            at.position,
            moment(at.ms)
        )
    }

    fn named(&self) -> String {
        if self.group_id.is_empty() { "(empty group id)".to_owned() } else { escaped(self.group_id) }
    }

    fn storm(&self) -> Option<Candidate> {
        let run = self.group.rebalances.storm()?;
        let count = run.count();
        let lasts_ms = run.last.ms.saturating_sub(run.first.ms);
        let rest = rest_ms(self.group.members.rebalance_ms());
        let goes_on = self.watch.end.ms.saturating_sub(run.last.ms) <= rest;
        let message = format!(
            "group {} rebalanced {} times within {}, up to generation or epoch {} ({} and {} seen; at most {} at \
             once){}. Restarts, deploys and scaling look the same",
            self.named(),
            grouped(count),
            duration(lasts_ms),
            run.to_epoch,
            counted(run.joined as usize, "join", "joins"),
            counted(run.left as usize, "departure", "departures"),
            counted(run.most_members as usize, "member", "members"),
            if goes_on { ", and had not come to rest when the log ends" } else { "" },
        );
        let mut told = self.candidate(Code::RebalanceStorm, message, run.first, run.last.ms, count);
        if goes_on {
            told.finding.severity = Severity::Warning;
        }
        told.finding.proof = vec![
            self.place("first rebalance", run.first),
            self.place("last rebalance", run.last),
            format!("about one every {}", duration(lasts_ms.checked_div(count).unwrap_or(0))),
        ];
        told.finding.remedy = vec![
            "look at: max.poll.interval.ms, max.poll.records, session.timeout.ms, heartbeat.interval.ms; \
             group.instance.id (static membership) keeps restarts from being rebalances"
                .to_owned(),
            "not in the log: heartbeats, polls, and why a client left".to_owned(),
        ];
        Some(told)
    }

    fn returns(&self) -> Option<Candidate> {
        let (who, comings) = self.group.members.restless()?;
        let ids = match comings.same_id {
            0 => "under a new member id each time".to_owned(),
            same if same == comings.returns => "under its own member id".to_owned(),
            same => format!("{} under its own member id", counted(same as usize, "time", "times")),
        };
        let message = format!(
            "group {}: {} left and came back {} times within {}, {ids}; it stayed {}{}. A process that is restarted \
             looks the same",
            self.named(),
            escaped(who),
            comings.returns,
            duration(comings.last.ms.saturating_sub(comings.first.ms)),
            stays(comings),
            match comings.timeouts.rebalance_ms.filter(|_| comings.mostly_at_timeout()) {
                Some(timeout) => format!(
                    ", about its rebalance timeout of {}: it did not poll in time",
                    duration(timeout.into())
                ),
                None => String::new(),
            },
        );
        let weight = comings.returns.into();
        let mut told = self.candidate(Code::MembersReturn, message, comings.first, comings.last.ms, weight);
        if comings.mostly_at_timeout() {
            told.finding.severity = Severity::Warning;
        }
        told.finding.proof = vec![
            self.place("first departure", comings.first),
            self.place("last return", comings.last),
            timeouts(comings),
        ];
        told.finding.remedy = vec![
            "look at: max.poll.interval.ms and max.poll.records where work takes too long; session.timeout.ms and \
             heartbeat.interval.ms where the client or its network stands still"
                .to_owned(),
            "not in the log: heartbeats, so whether the client left by itself or was removed".to_owned(),
        ];
        Some(told)
    }

    /// A client that keeps falling out, held against the timeouts it has.
    fn short_timeout(&self) -> Option<Candidate> {
        /// Sessions shorter than a third of the default since Kafka 3.0 (45 s).
        const SHORT_SESSION_MS: i32 = 15_000;
        let (who, comings) = self.group.members.restless()?;
        let timeouts = comings.timeouts;
        let (setting, timeout, why) = match (timeouts.rebalance_ms, timeouts.session_ms) {
            (Some(rebalance), _) if comings.mostly_at_timeout() => {
                ("max.poll.interval.ms", rebalance, "its stays end when that time is over")
            }
            (_, Some(session)) if session <= SHORT_SESSION_MS => {
                ("session.timeout.ms", session, "that is short, and its stays end otherwise")
            }
            _ => return None,
        };
        let message = format!(
            "group {}: {setting} of {} may be too short for {}, which fell out {} times: {why}",
            self.named(),
            duration(timeout.into()),
            escaped(who),
            comings.returns
        );
        let weight = comings.returns.into();
        let mut told = self.candidate(Code::TimeoutMisfit, message, comings.first, comings.last.ms, weight);
        told.finding.proof =
            vec![self.place("first departure", comings.first), format!("it stayed {}", stays(comings))];
        told.finding.remedy = vec![
            format!("look at: {setting}; work between two polls (max.poll.records)"),
            "not in the log: heartbeats and polls; a process that crashes at an interval looks the same"
                .to_owned(),
        ];
        Some(told)
    }

    /// Partitions that stood still as long as a timeout, which is longer than it need be.
    fn long_timeout(&self) -> Option<Candidate> {
        let tell = |standstill: &Standstill, setting: &str, what: &str| {
            let message = format!(
                "group {}: {what} for {}, about as long as {setting} of {}: a shorter one lets others take over \
                 sooner",
                self.named(),
                duration(standstill.ms()),
                duration(standstill.timeout_ms.into())
            );
            let (at, until) = (standstill.since, standstill.until);
            let mut told = self.candidate(Code::TimeoutMisfit, message, at, until.ms, standstill.ms());
            told.finding.proof = vec![self.place("last commit", at), self.place("rebalance", until)];
            told.finding.remedy = vec![
                format!("look at: {setting}"),
                "not in the log: heartbeats; a topic that was idle just then looks the same".to_owned(),
            ];
            told
        };
        let unnoticed = self.group.unnoticed.as_ref();
        let unnoticed = unnoticed.map(|still| {
            tell(still, "session.timeout.ms", "partitions of a member that was gone stood still")
        });
        unnoticed.or_else(|| {
            let awaited = self.group.awaited.as_ref()?;
            Some(tell(awaited, "max.poll.interval.ms", "all partitions stood still before a rebalance"))
        })
    }

    fn commits_stopped(&self, stopped: &[Stopped]) -> Option<Candidate> {
        let known: Vec<&Stopped> = stopped.iter().filter(|stopped| stopped.waiting.is_some()).collect();
        let is_known = !known.is_empty();
        let told = if is_known { known } else { stopped.iter().collect() };
        let worst = told.iter().min_by_key(|stopped| (stopped.since.ms, stopped.key))?;
        let silent_ms = self.watch.end.ms.saturating_sub(worst.since.ms);
        let waiting = told.iter().filter_map(|stopped| stopped.waiting).fold(0i64, i64::saturating_add);
        let what = if told.iter().all(|stopped| stopped.repeats) {
            "the same offsets are committed again and again"
        } else {
            "commits stopped"
        };
        let lag = if is_known {
            format!("{} behind them wait: a stuck consumer that still sends heartbeats", records(waiting))
        } else {
            "no copied disk tells whether records wait there: an idle topic looks the same".to_owned()
        };
        let message = format!(
            "group {}: {what} on {} {} before the log ends, and the group stayed as it was ({}); usual was one every \
             {}; {lag}",
            self.named(),
            counted(told.len(), "partition", "partitions"),
            duration(silent_ms),
            counted(self.group.members.count() as usize, "member", "members"),
            duration(worst.usual_ms.max(1)),
        );
        let mut told_of =
            self.candidate(Code::CommitsStopped, message, worst.since, self.watch.end.ms, silent_ms);
        if is_known {
            told_of.finding.severity = Severity::Warning;
        }
        told_of.finding.proof =
            told.iter().take(MOST_PARTITIONS).map(|stopped| self.partition(stopped)).collect();
        if told.len() > MOST_PARTITIONS {
            told_of.finding.proof.push(format!("and {} more", told.len() - MOST_PARTITIONS));
        }
        told_of.finding.remedy = vec![
            "look at: the client's threads and log; max.poll.interval.ms, which removes a client that does not poll; \
             one record that can't be processed stops its partition alone"
                .to_owned(),
            "not in the log: heartbeats and polls; a consumer that commits only what changed, or commits elsewhere"
                .to_owned(),
        ];
        Some(told_of)
    }

    fn partition(&self, stopped: &Stopped) -> String {
        let (topic, partition) = self.context.keys.topic(stopped.key);
        let held = self.group.members.holder(stopped.key);
        let place = self.place(&format!("{}-{partition}", escaped(topic)), stopped.since);
        let waiting =
            stopped.waiting.map_or_else(String::new, |waiting| format!(", {} wait", records(waiting)));
        let held = held
            .map_or_else(String::new, |(id, who)| format!(", held by {} ({})", escaped(id), escaped(who)));
        format!("{place}{waiting}{held}")
    }

    fn gap(&self) -> Option<Candidate> {
        let (key, gap) = self.group.gap?;
        let (topic, partition) = self.context.keys.topic(key);
        let more = match self.group.gaps {
            1 => String::new(),
            gaps => format!(" (the longest of {gaps} such gaps)"),
        };
        let why = if gap.kept_arriving {
            "as far as at its usual rate, so records kept arriving: the consumer stood still"
        } else {
            "no further than after a pause of the topic, which looks the same as a consumer that stood still"
        };
        let message = format!(
            "group {}: no commit for {}-{partition} in {}{more} while the group stayed as it was; usual was one every \
             {}. The next went {} forward, {why}",
            self.named(),
            escaped(topic),
            duration(gap.ms()),
            duration(gap.usual_ms.max(1)),
            records(gap.step),
        );
        let mut told = self.candidate(Code::CommitGap, message, gap.from, gap.to.ms, gap.ms());
        told.finding.proof =
            vec![self.place("last commit before", gap.from), self.place("first commit after", gap.to)];
        told.finding.remedy = vec![
            "look at: the client's log of that time; max.poll.interval.ms, auto.commit.interval.ms"
                .to_owned(),
            "not in the log: polls, heartbeats and the topic's own records".to_owned(),
        ];
        Some(told)
    }
}

fn records(count: i64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "record" } else { "records" })
}

fn stays(comings: &Comings) -> String {
    let (shortest, longest) = (duration(comings.shortest_stay_ms), duration(comings.longest_stay_ms));
    if shortest == longest { shortest } else { format!("{shortest} to {longest}") }
}

fn timeouts(comings: &Comings) -> String {
    let told = |name: &str, timeout: Option<i32>| {
        let timeout = timeout.map_or_else(|| "not in its records".to_owned(), |ms| duration(ms.into()));
        format!("{name} {timeout}")
    };
    let timeouts = comings.timeouts;
    format!(
        "{}, {}",
        told("rebalance timeout", timeouts.rebalance_ms),
        told("session timeout", timeouts.session_ms)
    )
}

/// Of each code the worst few; the groups of the others in one finding.
fn few(mut all: Vec<Candidate>, copy: &PartitionCopy) -> Vec<Finding> {
    all.sort_by(|a, b| (a.finding.code, b.weight, &a.group_id).cmp(&(b.finding.code, a.weight, &b.group_id)));
    let mut findings = Vec::new();
    for alike in all.chunk_by(|a, b| a.finding.code == b.finding.code) {
        let (told, rest) = alike.split_at(alike.len().min(MOST_TOLD));
        findings.extend(told.iter().map(|candidate| candidate.finding.clone()));
        let Some(first) = rest.first() else { continue };
        let code = first.finding.code;
        let mut names: Vec<String> = rest.iter().map(|candidate| escaped(&candidate.group_id)).collect();
        names.dedup();
        let more = names.len().saturating_sub(MOST_NAMED);
        names.truncate(MOST_NAMED);
        let and_more = if more == 0 { String::new() } else { format!(" and {} more", grouped(more as i64)) };
        let message = format!(
            "so it is, less than with the groups that have a finding of their own, with {}: {}{and_more}; `history \
             --group` tells of one",
            counted(names.len() + more, "other group", "other groups"),
            names.join(", ")
        );
        findings.push(
            Finding::new(code, message).in_partition(copy.partition).in_file(path_text(&copy.path), None),
        );
    }
    findings
}
