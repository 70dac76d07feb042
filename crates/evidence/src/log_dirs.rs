//! Which log dirs the partition directories that were found belong to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::file_name::LogDirFile;
use crate::listing::Listings;
use crate::log_dir::LogDir;

/// All log dirs: the parents of partition directories, and whatever has a log dir's root files.
pub(crate) struct LogDirs {
    /// Sorted by path.
    pub(crate) log_dirs: Vec<LogDir>,
    /// Place in `log_dirs`, by canonical path.
    pub(crate) index_of: BTreeMap<PathBuf, usize>,
}

/// A log dir before its files are read.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    path: PathBuf,
    canonical: PathBuf,
    files: Vec<(LogDirFile, PathBuf)>,
}

impl LogDirs {
    /// Finds and reads the log dirs of `partitions` (canonical paths of partition directories).
    pub(crate) fn of<'a>(listings: &mut Listings, partitions: impl Iterator<Item = &'a PathBuf>) -> Self {
        let rooted = listings.by_dir.iter().filter(|(_, listing)| !listing.log_dir_files.is_empty());
        let mut dirs: BTreeSet<PathBuf> = rooted.map(|(dir, _)| dir.clone()).collect();
        let mut shown = BTreeMap::new();
        for dir in partitions {
            if let (Some(parent), Some(listing)) = (dir.parent(), listings.by_dir.get(dir))
                && !shown.contains_key(parent)
            {
                shown.insert(parent.to_owned(), shown_parent(parent, &listing.path));
                dirs.insert(parent.to_owned());
            }
        }
        let mut found: Vec<Found> = dirs.into_iter().map(|dir| find(listings, &shown, dir)).collect();
        found.sort();
        let mut log_dirs = Vec::with_capacity(found.len());
        let mut index_of = BTreeMap::new();
        for Found { path, canonical, files } in found {
            index_of.insert(canonical, log_dirs.len());
            log_dirs.push(LogDir::read(path, &files, &mut listings.problems));
        }
        Self { log_dirs, index_of }
    }
}

fn find(listings: &Listings, shown: &BTreeMap<PathBuf, PathBuf>, canonical: PathBuf) -> Found {
    let listing = listings.by_dir.get(&canonical).filter(|listing| !listing.log_dir_files.is_empty());
    if let Some(listing) = listing {
        return Found { path: listing.path.clone(), canonical, files: listing.log_dir_files.clone() };
    }
    let path = shown.get(&canonical).unwrap_or(&canonical).clone();
    // Where only a partition directory was given, the root files beside it are looked up by name.
    let files = if listings.was_walked(&canonical) { Vec::new() } else { LogDirFile::present_in(&path) };
    Found { path, canonical, files }
}

/// A parent directory the way its child was written, if that is the same place.
fn shown_parent(parent: &Path, child: &Path) -> PathBuf {
    let written = match child.parent() {
        Some(written) if written.as_os_str().is_empty() => Path::new("."),
        Some(written) => written,
        None => parent,
    };
    let same =
        child.file_name().is_some() && written.canonicalize().is_ok_and(|canonical| canonical == parent);
    if same { written.to_owned() } else { parent.to_owned() }
}
