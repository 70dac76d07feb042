//! Puts a playbook together.

use std::collections::BTreeSet;
use std::fmt;

use lastwrites_coordinator::rules::{Coordinator, checked_as, newest as newest_profile};
use lastwrites_evidence::{ClusterMetadata, ViewKind};
use lastwrites_types::{ByteText, CONSUMER_OFFSETS_TOPIC, Release};

use super::brokers::{Rules, brokers, copies_of_others, copy_of, serves};
use super::commands::Commands;
use super::files::{election, led_by, reassignment};
use super::model::{Assumed, PlannedFile, Playbook};
use super::outlook::{deletion, instead, reason, trouble};
use super::steps::{ELECTION, Offsets, ROLLBACK, reassignment_file, steps};
use crate::diagnose::{Cause, Diagnosis, PartitionDiagnosis, ReleaseVerdict};
use crate::model::Report;

/// Old coordinators before this one take record types of 4.x for fatal whatever the log holds.
const SKIPS_UNKNOWN_TYPES: Release = Release::new(3, 4, 1);

/// What the operator said.
pub struct Asked {
    /// The partition; `None` takes the only one that fails.
    pub partition: Option<i32>,
    /// Its replicas, preferred leader first; empty takes those of `layout`.
    pub replicas: Vec<i32>,
    /// The broker that leads it now; `None` takes the one that `layout` names, else the first replica.
    pub leader: Option<i32>,
    /// Who leads what, where the evidence says so.
    pub layout: Option<ClusterMetadata>,
    /// What the brokers run; `None` takes the newest release on which a copy fails, of those whose coordinator runs
    /// by default before those where somebody had to switch it on.
    pub kafka: Option<(Release, Coordinator)>,
    /// The paths as typed, for the command that saves the offsets; `None` where they are saved already, beside the
    /// other files.
    pub evidence: Option<String>,
}

/// Why there is no playbook.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaybookError {
    /// No partition was named, and not exactly one fails.
    WhichPartition {
        /// Those that fail.
        failing: Vec<i32>,
        /// Those that are here.
        present: Vec<i32>,
    },
    /// The partition has no copy here.
    NoCopy {
        /// The partition.
        partition: i32,
    },
    /// Nothing says which brokers have the partition.
    NoReplicas {
        /// The partition.
        partition: i32,
    },
    /// A broker stands twice in the replica list, or the leader not at all.
    Replicas {
        /// The broker.
        broker: i32,
        /// What is wrong.
        why: &'static str,
    },
}

impl fmt::Display for PlaybookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |partitions: &[i32]| {
            let texts: Vec<String> = partitions.iter().take(20).map(ToString::to_string).collect();
            texts.join(", ")
        };
        match self {
            Self::WhichPartition { failing, present } if failing.is_empty() => write!(
                f,
                "no copy of a partition fails here ({} present); name one with --partition",
                list(present)
            ),
            Self::WhichPartition { failing, .. } => {
                write!(
                    f,
                    "partitions {} fail: a playbook is for one, name it with --partition",
                    list(failing)
                )
            }
            Self::NoCopy { partition } => write!(f, "no copy of __consumer_offsets-{partition} here"),
            Self::NoReplicas { partition } => write!(
                f,
                "the evidence doesn't say which brokers have __consumer_offsets-{partition}: name them with --brokers, \
                 as kafka-topics --describe prints them"
            ),
            Self::Replicas { broker, why } => write!(f, "--brokers: broker {broker} {why}"),
        }
    }
}

impl std::error::Error for PlaybookError {}

/// The repair of one partition.
///
/// # Errors
/// When the partition can't be told, or the replica list contradicts itself.
pub fn playbook(diagnosis: &Diagnosis, report: &Report, asked: &Asked) -> Result<Playbook, PlaybookError> {
    let partition = which(diagnosis, asked)?;
    let (replicas, leader) = replicas(asked, partition)?;
    let copies: Vec<&PartitionDiagnosis> =
        diagnosis.partitions.iter().filter(|copy| copy.partition == Some(partition)).collect();
    if copies.is_empty() {
        return Err(PlaybookError::NoCopy { partition });
    }
    let (by_default, assumed) = newest_failing(&copies);
    let rules = asked.kafka.map_or(by_default, |(release, coordinator)| Rules { release, coordinator });
    let (trouble, cause) = trouble(copy_of(leader, leader, &copies), &copies, rules);
    let mut brokers = brokers(&replicas, leader, &copies, rules);
    let (possible, why) = reason(&trouble, cause, leader, &brokers, rules);
    let why = format!("{why}{}", copies_of_others(&replicas, leader, &copies, rules));
    if !possible {
        brokers.iter_mut().for_each(|broker| broker.place = None);
    }
    let failing = copies.iter().filter_map(|copy| rules.verdict(copy)?.group_id.clone());
    let groups = groups(report, partition, failing.collect());
    let mut playbook = Playbook {
        partition,
        rules: format!("{}/{}", rules.release, rules.word()),
        checked_as: checked_as(rules.release, rules.coordinator)
            .filter(|checked| *checked != rules.release)
            .map(|checked| checked.to_string()),
        rules_assumed: asked.kafka.is_none(),
        assumed,
        leader,
        replicas,
        deletion: deletion(&trouble, possible, leader, &brokers, rules),
        instead: instead(&trouble, &brokers, leader, partition, rules),
        groups,
        trouble,
        possible,
        why,
        brokers,
        steps: Vec::new(),
        files: Vec::new(),
    };
    if possible {
        let commands = Commands { release: rules.release, partition };
        let has_offsets =
            report.groups.iter().flat_map(|group| &group.offsets).any(|one| one.offset.is_some());
        let offsets = match &asked.evidence {
            _ if !has_offsets => Offsets::None,
            Some(evidence) => Offsets::ToSave(evidence),
            None => Offsets::Saved,
        };
        playbook.steps = steps(&playbook, commands, &playbook.groups, offsets);
        playbook.files = files(&playbook);
    }
    Ok(playbook)
}

/// The partition's replicas and its leader: as asked, else as the evidence has them.
fn replicas(asked: &Asked, partition: i32) -> Result<(Vec<i32>, i32), PlaybookError> {
    let known = asked.layout.as_ref().and_then(|layout| {
        let (_, topic) = layout.image.topic(&ByteText::from(CONSUMER_OFFSETS_TOPIC))?;
        topic.partitions.get(&partition)
    });
    let known = known.filter(|known| asked.replicas.is_empty() || known.replicas == asked.replicas);
    let replicas = match (known, asked.replicas.is_empty()) {
        (_, false) => asked.replicas.clone(),
        (Some(known), true) => known.replicas.clone(),
        (None, true) => return Err(PlaybookError::NoReplicas { partition }),
    };
    let mut seen = BTreeSet::new();
    if let Some(twice) = replicas.iter().find(|broker| !seen.insert(**broker)) {
        return Err(PlaybookError::Replicas { broker: *twice, why: "stands twice in the list" });
    }
    let leader = asked.leader.or_else(|| known?.leader).or_else(|| replicas.first().copied());
    let leader = leader.unwrap_or(-1);
    if !seen.contains(&leader) {
        return Err(PlaybookError::Replicas { broker: leader, why: "leads, but is not in the list" });
    }
    Ok((replicas, leader))
}

fn which(diagnosis: &Diagnosis, asked: &Asked) -> Result<i32, PlaybookError> {
    if let Some(partition) = asked.partition {
        return Ok(partition);
    }
    let fails = |copy: &PartitionDiagnosis| match asked.kafka {
        Some((release, coordinator)) => {
            Rules { release, coordinator }.verdict(copy).is_some_and(|verdict| !serves(verdict))
        }
        None => copy.verdicts.iter().any(|verdict| tells(copy, verdict)),
    };
    let of = |copies: &mut dyn Iterator<Item = &PartitionDiagnosis>| -> Vec<i32> {
        copies.filter_map(|copy| copy.partition).collect::<BTreeSet<i32>>().into_iter().collect()
    };
    let present = of(&mut diagnosis.partitions.iter());
    let failing = of(&mut diagnosis.partitions.iter().filter(|copy| fails(copy)));
    match (failing.as_slice(), present.as_slice()) {
        ([only], _) | ([], [only]) => Ok(*only),
        _ => Err(PlaybookError::WhichPartition { failing, present }),
    }
}

/// True for a failure that says something about the log, not only about the release's age: records that a release is too old
/// for do so where the newest can't read them either.
fn tells(copy: &PartitionDiagnosis, verdict: &ReleaseVerdict) -> bool {
    let found = copy.verdicts.iter().filter(|verdict| verdict.view == ViewKind::AsFound);
    let by_age = found.filter(|verdict| verdict.profile.coordinator() == Coordinator::New);
    let newest_serves = || by_age.max_by_key(|verdict| verdict.kafka).is_none_or(serves);
    verdict.view == ViewKind::AsFound
        && !serves(verdict)
        && !(verdict.cause.is_some_and(Cause::is_too_old_a_release) && newest_serves())
        && (verdict.profile.coordinator() == Coordinator::New || verdict.kafka >= SKIPS_UNKNOWN_TYPES)
}

/// The newest release on which a copy fails, else the newest that can lose a race on it: a coordinator that somebody
/// had to switch on comes after either of one that runs by default.
fn newest_failing(copies: &[&PartitionDiagnosis]) -> (Rules, Assumed) {
    let failing = |by_default: bool| {
        let failing =
            copies.iter().flat_map(|copy| copy.verdicts.iter().filter(move |verdict| tells(copy, verdict)));
        failing
            .filter(|verdict| verdict.runs_by_default() == by_default)
            .map(|verdict| (verdict.profile.coordinator() == Coordinator::New, verdict.kafka))
            .max()
            .map(|newest| (newest, Assumed::CopyFails))
    };
    let raced = |by_default: bool| {
        let races = copies.iter().flat_map(|copy| &copy.races);
        let raced = races.filter(|race| race.runs_by_default() == by_default);
        raced.map(|race| (true, race.kafka)).max().map(|newest| (newest, Assumed::RaceFails))
    };
    let newest = failing(true).or_else(|| raced(true)).or_else(|| failing(false)).or_else(|| raced(false));
    newest.map_or_else(
        || (Rules::of(&newest_profile()), Assumed::NothingFails),
        |((new, release), assumed)| {
            let coordinator = if new { Coordinator::New } else { Coordinator::Old };
            (Rules { release, coordinator }, assumed)
        },
    )
}

/// The partition's groups that a client would ask this shard for, the failing one first.
fn groups(report: &Report, partition: i32, failing: Vec<ByteText>) -> Vec<ByteText> {
    let here = report.groups.iter().filter(|group| group.maps_to.or(group.found_in) == Some(partition));
    let mut groups: Vec<ByteText> = Vec::new();
    for group in failing.into_iter().chain(here.map(|group| group.group_id.clone())) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

fn files(playbook: &Playbook) -> Vec<PlannedFile> {
    let mut files = vec![PlannedFile { name: ELECTION.to_owned(), content: election(playbook.partition) }];
    for broker in playbook.brokers.iter().filter(|broker| broker.place.is_some()) {
        let replicas = led_by(broker.broker_id, &playbook.replicas);
        files.push(PlannedFile {
            name: reassignment_file(broker),
            content: reassignment(playbook.partition, &replicas),
        });
    }
    let content = reassignment(playbook.partition, &playbook.replicas);
    files.push(PlannedFile { name: ROLLBACK.to_owned(), content });
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}
