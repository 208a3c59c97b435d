//! How the key of a ledger is wrapped for a backup: as an age file (age-encryption.org/v1) that the
//! standard tool opens as well, for a passphrase (scrypt) or a public key (X25519). What it opens
//! to is a key file: 64 hexadecimal digits and a line break.

use std::fmt;
use std::io::Read;

use age::secrecy::SecretString;
use age::{Encryptor, x25519};
use zeroize::Zeroizing;

/// Who can bring a backup back.
pub enum Recovery {
    /// Whoever knows this passphrase.
    Passphrase(SecretString),
    /// Whoever has the private key to this public one.
    PublicKey(x25519::Recipient),
}

/// What opens a backup.
pub enum RecoverySecret {
    /// The passphrase it was made with.
    Passphrase(SecretString),
    /// The private key.
    PrivateKey(x25519::Identity),
}

/// Why a passphrase or key is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryFault {
    /// The passphrase has fewer than [`Recovery::SHORTEST_PASSPHRASE`] characters.
    #[error("the passphrase is too short")]
    TooShort,
    /// Not a public key, `age1…`.
    #[error("not an age public key")]
    NotAPublicKey,
    /// No private key, `AGE-SECRET-KEY-1…`, in the text.
    #[error("no age private key")]
    NotAPrivateKey,
}

impl Recovery {
    /// In characters. A backup can be carried away and tried at leisure.
    pub const SHORTEST_PASSPHRASE: usize = 15;

    /// # Errors
    /// [`RecoveryFault::TooShort`].
    pub fn passphrase(text: Zeroizing<String>) -> Result<Self, RecoveryFault> {
        if text.chars().count() < Self::SHORTEST_PASSPHRASE {
            return Err(RecoveryFault::TooShort);
        }
        Ok(Self::Passphrase(SecretString::from(text.as_str())))
    }

    /// # Errors
    /// [`RecoveryFault::NotAPublicKey`].
    pub fn public_key(text: &str) -> Result<Self, RecoveryFault> {
        let key = text.trim().parse();
        Ok(Self::PublicKey(
            key.map_err(|_| RecoveryFault::NotAPublicKey)?,
        ))
    }

    /// The age file that holds the key.
    pub(crate) fn wrap(&self, key: &[u8; 32]) -> Result<Vec<u8>, age::EncryptError> {
        let text = key_text(key);
        match self {
            Self::Passphrase(passphrase) => {
                let encryptor = Encryptor::with_user_passphrase(passphrase.clone());
                write(encryptor, text.as_bytes())
            }
            Self::PublicKey(key) => {
                let recipients = std::iter::once(key as &dyn age::Recipient);
                write(Encryptor::with_recipients(recipients)?, text.as_bytes())
            }
        }
    }
}

impl RecoverySecret {
    /// The passphrase a backup was made with.
    #[must_use]
    pub fn passphrase(text: Zeroizing<String>) -> Self {
        Self::Passphrase(SecretString::from(text.as_str()))
    }

    /// The first private key in the text of a file as `age-keygen` writes it.
    ///
    /// # Errors
    /// [`RecoveryFault::NotAPrivateKey`].
    pub fn private_key(text: &str) -> Result<Self, RecoveryFault> {
        let keys = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut keys = keys.filter(|line| !line.starts_with('#'));
        let key = keys.next().and_then(|line| line.parse().ok());
        Ok(Self::PrivateKey(key.ok_or(RecoveryFault::NotAPrivateKey)?))
    }

    /// The key in an age file; `None` when this secret does not open it, or it holds no key.
    pub(crate) fn unwrap(&self, file: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        match self {
            Self::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(MOST_WORK);
                read(file, &identity)
            }
            Self::PrivateKey(identity) => read(file, identity),
        }
    }
}

/// As a power of two: 4 GiB of memory. What a forged file asks for beyond it is refused.
const MOST_WORK: u8 = 22;

fn write(encryptor: Encryptor, plain: &[u8]) -> Result<Vec<u8>, age::EncryptError> {
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file)?;
    std::io::Write::write_all(&mut writer, plain)?;
    writer.finish()?;
    Ok(file)
}

fn read(file: &[u8], identity: &dyn age::Identity) -> Option<Zeroizing<[u8; 32]>> {
    let decryptor = age::Decryptor::new(file).ok()?;
    let reader = decryptor.decrypt(std::iter::once(identity)).ok()?;
    // One more than a key file has, so that a longer one is seen.
    let mut text = Zeroizing::new(Vec::with_capacity(66));
    reader.take(66).read_to_end(&mut text).ok()?;
    key_of(text.trim_ascii())
}

fn key_text(key: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in key {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text.push('\n');
    text
}

fn key_of(digits: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | value as u8;
        }
    }
    Some(key)
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase([redacted])",
            Self::PublicKey(_) => "PublicKey",
        })
    }
}

impl fmt::Debug for RecoverySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase([redacted])",
            Self::PrivateKey(_) => "PrivateKey([redacted])",
        })
    }
}
