//! Lines of a text file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};

/// Longest line that is read as one; what is longer is taken in pieces, which nobody understands.
pub(super) const MAX_LINE_BYTES: u64 = 16 * 1024 * 1024;

/// The mark of UTF-8 that some programs put before a text.
pub(super) const MARK: char = '\u{feff}';

/// The next line with its line feed, or a piece of a longer one; empty at the end.
pub(super) fn read_line(reader: &mut BufReader<File>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)?;
    Ok(bytes)
}

/// A line without its line feed, and without the mark that the first may begin with.
pub(super) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_prefix(MARK.encode_utf8(&mut [0; 4]).as_bytes()).unwrap_or(bytes);
    String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes))
}

/// True for what was read as one line, not a piece of one.
pub(super) fn fits(bytes: &[u8]) -> bool {
    (bytes.len() as u64) < MAX_LINE_BYTES
}
