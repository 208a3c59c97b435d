//! When to try again.

use std::time::Duration;

use utpost_domain::{Digest, LetterId};

use crate::{CallFault, Family, Fault, Remote};

/// How long to wait after so many tries in vain, and at least as long as the service asked for,
/// an hour at most. `spread`, from 0 up to 1, lengthens that by up to a fifth, so that letters that
/// failed together are not all offered again at one moment.
#[must_use]
pub fn next_try(failures: u32, asked_for: Option<Duration>, spread: f64) -> Duration {
    let pause = match failures {
        0 | 1 => Duration::from_secs(5),
        2 => Duration::from_secs(15),
        3 => Duration::from_secs(60),
        4 => Duration::from_secs(5 * 60),
        5 => LOOKED_AT,
        _ => LONGEST,
    };
    let spread = if spread.is_finite() {
        spread.clamp(0.0, 1.0)
    } else {
        0.0
    };
    pause.max(asked(asked_for)).mul_f64(1.0 + spread / 5.0)
}

/// The `spread` of a letter's next try: the same for the same letter and number of tries, and even
/// over many letters.
#[must_use]
pub fn derive_spread(letter: LetterId, failures: u32) -> f64 {
    let mut bytes = letter.as_bytes().to_vec();
    bytes.extend_from_slice(&failures.to_be_bytes());
    let [high, low, ..] = *Digest::of(&bytes).as_bytes();
    f64::from(u16::from_be_bytes([high, low])) / 65_536.0
}

/// Between looks at what somebody must mend.
const LOOKED_AT: Duration = Duration::from_secs(15 * 60);

/// Between tries when nothing is known to be better.
const LONGEST: Duration = Duration::from_secs(30 * 60);

fn asked(asked_for: Option<Duration>) -> Duration {
    asked_for
        .unwrap_or_default()
        .min(Duration::from_secs(60 * 60))
}

impl Fault {
    /// How long to wait before the next try, after so many in vain; `None` when waiting helps
    /// nothing. What somebody must mend first is looked at again now and then. `spread` as in
    /// [`next_try`].
    #[must_use]
    pub fn next_try(&self, failures: u32, spread: f64) -> Option<Duration> {
        match self.code().family() {
            Family::Temporary | Family::Uncertain => {
                Some(next_try(failures, self.retry_after(), spread))
            }
            Family::Authority => Some(LOOKED_AT),
            Family::Input | Family::Reach | Family::Rejected | Family::Local | Family::Defect => {
                None
            }
        }
    }

    /// Whether the service was not reached, or said nothing where asking again is harmless: then an
    /// answer to anybody is a sign that the next try is worth making at once. Never so where a
    /// service answered, nor for an upload whose answer was lost.
    #[must_use]
    pub fn was_unreached(&self) -> bool {
        match self {
            Self::Call(CallFault::Unreachable { .. }) => true,
            Self::Call(CallFault::AnswerLost { service, .. }) => *service != Remote::AccessPoint,
            _ => false,
        }
    }

    /// What a service that is busy asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(fault) => asked_by(fault),
            _ => None,
        }
    }
}

fn asked_by(fault: &CallFault) -> Option<Duration> {
    match fault {
        CallFault::Busy { retry_after, .. } => *retry_after,
        // What came instead of an answer.
        CallFault::AnswerLost {
            source: Some(instead),
            ..
        } => asked_by(instead.downcast_ref::<CallFault>()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use utpost_domain::StopReason;

    use super::*;
    use crate::{LedgerFault, Remote};

    fn seconds(duration: Duration) -> u64 {
        duration.as_secs()
    }

    fn busy(retry_after: Option<u64>) -> CallFault {
        CallFault::Busy {
            service: Remote::AccessPoint,
            status: 503,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn tries_come_further_apart_up_to_half_an_hour() {
        let pauses: Vec<u64> = (0..=8).map(|n| seconds(next_try(n, None, 0.0))).collect();
        assert_eq!(pauses, [5, 5, 15, 60, 300, 900, 1800, 1800, 1800]);
    }

    #[test]
    fn a_service_may_ask_for_more_time_but_not_for_more_than_an_hour() {
        let asked = |failures, seconds| next_try(failures, Some(Duration::from_secs(seconds)), 0.0);
        assert_eq!(seconds(asked(1, 100)), 100);
        assert_eq!(seconds(asked(4, 100)), 300);
        assert_eq!(seconds(asked(9, 3600)), 3600);
        assert_eq!(seconds(asked(1, 3601)), 3600);
        assert_eq!(seconds(asked(1, u64::MAX)), 3600);
    }

    #[test]
    fn a_try_comes_never_sooner_and_at_most_a_fifth_later() {
        let asked = Some(Duration::from_secs(100));
        for (spread, expected) in [(0.0, 100), (0.5, 110), (1.0, 120), (-3.0, 100), (9.0, 120)] {
            assert_eq!(seconds(next_try(1, asked, spread)), expected);
        }
        assert_eq!(seconds(next_try(1, asked, f64::NAN)), 100);
    }

    #[test]
    fn many_letters_are_spread_evenly() {
        let spreads: Vec<f64> = (0..1000)
            .map(|_| derive_spread(LetterId::generate(), 3))
            .collect();
        assert!(spreads.iter().all(|spread| (0.0..1.0).contains(spread)));
        for tenth in 0..10 {
            let from = f64::from(tenth) / 10.0;
            let here = spreads.iter().filter(|at| (from..from + 0.1).contains(*at));
            assert!((50..150).contains(&here.count()), "{tenth}");
        }
        let letter = LetterId::generate();
        assert!((derive_spread(letter, 3) - derive_spread(letter, 3)).abs() < f64::EPSILON);
        assert!((derive_spread(letter, 3) - derive_spread(letter, 4)).abs() > f64::EPSILON);
    }

    #[test]
    fn only_what_time_or_somebody_mends_is_tried_again() {
        let after = |fault: Fault| fault.next_try(1, 0.0).map(seconds);
        let lost = |instead| CallFault::AnswerLost {
            service: Remote::AccessPoint,
            source: Some(Box::new(instead)),
        };
        let letter = LetterId::generate();
        for (fault, expected) in [
            (busy(None).into(), Some(5)),
            (busy(Some(40)).into(), Some(40)),
            (lost(busy(Some(50))).into(), Some(50)),
            (LedgerFault::Busy.into(), Some(5)),
            (
                CallFault::Forbidden {
                    service: Remote::AccessPoint,
                }
                .into(),
                Some(900),
            ),
            (Fault::ForeignCertificate, Some(900)),
            (
                Fault::Stopped {
                    letter,
                    reason: StopReason::ChannelChanged,
                },
                None,
            ),
            (
                Fault::Refused {
                    letter,
                    source: busy(Some(40)),
                },
                None,
            ),
            (LedgerFault::DiskFull.into(), None),
            (Fault::Record, None),
        ] {
            let shown = fault.to_string();
            assert_eq!(after(fault), expected, "{shown}");
        }
    }

    #[test]
    fn only_a_service_that_was_not_reached_is_asked_again_at_once() {
        let lost = |service| CallFault::AnswerLost {
            service,
            source: None,
        };
        for (fault, expected) in [
            (
                CallFault::Unreachable {
                    service: Remote::AccessPoint,
                    source: None,
                },
                true,
            ),
            (lost(Remote::Register), true),
            (lost(Remote::Tokens), true),
            // Each try is an upload, and may have arrived.
            (lost(Remote::AccessPoint), false),
            (busy(None), false),
            (
                CallFault::Unauthorized {
                    service: Remote::AccessPoint,
                },
                false,
            ),
        ] {
            let shown = fault.to_string();
            assert_eq!(Fault::from(fault).was_unreached(), expected, "{shown}");
        }
        assert!(!Fault::from(LedgerFault::DiskFull).was_unreached());
    }
}
