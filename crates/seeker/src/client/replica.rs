//! One replica's own log: its batches as they are stored, and where it begins and ends.

use bytes::Bytes;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::{BrokerId, FetchRequest};
use std::time::Duration;

use super::connection::Connection;
use super::pool::Effect;
use super::topics::{self, Asker};
use super::{Broker, ClientError, ErrorCode, KafkaClient, LogEnd, Partition};

/// How long a broker may wait for records that don't come, in ms. All that is asked for is there already.
const WAIT_MS: i32 = 500;

/// The requests that read one replica's log. Implemented by [`KafkaClient`] and by replicas in memory in tests.
pub trait ReplicaClient: Sync {
    /// Batches of `broker`'s own log from the one that holds `offset` on, up to its high watermark: about
    /// `max_bytes` of them, at least one. The last may be cut. Open and aborted transactions are included.
    ///
    /// From Fetch v11 (Kafka 2.3) followers answer too (KIP-392); older ones say NOT_LEADER_OR_FOLLOWER (6).
    ///
    /// # Errors
    /// The broker could not be asked. What concerns the partition is in the answer.
    fn fetch_batches(
        &self,
        broker: &Broker,
        partition: &Partition,
        offset: i64,
        max_bytes: i32,
    ) -> Result<FetchAnswer, ClientError>;

    /// One end of `broker`'s own log, leader or not: its log start offset, or its log end offset, which may lie
    /// above the high watermark.
    ///
    /// # Errors
    /// As for [`ReplicaClient::fetch_batches`].
    fn replica_log_end(
        &self,
        broker: &Broker,
        partition: &Partition,
        end: LogEnd,
    ) -> Result<Result<i64, ErrorCode>, ClientError>;
}

/// What a broker said to a fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchAnswer {
    /// How long the broker's quota wants this client to be silent now.
    pub throttled: Duration,
    /// The replica's part; `None` where the quota left nothing but the wait.
    pub log: Option<FetchedLog>,
}

/// What a broker said about one of its logs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedLog {
    /// 0, or why there are no batches.
    pub error: ErrorCode,
    /// High watermark as this replica knows it; a follower's lags.
    pub high_watermark: Option<i64>,
    /// Log start offset; not told before Fetch v5.
    pub log_start_offset: Option<i64>,
    /// The broker that a leader with a `replica.selector.class` wants this client to read from; then without batches.
    pub preferred_read_replica: Option<i32>,
    /// Bytes as stored.
    pub records: Bytes,
}

impl ReplicaClient for KafkaClient {
    fn fetch_batches(
        &self,
        broker: &Broker,
        partition: &Partition,
        offset: i64,
        max_bytes: i32,
    ) -> Result<FetchAnswer, ClientError> {
        self.on_broker(broker, Effect::Reads, |c| fetch(c, partition, offset, max_bytes))
    }

    fn replica_log_end(
        &self,
        broker: &Broker,
        partition: &Partition,
        end: LogEnd,
    ) -> Result<Result<i64, ErrorCode>, ClientError> {
        let mut ends = self.on_broker(broker, Effect::Reads, |c| {
            topics::list_offsets(c, &[partition], end, Asker::Debugger)
        })?;
        Ok(ends.remove(partition).unwrap_or(Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)))
    }
}

fn fetch(
    connection: &mut Connection,
    partition: &Partition,
    offset: i64,
    max_bytes: i32,
) -> Result<FetchAnswer, ClientError> {
    // Without a leader epoch: a replica that isn't the leader any more still has its log.
    let part = FetchPartition::default()
        .with_partition(partition.partition)
        .with_current_leader_epoch(-1)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(max_bytes);
    let topic = FetchTopic::default().with_topic(topics::name(&partition.topic)).with_partitions(vec![part]);
    // An ordinary consumer that reads uncommitted, without a fetch session.
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(WAIT_MS)
        .with_min_bytes(1)
        .with_max_bytes(max_bytes)
        .with_isolation_level(0)
        .with_session_epoch(-1)
        .with_topics(vec![topic]);
    let answer = connection.call(&request)?;
    if answer.error_code != 0 {
        return Err(ClientError::Broker {
            address: connection.address().to_owned(),
            api: "Fetch",
            about: partition.to_string(),
            code: ErrorCode(answer.error_code),
            message: None,
        });
    }
    let told = |offset: i64| (offset >= 0).then_some(offset);
    let log = answer
        .responses
        .into_iter()
        .filter(|t| t.topic.as_str() == partition.topic)
        .flat_map(|t| t.partitions)
        .find(|p| p.partition_index == partition.partition)
        .map(|p| FetchedLog {
            error: ErrorCode(p.error_code),
            high_watermark: told(p.high_watermark),
            log_start_offset: told(p.log_start_offset),
            preferred_read_replica: (p.preferred_read_replica.0 >= 0).then_some(p.preferred_read_replica.0),
            records: p.records.unwrap_or_default(),
        });
    let throttled = Duration::from_millis(u64::try_from(answer.throttle_time_ms).unwrap_or_default());
    if log.is_none() && throttled.is_zero() {
        return Err(ClientError::Malformed {
            address: connection.address().to_owned(),
            api: "Fetch",
            version: connection.version::<FetchRequest>()?,
            reason: format!("{partition} isn't answered"),
        });
    }
    Ok(FetchAnswer { throttled, log })
}
