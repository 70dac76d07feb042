//! `rollback`: shows the way back, and takes it with `--execute`.

use std::fmt::Write as _;
use std::process::ExitCode;

use lastwrites_seeker::apply::{GroupOutcome, RequestLog, RollbackDocument};
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
        let mut text: String = groups.iter().map(shown).collect();
        if args.execute {
            text.push_str(&outcomes::text(&outcomes));
        } else {
            text.push_str("nothing was changed; --execute goes back\n");
        }
        out(&text)?;
    }
    let done = outcomes.iter().all(GroupOutcome::is_done);
    Ok(if refused || !done { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn now(step: &Step) -> String {
    match &step.present {
        Ok(Some(offset)) => offset.offset.to_string(),
        Ok(None) => "none".to_owned(),
        Err(code) => code.to_string(),
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
    let mut text = format!("{}\n", escaped(group.group_id.as_bytes()));
    for refusal in &group.refusals {
        let _ = writeln!(text, "  REFUSE  {}", refusal.text);
    }
    for step in &group.steps {
        let back = step.restore.as_ref().map_or_else(|| "none".to_owned(), |o| o.offset.to_string());
        let reason = step.verdict.reason().map(|r| r.text.as_str()).unwrap_or_default();
        let topic = escaped(step.partition.topic.as_bytes());
        let _ = writeln!(
            text,
            "  {topic} {}  now {}  back to {back}  {} {reason}",
            step.partition.partition,
            now(step),
            word(step)
        );
        for warning in &step.warnings {
            let _ = writeln!(text, "      note: {}", warning.text);
        }
    }
    text
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
