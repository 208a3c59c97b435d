//! Everything that proves what became of a letter.

use std::path::PathBuf;

use serde::Serialize;
use utpost_domain::{Event, Letter, LetterId, Sensitive};

use crate::doubles::field::REASON;
use crate::{Fault, Ledger, StoredReceipt};

/// The personal field with what another said in its own words. Frozen: it is hashed.
pub(crate) const DETAIL: &str = "detail";

/// What there is to show of one letter.
pub struct Evidence {
    /// The letter as it stands.
    pub letter: Letter,
    /// The signed message of the last attempt, compact JWS. Holds the token, which is
    /// of use to others for the two minutes it lives.
    pub message: Option<Sensitive<String>>,
    /// Where the sealed parcel lies, or lay while it was kept; `None` before sealing.
    pub parcel: Option<PathBuf>,
    /// All receipts, as received.
    pub receipts: Vec<StoredReceipt>,
    /// What happened.
    pub timeline: Vec<TimelineEntry>,
}

/// One line of a letter's timeline. Nothing that is serialised of it tells who the citizen is.
#[derive(Debug, Clone, Serialize)]
pub struct TimelineEntry {
    /// Place in the ledger's chain.
    pub position: u64,
    /// When, by whom, what.
    #[serde(flatten)]
    pub event: Event,
    /// The event's hash, hexadecimal.
    pub hash: String,
    /// What a mailbox, print shop or access point said in its own words, or the clerk's reason. For
    /// the clerk's eyes; may hold ids.
    #[serde(skip)]
    pub detail: Option<Sensitive<String>>,
}

/// Gathers a letter's evidence.
///
/// # Errors
/// [`Fault::Ledger`].
pub fn evidence(ledger: &dyn Ledger, id: LetterId) -> Result<Evidence, Fault> {
    let letter = ledger.letter(id)?;
    let parcel = letter
        .sealed()
        .map(|sealed| ledger.parcel_path(sealed.message_id));
    Ok(Evidence {
        message: ledger.last_message(id)?,
        parcel,
        receipts: ledger.receipts(Some(id))?,
        timeline: timeline(ledger, id)?,
        letter,
    })
}

/// A letter's events, oldest first.
///
/// # Errors
/// [`Fault::Ledger`].
pub fn timeline(ledger: &dyn Ledger, id: LetterId) -> Result<Vec<TimelineEntry>, Fault> {
    Ok(ledger
        .history(id)?
        .into_iter()
        .map(|recorded| TimelineEntry {
            position: recorded.position,
            hash: recorded.hash.hex(),
            detail: [DETAIL, REASON]
                .iter()
                .find_map(|field| recorded.personal.value(field))
                .cloned(),
            event: recorded.event,
        })
        .collect())
}
