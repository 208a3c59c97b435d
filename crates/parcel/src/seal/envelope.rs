//! The CMS message around the container (RFC 5652, section 6), in DER with definite lengths.
//!
//! ```text
//! ContentInfo   { envelopedData, [0] EnvelopedData {
//!   version 0,
//!   SET { KeyTransRecipientInfo { version 0, issuerAndSerialNumber,
//!         { id-RSAES-OAEP, SHA-256 and MGF1 with SHA-256 }, OCTET STRING } },
//!   EncryptedContentInfo { data, { aes256-CBC, iv }, [0] IMPLICIT OCTET STRING } } }
//! ```

use std::io::{self, Write};

use aws_lc_rs::cipher::{AES_256, DecryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use utpost_pki::Certificate;
use zeroize::Zeroizing;

use super::ParcelFault;
use crate::names::{oid, tag};

/// `RSAES-OAEP-params` with SHA-256 in both places and its parameters written out as NULL, byte
/// for byte as the service's own examples have them.
const OAEP_SHA256_PARAMETERS: &[u8] = b"\x30\x2f\
    \xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\
    \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
    \x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
const VERSION_0: &[u8] = &[tag::INTEGER, 1, 0];
const BLOCK: usize = 16;

/// A new content key, wrapped for one recipient.
pub(super) struct Envelope {
    key: Zeroizing<[u8; 32]>,
    recipient_infos: Vec<u8>,
}

impl Envelope {
    /// Draws a key and wraps it.
    pub(super) fn to(recipient: &Certificate) -> Result<Self, ParcelFault> {
        let mut key = Zeroizing::new([0; 32]);
        rand::fill(&mut *key).map_err(|_| ParcelFault::Encryption)?;
        let public = PublicEncryptingKey::from_der(recipient.public_key_spki_der())
            .map_err(|_| ParcelFault::Recipient)?;
        let public = OaepPublicEncryptingKey::new(public).map_err(|_| ParcelFault::Recipient)?;
        let mut wrapped = vec![0; public.ciphertext_size()];
        let wrapped = public
            .encrypt(&OAEP_SHA256_MGF1SHA256, &*key, &mut wrapped, None)
            .map_err(|_| ParcelFault::Encryption)?;

        let rid = element(
            tag::SEQUENCE,
            &[recipient.issuer_der(), recipient.serial_der()],
        );
        let algorithm = element(tag::SEQUENCE, &[oid::OAEP, OAEP_SHA256_PARAMETERS]);
        let wrapped = element(tag::OCTET_STRING, &[wrapped]);
        let info = element(tag::SEQUENCE, &[VERSION_0, &rid, &algorithm, &wrapped]);
        Ok(Self {
            key,
            recipient_infos: element(tag::SET, &[&info]),
        })
    }

    /// How many bytes the header takes at most. DER puts every length in front, and the content's
    /// is not known before it is deflated; so this much is kept free, and what was too much is
    /// closed up at the end.
    pub(super) fn room(&self) -> u64 {
        header(&self.recipient_infos, &[0; BLOCK], u64::from(u32::MAX)).len() as u64
    }

    /// Encrypts whatever is written, under a new initialisation vector.
    pub(super) fn encrypt_into<W: Write>(self, out: W) -> Result<Encrypting<W>, ParcelFault> {
        let cipher = UnboundCipherKey::new(&AES_256, &*self.key)
            .and_then(StreamingEncryptingKey::cbc_pkcs7)
            .map_err(|_| ParcelFault::Encryption)?;
        let recipient_infos = self.recipient_infos;
        Ok(Encrypting {
            out,
            cipher,
            recipient_infos,
            room: Vec::new(),
            bytes: 0,
        })
    }
}

/// AES-256 in CBC mode with PKCS#7 padding, on the way to `out`.
pub(super) struct Encrypting<W> {
    out: W,
    cipher: StreamingEncryptingKey,
    recipient_infos: Vec<u8>,
    room: Vec<u8>,
    bytes: u64,
}

impl<W: Write> Encrypting<W> {
    /// Writes the last block. Gives back the writer and the header that belongs before everything
    /// written.
    pub(super) fn finish(mut self) -> io::Result<(W, Vec<u8>)> {
        let mut block = [0; BLOCK];
        let (context, last) = self.cipher.finish(&mut block).map_err(encryption_failed)?;
        let DecryptionContext::Iv128(iv) = context else {
            return Err(encryption_failed(Unspecified));
        };
        self.out.write_all(last.written())?;
        let bytes = self.bytes + last.written().len() as u64;
        Ok((self.out, header(&self.recipient_infos, iv.as_ref(), bytes)))
    }
}

impl<W: Write> Write for Encrypting<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        self.room.resize(plain.len() + BLOCK, 0);
        let encrypted = self
            .cipher
            .update(plain, &mut self.room)
            .map_err(encryption_failed)?;
        self.out.write_all(encrypted.written())?;
        self.bytes += encrypted.written().len() as u64;
        Ok(plain.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn encryption_failed(error: Unspecified) -> io::Error {
    io::Error::other(error)
}

/// Everything before `content` bytes of ciphertext, with which the message ends.
fn header(recipient_infos: &[u8], iv: &[u8; BLOCK], content: u64) -> Vec<u8> {
    let iv = element(tag::OCTET_STRING, &[iv]);
    let algorithm = element(tag::SEQUENCE, &[oid::AES_256_CBC, &iv]);
    // From the inside out, each level in front of the one within.
    [
        (tag::CONTEXT_0, &[] as &[&[u8]]),
        (tag::SEQUENCE, &[oid::DATA, &algorithm]),
        (tag::SEQUENCE, &[VERSION_0, recipient_infos]),
        (tag::CONTEXT_0_CONSTRUCTED, &[]),
        (tag::SEQUENCE, &[oid::ENVELOPED_DATA]),
    ]
    .into_iter()
    .fold(Vec::new(), |within, (tag, before)| {
        let body = [&before.concat(), within.as_slice()].concat();
        let mut level = tag_and_length(tag, body.len() as u64 + content);
        level.extend(body);
        level
    })
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut element = tag_and_length(tag, body.len() as u64);
    element.extend(body);
    element
}

/// The shortest form of the length, as DER wants it (ITU-T X.690, sections 8.1.3 and 10.1).
fn tag_and_length(tag: u8, length: u64) -> Vec<u8> {
    if length < 0x80 {
        return vec![tag, length as u8];
    }
    let bytes = length.to_be_bytes();
    let significant = &bytes[length.leading_zeros() as usize / 8..];
    let mut out = vec![tag, 0x80 | significant.len() as u8];
    out.extend(significant);
    out
}

#[cfg(test)]
mod tests {
    use der::asn1::AnyRef;
    use der::{Decode, Reader, SliceReader};

    use super::*;

    #[test]
    fn every_length_class_is_written_in_its_shortest_form() {
        for (length, written) in [
            (0, "0400"),
            (127, "047f"),
            (128, "048180"),
            (255, "0481ff"),
            (256, "04820100"),
            (65_535, "0482ffff"),
            (65_536, "0483010000"),
            (16_777_215, "0483ffffff"),
            (16_777_216, "048401000000"),
            (u64::from(u32::MAX), "0484ffffffff"),
        ] {
            let hex: String = tag_and_length(tag::OCTET_STRING, length)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(hex, written);
        }
    }

    /// A strict DER reader takes the message whatever the length of its contents, and finds them
    /// at its end.
    #[test]
    fn the_header_is_der_at_the_border_of_every_length_class() {
        let recipient_infos = element(tag::SET, &[&element(tag::SEQUENCE, &[VERSION_0])]);
        let borders = [(128, 1), (256, 1), (65_536, 1), (16_777_216, 9)];
        let around =
            |(border, step): (usize, usize)| (border.saturating_sub(120)..border + 4).step_by(step);
        for content in borders.into_iter().flat_map(around) {
            let mut message = header(&recipient_infos, &[9; BLOCK], content as u64);
            assert!(
                message.len() <= 120,
                "never longer than the room kept for it"
            );
            message.resize(message.len() + content, 7);
            let info = AnyRef::from_der(&message).unwrap().value();
            let explicit = last(info);
            let enveloped = last(last(last(AnyRef::from_der(explicit).unwrap().value())));
            assert_eq!(enveloped.len(), content);
        }

        fn last(fields: &[u8]) -> &[u8] {
            let mut reader = SliceReader::new(fields).unwrap();
            let mut last = &[][..];
            while !reader.is_finished() {
                last = reader.tlv_bytes().unwrap();
            }
            // An implicit [0] is not a type of its own to this reader: step over its header.
            let header = if last[1] < 0x80 {
                2
            } else {
                2 + usize::from(last[1] & 0x7f)
            };
            if matches!(last[0], tag::CONTEXT_0_CONSTRUCTED) {
                last
            } else {
                &last[header..]
            }
        }
    }

    #[test]
    fn the_oaep_parameters_are_those_of_the_profile() {
        let hex: String = OAEP_SHA256_PARAMETERS
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d060960864801\
             65030402010500"
        );
    }
}
