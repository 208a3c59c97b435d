//! The agency's sending as a whole: stopped when the agency lacks access, since the next letter
//! would meet the same answer, and let go on by an administrator's word.

use utpost_wire::Mender;

use crate::{CallFault, Desk, Fault, Halt, Remote};

/// Lets the agency's sending go on, on an administrator's word that access is there again. Gives
/// whether it stood still.
///
/// # Errors
/// [`Fault::Ledger`].
pub fn access_restored(desk: &Desk<'_>) -> Result<bool, Fault> {
    Ok(desk.ledger.lift_halt(&desk.actor, desk.clock.now())?)
}

/// Refuses while the agency's sending stands still.
pub(crate) fn refuse_while_halted(desk: &Desk<'_>) -> Result<(), Fault> {
    match desk.ledger.halt()? {
        Some(halt) => Err(Fault::Halted { code: halt.code }),
        None => Ok(()),
    }
}

/// Stops the agency's sending when this is an answer that every letter of the agency would get.
/// Where that can't be written down the next letter finds it out anew.
pub(crate) fn halt_if_for_all(desk: &Desk<'_>, fault: &Fault) {
    let Fault::Call(call) = fault else { return };
    if !concerns_the_agency(call) {
        return;
    }
    let halt = Halt {
        code: fault.code().as_str().to_owned(),
        since: desk.clock.now(),
    };
    match desk.ledger.set_halt(&halt) {
        Ok(()) => tracing::warn!(code = halt.code, "the agency's sending stands still"),
        Err(_) => tracing::warn!("that the agency's sending stands still was not written down"),
    }
}

/// What only somebody outside can mend: an agreement, a scope, a registration.
fn concerns_the_agency(fault: &CallFault) -> bool {
    use utpost_wire::TokenDenial::Unexplained;
    match fault {
        CallFault::Forbidden { service } => match service {
            Remote::AccessPoint | Remote::Tokens => true,
            Remote::Register => false,
        },
        CallFault::ScopeMissing { .. } => true,
        // Without a reason it may be the service's own trouble.
        CallFault::Denied(Unexplained) => false,
        CallFault::Denied(denial) => match denial.mender() {
            Mender::Administrator | Mender::Agency | Mender::Digdir => true,
            Mender::Clock | Mender::Program => false,
        },
        CallFault::Unreachable { .. }
        | CallFault::AnswerLost { .. }
        | CallFault::Unauthorized { .. }
        | CallFault::WrongAddress { .. }
        | CallFault::Busy { .. }
        | CallFault::TooLarge { .. }
        | CallFault::Duplicate { .. }
        | CallFault::DamagedOnTheWay { .. }
        | CallFault::Refused { .. }
        | CallFault::Unreadable { .. }
        | CallFault::ClockFarOff { .. }
        | CallFault::Signing(_)
        | CallFault::Parcel(_) => false,
    }
}
