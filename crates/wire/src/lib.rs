//! The official JSON and token forms, both ways.
//!
//! Out go business messages ([`Envelope`]), grants ([`Grant`]) and lookups ([`register_request`]);
//! their types leave no room for a message that the official schemas or the protocol would refuse.
//! In come receipts ([`parse_receipt`]), answers of the register, the token service and the access
//! point. Readers are tolerant about form and strict about trust: a receipt says something only
//! after [`UnverifiedReceipt::verify`].
//!
//! Norwegian member names live here and nowhere else in the core. Nothing here touches disk, clock
//! or network.

mod access_point;
mod envelope;
mod form;
mod jws;
mod maskinporten;
mod receipt;
mod register;
#[cfg(test)]
#[path = "../tests/common/vectors.rs"]
mod vectors;

pub use access_point::{
    AnswerFault, InboxItem, Problem, ProblemKind, StatusLine, parse_inbox, parse_problem,
    parse_statuses,
};
pub use envelope::{
    Digital, Envelope, EnvelopeFault, Heading, PostClass, Print, PrintColour, ReturnHandling,
    SignedMessage,
};
pub use jws::SigningFault;
pub use maskinporten::{
    AccessToken, GRANT_TYPE, Grant, Mender, Metadata, TokenDenial, TokenError, TokenReadFault,
    parse_metadata, parse_token_answer, parse_token_error,
};
pub use receipt::{
    Expectation, NoticeChannel, RECEIPT_LIMIT, ReceiptFault, UnverifiedReceipt, VerifiedReceipt,
    parse_receipt,
};
pub use register::{
    PrintProvider, RegisterReadFault, parse_print_certificate, parse_register_answer,
    register_request,
};
