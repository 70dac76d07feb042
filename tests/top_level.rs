//! What a stranger sees when they open the project: a short top level, and nothing of the machine it was written on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_visible_top_level_is_short() {
    let want: BTreeSet<String> = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
        "crates",
        "docs",
        "fixtures",
        "tests",
    ]
    .map(str::to_owned)
    .into();
    let visible: BTreeSet<String> = fs::read_dir(ROOT)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    assert_eq!(visible, want);
}

/// Paths of a particular machine mean nothing to anyone else. `.ci/run` alone looks for material beside the checkout.
#[test]
fn no_file_names_a_particular_machine() {
    // Spelled in halves, so that this file isn't its own finding.
    let words =
        [concat!("/wo", "rk/"), concat!("../sha", "red"), concat!("/ro", "ot/"), concat!("/tmp/tar", "get")];
    let mut findings = Vec::new();
    for file in files(Path::new(ROOT)) {
        let bytes = fs::read(&file).unwrap();
        for word in words {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                findings.push(format!("{}: {word}", file.strip_prefix(ROOT).unwrap().display()));
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

/// Every file of the project: build outputs, version control and `.ci` left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let name = entry.file_name();
        if kind.is_dir() && ![".git", ".ci", "target"].iter().any(|skipped| name == *skipped) {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
