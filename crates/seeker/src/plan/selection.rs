//! Which groups of the document go where: filters and new names, before anything is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lastwrites_recovered_offsets::{Document, Group};

use super::options::Options;
use crate::names::plain;

/// One group of the document and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand<'a> {
    pub(super) source: &'a Group,
    pub(super) target: &'a str,
    /// Offsets partition that the group belongs to; `None` where the evidence didn't settle how many there are.
    pub(super) home: Option<i32>,
}

/// The choice of groups can't be carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SelectionError {
    /// A group asked for isn't in the document.
    NoSuchGroup(String),
    /// A topic asked for isn't in the chosen groups.
    NoSuchTopic(String),
    /// `--to-group` with more than one group chosen.
    ManyToOne(usize),
    /// `--map` names a group that isn't chosen.
    NotChosen(String),
    /// Two groups would go to one name.
    SameTarget {
        /// The name.
        target: String,
        /// Both groups.
        sources: [String; 2],
    },
    /// The document's group id isn't valid UTF-8 and can't be sent.
    NotText(String),
    /// A group without a name.
    NoName,
    /// Nothing is chosen.
    Nothing,
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchGroup(group) => write!(f, "group {group:?} isn't in the document"),
            Self::NoSuchTopic(topic) => {
                write!(f, "topic {topic:?} isn't in the chosen groups of the document")
            }
            Self::ManyToOne(count) => {
                write!(
                    f,
                    "--to-group names one group, but {count} are chosen: use --group, or --map OLD=NEW for each"
                )
            }
            Self::NotChosen(group) => {
                write!(f, "--map gives group {group:?} a new name, but --group leaves it out")
            }
            Self::SameTarget { target, sources: [first, second] } => {
                write!(f, "{first:?} and {second:?} would both go to {target:?}")
            }
            Self::NotText(group) => {
                write!(
                    f,
                    "group {group} isn't valid UTF-8 and can't be sent to a broker: leave it out, or give it a new name with --map or --to-group"
                )
            }
            Self::NoName => write!(f, "the empty group id can't be written to; use --to-group or --map"),
            Self::Nothing => write!(f, "the document holds no group"),
        }
    }
}

impl std::error::Error for SelectionError {}

/// The chosen groups with the names they go to.
///
/// # Errors
/// The choice is impossible.
pub fn targets<'a>(
    document: &'a Document,
    options: &'a Options,
) -> Result<Vec<(&'a Group, String)>, SelectionError> {
    Ok(errands(document, options)?.into_iter().map(|e| (e.source, e.target.to_owned())).collect())
}

/// The errands the options describe.
pub(super) fn errands<'a>(
    document: &'a Document,
    options: &'a Options,
) -> Result<Vec<Errand<'a>>, SelectionError> {
    let chosen: Vec<&Group> = document
        .groups
        .iter()
        .filter(|g| options.groups.is_empty() || options.groups.contains(&plain(&g.group_id)))
        .collect();
    let known: BTreeSet<String> = document.groups.iter().map(|g| plain(&g.group_id)).collect();
    if let Some(unknown) = options.groups.iter().chain(options.renames.keys()).find(|g| !known.contains(*g)) {
        return Err(SelectionError::NoSuchGroup(unknown.clone()));
    }
    let names: BTreeSet<String> = chosen.iter().map(|g| plain(&g.group_id)).collect();
    if let Some(left_out) = options.renames.keys().find(|g| !names.contains(*g)) {
        return Err(SelectionError::NotChosen(left_out.clone()));
    }
    let topics: BTreeSet<String> = chosen
        .iter()
        .flat_map(|g| g.offsets.iter().map(|o| &o.topic).chain(g.missing.iter().map(|m| &m.topic)))
        .map(plain)
        .collect();
    if let Some(unknown) = options.topics.iter().find(|t| !topics.contains(*t)) {
        return Err(SelectionError::NoSuchTopic(unknown.clone()));
    }
    if chosen.is_empty() {
        return Err(SelectionError::Nothing);
    }
    if options.to_group.is_some() && chosen.len() != 1 {
        return Err(SelectionError::ManyToOne(chosen.len()));
    }
    let mut taken: BTreeMap<&str, &Group> = BTreeMap::new();
    let mut errands = Vec::new();
    for source in chosen {
        let renamed = options.to_group.as_ref().or_else(|| options.renames.get(&plain(&source.group_id)));
        let target = match renamed {
            Some(new) => new.as_str(),
            None => {
                source.group_id.as_str().ok_or_else(|| SelectionError::NotText(plain(&source.group_id)))?
            }
        };
        if target.is_empty() {
            return Err(SelectionError::NoName);
        }
        if let Some(first) = taken.insert(target, source) {
            let sources = [plain(&first.group_id), plain(&source.group_id)];
            return Err(SelectionError::SameTarget { target: target.to_owned(), sources });
        }
        let home = document.source.offsets_topic_partitions.map(|_| source.maps_to);
        errands.push(Errand { source, target, home });
    }
    Ok(errands)
}
