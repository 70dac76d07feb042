//! Lists in records become maps in the coordinator: with Java's iteration order, and with its complaints about
//! a key that stands twice.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;
use lastwrites_types::{Uuid, java_text};

use super::error::ReplayError;
use super::java_order::{JavaHash, sort_as_copied_set, sort_as_grown_map};
use super::member::{Held, HeldPartition};
use super::shared::Name;
use crate::rules::Repeated;

/// A key of such a map.
pub(crate) trait JavaKey: JavaHash + Eq + Hash + Clone {
    /// What `toString()` gives.
    fn java_string(&self) -> String;
}

impl JavaKey for Uuid {
    fn java_string(&self) -> String {
        self.to_string()
    }
}

impl JavaKey for Name {
    fn java_string(&self) -> String {
        java_text(self).into_owned()
    }
}

/// One entry of an assignment list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed<'a, K> {
    /// Topic id or subtopology id.
    pub(super) key: K,
    /// Its partitions, as listed.
    pub(super) partitions: &'a [i32],
    /// Where their assignment epochs come from.
    pub(super) epochs: EpochSource<'a>,
}

/// Where assignment epochs come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum EpochSource<'a> {
    /// The release keeps none.
    None,
    /// One for all.
    Same(i32),
    /// One each.
    Each(&'a [i32]),
}

/// Builds the map of an assignment list.
///
/// # Errors
/// `Duplicate key ...` where the release refuses a key that stands twice.
pub(super) fn held<'a, K: JavaKey>(
    listed: impl IntoIterator<Item = Listed<'a, K>>,
    repeated: Repeated,
) -> Result<Vec<Held<K>>, ReplayError> {
    let mut all: Vec<Held<K>> = Vec::new();
    let mut places: HashMap<K, usize, FixedState> = HashMap::default();
    for entry in listed {
        let partitions = partitions(&entry);
        match places.get(&entry.key).and_then(|at| all.get_mut(*at)) {
            None => {
                places.insert(entry.key.clone(), all.len());
                all.push(Held { key: entry.key, partitions });
            }
            Some(held) if repeated == Repeated::LastWins => held.partitions = partitions,
            Some(held) => {
                return Err(ReplayError::DuplicateKey {
                    key: entry.key.java_string(),
                    first: set_text(&held.partitions),
                    second: set_text(&partitions),
                });
            }
        }
    }
    sort_as_grown_map(&mut all, |held| &held.key);
    Ok(all)
}

/// The distinct partitions of one entry; of a partition that stands twice the later epoch counts.
fn partitions<K>(entry: &Listed<'_, K>) -> Vec<HeldPartition> {
    let mut all: Vec<HeldPartition> = Vec::with_capacity(entry.partitions.len());
    let mut places: HashMap<i32, usize, FixedState> = HashMap::default();
    for (index, partition) in entry.partitions.iter().enumerate() {
        let assignment_epoch = match entry.epochs {
            EpochSource::None => None,
            EpochSource::Same(epoch) => Some(epoch),
            EpochSource::Each(epochs) => epochs.get(index).copied(),
        };
        match places.get(partition).and_then(|at| all.get_mut(*at)) {
            Some(held) => held.assignment_epoch = assignment_epoch,
            None => {
                places.insert(*partition, all.len());
                all.push(HeldPartition { partition: *partition, assignment_epoch });
            }
        }
    }
    match entry.epochs {
        // A plain set copied from the list.
        EpochSource::None => sort_as_copied_set(&mut all, entry.partitions.len(), |held| &held.partition),
        // A map filled one by one.
        EpochSource::Same(_) | EpochSource::Each(_) => sort_as_grown_map(&mut all, |held| &held.partition),
    }
    all
}

/// How Java prints a set of partitions.
fn set_text(partitions: &[HeldPartition]) -> String {
    let all: Vec<_> = partitions.iter().map(|held| held.partition.to_string()).collect();
    format!("[{}]", all.join(", "))
}

/// Looks for a key that stands twice in a list that a release turns into a map with `Collectors.toMap`.
///
/// # Errors
/// `Duplicate key ...`.
pub(crate) fn refuse_repeated<K: JavaKey, V>(
    entries: impl IntoIterator<Item = (K, V)>,
    print: impl Fn(&V) -> String,
) -> Result<(), ReplayError> {
    let mut seen: HashMap<K, V, FixedState> = HashMap::default();
    for (key, value) in entries {
        if let Some(first) = seen.get(&key) {
            return Err(ReplayError::DuplicateKey {
                key: key.java_string(),
                first: print(first),
                second: print(&value),
            });
        }
        seen.insert(key, value);
    }
    Ok(())
}
