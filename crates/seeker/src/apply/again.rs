//! The look before a change is sent a second time: is the group still as it was?

use std::collections::BTreeSet;

use super::write::Change;
use crate::client::{CoordinatorClient, Fetched, Partition};
use crate::plan::{Down, examine_target};

/// The changes that are still to be made, when nobody touched the group since: no members, each offset as before
/// or as wanted already. Otherwise what is different.
pub(super) fn unchanged(
    client: &dyn CoordinatorClient,
    group: &str,
    changes: Vec<Change>,
) -> Result<Vec<Change>, String> {
    let partitions: Vec<Partition> = changes.iter().map(|c| c.partition.clone()).collect();
    let topics: BTreeSet<String> = partitions.iter().map(|p| p.topic.clone()).collect();
    let one = std::iter::once((group, partitions));
    let (_, mut examined) =
        examine_target(client, &topics, &[], &[], one, &Down::default()).map_err(|e| e.to_string())?;
    let Some((facts, refusals)) = examined.pop() else { return Err("the group wasn't found".to_owned()) };
    if let Some(refusal) = refusals.first() {
        return Err(refusal.text.clone());
    }
    let mut left = Vec::new();
    for change in changes {
        match facts.offsets.get(&change.partition) {
            Some(Ok(now)) if *now == change.after => {}
            Some(Ok(now)) if *now == change.before => left.push(change),
            other => return Err(format!("{} has changed meanwhile: {}", change.partition, shown(other))),
        }
    }
    Ok(left)
}

fn shown(now: Option<&Fetched>) -> String {
    match now {
        Some(Ok(Some(offset))) => format!("the group has {}", offset.offset),
        Some(Ok(None)) => "the group has no offset".to_owned(),
        Some(Err(code)) => format!("the coordinator answers {code}"),
        None => "the coordinator says nothing of it".to_owned(),
    }
}
