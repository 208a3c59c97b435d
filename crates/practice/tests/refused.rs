//! One letter for each way to be wrong, and the exact fault it is refused with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod made;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::enveloped_data::{
    EnvelopedData, KekIdentifier, KekRecipientInfo, KeyTransRecipientInfo, OriginatorInfo,
    RecipientIdentifier, RecipientInfo,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_AES_128_CBC, ID_AES_256_WRAP};
use const_oid::db::rfc5912::{ID_RSAES_OAEP, RSA_ENCRYPTION};
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Encode};
use jiff::SignedDuration;
use made::{
    AGENCY, Draft, SUPPLIER, Sent, Wanted, access_point, algorithm, claims, cms_of, envelope,
    issue, jws, recipients, refusal_of, token, transport, world, wrapped, x5c,
};
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::hash::MessageDigest;
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::X509;
use serde_json::{Value, json};
use utpost_practice::checks::cms_profile::{CmsFault, Tolerance, check};
use utpost_practice::checks::jws::JwsFault;
use utpost_practice::checks::manifest::{Manifest, ManifestFault};
use utpost_practice::checks::message::{MessageFault, Rule};
use utpost_practice::checks::package::PackageFault;
use utpost_practice::checks::token::TokenFault;
use utpost_practice::checks::trust::TrustFault;
use utpost_practice::checks::xades::XadesFault;
use utpost_practice::checks::{
    AccessPoint, Fault, Outcome, PdfFault, Upload, Why, access_point_checks,
};
use uuid::Uuid;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

#[test]
fn a_right_letter_is_accepted_everywhere() {
    for draft in [Draft::digital(), Draft::print()] {
        let sent = draft.send();
        let verdict = sent.at_access_point();
        assert!(
            verdict.is_accepted() && verdict.http_status() == 201,
            "{verdict:#?}"
        );
        let (verdict, letter) = sent.at_provider();
        assert!(verdict.is_accepted(), "{verdict:#?}");
        assert_eq!(letter.unwrap().files.len(), 2);
        let all = verdict
            .checks()
            .iter()
            .all(|check| check.outcome == Outcome::Passed);
        assert!(all, "{verdict:#?}");
    }
}

// The encryption, row by row.

fn cms_fault(change: impl Fn(&mut EnvelopedData)) -> CmsFault {
    let mut envelope = envelope(b"plain", &world().provider.certificate);
    change(&mut envelope);
    fault_of(&cms_of(&envelope), Tolerance::default())
}

fn fault_of(cms: &[u8], tolerance: Tolerance) -> CmsFault {
    let world = world();
    check(cms, &world.provider.certificate, tolerance)
        .and_then(|open| open.decrypt(&world.provider.key, &world.provider.certificate))
        .expect_err("must be refused")
}

fn opens(cms: &[u8], tolerance: Tolerance) -> bool {
    let world = world();
    check(cms, &world.provider.certificate, tolerance)
        .and_then(|open| open.decrypt(&world.provider.key, &world.provider.certificate))
        .is_ok_and(|plain| plain == b"plain")
}

fn change_transport(change: impl Fn(&mut KeyTransRecipientInfo)) -> CmsFault {
    cms_fault(|envelope| {
        let mut one = transport(envelope);
        change(&mut one);
        envelope.recip_infos = recipients([RecipientInfo::Ktri(one)]);
    })
}

fn oaep(parameters: Option<&str>) -> CmsFault {
    change_transport(|one| one.key_enc_alg = algorithm(ID_RSAES_OAEP, parameters))
}

/// What OpenSSL makes when it is not told the profile.
fn by_openssl(cipher: Cipher) -> Vec<u8> {
    let mut to: Stack<X509> = Stack::new().unwrap();
    to.push(world().provider.certificate.clone()).unwrap();
    let cms = CmsContentInfo::encrypt(&to, b"plain", cipher, CMSOptions::BINARY).unwrap();
    cms.to_der().unwrap()
}

const WITH_V15: Tolerance = Tolerance {
    accept_oaep_sha1: true,
    accept_pkcs1_v15: true,
};

const OAEP_SHA256_NO_NULL: &str =
    "302ba00d300b0609608648016503040201a11a301806092a864886f70d010108300b0609608648016503040201";
const OAEP_SHA256_MGF1_SHA1: &str = "3011a00f300d06096086480165030402010500";
const OAEP_SHA512: &str = "3011a00f300d06096086480165030402030500";
const OAEP_LABEL: &str = "3045a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a214301206092a864886f70d0101090405 6c6162656c";

#[test]
fn the_profile_opens_with_null_parameters_and_without() {
    let mut right = envelope(b"plain", &world().provider.certificate);
    assert!(opens(&cms_of(&right), Tolerance::default()));
    let mut one = transport(&right);
    one.key_enc_alg = algorithm(ID_RSAES_OAEP, Some(OAEP_SHA256_NO_NULL));
    right.recip_infos = recipients([RecipientInfo::Ktri(one)]);
    assert!(opens(&cms_of(&right), Tolerance::default()));
}

#[test]
fn only_enveloped_data_is_taken() {
    let signed = CmsContentInfo::sign(
        Some(&world().agency.certificate),
        Some(&world().agency.key),
        None,
        Some(b"plain"),
        CMSOptions::BINARY,
    );
    let signed = signed.unwrap().to_der().unwrap();
    assert_eq!(
        fault_of(&signed, Tolerance::default()),
        CmsFault::ContentType
    );

    // AuthEnvelopedData with AES-256-GCM, RFC 5083: the same fields, then a MAC.
    let inner = envelope(b"plain", &world().provider.certificate);
    let gcm = "3011040c000000000000000000000000020110";
    let mut content = inner.encrypted_content.clone();
    content.content_enc_alg = algorithm(
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.46"),
        Some(gcm),
    );
    let fields = [
        inner.version.to_der().unwrap(),
        inner.recip_infos.to_der().unwrap(),
        content.to_der().unwrap(),
        OctetString::new([0; 16]).unwrap().to_der().unwrap(),
    ]
    .concat();
    let auth = Any::new(der::Tag::Sequence, fields).unwrap();
    let content_type = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.23");
    let cms = ContentInfo {
        content_type,
        content: auth,
    }
    .to_der()
    .unwrap();
    assert_eq!(fault_of(&cms, Tolerance::default()), CmsFault::ContentType);
}

#[test]
fn bytes_that_are_no_cms_are_refused() {
    for bytes in [
        &b""[..],
        b"PK\x03\x04",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"\x30\x80\x30",
    ] {
        assert_eq!(fault_of(bytes, Tolerance::default()), CmsFault::NotCms);
    }
    let mut right = cms_of(&envelope(b"plain", &world().provider.certificate));
    right.push(0);
    assert_eq!(
        fault_of(&right, Tolerance::default()),
        CmsFault::TrailingBytes
    );
}

#[test]
fn originator_and_unprotected_attributes_are_refused() {
    let fault = cms_fault(|envelope| {
        envelope.originator_info = Some(OriginatorInfo {
            certs: None,
            crls: None,
        });
    });
    assert_eq!(fault, CmsFault::OriginatorInfo);
    let fault = cms_fault(|envelope| {
        let value = Any::encode_from(&OctetString::new([7]).unwrap()).unwrap();
        let oid = ObjectIdentifier::new_unwrap("1.2.3.4");
        let attribute = Attribute {
            oid,
            values: SetOfVec::try_from(vec![value]).unwrap(),
        };
        envelope.unprotected_attrs = Some(Attributes::from(
            SetOfVec::try_from(vec![attribute]).unwrap(),
        ));
    });
    assert_eq!(fault, CmsFault::UnprotectedAttributes);
}

#[test]
fn there_is_one_recipient_of_key_transport_named_by_issuer_and_serial_number() {
    let fault = cms_fault(|envelope| {
        let mut other = transport(envelope);
        other.enc_key = OctetString::new([1; 256]).unwrap();
        let both = [
            RecipientInfo::Ktri(transport(envelope)),
            RecipientInfo::Ktri(other),
        ];
        envelope.recip_infos = recipients(both);
    });
    assert_eq!(fault, CmsFault::RecipientCount);

    let fault = cms_fault(|envelope| {
        let identifier = OctetString::new([1, 2]).unwrap();
        envelope.recip_infos = recipients([RecipientInfo::Kekri(KekRecipientInfo {
            version: CmsVersion::V4,
            kek_id: KekIdentifier {
                kek_identifier: identifier,
                date: None,
                other: None,
            },
            key_enc_alg: algorithm(ID_AES_256_WRAP, None),
            encrypted_key: OctetString::new([0; 40]).unwrap(),
        })]);
    });
    assert_eq!(fault, CmsFault::RecipientKind);

    let fault = change_transport(|one| {
        let identifier = SubjectKeyIdentifier(OctetString::new([1; 20]).unwrap());
        one.rid = RecipientIdentifier::SubjectKeyIdentifier(identifier);
        one.version = CmsVersion::V2;
    });
    assert_eq!(fault, CmsFault::RecipientIdentifier);

    let agency = transport(&envelope(b"plain", &world().agency.certificate));
    let fault = change_transport(|one| one.rid = agency.rid.clone());
    assert_eq!(fault, CmsFault::OtherRecipient);
    let fault = change_transport(|one| one.version = CmsVersion::V2);
    assert_eq!(fault, CmsFault::RecipientVersion);
    assert_eq!(
        cms_fault(|envelope| envelope.version = CmsVersion::V2),
        CmsFault::Version
    );
}

#[test]
fn the_key_is_wrapped_with_oaep_and_sha_256() {
    let v15 = change_transport(|one| one.key_enc_alg = algorithm(RSA_ENCRYPTION, Some("0500")));
    assert_eq!(v15, CmsFault::Pkcs1V15);
    let other = change_transport(|one| one.key_enc_alg = algorithm(ID_AES_256_WRAP, None));
    assert_eq!(other, CmsFault::KeyWrapping);
    assert_eq!(oaep(None), CmsFault::OaepParameters);
    assert_eq!(oaep(Some("0500")), CmsFault::OaepParameters);
    assert_eq!(oaep(Some(OAEP_SHA512)), CmsFault::OaepHash);
    assert_eq!(oaep(Some(OAEP_SHA256_MGF1_SHA1)), CmsFault::OaepMask);
    assert_eq!(
        oaep(Some(&OAEP_LABEL.replace(' ', ""))),
        CmsFault::OaepLabel
    );
    let short = change_transport(|one| one.enc_key = OctetString::new([1; 255]).unwrap());
    assert_eq!(short, CmsFault::KeyLength);
    let garbage = change_transport(|one| one.enc_key = OctetString::new([1; 256]).unwrap());
    assert_eq!(garbage, CmsFault::Decryption);
}

#[test]
fn older_wrappings_are_taken_only_by_setting() {
    let world = world();
    let v15 = by_openssl(Cipher::aes_256_cbc());
    assert_eq!(fault_of(&v15, Tolerance::default()), CmsFault::Pkcs1V15);
    assert!(opens(&v15, WITH_V15));

    let content_key = [7; 32];
    let mut sha1 = envelope(b"plain", &world.provider.certificate);
    let blocks = openssl::symm::encrypt(
        Cipher::aes_256_cbc(),
        &content_key,
        Some(
            sha1.encrypted_content
                .content_enc_alg
                .parameters
                .as_ref()
                .unwrap()
                .value(),
        ),
        b"plain",
    );
    sha1.encrypted_content.encrypted_content = Some(OctetString::new(blocks.unwrap()).unwrap());
    let mut one = transport(&sha1);
    one.key_enc_alg = algorithm(ID_RSAES_OAEP, Some("3000"));
    let hash = MessageDigest::sha1();
    one.enc_key = OctetString::new(wrapped(
        &content_key,
        &world.provider.certificate,
        hash,
        hash,
    ))
    .unwrap();
    sha1.recip_infos = recipients([RecipientInfo::Ktri(one)]);
    let sha1 = cms_of(&sha1);
    assert!(opens(&sha1, Tolerance::default()));
    let strict = Tolerance {
        accept_oaep_sha1: false,
        ..Tolerance::default()
    };
    assert_eq!(fault_of(&sha1, strict), CmsFault::OaepHash);
}

#[test]
fn the_content_is_data_in_aes_256_cbc() {
    assert_eq!(
        fault_of(&by_openssl(Cipher::des_ede3_cbc()), WITH_V15),
        CmsFault::Cipher
    );
    assert_eq!(
        fault_of(&by_openssl(Cipher::aes_128_cbc()), WITH_V15),
        CmsFault::Cipher
    );
    let small = cms_fault(|envelope| {
        envelope.encrypted_content.content_enc_alg.oid = ID_AES_128_CBC;
    });
    assert_eq!(small, CmsFault::Cipher);
    let inner = cms_fault(|envelope| {
        envelope.encrypted_content.content_type = ObjectIdentifier::new_unwrap("1.2.3.4");
    });
    assert_eq!(inner, CmsFault::InnerType);
    for iv in [
        None,
        Some("0500"),
        Some("040f000000000000000000000000000000"),
    ] {
        let fault = cms_fault(|envelope| {
            let oid = envelope.encrypted_content.content_enc_alg.oid;
            envelope.encrypted_content.content_enc_alg = algorithm(oid, iv);
        });
        assert_eq!(fault, CmsFault::Iv);
    }
    let none = cms_fault(|envelope| envelope.encrypted_content.encrypted_content = None);
    assert_eq!(none, CmsFault::Content);
    let part = cms_fault(|envelope| {
        envelope.encrypted_content.encrypted_content = OctetString::new([1; 17]).ok();
    });
    assert_eq!(part, CmsFault::Content);
    let padding = cms_fault(|envelope| {
        envelope.encrypted_content.encrypted_content = OctetString::new([1; 32]).ok();
    });
    assert_eq!(padding, CmsFault::Decryption);
}

// The archive.

fn zip_fault(change: fn(Vec<u8>) -> Vec<u8>) -> (u8, Fault) {
    Draft {
        change_zip: change,
        ..Draft::digital()
    }
    .refusal()
}

fn replaced(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut found = 0;
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + from.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert_eq!(found, 2, "once in the file, once in the directory");
    bytes
}

#[test]
fn an_archive_two_readers_would_read_differently_is_refused() {
    let fault = |change| zip_fault(change);
    let of = |fault: PackageFault| (7, Fault::Package(fault));
    assert_eq!(fault(|_| b"no archive".to_vec()), of(PackageFault::NotZip));
    assert_eq!(
        fault(|zip| [b"before".to_vec(), zip].concat()),
        of(PackageFault::Surrounded)
    );
    assert_eq!(fault(|zip| [zip, b"after".to_vec()].concat()).0, 7);
    let twice = |zip| replaced(zip, b"letter.pdf", b"lettex.pdf");
    assert_eq!(fault(twice).0, 7);
    let names = Draft {
        files: vec![made_file("letter.pdf"), made_file("Letter.pdf")],
        ..Draft::digital()
    };
    assert_eq!(names.refusal(), of(PackageFault::RepeatedName));
    let same = Draft {
        files: vec![made_file("letter.pdf"), made_file("letteX.pdf")],
        change_zip: |zip| replaced(zip, b"letteX.pdf", b"letter.pdf"),
        ..Draft::digital()
    };
    assert_eq!(same.refusal(), of(PackageFault::RepeatedName));
}

fn made_file(name: &str) -> made::File {
    made::File {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: made::PDF.as_bytes().to_vec(),
    }
}

#[test]
fn names_and_forms_of_entries_are_checked() {
    let of = |fault: PackageFault| (7, Fault::Package(fault));
    for name in [
        "/letter.pdf",
        "a/letter.pdf",
        "..letter.pdf",
        "a\\letter.pdf",
        "a\u{7}b.pdf",
        "a.b",
    ] {
        let draft = Draft {
            files: vec![made_file(name)],
            ..Draft::digital()
        };
        assert_eq!(draft.refusal(), of(PackageFault::Name), "{name:?}");
    }
    let long = "x".repeat(101);
    let draft = Draft {
        files: vec![made_file(&long)],
        ..Draft::digital()
    };
    assert_eq!(draft.refusal(), of(PackageFault::Name));
    let draft = Draft {
        files: vec![made_file("META-INF/other.xml")],
        ..Draft::digital()
    };
    assert_eq!(draft.refusal(), of(PackageFault::UnknownDescription));
    let two = Draft {
        files: vec![made_file("META-INF/signatures2.xml")],
        ..Draft::digital()
    };
    assert_eq!(two.refusal(), of(PackageFault::SeveralSignatures));
    let mut empty = Draft::digital();
    empty.files[1].bytes.clear();
    assert_eq!(empty.refusal(), of(PackageFault::EmptyFile));
    let none =
        zip_fault(|zip| replaced(zip, b"META-INF/signatures.xml", b"META_INF_signatures.xml"));
    assert_eq!(none, of(PackageFault::NoSignatures));
    let none = zip_fault(|zip| replaced(zip, b"manifest.xml", b"manifesX.xml"));
    assert_eq!(none, of(PackageFault::NoManifest));
}

#[test]
fn a_mimetype_is_the_first_and_stored_and_exact() {
    use std::io::Write;
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let deflated = stored.compression_method(zip::CompressionMethod::Deflated);
    let open = |entries: &[(&str, &[u8], zip::write::SimpleFileOptions)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes, options) in entries {
            zip.start_file(*name, *options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let limits = utpost_practice::checks::package::Limits::default();
        let bytes = zip.finish().unwrap().into_inner();
        utpost_practice::checks::package::Package::open(&bytes, &limits).map(|_| ())
    };
    let right: &[u8] = b"application/vnd.etsi.asic-e+zip";
    let rest = [
        ("manifest.xml", &b"m"[..], deflated),
        ("META-INF/asic-signatures1.xml", b"s", deflated),
        ("META-INF/manifest.xml", b"o", deflated),
    ];
    assert_eq!(open(&rest), Ok(()));
    for (bytes, options) in [
        (right, deflated),
        (b"application/vnd.etsi.asic-e+zip\n", stored),
        (b"application/zip", stored),
    ] {
        let entries = [&[("mimetype", bytes, options)][..], &rest].concat();
        assert_eq!(open(&entries), Err(PackageFault::Mimetype));
    }
    assert_eq!(
        open(&[&[("mimetype", right, stored)][..], &rest].concat()),
        Ok(())
    );
    let last = [&rest[..], &[("mimetype", right, stored)]].concat();
    assert_eq!(open(&last), Err(PackageFault::Mimetype));
}

#[test]
fn an_archive_that_unpacks_beyond_the_limits_is_refused() {
    let limits = |documents, entries| utpost_practice::checks::package::Limits {
        documents,
        entries,
        ..utpost_practice::checks::package::Limits::default()
    };
    let zip = Draft::digital().zip();
    let open = |limits| utpost_practice::checks::package::Package::open(&zip, &limits).map(|_| ());
    let size = 2 * made::PDF.len() as u64;
    assert_eq!(open(limits(size, 5)), Ok(()));
    assert_eq!(open(limits(size - 1, 5)), Err(PackageFault::TooLarge));
    assert_eq!(open(limits(size, 4)), Err(PackageFault::TooManyEntries));
}

// The signature of the package.

fn xades_fault(change: fn(&mut made::Xades)) -> (u8, Fault) {
    Draft {
        change_xades: change,
        ..Draft::digital()
    }
    .refusal()
}

fn text_fault(change: fn(String) -> String) -> (u8, Fault) {
    Draft {
        change_signatures: change,
        ..Draft::digital()
    }
    .refusal()
}

fn xades(fault: XadesFault) -> (u8, Fault) {
    (7, Fault::Xades(fault))
}

#[test]
fn a_reader_takes_both_root_namespaces_and_three_canonicalizations() {
    let changes: [fn(&mut made::Xades); 5] = [
        |xades| xades.root_namespace = "http://uri.etsi.org/2918/v1.2.1#",
        |xades| xades.canonicalization = made::C14N_11,
        |xades| xades.canonicalization = made::C14N_EXCLUSIVE,
        |xades| {
            xades.hash_name = "http://www.w3.org/2001/04/xmlenc#sha256";
            xades.hash = MessageDigest::sha256();
        },
        |xades| {
            xades.hash_name = "http://www.w3.org/2001/04/xmlenc#sha512";
            xades.hash = MessageDigest::sha512();
        },
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let sent = Draft {
            change_xades: change,
            ..Draft::digital()
        }
        .send();
        let (verdict, _) = sent.at_provider();
        assert!(verdict.is_accepted(), "{index}: {verdict:#?}");
    }
}

#[test]
fn every_file_is_signed_once_with_its_own_digest() {
    assert_eq!(
        xades_fault(|xades| drop(xades.files.pop())),
        xades(XadesFault::NotCovered)
    );
    let twice = xades_fault(|xades| {
        let mut again = xades.files[1].clone();
        again.0 = "again".to_owned();
        xades.files.push(again);
    });
    assert_eq!(twice, xades(XadesFault::Reference));
    let mimetype = xades_fault(|xades| {
        xades
            .files
            .push(("mt".into(), "mimetype".into(), "text/plain".into(), [0; 32]));
    });
    assert_eq!(mimetype, xades(XadesFault::Reference));
    let encoded = xades_fault(|xades| xades.files[1].1 = "letter%2Epdf".to_owned());
    assert_eq!(encoded, xades(XadesFault::Reference));
    assert_eq!(
        xades_fault(|xades| xades.files[1].3[0] ^= 1),
        xades(XadesFault::FileDigest)
    );
    let same_id = xades_fault(|xades| xades.files[1].0 = "ID_0".to_owned());
    assert_eq!(same_id, xades(XadesFault::RepeatedId));
    let media_type = xades_fault(|xades| xades.files[1].2 = "text/html".to_owned());
    assert_eq!(media_type, (9, Fault::Xades(XadesFault::MediaType)));
}

#[test]
fn the_signer_is_in_the_signature_with_the_whole_path() {
    let short = xades_fault(|xades| xades.certificates.truncate(2));
    assert_eq!(short, xades(XadesFault::Path));
    let leaf_only = xades_fault(|xades| xades.certificates.truncate(1));
    assert_eq!(leaf_only, xades(XadesFault::Path));
    let gap = xades_fault(|xades| drop(xades.certificates.remove(1)));
    assert_eq!(gap, xades(XadesFault::Path));
    let foreign = xades_fault(|xades| xades.certificates[0] = world().foreign.certificate.clone());
    assert_eq!(foreign, xades(XadesFault::Path));
    assert_eq!(
        xades_fault(|xades| xades.serial = "1".to_owned()),
        xades(XadesFault::SigningCertificate)
    );
    let digest = xades_fault(|xades| xades.hash = MessageDigest::md5());
    assert_eq!(digest, xades(XadesFault::SigningCertificate));
    let key = xades_fault(|xades| xades.key = world().supplier.key.clone());
    assert_eq!(key, xades(XadesFault::Signature));
    let another = xades_fault(|xades| {
        let supplier = &world().supplier;
        xades.key = supplier.key.clone();
        xades.certificates[0] = supplier.certificate.clone();
        let serial = supplier.certificate.serial_number().to_bn().unwrap();
        xades.serial = serial.to_dec_str().unwrap().to_string();
    });
    assert_eq!(another, (7, Fault::PackageSignerDiffers));
}

#[test]
fn algorithms_and_times_of_the_signature_are_fixed() {
    let method = xades_fault(|xades| {
        xades.method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
    });
    assert_eq!(method, xades(XadesFault::Algorithm("SignatureMethod")));
    let comments = xades_fault(|xades| {
        xades.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
    });
    assert_eq!(
        comments,
        xades(XadesFault::Algorithm("CanonicalizationMethod"))
    );
    let hash = xades_fault(|xades| xades.hash_name = "http://www.w3.org/2001/04/xmldsig-more#md5");
    assert_eq!(hash, xades(XadesFault::Algorithm("CertDigest")));
    let early = xades_fault(|xades| xades.signing_time = "2020-01-01T00:00:00Z".into());
    assert_eq!(early, xades(XadesFault::SigningTime));
    let late = xades_fault(|xades| xades.signing_time = "2099-01-01T00:00:00+01:00".into());
    assert_eq!(late, xades(XadesFault::SigningTime));
    let local = xades_fault(|xades| xades.signing_time = "2026-01-01T00:00:00".into());
    assert_eq!(local, xades(XadesFault::Text("SigningTime")));
}

#[test]
fn a_package_is_signed_within_five_seconds_of_its_message() {
    fn after(seconds: i64) -> String {
        (world().now + SignedDuration::from_secs(seconds)).to_string()
    }
    let at_the_end = Draft {
        change_xades: |xades| xades.signing_time = after(5),
        ..Draft::digital()
    };
    let (verdict, _) = at_the_end.send().at_provider();
    assert!(verdict.is_accepted(), "{verdict:#?}");
    let late = xades_fault(|xades| xades.signing_time = after(6));
    let early = xades_fault(|xades| xades.signing_time = after(-6));
    assert_eq!((&late, &early), (&xades(XadesFault::SigningTime), &late));
}

#[test]
fn a_message_too_old_or_of_tomorrow_is_refused_whenever_its_package_was_signed() {
    let dated = |change_message| Draft {
        change_message,
        ..Draft::digital()
    };
    fn date(document: &mut Value, seconds: i64) {
        let header = &mut document["standardBusinessDocument"]["standardBusinessDocumentHeader"];
        header["documentIdentification"]["creationDateAndTime"] =
            json!((world().now + SignedDuration::from_secs(seconds)).to_string());
    }
    let changes: [fn(&mut Value); 2] = [
        |document| date(document, -3601),
        |document| date(document, 11),
    ];
    for change in changes {
        assert_eq!(dated(change).refusal(), (2, Fault::MessageDate));
    }
}

#[test]
fn nothing_may_stand_where_the_profile_has_nothing() {
    type Change = fn(String) -> String;
    let cases: [(Change, XadesFault); 11] = [
        (|_| "<".to_owned(), XadesFault::NotXml),
        (
            |text| text.replacen("?>\n", "?><!DOCTYPE a>", 1),
            XadesFault::NotXml,
        ),
        (
            |text| text.replace("<ds:KeyInfo>", "<!-- c --><ds:KeyInfo>"),
            XadesFault::Extraneous,
        ),
        (
            |text| text.replace("<ds:KeyInfo>", "x<ds:KeyInfo>"),
            XadesFault::Elements("Signature"),
        ),
        (
            |text| text.replace("<ds:KeyInfo>", "<ds:Object></ds:Object><ds:KeyInfo>"),
            XadesFault::Elements("Signature"),
        ),
        (
            |text| {
                text.replace(
                    "</xades:QualifyingProperties>",
                    "<xades:UnsignedProperties/></xades:QualifyingProperties>",
                )
            },
            XadesFault::Elements("QualifyingProperties"),
        ),
        (
            |text| text.replace("Target=\"#Signature\"", "Target=\"#Other\""),
            XadesFault::Attributes("QualifyingProperties"),
        ),
        (
            |text| text.replace("URI=\"map.pdf\"", "URI=\"map.pdf\" Type=\"x\""),
            XadesFault::Reference,
        ),
        (
            |text| {
                text.replacen(
                    "<ds:DigestMethod",
                    "<ds:Transforms></ds:Transforms><ds:DigestMethod",
                    1,
                )
            },
            XadesFault::Elements("Reference"),
        ),
        (
            |text| text.replace("SigningCertificate>", "SigningCertificateV2>"),
            XadesFault::Elements("SignedSignatureProperties"),
        ),
        (
            |text| text.replace("Id=\"ID_1\"", "Id=\"Signature\""),
            XadesFault::RepeatedId,
        ),
    ];
    for (index, (change, fault)) in cases.into_iter().enumerate() {
        assert_eq!(text_fault(change), xades(fault), "{index}");
    }
}

// The manifest and the documents.

fn manifest_refusal(from: &str, to: &str) -> (u8, Fault) {
    let mut draft = Draft::digital();
    assert!(draft.manifest.contains(from), "{from}");
    draft.manifest = draft.manifest.replace(from, to);
    draft.refusal()
}

#[test]
fn the_manifest_keeps_its_form() {
    let person = "<postkasseadresse>";
    for (from, to, fault) in [
        (
            "<manifest ",
            "<!DOCTYPE a><manifest ",
            ManifestFault::NotXml,
        ),
        (
            "schema_v10",
            "schema_v11",
            ManifestFault::Elements("manifest"),
        ),
        (
            "</manifest>",
            "<lenke/></manifest>",
            ManifestFault::Elements("manifest"),
        ),
        (
            "<avsender>",
            "x<avsender>",
            ManifestFault::Elements("manifest"),
        ),
        (
            person,
            "<personidentifikator>123</personidentifikator><postkasseadresse>",
            ManifestFault::Text("personidentifikator"),
        ),
        (
            "0192:991825827",
            "9908:991825827",
            ManifestFault::Text("organisasjon"),
        ),
        (
            "0192:991825827",
            "0192:991825828",
            ManifestFault::Text("organisasjon"),
        ),
        (
            "authority=\"iso6523-actorid-upis\"",
            "authority=\"x\"",
            ManifestFault::Attributes("organisasjon"),
        ),
        (
            "lang=\"nb\">Vedtak",
            ">Vedtak",
            ManifestFault::Attributes("tittel"),
        ),
        (
            "lang=\"nb\">Vedtak",
            "lang=\"nob\">Vedtak",
            ManifestFault::Attributes("tittel"),
        ),
        (">Vedtak<", "><", ManifestFault::Text("tittel")),
        (
            "href=\"map.pdf\" ",
            "",
            ManifestFault::Attributes("vedlegg"),
        ),
        (
            "mime=\"application/pdf\"><tittel lang=\"nb\">Kart",
            "mime=\"application/pdf\" x=\"y\"><tittel lang=\"nb\">Kart",
            ManifestFault::Attributes("vedlegg"),
        ),
        (
            "<tittel lang=\"nb\">Kart</tittel>",
            "<data href=\"link.xml\" mime=\"x\"/><tittel lang=\"nb\">Kart</tittel>",
            ManifestFault::Elements("vedlegg"),
        ),
    ] {
        assert_eq!(
            manifest_refusal(from, to),
            (8, Fault::Manifest(fault)),
            "{from} to {to}"
        );
    }
    let order = manifest_refusal("hoveddokument", "vedlegg");
    assert_eq!(
        order,
        (8, Fault::Manifest(ManifestFault::Elements("manifest")))
    );
    let long = "t".repeat(256);
    assert_eq!(
        manifest_refusal(">Vedtak<", &format!(">{long}<")),
        (8, Fault::Manifest(ManifestFault::Text("tittel")))
    );
}

#[test]
fn the_manifest_says_what_the_message_says() {
    let other = manifest_refusal("0192:991825827", "0192:889640782");
    assert_eq!(other, (8, Fault::ControllerDiffers));
    let unit = manifest_refusal(
        "</organisasjon>",
        "</organisasjon><avsenderidentifikator>unit</avsenderidentifikator>",
    );
    assert_eq!(unit, (8, Fault::ControllerDiffers));
    assert_eq!(
        manifest_refusal("#9YDT", "#9YDX"),
        (8, Fault::MailboxDiffers)
    );
    let mut print = Draft::print();
    print.manifest = Draft::digital().manifest;
    assert_eq!(print.refusal(), (8, Fault::PrintNamesPerson));
    let mut digital = Draft::digital();
    digital.manifest = Draft::print().manifest;
    assert_eq!(digital.refusal(), (8, Fault::MailboxDiffers));
}

#[test]
fn documents_and_files_name_each_other() {
    let of = |fault| (9, Fault::Manifest(fault));
    let mut missing = Draft::digital();
    missing.files.pop();
    assert_eq!(missing.refusal(), of(ManifestFault::FileMissing));
    let mut unnamed = Draft::digital();
    unnamed.files.push(made_file("more.pdf"));
    assert_eq!(unnamed.refusal(), of(ManifestFault::FileUnnamed));
    assert_eq!(
        manifest_refusal("map.pdf", "LETTER.pdf"),
        of(ManifestFault::FileRepeated)
    );
    let titles = manifest_refusal(
        "</manifest>",
        "<vedlegg href=\"more.pdf\" mime=\"application/pdf\"><tittel lang=\"nb\">KART</tittel></vedlegg></manifest>",
    );
    assert_eq!(titles, of(ManifestFault::FileMissing));
    let mut titles = Draft::digital();
    titles.files.push(made_file("more.pdf"));
    titles.manifest = titles.manifest.replace(
        "</manifest>",
        "<vedlegg href=\"more.pdf\" mime=\"application/pdf\"><tittel lang=\"nb\">KART</tittel></vedlegg></manifest>",
    );
    assert_eq!(titles.refusal(), of(ManifestFault::TitleRepeated));
    let mut executable = Draft::digital();
    executable.files[1].media_type = "application/x-msdownload".to_owned();
    executable.manifest = executable.manifest.replace(
        "href=\"map.pdf\" mime=\"application/pdf\"",
        "href=\"map.pdf\" mime=\"application/x-msdownload\"",
    );
    assert_eq!(executable.refusal(), of(ManifestFault::MediaType));
    let mut fake = Draft::digital();
    fake.files[0].bytes = b"MZ executable".to_vec();
    assert_eq!(fake.refusal(), (9, Fault::Pdf(PdfFault::NotPdf)));
}

#[test]
fn a_print_order_holds_only_pdf_that_can_be_printed() {
    let mut picture = Draft::print();
    picture.files[1].media_type = "image/png".to_owned();
    picture.manifest = picture.manifest.replace(
        "href=\"map.pdf\" mime=\"application/pdf\"",
        "href=\"map.pdf\" mime=\"image/png\"",
    );
    assert_eq!(
        picture.refusal(),
        (9, Fault::Manifest(ManifestFault::MediaType))
    );
    let mut letter_size = Draft::print();
    letter_size.files[1].bytes = made::PDF.replace("595.28 841.89", "612 792").into_bytes();
    assert_eq!(letter_size.refusal(), (11, Fault::Pdf(PdfFault::PageSize)));
}

// The message, its signature and the token.

fn message_refusal(change: fn(&mut Value)) -> (u8, Fault) {
    Draft {
        change_message: change,
        ..Draft::digital()
    }
    .refusal()
}

const HEADER: &str = "/standardBusinessDocument/standardBusinessDocumentHeader";

fn set(document: &mut Value, pointer: &str, value: Value) {
    *document.pointer_mut(pointer).unwrap() = value;
}

#[test]
fn sender_and_receiver_of_the_header_are_checked() {
    let sender = message_refusal(|document| {
        set(
            document,
            &format!("{HEADER}/sender/0/identifier/value"),
            json!("0192:889640782"),
        );
    });
    assert_eq!(sender, (3, Fault::SenderIsNotSigner));
    let receiver = message_refusal(|document| {
        set(
            document,
            &format!("{HEADER}/receiver/0/identifier/value"),
            json!("0192:922020175"),
        );
    });
    assert_eq!(receiver, (3, Fault::AddressedToAnother));
    let rule = message_refusal(|document| {
        document["standardBusinessDocument"]["digital"]["virkningsdato"] = json!("2026-01-01");
        document["standardBusinessDocument"]["digital"]["virkningstidspunkt"] =
            json!("2026-01-01T00:00:00+01:00");
    });
    let path = "/standardBusinessDocument/digital/virkningstidspunkt".to_owned();
    assert_eq!(
        rule,
        (
            2,
            Fault::Message(MessageFault {
                path,
                rule: Rule::Contradiction
            })
        )
    );
}

fn jws_refusal(header: &Value) -> JwsFault {
    let draft = Draft::digital();
    let sent = draft.send();
    let document = draft.document(&sent.cms, &sent.token);
    let jwt = jws(header, document.to_string().as_bytes(), &world().agency.key);
    match (Sent { jwt, ..sent }).refusal() {
        (1, Fault::Jws(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_header_is_one_certificate_and_rs256_and_nothing_else() {
    let world = world();
    let own = x5c(&world.agency.certificate);
    let issuer = x5c(&world.intermediate.certificate);
    let mut url_safe = own.replace('+', "-").replace('/', "_");
    if url_safe == own {
        url_safe = own.trim_end_matches('=').to_owned() + "_";
    }
    for (header, fault) in [
        (
            json!({"x5c": [own], "alg": "RS256", "typ": "JWT"}),
            JwsFault::HeaderMembers,
        ),
        (json!({"alg": "RS256"}), JwsFault::HeaderMembers),
        (json!({"x5c": [own], "alg": "RS512"}), JwsFault::Algorithm),
        (json!({"x5c": [own], "alg": "none"}), JwsFault::Algorithm),
        (
            json!({"x5c": [own, issuer], "alg": "RS256"}),
            JwsFault::Certificate,
        ),
        (json!({"x5c": [], "alg": "RS256"}), JwsFault::Certificate),
        (json!({"x5c": own, "alg": "RS256"}), JwsFault::Certificate),
        (
            json!({"x5c": [url_safe], "alg": "RS256"}),
            JwsFault::Certificate,
        ),
        (
            json!({"x5c": [format!("{}\n", own)], "alg": "RS256"}),
            JwsFault::Certificate,
        ),
        (
            json!({"x5c": [x5c(&world.supplier.certificate)], "alg": "RS256"}),
            JwsFault::Signature,
        ),
        (
            json!({"x5c": [x5c(&world.foreign.certificate)], "alg": "RS256"}),
            JwsFault::Trust(TrustFault::UnknownIssuer),
        ),
        (
            json!({"x5c": [x5c(&world.root.certificate)], "alg": "RS256"}),
            JwsFault::Trust(TrustFault::SelfSigned),
        ),
    ] {
        assert_eq!(jws_refusal(&header), fault, "{}", header["alg"]);
    }
}

#[test]
fn a_certificate_that_may_not_sign_is_refused() {
    let world = world();
    let base = || Wanted {
        number: Some(AGENCY),
        ..Wanted::default()
    };
    for (wanted, fault) in [
        (
            Wanted {
                valid: (-20, -1),
                ..base()
            },
            TrustFault::Expired,
        ),
        (
            Wanted {
                valid: (1, 20),
                ..base()
            },
            TrustFault::NotYetValid,
        ),
        (
            Wanted {
                signs: false,
                ..base()
            },
            TrustFault::WrongUsage,
        ),
        (
            Wanted {
                usage_is_critical: false,
                ..base()
            },
            TrustFault::WrongUsage,
        ),
        (
            Wanted {
                number: None,
                ..base()
            },
            TrustFault::NoOrganisation,
        ),
        (
            Wanted {
                number: Some("991825828"),
                ..base()
            },
            TrustFault::NoOrganisation,
        ),
    ] {
        let party = issue(&wanted, &world.agency.key, Some(&world.intermediate));
        let header = json!({"x5c": [x5c(&party.certificate)], "alg": "RS256"});
        assert_eq!(jws_refusal(&header), JwsFault::Trust(fault));
    }
    let weak = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let weak = issue(&base(), &weak, Some(&world.intermediate));
    let header = json!({"x5c": [x5c(&weak.certificate)], "alg": "RS256"});
    assert_eq!(jws_refusal(&header), JwsFault::Trust(TrustFault::WeakKey));
}

#[test]
fn the_token_says_who_may_send_for_whom() {
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        Draft {
            claims,
            ..Draft::digital()
        }
        .refusal()
    };
    let party =
        |number: &str| json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{number}")});
    assert_eq!(
        with("iss", json!("https://other/")),
        (4, Fault::Token(TokenFault::Issuer))
    );
    assert_eq!(
        with("scope", json!("krr:global")),
        (4, Fault::Token(TokenFault::Scope))
    );
    assert_eq!(
        with("consumer", party(SUPPLIER)),
        (4, Fault::ConsumerIsNotController)
    );
    assert_eq!(
        with("supplier", party(SUPPLIER)),
        (4, Fault::TokenIsNotSigners)
    );
    assert_eq!(
        with("consumer", json!(null)),
        (4, Fault::Token(TokenFault::Unreadable))
    );
    // A token has nearly always run out when the provider reads it.
    let mut old = claims();
    old["exp"] = json!(1);
    old["iat"] = json!(0);
    let (verdict, _) = Draft {
        claims: old,
        ..Draft::digital()
    }
    .send()
    .at_provider();
    assert!(verdict.is_accepted());
}

#[test]
fn a_supplier_sends_with_a_delegated_token() {
    let mut claims = claims();
    claims["supplier"] =
        json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{SUPPLIER}")});
    let change: fn(&mut Value) = |document| {
        let sender = format!("0192:{SUPPLIER}");
        set(
            document,
            &format!("{HEADER}/sender/0/identifier/value"),
            json!(sender),
        );
    };
    let signer = world().supplier.clone();
    let draft = Draft {
        claims,
        signer,
        change_message: change,
        ..Draft::digital()
    };
    let (verdict, _) = draft.send().at_provider();
    assert!(verdict.is_accepted(), "{verdict:#?}");
}

#[test]
fn a_sender_or_mailbox_nobody_knows_is_refused_last() {
    let mut stranger = Draft::digital();
    stranger.manifest = stranger.manifest.replace("#9YDT", "#0000");
    stranger.body["mottaker"]["postkasseadresse"] = json!("ola.nordmann#0000");
    assert_eq!(stranger.refusal(), (11, Fault::NoMailbox));
    let mut unit = Draft::digital();
    unit.manifest = unit.manifest.replace(
        "</organisasjon>",
        "</organisasjon><avsenderidentifikator>unit</avsenderidentifikator>",
    );
    unit.change_message = |document| {
        document["standardBusinessDocument"]["digital"]["avsender"]["avsenderidentifikator"] =
            json!("unit");
    };
    assert_eq!(unit.refusal(), (10, Fault::SenderNotRegistered));
}

// The access point.

fn upload_refusal<'a>(
    sent: &'a Sent,
    change: impl FnOnce(&mut AccessPoint<'a>, &mut Upload<'a>),
) -> (u8, u16, Fault) {
    let mut upload = Upload {
        bearer: &sent.token,
        message: sent.jwt.as_bytes(),
        package: &sent.cms,
    };
    let mut access_point = access_point();
    change(&mut access_point, &mut upload);
    let (verdict, accepted) = access_point_checks(upload, access_point);
    assert!(accepted.is_none());
    let (number, fault) = refusal_of(&verdict);
    (number, verdict.http_status(), fault)
}

fn unchanged(_: &mut AccessPoint<'_>, _: &mut Upload<'_>) {}

#[test]
fn the_access_point_answers_each_fault_with_its_status() {
    let sent = Draft::digital().send();
    let expired = upload_refusal(&sent, |point, _| {
        point.at = world().now + SignedDuration::from_secs(100);
    });
    assert_eq!(expired, (1, 401, Fault::Token(TokenFault::Time)));
    let garbage = upload_refusal(&sent, |_, upload| upload.bearer = "token");
    assert_eq!(garbage, (1, 401, Fault::Token(TokenFault::Unreadable)));
    let mut forged = sent.token.clone();
    let last = forged.pop();
    forged.push(if last == Some('A') { 'Q' } else { 'A' });
    let forged = upload_refusal(&sent, |_, upload| upload.bearer = &forged);
    assert_eq!((forged.0, forged.1), (1, 401));

    let mut claims = claims();
    claims["scope"] = json!("other");
    let scopeless = Draft {
        claims,
        ..Draft::digital()
    }
    .send();
    let scope = upload_refusal(&scopeless, unchanged);
    assert_eq!(scope, (2, 403, Fault::Token(TokenFault::Scope)));
    let audience = upload_refusal(&sent, |point, _| point.audience = Some("https://me"));
    assert_eq!(audience, (3, 401, Fault::Token(TokenFault::Audience)));
    let agreement = upload_refusal(&sent, |point, _| point.has_agreement = &|_| false);
    assert_eq!(agreement, (4, 403, Fault::NoAgreement));

    let mut later = made::claims();
    later["jti"] = json!("2");
    let later = token(&later);
    let other = upload_refusal(&sent, |_, upload| upload.bearer = &later);
    assert_eq!(other, (5, 400, Fault::TokensDiffer));
    let mut claims = made::claims();
    claims["consumer"]["ID"] = json!(format!("0192:{SUPPLIER}"));
    let consumer = Draft {
        claims,
        ..Draft::digital()
    }
    .send();
    let consumer = upload_refusal(&consumer, |point, _| point.has_agreement = &|_| true);
    assert_eq!(consumer, (6, 400, Fault::ConsumerIsNotController));
    let used = upload_refusal(&sent, |point, _| {
        point.id_is_used =
            &|id| id == Uuid::parse_str("2f0c4f6e-3d0b-4f4e-9a44-0d9f6a0c1b01").unwrap();
    });
    assert_eq!(used, (7, 400, Fault::IdUsed));
    let schema = Draft {
        change_message: |document| {
            document["standardBusinessDocument"]["digital"]["spraak"] = json!("nob");
        },
        ..Draft::digital()
    };
    let schema = upload_refusal(&schema.send(), unchanged);
    assert_eq!((schema.0, schema.1), (8, 400));
    let damaged = upload_refusal(&sent, |_, upload| upload.package = b"damaged");
    let received = openssl::sha::sha256(b"damaged");
    assert_eq!(damaged, (9, 400, Fault::Fingerprint { received }));
    let mut unsigned: Vec<&str> = sent.jwt.split('.').collect();
    let empty = URL_SAFE_NO_PAD.encode([0; 256]);
    unsigned[2] = &empty;
    let unsigned = unsigned.join(".");
    let unsigned = upload_refusal(&sent, |_, upload| upload.message = unsigned.as_bytes());
    assert_eq!(unsigned, (11, 400, Fault::Jws(JwsFault::Signature)));
    let unreadable = upload_refusal(&sent, |_, upload| upload.message = b"x.y");
    assert_eq!(unreadable, (5, 400, Fault::Jws(JwsFault::Form)));
}

#[test]
fn a_check_that_is_switched_off_says_so() {
    let sent = Draft::digital().send();
    let upload = Upload {
        bearer: &sent.token,
        message: sent.jwt.as_bytes(),
        package: b"other",
    };
    let access_point = AccessPoint {
        switched_off: &[2, 9],
        ..access_point()
    };
    let (verdict, accepted) = access_point_checks(upload, access_point);
    assert!(accepted.is_some());
    let off = Outcome::NotPossible(Why::SwitchedOff);
    let numbers = verdict.checks().iter().filter(|check| check.outcome == off);
    assert_eq!(
        numbers.map(|check| check.number).collect::<Vec<_>>(),
        [2, 9]
    );
}

#[test]
fn the_address_register_is_asked_later() {
    let verdict = Draft::digital().send().at_access_point();
    let row = verdict.checks().iter().find(|check| check.number == 10);
    let outcome = &row.unwrap().outcome;
    assert_eq!(*outcome, Outcome::NotPossible(Why::LaterAsStatus));
}

#[test]
fn a_repeated_member_is_no_message() {
    let draft = Draft::digital();
    let sent = draft.send();
    let document = draft.document(&sent.cms, &sent.token).to_string();
    let twice = document.replacen("\"spraak\":", "\"spraak\":\"nn\",\"spraak\":", 1);
    let header = json!({"x5c": [x5c(&world().agency.certificate)], "alg": "RS256"});
    let jwt = jws(&header, twice.as_bytes(), &world().agency.key);
    assert_eq!(
        (Sent { jwt, ..sent }).refusal(),
        (2, Fault::Jws(JwsFault::Payload))
    );
}

#[test]
fn cut_or_changed_bytes_never_panic() {
    let draft = Draft::digital();
    let sent = draft.send();
    let zip = draft.zip();
    for seed in 0..400_usize {
        let at = seed * 7919;
        let changed = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let length = bytes.len();
            bytes[at % length] ^= 1 << (seed % 8);
            bytes.truncate(if seed % 3 == 0 { at % length } else { length });
            bytes
        };
        let (_, letter) = draft.send_package(changed(&sent.cms)).at_provider();
        assert!(letter.is_none(), "{seed}");
        // A change in a field of the archive that no reader looks at, such as a date, may pass.
        let archive = cms_of(&envelope(&changed(&zip), &world().provider.certificate));
        let (_, letter) = draft.send_package(archive).at_provider();
        assert!(letter.is_none() || seed % 3 != 0, "{seed}");
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    assert_eq!(
        text_fault(|_| "<a>".repeat(300_000)),
        xades(XadesFault::NotXml)
    );
    let closed = |_| "<a>".repeat(149_000) + &"</a>".repeat(149_000);
    assert_eq!(text_fault(closed), xades(XadesFault::NotXml));
    let fault = Manifest::read(closed(String::new()).as_bytes()).err();
    assert_eq!(fault, Some(ManifestFault::Elements("manifest")));
    let deep = "[".repeat(300_000) + &"]".repeat(300_000);
    let header = json!({"x5c": [x5c(&world().agency.certificate)], "alg": "RS256"});
    let jwt = jws(&header, deep.as_bytes(), &world().agency.key);
    let sent = Sent {
        jwt,
        ..Draft::digital().send()
    };
    assert_eq!(sent.refusal(), (2, Fault::Jws(JwsFault::Payload)));
    let nested = [0x30, 0x80].repeat(200_000);
    assert_eq!(fault_of(&nested, Tolerance::default()), CmsFault::NotCms);
    let closed = [nested, vec![0; 400_000]].concat();
    assert_eq!(fault_of(&closed, Tolerance::default()), CmsFault::NotCms);
}

#[test]
fn a_message_does_not_print_whom_it_is_for() {
    let (_, letter) = Draft::digital().send().at_provider();
    let printed = format!("{:?}", letter.unwrap().message);
    assert!(
        !printed.contains("ola.nordmann") && !printed.contains("eyJ"),
        "{printed}"
    );
}
