//! The tables of the log, filled in one pass.

use lastwrites_report::log_rows::{LogSink, Tables};
use lastwrites_report::rows::{BatchRow, CommitRow, RecordRow};

use crate::error::TableError;
use crate::table::Table;
use crate::{Batches, Commits, Records};

/// Any of the three tables that come from the log itself; those that are there are filled.
#[derive(Default)]
pub struct LogTables {
    /// Every record.
    pub records: Option<Table<Records>>,
    /// Every offset commit.
    pub commits: Option<Table<Commits>>,
    /// Every batch.
    pub batches: Option<Table<Batches>>,
}

impl LogTables {
    /// Finishes those that are there and returns their numbers of rows: records, commits, batches.
    ///
    /// # Errors
    /// That of the first table that can't be finished; the others still are.
    pub fn finish(self) -> Result<[u64; 3], TableError> {
        let records = self.records.map_or(Ok(0), Table::finish);
        let commits = self.commits.map_or(Ok(0), Table::finish);
        let batches = self.batches.map_or(Ok(0), Table::finish);
        Ok([records?, commits?, batches?])
    }
}

impl LogSink for LogTables {
    type Error = TableError;

    fn tables(&self) -> Tables {
        Tables {
            records: self.records.is_some(),
            commits: self.commits.is_some(),
            batches: self.batches.is_some(),
        }
    }

    fn record(&mut self, row: &RecordRow<'_>) -> Result<(), TableError> {
        self.records.as_mut().map_or(Ok(()), |table| table.push(row))
    }

    fn commit(&mut self, row: &CommitRow<'_>) -> Result<(), TableError> {
        self.commits.as_mut().map_or(Ok(()), |table| table.push(row))
    }

    fn batch(&mut self, row: &BatchRow<'_>) -> Result<(), TableError> {
        self.batches.as_mut().map_or(Ok(()), |table| table.push(row))
    }
}
