//! `partition.metadata`: the topic id a partition directory belongs to.

use lastwrites_types::Uuid;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::space0;
use nom::combinator::all_consuming;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::error::CompanionError;
use super::text::{Lines, number};

/// `partition.metadata` (Kafka's `PartitionMetadata`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// Format version; Kafka knows 0 only.
    pub version: i32,
    /// The topic's id.
    pub topic_id: Uuid,
}

/// Reads a `partition.metadata` file: `version: 0` and `topic_id: <22 characters>`.
///
/// # Errors
/// With the position of the line that is missing, malformed, or names another version.
pub fn parse_partition_metadata(bytes: &[u8]) -> Result<PartitionMetadata, CompanionError> {
    let mut lines = Lines::new(bytes);
    let (at, value) = field(&mut lines, "version")?;
    let version = number(value).ok_or_else(|| CompanionError::quoting(at, "a version number", value))?;
    if version != 0 {
        return Err(CompanionError::new(at, "version 0", version));
    }
    let (at, value) = field(&mut lines, "topic_id")?;
    let topic_id = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    let topic_id = topic_id
        .ok_or_else(|| CompanionError::quoting(at, "a topic id (22 characters of URL-safe base64)", value))?;
    Ok(PartitionMetadata { version, topic_id })
}

fn field<'a>(lines: &mut Lines<'a>, name: &'static str) -> Result<(u64, &'a [u8]), CompanionError> {
    let expected = || format!("a line \"{name}: ...\"");
    let end = lines.at();
    let (at, line) =
        lines.next().ok_or_else(|| CompanionError::new(end, expected(), "the end of the file"))?;
    value_of(line, name)
        .map(|value| (at, value))
        .map_err(|_: nom::Err<nom::error::Error<&[u8]>>| CompanionError::quoting(at, expected(), line))
}

fn value_of<'a>(line: &'a [u8], name: &str) -> Result<&'a [u8], nom::Err<nom::error::Error<&'a [u8]>>> {
    let word = take_while1(|byte: u8| !byte.is_ascii_whitespace());
    let parsed: IResult<&[u8], &[u8]> =
        all_consuming(preceded((tag(name.as_bytes()), tag(&b":"[..]), space0), terminated(word, space0)))
            .parse(line);
    parsed.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_topic_id() {
        for text in [
            "version: 0\ntopic_id: 5_-_pXRrQO6Xg46dlfRqUA",
            "version: 0\r\ntopic_id: 5_-_pXRrQO6Xg46dlfRqUA\r\n",
        ] {
            let read = parse_partition_metadata(text.as_bytes()).unwrap();
            assert_eq!(read.topic_id.to_string(), "5_-_pXRrQO6Xg46dlfRqUA");
        }
        let torn = parse_partition_metadata(b"version: 0\ntopic_id: 5_-_pX").unwrap_err().to_string();
        assert!(torn.starts_with("position 11: expected a topic id"), "{torn}");
        let empty = parse_partition_metadata(b"").unwrap_err().to_string();
        assert_eq!(empty, "position 0: expected a line \"version: ...\", found the end of the file");
    }
}
