//! What the control interface answers of letters that a supplier has: the citizen's and the print
//! shop's view, by practice's own reading of the message as received.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
