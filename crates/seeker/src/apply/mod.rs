//! Writes what the plan says: rollback file first, a second look, commit, read back.

mod again;
mod request_log;
mod rollback_file;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lastwrites_recovered_offsets::Document;
use lastwrites_types::Uuid;

pub use request_log::RequestLog;
pub use rollback_file::{
    FORMAT as ROLLBACK_FORMAT, RollbackDocument, RollbackFileError, RollbackGroup, RollbackOffset,
    StoredOffset,
};
pub use write::Outcome;
pub(crate) use write::{Change, carry_out};

use crate::client::{CommittedOffset, CoordinatorClient, Partition};
use crate::parallel;
use crate::plan::{self, Down, GroupPlan, Options, PartitionPlan, Plan, THREADS, Verdict};
use crate::progress::Progress;

/// What became of one group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupOutcome {
    /// Its name on the cluster.
    pub group_id: String,
    /// Per partition, in order.
    pub partitions: Vec<(Partition, Outcome)>,
}

impl GroupOutcome {
    /// True when every partition is as wanted: changed, or left as the operator decided.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.partitions.iter().all(|(_, outcome)| matches!(outcome, Outcome::Done | Outcome::Left(_)))
    }
}

/// Writes the rollback document of everything the plan would commit, to a new file, synced.
///
/// # Errors
/// [`RollbackFileError`]; then nothing may be written to the cluster.
pub fn write_rollback(plan: &Plan, path: &Path, now_ms: i64) -> Result<(), RollbackFileError> {
    let mut document = RollbackDocument::new(plan.cluster_id.clone(), now_ms);
    for group in &plan.groups {
        let offsets: Vec<RollbackOffset> = group.partitions.iter().filter_map(rollback_offset).collect();
        if !offsets.is_empty() {
            document.groups.push(RollbackGroup { group_id: group.target.clone(), offsets });
        }
    }
    document.write_new(path)
}

fn rollback_offset(p: &PartitionPlan) -> Option<RollbackOffset> {
    let applied = p.set_to.as_ref().filter(|_| p.verdict == Verdict::Commit)?;
    Some(RollbackOffset {
        topic: p.partition.topic.clone(),
        topic_id: p.topic_id,
        partition: p.partition.partition,
        before: p.present.as_ref().ok()?.as_ref().map(StoredOffset::from),
        applied: StoredOffset::from(applied),
    })
}

/// Groups that share a second look. Small, so that a look is never older than a few commits.
const GROUPS_PER_LOOK: usize = 16;

/// Carries out the plan's commits, group by group, some groups at a time. The rollback document must be on disk.
pub fn execute(
    client: &dyn CoordinatorClient,
    document: &Document,
    options: &Options,
    plan: &Plan,
    log: &RequestLog,
    progress: &dyn Progress,
) -> Vec<GroupOutcome> {
    let groups: Vec<&GroupPlan> = plan.groups.iter().filter(|g| !g.commits().is_empty()).collect();
    let batches: Vec<&[&GroupPlan]> = groups.chunks(GROUPS_PER_LOOK).collect();
    let down = Down::default();
    progress.start(groups.len());
    let outcomes = parallel::map(&batches, THREADS, |batch| {
        let targets: BTreeSet<&str> = batch.iter().map(|g| g.target.as_str()).collect();
        let again = plan::look_again(client, document, options, &targets, &down).map_err(|e| e.to_string());
        let apply = |group: &&GroupPlan| {
            let outcome = apply_group(client, group, &again, log);
            progress.step();
            outcome
        };
        let mut outcomes: Vec<GroupOutcome> = batch.iter().map(apply).collect();
        check_ids(client, &ids(batch), &mut outcomes);
        outcomes
    });
    progress.done();
    outcomes.into_iter().flatten().collect()
}

fn apply_group(
    client: &dyn CoordinatorClient,
    planned: &GroupPlan,
    again: &Result<Plan, String>,
    log: &RequestLog,
) -> GroupOutcome {
    let nothing = |why: String| GroupOutcome {
        group_id: planned.target.clone(),
        partitions: planned.commits().into_iter().map(|(p, _)| (p, Outcome::NotDone(why.clone()))).collect(),
    };
    let again = match again {
        Ok(again) => again.groups.iter().find(|g| g.target == planned.target),
        Err(e) => return nothing(format!("the second look failed, nothing was sent: {e}")),
    };
    let Some(now) = again else { return nothing("the second look found nothing".to_owned()) };
    if let Some(difference) = difference(planned, now) {
        return nothing(format!("changed since the plan, nothing was sent: {difference}"));
    }
    let changes: Vec<Change> = planned
        .partitions
        .iter()
        .filter(|p| p.verdict == Verdict::Commit)
        .map(|p| Change {
            partition: p.partition.clone(),
            before: p.present.clone().ok().flatten(),
            after: p.set_to.clone(),
        })
        .collect();
    let partitions = carry_out(client, log, &planned.target, &changes);
    GroupOutcome { group_id: planned.target.clone(), partitions }
}

/// The first thing that the second look saw otherwise than the plan (and so the rollback file).
fn difference(planned: &GroupPlan, now: &GroupPlan) -> Option<String> {
    if let Some(refusal) = now.refusals.first() {
        return Some(refusal.text.clone());
    }
    let now: BTreeMap<&Partition, &PartitionPlan> =
        now.partitions.iter().map(|p| (&p.partition, p)).collect();
    planned.partitions.iter().filter(|p| p.verdict == Verdict::Commit).find_map(|p| {
        let Some(again) = now.get(&p.partition) else { return Some(format!("{} is gone", p.partition)) };
        let same = again.verdict == Verdict::Commit
            && (again.set_to == p.set_to || is_still_the_policys(p, again))
            && again.present == p.present
            && again.topic_id == p.topic_id;
        (!same).then(|| {
            let shown =
                |o: Option<&CommittedOffset>| o.map_or_else(|| "none".to_owned(), |o| o.offset.to_string());
            let present = |p: &PartitionPlan| match &p.present {
                Ok(offset) => shown(offset.as_ref()),
                Err(code) => code.to_string(),
            };
            let why = again.verdict.reason().map(|r| r.text.clone()).unwrap_or_default();
            format!(
                "{}: the group had {} and has {}, {} would be written and now {} ({}) {why}",
                p.partition,
                present(p),
                present(again),
                shown(p.set_to.as_ref()),
                shown(again.set_to.as_ref()),
                again.verdict.word()
            )
        })
    })
}

/// An end of the log that the operator asked for moves on in a busy topic; the planned one, which the rollback
/// file holds, is as good while it's inside the log.
fn is_still_the_policys(planned: &PartitionPlan, again: &PartitionPlan) -> bool {
    let Some(set_to) = &planned.set_to else { return false };
    let (Some(earliest), Some(latest)) = (again.earliest, again.latest) else { return false };
    planned.wanted != Some(set_to.offset)
        && set_to.leader_epoch.is_none()
        && (earliest..=latest).contains(&set_to.offset)
}

/// The ids of the planned groups' topics, as far as the cluster tells them.
fn ids<'a>(planned: &[&'a GroupPlan]) -> BTreeMap<&'a str, Uuid> {
    let partitions = planned.iter().flat_map(|group| &group.partitions);
    partitions.filter_map(|p| Some((p.partition.topic.as_str(), p.topic_id?))).collect()
}

/// OffsetCommit names topics, not ids (before v10): a topic recreated in between would have taken the offset.
pub(crate) fn check_ids(
    client: &dyn CoordinatorClient,
    ids: &BTreeMap<&str, Uuid>,
    outcomes: &mut [GroupOutcome],
) {
    let names: Vec<String> = ids.keys().map(|n| (*n).to_owned()).collect();
    if names.is_empty() {
        return;
    }
    let now = client.metadata(Some(&names));
    let written = outcomes.iter_mut().flat_map(|group| &mut group.partitions);
    for (partition, outcome) in written.filter(|(_, o)| *o == Outcome::Done) {
        let Some(then) = ids.get(partition.topic.as_str()) else { continue };
        match &now {
            Err(e) => {
                *outcome =
                    Outcome::Unknown(format!("written, but the topic's id couldn't be checked again: {e}"))
            }
            Ok(now) if now.topics.get(&partition.topic).and_then(|t| t.topic_id) != Some(*then) => {
                let text = "written, but the topic was deleted or created again at the same moment: rollback --allow-topic-recreated takes it back";
                *outcome = Outcome::Unknown(text.to_owned());
            }
            Ok(_) => {}
        }
    }
}
