//! The schema files of this program's outputs are current. `UPDATE_DOCS=1` writes them anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::path::Path;

use lastwrites_seeker::json::outputs;

#[test]
fn schemas_are_current() {
    for (name, _, schema) in outputs() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../docs/schemas")
            .join(name)
            .with_extension("json");
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{}: run this test with UPDATE_DOCS=1 and read what changed", path.display());
    }
}
