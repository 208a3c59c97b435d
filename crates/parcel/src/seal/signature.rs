//! `META-INF/signatures.xml`: one XAdES-BES signature over every file.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use utpost_domain::Digest;
use utpost_pki::{Certificate, Signer};

use super::ParcelFault;
use super::xml::{element, text};
use crate::names::{
    ASIC_NS, C14N, DSIG_NS, RSA_SHA256, SHA1, SHA256, SIGNED_PROPERTIES_TYPE, XADES_NS,
};

/// A file to be signed, in container order.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) media_type: &'a str,
    pub(super) digest: Digest,
}

/// Writes the signature document (ETSI TS 101 903, ETSI TS 102 918).
///
/// The two elements that are signed, `SignedInfo` and `SignedProperties`, are written as inclusive
/// Canonical XML gives them where they stand: every namespace in scope declared on their start tag
/// in prefix order, attributes in order, no empty-element tags, no white space. So the bytes that
/// are signed are the bytes in the file, and nothing is ever canonicalised here. Prefixes are used
/// throughout because a default namespace makes some verifiers' canonical forms differ.
pub(super) fn write(
    files: &[File<'_>],
    signer: &dyn Signer,
    at: Timestamp,
) -> Result<String, ParcelFault> {
    let leaf = signer.chain().first().ok_or(ParcelFault::ChainIncomplete)?;
    let properties = signed_properties(files, leaf, at)?;
    let info = signed_info(files, &Digest::of(properties.as_bytes()));
    let value = STANDARD.encode(signer.sign_rs256(info.as_bytes())?);
    let certificates: String = signer
        .chain()
        .iter()
        .map(|one| element("ds:X509Certificate", &[], &STANDARD.encode(one.der())))
        .collect();

    let qualifying = [("xmlns:xades", XADES_NS), ("Target", "#Signature")];
    let content = [
        info,
        element("ds:SignatureValue", &[], &value),
        element(
            "ds:KeyInfo",
            &[],
            &element("ds:X509Data", &[], &certificates),
        ),
        element(
            "ds:Object",
            &[],
            &element("xades:QualifyingProperties", &qualifying, &properties),
        ),
    ]
    .concat();
    let signature = element(
        "ds:Signature",
        &[("xmlns:ds", DSIG_NS), ("Id", "Signature")],
        &content,
    );
    let declaration = r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>"#;
    Ok(declaration.to_owned()
        + &element(
            "asic:XAdESSignatures",
            &[("xmlns:asic", ASIC_NS)],
            &signature,
        ))
}

fn signed_info(files: &[File<'_>], properties: &Digest) -> String {
    let mut content = algorithm("ds:CanonicalizationMethod", C14N);
    content += &algorithm("ds:SignatureMethod", RSA_SHA256);
    for (at, file) in files.iter().enumerate() {
        content += &element(
            "ds:Reference",
            &[("Id", &format!("ID_{at}")), ("URI", file.name)],
            &digested(SHA256, &file.digest.base64()),
        );
    }
    let transforms = element("ds:Transforms", &[], &algorithm("ds:Transform", C14N));
    content += &element(
        "ds:Reference",
        &[
            ("Type", SIGNED_PROPERTIES_TYPE),
            ("URI", "#SignedProperties"),
        ],
        &(transforms + &digested(SHA256, &properties.base64())),
    );
    element(
        "ds:SignedInfo",
        &[("xmlns:asic", ASIC_NS), ("xmlns:ds", DSIG_NS)],
        &content,
    )
}

fn signed_properties(
    files: &[File<'_>],
    leaf: &Certificate,
    at: Timestamp,
) -> Result<String, ParcelFault> {
    // SHA-1 by the profile: it tells which certificate is meant, and protects nothing.
    let fingerprint = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf.der()));
    let issued = element("ds:X509IssuerName", &[], &text(leaf.issuer_rfc2253())?)
        + &element("ds:X509SerialNumber", &[], &leaf.serial_decimal());
    let certificate = element("xades:CertDigest", &[], &digested(SHA1, &fingerprint))
        + &element("xades:IssuerSerial", &[], &issued);
    let certificate = element("xades:Cert", &[], &certificate);
    let details = element("xades:SigningTime", &[], &signing_time(at))
        + &element("xades:SigningCertificate", &[], &certificate);
    let formats: String = files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            element(
                "xades:DataObjectFormat",
                &[("ObjectReference", &format!("#ID_{at}"))],
                &element("xades:MimeType", &[], file.media_type),
            )
        })
        .collect();
    Ok(element(
        "xades:SignedProperties",
        &[
            ("xmlns:asic", ASIC_NS),
            ("xmlns:ds", DSIG_NS),
            ("xmlns:xades", XADES_NS),
            ("Id", "SignedProperties"),
        ],
        &(element("xades:SignedSignatureProperties", &[], &details)
            + &element("xades:SignedDataObjectProperties", &[], &formats)),
    ))
}

fn digested(method: &str, value: &str) -> String {
    algorithm("ds:DigestMethod", method) + &element("ds:DigestValue", &[], value)
}

fn algorithm(name: &str, uri: &str) -> String {
    element(name, &[("Algorithm", uri)], "")
}

/// Norwegian wall time with its offset. On a machine without time zones the same instant is
/// written in UTC, which means the same to every reader.
fn signing_time(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}
