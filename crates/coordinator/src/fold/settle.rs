//! Transactions that span units.

use std::collections::BTreeMap;

use crate::fold::commit::{Committed, Write};
use crate::fold::keys::KeyHasher;
use crate::fold::table::ShardedTable;
use crate::fold::unit::UnitTransactions;

/// A transactional commit whose transaction was still open when its unit ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenWrite {
    /// The offset key as stored (group, topic, partition).
    pub key: Box<[u8]>,
    /// What would be committed; its `producer_id` names the transaction.
    pub committed: Committed,
}

/// Open transactions carried from unit to unit, and what their markers settled.
///
/// Holds one write per producer and key, whatever the number of commits.
pub struct Carried {
    open: BTreeMap<i64, BTreeMap<Box<[u8]>, Committed>>,
    settled: ShardedTable,
}

impl Carried {
    /// Nothing open; `hasher` is the run's.
    #[must_use]
    pub fn new(hasher: KeyHasher) -> Self {
        Self { open: BTreeMap::new(), settled: ShardedTable::new(hasher) }
    }

    /// Takes what one unit left, in log order.
    ///
    /// The first marker of a producer in the unit closes what earlier units left open; later markers of the
    /// same producer only concern writes of that unit, which its worker settled itself.
    pub fn unit(&mut self, transactions: UnitTransactions) {
        for (producer_id, committed) in transactions.first_markers {
            let Some(writes) = self.open.remove(&producer_id) else { continue };
            if !committed {
                continue;
            }
            for (key, write) in writes {
                let hash = self.settled.hash(&key);
                let slot =
                    self.settled.find(hash, &key).unwrap_or_else(|| self.settled.insert(hash, &key, 0));
                self.settled.settle(slot, &Write::Commit(write));
            }
        }
        for write in transactions.open {
            self.open.entry(write.committed.producer_id).or_default().insert(write.key, write.committed);
        }
    }

    /// The settled writes, and what is still open at the end of the log.
    #[must_use]
    pub fn finish(self) -> (ShardedTable, Vec<OpenWrite>) {
        let open = self.open.into_values().flatten().map(|(key, committed)| OpenWrite { key, committed });
        (self.settled, open.collect())
    }
}
