//! The pass that gives every copy its final state.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use lastwrites_records::LayoutSet;

use crate::fold::{KeyHasher, ShardedTable, UnitFold};
use crate::pass::{CopyFiles, CopyView, Pass, PassError, Progress, Scratch, Unit, drive, units, walk_unit};
use crate::rules::Profile;
use crate::state::copy::CopyState;
use crate::state::edge::UnitEdge;
use crate::state::in_order::InOrder;
use crate::state::places::places_of;
use crate::state::visitor::{OffsetPath, UnitVisitor};

/// Why a replay could not be finished.
pub type ReplayError = PassError;

/// Replays one view of every copy under one release's rules: committed offsets, groups, the load's verdict, and every byte
/// accounted for.
///
/// Views stand in the order of the copies in `files`.
///
/// # Errors
/// When worker threads can't be started. Damage is no error.
pub fn replay(
    files: &CopyFiles,
    views: &[CopyView],
    profile: &Profile,
    progress: &Progress,
) -> Result<Vec<CopyState>, ReplayError> {
    let hasher = KeyHasher::default();
    let path = if profile.rules.offsets_commute() { OffsetPath::Fold } else { OffsetPath::Edge };
    let pass = OffsetsPass { files, path, layouts: &profile.layouts, hasher: hasher.clone() };
    let mut copies: Vec<InOrder<'_>> =
        views.iter().map(|view| InOrder::new(profile, view.partition, hasher.clone())).collect();
    let units = units(files, views, files.unit_bytes());
    let locals = drive(&pass, &units, files.threads(), progress, |unit, edge| {
        if let Some(copy) = copies.get_mut(unit.copy as usize) {
            if files.lost_before(unit, copy.next()) {
                copy.lost();
            }
            copy.unit(unit.file, edge);
        }
        ControlFlow::Continue(())
    })?;
    let mut tables: BTreeMap<u32, Vec<ShardedTable>> = BTreeMap::new();
    for (copy, fold) in locals.into_iter().flatten() {
        tables.entry(copy).or_default().push(fold.into_table());
    }
    let mut states = Vec::with_capacity(copies.len());
    for (copy, ordered) in (0u32..).zip(copies) {
        let folded = tables.remove(&copy).unwrap_or_default();
        let state = match path {
            OffsetPath::Fold => CopyState::folded(ordered.finish(), folded),
            OffsetPath::Edge => {
                let ordered = ordered.finish();
                let places = places_of(files, &units, copy, &ordered.load.offsets)?;
                CopyState::in_order(ordered, &places)
            }
        };
        states.push(state);
    }
    Ok(states)
}

struct OffsetsPass<'a> {
    files: &'a CopyFiles,
    path: OffsetPath,
    layouts: &'a LayoutSet,
    hasher: KeyHasher,
}

impl Pass for OffsetsPass<'_> {
    type Local = BTreeMap<u32, UnitFold>;
    type Edge = UnitEdge;

    fn local(&self) -> Self::Local {
        BTreeMap::new()
    }

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, local: &mut Self::Local) -> UnitEdge {
        let Some(file) = self.files.of(unit) else { return UnitEdge::default() };
        let fold = local.entry(unit.copy).or_insert_with(|| UnitFold::new(self.hasher.clone()));
        fold.begin();
        let mut visitor = UnitVisitor::new(self.path, self.layouts, unit.file, fold);
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.finish()
    }
}
