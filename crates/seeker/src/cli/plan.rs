//! `plan`, and `apply` without `--execute`.

use std::process::ExitCode;

use lastwrites_seeker::json::PlanForm;
use lastwrites_seeker::plan::{self, Plan};

use super::args::PlanArgs;
use super::common;
use super::failure::Failure;
use super::output::{json, out};
use super::progress::Bar;

pub(crate) fn run(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let document = common::document(&args.file)?;
    let client = common::client(&args.connect)?;
    let plan = plan::look(&client, &document, &args.options()?, &Bar::default())?;
    show(args, &plan)?;
    Ok(if plan.refuses() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn show(args: &PlanArgs, plan: &Plan) -> Result<(), Failure> {
    if args.json {
        return Ok(out(&json(&PlanForm::from(plan))?)?);
    }
    let mut text = format!("PLAN ONLY, nothing is written.\n{}\n", plan::to_text(plan));
    text.push_str(match (plan.totals().commit, plan.refuses()) {
        (0, false) => "Nothing to do.\n",
        (0, true) => "Nothing can be written until what is refused is decided or cured.\n",
        (_, false) => {
            "To write this, say apply and add --execute. A rollback file is written first.\n"
        }
        (_, true) => {
            "What is refused stays out until it's decided or cured. To write the rest, say\napply and add --execute. A rollback file is written first.\n"
        }
    });
    Ok(out(&text)?)
}
