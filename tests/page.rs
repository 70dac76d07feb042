//! `examine --out`: the page shows what report.json says, asks nobody for anything, and hostile names stay text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use lastwrites_synth::broker_dir::{BrokerDir, PartitionDir};
use lastwrites_synth::model::OffsetKey;
use lastwrites_synth::script::Script;
use lastwrites_synth::values::offsets::OffsetCommit;

use crate::support::{array, fixtures, lastwrites, read_json, text};

const HOSTILE: [&str; 4] = [
    "<script>document.title='taken'</script>",
    "\"><img src=x onerror=\"document.title='taken'\">",
    "</script></style><b>bold</b>",
    "javascript:document.title='taken' & 'quotes'",
];

/// A partition with these groups, and the page that `examine` makes of it.
fn page_of(folder: &Path, groups: &[String]) -> (PathBuf, String) {
    let mut script = Script::new(0);
    for (number, group) in groups.iter().enumerate() {
        let key = OffsetKey::new(group, "<i>orders</i>", 0);
        script.commit(3, &[(key, OffsetCommit::plain(number as i64, script.clock_ms()))]);
    }
    let (batches, _) = script.finish();
    let dir =
        BrokerDir { node_id: 1, partitions: [(28, PartitionDir::single(batches))].into_iter().collect() };
    let evidence = folder.join("evidence");
    dir.files().unwrap().write(&evidence).unwrap();
    let out = folder.join("out");
    let run = lastwrites(&["examine", "--out", text(&out), text(&evidence)]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    (out, page)
}

#[test]
fn hostile_names_stay_text_and_nothing_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (out, page) = page_of(folder.path(), &HOSTILE.map(str::to_owned));
    let report = read_json(&out.join("report.json"));
    let ids: BTreeSet<&str> =
        array(&report, "groups").iter().map(|group| group["group_id"].as_str().unwrap()).collect();
    assert_eq!(ids, BTreeSet::from(HOSTILE), "report.json has the names as they are");
    for taken in ["<img", "<b>bold", "<i>orders", "<script>document"] {
        assert!(!page.contains(taken), "{taken} came through");
    }
    assert_eq!(page.matches("<script").count(), 1, "one script, the page's own");
    assert!(page.contains("&lt;script&gt;document.title"), "the name is shown");
    for address in ["http:", "https:", "//cdn", " src=\"", "url(", "@import", "<link"] {
        assert!(!page.contains(address), "{address} on the page");
    }
    let policy = "default-src 'none'; ";
    assert!(
        page.contains(policy) || page.contains(&policy.replace('\'', "&#39;")),
        "no policy that forbids the rest"
    );
}

#[test]
fn an_earlier_page_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (out, page) = page_of(folder.path(), &["payments".to_owned()]);
    let again = lastwrites(&["examine", "--out", text(&out), text(&fixtures("broker/classic-4.1.2/data"))]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(out.join("report.html")).unwrap(), page);
}

/// The page in a real browser, where one is installed: its script runs under its own policy, hostile names don't.
#[test]
fn a_browser_runs_the_pages_script_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let groups: Vec<String> =
        HOSTILE.map(str::to_owned).into_iter().chain((0..500).map(|n| format!("group-{n}"))).collect();
    let (out, _) = page_of(folder.path(), &groups);
    let url = format!("file://{}", text(&out.join("report.html")));
    let profile = format!("--user-data-dir={}", text(&folder.path().join("profile")));
    let run = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--dump-dom",
            &profile,
            &url,
        ])
        .output();
    let Ok(run) = run else { return eprintln!("skipped: no chromium here") };
    let dom = String::from_utf8_lossy(&run.stdout);
    assert!(
        dom.contains("504 of 504 groups"),
        "the page's script did not run: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(!dom.contains("<title>taken"), "a name ran as a script");
    let console: Vec<String> = String::from_utf8_lossy(&run.stderr)
        .lines()
        .filter(|line| line.contains(":CONSOLE"))
        .map(str::to_owned)
        .collect();
    assert!(console.is_empty(), "{console:?}");
}
