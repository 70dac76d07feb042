//! Standard output and standard error.

use std::io::{self, Write};

/// Writes to standard output; a reader that went away (`| head`) is not an error.
///
/// # Errors
/// Any other failure of standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    tolerate(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
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
