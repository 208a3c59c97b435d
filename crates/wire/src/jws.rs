//! JWS compact serialization (RFC 7515) with RSA signatures and the certificate in `x5c`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use utpost_domain::Sensitive;
use utpost_pki::{Certificate, Rs, SignFault, SignatureFault, Signer, verify_rs};

/// The key did not sign, or has no certificate to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningFault {
    /// The signer names no certificate.
    #[error("the signer has no certificate")]
    NoCertificate,
    /// The signer's certificate is not that of the organisation the message is from.
    #[error("the signer is not the technical sender")]
    NotTheSender,
    /// The key did not sign.
    #[error("the key did not sign")]
    Key(#[from] SignFault),
}

/// Which certificates of the signer stand in the header.
pub(crate) enum Shown<'a> {
    /// The signer's own only, as business messages have it.
    Leaf,
    /// All that are known, as the token service wants it.
    Chain,
    /// None: the key is known to the reader by this name.
    KeyId(&'a str),
}

/// Signs `payload` with RS256. The header holds one of `x5c` and `kid`, then `alg`, and no more.
pub(crate) fn sign(
    payload: &str,
    shown: &Shown<'_>,
    signer: &dyn Signer,
) -> Result<Sensitive<String>, SigningFault> {
    let chain = signer.chain();
    let leaf = chain.first().ok_or(SigningFault::NoCertificate)?;
    let encode = |one: &Certificate| STANDARD.encode(one.der());
    let header = match shown {
        Shown::Leaf => json!({ "x5c": [encode(leaf)], "alg": "RS256" }),
        Shown::Chain => {
            json!({ "x5c": chain.iter().map(encode).collect::<Vec<_>>(), "alg": "RS256" })
        }
        Shown::KeyId(name) => json!({ "kid": name, "alg": "RS256" }),
    };
    let mut compact = URL_SAFE_NO_PAD.encode(header.to_string());
    compact.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut compact);
    let signature = signer.sign_rs256(compact.as_bytes())?;
    compact.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut compact);
    Ok(Sensitive::new(compact))
}

/// A compact JWS taken apart; nothing in it is believed yet.
#[derive(Clone)]
pub(crate) struct Jws {
    compact: String,
    signed_bytes: usize,
    algorithm: Option<Rs>,
    certificates: Vec<String>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Not a compact JWS of three parts with a readable header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotCompact;

impl Jws {
    /// Takes apart what was received. White space around it is passed over.
    pub(crate) fn read(compact: &str) -> Result<Self, NotCompact> {
        let compact = compact.trim();
        let mut parts = compact.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotCompact);
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NotCompact);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| NotCompact)?;
        // RFC 7515, section 4.1.11: an extension that must be understood, and is not.
        if header.crit.is_some() {
            return Err(NotCompact);
        }
        Ok(Self {
            signed_bytes: compact.len() - signature.len() - 1,
            algorithm: Rs::from_name(&header.alg),
            certificates: header.x5c,
            payload: decode(payload)?,
            signature: decode(signature)?,
            compact: compact.to_owned(),
        })
    }

    /// The text as received.
    pub(crate) fn compact(&self) -> &str {
        &self.compact
    }

    /// `None` for everything but RS256, RS384 and RS512.
    pub(crate) fn algorithm(&self) -> Option<Rs> {
        self.algorithm
    }

    /// The certificates of the header, signer first; `None` when there is none or one does not
    /// read.
    pub(crate) fn certificates(&self) -> Option<Vec<Certificate>> {
        let read = |text: &String| {
            STANDARD
                .decode(text)
                .ok()
                .and_then(|der| Certificate::parse_der(&der).ok())
        };
        let all: Vec<Certificate> = self.certificates.iter().map(read).collect::<Option<_>>()?;
        if all.is_empty() { None } else { Some(all) }
    }

    /// The bytes that were signed for.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether `signer` signed exactly the text received.
    pub(crate) fn verify(&self, alg: Rs, signer: &Certificate) -> Result<(), SignatureFault> {
        let message = self
            .compact
            .as_bytes()
            .get(..self.signed_bytes)
            .ok_or(SignatureFault)?;
        verify_rs(alg, signer.public_key_spki_der(), message, &self.signature)
    }
}

/// What is used of a header. A key that the message brings along or points to (`jwk`, `jku`,
/// `x5u`) is passed over like any other member.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    x5c: Vec<String>,
    crit: Option<Value>,
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::vectors::conformance;

    fn verifies(compact: &str) -> bool {
        let jws = Jws::read(compact).unwrap();
        let leaf = jws.certificates().unwrap().remove(0);
        jws.verify(jws.algorithm().unwrap(), &leaf).is_ok()
    }

    #[test]
    fn the_official_messages_verify_and_one_changed_byte_does_not() {
        let Some(folder) = conformance("dpi/complete") else {
            return;
        };
        let expected: Value =
            serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        for set in ["digital", "digital-avsenderidentifikator"] {
            let file = folder.join(format!("{set}-forretningsmelding.jwt"));
            let compact = fs::read_to_string(file).unwrap();
            let jws = Jws::read(&compact).unwrap();
            assert_eq!(jws.algorithm(), Some(Rs::Sha256));
            let [leaf] = &jws.certificates().unwrap()[..] else {
                panic!("one certificate")
            };
            let recorded = &expected[set]["jws"];
            assert_eq!(json!(leaf.fingerprint().hex()), recorded["signer_sha256"]);
            assert_eq!(json!(jws.signature.len()), recorded["signature_bytes"]);
            assert!(verifies(&compact));

            let published = folder.join(format!("{set}-forretningsmelding.json"));
            let published: Value = serde_json::from_slice(&fs::read(published).unwrap()).unwrap();
            assert_eq!(
                serde_json::from_slice::<Value>(jws.payload()).unwrap(),
                published
            );

            let place = compact.find('.').unwrap() + 100;
            let mut changed = compact.into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert!(!verifies(str::from_utf8(&changed).unwrap()));
        }
    }

    #[test]
    fn the_official_receipts_verify_by_their_own_certificate_with_rs512() {
        let Some(folder) = conformance("dpi/receipts") else {
            return;
        };
        let mut read = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "jwt") {
                let compact = fs::read_to_string(path).unwrap();
                assert_eq!(Jws::read(&compact).unwrap().algorithm(), Some(Rs::Sha512));
                assert!(verifies(&compact));
                read += 1;
            }
        }
        assert_eq!(read, 6);
    }
}
