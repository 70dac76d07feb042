//! Rows of the tables: one plain struct per table, borrowed from whatever a pass holds at the moment.
//!
//! A pass hands rows to a sink one at a time, so a table of any length takes no memory here. Text is raw
//! bytes as stored; how each output spells it is the sink's business. "null" is what a reader of the table
//! sees where a field is `None`.
//!
//! Records, commits and batches come from the log itself ([`crate::log_rows`]), events from [`crate::history`]; groups, offsets, members and
//! findings are the report's own, row by row.

mod batch;
mod commit;
mod finding;
mod group;
mod history;
mod member;
mod offset;
mod record;

pub use batch::BatchRow;
pub use commit::{CommitRow, Outcome};
pub use finding::FindingRow;
pub use group::GroupRow;
pub use history::{HistoryEvent, HistoryRow, Reason};
pub use member::MemberRow;
pub use offset::OffsetRow;
pub use record::RecordRow;
