//! Sealing: documents to a package on disk.

mod container;
mod envelope;
mod file;
mod manifest;
mod signature;
mod xml;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use utpost_domain::{Digest, FileName, Language, MailboxAddress, MediaType, OrgNumber, Title};
use utpost_pki::{Purpose, SignFault, Signer, VerifiedCertificate};

use crate::names::{ASIC_E, MANIFEST_ENTRY, MANIFEST_TYPE, MIMETYPE_ENTRY, SIGNATURES_ENTRY};
use container::Container;
use envelope::Envelope;
use file::UnfinishedFile;

/// A document's bytes, wherever they lie. They are read twice, once to be signed and once to be
/// packed, so both readings must give the same.
pub trait Source {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts reading from the first byte.
    ///
    /// # Errors
    /// When the bytes are not to be had. The error's text is kept as a source, never shown.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

/// One file of the letter.
#[derive(Clone)]
pub struct Document<'a> {
    /// What the citizen sees.
    pub title: Title,
    /// The language of the title.
    pub language: Language,
    /// The entry's name inside the package.
    pub file_name: FileName,
    /// Its type.
    pub media_type: MediaType,
    /// Its bytes.
    pub source: &'a dyn Source,
}

/// The agency on whose behalf the letter goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Its number.
    pub organisation: OrgNumber,
    /// A unit registered with the mailbox suppliers (avsenderidentifikator), 1 to 100 characters.
    pub unit: Option<String>,
    /// A reference for the suppliers' invoice (fakturaReferanse), 1 to 40 characters.
    pub invoice_reference: Option<String>,
}

/// What an access point takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of all documents together, before packing.
    pub bytes: u64,
}

impl Default for Limits {
    /// 50 000 000 bytes.
    fn default() -> Self {
        Self { bytes: 50_000_000 }
    }
}

/// Why a letter cannot become a package. Documents are counted from 0, the main document.
#[derive(Debug, thiserror::Error)]
pub enum ParcelFault {
    /// More than 200 attachments.
    #[error("more than 200 attachments")]
    TooManyAttachments,
    /// Two entries would have one name, if only for case.
    #[error("document {which} repeats a file name")]
    DuplicateFileName {
        /// The later of the two.
        which: usize,
    },
    /// Two attachments would have one title, if only for case: a mailbox refuses the letter.
    #[error("document {which} repeats a title")]
    DuplicateTitle {
        /// The later of the two.
        which: usize,
    },
    /// A document without bytes.
    #[error("document {which} is empty")]
    EmptyDocument {
        /// The document.
        which: usize,
    },
    /// The print provider takes PDF only.
    #[error("document {which} cannot be printed")]
    NotPrintable {
        /// The document.
        which: usize,
    },
    /// The documents together are over the limit.
    #[error("documents are {bytes} bytes, over {limit}")]
    TooLarge {
        /// Their sum.
        bytes: u64,
        /// What is allowed.
        limit: u64,
    },
    /// [`Sender::unit`] is empty or over 100 characters.
    #[error("sender unit is empty or too long")]
    SenderUnit,
    /// [`Sender::invoice_reference`] is empty or over 40 characters.
    #[error("invoice reference is empty or too long")]
    InvoiceReference,
    /// A text holds a character that XML 1.0 cannot carry.
    #[error("text holds a character that XML forbids")]
    ForbiddenCharacter,
    /// A document's bytes are not to be had.
    #[error("document {which} cannot be read")]
    DocumentUnreadable {
        /// The document.
        which: usize,
        /// What the reading said.
        source: io::Error,
    },
    /// A document had other bytes, or another length, when it was read again.
    #[error("document {which} changed while it was read")]
    DocumentChanged {
        /// The document.
        which: usize,
    },
    /// The signer's chain does not reach a root, which every package must carry.
    #[error("signer's certificate chain is not complete")]
    ChainIncomplete,
    /// The key did not sign.
    #[error("parcel could not be signed")]
    Sign(#[from] SignFault),
    /// The recipient's certificate was verified for another purpose, or its key takes no
    /// encryption.
    #[error("recipient's certificate does not take encryption")]
    Recipient,
    /// The cryptographic library failed; it gives no reason.
    #[error("encryption failed")]
    Encryption,
    /// A sealed package lies there already; it is never overwritten.
    #[error("a sealed parcel exists there")]
    AlreadySealed,
    /// The package could not be written or read back.
    #[error("parcel file cannot be used")]
    File(#[source] io::Error),
    /// The file on disk is not the package that was sealed.
    #[error("parcel file is not the one that was sealed")]
    FingerprintDiffers,
}

/// A letter within the limits, its manifest written. Nothing of it has been read yet.
pub struct Parcel<'a> {
    manifest: String,
    documents: Vec<Document<'a>>,
}

impl<'a> Parcel<'a> {
    /// Checks the letter and writes its manifest. `mailbox` is the citizen's address for a digital
    /// letter; without it the letter is for the print provider, whose manifest names nobody.
    ///
    /// # Errors
    /// The first of the [`ParcelFault`]s that speak of names, titles, sizes, counts and texts.
    pub fn new(
        sender: Sender,
        mailbox: Option<MailboxAddress>,
        main: Document<'a>,
        attachments: Vec<Document<'a>>,
        limits: Limits,
    ) -> Result<Self, ParcelFault> {
        if attachments.len() > MOST_ATTACHMENTS {
            return Err(ParcelFault::TooManyAttachments);
        }
        let limit = limits.bytes.min(FORMAT_LIMIT);
        let documents: Vec<Document<'a>> = std::iter::once(main).chain(attachments).collect();
        let mut file_names = HashSet::new();
        let mut titles = HashSet::new();
        let mut bytes = 0u64;
        for (which, document) in documents.iter().enumerate() {
            if !file_names.insert(document.file_name.as_str().to_ascii_lowercase()) {
                return Err(ParcelFault::DuplicateFileName { which });
            }
            let title = document.title.expose("comparing titles").to_lowercase();
            if which > 0 && !titles.insert(title) {
                return Err(ParcelFault::DuplicateTitle { which });
            }
            if document.source.is_empty() {
                return Err(ParcelFault::EmptyDocument { which });
            }
            if mailbox.is_none() && document.media_type != MediaType::Pdf {
                return Err(ParcelFault::NotPrintable { which });
            }
            bytes = bytes.saturating_add(document.source.len());
        }
        if bytes > limit {
            return Err(ParcelFault::TooLarge { bytes, limit });
        }
        let manifest = manifest::write(&sender, mailbox.as_ref(), &documents)?;
        Ok(Self {
            manifest,
            documents,
        })
    }

    /// Reads every document once and signs their digests. `at` is written into the signature as
    /// the signing time. May block while the signer asks for a PIN.
    ///
    /// # Errors
    /// [`ParcelFault::ChainIncomplete`], [`ParcelFault::DocumentUnreadable`],
    /// [`ParcelFault::DocumentChanged`] when a document is not as long as it said, or
    /// [`ParcelFault::Sign`].
    pub fn sign(self, signer: &dyn Signer, at: Timestamp) -> Result<SignedParcel<'a>, ParcelFault> {
        if !signer
            .chain()
            .last()
            .is_some_and(|root| root.is_self_signed())
        {
            return Err(ParcelFault::ChainIncomplete);
        }
        let digests = self
            .documents
            .iter()
            .enumerate()
            .map(|(which, document)| read_through(which, document, |_| Ok(())))
            .collect::<Result<Vec<Digest>, _>>()?;

        let manifest = signature::File {
            name: MANIFEST_ENTRY,
            media_type: MANIFEST_TYPE,
            digest: Digest::of(self.manifest.as_bytes()),
        };
        let files: Vec<signature::File<'_>> = std::iter::once(manifest)
            .chain(
                self.documents
                    .iter()
                    .zip(&digests)
                    .map(|(document, digest)| signature::File {
                        name: document.file_name.as_str(),
                        media_type: document.media_type.as_str(),
                        digest: *digest,
                    }),
            )
            .collect();
        let signatures = signature::write(&files, signer, at)?;
        Ok(SignedParcel {
            manifest: self.manifest,
            documents: self.documents,
            digests,
            signatures,
        })
    }
}

/// A letter whose documents are signed as they were read.
pub struct SignedParcel<'a> {
    manifest: String,
    documents: Vec<Document<'a>>,
    digests: Vec<Digest>,
    signatures: String,
}

impl SignedParcel<'_> {
    /// Packs and encrypts the letter to `recipient`, into a file `out` that must not exist yet.
    /// The package is first written beside it under the same name with `.part` added, synced, and
    /// then renamed, and the folder synced: after success the file survives a power cut, after any
    /// fault nothing is left. `progress` hears how many bytes of the documents are packed.
    ///
    /// # Errors
    /// [`ParcelFault::Recipient`], [`ParcelFault::AlreadySealed`],
    /// [`ParcelFault::DocumentUnreadable`], [`ParcelFault::DocumentChanged`],
    /// [`ParcelFault::Encryption`] or [`ParcelFault::File`].
    pub fn seal(
        self,
        recipient: &VerifiedCertificate,
        out: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<SealedParcel, ParcelFault> {
        if recipient.purpose() != Purpose::Encryption {
            return Err(ParcelFault::Recipient);
        }
        if out.try_exists().map_err(ParcelFault::File)? {
            return Err(ParcelFault::AlreadySealed);
        }
        let envelope = Envelope::to(recipient.certificate())?;
        let file = UnfinishedFile::create(out, envelope.room()).map_err(ParcelFault::File)?;

        let mut container = Container::new(envelope.encrypt_into(file)?);
        self.fill(&mut container, progress)?;
        let encrypting = container.finish().map_err(ParcelFault::File)?;
        let (file, header) = encrypting.finish().map_err(ParcelFault::File)?;
        let (fingerprint, bytes) = file.finish(&header).map_err(ParcelFault::File)?;
        Ok(SealedParcel {
            path: out.to_owned(),
            fingerprint,
            bytes,
        })
    }

    fn fill<W: Write>(
        &self,
        container: &mut Container<W>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ParcelFault> {
        container
            .store(MIMETYPE_ENTRY, ASIC_E.as_bytes())
            .map_err(ParcelFault::File)?;
        container.deflate(MANIFEST_ENTRY, |entry| {
            write_all(entry, self.manifest.as_bytes())
        })?;
        let mut done = 0;
        for (which, document) in self.documents.iter().enumerate() {
            container.deflate(document.file_name.as_str(), |entry| {
                let digest = read_through(which, document, |chunk| {
                    write_all(entry, chunk)?;
                    done += chunk.len() as u64;
                    progress(done);
                    Ok(())
                })?;
                if self.digests.get(which) == Some(&digest) {
                    Ok(())
                } else {
                    Err(ParcelFault::DocumentChanged { which })
                }
            })?;
        }
        container.deflate(SIGNATURES_ENTRY, |entry| {
            write_all(entry, self.signatures.as_bytes())
        })
    }
}

/// A package on disk, complete and synced. Made once per letter and sent as often as need be:
/// packing again would make another package with another key and fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedParcel {
    path: PathBuf,
    fingerprint: Digest,
    bytes: u64,
}

impl SealedParcel {
    /// Takes up a package sealed earlier, after reading the whole of it.
    ///
    /// # Errors
    /// [`ParcelFault::File`] when it cannot be read, [`ParcelFault::FingerprintDiffers`] when it
    /// is not the `expected` one.
    pub fn reopen(path: &Path, expected: Digest) -> Result<Self, ParcelFault> {
        let (fingerprint, bytes) = file::fingerprint(path).map_err(ParcelFault::File)?;
        if fingerprint != expected {
            return Err(ParcelFault::FingerprintDiffers);
        }
        Ok(Self {
            path: path.to_owned(),
            fingerprint,
            bytes,
        })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the file's exact bytes, the encrypted message: the document package fingerprint
    /// that the business message carries.
    pub fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    /// The file's length.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

const MOST_ATTACHMENTS: usize = 200;
/// Far under the 4 GiB at which ZIP needs its 64-bit form, which is not written here.
const FORMAT_LIMIT: u64 = 1_000_000_000;
const CHUNK: usize = 64 * 1024;

/// Reads a document from end to end in pieces, giving each to `each`, and returns the digest. It
/// must be exactly as long as its source says.
fn read_through(
    which: usize,
    document: &Document<'_>,
    mut each: impl FnMut(&[u8]) -> Result<(), ParcelFault>,
) -> Result<Digest, ParcelFault> {
    let unreadable = |source| ParcelFault::DocumentUnreadable { which, source };
    let mut reader = document.source.open().map_err(unreadable)?;
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK];
    let mut left = document.source.len();
    loop {
        let read = match reader.read(&mut chunk) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        left = left
            .checked_sub(read as u64)
            .ok_or(ParcelFault::DocumentChanged { which })?;
        if read == 0 {
            break;
        }
        let piece = &chunk[..read];
        context.update(piece);
        each(piece)?;
    }
    if left > 0 {
        return Err(ParcelFault::DocumentChanged { which });
    }
    Ok(digest(context))
}

fn write_all(entry: &mut dyn Write, bytes: &[u8]) -> Result<(), ParcelFault> {
    entry.write_all(bytes).map_err(ParcelFault::File)
}

fn digest(context: Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(bytes)
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("media_type", &self.media_type)
            .field("bytes", &self.source.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Parcel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parcel")
            .field("documents", &self.documents)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedParcel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedParcel")
            .field("documents", &self.documents)
            .finish_non_exhaustive()
    }
}
