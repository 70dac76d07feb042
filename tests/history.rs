//! `history` held against what brokers told: applied event by event it gives the groups they had, and it names every
//! abort, delete and expiry of the workload with the values before it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{
    array, complaints, corpus, fixtures, folders, lastwrites, name, none_of, read_json, string, text,
};

/// Group, topic, partition.
type Key = (String, String, i64);

fn events(data: &Path, more: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["history", "--json"];
    arguments.extend(more);
    arguments.push(text(data));
    lastwrites(&arguments).json_lines()
}

fn key(event: &Value) -> Key {
    let group = string(event, "group_id").to_owned();
    (group, string(event, "topic").to_owned(), event["topic_partition"].as_i64().unwrap())
}

fn has(event: &Value, list: &str, word: &str) -> bool {
    array(event, list).iter().any(|entry| entry == word)
}

/// Offsets and members as the events leave them.
#[derive(Default)]
struct Replayed {
    offsets: BTreeMap<Key, Value>,
    members: BTreeMap<String, BTreeSet<String>>,
}

impl Replayed {
    fn of(events: &[Value]) -> Self {
        let mut replayed = Self::default();
        for event in events {
            replayed.apply(event);
        }
        replayed
    }

    fn apply(&mut self, event: &Value) {
        match string(event, "event") {
            "commit" | "commit-settled" if !has(event, "reasons", "superseded") => {
                let value =
                    ["committed_offset", "leader_epoch", "metadata"].map(|field| event[field].clone());
                self.offsets.insert(key(event), Value::from(value.to_vec()));
            }
            "offset-deleted" => {
                self.offsets.remove(&key(event));
            }
            "group-deleted" => {
                self.members.remove(string(event, "group_id"));
            }
            "member-joined" | "member-replaced" => {
                let members = self.members.entry(string(event, "group_id").to_owned()).or_default();
                if let Some(old) = event["replaced_member_id"].as_str() {
                    assert!(members.remove(old), "replaces a member that is not there: {event}");
                }
                assert!(members.insert(string(event, "member_id").to_owned()), "joins twice: {event}");
            }
            "member-left" => {
                let members = self.members.entry(string(event, "group_id").to_owned()).or_default();
                assert!(members.remove(string(event, "member_id")), "leaves, but was not there: {event}");
            }
            _ => {}
        }
    }
}

/// Committed offsets that the Admin API told.
fn told_offsets(truth: &Value) -> BTreeMap<Key, Value> {
    let mut told = BTreeMap::new();
    for group in array(truth, "groups") {
        for entry in array(group, "offsets") {
            let key = (string(group, "group").to_owned(), string(entry, "topic").to_owned());
            let value = ["offset", "leaderEpoch", "metadata"].map(|field| entry[field].clone());
            told.insert((key.0, key.1, entry["partition"].as_i64().unwrap()), Value::from(value.to_vec()));
        }
    }
    told
}

/// Cases whose copy and truth are of one moment.
fn is_quiet(folder: &Path) -> bool {
    let case = name(folder);
    !case.starts_with("crash") && !case.starts_with("torn")
}

fn cases(parent: &Path) -> Vec<PathBuf> {
    folders(parent).into_iter().filter(|folder| is_quiet(folder)).collect()
}

fn replay_gives_what_was_told(parent: &Path) {
    none_of(&complaints(&cases(parent), |folder| {
        let case = name(folder);
        let truth = read_json(&folder.join("truth.json"));
        let events = events(&folder.join("data"), &[]);
        let replayed = Replayed::of(&events);
        let mut found = Vec::new();
        // Orphans of a deleted group are no answer of a broker.
        let known: BTreeSet<&str> =
            array(&truth, "groups").iter().map(|group| string(group, "group")).collect();
        let ours: BTreeMap<&Key, &Value> =
            replayed.offsets.iter().filter(|(key, _)| known.contains(key.0.as_str())).collect();
        let told = told_offsets(&truth);
        if ours != told.iter().collect() {
            found.push(format!("{case}: ours {ours:?}, told {told:?}"));
        }
        for group in array(&truth, "groups") {
            let Some(members) = group["members"].as_array() else { continue };
            let told: BTreeSet<String> =
                members.iter().map(|member| string(member, "memberId").to_owned()).collect();
            let ours = replayed.members.get(string(group, "group")).cloned().unwrap_or_default();
            if ours != told {
                found
                    .push(format!("{case} {}: members ours {ours:?}, told {told:?}", string(group, "group")));
            }
        }
        for event in &events {
            if event["event"] == "unknown-record" || has(event, "reasons", "refused") {
                found.push(format!("{case}: a broker loaded this: {event}"));
            }
        }
        found
    }));
}

#[test]
fn replayed_event_by_event_the_fixtures_have_what_brokers_told() {
    replay_gives_what_was_told(&fixtures("broker"));
}

#[test]
fn replayed_event_by_event_the_corpus_has_what_brokers_told() {
    let Some(cases) = corpus("broker-cases") else { return };
    replay_gives_what_was_told(&cases);
}

/// Every event stands where `dump` has a record, in the order of `dump`.
#[test]
fn every_event_stands_at_a_record_in_log_order() {
    none_of(&complaints(&cases(&fixtures("broker")), |folder| {
        let data = folder.join("data");
        let place = |line: &Value| {
            let file = string(line, "file").to_owned();
            (line["partition"].as_i64(), file, line["position"].as_i64(), line["offset"].as_i64())
        };
        let records: Vec<_> =
            lastwrites(&["dump", "--json", text(&data)]).json_lines().iter().map(place).collect();
        let mut rest = records.iter();
        let mut at = None;
        let mut found = Vec::new();
        for event in events(&data, &[]) {
            let wanted = place(&event);
            if at != Some(&wanted) {
                at = rest.find(|record| **record == wanted);
            }
            if at.is_none() {
                found.push(format!("{}: out of order, or at no record: {event}", name(folder)));
            }
        }
        found
    }));
}

/// What the workload sent and aborted, deleted or let expire, with the values before it.
#[test]
fn aborts_deletes_and_their_last_values_are_those_of_the_workload() {
    let Some(parent) = corpus("broker-cases") else { return };
    let folders: Vec<PathBuf> = cases(&parent).into_iter().filter(|folder| !is_compacted(folder)).collect();
    let judged = std::sync::atomic::AtomicUsize::new(0);
    none_of(&complaints(&folders, |folder| {
        let case = name(folder);
        let truth = read_json(&folder.join("truth.json"));
        let events = events(&folder.join("data"), &[]);
        let mut found = Vec::new();
        for step in array(&truth, "events") {
            let op = string(step, "op");
            let listed = match op {
                "deleteGroup.call" | "deleteOffsets.call" => array(step, "lastOffsets"),
                "commit" | "txn.sendOffsets" => array(step, "offsets"),
                _ => continue,
            };
            for entry in listed {
                let wanted = (
                    string(step, "group").to_owned(),
                    string(entry, "topic").to_owned(),
                    entry["partition"].as_i64().unwrap(),
                );
                let is_it = |event: &&Value| match (op, string(event, "event")) {
                    ("deleteGroup.call", "offset-deleted") => {
                        has(event, "reasons", "group-deleted") == has_tombstone(&events, case, &wanted.0)
                            && event["previous_offset"] == entry["offset"]
                    }
                    ("deleteOffsets.call", "offset-deleted") => {
                        !has(event, "reasons", "group-deleted") && event["previous_offset"] == entry["offset"]
                    }
                    ("commit", "commit") | ("txn.sendOffsets", "commit-pending") => {
                        event["committed_offset"] == entry["offset"] && event["metadata"] == entry["metadata"]
                    }
                    _ => false,
                };
                let in_key = |event: &&Value| {
                    !event["topic"].is_null() && event["group_id"].is_string() && key(event) == wanted
                };
                if !events.iter().filter(in_key).any(|event| is_it(&event)) {
                    found.push(format!("{case}: {op} of {wanted:?} to {} is not there", entry["offset"]));
                }
                judged.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        found
    }));
    assert!(judged.into_inner() > 1_000, "too few steps of workloads were judged");
}

/// Whether the group got a tombstone of its own when it was deleted: the old coordinator writes none for a group that
/// never had a generation (`GroupMetadataManager.cleanupGroupMetadata`).
fn has_tombstone(events: &[Value], case: &str, group: &str) -> bool {
    let joined = |event: &Value| event["group_id"] == group && event["event"] == "member-joined";
    !case.contains("-3.") || events.iter().any(joined)
}

fn is_compacted(folder: &Path) -> bool {
    name(folder).starts_with("compacted")
}

/// Each transactional commit is settled or aborted once, at a marker of its producer behind it, or stays open.
#[test]
fn transactions_end_at_their_markers() {
    for case in ["transactions-3.9.2", "transactions-4.1.2"] {
        let folder = fixtures(&format!("broker/{case}"));
        let truth = read_json(&folder.join("truth.json"));
        let events = events(&folder.join("data"), &[]);
        let ended: Vec<&Value> = events
            .iter()
            .filter(|event| ["commit-settled", "commit-aborted"].contains(&string(event, "event")))
            .collect();
        for event in &ended {
            let pending: Vec<&Value> = events
                .iter()
                .filter(|other| {
                    other["event"] == "commit-pending"
                        && other["partition"] == event["partition"]
                        && other["offset"] == event["record_offset"]
                })
                .collect();
            assert_eq!(pending.len(), 1, "{case}: {event}");
            assert_eq!(pending[0]["producer_id"], event["producer_id"], "{case}: {event}");
            assert!(event["offset"].as_i64() > pending[0]["offset"].as_i64(), "{case}: {event}");
        }
        let places: BTreeSet<String> =
            ended.iter().map(|event| format!("{}@{}", event["partition"], event["record_offset"])).collect();
        assert_eq!(places.len(), ended.len(), "{case}: a commit ended twice");
        let mut aborts = 0;
        for step in array(&truth, "events") {
            let op = string(step, "op");
            if !["abort", "open"].contains(&op) || !step["offset"].is_number() {
                continue;
            }
            let of_step = |event: &&Value| {
                event["group_id"] == step["group"] && event["committed_offset"] == step["offset"]
            };
            let kinds: BTreeSet<&str> =
                events.iter().filter(of_step).map(|event| string(event, "event")).collect();
            let wanted: BTreeSet<&str> = match op {
                "abort" => ["commit-pending", "commit-aborted"].into(),
                _ => ["commit-pending"].into(),
            };
            assert_eq!(kinds, wanted, "{case}: {step}");
            aborts += 1;
        }
        assert!(aborts >= 2, "{case}: the workload aborted nothing");
    }
}

/// `offsets.retention.minutes` was 1 there; with the default nothing is old enough.
#[test]
fn expired_offsets_have_the_values_that_the_broker_told_before() {
    let Some(cases) = corpus("broker-cases") else { return };
    let folder = cases.join("expiry-4.1.2");
    let truth = read_json(&folder.join("truth.json"));
    let before = told_offsets(&serde_json::json!({ "groups": truth["extra"]["lastValuesBeforeExpiry"] }));
    let after = told_offsets(&truth);
    let expired: BTreeMap<&Key, &Value> =
        before.iter().filter(|(key, _)| !after.contains_key(*key)).collect();
    assert!(expired.len() >= 8, "the case has expiries: {expired:?}");
    let events = events(&folder.join("data"), &["--offsets-retention", "1"]);
    let flagged: BTreeMap<Key, &Value> = events
        .iter()
        .filter(|event| event["event"] == "offset-deleted" && has(event, "flags", "expired"))
        .map(|event| (key(event), &event["previous_offset"]))
        .collect();
    for (key, value) in expired {
        assert_eq!(flagged.get(key).copied(), Some(&value[0]), "{key:?}");
    }
    let mut hinted = 0;
    for event in &self::events(&folder.join("data"), &[]) {
        assert!(!has(event, "flags", "expired"), "{event}");
        if event["event"] == "offset-deleted"
            && before.contains_key(&key(event))
            && !after.contains_key(&key(event))
        {
            // Also where the group's own tombstone came with it.
            assert!(
                string(event, "detail").ends_with("expired if offsets.retention.minutes was 1 or less"),
                "{event}"
            );
            hinted += 1;
        }
    }
    assert!(hinted >= 8, "{hinted}");
}

/// A topic that was deleted and created again under its name: the tombstones behind the deletion, of commits before it, came
/// of it, and no other.
#[test]
fn a_topics_deletion_explains_the_tombstones_that_came_of_it() {
    let Some(parent) = corpus("broker-cases") else { return };
    let folders = cases(&parent).into_iter().filter(|folder| name(folder).starts_with("classic-mixed-"));
    for folder in folders {
        let truth = read_json(&folder.join("truth.json"));
        let is_delete = |step: &&Value| step["op"] == "deleteTopic.call";
        let step = array(&truth, "events").iter().find(is_delete).expect("the workload deletes a topic");
        let (topic, deleted_ms) = (string(step, "topic"), step["ts"].as_i64().unwrap());
        let mut committed: BTreeMap<Key, i64> = BTreeMap::new();
        let mut explained = 0;
        for event in events(&folder.join("data"), &[]) {
            let at = event["timestamp_ms"].as_i64().unwrap();
            match string(&event, "event") {
                "commit" => {
                    committed.insert(key(&event), at);
                }
                "offset-deleted" => {
                    let before = committed.remove(&key(&event)).is_some_and(|at| at < deleted_ms);
                    let came_of_it = event["topic"] == topic && before && at >= deleted_ms;
                    assert_eq!(
                        has(&event, "reasons", "topic-deleted"),
                        came_of_it,
                        "{}: {event}",
                        name(&folder)
                    );
                    explained += usize::from(came_of_it);
                }
                _ => {}
            }
        }
        assert!(explained >= 3, "{}: {explained}", name(&folder));
    }
}

/// What the fixtures' workload did by name: a rewind, deletes, a static member away, changes of the protocol.
#[test]
fn the_story_of_the_workload_is_told() {
    for release in ["3.6.2", "4.1.2"] {
        let folder = fixtures(&format!("broker/classic-{release}"));
        let truth = read_json(&folder.join("truth.json"));
        let events = events(&folder.join("data"), &[]);
        let mut told = 0;
        for step in array(&truth, "events") {
            let of_group = |kind: &str| {
                events
                    .iter()
                    .filter(|event| event["group_id"] == step["group"] && event["event"] == kind)
                    .cloned()
                    .collect::<Vec<Value>>()
            };
            match string(step, "op") {
                "rewind" => {
                    let found = of_group("commit").into_iter().find(|event| has(event, "reasons", "rewind"));
                    let found = found.expect("a rewind");
                    assert_eq!(found["committed_offset"], step["to"]);
                    assert_eq!(found["previous_offset"], step["from"]);
                }
                "deleteGroup" | "deleteOffsets" => {
                    let with_group = string(step, "op") == "deleteGroup";
                    for (place, offset) in step["lastOffsets"].as_object().unwrap() {
                        let deleted: Vec<Value> = of_group("offset-deleted")
                            .into_iter()
                            .filter(|event| {
                                format!("{}-{}", string(event, "topic"), event["topic_partition"]) == *place
                                    && event["previous_offset"] == *offset
                            })
                            .collect();
                        assert_eq!(deleted.len(), 1, "{release} {step}: {deleted:?}");
                        let with_group = with_group
                            && has_tombstone(&events, &format!("-{release}"), string(step, "group"));
                        assert_eq!(
                            has(&deleted[0], "reasons", "group-deleted"),
                            with_group,
                            "{release} {step}"
                        );
                    }
                }
                _ => continue,
            }
            told += 1;
        }
        assert!(told >= 4, "{release}: the workload did too little");
    }
    for (case, kinds) in [
        ("consumer-4.1.2", ["type-changed", "member-left", "group-deleted"]),
        ("consumer-3.9.2", ["type-changed", "member-left", "group-deleted"]),
        ("share-4.2.1", ["member-joined", "member-left", "group-deleted"]),
        ("streams-4.2.1", ["member-joined", "topology-changed", "assignment-changed"]),
    ] {
        let found: BTreeSet<String> = events(&fixtures(&format!("broker/{case}/data")), &[])
            .iter()
            .map(|event| string(event, "event").to_owned())
            .collect();
        for kind in kinds {
            assert!(found.contains(kind), "{case} has no {kind}: {found:?}");
        }
    }
}

/// A group's own events are the same, whether others are read or not.
#[test]
fn asking_for_a_group_leaves_its_events_as_they_are() {
    let data = fixtures("broker/classic-4.1.2/data");
    let all = events(&data, &[]);
    let groups: BTreeSet<&str> = all.iter().filter_map(|event| event["group_id"].as_str()).collect();
    assert!(groups.len() > 5);
    for group in groups {
        let alone = events(&data, &["--group", group]);
        let wanted: Vec<&Value> = all.iter().filter(|event| event["group_id"] == *group).collect();
        assert_eq!(alone.iter().collect::<Vec<_>>(), wanted, "{group}");
    }
}
