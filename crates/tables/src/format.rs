//! File formats of a table.

/// How a table is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Format {
    /// Apache Parquet with zstd-compressed pages.
    #[default]
    Parquet,
    /// Comma-separated values with a header line.
    Csv,
    /// Arrow IPC file format ("Feather v2"), uncompressed.
    Ipc,
}

impl Format {
    /// The usual file name extension.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ipc => "arrow",
        }
    }
}
