//! `docs/incident.md` can be followed: its commands run on the fixture, and print what it shows.

use std::process::Command;

use crate::support::{copy, fixtures};

/// A command of the page and the output it shows; empty where it shows none. Blocks with a name are of real brokers, and
/// `tests/kafka/incident` holds them against what was printed there.
fn commands(page: &str) -> Vec<(Vec<&str>, String)> {
    let mut found: Vec<(Vec<&str>, String)> = Vec::new();
    for block in page.split("```").skip(1).step_by(2).filter(|block| block.starts_with('\n')) {
        for line in block.lines().skip(1) {
            match line.strip_prefix("$ ") {
                Some(command) => found.push((command.split_whitespace().collect(), String::new())),
                None => {
                    let (_, shown) = found.last_mut().expect("a command before its output");
                    shown.push_str(line);
                    shown.push('\n');
                }
            }
        }
    }
    found
}

#[test]
fn the_walk_through_runs_and_prints_what_it_shows() {
    let page = std::fs::read_to_string(format!("{}/docs/incident.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures("incident/kafka-19862"), &folder.path().join("broker-5"));
    let mut compared = 0;
    for (words, shown) in commands(&page) {
        let ["lastwrites", arguments @ ..] = words.as_slice() else {
            assert_eq!(words[0], "cp");
            continue;
        };
        let run = Command::new(env!("CARGO_BIN_EXE_lastwrites"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_ne!(run.status.code(), Some(2), "{words:?}: {}", String::from_utf8_lossy(&run.stderr));
        if !shown.is_empty() {
            assert_eq!(String::from_utf8_lossy(&run.stdout), shown, "{words:?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 3, "the page shows three outputs");
    for file in
        ["reassignment.json", "reassignment-broker-6.json", "reassignment-rollback.json", "election.json"]
    {
        assert!(folder.path().join("repair").join(file).is_file(), "{file}");
    }
}
