//! Rows gathered column by column until they are worth writing.

use polars::error::PolarsResult;
use polars::frame::DataFrame;

use crate::column::Cells;
use crate::format::Format;
use crate::table::Rows;

/// Rows in one batch (a Parquet row group, an Arrow record batch) at most.
const MAX_ROWS: usize = 64 * 1024;
/// Bytes of evidence text in one batch; the row that passes it is the batch's last. Commit metadata may be
/// kilobytes each, so a row count alone bounds nothing.
const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

pub(crate) struct Batch {
    cells: Vec<Cells>,
    rows: usize,
    text_bytes: usize,
}

impl Batch {
    pub(crate) fn new<T: Rows>() -> Self {
        let cells = T::COLUMNS.iter().map(|column| Cells::for_column(&column.read)).collect();
        Self { cells, rows: 0, text_bytes: 0 }
    }

    pub(crate) fn push<T: Rows>(&mut self, row: &T::Row<'_>) {
        for (cells, column) in self.cells.iter_mut().zip(T::COLUMNS) {
            self.text_bytes += cells.push(&column.read, row);
        }
        self.rows += 1;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= MAX_ROWS || self.text_bytes >= MAX_TEXT_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn into_frame<T: Rows>(self, format: Format) -> PolarsResult<DataFrame> {
        let columns = self.cells.into_iter().zip(T::COLUMNS);
        DataFrame::new(
            self.rows,
            columns.flat_map(|(cells, column)| cells.into_columns(column.name, format)).collect(),
        )
    }
}
