//! Which certificate may be trusted for what, and when.
//!
//! Three promises. A private key is only ever asked to sign ([`Signer`]) or to unwrap one content
//! key ([`RecipientKey`]); it never leaves its holder and never prints. A [`VerifiedCertificate`]
//! exists only because [`TrustPolicy::verify`] found a path to an authority on the policy's list.
//! Organisation numbers are read from the subject alone, so that the issuer's own number can never
//! be taken for the agency's.
//!
//! ```no_run
//! # use std::error::Error;
//! # use jiff::Timestamp;
//! # use utpost_domain::OrgNumber;
//! # use utpost_pki::{Certificate, Purpose, TrustPolicy};
//! fn who_signed(leaf: &[u8], authorities: Vec<Certificate>) -> Result<OrgNumber, Box<dyn Error>> {
//!     let mut policy = TrustPolicy::production();
//!     policy.add_certificates(authorities);
//!     let leaf = Certificate::parse_der(leaf)?;
//!     Ok(policy.verify(&leaf, &[], Timestamp::now(), Purpose::Signing)?.organisation())
//! }
//! ```

mod certificate;
mod key;
mod name;
mod rs;
mod trust;

pub use certificate::{Certificate, CertificateFault, KeyUsage};
pub use key::{KeySourceFault, Oaep, RecipientKey, SignFault, Signer, SoftwareSigner, UnwrapFault};
pub use rs::{Rs, SignatureFault, verify_rs};
pub use trust::{Purpose, TrustFault, TrustPolicy, VerifiedCertificate};
