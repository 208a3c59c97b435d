//! Compact signed tokens (RFC 7515) as the token service makes and reads them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private};
use openssl::sign::{Signer, Verifier};
use serde_json::{Map, Value};

/// A token taken apart; nothing in it has been verified yet.
pub(crate) struct Compact<'a> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Three base64url parts, the first two JSON objects; `None` for anything else.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether `key` made the signature by the header's algorithm: RS256, RS384 or RS512.
    pub(crate) fn is_signed_by<T: HasPublic>(&self, key: &PKeyRef<T>) -> bool {
        let digest = match self.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => MessageDigest::sha256(),
            Some("RS384") => MessageDigest::sha384(),
            Some("RS512") => MessageDigest::sha512(),
            _ => return false,
        };
        Verifier::new(digest, key)
            .and_then(|mut verifier| {
                verifier.verify_oneshot(&self.signature, self.signed.as_bytes())
            })
            .unwrap_or(false)
    }

    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A NumericDate claim in whole seconds.
    pub(crate) fn seconds(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim)?.as_i64()
    }
}

/// Signs with RS256.
pub(crate) fn sign_rs256(
    header: &Value,
    claims: &Value,
    key: &PKey<Private>,
) -> Result<String, ErrorStack> {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature =
        Signer::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
