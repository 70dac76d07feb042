//! Open transactions held against the transaction log, which decides before any marker is sent.

use std::collections::BTreeMap;

use lastwrites_evidence::{Evidence, TransactionLog, TransactionOutcome};
use lastwrites_segment::ReadMode;
use lastwrites_types::{ByteText, Flag};

use crate::findings::{Code, Finding};
use crate::model::GroupReport;
use crate::terminal::counted;

/// Says of every pending commit how its transaction was decided. The offset stays pending: without the marker no
/// broker serves it.
pub(super) fn add(groups: &mut [GroupReport], evidence: &Evidence, read: ReadMode) -> Option<Finding> {
    let open = groups.iter().flat_map(|group| &group.offsets).any(|offset| !offset.pending.is_empty());
    if !open {
        return None;
    }
    let mut dropped: BTreeMap<ByteText, usize> = BTreeMap::new();
    let log = TransactionLog::of(evidence, read);
    for group in groups.iter_mut() {
        let group_id = &group.group_id;
        for offset in &mut group.offsets {
            for pending in &mut offset.pending {
                let outcome = log.outcome(pending.producer_id, pending.committed_at_ms);
                pending.transaction = outcome.map(TransactionOutcome::as_str);
                if outcome == Some(TransactionOutcome::Committed) {
                    offset.flags.insert(Flag::CommittedByTransactionLog);
                    if log.is_complete(pending.producer_id) {
                        *dropped.entry(group_id.clone()).or_default() += 1;
                    }
                }
            }
        }
    }
    marker_dropped(&dropped)
}

/// The transaction coordinator holds the transaction for complete, and its marker is not in the log: where the copies
/// are of one moment it will never come.
fn marker_dropped(dropped: &BTreeMap<ByteText, usize>) -> Option<Finding> {
    let offsets: usize = dropped.values().sum();
    let named = dropped.iter().map(|(group, offsets)| format!("group {group}: {offsets}"));
    (offsets > 0).then(|| {
        let message = format!(
            "{} of complete, committed transactions {} no marker in the offsets partition: brokers will never serve \
             them, though the application's work is committed (4.3.1 drops markers of a partition without a leader)",
            counted(offsets, "offset", "offsets"),
            if offsets == 1 { "has" } else { "have" }
        );
        Finding::new(Code::MarkerDropped, message).shown_by(named.collect())
    })
}
