//! A playbook on a terminal: the answer, the brokers, the steps, what not to do.

use super::findings::wrapped;
use super::groups::name;
use super::table::Table;
use crate::playbook::{Assumed, Broker, CopyVerdict, Playbook, Step};

/// Groups named in the head.
const MOST_GROUPS: usize = 5;

/// What the commands take for granted.
const BEFORE: &str = "Before the first command: go to the folder that --out made, export BOOTSTRAP=host:9092, and put security settings (or \
    nothing) into client.properties there. Confluent's packages leave out the .sh.";

/// The whole playbook. Commands are not wrapped: they are for copying.
#[must_use]
pub fn playbook(playbook: &Playbook) -> String {
    let assumed = if playbook.rules_assumed { assumed(playbook) } else { "" };
    let mut out = format!(
        "playbook for __consumer_offsets-{}   judged for {}{assumed}\n\n",
        playbook.partition, playbook.rules
    );
    if let Some(checked) = &playbook.checked_as {
        let text = format!(
            "By the rules of {checked}: nobody has checked {} (LW408). What it really does may differ.",
            playbook.rules
        );
        out.push_str(&wrapped(&text, 2, 4));
        out.push('\n');
    }
    let can = if playbook.possible { "CAN BE RELOADED" } else { "CANNOT BE HEALED BY A MOVE" };
    out.push_str(&wrapped(&format!("{can}: {}", playbook.why), 2, 4));
    if let Some(error) = &playbook.trouble.error {
        let offset = playbook.trouble.offset.map_or_else(String::new, |offset| format!("offset {offset}: "));
        out.push_str(&wrapped(&format!("{offset}{error}"), 4, 6));
    }
    out.push_str(&wrapped(&groups(playbook), 2, 4));
    out.push('\n');
    out.push_str(&brokers(playbook));
    if playbook.possible {
        out.push('\n');
        out.push_str(&wrapped(BEFORE, 2, 4));
    }
    for step in &playbook.steps {
        out.push_str(&one(step));
    }
    out.push('\n');
    out.push_str(&wrapped(&format!("Delete the group? {}", playbook.deletion.why), 2, 4));
    out.push_str(if playbook.possible { "\n  Other ways:\n" } else { "\n  What helps instead:\n" });
    for way in &playbook.instead {
        out.push_str(&wrapped(&format!("- {way}"), 2, 4));
    }
    out
}

/// Why this release, where none was named.
fn assumed(playbook: &Playbook) -> &'static str {
    match playbook.assumed {
        Assumed::CopyFails => ", the newest release on which a copy fails (--kafka)",
        Assumed::RaceFails => ", the newest release that a race with the cleaner makes fail (--kafka)",
        Assumed::NothingFails => ", the newest release: no copy here fails (--kafka)",
    }
}

fn groups(playbook: &Playbook) -> String {
    let shown: Vec<String> = playbook.groups.iter().take(MOST_GROUPS).map(name).collect();
    let more = playbook.groups.len().saturating_sub(MOST_GROUPS);
    match (shown.is_empty(), more) {
        (true, _) => "No groups of this partition are on disk.".to_owned(),
        (false, 0) => format!("Groups: {}.", shown.join(", ")),
        (false, more) => format!("Groups: {} and {more} more.", shown.join(", ")),
    }
}

fn brokers(playbook: &Playbook) -> String {
    let mut table = Table::new(2).number("broker").word("role").word("try").text("its own copy");
    // The old coordinator doesn't fail.
    let fails = if playbook.rules.ends_with("/old") { "LOADS EMPTY" } else { "FAILS" };
    for broker in &playbook.brokers {
        let role = if broker.broker_id == playbook.leader { "leader" } else { "replica" };
        let place = broker.place.map_or_else(|| "-".to_owned(), |place| place.to_string());
        table.row([broker.broker_id.to_string(), role.to_owned(), place, verdict(broker, fails)]);
    }
    table.render()
}

fn verdict(broker: &Broker, fails: &str) -> String {
    match (broker.verdict, broker.offset) {
        (CopyVerdict::Unknown, _) => {
            let why = broker.incomplete.as_deref().unwrap_or("not among the evidence");
            format!("unknown: {why}")
        }
        (CopyVerdict::Loads, _) if broker.races > 0 => "loads, unless its cleaner is at work".to_owned(),
        (CopyVerdict::Loads, _) => "loads".to_owned(),
        (CopyVerdict::Fails, Some(offset)) => format!("{fails} at offset {offset}"),
        (CopyVerdict::Fails, None) => fails.to_owned(),
    }
}

fn one(step: &Step) -> String {
    let mut out = format!("\n{}. {}\n", step.number, step.title);
    out.push_str(&wrapped(&step.why, 3, 3));
    for command in &step.commands {
        out.push_str(&format!("     {command}\n"));
    }
    if !step.stop_if.is_empty() {
        out.push_str(&wrapped(&format!("STOP if {}.", step.stop_if), 3, 5));
    }
    out.push_str(&wrapped(&format!("Go on if {}.", step.go_on_if), 3, 5));
    out
}
