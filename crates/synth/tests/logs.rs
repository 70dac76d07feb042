//! Workloads, incidents, damage and benchmark sets as wholes.

use std::collections::BTreeSet;

use lastwrites_synth::batch::Magic;
use lastwrites_synth::benchmark;
use lastwrites_synth::codec::Codec;
use lastwrites_synth::damage::Damage;
use lastwrites_synth::incidents;
use lastwrites_synth::partitioner::partition_of;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::workload::{Shape, generate};

#[test]
fn a_workload_depends_on_its_seed_alone() {
    let shape = Shape::default();
    let (one, again, other) =
        (generate(7, &shape).unwrap(), generate(7, &shape).unwrap(), generate(8, &shape).unwrap());
    assert_eq!(one.segments, again.segments);
    assert_eq!(one.expected, again.expected);
    assert_ne!(one.segments, other.segments);
}

#[test]
fn a_workload_has_everything_it_promises() {
    let mut open = 0;
    for seed in 0..20 {
        let log = generate(seed, &Shape::default()).unwrap();
        let state = log.expected.last();
        assert!(!state.committed.is_empty());
        open += state.pending.len();
        assert!(log.segments.len() > 1);
        assert!(log.batches.iter().any(|batch| batch.control));
        assert!(log.batches.iter().any(|batch| batch.records.iter().any(|record| record.value.is_none())));
        // Offsets are gapless and every segment starts where the one before ends.
        let next: Vec<i64> = log.batches.iter().map(|batch| batch.next_offset()).collect();
        let bases: Vec<i64> = log.batches.iter().skip(1).map(|batch| batch.base_offset).collect();
        assert_eq!(next[..next.len() - 1], bases[..]);
        let bytes: usize = log.segments.iter().map(|(_, bytes)| bytes.len()).sum();
        assert_eq!(bytes, Segment::of(0, &log.batches).unwrap().bytes.len());
    }
    assert!(open > 0, "some transaction is open at the end of some log");
}

#[test]
fn message_sets_carry_no_transactions() {
    for magic in [Magic::V0, Magic::V1] {
        let shape = Shape { magic, codec: Codec::Lz4, ..Shape::default() };
        let log = generate(3, &shape).unwrap();
        assert!(log.batches.iter().all(|batch| !batch.control && !batch.transactional));
        assert!(log.expected.last().pending.is_empty());
    }
}

#[test]
fn every_incident_lies_where_its_groups_belong_and_can_be_written() {
    let cast = incidents::Cast::default();
    for group in [&cast.group, &cast.bystander] {
        assert_eq!(partition_of(group, incidents::PARTITIONS), incidents::PARTITION, "{group}");
    }
    let names: BTreeSet<&str> = incidents::names().collect();
    assert_eq!(names.len(), incidents::names().count());
    for name in names {
        let incident = incidents::named(name).unwrap();
        let torn = incident.torn();
        let ascending = torn.windows(2).all(|pair| pair[0].last_offset() < pair[1].base_offset);
        assert!(!torn.is_empty() && ascending, "{name}");
        assert_eq!(torn == incident.raw, incident.view == incidents::View::AsWritten, "{name}");
        let on_disk: Vec<_> = incident.broker().partitions[&incidents::PARTITION]
            .segments
            .iter()
            .flat_map(|(_, b)| b.clone())
            .collect();
        assert_eq!(on_disk, torn, "{name}");
        assert!(incident.files().unwrap().0.contains_key("broker/meta.properties"), "{name}");
    }
}

#[test]
fn damage_changes_what_it_says_and_nothing_else() {
    for (name, damage) in Damage::ALL {
        let shape = Shape { transactional: 0.0, markers: 0.0, codec: damage.wants(), ..Shape::default() };
        let sound = Segment::of(0, &generate(1, &shape).unwrap().batches).unwrap();
        let damaged = damage.apply(&sound).unwrap();
        assert_ne!(damaged.bytes, sound.bytes, "{name}");
        // Everything before the first batch that was hit is untouched.
        let first = damaged.hit.first().map_or(sound.bytes.len(), |placed| placed.position);
        assert_eq!(damaged.bytes[..first], sound.bytes[..first], "{name}");
    }
}

#[test]
fn damage_needs_something_to_damage() {
    let empty = Segment::of(0, &[]).unwrap();
    for (name, damage) in Damage::ALL {
        assert!(damage.apply(&empty).is_err(), "{name}");
    }
}

#[test]
fn benchmark_sets_have_the_proportions_they_are_compared_by() {
    let dir = tempfile::tempdir().unwrap();
    let settings =
        benchmark::Settings { bytes: 4 << 20, segment_bytes: 1 << 20, ..benchmark::Settings::default() };
    let written = benchmark::write(dir.path(), &settings).unwrap();
    assert_eq!(written.segments, 4);
    let per_record = written.bytes as f64 / written.records as f64;
    assert!((120.0..136.0).contains(&per_record), "{per_record} bytes a record");
    let per_batch = written.records as f64 / written.batches as f64;
    assert!((3.2..3.8).contains(&per_batch), "{per_batch} records a batch");
}
