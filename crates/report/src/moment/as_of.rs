//! The report as of a moment: each copy's log is cut there and replayed, what the copies know is put together, and what the
//! cleaner may have taken is said to be unknown.
//!
//! The logs are read three times: whole, as only their ends tell how the copies stand to each other and which bytes are
//! damaged; for the names of all keys; and up to the moment.

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::state::replay;
use lastwrites_evidence::{Evidence, PartitionCopy, SegmentKind, ViewKind};

use super::AsOf;
use super::answers::{Member, add_forked, all_keys, put_together};
use super::captured::later_than_captured;
use super::group_objects;
use super::keys::keys_of;
use super::panel::{Panel, cut_of, layout_then};
use super::unknown::Prefix;
use crate::applications::beyond_offsets;
use crate::build::{
    BuildError, ReadFrom, Replayed, Surroundings, add_lag, add_transactions, group_reports, load,
    mark_outdated, mirror_maker, offsets_partitions, replica_report,
};
use crate::findings::{self, Code, Finding, moment_findings, torn_copy};
use crate::merge::{Role, Standing};
use crate::model::{AsOfReport, CutReport, Load, PartitionReport, ReplicaReport, Report};
use crate::options::Options;
use crate::terminal::{counted, grouped, moment};

/// Replays the copies of every partition up to the moment.
pub(super) fn report_as_of(
    evidence: &Evidence,
    options: &Options,
    as_of: AsOf,
    progress: &Progress,
) -> Result<Report, BuildError> {
    let evidence = &of_partition(evidence, as_of);
    let mut read = Replayed::of(evidence, options, progress)?;
    let mut made = read.report(evidence, options);
    let then = layout_then(evidence, as_of, options.read);
    let keys = keys_of(&read.copies, &read.opened, options, progress)?;
    let mut cuts = read.opened.cut(&read.copies, as_of, options);
    for ((cut, ends), whole) in cuts.iter_mut().zip(&read.ends).zip(&read.states) {
        if let AsOf::Offset { offset, .. } = as_of
            && whole.continuity.next == Some(offset)
            && ends.goes_on()
        {
            // Behind its copy's end the log went on: the moment cuts it exactly there.
            cut.offset = cut.offset.or(Some(offset));
        }
    }
    let mut panels = Vec::new();
    let mut recut = Vec::new();
    for set in 0..read.reading.sets.len() {
        let standings = Standing::of(&read.brokers(set));
        let panel = Panel::of(&standings, &cuts, offsets_partitions(then.as_ref()));
        // A copy whose cleaner took the first later batch is cut where that stood.
        let members = || panel.members.iter().filter_map(|at| standings.get(*at));
        if let Some(first) = members().filter_map(|member| cut_of(member, &cuts)).min() {
            recut.extend(
                members().filter(|member| cut_of(member, &cuts) != Some(first)).map(|one| (one.index, first)),
            );
        }
        panels.push(panel);
    }
    for (index, offset) in recut {
        read.opened.cut_at(&read.copies, index, offset, &mut cuts, options);
    }
    let mut states = replay(&read.opened.files, &read.opened.ranges, &options.profile, progress)?;
    for (((ends, whole), state), cut) in read.ends.iter().zip(&read.states).zip(&mut states).zip(&cuts) {
        // A copy that ends before the moment and lacks its end lacks what came before the moment.
        if cut.offset.zip(whole.continuity.next).is_none_or(|(cut, end)| end < cut) {
            ends.hurt(&mut state.continuity);
            made.findings.extend(ends.finding.clone());
        }
    }
    for set in &read.reading.sets {
        let of_set: Vec<usize> =
            set.read().filter_map(|at| read.reading.copies.binary_search(&at).ok()).collect();
        // Logs that end before the moment tell of it what copies of their kind can: those of brokers in sync then have all that
        // was acknowledged.
        if of_set.iter().all(|at| cuts.get(*at).is_some_and(|cut| cut.offset.is_none())) {
            made.findings.extend(mark_outdated(
                &read.copies,
                &mut states,
                &of_set,
                then.as_ref().or(read.layout.as_ref()),
            ));
        }
    }

    let mut told = AsOfReport::of(as_of);
    for (number, (set, panel)) in read.reading.sets.iter().zip(&panels).enumerate() {
        let standings = Standing::of(&read.brokers(number));
        let context = read.context(set.partition, options);
        let member = |at: &usize| {
            let standing = standings.get(*at)?;
            let (state, cut) = (states.get(standing.index)?, cuts.get(standing.index)?);
            let strict =
                options.view.is_some_and(|view| !matches!(view, ViewKind::AsFound | ViewKind::Merged))
                    || torn_copy(standing.copy, standing.state).is_some()
                    || standing
                        .copy
                        .files
                        .iter()
                        .any(|file| matches!(file.kind, SegmentKind::Cleaned | SegmentKind::Swap));
            let around = Surroundings::of(standing.copy, standing.index, state.continuity);
            let ends = read.ends.get(standing.index)?;
            let reached = reached(standing.copy, standing.end).max(ends.reached);
            let profile = &options.profile;
            // A console consumer prints no times of records.
            let timeless = matches!(as_of, AsOf::Time(_)) && !standing.copy.tells_transactions();
            Some(Member { prefix: Prefix { state, cut, strict, profile, timeless, reached }, around })
        };
        let members: Vec<Member<'_>> = panel.members.iter().filter_map(member).collect();
        let (Some(first), Some(chosen)) =
            (members.first(), panel.members.first().and_then(|at| standings.get(*at)))
        else {
            continue;
        };
        let mut groups = group_reports(first.prefix.state, &first.around, &context);
        let known = panel.members.iter().filter_map(|at| keys.get(standings.get(*at)?.index));
        let (unknown, contested) = put_together(&mut groups, &members, &all_keys(known), &context);
        let mut forked = Vec::new();
        for (at, parted_at) in &panel.forked {
            let values = member(at).map_or(0, |apart| add_forked(&mut groups, &apart, *parted_at, &context));
            forked.push((*at, *parted_at, values));
        }
        let ends = panel.members.iter().filter_map(|at| read.states.get(standings.get(*at)?.index));
        let at_end = ends.flat_map(|state| state.load.groups.iter().map(|(id, _)| &**id));
        let unknown_groups = group_objects::settle(&mut groups, &members, at_end, &context);
        // What is left of a log that lacks records loads otherwise than the log of that moment did.
        let whole = first.prefix.is_complete() || first.prefix.is_whole_log();
        let profile = whole.then_some(&options.profile);
        made.findings.extend(moment_findings(chosen.copy, first.prefix.state, &groups, profile));
        made.findings.extend(standings.iter().filter_map(|one| torn_copy(one.copy, one.state)));
        made.findings.extend(findings_of(chosen, &members, (unknown, unknown_groups), contested));
        made.findings.extend(who_answered(&standings, panel, &forked));
        let bound_ms = match as_of {
            AsOf::Time(asked) => Some(asked),
            AsOf::Offset { .. } => first.prefix.state.counts.max_timestamp,
        };
        let from = ReadFrom { evidence, copies: &read.copies, metadata: read.metadata(), as_of_ms: bound_ms };
        made.findings.extend(add_transactions(&mut groups, from, options, progress)?);
        made.partitions.push(PartitionReport {
            partition: set.partition,
            load: if whole { load(chosen.copy, first.prefix.state) } else { Load::UNKNOWN },
            replicas: replicas(&standings, panel),
        });
        told.cuts.push(CutReport {
            partition: set.partition,
            offset: first.prefix.cut.offset,
            complete: unknown + unknown_groups == 0 && is_exact(&members),
            damaged: members.iter().all(|member| member.prefix.is_damaged()),
            copies: members.iter().map(|member| member.around.index).collect(),
        });
        made.groups.extend(groups);
    }
    made.as_of = Some(told);
    made.findings.extend(later_than_captured(evidence, as_of));
    made.findings.extend(read.assumed(&made));
    made.findings.extend(mirror_maker(evidence, &made.groups));
    made.findings.extend(beyond_offsets(&made.groups));
    let doubts = add_lag(&mut made.groups, evidence, &read.copies, read.metadata(), options.read);
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

/// Offset that a log is known to have reached, whatever is left of it; `end` is that of its last record.
fn reached(copy: &PartitionCopy, end: i64) -> i64 {
    let checkpoints = &copy.checkpoints;
    let known = [checkpoints.high_watermark, checkpoints.log_start_offset, checkpoints.first_dirty_offset];
    let segments = copy.log_files().map(|(_, file)| file.base_offset);
    let epochs = copy.leader_epochs.iter().map(|entry| entry.start_offset);
    let reached = segments.chain(epochs).chain(known.into_iter().flatten()).max().unwrap_or(0);
    // Of a log without a record only a checkpoint tells that it never had one.
    let nothing_told = end <= 0 && checkpoints.high_watermark.is_none();
    reached.max(i64::from(nothing_told))
}

/// Every answer is exact: some copy has all that lay before the moment, or the log whose moment it is ends before it.
fn is_exact(members: &[Member<'_>]) -> bool {
    members.iter().any(|member| member.prefix.is_complete())
        || members.first().is_some_and(|first| first.prefix.is_at_end())
}

/// How the copies stand to the first of those that answer.
fn replicas(standings: &[Standing<'_>], panel: &Panel) -> Vec<ReplicaReport> {
    let answering = panel.members.iter().enumerate().filter_map(|(number, at)| {
        let role = if number == 0 { Role::Reference } else { Role::InSync };
        Some(ReplicaReport { role, ..replica_report(standings.get(*at)?) })
    });
    let forked = panel.forked.iter().filter_map(|(at, parted_at)| {
        let standing = standings.get(*at)?;
        Some(ReplicaReport { role: Role::Forked, agrees_to: *parted_at, ..replica_report(standing) })
    });
    let short = panel.short.iter().filter_map(|at| Some(replica_report(standings.get(*at)?)));
    answering.chain(forked).chain(short).collect()
}

fn findings_of(
    chosen: &Standing<'_>,
    members: &[Member<'_>],
    (offsets, groups): (usize, usize),
    contested: usize,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let cut = members.first().and_then(|first| first.prefix.cut.offset);
    let placed = |finding: Finding| finding.in_partition(chosen.copy.partition).at_offset(cut);
    if offsets + groups > 0 || !is_exact(members) {
        let message = format!(
            "the log before this moment was compacted or damaged: {} unknown, type, state and members of {} are \
             unknown, and groups that were gone since, and what transactions that were open then would commit, may \
             not be named at all",
            counted(offsets, "offset is", "offsets are"),
            counted(groups, "group", "groups")
        );
        found.push(placed(Finding::new(Code::CompactedMoment, message)));
    }
    if contested > 0 {
        let message = format!(
            "copies that hold the same log disagree on {} as of this moment: the later record is shown, with the other \
             beside it",
            counted(contested, "offset", "offsets")
        );
        found.push(placed(Finding::new(Code::ContestedOffsets, message)));
    }
    if let Some(stray) = members.iter().filter_map(|member| member.prefix.cut.stray).min() {
        let message = format!(
            "clocks ran backwards: the batch at offset {} lies behind the cut and has an earlier time",
            grouped(stray)
        );
        found.push(placed(Finding::new(Code::ClockBackwards, message)));
    }
    found
}

/// Says whose copies answered, and what became of the others; `forked` with the values each has behind its fork.
fn who_answered(
    standings: &[Standing<'_>],
    panel: &Panel,
    forked: &[(usize, i64, usize)],
) -> Option<Finding> {
    let chosen = standings.get(*panel.members.first()?)?;
    if standings.len() < 2 {
        return None;
    }
    let named = |at: &usize| standings.get(*at).map(|one| crate::merge::broker(one.copy));
    let list = |places: &[usize]| places.iter().filter_map(named).collect::<Vec<_>>().join(", ");
    let mut words = format!(
        "for this moment answers the copy of {} ({})",
        crate::merge::broker(chosen.copy),
        if panel.led { "it led then, says the metadata" } else { "the cluster went on with its history" }
    );
    if let Some(others @ [_, ..]) = panel.members.get(1..) {
        words.push_str(&format!(", and where its cleaner took records: {}", list(others)));
    }
    if chosen.role == Role::Forked {
        words.push_str(&format!(
            "; what it wrote from offset {} on the cluster lost later",
            grouped(chosen.agreed_to)
        ));
    }
    for (at, parted_at, values) in forked {
        words.push_str(&format!(
            "; {} had gone another way at offset {}, its {} shown as alternatives",
            named(at).unwrap_or_default(),
            grouped(*parted_at),
            counted(*values, "value is", "values are")
        ));
    }
    if !panel.short.is_empty() {
        words.push_str(&format!("; left aside, as it ends before: {}", list(&panel.short)));
    }
    Some(Finding::new(Code::SeveralCopies, words).in_partition(chosen.copy.partition))
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
