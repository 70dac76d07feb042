//! Standard output and error; the only place of this program that prints.

use std::io::{self, Write};

/// Writes text to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn out(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a line to standard error; there is nobody to tell when that fails.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
