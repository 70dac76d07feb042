//! report.json as the page reads it: the fields it shows, and no others.
//!
//! The page is made of that file's text alone, so it can't say anything that isn't there, and it can be made again
//! later. Fields not named here are passed over.

use lastwrites_types::ByteText;
use serde::Deserialize;

/// The whole of it.
#[derive(Deserialize, Debug)]
pub(super) struct Document {
    pub(super) created_by: String,
    pub(super) evidence: String,
    pub(super) view: String,
    pub(super) rules: String,
    pub(super) summary: Vec<SummaryPart>,
    pub(super) next: Vec<NextStep>,
    pub(super) copies: Vec<Copy>,
    pub(super) diagnosis: Vec<Diagnosis>,
    pub(super) groups: Vec<Group>,
    pub(super) findings: Vec<Finding>,
    pub(super) blast_radius: Radius,
    pub(super) histories: Histories,
    pub(super) digests: Option<Vec<FileDigest>>,
}

#[derive(Deserialize, Debug)]
pub(super) struct SummaryPart {
    pub(super) label: String,
    pub(super) text: Vec<String>,
}

#[derive(Deserialize, Debug)]
pub(super) struct NextStep {
    pub(super) command: String,
    pub(super) what: String,
}

#[derive(Deserialize, Debug)]
pub(super) struct Copy {
    pub(super) path: String,
    pub(super) partition: Option<i32>,
    pub(super) broker_id: Option<i32>,
    pub(super) log_start_offset: Option<i64>,
    pub(super) log_end_offset: Option<i64>,
    pub(super) high_watermark: Option<i64>,
    pub(super) first_dirty_offset: Option<i64>,
    pub(super) files: Vec<File>,
}

#[derive(Deserialize, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) size_bytes: u64,
    pub(super) base_offset: i64,
    pub(super) records: u64,
    pub(super) empty_bytes: u64,
    pub(super) damaged_bytes: u64,
    pub(super) damage: Vec<Damage>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Damage {
    pub(super) position: u64,
    pub(super) length: u64,
    pub(super) what: String,
}

#[derive(Deserialize, Debug)]
pub(super) struct Diagnosis {
    pub(super) path: String,
    pub(super) partition: Option<i32>,
    pub(super) broker_id: Option<i32>,
    pub(super) incidents: Vec<Incident>,
    pub(super) race_ownership: Vec<Ownership>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Incident {
    pub(super) severity: Option<String>,
    pub(super) view: String,
    pub(super) offset: Option<i64>,
    pub(super) record: Option<RecordPlace>,
    pub(super) error: String,
    pub(super) contest: Option<Contest>,
    pub(super) ownership: Option<Ownership>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Contest {
    pub(super) what: String,
    pub(super) held_by: Option<Claim>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Claim {
    pub(super) member_id: ByteText,
    pub(super) epoch: Option<i32>,
    pub(super) record: Option<RecordPlace>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Ownership {
    pub(super) group_id: ByteText,
    pub(super) what: String,
    pub(super) fails_at: i64,
    pub(super) loader_at: Option<i64>,
    pub(super) cleaned_to: Option<i64>,
    #[serde(default)]
    pub(super) cleaned_to_is_least: bool,
    pub(super) believed: Vec<Tenure>,
    pub(super) recorded: Option<Vec<Tenure>>,
}

#[derive(Deserialize, Debug, Clone, PartialEq, Eq)]
pub(super) struct Tenure {
    pub(super) member_id: ByteText,
    pub(super) epoch: i32,
    pub(super) from: i64,
    pub(super) to: Option<i64>,
}

#[derive(Deserialize, Debug)]
pub(super) struct RecordPlace {
    pub(super) file: String,
    pub(super) offset: i64,
    pub(super) position: u64,
}

#[derive(Deserialize, Debug)]
pub(super) struct Group {
    pub(super) group_id: ByteText,
    #[serde(rename = "type")]
    pub(super) group_type: String,
    pub(super) state: Option<String>,
    pub(super) found_in: Option<i32>,
    pub(super) maps_to: Option<i32>,
    pub(super) protocol_type: Option<ByteText>,
    pub(super) protocol: Option<ByteText>,
    pub(super) generation: Option<i32>,
    pub(super) group_epoch: Option<i32>,
    pub(super) members: Vec<Member>,
    pub(super) offsets: Vec<Offset>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Histories {
    pub(super) groups: Vec<GroupHistory>,
    pub(super) groups_left_out: usize,
    pub(super) deleted_left_out: usize,
    pub(super) incidents: Vec<IncidentMoment>,
    #[serde(default)]
    pub(super) holes: Vec<HoleMoment>,
}

#[derive(Deserialize, Debug)]
pub(super) struct GroupHistory {
    pub(super) group_id: ByteText,
    pub(super) found_in: Option<i32>,
    pub(super) path: String,
    pub(super) deleted: bool,
    pub(super) offsets: Vec<OffsetHistory>,
    pub(super) offsets_left_out: usize,
    pub(super) changes: Vec<GroupMoment>,
    pub(super) changes_left_out: u64,
}

#[derive(Deserialize, Debug)]
pub(super) struct OffsetHistory {
    pub(super) topic: ByteText,
    pub(super) partition: i32,
    pub(super) events: Vec<OffsetMoment>,
    pub(super) commits_left_out: u64,
    pub(super) marked_left_out: u64,
}

#[derive(Deserialize, Debug)]
pub(super) struct OffsetMoment {
    pub(super) ms: i64,
    pub(super) record_offset: i64,
    pub(super) event: String,
    pub(super) offset: Option<i64>,
    pub(super) previous_offset: Option<i64>,
    #[serde(default)]
    pub(super) reasons: Vec<String>,
}

#[derive(Deserialize, Debug)]
pub(super) struct GroupMoment {
    pub(super) ms: i64,
    pub(super) record_offset: i64,
    pub(super) event: String,
    pub(super) group_type: Option<String>,
    pub(super) epoch: Option<i32>,
}

/// A stretch of the log that is lost.
#[derive(Deserialize, Debug)]
pub(super) struct HoleMoment {
    pub(super) path: String,
    pub(super) record_offset: i64,
    pub(super) last_lost_offset: Option<i64>,
    pub(super) from_ms: Option<i64>,
    pub(super) to_ms: Option<i64>,
}

#[derive(Deserialize, Debug)]
pub(super) struct IncidentMoment {
    pub(super) path: String,
    pub(super) offset: i64,
    pub(super) role: String,
    pub(super) ms: Option<i64>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Member {
    pub(super) member_id: ByteText,
    pub(super) group_instance_id: Option<ByteText>,
    pub(super) client_id: ByteText,
    pub(super) client_host: ByteText,
    pub(super) member_epoch: Option<i32>,
    pub(super) assignment: Vec<Assignment>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Assignment {
    pub(super) topic: Option<ByteText>,
    pub(super) topic_id: Option<String>,
    pub(super) partitions: Vec<i32>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Offset {
    pub(super) topic: ByteText,
    pub(super) partition: i32,
    pub(super) offset: Option<i64>,
    pub(super) metadata: Option<ByteText>,
    pub(super) committed_at_ms: Option<i64>,
    pub(super) trust: String,
    pub(super) flags: Vec<String>,
    pub(super) pending: Vec<Pending>,
    pub(super) alternatives: Vec<Alternative>,
    pub(super) lag_at_least: Option<i64>,
    pub(super) lag_at_most: Option<i64>,
    pub(super) record: Option<RecordPlace>,
}

/// What another copy says instead.
#[derive(Deserialize, Debug)]
pub(super) struct Alternative {
    pub(super) copy: usize,
    pub(super) offset: Option<i64>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Pending {
    pub(super) producer_id: i64,
    pub(super) offset: i64,
    pub(super) record_offset: i64,
    pub(super) committed_at_ms: i64,
    pub(super) transaction: Option<String>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Finding {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) message: String,
    pub(super) partition: Option<i32>,
    pub(super) group_id: Option<ByteText>,
    pub(super) file: Option<String>,
    pub(super) position: Option<u64>,
    pub(super) offset: Option<i64>,
    #[serde(default)]
    pub(super) proof: Vec<String>,
    #[serde(default)]
    pub(super) remedy: Vec<String>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Radius {
    pub(super) cluster_id: Option<String>,
    pub(super) as_of_metadata_offset: Option<i64>,
    pub(super) as_of_metadata_ms: Option<i64>,
    pub(super) brokers: Vec<Broker>,
    pub(super) partitions: Vec<OffsetsPartition>,
    pub(super) groups: Vec<HitGroup>,
    pub(super) topics: Vec<Topic>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Broker {
    pub(super) broker_id: i32,
    pub(super) host: Option<ByteText>,
    pub(super) port: Option<u16>,
    pub(super) fenced: Option<bool>,
    pub(super) leads: Option<Vec<i32>>,
    pub(super) replica_of: Vec<i32>,
}

#[derive(Deserialize, Debug)]
pub(super) struct OffsetsPartition {
    pub(super) partition: i32,
    pub(super) leader: Option<i32>,
    pub(super) replicas: Vec<i32>,
    pub(super) isr: Vec<i32>,
    pub(super) fails: Option<bool>,
    // A report.json of an earlier version may not say.
    #[serde(default)]
    pub(super) groups_complete: Option<bool>,
}

#[derive(Deserialize, Debug)]
pub(super) struct HitGroup {
    pub(super) group_id: ByteText,
    pub(super) offsets_partition: Option<i32>,
    pub(super) fails: bool,
    pub(super) topics: Vec<ByteText>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Topic {
    pub(super) topic: ByteText,
    pub(super) partitions: Option<usize>,
    pub(super) groups: Vec<ByteText>,
}

#[derive(Deserialize, Debug)]
pub(super) struct FileDigest {
    pub(super) path: String,
    pub(super) size_bytes: Option<u64>,
    pub(super) sha256: Option<String>,
}

impl Diagnosis {
    /// True for a partition that a release in question does not load.
    pub(super) fn is_stopped(&self) -> bool {
        self.incidents.iter().any(|incident| incident.severity.as_deref() == Some("error"))
    }
}

impl Finding {
    /// The code's few words; nothing for a code of another version.
    pub(super) fn title(&self) -> &'static str {
        self.code.parse::<crate::findings::Code>().map_or("", crate::findings::Code::title)
    }

    /// True when it speaks of this group, or of the whole partition the group lives on.
    pub(super) fn concerns(&self, group: &Group) -> bool {
        let code = self.code.parse::<crate::findings::Code>();
        let whole_partition =
            self.group_id.is_none() || code.is_ok_and(crate::findings::Code::is_load_failure);
        let same = self.partition.is_some() && self.partition == group.found_in;
        match &self.group_id {
            Some(named) if *named == group.group_id => self.partition.is_none() || same,
            _ => whole_partition && same,
        }
    }
}
