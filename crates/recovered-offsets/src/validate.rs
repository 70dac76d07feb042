//! Content checks that types alone can't express. Nothing is repaired: the first contradiction is the
//! error.

use std::collections::{HashMap, HashSet};

use lastwrites_types::{ByteText, group_to_partition};

use crate::document::{Alternative, Document, Group, PartitionCopy, RecordPlace, Source};
use crate::error::{DocumentError, Place, Problem};

/// Kafka's default for `offsets.topic.num.partitions`, for copies that don't settle the count.
const DEFAULT_OFFSETS_PARTITIONS: i32 = 50;

impl Document {
    /// Checks everything a reader relies on: numbers in range, each group and each of its partitions once,
    /// `maps_to` as Kafka hashes, every record in a listed file.
    ///
    /// # Errors
    /// [`DocumentError::Invalid`] with the place in the words of the document.
    pub fn validate(&self) -> Result<(), DocumentError> {
        let files = source(&self.source)?;
        if let Some(cut) = self.selection.as_of_offset {
            offsets_partition("as_of_offset.partition", cut.partition, &self.source)
                .and_then(|()| at_least("as_of_offset.offset", cut.offset, 0))
                .map_err(|problem| DocumentError::Invalid { place: Place::Selection, problem })?;
        }
        let mut seen: HashMap<&ByteText, Option<i32>> = HashMap::new();
        for group in &self.groups {
            let place = || Place::Group { group_id: group.group_id.clone() };
            header(group, &self.source)
                .and_then(|()| match seen.insert(&group.group_id, group.found_in) {
                    Some(first) => Err(Problem::GroupTwice { first, second: group.found_in }),
                    None => Ok(()),
                })
                .map_err(|problem| DocumentError::Invalid { place: place(), problem })?;
            partitions(group, &files)?;
        }
        Ok(())
    }
}

/// File names of each copy.
type Files<'a> = Vec<HashSet<&'a ByteText>>;

fn source(source: &Source) -> Result<Files<'_>, DocumentError> {
    if let Some(count) = source.offsets_topic_partitions {
        at_least("offsets_topic_partitions", i64::from(count), 1)
            .map_err(|problem| DocumentError::Invalid { place: Place::Source, problem })?;
    }
    let names = source.copies.iter().enumerate().map(|(index, copy)| {
        file_names(copy, source)
            .map_err(|problem| DocumentError::Invalid { place: Place::Copy { index }, problem })
    });
    names.collect()
}

fn file_names<'a>(copy: &'a PartitionCopy, source: &Source) -> Result<HashSet<&'a ByteText>, Problem> {
    offsets_partition("partition", copy.partition.unwrap_or(0), source)?;
    at_least("log_start_offset", copy.log_start_offset, 0)?;
    at_least("log_end_offset", copy.log_end_offset, 0)?;
    at_least("high_watermark", copy.high_watermark.unwrap_or(0), 0)?;
    let mut names = HashSet::new();
    match copy.files.iter().find(|file| !names.insert(&file.name)) {
        Some(file) => Err(Problem::FileTwice { file: file.name.clone() }),
        None => Ok(names),
    }
}

fn header(group: &Group, source: &Source) -> Result<(), Problem> {
    offsets_partition("found_in", group.found_in.unwrap_or(0), source)?;
    let highest = source.copies.iter().filter_map(|copy| copy.partition).max().unwrap_or(0);
    let partitions = match source.offsets_topic_partitions {
        Some(partitions) => partitions,
        // More than the default, and nothing tells how many.
        None if highest >= DEFAULT_OFFSETS_PARTITIONS => return Ok(()),
        None => DEFAULT_OFFSETS_PARTITIONS,
    };
    match group_to_partition(group.group_id.as_bytes(), partitions) {
        // A pseudonym hashes anywhere.
        Some(expected) if expected != group.maps_to && !source.names_redacted => {
            Err(Problem::MapsElsewhere { found: group.maps_to, expected, partitions })
        }
        _ => Ok(()),
    }
}

fn partitions(group: &Group, files: &Files<'_>) -> Result<(), DocumentError> {
    let invalid = |topic: &ByteText, partition: i32, problem: Problem| DocumentError::Invalid {
        place: Place::Partition { group_id: group.group_id.clone(), topic: topic.clone(), partition },
        problem,
    };
    let mut seen: HashMap<(&ByteText, i32), i64> = HashMap::new();
    for entry in &group.offsets {
        let fail = |problem| invalid(&entry.topic, entry.partition, problem);
        at_least("partition", i64::from(entry.partition), 0).map_err(fail)?;
        commit(entry.offset, entry.leader_epoch, &entry.record, files).map_err(fail)?;
        for other in &entry.alternatives {
            alternative(other, files).map_err(fail)?;
        }
        if let Some(first) = seen.insert((&entry.topic, entry.partition), entry.offset) {
            return Err(fail(Problem::OffsetTwice { first, second: entry.offset }));
        }
    }
    let mut missing = HashSet::new();
    for entry in &group.missing {
        let fail = |problem| invalid(&entry.topic, entry.partition, problem);
        at_least("partition", i64::from(entry.partition), 0).map_err(fail)?;
        if let Some(offset) = seen.get(&(&entry.topic, entry.partition)) {
            return Err(fail(Problem::OffsetAndMissing { offset: *offset }));
        }
        if !missing.insert((&entry.topic, entry.partition)) {
            return Err(fail(Problem::MissingTwice));
        }
    }
    Ok(())
}

/// A commit with all that belongs to it, or nothing of one.
fn alternative(other: &Alternative, files: &Files<'_>) -> Result<(), Problem> {
    let (told, placed) = (other.metadata.is_some(), other.committed_at_ms.is_some());
    match (other.offset, &other.record) {
        (Some(offset), Some(record)) if told && placed => commit(offset, other.leader_epoch, record, files),
        (None, None) if !told && !placed && other.leader_epoch.is_none() => Ok(()),
        _ => Err(Problem::HalfAlternative),
    }
}

fn commit(
    offset: i64,
    leader_epoch: Option<i32>,
    record: &RecordPlace,
    files: &Files<'_>,
) -> Result<(), Problem> {
    at_least("offset", offset, 0)?;
    at_least("leader_epoch", i64::from(leader_epoch.unwrap_or(0)), 0)?;
    at_least("record.offset", record.offset, 0)?;
    let names =
        files.get(record.copy).ok_or(Problem::NoSuchCopy { copy: record.copy, copies: files.len() })?;
    if names.contains(&record.file) {
        Ok(())
    } else {
        Err(Problem::NoSuchFile { file: record.file.clone(), copy: record.copy })
    }
}

fn offsets_partition(field: &'static str, found: i32, source: &Source) -> Result<(), Problem> {
    at_least(field, i64::from(found), 0)?;
    match source.offsets_topic_partitions {
        Some(partitions) if found >= partitions => {
            Err(Problem::NoSuchOffsetsPartition { field, found, partitions })
        }
        _ => Ok(()),
    }
}

fn at_least(field: &'static str, found: i64, least: i64) -> Result<(), Problem> {
    if found < least { Err(Problem::TooSmall { field, found, least }) } else { Ok(()) }
}
