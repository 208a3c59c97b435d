//! RSA signatures as JOSE names them.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, UnparsedPublicKey,
};

/// RSASSA-PKCS1-v1_5 with one of the three hashes of RFC 7518, section 3.3. There is no other
/// member: `none`, HMAC and elliptic curves cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rs {
    /// RS256.
    Sha256,
    /// RS384.
    Sha384,
    /// RS512.
    Sha512,
}

impl Rs {
    /// The algorithm of a JOSE `alg` value; `None` for every name but the three.
    pub fn from_name(alg: &str) -> Option<Self> {
        match alg {
            "RS256" => Some(Self::Sha256),
            "RS384" => Some(Self::Sha384),
            "RS512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        }
    }
}

/// The signature is not of this message by this key, or the key is not RSA of 2048 to 8192 bits.
/// Which of them is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not verify")]
pub struct SignatureFault;

/// Verifies an RSASSA-PKCS1-v1_5 signature (RFC 8017, section 8.2) by the key in a DER
/// `SubjectPublicKeyInfo`.
///
/// # Errors
/// [`SignatureFault`] for any reason at all.
pub fn verify_rs(
    alg: Rs,
    spki_der: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    UnparsedPublicKey::new(alg.parameters(), spki_der)
        .verify(message, signature)
        .map_err(|_| SignatureFault)
}
