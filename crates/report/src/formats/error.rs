//! Why a document has no place in another tool's form.

use thiserror::Error;

/// A form can't express the document.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum FormatError {
    /// The form holds the offsets of one group.
    #[error("{format} holds one group, the document has {groups}: choose one with --group")]
    OneGroup {
        /// The form.
        format: &'static str,
        /// Groups in the document.
        groups: usize,
    },
    /// A name is no UTF-8.
    #[error("{format} can't express the name {name}: it is not UTF-8; use the recovered-offsets document")]
    NotText {
        /// The form.
        format: &'static str,
        /// The name, escaped.
        name: String,
    },
    /// A name holds a character that means something else in the form, or is empty.
    #[error("{format} can't express the name {name:?}; use the recovered-offsets document")]
    Inexpressible {
        /// The form.
        format: &'static str,
        /// The name, escaped.
        name: String,
    },
}
