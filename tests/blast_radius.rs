//! `blast-radius --json` held against what three-broker clusters answered at stated moments (`truth.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use lastwrites_synth::batch::Batch;
use lastwrites_synth::cleaner::{Tombstones, compact};
use lastwrites_synth::model::OffsetKey;
use lastwrites_synth::script::Script;
use lastwrites_synth::segment::Segment;
use lastwrites_synth::values::offsets::OffsetCommit;
use serde_json::Value;

use crate::support::{
    array, complaints, copy, corpus, folders, lastwrites, name, none_of, read_json, string, text,
};

/// The copies that answer a case's main truth: no later snapshots of the same brokers.
fn nodes(case: &Path) -> Vec<PathBuf> {
    let mut nodes = folders(case);
    nodes.retain(|node| name(node) != "after" && name(node) != "broker-1-rejoined");
    nodes
}

fn ask(nodes: &[PathBuf], more: &[&str]) -> Value {
    let mut arguments = vec!["blast-radius", "--json"];
    arguments.extend(more);
    arguments.extend(nodes.iter().map(|node| text(node)));
    lastwrites(&arguments).json()
}

pub(crate) fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// Truths of moments before the copies were taken: `(name, truth)`.
fn truths<'a>(case: &Path, truth: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let copies = &read_json(&case.join("case.json"))["copies"];
    let copied = nodes(case).iter().filter_map(|node| copies[name(node)]["startMs"].as_i64()).max().unwrap();
    let others = truth.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value));
    let mut found: Vec<_> = others.filter(|(_, value)| value["topics"].is_object()).collect();
    found.push(("main", truth));
    found.retain(|(_, truth)| truth["takenAtMs"].as_i64().unwrap() <= copied);
    found
}

fn numbers(value: &Value) -> BTreeSet<i64> {
    value.as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect()
}

#[test]
fn leaders_coordinators_and_topics_are_what_the_cluster_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    none_of(&complaints(&folders(&cases), |case| {
        let truth = read_json(&case.join("truth.json"));
        let moments = truths(case, &truth);
        let each = moments.into_iter().flat_map(|(label, told)| {
            let document = ask(&nodes(case), &["--as-of", &moment(told["takenAtMs"].as_i64().unwrap())]);
            let found = differences(&document, told);
            found.into_iter().map(move |what| format!("{} {label}: {what}", name(case)))
        });
        each.collect()
    }));
}

fn differences(document: &Value, told: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: String, ours: &Value, told: &Value| {
        if ours != told {
            found.push(format!("{what}: ours {ours}, told {told}"));
        }
    };
    differ("cluster".to_owned(), &document["cluster_id"], &told["clusterId"]);
    let offsets = array(&told["topics"]["__consumer_offsets"], "partitions");
    let brokers: BTreeMap<i64, &Value> = array(document, "brokers")
        .iter()
        .map(|broker| (broker["broker_id"].as_i64().unwrap(), broker))
        .collect();
    for broker in array(told, "brokers") {
        let id = broker["id"].as_i64().unwrap();
        let Some(ours) = brokers.get(&id) else {
            differ(format!("broker {id}"), &Value::Null, broker);
            continue;
        };
        for field in ["host", "port", "rack"] {
            differ(format!("broker {id} {field}"), &ours[field], &broker[field]);
        }
        let of = |wanted: &dyn Fn(&Value) -> bool| -> Value {
            offsets.iter().filter(|p| wanted(p)).map(|p| p["partition"].clone()).collect()
        };
        differ(format!("broker {id} leads"), &ours["leads"], &of(&|p| p["leader"] == id));
        let replicas = of(&|p| numbers(&p["replicas"]).contains(&id));
        differ(format!("broker {id} replicas"), &ours["replica_of"], &replicas);
    }
    let ours: BTreeMap<&str, &Value> =
        array(document, "groups").iter().map(|group| (string(group, "group_id"), group)).collect();
    for group in array(told, "groups") {
        let id = string(group, "group");
        let topics: BTreeSet<&str> = array(group, "offsets").iter().map(|o| string(o, "topic")).collect();
        match ours.get(id) {
            Some(ours) => {
                differ(format!("{id} partition"), &ours["offsets_partition"], &group["offsetsPartition"]);
                differ(format!("{id} coordinator"), &ours["coordinator"], &group["coordinator"]);
                differ(format!("{id} fails"), &ours["fails"], &Value::Bool(false));
            }
            // Deleted between this moment and the copies, or never more than a broker's memory.
            None if topics.is_empty() || told.get("case").is_none() => {}
            None => differ(id.to_owned(), &Value::Null, group),
        }
    }
    for topic in array(document, "topics") {
        let told = &told["topics"][string(topic, "topic")];
        differ(format!("{} id", topic["topic"]), &topic["topic_id"], &told["id"]);
        let partitions = told["partitions"].as_array().map(Vec::len);
        differ(format!("{} partitions", topic["topic"]), &topic["partitions"], &Value::from(partitions));
    }
    found
}

/// A whole cluster's disks with the log of one partition exchanged for one that real loaders of 4.1.0 fail on.
#[test]
fn only_groups_of_the_failing_shard_fail() {
    let (Some(cases), Some(loads)) = (corpus("cluster-cases"), corpus("load-cases")) else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let folder = tempfile::tempdir().unwrap();
    for node in nodes(&case) {
        copy(&node, &folder.path().join(name(&node)));
    }
    let victim = folder.path().join("broker-1/__consumer_offsets-1");
    fs::remove_dir_all(&victim).unwrap();
    copy(&loads.join("S1-torn/__consumer_offsets-13"), &victim);

    let taken = read_json(&case.join("truth.json"))["takenAtMs"].as_i64().unwrap();
    let whole = [folder.path().to_owned()];
    let as_of = ["--as-of", &moment(taken), "--kafka", "4.1.0"];
    let document = ask(&whole, &as_of);
    for partition in array(&document, "partitions") {
        assert_eq!(partition["fails"], partition["partition"] == 1, "{partition}");
    }
    let failing: Vec<&Value> =
        array(&document, "groups").iter().filter(|group| group["fails"] == true).collect();
    assert!(!failing.is_empty());
    assert!(failing.iter().all(|group| group["offsets_partition"] == 1 && group["coordinator"] == 1));
    assert!(array(&document, "groups").iter().any(|group| group["fails"] == false));

    // The same asked for one broker, one partition, one group, and one that nobody knows.
    let part = |more: [&str; 2]| ask(&whole, &[as_of.as_slice(), &more].concat());
    let of_broker = part(["--broker", "1"]);
    assert!(array(&of_broker, "groups").iter().all(|group| group["coordinator"] == 1));
    let count =
        |of: &dyn Fn(&Value) -> bool| array(&document, "groups").iter().filter(|group| of(group)).count();
    assert_eq!(array(&of_broker, "groups").len(), count(&|group| group["coordinator"] == 1));
    assert_eq!(array(&part(["--partition", "1"]), "groups").len(), failing.len());
    let of_group = part(["--group", "app-0"]);
    assert_eq!(array(&of_group, "groups").len(), 1);
    assert_eq!(array(&of_group, "groups")[0]["coordinator"], 3);
    let unknown = part(["--broker", "77"]);
    for list in ["brokers", "partitions", "groups", "topics"] {
        assert_eq!(array(&unknown, list).len(), 0, "{unknown}");
    }
    let arguments = ["blast-radius", "--json", "--broker", "77", text(folder.path())];
    assert_eq!(lastwrites(&arguments).code, 0);
}

/// Without `--as-of` the newest metadata answers: after clean stops nobody leads, and the document says as of when.
/// Copied next to three brokers, another cluster's controller outbids their own logs with its offsets: its id gives it away.
#[test]
fn another_clusters_controller_decides_nothing() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let brokers: Vec<PathBuf> =
        nodes(&case).into_iter().filter(|node| name(node) != "controller-100").collect();
    let without_time = |mut document: Value| {
        let warned = array(&document, "findings")
            .iter()
            .filter(|finding| string(finding, "message").contains("it decides nothing here"))
            .map(|finding| (string(finding, "code").to_owned(), string(finding, "severity").to_owned()))
            .collect::<Vec<_>>();
        document.as_object_mut().unwrap().remove("findings");
        (document, warned)
    };
    let (own, none) = without_time(ask(&brokers, &[]));
    assert!(none.is_empty() && own["as_of_metadata_offset"].is_i64(), "{own}");
    for other in ["cluster-unclean-4.1.2", "cluster-stale-4.1.2", "cluster-reassigned-4.1.2"] {
        let mut beside = brokers.clone();
        beside.push(cases.join(other).join("controller-100"));
        let (answer, warned) = without_time(ask(&beside, &[]));
        assert_eq!(answer, own, "{other}");
        assert_eq!(warned, [("LW404".to_owned(), "warning".to_owned())], "{other}");
    }
    // Without metadata of their own nothing is known of leaders.
    let folder = tempfile::tempdir().unwrap();
    for broker in &brokers {
        copy(broker, &folder.path().join(name(broker)));
        fs::remove_dir_all(folder.path().join(name(broker)).join("__cluster_metadata-0")).unwrap();
    }
    copy(&cases.join("cluster-unclean-4.1.2/controller-100"), &folder.path().join("controller-100"));
    let (answer, warned) = without_time(ask(&[folder.path().to_owned()], &[]));
    assert!(answer["as_of_metadata_offset"].is_null() && warned.len() == 1, "{answer}");
    assert_eq!(array(&answer, "groups").len(), array(&own, "groups").len());
}

#[test]
fn the_newest_metadata_may_know_no_leader() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let document = ask(&nodes(&cases.join("cluster-clean-4.1.2")), &[]);
    assert!(array(&document, "groups").iter().all(|group| group["coordinator"].is_null()));
    assert!(document["as_of_metadata_offset"].as_i64().unwrap() > 100);
    assert!(array(&document, "findings").iter().any(|finding| finding["code"] == "LW404"));
}

/// `--since` keeps the groups that committed then or later, `--as-of-offset` one partition's.
#[test]
fn groups_of_another_moment_are_those_the_cluster_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let groups = |more: &[&str]| -> BTreeSet<String> {
        let document = ask(&nodes(&case), more);
        array(&document, "groups").iter().map(|group| string(group, "group_id").to_owned()).collect()
    };
    let truth = read_json(&case.join("truth.json"));
    let of_first = array(&truth, "groups").iter().filter(|group| group["offsetsPartition"] == 1);
    let of_first: BTreeSet<String> = of_first.map(|group| string(group, "group").to_owned()).collect();
    assert_eq!(groups(&["--as-of-offset", "1:1000000"]), of_first);
    assert!(groups(&["--as-of-offset", "1:0"]).is_empty());

    // After the deletions: commits of before are seconds old.
    let commits = || array(&truth, "events").iter().filter(|event| event["op"] == "commit");
    let since = commits().filter_map(|event| event["ts"].as_i64()).max().unwrap() - 1_000;
    let late = commits().filter(|event| event["ts"].as_i64() >= Some(since));
    let late: BTreeSet<String> = late.map(|event| string(event, "group").to_owned()).collect();
    let mut told = groups(&["--since", &moment(since)]);
    // Commits of the churn are counted there, not listed.
    told.retain(|group| !group.starts_with("churn"));
    assert_eq!(told, late);
}

/// A moment before the cluster's metadata begins is no lack of metadata: it is told since when there is some.
#[test]
fn a_moment_before_the_metadata_is_told_as_such() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let document = ask(&nodes(&cases.join("cluster-clean-4.1.2")), &["--as-of", "2001-01-01T00:00:00Z"]);
    let told = array(&document, "findings").iter().map(|finding| string(finding, "message"));
    assert!(told.into_iter().any(|message| message.starts_with("the cluster's metadata begins at 20")));
    assert!(array(&document, "findings").iter().all(|finding| finding["code"] != "LW403"));
    assert!(document["as_of_metadata_offset"].is_null());
}

/// One of three controllers' disks can't tell which of its last records a majority had; all three can.
#[test]
fn the_uncommitted_tail_of_the_metadata_is_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-jbod-4.1.2");
    let taken = read_json(&case.join("truth.json"))["takenAtMs"].as_i64().unwrap();
    let whole = ask(&nodes(&case), &["--as-of", &moment(taken)]);
    assert!(whole["as_of_metadata_uncommitted_from"].is_null(), "{whole}");
    let alone = ask(&nodes(&case)[..1], &[]);
    let from = alone["as_of_metadata_uncommitted_from"].as_i64().unwrap();
    assert!(from <= alone["as_of_metadata_offset"].as_i64().unwrap());
    let told = array(&alone, "findings").iter().map(|finding| string(finding, "message"));
    assert!(
        told.into_iter().any(|message| message.contains("isn't known to be committed (1 of 3 controllers'"))
    );
}

/// A lone partition directory: groups and topics all the same, leaders unknown.
#[test]
fn without_metadata_leaders_are_unknown() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let document = ask(&[cases.join("cluster-clean-4.1.2/broker-1/__consumer_offsets-1")], &[]);
    assert!(document["as_of_metadata_offset"].is_null());
    assert!(array(&document, "groups").iter().any(|group| group["group_id"] == "app-1"));
    assert!(array(&document, "brokers").iter().all(|broker| broker["leads"].is_null()));
    assert!(array(&document, "findings").iter().any(|finding| finding["code"] == "LW403"));
}

/// A controller's disk knows leaders and no groups; that must not read as good news.
#[test]
fn a_disk_without_offsets_partitions_says_that_nothing_was_judged() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let said =
        |paths: &[&str]| String::from_utf8(lastwrites(&[&["blast-radius"], paths].concat()).stdout).unwrap();
    let metadata = case.join("controller-100");
    let told = said(&[text(&metadata)]);
    assert!(told.starts_with("no copy of an offsets partition here"), "{told}");
    let one = case.join("broker-1/__consumer_offsets-1");
    let told = said(&[text(&one), text(&metadata)]);
    assert!(told.contains("on 1 offsets partition\nof the others no copy was found"), "{told}");
}

/// Leaders from a pasted description, where no metadata was copied; held against the cluster's own answer.
#[test]
fn a_pasted_description_tells_leaders() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let told = array(&truth["topics"]["__consumer_offsets"], "partitions");
    assert!(!told.is_empty(), "{}", truth["topics"]);
    let numbers = |list: &Value| {
        let list: Vec<String> = list.as_array().unwrap().iter().map(ToString::to_string).collect();
        list.join(",")
    };
    let mut description =
        "Topic: __consumer_offsets\tPartitionCount: 6\tReplicationFactor: 3\tConfigs: \n".to_owned();
    for partition in told {
        description.push_str(&format!(
            "\tTopic: __consumer_offsets\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}\n",
            partition["partition"],
            partition["leader"],
            numbers(&partition["replicas"]),
            numbers(&partition["isr"])
        ));
    }
    let scratch = tempfile::tempdir().unwrap();
    let pasted = scratch.path().join("described.txt");
    fs::write(&pasted, description).unwrap();
    let disk = scratch.path().join("disk");
    for partition in 0..6 {
        let name = format!("__consumer_offsets-{partition}");
        copy(&case.join("broker-1").join(&name), &disk.join(&name));
    }
    let document = lastwrites(&["blast-radius", "--json", "--described", text(&pasted), text(&disk)]).json();
    for (ours, told) in array(&document, "partitions").iter().zip(told) {
        assert_eq!(ours["leader"], told["leader"], "{ours}");
    }
    for group in array(&document, "groups") {
        let home = &told[group["offsets_partition"].as_u64().unwrap() as usize];
        assert_eq!(group["coordinator"], home["leader"], "{group}");
    }
}

/// A known broker that leads nothing is no unknown one: nobody is hit through it.
#[test]
fn a_broker_that_leads_nothing_is_called_that() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-unacked-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let at = moment(truth["takenAtMs"].as_i64().unwrap());
    let leads = |id: i64| {
        let partitions = array(&truth["topics"]["__consumer_offsets"], "partitions");
        partitions.iter().filter(|partition| partition["leader"] == id).count()
    };
    let nodes = nodes(&case);
    let mut idle = 0;
    for id in 1..=3 {
        let broker = id.to_string();
        let mut arguments = vec!["blast-radius", "--as-of", &at, "--broker", &broker];
        arguments.extend(nodes.iter().map(|node| text(node)));
        let shown = String::from_utf8(lastwrites(&arguments).stdout).unwrap();
        let says = format!("broker {id} leads no offsets partition");
        assert_eq!(shown.starts_with(&says), leads(id) == 0, "{shown}");
        idle += usize::from(leads(id) == 0);
    }
    assert!(idle > 0, "{}", truth["topics"]["__consumer_offsets"]);
}

/// Groups whose last offset was deleted are on no truth's list once nothing else is left of them.
#[test]
fn groups_without_offsets_or_records_are_not_hit() {
    let Some(cases) = corpus("cluster-cases") else { return };
    none_of(&complaints(&folders(&cases), |case| {
        let truth = read_json(&case.join("truth.json"));
        let told: BTreeSet<&str> =
            array(&truth, "groups").iter().map(|group| string(group, "group")).collect();
        let document = ask(&nodes(case), &[]);
        let groups = array(&document, "groups").iter();
        // What copies hold beyond the truth's moment is in doubt, pending or unacknowledged, and has topics.
        let gone = groups
            .filter(|group| !told.contains(string(group, "group_id")) && array(group, "topics").is_empty());
        gone.map(|group| format!("{}: {group}", name(case))).collect()
    }));
}

fn hit(document: &Value) -> BTreeSet<&str> {
    array(document, "groups").iter().map(|group| string(group, "group_id")).collect()
}

fn warned_of(document: &Value, code: &str) -> BTreeSet<i64> {
    let warnings = array(document, "findings").iter().filter(|finding| finding["severity"] == "warning");
    warnings
        .filter(|finding| finding["code"] == code)
        .filter_map(|found| found["partition"].as_i64())
        .collect()
}

/// A broker that stopped before groups were deleted and others made: its list is both too long and too short.
#[test]
fn a_stale_copy_is_told_as_one() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-stale-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let told: BTreeSet<&str> = array(&truth, "groups").iter().map(|group| string(group, "group")).collect();
    let stale = case.join("broker-3");
    let alone = ask(std::slice::from_ref(&stale), &[]);
    let ours = hit(&alone);
    assert!(ours.difference(&told).next().is_some() && told.difference(&ours).next().is_some());
    assert_eq!(warned_of(&alone, "LW311"), (0..6).collect());
    assert!(array(&alone, "partitions").iter().all(|one| one["groups_complete"] == false), "{alone}");
    let shown = String::from_utf8(lastwrites(&["blast-radius", text(&stale)]).stdout).unwrap();
    assert!(shown.contains("not every copy here is up to date (LW311)"), "{shown}");
    let out = tempfile::tempdir().unwrap();
    // The page of these copies, and what its report.json says of each partition.
    let page = |nodes: &[PathBuf], to: &str| {
        let to = out.path().join(to);
        let paths: Vec<&str> = nodes.iter().map(|node| text(node)).collect();
        let run = lastwrites(&[&["examine", "--out", text(&to)][..], &paths].concat());
        let report = read_json(&to.join("report.json"));
        let told =
            array(&report["blast_radius"], "partitions").iter().map(|one| one["groups_complete"].clone());
        let page = fs::read_to_string(to.join("report.html")).unwrap_or_else(|_| panic!("{}", run.stderr));
        (page, told.collect::<Vec<_>>())
    };
    let (of_stale, told_of) = page(std::slice::from_ref(&stale), "stale");
    assert!(told_of.iter().all(|one| one == false) && told_of.len() == 6, "{told_of:?}");
    let lead =
        "Not all groups are known of offsets partitions 0-5: not every copy here is up to date (LW311)";
    assert!(of_stale.contains(lead), "the page doesn't say so");
    // Beside copies that are up to date it does no harm.
    let whole = ask(&nodes(&case), &[]);
    assert_eq!(hit(&whole), told);
    assert!(warned_of(&whole, "LW311").is_empty());
    assert!(array(&whole, "partitions").iter().all(|one| one["groups_complete"].is_null()), "{whole}");
    let (of_whole, told_of) = page(&nodes(&case), "whole");
    assert!(told_of.iter().all(Value::is_null) && told_of.len() == 6, "{told_of:?}");
    assert!(!of_whole.contains("Not all groups are known"), "the page doubts a whole list");
}

/// What only broker 1 had before an unclean election, the cluster does not have: the same groups are hit whether its
/// copy is merged or left out, and those of the fork are named apart.
#[test]
fn groups_of_a_fork_are_not_hit() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-unclean-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let told: BTreeSet<&str> = array(&truth, "groups").iter().map(|group| string(group, "group")).collect();
    let scratch = tempfile::tempdir().unwrap();
    for broker in ["broker-1", "broker-2", "broker-3"] {
        copy(&case.join(broker), &scratch.path().join(broker));
        fs::remove_dir_all(scratch.path().join(broker).join("__cluster_metadata-0")).unwrap();
    }
    let then = moment(truth["takenAtMs"].as_i64().unwrap());
    let then = ask(&nodes(&case), &["--as-of", &then]);
    let by_leaders = ask(&nodes(&case), &[]);
    let merged = ask(&[scratch.path().to_owned()], &[]);
    for document in [&then, &by_leaders, &merged] {
        assert_eq!(hit(document), told, "{}", document["view"]);
    }
    for document in [&then, &merged] {
        let findings = array(document, "findings").iter().filter(|finding| finding["code"] == "LW312");
        let apart: Vec<String> = findings
            .filter(|found| found["proof"].is_array())
            .map(|found| found["proof"].to_string())
            .collect();
        let before = array(&truth["before"], "groups").iter().map(|group| string(group, "group"));
        let shared: BTreeSet<&str> =
            array(&truth["inSync"], "groups").iter().map(|group| string(group, "group")).collect();
        let lost: Vec<&str> =
            before.filter(|group| !told.contains(group) && !shared.contains(group)).collect();
        assert!(!lost.is_empty());
        for group in lost {
            assert!(apart.iter().any(|names| names.contains(group)), "{group}: {apart:?}");
        }
    }
}

/// Logs of which nothing can be read name no group, which is no proof that there is none.
#[test]
fn where_nothing_can_be_read_the_number_of_groups_is_unknown() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let scratch = tempfile::tempdir().unwrap();
    for node in nodes(&case) {
        copy(&node, &scratch.path().join(name(&node)));
    }
    for broker in folders(scratch.path()) {
        for partition in folders(&broker).iter().filter(|one| name(one).starts_with("__consumer_offsets-")) {
            for file in fs::read_dir(partition).unwrap().map(|file| file.unwrap().path()) {
                if file.extension().is_some_and(|extension| extension == "log") {
                    let size = fs::metadata(&file).unwrap().len();
                    fs::write(&file, vec![0; usize::try_from(size).unwrap()]).unwrap();
                }
            }
        }
    }
    let shown = String::from_utf8(lastwrites(&["blast-radius", text(scratch.path())]).stdout).unwrap();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("unknown, at least 0 groups and at least 0 application topics"), "{shown}");
    let document = ask(&[scratch.path().to_owned()], &[]);
    assert!(array(&document, "partitions").iter().all(|one| one["groups_complete"] == false), "{document}");
}

/// A metadata log whose first part is in a snapshot that was not copied tells nothing, and says so.
#[test]
fn a_metadata_log_without_its_snapshot_is_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let scratch = tempfile::tempdir().unwrap();
    let disk = scratch.path().join("broker-1");
    copy(&case.join("broker-1"), &disk);
    let metadata = disk.join("__cluster_metadata-0");
    for path in fs::read_dir(&metadata).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|extension| extension == "checkpoint") {
            fs::remove_file(path).unwrap();
        }
    }
    let log = metadata.join("00000000000000000000.log");
    let bytes = fs::read(&log).unwrap();
    let mut at = 0;
    while u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap()) < 40 {
        at += 12 + usize::try_from(u32::from_be_bytes(bytes[at + 8..at + 12].try_into().unwrap())).unwrap();
    }
    let first = u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
    fs::write(metadata.join(format!("{first:020}.log")), &bytes[at..]).unwrap();
    fs::remove_file(&log).unwrap();
    let document = ask(&[disk], &[]);
    let told = array(&document, "findings").iter().find(|finding| finding["code"] == "LW404").unwrap();
    let begins = format!("begins at offset {first}, ");
    assert!(string(told, "message").contains(&begins) && told["severity"] == "warning", "{told}");
    assert!(array(&document, "partitions").iter().all(|partition| partition["leader"].is_null()));
}

/// A group's lag is the sum over its partitions, as the quiet cluster told it; without the topics' own logs none is known.
#[test]
fn the_lag_of_a_group_is_what_the_cluster_told() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let document = ask(&nodes(&case), &[]);
    let scratch = tempfile::tempdir().unwrap();
    let partition = scratch.path().join("__consumer_offsets-1");
    copy(&case.join("broker-1/__consumer_offsets-1"), &partition);
    let alone = ask(&[partition], &[]);
    let of = |document: &Value, group: &str| {
        array(document, "groups").iter().find(|one| one["group_id"] == group).cloned()
    };
    let (mut judged, mut unknown) = (0, 0);
    for told in array(&truth, "groups") {
        let (group, offsets) = (string(told, "group"), array(told, "offsets"));
        let lags: Option<Vec<i64>> = offsets.iter().map(|offset| offset["lag"].as_i64()).collect();
        let (Some(lags), Some(ours)) = (lags.filter(|lags| !lags.is_empty()), of(&document, group)) else {
            continue;
        };
        judged += 1;
        assert_eq!(ours["lag_at_least"], lags.iter().sum::<i64>(), "{group}: {ours}");
        assert_eq!((&ours["lag_unknown"], &ours["unknown"]), (&0.into(), &false.into()), "{group}: {ours}");
        if let Some(alone) = of(&alone, group) {
            unknown += 1;
            assert_eq!(
                (&alone["lag_at_least"], alone["lag_unknown"].as_u64()),
                (&Value::Null, Some(offsets.len() as u64))
            );
        }
    }
    assert!(judged > 5 && unknown > 0, "{judged} {unknown}");
}

/// Of a moment that the cleaner reached, more groups may have been there than are named: the partition says so, and a group
/// whose records are gone is `unknown`. Of the whole log every group is known.
#[test]
fn a_cleaned_moment_says_what_it_cannot_know() {
    let mut script = Script::new(0);
    let commit = |script: &mut Script, group: &str, offset| {
        let time = script.clock_ms();
        script.commit(3, &[(OffsetKey::new(group, "orders", 0), OffsetCommit::plain(offset, time))]);
    };
    for (group, offset) in [("gone", 1), ("stays", 2), ("stays", 3)] {
        commit(&mut script, group, offset);
    }
    script.delete(&[OffsetKey::new("gone", "orders", 0)]);
    commit(&mut script, "stays", 4);
    let cleaned = compact(script.batches(), script.next_offset(), Tombstones::Drop);
    let radius = |log: &[Batch], more: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let partition = folder.path().join("__consumer_offsets-0");
        fs::create_dir(&partition).unwrap();
        let segment = Segment::of(0, log).unwrap();
        fs::write(partition.join(format!("{}.log", segment.stem())), &segment.bytes).unwrap();
        let document = ask(&[folder.path().to_owned()], more);
        let groups: Vec<(String, bool)> = array(&document, "groups")
            .iter()
            .map(|group| (string(group, "group_id").to_owned(), group["unknown"] == true))
            .collect();
        (document["partitions"][0]["groups_complete"].clone(), groups)
    };
    let named = |names: &[(&str, bool)]| {
        names.iter().map(|(name, unknown)| ((*name).to_owned(), *unknown)).collect::<Vec<_>>()
    };
    let then = ["--as-of-offset", "0:3"];
    assert_eq!(
        radius(script.batches(), &then),
        (Value::Bool(true), named(&[("gone", false), ("stays", false)]))
    );
    assert_eq!(radius(&cleaned, &then), (Value::Bool(false), named(&[("stays", true)])));
    // At the end of the log there is nothing to be incomplete.
    assert_eq!(radius(&cleaned, &[]), (Value::Null, named(&[("stays", false)])));
}
