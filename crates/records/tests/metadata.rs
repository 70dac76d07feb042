//! `__cluster_metadata` as real controllers wrote it, and arbitrary bytes.

use lastwrites_records::messages::metadata::{MetadataRecord, decode_value};
use lastwrites_segment::{Framed, Framer, Inflater};
use lastwrites_types::ByteRange;
use proptest::prelude::*;

use crate::common::corpus;

#[test]
fn every_record_of_real_controllers_decodes_and_encodes_back() {
    let Some(corpus) = corpus() else { return };
    let (mut kept, mut others) = (0, 0);
    for cluster in std::fs::read_dir(corpus.join("cluster-cases")).unwrap() {
        for node in std::fs::read_dir(cluster.unwrap().path()).into_iter().flatten() {
            for dir in [node.unwrap().path()].into_iter().flat_map(|node| [node.clone(), node.join("dir-a")])
            {
                for file in std::fs::read_dir(dir.join("__cluster_metadata-0")).into_iter().flatten() {
                    let path = file.unwrap().path();
                    if !path.extension().is_some_and(|e| e == "log" || e == "checkpoint") {
                        continue;
                    }
                    for value in values(&std::fs::read(&path).unwrap()) {
                        let record =
                            decode_value(&value).unwrap_or_else(|e| panic!("{path:?} {value:02x?} {e}"));
                        assert!(!matches!(record, MetadataRecord::UnknownVersion { .. }), "{record:?}");
                        match record.encode(i16::from(value[2])) {
                            Some(again) => {
                                assert_eq!(again, value, "{record:?}");
                                kept += 1;
                            }
                            None => others += 1,
                        }
                    }
                }
            }
        }
    }
    eprintln!("{kept} values equal, {others} of other kinds");
    assert!(kept > 2_000, "{kept}");
}

/// Values of the data records of a log or snapshot.
fn values(bytes: &Vec<u8>) -> Vec<Vec<u8>> {
    let (mut scratch, mut inflater, mut found) = (Vec::new(), Inflater::default(), Vec::new());
    let mut framer = Framer::new(bytes, ByteRange::new(0, bytes.len() as u64), &mut scratch);
    while let Some(item) = framer.next().unwrap() {
        // A live copy's active segment is preallocated: zeros follow the last batch.
        let Framed::Batch(batch) = item else { continue };
        if batch.header.is_control() {
            continue;
        }
        let mut records = batch.records(&mut inflater).unwrap();
        while let Some(record) = records.next().unwrap() {
            found.push(record.value.unwrap().to_vec());
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(
        api_key in 0u8..30,
        version in 0u8..6,
        rest in proptest::collection::vec(prop_oneof![4 => 0u8..4, 1 => any::<u8>()], 0..80),
    ) {
        let value = [&[1, api_key, version][..], &rest].concat();
        if let Ok(record) = decode_value(&value)
            && let Some(again) = record.encode(i16::from(version))
        {
            prop_assert_eq!(decode_value(&again), Ok(record));
        }
        let _ = decode_value(&rest);
    }
}
