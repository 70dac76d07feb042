//! Any bytes at all: every companion parser answers, with positions inside the file.

#![allow(clippy::unwrap_used, reason = "a test")]

use lastwrites_evidence::companion::{
    CompanionError, parse_checkpoint, parse_clean_shutdown, parse_leader_epochs, parse_meta_properties,
    parse_offset_index, parse_partition_metadata, parse_producer_snapshot, parse_time_index, parse_txn_index,
};
use proptest::prelude::*;

fn all(bytes: &[u8], base_offset: i64) -> Vec<CompanionError> {
    let checkpoint = parse_checkpoint(bytes);
    let epochs = parse_leader_epochs(bytes);
    let mut errors: Vec<_> = [
        parse_clean_shutdown(bytes).err(),
        parse_meta_properties(bytes).err(),
        parse_offset_index(bytes, base_offset).flaw,
        parse_partition_metadata(bytes).err(),
        parse_producer_snapshot(bytes).err(),
        parse_time_index(bytes, base_offset).flaw,
        parse_txn_index(bytes).err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    errors.extend(checkpoint.map_or_else(|error| vec![error], |checkpoint| checkpoint.flaws));
    errors.extend(epochs.map_or_else(|error| vec![error], |epochs| epochs.flaws));
    errors
}

fn check(bytes: &[u8], base_offset: i64) -> Result<(), TestCaseError> {
    for error in all(bytes, base_offset) {
        prop_assert!(error.position <= bytes.len().max(10) as u64, "{error}");
        prop_assert!(error.to_string().len() < 2000, "{error}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), base_offset: i64) {
        check(&bytes, base_offset)?;
    }

    #[test]
    fn almost_text(text in "(0|1|version|topic_id|node\\.id|[0-9]{1,22}|-| |=|:|\\\\u|\\{|\\}|\"|\r\n|\n|\r){0,40}") {
        check(text.as_bytes(), 0)?;
    }

    #[test]
    fn checkpoints_give_back_what_was_written(
        entries in proptest::collection::btree_map(("[a-zA-Z0-9._-]{1,20}", 0..100_i32), any::<i64>(), 0..30),
        end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let mut text = format!("0{end}{}{end}", entries.len());
        for ((topic, partition), offset) in &entries {
            text += &format!("{topic} {partition} {offset}{end}");
        }
        let checkpoint = parse_checkpoint(text.as_bytes()).unwrap();
        prop_assert!(checkpoint.flaws.is_empty());
        for ((topic, partition), offset) in &entries {
            prop_assert_eq!(checkpoint.get(topic, *partition), Some(*offset));
        }
    }
}
