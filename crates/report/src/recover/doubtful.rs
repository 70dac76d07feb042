//! What a document has of offsets that may never have counted or that count another topic's records. It says so itself; other
//! tools' forms can't.

use std::collections::BTreeSet;
use std::fmt;

use lastwrites_evidence::{Evidence, cluster_metadata};
use lastwrites_recovered_offsets::{Document, RecoveredOffset};
use lastwrites_segment::ReadMode;
use lastwrites_types::{Flag, Flags};

use crate::build::found_copy;
use crate::model::Report;
use crate::terminal::counted;

/// Offsets that were taken out of a document, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Doubtful {
    /// From a batch whose checksum is wrong.
    pub wrong_checksum: usize,
    /// From a text that shows commits of open and aborted transactions like any other.
    pub unsettled: usize,
    /// Caught-up copies disagree on them.
    pub contested: usize,
    /// Of a topic that was deleted and created again since: they would skip or repeat the new topic's records.
    pub topic_recreated: usize,
    /// Of a partition that its topic doesn't have, or no longer since it was created again: tools fail likewise.
    pub no_partition: usize,
    /// Of a topic that is gone: tools fail at the first of them, some with half of the others committed.
    pub topic_gone: usize,
}

impl Doubtful {
    /// None were.
    #[must_use]
    pub const fn is_none(self) -> bool {
        let Self { wrong_checksum, unsettled, contested, topic_recreated, no_partition, topic_gone } = self;
        let in_doubt = wrong_checksum + unsettled + contested + topic_recreated;
        in_doubt + no_partition + topic_gone == 0
    }
}

impl fmt::Display for Doubtful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let come = |count| counted(count, "offset comes", "offsets come");
        let are = |count| counted(count, "offset is", "offsets are");
        let parts = [
            (
                self.unsettled,
                format!(
                    "{} from a console consumer's text, which shows commits of aborted and open transactions like committed ones",
                    come(self.unsettled)
                ),
            ),
            (
                self.wrong_checksum,
                format!("{} from a batch whose checksum is wrong", come(self.wrong_checksum)),
            ),
            (
                self.contested,
                format!(
                    "{} contested: caught-up copies disagree, and no file says which is right",
                    are(self.contested)
                ),
            ),
            (
                self.topic_recreated,
                format!("{} of a topic that was deleted and created again since", are(self.topic_recreated)),
            ),
            (
                self.no_partition,
                format!("{} of a partition that its topic doesn't have", are(self.no_partition)),
            ),
            (self.topic_gone, format!("{} of a topic that no longer exists", are(self.topic_gone))),
        ];
        let told: Vec<String> =
            parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
        f.write_str(&told.join("; "))
    }
}

/// Takes out of a document what a form can't mark, and the groups of which nothing is left then: offsets of topics and
/// partitions that are gone, and unless `in_doubt` asks for them those that may never have counted or count another topic's records. `report` and
/// `evidence` are those that the document is of.
pub fn take_doubtful(
    document: &mut Document,
    report: &Report,
    evidence: &Evidence,
    in_doubt: bool,
) -> Doubtful {
    let unsettled = |(_, copy)| found_copy(evidence, copy).is_some_and(|copy| !copy.tells_transactions());
    let unsettled: BTreeSet<usize> =
        report.copies.iter().enumerate().filter(|copy| unsettled(*copy)).map(|(index, _)| index).collect();
    let metadata = cluster_metadata(evidence, None, ReadMode::Plain).filter(|known| known.damage.is_none());
    let no_partition = |offset: &RecoveredOffset| {
        let topic = metadata.as_ref().and_then(|known| known.image.topic(&offset.topic));
        topic.is_some_and(|(_, topic)| !topic.partitions.contains_key(&offset.partition))
    };
    let mut taken = Doubtful::default();
    document.groups.retain_mut(|group| {
        let nothing_before = group.offsets.is_empty();
        group.offsets.retain(|offset: &RecoveredOffset| {
            let flags = offset.flags;
            let count = if flags.contains(Flag::TopicGone) {
                &mut taken.topic_gone
            } else if no_partition(offset) {
                &mut taken.no_partition
            } else if in_doubt {
                return true;
            } else if flags.contains(Flag::TopicRecreated) {
                &mut taken.topic_recreated
            } else if flags.contains(Flag::Contested) {
                &mut taken.contested
            } else if unsettled.contains(&offset.record.copy) {
                &mut taken.unsettled
            } else if flags.contains(Flag::InDoubt) && !of_another(offset) {
                &mut taken.wrong_checksum
            } else {
                return true;
            };
            *count += 1;
            false
        });
        nothing_before || !group.offsets.is_empty()
    });
    taken
}

/// What is in doubt is a later commit, in a transaction; the offset is the one before, which counted.
fn of_another(offset: &RecoveredOffset) -> bool {
    let doubted = |flags: &Flags| flags.contains(Flag::Pending) && flags.contains(Flag::InDoubt);
    offset.alternatives.iter().any(|other| doubted(&other.flags))
}
