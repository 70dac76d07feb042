//! The document that crosses the air gap: recovered committed offsets, typed and validated.
//!
//! The offline side writes it, people review it, the seeker reads it; the two programs share nothing
//! else. This crate turns text into a [`Document`] and back. It never opens a file or a socket and never
//! reads a clock.
//!
//! Reading is strict on purpose. The file decides where consumers start again, so an unknown field, an
//! unknown word or a contradiction is an error that names its place, never a guess:
//!
//! ```
//! use lastwrites_recovered_offsets::{Document, DocumentError};
//!
//! let error = Document::from_json(r#"{"format": "lastwrites/recovered-offsets", "version": 9}"#);
//! assert!(matches!(error, Err(DocumentError::Version { found: 9, supported: 1 })));
//! ```

mod digest;
mod document;
mod error;
mod read;
mod validate;
mod words;
mod write;

pub use digest::{ParseSha256Error, Sha256};
pub use document::{
    Alternative, AsOfOffset, Bound, Cadence, Document, FORMAT, FormatName, FormatVersion, Group, Missing,
    PartitionCopy, RecordPlace, RecoveredOffset, Selection, Source, SourceFile, VERSION,
};
pub use error::{DocumentError, Place, Problem};
pub use words::{GroupType, View};
