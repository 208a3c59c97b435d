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
//! | `GET /books` | every letter with its course, every message with its end, and every entry of the journal |
//! | `GET /messages` | every message that was offered, and how it must end: [`MessageEnd`] |
//! | `GET /mailboxes` | letters in mailboxes, the newest first, as the citizen sees them: [`MailboxLetter`] |
//! | `GET /print` | print orders, the newest first, as the print shop sees them: [`PrintOrder`] |
//! | `GET /documents/{message}/{number}` | the decrypted bytes of a letter's document as the supplier keeps it, the main document being 0; 404 for one that is not there or not delivered |
//! | `POST /mailboxes/{message}/open` | opened: `aapningskvittering` when it was asked for |
//! | `POST /print/{message}/posted` | `leveringskvittering` |
//! | `POST /print/{message}/returned` | `returpostkvittering` when returns are reported, else it comes back without one; 409 before it is posted |
//! | `POST /advance` | a night: the pile is posted; what a person's row returns comes back the night after |
//! | `POST /forge` `{"conversation", "kind", "receipt"}` | a forged `receipt`: `leveringskvittering`, which it is when left out, `aapningskvittering` or `feil`; kinds `wrong_key`, `foreign_ca`, `wrong_sender`, `tampered`, `unknown_conversation` |
//! | `GET`, `POST`, `DELETE /faults` | planned misbehaviour: shown, added to, forgotten; answers what is planned |
//!
//! A planned fault is `{"service", "times", "kind"}`, with `after` when it lets that many calls
//! through first. Services: `token`, `register`, `print_certificate`, `submit`, `statuses`, `inbox`,
//! `read`, and `message`. Kinds:
//!
//! | kind | what happens |
//! |---|---|
//! | `lose_before`, `lose_after` | the connection is closed without an answer, before or after the work is done |
//! | `reset` | the connection is reset (TCP RST) when a part of the call is read |
//! | `status` | nothing is done and `status` answered; if wanted with `retry_after` in seconds, or `as_string`: the problem's `status` is a string; 502 comes as HTML |
//! | `delay`, `slow_answer` | a wait of `milliseconds` before the work, or after it |
//! | `slow_upload` (`submit`) | the body is read at `bytes_per_second` |
//! | `null_item` (`inbox`, `message`) | an item whose `forretningsmelding` is null comes first |
//! | `duplicate_items`, `reversed_items` (`inbox`) | each item comes twice; the oldest comes last |
//! | `local_timestamps` (`statuses`, `message`) | timestamps lack their offset |
//! | `outdated_mailbox` (`register`) | the mailboxes answered are closed by the time of the upload |
//! | `expired_certificate` (`register`) | Digipost's certificate as answered has expired |
//! | `receipts_twice` (`message`) | each receipt is made twice, and each of them listed twice |
//! | `receipts_reordered` (`message`) | receipts come before the status SENDT, the last one first |
//! | `not_handed_over` (`message`) | status FEILET |
//! | `failed_early`, `failed_late` (`message`) | `feil` before SENDT and instead of any other receipt; `feil` after the letter was delivered, or accepted for print |
//! | `forged_receipt`, `foreign_receipt` (`message`) | beside the true receipts comes a forged `feil`, by `forgery` when it is not to be `wrong_key`; or a receipt of a conversation nobody has begun |
//!
//! A fault of the service `message` is the fate of the next message that was not offered before.
//! It follows the message on its whole way: its first upload is refused, lost or reset, or its
//! statuses and receipts are; 400 and 413 answer all its uploads. A closed agreement is the
//! agency's and not the message's: `status` 403 at `submit`, for as many calls as it is to last.
//!
//! Fates are given by a seed with `{"random": {"seed", "share", "final_share"}}`: `share` of the
//! messages meet something that heals, `final_share` something that does not. What a message meets
//! follows from the seed and its identifier alone, and how many calls it hits does too, once or
//! twice. `final_share` has look-ups answered with an outdated mailbox or an expired certificate as
//! well. With `{"auto": {"open_share", "post", "return_share", "seed"}}` citizens open and the print
//! shop posts and returns unasked. Both settings are kept with the books until `DELETE /faults`, also
//! when practice is started anew. Planned faults that have not hit yet are lost then; what messages
//! have been given by then is in the books and stays theirs.
//!
//! What a message must come to is in its [`MessageEnd::expected_end`], which practice works out
//! from what it has done itself. An end that practice's own checks brought about is the sender's
//! mistake, and its [`MessageEnd::sender_at_fault`] says so.

mod access_point;
mod answers;
mod authority;
mod books;
pub mod checks;
mod clock;
mod control;
mod disk;
mod ends;
mod fates;
mod faults;
mod jose;
mod lines;
mod persons;
mod problem;
mod providers;
mod register;
mod replay;
mod server;
mod tokens;
mod world;

pub use answers::{
    Citizen, CitizenNotice, End, IssuedReceipt, KeptDocument, LetterContents, MailboxLetter,
    MessageEnd, PrintOrder, PrintStage, ReceiptName,
};
pub use authority::{AGENCY, AGENCY_NAME, AuthorityFault, DIGIPOST, EBOKS, NEIGHBOUR, PRINT};
pub use books::BooksFault;
pub use persons::{PersonRow, persons};
pub use replay::{ReplayFault, ReplayFiles, replay_files};
pub use server::{
    Agency, Clock, Endpoints, Practice, PracticeOptions, ResetAuthority, StartFault, reset, serve,
};
pub use tokens::{CLIENT, CLIENT_LIMITED, CLIENT_NEIGHBOUR, CLIENT_WITH_KEY, KEY_ID};
