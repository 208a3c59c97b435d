//! The archive: ASiC-E in a ZIP (ETSI TS 102 918), as a receiver reads it.
//!
//! Any order of files is taken, `mimetype` and `META-INF/manifest.xml` may be missing. Everything by
//! which two readers could see different files is refused: names given twice, local headers that say
//! something else than the directory, bytes before or after the archive.

use std::io::{Cursor, Read};

use zip::{CompressionMethod, ZipArchive};

/// The content of an ASiC-E's `mimetype`, without a line feed.
pub const ASIC_E: &str = "application/vnd.etsi.asic-e+zip";

const MANIFEST: &str = "manifest.xml";
const FOLDER: &str = "META-INF/";
const ODF_MANIFEST: &str = "META-INF/manifest.xml";

/// Limits against exhaustion, in entries and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries of the archive. 410 unless set.
    pub entries: usize,
    /// Sum of the unpacked documents and metadata documents. 50 MiB unless set.
    pub documents: u64,
    /// Unpacked manifest or signature. 1 MiB unless set.
    pub descriptions: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 410,
            documents: 50 * 1024 * 1024,
            descriptions: 1024 * 1024,
        }
    }
}

/// The unpacked archive.
pub struct Package {
    /// `manifest.xml`.
    pub manifest: Vec<u8>,
    /// The signature file.
    pub signatures: Vec<u8>,
    /// Every other file outside `META-INF`, in the archive's order, without `mimetype`.
    pub files: Vec<PackageFile>,
}

/// One file.
#[derive(Clone)]
pub struct PackageFile {
    /// Its name, 4 to 100 characters.
    pub name: String,
    /// Unpacked; never empty.
    pub bytes: Vec<u8>,
}

/// Why an archive is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// Not a ZIP, damaged, or local headers and directory disagree.
    #[error("the archive cannot be read")]
    NotZip,
    /// Bytes before the first file or after the directory.
    #[error("bytes outside the archive")]
    Surrounded,
    /// More entries than the limit.
    #[error("too many entries")]
    TooManyEntries,
    /// Two entries of one name, also when they differ in case only.
    #[error("a name is given twice")]
    RepeatedName,
    /// A name that is no UTF-8, absolute, in a folder, with `..`, backslash or control character, or
    /// not of 4 to 100 characters.
    #[error("a name is not allowed")]
    Name,
    /// A file of `META-INF` that is neither signature nor manifest.
    #[error("an unknown file in META-INF")]
    UnknownDescription,
    /// An encrypted entry.
    #[error("an entry is encrypted")]
    Encrypted,
    /// Neither stored nor deflated.
    #[error("an entry's compression is not allowed")]
    Compression,
    /// `mimetype` is present but not first, not stored, or has another content.
    #[error("mimetype is wrong")]
    Mimetype,
    /// The manifest is missing.
    #[error("manifest.xml is missing")]
    NoManifest,
    /// No signature file.
    #[error("no signature file")]
    NoSignatures,
    /// More than one signature file.
    #[error("more than one signature file")]
    SeveralSignatures,
    /// A file without content.
    #[error("a file is empty")]
    EmptyFile,
    /// Unpacked larger than the limit.
    #[error("unpacked too large")]
    TooLarge,
}

impl Package {
    /// Unpacks an archive and checks its form.
    ///
    /// # Errors
    /// The first [`PackageFault`] in the archive's order.
    pub fn open(bytes: &[u8], limits: &Limits) -> Result<Self, PackageFault> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| PackageFault::NotZip)?;
        if archive.len() > limits.entries {
            return Err(PackageFault::TooManyEntries);
        }
        if archive.has_duplicate_names() {
            return Err(PackageFault::RepeatedName);
        }
        check_names(&archive)?;
        let end = bytes.len().checked_sub(22 + archive.comment().len());
        let ends = end
            .and_then(|end| bytes.get(end..))
            .is_some_and(|end| end.starts_with(b"PK\x05\x06"));
        if archive.offset() != 0 || !bytes.starts_with(b"PK\x03\x04") || !ends {
            return Err(PackageFault::Surrounded);
        }
        archive
            .validate_header_consistency()
            .map_err(|_| PackageFault::NotZip)?;

        let (mut manifest, mut signatures, mut files) = (None, None, Vec::new());
        let mut room = limits.documents;
        for index in 0..archive.len() {
            let entry = Entry::of(&mut archive, index)?;
            match entry.name.as_str() {
                "mimetype" => {
                    let content = unpack(&mut archive, index, ASIC_E.len() as u64)
                        .map_err(|_| PackageFault::Mimetype)?;
                    if !entry.is_first || !entry.is_stored || content != ASIC_E.as_bytes() {
                        return Err(PackageFault::Mimetype);
                    }
                }
                MANIFEST => manifest = Some(unpack(&mut archive, index, limits.descriptions)?),
                ODF_MANIFEST => {
                    unpack(&mut archive, index, limits.descriptions)?;
                }
                name if name.starts_with(FOLDER) => {
                    let content = unpack(&mut archive, index, limits.descriptions)?;
                    if signatures.replace(content).is_some() {
                        return Err(PackageFault::SeveralSignatures);
                    }
                }
                _ => {
                    let bytes = unpack(&mut archive, index, room)?;
                    if bytes.is_empty() {
                        return Err(PackageFault::EmptyFile);
                    }
                    room = room.saturating_sub(bytes.len() as u64);
                    files.push(PackageFile {
                        name: entry.name,
                        bytes,
                    });
                }
            }
        }
        Ok(Self {
            manifest: manifest.ok_or(PackageFault::NoManifest)?,
            signatures: signatures.ok_or(PackageFault::NoSignatures)?,
            files,
        })
    }

    /// A file by its exact name; the manifest is not among them.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&PackageFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// Name and content of everything the signature must cover: the manifest and the files.
    pub(super) fn signed_files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.bytes.as_slice()));
        std::iter::once((MANIFEST, self.manifest.as_slice())).chain(files)
    }
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

struct Entry {
    name: String,
    is_first: bool,
    is_stored: bool,
}

impl Entry {
    fn of(archive: &mut Archive<'_>, index: usize) -> Result<Self, PackageFault> {
        let entry = archive
            .by_index_raw(index)
            .map_err(|_| PackageFault::NotZip)?;
        if entry.encrypted() {
            return Err(PackageFault::Encrypted);
        }
        let is_stored = match entry.compression() {
            CompressionMethod::Stored => true,
            CompressionMethod::Deflated => false,
            _ => return Err(PackageFault::Compression),
        };
        let name = String::from_utf8(entry.name_raw().to_vec()).map_err(|_| PackageFault::Name)?;
        Ok(Self {
            name,
            is_first: entry.header_start() == 0,
            is_stored,
        })
    }
}

fn check_names(archive: &Archive<'_>) -> Result<(), PackageFault> {
    let mut seen = Vec::new();
    for raw in archive.file_names_raw() {
        let name = std::str::from_utf8(raw).map_err(|_| PackageFault::Name)?;
        match name.strip_prefix(FOLDER) {
            None => check_file_name(name)?,
            Some(_) if name == ODF_MANIFEST => {}
            Some(rest) => {
                if !rest.contains("signatures") || !rest.ends_with(".xml") || has_path(rest) {
                    return Err(PackageFault::UnknownDescription);
                }
            }
        }
        seen.push(name.to_lowercase());
    }
    seen.sort_unstable();
    match seen.windows(2).any(|pair| pair.first() == pair.last()) {
        true => Err(PackageFault::RepeatedName),
        false => Ok(()),
    }
}

fn check_file_name(name: &str) -> Result<(), PackageFault> {
    let fits = (4..=100).contains(&name.chars().count());
    match fits && !has_path(name) {
        true => Ok(()),
        false => Err(PackageFault::Name),
    }
}

fn has_path(name: &str) -> bool {
    name.contains(['/', '\\']) || name.contains("..") || name.chars().any(char::is_control)
}

/// Unpacks at most `limit` bytes; the checksum is compared at the end.
fn unpack(archive: &mut Archive<'_>, index: usize, limit: u64) -> Result<Vec<u8>, PackageFault> {
    let entry = archive.by_index(index).map_err(|_| PackageFault::NotZip)?;
    let mut bytes = Vec::new();
    let mut room = entry.take(limit.saturating_add(1));
    room.read_to_end(&mut bytes)
        .map_err(|_| PackageFault::NotZip)?;
    match bytes.len() as u64 > limit {
        true => Err(PackageFault::TooLarge),
        false => Ok(bytes),
    }
}
