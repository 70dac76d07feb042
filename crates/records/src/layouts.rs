//! Which layout a record type's value has in which release: the table both readings share.
//!
//! A new release that changes nothing needs no entry; one that adds or changes a record type adds one row.

use lastwrites_types::Release;
use serde_json::Value as Json;

use crate::record::{NEWEST, Value, read};
use crate::wire::{JsonError, Message, Reader, WireError};

/// One layout of one record type's value.
pub struct Layout {
    /// Record type.
    pub record_type: i16,
    /// The last release line that wrote it, such as `3.7`; `None` for the newest layout.
    pub name: Option<&'static str>,
    /// First release whose schema has it.
    since: Release,
    /// First release whose schema doesn't have it any more.
    before: Release,
    /// First release whose loader knows the record type in this layout.
    loaded_since: Release,
    /// Highest value version, by the release from which it can be read (ascending).
    highest: &'static [(Release, i16)],
    read: fn(&mut Reader<'_>, i16, Release) -> Result<Value, WireError>,
    read_json: fn(&Json, i16) -> Result<Value, JsonError>,
}

impl Layout {
    /// Reads a value's body as the schema of `release` has it.
    pub(crate) fn read(
        &self,
        r: &mut Reader<'_>,
        version: i16,
        release: Release,
    ) -> Result<Value, WireError> {
        (self.read)(r, version, release)
    }

    /// Reads a value of some version from the JSON of that layout.
    pub(crate) fn read_json(&self, json: &Json, version: i16) -> Result<Value, JsonError> {
        if !(0..=self.newest_version()).contains(&version) {
            return Err(JsonError::expected("a value version that some release has"));
        }
        (self.read_json)(json, version)
    }

    /// True when the schema of `release` has this layout.
    pub(crate) fn is_written_by(&self, release: Release) -> bool {
        self.since <= release && release < self.before
    }

    /// True when the loader of `release` reads the type with this layout.
    pub(crate) fn is_loaded_by(&self, release: Release) -> bool {
        self.loaded_since <= release && release < self.before
    }

    /// The highest value version that any release knows.
    pub(crate) fn newest_version(&self) -> i16 {
        self.highest.iter().map(|(_, version)| *version).max().unwrap_or(0)
    }

    /// The highest value version that `release` supports; the lowest is always 0.
    pub(crate) fn highest_version(&self, release: Release) -> i16 {
        self.highest.iter().rev().find(|(since, _)| *since <= release).map_or(0, |(_, version)| *version)
    }

    /// A release to read by when nothing is known: the newest that has the layout.
    pub(crate) fn newest_release(&self) -> Release {
        if self.before == NEWEST { NEWEST } else { self.since }
    }
}

fn read_value<M: Message>(r: &mut Reader<'_>, version: i16, release: Release) -> Result<Value, WireError>
where
    Value: From<M>,
{
    read::<M>(r, version, release).map(Value::from)
}

fn value_from_json<M: Message>(json: &Json, version: i16) -> Result<Value, JsonError>
where
    Value: From<M>,
{
    M::from_json(json, M::context(version, NEWEST)).map(Value::from)
}

const fn release(major: u8, minor: u8) -> Release {
    Release::new(major, minor, 0)
}

const FIRST: Release = Release::new(0, 8, 2);
const ONLY_0: &[(Release, i16)] = &[(FIRST, 0)];
/// KIP-915 let 3.4.1 read the flexible versions that 4.1 began to write.
const FLEXIBLE_READABLE: Release = Release::new(3, 4, 1);
const OFFSET_COMMIT: &[(Release, i16)] = &[(FIRST, 1), (release(2, 1), 3), (FLEXIBLE_READABLE, 4)];
const LEGACY_OFFSET_COMMIT: &[(Release, i16)] =
    &[(FIRST, 1), (release(2, 1), 3), (FLEXIBLE_READABLE, 4), (release(4, 1), 0)];
const GROUP_METADATA: &[(Release, i16)] =
    &[(FIRST, 1), (release(2, 1), 2), (release(2, 3), 3), (FLEXIBLE_READABLE, 4)];

macro_rules! layouts {
    ($($number:literal $message:ty, $name:expr, since $since:expr, before $before:expr, loaded $loaded:expr, $highest:expr;)*) => {
        &[$(Layout {
            record_type: $number,
            name: $name,
            since: $since,
            before: $before,
            loaded_since: $loaded,
            highest: $highest,
            read: read_value::<$message>,
            read_json: value_from_json::<$message>,
        },)*]
    };
}

use crate::messages::early_access::*;
use crate::messages::*;

/// Every layout, by record type, newest first.
static LAYOUTS: &[Layout] = layouts! {
    0 OffsetCommitValue, None, since FIRST, before NEWEST, loaded FIRST, LEGACY_OFFSET_COMMIT;
    1 OffsetCommitValue, None, since release(0, 9), before NEWEST, loaded FIRST, OFFSET_COMMIT;
    2 GroupMetadataValue, None, since release(0, 9), before NEWEST, loaded FIRST, GROUP_METADATA;
    3 ConsumerGroupMetadataValue, None, since release(3, 5), before NEWEST, loaded release(3, 5), ONLY_0;
    4 ConsumerGroupPartitionMetadataValue, None, since release(3, 8), before NEWEST, loaded release(3, 8), ONLY_0;
    4 ConsumerGroupPartitionMetadataValue37, Some("3.7"), since release(3, 6), before release(3, 8), loaded release(3, 6), ONLY_0;
    4 ConsumerGroupPartitionMetadataValue35, Some("3.5"), since release(3, 5), before release(3, 6), loaded release(3, 5), ONLY_0;
    5 ConsumerGroupMemberMetadataValue, None, since release(3, 8), before NEWEST, loaded release(3, 8), ONLY_0;
    5 ConsumerGroupMemberMetadataValue37, Some("3.7"), since release(3, 6), before release(3, 8), loaded release(3, 6), ONLY_0;
    5 ConsumerGroupMemberMetadataValue35, Some("3.5"), since release(3, 5), before release(3, 6), loaded release(3, 5), ONLY_0;
    6 ConsumerGroupTargetAssignmentMetadataValue, None, since release(3, 5), before NEWEST, loaded release(3, 5), ONLY_0;
    7 ConsumerGroupTargetAssignmentMemberValue, None, since release(3, 8), before NEWEST, loaded release(3, 8), ONLY_0;
    7 ConsumerGroupTargetAssignmentMemberValue37, Some("3.7"), since release(3, 5), before release(3, 8), loaded release(3, 5), ONLY_0;
    8 ConsumerGroupCurrentMemberAssignmentValue, None, since release(3, 8), before NEWEST, loaded release(3, 8), ONLY_0;
    8 ConsumerGroupCurrentMemberAssignmentValue37, Some("3.7"), since release(3, 6), before release(3, 8), loaded release(3, 6), ONLY_0;
    8 ConsumerGroupCurrentMemberAssignmentValue35, Some("3.5"), since release(3, 5), before release(3, 6), loaded release(3, 5), ONLY_0;
    9 ShareGroupPartitionMetadataValue, None, since release(4, 0), before release(4, 1), loaded release(4, 0), ONLY_0;
    9 ShareGroupStatePartitionMetadataValue40, Some("3.9"), since release(3, 9), before release(4, 0), loaded release(4, 0), ONLY_0;
    10 ShareGroupMemberMetadataValue, None, since release(3, 9), before NEWEST, loaded release(4, 0), ONLY_0;
    11 ShareGroupMetadataValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    11 ShareGroupMetadataValue40, Some("4.0"), since release(3, 9), before release(4, 1), loaded release(4, 0), ONLY_0;
    12 ShareGroupTargetAssignmentMetadataValue, None, since release(4, 0), before NEWEST, loaded release(4, 0), ONLY_0;
    13 ShareGroupTargetAssignmentMemberValue, None, since release(4, 0), before NEWEST, loaded release(4, 0), ONLY_0;
    14 ShareGroupCurrentMemberAssignmentValue, None, since release(4, 0), before NEWEST, loaded release(4, 0), ONLY_0;
    15 ShareGroupStatePartitionMetadataValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    15 ShareGroupStatePartitionMetadataValue40, Some("4.0"), since release(4, 0), before release(4, 1), loaded release(4, 0), ONLY_0;
    16 ConsumerGroupRegularExpressionValue, None, since release(4, 0), before NEWEST, loaded release(4, 0), ONLY_0;
    17 StreamsGroupMetadataValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    19 StreamsGroupMemberMetadataValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    20 StreamsGroupTargetAssignmentMetadataValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    21 StreamsGroupTargetAssignmentMemberValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    22 StreamsGroupCurrentMemberAssignmentValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    23 StreamsGroupTopologyValue, None, since release(4, 1), before NEWEST, loaded release(4, 1), ONLY_0;
    24 StreamsGroupTargetAssignmentResolvedTopicIdsValue, None, since release(4, 5), before NEWEST, loaded release(4, 5), ONLY_0;
};

/// The layouts of a record type, newest first; empty for an unknown type.
pub(crate) fn layouts_of(record_type: i16) -> &'static [Layout] {
    let start = LAYOUTS.partition_point(|layout| layout.record_type < record_type);
    let end = LAYOUTS.partition_point(|layout| layout.record_type <= record_type);
    LAYOUTS.get(start..end).unwrap_or_default()
}
