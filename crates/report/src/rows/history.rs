//! A row of `history`.

use lastwrites_types::Flags;

use crate::model::AssignmentReport;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident => $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// Every word.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

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
        /// An offset was written in a transaction that is still open here; told again, flagged `in-doubt`, where damage
        /// makes it unknown how the transaction ended.
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
        /// A record that the release skips or can't read; with the reasons `damage` or `missing-file` all the records of a stretch
        /// of log that is lost.
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
        /// The log is damaged behind the commit: the marker of its transaction may be lost.
        MarkerMayBeLost => "marker-may-be-lost",
        /// A batch with a wrong checksum says so, or stands between a commit and its marker.
        WrongChecksum => "wrong-checksum",
        /// Records that damage took; not an event of one group.
        Damage => "damage",
        /// Records of a file that is missing, and that no cleaner took; not an event of one group.
        MissingFile => "missing-file",
        /// The first event of its partition, group or member behind lost records: what stood there before may be another, so the
        /// step, a rewind, or who came and went may not be what happened.
        BehindDamage => "behind-damage",
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
    /// The copy it was read from: the partition directory as given.
    pub copy: &'a str,
    /// `__consumer_offsets` partition the record lies in; null when a lone segment file does not tell.
    pub partition: Option<i32>,
    /// The record's offset in that partition; of a settled or aborted commit the marker's, of one in doubt
    /// that of the damage.
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
    /// Of a settled, aborted or doubtful commit: offset of the record that wrote it.
    pub record_offset: Option<i64>,
    /// Of lost records: the last offset that is lost; null where the log ends in them, or no offset is missing.
    pub last_lost_offset: Option<i64>,
    /// Member the event is about.
    pub member_id: Option<&'a [u8]>,
    /// Its `group.instance.id`.
    pub group_instance_id: Option<&'a [u8]>,
    /// The member id that a static member had before.
    pub replaced_member_id: Option<&'a [u8]>,
    /// `client.id` of a member that joined or told something new about itself.
    pub client_id: Option<&'a [u8]>,
    /// Address it connected from, as `/10.0.0.7`.
    pub client_host: Option<&'a [u8]>,
    /// Its rebalance timeout (`max.poll.interval.ms` of a Java consumer), ms; null where no record tells.
    pub rebalance_timeout_ms: Option<i32>,
    /// Its `session.timeout.ms`; null where it is a setting of the group's, which no record holds.
    pub session_timeout_ms: Option<i32>,
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

impl HistoryRow<'_> {
    /// [`Self::assignment`] as `history --json` has it.
    #[must_use]
    pub fn assignment_json(&self) -> Option<String> {
        // Plain values always serialize.
        serde_json::to_string(self.assignment?).ok()
    }
}
