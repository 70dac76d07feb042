//! What a broker's start on a copy takes away: a load that succeeds behind a cut has lost what lay there.

use std::collections::BTreeSet;

use lastwrites_coordinator::pass::{CopyFiles, CopyView, Progress};
use lastwrites_coordinator::rules::Profile;
use lastwrites_coordinator::state::{CopyState, KeyName, replay};
use lastwrites_evidence::{PartitionCopy, ViewKind};

use super::views::{BuiltView, no_view};
use crate::build::{BuildError, copy_view};
use crate::findings::{Code, Finding};
use crate::terminal::{counted, grouped};

/// Committed offsets that a start changes: the log as it lies against what the start leaves of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct StartCut {
    /// Offset after the last batch of the log as it lies, and after the start.
    ends: (i64, i64),
    /// Committed offsets that are gone.
    gone: usize,
    /// Those that fall back to an older commit.
    older: usize,
    /// Deleted ones that come back.
    back: usize,
    /// Groups that any of these are of.
    groups: usize,
}

/// Compares the copies whose log a start changes; one entry a copy, `None` where it changes no committed offset.
///
/// # Errors
/// When worker threads can't be started.
pub(super) fn start_cuts(
    copies: &[&PartitionCopy],
    files: &CopyFiles,
    others: &[Vec<BuiltView>],
    profile: &Profile,
    progress: &Progress,
) -> Result<Vec<Option<StartCut>>, BuildError> {
    let changed = |views: &'_ Vec<BuiltView>| {
        views.iter().position(|built| built.kind == ViewKind::AsLoaded && !built.same_as_found)
    };
    let changed: Vec<Option<&BuiltView>> = copies
        .iter()
        .zip(others)
        .map(|(copy, views)| views.get(changed(views)?).filter(|_| !copy.is_text()))
        .collect();
    if changed.iter().all(Option::is_none) {
        return Ok(changed.iter().map(|_| None).collect());
    }
    let views = |view: fn(&PartitionCopy, &BuiltView) -> CopyView| -> Vec<CopyView> {
        let of_copy = |(copy, built): (&&PartitionCopy, &Option<&BuiltView>)| {
            built.map_or_else(|| no_view(copy), |built| view(copy, built))
        };
        copies.iter().zip(&changed).map(of_copy).collect()
    };
    let found = replay(files, &views(|copy, _| copy_view(copy, &copy.as_found())), profile, progress)?;
    let loaded = replay(files, &views(|copy, built| copy_view(copy, &built.view)), profile, progress)?;
    let states = found.iter().zip(&loaded);
    let cut = |((copy, built), (found, loaded)): ((&&PartitionCopy, &Option<&BuiltView>), _)| {
        built.and_then(|_| StartCut::between(found, loaded, copy.log_start_offset().unwrap_or(0)))
    };
    Ok(copies.iter().zip(&changed).zip(states).map(cut).collect())
}

impl StartCut {
    /// Compares both states. What lies below the log start no load reads, with or without a start.
    fn between(found: &CopyState, loaded: &CopyState, log_start: i64) -> Option<Self> {
        let ends = (found.continuity.next.unwrap_or(0), loaded.continuity.next.unwrap_or(0));
        // A log that ends below its start is emptied by a start (`LogLoader`); until then it is served.
        let log_start = if log_start > ends.0 { 0 } else { log_start };
        let mut cut = Self { ends, ..Self::default() };
        let mut groups: BTreeSet<&[u8]> = BTreeSet::new();
        let mut left = committed(loaded).peekable();
        for (key, offset) in committed(found) {
            while let Some((other, _)) = left.next_if(|(other, _)| *other < key) {
                cut.back += 1;
                groups.insert(other.0);
            }
            match left.next_if(|(other, _)| *other == key) {
                Some((_, same)) if same == offset => continue,
                _ if offset < log_start => continue,
                Some(_) => cut.older += 1,
                None => cut.gone += 1,
            }
            groups.insert(key.0);
        }
        for (other, _) in left {
            cut.back += 1;
            groups.insert(other.0);
        }
        cut.groups = groups.len();
        (cut.groups > 0).then_some(cut)
    }

    /// What happens, in a sentence without its end.
    pub(crate) fn told(self) -> String {
        let kinds =
            [(self.gone, "gone"), (self.older, "back to an older commit"), (self.back, "deleted and back")];
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let kinds: Vec<String> = kinds.map(|(count, what)| format!("{count} {what}")).collect();
        format!(
            "a broker that starts on this copy leaves its log ending at offset {} and changes {} of {}: {}",
            grouped(self.ends.1),
            counted(self.gone + self.older + self.back, "committed offset", "committed offsets"),
            counted(self.groups, "group", "groups"),
            kinds.join(", ")
        )
    }

    /// The same as a finding, with what helps.
    pub(super) fn finding(self) -> Finding {
        let (found, loaded) = self.ends;
        let proof = format!("log end: {} as found, {} after the start", grouped(found), grouped(loaded));
        let remedy = [
            "helps: Copy this log dir before a broker starts on it: nothing else on this disk has what the start cuts. \
             `lastwrites recover` takes the offsets from the copy as found.",
            "helps: Where another in-sync replica leads the partition, the broker fetches from it what it cut. Without one \
             the cut is for good.",
        ];
        Finding::new(Code::StartCuts, self.told())
            .at_offset(Some(loaded))
            .shown_by(vec![proof])
            .helped_by(remedy.map(str::to_owned).to_vec())
    }
}

/// Keys with a committed value, in their order, with the offset of the record that has it.
fn committed(state: &CopyState) -> impl Iterator<Item = (KeyName<'_>, i64)> {
    state.named_keys().filter_map(|(name, key)| Some((name, key.committed.as_ref()?.place.record_offset)))
}
