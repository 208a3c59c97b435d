//! A power cut: takes back whatever the sender had not synced when it was killed.
//!
//! `shim.c`, preloaded into the sender, keeps a journal of every change to a file or folder before it
//! is made, and of every sync after it is done. A change to a file's bytes holds when that file was
//! synced afterwards; a name that was made, moved or removed holds when its folder was. All others are
//! taken back, the last first. That is the worst a disk may do that keeps its promises, apart from
//! keeping some unsynced writes and losing others.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

/// The shim and what it writes.
pub(crate) struct Shim {
    library: PathBuf,
    folder: PathBuf,
    watched: PathBuf,
}

impl Shim {
    /// Builds it; `folder` must lie on the file system of `watched` and not below it.
    pub(crate) fn build(folder: &Path, watched: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
        let library = folder.join("shim.so");
        shell::quietly(
            shell::command("cc")
                .args(["-shared", "-fPIC", "-O2", "-Wall", "-o"])
                .arg(&library)
                .arg("xtask/src/endure/shim.c"),
        )?;
        let shim = Self {
            library,
            folder: folder.to_owned(),
            watched: watched.to_owned(),
        };
        shim.clear()?;
        Ok(shim)
    }

    /// Lets `command` run under it; with `kill_at`, killed before that sync point.
    pub(crate) fn watch(&self, command: &mut Command, kill_at: Option<usize>) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("UTPOST_SHIM_FOLDER", &self.watched)
            .env("UTPOST_SHIM_POINTS", self.points_file());
        if let Some(number) = kill_at {
            command.env("UTPOST_SHIM_KILL_AT", number.to_string());
        }
    }

    /// Lets it keep its journal as well.
    pub(crate) fn keep_journal(&self, command: &mut Command) {
        command
            .env("UTPOST_SHIM_JOURNAL", self.journal())
            .env("UTPOST_SHIM_SHADOW", self.shadow());
    }

    /// The sync points passed since the last [`Shim::clear`], in order.
    pub(crate) fn points(&self) -> Result<Vec<String>, String> {
        let file = self.points_file();
        let text = fs::read_to_string(&file).map_err(|found| fault(&file, &found))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Begins anew; what is not synced by now is taken to be.
    pub(crate) fn clear(&self) -> Outcome {
        for file in [self.points_file(), self.journal()] {
            gone(fs::remove_file(&file)).map_err(|found| fault(&file, &found))?;
        }
        let shadow = self.shadow();
        gone(fs::remove_dir_all(&shadow)).map_err(|found| fault(&shadow, &found))?;
        fs::create_dir_all(&shadow).map_err(|found| fault(&shadow, &found))
    }

    /// Takes back what is not synced. Nobody may use the folder meanwhile. Gives what was lost.
    pub(crate) fn cut(&self) -> Result<Lost, String> {
        let journal = self.journal();
        let bytes = match fs::read(&journal) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|found| fault(&journal, &found))?,
        };
        let entries = read(&bytes);
        let mut lost = Lost::default();
        for entry in unsynced(&entries) {
            take_back(entry, &self.shadow(), &mut lost)
                .map_err(|found| format!("taking back {}: {found}", char::from(entry.kind)))?;
        }
        self.clear()?;
        Ok(lost)
    }

    fn points_file(&self) -> PathBuf {
        self.folder.join("points")
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    fn shadow(&self) -> PathBuf {
        self.folder.join("shadow")
    }
}

/// What a power cut took.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) writes: u64,
    pub(crate) names: u64,
}

impl Lost {
    pub(crate) fn add(&mut self, more: Self) {
        self.writes += more.writes;
        self.names += more.names;
    }
}

/// One entry of the journal.
struct Entry {
    /// `D`: bytes changed or cut off. `C`, `U`: a file made, removed. `M`, `R`: a folder made, removed.
    /// `N`: moved. `F`, `S`: a file, a folder synced.
    kind: u8,
    inode: u64,
    offset: u64,
    /// Of the file before.
    size: u64,
    path: PathBuf,
    /// Where it was moved.
    to: PathBuf,
    /// What stood there, or the name under which what was removed is kept.
    bytes: Vec<u8>,
}

/// Reads the journal. An entry cut short is of a change that was not made.
fn read(mut bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some((entry, rest)) = read_one(bytes) {
        entries.push(entry);
        bytes = rest;
    }
    entries
}

fn read_one(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (kind, mut rest) = bytes.split_first()?;
    let mut numbers = [0_u64; 6];
    for number in &mut numbers {
        let (taken, left) = rest.split_first_chunk::<8>()?;
        *number = u64::from_ne_bytes(*taken);
        rest = left;
    }
    let [inode, offset, size, path, to, count] = numbers;
    let mut next = |length: u64| {
        let (taken, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        rest = left;
        Some(taken)
    };
    let text = |bytes: &[u8]| PathBuf::from(String::from_utf8_lossy(bytes).into_owned());
    let entry = Entry {
        kind: *kind,
        inode,
        offset,
        size,
        path: text(next(path)?),
        to: text(next(to)?),
        bytes: next(count)?.to_vec(),
    };
    Some((entry, rest))
}

/// The changes no sync has followed, the last first.
fn unsynced(entries: &[Entry]) -> Vec<&Entry> {
    let mut files: HashMap<u64, usize> = HashMap::new();
    let mut folders: HashMap<&Path, usize> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match entry.kind {
            b'F' => drop(files.insert(entry.inode, at)),
            b'S' => drop(folders.insert(&entry.path, at)),
            _ => {}
        }
    }
    let holds = |at: usize, entry: &Entry| match entry.kind {
        b'F' | b'S' => true,
        b'D' => files.get(&entry.inode).is_some_and(|synced| *synced > at),
        kind => {
            let name = if kind == b'N' { &entry.to } else { &entry.path };
            let folder = name.parent().unwrap_or(Path::new("/"));
            folders.get(folder).is_some_and(|synced| *synced > at)
        }
    };
    let all = entries.iter().enumerate().rev();
    all.filter(|(at, entry)| !holds(*at, entry))
        .map(|(_, entry)| entry)
        .collect()
}

fn take_back(entry: &Entry, shadow: &Path, lost: &mut Lost) -> io::Result<()> {
    let kept = || PathBuf::from(String::from_utf8_lossy(&entry.bytes).into_owned());
    match entry.kind {
        b'D' => {
            let name = shadow.join(format!("inode-{}", entry.inode));
            let file = OpenOptions::new().write(true).open(name)?;
            file.write_all_at(&entry.bytes, entry.offset)?;
            file.set_len(entry.size)?;
            lost.writes += 1;
            return Ok(());
        }
        b'C' => gone(fs::remove_file(&entry.path))?,
        b'M' => gone(fs::remove_dir_all(&entry.path))?,
        // Kept, and perhaps not removed any more when the program was killed.
        b'U' if !entry.path.exists() => fs::hard_link(kept(), &entry.path)?,
        b'R' if !entry.path.exists() => fs::create_dir(&entry.path)?,
        b'N' => {
            let moved = fs::metadata(&entry.to).is_ok_and(|is| is.ino() == entry.inode);
            if moved {
                fs::rename(&entry.to, &entry.path)?;
                if !entry.bytes.is_empty() {
                    fs::hard_link(kept(), &entry.to)?;
                }
            }
        }
        _ => return Ok(()),
    }
    lost.names += 1;
    Ok(())
}

fn gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn fault(path: &Path, found: &io::Error) -> String {
    format!("{}: {found}", path.display())
}

/// A program under the shim that syncs some of what it writes, to see that the shim takes back the
/// rest and nothing else.
///
/// # Errors
/// What it found instead: then no power cut can be trusted.
pub(crate) fn prove(folder: &Path) -> Outcome {
    const SCRIPT: &str = r#"
import os, sys
os.chdir(sys.argv[1])
def put(name, text, sync, flags=os.O_WRONLY | os.O_CREAT):
    file = os.open(name, flags, 0o600)
    os.write(file, text)
    if sync: os.fsync(file)
    os.close(file)
def sync_folder(name):
    folder = os.open(name, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
put("kept", b"first", True)
sync_folder(".")
put("kept", b"FIRST and more", False)
put("old", b"old", True); put("new", b"new", True); put("gone", b"gone", True)
sync_folder(".")
put("nameless", b"synced, but not its name", True)
os.rename("new", "old")
os.unlink("gone")
os.mkdir("folder")
put("folder/in", b"in", True)
os.ftruncate(os.open("kept", os.O_RDWR), 2)
"#;
    let watched = folder.join("watched");
    fs::create_dir_all(&watched).map_err(|found| fault(&watched, &found))?;
    let shim = Shim::build(&folder.join("shim"), &watched)?;
    let mut python = shell::command("python3");
    shim.watch(&mut python, None);
    shim.keep_journal(&mut python);
    shell::quietly(python.args(["-c", SCRIPT]).arg(&watched))?;
    let lost = shim.cut()?;
    let read = |name: &str| fs::read_to_string(watched.join(name)).ok();
    let found = ["kept", "nameless", "old", "new", "gone", "folder/in"].map(read);
    let found: Vec<&str> = found
        .iter()
        .map(|text| text.as_deref().unwrap_or("-"))
        .collect();
    let expected = ["first", "-", "old", "new", "gone", "-"];
    if found == expected && lost.writes == 2 && lost.names == 5 {
        Ok(())
    } else {
        Err(format!(
            "The power cut took back something else: {found:?} instead of {expected:?}, {lost:?}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: u8, inode: u64, path: &str, to: &str) -> Entry {
        Entry {
            kind,
            inode,
            offset: 0,
            size: 0,
            path: path.into(),
            to: to.into(),
            bytes: Vec::new(),
        }
    }

    #[test]
    fn a_change_holds_only_when_what_it_changed_is_synced_afterwards() {
        let entries = [
            entry(b'C', 0, "/a/new", ""),
            entry(b'D', 1, "", ""),
            entry(b'F', 1, "", ""),
            entry(b'D', 1, "", ""),
            entry(b'S', 0, "/a", ""),
            entry(b'N', 1, "/a/new", "/b/moved"),
            entry(b'S', 0, "/a", ""),
            entry(b'D', 2, "", ""),
        ];
        let lost: Vec<(u8, u64)> = unsynced(&entries)
            .iter()
            .map(|entry| (entry.kind, entry.inode))
            .collect();
        assert_eq!(lost, [(b'D', 2), (b'N', 1), (b'D', 1)]);
    }

    #[test]
    fn an_entry_cut_short_is_left_out() {
        let mut bytes = vec![b'S'];
        for number in [0_u64, 0, 0, 2, 0, 0] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes.extend(b"/a");
        let one = bytes.len();
        bytes.extend_from_within(..);
        assert_eq!(read(&bytes).len(), 2);
        assert_eq!(read(&bytes[..bytes.len() - 1]).len(), 1);
        assert_eq!(read(&bytes[..one])[0].path, Path::new("/a"));
    }
}
