//! The official complete sets, checked again at their own date.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test"
)]

#[path = "made/vectors.rs"]
mod vectors;

use jiff::Timestamp;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use utpost_domain::OrgNumber;
use utpost_practice::checks::cms_profile::CmsFault;
use utpost_practice::checks::jws::JwsFault;
use utpost_practice::checks::message::Content;
use utpost_practice::checks::package::{Limits, Package};
use utpost_practice::checks::trust::{Trust, TrustFault};
use utpost_practice::checks::xades::{self, XadesFault};
use utpost_practice::checks::{
    Check, Fault, Letter, Outcome, Replay, Takes, Verdict, Why, cms_profile, replay,
};

const SETS: [&str; 2] = ["digital", "digital-avsenderidentifikator"];

struct Set {
    jwt: Vec<u8>,
    cms: Vec<u8>,
    zip: Vec<u8>,
    certificate: X509,
    key: PKey<Private>,
    trust: Trust,
    at: Timestamp,
}

impl Set {
    fn read(name: &str) -> Option<Self> {
        let folder = vectors::dpi("replay")?.join("complete");
        let file = |name: String| std::fs::read(folder.join(name)).expect("vector");
        let recipient = Pkcs12::from_der(&file("eksempel.p12".to_owned())).unwrap();
        let recipient = recipient.parse2("changeit").unwrap();
        let mut chain = X509::stack_from_pem(&file("digital-signer-chain.pem".to_owned())).unwrap();
        let root = chain.pop().expect("leaf, intermediate, root");
        Some(Self {
            jwt: file(format!("{name}-forretningsmelding.jwt")),
            cms: file(format!("{name}-dokumentpakke.cms")),
            zip: file(format!("{name}-dokumentpakke.zip")),
            certificate: recipient.cert.expect("certificate"),
            key: recipient.pkey.expect("key"),
            trust: Trust::new(vec![root], chain.split_off(1)),
            at: "2022-03-16T14:20:00+01:00".parse().unwrap(),
        })
    }

    fn replay(&self) -> (Verdict, Option<Letter>) {
        self.replay_of(&self.jwt, &self.cms)
    }

    fn replay_of(&self, jwt: &[u8], cms: &[u8]) -> (Verdict, Option<Letter>) {
        replay(Replay {
            jwt,
            cms,
            certificate: &self.certificate,
            key: &self.key,
            organisation: OrgNumber::parse("922020175").unwrap(),
            takes: Takes::Digital,
            token_issuer: "https://ver1.maskinporten.no/",
            trust: &self.trust,
            is_registered: &|organisation, unit| {
                organisation.as_str() == "991825827"
                    && unit.is_none_or(|unit| unit == "991825827:avsenderid")
            },
            at: self.at,
        })
    }
}

#[test]
fn every_check_passes_but_the_three_that_cannot_be_made() {
    for name in SETS {
        let Some(set) = Set::read(name) else { return };
        let (verdict, letter) = set.replay();
        assert!(verdict.is_accepted(), "{name}: {verdict:#?}");
        let impossible: Vec<_> = verdict
            .checks()
            .iter()
            .filter_map(|check| match check.outcome {
                Outcome::NotPossible(why) => Some((check.number, check.name, why)),
                _ => None,
            })
            .collect();
        assert_eq!(
            impossible,
            [
                (4, "token signature", Why::TokenKeyUnknown),
                (
                    6,
                    "recipient certificate's organisation",
                    Why::ExampleCertificate
                ),
                (11, "mailbox is open", Why::NoRegister),
            ],
        );
        let numbers: Vec<u8> = verdict.checks().iter().map(|check| check.number).collect();
        assert!(numbers.is_sorted());
        assert!((1..=11).all(|row| numbers.contains(&row)), "{numbers:?}");

        let letter = letter.expect("accepted");
        let Content::Digital(digital) = &letter.message.content else {
            panic!("digital")
        };
        assert_eq!(digital.mailbox, "0000487204");
        assert_eq!(letter.manifest.main.href, "Test.txt");
        assert_eq!(letter.files.len(), 1);
        let unit = letter.message.controller.unit.as_deref();
        assert_eq!(unit.is_some(), name.ends_with("avsenderidentifikator"));
    }
}

#[test]
fn the_package_decrypts_to_the_published_archive() {
    for name in SETS {
        let Some(set) = Set::read(name) else { return };
        let envelope = cms_profile::check(
            &set.cms,
            &set.certificate,
            cms_profile::Tolerance::default(),
        )
        .unwrap();
        assert_eq!(
            envelope.decrypt(&set.key, &set.certificate).unwrap(),
            set.zip
        );
    }
}

#[test]
fn the_signing_certificates_have_run_out_since() {
    let Some(mut set) = Set::read(SETS[0]) else {
        return;
    };
    set.at = "2026-11-22T12:00:00Z".parse().unwrap();
    let (verdict, _) = set.replay();
    let (check, fault) = verdict.refusal().expect("refused");
    assert_eq!(check.number, 1);
    assert_eq!(*fault, Fault::Jws(JwsFault::Trust(TrustFault::Expired)));
}

#[test]
fn no_byte_of_the_message_can_be_changed() {
    let Some(set) = Set::read(SETS[0]) else {
        return;
    };
    for index in (0..set.jwt.len()).step_by(11) {
        let mut jwt = set.jwt.clone();
        jwt[index] ^= 1;
        let (verdict, letter) = set.replay_of(&jwt, &set.cms);
        assert!(
            verdict.refusal().is_some() && letter.is_none(),
            "byte {index}"
        );
    }
}

#[test]
fn no_byte_of_the_package_can_be_changed() {
    let Some(set) = Set::read(SETS[0]) else {
        return;
    };
    for index in (0..set.cms.len()).step_by(17) {
        let mut cms = set.cms.clone();
        cms[index] ^= 1;
        let (verdict, _) = set.replay_of(&set.jwt, &cms);
        assert!(
            matches!(verdict.refusal(), Some((_, Fault::Fingerprint { .. }))),
            "byte {index}"
        );
    }
}

#[test]
fn no_byte_of_a_signed_file_can_be_changed() {
    let Some(set) = Set::read(SETS[0]) else {
        return;
    };
    let package = || Package::open(&set.zip, &Limits::default()).unwrap();
    let check = |package: &Package| {
        let made: Timestamp = "2022-03-16T14:16:08.883+01:00".parse().unwrap();
        xades::check(package, &set.trust, made, set.at)
    };
    assert_eq!(
        check(&package()).unwrap().organisation.as_str(),
        "991825827"
    );

    let mut changed = package();
    changed.files[0].bytes[0] ^= 1;
    assert_eq!(check(&changed).err(), Some(XadesFault::FileDigest));
    let mut changed = package();
    changed.manifest.push(b' ');
    assert_eq!(check(&changed).err(), Some(XadesFault::FileDigest));
    let mut changed = package();
    changed.files[0].name.push('x');
    assert_eq!(check(&changed).err(), Some(XadesFault::Reference));

    let text = String::from_utf8(package().signatures).unwrap();
    for (from, to, fault) in [
        ("08.883", "08.884", XadesFault::PropertiesDigest),
        ("text/plain", "text/html!", XadesFault::PropertiesDigest),
        (
            "-c14n-20010315\"/><SignatureMethod",
            "-c14n-20010315#WithComments\"/><SignatureMethod",
            XadesFault::Algorithm("CanonicalizationMethod"),
        ),
        ("Id=\"ID_1\"", "Id=\"ID_2\"", XadesFault::MediaType),
        (
            "<SignatureValue>",
            "<SignatureValue>AAAA",
            XadesFault::Signature,
        ),
        ("<DigestValue>U", "<DigestValue>V", XadesFault::Signature),
    ] {
        assert!(text.contains(from), "{from}");
        let mut changed = package();
        changed.signatures = text.replacen(from, to, 1).into_bytes();
        assert_eq!(check(&changed).err(), Some(fault), "{from} to {to}");
    }

    // White space between attributes and the way a Base64 text is broken are not signed; nothing
    // else may be changed without notice.
    let is_signed = |index: usize| !text.as_bytes()[index].is_ascii_whitespace();
    let key_info = text.find("<KeyInfo>").unwrap();
    for index in (0..key_info).filter(|index| is_signed(*index)).step_by(5) {
        let mut changed = package();
        changed.signatures[index] ^= 1;
        let declaration = index < text.find("?>").unwrap();
        assert!(declaration || check(&changed).is_err(), "byte {index}");
    }
}

#[test]
fn a_letter_to_another_provider_or_of_another_sender_is_refused() {
    let Some(set) = Set::read(SETS[1]) else {
        return;
    };
    let other = Replay {
        jwt: &set.jwt,
        cms: &set.cms,
        certificate: &set.certificate,
        key: &set.key,
        organisation: OrgNumber::parse("984661185").unwrap(),
        takes: Takes::Digital,
        token_issuer: "https://ver1.maskinporten.no/",
        trust: &set.trust,
        is_registered: &|_, unit| unit.is_none(),
        at: set.at,
    };
    let fault = |replayed: Replay<'_>| match replay(replayed).0.refusal() {
        Some((Check { number, .. }, fault)) => (*number, fault.clone()),
        None => panic!("accepted"),
    };
    assert_eq!(fault(other), (3, Fault::AddressedToAnother));
    let ours = Replay {
        organisation: OrgNumber::parse("922020175").unwrap(),
        ..other
    };
    assert_eq!(fault(ours), (10, Fault::SenderNotRegistered));
    assert_eq!(
        fault(Replay {
            takes: Takes::Print,
            ..ours
        }),
        (2, Fault::WrongKind)
    );
}

#[test]
fn broken_encryption_is_refused_and_never_panics() {
    let Some(set) = Set::read(SETS[0]) else {
        return;
    };
    let open = |bytes: &[u8]| {
        cms_profile::check(bytes, &set.certificate, cms_profile::Tolerance::default())
            .and_then(|envelope| envelope.decrypt(&set.key, &set.certificate))
    };
    for length in (0..set.cms.len()).step_by(53) {
        assert_eq!(
            open(&set.cms[..length]).unwrap_err(),
            CmsFault::NotCms,
            "cut at {length}"
        );
    }
    for index in 0..600 {
        let mut bytes = set.cms.clone();
        bytes[index] ^= 0x41;
        // Some changes mean nothing to CMS itself; the fingerprint is what guards every byte.
        let _ = open(&bytes);
    }
    assert_eq!(
        open(&[&set.cms[..], &[0]].concat()).unwrap_err(),
        CmsFault::TrailingBytes
    );
}
