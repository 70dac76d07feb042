//! The binary as a person meets it: exit codes, help, errors that say what was expected, evidence left alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::support::{
    array, complaints, copy, fixtures, folders, lastwrites, name, none_of, read_json, string, text,
};

const READING: &[&str] = &["examine", "groups", "scan", "dump"];
const SEGMENT: &str = "00000000000000000000.log";

#[test]
fn every_command_shows_examples() {
    for command in &listed_commands() {
        let run = lastwrites(&[command, "--help"]);
        assert_eq!(run.code, 0, "{command}");
        assert!(String::from_utf8(run.stdout).unwrap().contains("\nExamples:\n"), "{command}");
    }
}

/// The commands that the help lists; every one but the hidden two.
fn listed_commands() -> Vec<String> {
    let help = String::from_utf8(lastwrites(&["--help"]).stdout).unwrap();
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = lines.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("    "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// What a terminal of 80 columns shows wraps badly nowhere: only a path, a name or a command may be longer.
#[test]
fn what_is_printed_fits_eighty_columns() {
    let cases =
        ["incident/kafka-19862", "damaged", "broker/transactions-4.1.2/data", "broker/streams-4.2.1/data"];
    for case in cases.map(fixtures) {
        for command in ["examine", "diagnose", "groups", "scan", "blast-radius"] {
            let run = lastwrites(&[command, text(&case)]);
            assert!(!run.stdout.contains(&0x1b), "{command}: no colour where there is no terminal");
            for line in String::from_utf8(run.stdout).unwrap().lines() {
                let one_word = line.split_whitespace().any(|word| word.chars().count() > 40);
                let a_command = line.trim_start_matches([' ', 'N', 'E', 'X', 'T']).starts_with("lastwrites ");
                assert!(
                    line.chars().count() <= 80 || one_word || a_command,
                    "{command} {}: {line}",
                    case.display()
                );
            }
        }
    }
}

/// A shell takes the script and offers the commands; `man` pages exist for each and hold its examples.
#[test]
fn completions_and_manual_pages_cover_every_command() {
    let commands = listed_commands();
    assert!(commands.len() >= 10 && commands.iter().any(|name| name == "examine"), "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let script = String::from_utf8(lastwrites(&["completions", shell]).stdout).unwrap();
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell}: {command}");
        }
    }
    let script = lastwrites(&["completions", "bash"]).stdout;
    let ask = "; COMP_WORDS=(lastwrites exam); COMP_CWORD=1; _lastwrites lastwrites exam lastwrites; echo \"${COMPREPLY[*]}\"";
    let script = String::from_utf8(script).unwrap() + ask.trim_start_matches("; ");
    match Command::new("bash").args(["-c", &script]).output() {
        Ok(run) => assert_eq!(String::from_utf8_lossy(&run.stdout).trim(), "examine"),
        Err(_) => eprintln!("skipped: no bash here"),
    }

    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("man1");
    assert_eq!(lastwrites(&["man", text(&man)]).code, 0);
    for command in &commands {
        let page = fs::read_to_string(man.join(format!("lastwrites-{command}.1"))).unwrap();
        let page = page.replace("\\-", "-").replace("\\e", "\\");
        let (_, examples) = page.split_once(".SH EXAMPLES\n.nf\n").unwrap();
        let (examples, _) = examples.split_once("\n.fi\n").unwrap();
        // Lines to copy: as `--help` has them, none filled.
        let help = String::from_utf8(lastwrites(&[command, "--help"]).stdout).unwrap();
        let (_, help) = help.split_once("Examples:\n").unwrap();
        assert_eq!(examples.trim_end(), help.split("\n\n").next().unwrap().trim_end(), "{command}");
    }
    assert!(man.join("lastwrites.1").is_file());
    assert_eq!(lastwrites(&["man", text(&man)]).code, 2, "nothing is overwritten");
}

#[test]
fn exit_codes_tell_clean_from_damaged_from_impossible() {
    let clean = fixtures("broker/consumer-4.1.2/data");
    let damaged = fixtures("damaged/zero-run");
    for command in READING {
        assert_eq!(lastwrites(&[command, text(&clean)]).code, 0, "{command} of a sound copy");
        assert_eq!(lastwrites(&[command, text(&damaged)]).code, 1, "{command} of a damaged copy");
        assert_eq!(lastwrites(&[command]).code, 2, "{command} of nothing");
        assert_eq!(lastwrites(&[command, "--no-such-option", text(&clean)]).code, 2, "{command}");
    }
    let run = lastwrites(&["groups", "--kafka", "newest", text(&clean)]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("newest") && run.stderr.contains("expected"), "{}", run.stderr);
}

/// Every reading command refuses `path`, and says which file and what it expected.
fn refused(path: &Path, named: &Path, expected: &str) {
    for command in READING {
        let run = lastwrites(&[command, text(path)]);
        assert_eq!(run.code, 2, "{command} {}", path.display());
        assert!(run.stdout.is_empty(), "{command} {}", path.display());
        for part in [text(named), expected, "expected"] {
            assert!(run.stderr.contains(part), "{command}: no {part:?} in\n{}", run.stderr);
        }
    }
}

#[test]
fn bad_input_is_named_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    refused(&at("missing"), &at("missing"), "No such file");

    fs::write(at("text"), "this is a letter and not a segment, whatever its sender says").unwrap();
    refused(&at("text"), &at("text"), "not a Kafka segment");

    fs::create_dir(at("empty")).unwrap();
    refused(&at("empty"), &at("empty"), "no Kafka segment in this directory");

    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    refused(&at("fifo"), &at("fifo"), "FIFO");

    fs::create_dir_all(at("loop/below")).unwrap();
    symlink("..", at("loop/below/back")).unwrap();
    refused(&at("loop"), &at("loop/below/back"), "directory loop");
}

#[test]
fn a_file_without_permission_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(SEGMENT);
    fs::copy(fixtures("synth/magic2-none").join("__consumer_offsets-13").join(SEGMENT), &file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&file).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    refused(&file, &file, "ermission denied");
}

/// A new offsets partition's segment is empty: nothing is wrong with it.
#[test]
fn an_empty_segment_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let partition = folder.path().join("__consumer_offsets-3");
    fs::create_dir(&partition).unwrap();
    fs::write(partition.join(SEGMENT), "").unwrap();
    for command in READING {
        let run = lastwrites(&[command, text(folder.path())]);
        assert_eq!(run.code, 0, "{command}: {}", run.stderr);
    }
}

/// Paths below `folder` with modification time and digest.
fn state(folder: &Path) -> Vec<(PathBuf, SystemTime, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        if path.is_dir() {
            found.extend(state(&path));
            found.push((path, modified, Vec::new()));
        } else {
            let digest = Sha256::digest(fs::read(&path).unwrap()).to_vec();
            found.push((path, modified, digest));
        }
    }
    found.sort();
    found
}

#[test]
fn evidence_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    copy(&fixtures("broker/compacted-4.1.2/data"), &evidence.join("broker"));
    copy(&fixtures("damaged/torn-mid-batch"), &evidence.join("damaged"));
    let before = state(&evidence);
    for command in READING {
        for how in ["mmap", "reads"] {
            let run = lastwrites(&[command, "--read-with", how, text(&evidence)]);
            assert_eq!(run.code, 1, "{command}: {}", run.stderr);
        }
    }
    let output = folder.path().join("offsets.json");
    let run = lastwrites(&["recover", text(&evidence), "--all-groups", "-o", text(&output)]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    assert!(output.is_file());
    assert_eq!(state(&evidence), before);
}

#[test]
fn every_damage_is_reported_and_every_byte_counted() {
    let truth = read_json(&fixtures("damaged/truth.json"));
    let cases = folders(&fixtures("damaged"));
    assert_eq!(cases.len(), truth["defects"].as_object().unwrap().len());
    none_of(&complaints(&cases, |folder| {
        let case = name(folder);
        let mut found = Vec::new();
        let groups = lastwrites(&["groups", "--json", text(folder)]);
        let want = i32::from(case != "empty-file");
        if groups.code != want {
            found.push(format!("{case}: exit code {}, expected {want}", groups.code));
        }
        let scan = lastwrites(&["scan", "--json", text(folder)]).json();
        let files: Vec<_> = array(&scan, "copies").iter().flat_map(|copy| array(copy, "files")).collect();
        assert_eq!(files.len(), 1, "{case}");
        for file in files {
            let path = folder.join("__consumer_offsets-13").join(string(file, "name"));
            let size = fs::metadata(path).unwrap().len();
            let fields = ["decoded_bytes", "empty_bytes", "damaged_bytes"];
            let sum: u64 = fields.iter().map(|field| file[field].as_u64().unwrap()).sum();
            if sum != size || file["size_bytes"] != size {
                found.push(format!("{case}: {size} bytes on disk, {file}"));
            }
        }
        found
    }));
}

/// The fixture holds a range of offsets twice, as a copy can that was taken while the cleaner swapped files.
#[test]
fn a_torn_copy_is_named_by_whoever_reads_it() {
    for command in ["examine", "diagnose"] {
        let document = lastwrites(&[command, "--json", text(&fixtures("damaged/overlapping-copy"))]).json();
        let findings = document["findings"].as_array().expect("a list of findings");
        let torn: Vec<_> = findings.iter().filter(|finding| finding["code"] == "LW112").collect();
        assert_eq!(torn.len(), 1, "{command}: {findings:?}");
        let message = torn[0]["message"].as_str().expect("text");
        assert!(message.contains("offsets go back below"), "{command}: {message}");
    }
}

/// The incident of KAFKA-19862 is told on one screen: what a colleague says, not a list to scroll through.
#[test]
fn the_incident_is_told_on_one_screen() {
    let run = lastwrites(&["examine", text(&fixtures("incident/kafka-19862"))]);
    let screen = String::from_utf8_lossy(&run.stdout).into_owned();
    let root = text(&fixtures("incident/kafka-19862")).to_owned();
    assert!(screen.lines().count() <= 40, "{} lines:\n{screen}", screen.lines().count());
    let long = screen.lines().filter(|line| !line.contains(&root)).find(|line| line.len() > 80);
    assert!(long.is_none(), "{long:?}");
    // Both places, both epochs, the broker's line, the way out and the groups that wait.
    for word in [
        "offset 12",
        "offset 4",
        "epoch 12",
        "epoch 11",
        "still owned at",
        "my-broken-group",
        "billing-22",
        "4.1.2",
    ] {
        assert!(screen.contains(word), "{word} is missing:\n{screen}");
    }
}
