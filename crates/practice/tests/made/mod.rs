//! Letters made for the checks, right in every part unless a test changes a part before it is
//! signed or sealed.

use std::io::{Cursor, Write};
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cms::cert::IssuerAndSerialNumber;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::enveloped_data::{
    EncryptedContentInfo, EnvelopedData, KeyTransRecipientInfo, RecipientIdentifier, RecipientInfo,
    RecipientInfos,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_AES_256_CBC, ID_DATA, ID_ENVELOPED_DATA};
use const_oid::db::rfc5912::ID_RSAES_OAEP;
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Decode, Encode};
use jiff::{SignedDuration, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt};
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509NameBuilder};
use serde_json::{Value, json};
use utpost_domain::OrgNumber;
use utpost_practice::checks::token::TokenIssuer;
use utpost_practice::checks::trust::Trust;
use utpost_practice::checks::{
    AccessPoint, Fault, Letter, Provider, Span, Takes, Upload, Verdict, access_point_checks,
    cms_profile, mailbox_checks, package,
};
use uuid::Uuid;
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;

pub(crate) const AGENCY: &str = "991825827";
pub(crate) const SUPPLIER: &str = "889640782";
pub(crate) const PROVIDER: &str = "984661185";
pub(crate) const ISSUER: &str = "https://token.practice/";
pub(crate) const MAILBOX: &str = "ola.nordmann#9YDT";
pub(crate) const PDF: &str =
    "%PDF-1.7\n1 0 obj\n<</Type/Page/MediaBox[0 0 595.28 841.89]>>\nendobj\n";

#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

/// Certificates and keys; made once for each test program.
pub(crate) struct World {
    pub(crate) root: Party,
    pub(crate) intermediate: Party,
    pub(crate) agency: Party,
    pub(crate) supplier: Party,
    pub(crate) provider: Party,
    /// The agency's key and number, but issued by a root nobody trusts.
    pub(crate) foreign: Party,
    pub(crate) tokens: TokenIssuer,
    token_key: PKey<Private>,
    pub(crate) trust: Trust,
    pub(crate) now: Timestamp,
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let new_key = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let root = issue(
            &Wanted {
                name: "Root",
                is_ca: true,
                ..Wanted::default()
            },
            &new_key(),
            None,
        );
        let of_root = |name| Wanted {
            name,
            is_ca: true,
            ..Wanted::default()
        };
        let intermediate = issue(&of_root("Intermediate"), &new_key(), Some(&root));
        let stranger = issue(&of_root("Root"), &new_key(), None);
        let leaf = |number, key: &PKey<Private>, issuer: &Party| {
            issue(
                &Wanted {
                    number: Some(number),
                    ..Wanted::default()
                },
                key,
                Some(issuer),
            )
        };
        let agency = leaf(AGENCY, &new_key(), &intermediate);
        let token_key = new_key();
        let public = PKey::public_key_from_der(&token_key.public_key_to_der().unwrap()).unwrap();
        World {
            supplier: leaf(SUPPLIER, &new_key(), &intermediate),
            provider: leaf(PROVIDER, &new_key(), &intermediate),
            foreign: leaf(AGENCY, &agency.key, &stranger),
            tokens: TokenIssuer {
                name: ISSUER.to_owned(),
                key: public,
            },
            trust: Trust::new(
                vec![root.certificate.clone()],
                vec![intermediate.certificate.clone()],
            ),
            now: Timestamp::from_second(Timestamp::now().as_second()).unwrap(),
            root,
            intermediate,
            agency,
            token_key,
        }
    })
}

/// A certificate to be issued.
pub(crate) struct Wanted {
    pub(crate) name: &'static str,
    pub(crate) number: Option<&'static str>,
    pub(crate) is_ca: bool,
    pub(crate) signs: bool,
    pub(crate) usage_is_critical: bool,
    /// Days from today.
    pub(crate) valid: (i64, i64),
}

impl Default for Wanted {
    fn default() -> Self {
        let valid = (-10, 300);
        let name = "Practice";
        Self {
            name,
            number: None,
            is_ca: false,
            signs: true,
            usage_is_critical: true,
            valid,
        }
    }
}

pub(crate) fn issue(wanted: &Wanted, key: &PKey<Private>, issuer: Option<&Party>) -> Party {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", wanted.name).unwrap();
    if let Some(number) = wanted.number {
        name.append_entry_by_text("2.5.4.97", &format!("NTRNO-{number}"))
            .unwrap();
    }
    let name = name.build();
    let mut serial = [0; 8];
    openssl::rand::rand_bytes(&mut serial).unwrap();
    serial[0] = 1;
    let serial = BigNum::from_slice(&serial)
        .unwrap()
        .to_asn1_integer()
        .unwrap();
    let day = |days: i64| {
        let day = Timestamp::now() + SignedDuration::from_hours(24 * days);
        Asn1Time::from_unix(day.as_second()).unwrap()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    let by = issuer.map_or(&*name, |issuer| issuer.certificate.subject_name());
    builder.set_issuer_name(by).unwrap();
    builder.set_not_before(&day(wanted.valid.0)).unwrap();
    builder.set_not_after(&day(wanted.valid.1)).unwrap();
    builder.set_pubkey(key).unwrap();
    let mut usage = KeyUsage::new();
    if wanted.usage_is_critical {
        usage.critical();
    }
    if wanted.is_ca {
        let ca = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(ca).unwrap();
        usage.key_cert_sign();
    }
    if wanted.signs {
        usage.digital_signature();
    } else {
        usage.key_encipherment();
    }
    builder.append_extension(usage.build().unwrap()).unwrap();
    let signing_key = issuer.map_or(key, |issuer| &issuer.key);
    builder.sign(signing_key, MessageDigest::sha256()).unwrap();
    Party {
        certificate: builder.build(),
        key: key.clone(),
    }
}

/// A compact signature over any header and payload.
pub(crate) fn jws(header: &Value, payload: &[u8], key: &PKey<Private>) -> String {
    let digest = match header["alg"].as_str() {
        Some("RS512") => MessageDigest::sha512(),
        _ => MessageDigest::sha256(),
    };
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let mut signer = Signer::new(digest, key).unwrap();
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn x5c(certificate: &X509) -> String {
    STANDARD.encode(certificate.to_der().unwrap())
}

pub(crate) fn claims() -> Value {
    let now = world().now.as_second();
    json!({
        "scope": "digitalpostinnbygger:send",
        "iss": ISSUER,
        "client_amr": "virksomhetssertifikat",
        "token_type": "Bearer",
        "exp": now + 100,
        "iat": now - 20,
        "client_id": "practice",
        "jti": "1",
        "consumer": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{AGENCY}")},
    })
}

pub(crate) fn token(claims: &Value) -> String {
    let header = json!({"kid": "practice", "alg": "RS256"});
    jws(&header, claims.to_string().as_bytes(), &world().token_key)
}

/// One document of a package.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// The parts of a package's signature.
pub(crate) struct Xades {
    pub(crate) root_namespace: &'static str,
    pub(crate) canonicalization: &'static str,
    pub(crate) method: &'static str,
    /// Reference id, name, media type, digest.
    pub(crate) files: Vec<(String, String, String, [u8; 32])>,
    pub(crate) signing_time: String,
    pub(crate) hash_name: &'static str,
    pub(crate) hash: MessageDigest,
    pub(crate) serial: String,
    pub(crate) certificates: Vec<X509>,
    pub(crate) key: PKey<Private>,
}

const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub(crate) const C14N_EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(crate) const C14N_11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

impl Xades {
    /// The signature as text that is canonical as it stands, but for namespaces inherited.
    pub(crate) fn write(&self) -> String {
        let asic = self.root_namespace;
        let mut formats = String::new();
        for (id, _, media_type, _) in &self.files {
            formats += &format!(
                "<xades:DataObjectFormat ObjectReference=\"#{id}\"><xades:MimeType>{media_type}</xades:MimeType></xades:DataObjectFormat>"
            );
        }
        let leaf = &self.certificates[0];
        let certificate_digest = STANDARD.encode(leaf.digest(self.hash).unwrap());
        let properties = format!(
            " Id=\"SignedProperties\"><xades:SignedSignatureProperties><xades:SigningTime>{}</xades:SigningTime><xades:SigningCertificate><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{certificate_digest}</ds:DigestValue></xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>CN=Intermediate</ds:X509IssuerName><ds:X509SerialNumber>{}</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate></xades:SignedSignatureProperties><xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>",
            self.signing_time, self.hash_name, self.serial,
        );
        let canonical = format!(
            "<xades:SignedProperties xmlns:asic=\"{asic}\" xmlns:ds=\"{DS}\" xmlns:xades=\"{XADES}\"{properties}"
        );
        let mut references = String::new();
        for (id, name, _, digest) in &self.files {
            references += &format!(
                "<ds:Reference Id=\"{id}\" URI=\"{name}\"><ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
                STANDARD.encode(digest)
            );
        }
        references += &format!(
            "<ds:Reference Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#SignedProperties\"><ds:Transforms><ds:Transform Algorithm=\"{C14N}\"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
            STANDARD.encode(sha256(canonical.as_bytes()))
        );
        let signed_info = format!(
            "><ds:CanonicalizationMethod Algorithm=\"{}\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>{references}</ds:SignedInfo>",
            self.canonicalization, self.method,
        );
        let in_scope = match self.canonicalization {
            C14N_EXCLUSIVE => format!(" xmlns:ds=\"{DS}\""),
            _ => format!(" xmlns:asic=\"{asic}\" xmlns:ds=\"{DS}\""),
        };
        let canonical = format!("<ds:SignedInfo{in_scope}{signed_info}");
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        let value = STANDARD.encode(signer.sign_oneshot_to_vec(canonical.as_bytes()).unwrap());
        let mut certificates = String::new();
        for certificate in &self.certificates {
            certificates += &format!(
                "<ds:X509Certificate>{}</ds:X509Certificate>",
                x5c(certificate)
            );
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:XAdESSignatures xmlns:asic=\"{asic}\"><ds:Signature xmlns:ds=\"{DS}\" Id=\"Signature\"><ds:SignedInfo{signed_info}<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#Signature\"><xades:SignedProperties{properties}</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>"
        )
    }
}

/// A letter before it is signed. Every part can be changed by the step that makes it.
pub(crate) struct Draft {
    pub(crate) takes: Takes,
    pub(crate) manifest: String,
    pub(crate) files: Vec<File>,
    pub(crate) signer: Party,
    pub(crate) body: Value,
    pub(crate) claims: Value,
    pub(crate) change_xades: fn(&mut Xades),
    pub(crate) change_signatures: fn(String) -> String,
    pub(crate) change_zip: fn(Vec<u8>) -> Vec<u8>,
    pub(crate) change_envelope: fn(&mut EnvelopedData),
    pub(crate) change_message: fn(&mut Value),
}

/// What the sender sends.
pub(crate) struct Sent {
    pub(crate) jwt: String,
    pub(crate) cms: Vec<u8>,
    pub(crate) token: String,
    pub(crate) takes: Takes,
}

impl Draft {
    pub(crate) fn digital() -> Self {
        let mottaker = format!(
            "<mottaker><person><postkasseadresse>{MAILBOX}</postkasseadresse></person></mottaker>"
        );
        let body = json!({
            "mottaker": {"postkasseadresse": MAILBOX},
            "sikkerhetsnivaa": 4,
            "ikkesensitivtittel": "Brev fra kommunen",
            "spraak": "nb",
            "varsler": {
                "epostvarsel": {
                    "epostadresse": "a@example.com",
                    "varslingstekst": "Du har fått brev.",
                    "repetisjoner": [0, 7],
                },
            },
        });
        Self::of(Takes::Digital, &mottaker, body)
    }

    pub(crate) fn print() -> Self {
        let address = json!({
            "navn": "Ola Nordmann",
            "adresselinje1": "Storgata 1",
            "postnummer": "0155",
            "poststed": "Oslo",
        });
        let body = json!({
            "mottaker": address,
            "utskriftstype": "SORT_HVIT",
            "posttype": "B",
            "retur": {"mottaker": address, "returposthaandtering": "MAKULERING_MED_MELDING"},
        });
        Self::of(Takes::Print, "", body)
    }

    fn of(takes: Takes, mottaker: &str, body: Value) -> Self {
        let file = |name: &str, text: &str| File {
            name: name.to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        Self {
            takes,
            manifest: format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest xmlns=\"http://begrep.difi.no/sdp/schema_v10\">{mottaker}<avsender><organisasjon authority=\"iso6523-actorid-upis\">0192:{AGENCY}</organisasjon></avsender><hoveddokument href=\"letter.pdf\" mime=\"application/pdf\"><tittel lang=\"nb\">Vedtak</tittel></hoveddokument><vedlegg href=\"map.pdf\" mime=\"application/pdf\"><tittel lang=\"nb\">Kart</tittel></vedlegg></manifest>"
            ),
            files: vec![file("letter.pdf", PDF), file("map.pdf", PDF)],
            signer: world().agency.clone(),
            body,
            claims: claims(),
            change_xades: |_| {},
            change_signatures: |text| text,
            change_zip: |bytes| bytes,
            change_envelope: |_| {},
            change_message: |_| {},
        }
    }

    pub(crate) fn zip(&self) -> Vec<u8> {
        let signatures = self.signatures();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        let deflated = stored.compression_method(zip::CompressionMethod::Deflated);
        let mut add = |name: &str, bytes: &[u8], options| {
            zip.start_file(name, options).unwrap();
            zip.write_all(bytes).unwrap();
        };
        add("mimetype", package::ASIC_E.as_bytes(), stored);
        add("manifest.xml", self.manifest.as_bytes(), deflated);
        for file in &self.files {
            add(&file.name, &file.bytes, deflated);
        }
        add("META-INF/signatures.xml", signatures.as_bytes(), deflated);
        (self.change_zip)(zip.finish().unwrap().into_inner())
    }

    fn signatures(&self) -> String {
        let world = world();
        let manifest = File {
            name: "manifest.xml".to_owned(),
            media_type: "application/xml".to_owned(),
            bytes: self.manifest.clone().into_bytes(),
        };
        let files = std::iter::once(&manifest).chain(&self.files).enumerate();
        let files = files.map(|(index, file)| {
            let (name, media_type) = (file.name.clone(), file.media_type.clone());
            (format!("ID_{index}"), name, media_type, sha256(&file.bytes))
        });
        let leaf = &self.signer.certificate;
        let mut xades = Xades {
            root_namespace: "http://uri.etsi.org/02918/v1.2.1#",
            canonicalization: C14N,
            method: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            files: files.collect(),
            signing_time: world.now.to_string(),
            hash_name: "http://www.w3.org/2000/09/xmldsig#sha1",
            hash: MessageDigest::sha1(),
            serial: leaf
                .serial_number()
                .to_bn()
                .unwrap()
                .to_dec_str()
                .unwrap()
                .to_string(),
            certificates: vec![
                leaf.clone(),
                world.intermediate.certificate.clone(),
                world.root.certificate.clone(),
            ],
            key: self.signer.key.clone(),
        };
        (self.change_xades)(&mut xades);
        (self.change_signatures)(xades.write())
    }

    pub(crate) fn send(&self) -> Sent {
        self.send_package(cms_of(&self.envelope()))
    }

    fn envelope(&self) -> EnvelopedData {
        let mut envelope = envelope(&self.zip(), &world().provider.certificate);
        (self.change_envelope)(&mut envelope);
        envelope
    }

    /// Signs a message around any package.
    pub(crate) fn send_package(&self, cms: Vec<u8>) -> Sent {
        let token = token(&self.claims);
        let document = self.document(&cms, &token);
        let header = json!({"x5c": [x5c(&self.signer.certificate)], "alg": "RS256"});
        let jwt = jws(&header, document.to_string().as_bytes(), &self.signer.key);
        Sent {
            jwt,
            cms,
            token,
            takes: self.takes,
        }
    }

    pub(crate) fn document(&self, cms: &[u8], token: &str) -> Value {
        let kind = if self.takes == Takes::Digital {
            "digital"
        } else {
            "utskrift"
        };
        let party = |number: &str| json!({"authority": "iso6523-actorid-upis", "value": format!("0192:{number}")});
        let mut body = self.body.clone();
        body["avsender"] = json!({"virksomhetsidentifikator": party(AGENCY)});
        body["dokumentpakkefingeravtrykk"] = json!({
            "digestMethod": SHA256,
            "digestValue": STANDARD.encode(sha256(cms)),
        });
        body["maskinportentoken"] = json!(token);
        let mut document = json!({"standardBusinessDocument": {
            "standardBusinessDocumentHeader": {
                "headerVersion": "1.0",
                "sender": [{"identifier": party(AGENCY)}],
                "receiver": [{"identifier": party(PROVIDER)}],
                "documentIdentification": {
                    "standard": format!("urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:{kind}::1.0"),
                    "typeVersion": "1.0",
                    "instanceIdentifier": "2f0c4f6e-3d0b-4f4e-9a44-0d9f6a0c1b01",
                    "type": kind,
                    "creationDateAndTime": world().now.to_string(),
                },
                "businessScope": {"scope": [{
                    "type": "ConversationId",
                    "instanceIdentifier": "8a5b7d1c-6f5e-4c0a-8f5d-5f3b2a1e0c02",
                    "identifier": format!("urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:{kind}:ver1.0"),
                }]},
            },
            kind: body,
        }});
        (self.change_message)(&mut document);
        document
    }

    /// The row and fault a provider refuses this letter with.
    pub(crate) fn refusal(&self) -> (u8, Fault) {
        self.send().refusal()
    }
}

impl Sent {
    pub(crate) fn at_provider(&self) -> (Verdict, Option<Letter>) {
        let world = world();
        mailbox_checks(
            self.jwt.as_bytes(),
            &self.cms,
            Provider {
                organisation: OrgNumber::parse(PROVIDER).unwrap(),
                takes: self.takes,
                certificate: &world.provider.certificate,
                key: &world.provider.key,
                tokens: &world.tokens,
                trust: &world.trust,
                is_registered: &|sender, unit| sender.as_str() == AGENCY && unit.is_none(),
                mailbox_is_open: &|mailbox| mailbox == MAILBOX,
                made: Span {
                    earliest: world.now - SignedDuration::from_hours(1),
                    latest: world.now + SignedDuration::from_secs(10),
                },
                cms: cms_profile::Tolerance::default(),
                limits: package::Limits::default(),
                at: world.now,
            },
        )
    }

    pub(crate) fn refusal(&self) -> (u8, Fault) {
        refusal_of(&self.at_provider().0)
    }

    pub(crate) fn at_access_point(&self) -> Verdict {
        let upload = Upload {
            bearer: &self.token,
            message: self.jwt.as_bytes(),
            package: &self.cms,
        };
        access_point_checks(upload, access_point()).0
    }
}

pub(crate) fn access_point() -> AccessPoint<'static> {
    let world = world();
    AccessPoint {
        tokens: &world.tokens,
        audience: None,
        trust: &world.trust,
        has_agreement: &|organisation| organisation.as_str() == AGENCY,
        id_is_used: &|id| id == Uuid::max(),
        switched_off: &[],
        at: world.now,
    }
}

pub(crate) fn refusal_of(verdict: &Verdict) -> (u8, Fault) {
    match verdict.refusal() {
        Some((check, fault)) => (check.number, fault.clone()),
        None => panic!("accepted: {verdict:#?}"),
    }
}

pub(crate) const OAEP_SHA256: &str = "302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500";

pub(crate) fn algorithm(
    oid: ObjectIdentifier,
    parameters: Option<&str>,
) -> AlgorithmIdentifierOwned {
    let parameters = parameters.map(|hex| {
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        Any::from_der(&bytes).unwrap()
    });
    AlgorithmIdentifierOwned { oid, parameters }
}

/// Encrypts by the profile.
pub(crate) fn envelope(plain: &[u8], recipient: &X509) -> EnvelopedData {
    let (mut content_key, mut iv) = ([0; 32], [0; 16]);
    openssl::rand::rand_bytes(&mut content_key).unwrap();
    openssl::rand::rand_bytes(&mut iv).unwrap();
    let blocks = encrypt(Cipher::aes_256_cbc(), &content_key, Some(&iv), plain).unwrap();
    let certificate = Certificate::from_der(&recipient.to_der().unwrap()).unwrap();
    let transport = KeyTransRecipientInfo {
        version: CmsVersion::V0,
        rid: RecipientIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: certificate.tbs_certificate().issuer().clone(),
            serial_number: certificate.tbs_certificate().serial_number().clone(),
        }),
        key_enc_alg: algorithm(ID_RSAES_OAEP, Some(OAEP_SHA256)),
        enc_key: OctetString::new(wrapped(
            &content_key,
            recipient,
            MessageDigest::sha256(),
            MessageDigest::sha256(),
        ))
        .unwrap(),
    };
    let iv = OctetString::new(iv).unwrap();
    EnvelopedData {
        version: CmsVersion::V0,
        originator_info: None,
        recip_infos: recipients([RecipientInfo::Ktri(transport)]),
        encrypted_content: EncryptedContentInfo {
            content_type: ID_DATA,
            content_enc_alg: AlgorithmIdentifierOwned {
                oid: ID_AES_256_CBC,
                parameters: Some(Any::encode_from(&iv).unwrap()),
            },
            encrypted_content: Some(OctetString::new(blocks).unwrap()),
        },
        unprotected_attrs: None,
    }
}

pub(crate) fn wrapped(
    content_key: &[u8],
    recipient: &X509,
    hash: MessageDigest,
    mask: MessageDigest,
) -> Vec<u8> {
    let key = recipient.public_key().unwrap();
    let mut encrypter = Encrypter::new(&key).unwrap();
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    encrypter.set_rsa_oaep_md(hash).unwrap();
    encrypter.set_rsa_mgf1_md(mask).unwrap();
    let mut wrapped = vec![0; encrypter.encrypt_len(content_key).unwrap()];
    let length = encrypter.encrypt(content_key, &mut wrapped).unwrap();
    wrapped.truncate(length);
    wrapped
}

pub(crate) fn recipients<const N: usize>(infos: [RecipientInfo; N]) -> RecipientInfos {
    RecipientInfos(SetOfVec::try_from(Vec::from(infos)).unwrap())
}

/// The only recipient, to be changed; put back by [`recipients`].
pub(crate) fn transport(envelope: &EnvelopedData) -> KeyTransRecipientInfo {
    match envelope.recip_infos.0.as_slice() {
        [RecipientInfo::Ktri(transport)] => transport.clone(),
        _ => panic!("one recipient"),
    }
}

pub(crate) fn cms_of(envelope: &EnvelopedData) -> Vec<u8> {
    let content = Any::encode_from(envelope).unwrap();
    ContentInfo {
        content_type: ID_ENVELOPED_DATA,
        content,
    }
    .to_der()
    .unwrap()
}
