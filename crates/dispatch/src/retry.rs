//! When to try again.

use std::time::Duration;

use crate::{CallFault, Family, Fault};

/// How long to wait after so many tries in vain, and at least as long as the service asked for,
/// an hour at most.
#[must_use]
pub fn next_try(failures: u32, asked_for: Option<Duration>) -> Duration {
    let seconds = match failures {
        0 | 1 => 15,
        2 => 30,
        3 => 60,
        4 => 120,
        5 => 300,
        6 => 600,
        _ => return LONGEST.max(asked(asked_for)),
    };
    Duration::from_secs(seconds).max(asked(asked_for))
}

/// Between tries when nothing is known to be better.
const LONGEST: Duration = Duration::from_secs(15 * 60);

fn asked(asked_for: Option<Duration>) -> Duration {
    asked_for
        .unwrap_or_default()
        .min(Duration::from_secs(60 * 60))
}

impl Fault {
    /// How long to wait before the next try, after so many in vain; `None` when waiting helps
    /// nothing. What somebody must mend first is looked at again now and then.
    #[must_use]
    pub fn next_try(&self, failures: u32) -> Option<Duration> {
        match self.code().family() {
            Family::Temporary | Family::Uncertain => Some(next_try(failures, self.retry_after())),
            Family::Authority => Some(LONGEST),
            Family::Input | Family::Reach | Family::Rejected | Family::Local | Family::Defect => {
                None
            }
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
    use utpost_domain::{LetterId, StopReason};

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
    fn tries_come_further_apart_up_to_a_quarter_of_an_hour() {
        let pauses: Vec<u64> = (1..=9).map(|n| seconds(next_try(n, None))).collect();
        assert_eq!(pauses, [15, 30, 60, 120, 300, 600, 900, 900, 900]);
        assert_eq!(seconds(next_try(0, None)), 15);
        assert_eq!(seconds(next_try(u32::MAX, None)), 900);
    }

    #[test]
    fn a_service_may_ask_for_more_time_but_not_for_more_than_an_hour() {
        let asked = |failures, seconds| next_try(failures, Some(Duration::from_secs(seconds)));
        assert_eq!(seconds(asked(1, 100)), 100);
        assert_eq!(seconds(asked(5, 100)), 300);
        assert_eq!(seconds(asked(9, 3600)), 3600);
        assert_eq!(seconds(asked(1, 3601)), 3600);
        assert_eq!(seconds(asked(1, u64::MAX)), 3600);
    }

    #[test]
    fn only_what_time_or_somebody_mends_is_tried_again() {
        let after = |fault: Fault| fault.next_try(1).map(seconds);
        let lost = |instead| CallFault::AnswerLost {
            service: Remote::AccessPoint,
            source: Some(Box::new(instead)),
        };
        let letter = LetterId::generate();
        for (fault, expected) in [
            (busy(None).into(), Some(15)),
            (busy(Some(40)).into(), Some(40)),
            (lost(busy(Some(50))).into(), Some(50)),
            (LedgerFault::Busy.into(), Some(15)),
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
}
