//! JSON Schemas of every machine output, made of the types that are serialized: `docs/schemas` holds them as files,
//! `docs/json-schema.md` as tables.

pub(crate) mod words;

use lastwrites_records::redact::RedactMap;
use lastwrites_recovered_offsets::Document;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::blast_radius::BlastRadius;
use crate::build::ScanReport;
use crate::diagnose::{Diagnosis, Examination};
use crate::dump::json::RecordLine;
use crate::explain::{Match, Pages};
use crate::history::Line;
use crate::model::Report;
use crate::partition_for::PartitionFor;
use crate::playbook::Playbook;

/// What `explain --json` prints; it streams, so no value of this type is ever made.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes a document that is written piece by piece")]
struct Explained {
    /// Lines that say something, in the log's order.
    matches: Vec<Match>,
    /// Lines that were read.
    lines: u64,
}

/// One machine output.
pub struct Output {
    /// Name of the schema's file, without `.json`.
    pub name: &'static str,
    /// What prints or writes it.
    pub of: &'static str,
    /// Its schema.
    pub schema: Schema,
}

/// The schema of a serialized type, with `of` as its title.
#[must_use]
pub fn output<T: JsonSchema>(name: &'static str, of: &'static str) -> Output {
    let mut schema =
        SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), of.into());
    Output { name, of, schema }
}

/// Every output of the offline program.
#[must_use]
pub fn outputs() -> Vec<Output> {
    vec![
        output::<Examination>("examine", "lastwrites examine --json, and report.json of examine --out"),
        output::<Report>("groups", "lastwrites groups --json"),
        output::<Diagnosis>("diagnose", "lastwrites diagnose --json"),
        output::<BlastRadius>("blast-radius", "lastwrites blast-radius --json"),
        output::<ScanReport>("scan", "lastwrites scan --json"),
        output::<RecordLine<'_>>("dump", "a line of lastwrites dump --json"),
        output::<Line<'_>>("history", "a line of lastwrites history --json"),
        output::<Document>("recovered-offsets", "the document of lastwrites recover"),
        output::<Playbook>("playbook", "lastwrites playbook --json"),
        output::<Explained>("explain", "lastwrites explain --json of a log"),
        output::<Pages>("explain-pages", "lastwrites explain --json of codes and of the word evidence"),
        output::<RedactMap>("redact-map", "the file of --redact-map"),
        output::<PartitionFor>("partition-for", "lastwrites partition-for --json"),
    ]
}
