//! What kafka-dump-log printed of a segment, replayed: the same groups as the segment itself, `unverified`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::support::{array, corpus, fixtures, lastwrites, string, text};

/// Groups with what a text of 3.8 or later holds, trust and places left out.
fn groups(document: &Value) -> Value {
    let mut groups = document["groups"].clone();
    for group in groups.as_array_mut().unwrap() {
        // The number of offsets partitions, and names of topics that only their ids stand for, are in the cluster's metadata, which the text hasn't.
        group["maps_to"] = Value::Null;
        for member in group["members"].as_array_mut().unwrap() {
            for topic in member["assignment"].as_array_mut().unwrap() {
                if !topic["topic_id"].is_null() {
                    topic["topic"] = Value::Null;
                }
            }
        }
        for offset in group["offsets"].as_array_mut().unwrap() {
            let offset = offset.as_object_mut().unwrap();
            offset.retain(|key, _| {
                ["topic", "topic_id", "partition", "offset", "leader_epoch", "metadata", "committed_at_ms"]
                    .contains(&key.as_str())
            });
        }
    }
    groups
}

/// The dump of a case, unpacked.
fn dump(case: &Path, folder: &Path) -> std::path::PathBuf {
    let mut bytes = Vec::new();
    let file = fs::File::open(case.join("dump-log.txt.gz")).unwrap();
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    let path = folder.join("dump-log.txt");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn the_newer_text_gives_the_groups_of_the_segments() {
    let Some(root) = corpus("broker-cases") else { return };
    for case in [
        "classic-mixed-3.9.1",
        "classic-mixed-4.1.2",
        "kip848-4.2.1",
        "share-4.1.2",
        "streams-4.1.2",
        "transactions-3.9.1",
    ] {
        let case = root.join(case);
        let folder = tempfile::tempdir().unwrap();
        let dump = dump(&case, folder.path());
        let from_text = lastwrites(&["groups", "--json", text(&dump)]);
        assert_eq!(from_text.code, 1, "{}", from_text.stderr);
        let from_text = from_text.json();
        let disk = lastwrites(&["groups", "--json", text(&case.join("data"))]).json();
        assert_eq!(groups(&from_text), groups(&disk), "{}", case.display());
        let offsets = array(&from_text, "groups").iter().flat_map(|group| array(group, "offsets"));
        assert!(offsets.clone().count() > 0);
        assert!(offsets.into_iter().all(|offset| offset["trust"] == "unverified"), "{}", case.display());
        let told = array(&from_text, "findings").iter().filter(|finding| finding["code"] == "LW306");
        assert_eq!(told.count(), 1, "{}", case.display());
        for file in array(&from_text, "copies").iter().flat_map(|copy| array(copy, "files")) {
            assert_eq!(file["damaged_bytes"], json!(0), "{file}");
        }
    }
}

/// A moment cuts a tool's text where it cuts the log that the tool read.
#[test]
fn a_moment_cuts_a_text_like_its_log() {
    let Some(root) = corpus("broker-cases") else { return };
    let case = root.join("classic-mixed-4.1.2");
    let folder = tempfile::tempdir().unwrap();
    let dump = dump(&case, folder.path());
    let mut cut = 0;
    for partition in 0..5 {
        for offset in [1, 3, 10, 20] {
            let moment = format!("{partition}:{offset}");
            let at = |path: &Path| {
                let report = lastwrites(&["groups", "--json", "--as-of-offset", &moment, text(path)]).json();
                let held =
                    array(&report, "groups").iter().map(|group| array(group, "offsets").len()).sum::<usize>();
                (groups(&report), held)
            };
            let (from_text, held) = at(&dump);
            assert_eq!(from_text, at(&case.join("data")).0, "{moment}");
            cut += held;
        }
    }
    assert!(cut > 20, "{cut} offsets");
}

/// A console consumer prints no times of records, so nothing is known of a moment.
#[test]
fn a_console_text_knows_no_moment() {
    let printed = fixtures("text").join("console-4.1.2-classic-4.1.2.txt");
    let asked = ["groups", "--json", "--as-of", "2026-11-23T23:28:25.715Z", text(&printed)];
    let report = lastwrites(&asked).json();
    assert_eq!(report["as_of"]["cuts"][0]["complete"], false, "{report}");
    let offsets: Vec<&Value> =
        array(&report, "groups").iter().flat_map(|group| array(group, "offsets")).collect();
    assert!(!offsets.is_empty());
    for offset in offsets {
        assert!(
            offset["offset"].is_null() && array(offset, "flags").contains(&"as-of-unknown".into()),
            "{offset}"
        );
    }
}

/// The older text holds offset, metadata and who was assigned what; leader epochs and clients are gone.
#[test]
fn the_older_text_gives_offsets_and_assignments() {
    let Some(root) = corpus("broker-cases") else { return };
    let case = root.join("classic-mixed-3.6.2");
    let folder = tempfile::tempdir().unwrap();
    let dump = dump(&case, folder.path());
    let held = |document: &Value| -> Vec<Value> {
        let group = |group: &Value| {
            let offset = |o: &Value| json!([o["topic"], o["partition"], o["offset"], o["metadata"]]);
            let offsets: Vec<Value> = array(group, "offsets").iter().map(offset).collect();
            json!([
                string(group, "group_id"),
                group["state"],
                group["generation"],
                group["protocol"],
                offsets
            ])
        };
        array(document, "groups").iter().map(group).collect()
    };
    let from_text = lastwrites(&["groups", "--json", "--kafka", "3.6.2", text(&dump)]).json();
    let disk = lastwrites(&["groups", "--json", "--kafka", "3.6.2", text(&case.join("data"))]).json();
    assert_eq!(held(&from_text), held(&disk));
    let lost = |offset: &Value| offset["leader_epoch"].is_null() && offset["trust"] == "unverified";
    assert!(array(&from_text, "groups").iter().flat_map(|group| array(group, "offsets")).all(lost));
}

/// Objects stand there without a separator, and without offsets, times or markers.
#[test]
fn formatter_output_gives_groups() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("console.json");
    let commit = |offset: i64| {
        json!({"key": {"type": 1, "data": {"group": "g1", "topic": "orders", "partition": 0}},
               "value": {"version": 3, "data": {"offset": offset, "leaderEpoch": 7, "metadata": "m", "commitTimestamp": 1_716_780_091_840_i64}}})
    };
    let gone = json!({"key": {"type": 1, "data": {"group": "g1", "topic": "orders", "partition": 1}}, "value": null});
    fs::write(&file, format!("{}{}{gone}\n", commit(5), commit(14_921))).unwrap();
    let document = lastwrites(&["groups", "--json", text(&file)]).json();
    let groups = array(&document, "groups");
    assert_eq!(groups.len(), 1, "{document}");
    let offsets = array(&groups[0], "offsets");
    assert_eq!(offsets.len(), 1);
    assert_eq!((offsets[0]["offset"].as_i64(), offsets[0]["leader_epoch"].as_i64()), (Some(14_921), Some(7)));
    assert_eq!(offsets[0]["record"]["offset"], 1);
}

/// The made-up log goes on behind a piece that was full, and behind what isn't understood, where its next record stands.
#[test]
fn long_formatter_output_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("console.json");
    let commit = |offset: usize| {
        json!({"key": {"type": 1, "data": {"group": format!("g{}", offset % 7), "topic": "orders", "partition": 0}},
               "value": {"version": 3, "data": {"offset": offset, "leaderEpoch": 7, "metadata": "", "commitTimestamp": 1_716_780_091_840_i64}}})
        .to_string()
    };
    let unknown = json!({"key": {"type": 1, "data": {"group": "x"}}, "value": {"version": 77}}).to_string();
    let long: String = (0..5000).map(commit).collect();
    let broken: String = (0..10).map(|n| if n == 4 { unknown.clone() } else { commit(n) }).collect();
    for (printed, last, keys) in [(long, 4999, 7), (broken, 9, 6)] {
        fs::write(&file, printed).unwrap();
        let document = lastwrites(&["groups", "--json", text(&file)]).json();
        let codes: Vec<&str> =
            array(&document, "findings").iter().map(|finding| string(finding, "code")).collect();
        assert!(!codes.contains(&"LW307") && !codes.contains(&"LW112"), "{codes:?}");
        let offsets: Vec<&Value> =
            array(&document, "groups").iter().flat_map(|group| array(group, "offsets")).collect();
        assert_eq!(offsets.iter().filter_map(|offset| offset["offset"].as_i64()).max(), Some(last));
        assert_eq!(offsets.len(), keys);
    }
}

/// As another tool lays the objects out, or marks the encoding, they say the same; in UTF-16 they are refused with what helps.
#[test]
fn laid_out_formatter_output_gives_the_same_groups() {
    let printed = fs::read_to_string(fixtures("text").join("console-4.1.2-classic-4.1.2.txt")).unwrap();
    let objects: Vec<Value> =
        serde_json::Deserializer::from_str(&printed).into_iter().collect::<Result<_, _>>().unwrap();
    assert!(objects.len() > 30);
    let laid_out: String =
        objects.iter().map(|object| serde_json::to_string_pretty(object).unwrap() + "\n").collect();
    assert!(laid_out.starts_with("{\n"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("console.json");
    let told = |text_bytes: &[u8]| {
        fs::write(&file, text_bytes).unwrap();
        groups(&lastwrites(&["groups", "--json", text(&file)]).json())
    };
    let plain = told(printed.as_bytes());
    assert!(array(&json!({ "groups": plain }), "groups").len() > 8);
    assert_eq!(told(laid_out.as_bytes()), plain);
    assert_eq!(told(laid_out.replace('\n', "\r\n").as_bytes()), plain);
    for marked in [&printed, &laid_out] {
        assert_eq!(told(format!("\u{feff}{marked}").as_bytes()), plain);
    }
    let dump = fs::read_to_string(fixtures("text").join("dump-log-3.7.2-consumer-4.1.2.txt")).unwrap();
    assert_eq!(told(format!("\u{feff}{dump}").as_bytes()), told(dump.as_bytes()));

    let wide: Vec<u8> = format!("\u{feff}{printed}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&file, wide).unwrap();
    let run = lastwrites(&["groups", text(&file)]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("UTF-16") && run.stderr.contains("iconv"), "{}", run.stderr);
}

/// Another tool's form can't say that a console consumer shows aborted commits like committed ones: it isn't written unasked.
/// A dump has the markers, so what it gives is settled.
#[test]
fn no_form_takes_what_a_console_consumer_printed_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("offsets.csv");
    let recover = |printed: &Path, more: &[&str]| {
        let form = ["--all-groups", "--format", "kafka-consumer-groups", "-o", text(&out)];
        lastwrites(&[&["recover", text(printed)], &form[..], more].concat())
    };
    let console = fixtures("text").join("console-3.9.2-transactions-3.9.2.txt");
    let run = recover(&console, &[]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("aborted") && run.stderr.contains("--in-doubt"), "{}", run.stderr);
    assert!(!out.exists());
    // A group that only ever aborted has no offset, said its broker.
    let truth: Value =
        serde_json::from_slice(&fs::read(fixtures("broker/transactions-3.9.2/truth.json")).unwrap()).unwrap();
    let aborted = array(&truth, "groups").iter().find(|group| group["group"] == "only-aborted").unwrap();
    assert_eq!(aborted["offsets"], json!([]));
    let run = recover(&console, &["--in-doubt"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(fs::read_to_string(&out).unwrap().contains("only-aborted,"), "nothing to be warned of");
    fs::remove_file(&out).unwrap();

    let run = recover(&fixtures("text").join("dump-log-3.7.2-consumer-4.1.2.txt"), &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!run.stderr.contains("left out"), "{}", run.stderr);
    assert!(fs::read_to_string(&out).unwrap().lines().count() > 5);
}

/// A line that says nothing any more is damage, at its place, and flags what stands before it.
#[test]
fn a_line_that_is_not_understood_is_damage() {
    let Some(root) = corpus("broker-cases") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = dump(&root.join("classic-mixed-4.1.2"), folder.path());
    let whole = fs::read_to_string(&path).unwrap();
    let at = whole.rfind("\n| offset: ").unwrap() + 1;
    let broken = format!("{}| offset: what?\n{}", &whole[..at], &whole[at..]);
    fs::write(&path, broken).unwrap();
    let scanned = lastwrites(&["scan", "--json", text(&path)]).json();
    let files = array(&scanned, "copies").iter().flat_map(|copy| array(copy, "files"));
    let mut damaged = 0;
    for file in files {
        let count = |key: &str| file[key].as_u64().unwrap();
        assert_eq!(
            count("decoded_bytes") + count("empty_bytes") + count("damaged_bytes"),
            count("size_bytes")
        );
        damaged += count("damaged_bytes");
    }
    assert!(damaged >= 16, "{damaged}");
}

/// What Kafka's own tools printed of fixtures (tests/kafka/regenerate-text), by the name of the file.
fn texts() -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(fixtures("text")).unwrap().map(|file| file.unwrap().path());
    let mut texts: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    texts.sort();
    assert!(texts.len() > 20);
    texts
}

/// A text can't tell whether a log loads, so nothing may say that it does or doesn't, and nothing else may be had from a
/// disk that isn't there.
#[test]
fn a_text_gets_no_load_verdict_anywhere() {
    for (name, path) in texts() {
        let path = text(&path);
        let judged = lastwrites(&["diagnose", "--json", "--race-windows", "all", path]).json();
        let whole = lastwrites(&["examine", "--json", path]).json();
        for copy in array(&judged, "partitions").iter().chain(array(&whole, "diagnosis")) {
            for list in ["verdicts", "races", "incidents", "race_ownership"] {
                assert_eq!(copy[list], json!([]), "{name} {list}");
            }
        }
        let shown = lastwrites(&["groups", "--json", path]).json();
        for partition in array(&shown, "partitions").iter().chain(array(&whole, "partitions")) {
            assert_eq!(
                partition["load"],
                json!({ "verdict": null, "offset": null, "error": null }),
                "{name}"
            );
        }
        for partition in array(&whole["blast_radius"], "partitions") {
            assert_eq!(partition["fails"], json!(null), "{name}");
        }
        let failing =
            array(&whole["blast_radius"], "groups").iter().filter(|group| group["fails"] != json!(false));
        assert_eq!(failing.count(), 0, "{name}");
        for document in [&judged, &shown, &whole] {
            for finding in array(document, "findings") {
                let code = string(finding, "code");
                // Offsets that go back in a text are told of as in any copy (LW112).
                let of_loads = code.starts_with("LW1") && code != "LW112";
                assert!(!of_loads, "{name}: {finding}");
            }
            let told = array(document, "findings").iter().filter(|finding| finding["code"] == "LW306");
            assert_eq!(told.count(), 1, "{name}");
        }
        for words in [vec!["examine", path], vec!["diagnose", path]] {
            let screen = String::from_utf8(lastwrites(&words).stdout).unwrap().to_lowercase();
            assert!(screen.contains("no verdict"), "{name}: {screen}");
            assert!(!screen.contains("loads on") && !screen.contains("loads every"), "{name}: {screen}");
        }
        let partition = array(&judged, "partitions").iter().find_map(|copy| copy["partition"].as_i64());
        if let Some(partition) = partition.map(|partition| partition.to_string()) {
            let told =
                lastwrites(&["playbook", "--json", "--brokers", "1,2", "--partition", &partition, path])
                    .json();
            assert_eq!(told["trouble"]["kind"], "unknown", "{name}: {told}");
            assert!(
                array(&told, "brokers").iter().all(|broker| broker["verdict"] == "unknown"),
                "{name}: {told}"
            );
        }
        for offset in array(&whole, "groups").iter().flat_map(|group| array(group, "offsets")) {
            assert_eq!(offset["trust"], "unverified", "{name}");
        }
    }
}

/// Nor does the page call copies sound that nobody could judge.
#[test]
fn the_page_of_a_text_calls_nothing_sound() {
    let folder = tempfile::tempdir().unwrap();
    let printed = fixtures("text").join("dump-log-3.7.2-consumer-4.1.2.txt");
    let run = lastwrites(&["examine", text(&printed), "--out", text(&folder.path().join("out"))]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("No verdict") && page.contains("can't be told from this evidence"));
    assert!(page.contains("5 copies, nothing damaged") && !page.contains(", sound"));
}

/// The tool's own `isvalid: false` counts as what it is.
#[test]
fn checksums_that_the_tool_found_wrong_are_told() {
    let mut wrong = 0;
    for (name, path) in texts() {
        let printed = fs::read_to_string(&path).unwrap();
        let told = printed.lines().filter(|line| line.ends_with(" isvalid: false")).count();
        let scanned = lastwrites(&["scan", "--json", text(&path)]).json();
        let files = array(&scanned, "copies").iter().flat_map(|copy| array(copy, "files"));
        let unreadable = files.clone().any(|file| file["damaged_bytes"] != json!(0));
        let damage = files.flat_map(|file| array(file, "damage"));
        let checksums = damage.filter(|damage| damage["length"] == json!(0)).count();
        // The tool stops behind some of them, so that their records are missing.
        assert!(checksums == told || unreadable && checksums < told, "{name}: {checksums} of {told}");
        let flagged = array(&scanned, "findings").iter().any(|finding| finding["severity"] != "note");
        assert!(flagged, "{name}");
        wrong += checksums;
    }
    assert!(wrong >= 2, "{wrong}");
}

/// Offsets of a console consumer's text are those that the broker told of when the log was copied.
#[test]
fn what_a_console_consumer_printed_is_recovered() {
    let folder = tempfile::tempdir().unwrap();
    for case in ["classic-4.1.2", "classic-3.6.2"] {
        let release = case.strip_prefix("classic-").unwrap();
        let printed = fixtures("text").join(format!("console-{release}-{case}.txt"));
        let file = folder.path().join(case);
        let run = lastwrites(&["recover", text(&printed), "--all-groups", "-o", text(&file)]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let truth: Value =
            serde_json::from_slice(&fs::read(fixtures("broker").join(case).join("truth.json")).unwrap())
                .unwrap();
        let held = |groups: &[Value], id: &str| -> BTreeMap<String, Value> {
            let offset = |o: &Value| json!([o["topic"], o["partition"], o["offset"], o["metadata"]]);
            let group = |group: &Value| {
                let mut offsets: Vec<Value> = array(group, "offsets").iter().map(offset).collect();
                offsets.sort_by_key(ToString::to_string);
                (string(group, id).to_owned(), json!(offsets))
            };
            groups.iter().map(group).filter(|(_, offsets)| *offsets != json!([])).collect()
        };
        let recovered = array(&document, "groups");
        assert_eq!(held(recovered, "group_id"), held(array(&truth, "groups"), "group"), "{case}");
        assert_eq!(document["source"]["offsets_topic_partitions"], json!(null));
        assert_eq!(document["source"]["copies"][0]["partition"], json!(null));
        for group in recovered {
            assert_eq!(group["found_in"], json!(null));
            let warnings = group["warnings"].to_string();
            assert!(warnings.contains("LW306") && warnings.contains("not known"), "{warnings}");
            for offset in array(group, "offsets") {
                assert_eq!(offset["trust"], "unverified");
                assert_eq!(offset["bound"]["skipped_at_most"], json!(null));
            }
        }
        let one = folder.path().join("one");
        let run = lastwrites(&["recover", text(&printed), "--group", "billing", "-o", text(&one)]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        fs::remove_file(one).unwrap();
    }
}

/// What the broker said a group was, or `unknown` where the text lacks the records that tell: an older tool prints none of a
/// newer group, and its offsets alone would look like an empty classic group, one that may be reset.
#[test]
fn a_text_never_gives_a_group_the_wrong_type() {
    let mut unknown = 0;
    let mut known = 0;
    for (printed, case) in [
        ("console-3.6.2-classic-3.6.2.txt", "classic-3.6.2"),
        ("console-3.9.2-transactions-3.9.2.txt", "transactions-3.9.2"),
        ("console-4.1.2-classic-4.1.2.txt", "classic-4.1.2"),
        ("dump-log-3.7.2-consumer-4.1.2.txt", "consumer-4.1.2"),
        ("dump-log-3.9.2-streams-4.2.1.txt", "streams-4.2.1"),
    ] {
        let truth = fs::read(fixtures("broker").join(case).join("truth.json")).unwrap();
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        // Older brokers' tools don't say the type.
        let of_group = |group: &'_ Value| {
            let told = group["type"].as_str().map(str::to_lowercase);
            (string(group, "group").to_owned(), (told, group["state"].to_string()))
        };
        let told: BTreeMap<_, _> = array(&truth, "groups").iter().map(of_group).collect();
        let run = lastwrites(&["groups", "--json", text(&fixtures("text").join(printed))]);
        for group in array(&run.json(), "groups") {
            if group["type"] == "unknown" {
                assert_eq!((&group["state"], &group["members"]), (&Value::Null, &json!([])), "{printed}");
                unknown += 1;
            } else if let Some((group_type, state)) = told.get(string(group, "group_id")) {
                assert!(group_type.as_deref().is_none_or(|told| told == group["type"]), "{printed}: {group}");
                assert_eq!(group["state"].to_string(), *state, "{printed}: {group}");
                known += 1;
            }
        }
    }
    assert!(unknown >= 10 && known >= 1, "{unknown} unknown, {known} known");
}

/// Two texts may be of different moments: nothing tells which of them counts.
#[test]
fn a_group_of_two_texts_is_not_recovered_by_chance() {
    let folder = tempfile::tempdir().unwrap();
    let both = [
        fixtures("text").join("console-4.1.2-classic-4.1.2.txt"),
        fixtures("text").join("console-3.6.2-classic-3.6.2.txt"),
    ];
    let file = folder.path().join("document");
    let run =
        lastwrites(&["recover", text(&both[0]), text(&both[1]), "--group", "billing", "-o", text(&file)]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("one of them at a time"), "{}", run.stderr);
}

/// A dump of several partitions gives a document, too, whose records lie where the text has them.
#[test]
fn a_dump_of_several_partitions_is_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let printed = fixtures("text").join("dump-log-3.7.2-consumer-4.1.2.txt");
    let file = folder.path().join("document");
    let run = lastwrites(&["recover", text(&printed), "--all-groups", "-o", text(&file)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let truth = fs::read(fixtures("broker/consumer-4.1.2/truth.json")).unwrap();
    let truth: Value = serde_json::from_slice(&truth).unwrap();
    let flat = |groups: &[Value], id: &str| -> BTreeMap<String, Value> {
        let rows = groups.iter().flat_map(|group| {
            let name = string(group, id).to_owned();
            array(group, "offsets").iter().map(move |one| {
                (format!("{name} {} {}", one["topic"], one["partition"]), one["offset"].clone())
            })
        });
        rows.collect()
    };
    assert_eq!(flat(array(&document, "groups"), "group_id"), flat(array(&truth, "groups"), "group"));
    let printed = fs::read(&printed).unwrap();
    for group in array(&document, "groups") {
        for offset in array(group, "offsets") {
            assert_eq!(offset["trust"], "unverified");
            let start =
                string(&offset["record"], "file").rsplit_once('@').map_or(0, |(_, at)| at.parse().unwrap());
            let at = start + usize::try_from(offset["record"]["position"].as_u64().unwrap()).unwrap();
            let lines = String::from_utf8_lossy(&printed[at..]);
            let record = format!("| offset: {} ", offset["record"]["offset"]);
            let line = lines.lines().find(|line| line.starts_with(&record)).unwrap();
            assert!(line.contains(&format!("group={},", string(group, "group_id"))), "{line}");
        }
    }
}

/// Record lines of which no batch line is left are cut each at its own time.
#[test]
fn records_without_their_batches_are_cut_by_their_own_times() {
    let folder = tempfile::tempdir().unwrap();
    let printed = fs::read_to_string(fixtures("text").join("dump-log-3.7.2-consumer-4.1.2.txt")).unwrap();
    let records: Vec<&str> = printed.lines().filter(|line| line.starts_with("| offset: ")).collect();
    let file = folder.path().join("records.txt");
    fs::write(&file, records.join("\n") + "\n").unwrap();
    let time = |line: &str| -> i64 {
        let text = line.split("CreateTime: ").nth(1).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    let mut asked = 0;
    for at in records.iter().map(|line| time(line)).collect::<std::collections::BTreeSet<i64>>() {
        // The text is of several partitions' logs: up to the first record of a later time.
        let before = records
            .iter()
            .take_while(|line| time(line) <= at)
            .filter(|line| line.contains("offset_commit::"));
        let wanted = before.count();
        let moment = jiff::Timestamp::from_millisecond(at).unwrap().to_string();
        let events = lastwrites(&["history", "--json", "--as-of", &moment, text(&file)]).json_lines();
        let told = events.iter().filter(|event| !event["topic"].is_null()).count();
        assert_eq!(told, wanted, "{moment}");
        asked += 1;
    }
    assert!(asked > 5, "{asked} moments");
}

/// A tombstone takes fewer bytes as text than as a record: it's one all the same, alone and by the thousand.
#[test]
fn tombstones_of_a_console_consumer_are_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("printed");
    let commit = |partition: usize| {
        format!(
            "[g,t,{partition}]::OffsetAndMetadata(offset=5, leaderEpoch=Optional.empty, metadata=, \
             commitTimestamp=1700000000000, expireTimestamp=None)\n"
        )
    };
    let tombstones =
        |count: usize| -> String { (0..count).map(|at| format!("[g,t,{at}]::NULL\n")).collect() };
    for (printed, records, left) in [
        (tombstones(1), 1, 0),
        (tombstones(3_000), 3_000, 0),
        (tombstones(3_000) + &commit(7) + &commit(8), 3_002, 2),
        (commit(1) + &commit(2_999) + &tombstones(2_000), 2_002, 1),
    ] {
        fs::write(&file, printed).unwrap();
        let scanned = lastwrites(&["scan", "--json", text(&file)]).json();
        let read = &scanned["copies"][0]["files"][0];
        assert_eq!((&read["records"], &read["damaged_bytes"]), (&json!(records), &json!(0)));
        let sum = ["decoded_bytes", "empty_bytes", "damaged_bytes"].map(|name| read[name].as_u64().unwrap());
        assert_eq!(sum.iter().sum::<u64>(), read["size_bytes"].as_u64().unwrap());
        let document = lastwrites(&["groups", "--json", text(&file)]).json();
        let offsets: usize =
            array(&document, "groups").iter().map(|group| array(group, "offsets").len()).sum();
        assert_eq!(offsets, left);
    }
}

/// An offset is one of a partition's log: a lone text that names none is taken for the one asked about, of two nobody knows
/// which is meant.
#[test]
fn an_offset_is_asked_of_a_text_that_names_no_partition() {
    let printed = fixtures("text").join("console-4.1.2-classic-4.1.2.txt");
    let events = |more: &[&str]| {
        let arguments = [&["history", "--json"], more, &[text(&printed)]].concat();
        let run = lastwrites(&arguments);
        (run.stderr.clone(), run.json_lines())
    };
    let (_, all) = events(&[]);
    let (said, before) = events(&["--as-of-offset", "7:5"]);
    assert!(said.contains("taken for partition 7"), "{said}");
    let wanted = all.iter().filter(|event| event["offset"].as_i64() < Some(5)).count();
    assert!(before.len() == wanted && before.iter().all(|event| event["partition"] == 7), "{before:?}");
    let other = fixtures("text").join("console-3.6.2-classic-3.6.2.txt");
    for command in ["history", "groups"] {
        let run = lastwrites(&[command, "--as-of-offset", "7:5", text(&printed), text(&other)]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains("don't say which they are of"), "{}", run.stderr);
    }
}

/// Offsets by group, topic and partition, as `recover` takes them from a text.
fn recovered(printed: &Path) -> BTreeMap<(String, String, i64), Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recovered.json");
    let run = lastwrites(&["recover", text(printed), "--all-groups", "-o", text(&file)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    held(array(&document, "groups"), "group_id")
}

/// What the broker said that it held when a case of `fixtures/broker` was copied.
fn held_by_broker(case: &str) -> BTreeMap<(String, String, i64), Value> {
    let truth = fs::read(fixtures("broker").join(case).join("truth.json")).unwrap();
    let truth: Value = serde_json::from_slice(&truth).unwrap();
    held(array(&truth, "groups"), "group")
}

fn held(groups: &[Value], id: &str) -> BTreeMap<(String, String, i64), Value> {
    let mut held = BTreeMap::new();
    for group in groups {
        for o in array(group, "offsets") {
            let partition = o["partition"].as_i64().unwrap();
            let key = (string(group, id).to_owned(), string(o, "topic").to_owned(), partition);
            held.insert(key, json!([o["offset"], o["metadata"]]));
        }
    }
    assert!(held.len() > 20);
    held
}

/// Bytes of a text in which no record is read.
fn damaged(printed: &Path) -> u64 {
    let scanned = lastwrites(&["scan", "--json", text(printed)]).json();
    let files = array(&scanned, "copies").iter().flat_map(|copy| array(copy, "files"));
    files.map(|file| file["damaged_bytes"].as_u64().unwrap()).sum()
}

const WARNING: &str = "[2026-11-28 07:00:00,123] WARN [Consumer clientId=c, groupId=g] Bootstrap broker b:9092 disconnected (org.apache.kafka.clients.NetworkClient)\n";

/// A capture with `2>&1` has what the tools said between the records: a deleted offset stays deleted, none is lost, and nothing
/// is damaged.
#[test]
fn what_tools_say_beside_the_records_takes_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.txt");
    let before = "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nSLF4J: Failed to load class \"org.slf4j.impl.StaticLoggerBinder\".\nDefaulted container \"kafka\" out of: kafka, init (init)\n";
    for (printed, case) in [
        ("console-3.6.2-classic-3.6.2.txt", "classic-3.6.2"),
        ("console-4.1.2-classic-4.1.2.txt", "classic-4.1.2"),
        ("dump-log-2.8.2-classic-3.6.2.txt", "classic-3.6.2"),
    ] {
        let clean = fs::read_to_string(fixtures("text").join(printed)).unwrap();
        let said = held_by_broker(case);
        // Between any two records, behind tombstones, too.
        let starts: Vec<usize> = ["\n[", "\n{", "}{", "\nbaseOffset: "]
            .iter()
            .flat_map(|start| clean.match_indices(start).map(|(at, _)| at + 1))
            .collect();
        assert!(starts.len() > 20, "{printed}");
        let mut noisy = clean.clone();
        let mut places = starts.clone();
        places.sort_unstable();
        for at in places.into_iter().rev() {
            let feed = if noisy[..at].ends_with('\n') { "" } else { "\n" };
            noisy.insert_str(at, &format!("{feed}{WARNING}"));
        }
        for text in [
            format!("{clean}Processed a total of 63 messages\n"),
            format!("{clean}\n^CProcessed a total of 63 messages\n"),
            format!("{before}{clean}"),
            noisy,
        ] {
            fs::write(&file, &text).unwrap();
            assert_eq!(recovered(&file), said, "{printed}: {text}");
            assert_eq!(damaged(&file), 0, "{printed}: {text}");
        }
    }
}

/// A line that nobody knows is told of as damage, but takes no record with it.
#[test]
fn a_line_between_records_takes_none_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.txt");
    for (printed, case, start) in [
        ("console-3.6.2-classic-3.6.2.txt", "classic-3.6.2", "[deleted-group,orders,0]::NULL"),
        ("console-4.1.2-classic-4.1.2.txt", "classic-4.1.2", "{\"key\":"),
    ] {
        let clean = fs::read_to_string(fixtures("text").join(printed)).unwrap();
        let (first, last) = (clean.find(start).unwrap(), clean.rfind(start).unwrap());
        let behind = last + if start.starts_with('[') { start.len() + 1 } else { 0 };
        for at in [first, behind] {
            let (head, tail) = clean.split_at(at);
            let feed = if head.is_empty() || head.ends_with('\n') { "" } else { "\n" };
            fs::write(&file, format!("{head}{feed}a line of another program {{\n{tail}")).unwrap();
            assert_eq!(recovered(&file), held_by_broker(case), "{printed} {at}");
            assert!(damaged(&file) > 0, "{printed} {at}");
        }
    }
}

/// The tools of before 3.0 print other fields in another order: what they show of a log is what its broker held.
#[test]
fn what_older_tools_printed_is_recovered() {
    for release in ["2.4.1", "2.8.2"] {
        let printed = fixtures("text").join(format!("dump-log-{release}-classic-3.6.2.txt"));
        assert_eq!(recovered(&printed), held_by_broker("classic-3.6.2"), "{release}");
        assert_eq!(damaged(&printed), 0, "{release}");
        let shown = lastwrites(&["groups", "--json", text(&printed)]).json();
        let told = array(&shown, "findings").iter().find(|finding| finding["code"] == "LW306").unwrap();
        assert!(told.to_string().contains("3.7 or earlier"), "{told}");
    }
}

/// Compressed, a text is refused with what helps.
#[test]
fn a_compressed_text_is_refused_with_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump-log.txt.gz");
    let clean = fs::read(fixtures("text").join("dump-log-2.8.2-classic-3.6.2.txt")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, &clean).unwrap();
    fs::write(&file, packed.finish().unwrap()).unwrap();
    let run = lastwrites(&["groups", text(&file)]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("gzip") && run.stderr.contains("gunzip"), "{}", run.stderr);
}
