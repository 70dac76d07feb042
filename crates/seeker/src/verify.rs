//! Compares what a group has now with what was written: has a consumer moved it, and which way?
//!
//! Consumers that use `assign` belong to no group membership, so no describe shows them; a commit of theirs
//! shows here.

use std::collections::BTreeMap;

use lastwrites_recovered_offsets::Document;
use lastwrites_types::{CONSUMER_OFFSETS_TOPIC, group_to_partition};

use crate::apply::{RollbackDocument, StoredOffset};
use crate::client::{ClientError, CoordinatorClient, ErrorCode, Fetched, Partition};
use crate::names::plain;
use crate::parallel;
use crate::plan::{Down, Options, SelectionError, THREADS, Unanswered, targets};
use crate::progress::Progress;

/// What groups should have, and on which cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The cluster written to, when it's known.
    pub cluster_id: Option<String>,
    /// By group.
    pub groups: Vec<ExpectedGroup>,
    /// The file says what was recovered, not what was written: the leader epoch may have been left out.
    pub epoch_may_lack: bool,
}

/// What a group should have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpectedGroup {
    /// Group on the cluster.
    pub group_id: String,
    /// By partition.
    pub offsets: Vec<(Partition, StoredOffset)>,
}

/// One group compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComparedGroup {
    /// The group.
    pub group_id: String,
    /// By partition, in the file's order; or why the group couldn't be read.
    pub partitions: Result<Vec<Compared>, Unanswered>,
}

impl ComparedGroup {
    /// True when everything is as written.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.partitions.as_ref().is_ok_and(|list| list.iter().all(|c| c.word() == "same"))
    }
}

/// One partition compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// Which.
    pub partition: Partition,
    /// What was written.
    pub expected: StoredOffset,
    /// What the group has.
    pub present: Fetched,
    /// See [`Expected::epoch_may_lack`].
    pub epoch_may_lack: bool,
}

impl Compared {
    /// `same`, `changed` (same offset with another leader epoch or metadata), `moved on`, `moved back`, `gone` or
    /// `unreadable`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match &self.present {
            Ok(Some(now)) if now.offset > self.expected.offset => "moved on",
            Ok(Some(now)) if now.offset < self.expected.offset => "moved back",
            Ok(Some(now)) => {
                let epoch = now.leader_epoch == self.expected.leader_epoch
                    || (self.epoch_may_lack && now.leader_epoch.is_none());
                if epoch && now.metadata == self.expected.metadata { "same" } else { "changed" }
            }
            Ok(None) => "gone",
            Err(_) => "unreadable",
        }
    }
}

/// What a rollback document says was written.
#[must_use]
pub fn expected_of_rollback(document: &RollbackDocument) -> Expected {
    let groups = document.groups.iter().map(|g| ExpectedGroup {
        group_id: g.group_id.clone(),
        offsets: g.offsets.iter().map(|o| (o.partition(), o.applied.clone())).collect(),
    });
    Expected { cluster_id: document.cluster_id.clone(), groups: groups.collect(), epoch_may_lack: false }
}

/// What a document of recovered offsets would have written.
///
/// # Errors
/// The choice of groups is impossible.
pub fn expected_of_document(document: &Document, options: &Options) -> Result<Expected, SelectionError> {
    let groups = targets(document, options)?.into_iter().map(|(group, target)| ExpectedGroup {
        group_id: target,
        offsets: group
            .offsets
            .iter()
            .map(|o| {
                let (offset, leader_epoch) = (o.offset, o.leader_epoch);
                let metadata = plain(&o.metadata);
                (
                    Partition::new(plain(&o.topic), o.partition),
                    StoredOffset { offset, leader_epoch, metadata },
                )
            })
            .filter(|(p, _)| options.topics.is_empty() || options.topics.contains(&p.topic))
            .collect(),
    });
    Ok(Expected {
        cluster_id: document.source.cluster_id.clone(),
        groups: groups.collect(),
        epoch_may_lack: true,
    })
}

/// Reads every group and compares. A group that can't be read is in the answer with the reason.
///
/// # Errors
/// No broker could be asked at all.
pub fn compare(
    client: &dyn CoordinatorClient,
    expected: &Expected,
    progress: &dyn Progress,
) -> Result<(Option<String>, Vec<ComparedGroup>), ClientError> {
    let cluster = client.metadata(Some(&[CONSUMER_OFFSETS_TOPIC.to_owned()]))?;
    let count = cluster.topics.get(CONSUMER_OFFSETS_TOPIC).map_or(0, |t| t.partitions.len());
    let shard =
        |group: &str| group_to_partition(group.as_bytes(), i32::try_from(count).ok().filter(|n| *n > 0)?);
    let down = Down::default();
    progress.start(expected.groups.len());
    let groups = parallel::map(&expected.groups, THREADS, |group| {
        let partitions = read(client, group, shard(&group.group_id), &down).map(|found| {
            let compared = group.offsets.iter().map(|(partition, offset)| Compared {
                partition: partition.clone(),
                expected: offset.clone(),
                present: found.get(partition).cloned().unwrap_or(Err(ErrorCode::NOT_ASKED)),
                epoch_may_lack: expected.epoch_may_lack,
            });
            compared.collect()
        });
        progress.step();
        ComparedGroup { group_id: group.group_id.clone(), partitions }
    });
    progress.done();
    Ok((cluster.cluster_id, groups))
}

fn read(
    client: &dyn CoordinatorClient,
    group: &ExpectedGroup,
    shard: Option<i32>,
    down: &Down,
) -> Result<BTreeMap<Partition, Fetched>, Unanswered> {
    if let Some(known) = down.shard(shard) {
        return Err(known);
    }
    let partitions: Vec<Partition> = group.offsets.iter().map(|(p, _)| p.clone()).collect();
    let mut broker = None;
    let found = client.find_coordinator(&group.group_id).map_err(|e| Unanswered::from(&e)).and_then(|b| {
        broker = Some(b.id);
        match down.broker(b.id) {
            Some(known) => Err(known),
            None => client.fetch_offsets(&group.group_id, &partitions).map_err(|e| Unanswered::from(&e)),
        }
    });
    found.inspect_err(|failed| down.remember(shard, broker, failed))
}
