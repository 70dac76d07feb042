//! A log of every request that changes something: one JSON line before it's sent, one with the answer.
//!
//! Written straight to the file, so a killed program leaves it whole up to its last request.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::client::{ClientError, CommittedOffset, ErrorCode, Partition, PerPartition};

/// Appends to one file from several threads.
#[derive(Debug)]
pub struct RequestLog {
    file: Mutex<File>,
    clock: fn() -> i64,
}

impl RequestLog {
    /// Opens (or goes on with) a log; `clock` gives milliseconds since the epoch.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path, clock: fn() -> i64) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self { file: Mutex::new(file), clock })
    }

    /// A commit is about to be sent.
    pub(crate) fn committing(&self, group: &str, offsets: &[(Partition, CommittedOffset)]) -> io::Result<()> {
        let offsets: Vec<Value> = offsets
            .iter()
            .map(|(p, o)| {
                json!({"topic": p.topic, "partition": p.partition, "offset": o.offset, "leader_epoch": o.leader_epoch, "metadata": o.metadata})
            })
            .collect();
        self.line(json!({"at_ms": (self.clock)(), "request": "OffsetCommit", "group_id": group, "offsets": offsets}))
    }

    /// A delete is about to be sent.
    pub(crate) fn deleting(&self, group: &str, partitions: &[Partition]) -> io::Result<()> {
        let offsets: Vec<Value> =
            partitions.iter().map(|p| json!({"topic": p.topic, "partition": p.partition})).collect();
        self.line(json!({"at_ms": (self.clock)(), "request": "OffsetDelete", "group_id": group, "offsets": offsets}))
    }

    /// The answer came, or not.
    pub(crate) fn answered(
        &self,
        group: &str,
        answer: &Result<PerPartition<ErrorCode>, ClientError>,
    ) -> io::Result<()> {
        let answer = match answer {
            Ok(codes) => {
                let refused: Vec<Value> = codes
                    .iter()
                    .filter(|(_, code)| !code.is_none())
                    .map(|(p, code)| json!({"topic": p.topic, "partition": p.partition, "error": code.to_string()}))
                    .collect();
                json!({"accepted": codes.len() - refused.len(), "refused": refused})
            }
            Err(e) if e.is_unsent() => json!({"not_sent": e.to_string()}),
            Err(e) => json!({"outcome_unknown": e.to_string()}),
        };
        self.line(json!({"at_ms": (self.clock)(), "group_id": group, "answer": answer}))
    }

    fn line(&self, value: Value) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(format!("{value}\n").as_bytes())
    }
}
