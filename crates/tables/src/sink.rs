//! The three encoders behind one face.

use std::fs::File;

use polars::error::PolarsResult;
use polars::frame::DataFrame;
use polars::io::SerWriter as _;
use polars::io::csv::write::{BatchedWriter as CsvBatches, CsvWriter};
use polars::io::ipc::{BatchedWriter as IpcBatches, IpcWriter};
use polars::io::parquet::write::{BatchedWriter as ParquetBatches, ParquetWriter};
use polars::prelude::{CompatLevel, Schema};

use crate::format::Format;

pub(crate) enum Sink {
    Parquet(Box<ParquetBatches<File>>),
    Csv(Box<CsvBatches<File>>),
    Ipc(Box<IpcBatches<File>>),
}

impl Sink {
    pub(crate) fn new(file: File, format: Format, schema: &Schema) -> PolarsResult<Self> {
        Ok(match format {
            Format::Parquet => Self::Parquet(Box::new(ParquetWriter::new(file).batched(schema)?)),
            Format::Csv => Self::Csv(Box::new(CsvWriter::new(file).batched(schema)?)),
            Format::Ipc => {
                // No column is a dictionary or nested: every field has the default description.
                let fields = schema.iter_names().map(|_| Default::default()).collect();
                // The oldest level stores plain strings, which every Arrow reader knows.
                let writer = IpcWriter::new(file).with_compat_level(CompatLevel::oldest());
                Self::Ipc(Box::new(writer.batched(schema, fields)?))
            }
        })
    }

    pub(crate) fn write(&mut self, rows: &DataFrame) -> PolarsResult<()> {
        match self {
            Self::Parquet(writer) => writer.write_batch(rows),
            Self::Csv(writer) => writer.write_batch(rows),
            Self::Ipc(writer) => writer.write_batch(rows),
        }
    }

    pub(crate) fn finish(self) -> PolarsResult<()> {
        match self {
            Self::Parquet(writer) => writer.finish().map(drop),
            Self::Csv(mut writer) => writer.finish(),
            Self::Ipc(mut writer) => writer.finish(),
        }
    }
}
