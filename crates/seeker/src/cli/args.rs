//! Arguments of `lastwrites-seek`, with help that teaches.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lastwrites_seeker::plan::{Allow, MissingPolicy, Options, RangePolicy};
use lastwrites_seeker::seeds::SeedFormat;

use super::failure::Failure;

/// Takes reviewed recovered offsets to groups on a live cluster; never hurts them.
///
/// Examples:
///   lastwrites-seek plan offsets.json --bootstrap-server b1:9092
///   lastwrites-seek plan offsets.json --bootstrap-server b1:9092 --to-group pay-v2
///   lastwrites-seek apply offsets.json --bootstrap-server b1:9092 --execute
///   lastwrites-seek verify ROLLBACK_FILE --bootstrap-server b1:9092
///   lastwrites-seek rollback ROLLBACK_FILE --bootstrap-server b1:9092 --execute
///
/// Exit codes: 0 as wanted; 1 something is refused, differs or wasn't written;
/// 2 could not run.
#[derive(Parser, Debug)]
#[command(name = "lastwrites-seek", version, verbatim_doc_comment, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Show what would be written and why not; writes nothing.
    Plan(PlanArgs),
    /// Write the offsets (with --execute): rollback file first, a second look, commit, read back.
    Apply(ApplyArgs),
    /// Compare what the groups have now with a rollback file or a document.
    Verify(VerifyArgs),
    /// Take an apply back (with --execute), where the groups still have what was written.
    Rollback(RollbackArgs),
    /// Print starting positions for consumers that assign partitions themselves; opens no connection.
    Offsets(OffsetsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct Connect {
    /// Brokers to ask first: host:port,host:port.
    #[arg(long, value_delimiter = ',', required = true, value_name = "HOST:PORT")]
    pub(crate) bootstrap_server: Vec<String>,
    /// A Kafka client.properties with security settings and timeouts.
    #[arg(long, value_name = "FILE")]
    pub(crate) command_config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Choice {
    /// Only this group of the document (repeatable).
    #[arg(long)]
    pub(crate) group: Vec<String>,
    /// Only this topic (repeatable).
    #[arg(long)]
    pub(crate) topic: Vec<String>,
    /// Write group OLD's offsets to group NEW (repeatable).
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    pub(crate) map: Vec<(String, String)>,
    /// Write the only chosen group's offsets to this group.
    #[arg(long, value_name = "NEW", conflicts_with = "map")]
    pub(crate) to_group: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Policy {
    /// Offsets outside the partition's log.
    #[arg(long, value_enum, default_value = "refuse", value_name = "POLICY")]
    pub(crate) out_of_range: Range,
    /// Where partitions without a recovered offset start; without it they are refused.
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) missing: Option<Missing>,
    /// Write what can be written of groups with refused partitions.
    #[arg(long)]
    pub(crate) partial: bool,
    /// The cluster isn't the one of the document.
    #[arg(long)]
    pub(crate) allow_other_cluster: bool,
    /// Leave out topics that don't exist.
    #[arg(long)]
    pub(crate) allow_topic_gone: bool,
    /// Write to topics that were created again since (without leader epoch).
    #[arg(long)]
    pub(crate) allow_topic_recreated: bool,
    /// Leave out partitions that don't exist.
    #[arg(long)]
    pub(crate) allow_partition_gone: bool,
    /// Give a new name to a group that only looks like a Streams or Connect application.
    #[arg(long)]
    pub(crate) allow_application_renamed: bool,
    /// Go on though this user couldn't delete the offsets again.
    #[arg(long)]
    pub(crate) allow_incomplete_rollback: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The recovered-offsets document.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) connect: Connect,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) policy: Policy,
    /// One JSON document on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Really write. Without it this is `plan`.
    #[arg(long)]
    pub(crate) execute: bool,
    /// Where the rollback file goes; must not exist. Default: beside the document.
    #[arg(long, value_name = "FILE")]
    pub(crate) rollback_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// A rollback file, or the recovered-offsets document.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) connect: Connect,
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// The cluster isn't the one of the file.
    #[arg(long)]
    pub(crate) allow_other_cluster: bool,
    /// Look again and again and print what moves: shows consumers that use `assign` too.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Seconds between looks.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) every: u64,
    /// Looks before --watch ends; without it, until interrupted.
    #[arg(long)]
    pub(crate) looks: Option<u64>,
    /// One JSON document (with --watch: JSON Lines) on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RollbackArgs {
    /// The rollback file that `apply --execute` wrote.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) connect: Connect,
    /// Really go back. Without it only shows what would be done.
    #[arg(long)]
    pub(crate) execute: bool,
    /// Old offsets that are outside the log by now.
    #[arg(long, value_enum, default_value = "refuse", value_name = "POLICY")]
    pub(crate) out_of_range: Range,
    /// The cluster isn't the one of the rollback file.
    #[arg(long)]
    pub(crate) allow_other_cluster: bool,
    /// Delete what was written to topics that were created again since.
    #[arg(long)]
    pub(crate) allow_topic_recreated: bool,
    /// One JSON document on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct OffsetsArgs {
    /// The recovered-offsets document.
    pub(crate) file: PathBuf,
    /// For what.
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Range {
    Refuse,
    Clamp,
    Skip,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Missing {
    Earliest,
    Latest,
    Leave,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Format {
    Karafka,
    JavaProperties,
    Json,
}

impl From<Range> for RangePolicy {
    fn from(range: Range) -> Self {
        match range {
            Range::Refuse => Self::Refuse,
            Range::Clamp => Self::Clamp,
            Range::Skip => Self::Skip,
        }
    }
}

impl From<Format> for SeedFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Karafka => Self::Karafka,
            Format::JavaProperties => Self::JavaProperties,
            Format::Json => Self::Json,
        }
    }
}

impl Choice {
    /// The choice as options, policies at their defaults.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let mut renames = BTreeMap::new();
        for (old, new) in &self.map {
            if let Some(other) = renames.insert(old.clone(), new.clone()).filter(|other| other != new) {
                return Err(Failure(format!("--map gives {old:?} two names, {other:?} and {new:?}")));
            }
        }
        Ok(Options {
            groups: self.group.iter().cloned().collect(),
            topics: self.topic.iter().cloned().collect(),
            renames,
            to_group: self.to_group.clone(),
            ..Options::default()
        })
    }
}

impl PlanArgs {
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let policy = &self.policy;
        Ok(Options {
            out_of_range: policy.out_of_range.into(),
            missing: policy.missing.map(|m| match m {
                Missing::Earliest => MissingPolicy::Earliest,
                Missing::Latest => MissingPolicy::Latest,
                Missing::Leave => MissingPolicy::Leave,
            }),
            allow: Allow {
                other_cluster: policy.allow_other_cluster,
                topic_gone: policy.allow_topic_gone,
                topic_recreated: policy.allow_topic_recreated,
                partition_gone: policy.allow_partition_gone,
                application_renamed: policy.allow_application_renamed,
                incomplete_rollback: policy.allow_incomplete_rollback,
            },
            partial: policy.partial,
            ..self.choice.options()?
        })
    }
}

fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.to_owned(), new.to_owned())),
        _ => Err("expected OLD=NEW".to_owned()),
    }
}
