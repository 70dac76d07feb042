//! From decoded messages to what they do: every message of a group becomes one [`Change`].
//!
//! Lists become maps here as they do inside each release, with the exceptions that brings.

mod classic;
pub(super) mod consumer;
mod java_string;
pub(super) mod share;
pub(super) mod streams;

use lastwrites_types::ByteText;

use crate::group::Name;

pub(super) use classic::classic;
pub(super) use java_string::state_partitions_40;

fn name(text: &ByteText) -> Name {
    Name::from(text.as_bytes())
}

fn maybe_name(text: Option<&ByteText>) -> Option<Name> {
    text.map(name)
}

fn names(texts: &[ByteText]) -> Vec<Name> {
    texts.iter().map(name).collect()
}
