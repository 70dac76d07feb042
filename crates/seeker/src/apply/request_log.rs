//! A log of every request that changes something: one JSON line before it's sent, one with the answer.
//!
//! Written straight to the file, so a killed program leaves it whole up to its last request.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::client::{ClientError, CommittedOffset, ErrorCode, Partition, PerPartition};
use crate::json::{AnswerForm, RefusedForm, RequestLine, RequestedForm};

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
        let offsets = offsets.iter().map(|(p, o)| RequestedForm {
            topic: p.topic.clone(),
            partition: p.partition,
            offset: Some(o.offset),
            leader_epoch: Some(o.leader_epoch),
            metadata: Some(o.metadata.clone()),
        });
        self.request("OffsetCommit", group, offsets.collect())
    }

    /// A delete is about to be sent.
    pub(crate) fn deleting(&self, group: &str, partitions: &[Partition]) -> io::Result<()> {
        let offsets = partitions.iter().map(|p| RequestedForm {
            topic: p.topic.clone(),
            partition: p.partition,
            offset: None,
            leader_epoch: None,
            metadata: None,
        });
        self.request("OffsetDelete", group, offsets.collect())
    }

    fn request(&self, request: &'static str, group: &str, offsets: Vec<RequestedForm>) -> io::Result<()> {
        let (request, offsets) = (Some(request), Some(offsets));
        self.line(&RequestLine { at_ms: (self.clock)(), request, group_id: group, offsets, answer: None })
    }

    /// The answer came, or not.
    pub(crate) fn answered(
        &self,
        group: &str,
        answer: &Result<PerPartition<ErrorCode>, ClientError>,
    ) -> io::Result<()> {
        let answer = match answer {
            Ok(codes) => {
                let refused = codes.iter().filter(|(_, code)| !code.is_none());
                let refused = refused.map(|(p, code)| RefusedForm {
                    topic: p.topic.clone(),
                    partition: p.partition,
                    error: code.to_string(),
                });
                let refused: Vec<RefusedForm> = refused.collect();
                let accepted = Some(codes.len() - refused.len());
                AnswerForm { accepted, refused: Some(refused), ..AnswerForm::default() }
            }
            Err(e) if e.is_unsent() => AnswerForm { not_sent: Some(e.to_string()), ..AnswerForm::default() },
            Err(e) => AnswerForm { outcome_unknown: Some(e.to_string()), ..AnswerForm::default() },
        };
        let (request, offsets, answer) = (None, None, Some(answer));
        self.line(&RequestLine { at_ms: (self.clock)(), request, group_id: group, offsets, answer })
    }

    fn line(&self, line: &RequestLine<'_>) -> io::Result<()> {
        let text = serde_json::to_string(line)? + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
    }
}
