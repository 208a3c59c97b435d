//! The document package by hand: PDF, manifest, XAdES text already in canonical form, ZIP, CMS.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::md::Md;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sha::{sha1, sha256};
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt as encrypt_with};
use openssl::x509::X509;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Own;

/// The ASiC-E archive of a one-page letter; without a mailbox: for print.
pub(crate) fn make(own: &Own, mailbox: Option<&str>) -> Vec<u8> {
    let recipient = mailbox.map_or_else(String::new, |mailbox| {
        format!(
            "<mottaker><person><postkasseadresse>{mailbox}</postkasseadresse></person></mottaker>"
        )
    });
    let manifest = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <manifest xmlns=\"http://begrep.difi.no/sdp/schema_v10\">{recipient}<avsender>\
         <organisasjon authority=\"iso6523-actorid-upis\">0192:310702641</organisasjon></avsender>\
         <hoveddokument href=\"brev.pdf\" mime=\"application/pdf\">\
         <tittel lang=\"nb\">Et brev</tittel></hoveddokument></manifest>"
    );
    let files = [
        ("manifest.xml", "application/xml", manifest.into_bytes()),
        ("brev.pdf", "application/pdf", pdf()),
    ];
    let signatures = xades(own, &files);

    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut add = |name: &str, options, bytes: &[u8]| {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    };
    add("mimetype", stored, b"application/vnd.etsi.asic-e+zip");
    for (name, _, bytes) in &files {
        add(name, deflated, bytes);
    }
    add("META-INF/signatures.xml", deflated, signatures.as_bytes());
    archive.finish().unwrap().into_inner()
}

/// EnvelopedData: one recipient by RSAES-OAEP (SHA-256), content by AES-256-CBC, DER.
pub(crate) fn encrypt(content: &[u8], recipient: &X509) -> Vec<u8> {
    const OAEP: &str = "302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500";
    let (mut key, mut iv) = ([0; 32], [0; 16]);
    openssl::rand::rand_bytes(&mut key).unwrap();
    openssl::rand::rand_bytes(&mut iv).unwrap();
    let public = recipient.public_key().unwrap();
    let mut context = PkeyCtx::new(&public).unwrap();
    context.encrypt_init().unwrap();
    context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    context.set_rsa_oaep_md(Md::sha256()).unwrap();
    context.set_rsa_mgf1_md(Md::sha256()).unwrap();
    let mut wrapped = Vec::new();
    context.encrypt_to_vec(&key, &mut wrapped).unwrap();
    let cipher = encrypt_with(Cipher::aes_256_cbc(), &key, Some(&iv), content).unwrap();

    let serial = recipient.serial_number().to_bn().unwrap().to_vec();
    let serial = if serial[0] & 0x80 == 0 {
        serial
    } else {
        [vec![0], serial].concat()
    };
    let rid = tlv(
        0x30,
        &[
            &recipient.issuer_name().to_der().unwrap(),
            &tlv(0x02, &[&serial]),
        ],
    );
    let wrapping = tlv(0x30, &[&oid("2a864886f70d010107"), &hex(OAEP)]);
    let info = tlv(
        0x30,
        &[&[2, 1, 0], &rid, &wrapping, &tlv(0x04, &[&wrapped])],
    );
    let algorithm = tlv(0x30, &[&oid("60864801650304012a"), &tlv(0x04, &[&iv])]);
    let inner = tlv(
        0x30,
        &[
            &oid("2a864886f70d010701"),
            &algorithm,
            &tlv(0x80, &[&cipher]),
        ],
    );
    let enveloped = tlv(0x30, &[&[2, 1, 0], &tlv(0x31, &[&info]), &inner]);
    tlv(
        0x30,
        &[&oid("2a864886f70d010703"), &tlv(0xa0, &[&enveloped])],
    )
}

fn oid(encoded: &str) -> Vec<u8> {
    tlv(0x06, &[&hex(encoded)])
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().position(|byte| *byte != 0).unwrap_or(7)..];
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        out.push(0x80 | length.len() as u8);
    }
    out.extend_from_slice(length);
    out.extend_from_slice(&content);
    out
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

const ASIC: &str = "xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\"";
const DS: &str = "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
const XADES: &str = "xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"";
const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const SHA256: &str =
    "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>";

/// Prefixes are declared at the top, so the canonical form of a part is its text with the
/// declarations in scope put on its first tag.
fn xades(own: &Own, files: &[(&str, &str, Vec<u8>)]) -> String {
    let mut references = String::new();
    let mut formats = String::new();
    for (index, (name, media_type, bytes)) in files.iter().enumerate() {
        let digest = STANDARD.encode(sha256(bytes));
        references += &format!(
            "<ds:Reference Id=\"ID_{index}\" URI=\"{name}\">{SHA256}<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
        );
        formats += &format!(
            "<xades:DataObjectFormat ObjectReference=\"#ID_{index}\"><xades:MimeType>{media_type}</xades:MimeType></xades:DataObjectFormat>"
        );
    }
    let at = (own.clock)()
        .to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string();
    let leaf = own.leaf.to_der().unwrap();
    let serial = own
        .leaf
        .serial_number()
        .to_bn()
        .unwrap()
        .to_dec_str()
        .unwrap()
        .to_string();
    let properties = format!(
        " Id=\"SignedProperties\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{at}</xades:SigningTime><xades:SigningCertificate><xades:Cert>\
         <xades:CertDigest><ds:DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"></ds:DigestMethod>\
         <ds:DigestValue>{}</ds:DigestValue></xades:CertDigest><xades:IssuerSerial>\
         <ds:X509IssuerName>{}</ds:X509IssuerName><ds:X509SerialNumber>{serial}</ds:X509SerialNumber>\
         </xades:IssuerSerial></xades:Cert></xades:SigningCertificate></xades:SignedSignatureProperties>\
         <xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>",
        STANDARD.encode(sha1(&leaf)),
        "CN=Utpost øvingsmiljø utsteder (practice issuer),O=Utpost øvingsmiljø,C=NO",
    );
    let canonical = format!("<xades:SignedProperties {ASIC} {DS} {XADES}{properties}");
    let digest = STANDARD.encode(sha256(canonical.as_bytes()));
    let info = format!(
        "><ds:CanonicalizationMethod Algorithm=\"{C14N}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></ds:SignatureMethod>\
         {references}<ds:Reference Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#SignedProperties\">\
         <ds:Transforms><ds:Transform Algorithm=\"{C14N}\"></ds:Transform></ds:Transforms>{SHA256}\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    );
    let canonical = format!("<ds:SignedInfo {ASIC} {DS}{info}");
    let mut signer = Signer::new(MessageDigest::sha256(), &own.key).unwrap();
    let signature = STANDARD.encode(signer.sign_oneshot_to_vec(canonical.as_bytes()).unwrap());
    let certificates: String = super::x5c(&own.chain)
        .iter()
        .map(|text| format!("<ds:X509Certificate>{text}</ds:X509Certificate>"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\
         <asic:XAdESSignatures {ASIC}><ds:Signature {DS} Id=\"Signature\"><ds:SignedInfo{info}\
         <ds:SignatureValue>{signature}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>{certificates}\
         </ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties {XADES} Target=\"#Signature\">\
         <xades:SignedProperties{properties}</xades:QualifyingProperties></ds:Object></ds:Signature>\
         </asic:XAdESSignatures>"
    )
}

/// One A4 page with a line of text in a standard font.
fn pdf() -> Vec<u8> {
    let text = "BT /F1 12 Tf 72 760 Td (Et brev) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.7\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let start = pdf.len();
    pdf += &format!(
        "xref\n0 6\n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    pdf.into_bytes()
}
