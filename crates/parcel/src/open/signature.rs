//! The XAdES signature over every file of the container.

use std::collections::HashSet;

use aws_lc_rs::digest::{self, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use roxmltree::Node;
use utpost_pki::{Certificate, Rs, verify_rs};

use super::c14n::{Form, canonical};
use super::container::Entry;
use super::parse_xml;
use crate::names::{
    ASIC_NS, ASIC_NS_MISPRINTED, DSIG_NS, MIMETYPE_ENTRY, RSA_SHA256, RSA_SHA384, RSA_SHA512, SHA1,
    SHA256, SHA384, SHA512, SIGNED_PROPERTIES_TYPE, XADES_NS,
};

/// Why a package's signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackageSignatureFault {
    /// There is no signature file, or more than one.
    #[error("package has not exactly one signature file")]
    NotOneSignature,
    /// The signature file lacks something the profile has, or has it twice.
    #[error("signature file is not formed as XAdES")]
    Structure,
    /// An algorithm outside the profile and its known variants.
    #[error("signature uses an unknown algorithm")]
    UnknownAlgorithm,
    /// A reference names no file, a file that is not to be signed, or a file twice.
    #[error("signature covers something else than the files")]
    StrayReference,
    /// A file is not covered.
    #[error("signature does not cover every file")]
    FileNotCovered,
    /// A file is not as it was when it was signed.
    #[error("a file was changed after signing")]
    FileChanged,
    /// The signed properties are not as they were when they were signed.
    #[error("signed properties were changed after signing")]
    PropertiesChanged,
    /// No certificate in the file is the one the signed properties name.
    #[error("signer's certificate is not there")]
    SignerMissing,
    /// The signature value is not by that certificate's key over these references.
    #[error("signature value does not verify")]
    WrongSignature,
}

/// What a signature that holds says.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) signer: Certificate,
    pub(super) certificates: Vec<Certificate>,
    pub(super) signed_at: Timestamp,
}

use PackageSignatureFault as Fault;

/// Verifies the signature. Every element is reached by its path from the root, never by looking up
/// an Id alone, so that nothing can be signed in one place and read in another.
pub(super) fn verify(entries: &[Entry]) -> Result<Signed, Fault> {
    let mut files = entries.iter().filter(|entry| is_signature_file(entry));
    let (Some(file), None) = (files.next(), files.next()) else {
        return Err(Fault::NotOneSignature);
    };
    let document = parse_xml(&file.bytes).ok_or(Fault::Structure)?;
    let root = document.root_element();
    let known_root = [ASIC_NS, ASIC_NS_MISPRINTED]
        .into_iter()
        .any(|namespace| root.has_tag_name((namespace, "XAdESSignatures")));
    if !known_root || root.children().filter(Node::is_element).count() != 1 || ids_repeat(root) {
        return Err(Fault::Structure);
    }
    let signature = only(root, DSIG_NS, "Signature")?;
    let info = only(signature, DSIG_NS, "SignedInfo")?;
    let qualifying = only(
        only(signature, DSIG_NS, "Object")?,
        XADES_NS,
        "QualifyingProperties",
    )?;
    let properties = only(qualifying, XADES_NS, "SignedProperties")?;
    let details = only(properties, XADES_NS, "SignedSignatureProperties")?;

    let certificates = certificates(only(signature, DSIG_NS, "KeyInfo")?)?;
    let signer = named_signer(details, &certificates)?.clone();
    let canonical_info = canonical_by(only(info, DSIG_NS, "CanonicalizationMethod")?, info)?;
    verify_rs(
        signature_algorithm(algorithm(only(info, DSIG_NS, "SignatureMethod")?)?)?,
        signer.public_key_spki_der(),
        canonical_info.as_bytes(),
        &base64_of(only(signature, DSIG_NS, "SignatureValue")?)?,
    )
    .map_err(|_| Fault::WrongSignature)?;

    let (own, others): (Vec<_>, Vec<_>) = children(info, DSIG_NS, "Reference")
        .partition(|reference| reference.attribute("Type") == Some(SIGNED_PROPERTIES_TYPE));
    let [own] = own[..] else {
        return Err(Fault::Structure);
    };
    verify_properties(own, properties)?;
    verify_files(&others, entries)?;
    every_file_has_a_type(&others, properties)?;

    let time = text_of(only(details, XADES_NS, "SigningTime")?);
    let signed_at = time.trim().parse().map_err(|_| Fault::Structure)?;
    Ok(Signed {
        signer,
        certificates,
        signed_at,
    })
}

fn is_signature_file(entry: &Entry) -> bool {
    let name = entry.name.to_ascii_lowercase();
    entry.in_meta_inf() && name.contains("signatures") && name.ends_with(".xml")
}

fn must_be_signed(entry: &Entry) -> bool {
    !entry.in_meta_inf() && entry.name != MIMETYPE_ENTRY
}

fn verify_properties(reference: Node<'_, '_>, properties: Node<'_, '_>) -> Result<(), Fault> {
    let id = properties.attribute("Id").ok_or(Fault::Structure)?;
    if reference
        .attribute("URI")
        .and_then(|uri| uri.strip_prefix('#'))
        != Some(id)
    {
        return Err(Fault::Structure);
    }
    let transforms = only(reference, DSIG_NS, "Transforms")?;
    let canonical = canonical_by(only(transforms, DSIG_NS, "Transform")?, properties)?;
    if digests_to(reference, canonical.as_bytes())? {
        Ok(())
    } else {
        Err(Fault::PropertiesChanged)
    }
}

fn verify_files(references: &[Node<'_, '_>], entries: &[Entry]) -> Result<(), Fault> {
    let mut covered = HashSet::new();
    for reference in references {
        if children(*reference, DSIG_NS, "Transforms").next().is_some() {
            return Err(Fault::UnknownAlgorithm);
        }
        let uri = reference.attribute("URI").ok_or(Fault::Structure)?;
        let entry = entries
            .iter()
            .filter(|entry| must_be_signed(entry))
            .find(|entry| names(uri, &entry.name))
            .ok_or(Fault::StrayReference)?;
        if !covered.insert(entry.name.as_str()) {
            return Err(Fault::StrayReference);
        }
        if !digests_to(*reference, &entry.bytes)? {
            return Err(Fault::FileChanged);
        }
    }
    let all = entries.iter().filter(|entry| must_be_signed(entry)).count();
    if covered.len() == all {
        Ok(())
    } else {
        Err(Fault::FileNotCovered)
    }
}

/// The profile wants the type of every signed file among the signed properties.
fn every_file_has_a_type(
    references: &[Node<'_, '_>],
    properties: Node<'_, '_>,
) -> Result<(), Fault> {
    let objects = only(properties, XADES_NS, "SignedDataObjectProperties")?;
    let mut typed: Vec<&str> = children(objects, XADES_NS, "DataObjectFormat")
        .map(|format| {
            only(format, XADES_NS, "MimeType")?;
            let reference = format.attribute("ObjectReference");
            reference
                .and_then(|id| id.strip_prefix('#'))
                .ok_or(Fault::Structure)
        })
        .collect::<Result<_, _>>()?;
    let mut referenced: Vec<&str> = references
        .iter()
        .map(|reference| reference.attribute("Id").ok_or(Fault::Structure))
        .collect::<Result<_, _>>()?;
    typed.sort_unstable();
    referenced.sort_unstable();
    if typed == referenced {
        Ok(())
    } else {
        Err(Fault::Structure)
    }
}

/// Whether a reference means the entry: as it is, percent-encoded, or form-encoded.
fn names(uri: &str, entry: &str) -> bool {
    uri == entry
        || percent_decoded(uri).as_deref() == Some(entry)
        || percent_decoded(&uri.replace('+', " ")).as_deref() == Some(entry)
}

fn percent_decoded(uri: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_first_chunk::<2>()?;
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push(u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn certificates(key_info: Node<'_, '_>) -> Result<Vec<Certificate>, Fault> {
    children(
        only(key_info, DSIG_NS, "X509Data")?,
        DSIG_NS,
        "X509Certificate",
    )
    .map(|node| Certificate::parse_der(&base64_of(node)?).map_err(|_| Fault::Structure))
    .collect()
}

/// The certificate that the signed properties name, by digest and serial number. The issuer's name
/// is not compared: senders write it in many ways.
fn named_signer<'a>(
    details: Node<'_, '_>,
    certificates: &'a [Certificate],
) -> Result<&'a Certificate, Fault> {
    let named = only(
        only(details, XADES_NS, "SigningCertificate")?,
        XADES_NS,
        "Cert",
    )?;
    let wanted = only(named, XADES_NS, "CertDigest")?;
    let issued = only(named, XADES_NS, "IssuerSerial")?;
    let serial = text_of(only(issued, DSIG_NS, "X509SerialNumber")?);
    for certificate in certificates {
        if certificate.serial_decimal() == serial.trim()
            && digests_to_with(wanted, certificate.der(), certificate_digest)?
        {
            return Ok(certificate);
        }
    }
    Err(Fault::SignerMissing)
}

fn digests_to(parent: Node<'_, '_>, bytes: &[u8]) -> Result<bool, Fault> {
    digests_to_with(parent, bytes, file_digest)
}

/// Whether `DigestMethod` and `DigestValue` in the parent fit the bytes.
fn digests_to_with(
    parent: Node<'_, '_>,
    bytes: &[u8],
    known: fn(&str) -> Option<&'static digest::Algorithm>,
) -> Result<bool, Fault> {
    let method = algorithm(only(parent, DSIG_NS, "DigestMethod")?)?;
    let method = known(method).ok_or(Fault::UnknownAlgorithm)?;
    let value = base64_of(only(parent, DSIG_NS, "DigestValue")?)?;
    Ok(digest(method, bytes).as_ref() == value)
}

fn file_digest(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri {
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// SHA-1 is the profile's own choice for naming a certificate.
fn certificate_digest(uri: &str) -> Option<&'static digest::Algorithm> {
    if uri == SHA1 {
        Some(&digest::SHA1_FOR_LEGACY_USE_ONLY)
    } else {
        file_digest(uri)
    }
}

fn signature_algorithm(uri: &str) -> Result<Rs, Fault> {
    match uri {
        RSA_SHA256 => Ok(Rs::Sha256),
        RSA_SHA384 => Ok(Rs::Sha384),
        RSA_SHA512 => Ok(Rs::Sha512),
        _ => Err(Fault::UnknownAlgorithm),
    }
}

/// The canonical form that the element `method` asks for, which may carry no parameters.
fn canonical_by(method: Node<'_, '_>, element: Node<'_, '_>) -> Result<String, Fault> {
    let form = Form::from_uri(algorithm(method)?).ok_or(Fault::UnknownAlgorithm)?;
    if method.children().any(|child| child.is_element()) {
        return Err(Fault::UnknownAlgorithm);
    }
    canonical(element, form).ok_or(Fault::Structure)
}

fn algorithm<'a>(node: Node<'a, '_>) -> Result<&'a str, Fault> {
    node.attribute("Algorithm").ok_or(Fault::Structure)
}

fn only<'a, 'i>(
    parent: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Node<'a, 'i>, Fault> {
    let mut found = children(parent, namespace, name);
    match (found.next(), found.next()) {
        (Some(node), None) => Ok(node),
        _ => Err(Fault::Structure),
    }
}

fn children<'a, 'i>(
    parent: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    parent
        .children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

fn ids_repeat(root: Node<'_, '_>) -> bool {
    let mut seen = HashSet::new();
    !root
        .descendants()
        .filter_map(|node| node.attribute("Id"))
        .all(|id| seen.insert(id))
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter_map(|child| child.text()).collect()
}

fn base64_of(node: Node<'_, '_>) -> Result<Vec<u8>, Fault> {
    let packed: String = text_of(node).split_ascii_whitespace().collect();
    STANDARD.decode(packed).map_err(|_| Fault::Structure)
}
