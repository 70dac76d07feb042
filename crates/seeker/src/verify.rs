//! Compares what a group has now with what was written: has a consumer moved it, and which way?
//!
//! Consumers that use `assign` belong to no group membership, so no describe shows them; a commit of theirs
//! shows here.

use lastwrites_recovered_offsets::Document;

use crate::apply::RollbackDocument;
use crate::client::{ClientError, CoordinatorClient, Fetched, Partition};
use crate::names::plain;
use crate::parallel;
use crate::plan::{Options, SelectionError, THREADS, targets};

/// What a group should have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Group on the cluster.
    pub group_id: String,
    /// Offset by partition.
    pub offsets: Vec<(Partition, i64)>,
}

/// One partition compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// Which.
    pub partition: Partition,
    /// What was written.
    pub expected: i64,
    /// What the group has.
    pub present: Fetched,
}

impl Compared {
    /// `same`, `moved on`, `moved back`, `gone` or `unreadable`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match &self.present {
            Ok(Some(now)) if now.offset == self.expected => "same",
            Ok(Some(now)) if now.offset > self.expected => "moved on",
            Ok(Some(_)) => "moved back",
            Ok(None) => "gone",
            Err(_) => "unreadable",
        }
    }
}

/// What a rollback document says was written.
#[must_use]
pub fn expected_of_rollback(document: &RollbackDocument) -> Vec<Expected> {
    document
        .groups
        .iter()
        .map(|g| Expected {
            group_id: g.group_id.clone(),
            offsets: g.offsets.iter().map(|o| (o.partition(), o.applied.offset)).collect(),
        })
        .collect()
}

/// What a document of recovered offsets would have written.
///
/// # Errors
/// The choice of groups is impossible.
pub fn expected_of_document(document: &Document, options: &Options) -> Result<Vec<Expected>, SelectionError> {
    let chosen = targets(document, options)?;
    Ok(chosen
        .into_iter()
        .map(|(group, target)| Expected {
            group_id: target,
            offsets: group
                .offsets
                .iter()
                .map(|o| (Partition::new(plain(&o.topic), o.partition), o.offset))
                .filter(|(p, _)| options.topics.is_empty() || options.topics.contains(&p.topic))
                .collect(),
        })
        .collect())
}

/// Reads every group and compares.
///
/// # Errors
/// The first group that couldn't be read.
pub fn compare(
    client: &dyn CoordinatorClient,
    expected: &[Expected],
) -> Result<Vec<(String, Vec<Compared>)>, ClientError> {
    parallel::map(expected, THREADS, |group| {
        let partitions: Vec<Partition> = group.offsets.iter().map(|(p, _)| p.clone()).collect();
        let found = client.fetch_offsets(&group.group_id, Some(&partitions))?;
        let compared = group
            .offsets
            .iter()
            .map(|(partition, offset)| Compared {
                partition: partition.clone(),
                expected: *offset,
                present: found.get(partition).cloned().unwrap_or(Ok(None)),
            })
            .collect();
        Ok((group.group_id.clone(), compared))
    })
    .into_iter()
    .collect()
}
