//! Command line of the fixture writer.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lastwrites_synth::broker_dir::{Tree, refuse_used};
use lastwrites_synth::codec::Codec;
use lastwrites_synth::{benchmark, fixtures, incidents};

/// Writes `__consumer_offsets` logs: incidents, damage, benchmark sets, fixtures.
///
/// Nothing is ever written over: DIR must be new or empty.
#[derive(Parser)]
#[command(name = "lastwrites-synth", version)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The names of all incidents, each with its story
    List,
    /// A log of any size with known proportions, streamed to disk
    Benchmark(BenchmarkArgs),
    /// One small segment per kind of damage
    Damaged(OutArgs),
    /// The folders below `fixtures/` that this program owns
    Fixtures(OutArgs),
    /// Any incident by name (see `list`): raw log, loader's view, broker's log dir, truth
    #[command(external_subcommand)]
    Incident(Vec<String>),
}

#[derive(clap::Args)]
struct OutArgs {
    /// New or empty directory
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// An external subcommand's own arguments.
#[derive(Parser)]
#[command(name = "lastwrites-synth INCIDENT")]
struct IncidentArgs {
    #[command(flatten)]
    out: OutArgs,
}

#[derive(clap::Args)]
struct BenchmarkArgs {
    #[command(flatten)]
    out: OutArgs,
    /// Size of all segments on disk, like 500MiB or 1GiB
    #[arg(long, default_value = "1GiB", value_parser = size)]
    bytes: u64,
    /// Distinct offset commit keys
    #[arg(long, default_value_t = 40_000)]
    keys: u64,
    /// none, gzip, snappy, lz4 or zstd
    #[arg(long, default_value = "none", value_parser = codec)]
    codec: Codec,
    /// Share of commit batches inside transactions
    #[arg(long, default_value_t = 0.05)]
    transactional: f64,
    /// Share of batches with a `GroupMetadata` record
    #[arg(long, default_value_t = 0.01)]
    group_metadata: f64,
    /// Share of batches that delete an offset
    #[arg(long, default_value_t = 0.01)]
    tombstones: f64,
    /// Size at which a new segment starts
    #[arg(long, default_value = "100MiB", value_parser = size)]
    segment_bytes: u64,
    /// Seed of all choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(Args::parse().what) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lastwrites-synth: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> io::Result<()> {
    match what {
        What::List => {
            for incident in incidents::names().filter_map(incidents::named) {
                println!("{}\n    {}", incident.name, incident.story);
            }
            Ok(())
        }
        What::Benchmark(args) => {
            refuse_used(&args.out.out)?;
            let settings = benchmark::Settings {
                bytes: args.bytes,
                keys: args.keys,
                codec: args.codec,
                transactional: args.transactional,
                group_metadata: args.group_metadata,
                tombstones: args.tombstones,
                segment_bytes: args.segment_bytes,
                seed: args.seed,
            };
            let written = benchmark::write(&args.out.out, &settings)?;
            println!(
                "{} bytes, {} segments, {} batches, {} records",
                written.bytes, written.segments, written.batches, written.records
            );
            Ok(())
        }
        What::Damaged(args) => write(&fixtures::damaged()?, &args),
        What::Fixtures(args) => write(&fixtures::all()?, &args),
        What::Incident(words) => {
            let name = words.first().map(String::as_str).unwrap_or_default();
            let Some(incident) = incidents::named(name) else {
                let known: Vec<&str> = incidents::names().collect();
                let text = format!("no incident is called {name:?}; there are: {}", known.join(", "));
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            };
            write(&incident.files()?, &IncidentArgs::parse_from(words).out)
        }
    }
}

fn write(tree: &Tree, args: &OutArgs) -> io::Result<()> {
    tree.write(&args.out)?;
    println!("{}: {} files", args.out.display(), tree.0.len());
    Ok(())
}

fn codec(name: &str) -> Result<Codec, String> {
    Codec::named(name).ok_or_else(|| format!("no codec is called {name:?}"))
}

/// A number of bytes with an optional unit of KiB, MiB or GiB.
fn size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)];
    units
        .iter()
        .find_map(|(unit, shift)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(1 << shift))
        .ok_or_else(|| format!("{text:?} is not a size like 4096, 100MiB or 1GiB"))
}
