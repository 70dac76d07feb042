//! Which leader epochs of a metadata log are believed.
//!
//! A batch's epoch stands outside its checksum, and the newest one says which copy goes before the others. So one that the
//! last batch alone carries counts only if something else knows it: another copy, `leader-epoch-checkpoint` or
//! `quorum-state` beside the log, or, where neither file is here, the election that begins every epoch.

use std::path::Path;

use lastwrites_segment::LeaderEpochs;
use serde::Deserialize;

use crate::companion::parse_leader_epochs;
use crate::read_file::read_file;

/// Largest file beside a metadata log that is read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A leader epoch and the first offset written in it.
pub(super) type EpochStart = (i32, i64);

/// What the files beside a metadata log tell of its quorum.
#[derive(Debug, Clone, Default)]
pub(super) struct QuorumFiles {
    /// Controllers that vote, by the `quorum-state` of releases up to 3.8.
    pub(super) voters: Option<Vec<i32>>,
    /// Newest leader epoch that either file names.
    newest_epoch: Option<i32>,
}

impl QuorumFiles {
    pub(super) fn beside(directory: &Path) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct QuorumState {
            leader_epoch: Option<i32>,
            current_voters: Option<Vec<Voter>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Voter {
            voter_id: i32,
        }
        let file = |name| read_file(&directory.join(name), MAX_FILE_BYTES).ok();
        let state = file("quorum-state").and_then(|bytes| serde_json::from_slice::<QuorumState>(&bytes).ok());
        let listed = file("leader-epoch-checkpoint").and_then(|bytes| parse_leader_epochs(&bytes).ok());
        let listed = listed.and_then(|listed| listed.entries.iter().map(|entry| entry.leader_epoch).max());
        let (epoch, voters) = state.map_or((None, None), |state| (state.leader_epoch, state.current_voters));
        let voters: Option<Vec<i32>> =
            voters.map(|voters| voters.into_iter().map(|voter| voter.voter_id).collect());
        Self { voters: voters.filter(|voters| !voters.is_empty()), newest_epoch: epoch.max(listed) }
    }
}

/// The epochs of one copy.
#[derive(Debug, Clone)]
pub(super) struct CopyEpochs {
    pub(super) of_batches: LeaderEpochs,
    /// Epoch of the last election read.
    pub(super) elected: Option<i32>,
    pub(super) files: QuorumFiles,
}

impl CopyEpochs {
    /// The epochs that count, ascending, beside those of the same cluster's other copies.
    pub(super) fn believed(&self, others: &[&Self]) -> Vec<EpochStart> {
        let mut all = starts(&self.of_batches);
        let Some((epoch, start)) = all.last() else { return all };
        let alone = self.of_batches.newest_alone() == Some(*epoch);
        let own = self.files.newest_epoch.map_or(self.elected == Some(*epoch), |newest| newest >= *epoch);
        let elsewhere = others.iter().any(|other| {
            let mut carried = other.of_batches.spans().iter();
            let carried = carried.any(|known| known.epoch == *epoch && known.first <= *start);
            carried || other.files.newest_epoch.is_some_and(|newest| newest >= *epoch)
        });
        if alone && !own && !elsewhere {
            all.pop();
        }
        all
    }
}

fn starts(epochs: &LeaderEpochs) -> Vec<EpochStart> {
    epochs.spans().iter().map(|span| (span.epoch, span.first)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(batches: &[(i32, i64)], elected: Option<i32>, newest_epoch: Option<i32>) -> CopyEpochs {
        let mut of_batches = LeaderEpochs::default();
        batches.iter().for_each(|(epoch, base_offset)| of_batches.batch(*epoch, *base_offset));
        CopyEpochs { of_batches, elected, files: QuorumFiles { voters: None, newest_epoch } }
    }

    /// One bit of the last batch's header is no election.
    #[test]
    fn an_epoch_that_nothing_else_knows_does_not_count() {
        let flipped = [(1, 0), (1, 5), (9, 7)];
        let newest =
            |copy: &CopyEpochs, others: &[&CopyEpochs]| copy.believed(others).last().map(|last| last.0);
        assert_eq!(newest(&copy(&flipped, Some(1), Some(1)), &[]), Some(1));
        assert_eq!(newest(&copy(&flipped, Some(1), None), &[]), Some(1), "no election began it");
        assert_eq!(newest(&copy(&flipped, Some(9), None), &[]), Some(9));
        assert_eq!(newest(&copy(&flipped, Some(9), Some(1)), &[]), Some(1), "its own files know better");
        assert_eq!(newest(&copy(&flipped, Some(1), Some(9)), &[]), Some(9));
        let other = copy(&[(1, 0), (9, 7), (9, 8)], Some(9), Some(9));
        assert_eq!(newest(&copy(&flipped, Some(1), Some(1)), &[&other]), Some(9));
        assert_eq!(newest(&copy(&[(1, 0), (9, 7), (9, 8)], Some(1), Some(1)), &[]), Some(9), "two batches");
    }
}
