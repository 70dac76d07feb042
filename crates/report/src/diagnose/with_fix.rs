//! What releases with the fix of KAFKA-19862 make of the log at hand: the fix does not cover every such log.

use lastwrites_coordinator::rules::{PartitionEpochRule, Rules};
use lastwrites_evidence::ViewKind;

use super::model::{Race, ReleaseVerdict};

/// What they make of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WithFix {
    /// All that were judged load it, in every race with the cleaner that was tried, too.
    Load,
    /// All that were judged load it at rest, and some fail in a race.
    LoadAtRest,
    /// Some load it at rest.
    SomeLoad,
    /// None loads it.
    Fail,
    /// None was judged.
    NotJudged,
}

/// What the judged releases with the fix make of a view, and whether a race stops them.
pub(super) fn with_fix(verdicts: &[ReleaseVerdict], view: ViewKind, races: &[Race]) -> WithFix {
    let fixed: Vec<&ReleaseVerdict> =
        verdicts.iter().filter(|verdict| verdict.view == view && has_fix(&verdict.profile.rules)).collect();
    let loading = fixed.iter().filter(|verdict| verdict.is_loaded()).count();
    let raced = races.iter().any(|race| fixed.iter().any(|verdict| verdict.kafka == race.kafka));
    match (fixed.len(), loading) {
        (0, _) => WithFix::NotJudged,
        (_, 0) => WithFix::Fail,
        (all, loading) if loading < all => WithFix::SomeLoad,
        _ if raced => WithFix::LoadAtRest,
        _ => WithFix::Load,
    }
}

/// True for rules with the fix of KAFKA-19862.
pub(crate) fn has_fix(rules: &Rules) -> bool {
    matches!(rules, Rules::New(rules) if rules.partition_epochs == PartitionEpochRule::Lenient)
}
