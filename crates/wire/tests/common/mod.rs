//! Made-up organisations with keys and certificates, by OpenSSL.

#![allow(dead_code, clippy::unwrap_used, reason = "shared by test programs")]

pub(crate) mod vectors;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509NameBuilder};
use serde_json::{Value, json};
use utpost_domain::Sensitive;
use utpost_pki::{Certificate, SoftwareSigner, TrustPolicy};

pub(crate) const AGENCY: &str = "991825827";
pub(crate) const PROCESSOR: &str = "889640782";
pub(crate) const PROVIDER: &str = "984661185";
pub(crate) const OTHER_PROVIDER: &str = "922020175";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn new_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

/// What a certificate says beside name and key.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) from: &'static str,
    pub(crate) until: &'static str,
    pub(crate) may_sign: bool,
}

pub(crate) const USUAL: Terms = Terms {
    from: "2025-01-01T00:00:00Z",
    until: "2028-01-01T00:00:00Z",
    may_sign: true,
};

pub(crate) struct Authority {
    key: PKey<Private>,
    certificate: X509,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = new_key();
        let certificate = issue(name, None, &key, None, USUAL);
        Self { key, certificate }
    }

    pub(crate) fn policy(&self) -> TrustPolicy {
        TrustPolicy::practice(Certificate::parse_der(&self.certificate.to_der().unwrap()).unwrap())
    }

    pub(crate) fn issue(&self, organisation: &str, key: &PKey<Private>, terms: Terms) -> Party {
        let certificate = issue(
            "Oppdiktet virksomhet",
            Some(organisation),
            key,
            Some(self),
            terms,
        );
        Party {
            key: key.clone(),
            certificate,
            above: vec![self.certificate.clone()],
        }
    }
}

pub(crate) struct Party {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
    above: Vec<X509>,
}

impl Party {
    pub(crate) fn self_signed(organisation: &str, key: &PKey<Private>) -> Self {
        let certificate = issue("Oppdiktet virksomhet", Some(organisation), key, None, USUAL);
        Self {
            key: key.clone(),
            certificate,
            above: Vec::new(),
        }
    }

    /// The key as the program holds it.
    pub(crate) fn signer(&self) -> SoftwareSigner {
        let mut chain = openssl::stack::Stack::new().unwrap();
        for one in &self.above {
            chain.push(one.clone()).unwrap();
        }
        let file = Pkcs12::builder()
            .pkey(&self.key)
            .cert(&self.certificate)
            .ca(chain)
            .build2("secret")
            .unwrap()
            .to_der()
            .unwrap();
        SoftwareSigner::from_pkcs12(&file, &Sensitive::new("secret".to_owned())).unwrap()
    }

    pub(crate) fn x5c(&self) -> Value {
        json!([STANDARD.encode(self.certificate.to_der().unwrap())])
    }

    /// A compact JWS signed as `alg` says, RS512 being the receivers' habit.
    pub(crate) fn jws(&self, alg: &str, payload: &str) -> String {
        self.jws_with(&json!({ "x5c": self.x5c(), "alg": alg }), payload)
    }

    /// The same with a header of the caller's making.
    pub(crate) fn jws_with(&self, header: &Value, payload: &str) -> String {
        let digest = match header["alg"].as_str().unwrap() {
            "RS256" => MessageDigest::sha256(),
            "RS384" => MessageDigest::sha384(),
            _ => MessageDigest::sha512(),
        };
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let mut signer = Signer::new(digest, &self.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Header and payload of a compact JWS whose RS256 signature OpenSSL finds right.
pub(crate) fn open_jws(compact: &str, key: &PKey<Private>) -> (Value, Value) {
    let (signed, signature) = compact.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), key).unwrap();
    assert!(
        verifier
            .verify_oneshot(&decode(signature), signed.as_bytes())
            .unwrap()
    );
    let json = |part: &str| serde_json::from_slice(&decode(part)).unwrap();
    (json(header), json(payload))
}

fn issue(
    name: &str,
    organisation: Option<&str>,
    key: &PKey<Private>,
    issuer: Option<&Authority>,
    terms: Terms,
) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    if let Some(number) = organisation {
        subject
            .append_entry_by_nid(Nid::SERIALNUMBER, number)
            .unwrap();
    }
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial
        .rand(64, openssl::bn::MsbOption::MAYBE_ZERO, false)
        .unwrap();
    builder
        .set_serial_number(&Asn1Integer::from_bn(&serial).unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&subject, |above| above.certificate.subject_name()))
        .unwrap();
    builder.set_pubkey(key).unwrap();
    let time = |text| Asn1Time::from_unix(at(text).as_second()).unwrap();
    builder.set_not_before(&time(terms.from)).unwrap();
    builder.set_not_after(&time(terms.until)).unwrap();
    let mut usage = KeyUsage::new();
    usage.critical();
    if organisation.is_none() {
        builder
            .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
            .unwrap();
        usage.key_cert_sign();
    } else if terms.may_sign {
        usage.digital_signature().key_encipherment();
    } else {
        usage.key_encipherment();
    }
    builder.append_extension(usage.build().unwrap()).unwrap();
    builder
        .sign(
            issuer.map_or(key, |above| &above.key),
            MessageDigest::sha256(),
        )
        .unwrap();
    builder.build()
}
