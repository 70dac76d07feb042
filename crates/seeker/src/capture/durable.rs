//! Small files that are either the old or the new one, whatever happens in between.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::CaptureError;

/// Puts a file in place of another.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), CaptureError> {
    put(path, text, |_| Ok(()))
}

/// The same, surely on the disk before it's in place.
pub(super) fn replace_durably(path: &Path, text: &str) -> Result<(), CaptureError> {
    put(path, text, File::sync_all)
}

fn put(path: &Path, text: &str, settle: fn(&File) -> io::Result<()>) -> Result<(), CaptureError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".tmp");
    let new = Path::new(&new);
    let write = || {
        let mut file = File::create(new)?;
        file.write_all(text.as_bytes())?;
        settle(&file)?;
        fs::rename(new, path)
    };
    write().map_err(|e| CaptureError::io(path, e))
}
