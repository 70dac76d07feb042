//! Standard output and error; the only place of this program that prints.

use std::io::{self, Write};

use serde::Serialize;

/// Writes text to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn out(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Says what became of something that may have been written: where standard output fails after that, on standard
/// error instead, because the exit code has to speak of the writing.
pub(crate) fn told(after_writing: bool, text: &str) -> io::Result<()> {
    match out(text) {
        Err(e) if after_writing => {
            note(&format!("can't write to standard output ({e}); it would have said:\n{text}"));
            Ok(())
        }
        result => result,
    }
}

/// Writes a line to standard error; there is nobody to tell when that fails.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// One JSON document and a newline.
pub(crate) fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
