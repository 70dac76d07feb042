//! `lastwrites explain`.

use std::io::{self, BufRead, BufReader, BufWriter, Cursor, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_report::explain::{
    EVIDENCE, Explainer, FindingPage, Input, Match, OnDisk, Pages, Summary, Totals, codes_of_issue, page,
};
use lastwrites_report::findings::Code;

use super::{CouldNotRun, find, json, options};
use crate::args::Explain;
use crate::progress::Bar;
use crate::{output, redact};

/// What the arguments ask for.
#[derive(Default)]
struct Asked {
    pages: Vec<Code>,
    evidence: bool,
    lines: Vec<String>,
    paths: Vec<PathBuf>,
}

pub(crate) fn run(args: &Explain) -> Result<ExitCode, CouldNotRun> {
    let asked = sort(&args.what)?;
    if asked.evidence || !asked.pages.is_empty() {
        if args.json {
            output::print(&json(&pages(&asked))?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = String::new();
        for code in &asked.pages {
            text.push_str(&format!("{}\n\n", page(*code)));
        }
        if asked.evidence {
            text.push_str(EVIDENCE);
        }
        output::print(&format!("{}\n", text.trim_end()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if asked.lines.is_empty() && io::stdin().is_terminal() {
        return Err(CouldNotRun::because(
            "nothing to explain: give a code such as LW101, an issue such as KAFKA-19862, the word evidence, a log line in quotes, or a log on \
             standard input",
        ));
    }
    let mut damage = None;
    let log: Box<dyn BufRead> = if asked.lines.is_empty() {
        let input = Input::new(BufReader::with_capacity(1 << 17, io::stdin().lock()))?;
        damage = Some(input.damage());
        input.log
    } else {
        Box::new(Cursor::new(asked.lines.join("\n").into_bytes()))
    };
    let done = if asked.paths.is_empty() {
        explain(args, log, None)?
    } else {
        let options = options(&args.reading, None)?;
        let evidence = find(&asked.paths)?;
        let progress = Arc::new(Progress::default());
        let bar = Bar::over(&progress);
        let disk = OnDisk::read(&evidence, &options, &progress)?;
        drop(bar);
        explain(args, log, Some(disk))?
    };
    if let Some(why) = damage.and_then(|damage| damage.take()) {
        output::note(&format!(
            "warning: the gzipped log is damaged ({why}): only the lines before that were read"
        ));
    }
    Ok(done)
}

/// The pages asked for, as one document.
fn pages(asked: &Asked) -> Pages {
    Pages {
        pages: asked.pages.iter().copied().map(FindingPage::of).collect(),
        evidence: asked.evidence.then_some(EVIDENCE),
    }
}

/// Codes, issues, the word `evidence` and existing paths are what they look like; anything with a space is a log line.
fn sort(what: &[String]) -> Result<Asked, CouldNotRun> {
    let mut asked = Asked::default();
    for word in what {
        let path = PathBuf::from(word);
        if let Ok(code) = word.parse::<Code>() {
            asked.pages.push(code);
        } else if word == "evidence" {
            asked.evidence = true;
        } else if path.exists() {
            asked.paths.push(path);
        } else if is_issue(word) {
            let codes = codes_of_issue(word);
            if codes.is_empty() {
                return Err(CouldNotRun::because(format!(
                    "no finding is about {}",
                    word.to_ascii_uppercase()
                )));
            }
            asked.pages.extend(codes);
        } else if word.trim().contains(char::is_whitespace) {
            asked.lines.push(word.clone());
        } else {
            return Err(CouldNotRun::because(format!(
                "{word:?} is no finding code, no path that exists, and too short for a log line"
            )));
        }
    }
    Ok(asked)
}

/// True for a key of Kafka's issue tracker.
fn is_issue(word: &str) -> bool {
    let key = word.split_once('-').filter(|(project, _)| project.eq_ignore_ascii_case("KAFKA"));
    key.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn explain(
    args: &Explain,
    log: Box<dyn BufRead>,
    mut disk: Option<OnDisk<'_>>,
) -> Result<ExitCode, CouldNotRun> {
    let redaction = redact::asked(&args.reading)?;
    let mut complete = |found: &mut Match| {
        // First, so that the line names members as the disk, which is read with pseudonyms, does.
        if let Some(redaction) = &redaction {
            found.redact(redaction);
        }
        if let Some(disk) = &mut disk {
            disk.join(found);
        }
    };
    let severe = if args.json { as_json(log, &mut complete) } else { as_text(log, &mut complete) }?;
    Ok(ExitCode::from(u8::from(severe)))
}

/// Streams the document, so that a log of any size needs no memory; true when a line is severe.
fn as_json(log: Box<dyn BufRead>, complete: &mut dyn FnMut(&mut Match)) -> Result<bool, CouldNotRun> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut severe = false;
    let mut first = true;
    let write = || -> io::Result<Totals> {
        out.write_all(b"{\n  \"matches\": [")?;
        let totals = Explainer::default().read(log, &mut |mut found| {
            complete(&mut found);
            severe |= found.is_severe();
            out.write_all(if first { b"\n    " } else { b",\n    " })?;
            first = false;
            serde_json::to_writer(&mut out, &found).map_err(io::Error::from)
        })?;
        writeln!(out, "{}],\n  \"lines\": {}\n}}", if first { "" } else { "\n  " }, totals.lines)?;
        out.flush()?;
        Ok(totals)
    };
    output::tolerate(write().map(|_| ()))?;
    Ok(severe)
}

fn as_text(log: Box<dyn BufRead>, complete: &mut dyn FnMut(&mut Match)) -> Result<bool, CouldNotRun> {
    let mut summary = Summary::default();
    let totals = Explainer::default().read(log, &mut |mut found| {
        complete(&mut found);
        summary.add(found);
        Ok(())
    })?;
    output::print(&summary.render(totals))?;
    Ok(summary.is_severe())
}
