//! The encrypted ledger: letters, their events in one chain, documents, signed messages, receipts.
//!
//! A folder holds `ledger.db` (SQLCipher, write-ahead log), `documents/<letter>/<number>` (each
//! encrypted under its letter's key), `parcels/<message id>.cms` (encrypted for their receivers),
//! `partial/` (files being written) and `ledger.lock`. Everything is readable by its owner alone.
//!
//! Before the first [`LedgerFile`] the composition root tells OpenSSL to load no configuration,
//! and has made sure that the folder lies on a local disk: both are beyond this crate.
//!
//! ```
//! use utpost_dispatch::Ledger;
//! use utpost_domain::{Environment, LetterId};
//! use utpost_ledger::LedgerFile;
//!
//! let folder = tempfile::tempdir()?;
//! let ledger = LedgerFile::create_or_open(folder.path(), &[7; 32], Environment::Practice)?;
//! assert!(ledger.channel_tag().starts_with("utpost-"));
//! assert_eq!(ledger.check_chain()?.broken_at, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backup;
mod check;
mod copy;
mod disk;
mod documents;
mod events;
mod export;
mod fault;
mod file;
mod overview;
mod receipts;
mod recovery;
mod retention;
mod schema;
mod sending;
#[cfg(test)]
mod tests;

pub use backup::{BackupFault, BackupMade, Soundness};
pub use check::{Finding, Report};
pub use export::Exported;
pub use file::LedgerFile;
pub use recovery::{Recovery, RecoveryFault, RecoverySecret};
pub use retention::Forgettable;
