//! What real brokers left on disk: every companion file reads, and every copy is found.

#![allow(clippy::panic, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lastwrites_evidence::{Companion, CompanionKind, Evidence, discover};

fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LASTWRITES_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        eprintln!("skipped: LASTWRITES_CORPUS not set");
    }
    corpus
}

fn evidence(path: &Path) -> Evidence {
    discover(&[path.to_owned()]).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads every companion of every copy; returns how many of each kind read, and what did not.
fn read_all(evidence: &Evidence) -> (BTreeMap<CompanionKind, usize>, Vec<String>) {
    let mut read = BTreeMap::new();
    let mut failed: Vec<String> =
        evidence.problems.iter().filter(|problem| !problem.is_note()).map(ToString::to_string).collect();
    for file in evidence.copies.iter().flat_map(|copy| &copy.companions) {
        match file.load() {
            Ok(Companion::ProducerSnapshot(snapshot)) if !snapshot.crc_ok() => {
                failed.push(format!("{}: CRC {:08x}", file.path.display(), snapshot.stored_crc));
            }
            Ok(companion) if !companion.flaws().is_empty() => {
                failed.extend(companion.flaws().iter().map(|flaw| format!("{} {flaw}", file.path.display())));
            }
            Ok(_) => *read.entry(file.kind).or_default() += 1,
            Err(error) => failed.push(error.to_string()),
        }
    }
    (read, failed)
}

#[test]
fn companion_files_of_real_brokers_read() {
    let Some(corpus) = corpus() else { return };
    for part in ["wild", "broker-cases", "cluster-cases", "load-cases"] {
        let evidence = evidence(&corpus.join(part));
        let (read, failed) = read_all(&evidence);
        eprintln!(
            "{part}: {} log dirs, {} copies, {} other partitions, {} problems, read {read:?}",
            evidence.log_dirs.len(),
            evidence.copies.len(),
            evidence.other_partitions.len(),
            evidence.problems.len()
        );
        let mut said = failed.iter().map(String::as_str);
        if part == "wild" {
            // One published copy has a stretch of zeros in the middle of both indexes of one segment.
            let hole = |said: Option<&str>, found: &str| said.is_some_and(|said| said.ends_with(found));
            assert!(hole(said.next(), "relative offset 0, file position 0"), "{failed:?}");
            assert!(hole(said.next(), "timestamp 0, relative offset 0"), "{failed:?}");
        }
        assert_eq!(said.next(), None, "{part}:\n{}", failed.join("\n"));
    }
}
