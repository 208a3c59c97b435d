use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes a folder that only its owner may enter, with those above it that are missing, and makes
/// their names last through a power cut.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    match private_folders().create(path) {
        Ok(()) => sync_folder(above(path)),
        Err(_) if path.is_dir() => Ok(()),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound && above(path) != path => {
            make_private_folder(above(path))?;
            make_private_folder(path)
        }
        Err(fault) => Err(fault),
    }
}

#[cfg(unix)]
fn private_folders() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;

    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Elsewhere a new folder takes after the one it is made in.
#[cfg(not(unix))]
fn private_folders() -> DirBuilder {
    DirBuilder::new()
}

/// The folder a name stands in.
fn above(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Copies a file for its owner alone; returns its size when the bytes are on disk. The caller syncs
/// the folder.
pub(crate) fn copy_private_file(from: &Path, to: &Path) -> io::Result<u64> {
    let mut source = File::open(from)?;
    let mut copy = open_private_file(to)?;
    copy.set_len(0)?;
    let bytes = io::copy(&mut source, &mut copy)?;
    copy.sync_all()?;
    Ok(bytes)
}

/// Writes a small file for its owner alone; on disk when this returns, but for its name.
pub(crate) fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open_private_file(path)?;
    file.set_len(0)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The names in a folder; none when it is missing.
pub(crate) fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

/// Removes a file; a missing one is as good as removed.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Opens a file for writing, made for its owner alone where it is missing.
pub(crate) fn open_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes names in the folder last through a power cut. Windows has no call for it and journals
/// names by itself.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Removes a folder with all in it; a missing one is as good as removed.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A file being written, removed again unless it is put in its place.
pub(crate) struct Partial {
    pub(crate) file: File,
    path: PathBuf,
}

impl Partial {
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        Ok(Self {
            file: open_private_file(&path)?,
            path,
        })
    }

    /// Renames; the caller has synced the file and syncs the folder.
    pub(crate) fn put(&self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Already gone when it was put in its place; else the next opening removes what stays.
        let _ = fs::remove_file(&self.path);
    }
}
