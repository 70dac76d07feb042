//! One column's declaration and the cells gathered for it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use polars::prelude::{Column, IntoColumn as _, NamedFrom as _, Series, TimeUnit, TimeZone};

use crate::csv_text;
use crate::format::Format;
use crate::table::Rows;

/// 9999-12-31T23:59:59.999Z. Beyond it readers overflow or refuse the whole column.
const LAST_TIME_MS: i64 = 253_402_300_799_999;

/// A column: its name, what it means, and how to read its cell off a row. Only this crate declares them.
pub struct ColumnSpec<T: Rows> {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) read: Read<T>,
}

/// How a cell is read; the variant is the column's type.
pub(crate) enum Read<T: Rows> {
    Int32(for<'r, 'a> fn(&'r T::Row<'a>) -> Option<i32>),
    Int64(for<'r, 'a> fn(&'r T::Row<'a>) -> Option<i64>),
    Bool(for<'r, 'a> fn(&'r T::Row<'a>) -> bool),
    /// Milliseconds since the epoch.
    Time(for<'r, 'a> fn(&'r T::Row<'a>) -> Option<i64>),
    /// Text of our own or in a fixed alphabet: always UTF-8 and harmless.
    Word(for<'r, 'a> fn(&'r T::Row<'a>) -> Option<Cow<'r, str>>),
    /// Sentences, paths and JSON that may hold text from evidence: always UTF-8, not always harmless.
    Prose(for<'r, 'a> fn(&'r T::Row<'a>) -> Option<Cow<'r, str>>),
    /// Text from evidence: any bytes.
    Text(for<'r, 'a> fn(&'r T::Row<'a>) -> Option<&'r [u8]>),
}

impl<T: Rows> Read<T> {
    /// The type as Parquet and Arrow readers show it.
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Int32(_) => "int32",
            Self::Int64(_) => "int64",
            Self::Bool(_) => "bool",
            Self::Time(_) => "timestamp (ms, UTC)",
            Self::Word(_) | Self::Prose(_) => "string",
            Self::Text(_) => "string, binary",
        }
    }
}

/// One line of a table's documentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ColumnDoc {
    /// The column's name; a `string, binary` column has a twin named `NAME_bytes`.
    pub name: &'static str,
    /// Its type, as Parquet and Arrow readers show it.
    pub type_name: &'static str,
    /// Its meaning, its unit, and when it is null.
    pub about: &'static str,
}

impl<T: Rows> From<&ColumnSpec<T>> for ColumnDoc {
    fn from(column: &ColumnSpec<T>) -> Self {
        Self { name: column.name, type_name: column.read.type_name(), about: column.about }
    }
}

/// Cells of one column, waiting for their batch.
pub(crate) enum Cells {
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Bool(Vec<bool>),
    Time(Vec<Option<i64>>),
    Word(Vec<Option<String>>),
    Prose(Vec<Option<String>>),
    Text(Vec<Option<Box<[u8]>>>),
}

impl Cells {
    pub(crate) fn for_column<T: Rows>(read: &Read<T>) -> Self {
        match read {
            Read::Int32(_) => Self::Int32(Vec::new()),
            Read::Int64(_) => Self::Int64(Vec::new()),
            Read::Bool(_) => Self::Bool(Vec::new()),
            Read::Time(_) => Self::Time(Vec::new()),
            Read::Word(_) => Self::Word(Vec::new()),
            Read::Prose(_) => Self::Prose(Vec::new()),
            Read::Text(_) => Self::Text(Vec::new()),
        }
    }

    /// Adds a row's cell and returns how many bytes of text it holds.
    pub(crate) fn push<T: Rows>(&mut self, read: &Read<T>, row: &T::Row<'_>) -> usize {
        match (self, read) {
            (Self::Int32(cells), Read::Int32(read)) => cells.push(read(row)),
            (Self::Int64(cells), Read::Int64(read)) => cells.push(read(row)),
            (Self::Bool(cells), Read::Bool(read)) => cells.push(read(row)),
            (Self::Time(cells), Read::Time(read)) => {
                cells.push(read(row).filter(|ms| (0..=LAST_TIME_MS).contains(ms)));
            }
            (Self::Word(cells), Read::Word(read)) | (Self::Prose(cells), Read::Prose(read)) => {
                let text = read(row);
                let length = text.as_ref().map_or(0, |text| text.len());
                cells.push(text.map(Cow::into_owned));
                return length;
            }
            (Self::Text(cells), Read::Text(read)) => {
                let text = read(row);
                cells.push(text.map(Box::from));
                return text.map_or(0, <[u8]>::len);
            }
            // Cells are made from the same declaration, so no other pair exists.
            _ => {}
        }
        0
    }

    /// Turns the cells into one or two finished columns.
    pub(crate) fn into_columns(self, name: &str, format: Format) -> Vec<Column> {
        let csv = format == Format::Csv;
        let series = match self {
            Self::Int32(cells) => Series::new(name.into(), cells),
            Self::Int64(cells) => Series::new(name.into(), cells),
            Self::Bool(cells) => Series::new(name.into(), cells),
            Self::Prose(cells) if csv => {
                let cells: Vec<Option<Cow<'_, str>>> =
                    cells.iter().map(|text| text.as_deref().map(csv_text::guarded)).collect();
                Series::new(name.into(), cells)
            }
            Self::Word(cells) | Self::Prose(cells) => Series::new(name.into(), cells),
            Self::Time(cells) if csv => {
                let cells: Vec<Option<String>> = cells.into_iter().map(|ms| csv_text::rfc3339(ms?)).collect();
                Series::new(name.into(), cells)
            }
            Self::Time(cells) => {
                Series::new(name.into(), cells).into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))
            }
            Self::Text(cells) => return text_columns(&cells, name, csv),
        };
        vec![series.into_column()]
    }
}

fn text_columns(cells: &[Option<Box<[u8]>>], name: &str, csv: bool) -> Vec<Column> {
    let twin = format!("{name}_bytes");
    let texts = cells.iter().map(|cell| utf8(cell.as_deref()));
    let others = cells.iter().map(|cell| not_utf8(cell.as_deref()));
    let (text, bytes) = if csv {
        let texts: Vec<_> = texts.map(|text| text.map(csv_text::guarded)).collect();
        let others: Vec<_> = others.map(|bytes| bytes.map(|bytes| STANDARD.encode(bytes))).collect();
        (Series::new(name.into(), texts), Series::new(twin.into(), others))
    } else {
        let (texts, others): (Vec<_>, Vec<_>) = (texts.collect(), others.collect());
        (Series::new(name.into(), texts), Series::new(twin.into(), others))
    };
    vec![text.into_column(), bytes.into_column()]
}

fn utf8(cell: Option<&[u8]>) -> Option<&str> {
    cell.and_then(|bytes| std::str::from_utf8(bytes).ok())
}

fn not_utf8(cell: Option<&[u8]>) -> Option<&[u8]> {
    cell.filter(|bytes| std::str::from_utf8(bytes).is_err())
}
