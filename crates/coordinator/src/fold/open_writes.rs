//! Writes of open transactions, and what damage leaves of them.
//!
//! The marker of a transaction that was open before a damaged gap may have stood in the gap. The producer's next marker may
//! then belong to a later transaction: it tells nothing of what was written before the gap. A cleaner's gap is none, as the
//! cleaner never takes the marker of a transaction whose writes it leaves.
//!
//! A batch whose checksum is wrong and whose records can be read is softer: a broker's loader takes it for what it says.
//! A COMMIT behind it counts as it does there; an ABORT, which would make a value vanish without a trace, does not.

use std::collections::BTreeMap;

/// What damage may hide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Damage {
    /// A batch that can be read, with a wrong checksum: its records may say something else than was written.
    Unsure,
    /// Bytes or records that can't be read: they may have held anything.
    Lost,
}

/// How a write that nothing settled stands to the damage in its log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// No damage since it was written: its transaction is open.
    None,
    /// [`Damage::Unsure`] since, and no marker of its producer.
    Unsure,
    /// [`Damage::Lost`] since, and no marker of its producer.
    BeforeGap,
    /// Damage since, and behind it a marker of its producer: its transaction is over, and how it ended isn't known.
    Parted,
}

/// Writes by producer id and key; holds one a producer and key of each kind of doubt.
#[derive(Clone, Debug)]
pub(crate) struct OpenWrites<K, V> {
    open: ByProducer<K, V>,
    unsure: ByProducer<K, V>,
    before_gap: ByProducer<K, V>,
    parted: ByProducer<K, V>,
}

type ByProducer<K, V> = BTreeMap<i64, BTreeMap<K, V>>;

impl<K, V> Default for OpenWrites<K, V> {
    fn default() -> Self {
        let none = BTreeMap::new;
        Self { open: none(), unsure: none(), before_gap: none(), parted: none() }
    }
}

impl<K: Ord, V> OpenWrites<K, V> {
    /// A transactional write: it takes the place of an earlier one of its transaction.
    pub(crate) fn write(&mut self, producer_id: i64, key: K, value: V, doubt: Doubt) {
        let kind = match doubt {
            Doubt::None => &mut self.open,
            Doubt::Unsure => &mut self.unsure,
            Doubt::BeforeGap => &mut self.before_gap,
            Doubt::Parted => &mut self.parted,
        };
        kind.entry(producer_id).or_default().insert(key, value);
    }

    /// The log is damaged here.
    pub(crate) fn damage(&mut self, damage: Damage) {
        let Self { open, unsure, before_gap, .. } = self;
        match damage {
            Damage::Unsure => std::mem::take(open).into_iter().for_each(|writes| put(unsure, writes)),
            Damage::Lost => {
                let older = std::mem::take(unsure).into_iter();
                older.chain(std::mem::take(open)).for_each(|writes| put(before_gap, writes));
            }
        }
    }

    /// The log is damaged before the next marker of a producer; nothing else is known of where.
    pub(crate) fn damage_of(&mut self, producer_id: i64, damage: Damage) {
        let Self { open, unsure, before_gap, .. } = self;
        if damage == Damage::Lost
            && let Some(writes) = unsure.remove(&producer_id)
        {
            put(before_gap, (producer_id, writes));
        }
        if let Some(writes) = open.remove(&producer_id) {
            put(if damage == Damage::Lost { before_gap } else { unsure }, (producer_id, writes));
        }
    }

    /// A marker of a producer: the writes that count now.
    pub(crate) fn marker(&mut self, producer_id: i64, committed: bool) -> BTreeMap<K, V> {
        let Self { open, unsure, before_gap, parted } = self;
        if let Some(writes) = before_gap.remove(&producer_id) {
            put(parted, (producer_id, writes));
        }
        let unsure = unsure.remove(&producer_id);
        let open = open.remove(&producer_id);
        if committed {
            return unsure.into_iter().chain(open).flatten().collect();
        }
        if let Some(writes) = unsure {
            put(parted, (producer_id, writes));
        }
        BTreeMap::new()
    }

    /// Takes away what a producer wrote of a key.
    pub(crate) fn remove(&mut self, producer_id: i64, key: &K) {
        // The old loader makes the producer's (perhaps empty) map before it looks at the value.
        self.open.entry(producer_id).or_default();
        for kind in self.kinds_mut() {
            if let Some(writes) = kind.get_mut(&producer_id) {
                writes.remove(key);
            }
        }
    }

    /// Takes away what all producers wrote of a key.
    pub(crate) fn remove_all(&mut self, key: &K) {
        for writes in self.kinds_mut().into_iter().flat_map(BTreeMap::values_mut) {
            writes.remove(key);
        }
    }

    /// Writes of transactions that are open, by producer id and key.
    pub(crate) const fn open(&self) -> &ByProducer<K, V> {
        &self.open
    }

    /// Everything that was not settled: producer id, key, write.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &K, &V, Doubt)> {
        let kinds = [
            (&self.open, Doubt::None),
            (&self.unsure, Doubt::Unsure),
            (&self.before_gap, Doubt::BeforeGap),
            (&self.parted, Doubt::Parted),
        ];
        kinds.into_iter().flat_map(|(kind, doubt)| {
            kind.iter().flat_map(move |(producer_id, writes)| {
                writes.iter().map(move |(key, value)| (*producer_id, key, value, doubt))
            })
        })
    }

    /// [`OpenWrites::iter`] by value.
    pub(crate) fn into_writes(self) -> impl Iterator<Item = (i64, K, V, Doubt)> {
        let kinds = [
            (self.open, Doubt::None),
            (self.unsure, Doubt::Unsure),
            (self.before_gap, Doubt::BeforeGap),
            (self.parted, Doubt::Parted),
        ];
        kinds.into_iter().flat_map(|(kind, doubt)| {
            kind.into_iter().flat_map(move |(producer_id, writes)| {
                writes.into_iter().map(move |(key, value)| (producer_id, key, value, doubt))
            })
        })
    }

    fn kinds_mut(&mut self) -> [&mut ByProducer<K, V>; 4] {
        [&mut self.open, &mut self.unsure, &mut self.before_gap, &mut self.parted]
    }
}

/// Of a key that is there already the later write stays.
fn put<K: Ord, V>(into: &mut ByProducer<K, V>, (producer_id, writes): (i64, BTreeMap<K, V>)) {
    into.entry(producer_id).or_default().extend(writes);
}
