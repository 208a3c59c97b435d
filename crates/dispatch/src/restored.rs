//! A ledger brought back from a backup. What was sent after the backup was taken is not in it, so
//! nothing goes before the access point was asked, and what has no ids waits for the clerk.

use utpost_domain::{Happening, LetterId, State, StopReason};

use crate::{CallFault, Desk, Fault, Recorded, Restoration, check_status};

/// What came of asking about the letters of a restored ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thaw {
    /// Letters asked about.
    pub asked: usize,
    /// Of these, those about which no answer came. While there are any the outbox stands still.
    pub unanswered: usize,
}

/// Asks the access point about every sealed letter of a restored ledger that it is not known to
/// have. One it does not know keeps its ids, and is stopped for the clerk's word: it may have gone
/// under other ids, or been given up. One it will never tell about stays uncertain, and holds up no
/// other. Unsealed letters are stopped for the clerk's word, each once. When nothing is unanswered, the
/// outbox goes on; until then this may be done again. A ledger that was not restored is left as it
/// is.
///
/// # Errors
/// [`Fault::Ledger`]. A silent access point is no fault, but counted.
pub fn thaw(desk: &Desk<'_>) -> Result<Thaw, Fault> {
    let mut thaw = Thaw {
        asked: 0,
        unanswered: 0,
    };
    let Some(restoration) = desk.ledger.restoration()? else {
        return Ok(thaw);
    };
    for row in desk.ledger.unsent(u32::MAX)? {
        doubt_once(desk, row.letter, &restoration)?;
    }
    for id in desk.ledger.under_way()? {
        doubt_once(desk, id, &restoration)?;
        let state = desk.ledger.letter(id)?.state();
        if !state.is_on_its_way() || state == State::AtAccessPoint {
            continue;
        }
        thaw.asked += 1;
        match check_status(desk, id) {
            Ok(letter) if letter.wants_word() => {
                let reason = StopReason::Restored;
                desk.record(id, Happening::Stopped { reason })?;
            }
            Ok(_) => {}
            Err(Fault::Call(fault)) if is_lasting(&fault) => {}
            Err(Fault::Call(_)) => thaw.unanswered += 1,
            Err(fault) => return Err(fault),
        }
    }
    if thaw.unanswered == 0 {
        desk.ledger.end_restoration(desk.clock.now())?;
    }
    Ok(thaw)
}

/// Writes down that a letter may have been sent since the backup was taken. Not again for one that
/// was asked about already, nor for one made since.
fn doubt_once(desk: &Desk<'_>, id: LetterId, restoration: &Restoration) -> Result<(), Fault> {
    let state = desk.ledger.letter(id)?.state();
    if !(state.is_unsent() || state.is_on_its_way()) || state == State::AtAccessPoint {
        return Ok(());
    }
    let settled = |recorded: &Recorded| {
        let since = recorded.event.at >= restoration.at;
        since && recorded.event.what == Happening::Restored
    };
    let history = desk.ledger.history(id)?;
    let made = history.first().ok_or(Fault::Record)?.event.at;
    if made > restoration.at || history.iter().any(settled) {
        return Ok(());
    }
    desk.record(id, Happening::Restored)?;
    Ok(())
}

/// Whether asking again brings the same answer, and says something about this letter alone.
fn is_lasting(fault: &CallFault) -> bool {
    matches!(
        fault,
        CallFault::Refused { .. }
            | CallFault::Forbidden { .. }
            | CallFault::WrongAddress { .. }
            | CallFault::TooLarge { .. }
            | CallFault::Duplicate { .. }
    )
}
