//! The four checkpoint files at the root of a log dir.
//!
//! `recovery-point-offset-checkpoint`, `replication-offset-checkpoint` (high watermarks),
//! `log-start-offset-checkpoint` and `cleaner-offset-checkpoint` (first dirty offsets) share one format
//! (`OffsetCheckpointFile`): version 0, a count, then `topic partition offset` a line.

use super::error::CompanionError;
use super::text::{checkpoint_lines, topic_partition_offset};

/// One offset per partition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Sorted by topic, then partition; of two lines for one partition the later counts, as in Kafka.
    entries: Vec<CheckpointEntry>,
    /// What a broker would refuse the file for (wrong version, wrong count, malformed line); bounded. The
    /// entries are what could be read all the same.
    pub flaws: Vec<CompanionError>,
}

/// One line of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointEntry {
    /// Topic name.
    pub topic: String,
    /// Partition number.
    pub partition: i32,
    /// The checkpointed offset.
    pub offset: i64,
}

impl Checkpoint {
    /// The offset stored for a partition.
    #[must_use]
    pub fn get(&self, topic: &str, partition: i32) -> Option<i64> {
        let found = self
            .entries
            .binary_search_by(|entry| (entry.topic.as_str(), entry.partition).cmp(&(topic, partition)))
            .ok()?;
        self.entries.get(found).map(|entry| entry.offset)
    }

    /// Puts other names in place of the topics', and none where a line was quoted.
    pub(crate) fn rename_topics(&mut self, name: impl Fn(&str) -> String) {
        self.flaws.iter_mut().for_each(CompanionError::redact_quoted);
        for entry in &mut self.entries {
            entry.topic = name(&entry.topic);
        }
        self.entries.sort();
    }

    /// All entries, sorted by topic, then partition.
    #[must_use]
    pub fn entries(&self) -> &[CheckpointEntry] {
        &self.entries
    }
}

/// Reads one of the four checkpoint files.
///
/// # Errors
/// Only when the first line is no version number at all; anything less is a flaw beside the entries read.
pub fn parse_checkpoint(bytes: &[u8]) -> Result<Checkpoint, CompanionError> {
    let (mut entries, flaws) = checkpoint_lines(bytes, "\"topic partition offset\"", |line| {
        let (topic, partition, offset) = topic_partition_offset(line)?;
        Some(CheckpointEntry { topic: topic.to_owned(), partition, offset })
    })?;
    // Stable sort, then keep the last of each run.
    entries.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    entries.reverse();
    entries.dedup_by(|a, b| a.topic == b.topic && a.partition == b.partition);
    entries.reverse();
    Ok(Checkpoint { entries, flaws })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lf_crlf_and_an_unfinished_last_line() {
        for text in ["0\n2\nt-a 1 5\n__consumer_offsets 0 7\n", "0\r\n2\r\nt-a 1 5\r\n__consumer_offsets 0 7"]
        {
            let checkpoint = parse_checkpoint(text.as_bytes()).unwrap();
            assert_eq!(checkpoint.flaws, []);
            assert_eq!(checkpoint.get("t-a", 1), Some(5), "{text:?}");
            assert_eq!(checkpoint.get("__consumer_offsets", 0), Some(7));
            assert_eq!(checkpoint.get("t-a", 0), None);
        }
        assert_eq!(parse_checkpoint(b"").unwrap(), Checkpoint::default());
    }

    #[test]
    fn keeps_what_can_be_read_of_a_file_a_broker_refuses() {
        let checkpoint = parse_checkpoint(b"1\n9999999\nt 0 1\nt zero 2\nt 0 3\n").unwrap();
        assert_eq!(checkpoint.entries().len(), 1);
        assert_eq!(checkpoint.get("t", 0), Some(3), "the later line counts");
        let said: Vec<_> = checkpoint.flaws.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "position 0: expected version 0, found \"1\"",
                "position 16: expected \"topic partition offset\", found \"t zero 2\"",
                "position 31: expected 9999999 entries, as the count line at position 2 says, found 3",
            ]
        );
        let refused = parse_checkpoint(b"\x00\x00\x00").unwrap_err().to_string();
        assert!(refused.starts_with("position 0: expected a version line"), "{refused}");
    }
}
