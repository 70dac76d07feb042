//! `kcl group seek --to-file`: an array of objects.

use lastwrites_recovered_offsets::Document;
use serde_json::{Value, json};

use super::{Format, FormatError, Formed, name, only_group};

/// Topic, partition and offset of one group.
pub struct Kcl;

impl Format for Kcl {
    fn name(&self) -> &'static str {
        "kcl"
    }

    fn used_by(&self) -> &'static str {
        "kcl group seek GROUP --to-file FILE [--allow-new-topics for a fresh group]"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let group = only_group(self, document)?;
        let mut rows = Vec::new();
        for offset in &group.offsets {
            let topic = name(self, &offset.topic)?;
            rows.push(json!({"topic": topic, "partition": offset.partition, "offset": offset.offset}));
        }
        Ok(Formed::whole(format!("{}\n", Value::Array(rows))))
    }
}
