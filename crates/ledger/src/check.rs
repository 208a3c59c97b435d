//! Whether everything the ledger says it holds is there and as it was written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::Connection;
use utpost_dispatch::{Ledger, LedgerFault, Recorded};
use utpost_domain::{Digest, DocumentFacts, Happening, Letter, LetterId, Sealed};

use crate::fault::Fault;
use crate::file::{LedgerFile, letters};
use crate::{events, overview};

/// What a check read and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Events whose place in the chain holds.
    pub events: u64,
    /// Letters read.
    pub letters: u64,
    /// Documents read to their end.
    pub documents: u64,
    /// Sealed parcels read to their end.
    pub parcels: u64,
    /// What is wrong; empty for a sound ledger.
    pub findings: Vec<Finding>,
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Pages of the database can't be read, or contradict each other.
    Pages,
    /// The chain of events does not hold from this place on.
    Chain {
        /// The place, from 1.
        at: u64,
    },
    /// The letter's events make no life, or the lists show something else than they say.
    Letter(LetterId),
    /// A document is missing.
    DocumentMissing {
        /// Of this letter.
        letter: LetterId,
        /// From 0, the main document.
        number: u32,
    },
    /// A document is not as it was when the letter was drafted.
    DocumentDamaged {
        /// Of this letter.
        letter: LetterId,
        /// From 0, the main document.
        number: u32,
    },
    /// The parcel of a sealed letter is missing.
    ParcelMissing(LetterId),
    /// The parcel of a sealed letter is not what was sealed.
    ParcelDamaged(LetterId),
    /// The key of the letter's documents is gone, and retention did not take it.
    KeyMissing(LetterId),
    /// The text of a receipt is not what was received.
    ReceiptDamaged {
        /// Its place among the receipts, from 1.
        number: u64,
    },
    /// A backup does not hold as many files as it says of itself.
    BackupFiles {
        /// Documents and parcels it says it has.
        told: u64,
        /// Those that are there.
        found: u64,
    },
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

impl LedgerFile {
    /// Reads everything: each page, the chain, each letter against what the lists show of it, each
    /// document, each parcel and each receipt. Takes seconds for thousands of letters.
    /// Changes nothing; what was damaged is found, not mended.
    ///
    /// # Errors
    /// Only what keeps it from reading, [`LedgerFault::Busy`] and the like; damage is a finding.
    pub fn check(&self) -> Result<Report, LedgerFault> {
        let mut report = Report::default();
        let files = self.read(|connection| {
            // Given up, not committed, at its end: after a page that can't be read no commit is
            // possible, not even of nothing.
            let snapshot = connection.unchecked_transaction()?;
            check_records(&snapshot, &mut report)
        })?;
        for (letter, wanted) in files {
            self.check_files(letter, &wanted, &mut report)?;
        }
        Ok(report)
    }

    fn check_files(
        &self,
        letter: LetterId,
        wanted: &Files,
        report: &mut Report,
    ) -> Result<(), LedgerFault> {
        for (number, facts) in (0..).zip(&wanted.documents) {
            match self.document_digest(letter, number)? {
                Found::Whole(digest) => {
                    report.documents += 1;
                    if digest != facts.digest {
                        report.find(Finding::DocumentDamaged { letter, number });
                    }
                }
                Found::Damaged => report.find(Finding::DocumentDamaged { letter, number }),
                Found::Missing => report.find(Finding::DocumentMissing { letter, number }),
                Found::Unknown => report.find(Finding::Pages),
            }
        }
        let Some(sealed) = &wanted.parcel else {
            return Ok(());
        };
        match file_digest(&self.parcel_path(sealed.message_id)) {
            Found::Whole(digest) if digest == sealed.parcel => report.parcels += 1,
            Found::Missing => report.find(Finding::ParcelMissing(letter)),
            Found::Whole(_) | Found::Damaged | Found::Unknown => {
                report.find(Finding::ParcelDamaged(letter));
            }
        }
        Ok(())
    }

    fn document_digest(&self, letter: LetterId, number: u32) -> Result<Found, LedgerFault> {
        let source = match self.document(letter, number) {
            Ok(source) => source,
            Err(LedgerFault::NotFound) => return Ok(Found::Missing),
            Err(LedgerFault::Damaged) => return Ok(Found::Unknown),
            Err(fault) => return Err(fault),
        };
        let opened = source.open();
        Ok(match opened {
            Ok(mut content) => digest_of(&mut content),
            Err(fault) => unreadable(&fault),
        })
    }
}

/// The files a letter must have.
#[derive(Default)]
struct Files {
    documents: Vec<DocumentFacts>,
    parcel: Option<Sealed>,
    key_is_lost: bool,
}

enum Found {
    Whole(Digest),
    Damaged,
    Missing,
    /// The database does not tell its key.
    Unknown,
}

fn check_records(
    connection: &Connection,
    report: &mut Report,
) -> Result<BTreeMap<LetterId, Files>, Fault> {
    if unless_damaged(structure_holds(connection))? != Some(true) {
        report.find(Finding::Pages);
    }
    match unless_damaged(events::check_chain(connection))? {
        Some(chain) => {
            report.events = chain.events;
            if let Some(at) = chain.broken_at {
                report.find(Finding::Chain { at });
            }
        }
        None => report.find(Finding::Pages),
    }
    let mut files = BTreeMap::new();
    let Some(begun) = unless_damaged(letters(connection, "begun = 1"))? else {
        report.find(Finding::Pages);
        return Ok(files);
    };
    for letter in begun {
        report.letters += 1;
        match unless_damaged(check_letter(connection, letter))? {
            Some(Some(wanted)) => {
                if wanted.key_is_lost {
                    report.find(Finding::KeyMissing(letter));
                }
                files.insert(letter, wanted);
            }
            Some(None) | None => report.find(Finding::Letter(letter)),
        }
    }
    match unless_damaged(damaged_receipts(connection))? {
        Some(damaged) => damaged
            .into_iter()
            .for_each(|number| report.find(Finding::ReceiptDamaged { number })),
        None => report.find(Finding::Pages),
    }
    Ok(files)
}

/// The receipts whose text does not give their digest. After retention there is no text.
fn damaged_receipts(connection: &Connection) -> Result<Vec<u64>, Fault> {
    let mut statement =
        connection.prepare("SELECT number, digest, raw FROM receipts ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut damaged = Vec::new();
    while let Some(row) = rows.next()? {
        let raw: String = row.get("raw")?;
        let digest = Digest::from_bytes(row.get("digest")?);
        if !raw.is_empty() && Digest::of(raw.as_bytes()) != digest {
            damaged.push(row.get::<_, i64>("number")? as u64);
        }
    }
    Ok(damaged)
}

fn structure_holds(connection: &Connection) -> Result<bool, Fault> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(said == "ok")
}

/// The files the letter must have; `None` when its events make no life, or not the one in the lists.
fn check_letter(connection: &Connection, id: LetterId) -> Result<Option<Files>, Fault> {
    let history = events::history(connection, id)?;
    let events = history.iter().map(|recorded| &recorded.event);
    let Ok(letter) = Letter::from_events(id, events) else {
        return Ok(None);
    };
    let (has_key, is_forgotten) = connection.query_row(
        "SELECT document_key IS NOT NULL AS has_key, forgotten_at IS NOT NULL AS is_forgotten
         FROM letters WHERE id = ?1",
        [id.to_string()],
        |row| Ok((row.get("has_key")?, row.get("is_forgotten")?)),
    )?;
    match overview::is_as_written(connection, &letter, &history, is_forgotten)
        .map_err(LedgerFault::from)
    {
        Ok(true) => {}
        Ok(false) | Err(LedgerFault::NotFound) => return Ok(None),
        Err(fault) => return Err(fault.into()),
    }
    let mut files = Files::default();
    match (has_key, is_forgotten) {
        (true, false) => {
            files.documents = documents(&history);
            files.parcel = letter.sealed().cloned();
        }
        // Its documents can't be read any more; the parcel is not encrypted with it.
        (false, false) => {
            files.key_is_lost = true;
            files.parcel = letter.sealed().cloned();
        }
        // After retention the key is gone, and documents and parcel with it.
        (false, true) => {}
        (true, true) => return Ok(None),
    }
    Ok(Some(files))
}

/// Of the documents as last drafted.
fn documents(history: &[Recorded]) -> Vec<DocumentFacts> {
    let drafted = history
        .iter()
        .rev()
        .find_map(|recorded| match &recorded.event.what {
            Happening::Drafted(drafted) => Some(drafted.documents.clone()),
            _ => None,
        });
    drafted.unwrap_or_default()
}

fn unless_damaged<T>(checked: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match checked.map_err(LedgerFault::from) {
        Ok(found) => Ok(Some(found)),
        Err(LedgerFault::Damaged) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn file_digest(path: &Path) -> Found {
    match File::open(path) {
        Ok(mut file) => digest_of(&mut file),
        Err(fault) => unreadable(&fault),
    }
}

fn unreadable(fault: &io::Error) -> Found {
    match fault.kind() {
        io::ErrorKind::NotFound => Found::Missing,
        _ => Found::Damaged,
    }
}

fn digest_of(content: &mut dyn Read) -> Found {
    let mut digest = Context::new(&SHA256);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => digest.update(&chunk[..read]),
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Found::Damaged,
        }
    }
    let mut value = [0; 32];
    value.copy_from_slice(digest.finish().as_ref());
    Found::Whole(Digest::from_bytes(value))
}
