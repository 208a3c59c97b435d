//! The CMS message around the container (RFC 5652, section 6), in BER or DER.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use utpost_pki::{Oaep, RecipientKey};
use zeroize::Zeroizing;

use super::ber::{self, Element, Elements, NotBer};
use super::{OpenFault, Plain};
use crate::names::{oid, tag};

/// An encrypted package, its structure read.
pub(super) struct Envelope<'a> {
    pub(super) issuer: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) oaep: Oaep,
    pub(super) wrapped_key: &'a [u8],
    pub(super) iv: [u8; 16],
    pub(super) content: Vec<u8>,
}

impl<'a> Envelope<'a> {
    /// Reads the profile: enveloped data of version 0, one recipient named by issuer and serial
    /// number, RSAES-OAEP, AES-256 in CBC mode, nothing more.
    pub(super) fn parse(cms: &'a [u8]) -> Result<Self, OpenFault> {
        let mut outer = Elements::of(cms);
        let mut info = outer.enter(tag::SEQUENCE)?;
        outer.end()?;
        is(info.expect(0x06)?, oid::ENVELOPED_DATA)?;
        let mut explicit = info.enter(tag::CONTEXT_0_CONSTRUCTED)?;
        info.end()?;
        let mut enveloped = explicit.enter(tag::SEQUENCE)?;
        explicit.end()?;
        version_0(&mut enveloped)?;

        let mut recipients = enveloped.enter(tag::SET)?;
        let mut recipient = recipients.enter(tag::SEQUENCE)?;
        recipients.end()?;
        version_0(&mut recipient)?;
        let mut name = recipient.enter(tag::SEQUENCE)?;
        let (issuer, serial) = (name.expect(tag::SEQUENCE)?, name.expect(tag::INTEGER)?);
        name.end()?;
        let mut wrapping = recipient.enter(tag::SEQUENCE)?;
        is_known(wrapping.expect(0x06)?, oid::OAEP)?;
        let parameters = wrapping.next()?;
        wrapping.end()?;
        let oaep = oaep_form(parameters).map_err(|NotBer| OpenFault::UnknownEncryption)?;
        let wrapped_key = recipient.expect(tag::OCTET_STRING)?.content;
        recipient.end()?;

        let mut contents = enveloped.enter(tag::SEQUENCE)?;
        enveloped.end()?;
        is(contents.expect(0x06)?, oid::DATA)?;
        let mut cipher = contents.enter(tag::SEQUENCE)?;
        is_known(cipher.expect(0x06)?, oid::AES_256_CBC)?;
        let iv = cipher.expect(tag::OCTET_STRING)?.content;
        cipher.end()?;
        let content = contents.next()?.ok_or(NotBer)?;
        contents.end()?;
        Ok(Self {
            issuer: issuer.whole,
            serial: serial.whole,
            oaep,
            wrapped_key,
            iv: iv.try_into().map_err(|_| OpenFault::NotAnEnvelope)?,
            content: ber::string(content, tag::CONTEXT_0)?,
        })
    }

    /// Opens the message.
    pub(super) fn decrypt(self, key: &RecipientKey) -> Result<Plain, OpenFault> {
        let own = key.certificate();
        if self.issuer != own.issuer_der() || self.serial != own.serial_der() {
            return Err(OpenFault::Decryption);
        }
        let content_key = self.content_key(key)?;
        let mut content = Zeroizing::new(self.content);
        let length = UnboundCipherKey::new(&AES_256, &content_key)
            .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
            .and_then(|cipher| {
                let context = DecryptionContext::Iv128(FixedLength::from(self.iv));
                cipher
                    .decrypt(&mut content, context)
                    .map(|plain| plain.len())
            })
            .map_err(|_| OpenFault::Decryption)?;
        content.truncate(length);
        Ok(content)
    }

    pub(super) fn content_key(&self, key: &RecipientKey) -> Result<Plain, OpenFault> {
        key.unwrap_key(self.oaep, self.wrapped_key)
            .map_err(|_| OpenFault::Decryption)
    }
}

/// The form that the parameters of id-RSAES-OAEP ask for (RFC 8017, appendix A.2.1). Absent fields
/// mean SHA-1; hash and mask must agree; the algorithms' own parameters may be NULL or absent.
fn oaep_form(parameters: Option<Element<'_>>) -> Result<Oaep, NotBer> {
    let mut fields = Elements::of(
        parameters
            .map(|element| element.content)
            .unwrap_or_default(),
    );
    let (mut hash, mut mask) = (Oaep::Sha1, Oaep::Sha1);
    if let Some(element) = parameters
        && element.tag != tag::SEQUENCE
    {
        return Err(NotBer);
    }
    while let Some(field) = fields.next()? {
        let mut inside = Elements::of(field.content);
        let mut algorithm = inside.enter(tag::SEQUENCE)?;
        inside.end()?;
        match field.tag {
            tag::CONTEXT_0_CONSTRUCTED => hash = hash_form(algorithm)?,
            tag::CONTEXT_1_CONSTRUCTED => {
                if algorithm.expect(0x06)?.whole != oid::MGF1 {
                    return Err(NotBer);
                }
                mask = hash_form(algorithm.enter(tag::SEQUENCE)?)?;
                algorithm.end()?;
            }
            // A label of one's own.
            _ => return Err(NotBer),
        }
    }
    if hash == mask { Ok(hash) } else { Err(NotBer) }
}

fn hash_form(mut algorithm: Elements<'_>) -> Result<Oaep, NotBer> {
    let name = algorithm.expect(0x06)?;
    if let Some(parameters) = algorithm.next()?
        && parameters.whole != [tag::NULL, 0]
    {
        return Err(NotBer);
    }
    algorithm.end()?;
    match name.whole {
        oid::SHA256 => Ok(Oaep::Sha256),
        oid::SHA1 => Ok(Oaep::Sha1),
        _ => Err(NotBer),
    }
}

fn version_0(fields: &mut Elements<'_>) -> Result<(), OpenFault> {
    match fields.expect(tag::INTEGER)?.content {
        [0] => Ok(()),
        _ => Err(OpenFault::UnknownEncryption),
    }
}

fn is(element: Element<'_>, wanted: &[u8]) -> Result<(), OpenFault> {
    if element.whole == wanted {
        Ok(())
    } else {
        Err(OpenFault::NotAnEnvelope)
    }
}

fn is_known(element: Element<'_>, wanted: &[u8]) -> Result<(), OpenFault> {
    if element.whole == wanted {
        Ok(())
    } else {
        Err(OpenFault::UnknownEncryption)
    }
}

impl From<NotBer> for OpenFault {
    fn from(NotBer: NotBer) -> Self {
        Self::NotAnEnvelope
    }
}
