//! `<offset>.snapshot`: what a partition knew of its producers before an offset.

use nom::number::complete::{be_i16, be_i32, be_i64, be_u32};
use nom::{IResult, Parser};

use super::error::CompanionError;

/// Bytes before the part the CRC covers: version and CRC.
const CRC_COVERS_FROM: usize = 6;
/// Bytes before the entries: version, CRC, count.
const HEADER_BYTES: usize = 10;
/// Bytes of one entry.
const ENTRY_BYTES: usize = 46;

/// One producer (`ProducerStateManager`'s snapshot entry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerEntry {
    /// Producer id.
    pub producer_id: i64,
    /// Producer epoch.
    pub producer_epoch: i16,
    /// Last sequence number; -1 for none.
    pub last_sequence: i32,
    /// Last offset of the producer's last batch; -1 for none.
    pub last_offset: i64,
    /// Last offset minus first offset of that batch.
    pub offset_delta: i32,
    /// Its timestamp in milliseconds.
    pub timestamp_ms: i64,
    /// Epoch of the transaction coordinator that wrote the last marker; -1 for none.
    pub coordinator_epoch: i32,
    /// First offset of the producer's open transaction.
    pub current_txn_first_offset: Option<i64>,
}

/// A producer snapshot, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProducerSnapshot {
    /// Producers in file order.
    pub producers: Vec<ProducerEntry>,
    /// CRC-32C stored in the file.
    pub stored_crc: u32,
    /// CRC-32C of the bytes that are there; a broker drops the snapshot when the two differ.
    pub computed_crc: u32,
}

impl ProducerSnapshot {
    /// True when the checksum fits.
    #[must_use]
    pub fn crc_ok(&self) -> bool {
        self.stored_crc == self.computed_crc
    }
}

/// Reads a `.snapshot` file. A wrong CRC is reported in the result, not an error.
///
/// # Errors
/// When the header is cut short, the version is not 1, or the entries are not as many as the count says.
pub fn parse_producer_snapshot(bytes: &[u8]) -> Result<ProducerSnapshot, CompanionError> {
    let header: IResult<&[u8], (i16, u32, i32)> = (be_i16, be_u32, be_i32).parse(bytes);
    let Ok((rest, (version, stored_crc, count))) = header else {
        let expected = format!("a header of {HEADER_BYTES} bytes");
        return Err(CompanionError::new(0, expected, format!("a file of {} bytes", bytes.len())));
    };
    if version != 1 {
        return Err(CompanionError::new(0, "version 1", version));
    }
    // The entries there are decide, not the count.
    let chunks = rest.chunks_exact(ENTRY_BYTES);
    if usize::try_from(count) != Ok(chunks.len()) || !chunks.remainder().is_empty() {
        let expected = format!("{count} entries of {ENTRY_BYTES} bytes, as the count says");
        return Err(CompanionError::new(HEADER_BYTES as u64, expected, format!("{} bytes", rest.len())));
    }
    let producers = chunks.filter_map(|chunk| producer(chunk).ok().map(|(_, producer)| producer)).collect();
    let computed_crc = crc32c::crc32c(bytes.get(CRC_COVERS_FROM..).unwrap_or_default());
    Ok(ProducerSnapshot { producers, stored_crc, computed_crc })
}

fn producer(input: &[u8]) -> IResult<&[u8], ProducerEntry> {
    let fields = (be_i64, be_i16, be_i32, be_i64, be_i32, be_i64, be_i32, be_i64);
    let mut entry =
        fields.map(|(id, epoch, sequence, offset, delta, timestamp, coordinator, txn_first)| ProducerEntry {
            producer_id: id,
            producer_epoch: epoch,
            last_sequence: sequence,
            last_offset: offset,
            offset_delta: delta,
            timestamp_ms: timestamp,
            coordinator_epoch: coordinator,
            current_txn_first_offset: (txn_first >= 0).then_some(txn_first),
        });
    entry.parse(input)
}
