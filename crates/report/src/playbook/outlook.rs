//! What is wrong with the leader's copy, whether a move helps, whether anything has to be deleted, what else helps.

use lastwrites_coordinator::rules::Coordinator;

use super::brokers::{Rules, serves};
use super::model::{Broker, CopyVerdict, Deletion, Trouble};
use super::upgrades::Upgrades;
use crate::diagnose::{Cause, PartitionDiagnosis, Persistence, RACE_UNPROVEN};

/// The leader's copy on this release, among all copies of the partition.
pub(super) fn trouble(
    copy: Option<&PartitionDiagnosis>,
    copies: &[&PartitionDiagnosis],
    rules: Rules,
) -> (Trouble, Option<Cause>) {
    let unknown = || Trouble {
        kind: "unknown",
        offset: None,
        error: None,
        issues: Vec::new(),
        upgrade_to: None,
        upgrades: String::new(),
        at_rest_loads: false,
    };
    let Some((copy, verdict)) = copy.and_then(|copy| Some((copy, rules.verdict(copy)?))) else {
        return (unknown(), None);
    };
    if serves(verdict) && copy.incomplete(copies.iter().copied()).is_some() {
        return (unknown(), None);
    }
    let upgrades = Upgrades::of(copy, rules);
    let (upgrade_to, upgrades) = (upgrades.first(), upgrades.told());
    if !serves(verdict) {
        let race = verdict.cause.is_some_and(|cause| cause.persistence() == Persistence::Race);
        let trouble = Trouble {
            kind: if race { "race" } else { "on-disk" },
            offset: verdict.offset,
            error: verdict.error.clone(),
            issues: verdict.issues.clone(),
            upgrade_to,
            upgrades,
            at_rest_loads: race && rules.loads_before_compaction(copy),
        };
        return (trouble, verdict.cause);
    }
    let race = copy.races.iter().find(|race| rules.races(copy) > 0 && race.kafka == rules.release);
    let trouble = Trouble {
        kind: if race.is_some() { "race" } else { "none" },
        offset: race.map(|race| race.offset),
        error: race.map(|race| race.error.clone()),
        issues: race.map_or_else(Vec::new, |race| race.issues.clone()),
        upgrade_to,
        upgrades,
        at_rest_loads: true,
    };
    (trouble, None)
}

/// True where groups are lost in silence: an old coordinator that meets a record it can't read.
fn serves_empty(trouble: &Trouble, rules: Rules) -> bool {
    rules.coordinator == Coordinator::Old && trouble.kind == "on-disk"
}

/// Whether another broker's copy is here and loads.
fn loads(brokers: &[Broker]) -> bool {
    brokers.iter().any(|broker| broker.place.is_some() && broker.verdict == CopyVerdict::Loads)
}

/// Whether every replica is to be expected to fail like the leader's copy.
fn is_everywhere(trouble: &Trouble, cause: Option<Cause>) -> bool {
    trouble.kind == "on-disk" && cause.is_some_and(Cause::is_replicated)
}

/// Whether moving the leader can help, and why or why not.
pub(super) fn reason(
    trouble: &Trouble,
    cause: Option<Cause>,
    leader: i32,
    brokers: &[Broker],
    rules: Rules,
) -> (bool, String) {
    let what = match (trouble.kind, cause) {
        (_, Some(cause)) => cause.advice().what.to_owned(),
        ("race", None) => format!(
            "Broker {leader}'s copy loads at rest; a load that meets the log cleaner at work fails at offset {}.",
            trouble.offset.map_or_else(|| "?".to_owned(), |offset| offset.to_string())
        ),
        ("none", None) => format!(
            "Broker {leader}'s copy loads as it lies, and no race with the cleaner fails: the disk does not \
             explain a FAILED shard. If it is FAILED all the same (heap, an interrupted load), one reload is enough."
        ),
        _ => {
            let copy = brokers.iter().find(|broker| broker.broker_id == leader);
            match copy.and_then(|broker| broker.incomplete.as_ref()) {
                None => format!("Broker {leader}'s copy is not here, so why its load fails is not known."),
                Some(why) => format!("Broker {leader}'s copy does not tell why its load fails: {why}."),
            }
        }
    };
    let what =
        if trouble.is_unproven_race() && !loads(brokers) { format!("{what} {RACE_UNPROVEN}") } else { what };
    if serves_empty(trouble, rules) {
        let why = format!(
            "{what} The old coordinator does not fail: it serves the partition without its groups, answers everybody, and \
             consumers start at auto.offset.reset and commit anew. No answer of it tells whether a reload brought the \
             groups back, so no move is prepared here."
        );
        return (false, why);
    }
    if brokers.len() < 2 {
        let why = format!(
            "{what} A reload needs a new leader, and broker {leader} is the only replica: there is no broker to \
             move the leader to."
        );
        return (false, why);
    }
    if brokers.iter().all(|broker| broker.place.is_none()) {
        let why = format!("{what} No other replica can take over: each of their copies fails as well.");
        return (false, why);
    }
    let loading = loads(brokers);
    if !loading && is_everywhere(trouble, cause) {
        let why = format!(
            "{what} The records were replicated like all others: the same failure is to be expected of every replica, and a move \
             is not a way out. `lastwrites diagnose` on a copy of another replica's disk tells \
             whether its cleaner has taken them away already."
        );
        return (false, why);
    }
    let how = if loading {
        "A new leader loads the partition again, from its own copy, and a copy that loads is here."
    } else {
        "A new leader loads the partition again, from its own copy. No whole copy of another broker that loads is \
         here, so whether it loads is not known before it is tried; `lastwrites diagnose` on a copy of their disks \
         would tell."
    };
    (true, format!("{what} {how}"))
}

/// Whether the group must go.
pub(super) fn deletion(
    trouble: &Trouble,
    possible: bool,
    leader: i32,
    brokers: &[Broker],
    rules: Rules,
) -> Deletion {
    if serves_empty(trouble, rules) {
        let why = "No: the coordinator holds no groups here, and what a deletion appends takes away what `recover` can \
                   still give back.";
        return Deletion { needed: false, why: why.to_owned() };
    }
    let needed = possible && trouble.kind == "on-disk" && trouble.upgrade_to.is_none();
    let why = match (trouble.kind, &trouble.upgrade_to) {
        ("on-disk", _) if !possible => {
            "No: a FAILED shard answers NOT_COORDINATOR and appends nothing, so a deletion \
            can't reach the log."
                .to_owned()
        }
        ("on-disk", None) => format!(
            "Only if broker {leader} must lead this partition again: no known release loads its copy, and only \
             newer records of the same keys make the cleaner take the failing one away. While another broker \
             leads, nothing has to be deleted."
        ),
        ("on-disk", Some(release)) => format!(
            "No: broker {leader}'s copy loads on Kafka {release}. Until it runs that, let another broker lead."
        ),
        ("race", _) if trouble.is_unproven_race() && loads(brokers) => {
            "No: another broker's copy loads as it lies, so nothing has to be removed for a move. While the shard \
            is FAILED a deletion can't even reach the log."
                .to_owned()
        }
        ("race", _) if trouble.is_unproven_race() => {
            "No: while the shard is FAILED a deletion can't reach the log. Whether a record has to go is not known: \
            no copy here loads, and no .deleted originals show that the log does once its cleaner is done."
                .to_owned()
        }
        ("race", _) => {
            "No: nothing on disk has to be removed; a load that does not meet the cleaner succeeds. While \
            the shard is FAILED a deletion can't even reach the log."
                .to_owned()
        }
        _ => "No: nothing shows that a record has to go.".to_owned(),
    };
    Deletion { needed, why }
}

/// Ways out that need no move.
pub(super) fn instead(
    trouble: &Trouble,
    brokers: &[Broker],
    leader: i32,
    partition: i32,
    rules: Rules,
) -> Vec<String> {
    let mut ways = Vec::new();
    let before_a_start = brokers
        .iter()
        .find(|broker| broker.broker_id == leader)
        .and_then(|broker| broker.start_cuts.as_ref())
        .map_or_else(String::new, |cut| {
            format!(
                "Before any restart of broker {leader} (LW121): {cut}. Save the offsets from the copy first. "
            )
        });
    if serves_empty(trouble, rules) {
        ways.push(
            "Stop the consumers of these groups before they commit more. Take the offsets from the copy (lastwrites \
             recover), compare with what was committed since, and write them back to the same groups \
             (lastwrites-seek plan, then apply --execute)."
                .to_owned(),
        );
    }
    if trouble.kind != "on-disk" {
        let if_raced = if trouble.is_unproven_race() {
            " That heals this partition only if its load raced the cleaner, which this copy doesn't prove."
        } else {
            ""
        };
        ways.push(format!(
            "{before_a_start}Restart broker {leader} once its cleaner is done with the partition (log-cleaner.log names \
             __consumer_offsets-{partition}). It loads everything it leads again.{if_raced} Copy its disk first: a restart \
             deletes .deleted and .cleaned files."
        ));
    }
    match &trouble.upgrade_to {
        Some(_) => ways.push(format!(
            "{before_a_start}Upgrade broker {leader} to Kafka {}: it loads this copy, whatever the cleaner does.",
            trouble.upgrades
        )),
        None if trouble.kind == "unknown" => {}
        None => ways.push(
            "No later release that is known is sure to load it, so an upgrade alone is not a way out.".to_owned(),
        ),
    }
    ways.push(
        "Leave the partition as it is and take the offsets to a new group on a healthy one: lastwrites recover, \
         lastwrites partition-for, lastwrites-seek apply."
            .to_owned(),
    );
    ways
}
