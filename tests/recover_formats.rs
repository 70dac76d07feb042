//! Other tools' forms of recovered offsets. The offsets are what the Admin API of a real broker said when the
//! fixture was taken (`truth.json`); the forms are the ones that each tool's source reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use lastwrites_synth::broker_dir::{BrokerDir, PartitionDir};
use lastwrites_synth::model::OffsetKey;
use lastwrites_synth::script::Script;
use lastwrites_synth::values::offsets::OffsetCommit;
use serde_json::{Map, Value, json};

use crate::support::{array, corpus, fixtures, lastwrites, read_json, string, text};

/// Topic, partition and offset of a group, by topic and partition, as the broker told.
fn truth(case: &Path, group_id: &str) -> Vec<(String, i64, i64)> {
    let truth = read_json(&case.join("truth.json"));
    let groups = array(&truth, "groups");
    let group = groups.iter().find(|group| group["group"] == group_id).unwrap();
    let number = |value: &Value| value.as_i64().unwrap();
    let mut offsets: Vec<_> = array(group, "offsets")
        .iter()
        .map(|o| (string(o, "topic").to_owned(), number(&o["partition"]), number(&o["offset"])))
        .collect();
    offsets.sort();
    offsets
}

/// What `recover --format FORM` writes for these groups.
fn written(case: &Path, form: &str, groups: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offsets");
    let data = case.join("data");
    let mut arguments = vec!["recover", text(&data), "--format", form, "-o", text(&file)];
    for group in groups {
        arguments.extend(["--group", group]);
    }
    let run = lastwrites(&arguments);
    assert_ne!(run.code, 2, "{form}: {}", run.stderr);
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(said.contains("This form loses leader epochs"), "{form} is silent about losses:\n{said}");
    fs::read_to_string(&file).unwrap()
}

fn nested(offsets: &[(String, i64, i64)]) -> Value {
    let mut topics = Map::new();
    for (topic, partition, offset) in offsets {
        topics.entry(topic).or_insert_with(|| json!({}))[partition.to_string()] = json!(offset);
    }
    Value::Object(topics)
}

#[test]
fn every_form_carries_what_the_broker_told() {
    let case = fixtures("broker/classic-4.1.2");
    let offsets = truth(&case, "billing");
    assert_eq!(offsets.len(), 4, "the fixture changed");
    let rows = |separator: &str| -> String {
        offsets.iter().map(|(t, p, o)| format!("{t}{separator}{p}{separator}{o}\n")).collect()
    };
    let parse = |form| serde_json::from_str::<Value>(&written(&case, form, &["billing"])).unwrap();

    assert_eq!(written(&case, "kafka-consumer-groups", &["billing"]), rows(","));
    assert_eq!(written(&case, "rpk", &["billing"]), rows(" "));
    assert_eq!(written(&case, "redpanda", &["billing"]), format!("billing\n{}", rows(",")));
    let objects: Vec<_> =
        offsets.iter().map(|(t, p, o)| json!({"topic": t, "partition": p, "offset": o})).collect();
    assert_eq!(parse("kcl"), json!(objects));
    assert_eq!(parse("karafka-json"), nested(&offsets));
    assert_eq!(parse("yelp"), json!({"groupid": "billing", "offsets": nested(&offsets)}));
    let snapshot = parse("osodevops");
    assert!(snapshot["snapshot_time"].is_i64());
    assert_eq!(snapshot["groups"], json!([{"group_id": "billing", "offsets": nested(&offsets)}]));
    let pairs = |between: &str| {
        let pairs: Vec<_> = offsets.iter().map(|(_, p, o)| format!("{p}{between}{o}")).collect();
        pairs.join(if between == "=" { "," } else { ", " })
    };
    assert_eq!(
        written(&case, "karafka", &["billing"]),
        format!("{{\n  'orders' => {{ {} }},\n}}\n", pairs(" => "))
    );
    assert_eq!(
        written(&case, "topicctl", &["billing"]),
        format!("topicctl reset-offsets 'orders' 'billing' --partition-offset-map {}\n", pairs("="))
    );
}

/// Kafka lets names begin with a dash; a shell's command must not take one for an option.
#[test]
fn a_name_that_looks_like_an_option_stays_a_name() {
    let mut script = Script::new(0);
    let commit = OffsetCommit::plain(7, script.clock_ms());
    script.commit(3, &[(OffsetKey::new("-f", "orders", 2), commit)]);
    let folder = tempfile::tempdir().unwrap();
    let partition = PartitionDir::single(script.finish().0);
    let dir = BrokerDir { node_id: 1, partitions: [(0, partition)].into_iter().collect() };
    let evidence = folder.path().join("evidence");
    dir.files().unwrap().write(&evidence).unwrap();
    let file = folder.path().join("offsets");
    let run = lastwrites(&[
        "recover",
        "--group=-f",
        "--foreign",
        "--format",
        "topicctl",
        "-o",
        text(&file),
        text(&evidence),
    ]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written, "topicctl reset-offsets --partition-offset-map 2=7 -- 'orders' '-f'\n");
}

#[test]
fn several_groups_go_in_forms_that_hold_them_and_nowhere_else() {
    let case = fixtures("broker/classic-4.1.2");
    let csv = written(&case, "kafka-consumer-groups", &["billing", "back-again"]);
    let mut expected = String::new();
    for group in ["back-again", "billing"] {
        for (topic, partition, offset) in truth(&case, group) {
            expected += &format!("{group},{topic},{partition},{offset}\n");
        }
    }
    assert_eq!(csv, expected);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offsets");
    for form in ["kcl", "rpk", "redpanda", "yelp", "karafka", "karafka-json", "topicctl"] {
        let data = case.join("data");
        let run = lastwrites(&["recover", text(&data), "--all-groups", "--format", form, "-o", text(&file)]);
        assert_eq!(run.code, 2, "{form}");
        assert!(run.stderr.contains(form) && run.stderr.contains("--group"), "{form}: {}", run.stderr);
        assert!(!file.exists(), "{form} left a file behind");
    }
}

/// `kafka-consumer-groups --execute` dies at the first topic that is gone, with half of the groups committed; a topic that was
/// created again has other records under the old numbers.
#[test]
fn no_form_has_offsets_of_topics_that_are_gone_or_came_again() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-recreated-topic-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let folder = tempfile::tempdir().unwrap();
    let run = |file: &str, more: &[&str]| {
        let file = folder.path().join(file);
        let form =
            ["recover", text(&case), "--all-groups", "--format", "kafka-consumer-groups", "-o", text(&file)];
        let run = lastwrites(&[&form[..], more].concat());
        (run.stderr, fs::read_to_string(&file).unwrap())
    };
    let (said, csv) = run("sure", &[]);
    assert!(said.contains("no longer exists") && said.contains("created again since"), "{said}");
    let exists =
        |topic: &str, partition: usize| array(&truth["topics"][topic], "partitions").len() > partition;
    let mut served = BTreeSet::new();
    for group in array(&truth, "groups") {
        for one in array(group, "offsets") {
            let (group, topic) = (string(group, "group"), string(one, "topic"));
            served.insert(format!("{group},{topic},{},{}", one["partition"], one["offset"]));
        }
    }
    for row in csv.lines() {
        let fields: Vec<&str> = row.split(',').collect();
        assert!(exists(fields[1], fields[2].parse().unwrap()) && served.contains(row), "{row}");
    }
    assert!(csv.lines().count() > 20, "{csv}");
    let (_, in_doubt) = run("in-doubt", &["--in-doubt"]);
    assert!(in_doubt.lines().count() > csv.lines().count(), "{in_doubt}");
    // The topic that was created again has fewer partitions than before.
    for row in in_doubt.lines() {
        let fields: Vec<&str> = row.split(',').collect();
        assert!(exists(fields[1], fields[2].parse().unwrap()), "{row}");
    }
}

/// A name that a form has no word for costs that group alone, and the run says so; nothing else of the file changes.
#[test]
fn a_group_that_a_form_cant_express_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("console.json");
    let commit = |group: &str, topic: &str| {
        json!({"key": {"type": 1, "data": {"group": group, "topic": topic, "partition": 0}},
               "value": {"version": 3, "data": {"offset": 7, "leaderEpoch": 0, "metadata": "", "commitTimestamp": 1}}})
        .to_string()
    };
    let run = |objects: &[String], form: &str| {
        fs::write(&printed, objects.concat()).unwrap();
        let file = folder.path().join("offsets");
        let _ = fs::remove_file(&file);
        let form = ["--all-groups", "--in-doubt", "--format", form, "-o", text(&file)];
        (lastwrites(&[&["recover", text(&printed)], &form[..]].concat()), fs::read_to_string(&file))
    };
    let (good, other, bad) = (commit("good", "t"), commit("other", "t"), commit("two\nlines", "t"));
    let (told, csv) = run(&[good.clone(), bad.clone(), other.clone()], "kafka-consumer-groups");
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert!(told.stderr.contains("two\\nlines") && told.stderr.contains("left out"), "{}", told.stderr);
    assert_eq!(csv.unwrap(), "good,t,0,7\nother,t,0,7\n");
    let said = String::from_utf8(told.stdout).unwrap();
    assert!(said.contains("2 offsets of 2 groups"), "{said}");
    // The one group that is left still stands in each row: its offsets must not fit another's name.
    let (_, csv) = run(&[good.clone(), bad.clone()], "kafka-consumer-groups");
    assert_eq!(csv.unwrap(), "good,t,0,7\n");
    // A topic that can't be told takes its group along, as half a group's offsets would look whole.
    let (told, csv) = run(&[good.clone(), other, commit("good", "a,b")], "kafka-consumer-groups");
    assert_eq!((told.code, csv.unwrap()), (1, "other,t,0,7\n".to_owned()));
    let (told, json) = run(&[good, bad.clone()], "osodevops");
    let json: Value = serde_json::from_str(&json.unwrap()).unwrap();
    assert_eq!((told.code, array(&json, "groups").len()), (1, 2), "JSON has a word for every text");
    // Nothing else is there: no file.
    let (told, file) = run(&[bad.clone(), bad], "redpanda");
    assert!(told.code == 2 && file.is_err(), "{}", told.stderr);
}

/// Runs a program on a file and gives what it printed; `None` where the program, or a part of it, is not installed.
fn read_by(program: &str, script: &str, file: &Path) -> Option<Value> {
    let out = match Command::new(program).args(["-e", script]).arg(file).output() {
        Ok(out) => out,
        Err(_) => {
            eprintln!("skipped: {program} is not installed");
            return None;
        }
    };
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{stderr}");
    Some(serde_json::from_slice(&out.stdout).unwrap())
}

/// The groups whose names and texts are hard on a literal.
const QUOTED: [&str; 3] =
    ["billing", "comma, \"quote\" and\ttab", "checkout-\u{433}\u{440}\u{443}\u{43f}\u{43f}\u{430}"];

/// A real Ruby takes the Karafka map for what Karafka's `seek` gets: a hash of hashes with integers for keys.
#[test]
fn ruby_reads_the_karafka_map() {
    let case = fixtures("broker/classic-4.1.2");
    let folder = tempfile::tempdir().unwrap();
    for group in QUOTED {
        let file = folder.path().join("map.rb");
        fs::write(&file, written(&case, "karafka", &[group])).unwrap();
        let script = "require 'json'; map = eval(File.read(ARGV[0])); \
                      puts map.flat_map { |t, ps| ps.map { |p, o| raise unless p.is_a?(Integer); [t, p, o] } }.sort.to_json";
        let Some(read) = read_by("ruby", script, &file) else { return };
        assert_eq!(read, json!(truth(&case, group)), "{group}");
    }
}

/// Yelp's kafka-utils, from PyPI, takes the offsets from its file.
#[test]
fn yelps_kafka_utils_reads_its_form() {
    let case = fixtures("broker/classic-4.1.2");
    let folder = tempfile::tempdir().unwrap();
    let python = std::env::var_os("LASTWRITES_PYTHON").unwrap_or_else(|| "python3".into());
    for group in QUOTED {
        let file = folder.path().join("offsets.json");
        fs::write(&file, written(&case, "yelp", &[group])).unwrap();
        let script = "import sys, json\n\
            from kafka_utils.kafka_consumer_manager.commands.offset_restore import OffsetRestore\n\
            read = OffsetRestore.parse_consumer_offsets(sys.argv[1])\n\
            rows = sorted([t, p, o] for t, ps in read['offsets'].items() for p, o in ps.items())\n\
            print(json.dumps([read['groupid'], rows]))";
        let out = Command::new(&python).args(["-c", script]).arg(&file).output();
        let Ok(out) = out else {
            eprintln!("skipped: no Python");
            return;
        };
        let stderr = String::from_utf8_lossy(&out.stderr);
        if stderr.contains("ModuleNotFoundError") {
            eprintln!("skipped: {}", stderr.lines().last().unwrap_or_default());
            return;
        }
        assert!(out.status.success(), "{stderr}");
        let read: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(read, json!([group, truth(&case, group)]));
    }
}
