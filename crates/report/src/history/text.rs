//! A row for a person: when, where, who, what, and its place on disk; what doesn't fit goes on below.

use lastwrites_types::escaped;

use crate::model::AssignmentReport;
use crate::rows::{HistoryRow, Reason};
use crate::terminal::{beside, grouped, moment};

/// Appends a line and, below it, what no terminal would show beside it.
pub fn write_text(row: &HistoryRow<'_>, out: &mut Vec<u8>) {
    let partition = row.partition.map_or_else(|| "?".to_owned(), |partition| partition.to_string());
    let group = match row.group_id {
        None => "-".to_owned(),
        Some([]) => "(empty group id)".to_owned(),
        Some(id) => escaped(id),
    };
    let is = |reason| row.reasons.contains(&reason);
    let event = match row.event {
        _ if is(Reason::Damage) => "DAMAGE",
        _ if is(Reason::MissingFile) => "FILE MISSING",
        event => event.as_str(),
    };
    let when = format!("{:<20}  {partition}@{:<6} {event:<18}", moment(row.timestamp_ms), row.offset);
    let place = format!("[{}:{}]", escaped(row.file), row.position);
    let parts = std::iter::once(group).chain(what(row)).chain([place]);
    out.extend_from_slice(beside(when, parts).as_bytes());
}

fn what(row: &HistoryRow<'_>) -> Vec<String> {
    let mut words = Vec::new();
    if let (Some(topic), Some(partition)) = (row.topic, row.topic_partition) {
        words.push(format!("{}-{partition}", escaped(topic)));
        words.extend(moved(row));
    }
    words.extend(row.metadata.filter(|text| !text.is_empty()).map(|text| format!("\"{}\"", escaped(text))));
    words.extend(row.group_type.map(|kind| format!("{kind} group")));
    words.extend(row.epoch.map(|epoch| match row.group_type {
        Some("classic") => format!("generation {epoch}"),
        _ => format!("epoch {epoch}"),
    }));
    words.extend(row.member_id.map(|id| format!("member {}", escaped(id))));
    words.extend(row.group_instance_id.map(|id| format!("static {}", escaped(id))));
    words.extend(row.replaced_member_id.map(|id| format!("instead of {}", escaped(id))));
    words.extend(row.client_id.zip(row.client_host).map(|(id, host)| client(id, host)));
    words.extend(row.member_epoch.map(|epoch| format!("at epoch {epoch}")));
    words.extend(row.assignment.map(held));
    words.extend(row.detail.map(|detail| escaped(detail.as_bytes())));
    words.extend(row.producer_id.map(|id| format!("producer {id}")));
    words.extend(row.record_offset.map(|offset| format!("written at {offset}")));
    words.extend(row.reasons.iter().map(|reason| reason.as_str().to_owned()));
    words.extend(row.flags.iter().map(|flag| flag.to_string()));
    if !row.crc_ok {
        words.push("WRONG CHECKSUM".to_owned());
    }
    words
}

/// The new offset and how far it is from the one before.
fn moved(row: &HistoryRow<'_>) -> Option<String> {
    Some(match (row.committed_offset, row.previous_offset) {
        (Some(new), None) => grouped(new),
        (Some(new), Some(old)) => {
            let step = new.saturating_sub(old);
            let sign = if step < 0 { "" } else { "+" };
            format!("{} ({sign}{})", grouped(new), grouped(step))
        }
        (None, Some(old)) => format!("was {}", grouped(old)),
        (None, None) => return None,
    })
}

fn client(id: &[u8], host: &[u8]) -> String {
    format!("client {} at {}", escaped(id), escaped(host))
}

fn held(assignment: &[AssignmentReport]) -> String {
    let mut all = Vec::new();
    for topic in assignment {
        let id = topic.topic_id.map(|id| id.to_string());
        let name = topic.topic.as_ref().map(ToString::to_string).or(id).unwrap_or_default();
        all.extend(topic.partitions.iter().map(|partition| format!("{name}-{partition}")));
    }
    if all.is_empty() { "holds nothing".to_owned() } else { format!("holds {}", all.join(" ")) }
}
