//! What would be written, and why not: looks at the cluster, decides, writes nothing.
//!
//! [`look`] is what `plan` prints and what `apply` starts from. Facts are gathered in `gather`, rules are pure
//! and in `decide`, `epoch` and `group_rules`.

mod decide;
mod doubts;
mod down;
mod elsewhere;
mod epoch;
mod facts;
mod gather;
mod group_plan;
mod group_rules;
mod options;
mod reason;
mod rename;
mod selection;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lastwrites_recovered_offsets::Document;
use lastwrites_types::Uuid;

pub use decide::{Decision, PartitionFacts, Wish, decide};
pub use facts::{ClusterFacts, GroupFacts, Kind, Unanswered};
pub use options::{Allow, MissingPolicy, Options, RangePolicy};
pub use reason::{Reason, Verdict};
pub use selection::{SelectionError, targets};
pub use text::to_text;

pub(crate) use down::Down;
pub(crate) use epoch::{EpochFacts, leader_epoch};

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
    look_at(client, document, options, &errands, THREADS, &Down::default(), progress)
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
    down: &Down,
) -> Result<Plan, PlanError> {
    let errands = selection::errands(document, options)?;
    let errands: Vec<Errand<'_>> = errands.into_iter().filter(|e| targets.contains(e.target)).collect();
    look_at(client, document, options, &errands, 1, down, &())
}

fn look_at(
    client: &dyn CoordinatorClient,
    document: &Document,
    options: &Options,
    errands: &[Errand<'_>],
    threads: usize,
    down: &Down,
    progress: &dyn Progress,
) -> Result<Plan, PlanError> {
    let topics: BTreeSet<String> =
        errands.iter().flat_map(|e| group_plan::topics(e.source, options)).collect();
    let renames = errands.iter().any(|e| e.source.group_id.as_bytes() != e.target.as_bytes());
    let mut cluster = gather::cluster(client, &topics, renames, down)?;
    let wishes: Vec<BTreeMap<Partition, Wish<'_>>> =
        errands.iter().map(|e| group_plan::wishes(e.source, options, &cluster)).collect();
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
    let whole = document_rules(document, &cluster, options);
    let pairs: Vec<(&Errand<'_>, &BTreeMap<Partition, Wish<'_>>)> = errands.iter().zip(&wishes).collect();
    progress.start(pairs.len());
    let groups = parallel::map(&pairs, threads, |(errand, wishes)| {
        let asked: Vec<Partition> =
            wishes.keys().filter(|p| cluster.cluster.partition(p).is_some()).cloned().collect();
        let facts =
            gather::group(client, &plain(&errand.source.group_id), errand.target, &asked, &cluster, down);
        let plan = group_plan::decide_group(errand, wishes, &facts, &cluster, options, whole.as_ref());
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
    down: &Down,
) -> Result<(ClusterFacts, Vec<Examined>), ClientError> {
    let mut cluster = gather::cluster(client, topics, false, down)?;
    let here: Vec<Partition> =
        partitions.iter().filter(|p| cluster.cluster.partition(p).is_some()).cloned().collect();
    gather::logs(client, &mut cluster, &here, epochs)?;
    let groups: Vec<(&str, Vec<Partition>)> = groups.collect();
    let facts = parallel::map(&groups, THREADS, |(group, partitions)| {
        let facts = gather::group(client, group, group, partitions, &cluster, down);
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
