//! `partition-for` on a terminal.

use crate::build::DEFAULT_PARTITIONS;
use crate::partition_for::PartitionFor;

/// One line a group, then names for new groups and how the number of partitions is known.
#[must_use]
pub fn partition_for(answer: &PartitionFor) -> String {
    let mut out = String::new();
    for home in &answer.groups {
        out.push_str(&format!(
            "{}  __consumer_offsets-{}",
            super::groups::name(&home.group_id),
            home.partition
        ));
        if home.avoided {
            out.push_str("   (one to avoid)");
        }
        if let Some(wrong) = home.unsigned_formula_says {
            out.push_str(&format!("   (not {wrong}, as the unsigned formula of many runbooks says)"));
        }
        out.push('\n');
        for suggestion in &home.suggestions {
            out.push_str(&format!(
                "  free: {}  __consumer_offsets-{}\n",
                suggestion.group_id, suggestion.partition
            ));
        }
        if home.suggestions.is_empty() && !answer.avoid.is_empty() {
            out.push_str("  no name found that keeps away from the partitions to avoid\n");
        }
    }
    if !answer.names_checked && answer.groups.iter().any(|home| !home.suggestions.is_empty()) {
        out.push_str("check that no such group exists: kafka-consumer-groups --list, or --evidence here\n");
    }
    if answer.assumed {
        let why = if answer.partitions == DEFAULT_PARTITIONS {
            "Kafka's default"
        } else {
            "the likeliest number here"
        };
        out.push_str(&format!(
            "assuming {} partitions, {why}: --partitions or --evidence says otherwise\n",
            answer.partitions
        ));
    }
    if !answer.findings.is_empty() {
        out.push('\n');
        out.push_str(&super::findings(&answer.findings, usize::MAX));
    }
    out
}
