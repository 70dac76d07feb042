//! Loading and unloading of offsets partitions: `CoordinatorRuntime`, `CoordinatorLoaderImpl` and the old
//! `GroupMetadataManager`.

use super::{Explanation, Role, messages};
use crate::findings::Code;

static FAILED: Explanation = Explanation {
    kind: "load-failed",
    role: Role::LoadFailure,
    codes: &[Code::LoadFails],
    meaning: "The load of this offsets partition failed: its coordinator is FAILED on this broker, and every \
              group on it gets NOT_COORDINATOR until the partition is loaded again elsewhere or anew.",
    advice: "Run `lastwrites diagnose` on a copy of the partition: it says which record stops which release. A \
             race goes away with a reload once the cleaner's pass has ended; a record on the disk needs another \
             replica whose copy loads, or a release that reads it.",
    ..Explanation::NEWS
};
static SWALLOWED: Explanation = Explanation {
    kind: "load-swallowed",
    role: Role::LoadFailure,
    codes: &[Code::LoadsEmpty],
    meaning: "The old coordinator met a record it cannot read and swallowed the error: it serves the partition \
              without its groups and offsets. Nothing fails visibly; consumers find no committed offset and fall \
              back to auto.offset.reset.",
    advice: "Stop the consumers of these groups before they commit on top. Copy the partition and recover the \
             offsets with `lastwrites recover`.",
    ..Explanation::NEWS
};
static STOPPED: Explanation = Explanation {
    kind: "load-stopped",
    meaning: "The load was given up because this broker is no longer the partition's leader or is shutting down. \
              The next leader loads it.",
    ..Explanation::NEWS
};
static STARTED: Explanation = Explanation {
    kind: "load-started",
    meaning: "This broker became the coordinator of the partition's groups and begins to load it; until it has \
              finished, clients get COORDINATOR_LOAD_IN_PROGRESS and retry.",
    ..Explanation::NEWS
};
static FINISHED: Explanation = Explanation {
    kind: "load-finished",
    meaning: "The partition was loaded: this broker serves the groups on it.",
    ..Explanation::NEWS
};
static GROUP_LOADED: Explanation = Explanation {
    kind: "group-loaded",
    meaning: "The load brought this group back with its members.",
    ..Explanation::NEWS
};
static UNKNOWN_TYPE: Explanation = Explanation {
    kind: "unknown-record-type",
    codes: &[Code::UnknownType],
    issues: &["KAFKA-14869"],
    meaning: "The log holds a record type that this release does not know, written by a newer one. It is skipped \
              with this warning and the load goes on; what the record said has no effect.",
    causes: &["the cluster ran a newer release and was taken back"],
    ..Explanation::NEWS
};
static UNLOADED: Explanation = Explanation {
    kind: "unload",
    meaning: "This broker gives the partition's groups up: leadership moved or the broker stops. Clients look for \
              the new coordinator by themselves.",
    ..Explanation::NEWS
};
static LEADERSHIP: Explanation = Explanation {
    kind: "leadership-changed",
    meaning: "Leadership of offsets partitions changed on this broker (a start, a stop or an election); their \
              coordinators move or load again. Clients notice retriable errors meanwhile.",
    causes: &["restart of the broker that hosts the coordinator", "a leader election or reassignment"],
    ..Explanation::NEWS
};
static NO_LOG: Explanation = Explanation {
    kind: "load-no-log",
    codes: &[Code::LoadsEmpty],
    meaning: "The broker was made coordinator of a partition whose log it does not have; it serves it empty.",
    advice: "Look why the log is missing: a failed log dir, or a reassignment under way.",
    ..Explanation::NEWS
};
static LARGE_BUFFER: Explanation = Explanation {
    kind: "load-large-batch",
    meaning: "A batch is larger than offsets.load.buffer.size; the buffer was grown and the load goes on.",
    ..Explanation::NEWS
};
static OUT_OF_SYNC: Explanation = Explanation {
    kind: "coordinator-out-of-sync",
    codes: &[Code::BadWriteSequence],
    issues: &["KAFKA-20845"],
    meaning: "The coordinator's memory and its log went apart; it reloads the partition. What it wrote meanwhile \
              may stand in an order that no load accepts.",
    advice: "If a failed load follows, run `lastwrites diagnose` on a copy of the partition.",
    ..Explanation::NEWS
};
static WRITE_FAILED: Explanation = Explanation {
    kind: "coordinator-write-failed",
    meaning: "The coordinator could not write to its offsets partition; the clients' requests fail and are \
              retried.",
    causes: &["too few in-sync replicas", "a record larger than the topic's max.message.bytes"],
    advice: "Check the ISR of the offsets partition and the sizes named in the line.",
    ..Explanation::NEWS
};
static ASSIGNMENT_EPOCHS: Explanation = Explanation {
    kind: "assignment-epochs-missing",
    meaning: "A record written before 4.3 has no per-partition epochs; defaults are used. Harmless, and not the \
              cause of a failed load.",
    ..Explanation::NEWS
};
static HEAP: Explanation = Explanation {
    kind: "load-heap",
    role: Role::Line,
    codes: &[Code::HeapRisk],
    issues: &["KAFKA-19716"],
    meaning: "The thread that loads offsets partitions ran out of heap.",
    causes: &["many transactional commits between log start and end, held until the load ends"],
    advice: "Load on a broker with more heap, or on a release with the fix (4.0.2, 4.1.1, 4.2.0 and later).",
};

static CLEANED: Explanation = Explanation {
    kind: "cleaner-pass",
    meaning: "The log cleaner works on this offsets partition or has just done so. A load at the same moment may see \
              a mixture of old and cleaned segments.",
    ..Explanation::NEWS
};
static CLEANER_FAILED: Explanation = Explanation {
    kind: "cleaner-failed",
    codes: &[Code::CleanerNotRunning],
    meaning: "The log cleaner stumbled over this offsets partition and leaves it uncleaned from now on: it grows, and \
              its loads get slower.",
    advice: "The exception below the line says why. A copy of the partition shows what it stumbled over.",
    ..Explanation::NEWS
};

messages! {
    CLEANED, "every release" =>
        "Beginning cleaning of log __consumer_offsets-<partition>",
        "Building offset map for log __consumer_offsets-<partition>",
        "Building offset map for __consumer_offsets-<partition>",
        "Offset map for log __consumer_offsets-<partition> complete",
        "Cleaning log __consumer_offsets-<partition> (",
        "cleaned log __consumer_offsets-<partition> (";
    CLEANER_FAILED, "1.1 and later" =>
        "Unexpected exception thrown when cleaning log <_>__consumer_offsets-<partition>",
        "Marking its partition (__consumer_offsets-<partition>) as uncleanable";
    FAILED, "3.7 and later" => "Failed to load metadata from __consumer_offsets-<partition> with epoch <leader_epoch> due to ";
    FAILED, "4.0 and later" =>
        "Replaying record <_> from __consumer_offsets-<partition> at offset <offset> with producer id ",
        "Deserializing record <_> from __consumer_offsets-<partition> failed";
    SWALLOWED, "up to 4.0, old coordinator" => "Error loading offsets from __consumer_offsets-<partition>";
    STOPPED, "3.7 and later" =>
        "Stopped loading records from __consumer_offsets-<partition> because",
        "Ignoring load completion from __consumer_offsets-<partition> because",
        "Ignored load completion from __consumer_offsets-<partition> because";
    STARTED, "3.7 and later" =>
        "Scheduling loading of metadata from __consumer_offsets-<partition> with epoch <leader_epoch>";
    STARTED, "up to 4.0, old coordinator" =>
        "Scheduling loading of offsets and group metadata from __consumer_offsets-<partition>",
        "Already loading offsets and group metadata from __consumer_offsets-<partition>",
        "Elected as the group coordinator for partition <partition>";
    STARTED, "3.7 and later" => "The coordinator __consumer_offsets-<partition> is already loading metadata";
    FINISHED, "3.7 and later" =>
        "Finished loading of metadata from __consumer_offsets-<partition> with epoch <leader_epoch>",
        "The coordinator __consumer_offsets-<partition> is already active";
    FINISHED, "up to 4.0, old coordinator" =>
        "Finished loading offsets and group metadata from __consumer_offsets-<partition> in",
        "Finished loading offsets from __consumer_offsets-<partition>";
    GROUP_LOADED, "3.7 and later" =>
        "Loaded classic group <group> with",
        "Loaded consumer group <group> with",
        "Loaded share group <group> with",
        "Loaded streams group <group> with";
    GROUP_LOADED, "up to 4.0, old coordinator" =>
        "Loading group metadata for <group> with generation <generation>",
        "Loaded member <_> in group <group> with generation <generation>";
    UNKNOWN_TYPE, "3.4.1 and later" =>
        "Unknown record type <number> while loading offsets and group metadata from __consumer_offsets-<partition>",
        "Unknown message key with version <number> while loading offsets and group metadata from __consumer_offsets-<partition>";
    UNLOADED, "3.7 and later" =>
        "Scheduling unloading of metadata for __consumer_offsets-<partition>",
        "Started unloading metadata for __consumer_offsets-<partition>",
        "Finished unloading metadata for __consumer_offsets-<partition>",
        "Failed to unload metadata for __consumer_offsets-<partition>",
        "Failed to unload coordinator for __consumer_offsets-<partition>",
        "Ignored unloading metadata for __consumer_offsets-<partition>",
        "Ignored loading metadata from __consumer_offsets-<partition> since",
        "Ignoring loading metadata from __consumer_offsets-<partition> since",
        "Ignoring unloading metadata for __consumer_offsets-<partition>",
        "[GroupId=<group>] Unloaded group metadata for group epoch <epoch>",
        "[GroupId=<group>] Unloading group metadata for generation <generation>";
    UNLOADED, "up to 4.0, old coordinator" =>
        "Scheduling unloading of offsets and group metadata from __consumer_offsets-<partition>",
        "Finished unloading __consumer_offsets-<partition>",
        "Unloading group metadata for <group> with generation <generation>",
        "Resigned as the group coordinator for partition <partition>",
        "is no longer a coordinator for the group <group>",
        "Group <group> has moved away from <_> after transaction marker was written",
        "Not loading offsets and group metadata for __consumer_offsets-<partition>",
        "Not removing offsets and group metadata for __consumer_offsets-<partition>";
    NO_LOG, "up to 4.0, old coordinator" =>
        "Attempted to load offsets and group metadata from __consumer_offsets-<partition>, but found no log";
    LARGE_BUFFER, "every release" =>
        "Loaded metadata from __consumer_offsets-<partition> with buffer larger",
        "Loaded offsets and group metadata from __consumer_offsets-<partition> with buffer larger";
    OUT_OF_SYNC, "4.0 and later" =>
        "The state machine of the coordinator __consumer_offsets-<partition> is out of sync";
    WRITE_FAILED, "3.7 and later" =>
        "Writing records to __consumer_offsets-<partition> failed due to",
        "Failed to write records to __consumer_offsets-<partition> due to",
        "Failed to write the transaction marker to __consumer_offsets-<partition>",
        "record(s) to __consumer_offsets-<partition> because it is larger than the maximum batch size",
        "Replaying record <_> to __consumer_offsets-<partition> failed due to",
        "Cannot load coordinator __consumer_offsets-<partition> in state";
    WRITE_FAILED, "up to 4.0, old coordinator" =>
        "Appending metadata message for group <group> generation <generation> failed due to",
        "Failed to persist metadata for group <group>",
        "Failed to write empty metadata for group <group>:";
    ASSIGNMENT_EPOCHS, "4.3 and later" => "Size of assignment epochs <number> is not equal to partitions";
    HEAP, "3.7 to 4.1" =>
        "java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread \"group-coordinator",
        "Uncaught exception in scheduled task 'load-group-offsets-__consumer_offsets-<partition>'",
        "Uncaught exception in scheduled task 'Load coordinator from __consumer_offsets-<partition>'";
    LEADERSHIP, "every release" =>
        "Removed fetcher for partitions Set(<_>__consumer_offsets-",
        "Removed fetcher for partitions HashSet(<_>__consumer_offsets-",
        "Removed fetcher for partitions List(<_>__consumer_offsets-",
        "Added fetcher to broker <_> for partitions <_>__consumer_offsets-",
        "[Broker id=<number>] Leader __consumer_offsets-<partition>",
        "[Broker id=<number>] Follower __consumer_offsets-<partition>",
        "[Partition __consumer_offsets-<partition> broker=<number>] ISR updated",
        "[Partition __consumer_offsets-<partition> broker=<number>] Shrinking ISR",
        "[Partition __consumer_offsets-<partition> broker=<number>] Log loaded for partition";
}
