//! Yelp's kafka-utils: `kafka-consumer-manager offset_restore`.

use lastwrites_recovered_offsets::Document;
use serde_json::json;

use super::osodevops::offsets;
use super::{Format, FormatError, Formed, name, only_group};

/// One group with its topics.
pub struct Yelp;

impl Format for Yelp {
    fn name(&self) -> &'static str {
        "yelp"
    }

    fn used_by(&self) -> &'static str {
        "kafka-consumer-manager --cluster-type ... offset_restore FILE"
    }

    fn loses(&self) -> &'static str {
        "leader epochs, metadata and topic ids"
    }

    fn write(&self, document: &Document) -> Result<Formed, FormatError> {
        let group = only_group(self, document)?;
        let id = name(self, &group.group_id)?;
        Ok(Formed::whole(format!("{:#}\n", json!({"groupid": id, "offsets": offsets(self, group)?}))))
    }
}
