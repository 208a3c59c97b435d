//! The books: what came in, what was decided, what was answered. Append-only, on disk.
//!
//! `journal.jsonl` holds one entry a line and is synced before anything is answered; the state in
//! memory is the fold of its entries, rebuilt at start. Beside it lie the packages and messages as
//! received: `packages/<id>.cms` and `messages/<id>.jwt`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utpost_domain::OrgNumber;
use uuid::Uuid;

use crate::checks::Accepted;
use crate::checks::message::{Content, ReturnHandling};
use crate::checks::receipt::{Event, Original};
use crate::disk;
use crate::fates::Fate;
use crate::faults::{OUTDATED, Way};
use crate::persons::{PersonRow, mailbox_owner, paper_addressee};

/// Why the books could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BooksFault {
    /// Files could not be read or written.
    #[error("books")]
    Files(#[from] io::Error),
    /// A line that is not the last cannot be read: the books are kept as they are.
    #[error("journal line {line} is damaged")]
    Damaged {
        /// Counted from 1.
        line: usize,
        /// Cause.
        source: serde_json::Error,
    },
}

/// One line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// The access point has message and package durably: status OPPRETTET.
    Accepted(Letter),
    /// The access point refused an upload.
    Refused {
        at: Timestamp,
        status: u16,
        why: String,
        /// Which message it was of, where that could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Uuid>,
        /// The checks found message or package wrong; not that they were sent again.
        #[serde(default, skip_serializing_if = "is_false")]
        sender_at_fault: bool,
    },
    /// A message that was not offered before will meet this on its way.
    Fated {
        at: Timestamp,
        message: Uuid,
        conversation: Option<Uuid>,
        fate: Fate,
    },
    /// A call came out otherwise by a message's fate, with this status where one was answered.
    Met {
        at: Timestamp,
        message: Uuid,
        status: Option<u16>,
    },
    /// A later transport status.
    Transport {
        at: Timestamp,
        message: Uuid,
        status: Transport,
        description: String,
    },
    /// The supplier's verdict, check by check.
    Judged {
        at: Timestamp,
        message: Uuid,
        fault: Option<String>,
        verdicts: Vec<String>,
        /// SHA-256 of the main document as opened, hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<String>,
        /// The fault is the sender's, and not of the citizen's mailbox or of a fate.
        #[serde(default, skip_serializing_if = "is_false")]
        sender_at_fault: bool,
    },
    /// A receipt waits to be fetched.
    Receipt(Receipt),
    /// The citizen has opened the letter.
    Opened { at: Timestamp, message: Uuid },
    /// Paper has come back without a receipt: the sender wanted it back.
    CameBack { at: Timestamp, message: Uuid },
    /// The sender has marked a receipt as read.
    Read { at: Timestamp, receipt: Uuid },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_false(is: &bool) -> bool {
    !is
}

/// An accepted message, as far as its further way needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) at: Timestamp,
    pub(crate) message: Uuid,
    pub(crate) kind: LetterKind,
    /// What receipts must know; its sender asks for statuses and fetches the receipts.
    pub(crate) original: Original,
    pub(crate) receiver: OrgNumber,
    /// Issuer of the token inside: an instance on another port later names itself otherwise.
    pub(crate) token_issuer: String,
    /// `kanal`, lower case.
    pub(crate) channel: Option<String>,
    /// Mailbox address, or the addressee's name on paper.
    pub(crate) addressee: String,
    /// Person number of the citizen whose mailbox or name that is, by practice's own table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    /// Digital: whether an opening receipt was asked for.
    pub(crate) opening_asked: bool,
    /// Print: whether an undelivered letter is shredded and reported.
    pub(crate) return_reported: bool,
    /// SHA-256 of the package, hexadecimal.
    pub(crate) digest: String,
    /// Size of the package.
    pub(crate) bytes: u64,
}

impl Letter {
    pub(crate) fn of(
        Accepted { message, claims }: &Accepted,
        channel: Option<String>,
        at: Timestamp,
        bytes: usize,
    ) -> Self {
        let (kind, addressee, opening_asked, return_reported) = match &message.content {
            Content::Digital(digital) => (
                LetterKind::Digital,
                digital.mailbox.clone(),
                digital.wants_opening,
                false,
            ),
            Content::Print(print) => {
                let reported = print.return_handling == ReturnHandling::ShreddedAndReported;
                (
                    LetterKind::Print,
                    print.recipient.name.clone(),
                    false,
                    reported,
                )
            }
        };
        let person = addressed_to(kind, message.receiver, &addressee);
        Self {
            at,
            message: message.instance_id,
            kind,
            person: person.map(|person| person.number.to_owned()),
            original: Original::from(message),
            receiver: message.receiver,
            token_issuer: claims.issuer.clone(),
            channel,
            addressee,
            opening_asked,
            return_reported,
            digest: message
                .fingerprint
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            bytes: bytes as u64,
        }
    }
}

/// Who is meant; a mailbox that is closed by now still says whose it was.
fn addressed_to(
    kind: LetterKind,
    receiver: OrgNumber,
    addressee: &str,
) -> Option<&'static PersonRow> {
    match kind {
        LetterKind::Digital => {
            let address = addressee.strip_prefix(OUTDATED).unwrap_or(addressee);
            mailbox_owner(receiver.as_str(), address)
        }
        LetterKind::Print => paper_addressee(addressee),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LetterKind {
    Digital,
    Print,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Transport {
    #[serde(rename = "OPPRETTET")]
    Created,
    #[serde(rename = "SENDT")]
    Sent,
    #[serde(rename = "FEILET")]
    Failed,
}

/// A receipt as it waits at the access point.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) at: Timestamp,
    pub(crate) receipt: Uuid,
    pub(crate) message: Uuid,
    /// The message member: `leveringskvittering` and so on.
    pub(crate) kind: String,
    /// How it was forged, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forged: Option<String>,
    /// The compact JWS.
    pub(crate) signed: String,
}

/// A letter with everything that has happened to it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Course {
    #[serde(flatten)]
    pub(crate) letter: Letter,
    pub(crate) transport: Vec<(Timestamp, Transport, String)>,
    pub(crate) verdict: Option<Verdict>,
    /// When the citizen opened it first.
    pub(crate) opened_at: Option<Timestamp>,
    /// When the paper came back, where no receipt tells of it.
    pub(crate) came_back_at: Option<Timestamp>,
    /// Kinds of the true receipts, in the order made.
    pub(crate) receipts: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    pub(crate) fault: Option<String>,
    pub(crate) verdicts: Vec<String>,
    #[serde(skip)]
    pub(crate) document: Option<String>,
    #[serde(skip)]
    pub(crate) sender_at_fault: bool,
}

/// A message as it was offered, whether or not it was taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offered {
    pub(crate) conversation: Option<Uuid>,
    pub(crate) fate: Option<Fate>,
    /// Calls its fate has hit.
    pub(crate) met: u32,
    /// Times the books have taken it in; more than once must never be.
    pub(crate) accepted: u32,
    /// Statuses by which uploads of it were refused.
    pub(crate) refusals: Vec<u16>,
    /// An upload of it was refused because message or package was wrong.
    pub(crate) sender_at_fault: bool,
    pub(crate) receipts: Vec<Issued>,
}

/// A receipt that was made, by its entries.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) receipt: Uuid,
    pub(crate) kind: String,
    pub(crate) forged: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) read_at: Option<Timestamp>,
}

impl Offered {
    pub(crate) fn way(&self) -> Option<Way> {
        self.fate.map(|fate| fate.way)
    }

    pub(crate) fn has_forged(&self) -> bool {
        self.receipts.iter().any(|made| made.forged.is_some())
    }
}

impl Course {
    pub(crate) fn has_receipt(&self, event: &Event) -> bool {
        self.receipts.iter().any(|made| made == event.kind())
    }

    /// The supplier has taken it: it lies in the mailbox or in the print shop's pile.
    pub(crate) fn is_delivered(&self) -> bool {
        self.verdict
            .as_ref()
            .is_some_and(|verdict| verdict.fault.is_none())
    }

    /// Not given up, but not handed over and judged yet: work that a restart takes up again.
    pub(crate) fn is_unfinished(&self) -> bool {
        let handed_over = self.has_status(Transport::Sent) && self.verdict.is_some();
        !handed_over && !self.has_status(Transport::Failed)
    }

    pub(crate) fn has_status(&self, wanted: Transport) -> bool {
        self.transport
            .iter()
            .any(|(_, status, _)| *status == wanted)
    }
}

/// Why a message was not taken into the books.
#[derive(Debug)]
pub(crate) enum AcceptFault {
    Duplicate,
    Files(io::Error),
}

/// The open books of one data folder.
pub(crate) struct Books {
    folder: PathBuf,
    journal: File,
    /// Bytes of whole lines in the journal.
    length: u64,
    entries: Vec<Entry>,
    courses: BTreeMap<Uuid, Course>,
    offered: BTreeMap<Uuid, Offered>,
    unread: Vec<Receipt>,
}

impl Books {
    /// Opens the books in `folder`, made when missing. A last line cut off by a power cut is
    /// taken away: nothing was answered for it.
    pub(crate) fn open(folder: &Path) -> Result<Self, BooksFault> {
        for part in ["packages", "messages"] {
            disk::make_folder(&folder.join(part))?;
        }
        let mut journal = disk::open_private(&folder.join("journal.jsonl"))?;
        let mut text = Vec::new();
        journal.read_to_end(&mut text)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let mut books = Self {
            folder: folder.to_owned(),
            journal,
            length: whole as u64,
            entries: Vec::new(),
            courses: BTreeMap::new(),
            offered: BTreeMap::new(),
            unread: Vec::new(),
        };
        books.cut()?;
        for (index, line) in text[..whole]
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
        {
            let entry = serde_json::from_slice(line).map_err(|source| BooksFault::Damaged {
                line: index + 1,
                source,
            })?;
            books.apply(entry);
        }
        Ok(books)
    }

    /// Where an upload is written while it is being received.
    pub(crate) fn upload_path(&self) -> PathBuf {
        self.folder
            .join("packages")
            .join(format!("{}.part", Uuid::new_v4()))
    }

    pub(crate) fn package_path(&self, message: Uuid) -> PathBuf {
        self.folder.join("packages").join(format!("{message}.cms"))
    }

    pub(crate) fn message_path(&self, message: Uuid) -> PathBuf {
        self.folder.join("messages").join(format!("{message}.jwt"))
    }

    /// Takes message and package (already synced, at `upload`) into the books durably.
    pub(crate) fn accept(
        &mut self,
        letter: Letter,
        signed: &str,
        upload: &Path,
    ) -> Result<(), AcceptFault> {
        if self.courses.contains_key(&letter.message) {
            return Err(AcceptFault::Duplicate);
        }
        let message = letter.message;
        disk::rename_durably(upload, &self.package_path(message))
            .and_then(|()| disk::write_durably(&self.message_path(message), signed.as_bytes()))
            .and_then(|()| self.write(Entry::Accepted(letter)))
            .map_err(AcceptFault::Files)
    }

    /// Appends one entry and syncs it before it counts.
    pub(crate) fn write(&mut self, entry: Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let written = self
            .journal
            .write_all(&line)
            .and_then(|()| self.journal.sync_data());
        if let Err(fault) = written {
            self.cut()?;
            return Err(fault);
        }
        self.length += line.len() as u64;
        self.apply(entry);
        Ok(())
    }

    /// Takes away what stands after the last whole line, lest it become the beginning of the next.
    fn cut(&mut self) -> io::Result<()> {
        self.journal.set_len(self.length)?;
        self.journal.seek(SeekFrom::Start(self.length)).map(drop)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn course(&self, message: Uuid) -> Option<&Course> {
        self.courses.get(&message)
    }

    pub(crate) fn courses(&self) -> impl Iterator<Item = &Course> {
        self.courses.values()
    }

    /// Every message that was offered and could be told from others.
    pub(crate) fn offered(&self) -> impl Iterator<Item = (Uuid, &Offered)> {
        self.offered.iter().map(|(id, offered)| (*id, offered))
    }

    pub(crate) fn offer(&self, message: Uuid) -> Option<&Offered> {
        self.offered.get(&message)
    }

    /// What the message has yet to meet, if the next call of this kind is to come out otherwise.
    pub(crate) fn fate_ahead(&self, message: Uuid) -> Option<Way> {
        let offered = self.offered.get(&message)?;
        let fate = offered.fate.filter(|fate| fate.hits(offered.met))?;
        Some(fate.way)
    }

    /// Unread receipts in the order they came.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&Receipt, &Letter)> {
        self.unread
            .iter()
            .filter_map(|receipt| Some((receipt, &self.courses.get(&receipt.message)?.letter)))
    }

    fn apply(&mut self, entry: Entry) {
        match &entry {
            Entry::Accepted(letter) => {
                let course = Course {
                    letter: letter.clone(),
                    transport: vec![(letter.at, Transport::Created, "stored".to_owned())],
                    verdict: None,
                    opened_at: None,
                    came_back_at: None,
                    receipts: Vec::new(),
                };
                self.courses.insert(letter.message, course);
                let offered = self.offered.entry(letter.message).or_default();
                offered.conversation = Some(letter.original.conversation_id);
                offered.accepted += 1;
            }
            Entry::Refused {
                message,
                status,
                sender_at_fault,
                ..
            } => {
                if let Some(message) = message {
                    let offered = self.offered.entry(*message).or_default();
                    offered.refusals.push(*status);
                    offered.sender_at_fault |= sender_at_fault;
                }
            }
            Entry::Fated {
                message,
                conversation,
                fate,
                ..
            } => {
                let offered = self.offered.entry(*message).or_default();
                offered.conversation = *conversation;
                offered.fate = Some(*fate);
            }
            Entry::Met {
                message, status, ..
            } => {
                let offered = self.offered.entry(*message).or_default();
                offered.met += 1;
                offered.refusals.extend(status);
            }
            Entry::Transport {
                at,
                message,
                status,
                description,
            } => {
                if let Some(course) = self.courses.get_mut(message) {
                    course.transport.push((*at, *status, description.clone()));
                }
            }
            Entry::Judged {
                message,
                fault,
                verdicts,
                document,
                sender_at_fault,
                ..
            } => {
                if let Some(course) = self.courses.get_mut(message) {
                    course.verdict = Some(Verdict {
                        fault: fault.clone(),
                        verdicts: verdicts.clone(),
                        document: document.clone(),
                        sender_at_fault: *sender_at_fault,
                    });
                }
            }
            Entry::Receipt(receipt) => {
                if let Some(course) = self.courses.get_mut(&receipt.message)
                    && receipt.forged.is_none()
                {
                    course.receipts.push(receipt.kind.clone());
                }
                let offered = self.offered.entry(receipt.message).or_default();
                offered.receipts.push(Issued {
                    receipt: receipt.receipt,
                    kind: receipt.kind.clone(),
                    forged: receipt.forged.clone(),
                    at: receipt.at,
                    read_at: None,
                });
                self.unread.push(receipt.clone());
            }
            Entry::Opened { at, message } => {
                if let Some(course) = self.courses.get_mut(message) {
                    course.opened_at.get_or_insert(*at);
                }
            }
            Entry::CameBack { at, message } => {
                if let Some(course) = self.courses.get_mut(message) {
                    course.came_back_at.get_or_insert(*at);
                }
            }
            Entry::Read { at, receipt } => {
                let waiting = self.unread.iter().position(|one| one.receipt == *receipt);
                let read = waiting.map(|waiting| self.unread.remove(waiting));
                let offered = read.and_then(|read| self.offered.get_mut(&read.message));
                for made in offered.into_iter().flat_map(|one| &mut one.receipts) {
                    if made.receipt == *receipt {
                        made.read_at = Some(*at);
                    }
                }
            }
        }
        self.entries.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{DIGIPOST, EBOKS, PRINT};
    use crate::checks::message::Controller;

    fn letter() -> Letter {
        let agency = OrgNumber::parse("310702641").unwrap();
        Letter {
            at: Timestamp::UNIX_EPOCH,
            message: Uuid::new_v4(),
            kind: LetterKind::Digital,
            original: Original {
                conversation_id: Uuid::new_v4(),
                process: String::new(),
                sender: agency,
                controller: Controller {
                    organisation: agency,
                    unit: None,
                    invoice_reference: None,
                },
            },
            receiver: OrgNumber::parse("984661185").unwrap(),
            token_issuer: String::new(),
            channel: None,
            addressee: "a#1".to_owned(),
            person: None,
            opening_asked: false,
            return_reported: false,
            digest: String::new(),
            bytes: 3,
        }
    }

    fn upload(books: &Books) -> PathBuf {
        let path = books.upload_path();
        std::fs::write(&path, b"cms").unwrap();
        path
    }

    #[test]
    fn the_books_are_the_same_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let letter = letter();
        let mut books = Books::open(folder.path()).unwrap();
        let part = upload(&books);
        books.accept(letter.clone(), "a.b.c", &part).unwrap();
        drop(books);
        let books = Books::open(folder.path()).unwrap();
        let course = books.course(letter.message).unwrap();
        assert!(course.is_unfinished());
        assert_eq!(course.transport[0].1, Transport::Created);
        assert_eq!(
            std::fs::read(books.package_path(letter.message)).unwrap(),
            b"cms"
        );
    }

    #[test]
    fn the_books_know_the_citizen_by_mailbox_and_by_name() {
        let number = |kind, receiver: &str, addressee: &str| {
            let receiver = OrgNumber::parse(receiver).unwrap();
            addressed_to(kind, receiver, addressee).map(|person| person.number)
        };
        let digital = LetterKind::Digital;
        let rask = "06925115949";
        assert_eq!(number(digital, DIGIPOST, "rask.elveos#5949"), Some(rask));
        let closed = format!("{OUTDATED}rask.elveos#5949");
        assert_eq!(number(digital, DIGIPOST, &closed), Some(rask));
        // Another supplier's, or nobody's.
        assert_eq!(number(digital, EBOKS, "rask.elveos#5949"), None);
        assert_eq!(number(digital, DIGIPOST, "rask.elveos#5940"), None);
        let paper = LetterKind::Print;
        assert_eq!(
            number(paper, PRINT, "Reservert Granskog"),
            Some("02825777442")
        );
        assert_eq!(number(paper, PRINT, "Ukjent Ukjentsen"), None);
    }

    #[test]
    fn the_same_message_is_accepted_once() {
        let folder = tempfile::tempdir().unwrap();
        let letter = letter();
        let mut books = Books::open(folder.path()).unwrap();
        let (first, second) = (upload(&books), upload(&books));
        books.accept(letter.clone(), "a.b.c", &first).unwrap();
        let again = books.accept(letter, "a.b.c", &second);
        assert!(matches!(again, Err(AcceptFault::Duplicate)));
    }

    #[test]
    fn what_is_written_is_never_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut books = Books::open(folder.path()).unwrap();
        let journal = folder.path().join("journal.jsonl");
        let mut before = Vec::new();
        for _ in 0..20 {
            let part = upload(&books);
            let letter = letter();
            let line = serde_json::to_vec(&Entry::Accepted(letter.clone())).unwrap();
            books.accept(letter, "a.b.c", &part).unwrap();
            let after = std::fs::read(&journal).unwrap();
            assert_eq!(after.len(), before.len() + line.len() + 1);
            assert!(after.starts_with(&before));
            before = after;
        }
    }

    #[test]
    fn a_line_cut_off_by_a_power_cut_is_forgotten_and_a_damaged_one_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let mut books = Books::open(folder.path()).unwrap();
        let refused = Entry::Refused {
            at: Timestamp::UNIX_EPOCH,
            status: 400,
            why: String::new(),
            message: None,
            sender_at_fault: false,
        };
        books.write(refused.clone()).unwrap();
        books.journal.write_all(b"{\"entry\":\"ref").unwrap();
        drop(books);
        let mut books = Books::open(folder.path()).unwrap();
        assert_eq!(books.entries().len(), 1);
        books.write(refused.clone()).unwrap();
        books.journal.write_all(b"nonsense\n").unwrap();
        books.write(refused).unwrap();
        let opened = Books::open(folder.path()).map(drop);
        assert!(matches!(opened, Err(BooksFault::Damaged { line: 3, .. })));
    }
}
