//! The same logs written by Kafka's own record classes have the same records.
//!
//! Needs the corpus named by `LASTWRITES_CORPUS`. The few lines that take a Kafka-written segment apart here are for
//! uncompressed magic-2 logs only and know nothing of the crates under test.

use std::path::PathBuf;

use lastwrites_synth::batch::Batch;
use lastwrites_synth::cleaner::{Tombstones, compact, torn_view};
use lastwrites_synth::incidents::{Cast, Member, two_members_hand_over};
use lastwrites_synth::script::Script;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::consumer::MemberMetadata;
use lastwrites_synth::wire::Uuid;

type Row = (i64, Vec<u8>, Option<Vec<u8>>);

/// The people of the corpus's logs.
fn cast() -> Cast {
    let member = |id: &str| Member {
        id: id.to_owned(),
        metadata: MemberMetadata {
            rack_id: Some(String::new()),
            server_assignor: Some(String::new()),
            ..MemberMetadata::of(&format!("client-{id}"), &["bar", "foo"])
        },
    };
    Cast {
        group: "payments".to_owned(),
        a: member("member-A"),
        b: member("member-B"),
        orders: ("foo".to_owned(), Uuid::numbered(1)),
        ..Cast::default()
    }
}

fn hand_over() -> Vec<Batch> {
    let mut script = Script::new(0);
    two_members_hand_over(&cast(), &mut script);
    script.finish().0
}

/// The corpus was written with the tagged ClassicMemberMetadata absent, live brokers write an explicit null.
fn without_explicit_null((offset, key, value): Row) -> Row {
    let value = match (key.get(..2), value) {
        (Some([0, 5]), Some(value)) if value.ends_with(&[1, 0, 1, 0]) => {
            Some([&value[..value.len() - 4], &[0]].concat())
        }
        (_, value) => value,
    };
    (offset, key, value)
}

fn rows_of(batches: &[Batch]) -> Vec<Row> {
    batches
        .iter()
        .flat_map(Batch::offsets)
        .map(|(offset, record)| (offset, record.key.clone().unwrap(), record.value.clone()))
        .map(without_explicit_null)
        .collect()
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(len);
        self.0 = tail;
        head
    }

    fn varint(&mut self) -> i64 {
        let mut raw = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.take(1)[0];
            raw |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        (raw >> 1).cast_signed() ^ -((raw & 1).cast_signed())
    }

    fn nullable(&mut self) -> Option<Vec<u8>> {
        let len = self.varint();
        (len >= 0).then(|| self.take(len as usize).to_vec())
    }
}

fn rows_in(bytes: &[u8]) -> Vec<Row> {
    let mut file = Cursor(bytes);
    let mut rows = Vec::new();
    while !file.0.is_empty() {
        let base_offset = i64::from_be_bytes(file.take(8).try_into().unwrap());
        let length = i32::from_be_bytes(file.take(4).try_into().unwrap());
        let mut batch = Cursor(file.take(length as usize));
        let count = i32::from_be_bytes(batch.take(49)[45..].try_into().unwrap());
        for _ in 0..count {
            let length = batch.varint();
            let mut record = Cursor(batch.take(length as usize));
            record.take(1);
            record.varint();
            let offset = base_offset + record.varint();
            rows.push((offset, record.nullable().unwrap(), record.nullable()));
        }
    }
    rows
}

fn corpus_log(case: &str) -> Option<Vec<Row>> {
    let Some(corpus) = std::env::var_os("LASTWRITES_CORPUS") else {
        println!("skipped: LASTWRITES_CORPUS not set");
        return None;
    };
    let dir = PathBuf::from(corpus).join("load-cases").join(case).join("__consumer_offsets-13");
    Some(rows_in(&std::fs::read(dir.join("00000000000000000000.log")).unwrap()))
}

#[test]
fn kafka_19862_raw() {
    let Some(kafka) = corpus_log("S1-raw") else { return };
    assert_eq!(rows_of(&hand_over()), kafka);
}

#[test]
fn kafka_19862_as_the_loader_saw_it() {
    let Some(kafka) = corpus_log("S1-torn") else { return };
    assert_eq!(rows_of(&torn_view(&hand_over(), 5, 14)), kafka);
}

#[test]
fn kafka_19862_compacted() {
    let Some(kafka) = corpus_log("S1-compacted") else { return };
    assert_eq!(rows_of(&compact(&hand_over(), 14, Tombstones::Keep)), kafka);
}

/// The little parser above reads what this crate encodes, so an agreement is not one of empty lists.
#[test]
fn the_comparison_sees_records() {
    let batches = hand_over();
    let encoded = Segment::of(0, &batches).unwrap();
    let rows: Vec<Row> = rows_in(&encoded.bytes).into_iter().map(without_explicit_null).collect();
    assert_eq!(rows.len(), 14);
    assert_eq!(rows, rows_of(&batches));
}
