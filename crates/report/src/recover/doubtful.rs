//! What a document has of offsets that may never have counted. It says so itself; other tools' forms can't.

use std::collections::BTreeSet;
use std::fmt;

use lastwrites_evidence::Evidence;
use lastwrites_recovered_offsets::{Document, RecoveredOffset};
use lastwrites_types::Flag;

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
}

impl Doubtful {
    /// None were.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.wrong_checksum == 0 && self.unsettled == 0
    }
}

impl fmt::Display for Doubtful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        if self.unsettled > 0 {
            write!(
                f,
                "{} from a console consumer's text, which shows commits of aborted and open transactions like committed \
                 ones",
                counted(self.unsettled, "offset comes", "offsets come")
            )?;
            between = "; ";
        }
        if self.wrong_checksum > 0 {
            write!(
                f,
                "{between}{} from a batch whose checksum is wrong",
                counted(self.wrong_checksum, "offset comes", "offsets come")
            )?;
        }
        Ok(())
    }
}

/// Takes out of a document what may never have counted, and the groups of which nothing is left then. `report` and `evidence`
/// are those that the document is of.
pub fn take_doubtful(document: &mut Document, report: &Report, evidence: &Evidence) -> Doubtful {
    let unsettled = |(_, copy)| found_copy(evidence, copy).is_some_and(|copy| !copy.tells_transactions());
    let unsettled: BTreeSet<usize> =
        report.copies.iter().enumerate().filter(|copy| unsettled(*copy)).map(|(index, _)| index).collect();
    let mut taken = Doubtful::default();
    document.groups.retain_mut(|group| {
        let nothing_before = group.offsets.is_empty();
        group.offsets.retain(|offset: &RecoveredOffset| {
            let silent = unsettled.contains(&offset.record.copy);
            let wrong = offset.flags.contains(Flag::InDoubt) && !of_another(offset);
            taken.unsettled += usize::from(silent);
            taken.wrong_checksum += usize::from(wrong && !silent);
            !silent && !wrong
        });
        nothing_before || !group.offsets.is_empty()
    });
    taken
}

/// What is in doubt is a later commit, in a transaction; the offset is the one before, which counted.
fn of_another(offset: &RecoveredOffset) -> bool {
    offset.alternatives.iter().any(|other| other.flags.contains(Flag::Pending))
}
