//! Which copies a run reads that takes one copy of every partition.
//!
//! The choice is the merged view's: of several replicas the one that the others are held against, at the end of the log
//! or at the moment asked about. So rows of the log tell the story that `groups` and `recover` end with.

use std::collections::BTreeMap;

use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{Evidence, ViewKind};

use super::believed::offsets_partitions;
use super::reading::Reading;
use super::replayed::{ReadToEnd, brokers_of};
use super::report::BuildError;
use crate::merge::{Replicas, Role, Standing};
use crate::moment::{AsOf, Panel, layout_then};
use crate::options::Options;
use crate::terminal::grouped;

/// The copies of a run; indexes into the evidence.
pub(crate) struct Chosen {
    /// Copies that are read, with their partitions, in the order of the report: partition, then path.
    pub(crate) used: Vec<(usize, Option<i32>)>,
    /// Copies that lie beside a used one of the same partition, with the index of that one.
    pub(crate) beside: Vec<(usize, usize)>,
    /// What of them the used one lacks, in words; of copies that were read for the choice.
    pub(crate) beyond: BTreeMap<usize, String>,
}

impl Chosen {
    /// One copy of every partition. Where there are several they are read for it, with nothing kept of that.
    ///
    /// # Errors
    /// When nothing can be read.
    pub(crate) fn of(
        evidence: &Evidence,
        options: &Options,
        as_of: Option<AsOf>,
        progress: &Progress,
    ) -> Result<Self, BuildError> {
        let sets = Replicas::of(evidence);
        let several = sets.iter().filter(|set| set.read().nth(1).is_some()).cloned().collect();
        let mut chosen = Self { used: Vec::new(), beside: Vec::new(), beyond: BTreeMap::new() };
        let first = references(evidence, several, options, as_of, &mut chosen.beyond, progress)?;
        let mut first = first.into_iter();
        for set in &sets {
            let reference = if set.read().nth(1).is_some() { first.next().flatten() } else { None };
            let Some(used) = reference.or_else(|| set.read().next()) else { continue };
            chosen.used.push((used, set.partition));
            let others = set.read().chain(set.aside.iter().copied()).filter(|other| *other != used);
            chosen.beside.extend(others.map(|other| (other, used)));
        }
        chosen.used.sort_unstable();
        chosen.beside.sort_unstable();
        Ok(chosen)
    }
}

/// What a copy holds that the used one, another of its partition, doesn't.
fn beyond(other: &Standing<'_>, used: &Standing<'_>) -> Option<String> {
    Some(match other.role {
        Role::Forked => format!(
            "from offset {} on it has another history, up to {}, which is not told",
            grouped(other.agreed_to),
            grouped(other.end)
        ),
        _ if other.end > used.end => format!(
            "it goes on to offset {}, the used one ends at {}, and what lies between is not told",
            grouped(other.end),
            grouped(used.end)
        ),
        _ if used.is_hurt_behind(0) => {
            "the used one is damaged, and what this one holds of that part is not told".to_owned()
        }
        _ => return None,
    })
}

/// The copy of each of these sets that the others are held against; `beyond` gets what that one lacks.
fn references(
    evidence: &Evidence,
    sets: Vec<Replicas>,
    options: &Options,
    as_of: Option<AsOf>,
    lacking: &mut BTreeMap<usize, String>,
    progress: &Progress,
) -> Result<Vec<Option<usize>>, BuildError> {
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    let reading = Reading::of_sets(sets, Vec::new());
    let read = ReadToEnd::of(evidence, &reading, ViewKind::AsFound, options, progress)?;
    let ReadToEnd { copies, mut opened, states, .. } = read;
    let cuts = as_of.map(|as_of| opened.cut(&copies, as_of, options));
    let then = as_of.and_then(|as_of| layout_then(evidence, as_of, options.read));
    let reference = |set: usize| {
        let standings = Standing::of(&brokers_of(&reading, set, &copies, &states));
        let panel = cuts.as_ref().map(|cuts| Panel::of(&standings, cuts, offsets_partitions(then.as_ref())));
        let first = panel.and_then(|panel| panel.members.first().copied()).unwrap_or(0);
        let used = standings.get(first)?;
        for other in standings.iter().filter(|other| other.index != used.index) {
            if let Some((at, words)) = reading.copies.get(other.index).zip(beyond(other, used)) {
                lacking.insert(*at, words);
            }
        }
        reading.copies.get(used.index).copied()
    };
    Ok((0..reading.sets.len()).map(reference).collect())
}
