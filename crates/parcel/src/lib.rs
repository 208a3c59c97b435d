//! Documents to a signed, encrypted package and back, bytes to bytes.
//!
//! A package is what a mailbox receives in Digital Post til Innbygger: a manifest and the documents
//! in an ASiC-E container (ETSI TS 102 918) under one XAdES signature (ETSI TS 101 903), encrypted
//! as a whole into a CMS message (RFC 5652) that only the recipient can open. The way there has
//! three stations, and nothing can skip one:
//!
//! ```text
//! Parcel::new ── limits kept, manifest written
//!    └ sign ──► SignedParcel ── every document read once, digests signed
//!         └ seal ──► SealedParcel ── every document read again, zipped, encrypted, on disk, synced
//! ```
//!
//! No algorithm can be chosen. The key and the initialisation vector are new for every package.
//! Only ciphertext reaches the disk, and memory stays the same however long the letter is.
//!
//! ```no_run
//! # use std::{error::Error, path::Path};
//! # use jiff::Timestamp;
//! # use utpost_domain::MailboxAddress;
//! # use utpost_parcel::{Document, Limits, Parcel, SealedParcel, Sender};
//! # use utpost_pki::{Signer, VerifiedCertificate};
//! fn seal(
//!     sender: Sender,
//!     mailbox: MailboxAddress,
//!     letter: Document<'_>,
//!     signer: &dyn Signer,
//!     recipient: &VerifiedCertificate,
//! ) -> Result<SealedParcel, Box<dyn Error>> {
//!     let parcel = Parcel::new(sender, Some(mailbox), letter, vec![], Limits::default())?;
//!     let signed = parcel.sign(signer, Timestamp::now())?;
//!     Ok(signed.seal(recipient, Path::new("letter.cms"), &mut |_bytes| {})?)
//! }
//! ```
//!
//! [`open()`] goes the other way for packages of any sender, and verifies all that can be verified
//! without knowing whom to trust; that judgement is the caller's, with
//! [`utpost_pki::TrustPolicy`].

mod names;
mod open;
mod seal;

pub use open::container::ContainerFault;
pub use open::manifest::{ListedDocument, Manifest, ManifestFault};
pub use open::signature::PackageSignatureFault;
pub use open::{OpenFault, Opened, open};
pub use seal::{Document, Limits, Parcel, ParcelFault, SealedParcel, Sender, SignedParcel, Source};
