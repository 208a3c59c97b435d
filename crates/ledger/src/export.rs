//! A readable copy for an archive: everything in the clear.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use utpost_dispatch::{Ledger, LedgerFault, Recorded, StoredReceipt};
use utpost_domain::{Happening, LetterId, MediaType};

use crate::backup::BackupFault;
use crate::disk::{make_private_folder, names_in, open_private_file, sync_folder};
use crate::fault::Fault;
use crate::file::{DOCUMENTS, LedgerFile, letters};

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
}

impl LedgerFile {
    /// Writes these letters, or all of them, into `to`, a folder that is missing or empty, for its
    /// owner alone: `events.jsonl` with the personal values, `receipts.jsonl` with the receipts as
    /// received, and `documents/LETTER/NUMBER.pdf`. Nothing of it is encrypted; whoever asks for it
    /// answers for the folder.
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
        make_private_folder(&to.join(DOCUMENTS))?;
        let mut events = Lines::create(&to.join("events.jsonl"))?;
        let mut receipts = Lines::create(&to.join("receipts.jsonl"))?;
        let mut exported = Exported::default();
        for letter in all {
            self.letter(letter)?;
            let history = self.history(letter)?;
            exported.documents += self.export_documents(letter, &history, to)?;
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
        sync_folder(to)?;
        Ok(exported)
    }

    fn export_documents(
        &self,
        letter: LetterId,
        history: &[Recorded],
        to: &Path,
    ) -> Result<u64, Fault> {
        let folder = to.join(DOCUMENTS).join(letter.to_string());
        let mut written = 0;
        for (number, media_type) in (0..).zip(media_types(history)) {
            let source = match self.document(letter, number) {
                Ok(source) => source,
                // After retention.
                Err(LedgerFault::NotFound) => continue,
                Err(fault) => return Err(fault.into()),
            };
            make_private_folder(&folder)?;
            let name = format!("{number}.{}", media_type.extension());
            let mut file = open_private_file(&folder.join(name))?;
            io::copy(&mut source.open()?, &mut file)?;
            file.sync_all()?;
            sync_folder(&folder)?;
            written += 1;
        }
        Ok(written)
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
