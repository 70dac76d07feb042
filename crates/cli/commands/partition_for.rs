//! `lastwrites partition-for`.

use std::process::ExitCode;

use lastwrites_types::{ByteText, group_to_partition, group_to_partition_unsigned};
use serde::Serialize;

use super::{CouldNotRun, json};
use crate::args::PartitionFor;
use crate::output;

/// Kafka's default for `offsets.topic.num.partitions`.
const DEFAULT_PARTITIONS: i32 = 50;

#[derive(Serialize)]
struct Answer {
    partitions: i32,
    assumed: bool,
    groups: Vec<Home>,
}

#[derive(Serialize)]
struct Home {
    group_id: ByteText,
    partition: i32,
}

pub(crate) fn run(args: &PartitionFor) -> Result<ExitCode, CouldNotRun> {
    let partitions = args.partitions.unwrap_or(DEFAULT_PARTITIONS);
    let home = |id: &String| {
        Some(Home {
            group_id: ByteText::from(id.as_str()),
            partition: group_to_partition(id.as_bytes(), partitions)?,
        })
    };
    let answer = Answer {
        partitions,
        assumed: args.partitions.is_none(),
        groups: args.groups.iter().filter_map(home).collect(),
    };
    if args.json {
        output::print(&json(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for home in &answer.groups {
        text.push_str(&format!("{}  __consumer_offsets-{}", home.group_id, home.partition));
        let runbook = group_to_partition_unsigned(home.group_id.as_bytes(), partitions);
        if let Some(wrong) = runbook.filter(|wrong| *wrong != home.partition) {
            text.push_str(&format!("   (not {wrong}, as the unsigned formula of many runbooks says)"));
        }
        text.push('\n');
    }
    if answer.assumed {
        text.push_str("assuming 50 partitions, Kafka's default: --partitions says otherwise\n");
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
