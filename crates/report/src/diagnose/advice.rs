//! What to tell a person about a cause: what it is, where it is fixed, what helps and what doesn't.
//!
//! Releases and fixes follow Kafka's issue tracker and what the real coordinators did with the same logs; the long
//! form is each code's page in `docs/findings.md`.

use lastwrites_evidence::{PartitionCopy, SegmentKind};

use super::cause::Cause;
use super::with_fix::WithFix;

/// The story of one cause.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// What happened, in a sentence or two.
    pub what: &'static str,
    /// Releases that fail.
    pub affected: &'static str,
    /// Releases that don't.
    pub fixed: &'static str,
    /// What neutralises it.
    pub helps: &'static str,
    /// Whether deleting the group helps.
    pub deleting: &'static str,
}

/// A shard that failed takes no writes, whatever the cause.
const NO_WRITES: &str = "Deleting the group does not help: a FAILED shard answers NOT_COORDINATOR and appends \
    nothing, and tombstones at the end of the log leave the earlier record where it is.";
/// The same for the race family, and where it is shown that the log at rest loads.
const NO_WRITES_RACE: &str =
    "Deleting the group does not help: a FAILED shard answers NOT_COORDINATOR and appends nothing.";
const NO_WRITES_PROVEN_RACE: &str = "Deleting the group does not help: a FAILED shard answers NOT_COORDINATOR and \
    appends nothing. Nothing on disk needs to be removed.";
/// The old coordinators go on serving.
const OLD_WRITES: &str = "Deleting the group does not help: an old coordinator that has swallowed the error knows \
    nothing of its commits. It takes new ones; the old ones stay on disk until they are cleaned away.";
/// What helps where they do, whatever the cause.
pub(super) const GIVE_BACK: &str = "Where an old coordinator has swallowed the error: stop the consumers before they commit \
    more, take the offsets from a copy (`lastwrites recover`, with `--as-of` a moment before the load if they have \
    committed since), and write them to new groups on another partition or back to the same ones \
    (`lastwrites-seek apply`). The partition starts empty again at each load until the record is gone.";
/// A reload, and the same where a cleaner's originals are left: a restart destroys them. What releases with a fix make of
/// the log comes last.
macro_rules! reload {
    ($fix:literal) => {
        [
            concat!(
                "Let the cleaner's pass over this partition end, then force one reload: move its leader to another in-sync \
                 replica (`lastwrites playbook` prepares it), or restart the broker. ",
                $fix
            ),
            concat!(
                "Let the cleaner's pass over this partition end, then move its leader to another in-sync replica for one \
                 reload (`lastwrites playbook`). Copy this disk before any restart: one deletes its .deleted files. ",
                $fix
            ),
        ]
    };
}
const RELOADS: [&str; 2] = reload!("A release with the fix loads it whatever the cleaner does.");
const RELOADS_AT_REST: [&str; 2] =
    reload!("A release with the fix loads it at rest, but fails, too, where its load meets the cleaner.");
const RELOADS_PARTLY: [&str; 2] = reload!("Not every release with the fix loads it.");
const RELOADS_FAILING: [&str; 2] = reload!("Releases with the fix fail on it, too.");
const RELOADS_UNJUDGED: [&str; 2] =
    reload!("No release with the fix was judged here: without `--kafka`, `lastwrites diagnose` judges all.");
const RELOADS_NO_FIX: [&str; 2] = reload!("No release has a fix.");
/// What [`Advice::on`] puts in place where there is a fix, and where there is none.
const RELOAD: &str = RELOADS_UNJUDGED[0];
const RELOAD_NO_FIX: &str = RELOADS_NO_FIX[0];
/// Releases with the fix of KAFKA-19862, and the same where they fail on the log at hand.
const FIXED: &str = "4.0.2, 4.1.2, 4.2.0";
const FIXED_IN_VAIN: &str = "4.0.2, 4.1.2, 4.2.0, but releases with the fix fail on this log, too";
const OTHER_REPLICA: &str = "Another replica whose copy loads (compare with `lastwrites diagnose` on its disk), or \
    an upgrade to a release that loads this copy, where one does.";

impl Advice {
    /// The same where an old coordinator swallows the error and serves the partition without its groups.
    pub(super) const fn swallowed(self) -> Self {
        Self { deleting: OLD_WRITES, ..self }
    }

    /// The same where it is shown that the log at rest loads: the race is all there is to it.
    pub(super) fn at_rest_loads(self) -> Self {
        match self.deleting {
            NO_WRITES_RACE => Self { deleting: NO_WRITES_PROVEN_RACE, ..self },
            _ => self,
        }
    }

    /// The same for this copy: where it holds what a cleaner left, a restart would destroy it, and releases with the fix
    /// need not load it.
    pub(super) fn on(self, copy: &PartitionCopy, with_fix: WithFix) -> Self {
        let [plain, after_copy] = match self.helps {
            RELOAD => match with_fix {
                WithFix::Load => RELOADS,
                WithFix::LoadAtRest => RELOADS_AT_REST,
                WithFix::SomeLoad => RELOADS_PARTLY,
                WithFix::Fail => RELOADS_FAILING,
                WithFix::NotJudged => RELOADS_UNJUDGED,
            },
            RELOAD_NO_FIX => RELOADS_NO_FIX,
            other => [other; 2],
        };
        let has_originals = copy.files.iter().any(|file| file.kind == SegmentKind::Deleted);
        let fixed = match self.fixed {
            FIXED if with_fix == WithFix::Fail => FIXED_IN_VAIN,
            other => other,
        };
        Self { helps: if has_originals { after_copy } else { plain }, fixed, ..self }
    }
}

impl Cause {
    /// Its story.
    #[must_use]
    pub const fn advice(self) -> Advice {
        match self {
            Self::EpochConflict => Advice {
                what: "The load raced the log cleaner: the record with which the old owner gave the partition or \
                    task up was cleaned away between two reads, so the new owner's claim met a stale one.",
                affected: "3.8 and 3.9 with the new coordinator, 4.0.0, 4.0.1, 4.1.0, 4.1.1",
                fixed: FIXED,
                helps: RELOAD,
                deleting: NO_WRITES_RACE,
            },
            Self::ResidualConflict => Advice {
                what: "The load raced the log cleaner, and a record of a member's metadata brought its stale claim \
                    back after another member had taken over. The fix of KAFKA-19862 does not cover this.",
                affected: "every release with the new coordinator, those with that fix included",
                fixed: "none known",
                helps: RELOAD_NO_FIX,
                deleting: NO_WRITES_RACE,
            },
            Self::RestartedEpochs => Advice {
                what: "The load raced the log cleaner: a member's assignment met a stale claim whose epoch is not the lower \
                    one, which the fix of KAFKA-19862 refuses, too. Within one life of a group later claims have higher \
                    epochs (but -2 for a static member that left for a while), so the stale one is most likely from \
                    before the group was deleted and created again.",
                affected: "every release with the new coordinator, those with that fix included",
                fixed: "none known",
                helps: RELOAD_NO_FIX,
                deleting: NO_WRITES_RACE,
            },
            Self::WrittenConflict => Advice {
                what: "Two members claim one partition or task, and the log itself says so: every offset between the two \
                    claims has its record here, and none of them gives it up. No race with the cleaner made this.",
                affected: "3.8 and 3.9 with the new coordinator, 4.0.0, 4.0.1, 4.1.0, 4.1.1",
                fixed: "4.0.2, 4.1.2, 4.2.0, where the later claim has the higher epoch",
                helps: "An upgrade to a release that loads this copy, where one does, or another replica whose copy loads: \
                    its own cleaner may have taken the first claim away (compare with `lastwrites diagnose` on its disk). A \
                    reload of this copy fails again.",
                deleting: NO_WRITES,
            },
            Self::WrittenResidual => Advice {
                what: "Two members claim one partition or task, and the log itself says so: every offset between the two \
                    claims has its record here, and none of them gives it up. The second claim's epoch is not the higher \
                    one, which the fix of KAFKA-19862 refuses, too. No race with the cleaner made this.",
                affected: "every release with the new coordinator, those with that fix included",
                fixed: "none known",
                helps: "Another replica whose copy loads: its own cleaner may have taken one of the claims away (compare with \
                    `lastwrites diagnose` on its disk). Without one take the offsets (`lastwrites recover`) to a new group \
                    id on another partition. A reload of this copy fails again.",
                deleting: NO_WRITES,
            },
            Self::TwoTypes => Advice {
                what: "Records of one group type stand behind those of a group of another type with the same id, which was \
                    never deleted: the id was used with two group types. Every record between the two is here, so no race \
                    with the cleaner made this.",
                affected: "every release that knows both group types",
                fixed: "none known",
                helps: "Another replica whose copy loads: its own cleaner may have taken the older group's records away \
                    (compare with `lastwrites diagnose` on its disk). Without one take the offsets (`lastwrites recover`) to \
                    new group ids on another partition, and give the two applications two ids.",
                deleting: NO_WRITES,
            },
            Self::RacedTypes => Advice {
                what: "The load met records of one group type behind those of a group of another type with the same id. \
                    Records between the two were cleaned away, so a race with the log cleaner may have hidden the \
                    tombstones of the older group.",
                affected: "every release that knows both group types",
                fixed: "none known",
                helps: RELOAD_NO_FIX,
                deleting: NO_WRITES_RACE,
            },
            Self::OnlineDowngrade => Advice {
                what: "The load raced the log cleaner across a group's upgrade to the consumer protocol and back: it \
                    still held the classic group when records of the consumer group came.",
                affected: "every release from 3.8 on (on 3.8 and 3.9 without a race, too)",
                fixed: "none yet (KAFKA-21117 is open)",
                helps: RELOAD_NO_FIX,
                deleting: NO_WRITES_RACE,
            },
            Self::GroupTombstone => Advice {
                what: "A group's tombstone came while parts of the group were left: their own tombstones were \
                    cleaned away first, or never written.",
                affected: "every release with the new coordinator",
                fixed: "none yet (KAFKA-21102 is open)",
                helps: "If the load raced the cleaner: let its pass end, then force one reload (`lastwrites \
                    playbook`). If it fails again, another replica whose copy loads.",
                deleting: NO_WRITES,
            },
            Self::WrittenTombstone => Advice {
                what: "A group's tombstone came while parts of the group were left, and the log itself says so: every record \
                    of the group is here, and their own tombstones are not among them. No race with the cleaner made this.",
                affected: "every release with the new coordinator",
                fixed: "none yet (KAFKA-21102 is open)",
                helps: "Another replica whose copy loads: its own cleaner may have taken the group's records away (compare \
                    with `lastwrites diagnose` on its disk). Without one take the offsets (`lastwrites recover`) to new \
                    group ids on another partition. A reload of this copy fails again.",
                deleting: NO_WRITES,
            },
            Self::MemberTombstone => Advice {
                what: "A member's tombstone came while its assignment was left, or for a member that never had one.",
                affected: "every release with the new coordinator",
                fixed: "none yet (KAFKA-21102 is open)",
                helps: "If the load raced the cleaner: let its pass end, then force one reload (`lastwrites \
                    playbook`). If it fails again, another replica whose copy loads.",
                deleting: NO_WRITES,
            },
            Self::StreamsAfterOffsets => Advice {
                what: "Committed offsets of the same id precede the records of a streams group, and the tombstone of \
                    the classic group between them is gone.",
                affected: "4.1.0 to 4.1.2, 4.2.0",
                fixed: "4.2.1, 4.3.0",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
            Self::ShareGroupNotFound => Advice {
                what: "A share group's record, often a tombstone, needs a group or member whose own records the \
                    cleaner has taken away.",
                affected: "4.0 (share groups in early access)",
                fixed: "4.1.0",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
            Self::CreationOrder => Advice {
                what: "A compacted consumer group: these releases want records in the order they were first written \
                    and every tombstone's target to exist, and compaction keeps neither.",
                affected: "3.7 to 3.9 with the new coordinator (early access and preview)",
                fixed: "4.0.0",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
            Self::BadWriteSequence => Advice {
                what: "Consumer group records stand behind a classic group's record with nothing cleaned between: \
                    the broker itself wrote them in an order no release can load.",
                affected: "written by 4.0.2, 4.1.1, 4.1.2, 4.2.0, 4.2.1, 4.3.0, 4.3.1; unreadable for every release",
                fixed: "the writing of such records: after these releases; reading them: not yet",
                helps: "No release loads this copy. Take the offsets (`lastwrites recover`) to a new group id on \
                    another partition; another replica holds the same records.",
                deleting: NO_WRITES,
            },
            Self::MalformedSubscription => Advice {
                what: "A classic member's subscription bytes say something impossible, and the exception that \
                    parsing them throws is not caught.",
                affected: "every release up to 4.1.x, 4.2.1 and 4.3.1; old coordinators load without their groups",
                fixed: "4.2.2, 4.4.0 and, on the 4.3 line, after 4.3.1",
                helps: "A release with the fix. Without one take the offsets (`lastwrites recover`) to a new group \
                    id on another partition.",
                deleting: NO_WRITES,
            },
            Self::ValueVersion => Advice {
                what: "A value in a version this release does not read: written by a newer release, or damaged.",
                affected: "4.0 and later refuse it; 3.7 to 3.9 misread it",
                fixed: "the release that wrote it reads it",
                helps: "Run the release that wrote it, or a later one. A downgrade below it does not work.",
                deleting: NO_WRITES,
            },
            Self::UnknownType => Advice {
                what: "A record type that came after this release, which takes unknown types for fatal.",
                affected: "up to 3.4.0",
                fixed: "3.4.1, 3.5.0 (KIP-915: skipped with a warning)",
                helps: "Run 3.4.1 or later.",
                deleting: OLD_WRITES,
            },
            Self::ShareStateOn40 => Advice {
                what: "Share group state records (type 15) as 4.1 and later write them: 4.0 knows the type and can't \
                    replay it.",
                affected: "4.0.x, after a downgrade",
                fixed: "4.1.0",
                helps: "Run 4.1 or later; a downgrade to 4.0 does not work with share groups.",
                deleting: NO_WRITES,
            },
            Self::StreamsOrder => Advice {
                what: "A streams member's assignment comes before its metadata, as compaction leaves it when the \
                    metadata was rewritten. No race is needed; the records stay.",
                affected: "4.1.0, 4.1.1 (streams groups in early access)",
                fixed: "4.1.2, 4.2.0",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
            Self::LegacyOffsetKey => Advice {
                what: "An offset key of version 0 with a value of version 1 or later, which nothing has written for \
                    years and 4.1 and later no longer read.",
                affected: "4.1.0 and later",
                fixed: "4.0.x reads it",
                helps: "Load it once on 4.0.x and let the group commit again, so that the cleaner takes the old \
                    record away; then upgrade.",
                deleting: NO_WRITES,
            },
            Self::ShareLayout40 => Advice {
                what: "A share group's record in the layout of 4.0 (early access), which 4.1 changed without a new \
                    version number.",
                affected: "4.1.0 and later",
                fixed: "4.0.x reads it",
                helps: "Delete the share groups while 4.0.x still runs, then upgrade. On 4.1 and later another \
                    replica does not help: it holds the same records.",
                deleting: "Deleting the group helps on 4.0.x only, before the upgrade. A FAILED shard answers \
                    NOT_COORDINATOR and appends nothing.",
            },
            Self::ShareOverOffsets => Advice {
                what: "Share group records under an id that has committed offsets; no release turns the one into the \
                    other.",
                affected: "every release that knows share groups (4.0 and later)",
                fixed: "none known",
                helps: "No release that knows share groups loads this copy. Take the offsets of the other groups \
                    (`lastwrites recover`) to new group ids on another partition.",
                deleting: NO_WRITES,
            },
            Self::EarlyAccessLayout => Advice {
                what: "Records of these groups changed their layout after the early access (consumer groups with 3.8, \
                    share groups with 4.1) without a new version number; this release reads the other one.",
                affected: "3.7 for consumer groups of 3.8 and later, 4.0 for share groups of 4.1 and later, and \
                    the other way round",
                fixed: "the release line that wrote it reads it",
                helps: "Run the release line that wrote it.",
                deleting: NO_WRITES,
            },
            Self::UnexpectedUnload => Advice {
                what: "A deleted group still has an open transaction's offsets. The old coordinator throws after it \
                    has put all groups in place, so they are served all the same.",
                affected: "old coordinators",
                fixed: "the new coordinator",
                helps: "Nothing is lost: the exception comes last. End the transaction (its producer, or \
                    kafka-transactions.sh abort).",
                deleting: "The group is already deleted.",
            },
            Self::DamagedBytes => Advice {
                what: "The broker's reader can't read these bytes. `lastwrites scan` says where the damage is.",
                affected: "every release",
                fixed: "none",
                helps: "A broker that starts after an unclean shutdown cuts the log here itself, with all that lies behind. \
                    Where another in-sync replica leads it fetches the rest from that one; without one the rest is gone, \
                    so copy this disk first. After a clean shutdown it does not look: another replica, or, where one is \
                    in sync, remove this one and let it be fetched again.",
                deleting: NO_WRITES,
            },
            Self::UnreadableRecord => Advice {
                what: "A record of a known type whose bytes this release can't read.",
                affected: "those that fail in the table of verdicts",
                fixed: "not known to be",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
            Self::DuplicateKey => Advice {
                what: "A record lists one topic or subtopology twice. No known release writes that.",
                affected: "those that fail in the table of verdicts",
                fixed: "not known to be",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
            Self::Other => Advice {
                what: "The record was refused by what stood before it. No known issue fits.",
                affected: "those that fail in the table of verdicts",
                fixed: "not known to be",
                helps: OTHER_REPLICA,
                deleting: NO_WRITES,
            },
        }
    }
}
