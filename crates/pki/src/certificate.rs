//! One X.509 certificate (RFC 5280) and what this program reads in it.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Reader, SliceReader};
use jiff::Timestamp;
use utpost_domain::{Digest, OrgNumber};
use x509_cert::ext::pkix;

use crate::name;
use crate::rs::{Rs, verify_rs};

/// A certificate that parses; nothing is said of its trust. Cheap to clone. Printed with `Debug`
/// it shows its fingerprint only, since a subject may be a person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Certificate(Arc<Parts>);

#[derive(PartialEq, Eq, Hash)]
struct Parts {
    der: Vec<u8>,
    tbs: Vec<u8>,
    serial: Vec<u8>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    public_key: Vec<u8>,
    key_bits: Option<usize>,
    signature: Vec<u8>,
    signed_with: Option<Rs>,
    not_before: Timestamp,
    not_after: Timestamp,
    organisation: Option<OrgNumber>,
    usage: Option<KeyUsage>,
    subject_words: String,
    issuer_words: String,
    issuer_rfc2253: String,
}

/// Why bytes are not a certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// Neither DER, nor PEM, nor Base64.
    #[error("not a certificate in DER, PEM or Base64")]
    NotEncoded,
    /// The encoding is there, but X.509 is not in it.
    #[error("certificate structure cannot be read")]
    Structure(#[source] der::Error),
    /// A validity date lies outside the calendar.
    #[error("certificate validity cannot be read")]
    Validity(#[source] jiff::Error),
}

/// The key usage bits this program looks at (RFC 5280, section 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyUsage(u8);

impl KeyUsage {
    const NAMES: [&'static str; 4] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
    ];

    fn from_bits(bits: [bool; 4]) -> Self {
        Self(
            bits.iter()
                .enumerate()
                .map(|(at, set)| u8::from(*set) << at)
                .sum(),
        )
    }

    /// Whether digitalSignature is set.
    pub fn digital_signature(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the key may sign: digitalSignature or nonRepudiation.
    pub fn may_sign(self) -> bool {
        self.0 & 0b0011 != 0
    }

    /// Whether something may be encrypted to the key: keyEncipherment or dataEncipherment.
    pub fn may_encrypt(self) -> bool {
        self.0 & 0b1100 != 0
    }

    /// The set bits among the four, by the standard's names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(at, _)| self.0 >> at & 1 != 0)
            .map(|n| n.1)
    }
}

impl Certificate {
    /// Reads one certificate in DER.
    ///
    /// # Errors
    /// [`CertificateFault::Structure`] or [`CertificateFault::Validity`].
    pub fn parse_der(der: &[u8]) -> Result<Self, CertificateFault> {
        let parsed = x509_cert::Certificate::from_der(der).map_err(CertificateFault::Structure)?;
        let raw = RawFields::of(der).map_err(CertificateFault::Structure)?;
        let fields = parsed.tbs_certificate();
        let usage = fields
            .get_extension::<pkix::KeyUsage>()
            .map_err(CertificateFault::Structure)?
            .map(|(_critical, usage)| {
                KeyUsage::from_bits([
                    usage.digital_signature(),
                    usage.non_repudiation(),
                    usage.key_encipherment(),
                    usage.data_encipherment(),
                ])
            });
        let validity = fields.validity();
        let public_key = fields
            .subject_public_key_info()
            .subject_public_key
            .raw_bytes();
        Ok(Self(Arc::new(Parts {
            der: der.to_vec(),
            tbs: raw.tbs.to_vec(),
            serial: raw.serial.to_vec(),
            issuer: raw.issuer.to_vec(),
            subject: raw.subject.to_vec(),
            spki: raw.spki.to_vec(),
            key_bits: rsa_bits(&fields.subject_public_key_info().algorithm.oid, public_key),
            public_key: public_key.to_vec(),
            signature: parsed.signature().raw_bytes().to_vec(),
            signed_with: signed_with(&parsed.signature_algorithm().oid),
            not_before: moment(validity.not_before)?,
            not_after: moment(validity.not_after)?,
            organisation: name::organisation(fields.subject()),
            usage,
            subject_words: name::words(fields.subject()),
            issuer_words: name::common_name(fields.issuer()),
            issuer_rfc2253: name::rfc2253(fields.issuer()),
        })))
    }

    /// Reads one certificate in whatever dress a register or a file gives it: DER, PEM with any
    /// line ends and with text around it (the first certificate counts), or bare Base64 with or
    /// without breaks and padding.
    ///
    /// # Errors
    /// [`CertificateFault`] when it is none of these.
    pub fn parse_any(given: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, CertificateFault> {
        let given = given.as_ref();
        if given.first() == Some(&0x30)
            && let Ok(certificate) = Self::parse_der(given)
        {
            return Ok(certificate);
        }
        let text = std::str::from_utf8(given).map_err(|_| CertificateFault::NotEncoded)?;
        let body = pem_bodies(text).next().unwrap_or(text);
        Self::parse_der(&from_base64(body)?)
    }

    /// Reads every certificate of a PEM bundle, in file order; or the one certificate of any form
    /// that [`Certificate::parse_any`] takes.
    ///
    /// # Errors
    /// [`CertificateFault`] when one of them does not read.
    pub fn parse_bundle(given: &[u8]) -> Result<Vec<Self>, CertificateFault> {
        let bodies: Vec<&str> = std::str::from_utf8(given)
            .map(|text| pem_bodies(text).collect())
            .unwrap_or_default();
        if bodies.is_empty() {
            return Ok(vec![Self::parse_any(given)?]);
        }
        bodies
            .into_iter()
            .map(|body| Self::parse_der(&from_base64(body)?))
            .collect()
    }

    /// The certificate's exact bytes.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of [`Certificate::der`].
    pub fn fingerprint(&self) -> Digest {
        Digest::of(self.der())
    }

    /// The organisation number in the subject (SEID 1 and 2); `None` when there is none, or when
    /// its check digit is wrong.
    pub fn organisation(&self) -> Option<OrgNumber> {
        self.0.organisation
    }

    /// First and last moment of validity, both included.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        (self.0.not_before, self.0.not_after)
    }

    /// The key usage extension; `None` when the certificate has none.
    pub fn usage(&self) -> Option<KeyUsage> {
        self.0.usage
    }

    /// Size of the RSA modulus in bits; `None` for other kinds of keys.
    pub fn key_bits(&self) -> Option<usize> {
        self.0.key_bits
    }

    /// The subject's organisation name, or what comes nearest to it.
    pub fn subject_words(&self) -> &str {
        &self.0.subject_words
    }

    /// The issuer's common name, or what comes nearest to it.
    pub fn issuer_words(&self) -> &str {
        &self.0.issuer_words
    }

    /// The issuer's name as RFC 2253 writes it; types outside its table as `OID=#hex`.
    pub fn issuer_rfc2253(&self) -> &str {
        &self.0.issuer_rfc2253
    }

    /// The serial number in decimal.
    pub fn serial_decimal(&self) -> String {
        let value = AnyRef::from_der(&self.0.serial)
            .map(|any| any.value())
            .unwrap_or_default();
        decimal(value)
    }

    /// The issuer's name, DER, as it stands in the certificate.
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer
    }

    /// The serial number, DER `INTEGER` with tag and length, as it stands in the certificate.
    pub fn serial_der(&self) -> &[u8] {
        &self.0.serial
    }

    /// The `SubjectPublicKeyInfo`, DER, as it stands in the certificate.
    pub fn public_key_spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// Whether the certificate's own key made its signature.
    pub fn is_self_signed(&self) -> bool {
        self.is_issued_by(self)
    }

    /// Whether names fit and the issuer's RSA key made the signature. Says nothing of dates or of
    /// the issuer's right to issue: that is [`crate::TrustPolicy::verify`]'s work.
    pub(crate) fn is_issued_by(&self, issuer: &Self) -> bool {
        self.0.issuer == issuer.0.subject
            && self.0.signed_with.is_some_and(|alg| {
                verify_rs(alg, &issuer.0.spki, &self.0.tbs, &self.0.signature).is_ok()
            })
    }

    /// The key as `RSAPublicKey` of RFC 8017, without the algorithm around it.
    pub(crate) fn rsa_public_key(&self) -> &[u8] {
        &self.0.public_key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.fingerprint())
    }
}

/// Slices of the certificate's own bytes. They are copied onwards (issuer and serial into every
/// package), so they must not pass through a decoder that might write them differently.
struct RawFields<'a> {
    tbs: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
}

impl<'a> RawFields<'a> {
    fn of(der: &'a [u8]) -> der::Result<Self> {
        let mut outer = SliceReader::new(AnyRef::from_der(der)?.value())?;
        let tbs = outer.tlv_bytes()?;
        let mut fields = SliceReader::new(AnyRef::from_der(tbs)?.value())?;
        // The version is context-specific and left out in version 1.
        if fields.peek_byte() == Some(0xa0) {
            fields.tlv_bytes()?;
        }
        let serial = fields.tlv_bytes()?;
        let _algorithm = fields.tlv_bytes()?;
        let issuer = fields.tlv_bytes()?;
        let _validity = fields.tlv_bytes()?;
        let subject = fields.tlv_bytes()?;
        let spki = fields.tlv_bytes()?;
        Ok(Self {
            tbs,
            serial,
            issuer,
            subject,
            spki,
        })
    }
}

fn rsa_bits(algorithm: &ObjectIdentifier, public_key: &[u8]) -> Option<usize> {
    if *algorithm != const_oid::db::rfc5912::RSA_ENCRYPTION {
        return None;
    }
    let mut fields = SliceReader::new(AnyRef::from_der(public_key).ok()?.value()).ok()?;
    let modulus = UintRef::decode(&mut fields).ok()?;
    let bytes = modulus.as_bytes();
    let first = bytes.first()?;
    Some(bytes.len() * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

fn signed_with(algorithm: &ObjectIdentifier) -> Option<Rs> {
    use const_oid::db::rfc5912;
    [
        (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Rs::Sha256),
        (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, Rs::Sha384),
        (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, Rs::Sha512),
    ]
    .into_iter()
    .find_map(|(oid, alg)| (oid == *algorithm).then_some(alg))
}

fn moment(time: x509_cert::time::Time) -> Result<Timestamp, CertificateFault> {
    // Seconds since 1970 of a four-digit year fit by a wide margin.
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_err(CertificateFault::Validity)
}

fn pem_bodies(text: &str) -> impl Iterator<Item = &str> {
    text.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .filter_map(|rest| rest.split("-----END").next())
}

fn from_base64(text: &str) -> Result<Vec<u8>, CertificateFault> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let packed: String = text.split_whitespace().collect();
    LENIENT
        .decode(packed)
        .map_err(|_| CertificateFault::NotEncoded)
}

/// A big-endian number in decimal. Serial numbers reach 160 bits, more than any integer type.
fn decimal(big_endian: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in big_endian {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}
