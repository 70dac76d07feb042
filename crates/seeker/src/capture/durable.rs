//! Small files that are either the old or the new one, whatever happens in between; and folders whose entries last.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::CaptureError;

/// Puts a file in place of another. The next run writes it anew, so it isn't waited for.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), CaptureError> {
    put(path, text, |_| Ok(()))
}

/// The same, surely on the disk before it's in place, and in place when this returns.
pub(super) fn replace_durably(path: &Path, text: &str) -> Result<(), CaptureError> {
    put(path, text, File::sync_all)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes a folder, and sees to it that a power failure leaves it there.
pub(super) fn make_folder(path: &Path) -> Result<(), CaptureError> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_folder(parent)?;
    }
    fs::create_dir_all(path).map_err(|e| CaptureError::io(path, e))?;
    sync_folder(parent.unwrap_or(Path::new(".")))
}

/// Makes sure that what was created, renamed or removed in a folder is so on the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), CaptureError> {
    // Only there can a folder be opened.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| CaptureError::io(folder, e))?;
    }
    Ok(())
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
