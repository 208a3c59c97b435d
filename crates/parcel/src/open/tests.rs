//! The official complete packages, taken apart and compared value by value.

use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use utpost_domain::{Digest, Sensitive};
use utpost_pki::Oaep;

use super::c14n::{Form, canonical};
use super::*;
use crate::names::{DSIG_NS, SIGNATURES_ENTRY, XADES_NS};

const SETS: [&str; 2] = ["digital", "digital-avsenderidentifikator"];

#[allow(clippy::print_stderr, reason = "a test that is not run says so")]
fn complete(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("UTPOST_CONFORMANCE")
        .map(Into::into)
        .unwrap_or_else(|| {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/conformance")
        });
    let found = std::fs::read(folder.join("dpi/complete").join(name)).ok();
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "conformance vectors not found: {name}"
        );
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("conformance vectors not found: dpi/complete/{name} not run\n").as_bytes(),
        );
    }
    found
}

struct Set {
    cms: Vec<u8>,
    zip: Vec<u8>,
    expected: Value,
    key: RecipientKey,
}

fn sets() -> Vec<Set> {
    SETS.into_iter()
        .filter_map(|name| {
            let expected: Value = serde_json::from_slice(&complete("expected.json")?).unwrap();
            Some(Set {
                cms: complete(&format!("{name}-dokumentpakke.cms"))?,
                zip: complete(&format!("{name}-dokumentpakke.zip"))?,
                expected: expected[name].clone(),
                key: RecipientKey::from_pkcs12(
                    &complete("eksempel.p12")?,
                    &Sensitive::new("changeit".to_owned()),
                )
                .unwrap(),
            })
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_official_encryption_reads_as_described() {
    for set in sets() {
        let expected = &set.expected["cms"];
        assert_eq!(set.cms.len(), expected["bytes"]);
        assert_eq!(Digest::of(&set.cms).hex(), expected["sha256"]);
        assert_eq!(
            Digest::of(&set.cms).base64(),
            set.expected["fingerprint"]["digestValue"]
        );
        assert_ne!(
            Digest::of(&set.zip).base64(),
            set.expected["fingerprint"]["digestValue"]
        );

        // `parse` takes nothing but the expected object identifiers, versions and counts.
        let envelope = envelope::Envelope::parse(&set.cms).unwrap();
        assert_eq!(envelope.oaep, Oaep::Sha256);
        assert!(hex(&set.cms).contains(expected["oaep_params_der_hex"].as_str().unwrap()));
        assert_eq!(
            set.key.certificate().serial_decimal(),
            expected["rid_serial_decimal"]
        );
        assert_eq!(envelope.serial, set.key.certificate().serial_der());
        assert_eq!(envelope.wrapped_key.len(), expected["encrypted_key_bytes"]);
        assert_eq!(hex(&envelope.iv), expected["iv_hex"]);
        assert_eq!(envelope.content.len(), expected["ciphertext_bytes"]);
        assert_eq!(
            hex(&envelope.content_key(&set.key).unwrap()),
            expected["cek_hex"]
        );

        let ciphertext = envelope.content.len();
        let plain = envelope.decrypt(&set.key).unwrap();
        assert_eq!(ciphertext - plain.len(), expected["padding_bytes"]);
        assert_eq!(Digest::of(&plain).hex(), expected["plaintext_sha256"]);
        assert_eq!(*plain, set.zip);
    }
}

#[test]
fn the_official_containers_read_as_described() {
    for set in sets() {
        let expected = &set.expected["zip"];
        assert_eq!(set.zip.len(), expected["bytes"]);
        let mut foreign = zip::ZipArchive::new(std::io::Cursor::new(&set.zip)).unwrap();
        assert_eq!(
            foreign.comment(),
            expected["archive_comment"].as_str().unwrap().as_bytes()
        );
        let entries = container::read(&set.zip).unwrap();
        let wanted = expected["entries"].as_array().unwrap();
        assert_eq!(entries.len(), wanted.len());
        for (at, (entry, wanted)) in entries.iter().zip(wanted).enumerate() {
            assert_eq!(entry.name, wanted["name"].as_str().unwrap());
            assert_eq!(entry.bytes.len(), wanted["size"]);
            assert_eq!(Digest::of(&entry.bytes).hex(), wanted["sha256"]);
            let theirs = foreign.by_index(at).unwrap();
            assert_eq!(theirs.name().unwrap(), entry.name);
            assert_eq!(theirs.comment(), wanted["comment"].as_str().unwrap());
            assert_eq!(format!("{:08x}", theirs.crc32()), wanted["crc32_hex"]);
            assert_eq!(
                theirs.compression().to_string().to_lowercase(),
                wanted["method"]
            );
            let header = usize::try_from(theirs.header_start()).unwrap();
            let flags = u16::from_le_bytes([set.zip[header + 6], set.zip[header + 7]]);
            assert_eq!(format!("{flags:04x}"), wanted["flags_hex"]);
        }
    }
}

#[test]
fn the_official_signatures_read_as_described() {
    for set in sets() {
        let expected = &set.expected["xades"];
        let entries = container::read(&set.zip).unwrap();
        let xml = entry_named(&entries, SIGNATURES_ENTRY).unwrap();
        let document = parse_xml(xml).unwrap();
        let node = |namespace, name| {
            let found = document
                .descendants()
                .find(|node| node.has_tag_name((namespace, name)));
            found.unwrap_or_else(|| panic!("{name}"))
        };
        let text = |namespace, name| node(namespace, name).text().unwrap().to_owned();

        assert_eq!(
            document.root_element().tag_name().namespace(),
            expected["root_namespace"].as_str()
        );
        for (namespace, name, key) in [
            (DSIG_NS, "SignedInfo", "signed_info"),
            (XADES_NS, "SignedProperties", "signed_properties"),
        ] {
            let form = canonical(node(namespace, name), Form::Inclusive).unwrap();
            assert_eq!(form.len(), expected[format!("{key}_c14n_bytes")]);
            assert_eq!(
                Digest::of(form.as_bytes()).hex(),
                expected[format!("{key}_c14n_sha256")]
            );
        }

        let signed = signature::verify(&entries).unwrap();
        assert_eq!(expected["signature_valid"], true);
        let references: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name((DSIG_NS, "Reference")))
            .collect();
        let wanted = expected["references"].as_array().unwrap();
        assert_eq!(references.len(), wanted.len());
        for (reference, wanted) in references.iter().zip(wanted) {
            assert_eq!(reference.attribute("Id"), wanted["Id"].as_str());
            assert_eq!(reference.attribute("URI"), wanted["URI"].as_str());
            assert_eq!(reference.attribute("Type"), wanted["Type"].as_str());
            let of = |name| {
                reference
                    .descendants()
                    .filter(move |n| n.has_tag_name((DSIG_NS, name)))
            };
            let transforms: Vec<_> = of("Transform")
                .map(|one| one.attribute("Algorithm").unwrap())
                .collect();
            let wanted_transforms: Vec<_> = wanted["transforms"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one.as_str().unwrap())
                .collect();
            assert_eq!(transforms, wanted_transforms);
            assert_eq!(
                of("DigestValue").next().unwrap().text(),
                wanted["digest_base64"].as_str()
            );
            assert_eq!(wanted["verifies"], true);
        }

        let subjects: Vec<&str> = expected["x509_subjects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap())
            .collect();
        assert_eq!(signed.certificates.len(), subjects.len());
        // Each certificate names the next one's subject as its issuer, and the last its own.
        for (certificate, issuer) in signed
            .certificates
            .iter()
            .zip(subjects[1..].iter().chain(&subjects[2..]))
        {
            assert_eq!(certificate.issuer_rfc2253(), *issuer);
        }
        assert_eq!(
            signed.signer.fingerprint().hex(),
            set.expected["jws"]["signer_sha256"]
        );
        assert_eq!(
            signed.signer.serial_decimal(),
            set.expected["jws"]["signer_serial_decimal"]
                .as_str()
                .unwrap()
        );
        assert_eq!(expected["jws_signer_equals_package_signer"], true);
        assert_eq!(
            text(XADES_NS, "SigningTime"),
            expected["signing_time"].as_str().unwrap()
        );
        let time: Timestamp = expected["signing_time"].as_str().unwrap().parse().unwrap();
        assert_eq!(signed.signed_at, time);
        let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, signed.signer.der());
        assert_eq!(STANDARD.encode(sha1), expected["cert_digest_sha1_base64"]);
        assert_eq!(
            text(DSIG_NS, "X509IssuerName"),
            expected["issuer_name"].as_str().unwrap()
        );
    }
}

#[test]
fn the_official_packages_open_and_say_who_sent_what() {
    for set in sets() {
        let opened = open(&set.cms, &set.key).unwrap();
        let sender = &opened.manifest.sender;
        let message = &set.expected["message"]["avsender"];
        assert_eq!(
            sender.organisation.iso6523(),
            message["virksomhetsidentifikator"]["value"]
        );
        assert_eq!(
            sender.unit.as_deref(),
            message["avsenderidentifikator"].as_str()
        );
        let mailbox = opened.manifest.mailbox.as_ref().unwrap();
        assert_eq!(mailbox.expose("test"), "0000487204");
        assert_eq!(opened.manifest.main.file_name, "Test.txt");
        assert_eq!(opened.manifest.main.media_type, "text/plain");
        assert_eq!(opened.file("Test.txt").unwrap(), b"Test");
        assert!(opened.manifest.attachments.is_empty());
        let printed = format!("{opened:?}{:?}", opened.manifest);
        assert!(
            !printed.contains("0000487204") && !printed.contains("[84"),
            "{printed}"
        );
    }
}

#[test]
fn one_flipped_byte_never_changes_what_is_read_and_nothing_panics() {
    let Some(set) = sets().pop() else { return };
    let whole = open(&set.cms, &set.key).unwrap();
    for at in (0..set.cms.len()).filter(|at| *at < 700 || at % 16 == 0) {
        let mut cms = set.cms.clone();
        cms[at] ^= 0x10;
        // What opens differs only in bytes that nobody reads, such as the container's comment.
        if let Ok(opened) = open(&cms, &set.key) {
            assert!(opened.entries == whole.entries, "byte {at} of the message");
        }
    }

    let entries = container::read(&set.zip).unwrap();
    for (which, entry) in entries.iter().enumerate() {
        if entry.in_meta_inf() || entry.name == MIMETYPE_ENTRY {
            continue;
        }
        for at in 0..entry.bytes.len() {
            let mut altered = container::read(&set.zip).unwrap();
            altered[which].bytes[at] ^= 1;
            assert_eq!(
                signature::verify(&altered).unwrap_err(),
                PackageSignatureFault::FileChanged,
                "byte {at} of {}",
                entry.name
            );
        }
    }

    let xml = entry_named(&entries, SIGNATURES_ENTRY).unwrap();
    let which = entries
        .iter()
        .position(|entry| entry.name == SIGNATURES_ENTRY)
        .unwrap();
    let find = |text: &str| {
        xml.windows(text.len())
            .position(|window| window == text.as_bytes())
            .unwrap()
    };
    let mut altered = container::read(&set.zip).unwrap();
    for (at, fault) in [
        (
            find("2022-03-16T") + 3,
            PackageSignatureFault::PropertiesChanged,
        ),
        (find("text/plain"), PackageSignatureFault::PropertiesChanged),
        (find("ID_0"), PackageSignatureFault::WrongSignature),
        (
            find("<DigestValue>") + 20,
            PackageSignatureFault::WrongSignature,
        ),
        (
            find("<SignatureValue>") + 20,
            PackageSignatureFault::WrongSignature,
        ),
        (
            find("<ns2:DigestValue>") + 20,
            PackageSignatureFault::SignerMissing,
        ),
    ] {
        altered[which].bytes = xml.to_vec();
        altered[which].bytes[at] ^= 1;
        assert_eq!(signature::verify(&altered).unwrap_err(), fault, "byte {at}");
    }
    for at in 0..xml.len() {
        altered[which].bytes = xml.to_vec();
        altered[which].bytes[at] ^= 1;
        let _ = signature::verify(&altered);
    }
    for at in 0..set.zip.len() {
        let mut zip = set.zip.clone();
        zip[at] ^= 1;
        let _ = container::read(&zip);
    }
}

#[test]
fn files_outside_the_signature_and_references_outside_the_files_are_noticed() {
    let Some(set) = sets().pop() else { return };
    let mut entries = container::read(&set.zip).unwrap();
    entries.push(Entry {
        name: "smuglet.pdf".to_owned(),
        bytes: b"%PDF".to_vec(),
    });
    assert_eq!(
        signature::verify(&entries).unwrap_err(),
        PackageSignatureFault::FileNotCovered
    );
    entries.retain(|entry| entry.name != "smuglet.pdf" && entry.name != "Test.txt");
    assert_eq!(
        signature::verify(&entries).unwrap_err(),
        PackageSignatureFault::StrayReference
    );
    entries.retain(|entry| entry.name != SIGNATURES_ENTRY);
    assert_eq!(
        signature::verify(&entries).unwrap_err(),
        PackageSignatureFault::NotOneSignature
    );
}

#[test]
fn a_signature_cannot_be_moved_aside_for_another() {
    let Some(set) = sets().pop() else { return };
    let mut entries = container::read(&set.zip).unwrap();
    let which = entries
        .iter()
        .position(|entry| entry.name == SIGNATURES_ENTRY)
        .unwrap();
    let xml = String::from_utf8(entries[which].bytes.clone()).unwrap();
    let start = xml.find("<Object>").unwrap();
    let object = &xml[start..xml.find("</Signature>").unwrap()];
    for (wrapped, why) in [
        (
            xml.replace("</Signature>", &format!("{object}</Signature>")),
            "the object twice",
        ),
        (
            xml.replace(
                "</XAdESSignatures>",
                "<x xmlns=\"urn:x\" Id=\"SignedProperties\"/></XAdESSignatures>",
            ),
            "one Id twice",
        ),
        (
            xml.replace("?>", "?><!DOCTYPE a [<!ENTITY b \"c\">]>"),
            "a document type",
        ),
    ] {
        entries[which].bytes = wrapped.into_bytes();
        assert_eq!(
            signature::verify(&entries).unwrap_err(),
            PackageSignatureFault::Structure,
            "{why}"
        );
    }
}

#[test]
fn xml_made_to_keep_a_reader_busy_is_refused_at_once() {
    let attributes =
        |count: usize| -> String { (0..count).map(|at| format!(" a{at}=\"\"")).collect() };
    let spread_over_lines = attributes(65).replace(' ', "\n").replace('=', " =\n");
    let nested: String = (0..40_000)
        .map(|at| format!("<a xmlns:n{at}=\"u\">"))
        .collect();
    for (xml, why) in [
        (format!("<a{}/>", attributes(200_000)), "attributes"),
        (format!("<a{}/>", attributes(80_000)), "within 1 MiB"),
        (format!("<a b='>'{}/>", attributes(64)), "one too many"),
        (format!("<a{spread_over_lines}/>"), "over many lines"),
        (nested, "namespaces in scope"),
        (format!("<a>{}</a>", " ".repeat(1 << 20)), "size"),
    ] {
        let start = std::time::Instant::now();
        assert_eq!(
            manifest::parse(xml.as_bytes()).unwrap_err(),
            ManifestFault::Structure,
            "{why}"
        );
        let entries = [Entry {
            name: SIGNATURES_ENTRY.to_owned(),
            bytes: xml.into_bytes(),
        }];
        assert_eq!(
            signature::verify(&entries).unwrap_err(),
            PackageSignatureFault::Structure,
            "{why}"
        );
        assert!(start.elapsed().as_secs() < 1, "{why}");
    }
}

#[test]
fn xml_as_rich_as_packages_may_be_is_read() {
    let attributes: String = (0..63).map(|at| format!(" a{at}='x=\">'")).collect();
    let element = format!("<a xmlns:n='u'{attributes}>={}</a>", "a=\"b\" ".repeat(100));
    let xml = format!("<a>{}</a>", element.repeat(100));
    assert_eq!(
        parse_xml(xml.as_bytes()).unwrap().descendants().count(),
        202
    );
}
