//! How far a run over many groups has come; the library reports, only the program draws.

/// Told about progress, from several threads.
pub trait Progress: Sync {
    /// So many groups are coming.
    fn start(&self, groups: usize);
    /// One group is finished.
    fn step(&self);
    /// All are finished.
    fn done(&self);
}

/// Nobody watches.
impl Progress for () {
    fn start(&self, _: usize) {}
    fn step(&self) {}
    fn done(&self) {}
}
