//! A progress bar on standard error, on a terminal only.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lastwrites_coordinator::pass::Progress;

/// Shows how far a run is while it lives.
pub(crate) struct Bar {
    stop: Arc<AtomicBool>,
    poller: Option<JoinHandle<()>>,
}

impl Bar {
    /// Polls `progress` from a thread of its own, so the readers pay nothing for it.
    pub(crate) fn over(progress: &Arc<Progress>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        if !io::stderr().is_terminal() {
            return Self { stop, poller: None };
        }
        let (progress, stopped) = (Arc::clone(progress), Arc::clone(&stop));
        let poller = std::thread::spawn(move || {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template(
                "{bytes}/{total_bytes} {wide_bar} {binary_bytes_per_sec} {eta} left",
            );
            if let Ok(style) = style {
                bar.set_style(style);
            }
            while !stopped.load(Ordering::Relaxed) {
                let (done, total) = progress.bytes();
                bar.set_length(total);
                bar.set_position(done);
                std::thread::sleep(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        Self { stop, poller: Some(poller) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(poller) = self.poller.take() {
            let _ = poller.join();
        }
    }
}
