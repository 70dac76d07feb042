//! Which copies are replicas of one partition, and which are something else.

use std::collections::BTreeMap;
use std::path::Path;

use lastwrites_evidence::{DirKind, Evidence, PartitionCopy};
use lastwrites_types::Uuid;

/// Copies of one partition of one cluster, by broker; indexes into the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Replicas {
    /// Partition number; `None` for a copy whose directory doesn't say, which then stands alone.
    pub(crate) partition: Option<i32>,
    /// One entry a broker: its copies, several where there are snapshots of different moments.
    pub(crate) brokers: Vec<Vec<usize>>,
    /// Copies on their way in or out (`-future`, `-delete`, `-stray`) beside a copy in use.
    pub(crate) aside: Vec<usize>,
}

impl Replicas {
    /// All replica sets, by partition, then in the order of the evidence.
    ///
    /// Copies with different topic ids or cluster ids belong to different sets: a topic was created anew, or the
    /// disks are those of two clusters. A copy that doesn't tell goes with the others where they agree.
    pub(crate) fn of(evidence: &Evidence) -> Vec<Self> {
        let mut by_partition: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        let mut alone = Vec::new();
        for (index, copy) in evidence.copies.iter().enumerate() {
            match copy.partition {
                Some(partition) => by_partition.entry(partition).or_default().push(index),
                None => {
                    alone.push(Self { partition: None, brokers: vec![vec![index]], aside: Vec::new() });
                }
            }
        }
        let sets = by_partition.into_iter().flat_map(|(partition, copies)| {
            let sets = same_partition(evidence, &copies).into_iter();
            sets.map(move |copies| Self::of_one(evidence, partition, &copies)).collect::<Vec<_>>()
        });
        sets.chain(alone).collect()
    }

    fn of_one(evidence: &Evidence, partition: i32, copies: &[usize]) -> Self {
        let kind_of = |index: &usize| evidence.copies.get(*index).map(|copy| &copy.kind);
        let in_use = |index: &usize| matches!(kind_of(index), Some(DirKind::Normal));
        let any_in_use = copies.iter().any(in_use);
        let (used, aside): (Vec<usize>, Vec<usize>) =
            copies.iter().partition(|index| !any_in_use || in_use(index));
        let mut brokers: Vec<(Option<Broker<'_>>, Vec<usize>)> = Vec::new();
        for index in used {
            let broker = evidence.copies.get(index).and_then(|copy| Broker::of(evidence, copy));
            match brokers.iter_mut().find(|(other, _)| broker.is_some() && *other == broker) {
                Some((_, series)) => series.push(index),
                None => brokers.push((broker, vec![index])),
            }
        }
        Self {
            partition: Some(partition),
            brokers: brokers.into_iter().map(|(_, series)| series).collect(),
            aside,
        }
    }

    /// Copies whose state is read: all but those aside.
    pub(crate) fn read(&self) -> impl Iterator<Item = usize> {
        self.brokers.iter().flatten().copied()
    }
}

/// Who a copy was taken from. Several log dirs of one node are one broker (JBOD).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Broker<'e> {
    /// `node.id` or `broker.id` of `meta.properties`.
    Id(i32),
    /// Without it the broker epoch of a clean shutdown: the controller gives every registration of a cluster its own.
    Epoch(i64),
    /// Without it the log dir: partition directories beside each other are of one broker.
    LogDir(&'e Path),
}

impl<'e> Broker<'e> {
    fn of(evidence: &'e Evidence, copy: &PartitionCopy) -> Option<Self> {
        let log_dir = copy.log_dir.and_then(|index| evidence.log_dirs.get(index));
        let epoch = || log_dir?.clean_shutdown?.broker_epoch.filter(|epoch| *epoch >= 0);
        let id = copy.broker_id().map(Self::Id).or_else(|| epoch().map(Self::Epoch));
        id.or_else(|| log_dir.map(|dir| Self::LogDir(&dir.path)))
    }
}

/// Which partition a copy says it is; `None` where its files don't tell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Identity {
    cluster_id: Option<String>,
    topic_id: Option<Uuid>,
}

impl Identity {
    fn of(evidence: &Evidence, copy: &PartitionCopy) -> Self {
        let log_dir = copy.log_dir.and_then(|index| evidence.log_dirs.get(index));
        Self { cluster_id: log_dir.and_then(|dir| dir.cluster_id.clone()), topic_id: copy.topic_id }
    }

    fn is_whole(&self) -> bool {
        self.cluster_id.is_some() && self.topic_id.is_some()
    }

    fn may_be(&self, other: &Self) -> bool {
        agree(self.cluster_id.as_ref(), other.cluster_id.as_ref())
            && agree(self.topic_id.as_ref(), other.topic_id.as_ref())
    }

    fn learn(&mut self, other: Self) {
        self.cluster_id = self.cluster_id.take().or(other.cluster_id);
        self.topic_id = self.topic_id.or(other.topic_id);
    }
}

fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one == other)
}

/// Splits copies with one partition number into those that may be the same partition.
fn same_partition(evidence: &Evidence, copies: &[usize]) -> Vec<Vec<usize>> {
    let identity = |index: &usize| {
        evidence.copies.get(*index).map_or_else(Identity::default, |copy| Identity::of(evidence, copy))
    };
    let mut sets: Vec<(Identity, Vec<usize>)> = Vec::new();
    // Those that tell most come first, so that the others find the set they fit.
    let (whole, vague): (Vec<usize>, Vec<usize>) =
        copies.iter().partition(|index| identity(index).is_whole());
    for index in whole.into_iter().chain(vague) {
        let identity = identity(&index);
        let mut fitting: Vec<_> = sets.iter_mut().filter(|(other, _)| other.may_be(&identity)).collect();
        match fitting.as_mut_slice() {
            [(known, set)] => {
                known.learn(identity);
                set.push(index);
            }
            // No set fits, or more than one does and nothing says which.
            _ => sets.push((identity, vec![index])),
        }
    }
    let mut sets: Vec<Vec<usize>> = sets.into_iter().map(|(_, set)| set).collect();
    for set in &mut sets {
        set.sort_unstable();
    }
    sets.sort();
    sets
}
