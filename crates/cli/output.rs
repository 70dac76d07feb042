//! Standard output and standard error.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

/// Bytes of a document that go out at once.
const PIECE_BYTES: usize = 1 << 16;

/// Writes to standard output; a reader that went away (`| head`) is not an error.
///
/// # Errors
/// Any other failure of standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    tolerate(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes the answer as one JSON document and a newline, or as text. JSON goes out piece by piece: of a million keys it
/// is larger than everything it is made from.
///
/// # Errors
/// A failure of standard output.
pub(crate) fn show(as_json: bool, value: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
    if !as_json {
        return print(&text());
    }
    let mut out = BufWriter::with_capacity(PIECE_BYTES, io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
    tolerate(written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()))
}

/// Turns a closed pipe into success.
pub(crate) fn tolerate(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells the person something without touching standard output.
pub(crate) fn note(text: &str) {
    // Nothing sensible can be done when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
