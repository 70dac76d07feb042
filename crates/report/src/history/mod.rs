//! What happened to each group, record by record: commits, transactions, deletions, members, assignments.
//!
//! Streams like [`crate::log_rows`], from the same reader: strictly in log order, a settled transaction at its marker.
//! Memory holds one entry a live key, the group objects, and the commits of transactions open at one moment.

mod group_event;
mod groups;
mod hole;
mod json;
mod offsets;
mod out;
mod place;
mod plan;
mod text;
mod topics;

use std::collections::BTreeSet;
use std::convert::Infallible;

use lastwrites_coordinator::fold::Damage;
use lastwrites_coordinator::load::OffsetSemantics;
use lastwrites_coordinator::pass::Progress;
use lastwrites_evidence::{
    ClusterMetadata, Evidence, OtherPartition, PartitionCopy, TopicLogs, cluster_metadata,
};
use lastwrites_types::{ByteText, group_to_partition};

use crate::build::{BuildError, DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS, TopicNames, path_text};
use crate::findings::{self, Finding};
use crate::health::{HealthContext, Watch};
use crate::ledger::Ledger;
use crate::log_events::{LogEvent, Source, StreamError, StreamTotals, TakeEvents, Wanted, read_events};
use crate::moment::AsOf;
use crate::offset_keys::OffsetKeys;
use crate::options::Options;
use crate::rows::HistoryRow;
use groups::GroupStory;
use hole::Holes;
pub(crate) use json::Line;
pub use json::write_json;
use offsets::OffsetStory;
use out::Out;
use place::Placed;
use plan::BatchPlan;
pub use text::write_text;
use topics::Topics;

/// What is asked of a history.
#[derive(Clone, Debug)]
pub struct HistoryQuestion {
    /// Only these groups; `None` for all.
    pub groups: Option<BTreeSet<Vec<u8>>>,
    /// Up to this moment; `None` for the end of the log.
    pub as_of: Option<AsOf>,
    /// Only events at this time or later, ms since 1970.
    pub since_ms: Option<i64>,
    /// How long a broker keeps offsets (`offsets.retention.minutes`), ms.
    pub retention_ms: i64,
}

impl HistoryQuestion {
    /// All of it: every group, from the log's start to its end.
    pub const ALL: Self =
        Self { groups: None, as_of: None, since_ms: None, retention_ms: DEFAULT_RETENTION_MS };
}

/// What a history comes to beside its rows.
#[derive(Debug)]
pub struct HistoryTold {
    /// What the run met.
    pub totals: StreamTotals,
    /// How the groups fared ([`Code`](crate::findings::Code) LW213 to LW217).
    pub findings: Vec<Finding>,
}

/// Gives `sink` one row per event, copy by copy in log order.
///
/// # Errors
/// When nothing can be read or the sink fails. Damage is counted and skipped.
pub fn history<E>(
    evidence: &Evidence,
    options: &Options,
    question: &HistoryQuestion,
    progress: &Progress,
    sink: impl FnMut(&HistoryRow<'_>) -> Result<(), E>,
) -> Result<HistoryTold, StreamError<E>> {
    let metadata = cluster_metadata(evidence, None, options.read);
    let names = topic_names(evidence, metadata.as_ref());
    let mut writer = Historian {
        options,
        names: &names,
        offsets: OffsetStory { retention_ms: question.retention_ms, topics: Topics::new(metadata.as_ref()) },
        story: None,
        topics: TopicLogs::of(evidence, metadata.as_ref().map(|metadata| &metadata.image), options.read),
        findings: Vec::new(),
        asked: question.groups.as_ref(),
        since_ms: question.since_ms.unwrap_or(i64::MIN),
        sink,
        rows: 0,
    };
    let wanted = Wanted::Everything(question.groups.as_ref());
    let totals = read_events(evidence, options, question.as_of, wanted, progress, &mut writer)?;
    let mut findings = writer.findings;
    findings::sort(&mut findings);
    Ok(HistoryTold { totals: StreamTotals { rows: writer.rows, ..totals }, findings })
}

/// The findings of a history of all groups; `look` sees its rows.
///
/// # Errors
/// When nothing can be read.
pub(crate) fn how_groups_fared(
    evidence: &Evidence,
    options: &Options,
    progress: &Progress,
    mut look: impl FnMut(&HistoryRow<'_>),
) -> Result<Vec<Finding>, BuildError> {
    let sink = |row: &HistoryRow<'_>| {
        look(row);
        Ok::<(), Infallible>(())
    };
    match history(evidence, options, &HistoryQuestion::ALL, progress, sink) {
        Ok(told) => Ok(told.findings),
        Err(StreamError::Build(error)) => Err(error),
        Err(StreamError::Sink(never)) => match never {},
    }
}

/// Names of topics by id, from `partition.metadata` beside the offsets topic and from the cluster's metadata.
fn topic_names(evidence: &Evidence, metadata: Option<&ClusterMetadata>) -> TopicNames {
    let named = |other: &OtherPartition| Some((other.topic_id?, ByteText::from(other.topic.as_str())));
    let known = metadata.into_iter().flat_map(|metadata| &metadata.image.topics);
    let known = known.map(|(id, topic)| (*id, topic.name.clone()));
    evidence.other_partitions.iter().filter_map(named).chain(known).collect()
}

/// One copy as its log goes by.
struct Story<'a> {
    keys: OffsetKeys,
    ledger: Ledger,
    groups: GroupStory<'a>,
    watch: Watch,
    holes: Holes,
}

/// Turns the events of a run into rows.
struct Historian<'a, F> {
    options: &'a Options,
    names: &'a TopicNames,
    offsets: OffsetStory<'a>,
    /// The copy being read.
    story: Option<Story<'a>>,
    topics: TopicLogs<'a>,
    findings: Vec<Finding>,
    /// Groups asked for; `None` for all.
    asked: Option<&'a BTreeSet<Vec<u8>>>,
    since_ms: i64,
    sink: F,
    rows: u64,
}

impl<E, F: FnMut(&HistoryRow<'_>) -> Result<(), E>> TakeEvents<E> for Historian<'_, F> {
    fn unit(&mut self, copy: &PartitionCopy, events: Vec<LogEvent>) -> Result<(), E> {
        let profile = &self.options.profile;
        let name = path_text(&copy.path);
        let source = Source { copy, name: &name };
        let all_groups = self.asked.is_none();
        let Story { keys, ledger, groups, watch, holes } = self.story.get_or_insert_with(|| Story {
            keys: OffsetKeys::default(),
            ledger: Ledger::new(OffsetSemantics::of(&profile.rules)),
            groups: GroupStory::new(profile, self.names),
            watch: Watch::default(),
            holes: Holes::new(all_groups),
        });
        let Self { sink, rows, offsets, since_ms, .. } = self;
        let written: Vec<_> = events.iter().filter_map(LogEvent::key).collect();
        let mut numbers = keys.numbers(&written).into_iter();
        // A batch never crosses units.
        let same_batch = |a: &LogEvent, b: &LogEvent| a.at().place.position == b.at().place.position;
        let batches = events.chunk_by(same_batch).map(|batch| (batch.len(), BatchPlan::of(batch)));
        let batches: Vec<_> = batches.collect();
        let mut events = events.into_iter();
        let mut out = Out { keys, watch, holes, source, since_ms: *since_ms, sink, rows };
        for (length, plan) in batches {
            groups.begin(plan);
            for event in events.by_ref().take(length) {
                let at = *event.at();
                if !matches!(event, LogEvent::Damage { .. } | LogEvent::Readable { .. }) {
                    out.watch.record(&at);
                }
                match event {
                    LogEvent::Write(write) => {
                        let Some(key) = numbers.next() else { continue };
                        let mut emit = |key: Option<u32>, row: &HistoryRow<'_>| out.row(&at, key, row);
                        offsets.write(source, key, write, ledger, groups, &mut emit)?;
                    }
                    LogEvent::Marker { at, committed } => {
                        let placed = Placed::new(source, &at);
                        let mut emit = |key: Option<u32>, row: &HistoryRow<'_>| out.row(&at, key, row);
                        offsets.marker(&placed, committed, at.producer_id, ledger, &mut emit)?;
                    }
                    LogEvent::Damage { damage: Damage::Unsure, .. } => {
                        // Nothing is given up here.
                        let _none = ledger.damage(Damage::Unsure);
                    }
                    LogEvent::Damage { at, damage: Damage::Lost, no_file } => {
                        out.holes.begin(source, &at, no_file);
                    }
                    LogEvent::Readable { at } => out.readable(Some(&at), offsets, ledger)?,
                    LogEvent::Group { at, group_id, change } => {
                        let placed = Placed::new(source, &at);
                        let doubted = out.holes.doubts_group(&group_id, change.member_id());
                        for event in groups.record(&group_id, &change) {
                            out.group(&at, &placed.group_event(&group_id, &event), doubted)?;
                        }
                    }
                    LogEvent::Unknown { at, group_id, record_type, error } => {
                        let detail = place::unknown(record_type, error);
                        let placed = Placed::new(source, &at);
                        out.group(&at, &placed.unknown(group_id.as_deref(), &detail), false)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Neither transactions nor groups cross copies.
    fn end_of_copy(&mut self, copy: &PartitionCopy) -> Result<(), E> {
        if let Some(mut story) = self.story.take() {
            let name = path_text(&copy.path);
            let Story { keys, ledger, watch, holes, .. } = &mut story;
            let Self { sink, rows, offsets, since_ms, .. } = self;
            let source = Source { copy, name: &name };
            let mut out = Out { keys, watch, holes, source, since_ms: *since_ms, sink, rows };
            out.readable(None, offsets, ledger)?;
            // A group that lives here and isn't seen may have been in what is lost.
            let lives_here = |id: &Vec<u8>| group_to_partition(id, DEFAULT_PARTITIONS) == copy.partition;
            if copy.partition.is_none() || self.asked.is_none_or(|asked| asked.iter().any(lives_here)) {
                let unseen = out.holes.begin_story();
                out.lost(unseen)?;
            }
            let context =
                HealthContext { copy, keys: &story.keys, topics: &self.topics, since_ms: self.since_ms };
            self.findings.extend(story.watch.findings(&context));
        }
        Ok(())
    }
}
