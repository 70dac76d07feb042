//! Text to document: format and version first, then shape, then content.

use serde::Deserialize;

use crate::document::{Document, FORMAT, VERSION};
use crate::error::DocumentError;

/// The two fields every version has, so that a later version is named and not called broken.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    format: String,
    #[serde(default)]
    version: u64,
}

impl Document {
    /// Reads and checks a document; groups, offsets and missing partitions come back in document order
    /// whatever order the text has them in.
    ///
    /// Takes any bytes without panicking; memory is bounded by the size of the input.
    ///
    /// # Errors
    /// [`DocumentError`] names the field, line and column, or the group, topic and partition.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, DocumentError> {
        let json = json.as_ref();
        let envelope: Envelope = parse(json)?;
        if envelope.format != FORMAT {
            return Err(DocumentError::Format { found: envelope.format });
        }
        if envelope.version != VERSION {
            return Err(DocumentError::Version { found: envelope.version, supported: VERSION });
        }
        let mut document: Self = parse(json)?;
        if document.source.names_redacted {
            return Err(DocumentError::Pseudonyms);
        }
        document.validate()?;
        document.sort();
        Ok(document)
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, DocumentError> {
    let mut text = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        // "." is that crate's name for the document itself.
        let path = Some(error.path().to_string()).filter(|path| path != ".").unwrap_or_default();
        json_error(path, error.inner())
    })?;
    text.end().map_err(|error| json_error(String::new(), &error))?;
    Ok(value)
}

fn json_error(path: String, error: &serde_json::Error) -> DocumentError {
    let (line, column) = (error.line(), error.column());
    // serde_json appends the place to its text; we say it once, in front.
    let suffix = format!(" at line {line} column {column}");
    let text = error.to_string();
    let what = text.strip_suffix(&suffix).unwrap_or(&text).to_owned();
    DocumentError::Json { path, line, column, what }
}
