//! Several brokers' copies of one partition, held against what clusters served (`truth.json`), and a healthy copy
//! beside a truncated, a corrupt and a stale one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{
    array, complaints, copy, corpus, fixtures, folders, lastwrites, name, none_of, read_json, string, text,
};

pub(crate) type Key = (String, String, i64);

/// Every offset of a document by group, topic and partition.
pub(crate) fn offsets(document: &Value) -> BTreeMap<Key, &Value> {
    let of_group = |group: &'_ Value| string(group, "group_id").to_owned();
    let groups = array(document, "groups").iter();
    let offsets =
        groups.flat_map(|group| array(group, "offsets").iter().map(move |offset| (of_group(group), offset)));
    let key = |(group, offset): (String, _)| {
        ((group, string(offset, "topic").to_owned(), offset["partition"].as_i64().unwrap()), offset)
    };
    offsets.map(key).collect()
}

/// What a truth says was served at its moment.
pub(crate) fn told(truth: &Value) -> BTreeMap<Key, &Value> {
    let mut told = BTreeMap::new();
    for group in array(truth, "groups") {
        for offset in array(group, "offsets") {
            let key =
                (string(group, "group"), string(offset, "topic"), offset["partition"].as_i64().unwrap());
            told.insert((key.0.to_owned(), key.1.to_owned(), key.2), offset);
        }
    }
    told
}

fn has_flag(offset: &Value, flag: &str) -> bool {
    array(offset, "flags").iter().any(|found| found == flag)
}

/// Copies that belong together: no later snapshot of a broker.
fn nodes(case: &Path) -> Vec<PathBuf> {
    let mut nodes = folders(case);
    nodes.retain(|node| name(node) != "after" && name(node) != "broker-1-rejoined");
    nodes
}

pub(crate) fn groups(nodes: &[PathBuf]) -> Value {
    let mut arguments = vec!["groups", "--json"];
    arguments.extend(nodes.iter().map(|node| text(node)));
    lastwrites(&arguments).json()
}

pub(crate) fn served(case: &str, document: &Value, truth: &Value) -> Vec<String> {
    let (ours, told) = (offsets(document), told(truth));
    let mut found = Vec::new();
    for (key, told) in &told {
        let Some(offset) = ours.get(key) else {
            found.push(format!("{case}: {key:?} is missing"));
            continue;
        };
        // What the transaction log settles, copies before its markers came hold as pending.
        let settled_later = has_flag(offset, "committed-by-transaction-log")
            && array(offset, "pending").iter().any(|pending| pending["offset"] == told["offset"]);
        let same = ["offset", "metadata"].iter().all(|field| offset[field] == told[*field]);
        if !settled_later && (!same || offset["leader_epoch"] != told["leaderEpoch"]) {
            found.push(format!("{case}: {key:?}: ours {offset}, told {told}"));
        }
    }
    for (key, offset) in ours.iter().filter(|(key, _)| !told.contains_key(*key)) {
        if !["unacknowledged", "contested", "pending"].iter().any(|flag| has_flag(offset, flag)) {
            found.push(format!("{case}: {key:?} was served by nobody: {offset}"));
        }
    }
    found
}

/// What became of offsets in the copies of a whole cluster is what the cluster served.
#[test]
fn merged_copies_give_what_the_cluster_served() {
    let Some(cases) = corpus("cluster-cases") else { return };
    none_of(&complaints(&folders(&cases), |case| {
        let truth = read_json(&case.join("truth.json"));
        let document = groups(&nodes(case));
        let mut found = served(name(case), &document, &truth);
        let single = name(case).contains("indoubt");
        if document["view"] != if single { "as-found" } else { "merged" } {
            found.push(format!("{}: view {}", name(case), document["view"]));
        }
        found
    }));
}

/// A fork that was cut off: its records are shown, never served, and the rejoined broker that lost keys to its own
/// cleaner takes none of them from the others.
#[test]
fn forks_and_lost_keys_are_shown_from_both_sides() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-unclean-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let before = groups(&nodes(&case));
    let forked: BTreeSet<&str> = array(&before, "partitions")
        .iter()
        .flat_map(|partition| array(partition, "replicas"))
        .filter(|replica| replica["role"] == "forked")
        .map(|replica| string(&array(&before, "copies")[replica["copy"].as_u64().unwrap() as usize], "path"))
        .collect();
    assert!(forked.len() == 6 && forked.iter().all(|path| path.contains("/broker-1/")), "{forked:?}");
    // What broker 1 acknowledged alone stands beside each answer that differs from it.
    let ours = offsets(&before);
    let alone = told(&truth["before"]);
    let shared = told(&truth["inSync"]);
    // Written by broker 1 behind the fork, and not what the others serve.
    let differs = alone.iter().filter(|(key, told)| {
        shared.get(*key).is_none_or(|shared| shared["offset"] != told["offset"])
            && ours.get(*key).is_none_or(|offset| offset["offset"] != told["offset"])
    });
    let mut shown = 0;
    for (key, told) in differs {
        let offset =
            ours.get(key).unwrap_or_else(|| panic!("{key:?}, acknowledged by broker 1, is not shown"));
        assert!(has_flag(offset, "unacknowledged"), "{key:?}: {offset}");
        let mut held = array(offset, "alternatives").iter().filter(|other| other["offset"] == told["offset"]);
        let held = held.next().unwrap_or_else(|| panic!("{key:?}: broker 1 had {told}, shown is {offset}"));
        // The flag says that only a fork has it; the words, that its broker had acknowledged it.
        assert!(string(held, "why").contains("and acknowledged on broker 1"), "{held}");
        shown += 1;
    }
    assert!(shown > 10, "{shown} offsets differ between the two sides");
    let forks = |document: &Value, words: &str| {
        let messages = array(document, "findings").iter().filter(|finding| finding["code"] == "LW312");
        let mut messages = messages.map(|finding| string(finding, "message").contains(words)).peekable();
        messages.peek().is_some() && messages.all(|says| says)
    };
    assert!(forks(&before, "so they were acknowledged there"), "{}", before["findings"]);
    // A leader that was cut off wrote to itself alone.
    let alone = groups(&nodes(&cases.join("cluster-unacked-4.1.2")));
    assert!(forks(&alone, "nothing says that they were acknowledged"), "{}", alone["findings"]);

    let rejoined = ["broker-1-rejoined", "broker-2", "broker-3"].map(|node| case.join(node));
    none_of(&served("rejoined", &groups(&rejoined), &truth["rejoined"]));
}

#[test]
fn snapshots_and_moved_directories_are_no_replicas() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let snapshots = cases.join("cluster-txn-indoubt-4.1.2");
    let document = lastwrites(&["groups", "--json", text(&snapshots)]).json();
    assert_eq!(document["view"], "as-found", "one replica, several moments");
    none_of(&served("after", &document, &read_json(&snapshots.join("truth.json"))));
    let codes: BTreeSet<&str> =
        array(&document, "findings").iter().map(|finding| string(finding, "code")).collect();
    assert!(codes.contains("LW315"), "{codes:?}");
    assert!(!document["findings"].to_string().contains("truncated"), "{}", document["findings"]);

    let jbod = lastwrites(&["groups", "--json", text(&cases.join("cluster-jbod-4.1.2"))]).json();
    for partition in array(&jbod, "partitions") {
        let brokers: Vec<&Value> = array(partition, "replicas")
            .iter()
            .map(|replica| &array(&jbod, "copies")[replica["copy"].as_u64().unwrap() as usize]["broker_id"])
            .collect();
        let distinct: BTreeSet<String> = brokers.iter().map(ToString::to_string).collect();
        assert_eq!(distinct.len(), brokers.len(), "a broker is its own replica: {partition}");
    }
}

/// Broker 1's disk while it led alone, and after it came back and followed the others: what is missing then was cut off.
#[test]
fn what_an_unclean_election_cut_off_was_not_deleted() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-unclean-4.1.2");
    let document = lastwrites(&["groups", "--json", text(&case)]).json();
    let told = array(&document, "findings").iter().filter(|finding| finding["code"] == "LW315");
    let mut truncated = 0;
    for message in told.map(|finding| string(finding, "message")) {
        assert!(message.contains("were truncated (the cluster went on without them; its own high watermark"));
        assert!(!message.contains("were deleted"), "{message}");
        let (before, _) = message.split_once(" committed offsets with them").unwrap();
        truncated += before.rsplit(' ').next().unwrap().parse::<usize>().unwrap();
    }
    // What broker 1 had acknowledged alone and the cluster never served again.
    let truth = read_json(&case.join("truth.json"));
    let (before, in_sync, after) = (told_by(&truth["before"]), told_by(&truth["inSync"]), told_by(&truth));
    let lost = before
        .iter()
        .filter(|(key, offset)| in_sync.get(*key) != Some(offset) && after.get(*key) != Some(offset));
    assert_eq!(truncated, lost.count());

    // The copies of the others are the log: what broker 1 had acknowledged behind their end says nothing against them.
    let mut arguments = vec!["examine".to_owned()];
    arguments.extend(nodes(&case).iter().map(|node| text(node).to_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let screen = String::from_utf8(lastwrites(&arguments).stdout).unwrap();
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, doubted) = screen.split_once("as far as it goes only for ").unwrap();
    // Three of its forks are shorter than what the others acknowledged.
    assert!(doubted.split(' ').next().unwrap().contains("/broker-1/"), "{screen}");
    assert!(doubted.contains("and 2 more like it"), "{screen}");
    assert!(screen.contains("Who was wrong: broker 1 in 6 partitions."), "{screen}");
}

/// The committed offsets of a truth.
fn told_by(truth: &Value) -> BTreeMap<Key, i64> {
    told(truth).into_iter().map(|(key, offset)| (key, offset["offset"].as_i64().unwrap())).collect()
}

/// A broker's disk under another broker's name.
fn as_broker(disk: &Path, folder: &Path, id: u32) -> PathBuf {
    let broker = folder.join(format!("broker-{id}"));
    copy(disk, &broker);
    let path = broker.join("meta.properties");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("node.id=1\n", &format!("node.id={id}\n"))).unwrap();
    broker
}

fn log(broker: &Path, partition: &Path) -> PathBuf {
    broker.join(name(partition)).join("00000000000000000000.log")
}

#[test]
fn a_healthy_copy_wins_over_a_truncated_a_corrupt_and_a_stale_one() {
    let disk = fixtures("broker/classic-4.1.2/data");
    let alone = lastwrites(&["groups", "--json", text(&disk)]).json();
    let scratch = tempfile::tempdir().unwrap();
    let brokers = [1, 2, 3, 4].map(|id| as_broker(&disk, scratch.path(), id));
    let [_, truncated, corrupt, stale] = &brokers;
    let mut partitions = folders(&disk);
    partitions.retain(|partition| log(&disk, partition).metadata().is_ok_and(|log| log.len() > 2000));
    for partition in &partitions {
        let path = log(truncated, partition);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() * 3 / 5]).unwrap();
        let path = log(corrupt, partition);
        let mut bytes = fs::read(&path).unwrap();
        // Into the length field of a batch near the middle, so that its records are gone.
        let batches = batch_positions(&bytes);
        let middle = batches[batches.len() / 2];
        bytes[middle + 8..middle + 12].copy_from_slice(&i32::MAX.to_be_bytes());
        fs::write(&path, bytes).unwrap();
        let path = log(stale, partition);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..batch_positions(&bytes)[batches.len() / 3]]).unwrap();
    }
    let document = groups(&brokers);
    let (ours, expected) = (offsets(&document), offsets(&alone));
    assert!(expected.len() > 10 && !partitions.is_empty());
    assert_eq!(ours.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, offset) in &ours {
        for field in ["offset", "leader_epoch", "metadata", "committed_at_ms", "trust", "flags"] {
            assert_eq!(offset[field], expected[key][field], "{key:?} {field}");
        }
    }
    let findings = array(&document, "findings");
    for (code, broker) in [("LW311", truncated), ("LW301", truncated), ("LW301", corrupt), ("LW311", stale)] {
        let said = findings.iter().filter(|finding| finding["code"] == code);
        let of_broker = said
            .filter(|finding| finding["file"].as_str().is_some_and(|file| file.starts_with(text(broker))));
        assert_eq!(of_broker.count(), partitions.len(), "{code} for {}: {findings:#?}", broker.display());
    }
    assert!(findings.iter().all(|finding| finding["code"] != "LW313"), "nothing is contested: {findings:#?}");
}

/// Where batches begin, by their length fields.
fn batch_positions(bytes: &[u8]) -> Vec<usize> {
    let mut positions = Vec::new();
    let mut at = 0;
    while let Some(length) = bytes.get(at + 8..at + 12) {
        positions.push(at);
        at += 12 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    }
    positions
}

#[test]
fn copies_of_two_clusters_are_never_merged() {
    let scratch = tempfile::tempdir().unwrap();
    let disk = fixtures("broker/classic-4.1.2/data");
    let one = as_broker(&disk, scratch.path(), 1);
    let other = as_broker(&disk, scratch.path(), 2);
    let path = other.join("meta.properties");
    let text_of = fs::read_to_string(&path).unwrap();
    fs::write(&path, text_of.replace("cluster.id=", "cluster.id=x")).unwrap();
    let document = groups(&[one, other]);
    assert_eq!(document["view"], "as-found");
    let codes: Vec<&str> =
        array(&document, "findings").iter().map(|finding| string(finding, "code")).collect();
    assert!(codes.contains(&"LW314"), "{codes:?}");
    let twice = array(&document, "groups").len();
    let once = array(&lastwrites(&["groups", "--json", text(&disk)]).json(), "groups").len();
    assert_eq!(twice, 2 * once);
}

/// What the broker's disk tells alone, beside the same partitions cut short: whatever the copy is called, it changes nothing.
fn beside_a_shorter_copy(change: impl Fn(&Path, &Path)) -> (Value, Value) {
    let disk = fixtures("broker/classic-4.1.2/data");
    let scratch = tempfile::tempdir().unwrap();
    let brokers = ["a", "b"].map(|name| scratch.path().join(name)).map(|broker| {
        copy(&disk, &broker);
        broker
    });
    let mut partitions = folders(&disk);
    partitions.retain(|partition| log(&disk, partition).metadata().is_ok_and(|log| log.len() > 2000));
    for partition in &partitions {
        let path = log(&brokers[0], partition);
        let bytes = fs::read(&path).unwrap();
        let batches = batch_positions(&bytes);
        fs::write(&path, &bytes[..batches[batches.len() / 2]]).unwrap();
    }
    change(&brokers[0], &brokers[1]);
    let document = groups(&brokers);
    let alone = lastwrites(&["groups", "--json", text(&disk)]).json();
    let (ours, expected) = (offsets(&document), offsets(&alone));
    assert_eq!(ours.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, offset) in &ours {
        assert_eq!(offset["offset"], expected[key]["offset"], "{key:?}");
    }
    let number: i64 = name(&partitions[0]).rsplit_once('-').unwrap().1.parse().unwrap();
    let mut of_all = array(&document, "partitions").iter();
    let partition = of_all.find(|partition| partition["partition"] == number).unwrap().clone();
    (document, partition)
}

fn codes(document: &Value) -> BTreeSet<&str> {
    array(document, "findings").iter().map(|finding| string(finding, "code")).collect()
}

/// One `node.id`, two `directory.id`s: what a broker refuses to start with as "Duplicate log directories".
#[test]
fn a_partition_in_two_log_dirs_of_a_broker_is_neither_replica_nor_snapshot() {
    let (document, partition) = beside_a_shorter_copy(|shorter, _| {
        let path = shorter.join("meta.properties");
        let properties = fs::read_to_string(&path).unwrap();
        assert!(properties.contains("directory.id="), "{properties}");
        let other = properties.lines().map(|line| match line.split_once('=') {
            Some(("directory.id", _)) => "directory.id=2LtuvSf7QoKvcXqfR2DPbg".to_owned(),
            _ => line.to_owned(),
        });
        fs::write(&path, other.collect::<Vec<_>>().join("\n")).unwrap();
    });
    assert_eq!(document["view"], "as-found", "one broker");
    let roles: Vec<&str> = array(&partition, "replicas").iter().map(|one| string(one, "role")).collect();
    assert_eq!(roles, ["reference", "other-log-dir"]);
    let codes = codes(&document);
    assert!(codes.contains("LW317") && !codes.contains("LW315") && !codes.contains("LW310"), "{codes:?}");
}

/// Without `meta.properties` only a clean shutdown's broker epoch tells one broker; else the assumption is said.
#[test]
fn copies_of_an_unknown_broker_are_called_that() {
    let nameless = |one: &Path, other: &Path| {
        for broker in [one, other] {
            fs::remove_file(broker.join("meta.properties")).unwrap();
        }
    };
    let shut_down = |broker: &Path, epoch: i64| {
        let marker = format!("{{\"version\":0,\"brokerEpoch\":{epoch}}}");
        fs::write(broker.join(".kafka_cleanshutdown"), marker).unwrap();
    };
    let (document, partition) = beside_a_shorter_copy(|one, other| {
        nameless(one, other);
        shut_down(one, 7);
        shut_down(other, 8);
    });
    assert_eq!(document["view"], "merged");
    assert_eq!(array(&partition, "replicas")[1]["role"], "behind");
    let found = codes(&document);
    assert!(found.contains("LW318") && !found.contains("LW315"), "{found:?}");

    let (document, partition) = beside_a_shorter_copy(|one, other| {
        nameless(one, other);
        shut_down(one, 7);
        shut_down(other, 7);
    });
    assert_eq!(array(&partition, "replicas")[1]["role"], "older-snapshot");
    let found = codes(&document);
    assert!(found.contains("LW315") && !found.contains("LW318"), "{found:?}");
}

/// Brokers' copies without their names still give what the cluster served, and that it was assumed is said; with them no
/// case says so.
#[test]
fn nameless_replicas_are_still_merged() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-stale-4.1.2");
    assert!(!codes(&groups(&nodes(&case))).contains("LW318"));
    let scratch = tempfile::tempdir().unwrap();
    let nameless: Vec<PathBuf> = nodes(&case).iter().map(|node| scratch.path().join(name(node))).collect();
    for (node, nameless) in nodes(&case).iter().zip(&nameless) {
        copy(node, nameless);
        for file in ["meta.properties", ".kafka_cleanshutdown"] {
            let _missing = fs::remove_file(nameless.join(file));
        }
    }
    let document = groups(&nameless);
    none_of(&served("nameless", &document, &read_json(&case.join("truth.json"))));
    assert!(codes(&document).contains("LW318"));
}

/// No coordinator reads a merged log: it loads one replica, and the merged view says which.
#[test]
fn the_merged_view_is_judged_on_the_copy_that_the_merge_rests_on() {
    let disk = fixtures("broker/classic-4.1.2/data");
    let scratch = tempfile::tempdir().unwrap();
    let brokers = [1, 2].map(|id| as_broker(&disk, scratch.path(), id));
    let torn = log(&brokers[0], Path::new("__consumer_offsets-1"));
    let mut bytes = fs::read(&torn).unwrap();
    let batches = batch_positions(&bytes);
    let middle = batches[batches.len() / 2];
    bytes[middle + 8..middle + 12].copy_from_slice(&i32::MAX.to_be_bytes());
    fs::write(&torn, bytes).unwrap();
    let [one, two] = brokers.each_ref().map(|broker| text(broker));
    let document = lastwrites(&["diagnose", "--json", "--kafka", "4.1.2", one, two]).json();
    for partition in 0..5 {
        let copies = array(&document, "partitions").iter().filter(|copy| copy["partition"] == partition);
        let merged: Vec<(&str, &Value)> = copies
            .flat_map(|copy| {
                array(copy, "verdicts").iter().map(move |verdict| (string(copy, "path"), verdict))
            })
            .filter(|(_, verdict)| verdict["view"] == "merged")
            .collect();
        let [(path, verdict)] = merged.as_slice() else { panic!("partition {partition}: {merged:?}") };
        assert_eq!(verdict["verdict"], "loads", "{verdict}");
        assert!(partition != 1 || path.starts_with(two), "the damaged copy is not the one: {path}");
    }
}

/// All copies together as of every moment at which a cluster was asked: each answer is the cluster's, or says that it isn't
/// known, or that the copies disagree; and the one copy that knows most alone is never better.
#[test]
fn merged_copies_give_what_the_cluster_served_at_every_stated_moment() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let known = std::sync::Mutex::new(BTreeMap::new());
    none_of(&complaints(&folders(&cases), |case| {
        let truth = read_json(&case.join("truth.json"));
        let copies = &read_json(&case.join("case.json"))["copies"];
        let copied =
            nodes(case).iter().filter_map(|node| copies[name(node)]["startMs"].as_i64()).max().unwrap();
        let others = truth.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value));
        let moments = others.filter(|(_, value)| value["topics"].is_object()).chain([("main", &truth)]);
        let mut found = Vec::new();
        for (label, told_then) in moments {
            let taken = told_then["takenAtMs"].as_i64().unwrap();
            if taken > copied {
                continue;
            }
            let at = jiff::Timestamp::from_millisecond(taken).unwrap().to_string();
            let nodes = nodes(case);
            let mut arguments = vec!["groups", "--json", "--as-of", &at];
            arguments.extend(nodes.iter().map(|node| text(node)));
            let document = lastwrites(&arguments).json();
            let (ours, told) = (offsets(&document), told(told_then));
            let led = |group: &str| {
                let home = array(&document, "groups").iter().find(|one| one["group_id"] == group);
                let home = home.and_then(|one| one["found_in"].as_u64()).unwrap() as usize;
                array(&told_then["topics"]["__consumer_offsets"], "partitions")
                    .iter()
                    .any(|one| one["partition"] == home && one["leader"].as_i64().is_some_and(|id| id >= 0))
            };
            let (mut same, mut unknown) = (0, 0);
            for (key, told) in &told {
                let Some(offset) = ours.get(key) else {
                    found.push(format!("{} {label}: {key:?} is missing, told {told}", name(case)));
                    continue;
                };
                let equal = ["offset", "metadata"].iter().all(|field| offset[field] == told[*field]);
                let beside =
                    array(offset, "alternatives").iter().any(|other| other["offset"] == told["offset"]);
                if equal {
                    same += 1;
                } else if has_flag(offset, "as-of-unknown") {
                    unknown += 1;
                } else if !(has_flag(offset, "contested") && beside) {
                    found.push(format!("{} {label}: {key:?}: ours {offset}, told {told}", name(case)));
                }
            }
            for (key, offset) in ours.iter().filter(|(key, _)| !told.contains_key(*key)) {
                if offset["offset"].is_number() && led(&key.0) {
                    found.push(format!("{} {label}: {key:?} was served by nobody: {offset}", name(case)));
                }
            }
            known.lock().unwrap().insert(format!("{} {label}", name(case)), (same, unknown));
        }
        found
    }));
    let known = known.into_inner().unwrap();
    eprintln!("{known:#?}");
    let (same, unknown) = known.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(same > 700 && unknown * 20 < same, "{known:?}");
}

/// What the cluster's disks say of a moment names who answered and what became of the others.
#[test]
fn a_moment_says_whose_copies_answered() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-unclean-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let at = |moment: &Value| {
        jiff::Timestamp::from_millisecond(moment["takenAtMs"].as_i64().unwrap()).unwrap().to_string()
    };
    let nodes = nodes(&case);
    let ask = |at: &str| {
        let mut arguments = vec!["groups", "--json", "--as-of", at];
        arguments.extend(nodes.iter().map(|node| text(node)));
        lastwrites(&arguments).json()
    };
    // Broker 1 led alone then; what it wrote was lost with the unclean election.
    let before = ask(&at(&truth["before"]));
    let copy_of = |document: &Value, index: &Value| {
        string(&array(document, "copies")[index.as_u64().unwrap() as usize], "path").to_owned()
    };
    let cuts = array(&before["as_of"], "cuts");
    assert!(!cuts.is_empty());
    for cut in cuts {
        assert!(copy_of(&before, &array(cut, "copies")[0]).contains("broker-1/"), "{cut}");
    }
    let words: Vec<&str> = array(&before, "findings")
        .iter()
        .filter(|finding| finding["code"] == "LW310")
        .map(|finding| string(finding, "message"))
        .collect();
    assert_eq!(words.len(), cuts.len(), "{words:?}");
    assert!(
        words.iter().any(|words| words.contains("broker 1 (it led then, says the metadata)")
            && words.contains("the cluster lost later")),
        "{words:?}"
    );
    // All three were in sync: each knows what the others' cleaners took.
    let in_sync = ask(&at(&truth["inSync"]));
    assert!(array(&in_sync["as_of"], "cuts").iter().any(|cut| array(cut, "copies").len() == 3), "{in_sync}");
}

/// A stream of rows reads one copy a partition, and says which it left aside and why.
#[test]
fn history_names_the_copies_that_it_does_not_read() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-stale-4.1.2");
    let nodes = nodes(&case);
    let mut arguments = vec!["history", "--json"];
    arguments.extend(nodes.iter().map(|node| text(node)));
    let run = lastwrites(&arguments);
    let named: Vec<&str> =
        run.stderr.lines().filter(|line| line.contains("was left aside: another copy")).collect();
    assert_eq!(named.len(), 10, "{}", run.stderr);
    assert!(named[0].contains("partition 0") && named[0].contains("was used: "), "{}", named[0]);
    // Six partitions of three brokers: twelve copies are beside another.
    assert!(run.stderr.contains("2 more copies were left aside"), "{}", run.stderr);
}

/// The copy whose rows `history` tells is the one that the merge holds the others against: a copy that `history` names as left
/// aside is never the merge's reference, and all others are named.
#[test]
fn history_reads_the_copy_that_the_merge_goes_by() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let mut judged = 0;
    for case in ["cluster-stale-4.1.2", "cluster-unclean-4.1.2"] {
        let case = cases.join(case);
        let nodes = nodes(&case);
        for partition in 0..6 {
            let own: Vec<_> =
                nodes.iter().map(|node| node.join(format!("__consumer_offsets-{partition}"))).collect();
            let own: Vec<&str> = own.iter().filter(|path| path.is_dir()).map(|path| text(path)).collect();
            let merged = lastwrites(&[&["groups", "--json"], &own[..]].concat()).json();
            let history = lastwrites(&[&["history", "--json"], &own[..]].concat());
            let copies = array(&merged, "copies");
            for replica in array(&merged["partitions"][0], "replicas") {
                let path = string(&copies[replica["copy"].as_u64().unwrap() as usize], "path");
                let aside = history.stderr.contains(&format!("{path} was left aside"));
                assert_eq!(aside, replica["role"] != "reference", "{path}: {}", history.stderr);
                judged += 1;
            }
        }
    }
    assert!(judged > 10, "{judged}");
}

/// What broker 3's copy, from before the deletions, still holds of deleted offsets is an alternative where the others'
/// cleaners took the last values: broker 3 can't know of a later commit.
#[test]
fn a_stale_copy_gives_deleted_values_back_as_alternatives() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-stale-4.1.2");
    let truth = read_json(&case.join("truth.json"));
    let (then, now) = (told(&truth["whenBroker3Stopped"]), told(&truth));
    let mut arguments = vec!["groups", "--json", "--deleted"];
    let nodes = nodes(&case);
    arguments.extend(nodes.iter().map(|node| text(node)));
    let document = lastwrites(&arguments).json();
    let paths: Vec<&str> = array(&document, "copies").iter().map(|copy| string(copy, "path")).collect();
    let ours = offsets(&document);
    let (mut back, mut stale) = (0, 0);
    for (key, told) in then.iter().filter(|(key, _)| !now.contains_key(*key)) {
        let offset = ours.get(key).unwrap_or_else(|| panic!("{key:?} is not told"));
        assert!(has_flag(offset, "deleted"), "{key:?}: {offset}");
        // Committed again after broker 3 stopped, or the last value of all.
        let alternatives = array(offset, "alternatives");
        let from_stale =
            |other: &&Value| paths[other["copy"].as_u64().unwrap() as usize].contains("broker-3");
        if offset["offset"].is_null() {
            let one = alternatives.iter().find(from_stale).unwrap_or_else(|| panic!("{key:?}: {offset}"));
            assert_eq!(one["offset"], told["offset"], "{key:?}: {offset}");
            stale += 1;
        } else {
            back += 1;
        }
    }
    assert!(stale > 10, "{stale} from the stale copy, {back} from the others");
}

/// A copy of which a segment was cut between two batches, with later segments whole: its own index shows what it lacks, so
/// it contradicts nobody.
#[test]
fn a_torn_copy_that_is_in_sync_contests_nothing() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let (mut cut, mut torn) = (0, 0);
    for case in ["cluster-clean-3.9.1", "cluster-clean-4.1.2"].map(|case| cases.join(case)) {
        let truth = read_json(&case.join("truth.json"));
        let folder = tempfile::tempdir().unwrap();
        let brokers = ["broker-1", "broker-2", "broker-3"].map(|broker| folder.path().join(broker));
        brokers.iter().for_each(|broker| copy(&case.join(name(broker)), broker));
        for partition in 0..4 {
            let directory = brokers[1].join(format!("__consumer_offsets-{partition}"));
            let files = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
            let mut segments: Vec<PathBuf> =
                files.filter(|path| path.extension().is_some_and(|e| e == "log")).collect();
            segments.sort();
            let [first, _, ..] = segments.as_slice() else { continue };
            let whole = fs::read(first).unwrap();
            let positions = batch_positions(&whole);
            let Some(middle) = positions.get(positions.len() / 2) else { continue };
            fs::write(first, &whole[..*middle]).unwrap();
            let document = groups(&brokers);
            cut += 1;
            let is_torn = |finding: &Value| finding["code"] == "LW112" && finding["partition"] == partition;
            // Where the index doesn't reach that far, a cleaner's work looks the same.
            if array(&document, "findings").iter().any(is_torn) {
                torn += 1;
                assert!(!document.to_string().contains("\"contested\""), "{} {partition}", name(&case));
                assert_eq!(served(name(&case), &document, &truth), Vec::<String>::new());
            }
            fs::write(first, &whole).unwrap();
        }
    }
    assert!(torn >= 4, "{torn} of {cut}");
}

/// One flipped bit in a base offset, outside the checksum, would make a copy end far behind all others: nothing rests on it.
#[test]
fn the_merged_view_rests_on_no_copy_that_a_flipped_base_offset_made_longest() {
    let disk = fixtures("broker/classic-4.1.2/data");
    let scratch = tempfile::tempdir().unwrap();
    let brokers = [1, 2].map(|id| as_broker(&disk, scratch.path(), id));
    let flipped = log(&brokers[0], Path::new("__consumer_offsets-1"));
    let whole = fs::read(&flipped).unwrap();
    let batches = batch_positions(&whole);
    for at in [batches[batches.len() / 2], batches[batches.len() - 1]] {
        let mut bytes = whole.clone();
        bytes[at + 3] ^= 2;
        fs::write(&flipped, bytes).unwrap();
        let [one, two] = brokers.each_ref().map(|broker| text(broker));
        let document = lastwrites(&["diagnose", "--json", "--kafka", "4.1.2", one, two]).json();
        let copies = array(&document, "partitions").iter().filter(|copy| copy["partition"] == 1);
        let merged =
            |copy: &&Value| array(copy, "verdicts").iter().any(|verdict| verdict["view"] == "merged");
        let paths: Vec<&str> = copies.filter(merged).map(|copy| string(copy, "path")).collect();
        assert!(matches!(paths.as_slice(), [path] if path.starts_with(two)), "{at}: {paths:?}");
    }
}

/// A moment behind every record cuts nothing: what the cluster served then is told without a doubt about what was cleaned.
#[test]
fn a_moment_behind_all_records_leaves_nothing_unknown() {
    let Some(cases) = corpus("cluster-cases") else { return };
    for case in
        ["cluster-clean-4.1.2", "cluster-stale-4.1.2", "cluster-clean-3.9.1"].map(|case| cases.join(case))
    {
        let truth = read_json(&case.join("truth.json"));
        let at = jiff::Timestamp::from_millisecond(truth["takenAtMs"].as_i64().unwrap()).unwrap().to_string();
        let mut arguments = vec!["groups", "--json", "--as-of", &at];
        let nodes = nodes(&case);
        arguments.extend(nodes.iter().map(|node| text(node)));
        let document = lastwrites(&arguments).json();
        assert_eq!(served(name(&case), &document, &truth), Vec::<String>::new());
        let findings = array(&document, "findings").iter();
        let doubts: Vec<&Value> = findings.filter(|finding| finding["code"] == "LW405").collect();
        let cuts = array(&document["as_of"], "cuts");
        let cut = cuts.iter().filter(|cut| !cut["offset"].is_null()).count();
        assert!(cuts.len() > 3 && cut == 0 && doubts.is_empty(), "{}: {cuts:?} {doubts:?}", name(&case));
        assert!(cuts.iter().all(|cut| cut["complete"] == true), "{}: {cuts:?}", name(&case));
    }
}
