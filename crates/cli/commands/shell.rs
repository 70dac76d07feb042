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
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // Examples are to be copied: filled lines and hyphens of a page would break them.
    let command = command.clone().after_help(None::<&str>);
    clap_mangen::Man::new(command).title(name.to_uppercase()).render(&mut text)?;
    create(&args.folder.join(format!("{name}.1")), &(String::from_utf8(text)? + &sections(&after)))
}

/// What stands behind the options of a help text, in roff: the examples line by line, what follows them as paragraphs.
fn sections(after: &str) -> String {
    let examples = after.strip_prefix("Examples:\n").unwrap_or_default();
    let (examples, notes) = examples.split_once("\n\n").unwrap_or((examples, ""));
    let mut roff = String::new();
    if !examples.is_empty() {
        roff += &format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", literal(examples));
    }
    if !notes.is_empty() {
        roff += &format!(".SH NOTES\n{}\n", literal(notes).replace("\n\n", "\n.PP\n"));
    }
    roff
}

/// Text in which nothing is a command to roff, and a hyphen is the one that shells know.
fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    let line =
        |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    escaped.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
