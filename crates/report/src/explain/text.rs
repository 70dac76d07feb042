//! Matches for a person: lines alike told once, what needs a hand before what is only news.

use std::collections::HashMap;

use lastwrites_types::{ByteText, escaped};

use super::matches::{DiskFacts, Match};
use super::stream::Totals;
use crate::findings::Code;
use crate::terminal::{counted, wrapped};

/// Lines alike share these.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    kind: &'static str,
    group_id: Option<ByteText>,
    partition: Option<i32>,
    issues: Vec<&'static str>,
    codes: Vec<Code>,
    failure: Option<Failure>,
}

/// Failed loads alike share these, too: another record or another reason is another failure.
#[derive(PartialEq, Eq, Hash)]
struct Failure {
    offset: Option<i64>,
    epochs: (Option<i32>, Option<i32>),
    meaning: String,
    /// Where the meaning is that of any text.
    text: Vec<u8>,
}

impl Alike {
    fn of(found: &Match) -> Self {
        let failure = || Failure {
            offset: found.offset,
            epochs: (found.epoch, found.owned_epoch),
            meaning: found.meaning.clone(),
            text: if found.reason.is_some_and(<[Code]>::is_empty) { found.told.clone() } else { Vec::new() },
        };
        Self {
            kind: found.kind,
            group_id: found.group_id.clone(),
            partition: found.partition,
            issues: found.issues.clone(),
            codes: found.codes.clone(),
            failure: found.is_load_failure().then(failure),
        }
    }
}

struct Told {
    first: Match,
    last_line: u64,
    count: u64,
}

/// Collects matches until the log ends, in bounded memory.
#[derive(Default)]
pub struct Summary {
    told: Vec<Told>,
    known: HashMap<Alike, usize>,
    left_out: u64,
    severe: bool,
}

/// Different things to tell at most.
const MOST: usize = 2_000;
/// More issues than this say nothing to a person.
const MOST_ISSUES: usize = 4;
/// News to tell at most.
const MOST_NEWS: usize = 40;

impl Summary {
    /// Takes the next match.
    pub fn add(&mut self, found: Match) {
        self.severe |= found.is_severe();
        let alike = Alike::of(&found);
        if let Some(told) = self.known.get(&alike).and_then(|&index| self.told.get_mut(index)) {
            told.last_line = found.line;
            told.count += 1;
        } else if self.told.len() < MOST {
            self.known.insert(alike, self.told.len());
            self.told.push(Told { last_line: found.line, count: 1, first: found });
        } else {
            self.left_out += 1;
        }
    }

    /// True when any line points at a finding that is more than a note.
    #[must_use]
    pub const fn is_severe(&self) -> bool {
        self.severe
    }

    /// The text.
    #[must_use]
    pub fn render(&self, totals: Totals) -> String {
        if self.told.is_empty() {
            return wrapped(
                &format!(
                    "Nothing in {} about coordinators, members or offsets that is known here.",
                    lines_read(totals)
                ),
                0,
                0,
            );
        }
        let mut out =
            format!("{} of {} about coordinators, members or offsets\n", totals.matches, lines_read(totals));
        let (serious, news): (Vec<_>, Vec<_>) = self.told.iter().partition(|told| needs_a_hand(&told.first));
        for told in &serious {
            out.push('\n');
            out.push_str(&in_full(told));
        }
        if !news.is_empty() {
            out.push_str("\nFor completeness:\n");
            for told in news.iter().take(MOST_NEWS) {
                let place = place(&told.first);
                let place = if place.is_empty() { place } else { format!(" ({place})") };
                let text = format!("{} {}{place}: {}", lines(told), told.first.kind, told.first.meaning);
                out.push_str(&wrapped(&text, 2, 4));
            }
        }
        let more = news.len().saturating_sub(MOST_NEWS) as u64 + self.left_out;
        if more > 0 {
            out.push_str(&format!("  ... and {more} more (--json has every line)\n"));
        }
        out
    }
}

fn lines_read(totals: Totals) -> String {
    counted(usize::try_from(totals.lines).unwrap_or(usize::MAX), "line", "lines")
}

fn needs_a_hand(found: &Match) -> bool {
    !found.codes.is_empty() || !found.advice.is_empty()
}

fn lines(told: &Told) -> String {
    match told.count {
        1 => format!("line {}", told.first.line),
        count => format!("line {} ({count} times, last in line {})", told.first.line, told.last_line),
    }
}

fn place(found: &Match) -> String {
    let mut parts = Vec::new();
    if let Some(partition) = found.partition {
        parts.push(format!("__consumer_offsets-{partition}"));
    }
    if let Some(offset) = found.offset {
        parts.push(format!("offset {offset}"));
    }
    if let Some(group) = &found.group_id {
        parts.push(format!("group {}", escaped(group.as_bytes())));
    }
    if let Some(member) = &found.member_id {
        parts.push(format!("member {}", escaped(member.as_bytes())));
    }
    match (found.epoch, found.owned_epoch) {
        (Some(epoch), Some(owned)) => parts.push(format!("epoch {epoch} against {owned}")),
        (Some(epoch), None) => parts.push(format!("epoch {epoch}")),
        _ => {}
    }
    parts.extend(found.leader_epoch.map(|epoch| format!("leader epoch {epoch}")));
    parts.join(", ")
}

fn in_full(told: &Told) -> String {
    let found = &told.first;
    let mut out = wrapped(&format!("{}: {}", lines(told), found.kind), 0, 2);
    let place = place(found);
    if !place.is_empty() {
        out.push_str(&wrapped(&place, 2, 2));
    }
    out.push_str(&wrapped(&format!("\"{}\"", escaped(found.excerpt.as_bytes())), 2, 2));
    out.push_str(&wrapped(&found.meaning, 2, 2));
    if !found.causes.is_empty() {
        out.push_str("  What may have led to it:\n");
        for cause in &found.causes {
            out.push_str(&wrapped(&format!("- {cause}"), 4, 6));
        }
    }
    match found.issues.len() {
        0 => {}
        1..=MOST_ISSUES => {
            out.push_str(&wrapped(&format!("Issues that fit: {}", found.issues.join(", ")), 2, 4));
        }
        many => {
            let text = format!(
                "Issues: any of {many} fits (--json names them). Which it is, the exception in the broker's log tells, or a copy \
                 of the partition given to explain as PATH."
            );
            out.push_str(&wrapped(&text, 2, 4));
        }
    }
    if let Some(disk) = &found.disk {
        out.push_str(&on_disk(disk));
    }
    if !found.advice.is_empty() {
        out.push_str(&wrapped(&format!("What to do: {}", found.advice), 2, 4));
    }
    if !found.codes.is_empty() {
        let codes: Vec<&str> = found.codes.iter().map(|code| code.as_str()).collect();
        out.push_str(&wrapped(&format!("More: lastwrites explain {}", codes.join(" | ")), 2, 4));
    }
    out
}

fn on_disk(disk: &DiskFacts) -> String {
    let mut out = String::from("  On the disk:\n");
    for verdict in &disk.verdicts {
        out.push_str(&wrapped(&format!("- {verdict}"), 4, 6));
    }
    for claim in &disk.claims {
        out.push_str(&wrapped(&format!("- {claim}"), 4, 6));
    }
    out.extend(disk.mismatch.as_ref().map(|mismatch| wrapped(&format!("- {mismatch}"), 4, 6)));
    if let Some(record) = &disk.record {
        out.push_str(&wrapped(&format!("- the record: {record}"), 4, 6));
    }
    if let Some(group) = &disk.group {
        let state = group.state.map(|state| format!(" in state {state}")).unwrap_or_default();
        out.push_str(&wrapped(
            &format!(
                "- the group after a load of the log: {}{state}, {}, {}",
                group.group_type,
                counted(group.members, "member", "members"),
                counted(group.offsets, "committed offset", "committed offsets"),
            ),
            4,
            6,
        ));
    }
    out
}
