//! The Java consumer (both protocols) and the transactional producer's dealings with groups.

use super::{Explanation, messages};
use crate::findings::Code;

/// A coordinator that never loads looks like this to clients: every family that ends a load fits.
pub(super) static NOT_COORDINATOR: Explanation = Explanation {
    kind: "not-coordinator",
    codes: &[Code::LoadFails],
    issues: &[
        "KAFKA-19862",
        "KAFKA-17306",
        "KAFKA-19453",
        "KAFKA-20254",
        "KAFKA-20845",
        "KAFKA-21117",
        "KAFKA-21102",
        "KAFKA-20570",
        "KAFKA-18672",
        "KAFKA-19716",
    ],
    meaning: "The broker says that it is not the group's coordinator (NOT_COORDINATOR). Once or twice it is normal: \
              leadership moved, the client asks again. Again and again with the same broker: the load of the \
              group's offsets partition failed there, and clients stay stuck until it is loaded.",
    causes: &[
        "the load of the group's offsets partition failed on that broker; its log says `Failed to load metadata from`",
        "leadership of the offsets partition moved (restart, election, reassignment)",
    ],
    advice: "`lastwrites partition-for GROUP` names the partition; look for `Failed to load metadata from \
             __consumer_offsets-` in its leader's log, or run `lastwrites diagnose` on a copy.",
    ..Explanation::NEWS
};
pub(super) static LOADING: Explanation = Explanation {
    kind: "coordinator-loading",
    meaning: "The coordinator is loading its offsets partition and answers with COORDINATOR_LOAD_IN_PROGRESS; the \
              error is retriable and nothing has to be repaired, unless it lasts.",
    causes: &["restart of the broker that hosts the coordinator", "leadership moved"],
    ..Explanation::NEWS
};
pub(super) static UNAVAILABLE: Explanation = Explanation {
    kind: "coordinator-unavailable",
    meaning: "The client lost its coordinator and looks for it again; retriable.",
    causes: &[
        "restart or failure of the broker that hosts the coordinator",
        "leadership of the offsets partition moved",
        "the network between client and broker",
    ],
    ..Explanation::NEWS
};
static COORDINATOR_FOUND: Explanation = Explanation {
    kind: "coordinator-found",
    meaning: "The client found the group's coordinator. The same broker again and again, with NOT_COORDINATOR in \
              between, means that its load failed.",
    ..Explanation::NEWS
};
static SESSION: Explanation = Explanation {
    kind: "client-session-timeout",
    meaning: "No heartbeat was answered within the session timeout: the coordinator has removed this member or \
              soon will, and the client joins again as a new member.",
    causes: &[
        "a frozen or paused process (long GC, suspended container)",
        "the coordinator or the network was away",
    ],
    advice: "Compare with the broker's log: `on heartbeat expiration` there means that no heartbeat arrived.",
    ..Explanation::NEWS
};
static MAX_POLL: Explanation = Explanation {
    kind: "client-poll-timeout",
    meaning: "The time between two polls exceeded max.poll.interval.ms: the application took longer than that, and \
              the client itself left the group while heartbeats were still going.",
    causes: &["processing of one batch took longer than max.poll.interval.ms"],
    advice: "Make batches smaller (max.poll.records) or the interval longer.",
    ..Explanation::NEWS
};
static REBALANCING: Explanation = Explanation {
    kind: "rebalance-in-progress",
    meaning: "A commit or heartbeat was refused because a rebalance of the group is under way, perhaps held open by \
              a member busy in processing; retriable after the next poll.",
    causes: &["commit while a rebalance is open"],
    ..Explanation::NEWS
};
static COMMIT_FAILED: Explanation = Explanation {
    kind: "commit-failed",
    meaning: "The commit failed because this consumer is not in the group any more. The text blames \
              max.poll.interval.ms, which is misleading where the session timeout removed a frozen process: the \
              broker's line decides (`on heartbeat expiration` against `LeaveGroup`).",
    causes: &[
        "processing took longer than max.poll.interval.ms and the client left the group",
        "the broker removed the member: no heartbeat within the session timeout (frozen process)",
        "a member of an older generation commits after a rebalance",
    ],
    ..Explanation::NEWS
};
static UNKNOWN_MEMBER: Explanation = Explanation {
    kind: "unknown-member",
    meaning: "The coordinator does not know this member (UNKNOWN_MEMBER_ID): it was removed, usually because no \
              heartbeat came within the session timeout, and joins again as a new member.",
    causes: &[
        "a frozen or paused process whose session expired",
        "the client left the group itself (max.poll.interval.ms)",
        "the coordinator lost the group: its load failed or was swallowed, or the group was deleted",
    ],
    ..Explanation::NEWS
};
static ILLEGAL_GENERATION: Explanation = Explanation {
    kind: "illegal-generation",
    meaning: "The request carried an older generation than the group has: a rebalance went on without this member.",
    causes: &[
        "the member was slow to join the last rebalance",
        "stale group metadata in a transactional producer",
    ],
    ..Explanation::NEWS
};
static STALE_EPOCH: Explanation = Explanation {
    kind: "stale-member-epoch",
    meaning: "A commit carried a member epoch from before the last rebalance step (STALE_MEMBER_EPOCH): a harmless \
              race between a commit and the last heartbeat answer; the member is still in the group and the next \
              commit goes through.",
    causes: &["a commit sent with the epoch of before the last heartbeat answer"],
    ..Explanation::NEWS
};
static FENCED_EPOCH: Explanation = Explanation {
    kind: "fenced-member-epoch",
    meaning: "The member sent an epoch that the coordinator does not know (FENCED_MEMBER_EPOCH); it gives up its \
              partitions and joins again by itself.",
    causes: &[
        "the coordinator lost its last records and is older than its members (an unclean election, a lost tail of \
         __consumer_offsets)",
        "the member was fenced and heard of it late",
    ],
    advice: "If many members report it at once, compare the offsets partition's copies: the tail may be lost.",
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
static TRANSACTION: Explanation = Explanation {
    kind: "transaction-commit-refused",
    meaning: "The offsets of a transaction were refused because the producer passed group metadata of an older (or \
              other) generation, epoch or member. With the consumer protocol, too, a wrong epoch reads \
              ILLEGAL_GENERATION here.",
    causes: &["stale or foreign group metadata in sendOffsetsToTransaction"],
    advice: "Take consumer.groupMetadata() fresh before each transaction.",
    ..Explanation::NEWS
};
static UNSTABLE: Explanation = Explanation {
    kind: "unstable-offsets",
    codes: &[Code::OpenTransaction, Code::PinnedCompaction],
    meaning: "The consumer waits because an open transaction holds offsets of this group (UNSTABLE_OFFSET_COMMIT); \
              it goes on when the transaction ends or times out.",
    causes: &["an open transaction with offsets of the group (a hanging producer)"],
    advice: "Look for the hanging producer: `lastwrites examine` on a copy names its producer id.",
    ..Explanation::NEWS
};
static OUT_OF_RANGE: Explanation = Explanation {
    kind: "offset-out-of-range",
    meaning: "The position is outside the partition's log: with auto.offset.reset the client starts over there, with \
              `none` it fails (OffsetOutOfRangeException).",
    causes: &[
        "a committed offset past the end of the log (records lost, topic recreated, offset set by hand)",
        "retention has deleted the records since the commit",
    ],
    advice: "Compare the committed offset with the log's start and end before anything is reset.",
    ..Explanation::NEWS
};
static TRUNCATED: Explanation = Explanation {
    kind: "log-truncated",
    meaning: "The log does not reach the committed offset in its leader epoch, so the client reports a truncation; \
              without a reset policy it fails (LogTruncationException).",
    causes: &[
        "records were lost in an unclean leader election",
        "the offset was committed by hand past the end of its leader epoch",
    ],
    advice: "The first offset known to diverge, where the line names it, is where the logs part.",
    ..Explanation::NEWS
};
static OLDER_EPOCH: Explanation = Explanation {
    kind: "metadata-epoch-older",
    meaning: "The committed leader epoch is newer than any the partition has; the client waits for metadata of that \
              epoch and, while this repeats, silently never fetches the partition. Once is normal after an election.",
    causes: &[
        "the topic was deleted and created again",
        "the offset was copied from elsewhere or committed by hand with a wrong leader epoch",
    ],
    advice: "Commit the offset again without leader epoch, or with the partition's own.",
    ..Explanation::NEWS
};
static NO_OFFSET: Explanation = Explanation {
    kind: "no-committed-offset",
    codes: &[Code::LoadsEmpty],
    meaning: "The group has no committed offset for this partition: the client starts by auto.offset.reset. For a \
              new group that is normal; for one that had committed, offsets were lost.",
    causes: &[
        "a new group or partition",
        "offsets expired or were deleted",
        "the coordinator lost them: a load that was swallowed, or a lost tail of __consumer_offsets",
    ],
    ..Explanation::NEWS
};
static RESET: Explanation = Explanation {
    kind: "position-reset",
    meaning: "The client starts at a position that is no committed offset, chosen by auto.offset.reset or a seek.",
    causes: &[
        "no committed offset, or one that is out of range",
        "the coordinator lost its last records (the tail of __consumer_offsets), and with them the commit",
    ],
    ..Explanation::NEWS
};
static RESUMED: Explanation = Explanation {
    kind: "position-from-commit",
    meaning: "The client goes on at the group's committed offset.",
    ..Explanation::NEWS
};
static JOINING: Explanation = Explanation {
    kind: "client-joining",
    meaning: "The client joins the group or takes part in a rebalance. Again and again in short order means members \
              joining and leaving (restarting pods, autoscaling), or a coordinator that does not answer.",
    ..Explanation::NEWS
};
static JOINED: Explanation = Explanation {
    kind: "client-joined",
    meaning: "The client is a member of the group and has its assignment.",
    ..Explanation::NEWS
};
static LEAVING: Explanation =
    Explanation { kind: "client-leaving", meaning: "The client leaves the group.", ..Explanation::NEWS };
static CALLBACK: Explanation = Explanation {
    kind: "rebalance-callback",
    meaning: "Partitions were given to or taken from this consumer; the application was told. Again and again in \
              short order: members joining and leaving (restarting pods or autoscaling).",
    ..Explanation::NEWS
};
static LEAVE_UNSENT: Explanation = Explanation {
    kind: "leave-not-sent",
    codes: &[Code::LoadFails],
    meaning: "The client closed but could not tell the coordinator, which it does not know: often the only line \
              above INFO of a client whose coordinator failed to load.",
    ..NOT_COORDINATOR
};
static HEARTBEAT: Explanation = Explanation {
    kind: "heartbeat-failed",
    meaning: "A heartbeat was refused, for the reason in the line.",
    causes: &[
        "a rebalance is under way",
        "the member was removed or fenced",
        "the coordinator moved or does not load",
    ],
    ..Explanation::NEWS
};
static COMMIT_RETRIABLE: Explanation = Explanation {
    kind: "commit-refused",
    meaning: "A commit was refused, for the reason in the line.",
    causes: &["the coordinator was away or loading", "a rebalance", "the member was removed"],
    ..Explanation::NEWS
};
static PROTOCOL: Explanation = Explanation {
    kind: "group-protocol-mismatch",
    meaning: "The member cannot join: its protocol or assignor does not fit those of the group's other members.",
    causes: &["members with different partition.assignment.strategy or group.protocol under one group id"],
    advice: "Give all members a common assignor, or the application a group id of its own.",
    ..Explanation::NEWS
};
static NOT_ALLOWED: Explanation = Explanation {
    kind: "group-not-authorized",
    meaning: "The client has no right to this group; it fails until an ACL allows READ on the group.",
    ..Explanation::NEWS
};
static GROUP_FULL: Explanation = Explanation {
    kind: "group-full",
    meaning: "The group has as many members as the broker allows (group.max.size and its kin); the newcomer is refused.",
    ..Explanation::NEWS
};
static GROUP_STATE: Explanation = Explanation {
    kind: "group-state-refused",
    meaning: "A request about the group was refused: it does not exist here, or it still has members.",
    causes: &["the group was deleted or expired", "the coordinator lost it", "members are still running"],
    ..Explanation::NEWS
};
static DISCONNECTED: Explanation = Explanation {
    kind: "broker-disconnected",
    meaning: "The client's connection to a broker went away; with the coordinator's broker it has to find the \
              coordinator again. Retriable, and normal when a broker restarts.",
    causes: &["restart of the broker, which may host the coordinator", "the network, or an idle connection"],
    ..Explanation::NEWS
};

messages! {
    PROTOCOL, "2.0 and later" =>
        "The group member's supported protocols are incompatible",
        "InconsistentGroupProtocolException",
        "INCONSISTENT_GROUP_PROTOCOL",
        "JoinGroup failed: Inconsistent Protocol Type",
        "SyncGroup failed due to inconsistent Protocol",
        "With the COOPERATIVE protocol, owned partitions cannot be reassigned";
    NOT_ALLOWED, "2.0 and later" =>
        "Not authorized to access group: <group>",
        "ot authorized to commit to topics",
        "Group authorization failed",
        "GroupAuthorizationException",
        "GROUP_AUTHORIZATION_FAILED";
    GROUP_FULL, "2.2 and later" =>
        "The group has reached its maximum size", "GroupMaxSizeReachedException", "GROUP_MAX_SIZE_REACHED";
    GROUP_STATE, "2.0 and later" =>
        "GroupIdNotFoundException", "GROUP_ID_NOT_FOUND", "The group id does not exist",
        "GroupNotEmptyException", "NON_EMPTY_GROUP", "The group is not empty";
    TRANSACTION, "2.5 and later" =>
        "Transaction offset Commit failed due to consumer group metadata mismatch",
        "Received TxnOffsetCommit response for consumer group <group>: {<_>=ILLEGAL_GENERATION",
        "Received TxnOffsetCommit response for consumer group <group>: {<_>=UNKNOWN_MEMBER_ID",
        "Received TxnOffsetCommit response for consumer group <group>: {<_>=STALE_MEMBER_EPOCH",
        "Received TxnOffsetCommit response for consumer group <group>: {<_>=FENCED_INSTANCE_ID";
    NOT_COORDINATOR, "2.0 and later" =>
        "is unavailable or invalid due to cause: error response NOT_COORDINATOR",
        "This is not the correct coordinator",
        "NotCoordinatorException",
        "NOT_COORDINATOR";
    LOADING, "2.0 and later" =>
        "The coordinator is loading and hence can't process requests",
        "is loading the group.",
        "CoordinatorLoadInProgressException",
        "COORDINATOR_LOAD_IN_PROGRESS";
    SESSION, "2.0 and later" =>
        "is unavailable or invalid due to cause: session timed out without receiving a heartbeat response";
    UNAVAILABLE, "2.0 and later" =>
        "is unavailable or invalid due to cause:",
        "is unavailable or invalid, will attempt rediscovery",
        "Requesting disconnect from last known coordinator",
        "Consumer has been disconnected from the group coordinator for",
        "The coordinator is not available",
        "CoordinatorNotAvailableException",
        "COORDINATOR_NOT_AVAILABLE",
        "Group coordinator lookup failed",
        "pending requests to coordinator, terminating client connections",
        "FindCoordinator request failed due to",
        "FindCoordinator request hit fatal exception";
    COORDINATOR_FOUND, "2.0 and later" => "Discovered group coordinator ";
    MAX_POLL, "2.0 and later" =>
        "onsumer poll timeout has expired",
        "subsequent calls to poll() was longer than the configured max.poll.interval.ms, exceeded approximately",
        "Member <member> sending LeaveGroup request to coordinator <_> due to consumer poll timeout",
        "transitioned from <_> to STALE";
    STALE_EPOCH, "3.7 and later" =>
        "OffsetCommit failed for member <member> with stale member epoch error. Last epoch sent: <epoch>",
        "OffsetCommit failed for member <member> with stale member epoch error",
        "OffsetCommit failed with stale member epoch",
        "StaleMemberEpochException",
        "STALE_MEMBER_EPOCH";
    FENCED_EPOCH, "3.7 and later" =>
        "failed for member <member> because epoch <epoch> is fenced",
        "got fenced but it is already preparing to leave",
        "The consumer group member has a greater member epoch (<epoch>) than the one known by the group coordinator (<owned_epoch>)",
        "The consumer group member has a smaller member epoch (<epoch>) than the one known by the group coordinator (<owned_epoch>)",
        "FencedMemberEpochException",
        "FENCED_MEMBER_EPOCH",
        "transitioned from <_> to FENCED";
    INSTANCE_UNRELEASED, "3.7 and later" =>
        "failed due to unreleased instance id",
        "Static member <member> with instance id <_> cannot join the group because the instance id is owned by",
        "UnreleasedInstanceIdException",
        "UNRELEASED_INSTANCE_ID",
        "The instance ID is still used by another member in the consumer group";
    INSTANCE_FENCED, "2.3 and later" =>
        "due to group instance id <_> fenced",
        "has been fenced by another instance",
        "Caught fenced group.instance.id",
        "Get fenced exception for group.instance.id",
        "failed due to fenced instance id",
        "FencedInstanceIdException",
        "FENCED_INSTANCE_ID",
        "The broker rejected this static consumer since another consumer with the same group.instance.id",
        "Static consumer fenced by other consumer with same group.instance.id";
    UNSTABLE, "2.5 and later" =>
        "The following partitions still have unstable offsets which are not cleared on the broker side",
        "There are unstable offsets",
        "UnstableOffsetCommitException",
        "UNSTABLE_OFFSET_COMMIT";
    REBALANCING, "2.0 and later" =>
        "Request joining group due to: rebalance failed due to 'The group is rebalancing",
        "Request joining group due to: group is already rebalancing",
        "Offset commit cannot be completed since the consumer is undergoing a rebalance",
        "Offset commit cannot be completed since the consumer group is executing a rebalance",
        "Offset commit cannot be completed since the consumer member's",
        "The group is rebalancing, so a rejoin is needed",
        "The group began another rebalance",
        "RebalanceInProgressException",
        "REBALANCE_IN_PROGRESS",
        "failed since group is rebalancing";
    UNKNOWN_MEMBER, "2.0 and later" =>
        "OffsetCommit failed with UNKNOWN_MEMBER_ID",
        "The coordinator is not aware of this member",
        "OffsetCommit failed with unknown member ID",
        "because the member is not part of the group anymore",
        "is not part of the group anymore (it probably left the group",
        "UnknownMemberIdException",
        "UNKNOWN_MEMBER_ID";
    ILLEGAL_GENERATION, "2.0 and later" =>
        "Specified group generation id is not valid",
        "IllegalGenerationException",
        "ILLEGAL_GENERATION";
    COMMIT_FAILED, "2.0 and later" =>
        "Commit cannot be completed since the group has already rebalanced",
        "Offset commit cannot be completed since the consumer is not part of an active group",
        "Failing OffsetCommit request since the consumer is not part of an active group",
        "CommitFailedException";
    TRUNCATED, "2.3 and later" =>
        "Truncation detected for partition <_> at offset FetchPosition{offset=<offset>,",
        "Truncation detected for partition",
        "Truncated partitions detected with divergent offsets",
        "LogTruncationException",
        "Detected log truncation with diverging epoch";
    OUT_OF_RANGE, "2.0 and later" =>
        "Fetch position FetchPosition{offset=<offset>, <_> is out of range for partition",
        "Fetch offset <offset> is out of range for partition",
        "Offsets out of range with no configured reset policy",
        "Offsets out of range for partitions",
        "raising error to the application since no reset policy is configured",
        "OffsetOutOfRangeException",
        "OFFSET_OUT_OF_RANGE";
    OLDER_EPOCH, "2.3 and later" =>
        "Got metadata for an older epoch <number> (current is <leader_epoch>) for partition",
        "UNKNOWN_LEADER_EPOCH";
    NO_OFFSET, "2.0 and later" =>
        "Found no committed offset for partition",
        "Undefined offset with no reset policy",
        "NoOffsetForPartitionException";
    RESET, "2.0 and later" =>
        "Resetting offset for partition <_> to position FetchPosition{offset=<offset>,",
        "Resetting offset for partition <_> to offset <offset>",
        "Resetting offset for partition ",
        "Seeking to <_> offset for partition",
        "Seeking to <_> offset of partition",
        "Seeking to offset <offset> for partition";
    RESUMED, "2.0 and later" =>
        "Setting offset for partition <_> to the committed offset FetchPosition{offset=<offset>,",
        "Setting offset for partition <_> to the committed offset";
    LEAVING, "2.0 and later" =>
        "Request joining group due to: consumer pro-actively leaving the group",
        "due to: consumer pro-actively leaving the group",
        "Member <member> sending LeaveGroup request to coordinator",
        "is triggering callbacks to release assignment",
        "groupId=<group>] Completed leaving the group",
        "groupId=<group>] Releasing assignment and leaving group before closing consumer",
        "groupId=<group>] Completed releasing assignment and sending leave group",
        "Member <member> with epoch <epoch> was leaving the group with state",
        "won't send leave group request because it is",
        "Member <member> callback to release assignment failed",
        "Member <member> won't include epoch in following offset commit/fetch requests",
        "Member <member> completed callback to release assignment",
        "LeaveGroup request with <_> failed with error",
        "Failing all unsent commit requests and offset fetches because of coordinator fatal error";
    JOINING, "2.0 and later" =>
        "(Re-)joining group",
        "No action taken to join the group with the updated subscription",
        "The pause flag in partitions <_> will be removed due to",
        "groupId=<group>] Reconciliation failed",
        "Request joining group due to:",
        "Resetting generation due to:",
        "Resetting generation and member id due to:",
        "due to: encountered <_> from ",
        "JoinGroup failed",
        "SyncGroup failed",
        "Revoke previously assigned partitions",
        "Revoking previously assigned partitions",
        "Giving away all assigned partitions as lost",
        "Lost previously assigned partitions",
        "Member <member> with epoch <epoch> transitioned";
    JOINED, "2.0 and later" =>
        "Successfully joined group with generation",
        "Successfully synced group in generation",
        "Finished assignment for group at generation <generation>",
        "Notifying assignor about the new Assignment",
        "Adding newly assigned partitions",
        "Setting newly assigned partitions",
        "groupId=<group>] Updating assignment with",
        "Skipped assignment for returning static leader at generation <generation>",
        "Reconciling assignment with local epoch <epoch>",
        "The following subscribed topics are not assigned to any members",
        "The following not-subscribed topics are assigned",
        "Assigned partition <_> for non-subscribed topic";
    LEAVE_UNSENT, "3.7 and later" =>
        "Heartbeat to leave group cannot be sent (most probably due to coordinator not known/available). Member <member> with epoch";
    HEARTBEAT, "2.0 and later" =>
        "Attempt to heartbeat failed",
        "Attempt to heartbeat with",
        "HeartbeatRequest failed",
        "HeartbeatRequest for group",
        "occurred in the heartbeat thread",
        "received in heartbeat thread",
        "Heartbeat thread failed due to unexpected error",
        "received a failed response to the heartbeat to leave the group";
    COMMIT_RETRIABLE, "2.0 and later" =>
        "Offset commit failed on partition <_> at offset <offset>:",
        "Offset commit with offsets <_> failed",
        "auto-commit of offsets <_> failed",
        "Auto-commit of offsets <_> failed",
        "auto-commit of offsets failed",
        "expired before successfully committing offsets",
        "expired before the last committed offset for partitions",
        "OffsetCommit failed with",
        "OffsetCommit timeout expired",
        "Auto-commit request before reconciling new assignment failed",
        "OffsetFetch failed with",
        "RetriableCommitFailedException";
    CALLBACK, "every release" =>
        "onPartitionsRevoked", "onPartitionsAssigned", "onPartitionsLost";
    DISCONNECTED, "2.0 and later" =>
        "groupId=<group>] Node <number> disconnected",
        "groupId=<group>] Connection to node <number> (<_>) could not be established",
        "groupId=<group>] Bootstrap broker <_> disconnected";
}
