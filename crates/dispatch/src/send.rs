//! From a letter taken in to one that lies sealed in the outbox: decide, confirm, release.
//!
//! Nothing here offers the letter to anybody. What the clerk saw is what is sealed for: a decision
//! that is old, or is not the letter's latest, is made anew before the parcel is.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use utpost_domain::{
    Action, Actor, Carrier, Channel, Confirmation, ConversationId, Decided, Decision, Digest,
    EmailAddress, Event, Happening, Letter, LetterId, Lookup, MailboxAddress, MessageId,
    MobileNumber, NoticeContacts, PersonalFields, Sealed, Sensitive, State, StopReason,
    decide as choose,
};
use utpost_parcel::{Document, Parcel, Source};
use utpost_pki::{Certificate, Purpose, Signer, TrustPolicy, VerifiedCertificate};
use utpost_wire::SigningFault;

use crate::doubles::{refuse_if_replaced, stop_if_sent_before, why_stopped};
use crate::fixed::Fixed;
use crate::letter::{Contents, contents};
use crate::{
    AccessPoint, Agency, CallFault, Clock, DECISION_GOOD_FOR, Entry, Fault, Ledger, LedgerFault,
    Register,
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
    /// Calls the sending back, in the undo window or in the outbox until a first attempt: the
    /// letter is Ready again. Also frees a letter whose program ended in its undo window.
    ///
    /// # Errors
    /// [`Fault::Ledger`] with the code of a wrong state when it is too late; [`Fault::Frozen`] for a
    /// sealed letter of a restored ledger before anybody was asked about it.
    pub fn undo(&self, letter: LetterId) -> Result<Letter, Fault> {
        self.keep_what_may_have_gone(letter)?;
        self.record(letter, Happening::Undone)
    }

    /// Gives a letter up, which is possible until a first attempt, and for one stopped after it was
    /// offered in vain.
    ///
    /// # Errors
    /// Those of [`Desk::undo`].
    pub fn cancel(&self, letter: LetterId) -> Result<Letter, Fault> {
        self.keep_what_may_have_gone(letter)?;
        self.record(letter, Happening::Cancelled)
    }

    fn keep_what_may_have_gone(&self, letter: LetterId) -> Result<(), Fault> {
        let letter = self.ledger.letter(letter)?;
        let waits = matches!(letter.state(), State::Queued | State::Stopped(_));
        if waits && letter.sealed().is_some() && self.ledger.restoration()?.is_some() {
            return Err(Fault::Frozen);
        }
        Ok(())
    }

    pub(crate) fn event(&self, what: Happening) -> Entry {
        let event = Event {
            at: self.clock.now(),
            actor: self.actor.clone(),
            what,
        };
        Entry {
            event,
            personal: PersonalFields::new(),
        }
    }

    pub(crate) fn record(&self, letter: LetterId, what: Happening) -> Result<Letter, Fault> {
        Ok(self.ledger.record(letter, &self.event(what))?)
    }

    /// The agency's own certificate by its fingerprint, when it is good now and the agency's.
    /// Asked at sealing and at every attempt; a shell asks it first of all.
    ///
    /// # Errors
    /// [`Fault::OwnCertificate`], [`Fault::ForeignCertificate`], or [`Fault::Signing`] for a signer
    /// without one.
    pub fn own_certificate(&self) -> Result<Digest, Fault> {
        let (leaf, issuers) = self
            .signer
            .chain()
            .split_first()
            .ok_or(SigningFault::NoCertificate)?;
        let verified = self
            .trust
            .verify(leaf, issuers, self.clock.now(), Purpose::Signing)
            .map_err(Fault::OwnCertificate)?;
        if verified.organisation() != self.agency.organisation() {
            return Err(Fault::ForeignCertificate);
        }
        Ok(leaf.fingerprint())
    }
}

/// Asks the register about the letter's citizen and writes down the decision and what it rests on.
///
/// Where something is wrong with the mailbox the register is asked once more, since mailboxes move
/// between suppliers. Only the decision that counts is written down, the second: the first would
/// stop the letter, and the second could then not be held against the channel the clerk was shown.
///
/// A letter whose main document went to the same citizen within 30 days is stopped then, see
/// [`Letter::sent_before`].
///
/// # Errors
/// [`Fault::Call`] when there was no answer, also to the second question: the letter waits.
/// [`Fault::NotNow`] for a letter that is sealed already.
pub fn decide(desk: &Desk<'_>, letter: LetterId) -> Result<(Decision, Letter), Fault> {
    ask(desk, letter)?.write_down(desk)
}

/// The first half of [`decide`], for a caller that may give up before the answer is there: dropped,
/// it leaves no trace.
///
/// # Errors
/// [`Fault::NotNow`] for a letter that is sealed already.
pub fn ask(desk: &Desk<'_>, letter: LetterId) -> Result<Answer, Fault> {
    let before = desk.ledger.letter(letter)?;
    if !before.next_actions().contains(&Action::LookUp) {
        return Err(Fault::NotNow(before.state()));
    }
    match asked(desk, letter) {
        Err(fault) if !matches!(fault, Fault::Call(_)) => Err(fault),
        came => Ok(Answer { letter, came }),
    }
}

/// What came of asking the register about a letter, not yet written down.
#[derive(Debug)]
#[must_use]
pub struct Answer {
    letter: LetterId,
    /// Else [`Fault::Call`].
    came: Result<Decision, Fault>,
}

impl Answer {
    /// Why there is no answer.
    #[must_use]
    pub fn silence(&self) -> Option<&Fault> {
        self.came.as_ref().err()
    }

    /// The second half of [`decide`].
    ///
    /// # Errors
    /// [`Fault::Call`] when there was no answer: the letter waits.
    pub fn write_down(self, desk: &Desk<'_>) -> Result<(Decision, Letter), Fault> {
        match self.came {
            Ok(decision) => {
                let letter = decided(desk, self.letter, &decision)?;
                Ok((decision, letter))
            }
            Err(fault) => {
                desk.record(self.letter, Happening::RegisterSilent)?;
                Err(fault)
            }
        }
    }
}

/// The register's answer about the letter's citizen as a decision, of which nothing is written down.
pub(crate) fn asked(desk: &Desk<'_>, letter: LetterId) -> Result<Decision, Fault> {
    let contents = contents(desk.ledger, letter)?;
    let ask = || -> Result<Decision, CallFault> {
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
    let first = ask()?;
    Ok(match first.confirm {
        Confirmation::ByClerk => ask()?,
        Confirmation::NotNeeded => first,
    })
}

/// Writes a decision down, and stops the letter where the same went to the same citizen before.
pub(crate) fn decided(
    desk: &Desk<'_>,
    letter: LetterId,
    decision: &Decision,
) -> Result<Letter, Fault> {
    let letter = desk.record(letter, Happening::from(decision))?;
    stop_if_sent_before(desk, letter)
}

/// Says yes to what `shown`, the letter as the clerk saw it, was stopped for, where that can be
/// said yes to. A letter that was not stopped is given back as it is.
///
/// # Errors
/// What [`why_stopped`] gives when it can't, when `choice` is not a yes, or when the letter is by
/// now stopped for another reason; [`Fault::SentBefore`] for a sealed one in whose place the same has
/// gone to the same citizen.
pub fn confirm(desk: &Desk<'_>, shown: &Letter, choice: Choice) -> Result<Letter, Fault> {
    let letter = desk.ledger.letter(shown.id())?;
    let Some(fault) = why_stopped(&letter) else {
        return Ok(letter);
    };
    let seen = letter.state() == shown.state();
    let allowed = letter.next_actions().contains(&Action::Confirm);
    match choice {
        Choice::Yes if seen && allowed => {
            refuse_if_replaced(desk, &letter)?;
            desk.record(letter.id(), Happening::Confirmed)
        }
        _ => Err(fault),
    }
}

/// A letter in the undo window that [`press`] opened, and the decision it is sealed by.
#[derive(Debug, Clone)]
pub struct Held {
    letter: LetterId,
    decision: Decision,
    until: Timestamp,
}

impl Held {
    /// The letter.
    #[must_use]
    pub fn letter(&self) -> LetterId {
        self.letter
    }

    /// When the window closes by itself.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Called back, and perhaps sent again, the letter is in another window or in none.
    fn stands(&self, letter: &Letter) -> bool {
        letter.state() == State::Held && letter.undo_until() == Some(self.until)
    }
}

/// Presses Send: opens an undo window of `undo` for a letter that is Ready. `shown` is the decision
/// the clerk was shown. Nothing is sealed before [`seal_held`].
///
/// # Errors
/// [`Fault::NotNow`] and [`Fault::Stopped`] for a letter that is not Ready, or that by now goes
/// another way than `shown`; [`Fault::SentBefore`] when the same went to the same citizen;
/// [`Fault::Frozen`] in a restored ledger before it is known what was sent; [`Fault::Call`] when the
/// register is silent: the letter waits.
pub fn press(
    desk: &Desk<'_>,
    letter: LetterId,
    shown: &Decision,
    undo: Duration,
) -> Result<Held, Fault> {
    if desk.ledger.restoration()?.is_some() {
        return Err(Fault::Frozen);
    }
    refuse_unless(State::Ready, &desk.ledger.letter(letter)?)?;
    let decision = current(desk, letter, shown)?;
    let stands = stop_if_sent_before(desk, desk.ledger.letter(letter)?)?;
    refuse_unless(State::Ready, &stands)?;
    let carrier = stands.carrier();
    // Drafted or decided anew since the clerk looked at it, without a yes to where it goes now.
    if Decided::from(shown).carrier() != carrier && !stands.is_confirmed() {
        return Err(stopped(desk, letter, StopReason::ChannelChanged));
    }
    if carrier == Some(Carrier::Print) && contents(desk.ledger, letter)?.address.is_none() {
        return Err(stopped(desk, letter, StopReason::AddressMissing));
    }
    let until = later(desk.clock.now(), undo);
    desk.record(letter, Happening::SendPressed { until })?;
    Ok(Held {
        letter,
        decision,
        until,
    })
}

/// Ends the undo window and seals the letter. Whoever calls has waited the window out, or the clerk
/// has said to send at once, which is written down. Until this returns nothing has been offered to
/// anybody.
///
/// A letter that is no longer in this window, called back or sent again, is given back as it is.
///
/// # Errors
/// [`Fault::Stopped`] when the register's newest answer leads elsewhere than the decision shown;
/// [`Fault::SentBefore`]; [`Fault::Call`] when the register, or the print provider's entry in it, is silent: the letter
/// waits, or is Ready again. Any other [`Fault`]: it is Ready again.
pub fn seal_held(desk: &Desk<'_>, mut held: Held) -> Result<Letter, Fault> {
    let id = held.letter;
    let letter = desk.ledger.letter(id)?;
    if !held.stands(&letter) {
        return Ok(letter);
    }
    let sealed = end_window(desk, &mut held)
        .and_then(|()| current(desk, id, &held.decision))
        .and_then(|decision| {
            // Another letter with the same document may have left its window a moment ago.
            let letter = stop_if_sent_before(desk, desk.ledger.letter(id)?)?;
            match why_stopped(&letter) {
                Some(fault) => Err(fault),
                None => seal(desk, id, &decision),
            }
        })
        .and_then(|entry| Ok(desk.ledger.record(id, &entry)?));
    sealed.or_else(|fault| {
        let letter = desk.ledger.letter(id)?;
        match fault {
            fault if held.stands(&letter) => {
                desk.undo(id)?;
                Err(fault)
            }
            // Called back while it was being sealed; the parcel is nobody's.
            Fault::Ledger(LedgerFault::Impossible(_)) => Ok(letter),
            fault => Err(fault),
        }
    })
}

/// [`press`], the wait, and [`seal_held`].
///
/// # Errors
/// Those of [`press`] and [`seal_held`].
pub fn release(
    desk: &Desk<'_>,
    letter: LetterId,
    shown: Decision,
    undo: Duration,
) -> Result<Letter, Fault> {
    let held = press(desk, letter, &shown, undo)?;
    wait(desk.clock, held.until);
    seal_held(desk, held)
}

/// Whether the letter now goes the way the clerk was shown, for the same reason. Where it does not,
/// Send is not pressed: the clerk looks again.
#[must_use]
pub fn is_as_shown(shown: &Decided, now: &Decided) -> bool {
    (shown.channel, shown.reason) == (now.channel, now.reason)
}

/// Whether a decision still holds at `now`, so that the register is not asked again at Send.
#[must_use]
pub fn is_fresh(decision: &Decision, now: Timestamp) -> bool {
    let age = now.duration_since(decision.facts.looked_up_at);
    (SignedDuration::ZERO..=DECISION_GOOD_FOR).contains(&age)
}

fn refuse_unless(state: State, letter: &Letter) -> Result<(), Fault> {
    if letter.state() == state {
        return Ok(());
    }
    Err(why_stopped(letter).unwrap_or(Fault::NotNow(letter.state())))
}

/// Lets the window end now when it would still run.
fn end_window(desk: &Desk<'_>, held: &mut Held) -> Result<(), Fault> {
    let now = desk.clock.now();
    if now < held.until {
        desk.record(held.letter, Happening::SendPressed { until: now })?;
        held.until = now;
    }
    Ok(())
}

/// Stops the letter, or says why that could not be written down.
pub(crate) fn stopped(desk: &Desk<'_>, letter: LetterId, reason: StopReason) -> Fault {
    match desk.record(letter, Happening::Stopped { reason }) {
        Ok(letter) => why_stopped(&letter).unwrap_or(Fault::NotNow(letter.state())),
        Err(fault) => fault,
    }
}

/// The decision to seal by: this one while it is young and the letter's latest, else one made now.
/// One that leads elsewhere than the one shown stops the letter.
fn current(desk: &Desk<'_>, letter: LetterId, decision: &Decision) -> Result<Decision, Fault> {
    let written = Happening::from(decision);
    let history = desk.ledger.history(letter)?;
    let mut decided = history.iter().rev().map(|recorded| &recorded.event.what);
    let latest = decided.find(|what| matches!(what, Happening::Decided(_)));
    if is_fresh(decision, desk.clock.now()) && latest == Some(&written) {
        return Ok(decision.clone());
    }
    let (newer, folded) = decide(desk, letter)?;
    match why_stopped(&folded) {
        Some(fault) => Err(fault),
        None => Ok(newer),
    }
}

fn wait(clock: &dyn Clock, until: Timestamp) {
    while let Ok(left) = Duration::try_from(until.duration_since(clock.now()))
        && !left.is_zero()
    {
        clock.wait(left);
    }
}

pub(crate) fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| now.checked_add(by).ok())
        .unwrap_or(now)
}

/// Seals the letter's parcel and gives the event that makes it known.
pub(crate) fn seal(desk: &Desk<'_>, letter: LetterId, decision: &Decision) -> Result<Entry, Fault> {
    let contents = contents(desk.ledger, letter)?;
    let signer = desk.own_certificate()?;
    let carrier = desk.ledger.letter(letter)?.carrier().ok_or(Fault::Record)?;
    let (receiver, mailbox) = receiver(desk, carrier, &decision.channel)?;
    let sources = (0u32..)
        .take(contents.documents.len())
        .map(|number| desk.ledger.document(letter, number))
        .collect::<Result<Vec<_>, _>>()?;
    let message_id = MessageId::generate();
    let path = desk.ledger.parcel_path(message_id);
    let of = contents
        .documents
        .iter()
        .map(|document| document.facts.bytes)
        .sum();
    // One instant for the signature in the parcel and the message around it: receivers compare.
    let at = desk.clock.now();
    let parcel = package(desk, &contents, mailbox, &sources)?
        .sign(desk.signer, at)?
        .seal(&receiver, &path, &mut |done| {
            (desk.progress)(Progress::Sealing { done, of })
        })?;

    let mut entry = desk.event(Happening::Sealed(Sealed {
        message_id,
        conversation_id: ConversationId::generate(),
        parcel: parcel.fingerprint(),
        parcel_bytes: parcel.bytes(),
        signer,
        recipient_certificate: receiver.certificate().fingerprint(),
        receiver: receiver.organisation(),
        carrier,
    }));
    entry.event.at = at;
    let fixed = Fixed::of(desk.agency);
    if let Channel::Digital(route) = &decision.channel {
        entry.personal = personal::of_route(&route.mailbox, &route.notices);
    }
    fixed.keep(&mut entry.personal)?;
    Ok(entry)
}

/// Who the letter is sealed for: the certificate must be good now and belong to the organisation
/// the register named. A letter that the clerk chose paper for goes there whatever stopped it.
fn receiver(
    desk: &Desk<'_>,
    carrier: Carrier,
    channel: &Channel,
) -> Result<(VerifiedCertificate, Option<MailboxAddress>), Fault> {
    let (certificate, organisation, mailbox) = match (carrier, channel) {
        (Carrier::Digital, Channel::Digital(route)) => {
            let certificate = Certificate::parse_der(&route.certificate_der)
                .map_err(|_| Fault::ReceiverCertificate(None))?;
            (certificate, route.supplier, Some(route.mailbox.clone()))
        }
        (Carrier::Print, _) => {
            let provider = desk.register.print_provider()?;
            (provider.certificate, provider.organisation, None)
        }
        (Carrier::Digital, _) => return Err(Fault::Record),
    };
    let verified = desk
        .trust
        .verify(&certificate, &[], desk.clock.now(), Purpose::Encryption)
        .map_err(|fault| Fault::ReceiverCertificate(Some(fault)))?;
    if verified.organisation() != organisation {
        return Err(Fault::ReceiverCertificate(None));
    }
    Ok((verified, mailbox))
}

fn package<'a>(
    desk: &Desk<'_>,
    contents: &Contents,
    mailbox: Option<MailboxAddress>,
    sources: &'a [Box<dyn Source>],
) -> Result<Parcel<'a>, Fault> {
    let mut documents = contents
        .documents
        .iter()
        .zip(sources)
        .map(|(listed, source)| Document {
            title: listed.title.clone(),
            language: contents.drafted.language,
            file_name: listed.file_name.clone(),
            media_type: listed.facts.media_type,
            source: source.as_ref(),
        });
    let main = documents.next().ok_or(Fault::Record)?;
    let attachments = documents.collect();
    let sender = desk.agency.sender.clone();
    Ok(Parcel::new(
        sender,
        mailbox,
        main,
        attachments,
        desk.agency.limits,
    )?)
}

/// The personal fields of a sealing event. Their names are frozen: they are hashed.
pub(crate) mod personal {
    use super::{
        EmailAddress, MailboxAddress, MobileNumber, NoticeContacts, PersonalFields, Sensitive,
    };

    const MAILBOX: &str = "mailbox";
    const EMAIL: &str = "email";
    const MOBILE: &str = "mobile";
    const KEPT: &str = "kept in the encrypted ledger";

    pub(crate) fn of_route(mailbox: &MailboxAddress, contacts: &NoticeContacts) -> PersonalFields {
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

    pub(crate) fn route(fields: &PersonalFields) -> Option<(MailboxAddress, NoticeContacts)> {
        let text = |name| fields.value(name).map(|value| value.expose("read back"));
        let contacts = NoticeContacts {
            email: text(EMAIL).and_then(|email| EmailAddress::parse(email).ok()),
            mobile: text(MOBILE).and_then(|mobile| MobileNumber::parse(mobile).ok()),
        };
        Some((MailboxAddress::parse(text(MAILBOX)?).ok()?, contacts))
    }
}
