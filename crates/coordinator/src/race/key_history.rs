//! Which record of a key supersedes which, where transactions decide late.

/// One record of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// Offset of the record.
    pub(super) offset: i64,
    /// Base offset of its batch.
    pub(super) batch_base_offset: i64,
    /// Where its batch ends: the offset behind its last.
    pub(super) batch_end: i64,
    /// The event it belongs to; `None` for an offset tombstone.
    pub(super) event: Option<usize>,
    /// Producer id, while its transaction is open.
    pub(super) transaction: Option<i64>,
}

/// Records of one key: the latest that counts, and those whose order waits for the end of a transaction.
#[derive(Debug, Default)]
pub(super) struct KeyHistory {
    latest: Option<Written>,
    waiting: Vec<Written>,
}

/// A record that now counts as the latest of its key, and the one it supersedes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Succession {
    pub(super) old: Option<Written>,
    pub(super) new: Written,
}

impl KeyHistory {
    /// The next record of the key.
    pub(super) fn push(&mut self, written: Written) -> Vec<Succession> {
        self.waiting.push(written);
        self.advance()
    }

    /// The end of a transaction: its records count, or never were (the cleaner drops aborted ones at once).
    pub(super) fn end_transaction(&mut self, producer: i64, committed: bool) -> Vec<Succession> {
        self.waiting.retain_mut(|written| {
            let ended = written.transaction == Some(producer);
            if ended && committed {
                written.transaction = None;
            }
            committed || !ended
        });
        self.advance()
    }

    /// The end of the log: what is still open is never cleaned, so it supersedes nothing.
    pub(super) fn end(&mut self) -> Vec<Succession> {
        self.waiting.retain(|written| written.transaction.is_none());
        self.advance()
    }

    fn advance(&mut self) -> Vec<Succession> {
        let settled = self.waiting.iter().take_while(|written| written.transaction.is_none()).count();
        self.waiting.drain(..settled).map(|new| Succession { old: self.latest.replace(new), new }).collect()
    }
}
