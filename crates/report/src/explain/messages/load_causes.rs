//! Exception texts that end a load, and what each may come from (`docs/findings.md` has their pages).

use super::{Explanation, Role, messages};
use crate::findings::Code;

const CAUSE: Explanation = Explanation { kind: "load-cause", role: Role::Cause, ..Explanation::NEWS };

const ELSEWHERE: &str = "The record stays on the disk, so reloading the same copy fails again: use a replica whose \
                         copy loads, or a release that reads it (`lastwrites diagnose` names both).";
const RELOAD: &str = "If it was a race with the cleaner, the log at rest loads: wait for the cleaner's pass to end, then \
                      force a reload by moving the partition's leader. `lastwrites diagnose` on a copy tells.";

/// Why a load failed, where neither its line nor an exception below it says so.
pub(in crate::explain) static UNTOLD: Explanation = Explanation {
    role: Role::CauseInLoad,
    issues: super::java_client::NOT_COORDINATOR.issues,
    meaning: "Neither this line nor an exception below it tells a reason known here.",
    causes: &[
        "the exception below the line in the broker's log says why (4.2 and later write it only there)",
    ],
    advice: "Give explain the lines below it too, or run `lastwrites diagnose` on a copy of the partition.",
    ..CAUSE
};
/// Why a load failed, where an exception says so in a text that isn't in these tables.
pub(in crate::explain) static UNKNOWN_TEXT: Explanation = Explanation {
    role: Role::CauseInLoad,
    meaning: "An exception says why, in a text that isn't known here: no cause can be named.",
    advice: "What narrows it down: the offset or record in the exception, its innermost class, and the release. `lastwrites \
             diagnose` on a copy of the partition says what each release makes of its records.",
    ..CAUSE
};
static NOT_HERE: Explanation = Explanation {
    role: Role::CauseInLoad,
    meaning: "No record is at fault: the broker was no longer the partition's leader, had not got its log, or was \
              stopping while it loaded.",
    causes: &["leadership moved, a reassignment took the log away, or the broker was stopping"],
    advice: "The partition's leader loads it. Where this broker still leads, look for why its log is missing: a failed log \
             dir, or a reassignment under way.",
    ..CAUSE
};
static STORAGE: Explanation = Explanation {
    role: Role::CauseInLoad,
    meaning: "No record is at fault: the broker could not read its own disk while it loaded.",
    causes: &["a log dir failed or went offline; the broker's log names it"],
    advice: "Let another replica lead the partition; look at this broker's disk.",
    ..CAUSE
};
static EPOCHS: Explanation = Explanation {
    codes: &[Code::EpochConflict],
    issues: &["KAFKA-19862"],
    meaning: "Two members claim one topic partition: the new owner's record is read while the old owner still \
              holds it, because the record by which it gave the partition up was compacted away.",
    causes: &[
        "KAFKA-19862: a partly compacted log shows the new owner of a topic partition before the record by which \
         the old owner gave it up; releases before the fix (4.0.2, 4.1.2, 4.2.0) refuse it",
        "on a release with that fix, at a ConsumerGroupMemberMetadata record: a member was fenced and joined again under \
         the same id, or changed its host or subscription, and its metadata record brings its old claim back over a \
         later epoch",
        "on a release with that fix, at a ConsumerGroupCurrentMemberAssignment record: the stale claim is most likely from \
         before the group was deleted and created again, which starts its epochs anew",
    ],
    advice: RELOAD,
    ..CAUSE
};
static PROCESSES: Explanation = Explanation {
    codes: &[Code::EpochConflict, Code::StreamsOrdering],
    issues: &["KAFKA-19862"],
    meaning: "Two processes claim one Streams task, or a task is given up by a process that does not hold it: a \
              record between the two was compacted away. 4.1.0 and 4.1.1 refuse that.",
    causes: &[
        "KAFKA-19862: compaction raced the load",
        "a member's assignment stands before its metadata in the compacted log",
    ],
    advice: "4.1.2, 4.2.0 and later load it. Reload once the cleaner's pass has ended, or upgrade.",
    ..CAUSE
};
static STREAMS_ORDER: Explanation = Explanation {
    codes: &[Code::StreamsOrdering],
    issues: &["KAFKA-19862"],
    meaning: "A streams member's assignment stands before its metadata; 4.1.0 and 4.1.1 cannot load that order.",
    advice: "4.1.2, 4.2.0 and later load it; the order stays on the disk.",
    ..CAUSE
};
static NOT_STREAMS: Explanation = Explanation {
    codes: &[Code::StreamsAfterClassicOffsets, Code::BadWriteSequence, Code::TwoGroupTypes],
    issues: &["KAFKA-20254", "KAFKA-20845"],
    meaning: "Records of a streams group follow something else of the same id.",
    causes: &[
        "KAFKA-20254: offsets of a classic group are followed by records of a streams group of the same id, the \
         tombstone between them is gone (4.1, 4.2.0)",
        "KAFKA-20845: the broker itself wrote records of both types in an order no load accepts",
        "the id was used by a consumer or share group before, which was never deleted",
    ],
    advice: "For KAFKA-20254: 4.2.1, 4.3.0 and later load it, other copies of the same log usually do not. Which of them it \
             is, `lastwrites diagnose` on a copy tells.",
    ..CAUSE
};
static NOT_CONSUMER: Explanation = Explanation {
    codes: &[Code::BadWriteSequence, Code::OnlineDowngrade, Code::CompactedGroup, Code::TwoGroupTypes],
    issues: &["KAFKA-20845", "KAFKA-21117", "KAFKA-17306"],
    meaning: "A record of a consumer group meets a group of another type with the same id, usually a classic one.",
    causes: &[
        "KAFKA-20845: the broker wrote the group's records in an order that no load accepts; on the disk",
        "KAFKA-21117: the group was downgraded online and compaction raced the load; a race",
        "KAFKA-17306: a compacted consumer group, on the new coordinator of 3.7 to 3.9; on the disk",
        "the id was used by a streams or share group before, which was never deleted; on the disk",
    ],
    advice: "The line alone does not tell which: run `lastwrites diagnose` on a copy, or give the copy's path to explain.",
    ..CAUSE
};
static NOT_SHARE: Explanation = Explanation {
    codes: &[Code::ShareOverOffsets, Code::TwoGroupTypes],
    meaning: "Records of a share group meet a group of another type, usually one that only holds committed offsets.",
    causes: &[
        "offsets were committed under an id that is used by a share group",
        "the id was used by a consumer or streams group before, which was never deleted",
    ],
    advice: ELSEWHERE,
    ..CAUSE
};
static NO_SHARE: Explanation = Explanation {
    codes: &[Code::ShareGroupNotFound],
    issues: &["KAFKA-19453"],
    meaning: "A share group's record stands without the group: compaction took the record that creates it. 4.0 \
              cannot load that.",
    advice: "4.1.0 and later load it.",
    ..CAUSE
};
static NO_CONSUMER: Explanation = Explanation {
    codes: &[Code::CompactedGroup],
    issues: &["KAFKA-17306"],
    meaning: "A consumer group's record stands without the group or member it belongs to: the log was compacted, \
              and the new coordinator of 3.7 to 3.9 only loads records in the order of creation.",
    advice: "4.0.0 and later load it; 3.9.x was never fixed.",
    ..CAUSE
};
static NO_MEMBER: Explanation = Explanation {
    role: Role::CauseInLoad,
    codes: &[Code::CompactedGroup, Code::ShareGroupNotFound],
    issues: &["KAFKA-17306", "KAFKA-19453"],
    ..NO_CONSUMER
};
static MEMBER_TOMBSTONE: Explanation = Explanation {
    codes: &[Code::MemberTombstone, Code::ConversionTombstone],
    issues: &["KAFKA-21102"],
    meaning: "A member is deleted while parts of it are left: a tombstone of the set is missing, or the member \
              never had an assignment record.",
    causes: &["compaction removed the sibling tombstones before the load", "a conversion of the group"],
    advice: RELOAD,
    ..CAUSE
};
static GROUP_TOMBSTONE: Explanation = Explanation {
    codes: &[Code::ConversionTombstone],
    issues: &["KAFKA-21102"],
    meaning: "A group is deleted while parts of it are left: tombstones of the set are missing.",
    causes: &[
        "compaction took the sibling tombstones away while the load was under way",
        "an expiry whose tombstones were split over two batches",
    ],
    advice: RELOAD,
    ..CAUSE
};
static SUBSCRIPTION: Explanation = Explanation {
    role: Role::CauseInLoad,
    codes: &[Code::MalformedSubscription],
    issues: &["KAFKA-20570"],
    meaning: "A classic member's subscription bytes cannot be parsed: a client with a bug sent a negative or \
              oversized length, the broker stored it, and no load gets past it.",
    causes: &["KAFKA-20570: malformed subscription bytes in a classic group's record"],
    advice: "It is on the disk of every replica that has the record. Only 4.2.2, 4.4.0 and what comes after 4.3.1 load it.",
    ..CAUSE
};
static UNREADABLE: Explanation = Explanation {
    codes: &[Code::LoadFails, Code::ShareMetadataLayout, Code::UndecodableRecord],
    issues: &["KAFKA-18672"],
    meaning: "A record's bytes do not fit the layout this release expects.",
    causes: &[
        "the record was written in the layout of another release (share groups of 4.0, early access of 3.5 to 3.7)",
        "the bytes are damaged",
    ],
    advice: ELSEWHERE,
    ..CAUSE
};
static VALUE_VERSION: Explanation = Explanation {
    codes: &[Code::ValueVersion],
    issues: &["KAFKA-18672", "KAFKA-14869"],
    meaning: "A record's value has a version that this release does not know.",
    causes: &["it was written by something newer than this release (a downgrade)", "the bytes are damaged"],
    advice: ELSEWHERE,
    ..CAUSE
};
static LEGACY_KEY: Explanation = Explanation {
    codes: &[Code::LegacyOffsetKey],
    issues: &["KAFKA-18672"],
    meaning: "An offset key of the oldest form (type 0) has a value newer than version 0; releases up to 4.0 read \
              it, 4.1 and later refuse it.",
    advice: "Load it once on 4.0 or older and let the consumers commit again, or use a copy that lacks the record.",
    ..CAUSE
};
static UNKNOWN_TYPE: Explanation = Explanation {
    codes: &[Code::UnknownType, Code::ValueVersion],
    issues: &["KAFKA-14869", "KAFKA-18672"],
    meaning: "The log holds a record that this release does not know and does not skip.",
    causes: &[
        "the cluster ran a newer release and was taken back: up to 3.4.0 unknown record types are fatal, and value \
         versions always are",
        "record type 15 on 4.0, left over from 4.1",
    ],
    advice: "3.4.1, 3.5.0 and later skip unknown types; 4.1 replays type 15.",
    ..CAUSE
};
static UNEXPECTED_UNLOAD: Explanation = Explanation {
    codes: &[Code::LoadsEmpty],
    meaning: "The old coordinator found a deleted group with an open transaction. The error comes after all groups \
              were loaded, so they are served all the same.",
    ..CAUSE
};
/// The heap ran out.
pub(in crate::explain) static HEAP: Explanation = Explanation {
    role: Role::CauseInLoad,
    codes: &[Code::HeapRisk],
    issues: &["KAFKA-19716"],
    meaning: "The load ran out of heap: transactional commits between log start and end are held until it ends.",
    advice: "Load on a broker with more heap, or on 4.0.2, 4.1.1, 4.2.0 or later.",
    ..CAUSE
};
static SNAPSHOT: Explanation = Explanation {
    role: Role::CauseInLoad,
    issues: &["KAFKA-15910", "KAFKA-16030"],
    meaning: "The coordinator was read after its load without a snapshot, a bug of the previews before 3.7.0.",
    ..CAUSE
};
static DAMAGED: Explanation = Explanation {
    role: Role::CauseInLoad,
    codes: &[Code::DamagedBytes],
    meaning: "The bytes of the log itself are damaged; the loader checks no checksums and stumbles over the content.",
    advice: ELSEWHERE,
    ..CAUSE
};
static INCONSISTENT: Explanation = Explanation {
    role: Role::CauseInLoad,
    codes: &[Code::LoadFails],
    meaning: "A record contradicts itself or lacks its key.",
    advice: ELSEWHERE,
    ..CAUSE
};

messages! {
    NOT_HERE, "every release" =>
        "because the log does not exist",
        "because the partition is not online or is no longer the leader",
        "NotLeaderOrFollowerException",
        "UnknownTopicOrPartitionException",
        "NOT_LEADER_OR_FOLLOWER",
        "Coordinator loader is closed",
        "CoordinatorNotAvailableException",
        "RejectedExecutionException";
    STORAGE, "every release" =>
        "KafkaStorageException",
        "KAFKA_STORAGE_ERROR",
        "java.io.IOException",
        "ClosedChannelException",
        "NoSuchFileException",
        "LogDirectoryOfflineException",
        "The log for partition";
    EPOCHS, "3.8 and later" =>
        "Cannot set the epoch of <_> to <epoch> because the partition is still owned at epoch <owned_epoch>",
        "Cannot remove the epoch <epoch> from <_> because the partition is still owned at a different epoch <owned_epoch>",
        "Cannot remove the epoch <epoch> from <_> because it does not have any epoch";
    STREAMS_ORDER, "4.1.0 and 4.1.1" => "Cannot remove the process ID null from";
    PROCESSES, "4.1.0 and 4.1.1" => "Cannot set the process ID of", "Cannot remove the process ID ";
    NOT_STREAMS, "4.1 and later" => "Group <group> is not a streams group";
    NOT_CONSUMER, "3.8 and later" => "Group <group> is not a consumer group";
    NOT_SHARE, "3.9 and later" => "Group <group> is not a share group";
    NO_SHARE, "3.9 and 4.0" => "Share group <group> not found";
    NO_CONSUMER, "3.7 to 3.9" => "Consumer group <group> not found";
    NO_MEMBER, "3.7 to 4.0" => "Member <member> is not a member of group <group>";
    MEMBER_TOMBSTONE, "3.7 and later" => "Received a tombstone record to delete member <member> ";
    GROUP_TOMBSTONE, "3.7 and later" =>
        "Received a tombstone record to delete group <group> ",
        "Received a tombstone record to delete target assignment of <group> ";
    LEGACY_KEY, "4.1 and later" => "Found an unknown record version <number> for 0 type";
    VALUE_VERSION, "4.0 and later" => "Found an unknown record version <number> for <number> type";
    VALUE_VERSION, "every release, old coordinator" => "Unknown offset message version";
    UNKNOWN_TYPE, "up to 3.4, old coordinator" =>
        "Unknown group metadata message version",
        "Unknown version <number> for group metadata message";
    UNKNOWN_TYPE, "4.0" => "Received an unknown record type <number> in";
    UNREADABLE, "3.7 and later" =>
        "Could not read record with version <number> from",
        "Could not read version from key's buffer",
        "Could not read version from value's buffer";
    UNEXPECTED_UNLOAD, "up to 4.0, old coordinator" => "Unexpected unload of active group <group> while loading partition";
    SUBSCRIPTION, "2.4 and later" =>
        "non-nullable field <_> was serialized as null",
        "Error reading byte array of",
        "Tried to allocate a collection of size",
        " had invalid length ",
        "BufferUnderflowException",
        "newLimit > capacity",
        "failed due to: null";
    MEMBER_TOMBSTONE, "4.1 and later" => "StreamsGroupMember.memberEpoch()\" is null";
    HEAP, "3.7 to 4.1" => "OutOfMemoryError";
    SNAPSHOT, "before 3.7.0" => "No in-memory snapshot for epoch";
    DAMAGED, "every release" =>
        "is less than the minimum record overhead",
        "Invalid magic found in record",
        "InvalidRecordException",
        "CorruptRecordException",
        "Found invalid number of record headers",
        "Incorrect declared batch size",
        "Invalid record size: expected to read",
        "May indicate data corruption";
    INCONSISTENT, "every release" =>
        "Duplicate key ",
        "Static member with groupInstanceId=<_> cannot be added to group <group> since",
        "None of the member's protocols can be supported",
        "Group metadata/offset entry key should not be null",
        "NullPointerException",
        "Cannot invoke \"";
}
