//! `lastwrites completions` and `lastwrites man`: for packagers and for shells, made of the arguments themselves.

use std::fs;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};

use super::{CouldNotRun, create, shown};
use crate::args::{Cli, Completions, Man};
use crate::output;

/// Prints a completion script.
pub(crate) fn completions(args: &Completions) -> Result<ExitCode, CouldNotRun> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lastwrites", &mut script);
    output::print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a manual page of the program and one of each command.
pub(crate) fn man(args: &Man) -> Result<ExitCode, CouldNotRun> {
    let folder = &args.folder;
    fs::create_dir_all(folder)
        .map_err(|error| CouldNotRun::because(format!("{}: {error}", shown(&[folder]))))?;
    let mut program = Cli::command();
    program.build();
    page(args, "lastwrites", &program)?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        page(args, &format!("lastwrites-{}", command.get_name()), command)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn page(args: &Man, name: &str, command: &Command) -> Result<(), CouldNotRun> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).render(&mut text)?;
    create(&args.folder.join(format!("{name}.1")), &String::from_utf8(text)?)
}
