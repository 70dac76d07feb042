//! Every load case ends as the real coordinators ended it: verdict, text, offset, record type and final state.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

mod corpus;

use std::collections::BTreeMap;

use corpus::Log;
use lastwrites_coordinator::group::{
    ClassicGroup, Group, Held, HeldPartition, Holding, Member, ModernGroup, ModernKind, Name, Tasks,
};
use lastwrites_coordinator::load::{LoadOutcome, Loader, StoredOffset, Verdict};
use lastwrites_coordinator::rules::{Coordinator, Profile, Rules, profile_for};
use lastwrites_types::Uuid;
use serde_json::{Map, Value, json};

fn text(name: &Name) -> Value {
    json!(String::from_utf8_lossy(name))
}

fn maybe(name: Option<&Name>) -> Value {
    name.map_or(Value::Null, text)
}

/// The final state in the corpus's words.
fn state(outcome: &LoadOutcome, profile: &Profile) -> Value {
    let mut groups: BTreeMap<Name, Map<String, Value>> = BTreeMap::new();
    for (id, group) in &outcome.groups {
        groups.insert(id.clone(), group_json(id, group, profile));
    }
    let mut offsets: BTreeMap<Name, Vec<Value>> = BTreeMap::new();
    let pending = outcome
        .offsets
        .pending()
        .iter()
        .flat_map(|(producer, all)| all.iter().map(move |(key, value)| (key, value, Some(*producer))));
    let mut all: Vec<_> =
        outcome.offsets.committed().iter().map(|(key, value)| (key, value, None)).chain(pending).collect();
    all.sort_by_key(|(key, _, producer)| ((*key).clone(), *producer));
    for (key, value, producer) in all {
        let mut offset = offset_json(value, profile);
        offset.insert("topic".to_owned(), text(&key.topic));
        offset.insert("partition".to_owned(), json!(key.partition));
        offset.insert("pending".to_owned(), json!(producer));
        offsets.entry(key.group.clone()).or_default().push(Value::Object(offset));
    }
    for id in offsets.keys() {
        groups.entry(id.clone()).or_insert_with(|| {
            json!({"id": text(id), "type": "none", "state": null, "epoch": null, "members": []})
                .as_object()
                .expect("it is one")
                .clone()
        });
    }
    groups
        .into_iter()
        .map(|(id, mut group)| {
            group.insert("offsets".to_owned(), Value::Array(offsets.remove(&id).unwrap_or_default()));
            Value::Object(group)
        })
        .collect()
}

fn offset_json(value: &StoredOffset, profile: &Profile) -> Map<String, Value> {
    let mut offset = Map::new();
    offset.insert("offset".to_owned(), json!(value.offset));
    offset.insert("leaderEpoch".to_owned(), json!((value.leader_epoch != -1).then_some(value.leader_epoch)));
    offset.insert("metadata".to_owned(), text(&value.metadata));
    offset.insert("commitTimestamp".to_owned(), json!(value.commit_timestamp));
    if let Some(expire) = value.expire_timestamp {
        offset.insert("expireTimestamp".to_owned(), json!(expire));
    }
    match profile.rules {
        Rules::Old(_) => offset.insert("batchFirstOffset".to_owned(), json!(value.batch_first_offset)),
        // 3.7 does not keep it.
        Rules::New(_) if !profile.rules.offsets_commute() => {
            offset.insert("recordOffset".to_owned(), Value::Null)
        }
        Rules::New(_) => offset.insert("recordOffset".to_owned(), json!(value.record_offset)),
    };
    offset
}

fn group_json(id: &Name, group: &Group, profile: &Profile) -> Map<String, Value> {
    let json = match group {
        Group::Classic(group) => classic_json(id, group, profile),
        Group::Modern(group) => modern_json(id, group, profile),
    };
    json.as_object().expect("it is one").clone()
}

fn classic_json(id: &Name, group: &ClassicGroup, profile: &Profile) -> Value {
    let old = profile.coordinator() == Coordinator::Old;
    let members: Vec<Value> = group
        .members
        .iter()
        .map(|(member_id, member)| {
            let mut json = json!({"id": text(member_id), "epoch": null, "instanceId": maybe(member.instance_id.as_ref())});
            if !old {
                json["clientId"] = text(&member.client_id);
                json["clientHost"] = text(&member.client_host);
            }
            json
        })
        .collect();
    let mut json = json!({
        "id": text(id), "type": "classic", "state": group.state(), "epoch": group.generation,
        "protocolType": maybe(group.protocol_type.as_ref()), "protocol": maybe(group.protocol.as_ref()),
        "leader": maybe(group.leader.as_ref()), "members": members,
    });
    if !old {
        let simple = profile.release() >= "4.0.0".parse().expect("a release");
        json["simple"] = if simple { json!(group.is_simple()) } else { Value::Null };
    }
    json
}

fn modern_json(id: &Name, group: &ModernGroup, profile: &Profile) -> Value {
    let Rules::New(rules) = &profile.rules else {
        unreachable!("the old coordinator has classic groups only")
    };
    let members: Vec<Value> = group
        .members()
        .iter()
        .map(|(member_id, member)| member_json(group.kind(), member_id, member))
        .collect();
    let target: Map<String, Value> = group
        .targets()
        .iter()
        .map(|(member_id, holding)| (String::from_utf8_lossy(member_id).into_owned(), holding_json(holding)))
        .collect();
    let mut json = json!({
        "id": text(id), "type": group.kind().as_str(), "state": group.state(rules).as_str(),
        "epoch": group.group_epoch(), "assignmentEpoch": group.assignment_epoch(), "target": target, "members": members,
    });
    match group.kind() {
        ModernKind::Consumer => {
            let epochs = group
                .partition_epochs()
                .iter()
                .map(|((topic, partition), epoch)| (topic.to_string(), *partition, json!(epoch)));
            json["partitionEpochs"] = nested(epochs);
        }
        ModernKind::Streams => {
            let tasks = group.active_tasks().iter().map(|((subtopology, partition), process)| {
                (String::from_utf8_lossy(subtopology).into_owned(), *partition, text(process))
            });
            json["taskProcessIds"] = nested(tasks);
        }
        ModernKind::Share => {}
    }
    json
}

fn nested(entries: impl Iterator<Item = (String, i32, Value)>) -> Value {
    let mut json = Map::new();
    for (key, partition, value) in entries {
        json.entry(key).or_insert_with(|| json!({}))[partition.to_string()] = value;
    }
    Value::Object(json)
}

fn member_json(kind: ModernKind, id: &Name, member: &Member) -> Value {
    let state = member.state.map(|state| {
        let words = format!("{state:?}");
        let mut upper = String::new();
        for (index, c) in words.char_indices() {
            if c.is_uppercase() && index > 0 {
                upper.push('_');
            }
            upper.push(c.to_ascii_uppercase());
        }
        upper
    });
    let metadata = member.metadata.as_deref();
    let mut json = json!({
        "id": text(id), "epoch": member.epoch, "previousEpoch": member.previous_epoch, "state": state,
        "instanceId": metadata.and_then(|m| m.instance_id.as_ref()).map(text),
        "clientId": metadata.map(|m| text(&m.client_id)), "clientHost": metadata.map(|m| text(&m.client_host)),
        "assigned": holding_json(&member.assigned),
    });
    if kind != ModernKind::Share {
        json["pendingRevocation"] = holding_json(&member.pending_revocation);
    }
    json
}

fn holding_json(holding: &Holding) -> Value {
    match holding {
        Holding::Partitions(topics) => held_json(topics, Uuid::to_string),
        Holding::Tasks(Tasks { active, standby, warmup }) => {
            let name = |name: &Name| String::from_utf8_lossy(name).into_owned();
            json!({
                "activeTasks": held_json(active, name), "standbyTasks": held_json(standby, name),
                "warmupTasks": held_json(warmup, name),
            })
        }
    }
}

fn held_json<K>(all: &[Held<K>], key: impl Fn(&K) -> String) -> Value {
    let partitions = |partitions: &[HeldPartition]| {
        let mut sorted = partitions.to_vec();
        sorted.sort_by_key(|held| held.partition);
        if sorted.iter().any(|held| held.assignment_epoch.is_some()) {
            let epochs = sorted.iter().map(|held| (held.partition.to_string(), json!(held.assignment_epoch)));
            Value::Object(epochs.collect())
        } else {
            sorted.iter().map(|held| held.partition).collect()
        }
    };
    Value::Object(all.iter().map(|held| (key(&held.key), partitions(&held.partitions))).collect())
}

/// Topic names that stand for the ids in members' assignments do not exist in a log, and the classic
/// assignment is another crate's to read; 3.7 prints states in lower case.
fn comparable(mut state: Value) -> Value {
    for group in state.as_array_mut().expect("a list of groups") {
        let classic = group["type"] == "classic";
        if let Some(word) = group["state"].as_str().map(str::to_lowercase) {
            group["state"] = json!(word);
        }
        for member in group["members"].as_array_mut().expect("a list of members") {
            if classic {
                member.as_object_mut().expect("a member").remove("assigned");
            }
            if let Some(word) = member["state"].as_str().map(str::to_lowercase) {
                member["state"] = json!(word);
            }
        }
    }
    state
}

/// The text without the parts that the real code does not settle: a timestamp of the load.
fn settled(text: &str) -> String {
    text.split("timestamp=").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
}

fn differences(line: &Value, outcome: &LoadOutcome, profile: &Profile) -> Vec<String> {
    let mut wrong = Vec::new();
    let old = profile.coordinator() == Coordinator::Old;
    let failed = if old { Verdict::LoadsEmpty } else { Verdict::Fails };
    let expected_verdict =
        match (line["verdict"].as_str(), line["warnings"].as_array().is_some_and(Vec::is_empty)) {
            (Some("FAILED"), _) => failed,
            (_, true) => Verdict::Loads,
            (_, false) => Verdict::LoadsWithWarnings,
        };
    if outcome.verdict != expected_verdict {
        wrong.push(format!("verdict {:?}, expected {expected_verdict:?}", outcome.verdict));
    }
    if let Some(failure) = &outcome.failure {
        let expected = line["error"].as_str().unwrap_or("null");
        if settled(&failure.error) != settled(expected) {
            wrong.push(format!("error {:?}, expected {expected:?}", failure.error));
        }
        if json!(failure.offset) != line["offset"] {
            wrong.push(format!("offset {:?}, expected {}", failure.offset, line["offset"]));
        }
        let expected_type = line["recordKeyType"].as_i64();
        if failure.record_type.map(i64::from) != expected_type {
            wrong.push(format!("record type {:?}, expected {expected_type:?}", failure.record_type));
        }
    }
    if line["verdict"] == "LOADED" || (old && line["offset"].is_null()) {
        let (found, expected) = (comparable(state(outcome, profile)), comparable(line["groups"].clone()));
        if found != expected {
            wrong.push(format!("state\n    {found}\n    expected\n    {expected}"));
        }
    }
    let warnings: Vec<String> = outcome
        .warnings
        .iter()
        .map(|record| {
            let what = if old { "message key with version" } else { "record type" };
            format!("Unknown {what} {} at offset {} ignored", record.record_type, record.offset)
        })
        .collect();
    if line["verdict"] == "LOADED" && json!(warnings) != line["warnings"] {
        wrong.push(format!("warnings {warnings:?}, expected {}", line["warnings"]));
    }
    wrong
}

#[test]
fn every_case_ends_as_the_real_coordinator_ended_it() {
    let Some(cases) = corpus::load_cases() else { return };
    let lines = corpus::json_lines(&cases.join("EXPECTED.jsonl"));
    assert!(lines.len() > 2_900, "only {} lines found", lines.len());
    let mut logs: BTreeMap<String, Log> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in &lines {
        let case = line["case"].as_str().expect("a case");
        let version = line["version"].as_str().expect("a version");
        let (release, coordinator) = match version.strip_suffix("-old") {
            Some(release) => (release, Coordinator::Old),
            None => (version, Coordinator::New),
        };
        let profile = profile_for(release.parse().expect("a release"), coordinator).expect("a known release");
        let log = logs
            .entry(case.to_owned())
            .or_insert_with(|| Log::read(&corpus::partition_dir(&cases.join(case))));
        let mut loader = Loader::new(&profile, 0);
        log.events.iter().for_each(|event| loader.event(&event.as_load_event()));
        let outcome = loader.finish();
        wrong.extend(
            differences(line, &outcome, &profile).into_iter().map(|what| format!("{case} {version}: {what}")),
        );
    }
    eprintln!("{} loads, {} differences", lines.len(), wrong.len());
    assert!(
        wrong.is_empty(),
        "{} differences, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
}
