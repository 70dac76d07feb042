//! A log from its first line to its last: telling lines become matches, stack traces say why loads failed.

use std::io::{self, BufRead};

use memchr::memmem;

use super::catalogue::{Catalogue, Hit};
use super::context::Context;
use super::elsewhere::Elsewhere;
use super::lines::Lines;
use super::matches::{Match, told};
use super::messages::{Explanation, HEAP, Role, UNKNOWN_TEXT, UNTOLD};
use super::prefix::without_prefixes;
use super::stack::{Part, part};
use super::writer::Writer;

/// What reading a log came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Lines read.
    pub lines: u64,
    /// Lines that say something about coordinators, members or offsets.
    pub matches: u64,
}

/// Knows every message; made once.
pub struct Explainer {
    catalogue: Catalogue,
    context: Context,
    elsewhere: Elsewhere,
}

impl Default for Explainer {
    fn default() -> Self {
        Self { catalogue: Catalogue::new(), context: Context::new(), elsewhere: Elsewhere::new() }
    }
}

/// A stack trace holds this many telling lines at most; more begin a new event.
const EVENT_LINES: usize = 64;

/// A line with the exceptions below it.
#[derive(Default)]
struct Event {
    matches: Vec<Match>,
    /// The first line said that a load failed.
    is_load: bool,
    /// The innermost exception so far.
    cause: Option<Cause>,
    /// The end of the innermost exception's line, whatever it says.
    thrown: Option<Vec<u8>>,
    writer: Writer,
    /// The first line is about another matter: what is thrown below it is, too.
    elsewhere: bool,
}

/// What an exception says.
struct Cause {
    says: &'static Explanation,
    /// The end of its line.
    told: Vec<u8>,
    /// The epoch that was refused, and the one it met.
    epochs: (Option<i32>, Option<i32>),
}

impl Explainer {
    /// Reads a log and hands out its telling lines in order.
    ///
    /// # Errors
    /// When the log can't be read, or `each` fails.
    pub fn read(
        &self,
        log: impl BufRead,
        each: &mut dyn FnMut(Match) -> io::Result<()>,
    ) -> io::Result<Totals> {
        let mut lines = Lines::new(log);
        let mut totals = Totals::default();
        let mut event = Event::default();
        while let Some((number, line)) = lines.next()? {
            totals.lines = number;
            let part = part(line);
            if part == Part::Frame {
                continue;
            }
            if part == Part::Head || event.matches.len() >= EVENT_LINES {
                totals.matches += event.finish(each)?;
                event = Event::default();
            }
            self.take(number, line, part, &mut event);
        }
        totals.matches += event.finish(each)?;
        Ok(totals)
    }

    fn take(&self, number: u64, line: &[u8], part: Part, event: &mut Event) {
        let mut hits = self.catalogue.search(line);
        if part == Part::Head || event.matches.is_empty() {
            event.elsewhere |= self.elsewhere.is(line);
        }
        // Where an offsets partition is named the line is about that one among others.
        let named =
            |hit: &Hit<'_>| hit.filled.partition.is_some() || hit.message.text.contains("__consumer_offsets");
        if event.elsewhere {
            hits.line = hits.line.filter(named);
            hits.cause = hits.cause.filter(|_| event.is_load);
        }
        if event.is_load && part == Part::Exception {
            event.thrown = Some(told(without_prefixes(line)).to_vec());
        }
        if hits.line.is_none() && hits.cause.is_none() {
            return;
        }
        let load = hits.line.is_some_and(|hit| hit.message.says.role == Role::LoadFailure);
        if load {
            event.is_load = true;
            event.thrown = exception_of(line).map(|why| told(why).to_vec()).or_else(|| event.thrown.take());
            if event.writer == Writer::Unknown {
                event.writer = Writer::of(line);
            }
        }
        let cause = hits.cause.filter(|hit| event.is_load || hit.message.says.role == Role::Cause);
        let tells = event.is_load && (load || part != Part::Head) && part != Part::Suppressed;
        // A heap that ran out on the way, or was told of behind it, is no better reason than the one that stands there.
        let outweighed =
            |cause: &Hit<'_>| std::ptr::eq(cause.message.says, &raw const HEAP) && event.cause.is_some();
        if let Some(cause) = cause.filter(|hit| tells && !outweighed(hit)) {
            event.cause = Some(Cause {
                says: cause.message.says,
                told: told(line).to_vec(),
                epochs: (cause.filled.epoch, cause.filled.owned_epoch),
            });
        }
        // Below a failed load, an exception is part of it: whatever it says, it tells of this load.
        let Some(hit) = (if load || !event.is_load { hits.line.or(cause) } else { cause.or(hits.line) })
        else {
            return;
        };
        let mut found = self.matched(number, line, &hit);
        if let Some(head) = event.matches.first().filter(|_| event.is_load && !load) {
            let own = found;
            found = head.clone();
            found.line = own.line;
            found.excerpt.clone_from(&own.excerpt);
            found.fill_from(&own);
        }
        if let Some(cause) = hits.cause {
            found.fill(&cause.filled);
        }
        event.matches.push(found);
    }

    fn matched(&self, number: u64, line: &[u8], hit: &Hit<'_>) -> Match {
        let filled = self.context.complete(line, hit.filled);
        Match::new(number, line, hit, &filled)
    }
}

/// Where a line says that a load failed because of something, that is an exception's class and text. 4.2 and later write
/// only which record it was: why stands in the trace below.
fn exception_of(line: &[u8]) -> Option<&[u8]> {
    let only_a_record = |why: &[u8]| {
        why.starts_with(b"Replaying record ") && memmem::find(why, b" failed due to: ").is_none()
    };
    let after = |words: &[u8]| memmem::find(line, words).and_then(|at| line.get(at + words.len()..));
    [&b" due to "[..], b" failed due to: "]
        .into_iter()
        .filter_map(after)
        .map(<[u8]>::trim_ascii)
        .find(|why| !why.is_empty() && !why.starts_with(b"(") && !only_a_record(why))
}

impl Event {
    /// Hands its matches out, with what the innermost exception says.
    fn finish(self, each: &mut dyn FnMut(Match) -> io::Result<()>) -> io::Result<u64> {
        let Self { mut matches, is_load, cause, thrown, writer, .. } = self;
        let count = matches.len() as u64;
        if is_load {
            let says = if thrown.is_some() { &UNKNOWN_TEXT } else { &UNTOLD };
            let untold = || Cause { says, told: thrown.unwrap_or_default(), epochs: (None, None) };
            let Cause { says, told, epochs } = cause.unwrap_or_else(untold);
            let places = matches.clone();
            for found in &mut matches {
                places.iter().for_each(|other| found.fill_from(other));
                found.explain_by(says, epochs, &told);
            }
        }
        for mut found in matches {
            found.writer = writer;
            found.issues.retain(|issue| writer.can_show(issue));
            // A cause begins with its issue, where it has one.
            found.causes.retain(|cause| cause.split(':').next().is_none_or(|issue| writer.can_show(issue)));
            each(found)?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Code;

    fn read(log: &[u8]) -> Vec<Match> {
        let mut found = Vec::new();
        Explainer::default()
            .read(log, &mut |one| {
                found.push(one);
                Ok(())
            })
            .unwrap();
        found
    }

    fn one(line: &str) -> Match {
        let mut found = read(line.as_bytes());
        assert_eq!(found.len(), 1, "{line}");
        found.remove(0)
    }

    /// Texts as `CoordinatorRuntime` and `CoordinatorLoaderImpl` of 4.2 format them: the cause is only in the trace.
    #[test]
    fn the_innermost_exception_decides() {
        let log = "INFO something else\n\
            ERROR [GroupCoordinator id=3] Failed to load metadata from __consumer_offsets-7 with epoch 9 due to Replaying \
            record CoordinatorRecord(key=StreamsGroupMetadataKey(groupId='g 1'), value=null) from __consumer_offsets-7 at \
            offset 41 with producer id -1 and producer epoch -1 failed.. (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)\r\n\
            java.lang.RuntimeException: Replaying record x from __consumer_offsets-7 at offset 41 with producer id -1 and producer epoch -1 failed.\n\
            \tat org.apache.kafka.X.replay(X.java:1) ~[x.jar:?]\n\
            \t... 3 more\n\
            Caused by: java.lang.IllegalStateException: Group g 1 is not a streams group.\n\
            \tat org.apache.kafka.X.replay(X.java:1)\n\
            INFO something else\n";
        let found = read(log.as_bytes());
        let lines: Vec<u64> = found.iter().map(|one| one.line).collect();
        assert_eq!(lines, [2, 3, 6]);
        for one in &found {
            assert_eq!((one.kind, one.partition, one.offset), ("load-failed", Some(7), Some(41)), "{one:?}");
            // What the text says is what it mostly comes of; an id of two group types says the same.
            assert_eq!(one.codes.first(), Some(&Code::StreamsAfterClassicOffsets));
            assert_eq!(one.issues, ["KAFKA-20254", "KAFKA-20845"]);
            assert_eq!(one.group_id.as_ref().and_then(|id| id.as_str()), Some("g 1"));
        }
    }

    #[test]
    fn a_line_that_only_names_the_record_asks_for_those_below() {
        let line = "ERROR [GroupCoordinator id=3] Failed to load metadata from __consumer_offsets-7 with epoch 9 due to Replaying \
            record CoordinatorRecord(key=StreamsGroupMetadataKey(groupId='g'), value=null) from __consumer_offsets-7 at \
            offset 41 with producer id -1 and producer epoch -1 failed.. (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)";
        let alone = one(line);
        assert!(alone.advice.contains("Give explain the lines below it too"), "{}", alone.advice);
        let traced = read(format!("{line}\njava.lang.IllegalStateException: Of another kind.\n").as_bytes());
        assert!(traced.iter().all(|one| !one.advice.contains("Give explain the lines")), "{traced:?}");
    }

    /// 3.7 to 3.9 write the cause at the end of the line; `Group ... is not a consumer group.` has its own meaning there.
    #[test]
    fn the_writer_narrows_the_issues() {
        let early = one(
            "[2026-01-01 00:00:00,000] ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-3 with \
             epoch 2 due to java.lang.IllegalStateException: Group g is not a consumer group.. \
             (org.apache.kafka.coordinator.group.runtime.CoordinatorRuntime)",
        );
        assert_eq!(early.issues, ["KAFKA-21117", "KAFKA-17306"]);
        let late = one(
            "ERROR [GroupCoordinator id=1] Failed to load metadata from __consumer_offsets-3 with epoch 2 due to \
             java.lang.RuntimeException: Replaying record r from __consumer_offsets-3 at offset 5 with producer id 1 and \
             producer epoch 0 failed due to: Group g is not a consumer group. \
             (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)",
        );
        assert_eq!((late.offset, &late.issues[..]), (Some(5), &["KAFKA-20845", "KAFKA-21117"][..]));
    }

    /// What containers, journals and `grep -n` put before lines does not part a trace from its line; an exhausted heap
    /// behind a written cause is not the cause.
    #[test]
    fn prefixes_and_an_exhausted_heap_change_no_cause() {
        let log = [
            "[2026-01-01 00:00:00,000] ERROR [GroupCoordinator id=3] Failed to load metadata from __consumer_offsets-7 with epoch 9 due to Replaying record r from __consumer_offsets-7 at offset 41 with producer id -1 and producer epoch -1 failed.. (org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime)",
            "java.lang.RuntimeException: Replaying record r from __consumer_offsets-7 at offset 41 with producer id -1 and producer epoch -1 failed.",
            "\tat org.apache.kafka.X.replay(X.java:1)",
            "Caused by: java.lang.IllegalStateException: Group g is not a streams group.",
            "\tat org.apache.kafka.X.replay(X.java:1)",
            "Caused by: java.lang.OutOfMemoryError: Java heap space",
        ];
        for prefix in [
            "",
            "2026-11-27T18:40:00.123456789Z ",
            "2026-11-27T18:40:00.123456789Z stdout F ",
            "Nov 27 18:40:00 host kafka[412]: ",
            "[pod/kafka-0/kafka] ",
            "kafka-1  | ",
            "server.log:412:",
            "server.log-412-",
            "{\"log\":\"",
            "412:",
        ] {
            let lines: Vec<String> = log.iter().map(|line| format!("{prefix}{line}")).collect();
            let found = read(lines.join("\n").as_bytes());
            let first = found.first().unwrap();
            assert_eq!(
                (first.kind, first.leader_epoch, first.epoch),
                ("load-failed", Some(9), None),
                "{prefix}"
            );
            assert_eq!(first.issues, ["KAFKA-20254", "KAFKA-20845"], "{prefix}");
            assert!(found.iter().all(|one| one.offset == Some(41)), "{prefix} {found:?}");
        }
    }

    #[test]
    fn an_old_coordinator_swallows() {
        let log = "[GroupMetadataManager brokerId=1] Error loading offsets from __consumer_offsets-13 (logger)\n\
                   java.lang.RuntimeException: non-nullable field topics was serialized as null\n";
        for one in read(log.as_bytes()) {
            assert_eq!((one.kind, one.partition), ("load-swallowed", Some(13)));
            assert_eq!(one.codes, [Code::LoadsEmpty, Code::MalformedSubscription]);
            assert_eq!(one.issues, ["KAFKA-20570"]);
        }
        // The same words outside a load say nothing about groups.
        assert!(
            read(b"java.lang.RuntimeException: non-nullable field topics was serialized as null\n")
                .is_empty()
        );
    }

    #[test]
    fn an_exception_alone_is_told_by_its_text() {
        let found =
            one("Cannot set the epoch of 4Qd-0 to 12 because the partition is still owned at epoch 11");
        assert_eq!((found.epoch, found.owned_epoch), (Some(12), Some(11)));
        assert_eq!((found.kind, &found.issues[..]), ("load-cause", &["KAFKA-19862"][..]));
    }

    /// `GroupCoordinator.scala` of 2.0 to 4.0 and `GroupMetadataManager` of 3.7 and later, and what clients print.
    #[test]
    fn members_and_groups_are_named() {
        for (line, kind, group, member) in [
            (
                "[GroupCoordinator 1]: Member m-1 in group g-1 has failed, removing it from the group (l)",
                "member-session-expired",
                Some("g-1"),
                Some("m-1"),
            ),
            (
                "[GroupCoordinator id=1 topic=__consumer_offsets partition=5] Member m-1 in group g-1 has failed, removing it from the group. (l)",
                "member-session-expired",
                Some("g-1"),
                Some("m-1"),
            ),
            (
                "[GroupId g-1] Member m-1 fenced from the group because the member session expired. (l)",
                "member-session-expired",
                Some("g-1"),
                Some("m-1"),
            ),
            (
                "[GroupCoordinator 1]: Preparing to rebalance group g-1 in state PreparingRebalance with old generation 4 (__consumer_offsets-8) (reason: removing member m-1 on heartbeat expiration) (l)",
                "rebalance-session-expired",
                Some("g-1"),
                None,
            ),
            (
                "[GroupCoordinator 1]: Preparing to rebalance group g-1 in state PreparingRebalance with old generation 4 (__consumer_offsets-8) (reason: Updating metadata for member m-1) (l)",
                "rebalance-started",
                Some("g-1"),
                None,
            ),
            (
                "[Consumer clientId=c, groupId=g-1] Group coordinator b:9092 (id: 1 rack: null) is unavailable or invalid due to cause: error response NOT_COORDINATOR. isDisconnected: false. Rediscovery will be attempted. (l)",
                "not-coordinator",
                Some("g-1"),
                None,
            ),
            (
                "%7|1.2|REJOIN|rdkafka#consumer-1| [thrd:main]: Group \"g-1\": Rejoining group without an assignment: JoinGroup error: Broker: Not coordinator",
                "not-coordinator",
                Some("g-1"),
                None,
            ),
            (
                "org.apache.kafka.common.errors.NotCoordinatorException: This is not the correct coordinator.",
                "not-coordinator",
                None,
                None,
            ),
        ] {
            let found = one(line);
            let text = |id: &Option<lastwrites_types::ByteText>| {
                id.as_ref().and_then(|id| id.as_str()).map(str::to_owned)
            };
            assert_eq!(
                (found.kind, text(&found.group_id).as_deref(), text(&found.member_id).as_deref()),
                (kind, group, member),
                "{line}"
            );
        }
    }

    #[test]
    fn lines_about_other_things_say_nothing() {
        for line in [
            "",
            "INFO [SocketServer listenerType=BROKER, nodeId=1] Enabling request processing. (kafka.network.SocketServer)",
            "INFO [TransactionCoordinator id=1] Startup complete. (kafka.coordinator.transaction.TransactionCoordinator)",
            "ERROR [ShareCoordinator id=1] Failed to load metadata from __share_group_state-3 with epoch 1 due to x.",
            "INFO [LogLoader partition=orders-3, dir=/d] Loading producer state till offset 41 with message format version 2",
            "ERROR order 17 failed: java.lang.NullPointerException: null",
            "INFO Found 3 committed transactions in group of 7 members at offset 12",
            "\tat org.apache.kafka.clients.consumer.CommitFailedException.x(X.java:1)",
        ] {
            assert!(read(line.as_bytes()).is_empty(), "{line}");
        }
    }

    #[test]
    fn any_bytes_are_a_log() {
        let mut log = b"Member \xff\xfe in group \xc3\x28 has failed, removing it from the group\n".to_vec();
        log.extend((0..4096u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]));
        let found = read(&log);
        let group = found.first().and_then(|one| one.group_id.as_ref()).unwrap();
        assert_eq!(group.as_bytes(), b"\xc3\x28");
    }
}
