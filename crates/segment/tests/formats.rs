//! Every magic and codec, as an independent writer makes them.

use lastwrites_segment::{
    ControlRecord, ControlType, Framed, GapCause, Inflater, Irregularity, RawBatch, TimestampType,
};
use lastwrites_synth::batch::{Batch, BatchBuilder, Magic, Marker};
use lastwrites_synth::cleaner::emptied;
use lastwrites_synth::codec::Codec;

use crate::walk::{Record, for_each, records};

fn expected(batch: &Batch) -> Vec<Record> {
    batch
        .offsets()
        .map(|(offset, record)| Record {
            offset,
            timestamp_ms: match batch.magic {
                Magic::V0 => -1,
                _ => batch.log_append_time_ms.unwrap_or(record.timestamp_ms),
            },
            sequence: match batch.magic {
                Magic::V2 if batch.base_sequence >= 0 => {
                    batch.base_sequence.wrapping_add(record.offset_delta) & i32::MAX
                }
                _ => -1,
            },
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record
                .headers
                .iter()
                .map(|(name, value)| (name.as_bytes().to_vec(), value.clone()))
                .collect(),
        })
        .collect()
}

fn read(batch: &Batch) -> Vec<Record> {
    let bytes = batch.encode().unwrap();
    let mut inflater = Inflater::default();
    let mut found = Vec::new();
    for_each(&bytes, |framed| match framed {
        Framed::Batch(raw) => {
            assert!(raw.crc_ok());
            let (records, trouble) = records(&raw, &mut inflater);
            assert_eq!(trouble, None);
            assert_eq!(
                raw.first_offset(&mut inflater),
                records.first().map(|record| record.offset).or(Some(raw.header.base_offset))
            );
            found.extend(records);
        }
        Framed::Gap(gap) => panic!("{gap}"),
    });
    found
}

#[test]
fn every_magic_and_codec() {
    for magic in [Magic::V0, Magic::V1, Magic::V2] {
        for (name, codec) in Codec::NAMED {
            if magic != Magic::V2 && matches!(codec, Codec::Zstd | Codec::ZstdFrames(_)) {
                continue;
            }
            // From one record to more than an LZ4 or snappy block holds.
            for count in [1u32, 3, 5_000] {
                let records = (0..count).map(|i| (i.to_be_bytes().to_vec(), Some(vec![i as u8; 40])));
                let builder = BatchBuilder::new(1_000_000, 1_700_000_000_000).magic(magic).codec(codec);
                let batch = builder.records(records).nullable_record(None, None).build();
                assert_eq!(read(&batch), expected(&batch), "{magic:?} {name} {count}");
            }
        }
    }
}

#[test]
fn gaps_headers_sequences_and_append_time() {
    let batch = BatchBuilder::new(70, 1_700_000_000_000)
        .tick_ms(-3_000_000_000)
        .transactional(4_000, 7, i32::MAX - 1)
        .record(b"a".to_vec(), None)
        .header("trace", Some(b"1"))
        .header("", None)
        .gap(5)
        .record(b"b".to_vec(), Some(Vec::new()))
        .build();
    assert_eq!(read(&batch), expected(&batch));
    for magic in [Magic::V1, Magic::V2] {
        for codec in [Codec::None, Codec::Lz4] {
            let builder = BatchBuilder::new(70, 5).magic(magic).codec(codec).log_append_time(99);
            let batch = builder.record(b"k".to_vec(), None).record(b"l".to_vec(), None).build();
            assert_eq!(read(&batch), expected(&batch));
        }
    }
}

#[test]
fn header_bits() {
    let plain = BatchBuilder::new(5, 1_000).record(b"k".to_vec(), None).record(b"l".to_vec(), None);
    let with_header = |batch: &Batch, check: &dyn Fn(&RawBatch<'_>)| {
        let bytes = batch.encode().unwrap();
        check(&RawBatch::from_bytes(0, &bytes).unwrap());
    };
    with_header(&plain.clone().build(), &|raw| {
        let header = &raw.header;
        assert_eq!((header.base_offset, header.last_offset(), header.next_offset()), (5, 6, 7));
        assert!(!header.is_transactional() && !header.is_control() && !header.has_delete_horizon());
        assert_eq!((header.delete_horizon_ms(), header.timestamp_type()), (None, TimestampType::CreateTime));
    });
    let horizon = plain.clone().delete_horizon(86_400_000).build();
    with_header(&horizon, &|raw| assert_eq!(raw.header.delete_horizon_ms(), Some(86_400_000)));
    assert_eq!(read(&horizon), expected(&horizon), "records keep their times");
    let empty = emptied(&plain.transactional(9, 1, 3).build());
    with_header(&empty, &|raw| {
        assert_eq!((raw.header.record_count, raw.header.last_offset()), (0, 6));
        assert!(raw.header.is_transactional());
        assert_eq!(records(raw, &mut Inflater::default()), (Vec::new(), None));
    });
    with_header(&BatchBuilder::marker(8, 1, 9, 1, Marker::Commit), &|raw| {
        assert!(raw.header.is_control() && raw.header.is_transactional());
        let (found, _) = records(raw, &mut Inflater::default());
        let [marker] = found.as_slice() else { panic!("{found:?}") };
        let parsed = ControlRecord::parse(marker.key.as_deref(), marker.value.as_deref()).unwrap();
        assert_eq!((parsed.kind, parsed.coordinator_epoch), (ControlType::Commit, Some(0)));
    });
}

#[test]
fn wrong_lz4_header_checksum_is_reported_above_magic_0() {
    let batch = BatchBuilder::new(0, 1).codec(Codec::Lz4).record(b"k".to_vec(), None).build();
    let mut bytes = batch.encode().unwrap();
    let checksum = bytes.get_mut(61 + 6).unwrap();
    *checksum ^= 0x55;
    let raw = RawBatch::from_bytes(0, &bytes).unwrap();
    let mut inflater = Inflater::default();
    assert_eq!(raw.records(&mut inflater).unwrap().irregularity(), Some(Irregularity::Lz4HeaderChecksum));
    assert_eq!(records(&raw, &mut inflater), (expected(&batch), None));
}

#[test]
fn bytes_that_are_no_batch() {
    assert_eq!(RawBatch::from_bytes(0, b"short").unwrap_err(), GapCause::TornHeader { have: 5 });
}
