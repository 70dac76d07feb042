//! `explain`: the page of a finding, how to take evidence, and what the lines of a broker's or client's log mean.
//!
//! Texts are data (`messages`); [`Explainer`] streams a log of any size through them and hands out one [`Match`]
//! a telling line, stack traces joined to the line above them. [`OnDisk`] joins matches to the records of a copy.
//! Nothing here guesses: a line that no text fits is not mentioned.

mod catalogue;
mod context;
mod elsewhere;
mod fitting;
mod input;
mod join;
mod lines;
mod matches;
mod messages;
mod pages;
mod prefix;
mod stack;
mod stream;
mod template;
mod text;
mod writer;

pub use input::Input;
pub use join::{JoinError, OnDisk};
pub use matches::{DiskFacts, GroupOnDisk, Match};
pub use pages::{EVIDENCE, FindingPage, Pages, codes_of_issue, page};
pub use stream::{Explainer, Totals};
pub use text::Summary;
