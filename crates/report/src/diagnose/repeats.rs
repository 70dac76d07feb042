//! Keys that stand twice in what the cleaner says it has cleaned.

use lastwrites_coordinator::judge::{Repeat, first_repeats};
use lastwrites_coordinator::pass::CopyView;
use lastwrites_coordinator::pass::{CopyFiles, Progress};
use lastwrites_evidence::PartitionCopy;
use lastwrites_records::OffsetCommitKey;
use lastwrites_types::escaped;

use crate::build::{BuildError, copy_view, path_text};
use crate::findings::{Code, Finding};
use crate::options::Options;
use crate::terminal::grouped;

/// A finding for every copy that holds a key twice below its first dirty offset; one entry a copy.
pub(super) fn repeats(
    copies: &[&PartitionCopy],
    files: &CopyFiles,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<Option<Finding>>, BuildError> {
    let dirty: Vec<Option<i64>> = copies.iter().map(|copy| copy.first_dirty_offset()).collect();
    let views: Vec<CopyView> =
        copies.iter().zip(&dirty).map(|(copy, dirty)| cleaned_files(copy, *dirty)).collect();
    let found = first_repeats(files, &views, &dirty, options.unit_bytes, progress)?;
    let finding = |((copy, dirty), repeat): ((&&PartitionCopy, &Option<i64>), Option<Repeat>)| {
        Some(told(copy, (*dirty)?, &repeat?))
    };
    Ok(copies.iter().zip(&dirty).zip(found).map(finding).collect())
}

/// The files that begin below the first dirty offset.
fn cleaned_files(copy: &PartitionCopy, dirty: Option<i64>) -> CopyView {
    let mut view = copy_view(copy, &copy.as_found());
    let below = |file: &u32| {
        let base = copy.files.get(*file as usize).map(|file| file.base_offset);
        base.zip(dirty).is_some_and(|(base, dirty)| base < dirty)
    };
    view.ranges.retain(|(file, _)| below(file));
    view
}

fn told(copy: &PartitionCopy, dirty: i64, repeat: &Repeat) -> Finding {
    let key = OffsetCommitKey::parse(&repeat.key);
    let what = match &key {
        Some(key) => {
            format!("the offset of group {} for {}-{}", escaped(key.group), escaped(key.topic), key.partition)
        }
        None => "a group record".to_owned(),
    };
    let message = format!(
        "{what} stands at offsets {} and {}, below the cleaner's first dirty offset {}: the cleaner leaves one. \
         Segments and checkpoint are of different moments, or it was put back",
        grouped(repeat.earlier),
        grouped(repeat.later),
        grouped(dirty)
    );
    let finding = Finding::new(Code::TornCopy, message)
        .in_partition(copy.partition)
        .in_file(path_text(&copy.path), None)
        .at_offset(Some(repeat.later));
    match key {
        Some(key) => finding.of_group(key.group),
        None => finding,
    }
}
