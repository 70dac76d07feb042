//! Later releases that load a copy, whatever the cleaner does.

use lastwrites_coordinator::rules::Coordinator;
use lastwrites_evidence::ViewKind;
use lastwrites_types::Release;

use super::brokers::{Rules, serves};
use crate::diagnose::{PartitionDiagnosis, ReleaseVerdict, has_fix};

/// Every later release that is known, and whether it is one to go to.
pub(super) struct Upgrades(Vec<(Release, bool)>);

impl Upgrades {
    /// Those that load this copy and that no race on it makes fail. Where some of these have the fix of KAFKA-19862, the
    /// others are left out: what this copy shows of races isn't all that its partition will meet.
    pub(super) fn of(copy: &PartitionDiagnosis, rules: Rules) -> Self {
        let later: Vec<&ReleaseVerdict> = copy
            .verdicts
            .iter()
            .filter(|verdict| {
                verdict.view == ViewKind::AsFound
                    && verdict.profile.coordinator() == Coordinator::New
                    && verdict.kafka > rules.release
            })
            .collect();
        let loads = |verdict: &ReleaseVerdict| {
            serves(verdict) && copy.races.iter().all(|race| race.kafka != verdict.kafka)
        };
        let fixed = |verdict: &ReleaseVerdict| loads(verdict) && has_fix(&verdict.profile.rules);
        let any_fixed = later.iter().any(|verdict| fixed(verdict));
        let wanted = |verdict: &ReleaseVerdict| if any_fixed { fixed(verdict) } else { loads(verdict) };
        Self(later.into_iter().map(|verdict| (verdict.kafka, wanted(verdict))).collect())
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<String> {
        self.0.iter().find(|(_, wanted)| *wanted).map(|(release, _)| release.to_string())
    }

    /// All of them: `4.0.2, 4.1.2 or later`; empty for none.
    pub(super) fn told(&self) -> String {
        let runs = self.0.chunk_by(|one, next| one.1 == next.1);
        let newest = self.0.last().map(|(release, _)| *release);
        let told = runs.filter_map(|run| {
            let ((first, true), (last, _)) = (run.first()?, run.last()?) else { return None };
            Some(match last {
                last if Some(*last) == newest => format!("{first} or later"),
                last if last == first => first.to_string(),
                last => format!("{first} to {last}"),
            })
        });
        told.collect::<Vec<_>>().join(", ")
    }
}
