//! Each kind of damage by name: what is lost, what is said, and that nothing else suffers.

use lastwrites_segment::{BatchErrorKind, Framed, InflateReason, Inflater, LoaderOutcome, RecordErrorKind};
use lastwrites_synth::batch::{Batch, BatchBuilder};
use lastwrites_synth::codec::Codec;
use lastwrites_synth::damage::Damage;
use lastwrites_synth::segment::Segment;

use crate::walk::{Item, Trouble, for_each, items, items_cut, records};

fn sound() -> Segment {
    sound_in(Codec::None)
}

fn sound_in(codec: Codec) -> Segment {
    let batches: Vec<Batch> = (0..9)
        .map(|i| {
            let builder = BatchBuilder::new(i * 4, 1_700_000_000_000 + i).leader_epoch(3).codec(codec);
            builder.records((0..4u8).map(|r| (vec![r; 20], Some(vec![i as u8; 50])))).build()
        })
        .collect();
    Segment::of(0, &batches).unwrap()
}

/// Positions of batches that are sound in every respect, the gaps' words, and the troubles.
struct Outcome {
    sound: Vec<u64>,
    bad_crc: Vec<u64>,
    gaps: Vec<&'static str>,
    loader: Vec<LoaderOutcome>,
    troubles: Vec<(u64, Trouble, usize)>,
}

fn outcome(bytes: &[u8]) -> Outcome {
    items_cut(&bytes, &[1, 300, u64::MAX]);
    let mut found = Outcome {
        sound: Vec::new(),
        bad_crc: Vec::new(),
        gaps: Vec::new(),
        loader: Vec::new(),
        troubles: Vec::new(),
    };
    let mut inflater = Inflater::with_cap(64 << 20);
    for_each(&bytes, |framed| match framed {
        Framed::Batch(batch) => {
            let (read, trouble) = records(&batch, &mut inflater);
            match trouble {
                Some(trouble) => found.troubles.push((batch.position, trouble, read.len())),
                None if batch.crc_ok() => found.sound.push(batch.position),
                None => found.bad_crc.push(batch.position),
            }
        }
        Framed::Gap(gap) => {
            found.gaps.push(gap.cause.as_str());
            found.loader.push(gap.loader);
        }
    });
    found
}

fn record_trouble(outcome: &Outcome) -> (RecordErrorKind, usize) {
    match outcome.troubles.as_slice() {
        [(_, Trouble::Record(error), read)] => (error.kind.clone(), *read),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_but_the_wound_is_lost() {
    let segment = sound();
    for (name, damage) in Damage::ALL {
        if damage == Damage::NotASegment || damage == Damage::EmptyFile {
            continue;
        }
        let damaged = damage.apply(&segment).unwrap();
        let found = outcome(&damaged.bytes);
        for placed in segment.batches.iter().filter(|placed| !damaged.hit.contains(placed)) {
            let there = damaged.bytes.get(placed.position..placed.position + placed.size);
            let original = segment.bytes.get(placed.position..placed.position + placed.size);
            if there == original {
                assert!(
                    found.sound.contains(&(placed.position as u64)),
                    "{name}: batch at {}",
                    placed.position
                );
            }
        }
        assert!(
            found.sound.len() >= segment.batches.len() - damaged.hit.len() || damage == Damage::ZeroTail,
            "{name}: {} sound batches",
            found.sound.len()
        );
    }
}

#[test]
fn framing_says_what_is_wrong() {
    let segment = sound();
    let throws = |text: &str| format!("CorruptRecordException: {text}");
    for (damage, gaps, loader) in [
        (Damage::TornMidBatch, &["torn-tail"][..], None),
        (Damage::TornMidHeader, &["torn-tail"], None),
        (
            Damage::ZeroTail,
            &["zero-fill"],
            Some(throws("Record size 0 is less than the minimum record overhead (14)")),
        ),
        (
            Damage::NegativeLength,
            &["bad-length"],
            Some(throws("Record size -1 is less than the minimum record overhead (14)")),
        ),
        (
            Damage::SmallLength,
            &["bad-length"],
            Some(throws("Record size 5 is less than the minimum record overhead (14)")),
        ),
        (Damage::HugeLength, &["bad-length"], None),
        (Damage::BadMagic, &["bad-magic"], Some(throws("Invalid magic found in record: 5"))),
        (Damage::EmptyFile, &[], None),
    ] {
        let found = outcome(&damage.apply(&segment).unwrap().bytes);
        assert_eq!(found.gaps, gaps, "{damage:?}");
        match (loader, found.loader.first()) {
            (Some(text), Some(LoaderOutcome::Throws(error))) => assert_eq!(error.to_string(), text),
            (None, None | Some(LoaderOutcome::EndsSegment)) => {}
            other => panic!("{damage:?}: {other:?}"),
        }
    }
    let found = outcome(&Damage::LengthIntoNextBatch.apply(&segment).unwrap().bytes);
    assert_eq!((found.sound.len(), found.gaps.as_slice()), (8, &["bad-length"][..]));
    assert!(matches!(found.loader.as_slice(), [LoaderOutcome::ReadsAsBatch { .. }]));
}

#[test]
fn a_torn_header_names_what_is_missing() {
    let mut bytes = sound().bytes;
    bytes.extend([0, 0, 0, 9]);
    let found = items(&bytes);
    let Some(Item::Gap(gap)) = found.last() else { panic!("{found:?}") };
    assert_eq!(gap.cause.to_string(), "a batch header was expected and the file ends after 4 bytes");
    assert_eq!(gap.loader, LoaderOutcome::EndsSegment);
}

#[test]
fn records_say_what_is_wrong() {
    let segment = sound();
    let apply = |damage: Damage| outcome(&damage.apply(&segment).unwrap().bytes);

    let found = apply(Damage::FlippedCrcBit);
    assert_eq!((found.bad_crc.len(), found.troubles.len(), found.gaps.len()), (1, 0, 0));

    let found = apply(Damage::UnknownCodec);
    let [(_, Trouble::Batch(error), 0)] = found.troubles.as_slice() else { panic!("{:?}", found.troubles) };
    assert_eq!(error.kind, BatchErrorKind::UnknownCodec { id: 6 });
    assert_eq!(error.kafka_text().as_deref(), Some("Unknown compression type id: 6"));

    let found = apply(Damage::RecordCountNegative);
    let [(_, Trouble::Batch(error), 0)] = found.troubles.as_slice() else { panic!("{:?}", found.troubles) };
    assert_eq!(error.kafka_text().as_deref(), Some("Found invalid record count -2 in magic v2 batch"));

    for damage in [Damage::RecordCountTooHigh, Damage::RecordCountHuge] {
        assert_eq!(record_trouble(&apply(damage)), (RecordErrorKind::Missing { have: 0 }, 4));
    }
    assert!(matches!(record_trouble(&apply(Damage::VarintOverflow)), (RecordErrorKind::Length(_), 0)));
    assert!(matches!(
        record_trouble(&apply(Damage::RecordLengthTooLong)),
        (RecordErrorKind::LengthPastEnd { .. }, 0)
    ));
    let compressed = Damage::TruncatedPayload.apply(&sound_in(Codec::Gzip)).unwrap();
    let (kind, read) = record_trouble(&outcome(&compressed.bytes));
    assert!(matches!(kind, RecordErrorKind::Inflate(_)), "{kind} after {read} records");

    let found = apply(Damage::DecompressionBomb);
    match found.troubles.as_slice() {
        [(_, Trouble::Record(error), _)] => assert!(
            matches!(error.kind, RecordErrorKind::Inflate(inner) | RecordErrorKind::InflateTail(inner)
                if matches!(inner.reason, InflateReason::TooLarge { .. }))
                || matches!(error.kind, RecordErrorKind::Leftover { .. }),
            "{error}"
        ),
        other => panic!("{other:?}"),
    }
}
