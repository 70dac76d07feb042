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
