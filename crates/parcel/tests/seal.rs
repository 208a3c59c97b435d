//! Letters sealed, and opened by ourselves and by programs that are not ours.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../pki/tests/support/mod.rs"]
mod support;

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;

use der::{Decode, asn1::AnyRef};
use support::{ENCRYPT, Holder, Number, Wish};
use utpost_domain::{Digest, FileName, Language, MailboxAddress, MediaType, Sensitive, Title};
use utpost_parcel::{
    Document, Limits, OpenFault, Opened, Parcel, ParcelFault, SealedParcel, Sender, Source, open,
};
use utpost_pki::{
    Certificate, Purpose, RecipientKey, SoftwareSigner, TrustPolicy, VerifiedCertificate,
};

const NOW: &str = "2026-06-01T10:00:00.250Z";

struct World {
    root: Holder,
    mailbox: Holder,
    policy: TrustPolicy,
    signer: SoftwareSigner,
    key: RecipientKey,
    folder: tempfile::TempDir,
}

fn secret(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

fn read(holder: &Holder) -> Certificate {
    Certificate::parse_der(&holder.der()).unwrap()
}

impl World {
    fn new() -> Self {
        let root = support::root("Øvings & rot");
        let between = root.issue(&support::authority());
        let agency = between.issue(&Wish::default());
        let mailbox = root.issue(&Wish {
            name: "Postkassen",
            number: Number::Serial("984661185"),
            usage: Some(ENCRYPT),
            ..Wish::default()
        });
        Self {
            policy: TrustPolicy::practice(read(&root)),
            signer: SoftwareSigner::from_pkcs12(
                &agency.pkcs12("x", &[&root, &between]),
                &secret("x"),
            )
            .unwrap(),
            key: RecipientKey::from_pkcs12(&mailbox.pkcs12("x", &[]), &secret("x")).unwrap(),
            folder: tempfile::tempdir().unwrap(),
            root,
            mailbox,
        }
    }

    fn recipient(&self) -> VerifiedCertificate {
        let at = NOW.parse().unwrap();
        self.policy
            .verify(&read(&self.mailbox), &[], at, Purpose::Encryption)
            .unwrap()
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("brev.cms")
    }

    fn seal(&self, parcel: Parcel<'_>) -> Result<SealedParcel, ParcelFault> {
        parcel.sign(&self.signer, NOW.parse().unwrap())?.seal(
            &self.recipient(),
            &self.path(),
            &mut |_| {},
        )
    }

    fn sealed(&self, documents: &[(&str, &str, Vec<u8>)]) -> Vec<u8> {
        let mut documents = documents.iter().map(|(name, title, bytes)| {
            let document: Document<'_> = document(name, title, bytes);
            document
        });
        let main = documents.next().unwrap();
        let sealed = self
            .seal(digital(main, documents.collect()).unwrap())
            .unwrap();
        let bytes = std::fs::read(sealed.path()).unwrap();
        assert_eq!(sealed.fingerprint(), Digest::of(&bytes));
        assert_eq!(sealed.bytes(), bytes.len() as u64);
        std::fs::remove_file(sealed.path()).unwrap();
        assert_eq!(
            std::fs::read_dir(self.folder.path()).unwrap().count(),
            0,
            "nothing beside it"
        );
        bytes
    }
}

fn document<'a>(name: &str, title: &str, source: &'a dyn Source) -> Document<'a> {
    Document {
        title: Title::parse(title).unwrap(),
        language: Language::parse("nb").unwrap(),
        file_name: FileName::parse(name).unwrap(),
        media_type: MediaType::Pdf,
        source,
    }
}

fn sender() -> Sender {
    Sender {
        organisation: "991825827".parse().unwrap(),
        unit: Some("991825827:teknisk <&> etat".to_owned()),
        invoice_reference: Some("PO-1".to_owned()),
    }
}

fn mailbox() -> Option<MailboxAddress> {
    Some(MailboxAddress::parse("kari#0A1B").unwrap())
}

fn digital<'a>(
    main: Document<'a>,
    attachments: Vec<Document<'a>>,
) -> Result<Parcel<'a>, ParcelFault> {
    Parcel::new(sender(), mailbox(), main, attachments, Limits::default())
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    openssl::rand::rand_bytes(&mut noise).unwrap();
    noise
}

fn three() -> [(&'static str, &'static str, Vec<u8>); 3] {
    [
        (
            "vedtak.pdf",
            "Vedtak om <støtte> & \"mer\" ]]> 'å'",
            b"%PDF-1.7 vedtak".to_vec(),
        ),
        ("vedlegg.pdf", "Vedlegg", noise(70_000)),
        ("kart.pdf", "Kart", vec![b' '; 100_000]),
    ]
}

#[test]
fn what_is_sealed_opens_to_the_same() {
    let world = World::new();
    let documents = three();
    let opened = open(&world.sealed(&documents), &world.key).unwrap();

    let manifest = &opened.manifest;
    assert_eq!(manifest.sender, sender());
    assert_eq!(manifest.mailbox, mailbox());
    let listed: Vec<_> = std::iter::once(&manifest.main)
        .chain(&manifest.attachments)
        .collect();
    for (listed, (name, title, bytes)) in listed.iter().zip(&documents) {
        assert_eq!(listed.file_name, *name);
        assert_eq!(listed.media_type, "application/pdf");
        let (given, language) = listed.title.as_ref().unwrap();
        assert_eq!(
            (given.expose("test").as_str(), language.as_str()),
            (*title, "nb")
        );
        assert_eq!(opened.file(name).unwrap(), bytes);
    }
    assert_eq!(
        opened.file_names().collect::<Vec<_>>(),
        [
            "mimetype",
            "manifest.xml",
            "vedtak.pdf",
            "vedlegg.pdf",
            "kart.pdf",
            "META-INF/signatures.xml"
        ]
    );
    assert_eq!(opened.signed_at, NOW.parse().unwrap());
    assert_eq!(opened.certificates.len(), 3, "leaf, intermediate and root");
    let judged = world.policy.verify(
        &opened.signer,
        &opened.certificates,
        opened.signed_at,
        Purpose::Signing,
    );
    assert_eq!(judged.unwrap().organisation().to_string(), "991825827");
}

#[test]
fn the_signature_is_written_as_the_profile_has_it() {
    let world = World::new();
    let opened = open(&world.sealed(&three()), &world.key).unwrap();
    let xml = std::str::from_utf8(opened.file("META-INF/signatures.xml").unwrap()).unwrap();
    let document = roxmltree::Document::parse(xml).unwrap();
    assert!(
        !xml.contains('\n') && !xml.contains("&#13;"),
        "no breaks anywhere"
    );
    let ids: Vec<_> = document
        .descendants()
        .filter_map(|node| node.attribute("Id"))
        .collect();
    assert_eq!(
        ids,
        [
            "Signature",
            "ID_0",
            "ID_1",
            "ID_2",
            "ID_3",
            "SignedProperties"
        ]
    );
    let text = |name: &str| {
        let found = document
            .descendants()
            .find(|node| node.tag_name().name() == name);
        found.unwrap().text().unwrap().to_owned()
    };
    assert_eq!(text("SigningTime"), "2026-06-01T12:00:00.250+02:00");
    assert_eq!(text("X509IssuerName"), opened.signer.issuer_rfc2253());
    let types: Vec<_> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "MimeType")
        .map(|node| node.text().unwrap())
        .collect();
    assert_eq!(types[..2], ["application/xml", "application/pdf"]);
}

#[test]
fn a_letter_for_print_names_no_citizen_and_takes_pdf_only() {
    let world = World::new();
    let bytes = b"%PDF".to_vec();
    let print = |main| Parcel::new(sender(), None, main, Vec::new(), Limits::default());
    let sealed = world
        .seal(print(document("brev.pdf", "Brev", &bytes)).unwrap())
        .unwrap();
    let opened = open(&std::fs::read(sealed.path()).unwrap(), &world.key).unwrap();
    assert_eq!(opened.manifest.mailbox, None);
    let manifest = std::str::from_utf8(opened.file("manifest.xml").unwrap()).unwrap();
    assert!(!manifest.contains("mottaker"));

    let text = Document {
        media_type: MediaType::Text,
        ..document("brev.txt", "Brev", &bytes)
    };
    assert!(matches!(
        print(text),
        Err(ParcelFault::NotPrintable { which: 0 })
    ));
}

#[test]
fn every_length_class_is_der_and_opens_by_openssl() {
    let world = World::new();
    // Noise does not deflate, so the ciphertext of each is in a length class of its own; the last
    // needs four bytes.
    for bytes in [1, 55_000, 65_000, 17_000_000] {
        let noise = noise(bytes);
        let cms = world.sealed(&[("brev.pdf", "Brev", noise.clone())]);
        AnyRef::from_der(&cms).unwrap();
        assert!(cms.windows(49).any(|window| {
            let hex: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
            hex == "302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500"
        }));
        let zip = decrypted(&world, &cms);
        let mut archive = zip::ZipArchive::new(io::Cursor::new(zip)).unwrap();
        let mut found = Vec::new();
        archive
            .by_name("brev.pdf")
            .unwrap()
            .read_to_end(&mut found)
            .unwrap();
        assert!(found == noise);
    }
}

#[test]
fn the_container_is_written_as_the_profile_has_it() {
    let world = World::new();
    let zip = decrypted(&world, &world.sealed(&three()));
    assert_eq!(&zip[30..38], b"mimetype");
    assert_eq!(&zip[38..69], b"application/vnd.etsi.asic-e+zip");
    let mut archive = zip::ZipArchive::new(io::Cursor::new(&zip)).unwrap();
    assert_eq!(archive.len(), 6);
    for at in 0..archive.len() {
        let entry = archive.by_index(at).unwrap();
        let header = usize::try_from(entry.header_start()).unwrap();
        let flags = u16::from_le_bytes([zip[header + 6], zip[header + 7]]);
        let (method, wanted) = if at == 0 {
            ("Stored", 0x0800)
        } else {
            ("Deflated", 0x0808)
        };
        assert_eq!(
            (entry.compression().to_string().as_str(), flags),
            (method, wanted)
        );
        let date = entry.last_modified().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (1980, 1, 1));
        assert_eq!(entry.extra_data().unwrap_or_default(), b"");
    }
}

/// Decrypts with the `openssl` program, or with its library where there is no program.
fn decrypted(world: &World, cms: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("key.pem"),
        world.mailbox.key.private_key_to_pem_pkcs8().unwrap(),
    )
    .unwrap();
    std::fs::write(
        path("cert.pem"),
        world.mailbox.certificate.to_pem().unwrap(),
    )
    .unwrap();
    std::fs::write(path("brev.cms"), cms).unwrap();
    let run = Command::new("openssl")
        .args([
            "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "brev.cms",
        ])
        .args([
            "-inkey", "key.pem", "-recip", "cert.pem", "-out", "brev.zip",
        ])
        .current_dir(folder.path())
        .output();
    match run {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            std::fs::read(path("brev.zip")).unwrap()
        }
        Err(_) => {
            // Its library opens what the test goes on with.
            support::not_run("openssl cms -decrypt", "openssl");
            let message = openssl::cms::CmsContentInfo::from_der(cms).unwrap();
            message
                .decrypt(&world.mailbox.key, &world.mailbox.certificate)
                .unwrap()
        }
    }
}

#[test]
fn xmlsec_verifies_the_signature_and_sees_every_change() {
    let world = World::new();
    let opened = open(&world.sealed(&three()), &world.key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lay_out = |opened: &Opened| {
        for name in opened.file_names() {
            let plain = name.strip_prefix("META-INF/").unwrap_or(name);
            std::fs::write(folder.path().join(plain), opened.file(name).unwrap()).unwrap();
        }
    };
    lay_out(&opened);
    std::fs::write(
        folder.path().join("root.pem"),
        world.root.certificate.to_pem().unwrap(),
    )
    .unwrap();
    let verify = || verified_by_xmlsec(folder.path());
    if verify().is_none() {
        support::not_run("xmlsec1 --verify", "xmlsec1");
        return;
    }
    assert_eq!(verify(), Some(true));
    for (name, at) in [
        ("vedtak.pdf", "PDF"),
        ("manifest.xml", "991825827"),
        ("signatures.xml", "2026-06-01"),
        ("signatures.xml", "ID_1"),
        ("signatures.xml", "application/pdf"),
    ] {
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes
            .windows(at.len())
            .position(|window| window == at.as_bytes())
            .unwrap();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(verify(), Some(false), "{name} at {at}");
        lay_out(&opened);
    }
    assert_eq!(verify(), Some(true));
}

fn verified_by_xmlsec(folder: &Path) -> Option<bool> {
    let output = Command::new("xmlsec1")
        .args([
            "--verify",
            "--id-attr:Id",
            "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
        ])
        .args([
            "--enabled-key-data",
            "x509",
            "--trusted-pem",
            "root.pem",
            "signatures.xml",
        ])
        .current_dir(folder)
        .output()
        .ok()?;
    Some(output.status.success())
}

/// Packages of other senders: OpenSSL encrypts our container anew, in other ways.
#[test]
fn what_others_encrypt_is_read_unless_the_way_is_refused() {
    let world = World::new();
    let zip = decrypted(&world, &world.sealed(&three()));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("brev.zip"), &zip).unwrap();
    let pem = world.mailbox.certificate.to_pem().unwrap();
    std::fs::write(folder.path().join("cert.pem"), pem).unwrap();
    let encrypt = |cipher: &str, options: &[&str]| {
        let run = Command::new("openssl")
            .args([
                "cms", "-encrypt", "-binary", "-outform", "DER", "-in", "brev.zip",
            ])
            .args(["-out", "brev.cms", cipher, "-recip", "cert.pem"])
            .args(options)
            .current_dir(folder.path())
            .output()
            .ok()?;
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        Some(open(
            &std::fs::read(folder.path().join("brev.cms")).unwrap(),
            &world.key,
        ))
    };
    let oaep = ["-keyopt", "rsa_padding_mode:oaep"];
    let sha256 = [
        "-keyopt",
        "rsa_oaep_md:sha256",
        "-keyopt",
        "rsa_mgf1_md:sha256",
    ];
    let both = [&oaep[..], &sha256].concat();
    let Some(first) = encrypt("-aes-256-cbc", &both) else {
        support::not_run("openssl cms -encrypt", "openssl");
        return;
    };
    assert!(
        first.is_ok(),
        "OAEP with SHA-256, parameters absent where we write NULL"
    );
    let stream = [&both[..], &["-stream"]].concat();
    assert!(
        encrypt("-aes-256-cbc", &stream).unwrap().is_ok(),
        "BER of indefinite length"
    );
    assert!(
        encrypt("-aes-256-cbc", &oaep).unwrap().is_ok(),
        "OAEP with SHA-1, the default"
    );

    let refused = |cipher, options: &[&str]| {
        assert_eq!(
            encrypt(cipher, options).unwrap().unwrap_err(),
            OpenFault::UnknownEncryption
        );
    };
    refused("-aes-256-cbc", &[]);
    refused(
        "-aes-256-cbc",
        &[&oaep[..], &sha256[..2], &["-keyopt", "rsa_mgf1_md:sha1"]].concat(),
    );
    refused("-aes-128-cbc", &both);
}

#[test]
fn every_fault_of_decryption_looks_the_same() {
    let world = World::new();
    let cms = world.sealed(&[("brev.pdf", "Brev", b"%PDF".to_vec())]);
    let other = World::new();
    assert_eq!(
        open(&cms, &other.key).unwrap_err(),
        OpenFault::Decryption,
        "another's"
    );
    let issuer = read(&world.mailbox).issuer_der().to_vec();
    let rid = cms
        .windows(issuer.len())
        .position(|window| window == issuer)
        .unwrap();
    let mut wrong_key = cms.clone();
    wrong_key[rid + issuer.len() + 150] ^= 1;
    assert_eq!(
        open(&wrong_key, &world.key).unwrap_err(),
        OpenFault::Decryption
    );
    let mut wrong_padding = cms.clone();
    let last = wrong_padding.len() - 17;
    wrong_padding[last] ^= 0xff;
    assert_eq!(
        open(&wrong_padding, &world.key).unwrap_err(),
        OpenFault::Decryption
    );
    assert_eq!(open(b"", &world.key).unwrap_err(), OpenFault::NotAnEnvelope);
    assert_eq!(
        open(&cms[..cms.len() - 1], &world.key).unwrap_err(),
        OpenFault::NotAnEnvelope
    );
}

/// The encryption has no integrity of its own, and a ZIP has bytes that nobody reads: dates,
/// versions, repeated sums. The fingerprint covers those. Whatever opens is what was sealed.
#[test]
fn one_flipped_byte_never_changes_what_is_read() {
    let world = World::new();
    let cms = world.sealed(&[("brev.pdf", "Brev", b"%PDF".to_vec())]);
    let whole = open(&cms, &world.key).unwrap();
    let (mut tried, mut opened) = (0, 0);
    for at in (0..cms.len()).step_by(3) {
        let mut flipped = cms.clone();
        flipped[at] ^= 0x08;
        assert_ne!(Digest::of(&flipped), Digest::of(&cms));
        tried += 1;
        if let Ok(flipped) = open(&flipped, &world.key) {
            opened += 1;
            assert!(whole.file_names().eq(flipped.file_names()));
            for name in whole.file_names() {
                assert_eq!(flipped.file(name), whole.file(name));
            }
        }
    }
    assert!(opened * 50 < tried, "{opened} of {tried} opened");
}

#[test]
fn no_two_packages_share_a_key() {
    let world = World::new();
    let letter = [("brev.pdf", "Brev", b"%PDF".to_vec())];
    let (one, other) = (world.sealed(&letter), world.sealed(&letter));
    assert_ne!(one, other);
    let tail = |cms: &[u8]| cms[cms.len() - 64..].to_vec();
    assert_ne!(tail(&one), tail(&other));
}

/// A file that is another one the second time it is opened.
struct Fickle {
    first: Vec<u8>,
    second: Option<Vec<u8>>,
    opened: Cell<u32>,
}

impl Source for Fickle {
    fn len(&self) -> u64 {
        self.first.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        self.opened.set(self.opened.get() + 1);
        match (self.opened.get(), &self.second) {
            (1, _) => Ok(Box::new(self.first.as_slice())),
            (_, Some(second)) => Ok(Box::new(second.as_slice())),
            (_, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[test]
fn a_document_that_changes_or_vanishes_while_it_is_read_leaves_nothing_behind() {
    let world = World::new();
    let main = b"%PDF".to_vec();
    for (second, vanishes) in [
        (Some(b"%PDF-2".to_vec()), false),
        (Some(b"%PDF-1 and then some".to_vec()), false),
        (Some(b"%PD".to_vec()), false),
        (None, true),
    ] {
        let fickle = Fickle {
            first: b"%PDF-1".to_vec(),
            second,
            opened: Cell::new(0),
        };
        let attachment = document("vedlegg.pdf", "Vedlegg", &fickle);
        let parcel = digital(document("brev.pdf", "Brev", &main), vec![attachment]).unwrap();
        match world.seal(parcel).unwrap_err() {
            ParcelFault::DocumentChanged { which: 1 } => assert!(!vanishes),
            ParcelFault::DocumentUnreadable { which: 1, source } => {
                assert!(vanishes && source.kind() == io::ErrorKind::NotFound);
            }
            other => panic!("{other}"),
        }
        assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_letter_outside_the_limits_is_refused_before_anything_is_read() {
    let (bytes, none) = (b"%PDF".to_vec(), Vec::new());
    let main = || document("brev.pdf", "Brev", &bytes);
    let fault = |attachments| digital(main(), attachments).unwrap_err();
    let one = |name: &str, title: &str| document(name, title, &bytes);

    assert!(matches!(
        fault(vec![one("BREV.pdf", "Annet")]),
        ParcelFault::DuplicateFileName { which: 1 }
    ));
    assert!(matches!(
        fault(vec![one("en.pdf", "Årsplan"), one("to.pdf", "årsplan")]),
        ParcelFault::DuplicateTitle { which: 2 }
    ));
    assert!(
        digital(main(), vec![one("en.pdf", "Brev")]).is_ok(),
        "the main document's title"
    );
    assert!(matches!(
        fault(vec![document("tom.pdf", "Tom", &none)]),
        ParcelFault::EmptyDocument { which: 1 }
    ));

    let many = |count: usize| {
        (0..count)
            .map(|at| one(&format!("{at:04}.pdf"), &format!("Nummer {at}")))
            .collect()
    };
    assert!(digital(main(), many(200)).is_ok());
    assert!(matches!(fault(many(201)), ParcelFault::TooManyAttachments));

    let with = |sender, limits| Parcel::new(sender, mailbox(), main(), Vec::new(), limits);
    assert!(with(sender(), Limits { bytes: 4 }).is_ok());
    assert!(matches!(
        with(sender(), Limits { bytes: 3 }),
        Err(ParcelFault::TooLarge { bytes: 4, limit: 3 })
    ));
    let unit = |unit: String| {
        with(
            Sender {
                unit: Some(unit),
                ..sender()
            },
            Limits::default(),
        )
        .map(|_| ())
    };
    assert!(unit("å".repeat(100)).is_ok());
    assert!(matches!(
        unit("å".repeat(101)),
        Err(ParcelFault::SenderUnit)
    ));
    assert!(matches!(unit(String::new()), Err(ParcelFault::SenderUnit)));
    assert!(matches!(
        unit("a\u{1}b".to_owned()),
        Err(ParcelFault::ForbiddenCharacter)
    ));
    let reference = Sender {
        invoice_reference: Some("1".repeat(41)),
        ..sender()
    };
    assert!(matches!(
        with(reference, Limits::default()),
        Err(ParcelFault::InvoiceReference)
    ));
}

#[test]
fn a_sealed_letter_is_never_overwritten_and_is_known_again() {
    let world = World::new();
    let bytes = noise(200_000);
    let letter = || digital(document("brev.pdf", "Brev", &bytes), Vec::new()).unwrap();
    std::fs::write(
        world.folder.path().join("brev.cms.part"),
        b"left by a power cut",
    )
    .unwrap();

    let mut heard = Vec::new();
    let signed = letter().sign(&world.signer, NOW.parse().unwrap()).unwrap();
    let sealed = signed
        .seal(&world.recipient(), &world.path(), &mut |done| {
            heard.push(done)
        })
        .unwrap();
    assert!(heard.is_sorted() && heard.last() == Some(&200_000));
    assert!(matches!(
        world.seal(letter()),
        Err(ParcelFault::AlreadySealed)
    ));

    let again = SealedParcel::reopen(&world.path(), sealed.fingerprint()).unwrap();
    assert_eq!(again, sealed);
    let mut altered = std::fs::read(world.path()).unwrap();
    altered[100_000] ^= 1;
    std::fs::write(world.path(), altered).unwrap();
    assert!(matches!(
        SealedParcel::reopen(&world.path(), sealed.fingerprint()),
        Err(ParcelFault::FingerprintDiffers)
    ));
    std::fs::remove_file(world.path()).unwrap();
    assert!(matches!(
        SealedParcel::reopen(&world.path(), sealed.fingerprint()),
        Err(ParcelFault::File(_))
    ));
}

#[test]
fn a_letter_wants_a_whole_chain_and_a_recipient_meant_for_it() {
    let world = World::new();
    let bytes = b"%PDF".to_vec();
    let letter = || digital(document("brev.pdf", "Brev", &bytes), Vec::new()).unwrap();
    let agency = world.root.issue(&Wish::default());
    let bare = SoftwareSigner::from_pkcs12(&agency.pkcs12("x", &[]), &secret("x")).unwrap();
    let at = NOW.parse().unwrap();
    assert!(matches!(
        letter().sign(&bare, at),
        Err(ParcelFault::ChainIncomplete)
    ));

    let signed = letter()
        .sign(&bare.with_issuers_from(&world.policy), at)
        .unwrap();
    let other = world
        .policy
        .verify(&read(&agency), &[], at, Purpose::Signing)
        .unwrap();
    let fault = signed.seal(&other, &world.path(), &mut |_| {}).unwrap_err();
    assert!(matches!(fault, ParcelFault::Recipient));
}

#[test]
fn a_letter_prints_nothing_of_itself() {
    let bytes = b"%PDF hemmelig".to_vec();
    let parcel = digital(document("brev.pdf", "Hemmelig", &bytes), Vec::new()).unwrap();
    assert_eq!(
        format!("{parcel:?}"),
        "Parcel { documents: [Document { media_type: Pdf, bytes: 13, .. }], .. }"
    );
}
