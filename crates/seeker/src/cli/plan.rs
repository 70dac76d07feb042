//! `plan`, and `apply` without `--execute`.

use std::process::ExitCode;

use lastwrites_seeker::plan::{self, Plan};

use super::args::PlanArgs;
use super::common;
use super::failure::Failure;
use super::output::out;
use super::progress::Bar;

pub(crate) fn run(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let document = common::document(&args.file)?;
    let client = common::client(&args.connect)?;
    let plan = plan::look(&client, &document, &args.options(), &Bar::default())?;
    show(args, &plan)?;
    Ok(if plan.refuses() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn show(args: &PlanArgs, plan: &Plan) -> Result<(), Failure> {
    if args.json {
        return Ok(out(&format!("{:#}\n", plan::to_json(plan)))?);
    }
    let mut text = format!("plan only, nothing was written   {}", plan::to_text(plan));
    let totals = plan.totals();
    text.push_str(match (totals.commit, plan.refuses()) {
        (0, false) => "Nothing to do.\n",
        (_, false) => "Next: lastwrites-seek apply ... --execute. A rollback file will be written first.\n",
        (_, true) => "Decide what is refused, then: lastwrites-seek apply ... --execute.\n",
    });
    Ok(out(&text)?)
}
