//! What we say a loading coordinator does, beside what the coordinators of 17 releases did with the same bytes.

use std::collections::BTreeSet;
use std::path::Path;

use lastwrites_segment::{Framed, Inflater, LoaderOutcome, ReadMode, open};

use crate::corpus::{corpus, segments};
use crate::walk::{Trouble, for_each, records};

/// The exception we expect from reading a segment to its end or to the first trouble.
fn first_exception(path: &Path) -> Option<String> {
    let source = open(path, ReadMode::Plain).unwrap();
    let mut inflater = Inflater::default();
    let mut first = None;
    let mut ended = false;
    for_each(source.as_ref(), |framed| {
        if ended || first.is_some() {
            return;
        }
        match framed {
            Framed::Batch(batch) => match records(&batch, &mut inflater).1 {
                None => {}
                Some(Trouble::Batch(error)) => first = error.kafka_text(),
                Some(Trouble::Record(error)) => first = error.kafka_text(),
            },
            Framed::Gap(gap) => match gap.loader {
                LoaderOutcome::Throws(error) => first = error.message,
                LoaderOutcome::EndsSegment => ended = true,
                LoaderOutcome::ReadsAsBatch { .. } => panic!("{}: {gap}", path.display()),
            },
        }
    });
    first
}

#[test]
fn equals_what_the_loaders_threw() {
    let Some(corpus) = corpus() else { return };
    let cases = corpus.join("load-cases");
    let expected = std::fs::read_to_string(cases.join("EXPECTED.jsonl")).unwrap();
    let mut compared = 0;
    for case in [
        "invalid-magic",
        "record-length-wrong",
        "record-count-too-high",
        "record-size-too-small",
        "torn-tail",
    ] {
        let [segment] = segments(&cases.join(case)).try_into().unwrap();
        let ours = first_exception(&segment);
        let lines = expected.lines().filter(|line| line.contains(&format!("\"case\":\"{case}\",")));
        let theirs: BTreeSet<&str> = lines.map(error_of).collect();
        let ours = ours.map_or_else(|| "null".to_owned(), |text| format!("\"{text}\""));
        assert_eq!(theirs, BTreeSet::from([ours.as_str()]), "{case}");
        compared += 1;
    }
    println!("{compared} cases equal for every release");
}

/// The `error` of a line, as JSON. None of these texts has a quote in it.
fn error_of(line: &str) -> &str {
    let (_, rest) = line.split_once("\"error\":").unwrap();
    rest.split_once(",\"errorClass\"").unwrap().0
}
