//! `lastwrites`: the offline binary. Arguments and wiring only; everything it knows is in the libraries.

mod args;
mod commands;
mod exit;
mod output;
mod progress;
mod redact;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream each belongs on.
            let _ = error.print();
            return if error.use_stderr() { exit::could_not_run() } else { ExitCode::SUCCESS };
        }
    };
    let outcome = match &cli.command {
        Command::Examine(args) => commands::examine::run(args),
        Command::Report(args) => commands::report::run(args),
        Command::Diagnose(args) => commands::diagnose::run(args),
        Command::BlastRadius(args) => commands::blast_radius::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Scan(args) => commands::scan::run(args),
        Command::Dump(args) => commands::dump::run(args),
        Command::Groups(args) => commands::groups::run(args),
        Command::History(args) => commands::history::run(args),
        Command::Recover(args) => commands::recover::run(args),
        Command::Export(args) => commands::export::run(args),
        Command::PartitionFor(args) => commands::partition_for::run(args),
        Command::Playbook(args) => commands::playbook::run(args),
        Command::Completions(args) => commands::shell::completions(args),
        Command::Man(args) => commands::shell::man(args),
    };
    match outcome.and_then(|code| redact::finish().map(|()| code)) {
        Ok(code) => code,
        Err(why) => {
            output::note(&format!("lastwrites: {}", why.text()));
            exit::could_not_run()
        }
    }
}
