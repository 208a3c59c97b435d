//! One letter to each citizen of the practice environment, over real HTTPS, with real keys and a
//! real ledger. What must become of it is typed by hand below, not taken from the program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openssl::cms::CmsContentInfo;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use reqwest::Method;
use serde_json::{Value, json};
use utpost_access::{Access, ApiClient, Endpoints, GrantKey, Limits, SystemClock};
use utpost_dispatch::{
    Agency, Choice, Code, Desk, Fault, File, NewLetter, advance, check_status, collect_receipts,
    confirm, decide, import, release,
};
use utpost_domain::{
    Actor, Environment, Language, Letter, LetterId, LetterKind, MessageId, NationalId,
    NonSensitiveTitle, Note, NoticeTexts, OpeningReceipt, Policy, PostalAddress, SecurityLevel,
    Sensitive, State, Title,
};
use utpost_ledger::LedgerFile;
use utpost_parcel::Sender;
use utpost_pki::{Certificate, Signer, SoftwareSigner, TrustPolicy};
use utpost_practice::{Practice, PracticeOptions};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

const DIGIPOST: &str = "984661185";
const EBOKS: &str = "922020175";
const PRINT: &str = "974761076";

// What the counterpart read in the message it received: to the mailbox, or on paper.
const D: &str = "digital";
const P: &str = "print";

/// What must become of a letter.
#[derive(Clone, Copy)]
enum End {
    /// Sent this way to this organisation, whose key alone opens it, and come as far as this.
    Sent(&'static str, &'static str, State, &'static [Note]),
    /// The same, after the clerk said yes to paper.
    Confirmed(&'static str, &'static str, State),
    /// Never sent; this code.
    Never(Code),
}

/// Number of the citizen, and the letter's end.
const TABLE: [(&str, End); 38] = [
    ("19893064152", End::Never(Code::RegisterSilent)),
    ("02914982319", End::Never(Code::AnswerContradicts)),
    ("01835550962", End::Never(Code::AnswerForOther)),
    ("23882964663", End::Never(Code::AnswerIncomplete)),
    ("12855154062", End::Never(Code::AnswerIncomplete)),
    ("17883634454", End::Never(Code::AnswerUnknownValue)),
    ("05879653101", End::Never(Code::AnswerUnknownValue)),
    ("14902879154", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("21893559644", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("02825777442", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("12882318646", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("18859768837", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("13852355004", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("19839343496", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("19845708463", End::Sent(P, PRINT, State::HandedToPost, &[])),
    ("19864141644", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("05925861180", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("19869181474", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("28865393913", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("01872744424", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("22831728594", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("14823678550", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("16852686956", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("28888924304", End::Confirmed(P, PRINT, State::HandedToPost)),
    ("06925115949", End::Sent(D, DIGIPOST, State::Delivered, &[])),
    ("27914108158", End::Sent(D, EBOKS, State::Delivered, &[])),
    ("04917943961", End::Sent(D, DIGIPOST, State::Delivered, &[])),
    ("09822829500", End::Sent(D, EBOKS, State::Delivered, &[])),
    ("07905922275", End::Sent(D, EBOKS, State::Opened, &[])),
    ("23868362464", End::Sent(D, DIGIPOST, State::Failed, &[])),
    (
        "25838260279",
        End::Sent(D, DIGIPOST, State::Delivered, &[Note::NotificationFailed]),
    ),
    ("02846186533", End::Sent(D, EBOKS, State::Failed, &[])),
    ("23850248192", End::Sent(D, DIGIPOST, State::Failed, &[])),
    ("08863146411", End::Sent(D, EBOKS, State::AtProvider, &[])),
    ("14845157783", End::Sent(D, DIGIPOST, State::Opened, &[])),
    ("19900439310", End::Never(Code::ReceiverCertificate)),
    ("19897214264", End::Never(Code::ReceiverCertificate)),
    ("20910302796", End::Sent(P, PRINT, State::HandedToPost, &[])),
];

#[test]
fn every_citizen_gets_what_the_table_says_and_only_the_right_key_opens_it() {
    utpost_platform::openssl_without_config().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let practice_folder = folder.path().join("practice");
    let practice = Practice::start(PracticeOptions::in_folder(&practice_folder)).unwrap();
    let office = Office::open(folder.path(), &practice);
    let desk = office.desk();
    let pdf = utpost_letters::sample::letter(&["Vedtak", "Du får støtte."]);

    let mut known: Vec<&str> = utpost_practice::persons()
        .iter()
        .map(|person| person.number)
        .collect();
    let mut typed: Vec<&str> = TABLE.iter().map(|(number, _)| *number).collect();
    known.sort_unstable();
    typed.sort_unstable();
    assert_eq!(known, typed, "the table names every citizen");

    let mut sent: BTreeMap<LetterId, (&str, End)> = BTreeMap::new();
    for (number, end) in TABLE {
        let id = take_in(&desk, number, &pdf);
        match (send(&desk, id, Choice::NotAsked), end) {
            (Ok(letter), End::Sent(_, receiver, ..)) => {
                assert_eq!(
                    letter.sealed().unwrap().receiver.as_str(),
                    receiver,
                    "{number}"
                );
                sent.insert(id, (number, end));
            }
            (Err(fault), End::Never(code)) => {
                assert_eq!(fault.code(), code, "{number}");
                assert_eq!(desk.ledger.letter(id).unwrap().attempts(), 0, "{number}");
            }
            (Err(fault), End::Confirmed(_, receiver, _)) => {
                let codes = [Code::PrintUnconfirmed, Code::PersonDeleted];
                assert!(codes.contains(&fault.code()), "{number}: {}", fault.code());
                let letter = send(&desk, id, Choice::Yes).unwrap();
                assert_eq!(
                    letter.sealed().unwrap().receiver.as_str(),
                    receiver,
                    "{number}"
                );
                sent.insert(id, (number, end));
            }
            (other, _) => panic!("{number}: {other:?}"),
        }
    }

    let books = control(practice.endpoints(), Method::GET, "books");
    let received = |message: MessageId| {
        let letters = books["letters"].as_array().unwrap().iter();
        let mut found = letters.filter(|letter| letter["message"] == message.to_string());
        let letter = found.next().unwrap();
        assert!(found.next().is_none(), "{message} was received once");
        (letter["kind"].clone(), letter["receiver"].clone())
    };
    let keys = [DIGIPOST, EBOKS, PRINT].map(|owner| (owner, Key::read(&practice_folder, owner)));
    for (id, (number, end)) in &sent {
        let (End::Sent(channel, receiver, ..) | End::Confirmed(channel, receiver, _)) = end else {
            continue;
        };
        let sealed = desk.ledger.letter(*id).unwrap().sealed().unwrap().clone();
        assert_eq!(
            received(sealed.message_id),
            (json!(channel), json!(receiver)),
            "{number}"
        );
        let parcel = fs::read(desk.ledger.parcel_path(sealed.message_id)).unwrap();
        let opens: Vec<&str> = keys
            .iter()
            .filter(|(_, key)| key.opens(&parcel))
            .map(|(owner, _)| *owner)
            .collect();
        assert_eq!(opens, [*receiver], "{number}");
    }

    // What the suppliers do comes by itself; the print shop's night is made to pass.
    let started = Instant::now();
    let mut night = false;
    loop {
        collect_receipts(&desk).unwrap();
        let waiting: Vec<&str> = sent
            .iter()
            .filter(|(id, (_, end))| !arrived(&desk, **id, *end))
            .map(|(_, (number, _))| *number)
            .collect();
        if waiting.is_empty() {
            break;
        }
        let patience = Duration::from_secs(60);
        assert!(
            started.elapsed() < patience,
            "still waiting for {waiting:?}"
        );
        if !night && started.elapsed() > Duration::from_secs(3) {
            night = true;
            control(practice.endpoints(), Method::POST, "advance");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let report = desk.ledger.check_chain().unwrap();
    assert_eq!(report.broken_at, None);
    let told = format!(
        "{} citizens, {} letters sent, {} events",
        TABLE.len(),
        sent.len(),
        report.events
    );
    // Past the test harness, which hides what a passing test prints.
    let _ = writeln!(std::io::stderr(), "{told}");
}

/// Whether the letter has come to its end, and not beyond.
fn arrived(desk: &Desk<'_>, id: LetterId, end: End) -> bool {
    let letter = check_status(desk, id).unwrap();
    let (wanted, notes): (State, &[Note]) = match end {
        End::Sent(_, _, state, notes) => (state, notes),
        End::Confirmed(_, _, state) => (state, &[]),
        End::Never(_) => return true,
    };
    letter.state() == wanted && letter.notes().iter().copied().eq(notes.iter().copied())
}

fn send(desk: &Desk<'_>, id: LetterId, choice: Choice) -> Result<Letter, Fault> {
    let (decision, letter) = decide(desk, id)?;
    confirm(desk, &letter, choice)?;
    release(desk, id, decision, Duration::ZERO)?;
    advance(desk, id)
}

fn take_in(desk: &Desk<'_>, number: &str, pdf: &[u8]) -> LetterId {
    let person = utpost_practice::persons()
        .iter()
        .find(|person| person.number == number)
        .unwrap();
    let new = NewLetter {
        kind: LetterKind::Decision,
        recipient: NationalId::parse(number).unwrap(),
        recipient_name: None,
        title: Title::parse("Vedtak om støtte").unwrap(),
        public_title: NonSensitiveTitle::parse("Brev fra kommunen").unwrap(),
        language: Language::parse("nb").unwrap(),
        security: SecurityLevel::Level4,
        opening_receipt: OpeningReceipt::Wanted,
        visible_from: None,
        address: Some(
            PostalAddress::norwegian(person.name, &["Prøveveien 1"], "9998", "EKSEMPELBY").unwrap(),
        ),
        replaces: None,
        main: File {
            name: "Vedtak om støtte.pdf",
            content: &mut Cursor::new(pdf),
        },
        attachments: Vec::new(),
    };
    let limits = desk.agency.limits;
    import(desk.ledger, desk.clock, desk.actor.clone(), limits, new).unwrap()
}

/// A receiver's key, opened by OpenSSL.
struct Key {
    certificate: X509,
    key: PKey<Private>,
}

impl Key {
    fn read(folder: &Path, owner: &str) -> Self {
        let pem = |name: String| fs::read(folder.join(name)).unwrap();
        Self {
            certificate: X509::from_pem(&pem(format!("{owner}.cert.pem"))).unwrap(),
            key: PKey::private_key_from_pem(&pem(format!("{owner}.key.pem"))).unwrap(),
        }
    }

    fn opens(&self, parcel: &[u8]) -> bool {
        let cms = CmsContentInfo::from_der(parcel).unwrap();
        // Given the certificate, OpenSSL tells a wrong recipient from a right one.
        let plain = cms.decrypt(&self.key, &self.certificate);
        plain.is_ok_and(|plain| plain.starts_with(b"PK\x03\x04"))
    }
}

/// The agency's desk and everything on it.
struct Office {
    ledger: LedgerFile,
    access: Access,
    agency: Agency,
    signer: Arc<dyn Signer>,
    trust: TrustPolicy,
    clock: Arc<SystemClock>,
}

impl Office {
    fn open(folder: &Path, practice: &Practice) -> Self {
        let found = practice.endpoints();
        let certificate = |path: &Path| Certificate::parse_any(&fs::read(path).unwrap()).unwrap();
        let root = certificate(&found.ca_file);
        let mut trust = TrustPolicy::practice(root.clone());
        assert_eq!(
            trust.add_certificates([certificate(&found.intermediate_file)]),
            1
        );
        let password = fs::read_to_string(&found.agency_p12_password_file).unwrap();
        let p12 = fs::read(&found.agency_p12).unwrap();
        let signer = SoftwareSigner::from_pkcs12(&p12, &Sensitive::new(password)).unwrap();
        let signer: Arc<dyn Signer> = Arc::new(signer.with_issuers_from(&trust));
        let clock = Arc::new(SystemClock);
        let endpoints = Endpoints::practice(
            found
                .maskinporten_metadata
                .split(".well-known")
                .next()
                .unwrap(),
            &found.register_base,
            &found.access_point_base,
            root,
        )
        .unwrap();
        let client = ApiClient {
            id: found.client_id.clone(),
            key: GrantKey::EnterpriseCertificate(signer.clone()),
            delegated_by: None,
        };
        // The silent register is asked three times; not with a clerk's patience here.
        let limits = Limits {
            pauses: [Duration::from_millis(20); 2],
            ..Limits::default()
        };
        Self {
            ledger: LedgerFile::create_or_open(
                &folder.join("ledger"),
                &[7; 32],
                Environment::Practice,
            )
            .unwrap(),
            access: Access::open(endpoints, client, clock.clone(), limits).unwrap(),
            agency: Agency {
                sender: Sender {
                    organisation: found.agency.organisation.parse().unwrap(),
                    unit: None,
                    invoice_reference: None,
                },
                name: found.agency.name.clone(),
                return_address: PostalAddress::norwegian(
                    &found.agency.name,
                    &["Postboks 1"],
                    "9998",
                    "EKSEMPELBY",
                )
                .unwrap(),
                returns: ReturnHandling::ShredAndReport,
                colour: PrintColour::Black,
                post_class: PostClass::B,
                notices: NoticeTexts {
                    email: Some(utpost_domain::EmailText::parse("Du har fått brev.").unwrap()),
                    sms: Some(utpost_domain::SmsText::parse("Du har fått brev.").unwrap()),
                },
                policy: Policy::default(),
                limits: utpost_parcel::Limits::default(),
            },
            signer,
            trust,
            clock,
        }
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            clock: self.clock.as_ref(),
            register: &self.access.register,
            access_point: &self.access.access_point,
            ledger: &self.ledger,
            signer: self.signer.as_ref(),
            trust: &self.trust,
            agency: &self.agency,
            actor: Actor::Clerk("kari".to_owned()),
            progress: &|_| {},
        }
    }
}

/// Asks practice what it has received, or makes a night pass at the print shop.
fn control(found: &utpost_practice::Endpoints, method: Method, what: &str) -> Value {
    let root = reqwest::Certificate::from_pem(&fs::read(&found.ca_file).unwrap()).unwrap();
    let client = reqwest::blocking::Client::builder()
        .no_proxy()
        .tls_certs_only([root])
        .build()
        .unwrap();
    let answer = client
        .request(method, format!("{}/practice/{what}", found.base_url))
        .bearer_auth(&found.control_token)
        .send()
        .unwrap();
    assert!(answer.status().is_success());
    answer.json().unwrap()
}
