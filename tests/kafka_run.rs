//! A broker started now, judged at once: nothing here can have been fitted to a fixture.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{lastwrites, none_of, read_json, text};
use crate::truth::differences;

/// True where Java and Maven are, so that a broker can be started; continuous integration must have them.
pub(crate) fn brokers_can_run() -> bool {
    let can = exists("java") && exists("mvn");
    if !can {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs java and mvn");
        eprintln!("skipped: no java or no mvn");
    }
    can
}

fn exists(tool: &str) -> bool {
    Command::new(tool)
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_fresh_broker_agrees() {
    if !brokers_can_run() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("fresh");
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kafka/run");
    let status = Command::new(run).arg(&output).stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "the broker's run failed: {status}");
    let truth = read_json(&output.join("truth.json"));
    assert!(truth["groups"].as_array().is_some_and(|groups| !groups.is_empty()));
    let document = lastwrites(&["groups", "--json", text(&output.join("data"))]).json();
    none_of(&differences("fresh", &truth, &document, &[]));
}
