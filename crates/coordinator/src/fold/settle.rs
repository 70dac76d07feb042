//! Transactions that span units.

use crate::fold::commit::{Committed, Write};
use crate::fold::keys::KeyHasher;
use crate::fold::open_writes::{Damage, Doubt, OpenWrites};
use crate::fold::table::ShardedTable;
use crate::fold::unit::{FirstMarker, UnitTransactions};

/// A transactional commit that no marker settled: at its unit's end, or at the log's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenWrite {
    /// The offset key as stored (group, topic, partition).
    pub key: Box<[u8]>,
    /// What would be committed; its `producer_id` names the transaction.
    pub committed: Committed,
    /// What damage behind it leaves unknown.
    pub doubt: Doubt,
}

/// Open transactions carried from unit to unit, and what their markers settled.
///
/// Holds one write per producer and key (one more of each kind of doubt), whatever the number of commits.
pub struct Carried {
    open: OpenWrites<Box<[u8]>, Committed>,
    settled: ShardedTable,
}

impl Carried {
    /// Nothing open; `hasher` is the run's.
    #[must_use]
    pub fn new(hasher: KeyHasher) -> Self {
        Self { open: OpenWrites::default(), settled: ShardedTable::new(hasher) }
    }

    /// Takes what one unit left, in log order.
    ///
    /// The first marker of a producer in the unit closes what earlier units left open, unless the unit is damaged before
    /// it; later markers of the same producer only concern writes of that unit, which its worker settled itself.
    pub fn unit(&mut self, transactions: UnitTransactions) {
        for (producer_id, FirstMarker { committed, behind }) in transactions.first_markers {
            if let Some(damage) = behind {
                self.open.damage_of(producer_id, damage);
            }
            for (key, write) in self.open.marker(producer_id, committed) {
                let hash = self.settled.hash(&key);
                let slot =
                    self.settled.find(hash, &key).unwrap_or_else(|| self.settled.insert(hash, &key, 0));
                self.settled.settle(slot, &Write::Commit(write));
            }
        }
        if let Some(damage) = transactions.damage {
            self.damage(damage);
        }
        for OpenWrite { key, committed, doubt } in transactions.open {
            self.open.write(committed.producer_id, key, committed, doubt);
        }
    }

    /// Records are lost behind the unit that came last.
    pub fn damage(&mut self, damage: Damage) {
        self.open.damage(damage);
    }

    /// The settled writes, and what is still open or in doubt at the end of the log.
    #[must_use]
    pub fn finish(self) -> (ShardedTable, Vec<OpenWrite>) {
        let open = self.open.into_writes();
        (self.settled, open.map(|(_, key, committed, doubt)| OpenWrite { key, committed, doubt }).collect())
    }
}
