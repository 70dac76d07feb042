//! A table file: rows in, batches out, the finished file put in place at the end.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use polars::error::{PolarsError, PolarsResult};
use tempfile::NamedTempFile;

use crate::batch::Batch;
use crate::column::ColumnSpec;
use crate::error::TableError;
use crate::format::Format;
use crate::sink::Sink;

/// A kind of row and the columns it fills.
pub trait Rows: Sized + 'static {
    /// The row; see its fields for meaning, unit and null.
    type Row<'a>;
    /// The table's name.
    const NAME: &'static str;
    /// What a row is, and in which order rows come.
    const ABOUT: &'static str;
    /// The columns in order. Text columns bring their `_bytes` twin along.
    const COLUMNS: &'static [ColumnSpec<Self>];
}

/// A table being written. Dropped without [`Table::finish`] it leaves nothing behind.
pub struct Table<T: Rows> {
    path: PathBuf,
    format: Format,
    file: NamedTempFile,
    sink: Sink,
    batch: Batch,
    rows: u64,
    kind: std::marker::PhantomData<T>,
}

impl<T: Rows> Table<T> {
    /// Starts a table that will stand at `path` when it is finished. The folder must exist, the file must not: one that
    /// appears meanwhile is left alone.
    ///
    /// # Errors
    /// [`TableError::Create`] when no file can be made in that folder, [`TableError::Write`] when its first
    /// bytes can't be written.
    pub fn create(path: &Path, format: Format) -> Result<Self, TableError> {
        let create = |source| TableError::Create { path: path.to_owned(), source };
        let file = beside(path).map_err(create)?;
        let target = file.as_file().try_clone().map_err(create)?;
        let sink = Batch::new::<T>()
            .into_frame::<T>(format)
            .and_then(|empty| Sink::new(target, format, empty.schema()))
            .map_err(|error| failed(path, error))?;
        let (batch, kind) = (Batch::new::<T>(), std::marker::PhantomData);
        Ok(Self { path: path.to_owned(), format, file, sink, batch, rows: 0, kind })
    }

    /// Adds a row; every 64 Ki rows or 16 MiB of text a batch is written.
    ///
    /// # Errors
    /// [`TableError::Write`], after which the table is of no use.
    pub fn push(&mut self, row: &T::Row<'_>) -> Result<(), TableError> {
        self.batch.push::<T>(row);
        self.rows += 1;
        if self.batch.is_full() { self.flush() } else { Ok(()) }
    }

    /// Writes what is left, puts the file in place, and returns the number of rows.
    ///
    /// # Errors
    /// [`TableError::Write`] or [`TableError::Persist`].
    pub fn finish(mut self) -> Result<u64, TableError> {
        if !self.batch.is_empty() {
            self.flush()?;
        }
        self.sink.finish().map_err(|error| failed(&self.path, error))?;
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => Ok(self.rows),
            Err(error) => Err(TableError::Persist { path: self.path, source: error.error }),
        }
    }

    fn flush(&mut self) -> Result<(), TableError> {
        let full = std::mem::replace(&mut self.batch, Batch::new::<T>());
        let written: PolarsResult<()> =
            full.into_frame::<T>(self.format).and_then(|rows| self.sink.write(&rows));
        written.map_err(|error| failed(&self.path, error))
    }
}

/// A temporary file in the folder of `path`, so that the final rename stays on one file system.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".lastwrites-")
        .suffix(".part")
        // What any other new file gets; the process's umask still applies.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

fn failed(path: &Path, error: PolarsError) -> TableError {
    TableError::Write { path: path.to_owned(), source: Box::new(error) }
}
