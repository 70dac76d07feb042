//! Text evidence: what kafka-dump-log or a console consumer printed, where no segment survived.
//!
//! Each text becomes a made-up segment in an unnamed temporary file, which every pass then reads like any other,
//! so that there is one replay. The segment is as long as its text and a batch starts where its lines start: every
//! position, size and damaged byte speaks of the text; only where records need more bytes than their text has do positions
//! run ahead of it. What is too short is filled up with a record header, which
//! nothing here reads. What can't be understood is left as bytes that hold no batch: damage, as it should be.
//!
//! Offsets known from text are `unverified`: the checksums of a made-up segment prove nothing.

mod batch;
mod beside;
mod dump_log;
mod form;
mod formatter;
mod lines;
mod objects;
mod old_lines;
mod old_payload;
mod read;
mod record;
mod spool;

use std::fs::File;
use std::sync::Arc;

pub(crate) use form::{TextForm, text_form};
pub(crate) use read::read_text;
use record::Told;

/// The made-up segment of a text; it goes when the last of its handles does.
#[derive(Debug, Clone)]
pub struct TextSegment {
    file: Arc<File>,
    /// False where the text lacks records that would tell what a group is.
    pub(crate) tells_types: bool,
    /// False where the text shows commits of open and aborted transactions like any other.
    pub(crate) tells_transactions: bool,
}

impl TextSegment {
    /// Its bytes.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

impl PartialEq for TextSegment {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }
}

impl Eq for TextSegment {}

/// What a text can't tell or did not tell, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextDoubts {
    /// Which tool printed it.
    pub form: TextForm,
    /// Records understood.
    pub records: u64,
    /// Lines (or objects) that were not understood.
    pub not_understood: u64,
    /// Records whose key or value takes another number of bytes than the text says: names that were not UTF-8, or fields
    /// that the tool left out.
    pub other_sizes: u64,
    /// Records of which the tool printed nothing but a type that it did not know.
    pub unknown_types: u64,
    /// Batches whose checksum was wrong, as the tool says.
    pub wrong_checksums: u64,
    /// Places where the tool met bytes that it could not read.
    pub damage: u64,
}

impl TextDoubts {
    /// None so far.
    pub(crate) const fn new(form: TextForm) -> Self {
        Self {
            form,
            records: 0,
            not_understood: 0,
            other_sizes: 0,
            unknown_types: 0,
            wrong_checksums: 0,
            damage: 0,
        }
    }

    /// Whether the text has every record that tells what a group is: a console consumer's formatter shows but some, and an
    /// older tool no newer ones.
    pub(crate) const fn tells_types(&self) -> bool {
        self.form.is_dump() && self.unknown_types == 0
    }

    fn count(&mut self, told: Told) {
        match told {
            Told::Exactly => {}
            Told::OtherSizes => self.other_sizes += 1,
            Told::TypeOnly => self.unknown_types += 1,
        }
    }
}
