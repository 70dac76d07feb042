//! What every test wants of a segment: its items, and what its batches hold.

use lastwrites_segment::{
    BatchError, BatchHeader, ByteSource, Framed, Framer, Gap, Inflater, RawBatch, RecordError, split,
};
use lastwrites_types::ByteRange;

/// An item without its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Item {
    Batch { position: u64, header: BatchHeader },
    Gap(Gap),
}

impl Item {
    pub(crate) fn range(&self) -> ByteRange {
        match self {
            Self::Batch { position, header } => {
                ByteRange::new(*position, position + u64::from(header.size_bytes))
            }
            Self::Gap(gap) => gap.range,
        }
    }
}

/// An owned record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    pub offset: i64,
    pub timestamp_ms: i64,
    pub sequence: i32,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    Batch(BatchError),
    Record(RecordError),
}

/// Calls `each` for every item of `range`.
pub(crate) fn for_each_in(source: &dyn ByteSource, range: ByteRange, mut each: impl FnMut(Framed<'_>)) {
    let mut scratch = Vec::new();
    let mut framer = Framer::new(source, range, &mut scratch);
    while let Some(item) = framer.next().unwrap() {
        each(item);
    }
}

pub(crate) fn for_each(source: &dyn ByteSource, each: impl FnMut(Framed<'_>)) {
    for_each_in(source, ByteRange::new(0, source.len()), each);
}

fn item(framed: &Framed<'_>) -> Item {
    match framed {
        Framed::Batch(batch) => {
            assert_eq!(batch.bytes.len(), batch.header.size_bytes as usize);
            Item::Batch { position: batch.position, header: batch.header }
        }
        Framed::Gap(gap) => Item::Gap(gap.clone()),
    }
}

/// The items of a source, after checking that they cover every byte once.
pub(crate) fn items(source: &dyn ByteSource) -> Vec<Item> {
    let mut whole = Vec::new();
    for_each(source, |framed| whole.push(item(&framed)));
    let mut position = 0;
    for item in &whole {
        assert_eq!(item.range().start, position);
        assert!(!item.range().is_empty());
        position = item.range().end;
    }
    assert_eq!(position, source.len(), "items add up to the file");
    whole
}

/// The items of a source, after checking that cutting it up changes nothing.
pub(crate) fn items_cut(source: &dyn ByteSource, targets: &[u64]) -> Vec<Item> {
    let whole = items(source);
    for target in targets {
        let mut pieces = Vec::new();
        for range in split(source, *target).unwrap() {
            for_each_in(source, range, |framed| pieces.push(item(&framed)));
        }
        assert_eq!(pieces, whole, "cut at {target} bytes");
    }
    whole
}

/// A batch's records up to the first trouble.
pub(crate) fn records(batch: &RawBatch<'_>, inflater: &mut Inflater) -> (Vec<Record>, Option<Trouble>) {
    let mut found = Vec::new();
    let mut records = match batch.records(inflater) {
        Ok(records) => records,
        Err(error) => return (found, Some(Trouble::Batch(error))),
    };
    loop {
        match records.next() {
            Ok(Some(record)) => found.push(Record {
                offset: record.offset,
                timestamp_ms: record.timestamp_ms,
                sequence: record.sequence,
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                headers: record
                    .headers
                    .iter()
                    .map(|header| (header.key.to_vec(), header.value.map(<[u8]>::to_vec)))
                    .collect(),
            }),
            Ok(None) => return (found, None),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(records.next(), Ok(None), "nothing follows an error");
                return (found, Some(Trouble::Record(error)));
            }
        }
    }
}
