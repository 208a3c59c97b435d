//! The package's file: written beside its place, closed up, hashed, synced, and moved there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use utpost_domain::Digest;

use super::{CHUNK, digest};

/// A file that vanishes when dropped, unless it is finished.
pub(super) struct UnfinishedFile {
    file: Option<BufWriter<File>>,
    part: PathBuf,
    place: PathBuf,
    room: u64,
}

impl UnfinishedFile {
    /// Begins the file that shall become `place`, leaving `room` bytes for its header. What an
    /// earlier attempt left there is overwritten: it was never more than a part.
    pub(super) fn create(place: &Path, room: u64) -> io::Result<Self> {
        let mut part = place.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&part)?;
        file.seek(SeekFrom::Start(room))?;
        let file = Some(BufWriter::with_capacity(CHUNK, file));
        Ok(Self {
            file,
            part,
            place: place.to_owned(),
            room,
        })
    }

    /// Puts the header in front, and the file in its place. Returns its SHA-256 and length.
    pub(super) fn finish(mut self, header: &[u8]) -> io::Result<(Digest, u64)> {
        let buffered = self.file.take().ok_or(io::ErrorKind::NotFound)?;
        let mut file = buffered
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let sealed = close_up(&mut file, self.room, header)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&self.part, &self.place)?;
        // A package whose name may be lost again is no package.
        sync_folder_of(&self.place).inspect_err(|_| {
            let _ = fs::remove_file(&self.place);
        })?;
        Ok(sealed)
    }

    fn file(&mut self) -> io::Result<&mut BufWriter<File>> {
        self.file
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for UnfinishedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        // After `finish` the part is gone and this finds nothing. Before, a part that cannot be
        // removed is overwritten by the next attempt.
        drop(self.file.take());
        let _ = fs::remove_file(&self.part);
    }
}

/// SHA-256 and length of a file.
pub(super) fn fingerprint(path: &Path) -> io::Result<(Digest, u64)> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((digest(context), bytes));
        }
        context.update(&chunk[..read]);
        bytes += read as u64;
    }
}

/// Writes the header, moves what begins at `room` up to it when the header is shorter, and hashes
/// the whole in the same pass. A header is never longer than its room.
fn close_up(file: &mut File, room: u64, header: &[u8]) -> io::Result<(Digest, u64)> {
    let mut context = Context::new(&SHA256);
    context.update(header);
    file.rewind()?;
    file.write_all(header)?;
    let (mut from, mut to) = (room, header.len() as u64);
    let mut chunk = vec![0; CHUNK];
    loop {
        file.seek(SeekFrom::Start(from))?;
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        context.update(&chunk[..read]);
        if from != to {
            file.seek(SeekFrom::Start(to))?;
            file.write_all(&chunk[..read])?;
        }
        from += read as u64;
        to += read as u64;
    }
    file.set_len(to)?;
    Ok((digest(context), to))
}

/// Makes the new name itself durable. Windows keeps names durable on its own and opens no folders.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
