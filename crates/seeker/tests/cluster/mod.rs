//! A cluster in memory: one topic `t` of two partitions (0 to 100), one broker, groups as a test sets them. What a
//! real broker does only now and then (move in the middle of a commit, say nothing) it does when told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use lastwrites_recovered_offsets::Document;
use lastwrites_seeker::client::{
    Broker, ClientError, Cluster, CommittedOffset, CoordinatorClient, DescribedGroup, EpochEnds, ErrorCode,
    FetchAnswer, Fetched, FetchedLog, ListedGroup, LogEnd, OpenTransaction, Partition, Patience,
    PerPartition, ReplicaClient, Topic, TopicPartitionInfo,
};

/// What the cluster holds, and how it misbehaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) offsets: BTreeMap<(String, Partition), CommittedOffset>,
    /// State a classic describe tells; absent: Empty.
    pub(crate) states: BTreeMap<String, String>,
    /// Groups whose coordinator gives no answer in time.
    pub(crate) stalled: BTreeSet<String>,
    /// Groups whose coordinator answers 14.
    pub(crate) loading: BTreeSet<String>,
    /// Error of the topic.
    pub(crate) topic_error: Option<ErrorCode>,
    /// Writes answered with 14 before one is carried out, and what happens meanwhile.
    pub(crate) moving: u32,
    pub(crate) meanwhile: Option<fn(&mut State)>,
    /// What happens when offsets are fetched for the n-th time, from 1.
    pub(crate) at_fetch: BTreeMap<u32, fn(&mut State)>,
    pub(crate) fetches: u32,
    pub(crate) describes: u32,
    pub(crate) writes: u32,
    /// Broker 1's log of every partition.
    pub(crate) log: Log,
    /// The high watermark that the leader of the log tells; `None`: the log's own.
    pub(crate) leaders_mark: Option<Result<i64, ErrorCode>>,
}

/// A replica's log, and what it answers before it serves.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) bytes: Vec<u8>,
    pub(crate) start: i64,
    pub(crate) high_watermark: i64,
    /// The batch each segment begins with, and the offset in its name; empty: one segment.
    pub(crate) segments: Vec<(usize, i64)>,
    /// No answer is longer, unless its first batch is.
    pub(crate) at_most: Option<usize>,
    /// The next answers, first one first.
    pub(crate) before: VecDeque<Result<FetchAnswer, ClientError>>,
    /// What happens when batches are fetched for the n-th time, from 1.
    pub(crate) at_fetch: BTreeMap<u32, fn(&mut Log)>,
    pub(crate) fetches: u32,
}

impl Log {
    /// Base offset, next offset and place of each batch.
    fn batches(&self) -> Vec<(i64, i64, Range<usize>)> {
        let number = |at: usize, width: usize| {
            self.bytes[at..at + width].iter().fold(0i64, |n, byte| (n << 8) | i64::from(*byte))
        };
        let mut found = Vec::new();
        let mut at = 0;
        while at + 61 <= self.bytes.len() {
            let end = at + 12 + usize::try_from(number(at + 8, 4)).unwrap();
            found.push((number(at, 8), number(at, 8) + number(at + 23, 4) + 1, at..end));
            at = end;
        }
        found
    }

    /// Where the last batch ends.
    pub(crate) fn log_end(&self) -> i64 {
        self.batches().last().map_or(0, |(_, next, _)| *next)
    }

    /// As a broker does: from the batch that holds the offset on, so many bytes, at least that batch, up to the end
    /// of the segment. Which batch that is it tells by the headers, from the beginning of the segment on.
    fn fetch(&self, offset: i64, max_bytes: usize) -> FetchedLog {
        let within = (self.start..=self.high_watermark).contains(&offset);
        let mut batches = self.batches();
        batches.truncate(
            batches.iter().rposition(|(base, ..)| *base < self.high_watermark).map_or(0, |last| last + 1),
        );
        let floor = self.segments.iter().rposition(|(_, name)| *name <= offset).unwrap_or(0);
        let cuts = self.segments.iter().skip(1).map(|(nth, _)| *nth).chain([batches.len()]);
        let starts = self.segments.iter().map(|(nth, _)| *nth).chain(self.segments.is_empty().then_some(0));
        let mut segments = starts.zip(cuts).skip(floor).map(|(from, to)| &batches[from.min(to)..to]);
        let found = segments.find_map(|batches| {
            let first = batches.iter().find(|(_, next, _)| *next > offset)?.2.clone();
            Some((first, batches.last().unwrap().2.end))
        });
        let records = found.filter(|_| within).map(|(first, end)| {
            let to = first.end.max((first.start + max_bytes).min(end));
            self.bytes[first.start..to].to_vec().into()
        });
        FetchedLog {
            error: if within { ErrorCode::NONE } else { ErrorCode::OFFSET_OUT_OF_RANGE },
            high_watermark: within.then_some(self.high_watermark),
            log_start_offset: within.then_some(self.start),
            preferred_read_replica: None,
            records: records.unwrap_or_default(),
        }
    }
}

impl ReplicaClient for InMemory {
    fn fetch_batches(
        &self,
        _: &Broker,
        _: &Partition,
        offset: i64,
        max_bytes: i32,
    ) -> Result<FetchAnswer, ClientError> {
        let log = &mut self.state().log;
        log.fetches += 1;
        if let Some(happens) = log.at_fetch.get(&log.fetches).copied() {
            happens(log);
        }
        log.before.pop_front().unwrap_or_else(|| {
            let max_bytes = usize::try_from(max_bytes).unwrap().min(log.at_most.unwrap_or(usize::MAX));
            Ok(FetchAnswer { throttled: Duration::ZERO, log: Some(log.fetch(offset, max_bytes)) })
        })
    }

    fn replica_log_end(
        &self,
        _: &Broker,
        _: &Partition,
        end: LogEnd,
    ) -> Result<Result<i64, ErrorCode>, ClientError> {
        let log = &self.state().log;
        let end_offset = log.log_end().max(log.high_watermark);
        Ok(Ok(if end == LogEnd::Earliest { log.start } else { end_offset }))
    }
}

#[derive(Default)]
pub(crate) struct InMemory(Mutex<State>);

impl InMemory {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn reached(&self, group: &str, api: &'static str) -> Result<MutexGuard<'_, State>, ClientError> {
        let state = self.state();
        let address = "b1:9092".to_owned();
        if state.stalled.contains(group) {
            return Err(ClientError::Timeout { address, api, waited_ms: 1 });
        }
        if state.loading.contains(group) {
            let (about, code) = (format!("group {group}"), ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
            return Err(ClientError::Broker { address, api, about, code, message: None });
        }
        Ok(state)
    }

    fn write(
        &self,
        partitions: impl Iterator<Item = Partition>,
        change: impl Fn(&mut State, &Partition),
    ) -> PerPartition<ErrorCode> {
        let mut state = self.state();
        state.writes += 1;
        let code = if state.moving > 0 {
            state.moving -= 1;
            if let Some(meanwhile) = state.meanwhile {
                meanwhile(&mut state);
            }
            ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
        } else {
            ErrorCode::NONE
        };
        partitions
            .map(|p| {
                if code.is_none() {
                    change(&mut state, &p);
                }
                (p, code)
            })
            .collect()
    }
}

pub(crate) fn broker() -> Broker {
    Broker { id: 1, host: "b1".to_owned(), port: 9092 }
}

pub(crate) fn at(group: &str, partition: i32) -> (String, Partition) {
    (group.to_owned(), Partition::new("t", partition))
}

pub(crate) fn offset(offset: i64) -> CommittedOffset {
    CommittedOffset { offset, leader_epoch: None, metadata: String::new() }
}

impl CoordinatorClient for InMemory {
    fn metadata(&self, topics: Option<&[String]>) -> Result<Cluster, ClientError> {
        let error = self.state().topic_error.unwrap_or(ErrorCode::NONE);
        let topic = |name: &String| {
            let (error, count) = if name == "t" { (error, 2) } else { (ErrorCode::NONE, 50) };
            let info = TopicPartitionInfo {
                leader: Some(1),
                leader_epoch: Some(0),
                replicas: vec![1],
                in_sync: vec![1],
            };
            let partitions = (0..count).map(|p| (p, info.clone())).collect();
            (name.clone(), Topic { error, topic_id: None, partitions, allowed: None })
        };
        Ok(Cluster {
            cluster_id: Some("here".to_owned()),
            brokers: vec![broker()],
            topics: topics.unwrap_or_default().iter().map(topic).collect(),
        })
    }

    fn list_groups(&self, _: &Broker) -> Result<Vec<ListedGroup>, ClientError> {
        Ok(Vec::new())
    }

    fn find_coordinator(&self, _: &str) -> Result<Broker, ClientError> {
        Ok(broker())
    }

    fn describe_classic(&self, group: &str) -> Result<DescribedGroup, ClientError> {
        self.state().describes += 1;
        let state = self.reached(group, "DescribeGroups")?;
        Ok(DescribedGroup {
            error: ErrorCode::NONE,
            state: state.states.get(group).map_or("Empty", String::as_str).to_owned(),
            protocol_type: "consumer".to_owned(),
            protocol: String::new(),
            members: Vec::new(),
            allowed: None,
        })
    }

    fn describe_consumer(&self, _: &str) -> Result<Option<DescribedGroup>, ClientError> {
        Ok(None)
    }

    fn describe_share(&self, _: &str) -> Result<Option<DescribedGroup>, ClientError> {
        Ok(None)
    }

    fn fetch_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<Fetched>, ClientError> {
        let mut state = self.reached(group, "OffsetFetch")?;
        state.fetches += 1;
        if let Some(happens) = state.at_fetch.get(&state.fetches).copied() {
            happens(&mut state);
        }
        let found = |p: &Partition| state.offsets.get(&(group.to_owned(), p.clone())).cloned();
        Ok(partitions.iter().map(|p| (p.clone(), Ok(found(p)))).collect())
    }

    fn list_offsets(
        &self,
        _: &Cluster,
        partitions: &[Partition],
        end: LogEnd,
    ) -> Result<PerPartition<Result<i64, ErrorCode>>, ClientError> {
        let state = self.state();
        let value = |p: &Partition| match (end, p.topic.as_str()) {
            (LogEnd::Earliest, _) => Ok(0),
            (LogEnd::Latest, "t") => Ok(100),
            (LogEnd::Latest, _) => state.leaders_mark.unwrap_or(Ok(state.log.high_watermark)),
        };
        Ok(partitions.iter().map(|p| (p.clone(), value(p))).collect())
    }

    fn epoch_ends(&self, _: &Cluster, _: &[(Partition, i32)]) -> Result<EpochEnds, ClientError> {
        Ok(Vec::new())
    }

    fn broker_settings(&self, _: &Broker, _: &[&str]) -> Result<BTreeMap<String, String>, ClientError> {
        Ok(BTreeMap::new())
    }

    fn open_transactions(
        &self,
        _: &Cluster,
        _: &Partition,
    ) -> Result<Option<Vec<OpenTransaction>>, ClientError> {
        Ok(None)
    }

    fn commit_offsets(
        &self,
        group: &str,
        offsets: &[(Partition, CommittedOffset)],
    ) -> Result<PerPartition<ErrorCode>, ClientError> {
        let values: PerPartition<CommittedOffset> = offsets.iter().cloned().collect();
        Ok(self.write(values.keys().cloned(), |state, p| {
            state.offsets.insert((group.to_owned(), p.clone()), values[p].clone());
        }))
    }

    fn delete_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<ErrorCode>, ClientError> {
        Ok(self.write(partitions.iter().cloned(), |state, p| {
            state.offsets.remove(&(group.to_owned(), p.clone()));
        }))
    }

    fn patience(&self) -> Patience {
        Patience::new(Duration::from_millis(250))
    }
}

/// A document that recovered 50 on both partitions of `t` for each group.
pub(crate) fn document(groups: &[&str]) -> Document {
    let offset = |p: i32| {
        format!(
            r#"{{"topic":"t","topic_id":null,"topic_id_at_copy":null,"partition":{p},"offset":50,"leader_epoch":null,"metadata":"",
            "committed_at_ms":0,"trust":"intact","flags":[],"bound":{{"repeated_at_most":0,"skipped_at_most":0,"why":"w"}},
            "record":{{"copy":0,"file":"f","offset":1,"position":0}},"alternatives":[]}}"#
        )
    };
    let group = |id: &&str| {
        let shard = lastwrites_types::group_to_partition(id.as_bytes(), 50).unwrap();
        format!(
            r#"{{"group_id":"{id}","type":"consumer","protocol_type":"consumer","protocol":null,"found_in":{shard},"maps_to":{shard},
            "warnings":[],"offsets":[{},{}],"missing":[]}}"#,
            offset(0),
            offset(1)
        )
    };
    let text = format!(
        r#"{{"format":"lastwrites/recovered-offsets","version":1,"created_by":"t","created_at_ms":0,
        "source":{{"cluster_id":"here","offsets_topic_partitions":50,"view":"as-found","rules":"4.1.2/new","copies":[{{"path":"x","broker_id":1,
        "log_dir":null,"partition":0,"log_start_offset":0,"log_end_offset":1,"high_watermark":null,"files":[{{"name":"f","size_bytes":1,
        "sha256":"{}"}}]}}]}},"selection":{{"as_of_ms":null,"as_of_offset":null,"committed_since_ms":null,"deleted":false,"foreign":false}},
        "groups":[{}]}}"#,
        "00".repeat(32),
        groups.iter().map(group).collect::<Vec<_>>().join(",")
    );
    Document::from_json(text).unwrap()
}
