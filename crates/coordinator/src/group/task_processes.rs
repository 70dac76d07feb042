//! Which process has a streams task (`StreamsGroup.addTaskProcessId`, `removeTaskProcessIds`): the streams
//! side of KAFKA-19862. Since 4.1.2 and 4.2.0 nothing throws here, and a stale owner's rewritten metadata can
//! take live tasks from their owner without a trace.

use super::error::ReplayError;
use super::journal::Journal;
use super::member::{Held, Holding, Member};
use super::modern::ModernGroup;
use super::place::{Place, Question};
use super::shared::Name;
use crate::rules::TaskProcessRule;

/// Roles of tasks that several processes may have at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Role {
    /// Standby tasks.
    Standby,
    /// Warm-up tasks.
    Warmup,
}

impl ModernGroup {
    /// Moves the claims of a member from its old to its new state; `None` is a member that was not or is no more.
    pub(super) fn move_task_processes(
        &mut self,
        journal: &mut Journal,
        rule: TaskProcessRule,
        old: Option<&Member>,
        new: Option<&Member>,
    ) -> Result<(), ReplayError> {
        if let Some(old) = old {
            for held in [&old.assigned, &old.pending_revocation] {
                self.remove_tasks(journal, rule, held, old.process_id())?;
            }
        }
        if let Some(new) = new
            && let Some(process) = new.process_id()
        {
            for held in [&new.assigned, &new.pending_revocation] {
                self.add_tasks(journal, rule, held, process)?;
            }
        }
        Ok(())
    }

    fn remove_tasks(
        &mut self,
        journal: &mut Journal,
        rule: TaskProcessRule,
        held: &Holding,
        process: Option<&Name>,
    ) -> Result<(), ReplayError> {
        let Some(tasks) = held.tasks() else { return Ok(()) };
        let strict = rule == TaskProcessRule::Strict;
        for held in &tasks.active {
            let known = has_subtopology(&self.active_tasks, &held.key);
            if strict {
                journal.read(|| Place::subtopology(&held.key));
            }
            for at in places(held) {
                let question = || if strict { Question::All } else { Question::ProcessIs(process.cloned()) };
                journal.ask(|| (Place::active_task(&at), question()));
                match self.active_tasks.get(&at) {
                    owner if owner.is_some() && owner == process => {
                        self.set_active_task(journal, &at, None);
                    }
                    _ if !strict => {}
                    None if !known => {
                        return Err(ReplayError::SubtopologyUnowned {
                            subtopology: at.0,
                            process: process.cloned(),
                        });
                    }
                    // `Objects.equals(null, null)`: removing nobody's claim of an unowned task is fine.
                    None if process.is_none() => {}
                    owner => {
                        return Err(ReplayError::TaskOwnedByAnother {
                            owner: owner.cloned(),
                            subtopology: at.0,
                            partition: at.1,
                            process: process.cloned(),
                        });
                    }
                }
            }
        }
        for (role, held) in [(Role::Standby, &tasks.standby), (Role::Warmup, &tasks.warmup)] {
            for at in held.iter().flat_map(places) {
                self.remove_task_process(journal, strict, role, at, process)?;
            }
        }
        Ok(())
    }

    fn remove_task_process(
        &mut self,
        journal: &mut Journal,
        strict: bool,
        role: Role,
        at: (Name, i32),
        process: Option<&Name>,
    ) -> Result<(), ReplayError> {
        let tasks = match role {
            Role::Standby => &self.replica_tasks[0],
            Role::Warmup => &self.replica_tasks[1],
        };
        if let Some(process) = process {
            journal.read(|| Place::replica_task(role, &at, process));
        }
        if strict {
            journal.read(|| Place::replicas(role, &at.0));
        }
        let claimed = process.is_some_and(|process| tasks.get(&at).is_some_and(|all| all.contains(process)));
        if let (true, Some(process)) = (claimed, process) {
            self.set_task_process(journal, role, &at, process, false);
        } else if strict {
            let process = process.cloned();
            return Err(if !has_subtopology(tasks, &at.0) {
                ReplayError::SubtopologyNotOwned { subtopology: at.0, process }
            } else if tasks.contains_key(&at) {
                ReplayError::TaskNotOwned { subtopology: at.0, partition: at.1, process }
            } else {
                ReplayError::Other(
                    "Cannot invoke \"java.util.Set.remove(Object)\" because the return value of \
                     \"org.apache.kafka.timeline.TimelineHashMap.get(Object)\" is null"
                        .to_owned(),
                )
            });
        }
        Ok(())
    }

    fn add_tasks(
        &mut self,
        journal: &mut Journal,
        rule: TaskProcessRule,
        held: &Holding,
        process: &Name,
    ) -> Result<(), ReplayError> {
        let Some(tasks) = held.tasks() else { return Ok(()) };
        for at in tasks.active.iter().flat_map(places) {
            if rule == TaskProcessRule::Strict {
                journal.read(|| Place::active_task(&at));
            }
            if rule == TaskProcessRule::Strict
                && let Some(owner) = self.active_tasks.get(&at)
            {
                return Err(ReplayError::TaskOwned {
                    owner: owner.clone(),
                    subtopology: at.0,
                    partition: at.1,
                    process: process.clone(),
                });
            }
            self.set_active_task(journal, &at, Some(process.clone()));
        }
        for (role, held) in [(Role::Standby, &tasks.standby), (Role::Warmup, &tasks.warmup)] {
            for at in held.iter().flat_map(places) {
                if rule == TaskProcessRule::Strict {
                    // Whether the set is there already is left to the one that takes this back.
                    journal.read(|| Place::replicas(role, &at.0));
                }
                self.set_task_process(journal, role, &at, process, true);
            }
        }
        Ok(())
    }
}

/// The tasks of one subtopology, one by one.
fn places(held: &Held<Name>) -> impl Iterator<Item = (Name, i32)> + '_ {
    held.partitions.iter().map(|p| (held.key.clone(), p.partition))
}

fn has_subtopology<V>(tasks: &std::collections::BTreeMap<(Name, i32), V>, subtopology: &Name) -> bool {
    tasks.range((subtopology.clone(), i32::MIN)..=(subtopology.clone(), i32::MAX)).next().is_some()
}
