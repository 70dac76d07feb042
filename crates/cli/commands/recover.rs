//! `lastwrites recover`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use lastwrites_recovered_offsets::Document;
use lastwrites_report::formats::{self, Format, Formed};
use lastwrites_report::moment::Asked;
use lastwrites_report::recover::{Doubtful, Wanted, document, take_doubtful};
use lastwrites_report::terminal;

use super::{CouldNotRun, read, shown};
use crate::args::Recover;
use crate::{exit, output, redact};

pub(crate) fn run(args: &Recover) -> Result<ExitCode, CouldNotRun> {
    let asked = Asked { earlier: true, ..args.which.asked() };
    let (evidence, report) = read(&args.evidence, args.kafka.as_deref(), &args.looking, asked)?;
    let wanted = Wanted {
        groups: (!args.all_groups).then(|| args.group.iter().map(|id| redact::group(id)).collect()),
        foreign: args.foreign,
        asked,
    };
    let mut document = document(&report, &evidence, &wanted, now_ms())?;
    let form = args.format.as_deref().and_then(|name| formats::ALL.iter().find(|form| form.name() == name));
    let (text, left_out) = match form {
        Some(form) => {
            let doubtful = take_doubtful(&mut document, &report, &evidence, args.in_doubt);
            in_form(*form, &mut document, doubtful)?
        }
        None => (document.to_json_pretty()?, false),
    };
    let path = shown(std::slice::from_ref(&args.output));
    // A document that someone reviewed is never overwritten.
    let file = OpenOptions::new().write(true).create_new(true).open(&args.output);
    let mut file = file.map_err(|error| CouldNotRun::because(format!("{path}: {error}")))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    if args.json {
        output::print(&text)?;
    } else if let Some(form) = form {
        let loses = format!(
            "This form loses {}; like every other tool's form it says nothing of trust, flags, bounds and warnings, nor of \
             what is missing: the document without --format does.",
            form.loses()
        );
        output::print(&format!(
            "{}wrote {path} for: {}\n{}",
            terminal::recovered(&document),
            form.used_by(),
            terminal::wrapped(&loses, 0, 0)
        ))?;
    } else {
        let mut last =
            format!("wrote {path}. Review it, then: lastwrites-seek plan {path} --bootstrap-server ...\n");
        if last.chars().count() > terminal::LINE_WIDTH {
            last = format!(
                "wrote {path}\nReview it, then:\n  lastwrites-seek plan {path} --bootstrap-server ...\n"
            );
        }
        output::print(&format!("{}{last}", terminal::recovered(&document)))?;
    }
    Ok(if left_out { ExitCode::from(1) } else { exit::by_findings(&report.findings) })
}

/// The document in another tool's form, and whether something was left out of it; what was is named, and gone from the
/// document.
fn in_form(
    form: &dyn Format,
    document: &mut Document,
    doubtful: Doubtful,
) -> Result<(String, bool), CouldNotRun> {
    let name = form.name();
    let advice = "--in-doubt takes all but those of topics and partitions that no longer exist, and the document without --format \
                  says how sure each is";
    if document.groups.is_empty() {
        return Err(CouldNotRun::because(format!(
            "the form {name} can't mark what is in doubt, and nothing else is here: {doubtful}; {advice}"
        )));
    }
    if !doubtful.is_none() {
        output::note(&format!(
            "left out, as the form {name} can't mark what is in doubt: {doubtful}; {advice}. A consumer \
             begins a partition without an offset where its auto.offset.reset says"
        ));
    }
    let Formed { text, left_out } = form.write(document)?;
    for (group, error) in left_out.iter().filter_map(|(at, error)| Some((document.groups.get(*at)?, error))) {
        output::note(&format!("group {} was left out: {error}", group.group_id));
    }
    for (at, _) in left_out.iter().rev() {
        document.groups.remove(*at);
    }
    Ok((text, !doubtful.is_none() || !left_out.is_empty()))
}

/// The clock, or `SOURCE_DATE_EPOCH` (seconds) for reproducible documents.
pub(super) fn now_ms() -> i64 {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<i64>().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    fixed.map_or_else(|| i64::try_from(now()).unwrap_or(0), |seconds| seconds.saturating_mul(1000))
}
