//! `rpk group seek --to-file`: a line a partition, separated by blanks.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::Document;

use super::{Format, FormatError, Formed, name_without, only_group};

/// Topic, partition and offset of one group.
pub struct Rpk;

impl Format for Rpk {
    fn name(&self) -> &'static str {
        "rpk"
    }

    fn used_by(&self) -> &'static str {
        "rpk group seek GROUP --to-file FILE [--allow-new-topics for a fresh group]"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let mut out = String::new();
        for offset in &only_group(self, document)?.offsets {
            let topic = name_without(self, &offset.topic, &[' '])?;
            let _ = writeln!(out, "{topic} {} {}", offset.partition, offset.offset);
        }
        Ok(Formed::whole(out))
    }
}
