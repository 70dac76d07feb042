//! Karafka's map for `Karafka::Admin.seek_consumer_group`: topic, then partition, then position.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::Document;
use serde_json::{Map, Value};

use super::{Format, FormatError, Formed, by_topic, only_group};

const LOSES: &str = "leader epochs, metadata and topic ids; Karafka commits without a dry run and does not look for active members";

/// A Ruby literal: partitions are integers, as Karafka needs them.
pub struct KarafkaRuby;

impl Format for KarafkaRuby {
    fn name(&self) -> &'static str {
        "karafka"
    }

    fn used_by(&self) -> &'static str {
        "Karafka::Admin.seek_consumer_group('GROUP', eval(File.read('FILE')))"
    }

    fn loses(&self) -> &'static str {
        LOSES
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let topics = by_topic(self, only_group(self, document)?)?;
        let mut out = String::from("{\n");
        for (topic, partitions) in topics {
            let _ = write!(out, "  {} => {{ ", ruby(topic));
            let pairs: Vec<String> =
                partitions.iter().map(|(p, offset)| format!("{p} => {offset}")).collect();
            let _ = writeln!(out, "{} }},", pairs.join(", "));
        }
        out.push_str("}\n");
        Ok(Formed::whole(out))
    }
}

/// The same as JSON. JSON keys are strings: turn them into integers before Karafka sees them.
pub struct KarafkaJson;

impl Format for KarafkaJson {
    fn name(&self) -> &'static str {
        "karafka-json"
    }

    fn used_by(&self) -> &'static str {
        "Karafka::Admin.seek_consumer_group('GROUP', \
         JSON.parse(File.read('FILE')).transform_values { |offsets| offsets.transform_keys(&:to_i) })"
    }

    fn loses(&self) -> &'static str {
        LOSES
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let topics = by_topic(self, only_group(self, document)?)?;
        let mut map = Map::new();
        for (topic, partitions) in topics {
            let offsets = partitions.iter().map(|(p, offset)| (p.to_string(), Value::from(*offset)));
            map.insert(topic.to_owned(), Value::Object(offsets.collect()));
        }
        Ok(Formed::whole(format!("{:#}\n", Value::Object(map))))
    }
}

/// A single-quoted Ruby string: nothing but `\` and `'` is special in it.
fn ruby(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
