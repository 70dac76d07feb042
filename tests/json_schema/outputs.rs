//! What the program prints over real evidence, held against the schemas with unknown fields denied.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::schema_of;
use super::strict::faults;
use crate::support::{
    complaints, corpus, fixtures, folders, lastwrites, lastwrites_reading, lines, none_of, text,
};

fn hold(schema: &str, document: &Value, what: &str) {
    none_of(&unfit(schema, document, what));
}

fn unfit(schema: &str, document: &Value, what: &str) -> Vec<String> {
    faults(&schema_of(schema), document)
        .into_iter()
        .map(|fault| format!("{what}, {schema}: {fault}"))
        .collect()
}

/// Every command on one piece of evidence; gives what does not fit.
fn all_outputs(evidence: &Path) -> Vec<String> {
    let path = text(evidence);
    let mut found = Vec::new();
    for (command, extra) in [
        ("groups", &["--deleted"] as &[&str]),
        ("groups", &["--as-of", "2026-01-01T00:00:00Z"]),
        ("scan", &[]),
        ("diagnose", &[]),
        ("blast-radius", &[]),
        ("examine", &[]),
    ] {
        let run = lastwrites(&[&[command, "--json", path], extra].concat());
        if run.code != 2 {
            found.extend(unfit(command, &run.json(), path));
        }
    }
    for (command, extra) in [("dump", &["--leftovers"] as &[&str]), ("history", &[])] {
        let run = lastwrites(&[&[command, "--json", path], extra].concat());
        let schema = schema_of(command);
        for line in lines(&run.stdout) {
            found.extend(
                faults(&schema, &line).into_iter().map(|fault| format!("{path}, {command}: {fault}")),
            );
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("offsets.json");
    lastwrites(&["recover", "--all-groups", "--foreign", "--deleted", "-o", text(&document), path]);
    if let Ok(document) = fs::read(&document) {
        found.extend(unfit("recovered-offsets", &serde_json::from_slice(&document).unwrap(), path));
    }
    found
}

fn fixture_cases() -> Vec<PathBuf> {
    let mut cases = Vec::new();
    for parent in ["broker", "damaged", "incident", "synth"] {
        cases.extend(folders(&fixtures(parent)));
    }
    cases
}

#[test]
fn outputs_over_the_fixtures_fit() {
    none_of(&complaints(&fixture_cases(), |case| all_outputs(case)));
}

#[test]
fn outputs_over_the_corpus_fit() {
    for parent in ["broker-cases", "cluster-cases"] {
        if let Some(parent) = corpus(parent) {
            none_of(&complaints(&folders(&parent), |case| all_outputs(case)));
        }
    }
}

/// The whole post-mortem holds what the other reports hold; it is enough where only loads differ.
#[test]
fn post_mortems_of_the_load_cases_fit() {
    if let Some(parent) = corpus("load-cases") {
        let judge = |case: &PathBuf| {
            let path = text(case);
            unfit("examine", &lastwrites(&["examine", "--json", path]).json(), path)
        };
        none_of(&complaints(&folders(&parent), judge));
    }
}

#[test]
fn what_is_asked_for_by_name_fits() {
    let incident = fixtures("incident/kafka-19862");
    let run = lastwrites(&["playbook", "--json", "--brokers", "1,2,3", text(&incident)]);
    hold("playbook", &run.json(), "playbook");
    for extra in [&["payments"] as &[&str], &["--avoid", "13", "payments", "my-group"]] {
        let run = lastwrites(&[&["partition-for", "--json"], extra].concat());
        hold("partition-for", &run.json(), "partition-for");
    }
    let pages = lastwrites(&["explain", "--json", "LW101", "evidence"]);
    hold("explain-pages", &pages.json(), "explain of pages");
    let log = "[2026-11-22 10:00:00,000] ERROR [GroupCoordinator id=5] Failed to load metadata from \
        __consumer_offsets-13 with epoch 7 due to java.lang.IllegalStateException: Cannot set the epoch of \
        x-0 to 12 because the partition is still owned at epoch 11. (o.a.k.c.c.r.CoordinatorRuntime)\n";
    for path in [&[] as &[&str], &[text(&incident)]] {
        let run = lastwrites_reading(&[&["explain", "--json"], path].concat(), log.as_bytes());
        let told = run.json();
        assert!(!told["matches"].as_array().unwrap().is_empty());
        hold("explain", &told, "explain");
    }
}

#[test]
fn a_written_report_fits() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    lastwrites(&["examine", text(&fixtures("incident/kafka-19862")), "--out", text(&out)]);
    let report = fs::read(out.join("report.json")).unwrap();
    hold("examine", &serde_json::from_slice(&report).unwrap(), "report.json");
}
