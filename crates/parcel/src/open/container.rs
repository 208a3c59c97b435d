//! The ASiC-E container, read with suspicion: a ZIP (PKWARE APPNOTE 6.3) can hide much.

use std::collections::HashSet;
use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::names::{ASIC_E, MIMETYPE_ENTRY};

/// One file of the container, unpacked.
#[derive(PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Entry {
    pub(super) fn in_meta_inf(&self) -> bool {
        self.name.starts_with(META_INF)
    }
}

/// Why a container is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContainerFault {
    /// Not a ZIP file, or one whose parts contradict each other.
    #[error("not a sound ZIP file")]
    NotAZip,
    /// The 64-bit form, several disks, a patch, or a compression other than deflate.
    #[error("ZIP file uses a feature that packages do not have")]
    Unsupported,
    /// An entry is encrypted by ZIP itself.
    #[error("ZIP entry is encrypted")]
    EncryptedEntry,
    /// A name is empty, a folder, a path out of the container, or not UTF-8.
    #[error("ZIP entry has a forbidden name")]
    ForbiddenName,
    /// Two entries have one name, if only for case.
    #[error("two ZIP entries have one name")]
    DuplicateName,
    /// More than 410 entries.
    #[error("too many ZIP entries")]
    TooManyEntries,
    /// Unpacked it would be over 64 MiB.
    #[error("ZIP file unpacks to too much")]
    TooLarge,
    /// An entry's bytes are not those its header speaks of.
    #[error("ZIP entry is damaged")]
    DamagedEntry,
    /// The entry `mimetype` names another type than ASiC-E.
    #[error("container is of another type")]
    OtherType,
    /// A file that every package has is not there.
    #[error("container lacks a file")]
    EntryMissing,
}

const META_INF: &str = "META-INF/";
const MOST_ENTRIES: u16 = 410;
const MOST_BYTES: u64 = 64 * 1024 * 1024;
const END_LENGTH: usize = 22;
const FLAG_UTF8: u16 = 0x0800;
const FLAG_DATA_DESCRIPTOR: u16 = 0x0008;
const FLAG_ENCRYPTED: u16 = 0x0041;
const FLAG_PATCH_OR_MASKED: u16 = 0x2020;

/// Unpacks the whole container, or nothing.
pub(super) fn read(zip: &[u8]) -> Result<Vec<Entry>, ContainerFault> {
    let (directory, count) = directory(zip)?;
    let mut files = Bytes(&zip[..directory.start]);
    let mut headers = Bytes(&zip[directory.clone()]);
    let mut names = HashSet::new();
    let mut left = MOST_BYTES;
    let mut entries = Vec::new();
    for _ in 0..count {
        let header = Header::read(&mut headers)?;
        if !names.insert(header.name.to_lowercase()) {
            return Err(ContainerFault::DuplicateName);
        }
        left = left
            .checked_sub(u64::from(header.unpacked))
            .ok_or(ContainerFault::TooLarge)?;
        // A reader that goes by local headers must see the same files, and no others.
        if u32::try_from(directory.start - files.0.len()) != Ok(header.offset) {
            return Err(ContainerFault::NotAZip);
        }
        entries.push(header.unpack(&mut files)?);
    }
    if !headers.0.is_empty() || !files.0.is_empty() {
        return Err(ContainerFault::NotAZip);
    }
    let mimetype = entries.iter().find(|entry| entry.name == MIMETYPE_ENTRY);
    if mimetype.is_some_and(|entry| entry.bytes != ASIC_E.as_bytes()) {
        return Err(ContainerFault::OtherType);
    }
    Ok(entries)
}

/// Where the central directory lies, and how many entries it has. Its end record must be the last
/// thing in the file, and it must end where that begins.
fn directory(zip: &[u8]) -> Result<(std::ops::Range<usize>, u16), ContainerFault> {
    let earliest = zip.len().saturating_sub(END_LENGTH + usize::from(u16::MAX));
    let last = zip
        .len()
        .checked_sub(END_LENGTH)
        .ok_or(ContainerFault::NotAZip)?;
    let at = (earliest..=last)
        .rev()
        .find(|at| zip[*at..].starts_with(b"PK\x05\x06") && comment_fills(&zip[*at..]))
        .ok_or(ContainerFault::NotAZip)?;
    let mut end = Bytes(&zip[at + 4..]);
    let disks = (end.u16()?, end.u16()?);
    let (here, count) = (end.u16()?, end.u16()?);
    let (length, offset) = (end.u32()?, end.u32()?);
    if disks != (0, 0) || here != count || offset == u32::MAX {
        return Err(ContainerFault::Unsupported);
    }
    if count > MOST_ENTRIES {
        return Err(ContainerFault::TooManyEntries);
    }
    let start = usize::try_from(offset).map_err(|_| ContainerFault::NotAZip)?;
    let length = usize::try_from(length).map_err(|_| ContainerFault::NotAZip)?;
    if start.checked_add(length) != Some(at) {
        return Err(ContainerFault::NotAZip);
    }
    Ok((start..at, count))
}

fn comment_fills(end: &[u8]) -> bool {
    let mut after = Bytes(&end[END_LENGTH - 2..]);
    after
        .u16()
        .is_ok_and(|length| after.0.len() == usize::from(length))
}

/// One header of the central directory.
struct Header {
    name: String,
    raw_name: Vec<u8>,
    method: u16,
    crc: u32,
    packed: u32,
    unpacked: u32,
    offset: u32,
}

impl Header {
    fn read(bytes: &mut Bytes<'_>) -> Result<Self, ContainerFault> {
        bytes.signature(b"PK\x01\x02")?;
        let (_made_by, _needed, flags, method) =
            (bytes.u16()?, bytes.u16()?, bytes.u16()?, bytes.u16()?);
        let (_time, _date) = (bytes.u16()?, bytes.u16()?);
        let (crc, packed, unpacked) = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
        let (name, extra, comment) = (bytes.u16()?, bytes.u16()?, bytes.u16()?);
        let (disk, _internal) = (bytes.u16()?, bytes.u16()?);
        let (_external, offset) = (bytes.u32()?, bytes.u32()?);
        let raw_name = bytes.take(usize::from(name))?.to_vec();
        bytes.take(usize::from(extra))?;
        bytes.take(usize::from(comment))?;
        if flags & FLAG_ENCRYPTED != 0 {
            return Err(ContainerFault::EncryptedEntry);
        }
        if flags & FLAG_PATCH_OR_MASKED != 0 || disk != 0 {
            return Err(ContainerFault::Unsupported);
        }
        Ok(Self {
            name: checked_name(&raw_name, flags)?,
            raw_name,
            method,
            crc,
            packed,
            unpacked,
            offset,
        })
    }

    /// Takes the entry, local header to data descriptor, from the front of the files.
    fn unpack(self, local: &mut Bytes<'_>) -> Result<Entry, ContainerFault> {
        local.signature(b"PK\x03\x04")?;
        let (_needed, flags, method) = (local.u16()?, local.u16()?, local.u16()?);
        if flags & FLAG_ENCRYPTED != 0 {
            return Err(ContainerFault::EncryptedEntry);
        }
        local.take(4)?;
        let sums = (local.u32()?, local.u32()?, local.u32()?);
        let (name, extra) = (local.u16()?, local.u16()?);
        let described = flags & FLAG_DATA_DESCRIPTOR != 0;
        let same_sums = described || sums == (self.crc, self.packed, self.unpacked);
        if local.take(usize::from(name))? != self.raw_name || method != self.method || !same_sums {
            return Err(ContainerFault::NotAZip);
        }
        local.take(usize::from(extra))?;
        let packed = usize::try_from(self.packed).map_err(|_| ContainerFault::NotAZip)?;
        let packed = local.take(packed)?;
        if described {
            self.skip_descriptor(local)?;
        }
        let bytes = match self.method {
            0 => packed.to_vec(),
            8 => {
                let mut bytes = Vec::new();
                let mut inflated = DeflateDecoder::new(packed).take(u64::from(self.unpacked) + 1);
                inflated
                    .read_to_end(&mut bytes)
                    .map_err(|_| ContainerFault::DamagedEntry)?;
                if inflated.get_ref().total_in() != u64::from(self.packed) {
                    return Err(ContainerFault::DamagedEntry);
                }
                bytes
            }
            _ => return Err(ContainerFault::Unsupported),
        };
        let mut crc = Crc::new();
        crc.update(&bytes);
        if bytes.len() as u64 != u64::from(self.unpacked) || crc.sum() != self.crc {
            return Err(ContainerFault::DamagedEntry);
        }
        Ok(Entry {
            name: self.name,
            bytes,
        })
    }

    /// Checksum and sizes behind the data, which most writers mark with a signature.
    fn skip_descriptor(&self, local: &mut Bytes<'_>) -> Result<(), ContainerFault> {
        let sums = [self.crc, self.packed, self.unpacked]
            .map(u32::to_le_bytes)
            .concat();
        let descriptor = local.0.strip_prefix(b"PK\x07\x08").unwrap_or(local.0);
        local.0 = descriptor
            .strip_prefix(&*sums)
            .ok_or(ContainerFault::NotAZip)?;
        Ok(())
    }
}

/// A plain file name, or one directly under META-INF. Nothing else occurs in a package, and
/// anything else may lead out of a folder it is unpacked into.
fn checked_name(raw: &[u8], flags: u16) -> Result<String, ContainerFault> {
    let name = std::str::from_utf8(raw).map_err(|_| ContainerFault::ForbiddenName)?;
    let plain = name.strip_prefix(META_INF).unwrap_or(name);
    let forbidden = plain.is_empty()
        || plain == "."
        || plain == ".."
        || plain.contains(['/', '\\', ':'])
        || plain.chars().any(char::is_control)
        || !(name.is_ascii() || flags & FLAG_UTF8 != 0);
    if forbidden {
        Err(ContainerFault::ForbiddenName)
    } else {
        Ok(name.to_owned())
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ContainerFault> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(ContainerFault::NotAZip)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ContainerFault> {
        let (taken, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(ContainerFault::NotAZip)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn signature(&mut self, wanted: &[u8; 4]) -> Result<(), ContainerFault> {
        if self.array::<4>()? == *wanted {
            Ok(())
        } else {
            Err(ContainerFault::NotAZip)
        }
    }

    fn u16(&mut self) -> Result<u16, ContainerFault> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, ContainerFault> {
        self.array().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options =
                SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Replaces every occurrence, as a name stands in local and central header.
    fn replace(zip: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let mut out = zip.to_vec();
        for at in 0..=out.len() - from.len() {
            if out[at..].starts_with(from) {
                out[at..at + to.len()].copy_from_slice(to);
            }
        }
        out
    }

    fn fault(zip: &[u8]) -> ContainerFault {
        read(zip).err().unwrap()
    }

    #[test]
    fn a_zip_of_another_program_is_read() {
        let entries = read(&zip(&[("brev.pdf", b"%PDF"), ("META-INF/x.xml", b"<x/>")])).unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["brev.pdf", "META-INF/x.xml"]);
        assert_eq!(entries[0].bytes, b"%PDF");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let sound = zip(&[("bbbb.txt", b"b"), ("aaaa.txt", b"a")]);
        for name in [
            b"../b.txt",
            b"/bbb.txt",
            b"b\\bb.txt",
            b"C:bb.txt",
            b"b/bb.txt",
            b"bbb\0.txt",
            b"bbbb.t\xff.",
        ] {
            assert_eq!(
                fault(&replace(&sound, b"bbbb.txt", name)),
                ContainerFault::ForbiddenName,
                "{name:?}"
            );
        }
        for name in ["aaaa.txt", "AAAA.txt"] {
            let doubled = replace(&sound, b"bbbb.txt", name.as_bytes());
            assert_eq!(fault(&doubled), ContainerFault::DuplicateName);
        }
        let local = sound
            .windows(8)
            .position(|name| name == b"bbbb.txt")
            .unwrap();
        let mut two_faced = sound;
        two_faced[local] = b'c';
        assert_eq!(
            fault(&two_faced),
            ContainerFault::NotAZip,
            "local and central names differ"
        );
    }

    #[test]
    fn encrypted_entries_and_strange_methods_are_refused() {
        let sound = zip(&[("bbbb.txt", b"b")]);
        let central = sound
            .windows(4)
            .position(|mark| mark == b"PK\x01\x02")
            .unwrap();
        let mut encrypted = sound.clone();
        encrypted[central + 8] |= 1;
        assert_eq!(fault(&encrypted), ContainerFault::EncryptedEntry);
        let mut encrypted = sound.clone();
        encrypted[6] |= 1;
        assert_eq!(
            fault(&encrypted),
            ContainerFault::EncryptedEntry,
            "in the local header only"
        );
        let mut method = sound.clone();
        (method[8], method[central + 10]) = (12, 12);
        assert_eq!(fault(&method), ContainerFault::Unsupported);
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let bomb = zip(&[("bbbb.txt", &vec![0; 70 * 1024 * 1024])]);
        assert!(bomb.len() < 200_000);
        assert_eq!(fault(&bomb), ContainerFault::TooLarge);

        let central = bomb
            .windows(4)
            .position(|mark| mark == b"PK\x01\x02")
            .unwrap();
        let mut lying = bomb;
        for at in [22, central + 24] {
            lying[at..at + 4].copy_from_slice(&1000u32.to_le_bytes());
        }
        assert_eq!(
            fault(&lying),
            ContainerFault::DamagedEntry,
            "stops after the promised bytes"
        );
    }

    #[test]
    fn a_crowd_is_refused_before_it_is_unpacked() {
        let names: Vec<String> = (0..411).map(|at| format!("{at}.txt")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
        assert_eq!(fault(&zip(&files)), ContainerFault::TooManyEntries);
        assert_eq!(read(&zip(&files[..410])).unwrap().len(), 410);
    }

    #[test]
    fn damage_is_seen() {
        let sound = zip(&[(
            "bbbb.txt",
            b"some text that deflates, some text that deflates",
        )]);
        assert_eq!(fault(&sound[..sound.len() - 1]), ContainerFault::NotAZip);
        assert_eq!(
            fault(&[&sound[..], b"tail"].concat()),
            ContainerFault::NotAZip
        );
        assert_eq!(
            fault(&[b"head", &sound[..]].concat()),
            ContainerFault::NotAZip
        );
        assert_eq!(fault(b""), ContainerFault::NotAZip);
        let mut flipped = sound;
        flipped[50] ^= 1;
        assert_eq!(fault(&flipped), ContainerFault::DamagedEntry);
        let other = zip(&[("mimetype", b"application/vnd.etsi.asic-e+zip\n")]);
        assert_eq!(fault(&other), ContainerFault::OtherType);
    }

    /// The same file without its central header for the entry, but with the entry.
    fn hidden(zip: &[u8], name: &str) -> Vec<u8> {
        let (directory, count) = directory(zip).unwrap();
        let mut rest = Bytes(&zip[directory.clone()]);
        let mut out = zip[..directory.start].to_vec();
        while !rest.0.is_empty() {
            let whole = rest.0;
            let header = Header::read(&mut rest).unwrap();
            if header.name != name {
                out.extend(&whole[..whole.len() - rest.0.len()]);
            }
        }
        let length = (out.len() - directory.start) as u32;
        let mut end = zip[directory.end..].to_vec();
        for at in [8, 10] {
            end[at..at + 2].copy_from_slice(&(count - 1).to_le_bytes());
        }
        end[12..16].copy_from_slice(&length.to_le_bytes());
        out.extend(end);
        out
    }

    #[test]
    fn an_entry_that_the_directory_does_not_list_is_refused() {
        let names = ["aaaa.txt", "bbbb.txt", "cccc.txt"];
        let sound = zip(&names.map(|name| (name, name.as_bytes())));
        assert_eq!(read(&sound).unwrap().len(), 3);
        for name in names {
            assert_eq!(
                fault(&hidden(&sound, name)),
                ContainerFault::NotAZip,
                "{name}"
            );
        }
    }

    #[test]
    fn bytes_between_packed_data_and_the_next_header_are_refused() {
        let sound = zip(&[("bbbb.txt", b"b")]);
        let (central, _) = directory(&sound).unwrap();
        let end = central.end - central.start;
        for (smuggled, counted, expected) in [
            (&b""[..], true, None),
            (b"x", false, Some(ContainerFault::NotAZip)),
            (b"x", true, Some(ContainerFault::DamagedEntry)),
        ] {
            let mut zip = sound.clone();
            zip.splice(central.start..central.start, smuggled.iter().copied());
            let directory = central.start + smuggled.len();
            let offset = directory + end + 16;
            zip[offset..offset + 4].copy_from_slice(&(directory as u32).to_le_bytes());
            for at in [18, directory + 20] {
                zip[at] += u8::from(counted) * smuggled.len() as u8;
            }
            assert_eq!(read(&zip).err(), expected);
        }
    }

    #[test]
    fn data_descriptors_are_read_and_compared() {
        let mut writer = ZipWriter::new_stream(Vec::new());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for name in ["aaaa.txt", "bbbb.txt"] {
            writer.start_file(name, options).unwrap();
            writer.write_all(name.as_bytes()).unwrap();
        }
        let sound = writer.finish().unwrap().into_inner();
        assert_eq!(sound[6] & 8, 8);
        assert_eq!(read(&sound).unwrap().len(), 2);

        let (directory, _) = directory(&sound).unwrap();
        let last = directory.start - 16;
        assert!(sound[last..].starts_with(b"PK\x07\x08"));
        let mut unmarked = sound.clone();
        unmarked.drain(last..last + 4);
        let offset = directory.end - 4 + 16;
        unmarked[offset..offset + 4].copy_from_slice(&(directory.start as u32 - 4).to_le_bytes());
        assert_eq!(read(&unmarked).unwrap().len(), 2);

        for at in last..directory.start {
            let mut altered = sound.clone();
            altered[at] ^= 1;
            assert_eq!(fault(&altered), ContainerFault::NotAZip, "byte {at}");
        }
    }
}
