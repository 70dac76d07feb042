//! The pass that judges all releases.

use std::ops::ControlFlow;

use super::Judgement;
use super::classes::Classes;
use super::filter::Wanted;
use super::panel::Panel;
use super::removed::unexpected_unloads;
use super::visitor::{JudgeVisitor, UnitEvents};
use crate::pass::{CopyFiles, CopyView, Pass, PassError, Progress, Scratch, Unit, drive, units, walk_unit};
use crate::rules::Profile;

/// Judges one view of every copy under every profile; views stand in the order of the copies in `files`.
///
/// `unit_bytes` is the size of a unit of work, `None` chooses; results don't depend on it.
///
/// # Errors
/// When worker threads can't be started. Damage is no error.
pub fn judge(
    files: &CopyFiles,
    views: &[CopyView],
    profiles: &[Profile],
    unit_bytes: Option<u64>,
    progress: &Progress,
) -> Result<Vec<Judgement>, PassError> {
    let classes = Classes::of(profiles);
    let units = units(files, views, unit_bytes);
    let mut panels: Vec<Panel<'_>> = views.iter().map(|view| Panel::new(&classes, view.partition)).collect();
    drive(&JudgePass { files }, &units, files.threads(), progress, |unit, events| {
        if let Some(panel) = panels.get_mut(unit.copy as usize) {
            panel.unit(unit, events);
        }
        ControlFlow::Continue(())
    })?;
    let doubtful: Vec<Wanted> =
        panels.iter().map(|panel| panel.doubtful_removals().into_iter().collect()).collect();
    let mut judgements: Vec<Judgement> = panels.into_iter().map(|panel| panel.finish(&classes)).collect();
    if doubtful.iter().any(|groups| !groups.is_empty()) {
        let partitions: Vec<i32> = views.iter().map(|view| view.partition).collect();
        unexpected_unloads(files, &units, &doubtful, profiles, &mut judgements, &partitions, progress)?;
    }
    Ok(judgements)
}

struct JudgePass<'a> {
    files: &'a CopyFiles,
}

impl Pass for JudgePass<'_> {
    type Local = ();
    type Edge = UnitEvents;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> UnitEvents {
        let Some(file) = self.files.of(unit) else { return UnitEvents::default() };
        let mut visitor = JudgeVisitor::new(file);
        walk_unit(file, unit.bytes, scratch, &mut visitor);
        visitor.finish()
    }
}
