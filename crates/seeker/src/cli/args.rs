//! Arguments of `lastwrites-seek`, with help that teaches.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lastwrites_seeker::capture::{Source, Wanted};
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
///   lastwrites-seek capture --group pay -o copies --bootstrap-server b1:9092
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
    /// Copy stored batches where no disk can be had; reads only, goes on where it stopped.
    Capture(CaptureArgs),
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

/// Copy a topic's stored batches over Fetch, for lastwrites to read offline.
///
/// Brokers send batches as they lie on their disks, so the .log files are the
/// replica's own, up to its high watermark. Changes nothing on the cluster; needs
/// DESCRIBE and READ on the topic. The same command goes on with a capture that
/// stopped. Replicas clean on their own schedule: a follower may still hold what
/// the leader's cleaner took, so --from replicas is worth its time.
///
/// Examples:
///   lastwrites-seek capture --group pay -o copies --bootstrap-server b1:9092
///   lastwrites-seek capture --partitions 28,30-33 --from replicas -o copies ...
///   lastwrites examine copies
///
/// Exit codes: 0 every copy is whole; 1 some are not; 2 could not run.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct CaptureArgs {
    /// The topic, such as __transaction_state.
    #[arg(long, default_value = lastwrites_types::CONSUMER_OFFSETS_TOPIC)]
    pub(crate) topic: String,
    /// Partitions, such as 28,30-33. Default: all.
    #[arg(long, value_delimiter = ',', value_name = "N,M-K", value_parser = span)]
    pub(crate) partitions: Vec<(i32, i32)>,
    /// The partition of this group (repeatable); of the offsets topic only.
    #[arg(long)]
    pub(crate) group: Vec<String>,
    /// Whose copies: leader, replicas (all), or broker ids.
    #[arg(long, default_value = "leader", value_name = "WHOM", value_parser = source)]
    pub(crate) from: Source,
    /// Where to; a folder of its own.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Not faster than this, over all brokers together.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_bytes_per_second: Option<u64>,
    #[command(flatten)]
    pub(crate) connect: Connect,
    /// One JSON document on stdout.
    #[arg(long)]
    pub(crate) json: bool,
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

impl CaptureArgs {
    /// What the library is asked for.
    pub(crate) fn wanted(&self) -> Result<Wanted, Failure> {
        if !self.group.is_empty() && self.topic != lastwrites_types::CONSUMER_OFFSETS_TOPIC {
            return Err(Failure(format!(
                "--group names partitions of the offsets topic, not of {}",
                self.topic
            )));
        }
        Ok(Wanted {
            topic: self.topic.clone(),
            partitions: self.partitions.iter().flat_map(|(from, to)| *from..=*to).collect(),
            groups: self.group.clone(),
            from: self.from.clone(),
            max_bytes_per_second: self.max_bytes_per_second,
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

/// More partitions than any topic has.
const MOST_PARTITIONS: i32 = 1_000_000;

fn span(text: &str) -> Result<(i32, i32), String> {
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| (0..MOST_PARTITIONS).contains(n));
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => Ok((from, to)),
        _ => Err("expected N or N-M".to_owned()),
    }
}

fn source(text: &str) -> Result<Source, String> {
    let ids = || text.split(',').map(str::parse).collect::<Result<_, _>>();
    match text {
        "leader" => Ok(Source::Leader),
        "replicas" => Ok(Source::Replicas),
        _ => ids().map(Source::Brokers).map_err(|_| "expected leader, replicas or broker ids".to_owned()),
    }
}

fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.to_owned(), new.to_owned())),
        _ => Err("expected OLD=NEW".to_owned()),
    }
}
