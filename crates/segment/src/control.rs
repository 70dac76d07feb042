//! Control records: transaction markers and what KRaft logs hold (`ControlRecordType`, `EndTransactionMarker`).

use std::fmt;

use crate::cursor::Cursor;
use crate::kafka_text::KafkaError;

/// A record of a control batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlRecord {
    /// Version of the key, 0 so far; Kafka reads any higher one as 0.
    pub version: i16,
    /// What it says.
    pub kind: ControlType,
    /// Epoch of the transaction coordinator that wrote a marker, where the value holds one. Loading
    /// coordinators don't look at it.
    pub coordinator_epoch: Option<i32>,
}

/// The type of a control record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ControlType {
    /// Ends a transaction without effect.
    Abort,
    /// Ends a transaction with effect.
    Commit,
    /// Anything else, by its number: 2 to 6 belong to KRaft (leader change, snapshot header and footer, version,
    /// voters). Coordinators ignore them.
    Other(i16),
}

/// A control record whose key can't be read. A loading coordinator fails on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ControlError {
    /// The key is null.
    NullKey,
    /// The key is shorter than its 4 bytes.
    ShortKey {
        /// Bytes it has.
        have: usize,
    },
    /// The key's version is negative.
    NegativeVersion {
        /// The stored version.
        version: i16,
    },
}

impl ControlRecord {
    /// Reads a control record's key, and its value as far as it is a transaction marker's.
    ///
    /// # Errors
    /// The key isn't a control record's.
    pub fn parse(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Self, ControlError> {
        let key = key.ok_or(ControlError::NullKey)?;
        let mut cursor = Cursor::new(key);
        let (Ok(version), Ok(kind)) = (cursor.i16(), cursor.i16()) else {
            return Err(ControlError::ShortKey { have: key.len() });
        };
        if version < 0 {
            return Err(ControlError::NegativeVersion { version });
        }
        let kind = match kind {
            0 => ControlType::Abort,
            1 => ControlType::Commit,
            other => ControlType::Other(other),
        };
        let is_marker = !matches!(kind, ControlType::Other(_));
        let coordinator_epoch = value.filter(|_| is_marker).and_then(coordinator_epoch);
        Ok(Self { version, kind, coordinator_epoch })
    }
}

fn coordinator_epoch(value: &[u8]) -> Option<i32> {
    let mut cursor = Cursor::new(value);
    cursor.i16().ok().filter(|version| *version >= 0)?;
    cursor.i32().ok()
}

impl ControlError {
    /// What Kafka throws (`ControlRecordType.parseTypeId`).
    #[must_use]
    pub fn kafka_error(&self) -> KafkaError {
        match self {
            Self::NullKey => KafkaError { class: "NullPointerException", message: None },
            Self::ShortKey { have } => KafkaError::invalid_record(format!(
                "Invalid value size found for end control record key. Must have at least 4 bytes, but found only {have}"
            )),
            Self::NegativeVersion { version } => KafkaError::invalid_record(format!(
                "Invalid version found for control record: {version}. May indicate data corruption"
            )),
        }
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NullKey => write!(f, "a control record without a key"),
            Self::ShortKey { have } => write!(f, "a control record's key has {have} bytes, expected 4"),
            Self::NegativeVersion { version } => write!(f, "a control record's key has version {version}"),
        }
    }
}

impl std::error::Error for ControlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_and_others() {
        let commit = ControlRecord::parse(Some(&[0, 0, 0, 1]), Some(&[0, 0, 0, 0, 0, 7])).unwrap();
        assert_eq!((commit.kind, commit.coordinator_epoch), (ControlType::Commit, Some(7)));
        let abort = ControlRecord::parse(Some(&[0, 3, 0, 0, 9]), None).unwrap();
        assert_eq!((abort.version, abort.kind, abort.coordinator_epoch), (3, ControlType::Abort, None));
        let leader = ControlRecord::parse(Some(&[0, 0, 0, 2]), Some(&[0; 6])).unwrap();
        assert_eq!((leader.kind, leader.coordinator_epoch), (ControlType::Other(2), None));
        assert_eq!(ControlRecord::parse(Some(&[0, 0, 0]), None), Err(ControlError::ShortKey { have: 3 }));
        assert_eq!(
            ControlRecord::parse(Some(&[0xff, 0xff, 0, 1]), None),
            Err(ControlError::NegativeVersion { version: -1 })
        );
    }
}
