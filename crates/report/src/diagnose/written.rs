//! Does the log itself say what a failing record met, or may the cleaner have made it?
//!
//! Where every offset between what stands in the way and the failing record has its record, no cleaner took anything
//! out between the two: no race made the failure, and every load of this log ends there.

use std::collections::BTreeMap;

use lastwrites_coordinator::group::{Change, ModernKind, Name, ReplayError, Standing};
use lastwrites_coordinator::judge::HistoryRecord;
use lastwrites_coordinator::load::{self, Decoded, Failure};
use lastwrites_coordinator::rules::Profile;

use super::assigned::assigned;
use super::contested::Contested;
use super::issues::Around;

/// How much of the log in front of a failing record is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unbroken {
    /// Not known, or the load saw another log than the records tell.
    Unknown,
    /// All of it.
    Whole,
    /// Every offset from this one on.
    From(i64),
}

/// True where what this refusal is about stands in the unbroken log in front of the failing record.
pub(super) fn is_written(
    profile: &Profile,
    failure: &Failure,
    refused: &ReplayError,
    around: Around<'_>,
) -> bool {
    let (Some(at), Unbroken::From(from)) = (failure.offset, around.unbroken) else {
        return around.unbroken == Unbroken::Whole;
    };
    let stretch = || around.records.iter().filter(|record| (from..=at).contains(&record.offset));
    match refused {
        ReplayError::WrongType { found, .. } => {
            stretch().any(|record| record.offset < at && makes(profile, record, *found))
        }
        ReplayError::GroupHasMembers { .. }
        | ReplayError::GroupHasTargets { .. }
        | ReplayError::GroupHasTargetEpoch { .. }
        | ReplayError::TargetHasMembers { .. } => {
            around.records.first().is_some_and(|first| first.offset >= from)
        }
        _ => Contested::by(refused).is_some_and(|contested| {
            // What each member's last assignment says: its epoch, where it holds what is contested.
            let mut claims: BTreeMap<Name, Option<i32>> = BTreeMap::new();
            for record in stretch() {
                if let Some(assigned) = assigned(profile, &record.key, record.value.as_deref()) {
                    let held = assigned.held.filter(|(_, holdings)| contested.is_in(holdings));
                    claims.insert(assigned.member, held.map(|(epoch, _)| epoch));
                }
            }
            let mine = failure.member_id.as_ref().and_then(|member| claims.remove(member)).flatten();
            let stands = |epoch: i32| contested.held_epoch.is_none_or(|held| held == epoch);
            mine.is_some() && claims.into_values().flatten().any(stands)
        }),
    }
}

/// True for a record of a group of that type.
fn makes(profile: &Profile, record: &HistoryRecord, standing: Standing) -> bool {
    let Decoded::Group { change, .. } = load::decode(profile, Some(&record.key), record.value.as_deref())
    else {
        return false;
    };
    let of = |kind: ModernKind| matches!(change, Change::Modern(other, _) if other == kind);
    match standing {
        Standing::Offsets => false,
        Standing::Classic => matches!(change, Change::Classic(Some(_))),
        Standing::Modern(kind) => record.value.is_some() && of(kind),
    }
}
