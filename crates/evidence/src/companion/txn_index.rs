//! `<base offset>.txnindex`: the aborted transactions of a segment.

use nom::number::complete::{be_i16, be_i64};
use nom::{IResult, Parser};

use super::error::CompanionError;

/// Bytes of an entry: version, producer id, first, last and last stable offset.
const ENTRY_BYTES: usize = 34;

/// One aborted transaction (Kafka's `AbortedTxn`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbortedTxn {
    /// Producer of the transaction.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: i64,
    /// Offset of the abort marker.
    pub last_offset: i64,
    /// Last stable offset when the marker was written.
    pub last_stable_offset: i64,
}

/// A transaction index (`TransactionIndex`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TxnIndex {
    /// Aborted transactions in the order of their markers.
    pub aborted: Vec<AbortedTxn>,
    /// Bytes left over after the last whole entry.
    pub odd_bytes: u64,
}

/// Reads a `.txnindex` file.
///
/// # Errors
/// When an entry's version is not 0, with its position; Kafka knows no other.
pub fn parse_txn_index(bytes: &[u8]) -> Result<TxnIndex, CompanionError> {
    let chunks = bytes.chunks_exact(ENTRY_BYTES);
    let odd_bytes = chunks.remainder().len() as u64;
    let mut aborted = Vec::with_capacity(bytes.len() / ENTRY_BYTES);
    for (chunk, at) in chunks.zip((0_u64..).step_by(ENTRY_BYTES)) {
        let parsed: IResult<&[u8], _> = (be_i16, be_i64, be_i64, be_i64, be_i64).parse(chunk);
        let Ok((_, (version, producer_id, first_offset, last_offset, last_stable_offset))) = parsed else {
            break;
        };
        if version != 0 {
            return Err(CompanionError::new(
                at,
                "an aborted transaction of version 0",
                format!("version {version}"),
            ));
        }
        aborted.push(AbortedTxn { producer_id, first_offset, last_offset, last_stable_offset });
    }
    Ok(TxnIndex { aborted, odd_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entries_and_refuses_other_versions() {
        let mut bytes = vec![0, 0];
        for number in [7_i64, 10, 20, 15] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.push(1);
        let index = parse_txn_index(&bytes).unwrap();
        let expected =
            AbortedTxn { producer_id: 7, first_offset: 10, last_offset: 20, last_stable_offset: 15 };
        assert_eq!((index.aborted.as_slice(), index.odd_bytes), (&[expected][..], 1));
        bytes[1] = 3;
        assert!(parse_txn_index(&bytes).is_err());
    }
}
