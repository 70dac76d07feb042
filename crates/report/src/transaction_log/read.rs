//! Reads the copies of the transaction log and puts those of one partition together.

use std::collections::BTreeSet;

use lastwrites_coordinator::pass::{PassError, Progress};
use lastwrites_coordinator::state::{TransactionsAsked, TransactionsRead, transactions};
use lastwrites_evidence::{ClusterMetadata, DirKind, Evidence, PartitionCopy, ViewKind};
use lastwrites_types::TRANSACTION_STATE_TOPIC;

use super::cluster::Home;
use super::entry::Written;
use super::told::{Doubt, Log, Told, Verdict};
use crate::build::{Reading, Views, at_ends, damage_findings, in_files, know_lost_files, path_text};
use crate::findings::{AtEnds, Code, FilesRead, Finding, missing, torn_copy};
use crate::merge::{ReadCopy, Replicas, Role, Standing};
use crate::options::Options;
use crate::terminal::grouped;

/// All of the transaction log that was copied, as far as it tells of the producers asked about.
pub(crate) struct TransactionLogs<'a> {
    logs: Vec<(Home, Told)>,
    /// Partition numbers of the logs, in their order.
    partitions: Vec<Option<i32>>,
    metadata: Option<&'a ClusterMetadata>,
    /// Clusters that the disks are of.
    clusters: usize,
    /// Damage in the copies.
    findings: Vec<Finding>,
    /// One of the paths of each log, in the order of the logs.
    paths: Vec<String>,
}

impl<'a> TransactionLogs<'a> {
    /// Reads the copies in use.
    ///
    /// # Errors
    /// When worker threads can't be started. Damage makes doubt.
    pub(crate) fn of(
        evidence: &Evidence,
        metadata: Option<&'a ClusterMetadata>,
        asked: &TransactionsAsked,
        options: &Options,
        progress: &Progress,
    ) -> Result<Self, PassError> {
        let in_use = evidence.transaction_logs.iter().filter(|copy| copy.kind == DirKind::Normal);
        let own = Evidence {
            log_dirs: evidence.log_dirs.clone(),
            copies: in_use.cloned().collect(),
            ..Evidence::default()
        };
        // Transactional ids are never shown, and pseudonyms are made for the records of another topic.
        let options = Options { redaction: None, view: None, ..options.clone() };
        let reading = Reading::of_replicas(&own);
        let copies: Vec<&PartitionCopy> =
            reading.copies.iter().filter_map(|at| own.copies.get(*at)).collect();
        let read = read(&copies, &reading, asked, &options, progress)?;
        let ids: BTreeSet<&String> =
            evidence.log_dirs.iter().filter_map(|log_dir| log_dir.cluster_id.as_ref()).collect();
        let mut all = Self {
            logs: Vec::new(),
            partitions: Vec::new(),
            metadata,
            clusters: ids.len(),
            findings: Vec::new(),
            paths: Vec::new(),
        };
        for (copy, read) in copies.iter().zip(&read) {
            let mut damage = damage_findings(copy, &read.tallies);
            damage.extend(torn_copy(copy, read).or_else(|| cut_short(copy, read)));
            // A finding's partition is one of the offsets topic.
            all.findings.extend(damage.into_iter().map(|finding| of_transaction_log(finding, copy)));
        }
        for set in &reading.sets {
            let of_set: Vec<&PartitionCopy> = set.read().filter_map(|at| own.copies.get(at)).collect();
            let home = Home::of_log(evidence, metadata, &of_set);
            let standings = Standing::of(&brokers(set, &reading, &copies, &read));
            let forked = standings.iter().filter(|one| one.role == Role::Forked);
            let forked: Vec<usize> = forked.filter_map(|one| one.copy.log_dir).collect();
            let reached = reached(evidence, set, &home, &forked);
            all.logs.push((home, Told::of(&standings, reached)));
            all.partitions.push(set.partition);
            all.paths.push(of_set.first().map_or_else(String::new, |copy| path_text(&copy.path)));
        }
        Ok(all)
    }

    /// What is damaged in the copies.
    pub(crate) fn damage(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// What the transaction log of the commit's cluster says of its transaction.
    pub(crate) fn verdict(&self, written: &Written, of: &Home) -> Verdict {
        let own = || self.logs.iter().filter(|(home, _)| home.decides(of, self.metadata, self.clusters));
        let topics: BTreeSet<_> = own().filter_map(|(home, _)| home.topic_id()).collect();
        let told: Vec<Verdict> = own().filter_map(|(_, told)| told.verdict(written)).collect();
        let Some(first) = told.first() else {
            if own().next().is_none() {
                return Verdict::default();
            }
            let may_lack = own().filter_map(|(_, told)| told.may_lack()).min();
            let doubt = may_lack.or_else(|| self.lacks_partitions(of).then_some(Doubt::NotCopied));
            return Verdict { doubt, log: Log::Silent, ..Verdict::default() };
        };
        // A topic made anew, or logs of clusters that no file names: nothing says which of them is the cluster's.
        if topics.len() > 1 || told.iter().any(|other| other.outcome != first.outcome) {
            return Verdict { doubt: Some(Doubt::Contested), log: first.log, ..Verdict::default() };
        }
        *first
    }

    /// A partition of the cluster's transaction log isn't here, by its metadata; without them one below the highest that is.
    fn lacks_partitions(&self, of: &Home) -> bool {
        let own = self.logs.iter().zip(&self.partitions);
        let own = own.filter(|((home, _), _)| home.decides(of, self.metadata, self.clusters));
        let here: BTreeSet<i32> = own.filter_map(|(_, partition)| *partition).collect();
        let by_metadata = self.metadata.and_then(|metadata| of.partitions_of_log(metadata));
        let highest = here.last().map_or(0, |highest| highest.saturating_add(1));
        let count = by_metadata.unwrap_or(highest).max(highest);
        usize::try_from(count).is_ok_and(|count| here.len() < count)
    }

    /// Logs that decide nothing of the clusters asked about.
    pub(crate) fn left_aside(&self, of: &[Home]) -> Option<Finding> {
        let decides = |home: &Home| of.iter().any(|of| home.decides(of, self.metadata, self.clusters));
        let aside = self.logs.iter().zip(&self.paths).filter(|((home, _), _)| !decides(home));
        let paths: Vec<String> = aside.map(|(_, path)| path.clone()).collect();
        (!paths.is_empty()).then(|| {
            let message = "copies of the transaction log are of another cluster or of a deleted topic (cluster id or topic \
                id differ), or nothing says of which: they decide no transaction here"
                .to_owned();
            Finding::new(Code::DifferentPartitions, message).shown_by(paths)
        })
    }
}

/// Reads each copy, with batches that contradict their place where they belong.
fn read(
    copies: &[&PartitionCopy],
    reading: &Reading,
    asked: &TransactionsAsked,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<TransactionsRead>, PassError> {
    let mut opened = Views::open(copies, ViewKind::AsFound, options);
    know_lost_files(copies, &mut opened.files, options)?;
    let mut read = transactions(&opened.files, &opened.ranges, asked, progress)?;
    if in_files(copies, &mut opened.files, &files_read(&read)) {
        read = transactions(&opened.files, &opened.ranges, asked, progress)?;
    }
    if at_ends(copies, &mut opened.files, &files_read(&read), reading) {
        read = transactions(&opened.files, &opened.ranges, asked, progress)?;
    }
    let unopened: BTreeSet<u32> = opened.files.unopened().iter().map(|file| file.copy).collect();
    for (at, (copy, read)) in (0u32..).zip(copies.iter().zip(&mut read)) {
        // A segment that can't be opened is among the evidence's problems, and may have held anything.
        let lacking = unopened.contains(&at).then_some((i64::MIN, i64::MAX));
        for (from, below) in AtEnds::of(copy, &*read).missing.into_iter().chain(lacking) {
            read.continuity.hurt(Some(from), below);
        }
    }
    Ok(read)
}

fn files_read(read: &[TransactionsRead]) -> Vec<FilesRead<'_>> {
    read.iter().map(FilesRead::from).collect()
}

/// The copies of each broker of one partition, as they were read.
fn brokers<'a>(
    set: &Replicas,
    reading: &Reading,
    copies: &[&'a PartitionCopy],
    read: &'a [TransactionsRead],
) -> Vec<Vec<ReadCopy<'a, &'a TransactionsRead>>> {
    let one = |at: &usize| {
        let index = reading.copies.binary_search(at).ok()?;
        let state = read.get(index)?;
        let (continuity, leader_epochs) = (state.continuity, Some(&state.leader_epochs));
        let newest_ms = state.max_timestamp;
        Some(ReadCopy { index, copy: copies.get(index)?, continuity, leader_epochs, newest_ms, state })
    };
    set.brokers.iter().map(|series| series.iter().filter_map(one).collect()).collect()
}

/// The farthest high watermark that a broker of the same cluster has checkpointed of the partition, whether its copy is here
/// or not; `forked` are log dirs whose copy went a way of its own.
fn reached(evidence: &Evidence, set: &Replicas, home: &Home, forked: &[usize]) -> Option<i64> {
    let partition = set.partition?;
    let of_cluster = evidence
        .log_dirs
        .iter()
        .enumerate()
        .filter(|(at, log_dir)| home.is_of(log_dir.cluster_id.as_ref()) && !forked.contains(at));
    let marks = of_cluster.filter_map(|(_, log_dir)| log_dir.high_watermarks.as_ref());
    marks.filter_map(|marks| marks.get(TRANSACTION_STATE_TOPIC, partition)).max()
}

/// The copy's own checkpoints know of later records, and nothing else is wrong with it.
fn cut_short(copy: &PartitionCopy, read: &TransactionsRead) -> Option<Finding> {
    missing(copy, read).map(|(from, _)| {
        let message = format!(
            "it ends at offset {}, and its broker's checkpoints know of later records",
            grouped(from)
        );
        Finding::new(Code::TornCopy, message)
    })
}

fn of_transaction_log(finding: Finding, copy: &PartitionCopy) -> Finding {
    let message =
        format!("in the transaction log (partition {}): {}", copy.partition.unwrap_or(-1), finding.message);
    Finding {
        message,
        partition: None,
        file: finding.file.or_else(|| Some(path_text(&copy.path))),
        ..finding
    }
}
