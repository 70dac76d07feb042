//! The plan for people: one table a group, reasons in words, doubts below.

use std::fmt::Write as _;

use lastwrites_types::escaped;

use super::{GroupPlan, PartitionPlan, Plan, Verdict};

/// The plan as text, ending in a newline.
#[must_use]
pub fn to_text(plan: &Plan) -> String {
    let mut out = String::new();
    let cluster = plan.cluster_id.as_deref().unwrap_or("unknown");
    let same = match &plan.document_cluster_id {
        Some(id) if Some(id) == plan.cluster_id.as_ref() => "same as the document".to_owned(),
        Some(id) => format!("the document is from {}", escaped(id.as_bytes())),
        None => "the document doesn't say".to_owned(),
    };
    let _ = writeln!(out, "cluster {} ({same})", escaped(cluster.as_bytes()));
    for warning in &plan.warnings {
        let _ = writeln!(out, "note: {}", warning.text);
    }
    for group in &plan.groups {
        write_group(&mut out, group);
    }
    let totals = plan.totals();
    let _ = writeln!(
        out,
        "\n{} to commit, {} already there, {} left alone, {} refused",
        totals.commit, totals.already_there, totals.leave, totals.refuse
    );
    out
}

fn write_group(out: &mut String, group: &GroupPlan) {
    let name = escaped(group.target.as_bytes());
    let from = if group.source == group.target {
        String::new()
    } else {
        format!(" (from {})", escaped(group.source.as_bytes()))
    };
    let state = if group.state.is_empty() { "unknown here" } else { group.state.as_str() };
    let coordinator = group
        .coordinator
        .as_ref()
        .map_or_else(|| "no coordinator".to_owned(), |b| format!("coordinator broker {}", b.id));
    let _ = writeln!(
        out,
        "\n{name}{from}   {} group, {}, {coordinator}",
        group.kind.word(),
        escaped(state.as_bytes())
    );
    for refusal in &group.refusals {
        let _ = writeln!(out, "  REFUSE  {}", refusal.text);
    }
    let header = ["topic", "part", "now", "set to", "log", "epoch", "lag", "verdict"].map(str::to_owned);
    let mut rows = vec![header];
    rows.extend(group.partitions.iter().map(row));
    let mut widths = [0usize; 8];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut lines = rows.iter().map(|row| {
        let mut line = String::from("  ");
        for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Text to the left, numbers to the right, the last column as long as it is.
            match index {
                0 => {
                    let _ = write!(line, "{cell:<width$}");
                }
                7 => {
                    let _ = write!(line, "  {cell}");
                }
                _ => {
                    let _ = write!(line, "  {cell:>width$}");
                }
            }
        }
        line
    });
    if !group.partitions.is_empty() {
        out.push_str(&lines.next().unwrap_or_default());
        out.push('\n');
        for (line, partition) in lines.zip(&group.partitions) {
            out.push_str(&line);
            out.push('\n');
            for warning in &partition.warnings {
                let _ = writeln!(out, "      note: {}", warning.text);
            }
        }
    }
    for warning in &group.warnings {
        let _ = writeln!(out, "  note: {}", warning.text);
    }
}

fn row(p: &PartitionPlan) -> [String; 8] {
    let dash = || "-".to_owned();
    let present = match &p.present {
        Ok(Some(offset)) => grouped(offset.offset),
        Ok(None) => "none".to_owned(),
        Err(code) => format!("error {}", code.0),
    };
    let log = match (p.earliest, p.latest) {
        (Some(earliest), Some(latest)) => format!("{} - {}", grouped(earliest), grouped(latest)),
        _ => dash(),
    };
    let epoch = match (p.set_to.as_ref().map(|o| o.leader_epoch), p.leader_epoch) {
        (Some(Some(epoch)), Some(leader)) => format!("{epoch} (leader {leader})"),
        (Some(Some(epoch)), None) => epoch.to_string(),
        (Some(None), _) => "-1".to_owned(),
        (None, _) => dash(),
    };
    let set_to = p.set_to.as_ref().map(|o| o.offset).or(p.wanted);
    let verdict = match &p.verdict {
        Verdict::Refuse(reason) => format!("REFUSE  {}", reason.text),
        Verdict::Leave(reason) => format!("leave  {}", reason.text),
        Verdict::Commit | Verdict::AlreadyThere => p.verdict.word().to_owned(),
    };
    [
        escaped(p.partition.topic.as_bytes()),
        p.partition.partition.to_string(),
        present,
        set_to.map_or_else(dash, grouped),
        log,
        epoch,
        p.set_to.as_ref().and_then(|o| p.lag(o.offset)).map_or_else(dash, grouped),
        verdict,
    ]
}

/// A number with commas between thousands.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = if number < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(super::grouped(number), text);
        }
    }
}
