//! The verdict for one partition: pure, from the document's wish and what was seen.
//!
//! Every rule here exists because a broker accepts the commit that the rule refuses.

use lastwrites_recovered_offsets::RecoveredOffset;
use lastwrites_types::{Flag, Uuid, escaped};

use super::doubts::{movement, stated};
use super::epoch::{EpochFacts, leader_epoch};
use super::options::{MissingPolicy, Options, RangePolicy};
use super::reason::{Reason, Verdict};
use crate::client::{
    CommittedOffset, EpochEnd, ErrorCode, Fetched, OpenTransaction, Partition, Topic, TopicPartitionInfo,
};
use crate::layout::grouped;

/// Kafka's default of `offset.metadata.max.bytes`.
const DEFAULT_METADATA_LIMIT: usize = 4096;

/// What the document says about a partition.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'a> {
    /// It was recovered.
    Offset(&'a RecoveredOffset),
    /// It's listed as missing, with the reason.
    Missing(&'a str),
    /// The document doesn't mention it, but the topic has it and the group reads the topic.
    Unmentioned,
}

/// What was seen of a partition and of the target group's offset on it.
#[derive(Clone, Debug)]
pub struct PartitionFacts<'a> {
    /// Which.
    pub partition: &'a Partition,
    /// The topic; `None` when the metadata doesn't list it.
    pub topic: Option<&'a Topic>,
    /// The partition; `None` when the topic has none of this number.
    pub info: Option<&'a TopicPartitionInfo>,
    /// Log start offset.
    pub earliest: Option<Result<i64, ErrorCode>>,
    /// High watermark.
    pub latest: Option<Result<i64, ErrorCode>>,
    /// The target's offset now.
    pub present: Fetched,
    /// End of the document's leader epoch in the leader's log, when asked.
    pub epoch_end: Option<Result<EpochEnd, ErrorCode>>,
    /// `offset.metadata.max.bytes`, when told.
    pub metadata_limit: Option<usize>,
    /// Transactions open on the group's offsets partition.
    pub transactions: &'a [OpenTransaction],
    /// Partition of `__consumer_offsets` the group hashes to.
    pub offsets_partition: Option<i32>,
}

/// The decision for one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What happens.
    pub verdict: Verdict,
    /// What would be written; `None` where nothing can be.
    pub set_to: Option<CommittedOffset>,
    /// Doubts that don't stop it.
    pub warnings: Vec<Reason>,
}

impl Decision {
    fn refuse(code: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Refuse(Reason::new(code, text)), set_to: None, warnings: Vec::new() }
    }

    fn leave(code: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Leave(Reason::new(code, text)), set_to: None, warnings: Vec::new() }
    }
}

/// Decides one partition.
#[must_use]
pub fn decide(wish: Wish<'_>, facts: &PartitionFacts<'_>, options: &Options) -> Decision {
    if let Some(decision) = gone(facts, options) {
        return decision;
    }
    let present = match &facts.present {
        Ok(present) => present.as_ref(),
        Err(ErrorCode::NOT_ASKED) => {
            return Decision::refuse("group-refused", "not looked at, because the group is refused");
        }
        Err(code) => return unreadable(*code, facts),
    };
    let (Some(Ok(earliest)), Some(Ok(latest))) = (facts.earliest, facts.latest) else {
        return Decision::refuse("log-range-unknown", range_unknown(facts));
    };
    match wish {
        Wish::Offset(wanted) => recovered(wanted, present, (earliest, latest), facts, options),
        Wish::Missing(why) => {
            let why = format!("listed as missing ({})", escaped(why.as_bytes()));
            missing(&why, present, (earliest, latest), options)
        }
        Wish::Unmentioned => missing(
            "the document says nothing of this partition, though the topic has it",
            present,
            (earliest, latest),
            options,
        ),
    }
}

/// Topic or partition not there, or not ours to use.
fn gone(facts: &PartitionFacts<'_>, options: &Options) -> Option<Decision> {
    let name = escaped(facts.partition.topic.as_bytes());
    let topic = match facts.topic {
        Some(topic) if topic.error.is_none() => topic,
        Some(topic) if topic.error == ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            let text = format!("this user has no DESCRIBE on topic {name}: its log can't be checked");
            return Some(Decision::refuse("topic-not-allowed", text));
        }
        Some(topic) if topic.error != ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
            let text = format!("the cluster answers {} for topic {name}", topic.error);
            return Some(Decision::refuse("topic-unavailable", text));
        }
        _ if options.allow.topic_gone => {
            return Some(Decision::leave(
                "topic-gone",
                format!("topic {name} doesn't exist; left out as allowed"),
            ));
        }
        _ => {
            let text = format!(
                "topic {name} doesn't exist (or this user may not see it); --allow-topic-gone leaves it out"
            );
            return Some(Decision::refuse("topic-gone", text));
        }
    };
    if facts.info.is_none() {
        let count = topic.partitions.len();
        return Some(if options.allow.partition_gone {
            Decision::leave(
                "partition-gone",
                format!("topic {name} has {count} partitions now; left out as allowed"),
            )
        } else {
            let text = format!(
                "topic {name} has {count} partitions now: it was created again with fewer; --allow-partition-gone leaves this one out"
            );
            Decision::refuse("partition-gone", text)
        });
    }
    if topic.allowed.is_some_and(|ops| !ops.allows(crate::client::Operations::READ)) {
        let text = format!("this user has no READ on topic {name}: the broker would refuse the commit");
        return Some(Decision::refuse("topic-not-allowed", text));
    }
    None
}

fn unreadable(code: ErrorCode, facts: &PartitionFacts<'_>) -> Decision {
    if code != ErrorCode::UNSTABLE_OFFSET_COMMIT {
        return Decision::refuse(
            "offset-unreadable",
            format!("the coordinator answers {code} for the present offset"),
        );
    }
    let place = facts.offsets_partition.map_or_else(|| "N".to_owned(), |p| p.to_string());
    let open: Vec<String> = facts
        .transactions
        .iter()
        .map(|t| {
            format!(
                "producer id {} (epoch {}): kafka-transactions.sh abort --topic __consumer_offsets --partition {place} --start-offset {}",
                t.producer_id, t.producer_epoch, t.start_offset
            )
        })
        .collect();
    let who = if open.is_empty() {
        format!(
            "kafka-transactions.sh describe-producers --topic __consumer_offsets --partition {place} names it"
        )
    } else {
        let which = if open.len() == 1 {
            "the only one open"
        } else {
            "several groups may have one open, look at the producers before you abort"
        };
        format!("__consumer_offsets-{place}, {which}: {}", open.join("; "))
    };
    Decision::refuse(
        "open-transaction",
        format!(
            "a transaction that isn't finished holds a commit for this partition (UNSTABLE_OFFSET_COMMIT): let it end or abort it first; {who}. \
             An older offset would make an exactly-once application write its output twice"
        ),
    )
}

fn range_unknown(facts: &PartitionFacts<'_>) -> String {
    let code = [facts.earliest, facts.latest].into_iter().flatten().find_map(Result::err);
    match (code, facts.info.and_then(|i| i.leader)) {
        (_, None) => "the partition has no leader, so its log can't be checked".to_owned(),
        (Some(ErrorCode::NETWORK_EXCEPTION), Some(leader)) => {
            format!("its leader, broker {leader}, can't be reached, so the log can't be checked")
        }
        (Some(code), _) => format!("the leader answers {code}, so the log can't be checked"),
        (None, _) => "the leader said nothing of this partition, so the log can't be checked".to_owned(),
    }
}

fn missing(
    why: &str,
    present: Option<&CommittedOffset>,
    (earliest, latest): (i64, i64),
    options: &Options,
) -> Decision {
    if let Some(present) = present {
        let own = format!("{why}; the group has an offset of its own here, {}", grouped(present.offset));
        let mut warnings = Vec::new();
        return match in_range(present.offset, earliest, latest, options.out_of_range, &mut warnings) {
            Ok(offset) if offset == present.offset => Decision::leave("has-its-own", own),
            Ok(offset) => {
                let set_to =
                    CommittedOffset { offset, leader_epoch: None, metadata: present.metadata.clone() };
                Decision { verdict: Verdict::Commit, set_to: Some(set_to), warnings }
            }
            Err(decision) => decision,
        };
    }
    let offset = match options.missing {
        None => {
            let text = format!(
                "{why}; --missing earliest|latest|leave decides (auto.offset.reset=latest would skip data silently)"
            );
            return Decision::refuse("missing", text);
        }
        Some(MissingPolicy::Leave) => {
            return Decision::leave("missing", format!("{why}; left to auto.offset.reset as told"));
        }
        Some(MissingPolicy::Earliest) => earliest,
        Some(MissingPolicy::Latest) => latest,
    };
    let set_to = CommittedOffset { offset, leader_epoch: None, metadata: String::new() };
    let warnings = vec![Reason::new("missing", format!("{why}; starts at {} as told", grouped(offset)))];
    Decision { verdict: Verdict::Commit, set_to: Some(set_to), warnings }
}

fn recovered(
    wanted: &RecoveredOffset,
    present: Option<&CommittedOffset>,
    (earliest, latest): (i64, i64),
    facts: &PartitionFacts<'_>,
    options: &Options,
) -> Decision {
    let mut warnings = stated(wanted);
    let now = facts.topic.and_then(|t| t.topic_id);
    let known = |id: Option<Uuid>| id.filter(|id| !id.is_zero());
    let then = known(wanted.topic_id).or(known(wanted.topic_id_at_copy));
    if let (Some(then), Some(now)) = (then, now)
        && then != now
        && !options.allow.topic_recreated
    {
        return Decision::refuse("topic-recreated", recreated(then, now));
    }
    if wanted.flags.contains(Flag::TopicRecreated) && !options.allow.topic_recreated {
        let text = "the copied disk tells that the topic was created again after this commit: its offset counts other records; \
                    --allow-topic-recreated writes it all the same";
        return Decision::refuse("topic-recreated", text);
    }
    if wanted.offset < 0 {
        return Decision::refuse(
            "negative-offset",
            format!("offset {} isn't one; a broker would take it", wanted.offset),
        );
    }
    let Some(metadata) = wanted.metadata.as_str() else {
        let text = "the metadata isn't valid UTF-8 and can't be carried unchanged";
        return Decision::refuse("metadata-not-text", text);
    };
    let units = metadata.encode_utf16().count();
    match facts.metadata_limit {
        Some(limit) if units > limit => {
            let text = format!("the metadata has {units} characters, offset.metadata.max.bytes is {limit} (OFFSET_METADATA_TOO_LARGE)");
            return Decision::refuse("metadata-too-large", text);
        }
        None if units > DEFAULT_METADATA_LIMIT => warnings.push(Reason::new(
            "metadata-too-large",
            format!("the metadata has {units} characters; a broker with the default offset.metadata.max.bytes of {DEFAULT_METADATA_LIMIT} refuses it"),
        )),
        _ => {}
    }
    let offset = match in_range(wanted.offset, earliest, latest, options.out_of_range, &mut warnings) {
        Ok(offset) => offset,
        Err(decision) => return decision,
    };
    let epoch = leader_epoch(
        &EpochFacts {
            wanted: wanted.leader_epoch,
            offset,
            clamped: offset != wanted.offset,
            then,
            now,
            current: facts.info.and_then(|i| i.leader_epoch),
            end: facts.epoch_end,
        },
        &mut warnings,
    );
    let set_to = CommittedOffset { offset, leader_epoch: epoch, metadata: metadata.to_owned() };
    if present == Some(&set_to) {
        return Decision { verdict: Verdict::AlreadyThere, set_to: Some(set_to), warnings };
    }
    if let Some(present) = present {
        movement(present.offset, offset, &mut warnings);
    }
    Decision { verdict: Verdict::Commit, set_to: Some(set_to), warnings }
}

fn recreated(then: Uuid, now: Uuid) -> String {
    format!(
        "the topic was created again since (id {then} then, {now} now): its offsets count other records; --allow-topic-recreated writes them all the same"
    )
}

/// The offset to write, or why none is.
fn in_range(
    offset: i64,
    earliest: i64,
    latest: i64,
    policy: RangePolicy,
    warnings: &mut Vec<Reason>,
) -> Result<i64, Decision> {
    if (earliest..=latest).contains(&offset) {
        return Ok(offset);
    }
    let (code, what, end) = if offset < earliest {
        let gone = earliest.saturating_sub(offset);
        ("below-log-start", format!("below the log start: {} records are gone", grouped(gone)), earliest)
    } else {
        let beyond = offset.saturating_sub(latest);
        (
            "beyond-log-end",
            format!("beyond the log end by {}: a consumer would stop or start elsewhere", grouped(beyond)),
            latest,
        )
    };
    match policy {
        RangePolicy::Refuse => Err(Decision::refuse(
            code,
            format!("{what} (--out-of-range clamp starts at {}, skip leaves it)", grouped(end)),
        )),
        RangePolicy::Skip => Err(Decision::leave(code, format!("{what}; left as told"))),
        RangePolicy::Clamp => {
            warnings.push(Reason::new(code, format!("{what}; starts at {} as told", grouped(end))));
            Ok(end)
        }
    }
}
