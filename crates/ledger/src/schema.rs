use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use utpost_dispatch::LedgerFault;
use utpost_domain::Environment;
use zeroize::Zeroizing;

use crate::fault::Fault;

/// Each step from one schema to the next. A released step is never changed. An event in a form
/// that older programs do not know wants a step too, an empty one, so that they refuse the ledger.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
];

/// The schema this program makes.
pub(crate) const NEWEST: usize = MIGRATIONS.len();

/// How long another program may hold the ledger.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the file, which exists, with the key, and sets what must hold for every connection.
pub(crate) fn connect(file: &Path, key: &[u8; 32]) -> Result<Connection, Fault> {
    let connection = open_with_key(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let first_page = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match first_page {
        Err(fault) if fault.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            let whole = looks_encrypted_and_whole(file)?;
            return Err(if whole {
                LedgerFault::WrongKey
            } else {
                LedgerFault::Damaged
            }
            .into());
        }
        other => other?,
    }
    // The cache, 16 MiB, holds what a search among 100 000 letters reads: pages outside it are
    // decrypted each time.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16384;
         PRAGMA trusted_schema = OFF",
    )?;
    must_hold(&connection, "journal_mode", String::from("wal"))?;
    must_hold(&connection, "synchronous", 2)?;
    must_hold(&connection, "foreign_keys", 1)?;
    Ok(connection)
}

/// Opens an empty file that pages of another database are copied into.
pub(crate) fn connect_empty(file: &Path, key: &[u8; 32]) -> Result<Connection, Fault> {
    let connection = open_with_key(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY")?;
    Ok(connection)
}

/// Opens a copy to read it only; it may lie where nothing can be written.
pub(crate) fn connect_copy(file: &Path, key: &[u8; 32]) -> Result<Connection, Fault> {
    let connection = open_with_key(file, key, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // The key fits the backup, or it would not have been unwrapped.
    version(&connection)?;
    Ok(connection)
}

fn open_with_key(file: &Path, key: &[u8; 32], access: OpenFlags) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    // Its error could quote the statement, and the key in it.
    connection
        .execute_batch(&key_pragma(key))
        .map_err(|_| LedgerFault::WrongKey)?;
    Ok(connection)
}

/// Whether the file holds a ledger of an older schema, and so wants [`migrate`] by one who is
/// alone: a program of that schema must not go on beside it.
pub(crate) fn is_outdated(connection: &Connection) -> Result<bool, Fault> {
    Ok((1..NEWEST).contains(&version(connection)?))
}

/// How the names of copies made before an upgrade begin.
pub(crate) const COPY_BEFORE_UPGRADE: &str = "ledger.db.before-";

/// The name the ledger is copied to before it is brought from an older schema to this one.
pub(crate) fn copy_before_upgrade() -> String {
    format!("{COPY_BEFORE_UPGRADE}{NEWEST}")
}

/// Brings the schema up to date, and tells the channel tag if the ledger is of this environment.
pub(crate) fn migrate(
    connection: &mut Connection,
    environment: Environment,
) -> Result<String, Fault> {
    if version(connection)? != NEWEST {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = version(&transaction)?;
        let steps = MIGRATIONS.get(found..).ok_or(LedgerFault::Newer {
            found: found as u32,
            known: NEWEST as u32,
        })?;
        steps
            .iter()
            .try_for_each(|step| transaction.execute_batch(step))?;
        if found == 0 {
            transaction.execute(
                "INSERT INTO ledger (id, environment, channel_tag) VALUES (1, ?1, ?2)",
                (environment.as_str(), generate_channel_tag()?),
            )?;
        }
        transaction.pragma_update(None, "user_version", NEWEST as u32)?;
        transaction.commit()?;
    }
    let (kept, channel_tag) = identity(connection)?;
    if kept == environment.as_str() {
        Ok(channel_tag)
    } else {
        Err(LedgerFault::OtherEnvironment.into())
    }
}

/// The ledger's environment and channel tag.
fn identity(connection: &Connection) -> Result<(String, String), Fault> {
    Ok(
        connection.query_row("SELECT environment, channel_tag FROM ledger", [], |row| {
            Ok((row.get("environment")?, row.get("channel_tag")?))
        })?,
    )
}

/// Refuses a ledger of a newer schema than this program's.
pub(crate) fn must_be_known(connection: &Connection) -> Result<(), Fault> {
    match version(connection)? {
        0 => Err(LedgerFault::Damaged.into()),
        found if found > NEWEST => Err(LedgerFault::Newer {
            found: found as u32,
            known: NEWEST as u32,
        }
        .into()),
        _ => Ok(()),
    }
}

/// Refuses a ledger of another environment before anything is done to it.
pub(crate) fn must_be_of(connection: &Connection, environment: Environment) -> Result<(), Fault> {
    if identity(connection)?.0 == environment.as_str() {
        Ok(())
    } else {
        Err(LedgerFault::OtherEnvironment.into())
    }
}

fn version(connection: &Connection) -> Result<usize, Fault> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(version as usize)
}

/// A raw key: SQLCipher derives nothing from it, so all 256 bits count.
fn key_pragma(key: &[u8; 32]) -> Zeroizing<String> {
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    for byte in key {
        for digit in [byte >> 4, byte & 15] {
            pragma.extend(char::from_digit(digit.into(), 16));
        }
    }
    pragma.push_str("'\"");
    pragma
}

/// A wrong key and a damaged first page look alike to SQLCipher. What is no multiple of its pages,
/// or begins as unencrypted SQLite, was surely damaged or replaced.
fn looks_encrypted_and_whole(file: &Path) -> Result<bool, Fault> {
    const PAGE: u64 = 4096;
    let mut begin = [0; 16];
    let read = fs::File::open(file)?.read(&mut begin)?;
    let pages = fs::metadata(file)?.len() % PAGE == 0;
    Ok(read == begin.len() && pages && &begin != b"SQLite format 3\0")
}

/// A setting that did not take would weaken a promise in silence.
fn must_hold(
    connection: &Connection,
    name: &'static str,
    wanted: impl Into<Value>,
) -> Result<(), Fault> {
    let found: Value = connection.pragma_query_value(None, name, |row| row.get(0))?;
    if found == wanted.into() {
        Ok(())
    } else {
        Err(LedgerFault::Database(Box::new(SettingRefused { name })).into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the database does not take the setting {name}")]
struct SettingRefused {
    name: &'static str,
}

/// `utpost-` and 80 random bits: two ledgers of one agency never read each other's receipts.
pub(crate) fn generate_channel_tag() -> Result<String, Fault> {
    const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random)?;
    let tag = random
        .iter()
        .map(|byte| char::from(BASE32[usize::from(byte & 31)]));
    Ok("utpost-".chars().chain(tag).collect())
}
