//! Workers over units, results in log order, a bounded number in flight.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

use lastwrites_segment::Inflater;

use crate::pass::error::PassError;
use crate::pass::progress::Progress;
use crate::pass::unit::Unit;

/// Units that may be decoded ahead of the one being consumed, per thread.
const AHEAD: usize = 4;

/// What a pass does with the bytes it is given.
///
/// [`Pass::unit`] runs on any worker and may keep whatever commutes in its `Local`; what does not goes into
/// the `Edge`, which [`drive`] hands over strictly in log order.
pub trait Pass: Sync {
    /// A worker's own tables.
    type Local: Send;
    /// What one unit leaves for the ordered stage; small.
    type Edge: Send;

    /// Fresh tables for one worker.
    fn local(&self) -> Self::Local;

    /// Reads one unit; whatever is wrong with its bytes is part of the edge.
    fn unit(&self, unit: &Unit, scratch: &mut Scratch, local: &mut Self::Local) -> Self::Edge;
}

/// Buffers a worker lends to every unit it reads.
#[derive(Default)]
pub struct Scratch {
    /// File window, for sources that can't be mapped.
    pub window: Vec<u8>,
    /// Decompression contexts and their output.
    pub inflater: Inflater,
}

/// Runs `pass` over `units` on `threads` workers and returns the workers' tables.
///
/// `in_order` sees each unit's edge in the order of `units`, whatever order workers finish in, and may stop
/// the run. At most a few units per worker are in flight, so memory does not grow with the log.
///
/// # Errors
/// When worker threads can't be started.
pub fn drive<P: Pass>(
    pass: &P,
    units: &[Unit],
    threads: usize,
    progress: &Progress,
    mut in_order: impl FnMut(&Unit, P::Edge) -> ControlFlow<()>,
) -> Result<Vec<P::Local>, PassError> {
    let threads = threads.clamp(1, units.len().max(1));
    progress.expect(units.iter().map(|unit| unit.bytes.len()).sum());
    if threads == 1 {
        return Ok(alone(pass, units, progress, in_order));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|n| format!("decode-{n}"))
        .build()
        .map_err(|error| PassError::Threads(error.to_string()))?;
    let next = AtomicUsize::new(0);
    let gate = Gate::default();
    let locals = Mutex::new(Vec::with_capacity(threads));
    let (sender, receiver) = mpsc::channel();
    pool.in_place_scope(|scope| {
        for _ in 0..threads {
            let (sender, gate, next, locals) = (sender.clone(), &gate, &next, &locals);
            scope.spawn(move |_| {
                let mut scratch = Scratch::default();
                let mut local = pass.local();
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let Some(unit) = units.get(turn) else { break };
                    if !gate.wait(turn, threads * AHEAD) {
                        break;
                    }
                    let edge = pass.unit(unit, &mut scratch, &mut local);
                    progress.done(unit.bytes.len());
                    if sender.send((turn, edge)).is_err() {
                        break;
                    }
                }
                locals.lock().unwrap_or_else(PoisonError::into_inner).push(local);
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (turn, edge) in receiver {
            early.insert(turn, edge);
            while let Some((edge, unit)) = early.remove(&due).zip(units.get(due)) {
                due += 1;
                if in_order(unit, edge).is_break() {
                    gate.close();
                    return;
                }
                gate.open_to(due);
            }
        }
    });
    Ok(locals.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The same on the calling thread.
fn alone<P: Pass>(
    pass: &P,
    units: &[Unit],
    progress: &Progress,
    mut in_order: impl FnMut(&Unit, P::Edge) -> ControlFlow<()>,
) -> Vec<P::Local> {
    let mut scratch = Scratch::default();
    let mut local = pass.local();
    for unit in units {
        let edge = pass.unit(unit, &mut scratch, &mut local);
        progress.done(unit.bytes.len());
        if in_order(unit, edge).is_break() {
            break;
        }
    }
    vec![local]
}

/// Keeps workers from running too far ahead of the ordered stage.
#[derive(Default)]
struct Gate {
    consumed: Mutex<usize>,
    moved: Condvar,
    closed: AtomicBool,
}

impl Gate {
    /// Waits until unit `turn` is less than `ahead` units away; false when the run was stopped.
    fn wait(&self, turn: usize, ahead: usize) -> bool {
        let mut consumed = self.consumed.lock().unwrap_or_else(PoisonError::into_inner);
        while turn >= *consumed + ahead && !self.closed.load(Ordering::Relaxed) {
            consumed = self.moved.wait(consumed).unwrap_or_else(PoisonError::into_inner);
        }
        !self.closed.load(Ordering::Relaxed)
    }

    fn open_to(&self, due: usize) {
        *self.consumed.lock().unwrap_or_else(PoisonError::into_inner) = due;
        self.moved.notify_all();
    }

    fn close(&self) {
        let _consumed = self.consumed.lock().unwrap_or_else(PoisonError::into_inner);
        self.closed.store(true, Ordering::Relaxed);
        self.moved.notify_all();
    }
}
