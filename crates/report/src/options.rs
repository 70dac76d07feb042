//! How a run reads its evidence.

use std::sync::Arc;

use lastwrites_coordinator::pass::OpenOptions;
use lastwrites_coordinator::rules::Profile;
use lastwrites_evidence::ViewKind;
use lastwrites_records::redact::Redaction;
use lastwrites_segment::ReadMode;
use lastwrites_types::Release;

/// What the caller chose.
#[derive(Clone)]
pub struct Options {
    /// Whose rules decide what counts as committed.
    pub profile: Profile,
    /// The release that was named, which may have no rules of its own; `None` where nobody named one.
    pub release: Option<Release>,
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Bytes of a unit of work; `None` chooses. Results don't depend on it.
    pub unit_bytes: Option<u64>,
    /// Mapped or read.
    pub read: ReadMode,
    /// `offsets.retention.minutes` of the brokers, ms; `None` where nobody said: then seven days are warned of.
    pub offsets_retention_ms: Option<i64>,
    /// Pseudonyms that records are read with; `None` shows them as they are.
    pub redaction: Option<Arc<Redaction>>,
    /// How copies are looked at; `None` merges replicas and takes single copies as found.
    pub view: Option<ViewKind>,
}

impl Options {
    pub(crate) fn open(&self) -> OpenOptions {
        OpenOptions {
            read: self.read,
            threads: self.threads,
            unit_bytes: self.unit_bytes,
            redaction: self.redaction.clone(),
        }
    }
}
