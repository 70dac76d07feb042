//! The real client: picks the broker to ask, asks again where an answer says so, within bounds.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::pool::{Effect, Pool};
use super::{
    Broker, ClientError, Cluster, CommittedOffset, CoordinatorClient, DescribedGroup, EpochEnds, ErrorCode,
    Fetched, ListedGroup, LogEnd, OpenTransaction, Partition, PerPartition, groups, offsets, topics,
};
use crate::config::ClientConfig;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// [`CoordinatorClient`] over real connections. Shared by threads.
pub struct KafkaClient {
    pool: Pool,
    coordinators: Mutex<HashMap<String, Broker>>,
}

impl KafkaClient {
    /// A client that has not connected yet.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self { pool: Pool::new(config), coordinators: Mutex::new(HashMap::new()) }
    }

    /// Asks the first bootstrap server that answers.
    fn on_any<T>(
        &self,
        mut exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let mut last = None;
        let bootstrap = &self.pool.config().bootstrap;
        for server in bootstrap {
            match self.pool.with(&server.host, server.port, Effect::Reads, &mut exchange) {
                Ok(answer) => return Ok(answer),
                // A broker that answered decides; another would say the same.
                Err(e @ (ClientError::Broker { .. } | ClientError::Authentication { .. })) => return Err(e),
                Err(e) => last = Some(e),
            }
        }
        Err(match last {
            Some(last) => ClientError::NoBootstrap { tried: bootstrap.len(), last: Box::new(last) },
            None => ClientError::UnknownBroker { broker_id: -1 },
        })
    }

    fn on_broker<T>(
        &self,
        broker: &Broker,
        effect: Effect,
        exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        self.pool.with(&broker.host, broker.port, effect, exchange)
    }

    /// Runs `exchange` on the group's coordinator; where it answers 14, 15 or 16, finds the coordinator again
    /// and repeats, until the retry time is over. `moving` looks into an answer for those codes.
    fn on_coordinator<T>(
        &self,
        group: &str,
        effect: Effect,
        mut exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
        moving: impl Fn(&T) -> bool,
    ) -> Result<T, ClientError> {
        let mut patience = Patience::new(self.pool.config().retry_timeout);
        loop {
            let answer =
                self.coordinator(group).and_then(|broker| self.on_broker(&broker, effect, &mut exchange));
            let again = match &answer {
                Ok(answer) => moving(answer),
                Err(e) => {
                    e.code().is_some_and(ErrorCode::is_coordinator_moving)
                        || (effect == Effect::Reads && e.is_transport())
                }
            };
            if !again || !patience.wait() {
                return answer;
            }
            self.coordinators.lock().unwrap_or_else(PoisonError::into_inner).remove(group);
        }
    }

    fn coordinator(&self, group: &str) -> Result<Broker, ClientError> {
        if let Some(known) = self.coordinators.lock().unwrap_or_else(PoisonError::into_inner).get(group) {
            return Ok(known.clone());
        }
        let found = self.on_any(|c| groups::find_coordinator(c, group))?;
        self.coordinators
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(group.to_owned(), found.clone());
        Ok(found)
    }

    /// Splits what is asked by the leader that has to answer.
    fn by_leader<'a, T>(
        cluster: &'a Cluster,
        items: &'a [T],
        partition: impl Fn(&T) -> &Partition,
    ) -> (Vec<Asked<'a, T>>, Vec<(&'a T, ErrorCode)>) {
        let mut asked: BTreeMap<i32, (&Broker, Vec<&T>)> = BTreeMap::new();
        let mut unasked = Vec::new();
        for item in items {
            let Some(info) = cluster.partition(partition(item)) else {
                unasked.push((item, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
                continue;
            };
            match info.leader.and_then(|id| cluster.brokers.iter().find(|b| b.id == id)) {
                Some(broker) => asked.entry(broker.id).or_insert_with(|| (broker, Vec::new())).1.push(item),
                None => unasked.push((item, ErrorCode::LEADER_NOT_AVAILABLE)),
            }
        }
        (asked.into_values().collect(), unasked)
    }
}

impl CoordinatorClient for KafkaClient {
    fn metadata(&self, names: Option<&[String]>) -> Result<Cluster, ClientError> {
        self.on_any(|c| topics::metadata(c, names))
    }

    fn list_groups(&self, broker: &Broker) -> Result<Vec<ListedGroup>, ClientError> {
        let mut patience = Patience::new(self.pool.config().retry_timeout);
        loop {
            let answer = self.on_broker(broker, Effect::Reads, groups::list_groups);
            let again = answer
                .as_ref()
                .err()
                .and_then(ClientError::code)
                .is_some_and(ErrorCode::is_coordinator_moving);
            if !again || !patience.wait() {
                return answer;
            }
        }
    }

    fn find_coordinator(&self, group: &str) -> Result<Broker, ClientError> {
        let mut patience = Patience::new(self.pool.config().retry_timeout);
        loop {
            let answer = self.coordinator(group);
            let again = answer
                .as_ref()
                .err()
                .and_then(ClientError::code)
                .is_some_and(ErrorCode::is_coordinator_moving);
            if !again || !patience.wait() {
                return answer;
            }
        }
    }

    fn describe_classic(&self, group: &str) -> Result<DescribedGroup, ClientError> {
        self.on_coordinator(
            group,
            Effect::Reads,
            |c| groups::describe_classic(c, group),
            |g| g.error.is_coordinator_moving(),
        )
    }

    fn describe_consumer(&self, group: &str) -> Result<Option<DescribedGroup>, ClientError> {
        self.on_coordinator(
            group,
            Effect::Reads,
            |c| groups::describe_consumer(c, group),
            |g| g.as_ref().is_some_and(|g| g.error.is_coordinator_moving()),
        )
    }

    fn describe_share(&self, group: &str) -> Result<Option<DescribedGroup>, ClientError> {
        self.on_coordinator(
            group,
            Effect::Reads,
            |c| groups::describe_share(c, group),
            |g| g.as_ref().is_some_and(|g| g.error.is_coordinator_moving()),
        )
    }

    fn fetch_offsets(
        &self,
        group: &str,
        partitions: Option<&[Partition]>,
    ) -> Result<PerPartition<Fetched>, ClientError> {
        self.on_coordinator(group, Effect::Reads, |c| offsets::fetch(c, group, partitions), |_| false)
    }

    fn list_offsets(
        &self,
        cluster: &Cluster,
        partitions: &[Partition],
        end: LogEnd,
    ) -> Result<PerPartition<Result<i64, ErrorCode>>, ClientError> {
        let (asked, unasked) = Self::by_leader(cluster, partitions, |p| p);
        let mut answer: PerPartition<_> =
            unasked.into_iter().map(|(p, code)| (p.clone(), Err(code))).collect();
        for (broker, partitions) in asked {
            answer.extend(
                self.on_broker(broker, Effect::Reads, |c| topics::list_offsets(c, &partitions, end))?,
            );
        }
        Ok(answer)
    }

    fn epoch_ends(&self, cluster: &Cluster, epochs: &[(Partition, i32)]) -> Result<EpochEnds, ClientError> {
        let (asked, unasked) = Self::by_leader(cluster, epochs, |(p, _)| p);
        let mut answer: Vec<_> =
            unasked.into_iter().map(|((p, e), code)| (p.clone(), *e, Err(code))).collect();
        for (broker, epochs) in asked {
            answer.extend(self.on_broker(broker, Effect::Reads, |c| topics::epoch_ends(c, &epochs))?);
        }
        Ok(answer)
    }

    fn broker_settings(
        &self,
        broker: &Broker,
        names: &[&str],
    ) -> Result<BTreeMap<String, String>, ClientError> {
        self.on_broker(broker, Effect::Reads, |c| topics::broker_settings(c, broker.id, names))
    }

    fn open_transactions(
        &self,
        cluster: &Cluster,
        partition: &Partition,
    ) -> Result<Option<Vec<OpenTransaction>>, ClientError> {
        let asked = [partition.clone()];
        let (asked, _) = Self::by_leader(cluster, &asked, |p| p);
        match asked.first() {
            Some((broker, _)) => {
                self.on_broker(broker, Effect::Reads, |c| topics::open_transactions(c, partition))
            }
            None => Ok(None),
        }
    }

    fn commit_offsets(
        &self,
        group: &str,
        commits: &[(Partition, CommittedOffset)],
    ) -> Result<PerPartition<ErrorCode>, ClientError> {
        self.on_coordinator(group, Effect::Writes, |c| offsets::commit(c, group, commits), all_moving)
    }

    fn delete_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<ErrorCode>, ClientError> {
        self.on_coordinator(group, Effect::Writes, |c| offsets::delete(c, group, partitions), all_moving)
    }
}

/// True when a write was answered with 14, 15 or 16 throughout, so nothing of it was written.
fn all_moving(answer: &PerPartition<ErrorCode>) -> bool {
    !answer.is_empty() && answer.values().all(|code| code.is_coordinator_moving())
}

/// A leader with what it's asked.
type Asked<'a, T> = (&'a Broker, Vec<&'a T>);

/// Growing pauses up to a total.
struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    fn new(total: Duration) -> Self {
        Self { until: Instant::now() + total, pause: FIRST_PAUSE }
    }

    /// Pauses and says whether another try fits.
    fn wait(&mut self) -> bool {
        if Instant::now() + self.pause > self.until {
            return false;
        }
        std::thread::sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
