//! `verify`: once, or again and again.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use lastwrites_recovered_offsets::Document;
use lastwrites_seeker::apply::{ROLLBACK_FORMAT, RollbackDocument};
use lastwrites_seeker::client::Partition;
use lastwrites_seeker::json::ComparedForm;
use lastwrites_seeker::layout::{counted, grouped, table, wrapped};
use lastwrites_seeker::verify::{self, Compared, ComparedGroup, Expected};
use lastwrites_types::escaped;
use serde_json::Value;

use super::args::VerifyArgs;
use super::common;
use super::failure::Failure;
use super::output::{json, note, out};
use super::progress::Bar;

pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let expected = expected(args)?;
    let client = common::client(&args.connect)?;
    let bar = Bar::default();
    let mut seen: BTreeMap<(String, Option<Partition>), String> = BTreeMap::new();
    let mut looks = 0u64;
    loop {
        let look = verify::compare(&client, &expected, &bar)
            .map_err(Failure::from)
            .and_then(|(cluster, groups)| same_cluster(args, &expected, cluster).map(|()| groups));
        if !args.watch {
            let groups = look?;
            out(&if args.json { json(&forms(&groups))? } else { text(&groups) })?;
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
            Err(e) if last => return Err(e),
            // Whoever watches an incident wants to go on watching when a broker restarts.
            Err(e) => note(&format!("{:.0}  couldn't look: {e}", jiff::Timestamp::now())),
        }
        std::thread::sleep(Duration::from_secs(args.every));
    }
}

fn all_same(groups: &[ComparedGroup]) -> bool {
    groups.iter().all(ComparedGroup::is_same)
}

fn same_cluster(args: &VerifyArgs, expected: &Expected, now: Option<String>) -> Result<(), Failure> {
    match (&expected.cluster_id, now) {
        (Some(then), Some(now)) if *then != now && !args.allow_other_cluster => Err(Failure(format!(
            "the file is from cluster {then}, this is {now}; --allow-other-cluster compares all the same"
        ))),
        _ => Ok(()),
    }
}

/// Prints what is new since the last look.
fn changes(
    groups: &[ComparedGroup],
    seen: &mut BTreeMap<(String, Option<Partition>), String>,
    json: bool,
) -> Result<(), Failure> {
    for group in groups {
        let group_id = &group.group_id;
        let mut told = |partition: Option<Partition>, line: String, form: ComparedForm| {
            if seen.insert((group_id.clone(), partition), line.clone()).as_ref() == Some(&line) {
                return Ok(());
            }
            out(&if json {
                serde_json::to_string(&form)? + "\n"
            } else {
                format!("{:.0}  {}  {line}\n", jiff::Timestamp::now(), escaped(group_id.as_bytes()))
            })
        };
        match &group.partitions {
            // A coordinator that moves for a moment doesn't make its groups' offsets news when it's back.
            Err(failed) => {
                told(
                    None,
                    format!("couldn't look: {}", failed.text),
                    ComparedForm::unread(group, &failed.text),
                )?;
            }
            Ok(list) => {
                for compared in list {
                    told(Some(compared.partition.clone()), line(compared), form(group, compared))?;
                }
            }
        }
    }
    Ok(())
}

fn expected(args: &VerifyArgs) -> Result<Expected, Failure> {
    let text = common::bytes(&args.file)?;
    let format = serde_json::from_slice::<Value>(&text).ok();
    let format = format.as_ref().and_then(|v| v.get("format")).and_then(Value::as_str);
    if format == Some(ROLLBACK_FORMAT) {
        return Ok(verify::expected_of_rollback(&RollbackDocument::read(&args.file)?));
    }
    let document = Document::from_json(&text).map_err(|e| Failure::because(args.file.display(), e))?;
    Ok(verify::expected_of_document(&document, &args.choice.options()?)?)
}

fn line(c: &Compared) -> String {
    let now = present(c);
    let topic = escaped(c.partition.topic.as_bytes());
    format!("{topic} {}  written {}  now {now}  {}", c.partition.partition, c.expected.offset, c.word())
}

fn text(groups: &[ComparedGroup]) -> String {
    let mut text = String::new();
    let (mut all, mut differ, mut unread) = (0usize, 0usize, 0usize);
    for ComparedGroup { group_id, partitions } in groups {
        text.push_str(&format!("{}\n", escaped(group_id.as_bytes())));
        let list = match partitions {
            Ok(list) => list,
            Err(failed) => {
                unread += 1;
                text.push_str(&wrapped(&format!("couldn't look: {}", failed.text), 2, 4));
                continue;
            }
        };
        let mut topics: BTreeMap<&str, Vec<&Compared>> = BTreeMap::new();
        for compared in list {
            topics.entry(&compared.partition.topic).or_default().push(compared);
        }
        for (topic, list) in topics {
            text.push_str(&format!("  topic {}\n", escaped(topic.as_bytes())));
            let mut rows = vec![["verdict", "part", "written", "now"].map(str::to_owned)];
            rows.extend(list.iter().map(|c| {
                [
                    c.word().to_owned(),
                    c.partition.partition.to_string(),
                    grouped(c.expected.offset),
                    present(c),
                ]
            }));
            text.push_str(&table(&rows, 2));
            for c in list.iter().filter(|c| c.word() == "changed") {
                text.push_str(&wrapped(&format!("part {}: {}", c.partition.partition, difference(c)), 4, 6));
            }
        }
        all += list.len();
        differ += list.iter().filter(|c| c.word() != "same").count();
    }
    text.push_str(&match (differ, unread) {
        (0, 0) => format!("\nall {} as written\n", counted(all, "offset")),
        (0, _) => format!("\nthe other {} as written\n", counted(all, "offset")),
        _ => format!("\n{differ} of {} not as written\n{MEANING}", counted(all, "offset")),
    });
    if unread > 0 {
        text.push_str(&format!("{} couldn't be read\n", counted(unread, "group")));
    }
    text
}

/// The same offset, but not the same commit.
fn difference(c: &Compared) -> String {
    let epoch = |e: Option<i32>| e.unwrap_or(-1);
    let Ok(Some(now)) = &c.present else { return String::new() };
    let mut parts = Vec::new();
    if now.leader_epoch != c.expected.leader_epoch {
        parts.push(format!(
            "leader epoch {} was written, now {}",
            epoch(c.expected.leader_epoch),
            epoch(now.leader_epoch)
        ));
    }
    if now.metadata != c.expected.metadata {
        let quoted = |text: &str| format!("\"{}\"", escaped(text.as_bytes()));
        parts.push(format!(
            "metadata {} was written, now {}",
            quoted(&c.expected.metadata),
            quoted(&now.metadata)
        ));
    }
    parts.join("; ")
}

const MEANING: &str = "changed: the same offset, but committed by someone else
moved on: a consumer has committed since (what one should do)
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

fn forms(groups: &[ComparedGroup]) -> Vec<ComparedForm> {
    let mut forms = Vec::new();
    for group in groups {
        match &group.partitions {
            Ok(list) => forms.extend(list.iter().map(|c| form(group, c))),
            Err(failed) => forms.push(ComparedForm::unread(group, &failed.text)),
        }
    }
    forms
}

fn form(group: &ComparedGroup, c: &Compared) -> ComparedForm {
    ComparedForm::read(&group.group_id, c, (c.word() == "changed").then(|| difference(c)))
}
