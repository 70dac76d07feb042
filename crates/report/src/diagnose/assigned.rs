//! What a record says a member holds.

use lastwrites_coordinator::group::{Change, Holding, ModernChange, Name};
use lastwrites_coordinator::load::{self, Decoded};
use lastwrites_coordinator::rules::Profile;

/// A member's current assignment, as one record has it.
pub(super) struct Assigned {
    /// The member.
    pub(super) member: Name,
    /// Its epoch and what it holds, what it still has to give up included; `None` for a tombstone.
    pub(super) held: Option<(i32, [Holding; 2])>,
}

/// The assignment in a record; `None` for records of another kind and for those that the release can't read.
pub(super) fn assigned(profile: &Profile, key: &[u8], value: Option<&[u8]>) -> Option<Assigned> {
    let Decoded::Group { change: Change::Modern(_, ModernChange::Current(member, current)), .. } =
        load::decode(profile, Some(key), value)
    else {
        return None;
    };
    let held = match current {
        None => None,
        Some(current) => {
            let current = current.ok()?;
            Some((current.epoch, [(*current.assigned).clone(), (*current.pending_revocation).clone()]))
        }
    };
    Some(Assigned { member, held })
}
