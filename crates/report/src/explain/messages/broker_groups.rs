//! Groups and members on the broker: the old `GroupCoordinator`, the new `GroupMetadataManager` and
//! `OffsetMetadataManager`.

use super::{Explanation, messages};
use crate::findings::Code;

static SESSION: Explanation = Explanation {
    kind: "member-session-expired",
    meaning: "The broker removed the member because no heartbeat came within the session timeout. Its next request \
              is answered with UNKNOWN_MEMBER_ID and it joins again as a new member.",
    causes: &[
        "a frozen or paused process (long GC, suspended container), or one that was killed",
        "the network between client and broker",
        "librdkafka with the consumer protocol: max.poll.interval.ms exceeded; it stops heartbeating instead of leaving",
    ],
    advice: "Look at the client's process and its log at this moment; a raised session timeout only hides it.",
    ..Explanation::NEWS
};
static MAX_POLL: Explanation = Explanation {
    kind: "member-left-poll-timeout",
    meaning: "The time between two polls exceeded max.poll.interval.ms, so the client itself left the group while \
              its heartbeats were still going; the partitions go to others and the commit of the batch fails.",
    causes: &["processing of one batch took longer than max.poll.interval.ms"],
    advice: "Make batches smaller (max.poll.records) or the interval longer.",
    ..Explanation::NEWS
};
static REBALANCE_TIMEOUT: Explanation = Explanation {
    kind: "member-rebalance-timeout",
    meaning: "The member did not give up its partitions within the rebalance timeout, so the broker removed it.",
    causes: &["processing held the poll loop longer than max.poll.interval.ms"],
    advice: "Make batches smaller or the interval longer.",
    ..Explanation::NEWS
};
static FENCED: Explanation = Explanation {
    kind: "member-fenced",
    meaning: "The broker fenced the member: it must give up its partitions and join again, which it does by itself.",
    ..Explanation::NEWS
};
static LEFT: Explanation = Explanation {
    kind: "member-left",
    meaning: "The member left the group by itself: it was closed, redeployed, unsubscribed or ran into \
              max.poll.interval.ms (its `client reason`, where given, says which).",
    causes: &[
        "the consumer was closed",
        "processing took longer than max.poll.interval.ms: the client left by itself (not every client says so)",
    ],
    ..Explanation::NEWS
};
static JOINED: Explanation = Explanation {
    kind: "member-joined",
    meaning: "A member joins the group. One now and then is normal; many in short order, with others leaving, is a \
              rebalance storm: restarting pods or autoscaling, not a fault of the broker.",
    ..Explanation::NEWS
};
static STATIC_REPLACED: Explanation = Explanation {
    kind: "static-member-replaced",
    meaning: "A process joined with a group.instance.id that another member holds: the newcomer takes the id over \
              and the earlier process is fenced (FENCED_INSTANCE_ID, fatal).",
    causes: &["one process was restarted (normal)", "two processes use the same group.instance.id"],
    advice: "Give every process its own group.instance.id.",
    ..Explanation::NEWS
};
static STATIC_REFUSED: Explanation = Explanation {
    kind: "static-member-refused",
    meaning: "A process joined with a group.instance.id that is in use: with the consumer protocol the second is \
              refused (UNRELEASED_INSTANCE_ID) as long as the first is alive.",
    causes: &["two processes use the same group.instance.id"],
    advice: "Give every process its own group.instance.id, or wait for the first one's session to expire.",
    ..Explanation::NEWS
};
static STATIC_FENCED: Explanation = Explanation {
    kind: "static-member-fenced",
    meaning: "A request came from a process whose group.instance.id belongs to a newer one now; it is fenced, which \
              is fatal to it.",
    causes: &["two processes use the same group.instance.id"],
    advice: "Give every process its own group.instance.id.",
    ..Explanation::NEWS
};
static STATIC_JOINED: Explanation = Explanation {
    kind: "static-member-joined",
    meaning: "A static member joins with its group.instance.id. If the id is used twice, this process or the \
              other is thrown out soon after.",
    ..Explanation::NEWS
};
static REBALANCE: Explanation = Explanation {
    kind: "rebalance-started",
    meaning: "A rebalance of the group begins, for the reason in the line. Until every member has joined again \
              commits may be refused with REBALANCE_IN_PROGRESS; a member busy in processing holds it open.",
    causes: &[
        "a member joined, left, timed out or changed its subscription (see the reason)",
        "members joining and leaving in short order: restarting pods or autoscaling",
    ],
    ..Explanation::NEWS
};
static REBALANCE_SESSION: Explanation = Explanation { kind: "rebalance-session-expired", ..SESSION };
static REBALANCE_POLL: Explanation = Explanation { kind: "rebalance-poll-timeout", ..MAX_POLL };
static REBALANCED: Explanation = Explanation {
    kind: "rebalance-finished",
    meaning: "The group has agreed on its members and their partitions.",
    ..Explanation::NEWS
};
static REBALANCE_FAILED: Explanation = Explanation {
    kind: "rebalance-incomplete",
    meaning: "Members did not join in time and were dropped from the group.",
    causes: &["a member was busy in processing longer than the rebalance timeout", "a member went away"],
    advice: "See which members the line names, and their logs.",
    ..Explanation::NEWS
};
static EPOCH: Explanation = Explanation {
    kind: "group-epoch-bumped",
    meaning: "The group changed (a member came or went, or its topics did) and every member gets a new epoch. A \
              commit sent with the one before is answered with STALE_MEMBER_EPOCH, a harmless race.",
    ..Explanation::NEWS
};
static ASSIGNMENT: Explanation = Explanation {
    kind: "assignment-changed",
    meaning: "The coordinator computed or handed out an assignment.",
    ..Explanation::NEWS
};
static EMPTY: Explanation = Explanation {
    kind: "group-empty",
    meaning: "The group has no members any more; its offsets stay until they expire (offsets.retention.minutes).",
    ..Explanation::NEWS
};
static DELETED: Explanation = Explanation {
    kind: "group-deleted",
    meaning: "Groups or offsets were deleted: on request, because they expired, or with their topic.",
    advice: "If that was a mistake: the offsets may still be in the log, see `lastwrites recover`.",
    ..Explanation::NEWS
};
static EXPIRED: Explanation = Explanation {
    kind: "offsets-expired",
    meaning: "Offsets were removed because they were older than offsets.retention.minutes.",
    ..Explanation::NEWS
};
static SIMPLE: Explanation = Explanation {
    kind: "group-created-by-commit",
    meaning: "Offsets were committed for a group id that has no members; the broker made a group to hold them.",
    ..Explanation::NEWS
};
static CONVERTED: Explanation = Explanation {
    kind: "group-converted",
    codes: &[Code::OnlineDowngrade, Code::StreamsAfterClassicOffsets],
    issues: &["KAFKA-21117", "KAFKA-20254"],
    meaning: "The group changed its type (classic, consumer, streams). Some releases cannot load what that leaves in \
              the log once it is compacted.",
    advice: "Nothing to do unless a load fails later.",
    ..Explanation::NEWS
};
static NOT_CONVERTED: Explanation = Explanation {
    kind: "group-conversion-refused",
    meaning: "The group could not change its type, for the reason in the line; the member that asked is refused.",
    ..Explanation::NEWS
};
static REGEX: Explanation = Explanation {
    kind: "subscription-regex-failed",
    meaning: "A member's subscription pattern could not be resolved.",
    ..Explanation::NEWS
};
static MIXED_COMMITS: Explanation = Explanation {
    kind: "mixed-commits",
    meaning: "The group has plain and transactional offset commits; which one counts follows the order of records.",
    ..Explanation::NEWS
};
static SHARE_DELETE: Explanation = Explanation {
    kind: "share-group-delete-failed",
    codes: &[Code::LoadFails],
    meaning: "A delete of the group was refused. With NOT_COORDINATOR: this broker does not serve the group's \
              partition, perhaps because its load failed. Brokers of 4.1 and later write this for every group, \
              although no share group is concerned.",
    causes: &["the load of the group's offsets partition failed on this broker", "leadership moved"],
    ..Explanation::NEWS
};
static UNPARSED: Explanation = Explanation {
    kind: "subscription-unparsed",
    codes: &[Code::MalformedSubscription],
    issues: &["KAFKA-20570"],
    meaning: "A member's subscription bytes could not be parsed; stored as they are they may end a later load.",
    ..Explanation::NEWS
};
static STREAMS_MEMBER: Explanation = Explanation {
    kind: "streams-member-changed",
    meaning: "Something about a member of a streams group changed, as the line says.",
    ..Explanation::NEWS
};
static WARNING: Explanation = Explanation {
    kind: "coordinator-warning",
    meaning: "A warning of the group coordinator whose text has no explanation here; the line stands for itself.",
    ..Explanation::NEWS
};
static LIFECYCLE: Explanation = Explanation {
    kind: "coordinator-lifecycle",
    meaning: "The broker's group coordinator starts or stops.",
    ..Explanation::NEWS
};

messages! {
    MAX_POLL, "2.4 and later" =>
        "Member MemberMetadata(memberId=<member>, <_>has left group <group> through explicit `LeaveGroup`; client reason: consumer poll timeout has expired",
        "[Group <group>] Member <member> has left group through explicit `LeaveGroup` request; client reason: consumer poll timeout has expired",
        "Member <member> has left group through explicit `LeaveGroup` request; client reason: consumer poll timeout has expired";
    REBALANCE_POLL, "2.4 and later" =>
        "Preparing to rebalance group <group> in state <_> with old generation <generation> <_>client reason: consumer poll timeout has expired";
    REBALANCE_SESSION, "2.0 and later" =>
        "Preparing to rebalance group <group> in state <_> with old generation <generation> <_> on heartbeat expiration";
    SESSION, "2.0 and later" =>
        "Member <member> in group <group> has failed, removing it from the group",
        "Member <member> fenced from the group because the member session expired",
        "member <member> fenced from the group because the member session expired",
        "Pending member <member> in group <group> has been removed after session timeout expiration",
        "Member id <member> was not found in <group> during heartbeat completion check",
        "Received notification of heartbeat expiration for member <member> after group <group> had already";
    REBALANCE_TIMEOUT, "3.7 and later" =>
        "Member <member> fenced from the group because it failed to transition from epoch <epoch> within",
        "Member <member> in group <group> has failed to rejoin";
    STATIC_REFUSED, "4.0 and later" =>
        "Static member <member> with instance id <_> cannot join the group because the instance id is owned by",
        "member <member> with instance id <_> cannot join the group because the instance id is owned by",
        "with instance id <_> cannot join the group because the instance id is is owned by member <member>";
    STATIC_FENCED, "2.3 and later" =>
        "Static member <member> with instance id <_> is fenced by existing member",
        "Request memberId=<member> for static member with groupInstanceId=<_> is fenced by current memberId=",
        "will respond with instance fenced error";
    FENCED, "3.7 and later" => "Member <member> fenced from the group because", "member <member> fenced from the group because";
    STATIC_REPLACED, "2.3 and later" =>
        "and unknown member id joins group <group> in <_> state. Replacing previously mapped member <member> with this groupInstanceId",
        "Static member <_> of group <group> with unknown member id rejoins, assigning new member id <member>, while old",
        "re-joins the consumer group using the <_> protocol. Created a new member <member> to replace the existing member";
    STATIC_JOINED, "2.3 and later" =>
        "Static member with groupInstanceId=<_> and unknown member id joins group <group> in <_> state. Created a new member id <member> for this",
        "Static member <member> with instance id <_> joins the consumer group",
        "Static member with instance id <_> re-joins the consumer group",
        "Adding new static member <_> to group <group> with member id <member>",
        "Static member which joins during Stable stage and doesn't affect";
    LEFT, "2.0 and later" =>
        "Member MemberMetadata(memberId=<member>, <_>has left group <group> through explicit `LeaveGroup`",
        "Member[group.instance.id <_>, member.id <member>] in group <group> has left, removing it from the group",
        "Member <member> in group <group> has left, removing it from the group",
        "Pending member with memberId=<member> has left group <group> through explicit `LeaveGroup`",
        "Pending member <member> is leaving group <group>",
        "Member <member> has left group <group> through explicit `LeaveGroup`",
        "ember <member> has left group through explicit `LeaveGroup` request",
        "Static member <member> with instance id <_> temporarily left the consumer group",
        "Static member <member> with instance id <_> left the consumer group",
        "Member <member> left the consumer group",
        "Member <member> left the share group",
        "Member <member> left the streams group";
    JOINED, "2.0 and later" =>
        "with unknown member id joins group <group> in",
        "with unknown member id joins the consumer group. Created a new member id <member> and",
        "Pending dynamic member with id <member> joins group <group> in",
        "Member <member> joins the consumer group",
        "Member <member> joins the share group using the",
        "[GroupId <group>][MemberId <member>] Member joins the streams group";
    REBALANCE, "2.0 and later" =>
        "Preparing to rebalance group <group> in state <_> with old generation <generation>",
        "Preparing to rebalance group <group> with old generation <generation>",
        "Attempt to add rejoining member <member> of group <group> in unexpected group state";
    REBALANCED, "2.0 and later" =>
        "Stabilized group <group> generation <generation>",
        "Assignment received from leader <member> for group <group> for generation <generation>",
        "Assignment received from leader for group <group> for generation <generation>";
    REBALANCE_FAILED, "2.4 and later" =>
        "Group <group> removed dynamic members who haven't joined",
        "Group <group> could not complete rebalance because no members rejoined",
        "Group <group> remove dynamic members who haven't joined",
        "Group <group> removed members who haven't joined",
        "failed to join before rebalance timeout",
        "Received unexpected notification of sync expiration";
    EPOCH, "3.7 and later" =>
        "[GroupId <group>] Bumped group epoch to <epoch>",
        "[GroupId <group>][MemberId <member>] Bumped streams group epoch to <epoch>",
        "Bumped streams group epoch to <epoch>",
        "[GroupId <group>] Computed new metadata hash",
        "[GroupId <group>] Computed new subscription metadata",
        "Computed new subscription metadata: <_> and bumped group epoch";
    ASSIGNMENT, "2.0 and later" =>
        "[GroupId <group>] Computed a new target assignment for epoch <epoch>",
        "Computed a new target assignment for epoch <epoch>",
        "Failed to compute a new target assignment for epoch <epoch>",
        "[GroupId <group>] Member <member> new assignment state: epoch=<epoch>",
        "[GroupId <group>] Member <member> transitioned from",
        "[GroupId <group>] Member <member> updated its subscribed regex to",
        "[GroupId <group>] Cannot compute delayed target assignment",
        "[GroupId <group>][MemberId <member>] Member's new assignment state: epoch=<epoch>",
        "[GroupId <group>] Member <member> updated its subscribed topics to",
        "[GroupId <group>][MemberId <member>] Member updated its member metadata",
        "[GroupId <group>] Skipping delayed target assignment",
        "Setting empty assignments for members <_> of <group> for generation <generation>",
        "Sending empty assignment to member <member> of <group> for generation <generation>";
    EMPTY, "2.0 and later" =>
        "Group <group> with generation <generation> is now empty",
        "Group <group> transitioned to Dead in generation <generation>",
        "Group <group> is dead, skipping rebalance stage";
    DELETED, "2.0 and later" =>
        "The following groups were deleted: <_>. A total of <number> offsets were removed",
        "The following offsets of the group <group> were deleted:",
        "offsets associated with deleted partitions:",
        "tombstone records in <number> milliseconds while deleting offsets for topics";
    EXPIRED, "2.0 and later" =>
        "expired offsets in <number> milliseconds",
        "tombstone records while cleaning up group metadata in <number> milliseconds",
        "[GroupId <group>] Expiring offsets of partitions",
        "for expired/deleted offsets and/or metadata for group <group>";
    SIMPLE, "3.7 and later" => "[GroupId <group>] Creating a simple consumer group via manual offset commit";
    CONVERTED, "4.0 and later" =>
        "[GroupId <group>] Converted the <_> group to a",
        "Converted the empty classic group to a";
    NOT_CONVERTED, "4.0 and later" =>
        "Cannot downgrade consumer group <group> to classic group",
        "Cannot downgrade the consumer group <group>:",
        "Cannot upgrade classic group <group> to consumer group",
        "Cannot join the consumer group <group> with the classic protocol";
    REGEX, "4.0 and later" => "[GroupId <group>] Couldn't update regular expression";
    MIXED_COMMITS, "up to 4.0, old coordinator" =>
        "has received offset commits from consumers as well as transactional producers";
    MIXED_COMMITS, "3.8 and later" =>
        "Skipped the materialization of transactional offset commit <_> in group <group> with topic";
    SHARE_DELETE, "4.1 and later" => "Error deleting share group <group> due to error";
    UNPARSED, "2.8 and later" => "of group <group>. Consumer group coordinator is not aware of the subscribed topics";
    STREAMS_MEMBER, "4.1 and later" => "[GroupId <group>][MemberId <member>] ";
    WARNING, "every release" =>
        "WARN <_>(kafka.coordinator.group.",
        "ERROR <_>(kafka.coordinator.group.",
        "WARN <_>(org.apache.kafka.coordinator.group.",
        "ERROR <_>(org.apache.kafka.coordinator.group.";
    LIFECYCLE, "every release" =>
        "] Startup complete. (kafka.coordinator.group.GroupCoordinator)",
        "] Shutdown complete. (kafka.coordinator.group.GroupCoordinator)",
        "Starting up. (kafka.coordinator.group.GroupCoordinator)",
        "Shutting down. (kafka.coordinator.group.GroupCoordinator)",
        "(org.apache.kafka.coordinator.group.GroupCoordinatorService)";
}
