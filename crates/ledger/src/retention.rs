//! What goes when a letter's time is over: documents, their key, the salt, every personal value,
//! signed messages and the text of receipts. Ids, digests, verdicts and the chain stay.

use jiff::Timestamp;
use rusqlite::Connection;
use utpost_dispatch::{Ledger, LedgerFault};
use utpost_domain::{Impossible, Letter, LetterId, State};

use crate::disk::{names_in, remove_file, remove_folder};
use crate::events::{self, write_time};
use crate::fault::Fault;
use crate::file::LedgerFile;
use crate::{overview, schema};

impl LedgerFile {
    /// The letters whose life is over and whose last event lies before `before`, oldest first, but
    /// for those forgotten already. A delivered letter counts, since it may never be opened.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn forgettable(&self, before: Timestamp) -> Result<Vec<LetterId>, LedgerFault> {
        self.read(|connection| forgettable(connection, before))
    }

    /// Removes what is personal of a letter whose life is over. The chain still verifies, and
    /// without the salt nothing can be guessed back from its digests. Doing it again does nothing.
    ///
    /// What other copies hold, backups and the copy made before an upgrade, stays there:
    /// [`LedgerFile::copies_before_upgrades`].
    ///
    /// # Errors
    /// [`LedgerFault::Impossible`] for a letter that still has something before it.
    pub fn forget(&self, letter: LetterId, at: Timestamp) -> Result<(), LedgerFault> {
        self.write(|transaction| forget(transaction, letter, at))?;
        // Their key is gone; what a crash leaves of them goes at the next opening.
        Ok(self.remove_files(letter)?)
    }

    /// Takes forgotten values out of the database's log as well, where earlier pages stay until
    /// they are written over. Waits for nobody: while others read, it is left to the next time.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn empty_log(&self) -> Result<(), LedgerFault> {
        self.read(|connection| {
            Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
    }

    /// Names of the copies made before upgrades. They hold what the ledger held then, and are
    /// removed by people only.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn copies_before_upgrades(&self) -> Result<Vec<String>, LedgerFault> {
        let names = names_in(&self.folder).map_err(Fault::from)?;
        let names = names.iter().map(|name| name.to_string_lossy());
        let copies = names.filter(|name| name.starts_with(schema::COPY_BEFORE_UPGRADE));
        let mut copies: Vec<String> = copies.map(|name| name.into_owned()).collect();
        copies.sort_unstable();
        Ok(copies)
    }

    fn remove_files(&self, letter: LetterId) -> Result<(), Fault> {
        remove_folder(&self.folder_of(letter))?;
        if let Some(sealed) = self.letter(letter)?.sealed() {
            remove_file(&self.parcel_path(sealed.message_id))?;
        }
        Ok(())
    }
}

fn forgettable(connection: &Connection, before: Timestamp) -> Result<Vec<LetterId>, Fault> {
    let mut statement = connection.prepare(
        "SELECT letter FROM overview JOIN letters ON letters.id = overview.letter
         WHERE changed_at < ?1 AND forgotten_at IS NULL ORDER BY number",
    )?;
    let mut rows = statement.query([write_time(before)])?;
    let mut over = Vec::new();
    while let Some(row) = rows.next()? {
        let letter = overview::read_letter(row)?;
        if is_over(&events::fold(connection, letter)?) {
            over.push(letter);
        }
    }
    Ok(over)
}

/// Whether nothing need happen to the letter any more.
fn is_over(letter: &Letter) -> bool {
    letter.is_finished() || matches!(letter.state(), State::Delivered | State::HandedToPost)
}

fn forget(connection: &Connection, letter: LetterId, at: Timestamp) -> Result<(), Fault> {
    let folded = events::fold(connection, letter)?;
    if !is_over(&folded) {
        return Err(Impossible {
            state: Some(folded.state()),
            happening: "forgotten",
        }
        .into());
    }
    let id = letter.to_string();
    connection.execute(
        "UPDATE letters SET document_key = NULL, salt = NULL,
                            forgotten_at = coalesce(forgotten_at, ?2)
         WHERE id = ?1",
        (&id, write_time(at)),
    )?;
    for statement in [
        "UPDATE events SET personal = NULL WHERE letter = ?1 AND personal IS NOT NULL",
        "DELETE FROM overview_words
         WHERE number = (SELECT number FROM overview WHERE letter = ?1)",
        "UPDATE overview SET title = NULL, recipient_name = NULL, recipient = NULL
         WHERE letter = ?1",
        "DELETE FROM messages WHERE letter = ?1",
        "UPDATE receipts SET raw = '' WHERE letter = ?1",
    ] {
        connection.execute(statement, [&id])?;
    }
    Ok(())
}
