//! What a person types. No side effects here; `commands` gives it meaning.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use lastwrites_evidence::ViewKind;
use lastwrites_report::formats;
use lastwrites_types::Release;

/// Offline forensics for Kafka's __consumer_offsets: what happened, who is hit, where everyone was, and how
/// to get going again. Reads copies of broker disks; needs no broker and no network.
#[derive(Parser, Debug)]
#[command(name = "lastwrites", version, about, max_term_width = 100, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  # the whole post-mortem on one screen
  lastwrites examine /evidence/broker-5
  # every group and what it had committed
  lastwrites groups /evidence/broker-5
  lastwrites recover /evidence/broker-5 --group payments -o offsets.json
  # which offsets partition a group lives on
  lastwrites partition-for payments

PATH is a segment file, a partition directory, a log dir or any folder above
them; several brokers side by side are told apart. Evidence is only ever read.

`lastwrites completions bash` (zsh, fish, elvish, powershell) prints a
completion script, `lastwrites man DIR` writes manual pages.

Exit codes: 0 nothing to report, 1 at least one warning or error was found,
2 could not run.";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The whole post-mortem on one screen: what is here, what is damaged, what was committed
    #[command(after_help = "\
Examples:
  lastwrites examine /evidence/broker-5
  lastwrites examine /evidence/broker-5 --json > report.json
  # report.html, report.json, offsets and tables in a folder
  lastwrites examine /evidence/broker-5 --out report")]
    Examine(Examine),
    /// Make report.html again from a report.json, without the evidence
    #[command(after_help = "\
Examples:
  lastwrites report report/report.json -o report.html
  # reads evidence and writes both
  lastwrites examine /evidence/broker-5 --out report

The page says what that file says. So a report that was made on the broker's
side, or with an older version, can be read as a page elsewhere.")]
    Report(ReportArgs),
    /// Would a coordinator load this? Every release's verdict, the record that kills, races, and what helps
    #[command(after_help = "\
Examples:
  lastwrites diagnose /evidence/broker-5
  lastwrites diagnose --kafka 4.1.0,4.1.2 /evidence/broker-5
  lastwrites diagnose --json --race-windows all /evidence |
      jq '.partitions[].races[]'

Nothing is repaired here: the evidence is only read.")]
    Diagnose(Diagnose),
    /// Who is hit: brokers, the offsets partitions they lead, the groups there, their application topics
    #[command(after_help = "\
Examples:
  lastwrites blast-radius /evidence
  lastwrites blast-radius --broker 5 --as-of 2026-11-22T10:00:00Z /evidence
  lastwrites blast-radius --json --group payments /evidence |
      jq '.groups[].coordinator'

Leaders come from __cluster_metadata-0, found on every controller and broker
of a KRaft cluster.")]
    BlastRadius(BlastRadius),
    /// Inventory and damage: copies, segments, batches, every byte accounted for
    #[command(after_help = "\
Examples:
  lastwrites scan /evidence
  lastwrites scan --json /evidence/broker-5 | jq '.copies[].files[]'")]
    Scan(Scan),
    /// Every record in log order, like kafka-dump-log but total
    #[command(after_help = "\
Examples:
  lastwrites dump /evidence/broker-5/__consumer_offsets-28
  lastwrites dump --json --written-by 3.7 /evidence |
      jq 'select(.key.type == 2)'
  lastwrites dump --format kafka-dump-log /evidence > dump-log.txt
  # also .deleted, .cleaned and .swap files
  lastwrites dump --leftovers /evidence")]
    Dump(Dump),
    /// Every group: type, state, members, committed offsets and how sure that is
    #[command(after_help = "\
Examples:
  lastwrites groups /evidence/broker-5
  lastwrites groups --json /evidence/broker-5 |
      jq '.groups[] | select(.type == \"consumer\")'
  lastwrites groups --as-of 2026-11-22T10:00:00Z /evidence/broker-5
  # as the old coordinator would have it
  lastwrites groups --kafka 3.6.2 /evidence/broker-5")]
    Groups(Groups),
    /// What happened, record by record: commits, rewinds, transactions, deletions, members, assignments
    #[command(after_help = "\
Examples:
  lastwrites history /evidence/broker-5 --group payments
  lastwrites history --json /evidence --group payments |
      jq 'select(.event == \"offset-deleted\")'
  lastwrites history /evidence/broker-5 --offsets-retention 1440

One line an event, in log order within a partition; a transaction's commits
count at its marker. Any length of log: what is printed is not kept.")]
    History(History),
    /// Write recovered-offsets.json: a reviewed file that lastwrites-seek takes to a group
    #[command(after_help = "\
Examples:
  lastwrites recover /evidence/broker-5 --group payments -o offsets.json
  lastwrites recover /evidence --all-groups -o offsets.json
  # as they were before they were deleted
  lastwrites recover /evidence --group payments --deleted -o offsets.json
  # for Kafka's own tool
  lastwrites recover /evidence --group payments -o offsets.csv \\
      --format kafka-consumer-groups

Nothing is written to a cluster here. Review the file, then hand it to
lastwrites-seek.")]
    Recover(Recover),
    /// Parquet, CSV or Arrow tables: records, commits, batches, groups, offsets, members, findings
    #[command(after_help = "\
Examples:
  lastwrites export /evidence/broker-5 --table commits -o commits.parquet
  lastwrites export /evidence/broker-5 --table groups --format csv -o groups.csv
  # a file each in tables/
  lastwrites export /evidence/broker-5 --table records,commits -o tables

commits has one row per offset-commit record, tombstones included, in log
order, but that the commits of a transaction come where its marker lies; sort
by partition and record_offset for strict log order.")]
    Export(Export),
    /// Heal a failed coordinator shard with Kafka's own tools: files, commands, checks, rollback
    #[command(after_help = "\
Examples:
  lastwrites playbook --brokers 1,2,3 --kafka 4.1.0 /evidence
  lastwrites playbook --brokers 5,4,6 --partition 28 --out repair /evidence

--brokers is the Replicas list that kafka-topics --describe prints for the
partition. Give copies of as many of these brokers as you have: each one's own
copy decides whether it can take over.
Nothing is sent to a cluster, and files are written only below --out.")]
    Playbook(Playbook),
    /// What a finding means, how to take evidence, or what the lines of a broker's or client's log mean
    #[command(after_help = "\
Examples:
  # the page of a finding, by its code or its issue
  lastwrites explain LW101
  lastwrites explain KAFKA-19862
  # how to copy a disk without destroying evidence
  lastwrites explain evidence
  lastwrites explain 'The coordinator is not aware of this member'
  # every telling line of a log, lines alike told once
  lastwrites explain < server.log
  lastwrites explain --json /evidence/broker-5 < server.log |
      jq '.matches[] | select(.issues != [])'

With PATH the lines are joined to the records on that disk, which narrows the
causes.")]
    Explain(Explain),
    /// Which offsets partition coordinates a group
    #[command(after_help = "\
Examples:
  lastwrites partition-for payments my-group
  lastwrites partition-for --partitions 200 payments
  # names that land elsewhere
  lastwrites partition-for --avoid 5,12 payments
  # also away from what does not load
  lastwrites partition-for --evidence /evidence payments")]
    PartitionFor(PartitionFor),
    /// Print a completion script for a shell
    #[command(
        hide = true,
        after_help = "\
Examples:
  lastwrites completions bash > /etc/bash_completion.d/lastwrites
  lastwrites completions zsh > ~/.zfunc/_lastwrites"
    )]
    Completions(Completions),
    /// Write manual pages, one of the program and one of each command
    #[command(
        hide = true,
        after_help = "\
Examples:
  lastwrites man /usr/local/share/man/man1"
    )]
    Man(Man),
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder to write into; nothing is overwritten
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// Another moment than the end of the log.
#[derive(Args, Debug)]
pub(crate) struct AsOf {
    /// As of this moment (RFC 3339 with a zone): per partition the log before the first batch that is later
    #[arg(long, value_name = "MOMENT", conflicts_with = "as_of_offset")]
    pub(crate) as_of: Option<jiff::Timestamp>,
    /// As of offset N of partition P of __consumer_offsets; other partitions are left out
    #[arg(long, value_name = "P:N", value_parser = partition_and_offset)]
    pub(crate) as_of_offset: Option<(i32, i64)>,
}

fn partition_and_offset(text: &str) -> Result<(i32, i64), String> {
    let expected = || format!("{text:?}: expected PARTITION:OFFSET, such as 28:812");
    let (partition, offset) = text.split_once(':').ok_or_else(expected)?;
    let (partition, offset) =
        (partition.parse().map_err(|_| expected())?, offset.parse().map_err(|_| expected())?);
    if partition < 0 || offset < 0 { Err(expected()) } else { Ok((partition, offset)) }
}

/// Which offsets, beyond those at the end of the log.
#[derive(Args, Debug)]
pub(crate) struct Which {
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    /// Only offsets committed at this moment or later (RFC 3339 with a zone)
    #[arg(long, value_name = "MOMENT")]
    pub(crate) since: Option<jiff::Timestamp>,
    /// Also deleted offsets, with the last value before the tombstone: from the log or from .deleted files
    #[arg(long)]
    pub(crate) deleted: bool,
}

/// What every command that reads evidence takes.
#[derive(Args, Debug)]
pub(crate) struct Evidence {
    /// Segment files, partition directories, log dirs or folders above them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Args, Debug)]
pub(crate) struct Reading {
    /// Worker threads; default: one a core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// How files are read: mapped into memory, or with plain reads (for files that may change or shrink)
    #[arg(long, value_enum, default_value_t = ReadWith::Mmap, value_name = "HOW")]
    pub(crate) read_with: ReadWith,
    /// Put pseudonyms in place of client hosts, client ids, member and instance ids and metadata, the same ones throughout
    /// the run; groups, topics and paths stay
    #[arg(long)]
    pub(crate) redact: bool,
    /// With --redact: pseudonyms for groups and topics, too, also in the names of other topics' directories; partition
    /// numbers stay those of the true names
    #[arg(long, requires = "redact")]
    pub(crate) redact_names: bool,
    /// Write what each pseudonym stands for into this file; must not exist
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub(crate) redact_map: Option<PathBuf>,
    /// Cut segments into units of about this many bytes (results never depend on it)
    #[arg(long, value_name = "BYTES", hide = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) unit_bytes: Option<u64>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReadWith {
    Mmap,
    Reads,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum View {
    /// The .log files as they lie, one copy a partition
    AsFound,
    /// What a broker starting on the directory would make of it
    AsLoaded,
    /// The .deleted originals in place of what the cleaner made of them
    BeforeCompaction,
    /// All replicas of a partition, replayed apart and put together key by key
    Merged,
}

impl View {
    pub(crate) const fn kind(self) -> ViewKind {
        match self {
            Self::AsFound => ViewKind::AsFound,
            Self::AsLoaded => ViewKind::AsLoaded,
            Self::BeforeCompaction => ViewKind::BeforeCompaction,
            Self::Merged => ViewKind::Merged,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Examine {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Print the report as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write report.html (one page, opens without a network), report.json, recovered-offsets.json and
    /// tables/*.parquet into this folder; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The report.json that `examine --out` (or `examine --json`) wrote
    #[arg(value_name = "REPORT.JSON")]
    pub(crate) report: PathBuf,
    /// The page to write; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Releases to judge, such as 4.1.0,4.1.2; default: every release known
    #[arg(long, value_name = "V,V", value_delimiter = ',')]
    pub(crate) kafka: Vec<Release>,
    /// Races between a load and the cleaner: the smallest window per group and failing record, all of them, or none
    #[arg(long, value_enum, default_value_t = RaceWindowsArg::Smallest, value_name = "WHICH")]
    pub(crate) race_windows: RaceWindowsArg,
    /// Only this partition of __consumer_offsets
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<i32>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct BlastRadius {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Only what this broker coordinates
    #[arg(long, value_name = "ID", group = "part", allow_negative_numbers = true)]
    pub(crate) broker: Option<i32>,
    /// Only this partition of __consumer_offsets
    #[arg(long, value_name = "N", group = "part")]
    pub(crate) partition: Option<i32>,
    /// Only this group
    #[arg(long, value_name = "GROUP", group = "part")]
    pub(crate) group: Option<String>,
    /// Leaders and groups at this moment (RFC 3339 with a zone); default: the newest metadata in the copies
    #[arg(long, value_name = "MOMENT", conflicts_with = "as_of_offset")]
    pub(crate) as_of: Option<jiff::Timestamp>,
    /// Groups as of offset N of partition P of __consumer_offsets, those of other partitions left out; leaders by the newest
    /// metadata
    #[arg(long, value_name = "P:N", value_parser = partition_and_offset)]
    pub(crate) as_of_offset: Option<(i32, i64)>,
    /// Only groups with offsets committed at this moment or later (RFC 3339 with a zone), and the topics of those
    #[arg(long, value_name = "MOMENT")]
    pub(crate) since: Option<jiff::Timestamp>,
    /// What kafka-topics --describe printed, in a file: leaders where no KRaft metadata can be copied
    #[arg(long, value_name = "FILE", conflicts_with = "as_of")]
    pub(crate) described: Option<PathBuf>,
    /// Releases whose verdicts count, such as 4.1.0,4.1.2; default: every release known
    #[arg(long, value_name = "V,V", value_delimiter = ',')]
    pub(crate) kafka: Vec<Release>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RaceWindowsArg {
    None,
    Smallest,
    All,
}

#[derive(Args, Debug)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Dump {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Print JSON Lines, one record a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Print another tool's form instead: what kafka-dump-log --offsets-decoder of 3.8 and later prints
    #[arg(long, value_name = "FORM", value_parser = ["kafka-dump-log"], conflicts_with = "json")]
    pub(crate) format: Option<String>,
    /// Which release wrote the log; settles bytes that fit two layouts
    #[arg(long, value_name = "RELEASE")]
    pub(crate) written_by: Option<Release>,
    /// Read .deleted, .cleaned and .swap files too
    #[arg(long)]
    pub(crate) leftovers: bool,
}

/// How a report looks at copies.
#[derive(Args, Debug)]
pub(crate) struct Looking {
    /// How copies are looked at; default: merged where there are several replicas, else as found
    #[arg(long, value_enum, value_name = "VIEW")]
    pub(crate) view: Option<View>,
    /// offsets.retention.minutes of the brokers, as in 7d, 36h or minutes: offsets past it are flagged; default: 7d is
    /// warned of
    #[arg(long, value_name = "TIME", value_parser = retention)]
    pub(crate) offsets_retention: Option<i64>,
}

#[derive(Args, Debug)]
pub(crate) struct Groups {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Whose rules to follow, such as 4.1.0 or 3.9.2/old; default: the newest known
    #[arg(long, value_name = "RELEASE")]
    pub(crate) kafka: Option<String>,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Args, Debug)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// Only this group; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Vec<String>,
    /// Print JSON Lines, one event a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    /// Only events at this moment or later (RFC 3339 with a zone)
    #[arg(long, value_name = "MOMENT")]
    pub(crate) since: Option<jiff::Timestamp>,
    /// offsets.retention.minutes of the brokers, as in 7d, 36h or minutes: deletions of older offsets are told as
    /// expired; default: 7d
    #[arg(long, value_name = "TIME", value_parser = some_retention)]
    pub(crate) offsets_retention: Option<i64>,
    /// Whose rules to follow, such as 4.1.0 or 3.9.2/old; default: the newest known
    #[arg(long, value_name = "RELEASE")]
    pub(crate) kafka: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Recover {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// A group to recover; may be given several times
    #[arg(long, value_name = "GROUP", required_unless_present = "all_groups")]
    pub(crate) group: Vec<String>,
    /// Recover every group
    #[arg(long, conflicts_with = "group")]
    pub(crate) all_groups: bool,
    /// Also take groups found in a partition that their id does not hash to
    #[arg(long)]
    pub(crate) foreign: bool,
    /// The file to write; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Print the document to standard output as well
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the offsets in another tool's form instead of the document that lastwrites-seek takes
    #[arg(long, value_name = "FORM", value_parser = other_tools(), conflicts_with = "json")]
    pub(crate) format: Option<String>,
    /// With --format: also offsets that may never have counted, which no form can mark: those that a console consumer
    /// printed, those from a batch whose checksum is wrong, those on which caught-up copies disagree, and those of topics that
    /// were created again since
    #[arg(long, requires = "format")]
    pub(crate) in_doubt: bool,
    /// Whose rules to follow, such as 4.1.0 or 3.9.2/old; default: the newest known
    #[arg(long, value_name = "RELEASE")]
    pub(crate) kafka: Option<String>,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// The names of other tools' forms.
fn other_tools() -> PossibleValuesParser {
    PossibleValuesParser::new(formats::ALL.iter().map(|format| format.name()))
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// What to write; several go into a folder
    #[arg(long, value_enum, value_name = "TABLE", value_delimiter = ',', required = true)]
    pub(crate) table: Vec<TableKind>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = TableFormat::Parquet, value_name = "FORMAT")]
    pub(crate) format: TableFormat,
    /// The file to write, which must not exist; with several tables the folder to write them into
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Whose rules to follow, such as 4.1.0 or 3.9.2/old; default: the newest known
    #[arg(long, value_name = "RELEASE")]
    pub(crate) kafka: Option<String>,
}

/// A table of `lastwrites-tables`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum TableKind {
    /// One row per record
    Records,
    /// One row per offset-commit record
    Commits,
    /// One row per record batch
    Batches,
    /// One row per event of every group
    History,
    /// One row per group at the end of the log
    Groups,
    /// One row per group and topic partition with an offset
    Offsets,
    /// One row per member of a group
    Members,
    /// One row per finding of examine
    Findings,
}

#[cfg(feature = "tables")]
impl TableKind {
    /// Every table.
    pub(crate) const ALL: [Self; 8] = [
        Self::Records,
        Self::Commits,
        Self::Batches,
        Self::History,
        Self::Groups,
        Self::Offsets,
        Self::Members,
        Self::Findings,
    ];

    /// The table's name, which is its file's.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Commits => "commits",
            Self::Batches => "batches",
            Self::History => "history",
            Self::Groups => "groups",
            Self::Offsets => "offsets",
            Self::Members => "members",
            Self::Findings => "findings",
        }
    }

    /// True where the rows come from the log itself, false where they are the report's.
    pub(crate) const fn is_of_log(self) -> bool {
        matches!(self, Self::Records | Self::Commits | Self::Batches | Self::History)
    }
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TableFormat {
    /// Apache Parquet
    Parquet,
    /// Comma-separated values with a header line
    Csv,
    /// Arrow IPC file
    Ipc,
}

#[derive(Args, Debug)]
pub(crate) struct Playbook {
    #[command(flatten)]
    pub(crate) evidence: Evidence,
    /// The partition's replicas as kafka-topics prints them, preferred leader first; default: as the evidence's
    /// __cluster_metadata or capture.json has them
    #[arg(long, value_name = "ID,ID", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) brokers: Vec<i32>,
    /// The broker that leads the partition now; default: as the evidence has it, else the first of --brokers
    #[arg(long, value_name = "ID")]
    pub(crate) leader: Option<i32>,
    /// Partition of __consumer_offsets; default: the only one that fails
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<i32>,
    /// What the brokers run, such as 4.1.0 or 3.9.2/old; default: the newest release on which a copy fails
    #[arg(long, value_name = "RELEASE")]
    pub(crate) kafka: Option<String>,
    /// Write the JSON files, playbook.txt and offsets.json into this folder; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A finding code, an issue such as KAFKA-19862, the word `evidence`, a log line in quotes, or paths to join a log to;
    /// without a line the log is read from standard input, gzipped or not
    #[arg(value_name = "CODE | evidence | LINE | PATH")]
    pub(crate) what: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Args, Debug)]
pub(crate) struct PartitionFor {
    /// Group ids
    #[arg(required = true, value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// Number of partitions of __consumer_offsets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) partitions: Option<i32>,
    /// Partitions that names for a new group keep away from, such as 5,12
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) avoid: Vec<i32>,
    /// A copied disk: it tells the number of partitions, and those that do not load are avoided too
    #[arg(long, value_name = "PATH")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// A span of time such as `7d` or `36h`, in ms; a day has 24 hours, and a bare number is minutes as in Kafka's property.
fn retention(text: &str) -> Result<i64, String> {
    if let Ok(minutes) = text.parse::<u32>() {
        return Ok(i64::from(minutes) * 60_000);
    }
    let span: jiff::Span = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let ms = span.total((jiff::Unit::Millisecond, jiff::SpanRelativeTo::days_are_24_hours()));
    let ms = ms.map_err(|error| error.to_string())?;
    if ms >= 0.0 { Ok(ms as i64) } else { Err("it can't be negative".to_owned()) }
}

/// [`retention`] of at least a moment.
fn some_retention(text: &str) -> Result<i64, String> {
    retention(text)
        .and_then(|ms| if ms > 0 { Ok(ms) } else { Err("it has to be more than nothing".to_owned()) })
}
