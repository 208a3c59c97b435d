use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::is_hidden;
use crate::{Digest, NationalId, Sensitive};

/// What came of asking the contact and reservation register (KRR).
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// No answer, an error, or no answer in time.
    Silent,
    /// An answer that could be read.
    Answered(RegisterAnswer),
}

/// The register's answer. Persons may be missing, foreign, repeated, or in another order than
/// asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegisterAnswer {
    /// The persons, as answered.
    pub persons: Vec<PersonRecord>,
}

/// What the register says of one person. Null, absent and empty text are all read as absent.
#[derive(Clone, PartialEq)]
pub struct PersonRecord {
    /// The number answered about.
    pub id: NationalId,
    /// In the register or not.
    pub status: Field<RegisterStatus>,
    /// Reserved against digital letters or not.
    pub reservation: Field<Reservation>,
    /// May be sent a notice or not.
    pub notification: Field<NotificationStatus>,
    /// When the reservation was made.
    pub reserved_at: Option<Stamp>,
    /// E-mail address.
    pub email: Option<ContactPoint>,
    /// Mobile number.
    pub mobile: Option<ContactPoint>,
    /// The mailbox's address at its supplier.
    pub mailbox_address: Option<MailboxAddress>,
    /// The mailbox supplier's organisation number, as given.
    pub supplier: Option<String>,
    /// The certificate to encrypt to.
    pub certificate: MailboxCertificate,
    /// The language wished, as given.
    pub language: Option<String>,
}

impl fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonRecord")
            .field("status", &self.status)
            .field("reservation", &self.reservation)
            .field("notification", &self.notification)
            .finish_non_exhaustive()
    }
}

/// One coded field of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field<T> {
    /// Not in the answer.
    Absent,
    /// In the answer, with a value no document names.
    Unknown,
    /// In the answer.
    Known(T),
}

/// The person's place in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterStatus {
    /// In it.
    Active,
    /// Removed from it: dead, given another number, or by own wish.
    Deleted,
    /// Not in it.
    NotRegistered,
}

/// Reservation against digital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reservation {
    /// Has reserved.
    Yes,
    /// Has not.
    No,
}

/// Whether the register lets the person be sent notices (eForvaltningsforskriften § 32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationStatus {
    /// May be notified.
    CanBeNotified,
    /// May not.
    CannotBeNotified,
}

/// A time in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// It could be read.
    At(Timestamp),
    /// It could not; kept as text.
    Unreadable(String),
}

impl Stamp {
    /// The instant, if it could be read.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            Self::Unreadable(_) => None,
        }
    }
}

/// An e-mail address or mobile number with its two times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPoint {
    /// The address or number, as given.
    pub value: Sensitive<String>,
    /// Last changed by the citizen.
    pub updated_at: Option<Stamp>,
    /// Last confirmed by the citizen.
    pub verified_at: Option<Stamp>,
}

/// The certificate the mailbox's supplier decrypts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxCertificate {
    /// None in the answer.
    Absent,
    /// Something that is no certificate.
    Unreadable,
    /// Read; not yet checked for trust.
    Read {
        /// The certificate, DER.
        der: Vec<u8>,
        /// First instant of validity.
        not_before: Timestamp,
        /// Last instant of validity.
        not_after: Timestamp,
        /// SHA-256 of the DER bytes.
        fingerprint: Digest,
    },
}

/// A citizen's mailbox at its supplier: opaque text, copied unchanged from the register.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MailboxAddress(Sensitive<String>);

impl MailboxAddress {
    /// Takes the text as it is.
    ///
    /// # Errors
    /// Empty, or with control or invisible characters.
    pub fn parse(text: &str) -> Result<Self, MailboxAddressFault> {
        if text.trim().is_empty() {
            return Err(MailboxAddressFault::Empty);
        }
        if text.chars().any(|c| c.is_control() || is_hidden(c)) {
            return Err(MailboxAddressFault::ControlCharacter);
        }
        Ok(Self(Sensitive::new(text.to_owned())))
    }

    /// The address.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

/// Why a text is no mailbox address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxAddressFault {
    /// Nothing there.
    #[error("empty mailbox address")]
    Empty,
    /// Control or invisible characters.
    #[error("control character in mailbox address")]
    ControlCharacter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_address_is_copied_unchanged() {
        for text in ["0000487204", "ola.nordmann#9YDT", " spaced "] {
            assert_eq!(MailboxAddress::parse(text).unwrap().expose("test"), text);
        }
        assert_eq!(MailboxAddress::parse("  "), Err(MailboxAddressFault::Empty));
        assert_eq!(
            MailboxAddress::parse("a\nb"),
            Err(MailboxAddressFault::ControlCharacter)
        );
    }
}
