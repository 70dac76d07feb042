//! Redpanda's consumer-group recovery file: the group's name, then a line a partition.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::Document;

use super::{Format, FormatError, Formed, name_without, only_group};

/// The content of `GROUP.offsets`.
pub struct Redpanda;

impl Format for Redpanda {
    fn name(&self) -> &'static str {
        "redpanda"
    }

    fn used_by(&self) -> &'static str {
        "Redpanda's consumer-group recovery, as GROUP.offsets"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let group = only_group(self, document)?;
        let mut out = format!("{}\n", name_without(self, &group.group_id, &[])?);
        for offset in &group.offsets {
            let topic = name_without(self, &offset.topic, &[','])?;
            let _ = writeln!(out, "{topic},{},{}", offset.partition, offset.offset);
        }
        Ok(Formed::whole(out))
    }
}
