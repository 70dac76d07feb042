//! Takes an `apply` back: restores what the group had, deletes what it hadn't.
//!
//! Only where the group still has exactly what we wrote. If it has moved on, a consumer is running on it and
//! going back would repeat its work.

use std::collections::BTreeSet;

use crate::apply::{
    Change, GroupOutcome, RequestLog, RollbackDocument, RollbackGroup, RollbackOffset, carry_out,
};
use crate::client::{ClientError, CommittedOffset, CoordinatorClient, Fetched, Partition};
use crate::parallel;
use crate::plan::{ClusterFacts, GroupFacts, RangePolicy, Reason, THREADS, Verdict, examine_target};

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

fn step(
    offset: &RollbackOffset,
    facts: &GroupFacts,
    cluster: &ClusterFacts,
    options: RollbackOptions,
    refusal: Option<&Reason>,
) -> Step {
    let partition = offset.partition();
    let present = facts.offsets.get(&partition).cloned().unwrap_or(Ok(None));
    let (before, applied) =
        (offset.before.as_ref().map(CommittedOffset::from), CommittedOffset::from(&offset.applied));
    let mut warnings = Vec::new();
    let mut restore = before.clone();
    let verdict = if let Some(refusal) = refusal {
        Verdict::Refuse(Reason::new("group-refused", format!("the group is refused ({})", refusal.code)))
    } else if present == Ok(before.clone()) {
        Verdict::AlreadyThere
    } else {
        match &present {
            Err(code) => {
                Verdict::Refuse(Reason::new("offset-unreadable", format!("the coordinator answers {code}")))
            }
            Ok(Some(now)) if *now == applied => {
                restorable(offset, &partition, cluster, options, &mut restore, &mut warnings)
            }
            Ok(Some(now)) => Verdict::Refuse(Reason::new(
                "moved-on",
                format!(
                    "the group has {} and not the {} we wrote: a consumer runs on it",
                    now.offset, applied.offset
                ),
            )),
            Ok(None) => Verdict::Refuse(Reason::new(
                "moved-on",
                "the group has no offset here any more: deleted or expired",
            )),
        }
    };
    Step { partition, present, restore, verdict, warnings }
}

/// The old offset goes through the same doors as any other: topic, range, epoch.
fn restorable(
    offset: &RollbackOffset,
    partition: &Partition,
    cluster: &ClusterFacts,
    options: RollbackOptions,
    restore: &mut Option<CommittedOffset>,
    warnings: &mut Vec<Reason>,
) -> Verdict {
    let Some(restore) = restore else { return Verdict::Commit };
    let Some(info) = cluster.cluster.partition(partition) else {
        return Verdict::Refuse(Reason::new("topic-gone", "the topic or partition is gone"));
    };
    let now = cluster.cluster.topics.get(&partition.topic).and_then(|t| t.topic_id);
    if let (Some(then), Some(now)) = (offset.topic_id, now)
        && then != now
    {
        return Verdict::Refuse(Reason::new(
            "topic-recreated",
            format!("the topic was created again since (id {then}, now {now})"),
        ));
    }
    let (Some(Ok(earliest)), Some(Ok(latest))) =
        (cluster.earliest.get(partition), cluster.latest.get(partition))
    else {
        return Verdict::Refuse(Reason::new("log-range-unknown", "the partition's log can't be checked"));
    };
    if !(*earliest..=*latest).contains(&restore.offset) {
        let text = format!("the old offset {} is outside the log ({earliest} - {latest})", restore.offset);
        match options.out_of_range {
            RangePolicy::Refuse => {
                return Verdict::Refuse(Reason::new(
                    "out-of-range",
                    format!("{text}; --out-of-range clamp|skip decides"),
                ));
            }
            RangePolicy::Skip => return Verdict::Leave(Reason::new("out-of-range", text)),
            RangePolicy::Clamp => {
                warnings.push(Reason::new("out-of-range", format!("{text}; moved to its nearest end")));
                restore.offset = restore.offset.clamp(*earliest, *latest);
                restore.leader_epoch = None;
            }
        }
    }
    if let Some(epoch) = restore.leader_epoch
        && info.leader_epoch.is_none_or(|current| epoch > current)
    {
        warnings.push(Reason::new(
            "epoch-too-high",
            format!("leader epoch {epoch} isn't restored: above the partition's own"),
        ));
        restore.leader_epoch = None;
    }
    Verdict::Commit
}

/// Takes the steps, with a fresh look at each group right before.
pub fn execute(
    client: &dyn CoordinatorClient,
    document: &RollbackDocument,
    options: RollbackOptions,
    log: &RequestLog,
) -> Vec<GroupOutcome> {
    parallel::map(&document.groups, THREADS, |group| go_back(client, document, group, options, log))
}

fn go_back(
    client: &dyn CoordinatorClient,
    document: &RollbackDocument,
    group: &RollbackGroup,
    options: RollbackOptions,
    log: &RequestLog,
) -> GroupOutcome {
    let only = RollbackDocument { groups: vec![group.clone()], ..document.clone_head() };
    let steps = match look(client, &only, options) {
        Ok(mut groups) => groups.pop().map(|g| g.steps).unwrap_or_default(),
        Err(e) => {
            let failed = group.offsets.iter().map(|o| (o.partition(), (&e).into())).collect();
            return GroupOutcome { group_id: group.group_id.clone(), partitions: failed };
        }
    };
    let changes: Vec<Change> = steps
        .into_iter()
        .filter(|s| s.verdict == Verdict::Commit)
        .map(|s| Change { partition: s.partition, before: s.present.ok().flatten(), after: s.restore })
        .collect();
    let partitions =
        if changes.is_empty() { Vec::new() } else { carry_out(client, log, &group.group_id, &changes) };
    GroupOutcome { group_id: group.group_id.clone(), partitions }
}
