//! `lastwrites dump`.

use std::io::{self, BufWriter};
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_report::dump::{DumpError, DumpFormat, DumpOptions, dump};

use super::{CouldNotRun, find, options};
use crate::args::Dump;
use crate::output;
use crate::progress::Bar;

pub(crate) fn run(args: &Dump) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, None)?;
    let evidence = find(&args.evidence.paths)?;
    let what = DumpOptions {
        format: match (args.json, &args.format) {
            (true, _) => DumpFormat::Json,
            (false, None) => DumpFormat::Text,
            // The only form there is.
            (false, Some(_)) => DumpFormat::KafkaDumpLog,
        },
        written_by: args.written_by,
        leftovers: args.leftovers,
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let mut out = BufWriter::new(io::stdout().lock());
    let dumped = dump(&evidence, &options, &what, &progress, &mut out);
    drop(bar);
    match dumped {
        Ok(totals) => {
            let doubts = totals.damaged_bytes > 0 || totals.undecodable > 0;
            if doubts {
                output::note(&format!(
                    "{} records; {} could not be decoded, {} bytes are damaged (`lastwrites scan` says where)",
                    totals.records, totals.undecodable, totals.damaged_bytes
                ));
            }
            Ok(ExitCode::from(u8::from(doubts)))
        }
        Err(DumpError::Output(error)) => {
            output::tolerate(Err(error)).map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
        Err(error) => Err(error.into()),
    }
}
