//! What a clerk has chosen for this machine: one small file beside the ledger.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::bridge::{Preferences, Theme, Tongue};

const FILE: &str = "window.json";

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Tongue::Nb,
            theme: Theme::System,
            undo_seconds: 10,
        }
    }
}

impl Preferences {
    /// The longest undo window, seconds.
    pub(crate) const LONGEST_UNDO: u16 = 600;

    /// Reads them. A file that is missing or can't be understood gives the usual ones: nothing in
    /// it is worth a program that does not start.
    pub(crate) fn read(folder: &Path) -> Self {
        let read = fs::read(folder.join(FILE)).ok();
        let known = read.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        known.unwrap_or_default().within_bounds()
    }

    /// Writes them, whole or not at all.
    ///
    /// # Errors
    /// What the file system says; then the earlier ones stand.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let new = folder.join(format!("{FILE}.new"));
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(new, folder.join(FILE))
    }

    /// An undo window of ten minutes at most.
    pub(crate) fn within_bounds(mut self) -> Self {
        self.undo_seconds = self.undo_seconds.min(Self::LONGEST_UNDO);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Preferences::read(folder.path()) == Preferences::default());
        let chosen = Preferences {
            language: Tongue::Nn,
            theme: Theme::Dark,
            undo_seconds: 30,
        };
        chosen.write(folder.path()).unwrap();
        assert!(Preferences::read(folder.path()) == chosen);
    }

    #[test]
    fn a_file_that_cant_be_understood_gives_the_usual_choices() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{", r#"{"language":"sv"}"#, "\u{0}\u{0}"] {
            fs::write(folder.path().join(FILE), text).unwrap();
            assert!(Preferences::read(folder.path()) == Preferences::default());
        }
    }

    #[test]
    fn an_undo_window_ends_some_time() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"language":"nb","theme":"light","undoSeconds":65000}"#;
        fs::write(folder.path().join(FILE), text).unwrap();
        assert_eq!(Preferences::read(folder.path()).undo_seconds, 600);
    }
}
