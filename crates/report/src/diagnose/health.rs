//! What a partition's log says about its health, apart from whether it loads.

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::Judgement;
use lastwrites_coordinator::state::Counts;
use lastwrites_evidence::PartitionCopy;

use super::closer_look::CloserLook;
use super::start_cut::StartCut;
use crate::findings::{Code, Finding, Severity, torn_copy, unknown_marker};
use crate::terminal::{bytes, counted, grouped};

/// Transactional commits and markers from which a load's memory is worth a word, and worth a warning.
const MANY_TRANSACTIONAL: u64 = 2_000;
const FAR_TOO_MANY_TRANSACTIONAL: u64 = 500_000;
/// Offsets held back by an open transaction that are worth a warning.
const MANY_PINNED: i64 = 100_000;
/// Bytes of closed segments the cleaner should have taken up long ago.
const DIRTY_BYTES: u64 = 1 << 30;
/// A partition of this size is far beyond what live keys need.
const LARGE_BYTES: u64 = 5 << 30;

/// Findings about one copy's view as found.
pub(super) fn findings(
    copy: &PartitionCopy,
    judgement: &Judgement,
    look: CloserLook,
    start_cut: Option<StartCut>,
) -> Vec<Finding> {
    let found = [
        start_cut.map(StartCut::finding),
        heap_risk(&judgement.counts, look.live_transactional),
        pinned(judgement),
        too_large(copy),
        cleaner(copy, &judgement.open_transactions),
        ghosts(judgement),
        unknown(judgement),
        torn_copy(copy, judgement),
        unknown_marker(&judgement.counts),
    ];
    let path = crate::build::path_text(&copy.path);
    let placed = |finding: Finding| finding.in_partition(copy.partition).in_file(path.clone(), None);
    found.into_iter().flatten().chain(look.left_behind).map(placed).collect()
}

/// True where a load keeps enough per transaction to be worth a word.
pub(super) fn keeps_many_transactions(judgement: &Judgement) -> bool {
    kept_by_a_load(&judgement.counts) >= MANY_TRANSACTIONAL
}

/// Commits and markers that an affected release keeps in memory while it loads.
const fn kept_by_a_load(counts: &Counts) -> u64 {
    counts.transactional_commits.saturating_add(counts.markers)
}

/// KAFKA-19716: what a load keeps in memory per transaction until it reaches the high watermark; `live` commits of
/// them would be left after a compaction.
fn heap_risk(counts: &Counts, live: Option<u64>) -> Option<Finding> {
    let (commits, markers) = (counts.transactional_commits, counts.markers);
    let kept = kept_by_a_load(counts);
    if kept < MANY_TRANSACTIONAL {
        return None;
    }
    let number = |number: u64| grouped(i64::try_from(number).unwrap_or(i64::MAX));
    let message = format!(
        "{} transactional offset commits{} and {} markers between log start and end: a load on 3.7 to 3.9 (new \
         coordinator), 4.0.0, 4.0.1 or 4.1.0 keeps memory for each, superseded ones too, and may exhaust the heap; \
         4.0.2, 4.1.1 and 4.2.0 do not. Compaction shrinks it to the live ones",
        number(commits),
        live.map_or_else(String::new, |live| {
            format!(
                " ({} live, {} superseded, deleted or aborted)",
                number(live),
                number(commits.saturating_sub(live))
            )
        }),
        number(markers)
    );
    let mut finding = Finding::new(Code::HeapRisk, message);
    finding.severity = if kept < FAR_TOO_MANY_TRANSACTIONAL { Severity::Note } else { Severity::Warning };
    Some(finding)
}

fn pinned(judgement: &Judgement) -> Option<Finding> {
    let (producer, first) = judgement.open_transactions.iter().min_by_key(|(_, first)| **first)?;
    let behind = judgement.continuity.next.unwrap_or(*first).saturating_sub(*first);
    let message = format!(
        "the transaction of producer {producer} is open since offset {}: the cleaner does not get past it, {} behind \
         it stay",
        grouped(*first),
        counted(usize::try_from(behind).unwrap_or(0), "offset", "offsets")
    );
    let mut finding = Finding::new(Code::PinnedCompaction, message).at_offset(Some(*first));
    finding.severity = if behind < MANY_PINNED { Severity::Note } else { Severity::Warning };
    Some(finding)
}

fn too_large(copy: &PartitionCopy) -> Option<Finding> {
    let size: u64 = copy.log_files().map(|(_, file)| file.size_bytes).sum();
    let message = format!(
        "{} in {}: a compacted offsets partition seldom needs more than a few hundred MiB, and a load reads all of it",
        bytes(size),
        counted(copy.log_files().count(), "segment", "segments")
    );
    (size >= LARGE_BYTES).then(|| Finding::new(Code::TooLarge, message))
}

/// Closed segments above the cleaner's checkpoint, with no open transaction in the way. Without a checkpoint it isn't
/// known how far the cleaner got.
fn cleaner(copy: &PartitionCopy, open_transactions: &BTreeMap<i64, i64>) -> Option<Finding> {
    let dirty_from = copy.first_dirty_offset()?.max(copy.log_start_offset().unwrap_or(0));
    let pinned_at = open_transactions.values().copied().min().unwrap_or(i64::MAX);
    let closed = copy.log_files().count().saturating_sub(1);
    let closed = copy.log_files().take(closed).map(|(_, file)| (file.base_offset, file.size_bytes));
    let dirty = waiting(closed, dirty_from, pinned_at);
    let message = format!(
        "{} in closed segments above offset {} wait for the cleaner: it has died, is switched off or can't keep up",
        bytes(dirty),
        grouped(dirty_from)
    );
    (dirty >= DIRTY_BYTES).then(|| Finding::new(Code::CleanerNotRunning, message))
}

/// Bytes of closed segments (base offset, size) that the cleaner should have taken; 0 while they are less than what
/// it has cleaned: it waits for half of a log to be dirty (`min.cleanable.dirty.ratio`).
fn waiting(closed: impl Iterator<Item = (i64, u64)>, dirty_from: i64, pinned_at: i64) -> u64 {
    let (mut clean, mut dirty) = (0, 0);
    for (base_offset, size) in closed {
        if base_offset < dirty_from {
            clean += size;
        } else if base_offset < pinned_at {
            dirty += size;
        }
    }
    if dirty < clean { 0 } else { dirty }
}

/// Members that a load brings to life though they never got an assignment.
fn ghosts(judgement: &Judgement) -> Option<Finding> {
    let newest = judgement.verdicts.last()?;
    let (group, member) = newest.ghosts.first()?;
    let name = |bytes: &[u8]| lastwrites_types::escaped(bytes);
    let message = format!(
        "{} with metadata and no assignment record (the first: {} of group {}): the rest of their records was cleaned \
         away or never written. They hold nothing and stay until their session times out after a load",
        counted(newest.ghosts.len(), "member", "members"),
        name(member),
        name(group)
    );
    Some(Finding::new(Code::GhostMembers, message).of_group(group.as_ref()))
}

fn unknown(judgement: &Judgement) -> Option<Finding> {
    let record = judgement.verdicts.last()?.first_unknown?;
    let message = format!(
        "records of a type that the newest release judged does not know (the first: type {} at offset {}); a loading \
         broker skips them with a warning",
        record.record_type, record.offset
    );
    Some(Finding::new(Code::UnknownRecord, message).at_offset(Some(record.offset)))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use lastwrites_evidence::discover;

    use super::*;

    const GIB: u64 = 1 << 30;

    /// A broker's log dir with partition 0, whose files have these names and sizes; the holes in them take no space.
    fn copy(dir: &Path, files: &[(&str, u64)], checkpoints: &[(&str, i64)]) -> PartitionCopy {
        let partition = dir.join("__consumer_offsets-0");
        fs::create_dir_all(&partition).unwrap();
        for (name, size) in files {
            File::create(partition.join(name)).unwrap().set_len(*size).unwrap();
        }
        for (name, offset) in checkpoints {
            fs::write(dir.join(name), format!("0\n1\n__consumer_offsets 0 {offset}\n")).unwrap();
        }
        fs::write(dir.join("meta.properties"), "version=1\nnode.id=1\ncluster.id=x\n").unwrap();
        let mut copies = discover(&[dir.to_path_buf()]).unwrap().copies;
        assert_eq!(copies.len(), 1);
        copies.remove(0)
    }

    #[test]
    fn a_partition_is_far_too_large_from_5_gib_of_segments_on() {
        let told = |files: &[(&str, u64)]| {
            let dir = tempfile::tempdir().unwrap();
            too_large(&copy(dir.path(), files, &[])).map(|finding| finding.message)
        };
        let (first, next) = ("00000000000000000000.log", "00000000000000000100.log");
        let large = told(&[(first, 2 * GIB), (next, 3 * GIB)]).unwrap();
        assert!(large.starts_with("5.0 GiB in 2 segments"), "{large}");
        assert_eq!(told(&[(first, 2 * GIB), (next, 3 * GIB - 1)]), None);
        // What the cleaner has put aside is gone in a minute, and no load reads it.
        let aside = "00000000000000000100.log.deleted";
        assert_eq!(told(&[(first, 2 * GIB), (aside, 8 * GIB)]), None);
    }

    #[test]
    fn the_cleaner_has_died_where_a_gib_of_closed_segments_waits_for_it() {
        let told = |files: &[(&str, u64)], checkpoints: &[(&str, i64)], open: &[(i64, i64)]| {
            let dir = tempfile::tempdir().unwrap();
            let open = open.iter().copied().collect();
            cleaner(&copy(dir.path(), files, checkpoints), &open).map(|finding| finding.message)
        };
        let (first, next, active) =
            ("00000000000000000000.log", "00000000000000000100.log", "00000000000000000200.log");
        let at = |offset: i64| [("cleaner-offset-checkpoint", offset)];
        let closed = [(first, GIB / 2), (next, GIB / 2), (active, 0)];
        let late = told(&closed, &at(0), &[]).unwrap();
        assert!(late.starts_with("1.0 GiB in closed segments above offset 0 wait"), "{late}");
        // One byte less; half of it cleaned; nothing known of the cleaner; half of it held by an open transaction.
        assert_eq!(told(&[(first, GIB / 2), (next, GIB / 2 - 1), (active, 0)], &at(0), &[]), None);
        assert_eq!(told(&closed, &at(100), &[]), None);
        assert_eq!(told(&closed, &[], &[]), None);
        assert_eq!(told(&closed, &at(0), &[(7, 100)]), None);
        // The active segment is never cleaned, however large.
        assert_eq!(told(&[(first, GIB / 2), (next, 3 * GIB)], &at(0), &[]), None);
        // Below the log start nothing waits.
        let started = [("cleaner-offset-checkpoint", 0), ("log-start-offset-checkpoint", 100)];
        assert_eq!(told(&closed, &started, &[]), None);
    }

    #[test]
    fn a_load_keeps_commits_and_markers_alike() {
        let told = |transactional_commits, markers, live| {
            let counts = Counts { transactional_commits, markers, ..Counts::default() };
            heap_risk(&counts, live).map(|finding| (finding.severity, finding.message))
        };
        assert_eq!(told(1_000, 999, None), None);
        let (severity, message) = told(1_000, 1_000, None).unwrap();
        assert_eq!(severity, Severity::Note);
        assert!(message.starts_with("1,000 transactional offset commits and 1,000 markers"), "{message}");
        assert_eq!(told(0, 499_999, None).unwrap().0, Severity::Note);
        let (severity, message) = told(400_000, 100_000, Some(30)).unwrap();
        assert_eq!(severity, Severity::Warning);
        assert!(message.contains("(30 live, 399,970 superseded, deleted or aborted)"), "{message}");
    }

    #[test]
    fn the_cleaner_is_late_only_with_more_dirty_than_clean() {
        let closed = [(0, GIB), (100, GIB), (200, 2 * GIB), (300, GIB)];
        let waits = |dirty_from, pinned_at| waiting(closed.into_iter(), dirty_from, pinned_at);
        assert_eq!(waits(0, i64::MAX), 5 * GIB);
        assert_eq!(waits(200, i64::MAX), 3 * GIB);
        // Less than half of the log is dirty: the cleaner may wait.
        assert_eq!(waits(300, i64::MAX), 0);
        // What stands behind an open transaction it can't take.
        assert_eq!(waits(100, 300), 3 * GIB);
        assert_eq!(waits(200, 200), 0);
    }
}
