//! The mailbox's checks on a letter that lies on disk, at a date of one's choosing.
//!
//! For learning why a package is refused, ours or another sender's. No service calls it: what a
//! replay can't check it says, and a real check never may.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::x509::X509;
use utpost_domain::OrgNumber;

use crate::checks::trust::Trust;
use crate::checks::{self, Takes, Verdict};

/// A letter on disk and the surroundings to judge it in.
#[derive(Debug, Clone, Copy)]
pub struct ReplayFiles<'a> {
    /// The signed message, compact JWS.
    pub message: &'a Path,
    /// The encrypted package.
    pub package: &'a Path,
    /// PKCS#12 with the recipient's certificate and key.
    pub recipient: &'a Path,
    /// Its password.
    pub password: &'a str,
    /// PEM: issuing certificates, roots among them.
    pub issuers: &'a Path,
    /// `iss` that the token must name.
    pub token_issuer: &'a str,
    /// The provider it was addressed to.
    pub provider: OrgNumber,
    /// What that provider takes.
    pub takes: Takes,
    /// The date certificates are judged at.
    pub at: Timestamp,
}

/// Why a replay could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// A file could not be read.
    #[error("a file could not be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The recipient's file is no PKCS#12, or the password is wrong.
    #[error("the key file could not be opened")]
    Recipient(#[source] ErrorStack),
    /// The issuing certificates are not PEM.
    #[error("the issuing certificates could not be read")]
    Issuers(#[source] ErrorStack),
    /// The PKCS#12 file lacks certificate or key.
    #[error("the key file holds no key with its certificate")]
    NoKey,
}

/// Runs every check of a mailbox or print provider that can be made without its surroundings.
///
/// # Errors
/// [`ReplayFault`] for files that can't be used; what is wrong with the letter is in the verdict.
pub fn replay_files(files: &ReplayFiles<'_>) -> Result<Verdict, ReplayFault> {
    let jwt = read(files.message)?;
    let cms = read(files.package)?;
    let (recipient, issuers) = (read(files.recipient)?, read(files.issuers)?);
    let recipient = Pkcs12::from_der(&recipient)
        .and_then(|file| file.parse2(files.password))
        .map_err(ReplayFault::Recipient)?;
    let (Some(certificate), Some(key)) = (recipient.cert, recipient.pkey) else {
        return Err(ReplayFault::NoKey);
    };
    let (roots, intermediates) = X509::stack_from_pem(&issuers)
        .map_err(ReplayFault::Issuers)?
        .into_iter()
        .partition(|one| {
            one.issuer_name()
                .try_cmp(one.subject_name())
                .is_ok_and(|o| o.is_eq())
        });
    let (verdict, _) = checks::replay(checks::Replay {
        jwt: jwt.trim_ascii(),
        cms: &cms,
        certificate: &certificate,
        key: &key,
        organisation: files.provider,
        takes: files.takes,
        token_issuer: files.token_issuer,
        trust: &Trust::new(roots, intermediates),
        // Who is registered with the provider is not known here.
        is_registered: &|_, _| true,
        at: files.at,
    });
    Ok(verdict)
}

fn read(path: &Path) -> Result<Vec<u8>, ReplayFault> {
    fs::read(path).map_err(|source| ReplayFault::File {
        path: path.to_owned(),
        source,
    })
}
