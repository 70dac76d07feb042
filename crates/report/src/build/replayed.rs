//! The copies of a run replayed to their ends, and what every report says of them.

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::state::{CopyState, KeysByGroup, replay};
use lastwrites_evidence::{ClusterMetadata, Evidence, PartitionCopy, ViewKind, cluster_layout};

use super::copies::{copy_report, damage_findings, file_reports, path_text};
use super::ends::{CopyEnds, ends_of};
use super::groups::GroupContext;
use super::lost_files::{know_repeats, know_told, with_empty_end};
use super::members::TopicNames;
use super::out_of_place;
use super::partition_count::PartitionCount;
use super::reading::Reading;
use super::report::{
    BuildError, assumed_count, count_of, known_count, nothing_opened, topic_names, with_empty_files,
};
use super::views::Views;
use crate::diagnose::Asked as AskedRelease;
use crate::findings::{Code, FilesRead, Finding, evidence_findings};
use crate::merge::ReadCopy;
use crate::model::{CopyReport, KeysOfLog, Report};
use crate::options::Options;

/// Copies and what a pass over each to its end has read.
pub(crate) struct ReadToEnd<'e> {
    /// The copies, in the order of the reading.
    pub(crate) copies: Vec<&'e PartitionCopy>,
    /// What was read of each.
    pub(crate) opened: Views,
    /// Each at its end.
    pub(crate) states: Vec<CopyState>,
    /// What each lacks there.
    pub(crate) ends: Vec<CopyEnds>,
}

/// The copies that a report is made of.
pub(crate) struct Replayed<'e> {
    /// Which copies belong together.
    pub(crate) reading: Reading,
    /// The copies, in the order of the report.
    pub(crate) copies: Vec<&'e PartitionCopy>,
    /// What was read of each.
    pub(crate) opened: Views,
    /// Each at its end.
    pub(crate) states: Vec<CopyState>,
    /// What each lacks there.
    pub(crate) ends: Vec<CopyEnds>,
    /// The cluster, where anything tells.
    pub(crate) layout: Option<ClusterMetadata>,
    /// What group ids are mapped by.
    pub(crate) count: PartitionCount,
    /// Names of topics by id.
    pub(crate) names: TopicNames,
}

impl<'e> ReadToEnd<'e> {
    /// Replays one view of the copies of a reading.
    pub(crate) fn of(
        evidence: &'e Evidence,
        reading: &Reading,
        view: ViewKind,
        options: &Options,
        progress: &Progress,
    ) -> Result<Self, BuildError> {
        let copies: Vec<&PartitionCopy> =
            reading.copies.iter().filter_map(|at| evidence.copies.get(*at)).collect();
        let mut opened = Views::open(&copies, view, options);
        nothing_opened(&opened.files)?;
        know_told(&copies, &mut opened.files);
        let mut states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
        if know_repeats(&copies, &mut opened.files, &states, options)? {
            states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
        }
        if out_of_place::in_files(&copies, &mut opened.files, &files_read(&states)) {
            states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
        }
        if out_of_place::at_ends(&copies, &mut opened.files, &files_read(&states), reading) {
            states = replay(&opened.files, &opened.ranges, &options.profile, progress)?;
        }
        for (at, (copy, state)) in copies.iter().zip(&mut states).enumerate() {
            with_empty_files(copy, state);
            with_empty_end(copy, at, &opened.files, &mut state.continuity);
        }
        let of_sets =
            (0..reading.sets.len()).flat_map(|set| ends_of(brokers_of(reading, set, &copies, &states)));
        let mut ends: Vec<(usize, CopyEnds)> = of_sets.collect();
        // Every copy of a reading is in one of its sets.
        ends.sort_by_key(|(index, _)| *index);
        let ends: Vec<CopyEnds> = ends.into_iter().map(|(_, ends)| ends).collect();
        states.iter_mut().zip(&ends).for_each(|(state, ends)| ends.hurt(&mut state.continuity));
        Ok(Self { copies, opened, states, ends })
    }
}

/// The copies of each broker of one set of a reading, as they were read.
pub(crate) fn brokers_of<'a>(
    reading: &Reading,
    set: usize,
    copies: &[&'a PartitionCopy],
    states: &'a [CopyState],
) -> Vec<Vec<ReadCopy<'a, &'a CopyState>>> {
    let read = |at: &usize| {
        let index = reading.copies.binary_search(at).ok()?;
        Some(ReadCopy::replayed(index, copies.get(index)?, states.get(index)?))
    };
    let brokers = reading.sets.get(set).into_iter().flat_map(|set| &set.brokers);
    brokers.map(|series| series.iter().filter_map(read).collect()).collect()
}

impl<'e> Replayed<'e> {
    /// Replays the copies that `options` ask for.
    pub(crate) fn of(
        evidence: &'e Evidence,
        options: &Options,
        progress: &Progress,
    ) -> Result<Self, BuildError> {
        let reading = Reading::of(evidence, options, progress)?;
        let view = options.view.unwrap_or(ViewKind::AsFound);
        let ReadToEnd { copies, opened, states, ends } =
            ReadToEnd::of(evidence, &reading, view, options, progress)?;
        let layout = cluster_layout(evidence, None, options.read);
        let count = known_count(layout.as_ref(), &copies)
            .unwrap_or_else(|| count_of(evidence, &copies, &states, options));
        let names = topic_names(evidence, layout.as_ref(), &states);
        Ok(Self { reading, copies, opened, states, ends, layout, count, names })
    }

    /// The cluster's own metadata: it names every topic.
    pub(crate) fn metadata(&self) -> Option<&ClusterMetadata> {
        self.layout.as_ref().filter(|layout| layout.names_every_topic())
    }

    /// A report of the copies, without their groups.
    pub(crate) fn report(&self, evidence: &Evidence, options: &Options) -> Report {
        let mut report = Report {
            view: self.reading.view(options.view),
            rules: options.profile.to_string(),
            offsets_topic_partitions: self.count.partitions,
            offsets_topic_partitions_assumed: self.count.assumed,
            as_of: None,
            redacted: options.redaction.is_some(),
            names_redacted: options.redaction.as_ref().is_some_and(|redaction| redaction.has_names()),
            copies: Vec::new(),
            partitions: Vec::new(),
            groups: Vec::new(),
            findings: evidence_findings(evidence),
            named: KeysOfLog::new(),
        };
        report.findings.extend(self.reading.findings.iter().cloned());
        let named = options.release.map(|release| AskedRelease { release, profile: options.profile });
        report.findings.extend(named.and_then(|named| named.unchecked()));
        let not_built = self.opened.not_built.iter().filter_map(|at| self.copies.get(*at));
        report.findings.extend(not_built.map(|copy| view_not_built(copy)));
        for (copy, state) in self.copies.iter().zip(&self.states) {
            report.findings.extend(damage_findings(copy, &state.tallies));
            report.copies.push(CopyReport {
                files: file_reports(copy, &state.tallies),
                ..copy_report(evidence, copy, &state.continuity)
            });
        }
        report
    }

    /// The keys of a set of one copy, taken out of its state: nothing else is to be put together from them.
    pub(crate) fn take_keys(&mut self, set: usize) -> Option<KeysByGroup> {
        let mut copies = self.reading.sets.get(set)?.read();
        let (Some(alone), None) = (copies.next(), copies.next()) else { return None };
        let index = self.reading.copies.binary_search(&alone).ok()?;
        Some(std::mem::take(&mut self.states.get_mut(index)?.keys))
    }

    /// The copies of each broker of one set, as they were read.
    pub(crate) fn brokers(&self, set: usize) -> Vec<Vec<ReadCopy<'_, &CopyState>>> {
        brokers_of(&self.reading, set, &self.copies, &self.states)
    }

    /// What the groups of one partition share.
    pub(crate) fn context<'a>(&'a self, found_in: Option<i32>, options: &'a Options) -> GroupContext<'a> {
        GroupContext {
            found_in,
            profile: &options.profile,
            count: self.count,
            names: &self.names,
            redaction: options.redaction.as_deref(),
        }
    }

    /// That the number of partitions is assumed, where it is and matters.
    pub(crate) fn assumed(&self, report: &Report) -> Option<Finding> {
        (self.count.assumed && !report.groups.is_empty()).then(|| assumed_count(self.count))
    }
}

fn files_read(states: &[CopyState]) -> Vec<FilesRead<'_>> {
    states.iter().map(FilesRead::from).collect()
}

fn view_not_built(copy: &PartitionCopy) -> Finding {
    let message = "there are no .deleted originals of what the cleaner rewrote: this copy is shown as found";
    Finding::new(Code::ViewNotBuilt, message)
        .in_partition(copy.partition)
        .in_file(path_text(&copy.path), None)
}
