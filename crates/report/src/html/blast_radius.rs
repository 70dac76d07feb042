//! Who is hit: brokers, the offsets partitions they lead, the topics behind them.

use std::collections::BTreeSet;

use lastwrites_types::ByteText;
use maud::{Markup, html};

use super::document::{Broker, Finding, HitGroup, OffsetsPartition, Radius, Topic};
use super::words::{count, name, numbers, time};
use crate::blast_radius::{fails_to_load, not_all_groups};
use crate::findings::Code;
use crate::terminal::{counted, grouped};

/// Rows of one table; of the rest only the number is told.
const MOST_ROWS: usize = 300;
/// Names in one cell.
const MOST_NAMES: usize = 8;

/// In a sentence, then who is hit, then everything.
pub(super) fn section(radius: &Radius, findings: &[Finding]) -> Markup {
    let failing: Vec<&OffsetsPartition> =
        radius.partitions.iter().filter(|one| one.fails == Some(true)).collect();
    let stuck: Vec<&HitGroup> = radius.groups.iter().filter(|group| group.fails).collect();
    let hit: BTreeSet<&ByteText> = stuck.iter().flat_map(|group| &group.topics).collect();
    let lacking = Lacking::of(radius, findings);
    let warnings = findings.iter().filter(|finding| finding.severity == "warning");
    let warnings = warnings.filter_map(|finding| finding.code.parse::<Code>().ok());
    html! {
        section #blast-radius {
            h2 { "Blast radius" }
            @if failing.is_empty() {
                p {
                    @if radius.partitions.iter().any(|one| one.fails.is_some()) {
                        "No offsets partition that was judged " (fails_to_load(warnings)) ": "
                    } @else {
                        "Which offsets partitions load can't be told from this evidence: "
                    }
                    (lacking.at_least()) (counted(radius.groups.len(), "group", "groups")) ", "
                    (counted(radius.topics.len(), "application topic", "application topics")) "."
                }
            } @else {
                p.answer {
                    (counted(failing.len(), "offsets partition", "offsets partitions")) ", "
                    (lacking.at_least()) (counted(stuck.len(), "group", "groups")) " and "
                    (counted(hit.len(), "application topic", "application topics")) " are hit."
                }
                (partitions(&failing, radius))
            }
            (lacking.words())
            (moment(radius))
            @let rows = radius.topics.iter().filter(|topic| hit.contains(&topic.topic)).collect::<Vec<_>>();
            @let stopped = stuck.iter().map(|group| &group.group_id).collect::<BTreeSet<_>>();
            @if !rows.is_empty() { (topics("Application topics that are hit", &rows, Some(&stopped))) }
            details {
                summary { "All brokers and topics" }
                (brokers(&radius.brokers))
                (topics("Application topics", &radius.topics.iter().collect::<Vec<_>>(), None))
            }
        }
    }
}

/// Offsets partitions of which not all groups could be read (`groups_complete` is false).
struct Lacking {
    partitions: Vec<i32>,
    out_of_date: bool,
    moment: bool,
}

impl Lacking {
    fn of(radius: &Radius, findings: &[Finding]) -> Self {
        let told = |code: Code| {
            let mut of_code = findings.iter().filter(|finding| finding.code == code.as_str());
            of_code.any(|finding| finding.severity != "note")
        };
        let lacking = radius.partitions.iter().filter(|one| one.groups_complete == Some(false));
        Self {
            partitions: lacking.map(|one| one.partition).collect(),
            out_of_date: told(Code::ReplicaBehind),
            moment: told(Code::CompactedMoment),
        }
    }

    /// A copy that is out of date bounds nothing: groups in it may be gone.
    const fn at_least(&self) -> &'static str {
        if self.partitions.is_empty() || self.out_of_date { "" } else { "at least " }
    }

    fn words(&self) -> Markup {
        html! {
            @if !self.partitions.is_empty() {
                p {
                    "Not all groups are known of " @if self.partitions.len() == 1 { "offsets partition " } @else { "offsets partitions " }
                    (numbers(&self.partitions)) ": " (not_all_groups(self.out_of_date, self.moment)) "."
                }
            }
        }
    }
}

fn moment(radius: &Radius) -> Markup {
    html! {
        p.place {
            @if let Some(id) = &radius.cluster_id { "Cluster " (id) ". " }
            @match radius.as_of_metadata_offset {
                Some(offset) => {
                    "Leaders are as of " (time(radius.as_of_metadata_ms)) " (metadata offset " (grouped(offset)) ")."
                }
                None => "No cluster metadata among these copies: who leads what is not known.",
            }
        }
    }
}

fn partitions(failing: &[&OffsetsPartition], radius: &Radius) -> Markup {
    let groups = |partition: i32| {
        radius.groups.iter().filter(|group| group.offsets_partition == Some(partition)).count()
    };
    html! {
        div.wide tabindex="0" role="region" aria-label="Offsets partitions that do not load" {
            table {
                caption { "Offsets partitions that do not load" }
                thead { tr {
                    th scope="col" { "Partition" } th scope="col" { "Leader" } th scope="col" { "Replicas" }
                    th scope="col" { "In sync" } th.number scope="col" { "Groups" }
                } }
                tbody {
                    @for one in failing.iter().take(MOST_ROWS) {
                        tr {
                            td { (one.partition) }
                            td { @match one.leader { Some(id) => (id), None if radius.as_of_metadata_offset.is_some() => "none", None => "unknown" } }
                            td { (numbers(&one.replicas)) } td { (numbers(&one.isr)) }
                            td.number { (count(groups(one.partition))) }
                        }
                    }
                }
            }
        }
        (left_out(failing.len()))
    }
}

fn brokers(brokers: &[Broker]) -> Markup {
    html! {
        @if !brokers.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Brokers" {
                table {
                    caption { "Brokers, and the partitions of __consumer_offsets they lead" }
                    thead { tr {
                        th scope="col" { "Broker" } th scope="col" { "Address" } th scope="col" { "Leads" }
                        th scope="col" { "Replica of" }
                    } }
                    tbody {
                        @for broker in brokers.iter().take(MOST_ROWS) {
                            tr {
                                td { (broker.broker_id) @if broker.fenced == Some(true) { " (fenced)" } }
                                td {
                                    @match (&broker.host, broker.port) {
                                        (Some(host), Some(port)) => { (name(host)) ":" (port) }
                                        _ => "–",
                                    }
                                }
                                td { @match &broker.leads { Some(leads) => (numbers(leads)), None => "unknown" } }
                                td { (numbers(&broker.replica_of)) }
                            }
                        }
                    }
                }
            }
            (left_out(brokers.len()))
        }
    }
}

/// With the groups that are `stopped` told apart from those that only read the same topic.
fn topics(title: &str, topics: &[&Topic], stopped: Option<&BTreeSet<&ByteText>>) -> Markup {
    let of = |topic: &Topic, wanted: bool| -> Vec<ByteText> {
        let is_stopped = |id: &ByteText| stopped.is_some_and(|stopped| stopped.contains(id));
        topic.groups.iter().filter(|id| is_stopped(id) == wanted).cloned().collect()
    };

    html! {
        @if !topics.is_empty() {
            div.wide tabindex="0" role="region" aria-label=(title) {
                table {
                    caption { (title) }
                    thead { tr {
                        th scope="col" { "Topic" } th.number scope="col" { "Partitions" }
                        @if stopped.is_some() { th scope="col" { "Groups stopped" } th scope="col" { "Other groups" } }
                        @else { th scope="col" { "Groups" } }
                    } }
                    tbody {
                        @for topic in topics.iter().take(MOST_ROWS) {
                            tr {
                                td { (name(&topic.topic)) }
                                td.number { @match topic.partitions { Some(partitions) => (count(partitions)), None => "–" } }
                                @if stopped.is_some() { td { (names(&of(topic, true))) } }
                                td { (names(&of(topic, false))) }
                            }
                        }
                    }
                }
            }
            (left_out(topics.len()))
        }
    }
}

fn names(all: &[ByteText]) -> Markup {
    html! {
        @for (nth, one) in all.iter().take(MOST_NAMES).enumerate() { @if nth > 0 { ", " } (name(one)) }
        @if all.len() > MOST_NAMES { " and " (count(all.len() - MOST_NAMES)) " more" }
    }
}

fn left_out(rows: usize) -> Markup {
    html! { @if rows > MOST_ROWS { p { (count(rows - MOST_ROWS)) " more are in report.json." } } }
}
