//! How long to go on asking: every repetition in this client waits through here, so all of them end.

use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Growing pauses up to a total.
#[derive(Debug)]
pub struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    /// Pauses that add up to `total` at most.
    #[must_use]
    pub fn new(total: Duration) -> Self {
        Self { until: Instant::now() + total, pause: FIRST_PAUSE }
    }

    /// Pauses and says whether another try fits.
    pub fn wait(&mut self) -> bool {
        if Instant::now() + self.pause > self.until {
            return false;
        }
        std::thread::sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
