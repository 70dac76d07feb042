//! Groups of applications whose place is more than committed offsets.

use std::collections::BTreeMap;

use crate::findings::{Code, Finding};
use crate::model::GroupReport;
use crate::terminal::counted;

/// What a group's records look like; names alone never decide what may be written to a group, people do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Application {
    /// Classic or KIP-1071 Kafka Streams.
    KafkaStreams,
    /// The workers of a Connect cluster.
    ConnectWorkers,
    /// The consumers of a Connect sink connector.
    ConnectSink,
    /// A share group (KIP-932).
    ShareGroup,
}

impl Application {
    /// By type, protocol, and the names that Streams and Connect give.
    pub(crate) fn of(group: &GroupReport) -> Option<Self> {
        let is = |text: &Option<lastwrites_types::ByteText>, word: &str| {
            text.as_ref().is_some_and(|text| text.as_bytes() == word.as_bytes())
        };
        let internal = |topic: &[u8]| topic.ends_with(b"-repartition") || topic.ends_with(b"-changelog");
        if group.group_type == "share" {
            Some(Self::ShareGroup)
        } else if group.group_type == "streams"
            || is(&group.protocol, "stream")
            || group.offsets.iter().any(|offset| internal(offset.topic.as_bytes()))
        {
            Some(Self::KafkaStreams)
        } else if is(&group.protocol_type, "connect") {
            Some(Self::ConnectWorkers)
        } else if group.group_id.as_bytes().starts_with(b"connect-") {
            Some(Self::ConnectSink)
        } else {
            None
        }
    }

    /// The word of the outputs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::KafkaStreams => "kafka-streams",
            Self::ConnectWorkers => "connect-workers",
            Self::ConnectSink => "connect-sink",
            Self::ShareGroup => "share-group",
        }
    }

    /// What its committed offsets do not tell.
    pub(crate) const fn limits(self) -> &'static str {
        match self {
            Self::KafkaStreams => {
                "Kafka Streams: the offsets belong to state stores and changelog and repartition topics; they are right \
                 for this application id only"
            }
            Self::ConnectWorkers => {
                "Connect workers: the group divides connectors and tasks and commits no offsets; sources keep theirs in \
                 the connect-offsets topic"
            }
            Self::ConnectSink => {
                "its name is that of a Connect sink connector's consumers: the connector finds these offsets only under \
                 this group id, and a sink may keep its own position in the target system"
            }
            Self::ShareGroup => {
                "a share group keeps its position in __share_group_state, not in committed offsets"
            }
        }
    }
}

/// Groups that one finding names; the rest it counts.
const MOST_NAMED: usize = 20;

/// What the committed offsets of these groups don't tell, once a kind of application.
pub(crate) fn beyond_offsets(groups: &[GroupReport]) -> Vec<Finding> {
    let mut kinds: BTreeMap<&str, Vec<&GroupReport>> = BTreeMap::new();
    for group in groups {
        if let Some(application) = Application::of(group) {
            kinds.entry(application.limits()).or_default().push(group);
        }
    }
    let finding = |(limits, groups): (&str, Vec<&GroupReport>)| {
        let mut named: Vec<String> =
            groups.iter().take(MOST_NAMED).map(|group| format!("group {}", group.group_id)).collect();
        if groups.len() > MOST_NAMED {
            named.push(format!("and {} more", groups.len() - MOST_NAMED));
        }
        let message = format!("{}: {limits}", counted(groups.len(), "group", "groups"));
        Finding::new(Code::BeyondOffsets, message).shown_by(named)
    };
    kinds.into_iter().map(finding).collect()
}

/// True for the group of the Connect workers that MirrorMaker 2 runs itself (`MirrorMakerConfig.workerConfig`).
pub(crate) fn is_mirror_maker_group(group: &GroupReport) -> bool {
    Application::of(group) == Some(Application::ConnectWorkers)
        && group.group_id.as_bytes().ends_with(b"-mm2")
}

/// True for a topic that MirrorMaker 2 makes.
pub(crate) fn is_mirror_maker(topic: &str) -> bool {
    topic.ends_with(".checkpoints.internal") || (topic.starts_with("mm2-") && topic.ends_with(".internal"))
}
