//! What would be written, and why not: looks at the cluster, decides, writes nothing.
//!
//! [`look`] is what `plan` prints and what `apply` starts from. Facts are gathered in `gather`, rules are pure
//! and in `decide`, `epoch` and `group_rules`.

mod decide;
mod elsewhere;
mod epoch;
mod facts;
mod gather;
mod group_rules;
mod json;
mod options;
mod reason;
mod rename;
mod selection;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lastwrites_recovered_offsets::{Document, Group};
use lastwrites_types::Uuid;

pub use decide::{Decision, PartitionFacts, Wish, decide};
pub use facts::{ClusterFacts, GroupFacts, Kind, Unanswered};
pub use json::to_json;
pub use options::{Allow, MissingPolicy, Options, RangePolicy};
pub use reason::{Reason, Verdict};
pub use selection::{SelectionError, targets};
pub use text::to_text;

use crate::client::{Broker, ClientError, CommittedOffset, CoordinatorClient, Fetched, Partition};
use crate::names::plain;
use crate::parallel;
use crate::progress::Progress;
use selection::Errand;

/// The whole answer of `plan`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The cluster asked.
    pub cluster_id: Option<String>,
    /// The cluster of the evidence.
    pub document_cluster_id: Option<String>,
    /// Doubts about document and cluster as a whole.
    pub warnings: Vec<Reason>,
    /// Per group, in document order.
    pub groups: Vec<GroupPlan>,
}

/// One group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupPlan {
    /// Its name in the document.
    pub source: String,
    /// Where it goes.
    pub target: String,
    /// The target's kind now.
    pub kind: Kind,
    /// The target's state now.
    pub state: String,
    /// Its coordinator.
    pub coordinator: Option<Broker>,
    /// Partition of `__consumer_offsets` it hashes to.
    pub offsets_partition: Option<i32>,
    /// Why nothing of it is written.
    pub refusals: Vec<Reason>,
    /// Doubts.
    pub warnings: Vec<Reason>,
    /// By topic and partition.
    pub partitions: Vec<PartitionPlan>,
}

/// One partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionPlan {
    /// Which.
    pub partition: Partition,
    /// The topic's id now.
    pub topic_id: Option<Uuid>,
    /// The target's offset now.
    pub present: Fetched,
    /// Log start offset.
    pub earliest: Option<i64>,
    /// High watermark.
    pub latest: Option<i64>,
    /// The partition's leader epoch now.
    pub leader_epoch: Option<i32>,
    /// What the document wants; `None` for missing partitions.
    pub wanted: Option<i64>,
    /// What happens.
    pub verdict: Verdict,
    /// What would be written.
    pub set_to: Option<CommittedOffset>,
    /// Doubts.
    pub warnings: Vec<Reason>,
}

/// How many partitions have each verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// To be written.
    pub commit: usize,
    /// As wanted already.
    pub already_there: usize,
    /// Left alone by decision.
    pub leave: usize,
    /// Refused.
    pub refuse: usize,
}

impl Plan {
    /// Counts verdicts.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for partition in self.groups.iter().flat_map(|g| &g.partitions) {
            match partition.verdict {
                Verdict::Commit => totals.commit += 1,
                Verdict::AlreadyThere => totals.already_there += 1,
                Verdict::Leave(_) => totals.leave += 1,
                Verdict::Refuse(_) => totals.refuse += 1,
            }
        }
        totals
    }

    /// True when anything, a group or a partition, is refused.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.groups
            .iter()
            .any(|g| !g.refusals.is_empty() || g.partitions.iter().any(PartitionPlan::is_refused))
    }
}

impl GroupPlan {
    /// The partitions that would be written with their values.
    #[must_use]
    pub fn commits(&self) -> Vec<(Partition, CommittedOffset)> {
        self.partitions
            .iter()
            .filter(|p| p.verdict == Verdict::Commit)
            .filter_map(|p| Some((p.partition.clone(), p.set_to.clone()?)))
            .collect()
    }
}

impl PartitionPlan {
    fn is_refused(&self) -> bool {
        matches!(self.verdict, Verdict::Refuse(_))
    }

    /// Records between an offset and the log end.
    #[must_use]
    pub fn lag(&self, offset: i64) -> Option<i64> {
        self.latest.map(|end| end.saturating_sub(offset))
    }
}

/// No plan could be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlanError {
    /// The choice of groups can't be carried out.
    Selection(SelectionError),
    /// The cluster couldn't be asked.
    Client(ClientError),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selection(e) => e.fmt(f),
            Self::Client(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for PlanError {}

impl From<SelectionError> for PlanError {
    fn from(error: SelectionError) -> Self {
        Self::Selection(error)
    }
}

impl From<ClientError> for PlanError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// Threads that examine groups at the same time.
pub(crate) const THREADS: usize = 8;

/// Looks at the cluster and decides about every chosen group of the document. Writes nothing.
///
/// # Errors
/// [`PlanError`]: the choice is impossible or the cluster can't be asked. What concerns one group or partition
/// is a refusal in the plan.
pub fn look(
    client: &dyn CoordinatorClient,
    document: &Document,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Plan, PlanError> {
    let errands = selection::errands(document, options)?;
    look_at(client, document, options, &errands, THREADS, progress)
}

/// As [`look`], for some targets only and on this thread: the second look right before their commits.
///
/// # Errors
/// As [`look`].
pub(crate) fn look_again(
    client: &dyn CoordinatorClient,
    document: &Document,
    options: &Options,
    targets: &BTreeSet<&str>,
) -> Result<Plan, PlanError> {
    let errands = selection::errands(document, options)?;
    let errands: Vec<Errand<'_>> = errands.into_iter().filter(|e| targets.contains(e.target)).collect();
    look_at(client, document, options, &errands, 1, &())
}

fn look_at(
    client: &dyn CoordinatorClient,
    document: &Document,
    options: &Options,
    errands: &[Errand<'_>],
    threads: usize,
    progress: &dyn Progress,
) -> Result<Plan, PlanError> {
    let topics: BTreeSet<String> = errands.iter().flat_map(|e| topics(e.source, options)).collect();
    let renames = errands.iter().any(|e| e.source.group_id.as_bytes() != e.target.as_bytes());
    let mut cluster = gather::cluster(client, &topics, renames)?;
    let wishes: Vec<BTreeMap<Partition, Wish<'_>>> =
        errands.iter().map(|e| wishes(e.source, options, &cluster)).collect();
    let mut partitions: BTreeSet<&Partition> = BTreeSet::new();
    let mut epochs: BTreeSet<(Partition, i32)> = BTreeSet::new();
    for (partition, wish) in wishes.iter().flatten() {
        if cluster.cluster.partition(partition).is_some() {
            partitions.insert(partition);
            if let Wish::Offset(o) = wish {
                epochs.extend(o.leader_epoch.map(|epoch| (partition.clone(), epoch)));
            }
        }
    }
    let partitions: Vec<Partition> = partitions.into_iter().cloned().collect();
    let epochs: Vec<(Partition, i32)> = epochs.into_iter().collect();
    gather::logs(client, &mut cluster, &partitions, &epochs)?;
    let down = gather::DownShards::default();
    let whole = document_rules(document, &cluster, options);
    let pairs: Vec<(&Errand<'_>, &BTreeMap<Partition, Wish<'_>>)> = errands.iter().zip(&wishes).collect();
    progress.start(pairs.len());
    let groups = parallel::map(&pairs, threads, |(errand, wishes)| {
        let asked: Vec<Partition> =
            wishes.keys().filter(|p| cluster.cluster.partition(p).is_some()).cloned().collect();
        let facts =
            gather::group(client, &plain(&errand.source.group_id), errand.target, &asked, &cluster, &down);
        let plan = group_plan(errand, wishes, &facts, &cluster, options, whole.as_ref());
        progress.step();
        plan
    });
    progress.done();
    let mut warnings = Vec::new();
    if document.source.cluster_id.is_none() {
        warnings.push(Reason::new(
            "cluster-unknown",
            "the document doesn't know which cluster it's from: make sure it's this one",
        ));
    }
    if let (Some(then), Some(now)) = (document.source.offsets_topic_partitions, cluster.offsets_partitions())
        && then != now
    {
        let text = format!("__consumer_offsets had {then} partitions in the evidence and has {now} here");
        warnings.push(Reason::new("offsets-topic-differs", text));
    }
    let commits = groups.iter().any(|g| g.partitions.iter().any(|p| p.verdict == Verdict::Commit));
    if let Some(minutes) = cluster.setting("offsets.retention.minutes").filter(|_| commits) {
        let text = format!(
            "as long as nobody joins a group, its offsets expire {} after this commit (offsets.retention.minutes)",
            duration(minutes)
        );
        warnings.push(Reason::new("retention", text));
    }
    Ok(Plan {
        cluster_id: cluster.cluster.cluster_id.clone(),
        document_cluster_id: document.source.cluster_id.clone(),
        warnings,
        groups,
    })
}

/// Minutes as a person says them.
fn duration(minutes: i64) -> String {
    match minutes {
        m if m % 1440 == 0 => format!("{} days", m / 1440),
        m if m % 60 == 0 => format!("{} hours", m / 60),
        m => format!("{m} minutes"),
    }
}

/// A group with what stands against writing to it.
pub(crate) type Examined = (GroupFacts, Vec<Reason>);

/// The cluster, and per group what it is and what stands against writing to it: what `rollback` looks at.
///
/// # Errors
/// The cluster can't be asked.
pub(crate) fn examine_target<'a>(
    client: &dyn CoordinatorClient,
    topics: &BTreeSet<String>,
    partitions: &[Partition],
    epochs: &[(Partition, i32)],
    groups: impl Iterator<Item = (&'a str, Vec<Partition>)>,
) -> Result<(ClusterFacts, Vec<Examined>), ClientError> {
    let mut cluster = gather::cluster(client, topics, false)?;
    let here: Vec<Partition> =
        partitions.iter().filter(|p| cluster.cluster.partition(p).is_some()).cloned().collect();
    gather::logs(client, &mut cluster, &here, epochs)?;
    let down = gather::DownShards::default();
    let groups: Vec<(&str, Vec<Partition>)> = groups.collect();
    let facts = parallel::map(&groups, THREADS, |(group, partitions)| {
        let facts = gather::group(client, group, group, partitions, &cluster, &down);
        let refusals = group_rules::standing_against(&facts, &cluster);
        (facts, refusals)
    });
    Ok((cluster, facts))
}

/// What stands against every group at once.
fn document_rules(document: &Document, cluster: &ClusterFacts, options: &Options) -> Option<Reason> {
    let (then, now) = (document.source.cluster_id.as_ref()?, cluster.cluster.cluster_id.as_ref()?);
    (then != now && !options.allow.other_cluster).then(|| {
        let text = format!(
            "the document is from cluster {then}, this is {now}; --allow-other-cluster writes it all the same"
        );
        Reason::new("other-cluster", text)
    })
}

fn topics(group: &Group, options: &Options) -> BTreeSet<String> {
    let named = group.offsets.iter().map(|o| &o.topic).chain(group.missing.iter().map(|m| &m.topic));
    named.map(plain).filter(|t| options.topics.is_empty() || options.topics.contains(t)).collect()
}

/// Everything the group may need a decision for: recovered, missing, and partitions nobody mentioned.
fn wishes<'a>(group: &'a Group, options: &Options, cluster: &ClusterFacts) -> BTreeMap<Partition, Wish<'a>> {
    let mut wishes = BTreeMap::new();
    let chosen = topics(group, options);
    // A group that never joined reads what its consumers assign themselves, not whole topics.
    let subscribes = group.protocol_type.as_ref().is_some_and(|p| !p.is_empty())
        || group.group_type == lastwrites_recovered_offsets::GroupType::Consumer;
    if subscribes {
        for offset in &group.offsets {
            let topic = plain(&offset.topic);
            let Some(known) = cluster.cluster.topics.get(&topic).filter(|_| chosen.contains(&topic)) else {
                continue;
            };
            for partition in known.partitions.keys() {
                wishes.entry(Partition::new(topic.clone(), *partition)).or_insert(Wish::Unmentioned);
            }
        }
    }
    for missing in group.missing.iter().filter(|m| chosen.contains(&plain(&m.topic))) {
        wishes.insert(Partition::new(plain(&missing.topic), missing.partition), Wish::Missing(&missing.why));
    }
    for offset in group.offsets.iter().filter(|o| chosen.contains(&plain(&o.topic))) {
        wishes.insert(Partition::new(plain(&offset.topic), offset.partition), Wish::Offset(offset));
    }
    wishes
}

fn group_plan(
    errand: &Errand<'_>,
    wishes: &BTreeMap<Partition, Wish<'_>>,
    target: &GroupFacts,
    cluster: &ClusterFacts,
    options: &Options,
    whole: Option<&Reason>,
) -> GroupPlan {
    let mut refusals: Vec<Reason> = whole.cloned().into_iter().collect();
    refusals.extend(group_rules::refusals(errand.source, target, cluster, options));
    let metadata_limit = cluster.setting("offset.metadata.max.bytes").and_then(|n| usize::try_from(n).ok());
    let mut partitions: Vec<PartitionPlan> = wishes
        .iter()
        .map(|(partition, wish)| {
            let epoch = match wish {
                Wish::Offset(o) => o.leader_epoch,
                Wish::Missing(_) | Wish::Unmentioned => None,
            };
            let facts = PartitionFacts {
                partition,
                topic: cluster.cluster.topics.get(&partition.topic),
                info: cluster.cluster.partition(partition),
                earliest: cluster.earliest.get(partition).copied(),
                latest: cluster.latest.get(partition).copied(),
                present: target.offsets.get(partition).cloned().unwrap_or(Ok(None)),
                epoch_end: epoch.and_then(|e| cluster.epoch_ends.get(&(partition.clone(), e)).copied()),
                metadata_limit,
                transactions: &target.transactions,
                offsets_partition: target.offsets_partition,
            };
            partition_plan(*wish, &facts, options)
        })
        .collect();
    hold_back(&mut partitions, &refusals, options);
    GroupPlan {
        source: plain(&errand.source.group_id),
        target: errand.target.to_owned(),
        kind: target.kind.clone(),
        state: target.state.clone(),
        coordinator: target.coordinator.clone(),
        offsets_partition: target.offsets_partition,
        warnings: group_rules::warnings(errand.source, target),
        refusals,
        partitions,
    }
}

fn partition_plan(wish: Wish<'_>, facts: &PartitionFacts<'_>, options: &Options) -> PartitionPlan {
    let decision = decide(wish, facts, options);
    PartitionPlan {
        partition: facts.partition.clone(),
        topic_id: facts.topic.and_then(|t| t.topic_id),
        present: facts.present.clone(),
        earliest: facts.earliest.and_then(Result::ok),
        latest: facts.latest.and_then(Result::ok),
        leader_epoch: facts.info.and_then(|i| i.leader_epoch),
        wanted: match wish {
            Wish::Offset(o) => Some(o.offset),
            Wish::Missing(_) | Wish::Unmentioned => None,
        },
        verdict: decision.verdict,
        set_to: decision.set_to,
        warnings: decision.warnings,
    }
}

/// A group starts as a whole or not at all: a consumer that finds half its offsets resets the other half.
fn hold_back(partitions: &mut [PartitionPlan], refusals: &[Reason], options: &Options) {
    let refused = partitions.iter().filter(|p| p.is_refused()).count();
    let reason = match refusals.first() {
        Some(first) => Reason::new("group-refused", format!("the group is refused ({})", first.code)),
        None if refused > 0 && !options.partial => Reason::new(
            "group-incomplete",
            format!("{refused} other partitions of the group are refused: decide those, or --partial"),
        ),
        None => return,
    };
    for partition in partitions.iter_mut().filter(|p| p.verdict == Verdict::Commit) {
        partition.verdict = Verdict::Refuse(reason.clone());
    }
}
