//! What an agency decides once: who it is, how its letters look in print, what its notices say.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utpost_domain::{OrgNumber, PostalAddress};

/// The agency behind the letters. Nothing in it is secret.
#[derive(Debug, Clone)]
pub struct Agency {
    /// The organisation that decides (behandlingsansvarlig) and signs.
    pub organisation: OrgNumber,
    /// Its name as citizens know it; begins the notices.
    pub name: String,
    /// Sub-unit registered with Digdir (`avsenderidentifikator`), at most 100 characters.
    pub unit: Option<String>,
    /// Printed on the invoice (`fakturaReferanse`), at most 40 characters.
    pub invoice_reference: Option<String>,
    /// Where paper comes back to.
    pub return_address: PostalAddress,
    /// How letters are printed.
    pub print: PrintSettings,
    /// Text of notices by e-mail, at most 500 characters, nothing personal.
    pub email_notice: String,
    /// Text of notices by SMS, at most 160 characters, nothing personal.
    pub sms_notice: String,
    /// May letters of kind *informasjon* go digitally to those who reserved?
    pub information_ignores_reservation: bool,
}

impl Agency {
    /// The notices every agency can start with, naming only itself.
    #[must_use]
    pub fn default_notice(name: &str) -> String {
        format!("Du har fått et brev fra {name} i din digitale postkasse.")
    }
}

/// How central print treats the agency's letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrintSettings {
    /// Black or colour.
    pub colour: PrintColour,
    /// A or B, where the agency chooses at all.
    pub post_class: PostClass,
    /// What becomes of a letter that can't be delivered.
    pub returns: ReturnHandling,
}

impl Default for PrintSettings {
    fn default() -> Self {
        Self {
            colour: PrintColour::Black,
            post_class: PostClass::B,
            returns: ReturnHandling::ShredAndReport,
        }
    }
}

/// Black or colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintColour {
    /// All sheets in black.
    Black,
    /// All sheets in colour, at a higher price.
    Colour,
}

/// Class of post. The postal service has merged the two; both words stay legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PostClass {
    /// Formerly priority.
    A,
    /// Formerly economy.
    B,
}

/// What becomes of a letter that can't be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnHandling {
    /// The paper comes back to the return address; no receipt tells of it.
    SendBack,
    /// It is shredded, and a receipt tells of it.
    ShredAndReport,
}

/// A shown decision older than this is looked up again before sending.
pub const DECISION_GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);
