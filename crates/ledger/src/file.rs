use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use utpost_dispatch::{
    ChainReport, Counts, Delivered, Entry, Found, Halt, IncomingReceipt, KeptDocument, Ledger,
    LedgerFault, LetterRow, Query, ReceiptKept, Recorded, Restoration, SignedMessage, Source,
    StoredReceipt,
};
use utpost_domain::{
    Actor, ConversationId, Environment, Letter, LetterId, MessageId, ReceiptId, Salt, Sensitive,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::copy::copy_database;
use crate::disk::{
    Partial, make_private_folder, names_in, open_private_file, remove_folder, sync_folder,
};
use crate::documents::{self, DocumentKey, StoredDocument};
use crate::fault::Fault;
use crate::{events, overview, receipts, schema, sending};

pub(crate) const DATABASE: &str = "ledger.db";
const LOCK: &str = "ledger.lock";
pub(crate) const DOCUMENTS: &str = "documents";
pub(crate) const PARCELS: &str = "parcels";
const PARTIAL: &str = "partial";
/// Where a restoration is built up; gone when it is whole.
pub(crate) const RESTORING: &str = "restoring";

/// An open ledger. Several programs may have the same one open; each call is one transaction.
pub struct LedgerFile {
    pub(crate) folder: PathBuf,
    environment: Environment,
    channel_tag: String,
    connection: Mutex<Connection>,
    /// For backups, which wrap it.
    pub(crate) key: Zeroizing<[u8; 32]>,
    database: Identity,
    /// Held shared as long as the ledger is open, so that nobody tidies beside us.
    _presence: File,
    alone: bool,
}

impl LedgerFile {
    /// Opens the ledger in this folder, or makes one where none is. `key` is the raw database key.
    ///
    /// When nobody else has the ledger open, what a crash left half done is removed first:
    /// letters without events, files being written, parcels of letters never sealed.
    ///
    /// # Errors
    /// [`LedgerFault::WrongKey`], [`LedgerFault::Newer`], [`LedgerFault::OtherEnvironment`],
    /// [`LedgerFault::Damaged`] (also when the database is missing beside its documents: a lost
    /// ledger is never replaced by an empty one); in all of them every file stays as it was.
    /// [`LedgerFault::Busy`] and the faults of the disk.
    pub fn create_or_open(
        folder: &Path,
        key: &[u8; 32],
        environment: Environment,
    ) -> Result<Self, LedgerFault> {
        Ok(Self::open(folder, key, environment)?)
    }

    /// Is there a ledger in this folder, or the remains of one? Only where there is none may a new
    /// key be made.
    pub fn exists(folder: &Path) -> bool {
        let size = fs::metadata(folder.join(DATABASE)).map_or(0, |file| file.len());
        size > 0 || has_remains(folder)
    }

    /// Whether what is in this folder is only what a restoration that was ended left there; it can
    /// be begun again.
    pub fn is_half_restored(folder: &Path) -> bool {
        let size = fs::metadata(folder.join(DATABASE)).map_or(0, |file| file.len());
        size == 0 && folder.join(RESTORING).exists()
    }

    fn open(folder: &Path, key: &[u8; 32], environment: Environment) -> Result<Self, Fault> {
        make_private_folder(folder)?;
        let presence = open_private_file(&lock_in(folder))?;
        let alone = enter(&presence)?;
        let database = folder.join(DATABASE);
        if open_private_file(&database)?.metadata()?.len() == 0 && has_remains(folder) {
            return Err(LedgerFault::Damaged.into());
        }
        let mut connection = schema::connect(&database, key)?;
        if schema::is_outdated(&connection)? {
            schema::must_be_of(&connection, environment)?;
            if !alone {
                return Err(LedgerFault::Busy.into());
            }
            let place = folder.join(schema::copy_before_upgrade());
            let part = folder.join("ledger.db.part");
            copy_database(&connection, &part, &place, key)?;
        }
        let channel_tag = schema::migrate(&mut connection, environment)?;
        // Made after the database: their being there tells that there was one.
        for name in [DOCUMENTS, PARCELS, PARTIAL] {
            make_private_folder(&folder.join(name))?;
        }
        sync_folder(folder)?;
        if alone {
            tidy(folder, &mut connection)?;
            presence.unlock()?;
            presence.lock_shared()?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            environment,
            channel_tag,
            connection: Mutex::new(connection),
            key: Zeroizing::new(*key),
            database: Identity::of(&database)?,
            _presence: presence,
            alone,
        })
    }

    /// Whether nobody else had the ledger open when this opened it: then nobody is at work on a
    /// letter that was left in its undo window.
    pub fn was_opened_alone(&self) -> bool {
        self.alone
    }

    /// A panic of another thread leaves no half transaction: dropping one rolls it back.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, LedgerFault> {
        Ok(query(&self.connection())?)
    }

    /// For several queries that must see one state of the ledger, whoever else writes.
    pub(crate) fn read_at_once<T>(
        &self,
        queries: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, LedgerFault> {
        self.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let answer = queries(&snapshot)?;
            snapshot.commit()?;
            Ok(answer)
        })
    }

    pub(crate) fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, LedgerFault> {
        let changed = commit(&mut self.connection(), change)?;
        self.must_be_there()?;
        Ok(changed)
    }

    /// A file that was removed or replaced under an open ledger takes every write in silence, and
    /// all of them are lost. What was written is believed only while the name still leads to it.
    fn must_be_there(&self) -> Result<(), LedgerFault> {
        match Identity::of(&self.folder.join(DATABASE)) {
            Ok(there) if there == self.database => Ok(()),
            Ok(_) => Err(LedgerFault::Disk(io::ErrorKind::NotFound.into())),
            Err(fault) => Err(LedgerFault::Disk(fault)),
        }
    }

    /// Seals a document into a file that has no place yet.
    fn seal(
        &self,
        (letter, number): (LetterId, u32),
        content: &mut dyn Read,
        limit: u64,
    ) -> Result<(Partial, KeptDocument), Fault> {
        let key = self.read(|connection| document_key(connection, letter))?;
        let name = Uuid::new_v4().to_string();
        let mut partial = Partial::create(self.folder.join(PARTIAL).join(name))?;
        let kept = documents::seal(content, limit, &key, (letter, number), &mut partial.file)?;
        partial.file.sync_all()?;
        make_private_folder(&self.folder_of(letter))?;
        sync_folder(&self.folder.join(DOCUMENTS))?;
        Ok((partial, kept))
    }

    pub(crate) fn folder_of(&self, letter: LetterId) -> PathBuf {
        self.folder.join(DOCUMENTS).join(letter.to_string())
    }
}

impl Ledger for LedgerFile {
    fn environment(&self) -> Environment {
        self.environment
    }

    fn channel_tag(&self) -> &str {
        &self.channel_tag
    }

    fn open_letter(&self, letter: LetterId) -> Result<(), LedgerFault> {
        self.write(|transaction| {
            let mut key = DocumentKey::default();
            aws_lc_rs::rand::fill(key.as_mut_slice())?;
            let salt = Salt::generate().map_err(|fault| LedgerFault::Database(Box::new(fault)))?;
            transaction.execute(
                "INSERT INTO letters (id, document_key, salt) VALUES (?1, ?2, ?3)",
                (
                    letter.to_string(),
                    key.as_slice(),
                    salt.expose("encrypted ledger"),
                ),
            )?;
            Ok(())
        })
    }

    fn drop_letter(&self, letter: LetterId) -> Result<(), LedgerFault> {
        self.write(|transaction| drop_letter(&self.folder, transaction, letter))
    }

    fn keep_document(
        &self,
        letter: LetterId,
        number: u32,
        content: &mut dyn Read,
        limit: u64,
    ) -> Result<KeptDocument, LedgerFault> {
        let (partial, kept) = self.seal((letter, number), content, limit)?;
        self.write(|transaction| {
            let bytes = i64::try_from(kept.bytes).map_err(|_| LedgerFault::TooLarge { limit })?;
            transaction.execute(
                "INSERT INTO documents (letter, number, digest, bytes) VALUES (?1, ?2, ?3, ?4)",
                (letter.to_string(), number, kept.digest.as_bytes(), bytes),
            )?;
            partial.put(&self.folder_of(letter).join(number.to_string()))?;
            sync_folder(&self.folder_of(letter))?;
            Ok(kept)
        })
    }

    fn document(&self, letter: LetterId, number: u32) -> Result<Box<dyn Source>, LedgerFault> {
        self.read(|connection| {
            let bytes: i64 = connection.query_row(
                "SELECT bytes FROM documents WHERE letter = ?1 AND number = ?2",
                (letter.to_string(), number),
                |row| row.get("bytes"),
            )?;
            let document: Box<dyn Source> = Box::new(StoredDocument {
                path: self.folder_of(letter).join(number.to_string()),
                key: document_key(connection, letter)?,
                letter,
                number,
                bytes: bytes as u64,
            });
            Ok(document)
        })
    }

    fn record(&self, letter: LetterId, entry: &Entry) -> Result<Letter, LedgerFault> {
        self.write(|transaction| events::append(transaction, self.environment, letter, entry))
    }

    fn letter(&self, letter: LetterId) -> Result<Letter, LedgerFault> {
        self.read(|connection| events::fold(connection, letter))
    }

    fn history(&self, letter: LetterId) -> Result<Vec<Recorded>, LedgerFault> {
        self.read(|connection| events::history(connection, letter))
    }

    fn letters(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault> {
        self.read(|connection| overview::newest(connection, limit))
    }

    fn row(&self, letter: LetterId) -> Result<LetterRow, LedgerFault> {
        self.read(|connection| overview::one(connection, letter))
    }

    fn find(&self, query: &Query) -> Result<Found, LedgerFault> {
        self.read_at_once(|connection| overview::find(connection, query))
    }

    fn unsent(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault> {
        self.read(|connection| overview::unsent(connection, limit))
    }

    fn on_their_way(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault> {
        self.read(|connection| overview::on_their_way(connection, limit))
    }

    fn counts(&self) -> Result<Counts, LedgerFault> {
        self.read_at_once(overview::counts)
    }

    fn delivered_since(&self, since: Timestamp) -> Result<Delivered, LedgerFault> {
        self.read_at_once(|connection| overview::delivered_since(connection, since))
    }

    fn under_way(&self) -> Result<Vec<LetterId>, LedgerFault> {
        self.read(overview::under_way)
    }

    fn awaiting(&self) -> Result<Vec<LetterId>, LedgerFault> {
        self.read(overview::awaiting)
    }

    fn letter_of(&self, conversation: ConversationId) -> Result<Option<LetterId>, LedgerFault> {
        self.read(|connection| overview::letter_of(connection, conversation))
    }

    fn parcel_path(&self, message: MessageId) -> PathBuf {
        self.folder.join(PARCELS).join(parcel_name(message))
    }

    fn keep_message(
        &self,
        letter: LetterId,
        attempt: u32,
        signed: &SignedMessage,
        at: Timestamp,
    ) -> Result<(), LedgerFault> {
        let signed = signed.expose("encrypted ledger");
        self.write(|transaction| keep_message(transaction, letter, attempt, signed, at))
    }

    fn last_message(&self, letter: LetterId) -> Result<Option<Sensitive<String>>, LedgerFault> {
        self.read(|connection| last_message(connection, letter))
    }

    fn keep_receipt(
        &self,
        receipt: &IncomingReceipt,
        entry: Option<&Entry>,
    ) -> Result<ReceiptKept, LedgerFault> {
        self.write(|transaction| receipts::keep(transaction, self.environment, receipt, entry))
    }

    fn acknowledge(&self, receipt: ReceiptId, at: Timestamp) -> Result<(), LedgerFault> {
        self.write(|transaction| receipts::acknowledge(transaction, receipt, at))
    }

    fn receipts(&self, letter: Option<LetterId>) -> Result<Vec<StoredReceipt>, LedgerFault> {
        self.read(|connection| receipts::list(connection, letter))
    }

    fn halt(&self) -> Result<Option<Halt>, LedgerFault> {
        self.read(sending::halt)
    }

    fn set_halt(&self, halt: &Halt) -> Result<(), LedgerFault> {
        self.write(|transaction| sending::set_halt(transaction, halt))
    }

    fn lift_halt(&self, by: &Actor, at: Timestamp) -> Result<bool, LedgerFault> {
        self.write(|transaction| sending::lift_halt(transaction, by, at))
    }

    fn restoration(&self) -> Result<Option<Restoration>, LedgerFault> {
        self.read_at_once(sending::restoration)
    }

    fn end_restoration(&self, at: Timestamp) -> Result<(), LedgerFault> {
        self.write(|transaction| sending::end_restoration(transaction, at))
    }

    fn former_tags(&self) -> Result<Vec<String>, LedgerFault> {
        self.read(sending::former_tags)
    }

    fn sent_like(
        &self,
        letter: LetterId,
        since: Timestamp,
    ) -> Result<Option<(LetterId, Timestamp)>, LedgerFault> {
        self.read(|connection| overview::sent_like(connection, letter, since))
    }

    fn check_chain(&self) -> Result<ChainReport, LedgerFault> {
        self.read(events::check_chain)
    }
}

/// The file by which programs at one ledger know of each other.
pub(crate) fn lock_in(folder: &Path) -> PathBuf {
    folder.join(LOCK)
}

/// The name of a message's parcel.
pub(crate) fn parcel_name(message: MessageId) -> String {
    format!("{message}.cms")
}

/// What tells one file from another that later has its name.
#[derive(PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    /// Without opening it: closing any handle of a file lets go of every lock that this process
    /// has on it, the database's own among them.
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;

        let file = fs::metadata(path)?;
        Ok(Self(file.dev(), file.ino()))
    }

    /// Elsewhere a file that is open can be neither removed nor replaced.
    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|_| Self(0, 0))
    }
}

/// Whether a ledger was here: its other folders, or a restoration not brought to its end.
fn has_remains(folder: &Path) -> bool {
    folder.join(DOCUMENTS).exists() || folder.join(RESTORING).exists()
}

/// Takes part in the ledger; true when nobody else has it open, and then nobody can come in
/// before the lock is let go.
pub(crate) fn enter(presence: &File) -> Result<bool, Fault> {
    let until = Instant::now() + schema::PATIENCE;
    loop {
        let outcome = presence.try_lock().map(|()| true);
        let outcome = outcome.or_else(|_| presence.try_lock_shared().map(|()| false));
        match outcome {
            Ok(alone) => return Ok(alone),
            Err(TryLockError::Error(fault)) => return Err(fault.into()),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                return Err(LedgerFault::Busy.into());
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// One transaction; what `change` did is undone when it fails.
pub(crate) fn commit<T>(
    connection: &mut Connection,
    change: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = change(&transaction)?;
    transaction.commit()?;
    Ok(changed)
}

/// Removes what a crash left half done, and what is of no more use. Nobody else has the ledger open.
fn tidy(folder: &Path, connection: &mut Connection) -> Result<(), Fault> {
    for letter in letters(connection, "begun = 0")? {
        commit(connection, |transaction| {
            drop_letter(folder, transaction, letter)
        })?;
    }
    for letter in letters(connection, "forgotten_at IS NOT NULL")? {
        remove_folder(&folder.join(DOCUMENTS).join(letter.to_string()))?;
    }
    for partial in names_in(&folder.join(PARTIAL))? {
        fs::remove_file(folder.join(PARTIAL).join(partial))?;
    }
    for parcel in fs::read_dir(folder.join(PARCELS))? {
        let path = parcel?.path();
        let sealed = path.extension().is_some_and(|extension| extension == "cms");
        let message = path
            .file_stem()
            .and_then(|stem| MessageId::parse(stem.to_str()?).ok());
        let wanted = match message {
            Some(message) if sealed => overview::keeps_parcel(connection, message)?,
            _ => false,
        };
        if !wanted {
            fs::remove_file(path)?;
        }
    }
    remove_folder(&folder.join(RESTORING))?;
    Ok(())
}

/// The letters of which the condition, for which there is an index, holds.
pub(crate) fn letters(connection: &Connection, wanted: &str) -> Result<Vec<LetterId>, Fault> {
    let mut statement = connection.prepare(&format!("SELECT id FROM letters WHERE {wanted}"))?;
    let mut rows = statement.query([])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let id = LetterId::parse(&row.get::<_, String>("id")?);
        letters.push(id.map_err(|_| LedgerFault::Damaged)?);
    }
    Ok(letters)
}

/// A letter with events cannot go: they refer to it. The files go before the row is committed, so
/// that a crash in between leaves a letter to be dropped again, not files that nobody knows.
fn drop_letter(
    folder: &Path,
    transaction: &Transaction<'_>,
    letter: LetterId,
) -> Result<(), Fault> {
    let dropped = transaction.execute("DELETE FROM letters WHERE id = ?1", [letter.to_string()])?;
    if dropped == 0 {
        return Err(LedgerFault::NotFound.into());
    }
    remove_folder(&folder.join(DOCUMENTS).join(letter.to_string()))?;
    Ok(())
}

pub(crate) fn document_key(
    connection: &Connection,
    letter: LetterId,
) -> Result<DocumentKey, Fault> {
    let key: Option<[u8; 32]> = connection.query_row(
        "SELECT document_key FROM letters WHERE id = ?1",
        [letter.to_string()],
        |row| row.get("document_key"),
    )?;
    key.map(Zeroizing::new)
        .ok_or_else(|| LedgerFault::NotFound.into())
}

/// A message made again for the same attempt replaces the first: that one was never sent, since
/// an attempt is sent once.
pub(crate) fn keep_message(
    connection: &Connection,
    letter: LetterId,
    attempt: u32,
    signed: &str,
    at: Timestamp,
) -> Result<(), Fault> {
    connection.execute(
        "INSERT INTO messages (letter, attempt, made_at, signed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (letter, attempt) DO UPDATE SET
             made_at = excluded.made_at, signed = excluded.signed",
        (letter.to_string(), attempt, events::write_time(at), signed),
    )?;
    Ok(())
}

fn last_message(
    connection: &Connection,
    letter: LetterId,
) -> Result<Option<Sensitive<String>>, Fault> {
    let signed: Option<String> = connection
        .query_row(
            "SELECT signed FROM messages WHERE letter = ?1 ORDER BY attempt DESC LIMIT 1",
            [letter.to_string()],
            |row| row.get("signed"),
        )
        .optional()?;
    Ok(signed.map(Sensitive::new))
}
