//! Measures reading: header hop, checksums, record walk, on 64 MiB like a busy offsets partition's.
//!
//! `cargo run --release -p lastwrites-segment --example measure [codec]`
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example reports and may give up")]

use std::hint::black_box;

use lastwrites_segment::{Framed, Framer, Inflater};
use lastwrites_synth::batch::BatchBuilder;
use lastwrites_synth::codec::Codec;
use lastwrites_types::ByteRange;

type Walk = fn(&[u8], &mut Inflater) -> u64;

const TARGET_BYTES: usize = 64 * 1024 * 1024;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "none".to_owned());
    let codec = Codec::named(&name).unwrap();
    let bytes = log(codec);
    let walks: [(&str, Walk); 4] = [
        ("bound", bound),
        ("hop", hop),
        ("hop + CRC", hop_and_crc),
        ("hop + CRC + records", hop_crc_and_records),
    ];
    for (what, walk) in walks {
        let mut inflater = Inflater::default();
        black_box(walk(&bytes, &mut inflater));
        let best = (0..20)
            .map(|_| {
                let started = cpu_seconds();
                black_box(walk(&bytes, &mut inflater));
                cpu_seconds() - started
            })
            .fold(f64::INFINITY, f64::min);
        println!("{name}: {what}: {:.0} MB per CPU-second", bytes.len() as f64 / 1e6 / best);
    }
}

/// CPU time of this thread, which other work on the machine doesn't count against (Linux).
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// 3 or 4 records of about 128 B per batch, over and over.
fn log(codec: Codec) -> Vec<u8> {
    let mut block = Vec::new();
    let mut offset = 0i64;
    while block.len() < 4 * 1024 * 1024 {
        let count = 3 + offset % 3 / 2;
        let records = (0..count).map(|i| {
            let key = format!(
                "\0\x01\0\x12payments-service-{:03}\0\x10orders-by-region\0\0\0\0",
                (offset + i) % 997
            );
            let value =
                format!("\0\x03{:08}----{:030}{:08}", offset, (offset + i) * 7_919 % 1_000_003, offset);
            (key.into_bytes(), Some(value.into_bytes()))
        });
        let batch =
            BatchBuilder::new(offset, 1_700_000_000_000 + offset).codec(codec).records(records).build();
        offset = batch.next_offset();
        block.extend(batch.encode().unwrap());
    }
    block.repeat(TARGET_BYTES / block.len())
}

fn each(bytes: &[u8], mut each: impl FnMut(&Framed<'_>) -> u64) -> u64 {
    let mut scratch = Vec::new();
    let mut framer = Framer::new(&bytes, ByteRange::new(0, bytes.len() as u64), &mut scratch);
    let mut sum = 0;
    while let Some(item) = framer.next().unwrap() {
        sum += each(&item);
    }
    sum
}

/// What can't be undercut: believe every length, sum every batch.
fn bound(bytes: &[u8], _: &mut Inflater) -> u64 {
    let mut rest = bytes;
    let mut sum = 0;
    while let Some(length) = rest.get(8..).and_then(|rest| rest.first_chunk::<4>()) {
        let size = u32::from_be_bytes(*length) as usize + 12;
        let (batch, after) = rest.split_at(size);
        let stored =
            batch.get(17..).and_then(|rest| rest.first_chunk::<4>()).map(|crc| u32::from_be_bytes(*crc));
        sum += u64::from(batch.get(21..).map(crc32c::crc32c) == stored);
        rest = after;
    }
    sum
}

fn hop(bytes: &[u8], _: &mut Inflater) -> u64 {
    each(bytes, |item| item.range().len())
}

fn hop_and_crc(bytes: &[u8], _: &mut Inflater) -> u64 {
    each(bytes, |item| match item {
        Framed::Batch(batch) => u64::from(batch.crc_ok()),
        Framed::Gap(_) => 0,
    })
}

fn hop_crc_and_records(bytes: &[u8], inflater: &mut Inflater) -> u64 {
    each(bytes, |item| {
        let Framed::Batch(batch) = item else { return 0 };
        let mut sum = u64::from(batch.crc_ok());
        let mut records = batch.records(inflater).unwrap();
        while let Some(record) = records.next().unwrap() {
            sum += record.key.map_or(0, <[u8]>::len) as u64 + record.value.map_or(0, <[u8]>::len) as u64;
        }
        sum
    })
}
