//! Parquet, CSV and Arrow tables; the only crate that sees polars
