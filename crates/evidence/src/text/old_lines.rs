//! Where records end in what a console consumer of before 3.9 printed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader};

use super::formatter;
use super::lines::{MAX_LINE_BYTES, read_line, text_of};

/// Lines of a console consumer of before 3.9, some of them read ahead.
pub(super) struct OldLines {
    reader: BufReader<File>,
    ahead: VecDeque<Vec<u8>>,
}

impl OldLines {
    pub(super) fn new(file: File) -> Self {
        Self { reader: BufReader::new(file), ahead: VecDeque::new() }
    }

    /// The next record, or a line that belongs to none; empty at the end.
    ///
    /// Metadata may bring line feeds of its own, so a commit goes on up to the last line before the next record that ends as a
    /// commit does. What else stands there is no part of it.
    pub(super) fn record(&mut self) -> io::Result<Vec<u8>> {
        let mut record = match self.ahead.pop_front() {
            Some(line) => line,
            None => read_line(&mut self.reader)?,
        };
        let first = text_of(&record);
        if !formatter::begins_line(&first) || formatter::is_tombstone(&first) {
            return Ok(record);
        }
        let mut whole = formatter::ends_commit(&first).then_some(0);
        let mut bytes = record.len() as u64;
        // What was read ahead for a record before ends where this one begins, so `ahead` holds at most this record's next line.
        let mut seen = 0;
        while bytes < MAX_LINE_BYTES {
            if self.ahead.len() == seen {
                let line = read_line(&mut self.reader)?;
                self.ahead.push_back(line);
            }
            let Some(line) = self.ahead.get(seen) else { break };
            let text = text_of(line);
            if line.is_empty() || formatter::begins_line(&text) {
                break;
            }
            seen += 1;
            bytes += line.len() as u64;
            if formatter::ends_commit(&text) {
                whole = Some(seen);
            }
        }
        // A record without an end is not understood, with all that may be part of it.
        for mut line in self.ahead.drain(..whole.unwrap_or(seen)) {
            record.append(&mut line);
        }
        Ok(record)
    }
}
