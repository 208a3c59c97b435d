//! The use cases: what a clerk does with a letter, step by step, over ports.
//!
//! [`import`] takes a letter in, [`decide`] asks the register, [`release`] seals it,
//! [`advance`] sends it on, [`collect_receipts`] brings home what became of it, and [`evidence`]
//! lays all of it open. Whatever goes wrong is a [`Fault`], and each fault has one [`Code`].
//! Everything outside arrives through the traits of this crate: [`Clock`], [`Register`],
//! [`AccessPoint`] and [`Ledger`].

mod code;
mod evidence;
mod fault;
mod import;
mod letter;
mod outbox;
mod ports;
mod readdress;
mod receipts;
mod send;
mod settings;

pub use code::{Code, Family};
pub use evidence::{Evidence, TimelineEntry, evidence, timeline};
pub use fault::Fault;
pub use import::{File, NewLetter, ReadSeek, import};
pub use letter::{Contents, ListedDocument, contents};
pub use outbox::{advance, check_status, upload_limit};
pub use ports::{
    AccessPoint, CallFault, ChainReport, Clock, Entry, InboxQuery, IncomingReceipt, KeptDocument,
    Ledger, LedgerFault, LetterRow, ReceiptKept, Recorded, Register, Remote, StoredReceipt,
    Submission,
};
pub use readdress::readdress;
pub use receipts::{Collected, CollectedReceipt, collect_receipts, reverify};
pub use send::{Choice, Desk, Progress, confirm, decide, release};
pub use settings::{Agency, DECISION_GOOD_FOR};
pub use utpost_parcel::Source;
pub use utpost_wire::{InboxItem, SignedMessage, StatusLine};
