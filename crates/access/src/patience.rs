//! Trying again where trying again is harmless.

use std::time::Duration;

use jiff::Timestamp;
use utpost_dispatch::{CallFault, Clock};

/// How long and how often a question is repeated that may be asked twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Between one try and the next; one more try than pauses.
    pub(crate) pauses: [Duration; 2],
    /// One try.
    pub(crate) one: Duration,
    /// All of it.
    pub(crate) whole: Duration,
}

impl Patience {
    /// Runs `attempt` with its time limit until it succeeds, fails in a way that lasts, or
    /// patience ends. A wish of the service for a longer pause is granted when it fits in.
    pub(crate) fn run<T>(
        &self,
        clock: &dyn Clock,
        mut attempt: impl FnMut(Duration) -> Result<T, CallFault>,
    ) -> Result<T, CallFault> {
        let started = clock.now();
        let mut limit = self.one;
        for pause in self.pauses {
            let fault = match attempt(limit) {
                Err(fault) if passes(&fault) => fault,
                done => return done,
            };
            let pause = pause.max(wished_pause(&fault));
            let left = self.whole.saturating_sub(elapsed(clock, started));
            if left <= pause {
                return Err(fault);
            }
            clock.wait(pause);
            limit = self.one.min(left - pause);
        }
        attempt(limit)
    }
}

/// Whether the same question may be answered a moment later.
fn passes(fault: &CallFault) -> bool {
    matches!(
        fault,
        CallFault::Unreachable { .. } | CallFault::AnswerLost { .. } | CallFault::Busy { .. }
    )
}

fn wished_pause(fault: &CallFault) -> Duration {
    match fault {
        CallFault::Busy {
            retry_after: Some(pause),
            ..
        } => *pause,
        _ => Duration::ZERO,
    }
}

fn elapsed(clock: &dyn Clock, started: Timestamp) -> Duration {
    clock
        .now()
        .duration_since(started)
        .try_into()
        .unwrap_or_default()
}
