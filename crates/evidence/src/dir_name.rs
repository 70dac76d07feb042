//! What a directory name says: `topic-partition`, with Kafka's suffixes for dirs on their way in or out.

use serde::ser::{Serialize, Serializer};

/// In which state a partition directory is; the string is the unique id in its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DirKind {
    /// `topic-N`: the log in use.
    Normal,
    /// `topic-N.<id>-delete`: the topic or replica was removed while the broker was up.
    Delete(String),
    /// `topic-N.<id>-future`: being moved here from another log dir of the same broker.
    Future(String),
    /// `topic-N.<id>-stray`: found at start without the broker being a replica any more.
    Stray(String),
}

impl DirKind {
    /// `normal`, `delete`, `future` or `stray`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Delete(_) => "delete",
            Self::Future(_) => "future",
            Self::Stray(_) => "stray",
        }
    }

    /// The unique id in the directory's name.
    #[must_use]
    pub fn unique_id(&self) -> Option<&str> {
        match self {
            Self::Normal => None,
            Self::Delete(id) | Self::Future(id) | Self::Stray(id) => Some(id),
        }
    }
}

impl Serialize for DirKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A partition directory's name, taken apart (`LocalLog.parseTopicPartitionName`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionDirName {
    /// Topic name. In a `-delete` or `-stray` name Kafka cuts it so that the whole fits 255 bytes.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// The suffix.
    pub kind: DirKind,
}

/// Longest topic name (`Topic.MAX_NAME_LENGTH`).
const MAX_TOPIC_BYTES: usize = 249;

impl PartitionDirName {
    /// Takes a directory name apart; `None` when it isn't a partition directory's.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (name, kind) = split_suffix(name)?;
        let (topic, partition) = name.rsplit_once('-')?;
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if topic.is_empty() || topic.len() > MAX_TOPIC_BYTES || !topic.bytes().all(legal) {
            return None;
        }
        if !partition.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { topic: topic.to_owned(), partition: partition.parse().ok()?, kind })
    }
}

/// Makes a kind of the unique id before its suffix.
type WithId = fn(String) -> DirKind;

fn split_suffix(name: &str) -> Option<(&str, DirKind)> {
    let suffixes: [(&str, WithId); 3] =
        [("-delete", DirKind::Delete), ("-future", DirKind::Future), ("-stray", DirKind::Stray)];
    for (suffix, kind) in suffixes {
        if let Some(rest) = name.strip_suffix(suffix) {
            // As in Kafka, such a suffix without an id makes the name no partition's at all.
            let (rest, id) = rest.rsplit_once('.')?;
            return (!id.is_empty()).then(|| (rest, kind(id.to_owned())));
        }
    }
    Some((name, DirKind::Normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_suffixes() {
        let name = PartitionDirName::parse("__consumer_offsets-28").unwrap();
        assert_eq!(
            (name.topic.as_str(), name.partition, name.kind),
            ("__consumer_offsets", 28, DirKind::Normal)
        );
        let name = PartitionDirName::parse("a.b-c-3.0123456789abcdef0123456789abcdef-stray").unwrap();
        assert_eq!((name.topic.as_str(), name.partition), ("a.b-c", 3));
        assert_eq!(name.kind, DirKind::Stray("0123456789abcdef0123456789abcdef".into()));
        for other in
            ["logs", "-3", "t-", "t-x", "t-99999999999", "t-1-delete", "t-1.-future", "a b-1", "t-+1"]
        {
            assert_eq!(PartitionDirName::parse(other), None, "{other}");
        }
    }
}
