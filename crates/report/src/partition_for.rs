//! Which offsets partition a group lives on, and names for a new group that land on healthy ones.

use std::collections::BTreeSet;

use lastwrites_types::{ByteText, group_to_partition, group_to_partition_unsigned};
use schemars::JsonSchema;
use serde::Serialize;

use crate::build::{DEFAULT_PARTITIONS, PartitionCount};
use crate::findings::{Code, Finding};

/// Names suggested for each group.
const SUGGESTIONS: usize = 3;
/// Suffixes tried; with one partition in fifty avoided the first or second fits.
const MOST_TRIED: u32 = 1_000;

/// The answer. Field names are the machine-output contract.
#[derive(Serialize, JsonSchema, Debug)]
pub struct PartitionFor {
    /// Number of partitions of `__consumer_offsets`.
    pub partitions: i32,
    /// True unless the caller or the evidence settles the number.
    pub assumed: bool,
    /// Partitions that new names keep away from, ascending.
    pub avoid: Vec<i32>,
    /// The groups, in the order asked.
    pub groups: Vec<Home>,
    /// What of the question contradicts the evidence.
    pub findings: Vec<Finding>,
    /// True where evidence told which names are groups already.
    #[serde(skip)]
    pub names_checked: bool,
}

/// Number of partitions: as asked, and as the evidence has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// As the caller says.
    pub asked: Option<i32>,
    /// As the evidence has it.
    pub found: Option<PartitionCount>,
}

/// Where one group lives.
#[derive(Serialize, JsonSchema, Debug)]
pub struct Home {
    /// Group id.
    pub group_id: ByteText,
    /// Its partition.
    pub partition: i32,
    /// What the unsigned formula of many runbooks says; `null` where that is right.
    pub unsigned_formula_says: Option<i32>,
    /// True when the partition is one to avoid.
    pub avoided: bool,
    /// Ids for a new group that live elsewhere; given only where something is to be avoided.
    pub suggestions: Vec<Suggestion>,
}

/// A name for a new group.
#[derive(Serialize, JsonSchema, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Group id.
    pub group_id: ByteText,
    /// Its partition.
    pub partition: i32,
}

impl PartitionFor {
    /// Answers for `groups`, away from `avoid` and from the names of groups that are `taken`, as far as evidence tells; what
    /// the caller says goes before the evidence, and what contradicts it is told.
    #[must_use]
    pub fn new(
        groups: &[ByteText],
        counts: Counts,
        avoid: &BTreeSet<i32>,
        taken: Option<&BTreeSet<ByteText>>,
    ) -> Self {
        let asked = counts.asked.map(|partitions| (partitions, false));
        let found = counts.found.and_then(|found| Some((found.partitions?, found.assumed)));
        let (count, assumed) = asked.or(found).unwrap_or((DEFAULT_PARTITIONS, true));
        let home = |id: &ByteText| {
            let partition = group_to_partition(id.as_bytes(), count)?;
            let unsigned = group_to_partition_unsigned(id.as_bytes(), count);
            Some(Home {
                group_id: id.clone(),
                partition,
                unsigned_formula_says: unsigned.filter(|wrong| *wrong != partition),
                avoided: avoid.contains(&partition),
                suggestions: if avoid.is_empty() {
                    Vec::new()
                } else {
                    let is_new = |name: &ByteText| taken.is_none_or(|taken| !taken.contains(name));
                    suggestions(id, count, avoid)
                        .filter(|one| is_new(&one.group_id))
                        .take(SUGGESTIONS)
                        .collect()
                },
            })
        };
        Self {
            partitions: count,
            assumed,
            avoid: avoid.iter().copied().collect(),
            groups: groups.iter().filter_map(home).collect(),
            findings: contradictions(counts, (count, assumed), avoid),
            names_checked: taken.is_some(),
        }
    }
}

/// A count that isn't the evidence's, and partitions that the topic doesn't have.
fn contradictions(counts: Counts, (count, assumed): (i32, bool), avoid: &BTreeSet<i32>) -> Vec<Finding> {
    let mut found = Vec::new();
    let known = counts.found.filter(|found| !found.assumed).and_then(|found| found.partitions);
    if let Some((asked, known)) = counts.asked.zip(known).filter(|(asked, known)| asked != known) {
        let message = format!(
            "--partitions says {asked}, the evidence {known}: in that cluster these groups live elsewhere"
        );
        found.push(Finding::new(Code::ContradictsEvidence, message));
    }
    if counts.asked.is_none() && counts.found.is_some_and(|found| found.partitions.is_none()) {
        let message = format!(
            "the evidence contradicts the {count} partitions that are assumed, and settles no other number: say it with \
             --partitions, or these answers are wrong"
        );
        found.push(Finding::new(Code::ContradictsEvidence, message));
    }
    let outside = avoid.iter().filter(|number| !(0..count).contains(*number));
    let outside: Vec<String> = outside.map(ToString::to_string).collect();
    if !outside.is_empty() {
        let message = format!(
            "there is no partition {} to avoid: __consumer_offsets has {}, 0 to {}{}",
            outside.join(", "),
            count,
            count.saturating_sub(1),
            if assumed { " (assumed)" } else { "" }
        );
        found.push(Finding::new(Code::ContradictsEvidence, message));
    }
    found
}

/// `NAME-2`, `NAME-3`, ...: those whose partition is none to avoid.
fn suggestions(id: &ByteText, partitions: i32, avoid: &BTreeSet<i32>) -> impl Iterator<Item = Suggestion> {
    let candidates = (2..MOST_TRIED).map(|n| {
        let mut name = id.as_bytes().to_vec();
        name.extend_from_slice(format!("-{n}").as_bytes());
        name
    });
    let placed = candidates.filter_map(move |name| {
        let partition = group_to_partition(&name, partitions)?;
        Some(Suggestion { group_id: ByteText::from(name.as_slice()), partition })
    });
    placed.filter(|suggestion| !avoid.contains(&suggestion.partition))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hash codes checked with a JVM: `payments` 1382682413, `my-group` -1906497762.
    #[test]
    fn suggestions_keep_away_and_the_unsigned_formula_is_warned_of() {
        let found = Some(PartitionCount { partitions: Some(50), assumed: false });
        let count = Counts { asked: None, found };
        let ids = [ByteText::from("payments"), ByteText::from("my-group")];
        let everything_but_three: BTreeSet<i32> = (0..50).filter(|n| ![3, 20, 41].contains(n)).collect();
        let answer = PartitionFor::new(&ids, count, &everything_but_three, None);
        let partitions: Vec<i32> = answer.groups.iter().map(|home| home.partition).collect();
        assert_eq!(partitions, [13, 12]);
        assert_eq!(answer.groups[1].unsigned_formula_says, Some(34));
        assert_eq!(answer.groups[0].unsigned_formula_says, None);
        for home in &answer.groups {
            assert_eq!(home.suggestions.len(), SUGGESTIONS);
            assert!(home.avoided && home.suggestions.iter().all(|one| [3, 20, 41].contains(&one.partition)));
        }
        // A name that is a group's already would make two applications one.
        let taken: BTreeSet<ByteText> = [answer.groups[0].suggestions[1].group_id.clone()].into();
        let beside = PartitionFor::new(&ids, count, &everything_but_three, Some(&taken));
        let names = |answer: &PartitionFor| -> Vec<ByteText> {
            answer.groups[0].suggestions.iter().map(|one| one.group_id.clone()).collect()
        };
        let (all, free) = (names(&answer), names(&beside));
        assert_eq!((&free[0], &free[1]), (&all[0], &all[2]));
        assert!(free.len() == SUGGESTIONS && !taken.contains(&free[2]));
        let nothing_left = PartitionFor::new(&ids, count, &(0..50).collect(), None);
        assert!(nothing_left.groups.iter().all(|home| home.suggestions.is_empty()));
    }
}
