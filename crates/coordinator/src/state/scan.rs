//! Accounting alone: inventory and damage, no replay.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use lastwrites_segment::{Gap, ReadError, Record};
use lastwrites_types::ByteRange;

use crate::pass::{
    BatchContext, BatchEnd, CopyFiles, Pass, PassError, Progress, Scratch, Unit, Visit, drive, walk_unit,
};
use crate::state::accounting::Accounting;
use crate::state::continuity::Continuity;
use crate::state::tally::Tally;

/// What a scan knows of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileScan {
    /// Bytes accounted for.
    pub tally: Tally,
    /// Offsets seen.
    pub continuity: Continuity,
}

/// Accounts for every byte of every file, copy by copy; keys are indexes into the copies' file lists.
///
/// # Errors
/// When worker threads can't be started. Damage is no error.
pub fn scan(files: &CopyFiles, progress: &Progress) -> Result<Vec<BTreeMap<u32, FileScan>>, PassError> {
    let mut copies: Vec<BTreeMap<u32, FileScan>> = vec![BTreeMap::new(); files.copies()];
    drive(&ScanPass { files }, &files.units(), files.threads(), progress, |unit, account| {
        if let Some(copy) = copies.get_mut(unit.copy as usize) {
            let file = copy.entry(unit.file).or_default();
            file.tally.add(account.tally);
            file.continuity.then(account.continuity);
            if unit.ends_file {
                file.continuity = file.continuity.finish();
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(copies)
}

struct ScanPass<'a> {
    files: &'a CopyFiles,
}

impl Pass for ScanPass<'_> {
    type Local = ();
    type Edge = Accounting;

    fn local(&self) {}

    fn unit(&self, unit: &Unit, scratch: &mut Scratch, (): &mut ()) -> Accounting {
        let mut visitor = ScanVisitor(Accounting::default());
        if let Some(file) = self.files.of(unit) {
            walk_unit(file, unit.bytes, scratch, &mut visitor);
        }
        visitor.0
    }
}

struct ScanVisitor(Accounting);

impl Visit for ScanVisitor {
    fn record(&mut self, _: BatchContext<'_>, record: &Record<'_>) {
        self.0.record(record);
    }

    fn batch_end(&mut self, context: BatchContext<'_>, records: u64, end: BatchEnd<'_>) {
        self.0.batch_end(context, records, end);
    }

    fn gap(&mut self, gap: &Gap) {
        self.0.gap(gap);
    }

    fn unreadable(&mut self, range: ByteRange, error: &ReadError) {
        self.0.unreadable(range, error);
    }
}
