//! The progress bar: on standard error, only on a terminal, only for many groups.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use lastwrites_seeker::Progress;

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
