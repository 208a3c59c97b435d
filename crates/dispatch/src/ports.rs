//! What the use cases need from outside, as traits. Implemented by `access` (services over
//! HTTPS), `ledger` (the encrypted file) and the composition roots (clock).
//!
//! All calls block. Each implementation bounds its own time.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use utpost_domain::{
    Actor, Carrier, ConversationId, Digest, Environment, Event, Letter, LetterId, LetterKind,
    MessageId, NationalId, Note, OrgNumber, PersonalFields, ReceiptId, RecipientName,
    RegisterAnswer, Sensitive, State,
};
use utpost_parcel::Source;
use utpost_pki::SignFault;
use utpost_wire::{AccessToken, InboxItem, PrintProvider, SignedMessage, StatusLine, TokenDenial};

use crate::Query;

/// The time of day, and waiting. Scaled in endurance runs, so nothing else may ask the system.
pub trait Clock: Send + Sync {
    /// This instant.
    fn now(&self) -> Timestamp;
    /// Waits for `pause` as this clock counts it.
    fn wait(&self, pause: Duration);
}

/// The contact and reservation register.
pub trait Register: Send + Sync {
    /// Asks about one citizen, and never answers from memory: mailboxes move. Three tries within
    /// about half a minute where the register is silent; the caller must never read a fault as "no
    /// mailbox".
    ///
    /// # Errors
    /// [`CallFault`]; every one of them means that the letter waits.
    fn look_up(&self, citizen: &NationalId) -> Result<RegisterAnswer, CallFault>;

    /// Asks who prints, and with which certificate the package is sealed. May be answered from
    /// memory for some hours.
    ///
    /// # Errors
    /// [`CallFault`].
    fn print_provider(&self) -> Result<PrintProvider, CallFault>;
}

/// The agency's access point (corner 2), together with the token its calls carry.
pub trait AccessPoint: Send + Sync {
    /// A token for sending, valid for at least `outlive` from now. The same token goes into the
    /// message and over it.
    ///
    /// # Errors
    /// [`CallFault`], with [`CallFault::Denied`] when the token service refuses.
    fn sending_token(&self, outlive: Duration) -> Result<AccessToken, CallFault>;

    /// Uploads one sealed letter. `progress` is told the bytes handed over so far.
    ///
    /// # Errors
    /// [`CallFault::Unreachable`] surely means that nothing was received;
    /// [`CallFault::AnswerLost`] that nobody knows, and so does [`CallFault::Busy`] but for
    /// 408, 429 and 503; [`CallFault::Duplicate`] that it was received before. Nothing is
    /// repeated here: that is the caller's rule.
    fn submit(
        &self,
        submission: &Submission<'_>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), CallFault>;

    /// The transport statuses of a message; `None` when the access point does not know it, empty
    /// when it says nothing of it.
    ///
    /// # Errors
    /// [`CallFault`].
    fn statuses(&self, message: MessageId) -> Result<Option<Vec<StatusLine>>, CallFault>;

    /// One page of unread receipts of one channel.
    ///
    /// # Errors
    /// [`CallFault`].
    fn unread(&self, query: &InboxQuery<'_>) -> Result<Vec<InboxItem>, CallFault>;

    /// Tells that a receipt is kept here. Unknown or already marked counts as done.
    ///
    /// # Errors
    /// [`CallFault`].
    fn mark_read(&self, receipt: ReceiptId) -> Result<(), CallFault>;
}

/// One upload.
pub struct Submission<'a> {
    /// The id used in every later question about it.
    pub message: MessageId,
    /// The channel tag of this ledger, see [`Ledger::channel_tag`].
    pub channel_tag: &'a str,
    /// The signed message.
    pub signed: &'a SignedMessage,
    /// The very token that stands in the message.
    pub token: &'a AccessToken,
    /// The sealed parcel on disk.
    pub parcel: &'a Path,
    /// Its size in bytes.
    pub parcel_bytes: u64,
}

/// Which unread receipts to ask for.
pub struct InboxQuery<'a> {
    /// The channel tag of this ledger.
    pub channel_tag: &'a str,
    /// Only those of this sub-unit (`avsenderidentifikator`), when given.
    pub unit: Option<&'a str>,
    /// Zero-based page.
    pub page: u32,
    /// Items a page.
    pub page_size: u32,
}

/// Which service a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remote {
    /// Maskinporten.
    Tokens,
    /// KRR.
    Register,
    /// Corner 2.
    AccessPoint,
}

/// Why a service gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFault {
    /// No connection was made, or it broke before the request was handed over: surely not
    /// received.
    #[error("{service:?} could not be reached")]
    Unreachable {
        /// Which.
        service: Remote,
        /// The transport's own error, without address or content.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The request left, and no answer came back. Nobody knows whether it was received.
    #[error("the answer of {service:?} was lost")]
    AnswerLost {
        /// Which.
        service: Remote,
        /// The transport's own error.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// 401 also with a new token.
    #[error("{service:?} does not accept the token")]
    Unauthorized {
        /// Which.
        service: Remote,
    },
    /// 403: scope or agreement missing.
    #[error("{service:?} denies access")]
    Forbidden {
        /// Which.
        service: Remote,
    },
    /// 404 or 410 on an address that must exist.
    #[error("{service:?} is not at this address")]
    WrongAddress {
        /// Which.
        service: Remote,
    },
    /// 408, 429 or 5xx.
    #[error("{service:?} is busy or down ({status})")]
    Busy {
        /// Which.
        service: Remote,
        /// HTTP status.
        status: u16,
        /// What the service asked for.
        retry_after: Option<Duration>,
    },
    /// 413.
    #[error("{service:?} finds the package too large")]
    TooLarge {
        /// Which.
        service: Remote,
    },
    /// The message id is known already: it was received before.
    #[error("{service:?} has received this message before")]
    Duplicate {
        /// Which.
        service: Remote,
    },
    /// The bytes that arrived are not those whose digest was signed.
    #[error("{service:?} received damaged bytes")]
    DamagedOnTheWay {
        /// Which.
        service: Remote,
    },
    /// Another refusal (400 and other 4xx).
    #[error("{service:?} refused the request ({status})")]
    Refused {
        /// Which.
        service: Remote,
        /// HTTP status.
        status: u16,
        /// The text of the service; may hold ids.
        detail: Option<Sensitive<String>>,
    },
    /// An answer of success that cannot be understood.
    #[error("the answer of {service:?} is not understood")]
    Unreadable {
        /// Which.
        service: Remote,
        /// What the reader said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The token service refused the grant.
    #[error("the token service refused: {0:?}")]
    Denied(TokenDenial),
    /// The token lacks a scope without which the answer would mislead.
    #[error("the token lacks the scope {scope}")]
    ScopeMissing {
        /// The scope.
        scope: &'static str,
    },
    /// The clock of this machine is more than five minutes off.
    #[error("the clock is {seconds} s off")]
    ClockFarOff {
        /// Seconds this machine is ahead of the service; negative when behind.
        seconds: i64,
    },
    /// The key did not sign.
    #[error("the key did not sign")]
    Signing(#[from] SignFault),
    /// The parcel on disk could not be read while uploading; nothing was accepted.
    #[error("the sealed parcel could not be read")]
    Parcel(#[source] std::io::Error),
}

/// One event about to be written, with the personal values that its hash covers and that
/// retention deletes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What happened; nothing personal.
    pub event: Event,
    /// The personal values.
    pub personal: PersonalFields,
}

/// One event as written.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Place in the chain of the whole ledger, from 1.
    pub position: u64,
    /// What happened.
    pub event: Event,
    /// The personal values; empty after retention.
    pub personal: PersonalFields,
    /// The event's hash.
    pub hash: Digest,
}

/// A document as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptDocument {
    /// SHA-256 of the plain bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: u64,
}

/// A receipt about to be kept. Its raw text never prints.
#[derive(Clone)]
pub struct IncomingReceipt {
    /// The id it says it has, by which it is marked read; `None` when it cannot be read. Anybody
    /// can write a known id into a forged receipt.
    pub receipt: Option<ReceiptId>,
    /// The conversation it names.
    pub conversation: Option<ConversationId>,
    /// The letter it belongs to, when this ledger has it.
    pub letter: Option<LetterId>,
    /// The text exactly as received.
    pub raw: String,
    /// When it was fetched.
    pub received_at: Timestamp,
    /// What was found, as a code: [`IncomingReceipt::VERIFIED`], or the name of a fault.
    pub verdict: String,
    /// Who signed it, as far as the certificate could be read.
    pub signer: Option<OrgNumber>,
}

impl IncomingReceipt {
    /// The verdict of a receipt that passed every check.
    pub const VERIFIED: &'static str = "VERIFIED";
}

impl fmt::Debug for IncomingReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingReceipt")
            .field("receipt", &self.receipt)
            .field("conversation", &self.conversation)
            .field("letter", &self.letter)
            .field("received_at", &self.received_at)
            .field("verdict", &self.verdict)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

/// A receipt as kept.
#[derive(Debug, Clone)]
pub struct StoredReceipt {
    /// What was received and found.
    pub receipt: IncomingReceipt,
    /// When the access point was told that it is kept here.
    pub acknowledged_at: Option<Timestamp>,
}

/// Whether a receipt was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKept {
    /// Written now.
    New,
    /// It was here already; nothing was written, neither receipt nor event.
    Known,
}

/// One letter in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    /// The letter.
    pub letter: LetterId,
    /// Its state.
    pub state: State,
    /// What it is in law.
    pub kind: LetterKind,
    /// The way chosen or, while stopped, proposed.
    pub carrier: Option<Carrier>,
    /// Who it is sealed for.
    pub receiver: Option<OrgNumber>,
    /// The title; `None` after retention.
    pub title: Option<Sensitive<String>>,
    /// Who it is for in words, when that is known.
    pub recipient_name: Option<RecipientName>,
    /// The citizen; `None` after retention.
    pub recipient: Option<NationalId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its last event.
    pub changed_at: Timestamp,
    /// The message id, once sealed.
    pub message: Option<MessageId>,
    /// What is worth knowing beside the state.
    pub notes: BTreeSet<Note>,
    /// Whether a person must look at it.
    pub follow_up: bool,
    /// When the undo window closes, while it runs.
    pub undo_until: Option<Timestamp>,
    /// How many attempts to send were begun.
    pub attempts: u32,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Newest first, as many as were asked for.
    pub rows: Vec<LetterRow>,
    /// How many there are in all.
    pub total: u64,
}

/// How many letters wait somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Unsent or on their way.
    pub outbox: u64,
    /// That a person must look at.
    pub follow_up: u64,
}

/// Letters that arrived.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// How many.
    pub count: u64,
    /// The one that arrived last.
    pub newest: Option<LetterRow>,
}

/// The agency's sending as stopped by an answer that only an administrator can mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The code of that answer, see [`Code::as_str`].
    ///
    /// [`Code::as_str`]: crate::Code::as_str
    pub code: String,
    /// Since when.
    pub since: Timestamp,
}

/// That the ledger was brought back from a backup, and what it sends under another name since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// When.
    pub at: Timestamp,
    /// The channel tags under which letters were sent before; see [`Ledger::former_tags`].
    pub former_tags: Vec<String>,
}

/// What a check of the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Events read.
    pub events: u64,
    /// The first place where the chain does not hold.
    pub broken_at: Option<u64>,
}

/// The ledger: letters, events, receipts, documents and parcels of one environment.
///
/// Every writing call returns only after the bytes are on disk.
pub trait Ledger: Send + Sync {
    /// The environment this ledger belongs to for ever.
    fn environment(&self) -> Environment;

    /// The channel tag (`kanal`) made with the ledger: `utpost-` and 16 random base32 characters.
    fn channel_tag(&self) -> &str;

    /// Makes room for a new letter: its own key and salt, no event yet. A letter that has no
    /// event when the ledger is next opened is removed.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn open_letter(&self, letter: LetterId) -> Result<(), LedgerFault>;

    /// Removes a letter that has no event.
    ///
    /// # Errors
    /// [`LedgerFault`]; also when it has events.
    fn drop_letter(&self, letter: LetterId) -> Result<(), LedgerFault>;

    /// Keeps a document under the letter's key, streaming; at most `limit` bytes.
    ///
    /// # Errors
    /// [`LedgerFault::SourceUnreadable`] when `content` fails, [`LedgerFault::TooLarge`].
    fn keep_document(
        &self,
        letter: LetterId,
        number: u32,
        content: &mut dyn Read,
        limit: u64,
    ) -> Result<KeptDocument, LedgerFault>;

    /// A kept document, readable as often as needed.
    ///
    /// # Errors
    /// [`LedgerFault::NotFound`].
    fn document(&self, letter: LetterId, number: u32) -> Result<Box<dyn Source>, LedgerFault>;

    /// Appends an event in one transaction: folds it, extends the chain, updates the projection.
    ///
    /// # Errors
    /// [`LedgerFault::Impossible`] when the fold refuses it; then nothing is written.
    fn record(&self, letter: LetterId, entry: &Entry) -> Result<Letter, LedgerFault>;

    /// The letter as folded from its events.
    ///
    /// # Errors
    /// [`LedgerFault::NotFound`].
    fn letter(&self, letter: LetterId) -> Result<Letter, LedgerFault>;

    /// The letter's events, oldest first.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn history(&self, letter: LetterId) -> Result<Vec<Recorded>, LedgerFault>;

    /// The newest `limit` letters, newest first.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn letters(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault>;

    /// The letter as lists show it.
    ///
    /// # Errors
    /// [`LedgerFault::NotFound`].
    fn row(&self, letter: LetterId) -> Result<LetterRow, LedgerFault>;

    /// The letters that a query asks for, newest first.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn find(&self, query: &Query) -> Result<Found, LedgerFault>;

    /// At most `limit` letters of which nothing is sealed yet, also those in their undo window,
    /// newest first: those of [`State::is_unsent`].
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn unsent(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault>;

    /// At most `limit` letters on their way, newest first: those of [`State::is_on_its_way`].
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn on_their_way(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault>;

    /// How many letters wait somewhere.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn counts(&self) -> Result<Counts, LedgerFault>;

    /// The letters that by their receipts arrived at `since` or later, and are counted under
    /// [`Filter::Delivered`].
    ///
    /// [`Filter::Delivered`]: crate::Filter::Delivered
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn delivered_since(&self, since: Timestamp) -> Result<Delivered, LedgerFault>;

    /// Letters that have been sealed and are not finished, oldest first.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn under_way(&self) -> Result<Vec<LetterId>, LedgerFault>;

    /// Letters offered at least once that by what is known have neither arrived nor been turned
    /// away, oldest first.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn awaiting(&self) -> Result<Vec<LetterId>, LedgerFault>;

    /// The letter of a conversation, when this ledger has it.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn letter_of(&self, conversation: ConversationId) -> Result<Option<LetterId>, LedgerFault>;

    /// The newest other letter to the same citizen with the same main document, document 0 by its
    /// digest, that was sealed or printed here at `since` or later, and when. One that was given
    /// up, refused, failed or came back does not count, nor one that stands stopped with its
    /// sealing, which was surely not received; for a letter in the outbox only those sealed before
    /// it do.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn sent_like(
        &self,
        letter: LetterId,
        since: Timestamp,
    ) -> Result<Option<(LetterId, Timestamp)>, LedgerFault>;

    /// Why nothing is sent for the agency, while that is so.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn halt(&self) -> Result<Option<Halt>, LedgerFault>;

    /// Stops the agency's sending. When it stands still already, the first reason stays.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn set_halt(&self, halt: &Halt) -> Result<(), LedgerFault>;

    /// Lets the agency's sending go on, and keeps by whom. Gives whether it stood still.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn lift_halt(&self, by: &Actor, at: Timestamp) -> Result<bool, LedgerFault>;

    /// That the ledger was restored from a backup, while nothing may be sent for that.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn restoration(&self) -> Result<Option<Restoration>, LedgerFault>;

    /// Lets the outbox of a restored ledger go on.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn end_restoration(&self, at: Timestamp) -> Result<(), LedgerFault>;

    /// The channel tags this ledger had before it was restored. Receipts of letters sent then come
    /// under these, for ever.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn former_tags(&self) -> Result<Vec<String>, LedgerFault>;

    /// Where the sealed parcel of a message lies or will lie.
    fn parcel_path(&self, message: MessageId) -> PathBuf;

    /// Keeps the signed message of one attempt as it will be sent. Called by the one whose attempt
    /// it is, after [`Happening::AttemptStarted`] and before anything is sent.
    ///
    /// [`Happening::AttemptStarted`]: utpost_domain::Happening::AttemptStarted
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn keep_message(
        &self,
        letter: LetterId,
        attempt: u32,
        signed: &SignedMessage,
        at: Timestamp,
    ) -> Result<(), LedgerFault>;

    /// The signed message of the last attempt, compact.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn last_message(&self, letter: LetterId) -> Result<Option<Sensitive<String>>, LedgerFault>;

    /// Keeps a receipt, and in the same transaction the event it gives, when it gives one. An
    /// event that the fold refuses is left out; the receipt is kept.
    ///
    /// The key is the SHA-256 of the raw text, never the receipt's id, which is only a claim: a
    /// forged receipt can neither shut out nor stand in for a genuine one of the same id, whichever
    /// comes first. A text that is here counts as known under the verdict it has; under another it
    /// is new, and takes that verdict, its letter and the event, unless it was verified once.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn keep_receipt(
        &self,
        receipt: &IncomingReceipt,
        entry: Option<&Entry>,
    ) -> Result<ReceiptKept, LedgerFault>;

    /// Writes down that the access point was told. It is told by the receipt's id, so this is said
    /// of every text kept under it; only the first time counts.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn acknowledge(&self, receipt: ReceiptId, at: Timestamp) -> Result<(), LedgerFault>;

    /// The receipts of a letter, or with `None` those that belong to no letter here.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn receipts(&self, letter: Option<LetterId>) -> Result<Vec<StoredReceipt>, LedgerFault>;

    /// Reads the whole chain and checks each hash.
    ///
    /// # Errors
    /// [`LedgerFault`].
    fn check_chain(&self) -> Result<ChainReport, LedgerFault>;
}

/// Why the ledger could not do it. Nothing is lost in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// No such letter, document or message.
    #[error("not in the ledger")]
    NotFound,
    /// The fold refuses the event.
    #[error(transparent)]
    Impossible(#[from] utpost_domain::Impossible),
    /// Another program holds the ledger longer than five seconds.
    #[error("the ledger is busy")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The folder cannot be written.
    #[error("the folder cannot be written")]
    ReadOnly,
    /// A network folder.
    #[error("the ledger must lie on a local disk")]
    NetworkFolder,
    /// The key does not open it.
    #[error("the key does not open the ledger")]
    WrongKey,
    /// Made by a newer version of the program.
    #[error("the ledger is of schema {found}, this program knows {known}")]
    Newer {
        /// What the file says.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// The ledger belongs to another environment.
    #[error("the ledger belongs to another environment")]
    OtherEnvironment,
    /// Damaged; the file is left as it is.
    #[error("the ledger is damaged")]
    Damaged,
    /// The document being kept could not be read to its end.
    #[error("the document could not be read")]
    SourceUnreadable(#[source] std::io::Error),
    /// The document is larger than the limit given.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Another fault of the file system.
    #[error("the file system failed")]
    Disk(#[source] std::io::Error),
    /// The database failed in a way that names no cause above.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}
