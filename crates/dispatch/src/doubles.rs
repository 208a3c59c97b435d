//! The same document to the same citizen once more: stopped, shown, and sent only for a reason.

use jiff::{SignedDuration, Timestamp};
use utpost_domain::{Happening, Letter, LetterId, Sensitive, State};

use crate::{Desk, Fault};

/// For how long a letter counts as sent before. A ledger must not forget it sooner.
pub const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Characters of a reason, without white space around it.
const REASON: std::ops::RangeInclusive<usize> = 10..=500;

/// Lets a letter go although the same document went to the same citizen before. The reason is the
/// clerk's own words, 10 to 500 characters, and is kept with the letter's history. Where the letter
/// goes was decided already; a decision too old is made anew when Send is pressed.
///
/// # Errors
/// [`Fault::RepeatReason`]; [`Fault::NotNow`] for a letter that is not stopped for this.
pub fn allow_repeat(desk: &Desk<'_>, letter: LetterId, reason: &str) -> Result<Letter, Fault> {
    let reason = reason.trim();
    if !REASON.contains(&reason.chars().count()) {
        return Err(Fault::RepeatReason);
    }
    let stopped = desk.ledger.letter(letter)?;
    let found = stopped
        .sent_before()
        .ok_or(Fault::NotNow(stopped.state()))?;
    let mut entry = desk.event(Happening::RepeatAllowed {
        earlier: found.earlier,
    });
    entry
        .personal
        .insert(field::REASON, Sensitive::new(reason.to_owned()));
    Ok(desk.ledger.record(letter, &entry)?)
}

/// Names of the personal fields of [`Happening::RepeatAllowed`]. Frozen: they are hashed.
pub(crate) mod field {
    pub(crate) const REASON: &str = "reason";
}

/// Stops a letter that would otherwise go, when the same document went to the same citizen within
/// 30 days and the clerk has not said that it goes all the same. Any other letter is given back as
/// it is.
pub(crate) fn stop_if_sent_before(desk: &Desk<'_>, letter: Letter) -> Result<Letter, Fault> {
    let would_go = matches!(
        letter.state(),
        State::Ready | State::AwaitingApproval | State::Held
    );
    if !would_go {
        return Ok(letter);
    }
    match unknown_earlier(desk, &letter)? {
        Some((earlier, sent_at)) => {
            desk.record(letter.id(), Happening::SentBefore { earlier, sent_at })
        }
        None => Ok(letter),
    }
}

/// The last look before a sealed letter is offered for the first time. Two alike whose undo windows
/// ended at the same moment were both sealed, each before the other could be seen: the one sealed
/// later is called back and stopped.
pub(crate) fn refuse_if_doubled(desk: &Desk<'_>, letter: Letter) -> Result<Letter, Fault> {
    if unknown_earlier(desk, &letter)?.is_none() {
        return Ok(letter);
    }
    desk.undo(letter.id())?;
    let letter = stop_if_sent_before(desk, desk.ledger.letter(letter.id())?)?;
    Err(why_stopped(&letter).unwrap_or(Fault::NotNow(letter.state())))
}

/// The last look before a sealed letter that was stopped goes back into the outbox: the same may
/// have been sent in its place. It is never called back, so it stays stopped.
pub(crate) fn refuse_if_replaced(desk: &Desk<'_>, letter: &Letter) -> Result<(), Fault> {
    if letter.sealed().is_none() {
        return Ok(());
    }
    match unknown_earlier(desk, letter)? {
        Some((earlier, _)) => Err(Fault::SentBefore {
            letter: letter.id(),
            earlier,
        }),
        None => Ok(()),
    }
}

/// The letter that went before with the same document to the same citizen, unless the clerk knows
/// of it, and when that was.
fn unknown_earlier(
    desk: &Desk<'_>,
    letter: &Letter,
) -> Result<Option<(LetterId, Timestamp)>, Fault> {
    let now = desk.clock.now();
    let since = now.checked_sub(COUNTS_FOR).unwrap_or(now);
    let Some((earlier, sent_at)) = desk.ledger.sent_like(letter.id(), since)? else {
        return Ok(None);
    };
    // Of two the clerk knows about, the first may be decided anew after the second went.
    let known = letter.repeats(earlier) || desk.ledger.letter(earlier)?.repeats(letter.id());
    Ok((!known).then_some((earlier, sent_at)))
}

/// The fault that says why a stopped letter does not go; `None` for one that is not stopped.
#[must_use]
pub fn why_stopped(letter: &Letter) -> Option<Fault> {
    let State::Stopped(reason) = letter.state() else {
        return None;
    };
    let (id, offered) = (letter.id(), letter.sealed().is_some());
    Some(match letter.sent_before() {
        Some(found) => Fault::SentBefore {
            letter: id,
            earlier: found.earlier,
        },
        None if offered => Fault::StoppedAfterTry { letter: id, reason },
        None => Fault::Stopped { letter: id, reason },
    })
}
