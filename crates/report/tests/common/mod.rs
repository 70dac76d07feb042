//! How these tests read.

use lastwrites_coordinator::rules::newest;
use lastwrites_report::Options;
use lastwrites_segment::ReadMode;

/// By the newest release, with two threads and units of this many bytes.
pub(crate) fn options(unit_bytes: u64) -> Options {
    Options {
        profile: newest(),
        threads: 2,
        unit_bytes: Some(unit_bytes),
        view: None,
        offsets_retention_ms: None,
        release: None,
        redaction: None,
        read: ReadMode::Plain,
    }
}
