//! One reader's moving view of a source.

use lastwrites_types::ByteRange;

use crate::source::{ByteSource, ReadError};

/// Bytes read at once from a source that isn't in memory: the size from which reading costs 10-13 % only.
const READ_BYTES: u64 = 256 * 1024;
/// The same for a view that jumps about.
const PROBE_BYTES: u64 = 8 * 1024;

/// Serves slices of a source, reading ahead into a lent buffer where the source isn't in memory.
pub(crate) struct Window<'s> {
    source: &'s dyn ByteSource,
    memory: Option<&'s [u8]>,
    scratch: &'s mut Vec<u8>,
    /// What `scratch` holds from its start on.
    loaded: ByteRange,
    length: u64,
    read_bytes: u64,
}

impl<'s> Window<'s> {
    pub(crate) fn new(source: &'s dyn ByteSource, scratch: &'s mut Vec<u8>) -> Self {
        let (memory, length) = (source.in_memory(), source.len());
        Self { source, memory, scratch, loaded: ByteRange::default(), length, read_bytes: READ_BYTES }
    }

    /// A view for looking here and there, which reads little at a time.
    pub(crate) fn for_probing(source: &'s dyn ByteSource, scratch: &'s mut Vec<u8>) -> Self {
        Self { read_bytes: PROBE_BYTES, ..Self::new(source, scratch) }
    }

    /// Length of the source.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// The source itself.
    pub(crate) fn source(&self) -> &'s dyn ByteSource {
        self.source
    }

    /// Exactly the bytes of `range`.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, range: ByteRange) -> Result<&[u8], ReadError> {
        let found = match self.memory {
            Some(memory) => slice(memory, 0, range),
            None => {
                if range.start < self.loaded.start || range.end > self.loaded.end {
                    self.load(range)?;
                }
                slice(self.scratch, self.loaded.start, range)
            }
        };
        found.ok_or_else(|| ReadError::past_end(range, self.length))
    }

    /// From `start` at most `length` bytes: fewer only at the end of the source.
    #[inline(always)]
    pub(crate) fn up_to(&mut self, start: u64, length: u64) -> Result<&[u8], ReadError> {
        let start = start.min(self.length);
        self.bytes(ByteRange::new(start, start.saturating_add(length).min(self.length)))
    }

    #[cold]
    fn load(&mut self, range: ByteRange) -> Result<(), ReadError> {
        let end = range.end.max(range.start.saturating_add(self.read_bytes).min(self.length));
        let wanted = ByteRange::new(range.start, end);
        self.loaded = ByteRange::default();
        self.source.window(wanted, self.scratch)?;
        self.loaded = wanted;
        Ok(())
    }
}

/// `range` of a slice whose first byte is at `base`.
#[inline(always)]
fn slice(bytes: &[u8], base: u64, range: ByteRange) -> Option<&[u8]> {
    let start = usize::try_from(range.start.checked_sub(base)?).ok()?;
    let end = usize::try_from(range.end.checked_sub(base)?).ok()?;
    bytes.get(start..end)
}
