//! Commits that may be for a deleted topic whose name another one has taken, and nothing settles it.
//!
//! A commit without a topic id tells only its time. When its topic was created stands in the metadata log, until a
//! snapshot replaces that part; that another topic of the name was deleted tells the log likewise, or a directory of
//! another topic id that a broker has not removed yet.

use std::collections::{BTreeMap, BTreeSet};

use lastwrites_types::ByteText;

use crate::findings::{Code, Finding};
use crate::terminal::{counted, moment};

/// Why a commit may be for a former topic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum FormerTopic {
    /// It is older than the topic, which was created at this time (ms since 1970); no former one is known.
    OlderThan(i64),
    /// Directories of a deleted topic of the name are there, and nothing tells when the topic of today was created.
    Leftovers,
}

/// The commits in doubt, by topic and reason.
#[derive(Default)]
pub(super) struct FormerTopics {
    found: BTreeMap<(ByteText, FormerTopic), (usize, BTreeSet<ByteText>)>,
}

impl FormerTopics {
    /// Counts one commit where there is a reason to.
    pub(super) fn note(&mut self, group_id: &ByteText, topic: &ByteText, why: Option<FormerTopic>) {
        let Some(why) = why else { return };
        let (offsets, groups) = self.found.entry((topic.clone(), why)).or_default();
        *offsets += 1;
        groups.insert(group_id.clone());
    }

    /// One finding a topic and reason; the groups are its proof.
    pub(super) fn findings(self) -> Vec<Finding> {
        let finding = |((topic, why), (offsets, groups)): ((ByteText, FormerTopic), _)| {
            let (offsets, groups): (usize, BTreeSet<ByteText>) = (offsets, groups);
            let offsets = counted(offsets, "offset", "offsets");
            let message = match why {
                FormerTopic::OlderThan(created_ms) => format!(
                    "{offsets} of topic {topic} are older than the topic, which was created at {}: they were committed \
                     for another topic of this name, or this log was put here from elsewhere",
                    moment(created_ms)
                ),
                FormerTopic::Leftovers => format!(
                    "topic {topic} took the place of a deleted one (its directory is still there), and nothing tells \
                     when: {offsets} may be of the deleted one"
                ),
            };
            let groups = groups.iter().map(|group| format!("group {group}")).collect();
            Finding::new(Code::FormerTopic, message).shown_by(groups)
        };
        self.found.into_iter().map(finding).collect()
    }
}
