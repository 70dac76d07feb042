//! Sends commits and deletes in requests of bounded size, logs each, and reads back what came of it.

use std::io;

use super::again;
use super::request_log::RequestLog;
use crate::client::{
    ClientError, CommittedOffset, CoordinatorClient, ErrorCode, Fetched, Partition, PerPartition,
};

/// A coordinator writes one request as one batch, which has to fit `max.message.bytes` (1 MiB by default).
const MAX_REQUEST_BYTES: usize = 256 << 10;
/// Bytes of a stored offset besides names and metadata, generously.
const RECORD_OVERHEAD_BYTES: usize = 96;

/// What became of one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Read back as wanted.
    Done,
    /// Not touched, as the operator decided; with the reason.
    Left(String),
    /// Still as before; with the reason.
    NotDone(String),
    /// Neither as before nor as wanted: someone else wrote.
    Elsewhere(Fetched),
    /// Couldn't be read back: old or new.
    Unknown(String),
}

impl Outcome {
    /// The word in tables and JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Left(_) => "left alone",
            Self::NotDone(_) => "not done",
            Self::Elsewhere(_) => "changed by others",
            Self::Unknown(_) => "unknown",
        }
    }

    /// What there is to say beyond the word.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Done => String::new(),
            Self::Left(why) | Self::NotDone(why) | Self::Unknown(why) => why.clone(),
            Self::Elsewhere(Ok(Some(found))) => format!("the group has {} now", found.offset),
            Self::Elsewhere(Ok(None)) => "the group has no offset now".to_owned(),
            Self::Elsewhere(Err(code)) => format!("reading back gives {code}"),
        }
    }
}

/// A change to one partition: from what, to what (`None` deletes).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) partition: Partition,
    pub(crate) before: Option<CommittedOffset>,
    pub(crate) after: Option<CommittedOffset>,
}

/// Carries out changes to one group and reads back.
///
/// Where the coordinator says that it wrote nothing (14, 15, 16, or it can't be reached) the rest is sent again
/// for as long as [`CoordinatorClient::patience`] lasts, but each time only after a look at the group: a consumer
/// may have come and gone meanwhile, and its commit must not be overwritten.
pub(crate) fn carry_out(
    client: &dyn CoordinatorClient,
    log: &RequestLog,
    group: &str,
    changes: &[Change],
) -> Vec<(Partition, Outcome)> {
    let mut answers = PerPartition::new();
    let mut failure = None;
    let mut waiting = changes.to_vec();
    let mut patience = client.patience();
    while !waiting.is_empty() {
        let stop = send(client, log, group, &waiting, &mut answers).err();
        let again = match &stop {
            Some(stop) => stop.wrote_nothing,
            None => answers.values().any(|code| code.is_coordinator_moving()),
        };
        failure = stop.map(|s| s.text);
        if !again || !patience.wait() {
            break;
        }
        waiting.retain(|c| answers.get(&c.partition).is_none_or(|code| code.is_coordinator_moving()));
        match again::unchanged(client, group, waiting) {
            Ok(left) => waiting = left,
            Err(text) => {
                failure = Some(format!("not sent again: {text}"));
                break;
            }
        }
    }
    let partitions: Vec<Partition> = changes.iter().map(|c| c.partition.clone()).collect();
    let found = client.fetch_offsets(group, &partitions).map_err(|e| e.to_string());
    changes
        .iter()
        .map(|change| {
            let now = match &found {
                Err(e) => Err(format!("can't read back: {e}")),
                Ok(found) => found
                    .get(&change.partition)
                    .cloned()
                    .ok_or_else(|| "reading back says nothing of it".to_owned()),
            };
            let outcome = match now {
                Err(e) => Outcome::Unknown(failure.as_ref().map_or(e.clone(), |f| format!("{f}; {e}"))),
                Ok(now) => judge(change, now, answers.get(&change.partition).copied(), failure.as_deref()),
            };
            (change.partition.clone(), outcome)
        })
        .collect()
}

fn judge(change: &Change, now: Fetched, answer: Option<ErrorCode>, failure: Option<&str>) -> Outcome {
    if now.as_ref() == Ok(&change.after) {
        return Outcome::Done;
    }
    if now.as_ref() == Ok(&change.before) {
        let why = match (answer, failure) {
            (Some(code), Some(failure)) if code.is_coordinator_moving() => {
                format!("{}; {failure}", explain(code))
            }
            (Some(code), _) if !code.is_none() => explain(code),
            (None, Some(failure)) => failure.to_owned(),
            (None, None) => "the coordinator didn't answer for it".to_owned(),
            (Some(_), _) => "the coordinator accepted it, but reads back the old offset".to_owned(),
        };
        return Outcome::NotDone(why);
    }
    Outcome::Elsewhere(now)
}

/// Why sending ended early.
struct Stop {
    text: String,
    /// Nothing came of the last request, so it may be sent again.
    wrote_nothing: bool,
}

/// Sends all changes in as many requests as they take; what was answered is in `answers` in any case.
fn send(
    client: &dyn CoordinatorClient,
    log: &RequestLog,
    group: &str,
    changes: &[Change],
    answers: &mut PerPartition<ErrorCode>,
) -> Result<(), Stop> {
    for request in requests(group, changes) {
        let commits: Vec<(Partition, CommittedOffset)> =
            request.iter().filter_map(|c| Some((c.partition.clone(), c.after.clone()?))).collect();
        let deletes: Vec<Partition> =
            request.iter().filter(|c| c.after.is_none()).map(|c| c.partition.clone()).collect();
        if !commits.is_empty() {
            log.committing(group, &commits).map_err(unlogged)?;
            take(log, group, client.commit_offsets(group, &commits), answers)?;
        }
        if !deletes.is_empty() {
            log.deleting(group, &deletes).map_err(unlogged)?;
            take(log, group, client.delete_offsets(group, &deletes), answers)?;
        }
    }
    Ok(())
}

fn take(
    log: &RequestLog,
    group: &str,
    answer: Result<PerPartition<ErrorCode>, ClientError>,
    answers: &mut PerPartition<ErrorCode>,
) -> Result<(), Stop> {
    let logged = log.answered(group, &answer);
    match answer {
        Ok(codes) => answers.extend(codes),
        // Whether it was written shows when reading back; nothing more is sent meanwhile.
        Err(e) => return Err(Stop { wrote_nothing: e.is_unsent(), text: format!("no answer: {e}") }),
    }
    logged.map_err(unlogged)
}

fn unlogged(e: io::Error) -> Stop {
    Stop {
        text: format!("nothing more was sent, because the request log can't be written: {e}"),
        wrote_nothing: false,
    }
}

/// Cuts changes into requests of bounded size, at least one change each.
fn requests<'a>(group: &str, changes: &'a [Change]) -> Vec<&'a [Change]> {
    let mut requests = Vec::new();
    let mut rest = changes;
    while !rest.is_empty() {
        let mut bytes = 0usize;
        let fitting = rest
            .iter()
            .take_while(|c| {
                let metadata = c.after.as_ref().map_or(0, |o| o.metadata.len());
                bytes = bytes
                    .saturating_add(RECORD_OVERHEAD_BYTES + group.len() + c.partition.topic.len() + metadata);
                bytes <= MAX_REQUEST_BYTES
            })
            .count()
            .max(1);
        let (request, tail) = rest.split_at_checked(fitting).unwrap_or((rest, &[]));
        requests.push(request);
        rest = tail;
    }
    requests
}

/// A coordinator's refusal in words.
fn explain(code: ErrorCode) -> String {
    let why = match code {
        ErrorCode::UNKNOWN_MEMBER_ID => {
            "the group has members now: a consumer joined meanwhile, stop it and run this again"
        }
        ErrorCode::REBALANCE_IN_PROGRESS => "a consumer is joining the group: stop it and run this again",
        ErrorCode::NON_EMPTY_GROUP | ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC => {
            "the group has members now: stop them and run this again"
        }
        ErrorCode::OFFSET_METADATA_TOO_LARGE => "the metadata is longer than offset.metadata.max.bytes",
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => "the topic or partition doesn't exist",
        ErrorCode::GROUP_ID_NOT_FOUND => "there is no such group, or it's a share or streams group",
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => "this user has no READ on the topic",
        ErrorCode::GROUP_AUTHORIZATION_FAILED => {
            "this user has no READ (or, to delete, no DELETE) on the group"
        }
        code if code.is_coordinator_moving() => "no coordinator serves the group now",
        _ => return code.to_string(),
    };
    format!("{code}: {why}")
}

impl From<&ClientError> for Outcome {
    fn from(error: &ClientError) -> Self {
        Self::Unknown(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(offset: i64) -> CommittedOffset {
        CommittedOffset { offset, leader_epoch: None, metadata: "m".repeat(4000) }
    }

    #[test]
    fn requests_are_bounded_and_lose_nothing() {
        let change = |n| Change { partition: Partition::new("t", n), before: None, after: Some(offset(1)) };
        let changes: Vec<Change> = (0..1000).map(change).collect();
        let cut = requests("g", &changes);
        assert!(cut.len() > 10);
        assert_eq!(cut.concat(), changes);
        assert!(cut.iter().all(|r| r.len() * 4100 <= MAX_REQUEST_BYTES + 4100 && !r.is_empty()));
    }

    #[test]
    fn what_is_read_back_decides() {
        let change = Change { partition: Partition::new("t", 0), before: None, after: Some(offset(7)) };
        let refused = Some(ErrorCode::UNKNOWN_MEMBER_ID);
        assert_eq!(judge(&change, Ok(Some(offset(7))), None, Some("timeout")), Outcome::Done);
        assert_eq!(judge(&change, Ok(None), None, Some("timeout")), Outcome::NotDone("timeout".to_owned()));
        assert!(judge(&change, Ok(None), refused, None).detail().contains("a consumer joined"));
        assert_eq!(judge(&change, Ok(Some(offset(9))), refused, None).word(), "changed by others");
    }
}
