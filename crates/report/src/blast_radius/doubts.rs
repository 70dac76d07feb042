//! What makes the list of groups too long or too short: copies that are out of date, torn, damaged or forked.

use std::collections::BTreeSet;
use std::path::Path;

use lastwrites_types::ByteText;

use crate::findings::{Code, Finding, Severity};
use crate::merge::Role;
use crate::model::{CopyReport, Report};
use crate::terminal::counted;

/// The report's findings that say so of a copy of an offsets partition.
pub(super) fn of_copies(report: &Report) -> impl Iterator<Item = &Finding> {
    let told = |finding: &&Finding| {
        let copy = |copy: &CopyReport| is_of(finding, copy);
        finding.severity != Severity::Note
            && finding.code.doubts_a_copy()
            && (finding.file.is_none() || report.copies.iter().any(copy))
    };
    report.findings.iter().filter(told)
}

/// No copy of the partition is whole and up to date: groups may be missing.
pub(super) fn may_lack_groups(report: &Report, partition: i32) -> bool {
    let damaged =
        |copy: &CopyReport| copy.files.iter().any(|file| file.kind == "log" && file.damaged_bytes > 0);
    let torn = |copy: &CopyReport| is_told(report, copy, &[Code::TornCopy, Code::NothingDecoded]);
    all_that_answer(report, partition, |copy| damaged(copy) || torn(copy))
        || is_out_of_date(report, partition)
}

/// Every copy that answers for the partition is of an earlier time than the cluster.
pub(super) fn is_out_of_date(report: &Report, partition: i32) -> bool {
    all_that_answer(report, partition, |copy| is_told(report, copy, &[Code::ReplicaBehind]))
}

/// What a list is worth that lacks groups: of a copy that is `out_of_date` (LW311), of a `moment` before which records are
/// missing (LW405), or of copies that lack records.
pub(crate) const fn not_all_groups(out_of_date: bool, moment: bool) -> &'static str {
    match (out_of_date, moment) {
        (true, _) => {
            "not every copy here is up to date (LW311): this is the list of that copy's moment, groups in it may be gone \
             since, and later groups and topics are missing"
        }
        (false, true) => "records before that moment are missing: there may have been more groups and topics",
        (false, false) => "records are missing from the copies: there may be more groups and topics",
    }
}

/// What no partition does; the codes of warnings tell where one does all the same.
pub(crate) fn fails_to_load(warnings: impl Iterator<Item = Code>) -> String {
    let codes: BTreeSet<Code> = warnings.filter(|code| code.is_load_failure()).collect();
    let codes: Vec<&str> = codes.into_iter().map(Code::as_str).collect();
    match codes.len() {
        0 => "fails to load".to_owned(),
        1 => format!("is stopped everywhere ({} tells where a load fails)", codes.join("")),
        _ => format!("is stopped everywhere ({} tell where a load fails)", codes.join(", ")),
    }
}

/// Groups that only a forked copy's records know; one finding a partition.
pub(super) fn only_on_forks(forked: &[(ByteText, Option<i32>)]) -> Vec<Finding> {
    let mut partitions: Vec<Option<i32>> = forked.iter().map(|(_, partition)| *partition).collect();
    partitions.sort_unstable();
    partitions.dedup();
    let finding = |partition: Option<i32>| {
        let here = forked.iter().filter(|(_, found_in)| *found_in == partition);
        let names: Vec<String> = here.map(|(id, _)| id.to_string()).collect();
        let message = format!(
            "{} offsets only where a copy's log went on alone, and the cluster went on without: not in the list of \
             those hit",
            if names.len() == 1 {
                "1 group has".to_owned()
            } else {
                counted(names.len(), "group", "groups") + " have"
            }
        );
        Finding::new(Code::ReplicaForked, message).in_partition(partition).shown_by(vec![names.join(", ")])
    };
    partitions.into_iter().map(finding).collect()
}

fn all_that_answer(report: &Report, partition: i32, doubtful: impl Fn(&CopyReport) -> bool) -> bool {
    let sets = report.partitions.iter().filter(|set| set.partition == Some(partition));
    let answering = sets
        .flat_map(|set| &set.replicas)
        .filter(|replica| matches!(replica.role, Role::Reference | Role::InSync))
        .filter_map(|replica| report.copies.get(replica.copy));
    let mut answering = answering.peekable();
    answering.peek().is_some() && answering.all(doubtful)
}

fn is_told(report: &Report, copy: &CopyReport, codes: &[Code]) -> bool {
    of_copies(report).any(|finding| codes.contains(&finding.code) && is_of(finding, copy))
}

fn is_of(finding: &Finding, copy: &CopyReport) -> bool {
    finding.file.as_ref().is_some_and(|file| Path::new(file).starts_with(&copy.path))
}
