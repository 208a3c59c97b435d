//! An office whose ledger, register, access point and clock live in memory, and one log of all that
//! was asked of them, in order.

mod ledger;
pub(crate) mod papers;
mod services;

use std::io::Cursor;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use utpost_dispatch::{
    Agency, Choice, Desk, Fault, File, NewLetter, Progress, confirm, decide, import, release,
};
use utpost_domain::{
    Actor, Decision, Language, Letter, LetterId, LetterKind, NationalId, NonSensitiveTitle,
    NoticeTexts, OpeningReceipt, Policy, PostalAddress, SecurityLevel, State, Title,
};
use utpost_parcel::{Limits, Sender};
use utpost_pki::{SoftwareSigner, TrustPolicy};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

pub(crate) use ledger::TestLedger;
pub(crate) use papers::PAPERS;
pub(crate) use services::{
    Sent, TestAccessPoint, TestClock, TestRegister, busy, damaged, duplicate, forbidden, lost,
    refused, status, unauthorized, unreachable,
};

pub(crate) const CITIZEN: &str = "20914695016";
pub(crate) const AGENCY: &str = "991825827";
pub(crate) const DIGIPOST: &str = "984661185";
pub(crate) const EBOKS: &str = "922020175";
pub(crate) const PRINTER: &str = "974761076";
/// Words that stand in a letter's personal parts and must never be told.
pub(crate) const SECRET: &str = "Hemmeligord";

/// What was asked, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|one| *one == line).count()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

pub(crate) struct Office {
    pub(crate) log: Log,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) ledger: Arc<TestLedger>,
    pub(crate) register: TestRegister,
    pub(crate) access_point: TestAccessPoint,
    pub(crate) trust: TrustPolicy,
    pub(crate) agency: Agency,
    pub(crate) signer: SoftwareSigner,
}

fn silent(_: Progress) {}

impl Office {
    pub(crate) fn new() -> Self {
        let log = Log::default();
        let clock = Arc::new(TestClock::new(at("2026-11-22T12:00:00Z"), log.clone()));
        Self {
            ledger: Arc::new(TestLedger::new(log.clone())),
            register: TestRegister::new(log.clone()),
            access_point: TestAccessPoint::new(log.clone(), clock.clone()),
            clock,
            log,
            trust: PAPERS.trust(),
            agency: agency(),
            signer: PAPERS.agency.signer(),
        }
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            clock: &*self.clock,
            register: &self.register,
            access_point: &self.access_point,
            ledger: &*self.ledger,
            signer: &self.signer,
            trust: &self.trust,
            agency: &self.agency,
            actor: Actor::Clerk("kari".to_owned()),
            progress: &silent,
        }
    }

    /// Takes in what `letter` describes.
    pub(crate) fn take_in(&self, letter: Given) -> Result<LetterId, Fault> {
        let mut main = Cursor::new(letter.main);
        let mut attachments: Vec<_> = letter
            .attachments
            .into_iter()
            .map(|(name, content)| (name, Cursor::new(content)))
            .collect();
        let new = NewLetter {
            kind: letter.kind,
            recipient: NationalId::parse(letter.to).unwrap(),
            recipient_name: None,
            title: Title::parse(&format!("Vedtak {SECRET}")).unwrap(),
            public_title: NonSensitiveTitle::parse("Brev fra kommunen").unwrap(),
            language: Language::default(),
            security: SecurityLevel::Level4,
            opening_receipt: OpeningReceipt::NotWanted,
            visible_from: letter.visible_from,
            address: letter.address,
            replaces: letter.replaces,
            main: File {
                name: "brev.pdf",
                content: &mut main,
            },
            attachments: attachments
                .iter_mut()
                .map(|(name, content)| File { name, content })
                .collect(),
        };
        let actor = Actor::Clerk("kari".to_owned());
        import(&*self.ledger, &*self.clock, actor, self.agency.limits, new)
    }

    /// A usual letter taken in and decided.
    pub(crate) fn decided(&self) -> (LetterId, Decision) {
        let id = self.take_in(Given::default()).unwrap();
        let (decision, _) = decide(&self.desk(), id).unwrap();
        (id, decision)
    }

    /// A usual letter in the outbox.
    pub(crate) fn queued(&self) -> LetterId {
        let (id, decision) = self.decided();
        let letter = self.release(id, decision).unwrap();
        assert_eq!(letter.state(), State::Queued);
        id
    }

    pub(crate) fn release(&self, id: LetterId, decision: Decision) -> Result<Letter, Fault> {
        release(&self.desk(), id, decision, std::time::Duration::ZERO)
    }

    pub(crate) fn confirm(&self, id: LetterId, choice: Choice) -> Result<Letter, Fault> {
        confirm(&self.desk(), &self.ledger.folded(id), choice)
    }

    pub(crate) fn state(&self, id: LetterId) -> State {
        self.ledger.folded(id).state()
    }
}

/// A letter as a clerk gives it.
pub(crate) struct Given {
    pub(crate) to: &'static str,
    pub(crate) kind: LetterKind,
    pub(crate) visible_from: Option<Timestamp>,
    pub(crate) address: Option<PostalAddress>,
    pub(crate) replaces: Option<LetterId>,
    pub(crate) main: Vec<u8>,
    pub(crate) attachments: Vec<(&'static str, Vec<u8>)>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            to: CITIZEN,
            kind: LetterKind::Decision,
            visible_from: None,
            address: Some(
                PostalAddress::parse_short(&format!("{SECRET} Prøve|Veien 1|9998 Eksempelby"))
                    .unwrap(),
            ),
            replaces: None,
            main: pdf(),
            attachments: Vec::new(),
        }
    }
}

/// Another letter each time.
pub(crate) fn pdf() -> Vec<u8> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed).to_string();
    utpost_letters::sample::letter(&[SECRET, &number])
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn agency() -> Agency {
    Agency {
        sender: Sender {
            organisation: AGENCY.parse().unwrap(),
            unit: None,
            invoice_reference: None,
        },
        name: "Prøvekommunen".to_owned(),
        return_address: PostalAddress::parse_short("Prøvekommunen|Postboks 1|9998 Eksempelby")
            .unwrap(),
        returns: ReturnHandling::ShredAndReport,
        colour: PrintColour::Black,
        post_class: PostClass::B,
        notices: NoticeTexts {
            email: None,
            sms: None,
        },
        policy: Policy::default(),
        limits: Limits::default(),
    }
}
