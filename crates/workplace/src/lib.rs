//! What the console program and the window share: where an environment's things lie, how ledger,
//! key, services and settings are put together, and what is written beside the ledger.
//!
//! [`Place`] says where; [`Workplace::open`] opens it all and hands out the [`Desk`] that the use
//! cases of `dispatch` work at. Everything blocks and none of it may be opened, used or dropped on
//! a thread of an async runtime.
//!
//! The program tells OpenSSL to load no configuration before it opens anything
//! (`utpost_platform::openssl_without_config`).
//!
//! ```no_run
//! use utpost_workplace::{Place, Workplace};
//!
//! let place = Place::from_env()?;
//! let work = Workplace::open(&place)?;
//! let agency = work.agency();
//! let desk = work.desk(&agency, &|_| {});
//! let letters = desk.ledger.letters(100)?;
//! # drop(letters);
//! # Ok::<(), utpost_workplace::Failure>(())
//! ```
//!
//! [`Desk`]: utpost_dispatch::Desk

mod clock;
mod connections;
mod control;
mod engine;
mod evidence;
mod failure;
mod files;
mod log;
mod place;
mod reset;
mod settings;
mod workplace;

pub use clock::ScaledClock;
pub use control::Control;
pub use engine::{Engine, Going, Watching};
pub use evidence::{receipt_json, timeline_json, write_evidence};
pub use failure::Failure;
pub use files::{Steady, open_file, open_steadily};
pub use log::{begin_log, quiet_faults};
pub use place::{Place, PlaceOptions, Restored};
pub use reset::practice_reset;
pub use settings::{AgencyChange, Settings};
pub use workplace::{Workplace, user};
