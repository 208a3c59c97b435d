//! Giving a stopped letter the address it lacked.

use utpost_domain::{Event, Happening, Letter, LetterId, PostalAddress, State};

use crate::letter::contents;
use crate::{Desk, Entry, Fault};

/// Takes a stopped letter back to a draft with this address; the register is asked anew before it
/// can be sent.
///
/// # Errors
/// [`Fault::NotNow`] for a letter that is not stopped; [`Fault::Ledger`].
pub fn readdress(
    desk: &Desk<'_>,
    letter: LetterId,
    address: PostalAddress,
) -> Result<Letter, Fault> {
    let state = desk.ledger.letter(letter)?.state();
    if !matches!(state, State::Stopped(_)) {
        return Err(Fault::NotNow(state));
    }
    let mut contents = contents(desk.ledger, letter)?;
    contents.address = Some(address);
    let personal = contents.personal()?;
    desk.record(letter, Happening::Reopened)?;
    let event = Event {
        at: desk.clock.now(),
        actor: desk.actor.clone(),
        what: Happening::Drafted(contents.drafted),
    };
    Ok(desk.ledger.record(letter, &Entry { event, personal })?)
}
