//! The signature of the package: XAdES-BES (ETSI TS 101 903) in `META-INF/…signatures….xml`.
//!
//! Every element of the profile has its place and nothing else may stand between them: no comment,
//! no second signature, no unsigned property. What is digested is the very element that was read,
//! canonicalised in place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::C14nMode;
use bergshamra_xml::uppsala::{Document, Element, NodeId, NodeKind};
use bergshamra_xml::{NodeSet, uppsala};
use jiff::{SignedDuration, Timestamp};
use openssl::hash::MessageDigest;
use openssl::sha::sha256;
use openssl::x509::{X509, X509Ref};
use utpost_domain::OrgNumber;

use super::jws::{exact_certificate, is_rs256};
use super::message::instant;
use super::package::Package;
use super::trust::{Trust, TrustFault};

/// A signature that verified over every file of the package.
pub struct Seal {
    /// Who signed.
    pub organisation: OrgNumber,
    /// File name and media type of every file.
    pub media_types: Vec<(String, String)>,
}

/// Why the signature of a package is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XadesFault {
    /// Not UTF-8, not well-formed, or with a document type.
    #[error("signature is not XML")]
    NotXml,
    /// A comment, processing instruction or CDATA section.
    #[error("signature holds something else than elements and text")]
    Extraneous,
    /// An element is missing, unknown, out of place or too many, or has text between its children;
    /// the element it was found in.
    #[error("elements of {0}")]
    Elements(&'static str),
    /// An attribute is missing, unknown or of the wrong value; its element.
    #[error("attributes of {0}")]
    Attributes(&'static str),
    /// An algorithm that is not allowed; the element that names it.
    #[error("algorithm of {0}")]
    Algorithm(&'static str),
    /// A text of the wrong form; its element.
    #[error("text of {0}")]
    Text(&'static str),
    /// Two elements have one `Id`.
    #[error("an Id is given twice")]
    RepeatedId,
    /// A reference to something that is no file to be signed, or to a file for the second time.
    #[error("a reference names no file, or one file twice")]
    Reference,
    /// A file that no reference names.
    #[error("a file is not signed")]
    NotCovered,
    /// A file has another digest than its reference.
    #[error("a file's digest differs")]
    FileDigest,
    /// The signed properties have another digest than their reference.
    #[error("the digest of the signed properties differs")]
    PropertiesDigest,
    /// The certificates do not end in a trusted root, or one of them is not the issuer of the one
    /// before it.
    #[error("the certificates are no path to a trusted root")]
    Path,
    /// The signer's certificate is not trusted.
    #[error("signer: {0}")]
    Trust(#[from] TrustFault),
    /// The signature is not the first certificate's.
    #[error("the signature does not verify")]
    Signature,
    /// The signed certificate digest or serial number is not that of the first certificate.
    #[error("the signed certificate is another")]
    SigningCertificate,
    /// The time of signing is more than five seconds from the message's date.
    #[error("the time of signing is not that of the message")]
    SigningTime,
    /// A file has no media type, several, or another than the manifest gives it.
    #[error("a file's media type differs")]
    MediaType,
}

const ASIC: [&str; 2] = [
    "http://uri.etsi.org/02918/v1.2.1#",
    "http://uri.etsi.org/2918/v1.2.1#",
];
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// How far the time of signing may be from the message's date, either way.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// Checks the signature of a package whose message was made at `made_at`; the certificates inside
/// it, judged at `at`, must themselves make the path to a trusted root, root included.
///
/// # Errors
/// The first [`XadesFault`].
pub fn check(
    package: &Package,
    trust: &Trust,
    made_at: Timestamp,
    at: Timestamp,
) -> Result<Seal, XadesFault> {
    let text = std::str::from_utf8(&package.signatures).map_err(|_| XadesFault::NotXml)?;
    // This reader refuses document types, hence entities.
    roxmltree::Document::parse(text).map_err(|_| XadesFault::NotXml)?;
    let document = uppsala::parse(text).map_err(|_| XadesFault::NotXml)?;
    let root = document.document_element().ok_or(XadesFault::NotXml)?;
    check_nodes(&document)?;
    let parts = Parts::of(At {
        document: &document,
        id: root,
    })?;

    let references = References::of(&parts, package)?;
    let properties = Properties::of(&parts, &references)?;

    let certificates = certificates(&parts)?;
    let (leaf, issuers) = certificates.split_first().ok_or(XadesFault::Path)?;
    check_path(leaf, issuers, trust)?;
    let signer = trust.signer_through(leaf.clone(), issuers, at)?;

    let key = leaf.public_key().map_err(|_| XadesFault::Signature)?;
    let canonical = canonical(parts.signed_info, references.canonicalization)?;
    let value = base64(&parts.signature_value.text("SignatureValue")?);
    let value = value.ok_or(XadesFault::Text("SignatureValue"))?;
    ensure(is_rs256(&key, &canonical, &value), XadesFault::Signature)?;

    let canonical = self::canonical(parts.signed_properties, references.properties_transform)?;
    ensure(
        sha256(&canonical) == references.properties_digest,
        XadesFault::PropertiesDigest,
    )?;
    properties.check_certificate(leaf)?;
    let apart = properties.signed_at.duration_since(made_at).abs();
    ensure(apart <= TOLERANCE, XadesFault::SigningTime)?;
    references.check_files(package)?;
    Ok(Seal {
        organisation: signer.organisation,
        media_types: properties.media_types,
    })
}

/// No comments, processing instructions or CDATA, and no `Id` twice, anywhere.
fn check_nodes(document: &Document<'_>) -> Result<(), XadesFault> {
    let mut ids = Vec::new();
    for id in document.descendants(document.root()) {
        match document.node_kind(id) {
            Some(NodeKind::Element(element)) => {
                let named = element
                    .attributes
                    .iter()
                    .filter(|attribute| attribute.name.local_name.eq_ignore_ascii_case("id"));
                ids.extend(named.map(|attribute| attribute.value.to_string()));
            }
            Some(NodeKind::Document | NodeKind::Text(_) | NodeKind::Attribute(..)) => {}
            _ => return Err(XadesFault::Extraneous),
        }
    }
    ids.sort_unstable();
    let repeated = ids.windows(2).any(|pair| pair.first() == pair.last());
    ensure(!repeated, XadesFault::RepeatedId)
}

/// The elements of one signature, each in its place.
struct Parts<'d> {
    signed_info: At<'d>,
    signature_value: At<'d>,
    key_info: At<'d>,
    signed_properties: At<'d>,
}

impl<'d> Parts<'d> {
    fn of(root: At<'d>) -> Result<Self, XadesFault> {
        let of_asic = ASIC
            .iter()
            .any(|namespace| root.is(namespace, "XAdESSignatures"));
        ensure(of_asic, XadesFault::Elements("XAdESSignatures"))?;
        root.attributes("XAdESSignatures", [], [])?;
        let [signature] = root.exactly("XAdESSignatures", [(DS, "Signature")])?;
        let [id] = signature.attributes("Signature", ["Id"], [])?.0;
        let [signed_info, signature_value, key_info, object] = signature.exactly(
            "Signature",
            [
                (DS, "SignedInfo"),
                (DS, "SignatureValue"),
                (DS, "KeyInfo"),
                (DS, "Object"),
            ],
        )?;
        for (part, name) in [
            (signed_info, "SignedInfo"),
            (signature_value, "SignatureValue"),
            (key_info, "KeyInfo"),
            (object, "Object"),
        ] {
            part.attributes(name, [], ["Id"])?;
        }
        let [qualifying] = object.exactly("Object", [(XADES, "QualifyingProperties")])?;
        let [target] = qualifying
            .attributes("QualifyingProperties", ["Target"], ["Id"])?
            .0;
        let points_here = target.strip_prefix('#') == Some(id);
        ensure(points_here, XadesFault::Attributes("QualifyingProperties"))?;
        let [signed_properties] =
            qualifying.exactly("QualifyingProperties", [(XADES, "SignedProperties")])?;
        Ok(Self {
            signed_info,
            signature_value,
            key_info,
            signed_properties,
        })
    }
}

/// `SignedInfo`.
struct References<'d> {
    canonicalization: C14nMode,
    /// Id, name and digest of each file.
    files: Vec<(&'d str, &'d str, [u8; 32])>,
    properties_transform: C14nMode,
    properties_digest: [u8; 32],
}

impl<'d> References<'d> {
    fn of(parts: &Parts<'d>, package: &Package) -> Result<Self, XadesFault> {
        let children = parts.signed_info.children("SignedInfo")?;
        let [canonicalization, method, references @ ..] = children.as_slice() else {
            return Err(XadesFault::Elements("SignedInfo"));
        };
        canonicalization.must_be(DS, "CanonicalizationMethod", "SignedInfo")?;
        let canonicalization = canonicalization.c14n("CanonicalizationMethod")?;
        method.must_be(DS, "SignatureMethod", "SignedInfo")?;
        let algorithm = method.algorithm("SignatureMethod")?;
        ensure(
            algorithm == RSA_SHA256,
            XadesFault::Algorithm("SignatureMethod"),
        )?;

        let [properties_id] = parts
            .signed_properties
            .attributes("SignedProperties", ["Id"], [])?
            .0;
        let mut files: Vec<(&str, &str, [u8; 32])> = Vec::new();
        let mut properties = None;
        for reference in references {
            reference.must_be(DS, "Reference", "SignedInfo")?;
            let ([uri], [kind, id]) = reference.attributes("Reference", ["URI"], ["Type", "Id"])?;
            if kind.is_none() {
                let id = id.ok_or(XadesFault::Attributes("Reference"))?;
                let [method, value] =
                    reference.exactly("Reference", [(DS, "DigestMethod"), (DS, "DigestValue")])?;
                let known = package.signed_files().any(|(name, _)| name == uri);
                let first = files.iter().all(|(_, name, _)| *name != uri);
                ensure(known && first, XadesFault::Reference)?;
                files.push((id, uri, digest(method, value)?));
                continue;
            }
            let to_properties = kind == Some(PROPERTIES_TYPE)
                && uri.strip_prefix('#') == Some(properties_id)
                && properties.is_none();
            ensure(to_properties, XadesFault::Reference)?;
            let [transforms, method, value] = reference.exactly(
                "Reference",
                [
                    (DS, "Transforms"),
                    (DS, "DigestMethod"),
                    (DS, "DigestValue"),
                ],
            )?;
            transforms.attributes("Transforms", [], [])?;
            let [transform] = transforms.exactly("Transforms", [(DS, "Transform")])?;
            properties = Some((transform.c14n("Transform")?, digest(method, value)?));
        }
        let (properties_transform, properties_digest) = properties.ok_or(XadesFault::Reference)?;
        Ok(Self {
            canonicalization,
            files,
            properties_transform,
            properties_digest,
        })
    }

    fn check_files(&self, package: &Package) -> Result<(), XadesFault> {
        for (name, bytes) in package.signed_files() {
            let digest = self.files.iter().find(|(_, signed, _)| *signed == name);
            let (_, _, digest) = digest.ok_or(XadesFault::NotCovered)?;
            ensure(sha256(bytes) == *digest, XadesFault::FileDigest)?;
        }
        Ok(())
    }
}

/// `SignedProperties`.
struct Properties {
    signed_at: Timestamp,
    certificate_hash: MessageDigest,
    certificate_digest: Vec<u8>,
    serial: String,
    media_types: Vec<(String, String)>,
}

impl Properties {
    fn of(parts: &Parts<'_>, references: &References<'_>) -> Result<Self, XadesFault> {
        let [of_signature, of_data] = parts.signed_properties.exactly(
            "SignedProperties",
            [
                (XADES, "SignedSignatureProperties"),
                (XADES, "SignedDataObjectProperties"),
            ],
        )?;
        of_signature.attributes("SignedSignatureProperties", [], ["Id"])?;
        of_data.attributes("SignedDataObjectProperties", [], ["Id"])?;
        let [time, certificate] = of_signature.exactly(
            "SignedSignatureProperties",
            [(XADES, "SigningTime"), (XADES, "SigningCertificate")],
        )?;
        let signed_at =
            instant(&time.text("SigningTime")?).ok_or(XadesFault::Text("SigningTime"))?;
        certificate.attributes("SigningCertificate", [], [])?;
        let [one] = certificate.exactly("SigningCertificate", [(XADES, "Cert")])?;
        one.attributes("Cert", [], [])?;
        let [digest, issuer] =
            one.exactly("Cert", [(XADES, "CertDigest"), (XADES, "IssuerSerial")])?;
        digest.attributes("CertDigest", [], [])?;
        issuer.attributes("IssuerSerial", [], [])?;
        let [method, value] =
            digest.exactly("CertDigest", [(DS, "DigestMethod"), (DS, "DigestValue")])?;
        let [name, serial] = issuer.exactly(
            "IssuerSerial",
            [(DS, "X509IssuerName"), (DS, "X509SerialNumber")],
        )?;
        // The name has several written forms, so digest and serial number decide.
        ensure(
            !name.text("X509IssuerName")?.is_empty(),
            XadesFault::Text("X509IssuerName"),
        )?;
        value.attributes("DigestValue", [], [])?;
        Ok(Self {
            signed_at,
            certificate_hash: certificate_hash(method.algorithm("DigestMethod")?)?,
            certificate_digest: base64(&value.text("DigestValue")?)
                .ok_or(XadesFault::Text("DigestValue"))?,
            serial: serial.text("X509SerialNumber")?,
            media_types: media_types(of_data, references)?,
        })
    }

    fn check_certificate(&self, leaf: &X509Ref) -> Result<(), XadesFault> {
        let digest = leaf.digest(self.certificate_hash);
        let serial = leaf
            .serial_number()
            .to_bn()
            .and_then(|number| number.to_dec_str());
        let same = digest.is_ok_and(|digest| *digest == self.certificate_digest[..])
            && serial.is_ok_and(|serial| **serial == *self.serial);
        ensure(same, XadesFault::SigningCertificate)
    }
}

fn certificate_hash(algorithm: &str) -> Result<MessageDigest, XadesFault> {
    Ok(match algorithm {
        "http://www.w3.org/2000/09/xmldsig#sha1" => MessageDigest::sha1(),
        SHA256 => MessageDigest::sha256(),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => MessageDigest::sha384(),
        "http://www.w3.org/2001/04/xmlenc#sha512" => MessageDigest::sha512(),
        _ => return Err(XadesFault::Algorithm("CertDigest")),
    })
}

/// One `DataObjectFormat` for each file, holding a media type and nothing else.
fn media_types(
    at: At<'_>,
    references: &References<'_>,
) -> Result<Vec<(String, String)>, XadesFault> {
    let mut types: Vec<(String, String)> = Vec::new();
    for format in at.children("SignedDataObjectProperties")? {
        format.must_be(XADES, "DataObjectFormat", "SignedDataObjectProperties")?;
        let [reference] = format
            .attributes("DataObjectFormat", ["ObjectReference"], [])?
            .0;
        let [media_type] = format.exactly("DataObjectFormat", [(XADES, "MimeType")])?;
        let id = reference.strip_prefix('#').ok_or(XadesFault::MediaType)?;
        let file = references
            .files
            .iter()
            .find(|(file_id, _, _)| *file_id == id);
        let (_, name, _) = file.ok_or(XadesFault::MediaType)?;
        ensure(
            types.iter().all(|(known, _)| known != name),
            XadesFault::MediaType,
        )?;
        types.push(((*name).to_owned(), media_type.text("MimeType")?));
    }
    ensure(types.len() == references.files.len(), XadesFault::MediaType)?;
    Ok(types)
}

fn certificates(parts: &Parts<'_>) -> Result<Vec<X509>, XadesFault> {
    let [data] = parts.key_info.exactly("KeyInfo", [(DS, "X509Data")])?;
    data.attributes("X509Data", [], [])?;
    let mut certificates = Vec::new();
    for one in data.children("X509Data")? {
        one.must_be(DS, "X509Certificate", "X509Data")?;
        let der = base64(&one.text("X509Certificate")?);
        let certificate = der.and_then(|der| exact_certificate(&der));
        certificates.push(certificate.ok_or(XadesFault::Text("X509Certificate"))?);
    }
    Ok(certificates)
}

/// Leaf first, each certificate issued by the next, the last one a trusted root.
fn check_path(leaf: &X509, issuers: &[X509], trust: &Trust) -> Result<(), XadesFault> {
    let mut issued = leaf;
    for issuer in issuers {
        let key = issuer.public_key().map_err(|_| XadesFault::Path)?;
        ensure(issued.verify(&key).unwrap_or(false), XadesFault::Path)?;
        issued = issuer;
    }
    ensure(trust.is_root(issued), XadesFault::Path)
}

fn digest(method: At<'_>, value: At<'_>) -> Result<[u8; 32], XadesFault> {
    let algorithm = method.algorithm("DigestMethod")?;
    ensure(algorithm == SHA256, XadesFault::Algorithm("DigestMethod"))?;
    value.attributes("DigestValue", [], [])?;
    base64(&value.text("DigestValue")?)
        .and_then(|digest| digest.try_into().ok())
        .ok_or(XadesFault::Text("DigestValue"))
}

fn canonical(at: At<'_>, mode: C14nMode) -> Result<Vec<u8>, XadesFault> {
    let subtree = NodeSet::tree_without_comments(at.id, at.document);
    bergshamra_c14n::canonicalize_doc::<&str>(at.document, mode, Some(&subtree), &[])
        .map_err(|_| XadesFault::NotXml)
}

/// Standard base64; white space between its characters is allowed, as XML Schema has it.
fn base64(text: &str) -> Option<Vec<u8>> {
    let packed: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'))
        .collect();
    STANDARD.decode(packed).ok()
}

/// An element and its document.
#[derive(Clone, Copy)]
struct At<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

impl<'d> At<'d> {
    fn element(&self) -> Option<&'d Element<'d>> {
        self.document.element(self.id)
    }

    fn is(&self, namespace: &str, name: &str) -> bool {
        self.element()
            .is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    fn must_be(&self, namespace: &str, name: &str, parent: &'static str) -> Result<(), XadesFault> {
        ensure(self.is(namespace, name), XadesFault::Elements(parent))
    }

    /// The child elements of an element that has no text of its own.
    fn children(&self, name: &'static str) -> Result<Vec<At<'d>>, XadesFault> {
        let mut elements = Vec::new();
        for id in self.document.children_iter(self.id) {
            match self.document.node_kind(id) {
                Some(NodeKind::Element(_)) => elements.push(At {
                    document: self.document,
                    id,
                }),
                Some(NodeKind::Text(text)) if text.trim().is_empty() => {}
                _ => return Err(XadesFault::Elements(name)),
            }
        }
        Ok(elements)
    }

    /// The child elements, when they are just these in this order.
    fn exactly<const N: usize>(
        &self,
        name: &'static str,
        wanted: [(&str, &str); N],
    ) -> Result<[At<'d>; N], XadesFault> {
        let children: [At<'d>; N] = self
            .children(name)?
            .try_into()
            .map_err(|_| XadesFault::Elements(name))?;
        let all = children
            .iter()
            .zip(wanted)
            .all(|(child, (space, local))| child.is(space, local));
        ensure(all, XadesFault::Elements(name))?;
        Ok(children)
    }

    /// The values of the required and the optional attributes; no other may be there.
    fn attributes<const N: usize, const M: usize>(
        &self,
        name: &'static str,
        required: [&str; N],
        optional: [&str; M],
    ) -> Result<([&'d str; N], [Option<&'d str>; M]), XadesFault> {
        let fault = XadesFault::Attributes(name);
        let element = self.element().ok_or(fault)?;
        let value = |wanted: &str| {
            let same = element
                .attributes
                .iter()
                .find(|attribute| attribute.name.matches(None, wanted));
            same.map(|attribute| &*attribute.value)
        };
        let missing = required.iter().any(|wanted| value(wanted).is_none());
        let optional = optional.map(value);
        let given = N + optional.iter().flatten().count();
        ensure(!missing && element.attributes.len() == given, fault)?;
        Ok((
            required.map(|wanted| value(wanted).unwrap_or_default()),
            optional,
        ))
    }

    fn algorithm(&self, name: &'static str) -> Result<&'d str, XadesFault> {
        let [algorithm] = self.attributes(name, ["Algorithm"], [])?.0;
        ensure(self.children(name)?.is_empty(), XadesFault::Elements(name))?;
        Ok(algorithm)
    }

    /// Canonical XML 1.0, 1.1 or exclusive, without comments.
    fn c14n(&self, name: &'static str) -> Result<C14nMode, XadesFault> {
        match C14nMode::from_uri(self.algorithm(name)?) {
            Some(mode) if !mode.with_comments() => Ok(mode),
            _ => Err(XadesFault::Algorithm(name)),
        }
    }

    /// The text of an element that has no child elements and no attributes but `Id`.
    fn text(&self, name: &'static str) -> Result<String, XadesFault> {
        self.attributes(name, [], ["Id"])?;
        let mut text = String::new();
        for id in self.document.children_iter(self.id) {
            match self.document.node_kind(id) {
                Some(NodeKind::Text(part)) => text.push_str(part),
                _ => return Err(XadesFault::Elements(name)),
            }
        }
        Ok(text)
    }
}

fn ensure(holds: bool, fault: XadesFault) -> Result<(), XadesFault> {
    if holds { Ok(()) } else { Err(fault) }
}
