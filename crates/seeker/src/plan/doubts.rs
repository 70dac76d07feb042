//! Doubts about a partition that don't stop it: what the document says of its offset, what the move means.

use lastwrites_recovered_offsets::RecoveredOffset;
use lastwrites_types::{Flag, Trust, escaped};

use super::reason::Reason;
use crate::layout::grouped;

/// Doubts the document itself states.
pub(super) fn stated(wanted: &RecoveredOffset) -> Vec<Reason> {
    let mut warnings = Vec::new();
    if matches!(wanted.trust, Trust::Salvaged | Trust::Unverified) {
        warnings.push(Reason::new(
            "trust",
            format!("only {}: {}", wanted.trust, escaped(wanted.bound.why.as_bytes())),
        ));
    }
    for flag in wanted.flags.iter() {
        if flag != Flag::CommittedByTransactionLog {
            warnings.push(Reason::new("flag", format!("the document flags it {flag}")));
        }
    }
    let rivals = wanted.alternatives.iter().filter(|other| !wanted.replaced(other));
    let told =
        |offset: Option<i64>| offset.map_or_else(|| "none at all".to_owned(), |offset| offset.to_string());
    let others: Vec<String> = rivals.map(|other| told(other.offset)).collect();
    if !others.is_empty() {
        warnings.push(Reason::new(
            "alternatives",
            format!("the document names other candidates: {}", others.join(", ")),
        ));
    }
    warnings
}

/// What the move means for the records between.
pub(super) fn movement(from: i64, to: i64, warnings: &mut Vec<Reason>) {
    let distance = grouped(to.saturating_sub(from).saturating_abs());
    if to < from {
        let text = format!(
            "moves the group back by {distance}: those records are processed again (duplicated output for exactly-once applications)"
        );
        warnings.push(Reason::new("moves-back", text));
    } else if to > from {
        warnings.push(Reason::new(
            "moves-forward",
            format!("moves the group forward by {distance}: those records are skipped"),
        ));
    }
}
