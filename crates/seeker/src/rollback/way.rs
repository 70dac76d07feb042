//! The way back for one partition: what would be restored, and whether anything stands against it. Pure.

use super::{RollbackOptions, Step};
use crate::apply::RollbackOffset;
use crate::client::{CommittedOffset, ErrorCode, Partition};
use crate::plan::{ClusterFacts, EpochFacts, GroupFacts, RangePolicy, Reason, Verdict, leader_epoch};

/// Decides about one partition; `refusal` is why the whole group is refused.
pub(super) fn step(
    offset: &RollbackOffset,
    facts: &GroupFacts,
    cluster: &ClusterFacts,
    options: RollbackOptions,
    refusal: Option<&Reason>,
) -> Step {
    let partition = offset.partition();
    let present = facts.offsets.get(&partition).cloned().unwrap_or(Err(ErrorCode::NOT_ASKED));
    let (before, applied) =
        (offset.before.as_ref().map(CommittedOffset::from), CommittedOffset::from(&offset.applied));
    let mut way = Way { restore: before.clone(), verdict: Verdict::Commit, warnings: Vec::new() };
    if let Some(refusal) = refusal {
        let text = format!("the group is refused ({})", refusal.code);
        way.verdict = Verdict::Refuse(Reason::new("group-refused", text));
    } else if present == Ok(before) {
        way.verdict = Verdict::AlreadyThere;
    } else {
        match &present {
            Err(code) => {
                let text = format!("the coordinator answers {code}");
                way.verdict = Verdict::Refuse(Reason::new("offset-unreadable", text));
            }
            Ok(now) => {
                way = way_back(offset, &partition, cluster, options);
                // The first time back the policy moved the offset, or left its epoch out.
                if *now == way.restore && way.verdict == Verdict::Commit {
                    way.verdict = Verdict::AlreadyThere;
                } else if *now != Some(applied) {
                    way.verdict = Verdict::Refuse(moved_on(now.as_ref(), offset.applied.offset));
                }
            }
        }
    }
    Step { partition, present, restore: way.restore, verdict: way.verdict, warnings: way.warnings }
}

fn moved_on(now: Option<&CommittedOffset>, applied: i64) -> Reason {
    let text = match now {
        Some(now) if now.offset == applied => format!(
            "the group has {applied} as we wrote it, but with another leader epoch or metadata: someone committed since"
        ),
        Some(now) => {
            format!("the group has {} and not the {applied} we wrote: a consumer runs on it", now.offset)
        }
        None => "the group has no offset here any more: deleted or expired".to_owned(),
    };
    Reason::new("moved-on", text)
}

/// What going back comes to, when the group still has what we wrote.
struct Way {
    restore: Option<CommittedOffset>,
    verdict: Verdict,
    warnings: Vec<Reason>,
}

impl Way {
    fn refuse(restore: Option<CommittedOffset>, code: &'static str, text: impl Into<String>) -> Self {
        Self { restore, verdict: Verdict::Refuse(Reason::new(code, text)), warnings: Vec::new() }
    }
}

/// The old offset goes through the same doors as any other: topic, range, epoch.
fn way_back(
    offset: &RollbackOffset,
    partition: &Partition,
    cluster: &ClusterFacts,
    options: RollbackOptions,
) -> Way {
    let before = offset.before.as_ref().map(CommittedOffset::from);
    let now = cluster.cluster.topics.get(&partition.topic).and_then(|t| t.topic_id);
    if let (Some(then), Some(now)) = (offset.topic_id, now)
        && then != now
    {
        let text = format!("the topic was created again since (id {then}, now {now})");
        return if options.allow_topic_recreated {
            let note = Reason::new("topic-recreated", format!("{text}: what was written is deleted"));
            Way { restore: None, verdict: Verdict::Commit, warnings: vec![note] }
        } else {
            let text = format!(
                "{text}; --allow-topic-recreated deletes what was written, a consumer then starts by its auto.offset.reset"
            );
            Way::refuse(before, "topic-recreated", text)
        };
    }
    let Some(mut restore) = before else {
        return Way { restore: None, verdict: Verdict::Commit, warnings: Vec::new() };
    };
    let Some(info) = cluster.cluster.partition(partition) else {
        return Way::refuse(Some(restore), "topic-gone", "the topic or partition is gone");
    };
    let (Some(Ok(earliest)), Some(Ok(latest))) =
        (cluster.earliest.get(partition), cluster.latest.get(partition))
    else {
        return Way::refuse(Some(restore), "log-range-unknown", "the partition's log can't be checked");
    };
    let mut warnings = Vec::new();
    let clamped = !(*earliest..=*latest).contains(&restore.offset);
    if clamped {
        let text = format!("the old offset {} is outside the log ({earliest} - {latest})", restore.offset);
        match options.out_of_range {
            RangePolicy::Refuse => {
                let text = format!("{text}; --out-of-range clamp|skip decides");
                return Way::refuse(Some(restore), "out-of-range", text);
            }
            RangePolicy::Skip => {
                let verdict = Verdict::Leave(Reason::new("out-of-range", format!("{text}; left as told")));
                return Way { restore: Some(restore), verdict, warnings };
            }
            RangePolicy::Clamp => {
                warnings.push(Reason::new("out-of-range", format!("{text}; moved to its nearest end")));
                restore.offset = restore.offset.clamp(*earliest, *latest);
            }
        }
    }
    restore.leader_epoch = leader_epoch(
        &EpochFacts {
            wanted: restore.leader_epoch,
            offset: restore.offset,
            clamped,
            then: offset.topic_id,
            now,
            current: info.leader_epoch,
            end: restore.leader_epoch.and_then(|e| cluster.epoch_ends.get(&(partition.clone(), e)).copied()),
        },
        &mut warnings,
    );
    Way { restore: Some(restore), verdict: Verdict::Commit, warnings }
}
