//! The practice certificate authority: one of its own for each installation, made at first start.
//!
//! The shapes follow SEID 2: the organisation number stands in organizationIdentifier (2.5.4.97) as
//! `NTRNO-` and nine digits, key usage is critical, and the issuing certificate lies between root
//! and leaf. Every name says that it is practice.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};

use crate::disk;

/// The agency that sends letters in practice: a synthetic organisation.
pub const AGENCY: &str = "310702641";
/// The agency's name.
pub const AGENCY_NAME: &str = "Øvinge kommune";
/// Another synthetic organisation: known to the token service, without an agreement with the
/// access point, and a stranger to both mailboxes.
pub const NEIGHBOUR: &str = "314159268";
/// The mailbox supplier Digipost.
pub const DIGIPOST: &str = "984661185";
/// The mailbox supplier e-Boks.
pub const EBOKS: &str = "922020175";
/// The print supplier.
pub const PRINT: &str = "974761076";

const DIGIPOST_NAME: &str = "Digipost (øving)";
const DAY: i64 = 86_400;
const YEAR: i64 = 366 * DAY;

/// A private key with its certificate.
#[derive(Clone)]
pub(crate) struct Identity {
    /// RSA, 2048 bits.
    pub(crate) key: PKey<Private>,
    /// Issued by the practice authority, except [`Authority::foreign`].
    pub(crate) certificate: X509,
}

/// Everything the practice services sign, decrypt and trust with.
pub(crate) struct Authority {
    /// The only trust anchor.
    pub(crate) root: X509,
    /// Issues every leaf.
    pub(crate) intermediate: X509,
    /// The agency's enterprise certificate.
    pub(crate) agency: Identity,
    /// The neighbour's enterprise certificate.
    pub(crate) neighbour: Identity,
    /// Digipost's certificate, both for decrypting letters and for signing receipts.
    pub(crate) digipost: Identity,
    /// e-Boks' certificate.
    pub(crate) eboks: Identity,
    /// The print supplier's certificate.
    pub(crate) print: Identity,
    /// Names Digipost, but is issued by another authority of the same name as ours.
    pub(crate) foreign: Identity,
    /// A mailbox certificate of Digipost that ran out before the installation was made.
    pub(crate) expired_mailbox: X509,
    /// A mailbox certificate of Digipost that is valid fifteen years from now.
    pub(crate) future_mailbox: X509,
    /// Signs access tokens.
    pub(crate) token_key: PKey<Private>,
    /// The HTTPS server's private key, PEM.
    pub(crate) server_key_pem: Vec<u8>,
    /// The HTTPS server's certificate and its issuer, PEM.
    pub(crate) server_chain_pem: Vec<u8>,
}

/// Why the authority could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityFault {
    /// The files could not be read or written.
    #[error("authority files: {path}")]
    Files {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// OpenSSL refused: damaged file, or no randomness.
    #[error("authority cryptography")]
    Crypto(#[from] ErrorStack),
    /// A certificate of the installation has run out: `reset` with a renewed authority.
    #[error("authority has expired")]
    Expired,
}

impl Authority {
    /// Reads the authority from `folder`, or makes a new one there when none was completed.
    ///
    /// # Errors
    /// Files, cryptography, or [`AuthorityFault::Expired`].
    pub(crate) fn open(folder: &Path, now: Timestamp) -> Result<Self, AuthorityFault> {
        if !folder.join(COMPLETE).exists() {
            make(folder, now)?;
        }
        let authority = Self::read(folder)?;
        let tomorrow = Asn1Time::from_unix(now.as_second() + DAY)?;
        if authority.agency.certificate.not_after() < tomorrow {
            return Err(AuthorityFault::Expired);
        }
        Ok(authority)
    }

    /// The identity of a supplier, by its number.
    pub(crate) fn supplier(&self, organisation: &str) -> Option<&Identity> {
        match organisation {
            DIGIPOST => Some(&self.digipost),
            EBOKS => Some(&self.eboks),
            PRINT => Some(&self.print),
            _ => None,
        }
    }

    fn read(folder: &Path) -> Result<Self, AuthorityFault> {
        let certificate = |name: &str| -> Result<X509, AuthorityFault> {
            Ok(X509::from_pem(&read(folder, name)?)?)
        };
        let key = |name: &str| -> Result<PKey<Private>, AuthorityFault> {
            Ok(PKey::private_key_from_pem(&read(folder, name)?)?)
        };
        let identity = |name: &str| -> Result<Identity, AuthorityFault> {
            Ok(Identity {
                key: key(&format!("{name}.key.pem"))?,
                certificate: certificate(&format!("{name}.cert.pem"))?,
            })
        };
        Ok(Self {
            root: certificate(ROOT)?,
            intermediate: certificate(INTERMEDIATE)?,
            agency: identity(AGENCY)?,
            neighbour: identity(NEIGHBOUR)?,
            digipost: identity(DIGIPOST)?,
            eboks: identity(EBOKS)?,
            print: identity(PRINT)?,
            foreign: identity("foreign")?,
            expired_mailbox: certificate("expired.cert.pem")?,
            future_mailbox: certificate("not-yet-valid.cert.pem")?,
            token_key: key(TOKEN_KEY)?,
            server_key_pem: read(folder, SERVER_KEY)?,
            server_chain_pem: read(folder, SERVER_CHAIN)?,
        })
    }
}

/// Removes every file of the authority, so that the next start makes a new one.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    disk::remove(&folder.join(COMPLETE))?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let belongs = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.ends_with(".pem") || name.contains(".p12"));
        if belongs {
            disk::remove(&path)?;
        }
    }
    Ok(())
}

pub(crate) const ROOT: &str = "ca.pem";
pub(crate) const INTERMEDIATE: &str = "intermediate.pem";
pub(crate) const AGENCY_P12: &str = "agency.p12";
pub(crate) const AGENCY_P12_PASSWORD: &str = "agency.p12.password";
const TOKEN_KEY: &str = "token.key.pem";
const SERVER_KEY: &str = "server.key.pem";
const SERVER_CHAIN: &str = "server.cert.pem";
/// Written last: an authority without it was cut off while being made, and is made anew.
const COMPLETE: &str = "authority.complete";

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, AuthorityFault> {
    let path = folder.join(name);
    std::fs::read(&path).map_err(|source| AuthorityFault::Files { path, source })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), AuthorityFault> {
    let path = folder.join(name);
    disk::write_durably(&path, bytes).map_err(|source| AuthorityFault::Files { path, source })
}

fn make(folder: &Path, now: Timestamp) -> Result<(), AuthorityFault> {
    tracing::info!("making the practice certificate authority");
    let now = now.as_second();
    let leaf_life = Validity(now - DAY, now + 10 * YEAR);
    let home = Issuer::make("Utpost øvingsmiljø", now)?;
    let abroad = Issuer::make("Utpost øvingsmiljø", now)?;

    let (root, intermediate) = (home.root.to_pem()?, home.intermediate.to_pem()?);
    write(folder, ROOT, &root)?;
    write(folder, INTERMEDIATE, &intermediate)?;
    write(
        folder,
        "ca.key.pem",
        &home.root_key.private_key_to_pem_pkcs8()?,
    )?;
    write(
        folder,
        "intermediate.key.pem",
        &home.key.private_key_to_pem_pkcs8()?,
    )?;
    write(folder, "foreign-ca.pem", &abroad.root.to_pem()?)?;
    write(
        folder,
        "foreign-intermediate.pem",
        &abroad.intermediate.to_pem()?,
    )?;

    let issue = |number: &str, name: &str| -> Result<Identity, AuthorityFault> {
        let key = PKey::from_rsa(Rsa::generate(2048)?)?;
        let certificate = home.enterprise(number, name, &key, leaf_life)?;
        let identity = Identity { key, certificate };
        write_identity(folder, number, &identity)?;
        Ok(identity)
    };
    let agency = issue(AGENCY, AGENCY_NAME)?;
    let neighbour = issue(NEIGHBOUR, "Nabovik kommune")?;
    let digipost = issue(DIGIPOST, DIGIPOST_NAME)?;
    issue(EBOKS, "e-Boks (øving)")?;
    issue(PRINT, "Utskriftstjenesten (øving)")?;

    let foreign_key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let foreign = Identity {
        certificate: abroad.enterprise(DIGIPOST, DIGIPOST_NAME, &foreign_key, leaf_life)?,
        key: foreign_key,
    };
    write_identity(folder, "foreign", &foreign)?;

    let past = Validity(now - 3 * YEAR, now - 30 * DAY);
    let expired = home.enterprise(DIGIPOST, DIGIPOST_NAME, &digipost.key, past)?;
    write(folder, "expired.cert.pem", &expired.to_pem()?)?;
    let ahead = Validity(now + 15 * YEAR, now + 18 * YEAR);
    let future = home.enterprise(DIGIPOST, DIGIPOST_NAME, &digipost.key, ahead)?;
    write(folder, "not-yet-valid.cert.pem", &future.to_pem()?)?;

    let mut secret = [0; 16];
    openssl::rand::rand_bytes(&mut secret)?;
    let password: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    write(folder, AGENCY_P12_PASSWORD, password.as_bytes())?;
    write(folder, AGENCY_P12, &home.pkcs12(&agency, &password)?)?;
    write(
        folder,
        "neighbour.p12",
        &home.pkcs12(&neighbour, &password)?,
    )?;
    // The agency's own key in certificates that must be refused, for practising the refusals.
    let own = |certificate: X509| Identity {
        certificate,
        key: agency.key.clone(),
    };
    let expired = own(home.enterprise(AGENCY, AGENCY_NAME, &agency.key, past)?);
    write(
        folder,
        "agency-expired.p12",
        &home.pkcs12(&expired, &password)?,
    )?;
    let foreign = own(abroad.enterprise(AGENCY, AGENCY_NAME, &agency.key, leaf_life)?);
    write(
        folder,
        "agency-foreign.p12",
        &abroad.pkcs12(&foreign, &password)?,
    )?;

    let token_key = Rsa::generate(2048)?;
    write(folder, TOKEN_KEY, &token_key.private_key_to_pem()?)?;

    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let server_key = PKey::from_ec_key(EcKey::generate(&curve)?)?;
    // Callers judge it by the machine's clock, and `now` may be far ahead of that.
    let server_life = Validity(now - 10 * YEAR, now + 10 * YEAR);
    let mut server = home.server(&server_key, server_life)?.to_pem()?;
    server.extend_from_slice(&intermediate);
    write(folder, SERVER_KEY, &server_key.private_key_to_pem_pkcs8()?)?;
    write(folder, SERVER_CHAIN, &server)?;
    write(folder, COMPLETE, b"1\n")
}

fn write_identity(folder: &Path, name: &str, identity: &Identity) -> Result<(), AuthorityFault> {
    let key = identity.key.private_key_to_pem_pkcs8()?;
    write(folder, &format!("{name}.key.pem"), &key)?;
    write(
        folder,
        &format!("{name}.cert.pem"),
        &identity.certificate.to_pem()?,
    )
}

/// First and last second of validity, Unix time.
#[derive(Clone, Copy)]
struct Validity(i64, i64);

struct Issuer {
    root: X509,
    root_key: PKey<Private>,
    intermediate: X509,
    key: PKey<Private>,
}

impl Issuer {
    fn make(organisation: &str, now: i64) -> Result<Self, ErrorStack> {
        let life = Validity(now - 10 * YEAR, now + 25 * YEAR);
        let name = |cn: &str| -> Result<X509Name, ErrorStack> {
            name(&[("C", "NO"), ("O", organisation), ("CN", cn)])
        };

        let root_key = PKey::from_rsa(Rsa::generate(2048)?)?;
        let root_name = name("Utpost øvingsmiljø rot (practice root)")?;
        let mut root = start(&root_name, &root_name, &root_key, life)?;
        root.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        authority_usage(&mut root)?;
        root.sign(&root_key, MessageDigest::sha256())?;
        let root = root.build();

        let key = PKey::from_rsa(Rsa::generate(2048)?)?;
        let issuing = name("Utpost øvingsmiljø utsteder (practice issuer)")?;
        let mut intermediate = start(&issuing, root.subject_name(), &key, life)?;
        let constraints = BasicConstraints::new().critical().ca().pathlen(0).build()?;
        intermediate.append_extension(constraints)?;
        authority_usage(&mut intermediate)?;
        issued_by(&mut intermediate, &root)?;
        intermediate.sign(&root_key, MessageDigest::sha256())?;
        Ok(Self {
            root,
            root_key,
            intermediate: intermediate.build(),
            key,
        })
    }

    fn enterprise(
        &self,
        number: &str,
        organisation: &str,
        key: &PKey<Private>,
        life: Validity,
    ) -> Result<X509, ErrorStack> {
        let subject = name(&[
            ("C", "NO"),
            ("O", organisation),
            ("2.5.4.97", &format!("NTRNO-{number}")),
            ("CN", &format!("{organisation} – Utpost øvingsmiljø")),
        ])?;
        let mut leaf = start(&subject, self.intermediate.subject_name(), key, life)?;
        leaf.append_extension(BasicConstraints::new().critical().build()?)?;
        let usage = KeyUsage::new()
            .critical()
            .digital_signature()
            .key_encipherment()
            .build()?;
        leaf.append_extension(usage)?;
        self.finish(leaf)
    }

    fn server(&self, key: &PKey<Private>, life: Validity) -> Result<X509, ErrorStack> {
        let subject = name(&[
            ("C", "NO"),
            ("O", "Utpost øvingsmiljø"),
            ("CN", "localhost"),
        ])?;
        let mut leaf = start(&subject, self.intermediate.subject_name(), key, life)?;
        leaf.append_extension(BasicConstraints::new().critical().build()?)?;
        leaf.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        leaf.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .ip("127.0.0.1")
            .build(&leaf.x509v3_context(None, None))?;
        leaf.append_extension(names)?;
        self.finish(leaf)
    }

    fn finish(&self, mut leaf: X509Builder) -> Result<X509, ErrorStack> {
        issued_by(&mut leaf, &self.intermediate)?;
        leaf.sign(&self.key, MessageDigest::sha256())?;
        Ok(leaf.build())
    }

    fn pkcs12(&self, identity: &Identity, password: &str) -> Result<Vec<u8>, ErrorStack> {
        let mut chain = Stack::new()?;
        chain.push(self.intermediate.clone())?;
        chain.push(self.root.clone())?;
        Pkcs12::builder()
            .name("virksomhetssertifikat")
            .pkey(&identity.key)
            .cert(&identity.certificate)
            .ca(chain)
            .build2(password)?
            .to_der()
    }
}

fn name(parts: &[(&str, &str)]) -> Result<X509Name, ErrorStack> {
    let mut builder = X509NameBuilder::new()?;
    for (field, value) in parts {
        builder.append_entry_by_text(field, value)?;
    }
    Ok(builder.build())
}

fn start(
    subject: &X509Name,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
    Validity(from, until): Validity,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::ONE, false)?;
    let serial = serial.to_asn1_integer()?;
    let (from, until) = (Asn1Time::from_unix(from)?, Asn1Time::from_unix(until)?);
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&from)?;
    builder.set_not_after(&until)?;
    let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(identifier)?;
    Ok(builder)
}

fn authority_usage(builder: &mut X509Builder) -> Result<(), ErrorStack> {
    builder.append_extension(
        KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()?,
    )
}

fn issued_by(builder: &mut X509Builder, issuer: &X509) -> Result<(), ErrorStack> {
    let identifier = AuthorityKeyIdentifier::new()
        .keyid(true)
        .build(&builder.x509v3_context(Some(issuer), None))?;
    builder.append_extension(identifier)
}
