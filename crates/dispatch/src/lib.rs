//! The use cases: what a clerk does with a letter, step by step, over ports.
//!
//! [`import`] takes a letter in, [`decide`] asks the register, [`press`] opens the undo window and
//! [`seal_held`] ends it ([`release`] is both, with the wait between), [`advance`] sends it on, [`collect_receipts`] brings home what became of it, and [`evidence`]
//! lays all of it open. Whatever goes wrong is a [`Fault`], and each fault has one [`Code`].
//! Everything outside arrives through the traits of this crate: [`Clock`], [`Register`],
//! [`AccessPoint`] and [`Ledger`].

mod code;
mod doubles;
mod evidence;
mod fault;
mod fixed;
mod halt;
mod import;
mod letter;
mod outbox;
mod ports;
mod receipts;
mod redraft;
mod restored;
mod retry;
mod search;
mod send;
mod settings;
mod watch;

pub use code::{Code, Family};
pub use doubles::{COUNTS_FOR, allow_repeat, why_stopped};
pub use evidence::{Evidence, TimelineEntry, evidence, timeline};
pub use fault::Fault;
pub use halt::access_restored;
pub use import::{File, NewLetter, ReadSeek, import, import_as};
pub use letter::{Contents, Listed, ListedDocument, contents};
pub use outbox::{advance, check_status, upload_limit};
pub use ports::{
    AccessPoint, CallFault, ChainReport, Clock, Counts, Delivered, Entry, Found, Halt, InboxQuery,
    IncomingReceipt, KeptDocument, Ledger, LedgerFault, LetterRow, ReceiptKept, Recorded, Register,
    Remote, Restoration, StoredReceipt, Submission,
};
pub use receipts::{Collected, CollectedReceipt, collect_receipts, reverify, reverify_waiting};
pub use redraft::{Changes, readdress, redraft};
pub use restored::{Thaw, thaw};
pub use retry::{derive_spread, next_try};
pub use search::{Filter, Query, fold};
pub use send::{
    Answer, Choice, Desk, Held, Progress, ask, confirm, decide, is_as_shown, is_fresh, press,
    release, seal_held,
};
pub use settings::{Agency, DECISION_GOOD_FOR};
pub use utpost_parcel::Source;
pub use utpost_wire::{InboxItem, SignedMessage, StatusLine};
pub use watch::watch;
