//! What a window that loads into a wrong state lost: a streams task that its live owner has in the log and not in the
//! state.

use super::Window;
use super::steps::{Step, Steps};
use super::trace::GroupTrace;
use super::visibility::Tombstones;
use crate::group::{Change, Group, Holding, Journal, ModernChange, ModernGroup, Name, Slot};
use crate::rules::{Profile, Rules};

/// A task without the owner that the log gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LostTask {
    /// Subtopology of the task.
    pub subtopology: Name,
    /// Partition of the task.
    pub partition: i32,
    /// Its owner by the whole log.
    pub owner: TaskClaim,
    /// The stale claim that the loader still held when it lost the task, where a record makes it.
    pub stale: Option<TaskClaim>,
    /// Offset of the record at whose replay the task was lost.
    pub lost_at: i64,
}

/// A member's current assignment that holds a task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskClaim {
    /// The member.
    pub member_id: Name,
    /// Member epoch in that assignment.
    pub epoch: i32,
    /// Offset of the assignment's record.
    pub offset: i64,
}

/// The first task, in order of subtopology and partition, that this window loses; `None` when it loses none.
#[must_use]
pub fn lost_task(trace: &GroupTrace, profile: &Profile, window: Window) -> Option<LostTask> {
    let Rules::New(rules) = &profile.rules else { return None };
    let steps = Steps::new(trace, profile, rules, Tombstones::Kept);
    let raw = replayed(&steps, |_| true, |_, _| ());
    let raw = modern(&raw)?;
    let seen = |step: &Step<'_>| step.event.visible(window, Tombstones::Kept);
    let found = replayed(&steps, seen, |_, _| ());
    let found = modern(&found)?;
    let (task, process) =
        raw.active_tasks().iter().find(|(task, process)| found.active_tasks().get(*task) != Some(process))?;
    let mut lost_at = None;
    let mut had = None;
    replayed(&steps, seen, |step, slot| {
        let has = modern(slot).and_then(|group| group.active_tasks().get(task).cloned());
        if has != had && has.as_ref() != Some(process) {
            lost_at = Some((step.event.offset(), step.member_id.clone()));
        }
        had = has;
    });
    let (lost_at, by) = lost_at?;
    let owner = raw.members().iter().find(|(_, member)| holds(&member.assigned, task)).map(|(id, _)| id)?;
    Some(LostTask {
        subtopology: task.0.clone(),
        partition: task.1,
        owner: last_claim(&steps, owner, task, i64::MAX, |_| true)?,
        stale: by.and_then(|member| last_claim(&steps, &member, task, lost_at, seen)),
        lost_at,
    })
}

/// The state after all steps that `seen` lets through; `watch` sees it after each.
fn replayed(
    steps: &Steps<'_>,
    seen: impl Fn(&Step<'_>) -> bool,
    mut watch: impl FnMut(&Step<'_>, &Slot),
) -> Slot {
    let (mut slot, mut journal) = (Slot::default(), Journal::default());
    for step in steps.steps.iter().filter(|step| seen(step)) {
        if let Some(change) = &step.change {
            // Only windows that load are asked about.
            let _ = slot.apply(steps.group_id, steps.rules, change, &mut journal);
            journal.clear();
            watch(step, &slot);
        }
    }
    slot
}

fn modern(slot: &Slot) -> Option<&ModernGroup> {
    match slot.group() {
        Some(Group::Modern(group)) => Some(group),
        _ => None,
    }
}

fn holds(holding: &Holding, task: &(Name, i32)) -> bool {
    holding.tasks().is_some_and(|tasks| {
        let of_subtopology = tasks.active.iter().filter(|held| held.key == task.0);
        of_subtopology.flat_map(|held| &held.partitions).any(|held| held.partition == task.1)
    })
}

/// A member's last assignment record up to an offset that holds a task.
fn last_claim(
    steps: &Steps<'_>,
    member: &Name,
    task: &(Name, i32),
    up_to: i64,
    seen: impl Fn(&Step<'_>) -> bool,
) -> Option<TaskClaim> {
    let mut steps = steps.steps.iter().rev().filter(|step| step.event.offset() <= up_to && seen(step));
    steps.find_map(|step| match &step.change {
        Some(Change::Modern(_, ModernChange::Current(id, Some(Ok(current)))))
            if id == member
                && (holds(&current.assigned, task) || holds(&current.pending_revocation, task)) =>
        {
            Some(TaskClaim { member_id: id.clone(), epoch: current.epoch, offset: step.event.offset() })
        }
        _ => None,
    })
}
