//! A readable copy for an archive: everything in the clear.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use utpost_dispatch::{Ledger, LedgerFault, Recorded, Source, StoredReceipt};
use utpost_domain::{Happening, LetterId, MediaType};
use zeroize::Zeroizing;

use crate::backup::BackupFault;
use crate::disk::{
    make_private_folder, names_in, open_private_file, remove_file, remove_folder, sync_folder,
};
use crate::fault::Fault;
use crate::file::{DOCUMENTS, LedgerFile, letters};
use crate::receipts::is_forgotten;

const EVENTS: &str = "events.jsonl";
const RECEIPTS: &str = "receipts.jsonl";
const UNREADABLE: &str = "unreadable.jsonl";

const REASON: &str = "export for the archive";

/// What an export holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Letters.
    pub letters: u64,
    /// Lines of `events.jsonl`.
    pub events: u64,
    /// Lines of `receipts.jsonl`.
    pub receipts: u64,
    /// Files below `documents`.
    pub documents: u64,
    /// Lines of `unreadable.jsonl`; the file is there only when there are any.
    pub unreadable: u64,
}

impl LedgerFile {
    /// Writes these letters, or all of them, into `to`, a folder that is missing or empty, for its
    /// owner alone: `events.jsonl` with the personal values, `receipts.jsonl` with the receipts as
    /// received, and `documents/LETTER/NUMBER.pdf`. Nothing of it is encrypted; whoever asks for it
    /// answers for the folder. A document that can't be read is named in `unreadable.jsonl`, and
    /// the rest is written all the same. On an error nothing of it stays.
    ///
    /// # Errors
    /// [`BackupFault::Occupied`]; [`LedgerFault::NotFound`] for a letter that is not here.
    pub fn export(&self, to: &Path, wanted: Option<&[LetterId]>) -> Result<Exported, BackupFault> {
        if !names_in(to)?.is_empty() {
            return Err(BackupFault::Occupied);
        }
        let all = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => self.read(|connection| letters(connection, "begun = 1"))?,
        };
        let written = Written(to.to_owned());
        make_private_folder(&to.join(DOCUMENTS))?;
        let mut events = Lines::create(&to.join(EVENTS))?;
        let mut receipts = Lines::create(&to.join(RECEIPTS))?;
        let mut unreadable = Vec::new();
        let mut exported = Exported::default();
        for letter in all {
            self.letter(letter)?;
            let history = self.history(letter)?;
            let documents = self.export_documents(letter, &history, to)?;
            exported.documents += documents.written;
            unreadable.extend(documents.unreadable.into_iter().map(|at| (letter, at)));
            for recorded in &history {
                events.write(&event_json(letter, recorded))?;
            }
            for receipt in self.receipts(Some(letter))? {
                receipts.write(&receipt_json(&receipt))?;
            }
            exported.letters += 1;
        }
        if wanted.is_none() {
            for receipt in self.receipts(None)? {
                receipts.write(&receipt_json(&receipt))?;
            }
        }
        exported.events = events.finish()?;
        exported.receipts = receipts.finish()?;
        if !unreadable.is_empty() {
            let mut lines = Lines::create(&to.join(UNREADABLE))?;
            for (letter, number) in unreadable {
                lines.write(&json!({ "letter": letter.to_string(), "document": number }))?;
            }
            exported.unreadable = lines.finish()?;
        }
        sync_folder(to)?;
        written.stays();
        Ok(exported)
    }

    fn export_documents(
        &self,
        letter: LetterId,
        history: &[Recorded],
        to: &Path,
    ) -> Result<Documents, Fault> {
        let mut documents = Documents::default();
        if self.read(|connection| is_forgotten(connection, letter))? {
            return Ok(documents);
        }
        let folder = to.join(DOCUMENTS).join(letter.to_string());
        for (number, media_type) in (0..).zip(media_types(history)) {
            let source = match self.document(letter, number) {
                Ok(source) => source,
                // Its record or its key is gone.
                Err(LedgerFault::NotFound) => {
                    documents.unreadable.push(number);
                    continue;
                }
                Err(fault) => return Err(fault.into()),
            };
            make_private_folder(&folder)?;
            let place = folder.join(format!("{number}.{}", media_type.extension()));
            if copy_out(&*source, &place)? {
                documents.written += 1;
            } else {
                remove_file(&place)?;
                documents.unreadable.push(number);
            }
            sync_folder(&folder)?;
        }
        Ok(documents)
    }
}

/// What became of a letter's documents.
#[derive(Default)]
struct Documents {
    written: u64,
    unreadable: Vec<u32>,
}

/// Writes a document in the clear; false when it can't be read to its end.
fn copy_out(source: &dyn Source, place: &Path) -> Result<bool, Fault> {
    let Ok(mut content) = source.open() else {
        return Ok(false);
    };
    let mut file = open_private_file(place)?;
    let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => file.write_all(&chunk[..read])?,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(false),
        }
    }
    file.sync_all()?;
    Ok(true)
}

/// What an export has written into a folder that was empty; removed unless it stays.
struct Written(PathBuf);

impl Written {
    fn stays(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if self.0.as_os_str().is_empty() {
            return;
        }
        // As far as possible: the error that led here is the one to be told.
        let _ = remove_folder(&self.0.join(DOCUMENTS));
        for name in [EVENTS, RECEIPTS, UNREADABLE] {
            let _ = remove_file(&self.0.join(name));
        }
    }
}

/// Of the documents as last drafted.
fn media_types(history: &[Recorded]) -> Vec<MediaType> {
    let drafted = history
        .iter()
        .rev()
        .find_map(|recorded| match &recorded.event.what {
            Happening::Drafted(drafted) => Some(&drafted.documents),
            _ => None,
        });
    let documents = drafted.into_iter().flatten();
    documents.map(|document| document.media_type).collect()
}

fn event_json(letter: LetterId, recorded: &Recorded) -> Value {
    let personal: Map<String, Value> = recorded
        .personal
        .iter()
        .map(|(name, value)| (name.to_owned(), json!(value.expose(REASON))))
        .collect();
    let mut line = json!({
        "position": recorded.position,
        "letter": letter.to_string(),
        "hash": recorded.hash.hex(),
        "event": recorded.event,
    });
    if !personal.is_empty() {
        line["personal"] = Value::Object(personal);
    }
    line
}

fn receipt_json(stored: &StoredReceipt) -> Value {
    let receipt = &stored.receipt;
    json!({
        "letter": receipt.letter.map(|letter| letter.to_string()),
        "receipt": receipt.receipt.map(|id| id.to_string()),
        "conversation": receipt.conversation.map(|id| id.to_string()),
        "received_at": receipt.received_at,
        "acknowledged_at": stored.acknowledged_at,
        "verdict": receipt.verdict,
        "signer": receipt.signer.map(|signer| signer.to_string()),
        "raw": receipt.raw,
    })
}

/// A file of one JSON object a line.
struct Lines {
    file: BufWriter<File>,
    count: u64,
}

impl Lines {
    fn create(path: &Path) -> Result<Self, Fault> {
        Ok(Self {
            file: BufWriter::new(open_private_file(path)?),
            count: 0,
        })
    }

    fn write(&mut self, line: &Value) -> Result<(), Fault> {
        self.count += 1;
        Ok(writeln!(self.file, "{line}")?)
    }

    /// How many; on disk.
    fn finish(mut self) -> Result<u64, Fault> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(self.count)
    }
}
