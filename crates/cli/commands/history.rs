//! `lastwrites history`.

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_report::history::{HistoryQuestion, history, write_json, write_text};
use lastwrites_report::{DEFAULT_RETENTION_MS, StreamError, StreamTotals, terminal};

use super::{CouldNotRun, find_at, left_out, options};
use crate::args::History;
use crate::progress::Bar;
use crate::{output, redact};

pub(crate) fn run(args: &History) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, args.kafka.as_deref())?;
    let evidence = find_at(&args.evidence.paths, args.as_of.moment())?;
    let groups = || args.group.iter().map(|group| redact::group(group).as_bytes().to_vec()).collect();
    let question = HistoryQuestion {
        groups: (!args.group.is_empty()).then(groups),
        as_of: args.as_of.moment(),
        since_ms: args.since.map(jiff::Timestamp::as_millisecond),
        retention_ms: args.offsets_retention.unwrap_or(DEFAULT_RETENTION_MS),
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    let told = history(&evidence, &options, &question, &progress, |row| {
        line.clear();
        if args.json {
            write_json(row, &mut line)
        } else {
            write_text(row, &mut line)
        }
        out.write_all(&line)
    });
    drop(bar);
    match told {
        Ok(told) => {
            if !args.json && !told.findings.is_empty() {
                let health = terminal::findings(&told.findings, usize::MAX);
                output::tolerate(out.write_all(format!("\nHow the groups fared\n{health}").as_bytes()))?;
            }
            output::tolerate(out.flush())?;
            Ok(doubts(&told.totals))
        }
        Err(StreamError::Sink(error)) => {
            output::tolerate(Err(error)).map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says what the history does not hold.
fn doubts(totals: &StreamTotals) -> ExitCode {
    if totals.thinned > 0 {
        output::note(&format!(
            "{} lacks records before that moment: the cleaner took them, or damage, and what happened then is not all told",
            terminal::counted(totals.thinned, "partition", "partitions")
        ));
    } else if totals.rows == 0 {
        output::note("no event: nothing is written here, or nothing of the groups asked for");
    }
    ExitCode::from(u8::from(left_out(totals, "commits")))
}
