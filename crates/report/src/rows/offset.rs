//! A row of the `offsets` table.

use lastwrites_types::Uuid;

use crate::model::{GroupReport, OffsetReport, Report};

/// One topic partition of a group that has a committed or a pending offset at the end of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OffsetRow<'a> {
    /// Group id.
    pub group_id: &'a [u8],
    /// `__consumer_offsets` partition the group was found in; null when a lone segment file does not tell.
    pub found_in: Option<i32>,
    /// Topic name.
    pub topic: &'a [u8],
    /// Topic id stored with the commit (4.1 and later); null elsewhere.
    pub topic_id: Option<Uuid>,
    /// Partition of that topic.
    pub topic_partition: i32,
    /// The committed offset; null where only pending commits exist.
    pub committed_offset: Option<i64>,
    /// Leader epoch of the commit; null where Kafka stores -1 or nothing is committed.
    pub leader_epoch: Option<i32>,
    /// The commit's metadata text, often empty; null where nothing is committed.
    pub metadata: Option<&'a [u8]>,
    /// When the broker took the commit, in milliseconds since the epoch; null where nothing is committed.
    pub committed_at_ms: Option<i64>,
    /// How this is known, such as `intact`.
    pub trust: &'a str,
    /// Doubts and circumstances, with a space between them; empty without any.
    pub flags: String,
    /// Commits in transactions that the log never closes.
    pub pending: u64,
    /// Records after the commit that were there for certain; null where no copied disk tells.
    pub lag_at_least: Option<i64>,
    /// Records after the commit in the copied log; null where that log was not copied or lacks its end.
    pub lag_at_most: Option<i64>,
    /// The copy the record was read from: the partition directory as given; null where nothing is committed.
    pub copy: Option<&'a str>,
    /// File name inside that directory; null where nothing is committed.
    pub file: Option<&'a [u8]>,
    /// Byte in the file where the record's batch starts; null where nothing is committed.
    pub position: Option<u64>,
    /// Offset of the record in the offsets partition; null where nothing is committed.
    pub record_offset: Option<i64>,
}

impl<'a> OffsetRow<'a> {
    /// The rows of a group of this report, in its order.
    pub fn of(report: &'a Report, group: &'a GroupReport) -> impl Iterator<Item = Self> + 'a {
        group.offsets.iter().map(move |offset| Self::new(report, group, offset))
    }

    fn new(report: &'a Report, group: &'a GroupReport, offset: &'a OffsetReport) -> Self {
        let record = offset.record.as_ref();
        let copy = record.and_then(|record| report.copies.get(record.copy));
        Self {
            group_id: group.group_id.as_bytes(),
            found_in: group.found_in,
            topic: offset.topic.as_bytes(),
            topic_id: offset.topic_id,
            topic_partition: offset.partition,
            committed_offset: offset.offset,
            leader_epoch: offset.leader_epoch,
            metadata: offset.metadata.as_ref().map(|text| text.as_bytes()),
            committed_at_ms: offset.committed_at_ms,
            trust: offset.trust.as_str(),
            flags: offset.flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(" "),
            pending: offset.pending.len() as u64,
            lag_at_least: offset.lag_at_least,
            lag_at_most: offset.lag_at_most,
            copy: copy.map(|copy| copy.path.as_str()),
            file: record.map(|record| record.file.as_bytes()),
            position: record.map(|record| record.position),
            record_offset: record.map(|record| record.offset),
        }
    }
}
