//! Names from a document as they go over the wire.

use lastwrites_types::ByteText;

/// The name itself where it's UTF-8, an escaped form (which names nothing on a cluster) where it isn't.
pub(crate) fn plain(name: &ByteText) -> String {
    name.as_str().map_or_else(|| name.to_string(), ToOwned::to_owned)
}
