//! The clock of the operating system.

use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use utpost_dispatch::Clock;

/// The time of day as this machine knows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn wait(&self, pause: Duration) {
        thread::sleep(pause);
    }
}
