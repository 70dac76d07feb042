//! `dump --format kafka-dump-log` beside what Kafka's own tool printed of the same segments.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::support::{corpus, fixtures, folders, lastwrites, name, text};

/// Lines below each `Dumping` line, by partition directory and file. The corpus dumped `.deleted` files from a folder
/// `deleted`, under their names from before.
fn sections(dump: &str) -> BTreeMap<String, Vec<&str>> {
    let mut sections = BTreeMap::new();
    let mut current: Option<&mut Vec<&str>> = None;
    for line in dump.lines() {
        if let Some(path) = line.strip_prefix("Dumping ") {
            let mut parts = path.rsplit('/');
            let (file, folder) = (parts.next().unwrap(), parts.next().unwrap());
            let deleted = if path.starts_with("deleted/") { ".deleted" } else { "" };
            current = Some(sections.entry(format!("{folder}/{file}{deleted}")).or_default());
        } else if line.starts_with("Non-consecutive offsets in ") {
            // What the tool says of all files at its end.
            break;
        } else if let Some(section) = &mut current {
            section.push(line);
        }
    }
    sections
}

fn theirs(case: &Path) -> String {
    let mut text = Vec::new();
    let file = std::fs::File::open(case.join("dump-log.txt.gz")).unwrap();
    GzDecoder::new(file).read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// Only 3.8 and later print this form. Where damage stops the tool with an exception, what it printed until then counts.
#[test]
fn every_line_is_the_tools() {
    let Some(root) = corpus("broker-cases") else { return };
    let (mut lines, mut cases) = (0, 0);
    for case in folders(&root) {
        if !case.join("dump-log.txt.gz").is_file() || name(&case).contains("3.6.2") {
            continue;
        }
        let dump = theirs(&case);
        let run =
            lastwrites(&["dump", "--format", "kafka-dump-log", "--leftovers", text(&case.join("data"))]);
        assert_ne!(run.code, 2, "{}", run.stderr);
        let ours = String::from_utf8(run.stdout).unwrap();
        let ours = sections(&ours);
        for (file, mut theirs) in sections(&dump) {
            let thrown = theirs.iter().position(|line| line.starts_with("Exception in thread"));
            theirs.truncate(thrown.unwrap_or(theirs.len()));
            let mut ours =
                ours.get(&file).unwrap_or_else(|| panic!("{}: {file} is not dumped", name(&case))).clone();
            if thrown.is_some() {
                ours.truncate(theirs.len());
            }
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours, theirs, "{} {file}", name(&case));
            }
            assert_eq!(ours.len(), theirs.len(), "{} {file}", name(&case));
            lines += theirs.len();
        }
        cases += 1;
    }
    eprintln!("{cases} cases, {lines} lines equal");
    assert!(cases >= 20 && lines > 50_000, "{cases} cases, {lines} lines");
}

/// Damage, as the tool of 4.1.2 printed it (tests/kafka/regenerate-text): every line is the tool's up to where it stops, or where
/// it takes bytes for a batch that lastwrites does not believe.
#[test]
fn damaged_segments_read_like_the_tools_until_it_stops() {
    // A magic that no release wrote; a length that leads to the end of the file, or into the next batch.
    let believed = ["bad-magic", "huge-length", "length-into-next-batch"];
    let (mut whole, mut lines) = (0, 0);
    for file in std::fs::read_dir(fixtures("text")).unwrap().map(|file| file.unwrap().path()) {
        let Some(damage) =
            name(&file).strip_prefix("dump-log-4.1.2-").and_then(|name| name.strip_suffix(".txt"))
        else {
            continue;
        };
        let theirs = std::fs::read_to_string(&file).unwrap();
        let evidence = fixtures("damaged").join(damage);
        let run = lastwrites(&["dump", "--format", "kafka-dump-log", text(&evidence)]);
        let ours = String::from_utf8(run.stdout).unwrap();
        let ended = theirs.ends_with('\n');
        let theirs: Vec<&str> = theirs.lines().skip(1).collect();
        let ours: Vec<&str> = ours.lines().skip(1).collect();
        let same = ours.iter().zip(&theirs).take_while(|(ours, theirs)| ours == theirs).count();
        // An exception may have cut its last line.
        let cut = !ended
            && same + 1 == theirs.len()
            && ours.get(same).is_some_and(|line| line.starts_with(theirs[same]));
        if believed.contains(&damage) {
            assert!(same >= 13 && same < theirs.len(), "{damage}: {same}");
        } else {
            assert!(
                cut || same == theirs.len(),
                "{damage}: {same} of {}: {:?}",
                theirs.len(),
                theirs.get(same)
            );
        }
        whole += usize::from(theirs == ours);
        lines += same;
    }
    // Wrong checksums, a torn tail, offsets that go back, a copy that overlaps, no segment at all.
    assert!(whole >= 7 && lines > 400, "{whole} whole, {lines} lines");
}
