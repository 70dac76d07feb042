//! `apply --execute`: plan, rollback file, write, read back, report.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lastwrites_seeker::apply::{self, GroupOutcome, RequestLog};
use lastwrites_seeker::json::{ApplyForm, OutcomeForm, PlanForm};
use lastwrites_seeker::plan;

use super::args::ApplyArgs;
use super::failure::Failure;
use super::output::{json, note, out, told};
use super::progress::Bar;
use super::{common, outcomes};

pub(crate) fn run(args: &ApplyArgs) -> Result<ExitCode, Failure> {
    if !args.execute {
        return super::plan::run(&args.plan);
    }
    let document = common::document(&args.plan.file)?;
    let client = common::client(&args.plan.connect)?;
    let options = args.plan.options()?;
    let bar = Bar::default();
    let plan = plan::look(&client, &document, &options, &bar)?;
    if !args.plan.json {
        out(&plan::to_text(&plan))?;
    }
    if plan.totals().commit == 0 {
        if args.plan.json {
            let (rollback_file, request_log) = (None, None);
            let form =
                ApplyForm { plan: PlanForm::from(&plan), rollback_file, request_log, groups: Vec::new() };
            out(&json(&form)?)?;
        } else {
            out(if plan.refuses() {
                "\nNothing was written: decide or cure what is refused first.\n"
            } else {
                "\nNothing was written, nothing had to be.\n"
            })?;
        }
        return Ok(if plan.refuses() { ExitCode::from(1) } else { ExitCode::SUCCESS });
    }
    let now = common::now_ms();
    let rollback = args.rollback_file.clone().unwrap_or_else(|| beside(&args.plan.file, now));
    apply::write_rollback(&plan, &rollback, now)?;
    note(&format!("rollback file: {}", rollback.display()));
    let log_path = log_beside(&rollback);
    let log =
        RequestLog::open(&log_path, common::now_ms).map_err(|e| Failure::because(log_path.display(), e))?;
    let done = apply::execute(&client, &document, &options, &plan, &log, &bar);
    let all = done.iter().all(GroupOutcome::is_done);
    if args.plan.json {
        let form = ApplyForm {
            plan: PlanForm::from(&plan),
            rollback_file: Some(rollback.display().to_string()),
            request_log: Some(log_path.display().to_string()),
            groups: done.iter().map(OutcomeForm::from).collect(),
        };
        told(true, &json(&form)?)?;
    } else {
        told(true, &format!("\n{}\n", outcomes::text(&done, "written")))?;
        let ending = match (all, plan.refuses()) {
            (true, false) => "DONE: every offset was written and reads back.\n",
            (true, true) => {
                "DONE with what could be written: all of it reads back. The rest is refused, see\nabove; once that is decided or cured, the same command goes on.\n"
            }
            (false, _) => {
                "NOT EVERYTHING WAS WRITTEN, see above. The same command again goes on where this\nstopped.\n"
            }
        };
        told(true, ending)?;
        let connect = common::connect_words(&args.plan.connect);
        let file = common::shell_word(&rollback.display().to_string());
        let commands = format!(
            "rollback file: {file}\nlook again later:\n  lastwrites-seek verify {file} {connect}\ntake it back:\n  lastwrites-seek rollback {file} {connect} --execute\n"
        );
        told(true, &commands)?;
    }
    Ok(if all && !plan.refuses() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// `offsets.json` gives `offsets.rollback-1700000000000.json`, or `...-2.json` where that exists: a fixed clock
/// must not stand in the way of a second run.
fn beside(document: &Path, now_ms: i64) -> PathBuf {
    let stem = document.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let first = document.with_file_name(format!("{stem}.rollback-{now_ms}.json"));
    let more = (2..1000).map(|n| document.with_file_name(format!("{stem}.rollback-{now_ms}-{n}.json")));
    std::iter::once(first.clone()).chain(more).find(|p| !p.exists()).unwrap_or(first)
}

/// The log of changing requests stands beside the rollback file.
pub(crate) fn log_beside(rollback: &Path) -> PathBuf {
    let mut name = rollback.file_name().unwrap_or_default().to_owned();
    name.push(".requests.jsonl");
    rollback.with_file_name(name)
}
