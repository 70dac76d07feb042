//! The document as its two readers, a person and the seeker, meet it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code, helpers included"
)]

mod example;
mod refusals;
mod round_trip;
