//! Where the judges lie, and the records of a log.

use std::path::{Path, PathBuf};

use lastwrites_records::{Decoded, DecodedKey, DecodedValue};
use lastwrites_segment::{Framed, Framer, Inflater};
use lastwrites_types::ByteRange;
use serde_json::{Value as Json, json};

/// The folder with outside truth, when there is one.
pub(crate) fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LASTWRITES_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        eprintln!("skipped: LASTWRITES_CORPUS not set");
    }
    corpus
}

pub(crate) fn json_lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One record of a log.
pub(crate) struct LogRecord {
    pub(crate) offset: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
}

/// Every data record of a partition's `.log` files, in order; `None` when a batch can't be read.
pub(crate) fn records_of(partition: &Path) -> Option<Vec<LogRecord>> {
    let mut logs: Vec<PathBuf> = std::fs::read_dir(partition)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "log"))
        .collect();
    logs.sort();
    let mut records = Vec::new();
    for log in logs {
        let bytes = std::fs::read(&log).unwrap();
        let (mut scratch, mut inflater) = (Vec::new(), Inflater::default());
        let mut framer = Framer::new(&bytes, ByteRange::new(0, bytes.len() as u64), &mut scratch);
        while let Some(item) = framer.next().unwrap() {
            let Framed::Batch(batch) = item else { return None };
            if batch.header.is_control() {
                continue;
            }
            let mut batch_records = batch.records(&mut inflater).ok()?;
            while let Some(record) = batch_records.next().ok()? {
                records.push(LogRecord {
                    offset: record.offset,
                    key: record.key.map(<[u8]>::to_vec),
                    value: record.value.map(<[u8]>::to_vec),
                });
            }
        }
    }
    Some(records)
}

/// A decoded record as the judges write it: `(key, value, unknown_tags)`.
pub(crate) fn as_json(decoded: &Decoded<'_>) -> (Json, Json, bool) {
    let key = match &decoded.key {
        DecodedKey::Known(key) => json!({ "type": key.record_type(), "data": key.json() }),
        other => json!(format!("{other:?}")),
    };
    let (value, tags) = match &decoded.value {
        DecodedValue::Tombstone => (Json::Null, false),
        DecodedValue::Known(known) => {
            let data = known.value.json(known.version);
            (json!({ "version": known.version, "data": data }), known.unknown_tags)
        }
        other => (json!(format!("{other:?}")), false),
    };
    (key, value, tags)
}

/// The bytes our encoder gives for what was decoded.
pub(crate) fn encoded(decoded: &Decoded<'_>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let key = match &decoded.key {
        DecodedKey::Known(key) => Some(key.encode()),
        _ => None,
    };
    let value = match &decoded.value {
        DecodedValue::Known(known) => Some(known.value.encode(known.version)),
        _ => None,
    };
    (key, value)
}

/// True when a result says that it is not simply the newest layout.
pub(crate) fn is_marked(decoded: &Decoded<'_>) -> bool {
    match &decoded.value {
        DecodedValue::Known(known) => known.layout.is_some() || known.ambiguous_with.is_some(),
        DecodedValue::Tombstone => false,
        _ => true,
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}
