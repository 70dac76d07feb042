//! The plan for people: one table a group, then in words what is refused and what is doubtful.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lastwrites_types::escaped;

use super::{GroupPlan, PartitionPlan, Plan, Reason, Verdict};
use crate::client::ErrorCode;
use crate::layout::{counted, grouped, ranges, table, wrapped};

/// How many different sentences of one kind a group gets; the rest is counted.
const SENTENCES_OF_A_KIND: usize = 3;
/// How many refused groups the summary names.
const NAMED_GROUPS: usize = 20;

/// The plan as text, ending in a newline.
#[must_use]
pub fn to_text(plan: &Plan) -> String {
    let cluster = plan.cluster_id.as_deref().unwrap_or("unknown");
    let same = match &plan.document_cluster_id {
        Some(id) if Some(id) == plan.cluster_id.as_ref() => "the document's own".to_owned(),
        Some(id) => format!("the document is from {}", escaped(id.as_bytes())),
        None => "the document doesn't say which it's from".to_owned(),
    };
    let mut out = wrapped(&format!("cluster {} ({same})", escaped(cluster.as_bytes())), 0, 2);
    for group in &plan.groups {
        write_group(&mut out, group);
    }
    out.push('\n');
    for warning in &plan.warnings {
        out.push_str(&wrapped(&format!("note: {} [{}]", warning.text, warning.code), 0, 2));
    }
    if plan.groups.iter().any(|g| !g.partitions.is_empty()) {
        out.push_str("epoch: to be written/the leader's now; lag: to the log end, before > after\n");
    }
    out.push_str(&summary(plan));
    out
}

fn summary(plan: &Plan) -> String {
    let totals = plan.totals();
    let mut out = format!(
        "{} to commit, {} already there, {} left alone, {} refused\n",
        counted(totals.commit, "offset"),
        totals.already_there,
        totals.leave,
        totals.refuse
    );
    let refused: Vec<String> = plan.groups.iter().filter_map(refused_for).collect();
    // One group's refusals are on the screen already.
    if !refused.is_empty() && plan.groups.len() > 1 {
        let _ = writeln!(out, "refused, wholly or in part:");
        for line in refused.iter().take(NAMED_GROUPS) {
            out.push_str(&wrapped(line, 2, 4));
        }
        if refused.len() > NAMED_GROUPS {
            let _ = writeln!(out, "  ... and {} more groups", refused.len() - NAMED_GROUPS);
        }
    }
    out
}

fn refused_for(group: &GroupPlan) -> Option<String> {
    let own = group.refusals.iter().map(|r| r.code);
    let partitions = group.partitions.iter().filter(|p| p.is_refused()).filter_map(|p| p.verdict.reason());
    let mut codes: Vec<&str> = own.chain(partitions.map(|r| r.code)).collect();
    codes.sort_unstable();
    codes.dedup();
    // These two only follow from another.
    codes.retain(|code| !matches!(*code, "group-refused" | "group-incomplete"));
    (!codes.is_empty()).then(|| format!("{}: {}", escaped(group.target.as_bytes()), codes.join(", ")))
}

fn write_group(out: &mut String, group: &GroupPlan) {
    let name = escaped(group.target.as_bytes());
    let from = if group.source == group.target {
        String::new()
    } else {
        format!(" (offsets of {})", escaped(group.source.as_bytes()))
    };
    let _ = writeln!(out, "\n{name}{from}");
    out.push_str(&wrapped(&standing(group), 2, 4));
    for refusal in &group.refusals {
        out.push_str(&wrapped(&format!("REFUSED: {} [{}]", refusal.text, refusal.code), 2, 4));
    }
    let mut topics: BTreeMap<&str, Vec<&PartitionPlan>> = BTreeMap::new();
    for p in &group.partitions {
        topics.entry(&p.partition.topic).or_default().push(p);
    }
    for (topic, partitions) in topics {
        let _ = writeln!(out, "  topic {}", escaped(topic.as_bytes()));
        let mut rows = vec![["verdict", "part", "now", "set to", "log", "epoch", "lag"].map(str::to_owned)];
        rows.extend(partitions.iter().map(|p| row(p)));
        out.push_str(&table(&rows, 2));
        let reasons = partitions.iter().filter_map(|p| Some((p.verdict.reason()?, p.partition.partition)));
        out.push_str(&sentences("", reasons));
        let warnings = partitions.iter().flat_map(|p| p.warnings.iter().map(|w| (w, p.partition.partition)));
        out.push_str(&sentences("note ", warnings));
    }
    for warning in &group.warnings {
        out.push_str(&wrapped(&format!("note: {} [{}]", warning.text, warning.code), 2, 4));
    }
}

/// What the group is now, and where.
fn standing(group: &GroupPlan) -> String {
    let kind = match group.kind {
        super::Kind::Absent if group.refusals.is_empty() => "new here".to_owned(),
        super::Kind::Absent => "not seen here".to_owned(),
        ref kind => format!("{} group, {}", kind.word(), escaped(group.state.as_bytes())),
    };
    let shard = group.offsets_partition.map_or_else(String::new, |p| format!(", __consumer_offsets-{p}"));
    let coordinator = group
        .coordinator
        .as_ref()
        .map_or_else(|| "no coordinator".to_owned(), |b| format!("coordinated by broker {}", b.id));
    format!("{kind}; {coordinator}{shard}")
}

/// Each different sentence once, with the partitions it's about.
fn sentences<'a>(prefix: &str, all: impl Iterator<Item = (&'a Reason, i32)>) -> String {
    let mut partitions: BTreeMap<(&str, &str), Vec<i32>> = BTreeMap::new();
    let mut order: Vec<(&str, &str)> = Vec::new();
    for (reason, partition) in all {
        let key = (reason.code, reason.text.as_str());
        let about = partitions.entry(key).or_default();
        if about.is_empty() {
            order.push(key);
        }
        about.push(partition);
    }
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = String::new();
    for (code, text) in order {
        let count = shown.entry(code).or_default();
        *count += 1;
        if *count <= SENTENCES_OF_A_KIND {
            let about = partitions.get(&(code, text)).map(|p| ranges(p)).unwrap_or_default();
            out.push_str(&wrapped(&format!("{prefix}part {about}: {text} [{code}]"), 4, 6));
        }
    }
    for (code, count) in shown.into_iter().filter(|(_, count)| *count > SENTENCES_OF_A_KIND) {
        let more = count - SENTENCES_OF_A_KIND;
        let _ = writeln!(out, "    ... and {more} more of {code} (--json has all)");
    }
    out
}

fn row(p: &PartitionPlan) -> [String; 7] {
    let dash = || "-".to_owned();
    let present = match &p.present {
        Ok(Some(offset)) => grouped(offset.offset),
        Ok(None) => "none".to_owned(),
        Err(ErrorCode::NOT_ASKED) => dash(),
        Err(code) => format!("error {}", code.0),
    };
    let log = match (p.earliest, p.latest) {
        (Some(earliest), Some(latest)) => format!("{}-{}", grouped(earliest), grouped(latest)),
        _ => dash(),
    };
    let number = |epoch: Option<i32>| epoch.map_or_else(|| "-1".to_owned(), |e| e.to_string());
    let epoch = match &p.set_to {
        Some(offset) => format!("{}/{}", number(offset.leader_epoch), number(p.leader_epoch)),
        None => dash(),
    };
    let lag = |offset: Option<i64>| offset.and_then(|o| p.lag(o)).map_or_else(dash, grouped);
    let before = p.present.as_ref().ok().and_then(Option::as_ref).map(|o| o.offset);
    let after = p.set_to.as_ref().map(|o| o.offset);
    let verdict = match &p.verdict {
        Verdict::Refuse(_) => "REFUSE",
        other => other.word(),
    };
    [
        verdict.to_owned(),
        p.partition.partition.to_string(),
        present,
        after.or(p.wanted).map_or_else(dash, grouped),
        log,
        epoch,
        format!("{} > {}", lag(before), lag(after)),
    ]
}
