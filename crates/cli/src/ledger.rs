//! The commands that look after the ledger.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};
use utpost_dispatch::{Clock, Code, Ledger};
use utpost_domain::LetterId;
use utpost_ledger::{Finding, LedgerFile, Recovery, RecoverySecret, Report, Soundness};
use utpost_workplace::{Failure, Place, Restored, ScaledClock, open_file};
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
    let wanted = if args.damaged {
        Soundness::AsItIs
    } else {
        Soundness::Whole
    };
    let (ledger, report) = match place.restore_if(wanted, &args.from, &secret, now(&place)?)? {
        Restored::InPlace(ledger, report) => (ledger, report),
        Restored::Refused(report) => return Ok(not_restored(common, &report)),
    };
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

/// A backup that was found damaged before anything was put in its place.
fn not_restored(common: &Common, report: &Report) -> (Shown, Option<Failure>) {
    let told = match common.language {
        Language::Nb => {
            "Kopien er skadet eller ikke hel. Ingenting er hentet inn; prøv en annen kopi, eller \
             hent den inn som den er med «--damaged».\n"
        }
        Language::En => {
            "The backup is damaged or not whole. Nothing is restored; try another backup, or \
             restore it as it is with “--damaged”.\n"
        }
    };
    let facts = json!({ "restored": false });
    let failure = Failure::new(Code::Backup);
    let shown = checked_as(common, report, facts, told.to_owned(), Some(&failure));
    (shown, Some(failure))
}

/// `utpost ledger export`
pub(crate) fn export(common: &Common, args: &Export) -> Result<(Shown, Option<Failure>), Failure> {
    let letters = args.letter.iter().map(|text| letter_id(text));
    let letters = letters.collect::<Result<Vec<LetterId>, _>>()?;
    let wanted = (!letters.is_empty()).then_some(letters.as_slice());
    let exported = existing(&common.place()?)?.export(&args.to, wanted)?;
    let folder = args.to.display();
    let (letters, receipts, documents) = (exported.letters, exported.receipts, exported.documents);
    let unreadable = exported.unreadable;
    let failure = (unreadable > 0).then(|| Failure::new(Code::DamagedLedger));
    let mut text = match common.language {
        Language::Nb => format!(
            "{letters} brev, {receipts} kvitteringer og {documents} dokumenter ligger i {folder}.\n\
             Ingenting der er kryptert: den som kan lese mappen, kan lese brevene.\n"
        ),
        Language::En => format!(
            "{letters} letters, {receipts} receipts and {documents} documents lie in {folder}.\n\
             Nothing there is encrypted: whoever can read the folder can read the letters.\n"
        ),
    };
    if let Some(failure) = &failure {
        text.push_str(&match common.language {
            Language::Nb => format!(
                "{unreadable} dokumenter kunne ikke leses, og er ikke med. De står i \
                 «unreadable.jsonl».\n"
            ),
            Language::En => format!(
                "{unreadable} documents could not be read and are left out. “unreadable.jsonl” \
                 names them.\n"
            ),
        });
        text.push_str(&failure.text(common.language));
    }
    let json = json!({
        "folder": folder.to_string(),
        "letters": letters,
        "events": exported.events,
        "receipts": receipts,
        "documents": documents,
        "unreadable": unreadable,
    });
    Ok((Shown { json, text }, failure))
}

/// `utpost ledger forget`
pub(crate) fn forget(common: &Common, args: &Forget) -> Result<Shown, Failure> {
    let place = common.place()?;
    let before = midnight(args.finished_before)?;
    let ledger = existing(&place)?;
    let at = now(&place)?;
    let found = ledger.forgettable(before, at)?;
    let (mut letters, mut follow_up) = (found.over, found.follow_up);
    if args.also_follow_up {
        letters.append(&mut follow_up);
    }
    let strays = ledger.forgettable_strays(before)?;
    if args.yes {
        for letter in &letters {
            ledger.forget(*letter, at)?;
        }
        ledger.forget_strays(before)?;
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
    if strays > 0 {
        text.push_str(&match (args.yes, common.language) {
            (true, Language::Nb) => {
                format!("Teksten i {strays} kvitteringer uten brev er fjernet.\n")
            }
            (true, Language::En) => {
                format!("The text of {strays} receipts without a letter is removed.\n")
            }
            (false, Language::Nb) => {
                format!("Teksten i {strays} kvitteringer uten brev kan fjernes.\n")
            }
            (false, Language::En) => {
                format!("The text of {strays} receipts without a letter can be removed.\n")
            }
        });
    }
    if !follow_up.is_empty() {
        let count = follow_up.len();
        text.push_str(&match common.language {
            Language::Nb => format!(
                "{count} brev trenger oppfølging og står igjen; «--also-follow-up» tar dem med.\n"
            ),
            Language::En => format!(
                "{count} letters need follow-up and are left; “--also-follow-up” takes them \
                 too.\n"
            ),
        });
        for letter in &follow_up {
            text.push_str(&format!("  {letter}\n"));
        }
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
            "letters": ids(&letters),
            "follow_up": { "count": follow_up.len(), "letters": ids(&follow_up) },
            "stray_receipts": strays,
            "copies": copies,
        }),
        text,
    })
}

fn ids(letters: &[LetterId]) -> Vec<String> {
    letters.iter().map(LetterId::to_string).collect()
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
    facts: Value,
    text: String,
) -> (Shown, Option<Failure>) {
    let failure = (!report.is_sound()).then(|| Failure::new(Code::DamagedLedger));
    let shown = checked_as(common, report, facts, text, failure.as_ref());
    (shown, failure)
}

/// What a check found, and what is made of it.
fn checked_as(
    common: &Common,
    report: &Report,
    mut facts: Value,
    mut text: String,
    failure: Option<&Failure>,
) -> Shown {
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
    match failure {
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
    Shown { json: facts, text }
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
        Finding::KeyMissing(letter) => {
            json!({ "finding": "key_missing", "letter": letter.to_string() })
        }
        Finding::ReceiptDamaged { number } => {
            json!({ "finding": "receipt_damaged", "receipt": number })
        }
        Finding::BackupFiles { told, found } => {
            json!({ "finding": "backup_files", "told": told, "found": found })
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
        (Finding::KeyMissing(letter), Language::Nb) => {
            format!("{letter}: nøkkelen til dokumentene mangler")
        }
        (Finding::KeyMissing(letter), Language::En) => {
            format!("{letter}: the key of its documents is missing")
        }
        (Finding::ReceiptDamaged { number }, Language::Nb) => {
            format!("Kvittering nr. {number} er ikke slik den kom")
        }
        (Finding::ReceiptDamaged { number }, Language::En) => {
            format!("Receipt no. {number} is not as it came")
        }
        (Finding::BackupFiles { told, found }, Language::Nb) => {
            format!("Kopien skal ha {told} dokumenter og pakker; {found} er der")
        }
        (Finding::BackupFiles { told, found }, Language::En) => {
            format!("The backup should have {told} documents and parcels; {found} are there")
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
