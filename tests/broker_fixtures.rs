//! Every broker fixture: what the binary finds in the log is what the broker's Admin API told.

use crate::support::{
    array, complaints, copy, fixtures, folders, lastwrites, name, none_of, read_json, string, text,
};
use crate::truth::{Exception, differences, outside_journal};

/// Crash: the kill struck while these commits were on their way, and the clients sent them again once the broker was back;
/// the copy was taken in between. `values_at_the_kill_lie_within_the_journal` judges them by the journal.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        case: "crash-4.1.2",
        group: "load-0",
        what: "offset",
        reason: "sent again after the restart",
    },
    Exception {
        case: "crash-4.1.2",
        group: "load-1",
        what: "offset",
        reason: "sent again after the restart",
    },
    Exception {
        case: "crash-4.1.2",
        group: "load-2",
        what: "offset",
        reason: "sent again after the restart",
    },
];

#[test]
fn groups_are_what_the_broker_told() {
    let cases = folders(&fixtures("broker"));
    none_of(&complaints(&cases, |folder| {
        let case = name(folder);
        let truth = read_json(&folder.join("truth.json"));
        let run = lastwrites(&["groups", "--json", text(&folder.join("data"))]);
        let document = run.json();
        let mut found = differences(case, &truth, &document, EXCEPTIONS);
        if document["offsets_topic_partitions"] != truth["offsetsPartitions"] {
            found.push(format!("{case}: partitions of the offsets topic differ"));
        }
        for partition in array(&document, "partitions") {
            if string(&partition["load"], "verdict") != "loads" {
                found.push(format!("{case}: a broker loaded this partition: {partition}"));
            }
        }
        found
    }));
}

/// By the rules of the release that wrote the log, nothing at all differs.
#[test]
fn an_old_log_by_its_own_rules() {
    let folder = fixtures("broker/classic-3.6.2");
    let truth = read_json(&folder.join("truth.json"));
    let document = lastwrites(&["groups", "--json", "--kafka", "3.6.2", text(&folder.join("data"))]).json();
    none_of(&differences("classic-3.6.2 by its own rules", &truth, &document, &[]));
    // Newer rules keep the group whose only offset was deleted; 3.6.2 forgot it, as its Admin API told.
    assert!(array(&document, "groups").iter().all(|group| group["group_id"] != "deleted-group"));
}

#[test]
fn values_at_the_kill_lie_within_the_journal() {
    let folder = fixtures("broker/crash-4.1.2");
    let truth = read_json(&folder.join("truth.json"));
    let journal = &truth["extra"]["journalAtKill"];
    let document = lastwrites(&["groups", "--json", text(&folder.join("data"))]).json();
    none_of(&outside_journal(journal, journal, &document));
}

/// A copy of a sound broker has no damage, and every byte of it is accounted for.
#[test]
fn no_byte_of_a_sound_copy_is_damaged() {
    let cases = folders(&fixtures("broker"));
    none_of(&complaints(&cases, |folder| {
        let document = lastwrites(&["scan", "--json", text(&folder.join("data"))]).json();
        let files: Vec<_> = array(&document, "copies").iter().flat_map(|copy| array(copy, "files")).collect();
        assert!(!files.is_empty());
        files
            .into_iter()
            .filter(|file| file["damaged_bytes"] != 0 || file["decoded_bytes"] != file["size_bytes"])
            .map(|file| format!("{}: {file}", name(folder)))
            .collect()
    }));
}

/// Real applications are recognised by what they write: a Connect sink, the workers of MirrorMaker 2, Kafka Streams.
#[test]
fn groups_of_real_applications_are_recognised() {
    let data = fixtures("broker/applications-4.1.2/data");
    let document = lastwrites(&["groups", "--json", text(&data)]).json();
    let told: Vec<(&str, Option<&str>)> = array(&document, "groups")
        .iter()
        .map(|group| (string(group, "group_id"), group["application"].as_str()))
        .collect();
    let expected = [
        ("connect-discard", Some("connect-sink")),
        ("counting", Some("kafka-streams")),
        ("plain", None),
        ("readers", None),
        ("source-mm2", Some("connect-workers")),
    ];
    assert_eq!(told, expected);
    // MirrorMaker's topics are known by the checkpoints; what it synced for `readers` is another cluster's.
    let finding = array(&document, "findings").iter().find(|finding| finding["code"] == "LW212");
    let message = string(finding.unwrap(), "message");
    assert!(message.contains(".internal") && message.contains("MirrorMaker 2 writes"), "{message}");

    // Without the checkpoints the group of its workers tells it; what the other groups' offsets don't tell is said in every
    // document, and of moments too.
    let scratch = tempfile::tempdir().unwrap();
    for partition in folders(&data).iter().filter(|folder| name(folder).starts_with("__consumer_offsets-")) {
        copy(partition, &scratch.path().join(name(partition)));
    }
    let alone = text(scratch.path());
    for arguments in [
        &["groups", "--json", alone][..],
        &["groups", "--json", "--as-of", "2099-01-01T00:00:00Z", alone],
        &["examine", "--json", alone],
        &["blast-radius", "--json", alone],
    ] {
        let document = lastwrites(arguments).json();
        let of = |code: &'static str| {
            array(&document, "findings").iter().filter(move |found| found["code"] == code)
        };
        let mirror: Vec<&str> = of("LW212").map(|found| string(found, "message")).collect();
        assert!(mirror.len() == 1 && mirror[0].contains("group source-mm2"), "{arguments:?} {mirror:?}");
        let named: Vec<&str> = of("LW219")
            .flat_map(|found| array(found, "proof").iter().map(|line| line.as_str().unwrap()))
            .collect();
        assert_eq!(named.len(), 3, "{arguments:?} {named:?}");
        for group in ["connect-discard", "counting", "source-mm2"] {
            assert!(named.contains(&format!("group {group}").as_str()), "{arguments:?} {named:?}");
        }
    }
}
