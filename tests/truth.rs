//! `groups --json` held against what a broker's Admin API told (`truth.json`), and against a workload's journal.
//!
//! Compared: every offset with its leader epoch and metadata; type, state and members of every group. Not compared, since
//! a log cannot show it: groups without offsets and members (only the broker's memory has them).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{array, string};

/// A difference that is expected in one case, and why.
pub(crate) struct Exception {
    pub(crate) case: &'static str,
    pub(crate) group: &'static str,
    /// First word of the complaint: `state`, `members`, `assignment`, `member-epoch`, `offset`.
    pub(crate) what: &'static str,
    pub(crate) reason: &'static str,
}

/// Group, topic, partition.
type Key = (String, String, i64);

/// Every committed offset of a `groups` document: offset, leader epoch, metadata. Pending ones and orphans left out, a
/// broker does not answer with them.
pub(crate) fn committed(document: &Value) -> BTreeMap<Key, Value> {
    let mut found = BTreeMap::new();
    for group in array(document, "groups") {
        for entry in array(group, "offsets") {
            if entry["offset"].is_null() || array(entry, "flags").iter().any(|flag| flag == "orphan") {
                continue;
            }
            let key = (
                string(group, "group_id").to_owned(),
                string(entry, "topic").to_owned(),
                entry["partition"].as_i64().unwrap(),
            );
            let value = Value::from(vec![
                entry["offset"].clone(),
                entry["leader_epoch"].clone(),
                entry["metadata"].clone(),
            ]);
            assert!(found.insert(key.clone(), value).is_none(), "{key:?} stands twice in the document");
        }
    }
    found
}

/// Every offset the Admin API told.
fn told(truth: &Value) -> BTreeMap<Key, Value> {
    let mut found = BTreeMap::new();
    for group in array(truth, "groups") {
        for entry in array(group, "offsets") {
            let key = (
                string(group, "group").to_owned(),
                string(entry, "topic").to_owned(),
                entry["partition"].as_i64().unwrap(),
            );
            let value = Value::from(vec![
                entry["offset"].clone(),
                entry["leaderEpoch"].clone(),
                entry["metadata"].clone(),
            ]);
            found.insert(key, value);
        }
    }
    found
}

/// All differences between a `groups` document and the Admin API, the exceptions of `case` left out. An exception that
/// does not occur is a complaint, too.
pub(crate) fn differences(
    case: &str,
    truth: &Value,
    document: &Value,
    exceptions: &[Exception],
) -> Vec<String> {
    let mut found: Vec<(String, &'static str, String)> = Vec::new();
    let (ours, theirs) = (committed(document), told(truth));
    let keys: BTreeSet<&Key> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        if ours.get(key) != theirs.get(key) {
            let detail = format!("{}-{}: ours {:?}, told {:?}", key.1, key.2, ours.get(key), theirs.get(key));
            found.push((key.0.clone(), "offset", detail));
        }
    }
    let names = topic_names(truth);
    let by_id: BTreeMap<&str, &Value> =
        array(document, "groups").iter().map(|group| (string(group, "group_id"), group)).collect();
    let mut known = BTreeSet::new();
    for group in array(truth, "groups") {
        let id = string(group, "group");
        known.insert(id);
        match by_id.get(id) {
            Some(ours) => found.extend(
                group_differences(group, ours, &names)
                    .into_iter()
                    .map(|(what, detail)| (id.to_owned(), what, detail)),
            ),
            None if array(group, "offsets").is_empty() && array(group, "members").is_empty() => {}
            None => found.push((id.to_owned(), "group", "missing".to_owned())),
        }
    }
    // Since 4.0 a group outlives its last offset in memory, and the default rules are the newest; older brokers forgot it.
    let forgets = string(truth, "version").starts_with("3.");
    for (id, group) in by_id {
        let hollow = array(group, "offsets").iter().all(|entry| entry["offset"].is_null())
            && array(group, "members").is_empty();
        if !known.contains(id) && group["type"] != "none" && !(forgets && hollow) {
            found.push((id.to_owned(), "group", format!("the broker has none; ours {}", group["type"])));
        }
    }
    complaints(case, found, exceptions)
}

fn complaints(
    case: &str,
    found: Vec<(String, &'static str, String)>,
    exceptions: &[Exception],
) -> Vec<String> {
    let mine: Vec<&Exception> = exceptions.iter().filter(|exception| exception.case == case).collect();
    let matches = |exception: &Exception, group: &str, what: &str| {
        exception.group == group && exception.what == what && !exception.reason.is_empty()
    };
    let mut complaints: Vec<String> = mine
        .iter()
        .filter(|exception| !found.iter().any(|(group, what, _)| matches(exception, group, what)))
        .map(|exception| {
            format!("{case}: the exception for {} of {:?} is not needed", exception.what, exception.group)
        })
        .collect();
    for (group, what, detail) in found {
        if !mine.iter().any(|exception| matches(exception, &group, what)) {
            complaints.push(format!("{case}: {what} of {group:?}: {detail}"));
        }
    }
    complaints
}

fn group_differences(
    told: &Value,
    ours: &Value,
    names: &BTreeMap<String, String>,
) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(kind) = told["type"].as_str()
        && ours["type"] != kind.to_lowercase()
    {
        found.push(("type", format!("ours {}, told {kind}", ours["type"])));
    }
    if let Some(state) = told["state"].as_str()
        && ours["state"] != state
    {
        found.push(("state", format!("ours {}, told {state}", ours["state"])));
    }
    if !told["members"].is_array() {
        return found;
    }
    let theirs: BTreeMap<&str, &Value> =
        array(told, "members").iter().map(|member| (string(member, "memberId"), member)).collect();
    let members: BTreeMap<&str, &Value> =
        array(ours, "members").iter().map(|member| (string(member, "member_id"), member)).collect();
    if !theirs.keys().eq(members.keys()) {
        found.push(("members", format!("ours {:?}, told {:?}", members.keys(), theirs.keys())));
    }
    let streams = ours["type"] == "streams";
    for (id, theirs) in theirs {
        let Some(ours) = members.get(id) else { continue };
        for (mine, of_broker) in
            [("client_id", "clientId"), ("client_host", "host"), ("group_instance_id", "instanceId")]
        {
            if ours[mine] != theirs[of_broker] {
                found.push((
                    "member",
                    format!("{id} {mine}: ours {}, told {}", ours[mine], theirs[of_broker]),
                ));
            }
        }
        if theirs["memberEpoch"].is_number() && theirs["memberEpoch"] != ours["member_epoch"] {
            let detail = format!("{id}: ours {}, told {}", ours["member_epoch"], theirs["memberEpoch"]);
            found.push(("member-epoch", detail));
        }
        let (mine, of_broker) = if streams {
            (BTreeSet::from([tasks(ours)]), BTreeSet::from([told_tasks(theirs)]))
        } else {
            (assignment(ours, names), told_assignment(theirs))
        };
        if mine != of_broker {
            found.push(("assignment", format!("{id}: ours {mine:?}, told {of_broker:?}")));
        }
    }
    found
}

/// Topic names by id: the Admin API names topics, modern group records give ids.
fn topic_names(truth: &Value) -> BTreeMap<String, String> {
    match &truth["topics"] {
        Value::Object(topics) => {
            topics.iter().map(|(name, topic)| (string(topic, "id").to_owned(), name.clone())).collect()
        }
        Value::Array(topics) => topics
            .iter()
            .map(|topic| (string(topic, "id").to_owned(), string(topic, "name").to_owned()))
            .collect(),
        _ => BTreeMap::new(),
    }
}

fn assignment(member: &Value, names: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for topic in array(member, "assignment") {
        let name = topic["topic"].as_str().unwrap_or_else(|| {
            let id = string(topic, "topic_id");
            names.get(id).map_or(id, String::as_str)
        });
        found.extend(array(topic, "partitions").iter().map(|partition| format!("{name}-{partition}")));
    }
    found
}

/// A streams member's tasks as `MemberAssignment.toString` has them.
fn tasks(member: &Value) -> String {
    let role = |name: &str| {
        let mut tasks = Vec::new();
        for held in array(&member["tasks"], name) {
            let of = |partition: &Value| format!("{}_{partition}", string(held, "subtopology"));
            tasks.extend(array(held, "partitions").iter().map(of));
        }
        tasks.join(",")
    };
    format!(
        "(activeTasks={}, standbyTasks={}, warmupTasks={})",
        role("active"),
        role("standby"),
        role("warmup")
    )
}

/// The same as told: in that form, or as a list for each role.
fn told_tasks(member: &Value) -> String {
    let role = |name: &str| {
        let tasks: Vec<&str> = array(member, name).iter().map(|task| task.as_str().unwrap()).collect();
        tasks.join(",")
    };
    match member["assignment"].as_str() {
        Some(told) => told.to_owned(),
        None => format!(
            "(activeTasks={}, standbyTasks={}, warmupTasks={})",
            role("activeTasks"),
            role("standbyTasks"),
            role("warmupTasks")
        ),
    }
}

fn told_assignment(member: &Value) -> BTreeSet<String> {
    array(member, "assignment").iter().map(|partition| partition.as_str().unwrap().to_owned()).collect()
}

/// Keys whose value lies outside what a journal allows: not below the last acknowledged one of `before`, not above the
/// last attempted one of `after`. Keys of the journal are `group|topic-partition`.
pub(crate) fn outside_journal(before: &Value, after: &Value, document: &Value) -> Vec<String> {
    let ours = committed(document);
    let mut complaints = Vec::new();
    let journal = after.as_object().unwrap();
    assert!(!journal.is_empty(), "an empty journal says nothing");
    for (key, entry) in journal {
        let (group, partition) = key.split_once('|').unwrap();
        let (topic, partition) = partition.rsplit_once('-').unwrap();
        let place = (group.to_owned(), topic.to_owned(), partition.parse().unwrap());
        let value = ours.get(&place).and_then(|value| value[0].as_i64());
        let acked = before[key]["acked"].as_i64();
        let attempted = entry["attempted"].as_i64().unwrap();
        let inside = match (acked, value) {
            (None, None) => true,
            (Some(_), None) => false,
            (acked, Some(value)) => acked.is_none_or(|acked| acked <= value) && value <= attempted,
        };
        if !inside {
            complaints.push(format!("{key}: ours {value:?}, acked {acked:?}, attempted {attempted}"));
        }
    }
    complaints
}
