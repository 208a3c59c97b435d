use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use utpost_dispatch::{Clock, Code};
use utpost_domain::Environment;

use crate::Failure;

/// Names the clock of an endurance run: an instant, `x`, and how many times as fast time runs since
/// then, such as `2026-11-02T08:00:00Zx60`. Practice reads it too.
const VARIABLE: &str = "UTPOST_PRACTICE_CLOCK";

/// Faster than this a token would end before it could be used.
const FASTEST: u32 = 600;

/// The time of day: this machine's own, or in practice one that runs faster, so that days of waits
/// and deadlines pass within minutes. All processes with the same variable have the same time, also
/// one that is killed and started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaledClock {
    /// The machine's own time from which it runs faster.
    origin: Timestamp,
    factor: u32,
}

impl ScaledClock {
    /// The machine's own clock.
    pub const UNSCALED: Self = Self {
        origin: Timestamp::UNIX_EPOCH,
        factor: 1,
    };

    /// The clock for work in `environment`: the machine's own, unless `UTPOST_PRACTICE_CLOCK` says
    /// otherwise. The factor is then told on standard error.
    ///
    /// # Errors
    /// [`Code::Usage`], naming the variable, when it is not understood or set outside practice.
    pub fn from_env(environment: Environment) -> Result<Self, Failure> {
        let Some(text) = std::env::var_os(VARIABLE) else {
            return Ok(Self::UNSCALED);
        };
        let clock = Self::parse(&text.to_string_lossy(), environment)?;
        // Who can't read it has no use for it.
        let _ = writeln!(
            io::stderr(),
            "{VARIABLE}: time runs {} times as fast since {}",
            clock.factor,
            clock.origin
        );
        Ok(clock)
    }

    fn parse(text: &str, environment: Environment) -> Result<Self, Failure> {
        let wrong = || Failure::detailed(Code::Usage, VARIABLE);
        if environment != Environment::Practice {
            return Err(wrong());
        }
        let (origin, factor) = text.rsplit_once('x').ok_or_else(wrong)?;
        let clock = Self {
            origin: origin.parse().map_err(|_| wrong())?,
            factor: factor.parse().map_err(|_| wrong())?,
        };
        if (1..=FASTEST).contains(&clock.factor) {
            Ok(clock)
        } else {
            Err(wrong())
        }
    }

    /// How many times as fast as the machine's own it runs.
    #[must_use]
    pub fn factor(&self) -> u32 {
        self.factor
    }

    /// How long on the machine's own clock `pause` of this one is.
    #[must_use]
    pub fn real(&self, pause: Duration) -> Duration {
        pause / self.factor
    }

    /// The time here when the machine's own is `real`.
    fn at(&self, real: Timestamp) -> Timestamp {
        let gone = real.duration_since(self.origin);
        let factor = i32::try_from(self.factor).unwrap_or(1);
        let faster = gone.max(SignedDuration::ZERO).checked_mul(factor - 1);
        faster
            .and_then(|faster| real.checked_add(faster).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        self.at(Timestamp::now())
    }

    fn wait(&self, pause: Duration) {
        thread::sleep(self.real(pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_times_as_fast_a_second_is_a_minute() {
        let text = "2026-11-02T08:00:00Zx60";
        let clock = ScaledClock::parse(text, Environment::Practice).unwrap();
        let origin: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
        let after = |seconds| origin + SignedDuration::from_secs(seconds);
        assert_eq!(clock.at(after(0)), after(0));
        assert_eq!(clock.at(after(90)), after(5400));
        assert_eq!(clock.at(after(-5)), after(-5));
        assert_eq!(
            clock.real(Duration::from_secs(30)),
            Duration::from_millis(500)
        );
        assert_eq!(ScaledClock::UNSCALED.at(after(9)), after(9));
    }

    #[test]
    fn time_is_never_faster_outside_practice() {
        for environment in [Environment::Test, Environment::Production] {
            let refused = ScaledClock::parse("2026-11-02T08:00:00Zx60", environment).unwrap_err();
            assert_eq!(
                (refused.code(), refused.detail()),
                (Code::Usage, Some(VARIABLE))
            );
        }
    }

    #[test]
    fn a_clock_that_is_not_understood_is_refused() {
        for text in [
            "",
            "60",
            "x60",
            "2026-11-02T08:00:00Z",
            "2026-11-02T08:00:00Zx0",
            "2026-11-02T08:00:00Zx601",
            "2026-11-02T08:00:00Zx-1",
            "2026-11-02T08:00:00x2",
        ] {
            let refused = ScaledClock::parse(text, Environment::Practice).unwrap_err();
            assert_eq!(refused.code(), Code::Usage, "{text}");
        }
    }
}
