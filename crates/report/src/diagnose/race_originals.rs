//! Races of the log before the cleaner's last pass, beside those of the log as it lies.

use lastwrites_coordinator::judge::Judgement;
use lastwrites_coordinator::rules::Coordinator;
use lastwrites_evidence::ViewKind;
use lastwrites_types::Release;

use super::model::Race;
use super::options::AskedProfiles;
use super::ownership::Ownership;
use super::race_windows::{Races, Unsearched, WrongState};

impl Races {
    /// Adds what races could do to the originals of cleaned segments, on releases that load the log as it lies: those
    /// that don't have their failure told already.
    pub(super) fn with_originals(
        mut self,
        originals: Self,
        found: &Judgement,
        asked: &AskedProfiles,
    ) -> Self {
        let loads = |one: Release| {
            let mut verdicts = asked.iter().zip(&found.verdicts).filter(|(asked, _)| asked.release == one);
            verdicts.any(|(asked, judged)| {
                asked.profile.coordinator() == Coordinator::New && judged.verdict.is_loaded()
            })
        };
        for race in originals.failing.into_iter().filter(|race| loads(race.kafka)) {
            let same = |known: &Race| {
                (known.kafka, &known.group_id, known.offset, &known.error)
                    == (race.kafka, &race.group_id, race.offset, &race.error)
            };
            if !self.failing.iter().any(same) {
                self.failing.push(Race { view: ViewKind::BeforeCompaction, ..race });
            }
        }
        for state in originals.wrong_states.into_iter().filter(|state| loads(state.asked.release)) {
            let same = |known: &WrongState| {
                (known.asked.release, &known.group_id) == (state.asked.release, &state.group_id)
            };
            if !self.wrong_states.iter().any(same) {
                self.wrong_states.push(state);
            }
        }
        // Whose window isn't told needs no picture.
        let wanted = |one: &Ownership| {
            let at = (&one.group_id, one.fails_at);
            self.failing.iter().any(|race| (&race.group_id, race.offset) == at)
                && self.ownership.iter().all(|known| (&known.group_id, known.fails_at) != at)
        };
        let more: Vec<Ownership> = originals.ownership.into_iter().filter(wanted).collect();
        self.ownership.extend(more);
        self.left_out |= originals.left_out;
        let new = |group: &Unsearched| self.unsearched.iter().all(|known| known.group_id != group.group_id);
        let more: Vec<Unsearched> = originals.unsearched.into_iter().filter(new).collect();
        self.unsearched.extend(more);
        self
    }
}
