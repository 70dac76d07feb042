//! The progress bar: on standard error, only on a terminal, only for many groups.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use lastwrites_seeker::Progress;
use lastwrites_seeker::capture::CaptureProgress;

/// Below this a bar would only flicker.
const WORTH_A_BAR: usize = 20;

/// A bar that appears when there is much to do.
#[derive(Default)]
pub(crate) struct Bar {
    bar: Mutex<Option<ProgressBar>>,
}

impl Bar {
    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn start(&self, groups: usize) {
        if groups >= WORTH_A_BAR {
            // indicatif draws to standard error and only if that's a terminal.
            let bar = ProgressBar::new(groups as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} groups, {eta} left") {
                bar.set_style(style);
            }
            self.with(|slot| *slot = Some(bar));
        }
    }

    fn step(&self) {
        self.with(|slot| {
            if let Some(bar) = slot {
                bar.inc(1);
            }
        });
    }

    fn done(&self) {
        self.with(|slot| {
            if let Some(bar) = slot.take() {
                bar.finish_and_clear();
            }
        });
    }
}

/// How far a capture has come, in offsets, with the bytes that came for them.
pub(crate) struct OffsetsBar {
    bar: ProgressBar,
    bytes: AtomicU64,
}

impl OffsetsBar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(0);
        let template = "{bar:40} {percent}% of offsets, {msg}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, bytes: AtomicU64::new(0) }
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl CaptureProgress for OffsetsBar {
    fn expect(&self, offsets: u64) {
        self.bar.inc_length(offsets);
    }

    fn advance(&self, offsets: u64, bytes: usize) {
        let bytes = bytes as u64;
        let all = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.bar.set_message(format!("{}", HumanBytes(all)));
        self.bar.inc(offsets);
    }

    fn throttled(&self, wait: Duration) {
        self.bar.set_message(format!("waiting {} s for the broker's quota", wait.as_secs().max(1)));
    }
}
