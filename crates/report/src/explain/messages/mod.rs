//! The messages that Kafka's brokers and clients write about coordinators, members and offsets, as data.
//!
//! One entry a text, with the releases that write it and what it says. To teach a new text, add a line to the
//! table of its writer; a new meaning is a new [`Explanation`]. Texts are looked for anywhere in a line, the first
//! in table order wins, so the more special text comes first. Texts are facts of Kafka's sources (2.0 to 4.3) and of
//! librdkafka; holes are described at [`super::template`].

mod admin;
mod broker_groups;
mod broker_loads;
mod java_client;
mod librdkafka;
mod load_causes;

use crate::findings::Code;

/// What part a message plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A line that stands for itself.
    Line,
    /// A line that says that a load failed: the innermost exception in or below it says why.
    LoadFailure,
    /// An exception's text that no other part of Kafka uses.
    Cause,
    /// An exception's text that only means something below a failed load.
    CauseInLoad,
}

/// What a message means.
pub(super) struct Explanation {
    /// The word in JSON.
    pub(super) kind: &'static str,
    pub(super) role: Role,
    /// Findings that tell more, or that would be found on the disk.
    pub(super) codes: &'static [Code],
    /// Issues of Kafka's tracker that fit.
    pub(super) issues: &'static [&'static str],
    /// What happened, for a person.
    pub(super) meaning: &'static str,
    /// What may have led to it, the likeliest first; empty where the meaning says it.
    pub(super) causes: &'static [&'static str],
    /// What to do; empty where nothing is to be done.
    pub(super) advice: &'static str,
}

impl Explanation {
    /// Good or neutral news, to be filled in.
    const NEWS: Self =
        Self { kind: "", role: Role::Line, codes: &[], issues: &[], meaning: "", causes: &[], advice: "" };

    /// True where a record of the log may be at fault, so that a disk can tell.
    pub(super) fn blames_a_record(&self) -> bool {
        let open = [&raw const UNTOLD, &raw const UNKNOWN_TEXT].iter().any(|open| std::ptr::eq(self, *open));
        let of_a_record = |code: &Code| {
            code.is_load_failure() || matches!(code, Code::DamagedBytes | Code::UndecodableRecord)
        };
        open || self.codes.iter().any(of_a_record)
    }
}

/// One text.
pub(super) struct Message {
    pub(super) says: &'static Explanation,
    /// Who writes it, since when.
    pub(super) releases: &'static str,
    pub(super) text: &'static str,
}

/// Declares texts: `EXPLANATION, "releases" => "text", "text";`
macro_rules! messages {
    ($($says:path, $releases:literal => $($text:literal),+ $(,)?;)*) => {
        /// The texts of this file, the more special first.
        pub(super) static MESSAGES: &[$crate::explain::messages::Message] = &[$($(
            $crate::explain::messages::Message { says: &$says, releases: $releases, text: $text },
        )+)*];
    };
}
use messages;

pub(super) use load_causes::{HEAP, UNKNOWN_TEXT, UNTOLD};

/// Every text, in the order they are tried.
pub(super) fn all() -> impl Iterator<Item = &'static Message> {
    [
        load_causes::MESSAGES,
        broker_loads::MESSAGES,
        broker_groups::MESSAGES,
        java_client::MESSAGES,
        librdkafka::MESSAGES,
        admin::MESSAGES,
    ]
    .into_iter()
    .flatten()
}
