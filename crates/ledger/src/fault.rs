use std::io;

use rusqlite::ErrorCode;
use utpost_dispatch::LedgerFault;
use utpost_domain::Impossible;

/// What can go wrong inside, before it is put into the words of the port.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Known(#[from] LedgerFault),
}

impl From<Impossible> for Fault {
    fn from(fault: Impossible) -> Self {
        Self::Known(LedgerFault::Impossible(fault))
    }
}

/// What the program wrote itself cannot be read. The reader's own error may quote what it read,
/// so it is not kept.
impl From<serde_json::Error> for Fault {
    fn from(_: serde_json::Error) -> Self {
        Self::Known(LedgerFault::Damaged)
    }
}

impl From<aws_lc_rs::error::Unspecified> for Fault {
    fn from(fault: aws_lc_rs::error::Unspecified) -> Self {
        Self::Known(LedgerFault::Database(Box::new(fault)))
    }
}

impl From<Fault> for LedgerFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Known(fault) => fault,
            Fault::Io(fault) => disk(fault),
            Fault::Sql(fault) => database(fault),
        }
    }
}

fn disk(fault: io::Error) -> LedgerFault {
    match fault.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LedgerFault::DiskFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            LedgerFault::ReadOnly
        }
        _ => LedgerFault::Disk(fault),
    }
}

/// `NotADatabase` is damage here: the key has been tried when the ledger was opened.
fn database(fault: rusqlite::Error) -> LedgerFault {
    // The index of the write-ahead log can't grow: nothing but a full disk hinders it.
    let extended = fault.sqlite_error().map(|error| error.extended_code);
    if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return LedgerFault::DiskFull;
    }
    match fault.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerFault::Busy,
        Some(ErrorCode::DiskFull) => LedgerFault::DiskFull,
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            LedgerFault::ReadOnly
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => LedgerFault::Damaged,
        Some(_) => LedgerFault::Database(Box::new(fault)),
        None => match fault {
            rusqlite::Error::QueryReturnedNoRows => LedgerFault::NotFound,
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => LedgerFault::Damaged,
            other => LedgerFault::Database(Box::new(other)),
        },
    }
}
