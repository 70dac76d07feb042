//! What the operator decided: which groups, under which names, and what to do where the answer isn't plain.

use std::collections::{BTreeMap, BTreeSet};

/// What to do with an offset outside the partition's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RangePolicy {
    /// Don't write it.
    #[default]
    Refuse,
    /// Write the nearest end of the log instead.
    Clamp,
    /// Leave the partition as it is and go on.
    Skip,
}

/// Where a partition without a recovered offset shall start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingPolicy {
    /// At the log start.
    Earliest,
    /// At the high watermark.
    Latest,
    /// Wherever the consumer's own `auto.offset.reset` puts it.
    Leave,
}

/// Differences between document and cluster that the operator accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Allow {
    /// The cluster isn't the one the evidence is from.
    pub other_cluster: bool,
    /// A topic is gone: its partitions are left out.
    pub topic_gone: bool,
    /// A topic was deleted and created again: offsets are written without leader epoch.
    pub topic_recreated: bool,
    /// A partition is gone: it's left out.
    pub partition_gone: bool,
    /// A group that looks like a Kafka Streams or Connect application gets another name.
    pub application_renamed: bool,
    /// This user couldn't delete offsets again, so a rollback would be incomplete.
    pub incomplete_rollback: bool,
}

/// Everything the operator chose.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Only these groups of the document; empty: all.
    pub groups: BTreeSet<String>,
    /// Only these topics; empty: all.
    pub topics: BTreeSet<String>,
    /// New names by old ones.
    pub renames: BTreeMap<String, String>,
    /// The new name of the only group chosen.
    pub to_group: Option<String>,
    /// Offsets outside the log.
    pub out_of_range: RangePolicy,
    /// Partitions without an offset; `None` refuses them.
    pub missing: Option<MissingPolicy>,
    /// Accepted differences.
    pub allow: Allow,
    /// Write what can be written of a group that has refused partitions.
    pub partial: bool,
}
