//! Copies of the whole database, as it was at one instant, whoever writes meanwhile.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use utpost_dispatch::LedgerFault;

use crate::disk::{Partial, sync_folder};
use crate::fault::Fault;
use crate::schema;

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

/// In one step, and so in one read transaction: between two steps another program's commit would
/// have the copy begin anew, each time. Who writes meanwhile writes into the log and is not kept
/// waiting.
fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), Fault> {
    const ALL_PAGES: i32 = -1;
    match Backup::new(from, to)?.step(ALL_PAGES)? {
        StepResult::Done => Ok(()),
        _ => Err(LedgerFault::Busy.into()),
    }
}
