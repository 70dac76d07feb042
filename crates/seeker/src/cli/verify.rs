//! `verify`: once, or again and again.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use lastwrites_recovered_offsets::Document;
use lastwrites_seeker::apply::{ROLLBACK_FORMAT, RollbackDocument};
use lastwrites_seeker::client::Partition;
use lastwrites_seeker::layout::{counted, grouped, table};
use lastwrites_seeker::verify::{self, Compared, Expected};
use lastwrites_types::escaped;
use serde_json::{Value, json};

use super::args::VerifyArgs;
use super::common;
use super::failure::Failure;
use super::output::{note, out};

pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let expected = expected(args)?;
    let client = common::client(&args.connect)?;
    let mut seen: BTreeMap<(String, Partition), String> = BTreeMap::new();
    let mut looks = 0u64;
    loop {
        let look = verify::compare(&client, &expected);
        if !args.watch {
            let groups = look?;
            out(&if args.json { format!("{:#}\n", Value::from(values(&groups))) } else { text(&groups) })?;
            return Ok(if all_same(&groups) { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        looks += 1;
        let last = args.looks.is_some_and(|limit| looks >= limit);
        match look {
            Ok(groups) => {
                changes(&groups, &mut seen, args.json)?;
                if last {
                    return Ok(if all_same(&groups) { ExitCode::SUCCESS } else { ExitCode::from(1) });
                }
            }
            Err(e) if last => return Err(e.into()),
            // Whoever watches an incident wants to go on watching when a broker restarts.
            Err(e) => note(&format!("{:.0}  couldn't look: {e}", jiff::Timestamp::now())),
        }
        std::thread::sleep(Duration::from_secs(args.every));
    }
}

fn all_same(groups: &[(String, Vec<Compared>)]) -> bool {
    groups.iter().flat_map(|(_, list)| list).all(|c| c.word() == "same")
}

/// Prints what is new since the last look.
fn changes(
    groups: &[(String, Vec<Compared>)],
    seen: &mut BTreeMap<(String, Partition), String>,
    json: bool,
) -> Result<(), Failure> {
    for (group, list) in groups {
        for compared in list {
            let line = line(compared);
            let key = (group.clone(), compared.partition.clone());
            if seen.insert(key, line.clone()).as_ref() != Some(&line) {
                out(&if json {
                    format!("{}\n", value(group, compared))
                } else {
                    format!("{:.0}  {}  {line}\n", jiff::Timestamp::now(), escaped(group.as_bytes()))
                })?;
            }
        }
    }
    Ok(())
}

fn expected(args: &VerifyArgs) -> Result<Vec<Expected>, Failure> {
    let text = common::bytes(&args.file)?;
    let format = serde_json::from_slice::<Value>(&text).ok();
    let format = format.as_ref().and_then(|v| v.get("format")).and_then(Value::as_str);
    if format == Some(ROLLBACK_FORMAT) {
        return Ok(verify::expected_of_rollback(&RollbackDocument::read(&args.file)?));
    }
    let document = Document::from_json(&text).map_err(|e| Failure::because(args.file.display(), e))?;
    Ok(verify::expected_of_document(&document, &args.choice.options())?)
}

fn line(c: &Compared) -> String {
    let now = present(c);
    let topic = escaped(c.partition.topic.as_bytes());
    format!("{topic} {}  written {}  now {now}  {}", c.partition.partition, c.expected, c.word())
}

fn text(groups: &[(String, Vec<Compared>)]) -> String {
    let mut text = String::new();
    let (mut all, mut differ) = (0usize, 0usize);
    for (group, list) in groups {
        text.push_str(&format!("{}\n", escaped(group.as_bytes())));
        let mut topics: BTreeMap<&str, Vec<&Compared>> = BTreeMap::new();
        for compared in list {
            topics.entry(&compared.partition.topic).or_default().push(compared);
        }
        for (topic, list) in topics {
            text.push_str(&format!("  topic {}\n", escaped(topic.as_bytes())));
            let mut rows = vec![["verdict", "part", "written", "now"].map(str::to_owned)];
            rows.extend(list.iter().map(|c| {
                [c.word().to_owned(), c.partition.partition.to_string(), grouped(c.expected), present(c)]
            }));
            text.push_str(&table(&rows, 2));
        }
        all += list.len();
        differ += list.iter().filter(|c| c.word() != "same").count();
    }
    text.push_str(&match differ {
        0 => format!("\nall {} as written\n", counted(all, "offset")),
        _ => format!("\n{differ} of {} not as written\n{MEANING}", counted(all, "offset")),
    });
    text
}

const MEANING: &str = "moved on: a consumer has committed since (what one should do)
moved back: someone reset the group, or a consumer started elsewhere
gone: deleted or expired; a consumer would start by its auto.offset.reset
";

fn present(c: &Compared) -> String {
    match &c.present {
        Ok(Some(now)) => grouped(now.offset),
        Ok(None) => "none".to_owned(),
        Err(code) => code.to_string(),
    }
}

fn values(groups: &[(String, Vec<Compared>)]) -> Vec<Value> {
    groups.iter().flat_map(|(group, list)| list.iter().map(move |c| value(group, c))).collect()
}

fn value(group: &str, c: &Compared) -> Value {
    json!({
        "group_id": group,
        "topic": c.partition.topic,
        "partition": c.partition.partition,
        "written": c.expected,
        "present": c.present.as_ref().ok().and_then(Option::as_ref).map(|o| o.offset),
        "verdict": c.word(),
    })
}
