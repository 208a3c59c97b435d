//! What an agency decides once: who it is, how its letters look in print, what its notices say.

use jiff::SignedDuration;
use utpost_domain::{NoticeTexts, OrgNumber, Policy, PostalAddress};
use utpost_parcel::{Limits, Sender};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

/// The agency behind the letters. Nothing in it is secret.
#[derive(Debug, Clone)]
pub struct Agency {
    /// The organisation that decides (behandlingsansvarlig) and signs, with its sub-unit.
    pub sender: Sender,
    /// Its name as citizens know it.
    pub name: String,
    /// Where paper comes back to.
    pub return_address: PostalAddress,
    /// What becomes of a letter that can't be delivered.
    pub returns: ReturnHandling,
    /// Black or colour.
    pub colour: PrintColour,
    /// Class of post.
    pub post_class: PostClass,
    /// What notices say; nothing personal.
    pub notices: NoticeTexts,
    /// Suppliers letters may go to, and what reservation does to plain information.
    pub policy: Policy,
    /// What the access point takes.
    pub limits: Limits,
}

impl Agency {
    /// The organisation that decides and signs.
    #[must_use]
    pub fn organisation(&self) -> OrgNumber {
        self.sender.organisation
    }
}

/// A decision older than this is looked up again before anything is sealed.
pub const DECISION_GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);
