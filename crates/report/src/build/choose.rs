//! Which copies a run reads.

use std::collections::BTreeMap;

use lastwrites_evidence::{DirKind, Evidence, PartitionCopy};

/// The copies of a run, in the order of the report: partition, then path.
pub struct Chosen<'e> {
    /// Copies whose groups are reported, with their index in the evidence.
    pub used: Vec<(usize, &'e PartitionCopy)>,
    /// Copies that lie beside a used one of the same partition, with the index of that one.
    pub beside: Vec<(usize, usize)>,
}

impl<'e> Chosen<'e> {
    /// One copy a partition: segments before text, directories in use before those on their way in or out, then the one whose
    /// leader epoch is the highest, then the one whose newest segment is.
    ///
    /// Copies of unknown partitions are all used: nothing says that they belong together.
    #[must_use]
    pub fn of(evidence: &'e Evidence) -> Self {
        let mut by_partition: BTreeMap<i32, Vec<(usize, &PartitionCopy)>> = BTreeMap::new();
        let mut used = Vec::new();
        for (index, copy) in evidence.copies.iter().enumerate() {
            match copy.partition {
                Some(partition) => by_partition.entry(partition).or_default().push((index, copy)),
                None => used.push((index, copy)),
            }
        }
        let mut beside = Vec::new();
        for copies in by_partition.into_values() {
            // Of equals the first path wins, so that the choice does not depend on anything else.
            let best = copies.iter().rev().max_by_key(|(_, copy)| rank(copy)).map(|(index, _)| *index);
            for (index, copy) in copies {
                match best {
                    Some(best) if best != index => beside.push((index, best)),
                    _ => used.push((index, copy)),
                }
            }
        }
        used.sort_by_key(|(index, _)| *index);
        Self { used, beside }
    }
}

fn rank(copy: &PartitionCopy) -> (bool, bool, Option<i32>, Option<i64>, u64) {
    let epoch = copy.leader_epochs.iter().map(|entry| entry.leader_epoch).max();
    let newest = copy.log_files().map(|(_, file)| file.base_offset).max();
    let bytes = copy.log_files().map(|(_, file)| file.size_bytes).sum();
    (!copy.is_text(), matches!(copy.kind, DirKind::Normal), epoch, newest, bytes)
}
