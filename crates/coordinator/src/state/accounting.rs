//! Bytes and offsets of a unit accounted for, whatever its records mean.

use lastwrites_segment::{Gap, Inflater, LeaderEpochs, RawBatch, ReadError, Record};
use lastwrites_types::ByteRange;

use crate::pass::{BatchContext, BatchEnd};
use crate::state::continuity::Continuity;
use crate::state::tally::{DamageKind, Tally};

/// Follows the batches of a unit.
#[derive(Default)]
pub(crate) struct Accounting {
    pub(crate) tally: Tally,
    pub(crate) continuity: Continuity,
    pub(crate) leader_epochs: LeaderEpochs,
    first_in_batch: Option<i64>,
    last_in_batch: Option<i64>,
}

/// What a batch came to.
pub(crate) struct AccountedBatch {
    /// First offset of the batch.
    pub(crate) base: i64,
    /// What Kafka's reader throws while it reads the records.
    pub(crate) fault: Option<ReadFault>,
}

/// What a broker's reader throws inside a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReadFault {
    /// The exception's message, `null` where it isn't known.
    pub(crate) text: String,
    /// Type of the last record that the batch gives before it breaks off; `None` without one.
    pub(crate) record_type: Option<i16>,
}

impl ReadFault {
    /// Reads a broken batch once more for what stands before the break.
    #[cold]
    pub(crate) fn in_batch(batch: &RawBatch<'_>, text: Option<String>) -> Self {
        let mut inflater = Inflater::default();
        let mut record_type = None;
        if !batch.header.is_control()
            && let Ok(mut records) = batch.records(&mut inflater)
        {
            while let Ok(Some(record)) = records.next() {
                let head = record.key.and_then(|key| key.first_chunk::<2>());
                record_type = head.map(|bytes| i16::from_be_bytes(*bytes));
            }
        }
        Self { text: text.unwrap_or_else(|| "null".to_owned()), record_type }
    }
}

impl Accounting {
    /// Sees a record; returns the offset of the first record of its batch.
    pub(crate) fn record(&mut self, record: &Record<'_>) -> i64 {
        self.last_in_batch = Some(record.offset);
        *self.first_in_batch.get_or_insert(record.offset)
    }

    /// Ends a batch.
    pub(crate) fn batch_end(
        &mut self,
        context: BatchContext<'_>,
        records: u64,
        end: BatchEnd<'_>,
    ) -> AccountedBatch {
        let header = &context.batch.header;
        let range =
            ByteRange::new(context.batch.position, context.batch.position + u64::from(header.size_bytes));
        // A compressed wrapper of magic 0 and 1 stores its last offset only; its first record knows the first.
        let first = self.first_in_batch.take();
        let base = if header.magic < 2 { first.unwrap_or(header.base_offset) } else { header.base_offset };
        let next = next_offset(context, base, self.last_in_batch.take());
        self.tally.batches += 1;
        self.tally.records += records;
        self.tally.wrong_checksums += u64::from(!context.crc_ok);
        self.tally.moved += u64::from(context.moved_from.is_some());
        let failed = match end {
            BatchEnd::Whole => None,
            BatchEnd::Unreadable(error) => Some((error.to_string(), error.kafka_text())),
            BatchEnd::Stopped(error) => Some((error.to_string(), error.kafka_text())),
        };
        let fault = match failed {
            Some((what, kafka_text)) => {
                self.tally.damaged(range, what, DamageKind::Unreadable);
                Some(ReadFault::in_batch(context.batch, kafka_text))
            }
            None => {
                self.tally.decoded_bytes += range.len();
                if !context.crc_ok {
                    let what = "the checksum is wrong; the records could be read all the same";
                    self.tally.damaged(range, what.to_owned(), DamageKind::WrongChecksum);
                }
                if let Some(stored) = context.moved_from {
                    let what = format!("base offset {stored} can't be right at this place: taken for {base}");
                    self.tally.damaged(range, what, DamageKind::Moved);
                }
                None
            }
        };
        if fault.is_some() || !context.is_sound() {
            self.continuity.damaged_batch(next);
        }
        let complete = i64::try_from(records).is_ok_and(|records| records >= next.saturating_sub(base));
        self.continuity.batch(base, next, complete);
        // Messages before magic 2 carry none.
        if header.magic >= 2 && context.is_sound() {
            self.leader_epochs.batch(header.partition_leader_epoch, base);
        }
        AccountedBatch { base, fault }
    }

    /// Sees bytes that hold no batch.
    pub(crate) fn gap(&mut self, gap: &Gap) {
        if gap.is_empty_space() {
            self.tally.empty_bytes += gap.range.len();
        } else {
            self.tally.damaged(gap.range, gap.cause.to_string(), DamageKind::Unreadable);
            self.continuity.damage();
        }
    }

    /// Sees bytes that could not be read.
    pub(crate) fn unreadable(&mut self, range: ByteRange, error: &ReadError) {
        self.tally.damaged(range, error.to_string(), DamageKind::Unreadable);
        self.continuity.damage();
    }
}

/// One past the batch's last offset. A header whose checksum is wrong doesn't tell: it could end a log anywhere.
fn next_offset(context: BatchContext<'_>, base: i64, last_read: Option<i64>) -> i64 {
    let told = context.batch.header.next_offset();
    if context.crc_ok {
        return told;
    }
    let read = last_read.map_or(base, |last| last.max(base));
    told.min(read.saturating_add(1)).max(base.saturating_add(1))
}
