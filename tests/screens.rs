//! Every screen fits 80 columns: what can't be broken stands last on its line.

use std::process::{Command, Stdio};

use crate::agree::evidence;
use crate::support::{complaints, none_of, text};

/// The smallest terminal people still use.
const COLUMNS: usize = 80;

fn screen(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_lastwrites"))
        .args(arguments)
        .stdin(Stdio::null())
        .env("COLUMNS", COLUMNS.to_string())
        .output()
        .unwrap();
    String::from_utf8(run.stdout).unwrap()
}

/// True for a line that nobody could break: all but its last word fits, and so would a command that is to be copied.
fn stays_whole(line: &str) -> bool {
    let last = line.trim_end().rsplit(' ').next().unwrap_or_default();
    let before = line.trim_end().len() - last.len();
    let is_id = last.len() > 20 || last.contains('/');
    let words = line.trim_start().trim_start_matches("NEXT").trim_start();
    is_id
        && line[..before].trim().chars().count() <= COLUMNS
        && line[..before].split_whitespace().count() <= 2
        || ["lastwrites ", "kafka-"].iter().any(|command| words.starts_with(command))
}

/// Columns that a line takes; wide characters are left to the tests of the tables.
fn width(line: &str) -> usize {
    line.chars().count()
}

#[test]
fn every_screen_fits_the_smallest_terminal() {
    let mut all = evidence();
    // Of the load cases, which are small and much alike, every third.
    let mut number = 0;
    all.retain(|path| {
        number += usize::from(path.to_str().unwrap().contains("load-cases"));
        !path.to_str().unwrap().contains("load-cases") || number % 3 == 0
    });
    none_of(&complaints(&all, |path: &std::path::PathBuf| {
        let path = text(path);
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("offsets.json");
        let mut wide = Vec::new();
        for arguments in [
            vec!["scan", path],
            vec!["groups", "--deleted", path],
            vec!["diagnose", path],
            vec!["examine", path],
            vec!["history", path],
            vec!["blast-radius", path],
            vec!["recover", path, "--all-groups", "-o", text(&document)],
        ] {
            let shown = screen(&arguments);
            let lines = shown.lines().filter(|line| width(line) > COLUMNS && !stays_whole(line));
            wide.extend(
                lines.take(2).map(|line| format!("{} {path}: {}: {line}", arguments[0], width(line))),
            );
        }
        wide
    }));
}

/// Subcommands as the help itself lists them.
#[test]
fn every_help_fits_the_smallest_terminal() {
    let top = screen(&["--help"]);
    let commands = top.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 12, "{commands:?}");
    let mut wide = Vec::new();
    for command in commands.iter().chain(&[""]) {
        for help in ["--help", "-h"] {
            let arguments: Vec<&str> = [*command, help].into_iter().filter(|word| !word.is_empty()).collect();
            let shown = screen(&arguments);
            assert!(shown.contains("Usage: "), "{arguments:?}: {shown}");
            let lines = shown.lines().filter(|line| width(line) > COLUMNS);
            wide.extend(lines.map(|line| format!("{command} {help}: {}: {line}", width(line))));
        }
    }
    none_of(&wide);
}
