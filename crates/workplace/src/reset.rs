use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use utpost_dispatch::LedgerFault;
use utpost_domain::Environment;
use utpost_ledger::LedgerFile;
use utpost_practice::ResetAuthority;

use crate::{Failure, Place};

/// Begins practice anew: its books are emptied, and with them go the letters of the practice
/// ledger, whose counterparts are gone then. Settings, key and log stay, and so does practice's
/// certificate authority.
///
/// Ledger and practice must be closed, in this program and in others; nothing is stopped here.
/// Refused before anything is removed for a ledger that does not open as a practice ledger.
///
/// # Errors
/// [`Code::OtherEnvironment`], [`Code::LedgerBusy`], [`Code::PracticeRunning`]; the codes of ledger
/// and disk.
///
/// [`Code::OtherEnvironment`]: utpost_dispatch::Code::OtherEnvironment
/// [`Code::LedgerBusy`]: utpost_dispatch::Code::LedgerBusy
/// [`Code::PracticeRunning`]: utpost_dispatch::Code::PracticeRunning
pub fn practice_reset(place: &Place) -> Result<(), Failure> {
    if place.environment != Environment::Practice {
        return Err(LedgerFault::OtherEnvironment.into());
    }
    let disk = |fault| Failure::from(LedgerFault::Disk(fault));
    let has_ledger = LedgerFile::exists(&place.folder);
    // Held to the end, so that nobody opens what is being removed.
    let mut alone = None;
    if has_ledger {
        // Only a practice ledger opens, whatever the folder is called.
        drop(place.ledger()?);
        let lock = OpenOptions::new()
            .write(true)
            .open(place.folder.join("ledger.lock"))
            .map_err(disk)?;
        match lock.try_lock() {
            Ok(()) => alone = Some(lock),
            Err(TryLockError::WouldBlock) => return Err(LedgerFault::Busy.into()),
            Err(TryLockError::Error(fault)) => return Err(disk(fault)),
        }
    }
    utpost_practice::reset(&place.practice_folder, ResetAuthority::Keep)?;
    if alone.is_some() {
        remove_letters(&place.folder).map_err(disk)?;
    }
    Ok(())
}

/// Removes what a ledger is made of, the database last: while it is there, what a power cut left can
/// be removed again, and the rest without it would be the remains of a lost ledger.
fn remove_letters(folder: &Path) -> io::Result<()> {
    for name in ["partial", "parcels", "documents"] {
        gone(fs::remove_dir_all(folder.join(name)))?;
    }
    let mut databases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        // Its log, and copies made before an upgrade.
        if name.to_string_lossy().starts_with("ledger.db") {
            databases.push(name);
        }
    }
    databases.sort_unstable();
    for name in databases.iter().rev() {
        gone(fs::remove_file(folder.join(name)))?;
    }
    Ok(())
}

/// What is missing is as good as removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
