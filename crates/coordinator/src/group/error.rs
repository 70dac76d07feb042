//! Why a record could not be replayed, in the words of the release that refused it.

use lastwrites_types::{Uuid, java_text};
use thiserror::Error;

use super::ModernKind;
use super::shared::Name;

/// A group object that a record of another type met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// One that only holds offsets (`ClassicGroup.isSimpleGroup`).
    Offsets,
    /// A classic group of members or of a protocol type.
    Classic,
    /// A consumer, share or streams group.
    Modern(ModernKind),
}

/// The exception a replay method throws. `Display` is the exception's message, exactly.
///
/// Variants carry what a reader needs to find both sides of a conflict.
#[derive(Error, Clone, PartialEq, Eq, Debug)]
pub enum ReplayError {
    /// A record of one group type met a group object of another.
    #[error("Group {} is not a {kind} group{}", java_text(.group), if *.full_stop { "." } else { "" })]
    WrongType {
        /// Group id.
        group: Name,
        /// Type the record belongs to.
        kind: ModernKind,
        /// What stood there.
        found: Standing,
        /// Some releases end the sentence.
        full_stop: bool,
    },
    /// A record that needs its group found none (KAFKA-17306, KAFKA-19453).
    #[error("{} group {} not found.", .kind.capitalized(), java_text(.group))]
    GroupNotFound {
        /// Group id.
        group: Name,
        /// Type the record belongs to.
        kind: ModernKind,
    },
    /// A record that needs its member found none (KAFKA-17306).
    #[error("Member {} is not a member of group {}.", java_text(.member), java_text(.group))]
    UnknownMember {
        /// Group id.
        group: Name,
        /// Member id.
        member: Name,
    },
    /// A group tombstone came while members were left (KAFKA-21102).
    #[error("Received a tombstone record to delete group {} but the group still has {members} members.", java_text(.group))]
    GroupHasMembers {
        /// Group id.
        group: Name,
        /// Members left.
        members: usize,
    },
    /// A group tombstone came while target assignments were left (KAFKA-21102).
    #[error("Received a tombstone record to delete group {} but the target assignment still has {members} members.", java_text(.group))]
    GroupHasTargets {
        /// Group id.
        group: Name,
        /// Target assignments left.
        members: usize,
    },
    /// A group tombstone came without the target epoch's one before it (KAFKA-21102).
    #[error("Received a tombstone record to delete group {} but {}", java_text(.group), .kind.no_target_epoch_tombstone())]
    GroupHasTargetEpoch {
        /// Group id.
        group: Name,
        /// Type of the group.
        kind: ModernKind,
    },
    /// A target epoch tombstone came while target assignments were left (KAFKA-21102).
    #[error("Received a tombstone record to delete target assignment of {} but the assignment still has {members} members.", java_text(.group))]
    TargetHasMembers {
        /// Group id.
        group: Name,
        /// Target assignments left.
        members: usize,
    },
    /// A member tombstone came without the current assignment's one before it (KAFKA-21102).
    #[error("Received a tombstone record to delete member {} {}", java_text(.member), .kind.member_not_left())]
    MemberNotLeft {
        /// Member id.
        member: Name,
        /// Type of the group.
        kind: ModernKind,
    },
    /// A member tombstone came while the member was in the target assignment (KAFKA-21102).
    #[error("Received a tombstone record to delete member {} {}", java_text(.member), .kind.member_in_target())]
    MemberInTarget {
        /// Member id.
        member: Name,
        /// Type of the group.
        kind: ModernKind,
    },
    /// Two members claim one partition (KAFKA-19862).
    #[error(
        "Cannot set the epoch of {topic_id}-{partition} to {epoch} because the partition is still owned at epoch {owner_epoch}"
    )]
    PartitionOwned {
        /// Topic of the contested partition.
        topic_id: Uuid,
        /// The contested partition.
        partition: i32,
        /// Epoch of the member the record is about.
        epoch: i32,
        /// Epoch of the present owner.
        owner_epoch: i32,
    },
    /// A member gives up a partition that another owns (KAFKA-19862).
    #[error(
        "Cannot remove the epoch {epoch} from {topic_id}-{partition} because the partition is still owned at a different epoch {owner_epoch}"
    )]
    PartitionOwnedByAnother {
        /// Topic of the contested partition.
        topic_id: Uuid,
        /// The contested partition.
        partition: i32,
        /// Epoch of the member the record is about.
        epoch: i32,
        /// Epoch of the present owner.
        owner_epoch: i32,
    },
    /// A member gives up a partition of a topic nobody owns (KAFKA-19862).
    #[error("Cannot remove the epoch {epoch} from {topic_id} because it does not have any epoch")]
    TopicUnowned {
        /// The topic.
        topic_id: Uuid,
        /// Epoch of the member the record is about.
        epoch: i32,
    },
    /// Two processes claim one active task (KAFKA-19862 for streams).
    #[error("Cannot set the process ID of {}-{partition} to {} because the partition is still owned by process ID {}", java_text(.subtopology), java_text(.process), java_text(.owner))]
    TaskOwned {
        /// Subtopology of the contested task.
        subtopology: Name,
        /// Partition of the contested task.
        partition: i32,
        /// Process of the member the record is about.
        process: Name,
        /// Process of the present owner.
        owner: Name,
    },
    /// A member gives up an active task that another process owns, or nobody (`null`).
    #[error("Cannot remove the process ID {} from task {}_{partition} because the partition is still owned at a different process ID {}", or_null(.process), java_text(.subtopology), or_null(.owner))]
    TaskOwnedByAnother {
        /// Subtopology of the task.
        subtopology: Name,
        /// Partition of the task.
        partition: i32,
        /// Process of the member the record is about.
        process: Option<Name>,
        /// Process of the present owner.
        owner: Option<Name>,
    },
    /// A member gives up active tasks of a subtopology nobody owns.
    #[error("Cannot remove the process ID {} from {} because it does not have any processId", or_null(.process), java_text(.subtopology))]
    SubtopologyUnowned {
        /// The subtopology.
        subtopology: Name,
        /// Process of the member the record is about.
        process: Option<Name>,
    },
    /// A member gives up a standby or warm-up task it does not have.
    #[error("Cannot remove the process ID {} from task {}_{partition} because the task is not owned by this process ID", or_null(.process), java_text(.subtopology))]
    TaskNotOwned {
        /// Subtopology of the task.
        subtopology: Name,
        /// Partition of the task.
        partition: i32,
        /// Process of the member the record is about.
        process: Option<Name>,
    },
    /// A member gives up standby or warm-up tasks of a subtopology nobody has.
    #[error("Cannot remove the process ID {} from {} because it does not have any process ID", or_null(.process), java_text(.subtopology))]
    SubtopologyNotOwned {
        /// The subtopology.
        subtopology: Name,
        /// Process of the member the record is about.
        process: Option<Name>,
    },
    /// Two members of one classic group have one instance id.
    #[error("Static member with groupInstanceId={} cannot be added to group {} since it is already a member{}", java_text(.instance), java_text(.group), if *.full_stop { "." } else { "" })]
    StaticMemberTwice {
        /// Group id.
        group: Name,
        /// `group.instance.id`.
        instance: Name,
        /// The new coordinator ends the sentence.
        full_stop: bool,
    },
    /// A map was built from a list that names one key twice (`Collectors.toMap`).
    #[error("Duplicate key {key} (attempted merging values {first} and {second})")]
    DuplicateKey {
        /// The key, as Java prints it.
        key: String,
        /// Value of its first entry.
        first: String,
        /// Value of the entry that could not be merged.
        second: String,
    },
    /// Any other exception text.
    #[error("{0}")]
    Other(String),
}

/// `null` in Java's string concatenation.
fn or_null(name: &Option<Name>) -> std::borrow::Cow<'_, str> {
    name.as_ref().map_or("null".into(), |name| java_text(name))
}
