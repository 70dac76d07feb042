//! What can be wrong with a document, and where.

use std::fmt;

use lastwrites_types::ByteText;

/// A text that is not a usable recovered-offsets document.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON, or not of the document's shape: an unknown or missing field, a wrong type, a number out of
    /// range, an unknown word.
    #[error("line {line}, column {column}{}: {what}", in_field(path))]
    Json {
        /// The field, such as `groups[0].offsets[2].trust`; empty when the text breaks off before any.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1 (0: the end of the line before).
        column: usize,
        /// What was found and expected.
        what: String,
    },
    /// Some other kind of JSON document.
    #[error("not a recovered-offsets document: format is {found:?}, expected {expected:?}", expected = crate::FORMAT)]
    Format {
        /// The `format` field; empty when there is none.
        found: String,
    },
    /// A version of the document that this program doesn't know.
    #[error("recovered-offsets document version {found}; this program supports version {supported}")]
    Version {
        /// The `version` field.
        found: u64,
        /// The version this program reads and writes.
        supported: u64,
    },
    /// Groups and topics of the document are pseudonyms.
    #[error(
        "its groups and topics are pseudonyms (--redact-names): no cluster knows them; recover again without"
    )]
    Pseudonyms,
    /// The shape is right and the content contradicts itself.
    #[error("{place}: {problem}")]
    Invalid {
        /// Where.
        place: Place,
        /// What.
        problem: Problem,
    },
}

/// A place in a document, in the words a reviewer searches for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Place {
    /// The `source` object.
    Source,
    /// The `selection` object.
    Selection,
    /// One entry of `source.copies`.
    Copy {
        /// Its index.
        index: usize,
    },
    /// One group.
    Group {
        /// Its id.
        group_id: ByteText,
    },
    /// One topic partition of a group.
    Partition {
        /// The group's id.
        group_id: ByteText,
        /// Topic name.
        topic: ByteText,
        /// Partition number as written.
        partition: i32,
    },
}

/// What is wrong at a [`Place`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A number that must be at least `least` is smaller.
    #[error("{field} is {found}, expected at least {least}")]
    TooSmall {
        /// Field name.
        field: &'static str,
        /// The number.
        found: i64,
        /// The smallest number allowed.
        least: i64,
    },
    /// A partition number that the topic doesn't have.
    #[error("{field} is {found}, but __consumer_offsets has {partitions} partitions")]
    NoSuchOffsetsPartition {
        /// Field name.
        field: &'static str,
        /// The number.
        found: i32,
        /// The topic's partition count.
        partitions: i32,
    },
    /// `maps_to` is not what Kafka's hash gives.
    #[error("maps_to is {found}, but the id hashes to partition {expected} of {partitions}")]
    MapsElsewhere {
        /// `maps_to` as written.
        found: i32,
        /// What the hash gives.
        expected: i32,
        /// The partition count it was taken of.
        partitions: i32,
    },
    /// The id stands twice among the groups.
    #[error("group found twice (found_in {} and {}); one document holds a group once", or_null(*.first), or_null(*.second))]
    GroupTwice {
        /// `found_in` of the first.
        first: Option<i32>,
        /// `found_in` of the second.
        second: Option<i32>,
    },
    /// The partition has two offsets.
    #[error("partition found twice (offsets {first} and {second})")]
    OffsetTwice {
        /// The first offset.
        first: i64,
        /// The second offset.
        second: i64,
    },
    /// The partition is listed twice in `missing`.
    #[error("partition found twice in missing")]
    MissingTwice,
    /// The partition has an offset and is listed in `missing`.
    #[error("partition has offset {offset} and is listed in missing too")]
    OffsetAndMissing {
        /// The offset.
        offset: i64,
    },
    /// An alternative has a part of a commit: offset, metadata, time and record belong together.
    #[error(
        "an alternative has a part of a commit: offset, metadata, committed_at_ms and record are all there or all null"
    )]
    HalfAlternative,
    /// A record points at a copy that isn't listed.
    #[error("record is in copy {copy}, but source lists {copies}")]
    NoSuchCopy {
        /// The index as written.
        copy: usize,
        /// How many copies there are.
        copies: usize,
    },
    /// A record points at a file that its copy doesn't list.
    #[error("record is in file \"{file}\", which copy {copy} does not list")]
    NoSuchFile {
        /// File name as written.
        file: ByteText,
        /// The copy's index.
        copy: usize,
    },
    /// A copy lists a file twice.
    #[error("file \"{file}\" found twice")]
    FileTwice {
        /// File name.
        file: ByteText,
    },
}

fn in_field(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(", {path}") }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source => f.write_str("source"),
            Self::Selection => f.write_str("selection"),
            Self::Copy { index } => write!(f, "source, copy {index}"),
            Self::Group { group_id } => write!(f, "group \"{group_id}\""),
            Self::Partition { group_id, topic, partition } => {
                write!(f, "group \"{group_id}\", topic \"{topic}\", partition {partition}")
            }
        }
    }
}

/// As it stands in the document.
fn or_null(partition: Option<i32>) -> String {
    partition.map_or_else(|| "null".to_owned(), |partition| partition.to_string())
}
