//! Open transactions held against the transaction log, which decides before any marker is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lastwrites_coordinator::pass::{PassError, Progress};
use lastwrites_coordinator::state::TransactionsAsked;
use lastwrites_evidence::{ClusterMetadata, Evidence, PartitionCopy};
use lastwrites_segment::{Framed, Framer, ReadMode};
use lastwrites_types::{ByteRange, ByteText, Flag};

use crate::findings::{Code, Finding};
use crate::model::{GroupReport, RecordPlace};
use crate::options::Options;
use crate::terminal::{counted, grouped, moment};
use crate::transaction_log::{Home, Log, Outcome, TransactionLogs, Verdict, Written};

/// What the groups were read from.
#[derive(Clone, Copy)]
pub(crate) struct ReadFrom<'a> {
    pub(crate) evidence: &'a Evidence,
    /// The copies that records' places speak of.
    pub(crate) copies: &'a [&'a PartitionCopy],
    pub(crate) metadata: Option<&'a ClusterMetadata>,
    /// The moment that the groups are of, ms since 1970; `None` for the end of the log.
    pub(crate) as_of_ms: Option<i64>,
}

/// Says of every pending commit how its transaction was decided. The offset stays pending: without the marker no
/// broker serves it.
///
/// With a moment (ms since 1970) as it was known then. Where the transaction log doesn't tell and may have, the offset is
/// `in-doubt`.
///
/// # Errors
/// When worker threads can't be started.
pub(crate) fn add(
    groups: &mut [GroupReport],
    from: ReadFrom<'_>,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<Finding>, PassError> {
    let pending = groups.iter().flat_map(|group| &group.offsets).flat_map(|offset| &offset.pending);
    let producers: BTreeSet<i64> = pending.map(|pending| pending.producer_id).collect();
    if producers.is_empty() {
        return Ok(Vec::new());
    }
    let asked = TransactionsAsked { producers, as_of_ms: from.as_of_ms };
    let mut logs = TransactionLogs::of(from.evidence, from.metadata, &asked, options, progress)?;
    let mut findings = logs.damage();
    let mut epochs = ProducerEpochs { copies: from.copies, read: options.read, known: BTreeMap::new() };
    let mut homes: Vec<Home> = Vec::new();
    let mut dropped: BTreeMap<ByteText, usize> = BTreeMap::new();
    let mut verdicts: BTreeMap<(Option<i32>, i64), Verdict> = BTreeMap::new();
    for group in groups.iter_mut() {
        for offset in &mut group.offsets {
            for pending in &mut offset.pending {
                let place = pending.record.as_ref();
                let home = home(from, place, group.found_in);
                let written = Written {
                    producer_id: pending.producer_id,
                    producer_epoch: place.and_then(|place| epochs.of(place)),
                    at_ms: pending.committed_at_ms,
                };
                let verdict = logs.verdict(&written, &home);
                pending.transaction = verdict.outcome.map(Outcome::as_str);
                if verdict.doubt.is_some() {
                    pending.in_doubt = true;
                    offset.flags.insert(Flag::InDoubt);
                }
                if verdict.outcome == Some(Outcome::Committed) {
                    offset.flags.insert(Flag::CommittedByTransactionLog);
                    // Behind a later commit the transaction's own was never the one to serve, and must not be committed by hand.
                    let later = |record: &RecordPlace| record.offset > pending.record_offset;
                    let overtaken = offset.record.as_ref().is_some_and(later);
                    // Where the log is damaged the marker may have been there.
                    if verdict.is_complete && !pending.in_doubt && !overtaken {
                        *dropped.entry(group.group_id.clone()).or_default() += 1;
                    }
                }
                verdicts.insert((group.found_in, pending.producer_id), verdict);
                if !homes.contains(&home) {
                    homes.push(home);
                }
            }
        }
    }
    findings.extend(logs.left_aside(&homes));
    findings.extend(open_transactions(groups, &verdicts));
    findings.extend(marker_dropped(&dropped));
    Ok(findings)
}

/// The cluster of a commit: that of its copy, else of any copy of its partition.
fn home(from: ReadFrom<'_>, place: Option<&RecordPlace>, found_in: Option<i32>) -> Home {
    let of_record = place.and_then(|place| from.copies.get(place.copy));
    let copy = of_record.or_else(|| from.copies.iter().find(|copy| copy.partition == found_in));
    copy.map_or_else(Home::default, |copy| Home::of_offsets(from.evidence, copy))
}

/// Producer epochs of batches, read again where a commit of theirs waits: few, and nothing else asks for them.
struct ProducerEpochs<'a> {
    copies: &'a [&'a PartitionCopy],
    read: ReadMode,
    /// By copy, file name and position.
    known: BTreeMap<(usize, Arc<str>, u64), Option<i16>>,
}

impl ProducerEpochs<'_> {
    fn of(&mut self, place: &RecordPlace) -> Option<i16> {
        let key = (place.copy, place.file.clone(), place.position);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let epoch = self.read(place);
        self.known.insert(key, epoch);
        epoch
    }

    /// `None` for a tool's output, where positions are the text's, and where the batch's checksum is wrong.
    fn read(&self, place: &RecordPlace) -> Option<i16> {
        let copy = self.copies.get(place.copy)?;
        let file = copy.files.iter().find(|file| file.name == place.file && file.text.is_none())?;
        let source = file.open(self.read).ok()?;
        let (mut scratch, rest) = (Vec::new(), ByteRange::new(place.position, source.len()));
        let mut framer = Framer::new(source.as_ref(), rest, &mut scratch);
        match framer.next().ok()?? {
            Framed::Batch(batch) if batch.position == place.position && batch.crc_ok() => {
                Some(batch.header.producer_epoch).filter(|epoch| *epoch >= 0)
            }
            _ => None,
        }
    }
}

/// What one producer left pending in one partition.
#[derive(Default)]
struct Open<'g> {
    offsets: usize,
    first: Option<i64>,
    groups: BTreeSet<&'g ByteText>,
    outcome: Option<&'static str>,
    in_doubt: bool,
}

/// One finding a producer: what it holds, since when, and how it ended if the transaction log says so.
fn open_transactions(
    groups: &[GroupReport],
    verdicts: &BTreeMap<(Option<i32>, i64), Verdict>,
) -> Vec<Finding> {
    let mut producers: BTreeMap<(Option<i32>, i64), Open<'_>> = BTreeMap::new();
    for group in groups {
        for pending in group.offsets.iter().flat_map(|offset| &offset.pending) {
            let open = producers.entry((group.found_in, pending.producer_id)).or_default();
            open.offsets += 1;
            open.first =
                Some(open.first.map_or(pending.record_offset, |first| first.min(pending.record_offset)));
            open.groups.insert(&group.group_id);
            open.outcome = open.outcome.or(pending.transaction);
            open.in_doubt |= pending.in_doubt;
        }
    }
    let finding = |((partition, producer_id), open): ((Option<i32>, i64), Open<'_>)| {
        let names: Vec<String> = open.groups.iter().take(3).map(ToString::to_string).collect();
        let more = open.groups.len().saturating_sub(names.len());
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let what = format!(
            "{} ({}{more}) since offset {}",
            counted(open.offsets, "offset", "offsets"),
            names.join(", "),
            grouped(open.first.unwrap_or(0))
        );
        let verdict = verdicts.get(&(partition, producer_id)).copied().unwrap_or_default();
        let started = verdict.started_ms.map_or_else(String::new, |at| format!(" of {}", moment(at)));
        let doubt = verdict.doubt.map_or_else(String::new, |doubt| format!(" ({})", doubt.as_str()));
        let message = match open.outcome {
            Some("committed") => format!(
                "the transaction{started} of producer {producer_id} with {what} was committed, says the transaction \
                 log; its marker is not in this log, so no broker serves them from it, and the cleaner stops there"
            ),
            Some("aborted") => format!(
                "the transaction{started} of producer {producer_id} with {what} was aborted, says the transaction log; \
                 its marker is not in this log, and the cleaner stops there"
            ),
            _ if open.in_doubt => format!(
                "producer {producer_id} wrote {what} in a transaction{started} whose marker isn't here; it may be lost, so \
                 whether they count isn't known{doubt}"
            ),
            Some(_) => format!(
                "producer {producer_id} has an open transaction{started} with {what}: by the transaction log as it was copied{}, \
                 which can't know of a later end; no broker serves them from this log, and the cleaner stops there",
                match verdict.log {
                    Log::Until(Some(until)) => format!(" (up to {})", moment(until)),
                    _ => String::new(),
                }
            ),
            None => format!(
                "producer {producer_id} wrote {what} in a transaction whose marker is not in this log: no broker serves \
                 them from it, and the cleaner stops there. {}",
                match verdict.log {
                    Log::None => {
                        "Nothing here says how it ended: `commitTransaction` returns before the marker is written, and no \
                         copy of `__transaction_state` of this cluster is here"
                    }
                    _ => "The transaction log names no transaction of this producer that is open",
                }
            ),
        };
        Finding::new(Code::OpenTransaction, message).in_partition(partition).at_offset(open.first)
    };
    producers.into_iter().map(finding).collect()
}

/// The transaction coordinator holds the transaction for complete, and its marker is not in the log: where the copies
/// are of one moment it will never come.
fn marker_dropped(dropped: &BTreeMap<ByteText, usize>) -> Option<Finding> {
    let offsets: usize = dropped.values().sum();
    let named = dropped.iter().map(|(group, offsets)| format!("group {group}: {offsets}"));
    (offsets > 0).then(|| {
        let message = format!(
            "{} of complete, committed transactions {} no marker in the offsets partition: where the copies are of one \
             moment, brokers will never serve them, though the application's work is committed (4.3.1 drops markers of a partition without a leader)",
            counted(offsets, "offset", "offsets"),
            if offsets == 1 { "has" } else { "have" }
        );
        Finding::new(Code::MarkerDropped, message).shown_by(named.collect())
    })
}
