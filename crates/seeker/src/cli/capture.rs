//! `capture`: what came, what didn't and why, and what can't come this way.

use std::process::ExitCode;

use lastwrites_seeker::capture::{self, CopyFacts, FILE_NAME, NEVER, Outcome, State};
use lastwrites_seeker::json::CaptureForm;
use lastwrites_seeker::layout::{counted, grouped, table, wrapped};

use super::args::CaptureArgs;
use super::common::{self, shell_word};
use super::failure::Failure;
use super::output::{json, out};
use super::progress::OffsetsBar;

pub(crate) fn run(args: &CaptureArgs) -> Result<ExitCode, Failure> {
    let client = common::client(&args.connect)?;
    let bar = OffsetsBar::new();
    let outcome = capture::run(&client, &args.wanted()?, &args.out, common::now_ms, &bar);
    bar.clear();
    let outcome = outcome?;
    let folder = args.out.display().to_string();
    out(&if args.json { json(&CaptureForm::new(folder, &outcome))? } else { text(args, &outcome) })?;
    Ok(if outcome.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn text(args: &CaptureArgs, outcome: &Outcome) -> String {
    let mut rows =
        vec![["partition", "broker", "role", "from", "to", "batches", "bytes", "copy"].map(str::to_owned)];
    rows.extend(outcome.copies.iter().map(|copy| row(outcome, copy)));
    let mut text = table(&rows, 0);
    for copy in outcome.copies.iter() {
        for sentence in sentences(copy) {
            text.push_str(&wrapped(&sentence, 2, 4));
        }
    }
    for sentence in &outcome.nobody {
        text.push_str(&wrapped(sentence, 2, 4));
    }
    let whole = outcome.copies.iter().filter(|copy| copy.state == State::Whole).count();
    let bytes = outcome.copies.iter().fold(0u64, |all, copy| all.saturating_add(copy.bytes));
    let folder = args.out.display();
    text.push_str(&format!(
        "\n{whole} of {} whole, {} bytes in {folder} ({FILE_NAME} says what it is)\n",
        counted(outcome.copies.len(), "log"),
        number(bytes),
    ));
    text.push_str(&wrapped(
        &format!("Not in a capture, because Fetch doesn't serve it: {}.", NEVER.join(", ")),
        0,
        0,
    ));
    let examine = format!("lastwrites examine {}\n", shell_word(&folder.to_string()));
    if outcome.is_whole() {
        text.push_str(&format!("Then: {examine}"));
    } else {
        text.push_str(
            "NOT WHOLE: the same command goes on. Offsets in a partial copy may be older than what was committed,\n\
             or deleted since; lastwrites warns of it (LW112). When all is whole: ",
        );
        text.push_str(&examine);
    }
    text
}

fn row(outcome: &Outcome, copy: &CopyFacts) -> [String; 8] {
    let of_copy = outcome.partitions.iter().find(|p| p.partition == copy.partition);
    let role = match of_copy.map(|p| (p.leader == Some(copy.broker_id), p.in_sync.contains(&copy.broker_id)))
    {
        Some((true, _)) => "leader",
        Some((_, true)) => "in sync",
        _ => "behind",
    };
    let offset = |offset: Option<i64>| offset.map_or_else(|| "?".to_owned(), grouped);
    [
        format!("{}-{}", copy.topic, copy.partition),
        copy.broker_id.to_string(),
        role.to_owned(),
        offset(copy.log_start_offset),
        offset(copy.captured_to),
        number(copy.batches),
        number(copy.bytes),
        if copy.state == State::Whole { "whole" } else { "PARTIAL" }.to_owned(),
    ]
}

fn sentences(copy: &CopyFacts) -> Vec<String> {
    let mut sentences = Vec::new();
    let name = format!("{}-{} of broker {}", copy.topic, copy.partition, copy.broker_id);
    if let Some(why) = &copy.why {
        sentences.push(format!("{name}: {why}"));
    }
    if let Some((mark, end)) = copy.high_watermark.zip(copy.log_end_offset).filter(|(mark, end)| mark < end) {
        sentences.push(format!(
            "{name}: its log goes on to {}, above its high watermark {}, and can't be fetched from there on",
            grouped(end),
            grouped(mark)
        ));
    }
    if copy.wrong_checksums > 0 {
        sentences.push(format!(
            "{name}: batches with a wrong checksum: {}, kept as the broker sent them; where the copy goes on and ends \
             was taken from the others and from the high watermark",
            number(copy.wrong_checksums),
        ));
    }
    for gone in &copy.gone {
        sentences.push(format!(
            "{name}: offsets {} to {} were deleted before they could be fetched",
            grouped(gone.from),
            grouped(gone.to.saturating_sub(1)),
        ));
    }
    for earlier in &copy.earlier {
        sentences.push(format!(
            "{name}: the broker rewrote its log since some of it had been copied; that is kept in {earlier}, as partial, for what \
             the cleaner took. Give that folder alone to see what was there then"
        ));
    }
    if copy.other_bytes > 0 {
        sentences
            .push(format!("{name}: {} bytes between batches are none; kept as they came", copy.other_bytes));
    }
    sentences
}

fn number(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}
