//! Certificates and key files made by OpenSSL, so that no code of ours checks itself; and the way
//! to the conformance vectors.
#![allow(clippy::panic, dead_code, unreachable_pub)]

use std::io::Write;
use std::path::{Path, PathBuf};

use openssl::asn1::{Asn1Object, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Name, X509NameBuilder};

/// A file of the conformance vectors; `None`, and a line saying so, where they are not at hand.
pub fn vector(name: &str) -> Option<Vec<u8>> {
    std::fs::read(folder(name)?.join(name)).ok()
}

/// The files of a folder of the conformance vectors, in name order.
pub fn vectors_in(name: &str) -> Option<Vec<Vec<u8>>> {
    let mut files: Vec<_> = std::fs::read_dir(folder(name)?.join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cer"))
        .collect();
    files.sort();
    Some(
        files
            .into_iter()
            .map(|path| std::fs::read(path).unwrap())
            .collect(),
    )
}

fn folder(wanted: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("UTPOST_CONFORMANCE")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/conformance")
        });
    if folder.join(wanted).exists() {
        return Some(folder);
    }
    not_run(wanted, "conformance vectors");
    None
}

/// Says that a check was left out, and for want of what; in CI nothing may be left out.
pub fn not_run(check: &str, missing: &str) {
    let notice = format!("{check} not run: no {missing}");
    assert!(std::env::var_os("CI").is_none(), "{notice}");
    // Past the test harness, which hides what a passing test prints.
    let _ = writeln!(std::io::stderr(), "{notice}");
}

/// Where a subject carries its organisation number.
#[derive(Clone, Copy)]
pub enum Number<'a> {
    /// 2.5.4.97
    Identifier(&'a str),
    /// 2.5.4.5
    Serial(&'a str),
    /// 2.5.4.97 and 2.5.4.5
    Both(&'a str, &'a str),
    None,
}

pub const SIGN: &[&str] = &["digitalSignature"];
pub const SEAL: &[&str] = &["nonRepudiation"];
pub const ENCRYPT: &[&str] = &["keyEncipherment", "dataEncipherment"];

/// What a certificate shall say.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    pub name: &'a str,
    pub number: Number<'a>,
    pub usage: Option<&'a [&'a str]>,
    pub from: &'a str,
    pub until: &'a str,
    pub authority: bool,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            name: "Prøvekommunen",
            number: Number::Identifier("NTRNO-991825827"),
            usage: Some(SIGN),
            from: "20250101000000Z",
            until: "20300101000000Z",
            authority: false,
        }
    }
}

/// A certificate with its key.
pub struct Holder {
    pub certificate: X509,
    pub key: PKey<Private>,
}

pub fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub fn elliptic() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub fn root(name: &str) -> Holder {
    let wish = Wish {
        name,
        number: Number::Identifier("NTRNO-983163327"),
        ..authority()
    };
    make(&wish, rsa(2048), None)
}

pub fn authority() -> Wish<'static> {
    Wish {
        name: "Øvingsutsteder",
        number: Number::Identifier("NTRNO-983163327"),
        usage: Some(&["keyCertSign"]),
        from: "20200101000000Z",
        until: "20400101000000Z",
        authority: true,
    }
}

impl Holder {
    pub fn issue(&self, wish: &Wish<'_>) -> Holder {
        self.issue_for(wish, rsa(2048))
    }

    pub fn issue_for(&self, wish: &Wish<'_>, key: PKey<Private>) -> Holder {
        make(wish, key, Some(self))
    }

    pub fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }

    /// A PKCS#12 file of today's kind.
    pub fn pkcs12(&self, password: &str, others: &[&Holder]) -> Vec<u8> {
        self.pkcs12_by(password, others, Nid::AES_256_CBC, MessageDigest::sha256())
    }

    pub fn pkcs12_by(
        &self,
        password: &str,
        others: &[&Holder],
        cipher: Nid,
        mac: MessageDigest,
    ) -> Vec<u8> {
        let mut stack = Stack::new().unwrap();
        for other in others {
            stack.push(other.certificate.clone()).unwrap();
        }
        let mut builder = Pkcs12::builder();
        builder
            .name("x")
            .pkey(&self.key)
            .cert(&self.certificate)
            .ca(stack);
        builder
            .key_algorithm(cipher)
            .cert_algorithm(cipher)
            .mac_md(mac);
        builder.build2(password).unwrap().to_der().unwrap()
    }
}

fn make(wish: &Wish<'_>, key: PKey<Private>, issuer: Option<&Holder>) -> Holder {
    let subject = subject(wish);
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = [0; 16];
    openssl::rand::rand_bytes(&mut serial).unwrap();
    serial[0] &= 0x7f;
    let serial = BigNum::from_slice(&serial)
        .unwrap()
        .to_asn1_integer()
        .unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name()))
        .unwrap();
    builder
        .set_not_before(&Asn1Time::from_str_x509(wish.from).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_str_x509(wish.until).unwrap())
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    let mut constraints = BasicConstraints::new();
    constraints.critical();
    if wish.authority {
        constraints.ca();
    }
    builder
        .append_extension(constraints.build().unwrap())
        .unwrap();
    if let Some(usage) = wish.usage {
        let mut extension = KeyUsage::new();
        extension.critical();
        for one in usage {
            match *one {
                "digitalSignature" => extension.digital_signature(),
                "nonRepudiation" => extension.non_repudiation(),
                "keyEncipherment" => extension.key_encipherment(),
                "dataEncipherment" => extension.data_encipherment(),
                "keyCertSign" => extension.key_cert_sign(),
                other => panic!("{other}"),
            };
        }
        builder
            .append_extension(extension.build().unwrap())
            .unwrap();
    }
    builder
        .sign(
            issuer.map_or(&key, |issuer| &issuer.key),
            MessageDigest::sha256(),
        )
        .unwrap();
    Holder {
        certificate: builder.build(),
        key,
    }
}

fn subject(wish: &Wish<'_>) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("C", "NO").unwrap();
    name.append_entry_by_text("O", wish.name).unwrap();
    let mut put = |oid: &str, value: &str| {
        let oid = Asn1Object::from_str(oid).unwrap();
        let text = oid.to_string();
        name.append_entry_by_text(&text, value).unwrap();
    };
    match wish.number {
        Number::Identifier(value) => put("2.5.4.97", value),
        Number::Serial(value) => put("2.5.4.5", value),
        Number::Both(identifier, serial) => {
            put("2.5.4.97", identifier);
            put("2.5.4.5", serial);
        }
        Number::None => {}
    }
    name.append_entry_by_text("CN", wish.name).unwrap();
    name.build()
}
