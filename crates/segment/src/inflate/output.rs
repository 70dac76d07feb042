//! The buffer that batches are inflated into.

use super::{DEFAULT_INFLATED_CAP_BYTES, InflateReason, Stop};

/// A buffer above this is given back before the next batch: one huge batch mustn't cost memory for the rest of
/// the run.
const KEPT_BYTES: usize = 4 * 1024 * 1024;
const SMALLEST_BYTES: usize = 64 * 1024;

/// A buffer that only grows, so that its memory is cleared once, up to a cap.
pub(super) struct Output {
    buffer: Vec<u8>,
    used: usize,
    cap: usize,
}

impl Default for Output {
    fn default() -> Self {
        Self::with_cap(DEFAULT_INFLATED_CAP_BYTES)
    }
}

impl Output {
    pub(super) fn with_cap(cap: usize) -> Self {
        Self { buffer: Vec::new(), used: 0, cap }
    }

    /// Forgets the last batch.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        if self.buffer.len() > KEPT_BYTES {
            self.buffer = Vec::new();
        }
    }

    /// What came out so far.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.used).unwrap_or_default()
    }

    /// Room behind what came out, at least `wanted` bytes.
    ///
    /// `wanted` may come from the data: memory grows by at most that and at most to the cap.
    pub(super) fn room(&mut self, wanted: usize, at: usize) -> Result<&mut [u8], Stop> {
        let needed = self.used.saturating_add(wanted);
        if needed > self.cap {
            return Err(Stop { at, reason: InflateReason::TooLarge { cap: self.cap } });
        }
        if needed > self.buffer.len() {
            let doubled = self.buffer.len().saturating_mul(2).max(SMALLEST_BYTES).min(self.cap);
            self.buffer.resize(needed.max(doubled), 0);
        }
        Ok(self.buffer.get_mut(self.used..).unwrap_or_default())
    }

    /// Room for whatever comes: what is left of the buffer, or more if that is nothing.
    pub(super) fn any_room(&mut self, at: usize) -> Result<&mut [u8], Stop> {
        self.room(1, at)
    }

    /// The whole empty buffer, at least `wanted` bytes or the cap; `None` when it is the cap already.
    pub(super) fn larger(&mut self) -> bool {
        let doubled = self.buffer.len().saturating_mul(4).max(SMALLEST_BYTES).min(self.cap);
        let grows = doubled > self.buffer.len();
        if grows {
            self.buffer.resize(doubled, 0);
        }
        grows
    }

    /// Counts `bytes` of the room as written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes).min(self.buffer.len());
    }

    pub(super) fn cap(&self) -> usize {
        self.cap
    }
}
