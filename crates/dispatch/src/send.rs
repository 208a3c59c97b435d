//! From a letter taken in to one that the access point has: decide, press send, seal, attempt.
//!
//! The order of writing is the promise: the parcel is synced on disk, then its ids are committed,
//! then the attempt is committed, and only then is the access point connected. What came back, or
//! did not, is the next event; an unknown outcome is asked about before anything is offered again,
//! and then with the same ids and the same parcel.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use utpost_domain::{
    Acceptance, Actor, Carrier, CauseCode, Channel, Confirmation, ConversationId, Decision, Event,
    Happening, Letter, LetterId, Lookup, MailboxAddress, MessageId, NoticeContacts, Notices,
    PersonalFields, Sealed, Sensitive, StampText, State, StopReason, decide as choose,
};
use utpost_parcel::{Document, Parcel, SealedParcel, Source};
use utpost_pki::{Certificate, Purpose, Signer, TrustPolicy, VerifiedCertificate};
use utpost_wire::{Digital, Envelope, Heading, Print};

use crate::letter::{Contents, contents};
use crate::{
    AccessPoint, Agency, Clock, DECISION_GOOD_FOR, Entry, Fault, Ledger, Recorded, Register,
    ServiceFault, Submission,
};

/// All that sending needs, gathered once.
pub struct Desk<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// KRR.
    pub register: &'a dyn Register,
    /// Corner 2.
    pub access_point: &'a dyn AccessPoint,
    /// Where everything is kept.
    pub ledger: &'a dyn Ledger,
    /// The agency's key.
    pub signer: &'a dyn Signer,
    /// Whose certificates are believed.
    pub trust: &'a TrustPolicy,
    /// The agency.
    pub agency: &'a Agency,
    /// Who sits here.
    pub actor: Actor,
    /// Told what is being done; may be called often.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// What is being done right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The register is being asked.
    LookingUp,
    /// The parcel is being sealed.
    Sealing {
        /// Bytes of documents packed.
        done: u64,
        /// Bytes of documents in all.
        of: u64,
    },
    /// A token is being fetched.
    FetchingToken,
    /// The parcel is on its way.
    Uploading {
        /// Bytes handed over.
        done: u64,
        /// Bytes in all.
        of: u64,
    },
    /// The access point is asked what became of the letter.
    Asking,
}

/// What the clerk has said yes to beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// To what the letter was stopped for, after having seen it.
    Yes,
    /// To nothing.
    NotAsked,
}

impl Desk<'_> {
    fn event(&self, what: Happening) -> Entry {
        let event = Event { at: self.clock.now(), actor: self.actor.clone(), what };
        Entry { event, personal: PersonalFields::new() }
    }

    pub(crate) fn record(&self, letter: LetterId, what: Happening) -> Result<Letter, Fault> {
        Ok(self.ledger.record(letter, &self.event(what))?)
    }

    /// Gives a letter up, which is possible until a first attempt.
    ///
    /// # Errors
    /// [`Fault::Ledger`] with the code of a wrong state when it is too late.
    pub fn cancel(&self, letter: LetterId) -> Result<Letter, Fault> {
        self.record(letter, Happening::Cancelled)
    }
}

/// Asks the register about the letter's citizen and writes down what it rests on. Where something
/// is wrong with the mailbox the register is asked once more, since mailboxes move between
/// suppliers.
///
/// # Errors
/// [`Fault::Service`] when there was no answer: the letter waits.
pub fn decide(desk: &Desk<'_>, letter: LetterId) -> Result<(Decision, Letter), Fault> {
    let contents = contents(desk.ledger, letter)?;
    let ask = || -> Result<Decision, ServiceFault> {
        (desk.progress)(Progress::LookingUp);
        let answer = desk.register.look_up(&contents.recipient)?;
        Ok(choose(
            &contents.recipient,
            contents.drafted.kind,
            &Lookup::Answered(answer),
            desk.clock.now(),
            &desk.agency.policy,
        ))
    };
    let asked = ask().and_then(|first| match first.confirm {
        Confirmation::ByClerk => ask(),
        Confirmation::NotNeeded => Ok(first),
    });
    match asked {
        Ok(decision) => {
            let letter = desk.record(letter, Happening::from(&decision))?;
            Ok((decision, letter))
        }
        Err(fault) => {
            desk.record(letter, Happening::RegisterSilent)?;
            Err(fault.into())
        }
    }
}

/// Says yes to what the letter was stopped for, where that can be said yes to.
///
/// # Errors
/// [`Fault::Stopped`] when it can't, or `choice` is not a yes.
pub fn confirm(desk: &Desk<'_>, letter: &Letter, choice: Choice) -> Result<Letter, Fault> {
    let State::Stopped(reason) = letter.state() else {
        return Ok(letter.clone());
    };
    let allowed = letter.next_actions().contains(&utpost_domain::Action::Confirm);
    match choice {
        Choice::Yes if allowed => desk.record(letter.id(), Happening::Confirmed),
        _ => Err(Fault::Stopped { letter: letter.id(), reason }),
    }
}

/// Presses Send with an undo window of `undo`, waits it out, and seals the letter. Until this
/// returns nothing has been offered to anybody.
///
/// # Errors
/// [`Fault`]; the letter is Ready again, or stopped with the reason.
pub fn release(
    desk: &Desk<'_>,
    letter: LetterId,
    decision: Decision,
    undo: Duration,
) -> Result<Letter, Fault> {
    let decision = renew(desk, letter, decision)?;
    let contents = contents(desk.ledger, letter)?;
    if matches!(decision.channel, Channel::Print) && contents.address.is_none() {
        let reason = StopReason::AddressMissing;
        desk.record(letter, Happening::Stopped { reason })?;
        return Err(Fault::Stopped { letter, reason });
    }
    let until = later(desk.clock.now(), undo);
    desk.record(letter, Happening::SendPressed { until })?;
    let left = until.duration_since(desk.clock.now());
    if let Ok(left) = Duration::try_from(left) {
        desk.clock.wait(left);
    }
    let held = desk.ledger.letter(letter)?;
    if held.state() != State::Held {
        // Undone meanwhile.
        return Ok(held);
    }
    match seal(desk, letter, &contents, &decision) {
        Ok(entry) => Ok(desk.ledger.record(letter, &entry)?),
        Err(fault) => {
            desk.record(letter, Happening::Undone)?;
            Err(fault)
        }
    }
}

/// A decision that is old is made anew; one that leads elsewhere than the one shown stops.
fn renew(desk: &Desk<'_>, letter: LetterId, decision: Decision) -> Result<Decision, Fault> {
    let age = desk.clock.now().duration_since(decision.facts.looked_up_at);
    if age <= DECISION_GOOD_FOR {
        return Ok(decision);
    }
    let (newer, folded) = decide(desk, letter)?;
    match folded.state() {
        State::Stopped(reason) => Err(Fault::Stopped { letter, reason }),
        _ => Ok(newer),
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| now.checked_add(by).ok())
        .unwrap_or(now)
}

/// Seals the letter's parcel and gives the event that makes it known.
fn seal(
    desk: &Desk<'_>,
    letter: LetterId,
    contents: &Contents,
    decision: &Decision,
) -> Result<Entry, Fault> {
    let (receiver, mailbox, carrier) = receiver(desk, decision)?;
    let sources = (0u32..)
        .take(contents.documents.len())
        .map(|number| desk.ledger.document(letter, number))
        .collect::<Result<Vec<_>, _>>()?;
    let message = MessageId::generate();
    let conversation = ConversationId::generate();
    let path = desk.ledger.parcel_path(message);
    let of = contents.documents.iter().map(|document| document.facts.bytes).sum();
    let sealed = package(desk, contents, mailbox, &sources)?
        .sign(desk.signer, desk.clock.now())?
        .seal(&receiver, &path, &mut |done| (desk.progress)(Progress::Sealing { done, of }))?;

    let signer = desk.signer.chain().first().map(Certificate::fingerprint);
    let mut entry = desk.event(Happening::Sealed(Sealed {
        message_id: message,
        conversation_id: conversation,
        parcel: sealed.fingerprint(),
        parcel_bytes: sealed.bytes(),
        signer: signer.ok_or(Fault::Record)?,
        recipient_certificate: receiver.certificate().fingerprint(),
        receiver: receiver.organisation(),
        carrier,
    }));
    if let Channel::Digital(route) = &decision.channel {
        entry.personal = personal::of_route(&route.mailbox, &route.notices);
    }
    Ok(entry)
}

/// Who the letter is sealed for: the certificate must be good now and belong to the organisation
/// the register named.
fn receiver(
    desk: &Desk<'_>,
    decision: &Decision,
) -> Result<(VerifiedCertificate, Option<MailboxAddress>, Carrier), Fault> {
    let (certificate, organisation, mailbox, carrier) = match &decision.channel {
        Channel::Digital(route) => {
            let certificate = Certificate::parse_der(&route.certificate_der)
                .map_err(|_| Fault::ReceiverCertificate(None))?;
            (certificate, route.supplier, Some(route.mailbox.clone()), Carrier::Digital)
        }
        Channel::Print => {
            let provider = desk.register.print_provider()?;
            (provider.certificate, provider.organisation, None, Carrier::Print)
        }
        Channel::Stop | Channel::Wait => return Err(Fault::Record),
    };
    let verified = desk
        .trust
        .verify(&certificate, &[], desk.clock.now(), Purpose::Encryption)
        .map_err(|fault| Fault::ReceiverCertificate(Some(fault)))?;
    if verified.organisation() != organisation {
        return Err(Fault::ReceiverCertificate(None));
    }
    Ok((verified, mailbox, carrier))
}

fn package<'a>(
    desk: &Desk<'_>,
    contents: &Contents,
    mailbox: Option<MailboxAddress>,
    sources: &'a [Box<dyn Source>],
) -> Result<Parcel<'a>, Fault> {
    let mut documents = contents.documents.iter().zip(sources).map(|(listed, source)| Document {
        title: listed.title.clone(),
        language: contents.drafted.language,
        file_name: listed.file_name.clone(),
        media_type: listed.facts.media_type,
        source: source.as_ref(),
    });
    let main = documents.next().ok_or(Fault::Record)?;
    let attachments = documents.collect();
    let sender = desk.agency.sender.clone();
    Ok(Parcel::new(sender, mailbox, main, attachments, desk.agency.limits)?)
}

/// Takes a sealed letter as far as it will go now: asks first where the outcome of an attempt is
/// unknown, then attempts when an attempt is due. A letter that is further on is left as it is.
///
/// # Errors
/// [`Fault::Service`] when it stays in the outbox, [`Fault::Refused`] when it was refused for good.
pub fn advance(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    let mut letter = desk.ledger.letter(id)?;
    if letter.state() == State::Submitting && interrupted(desk, &letter)? {
        letter = desk.record(id, Happening::AnswerLost { code: CauseCode::new("INTERRUPTED") })?;
    }
    if letter.state() == State::Uncertain {
        letter = ask_after(desk, id)?;
    }
    if letter.may_resubmit() {
        letter = attempt(desk, id)?;
    }
    Ok(letter)
}

/// Whether the attempt that stands as under way can't be: its program ended without writing down
/// what came of it.
fn interrupted(desk: &Desk<'_>, letter: &Letter) -> Result<bool, Fault> {
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    let longest = upload_limit(sealed.parcel_bytes) + Duration::from_secs(30);
    let started = desk.ledger.history(letter.id())?.last().map(|last| last.event.at);
    let started = started.ok_or(Fault::Record)?;
    Ok(desk.clock.now() > later(started, longest))
}

/// The longest an upload of this many bytes may take: a minute, and a second for each 100 kB.
#[must_use]
pub fn upload_limit(bytes: u64) -> Duration {
    Duration::from_secs(60 + bytes / 100_000)
}

/// Asks what became of an attempt whose answer was lost.
fn ask_after(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    let letter = desk.ledger.letter(id)?;
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    (desk.progress)(Progress::Asking);
    match desk.access_point.statuses(sealed.message_id)? {
        // The access point does not know the message: surely not received.
        None => desk.record(id, Happening::NotReceived { code: CauseCode::new("UNKNOWN_THERE") }),
        // Known, yet without a status: nothing is proven either way.
        Some(lines) if lines.is_empty() => Ok(letter),
        Some(_) => {
            desk.record(id, Happening::Accepted { how: Acceptance::HasStatuses })?;
            check_status(desk, id)
        }
    }
}

/// Asks the access point for the letter's transport statuses and writes down those that are new.
///
/// # Errors
/// [`Fault::NotNow`] for a letter that was never sent; [`Fault::Service`].
pub fn check_status(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    let mut letter = desk.ledger.letter(id)?;
    let sealed = letter.sealed().filter(|_| letter.attempts() > 0);
    let message = sealed.ok_or(Fault::NotNow(letter.state()))?.message_id;
    (desk.progress)(Progress::Asking);
    let lines = desk.access_point.statuses(message)?.unwrap_or_default();
    let history = desk.ledger.history(id)?;
    for line in lines {
        let Some(status) = line.status else { continue };
        let seen = Happening::StatusSeen { status, stamp: StampText::parse(&line.stamp) };
        if !history.iter().any(|recorded| recorded.event.what == seen) {
            letter = desk.record(id, seen)?;
        }
    }
    Ok(letter)
}

/// One attempt, and at most one more where the answer says that a second may succeed: 401 with a
/// new token, damaged bytes with the same file.
fn attempt(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    let first = attempt_once(desk, id);
    match first {
        Err(Fault::Service(
            ServiceFault::Unauthorized { .. } | ServiceFault::DamagedOnTheWay { .. },
        )) if desk.ledger.letter(id)?.may_resubmit() => attempt_once(desk, id),
        other => other,
    }
}

fn attempt_once(desk: &Desk<'_>, id: LetterId) -> Result<Letter, Fault> {
    let letter = desk.ledger.letter(id)?;
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    let path = desk.ledger.parcel_path(sealed.message_id);
    let parcel = SealedParcel::reopen(&path, sealed.parcel)?;
    let envelope = envelope(desk, id, sealed, &parcel)?;

    (desk.progress)(Progress::FetchingToken);
    let token = desk.access_point.sending_token(Duration::from_secs(60))?;
    desk.record(id, Happening::TokenFetched { expires_at: token.expires_at() })?;
    let signed = envelope.sign(&token, desk.signer)?;

    let attempt = letter.attempts() + 1;
    desk.ledger.keep_message(id, attempt, &signed, desk.clock.now())?;
    desk.record(id, Happening::AttemptStarted { attempt })?;
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
    let answer = desk
        .access_point
        .submit(&submission, &move |done| progress(Progress::Uploading { done, of }));
    conclude(desk, id, sealed.message_id, attempt, answer)
}

/// Writes down what came of an attempt.
fn conclude(
    desk: &Desk<'_>,
    id: LetterId,
    message: MessageId,
    attempt: u32,
    answer: Result<(), ServiceFault>,
) -> Result<Letter, Fault> {
    let fault = match answer {
        Ok(()) => return desk.record(id, Happening::Accepted { how: Acceptance::Answered }),
        Err(fault) => fault,
    };
    let cause = |fault: &ServiceFault| CauseCode::new(cause(fault));
    match &fault {
        ServiceFault::Duplicate { .. } => {
            return desk.record(id, Happening::Accepted { how: Acceptance::AlreadyThere });
        }
        // Behind a gateway some of these come after the letter was stored.
        ServiceFault::Busy { status: 500 | 502 | 504, .. }
        | ServiceFault::AnswerLost { .. }
        | ServiceFault::Unreadable { .. } => {
            desk.record(id, Happening::AnswerLost { code: cause(&fault) })?;
            return Err(Fault::Service(ServiceFault::AnswerLost {
                service: crate::Service::AccessPoint,
                source: Some(Box::new(fault)),
            }));
        }
        ServiceFault::Refused { .. }
        | ServiceFault::TooLarge { .. }
        | ServiceFault::DamagedOnTheWay { .. } => {}
        ServiceFault::Unreachable { .. }
        | ServiceFault::Unauthorized { .. }
        | ServiceFault::Forbidden { .. }
        | ServiceFault::WrongAddress { .. }
        | ServiceFault::Busy { .. }
        | ServiceFault::Denied(_)
        | ServiceFault::ScopeMissing { .. }
        | ServiceFault::ClockFarOff { .. }
        | ServiceFault::Signing(_)
        | ServiceFault::Parcel(_) => {
            desk.record(id, Happening::NotReceived { code: cause(&fault) })?;
            return Err(fault.into());
        }
    }
    // A refusal. After an earlier attempt the letter may be in all the same: asked first.
    if attempt > 1 {
        match desk.access_point.statuses(message) {
            Ok(Some(lines)) if !lines.is_empty() => {
                desk.record(id, Happening::Accepted { how: Acceptance::HasStatuses })?;
                return check_status(desk, id);
            }
            Ok(_) => return refuse(desk, id, fault),
            Err(silent) => {
                desk.record(id, Happening::AnswerLost { code: cause(&fault) })?;
                return Err(silent.into());
            }
        }
    }
    if matches!(fault, ServiceFault::DamagedOnTheWay { .. }) {
        desk.record(id, Happening::NotReceived { code: cause(&fault) })?;
        return Err(fault.into());
    }
    refuse(desk, id, fault)
}

fn refuse(desk: &Desk<'_>, letter: LetterId, source: ServiceFault) -> Result<Letter, Fault> {
    let http_status = match &source {
        ServiceFault::Refused { status, .. } => Some(*status),
        ServiceFault::TooLarge { .. } => Some(413),
        _ => None,
    };
    let mut entry = desk.event(Happening::RefusedAtAccessPoint {
        code: CauseCode::new(cause(&source)),
        http_status,
    });
    if let ServiceFault::Refused { detail: Some(detail), .. } = &source {
        entry.personal.insert("detail", detail.clone());
    }
    desk.ledger.record(letter, &entry)?;
    Err(Fault::Refused { letter, source })
}

/// The fixed code of a cause in the history.
fn cause(fault: &ServiceFault) -> &'static str {
    match fault {
        ServiceFault::Unreachable { .. } => "UNREACHABLE",
        ServiceFault::AnswerLost { .. } => "ANSWER_LOST",
        ServiceFault::Unauthorized { .. } => "HTTP_401",
        ServiceFault::Forbidden { .. } => "HTTP_403",
        ServiceFault::WrongAddress { .. } => "HTTP_404",
        ServiceFault::Busy { .. } => "BUSY",
        ServiceFault::TooLarge { .. } => "HTTP_413",
        ServiceFault::Duplicate { .. } => "DUPLICATE_ID",
        ServiceFault::DamagedOnTheWay { .. } => "DAMAGED_ON_THE_WAY",
        ServiceFault::Refused { .. } => "REFUSED",
        ServiceFault::Unreadable { .. } => "ANSWER_UNREADABLE",
        ServiceFault::Denied(_) => "TOKEN_DENIED",
        ServiceFault::ScopeMissing { .. } => "SCOPE_MISSING",
        ServiceFault::ClockFarOff { .. } => "CLOCK",
        ServiceFault::Signing(_) => "KEY",
        ServiceFault::Parcel(_) => "PARCEL",
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
    let event = sealing(&history).ok_or(Fault::Record)?;
    let heading = Heading {
        message: sealed.message_id,
        conversation: sealed.conversation_id,
        technical_sender: desk.agency.organisation(),
        sender: desk.agency.sender.clone(),
        receiver: sealed.receiver,
        created_at: event.event.at,
    };
    let envelope = match sealed.carrier {
        Carrier::Digital => {
            let (mailbox, contacts) = personal::route(&event.personal).ok_or(Fault::Record)?;
            let notices = Notices::usual(contents.drafted.kind, &contacts, &desk.agency.notices);
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
                return_address: desk.agency.return_address.clone(),
                returns: desk.agency.returns,
                colour: desk.agency.colour,
                post_class: desk.agency.post_class,
            };
            Envelope::print(heading, parcel, letter)?
        }
    };
    Ok(envelope)
}

/// The sealing that stands: the last one.
fn sealing(history: &[Recorded]) -> Option<&Recorded> {
    history.iter().rev().find(|recorded| matches!(recorded.event.what, Happening::Sealed(_)))
}

/// The personal fields of a sealing event. Their names are frozen: they are hashed.
mod personal {
    use utpost_domain::{EmailAddress, MobileNumber};

    use super::{MailboxAddress, NoticeContacts, PersonalFields, Sensitive};

    const MAILBOX: &str = "mailbox";
    const EMAIL: &str = "email";
    const MOBILE: &str = "mobile";
    const KEPT: &str = "kept in the encrypted ledger";

    pub(super) fn of_route(mailbox: &MailboxAddress, contacts: &NoticeContacts) -> PersonalFields {
        let mut fields = PersonalFields::new();
        fields.insert(MAILBOX, Sensitive::new(mailbox.expose(KEPT).to_owned()));
        if let Some(email) = &contacts.email {
            fields.insert(EMAIL, Sensitive::new(email.expose(KEPT).to_owned()));
        }
        if let Some(mobile) = &contacts.mobile {
            fields.insert(MOBILE, Sensitive::new(mobile.expose(KEPT).to_owned()));
        }
        fields
    }

    pub(super) fn route(fields: &PersonalFields) -> Option<(MailboxAddress, NoticeContacts)> {
        let text = |name| fields.value(name).map(|value| value.expose("read back"));
        let contacts = NoticeContacts {
            email: text(EMAIL).and_then(|email| EmailAddress::parse(email).ok()),
            mobile: text(MOBILE).and_then(|mobile| MobileNumber::parse(mobile).ok()),
        };
        Some((MailboxAddress::parse(text(MAILBOX)?).ok()?, contacts))
    }
}
