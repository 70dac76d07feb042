//! From evidence to a [`Diagnosis`].

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_coordinator::group::Name;
use lastwrites_coordinator::judge::{Histories, Judgement, WantedHistories, histories, judge};
use lastwrites_coordinator::pass::{CopyFiles, CopyView, Progress};
use lastwrites_evidence::{Evidence, PartitionCopy, ViewKind};

use super::closer_look::{CloserLook, closer_look};
use super::extent::Extent;
use super::health;
use super::incident::{Seen, incidents};
use super::merged::merged_copies;
use super::model::{Diagnosis, PartitionDiagnosis, ReleaseVerdict};
use super::options::{AskedProfiles, RaceWindows};
use super::race_windows::{Races, races};
use super::repeats::repeats;
use super::start_cut::start_cuts;
use super::told;
use super::verdicts::{Of, verdicts};
use super::views::{BuiltView, no_view, other_views};
use crate::build::{BuildError, copy_report, copy_view, file_reports, nothing_opened, path_text};
use crate::chart::{self, Follower, Plan};
use crate::findings::{self, Finding, evidence_findings};
use crate::history::how_groups_fared;
use crate::model::{CopyReport, Report};
use crate::options::Options;
use crate::rows::HistoryRow;

/// Records of failing groups kept per copy, and events traced per group: beyond this a race or the story of a
/// failure may be missed, and a finding says so.
const MOST_RECORDS: usize = 500_000;

/// Judges every copy under the releases asked for.
///
/// # Errors
/// When nothing at all can be read. Damage is part of the diagnosis.
pub fn diagnose(
    evidence: &Evidence,
    options: &Options,
    asked: &AskedProfiles,
    mode: RaceWindows,
    progress: &Progress,
) -> Result<Diagnosis, BuildError> {
    let copies: Vec<&PartitionCopy> = evidence.copies.iter().collect();
    let paths = copies.iter().map(|copy| copy.files.iter().enumerate().collect());
    let files = CopyFiles::open(paths, options.open());
    nothing_opened(&files)?;
    let run = Run { copies, files, options, profiles: asked.profiles(), asked, mode, progress };
    run.diagnosis(evidence)
}

impl Diagnosis {
    /// Adds how the groups fared (LW213 to LW217): a pass of its own over the log, for those who show findings.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn add_health(
        &mut self,
        evidence: &Evidence,
        options: &Options,
        progress: &Progress,
    ) -> Result<(), BuildError> {
        self.findings.extend(how_groups_fared(evidence, options, progress, |_| {})?);
        findings::sort(&mut self.findings);
        Ok(())
    }

    /// The same, and from the same pass what can be drawn of the histories of `report`'s groups; `look` sees the rows.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn add_health_and_histories(
        &mut self,
        report: &Report,
        evidence: &Evidence,
        options: &Options,
        progress: &Progress,
        mut look: impl FnMut(&HistoryRow<'_>),
    ) -> Result<chart::Histories, BuildError> {
        let told: Vec<Finding> = report.findings.iter().chain(&self.findings).cloned().collect();
        let mut follower = Follower::new(Plan::of(report, &self.partitions, &told));
        let fared = how_groups_fared(evidence, options, progress, |row| {
            follower.row(row);
            look(row);
        })?;
        self.findings.extend(fared);
        findings::sort(&mut self.findings);
        Ok(follower.finish())
    }
}

/// What every step needs.
struct Run<'a> {
    copies: Vec<&'a PartitionCopy>,
    files: CopyFiles,
    options: &'a Options,
    profiles: Vec<lastwrites_coordinator::rules::Profile>,
    asked: &'a AskedProfiles,
    mode: RaceWindows,
    progress: &'a Progress,
}

/// One view of every copy, judged; `None` where a copy does not have it.
struct JudgedView {
    kind: ViewKind,
    copies: Vec<Option<(Judgement, Histories)>>,
}

impl Run<'_> {
    fn diagnosis(&self, evidence: &Evidence) -> Result<Diagnosis, BuildError> {
        let found: Vec<CopyView> = self.copies.iter().map(|copy| copy_view(copy, &copy.as_found())).collect();
        let judged = self.judge(&found)?;
        let others: Vec<Vec<BuiltView>> = self
            .copies
            .iter()
            .zip(&judged)
            .map(|(copy, judgement)| other_views(copy, judgement, self.options.read))
            .collect();
        let nobody = vec![BTreeSet::new(); found.len()];
        let as_found =
            self.with_histories(ViewKind::AsFound, &found, judged.into_iter().map(Some).collect(), nobody)?;
        let mut looks = self.closer_looks(evidence, &as_found)?;
        let cuts = match self.profiles.last() {
            Some(newest) => start_cuts(&self.copies, &self.files, &others, newest, self.progress)?,
            None => Vec::new(),
        };
        let repeats = repeats(&self.copies, &self.files, self.options, self.progress)?;
        let mut more = Vec::new();
        for kind in [ViewKind::AsLoaded, ViewKind::BeforeCompaction] {
            more.push(self.other(kind, &others, &as_found)?);
        }
        let mut diagnosis = Diagnosis {
            view: ViewKind::AsFound,
            rules: self.profiles.last().map_or_else(String::new, ToString::to_string),
            copies: Vec::new(),
            partitions: Vec::new(),
            findings: self.asked.findings().into_iter().chain(evidence_findings(evidence)).collect(),
        };
        let judgements: Vec<Option<&Judgement>> =
            as_found.copies.iter().map(|judged| judged.as_ref().map(|(judgement, _)| judgement)).collect();
        let merged = merged_copies(evidence, &judgements, self.options, self.progress)?;
        for (index, copy) in self.copies.iter().enumerate() {
            let Some(Some((judgement, histories))) = as_found.copies.get(index) else { continue };
            diagnosis.copies.push(CopyReport {
                files: file_reports(copy, &judgement.tallies),
                ..copy_report(evidence, copy, &judgement.continuity)
            });
            if copy.is_text() {
                // Its bytes are made up: what a loader, a cleaner or a disk would make of them says nothing of the log.
                diagnosis.partitions.push(unjudged(copy, Extent::of(copy, judgement, None)));
                continue;
            }
            let of = Of::new(copy, index, judgement, &histories.records);
            let mut all = verdicts(of, ViewKind::AsFound, judgement, self.asked);
            for view in &more {
                all.extend(self.other_verdicts(index, copy, view, others.get(index), &all));
            }
            if merged.answering.contains(&index) {
                all.extend(seen_as(&all, ViewKind::Merged));
            }
            let boundaries = self.boundaries(index, found.get(index), judgement);
            let mut races = races(judgement, histories, self.asked, self.mode, &boundaries);
            if let Some(originals) = self.races_of_originals(index, copy, &more, others.get(index)) {
                races = races.with_originals(originals, judgement, self.asked);
            }
            let loaded = judged_copy(&more, ViewKind::AsLoaded, index);
            let loaded =
                loaded.map(|(judgement, histories)| Of::new(copy, index, judgement, &histories.records));
            let start_cut = cuts.get(index).copied().flatten();
            let originals = judged_copy(&more, ViewKind::BeforeCompaction, index);
            let originals = originals.map(|(_, histories)| histories.records.as_slice());
            let seen = Seen { verdicts: &all, races: &races.failing, start_cut, originals };
            let incidents = incidents(of, loaded, seen, self.asked.explicit());
            diagnosis.findings.extend(told::findings(copy, &incidents, &races, self.asked.explicit(), &all));
            diagnosis.findings.extend(health::findings(
                copy,
                judgement,
                looks.remove(&index).unwrap_or_default(),
                start_cut,
            ));
            diagnosis.findings.extend(repeats.get(index).cloned().flatten());
            diagnosis.partitions.push(PartitionDiagnosis {
                path: path_text(&copy.path),
                partition: copy.partition,
                broker_id: copy.broker_id(),
                extent: Extent::of(copy, judgement, merged.agreed_to.get(&index).copied()),
                start_cut,
                verdicts: all,
                races: races.failing,
                race_ownership: races.ownership,
                incidents,
            });
        }
        findings::sort(&mut diagnosis.findings);
        Ok(diagnosis)
    }

    fn judge(&self, views: &[CopyView]) -> Result<Vec<Judgement>, BuildError> {
        Ok(judge(&self.files, views, &self.profiles, self.options.unit_bytes, self.progress)?)
    }

    /// What a second reading tells, by copy.
    fn closer_looks(
        &self,
        evidence: &Evidence,
        as_found: &JudgedView,
    ) -> Result<BTreeMap<usize, CloserLook>, BuildError> {
        let Some(newest) = self.profiles.last() else { return Ok(BTreeMap::new()) };
        let judged = self.copies.iter().zip(&as_found.copies);
        let judged = judged.map(|(copy, judged)| Some((*copy, &judged.as_ref()?.0)));
        let copies: Vec<(&PartitionCopy, &Judgement)> = judged.flatten().collect();
        let looks = closer_look(evidence, &copies, newest, self.options, self.progress)?;
        Ok(looks.into_iter().enumerate().collect())
    }

    /// Judges a view where it differs from `as-found`.
    ///
    /// What failed as found is followed in the originals, too: they show who really held what.
    fn other(
        &self,
        kind: ViewKind,
        others: &[Vec<BuiltView>],
        as_found: &JudgedView,
    ) -> Result<JudgedView, BuildError> {
        let own = |built: &&BuiltView| built.kind == kind && !built.same_as_found;
        let built: Vec<Option<&BuiltView>> = others.iter().map(|views| views.iter().find(own)).collect();
        if built.iter().all(Option::is_none) {
            return Ok(JudgedView { kind, copies: built.iter().map(|_| None).collect() });
        }
        let views: Vec<CopyView> = self
            .copies
            .iter()
            .zip(&built)
            .map(|(copy, built)| built.map_or_else(|| no_view(copy), |built| copy_view(copy, &built.view)))
            .collect();
        let judged = self.judge(&views)?;
        let judged = judged.into_iter().zip(&built).map(|(judged, built)| built.map(|_| judged)).collect();
        let followed = as_found.copies.iter().map(|found| match found {
            Some((found, _)) if kind == ViewKind::BeforeCompaction => failing(found),
            _ => BTreeSet::new(),
        });
        self.with_histories(kind, &views, judged, followed.collect())
    }

    fn other_verdicts(
        &self,
        index: usize,
        copy: &PartitionCopy,
        view: &JudgedView,
        built: Option<&Vec<BuiltView>>,
        found: &[ReleaseVerdict],
    ) -> Vec<ReleaseVerdict> {
        if let Some(Some((judgement, histories))) = view.copies.get(index) {
            let of = Of::new(copy, index, judgement, &histories.records);
            return verdicts(of, view.kind, judgement, self.asked);
        }
        let same = built.into_iter().flatten().any(|built| built.kind == view.kind && built.same_as_found);
        if same { seen_as(found, view.kind) } else { Vec::new() }
    }

    /// Reads what the stories of failures and races need; nothing where nothing fails and nothing is raced.
    fn with_histories(
        &self,
        kind: ViewKind,
        views: &[CopyView],
        judged: Vec<Option<Judgement>>,
        followed: Vec<BTreeSet<Name>>,
    ) -> Result<JudgedView, BuildError> {
        let raced = kind != ViewKind::AsLoaded && self.mode != RaceWindows::None;
        let wanted: Vec<WantedHistories> = judged
            .iter()
            .zip(followed)
            .map(|(judgement, followed)| {
                judgement
                    .as_ref()
                    .map_or_else(WantedHistories::default, |judgement| wanted(judgement, followed, raced))
            })
            .collect();
        let found = histories(&self.files, views, &wanted, self.options.unit_bytes, self.progress)?;
        let copies = judged.into_iter().zip(found).map(|(judgement, found)| Some((judgement?, found)));
        Ok(JudgedView { kind, copies: copies.collect() })
    }

    /// Races of the log before the cleaner's last pass: whoever loaded while it ran met them.
    fn races_of_originals(
        &self,
        index: usize,
        copy: &PartitionCopy,
        judged: &[JudgedView],
        built: Option<&Vec<BuiltView>>,
    ) -> Option<Races> {
        let (judgement, histories) = judged_copy(judged, ViewKind::BeforeCompaction, index)?;
        let built = built?.iter().find(|built| built.kind == ViewKind::BeforeCompaction)?;
        let boundaries = self.boundaries(index, Some(&copy_view(copy, &built.view)), judgement);
        Some(races(judgement, histories, self.asked, self.mode, &boundaries))
    }

    /// Base offsets of a copy's batches, and the end of what a cleaner can reach; only where all windows are told.
    fn boundaries(&self, index: usize, view: Option<&CopyView>, judgement: &Judgement) -> Vec<i64> {
        let (RaceWindows::All, Some(view), Ok(copy)) = (self.mode, view, u32::try_from(index)) else {
            return Vec::new();
        };
        lastwrites_coordinator::judge::batch_boundaries(&self.files, copy, view, judgement.cleanable_to)
    }
}

/// One copy in one of these views; `None` where the copy does not have it.
fn judged_copy(views: &[JudgedView], kind: ViewKind, index: usize) -> Option<&(Judgement, Histories)> {
    views.iter().find(|view| view.kind == kind)?.copies.get(index)?.as_ref()
}

/// A copy that no verdict can be given on.
fn unjudged(copy: &PartitionCopy, extent: Extent) -> PartitionDiagnosis {
    PartitionDiagnosis {
        path: path_text(&copy.path),
        partition: copy.partition,
        broker_id: copy.broker_id(),
        extent,
        start_cut: None,
        verdicts: Vec::new(),
        races: Vec::new(),
        race_ownership: Vec::new(),
        incidents: Vec::new(),
    }
}

/// The verdicts on a copy as found, for another view that comes to the same bytes.
fn seen_as(verdicts: &[ReleaseVerdict], kind: ViewKind) -> Vec<ReleaseVerdict> {
    let as_found = verdicts.iter().filter(|verdict| verdict.view == ViewKind::AsFound);
    as_found.map(|verdict| ReleaseVerdict { view: kind, ..verdict.clone() }).collect()
}

/// Groups at whose records a release fails.
fn failing(judgement: &Judgement) -> BTreeSet<Name> {
    judgement.verdicts.iter().filter_map(|judged| judged.failure.as_ref()?.group_id.clone()).collect()
}

/// What to read of the groups that fail here, and of those `followed`.
fn wanted(judgement: &Judgement, followed: BTreeSet<Name>, raced: bool) -> WantedHistories {
    let loads = judgement.verdicts.iter().any(|judged| judged.verdict.is_loaded());
    WantedHistories {
        groups: failing(judgement).union(&followed).cloned().collect(),
        traced: if raced && loads { judgement.modern_groups.clone() } else { Vec::new() },
        cleanable_to: judgement.cleanable_to,
        most_records: MOST_RECORDS,
    }
}
