//! Questions that only a partition's leader can answer, asked of each leader once and again where leaders move.

use std::collections::{BTreeMap, BTreeSet};

use super::connection::Connection;
use super::kafka::KafkaClient;
use super::patience::Patience;
use super::pool::Effect;
use super::{Broker, ClientError, Cluster, CoordinatorClient as _, ErrorCode, Partition};

/// A leader with what it's asked.
pub(super) type Asked<'a, T> = (Broker, Vec<&'a T>);

impl KafkaClient {
    /// Asks the leader of each item's partition. Where a leader moves or can't be reached, looks at the metadata
    /// again and asks once more, until the retry time is over; then that is the item's answer.
    pub(super) fn ask_leaders<T: Clone + Ord, A>(
        &self,
        cluster: &Cluster,
        items: &[T],
        partition: impl Fn(&T) -> &Partition,
        mut ask: impl FnMut(&mut Connection, &[&T]) -> Result<Vec<(T, Result<A, ErrorCode>)>, ClientError>,
    ) -> Result<BTreeMap<T, Result<A, ErrorCode>>, ClientError> {
        let mut patience = Patience::new(self.pool.config().retry_timeout);
        let mut cluster = cluster.clone();
        let mut answers = BTreeMap::new();
        let mut waiting: Vec<T> = items.to_vec();
        loop {
            let mut moving: Vec<T> = Vec::new();
            let (asked, unasked) = by_leader(&cluster, &waiting, &partition);
            answers.extend(unasked.into_iter().map(|(item, code)| (item.clone(), Err(code))));
            for (broker, items) in asked {
                match self.on_broker(&broker, Effect::Reads, |c| ask(c, &items)) {
                    Ok(found) => {
                        let again = found
                            .iter()
                            .filter(|(_, a)| a.as_ref().is_err_and(|code| code.is_leader_moving()));
                        moving.extend(again.map(|(item, _)| item.clone()));
                        answers.extend(found);
                    }
                    Err(e) if e.is_transport() => {
                        moving.extend(items.iter().map(|item| (*item).clone()));
                        answers.extend(
                            items.iter().map(|item| ((*item).clone(), Err(ErrorCode::NETWORK_EXCEPTION))),
                        );
                    }
                    Err(e) => return Err(e),
                }
            }
            if moving.is_empty() || !patience.wait() {
                return Ok(answers);
            }
            let topics: BTreeSet<String> = moving.iter().map(|item| partition(item).topic.clone()).collect();
            cluster = self.metadata(Some(&topics.into_iter().collect::<Vec<_>>()))?;
            waiting = moving;
        }
    }
}

/// Splits what is asked by the leader that has to answer.
pub(super) fn by_leader<'a, T>(
    cluster: &Cluster,
    items: &'a [T],
    partition: impl Fn(&T) -> &Partition,
) -> (Vec<Asked<'a, T>>, Vec<(&'a T, ErrorCode)>) {
    let mut asked: BTreeMap<i32, Asked<'a, T>> = BTreeMap::new();
    let mut unasked = Vec::new();
    for item in items {
        let Some(info) = cluster.partition(partition(item)) else {
            unasked.push((item, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
            continue;
        };
        match info.leader.and_then(|id| cluster.brokers.iter().find(|b| b.id == id)) {
            Some(broker) => {
                asked.entry(broker.id).or_insert_with(|| (broker.clone(), Vec::new())).1.push(item);
            }
            None => unasked.push((item, ErrorCode::LEADER_NOT_AVAILABLE)),
        }
    }
    (asked.into_values().collect(), unasked)
}
