//! Reports as a terminal shows them: the answer first, 80 columns, doubt said in words.

mod blast_radius;
mod diagnose;
mod examine;
mod findings;
mod groups;
mod number;
mod partition_for;
mod playbook;
mod recover;
mod scan;
mod table;
mod verdict;

pub use blast_radius::blast_radius;
pub use diagnose::diagnose;
pub use examine::examine;
pub(crate) use examine::next_steps;
pub use findings::{beside, findings, wrapped};
pub use groups::groups;
pub(crate) use groups::other_side;
pub(crate) use number::lag;
pub use number::{bytes, counted, duration, grouped, moment};
pub use partition_for::partition_for;
pub use playbook::playbook;
pub use recover::recovered;
pub use scan::scan;
pub use table::{LINE_WIDTH, Table, shortened};
pub(crate) use verdict::{is_stopped, verdict_lines};
