//! Which releases may have written a line about a failed load.

use lastwrites_types::Release;
use memchr::memmem;

/// Which coordinator wrote a line, as far as its logger and its form tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Writer {
    #[default]
    Unknown,
    /// The new coordinator of 3.7 to 3.9.
    Preview,
    /// 4.0 and later.
    Final,
    /// 4.2 and later: the record alone stands in the line, the cause only below it.
    Recent,
}

impl Writer {
    /// Which one the line that tells of a failed load shows.
    pub(super) fn of(line: &[u8]) -> Self {
        let holds = |words: &[u8]| memmem::find(line, words).is_some();
        if holds(b"Replaying record ") && holds(b" and producer epoch ") && !holds(b" failed due to: ") {
            Self::Recent
        } else if holds(b"coordinator.group.runtime.") {
            Self::Preview
        } else if holds(b"coordinator.common.runtime.") {
            Self::Final
        } else {
            Self::Unknown
        }
    }

    /// Whether an issue can show in this writer's releases.
    pub(super) fn can_show(self, issue: &str) -> bool {
        match self {
            Self::Unknown => true,
            Self::Preview => !matches!(issue, "KAFKA-20845" | "KAFKA-20254" | "KAFKA-19453"),
            Self::Final => issue != "KAFKA-17306",
            Self::Recent => !matches!(issue, "KAFKA-17306" | "KAFKA-19453" | "KAFKA-19862"),
        }
    }

    /// Whether it can be this release's.
    pub(super) fn can_be(self, release: Release) -> bool {
        self != Self::Recent || release >= Release::new(4, 2, 0)
    }
}
