//! The releases, one entry each: a new release is one more line.
//!
//! Releases not listed follow the newest listed one below them of the same coordinator (see [`profile_for`]):
//! patch releases seldom change replay, and a verdict for a release that nobody checked says whose rules it used.

use lastwrites_records::Coordinator;
use lastwrites_types::Release;

use super::new::{
    AssignmentEpochs, ConsumerLookup, FailureLog, NewRules, PartitionEpochRule, Repeated, ShareLookup,
    StatePartitions, StreamsOverOffsets, StreamsReady, SubscriptionParsing, TaskProcessRule,
    TransactionalOffsets,
};
use super::old::{DuplicateStaticMember, OldRules};
use super::profile::{Profile, Rules};

const OLD: OldRules = OldRules { duplicate_static_member: DuplicateStaticMember::Refused };
const OLD_2_8: OldRules = OldRules { duplicate_static_member: DuplicateStaticMember::Replaced };

const NEW_3_7: NewRules = NewRules {
    consumer_lookup: ConsumerLookup::EarlyAccess,
    share_lookup: ShareLookup::CreationOrder,
    streams_over_offsets: StreamsOverOffsets::Refused,
    partition_epochs: PartitionEpochRule::Unchecked,
    task_processes: TaskProcessRule::Strict,
    transactional_offsets: TransactionalOffsets::MarkerOrder,
    repeated_topic: Repeated::Refused,
    repeated_subtopology: Repeated::Refused,
    assignment_epochs: AssignmentEpochs::Absent,
    first_epoch: 0,
    streams_ready: StreamsReady::NotAfterLoad,
    subscription: SubscriptionParsing::Escapes,
    state_partitions: StatePartitions::Replayed,
    failure_log: FailureLog::CauseOnly,
    snapshots_while_loading: false,
};
const NEW_3_8: NewRules = NewRules {
    consumer_lookup: ConsumerLookup::CreationOrder,
    partition_epochs: PartitionEpochRule::Strict,
    transactional_offsets: TransactionalOffsets::RecordOffset,
    ..NEW_3_7
};
const NEW_4_0_0: NewRules = NewRules {
    consumer_lookup: ConsumerLookup::AnyOrder,
    state_partitions: StatePartitions::Unreplayable,
    failure_log: FailureLog::DueTo,
    ..NEW_3_8
};
const NEW_4_0_2: NewRules =
    NewRules { partition_epochs: PartitionEpochRule::Lenient, snapshots_while_loading: true, ..NEW_4_0_0 };
const NEW_4_1_0: NewRules = NewRules {
    share_lookup: ShareLookup::AnyOrder,
    state_partitions: StatePartitions::Replayed,
    ..NEW_4_0_0
};
const NEW_4_1_1: NewRules = NewRules { snapshots_while_loading: true, ..NEW_4_1_0 };
const NEW_4_1_2: NewRules = NewRules {
    partition_epochs: PartitionEpochRule::Lenient,
    task_processes: TaskProcessRule::Lenient,
    ..NEW_4_1_1
};
const NEW_4_2_0: NewRules = NewRules {
    repeated_subtopology: Repeated::LastWins,
    assignment_epochs: AssignmentEpochs::StreamsChecked,
    streams_ready: StreamsReady::ValidatedTopology,
    failure_log: FailureLog::StackTrace,
    ..NEW_4_1_2
};
const NEW_4_2_1: NewRules = NewRules { streams_over_offsets: StreamsOverOffsets::Replaces, ..NEW_4_2_0 };
const NEW_4_3_0: NewRules = NewRules {
    repeated_topic: Repeated::LastWins,
    assignment_epochs: AssignmentEpochs::Lenient,
    first_epoch: 1,
    ..NEW_4_2_1
};

const fn old(major: u8, minor: u8, patch: u8, rules: OldRules) -> Profile {
    let release = Release::new(major, minor, patch);
    Profile::new(release, Coordinator::Old, Rules::Old(rules))
}

const fn new(major: u8, minor: u8, patch: u8, rules: NewRules) -> Profile {
    let release = Release::new(major, minor, patch);
    Profile::new(release, Coordinator::New, Rules::New(rules))
}

/// Known releases, ascending; where a release has both coordinators the old one comes first.
const TABLE: &[Profile] = &[
    old(2, 8, 2, OLD_2_8),
    old(3, 4, 0, OLD),
    old(3, 4, 1, OLD),
    old(3, 6, 2, OLD),
    old(3, 7, 2, OLD),
    new(3, 7, 2, NEW_3_7),
    old(3, 8, 1, OLD),
    new(3, 8, 1, NEW_3_8),
    old(3, 9, 1, OLD),
    new(3, 9, 1, NEW_3_8),
    old(3, 9, 2, OLD),
    new(3, 9, 2, NEW_3_8),
    old(4, 0, 0, OLD),
    new(4, 0, 0, NEW_4_0_0),
    old(4, 0, 1, OLD),
    new(4, 0, 1, NEW_4_0_0),
    old(4, 0, 2, OLD),
    new(4, 0, 2, NEW_4_0_2),
    new(4, 1, 0, NEW_4_1_0),
    new(4, 1, 1, NEW_4_1_1),
    new(4, 1, 2, NEW_4_1_2),
    new(4, 2, 0, NEW_4_2_0),
    new(4, 2, 1, NEW_4_2_1),
    new(4, 3, 0, NEW_4_3_0),
    new(4, 3, 1, NEW_4_3_0),
];

/// The first entry's release.
const OLDEST: Release = Release::new(2, 8, 2);

/// Every release with an entry of its own, ascending.
#[must_use]
pub const fn known() -> &'static [Profile] {
    TABLE
}

/// The newest release and coordinator, the default of every command.
#[must_use]
pub const fn newest() -> Profile {
    new(4, 3, 1, newest_rules())
}

/// The rules of [`newest`].
#[must_use]
pub const fn newest_rules() -> NewRules {
    NEW_4_3_0
}

/// The profile of a release under one of its coordinators; `None` where it does not have that coordinator.
///
/// A release without an entry of its own follows the one of [`checked_as`], with the fix of KAFKA-20570 where it has
/// that. Releases below the oldest entry read records by their own schemas all the same: those are known further back
/// than the rest.
#[must_use]
pub fn profile_for(release: Release, coordinator: Coordinator) -> Option<Profile> {
    let entry = entry_for(release, coordinator)?;
    let is_older = (release.major, release.minor) < (OLDEST.major, OLDEST.minor);
    Some(match entry.rules {
        rules if is_older => Profile::new(release, coordinator, rules),
        Rules::New(rules) if catches_malformed_subscriptions(release) => {
            let rules = NewRules { subscription: SubscriptionParsing::Caught, ..rules };
            Profile::new(entry.release(), coordinator, Rules::New(rules))
        }
        _ => *entry,
    })
}

/// KAFKA-20570: `ConsumerProtocol` turns what its parser throws into the `SchemaException` that `ClassicGroup` catches,
/// after the last listed releases of the 4.2 and 4.3 lines and in later lines (seen in the jars of 4.2.2 and 4.4.0).
fn catches_malformed_subscriptions(release: Release) -> bool {
    match (release.major, release.minor) {
        (4, 2) => release > Release::new(4, 2, 1),
        (4, 3) => release > Release::new(4, 3, 1),
        line => line > (4, 3),
    }
}

/// The release whose rules answer for this one: itself where it has an entry, else the newest entry of its minor
/// release that is not above it, else the oldest of its minor release, else the newest below it. `None` where the
/// release does not have that coordinator.
#[must_use]
pub fn checked_as(release: Release, coordinator: Coordinator) -> Option<Release> {
    entry_for(release, coordinator).map(Profile::release)
}

fn entry_for(release: Release, coordinator: Coordinator) -> Option<&'static Profile> {
    let has_it = match coordinator {
        Coordinator::Old => release < Release::new(4, 1, 0),
        Coordinator::New => release >= Release::new(3, 7, 0),
    };
    let of_kind = || TABLE.iter().filter(move |entry| entry.coordinator() == coordinator);
    let of_minor = || {
        of_kind().filter(move |entry| {
            (entry.release().major, entry.release().minor) == (release.major, release.minor)
        })
    };
    let entry = of_minor()
        .rfind(|entry| entry.release() <= release)
        .or_else(|| of_minor().next())
        .or_else(|| of_kind().rfind(|entry| entry.release() <= release))
        .or_else(|| of_kind().next())?;
    has_it.then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(release: &str, coordinator: Coordinator) -> Option<String> {
        profile_for(release.parse().unwrap(), coordinator).map(|profile| profile.to_string())
    }

    /// `ConsumerProtocol.deserializeConsumerProtocolSubscription` of the jars of kafka-clients throws a
    /// `RuntimeException` for a topic count of -1 in 4.1.2, a `SchemaException` in 4.2.2 and 4.4.0.
    #[test]
    fn releases_behind_the_newest_checked_catch_malformed_subscriptions() {
        let parsing = |release: &str| {
            let profile = profile_for(release.parse().unwrap(), Coordinator::New).unwrap();
            let Rules::New(rules) = profile.rules else { panic!("rules of the new coordinator") };
            (profile.to_string(), rules.subscription)
        };
        for (release, follows, expected) in [
            ("4.1.9", "4.1.2/new", SubscriptionParsing::Escapes),
            ("4.2.1", "4.2.1/new", SubscriptionParsing::Escapes),
            ("4.2.2", "4.2.1/new", SubscriptionParsing::Caught),
            ("4.3.1", "4.3.1/new", SubscriptionParsing::Escapes),
            ("4.3.2", "4.3.1/new", SubscriptionParsing::Caught),
            ("4.4.0", "4.3.1/new", SubscriptionParsing::Caught),
            ("5.0.0", "4.3.1/new", SubscriptionParsing::Caught),
        ] {
            assert_eq!(parsing(release), (follows.to_owned(), expected), "{release}");
        }
    }

    #[test]
    fn releases_without_an_entry_follow_their_nearest_relative() {
        for (asked, coordinator, expected) in [
            ("4.3.1", Coordinator::New, Some("4.3.1/new")),
            ("4.3.9", Coordinator::New, Some("4.3.1/new")),
            ("3.7.0", Coordinator::New, Some("3.7.2/new")),
            ("3.8.0", Coordinator::New, Some("3.8.1/new")),
            ("3.5.1", Coordinator::Old, Some("3.4.1/old")),
            ("2.4.0", Coordinator::Old, Some("2.4.0/old")),
            ("2.8.0", Coordinator::Old, Some("2.8.2/old")),
            ("3.9.2", Coordinator::Old, Some("3.9.2/old")),
            ("4.1.0", Coordinator::Old, None),
            ("3.6.2", Coordinator::New, None),
        ] {
            assert_eq!(chosen(asked, coordinator).as_deref(), expected, "{asked}");
        }
        assert_eq!(newest().to_string(), "4.3.1/new");
        assert_eq!(TABLE[0].release(), OLDEST);
        let checked = |release: &str| checked_as(release.parse().unwrap(), Coordinator::New).unwrap();
        assert_eq!(
            (checked("9.9").to_string(), checked("4.2.1").to_string()),
            ("4.3.1".into(), "4.2.1".into())
        );
    }
}
