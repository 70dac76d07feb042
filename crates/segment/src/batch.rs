//! A batch as stored: header and bytes, records still packed.

use lastwrites_types::ByteRange;

use crate::crc;
use crate::error::{BatchError, BatchErrorKind};
use crate::gap::GapCause;
use crate::header::{BatchHeader, Codec, RECORD_BATCH_OVERHEAD};
use crate::inflate::Inflater;
use crate::legacy::LegacyRecords;
use crate::records::{Packed, RecordsV2};
use crate::{Records, record::Record};

/// A complete batch, or an entry of an old message set (magic 0 and 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawBatch<'a> {
    /// Where it starts in its source.
    pub position: u64,
    /// Its header.
    pub header: BatchHeader,
    /// All its bytes, the header included: exactly `header.size_bytes`.
    pub bytes: &'a [u8],
}

impl<'a> RawBatch<'a> {
    /// Takes `bytes`, which start at `position` of their source, for one batch that fills them exactly.
    ///
    /// For batches that come without framing, such as those a gap's loader outcome names.
    ///
    /// # Errors
    /// They aren't a complete header whose length is theirs.
    pub fn from_bytes(position: u64, bytes: &'a [u8]) -> Result<Self, GapCause> {
        let have = bytes.len() as u64;
        match BatchHeader::read(bytes) {
            Some(header) if u64::from(header.size_bytes) == have => Ok(Self { position, header, bytes }),
            Some(header) => Err(GapCause::TornTail { need: u64::from(header.size_bytes), have }),
            None => Err(GapCause::TornHeader { have }),
        }
    }

    /// The bytes it covers.
    #[must_use]
    pub fn range(&self) -> ByteRange {
        ByteRange::new(self.position, self.position + self.bytes.len() as u64)
    }

    /// The checksum its bytes have; compare with `header.crc`.
    #[must_use]
    pub fn computed_crc(&self) -> u32 {
        crc::of_batch(self.header.magic, self.bytes)
    }

    /// True when the stored checksum is right. Costs a pass over the bytes.
    #[must_use]
    #[inline]
    pub fn crc_ok(&self) -> bool {
        self.computed_crc() == self.header.crc
    }

    /// Its records, inflated if need be into the buffer of `inflater`.
    ///
    /// # Errors
    /// Nothing in it can be read. A batch that is damaged further in gives the records before the damage and
    /// then a [`RecordError`](crate::RecordError).
    #[inline]
    pub fn records<'b>(&'b self, inflater: &'b mut Inflater) -> Result<Records<'b>, BatchError> {
        if self.header.magic >= 2 { self.records_v2(inflater) } else { LegacyRecords::of(self, inflater) }
    }

    #[inline]
    fn records_v2<'b>(&'b self, inflater: &'b mut Inflater) -> Result<Records<'b>, BatchError> {
        let packed = self.bytes.get(RECORD_BATCH_OVERHEAD as usize..).unwrap_or_default();
        let Ok(count) = u32::try_from(self.header.record_count) else {
            return Err(self.error(BatchErrorKind::NegativeCount { count: self.header.record_count }));
        };
        let packed = match self.header.codec() {
            Codec::None => Packed::plain(packed),
            // Kafka doesn't inflate an empty batch, and there is nothing to inflate in one.
            _ if count == 0 => Packed::plain(&[]),
            codec => self.inflate(codec, packed, inflater)?,
        };
        Ok(RecordsV2::new(self, count, packed).into())
    }

    pub(crate) fn inflate<'b>(
        &self,
        codec: Codec,
        packed: &[u8],
        inflater: &'b mut Inflater,
    ) -> Result<Packed<'b>, BatchError> {
        if let Codec::Unknown(id) = codec {
            return Err(self.error(BatchErrorKind::UnknownCodec { id }));
        }
        inflater
            .inflate(codec, self.header.magic, packed)
            .map_err(|error| self.error(BatchErrorKind::Inflate(error)))
    }

    pub(crate) fn error(&self, kind: BatchErrorKind) -> BatchError {
        BatchError { position: self.position, kind }
    }

    /// The `baseOffset` that kafka-dump-log prints: the header's, except for a compressed magic 0 or 1 wrapper,
    /// whose first offset is known only after inflating it (`None` where that fails).
    #[must_use]
    pub fn first_offset(&self, inflater: &mut Inflater) -> Option<i64> {
        if self.header.magic >= 2 || self.header.codec() == Codec::None {
            return Some(self.header.base_offset);
        }
        let mut records = self.records(inflater).ok()?;
        let first: Option<Record<'_>> = records.next().ok()?;
        first.map(|record| record.offset)
    }
}
