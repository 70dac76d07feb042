//! Takes an `apply` back: restores what the group had, deletes what it hadn't.
//!
//! Only where the group still has exactly what we wrote. If it has moved on, a consumer is running on it and
//! going back would repeat its work.

mod way;

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::{
    Change, GroupOutcome, Outcome, RequestLog, RollbackDocument, RollbackGroup, RollbackOffset, carry_out,
    check_ids,
};
use crate::client::{ClientError, CommittedOffset, CoordinatorClient, Fetched, Partition};
use crate::parallel;
use crate::plan::{ClusterFacts, Down, RangePolicy, Reason, THREADS, Verdict, examine_target};
use crate::progress::Progress;
use way::step;

/// What going back would do to one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Which.
    pub partition: Partition,
    /// What the group has.
    pub present: Fetched,
    /// What it would have; `None`: no offset (ours is deleted).
    pub restore: Option<CommittedOffset>,
    /// [`Verdict::Commit`] means the step is taken.
    pub verdict: Verdict,
    /// Doubts.
    pub warnings: Vec<Reason>,
}

impl Step {
    /// The word in tables and JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match (&self.verdict, &self.restore) {
            (Verdict::Commit, Some(_)) => "restore",
            (Verdict::Commit, None) => "delete",
            (verdict, _) => verdict.word(),
        }
    }
}

/// What going back would do to one group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupSteps {
    /// The group.
    pub group_id: String,
    /// Why nothing is done at all.
    pub refusals: Vec<Reason>,
    /// Per partition.
    pub steps: Vec<Step>,
}

/// The operator's choices for going back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RollbackOptions {
    /// What to do when the old offset is outside the log by now.
    pub out_of_range: RangePolicy,
    /// Go back on a cluster with another id.
    pub allow_other_cluster: bool,
    /// Delete what was written to a topic that was created again since; its old offset counts other records.
    pub allow_topic_recreated: bool,
}

/// Looks at every group; writes nothing.
///
/// # Errors
/// The cluster can't be asked.
pub fn look(
    client: &dyn CoordinatorClient,
    document: &RollbackDocument,
    options: RollbackOptions,
) -> Result<Vec<GroupSteps>, ClientError> {
    look_at(client, document, options, &Down::default())
}

fn look_at(
    client: &dyn CoordinatorClient,
    document: &RollbackDocument,
    options: RollbackOptions,
    down: &Down,
) -> Result<Vec<GroupSteps>, ClientError> {
    let topics: BTreeSet<String> =
        document.groups.iter().flat_map(|g| g.offsets.iter().map(|o| o.topic.clone())).collect();
    let partitions: BTreeSet<Partition> =
        document.groups.iter().flat_map(|g| g.offsets.iter().map(RollbackOffset::partition)).collect();
    let epochs: BTreeSet<(Partition, i32)> = document
        .groups
        .iter()
        .flat_map(|g| &g.offsets)
        .filter_map(|o| Some((o.partition(), o.before.as_ref()?.leader_epoch?)))
        .collect();
    let (cluster, groups) = examine_target(
        client,
        &topics,
        &partitions.into_iter().collect::<Vec<_>>(),
        &epochs.into_iter().collect::<Vec<_>>(),
        document.groups.iter().map(|g| {
            (g.group_id.as_str(), g.offsets.iter().map(RollbackOffset::partition).collect::<Vec<_>>())
        }),
        down,
    )?;
    let other = other_cluster(document, &cluster, options);
    Ok(document
        .groups
        .iter()
        .zip(groups)
        .map(|(group, (facts, mut refusals))| {
            refusals.extend(other.clone());
            let steps =
                group.offsets.iter().map(|o| step(o, &facts, &cluster, options, refusals.first())).collect();
            GroupSteps { group_id: group.group_id.clone(), refusals, steps }
        })
        .collect())
}

fn other_cluster(
    document: &RollbackDocument,
    cluster: &ClusterFacts,
    options: RollbackOptions,
) -> Option<Reason> {
    let (then, now) = (document.cluster_id.as_ref()?, cluster.cluster.cluster_id.as_ref()?);
    (then != now && !options.allow_other_cluster).then(|| {
        Reason::new("other-cluster", format!("the rollback file is from cluster {then}, this is {now}"))
    })
}

/// Takes the steps that `looks` (of [`look`]) showed, with a fresh look at each group right before. Every
/// partition of the document has an outcome.
pub fn execute(
    client: &dyn CoordinatorClient,
    document: &RollbackDocument,
    looks: &[GroupSteps],
    options: RollbackOptions,
    log: &RequestLog,
    progress: &dyn Progress,
) -> Vec<GroupOutcome> {
    let pairs: Vec<(&RollbackGroup, &GroupSteps)> = document.groups.iter().zip(looks).collect();
    let down = Down::default();
    progress.start(pairs.len());
    let outcomes = parallel::map(&pairs, THREADS, |(group, shown)| {
        let outcome = go_back(client, document, group, shown, options, log, &down);
        progress.step();
        outcome
    });
    progress.done();
    outcomes
}

fn go_back(
    client: &dyn CoordinatorClient,
    document: &RollbackDocument,
    group: &RollbackGroup,
    shown: &GroupSteps,
    options: RollbackOptions,
    log: &RequestLog,
    down: &Down,
) -> GroupOutcome {
    let mut outcomes: BTreeMap<Partition, Outcome> = BTreeMap::new();
    let mut changes: Vec<Change> = Vec::new();
    if shown.steps.iter().any(|s| s.verdict == Verdict::Commit) {
        let only = RollbackDocument { groups: vec![group.clone()], ..document.clone_head() };
        match look_at(client, &only, options, down) {
            Ok(again) => {
                for (first, now) in shown.steps.iter().zip(again.into_iter().flat_map(|g| g.steps)) {
                    match again_outcome(first, &now) {
                        Some(outcome) => drop(outcomes.insert(now.partition, outcome)),
                        None => changes.push(Change {
                            partition: now.partition,
                            before: now.present.ok().flatten(),
                            after: now.restore,
                        }),
                    }
                }
            }
            Err(e) => {
                let why = format!("the second look failed, nothing was sent: {e}");
                let wanted = shown.steps.iter().filter(|s| s.verdict == Verdict::Commit);
                outcomes.extend(wanted.map(|s| (s.partition.clone(), Outcome::NotDone(why.clone()))));
            }
        }
    }
    for step in &shown.steps {
        outcomes.entry(step.partition.clone()).or_insert_with(|| untaken(step));
    }
    if !changes.is_empty() {
        outcomes.extend(carry_out(client, log, &group.group_id, &changes));
    }
    let mut outcome =
        GroupOutcome { group_id: group.group_id.clone(), partitions: outcomes.into_iter().collect() };
    let restored: BTreeSet<&Partition> =
        changes.iter().filter(|c| c.after.is_some()).map(|c| &c.partition).collect();
    let ids = group.offsets.iter().filter(|o| restored.contains(&o.partition()));
    let ids = ids.filter_map(|o| Some((o.topic.as_str(), o.topic_id?))).collect();
    check_ids(client, &ids, std::slice::from_mut(&mut outcome));
    outcome
}

/// What the second look decides of a step; `None`: it's taken.
fn again_outcome(first: &Step, now: &Step) -> Option<Outcome> {
    match (&first.verdict, &now.verdict) {
        (Verdict::Commit, Verdict::Commit) => None,
        (Verdict::Commit, Verdict::AlreadyThere) => Some(Outcome::Done),
        (Verdict::Commit | Verdict::AlreadyThere, Verdict::Refuse(why) | Verdict::Leave(why)) => {
            Some(Outcome::NotDone(format!("changed since the first look, nothing was sent: {}", why.text)))
        }
        (Verdict::AlreadyThere, Verdict::Commit) => Some(Outcome::NotDone(
            "changed since the first look, nothing was sent: the group had its old offset again".to_owned(),
        )),
        _ => Some(untaken(first)),
    }
}

/// The outcome of a step that the first look already decided against, or found taken.
fn untaken(step: &Step) -> Outcome {
    match &step.verdict {
        Verdict::AlreadyThere => Outcome::Done,
        Verdict::Leave(why) => Outcome::Left(why.text.clone()),
        Verdict::Refuse(why) => Outcome::NotDone(why.text.clone()),
        Verdict::Commit => Outcome::NotDone("the second look found nothing of it".to_owned()),
    }
}
