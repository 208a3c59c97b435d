//! The clock of an endurance run, by practice's own reading.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::Clock;

/// An instant, `x`, and how many times as fast time runs from then on.
pub(crate) const VARIABLE: &str = "UTPOST_PRACTICE_CLOCK";

/// Time that runs faster from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FastClock {
    origin: Timestamp,
    factor: u16,
}

impl FastClock {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (origin, factor) = text.split_once('x')?;
        let digits = factor.bytes().all(|byte| byte.is_ascii_digit());
        let clock = Self {
            origin: origin.parse().ok()?,
            factor: factor.parse().ok().filter(|_| digits)?,
        };
        (1..=600).contains(&clock.factor).then_some(clock)
    }

    pub(crate) fn factor(self) -> u16 {
        self.factor
    }

    /// Before its origin time is what it is.
    fn shown(self, real: Timestamp) -> Timestamp {
        let since = SignedDuration::from_nanos_i128(
            real.as_nanosecond()
                .saturating_sub(self.origin.as_nanosecond()),
        );
        if since.is_negative() {
            return real;
        }
        since
            .checked_mul(i32::from(self.factor))
            .and_then(|since| self.origin.checked_add(since).ok())
            .unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn into_clock(self) -> Clock {
        Arc::new(move || self.shown(Timestamp::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_an_hour_at_sixty() {
        let clock = FastClock::read("2026-11-02T09:00:00+01:00x60").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (real, shown) in [
            ("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z"),
            ("2026-11-02T08:01:00Z", "2026-11-02T09:00:00Z"),
            ("2026-11-02T08:00:00.5Z", "2026-11-02T08:00:30Z"),
            ("2026-11-02T07:00:00Z", "2026-11-02T07:00:00Z"),
        ] {
            assert_eq!(clock.shown(at(real)), at(shown), "{real}");
        }
        assert_eq!(clock.shown(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn what_is_no_clock_is_not_taken_for_one() {
        for text in [
            "",
            "x",
            "60",
            "2026-11-02T08:00:00Z",
            "2026-11-02T08:00:00x60",
            "2026-11-02T08:00:00Zx0",
            "2026-11-02T08:00:00Zx601",
            "2026-11-02T08:00:00Zx+6",
            "2026-11-02T08:00:00Zx6.0",
        ] {
            assert_eq!(FastClock::read(text), None, "{text}");
        }
    }
}
