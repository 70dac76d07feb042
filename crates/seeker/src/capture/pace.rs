//! Not faster than so many bytes a second, over all threads together.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one request asks for, unless the pace is slower: enough for a high throughput over a long way.
const CHUNK_BYTES: u64 = 4 << 20;
/// Less than this a request is never: the broker sends a whole batch anyway.
const SMALLEST_CHUNK_BYTES: u64 = 16 << 10;

/// The pace of a run.
pub(super) struct Pace {
    bytes_per_second: Option<u64>,
    /// Until when the bytes received so far were paid for.
    paid_until: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(bytes_per_second: Option<u64>) -> Self {
        Self { bytes_per_second, paid_until: Mutex::new(Instant::now()) }
    }

    /// How much one request may ask for: a quarter of a second's worth.
    pub(super) fn chunk_bytes(&self) -> i32 {
        let paced = self.bytes_per_second.map_or(CHUNK_BYTES, |rate| (rate / 4).max(SMALLEST_CHUNK_BYTES));
        i32::try_from(paced.min(CHUNK_BYTES)).unwrap_or(i32::MAX)
    }

    /// Counts bytes that came, and waits as long as they were too many for the time.
    pub(super) fn received(&self, bytes: usize) {
        let Some(rate) = self.bytes_per_second.filter(|rate| *rate > 0) else { return };
        let cost = Duration::from_secs_f64(bytes as f64 / rate as f64);
        let until = {
            let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
            *paid_until = (*paid_until).max(Instant::now()) + cost;
            *paid_until
        };
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_threads_share_one_pace() {
        let pace = Pace::new(Some(1_000_000));
        assert_eq!(pace.chunk_bytes(), 250_000);
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..5).for_each(|_| pace.received(20_000)));
            }
        });
        assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
        assert_eq!(Pace::new(None).chunk_bytes(), 4 << 20);
        assert_eq!(Pace::new(Some(1)).chunk_bytes(), 16 << 10);
    }
}
