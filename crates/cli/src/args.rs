//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use utpost_domain::Environment;
use utpost_workplace::{Failure, Place, PlaceOptions};

use crate::words::Language;

/// Sends official letters to citizens: looks up where each may be reached, seals, sends, and
/// keeps every receipt.
#[derive(Debug, Parser)]
#[command(name = "utpost", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Common {
    /// Machine-readable output: one JSON object on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Use the practice environment; started for the command when it is not running
    #[arg(long, global = true, conflicts_with = "environment")]
    pub(crate) practice: bool,

    /// Environment [default: practice]
    #[arg(long, global = true, value_enum, env = "UTPOST_ENVIRONMENT")]
    pub(crate) environment: Option<EnvironmentName>,

    /// Folder of the ledger [default: the platform's data folder, one for each environment]
    #[arg(long, global = true, value_name = "DIR", env = "UTPOST_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// File with the ledger's key, where the machine has no key store; made the first time
    #[arg(long, global = true, value_name = "FILE", env = "UTPOST_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Folder of the practice environment [default: beside the practice ledger]
    #[arg(long, global = true, value_name = "DIR", env = "UTPOST_PRACTICE_DATA")]
    pub(crate) practice_data: Option<PathBuf>,

    /// Settings file [default: settings.json in the folder of the ledger]
    #[arg(long, global = true, value_name = "FILE", env = "UTPOST_SETTINGS")]
    pub(crate) settings: Option<PathBuf>,

    /// Language of sentences
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "nb",
        env = "UTPOST_LANGUAGE"
    )]
    pub(crate) language: Language,
}

impl Common {
    /// Where everything lies.
    pub(crate) fn place(&self) -> Result<Place, Failure> {
        let environment = match self.environment {
            _ if self.practice => Environment::Practice,
            None | Some(EnvironmentName::Practice) => Environment::Practice,
            Some(EnvironmentName::Test) => Environment::Test,
            Some(EnvironmentName::Production) => Environment::Production,
        };
        Place::of(PlaceOptions {
            environment: Some(environment),
            data: self.data.clone(),
            practice_data: self.practice_data.clone(),
            settings: self.settings.clone(),
            key_file: self.key_file.clone(),
        })
    }
}

/// An environment by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvironmentName {
    /// Everything on this machine, with invented persons.
    Practice,
    /// Digdir's test environment.
    Test,
    /// Real letters to real citizens.
    Production,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send one letter
    Send(Send),
    /// See where a citizen can be reached and why, without sending
    Lookup(Lookup),
    /// Go on with a letter that waits for the register or was stopped
    Resume(Resume),
    /// Try letters in the outbox: ask what became of lost answers, then send what is due. In a
    /// restored ledger ask first what became of the letters under way
    Outbox(Outbox),
    /// Go on working without a window: send what is in the outbox, fetch receipts, ask again where
    /// the register was silent
    Work(Work),
    /// Where letters are: all, or one with its timeline
    Status(Status),
    /// Where the settings are looked for, and an example that holds every setting
    Settings,
    /// Give up a letter that has not been attempted, or was stopped after an attempt in vain
    Cancel {
        /// The letter
        letter: String,
    },
    /// Fetch receipts, verify them, and show what they say
    Receipts,
    /// Write everything that proves what became of a letter into a folder
    Evidence(Evidence),
    /// The practice environment
    Practice {
        #[command(subcommand)]
        command: Practice,
    },
    /// Check settings, certificate, ledger and each service, and say what is wrong
    Doctor,
    /// Look after the ledger: check it, back it up, bring it back, export it, and let letters be
    /// forgotten whose time is over
    Ledger {
        #[command(subcommand)]
        command: Ledger,
    },
}

/// To whom.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Recipient {
    /// The citizen's number; `-` reads it from standard input. On the command line itself only
    /// synthetic numbers are taken, since command lines are logged
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: Option<String>,

    /// File that holds the citizen's number
    #[arg(long, value_name = "FILE")]
    pub(crate) to_file: Option<PathBuf>,
}

/// One question to the register.
#[derive(Debug, Args)]
pub(crate) struct Lookup {
    #[command(flatten)]
    pub(crate) recipient: Recipient,

    /// Kind of letter it is for
    #[arg(long, value_enum, default_value = "enkeltvedtak")]
    pub(crate) kind: Kind,
}

/// One letter.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The letter, a PDF
    #[arg(value_name = "FILE.pdf")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) recipient: Recipient,

    /// The letter's title, shown after login. Others on this machine can see it while the program
    /// runs; --title-file hides it
    #[arg(long, required_unless_present = "title_file")]
    pub(crate) title: Option<String>,

    /// File with the letter's title
    #[arg(long, value_name = "FILE", conflicts_with = "title")]
    pub(crate) title_file: Option<PathBuf>,

    /// Title shown before login and in notices; never derived from the title [default: "Brev fra"
    /// and the agency's name]
    #[arg(long, value_name = "TITLE")]
    pub(crate) public_title: Option<String>,

    /// Kind of letter
    #[arg(long, value_enum, default_value = "enkeltvedtak")]
    pub(crate) kind: Kind,

    /// An attachment; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,

    /// Login level the citizen needs
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(3..=4), default_value_t = 4)]
    pub(crate) security: u8,

    /// Language of the letter
    #[arg(long, value_name = "CODE", default_value = "nb", value_parser = utpost_domain::Language::parse)]
    pub(crate) letter_language: utpost_domain::Language,

    /// Ask the citizen to let the agency know when the letter is opened (costs a receipt)
    #[arg(long)]
    pub(crate) opening_receipt: bool,

    /// The day from which the citizen sees the letter (Norwegian time)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) visible_from: Option<jiff::civil::Date>,

    #[command(flatten)]
    pub(crate) address: Address,

    #[command(flatten)]
    pub(crate) consent: Consent,

    /// Look up and show the decision, and stop there
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Where a letter goes on paper.
#[derive(Debug, Args)]
pub(crate) struct Address {
    /// Address on paper: `Name|Line|0123 Town`. Others on this machine can see it while the
    /// program runs; prefer --address-file
    #[arg(long, conflicts_with = "address_file")]
    pub(crate) address: Option<String>,

    /// JSON file with the address on paper: {"name", "lines": […], "postcode", "town"}, or for
    /// abroad {"name", "lines": […], "country"}
    #[arg(long, value_name = "FILE")]
    pub(crate) address_file: Option<PathBuf>,
}

/// What the clerk says yes to.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Yes, print, although something is wrong with the citizen's mailbox
    #[arg(long)]
    pub(crate) confirm_print: bool,

    /// Yes, print, although the citizen was removed from the register
    #[arg(long)]
    pub(crate) print_anyway: bool,
}

/// A letter that waits or was stopped.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The letter
    pub(crate) letter: String,

    /// File with the reason, on its first line, why the citizen gets the same document once more;
    /// it is kept with the letter
    #[arg(long, value_name = "FILE")]
    pub(crate) repeat_reason_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) address: Address,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// Trying letters.
#[derive(Debug, Args)]
pub(crate) struct Outbox {
    /// An administrator's word that the agency has access again: sending that stood still goes on
    #[arg(long)]
    pub(crate) access_restored: bool,
}

/// Working without a window.
#[derive(Debug, Args)]
pub(crate) struct Work {
    /// Letters to take in and send, one JSON object a line: {"key", "file", "to", "title"} and, where
    /// wanted, {"public_title", "kind", "address", "opening_receipt", "confirm_print",
    /// "print_anyway"}. A key stands for one letter however often the same plan is given
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,

    /// End when nothing is left to be done and every letter has got its receipts; print that waits
    /// for the post is not waited for
    #[arg(long)]
    pub(crate) until_idle: bool,

    /// End after so many minutes, whatever is left: it lies safely in the outbox for the next call
    #[arg(long, value_name = "MINUTES")]
    pub(crate) at_most: Option<u16>,

    /// An administrator's word that the agency has access again: sending that stood still goes on
    #[arg(long)]
    pub(crate) access_restored: bool,
}

/// Kinds of letter, by the names of the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A decision
    Enkeltvedtak,
    /// Advance notice of a decision
    Forhandsvarsel,
    /// Another message that matters
    AnnenViktig,
    /// A service message
    Informasjon,
}

/// Which letters.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// One letter, by the id `send` printed
    pub(crate) letter: Option<String>,

    /// Only what is kept here; do not ask the access point
    #[arg(long)]
    pub(crate) offline: bool,
}

/// One letter's proof.
#[derive(Debug, Args)]
pub(crate) struct Evidence {
    /// The letter
    pub(crate) letter: String,

    /// Folder to write, for its owner alone; new, empty, or written for this letter before
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// Commands of the practice environment.
#[derive(Debug, Subcommand)]
pub(crate) enum Practice {
    /// Run it until interrupted, for other programs to use
    Serve {
        /// Port on the loopback address; 0 chooses a free one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Stop when standard input ends, for programs that start it
        #[arg(long)]
        until_input_ends: bool,
    },
    /// The invented persons, and what each is for
    Persons,
    /// Empty its books; without --letters the practice ledger is left alone
    Reset {
        /// Make new keys and certificates as well
        #[arg(long)]
        renew: bool,
        /// Remove the letters of the practice ledger as well, since they get no more receipts. Its
        /// settings and key are kept; the ledgers of other environments are refused
        #[arg(long)]
        letters: bool,
    },
    /// Run a mailbox's checks on a letter on disk, ours or another sender's, and say what holds
    Replay(Replay),
    /// Do what a citizen or the print shop would do
    Act {
        #[command(subcommand)]
        act: Act,
    },
    /// What goes wrong on purpose: shown, planned or forgotten, in a practice that is running
    #[command(after_help = FAULTS_HELP)]
    Faults {
        #[command(subcommand)]
        command: Option<Faults>,
    },
}

/// What citizens and print shops do.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Act {
    /// The citizen opens the letter
    Open(Which),
    /// The print shop hands its pile to the post
    Posted(Which),
    /// A posted letter comes back
    Returned(Which),
    /// The nightly batch of the print shop
    Advance,
    /// Somebody forges a receipt
    Forge {
        /// The letter, by conversation
        #[arg(long, value_name = "ID")]
        conversation: uuid::Uuid,
        /// How it is forged
        #[arg(long, value_enum, default_value = "wrong_key")]
        kind: Forgery,
    },
}

/// One letter or all.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Which {
    /// The letter, by conversation; all that fit when left out
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<uuid::Uuid>,
}

/// How a receipt is forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Forgery {
    /// The supplier's certificate, a signature by another key
    WrongKey,
    /// A certificate of the supplier's name by an unknown authority
    ForeignCa,
    /// Rightly signed by an organisation that is not the supplier
    WrongSender,
    /// The supplier's signature over another text
    Tampered,
    /// Rightly signed, of a conversation nobody has begun
    UnknownConversation,
}

/// Which faults heal, and which do not.
const FAULTS_HELP: &str = "\
What heals, so that the letter arrives all the same:
  plan --service submit --kind lose_before | lose_after | reset | delay …
  plan --service submit --kind status --status 401 | 408 | 429 | 500 | 502 | 503 [--retry-after N]
  plan --service inbox --kind null_item | duplicate_items | reversed_items
  plan --service statuses --kind local_timestamps
  plan --service message --kind receipts_twice | receipts_reordered
What does not:
  plan --service message --kind status --status 400 | 413
  plan --service submit --kind status --status 403 --times N     (the agency's, not the letter's)
  plan --service message --kind not_handed_over | failed_early | failed_late
  plan --service message --kind forged_receipt | foreign_receipt
  plan --service register --kind expired_certificate | outdated_mailbox
A fault of the service message belongs to the next message that was not offered before, and follows
it on its whole way; --times is then a number of messages. “random” gives such faults to messages by
a seed, and “ends” shows how each message must end.";

/// What is done with planned faults.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Faults {
    /// Let the next calls to a service, or the next messages, fail in a chosen way
    Plan(PlannedFault),
    /// Give messages fates by a seed: a message meets the same whenever it comes
    Random {
        /// The seed
        #[arg(long, value_name = "N")]
        seed: u64,
        /// How many of all messages meet something that heals, 0 to 1
        #[arg(long, value_name = "P", default_value_t = 0.2, value_parser = share)]
        share: f64,
        /// How many of all messages meet something that does not heal, 0 to 1
        #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = share)]
        final_share: f64,
    },
    /// Let citizens and the print shop act unasked
    Auto {
        /// How many of the letters in mailboxes are opened, 0 to 1
        #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
        open_share: f64,
        /// Post what is accepted for print
        #[arg(long)]
        post: bool,
        /// How many of the posted letters come back, 0 to 1
        #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
        return_share: f64,
        /// Chooses which
        #[arg(long, value_name = "N", default_value_t = 0)]
        seed: u64,
    },
    /// What each message was to meet, and the state its letter must reach
    Ends,
    /// Forget what is planned and set; messages that were offered keep their fates
    Clear,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err("a share lies between 0 and 1".to_owned())
    }
}

/// One planned fault.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PlannedFault {
    /// What is called
    #[arg(long, value_enum)]
    pub(crate) service: FaultTarget,

    /// What goes wrong
    #[arg(long, value_enum)]
    pub(crate) kind: FaultKind,

    /// How many calls it hits, or how many messages
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) times: u32,

    /// How many calls it lets through first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) after: u32,

    /// HTTP status, for the kind `status`
    #[arg(long, value_name = "N", required_if_eq("kind", "status"), value_parser = clap::value_parser!(u16).range(200..=599))]
    pub(crate) status: Option<u16>,

    /// Retry-After in seconds, for the kind `status`
    #[arg(long, value_name = "N", requires = "status")]
    pub(crate) retry_after: Option<u32>,

    /// The problem gives its status as a string, for the kind `status`
    #[arg(long, requires = "status")]
    pub(crate) as_string: bool,

    /// The wait, for `delay` and `slow_answer`
    #[arg(long, value_name = "N", required_if_eq_any([("kind", "delay"), ("kind", "slow_answer")]))]
    pub(crate) milliseconds: Option<u64>,

    /// The speed, for `slow_upload`
    #[arg(long, value_name = "N", required_if_eq("kind", "slow_upload"))]
    pub(crate) bytes_per_second: Option<u32>,

    /// How the receipt is forged, for `forged_receipt`
    #[arg(long, value_enum)]
    pub(crate) forgery: Option<Forgery>,
}

/// What a fault is planned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum FaultTarget {
    /// Access tokens
    Token,
    /// Lookups in the contact register
    Register,
    /// The print shop's certificate
    PrintCertificate,
    /// Uploads
    Submit,
    /// Statuses of a letter
    Statuses,
    /// Fetching receipts
    Inbox,
    /// Marking a receipt as read
    Read,
    /// A message that was not offered before, on its whole way
    Message,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// The connection is closed before anything is done
    LoseBefore,
    /// The call is done, and the connection closed without an answer
    LoseAfter,
    /// A status is answered, and nothing is done
    Status,
    /// The call is begun after a wait
    Delay,
    /// The call is done at once, and answered after a wait
    SlowAnswer,
    /// The connection is reset in the middle of the call
    Reset,
    /// The upload is read slowly (submit)
    SlowUpload,
    /// An item without a receipt comes first (inbox, message)
    NullItem,
    /// Each item comes twice (inbox)
    DuplicateItems,
    /// The oldest item comes last (inbox)
    ReversedItems,
    /// Timestamps lack their offset (statuses, message)
    LocalTimestamps,
    /// The mailboxes answered are closed when the letter comes (register)
    OutdatedMailbox,
    /// Digipost's certificate as answered has expired (register)
    ExpiredCertificate,
    /// Each receipt is made twice and listed twice (message)
    ReceiptsTwice,
    /// Receipts come before the status SENDT, the last one first (message)
    ReceiptsReordered,
    /// Status FEILET (message)
    NotHandedOver,
    /// feil instead of any other receipt, before the status SENDT (message)
    FailedEarly,
    /// feil after the letter was delivered or accepted for print (message)
    FailedLate,
    /// A forged feil comes beside the true receipts (message)
    ForgedReceipt,
    /// A receipt of a conversation nobody has begun comes beside the true ones (message)
    ForeignReceipt,
}

/// A letter on disk.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The signed message (JWS)
    #[arg(long, value_name = "FILE")]
    pub(crate) message: PathBuf,

    /// The encrypted package (CMS)
    #[arg(long, value_name = "FILE")]
    pub(crate) package: PathBuf,

    /// PKCS#12 with the recipient's certificate and key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,

    /// File with its password
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: PathBuf,

    /// PEM file with the issuing certificates, roots among them
    #[arg(long, value_name = "FILE")]
    pub(crate) issuers: PathBuf,

    /// Organisation number of the provider it was sent to
    #[arg(long, value_name = "NUMBER", value_parser = utpost_domain::OrgNumber::parse)]
    pub(crate) provider: utpost_domain::OrgNumber,

    /// The provider prints
    #[arg(long)]
    pub(crate) print: bool,

    /// Issuer the token must name
    #[arg(long, value_name = "URL", default_value = "https://maskinporten.no/")]
    pub(crate) token_issuer: String,

    /// Instant at which certificates are judged, such as 2022-03-16T14:20:00+01:00 [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<jiff::Timestamp>,
}

/// Looking after the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Read every page, event, document and parcel, and say what is not as it was written. Nothing
    /// is changed
    Check,
    /// Write a backup into a new folder, encrypted, while others go on working
    #[command(after_help = BACKUP_HELP)]
    Backup(Backup),
    /// Bring a backup back to where no ledger is. Nothing is sent from it before the access point
    /// was asked what became of every letter under way, and letters not sealed want a new yes
    Restore(Restore),
    /// Write letters, receipts and documents into a new folder for an archive. NOTHING OF IT IS
    /// ENCRYPTED: whoever can read the folder can read the letters
    Export(Export),
    /// Remove documents and everything personal of letters whose life is over; proof, digests and
    /// the chain of events stay. Shows which, and does it with --yes
    Forget(Forget),
}

/// What a backup is, for the help.
const BACKUP_HELP: &str = "\
The folder gets the encrypted ledger, its encrypted documents and parcels, and the key, wrapped as
an age file (key.age) for the passphrase or public key. The age tool opens it too; what it opens to
is a key file: age -d key.age > ledger.key";

/// One backup.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Folder to write: new or empty
    #[arg(value_name = "DIR")]
    pub(crate) to: PathBuf,

    /// Who may bring it back: an age public key, age1…
    #[arg(long, value_name = "KEY", required_unless_present = "passphrase_file")]
    pub(crate) recipient: Option<String>,

    /// Or whoever knows the passphrase on the first line of this file, at least 15 characters; `-`
    /// reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Bringing one backup back.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Folder of the backup
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,

    /// File with the age private key, AGE-SECRET-KEY-1…
    #[arg(long, value_name = "FILE", required_unless_present = "passphrase_file")]
    pub(crate) identity: Option<PathBuf>,

    /// File with the passphrase on its first line; `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// Bring it back although a check finds it damaged or not whole
    #[arg(long)]
    pub(crate) damaged: bool,
}

/// One export.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Folder to write: new or empty
    #[arg(value_name = "DIR")]
    pub(crate) to: PathBuf,

    /// Only this letter; may be repeated [default: all]
    #[arg(long, value_name = "LETTER")]
    pub(crate) letter: Vec<String>,
}

/// What may be forgotten.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Letters to which nothing has happened since this day began (Norwegian time)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) finished_before: jiff::civil::Date,

    /// Do it: what is removed can't be brought back
    #[arg(long)]
    pub(crate) yes: bool,

    /// Also letters that need follow-up: failed, returned, refused, or with a note
    #[arg(long)]
    pub(crate) also_follow_up: bool,
}
