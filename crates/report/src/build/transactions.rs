//! Open transactions held against the transaction log, which decides before any marker is sent.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_evidence::{Evidence, TransactionLog, TransactionOutcome};
use lastwrites_segment::ReadMode;
use lastwrites_types::{ByteText, Flag};

use crate::findings::{Code, Finding};
use crate::model::GroupReport;
use crate::terminal::{counted, grouped, moment};

/// Says of every pending commit how its transaction was decided. The offset stays pending: without the marker no
/// broker serves it.
///
/// With a moment (ms since 1970) as it was known then: where the log tells of the producer only later, what it said then
/// may be cleaned away, and the offset is `in-doubt`.
pub(crate) fn add(
    groups: &mut [GroupReport],
    evidence: &Evidence,
    as_of_ms: Option<i64>,
    read: ReadMode,
) -> Vec<Finding> {
    let open = groups.iter().flat_map(|group| &group.offsets).any(|offset| !offset.pending.is_empty());
    if !open {
        return Vec::new();
    }
    let mut dropped: BTreeMap<ByteText, usize> = BTreeMap::new();
    let log = TransactionLog::of(evidence, as_of_ms, read);
    for group in groups.iter_mut() {
        let group_id = &group.group_id;
        for offset in &mut group.offsets {
            for pending in &mut offset.pending {
                let outcome = log.outcome(pending.producer_id, pending.committed_at_ms);
                pending.transaction = outcome.map(TransactionOutcome::as_str);
                if outcome.is_none() && log.may_have_told(pending.producer_id) {
                    pending.in_doubt = true;
                    offset.flags.insert(Flag::InDoubt);
                }
                if outcome == Some(TransactionOutcome::Committed) {
                    offset.flags.insert(Flag::CommittedByTransactionLog);
                    // Where the log is damaged the marker may have been there.
                    if log.is_complete(pending.producer_id) && !pending.in_doubt {
                        *dropped.entry(group_id.clone()).or_default() += 1;
                    }
                }
            }
        }
    }
    open_transactions(groups, &log).into_iter().chain(marker_dropped(&dropped)).collect()
}

/// What one producer left pending in one partition.
#[derive(Default)]
struct Open<'g> {
    offsets: usize,
    first: Option<i64>,
    groups: BTreeSet<&'g ByteText>,
    outcome: Option<&'static str>,
    in_doubt: bool,
}

/// One finding a producer: what it holds, since when, and how it ended if the transaction log says so.
fn open_transactions(groups: &[GroupReport], log: &TransactionLog) -> Vec<Finding> {
    let mut producers: BTreeMap<(Option<i32>, i64), Open<'_>> = BTreeMap::new();
    for group in groups {
        for pending in group.offsets.iter().flat_map(|offset| &offset.pending) {
            let open = producers.entry((group.found_in, pending.producer_id)).or_default();
            open.offsets += 1;
            open.first =
                Some(open.first.map_or(pending.record_offset, |first| first.min(pending.record_offset)));
            open.groups.insert(&group.group_id);
            open.outcome = open.outcome.or(pending.transaction);
            open.in_doubt |= pending.in_doubt;
        }
    }
    let finding = |((partition, producer_id), open): ((Option<i32>, i64), Open<'_>)| {
        let names: Vec<String> = open.groups.iter().take(3).map(ToString::to_string).collect();
        let more = open.groups.len().saturating_sub(names.len());
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let what = format!(
            "{} ({}{more}) since offset {}",
            counted(open.offsets, "offset", "offsets"),
            names.join(", "),
            grouped(open.first.unwrap_or(0))
        );
        let started =
            log.started_ms(producer_id).map_or_else(String::new, |at| format!(" of {}", moment(at)));
        let message = match open.outcome {
            Some("committed") => format!(
                "the transaction{started} of producer {producer_id} with {what} was committed, says the transaction \
                 log; its marker is not in this log, so no broker serves them from it, and the cleaner stops there"
            ),
            Some("aborted") => format!(
                "the transaction{started} of producer {producer_id} with {what} was aborted, says the transaction log; \
                 its marker is not in this log, and the cleaner stops there"
            ),
            _ if open.in_doubt => format!(
                "producer {producer_id} wrote {what} in a transaction{started} whose marker isn't here; it may be lost, so \
                 whether they count isn't known"
            ),
            _ => format!(
                "producer {producer_id} has an open transaction{started} with {what}: not committed, and the cleaner \
                 stops there"
            ),
        };
        Finding::new(Code::OpenTransaction, message).in_partition(partition).at_offset(open.first)
    };
    producers.into_iter().map(finding).collect()
}

/// The transaction coordinator holds the transaction for complete, and its marker is not in the log: where the copies
/// are of one moment it will never come.
fn marker_dropped(dropped: &BTreeMap<ByteText, usize>) -> Option<Finding> {
    let offsets: usize = dropped.values().sum();
    let named = dropped.iter().map(|(group, offsets)| format!("group {group}: {offsets}"));
    (offsets > 0).then(|| {
        let message = format!(
            "{} of complete, committed transactions {} no marker in the offsets partition: where the copies are of one \
             moment, brokers will never serve them, though the application's work is committed (4.3.1 drops markers of a partition without a leader)",
            counted(offsets, "offset", "offsets"),
            if offsets == 1 { "has" } else { "have" }
        );
        Finding::new(Code::MarkerDropped, message).shown_by(named.collect())
    })
}
