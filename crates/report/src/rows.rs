//! Rows of the tables: one plain struct per table, borrowed from whatever a pass holds at the moment.
//!
//! A pass hands rows to a sink one at a time, so a table of any length takes no memory here. Text is raw
//! bytes as stored; how each output spells it is the sink's business. "null" is what a reader of the table
//! sees where a field is `None`.

use lastwrites_types::{Flags, Uuid};

use crate::model::{AssignmentReport, GroupReport};

/// What became of a commit, as far as the log tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Written plainly, or in a transaction whose marker is COMMIT.
    Committed,
    /// Written in a transaction whose marker is ABORT.
    Aborted,
    /// Written in a transaction that the log never closes.
    Open,
    /// A tombstone: the offset was deleted.
    Tombstone,
}

/// One offset-commit record of the log (key type 0 or 1), a tombstone included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitRow<'a> {
    /// `__consumer_offsets` partition the record lies in; null when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The record's offset in that partition.
    pub record_offset: i64,
    /// Base offset of its batch.
    pub batch_base_offset: i64,
    /// File name inside the partition directory.
    pub file: &'a [u8],
    /// Byte in the file where the batch starts.
    pub position: u64,
    /// The record's timestamp in milliseconds since the epoch; negative where the batch has none.
    pub timestamp_ms: i64,
    /// Group id.
    pub group_id: &'a [u8],
    /// Topic name.
    pub topic: &'a [u8],
    /// Partition of that topic.
    pub topic_partition: i32,
    /// The committed offset; null for a tombstone.
    pub committed_offset: Option<i64>,
    /// Leader epoch of the commit; null for a tombstone and where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The commit's metadata text, often empty; null for a tombstone.
    pub metadata: Option<&'a [u8]>,
    /// The commit's own timestamp in milliseconds since the epoch; null for a tombstone.
    pub commit_timestamp_ms: Option<i64>,
    /// When the offset expires (value version 1 only), in milliseconds since the epoch; null elsewhere and
    /// where Kafka stores -1.
    pub expire_timestamp_ms: Option<i64>,
    /// Topic id of the commit (value version 4); null elsewhere.
    pub topic_id: Option<Uuid>,
    /// Producer id of the batch; null where Kafka stores -1.
    pub producer_id: Option<i64>,
    /// True when the batch belongs to a transaction.
    pub transactional: bool,
    /// What became of it.
    pub outcome: Outcome,
}

/// One group at the end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupRow<'a> {
    /// Group id.
    pub group_id: &'a [u8],
    /// `classic`, `consumer`, `share`, `streams`, or `none` for offsets without a group.
    pub group_type: &'a str,
    /// State a broker that just loaded the log computes; null for `none`.
    pub state: Option<&'a str>,
    /// `__consumer_offsets` partition the records were found in; null when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// `__consumer_offsets` partition the id hashes to; null where that can't be told.
    pub maps_to: Option<i32>,
    /// Protocol type of a classic group; null elsewhere.
    pub protocol_type: Option<&'a [u8]>,
    /// Chosen protocol of a classic group; null elsewhere.
    pub protocol: Option<&'a [u8]>,
    /// Generation of a classic group; null elsewhere.
    pub generation: Option<i32>,
    /// Group epoch of a consumer, share or streams group; null elsewhere.
    pub group_epoch: Option<i32>,
    /// Members in the records.
    pub members: u64,
    /// Topic partitions with a committed offset.
    pub offsets: u64,
    /// Newest commit timestamp of these offsets in milliseconds since the epoch; null without any.
    pub last_commit_ms: Option<i64>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident => $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// The word in every output.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// What one record did; a closed list (the machine-output contract).
    HistoryEvent {
        /// An offset was committed plainly.
        Commit => "commit",
        /// An offset was written in a transaction that is still open here.
        CommitPending => "commit-pending",
        /// The marker of its transaction is COMMIT.
        CommitSettled => "commit-settled",
        /// The marker of its transaction is ABORT.
        CommitAborted => "commit-aborted",
        /// A tombstone deleted a committed offset.
        OffsetDeleted => "offset-deleted",
        /// The first record of a group that was not there.
        GroupCreated => "group-created",
        /// The group's generation, epoch, protocol or subscription.
        GroupChanged => "group-changed",
        /// The group's tombstone.
        GroupDeleted => "group-deleted",
        /// A member id that was not there.
        MemberJoined => "member-joined",
        /// A member's metadata, epoch or state.
        MemberChanged => "member-changed",
        /// A member id that is there no more.
        MemberLeft => "member-left",
        /// A static member came back under a new member id (KIP-345).
        MemberReplaced => "member-replaced",
        /// A member's current or target assignment.
        AssignmentChanged => "assignment-changed",
        /// The group became one of another type, as in an upgrade or downgrade of the rebalance protocol.
        TypeChanged => "type-changed",
        /// A streams group's topology.
        TopologyChanged => "topology-changed",
        /// A record that the release skips or can't read.
        UnknownRecord => "unknown-record",
    }
}

words! {
    /// More about an event, as far as the log tells.
    Reason {
        /// The offset went back.
        Rewind => "rewind",
        /// The offset went forward by ten times its largest step so far, and by 1,000 at least.
        Jump => "jump",
        /// Committed while the group, which had members before, had none: by an admin's tool, or by a consumer that
        /// assigns its partitions itself.
        Reset => "reset",
        /// The same offset with another metadata text.
        MetadataChanged => "metadata-changed",
        /// A settled commit that never counts: a later write of its key stands, or deleted it.
        Superseded => "superseded",
        /// The group's own tombstone stands in the same batch.
        WithGroup => "group-deleted",
        /// The topic no longer exists by the cluster's metadata.
        TopicDeleted => "topic-deleted",
        /// Older than the retention asked about.
        Retention => "retention",
        /// Its own expiry (value version 1) had passed.
        ExpireTime => "expire-time",
        /// Nothing was committed there, as far as this log still shows.
        NothingThere => "nothing-there",
        /// A static member is away for now (member epoch -2).
        StaticMemberAway => "static-member-away",
        /// The target assignment, which the member has yet to take up.
        TargetAssignment => "target-assignment",
        /// The topics a group is subscribed to.
        SubscriptionMetadata => "subscription-metadata",
        /// Topics that a regular expression resolved to.
        RegularExpression => "regular-expression",
        /// A share group's initialised partitions.
        SharePartitions => "share-partitions",
        /// The chosen release's loader refuses the record; nothing changed.
        Refused => "refused",
    }
}

/// One event of the log: what a record did, in log order within a partition.
#[derive(Clone, Debug)]
pub struct HistoryRow<'a> {
    /// `__consumer_offsets` partition the record lies in; null when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The record's offset in that partition; of a settled or aborted commit the marker's.
    pub offset: i64,
    /// File name inside the partition directory.
    pub file: &'a [u8],
    /// Byte in the file where the batch starts.
    pub position: u64,
    /// The record's timestamp in milliseconds since the epoch; negative where the batch has none.
    pub timestamp_ms: i64,
    /// Whether the batch's checksum is right.
    pub crc_ok: bool,
    /// Group id; null for a record whose key does not tell.
    pub group_id: Option<&'a [u8]>,
    /// What happened.
    pub event: HistoryEvent,
    /// Topic of an offset; null for group events.
    pub topic: Option<&'a [u8]>,
    /// Partition of that topic; null for group events.
    pub topic_partition: Option<i32>,
    /// The committed offset; null for deletions and group events.
    pub committed_offset: Option<i64>,
    /// Leader epoch of the commit; null where Kafka stores -1.
    pub leader_epoch: Option<i32>,
    /// The commit's metadata text, often empty; null for deletions and group events.
    pub metadata: Option<&'a [u8]>,
    /// Producer id of the batch; null where Kafka stores -1.
    pub producer_id: Option<i64>,
    /// Doubts and circumstances.
    pub flags: Flags,
    /// More about the event.
    pub reasons: &'a [Reason],
    /// The offset that was committed there before; null where none was.
    pub previous_offset: Option<i64>,
    /// Of a settled or aborted commit: offset of the record that wrote it.
    pub record_offset: Option<i64>,
    /// Member the event is about.
    pub member_id: Option<&'a [u8]>,
    /// Its `group.instance.id`.
    pub group_instance_id: Option<&'a [u8]>,
    /// The member id that a static member had before.
    pub replaced_member_id: Option<&'a [u8]>,
    /// `classic`, `consumer`, `share`, `streams`.
    pub group_type: Option<&'static str>,
    /// Generation of a classic group, group epoch of another.
    pub epoch: Option<i32>,
    /// Member epoch.
    pub member_epoch: Option<i32>,
    /// What the member holds from here on, or is to hold.
    pub assignment: Option<&'a [AssignmentReport]>,
    /// Anything else worth a word: a protocol, an exception.
    pub detail: Option<&'a str>,
}

impl Outcome {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Open => "open",
            Self::Tombstone => "tombstone",
        }
    }
}

impl<'a> From<&'a GroupReport> for GroupRow<'a> {
    fn from(group: &'a GroupReport) -> Self {
        let committed = || group.offsets.iter().filter(|offset| offset.offset.is_some());
        Self {
            group_id: group.group_id.as_bytes(),
            group_type: group.group_type,
            state: group.state,
            found_in: group.found_in,
            maps_to: group.maps_to,
            protocol_type: group.protocol_type.as_ref().map(|text| text.as_bytes()),
            protocol: group.protocol.as_ref().map(|text| text.as_bytes()),
            generation: group.generation,
            group_epoch: group.group_epoch,
            members: group.members.len() as u64,
            offsets: committed().count() as u64,
            last_commit_ms: committed().filter_map(|offset| offset.committed_at_ms).max(),
        }
    }
}
