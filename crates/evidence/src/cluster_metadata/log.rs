//! Applies one file of the metadata log or one snapshot to an image.

use std::path::Path;

use lastwrites_records::messages::metadata::{MetadataRecord, decode_value};
use lastwrites_records::messages::quorum::decode_leader_change;
use lastwrites_segment::{
    ControlRecord, ControlType, Framed, Framer, Gap, Inflater, LeaderEpochs, RawBatch, ReadMode, open,
};
use lastwrites_types::ByteRange;

use super::image::ClusterImage;

/// Control record types of KRaft (`ControlRecordType`).
const LEADER_CHANGE: i16 = 2;
const SNAPSHOT_HEADER: i16 = 3;
const SNAPSHOT_FOOTER: i16 = 4;

/// An image on its way through a log.
#[derive(Debug, Clone, Default)]
pub(super) struct Replay {
    /// What counts so far.
    pub(super) image: ClusterImage,
    /// Offset of the next record of the log.
    pub(super) next_offset: i64,
    /// Offset after the last record that counts: short of `next_offset` inside a transaction.
    pub(super) settled_to: i64,
    /// Timestamp of the last batch that counts.
    pub(super) timestamp_ms: Option<i64>,
    /// Leader epochs of the snapshot and of the batches read.
    pub(super) epochs: LeaderEpochs,
    /// Epoch of the last election read.
    pub(super) elected: Option<i32>,
    /// Controllers that vote, by the last election read.
    pub(super) voters: Option<Vec<i32>>,
    /// Records of the transaction that is open (KIP-868).
    open: Option<Vec<(MetadataRecord, Option<i64>)>>,
    /// Records of known types in versions that aren't known: passed over.
    pub(super) passed_over: u64,
}

/// Why the log's reading ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The next batch is of a later moment than asked for: this one, ms since 1970.
    LaterThanAsked(i64),
    /// Something can't be read or is missing; the text is for a person.
    Damaged(String),
}

/// What a snapshot's own control records say.
#[derive(Default)]
struct SnapshotFrame {
    last_timestamp_ms: Option<i64>,
    finished: bool,
}

impl Replay {
    /// Reads a snapshot whole; `None` when it is damaged, unfinished or of a later moment.
    pub(super) fn of_snapshot(
        path: &Path,
        end_offset: i64,
        epoch: i32,
        as_of_ms: Option<i64>,
        read: ReadMode,
    ) -> Option<Self> {
        let mut replay = Self { next_offset: end_offset, settled_to: end_offset, ..Self::default() };
        // A snapshot is made of many batches.
        (0..2).for_each(|_| replay.epochs.batch(epoch, end_offset));
        let mut frame = SnapshotFrame::default();
        let mut sound = true;
        let gap = each_batch(path, read, |batch, inflater| {
            let records = records_of(batch, inflater).map(|(records, control)| {
                for (kind, value) in control {
                    frame.take(kind, &value);
                }
                records
            });
            match records {
                Ok(records) => records.into_iter().for_each(|record| replay.take(record, None)),
                Err(_) => sound = false,
            }
            sound
        })
        .ok()?;
        let later = matches!((frame.last_timestamp_ms, as_of_ms), (Some(last), Some(asked)) if last > asked);
        replay.timestamp_ms = frame.last_timestamp_ms;
        // A snapshot numbers its own records from 0, so the log's offsets don't show what a gap took.
        (sound && gap.is_none() && frame.finished && !later).then_some(replay)
    }

    /// Applies the batches of one segment that come next.
    pub(super) fn segment(&mut self, path: &Path, as_of_ms: Option<i64>, read: ReadMode) -> Result<(), Stop> {
        let mut stop = None;
        let gap = each_batch(path, read, |batch, inflater| {
            stop = self.batch(batch, inflater, as_of_ms).err();
            stop.is_none()
        })
        .map_err(Stop::Damaged)?;
        match (stop, gap) {
            (Some(stop), _) => Err(stop),
            // Damage in the middle took nothing that counts when the next batch followed on.
            (None, Some(gap)) if gap.at_the_end => Err(Stop::Damaged(format!(
                "behind offset {} lie {}",
                self.next_offset.saturating_sub(1),
                gap.last
            ))),
            (None, _) => Ok(()),
        }
    }

    fn batch(
        &mut self,
        batch: &RawBatch<'_>,
        inflater: &mut Inflater,
        as_of_ms: Option<i64>,
    ) -> Result<(), Stop> {
        let header = &batch.header;
        if header.next_offset() <= self.next_offset {
            return Ok(());
        }
        // The metadata log isn't compacted: nothing may be missing between two batches, and what is may be of a moment
        // that counts.
        if header.base_offset > self.next_offset {
            return Err(Stop::Damaged(format!(
                "offsets {} to {} are missing or can't be read",
                self.next_offset,
                header.base_offset - 1
            )));
        }
        if as_of_ms.is_some_and(|asked| header.max_timestamp > asked) {
            return Err(Stop::LaterThanAsked(header.max_timestamp));
        }
        let (records, control) = records_of(batch, inflater)
            .map_err(|what| Stop::Damaged(format!("the batch at offset {}: {what}", header.base_offset)))?;
        let epoch = header.partition_leader_epoch;
        for (_, value) in control.iter().filter(|(kind, _)| *kind == LEADER_CHANGE) {
            self.elected = Some(epoch);
            if let Ok(Some(change)) = decode_leader_change(value) {
                self.voters = Some(change.voters.into_iter().map(|voter| voter.voter_id).collect());
            }
        }
        self.epochs.batch(epoch, header.base_offset);
        for record in records {
            self.take(record, Some(header.max_timestamp));
        }
        self.next_offset = header.next_offset();
        if self.open.is_none() {
            self.settled_to = self.next_offset;
            self.timestamp_ms = Some(header.max_timestamp);
        }
        Ok(())
    }

    fn take(&mut self, record: MetadataRecord, at_ms: Option<i64>) {
        if matches!(record, MetadataRecord::UnknownVersion { .. }) {
            self.passed_over += 1;
        }
        match (record, &mut self.open) {
            (MetadataRecord::BeginTransaction, open @ None) => *open = Some(Vec::new()),
            (MetadataRecord::AbortTransaction, open) => *open = None,
            (MetadataRecord::EndTransaction, open) => {
                for (record, at_ms) in open.take().into_iter().flatten() {
                    self.image.apply(record, at_ms);
                }
            }
            (record, Some(waiting)) => waiting.push((record, at_ms)),
            (record, None) => self.image.apply(record, at_ms),
        }
    }
}

impl SnapshotFrame {
    /// `SnapshotHeaderRecord` is a version (int16) and the last contained log timestamp (int64).
    fn take(&mut self, kind: i16, value: &[u8]) {
        match kind {
            SNAPSHOT_HEADER => {
                let stored = value.get(2..).and_then(<[u8]>::first_chunk);
                self.last_timestamp_ms = stored.map(|bytes| i64::from_be_bytes(*bytes));
            }
            SNAPSHOT_FOOTER => self.finished = true,
            _ => {}
        }
    }
}

/// Damage between or behind the batches of a file.
struct Damage {
    /// The last of it.
    last: Gap,
    /// True when no batch follows.
    at_the_end: bool,
}

/// Shows the batches of a file until `visit` says stop; answers with the damage met, zero fill not counted.
fn each_batch(
    path: &Path,
    read: ReadMode,
    mut visit: impl FnMut(&RawBatch<'_>, &mut Inflater) -> bool,
) -> Result<Option<Damage>, String> {
    let source = open(path, read).map_err(|error| error.to_string())?;
    let (mut scratch, mut inflater) = (Vec::new(), Inflater::default());
    let mut framer = Framer::new(source.as_ref(), ByteRange::new(0, source.len()), &mut scratch);
    let mut damage: Option<Damage> = None;
    while let Some(item) = framer.next().map_err(|error| error.to_string())? {
        match item {
            Framed::Batch(batch) => {
                if let Some(damage) = &mut damage {
                    damage.at_the_end = false;
                }
                if !visit(&batch, &mut inflater) {
                    break;
                }
            }
            Framed::Gap(gap) if gap.is_empty_space() => {}
            Framed::Gap(last) => damage = Some(Damage { last, at_the_end: true }),
        }
    }
    Ok(damage)
}

/// Control records: type and value.
type Control = Vec<(i16, Vec<u8>)>;

/// A batch's records; all or nothing, as a broker stops at the first one it can't read.
fn records_of(
    batch: &RawBatch<'_>,
    inflater: &mut Inflater,
) -> Result<(Vec<MetadataRecord>, Control), String> {
    if !batch.crc_ok() {
        return Err("its checksum is wrong".to_owned());
    }
    let (mut found, mut control) = (Vec::new(), Vec::new());
    let is_control = batch.header.is_control();
    let mut records = batch.records(inflater).map_err(|error| error.to_string())?;
    while let Some(record) = records.next().map_err(|error| error.to_string())? {
        let value = record.value.unwrap_or_default();
        if !is_control {
            found.push(decode_value(value).map_err(|error| format!("offset {}: {error}", record.offset))?);
        } else if let Ok(ControlRecord { kind: ControlType::Other(kind), .. }) =
            ControlRecord::parse(record.key, record.value)
        {
            control.push((kind, value.to_vec()));
        }
    }
    Ok((found, control))
}
