//! What few commits have, beside the rows that all have: a text, an expiry, a transaction.

use lastwrites_types::Uuid;

use crate::fold::commit::Committed;
use crate::fold::row::{NewWrite, Settled};

/// The rest of one row; one cache line, because some clients send a text with every commit.
#[repr(C, align(64))]
pub(super) struct Extra {
    /// Record offset of the newest tombstone that is not the row's last write; -1 when none.
    newest_tombstone: i64,
    expire_timestamp: i64,
    producer_id: i64,
    metadata: Text,
}

const _: () = assert!(size_of::<Extra>() == 64, "an extra is one cache line");

/// The parts of a commit that an [`Extra`] keeps.
#[derive(Clone, Copy)]
pub(super) struct CommitExtra<'a> {
    /// The client's own text.
    pub(super) metadata: &'a [u8],
    /// When it expires, ms, -1 for none.
    pub(super) expire_timestamp: i64,
    /// Producer of its transaction, -1 for none.
    pub(super) producer_id: i64,
}

impl CommitExtra<'_> {
    /// Nothing beyond what every commit has.
    pub(super) const NONE: Self = Self { metadata: &[], expire_timestamp: -1, producer_id: -1 };

    #[inline]
    pub(super) const fn is_none(&self) -> bool {
        self.metadata.is_empty() && self.expire_timestamp == -1 && self.producer_id == -1
    }
}

/// A commit's text, in place while it fits.
enum Text {
    Short { length: u8, bytes: [u8; Self::SHORT] },
    Long(Box<[u8]>),
}

impl Text {
    const SHORT: usize = 38;

    /// Puts another text in its place. A short one is written where the old one was: building it elsewhere
    /// first would mean waiting for bytes that were just written.
    #[inline]
    fn set(&mut self, text: &[u8]) {
        match self {
            Self::Short { length, bytes } if text.len() <= Self::SHORT => {
                *length = text.len() as u8;
                if let Some(place) = bytes.get_mut(..text.len()) {
                    place.copy_from_slice(text);
                }
            }
            _ => *self = text.into(),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Text {
    fn from(text: &[u8]) -> Self {
        let mut bytes = [0; Self::SHORT];
        match bytes.get_mut(..text.len()) {
            Some(short) => {
                short.copy_from_slice(text);
                Self::Short { length: text.len() as u8, bytes }
            }
            None => Self::Long(text.into()),
        }
    }
}

impl Default for Extra {
    fn default() -> Self {
        Self { newest_tombstone: -1, expire_timestamp: -1, producer_id: -1, metadata: Text::from(&[][..]) }
    }
}

impl Extra {
    /// Record offset of the newest tombstone that is not the row's last write; -1 when none.
    #[inline]
    pub(super) const fn newest_tombstone(&self) -> i64 {
        self.newest_tombstone
    }

    /// A tombstone that is not, or no longer, the row's last write.
    pub(super) fn tombstone(&mut self, record_offset: i64) {
        self.newest_tombstone = self.newest_tombstone.max(record_offset);
    }

    /// Takes over the rest of a commit.
    #[inline]
    pub(super) fn take(&mut self, write: &NewWrite<'_>) {
        let CommitExtra { metadata, expire_timestamp, producer_id } = write.extra;
        self.metadata.set(metadata);
        (self.expire_timestamp, self.producer_id) = (expire_timestamp, producer_id);
    }

    /// The commit whose rest this is.
    pub(super) fn complete(&self, settled: &Settled, topic_id: Uuid) -> Option<Committed> {
        let Self { metadata, expire_timestamp, producer_id, .. } = self;
        let extra = CommitExtra {
            metadata: metadata.bytes(),
            expire_timestamp: *expire_timestamp,
            producer_id: *producer_id,
        };
        settled.committed(topic_id, extra)
    }
}
