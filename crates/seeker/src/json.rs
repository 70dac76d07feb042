//! Everything this program prints as JSON, as the types that are serialized; `docs/json-schema.md` is made of them.
//!
//! Absent is `null` unless a field says that it is left out.

use lastwrites_types::Uuid;
use lastwrites_types::schema::one_of;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::apply::{GroupOutcome, RollbackDocument};
use crate::capture::{CopyFacts, Manifest, NEVER, Outcome, PartitionFacts};
use crate::client::{CommittedOffset, ErrorCode};
use crate::plan::{GroupPlan, PartitionPlan, Plan, Reason};
use crate::rollback::{GroupSteps, Step};
use crate::verify::{Compared, ComparedGroup};

/// What would be written, and why not.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Plan")]
pub struct PlanForm {
    /// The cluster that was looked at; `null` where its brokers do not say.
    pub cluster_id: Option<String>,
    /// The cluster the document is from; `null` where it does not say.
    pub document_cluster_id: Option<String>,
    /// Doubts about all of it.
    pub warnings: Vec<ReasonForm>,
    /// Partitions by verdict.
    pub totals: TotalsForm,
    /// The groups, in the document's order.
    pub groups: Vec<GroupForm>,
}

/// Partitions by verdict.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Totals")]
pub struct TotalsForm {
    /// To be written.
    pub commit: usize,
    /// Already as wanted.
    pub already_there: usize,
    /// Left alone.
    pub leave: usize,
    /// Refused.
    pub refuse: usize,
}

/// One group of a plan.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "GroupPlan")]
pub struct GroupForm {
    /// The group's id in the document.
    pub group_id: String,
    /// The group that would be written to.
    pub target: String,
    /// Its type on the cluster: `none`, `classic`, `consumer`, `share`, `streams`, or the cluster's own word.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its state as the cluster says; empty where it could not be asked.
    pub state: String,
    /// Its coordinator; `null` where none answers.
    pub coordinator: Option<BrokerForm>,
    /// The partition of `__consumer_offsets` it maps to; `null` where that can't be told.
    pub offsets_partition: Option<i32>,
    /// Why nothing of it may be written; empty where something may.
    pub refusals: Vec<ReasonForm>,
    /// Doubts.
    pub warnings: Vec<ReasonForm>,
    /// Its partitions, by topic and number.
    pub partitions: Vec<PartitionForm>,
}

/// A broker as clients reach it.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Coordinator")]
pub struct BrokerForm {
    /// Broker id.
    pub broker_id: i32,
    /// Host.
    pub host: String,
    /// Port.
    pub port: i32,
}

/// One partition of a plan.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "PartitionPlan")]
pub struct PartitionForm {
    /// Topic.
    pub topic: String,
    /// The topic's id; `null` from brokers that have none.
    pub topic_id: Option<Uuid>,
    /// Partition.
    pub partition: i32,
    /// What the group has; `null` where it has nothing or could not be asked.
    pub present: Option<CommitForm>,
    /// Kafka's error code of that question; `null` where it was answered or not asked.
    pub present_error: Option<i16>,
    /// The document's offset; `null` where it has none for this partition.
    pub recovered: Option<i64>,
    /// What would be written; `null` where nothing is.
    pub set_to: Option<CommitForm>,
    /// First offset of the log; `null` where the leader did not say.
    pub earliest: Option<i64>,
    /// End of the log; `null` where the leader did not say.
    pub latest: Option<i64>,
    /// The partition's leader epoch; `null` where the cluster does not say.
    pub leader_epoch: Option<i32>,
    /// Records behind what the group has; `null` where either end is not known.
    pub lag_before: Option<i64>,
    /// Records behind what would be written; `null` where either end is not known.
    pub lag_after: Option<i64>,
    /// What shall happen.
    #[schemars(schema_with = "verdicts")]
    pub verdict: &'static str,
    /// Why it is left alone or refused; `null` otherwise.
    pub reason: Option<ReasonForm>,
    /// Doubts.
    pub warnings: Vec<ReasonForm>,
}

fn verdicts(_: &mut SchemaGenerator) -> Schema {
    one_of(&["commit", "already there", "leave", "refuse"])
}

/// A refusal or a doubt.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Refusal")]
pub struct ReasonForm {
    /// Stable kebab-case word.
    pub code: &'static str,
    /// What is wrong and what to do about it.
    pub text: String,
}

/// An offset with all that is committed with it.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Commit")]
pub struct CommitForm {
    /// The next offset to read.
    pub offset: i64,
    /// Leader epoch of the record before it; `null` stands for -1.
    pub leader_epoch: Option<i32>,
    /// The consumer's own text, usually empty.
    pub metadata: String,
}

/// What `apply --execute` did.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Applied")]
pub struct ApplyForm {
    /// The plan it went by.
    pub plan: PlanForm,
    /// Where what the groups had before is kept; `null` where nothing had to be written.
    pub rollback_file: Option<String>,
    /// The log of changing requests; left out where nothing had to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_log: Option<String>,
    /// What became of each group; empty where nothing had to be written.
    pub groups: Vec<OutcomeForm>,
}

/// What became of a group.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "GroupOutcome")]
pub struct OutcomeForm {
    /// The group that was written to.
    pub group_id: String,
    /// Its partitions.
    pub partitions: Vec<PartitionOutcomeForm>,
}

/// What became of a partition.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "PartitionOutcome")]
pub struct PartitionOutcomeForm {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// What became of it.
    #[schemars(schema_with = "outcome_words")]
    pub outcome: &'static str,
    /// What there is to say beyond the word; empty where it is done.
    pub detail: String,
}

fn outcome_words(_: &mut SchemaGenerator) -> Schema {
    one_of(&["done", "left alone", "not done", "changed by others", "unknown"])
}

/// The way back, and what became of it.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Rollback")]
pub struct RollbackForm {
    /// The steps, by group.
    pub groups: Vec<StepsForm>,
    /// What became of each group; empty without `--execute`.
    pub outcomes: Vec<OutcomeForm>,
}

/// A group's way back.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "GroupSteps")]
pub struct StepsForm {
    /// Group.
    pub group_id: String,
    /// Why nothing of it may be changed; empty where something may.
    pub refusals: Vec<ReasonForm>,
    /// Its partitions.
    pub partitions: Vec<StepForm>,
}

/// A partition's way back.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "RollbackStep")]
pub struct StepForm {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The offset the group has; `null` where it has none or could not be asked.
    pub present: Option<i64>,
    /// The offset it would have again; `null` where it had none.
    pub restore: Option<i64>,
    /// What shall happen.
    #[schemars(schema_with = "ways")]
    pub verdict: &'static str,
    /// Why it is left alone or refused; `null` otherwise.
    pub reason: Option<ReasonForm>,
}

fn ways(_: &mut SchemaGenerator) -> Schema {
    one_of(&["restore", "delete", "already there", "leave", "refuse"])
}

/// A partition as it was written and as it is now. `verify` gives a list of these, `--watch` a line each.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Compared")]
pub struct ComparedForm {
    /// Group.
    pub group_id: String,
    /// Topic; `null` for a group that could not be read.
    pub topic: Option<String>,
    /// Partition; `null` for a group that could not be read.
    pub partition: Option<i32>,
    /// The offset that was written; `null` for a group that could not be read.
    pub written: Option<i64>,
    /// The offset the group has; `null` where it has none or could not be read.
    pub present: Option<i64>,
    /// How they compare.
    #[schemars(schema_with = "comparisons")]
    pub verdict: &'static str,
    /// What there is to say beyond the word; `null` for nothing.
    pub detail: Option<String>,
}

fn comparisons(_: &mut SchemaGenerator) -> Schema {
    one_of(&["same", "changed", "moved on", "moved back", "gone", "unreadable"])
}

/// What one run of `capture` brought.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Captured")]
pub struct CaptureForm<'a> {
    /// The folder.
    pub out: String,
    /// The cluster; `null` where its brokers do not say.
    pub cluster_id: Option<&'a str>,
    /// True when every copy that was asked for is whole.
    pub whole: bool,
    /// The partitions of this run.
    pub partitions: &'a [PartitionFacts],
    /// The copies of this run.
    pub copies: &'a [CopyFacts],
    /// Partitions that nobody could be asked for, and why.
    pub nobody: &'a [String],
    /// What no capture has, because Fetch doesn't serve it.
    pub never: &'static [&'static str],
}

/// A line of the log of changing requests: a request before it is sent, or its answer.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "RequestLine")]
pub struct RequestLine<'a> {
    /// When, ms since 1970.
    pub at_ms: i64,
    /// `OffsetCommit` or `OffsetDelete`; left out in an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'static str>,
    /// The group.
    pub group_id: &'a str,
    /// What the request carries; left out in an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offsets: Option<Vec<RequestedForm>>,
    /// The answer; left out in a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerForm>,
}

/// A partition in a request.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Requested")]
pub struct RequestedForm {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The offset that is committed; left out where one is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Its leader epoch, `null` for -1; left out where an offset is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_epoch: Option<Option<i32>>,
    /// Its metadata; left out where an offset is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

/// An answer. One of three: counted, not sent, or unknown.
#[derive(Serialize, JsonSchema, Debug, Default)]
#[schemars(rename = "Answer")]
pub struct AnswerForm {
    /// Partitions that the coordinator accepted; left out where it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<usize>,
    /// Partitions that it refused; left out where it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Vec<RefusedForm>>,
    /// Why the request was never sent; left out where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_sent: Option<String>,
    /// Why nobody knows whether it was carried out; left out where somebody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_unknown: Option<String>,
}

/// A refused partition.
#[derive(Serialize, JsonSchema, Debug)]
#[schemars(rename = "Refused")]
pub struct RefusedForm {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Kafka's error, code and name.
    pub error: String,
}

impl From<&Plan> for PlanForm {
    fn from(plan: &Plan) -> Self {
        let totals = plan.totals();
        Self {
            cluster_id: plan.cluster_id.clone(),
            document_cluster_id: plan.document_cluster_id.clone(),
            warnings: reasons(&plan.warnings),
            totals: TotalsForm {
                commit: totals.commit,
                already_there: totals.already_there,
                leave: totals.leave,
                refuse: totals.refuse,
            },
            groups: plan.groups.iter().map(GroupForm::from).collect(),
        }
    }
}

impl From<&GroupPlan> for GroupForm {
    fn from(group: &GroupPlan) -> Self {
        let coordinator = group.coordinator.as_ref();
        Self {
            group_id: group.source.clone(),
            target: group.target.clone(),
            kind: group.kind.word().to_owned(),
            state: group.state.clone(),
            coordinator: coordinator.map(|b| BrokerForm {
                broker_id: b.id,
                host: b.host.clone(),
                port: b.port.into(),
            }),
            offsets_partition: group.offsets_partition,
            refusals: reasons(&group.refusals),
            warnings: reasons(&group.warnings),
            partitions: group.partitions.iter().map(PartitionForm::from).collect(),
        }
    }
}

impl From<&PartitionPlan> for PartitionForm {
    fn from(p: &PartitionPlan) -> Self {
        let present = p.present.as_ref().ok().and_then(Option::as_ref);
        Self {
            topic: p.partition.topic.clone(),
            topic_id: p.topic_id,
            partition: p.partition.partition,
            present: present.map(CommitForm::from),
            present_error: p
                .present
                .as_ref()
                .err()
                .filter(|code| **code != ErrorCode::NOT_ASKED)
                .map(|code| code.0),
            recovered: p.wanted,
            set_to: p.set_to.as_ref().map(CommitForm::from),
            earliest: p.earliest,
            latest: p.latest,
            leader_epoch: p.leader_epoch,
            lag_before: present.and_then(|o| p.lag(o.offset)),
            lag_after: p.set_to.as_ref().and_then(|o| p.lag(o.offset)),
            verdict: p.verdict.word(),
            reason: p.verdict.reason().map(ReasonForm::from),
            warnings: reasons(&p.warnings),
        }
    }
}

impl From<&CommittedOffset> for CommitForm {
    fn from(offset: &CommittedOffset) -> Self {
        Self { offset: offset.offset, leader_epoch: offset.leader_epoch, metadata: offset.metadata.clone() }
    }
}

impl From<&Reason> for ReasonForm {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code, text: reason.text.clone() }
    }
}

fn reasons(list: &[Reason]) -> Vec<ReasonForm> {
    list.iter().map(ReasonForm::from).collect()
}

impl From<&GroupOutcome> for OutcomeForm {
    fn from(group: &GroupOutcome) -> Self {
        let partitions = group.partitions.iter().map(|(p, o)| PartitionOutcomeForm {
            topic: p.topic.clone(),
            partition: p.partition,
            outcome: o.word(),
            detail: o.detail(),
        });
        Self { group_id: group.group_id.clone(), partitions: partitions.collect() }
    }
}

impl From<&GroupSteps> for StepsForm {
    fn from(group: &GroupSteps) -> Self {
        let step = |s: &Step| StepForm {
            topic: s.partition.topic.clone(),
            partition: s.partition.partition,
            present: s.present.as_ref().ok().and_then(Option::as_ref).map(|o| o.offset),
            restore: s.restore.as_ref().map(|o| o.offset),
            verdict: s.word(),
            reason: s.verdict.reason().map(ReasonForm::from),
        };
        Self {
            group_id: group.group_id.clone(),
            refusals: reasons(&group.refusals),
            partitions: group.steps.iter().map(step).collect(),
        }
    }
}

impl ComparedForm {
    /// A partition that was read; `difference` says what else is not as written.
    #[must_use]
    pub fn read(group: &str, c: &Compared, difference: Option<String>) -> Self {
        Self {
            group_id: group.to_owned(),
            topic: Some(c.partition.topic.clone()),
            partition: Some(c.partition.partition),
            written: Some(c.expected.offset),
            present: c.present.as_ref().ok().and_then(Option::as_ref).map(|o| o.offset),
            verdict: c.word(),
            detail: c.present.as_ref().err().map(ToString::to_string).or(difference),
        }
    }

    /// A group that could not be read: no partition of it is known.
    #[must_use]
    pub fn unread(group: &ComparedGroup, why: &str) -> Self {
        Self {
            group_id: group.group_id.clone(),
            topic: None,
            partition: None,
            written: None,
            present: None,
            verdict: "unreadable",
            detail: Some(why.to_owned()),
        }
    }
}

impl<'a> CaptureForm<'a> {
    /// What a run brought into the folder `out`.
    #[must_use]
    pub fn new(out: String, outcome: &'a Outcome) -> Self {
        Self {
            out,
            cluster_id: outcome.manifest.cluster_id.as_deref(),
            whole: outcome.is_whole(),
            partitions: &outcome.partitions,
            copies: &outcome.copies,
            nobody: &outcome.nobody,
            never: &NEVER,
        }
    }
}

/// One machine output: name of its schema's file, what prints or writes it, its schema.
pub type Output = (&'static str, &'static str, Schema);

/// Every machine output of this program.
#[must_use]
pub fn outputs() -> Vec<Output> {
    fn output<T: JsonSchema>(name: &'static str, of: &'static str) -> Output {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        schema.insert("title".to_owned(), of.into());
        (name, of, schema)
    }
    vec![
        output::<PlanForm>("seek-plan", "lastwrites-seek plan --json"),
        output::<ApplyForm>("seek-apply", "lastwrites-seek apply --execute --json"),
        output::<RollbackForm>("seek-rollback", "lastwrites-seek rollback --json"),
        output::<ComparedForm>("seek-verify", "an element of lastwrites-seek verify --json"),
        output::<CaptureForm<'_>>("seek-capture", "lastwrites-seek capture --json"),
        output::<RollbackDocument>("seek-rollback-file", "the rollback file of lastwrites-seek apply"),
        output::<RequestLine<'_>>(
            "seek-request-log",
            "a line of the request log of lastwrites-seek apply and rollback",
        ),
        output::<Manifest>("capture", "capture.json of lastwrites-seek capture"),
    ]
}
