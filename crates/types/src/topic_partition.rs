//! One partition of one topic.

use std::fmt;

use crate::ByteText;

/// A topic name and a partition number (`org.apache.kafka.common.TopicPartition`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TopicPartition {
    /// Topic name as stored.
    pub topic: ByteText,
    /// Partition number, from 0.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.topic, self.partition))
    }
}
