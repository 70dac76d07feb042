//! What a console consumer prints of the offsets topic: JSON objects one after the other, or the lines of before 3.9.

use lastwrites_records::messages::{OffsetCommitKey, OffsetCommitValue};
use lastwrites_records::{Key, Value};
use nom::bytes::complete::tag;
use nom::character::complete::{i32 as int, i64 as long};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser as _};
use serde_json::Value as Json;

use super::record::{self, Parts, Told};

/// `{"key":..,"value":..}`.
pub(super) fn object(object: &Json) -> Option<(Parts, Told)> {
    let key = object.get("key")?;
    let told = if record::of_type_only(key).is_some() { Told::TypeOnly } else { Told::Exactly };
    Some((record::from_json(key, object.get("value")?)?, told))
}

/// True at the start of one of the older lines; metadata may bring line feeds of its own.
pub(super) fn begins_line(text: &str) -> bool {
    text.starts_with('[') && value_at(text).is_some()
}

/// True for a tombstone's line, behind which its record has nothing more.
pub(super) fn is_tombstone(text: &str) -> bool {
    value_at(text).and_then(|at| text.get(at..)).is_some_and(|value| value.trim_end() == NULL)
}

/// True for a line that ends as a commit does; so may a line of its metadata.
pub(super) fn ends_commit(text: &str) -> bool {
    let end = text.rfind(", commitTimestamp=").and_then(|at| text.get(at..)).map(str::trim_end);
    let time = |text| preceded(tag(", commitTimestamp="), long::<&str, nom::error::Error<&str>>).parse(text);
    end.and_then(|end| time(end).ok())
        .is_some_and(|(rest, _)| rest.starts_with(", expireTimestamp=") && rest.ends_with(')'))
}

const COMMIT: &str = "]::OffsetAndMetadata(";
const NULL: &str = "]::NULL";

/// Where a line's names end.
fn value_at(text: &str) -> Option<usize> {
    [COMMIT, NULL].into_iter().filter_map(|value| text.find(value)).min()
}

/// `[GROUP,TOPIC,PARTITION]::OffsetAndMetadata(offset=O, leaderEpoch=Optional[L], metadata=M, commitTimestamp=C,
/// expireTimestamp=None)` or `::NULL`. Names may hold commas: topics can't, so the last two are the separators.
pub(super) fn line(text: &str) -> Option<Parts> {
    let at = value_at(text)?;
    let (names, value) = (text.strip_prefix('[')?.get(..at.checked_sub(1)?)?, text.get(at + 3..)?);
    let mut parts = names.rsplitn(3, ',');
    let (partition, topic, group) = (parts.next()?, parts.next()?, parts.next()?);
    let key = OffsetCommitKey {
        group: group.into(),
        topic: topic.into(),
        partition: partition.parse().ok()?,
        ..OffsetCommitKey::default()
    };
    let value = match value.trim_end() {
        "NULL" => None,
        value => {
            let (_, value) = commit(value).ok()?;
            Some(Value::OffsetCommit(value).encode(3))
        }
    };
    Some((Key::OffsetCommit(key).encode(), value))
}

fn commit(text: &str) -> IResult<&str, OffsetCommitValue> {
    let (text, (_, offset)) = (tag("OffsetAndMetadata("), preceded(tag("offset="), long)).parse(text)?;
    let leader = delimited(tag("Optional["), int, tag("]"));
    let (text, leader_epoch) = preceded(tag(", leaderEpoch="), opt(leader)).parse(text)?;
    let (text, _) = opt(tag("Optional.empty")).parse(text)?;
    let (text, _) = tag(", metadata=").parse(text)?;
    // The metadata may hold anything, so the last time is the broker's.
    let at = text.rfind(", commitTimestamp=").unwrap_or(text.len());
    let (metadata, text) = text.split_at_checked(at).unwrap_or((text, ""));
    let (text, commit_timestamp) = preceded(tag(", commitTimestamp="), long).parse(text)?;
    let value = OffsetCommitValue {
        offset,
        leader_epoch: leader_epoch.unwrap_or(-1),
        metadata: metadata.into(),
        commit_timestamp,
        ..OffsetCommitValue::default()
    };
    Ok((text, value))
}
