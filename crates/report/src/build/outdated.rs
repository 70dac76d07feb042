//! Copies that later commits may be missing from, though nothing in their own files says so.

use lastwrites_coordinator::state::CopyState;
use lastwrites_evidence::{ClusterMetadata, DirKind, PartitionCopy};
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC};

use super::path_text;
use crate::findings::{Code, Finding, Severity};

/// Marks copies of one partition where none of them is known to be up to date: what a later commit would have
/// replaced is before a gap then, not intact. One that may be up to date makes the others harmless: they are merged.
pub(crate) fn mark(
    copies: &[&PartitionCopy],
    states: &mut [CopyState],
    set: &[usize],
    layout: Option<&ClusterMetadata>,
) -> Vec<Finding> {
    let why = |at: &usize| Some((*at, outdated(copies.get(*at)?, layout)?));
    let found: Vec<(usize, String)> = set.iter().filter_map(why).collect();
    if found.len() < set.len() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (at, why) in found {
        let (Some(copy), Some(state)) = (copies.get(at), states.get_mut(at)) else { continue };
        state.continuity.hurt(state.continuity.next, i64::MAX);
        let message =
            format!("{why}: later commits and deletions may be missing, and no better copy is here");
        let finding = Finding::new(Code::ReplicaBehind, message).in_partition(copy.partition);
        let finding = finding.in_file(path_text(&copy.path), None);
        findings.push(Finding { severity: Severity::Warning, ..finding });
    }
    findings
}

/// Why a copy may be of an earlier time than its cluster; `None` where nothing says so.
fn outdated(copy: &PartitionCopy, layout: Option<&ClusterMetadata>) -> Option<String> {
    let kind = match copy.kind {
        DirKind::Normal => None,
        DirKind::Future(_) => Some("-future directory: a copy being made for another log dir"),
        DirKind::Stray(_) => Some("-stray directory: its broker was no replica any more"),
        DirKind::Delete(_) => Some("-delete directory: the partition had been removed from this log dir"),
    };
    if let Some(kind) = kind {
        return Some(format!("this is a {kind}"));
    }
    let (_, topic) = layout?.image.topic(&ByteText::from(CONSUMER_OFFSETS_TOPIC))?;
    let partition = topic.partitions.get(&copy.partition?)?;
    let broker = copy.broker_id()?;
    if !partition.replicas.contains(&broker) {
        return Some(format!("broker {broker} is no replica of this partition by the cluster's metadata"));
    }
    let in_sync = partition.isr.contains(&broker) || partition.eligible_leaders.contains(&broker);
    (!in_sync && partition.replicas.len() > 1)
        .then(|| format!("broker {broker} is not in sync by the cluster's metadata"))
}
