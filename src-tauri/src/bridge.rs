//! What crosses between the window's page and the core: one type for each thing shown or asked.
//!
//! The TypeScript of all this, `ui/src/bridge/types.ts`, is generated from here and kept equal by
//! a test. Codes and names are words of the program; the page has the sentences for them.
//! What may be personal has no `Debug`. Times are RFC 3339 in UTC, days `YYYY-MM-DD`, sizes bytes.

#![allow(
    missing_docs,
    reason = "fields are named as the types of the core that document them"
)]
#![allow(
    clippy::large_enum_variant,
    reason = "values cross once and are gone; boxes would only hide the shape"
)]

use serde::{Deserialize, Serialize};
use ts_rs::TS;

// ---------------------------------------------------------------- the program

/// How far the program has come in starting.
#[derive(Clone, Serialize, TS)]
#[serde(tag = "stage", rename_all = "camelCase")]
pub(crate) enum Startup {
    /// Ledger, key and services are being opened.
    Opening { preferences: Preferences },
    /// Ready for work.
    Open { session: Session },
    /// Could not be opened; nothing is lost.
    Failed {
        trouble: Trouble,
        preferences: Preferences,
    },
}

/// What stays the same while the window is open, but for settings.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    pub environment: EnvironmentName,
    pub agency: AgencyForm,
    /// Nine digits.
    pub organisation: String,
    pub certificate: CertificateView,
    /// The user name on this machine.
    pub clerk: String,
    pub preferences: Preferences,
    /// Most bytes of all documents of a letter.
    pub size_limit: u32,
    pub version: String,
    pub data_folder: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EnvironmentName {
    Practice,
    Test,
    Production,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CertificateView {
    pub valid_until: String,
    /// Whole days from now; negative once expired.
    pub days_left: i32,
}

/// What a clerk has chosen for this machine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Preferences {
    pub language: Tongue,
    pub theme: Theme,
    /// Seconds between Send and sealing, 0 to 600.
    pub undo_seconds: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tongue {
    Nb,
    Nn,
    En,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

/// The agency's basics, as shown and as changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AgencyForm {
    pub name: String,
    pub return_address: AddressForm,
    pub returns: Returns,
    pub colour: Colour,
    pub post_class: PostClass,
    pub email_notice: String,
    pub sms_notice: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Returns {
    SendBack,
    ShredAndReport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Colour {
    Black,
    Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub(crate) enum PostClass {
    A,
    B,
}

/// What went wrong: the page words the code and offers the way out.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trouble {
    /// A code of `dispatch::Code`.
    pub code: String,
    pub family: FamilyName,
    /// Stands in the log as well.
    pub reference: String,
    /// For whoever mends it; never personal.
    pub detail: Option<String>,
    pub letter: Option<String>,
    /// Which document it is about, 0 for the letter itself.
    pub document: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FamilyName {
    Input,
    Reach,
    Authority,
    Temporary,
    Uncertain,
    Rejected,
    Local,
    Defect,
}

/// What the core tells the page unasked, over the one channel of `subscribe`.
#[derive(Clone, Serialize, TS)]
#[serde(
    tag = "what",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Notice {
    /// `startup` would now answer otherwise.
    StartupChanged,
    /// Something happened to this letter; lists and counts may be other.
    LetterChanged { letter: String },
    /// A letter is being worked on.
    Progress {
        letter: String,
        step: ProgressStep,
        /// Bytes, for sealing and uploading.
        done: u64,
        of: u64,
    },
    /// Files dropped on the window, or given to a second start of the program.
    FilesGiven { paths: Vec<String> },
    /// Files are being dragged over the window, or no longer.
    FilesOver { over: bool },
    /// How calls to the services go.
    Connection { connection: Connection },
    /// `standstill` would now answer otherwise.
    StandstillChanged,
    /// So many of a restored ledger's letters have been asked about.
    Thawing { asked: u32 },
    /// Somebody wants to close the window while these letters are not out of it. Answered with
    /// `close`.
    Closing { closing: Closing },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ProgressStep {
    LookingUp,
    Sealing,
    FetchingToken,
    Uploading,
    Asking,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection {
    pub state: ConnectionState,
    /// Since when.
    pub since: String,
    /// Why it is not `ok`.
    pub code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ConnectionState {
    /// Nothing has been asked yet: what the page begins with.
    #[expect(dead_code, reason = "only the page says this")]
    Unknown,
    Ok,
    /// The last call reached nobody.
    Offline,
    /// A service denies this agency.
    Denied,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Closing {
    /// In their undo window: they go back to Ready.
    pub held: Vec<LetterName>,
    /// Being sent just now: finished, or left safely in the outbox.
    pub under_way: Vec<LetterName>,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterName {
    pub letter: String,
    pub title: Option<String>,
    pub recipient: Option<String>,
}

/// What keeps every letter from being sent, whatever each of them is like.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standstill {
    /// A service has denied the agency. An administrator mends that, and says so.
    pub halt: Option<HaltView>,
    /// The ledger was restored from a backup: nothing goes before statuses were asked.
    pub restored: Option<RestoredView>,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HaltView {
    /// A code of `dispatch::Code`: which service denied.
    pub code: String,
    pub since: String,
    /// Sealed letters that go once access is restored.
    pub waiting: u32,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoredView {
    pub at: String,
    /// Letters to ask about.
    pub under_way: u32,
}

/// What came of asking the statuses of a restored ledger's letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThawView {
    pub asked: u32,
    /// Nobody said what became of these; while there are any, nothing is sent.
    pub unanswered: u32,
    /// Letters that were never sealed, and wait for the clerk's word.
    pub unsealed: u32,
}

// ---------------------------------------------------------------- making a letter

/// How files given are to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Role {
    /// The first is a new letter, the others its attachments.
    Letter,
    /// All are attachments of the letter that is open.
    Attachments,
    /// The one file takes the place of the letter's own document.
    Replacement,
}

/// The letter being made.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Composition {
    /// Counts up with each change, so that pictures are fetched anew.
    pub revision: u32,
    /// The letter itself first.
    pub documents: Vec<DocumentView>,
    /// What was read out of the letter.
    pub read: ReadFromLetter,
    /// The letter in the ledger, once it was looked up or resumed.
    pub letter: Option<LetterRow>,
    /// What it was drafted with, when it was resumed or made from another.
    pub form: Option<LetterForm>,
    /// Where `letter` goes, when that is known and still holds. It says nothing about another
    /// citizen than that letter's.
    pub decision: Option<DecisionView>,
    /// A letter that says the same as `letter`, sent to the same citizen not long ago: this one goes
    /// only with a reason, and there is no decision.
    pub earlier: Option<EarlierLetter>,
}

/// A letter sent before with the same main document to the same citizen.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EarlierLetter {
    pub row: LetterRow,
    pub sent_at: String,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentView {
    pub number: u32,
    pub file_name: String,
    pub title: String,
    /// `pdf`, `txt`, …
    pub kind: String,
    pub bytes: u64,
    /// Empty for what has no pages.
    pub pages: Vec<PageView>,
    /// What the clerk should know; stops nothing.
    pub remarks: Vec<Remark>,
}

/// A page's picture is at `page://localhost/compose/REVISION/DOCUMENT/PAGE?width=PIXELS`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageView {
    pub width_mm: f32,
    pub height_mm: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Remark {
    /// Over 30 MB: some receivers do not take it.
    Large,
    /// Pages can't be shown here.
    NoPreview,
    /// A page is not A4; print would scale it.
    NotA4,
}

#[derive(Clone, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadFromLetter {
    /// Valid person numbers in the text, each once, in order.
    pub numbers: Vec<NumberSeen>,
    pub address: Option<AddressForm>,
    /// Its largest heading, else its file name without the ending.
    pub title: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NumberSeen {
    /// Eleven digits.
    pub number: String,
    /// From 1.
    pub page: u32,
}

/// What the clerk has filled in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LetterForm {
    /// As typed or pasted.
    pub number: String,
    pub kind: Kind,
    pub title: String,
    /// The title anyone may see; `None`: the usual one.
    pub public_title: Option<String>,
    pub language: LetterLanguage,
    pub security: Security,
    pub opening_receipt: bool,
    /// Day from which the citizen sees it.
    pub visible_from: Option<String>,
    /// Who it is for, in words; read or typed.
    pub recipient_name: Option<String>,
    /// For paper.
    pub address: Option<AddressForm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    Decision,
    AdvanceNotice,
    OtherImportant,
    Information,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LetterLanguage {
    Nb,
    Nn,
    Se,
    En,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Security {
    Level3,
    Level4,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddressForm {
    pub name: String,
    pub lines: Vec<String>,
    /// Empty abroad.
    pub postcode: String,
    /// Empty abroad.
    pub town: String,
    /// Empty in Norway.
    pub country: String,
}

/// What is wrong with a number as it is being typed.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NumberCheck {
    /// Eleven digits once clean; spaces, hyphens and hidden characters taken out.
    pub clean: String,
    /// `None` when it can be looked up.
    pub code: Option<String>,
    /// How many digits are missing (positive) or too many (negative).
    pub missing: i32,
}

/// What is wrong with an address as it is being typed.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressCheck {
    pub faults: Vec<AddressFaultView>,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressFaultView {
    pub field: AddressField,
    pub fault: AddressFaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AddressField {
    Name,
    Lines,
    Postcode,
    Town,
    Country,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AddressFaultKind {
    Missing,
    TooLong,
    HiddenCharacters,
    /// Not four digits, or 0000.
    Postcode,
    /// Norway is not named.
    CountryIsNorway,
}

/// The register has answered, or has not.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookedUp {
    pub composition: Composition,
    /// Why there is no decision: the letter is kept and waits.
    pub trouble: Option<Trouble>,
}

/// Where the letter goes, and why.
#[derive(Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionView {
    pub channel: ChannelView,
    /// A code of `domain::Reason`, such as `RESERVED`.
    pub reason: String,
    /// The clerk must say yes to paper before Send.
    pub needs_yes: bool,
    pub facts: FactsView,
    pub price: Option<PriceView>,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "way", rename_all = "camelCase")]
pub(crate) enum ChannelView {
    Digital {
        supplier: Party,
    },
    /// Central print.
    Print,
    Stop,
    Wait,
}

/// An organisation, with its name when it is known here.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Party {
    pub organisation: String,
    pub name: Option<String>,
}

/// The register's answer, as far as the decision rests on it.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FactsView {
    pub looked_up_at: String,
    /// `AKTIV`, `SLETTET`, `IKKE_REGISTRERT`, as the register says; `None` when it did not.
    pub status: Option<String>,
    pub reserved: Option<bool>,
    pub reserved_at: Option<String>,
    pub notifiable: Option<bool>,
    pub supplier: Option<Party>,
    pub certificate_valid_until: Option<String>,
    pub email: ContactView,
    pub mobile: ContactView,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ContactView {
    Absent,
    Malformed,
    Stale,
    Fresh,
}

/// An estimate, without VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PriceView {
    /// Hundredths of a krone.
    pub ore: u32,
    /// A notice by SMS comes on top.
    pub sms_extra: bool,
    /// An opening receipt comes on top.
    pub opening_extra: bool,
}

/// Send was pressed.
#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SendOrder {
    /// Of the composition that the clerk sees.
    pub revision: u32,
    pub form: LetterForm,
    /// The clerk has said yes to paper for the reason shown.
    pub yes: bool,
}

/// What came of pressing Send.
#[derive(Clone, Serialize, TS)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub(crate) enum SendOutcome {
    /// The undo window runs; the composition is empty again.
    Held { row: LetterRow },
    /// The register by now says something else, or something is missing: look again.
    LookAgain { looked: LookedUp },
}

// ---------------------------------------------------------------- letters

/// One letter in a list.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterRow {
    pub letter: String,
    pub state: StateName,
    /// What keeps an unsent letter from being sent, as a code of `dispatch::Code`.
    pub stopped_by: Option<String>,
    pub title: Option<String>,
    pub recipient_name: Option<String>,
    /// Eleven digits; `None` after retention.
    pub recipient_number: Option<String>,
    pub kind: Kind,
    pub carrier: Option<CarrierName>,
    /// Who it was sealed for.
    pub receiver: Option<Party>,
    pub created_at: String,
    pub changed_at: String,
    pub notes: Vec<NoteName>,
    /// A person must look at it.
    pub follow_up: bool,
    pub undo_until: Option<String>,
    pub attempts: u32,
    /// When an unsent letter's register is asked again.
    pub next_try_at: Option<String>,
    /// The step that should have been reached by now, when one is overdue.
    pub late: Option<LateView>,
    /// The most likely first.
    pub actions: Vec<ActionName>,
}

/// A step that is overdue.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LateView {
    pub step: StepName,
    /// Since when it is waited for.
    pub since: String,
    /// What the service desk knows the letter by.
    pub message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StepName {
    AtProvider,
    PrintAccepted,
    Delivered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StateName {
    Draft,
    WaitingForRegister,
    Stopped,
    Ready,
    AwaitingApproval,
    Held,
    Queued,
    Submitting,
    Uncertain,
    AtAccessPoint,
    AtProvider,
    PrintAccepted,
    Delivered,
    HandedToPost,
    Opened,
    Returned,
    Refused,
    Failed,
    PrintedHere,
    PostedHere,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CarrierName {
    Digital,
    Print,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum NoteName {
    NotificationFailed,
    Contradiction,
    ReceiptWaitingForTrust,
    SuspectReceipt,
    Late,
}

/// What may be done now. The page shows those it has a place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ActionName {
    /// Open it in Nytt brev.
    Resume,
    Undo,
    /// Ask the access point.
    CheckStatus,
    /// Try now instead of at the next try.
    TryNow,
    /// Say that a letter of a restored ledger has not been sent by other ways.
    ConfirmUnsent,
    Cancel,
    NewLetter,
}

/// What is on its way, and what has not left.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outbox {
    /// In their undo window.
    pub held: Vec<LetterRow>,
    /// Sealed, until the mailbox supplier or print shop has them.
    pub under_way: Vec<OutboxRow>,
    /// Drafts and letters that wait, are stopped, or are ready and not sent.
    pub unsent: Vec<LetterRow>,
    pub delivered_today: u32,
    pub last_delivered: Option<LetterRow>,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutboxRow {
    pub row: LetterRow,
    /// Bytes handed over, while it is being sent.
    pub sent: Option<u64>,
    pub bytes: u64,
    /// What was wrong last, as a code of `dispatch::Code`.
    pub cause: Option<String>,
    /// When that was.
    pub tried_at: Option<String>,
    pub next_try_at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// Held, under way or unsent.
    pub outbox: u32,
    pub follow_up: u32,
}

#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LetterQuery {
    /// Words of title, recipient, number or date, all of which must be found.
    pub search: String,
    pub filter: Filter,
    /// At most 500.
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Filter {
    All,
    FollowUp,
    Delivered,
    Opened,
    /// Delivered, and not opened.
    NotOpened,
    Returned,
    Failed,
    Cancelled,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterList {
    /// Newest first.
    pub rows: Vec<LetterRow>,
    /// How many there are, shown or not.
    pub total: u32,
}

/// One letter with everything that happened to it.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterDetail {
    pub row: LetterRow,
    pub address: Option<AddressForm>,
    pub public_title: Option<String>,
    pub security: Security,
    /// The citizen is asked to let the opening be told.
    pub opening_asked: bool,
    pub visible_from: Option<String>,
    /// Pages at `page://localhost/letter/LETTER/DOCUMENT/PAGE?width=PIXELS`; empty after retention.
    pub documents: Vec<DocumentView>,
    pub decision: Option<DecisionView>,
    /// Oldest first.
    pub timeline: Vec<TimelineItem>,
    /// Receipts of this letter that could not be believed, oldest first.
    pub doubted: Vec<DoubtedReceipt>,
    pub replaces: Option<String>,
}

/// A receipt that passed for none of a letter here, as received.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DoubtedReceipt {
    pub received_at: String,
    /// What was found, as a code of `wire::ReceiptFault`, or `VERIFIED`.
    pub verdict: String,
    /// Who signed it, as far as that could be read.
    pub signer: Option<Party>,
    /// The conversation it names.
    pub conversation: Option<String>,
    /// The access point was told that it is kept here.
    pub acknowledged: bool,
    /// The text as received, as much of it as is shown.
    pub raw: String,
    /// Of the whole text.
    pub bytes: u64,
}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimelineItem {
    pub at: String,
    pub event: TimelineEvent,
    /// A clerk's name; `None` when it was the program.
    pub clerk: Option<String>,
    /// What a mailbox, print shop or access point said in its own words, or why a clerk did it.
    pub detail: Option<String>,
    /// The event's hash in the ledger's chain, hexadecimal.
    pub hash: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum TimelineEvent {
    Drafted,
    RegisterSilent,
    Decided {
        reason: String,
    },
    Stopped {
        code: String,
    },
    Confirmed,
    SendPressed,
    /// The clerk ended the undo window early.
    UndoEnded,
    Undone,
    Sealed {
        receiver: Party,
        carrier: CarrierName,
    },
    /// First notices are ordered with the letter, second ones for days later. No receipt confirms
    /// them.
    AttemptStarted {
        attempt: u32,
    },
    NotReceived,
    AnswerLost,
    Accepted,
    Refused {
        http_status: Option<u16>,
    },
    Status {
        status: TransportStatusName,
    },
    /// A receipt that passed every check.
    Receipt {
        receipt: ReceiptName,
        signer: Party,
        said_at: Option<String>,
    },
    /// A receipt that failed a check. It changed nothing.
    SuspectReceipt {
        code: String,
    },
    ReceiptWaitingForTrust,
    Overdue {
        step: StepName,
    },
    /// A letter that says the same was sent before to the same citizen.
    SentBefore {
        earlier: String,
        sent_at: String,
    },
    /// The clerk lets it go all the same.
    RepeatAllowed,
    /// The ledger was restored: what was done with the letter after the backup is not known.
    Restored,
    /// The clerk's word that it was not sent meanwhile.
    ConfirmedUnsent,
    Cancelled,
    Reopened,
    /// Steps of rooms that are not open yet (approval, office print).
    Other {
        name: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TransportStatusName {
    Created,
    Sent,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReceiptName {
    Delivery,
    Opening,
    NotificationFailed,
    Accepted,
    Returned,
    Error,
}

// ---------------------------------------------------------------- practice

/// An invented citizen.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PracticePerson {
    pub number: String,
    pub name: String,
    /// A code of `domain::Reason` that a lookup gives.
    pub reason: String,
    /// `WAIT`, `STOP`, `PRINT` or `DIGITAL`.
    pub channel: String,
    pub supplier: Option<Party>,
}

/// Ready letters for a first try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SampleLetter {
    /// To somebody with a mailbox.
    HasMailbox,
    /// To somebody who has reserved against digital post.
    Reserved,
    /// To somebody who can't be notified.
    NotNotifiable,
}

/// What the simulated suppliers hold.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PracticeBooks {
    /// Letters in mailboxes, newest first.
    pub mailboxes: Vec<MailboxLetter>,
    /// Print orders, newest first.
    pub prints: Vec<PrintOrder>,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailboxLetter {
    pub message: String,
    /// The citizen's number.
    pub number: String,
    pub supplier: Party,
    pub sender: String,
    pub public_title: String,
    pub title: Option<String>,
    pub received_at: String,
    pub opened_at: Option<String>,
    pub opening_asked: bool,
    pub notices: Vec<CitizenNotice>,
    pub receipts: Vec<ReceiptName>,
    /// Pages at `page://localhost/practice/MESSAGE/DOCUMENT/PAGE?width=PIXELS`.
    pub documents: Vec<DocumentView>,
}

/// A notice as the citizen gets it.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CitizenNotice {
    pub by: NoticeChannel,
    pub text: String,
    /// Days after the letter.
    pub day: u32,
    /// It never arrived.
    pub failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum NoticeChannel {
    Email,
    Sms,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrintOrder {
    pub message: String,
    /// As printed on the cover.
    pub name: String,
    pub address: Vec<String>,
    pub title: Option<String>,
    /// Pages of all documents; one on a sheet.
    pub sheets: u32,
    pub received_at: String,
    pub stage: PrintStage,
    pub return_reported: bool,
    pub documents: Vec<DocumentView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PrintStage {
    InPile,
    Posted,
    Returned,
}
