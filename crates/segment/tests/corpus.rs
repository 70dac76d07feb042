//! Every segment of the corpus: real brokers', load cases and directories found in the wild.

use std::path::{Path, PathBuf};

use lastwrites_segment::{Framed, Inflater, ReadMode, open};

use crate::walk::{Item, for_each, items, items_cut, records};

/// The corpus, when the environment names one.
pub(crate) fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LASTWRITES_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        println!("skipped: LASTWRITES_CORPUS not set");
    }
    corpus
}

/// All files below `folder` whose name contains `.log` after 20 digits.
pub(crate) fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap_or_default();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if name.get(..20).is_some_and(|stem| stem.bytes().all(|b| b.is_ascii_digit()))
                && name.get(20..).is_some_and(|suffix| suffix.starts_with(".log"))
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_segment_adds_up() {
    let Some(corpus) = corpus() else { return };
    let (mut files, mut bytes, mut decoded, mut empty, mut damaged) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let (mut batches, mut bad_crc, mut found_records, mut troubles) = (0u64, 0u64, 0u64, Vec::new());
    let mut inflater = Inflater::default();
    for part in ["broker-cases", "cluster-cases", "load-cases", "wild", "record-cases"] {
        for path in segments(&corpus.join(part)) {
            let mapped = open(&path, ReadMode::Mapped).unwrap();
            let plain = open(&path, ReadMode::Plain).unwrap();
            let framed = items_cut(mapped.as_ref(), &[4096, 1024 * 1024]);
            assert_eq!(framed, items(plain.as_ref()), "{}", path.display());
            files += 1;
            bytes += mapped.len();
            for item in &framed {
                match item {
                    Item::Gap(gap) if gap.is_empty_space() => empty += gap.range.len(),
                    Item::Gap(gap) => {
                        damaged += gap.range.len();
                        println!("{}: {gap}", path.display());
                    }
                    Item::Batch { .. } => {}
                }
            }
            for_each(mapped.as_ref(), |framed| {
                let Framed::Batch(batch) = framed else { return };
                batches += 1;
                bad_crc += u64::from(!batch.crc_ok());
                let (read, trouble) = records(&batch, &mut inflater);
                found_records += read.len() as u64;
                match trouble {
                    None => decoded += batch.range().len(),
                    Some(trouble) => {
                        damaged += batch.range().len();
                        troubles.push(format!("{}: {trouble:?}", path.display()));
                    }
                }
            });
        }
    }
    println!(
        "{files} files, {bytes} bytes = {decoded} decoded + {empty} empty + {damaged} damaged; {batches} batches, \
         {bad_crc} with a bad checksum; {found_records} records"
    );
    troubles.iter().for_each(|trouble| println!("{trouble}"));
    assert!(files > 1_000, "{files} segment files found below {}", corpus.display());
    assert_eq!(decoded + empty + damaged, bytes);
}
