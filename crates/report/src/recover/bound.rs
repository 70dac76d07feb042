//! How wrong a recovered offset can be, as far as copies prove it.
//!
//! The group's true position lies between two numbers. It is never past the end of the topic's log, and never before what
//! could still replace the value: a pending commit, another copy's value, or, where damage may hide a later commit
//! that went back, the topic's log start.

use lastwrites_recovered_offsets::{Bound, Cadence};
use lastwrites_types::{Flag, Trust};

use crate::model::{OffsetReport, PendingReport};
use crate::terminal::{duration, grouped};

/// The bound of one offset; `lost` is what may have become of records before the moment that it's of, where some are missing.
pub(super) fn bound(report: &OffsetReport, offset: i64, lost: Option<&str>) -> Bound {
    if report.flags.contains(Flag::TopicGone) || report.flags.contains(Flag::TopicRecreated) {
        return Bound {
            repeated_at_most: None,
            skipped_at_most: None,
            usual: None,
            why: "the topic that this offset was committed for is gone; the number means nothing in another log"
                .to_owned(),
        };
    }
    let mut why = Vec::new();
    if report.flags.contains(Flag::InDoubt) && !report.pending.iter().any(|pending| pending.in_doubt) {
        why.push("its batch's checksum is wrong: the number itself may not be what was committed".to_owned());
    }
    let skipped_at_most = skipped(report, offset, lost, &mut why);
    let repeated_at_most = repeated(report, offset, &mut why);
    // Where the last commit is not known, its step is no guess at what this offset lacks.
    let in_doubt = |counts: bool| {
        report.pending.iter().any(|pending| pending.in_doubt && (!counts || may_count(report, pending)))
    };
    let doubted = report.flags.contains(Flag::InDoubt) && (in_doubt(true) || !in_doubt(false));
    let unsure = report.flags.contains(Flag::BeforeGap) || doubted;
    let usual = report.cadence.as_deref().copied();
    why.extend(usual.map(|usual| told(usual, unsure)));
    Bound { repeated_at_most, skipped_at_most, usual, why: why.join("; ") }
}

fn told(usual: Cadence, unsure: bool) -> String {
    format!(
        "no bound but an estimate: the group's last {} commits that went on went {} further, the farthest {}, one \
         about every {}; as much may have been read behind {}",
        usual.steps,
        grouped(saturated(usual.usual_records)),
        grouped(saturated(usual.most_records)),
        duration(saturated(usual.usual_ms)),
        if unsure { "its last commit, which may be a later one than this" } else { "the last commit" }
    )
}

fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Values that may take this one's place; what an aborted transaction wrote never does, nor what a later commit followed.
fn rivals(report: &OffsetReport) -> impl Iterator<Item = i64> {
    let pending =
        report.pending.iter().filter(|pending| may_count(report, pending)).map(|pending| pending.offset);
    pending.chain(report.rivals().filter_map(|other| other.offset))
}

/// Whether a pending commit may still take effect.
fn may_count(report: &OffsetReport, pending: &PendingReport) -> bool {
    pending.transaction != Some("aborted") && !overtaken(report, pending)
}

/// Whether the value's own record follows the pending one: then the value stays, however that transaction ends, as a
/// marker puts only the higher record offset in place (`OffsetMetadataManager`, `GroupMetadata.completePendingTxnOffsetCommit`).
/// What is itself doubted overtakes nothing.
pub(super) fn overtaken(report: &OffsetReport, pending: &PendingReport) -> bool {
    let flags = &report.flags;
    let doubted = flags.contains(Flag::Contested)
        || flags.contains(Flag::Unacknowledged)
        || (flags.contains(Flag::InDoubt) && report.trust == Trust::Salvaged);
    !doubted && report.record.as_ref().is_some_and(|record| record.offset > pending.record_offset)
}

fn skipped(report: &OffsetReport, offset: i64, lost: Option<&str>, why: &mut Vec<String>) -> Option<u64> {
    if report.trust == Trust::Unverified {
        why.push("known from text alone, which proves nothing of what it leaves out: a later commit may have gone back".to_owned());
        return None;
    }
    if let Some(releases) = &report.served_empty {
        why.push(format!(
            "if a broker of {releases} (old coordinator) loaded this partition, it served it without its groups (LW111), and this \
             commit may come of a consumer that began anew; `--as-of` a moment before that load leaves such commits out"
        ));
        return None;
    }
    let mut least = offset;
    if let Some(lowest) = rivals(report).min().filter(|lowest| *lowest < offset) {
        least = lowest;
        why.push(format!("an open transaction or another copy has {} here", grouped(lowest)));
    }
    if let Some(start) = report.log_start_offset.filter(|start| *start > offset) {
        why.push(format!(
            "the topic's log begins at {}: what lies before is gone for every reader",
            grouped(start)
        ));
        return Some(start.abs_diff(least));
    }
    // A group without an offset begins where its consumers say, at the log's start at worst.
    if let Some(other) = report.rivals().find(|other| other.offset.is_none()) {
        why.push(other.why.clone());
        least = least.min(report.log_start_offset?);
    }
    if report.flags.contains(Flag::BeforeGap) {
        let Some(start) = report.log_start_offset else {
            why.push(
                "the log is damaged behind this record: a later commit that went back may be lost".to_owned(),
            );
            return None;
        };
        why.push(format!(
            "the log is damaged behind this record: a later commit may be lost, back to the topic's log start {} at most",
            grouped(start)
        ));
        least = least.min(start);
    }
    // What was open may lie before the value's own record, so that nothing missing behind it tells.
    if let Some(lost) = lost {
        let gone = format!("what a transaction that was open at that moment wrote may have been {lost}");
        let Some(start) = report.log_start_offset else {
            why.push(gone);
            return None;
        };
        why.push(format!("{gone}: back to the topic's log start {} at most", grouped(start)));
        least = least.min(start);
    }
    Some(offset.abs_diff(least))
}

fn repeated(report: &OffsetReport, offset: i64, why: &mut Vec<String>) -> Option<u64> {
    if report.log_lacks_end {
        why.push(
            "unbounded: the copied log of the topic lacks its end (it ends in damage, or below its own checkpoints, index or \
             epochs), and doesn't tell how far anybody read"
                .to_owned(),
        );
        return None;
    }
    // A checkpointed high watermark lags, so only a copied log's end bounds how far anybody read.
    if let Some(end) = report.log_end_offset {
        if end < offset {
            why.push(format!(
                "unbounded: the copies of the topic's log end at {}, below this offset: they are older than the commit, or lack \
                 their end, and don't tell how far anybody read",
                grouped(end)
            ));
            return None;
        }
        why.push(format!(
            "nothing could be read past {}, the end of the topic's log in the copies",
            grouped(end)
        ));
        return Some(end.abs_diff(offset));
    }
    let live = || report.pending.iter().filter(|pending| may_count(report, pending));
    let open = live().next().is_some();
    let in_doubt = live().any(|pending| pending.in_doubt);
    let committed = live().filter(|pending| pending.transaction == Some("committed"));
    if let Some(settled) = committed.max_by_key(|pending| pending.record_offset) {
        why.push(format!(
            "unbounded: the transaction log says that a transaction with {} here was committed; its marker is not in this \
             log, and this offset is the one before",
            grouped(settled.offset)
        ));
        return None;
    }
    why.push(
        match (report.flags.contains(Flag::BeforeGap), open) {
            _ if in_doubt => {
                "unbounded: a transaction over this partition may have been committed, its marker may be lost"
            }
            (true, _) => {
                "unbounded: the log is damaged behind this record and the topic's own log was not copied"
            }
            (false, true) => {
                "unbounded: the log doesn't close a transaction over this partition; if it was to be committed, its \
                 records are read again"
            }
            (false, false) => {
                "unbounded: the last commit in the log; what was read after it and not committed is read again, and \
                 the topic's own log, which would tell how much at most, was not copied"
            }
        }
        .to_owned(),
    );
    None
}

#[cfg(test)]
mod tests {
    use lastwrites_types::{ByteText, Flags};

    use super::*;
    use crate::model::RecordPlace;

    fn at_100() -> OffsetReport {
        let nothing = OffsetReport::nothing(ByteText::from("orders"), 0);
        OffsetReport { offset: Some(100), trust: Trust::Intact, ..nothing }
    }

    fn numbers(report: &OffsetReport) -> (Option<u64>, Option<u64>) {
        let bound = bound(report, 100, None);
        assert!(!bound.why.is_empty());
        (bound.repeated_at_most, bound.skipped_at_most)
    }

    fn pending(offset: i64, transaction: Option<&'static str>) -> PendingReport {
        PendingReport {
            producer_id: 7,
            offset,
            leader_epoch: None,
            metadata: ByteText::default(),
            record_offset: 9,
            transaction,
            committed_at_ms: 0,
            in_doubt: false,
            record: None,
        }
    }

    /// A group whose last commit is 100 can have read up to the log's end and not an inch further.
    #[test]
    fn the_end_of_the_topics_log_bounds_what_is_repeated() {
        assert_eq!(numbers(&at_100()), (None, Some(0)));
        assert_eq!(numbers(&OffsetReport { log_end_offset: Some(130), ..at_100() }), (Some(30), Some(0)));
        // A log without its end bounds nothing, and is not told as one that wasn't copied.
        let report = OffsetReport { log_lacks_end: true, high_watermark: Some(140), ..at_100() };
        assert_eq!(numbers(&report), (None, Some(0)));
        assert!(bound(&report, 100, None).why.contains("lacks its end"));
    }

    /// Whoever commits 100 has read up to there, so a log that ends at 90 is not the one that was read: it was copied
    /// before, lost its end since, or was cut. What was read behind 100 before the crash stands in none of it.
    #[test]
    fn a_topic_log_that_ends_before_the_commit_bounds_nothing() {
        for high_watermark in [None, Some(90)] {
            let short = OffsetReport { log_end_offset: Some(90), high_watermark, ..at_100() };
            assert_eq!(numbers(&short), (None, Some(0)));
        }
        // It ends at the commit: there was nothing more to read.
        assert_eq!(numbers(&OffsetReport { log_end_offset: Some(100), ..at_100() }), (Some(0), Some(0)));
    }

    /// If the pending commit counts after all, the group stood at 60: 40 records would be skipped.
    #[test]
    fn a_pending_commit_that_goes_back_bounds_what_is_skipped() {
        let open = OffsetReport { pending: vec![pending(60, None)], ..at_100() };
        assert_eq!(numbers(&open), (None, Some(40)));
        let aborted = OffsetReport { pending: vec![pending(60, Some("aborted"))], ..at_100() };
        assert_eq!(numbers(&aborted), (None, Some(0)));
        let forward = OffsetReport { pending: vec![pending(160, None)], ..at_100() };
        assert_eq!(numbers(&forward), (None, Some(0)));
    }

    /// A marker puts only the higher record offset in place: behind a later commit nothing hangs on the transaction.
    #[test]
    fn what_a_later_commit_followed_bounds_nothing() {
        let at = |offset| Some(RecordPlace { copy: 0, file: "log".into(), offset, position: 0 });
        for transaction in [None, Some("committed"), Some("ongoing")] {
            let with = |record| OffsetReport { pending: vec![pending(60, transaction)], record, ..at_100() };
            // The pending record lies at 9.
            assert_eq!(numbers(&with(at(10))), (None, Some(0)), "{transaction:?}");
            assert_eq!(numbers(&with(at(8))), (None, Some(40)), "{transaction:?}");
            let why = bound(&with(at(10)), 100, None).why;
            assert!(!why.contains("before") && !why.contains("transaction"), "{why}");
            let contested: Flags = [Flag::Contested].into_iter().collect();
            let contested = OffsetReport { flags: contested, ..with(at(10)) };
            assert_eq!(numbers(&contested), (None, Some(40)), "nothing says that the later one counts");
        }
    }

    /// Raw, a commit of 60 was pending at that moment; the cleaner took it when its transaction was aborted.
    #[test]
    fn in_a_compacted_log_an_open_transaction_may_be_gone() {
        let compacted = OffsetReport { trust: Trust::Compacted, ..at_100() };
        let lost = Some("compacted away since");
        assert_eq!(bound(&compacted, 100, lost).skipped_at_most, None);
        let known = OffsetReport { log_start_offset: Some(10), ..compacted };
        assert_eq!(bound(&known, 100, lost).skipped_at_most, Some(90));
        assert_eq!(bound(&known, 100, None).skipped_at_most, Some(0));
        // The pending commit may have lain before this one.
        assert_eq!(bound(&at_100(), 100, lost).skipped_at_most, None);
    }

    #[test]
    fn behind_damage_only_the_topics_own_log_bounds_anything() {
        let flags: Flags = [Flag::BeforeGap].into_iter().collect();
        assert_eq!(numbers(&OffsetReport { flags, ..at_100() }), (None, None));
        let known = OffsetReport { flags, log_start_offset: Some(10), log_end_offset: Some(130), ..at_100() };
        assert_eq!(numbers(&known), (Some(30), Some(90)));
        let gone: Flags = [Flag::TopicGone].into_iter().collect();
        assert_eq!(
            numbers(&OffsetReport { flags: gone, log_end_offset: Some(130), ..at_100() }),
            (None, None)
        );
    }

    /// 100 to 149 were deleted by retention: no reader gets them.
    #[test]
    fn records_below_the_log_start_are_skipped_by_everyone() {
        let report = OffsetReport { log_start_offset: Some(150), log_end_offset: Some(170), ..at_100() };
        assert_eq!(numbers(&report), (Some(70), Some(50)));
    }
}
