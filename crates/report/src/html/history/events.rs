//! Events of a history in words, and as what they stand out.

use crate::html::document::{GroupMoment, HoleMoment, IncidentMoment, OffsetMoment};
use crate::terminal::grouped;

/// A hole in words.
pub(super) fn lost(hole: &HoleMoment) -> String {
    let from = grouped(hole.record_offset);
    match hole.last_lost_offset {
        Some(to) if to > hole.record_offset => format!("records {from} to {} are lost", grouped(to)),
        Some(_) => format!("record {from} is lost"),
        None if hole.to_ms.is_none() => format!("records from {from} on are lost"),
        None => format!("damage at {from}"),
    }
}

/// A failing record, or one in its way, in words.
pub(super) fn met(incident: &IncidentMoment) -> String {
    let what = if incident.role == "fails" { "load fails at" } else { "in its way:" };
    format!("{what} {}", grouped(incident.offset))
}

pub(super) fn style(incident: &IncidentMoment) -> &'static str {
    if incident.role == "fails" { "fails" } else { "stale" }
}

/// What an event stands out as; `None` for a commit that goes on as before.
pub(super) fn kind(event: &OffsetMoment) -> Option<&'static str> {
    match event.event.as_str() {
        "offset-deleted" => return Some("deleted"),
        "commit-aborted" => return Some("aborted"),
        _ => {}
    }
    ["rewind", "reset", "jump"].into_iter().find(|kind| event.reasons.iter().any(|reason| reason == kind))
}

/// An event in words.
pub(super) fn told(event: &OffsetMoment) -> String {
    let offset = event.offset.map_or_else(String::new, grouped);
    let from = event.previous_offset.map_or_else(String::new, |before| format!(" from {}", grouped(before)));
    match kind(event) {
        Some("deleted") => {
            let before = event
                .previous_offset
                .map_or_else(String::new, |before| format!(", {} before", grouped(before)));
            let why: Vec<&str> = event.reasons.iter().map(String::as_str).collect();
            let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
            format!("deleted{before}{why}")
        }
        Some("aborted") => format!("{offset} in a transaction that was aborted"),
        Some("rewind") => format!("rewound{from} to {offset}"),
        Some("jump") => format!("jumped{from} to {offset}"),
        Some("reset") => format!("set{from} to {offset} while the group had no members"),
        _ => offset,
    }
}

pub(super) fn changed(change: &GroupMoment) -> String {
    let kind = change.group_type.as_deref();
    match (change.event.as_str(), change.epoch) {
        ("group-deleted", _) => "group deleted".to_owned(),
        ("type-changed", _) => format!("became a {} group", kind.unwrap_or("different")),
        (_, Some(epoch)) if kind == Some("classic") => format!("generation {epoch}"),
        (_, Some(epoch)) => format!("group epoch {epoch}"),
        (event, None) => event.replace('-', " "),
    }
}

pub(super) fn short(change: &GroupMoment) -> String {
    match (change.event.as_str(), change.epoch) {
        ("group-deleted", _) => "gone".to_owned(),
        ("type-changed", _) => change.group_type.clone().unwrap_or_default(),
        (_, Some(epoch)) if change.group_type.as_deref() == Some("classic") => format!("gen {epoch}"),
        (_, Some(epoch)) => format!("epoch {epoch}"),
        _ => String::new(),
    }
}
