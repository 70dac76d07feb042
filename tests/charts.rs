//! The histories in report.json and their charts, against stories that the test tells itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lastwrites_synth::batch::{Batch, Marker};
use lastwrites_synth::broker_dir::{BrokerDir, PartitionDir};
use lastwrites_synth::model::OffsetKey;
use lastwrites_synth::script::{Producer, Script};
use lastwrites_synth::values::classic::{ClassicMember, GroupMetadata, group_metadata_key};
use lastwrites_synth::values::offsets::{OffsetCommit, offset_commit_key};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::support::{array, fixtures, lastwrites, read_json, string, text};

/// What `examine --out` makes of one partition with these batches.
pub(crate) fn examined(folder: &Path, batches: Vec<Batch>) -> (PathBuf, Value) {
    let dir =
        BrokerDir { node_id: 1, partitions: [(28, PartitionDir::single(batches))].into_iter().collect() };
    let evidence = folder.join("evidence");
    dir.files().unwrap().write(&evidence).unwrap();
    let out = folder.join("out");
    let run = lastwrites(&["examine", "--out", text(&out), text(&evidence)]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    let report = read_json(&out.join("report.json"));
    (out, report)
}

fn rebalance(script: &mut Script, group: &str, generation: i32) {
    let member = ClassicMember::consumer("consumer-1", "consumer", &["orders"], &[("orders", &[0])]);
    let value = GroupMetadata::stable(generation, script.clock_ms(), vec![member]).value(3);
    script.append(vec![(group_metadata_key(group), Some(value))]);
}

fn commit(script: &mut Script, group: &str, partition: i32, offset: i64) {
    let commit = OffsetCommit::plain(offset, script.clock_ms());
    script.commit(3, &[(OffsetKey::new(group, "orders", partition), commit)]);
}

fn history<'a>(report: &'a Value, group: &str) -> &'a Value {
    let all = array(&report["histories"], "groups");
    all.iter().find(|one| one["group_id"] == group).unwrap_or_else(|| panic!("no history of {group}"))
}

/// Every kind of event, each at an offset the test knows.
fn story() -> Vec<Batch> {
    let mut script = Script::new(0);
    rebalance(&mut script, "payments", 1);
    for step in 1..=40 {
        for partition in 0..3 {
            commit(&mut script, "payments", partition, step * 100 + i64::from(partition));
        }
        script.wait_ms(57_000);
        match step {
            10 => rebalance(&mut script, "payments", 2),
            15 => commit(&mut script, "payments", 1, 700),
            20 => {
                let mut producer = Producer { id: 4711, epoch: 0, sequence: 0 };
                let lost = OffsetCommit::plain(9_999, script.clock_ms());
                script.commit_in(&mut producer, 3, &[(OffsetKey::new("payments", "orders", 0), lost)]);
                script.marker(producer, Marker::Abort);
            }
            25 => script.delete(&[OffsetKey::new("payments", "orders", 2)]),
            30 => rebalance(&mut script, "payments", 3),
            _ => {}
        }
    }
    commit(&mut script, "gone", 0, 5);
    script.append(vec![(offset_commit_key("gone", "orders", 0), None), (group_metadata_key("gone"), None)]);
    let mut open = Producer { id: 4712, epoch: 0, sequence: 0 };
    let pending = OffsetCommit::plain(4_100, script.clock_ms());
    script.commit_in(&mut open, 3, &[(OffsetKey::new("payments", "orders", 0), pending)]);
    script.finish().0
}

#[test]
fn a_history_holds_what_the_log_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = examined(folder.path(), story());
    let history = history(&report, "payments");
    assert_eq!(history["deleted"], false);
    let epochs: Vec<i64> =
        array(history, "changes").iter().map(|change| change["epoch"].as_i64().unwrap()).collect();
    assert_eq!(epochs, [1, 2, 3]);
    let lines = array(history, "offsets");
    let counts: Vec<usize> = lines.iter().map(|line| array(line, "events").len()).collect();
    assert_eq!(counts, [41, 41, 41], "40 commits and what befell each partition");
    let marked = |line: usize, what: &str| -> Vec<Value> {
        let is = |event: &&Value| event["event"] == what || event["reasons"][0] == what;
        let told = array(&lines[line], "events").iter().filter(is);
        told.map(|event| json!([event["previous_offset"], event["offset"]])).collect()
    };
    assert_eq!(marked(0, "commit-aborted"), [json!([2_000, 9_999])]);
    assert_eq!(marked(1, "rewind"), [json!([1_501, 700])]);
    assert_eq!(marked(2, "offset-deleted"), [json!([2_502, null])]);
    let gone = self::history(&report, "gone");
    assert_eq!(gone["deleted"], true, "a group that the report's groups don't have");
    assert!(array(&report, "groups").iter().all(|group| group["group_id"] != "gone"));
}

/// A long log is thinned evenly; what stands out stays, and so do the first and the last.
#[test]
fn a_long_history_keeps_what_stands_out() {
    const COMMITS: i64 = 30_000;
    let mut script = Script::new(0);
    let mut rewound = Vec::new();
    let mut at = 1_000_000;
    for nth in 0..COMMITS {
        at += 10;
        if nth % 2_000 == 1_999 {
            at -= 5_000;
            rewound.push(at);
        }
        commit(&mut script, "long", 0, at);
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = examined(folder.path(), script.finish().0);
    let line = &array(history(&report, "long"), "offsets")[0];
    let events = array(line, "events");
    assert!(events.len() <= 402, "{}", events.len());
    assert_eq!(events.len() as i64 + line["commits_left_out"].as_i64().unwrap(), COMMITS);
    let told = events.iter().filter(|event| event["reasons"][0] == "rewind");
    assert_eq!(told.map(|event| event["offset"].as_i64().unwrap()).collect::<Vec<_>>(), rewound);
    assert_eq!(events[0]["offset"], 1_000_010);
    assert_eq!(events.last().unwrap()["offset"], at);
    let places: Vec<i64> = events.iter().map(|event| event["record_offset"].as_i64().unwrap()).collect();
    let widest = places.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest <= COMMITS / 100, "thinned evenly: {widest}");
}

/// The same whatever the threads and wherever the log is cut.
#[test]
fn histories_do_not_depend_on_how_the_log_is_cut() {
    let evidence = fixtures("broker/classic-4.1.2/data");
    let of = |threads: &str| {
        lastwrites(&["examine", "--json", "--threads", threads, text(&evidence)]).json()["histories"].clone()
    };
    assert!(array(&of("1"), "groups").len() > 5);
    assert_eq!(of("1"), of("3"));
}

/// The failing record and the one it contradicts are marked at the time the incident's own writer gave them.
#[test]
fn the_incident_is_marked_when_it_happened() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let evidence = fixtures("incident/kafka-19862");
    lastwrites(&["examine", "--out", text(&out), text(&evidence)]);
    let report = read_json(&out.join("report.json"));
    let mut written = std::collections::BTreeMap::new();
    for line in lastwrites(&["dump", "--json", text(&evidence)]).json_lines() {
        if line["partition"] == 28 {
            written.insert(line["offset"].as_i64().unwrap(), line["timestamp_ms"].clone());
        }
    }
    let incidents: Vec<(i64, &str)> = array(&report["histories"], "incidents")
        .iter()
        .map(|one| {
            let offset = one["offset"].as_i64().unwrap();
            assert_eq!(one["ms"], written[&offset], "{one}");
            (offset, string(one, "role"))
        })
        .collect();
    assert_eq!(incidents, [(4, "in-the-way"), (12, "fails")]);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("load fails at 12") && page.contains("in its way: 4"));
}

/// Three of ten commits are overwritten: the picture is hatched from the commit before them to the one behind.
#[test]
fn lost_records_are_hatched_where_they_stood() {
    let mut script = Script::new(0);
    for step in 0..10 {
        commit(&mut script, "payments", 0, 100 + step);
        script.wait_ms(60_000);
    }
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    let dir = BrokerDir {
        node_id: 1,
        partitions: [(28, PartitionDir::single(script.finish().0))].into_iter().collect(),
    };
    dir.files().unwrap().write(&evidence).unwrap();
    let log = evidence.join("__consumer_offsets-28/00000000000000000000.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let (mut at, mut times) = (0, Vec::new());
    while at < bytes.len() {
        let number = |from: usize, to: usize| {
            bytes[from..to].iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte))
        };
        let length = 12 + usize::try_from(number(at + 8, at + 12)).unwrap();
        // The batch's first timestamp (`RecordBatch` of the message format).
        times.push(number(at + 27, at + 35));
        if (4..=6).contains(&(times.len() - 1)) {
            bytes[at..at + length].fill(0);
        }
        at += length;
    }
    std::fs::write(&log, bytes).unwrap();
    let out = folder.path().join("out");
    let run = lastwrites(&["examine", "--out", text(&out), text(&evidence)]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    let report = read_json(&out.join("report.json"));
    let holes: Vec<Value> = array(&report["histories"], "holes")
        .iter()
        .map(|hole| {
            json!([
                hole["record_offset"],
                hole["last_lost_offset"],
                hole["reasons"],
                hole["from_ms"],
                hole["to_ms"]
            ])
        })
        .collect();
    assert_eq!(holes, [json!([4, 6, ["damage"], times[3], times[7]])]);

    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("Records of this copy are lost in 1 place (hatched)"));
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&out.join("report.html"));
    browser.click("#group-table tbody tr td a");
    browser.wait_for("document.querySelector('details.group[open] summary')?.textContent", "payments");
    // From 3 of 9 minutes to 7 of 9, of a picture with room of 2 % at both ends.
    let share = browser.value(
        "(() => { const box = (s) => document.querySelector('details.group[open] .plot ' + s).getBoundingClientRect(); \
         const [all, lost] = [box('svg'), box('rect.lost')]; \
         return [(lost.left - all.left) / all.width, (lost.right - all.left) / all.width].map((x) => Math.round(x * 1000)); })()",
    );
    assert_eq!(share, json!([340, 767]));
    let told = browser.value("document.querySelector('details.group[open] ul.marks').textContent");
    assert!(told.as_str().unwrap().contains(": records 4 to 6 are lost"), "{told}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Two releases fail at neighbouring records: no label is printed over another, wide or on a phone.
#[test]
fn labels_of_incidents_do_not_cover_each_other() {
    let Some(cases) = std::env::var_os("LASTWRITES_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: LASTWRITES_CORPUS not set");
    };
    let Some(mut browser) = Browser::start() else { return };
    for case in ["load-cases/R1-torn", "record-cases/4.1.2-seed1"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        lastwrites(&["examine", "--out", text(&out), text(&cases.join(case))]);
        browser.open(&out.join("report.html"));
        browser.value(
            "document.querySelectorAll('details.group:not([hidden])').forEach((one) => { one.open = true; })",
        );
        for width in [1280, 390] {
            browser.resize(width, 900);
            let labels = "[...document.querySelectorAll('details.group[open] .plot svg')].flatMap((svg) => { \
                const boxes = [...svg.querySelectorAll(':scope > text.fails, :scope > text.stale')].map((one) => one.getBoundingClientRect()); \
                return boxes.flatMap((a, nth) => boxes.slice(nth + 1).filter((b) => \
                    a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom).map(() => 'over')); })";
            assert_eq!(browser.value(labels), json!([]), "{case} at {width}");
        }
        let drawn = browser.value("document.querySelectorAll('.plot svg > text.fails').length");
        assert!(drawn.as_u64().unwrap() > 0, "{case}: labels were looked at");
    }
}

/// A large report draws every group, if with fewer lines.
#[test]
fn every_group_of_many_has_a_history() {
    let mut script = Script::new(0);
    for group in 0..600 {
        for partition in 0..8 {
            commit(&mut script, &format!("team-{group:03}"), partition, 10 + i64::from(partition));
        }
        script.wait_ms(1_000);
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = examined(folder.path(), script.finish().0);
    let histories = &report["histories"];
    assert_eq!(histories["groups_left_out"], 0);
    let groups = array(histories, "groups");
    assert_eq!(groups.len(), 600);
    for group in groups {
        let lines = array(group, "offsets").len();
        assert!(lines >= 2, "{group}");
        assert_eq!(lines as u64 + group["offsets_left_out"].as_u64().unwrap(), 8, "{group}");
    }
}

#[test]
fn charts_are_read_by_keyboard_and_mouse() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (out, _) = examined(folder.path(), story());
    browser.open(&out.join("report.html"));
    browser.click("#group-table tbody tr td a");
    browser.wait_for("document.querySelector('details.group[open] summary')?.textContent", "payments");

    // What is drawn: a line a partition, the three generations, each mark once.
    let count = |browser: &mut Browser, selector: &str| {
        browser.value(&format!("document.querySelectorAll('details.group[open] {selector}').length"))
    };
    for (selector, wanted) in [
        ("path.curve", 3),
        ("path.rewind", 1),
        ("path.deleted", 1),
        ("circle.aborted", 1),
        ("circle.pending", 1),
    ] {
        assert_eq!(count(&mut browser, &format!("svg svg {selector}")), wanted, "{selector}");
    }
    assert_eq!(count(&mut browser, "svg > line.change"), 3, "generations");
    let shown = "(() => { const c = document.querySelector('details.group[open] path.curve').getBoundingClientRect(); \
        return c.width > 300 && c.height > 20 ? '' : c.width + ' by ' + c.height; })()";
    assert_eq!(browser.value(shown), "", "the curve has a size");

    // By keyboard, from the group's heading.
    let readout = "document.querySelector('details.group[open] .readout').textContent";
    browser.value("document.querySelector('details.group[open] summary').focus()");
    browser.press("Tab");
    assert_eq!(browser.value("document.activeElement.className.split(' ')[0]"), "plot");
    let told = browser.value(readout);
    assert!(told.as_str().unwrap().starts_with("orders-0: 100, 2026-01-01 00:00:0"), "{told}");
    browser.press("ArrowRight");
    let told = browser.value(readout);
    assert!(
        told.as_str().unwrap().starts_with("orders-0: 200, ")
            && told.as_str().unwrap().ends_with("(2 of 42)"),
        "{told}"
    );
    browser.press("ArrowDown");
    for _ in 0..14 {
        browser.press("ArrowRight");
    }
    let told = browser.value(readout);
    assert!(told.as_str().unwrap().starts_with("orders-1: rewound from 1,501 to 700, "), "{told}");
    browser.press("End");
    let told = browser.value(readout);
    assert!(told.as_str().unwrap().starts_with("orders-1: 4,001, "), "{told}");

    // What befell the group as a whole lies above the first line.
    browser.press("Home");
    for _ in 0..3 {
        browser.press("ArrowUp");
    }
    browser.press("End");
    let told = browser.value(readout);
    let told = told.as_str().unwrap();
    assert!(told.starts_with("the group: generation 3, ") && told.ends_with("(3 of 3)"), "{told}");
    let words = browser.value("document.querySelector('details.group[open] ul.marks').textContent");
    assert!(words.as_str().unwrap().contains("Generations and epochs: generation 1 ("), "{words}");

    // By mouse: over the sign of the deletion.
    let middle = browser.value(
        "(() => { const b = document.querySelector('details.group[open] path.deleted').getBoundingClientRect(); \
         return [b.x + b.width / 2, b.y + b.height / 2]; })()",
    );
    browser.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": middle[0], "y": middle[1] }));
    browser.wait_for(&format!("{readout}.split(',').slice(0, 3).join()"), "orders-2: deleted, 2,502 before");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// On paper: light even on a dark screen, every shown part open, pictures whole on one page, nothing cut at the sides.
#[test]
fn the_page_prints_light_and_whole() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    lastwrites(&["examine", "--out", text(&out), text(&fixtures("incident/kafka-19862"))]);
    let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    browser.call("Emulation.setEmulatedMedia", dark);
    browser.open(&out.join("report.html"));
    let paper =
        json!({ "media": "print", "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    browser.call("Emulation.setEmulatedMedia", paper);
    browser.resize(700, 1000);
    browser.value("dispatchEvent(new Event('beforeprint'))");
    let ground = "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color";
    assert_eq!(browser.value(ground), "rgb(255, 255, 255)rgb(0, 0, 0)");
    assert_eq!(browser.value("document.querySelectorAll('details:not([open], [hidden])').length"), 0);
    let unseen = "['.plot svg', '.ownership svg', 'svg.log', '.verdict', '.finding', '.commands', '#blast-radius table', \
        '#group-table', '.copy table'].filter((s) => { const e = document.querySelector(s); \
        return !e || e.getBoundingClientRect().height < 20; })";
    assert_eq!(browser.value(unseen), json!([]), "parts that don't print");
    let tools = "['.tools', 'nav', '.skip', '.readout'].filter((s) => getComputedStyle(document.querySelector(s)).display !== 'none')";
    assert_eq!(browser.value(tools), json!([]), "parts that only a screen needs");
    let wide = "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1) \
        .map((e) => e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + e.textContent.slice(0, 40))";
    assert_eq!(browser.value(wide), json!([]), "cut at the side");
    let broken = "[...document.querySelectorAll('figure, .finding, .verdict, tr')].filter((e) => \
        getComputedStyle(e).breakInside !== 'avoid').length";
    assert_eq!(browser.value(broken), 0, "may be cut by a page's end");
    browser.value("dispatchEvent(new Event('afterprint'))");
    assert_eq!(browser.value("document.querySelectorAll('details:not([open], [hidden])').length > 3"), true);
    let printed = browser.call("Page.printToPDF", json!({ "printBackground": false }));
    let pdf = base64_of(&printed["data"]);
    let pages = String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count();
    assert!(pdf.starts_with(b"%PDF") && (2..30).contains(&pages), "{pages} pages");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

fn base64_of(data: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap()
}

/// A name from the evidence that means something in a chart's data or in a title breaks neither.
#[test]
fn names_in_charts_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut script = Script::new(0);
    let mut topic = String::new();
    let _ = write!(topic, "a|b;c\"'<b>{}", "x".repeat(60));
    for offset in [10, 20, 5] {
        let commit = OffsetCommit::plain(offset, script.clock_ms());
        script.commit(3, &[(OffsetKey::new("g", &topic, 0), commit)]);
    }
    let (out, _) = examined(folder.path(), script.finish().0);
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&out.join("report.html"));
    browser.click("#group-table tbody tr td a");
    browser.wait_for("document.querySelector('details.group[open] summary')?.textContent", "g");
    browser.value("document.querySelector('.plot').focus()");
    browser.press("End");
    let told = browser.value("document.querySelector('.readout').textContent");
    let told = told.as_str().unwrap();
    assert!(
        told.starts_with(&format!("{topic}-0: rewound from 20 to 5, ")) && told.ends_with("(3 of 3)"),
        "{told}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Of many deleted groups the newest are drawn: the ones that somebody asks for.
#[test]
fn of_deleted_groups_the_newest_have_a_history() {
    let mut script = Script::new(0);
    for number in 0..50 {
        let group = format!("gone-{number:02}");
        commit(&mut script, &group, 0, 5);
        script.wait_ms(1_000);
        let gone = (offset_commit_key(&group, "orders", 0), None);
        script.append(vec![gone, (group_metadata_key(&group), None)]);
        script.wait_ms(60_000);
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = examined(folder.path(), script.finish().0);
    let histories = &report["histories"];
    let named: Vec<&str> = array(histories, "groups").iter().map(|one| string(one, "group_id")).collect();
    let newest: Vec<String> = (30..50).map(|number| format!("gone-{number}")).collect();
    assert_eq!(named, newest);
    assert_eq!(histories["deleted_left_out"], 30);
}
