//! Walks the given paths and sorts what lies there by directory.
//!
//! Nothing is opened here but files of foreign names that were given as PATH. Directories are told apart by
//! their canonical path, so that a place reached twice counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use crate::companion_file::CompanionFile;
use crate::copy::{MetadataSnapshot, SegmentFile};
use crate::dir_name::PartitionDirName;
use crate::file_name::{FileRole, LogDirFile, SegmentKind};
use crate::problem::{Problem, ProblemKind};
use crate::read_file::read_start;
use crate::text::{TextForm, text_form};

/// What lies directly in one directory, in name order.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The directory as reached from the given path.
    pub(crate) path: PathBuf,
    pub(crate) segments: Vec<SegmentFile>,
    pub(crate) companions: Vec<CompanionFile>,
    pub(crate) snapshots: Vec<MetadataSnapshot>,
    pub(crate) log_dir_files: Vec<(LogDirFile, PathBuf)>,
    /// The `capture.json` in it.
    pub(crate) capture: Option<PathBuf>,
    /// True when single files of it were given as PATH, and only those are listed.
    pub(crate) files_named: bool,
}

/// All directories of interest below the given paths, by canonical path.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    pub(crate) by_dir: BTreeMap<PathBuf, Listing>,
    pub(crate) problems: Vec<Problem>,
    /// Files given as PATH that are a tool's output.
    pub(crate) texts: Vec<(PathBuf, TextForm)>,
    /// Canonical paths of the directories walked to the bottom; sorted, none inside another.
    walked: Vec<PathBuf>,
}

impl Listing {
    fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// True when the directory holds anything Kafka keeps in a partition directory.
    pub(crate) fn is_partition(&self) -> bool {
        !(self.segments.is_empty() && self.companions.is_empty() && self.snapshots.is_empty())
    }

    fn add(&mut self, role: FileRole, path: PathBuf, name: &str, size_bytes: u64) {
        let name = name.to_owned();
        match role {
            FileRole::Segment { kind, base_offset } => {
                self.segments.push(SegmentFile {
                    path,
                    name: name.into(),
                    kind,
                    base_offset,
                    size_bytes,
                    text: None,
                });
            }
            FileRole::Companion { kind, stage, base_offset } => {
                self.companions.push(CompanionFile { path, name, kind, stage, base_offset, size_bytes });
            }
            FileRole::MetadataSnapshot { end_offset, epoch } => {
                self.snapshots.push(MetadataSnapshot { path, end_offset, epoch, size_bytes });
            }
            FileRole::LogDir(file) => self.log_dir_files.push((file, path)),
            FileRole::Capture => self.capture = Some(path),
        }
    }
}

impl Listings {
    /// Looks at every given path.
    pub(crate) fn of(paths: &[PathBuf]) -> Self {
        let mut listings = Self::default();
        let mut dirs = BTreeMap::new();
        let mut files = BTreeMap::new();
        for path in paths {
            let found = fs::metadata(path).and_then(|metadata| Ok((metadata, fs::canonicalize(path)?)));
            match found {
                Ok((metadata, canonical)) if metadata.is_dir() => {
                    dirs.entry(canonical).or_insert(path);
                }
                Ok((metadata, canonical)) if metadata.is_file() => {
                    files.entry(canonical).or_insert((path, metadata.len()));
                }
                Ok((metadata, _)) => {
                    listings
                        .problems
                        .push(Problem::new(path, ProblemKind::NotAFile(metadata.file_type().into())));
                }
                Err(error) => listings.problems.push(Problem::unreadable(path, error)),
            }
        }
        for (canonical, path) in &dirs {
            // Sorted by component, so a directory inside another comes right behind it.
            if listings.was_walked(canonical) {
                continue;
            }
            listings.walked.push(canonical.clone());
            listings.walk(path, canonical, usize::MAX);
        }
        listings.add_named_files(&files);
        listings
    }

    /// True when everything in `dir` (a canonical path) has been seen.
    pub(crate) fn was_walked(&self, dir: &Path) -> bool {
        // Paths sort by component, so only the closest one at or before `dir` can be above it.
        let after = self.walked.partition_point(|above| above.as_path() <= dir);
        after.checked_sub(1).and_then(|at| self.walked.get(at)).is_some_and(|above| dir.starts_with(above))
    }

    fn walk(&mut self, root: &Path, canonical_root: &Path, max_depth: usize) {
        let before = (self.by_dir.len(), self.problems.len());
        for entry in WalkDir::new(root).max_depth(max_depth).sort_by_file_name() {
            match entry {
                Ok(entry) => self.visit(&entry, root, canonical_root),
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let error = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                    self.problems.push(Problem::unreadable(path, error));
                }
            }
        }
        if before == (self.by_dir.len(), self.problems.len()) {
            self.problems.push(Problem::new(root, ProblemKind::NothingFound));
        }
    }

    fn visit(&mut self, entry: &DirEntry, root: &Path, canonical_root: &Path) {
        let canonical = |path: &Path| match path.strip_prefix(root) {
            Ok(below) if below.as_os_str().is_empty() => canonical_root.to_owned(),
            Ok(below) => canonical_root.join(below),
            Err(_) => path.to_owned(),
        };
        let name = entry.file_name().to_str();
        let file_type = entry.file_type();
        if file_type.is_dir() {
            if name.is_some_and(is_offsets_partition) {
                self.listing(canonical(entry.path()), entry.path());
            } else if entry.depth() > 0 && name.and_then(segment_role).is_some() {
                self.problems.push(Problem::new(entry.path(), ProblemKind::NotAFile(file_type.into())));
            }
            return;
        }
        let role = name.and_then(FileRole::of);
        let (Some(parent), Some(name)) = (entry.path().parent(), name) else { return };
        if file_type.is_symlink() {
            self.report_link(entry.path(), &canonical(parent), role.is_some());
            return;
        }
        let Some(role) = role else { return };
        if !file_type.is_file() {
            self.problems.push(Problem::new(entry.path(), ProblemKind::NotAFile(file_type.into())));
            return;
        }
        match entry.metadata() {
            Ok(metadata) => {
                let path = entry.path().to_owned();
                self.listing(canonical(parent), parent).add(role, path, name, metadata.len());
            }
            Err(error) => {
                let error = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                self.problems.push(Problem::unreadable(entry.path(), error));
            }
        }
    }

    fn listing(&mut self, canonical: PathBuf, path: &Path) -> &mut Listing {
        self.by_dir.entry(canonical).or_insert_with(|| Listing::at(path))
    }

    /// Links inside the evidence may lead anywhere, on a copy even to a live broker's disk: named, not followed.
    fn report_link(&mut self, link: &Path, canonical_parent: &Path, looks_like_kafkas: bool) {
        let to_dir = fs::metadata(link).is_ok_and(|metadata| metadata.is_dir());
        if !to_dir && !looks_like_kafkas {
            return;
        }
        let target = fs::read_link(link).unwrap_or_default();
        let kind = match fs::canonicalize(link) {
            Ok(end) if canonical_parent.starts_with(&end) => ProblemKind::DirectoryLoop { target: end },
            _ => ProblemKind::LinkNotFollowed { target },
        };
        self.problems.push(Problem::new(link, kind));
    }

    /// Adds files that were given as PATH themselves, each with the companion files of its directory.
    fn add_named_files(&mut self, files: &BTreeMap<PathBuf, (&PathBuf, u64)>) {
        let mut named: BTreeMap<PathBuf, Vec<SegmentFile>> = BTreeMap::new();
        for (canonical, (path, size_bytes)) in files {
            let Some(dir) = canonical.parent() else { continue };
            if let Some(form) = named_text(path, canonical) {
                self.texts.push(((*path).clone(), form));
                continue;
            }
            match named_segment(path, canonical, *size_bytes) {
                Ok(segment) => named.entry(dir.to_owned()).or_default().push(segment),
                Err(problem) => self.problems.push(problem),
            }
        }
        for (dir, segments) in named {
            for segment in segments.iter().filter(|segment| segment.size_bytes == 0) {
                self.problems.push(Problem::new(&segment.path, ProblemKind::EmptySegment));
            }
            if !self.was_walked(&dir) {
                self.list_beside(&dir, &segments);
            }
            let first = segments.first().and_then(|segment| segment.path.parent());
            let path = first.filter(|path| !path.as_os_str().is_empty()).unwrap_or(&dir).to_owned();
            let listing = self.listing(dir, &path);
            let known: BTreeSet<Arc<str>> =
                listing.segments.iter().map(|segment| segment.name.clone()).collect();
            listing.segments.extend(segments.into_iter().filter(|segment| !known.contains(&segment.name)));
        }
    }

    /// Lists the directory of files given as PATH, but of its segments none.
    fn list_beside(&mut self, dir: &Path, segments: &[SegmentFile]) {
        let mut beside = Self::default();
        beside.walk(dir, dir, 1);
        let bases: BTreeSet<i64> = segments.iter().map(|segment| segment.base_offset).collect();
        let mut listing = beside.by_dir.remove(dir).unwrap_or_else(|| Listing::at(dir));
        listing.files_named = true;
        listing.segments.clear();
        listing.snapshots.clear();
        listing.companions.retain(|file| file.base_offset.is_none_or(|base| bases.contains(&base)));
        self.by_dir.insert(dir.to_owned(), listing);
    }
}

fn is_offsets_partition(name: &str) -> bool {
    PartitionDirName::parse(name).is_some_and(|name| name.topic == lastwrites_types::CONSUMER_OFFSETS_TOPIC)
}

fn segment_role(name: &str) -> Option<(SegmentKind, i64)> {
    match FileRole::of(name) {
        Some(FileRole::Segment { kind, base_offset }) => Some((kind, base_offset)),
        _ => None,
    }
}

/// Bytes that tell whether a file is a tool's output, other lines before it included.
const TEXT_START: u64 = 64 * 1024;

/// The kind of text that a file given as PATH is, unless its name is a segment's.
fn named_text(path: &Path, canonical: &Path) -> Option<TextForm> {
    let is_segment =
        |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(segment_role).is_some();
    if is_segment(path) || is_segment(canonical) {
        return None;
    }
    read_start(canonical, TEXT_START).ok().and_then(|start| text_form(&start))
}

/// A file given as PATH: a segment by its name, else by its first bytes.
fn named_segment(path: &Path, canonical: &Path, size_bytes: u64) -> Result<SegmentFile, Problem> {
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let names = [name(path), name(canonical)];
    let by_name = names.iter().flatten().find_map(|name| Some((name, segment_role(name)?)));
    let (name, (kind, base_offset)) = match by_name {
        Some((name, role)) => (name.clone(), role),
        None => {
            let shown = path.file_name().unwrap_or(path.as_os_str());
            (shown.to_string_lossy().into_owned(), (SegmentKind::Log, first_batch_offset(path, canonical)?))
        }
    };
    // The canonical path is the one that can be opened without following a link.
    let opened =
        if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) { canonical } else { path };
    Ok(SegmentFile { path: opened.to_owned(), name: name.into(), kind, base_offset, size_bytes, text: None })
}

/// Bytes up to and including the magic byte, which every batch format has in the same place.
const UP_TO_MAGIC: u64 = 17;
/// Smallest size field of a batch: a magic 0 message with neither key nor value (`LegacyRecord`).
const MIN_BATCH_LENGTH: i32 = 14;

/// Begins with the mark of UTF-16, as what Windows PowerShell writes with `>`; no batch has an offset like that.
fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// The offset field of the first batch, if the file starts like one.
fn first_batch_offset(path: &Path, canonical: &Path) -> Result<i64, Problem> {
    let bytes = read_start(canonical, UP_TO_MAGIC)?;
    if is_utf_16(&bytes) {
        return Err(Problem::new(path, ProblemKind::Utf16));
    }
    // Compressed with gzip: so large an offset a log of consumer offsets never reaches.
    if bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Err(Problem::new(path, ProblemKind::Gzip));
    }
    let refuse = |position, expected, found: String| {
        Err(Problem::new(path, ProblemKind::NotASegment { position, expected, found }))
    };
    let parsed = (|| {
        let (offset, rest) = bytes.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let magic = rest.get(4)?;
        Some((i64::from_be_bytes(*offset), i32::from_be_bytes(*length), *magic))
    })();
    match parsed {
        None => refuse(0, "a batch header of at least 17 bytes", format!("{} bytes", bytes.len())),
        Some((offset, ..)) if offset < 0 => refuse(0, "an offset of 0 or more", offset.to_string()),
        Some((_, length, _)) if length < MIN_BATCH_LENGTH => {
            refuse(8, "a batch length of 14 or more", length.to_string())
        }
        Some((_, _, magic)) if magic > 2 => refuse(16, "magic 0, 1 or 2", magic.to_string()),
        Some((offset, ..)) => Ok(offset),
    }
}
