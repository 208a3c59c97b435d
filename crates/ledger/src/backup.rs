//! A backup is a folder: `ledger.db` as it was at one instant, the documents and parcels it speaks
//! of, the key it opens with, wrapped (`key.age`), and, written last, `backup.json`. All but the
//! last is encrypted as in the ledger itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utpost_dispatch::LedgerFault;
use utpost_domain::{Environment, LetterId};
use zeroize::Zeroizing;

use crate::check::{Finding, Report};
use crate::copy::copy_database;
use crate::disk::{
    copy_private_file, make_private_folder, names_in, open_private_file, remove_folder,
    sync_folder, write_private_file,
};
use crate::fault::Fault;
use crate::file::{self, DATABASE, DOCUMENTS, LedgerFile, PARCELS, RESTORING};
use crate::recovery::{Recovery, RecoverySecret};
use crate::{overview, schema, sending};

const FACTS: &str = "backup.json";
const WRAPPED_KEY: &str = "key.age";
const FORMAT: &str = "utpost-backup-1";

/// Why a backup could not be made or brought back. Nothing is lost in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The folder to write holds something already; to bring back into, a ledger or the remains
    /// of one.
    #[error("the folder is not free")]
    Occupied,
    /// The folder holds no backup, or one that was not brought to its end.
    #[error("not a whole backup")]
    NotABackup,
    /// The passphrase or key is not the one it was made for.
    #[error("the backup does not open with this")]
    WrongRecovery,
    /// The key could not be wrapped.
    #[error("the key could not be wrapped")]
    Wrapping(#[source] age::EncryptError),
    /// It was checked before anything was put in its place, and this was found.
    #[error("the backup is not sound")]
    Unsound(Report),
    /// Ledger or disk.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
}

/// What a backup must be to be brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soundness {
    /// All there and as it was written.
    Whole,
    /// Whatever can still be opened: somebody has read what is wrong with it.
    AsItIs,
}

impl From<Fault> for BackupFault {
    fn from(fault: Fault) -> Self {
        Self::Ledger(fault.into())
    }
}

impl From<io::Error> for BackupFault {
    fn from(fault: io::Error) -> Self {
        Fault::from(fault).into()
    }
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupMade {
    format: String,
    /// Which environment's ledger.
    pub environment: Environment,
    /// When.
    pub made_at: Timestamp,
    /// Documents copied.
    pub documents: u64,
    /// Parcels copied.
    pub parcels: u64,
    /// Files that should have been there: the ledger wants a check.
    pub missing: u64,
    /// Size of it all in bytes, but for this line.
    pub bytes: u64,
}

impl LedgerFile {
    /// Writes a backup into `to`, a folder that is missing or empty, while others go on working.
    /// What is on disk when this returns is whole; one without `backup.json` is not.
    ///
    /// # Errors
    /// [`BackupFault`].
    pub fn backup(
        &self,
        to: &Path,
        recovery: &Recovery,
        at: Timestamp,
    ) -> Result<BackupMade, BackupFault> {
        if !names_in(to)?.is_empty() {
            return Err(BackupFault::Occupied);
        }
        make_private_folder(to)?;
        let wrapped = recovery.wrap(&self.key).map_err(BackupFault::Wrapping)?;
        write_private_file(&to.join(WRAPPED_KEY), &wrapped)?;
        let place = to.join(DATABASE);
        let part = to.join("ledger.db.part");
        copy_database(&self.connection(), &part, &place, &self.key)?;
        let copy = schema::connect_copy(&place, &self.key)?;
        let files = copy_files(&copy, &self.folder, to)?;
        let made = BackupMade {
            format: FORMAT.to_owned(),
            environment: utpost_dispatch::Ledger::environment(self),
            made_at: at,
            documents: files.documents,
            parcels: files.parcels,
            missing: files.missing,
            bytes: files.bytes + fs::metadata(&place)?.len() + wrapped.len() as u64,
        };
        let facts = serde_json::to_vec_pretty(&made).map_err(Fault::from)?;
        write_private_file(&to.join(FACTS), &facts)?;
        sync_folder(to)?;
        Ok(made)
    }

    /// Brings a backup back into `to`, where no ledger may be, under `key`, and opens it.
    ///
    /// It takes a new channel tag and keeps the former ones to fetch receipts under, and it counts
    /// as restored ([`utpost_dispatch::Ledger::restoration`]): nothing is sent from it before the
    /// statuses of what was under way are asked. It is checked before it is put in its place. The
    /// ledger is whole in its place when this returns; ended before, it is not there and this can
    /// be called again.
    ///
    /// # Errors
    /// [`BackupFault`], [`BackupFault::Unsound`] unless any `wanted` will do;
    /// [`LedgerFault::OtherEnvironment`] for a backup of another environment.
    pub fn restore(
        from: &Path,
        secret: &RecoverySecret,
        to: &Path,
        key: &[u8; 32],
        environment: Environment,
        wanted: Soundness,
        at: Timestamp,
    ) -> Result<(Self, Report), BackupFault> {
        let backup = OpenBackup::open(from, secret, environment)?;
        make_private_folder(to)?;
        let presence = open_private_file(&file::lock_in(to))?;
        if !file::enter(&presence)? {
            return Err(LedgerFault::Busy.into());
        }
        clear(to)?;
        let building = to.join(RESTORING);
        make_private_folder(&building)?;
        let copied = backup.copy_to(&building, key, at)?;
        let report = Self::check_built(&building, key, environment, backup.files_lost(&copied))?;
        if wanted == Soundness::Whole && !report.is_sound() {
            remove_folder(&building)?;
            sync_folder(to)?;
            return Err(BackupFault::Unsound(report));
        }
        for name in [DOCUMENTS, PARCELS, DATABASE] {
            fs::rename(building.join(name), to.join(name))?;
            sync_folder(to)?;
        }
        remove_folder(&building)?;
        sync_folder(to)?;
        drop(presence);
        let ledger = Self::create_or_open(to, key, environment)?;
        Ok((ledger, report))
    }

    /// Checks what was built up, and puts all of its database into the one file.
    fn check_built(
        building: &Path,
        key: &[u8; 32],
        environment: Environment,
        files_lost: Option<Finding>,
    ) -> Result<Report, BackupFault> {
        let built = Self::create_or_open(building, key, environment)?;
        let mut report = built.check()?;
        files_lost
            .into_iter()
            .for_each(|finding| report.find(finding));
        built
            .connection()
            .pragma_update(None, "journal_mode", "DELETE")
            .map_err(Fault::from)?;
        drop(built);
        sync_folder(building)?;
        Ok(report)
    }

    /// Whether a backup lies in this folder, and what it says of itself. Nothing of it is secret or
    /// proven.
    ///
    /// # Errors
    /// [`BackupFault::NotABackup`].
    pub fn backup_in(folder: &Path) -> Result<BackupMade, BackupFault> {
        let facts = fs::read(folder.join(FACTS)).map_err(|_| BackupFault::NotABackup)?;
        let made: BackupMade =
            serde_json::from_slice(&facts).map_err(|_| BackupFault::NotABackup)?;
        if made.format == FORMAT {
            Ok(made)
        } else {
            Err(BackupFault::NotABackup)
        }
    }
}

/// A backup whose key is unwrapped and fits.
struct OpenBackup {
    folder: PathBuf,
    made: BackupMade,
    environment: Environment,
    connection: Connection,
}

impl OpenBackup {
    fn open(
        folder: &Path,
        secret: &RecoverySecret,
        environment: Environment,
    ) -> Result<Self, BackupFault> {
        let made = LedgerFile::backup_in(folder)?;
        let wrapped = fs::read(folder.join(WRAPPED_KEY)).map_err(|_| BackupFault::NotABackup)?;
        let key: Zeroizing<[u8; 32]> = secret.unwrap(&wrapped).ok_or(BackupFault::WrongRecovery)?;
        let connection = schema::connect_copy(&folder.join(DATABASE), &key)?;
        schema::must_be_known(&connection)?;
        schema::must_be_of(&connection, environment)?;
        Ok(Self {
            folder: folder.to_owned(),
            made,
            environment,
            connection,
        })
    }

    /// What is amiss when not as many files were copied as there were when the backup was made.
    fn files_lost(&self, copied: &Copied) -> Option<Finding> {
        let told = (self.made.documents, self.made.parcels);
        let found = (copied.documents, copied.parcels);
        (told != found).then_some(Finding::BackupFiles {
            told: told.0.saturating_add(told.1),
            found: found.0 + found.1,
        })
    }

    fn copy_to(&self, to: &Path, key: &[u8; 32], at: Timestamp) -> Result<Copied, BackupFault> {
        let place = to.join(DATABASE);
        copy_database(&self.connection, &to.join("ledger.db.part"), &place, key)?;
        for name in [DOCUMENTS, PARCELS] {
            make_private_folder(&to.join(name))?;
        }
        let copied = copy_files(&self.connection, &self.folder, to)?;
        let mut connection = schema::connect(&place, key)?;
        schema::migrate(&mut connection, self.environment)?;
        file::commit(&mut connection, |transaction| {
            sending::begin_restoration(transaction, at)
        })?;
        drop(connection);
        sync_folder(to)?;
        Ok(copied)
    }
}

/// Nothing but what an earlier restoration left may be there; that goes.
fn clear(to: &Path) -> Result<(), BackupFault> {
    let database = to.join(DATABASE);
    let log = to.join("ledger.db-wal");
    let has_database = fs::metadata(&database).is_ok_and(|file| file.len() > 0) || log.exists();
    let unfinished = to.join(RESTORING).exists();
    if has_database || (to.join(DOCUMENTS).exists() && !unfinished) {
        return Err(BackupFault::Occupied);
    }
    for name in [DOCUMENTS, PARCELS, RESTORING] {
        remove_folder(&to.join(name))?;
        sync_folder(to)?;
    }
    Ok(())
}

#[derive(Default)]
struct Copied {
    documents: u64,
    parcels: u64,
    missing: u64,
    bytes: u64,
}

/// Copies every document and every parcel of which `database` speaks.
fn copy_files(database: &Connection, from: &Path, to: &Path) -> Result<Copied, Fault> {
    let mut copied = Copied::default();
    make_private_folder(&to.join(DOCUMENTS))?;
    for (letter, number) in documents(database)? {
        let folder = Path::new(DOCUMENTS).join(letter.to_string());
        make_private_folder(&to.join(&folder))?;
        let name = folder.join(number.to_string());
        if copied.take(&from.join(&name), &to.join(&name))? {
            copied.documents += 1;
        }
        sync_folder(&to.join(&folder))?;
    }
    make_private_folder(&to.join(PARCELS))?;
    for message in overview::kept_parcels(database)? {
        let name = Path::new(PARCELS).join(file::parcel_name(message));
        if copied.take(&from.join(&name), &to.join(&name))? {
            copied.parcels += 1;
        }
    }
    sync_folder(&to.join(PARCELS))?;
    Ok(copied)
}

impl Copied {
    /// Whether it was there to be copied.
    fn take(&mut self, from: &Path, to: &Path) -> Result<bool, Fault> {
        match copy_private_file(from, to) {
            Ok(bytes) => {
                self.bytes += bytes;
                Ok(true)
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && !from.exists() => {
                self.missing += 1;
                Ok(false)
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Those whose key is still there.
fn documents(database: &Connection) -> Result<Vec<(LetterId, u32)>, Fault> {
    let mut statement = database.prepare(
        "SELECT letter, number FROM documents JOIN letters ON letters.id = documents.letter
         WHERE begun = 1 AND document_key IS NOT NULL ORDER BY letter, number",
    )?;
    let mut rows = statement.query([])?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push((overview::read_letter(row)?, row.get("number")?));
    }
    Ok(documents)
}
