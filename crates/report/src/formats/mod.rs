//! Recovered offsets in the forms that other tools read.
//!
//! Every form loses something that the recovered-offsets document keeps: leader epoch, metadata, topic ids,
//! trust, flags, and the seeker's checks. [`Format::loses`] says what, and the caller shows it. A group with a name that a
//! form can't express is left out and named, never changed.

mod consumer_groups_csv;
mod error;
mod karafka;
mod osodevops;
mod redpanda;
mod rpk;
mod seek_json;
mod topicctl;
mod yelp;

use lastwrites_recovered_offsets::{Document, Group};

pub use consumer_groups_csv::ConsumerGroupsCsv;
pub use error::FormatError;
pub use karafka::{KarafkaJson, KarafkaRuby};
pub use osodevops::Osodevops;
pub use redpanda::Redpanda;
pub use rpk::Rpk;
pub use seek_json::Kcl;
pub use topicctl::Topicctl;
pub use yelp::Yelp;

/// One tool's form of committed offsets.
pub trait Format {
    /// The name a person types, such as `rpk`.
    fn name(&self) -> &'static str;

    /// The command that takes the file, with `FILE` and `GROUP` to fill in.
    fn used_by(&self) -> &'static str;

    /// What the document knows and this form can't carry, and what the tool does on its own.
    fn loses(&self) -> &'static str;

    /// The offsets as text, ending in a newline. Of several groups one that the form can't express is left out and named.
    ///
    /// # Errors
    /// The document holds a number of groups that the form can't express, or no group with names that it can.
    fn write(&self, document: &Document) -> Result<Formed, FormatError>;
}

/// Offsets in a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Formed {
    /// What the tool reads.
    pub text: String,
    /// Groups that the form can't express.
    pub left_out: LeftOut,
}

/// Groups that a form can't express: places in the document, ascending, and why.
pub type LeftOut = Vec<(usize, FormatError)>;

impl Formed {
    /// The only group of a document.
    const fn whole(text: String) -> Self {
        Self { text, left_out: Vec::new() }
    }
}

/// What stands for each group of a document that `one` can express, and the others.
fn each_group<T>(
    document: &Document,
    one: impl Fn(&Group) -> Result<T, FormatError>,
) -> Result<(Vec<T>, LeftOut), FormatError> {
    let (mut told, mut left_out) = (Vec::new(), Vec::new());
    for (at, group) in document.groups.iter().enumerate() {
        match one(group) {
            Ok(text) => told.push(text),
            Err(error) => left_out.push((at, error)),
        }
    }
    match left_out.first() {
        Some((_, error)) if told.is_empty() => Err(error.clone()),
        _ => Ok((told, left_out)),
    }
}

/// Every form, by name.
pub const ALL: &[&dyn Format] =
    &[&ConsumerGroupsCsv, &KarafkaRuby, &KarafkaJson, &Kcl, &Osodevops, &Redpanda, &Rpk, &Topicctl, &Yelp];

/// The only group of a document, for forms that hold one.
fn only_group<'d>(format: &dyn Format, document: &'d Document) -> Result<&'d Group, FormatError> {
    match document.groups.as_slice() {
        [group] => Ok(group),
        groups => Err(FormatError::OneGroup { format: format.name(), groups: groups.len() }),
    }
}

/// A name as text.
fn name<'t>(format: &dyn Format, bytes: &'t lastwrites_types::ByteText) -> Result<&'t str, FormatError> {
    bytes.as_str().ok_or_else(|| FormatError::NotText { format: format.name(), name: bytes.to_string() })
}

/// A name as text that has none of the characters which would end it early.
fn name_without<'t>(
    format: &dyn Format,
    bytes: &'t lastwrites_types::ByteText,
    special: &[char],
) -> Result<&'t str, FormatError> {
    let text = name(format, bytes)?;
    if text.is_empty() || text.contains(special) || text.contains(char::is_control) {
        return Err(FormatError::Inexpressible { format: format.name(), name: bytes.to_string() });
    }
    Ok(text)
}

/// A topic with its partitions and their offsets.
type Topic<'g> = (&'g str, Vec<(i32, i64)>);

/// Offsets of a group by topic; topics and partitions in the document's order.
fn by_topic<'g>(format: &dyn Format, group: &'g Group) -> Result<Vec<Topic<'g>>, FormatError> {
    let mut topics: Vec<Topic<'_>> = Vec::new();
    for offset in &group.offsets {
        let topic = name(format, &offset.topic)?;
        let entry = (offset.partition, offset.offset);
        match topics.last_mut() {
            Some((last, partitions)) if *last == topic => partitions.push(entry),
            _ => topics.push((topic, vec![entry])),
        }
    }
    Ok(topics)
}
