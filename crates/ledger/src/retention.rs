//! What goes when a letter's time is over: documents, their key, the salt, every personal value,
//! signed messages and the text of receipts. Ids, digests, verdicts and the chain stay.

use jiff::Timestamp;
use rusqlite::Connection;
use utpost_dispatch::{COUNTS_FOR, Ledger, LedgerFault};
use utpost_domain::{Impossible, Letter, LetterId, Note, State};

use crate::disk::{names_in, remove_file, remove_folder};
use crate::events::{self, read_time, write_time};
use crate::fault::Fault;
use crate::file::LedgerFile;
use crate::{overview, schema};

/// Letters that may be forgotten, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgettable {
    /// Those with which nobody has anything more to do.
    pub over: Vec<LetterId>,
    /// Those that a person should have looked at first: they failed, came back or were refused, or
    /// there is a note beside their state.
    pub follow_up: Vec<LetterId>,
}

impl LedgerFile {
    /// The letters whose life is over and whose last event lies before `before`, but for those
    /// forgotten already. A delivered letter counts, since it may never be opened. Not counted is
    /// one that went within 30 days before `now`, or has a receipt that waits for trust.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn forgettable(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Forgettable, LedgerFault> {
        self.read_at_once(|connection| forgettable(connection, before, now))
    }

    /// How many receipts that belong to no letter here came before `before` and still have their
    /// text.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn forgettable_strays(&self, before: Timestamp) -> Result<u64, LedgerFault> {
        self.read(|connection| {
            let strays: i64 = connection.query_row(
                &format!("SELECT count(*) FROM receipts WHERE {STRAY_BEFORE}"),
                [write_time(before)],
                |row| row.get(0),
            )?;
            Ok(strays as u64)
        })
    }

    /// Removes the text of the receipts that [`LedgerFile::forgettable_strays`] counts, and tells
    /// how many there were. Their ids, digests and verdicts stay.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn forget_strays(&self, before: Timestamp) -> Result<u64, LedgerFault> {
        self.write(|transaction| {
            let forgotten = transaction.execute(
                &format!("UPDATE receipts SET raw = '' WHERE {STRAY_BEFORE}"),
                [write_time(before)],
            )?;
            Ok(forgotten as u64)
        })
    }

    /// Removes what is personal of a letter whose life is over. The chain still verifies, and
    /// without the salt nothing can be guessed back from its digests. Doing it again does nothing.
    ///
    /// What other copies hold, backups and the copy made before an upgrade, stays there:
    /// [`LedgerFile::copies_before_upgrades`].
    ///
    /// # Errors
    /// [`LedgerFault::Impossible`] for a letter that still has something before it, went within 30
    /// days before `at`, or has a receipt that waits for trust.
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

/// Which receipts are strays from before a time.
const STRAY_BEFORE: &str = "letter IS NULL AND received_at < ?1 AND raw <> ''";

fn forgettable(
    connection: &Connection,
    before: Timestamp,
    now: Timestamp,
) -> Result<Forgettable, Fault> {
    let mut statement = connection.prepare(
        "SELECT letter FROM overview JOIN letters ON letters.id = overview.letter
         WHERE changed_at < ?1 AND forgotten_at IS NULL ORDER BY number",
    )?;
    let mut rows = statement.query([write_time(before)])?;
    let mut found = Forgettable::default();
    while let Some(row) = rows.next()? {
        let id = overview::read_letter(row)?;
        let letter = events::fold(connection, id)?;
        if is_over(&letter) && !stops_doubles(connection, id, now)? {
            if letter.needs_follow_up() {
                found.follow_up.push(id);
            } else {
                found.over.push(id);
            }
        }
    }
    Ok(found)
}

/// Whether nothing need happen to the letter any more. What a receipt says that waits for trust is
/// not known yet, and without its text never would be.
fn is_over(letter: &Letter) -> bool {
    let ended =
        letter.is_finished() || matches!(letter.state(), State::Delivered | State::HandedToPost);
    ended && !letter.notes().contains(&Note::ReceiptWaitingForTrust)
}

/// Whether the letter went so lately that the same one to the same citizen is to be stopped.
fn stops_doubles(connection: &Connection, letter: LetterId, now: Timestamp) -> Result<bool, Fault> {
    let went_at: Option<String> = connection.query_row(
        "SELECT went_at FROM overview WHERE letter = ?1",
        [letter.to_string()],
        |row| row.get("went_at"),
    )?;
    Ok(match went_at {
        Some(at) => now.duration_since(read_time(&at)?) <= COUNTS_FOR,
        None => false,
    })
}

fn forget(connection: &Connection, letter: LetterId, at: Timestamp) -> Result<(), Fault> {
    let folded = events::fold(connection, letter)?;
    let already: bool = connection.query_row(
        "SELECT forgotten_at IS NOT NULL FROM letters WHERE id = ?1",
        [letter.to_string()],
        |row| row.get(0),
    )?;
    if !already && (!is_over(&folded) || stops_doubles(connection, letter, at)?) {
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
