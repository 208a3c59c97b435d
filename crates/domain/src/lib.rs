//! The words and rules of a letter's life.
//!
//! Everything here is pure: no clock, no disk, no network. Times come in as arguments. A value that
//! exists has been checked; whatever identifies a person is wrapped in [`Sensitive`] and cannot be
//! printed or serialised by accident.
//!
//! ```
//! use utpost_domain::{Environment, NationalId};
//!
//! let id = NationalId::parse("209146 95016")?;
//! id.admitted_in(Environment::Practice)?;
//! assert_eq!(id.mask(), "209146 *****");
//! assert_eq!(format!("{id:?}"), "NationalId([redacted])");
//! # Ok::<(), utpost_domain::NumberFault>(())
//! ```

mod address;
mod chain;
mod decide;
mod event;
mod ids;
mod kind;
mod letter;
mod notices;
mod number;
mod price;
mod register;
mod sensitive;
mod text;
#[cfg(test)]
mod vectors;
mod workday;

pub use address::{
    AddressFault, AddressPart, AddressParts, Country, CountryCode, CountryName, Destination,
    PostalAddress, RecipientName,
};
pub use chain::{
    CHAIN_START, FieldDigests, PersonalFields, RandomnessFault, Salt, Unencodable, hash_event,
};
pub use decide::{
    CertificateFacts, Channel, ChannelName, Confirmation, ContactFacts, Decision, DigitalRoute,
    FactWarning, Facts, NoticeContacts, Policy, Reason, decide, fresh_for_legal_notice,
};
pub use event::{
    Acceptance, Actor, Carrier, CauseCode, Decided, DocumentFacts, Drafted, Event, FaultSide,
    Happening, Impossible, OpeningReceipt, ReceiptKind, Sealed, StampText, Step, StopReason,
    TransportStatus, VerifiedReceiptFacts,
};
pub use ids::{ConversationId, Digest, IdFault, LetterId, MessageId, ReceiptId};
pub use kind::{Environment, LetterKind, SecurityLevel, UnknownName};
pub use letter::{Action, Letter, Note, SentBefore, State};
pub use notices::{
    EmailAddress, EmailNotice, EmailText, MobileNumber, NoticeFault, NoticeTexts, Notices, Repeats,
    SmsNotice, SmsText,
};
pub use number::{IssuedCheck, NationalId, NationalIdKind, NumberFault, OrgNumber, OrgNumberFault};
pub use price::{Price, PriceTable};
pub use register::{
    ContactPoint, Field, Lookup, MailboxAddress, MailboxAddressFault, MailboxCertificate,
    NotificationStatus, PersonRecord, RegisterAnswer, RegisterStatus, Reservation, Stamp,
};
pub use sensitive::Sensitive;
pub use text::{
    FileName, FileNameFault, Language, LanguageFault, MediaType, NonSensitiveTitle, Title,
    TitleFault, contains_person_number,
};
pub use workday::{is_working_day, working_days_after};
