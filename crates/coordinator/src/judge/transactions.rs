//! Which transactions are open, unit by unit.

use std::collections::BTreeMap;

/// What a stretch of log did to transactions, by producer id.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Transactions(BTreeMap<i64, Touched>);

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Touched {
    /// A marker stood here, so what was open before is not any more.
    ended: bool,
    /// Base offset of the first batch since the last marker.
    open_since: Option<i64>,
}

impl Transactions {
    /// A batch written in a transaction.
    pub(super) fn batch(&mut self, producer_id: i64, base_offset: i64) {
        self.0.entry(producer_id).or_default().open_since.get_or_insert(base_offset);
    }

    /// The end of a producer's transaction.
    pub(super) fn end(&mut self, producer_id: i64) {
        self.0.insert(producer_id, Touched { ended: true, open_since: None });
    }

    /// Appends what the next stretch did.
    pub(super) fn then(&mut self, later: Self) {
        for (producer_id, touched) in later.0 {
            let mine = self.0.entry(producer_id).or_default();
            if touched.ended {
                *mine = touched;
            } else {
                mine.open_since = mine.open_since.or(touched.open_since);
            }
        }
        // Of closed ones only the fact that they were closed before this stretch would matter.
        self.0.retain(|_, touched| touched.open_since.is_some());
    }

    /// Open transactions: producer id and base offset of their first batch.
    pub(super) fn open(&self) -> BTreeMap<i64, i64> {
        self.0.iter().filter_map(|(producer, touched)| Some((*producer, touched.open_since?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_close_what_earlier_units_opened() {
        let mut log = Transactions::default();
        let mut first = Transactions::default();
        first.batch(7, 10);
        first.batch(7, 12);
        first.batch(8, 14);
        log.then(first);
        assert_eq!(log.open(), BTreeMap::from([(7, 10), (8, 14)]));
        let mut second = Transactions::default();
        second.end(7);
        second.batch(7, 30);
        second.batch(8, 31);
        log.then(second);
        assert_eq!(log.open(), BTreeMap::from([(7, 30), (8, 14)]));
        let mut third = Transactions::default();
        third.end(8);
        log.then(third);
        assert_eq!(log.open(), BTreeMap::from([(7, 30)]));
    }
}
