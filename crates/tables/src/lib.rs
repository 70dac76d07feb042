//! Parquet, CSV and Arrow tables of what a pass finds.
//!
//! The end of the offline pipeline and the only crate that sees polars, because polars links a
//! socket-capable runtime (that nothing here starts). Rows come from `lastwrites-report`; nothing is read,
//! and nothing but the named output file is written.
//!
//! Rows are pushed one at a time and written in batches of bounded size, so memory does not grow with the
//! table. The file appears under its name when [`Table::finish`] returns, complete, or not at all.
//!
//! # Columns
//! - Times are UTC with millisecond precision; null where Kafka stores "none" (a negative number) and outside
//!   the years 1970 to 9999, where readers disagree. CSV: RFC 3339 text.
//! - Text from evidence fills two columns: `NAME` holds it where it is UTF-8, `NAME_bytes` (binary) where
//!   it isn't; the other is null. CSV: `NAME_bytes` is standard base64.
//! - CSV cells of evidence text, of sentences, paths and JSON that start with `=`, `+`, `-`, `@`, tab, carriage return or `'` get a `'` in front,
//!   because spreadsheets run the former as formulas. Removing one leading `'` gives the text back. Null is
//!   an empty cell, the empty string is `""`.
//! - Topic ids are Kafka's text form (22 characters).

mod batch;
mod batches;
mod column;
mod commits;
mod csv_text;
mod error;
mod findings;
mod format;
mod groups;
mod history;
mod log_tables;
mod members;
mod offsets;
mod records;
mod report_tables;
mod sink;
mod table;

pub use batches::Batches;
pub use column::{ColumnDoc, ColumnSpec};
pub use commits::Commits;
pub use error::TableError;
pub use findings::Findings;
pub use format::Format;
pub use groups::Groups;
pub use history::History;
pub use log_tables::LogTables;
pub use members::Members;
pub use offsets::Offsets;
pub use records::Records;
pub use report_tables::{write_findings, write_groups, write_members, write_offsets};
pub use table::{Rows, Table};

/// The `commits` table: one row per offset-commit record.
pub type CommitTable = Table<Commits>;
/// The `groups` table: one row per group.
pub type GroupTable = Table<Groups>;
