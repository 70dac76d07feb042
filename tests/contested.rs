//! Offsets on which copies disagree: every output shows both sides, and none picks one in silence.
//!
//! The judge is a cluster whose broker 1 lost keys to its own cleaner: what it served when it led again, and what the others
//! had served before.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::replicas::{Key, offsets, told};
use crate::support::{array, corpus, lastwrites, read_json, string, text};

fn unclean() -> Option<PathBuf> {
    Some(corpus("cluster-cases")?.join("cluster-unclean-4.1.2"))
}

fn nodes(names: [&str; 3]) -> Option<Vec<PathBuf>> {
    let case = unclean()?;
    Some(names.map(|name| case.join(name)).to_vec())
}

fn run(command: &[&str], nodes: &[PathBuf]) -> crate::support::Run {
    let nodes: Vec<&str> = nodes.iter().map(|node| text(node)).collect();
    lastwrites(&[command, &nodes].concat())
}

fn is_contested(offset: &Value) -> bool {
    array(offset, "flags").iter().any(|flag| flag == "contested")
}

/// A key of broker 1 and the others with what clients got: `None` where broker 1 lacks it.
fn lost() -> Option<Vec<(Key, i64)>> {
    let truth = read_json(&unclean()?.join("truth.json"));
    let (before, led) = (told(&truth["rejoined"]), told(&truth["rejoinedLeads"]));
    let lost = before.iter().filter(|(key, _)| !led.contains_key(*key));
    Some(lost.map(|(key, told)| (key.clone(), told["offset"].as_i64().unwrap())).collect())
}

/// The line of a topic partition on the screen of `groups`, with what follows below it.
fn line_of(screen: &str, (group, topic, partition): &Key) -> String {
    let block = screen.split("\n\n").find(|block| block.starts_with(&format!("{group} "))).unwrap();
    let words = block.split_whitespace().collect::<Vec<_>>().join(" ");
    let from = words.find(&format!("{topic} {partition} ")).unwrap_or_else(|| panic!("{topic}: {block}"));
    words[from..].chars().take(160).collect()
}

#[test]
fn the_keys_that_clients_lost_are_contested_and_no_others_of_that_leader() {
    let Some(nodes) = nodes(["broker-1-rejoined", "broker-2", "broker-3"]) else { return };
    let document = run(&["groups", "--json"], &nodes).json();
    let ours = offsets(&document);
    let screen = String::from_utf8(run(&["groups"], &nodes).stdout).unwrap();
    let lost = lost().unwrap();
    assert!(!lost.is_empty());
    for (key, value) in &lost {
        let offset = ours[key];
        assert!(is_contested(offset) && offset["offset"] == *value, "{key:?}: {offset}");
        let others = array(offset, "alternatives");
        assert!(others.len() == 1 && others[0]["offset"].is_null(), "{key:?}: {offset}");
        let line = line_of(&screen, key);
        assert!(line.contains("contested, none on broker 1"), "{line}");
    }
    // What broker 1 served when it led is contested nowhere; of partitions that others led its own copy tells.
    let truth = read_json(&unclean().unwrap().join("truth.json"));
    let led: Vec<&str> = array(&truth["rejoinedLeads"], "groups")
        .iter()
        .filter(|group| group["coordinator"] == 1)
        .map(|group| string(group, "group"))
        .collect();
    let alone = run(&["groups", "--json"], &nodes[..1]).json();
    let alone = offsets(&alone);
    let served = told(&truth["rejoinedLeads"]);
    let mut judged = 0;
    for (key, offset) in &ours {
        if led.contains(&key.0.as_str()) {
            let same = served.get(key).is_some_and(|served| served["offset"] == offset["offset"]);
            assert_eq!(is_contested(offset), !same, "{key:?}: {offset}");
            judged += 1;
        } else if is_contested(offset) {
            assert!(!alone.contains_key(key), "broker 1 has {key:?}: {offset}");
        }
    }
    assert!(judged > lost.len(), "{judged}");
    let page = tempfile::tempdir().unwrap();
    let out = page.path().join("report");
    let made = run(&["examine", "--out", text(&out)], &nodes);
    assert!(made.code < 2, "{}", made.stderr);
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("contested, none on broker 1"), "the page shows one side");
}

/// What broker 1 had acknowledged alone stands beside the answer on the screen, too.
#[test]
fn a_screen_shows_what_a_fork_holds_instead() {
    let Some(nodes) = nodes(["broker-1", "broker-2", "broker-3"]) else { return };
    let truth = read_json(&unclean().unwrap().join("truth.json"));
    let (alone, shared) = (told(&truth["before"]), told(&truth["inSync"]));
    let screen = String::from_utf8(run(&["groups"], &nodes).stdout).unwrap();
    let ours = run(&["groups", "--json"], &nodes).json();
    let ours = offsets(&ours);
    let mut shown = 0;
    for (key, told) in &alone {
        let Some(offset) = ours.get(key).filter(|offset| offset["offset"].is_i64()) else { continue };
        if shared.get(key).is_some_and(|shared| shared["offset"] != told["offset"])
            && offset["offset"] != told["offset"]
        {
            let line = line_of(&screen, key);
            assert!(line.contains(&format!("unacknowledged, {} on broker 1", told["offset"])), "{line}");
            shown += 1;
        }
    }
    assert!(shown > 5, "{shown}");
}

/// The document has both sides, and says that nothing bounds the choice; a form can say neither, so it leaves the key out.
#[test]
fn recover_hands_on_both_sides_and_forms_pick_none() {
    let Some(nodes) = nodes(["broker-1-rejoined", "broker-2", "broker-3"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut forms = BTreeMap::new();
    for (nth, (key, value)) in lost().unwrap().into_iter().enumerate() {
        let out = folder.path().join(format!("{nth}.json"));
        let run_of = |extra: &[&str], out: &str| {
            run(&[&["recover", "--group", &key.0, "-o", out], extra].concat(), &nodes)
        };
        let document = run_of(&["--json"], text(&out)).json();
        let group = &array(&document, "groups")[0];
        let recovered = offsets(&document);
        let offset = recovered[&key];
        assert_eq!(offset["offset"], value);
        let none = &array(offset, "alternatives")[0];
        assert!(none["offset"].is_null() && none["record"].is_null(), "{offset}");
        assert!(string(none, "why").starts_with("broker 1 "), "{offset}");
        // Without an offset a consumer may begin at the log's start: at 20 it would skip all up to there.
        let skipped = &offset["bound"]["skipped_at_most"];
        assert!(skipped.is_null() || *skipped == value, "{offset}");
        let warned = |document: &Value| {
            document["warnings"].to_string().contains("caught-up copies disagree on 1 partition")
        };
        assert!(warned(group), "{group}");
        for form in ["kafka-consumer-groups", "kcl", "karafka"] {
            let left = folder.path().join(format!("{nth}.{form}"));
            let without = run_of(&["--format", form], text(&left));
            assert!(without.stderr.contains("contested"), "{}", without.stderr);
            let text_of = fs::read_to_string(&left).unwrap_or_default();
            let row = format!("{},{},{value}", key.1, key.2);
            assert!(!text_of.contains(&row) && (without.code > 0), "{form}: {text_of}");
            let all = folder.path().join(format!("{nth}.{form}.all"));
            let asked = run_of(&["--format", form, "--in-doubt"], text(&all));
            assert!(asked.code < 2, "{}", asked.stderr);
            let with = fs::read_to_string(&all).unwrap();
            assert!(with.len() > text_of.len(), "{form}: {with} {text_of}");
            *forms.entry(form).or_insert(0) += 1;
        }
    }
    assert_eq!(forms.len(), 3);
}
