//! The osodevops backup tool's snapshot of consumer-group offsets.

use lastwrites_recovered_offsets::Document;
use serde_json::{Map, Value, json};

use super::{Format, FormatError, Formed, by_topic, each_group, name};

/// Every group of the document in one snapshot; its time is the document's.
pub struct Osodevops;

impl Format for Osodevops {
    fn name(&self) -> &'static str {
        "osodevops"
    }

    fn used_by(&self) -> &'static str {
        "kafka-backup offset-reset, as a snapshot"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let (groups, left_out) = each_group(document, |group| {
            Ok(json!({"group_id": name(self, &group.group_id)?, "offsets": offsets(self, group)?}))
        })?;
        let text = format!("{:#}\n", json!({"snapshot_time": document.created_at_ms, "groups": groups}));
        Ok(Formed { text, left_out })
    }
}

/// Topic, then partition as text, then offset.
pub(super) fn offsets(
    format: &dyn Format,
    group: &lastwrites_recovered_offsets::Group,
) -> Result<Value, FormatError> {
    let mut topics = Map::new();
    for (topic, partitions) in by_topic(format, group)? {
        let partitions = partitions.iter().map(|(p, offset)| (p.to_string(), Value::from(*offset)));
        topics.insert(topic.to_owned(), Value::Object(partitions.collect()));
    }
    Ok(Value::Object(topics))
}
