// Generated from src-tauri/src/bridge.rs by its test; do not edit.

export type Startup = { "stage": "opening", preferences: Preferences, } | { "stage": "open", session: Session, } | { "stage": "failed", trouble: Trouble, preferences: Preferences, };

export type Session = { environment: EnvironmentName, agency: AgencyForm, 
/**
 * Nine digits.
 */
organisation: string, certificate: CertificateView, 
/**
 * The user name on this machine.
 */
clerk: string, preferences: Preferences, 
/**
 * Most bytes of all documents of a letter.
 */
sizeLimit: number, version: string, dataFolder: string, };

export type EnvironmentName = "practice" | "test" | "production";

export type CertificateView = { validUntil: string, 
/**
 * Whole days from now; negative once expired.
 */
daysLeft: number, };

export type Preferences = { language: Tongue, theme: Theme, 
/**
 * Seconds between Send and sealing, 0 to 600.
 */
undoSeconds: number, };

export type Tongue = "nb" | "nn" | "en";

export type Theme = "system" | "light" | "dark";

export type AgencyForm = { name: string, returnAddress: AddressForm, returns: Returns, colour: Colour, postClass: PostClass, emailNotice: string, smsNotice: string, };

export type Returns = "sendBack" | "shredAndReport";

export type Colour = "black" | "colour";

export type PostClass = "A" | "B";

export type Trouble = { 
/**
 * A code of `dispatch::Code`.
 */
code: string, family: FamilyName, 
/**
 * Stands in the log as well.
 */
reference: string, 
/**
 * For whoever mends it; never personal.
 */
detail: string | null, letter: string | null, 
/**
 * Which document it is about, 0 for the letter itself.
 */
document: number | null, };

export type FamilyName = "input" | "reach" | "authority" | "temporary" | "uncertain" | "rejected" | "local" | "defect";

export type Notice = { "what": "startupChanged" } | { "what": "letterChanged", letter: string, } | { "what": "progress", letter: string, step: ProgressStep, 
/**
 * Bytes, for sealing and uploading.
 */
done: number, of: number, } | { "what": "filesGiven", paths: Array<string>, } | { "what": "filesOver", over: boolean, } | { "what": "connection", connection: Connection, } | { "what": "standstillChanged" } | { "what": "thawing", asked: number, } | { "what": "closing", closing: Closing, };

export type ProgressStep = "lookingUp" | "sealing" | "fetchingToken" | "uploading" | "asking";

export type Connection = { state: ConnectionState, 
/**
 * Since when.
 */
since: string, 
/**
 * Why it is not `ok`.
 */
code: string | null, };

export type ConnectionState = "unknown" | "ok" | "offline" | "denied";

export type Closing = { 
/**
 * In their undo window: they go back to Ready.
 */
held: Array<LetterName>, 
/**
 * Being sent just now: finished, or left safely in the outbox.
 */
underWay: Array<LetterName>, };

export type LetterName = { letter: string, title: string | null, recipient: string | null, };

export type Standstill = { 
/**
 * A service has denied the agency. An administrator mends that, and says so.
 */
halt: HaltView | null, 
/**
 * The ledger was restored from a backup: nothing goes before statuses were asked.
 */
restored: RestoredView | null, };

export type HaltView = { 
/**
 * A code of `dispatch::Code`: which service denied.
 */
code: string, since: string, 
/**
 * Sealed letters that go once access is restored.
 */
waiting: number, };

export type RestoredView = { at: string, 
/**
 * Letters to ask about.
 */
underWay: number, };

export type ThawView = { asked: number, 
/**
 * Nobody said what became of these; while there are any, nothing is sent.
 */
unanswered: number, 
/**
 * Letters that were never sealed, and wait for the clerk's word.
 */
unsealed: number, };

export type Role = "letter" | "attachments" | "replacement";

export type Composition = { 
/**
 * Counts up with each change, so that pictures are fetched anew.
 */
revision: number, 
/**
 * The letter itself first.
 */
documents: Array<DocumentView>, 
/**
 * What was read out of the letter.
 */
read: ReadFromLetter, 
/**
 * The letter in the ledger, once it was looked up or resumed.
 */
letter: LetterRow | null, 
/**
 * What it was drafted with, when it was resumed or made from another.
 */
form: LetterForm | null, 
/**
 * Where `letter` goes, when that is known and still holds. It says nothing about another
 * citizen than that letter's.
 */
decision: DecisionView | null, 
/**
 * A letter that says the same as `letter`, sent to the same citizen not long ago: this one goes
 * only with a reason, and there is no decision.
 */
earlier: EarlierLetter | null, };

export type EarlierLetter = { row: LetterRow, sentAt: string, };

export type DocumentView = { number: number, fileName: string, title: string, 
/**
 * `pdf`, `txt`, …
 */
kind: string, bytes: number, 
/**
 * Empty for what has no pages.
 */
pages: Array<PageView>, 
/**
 * What the clerk should know; stops nothing.
 */
remarks: Array<Remark>, };

export type PageView = { widthMm: number, heightMm: number, };

export type Remark = "large" | "noPreview" | "notA4";

export type ReadFromLetter = { 
/**
 * Valid person numbers in the text, each once, in order.
 */
numbers: Array<NumberSeen>, address: AddressForm | null, 
/**
 * Its largest heading, else its file name without the ending.
 */
title: string | null, };

export type NumberSeen = { 
/**
 * Eleven digits.
 */
number: string, 
/**
 * From 1.
 */
page: number, };

export type LetterForm = { 
/**
 * As typed or pasted.
 */
number: string, kind: Kind, title: string, 
/**
 * The title anyone may see; `None`: the usual one.
 */
publicTitle: string | null, language: LetterLanguage, security: Security, openingReceipt: boolean, 
/**
 * Day from which the citizen sees it.
 */
visibleFrom: string | null, 
/**
 * Who it is for, in words; read or typed.
 */
recipientName: string | null, 
/**
 * For paper.
 */
address: AddressForm | null, };

export type Kind = "decision" | "advanceNotice" | "otherImportant" | "information";

export type LetterLanguage = "nb" | "nn" | "se" | "en";

export type Security = "level3" | "level4";

export type AddressForm = { name: string, lines: Array<string>, 
/**
 * Empty abroad.
 */
postcode: string, 
/**
 * Empty abroad.
 */
town: string, 
/**
 * Empty in Norway.
 */
country: string, };

export type NumberCheck = { 
/**
 * Eleven digits once clean; spaces, hyphens and hidden characters taken out.
 */
clean: string, 
/**
 * `None` when it can be looked up.
 */
code: string | null, 
/**
 * How many digits are missing (positive) or too many (negative).
 */
missing: number, };

export type AddressCheck = { faults: Array<AddressFaultView>, };

export type AddressFaultView = { field: AddressField, fault: AddressFaultKind, };

export type AddressField = "name" | "lines" | "postcode" | "town" | "country";

export type AddressFaultKind = "missing" | "tooLong" | "hiddenCharacters" | "postcode" | "countryIsNorway";

export type LookedUp = { composition: Composition, 
/**
 * Why there is no decision: the letter is kept and waits.
 */
trouble: Trouble | null, };

export type DecisionView = { channel: ChannelView, 
/**
 * A code of `domain::Reason`, such as `RESERVED`.
 */
reason: string, 
/**
 * The clerk must say yes to paper before Send.
 */
needsYes: boolean, facts: FactsView, price: PriceView | null, };

export type ChannelView = { "way": "digital", supplier: Party, } | { "way": "print" } | { "way": "stop" } | { "way": "wait" };

export type Party = { organisation: string, name: string | null, };

export type FactsView = { lookedUpAt: string, 
/**
 * `AKTIV`, `SLETTET`, `IKKE_REGISTRERT`, as the register says; `None` when it did not.
 */
status: string | null, reserved: boolean | null, reservedAt: string | null, notifiable: boolean | null, supplier: Party | null, certificateValidUntil: string | null, email: ContactView, mobile: ContactView, };

export type ContactView = "absent" | "malformed" | "stale" | "fresh";

export type PriceView = { 
/**
 * Hundredths of a krone.
 */
ore: number, 
/**
 * A notice by SMS comes on top.
 */
smsExtra: boolean, 
/**
 * An opening receipt comes on top.
 */
openingExtra: boolean, };

export type SendOrder = { 
/**
 * Of the composition that the clerk sees.
 */
revision: number, form: LetterForm, 
/**
 * The clerk has said yes to paper for the reason shown.
 */
yes: boolean, };

export type SendOutcome = { "outcome": "held", row: LetterRow, } | { "outcome": "lookAgain", looked: LookedUp, };

export type LetterRow = { letter: string, state: StateName, 
/**
 * What keeps an unsent letter from being sent, as a code of `dispatch::Code`.
 */
stoppedBy: string | null, title: string | null, recipientName: string | null, 
/**
 * Eleven digits; `None` after retention.
 */
recipientNumber: string | null, kind: Kind, carrier: CarrierName | null, 
/**
 * Who it was sealed for.
 */
receiver: Party | null, createdAt: string, changedAt: string, notes: Array<NoteName>, 
/**
 * A person must look at it.
 */
followUp: boolean, undoUntil: string | null, attempts: number, 
/**
 * When an unsent letter's register is asked again.
 */
nextTryAt: string | null, 
/**
 * The step that should have been reached by now, when one is overdue.
 */
late: LateView | null, 
/**
 * The most likely first.
 */
actions: Array<ActionName>, };

export type LateView = { step: StepName, 
/**
 * Since when it is waited for.
 */
since: string, 
/**
 * What the service desk knows the letter by.
 */
message: string | null, };

export type StepName = "atProvider" | "printAccepted" | "delivered";

export type StateName = "draft" | "waitingForRegister" | "stopped" | "ready" | "awaitingApproval" | "held" | "queued" | "submitting" | "uncertain" | "atAccessPoint" | "atProvider" | "printAccepted" | "delivered" | "handedToPost" | "opened" | "returned" | "refused" | "failed" | "printedHere" | "postedHere" | "cancelled";

export type CarrierName = "digital" | "print";

export type NoteName = "notificationFailed" | "contradiction" | "receiptWaitingForTrust" | "suspectReceipt" | "late";

export type ActionName = "resume" | "undo" | "checkStatus" | "tryNow" | "confirmUnsent" | "cancel" | "newLetter";

export type Outbox = { 
/**
 * In their undo window.
 */
held: Array<LetterRow>, 
/**
 * Sealed, until the mailbox supplier or print shop has them.
 */
underWay: Array<OutboxRow>, 
/**
 * Drafts and letters that wait, are stopped, or are ready and not sent.
 */
unsent: Array<LetterRow>, deliveredToday: number, lastDelivered: LetterRow | null, };

export type OutboxRow = { row: LetterRow, 
/**
 * Bytes handed over, while it is being sent.
 */
sent: number | null, bytes: number, 
/**
 * What was wrong last, as a code of `dispatch::Code`.
 */
cause: string | null, 
/**
 * When that was.
 */
triedAt: string | null, nextTryAt: string | null, };

export type Counts = { 
/**
 * Held, under way or unsent.
 */
outbox: number, followUp: number, };

export type LetterQuery = { 
/**
 * Words of title, recipient, number or date, all of which must be found.
 */
search: string, filter: Filter, 
/**
 * At most 500.
 */
limit: number, };

export type Filter = "all" | "followUp" | "delivered" | "opened" | "notOpened" | "returned" | "failed" | "cancelled";

export type LetterList = { 
/**
 * Newest first.
 */
rows: Array<LetterRow>, 
/**
 * How many there are, shown or not.
 */
total: number, };

export type LetterDetail = { row: LetterRow, address: AddressForm | null, publicTitle: string | null, security: Security, 
/**
 * The citizen is asked to let the opening be told.
 */
openingAsked: boolean, visibleFrom: string | null, 
/**
 * Pages at `page://localhost/letter/LETTER/DOCUMENT/PAGE?width=PIXELS`; empty after retention.
 */
documents: Array<DocumentView>, decision: DecisionView | null, 
/**
 * Oldest first.
 */
timeline: Array<TimelineItem>, 
/**
 * Receipts of this letter that could not be believed, oldest first.
 */
doubted: Array<DoubtedReceipt>, replaces: string | null, };

export type DoubtedReceipt = { receivedAt: string, 
/**
 * What was found, as a code of `wire::ReceiptFault`, or `VERIFIED`.
 */
verdict: string, 
/**
 * Who signed it, as far as that could be read.
 */
signer: Party | null, 
/**
 * The conversation it names.
 */
conversation: string | null, 
/**
 * The access point was told that it is kept here.
 */
acknowledged: boolean, 
/**
 * The text as received, as much of it as is shown.
 */
raw: string, 
/**
 * Of the whole text.
 */
bytes: number, };

export type TimelineItem = { at: string, event: TimelineEvent, 
/**
 * A clerk's name; `None` when it was the program.
 */
clerk: string | null, 
/**
 * What a mailbox, print shop or access point said in its own words, or why a clerk did it.
 */
detail: string | null, 
/**
 * The event's hash in the ledger's chain, hexadecimal.
 */
hash: string, };

export type TimelineEvent = { "kind": "drafted" } | { "kind": "registerSilent" } | { "kind": "decided", reason: string, } | { "kind": "stopped", code: string, } | { "kind": "confirmed" } | { "kind": "sendPressed" } | { "kind": "undoEnded" } | { "kind": "undone" } | { "kind": "sealed", receiver: Party, carrier: CarrierName, } | { "kind": "attemptStarted", attempt: number, } | { "kind": "notReceived" } | { "kind": "answerLost" } | { "kind": "accepted" } | { "kind": "refused", httpStatus: number | null, } | { "kind": "status", status: TransportStatusName, } | { "kind": "receipt", receipt: ReceiptName, signer: Party, saidAt: string | null, } | { "kind": "suspectReceipt", code: string, } | { "kind": "receiptWaitingForTrust" } | { "kind": "overdue", step: StepName, } | { "kind": "sentBefore", earlier: string, sentAt: string, } | { "kind": "repeatAllowed" } | { "kind": "restored" } | { "kind": "confirmedUnsent" } | { "kind": "cancelled" } | { "kind": "reopened" } | { "kind": "other", name: string, };

export type TransportStatusName = "created" | "sent" | "failed";

export type ReceiptName = "delivery" | "opening" | "notificationFailed" | "accepted" | "returned" | "error";

export type PracticePerson = { number: string, name: string, 
/**
 * A code of `domain::Reason` that a lookup gives.
 */
reason: string, 
/**
 * `WAIT`, `STOP`, `PRINT` or `DIGITAL`.
 */
channel: string, supplier: Party | null, };

export type SampleLetter = "hasMailbox" | "reserved" | "notNotifiable";

export type PracticeBooks = { 
/**
 * Letters in mailboxes, newest first.
 */
mailboxes: Array<MailboxLetter>, 
/**
 * Print orders, newest first.
 */
prints: Array<PrintOrder>, };

export type MailboxLetter = { message: string, 
/**
 * The citizen's number.
 */
number: string, supplier: Party, sender: string, publicTitle: string, title: string | null, receivedAt: string, openedAt: string | null, openingAsked: boolean, notices: Array<CitizenNotice>, receipts: Array<ReceiptName>, 
/**
 * Pages at `page://localhost/practice/MESSAGE/DOCUMENT/PAGE?width=PIXELS`.
 */
documents: Array<DocumentView>, };

export type CitizenNotice = { by: NoticeChannel, text: string, 
/**
 * Days after the letter.
 */
day: number, 
/**
 * It never arrived.
 */
failed: boolean, };

export type NoticeChannel = "email" | "sms";

export type PrintOrder = { message: string, 
/**
 * As printed on the cover.
 */
name: string, address: Array<string>, title: string | null, 
/**
 * Pages of all documents; one on a sheet.
 */
sheets: number, receivedAt: string, stage: PrintStage, returnReported: boolean, documents: Array<DocumentView>, };

export type PrintStage = "inPile" | "posted" | "returned";
