//! Any valid document survives writing and reading; any bytes give an answer, never a panic.

use lastwrites_recovered_offsets::{
    Alternative, Bound, Cadence, Document, FormatName, FormatVersion, Group, GroupType, Missing,
    PartitionCopy, RecordPlace, RecoveredOffset, Selection, Sha256, Source, SourceFile, View,
};
use lastwrites_types::{ByteText, Flag, Flags, Trust, Uuid, group_to_partition};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::example::EXAMPLE;

const FILE: &str = "00000000000000000000.log";

fn byte_text() -> impl Strategy<Value = ByteText> {
    prop_oneof![
        ".{0,8}".prop_map(|text| ByteText::from(text.as_str())),
        vec(any::<u8>(), 0..8).prop_map(ByteText::from)
    ]
}

fn flags() -> impl Strategy<Value = Flags> {
    subsequence(Flag::ALL, 0..=Flag::ALL.len()).prop_map(Flags::from_iter)
}

fn uuid() -> impl Strategy<Value = Option<Uuid>> {
    option::of(any::<[u8; 16]>().prop_map(Uuid))
}

fn record() -> impl Strategy<Value = RecordPlace> {
    (0..=i64::MAX, any::<u64>()).prop_map(|(offset, position)| RecordPlace {
        copy: 0,
        file: FILE.into(),
        offset,
        position,
    })
}

prop_compose! {
    fn alternative()(
        topic_id in uuid(), offset in 0..=i64::MAX, leader_epoch in option::of(0..=i32::MAX), metadata in byte_text(),
        committed_at_ms in any::<i64>(), trust in select(&Trust::ALL[..]), flags in flags(), record in record(),
        why in ".{0,12}",
    ) -> Alternative {
        Alternative {
            topic_id, offset: Some(offset), leader_epoch, metadata: Some(metadata),
            committed_at_ms: Some(committed_at_ms), trust, flags, record: Some(record), why,
        }
    }
}

prop_compose! {
    fn other_side()(value in option::of(alternative()), trust in select(&Trust::ALL[..]), why in ".{0,12}") -> Alternative {
        value.unwrap_or(Alternative {
            topic_id: None, offset: None, leader_epoch: None, metadata: None, committed_at_ms: None, trust,
            flags: Flags::NONE, record: None, why,
        })
    }
}

prop_compose! {
    fn cadence()(steps in any::<u32>(), numbers in any::<(u64, u64, u64)>()) -> Cadence {
        Cadence { steps, usual_records: numbers.0, most_records: numbers.1, usual_ms: numbers.2 }
    }
}

prop_compose! {
    fn bound()(
        repeated_at_most in option::of(any::<u64>()), skipped_at_most in option::of(any::<u64>()),
        usual in option::of(cadence()), why in ".{0,12}",
    ) -> Bound {
        Bound { repeated_at_most, skipped_at_most, usual, why }
    }
}

prop_compose! {
    fn offset()(
        ids in (uuid(), uuid()), offset in 0..=i64::MAX, leader_epoch in option::of(0..=i32::MAX),
        metadata in byte_text(), committed_at_ms in any::<i64>(), trust in select(&Trust::ALL[..]), flags in flags(),
        bound in bound(), record in record(), alternatives in vec(other_side(), 0..2),
    ) -> RecoveredOffset {
        RecoveredOffset {
            topic: ByteText::default(), topic_id: ids.0, topic_id_at_copy: ids.1, partition: 0, offset, leader_epoch,
            metadata, committed_at_ms, trust, flags, bound, record, alternatives,
        }
    }
}

/// Topic partitions are map keys, so each stands once; `None` becomes a missing entry.
fn group() -> impl Strategy<Value = Group> {
    let types =
        [GroupType::Classic, GroupType::Consumer, GroupType::Share, GroupType::Streams, GroupType::None];
    let partitions = btree_map((byte_text(), 0..=i32::MAX), option::of(offset()), 0..4);
    (
        select(types.to_vec()),
        option::of(byte_text()),
        option::of(byte_text()),
        vec(".{0,8}", 0..2),
        partitions,
    )
        .prop_map(|(group_type, protocol_type, protocol, warnings, partitions)| {
            let (mut offsets, mut missing) = (Vec::new(), Vec::new());
            for ((topic, partition), offset) in partitions {
                match offset {
                    Some(offset) => offsets.push(RecoveredOffset { topic, partition, ..offset }),
                    None => missing.push(Missing { topic, partition, why: "no commit".into() }),
                }
            }
            let group_id = ByteText::default();
            Group {
                group_id,
                group_type,
                protocol_type,
                protocol,
                found_in: Some(0),
                maps_to: 0,
                warnings,
                offsets,
                missing,
            }
        })
}

fn document() -> impl Strategy<Value = Document> {
    let views = [View::AsFound, View::AsLoaded, View::BeforeCompaction, View::Merged];
    let groups = btree_map(byte_text(), group(), 0..3);
    (1..200i32, any::<i64>(), select(views.to_vec()), option::of(any::<i64>()), any::<[u8; 32]>(), groups)
        .prop_map(|(partitions, created_at_ms, view, as_of_ms, digest, groups)| Document {
            format: FormatName,
            version: FormatVersion,
            created_by: "lastwrites 0.1.0".into(),
            created_at_ms,
            source: Source {
                names_redacted: false,
                cluster_id: None,
                offsets_topic_partitions: Some(partitions),
                view,
                rules: "4.3.1/new".into(),
                copies: vec![PartitionCopy {
                    path: "copy".into(),
                    broker_id: Some(1),
                    log_dir: None,
                    partition: Some(0),
                    log_start_offset: 0,
                    log_end_offset: 1,
                    high_watermark: None,
                    files: vec![SourceFile { name: FILE.into(), size_bytes: 1, sha256: Sha256(digest) }],
                }],
            },
            selection: Selection { as_of_ms, ..Selection::default() },
            groups: groups
                .into_iter()
                .map(|(group_id, group)| {
                    let maps_to = group_to_partition(group_id.as_bytes(), partitions).unwrap();
                    Group { group_id, maps_to, ..group }
                })
                .collect(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn writing_and_reading_is_identity(document in document()) {
        let text = document.to_json_pretty().unwrap();
        let back = Document::from_json(&text).unwrap();
        prop_assert_eq!(&back, &document);
        prop_assert_eq!(back.to_json_pretty().unwrap(), text);
    }

    #[test]
    fn any_bytes_give_an_error_and_no_panic(bytes in vec(any::<u8>(), 0..256)) {
        prop_assert!(Document::from_json(&bytes).is_err());
    }

    /// One byte of a good document changed: read or refused, and what is read can be written again.
    #[test]
    fn a_flipped_byte_never_panics(at in 0..EXAMPLE.len(), byte in any::<u8>()) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(document) = Document::from_json(&bytes) {
            prop_assert!(document.to_json_pretty().is_ok());
        }
    }
}
