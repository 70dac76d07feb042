//! The rollback document: what the target had, and what we are about to write, on disk before anything is sent.
//!
//! `before: null` means the group had no offset on that partition, so going back means deleting ours. The file
//! is created new (never overwritten), written whole and synced, its folder too, before the first commit.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lastwrites_types::Uuid;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::client::{CommittedOffset, Partition};

/// The document's `format` field.
pub const FORMAT: &str = "lastwrites/rollback";
const VERSION: u64 = 1;
/// A rollback document of a million partitions is about 300 MB.
const MAX_BYTES: u64 = 1 << 30;

/// What has to be known to take an `apply` back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackDocument {
    /// Always [`FORMAT`].
    pub format: String,
    /// Always 1.
    pub version: u64,
    /// Program and version.
    pub created_by: String,
    /// Milliseconds since the epoch.
    pub created_at_ms: i64,
    /// The cluster written to; `null` where its brokers do not say.
    pub cluster_id: Option<String>,
    /// The groups written to.
    pub groups: Vec<RollbackGroup>,
}

/// One group written to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackGroup {
    /// Its name on the cluster.
    pub group_id: String,
    /// Partitions written.
    pub offsets: Vec<RollbackOffset>,
}

/// One partition written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackOffset {
    /// Topic.
    pub topic: String,
    /// The topic's id when we wrote; `null` from brokers that have none.
    #[serde(serialize_with = "write_id", deserialize_with = "read_id")]
    pub topic_id: Option<Uuid>,
    /// Partition.
    pub partition: i32,
    /// What the group had; `null`: nothing.
    pub before: Option<StoredOffset>,
    /// What we wrote.
    pub applied: StoredOffset,
}

/// An offset with everything that is committed with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredOffset {
    /// Offset.
    pub offset: i64,
    /// Leader epoch; `null` is -1.
    pub leader_epoch: Option<i32>,
    /// Metadata.
    pub metadata: String,
}

impl From<&CommittedOffset> for StoredOffset {
    fn from(offset: &CommittedOffset) -> Self {
        Self { offset: offset.offset, leader_epoch: offset.leader_epoch, metadata: offset.metadata.clone() }
    }
}

impl From<&StoredOffset> for CommittedOffset {
    fn from(offset: &StoredOffset) -> Self {
        Self { offset: offset.offset, leader_epoch: offset.leader_epoch, metadata: offset.metadata.clone() }
    }
}

impl RollbackOffset {
    /// The partition as the client knows it.
    #[must_use]
    pub fn partition(&self) -> Partition {
        Partition::new(self.topic.clone(), self.partition)
    }
}

/// The rollback document can't be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum RollbackFileError {
    /// The file system said no.
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a rollback document.
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for RollbackFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(f, "can't {doing} {}: {source}", path.display()),
            Self::Content { path, reason } => {
                write!(f, "{} isn't a rollback document: {reason}", path.display())
            }
        }
    }
}

impl std::error::Error for RollbackFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Content { .. } => None,
        }
    }
}

impl RollbackDocument {
    /// A document of this program, now empty.
    #[must_use]
    pub fn new(cluster_id: Option<String>, created_at_ms: i64) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            created_by: concat!("lastwrites-seek ", env!("CARGO_PKG_VERSION")).to_owned(),
            created_at_ms,
            cluster_id,
            groups: Vec::new(),
        }
    }

    /// The document without its groups.
    pub(crate) fn clone_head(&self) -> Self {
        Self {
            format: self.format.clone(),
            version: self.version,
            created_by: self.created_by.clone(),
            created_at_ms: self.created_at_ms,
            cluster_id: self.cluster_id.clone(),
            groups: Vec::new(),
        }
    }

    /// Writes the document to a new file and syncs file and folder.
    ///
    /// # Errors
    /// [`RollbackFileError::Io`]; an existing file is never touched.
    pub fn write_new(&self, path: &Path) -> Result<(), RollbackFileError> {
        let failed = |doing, source| RollbackFileError::Io { doing, path: path.to_owned(), source };
        let text = serde_json::to_vec_pretty(self).map_err(|e| failed("encode", e.into()))?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| failed("create", e))?;
        file.write_all(&text).and_then(|()| file.write_all(b"\n")).map_err(|e| failed("write", e))?;
        file.sync_all().map_err(|e| failed("sync", e))?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The name has to survive a crash too. Not every system lets a folder be opened.
        if let Ok(folder) = File::open(folder) {
            folder.sync_all().map_err(|e| failed("sync the folder of", e))?;
        }
        Ok(())
    }

    /// Reads and checks a document.
    ///
    /// # Errors
    /// [`RollbackFileError`].
    pub fn read(path: &Path) -> Result<Self, RollbackFileError> {
        let mut text = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text))
            .map_err(|source| RollbackFileError::Io { doing: "read", path: path.to_owned(), source })?;
        Self::from_json(&text).map_err(|reason| RollbackFileError::Content { path: path.to_owned(), reason })
    }

    /// The document in `text`, or what is wrong with it.
    pub(crate) fn from_json(text: &[u8]) -> Result<Self, String> {
        let document: Self = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        if document.format != FORMAT || document.version != VERSION {
            return Err(format!(
                "format {:?} version {}, expected {FORMAT:?} version {VERSION}",
                document.format, document.version
            ));
        }
        Ok(document)
    }
}

fn write_id<S: Serializer>(id: &Option<Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
    id.serialize(serializer)
}

fn read_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    Option::<String>::deserialize(deserializer)?
        .map(|text| text.parse().map_err(serde::de::Error::custom))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rollback.json");
        let mut document = RollbackDocument::new(Some("c".to_owned()), 5);
        let applied = StoredOffset { offset: 7, leader_epoch: Some(2), metadata: "m".to_owned() };
        let topic_id = Some("5_-_pXRrQO6Xg46dlfRqUA".parse().unwrap());
        document.groups.push(RollbackGroup {
            group_id: "g".to_owned(),
            offsets: vec![RollbackOffset {
                topic: "t".to_owned(),
                topic_id,
                partition: 0,
                before: None,
                applied,
            }],
        });
        document.write_new(&path).unwrap();
        assert_eq!(RollbackDocument::read(&path).unwrap(), document);
        assert!(matches!(document.write_new(&path), Err(RollbackFileError::Io { doing: "create", .. })));
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(RollbackDocument::read(&path), Err(RollbackFileError::Content { .. })));
    }
}
