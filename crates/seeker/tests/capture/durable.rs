//! What a capture relies on is on the disk: seen in its system calls.

use std::collections::BTreeSet;
use std::process::Command;

/// Files and folders that were created or renamed and whose folder wasn't synced afterwards.
fn unsettled(trace: &str, below: &str) -> BTreeSet<String> {
    let quoted = |line: &str| {
        line.split('"')
            .skip(1)
            .step_by(2)
            .filter(|p| p.starts_with(below))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut waiting = BTreeSet::new();
    for line in trace.lines() {
        if line.contains("fsync(") {
            // strace -y: fsync(7</folder>)
            let synced = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            waiting.retain(|path: &String| path.rsplit_once('/').is_none_or(|(folder, _)| folder != synced));
        } else if line.contains("O_CREAT|O_EXCL") || line.contains("mkdir(") {
            waiting.extend(quoted(line));
        } else if line.contains("rename(") && line.contains("capture.json") {
            waiting.extend(quoted(line).pop());
        }
    }
    waiting
}

#[test]
fn names_are_on_the_disk_when_a_run_ends() {
    let Ok(tried) = Command::new("strace").arg("-V").output() else {
        eprintln!("skipped: strace is not installed");
        return;
    };
    assert!(tried.status.success());
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let run = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,openat,mkdir,rename", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "where_the_cleaner_took_the_end_an_empty_file_stands"])
        .env("TMPDIR", &home)
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let trace = std::fs::read_to_string(trace).unwrap();
    let home = home.to_str().unwrap();
    assert!(trace.contains("capture.json") && trace.contains(".log") && trace.contains("fsync("), "{trace}");
    // The test's own folders are the test's.
    let left: Vec<String> = unsettled(&trace, home)
        .into_iter()
        .filter(|path| !path.rsplit('/').next().unwrap().starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}\n{trace}");
}
