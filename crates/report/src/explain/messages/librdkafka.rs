//! librdkafka's consumer, and the clients built on it (confluent-kafka for Python, Go and .NET, node-rdkafka).

use super::java_client::{LOADING, NOT_COORDINATOR, UNAVAILABLE};
use super::{Explanation, messages};
use crate::findings::Code;

static MAX_POLL: Explanation = Explanation {
    kind: "client-poll-timeout",
    meaning: "The time between two polls exceeded max.poll.interval.ms: the application took longer than that and \
              the client left the group (with the consumer protocol it only stops heartbeating, so the broker says \
              that the session expired).",
    causes: &["processing took longer than max.poll.interval.ms"],
    advice: "Process less between two polls or make the interval longer.",
    ..Explanation::NEWS
};
static SESSION: Explanation = Explanation {
    kind: "client-session-timeout",
    meaning: "No heartbeat was answered within the session timeout: the broker removed this member, and the client \
              joins again as a new one.",
    causes: &["a frozen or paused process", "the coordinator or the network was away"],
    ..Explanation::NEWS
};
static UNKNOWN_MEMBER: Explanation = Explanation {
    kind: "unknown-member",
    meaning: "The coordinator does not know this member (UNKNOWN_MEMBER_ID): it was removed, usually because no \
              heartbeat came within the session timeout, and joins again.",
    causes: &[
        "a frozen or paused process whose session expired",
        "max.poll.interval.ms exceeded",
        "the coordinator lost the group",
    ],
    ..Explanation::NEWS
};
static STALE_EPOCH: Explanation = Explanation {
    kind: "stale-member-epoch",
    meaning: "A commit carried a member epoch from before the last heartbeat answer (STALE_MEMBER_EPOCH): a \
              harmless race; the member is still in the group and the next commit goes through.",
    causes: &["a commit sent with the epoch of before the last heartbeat answer"],
    ..Explanation::NEWS
};
static FENCED_EPOCH: Explanation = Explanation {
    kind: "fenced-member-epoch",
    meaning: "The member sent an epoch that the coordinator does not know (FENCED_MEMBER_EPOCH); it gives up its \
              partitions and joins again.",
    causes: &[
        "the coordinator lost its last records and is older than its members",
        "the member was fenced before",
    ],
    ..Explanation::NEWS
};
static INSTANCE_FENCED: Explanation = Explanation {
    kind: "instance-fenced",
    meaning: "Two processes use the same group.instance.id: the one that joined last owns it, and the earlier one is \
              fenced (FENCED_INSTANCE_ID, fatal).",
    causes: &["group.instance.id used twice"],
    advice: "Give every process its own group.instance.id.",
    ..Explanation::NEWS
};
static INSTANCE_UNRELEASED: Explanation = Explanation {
    kind: "instance-unreleased",
    meaning: "Two processes use the same group.instance.id: with the consumer protocol the second is refused \
              (UNRELEASED_INSTANCE_ID) as long as the first is alive.",
    causes: &["group.instance.id used twice"],
    advice: "Give every process its own group.instance.id.",
    ..Explanation::NEWS
};
static REBALANCING: Explanation = Explanation {
    kind: "rebalance-in-progress",
    meaning: "A rebalance of the group is under way; commits may be refused until the next poll.",
    causes: &["a member joined or left", "commit while a rebalance is open"],
    ..Explanation::NEWS
};
static ILLEGAL_GENERATION: Explanation = Explanation {
    kind: "illegal-generation",
    meaning: "The request carried an older generation than the group has: a rebalance went on without this member.",
    ..Explanation::NEWS
};
static UNSTABLE: Explanation = Explanation {
    kind: "unstable-offsets",
    codes: &[Code::OpenTransaction, Code::PinnedCompaction],
    meaning: "An open transaction holds offsets of this group (UNSTABLE_OFFSET_COMMIT); the consumer waits until it \
              ends or times out.",
    causes: &["an open transaction with offsets of the group (a hanging producer)"],
    advice: "Look for the hanging producer.",
    ..Explanation::NEWS
};
static OUT_OF_RANGE: Explanation = Explanation {
    kind: "offset-out-of-range",
    meaning: "The position is outside the partition's log: with auto.offset.reset the client starts over there, with \
              `error` the application gets _AUTO_OFFSET_RESET. librdkafka reports this also where the Java client \
              would report a truncation or a wrong leader epoch.",
    causes: &[
        "a committed offset past the end of the log (records lost, topic recreated, offset set by hand)",
        "a committed offset past the end of its leader epoch, which the Java client takes for a truncated log",
        "a committed leader epoch that the partition never had (topic created again, or committed by hand)",
        "retention has deleted the records since the commit",
    ],
    advice: "Compare the committed offset with the log's start and end before anything is reset.",
    ..Explanation::NEWS
};
static NO_OFFSET: Explanation = Explanation {
    kind: "no-committed-offset",
    codes: &[Code::LoadsEmpty],
    meaning: "The group has no committed offset for this partition: the client starts by auto.offset.reset. For a \
              new group that is normal; for one that had committed, offsets were lost.",
    causes: &["a new group or partition", "offsets expired or were deleted", "the coordinator lost them"],
    ..Explanation::NEWS
};
static RESET: Explanation = Explanation {
    kind: "position-reset",
    meaning: "The client's position was reset, for the reason in the line.",
    ..Explanation::NEWS
};
static NO_VALIDATION: Explanation = Explanation {
    kind: "offset-not-validated",
    meaning: "librdkafka did not check the offset against its leader epoch here; a truncated log then shows as \
              `Offset out of range`. Alone it is no sign of trouble.",
    causes: &["the commit has no leader epoch, or the partition is not being fetched yet"],
    ..Explanation::NEWS
};
static TRUNCATED: Explanation = Explanation {
    kind: "log-truncated",
    meaning: "The log does not reach the committed offset in its leader epoch: it was truncated, or the offset was \
              committed by hand.",
    causes: &["records were lost in an unclean leader election", "the offset was committed by hand"],
    ..Explanation::NEWS
};
static LEADER_EPOCH: Explanation = Explanation {
    kind: "leader-epoch-mismatch",
    meaning: "The broker and the client disagree about the partition's leader epoch; the client asks for metadata \
              again. Normal after an election or a broker restart.",
    causes: &[
        "a leader election or broker restart",
        "the broker lost records and state in the restart (an unclean election)",
        "a committed leader epoch that the partition never had",
    ],
    ..Explanation::NEWS
};
static FETCHED: Explanation = Explanation {
    kind: "committed-offset-fetched",
    meaning: "The coordinator told the group's committed offset (-1: it has none).",
    ..Explanation::NEWS
};
static UNREACHABLE: Explanation = Explanation {
    kind: "broker-unreachable",
    meaning: "A broker could not be reached. If it hosts the group's coordinator, the client finds it again by itself \
              once the broker is back or leadership has moved.",
    causes: &["restart or failure of the broker, which may host the coordinator", "the network"],
    ..Explanation::NEWS
};
static COORDINATOR: Explanation = Explanation {
    kind: "coordinator-lookup",
    meaning: "The client looks for the group's coordinator or found it. The same broker again and again, with `Not \
              coordinator` in between, means that the load of the group's partition failed there.",
    ..Explanation::NEWS
};
static JOINING: Explanation = Explanation {
    kind: "client-joining",
    meaning: "The client joins the group, takes part in a rebalance or leaves.",
    ..Explanation::NEWS
};
static COMMIT: Explanation =
    Explanation { kind: "client-commit", meaning: "The result of an offset commit.", ..Explanation::NEWS };

messages! {
    MAX_POLL, "librdkafka 1.0 and later" =>
        "Application maximum poll interval (<number>ms) exceeded by",
        "Maximum application poll interval (max.poll.interval.ms) exceeded",
        "_MAX_POLL_EXCEEDED";
    SESSION, "librdkafka" => "Consumer group session timed out (in join-state";
    NOT_COORDINATOR, "librdkafka" => "Broker: Not coordinator";
    LOADING, "librdkafka" => "Broker: Coordinator load in progress", "Broker: Group coordinator load in progress";
    UNAVAILABLE, "librdkafka" =>
        "Broker: Coordinator not available",
        "Broker: Group coordinator not available",
        "Timed out waiting for coordinator",
        "_WAIT_COORD",
        "is no longer coordinator";
    STALE_EPOCH, "librdkafka 2.4 and later" => "Broker: The member epoch is stale";
    FENCED_EPOCH, "librdkafka 2.4 and later" => "Broker: The member epoch is fenced";
    INSTANCE_UNRELEASED, "librdkafka 2.4 and later" => "Broker: The instance ID is still used by another member";
    INSTANCE_FENCED, "librdkafka 1.4 and later" => "Broker: Static consumer fenced by other consumer";
    UNKNOWN_MEMBER, "librdkafka" => "Broker: Unknown member";
    ILLEGAL_GENERATION, "librdkafka" => "Broker: Specified group generation id is not valid";
    REBALANCING, "librdkafka" => "Broker: Group rebalance in progress";
    UNSTABLE, "librdkafka 1.6 and later" =>
        "Broker: There are unstable offsets",
        "metadata <number> byte(s): UNSTABLE_OFFSET_COMMIT";
    TRUNCATED, "librdkafka 2.1 and later" =>
        "Local: Log truncation",
        "_LOG_TRUNCATION",
        "Partition log truncated";
    OUT_OF_RANGE, "librdkafka" =>
        "offset reset (at offset <offset> (leader epoch <leader_epoch>), broker <number>) to offset <_>: fetch failed due to requested offset not available",
        "fetch failed due to requested offset not available on the broker",
        "Broker: Offset out of range";
    NO_OFFSET, "librdkafka" =>
        "no previously committed offset available",
        "_NO_OFFSET";
    RESET, "librdkafka" => "_AUTO_OFFSET_RESET", ": offset reset (at offset <offset>", "offset reset (at offset";
    NO_VALIDATION, "librdkafka 2.1 and later" => "skipping offset validation";
    LEADER_EPOCH, "librdkafka 2.1 and later" =>
        "Fetch failed at offset <offset> (leader epoch <leader_epoch>): FENCED_LEADER_EPOCH",
        "Fetch failed at offset <offset> (leader epoch <leader_epoch>): UNKNOWN_LEADER_EPOCH",
        "FENCED_LEADER_EPOCH";
    FETCHED, "librdkafka" => "OffsetFetchResponse: ", "OffsetFetch for <number>/<number> partition(s)";
    COORDINATOR, "librdkafka" =>
        "Group \"<group>\" coordinator is ",
        "Group \"<group>\" FindCoordinator response error",
        "Group \"<group>\": querying for coordinator",
        "Group \"<group>\": no broker available for coordinator query",
        "Group \"<group>\" changing coordinator",
        "Group \"<group>\": unable to query for coordinator";
    JOINING, "librdkafka" =>
        "JoinGroup response: GenerationId <generation>,",
        "SyncGroup response",
        "Joining group \"<group>\"",
        "Group \"<group>\": Rejoining group",
        "Group \"<group>\" (re)joining",
        "Group \"<group>\" initiating rebalance",
        "Group \"<group>\" is rebalancing",
        "Group \"<group>\": rebalance",
        "Group \"<group>\": leave (in state",
        "Group \"<group>\": delegating",
        "Group \"<group>\": new assignment of",
        "Group \"<group>\": clearing group assignment",
        "Group \"<group>\": incremental",
        "Group \"<group>\": revoking all",
        "Group \"<group>\": Not joining group",
        "ConsumerGroupHeartbeat failed due to",
        "ConsumerGroupHeartbeat fatal error",
        "Heartbeat for group \"<group>\" generation id <generation>",
        "Group \"<group>\" heartbeat error response";
    COMMIT, "librdkafka" =>
        "_ASSIGNMENT_LOST",
        "OffsetCommit failed for <_> at offset <offset> in join-state",
        "OffsetCommit for <number> partition(s) in join-state",
        "Offset commit (unassigned partitions) failed",
        "Offset commit failed:";
    UNREACHABLE, "librdkafka" =>
        "|FAIL|<_>Connect to <_> failed:",
        "|FAIL|<_>Disconnected",
        "_ALL_BROKERS_DOWN",
        "|FAIL|<_>Connection";
}
