//! Reading a log once, in parallel, with results in log order.
//!
//! A copy's view is cut into units on batch boundaries. Workers take units, check and inflate every batch in
//! buffers they own and hand the decoded batches to a [`Pass`]; what the pass returns for a unit is consumed
//! strictly in log order. Nothing here keeps a list of batches or records.

mod drive;
mod error;
mod files;
mod progress;
mod unit;
mod view;
mod walk;

pub use drive::{Pass, Scratch, drive};
pub use error::PassError;
pub use files::{CopyFiles, LogFile, OpenOptions, Unopened};
pub use progress::Progress;
pub use unit::{Unit, UnitSize, units_of};
pub use view::{CopyView, units};
pub(crate) use walk::RELEASED_BYTES;
pub use walk::{BatchContext, BatchEnd, Visit, walk_unit};
