//! What happens to a letter after the access point has it: the handing over, the supplier's checks,
//! the mailbox, the receipts.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan};
use openssl::error::ErrorStack;
use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use utpost_domain::OrgNumber;
use uuid::Uuid;

use crate::answers::{KeptDocument, LetterContents};
use crate::authority::{AGENCY, DIGIPOST, EBOKS, Identity, PRINT};
use crate::books::{Course, Entry, Letter, LetterKind, Offered, Receipt, Transport};
use crate::checks::jws::Compact;
use crate::checks::message::{Content, Digital, Message};
use crate::checks::receipt::{self, Event, NoticeChannel, Side};
use crate::checks::token::TokenIssuer;
use crate::checks::{self, Fault, Outcome, Provider, Span, Takes, Verdict, mailbox_checks};
use crate::disk;
use crate::faults::Way;
use crate::persons::{Fate, mailbox_owner, paper_addressee};
use crate::problem::Problem;
use crate::world::{Shared, World};

/// The folder of opened letters: `mailboxes/<supplier>/<message>/`.
pub(crate) const MAILBOXES: &str = "mailboxes";
const CONTENTS: &str = "contents.json";
/// The only sub-unit of the agency that the suppliers know.
const UNIT: &str = "310702641:skole";
/// A sealed letter may have waited in an outbox as long as this, hours.
const LONGEST_WAIT: i64 = 30 * 24;

/// Takes up what an earlier instance left unfinished. What is due by now has happened when this
/// returns, so that nothing stands still where practice runs only for moments at a time.
pub(crate) async fn take_up(world: &Shared) {
    let unfinished: Vec<(Uuid, Timestamp)> = {
        let books = world.books();
        let courses = books.courses().filter(|course| {
            let offered = books.offer(course.letter.message);
            course.is_unfinished() || next_act(world, course, offered).is_some()
        });
        courses
            .map(|course| (course.letter.message, course.letter.at))
            .collect()
    };
    for (message, accepted_at) in unfinished {
        let age = Duration::try_from(world.now().duration_since(accepted_at)).unwrap_or_default();
        match world.options.sent_after.checked_sub(age) {
            None | Some(Duration::ZERO) => walk(Arc::clone(world), message, Duration::ZERO).await,
            Some(left) => {
                tokio::spawn(walk(Arc::clone(world), message, left));
            }
        }
    }
}

/// Lets happen to all letters what happens without anybody's call.
pub(crate) async fn act_on_all(world: &Shared) {
    let due: Vec<Uuid> = {
        let books = world.books();
        let courses = books.courses().filter(|course| {
            let offered = books.offer(course.letter.message);
            !course.is_unfinished() && next_act(world, course, offered).is_some()
        });
        courses.map(|course| course.letter.message).collect()
    };
    for message in due {
        work(world, message, act).await;
    }
}

/// Carries a letter accepted just now to its supplier, in a task of its own.
pub(crate) fn carry(world: &Shared, message: Uuid) {
    let wait = world.options.sent_after;
    tokio::spawn(walk(Arc::clone(world), message, wait));
}

/// The way of a letter from the access point to the last thing that happens to it unasked.
async fn walk(world: Shared, message: Uuid, wait: Duration) {
    tokio::time::sleep(wait).await;
    if receipts_come_first(&world, message) {
        work(&world, message, deliver).await;
        work(&world, message, hand_over).await;
    } else {
        if work(&world, message, hand_over).await != Some(true) {
            return;
        }
        tokio::time::sleep(world.options.receipt_after).await;
        work(&world, message, deliver).await;
    }
    work(&world, message, act).await;
}

/// Does a step of a letter's way where it may take its time; `None` when it failed, for the next
/// start to take up.
async fn work<T: Send + 'static>(
    world: &Shared,
    message: Uuid,
    step: fn(&World, Uuid) -> Result<T, Problem>,
) -> Option<T> {
    let world = Arc::clone(world);
    match tokio::task::spawn_blocking(move || step(&world, message)).await {
        Ok(Ok(done)) => Some(done),
        // The problem was logged where it arose.
        Ok(Err(_)) => None,
        Err(_) => {
            tracing::error!(%message, "a step of the letter's way has failed");
            None
        }
    }
}

/// Whether the supplier reports before the access point has told SENDT.
fn receipts_come_first(world: &World, message: Uuid) -> bool {
    let books = world.books();
    let way = books.offer(message).and_then(Offered::way);
    let letter = books.course(message).map(|course| &course.letter);
    matches!(way, Some(Way::ReceiptsReordered | Way::FailedEarly))
        && letter.is_some_and(|letter| handing_over(letter, way).0 == Transport::Sent)
}

/// What happens to a delivered letter without anybody's call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Report(Event),
    /// The citizen opens it; reported when that was asked for.
    Open,
    /// Paper comes back to the sender, who asked for no report.
    ComeBack,
}

/// What happens next to a letter without anybody's call, by its fate and by what is set.
pub(crate) fn next_act(world: &World, course: &Course, offered: Option<&Offered>) -> Option<Act> {
    if !course.is_delivered() || course.receipts.iter().any(|kind| kind == FAILED) {
        return None;
    }
    if offered.and_then(Offered::way) == Some(Way::FailedLate) {
        return Some(Act::Report(supplier_fault()));
    }
    let auto = world.faults.auto()?;
    let letter = &course.letter;
    match letter.kind {
        LetterKind::Digital => {
            let opens = course.opened_at.is_none()
                && fate(letter) != Fate::Silent
                && auto.opens(letter.message);
            opens.then_some(Act::Open)
        }
        LetterKind::Print if !auto.post => None,
        LetterKind::Print if !course.has_receipt(&Event::Delivered) => {
            Some(Act::Report(Event::Delivered))
        }
        LetterKind::Print => {
            let is_back = course.came_back_at.is_some() || course.has_receipt(&Event::Returned);
            let returns = fate(letter) == Fate::Returned || auto.returns(letter.message);
            match letter.return_reported {
                _ if is_back || !returns => None,
                true => Some(Act::Report(Event::Returned)),
                false => Some(Act::ComeBack),
            }
        }
    }
}

const FAILED: &str = "feil";

/// Lets happen to a letter what happens without anybody's call, until nothing more does.
pub(crate) fn act(world: &World, message: Uuid) -> Result<(), Problem> {
    let _acting = world.acting.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let (act, course) = {
            let books = world.books();
            let Some(course) = books.course(message) else {
                return Ok(());
            };
            let Some(act) = next_act(world, course, books.offer(message)) else {
                return Ok(());
            };
            (act, course.clone())
        };
        let at = world.now();
        match act {
            Act::Report(event) => report_as_fated(world, message, event)?,
            Act::ComeBack => write(world, Entry::CameBack { at, message })?,
            Act::Open => {
                // The receipt first: what ends this is the entry of the opening.
                if course.letter.opening_asked && !course.has_receipt(&Event::Opened) {
                    report_as_fated(world, message, Event::Opened)?;
                }
                write(world, Entry::Opened { at, message })?;
            }
        }
    }
}

/// Reports once, or twice when that is the message's fate.
fn report_as_fated(world: &World, message: Uuid, event: Event) -> Result<(), Problem> {
    let way = world.books().offer(message).and_then(Offered::way);
    if way == Some(Way::ReceiptsTwice) {
        report(world, message, event.clone())?;
    }
    report(world, message, event).map(drop)
}

pub(crate) fn supplier_fault() -> Event {
    Event::Failed {
        side: Side::Server,
        details: Some(SUPPLIER_FAULT.to_owned()),
    }
}

const SUPPLIER_FAULT: &str = "the supplier could not process the message";

/// Makes, signs and stores one receipt; gives its identifier.
pub(crate) fn report(world: &World, message: Uuid, event: Event) -> Result<Uuid, Problem> {
    store(world, message, event, None)
}

/// How a receipt is forged on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Forgery {
    /// The supplier's certificate, a signature by another key.
    #[default]
    WrongKey,
    /// A certificate of the supplier's name by an authority of our authority's name.
    ForeignCa,
    /// Rightly signed by an organisation that is not the supplier.
    WrongSender,
    /// The supplier's signature over another text.
    Tampered,
    /// Rightly signed, but of a conversation nobody has begun.
    UnknownConversation,
}

impl Forgery {
    fn name(self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_key",
            Self::ForeignCa => "foreign_ca",
            Self::WrongSender => "wrong_sender",
            Self::Tampered => "tampered",
            Self::UnknownConversation => FOREIGN,
        }
    }
}

/// The forgery whose receipts answer a conversation nobody has begun.
pub(crate) const FOREIGN: &str = "unknown_conversation";

/// Puts a forged receipt for a letter into the inbox.
pub(crate) fn forge(
    world: &World,
    message: Uuid,
    event: Event,
    forgery: Forgery,
) -> Result<Uuid, Problem> {
    store(world, message, event, Some(forgery))
}

/// What the night brings to a letter on paper: it is posted, and the night after it may come back.
pub(crate) fn next_night(course: &Course) -> Option<Event> {
    let letter = &course.letter;
    if letter.kind != LetterKind::Print || !course.is_delivered() {
        return None;
    }
    if !course.has_receipt(&Event::Delivered) {
        return Some(Event::Delivered);
    }
    let comes_back = fate(letter) == Fate::Returned
        && letter.return_reported
        && !course.has_receipt(&Event::Returned);
    comes_back.then_some(Event::Returned)
}

/// The list of what a supplier took out of a letter, as it stands beside the files.
pub(crate) fn contents(world: &World, letter: &Letter) -> LetterContents {
    std::fs::read(folder(world, letter).join(CONTENTS))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Where a document of that list lies.
pub(crate) fn document_path(world: &World, letter: &Letter, document: &KeptDocument) -> PathBuf {
    folder(world, letter).join(&document.file)
}

/// The message of a letter that was delivered.
pub(crate) fn message_of(world: &World, letter: &Letter) -> Option<Message> {
    let path = world.books().message_path(letter.message);
    let signed = std::fs::read(path).ok()?;
    let payload = Compact::parse(&signed).ok()?.json().ok()?;
    Message::read(&payload).ok()
}

/// By which way a notice fails where one does.
pub(crate) fn failing_notice(digital: &Digital) -> Option<NoticeChannel> {
    let email = digital.email.as_ref().map(|_| NoticeChannel::Email);
    let sms = digital.sms.as_ref().map(|_| NoticeChannel::Sms);
    email.or(sms)
}

/// Whether the supplier's access point took it: the status is SENDT, else FEILET.
fn hand_over(world: &World, message: Uuid) -> Result<bool, Problem> {
    let (course, way) = {
        let books = world.books();
        let way = books.offer(message).and_then(Offered::way);
        (books.course(message).cloned(), way)
    };
    let Some(course) = course else {
        return Ok(false);
    };
    if course.has_status(Transport::Sent) {
        return Ok(true);
    }
    let (status, description) = handing_over(&course.letter, way);
    let (at, description) = (world.now(), description.to_owned());
    write(
        world,
        Entry::Transport {
            at,
            message,
            status,
            description,
        },
    )?;
    Ok(status == Transport::Sent)
}

/// The status that handing over ends with, and its description.
fn handing_over(letter: &Letter, way: Option<Way>) -> (Transport, &'static str) {
    if !receiver_is_registered(letter) {
        let why = "the receiver is not in the address register";
        (Transport::Failed, why)
    } else if fate(letter) == Fate::NotHandedOver || way == Some(Way::NotHandedOver) {
        let why = "the receiver's access point did not answer";
        (Transport::Failed, why)
    } else {
        (Transport::Sent, "accepted by the receiver's access point")
    }
}

/// Whether the receiver takes letters of this kind, by the address register.
pub(crate) fn receiver_is_registered(letter: &Letter) -> bool {
    match letter.kind {
        LetterKind::Digital => matches!(letter.receiver.as_str(), DIGIPOST | EBOKS),
        LetterKind::Print => letter.receiver.as_str() == PRINT,
    }
}

/// The supplier opens the letter, checks it, keeps it for the citizen, and reports.
///
/// The verdict is written last: after a stop in between the whole is done again, but receipts that
/// were made by then are not made twice.
fn deliver(world: &World, message: Uuid) -> Result<(), Problem> {
    let (course, offered) = {
        let books = world.books();
        let offered = books.offer(message).cloned().unwrap_or_default();
        (books.course(message).cloned(), offered)
    };
    let Some(course) = course.filter(|course| course.verdict.is_none()) else {
        return Ok(());
    };
    let (letter, way) = (&course.letter, offered.way());
    let (verdict, opened) = check(world, letter)?;
    let fate = fate(letter);
    let refused = verdict
        .refusal()
        .map(|(_, fault)| (Side::Client, fault.to_string()));
    let broken = (fate == Fate::SupplierFault || way == Some(Way::FailedEarly))
        .then(|| (Side::Server, SUPPLIER_FAULT.to_owned()));
    let sender_at_fault = is_senders_fault(&verdict, fate, way);
    let document = opened.as_ref().and_then(main_document);
    let (fault, events) = match (refused.or(broken), opened) {
        (Some((side, text)), _) => (
            Some(text.clone()),
            vec![Event::Failed {
                side,
                details: Some(text),
            }],
        ),
        (None, Some(opened)) => {
            keep(world, letter, &opened).map_err(|fault| Problem::internal("mailbox", &fault))?;
            (None, events(&opened, fate))
        }
        (None, None) => (None, Vec::new()),
    };
    if !offered.has_forged() {
        forge_as_fated(world, message, way)?;
    }
    for event in in_order(world, letter, events, way) {
        if !course.has_receipt(&event) {
            report(world, message, event)?;
        }
    }
    let verdicts = verdict.checks().iter().map(described).collect();
    write(
        world,
        Entry::Judged {
            at: world.now(),
            message,
            fault,
            verdicts,
            document,
            sender_at_fault,
        },
    )
}

/// Whether a letter that was refused should not have been sent so. That a mailbox was closed is
/// nobody's fault where its row in the table or the message's fate says so.
fn is_senders_fault(verdict: &Verdict, fate: Fate, way: Option<Way>) -> bool {
    match verdict.refusal() {
        None => false,
        // The supplier's own certificate, as it is set up here.
        Some((_, Fault::OwnCertificate(_) | Fault::CertificateIsAnothers)) => false,
        Some((_, Fault::NoMailbox)) => fate != Fate::Closed && way != Some(Way::OutdatedMailbox),
        Some(_) => true,
    }
}

/// SHA-256 of the main document.
fn main_document(opened: &checks::Letter) -> Option<String> {
    let main = opened.manifest.documents().next()?;
    let file = opened.files.iter().find(|file| file.name == main.href)?;
    Some(hex(&sha256(&file.bytes)))
}

/// A forgery claims the highest state there is, so that it shows when somebody believes it.
fn forge_as_fated(world: &World, message: Uuid, way: Option<Way>) -> Result<(), Problem> {
    match way {
        Some(Way::ForgedReceipt { forgery }) => {
            forge(world, message, supplier_fault(), forgery).map(drop)
        }
        Some(Way::ForeignReceipt) => {
            let forgery = Forgery::UnknownConversation;
            forge(world, message, Event::Delivered, forgery).map(drop)
        }
        _ => Ok(()),
    }
}

/// The supplier's events as the message's fate has them come.
fn in_order(
    world: &World,
    letter: &Letter,
    mut events: Vec<Event>,
    way: Option<Way>,
) -> Vec<Event> {
    match way {
        Some(Way::ReceiptsTwice) => events
            .into_iter()
            .flat_map(|event| [event.clone(), event])
            .collect(),
        Some(Way::ReceiptsReordered) => {
            let auto = world.faults.auto();
            let is_posted = events == [Event::AcceptedForPrint] && auto.is_some_and(|set| set.post);
            let is_opened = events == [Event::Delivered]
                && letter.opening_asked
                && auto.is_some_and(|set| set.opens(letter.message));
            if is_posted {
                events.push(Event::Delivered);
            } else if is_opened {
                events.push(Event::Opened);
            }
            events.reverse();
            events
        }
        _ => events,
    }
}

fn check(world: &World, letter: &Letter) -> Result<(Verdict, Option<checks::Letter>), Problem> {
    let lost = |fault: io::Error| Problem::internal("books", &fault);
    let (signed, package) = {
        let books = world.books();
        (
            books.message_path(letter.message),
            books.package_path(letter.message),
        )
    };
    let signed = std::fs::read(signed).map_err(lost)?;
    let package = std::fs::read(package).map_err(lost)?;
    let supplier = supplier(world, letter)?;
    let receiver = letter.receiver;
    let tokens = TokenIssuer {
        name: letter.token_issuer.clone(),
        key: world.tokens.key.clone(),
    };
    let earliest = letter
        .at
        .saturating_sub(LONGEST_WAIT.hours())
        .unwrap_or(letter.at);
    let latest = letter
        .at
        .saturating_add(SignedDuration::from_secs(10))
        .unwrap_or(letter.at);
    Ok(mailbox_checks(
        &signed,
        &package,
        Provider {
            organisation: receiver,
            takes: match letter.kind {
                LetterKind::Digital => Takes::Digital,
                LetterKind::Print => Takes::Print,
            },
            certificate: &supplier.certificate,
            key: &supplier.key,
            tokens: &tokens,
            trust: &world.trust,
            is_registered: &is_registered,
            mailbox_is_open: &|address| {
                mailbox_owner(receiver.as_str(), address)
                    .is_some_and(|owner| owner.fate != Fate::Closed)
            },
            made: Span { earliest, latest },
            cms: checks::cms_profile::Tolerance::default(),
            limits: checks::package::Limits::default(),
            at: world.now(),
        },
    ))
}

fn is_registered(sender: OrgNumber, unit: Option<&str>) -> bool {
    sender.as_str() == AGENCY && unit.is_none_or(|unit| unit == UNIT)
}

fn described(check: &checks::Check) -> String {
    let outcome = match &check.outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Refused(fault) => format!("refused, {fault}"),
        Outcome::NotPossible(why) => format!("not possible, {why:?}"),
    };
    format!("{} {}: {outcome}", check.number, check.name)
}

/// What the supplier reports by itself of a letter that it has taken.
fn events(opened: &checks::Letter, fate: Fate) -> Vec<Event> {
    let Content::Digital(digital) = &opened.message.content else {
        return vec![Event::AcceptedForPrint];
    };
    let opening = digital.wants_opening.then_some(Event::Opened);
    match fate {
        Fate::Silent => Vec::new(),
        Fate::OpensAtOnce => std::iter::once(Event::Delivered).chain(opening).collect(),
        Fate::NoticeFails => {
            let failed = failing_notice(digital).map(|channel| Event::NotificationFailed {
                channel,
                description: Some("the address does not take messages".to_owned()),
            });
            std::iter::once(Event::Delivered).chain(failed).collect()
        }
        Fate::ReceiptsTwice => {
            let last_first = opening.into_iter().chain([Event::Delivered]);
            last_first
                .flat_map(|event| [event.clone(), event])
                .collect()
        }
        _ => vec![Event::Delivered],
    }
}

fn fate(letter: &Letter) -> Fate {
    let person = match letter.kind {
        LetterKind::Digital => mailbox_owner(letter.receiver.as_str(), &letter.addressee),
        LetterKind::Print => paper_addressee(&letter.addressee),
    };
    person.map_or(Fate::Plain, |person| person.fate)
}

/// Puts the opened documents where the citizen's view reads them, the list last.
fn keep(world: &World, letter: &Letter, opened: &checks::Letter) -> io::Result<()> {
    let folder = folder(world, letter);
    disk::make_folder(&folder)?;
    let mut documents = Vec::new();
    for (index, document) in opened.manifest.documents().enumerate() {
        let Some(file) = opened.files.iter().find(|file| file.name == document.href) else {
            continue;
        };
        let name = file_name(index, &file.name);
        disk::write_durably(&folder.join(&name), &file.bytes)?;
        documents.push(KeptDocument {
            name: document.href.clone(),
            file: name,
            title: document.title.as_ref().map(|title| title.text.clone()),
            media_type: document.media_type.clone(),
            bytes: file.bytes.len() as u64,
            sha256: hex(&sha256(&file.bytes)),
        });
    }
    let contents = LetterContents {
        non_sensitive_title: match &opened.message.content {
            Content::Digital(digital) => Some(digital.non_sensitive_title.clone()),
            Content::Print(_) => None,
        },
        documents,
    };
    disk::write_durably(
        &folder.join(CONTENTS),
        &serde_json::to_vec_pretty(&contents)?,
    )
}

/// The sender's own name when it is harmless on every file system, else a number.
fn file_name(index: usize, given: &str) -> String {
    let harmless = given
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !given.starts_with('.')
        && given != CONTENTS;
    if harmless {
        given.to_owned()
    } else {
        format!("document-{}", index + 1)
    }
}

fn folder(world: &World, letter: &Letter) -> PathBuf {
    let supplier = world
        .options
        .data_dir
        .join(MAILBOXES)
        .join(letter.receiver.as_str());
    supplier.join(letter.message.to_string())
}

fn supplier<'a>(world: &'a World, letter: &Letter) -> Result<&'a Identity, Problem> {
    world
        .authority
        .supplier(letter.receiver.as_str())
        .ok_or_else(Problem::not_found)
}

fn store(
    world: &World,
    message: Uuid,
    event: Event,
    forgery: Option<Forgery>,
) -> Result<Uuid, Problem> {
    let letter = world
        .books()
        .course(message)
        .map(|course| course.letter.clone());
    let letter = letter.ok_or_else(Problem::not_found)?;
    let at = world.now();
    let receipt = receipt::Receipt {
        receipt_id: Uuid::new_v4(),
        provider: letter.receiver,
        at,
        event,
    };
    let signed = sign(world, &letter, &receipt, forgery)?
        .map_err(|fault| Problem::internal("receipt", &fault))?;
    let entry = Receipt {
        at,
        receipt: receipt.receipt_id,
        message,
        kind: receipt.event.kind().to_owned(),
        forged: forgery.map(|forgery| forgery.name().to_owned()),
        signed,
    };
    write(world, Entry::Receipt(entry))?;
    Ok(receipt.receipt_id)
}

fn sign(
    world: &World,
    letter: &Letter,
    receipt: &receipt::Receipt,
    forgery: Option<Forgery>,
) -> Result<Result<String, ErrorStack>, Problem> {
    let document = receipt.to_json(&letter.original);
    let own = supplier(world, letter)?;
    let by = |identity: &Identity| receipt::sign(&document, &identity.key, &identity.certificate);
    let forged = |forgery| receipt::forge(&document, &own.key, &own.certificate, forgery);
    Ok(match forgery {
        None => by(own),
        Some(Forgery::WrongKey) => forged(receipt::Forgery::WrongKey),
        Some(Forgery::ForeignCa) => by(&world.authority.foreign),
        Some(Forgery::WrongSender) => by(&world.authority.neighbour),
        Some(Forgery::Tampered) => forged(receipt::Forgery::ChangedText),
        Some(Forgery::UnknownConversation) => {
            let mut stray = letter.original.clone();
            stray.conversation_id = Uuid::new_v4();
            receipt::sign(&receipt.to_json(&stray), &own.key, &own.certificate)
        }
    })
}

fn write(world: &World, entry: Entry) -> Result<(), Problem> {
    world
        .books()
        .write(entry)
        .map_err(|fault| Problem::internal("books", &fault))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
