//! Which certificate may be trusted to sign, and whose it is.

use std::cmp::Ordering;

use jiff::Timestamp;
use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509NameRef, X509Ref, X509StoreContext, X509VerifyResult};
use utpost_domain::OrgNumber;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::KeyUsage;

/// Roots that are trusted, and issuing certificates that are known. Messages and receipts carry the
/// signer's own certificate only, so the issuing ones must be known.
#[derive(Clone)]
pub struct Trust {
    roots: Vec<X509>,
    intermediates: Vec<X509>,
}

/// A certificate that was trusted to sign, and the organisation it names.
#[derive(Clone)]
pub struct Signer {
    /// The organisation.
    pub organisation: OrgNumber,
    /// Its certificate.
    pub certificate: X509,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// Its validity is over, or that of an issuer.
    #[error("certificate has expired")]
    Expired,
    /// Its validity has not begun, or that of an issuer.
    #[error("certificate is not yet valid")]
    NotYetValid,
    /// No path to a trusted root.
    #[error("certificate has no path to a trusted root")]
    UnknownIssuer,
    /// It signed itself.
    #[error("certificate is self-signed")]
    SelfSigned,
    /// Key usage is absent, not critical, or without digitalSignature.
    #[error("certificate is not for signing")]
    WrongUsage,
    /// Not RSA, or under 2048 bits.
    #[error("certificate's key is not RSA of 2048 bits or more")]
    WeakKey,
    /// No organisation number in the subject.
    #[error("certificate names no organisation")]
    NoOrganisation,
    /// It could not be read.
    #[error("certificate cannot be read")]
    Unreadable,
}

impl Trust {
    /// Trusts `roots`; `intermediates` only help to find the path.
    #[must_use]
    pub fn new(roots: Vec<X509>, intermediates: Vec<X509>) -> Self {
        Self {
            roots,
            intermediates,
        }
    }

    /// Whether `certificate` is one of the roots, byte for byte.
    pub(super) fn is_root(&self, certificate: &X509) -> bool {
        let der = certificate.to_der().ok();
        der.is_some() && self.roots.iter().any(|root| root.to_der().ok() == der)
    }

    /// Checks a certificate for signing at an instant, with the issuing certificates that are known.
    ///
    /// # Errors
    /// The first [`TrustFault`].
    pub fn signer(&self, certificate: X509, at: Timestamp) -> Result<Signer, TrustFault> {
        self.signer_through(certificate, &self.intermediates, at)
    }

    /// The same, when the path must go through `path` and no other issuing certificate.
    pub(super) fn signer_through(
        &self,
        certificate: X509,
        path: &[X509],
        at: Timestamp,
    ) -> Result<Signer, TrustFault> {
        let issuer = certificate.issuer_name();
        if certificate
            .subject_name()
            .try_cmp(issuer)
            .is_ok_and(Ordering::is_eq)
        {
            return Err(TrustFault::SelfSigned);
        }
        self.check_path(&certificate, path, at)?;
        check_usage(&certificate)?;
        check_key(&certificate)?;
        Ok(Signer {
            organisation: organisation(&certificate)?,
            certificate,
        })
    }

    fn check_path(&self, leaf: &X509Ref, path: &[X509], at: Timestamp) -> Result<(), TrustFault> {
        const NOT_YET_VALID: i32 = 9;
        const EXPIRED: i32 = 10;
        let result = self
            .verify(leaf, path, at)
            .map_err(|_| TrustFault::Unreadable)?;
        match result.as_raw() {
            0 => Ok(()),
            NOT_YET_VALID => Err(TrustFault::NotYetValid),
            EXPIRED => Err(TrustFault::Expired),
            _ => Err(TrustFault::UnknownIssuer),
        }
    }

    fn verify(
        &self,
        leaf: &X509Ref,
        path: &[X509],
        at: Timestamp,
    ) -> Result<X509VerifyResult, ErrorStack> {
        let mut time = X509VerifyParam::new()?;
        time.set_time(at.as_second());
        let mut store = X509StoreBuilder::new()?;
        for root in &self.roots {
            store.add_cert(root.clone())?;
        }
        store.set_param(&time)?;
        let store = store.build();
        let mut known = Stack::new()?;
        for certificate in path {
            known.push(certificate.clone())?;
        }
        let mut context = X509StoreContext::new()?;
        context.init(&store, leaf, &known, |context| {
            let verified = context.verify_cert()?;
            let error = context.error();
            Ok(match (verified, error == X509VerifyResult::OK) {
                (true, _) => X509VerifyResult::OK,
                (false, false) => error,
                (false, true) => X509VerifyResult::APPLICATION_VERIFICATION,
            })
        })
    }
}

fn check_usage(certificate: &X509Ref) -> Result<(), TrustFault> {
    let der = certificate.to_der().map_err(|_| TrustFault::Unreadable)?;
    let parsed = Certificate::from_der(&der).map_err(|_| TrustFault::Unreadable)?;
    match parsed.tbs_certificate().get_extension::<KeyUsage>() {
        Ok(Some((true, usage))) if usage.digital_signature() => Ok(()),
        Ok(_) => Err(TrustFault::WrongUsage),
        Err(_) => Err(TrustFault::Unreadable),
    }
}

fn check_key(certificate: &X509Ref) -> Result<(), TrustFault> {
    let key = certificate
        .public_key()
        .map_err(|_| TrustFault::Unreadable)?;
    match key.id() == Id::RSA && key.bits() >= 2048 {
        true => Ok(()),
        false => Err(TrustFault::WeakKey),
    }
}

/// The organisation a certificate's subject names: organizationIdentifier (`NTRNO-` and nine
/// digits, the prefix optional), else serialNumber of nine digits, else a common name that begins
/// with nine digits. This is the order of SEID 2 before SEID 1.
///
/// # Errors
/// [`TrustFault::NoOrganisation`].
pub fn organisation(certificate: &X509Ref) -> Result<OrgNumber, TrustFault> {
    // "2.5.4.97" is organizationIdentifier, which this binding has no constant for.
    let identifier = Asn1Object::from_str("2.5.4.97").map_err(|_| TrustFault::NoOrganisation)?;
    let subject = certificate.subject_name();
    entry(subject, identifier.nid())
        .and_then(|text| number(text.strip_prefix("NTRNO-").unwrap_or(&text)))
        .or_else(|| entry(subject, Nid::SERIALNUMBER).and_then(|text| number(&text)))
        .or_else(|| entry(subject, Nid::COMMONNAME).and_then(|text| number(text.get(..9)?)))
        .ok_or(TrustFault::NoOrganisation)
}

/// The text of the only subject attribute of this kind.
fn entry(name: &X509NameRef, kind: Nid) -> Option<String> {
    let mut found = name.entries_by_nid(kind);
    let text = found.next()?.data().to_string().ok();
    match found.next() {
        Some(_) => None,
        None => text,
    }
}

fn number(text: &str) -> Option<OrgNumber> {
    let nine = text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    nine.then(|| OrgNumber::parse(text).ok()).flatten()
}
