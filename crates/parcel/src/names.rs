//! Names that writer and reader share: namespaces, algorithms, entries.

/// The entry that names the container's type (ETSI TS 102 918, annex A).
pub(crate) const MIMETYPE_ENTRY: &str = "mimetype";
/// Its whole content, without a line feed.
pub(crate) const ASIC_E: &str = "application/vnd.etsi.asic-e+zip";
pub(crate) const MANIFEST_ENTRY: &str = "manifest.xml";
pub(crate) const MANIFEST_TYPE: &str = "application/xml";
pub(crate) const SIGNATURES_ENTRY: &str = "META-INF/signatures.xml";

pub(crate) const MANIFEST_NS: &str = "http://begrep.difi.no/sdp/schema_v10";
/// The authority under which organisation numbers stand in the manifest.
pub(crate) const ORGANISATION_AUTHORITY: &str = "iso6523-actorid-upis";
/// The schema of the standard is also found with `2918`, a misprint that senders have copied.
pub(crate) const ASIC_NS: &str = "http://uri.etsi.org/02918/v1.2.1#";
pub(crate) const ASIC_NS_MISPRINTED: &str = "http://uri.etsi.org/2918/v1.2.1#";
pub(crate) const DSIG_NS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(crate) const XADES_NS: &str = "http://uri.etsi.org/01903/v1.3.2#";
pub(crate) const SIGNED_PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";

/// Inclusive Canonical XML 1.0, without comments.
pub(crate) const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub(crate) const C14N_1_1: &str = "http://www.w3.org/2006/12/xml-c14n11";
pub(crate) const C14N_EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(crate) const RSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384";
pub(crate) const RSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
pub(crate) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(crate) const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
pub(crate) const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

/// Object identifiers of RFC 5652, RFC 8017 and NIST as complete DER elements.
pub(crate) mod oid {
    /// id-data, 1.2.840.113549.1.7.1.
    pub(crate) const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    /// id-envelopedData, 1.2.840.113549.1.7.3.
    pub(crate) const ENVELOPED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
    /// id-RSAES-OAEP, 1.2.840.113549.1.1.7.
    pub(crate) const OAEP: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07";
    /// id-mgf1, 1.2.840.113549.1.1.8.
    pub(crate) const MGF1: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
    /// id-aes256-CBC, 2.16.840.1.101.3.4.1.42.
    pub(crate) const AES_256_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
    /// id-sha256, 2.16.840.1.101.3.4.2.1.
    pub(crate) const SHA256: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    /// id-sha1, 1.3.14.3.2.26.
    pub(crate) const SHA1: &[u8] = b"\x06\x05\x2b\x0e\x03\x02\x1a";
}

/// Tags of the DER and BER elements that occur in a package.
pub(crate) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OCTET_STRING_CONSTRUCTED: u8 = 0x24;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    pub(crate) const CONTEXT_0: u8 = 0x80;
    pub(crate) const CONTEXT_0_CONSTRUCTED: u8 = 0xa0;
    pub(crate) const CONTEXT_1_CONSTRUCTED: u8 = 0xa1;
}
