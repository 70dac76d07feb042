//! Small files that are either the old or the new one, whatever happens in between.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::CaptureError;

/// Writes a file beside `path`, syncs it, and puts it in place.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), CaptureError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".tmp");
    let new = Path::new(&new);
    let write = || {
        let mut file = File::create(new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, path)
    };
    write().map_err(|e| CaptureError::io(path, e))
}
