//! Arbitrary bytes, and sound segments with arbitrary wounds.

use lastwrites_segment::{Framed, Inflater, ReadMode, open};
use lastwrites_synth::batch::{Batch, BatchBuilder, Magic};
use lastwrites_synth::codec::Codec;
use lastwrites_synth::segment::Segment;
use lastwrites_types::ByteRange;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::walk::{Item, for_each, items, items_cut, records};

/// Walks everything there is; the point is that it ends.
fn read_all(bytes: &[u8]) -> Vec<Item> {
    let found = items_cut(&bytes, &[1, 600, u64::MAX]);
    let mut inflater = Inflater::with_cap(1 << 20);
    for_each(&bytes, |framed| {
        if let Framed::Batch(batch) = framed {
            let _ = batch.crc_ok();
            let _ = batch.first_offset(&mut inflater);
            records(&batch, &mut inflater);
        }
    });
    found
}

/// One sound batch of each format and codec, small enough that several fit in 4 KiB.
fn sound_batches() -> Vec<Batch> {
    let mut batches = Vec::new();
    for magic in [Magic::V2, Magic::V1, Magic::V0] {
        for (_, codec) in Codec::NAMED {
            if magic != Magic::V2 && matches!(codec, Codec::Zstd | Codec::ZstdFrames(_)) {
                continue;
            }
            let base_offset = batches.last().map_or(0, Batch::next_offset);
            let builder = BatchBuilder::new(base_offset, 1_700_000_000_000).magic(magic).codec(codec);
            batches.push(builder.records((0..5u8).map(|i| (vec![i; 9], Some(vec![b'v'; 30])))).build());
        }
    }
    batches
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..3000)) {
        read_all(&bytes);
    }

    /// Bytes that are mostly what headers are made of, so that claims overlap and chains form.
    #[test]
    fn header_like_bytes(bytes in vec(prop_oneof![4 => Just(0u8), 2 => 0u8..3, 1 => Just(0xff), 1 => 14u8..80], 0..3000)) {
        read_all(&bytes);
    }

    #[test]
    fn wounded_segments(
        order in vec(any::<prop::sample::Index>(), 1..12),
        wounds in vec((any::<prop::sample::Index>(), vec(any::<u8>(), 0..60), 0usize..60), 0..6),
        tail in prop_oneof![Just(0usize), 0usize..20_000],
    ) {
        let batches = sound_batches();
        let chosen: Vec<Batch> = order.iter().map(|index| index.get(&batches).clone()).collect();
        let segment = Segment::of(0, &chosen).unwrap();
        let mut bytes = segment.bytes;
        let written = bytes.len() as u64;
        for (at, inserted, removed) in &wounds {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, inserted.iter().copied());
        }
        bytes.resize(bytes.len() + tail, 0);
        let found = read_all(&bytes);
        // A segment without a wound is read whole, and zeros behind it are nothing.
        if wounds.is_empty() {
            let gaps: Vec<_> = found.iter().filter(|item| matches!(item, Item::Gap(_))).map(Item::range).collect();
            let zeros = ByteRange::new(written, written + tail as u64);
            prop_assert_eq!(gaps, if tail == 0 { vec![] } else { vec![zeros] });
        }
        // Reading it from a file in windows gives the same.
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        prop_assert_eq!(items(open(file.path(), ReadMode::Plain).unwrap().as_ref()), found);
    }
}

/// A hostile file: every position claims a batch that reaches to the end, none of them right. Quadratic work would
/// take hours.
#[test]
fn overlapping_claims_cost_linear_work() {
    let length = 1024 * 1024;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() + 61 < length {
        let claim = i32::try_from(length.saturating_sub(bytes.len() + 12 + 61)).unwrap_or(49).max(49);
        bytes.extend(5i64.to_be_bytes());
        bytes.extend(claim.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 2, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0; 16]);
        bytes.extend([0xff; 8]);
        bytes.extend([0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    bytes.resize(length, 1);
    let started = std::time::Instant::now();
    let found = items(&bytes);
    println!("{} items in {:?}", found.len(), started.elapsed());
    // 17,000 claims of 512 KiB on average: summing each would be 9 GB.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
