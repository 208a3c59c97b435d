use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an identifier of the wanted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// Not a UUID in its 36-character form.
    #[error("not a UUID")]
    NotUuid,
    /// Not 64 hexadecimal digits.
    #[error("not a SHA-256 digest in hexadecimal")]
    NotDigest,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random one.
            pub fn generate() -> Self {
                Self(Uuid::new_v4())
            }

            /// Reads the 36-character form, upper or lower case.
            pub fn parse(text: &str) -> Result<Self, IdFault> {
                if text.len() != 36 {
                    return Err(IdFault::NotUuid);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdFault::NotUuid)
            }

            /// The sixteen bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id! {
    /// Names one business message (SBDH instance identifier); the key of statuses and retries.
    MessageId
}
uuid_id! {
    /// Names the exchange a message opens; receipts carry it back.
    ConversationId
}
uuid_id! {
    /// Names one receipt (its own SBDH instance identifier).
    ReceiptId
}
uuid_id! {
    /// Names a letter on this machine; never sent.
    LetterId
}

/// A SHA-256 digest. Printed and serialised as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let mut value = [0; 32];
        value.copy_from_slice(digest.as_ref());
        Self(value)
    }

    /// A digest computed elsewhere, e.g. while streaming.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Result<Self, IdFault> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(IdFault::NotDigest);
        }
        let mut value = [0; 32];
        for (byte, pair) in value.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).ok_or(IdFault::NotDigest);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Self(value))
    }

    /// The thirty-two bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Standard base64 with padding (44 characters), as the fingerprint of a document package.
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.hex()
    }
}

impl TryFrom<String> for Digest {
    type Error = IdFault;

    fn try_from(text: String) -> Result<Self, IdFault> {
        Self::from_hex(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_in_either_case_and_written_in_lower() {
        let id = MessageId::parse("2F0C4F6E-3D0B-4F4E-9A44-0D9F6A0C1B01").unwrap();
        assert_eq!(id.to_string(), "2f0c4f6e-3d0b-4f4e-9a44-0d9f6a0c1b01");
        assert_eq!(
            MessageId::parse("2f0c4f6e3d0b4f4e9a440d9f6a0c1b01"),
            Err(IdFault::NotUuid)
        );
        assert_ne!(MessageId::generate(), MessageId::generate());
    }

    #[test]
    fn a_digest_is_written_in_hex_and_in_base64() {
        let empty = Digest::of(b"");
        assert_eq!(
            empty.hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            empty.base64(),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
        assert_eq!(Digest::from_hex(&empty.hex().to_uppercase()), Ok(empty));
        assert_eq!(Digest::from_hex("+f"), Err(IdFault::NotDigest));
        assert_eq!(Digest::from_hex(&"+f".repeat(32)), Err(IdFault::NotDigest));
    }
}
