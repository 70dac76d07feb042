//! The document as its two readers, a person and the seeker, meet it.
#![allow(missing_docs, reason = "test code")]

mod example;
mod refusals;
mod round_trip;
