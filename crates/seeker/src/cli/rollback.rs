//! `rollback`: shows the way back, and takes it with `--execute`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use lastwrites_seeker::apply::{GroupOutcome, Outcome, RequestLog, RollbackDocument};
use lastwrites_seeker::client::ErrorCode;
use lastwrites_seeker::json::{OutcomeForm, RollbackForm, StepsForm};
use lastwrites_seeker::layout::{grouped, table, wrapped};
use lastwrites_seeker::plan::Verdict;
use lastwrites_seeker::rollback::{self, GroupSteps, RollbackOptions, Step};
use lastwrites_types::escaped;

use super::args::RollbackArgs;
use super::failure::Failure;
use super::output::{json, told};
use super::progress::Bar;
use super::{apply, common, outcomes};

pub(crate) fn run(args: &RollbackArgs) -> Result<ExitCode, Failure> {
    let document = RollbackDocument::read(&args.file)?;
    let client = common::client(&args.connect)?;
    let options = RollbackOptions {
        out_of_range: args.out_of_range.into(),
        allow_other_cluster: args.allow_other_cluster,
        allow_topic_recreated: args.allow_topic_recreated,
    };
    let groups = rollback::look(&client, &document, options)?;
    let refused = groups
        .iter()
        .any(|g| !g.refusals.is_empty() || g.steps.iter().any(|s| matches!(s.verdict, Verdict::Refuse(_))));
    let mut outcomes = Vec::new();
    if args.execute {
        let path = apply::log_beside(&args.file);
        let log = RequestLog::open(&path, common::now_ms).map_err(|e| Failure::because(path.display(), e))?;
        outcomes = rollback::execute(&client, &document, &groups, options, &log, &Bar::default());
    }
    let done = outcomes.iter().all(GroupOutcome::is_done);
    if args.json {
        let form = RollbackForm {
            groups: groups.iter().map(StepsForm::from).collect(),
            outcomes: outcomes.iter().map(OutcomeForm::from).collect(),
        };
        told(args.execute, &json(&form)?)?;
    } else {
        let mut text = String::new();
        if !args.execute {
            text.push_str("PLAN ONLY, nothing is changed.\n");
        }
        groups.iter().for_each(|g| text.push_str(&shown(g)));
        text.push('\n');
        if args.execute {
            text.push_str(&outcomes::text(&outcomes, "taken back"));
        }
        text.push_str(match (args.execute, refused, done) {
            (true, _, true) => last_line(&groups, &outcomes),
            (true, _, false) => "NOT EVERYTHING WAS TAKEN BACK, see above.\n",
            (false, false, _) => "To go back, add --execute.\n",
            (false, true, _) => "What is refused stays as it is. To take back the rest, add --execute.\n",
        });
        told(args.execute, &text)?;
    }
    let as_wanted = if args.execute { done } else { !refused };
    Ok(if as_wanted { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Everything is as the operator decided; whether it's as before depends on what that was.
fn last_line(groups: &[GroupSteps], outcomes: &[GroupOutcome]) -> &'static str {
    let left = outcomes.iter().flat_map(|g| &g.partitions).any(|(_, o)| matches!(o, Outcome::Left(_)));
    let moved =
        groups.iter().flat_map(|g| &g.steps).flat_map(|s| &s.warnings).any(|w| w.code == "out-of-range");
    match (left, moved) {
        (false, false) => "DONE: the groups have again what they had before.\n",
        (true, _) => {
            "DONE as told, but some offsets are left as they were written (see above): the\ngroups don't have all again that they had before.\n"
        }
        (false, true) => {
            "DONE as told, but some old offsets were outside the log and were moved to its\nnearest end (see above): the groups don't have exactly what they had before.\n"
        }
    }
}

fn now(step: &Step) -> String {
    match &step.present {
        Ok(Some(offset)) => grouped(offset.offset),
        Ok(None) => "none".to_owned(),
        Err(ErrorCode::NOT_ASKED) => "-".to_owned(),
        Err(code) => format!("error {}", code.0),
    }
}

fn shown(group: &GroupSteps) -> String {
    let mut text = format!("\n{}\n", escaped(group.group_id.as_bytes()));
    for refusal in &group.refusals {
        text.push_str(&wrapped(&format!("REFUSED: {} [{}]", refusal.text, refusal.code), 2, 4));
    }
    let mut topics: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in &group.steps {
        topics.entry(&step.partition.topic).or_default().push(step);
    }
    for (topic, steps) in topics {
        text.push_str(&format!("  topic {}\n", escaped(topic.as_bytes())));
        let mut rows = vec![["verdict", "part", "now", "back to"].map(str::to_owned)];
        rows.extend(steps.iter().map(|step| row(step)));
        text.push_str(&table(&rows, 2));
        for step in steps {
            let reason = step.verdict.reason().map(|r| format!("{} [{}]", r.text, r.code));
            for sentence in reason
                .into_iter()
                .chain(step.warnings.iter().map(|w| format!("note: {} [{}]", w.text, w.code)))
            {
                text.push_str(&wrapped(&format!("part {}: {sentence}", step.partition.partition), 4, 6));
            }
        }
    }
    text
}

fn row(step: &Step) -> [String; 4] {
    let verdict = match &step.verdict {
        Verdict::Refuse(_) => "REFUSE",
        _ => step.word(),
    };
    let back = step.restore.as_ref().map_or_else(|| "none".to_owned(), |o| grouped(o.offset));
    [verdict.to_owned(), step.partition.partition.to_string(), now(step), back]
}
