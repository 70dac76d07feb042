//! What stops a pass: never damage.

use std::fmt;

/// Why a pass could not be run.
#[derive(Debug)]
#[non_exhaustive]
pub enum PassError {
    /// Worker threads can't be started.
    Threads(String),
}

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threads(why) => write!(f, "worker threads can't be started: {why}"),
        }
    }
}

impl std::error::Error for PassError {}
