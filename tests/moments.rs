//! `--as-of`, `--since` and `--deleted` held against what workloads noted and brokers told, and against logs cut by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{
    array, complaints, corpus, fixtures, folders, lastwrites, name, none_of, read_json, string, text,
};

/// Topic, partition; offset, metadata.
type Offsets = BTreeMap<(String, i64), (i64, String)>;

fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// The offsets of one group of a `groups` document; those with `flag` alone, if one is named.
fn offsets_of(document: &Value, group: &str, flag: Option<&str>) -> Offsets {
    let mut found = Offsets::new();
    for entry in array(document, "groups").iter().filter(|entry| entry["group_id"] == group) {
        for offset in array(entry, "offsets").iter().filter(|offset| offset["offset"].is_number()) {
            if flag.is_none_or(|flag| array(offset, "flags").iter().any(|word| word == flag)) {
                let key = (string(offset, "topic").to_owned(), offset["partition"].as_i64().unwrap());
                found
                    .insert(key, (offset["offset"].as_i64().unwrap(), string(offset, "metadata").to_owned()));
            }
        }
    }
    found
}

fn told(step: &Value) -> Offsets {
    let entry = |entry: &Value| {
        let key = (string(entry, "topic").to_owned(), entry["partition"].as_i64().unwrap());
        (key, (entry["offset"].as_i64().unwrap(), string(entry, "metadata").to_owned()))
    };
    array(step, "lastOffsets").iter().map(entry).collect()
}

/// Before each delete the workload asked the broker what the group had: that moment, and undelete, give it back.
#[test]
fn the_moment_before_a_delete_and_undelete_give_what_the_broker_told() {
    let Some(parent) = corpus("broker-cases") else { return };
    let cases: Vec<_> = folders(&parent)
        .into_iter()
        .filter(|folder| {
            ["classic-mixed-", "kip848-", "transactions-"].iter().any(|start| name(folder).starts_with(start))
        })
        .filter(|folder| name(folder).ends_with("-clean"))
        .collect();
    let judged = std::sync::atomic::AtomicUsize::new(0);
    none_of(&complaints(&cases, |folder| {
        let case = name(folder);
        let data = folder.join("data");
        let truth = read_json(&folder.join("truth.json"));
        let undeleted = lastwrites(&["groups", "--json", "--deleted", text(&data)]).json();
        let mut found = Vec::new();
        for step in array(&truth, "events") {
            let last = told(step);
            if last.is_empty() || !["deleteGroup.call", "deleteOffsets.call"].contains(&string(step, "op")) {
                continue;
            }
            let group = string(step, "group");
            let at = rfc3339(step["ts"].as_i64().unwrap());
            let document = lastwrites(&["groups", "--json", "--as-of", &at, text(&data)]).json();
            let then = offsets_of(&document, group, None);
            if string(step, "op") == "deleteGroup.call" && then != last {
                found.push(format!("{case} {group} as of {at}: ours {then:?}, told {last:?}"));
            }
            let back = offsets_of(&undeleted, group, Some("deleted"));
            // A group that was used again has other values by now.
            let alive = offsets_of(&undeleted, group, None);
            for (key, value) in &last {
                if then.get(key) != Some(value) {
                    found.push(format!("{case} {group} {key:?} as of {at}: told {value:?}"));
                }
                if back.get(key).is_some_and(|ours| ours != value) || !alive.contains_key(key) {
                    found.push(format!("{case} {group} {key:?} undeleted: told {value:?}"));
                }
                judged.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        found
    }));
    assert!(judged.into_inner() > 30, "too few deletes were judged");
}

/// What the cleaner has taken away stands in its `.deleted` originals: the document names those files too.
#[test]
fn a_document_takes_deleted_values_from_originals() {
    let Some(parent) = corpus("broker-cases") else { return };
    let data = parent.join("compacted-oldclient-4.1.1-live/data");
    let truth = read_json(&parent.join("compacted-oldclient-4.1.1-live/truth.json"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("offsets.json");
    let run = lastwrites(&["recover", "--all-groups", "--deleted", "-o", text(&out), text(&data)]);
    assert!(run.code < 2, "{}", run.stderr);
    let document = read_json(&out);
    let mut judged = 0;
    for group in array(&document, "groups") {
        let id = string(group, "group_id");
        let mut deletes =
            array(&truth, "events").iter().filter(|step| step["group"] == id && !told(step).is_empty());
        let Some(last) = deletes.next_back().map(told) else { continue };
        for offset in array(group, "offsets") {
            let original = string(&offset["record"], "file").ends_with(".deleted");
            let key = (string(offset, "topic").to_owned(), offset["partition"].as_i64().unwrap());
            if let Some(value) = last.get(&key).filter(|_| original) {
                assert_eq!(offset["offset"].as_i64(), Some(value.0), "{id} {key:?}");
                judged += 1;
            }
        }
    }
    assert!(judged > 3, "{judged}");
}

/// Where a later value may have been cleaned away, what is left is no answer, but it's told: in the document's words, and in
/// the table as doubtful.
#[test]
fn what_is_left_of_a_deleted_offset_is_told_though_it_is_no_answer() {
    let Some(parent) = corpus("broker-cases") else { return };
    let data = parent.join("compacted-3.6.2-live/data");
    let truth = read_json(&parent.join("compacted-3.6.2-live/truth.json"));
    let steps = array(&truth, "events");
    let last = steps.iter().find(|step| step["group"] == "k-3" && !told(step).is_empty()).map(told).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("offsets.json");
    let run = lastwrites(&["recover", "--group", "k-3", "--deleted", "-o", text(&out), text(&data)]);
    assert!(run.code < 2, "{}", run.stderr);
    let document = read_json(&out);
    let group = &array(&document, "groups")[0];
    assert!(array(group, "offsets").is_empty(), "{group}");
    let table = lastwrites(&["groups", "--deleted", text(&data)]).stdout;
    let table = String::from_utf8(table).unwrap();
    let grouped = |number: i64| match number {
        1000.. => format!("{},{:03}", number / 1000, number % 1000),
        _ => number.to_string(),
    };
    assert_eq!(last.len(), 8);
    for ((topic, partition), (value, _)) in last {
        let of_key =
            |missing: &&Value| missing["topic"] == topic.as_str() && missing["partition"] == partition;
        let why = array(group, "missing").iter().find(of_key).map(|missing| string(missing, "why")).unwrap();
        assert!(why.starts_with(&format!("deleted; perhaps {value}, the last value that is left ")), "{why}");
        assert!(why.contains(".log.deleted"), "{why}");
        assert!(table.contains(&format!("perhaps {}", grouped(value))), "{value}: {table}");
    }
}

/// Damage that begins where the asked offset lies takes nothing from what was before: the same groups, and as sure.
#[test]
fn a_hole_behind_the_offset_harms_nothing_before_it() {
    for case in ["transactions-4.1.2", "consumer-4.1.2"] {
        let data = fixtures(&format!("broker/{case}/data"));
        let mut starts: BTreeMap<i64, Vec<(i64, u64)>> = BTreeMap::new();
        for line in lastwrites(&["dump", "--json", text(&data)]).json_lines() {
            let starts = starts.entry(line["partition"].as_i64().unwrap()).or_default();
            let start = (line["batch_base_offset"].as_i64().unwrap(), line["position"].as_u64().unwrap());
            if starts.last() != Some(&start) {
                starts.push(start);
            }
        }
        let mut judged = 0;
        for (partition, starts) in starts {
            let bytes =
                fs::read(data.join(format!("__consumer_offsets-{partition}/00000000000000000000.log")))
                    .unwrap();
            // The batch of the asked offset is lost.
            let picked = starts.iter().enumerate().skip(1).step_by(starts.len() / 3 + 1);
            for (at, (offset, position)) in picked {
                let end = starts.get(at + 1).map_or(bytes.len(), |(_, end)| usize::try_from(*end).unwrap());
                let hole = usize::try_from(*position).unwrap()..end;
                let tell = |hole: std::ops::Range<usize>| {
                    let folder = tempfile::tempdir().unwrap();
                    let to = folder.path().join(format!("__consumer_offsets-{partition}"));
                    fs::create_dir(&to).unwrap();
                    let mut bytes = bytes.clone();
                    bytes[hole].fill(0xa5);
                    fs::write(to.join("00000000000000000000.log"), bytes).unwrap();
                    let moment = format!("{partition}:{offset}");
                    let told =
                        lastwrites(&["groups", "--json", "--as-of-offset", &moment, text(folder.path())]);
                    let mut told = told.json();
                    for group in told["groups"].as_array_mut().unwrap() {
                        // Where a group maps to is guessed from all groups of the log.
                        group["maps_to"] = Value::Null;
                        for offset in group["offsets"].as_array_mut().unwrap() {
                            let flags = offset["flags"].as_array_mut().unwrap();
                            flags.retain(|flag| flag != "foreign-partition");
                        }
                    }
                    (told["groups"].clone(), told["as_of"]["cuts"].clone())
                };
                let (whole, hurt) = (tell(0..0), tell(hole.clone()));
                assert_eq!(hurt, whole, "{case} {partition}:{offset}");
                assert_eq!(hurt.1[0]["complete"], true, "{case} {partition}:{offset}");
                judged += 1;
            }
        }
        assert!(judged > 5, "{case}: {judged}");
    }
}

/// Groups at an offset of a whole log are those of a file that ends there.
#[test]
fn as_of_an_offset_is_the_log_cut_there() {
    for case in ["transactions-4.1.2", "consumer-4.1.2"] {
        let data = fixtures(&format!("broker/{case}/data"));
        let records = lastwrites(&["dump", "--json", text(&data)]).json_lines();
        let mut batches: BTreeMap<i64, Vec<(i64, u64)>> = BTreeMap::new();
        for line in &records {
            let starts = batches.entry(line["partition"].as_i64().unwrap()).or_default();
            let start = (line["batch_base_offset"].as_i64().unwrap(), line["position"].as_u64().unwrap());
            if starts.last() != Some(&start) {
                starts.push(start);
            }
        }
        let mut judged = 0;
        for (partition, starts) in batches {
            for (offset, position) in starts.iter().step_by(starts.len() / 4 + 1) {
                let folder = tempfile::tempdir().unwrap();
                let from = data.join(format!("__consumer_offsets-{partition}"));
                let to = folder.path().join(format!("__consumer_offsets-{partition}"));
                // The segment alone: indexes and checkpoints would know of what was cut off.
                fs::create_dir(&to).unwrap();
                let log = "00000000000000000000.log";
                let bytes = fs::read(from.join(log)).unwrap();
                fs::write(to.join(log), &bytes[..usize::try_from(*position).unwrap()]).unwrap();
                let groups = |path: &Path, more: &[&str]| {
                    let arguments = [&["groups", "--json"], more, &[text(path)]].concat();
                    let mut groups = lastwrites(&arguments).json()["groups"].clone();
                    for group in groups.as_array_mut().unwrap() {
                        // Where a group maps to is guessed from the groups that are left.
                        group["maps_to"] = Value::Null;
                        for offset in group["offsets"].as_array_mut().unwrap() {
                            // The cut copy lies without its log dir's checkpoints; expiry is not of the past.
                            for field in [
                                "flags",
                                "log_start_offset",
                                "high_watermark",
                                "lag_at_least",
                                "expires_at_ms",
                            ] {
                                offset[field] = Value::Null;
                            }
                        }
                    }
                    groups
                };
                let at = format!("{partition}:{offset}");
                assert_eq!(
                    groups(&data, &["--as-of-offset", &at]),
                    groups(folder.path(), &[]),
                    "{case} at {at}"
                );
                judged += 1;
            }
        }
        assert!(judged > 5, "{case}: too few places");
    }
}

#[test]
fn recover_leaves_out_what_is_unknown_and_takes_what_was_deleted_when_asked() {
    let data = fixtures("broker/classic-4.1.2/data");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offsets.json");
    let run = lastwrites(&[
        "recover",
        "--json",
        "--group",
        "deleted-group",
        "--deleted",
        "-o",
        text(&file),
        text(&data),
    ]);
    let document = run.json();
    assert_eq!(document["selection"]["deleted"], true);
    let offset = &document["groups"][0]["offsets"][0];
    // What the workload noted before it deleted the group.
    let truth = read_json(&fixtures("broker/classic-4.1.2/truth.json"));
    let step = array(&truth, "events").iter().find(|step| step["group"] == "deleted-group").unwrap();
    assert_eq!(offset["offset"], step["lastOffsets"]["orders-0"]);
    assert!(array(offset, "flags").iter().any(|flag| flag == "deleted"), "{offset}");

    // A compacted log before its first surviving records: nothing is invented.
    let data = fixtures("broker/compacted-4.1.2/data");
    let now = lastwrites(&["groups", "--json", text(&data)]).json();
    let partition = now["groups"][0]["found_in"].as_i64().unwrap();
    let at = format!("{partition}:3");
    let then = lastwrites(&["groups", "--json", "--as-of-offset", &at, text(&data)]).json();
    let offsets: Vec<&Value> =
        array(&then, "groups").iter().flat_map(|group| array(group, "offsets")).collect();
    assert!(offsets.iter().any(|offset| array(offset, "flags").iter().any(|flag| flag == "as-of-unknown")));
    let unknown = |offset: &&&Value| array(offset, "flags").iter().any(|flag| flag == "as-of-unknown");
    assert!(offsets.iter().filter(unknown).all(|offset| offset["offset"].is_null()));
}

#[test]
fn since_leaves_out_what_is_older() {
    let data = fixtures("broker/classic-4.1.2/data");
    let all = lastwrites(&["groups", "--json", text(&data)]).json();
    let times: Vec<i64> = array(&all, "groups")
        .iter()
        .flat_map(|group| array(group, "offsets"))
        .filter_map(|offset| offset["committed_at_ms"].as_i64())
        .collect();
    let middle = times.iter().sum::<i64>() / i64::try_from(times.len()).unwrap();
    let since = lastwrites(&["groups", "--json", "--since", &rfc3339(middle), text(&data)]).json();
    let kept = array(&since, "groups").iter().map(|group| array(group, "offsets").len()).sum::<usize>();
    assert_eq!(kept, times.iter().filter(|at| **at >= middle).count());
    assert!(kept > 0 && kept < times.len());
    assert!(array(&since, "groups").iter().all(|group| !array(group, "offsets").is_empty()));
    for event in lastwrites(&["history", "--json", "--since", &rfc3339(middle), text(&data)]).json_lines() {
        assert!(event["timestamp_ms"].as_i64().unwrap() >= middle, "{event}");
    }
}

#[test]
fn a_moment_needs_a_zone_and_a_place_its_form() {
    let data = fixtures("broker/classic-4.1.2/data");
    for arguments in [["--as-of", "2026-11-22T10:00:00"], ["--as-of-offset", "28"], ["--as-of-offset", "a:1"]]
    {
        let run = lastwrites(&["groups", arguments[0], arguments[1], text(&data)]);
        assert_eq!(run.code, 2, "{arguments:?}");
    }
}
