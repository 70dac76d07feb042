//! What became of each partition, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lastwrites_seeker::apply::{GroupOutcome, Outcome};
use lastwrites_seeker::layout::{counted, ranges, wrapped};
use lastwrites_types::escaped;

/// Up to so many groups each is named; of more, only those with something left to do.
const ALL_NAMED: usize = 20;

/// A line a group, and a sentence for everything that isn't done. `done` is the word for success.
pub(crate) fn text(outcomes: &[GroupOutcome], done: &str) -> String {
    let mut out = String::new();
    for group in outcomes.iter().filter(|g| !g.partitions.is_empty()) {
        if group.is_done() && outcomes.len() > ALL_NAMED {
            continue;
        }
        let count = group.partitions.iter().filter(|(_, o)| *o == Outcome::Done).count();
        let name = escaped(group.group_id.as_bytes());
        let _ = writeln!(out, "{name}: {count} of {} {done}", counted(group.partitions.len(), "offset"));
        out.push_str(&undone(group));
    }
    let finished = outcomes.iter().filter(|g| g.is_done()).count();
    if outcomes.len() > ALL_NAMED {
        let _ = writeln!(out, "{} {done} completely, of {}", counted(finished, "group"), outcomes.len());
    }
    out
}

/// Each different sentence once, with the partitions it's about.
fn undone(group: &GroupOutcome) -> String {
    let mut about: BTreeMap<(String, String), Vec<i32>> = BTreeMap::new();
    for (partition, outcome) in group.partitions.iter().filter(|(_, o)| *o != Outcome::Done) {
        let sentence = format!("{}: {}", outcome.word(), outcome.detail());
        about.entry((partition.topic.clone(), sentence)).or_default().push(partition.partition);
    }
    let mut out = String::new();
    for ((topic, sentence), partitions) in about {
        let line = format!("{} {}: {sentence}", escaped(topic.as_bytes()), ranges(&partitions));
        out.push_str(&wrapped(&line, 2, 4));
    }
    out
}
