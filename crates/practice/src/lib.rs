//! The counterpart in the practice environment: token service, contact register, access point, two
//! mailbox suppliers and a print shop, over HTTPS on loopback, with a certificate authority of its
//! own.
//!
//! It stands in for the real services in every test and demonstration and is at least as strict.
//! It shares no code with the sending side but the numbers of persons and organisations, so that
//! one mistake cannot cancel another out.
//!
//! # Control
//!
//! Under `/practice` on the same server, with [`Endpoints::control_token`] as bearer token, the
//! citizen, the print shop and a test act:
//!
//! | call | effect |
//! |---|---|
//! | `GET /persons` | the table of [`persons`] |
//! | `GET /books` | every letter with its course, and every entry of the journal |
//! | `GET /mailboxes` | letters in mailboxes, the newest first, as the citizen sees them: [`MailboxLetter`] |
//! | `GET /print` | print orders, the newest first, as the print shop sees them: [`PrintOrder`] |
//! | `GET /documents/{message}/{number}` | the decrypted bytes of a letter's document as the supplier keeps it, the main document being 0; 404 for one that is not there or not delivered |
//! | `POST /mailboxes/{message}/open` | opened: `aapningskvittering` when it was asked for |
//! | `POST /print/{message}/posted` | `leveringskvittering` |
//! | `POST /print/{message}/returned` | `returpostkvittering` when returns are reported, else it comes back without one; 409 before it is posted |
//! | `POST /advance` | a night: the pile is posted; what a person's row returns comes back the night after |
//! | `POST /forge` `{"conversation", "kind"}` | a forged `leveringskvittering`; kinds `wrong_key`, `foreign_ca`, `wrong_sender`, `tampered`, `unknown_conversation` |
//! | `GET`, `POST`, `DELETE /faults` | planned misbehaviour: shown, added to, forgotten; answers what is planned |
//!
//! A planned fault is `{"service", "times", "kind"}`, with `after` when it lets that many calls
//! through first. Services: `token`, `register`, `print_certificate`, `submit`, `statuses`, `inbox`,
//! `read`. Kinds:
//!
//! | kind | what happens |
//! |---|---|
//! | `lose_before`, `lose_after` | the connection is closed without an answer, before or after the work is done |
//! | `status` | nothing is done and `status` answered; if wanted with `retry_after` in seconds, or `as_string`: the problem's `status` is a string; 502 comes as HTML |
//! | `delay`, `slow_answer` | a wait of `milliseconds` before the work, or after it |
//! | `slow_upload` (`submit`) | the body is read at `bytes_per_second` |
//! | `null_item` (`inbox`) | an item whose `forretningsmelding` is null comes first |
//! | `local_timestamps` (`statuses`) | timestamps lack their offset |
//! | `outdated_mailbox` (`register`) | the mailboxes answered are closed by the time of the upload |

mod access_point;
mod answers;
mod authority;
mod books;
pub mod checks;
mod control;
mod disk;
mod faults;
mod jose;
mod persons;
mod problem;
mod providers;
mod register;
mod replay;
mod server;
mod tokens;
mod world;

pub use answers::{
    Citizen, CitizenNotice, KeptDocument, LetterContents, MailboxLetter, PrintOrder, PrintStage,
    ReceiptName,
};
pub use authority::{AGENCY, AGENCY_NAME, AuthorityFault, DIGIPOST, EBOKS, NEIGHBOUR, PRINT};
pub use books::BooksFault;
pub use persons::{PersonRow, persons};
pub use replay::{ReplayFault, ReplayFiles, replay_files};
pub use server::{
    Agency, Clock, Endpoints, Practice, PracticeOptions, ResetAuthority, StartFault, reset, serve,
};
pub use tokens::{CLIENT, CLIENT_LIMITED, CLIENT_NEIGHBOUR, CLIENT_WITH_KEY, KEY_ID};
