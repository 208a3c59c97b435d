use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use utpost_dispatch::Code;

use crate::Failure;

/// Opens a file to read it.
///
/// # Errors
/// [`Code::FileMissing`], naming the path; [`Code::Folder`]; [`Code::FileUnreadable`].
pub fn open_file(path: &Path) -> Result<File, Failure> {
    let failure = |fault: io::Error| match fault.kind() {
        io::ErrorKind::NotFound => Failure::detailed(Code::FileMissing, path.display()),
        kind => Failure::detailed(Code::FileUnreadable, kind),
    };
    // Asked first: Windows opens no folder and calls it a missing permission.
    if path.is_dir() {
        return Err(Failure::new(Code::Folder));
    }
    File::open(path).map_err(failure)
}

/// Opens a file to read it twice.
///
/// # Errors
/// As [`open_file`].
pub fn open_steadily(path: &Path) -> Result<Steady, Failure> {
    Steady::new(open_file(path)?)
        .map_err(|fault| Failure::detailed(Code::FileUnreadable, fault.kind()))
}

/// A file that is read first to check it and then to keep it. Its end is only its end while it is
/// as it was when opened: else half a letter, or another one, would be kept after all checks.
#[derive(Debug)]
pub struct Steady {
    file: BufReader<File>,
    opened: (u64, SystemTime),
}

impl Steady {
    fn new(file: File) -> io::Result<Self> {
        let opened = Self::looks(&file)?;
        Ok(Self {
            file: BufReader::new(file),
            opened,
        })
    }

    fn looks(file: &File) -> io::Result<(u64, SystemTime)> {
        let now = file.metadata()?;
        Ok((now.len(), now.modified()?))
    }
}

impl Read for Steady {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.file.read(into)? {
            0 if !into.is_empty() && Self::looks(self.file.get_ref())? != self.opened => {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            read => Ok(read),
        }
    }
}

impl Seek for Steady {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_between_two_readings_has_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("brev.pdf");
        std::fs::write(&path, "first").unwrap();
        let mut file = open_steadily(&path).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "first");

        std::fs::write(&path, "another").unwrap();
        file.rewind().unwrap();
        let read = file.read_to_end(&mut Vec::new());
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_is_missing_or_a_folder_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let code = |path: &Path| open_file(path).unwrap_err().code();
        assert_eq!(code(&folder.path().join("none.pdf")), Code::FileMissing);
        assert_eq!(code(folder.path()), Code::Folder);
    }
}
