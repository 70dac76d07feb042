//! `docs/incident.md` can be followed: its commands run on the fixture, and print what it shows.

use std::process::Command;

use crate::support::{copy, fixtures};

/// Scenes of `tests/kafka/incident`, which holds the blocks named after them against what was printed on real brokers.
const SCENES: [&str; 4] = ["one", "three", "silent", "killed"];

/// Blocks of the page: name and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').expect("a block's first line"))
        .collect()
}

/// A command of the page and the output it shows.
fn commands(page: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    let mut found: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for (_, text) in blocks(page).into_iter().filter(|(name, _)| name.is_empty()) {
        for line in text.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => found.push((command.split_whitespace().collect(), Vec::new())),
                None => found.last_mut().expect("a command before its output").1.push(line),
            }
        }
    }
    found
}

/// The lines shown are the printed ones; `...` stands for any number of them.
fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match shown {
        [] => printed.is_empty(),
        ["...", rest @ ..] => (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..])),
        [line, rest @ ..] => printed.first() == Some(line) && fits(rest, &printed[1..]),
    }
}

#[test]
fn the_walk_through_runs_and_prints_what_it_shows() {
    let page = std::fs::read_to_string(format!("{}/docs/incident.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures("incident/kafka-19862"), &folder.path().join("broker-5"));
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
        let printed = String::from_utf8(run.stdout).unwrap();
        let lines: Vec<&str> = printed.lines().collect();
        assert!(shown.iter().any(|line| *line != "..."), "{words:?} shows nothing");
        assert!(fits(&shown, &lines), "{words:?} shows\n{}\nprinted was\n{printed}", shown.join("\n"));
    }
    for file in
        ["reassignment.json", "reassignment-broker-6.json", "reassignment-rollback.json", "election.json"]
    {
        assert!(folder.path().join("repair").join(file).is_file(), "{file}");
    }
}

/// Nothing on the page looks like a command or an output and isn't held against anything.
#[test]
fn no_block_of_the_walk_through_is_left_out() {
    let page = std::fs::read_to_string(format!("{}/docs/incident.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut seen = Vec::new();
    for (name, text) in blocks(&page) {
        assert!(name.is_empty() || SCENES.contains(&name), "```{name} is nobody's");
        assert!(text.starts_with("$ ") || (!name.is_empty() && text.starts_with("# ")), "{text}");
        seen.push(name);
    }
    assert!(SCENES.iter().all(|scene| seen.contains(scene)), "{seen:?}");
    let prose: String = page.split("```").step_by(2).collect();
    assert!(prose.lines().all(|line| !line.starts_with("    ")), "an indented block is held against nothing");
}
