//! Shared helpers of the workspace tests.

#![allow(clippy::expect_used, clippy::panic, reason = "for tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The whole text of a file.
///
/// # Panics
/// When it can't be read.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Every Rust file in a folder and the folders in it.
///
/// # Panics
/// When one of them can't be listed.
pub fn sources_below(folder: PathBuf) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let shown = folder.display();
        for entry in fs::read_dir(&folder).unwrap_or_else(|fault| panic!("{shown}: {fault}")) {
            let path = entry.expect("a folder is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
