//! Document to text: one order, one spelling, so that two runs give the same bytes and a diff is short.

use std::borrow::Cow;

use crate::document::Document;
use crate::error::DocumentError;

impl Document {
    /// Brings groups (by raw id), offsets and missing partitions (by raw topic name, then partition) into
    /// document order. Copies and alternatives keep theirs: it has a meaning.
    pub fn sort(&mut self) {
        self.groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
        for group in &mut self.groups {
            group.offsets.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
            group.missing.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        }
    }

    /// The document as indented JSON with a newline at its end, in document order.
    ///
    /// Equal documents give equal bytes. The layout is that of `jq .`, so a hand-edited file can be
    /// brought back into it with a common tool.
    ///
    /// # Errors
    /// [`DocumentError::Invalid`] for a document that [`Document::from_json`] would refuse.
    pub fn to_json_pretty(&self) -> Result<String, DocumentError> {
        self.validate()?;
        let document = if self.is_sorted() {
            Cow::Borrowed(self)
        } else {
            let mut sorted = self.clone();
            sorted.sort();
            Cow::Owned(sorted)
        };
        let mut json = serde_json::to_string_pretty(&document).map_err(|error| DocumentError::Json {
            path: String::new(),
            line: error.line(),
            column: error.column(),
            what: error.to_string(),
        })?;
        json.push('\n');
        Ok(json)
    }

    fn is_sorted(&self) -> bool {
        self.groups.is_sorted_by_key(|group| &group.group_id)
            && self.groups.iter().all(|group| {
                group.offsets.is_sorted_by_key(|offset| (&offset.topic, offset.partition))
                    && group.missing.is_sorted_by_key(|missing| (&missing.topic, missing.partition))
            })
    }
}
