//! The report as of a moment: each copy's log is cut there and replayed, and what the cleaner may have taken is said
//! to be unknown.

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::state::replay;
use lastwrites_evidence::{Evidence, PartitionCopy, SegmentKind, ViewKind, cluster_layout, cluster_metadata};
use lastwrites_types::{ByteText, Flag, Flags};

use super::AsOf;
use super::keys::{KeysOfLog, keys_of};
use super::unknown::{Prefix, unknown_keys};
use crate::build::{
    BuildError, Chosen, GroupContext, PartitionCount, Surroundings, Views, add_lag, believed, group_reports,
    load, offsets_partitions, report, topic_names,
};
use crate::findings::{self, Code, Finding};
use crate::model::{AsOfReport, CutReport, GroupReport, OffsetReport, PartitionReport, Report};
use crate::options::Options;
use crate::terminal::{counted, grouped, moment};

/// Replays one copy of every partition up to the moment.
///
/// Copies are not merged here: what a replica lacks at its end says nothing of an earlier moment.
pub(super) fn report_as_of(
    evidence: &Evidence,
    options: &Options,
    as_of: AsOf,
    progress: &Progress,
) -> Result<Report, BuildError> {
    let kind = match options.view {
        None | Some(ViewKind::Merged) => ViewKind::AsFound,
        Some(kind) => kind,
    };
    let options = &Options { view: Some(kind), ..options.clone() };
    let mut evidence = of_partition(evidence, as_of);
    if let AsOf::Time(asked) = as_of {
        // What another broker holds of that moment may be what nobody served then.
        let layout =
            cluster_layout(&evidence, Some(asked), options.read).filter(|known| !known.later_than_asked);
        evidence = believed(&evidence, offsets_partitions(layout.as_ref()));
    }
    let evidence = &evidence;
    let mut made = report(evidence, options, progress)?;
    let chosen = Chosen::of(evidence);
    let copies: Vec<&PartitionCopy> = chosen.used.iter().map(|(_, copy)| *copy).collect();
    let mut opened = Views::open(&copies, kind, options);
    let keys = keys_of(&copies, &opened, options, progress)?;
    let cuts = opened.cut(&copies, as_of, options);
    let states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
    let metadata = cluster_metadata(evidence, None, options.read);
    let names = topic_names(evidence, metadata.as_ref(), &states);
    let count = PartitionCount {
        partitions: made.offsets_topic_partitions.unwrap_or(1),
        assumed: made.offsets_topic_partitions_assumed,
    };

    made.groups.clear();
    made.partitions.clear();
    let mut told = AsOfReport::of(as_of);
    for (index, ((copy, state), cut)) in copies.iter().zip(&states).zip(&cuts).enumerate() {
        let context =
            GroupContext { found_in: copy.partition, profile: &options.profile, count, names: &names };
        let around = Surroundings::of(copy, index, state.continuity);
        let mut groups = group_reports(state, &around, &context);
        let torn = |finding: &Finding| finding.code == Code::TornCopy && finding.partition == copy.partition;
        let strict = kind != ViewKind::AsFound
            || made.findings.iter().any(torn)
            || copy.files.iter().any(|file| matches!(file.kind, SegmentKind::Cleaned | SegmentKind::Swap));
        let prefix = Prefix { state, cut, strict, profile: &options.profile };
        let empty = KeysOfLog::default();
        let unknown = unknown_keys(&prefix, keys.get(index).unwrap_or(&empty));
        let unknown_offsets = unknown.len();
        for (group_id, topic, partition) in unknown {
            mark(&mut groups, &context, &group_id, unknown_offset(&topic, partition));
        }
        made.findings.extend(findings_of(copy, &prefix, unknown_offsets));
        made.partitions.push(PartitionReport {
            partition: copy.partition,
            load: load(state),
            replicas: Vec::new(),
        });
        told.cuts.push(CutReport {
            partition: copy.partition,
            offset: cut.offset,
            complete: prefix.is_complete(),
        });
        made.groups.extend(groups);
    }
    made.as_of = Some(told);
    let doubts = add_lag(&mut made.groups, evidence, &copies, metadata.as_ref(), options.read);
    made.findings.extend(doubts);
    made.groups.sort_by(|a, b| (&a.group_id, a.found_in).cmp(&(&b.group_id, b.found_in)));
    findings::sort(&mut made.findings);
    Ok(made)
}

/// The evidence the moment speaks of.
fn of_partition(evidence: &Evidence, as_of: AsOf) -> Evidence {
    let mut evidence = evidence.clone();
    if let AsOf::Offset { partition, .. } = as_of {
        evidence.copies.retain(|copy| copy.partition == Some(partition));
    }
    evidence
}

/// Puts an unknown offset in its group, which may be unknown, too.
fn mark(groups: &mut Vec<GroupReport>, context: &GroupContext<'_>, group_id: &[u8], offset: OffsetReport) {
    let at = match groups.binary_search_by(|group| group.group_id.as_bytes().cmp(group_id)) {
        Ok(at) => at,
        Err(at) => {
            groups.insert(at, context.report(group_id, None, |_| Vec::new()));
            at
        }
    };
    let Some(group) = groups.get_mut(at) else { return };
    let key = |offset: &OffsetReport| (offset.topic.clone(), offset.partition);
    match group.offsets.binary_search_by_key(&key(&offset), key) {
        Ok(known) => {
            if let Some(known) = group.offsets.get_mut(known) {
                let pending = std::mem::take(&mut known.pending);
                *known = OffsetReport { pending, ..offset };
            }
        }
        Err(place) => group.offsets.insert(place, offset),
    }
}

fn unknown_offset(topic: &[u8], partition: i32) -> OffsetReport {
    let mut flags = Flags::NONE;
    flags.insert(Flag::AsOfUnknown);
    OffsetReport { flags, ..OffsetReport::nothing(ByteText::from(topic), partition) }
}

fn findings_of(copy: &PartitionCopy, prefix: &Prefix<'_>, unknown: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    let placed = |finding: Finding| finding.in_partition(copy.partition).at_offset(prefix.cut.offset);
    if !prefix.is_complete() {
        let message = format!(
            "the log before this moment was compacted or damaged: {} unknown, groups that were gone since may not be \
             named at all, and members of groups are those whose records were left",
            counted(unknown, "offset is", "offsets are")
        );
        found.push(placed(Finding::new(Code::CompactedMoment, message)));
    }
    if let Some(stray) = prefix.cut.stray {
        let message = format!(
            "clocks ran backwards: the batch at offset {} lies behind the cut and has an earlier time",
            grouped(stray)
        );
        found.push(placed(Finding::new(Code::ClockBackwards, message)));
    }
    found
}

impl AsOfReport {
    fn of(as_of: AsOf) -> Self {
        let (ms, offset) = match as_of {
            AsOf::Time(ms) => (Some(ms), None),
            AsOf::Offset { offset, .. } => (None, Some(offset)),
        };
        Self { ms, offset, cuts: Vec::new() }
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.ms, self.offset) {
            (Some(ms), _) => format!("as of {}", moment(ms)),
            (None, Some(offset)) => format!("as of offset {}", grouped(offset)),
            (None, None) => String::new(),
        }
    }
}
