//! Foreign code over foreign bytes: on a thread of its own, with a deep stack and a time limit.
//! A panic in it is an answer, and work that does not end is left behind.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Unshown;

/// When a piece of work must have ended.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Instant);

/// What unwinds the thread of work that noticed its deadline.
struct Stopped;

impl Deadline {
    /// Ends the work of [`guarded`] when its time is up, without the message of a panic.
    pub(crate) fn check(self) {
        if Instant::now() >= self.0 {
            resume_unwind(Box::new(Stopped));
        }
    }
}

/// Runs `work` and waits for it at most `limit`. Work that neither ends nor looks at its deadline
/// keeps its thread; when [`MOST_THREADS`] are taken, further work is refused as too slow.
pub(crate) fn guarded<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(Deadline) -> Result<T, Unshown> + Send + 'static,
) -> Result<T, Unshown> {
    let place = Place::wait_for(limit)?;
    let (tell, told) = sync_channel(1);
    let deadline = Deadline(Instant::now() + limit);
    thread::Builder::new()
        .name(String::from("letter-page"))
        .stack_size(STACK)
        .spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(deadline)));
            drop(place);
            let answer = outcome.unwrap_or_else(|cause| {
                Err(if cause.is::<Stopped>() {
                    Unshown::TooSlow
                } else {
                    Unshown::Unreadable
                })
            });
            // Nobody listens once the limit has passed.
            let _ = tell.send(answer);
        })
        .map_err(|_| Unshown::TooSlow)?;
    match told.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(Unshown::TooSlow),
        Err(RecvTimeoutError::Disconnected) => Err(Unshown::Unreadable),
    }
}

/// Threads at a time, those left behind included.
const MOST_THREADS: usize = 4;
/// Nested forms, patterns and glyphs recurse on the stack, the library's limit of 50 deep.
const STACK: usize = 64 << 20;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// One of the threads that may run; given back on drop.
struct Place;

impl Place {
    fn wait_for(limit: Duration) -> Result<Self, Unshown> {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, _) = FREED
            .wait_timeout_while(taken, limit, |taken| *taken >= MOST_THREADS)
            .unwrap_or_else(PoisonError::into_inner);
        if *taken >= MOST_THREADS {
            return Err(Unshown::TooSlow);
        }
        *taken += 1;
        Ok(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer_and_not_the_end() {
        let outcome: Result<(), _> = guarded(Duration::from_secs(5), |_| {
            resume_unwind(Box::new("a fault in the library"))
        });
        assert_eq!(outcome, Err(Unshown::Unreadable));
    }

    #[test]
    fn work_that_does_not_end_is_left_behind() {
        let limit = Duration::from_millis(50);
        let outcome: Result<(), _> = guarded(limit, |_| {
            thread::sleep(Duration::from_millis(300));
            Ok(())
        });
        assert_eq!(outcome, Err(Unshown::TooSlow));
        let outcome: Result<(), _> = guarded(limit, |deadline| {
            loop {
                deadline.check();
            }
        });
        assert_eq!(outcome, Err(Unshown::TooSlow));
    }

    #[test]
    fn more_work_than_places_waits_its_turn() {
        let all: Vec<_> = (0..3 * MOST_THREADS)
            .map(|number| {
                thread::spawn(move || {
                    guarded(Duration::from_secs(20), move |_| {
                        thread::sleep(Duration::from_millis(20));
                        Ok(number)
                    })
                })
            })
            .collect();
        for (number, one) in all.into_iter().enumerate() {
            assert_eq!(one.join().unwrap(), Ok(number));
        }
    }
}
