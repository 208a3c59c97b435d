//! What the control interface answers of letters that a supplier has: the citizen's and the print
//! shop's view, by practice's own reading of the message as received.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utpost_domain::OrgNumber;
use uuid::Uuid;

use crate::Agency;
use crate::checks::receipt::NoticeChannel;

/// A letter in a mailbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxLetter {
    /// Its message.
    pub message: Uuid,
    /// Its conversation.
    pub conversation: Uuid,
    /// Whose mailbox it is.
    pub supplier: OrgNumber,
    /// Who sent it, under the name the supplier knows.
    pub sender: Agency,
    /// Mailbox address.
    pub addressee: String,
    /// Whose mailbox it is; `None` for an address of nobody in the table.
    pub citizen: Option<Citizen>,
    /// When the access point had it.
    pub received_at: Timestamp,
    /// Whether an opening receipt was asked for.
    pub opening_asked: bool,
    /// When the citizen opened it first.
    pub opened_at: Option<Timestamp>,
    /// The true receipts, in the order made.
    pub receipts: Vec<ReceiptName>,
    /// What the citizen is told, and when; the earliest first.
    pub notices: Vec<CitizenNotice>,
    /// What was in it.
    pub contents: LetterContents,
}

/// A print order that the print shop has accepted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintOrder {
    /// Its message.
    pub message: Uuid,
    /// Its conversation.
    pub conversation: Uuid,
    /// The print shop.
    pub supplier: OrgNumber,
    /// Who sent it, under the name the print shop knows.
    pub sender: Agency,
    /// The name as printed.
    pub addressee: String,
    /// The lines below the name, as printed.
    pub address: Vec<String>,
    /// When the access point had it.
    pub received_at: Timestamp,
    /// How far the paper is.
    pub stage: PrintStage,
    /// Whether a letter that comes back is shredded and reported; else it is sent back on paper,
    /// and no receipt tells of it.
    pub return_reported: bool,
    /// The true receipts, in the order made.
    pub receipts: Vec<ReceiptName>,
    /// What was in it.
    pub contents: LetterContents,
}

/// Somebody of [`persons`](crate::persons).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citizen {
    /// Synthetic national identity number.
    pub number: String,
    /// Invented name.
    pub name: String,
}

/// A notice as the citizen gets it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitizenNotice {
    /// How.
    pub by: NoticeChannel,
    /// What it says.
    pub text: String,
    /// Days after the letter became visible.
    pub day: u8,
    /// The address does not take messages.
    pub failed: bool,
}

/// How far paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintStage {
    /// In the print shop's pile.
    InPile,
    /// Handed to the post.
    Posted,
    /// Come back.
    Returned,
}

/// A kind of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiptName {
    /// In the mailbox, or handed to the post.
    #[serde(rename = "leveringskvittering")]
    Delivered,
    /// Opened.
    #[serde(rename = "aapningskvittering")]
    Opened,
    /// A notice did not arrive.
    #[serde(rename = "varslingfeiletkvittering")]
    NotificationFailed,
    /// Accepted for print.
    #[serde(rename = "mottakskvittering")]
    AcceptedForPrint,
    /// Come back.
    #[serde(rename = "returpostkvittering")]
    Returned,
    /// Not delivered.
    #[serde(rename = "feil")]
    Failed,
}

/// What a supplier took out of a letter.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterContents {
    /// The title anyone may see; print has none.
    pub non_sensitive_title: Option<String>,
    /// The main document and the attachments, in the sender's order. The bytes of the first are at
    /// `/practice/documents/{message}/0`.
    pub documents: Vec<KeptDocument>,
}

/// A document as the supplier keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDocument {
    /// File name in the package.
    pub name: String,
    /// File name in the supplier's folder.
    pub file: String,
    /// Title in the manifest.
    pub title: Option<String>,
    /// Media type in the manifest.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// A message as practice's books have it, and how it must end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEnd {
    /// Its identifier.
    pub message: Uuid,
    /// Its conversation, where that could be read.
    pub conversation: Option<Uuid>,
    /// What it was to meet on its way, as the control interface writes a fault: `kind`, what
    /// belongs to the kind, and `times`, the calls it hits. `None` for nothing.
    pub fate: Option<Value>,
    /// Calls its fate has hit.
    pub met: u32,
    /// Times it was taken in; must never be more than one.
    pub accepted_times: u32,
    /// Statuses by which its uploads were refused, in order.
    pub refusals: Vec<u16>,
    /// Practice's own checks found it wrong, at the upload or at the mailbox or print shop: no fate
    /// and no citizen's row explains it. Neither a duplicate nor an expired token counts.
    pub sender_at_fault: bool,
    /// Person number of the citizen it was addressed to, by practice's own table of mailboxes and
    /// names. `None` when it was not taken in, or is addressed to nobody there.
    #[serde(default)]
    pub person: Option<String>,
    /// SHA-256 of the main document as the supplier opened it, hexadecimal. `None` when it was not
    /// opened.
    #[serde(default)]
    pub document: Option<String>,
    /// Letters with the same main document for the same addressee in mailboxes and print piles,
    /// this one among them, under whatever identifiers; 0 while this one lies in none.
    pub mailbox_copies: u32,
    /// Every receipt that was made for it, forged ones too.
    pub receipts_issued: Vec<IssuedReceipt>,
    /// The state its sender must have in the end. `None` while it is not known: more happens
    /// without anybody's call, or the message has to come again.
    pub expected_end: Option<End>,
}

/// A receipt that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedReceipt {
    /// Its own identifier.
    pub receipt: Uuid,
    /// Which receipt it is, or claims to be.
    pub kind: String,
    /// How it was forged; `None` for a true one.
    pub forged: Option<String>,
    /// When it was made.
    pub at: Timestamp,
    /// When its receiver marked it as read.
    pub read_at: Option<Timestamp>,
    /// Whether its receiver must mark it as read in the end. One of a conversation the receiver
    /// has not begun must not be.
    pub to_be_read: bool,
}

/// A state in which a letter may end, by the sender's names of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The upload was answered with a final error.
    Refused,
    /// Handed over, and nothing was heard since.
    AtProvider,
    /// In the print shop's pile.
    PrintAccepted,
    /// In the mailbox.
    Delivered,
    /// Opened, and the sender was told.
    Opened,
    /// With the post.
    HandedToPost,
    /// Come back, and the sender was told.
    Returned,
    /// Not delivered.
    Failed,
}
