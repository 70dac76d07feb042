//! What became of each partition, as text and JSON.

use std::fmt::Write as _;

use lastwrites_seeker::apply::{GroupOutcome, Outcome};
use lastwrites_types::escaped;
use serde_json::{Value, json};

pub(crate) fn text(outcomes: &[GroupOutcome]) -> String {
    let mut out = String::new();
    for group in outcomes {
        let done = group.partitions.iter().filter(|(_, o)| *o == Outcome::Done).count();
        let _ = writeln!(
            out,
            "{}   {done} of {} done",
            escaped(group.group_id.as_bytes()),
            group.partitions.len()
        );
        for (partition, outcome) in group.partitions.iter().filter(|(_, o)| *o != Outcome::Done) {
            let topic = escaped(partition.topic.as_bytes());
            let _ =
                writeln!(out, "  {topic} {}  {}  {}", partition.partition, outcome.word(), outcome.detail());
        }
    }
    out
}

pub(crate) fn value(outcomes: &[GroupOutcome]) -> Vec<Value> {
    outcomes
        .iter()
        .map(|group| {
            let partitions: Vec<Value> = group
                .partitions
                .iter()
                .map(|(p, o)| json!({"topic": p.topic, "partition": p.partition, "outcome": o.word(), "detail": o.detail()}))
                .collect();
            json!({"group_id": group.group_id, "partitions": partitions})
        })
        .collect()
}
