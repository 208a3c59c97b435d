//! Who is trusted: a list of fingerprints, and the path to one of them.

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use utpost_domain::OrgNumber;
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use crate::certificate::Certificate;

/// The authorities of one environment.
///
/// For test and production the policy carries only the SHA-256 fingerprints of the authorities
/// that issue Norwegian enterprise certificates. The certificates themselves are found elsewhere
/// and handed in with [`TrustPolicy::add_certificates`] or come along with a message; one whose
/// fingerprint is not on the list is never trusted, whoever hands it in. The practice policy trusts
/// exactly one root, made on this machine. A practice root is on neither list, so no certificate
/// of practice can pass in test or production, nor the reverse.
#[derive(Debug, Clone)]
pub struct TrustPolicy {
    admitted: Admitted,
    certificates: Vec<Certificate>,
}

#[derive(Debug, Clone)]
enum Admitted {
    /// Lower-case hexadecimal SHA-256 of roots and intermediates.
    Listed(&'static [&'static str]),
    /// This root, and intermediates that prove to come from it.
    Root(Certificate),
}

/// What a certificate is asked to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Its holder signed something.
    Signing,
    /// Something is to be encrypted to its holder.
    Encryption,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// The certificate, or one above it, has run out.
    #[error("certificate has expired")]
    Expired,
    /// Its validity, or that of one above it, has not begun.
    #[error("certificate is not yet valid")]
    NotYetValid,
    /// No path to a trusted authority is known. A certificate handed in later may mend it.
    #[error("issuer of the certificate is not known")]
    UnknownIssuer,
    /// It vouches for itself.
    #[error("certificate is self-signed")]
    SelfSigned,
    /// The key usage bits do not allow the purpose.
    #[error("certificate is made for another use")]
    WrongUsage,
    /// It does not say what it may be used for, which the issuers' rules demand.
    #[error("certificate does not state its use")]
    UsageMissing,
    /// Not an RSA key.
    #[error("certificate key is not RSA")]
    KeyNotRsa,
    /// RSA under 2048 bits.
    #[error("certificate key is too small")]
    KeyTooSmall,
    /// No valid organisation number in the subject.
    #[error("certificate names no organisation")]
    NoOrganisation,
    /// The path breaks one of the rules of RFC 5280: a signature, a critical extension, a limit.
    #[error("certificate path is not valid")]
    Path(#[source] webpki::Error),
}

/// A certificate found good for one purpose at one time. Only [`TrustPolicy::verify`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedCertificate {
    path: Vec<Certificate>,
    leaf: Certificate,
    organisation: OrgNumber,
    purpose: Purpose,
}

impl VerifiedCertificate {
    /// The certificate itself.
    pub fn certificate(&self) -> &Certificate {
        &self.leaf
    }

    /// The organisation it was issued to.
    pub fn organisation(&self) -> OrgNumber {
        self.organisation
    }

    /// From the certificate itself up to and including the root.
    pub fn path(&self) -> &[Certificate] {
        &self.path
    }

    /// What it was found good for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
}

impl TrustPolicy {
    /// Authorities of production: Buypass and Commfides.
    pub fn production() -> Self {
        Self {
            admitted: Admitted::Listed(&PRODUCTION),
            certificates: Vec::new(),
        }
    }

    /// The same two issuers' authorities for test.
    pub fn test() -> Self {
        Self {
            admitted: Admitted::Listed(&TEST),
            certificates: Vec::new(),
        }
    }

    /// Exactly this root.
    pub fn practice(root: Certificate) -> Self {
        Self {
            certificates: vec![root.clone()],
            admitted: Admitted::Root(root),
        }
    }

    /// Hands in certificates that were found somewhere; returns how many of them the policy took.
    /// Doubles and strangers are left out.
    pub fn add_certificates(&mut self, found: impl IntoIterator<Item = Certificate>) -> usize {
        let before = self.certificates.len();
        for certificate in found {
            if self.admits(&certificate) && !self.certificates.contains(&certificate) {
                self.certificates.push(certificate);
            }
        }
        self.certificates.len() - before
    }

    /// The certificates the policy holds, in the order they were handed in.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Finds `leaf` good for `purpose` at the time `at`, or says why not. `extra` are certificates
    /// that came with a message; they count only as far as the policy admits them. No extended key
    /// usage is demanded: enterprise certificates carry none, or one that says nothing here.
    /// Revocation is not looked up.
    ///
    /// # Errors
    /// The first [`TrustFault`] found: use and key of the leaf, its dates, then its path.
    pub fn verify(
        &self,
        leaf: &Certificate,
        extra: &[Certificate],
        at: Timestamp,
        purpose: Purpose,
    ) -> Result<VerifiedCertificate, TrustFault> {
        if leaf.is_self_signed() {
            return Err(TrustFault::SelfSigned);
        }
        let usage = leaf.usage().ok_or(TrustFault::UsageMissing)?;
        let fits = match purpose {
            Purpose::Signing => usage.may_sign(),
            Purpose::Encryption => usage.may_encrypt(),
        };
        if !fits {
            return Err(TrustFault::WrongUsage);
        }
        if leaf.key_bits().ok_or(TrustFault::KeyNotRsa)? < MINIMUM_KEY_BITS {
            return Err(TrustFault::KeyTooSmall);
        }
        within_validity(leaf, at)?;
        let organisation = leaf.organisation().ok_or(TrustFault::NoOrganisation)?;
        let path = self.path(leaf, extra, at)?;
        Ok(VerifiedCertificate {
            path,
            leaf: leaf.clone(),
            organisation,
            purpose,
        })
    }

    fn admits(&self, certificate: &Certificate) -> bool {
        match &self.admitted {
            Admitted::Listed(list) => list.contains(&certificate.fingerprint().hex().as_str()),
            Admitted::Root(root) => {
                certificate == root
                    || (certificate.is_issued_by(root) && !certificate.is_self_signed())
            }
        }
    }

    fn path(
        &self,
        leaf: &Certificate,
        extra: &[Certificate],
        at: Timestamp,
    ) -> Result<Vec<Certificate>, TrustFault> {
        let (roots, intermediates): (Vec<&Certificate>, Vec<&Certificate>) = self
            .certificates
            .iter()
            .chain(extra.iter().filter(|certificate| self.admits(certificate)))
            .partition(|certificate| certificate.is_self_signed());
        let root_ders: Vec<CertificateDer<'_>> = roots
            .iter()
            .map(|root| CertificateDer::from(root.der()))
            .collect();
        let anchors: Vec<TrustAnchor<'_>> = root_ders
            .iter()
            .map(webpki::anchor_from_trusted_cert)
            .collect::<Result<_, _>>()
            .map_err(TrustFault::Path)?;
        let between: Vec<CertificateDer<'_>> = intermediates
            .iter()
            .map(|one| CertificateDer::from(one.der()))
            .collect();

        let leaf_der = CertificateDer::from(leaf.der());
        let end = EndEntityCert::try_from(&leaf_der).map_err(path_fault)?;
        let seconds = u64::try_from(at.as_second()).map_err(|_| TrustFault::NotYetValid)?;
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let found = end
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchors,
                &between,
                time,
                AnyExtendedUse,
                None,
                None,
            )
            .map_err(path_fault)?;

        let mut path = vec![leaf.clone()];
        let known = |der: &[u8]| intermediates.iter().find(|one| one.der() == der);
        path.extend(
            found
                .intermediate_certificates()
                .filter_map(|one| known(&one.der()))
                .copied()
                .cloned(),
        );
        let root = anchors
            .iter()
            .position(|anchor| anchor == found.anchor())
            .and_then(|at| roots.get(at))
            .ok_or(TrustFault::UnknownIssuer)?;
        // An anchor's dates are nobody's business to webpki.
        within_validity(root, at)?;
        path.push((*root).clone());
        Ok(path)
    }
}

const MINIMUM_KEY_BITS: usize = 2048;

fn within_validity(certificate: &Certificate, at: Timestamp) -> Result<(), TrustFault> {
    let (from, until) = certificate.validity();
    if at < from {
        Err(TrustFault::NotYetValid)
    } else if at > until {
        Err(TrustFault::Expired)
    } else {
        Ok(())
    }
}

fn path_fault(error: webpki::Error) -> TrustFault {
    match error {
        webpki::Error::UnknownIssuer => TrustFault::UnknownIssuer,
        webpki::Error::CertExpired { .. } => TrustFault::Expired,
        webpki::Error::CertNotValidYet { .. } => TrustFault::NotYetValid,
        webpki::Error::CaUsedAsEndEntity => TrustFault::WrongUsage,
        other => TrustFault::Path(other),
    }
}

struct AnyExtendedUse;

impl ExtendedKeyUsageValidator for AnyExtendedUse {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

const PRODUCTION: [&str; 8] = [
    // Buypass Class 3 CA G2 HT Business
    "0ef5cedce44265b112785b359a21141e20f553aada4c579404617b5ca6046be9",
    // Buypass Class 3 CA G2 ST Business
    "45e05831cddac1f2b96dc8ca54620834c87649e9ffd3b26d7dad2ad07f807232",
    // Buypass Class 3 Root CA G2 HT
    "ab936dfd7f171d3a3cbd08f9bebdc3f3baaabaa79df6a908f8a7b0128627f187",
    // Buypass Class 3 Root CA G2 ST
    "f8c16c6b4fd45cb0672e16582b8805f1cafd0c48d866f4ed895b30e352a9faa6",
    // Buypass Class 3 CA 3
    "c49c350e5a8205e063e74c554a994335b8435c996527d4ef1a2b0c7b51584b2d",
    // Buypass Class 3 Root CA
    "edf7ebbca27a2a384d387b7d4010c666e2edb4843e4c29b4ae1d5b9332e6b24d",
    // Commfides Legal Person - G3
    "318aa99dfbe3d5cf10bf1e3a5e8bd921d55c68a70901dadc2cb6ed77ac363501",
    // Commfides Root CA - G3
    "5ad1a2b5dae0ce7daeb4d15e3676002da387ed852c1667b1a80543c474a41ec7",
];

const TEST: [&str; 8] = [
    // Buypass Class 3 Test4 CA G2 HT Business
    "2c9e0ec146f148eda7c5dd05559ccd2261e0c0d66f638864fae21c7756de7210",
    // Buypass Class 3 Test4 CA G2 ST Business
    "2f36956beb4de4907a3a0fb09437d7d532f4a12504473a00c12ceb028df54a28",
    // Buypass Class 3 Test4 Root CA G2 HT
    "52a09cf14587d7a5be5f3dc64754125822faeea5d75d15fd961e63c6f63d3f70",
    // Buypass Class 3 Test4 Root CA G2 ST
    "760637a0f7da3a3876f601f96b8cf2ceb4fef80b76bd6f052e7bcb0041da350d",
    // Buypass Class 3 Test4 CA 3
    "b761abd7a4c478b33be382be511943c20e50950b3b2899875a692e1bef2bdc1b",
    // Buypass Class 3 Test4 Root CA
    "2a8475824d9ba398170031b9b398222f857a59bdc5cc3b49005eafdb55955da4",
    // Commfides Legal Person - G3 - TEST
    "94bb0e8701b61794d5d0c3154204571096b23c78b33c87e7f942097030e526d9",
    // Commfides Root CA - G3 - TEST
    "97ea39029d946583d44539519a1f2cae4a40f9733d17dac18457246af5654325",
];
