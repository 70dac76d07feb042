//! `diagnose` and `groups` against what the real coordinators of each release did with the same folders. Needs
//! `LASTWRITES_CORPUS`; its `load-cases` say how the truth was made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{array, complaints, corpus, lastwrites, lines, none_of, string, text};

/// The partition directory inside a case's folder.
fn partition_dir(case: &Path) -> PathBuf {
    let mut inside = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    inside.find(|path| path.is_dir()).unwrap()
}

/// Expected lines by case.
fn expected(cases: &Path) -> Vec<(String, Vec<Value>)> {
    let mut by_case: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines(&fs::read(cases.join("EXPECTED.jsonl")).unwrap()) {
        by_case.entry(string(&line, "case").to_owned()).or_default().push(line);
    }
    by_case.into_iter().collect()
}

/// `4.1.0` or `3.9.2-old` as a release and a coordinator.
fn release(version: &str) -> (&str, &str) {
    version.strip_suffix("-old").map_or((version, "new"), |release| (release, "old"))
}

/// What differs between two runs of the real code: the timestamp in this text is that of the load. And the oracle
/// loaded every folder as partition 0, whatever its name.
fn settled(text: &str) -> String {
    let text = text.split_once(" while loading partition ").map_or(text, |(start, _)| start);
    text.split("timestamp=").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
}

fn differences(line: &Value, verdicts: &[Value]) -> Vec<String> {
    let version = string(line, "version");
    let (kafka, coordinator) = release(version);
    let ours = verdicts.iter().find(|verdict| {
        verdict["kafka"] == kafka && verdict["coordinator"] == coordinator && verdict["view"] == "as-found"
    });
    let Some(ours) = ours else { return vec![format!("{version}: no verdict")] };
    let mut found = Vec::new();
    let warned = !array(line, "warnings").is_empty();
    let verdict = match (string(line, "verdict"), coordinator, warned) {
        ("FAILED", "old", _) => "loads-empty",
        ("FAILED", ..) => "fails",
        (_, _, true) => "loads-with-warnings",
        _ => "loads",
    };
    if ours["verdict"] != verdict {
        found.push(format!("{version}: {} where the release {verdict}", ours["verdict"]));
    }
    if line["verdict"] == "LOADED" {
        return found;
    }
    if ours["offset"] != line["offset"] {
        found.push(format!("{version}: offset {} where it is {}", ours["offset"], line["offset"]));
    }
    let text = |value: &Value| settled(value["error"].as_str().unwrap_or("null"));
    if text(ours) != text(line) {
        found.push(format!("{version}: says {:?} where it says {:?}", text(ours), text(line)));
    }
    let record_type = line["recordKeyType"].as_i64();
    if ours["record_type"].as_i64() != record_type {
        found.push(format!("{version}: type {} where it is {record_type:?}", ours["record_type"]));
    }
    found
}

#[test]
fn every_verdict_is_the_real_coordinators() {
    let Some(cases) = corpus("load-cases") else { return };
    let expected = expected(&cases);
    assert!(expected.iter().map(|(_, lines)| lines.len()).sum::<usize>() > 2_900);
    none_of(&complaints(&expected, |(case, lines)| {
        let folder = partition_dir(&cases.join(case));
        if fs::read_dir(&folder).unwrap().all(|file| file.unwrap().metadata().unwrap().len() == 0) {
            // An empty log has nothing to judge, and says so.
            return Vec::new();
        }
        let document = lastwrites(&["diagnose", "--json", "--race-windows", "none", text(&folder)]).json();
        let verdicts = array(&document["partitions"][0], "verdicts");
        lines
            .iter()
            .flat_map(|line| differences(line, verdicts))
            .map(|what| format!("{case} {what}"))
            .collect()
    }));
}

/// Streams groups came with 4.1 (KIP-1071): no older release can lose a task of one.
#[test]
fn no_release_without_streams_groups_loses_their_tasks() {
    let Some(cases) = corpus("load-cases") else { return };
    let mut told = Vec::new();
    for case in ["rand-26", "rand-27"] {
        let document = lastwrites(&["diagnose", "--json", text(&partition_dir(&cases.join(case)))]).json();
        let silent = array(&document, "findings").iter().filter(|finding| finding["code"] == "LW119");
        told.extend(silent.map(|finding| string(finding, "message").to_owned()));
    }
    assert!(told.iter().any(|message| message.contains("4.3.1")), "{told:?}");
    let older =
        |message: &String| ["3.7.2", "3.9.2", "4.0.2"].iter().any(|release| message.contains(release));
    assert!(!told.iter().any(older), "{told:?}");
}

/// Failing windows of one log under one release: loader and cleaner position, failing offset, text.
type Failing = BTreeMap<(i64, i64), (i64, String)>;

/// The text without the task that 4.1.0 and 4.1.1 happen to name first: their sets have no fixed order.
fn comparable(text: &str) -> String {
    text.split_once("the process ID").map_or(text, |(start, _)| start).to_owned()
}

#[test]
fn every_failing_window_is_told() {
    let Some(cases) = corpus("load-cases") else { return };
    let mut folders: Vec<PathBuf> = crate::support::folders(&cases);
    folders.retain(|folder| folder.join("windows.jsonl").is_file());
    assert!(folders.len() > 10);
    none_of(&complaints(&folders, |case| {
        let mut truth: BTreeMap<String, Failing> = BTreeMap::new();
        for line in lines(&fs::read(case.join("windows.jsonl")).unwrap()) {
            let failing = truth.entry(string(&line, "version").to_owned()).or_default();
            if line["verdict"] == "FAILED" {
                let window = (line["x"].as_i64().unwrap(), line["y"].as_i64().unwrap());
                let text = comparable(line["error"].as_str().unwrap_or("null"));
                failing.insert(window, (line["offset"].as_i64().unwrap(), text));
            }
        }
        let versions: Vec<&str> = truth.keys().map(String::as_str).collect();
        let document = lastwrites(&[
            "diagnose",
            "--json",
            "--race-windows",
            "all",
            "--kafka",
            &versions.join(","),
            text(&partition_dir(case)),
        ])
        .json();
        let partition = &document["partitions"][0];
        let mut found = Vec::new();
        for (version, truth) in &truth {
            // A release on which the whole log fails is not raced.
            let loads = array(partition, "verdicts").iter().any(|verdict| {
                verdict["kafka"] == version.as_str()
                    && verdict["coordinator"] == "new"
                    && verdict["view"] == "as-found"
                    && string(verdict, "verdict").starts_with("loads")
            });
            if !loads {
                continue;
            }
            let mut ours = Failing::new();
            for race in array(partition, "races").iter().filter(|race| race["kafka"] == version.as_str()) {
                let window = (race["loader_at"].as_i64().unwrap(), race["cleaned_to"].as_i64().unwrap());
                ours.insert(window, (race["offset"].as_i64().unwrap(), comparable(string(race, "error"))));
            }
            if &ours != truth {
                let missing = truth.iter().find(|(window, _)| !ours.contains_key(window));
                let extra = ours.iter().find(|(window, _)| !truth.contains_key(window));
                let (case, ours, truth) = (case.display(), ours.len(), truth.len());
                found.push(format!(
                    "{case} {version}: {ours} failing windows, the release has {truth}; missing {missing:?}, too many {extra:?}"
                ));
            }
        }
        found
    }));
}

/// A disk whose cleaner has just been through still has the originals: the load that raced it is told from those, as the
/// real code fails on what that load saw.
#[test]
fn originals_tell_the_race_that_is_over() {
    let Some(cases) = corpus("load-cases") else { return };
    let judged = expected(&cases);
    let mut stems: Vec<&str> = judged.iter().filter_map(|(case, _)| case.strip_suffix("-disk")).collect();
    // What R5's load saw lacks a tombstone that had aged out besides: no window of one cleaning pass shows that.
    stems.retain(|stem| *stem != "R5");
    assert!(stems.len() >= 4, "{stems:?}");
    let mut told = 0;
    for stem in stems {
        let torn = judged.iter().find(|(case, _)| *case == format!("{stem}-torn"));
        let Some((_, lines)) = torn else { continue };
        let folder = partition_dir(&cases.join(format!("{stem}-disk")));
        let document = lastwrites(&["diagnose", "--json", text(&folder)]).json();
        let partition = &document["partitions"][0];
        for line in lines.iter().filter(|line| line["verdict"] == "FAILED") {
            let (kafka, coordinator) = release(string(line, "version"));
            let of_release = |verdict: &&Value| {
                verdict["kafka"] == kafka
                    && verdict["coordinator"] == coordinator
                    && verdict["view"] == "as-found"
            };
            let at_rest = array(partition, "verdicts").iter().find(of_release).unwrap();
            // What fails at rest as well is told as that; the old coordinator is not raced.
            if coordinator == "old" || !string(at_rest, "verdict").starts_with("loads") {
                continue;
            }
            let fits = |race: &&Value| {
                race["view"] == "before-compaction"
                    && race["kafka"] == kafka
                    && race["offset"] == line["offset"]
                    && comparable(string(race, "error")) == comparable(string(line, "error"))
            };
            let races = array(partition, "races");
            assert!(races.iter().any(|race| fits(&race)), "{stem} {kafka}: {line} is not among {races:?}");
            told += 1;
        }
        let warned = array(&document, "findings").iter().any(|finding| {
            finding["severity"] == "warning" && string(finding, "message").contains("last pass")
        });
        assert!(warned, "{stem}: no finding tells of the race");
        for command in ["examine", "diagnose"] {
            let shown = String::from_utf8(lastwrites(&[command, text(&folder)]).stdout).unwrap();
            let shown: Vec<&str> = shown.split_whitespace().collect();
            assert!(shown.join(" ").contains("log cleaner's last pass"), "{command} {stem}: {shown:?}");
        }
    }
    assert!(told >= 10, "{told}");
}

/// A race needs a hole. What a loader overtaken by the cleaner saw lacks records and is told as a race; a log with all its
/// offsets that fails is told as on the disk, whatever it fails with.
#[test]
fn a_log_without_a_hole_fails_by_itself() {
    let Some(cases) = corpus("load-cases") else { return };
    let raced =
        ["S1-torn", "S2-torn", "R1-torn", "R2-torn", "R3-torn", "K21117-torn", "upgrade-torn-positive"];
    let mut written = 0;
    for (case, expected) in expected(&cases) {
        if expected.iter().all(|line| line["verdict"] == "LOADED") {
            continue;
        }
        let folder = partition_dir(&cases.join(&case));
        let dumped = lines(&lastwrites(&["dump", "--json", text(&folder)]).stdout);
        let offsets: Vec<i64> = dumped.iter().filter_map(|record| record["offset"].as_i64()).collect();
        let whole = offsets.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let document = lastwrites(&["diagnose", "--json", "--race-windows", "none", text(&folder)]).json();
        for incident in array(&document["partitions"][0], "incidents") {
            if raced.contains(&case.as_str()) && incident["severity"] == "error" {
                assert_eq!(incident["persistence"], "race", "{case}: {incident}");
            }
            if whole {
                assert_eq!(incident["persistence"], "on-disk", "{case}: {incident}");
                written += 1;
            }
        }
    }
    assert!(written > 50, "{written}");
}

/// Releases stop at different records of one partition, and a race's originals don't survive the restart that is to end it.
#[test]
fn examine_names_every_place_and_what_a_restart_destroys() {
    let Some(cases) = corpus("load-cases") else { return };
    let shown = |case: &str| {
        let run = lastwrites(&["examine", text(&partition_dir(&cases.join(case)))]);
        let shown = String::from_utf8(run.stdout).unwrap();
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // 4.1.2 and 4.3.1 stop at 14, 4.0.0 and 4.1.0 at 13.
    let both = shown("R1-torn");
    assert!(
        both.contains("offset 14:") && both.contains("It also fails at offset 13 on Kafka 4.0.0"),
        "{both}"
    );
    let one = shown("S1-torn");
    assert!(!one.contains("It also fails") && !one.contains("Copy this disk before"), "{one}");
}

/// Which record fails on releases with the fix of KAFKA-19862 tells a member that came back (R1, R2) from epochs that
/// started anew (R3); and what helps says that those releases fail, too.
#[test]
fn what_the_fix_left_is_told_by_its_record() {
    let Some(cases) = corpus("load-cases") else { return };
    for (case, cause, record_type) in [
        ("R1-torn", "residual-epoch-conflict", 5),
        ("R2-torn", "residual-epoch-conflict", 5),
        ("R3-torn", "restarted-epochs", 8),
    ] {
        let folder = partition_dir(&cases.join(case));
        let document = lastwrites(&["diagnose", "--json", text(&folder)]).json();
        let mut verdicts = array(&document["partitions"][0], "verdicts").iter();
        let newest = verdicts.rfind(|verdict| verdict["view"] == "as-found").unwrap();
        assert_eq!(
            [&newest["cause"], &newest["record_type"]],
            [&json!(cause), &json!(record_type)],
            "{case}"
        );
        let said = |arguments: &[&str]| {
            let arguments = [arguments, &[text(&folder)]].concat();
            let shown = String::from_utf8(lastwrites(&arguments).stdout).unwrap();
            shown.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let all = said(&["diagnose"]);
        assert!(!all.contains("loads it whatever the cleaner does"), "{case}: {all}");
        assert_eq!(all.contains("deleted and created again"), case == "R3-torn", "{case}: {all}");
        let one = said(&["diagnose", "--kafka", "4.1.1"]);
        assert!(one.contains("No release with the fix was judged here"), "{case}: {one}");
        let two = said(&["diagnose", "--kafka", "4.1.1,4.1.2"]);
        assert!(two.contains("Releases with the fix fail on it, too"), "{case}: {two}");
    }
    let folder = partition_dir(&cases.join("S1-torn"));
    let healed = String::from_utf8(lastwrites(&["diagnose", text(&folder)]).stdout).unwrap();
    let healed = healed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(healed.contains("A release with the fix loads it whatever the cleaner does."), "{healed}");
}

/// Records of one group type over a group of another are no offsets of a classic group, and its remedy is not theirs.
#[test]
fn two_types_of_one_id_are_told_as_that() {
    let Some(cases) = corpus("load-cases") else { return };
    for case in ["streams-over-consumer", "share-over-consumer", "consumer-over-streams"] {
        let folder = partition_dir(&cases.join(case));
        let document = lastwrites(&["diagnose", "--json", text(&folder)]).json();
        let incident = &array(&document["partitions"][0], "incidents")[0];
        let told = [&incident["code"], &incident["issues"], &incident["persistence"], &incident["severity"]];
        assert_eq!(told, [&json!("LW120"), &json!([]), &json!("on-disk"), &json!("error")], "{case}");
        let playbook = lastwrites(&["playbook", "--json", "--brokers", "1,2,3", text(&folder)]).json();
        assert_eq!(playbook["possible"], false, "{case}: {playbook}");
    }
}

/// No healthy broker's log is called broken, whatever release wrote it.
#[test]
fn healthy_logs_have_no_error() {
    let (Some(brokers), Some(wild)) = (corpus("broker-cases"), corpus("wild")) else { return };
    let mut folders = crate::support::folders(&brokers);
    folders.extend(crate::support::folders(&wild));
    none_of(&complaints(&folders, |folder| {
        let run = lastwrites(&["diagnose", "--json", text(folder)]);
        if run.code == 2 {
            // Folders with checkpoints or empty segments alone.
            return Vec::new();
        }
        let errors = array(&run.json(), "findings").to_vec();
        let errors = errors.iter().filter(|finding| finding["severity"] == "error");
        errors.map(|finding| format!("{}: {finding}", folder.display())).collect()
    }));
}

/// One committed offset, or one in an open transaction, as both sides tell it.
fn offset(topic: &Value, partition: &Value, fields: [&Value; 4], producer: &Value) -> String {
    let [offset, epoch, metadata, time] = fields;
    // Of an open transaction `groups` tells no time.
    let time = if producer.is_null() { time } else { &Value::Null };
    format!("{topic}-{partition}: {offset} epoch {epoch} {metadata} at {time} producer {producer}")
}

/// A group in the corpus's words, without what `groups` doesn't tell: targets, owner epochs, tasks, the leader.
fn real_group(group: &Value) -> Value {
    let classic = group["type"] == "classic";
    let word = |word: &Value| word.as_str().map(str::to_lowercase);
    let members = array(group, "members").iter().map(|member| {
        let assigned = member["assigned"]
            .as_object()
            .filter(|_| group["type"] == "consumer" || group["type"] == "share");
        let assigned: BTreeMap<&str, Vec<i64>> = assigned
            .into_iter()
            .flatten()
            .map(|(id, partitions)| (id.as_str(), numbers(partitions)))
            .filter(|(_, partitions)| !partitions.is_empty())
            .collect();
        json!({
            "id": member["id"],
            "instance": member["instanceId"],
            "epochs": if classic { Value::Null } else { json!([member["epoch"], member["previousEpoch"]]) },
            "state": if classic { None } else { word(&member["state"]) },
            "assigned": assigned,
        })
    });
    let offsets = array(group, "offsets").iter().map(|o| {
        let fields = [&o["offset"], &o["leaderEpoch"], &o["metadata"], &o["commitTimestamp"]];
        offset(&o["topic"], &o["partition"], fields, &o["pending"])
    });
    told(
        [&group["id"], &group["type"], &group["epoch"], &group["protocolType"], &group["protocol"]],
        word(&group["state"]),
        members.collect(),
        offsets.collect(),
    )
}

/// A group of `groups --json` in the same form.
fn our_group(group: &Value) -> Value {
    let classic = group["type"] == "classic";
    let word = |word: &Value| word.as_str().map(str::to_lowercase);
    let members = array(group, "members").iter().map(|member| {
        let assigned: BTreeMap<&str, Vec<i64>> = array(member, "assignment")
            .iter()
            .filter(|_| !classic)
            .map(|topic| (topic["topic_id"].as_str().unwrap_or_default(), numbers(&topic["partitions"])))
            .collect();
        json!({
            "id": member["member_id"],
            "instance": member["group_instance_id"],
            "epochs": if classic { Value::Null } else { json!([member["member_epoch"], member["previous_member_epoch"]]) },
            "state": if classic { None } else { word(&member["state"]) },
            "assigned": assigned,
        })
    });
    let mut offsets = Vec::new();
    for key in array(group, "offsets") {
        let (topic, partition) = (&key["topic"], &key["partition"]);
        if !key["offset"].is_null() {
            let fields = [&key["offset"], &key["leader_epoch"], &key["metadata"], &key["committed_at_ms"]];
            offsets.push(offset(topic, partition, fields, &Value::Null));
        }
        for pending in array(key, "pending") {
            let fields = [
                &pending["offset"],
                &pending["leader_epoch"],
                &pending["metadata"],
                &pending["committed_at_ms"],
            ];
            offsets.push(offset(topic, partition, fields, &pending["producer_id"]));
        }
    }
    let epoch = if classic { &group["generation"] } else { &group["group_epoch"] };
    told(
        [&group["group_id"], &group["type"], epoch, &group["protocol_type"], &group["protocol"]],
        word(&group["state"]),
        members.collect(),
        offsets,
    )
}

fn told(
    [id, kind, epoch, protocol_type, protocol]: [&Value; 5],
    state: Option<String>,
    mut members: Vec<Value>,
    mut offsets: Vec<String>,
) -> Value {
    let classic = kind == "classic";
    let only = |value: &Value| if classic { value.clone() } else { Value::Null };
    members.sort_by_key(|member| member["id"].to_string());
    offsets.sort();
    json!({
        "id": id, "type": kind, "epoch": epoch, "state": state, "protocol_type": only(protocol_type),
        "protocol": only(protocol), "members": members, "offsets": offsets,
    })
}

/// Partitions: a list, or from 4.3 a map to their assignment epochs.
fn numbers(partitions: &Value) -> Vec<i64> {
    let listed = partitions.as_array().into_iter().flatten().filter_map(Value::as_i64);
    let mapped =
        partitions.as_object().into_iter().flatten().map(|(partition, _)| partition.parse().unwrap());
    let mut numbers: Vec<i64> = listed.chain(mapped).collect();
    numbers.sort_unstable();
    numbers
}

/// Where the load succeeds, `groups --kafka V` gives the state that it left in the real coordinator.
#[test]
fn groups_are_what_each_release_loaded() {
    let Some(cases) = corpus("load-cases") else { return };
    let expected = expected(&cases);
    let loaded: Vec<(&str, &Value)> = expected
        .iter()
        .flat_map(|(case, lines)| lines.iter().map(move |line| (case.as_str(), line)))
        .filter(|(_, line)| line["verdict"] == "LOADED")
        .collect();
    assert!(loaded.len() > 1_000, "only {} loads", loaded.len());
    none_of(&complaints(&loaded, |(case, line)| {
        let folder = partition_dir(&cases.join(case));
        if fs::read_dir(&folder).unwrap().all(|file| file.unwrap().metadata().unwrap().len() == 0) {
            return Vec::new();
        }
        let version = string(line, "version");
        let (release, coordinator) = release(version);
        let kafka = if coordinator == "old" { format!("{release}/old") } else { release.to_owned() };
        let document = lastwrites(&["groups", "--json", "--kafka", &kafka, text(&folder)]).json();
        let by_id = |groups: Vec<Value>| -> BTreeMap<String, Value> {
            groups.into_iter().map(|group| (group["id"].to_string(), group)).collect()
        };
        let ours = by_id(array(&document, "groups").iter().map(our_group).collect());
        let real = by_id(array(line, "groups").iter().map(real_group).collect());
        let ids: std::collections::BTreeSet<&String> = ours.keys().chain(real.keys()).collect();
        ids.into_iter()
            .filter(|id| ours.get(*id) != real.get(*id))
            .map(|id| format!("{case} {version}: {:?}\n   where it is {:?}", ours.get(id), real.get(id)))
            .collect()
    }));
}
