//! What can go wrong while a table is written.

use std::io;
use std::path::PathBuf;

use polars::error::PolarsError;

/// A table could not be written. No file stands under the table's name then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The output file could not be created beside its final place.
    #[error("{}: cannot create the table: {source}", path.display())]
    Create {
        /// The table's path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Rows could not be encoded or written.
    #[error("{}: cannot write rows: {source}", path.display())]
    Write {
        /// The table's path.
        path: PathBuf,
        /// Why.
        source: Box<PolarsError>,
    },
    /// The finished file could not be moved to its name.
    #[error("{}: cannot put the finished table in place: {source}", path.display())]
    Persist {
        /// The table's path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
