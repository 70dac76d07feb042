//! Damage by name, one defect each, applied to the bytes of a sound magic-2 segment.
//!
//! Where a defect lies inside what the checksum covers and is meant to be the only one, the checksum is made right
//! again, so that a reader has to find it by itself. It never touches a batch other than the one it aims at, unless
//! its description says so.

use std::io;

use crate::batch_v2::position;
use crate::codec::Codec;
use crate::prng::SplitMix64;
use crate::segment::{Placed, Segment};

mod bomb;

/// A kind of damage. All but the three about the tail aim at the middle batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// The file ends in the middle of the records of its last batch.
    TornMidBatch,
    /// The file ends inside the header of its last batch, after 30 bytes.
    TornMidHeader,
    /// 4 KiB of zeros after the last batch, as a filesystem leaves after a crash.
    ZeroTail,
    /// Zeros from the middle of one batch to the middle of the next.
    ZeroRun,
    /// One bit flipped in the records; the checksum does not match.
    FlippedRecordBit,
    /// One bit flipped in the checksum; the records are sound.
    FlippedCrcBit,
    /// The length field says -1.
    NegativeLength,
    /// The length field says 5, less than any batch needs.
    SmallLength,
    /// The length field says 2^31 - 1.
    HugeLength,
    /// The length field is 10 too large, so the batch seems to reach into the next one.
    LengthIntoNextBatch,
    /// Magic 5.
    BadMagic,
    /// Compression codec 6, which nobody defined; the checksum is right.
    UnknownCodec,
    /// A base offset far below that of the batch before. The checksum does not cover this field.
    BaseOffsetBackwards,
    /// The batch overwritten with random bytes.
    GarbageRun,
    /// An earlier batch once more after the last one: a copy that took a range twice.
    OverlappingCopy,
    /// The second half of a gzip payload is missing; length and checksum are right.
    TruncatedPayload,
    /// 256 MiB of zeros behind one sound record in 8 KiB of zstd; length and checksum are right.
    DecompressionBomb,
    /// The record count is 1000 too high; the checksum is right.
    RecordCountTooHigh,
    /// The record count is 2^31 - 1; the checksum is right.
    RecordCountHuge,
    /// The record count is -2; the checksum is right.
    RecordCountNegative,
    /// The first record's length is a varint that does not end within ten bytes; the checksum is right.
    VarintOverflow,
    /// The first record claims to be longer than its batch; the checksum is right.
    RecordLengthTooLong,
    /// The file is text.
    NotASegment,
    /// The file has no bytes.
    EmptyFile,
}

/// A damaged segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Content of the `.log` file.
    pub bytes: Vec<u8>,
    /// Batches of the sound segment that are no longer there as they were written.
    pub hit: Vec<Placed>,
}

impl Damage {
    /// Every kind with its name.
    pub const ALL: [(&'static str, Damage); 24] = [
        ("torn-mid-batch", Damage::TornMidBatch),
        ("torn-mid-header", Damage::TornMidHeader),
        ("zero-tail", Damage::ZeroTail),
        ("zero-run", Damage::ZeroRun),
        ("flipped-record-bit", Damage::FlippedRecordBit),
        ("flipped-crc-bit", Damage::FlippedCrcBit),
        ("negative-length", Damage::NegativeLength),
        ("small-length", Damage::SmallLength),
        ("huge-length", Damage::HugeLength),
        ("length-into-next-batch", Damage::LengthIntoNextBatch),
        ("bad-magic", Damage::BadMagic),
        ("unknown-codec", Damage::UnknownCodec),
        ("base-offset-backwards", Damage::BaseOffsetBackwards),
        ("garbage-run", Damage::GarbageRun),
        ("overlapping-copy", Damage::OverlappingCopy),
        ("truncated-payload", Damage::TruncatedPayload),
        ("decompression-bomb", Damage::DecompressionBomb),
        ("record-count-too-high", Damage::RecordCountTooHigh),
        ("record-count-huge", Damage::RecordCountHuge),
        ("record-count-negative", Damage::RecordCountNegative),
        ("varint-overflow", Damage::VarintOverflow),
        ("record-length-too-long", Damage::RecordLengthTooLong),
        ("not-a-segment", Damage::NotASegment),
        ("empty-file", Damage::EmptyFile),
    ];

    /// One sentence on what is wrong.
    pub fn about(self) -> &'static str {
        match self {
            Damage::TornMidBatch => "the file ends in the middle of the records of its last batch",
            Damage::TornMidHeader => "the file ends inside the header of its last batch, after 30 bytes",
            Damage::ZeroTail => "4 KiB of zeros follow the last batch",
            Damage::ZeroRun => "zeros from the middle of one batch to the middle of the next",
            Damage::FlippedRecordBit => "one bit flipped in the records",
            Damage::FlippedCrcBit => "one bit flipped in the checksum, the records are sound",
            Damage::NegativeLength => "batch length -1",
            Damage::SmallLength => "batch length 5",
            Damage::HugeLength => "batch length 2147483647",
            Damage::LengthIntoNextBatch => "batch length 10 too large",
            Damage::BadMagic => "magic 5",
            Damage::UnknownCodec => "compression codec 6, checksum right",
            Damage::BaseOffsetBackwards => {
                "base offset far below that of the batch before (not covered by the checksum)"
            }
            Damage::GarbageRun => "a batch overwritten with random bytes",
            Damage::OverlappingCopy => "an earlier batch once more after the last one",
            Damage::TruncatedPayload => "second half of a gzip payload missing, length and checksum right",
            Damage::DecompressionBomb => "8 KiB of zstd that inflate to 256 MiB, length and checksum right",
            Damage::RecordCountTooHigh => "record count 1000 too high, checksum right",
            Damage::RecordCountHuge => "record count 2147483647, checksum right",
            Damage::RecordCountNegative => "record count -2, checksum right",
            Damage::VarintOverflow => {
                "first record's length varint does not end within ten bytes, checksum right"
            }
            Damage::RecordLengthTooLong => "first record claims to be longer than its batch, checksum right",
            Damage::NotASegment => "the file is text",
            Damage::EmptyFile => "the file has no bytes",
        }
    }

    /// The codec the segment's batches should have for this damage to mean something.
    pub fn wants(self) -> Codec {
        match self {
            Damage::TruncatedPayload => Codec::Gzip,
            _ => Codec::None,
        }
    }

    /// `segment` with this damage.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when the segment has fewer than two batches, or the batch aimed at is not a
    /// whole magic-2 batch.
    pub fn apply(self, segment: &Segment) -> io::Result<Damaged> {
        let too_small = || io::Error::new(io::ErrorKind::InvalidInput, "damage needs two magic-2 batches");
        let (Some(last), true) = (segment.batches.last().copied(), segment.batches.len() >= 2) else {
            return Err(too_small());
        };
        let middle = (segment.batches.len() - 1) / 2;
        let (Some(aim), Some(next)) =
            (segment.batches.get(middle).copied(), segment.batches.get(middle + 1).copied())
        else {
            return Err(too_small());
        };
        let batch = segment.bytes.get(aim.position..aim.position + aim.size).ok_or_else(too_small)?;
        if batch.len() <= position::RECORDS {
            return Err(too_small());
        }
        let splice = |replacement: Vec<u8>| Damaged {
            bytes: [
                segment.bytes.get(..aim.position).unwrap_or_default(),
                &replacement,
                segment.bytes.get(aim.position + aim.size..).unwrap_or_default(),
            ]
            .concat(),
            hit: vec![aim],
        };
        let patched = |at: usize, patch: &[u8]| overwritten(batch, at, patch);
        let resealed = |at: usize, patch: &[u8]| splice(sealed(overwritten(batch, at, patch)));
        let cut = |end: usize| segment.bytes.get(..end).unwrap_or_default().to_vec();
        let all = || segment.batches.clone();

        Ok(match self {
            Damage::TornMidBatch => Damaged { bytes: cut(last.position + last.size - 40), hit: vec![last] },
            Damage::TornMidHeader => Damaged { bytes: cut(last.position + 30), hit: vec![last] },
            Damage::ZeroTail => {
                Damaged { bytes: [segment.bytes.as_slice(), &[0; 4096]].concat(), hit: Vec::new() }
            }
            Damage::ZeroRun => {
                let (start, end) = (aim.position + aim.size / 2, next.position + next.size / 2);
                Damaged {
                    bytes: overwritten(&segment.bytes, start, &vec![0; end - start]),
                    hit: vec![aim, next],
                }
            }
            Damage::FlippedRecordBit => splice(flipped(batch, position::RECORDS + 20)),
            Damage::FlippedCrcBit => splice(flipped(batch, position::CRC)),
            Damage::NegativeLength => splice(patched(position::LENGTH, &(-1_i32).to_be_bytes())),
            Damage::SmallLength => splice(patched(position::LENGTH, &5_i32.to_be_bytes())),
            Damage::HugeLength => splice(patched(position::LENGTH, &i32::MAX.to_be_bytes())),
            Damage::LengthIntoNextBatch => {
                let length = crate::wire::count(aim.size - position::LENGTH - 4) + 10;
                splice(patched(position::LENGTH, &length.to_be_bytes()))
            }
            Damage::BadMagic => splice(patched(position::MAGIC, &[5])),
            Damage::UnknownCodec => resealed(position::ATTRIBUTES, &6_i16.to_be_bytes()),
            Damage::BaseOffsetBackwards => splice(patched(0, &(aim.base_offset / 4).to_be_bytes())),
            Damage::GarbageRun => {
                let mut random = SplitMix64::new(19_862);
                splice((0..batch.len()).map(|_| random.next_u64() as u8).collect())
            }
            Damage::OverlappingCopy => {
                Damaged { bytes: [segment.bytes.as_slice(), batch].concat(), hit: Vec::new() }
            }
            Damage::TruncatedPayload => {
                let end = position::RECORDS + (batch.len() - position::RECORDS) / 2;
                splice(sealed(batch.get(..end).unwrap_or_default().to_vec()))
            }
            Damage::DecompressionBomb => {
                let head = batch.get(..position::RECORDS).unwrap_or_default();
                let records = batch.get(position::RECORDS..).unwrap_or_default();
                let bomb = bomb::zstd(records, 256 << 20);
                let codec = i16::from(Codec::Zstd.attribute_bits());
                let bytes = [head, &bomb].concat();
                splice(sealed(overwritten(&bytes, position::ATTRIBUTES, &codec.to_be_bytes())))
            }
            Damage::RecordCountTooHigh => {
                let count = (aim.last_offset - aim.base_offset) as i32 + 1;
                resealed(position::RECORD_COUNT, &(count + 1000).to_be_bytes())
            }
            Damage::RecordCountHuge => resealed(position::RECORD_COUNT, &i32::MAX.to_be_bytes()),
            Damage::RecordCountNegative => resealed(position::RECORD_COUNT, &(-2_i32).to_be_bytes()),
            Damage::VarintOverflow => resealed(position::RECORDS, &[0xff; 12]),
            // Zigzag varint of 1,000,000.
            Damage::RecordLengthTooLong => resealed(position::RECORDS, &[0x80, 0x89, 0x7a]),
            Damage::NotASegment => {
                Damaged { bytes: b"This is a note, not a log segment.\n".repeat(8), hit: all() }
            }
            Damage::EmptyFile => Damaged { bytes: Vec::new(), hit: all() },
        })
    }
}

/// `bytes` with `patch` written over them at `at`, as far as both reach.
fn overwritten(bytes: &[u8], at: usize, patch: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (byte, new) in bytes.iter_mut().skip(at).zip(patch) {
        *byte = *new;
    }
    bytes
}

fn flipped(batch: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = batch.to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 0x10;
    }
    bytes
}

/// A batch with length and checksum made right again.
fn sealed(batch: Vec<u8>) -> Vec<u8> {
    let length = crate::wire::count(batch.len() - position::LENGTH - 4);
    let batch = overwritten(&batch, position::LENGTH, &length.to_be_bytes());
    let crc = crc32c::crc32c(batch.get(position::ATTRIBUTES..).unwrap_or_default());
    overwritten(&batch, position::CRC, &crc.to_be_bytes())
}
