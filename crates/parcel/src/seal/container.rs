//! The ASiC-E container: a plain ZIP (PKWARE APPNOTE 6.3), written in one pass.
//!
//! Written by hand because the profile asks for what ZIP libraries decide for themselves: the
//! UTF-8 flag on every name, sizes in the header of the stored first entry, data descriptors on
//! the others, no extra fields.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::ParcelFault;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DATA_DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const CENTRAL_END: u32 = 0x0605_4b50;

const FLAG_UTF8: u16 = 0x0800;
const FLAG_DATA_DESCRIPTOR: u16 = 0x0008;
const METHOD_STORED: u16 = 0;
const METHOD_DEFLATED: u16 = 8;
/// Midnight, 1 January 1980: the first moment ZIP can name. The real time is in the signature.
const DOS_TIME: u16 = 0;
const DOS_DATE: u16 = 0x0021;

/// A container being written.
pub(super) struct Container<W: Write> {
    out: Counted<W>,
    central: Vec<u8>,
    entries: u16,
}

impl<W: Write> Container<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out: Counted { out, bytes: 0 },
            central: Vec::new(),
            entries: 0,
        }
    }

    /// Adds an entry as it is, its sizes ahead of it.
    pub(super) fn store(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut crc = Crc::new();
        crc.update(bytes);
        let size = size(bytes.len() as u64)?;
        let entry = Entry {
            version: 10,
            flags: FLAG_UTF8,
            method: METHOD_STORED,
            crc: crc.sum(),
            packed: size,
            unpacked: size,
        };
        let offset = self.begin(name, &entry)?;
        self.out.write_all(bytes)?;
        self.record(name, &entry, offset)
    }

    /// Adds a deflated entry; `fill` writes its bytes.
    pub(super) fn deflate(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), ParcelFault>,
    ) -> Result<(), ParcelFault> {
        let mut entry = Entry {
            version: 20,
            flags: FLAG_UTF8 | FLAG_DATA_DESCRIPTOR,
            method: METHOD_DEFLATED,
            crc: 0,
            packed: 0,
            unpacked: 0,
        };
        let offset = self.begin(name, &entry).map_err(ParcelFault::File)?;
        let deflate = DeflateEncoder::new(&mut self.out, Compression::default());
        let mut body = Summed {
            out: deflate,
            crc: Crc::new(),
        };
        fill(&mut body)?;
        body.out.try_finish().map_err(ParcelFault::File)?;
        entry.crc = body.crc.sum();
        let (packed, unpacked) = (body.out.total_out(), body.out.total_in());
        drop(body);
        self.conclude(name, entry, offset, packed, unpacked)
            .map_err(ParcelFault::File)
    }

    fn conclude(
        &mut self,
        name: &str,
        mut entry: Entry,
        offset: u32,
        packed: u64,
        unpacked: u64,
    ) -> io::Result<()> {
        entry.packed = size(packed)?;
        entry.unpacked = size(unpacked)?;
        let mut descriptor = DATA_DESCRIPTOR.to_le_bytes().to_vec();
        entry.put_sums(&mut descriptor);
        self.out.write_all(&descriptor)?;
        self.record(name, &entry, offset)
    }

    /// Writes the central directory and gives the writer back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let offset = size(self.out.bytes)?;
        self.out.write_all(&self.central)?;
        let mut end = CENTRAL_END.to_le_bytes().to_vec();
        end.extend([0; 4]);
        end.extend(self.entries.to_le_bytes());
        end.extend(self.entries.to_le_bytes());
        end.extend(size(self.central.len() as u64)?.to_le_bytes());
        end.extend(offset.to_le_bytes());
        end.extend([0; 2]);
        self.out.write_all(&end)?;
        Ok(self.out.out)
    }

    fn begin(&mut self, name: &str, entry: &Entry) -> io::Result<u32> {
        let offset = size(self.out.bytes)?;
        let mut header = LOCAL_HEADER.to_le_bytes().to_vec();
        entry.put_common(&mut header, name)?;
        header.extend(name.as_bytes());
        self.out.write_all(&header)?;
        Ok(offset)
    }

    fn record(&mut self, name: &str, entry: &Entry, offset: u32) -> io::Result<()> {
        self.central.extend(CENTRAL_HEADER.to_le_bytes());
        // Made by MS-DOS, as the format's oldest and most widely read dialect.
        self.central.extend(20u16.to_le_bytes());
        entry.put_common(&mut self.central, name)?;
        // Comment length, disk, internal and external attributes.
        self.central.extend([0; 10]);
        self.central.extend(offset.to_le_bytes());
        self.central.extend(name.as_bytes());
        self.entries = self
            .entries
            .checked_add(1)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }
}

struct Entry {
    version: u16,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    unpacked: u32,
}

impl Entry {
    /// The run of fields that local and central headers share.
    fn put_common(&self, header: &mut Vec<u8>, name: &str) -> io::Result<()> {
        for field in [self.version, self.flags, self.method, DOS_TIME, DOS_DATE] {
            header.extend(field.to_le_bytes());
        }
        self.put_sums(header);
        let name = u16::try_from(name.len()).map_err(|_| io::ErrorKind::InvalidFilename)?;
        header.extend(name.to_le_bytes());
        header.extend([0; 2]);
        Ok(())
    }

    fn put_sums(&self, header: &mut Vec<u8>) {
        for field in [self.crc, self.packed, self.unpacked] {
            header.extend(field.to_le_bytes());
        }
    }
}

fn size(bytes: u64) -> io::Result<u32> {
    u32::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct Summed<W> {
    out: W,
    crc: Crc,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.crc.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
