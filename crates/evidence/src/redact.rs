//! Pseudonyms for topics in what lies beside the offsets topic: directory names, checkpoints, the cluster's metadata.
//!
//! Records of the offsets topic are read with the same ones, so both still find each other. Files are opened under
//! their true paths; only what is shown of a path changes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lastwrites_records::redact::Redaction;
use lastwrites_types::ByteText;

use crate::cluster_metadata::ClusterMetadata;
use crate::companion::Checkpoint;
use crate::copy::Evidence;
use crate::dir_name::PartitionDirName;
use crate::problem::ProblemKind;

impl Evidence {
    /// Shows no text of others that may quote a client or a host, and topics under these pseudonyms from here on, where names
    /// are asked for.
    pub fn redact(&mut self, redaction: &Arc<Redaction>) {
        // What a capture failed at is told in a broker's or a library's words.
        let unshown = "its capture.json says why (not shown under --redact)";
        let copies = self.copies.iter_mut().chain(&mut self.transaction_logs);
        copies.filter_map(|copy| copy.capture.as_mut()?.partial.as_mut()).for_each(|why| {
            unshown.clone_into(why);
        });
        for problem in &mut self.problems {
            if let ProblemKind::Capture(why) = &mut problem.kind {
                "what it holds is not shown under --redact".clone_into(why);
            }
        }
        if !redaction.has_names() {
            return;
        }
        for other in &mut self.other_partitions {
            other.topic = topic(redaction, &other.topic);
        }
        self.other_partitions
            .sort_by_cached_key(|other| (other.topic.clone(), other.partition, other.path.clone()));
        for log_dir in &mut self.log_dirs {
            let checkpoints = [
                &mut log_dir.recovery_points,
                &mut log_dir.high_watermarks,
                &mut log_dir.log_starts,
                &mut log_dir.cleaner_offsets,
            ];
            checkpoints.into_iter().flatten().for_each(|checkpoint| checkpoint.redact_names(redaction));
        }
        self.captures.iter_mut().for_each(|capture| capture.redact_names(redaction));
        for problem in &mut self.problems {
            problem.path = shown(redaction, &problem.path);
            match &mut problem.kind {
                ProblemKind::DirectoryLoop { target } | ProblemKind::LinkNotFollowed { target } => {
                    *target = shown(redaction, target);
                }
                ProblemKind::Companion(error) => error.redact_quoted(),
                _ => {}
            }
        }
        self.redaction = Some(Arc::clone(redaction));
    }
}

impl ClusterMetadata {
    /// Shows topics under these pseudonyms.
    pub fn redact_names(&mut self, redaction: &Redaction) {
        self.image.rename_topics(|name| redaction.topic(name));
        let removed = std::mem::take(&mut self.removed_topics).into_iter();
        self.removed_topics = removed.map(|(name, topics)| (redaction.topic(&name), topics)).collect();
    }
}

impl Checkpoint {
    fn redact_names(&mut self, redaction: &Redaction) {
        self.rename_topics(|name| topic(redaction, name));
    }
}

fn topic(redaction: &Redaction, name: &str) -> String {
    redaction.topic(&ByteText::from(name)).to_string()
}

/// A path in which the directories of other topics have pseudonyms.
fn shown(redaction: &Redaction, path: &Path) -> PathBuf {
    path.iter().map(|part| component(redaction, part)).collect()
}

fn component(redaction: &Redaction, part: &OsStr) -> PathBuf {
    let Some(text) = part.to_str() else { return part.into() };
    let Some(name) = PartitionDirName::parse(text) else { return part.into() };
    match text.strip_prefix(&name.topic) {
        Some(rest) => format!("{}{rest}", topic(redaction, &name.topic)).into(),
        None => part.into(),
    }
}
