//! Which answers as of a moment a compacted log can still give.
//!
//! The cleaner removes a record only where a later one of its key lies in the range it cleans, and then removes all
//! older ones of that key with it; a tombstone that aged out had removed them before. So if a settled write of a key
//! survives below the moment, nothing of that key was taken between the two: had there been a later write below the
//! moment, the cleaner that took it would have taken the survivor as well. If none survives, the value current then
//! may be among what was taken, and the answer is unknown, unless nothing was taken below the moment at all. Data of
//! aborted transactions was never current. (A tombstone in an aborted transaction would count and is taken with it; no
//! release writes one.)
//!
//! That reasoning takes one consistent state of one log. In a torn copy, or originals beside cleaned files, a survivor
//! proves nothing: there the log must be whole from the survivor to the moment (`strict`). The same holds for rules
//! that order commits otherwise than the cleaner does (3.7 and the old coordinator), where there are transactions.

use lastwrites_coordinator::rules::Profile;
use lastwrites_coordinator::state::CopyState;
use lastwrites_evidence::Cut;

/// The part of a log that lies before the moment.
pub(super) struct Prefix<'a> {
    /// What it replays to.
    pub(super) state: &'a CopyState,
    pub(super) cut: &'a Cut,
    /// Survivors prove nothing of what was taken behind them.
    pub(super) strict: bool,
    pub(super) profile: &'a Profile,
    /// A time was asked for, and its batches have none: nothing of it is known to lie before the moment.
    pub(super) timeless: bool,
    /// Offset that the whole log is known to have reached: its end, where its last segment begins, though that may be empty,
    /// or what a checkpoint or another copy knows; `i64::MAX` where nothing tells how far it went on.
    pub(super) reached: i64,
}

impl Prefix<'_> {
    /// Nothing is missing of it: every answer is exact.
    pub(super) fn is_complete(&self) -> bool {
        self.is_unbroken() && !self.is_damaged() && !self.timeless
    }

    /// Nothing lies behind the moment, so that what the cleaner left is what counted then: every answer is exact.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_whole_log() && !self.strict && !self.is_damaged() && self.state.continuity.backwards.is_none()
    }

    /// Bytes of it are damaged.
    pub(super) const fn is_damaged(&self) -> bool {
        self.state.continuity.damaged_below.is_some()
    }

    /// The cleaner took nothing of it.
    pub(super) fn is_unbroken(&self) -> bool {
        let continuity = &self.state.continuity;
        continuity.first.unwrap_or(0) <= 0
            && continuity.absent_below.is_none()
            && continuity.backwards.is_none()
            && continuity.next.unwrap_or(0) >= self.cut.offset.unwrap_or(self.reached)
    }

    /// It is the whole log, up to an end behind which nothing was.
    pub(super) fn is_whole_log(&self) -> bool {
        !self.timeless && self.cut.offset.is_none() && self.state.continuity.next.unwrap_or(0) >= self.reached
    }

    /// A settled write of this offset is the key's last before the moment.
    pub(super) fn is_last(&self, record_offset: i64) -> bool {
        let continuity = &self.state.continuity;
        let gap_at_cut = continuity.next.zip(self.cut.offset).is_some_and(|(next, cut)| next < cut);
        let whole = continuity.backwards.is_none()
            && !gap_at_cut
            && continuity.absent_below.is_none_or(|below| record_offset >= below);
        let counts = &self.state.counts;
        let other_order =
            !self.profile.rules.offsets_commute() && (counts.transactional_commits > 0 || counts.markers > 0);
        !self.timeless && (whole || !(self.strict || other_order))
    }
}
