//! `kafka-consumer-groups --reset-offsets --from-file`: CSV in two shapes.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::{Document, Group};

use super::{Format, FormatError, Formed, each_group, name, name_without};

/// Topic, partition, offset for one group (the file then fits any group name); with the group in front for
/// several (`ConsumerGroupCommand.parseResetPlan`).
pub struct ConsumerGroupsCsv;

impl Format for ConsumerGroupsCsv {
    fn name(&self) -> &'static str {
        "kafka-consumer-groups"
    }

    fn used_by(&self) -> &'static str {
        "kafka-consumer-groups --bootstrap-server ... --group GROUP --reset-offsets --from-file FILE [--execute]"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids; the tool clamps offsets outside the log with a mere warning"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        // Of several groups one may be all that is left: its rows still name it.
        let several = document.groups.len() > 1;
        let (rows, left_out) = each_group(document, |group| rows(self, group, several))?;
        Ok(Formed { text: rows.concat(), left_out })
    }
}

fn rows(format: &dyn Format, group: &Group, several: bool) -> Result<String, FormatError> {
    let mut out = String::new();
    let id = if several { quoted(name(format, &group.group_id)?, format)? } else { String::new() };
    for offset in &group.offsets {
        let topic = name_without(format, &offset.topic, &[',', '"'])?;
        if several {
            let _ = write!(out, "{id},");
        }
        let _ = writeln!(out, "{topic},{},{}", offset.partition, offset.offset);
    }
    Ok(out)
}

/// A field as the tool's CSV reader takes it. It splits the file at line feeds before it looks at quotes.
fn quoted(text: &str, format: &dyn Format) -> Result<String, FormatError> {
    if text.is_empty() || text.contains(['\n', '\r']) {
        return Err(FormatError::Inexpressible { format: format.name(), name: text.to_owned() });
    }
    let plain = !text.contains([',', '"']) && text.trim() == text;
    Ok(if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) })
}
