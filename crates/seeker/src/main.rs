//! `lastwrites-seek`: the only program of this project that opens a socket.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    cli::run(&cli::args::Cli::parse())
}
