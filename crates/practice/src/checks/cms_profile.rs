//! The encryption profile of a document package: CMS EnvelopedData (RFC 5652) with exactly one
//! recipient, RSAES-OAEP (RFC 4055) and AES-256-CBC (RFC 3565).
//!
//! OpenSSL decrypts any profile, so it checks nothing of it. The structure is therefore read first,
//! row by row; lengths may be definite or indefinite (BER).

use cms::content_info::{CmsVersion, ContentInfo};
use cms::enveloped_data::{
    EnvelopedData, KeyTransRecipientInfo, RecipientIdentifier, RecipientInfo,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_AES_256_CBC, ID_DATA, ID_ENVELOPED_DATA};
use const_oid::db::rfc5912::{ID_MGF_1, ID_RSAES_OAEP, ID_SHA_1, ID_SHA_256, RSA_ENCRYPTION};
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode, Sequence};
use openssl::cms::CmsContentInfo;
use openssl::pkey::{PKeyRef, Private};
use openssl::x509::{X509, X509Ref};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierRef;

/// Which of the other wrappings that have been in use are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// OAEP with SHA-1 and MGF1 with SHA-1, the defaults of the standard. Taken unless set to false.
    pub accept_oaep_sha1: bool,
    /// PKCS#1 v1.5. Refused unless set to true.
    pub accept_pkcs1_v15: bool,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            accept_oaep_sha1: true,
            accept_pkcs1_v15: false,
        }
    }
}

/// A package whose encryption keeps the profile; not decrypted.
pub struct Envelope(CmsContentInfo);

/// Which row of the profile is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CmsFault {
    /// Not BER, or not a CMS of any kind.
    #[error("not CMS")]
    NotCms,
    /// Bytes stand after the CMS.
    #[error("bytes after the CMS")]
    TrailingBytes,
    /// Not EnvelopedData.
    #[error("content type is not envelopedData")]
    ContentType,
    /// originatorInfo is present.
    #[error("originatorInfo is present")]
    OriginatorInfo,
    /// unprotectedAttrs are present.
    #[error("unprotectedAttrs are present")]
    UnprotectedAttributes,
    /// Not exactly one recipient.
    #[error("not exactly one recipient")]
    RecipientCount,
    /// The recipient is not of key transport.
    #[error("recipient is not KeyTransRecipientInfo")]
    RecipientKind,
    /// The recipient is named by something else than issuer and serial number.
    #[error("rid is not issuerAndSerialNumber")]
    RecipientIdentifier,
    /// The recipient is another certificate.
    #[error("encrypted to another certificate")]
    OtherRecipient,
    /// KeyTransRecipientInfo is not version 0.
    #[error("KeyTransRecipientInfo is not version 0")]
    RecipientVersion,
    /// EnvelopedData is not version 0.
    #[error("EnvelopedData is not version 0")]
    Version,
    /// PKCS#1 v1.5, which is not taken.
    #[error("key is wrapped with PKCS#1 v1.5")]
    Pkcs1V15,
    /// Neither OAEP nor PKCS#1 v1.5.
    #[error("key is not wrapped with RSAES-OAEP")]
    KeyWrapping,
    /// The parameters of OAEP are missing or cannot be read.
    #[error("OAEP parameters cannot be read")]
    OaepParameters,
    /// The hash of OAEP is neither SHA-256 nor a SHA-1 that is taken.
    #[error("OAEP hash is not SHA-256")]
    OaepHash,
    /// The mask of OAEP is not MGF1 with OAEP's own hash.
    #[error("OAEP mask is not MGF1 with the same hash")]
    OaepMask,
    /// OAEP has a label.
    #[error("OAEP pSource is not the default")]
    OaepLabel,
    /// The wrapped key is not as long as the recipient's modulus.
    #[error("wrapped key has not the modulus' length")]
    KeyLength,
    /// The encrypted content is not of type data.
    #[error("encrypted content is not data")]
    InnerType,
    /// Not AES-256-CBC.
    #[error("content is not encrypted with AES-256-CBC")]
    Cipher,
    /// The parameter of the cipher is not an OCTET STRING of 16 bytes.
    #[error("IV is not 16 bytes")]
    Iv,
    /// The encrypted content is missing or not a number of whole blocks.
    #[error("encrypted content is not whole blocks")]
    Content,
    /// Decryption failed; one fault for every cause, since a decryptor that tells them apart can be
    /// used as an oracle.
    #[error("cannot decrypt")]
    Decryption,
}

/// Compares every row of the profile, for the certificate of the recipient. Rows that follow from
/// others come after them: a subject key identifier, for one, makes both versions 2.
///
/// # Errors
/// The first row that is broken.
pub fn check(
    bytes: &[u8],
    recipient: &X509Ref,
    tolerance: Tolerance,
) -> Result<Envelope, CmsFault> {
    match element_length(bytes) {
        Some(length) if length == bytes.len() => {}
        Some(_) => return Err(CmsFault::TrailingBytes),
        None => return Err(CmsFault::NotCms),
    }
    let cms = CmsContentInfo::from_der(bytes).map_err(|_| CmsFault::NotCms)?;
    let der = cms.to_der().map_err(|_| CmsFault::NotCms)?;
    let info = ContentInfo::from_der(&der).map_err(|_| CmsFault::NotCms)?;
    if info.content_type != ID_ENVELOPED_DATA {
        return Err(CmsFault::ContentType);
    }
    let enveloped: EnvelopedData = info.content.decode_as().map_err(|_| CmsFault::NotCms)?;
    if enveloped.originator_info.is_some() {
        return Err(CmsFault::OriginatorInfo);
    }
    if enveloped.unprotected_attrs.is_some() {
        return Err(CmsFault::UnprotectedAttributes);
    }
    let [one] = enveloped.recip_infos.0.as_slice() else {
        return Err(CmsFault::RecipientCount);
    };
    let RecipientInfo::Ktri(transport) = one else {
        return Err(CmsFault::RecipientKind);
    };
    check_recipient(transport, recipient, tolerance)?;
    if enveloped.version != CmsVersion::V0 {
        return Err(CmsFault::Version);
    }
    let content = &enveloped.encrypted_content;
    if content.content_type != ID_DATA {
        return Err(CmsFault::InnerType);
    }
    if content.content_enc_alg.oid != ID_AES_256_CBC {
        return Err(CmsFault::Cipher);
    }
    let iv = content.content_enc_alg.parameters.as_ref();
    match iv.and_then(|iv| iv.decode_as::<&OctetStringRef>().ok()) {
        Some(iv) if iv.as_bytes().len() == 16 => {}
        _ => return Err(CmsFault::Iv),
    }
    match &content.encrypted_content {
        Some(blocks) if !blocks.as_bytes().is_empty() && blocks.as_bytes().len() % 16 == 0 => {}
        _ => return Err(CmsFault::Content),
    }
    Ok(Envelope(cms))
}

impl Envelope {
    /// Decrypts to the archive.
    ///
    /// # Errors
    /// [`CmsFault::Decryption`], whatever the cause.
    pub fn decrypt(&self, key: &PKeyRef<Private>, own: &X509) -> Result<Vec<u8>, CmsFault> {
        self.0.decrypt(key, own).map_err(|_| CmsFault::Decryption)
    }
}

fn check_recipient(
    transport: &KeyTransRecipientInfo,
    recipient: &X509Ref,
    tolerance: Tolerance,
) -> Result<(), CmsFault> {
    let RecipientIdentifier::IssuerAndSerialNumber(named) = &transport.rid else {
        return Err(CmsFault::RecipientIdentifier);
    };
    let der = recipient.to_der().map_err(|_| CmsFault::OtherRecipient)?;
    let own = Certificate::from_der(&der).map_err(|_| CmsFault::OtherRecipient)?;
    let own = own.tbs_certificate();
    if own.issuer() != &named.issuer || own.serial_number() != &named.serial_number {
        return Err(CmsFault::OtherRecipient);
    }
    if transport.version != CmsVersion::V0 {
        return Err(CmsFault::RecipientVersion);
    }
    match transport.key_enc_alg.oid {
        ID_RSAES_OAEP => {
            let parameters = transport.key_enc_alg.parameters.as_ref();
            let parameters = parameters.and_then(|given| given.to_der().ok());
            check_oaep(&parameters.ok_or(CmsFault::OaepParameters)?, tolerance)?;
        }
        RSA_ENCRYPTION if tolerance.accept_pkcs1_v15 => {}
        RSA_ENCRYPTION => return Err(CmsFault::Pkcs1V15),
        _ => return Err(CmsFault::KeyWrapping),
    }
    let modulus = recipient
        .public_key()
        .map_err(|_| CmsFault::OtherRecipient)?
        .size();
    match transport.enc_key.as_bytes().len() == modulus {
        true => Ok(()),
        false => Err(CmsFault::KeyLength),
    }
}

/// RFC 4055 section 4.1:
///
/// ```text
/// RSAES-OAEP-params ::= SEQUENCE {
///   hashFunc    [0] AlgorithmIdentifier DEFAULT sha1Identifier,
///   maskGenFunc [1] AlgorithmIdentifier DEFAULT mgf1SHA1Identifier,
///   pSourceFunc [2] AlgorithmIdentifier DEFAULT pSpecifiedEmptyIdentifier }
/// ```
#[derive(Sequence)]
struct OaepParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    label: Option<AlgorithmIdentifierRef<'a>>,
}

fn check_oaep(der: &[u8], tolerance: Tolerance) -> Result<(), CmsFault> {
    let parameters = OaepParameters::from_der(der).map_err(|_| CmsFault::OaepParameters)?;
    if parameters.label.is_some() {
        return Err(CmsFault::OaepLabel);
    }
    let hash = match parameters.hash {
        None => ID_SHA_1,
        Some(hash) => plain_hash(hash).ok_or(CmsFault::OaepHash)?,
    };
    if hash != ID_SHA_256 && !(hash == ID_SHA_1 && tolerance.accept_oaep_sha1) {
        return Err(CmsFault::OaepHash);
    }
    let mask_hash = match parameters.mask {
        None => Some(ID_SHA_1),
        Some(mask) if mask.oid == ID_MGF_1 => mask
            .parameters
            .and_then(|given| given.decode_as::<AlgorithmIdentifierRef<'_>>().ok())
            .and_then(plain_hash),
        Some(_) => None,
    };
    if mask_hash == Some(hash) {
        Ok(())
    } else {
        Err(CmsFault::OaepMask)
    }
}

/// The hash, when its parameters are NULL or absent; senders write both.
fn plain_hash(algorithm: AlgorithmIdentifierRef<'_>) -> Option<ObjectIdentifier> {
    let plain = algorithm
        .parameters
        .is_none_or(|given| given == AnyRef::NULL);
    plain.then_some(algorithm.oid)
}

/// The length of the first BER element (X.690 section 8.1), its header included; `None` when it is
/// cut off or malformed. OpenSSL reads one element and does not say where it ended.
fn element_length(bytes: &[u8]) -> Option<usize> {
    let mut position = 0;
    let mut open = 0_usize;
    loop {
        let tag = *bytes.get(position)?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let first = *bytes.get(position + 1)?;
        position += 2;
        match first {
            0x80 if tag & 0x20 != 0 => open += 1,
            0x80 => return None,
            0..=0x7f if tag == 0 && first == 0 => open = open.checked_sub(1)?,
            0..=0x7f => position = position.checked_add(usize::from(first))?,
            _ => {
                let octets = bytes.get(position..position + usize::from(first & 0x7f))?;
                position += octets.len();
                let mut length = 0_usize;
                for octet in octets {
                    length = length.checked_mul(256)?.checked_add(usize::from(*octet))?;
                }
                position = position.checked_add(length)?;
            }
        }
        if open == 0 {
            return (position <= bytes.len()).then_some(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::element_length;

    #[test]
    fn the_end_of_an_element_is_found_in_both_length_forms() {
        assert_eq!(element_length(&[0x30, 2, 5, 0, 9]), Some(4));
        assert_eq!(
            element_length(&[0x30, 0x80, 4, 1, 7, 0x30, 0x80, 0, 0, 0, 0, 9]),
            Some(11)
        );
        assert_eq!(element_length(&[0x30, 0x81, 1, 7]), Some(4));
        for cut in [
            &[][..],
            &[0x30],
            &[0x30, 3, 5, 0],
            &[0x30, 0x80, 0],
            &[0x30, 0xff],
        ] {
            assert_eq!(element_length(cut), None, "{cut:02x?}");
        }
    }
}
