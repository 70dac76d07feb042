//! Starting positions for consumers that assign partitions to themselves and read no committed offset.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::{Document, Group};
use serde_json::json;

use crate::names::plain;
use crate::plan::{Options, SelectionError, targets};

/// How positions are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeedFormat {
    /// A Ruby hash as `Karafka::Admin.seek_consumer_group` and Karafka's iterator take it, one a group.
    Karafka,
    /// `group/topic/partition=offset`, escaped as `java.util.Properties` reads it.
    JavaProperties,
    /// An array of objects.
    Json,
}

/// The positions of the chosen groups as text, ending in a newline.
///
/// # Errors
/// The choice of groups is impossible.
pub fn seeds(document: &Document, options: &Options, format: SeedFormat) -> Result<String, SelectionError> {
    let chosen = targets(document, options)?;
    Ok(match format {
        SeedFormat::Karafka => karafka(&chosen, options),
        SeedFormat::JavaProperties => java_properties(&chosen, options),
        SeedFormat::Json => as_json(&chosen, options),
    })
}

fn positions<'a>(group: &'a Group, options: &'a Options) -> impl Iterator<Item = (String, i32, i64)> + 'a {
    let chosen = |topic: &String| options.topics.is_empty() || options.topics.contains(topic);
    group
        .offsets
        .iter()
        .map(|o| (plain(&o.topic), o.partition, o.offset))
        .filter(move |(topic, ..)| chosen(topic))
}

fn karafka(chosen: &[(&Group, String)], options: &Options) -> String {
    let mut out = String::from("{\n");
    for (group, target) in chosen {
        let _ = writeln!(out, "  {} => {{", ruby(target));
        let mut last: Option<String> = None;
        for (topic, partition, offset) in positions(group, options) {
            if last.as_ref() != Some(&topic) {
                if last.is_some() {
                    out.push_str(" },\n");
                }
                let _ = write!(out, "    {} => {{ {partition} => {offset}", ruby(&topic));
                last = Some(topic);
            } else {
                let _ = write!(out, ", {partition} => {offset}");
            }
        }
        if last.is_some() {
            out.push_str(" }\n");
        }
        out.push_str("  },\n");
    }
    out.push_str("}\n");
    out
}

/// A single-quoted Ruby string: nothing but `\` and `'` is special in it.
fn ruby(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn java_properties(chosen: &[(&Group, String)], options: &Options) -> String {
    let mut out = String::new();
    for (group, target) in chosen {
        for (topic, partition, offset) in positions(group, options) {
            let _ = writeln!(out, "{}={offset}", property_key(&format!("{target}/{topic}/{partition}")));
        }
    }
    out
}

/// A key as `Properties.store` writes it.
fn property_key(key: &str) -> String {
    let mut out = String::new();
    for unit in key.encode_utf16() {
        match u8::try_from(unit) {
            Ok(c @ (b'\\' | b':' | b'=' | b' ' | b'#' | b'!')) => {
                out.push('\\');
                out.push(char::from(c));
            }
            Ok(c @ 0x21..=0x7e) => out.push(char::from(c)),
            _ => {
                let _ = write!(out, "\\u{unit:04X}");
            }
        }
    }
    out
}

fn as_json(chosen: &[(&Group, String)], options: &Options) -> String {
    let rows: Vec<_> = chosen
        .iter()
        .flat_map(|(group, target)| {
            positions(group, options).map(move |(topic, partition, offset)| {
                json!({"group_id": target, "topic": topic, "partition": partition, "offset": offset})
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(rows))
}
