//! `__transaction_state` as real clusters wrote it.

use lastwrites_records::messages::transaction_state::{decode_key, decode_value};
use lastwrites_records::wire::{Message, Wire};
use lastwrites_types::Release;

use crate::common::{corpus, records_of};

#[test]
fn every_record_of_real_clusters_decodes_and_encodes_back() {
    let Some(corpus) = corpus() else { return };
    let newest = Release::new(4, 4, 0);
    let (mut values, mut committed) = (0, 0);
    for cluster in std::fs::read_dir(corpus.join("cluster-cases")).unwrap() {
        for broker in std::fs::read_dir(cluster.unwrap().path()).into_iter().flatten() {
            for partition in std::fs::read_dir(broker.unwrap().path()).into_iter().flatten() {
                let partition = partition.unwrap();
                if !partition.file_name().to_string_lossy().starts_with("__transaction_state-") {
                    continue;
                }
                for record in records_of(&partition.path()).unwrap() {
                    let stored = record.key.unwrap();
                    let key = decode_key(&stored).unwrap().unwrap();
                    let mut again = vec![0, 0];
                    write(&key, 0, newest, &mut again);
                    assert_eq!(again, stored);
                    let Some(stored) = record.value else { continue };
                    let (version, value) = decode_value(&stored, None).unwrap().unwrap();
                    let mut again = version.to_be_bytes().to_vec();
                    write(&value, version, newest, &mut again);
                    assert_eq!(again, stored, "{value:?}");
                    assert!(value.unknown_tags.is_empty() && (0..=7).contains(&value.transaction_status));
                    assert!(value.producer_id >= 0 && value.transaction_timeout_ms > 0, "{value:?}");
                    values += 1;
                    committed += usize::from(value.transaction_status == 4);
                }
            }
        }
    }
    eprintln!("{values} values equal, {committed} of them CompleteCommit");
    assert!(values > 100 && committed > 10, "{values} {committed}");
}

fn write<M: Message>(message: &M, version: i16, release: Release, out: &mut Vec<u8>) {
    Wire::write(message, out, M::context(version, release));
}
