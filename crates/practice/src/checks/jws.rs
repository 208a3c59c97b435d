//! Compact signatures (RFC 7515) as senders make them around a message.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, PKeyRef};
use openssl::sign::Verifier;
use openssl::x509::X509;
use serde_json::{Map, Value};

use super::json;
use super::trust::{Signer, Trust, TrustFault};

/// A compact signature taken apart. Nothing of it is verified.
pub struct Compact<'a> {
    header: Map<String, Value>,
    payload: Vec<u8>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

/// Why a signed message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsFault {
    /// Not three base64url parts without padding, or a header that is no JSON object.
    #[error("not a compact signature")]
    Form,
    /// The header has other members than `x5c` and `alg`.
    #[error("the header has other members than x5c and alg")]
    HeaderMembers,
    /// `alg` is not RS256.
    #[error("the algorithm is not RS256")]
    Algorithm,
    /// `x5c` is not a list of exactly one certificate, in standard base64 without line breaks.
    #[error("x5c is not one certificate")]
    Certificate,
    /// The certificate is not trusted.
    #[error("signer: {0}")]
    Trust(#[from] TrustFault),
    /// The signature is not the certificate's.
    #[error("the signature does not verify")]
    Signature,
    /// The payload is no JSON, or an object in it has a member twice.
    #[error("the payload is not JSON")]
    Payload,
}

impl<'a> Compact<'a> {
    /// Takes a compact signature apart.
    ///
    /// # Errors
    /// [`JwsFault::Form`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, JwsFault> {
        let mut parts = bytes.split(|byte| *byte == b'.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwsFault::Form);
        };
        let signed = bytes
            .get(..header.len() + 1 + payload.len())
            .ok_or(JwsFault::Form)?;
        let decode = |part: &[u8]| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsFault::Form);
        let Some(Value::Object(header)) = json::parse(&decode(header)?) else {
            return Err(JwsFault::Form);
        };
        Ok(Self {
            header,
            payload: decode(payload)?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// The payload as JSON.
    ///
    /// # Errors
    /// [`JwsFault::Payload`].
    pub fn json(&self) -> Result<Value, JwsFault> {
        json::parse(&self.payload).ok_or(JwsFault::Payload)
    }

    /// Who signed: the header is exactly `x5c` with one certificate and `alg` RS256, the certificate
    /// is trusted for signing at the instant, and its key made the signature.
    ///
    /// # Errors
    /// The first [`JwsFault`].
    pub fn signer(&self, trust: &Trust, at: Timestamp) -> Result<Signer, JwsFault> {
        let certificate = self.certificate()?;
        let signer = trust.signer(certificate, at)?;
        let key = signer
            .certificate
            .public_key()
            .map_err(|_| JwsFault::Certificate)?;
        match self.is_rs256_by(&key) {
            true => Ok(signer),
            false => Err(JwsFault::Signature),
        }
    }

    fn certificate(&self) -> Result<X509, JwsFault> {
        let (Some(x5c), Some(alg), 2) = (
            self.header.get("x5c"),
            self.header.get("alg"),
            self.header.len(),
        ) else {
            return Err(JwsFault::HeaderMembers);
        };
        if alg.as_str() != Some("RS256") {
            return Err(JwsFault::Algorithm);
        }
        let [one] = x5c.as_array().map(Vec::as_slice).unwrap_or_default() else {
            return Err(JwsFault::Certificate);
        };
        let text = one.as_str().ok_or(JwsFault::Certificate)?;
        let der = STANDARD.decode(text).map_err(|_| JwsFault::Certificate)?;
        exact_certificate(&der).ok_or(JwsFault::Certificate)
    }

    pub(super) fn algorithm(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }

    pub(super) fn is_rs256_by<T: HasPublic>(&self, key: &PKeyRef<T>) -> bool {
        is_rs256(key, self.signed, &self.signature)
    }
}

/// Whether `signature` is RSASSA-PKCS1-v1_5 with SHA-256 over `bytes` by `key`.
pub(super) fn is_rs256<T: HasPublic>(key: &PKeyRef<T>, bytes: &[u8], signature: &[u8]) -> bool {
    signature.len() == key.size()
        && Verifier::new(MessageDigest::sha256(), key)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, bytes))
            .unwrap_or(false)
}

/// A certificate that is the whole of `der` and is encoded as DER has it.
pub(super) fn exact_certificate(der: &[u8]) -> Option<X509> {
    let certificate = X509::from_der(der).ok()?;
    (certificate.to_der().ok()? == der).then_some(certificate)
}
