//! Talking to brokers: the requests this tool needs, and nothing else.
//!
//! Everything above this module sees [`CoordinatorClient`] and the plain types in `answers`; the codec, TLS and
//! SASL stay inside. Nothing here ever joins a group, creates a topic or removes a member. Only
//! [`CoordinatorClient::commit_offsets`] and [`CoordinatorClient::delete_offsets`] change anything.

mod answers;
mod api;
mod authenticate;
mod connection;
mod deadline;
mod error;
mod groups;
mod handshake;
mod kafka;
mod leaders;
mod offsets;
mod patience;
mod pool;
mod replica;
mod shapes;
mod tls;
mod topics;
mod walk;

use std::collections::BTreeMap;

pub use answers::{
    Broker, Cluster, CommittedOffset, DescribedGroup, EpochEnd, EpochEnds, Fetched, ListedGroup, LogEnd,
    Member, OpenTransaction, Operations, Partition, Topic, TopicPartitionInfo,
};
pub use error::{ClientError, ErrorCode};
pub use kafka::KafkaClient;
pub use patience::Patience;
pub use replica::{FetchAnswer, FetchedLog, ReplicaClient};

/// Answers per partition; what is absent was not answered.
pub type PerPartition<T> = BTreeMap<Partition, T>;

/// The requests the seeker needs, typed. Implemented by [`KafkaClient`] and by in-memory clusters in tests.
///
/// Every method takes bounded time. Errors are about the whole request; what concerns one partition is in the
/// answer.
pub trait CoordinatorClient: Sync {
    /// Cluster id, live brokers, and the named topics (`None`: all topics). Never creates a topic.
    ///
    /// # Errors
    /// No broker could be asked.
    fn metadata(&self, topics: Option<&[String]>) -> Result<Cluster, ClientError>;

    /// The groups that `broker` coordinates.
    ///
    /// # Errors
    /// The broker could not be asked.
    fn list_groups(&self, broker: &Broker) -> Result<Vec<ListedGroup>, ClientError>;

    /// The broker that coordinates `group` now.
    ///
    /// # Errors
    /// [`ClientError::Broker`] with 15 when no broker does, after bounded retries.
    fn find_coordinator(&self, group: &str) -> Result<Broker, ClientError>;

    /// DescribeGroups: truthful only of classic groups.
    ///
    /// # Errors
    /// The coordinator could not be asked, or 14/15/16 persisted.
    fn describe_classic(&self, group: &str) -> Result<DescribedGroup, ClientError>;

    /// ConsumerGroupDescribe (KIP-848); `None` when the broker doesn't have the request.
    ///
    /// # Errors
    /// As for [`CoordinatorClient::describe_classic`].
    fn describe_consumer(&self, group: &str) -> Result<Option<DescribedGroup>, ClientError>;

    /// ShareGroupDescribe (KIP-932); `None` when the broker doesn't have the request.
    ///
    /// # Errors
    /// As for [`CoordinatorClient::describe_classic`].
    fn describe_share(&self, group: &str) -> Result<Option<DescribedGroup>, ClientError>;

    /// The group's committed offsets of `partitions`, with `requireStable`: an answer for each of them.
    ///
    /// # Errors
    /// The coordinator could not be asked, 14/15/16 persisted, the group may not be read, or
    /// [`ClientError::Malformed`]: a partition isn't answered. That must not pass for "no offset".
    fn fetch_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<Fetched>, ClientError>;

    /// One end of each partition's log, asked of its leader.
    ///
    /// # Errors
    /// A leader could not be asked; partitions without a leader are answered with code 5.
    fn list_offsets(
        &self,
        cluster: &Cluster,
        partitions: &[Partition],
        end: LogEnd,
    ) -> Result<PerPartition<Result<i64, ErrorCode>>, ClientError>;

    /// Where an epoch ends in each partition's log, asked of its leader.
    ///
    /// # Errors
    /// As for [`CoordinatorClient::list_offsets`].
    fn epoch_ends(&self, cluster: &Cluster, epochs: &[(Partition, i32)]) -> Result<EpochEnds, ClientError>;

    /// A broker's settings by name; those that aren't told are absent.
    ///
    /// # Errors
    /// The broker could not be asked, or doesn't allow it.
    fn broker_settings(
        &self,
        broker: &Broker,
        names: &[&str],
    ) -> Result<BTreeMap<String, String>, ClientError>;

    /// Transactions open on a partition, asked of its leader; `None` when the broker doesn't have the request.
    ///
    /// # Errors
    /// As for [`CoordinatorClient::list_offsets`], or not allowed.
    fn open_transactions(
        &self,
        cluster: &Cluster,
        partition: &Partition,
    ) -> Result<Option<Vec<OpenTransaction>>, ClientError>;

    /// Commits for a group without members, as an outsider: generation -1, no member id.
    ///
    /// Sent once, whatever comes of it: where the coordinator answers 14, 15 or 16 (nothing written) the caller
    /// may try again after looking whether the group is still as it was. After a transport error the outcome is
    /// unknown and the caller has to read back.
    ///
    /// # Errors
    /// [`ClientError::is_unsent`]: nothing is written. Else no answer: the offsets may or may not be written.
    fn commit_offsets(
        &self,
        group: &str,
        offsets: &[(Partition, CommittedOffset)],
    ) -> Result<PerPartition<ErrorCode>, ClientError>;

    /// Deletes committed offsets of a group.
    ///
    /// # Errors
    /// As for [`CoordinatorClient::commit_offsets`]; an error for the whole group is in every partition.
    fn delete_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<ErrorCode>, ClientError>;

    /// How long, and in which pauses, to go on trying while coordinators move.
    fn patience(&self) -> Patience;
}
