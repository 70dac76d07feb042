//! Choosing what crosses the air gap: the recovered-offsets document of chosen groups.
//!
//! Only committed values are taken; what is pending, deleted or orphaned away is named as missing. Nothing is
//! guessed: a bound that the log does not prove is `null`, with the reason.

mod bound;
mod doubtful;
mod group;
mod missing;
mod source;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use lastwrites_evidence::{Evidence, SegmentKind, cluster_layout};
use lastwrites_recovered_offsets::{
    AsOfOffset, Document, DocumentError, FormatName, FormatVersion, Selection,
};
use lastwrites_segment::ReadMode;
use lastwrites_types::{ByteText, escaped};

use crate::merge::Role;
use crate::model::{GroupReport, Report};
use crate::moment::{AsOf, Asked};
pub use doubtful::{Doubtful, take_doubtful};
use group::Around;

/// Which groups to recover.
pub struct Wanted {
    /// Group ids; `None` takes every group.
    pub groups: Option<Vec<ByteText>>,
    /// Also groups found in a partition that their id does not hash to.
    pub foreign: bool,
    /// What was asked of the report.
    pub asked: Asked,
}

/// Why no document could be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecoverError {
    /// A group that was asked for is not in the evidence; near misses are named.
    NoSuchGroup {
        /// The id asked for.
        group_id: ByteText,
        /// Where it would be.
        why: String,
    },
    /// No group in the evidence has a committed offset that may be recovered.
    NothingToRecover {
        /// Groups that only lie in a partition their id does not hash to.
        foreign: usize,
    },
    /// Several copies whose partitions are not known hold a group: nothing tells which of them counts.
    SeveralUnknown {
        /// The group.
        group_id: ByteText,
    },
    /// A file could not be read again for its digest.
    Digest {
        /// The file.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// The document does not hold together: a defect of this program.
    Document(DocumentError),
}

impl fmt::Display for RecoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchGroup { group_id, why } => write!(f, "group {group_id}: {why}"),
            Self::NothingToRecover { foreign: 0 } => {
                f.write_str("no group here has a committed offset to recover")
            }
            Self::NothingToRecover { foreign } => write!(
                f,
                "no group here has a committed offset to recover, but for {foreign} that lie in a partition their id \
                 does not hash to; --foreign takes them all the same"
            ),
            Self::SeveralUnknown { group_id } => write!(
                f,
                "group {group_id}: found in several texts or files whose partition isn't known, and nothing tells which of \
                 them counts; give one of them at a time"
            ),
            Self::Digest { path, error } => {
                write!(
                    f,
                    "{}: can't be read for its digest: {error}",
                    escaped(path.as_os_str().as_encoded_bytes())
                )
            }
            Self::Document(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RecoverError {}

/// The document of the chosen groups; `created_at_ms` is the caller's clock.
///
/// # Errors
/// A group that isn't there, or a source file that can't be read again.
pub fn document(
    report: &Report,
    evidence: &Evidence,
    wanted: &Wanted,
    created_at_ms: i64,
) -> Result<Document, RecoverError> {
    let chosen = choose(report, evidence, wanted)?;
    let layout = cluster_layout(evidence, None, ReadMode::default());
    let cuts = || report.as_of.iter().flat_map(|as_of| &as_of.cuts);
    let (complete, damaged) =
        (cuts().all(|cut| cut.complete), cuts().any(|cut| !cut.complete && cut.damaged));
    let never = match (&report.as_of, complete, wanted.asked.since_ms) {
        (_, _, Some(_)) => "no commit since the time asked for",
        (Some(_), false, None) if damaged => {
            "no commit of it is left in the log before that moment, which is damaged there"
        }
        (Some(_), false, None) => {
            "no commit of it is left in the log before that moment, which was compacted since"
        }
        (Some(_), true, None) => {
            "no commit of it was in force at that moment: never committed, or deleted again"
        }
        (None, _, None) if wanted.asked.deleted => {
            "no commit of it, and none deleted since, is in the log that was copied"
        }
        (None, _, None) => {
            "no commit of it is in force in the log that was copied: never committed, or deleted since (--deleted tells)"
        }
    };
    let not_in_force = match (&report.as_of, wanted.asked.since_ms, wanted.asked.deleted) {
        (Some(_), ..) | (_, Some(_), _) => never,
        (None, None, true) => {
            "the log names it, and no commit of it is left: aborted, or cleaned away before its deletion"
        }
        (None, None, false) => {
            "the log names it, and no commit of it is in force: deleted since (--deleted tells), or aborted"
        }
    };
    let deleted = match (&report.as_of, wanted.asked.since_ms, wanted.asked.deleted) {
        (None, None, false) => Some(" (--deleted gives the value before it)"),
        (None, None, true) => Some(", and no commit before it is left"),
        _ => None,
    };
    let highest_named = missing::highest_named(report, evidence);
    let around =
        Around { report, evidence, layout: layout.as_ref(), highest_named, never, not_in_force, deleted };
    let mut groups = chosen.iter().map(|group| group::recovered(group, &around)).collect::<Vec<_>>();
    if wanted.asked.deleted {
        for (group, chosen) in groups.iter_mut().zip(&chosen) {
            group.warnings.extend(left_out_snapshots(report, chosen.found_in));
        }
    }
    if groups.iter().all(|group| group.offsets.is_empty() && group.missing.is_empty()) {
        let foreign = report.groups.iter().filter(|group| group.is_foreign()).count();
        return Err(RecoverError::NothingToRecover { foreign: if wanted.foreign { 0 } else { foreign } });
    }
    let mut document = Document {
        format: FormatName,
        version: FormatVersion,
        created_by: concat!("lastwrites ", env!("CARGO_PKG_VERSION")).to_owned(),
        created_at_ms,
        source: source::source(report, evidence, &chosen)?,
        selection: selection(wanted),
        groups,
    };
    document.sort();
    document.validate().map_err(RecoverError::Document)?;
    Ok(document)
}

fn selection(wanted: &Wanted) -> Selection {
    let Asked { as_of, since_ms, deleted, earlier: _ } = wanted.asked;
    let (as_of_ms, as_of_offset) = match as_of {
        None => (None, None),
        Some(AsOf::Time(ms)) => (Some(ms), None),
        Some(AsOf::Offset { partition, offset }) => (None, Some(AsOfOffset { partition, offset })),
    };
    Selection { as_of_ms, as_of_offset, committed_since_ms: since_ms, deleted, foreign: wanted.foreign }
}

fn choose<'r>(
    report: &'r Report,
    evidence: &Evidence,
    wanted: &Wanted,
) -> Result<Vec<&'r GroupReport>, RecoverError> {
    // Where the partition isn't known, the document says so, not the choice.
    let at_home = |group: &&GroupReport| wanted.foreign || !group.is_foreign();
    let Some(ids) = &wanted.groups else {
        let all = report.groups.iter().filter(at_home).filter(|group| !group.offsets.is_empty());
        return known_first(all.collect());
    };
    let mut chosen = Vec::with_capacity(ids.len());
    for group_id in ids {
        let found: Vec<&GroupReport> =
            report.groups.iter().filter(|group| group.group_id == *group_id).collect();
        let taken: Vec<&GroupReport> = found.iter().copied().filter(at_home).collect();
        if taken.is_empty() {
            let why = if found.is_empty() {
                absent(report, evidence)
            } else {
                "found only in a partition its id does not hash to; --foreign takes it all the same"
                    .to_owned()
            };
            return Err(RecoverError::NoSuchGroup { group_id: group_id.clone(), why });
        }
        chosen.extend(taken);
    }
    known_first(chosen)
}

/// Where a copy of a known partition has a group, one of which that isn't known says nothing more of it.
fn known_first(mut chosen: Vec<&GroupReport>) -> Result<Vec<&GroupReport>, RecoverError> {
    let known: BTreeSet<&ByteText> =
        chosen.iter().filter(|group| group.found_in.is_some()).map(|group| &group.group_id).collect();
    chosen.retain(|group| group.found_in.is_some() || !known.contains(&group.group_id));
    let mut seen = BTreeSet::new();
    match chosen.iter().find(|group| group.found_in.is_none() && !seen.insert(&group.group_id)) {
        Some(twice) => Err(RecoverError::SeveralUnknown { group_id: twice.group_id.clone() }),
        None => Ok(chosen),
    }
}

/// Why a group has nothing in the report. What the cleaner rewrote may still have it, and so may older snapshots.
fn absent(report: &Report, evidence: &Evidence) -> String {
    let files = evidence.copies.iter().flat_map(|copy| &copy.files);
    let absent = match files.filter(|file| file.kind != SegmentKind::Log).count() {
        0 => "not in this evidence".to_owned(),
        leftovers => format!(
            "not in the live log of this evidence; {leftovers} files that the cleaner left beside it may have the group: \
             `lastwrites dump --leftovers` shows their records"
        ),
    };
    let mut partitions = report.partitions.iter();
    let older = partitions.find_map(|partition| left_out_snapshots(report, partition.partition));
    older.map_or_else(|| absent.clone(), |older| format!("{absent}; {older}"))
}

/// Older snapshots of a broker (LW315; a capture keeps what the log lost meanwhile as `earlier-N`) give no answer, and may hold
/// what is gone since.
fn left_out_snapshots(report: &Report, partition: Option<i32>) -> Option<String> {
    let of_partition = report.partitions.iter().filter(|one| one.partition == partition);
    let older = of_partition.flat_map(|one| &one.replicas).filter(|one| one.role == Role::OlderSnapshot);
    let paths: Vec<&str> = older.filter_map(|one| Some(&*report.copies.get(one.copy)?.path)).collect();
    (!paths.is_empty()).then(|| {
        format!(
            "older snapshots of a broker are here and were compared, not read for this: {}. What was deleted or cleaned away \
             since may be in them; give one alone to `lastwrites recover`",
            paths.join(", ")
        )
    })
}
