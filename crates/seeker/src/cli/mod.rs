//! The program around the library: arguments, printing, exit codes.

mod apply;
pub(crate) mod args;
mod capture;
mod common;
mod failure;
mod outcomes;
mod output;
mod plan;
mod progress;
mod rollback;
mod verify;

use std::process::ExitCode;

use args::{Cli, Command};
use lastwrites_seeker::seeds;

/// 0: as wanted; 1: something is refused or differs; 2: could not run.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    let result = match &cli.command {
        Command::Plan(args) => plan::run(args),
        Command::Apply(args) => apply::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Rollback(args) => rollback::run(args),
        Command::Offsets(args) => offsets(args),
        Command::Capture(args) => capture::run(args),
    };
    result.unwrap_or_else(|failure| {
        output::note(&format!("lastwrites-seek: {failure}"));
        ExitCode::from(2)
    })
}

fn offsets(args: &args::OffsetsArgs) -> Result<ExitCode, failure::Failure> {
    let document = common::document(&args.file)?;
    output::out(&seeds::seeds(&document, &args.choice.options()?, args.format.into())?)?;
    Ok(ExitCode::SUCCESS)
}
