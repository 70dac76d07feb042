//! What a line tells beside its message: prefixes that Kafka and its clients put before every line.

use super::template::{Filled, Template};

/// Places where a group, member, partition or offset is named whatever the message, the best first.
const PLACES: &[&str] = &[
    "groupId='<group>', memberId='<member>'",
    "groupId='<group>'",
    "[GroupId=<group>]",
    "[GroupId <group>]",
    "[Group <group>]",
    "groupId=<group>]",
    "groupId=<group>,",
    "Group \"<group>\"",
    "group \"<group>\"",
    "(key='<group>', nodeId=",
    "for consumer group <group>:",
    "topic=__consumer_offsets partition=<partition>]",
    "(__consumer_offsets-<partition>)",
    "from __consumer_offsets-<partition> at offset <offset> with",
    "__consumer_offsets-<partition> with epoch <leader_epoch>",
    "__consumer_offsets-<partition>",
    "DefaultRecord(offset=<offset>,",
    "MemberMetadata(memberId=<member>,",
    "memberId='<member>'",
    "with generation <generation>",
    "old generation <generation>",
    "generationId=<generation>,",
];

/// The places, ready to be looked for.
pub(super) struct Context {
    places: Vec<Template>,
}

impl Context {
    pub(super) fn new() -> Self {
        Self { places: PLACES.iter().map(|text| Template::new(text)).collect() }
    }

    /// Adds to what the message told what the rest of the line tells.
    pub(super) fn complete<'l>(&self, line: &'l [u8], mut filled: Filled<'l>) -> Filled<'l> {
        for place in &self.places {
            let Some(more) = place.find(line) else { continue };
            filled.group = filled.group.or(more.group);
            filled.member = filled.member.or(more.member);
            filled.partition = filled.partition.or(more.partition);
            filled.offset = filled.offset.or(more.offset);
            filled.generation = filled.generation.or(more.generation);
            filled.leader_epoch = filled.leader_epoch.or(more.leader_epoch);
        }
        filled.group = filled.group.filter(|group| *group != b"null");
        filled.member = filled.member.filter(|member| !member.is_empty());
        filled
    }
}
