//! How far a metadata log is known to be committed: a majority of the controllers had it.
//!
//! No file of a disk holds the high watermark of that log. What tells: snapshots, which are made of committed records
//! alone, and the copies of the controllers that vote. Who votes says the last election in the log
//! (`LeaderChangeMessage`), else `quorum-state` of releases up to 3.8.

use std::collections::BTreeMap;

use super::epochs::EpochStart;

/// The end of a metadata log that no majority is known to have had: another controller may have cut it off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncommittedTail {
    /// First offset that isn't known to be committed.
    pub from_offset: i64,
    /// How many controllers vote; `None` where nothing tells.
    pub voters: Option<usize>,
    /// How many of them are among the copies.
    pub copied: usize,
}

/// How far one copy goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reach {
    /// Node id of its log dir.
    pub(super) node: Option<i32>,
    /// Leader epoch of its last record that was read, as far as it's believed.
    pub(super) epoch: i32,
    /// Offset after that record.
    pub(super) end: i64,
    /// Offset after the last record of its newest snapshot.
    pub(super) snapshot_end: i64,
}

/// What lies below `end` in the copy read and isn't known to be committed; `epochs` are those of that copy.
pub(super) fn uncommitted_tail(
    end: i64,
    epochs: &[EpochStart],
    voters: Option<&[i32]>,
    copies: &[Reach],
) -> Option<UncommittedTail> {
    let snapshots = copies.iter().map(|copy| copy.snapshot_end).max().unwrap_or(0);
    let mut reached: BTreeMap<i32, i64> = BTreeMap::new();
    for copy in copies {
        if let Some(voter) = copy.node.filter(|node| voters.is_some_and(|voters| voters.contains(node))) {
            let agreed = agreed_to(copy, epochs);
            let known = reached.entry(voter).or_insert(agreed);
            *known = agreed.max(*known);
        }
    }
    let majority = match voters {
        // What a lone voter wrote is committed.
        Some([_]) => return None,
        Some(voters) => {
            let mut ends: Vec<i64> = reached.values().copied().collect();
            ends.sort_unstable_by(|a, b| b.cmp(a));
            ends.get(voters.len() / 2).copied().unwrap_or(0)
        }
        None => 0,
    };
    let from_offset = snapshots.max(majority);
    (from_offset < end).then_some(UncommittedTail {
        from_offset,
        voters: voters.map(<[i32]>::len),
        copied: reached.len(),
    })
}

/// Up to where a copy holds the log whose epochs these are: as a follower it would be cut off at the first epoch that
/// it doesn't know.
fn agreed_to(copy: &Reach, epochs: &[EpochStart]) -> i64 {
    let unknown = epochs.iter().find(|(epoch, _)| *epoch > copy.epoch);
    unknown.map_or(copy.end, |(_, start)| copy.end.min(*start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: [i32; 3] = [1, 2, 3];

    fn reach(node: i32, epoch: i32, end: i64) -> Reach {
        Reach { node: Some(node), epoch, end, snapshot_end: 0 }
    }

    fn from(copies: &[Reach], voters: Option<&[i32]>) -> Option<i64> {
        uncommitted_tail(100, &[(1, 0), (2, 60)], voters, copies).map(|tail| tail.from_offset)
    }

    /// The rule of Raft: committed is what a majority of the voters holds.
    #[test]
    fn a_majority_of_the_voters_commits() {
        let alone = [reach(1, 2, 100)];
        assert_eq!(from(&alone, Some(&THREE)), Some(0));
        assert_eq!(from(&alone, Some(&[1])), None, "a lone voter is its own majority");
        assert_eq!(from(&[reach(1, 2, 100), reach(2, 2, 90)], Some(&THREE)), Some(90));
        assert_eq!(from(&[reach(1, 2, 100), reach(2, 2, 100)], Some(&THREE)), None);
        assert_eq!(from(&[reach(1, 2, 100), reach(7, 2, 100)], Some(&THREE)), Some(0), "7 doesn't vote");
        assert_eq!(from(&[reach(1, 2, 100), reach(1, 2, 100)], Some(&THREE)), Some(0), "one voter twice");
        assert_eq!(from(&[reach(1, 2, 100), reach(2, 1, 80)], Some(&THREE)), Some(60), "cut off at epoch 2");
        assert_eq!(from(&alone, None), Some(0));
        let snapshot = [Reach { snapshot_end: 70, ..reach(1, 2, 100) }];
        assert_eq!(from(&snapshot, None), Some(70), "snapshots hold committed records alone");
    }
}
