//! The real client: picks the broker to ask, asks again where an answer says so, within bounds.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::connection::Connection;
use super::leaders::by_leader;
use super::patience::Patience;
use super::pool::{Effect, Pool};
use super::topics::Asker;
use super::{
    Broker, ClientError, Cluster, CommittedOffset, CoordinatorClient, DescribedGroup, EpochEnds, ErrorCode,
    Fetched, ListedGroup, LogEnd, OpenTransaction, Partition, PerPartition, groups, offsets, topics,
};
use crate::config::{ClientConfig, HostPort};

/// [`CoordinatorClient`] over real connections. Shared by threads.
pub struct KafkaClient {
    pub(super) pool: Pool,
    coordinators: Mutex<HashMap<String, Broker>>,
    /// Where to ask, best first: the server that answered last, the bootstrap servers, brokers that metadata named.
    servers: Mutex<Vec<HostPort>>,
}

impl KafkaClient {
    /// A client that has not connected yet.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self {
            servers: Mutex::new(config.bootstrap.clone()),
            pool: Pool::new(config),
            coordinators: Mutex::new(HashMap::new()),
        }
    }

    /// Asks the first server that answers.
    fn on_any<T>(
        &self,
        mut exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let mut last = None;
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for server in &servers {
            match self.pool.with(&server.host, server.port, Effect::Reads, &mut exchange) {
                Ok(answer) => {
                    if servers.first() != Some(server) {
                        self.prefer(server);
                    }
                    return Ok(answer);
                }
                // A broker that answered decides; another would say the same.
                Err(e @ (ClientError::Broker { .. } | ClientError::Authentication { .. })) => return Err(e),
                Err(e) => last = Some(e),
            }
        }
        Err(match last {
            Some(last) => ClientError::NoBootstrap { tried: servers.len(), last: Box::new(last) },
            None => ClientError::UnknownBroker { broker_id: -1 },
        })
    }

    /// Asks this server first from now on: a dead one costs a connection timeout each time.
    fn prefer(&self, server: &HostPort) {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = servers.iter().position(|s| s == server) {
            servers.swap(0, index);
        }
    }

    /// Adds the cluster's brokers to those that can be asked.
    fn learn(&self, brokers: &[Broker]) {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        for broker in brokers {
            let server = HostPort { host: broker.host.clone(), port: broker.port };
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
    }

    pub(super) fn on_broker<T>(
        &self,
        broker: &Broker,
        effect: Effect,
        exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        self.pool.with(&broker.host, broker.port, effect, exchange)
    }

    /// Asks the group's coordinator; where it answers 14, 15 or 16, finds the coordinator again and repeats,
    /// until the retry time is over. `moving` looks into an answer for those codes.
    fn ask_coordinator<T>(
        &self,
        group: &str,
        mut exchange: impl FnMut(&mut Connection) -> Result<T, ClientError>,
        moving: impl Fn(&T) -> bool,
    ) -> Result<T, ClientError> {
        let mut patience = Patience::new(self.pool.config().retry_timeout);
        loop {
            let answer =
                self.coordinator(group).and_then(|b| self.on_broker(&b, Effect::Reads, &mut exchange));
            let again = match &answer {
                Ok(answer) => moving(answer),
                Err(e) => e.code().is_some_and(ErrorCode::is_coordinator_moving) || e.is_transport(),
            };
            if !again || !patience.wait() {
                return answer;
            }
            self.forget_coordinator(group);
        }
    }

    /// Sends a change to the group's coordinator, once. Whoever wants to send it again has to look first.
    fn tell_coordinator(
        &self,
        group: &str,
        exchange: impl FnMut(&mut Connection) -> Result<PerPartition<ErrorCode>, ClientError>,
    ) -> Result<PerPartition<ErrorCode>, ClientError> {
        let broker = self.coordinator(group).map_err(ClientError::unsent)?;
        let answer = self.on_broker(&broker, Effect::Writes, exchange);
        let moving = answer.as_ref().is_ok_and(|codes| codes.values().any(|c| c.is_coordinator_moving()));
        if moving || answer.is_err() {
            self.forget_coordinator(group);
        }
        answer
    }

    fn forget_coordinator(&self, group: &str) {
        self.coordinators.lock().unwrap_or_else(PoisonError::into_inner).remove(group);
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
}

impl CoordinatorClient for KafkaClient {
    fn metadata(&self, names: Option<&[String]>) -> Result<Cluster, ClientError> {
        let cluster = self.on_any(|c| topics::metadata(c, names))?;
        self.learn(&cluster.brokers);
        Ok(cluster)
    }

    fn list_groups(&self, broker: &Broker) -> Result<Vec<ListedGroup>, ClientError> {
        let mut patience = Patience::new(self.pool.config().retry_timeout);
        loop {
            let answer = self.on_broker(broker, Effect::Reads, groups::list_groups);
            let unreachable = answer.as_ref().is_err_and(ClientError::is_transport);
            let moving = answer
                .as_ref()
                .err()
                .and_then(ClientError::code)
                .is_some_and(ErrorCode::is_coordinator_moving);
            if !(moving || unreachable) || !patience.wait() {
                return answer;
            }
            // A broker that died a moment ago stays in the metadata until its session is over.
            if unreachable && !self.metadata(Some(&[]))?.is_alive(broker.id) {
                return Err(ClientError::UnknownBroker { broker_id: broker.id });
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
        self.ask_coordinator(
            group,
            |c| groups::describe_classic(c, group),
            |g| g.error.is_coordinator_moving(),
        )
    }

    fn describe_consumer(&self, group: &str) -> Result<Option<DescribedGroup>, ClientError> {
        self.ask_coordinator(
            group,
            |c| groups::describe_consumer(c, group),
            |g| g.as_ref().is_some_and(|g| g.error.is_coordinator_moving()),
        )
    }

    fn describe_share(&self, group: &str) -> Result<Option<DescribedGroup>, ClientError> {
        self.ask_coordinator(
            group,
            |c| groups::describe_share(c, group),
            |g| g.as_ref().is_some_and(|g| g.error.is_coordinator_moving()),
        )
    }

    fn fetch_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<Fetched>, ClientError> {
        self.ask_coordinator(group, |c| offsets::fetch(c, group, partitions), |_| false)
    }

    fn list_offsets(
        &self,
        cluster: &Cluster,
        partitions: &[Partition],
        end: LogEnd,
    ) -> Result<PerPartition<Result<i64, ErrorCode>>, ClientError> {
        self.ask_leaders(
            cluster,
            partitions,
            |p| p,
            |c, asked| Ok(topics::list_offsets(c, asked, end, Asker::Consumer)?.into_iter().collect()),
        )
    }

    fn epoch_ends(&self, cluster: &Cluster, epochs: &[(Partition, i32)]) -> Result<EpochEnds, ClientError> {
        let answers = self.ask_leaders(
            cluster,
            epochs,
            |(p, _)| p,
            |c, asked| {
                let found = topics::epoch_ends(c, asked)?;
                Ok(found.into_iter().map(|(p, epoch, end)| ((p, epoch), end)).collect())
            },
        )?;
        Ok(answers.into_iter().map(|((p, epoch), end)| (p, epoch, end)).collect())
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
        let (asked, _) = by_leader(cluster, &asked, |p| p);
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
        self.tell_coordinator(group, |c| offsets::commit(c, group, commits))
    }

    fn delete_offsets(
        &self,
        group: &str,
        partitions: &[Partition],
    ) -> Result<PerPartition<ErrorCode>, ClientError> {
        self.tell_coordinator(group, |c| offsets::delete(c, group, partitions))
    }

    fn patience(&self) -> Patience {
        Patience::new(self.pool.config().retry_timeout)
    }
}
