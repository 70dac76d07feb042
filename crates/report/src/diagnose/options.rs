//! What a diagnosis is asked to judge.

use lastwrites_coordinator::rules::{Coordinator, Profile, checked_as, known, profile_for};
use lastwrites_types::Release;

use crate::findings::{Code, Finding, Severity};

/// One release under one of its coordinators, as it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The release that was named.
    pub release: Release,
    /// Whose rules answer for it: its own entry in the table, or its nearest relative's.
    pub profile: Profile,
}

impl Asked {
    /// That nobody checked this release, and whose rules answer for it; `None` where it has its own.
    pub(crate) fn unchecked(&self) -> Option<Finding> {
        let checked = checked_as(self.release, self.profile.coordinator())?;
        let same_line = (checked.major, checked.minor) == (self.release.major, self.release.minor);
        let message = format!(
            "nobody checked how Kafka {} ({} coordinator) loads a log: its verdicts follow the rules of {checked}{}",
            self.release,
            match self.profile.coordinator() {
                Coordinator::Old => "old",
                Coordinator::New => "new",
            },
            if same_line { ", of the same release line" } else { ", and may be wrong" }
        );
        let mut finding = Finding::new(Code::UncheckedRelease, message);
        if same_line {
            finding.severity = Severity::Note;
        }
        (checked != self.release).then_some(finding)
    }
}

/// The releases to judge, ascending.
#[derive(Clone, Debug)]
pub struct AskedProfiles {
    asked: Vec<Asked>,
    explicit: bool,
}

impl AskedProfiles {
    /// Every release with an entry of its own.
    #[must_use]
    pub fn all() -> Self {
        let asked = known().iter().map(|profile| Asked { release: profile.release(), profile: *profile });
        Self { asked: asked.collect(), explicit: false }
    }

    /// These releases, each under every coordinator it has.
    #[must_use]
    pub fn of(releases: &[Release]) -> Self {
        let mut releases = releases.to_vec();
        releases.sort_unstable();
        releases.dedup();
        let under = |release: Release| {
            let both = [Coordinator::Old, Coordinator::New];
            both.into_iter().filter_map(move |coordinator| {
                profile_for(release, coordinator).map(|profile| Asked { release, profile })
            })
        };
        Self { asked: releases.into_iter().flat_map(under).collect(), explicit: true }
    }

    /// Those of them with the old coordinator.
    pub(crate) fn of_the_old_coordinator(mut self) -> Self {
        self.asked.retain(|asked| asked.profile.coordinator() == Coordinator::Old);
        self
    }

    /// The releases, ascending, the old coordinator before the new one.
    pub fn iter(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter()
    }

    /// What to know of those that have no entry of their own.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.asked.iter().filter_map(|asked| asked.unchecked()).collect()
    }

    /// True when a person named them: then each counts, whoever wrote the log.
    #[must_use]
    pub const fn explicit(&self) -> bool {
        self.explicit
    }

    /// Their profiles in the same order.
    #[must_use]
    pub fn profiles(&self) -> Vec<Profile> {
        self.asked.iter().map(|asked| asked.profile).collect()
    }
}

/// Which race windows to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RaceWindows {
    /// None: no race is looked for.
    None,
    /// The smallest per group, release and failing record.
    #[default]
    Smallest,
    /// Every failing one whose ends lie on batch boundaries of the log.
    All,
}
