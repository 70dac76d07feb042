//! `partition-for` with what evidence tells.

use crate::support::{array, corpus, fixtures, lastwrites, text};

#[test]
fn evidence_settles_the_count_and_what_to_avoid() {
    let incident = fixtures("incident/kafka-19862");
    let document =
        lastwrites(&["partition-for", "--json", "--evidence", text(&incident), "my-broken-group"]).json();
    let group = &array(&document, "groups")[0];
    assert_eq!(group["partition"], 28, "{document}");
    assert_eq!(document["avoid"], serde_json::json!([28]), "the torn partition is to be avoided");
    let free = array(group, "suggestions");
    assert!(!free.is_empty() && free.iter().all(|name| name["partition"] != 28), "{document}");
}

/// The clusters of the corpus have six offsets partitions, as their metadata says.
#[test]
fn the_clusters_metadata_settles_the_count() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let document = lastwrites(&["partition-for", "--json", "--evidence", text(&case), "payments"]).json();
    assert_eq!((&document["partitions"], &document["assumed"]), (&6.into(), &false.into()), "{document}");
    // |hashCode| of "payments" is 1382682413 (checked with a JVM).
    assert_eq!(array(&document, "groups")[0]["partition"], 1_382_682_413 % 6);
}

/// What the caller says goes first, and what contradicts the cluster's own metadata is told.
#[test]
fn a_question_that_contradicts_the_evidence_is_warned_of() {
    let told = |arguments: &[&str]| {
        let run = lastwrites(&[&["partition-for", "--json"], arguments, &["payments"]].concat());
        let messages = array(&run.json(), "findings").iter().map(|one| one["message"].to_string()).collect();
        (run.code, messages)
    };
    let (code, messages): (i32, Vec<String>) = told(&["--avoid", "99,5,50"]);
    assert_eq!((code, messages.len()), (1, 1), "{messages:?}");
    assert!(messages[0].contains("no partition 50, 99 to avoid"), "{messages:?}");
    assert_eq!(told(&["--avoid", "5"]).0, 0);
    let Some(cases) = corpus("cluster-cases") else { return };
    let case = cases.join("cluster-clean-4.1.2");
    let (code, messages) = told(&["--partitions", "50", "--evidence", text(&case)]);
    assert!(code == 1 && messages[0].contains("says 50, the evidence 6"), "{messages:?}");
    assert_eq!(told(&["--partitions", "6", "--evidence", text(&case)]).0, 0);
}

/// Four groups of one directory all lie where six partitions send them; two partitions would send half of all groups there.
#[test]
fn one_directory_alone_suggests_the_likeliest_count() {
    let Some(cases) = corpus("cluster-cases") else { return };
    let mut judged = 0;
    for node in crate::support::folders(&cases.join("cluster-unacked-4.1.2")) {
        let directory = node.join("__consumer_offsets-1");
        if !directory.is_dir() {
            continue;
        }
        let scratch = tempfile::tempdir().unwrap();
        crate::support::copy(&directory, &scratch.path().join("__consumer_offsets-1"));
        let evidence = text(scratch.path());
        let document = lastwrites(&["partition-for", "--json", "--evidence", evidence, "payments"]).json();
        assert_eq!((&document["partitions"], &document["assumed"]), (&6.into(), &true.into()), "{document}");
        assert_eq!(array(&document, "groups")[0]["partition"], 1_382_682_413 % 6);
        judged += 1;
    }
    assert!(judged > 1, "{judged}");
}
