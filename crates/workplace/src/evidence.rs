use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use utpost_dispatch::{Code, Evidence, StoredReceipt, TimelineEntry};

use crate::Failure;

const TIMELINE: &str = "timeline.json";

/// Writes the folder with everything that proves what became of a letter, for its owner alone:
/// `message.jwt`, `package.cms` while it is kept, `receipts/*.jwt` and, last, `timeline.json`.
/// Gives the names written.
///
/// An earlier folder of the same letter is written over; one with anything else in it is refused.
///
/// # Errors
/// [`Code::OutFolder`].
pub fn write_evidence(out: &Path, found: &Evidence) -> Result<Vec<PathBuf>, Failure> {
    let letter = found.letter.id().to_string();
    let unusable = |fault: io::Error| {
        Failure::detailed(
            Code::OutFolder,
            format!("{}: {}", out.display(), fault.kind()),
        )
    };
    if !is_free(out, &letter).map_err(unusable)? {
        return Err(Failure::detailed(Code::OutFolder, out.display()));
    }
    let receipts = out.join("receipts");
    make_private(&receipts).map_err(unusable)?;
    let mut written = Vec::new();
    let mut put = |path: PathBuf, content: &mut dyn Read| -> Result<(), Failure> {
        let mut file = create_private(&path).map_err(unusable)?;
        io::copy(content, &mut file)
            .and_then(|_| file.sync_all())
            .map_err(unusable)?;
        written.push(path);
        Ok(())
    };
    if let Some(message) = &found.message {
        put(
            out.join("message.jwt"),
            &mut message.expose("evidence folder").as_bytes(),
        )?;
    }
    if let Some(parcel) = &found.parcel {
        match File::open(parcel) {
            Ok(mut parcel) => put(out.join("package.cms"), &mut parcel)?,
            // No longer kept: the digest in the timeline still proves it.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            Err(fault) => return Err(unusable(fault)),
        }
    }
    for (number, stored) in (1..).zip(&found.receipts) {
        // Retention leaves the verdict alone.
        if stored.receipt.raw.is_empty() {
            continue;
        }
        let verdict = stored.receipt.verdict.to_lowercase();
        let name = format!("{number:02}-{verdict}.jwt");
        put(receipts.join(name), &mut stored.receipt.raw.as_bytes())?;
    }
    let whole = json!({
        "letter": letter,
        "state": found.letter.state(),
        "timeline": found.timeline.iter().map(timeline_json).collect::<Vec<Value>>(),
        "receipts": found.receipts.iter().map(receipt_json).collect::<Vec<Value>>(),
    });
    let whole = format!("{whole:#}\n");
    put(out.join(TIMELINE), &mut whole.as_bytes())?;
    Ok(written)
}

/// One line of a timeline, with what others said in their own words.
pub fn timeline_json(entry: &TimelineEntry) -> Value {
    let mut json = json!(entry);
    if let Some(detail) = &entry.detail {
        json["detail"] = json!(detail.expose("shown to the clerk"));
    }
    json
}

/// A kept receipt, without its text.
pub fn receipt_json(stored: &StoredReceipt) -> Value {
    json!({
        "receipt": stored.receipt.receipt.map(|receipt| receipt.to_string()),
        "verdict": stored.receipt.verdict,
        "signer": stored.receipt.signer.map(|signer| signer.to_string()),
        "received_at": stored.receipt.received_at,
        "acknowledged_at": stored.acknowledged_at,
    })
}

/// Whether the folder is missing, empty, or this letter's own.
fn is_free(out: &Path, letter: &str) -> io::Result<bool> {
    match fs::read_dir(out) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(fault) => Err(fault),
        Ok(mut entries) => {
            if entries.next().is_none() {
                return Ok(true);
            }
            let timeline = fs::read(out.join(TIMELINE)).unwrap_or_default();
            let timeline: Value = serde_json::from_slice(&timeline).unwrap_or_default();
            Ok(timeline["letter"] == letter)
        }
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
