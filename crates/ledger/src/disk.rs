use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Makes a folder that only its owner may enter, with those above it that are missing.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
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
