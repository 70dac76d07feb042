//! Refusals and doubts about a whole group: what it is, who is in it, what its new name would break.

use std::fmt::Write as _;

use lastwrites_recovered_offsets::{Group, GroupType};
use lastwrites_types::escaped;

use super::facts::{ClusterFacts, GroupFacts, Kind};
use super::options::Options;
use super::reason::Reason;
use super::rename;
use super::selection::Errand;
use crate::client::{ErrorCode, Member, Operations};
use crate::layout::{counted, grouped};

/// How many members are named before the rest is counted.
const NAMED_MEMBERS: usize = 10;

/// Why nothing at all may be written to this group; empty when nothing stands against it.
pub(super) fn refusals(
    source: &Group,
    target: &GroupFacts,
    cluster: &ClusterFacts,
    options: &Options,
) -> Vec<Reason> {
    let mut refusals = standing_against(target, cluster);
    refusals.extend(recovered_type(source, target));
    if target.unanswered.is_some() {
        return refusals;
    }
    if source.group_id.as_bytes() != target.group_id.as_bytes() && !options.allow.application_renamed {
        refusals.extend(rename::breaks(source, target, cluster));
    }
    refusals.extend(rights(target, options));
    refusals
}

/// What stands against writing to the target, whatever is written.
pub(super) fn standing_against(target: &GroupFacts, cluster: &ClusterFacts) -> Vec<Reason> {
    let found =
        target_type(target).or_else(|| unhealthy(target, cluster)).or_else(|| members(target, cluster));
    found.into_iter().collect()
}

/// Doubts that don't stop it.
pub(super) fn warnings(errand: &Errand<'_>, target: &GroupFacts) -> Vec<Reason> {
    let source = errand.source;
    let mut warnings: Vec<Reason> =
        source.warnings.iter().map(|w| Reason::new("document", escaped(w.as_bytes()))).collect();
    if let Some((found_in, home)) = source.found_in.zip(errand.home).filter(|(found, home)| found != home) {
        let text = format!("recovered from partition {found_in}, though the id belongs to {home}");
        warnings.push(Reason::new("foreign-partition", text));
    }
    if target.allowed.is_none() && target.unanswered.is_none() {
        warnings.push(Reason::new(
            "rights-unknown",
            "the broker doesn't say what this user may do with the group: a rollback may lack DELETE",
        ));
    }
    warnings
}

const SHARE: &str = "share groups keep no committed offsets: use kafka-share-groups.sh --reset-offsets";
const STREAMS: &str = "use kafka-streams-groups.sh --reset-offsets (4.2) on the original group, which keeps its internal topics in step";

fn target_type(target: &GroupFacts) -> Option<Reason> {
    match &target.kind {
        Kind::Share => Some(Reason::new("share-group", format!("the target is a share group; {SHARE}"))),
        Kind::Streams => {
            Some(Reason::new("streams-group", format!("the target is a streams group; {STREAMS}")))
        }
        Kind::Other(word) => Some(Reason::new(
            "unknown-group-type",
            format!(
                "the target is a group of type {}, which this program doesn't know",
                escaped(word.as_bytes())
            ),
        )),
        Kind::Absent | Kind::Classic | Kind::Consumer => None,
    }
}

/// A group that was share or streams in the evidence, unless the target already says the same.
fn recovered_type(source: &Group, target: &GroupFacts) -> Option<Reason> {
    match (source.group_type, &target.kind) {
        (GroupType::Share, Kind::Share) | (GroupType::Streams, Kind::Streams) => None,
        (GroupType::Share, _) => {
            Some(Reason::new("share-group", format!("the recovered group was a share group; {SHARE}")))
        }
        (GroupType::Streams, _) => {
            Some(Reason::new("streams-group", format!("the recovered group was a streams group; {STREAMS}")))
        }
        _ => None,
    }
}

fn unhealthy(target: &GroupFacts, cluster: &ClusterFacts) -> Option<Reason> {
    let failed = target.unanswered.as_ref()?;
    if failed.code == Some(ErrorCode::GROUP_AUTHORIZATION_FAILED) {
        return Some(Reason::new(
            "group-not-allowed",
            format!("this user may not use the group: {}", failed.text),
        ));
    }
    if !failed.code.is_some_and(ErrorCode::is_coordinator_moving) {
        return Some(Reason::new(
            "group-unexamined",
            format!("the group couldn't be examined: {}", failed.text),
        ));
    }
    let offsets_topic = cluster.cluster.topics.get(lastwrites_types::CONSUMER_OFFSETS_TOPIC);
    let leader = target.offsets_partition.and_then(|p| offsets_topic?.partitions.get(&p)?.leader);
    let shard = match (target.offsets_partition, leader) {
        (Some(p), Some(id)) => format!("__consumer_offsets-{p} (led by broker {id})"),
        (Some(p), None) => format!("__consumer_offsets-{p} (no broker leads it)"),
        (None, _) => "its shard of __consumer_offsets".to_owned(),
    };
    let hint = match (leader, failed.code) {
        (Some(id), Some(ErrorCode::NOT_COORDINATOR)) => format!(
            "The partition has a leader that doesn't serve it, so its load has probably failed: look for \"Failed to load\" in broker {id}'s log. "
        ),
        _ => String::new(),
    };
    let advice = if target.elsewhere.is_empty() {
        "No name near this one was found on a shard that works".to_owned()
    } else {
        format!(
            "Free names on shards that work: {} (--to-group NEW, --map OLD=NEW)",
            target.elsewhere.iter().map(|n| escaped(n.as_bytes())).collect::<Vec<_>>().join(", ")
        )
    };
    Some(Reason::new(
        "coordinator-down",
        format!("no coordinator serves this group: {shard} is down: {}. {hint}{advice}", failed.text),
    ))
}

fn members(target: &GroupFacts, cluster: &ClusterFacts) -> Option<Reason> {
    if target.members.is_empty() {
        // `Dead` is what a classic describe says of a name it doesn't know.
        let idle = matches!(target.state.as_str(), "" | "Empty" | "Dead");
        return (!idle).then(|| {
            Reason::new(
                "not-empty",
                format!("the group is {}: wait until it's Empty", escaped(target.state.as_bytes())),
            )
        });
    }
    let mut named: Vec<String> = target.members.iter().take(NAMED_MEMBERS).map(named).collect();
    if target.members.len() > NAMED_MEMBERS {
        named.push(format!("{} more", target.members.len() - NAMED_MEMBERS));
    }
    let mut text = format!(
        "{} {} in the group ({}): stop {} first, or the next commit from there overwrites this one: {}",
        counted(target.members.len(), "member"),
        if target.members.len() == 1 { "is" } else { "are" },
        target.state,
        if target.members.len() == 1 { "it" } else { "them" },
        named.join("; ")
    );
    let limit = match target.kind {
        Kind::Consumer => cluster.setting("group.consumer.max.session.timeout.ms"),
        _ => cluster.setting("group.max.session.timeout.ms"),
    };
    let limit =
        limit.map_or_else(String::new, |ms| format!(", at most {} s on this cluster", grouped(ms / 1000)));
    let _ = write!(
        text,
        ". Stopped already? Killed clients, static members and Kafka Streams stay until their session.timeout.ms is over (often 45 s{limit})"
    );
    let statics: Vec<String> = target
        .members
        .iter()
        .filter_map(|m| m.group_instance_id.as_deref())
        .map(|i| escaped(i.as_bytes()))
        .collect();
    if !statics.is_empty() {
        let _ = write!(
            text,
            ". Static: {}; if they have really stopped, Admin.removeMembersFromConsumerGroup with these group.instance.id removes them at once",
            statics.join(", ")
        );
    }
    Some(Reason::new("active-members", text))
}

fn named(member: &Member) -> String {
    let instance = member
        .group_instance_id
        .as_deref()
        .map_or_else(String::new, |i| format!(", group.instance.id {}", escaped(i.as_bytes())));
    format!(
        "{} (client {} at {}{instance})",
        escaped(member.member_id.as_bytes()),
        escaped(member.client_id.as_bytes()),
        escaped(member.client_host.as_bytes())
    )
}

fn rights(target: &GroupFacts, options: &Options) -> Option<Reason> {
    let allowed = target.allowed?;
    if !allowed.allows(Operations::READ) {
        return Some(Reason::new(
            "group-not-allowed",
            "this user has no READ on the group: the broker would refuse the commit",
        ));
    }
    if !allowed.allows(Operations::DELETE) && !options.allow.incomplete_rollback {
        let text = "this user has no DELETE on the group, so a rollback couldn't remove offsets that were not there before; --allow-incomplete-rollback goes on";
        return Some(Reason::new("rollback-not-allowed", text));
    }
    None
}
