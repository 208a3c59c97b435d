//! How a document lies on disk: `UTPOSTD1`, seven random bytes, then chunks of 64 KiB, each
//! sealed by AES-256-GCM under the letter's key. The nonce of a chunk is the seven bytes, its
//! number (32 bits, big-endian) and a byte that is 1 for the last chunk only, the STREAM
//! construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015): chunks cannot be reordered,
//! dropped or appended unseen. Letter and document number are authenticated with each chunk.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem;
use std::path::PathBuf;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::error::Unspecified;
use utpost_dispatch::{KeptDocument, LedgerFault, Source};
use utpost_domain::{Digest, LetterId};
use zeroize::Zeroizing;

use crate::fault::Fault;

const MAGIC: &[u8; 8] = b"UTPOSTD1";
const PREFIX: usize = 7;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// The random key of one letter's documents.
pub(crate) type DocumentKey = Zeroizing<[u8; 32]>;

/// A document in its file; each opening decrypts anew, one chunk at a time.
pub(crate) struct StoredDocument {
    pub(crate) path: PathBuf,
    pub(crate) key: DocumentKey,
    pub(crate) letter: LetterId,
    pub(crate) number: u32,
    /// Size of the plain bytes.
    pub(crate) bytes: u64,
}

impl Source for StoredDocument {
    fn len(&self) -> u64 {
        self.bytes
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut file = File::open(&self.path)?;
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        let mut prefix = [0; PREFIX];
        file.read_exact(&mut prefix)?;
        let cipher = Cipher::new(&self.key, prefix, self.letter, self.number)
            .ok()
            .filter(|_| &magic == MAGIC)
            .ok_or_else(damaged)?;
        Ok(Box::new(Opening {
            file,
            cipher,
            left: self.bytes,
            rest: Rest::Chunks,
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            at: 0,
        }))
    }
}

/// Seals everything `content` gives into `out`, at most `limit` bytes of it.
pub(crate) fn seal(
    content: &mut dyn Read,
    limit: u64,
    key: &DocumentKey,
    (letter, number): (LetterId, u32),
    out: &mut dyn Write,
) -> Result<KeptDocument, Fault> {
    let mut prefix = [0; PREFIX];
    aws_lc_rs::rand::fill(&mut prefix)?;
    let mut cipher = Cipher::new(key, prefix, letter, number)?;
    out.write_all(MAGIC)?;
    out.write_all(&prefix)?;

    let mut fill = |chunk: &mut Vec<u8>| -> Result<(), LedgerFault> {
        chunk.clear();
        let read = (&mut *content).take(CHUNK as u64).read_to_end(chunk);
        read.map(drop).map_err(LedgerFault::SourceUnreadable)
    };
    let mut digest = Context::new(&SHA256);
    let mut bytes = 0;
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    let mut next = Vec::with_capacity(CHUNK + TAG);
    fill(&mut chunk)?;
    loop {
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(LedgerFault::TooLarge { limit }.into());
        }
        digest.update(&chunk);
        fill(&mut next)?;
        let last = next.is_empty();
        cipher.seal(&mut chunk, last)?;
        out.write_all(&chunk)?;
        if last {
            break;
        }
        mem::swap(&mut chunk, &mut next);
    }
    let mut value = [0; 32];
    value.copy_from_slice(digest.finish().as_ref());
    Ok(KeptDocument {
        digest: Digest::from_bytes(value),
        bytes,
    })
}

struct Opening {
    file: File,
    cipher: Cipher,
    /// Plain bytes not yet decrypted.
    left: u64,
    rest: Rest,
    /// Plain bytes, proven.
    chunk: Zeroizing<Vec<u8>>,
    at: usize,
}

/// What the file holds after the chunk at hand.
#[derive(Clone, Copy)]
enum Rest {
    Chunks,
    Nothing,
    /// Something that could not be read or proven; nothing behind it is read either.
    Unproven,
}

impl Opening {
    fn next_chunk(&mut self) -> io::Result<()> {
        self.rest = Rest::Unproven;
        self.at = 0;
        let mut chunk = mem::take(&mut self.chunk);
        chunk.clear();
        let plain = self.left.min(CHUNK as u64);
        let last = plain == self.left;
        let sealed = plain + TAG as u64;
        if (&self.file).take(sealed).read_to_end(&mut chunk)? as u64 != sealed {
            return Err(damaged());
        }
        self.cipher.open(&mut chunk, last).map_err(|_| damaged())?;
        if last && self.file.read(&mut [0])? != 0 {
            return Err(damaged());
        }
        self.left -= plain;
        self.rest = if last { Rest::Nothing } else { Rest::Chunks };
        self.chunk = chunk;
        Ok(())
    }
}

impl Read for Opening {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() && !into.is_empty() {
            match self.rest {
                Rest::Chunks => self.next_chunk()?,
                Rest::Nothing => {}
                Rest::Unproven => return Err(damaged()),
            }
        }
        let taken = (&self.chunk[self.at..]).read(into)?;
        self.at += taken;
        Ok(taken)
    }
}

struct Cipher {
    key: LessSafeKey,
    prefix: [u8; PREFIX],
    counter: u32,
    bound_to: [u8; 20],
}

impl Cipher {
    fn new(
        key: &DocumentKey,
        prefix: [u8; PREFIX],
        letter: LetterId,
        number: u32,
    ) -> Result<Self, Unspecified> {
        let mut bound_to = [0; 20];
        bound_to[..16].copy_from_slice(letter.as_bytes());
        bound_to[16..].copy_from_slice(&number.to_be_bytes());
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice())?);
        Ok(Self {
            key,
            prefix,
            counter: 0,
            bound_to,
        })
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), Unspecified> {
        let nonce = self.nonce(last)?;
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(&self.bound_to), chunk)
    }

    fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), Unspecified> {
        let nonce = self.nonce(last)?;
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(&self.bound_to), chunk)?
            .len();
        chunk.truncate(plain);
        Ok(())
    }

    fn nonce(&mut self, last: bool) -> Result<Nonce, Unspecified> {
        let mut nonce = [0; 12];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..11].copy_from_slice(&self.counter.to_be_bytes());
        nonce[11] = u8::from(last);
        self.counter = self.counter.checked_add(1).ok_or(Unspecified)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the kept document is damaged")]
struct DocumentDamaged;

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, DocumentDamaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEALED_CHUNK: usize = CHUNK + TAG;
    const HEADER: usize = MAGIC.len() + PREFIX;

    struct Kept {
        folder: tempfile::TempDir,
        document: StoredDocument,
        sealed: Vec<u8>,
    }

    fn keep(plain: &[u8]) -> Kept {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0");
        let (key, letter) = (Zeroizing::new([7; 32]), LetterId::generate());
        let mut sealed = Vec::new();
        let kept = seal(&mut &plain[..], 1 << 20, &key, (letter, 0), &mut sealed).unwrap();
        assert_eq!(
            (kept.digest, kept.bytes),
            (Digest::of(plain), plain.len() as u64)
        );
        std::fs::write(&path, &sealed).unwrap();
        let document = StoredDocument {
            path,
            key,
            letter,
            number: 0,
            bytes: kept.bytes,
        };
        Kept {
            folder,
            document,
            sealed,
        }
    }

    fn read(document: &StoredDocument) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        document.open()?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    fn refused(kept: &Kept, bytes: &[u8]) {
        std::fs::write(kept.folder.path().join("0"), bytes).unwrap();
        assert!(read(&kept.document).is_err());
    }

    fn pattern(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| (at / 7 % 251) as u8).collect()
    }

    #[test]
    fn a_document_comes_back_as_often_as_it_is_opened() {
        for bytes in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5] {
            let plain = pattern(bytes);
            let kept = keep(&plain);
            assert_eq!(kept.document.len(), bytes as u64);
            assert_eq!(read(&kept.document).unwrap(), plain);
            assert_eq!(read(&kept.document).unwrap(), plain);
            assert!(bytes < 16 || !kept.sealed.windows(16).any(|seen| seen == &plain[..16]));
        }
    }

    #[test]
    fn a_truncated_or_lengthened_document_is_refused() {
        let kept = keep(&pattern(2 * CHUNK));
        let whole = kept.sealed.len();
        for end in [0, HEADER, HEADER + SEALED_CHUNK, whole - 1] {
            refused(&kept, &kept.sealed[..end]);
        }
        refused(&kept, &[&kept.sealed[..], &[0]].concat());
    }

    #[test]
    fn reordered_and_altered_chunks_are_refused() {
        let kept = keep(&pattern(3 * CHUNK));
        let (header, chunks) = kept.sealed.split_at(HEADER);
        let mut order: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK).collect();
        order.swap(0, 1);
        refused(&kept, &[header, &order.concat()].concat());
        for at in [
            0,
            MAGIC.len(),
            HEADER,
            HEADER + CHUNK + 3,
            kept.sealed.len() - 1,
        ] {
            let mut altered = kept.sealed.clone();
            altered[at] ^= 1;
            refused(&kept, &altered);
        }
    }

    #[test]
    fn a_document_cut_at_a_chunk_does_not_pass_as_a_shorter_one() {
        let mut kept = keep(&pattern(2 * CHUNK));
        kept.document.bytes = CHUNK as u64;
        refused(&kept, &kept.sealed[..HEADER + SEALED_CHUNK]);
    }

    #[test]
    fn a_document_does_not_pass_as_another_letters_or_number() {
        let mut kept = keep(b"vedtak");
        kept.document.number = 1;
        assert!(read(&kept.document).is_err());
        kept.document.number = 0;
        assert_eq!(read(&kept.document).unwrap(), b"vedtak");
        kept.document.letter = LetterId::generate();
        assert!(read(&kept.document).is_err());
    }

    #[test]
    fn one_byte_over_the_limit_is_too_large() {
        let key = Zeroizing::new([7; 32]);
        let of = (LetterId::generate(), 0);
        let within = seal(&mut &[0; 10][..], 10, &key, of, &mut io::sink());
        assert_eq!(within.unwrap().bytes, 10);
        let over = seal(&mut &[0; 11][..], 10, &key, of, &mut io::sink());
        assert!(matches!(
            over,
            Err(Fault::Known(LedgerFault::TooLarge { limit: 10 }))
        ));
    }

    #[test]
    fn after_an_error_nothing_more_is_read() {
        let kept = keep(&pattern(2 * CHUNK + 5));
        let mut altered = kept.sealed.clone();
        altered[HEADER + 3] ^= 1;
        let cut = &kept.sealed[..HEADER + 100];
        let lengthened = [&kept.sealed[..], &[0]].concat();
        for (bytes, sound) in [(&altered[..], 0), (cut, 0), (&lengthened, 2 * CHUNK)] {
            std::fs::write(&kept.document.path, bytes).unwrap();
            let mut reader = kept.document.open().unwrap();
            reader.read_exact(&mut vec![0; sound]).unwrap();
            let mut into = [0; 64];
            for _ in 0..4 {
                assert!(reader.read(&mut into).is_err());
                assert_eq!(into, [0; 64]);
            }
        }
    }
}
