//! The watch over letters that got stuck: what has not come in the time it usually takes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use utpost_domain::{Carrier, Happening, Letter, LetterId, State, Step, working_days_after};

use crate::{Desk, Fault, Recorded};

/// The status SENDT, or any answer at all.
const AT_PROVIDER: SignedDuration = SignedDuration::from_hours(1);
/// A mailbox's receipt of delivery, or of an error.
const IN_MAILBOX: SignedDuration = SignedDuration::from_hours(4);
/// Working days until the print provider has taken a letter in.
const PRINT_ACCEPTED: u32 = 1;
/// Working days until it has handed it over to the post.
const POSTED: u32 = 3;

/// Writes down what is overdue now, each step of a letter once, and gives what was new. A letter is
/// overdue, never lost: it is not sent again, a person is told.
///
/// # Errors
/// [`Fault::Ledger`].
pub fn watch(desk: &Desk<'_>) -> Result<Vec<(LetterId, Step)>, Fault> {
    let now = desk.clock.now();
    let mut found = Vec::new();
    for id in desk.ledger.awaiting()? {
        let letter = desk.ledger.letter(id)?;
        let history = desk.ledger.history(id)?;
        let Some(since) = offered_at(&history) else {
            continue;
        };
        let is_new = |step: Step| {
            let overdue = Happening::Overdue { step };
            !history
                .iter()
                .any(|recorded| recorded.event.what == overdue)
        };
        for (step, due) in steps(&letter, since, visible_from(&history)) {
            if now > due && is_new(step) {
                desk.record(id, Happening::Overdue { step })?;
                found.push((id, step));
            }
        }
    }
    Ok(found)
}

/// What a letter still lacks, and until when that is as usual.
fn steps(
    letter: &Letter,
    since: Timestamp,
    visible_from: Option<Timestamp>,
) -> Vec<(Step, Timestamp)> {
    let after = |time: Timestamp, pause| time.checked_add(pause).unwrap_or(Timestamp::MAX);
    let to_provider = (Step::AtProvider, after(since, AT_PROVIDER));
    let carrier = letter.sealed().map(|sealed| sealed.carrier);
    let (accepted, delivered) = match carrier {
        // One that the citizen sees later may be reported later.
        Some(Carrier::Digital) => {
            let shown = visible_from.map_or(since, |from| from.max(since));
            (None, after(shown, IN_MAILBOX))
        }
        Some(Carrier::Print) => (
            Some((
                Step::PrintAccepted,
                end_of_working_day(since, PRINT_ACCEPTED),
            )),
            end_of_working_day(since, POSTED),
        ),
        None => return Vec::new(),
    };
    let delivered = (Step::Delivered, delivered);
    match letter.state() {
        State::Queued | State::Submitting | State::Uncertain | State::AtAccessPoint => {
            [Some(to_provider), accepted, Some(delivered)]
                .into_iter()
                .flatten()
                .collect()
        }
        State::AtProvider => [accepted, Some(delivered)].into_iter().flatten().collect(),
        State::PrintAccepted => vec![delivered],
        _ => Vec::new(),
    }
}

/// When the letter was first offered as it is sealed now, or came back from a backup as perhaps
/// offered. Not the last time: one that is offered again and again is as stuck as any.
fn offered_at(history: &[Recorded]) -> Option<Timestamp> {
    let what = |recorded: &Recorded| match recorded.event.what {
        Happening::Sealed(_) => Some(false),
        Happening::AttemptStarted { .. } | Happening::Restored => Some(true),
        _ => None,
    };
    let newest_first = history.iter().rev();
    let told = newest_first.filter_map(|recorded| Some((what(recorded)?, recorded.event.at)));
    let offers = told.take_while(|(offered, _)| *offered);
    offers.last().map(|(_, at)| at)
}

fn visible_from(history: &[Recorded]) -> Option<Timestamp> {
    history
        .iter()
        .rev()
        .find_map(|recorded| match &recorded.event.what {
            Happening::Drafted(drafted) => Some(drafted.visible_from),
            _ => None,
        })?
}

/// The end, in Norway, of the last of so many working days after the day of `since`.
fn end_of_working_day(since: Timestamp, days: u32) -> Timestamp {
    let norway = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    let last = working_days_after(since.to_zoned(norway.clone()).date(), days);
    last.tomorrow()
        .and_then(|next| next.to_zoned(norway))
        .map_or(Timestamp::MAX, |end| end.timestamp())
}
