//! segmentio's topicctl: a command a topic, because its map holds partitions only.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::Document;

use super::{Format, FormatError, Formed, by_topic, only_group};

/// `topicctl reset-offsets` commands as a shell script.
pub struct Topicctl;

impl Format for Topicctl {
    fn name(&self) -> &'static str {
        "topicctl"
    }

    fn used_by(&self) -> &'static str {
        "sh FILE, after a look at each line"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let group = only_group(self, document)?;
        let id = super::name(self, &group.group_id)?;
        let mut out = String::new();
        for (topic, partitions) in by_topic(self, group)? {
            let map: Vec<String> = partitions.iter().map(|(p, offset)| format!("{p}={offset}")).collect();
            let map = map.join(",");
            let (topic, id) = (shell(topic), shell(id));
            // A name that begins like an option is none behind `--` (cobra's flags, which topicctl uses).
            let _ = if [&topic, &id].iter().any(|word| word.starts_with("'-")) {
                writeln!(out, "topicctl reset-offsets --partition-offset-map {map} -- {topic} {id}")
            } else {
                writeln!(out, "topicctl reset-offsets {topic} {id} --partition-offset-map {map}")
            };
        }
        Ok(Formed::whole(out))
    }
}

/// A single-quoted word for a POSIX shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
