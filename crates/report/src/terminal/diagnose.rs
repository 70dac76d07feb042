//! `diagnose` on a terminal: a screen a copy, the verdicts first, then why, then what helps.

use lastwrites_coordinator::load::Verdict;
use lastwrites_evidence::ViewKind;

use super::findings::{findings, wrapped};
use super::number::{counted, grouped};
use crate::diagnose::{
    Diagnosis, Incident, PartitionDiagnosis, Race, ReleaseVerdict, failing_record, proof, remedy, runs, span,
};
use crate::findings::Severity;
use crate::model::CopyReport;

/// Incidents told in full; the rest is named.
const TOLD: usize = 3;
/// Columns of a story's labels.
const LABEL_WIDTH: usize = 14;
/// Races listed.
const RACES_SHOWN: usize = 6;

/// Every copy with its verdicts, then the findings.
#[must_use]
pub fn diagnose(diagnosis: &Diagnosis) -> String {
    let mut out = String::new();
    for (copy, partition) in diagnosis.copies.iter().zip(&diagnosis.partitions) {
        out.push_str(&heading(copy));
        out.push_str(&views(partition));
        out.push_str(&races(&partition.races));
        let told: Vec<_> =
            partition.incidents.iter().filter(|incident| incident.severity.is_some()).collect();
        for incident in told.iter().take(TOLD) {
            out.push_str(&story(incident));
        }
        let more = told.len().saturating_sub(TOLD);
        if more > 0 {
            out.push_str(&format!(
                "\n  ... and {} (--json has all)\n",
                counted(more, "more failing record", "more failing records")
            ));
        }
        out.push('\n');
    }
    // What the copies' stories have told is not told again.
    for finding in diagnosis.findings.iter().filter(|finding| !finding.of_verdict) {
        out.push_str(&findings(std::slice::from_ref(finding), 1));
        // Settings stand in the finding's own lines.
        let remedy = finding.remedy.iter().filter(|line| !line.starts_with("look at: "));
        if !finding.proof.is_empty() {
            finding.proof.iter().chain(remedy).for_each(|line| out.push_str(&wrapped(line, 4, 6)));
        }
    }
    out
}

fn heading(copy: &CopyReport) -> String {
    let partition = copy.partition.map_or_else(|| "?".to_owned(), |partition| partition.to_string());
    let broker = copy.broker_id.map_or_else(String::new, |broker| format!("broker {broker}, "));
    let records: u64 = copy.files.iter().map(|file| file.records).sum();
    let cleaned = copy.first_dirty_offset.map_or_else(String::new, |dirty| format!(", cleaned to {dirty}"));
    let text = format!(
        "__consumer_offsets-{partition}   {broker}{} in {}, log end {}{cleaned}",
        counted(usize::try_from(records).unwrap_or(usize::MAX), "record", "records"),
        counted(copy.files.len(), "segment", "segments"),
        copy.log_end_offset.map_or_else(|| "unknown".to_owned(), grouped),
    );
    wrapped(&text, 0, 2) + &format!("  {}\n", copy.path)
}

fn views(partition: &PartitionDiagnosis) -> String {
    let of = |view| partition.verdicts.iter().filter(move |verdict| verdict.view == view);
    let mut out = String::new();
    if partition.extent.is_text {
        out.push_str("\n  no verdict: text can't tell whether a coordinator would load the log\n");
    }
    for (view, title) in [
        (ViewKind::AsFound, "as the files lie"),
        (ViewKind::AsLoaded, "after a broker's own start on it"),
        (ViewKind::BeforeCompaction, "before compaction (.deleted originals in place)"),
        (ViewKind::Merged, "merged with the other copies"),
    ] {
        let verdicts: Vec<&ReleaseVerdict> = of(view).collect();
        if verdicts.is_empty() {
            continue;
        }
        let same = view != ViewKind::AsFound
            && verdicts.iter().copied().map(outcome).eq(of(ViewKind::AsFound).map(outcome));
        let cut = partition.start_cut.filter(|_| view == ViewKind::AsLoaded);
        let cut = cut.map_or_else(String::new, |cut| wrapped(&format!("{} (LW121)", cut.told()), 4, 4));
        if same {
            let what =
                if cut.is_empty() { "the same" } else { "the same verdicts, but not the same offsets" };
            out.push_str(&format!("\n  {title}: {what}\n{cut}"));
            continue;
        }
        out.push_str(&format!("\n  {title}\n{cut}"));
        for coordinator in ["old", "new"] {
            let verdicts = verdicts.iter().copied().filter(|verdict| verdict.coordinator == coordinator);
            let mut last_error: Option<&str> = None;
            for run in runs(verdicts, outcome_key) {
                let Some(first) = run.first() else { continue };
                let error = first.error.as_deref().filter(|_| !first.is_loaded());
                let text = match error {
                    Some(error) if last_error == Some(error) => format!("{}: the same", said(first)),
                    Some(error) => format!("{}: {error}", said(first)),
                    None => said(first),
                };
                last_error = error.or(last_error);
                let releases = format!("    {:<15}  {coordinator}  ", span(&run));
                let indent = releases.len();
                let lines = wrapped(&text, indent, indent);
                out.push_str(&releases);
                out.push_str(lines.get(indent..).unwrap_or_default());
            }
        }
    }
    out
}

type Outcome<'v> = (Verdict, Option<i64>, Option<&'v str>);

fn outcome(verdict: &ReleaseVerdict) -> Outcome<'_> {
    (verdict.verdict, verdict.offset, verdict.error.as_deref())
}

fn outcome_key(verdict: &ReleaseVerdict) -> (Verdict, Option<i64>, Option<String>) {
    (verdict.verdict, verdict.offset, verdict.error.clone())
}

fn said(verdict: &ReleaseVerdict) -> String {
    let at = verdict
        .offset
        .map_or_else(|| " after the last record".to_owned(), |at| format!(" at {}", grouped(at)));
    match verdict.verdict {
        Verdict::Loads => "loads".to_owned(),
        Verdict::LoadsWithWarnings => "loads, and skips records it doesn't know".to_owned(),
        Verdict::Fails => format!("FAILS{at}"),
        Verdict::LoadsEmpty if verdict.groups_served => format!("loads, with an exception{at}"),
        Verdict::LoadsEmpty => format!("LOADS EMPTY{at}"),
    }
}

fn races(races: &[Race]) -> String {
    if races.is_empty() {
        return String::new();
    }
    let mut out = "\n  races with the cleaner (the log at rest loads on these releases)\n".to_owned();
    // One line a window; releases that lose it together stand together.
    let mut lines: Vec<(&Race, Vec<String>)> = Vec::new();
    for race in races {
        let same = |other: &Race| {
            (&other.group_id, other.view, other.loader_at, other.cleaned_to, other.offset, &other.error)
                == (&race.group_id, race.view, race.loader_at, race.cleaned_to, race.offset, &race.error)
        };
        match lines.iter_mut().find(|(other, _)| same(other)) {
            Some((_, releases)) => releases.push(race.kafka.to_string()),
            None => lines.push((race, vec![race.kafka.to_string()])),
        }
        // Enough to show what there is to show; the rest is counted.
        if lines.len() > RACES_SHOWN {
            break;
        }
    }
    for (race, releases) in lines.iter().take(RACES_SHOWN) {
        let text = format!(
            "{}{}: loader at {}, cleaned to {}: fails at {} on {}: {}",
            race.group_id,
            if race.view == ViewKind::BeforeCompaction { ", in the cleaner's last pass" } else { "" },
            grouped(race.loader_at),
            grouped(race.cleaned_to),
            grouped(race.offset),
            releases.join(", "),
            race.error
        );
        out.push_str(&wrapped(&text, 4, 6));
    }
    if lines.len() > RACES_SHOWN {
        out.push_str("    ... and more (--json has all)\n");
    }
    out
}

/// Why one record fails, what shows it, what helps.
fn story(incident: &Incident) -> String {
    let severity = match incident.severity {
        Some(Severity::Error) => "ERROR",
        Some(Severity::Warning) => "WARNING",
        Some(Severity::Note) | None => "note",
    };
    let does = if incident.verdict == "loads-empty" { "loads empty on" } else { "fails on" };
    let head = format!(
        "{severity} {} {}: {does} {} at {}",
        incident.code,
        incident.code.title(),
        incident.fails_on,
        failing_record(incident)
    );
    let mut out = String::from("\n") + &wrapped(&head, 2, 4);
    for (label, text) in proof(incident).into_iter().chain(remedy(incident)) {
        let lines = wrapped(&text, LABEL_WIDTH, LABEL_WIDTH);
        let label = format!("    {label}");
        out.push_str(&format!("{label:<LABEL_WIDTH$}"));
        out.push_str(lines.get(LABEL_WIDTH..).unwrap_or_default());
    }
    out
}
