//! What `diagnose` finds by a second reading: orphans and foreign groups as `groups` does, live transactional
//! commits, keys that stand twice below the first dirty offset.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_synth::incidents;
use serde_json::Value;

use crate::support::{array, complaints, copy, corpus, fixtures, folders, lastwrites, none_of, text};

/// Codes and messages of orphans (LW205) and foreign groups (LW206).
fn left_behind(document: &Value) -> BTreeSet<(String, String)> {
    let findings = array(document, "findings").iter();
    let of_kind = findings.filter(|finding| finding["code"] == "LW205" || finding["code"] == "LW206");
    of_kind.map(|finding| (finding["code"].to_string(), finding["message"].to_string())).collect()
}

#[test]
fn diagnose_names_the_orphans_and_foreign_groups_that_groups_names() {
    let mut cases = folders(&fixtures("broker"));
    match corpus("load-cases") {
        Some(cases_of_corpus) => {
            cases.extend(folders(&cases_of_corpus));
            cases.extend(corpus("broker-cases").map(|cases| folders(&cases)).unwrap_or_default());
        }
        None => eprintln!("only the fixtures: LASTWRITES_CORPUS not set"),
    }
    let named = std::sync::atomic::AtomicUsize::new(0);
    none_of(&complaints(&cases, |case: &PathBuf| {
        let groups = lastwrites(&["groups", "--json", text(case)]);
        if groups.code == 2 {
            return Vec::new();
        }
        let expected = left_behind(&groups.json());
        let got =
            left_behind(&lastwrites(&["diagnose", "--json", "--race-windows", "none", text(case)]).json());
        named.fetch_add(expected.len(), std::sync::atomic::Ordering::Relaxed);
        if got == expected {
            Vec::new()
        } else {
            vec![format!("{case:?}: {got:?}, groups says {expected:?}")]
        }
    }));
    if corpus("load-cases").is_some() {
        assert!(named.into_inner() > 0, "no case has an orphan, so nothing was compared");
    }
}

/// Keys with two data records below an offset, as `dump` shows them: the first pair in log order.
fn first_repeat(folder: &Path, below: i64) -> Option<(i64, i64)> {
    let mut seen: BTreeMap<String, i64> = BTreeMap::new();
    for line in lastwrites(&["dump", "--json", text(folder)]).json_lines() {
        let offset = line["offset"].as_i64().unwrap();
        if line["control"].is_null()
            && offset < below
            && let Some(earlier) = seen.insert(line["key"].to_string(), offset)
        {
            return Some((earlier, offset));
        }
    }
    None
}

/// A real broker's partition that was never cleaned, beside a checkpoint that says it was.
#[test]
fn a_key_twice_below_the_first_dirty_offset_is_a_torn_copy() {
    let folder = tempfile::tempdir().unwrap();
    let from = fixtures("broker/classic-4.1.2/data");
    let mut told = 0;
    for partition in [2, 4] {
        let name = format!("__consumer_offsets-{partition}");
        let case = folder.path().join(format!("case-{partition}"));
        copy(&from.join(&name), &case.join(&name));
        for below in [3, 1_000] {
            let checkpoint = format!("0\n1\n__consumer_offsets {partition} {below}\n");
            fs::write(case.join("cleaner-offset-checkpoint"), checkpoint).unwrap();
            let document = lastwrites(&["diagnose", "--json", "--race-windows", "none", text(&case)]).json();
            let stands = array(&document, "findings").iter().find(|finding| {
                finding["code"] == "LW112"
                    && finding["message"].as_str().unwrap().contains("stands at offsets")
            });
            let expected = first_repeat(&case, below);
            assert_eq!(
                stands.and_then(|finding| finding["offset"].as_i64()),
                expected.map(|(_, later)| later)
            );
            if let (Some(finding), Some((earlier, later))) = (stands, expected) {
                let message = finding["message"].as_str().unwrap();
                assert!(message.contains(&format!("stands at offsets {earlier} and {later},")), "{message}");
                told += 1;
            }
        }
    }
    assert!(told > 0, "no partition of the fixture repeats a key, so nothing was judged");
}

/// What the real cleaner left, beside its own checkpoint, is no such copy.
#[test]
fn what_the_cleaner_left_is_not_taken_for_a_torn_copy() {
    for case in ["compacted-3.6.2", "compacted-4.1.2"] {
        let document = lastwrites(&[
            "diagnose",
            "--json",
            "--race-windows",
            "none",
            text(&fixtures("broker").join(case)),
        ])
        .json();
        let torn = array(&document, "findings").iter().filter(|finding| finding["code"] == "LW112").count();
        assert_eq!(torn, 0, "{case}: {document}");
    }
}

/// Live transactional commits as `dump` shows them: the last settled write of each key, where a transaction wrote it.
fn live_transactional(folder: &Path) -> (usize, usize) {
    let (mut total, mut open) = (0, BTreeMap::<i64, Vec<String>>::new());
    let mut last_by_transaction: BTreeMap<String, bool> = BTreeMap::new();
    for line in lastwrites(&["dump", "--json", text(folder)]).json_lines() {
        let producer = line["producer_id"].as_i64().unwrap();
        if let Some(kind) = line["control"]["type"].as_str() {
            let settled = open.remove(&producer).unwrap_or_default();
            if kind == "COMMIT" {
                last_by_transaction.extend(settled.into_iter().map(|key| (key, true)));
            }
        } else if line["key"]["type"] == 1 {
            let key = line["key"]["data"].to_string();
            match (line["value"].is_null(), producer) {
                (true, _) => drop(last_by_transaction.insert(key, false)),
                (false, -1) => drop(last_by_transaction.insert(key, false)),
                (false, _) => {
                    total += 1;
                    open.entry(producer).or_default().push(key);
                }
            }
        }
    }
    assert!(open.is_empty(), "a transaction that stays open counts too, and this simple count leaves it out");
    (last_by_transaction.into_values().filter(|live| *live).count(), total)
}

#[test]
fn a_heap_risk_tells_live_commits_from_dead_ones() {
    let folder = tempfile::tempdir().unwrap();
    incidents::named("kafka-19716").unwrap().files().unwrap().write(folder.path()).unwrap();
    let case = folder.path().join("raw");
    let (live, total) = live_transactional(&case);
    let document = lastwrites(&["diagnose", "--json", "--race-windows", "none", text(&case)]).json();
    let heap = array(&document, "findings").iter().find(|finding| finding["code"] == "LW110");
    let message = heap.expect("a heap risk")["message"].as_str().unwrap().replace(',', "");
    let dead = total - live;
    assert!(
        message.contains(&format!("{total} transactional offset commits ({live} live {dead} superseded")),
        "{live} of {total}: {message}"
    );
}
