//! The steps in order: in-sync check, offsets, reload, one broker after the other, way back.

use lastwrites_types::ByteText;

use super::commands::Commands;
use super::model::{Broker, CopyVerdict, Playbook, Step};

/// File names the commands use.
pub(super) const ELECTION: &str = "election.json";
pub(super) const ROLLBACK: &str = "reassignment-rollback.json";
/// The document with the saved offsets.
pub(super) const OFFSETS: &str = "offsets.json";
/// The offsets that the way back needs.
#[derive(Clone, Copy)]
pub(super) enum Offsets<'a> {
    /// Beside the other files.
    Saved,
    /// In the evidence, the paths as typed.
    ToSave(&'a str),
    /// The copies hold none.
    None,
}

/// Groups named in the check after each move; the whole shard loads or fails as one.
const MOST_CHECKED: usize = 3;

/// The reassignment that makes this broker the preferred leader.
pub(super) fn reassignment_file(broker: &Broker) -> String {
    match broker.place {
        Some(1) | None => "reassignment.json".to_owned(),
        Some(_) => format!("reassignment-broker-{}.json", broker.broker_id),
    }
}

/// Writes the steps into a playbook that is possible.
pub(super) fn steps(
    playbook: &Playbook,
    commands: Commands,
    checked: &[ByteText],
    offsets: Offsets<'_>,
) -> Vec<Step> {
    let mut steps = Steps { done: Vec::new() };
    let check: Vec<String> =
        checked.iter().filter_map(|group| commands.group_state(group)).take(MOST_CHECKED).collect();
    in_sync(playbook, commands, &mut steps);
    save(offsets, &mut steps);
    still_failed(playbook, &check, &mut steps);
    let mut candidates: Vec<&Broker> =
        playbook.brokers.iter().filter(|broker| broker.place.is_some()).collect();
    candidates.sort_by_key(|broker| broker.place);
    for (index, broker) in candidates.iter().enumerate() {
        let next = candidates.get(index + 1).map(|next| next.broker_id);
        steps.add(reload(playbook, broker, next, commands, &check, offsets));
    }
    steps.add(rollback(playbook, commands, &check));
    if playbook.deletion.needed {
        steps.add(delete(playbook, commands, checked, offsets));
    }
    steps.done
}

struct Steps {
    done: Vec<Step>,
}

impl Steps {
    fn add(&mut self, step: Step) {
        let number = self.done.len() + 1;
        self.done.push(Step { number, ..step });
    }
}

fn step(title: impl Into<String>, why: impl Into<String>) -> Step {
    let (title, why) = (title.into(), why.into());
    Step { number: 0, title, why, commands: Vec::new(), go_on_if: String::new(), stop_if: String::new() }
}

fn list(brokers: &[i32]) -> String {
    let texts: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    texts.join(",")
}

fn in_sync(playbook: &Playbook, commands: Commands, steps: &mut Steps) {
    let replicas = list(&playbook.replicas);
    steps.add(Step {
        commands: vec![commands.describe_topic()],
        go_on_if: format!(
            "it says Leader: {}, Replicas: {replicas}, and Isr names the same brokers in any order",
            playbook.leader
        ),
        stop_if:
            "Isr is shorter than Replicas (bring those brokers back first), or leader and replicas differ \
            (make the playbook again with --brokers and --leader as printed)"
                .to_owned(),
        ..step("Every replica in sync?", "Only a broker in the ISR holds every acknowledged commit.")
    });
}

/// Looks at the offsets that are saved already, or saves them, if there are any.
fn save(offsets: Offsets<'_>, steps: &mut Steps) {
    let why = "Nothing below deletes them. If something goes wrong, this is the way back.";
    let go_on_if = format!("{OFFSETS} names the groups and positions you expect");
    steps.add(match offsets {
        Offsets::Saved => Step {
            commands: vec![format!("lastwrites-seek offsets {OFFSETS} --format json")],
            go_on_if,
            ..step("The offsets are saved", why)
        },
        Offsets::ToSave(evidence) => Step {
            commands: vec![format!("lastwrites recover {evidence} --all-groups -o {OFFSETS}")],
            go_on_if,
            ..step("Save the offsets", why)
        },
        Offsets::None => Step {
            go_on_if: "you know of no commits that these copies lack".to_owned(),
            ..step("No offsets to save", "The copies hold no committed offset.")
        },
    });
}

fn still_failed(playbook: &Playbook, check: &[String], steps: &mut Steps) {
    steps.add(Step {
        commands: check.to_vec(),
        go_on_if: format!(
            "it times out or says that the coordinator is not available, and broker {}'s log has: Failed to load \
             metadata from __consumer_offsets-{}",
            playbook.leader, playbook.partition
        ),
        stop_if: "it prints the group's state: the shard is loaded, there is nothing to repair".to_owned(),
        ..step("Still FAILED?", "A shard that loads must not be moved for nothing: each move is a new load.")
    });
}

fn reload(
    playbook: &Playbook,
    broker: &Broker,
    next: Option<i32>,
    commands: Commands,
    check: &[String],
    offsets: Offsets<'_>,
) -> Step {
    let id = broker.broker_id;
    let why = match (broker.verdict, broker.races, playbook.trouble.kind) {
        (CopyVerdict::Loads, 0, _) => format!("Broker {id}'s copy loads on {}.", playbook.rules),
        (CopyVerdict::Loads, _, _) => format!(
            "Broker {id}'s copy loads on {}, unless its own cleaner is at work on it: its log-cleaner.log should \
             be quiet about __consumer_offsets-{}.",
            playbook.rules, playbook.partition
        ),
        _ => match &broker.incomplete {
            None => format!("Unknown: broker {id}'s copy is not here. It may fail as well."),
            Some(why) => format!("Unknown, {why}: broker {id}'s own log may fail as well."),
        },
    };
    let compare = match offsets {
        Offsets::None => String::new(),
        _ => format!(
            " Compare: lastwrites-seek verify {OFFSETS} --bootstrap-server \"$BOOTSTRAP\" --command-config client.properties."
        ),
    };
    let file = reassignment_file(broker);
    let mut list = commands.reassign(&file).to_vec();
    list.push(commands.elect(ELECTION));
    list.extend(check.iter().cloned());
    Step {
        commands: list,
        go_on_if: next.map_or_else(
            || "it is still FAILED: every replica has been tried; take the offsets to a new group (see below)".to_owned(),
            |next| format!("it is still FAILED: try broker {next}"),
        ),
        stop_if: format!(
            "the group's state is printed and COORDINATOR is broker {id}: the shard is loaded, the groups are \
             whole.{compare} Delete nothing, and do not move back for tidiness"
        ),
        ..step(
            format!("Reload on broker {id}: move the leader, same replicas"),
            format!("{}{why}", no_restart(playbook, id)),
        )
    }
}

fn rollback(playbook: &Playbook, commands: Commands, check: &[String]) -> Step {
    let leader = playbook.replicas.first().copied().unwrap_or(playbook.leader);
    let why = match (playbook.trouble.kind, &playbook.trouble.upgrade_to) {
        ("on-disk", Some(release)) => {
            format!(
                "Broker {leader}'s copy fails on {} at every load: upgrade the broker to {release} first.",
                playbook.rules
            )
        }
        ("on-disk", None) => {
            format!("Not yet: broker {leader}'s copy fails at every load, on every release that is known.")
        }
        _ => format!(
            "The groups are whole without it. It makes broker {leader} load the partition, and that load can race its \
             cleaner like the first one: run it only while broker {leader}'s log-cleaner.log has nothing new about \
             __consumer_offsets-{}.{}",
            playbook.partition,
            still_torn(playbook, leader)
        ),
    };
    let mut list = commands.reassign(ROLLBACK).to_vec();
    list.push(commands.elect(ELECTION));
    list.extend(check.iter().cloned());
    Step {
        commands: list,
        go_on_if: format!(
            "broker {leader} leads and the state is not printed: its load failed, so repeat the reload that worked"
        ),
        stop_if: format!("the group's state is printed and COORDINATOR is broker {leader}"),
        ..step(
            format!("Rollback: skip it, unless broker {leader} must lead again"),
            format!("{}{why}", no_restart(playbook, leader)),
        )
    }
}

/// What a restart of this broker would cut, where its copy shows it: a move is no restart, but people restart brokers
/// beside it.
fn no_restart(playbook: &Playbook, id: i32) -> String {
    let broker = playbook.brokers.iter().find(|broker| broker.broker_id == id);
    broker.and_then(|broker| broker.start_cuts.as_ref()).map_or_else(String::new, |cut| {
        format!("Keep broker {id} from restarting until its log dir is copied (LW121): {cut}. ")
    })
}

/// A copy that fails as it lies was torn by the race on disk or by the copying; which of the two it can't tell.
fn still_torn(playbook: &Playbook, leader: i32) -> String {
    let fails = |broker: &&Broker| broker.broker_id == leader && broker.verdict == CopyVerdict::Fails;
    playbook.brokers.iter().find(fails).map_or_else(String::new, |_| {
        format!(
            " Its copy here fails as it lies: unless only the copying tore it, it fails again until its cleaner \
             has been over it or the broker runs {}.",
            playbook.trouble.upgrade_to.as_deref().unwrap_or("a release that loads it")
        )
    })
}

fn delete(playbook: &Playbook, commands: Commands, checked: &[ByteText], offsets: Offsets<'_>) -> Step {
    let restore = match offsets {
        Offsets::None => String::new(),
        _ => format!("restore the offsets with lastwrites-seek apply {OFFSETS}, and "),
    };
    Step {
        commands: checked.iter().take(1).filter_map(|group| commands.delete_group(group)).collect(),
        go_on_if: format!(
            "the cleaner has taken offset {} away on broker {} (lastwrites dump on a fresh copy): then {restore}roll back",
            playbook.trouble.offset.map_or_else(|| "?".to_owned(), |offset| offset.to_string()),
            playbook.leader
        ),
        stop_if: "another broker may go on leading: then leave the group alone".to_owned(),
        ..step(
            "Last resort: delete the group",
            format!(
                "{} All its consumers must be stopped, on a loaded shard only, and it removes the committed \
                 offsets.",
                playbook.deletion.why
            ),
        )
    }
}
