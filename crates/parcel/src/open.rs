//! Opening: a package of any sender to its documents, everything in it verified.

mod ber;
mod c14n;
pub(crate) mod container;
mod envelope;
pub(crate) mod manifest;
pub(crate) mod signature;

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use utpost_pki::{Certificate, RecipientKey};
use zeroize::Zeroizing;

use crate::names::{MANIFEST_ENTRY, MIMETYPE_ENTRY};
use container::{ContainerFault, Entry};
use manifest::{Manifest, ManifestFault};
use signature::PackageSignatureFault;

/// Opens an encrypted package with the recipient's key and verifies what is inside: container,
/// signature over every file, manifest. Takes BER and DER, and the profile's variants that other
/// senders use: RSAES-OAEP with SHA-1, the misprinted ASiC namespace, Canonical XML 1.1 and
/// exclusive, longer digests.
///
/// The caller compares the fingerprint of `cms` with the one in the business message first, and
/// judges [`Opened::signer`] with a [`utpost_pki::TrustPolicy`] afterwards.
///
/// # Errors
/// [`OpenFault`], naming the first layer that does not hold.
pub fn open(cms: &[u8], key: &RecipientKey) -> Result<Opened, OpenFault> {
    let zip = envelope::Envelope::parse(cms)?.decrypt(key)?;
    let entries = container::read(&zip)?;
    let signed = signature::verify(&entries)?;
    let manifest = manifest::parse(entry_named(&entries, MANIFEST_ENTRY)?)?;
    let listed = |name: &str| manifest.file_names().any(|listed| listed == name);
    if !manifest
        .file_names()
        .all(|name| entries.iter().any(|entry| entry.name == name))
    {
        return Err(ManifestFault::FileMissing.into());
    }
    let documents = |entry: &&Entry| {
        !entry.in_meta_inf() && ![MIMETYPE_ENTRY, MANIFEST_ENTRY].contains(&entry.name.as_str())
    };
    if !entries
        .iter()
        .filter(documents)
        .all(|entry| listed(&entry.name))
    {
        return Err(ManifestFault::FileUnlisted.into());
    }
    Ok(Opened {
        manifest,
        signer: signed.signer,
        certificates: signed.certificates,
        signed_at: signed.signed_at,
        entries,
    })
}

/// An opened package: who signed it when, what it says of itself, and the documents.
pub struct Opened {
    /// What the package says of sender, recipient and documents.
    pub manifest: Manifest,
    /// The certificate whose key signed the package. Not yet judged.
    pub signer: Certificate,
    /// Every certificate that came with the signature, the signer's among them.
    pub certificates: Vec<Certificate>,
    /// When the signer says to have signed.
    pub signed_at: Timestamp,
    entries: Vec<Entry>,
}

impl Opened {
    /// The bytes of the file with this name.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        entry_named(&self.entries, name).ok()
    }

    /// The names of all files, container order.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("signer", &self.signer)
            .field("signed_at", &self.signed_at)
            .field("files", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// The layer of a package that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// Not a CMS message with enveloped data.
    #[error("not an encrypted package")]
    NotAnEnvelope,
    /// Encrypted in a way that the profile does not know, for example with RSA PKCS#1 v1.5.
    #[error("package is encrypted in an unknown way")]
    UnknownEncryption,
    /// It does not open with this key. Whether it was meant for another key, wrapped wrongly, or
    /// altered is not told: a difference would let a stranger read by trying.
    #[error("package does not open")]
    Decryption,
    /// The container is not sound.
    #[error("package container is not sound")]
    Container(#[from] ContainerFault),
    /// The signature does not hold.
    #[error("package signature does not hold")]
    Signature(#[from] PackageSignatureFault),
    /// The manifest does not hold.
    #[error("package manifest does not hold")]
    Manifest(#[from] ManifestFault),
}

fn entry_named<'a>(entries: &'a [Entry], name: &str) -> Result<&'a [u8], ContainerFault> {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .map(|entry| entry.bytes.as_slice())
        .ok_or(ContainerFault::EntryMissing)
}

/// Plain text of a package, wiped when it goes.
type Plain = Zeroizing<Vec<u8>>;

/// Small documents without entities, and with few enough attributes and namespaces that what the
/// parser does in quadratic time stays short.
fn parse_xml(bytes: &[u8]) -> Option<roxmltree::Document<'_>> {
    const MOST_BYTES: usize = 1024 * 1024;
    const MOST_NODES: u32 = 50_000;
    if bytes.len() > MOST_BYTES {
        return None;
    }
    let options = roxmltree::ParsingOptions {
        nodes_limit: MOST_NODES,
        ..Default::default()
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Inside a tag there is no other `<`, so each tag is one of these pieces.
    let crowded = text.split('<').any(|tag| attributes(tag) > MOST_ATTRIBUTES)
        || prefixes_declared(text) > MOST_PREFIXES;
    if crowded {
        return None;
    }
    roxmltree::Document::parse_with_options(text, options).ok()
}

/// In one tag, namespace declarations among them.
const MOST_ATTRIBUTES: usize = 64;
/// In one document. Bounds how many are in scope at any depth.
const MOST_PREFIXES: usize = 64;

/// How many attributes a tag has, given what follows its `<`.
fn attributes(tag: &str) -> usize {
    let mut count = 0;
    let mut quote = None;
    for byte in tag.bytes() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => count += 1,
            (None, b'>') => break,
            (None, _) => {}
        }
    }
    count
}

fn prefixes_declared(text: &str) -> usize {
    let declarations = text.split("xmlns:").skip(1);
    declarations
        .filter_map(|rest| rest.split(['=', ' ', '\t', '\r', '\n']).next())
        .collect::<HashSet<_>>()
        .len()
}

#[cfg(test)]
mod tests;
