//! The pipeline's arrows go one way, as `docs/architecture.md` draws them.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Each package with the workspace packages it may depend on. `synth` and the seeker are in nobody's list: the
/// first is for tests, the second is the only program that opens a socket.
const MAY_USE: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("segment", &["types"]),
    ("records", &["types", "segment"]),
    ("evidence", &["types", "segment", "records"]),
    ("coordinator", &["types", "segment", "records", "evidence"]),
    ("recovered-offsets", &["types"]),
    ("report", &["types", "segment", "records", "evidence", "coordinator", "recovered-offsets"]),
    ("tables", &["types", "segment", "records", "evidence", "coordinator", "recovered-offsets", "report"]),
    (
        "lastwrites",
        &["types", "segment", "records", "evidence", "coordinator", "recovered-offsets", "report", "tables"],
    ),
    ("seeker", &["types", "segment", "recovered-offsets"]),
    ("synth", &[]),
];

/// Third-party crates that only these packages may name. A library has no command line and no progress bar.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("polars", &["tables"]),
    ("memmap2", &["segment"]),
    ("kafka-protocol", &["seeker"]),
    ("rustls", &["seeker"]),
    ("indicatif", &["lastwrites", "seeker"]),
    ("clap", &["lastwrites", "seeker", "synth"]),
];

/// Declared dependencies of the workspace's packages: (package, dependency, is only for tests).
fn dependencies() -> Vec<(String, String, bool)> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = short(package["name"].as_str().unwrap());
        for dependency in package["dependencies"].as_array().unwrap() {
            let only_tests = dependency["kind"] == "dev";
            found.push((name.clone(), short(dependency["name"].as_str().unwrap()), only_tests));
        }
    }
    found
}

fn short(package: &str) -> String {
    package.strip_prefix("lastwrites-").unwrap_or(package).to_owned()
}

#[test]
fn arrows_go_one_way() {
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(package, _)| *package).collect();
    let found = dependencies();
    let packages: BTreeSet<&str> = found.iter().map(|(package, ..)| package.as_str()).collect();
    let strangers: Vec<_> = packages.difference(&known).collect();
    assert!(strangers.is_empty(), "packages without a place in the pipeline: {strangers:?}");

    for (package, dependency, only_tests) in &found {
        if !known.contains(dependency.as_str()) {
            continue;
        }
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| name == package).unwrap();
        // Tests may write with synth, and synth's own tests may read with the readers.
        let in_tests = *only_tests && (dependency == "synth" || package == "synth");
        assert!(
            in_tests || allowed.contains(&dependency.as_str()),
            "{package} depends on {dependency}; it may use {allowed:?}"
        );
    }
}

#[test]
fn some_crates_are_kept_to_one_place() {
    for (package, dependency, only_tests) in dependencies() {
        let kept = KEPT_TO.iter().find(|(name, _)| *name == dependency);
        let Some((_, owners)) = kept.filter(|_| !only_tests) else { continue };
        assert!(owners.contains(&package.as_str()), "{package} depends on {dependency}, kept to {owners:?}");
    }
}
