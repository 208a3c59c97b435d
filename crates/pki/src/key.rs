//! Keys: one that signs, one that opens.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey,
    PrivateDecryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use p12_keystore::Pkcs12Archive;
use utpost_domain::Sensitive;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::trust::TrustPolicy;

/// A key that signs and does nothing else. It may live in this process, on a card or in another
/// program; no caller can tell.
pub trait Signer: Send + Sync {
    /// Own certificate first, then each one's issuer as far as known, the root last. Never empty.
    fn chain(&self) -> &[Certificate];

    /// RSASSA-PKCS1-v1_5 with SHA-256 over the whole message (RFC 8017, section 8.2). May block,
    /// for example while a person types a PIN.
    ///
    /// # Errors
    /// [`SignFault`] when the key is not there or will not sign.
    fn sign_rs256(&self, message: &[u8]) -> Result<Vec<u8>, SignFault>;
}

/// The key did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("key did not sign")]
pub struct SignFault;

/// Why a key file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySourceFault {
    /// Not a PKCS#12 file, or one made in a way that is not known.
    #[error("not a readable PKCS#12 file")]
    Unreadable,
    /// The password does not fit.
    #[error("wrong password")]
    WrongPassword,
    /// There is no private key in it.
    #[error("file holds no private key")]
    NoKey,
    /// There are keys, but none is RSA.
    #[error("file holds no RSA key")]
    KeyNotRsa,
    /// No certificate in it belongs to any of its keys.
    #[error("no certificate belongs to the key")]
    KeyWithoutCertificate,
    /// The certificates of its keys are made for other uses (encryption, or a seal only).
    #[error("no certificate of the file is made for digital signatures")]
    WrongUsage,
    /// RSA under 2048 bits.
    #[error("key is too small")]
    KeyTooSmall,
}

/// An RSA key in this process's memory, from a PKCS#12 file (RFC 7292).
pub struct SoftwareSigner {
    key: KeyPair,
    chain: Vec<Certificate>,
}

impl SoftwareSigner {
    /// Reads a PKCS#12 file, modern or legacy, and keeps the key whose certificate has
    /// digitalSignature among its uses; of several, the one that is valid longest. Enterprise
    /// certificates are delivered two or three together, and the others are for encryption or
    /// seals. The chain is completed with what else lies in the file. Dates and trust are not
    /// judged here: see [`TrustPolicy::verify`].
    ///
    /// # Errors
    /// [`KeySourceFault`], naming the first thing that is wrong.
    pub fn from_pkcs12(bytes: &[u8], password: &Sensitive<String>) -> Result<Self, KeySourceFault> {
        let file = KeyFile::read(bytes, password)?;
        let (key, leaf) = file
            .entries()?
            .into_iter()
            .filter(|(_, leaf)| leaf.usage().is_some_and(|usage| usage.digital_signature()))
            .max_by_key(|(_, leaf)| leaf.validity().1)
            .ok_or(KeySourceFault::WrongUsage)?;
        Ok(Self {
            key,
            chain: chain_above(vec![leaf], &file.certificates),
        })
    }

    /// Completes the chain with the policy's certificates: many key files lack the root.
    #[must_use]
    pub fn with_issuers_from(mut self, policy: &TrustPolicy) -> Self {
        self.chain = chain_above(self.chain, policy.certificates());
        self
    }
}

impl Signer for SoftwareSigner {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn sign_rs256(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| SignFault)?;
        Ok(signature)
    }
}

impl fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareSigner")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

/// The receiving side's key, which unwraps the content key of a package and nothing else.
pub struct RecipientKey {
    key: OaepPrivateDecryptingKey,
    certificate: Certificate,
}

/// The two forms of RSAES-OAEP (RFC 8017, section 7.1) met in packages. The hash also drives
/// MGF1; the label is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oaep {
    /// SHA-256 in both places: what this program sends.
    Sha256,
    /// SHA-1 in both places: the standard's default, read only.
    Sha1,
}

/// The wrapped key does not open. Why is not told, as any difference would help an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wrapped key does not open")]
pub struct UnwrapFault;

impl RecipientKey {
    /// Reads the key of a PKCS#12 file; of several, one whose certificate may be encrypted to.
    ///
    /// # Errors
    /// [`KeySourceFault`]; never [`KeySourceFault::WrongUsage`], since a key that opens what was
    /// sent to it has shown its use.
    pub fn from_pkcs12(bytes: &[u8], password: &Sensitive<String>) -> Result<Self, KeySourceFault> {
        let (key, certificate) = KeyFile::read(bytes, password)?
            .entries()?
            .into_iter()
            .max_by_key(|(_, one)| one.usage().is_some_and(|usage| usage.may_encrypt()))
            .ok_or(KeySourceFault::KeyWithoutCertificate)?;
        let pkcs8 = key.as_der().map_err(|_| KeySourceFault::KeyNotRsa)?;
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref())
            .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(Into::into))
            .map_err(|_| KeySourceFault::KeyNotRsa)?;
        Ok(Self { key, certificate })
    }

    /// The certificate others encrypt to.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Unwraps a content key.
    ///
    /// # Errors
    /// [`UnwrapFault`] for any reason at all.
    pub fn unwrap_key(
        &self,
        form: Oaep,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, UnwrapFault> {
        let algorithm = match form {
            Oaep::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Oaep::Sha1 => &OAEP_SHA1_MGF1SHA1,
        };
        let mut room = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let length = self
            .key
            .decrypt(algorithm, wrapped, &mut room, None)
            .map_err(|_| UnwrapFault)?
            .len();
        room.truncate(length);
        Ok(room)
    }
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecipientKey")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// An opened PKCS#12 file. The keys kept lie in the cryptographic library's memory, which it wipes
/// when they go; the file parser's own passing copies are beyond reach.
struct KeyFile {
    keys: Vec<KeyPair>,
    certificates: Vec<Certificate>,
}

impl KeyFile {
    fn read(bytes: &[u8], password: &Sensitive<String>) -> Result<Self, KeySourceFault> {
        let archive = Pkcs12Archive::from_pkcs12(bytes, password.expose("opening the key file"))
            .map_err(|error| match error {
                p12_keystore::error::Error::MacError(_) => KeySourceFault::WrongPassword,
                _ => KeySourceFault::Unreadable,
            })?;
        if archive.keys.is_empty() {
            return Err(KeySourceFault::NoKey);
        }
        // A foreign certificate that does not read is nobody's; the key's own would be missed when
        // they are paired.
        let certificates: Vec<Certificate> = archive
            .certs
            .iter()
            .filter_map(|bag| Certificate::parse_der(bag.cert.as_der()).ok())
            .collect();
        // The library takes RSA of 2048 to 8192 bits and does not say what else it was given.
        let keys: Vec<KeyPair> = archive
            .keys
            .iter()
            .filter_map(|bag| KeyPair::from_pkcs8(bag.key.as_der()).ok())
            .collect();
        if keys.is_empty() {
            let small = |one: &Certificate| one.key_bits().is_some_and(|bits| bits < 2048);
            return Err(if certificates.iter().any(small) {
                KeySourceFault::KeyTooSmall
            } else {
                KeySourceFault::KeyNotRsa
            });
        }
        Ok(Self { keys, certificates })
    }

    /// Each certificate that belongs to a key of the file, with that key. The keys themselves are
    /// compared, not the file's labels.
    fn entries(&self) -> Result<Vec<(KeyPair, Certificate)>, KeySourceFault> {
        let entries: Vec<_> = self
            .keys
            .iter()
            .flat_map(|key| {
                self.certificates
                    .iter()
                    .filter(|one| one.rsa_public_key() == key.public_key().as_ref())
                    .map(|one| (key.clone(), one.clone()))
            })
            .collect();
        if entries.is_empty() {
            Err(KeySourceFault::KeyWithoutCertificate)
        } else {
            Ok(entries)
        }
    }
}

/// Adds each last certificate's issuer from the pool until the root is reached or none is found.
fn chain_above(mut chain: Vec<Certificate>, pool: &[Certificate]) -> Vec<Certificate> {
    while let Some(last) = chain.last()
        && !last.is_self_signed()
        && let Some(issuer) = pool
            .iter()
            .find(|one| last.is_issued_by(one) && !chain.contains(one))
    {
        chain.push(issuer.clone());
    }
    chain
}
