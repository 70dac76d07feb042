//! The same evidence gives the same bytes: with any number of threads, any unit of work, and either way of reading.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::support::{complaints, corpus, fixtures, folders, lastwrites, none_of, text};

const COMMANDS: &[&str] = &["groups", "scan", "dump", "diagnose", "history"];
/// Threads, bytes of a unit of work (none: the default), way of reading: every pair of settings meets at least once.
const SETTINGS: &[(&str, Option<&str>, &str)] = &[
    ("1", Some("4096"), "mmap"),
    ("4", Some("4096"), "reads"),
    ("1", Some("1048576"), "reads"),
    ("4", Some("1048576"), "mmap"),
    ("1", None, "reads"),
    ("4", None, "mmap"),
];

/// Exit code, a digest of standard output, standard error.
type Answer = (i32, Vec<u8>, String);

fn answer(arguments: &[&str]) -> Answer {
    let run = lastwrites(arguments);
    (run.code, Sha256::digest(&run.stdout).to_vec(), run.stderr)
}

fn judge(paths: &[PathBuf]) {
    let jobs: Vec<(&PathBuf, &str)> =
        paths.iter().flat_map(|path| COMMANDS.iter().map(move |command| (path, *command))).collect();
    none_of(&complaints(&jobs, |(path, command)| {
        let first = answer(&[command, "--json", text(path)]);
        assert_ne!(first.0, 2, "{command} {}: {}", path.display(), first.2);
        let mut found = Vec::new();
        for (threads, unit, how) in SETTINGS {
            let mut arguments = vec![*command, "--json", "--threads", *threads, "--read-with", *how];
            if let Some(bytes) = unit {
                arguments.extend(["--unit-bytes", *bytes]);
            }
            arguments.push(text(path));
            if answer(&arguments) != first {
                found.push(format!("not the same as without options: {arguments:?}"));
            }
        }
        found
    }));
}

#[test]
fn broker_fixtures() {
    judge(&folders(&fixtures("broker")));
}

/// All of them as one piece of evidence, and each alone.
#[test]
fn damaged_fixtures() {
    let mut paths = folders(&fixtures("damaged"));
    paths.push(fixtures("damaged"));
    judge(&paths);
}

#[test]
fn synthetic_fixtures() {
    let mut paths = folders(&fixtures("synth"));
    paths.push(fixtures("synth"));
    judge(&paths);
}

#[test]
fn incident_fixtures() {
    judge(&folders(&fixtures("incident")));
}

#[test]
fn broker_cases() {
    let Some(cases) = corpus("broker-cases") else { return };
    judge(&folders(&cases));
}
