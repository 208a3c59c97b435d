//! Copies of the whole database, as it was at one instant, whoever writes meanwhile.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use utpost_dispatch::LedgerFault;

use crate::disk::{Partial, sync_folder};
use crate::fault::Fault;
use crate::schema;

/// Pages copied before other programs get their turn.
const PAGES_A_STEP: i32 = 4096;

/// Copies the database to `place`, which is replaced whole or not at all; synced. The copy opens
/// with `key`. It is written to `part` first, in the same folder.
pub(crate) fn copy_database(
    from: &Connection,
    part: &Path,
    place: &Path,
    key: &[u8; 32],
) -> Result<(), Fault> {
    let partial = Partial::create(part.to_owned())?;
    let mut copy = schema::connect_empty(part, key)?;
    copy_pages(from, &mut copy)?;
    // Whatever it has in a log of its own goes into the file, and the log away.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    drop(copy);
    partial.file.sync_all()?;
    partial.put(place)?;
    if let Some(folder) = place.parent() {
        sync_folder(folder)?;
    }
    Ok(())
}

fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), Fault> {
    let backup = Backup::new(from, to)?;
    loop {
        match backup.step(PAGES_A_STEP)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(LedgerFault::Busy.into()),
        }
    }
}
