//! Reads the partition directories of the load cases, and what the real coordinators made of them.
#![allow(dead_code, unreachable_pub, reason = "two test targets share this, each uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_coordinator::load::{LoadEvent, LoadRecord, RecordPlace};
use lastwrites_segment::{Framed, Framer, Inflater, LoaderOutcome, RawBatch};
use lastwrites_types::ByteRange;

/// The folder of load cases, or a clear word that the test does nothing without it.
pub fn load_cases() -> Option<PathBuf> {
    match std::env::var_os("LASTWRITES_CORPUS") {
        Some(corpus) => Some(PathBuf::from(corpus).join("load-cases")),
        None => {
            eprintln!("skipped: LASTWRITES_CORPUS not set");
            None
        }
    }
}

/// Lines of a JSON Lines file; none when there is no such file.
pub fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    text.lines().map(|line| serde_json::from_str(line).expect("the corpus holds JSON")).collect()
}

/// The partition directory inside a case's folder.
pub fn partition_dir(case: &Path) -> PathBuf {
    fs::read_dir(case)
        .expect("a case is a folder")
        .map(|entry| entry.expect("a folder can be listed").path())
        .find(|path| path.is_dir())
        .expect("a case holds a partition directory")
}

/// One event of a log, owned.
pub enum Event {
    Record {
        place: RecordPlace,
        batch_first_offset: i64,
        producer_id: i64,
        producer_epoch: i16,
        transactional: bool,
        timestamp_ms: i64,
        key: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    },
    Marker {
        place: RecordPlace,
        producer_id: i64,
        key: Option<Vec<u8>>,
        first_in_batch: bool,
    },
    ReadFault {
        offset: i64,
        text: String,
        record_type: Option<i16>,
    },
}

impl Event {
    pub fn as_load_event(&self) -> LoadEvent<'_> {
        match self {
            Self::Record { .. } => LoadEvent::Record(self.as_record().expect("it is one")),
            Self::Marker { place, producer_id, key, first_in_batch } => LoadEvent::Marker {
                place: *place,
                producer_id: *producer_id,
                key: key.as_deref(),
                first_in_batch: *first_in_batch,
            },
            Self::ReadFault { offset, text, record_type } => {
                LoadEvent::ReadFault { offset: *offset, text: text.clone(), record_type: *record_type }
            }
        }
    }

    pub fn as_record(&self) -> Option<LoadRecord<'_>> {
        let Self::Record {
            place,
            batch_first_offset,
            producer_id,
            producer_epoch,
            transactional,
            timestamp_ms,
            key,
            value,
        } = self
        else {
            return None;
        };
        Some(LoadRecord {
            place: *place,
            batch_first_offset: *batch_first_offset,
            producer_id: *producer_id,
            producer_epoch: *producer_epoch,
            transactional: *transactional,
            timestamp_ms: *timestamp_ms,
            key: key.as_deref(),
            value: value.as_deref(),
        })
    }
}

/// A log as a loader reads it: the plain `.log` files in order, up to what its reader takes for the end.
pub struct Log {
    pub events: Vec<Event>,
    pub end: i64,
}

impl Log {
    pub fn read(dir: &Path) -> Self {
        let mut files: Vec<PathBuf> = fs::read_dir(dir)
            .expect("a partition is a folder")
            .map(|entry| entry.expect("a folder can be listed").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect();
        files.sort();
        let mut log = Self { events: Vec::new(), end: 0 };
        for file in files {
            log.read_file(&fs::read(file).expect("a case can be read"));
        }
        log
    }

    fn read_file(&mut self, bytes: &[u8]) {
        let source = bytes.to_vec();
        let mut scratch = Vec::new();
        let mut inflater = Inflater::default();
        let mut framer = Framer::new(&source, ByteRange::new(0, source.len() as u64), &mut scratch);
        while let Some(framed) = framer.next().expect("memory can be read") {
            match framed {
                Framed::Batch(batch) => self.read_batch(&batch, &mut inflater),
                Framed::Gap(gap) => match gap.loader {
                    LoaderOutcome::EndsSegment => return,
                    LoaderOutcome::Throws(error) => {
                        let text = error.message.unwrap_or_else(|| "null".to_owned());
                        self.events.push(Event::ReadFault { offset: self.end, text, record_type: None });
                        return;
                    }
                    LoaderOutcome::ReadsAsBatch { range } => {
                        let bytes = &source[range.start as usize..range.end as usize];
                        let batch = RawBatch::from_bytes(range.start, bytes).expect("it is one");
                        self.read_batch(&batch, &mut inflater);
                    }
                },
            }
        }
    }

    fn read_batch(&mut self, batch: &RawBatch<'_>, inflater: &mut Inflater) {
        let header = batch.header;
        let first_offset = batch.first_offset(inflater);
        let mut records = match batch.records(inflater) {
            Ok(records) => records,
            Err(error) => return self.fault(error.kafka_error().message, None),
        };
        let (mut first, mut read_before) = (None, None);
        loop {
            let record = match records.next() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(error) => {
                    return self.fault(error.kafka_error().and_then(|error| error.message), read_before);
                }
            };
            read_before = record.key.and_then(|key| Some(i16::from_be_bytes([*key.first()?, *key.get(1)?])));
            let first_in_batch = first.is_none();
            let batch_first_offset = *first.get_or_insert(record.offset);
            let place = RecordPlace {
                offset: record.offset,
                batch_base_offset: first_offset.unwrap_or(header.base_offset),
            };
            self.events.push(if header.is_control() {
                let key = record.key.map(<[u8]>::to_vec);
                Event::Marker { place, producer_id: header.producer_id, key, first_in_batch }
            } else {
                Event::Record {
                    place,
                    batch_first_offset,
                    producer_id: header.producer_id,
                    producer_epoch: header.producer_epoch,
                    transactional: header.is_transactional(),
                    timestamp_ms: record.timestamp_ms,
                    key: record.key.map(<[u8]>::to_vec),
                    value: record.value.map(<[u8]>::to_vec),
                }
            });
            self.end = record.offset + 1;
        }
        self.end = self.end.max(header.base_offset + i64::from(header.last_offset_delta) + 1);
    }

    fn fault(&mut self, text: Option<String>, record_type: Option<i16>) {
        let text = text.unwrap_or_else(|| "null".to_owned());
        self.events.push(Event::ReadFault { offset: self.end, text, record_type });
    }
}
