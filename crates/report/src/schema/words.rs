//! The closed lists of words that stand in plain text fields.

use lastwrites_types::schema::{one_of, one_of_or_null};
use schemars::{Schema, SchemaGenerator};

macro_rules! lists {
    ($($name:ident, $or_null:ident: $($word:literal)*;)*) => {$(
        #[allow(dead_code, reason = "not every list has both forms")]
        pub(crate) fn $name(_: &mut SchemaGenerator) -> Schema {
            one_of(&[$($word),*])
        }
        #[allow(dead_code, reason = "not every list has both forms")]
        pub(crate) fn $or_null(_: &mut SchemaGenerator) -> Schema {
            one_of_or_null(&[$($word),*])
        }
    )*};
}

lists! {
    file_kind, file_kind_or_null: "log" "deleted" "cleaned" "swap";
    verdict, verdict_or_null: "loads" "loads-with-warnings" "fails" "loads-empty";
    coordinator, coordinator_or_null: "old" "new";
    group_type, group_type_or_null: "classic" "consumer" "share" "streams" "none";
    group_type_or_unknown, group_type_unknown_or_null: "classic" "consumer" "share" "streams" "none" "unknown";
    group_state, group_state_or_null: "Empty" "Stable" "Assigning" "Reconciling" "NotReady";
    application, application_or_null: "kafka-streams" "connect-workers" "connect-sink" "share-group";
    transaction, transaction_or_null: "committed" "aborted" "ongoing";
    persistence, persistence_or_null: "race" "on-disk";
    trouble, trouble_or_null: "none" "race" "on-disk" "unknown";
    summary_part, summary_part_or_null: "VERDICT" "WHY" "HELPS" "HELPS NOT";
    control, control_or_null: "COMMIT" "ABORT";
}
