//! From the units of a copy to its final state.

mod accounting;
mod continuity;
mod copy;
mod edge;
mod in_order;
mod out_of_place;
mod pass;
mod places;
mod scan;
mod tally;
mod transactions;
mod visitor;

pub(crate) use accounting::{Accounting, ReadFault};
pub use continuity::Continuity;
pub use copy::{CopyState, DeletedKey, KeyName, KeyState, KeysByGroup};
pub use edge::Counts;
pub use out_of_place::{end_offset, last_batch, last_cleaned, may_be_out_of_place, out_of_place};
pub use pass::{ReplayError, replay};
pub use scan::{FileScan, scan};
pub use tally::{Damage, DamageKind, Tally};
pub use transactions::{TransactionEntry, TransactionsAsked, TransactionsRead, transactions};
