//! `rollback`: shows the way back, and takes it with `--execute`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use lastwrites_seeker::apply::{GroupOutcome, RequestLog, RollbackDocument};
use lastwrites_seeker::layout::{grouped, table, wrapped};
use lastwrites_seeker::plan::Verdict;
use lastwrites_seeker::rollback::{self, GroupSteps, RollbackOptions, Step};
use lastwrites_types::escaped;
use serde_json::{Value, json};

use super::args::RollbackArgs;
use super::failure::Failure;
use super::output::out;
use super::{apply, common, outcomes};

pub(crate) fn run(args: &RollbackArgs) -> Result<ExitCode, Failure> {
    let document = RollbackDocument::read(&args.file)?;
    let client = common::client(&args.connect)?;
    let options = RollbackOptions {
        out_of_range: args.out_of_range.into(),
        allow_other_cluster: args.allow_other_cluster,
    };
    let groups = rollback::look(&client, &document, options)?;
    let refused = groups
        .iter()
        .any(|g| !g.refusals.is_empty() || g.steps.iter().any(|s| matches!(s.verdict, Verdict::Refuse(_))));
    let mut outcomes = Vec::new();
    if args.execute {
        let path = apply::log_beside(&args.file);
        let log = RequestLog::open(&path, common::now_ms).map_err(|e| Failure::because(path.display(), e))?;
        outcomes = rollback::execute(&client, &document, options, &log);
    }
    if args.json {
        let value = json!({"groups": groups.iter().map(group).collect::<Vec<_>>(), "outcomes": outcomes::value(&outcomes)});
        out(&format!("{value:#}\n"))?;
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
        let done = outcomes.iter().all(GroupOutcome::is_done);
        text.push_str(match (args.execute, refused || !done) {
            (true, false) => "DONE: the groups have again what they had before.\n",
            (true, true) => "NOT EVERYTHING WAS TAKEN BACK, see above.\n",
            (false, false) => "To go back, add --execute.\n",
            (false, true) => "What is refused stays as it is. To take back the rest, add --execute.\n",
        });
        out(&text)?;
    }
    let done = outcomes.iter().all(GroupOutcome::is_done);
    Ok(if refused || !done { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn now(step: &Step) -> String {
    match &step.present {
        Ok(Some(offset)) => grouped(offset.offset),
        Ok(None) => "none".to_owned(),
        Err(code) => format!("error {}", code.0),
    }
}

fn word(step: &Step) -> &'static str {
    match (&step.verdict, &step.restore) {
        (Verdict::Commit, Some(_)) => "restore",
        (Verdict::Commit, None) => "delete",
        (verdict, _) => verdict.word(),
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
        _ => word(step),
    };
    let back = step.restore.as_ref().map_or_else(|| "none".to_owned(), |o| grouped(o.offset));
    [verdict.to_owned(), step.partition.partition.to_string(), now(step), back]
}

fn group(group: &GroupSteps) -> Value {
    let steps: Vec<Value> = group
        .steps
        .iter()
        .map(|s| {
            json!({
                "topic": s.partition.topic,
                "partition": s.partition.partition,
                "present": s.present.as_ref().ok().and_then(Option::as_ref).map(|o| o.offset),
                "restore": s.restore.as_ref().map(|o| o.offset),
                "verdict": word(s),
                "reason": s.verdict.reason().map(|r| json!({"code": r.code, "text": r.text})),
            })
        })
        .collect();
    let refusals: Vec<Value> =
        group.refusals.iter().map(|r| json!({"code": r.code, "text": r.text})).collect();
    json!({"group_id": group.group_id, "refusals": refusals, "partitions": steps})
}
