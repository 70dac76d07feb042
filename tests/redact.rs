//! `--redact`: no output holds who the clients are, and but for that every output says what it says without.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::json_schema::{schema_of, strict};
use crate::support::{
    complaints, copy, corpus, fixtures, folders, lastwrites, lastwrites_reading, lines, none_of, read_json,
    text,
};

/// Fields of Kafka's messages that tell who a client is.
const TELLING: &[&str] = &[
    "memberId",
    "clientId",
    "clientHost",
    "groupInstanceId",
    "instanceId",
    "leader",
    "processId",
    "host",
    "metadata",
];

/// One of each kind of evidence: members of every type of group, applications, transactions, a crash, a failing load,
/// damage, and brokers of a cluster with its metadata.
fn cases() -> Vec<PathBuf> {
    let broker = [
        "applications-4.1.2",
        "classic-4.1.2",
        "consumer-4.3.1",
        "crash-4.1.2",
        "share-4.2.1",
        "streams-4.2.1",
        "transactions-4.1.2",
    ];
    let mut cases = broker.map(|case| fixtures("broker").join(case)).to_vec();
    cases.push(fixtures("incident/kafka-19862"));
    cases.extend(["flipped-record-bit", "torn-mid-batch"].map(|case| fixtures("damaged").join(case)));
    if let Some(more) = corpus("cluster-cases") {
        cases.extend(
            ["cluster-recreated-topic-4.1.2", "cluster-txn-indoubt-4.3.1"].map(|case| more.join(case)),
        );
    }
    cases
}

/// What a log says of its clients. Left out is what is part of a name or of a path, which stay.
fn originals(evidence: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut names = BTreeSet::from([text(evidence).to_owned()]);
    for line in lines(&lastwrites(&["dump", "--json", "--leftovers", text(evidence)]).stdout) {
        collect(&line, "", &mut found, &mut names);
    }
    found.retain(|word| word.len() > 3 && !names.iter().any(|name| name.contains(word.as_str())));
    found
}

fn collect(value: &Value, field: &str, found: &mut BTreeSet<String>, names: &mut BTreeSet<String>) {
    match value {
        Value::String(word) if TELLING.contains(&field) => drop(found.insert(word.clone())),
        Value::String(word) if ["group", "groupId", "topic", "topicName", "name"].contains(&field) => {
            names.insert(word.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, field, found, names)),
        // Only a commit has a text of that name; elsewhere it is the bytes of an assignor, opened below.
        Value::Object(fields) => {
            let is_commit = fields.contains_key("offset");
            let told = fields.iter().filter(|(name, _)| *name != "metadata" || is_commit);
            told.for_each(|(name, value)| collect(value, name, found, names));
        }
        _ => {}
    }
}

/// Without the pseudonyms, which may look like an original.
fn without_pseudonyms(text: &str) -> String {
    let mut rest = text.to_owned();
    for role in ["host-", "client-", "member-", "instance-", "metadata-"] {
        let parts = rest.split(role).enumerate().map(|(at, part)| {
            let digits =
                part.bytes().take(10).take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
            match (at, digits) {
                (0, _) => part.to_owned(),
                (_, 10) => part[10..].to_owned(),
                _ => format!("{role}{part}"),
            }
        });
        rest = parts.collect();
    }
    rest
}

/// Text with every base64 word in it written out behind it.
fn opened(output: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(output).into_owned();
    let words: Vec<String> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c)))
        .filter(|word| word.len() >= 12 && word.len() % 4 == 0)
        .filter_map(|word| STANDARD.decode(word).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    text.push_str(&words.join("\n"));
    text
}

fn every_file(folder: &Path, out: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_file(&path, out);
        } else if path.extension().is_none_or(|extension| extension != "parquet") {
            out.extend(fs::read(&path).unwrap());
        }
    }
}

/// Every output over the evidence, redacted, in one piece.
fn outputs(evidence: &Path, how: &[&str]) -> Vec<u8> {
    let path = text(evidence);
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| text(&folder.path().join(name)).to_owned();
    let mut out = Vec::new();
    let mut run = |arguments: &[&str]| {
        let run = lastwrites(&[arguments, how, &[path]].concat());
        out.extend(run.stdout);
        out.extend(run.stderr.into_bytes());
    };
    for command in ["groups", "diagnose", "scan", "history", "dump", "blast-radius", "examine"] {
        run(&[command]);
        run(&[command, "--json"]);
    }
    run(&["groups", "--deleted"]);
    run(&["dump", "--leftovers", "--format", "kafka-dump-log"]);
    run(&["examine", "--out", &below("report")]);
    run(&["recover", "--all-groups", "--foreign", "-o", &below("offsets.json")]);
    run(&["recover", "--all-groups", "--format", "osodevops", "-o", &below("offsets.txt")]);
    #[cfg(feature = "tables")]
    run(&[
        "export",
        "--table",
        "records,commits,members,offsets,findings",
        "--format",
        "csv",
        "-o",
        &below("csv"),
    ]);
    every_file(folder.path(), &mut out);
    out
}

/// Complains of every word of a case that is in the output over it. A word that is in the output over a case that does
/// not know it is one of our own.
fn none_told(
    cases: &[PathBuf],
    words: impl Fn(&Path) -> BTreeSet<String> + Sync,
    output: impl Fn(&Path) -> String + Sync,
) {
    let shown = Mutex::new(BTreeMap::new());
    none_of(&complaints(cases, |case| {
        let text = without_pseudonyms(&output(case));
        shown.lock().unwrap().insert(case.clone(), (words(case), text));
        Vec::new()
    }));
    let shown = shown.into_inner().unwrap();
    let is_own =
        |word: &String| shown.values().any(|(known, text)| !known.contains(word) && text.contains(word));
    let mut found = Vec::new();
    for (case, (words, text)) in &shown {
        for word in words {
            let Some(at) = text.find(word.as_str()) else { continue };
            if !is_own(word) {
                let around = text.get(at.saturating_sub(80)..).unwrap_or(&text[at..]);
                let around: String = around.chars().take(200).collect();
                found.push(format!("{}: {word} in {around}", case.display()));
            }
        }
    }
    none_of(&found);
    let searched: usize = shown.values().map(|(words, _)| words.len()).sum();
    assert!(searched > 40, "the cases hold too little to hide: {searched}");
}

#[test]
fn no_output_tells_who_the_clients_are() {
    none_told(&cases(), originals, |case| opened(&outputs(case, &["--redact"])));
}

/// Every cell of every Parquet file in a folder, as DuckDB reads it; `None` where Python or the module is missing.
#[cfg(feature = "tables")]
fn cells(folder: &Path) -> Option<String> {
    let script = "\
import sys, glob, duckdb
def words(cell):
    if isinstance(cell, dict): cell = list(cell.values())
    if isinstance(cell, (list, tuple)): return ' '.join(words(part) for part in cell)
    return cell.decode(errors='replace') if isinstance(cell, bytes) else str(cell)
for path in sorted(glob.glob(sys.argv[1] + '/*.parquet')):
    for row in duckdb.read_parquet(path).fetchall():
        print(words(row))
";
    let python = std::env::var_os("LASTWRITES_PYTHON").unwrap_or_else(|| "python3".into());
    let run = std::process::Command::new(python).args(["-c", script]).arg(folder).output().ok()?;
    let stderr = String::from_utf8_lossy(&run.stderr);
    if stderr.contains("ModuleNotFoundError") {
        eprintln!("skipped: {}", stderr.lines().last().unwrap_or_default());
        return None;
    }
    assert!(run.status.success(), "{stderr}");
    Some(opened(&run.stdout))
}

/// Compressed bytes can't be searched, so another reader opens the tables.
#[cfg(feature = "tables")]
#[test]
fn no_table_of_parquet_tells_who_the_clients_are_or_a_name() {
    let told = |case: &Path, how: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let tables = "records,commits,batches,groups,offsets,members,history,findings";
        let out = folder.path().join("tables");
        let export = ["export", "--table", tables, "-o", text(&out)];
        let run = lastwrites(&[&export as &[&str], how, &[text(case)]].concat());
        assert_ne!(run.code, 2, "{}", run.stderr);
        assert_eq!(fs::read_dir(&out).unwrap().count(), tables.split(',').count());
        cells(&out)
    };
    // Groups of these names stand beside events and outcomes of the same name.
    let is_ours = |word: &String| ["left", "open", "pending"].contains(&word.as_str());
    let words = |case: &Path| {
        originals(case).into_iter().chain(names(case)).filter(|word| !is_ours(word)).collect::<BTreeSet<_>>()
    };
    let cases =
        ["classic-4.1.2", "consumer-4.3.1", "transactions-4.1.2"].map(|case| fixtures("broker").join(case));
    for case in &cases {
        let Some(plain) = told(case, &[]) else { return };
        let hidden: Vec<String> =
            words(case).into_iter().filter(|word| !plain.contains(word.as_str())).collect();
        assert_eq!(hidden, [""; 0], "{}: without pseudonyms every word is seen", case.display());
    }
    none_told(&cases, words, |case| told(case, &["--redact", "--redact-names"]).unwrap());
}

/// Fields of Kafka's messages that hold names of groups and topics.
const NAMING: &[&str] = &[
    "group",
    "groupId",
    "topic",
    "topicName",
    "topics",
    "name",
    "subscribedTopicNames",
    "subscribedTopicRegex",
    "regularExpression",
    "sourceTopics",
    "sourceTopicRegex",
    "repartitionSinkTopics",
];
/// Topics of Kafka's own, which have no pseudonyms.
const INTERNAL: &[&str] = &["__consumer_offsets", "__transaction_state", "__share_group_state"];

/// Groups and topics of the offsets log, and topics with a directory of their own or in the cluster's metadata.
fn names(evidence: &Path) -> BTreeSet<String> {
    fn collect(value: &Value, field: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::String(word) if NAMING.contains(&field) => drop(found.insert(word.clone())),
            Value::Array(items) => items.iter().for_each(|item| collect(item, field, found)),
            Value::Object(fields) => {
                let told = fields.iter().filter(|(name, _)| *name != "topicConfigs");
                told.for_each(|(name, value)| collect(value, name, found));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for line in lines(&lastwrites(&["dump", "--json", "--leftovers", text(evidence)]).stdout) {
        collect(&line["key"], "", &mut found);
        collect(&line["value"], "", &mut found);
    }
    let radius = lastwrites(&["blast-radius", "--json", text(evidence)]).json();
    for topic in radius["topics"].as_array().into_iter().flatten() {
        found.extend(topic["topic"].as_str().map(str::to_owned));
    }
    let place = text(evidence).to_owned();
    found.retain(|name| {
        name.len() > 3 && !place.contains(name.as_str()) && !INTERNAL.contains(&name.as_str())
    });
    found
}

/// With `--redact-names` not even groups and topics, in no form of any output.
#[test]
fn no_output_tells_a_group_or_a_topic() {
    none_told(&cases(), names, |case| opened(&outputs(case, &["--redact", "--redact-names"])));
}

/// What can't be read of a checkpoint is quoted as it is; with `--redact-names` only its place is told.
#[test]
fn a_broken_line_of_a_checkpoint_is_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("data");
    copy(&fixtures("broker/classic-4.1.2/data"), &evidence);
    let broken = "0\n2\nsecret-invoices zero 5\nsecret-refunds 0 7\n";
    fs::write(evidence.join("replication-offset-checkpoint"), broken).unwrap();
    fs::write(evidence.join("cleaner-offset-checkpoint"), "secret-first-line\n").unwrap();
    let told = |how: &[&str]| {
        let forms = [&["scan"] as &[&str], &["scan", "--json"], &["examine", "--json"]];
        let runs = forms.map(|form| lastwrites(&[form, how, &[text(&evidence)]].concat()));
        runs.map(|run| String::from_utf8(run.stdout).unwrap() + &run.stderr)
    };
    for plain in told(&[]) {
        assert!(plain.contains("secret-invoices zero 5") && plain.contains("secret-first-line"), "{plain}");
    }
    for redacted in told(&["--redact", "--redact-names"]) {
        assert!(!redacted.contains("secret-"), "{redacted}");
        assert!(redacted.contains("position 4: expected"), "the place is told: {redacted}");
    }
}

/// Groups live where their own names send them, and a question by name still finds its group.
#[test]
fn pseudonyms_of_groups_change_no_partition() {
    let evidence = fixtures("broker/classic-4.1.2/data");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("map.json");
    let how = ["--redact", "--redact-names", "--redact-map", text(&file)];
    let redacted = lastwrites(&[&["groups", "--json"] as &[&str], &how, &[text(&evidence)]].concat());
    let map = read_json(&file);
    let of = |shown: &Value| {
        let entries = map["pseudonyms"].as_array().unwrap();
        entries
            .iter()
            .find(|one| one["pseudonym"] == *shown)
            .map_or(Value::Null, |one| one["original"].clone())
    };
    let homes = |report: &Value, name: &dyn Fn(&Value) -> Value| -> BTreeSet<String> {
        let groups = report["groups"].as_array().unwrap().iter();
        groups
            .map(|group| format!("{} {} {}", name(&group["group_id"]), group["maps_to"], group["found_in"]))
            .collect()
    };
    let plain = lastwrites(&["groups", "--json", text(&evidence)]).json();
    assert_eq!(homes(&redacted.json(), &of), homes(&plain, &Value::clone));
    let offsets = folder.path().join("offsets.json");
    let one = lastwrites(&[
        "recover",
        "--group",
        "billing",
        "--redact",
        "--redact-names",
        "-o",
        text(&offsets),
        text(&evidence),
    ]);
    assert_ne!(one.code, 2, "{}", one.stderr);
    let document = read_json(&offsets);
    assert_eq!(document["groups"].as_array().unwrap().len(), 1);
    assert!(document.to_string().contains("no cluster knows them"), "it warns who would apply it");
    assert!(!document.to_string().contains("billing"));
    let refused =
        lastwrites_recovered_offsets::Document::from_json(std::fs::read(&offsets).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("pseudonyms"), "nobody applies it: {refused}");
}

/// Without pseudonyms: what they stand for in their place, and members in the order of these.
fn mapped_back(mut text: String, map: &Value) -> Value {
    for one in map["pseudonyms"].as_array().unwrap() {
        if let Some(original) = one["original"].as_str() {
            let quoted = serde_json::to_string(original).unwrap();
            text = text.replace(one["pseudonym"].as_str().unwrap(), quoted.trim_matches('"'));
        }
    }
    let mut value = serde_json::from_str(&text).unwrap();
    in_order(&mut value);
    value
}

fn in_order(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(in_order),
        Value::Object(fields) => {
            fields.shift_remove("redacted");
            fields.values_mut().for_each(in_order);
            if let Some(members) = fields.get_mut("members").and_then(Value::as_array_mut) {
                members.sort_by_key(|member| member["member_id"].to_string());
            }
        }
        _ => {}
    }
}

#[test]
fn but_for_pseudonyms_nothing_changes() {
    let mut cases = folders(&fixtures("broker"));
    cases.extend(folders(&fixtures("incident")));
    none_of(&complaints(&cases, |case| {
        let mut found = Vec::new();
        for command in ["groups", "diagnose"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("map.json");
            let plain = lastwrites(&[command, "--json", text(case)]);
            let redacted =
                lastwrites(&[command, "--json", "--redact", "--redact-map", text(&file), text(case)]);
            let map = read_json(&file);
            found.extend(strict::faults(&schema_of("redact-map"), &map));
            found.extend(strict::faults(&schema_of(command), &redacted.json()));
            let mut expected = plain.json();
            in_order(&mut expected);
            let back = mapped_back(String::from_utf8(redacted.stdout).unwrap(), &map);
            if back != expected || plain.code != redacted.code {
                found.push(format!("{}: {command} says something else with --redact", case.display()));
            }
        }
        found
    }));
}

#[test]
fn lines_of_a_log_lose_their_members_and_their_words() {
    let log = "[2026-11-22 10:00:00,000] INFO [GroupCoordinator 1]: Member consumer-7-0d5a1c6e in group payments has \
        left, removing it from the group (kafka.coordinator.group.GroupCoordinator)\n";
    for form in [&["explain", "--redact"] as &[&str], &["explain", "--redact", "--json"]] {
        let run = lastwrites_reading(form, log.as_bytes());
        let told = String::from_utf8(run.stdout).unwrap();
        assert!(!told.contains("consumer-7"), "{told}");
    }
}

#[test]
fn a_map_is_never_written_over_and_needs_redact() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("map.json");
    fs::write(&file, "mine").unwrap();
    let evidence = fixtures("incident/kafka-19862");
    assert_eq!(lastwrites(&["groups", "--redact", "--redact-map", text(&file), text(&evidence)]).code, 2);
    assert_eq!(lastwrites(&["groups", "--redact-map", text(&file), text(&evidence)]).code, 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

/// No command takes a pseudonym for a group, so none that `examine` names holds one.
#[test]
fn commands_to_run_next_hold_no_pseudonym() {
    let evidence = fixtures("broker/classic-4.1.2/data");
    let next = |how: &[&str]| -> Vec<String> {
        let arguments: Vec<&str> =
            ["examine", "--json", text(&evidence)].iter().chain(how).copied().collect();
        let report = lastwrites(&arguments).json();
        let commands = report["next"].as_array().unwrap().iter();
        commands.map(|step| step["command"].as_str().unwrap().to_owned()).collect()
    };
    let recover =
        |commands: &[String]| commands.iter().find(|line| line.contains(" recover ")).unwrap().clone();
    assert!(recover(&next(&[])).contains(" --group "));
    let hidden = next(&["--redact", "--redact-names"]);
    assert!(recover(&hidden).contains(" --all-groups "), "{hidden:?}");
    assert!(hidden.iter().all(|line| !line.contains("--group ")), "{hidden:?}");
}
