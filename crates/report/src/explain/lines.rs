//! Lines of a log of any size and any bytes, numbered, each held in bounded memory.

use std::io::{self, BufRead};

use memchr::memchr;

/// Of a longer line this much of its start is kept.
const HEAD_BYTES: usize = 1024 * 1024;
/// And this much of its end: Kafka writes the cause after the record.
const TAIL_BYTES: usize = 64 * 1024;

/// Reads line by line; neither a missing line end nor bytes that are no text are errors.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, number: 0, line: Vec::new() }
    }

    /// The next line without its line end (LF or CRLF), and its number from 1.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        self.line.clear();
        let mut ended = false;
        let mut any = false;
        while !ended {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = memchr(b'\n', chunk);
            ended = end.is_some();
            let (text, _) = chunk.split_at(end.unwrap_or(chunk.len()));
            self.line.extend_from_slice(text);
            let used = text.len() + usize::from(ended);
            self.input.consume(used);
            if self.line.len() > HEAD_BYTES + 2 * TAIL_BYTES {
                let tail = self.line.len() - TAIL_BYTES;
                self.line.drain(HEAD_BYTES..tail);
            }
        }
        if !any {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.number += 1;
        Ok(Some((self.number, &self.line)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Lines::new(BufReader::with_capacity(3, Cursor::new(bytes)));
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            found.push((number, line.to_vec()));
        }
        found
    }

    #[test]
    fn line_ends_are_not_part_of_a_line() {
        let found = all(b"one\r\n\ntwo\xff");
        assert_eq!(found, [(1, b"one".to_vec()), (2, Vec::new()), (3, b"two\xff".to_vec())]);
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_line_without_end_keeps_both_its_ends() {
        let mut long = b"Replaying record ".to_vec();
        long.resize(8 * HEAD_BYTES, b'x');
        long.extend_from_slice(b" failed due to: the cause");
        let found = all(&long);
        let (_, line) = found.first().unwrap();
        assert!(line.len() <= HEAD_BYTES + 2 * TAIL_BYTES);
        assert!(line.starts_with(b"Replaying record ") && line.ends_with(b"failed due to: the cause"));
    }
}
