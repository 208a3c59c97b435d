//! From a letter in the outbox to one that the access point has.
//!
//! The order of writing is the promise: the parcel is synced on disk, then its ids are committed,
//! then the attempt is committed, and only then is the access point connected. What came back, or
//! did not, is the next event; an unknown outcome is asked about before anything is offered again,
//! and then with the same ids and the same parcel.

use std::time::Duration;

use jiff::SignedDuration;
use utpost_domain::{
    Acceptance, Carrier, CauseCode, Channel, Decided, Decision, Happening, Letter, LetterId,
    Notices, Sealed, StampText, State, StopReason,
};
use utpost_parcel::SealedParcel;
use utpost_pki::Certificate;
use utpost_wire::{Digital, Envelope, Heading, Print, StatusLine};

use crate::doubles::refuse_if_doubled;
use crate::evidence::DETAIL;
use crate::fixed::Fixed;
use crate::halt::{halt_if_for_all, refuse_while_halted};
use crate::letter::contents;
use crate::send::{asked, decided, later, personal, seal, stopped};
use crate::{
    CallFault, DECISION_GOOD_FOR, Desk, Entry, Fault, LedgerFault, Progress, Recorded, Remote,
    Submission, release,
};

/// Takes a sealed letter as far as it will go now: asks first where the outcome of an attempt is
/// unknown, then attempts when an attempt is due. A letter that is further on is left as it is, and
/// so is one that another program is just sending. For one that has waited longer than a decision is
/// good for the register is asked again first, once: where it names another receiver the letter is
/// sealed anew under new ids, or stopped if it was offered before. So it is, at any age, when the
/// agency's certificate is no longer the one the parcel is signed with. One of a restored ledger that
/// the access point does not know is stopped for the clerk's word.
///
/// # Errors
/// [`Fault::Frozen`] and [`Fault::Halted`] while nothing is sent for anybody; what was asked first
/// is written down all the same under a halt.
/// [`Fault::Stopped`] when the register by now leads elsewhere than when the letter was sealed,
/// [`Fault::StoppedAfterTry`] when it was offered before then, or when the agency's certificate has
/// been renewed since, and [`Fault::SentBefore`] when the same has gone to the same citizen since.
/// [`Fault::Call`] when it stays in the outbox, with [`CallFault::AnswerLost`] when nobody
/// knows; [`Fault::Refused`] when it was refused for good. Before anything is written or sent, any
/// fault of key, parcel or ledger.
pub fn advance(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    if desk.ledger.restoration()?.is_some() {
        return Err(Fault::Frozen);
    }
    let mut letter = desk.ledger.letter(id)?;
    if letter.state() == State::Submitting && interrupted(desk, &letter)? {
        letter = desk.record(
            id,
            Happening::AnswerLost {
                code: CauseCode::new("INTERRUPTED"),
            },
        )?;
    }
    if letter.state() == State::Uncertain {
        letter = check_status(desk, id)?;
    }
    if letter.wants_word() {
        return Err(stopped(desk, id, StopReason::Restored));
    }
    if letter.may_resubmit() {
        refuse_while_halted(desk)?;
    }
    if letter.may_reseal() {
        letter = refuse_if_doubled(desk, letter)?;
    }
    if letter.may_resubmit() {
        letter = renewed(desk, letter)?;
    }
    if letter.may_resubmit() {
        letter = attempt(desk, id).inspect_err(|fault| halt_if_for_all(desk, fault))?;
    }
    Ok(letter)
}

/// About a letter that has waited since its decision the register is asked again: the citizen may
/// have moved mailbox or reserved meanwhile. Where it leads to the same receiver the sealing stands.
/// Else one that was offered before is stopped, since its ids are never given up for others; one
/// that was not is sealed anew if it still goes the way the clerk was shown, or called back.
///
/// A parcel and the message around it are signed with one and the same certificate, on every
/// attempt. Where the agency's is another one by now, the parcel is not sent, however young.
fn renewed(desk: &Desk<'_>, letter: Letter) -> Result<Letter, Fault> {
    let id = letter.id();
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    let same_signer = desk.own_certificate()? == sealed.signer;
    if !same_signer && letter.may_have_gone() {
        return Err(stopped(desk, id, StopReason::SignerChanged));
    }
    if same_signer && has_young_decision(desk, id)? {
        return Ok(letter);
    }
    // Only once the register answers: while it is silent the letter stays here.
    let decision = asked(desk, id)?;
    if same_signer && leads_to_the_same(desk, &letter, &decision)? {
        return desk.record(id, Happening::from(&decision));
    }
    if letter.may_have_gone() {
        return Err(stopped(desk, id, StopReason::ChannelChanged));
    }
    if letter.agrees_with(&Decided::from(&decision)) {
        return sealed_anew(desk, id, &decision);
    }
    desk.undo(id)?;
    decided(desk, id, &decision)?;
    release(desk, id, decision, Duration::ZERO)
}

/// Whether the letter's latest decision is still good.
fn has_young_decision(desk: &Desk<'_>, id: LetterId) -> Result<bool, Fault> {
    let history = desk.ledger.history(id)?;
    let mut events = history.iter().rev().map(|recorded| &recorded.event.what);
    let decided_at = events.find_map(|what| match what {
        Happening::Decided(decided) => Some(decided.facts.looked_up_at),
        _ => None,
    });
    let age = desk
        .clock
        .now()
        .duration_since(decided_at.ok_or(Fault::Record)?);
    Ok((SignedDuration::ZERO..=DECISION_GOOD_FOR).contains(&age))
}

/// Seals the letter anew where it lies. One event puts the new parcel in the old one's place, so
/// that a program that ends on the way leaves it in the outbox; the decision is written down after,
/// since a young one would let the old parcel go.
fn sealed_anew(desk: &Desk<'_>, id: LetterId, decision: &Decision) -> Result<Letter, Fault> {
    let entry = seal(desk, id, decision)?;
    match desk.ledger.record(id, &entry) {
        Ok(_) => desk.record(id, Happening::from(decision)),
        // Called back or offered while it was being sealed; the parcel is nobody's.
        Err(LedgerFault::Impossible(_)) => Ok(desk.ledger.letter(id)?),
        Err(fault) => Err(fault.into()),
    }
}

/// Whether the parcel as sealed is the one this decision would be sealed to now: same way, same
/// receiver, certificate, mailbox and addresses for notices.
fn leads_to_the_same(desk: &Desk<'_>, letter: &Letter, decision: &Decision) -> Result<bool, Fault> {
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    if !letter.agrees_with(&Decided::from(decision)) {
        return Ok(false);
    }
    match (sealed.carrier, &decision.channel) {
        (Carrier::Digital, Channel::Digital(route)) => {
            let history = desk.ledger.history(letter.id())?;
            let kept = personal::route(&sealing(&history)?.personal).ok_or(Fault::Record)?;
            let same_mailbox = kept == (route.mailbox.clone(), route.notices.clone());
            let certificate = Certificate::parse_der(&route.certificate_der).ok();
            let fingerprint = certificate.map(|certificate| certificate.fingerprint());
            Ok(same_mailbox
                && route.supplier == sealed.receiver
                && fingerprint == Some(sealed.recipient_certificate))
        }
        (Carrier::Digital, _) => Ok(false),
        (Carrier::Print, _) => {
            let provider = desk.register.print_provider()?;
            Ok(provider.organisation == sealed.receiver
                && provider.certificate.fingerprint() == sealed.recipient_certificate)
        }
    }
}

/// The sealing that stands: the last one.
fn sealing(history: &[Recorded]) -> Result<&Recorded, Fault> {
    let sealing = |recorded: &&Recorded| matches!(recorded.event.what, Happening::Sealed(_));
    history.iter().rev().find(sealing).ok_or(Fault::Record)
}

/// Asks the access point for the letter's transport statuses and writes down those that are new.
/// Where the outcome of an attempt was unknown, any status proves that the letter is in, and that
/// the message is not known there proves that it is not; no status at all proves nothing.
///
/// # Errors
/// [`Fault::NotNow`] for a letter that was never sent; [`Fault::Call`].
pub fn check_status(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    let before = desk.ledger.letter(id)?;
    let sealed = before.sealed().filter(|_| before.may_have_gone());
    let message = sealed.ok_or(Fault::NotNow(before.state()))?.message_id;
    (desk.progress)(Progress::Asking);
    let answer = desk.access_point.statuses(message)?;
    let letter = desk.ledger.letter(id)?;
    // Another program may have begun a new attempt while this answer was on its way.
    let still = letter.state() == State::Uncertain && letter.attempts() == before.attempts();
    match answer {
        None if still => desk.record(
            id,
            Happening::NotReceived {
                code: CauseCode::new("UNKNOWN_THERE"),
            },
        ),
        None => Ok(letter),
        Some(lines) => write_down(desk, letter, lines),
    }
}

/// The longest an upload of this many bytes may take: a minute, and a second for each 100 kB.
#[must_use]
pub fn upload_limit(bytes: u64) -> Duration {
    Duration::from_secs(60 + bytes / 100_000)
}

/// Beyond the longest upload, for writing down what came of it.
const GRACE: Duration = Duration::from_secs(30);

/// Whether the attempt that stands as under way can't be: its program ended without writing down
/// what came of it.
fn interrupted(desk: &Desk<'_>, letter: &Letter) -> Result<bool, Fault> {
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    let history = desk.ledger.history(letter.id())?;
    let begun =
        |recorded: &&Recorded| matches!(recorded.event.what, Happening::AttemptStarted { .. });
    let started = history
        .iter()
        .rev()
        .find(begun)
        .ok_or(Fault::Record)?
        .event
        .at;
    Ok(desk.clock.now() > later(started, upload_limit(sealed.parcel_bytes) + GRACE))
}

/// Writes down the statuses told that are new.
fn write_down(
    desk: &Desk<'_>,
    mut letter: Letter,
    lines: Vec<StatusLine>,
) -> Result<Letter, Fault> {
    let id = letter.id();
    let on_its_way = matches!(
        letter.state(),
        State::Queued | State::Submitting | State::Uncertain
    );
    if on_its_way && !lines.is_empty() {
        letter = desk.record(
            id,
            Happening::Accepted {
                how: Acceptance::HasStatuses,
            },
        )?;
    }
    let history = desk.ledger.history(id)?;
    let mut known: Vec<Happening> = history
        .into_iter()
        .map(|recorded| recorded.event.what)
        .collect();
    for line in lines {
        let Some(status) = line.status else { continue };
        let seen = Happening::StatusSeen {
            status,
            stamp: StampText::parse(&line.stamp),
        };
        if !known.contains(&seen) {
            let mut entry = desk.event(seen.clone());
            if let Some(description) = line.description {
                entry.personal.insert(DETAIL, description);
            }
            letter = desk.ledger.record(id, &entry)?;
            known.push(seen);
        }
    }
    Ok(letter)
}

/// One attempt, and at most one more where the answer says that a second may succeed: 401 with a
/// new token, damaged bytes with the same file.
fn attempt(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    match attempt_once(desk, id) {
        Err(Fault::Call(
            CallFault::Unauthorized {
                service: Remote::AccessPoint,
            }
            | CallFault::DamagedOnTheWay { .. },
        )) if desk.ledger.letter(id)?.may_resubmit() => attempt_once(desk, id),
        other => other,
    }
}

fn attempt_once(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    desk.own_certificate()?;
    let letter = desk.ledger.letter(id)?;
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    let path = desk.ledger.parcel_path(sealed.message_id);
    let parcel = SealedParcel::reopen(&path, sealed.parcel)?;
    let envelope = envelope(desk, id, sealed, &parcel)?;

    // Last, since a token lives two minutes.
    (desk.progress)(Progress::FetchingToken);
    let token = desk.access_point.sending_token(Duration::from_secs(60))?;
    desk.record(
        id,
        Happening::TokenFetched {
            expires_at: token.expires_at(),
        },
    )?;
    let signed = envelope.sign(&token, desk.signer)?;

    // The attempt first: of two programs only one gets it, and keeps the message it sends.
    let attempt = letter.attempts() + 1;
    let started = Happening::AttemptStarted {
        attempt,
        message_id: sealed.message_id,
    };
    desk.record(id, started)?;
    if let Err(fault) = desk
        .ledger
        .keep_message(id, attempt, &signed, desk.clock.now())
    {
        let code = CauseCode::new("MESSAGE_NOT_KEPT");
        return in_vain(
            desk,
            id,
            desk.event(Happening::NotReceived { code }),
            fault.into(),
        );
    }
    let of = sealed.parcel_bytes;
    let submission = Submission {
        message: sealed.message_id,
        channel_tag: desk.ledger.channel_tag(),
        signed: &signed,
        token: &token,
        parcel: &path,
        parcel_bytes: of,
    };
    let progress = desk.progress;
    let answer = desk.access_point.submit(&submission, &move |done| {
        progress(Progress::Uploading { done, of })
    });
    match answer {
        Ok(()) => desk.record(
            id,
            Happening::Accepted {
                how: Acceptance::Answered,
            },
        ),
        Err(fault) => conclude(desk, &letter, fault),
    }
}

/// What an answer other than yes tells about the letter.
enum Meaning {
    /// The access point has it.
    Received,
    /// The access point has nothing of it; it may be offered again.
    NotReceived,
    /// Nobody knows.
    Unknown,
    /// The access point does not want it.
    Refused,
}

fn meaning(fault: &CallFault) -> Meaning {
    match fault {
        CallFault::Duplicate { .. } => Meaning::Received,
        CallFault::Unreachable { .. }
        | CallFault::Unauthorized { .. }
        | CallFault::Forbidden { .. }
        | CallFault::WrongAddress { .. }
        | CallFault::Busy {
            status: 408 | 429 | 503,
            ..
        }
        | CallFault::Denied(_)
        | CallFault::ScopeMissing { .. }
        | CallFault::ClockFarOff { .. }
        | CallFault::Signing(_)
        | CallFault::Parcel(_) => Meaning::NotReceived,
        // Behind a gateway the other 5xx can come after the letter was stored.
        CallFault::Busy { .. } | CallFault::AnswerLost { .. } | CallFault::Unreadable { .. } => {
            Meaning::Unknown
        }
        CallFault::Refused { .. }
        | CallFault::TooLarge { .. }
        | CallFault::DamagedOnTheWay { .. } => Meaning::Refused,
    }
}

/// Writes down what came of an attempt that was not simply accepted.
/// `before` is the letter as it was when the attempt began.
fn conclude(desk: &Desk<'_>, before: &Letter, fault: CallFault) -> Result<Letter, Fault> {
    let id = before.id();
    let code = CauseCode::new(cause(&fault));
    match meaning(&fault) {
        Meaning::Received => desk.record(
            id,
            Happening::Accepted {
                how: Acceptance::AlreadyThere,
            },
        ),
        Meaning::NotReceived => in_vain(
            desk,
            id,
            desk.event(Happening::NotReceived { code }),
            fault.into(),
        ),
        Meaning::Unknown => lost(desk, id, code, fault),
        Meaning::Refused => {
            if matches!(fault, CallFault::DamagedOnTheWay { .. }) {
                let offered = Happening::NotReceived { code: code.clone() };
                let history = desk.ledger.history(id)?;
                if !history
                    .iter()
                    .any(|recorded| recorded.event.what == offered)
                {
                    return in_vain(desk, id, desk.event(offered), fault.into());
                }
            }
            refused(desk, before, fault)
        }
    }
}

/// A refusal. Where it may have gone before this attempt, the letter may be in all the same, so that is asked first.
fn refused(desk: &Desk<'_>, before: &Letter, fault: CallFault) -> Result<Letter, Fault> {
    let id = before.id();
    let code = CauseCode::new(cause(&fault));
    let letter = desk.ledger.letter(id)?;
    let message = letter.sealed().ok_or(Fault::Record)?.message_id;
    let earlier = if before.may_have_gone() {
        desk.access_point.statuses(message)
    } else {
        Ok(None)
    };
    match earlier {
        Ok(None) => {}
        Ok(Some(lines)) if lines.is_empty() => return lost(desk, id, code, fault),
        Ok(Some(lines)) => return write_down(desk, letter, lines),
        Err(silent) => return lost(desk, id, code, silent),
    }
    let (http_status, detail) = match &fault {
        CallFault::Refused { status, detail, .. } => (Some(*status), detail.clone()),
        CallFault::TooLarge { .. } => (Some(413), None),
        _ => (None, None),
    };
    let mut entry = desk.event(Happening::RefusedAtAccessPoint { code, http_status });
    if let Some(detail) = detail {
        entry.personal.insert(DETAIL, detail);
    }
    in_vain(
        desk,
        id,
        entry,
        Fault::Refused {
            letter: id,
            source: fault,
        },
    )
}

fn lost(desk: &Desk<'_>, id: LetterId, code: CauseCode, fault: CallFault) -> Result<Letter, Fault> {
    let fault = match fault {
        lost @ CallFault::AnswerLost {
            service: Remote::AccessPoint,
            ..
        } => lost,
        other => CallFault::AnswerLost {
            service: Remote::AccessPoint,
            source: Some(Box::new(other)),
        },
    };
    in_vain(
        desk,
        id,
        desk.event(Happening::AnswerLost { code }),
        fault.into(),
    )
}

/// Writes down that an attempt came to nothing. A receipt or status that has come meanwhile and
/// proves the letter's arrival outweighs that.
fn in_vain(desk: &Desk<'_>, id: LetterId, entry: Entry, fault: Fault) -> Result<Letter, Fault> {
    let letter = desk.ledger.record(id, &entry)?;
    match letter.state() {
        State::Queued | State::Uncertain | State::Refused => Err(fault),
        _ => Ok(letter),
    }
}

/// The fixed code of a cause in the history.
fn cause(fault: &CallFault) -> &'static str {
    match fault {
        CallFault::Unreachable { .. } => "UNREACHABLE",
        CallFault::AnswerLost { .. } => "ANSWER_LOST",
        CallFault::Unauthorized { .. } => "HTTP_401",
        CallFault::Forbidden { .. } => "HTTP_403",
        CallFault::WrongAddress { .. } => "HTTP_404",
        CallFault::Busy { status: 408, .. } => "HTTP_408",
        CallFault::Busy { status: 429, .. } => "HTTP_429",
        CallFault::Busy { status: 500, .. } => "HTTP_500",
        CallFault::Busy { status: 502, .. } => "HTTP_502",
        CallFault::Busy { status: 503, .. } => "HTTP_503",
        CallFault::Busy { status: 504, .. } => "HTTP_504",
        CallFault::Busy { .. } => "BUSY",
        CallFault::TooLarge { .. } => "HTTP_413",
        CallFault::Duplicate { .. } => "DUPLICATE_ID",
        CallFault::DamagedOnTheWay { .. } => "DAMAGED_ON_THE_WAY",
        CallFault::Refused { .. } => "REFUSED",
        CallFault::Unreadable { .. } => "ANSWER_UNREADABLE",
        CallFault::Denied(_) => "TOKEN_DENIED",
        CallFault::ScopeMissing { .. } => "SCOPE_MISSING",
        CallFault::ClockFarOff { .. } => "CLOCK",
        CallFault::Signing(_) => "KEY",
        CallFault::Parcel(_) => "PARCEL",
    }
}

/// The message around the parcel, the same on every attempt but for token and signature.
fn envelope(
    desk: &Desk<'_>,
    id: LetterId,
    sealed: &Sealed,
    parcel: &SealedParcel,
) -> Result<Envelope, Fault> {
    let contents = contents(desk.ledger, id)?;
    let history = desk.ledger.history(id)?;
    let event = sealing(&history)?;
    let fixed = match Fixed::read(&event.personal)? {
        Some(fixed) => fixed,
        None => Fixed::of(desk.agency),
    };
    let heading = Heading {
        message: sealed.message_id,
        conversation: sealed.conversation_id,
        technical_sender: desk.agency.organisation(),
        sender: fixed.sender(desk.agency),
        receiver: sealed.receiver,
        created_at: event.event.at,
    };
    let envelope = match sealed.carrier {
        Carrier::Digital => {
            let (mailbox, contacts) = personal::route(&event.personal).ok_or(Fault::Record)?;
            let notices = Notices::usual(contents.drafted.kind, &contacts, &fixed.notices);
            let letter = Digital {
                mailbox,
                security_level: contents.drafted.security,
                title: contents.public_title,
                language: contents.drafted.language,
                visible_from: contents.drafted.visible_from,
                opening_receipt: contents.drafted.opening_receipt,
                notices,
            };
            Envelope::digital(heading, parcel, letter)?
        }
        Carrier::Print => {
            let letter = Print {
                recipient: contents.address.ok_or(Fault::Record)?,
                return_address: fixed.return_address,
                returns: fixed.returns,
                colour: fixed.colour,
                post_class: fixed.post_class,
            };
            Envelope::print(heading, parcel, letter)?
        }
    };
    Ok(envelope)
}
