//! Taking a letter in: either whole or not at all.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use utpost_dispatch::{Code, Fault, File, NewLetter, contents, import};
use utpost_domain::{
    Actor, Environment, Language, LetterKind, NationalId, NonSensitiveTitle, OpeningReceipt,
    SecurityLevel, State, Title,
};
use utpost_parcel::Limits;

use crate::support::{CITIZEN, Given, Office, SECRET, TestLedger, at, pdf};

/// A file that is fine when looked at and not when it is read to be kept.
struct Treacherous {
    content: Cursor<Vec<u8>>,
    ledger: Arc<TestLedger>,
    breaks: bool,
}

impl Read for Treacherous {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.ledger.letters_kept() {
            0 => self.content.read(into),
            _ if self.breaks => Err(io::ErrorKind::ConnectionReset.into()),
            _ => Ok(0),
        }
    }
}

impl Seek for Treacherous {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

fn encrypted() -> Vec<u8> {
    let mut pdf = pdf();
    let trailer = pdf
        .windows(5)
        .rposition(|window| window == b"/Root")
        .unwrap();
    pdf.splice(trailer..trailer, *b"/Encrypt 1 0 R ");
    pdf
}

fn kept_nothing(office: &Office, given: Given) -> Fault {
    let fault = office.take_in(given).unwrap_err();
    assert_eq!(office.ledger.letters_kept(), 0, "{fault}");
    assert_eq!(office.log.count("look_up") + office.log.count("token"), 0);
    fault
}

#[test]
fn a_letter_taken_in_needs_its_files_no_more() {
    let office = Office::new();
    let attachments = vec![("Vedlegg 1.pdf", pdf()), ("notat.txt", b"notat".to_vec())];
    let id = office
        .take_in(Given {
            attachments,
            ..Given::default()
        })
        .unwrap();
    assert_eq!(office.state(id), State::Draft);
    let contents = contents(&*office.ledger, id).unwrap();
    assert_eq!(contents.recipient.expose("test"), CITIZEN);
    let names: Vec<_> = contents
        .documents
        .iter()
        .map(|one| one.file_name.as_str())
        .collect();
    assert_eq!(names, ["brev.pdf", "Vedlegg_1.pdf", "notat.txt"]);
    assert_eq!(contents.documents[1].title.expose("test"), "Vedlegg 1");
    assert!(contents.address.is_some());
}

#[test]
fn an_import_that_fails_keeps_nothing_and_says_which_document() {
    let ok = ("vedlegg.pdf", pdf());
    let with = |attachments| Given {
        attachments,
        ..Given::default()
    };
    let main = |main| Given {
        main,
        ..Given::default()
    };
    for (given, code, which) in [
        (main(Vec::new()), Code::FileEmpty, Some(0)),
        (main(b"hei".to_vec()), Code::NotPdf, Some(0)),
        (main(encrypted()), Code::PdfEncrypted, Some(0)),
        (main(pdf()[..200].to_vec()), Code::PdfDamaged, Some(0)),
        (
            with(vec![("tom.txt", Vec::new())]),
            Code::FileEmpty,
            Some(1),
        ),
        (
            with(vec![ok.clone(), ("x.pdf", encrypted())]),
            Code::PdfEncrypted,
            Some(2),
        ),
        (
            with(vec![ok.clone(), ("VEDLEGG.pdf", pdf())]),
            Code::SameName,
            Some(2),
        ),
        (
            with(vec![ok.clone(), ("vedlegg.txt", b"x".to_vec())]),
            Code::SameName,
            Some(2),
        ),
        (
            with(vec![("x.exe", b"MZ".to_vec())]),
            Code::AttachmentType,
            Some(1),
        ),
        (
            with(vec![("x.jpg", b"no picture".to_vec())]),
            Code::AttachmentType,
            Some(1),
        ),
        (
            with(vec![("vedtak 20914695016.pdf", pdf())]),
            Code::TitleNumber,
            Some(1),
        ),
        (
            with(vec![ok.clone(), (" .pdf", pdf())]),
            Code::TitleMissing,
            Some(2),
        ),
        (
            Given {
                visible_from: Some(at("2027-11-23T12:00:00Z")),
                ..Given::default()
            },
            Code::EffectiveDate,
            None,
        ),
    ] {
        let fault = kept_nothing(&Office::new(), given);
        assert_eq!((fault.code(), fault.document()), (code, which), "{fault}");
    }
    let many = (0..201).map(|_| ("x.pdf", Vec::new())).collect();
    assert_eq!(
        kept_nothing(&Office::new(), with(many)).code(),
        Code::TooManyAttachments
    );
}

#[test]
fn documents_too_large_together_keep_nothing() {
    let mut office = Office::new();
    let one = pdf().len() as u64;
    office.agency.limits = Limits { bytes: 2 * one - 1 };
    let attachments = vec![("vedlegg.pdf", pdf())];
    let fault = kept_nothing(
        &office,
        Given {
            attachments,
            ..Given::default()
        },
    );
    assert_eq!(fault.code(), Code::TooLarge);
    office.agency.limits = Limits { bytes: 2 * one };
    let attachments = vec![("vedlegg.pdf", pdf())];
    office
        .take_in(Given {
            attachments,
            ..Given::default()
        })
        .unwrap();
}

#[test]
fn a_file_that_vanishes_or_changes_while_it_is_read_keeps_nothing() {
    for breaks in [true, false] {
        let office = Office::new();
        let mut attachment = Treacherous {
            content: Cursor::new(pdf()),
            ledger: office.ledger.clone(),
            breaks,
        };
        let new = NewLetter {
            kind: LetterKind::Decision,
            recipient: NationalId::parse(CITIZEN).unwrap(),
            recipient_name: None,
            title: Title::parse(SECRET).unwrap(),
            public_title: NonSensitiveTitle::parse("Brev").unwrap(),
            language: Language::default(),
            security: SecurityLevel::Level4,
            opening_receipt: OpeningReceipt::NotWanted,
            visible_from: None,
            address: None,
            replaces: None,
            main: File {
                name: "brev.pdf",
                content: &mut Cursor::new(pdf()),
            },
            attachments: vec![File {
                name: "vedlegg.pdf",
                content: &mut attachment,
            }],
        };
        let limits = Limits::default();
        let fault = import(&*office.ledger, &*office.clock, Actor::Program, limits, new);
        let fault = fault.unwrap_err();
        assert_eq!(
            (fault.code(), fault.document()),
            (Code::FileUnreadable, Some(1))
        );
        assert_eq!(office.ledger.letters_kept(), 0);
    }
}

#[test]
fn a_made_up_citizen_in_production_keeps_nothing() {
    let office = Office::new();
    *office.ledger.environment.lock().unwrap() = Environment::Production;
    let fault = kept_nothing(&office, Given::default());
    assert_eq!(fault.code(), Code::NumberSynthetic);
}

#[test]
fn a_letter_made_from_another_says_which_and_only_one_that_is_here() {
    let office = Office::new();
    let earlier = office.take_in(Given::default()).unwrap();
    let anew = |replaces| {
        office.take_in(Given {
            replaces: Some(replaces),
            ..Given::default()
        })
    };
    let id = anew(earlier).unwrap();
    assert_eq!(office.ledger.folded(id).replaces(), Some(earlier));
    let fault = anew(utpost_domain::LetterId::generate()).unwrap_err();
    assert_eq!(fault.code(), Code::LetterUnknown);
    assert_eq!(office.ledger.letters_kept(), 2);
}
