//! Open transactions held against the transaction log, which decides before any marker is sent.

use lastwrites_evidence::{Evidence, TransactionLog, TransactionOutcome};
use lastwrites_segment::ReadMode;
use lastwrites_types::Flag;

use crate::model::GroupReport;

/// Says of every pending commit how its transaction was decided. The offset stays pending: without the marker no
/// broker serves it.
pub(super) fn add(groups: &mut [GroupReport], evidence: &Evidence, read: ReadMode) {
    let open = groups.iter().flat_map(|group| &group.offsets).any(|offset| !offset.pending.is_empty());
    if !open {
        return;
    }
    let log = TransactionLog::of(evidence, read);
    for offset in groups.iter_mut().flat_map(|group| &mut group.offsets) {
        for pending in &mut offset.pending {
            let outcome = log.outcome(pending.producer_id, pending.committed_at_ms);
            pending.transaction = outcome.map(TransactionOutcome::as_str);
            if outcome == Some(TransactionOutcome::Committed) {
                offset.flags.insert(Flag::CommittedByTransactionLog);
            }
        }
    }
}
