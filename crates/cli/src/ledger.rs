//! The commands that look after the ledger.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};
use utpost_dispatch::{Clock, Code, Ledger};
use utpost_domain::LetterId;
use utpost_ledger::{Finding, LedgerFile, Recovery, RecoverySecret, Report};
use utpost_workplace::{Failure, Place, ScaledClock, open_file};
use zeroize::Zeroizing;

use crate::args::{Backup, Common, Export, Forget, Restore};
use crate::commands::{letter_id, midnight, read_line};
use crate::failure::Worded;
use crate::show::Shown;
use crate::words::Language;

/// `utpost ledger check`
pub(crate) fn check(common: &Common) -> Result<(Shown, Option<Failure>), Failure> {
    let report = existing(&common.place()?)?.check()?;
    Ok(checked(common, &report, json!({}), String::new()))
}

/// `utpost ledger backup`
pub(crate) fn backup(common: &Common, args: &Backup) -> Result<Shown, Failure> {
    let place = common.place()?;
    let recovery = match (&args.recipient, &args.passphrase_file) {
        (Some(key), _) => Recovery::public_key(key),
        (None, Some(file)) => Recovery::passphrase(passphrase(file)?),
        (None, None) => return Err(Failure::new(Code::Usage)),
    }
    .map_err(|fault| Failure::detailed(Code::Recovery, fault))?;
    let made = existing(&place)?.backup(&args.to, &recovery, now(&place)?)?;
    let folder = args.to.display();
    let mut text = match common.language {
        Language::Nb => format!(
            "Sikkerhetskopien ligger i {folder}: {} dokumenter, {} pakker, {} byte.\n",
            made.documents, made.parcels, made.bytes
        ),
        Language::En => format!(
            "The backup lies in {folder}: {} documents, {} parcels, {} bytes.\n",
            made.documents, made.parcels, made.bytes
        ),
    };
    if made.missing > 0 {
        text.push_str(&match common.language {
            Language::Nb => format!(
                "{} filer manglet i protokollen. Kjør «utpost ledger check».\n",
                made.missing
            ),
            Language::En => format!(
                "{} files were missing from the ledger. Run “utpost ledger check”.\n",
                made.missing
            ),
        });
    }
    Ok(Shown {
        json: json!({
            "folder": folder.to_string(),
            "made_at": made.made_at,
            "documents": made.documents,
            "parcels": made.parcels,
            "missing": made.missing,
            "bytes": made.bytes,
        }),
        text,
    })
}

/// `utpost ledger restore`
pub(crate) fn restore(
    common: &Common,
    args: &Restore,
) -> Result<(Shown, Option<Failure>), Failure> {
    let place = common.place()?;
    let secret = match (&args.identity, &args.passphrase_file) {
        (Some(file), _) => RecoverySecret::private_key(&small_text(open_file(file)?)?)
            .map_err(|fault| Failure::detailed(Code::Recovery, fault))?,
        (None, Some(file)) => RecoverySecret::passphrase(passphrase(file)?),
        (None, None) => return Err(Failure::new(Code::Usage)),
    };
    let (ledger, report) = place.restore(&args.from, &secret, now(&place)?)?;
    let folder = place.folder.display();
    let text = match common.language {
        Language::Nb => format!(
            "Protokollen er gjenopprettet i {folder}, med ny kanal {}.\n\
             Ingenting sendes før det er spurt om hva som ble av brevene som var underveis: \
             «utpost outbox» spør.\n",
            ledger.channel_tag()
        ),
        Language::En => format!(
            "The ledger is restored in {folder}, with the new channel {}.\n\
             Nothing is sent before it was asked what became of the letters under way: \
             “utpost outbox” asks.\n",
            ledger.channel_tag()
        ),
    };
    let facts = json!({
        "restored": true,
        "folder": folder.to_string(),
        "channel_tag": ledger.channel_tag(),
        "former_tags": ledger.former_tags()?,
    });
    Ok(checked(common, &report, facts, text))
}

/// `utpost ledger export`
pub(crate) fn export(common: &Common, args: &Export) -> Result<Shown, Failure> {
    let letters = args.letter.iter().map(|text| letter_id(text));
    let letters = letters.collect::<Result<Vec<LetterId>, _>>()?;
    let wanted = (!letters.is_empty()).then_some(letters.as_slice());
    let exported = existing(&common.place()?)?.export(&args.to, wanted)?;
    let folder = args.to.display();
    let (letters, receipts, documents) = (exported.letters, exported.receipts, exported.documents);
    let text = match common.language {
        Language::Nb => format!(
            "{letters} brev, {receipts} kvitteringer og {documents} dokumenter ligger i {folder}.\n\
             Ingenting der er kryptert: den som kan lese mappen, kan lese brevene.\n"
        ),
        Language::En => format!(
            "{letters} letters, {receipts} receipts and {documents} documents lie in {folder}.\n\
             Nothing there is encrypted: whoever can read the folder can read the letters.\n"
        ),
    };
    Ok(Shown {
        json: json!({
            "folder": folder.to_string(),
            "letters": letters,
            "events": exported.events,
            "receipts": receipts,
            "documents": documents,
        }),
        text,
    })
}

/// `utpost ledger forget`
pub(crate) fn forget(common: &Common, args: &Forget) -> Result<Shown, Failure> {
    let place = common.place()?;
    let before = midnight(args.finished_before)?;
    let ledger = existing(&place)?;
    let letters = ledger.forgettable(before)?;
    if args.yes {
        let at = now(&place)?;
        for letter in &letters {
            ledger.forget(*letter, at)?;
        }
        ledger.empty_log()?;
    }
    let copies = ledger.copies_before_upgrades()?;
    let count = letters.len();
    let mut text = match (args.yes, common.language) {
        (true, Language::Nb) => format!("{count} brev er glemt. Bevisene står.\n"),
        (true, Language::En) => format!("{count} letters are forgotten. Their proof stays.\n"),
        (false, Language::Nb) => format!(
            "{count} brev kan glemmes. Ingenting er fjernet; «--yes» gjør det, og det kan ikke \
             gjøres om.\n"
        ),
        (false, Language::En) => format!(
            "{count} letters can be forgotten. Nothing is removed; “--yes” does it, and it can't \
             be undone.\n"
        ),
    };
    for letter in &letters {
        text.push_str(&format!("  {letter}\n"));
    }
    if !copies.is_empty() {
        let names = copies.join(", ");
        text.push_str(&match common.language {
            Language::Nb => format!(
                "Kopier fra før en oppgradering, og sikkerhetskopier, har brevene fortsatt: \
                 {names}\n"
            ),
            Language::En => format!(
                "Copies made before an upgrade, and backups, still hold the letters: {names}\n"
            ),
        });
    }
    Ok(Shown {
        json: json!({
            "forgotten": args.yes,
            "letters": letters.iter().map(LetterId::to_string).collect::<Vec<_>>(),
            "copies": copies,
        }),
        text,
    })
}

/// The ledger of this place, which must be there: there is nothing in a new one to look after.
fn existing(place: &Place) -> Result<LedgerFile, Failure> {
    if LedgerFile::exists(&place.folder) {
        place.ledger()
    } else {
        Err(Failure::detailed(Code::FileMissing, place.folder.display()))
    }
}

fn now(place: &Place) -> Result<jiff::Timestamp, Failure> {
    Ok(ScaledClock::from_env(place.environment)?.now())
}

/// What a check found, told after `text` and with `facts`.
fn checked(
    common: &Common,
    report: &Report,
    mut facts: Value,
    mut text: String,
) -> (Shown, Option<Failure>) {
    let (events, letters) = (report.events, report.letters);
    let (documents, parcels) = (report.documents, report.parcels);
    text.push_str(&match common.language {
        Language::Nb => format!(
            "Lest: {letters} brev, {events} hendelser, {documents} dokumenter, {parcels} pakker.\n"
        ),
        Language::En => format!(
            "Read: {letters} letters, {events} events, {documents} documents, {parcels} parcels.\n"
        ),
    });
    for finding in &report.findings {
        text.push_str(&format!("  {}\n", finding_words(*finding, common.language)));
    }
    let failure = (!report.is_sound()).then(|| Failure::new(Code::DamagedLedger));
    match &failure {
        Some(failure) => text.push_str(&failure.text(common.language)),
        None => text.push_str(match common.language {
            Language::Nb => "Alt er som det ble skrevet.\n",
            Language::En => "Everything is as it was written.\n",
        }),
    }
    facts["check"] = json!({
        "sound": report.is_sound(),
        "letters": letters,
        "events": events,
        "documents": documents,
        "parcels": parcels,
        "findings": report.findings.iter().map(finding_json).collect::<Vec<_>>(),
    });
    (Shown { json: facts, text }, failure)
}

fn finding_json(finding: &Finding) -> Value {
    match *finding {
        Finding::Pages => json!({ "finding": "pages" }),
        Finding::Chain { at } => json!({ "finding": "chain", "at": at }),
        Finding::Letter(letter) => {
            json!({ "finding": "letter", "letter": letter.to_string() })
        }
        Finding::DocumentMissing { letter, number } => json!({
            "finding": "document_missing", "letter": letter.to_string(), "document": number,
        }),
        Finding::DocumentDamaged { letter, number } => json!({
            "finding": "document_damaged", "letter": letter.to_string(), "document": number,
        }),
        Finding::ParcelMissing(letter) => {
            json!({ "finding": "parcel_missing", "letter": letter.to_string() })
        }
        Finding::ParcelDamaged(letter) => {
            json!({ "finding": "parcel_damaged", "letter": letter.to_string() })
        }
    }
}

fn finding_words(finding: Finding, language: Language) -> String {
    match (finding, language) {
        (Finding::Pages, Language::Nb) => "Sider i databasen er skadet".to_owned(),
        (Finding::Pages, Language::En) => "Pages of the database are damaged".to_owned(),
        (Finding::Chain { at }, Language::Nb) => {
            format!("Kjeden av hendelser holder ikke fra nr. {at}")
        }
        (Finding::Chain { at }, Language::En) => {
            format!("The chain of events does not hold from no. {at}")
        }
        (Finding::Letter(letter), Language::Nb) => {
            format!("{letter}: hendelsene og oversikten stemmer ikke")
        }
        (Finding::Letter(letter), Language::En) => {
            format!("{letter}: events and list do not agree")
        }
        (Finding::DocumentMissing { letter, number }, Language::Nb) => {
            format!("{letter}: dokument {number} mangler")
        }
        (Finding::DocumentMissing { letter, number }, Language::En) => {
            format!("{letter}: document {number} is missing")
        }
        (Finding::DocumentDamaged { letter, number }, Language::Nb) => {
            format!("{letter}: dokument {number} er skadet")
        }
        (Finding::DocumentDamaged { letter, number }, Language::En) => {
            format!("{letter}: document {number} is damaged")
        }
        (Finding::ParcelMissing(letter), Language::Nb) => {
            format!("{letter}: den forseglede pakken mangler")
        }
        (Finding::ParcelMissing(letter), Language::En) => {
            format!("{letter}: the sealed parcel is missing")
        }
        (Finding::ParcelDamaged(letter), Language::Nb) => {
            format!("{letter}: den forseglede pakken er skadet")
        }
        (Finding::ParcelDamaged(letter), Language::En) => {
            format!("{letter}: the sealed parcel is damaged")
        }
    }
}

/// The first line of a file or of standard input.
fn passphrase(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = if file == Path::new("-") {
        read_line(io::stdin().lock())?
    } else {
        small_text(open_file(file)?)?.to_string()
    };
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(
        text.lines().next().unwrap_or_default().to_owned(),
    ))
}

fn small_text(file: File) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    file.take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|fault| Failure::detailed(Code::FileUnreadable, fault.kind()))?;
    Ok(text)
}
