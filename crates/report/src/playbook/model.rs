//! What a playbook consists of. Terminal and JSON render it and decide nothing.

use lastwrites_types::ByteText;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The repair of one partition's coordinator shard.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Playbook {
    /// Partition of `__consumer_offsets`.
    pub partition: i32,
    /// The release and coordinator the verdicts are for, such as `4.1.0/new`.
    pub rules: String,
    /// The release whose rules these are, where the one asked for has none of its own; `null` where it has.
    pub checked_as: Option<String>,
    /// True where the release was not given but taken from the evidence.
    pub rules_assumed: bool,
    /// Why that one. The terminal says it.
    #[serde(skip)]
    pub assumed: Assumed,
    /// The broker that leads the partition now.
    pub leader: i32,
    /// The replicas in their order, preferred leader first.
    pub replicas: Vec<i32>,
    /// Groups of this partition, as found on disk.
    pub groups: Vec<ByteText>,
    /// What is wrong with the leader's copy.
    pub trouble: Trouble,
    /// Whether moving the leader can heal the shard.
    pub possible: bool,
    /// Why, or why not.
    pub why: String,
    /// Every replica, in the replica list's order.
    pub brokers: Vec<Broker>,
    /// What to do, in order; empty where nothing can be done with a move.
    pub steps: Vec<Step>,
    /// Whether the group has to be deleted.
    pub deletion: Deletion,
    /// Other ways out.
    pub instead: Vec<String>,
    /// Files the commands read.
    pub files: Vec<PlannedFile>,
}

/// Why a release was assumed, by all copies here, whoever's they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumed {
    /// The newest on which a copy fails.
    CopyFails,
    /// The newest that a race with the cleaner makes fail.
    RaceFails,
    /// The newest known: nothing fails.
    NothingFails,
}

/// What the leader's copy suffers from, on the release in question.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Trouble {
    /// `none`, `race`, `on-disk`, or `unknown` without a whole copy of the leader's.
    #[schemars(schema_with = "crate::schema::words::trouble")]
    pub kind: &'static str,
    /// Offset of the record that fails; `null` where nothing fails.
    pub offset: Option<i64>,
    /// The innermost exception's text; `null` where nothing fails.
    pub error: Option<String>,
    /// Candidates in Kafka's issue tracker.
    pub issues: Vec<&'static str>,
    /// The first later release on which the leader's copy loads and no race fails; `null` for none. One with the fix of
    /// KAFKA-19862 comes before those without.
    pub upgrade_to: Option<String>,
    /// All such releases that are known, in words. The ways out say it in JSON.
    #[serde(skip)]
    pub upgrades: String,
    /// True for a race where the copy, or the originals of its cleaned segments, load on this release: at rest the log
    /// loads. The texts say it in JSON.
    #[serde(skip)]
    pub at_rest_loads: bool,
}

impl Trouble {
    /// True for what looks like a race and may be on the disk to stay.
    pub(super) fn is_unproven_race(&self) -> bool {
        self.kind == "race" && !self.at_rest_loads
    }
}

/// One replica.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Broker {
    /// Broker id.
    pub broker_id: i32,
    /// The copy that was judged; `null` where none is here.
    pub copy: Option<String>,
    /// Its verdict.
    pub verdict: CopyVerdict,
    /// Why the copy does not tell how the broker's own log loads; `null` where it does, fails, or is not here.
    pub incomplete: Option<String>,
    /// Offset of the record that fails; `null` where it loads.
    pub offset: Option<i64>,
    /// The innermost exception's text; `null` where it loads.
    pub error: Option<String>,
    /// What its start on this copy cuts from the committed offsets (LW121), as a sentence without its end; `None` for
    /// nothing. The steps say it in JSON.
    #[serde(skip)]
    pub start_cuts: Option<String>,
    /// Kinds of races with the cleaner that would fail on this copy.
    pub races: usize,
    /// Place in the order of trial, from 1; `null` for the leader, for copies that fail, and where no move can help.
    pub place: Option<usize>,
}

/// What a broker would make of its own copy.
#[derive(Serialize, JsonSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum CopyVerdict {
    /// It loads.
    Loads,
    /// It fails, or loads without its groups.
    Fails,
    /// The copy is not here, or it is incomplete: it loads only as far as it goes.
    Unknown,
}

/// One step.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// What is done.
    pub title: String,
    /// Why; may be empty.
    pub why: String,
    /// Shell commands, in order.
    pub commands: Vec<String>,
    /// What must be seen to go on with the next step.
    pub go_on_if: String,
    /// What means that it is over; empty where nothing does.
    pub stop_if: String,
}

/// Whether the group must be deleted, and why.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct Deletion {
    /// True where nothing but deleting makes the leader's own copy load again some day.
    pub needed: bool,
    /// Why.
    pub why: String,
}

/// A file the commands read.
#[derive(Serialize, JsonSchema, Debug, Clone)]
pub struct PlannedFile {
    /// File name.
    pub name: String,
    /// Its JSON.
    pub content: Value,
}
