//! What only the final state of a copy tells: a second reading, of the copies that give reason for it.
//!
//! The pass that judges releases skips plain commits, so it can't say which of them still count. Orphans,
//! groups of another partition and the live part of many transactional commits take the replay that `groups`
//! does; copies without such reasons are spared it.

use std::collections::BTreeMap;

use lastwrites_coordinator::judge::Judgement;
use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::rules::Profile;
use lastwrites_coordinator::state::{CopyState, replay};
use lastwrites_evidence::{Evidence, PartitionCopy, ViewKind, cluster_layout};
use lastwrites_records::redact::Redaction;
use lastwrites_types::{ByteText, group_to_partition};

use super::health::keeps_many_transactions;
use crate::build::{
    BuildError, GroupContext, PartitionCount, Surroundings, Views, group_reports, known_count,
    partition_count, true_group,
};
use crate::findings::{Finding, left_behind};
use crate::options::Options;

/// What a closer look found out about one copy.
#[derive(Default)]
pub(super) struct CloserLook {
    /// Orphans and foreign groups.
    pub(super) left_behind: Vec<Finding>,
    /// Transactional commits that are the last word on their key, or may still become it; `None` where nobody
    /// looked.
    pub(super) live_transactional: Option<u64>,
}

/// Looks again at the copies whose judgement gives reason to; one entry a copy.
pub(super) fn closer_look(
    evidence: &Evidence,
    copies: &[(&PartitionCopy, &Judgement)],
    profile: &Profile,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<CloserLook>, BuildError> {
    let redaction = options.redaction.as_deref();
    let looked: Vec<&PartitionCopy> = copies.iter().map(|(copy, _)| *copy).collect();
    let count = known_count(cluster_layout(evidence, None, options.read).as_ref(), &looked)
        .unwrap_or_else(|| count_of(copies, redaction));
    let reason = |(copy, judgement): &(&PartitionCopy, &Judgement)| {
        !judgement.removed_groups.is_empty()
            || keeps_many_transactions(judgement)
            || holds_foreign(copy, judgement, count, redaction)
    };
    let wanted: Vec<bool> = copies.iter().map(reason).collect();
    if !wanted.contains(&true) {
        return Ok(copies.iter().map(|_| CloserLook::default()).collect());
    }
    let mut views = Views::open(&looked, ViewKind::AsFound, options);
    for (view, wanted) in views.ranges.iter_mut().zip(&wanted) {
        view.ranges.retain(|_| *wanted);
    }
    let states = replay(&views.files, &views.ranges, profile, progress)?;
    let names = BTreeMap::new();
    let looks = copies.iter().zip(&wanted).zip(&states).enumerate();
    let look =
        |(index, (((copy, _), wanted), state)): (usize, ((&(&PartitionCopy, _), &bool), &CopyState))| {
            if !*wanted {
                return CloserLook::default();
            }
            let around = Surroundings::of(copy, index, state.continuity);
            let context = GroupContext {
                found_in: copy.partition,
                profile,
                count,
                names: &names,
                redaction: options.redaction.as_deref(),
            };
            let groups = group_reports(state, &around, &context);
            CloserLook {
                left_behind: left_behind(&groups),
                live_transactional: Some(live_transactional(state)),
            }
        };
    Ok(looks.map(look).collect())
}

fn count_of(copies: &[(&PartitionCopy, &Judgement)], redaction: Option<&Redaction>) -> PartitionCount {
    let found = copies.iter().filter_map(|(copy, judgement)| Some((copy.partition?, &judgement.groups)));
    let found: Vec<(ByteText, i32)> = found
        .flat_map(|(partition, groups)| groups.iter().map(move |id| (true_group(redaction, id), partition)))
        .collect();
    let found = found.iter().map(|(id, partition)| (id.as_bytes(), *partition));
    partition_count(found, &copies.iter().filter_map(|(copy, _)| copy.partition).collect())
}

fn holds_foreign(
    copy: &PartitionCopy,
    judgement: &Judgement,
    count: PartitionCount,
    redaction: Option<&Redaction>,
) -> bool {
    let Some((here, count)) = copy.partition.zip(count.partitions) else { return false };
    let home = |id: &[u8]| group_to_partition(true_group(redaction, id).as_bytes(), count);
    judgement.groups.iter().any(|id| home(id) != Some(here))
}

fn live_transactional(state: &CopyState) -> u64 {
    let of_key = |key: &lastwrites_coordinator::state::KeyState| {
        let committed = key.committed.as_ref().is_some_and(|write| write.producer_id != -1);
        key.pending.len() as u64 + u64::from(committed)
    };
    state.keys.values().flatten().map(of_key).sum()
}
