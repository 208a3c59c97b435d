//! Looking after a ledger: check, backup and restoration, export, retention, halts, doubles, and
//! what happens when the ground is pulled away from under it.

use utpost_dispatch::{Halt, Restoration};
use zeroize::Zeroizing;

use super::*;
use crate::{
    BackupFault, Finding, Forgettable, Recovery, RecoveryFault, RecoverySecret, Soundness,
};

const PASSPHRASE: &str = "fire hester i en fjord";
const NEW_KEY: [u8; 32] = [0x17; 32];
const CITIZEN: &str = "20914695016";

/// A letter on its way with its document and its parcel, to a citizen.
fn whole(ledger: &LedgerFile) -> LetterId {
    let letter = LetterId::generate();
    ledger.open_letter(letter).unwrap();
    ledger
        .keep_document(letter, 0, &mut &b"%PDF"[..], 10)
        .unwrap();
    let mut first = entry(0, drafted());
    first.personal = personal(&[("title", SENTINEL), ("recipient", CITIZEN)]);
    ledger.record(letter, &first).unwrap();
    send_on(ledger, letter);
    let message = ledger.row(letter).unwrap().message.unwrap();
    fs::write(ledger.parcel_path(message), "parcel").unwrap();
    file::keep_message(&ledger.connection(), letter, 1, SENTINEL, at(5)).unwrap();
    letter
}

fn receive(ledger: &LedgerFile, letter: LetterId, minute: i64, kind: ReceiptKind) -> String {
    let raw = format!("{SENTINEL} {letter} {minute}");
    let receipt = incoming(Some(ReceiptId::generate()), Some(letter), &raw, VERIFIED);
    ledger
        .keep_receipt(&receipt, Some(&entry(minute, verified(kind))))
        .unwrap();
    raw
}

fn secret() -> RecoverySecret {
    RecoverySecret::passphrase(Zeroizing::new(PASSPHRASE.to_owned()))
}

fn recovery() -> Recovery {
    Recovery::passphrase(Zeroizing::new(PASSPHRASE.to_owned())).unwrap()
}

fn restore(from: &Path, home: &TempDir) -> Result<LedgerFile, BackupFault> {
    let to = home.path().join("practice");
    LedgerFile::restore(
        from,
        &secret(),
        &to,
        &NEW_KEY,
        Environment::Practice,
        Soundness::Whole,
        at(60),
    )
    .map(|(ledger, _)| ledger)
}

/// A time when a letter that went at the beginning stops no other any more.
fn later(minute: i64) -> Timestamp {
    at(minute) + SignedDuration::from_hours(31 * 24)
}

fn failed() -> Happening {
    Happening::StatusSeen {
        status: TransportStatus::Failed,
        stamp: None,
    }
}

fn waiting() -> Happening {
    Happening::ReceiptWaitingForTrust {
        receipt_id: ReceiptId::generate(),
        receipt: Digest::of(b"receipt"),
        signer_certificate: Digest::of(b"theirs"),
    }
}

fn change(ledger: &LedgerFile, sql: &str) {
    assert_eq!(ledger.connection().execute(sql, []).unwrap(), 1, "{sql}");
}

// Check

#[test]
fn a_sound_ledger_is_found_sound() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    whole(&ledger);
    let second = whole(&ledger);
    receive(&ledger, second, 9, ReceiptKind::Delivery);
    let report = ledger.check().unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(
        (
            report.events,
            report.letters,
            report.documents,
            report.parcels
        ),
        (2 * SENT_EVENTS + 1, 2, 2, 2)
    );
}

#[test]
fn whatever_is_damaged_or_missing_is_found_and_left_as_it_is() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let parcel = ledger.parcel_path(ledger.row(letter).unwrap().message.unwrap());
    let document = home.path().join(format!("practice/documents/{letter}/0"));
    let number = 0;
    let found = |path: &Path, bytes: Option<&[u8]>| {
        let before = bytes_of(path);
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let findings = ledger.check().unwrap().findings;
        assert_eq!(fs::read(path).ok().as_deref(), bytes);
        fs::write(path, before).unwrap();
        findings
    };
    let sealed = bytes_of(&document);
    let mut flipped = sealed.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let damaged = [Finding::DocumentDamaged { letter, number }];
    assert_eq!(found(&document, Some(&flipped)), damaged);
    assert_eq!(found(&document, Some(&sealed[..9])), damaged);
    assert_eq!(found(&document, Some(b"")), damaged);
    assert_eq!(
        found(&document, None),
        [Finding::DocumentMissing { letter, number }]
    );
    assert_eq!(
        found(&parcel, Some(b"other")),
        [Finding::ParcelDamaged(letter)]
    );
    assert_eq!(found(&parcel, None), [Finding::ParcelMissing(letter)]);
    assert_eq!(ledger.check().unwrap().findings, []);

    let connection = ledger.connection();
    connection
        .execute("UPDATE overview SET attempts = attempts + 1", [])
        .unwrap();
    drop(connection);
    assert_eq!(ledger.check().unwrap().findings, [Finding::Letter(letter)]);
}

#[test]
fn every_column_of_the_lists_is_checked() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    assert_eq!(ledger.check().unwrap().findings, []);
    let row = raw(&home);
    let columns: Vec<String> = row
        .prepare("SELECT name FROM pragma_table_info('overview') WHERE name <> 'letter'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(columns.len() > 20);
    for column in columns {
        // Another value of the kind that the column takes.
        let other = match column.as_str() {
            "under_way" | "in_outbox" | "has_left" | "follow_up" => format!("1 - {column}"),
            "attempts" => "attempts + 1".to_owned(),
            "number" => continue,
            _ => format!("coalesce({column} || ' ', 'x')"),
        };
        let before: rusqlite::types::Value = row
            .query_row(&format!("SELECT {column} FROM overview"), [], |row| {
                row.get(0)
            })
            .unwrap();
        change(&ledger, &format!("UPDATE overview SET {column} = {other}"));
        let findings = ledger.check().unwrap().findings;
        assert_eq!(findings, [Finding::Letter(letter)], "{column}");
        ledger
            .connection()
            .execute(&format!("UPDATE overview SET {column} = ?1"), [before])
            .unwrap();
    }
    assert_eq!(ledger.check().unwrap().findings, []);
    change(&ledger, "UPDATE overview_words SET words = 'other'");
    assert_eq!(ledger.check().unwrap().findings, [Finding::Letter(letter)]);
}

#[test]
fn the_lists_of_letters_of_every_life_are_found_as_written() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    many_lives(&ledger, 300);
    let report = ledger.check().unwrap();
    assert_eq!(report.letters, 300);
    let of_lists = |finding: &&Finding| matches!(finding, Finding::Letter(_) | Finding::Pages);
    assert_eq!(report.findings.iter().find(of_lists), None);
}

#[test]
fn a_key_that_retention_did_not_take_is_found_missing_and_its_parcel_stays() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let parcel = ledger.parcel_path(ledger.row(letter).unwrap().message.unwrap());
    change(&ledger, "UPDATE letters SET document_key = NULL");
    let lost = [Finding::KeyMissing(letter)];
    assert_eq!(ledger.check().unwrap().findings, lost);
    drop(ledger);
    let ledger = open(&home);
    assert!(parcel.exists());
    assert_eq!(ledger.check().unwrap().findings, lost);
    let backup = home.path().join("backup");
    let made = ledger.backup(&backup, &recovery(), at(50)).unwrap();
    assert_eq!((made.documents, made.parcels), (0, 1));
}

#[test]
fn a_receipt_that_was_altered_is_found() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    receive(&ledger, letter, 9, ReceiptKind::Delivery);
    assert_eq!(ledger.check().unwrap().findings, []);
    change(&ledger, "UPDATE receipts SET raw = raw || '.'");
    let findings = ledger.check().unwrap().findings;
    assert_eq!(findings, [Finding::ReceiptDamaged { number: 1 }]);
}

#[test]
fn a_damaged_page_anywhere_is_a_finding_or_keeps_the_ledger_shut() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    for _ in 0..30 {
        whole(&ledger);
    }
    drop(ledger);
    let sound = bytes_of(&database(&home));
    let pages = sound.len() / 4096;
    let mut found = 0;
    for page in (0..pages).step_by(pages / 12) {
        let mut damaged = sound.clone();
        damaged[page * 4096 + 100..][..16]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x55);
        fs::write(database(&home), &damaged).unwrap();
        match try_open(&home) {
            Ok(ledger) => {
                let report = ledger.check().unwrap();
                assert!(report.findings.contains(&Finding::Pages), "page {page}");
                found += 1;
            }
            // The first page is the one whose damage can't be told from a wrong key.
            Err(LedgerFault::WrongKey) => assert_eq!(page, 0),
            Err(fault) => assert!(matches!(fault, LedgerFault::Damaged), "{page}: {fault:?}"),
        }
        assert_eq!(bytes_of(&database(&home)), damaged, "page {page}");
    }
    assert!(found > 3, "{found}");
}

// Backup

#[test]
fn a_backup_brought_back_elsewhere_is_the_ledger_frozen_under_a_new_tag() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let draft = drafted_only(&ledger, 3);
    ledger
        .keep_document(draft, 0, &mut &b"%PDF"[..], 10)
        .unwrap();
    let delivered = whole(&ledger);
    receive(&ledger, delivered, 9, ReceiptKind::Delivery);
    let backup = home.path().join("backup");
    let made = ledger.backup(&backup, &recovery(), at(50)).unwrap();
    assert_eq!((made.documents, made.parcels, made.missing), (3, 2, 0));
    assert_eq!(LedgerFile::backup_in(&backup).unwrap(), made);
    // What happens after it is not in it.
    receive(&ledger, letter, 55, ReceiptKind::Delivery);

    assert_eq!(Seen::below(&backup).with_sentinel, 0);
    let elsewhere = TempDir::new().unwrap();
    let restored = restore(&backup, &elsewhere).unwrap();
    assert_eq!(restored.check().unwrap().findings, []);
    assert_eq!(
        restored.letter(letter).unwrap().state(),
        State::AtAccessPoint
    );
    assert_eq!(
        restored.letter(delivered).unwrap().state(),
        State::Delivered
    );
    assert_eq!(read(&restored, letter, 0).unwrap(), b"%PDF");
    let message = restored.row(letter).unwrap().message.unwrap();
    assert_eq!(bytes_of(&restored.parcel_path(message)), b"parcel");

    let former_tags = vec![ledger.channel_tag().to_owned()];
    assert_ne!(restored.channel_tag(), ledger.channel_tag());
    assert_eq!(
        restored.restoration().unwrap(),
        Some(Restoration {
            at: at(60),
            former_tags: former_tags.clone()
        })
    );
    restored.end_restoration(at(70)).unwrap();
    drop(restored);
    let folder = elsewhere.path().join("practice");
    let again = LedgerFile::create_or_open(&folder, &NEW_KEY, Environment::Practice).unwrap();
    assert_eq!(again.restoration().unwrap(), None);
    assert_eq!(again.former_tags().unwrap(), former_tags);
    assert_eq!(ledger.restoration().unwrap(), None);
}

#[test]
fn a_ledger_brought_back_twice_keeps_every_tag_it_had() {
    let first = TempDir::new().unwrap();
    let ledger = open(&first);
    let backup = first.path().join("backup");
    ledger.backup(&backup, &recovery(), at(1)).unwrap();
    let second = TempDir::new().unwrap();
    let restored = restore(&backup, &second).unwrap();
    let backup = second.path().join("backup");
    restored.backup(&backup, &recovery(), at(2)).unwrap();
    let third = TempDir::new().unwrap();
    let again = restore(&backup, &third).unwrap();
    let tags = [ledger.channel_tag(), restored.channel_tag()];
    assert_eq!(again.former_tags().unwrap(), tags);
    assert_eq!(again.restoration().unwrap().unwrap().former_tags, tags);
}

#[test]
fn a_backup_of_an_earlier_schema_is_brought_up_to_date() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let backup = home.path().join("backup");
    ledger.backup(&backup, &recovery(), at(1)).unwrap();
    let earlier = kept::kept(1);
    fs::copy(database(&earlier), backup.join("ledger.db")).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let folder = elsewhere.path().join("practice");
    // Its database alone: documents and parcels are not there.
    let (restored, report) = LedgerFile::restore(
        &backup,
        &secret(),
        &folder,
        &NEW_KEY,
        Environment::Practice,
        Soundness::AsItIs,
        at(60),
    )
    .unwrap();
    let missing = |finding: &Finding| {
        matches!(
            finding,
            Finding::DocumentMissing { .. } | Finding::ParcelMissing(_)
        )
    };
    assert!(report.findings.iter().all(missing));
    assert_eq!(restored.letters(100).unwrap().len(), 5);
    assert_eq!(restored.former_tags().unwrap().len(), 1);
}

#[test]
fn only_the_right_passphrase_or_private_key_brings_a_backup_back() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let private = age::x25519::Identity::generate();
    let recovery = Recovery::public_key(&private.to_public().to_string()).unwrap();
    let backup = home.path().join("backup");
    ledger.backup(&backup, &recovery, at(1)).unwrap();

    let elsewhere = TempDir::new().unwrap();
    let to = elsewhere.path().join("practice");
    let bring = |secret: &RecoverySecret| {
        LedgerFile::restore(
            &backup,
            secret,
            &to,
            &NEW_KEY,
            Environment::Practice,
            Soundness::Whole,
            at(2),
        )
        .map(drop)
    };
    let other = age::x25519::Identity::generate();
    let text = |key: &age::x25519::Identity| {
        use age::secrecy::ExposeSecret;
        format!("# created: now\n{}\n", key.to_string().expose_secret())
    };
    let other = RecoverySecret::private_key(&text(&other)).unwrap();
    for wrong in [&other, &secret()] {
        assert!(matches!(bring(wrong), Err(BackupFault::WrongRecovery)));
        assert!(!LedgerFile::exists(&to));
    }
    bring(&RecoverySecret::private_key(&text(&private)).unwrap()).unwrap();
    assert!(LedgerFile::exists(&to));

    let short = Recovery::passphrase(Zeroizing::new("kort".to_owned()));
    assert!(matches!(short, Err(RecoveryFault::TooShort)));
    let wrong = Recovery::public_key("age1notakey");
    assert!(matches!(wrong, Err(RecoveryFault::NotAPublicKey)));
    let wrong = RecoverySecret::private_key("# nothing\n");
    assert!(matches!(wrong, Err(RecoveryFault::NotAPrivateKey)));
}

#[test]
fn nothing_is_written_over_and_no_half_backup_is_brought_back() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    whole(&ledger);
    let backup = home.path().join("backup");
    ledger.backup(&backup, &recovery(), at(1)).unwrap();
    let again = ledger.backup(&backup, &recovery(), at(2));
    assert!(matches!(again, Err(BackupFault::Occupied)));

    drop(ledger);
    let before = bytes_of(&database(&home));
    assert!(matches!(
        restore(&backup, &home).map(drop),
        Err(BackupFault::Occupied)
    ));
    assert_eq!(bytes_of(&database(&home)), before);
    fs::remove_file(database(&home)).unwrap();
    assert!(matches!(
        restore(&backup, &home).map(drop),
        Err(BackupFault::Occupied)
    ));

    let elsewhere = TempDir::new().unwrap();
    let other = LedgerFile::restore(
        &backup,
        &secret(),
        &elsewhere.path().join("practice"),
        &NEW_KEY,
        Environment::Production,
        Soundness::Whole,
        at(2),
    );
    assert!(matches!(
        other.map(drop),
        Err(BackupFault::Ledger(LedgerFault::OtherEnvironment))
    ));
    fs::remove_file(backup.join("backup.json")).unwrap();
    assert!(matches!(
        restore(&backup, &elsewhere).map(drop),
        Err(BackupFault::NotABackup)
    ));
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_in_its_place() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let (first, second) = (whole(&ledger), whole(&ledger));
    let backup = home.path().join("backup");
    ledger.backup(&backup, &recovery(), at(50)).unwrap();
    fs::write(backup.join(format!("documents/{first}/0")), "other").unwrap();
    let message = ledger.row(second).unwrap().message.unwrap();
    fs::remove_file(backup.join(format!("parcels/{message}.cms"))).unwrap();

    let elsewhere = TempDir::new().unwrap();
    let folder = elsewhere.path().join("practice");
    let Err(BackupFault::Unsound(report)) = restore(&backup, &elsewhere) else {
        panic!("not refused");
    };
    let number = 0;
    let expected = [
        Finding::DocumentDamaged {
            letter: first,
            number,
        },
        Finding::ParcelMissing(second),
        Finding::BackupFiles { told: 4, found: 3 },
    ];
    assert_eq!(report.findings.len(), expected.len());
    assert!(expected.iter().all(|it| report.findings.contains(it)));
    assert!(!LedgerFile::exists(&folder));

    let (restored, told) = LedgerFile::restore(
        &backup,
        &secret(),
        &folder,
        &NEW_KEY,
        Environment::Practice,
        Soundness::AsItIs,
        at(60),
    )
    .unwrap();
    assert_eq!(told, report);
    assert_eq!(read(&restored, second, 0).unwrap(), b"%PDF");
}

#[test]
fn a_backup_ends_while_another_program_goes_on_writing() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    // More than a few thousand pages.
    let large = incoming(None, Some(letter), &"x".repeat(24 << 20), "UNREADABLE");
    ledger.keep_receipt(&large, None).unwrap();
    let (ended, gave_up) = (AtomicBool::new(false), AtomicBool::new(false));
    let backup = home.path().join("backup");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = open(&home);
            let begun = Instant::now();
            while !ended.load(Ordering::Relaxed) {
                drafted_only(&other, 1);
                if begun.elapsed() > Duration::from_secs(20) {
                    gave_up.store(true, Ordering::Relaxed);
                    break;
                }
            }
        });
        std::thread::sleep(Duration::from_millis(50));
        let made = ledger.backup(&backup, &recovery(), at(50));
        ended.store(true, Ordering::Relaxed);
        made.unwrap();
    });
    assert!(!gave_up.into_inner(), "it ended when the writer did");
    assert!(ledger.check_chain().unwrap().broken_at.is_none());
}

#[test]
fn a_restoration_that_was_ended_is_no_ledger_and_can_be_begun_again() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let backup = home.path().join("backup");
    ledger.backup(&backup, &recovery(), at(1)).unwrap();

    let elsewhere = TempDir::new().unwrap();
    let folder = elsewhere.path().join("practice");
    for left in ["restoring", "documents/x", "parcels"] {
        fs::create_dir_all(folder.join(left)).unwrap();
        assert!(LedgerFile::exists(&folder));
        let opened = LedgerFile::create_or_open(&folder, &NEW_KEY, Environment::Practice);
        assert!(matches!(opened, Err(LedgerFault::Damaged)), "{left}");
    }
    let restored = restore(&backup, &elsewhere).unwrap();
    assert_eq!(read(&restored, letter, 0).unwrap(), b"%PDF");
    assert!(!folder.join("restoring").exists() && !folder.join("documents/x").exists());
}

#[test]
fn an_export_is_readable_and_whole() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let raw = receive(&ledger, letter, 9, ReceiptKind::Delivery);
    whole(&ledger);
    let to = home.path().join("export");
    let exported = ledger.export(&to, None).unwrap();
    assert_eq!(
        (
            exported.letters,
            exported.events,
            exported.receipts,
            exported.documents
        ),
        (2, 2 * SENT_EVENTS + 1, 1, 2)
    );
    let lines = |name: &str| -> Vec<serde_json::Value> {
        let text = fs::read_to_string(to.join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let events = lines("events.jsonl");
    assert_eq!(events.len(), 2 * SENT_EVENTS as usize + 1);
    let history = ledger.history(letter).unwrap();
    let first = events
        .iter()
        .find(|line| line["letter"] == letter.to_string());
    assert_eq!(first.unwrap()["hash"], history[0].hash.hex());
    assert_eq!(first.unwrap()["personal"]["title"], SENTINEL);
    assert_eq!(lines("receipts.jsonl")[0]["raw"], raw);
    let document = to.join(format!("documents/{letter}/0.pdf"));
    assert_eq!(bytes_of(&document), b"%PDF");
    let again = ledger.export(&to, None);
    assert!(matches!(again, Err(BackupFault::Occupied)));
    let one = ledger
        .export(&home.path().join("one"), Some(&[letter]))
        .unwrap();
    assert_eq!((one.letters, one.receipts), (1, 1));
}

#[test]
fn an_export_goes_on_beside_a_document_that_cannot_be_read_and_names_it() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let (cut, lost, sound) = (whole(&ledger), whole(&ledger), whole(&ledger));
    let document = |letter| home.path().join(format!("practice/documents/{letter}/0"));
    let sealed = bytes_of(&document(cut));
    fs::write(document(cut), &sealed[..sealed.len() - 1]).unwrap();
    fs::remove_file(document(lost)).unwrap();
    let to = home.path().join("export");
    let exported = ledger.export(&to, None).unwrap();
    assert_eq!(
        (exported.letters, exported.documents, exported.unreadable),
        (3, 1, 2)
    );
    let written = |letter| to.join(format!("documents/{letter}/0.pdf"));
    assert_eq!(bytes_of(&written(sound)), b"%PDF");
    assert!(!written(cut).exists() && !written(lost).exists());
    let named = fs::read_to_string(to.join("unreadable.jsonl")).unwrap();
    assert_eq!(named.lines().count(), 2);
    assert!([cut, lost].iter().all(|it| named.contains(&it.to_string())));
    assert!(named.contains(r#""document":0"#));
}

#[test]
fn a_broken_off_export_leaves_nothing_in_the_clear() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    receive(&ledger, letter, 9, ReceiptKind::Delivery);
    let to = home.path().join("export");
    let unknown = LetterId::generate();
    let exported = ledger.export(&to, Some(&[letter, unknown]));
    assert!(matches!(
        exported,
        Err(BackupFault::Ledger(LedgerFault::NotFound))
    ));
    assert_eq!(walk(&to), Vec::<PathBuf>::new());
    ledger.export(&to, Some(&[letter])).unwrap();
}

// Retention

#[test]
fn a_letter_that_needs_follow_up_is_told_apart_and_one_that_waits_for_trust_is_not_forgotten() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letters: Vec<LetterId> = (0..4).map(|_| whole(&ledger)).collect();
    let [delivered, fails, waits, fails_and_waits] = letters[..] else {
        unreachable!()
    };
    receive(&ledger, delivered, 9, ReceiptKind::Delivery);
    receive(&ledger, waits, 9, ReceiptKind::Delivery);
    for letter in [fails, fails_and_waits] {
        ledger.record(letter, &entry(9, failed())).unwrap();
    }
    for letter in [waits, fails_and_waits] {
        let receipt = incoming(Some(ReceiptId::generate()), Some(letter), "a.b.c", "WAITS");
        let receipt = IncomingReceipt {
            raw: format!("{letter}"),
            ..receipt
        };
        ledger
            .keep_receipt(&receipt, Some(&entry(10, waiting())))
            .unwrap();
        let refused = ledger.forget(letter, later(99));
        assert!(matches!(refused, Err(LedgerFault::Impossible(_))));
        let kept = ledger.receipts(Some(letter)).unwrap();
        assert!(kept.iter().all(|kept| !kept.receipt.raw.is_empty()));
    }
    assert_eq!(
        ledger.forgettable(at(99), later(99)).unwrap(),
        Forgettable {
            over: vec![delivered],
            follow_up: vec![fails],
        }
    );
    ledger.forget(fails, later(99)).unwrap();
}

#[test]
fn a_letter_that_still_stops_the_same_one_is_not_forgotten() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    receive(&ledger, letter, 9, ReceiptKind::Delivery);
    let went = at(3);
    let last = went + SignedDuration::from_hours(30 * 24);
    let over = |now| ledger.forgettable(at(99), now).unwrap().over;
    for now in [at(99), last] {
        assert_eq!(over(now), []);
        let refused = ledger.forget(letter, now);
        assert!(matches!(refused, Err(LedgerFault::Impossible(_))));
    }
    let after = last + SignedDuration::from_secs(1);
    assert_eq!(over(after), [letter]);
    ledger.forget(letter, after).unwrap();
    // One that was given up never went.
    let cancelled = drafted_only(&ledger, 1);
    ledger
        .record(cancelled, &entry(2, Happening::Cancelled))
        .unwrap();
    ledger.forget(cancelled, at(5)).unwrap();
}

#[test]
fn receipts_of_no_letter_lose_their_text_too() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    receive(&ledger, letter, 9, ReceiptKind::Delivery);
    let early = incoming(None, None, "early", "UNREADABLE");
    let late = IncomingReceipt {
        raw: "late".to_owned(),
        received_at: at(20),
        ..early.clone()
    };
    for stray in [&early, &late] {
        ledger.keep_receipt(stray, None).unwrap();
    }
    assert_eq!(ledger.forgettable_strays(at(20)).unwrap(), 1);
    assert_eq!(ledger.forget_strays(at(20)).unwrap(), 1);
    assert_eq!(ledger.forget_strays(at(20)).unwrap(), 0);
    let texts: Vec<String> = ledger
        .receipts(None)
        .unwrap()
        .into_iter()
        .map(|kept| kept.receipt.raw)
        .collect();
    assert_eq!(texts, ["", "late"]);
    assert!(
        !ledger.receipts(Some(letter)).unwrap()[0]
            .receipt
            .raw
            .is_empty()
    );
    assert_eq!(ledger.check().unwrap().findings, []);
    let again = ledger.keep_receipt(&early, None).unwrap();
    assert_eq!(again, ReceiptKept::Known);
}

#[test]
fn a_forgotten_letter_leaves_its_proof_and_nothing_personal() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    receive(&ledger, letter, 9, ReceiptKind::Delivery);
    let on_its_way = whole(&ledger);
    let over = |before| ledger.forgettable(before, later(20)).unwrap().over;
    assert_eq!(over(at(9)), []);
    assert_eq!(over(at(10)), [letter]);
    let refused = ledger.forget(on_its_way, later(20));
    assert!(matches!(refused, Err(LedgerFault::Impossible(_))));

    let message = ledger.row(letter).unwrap().message.unwrap();
    let before = ledger.letter(letter).unwrap();
    ledger.forget(letter, later(20)).unwrap();
    ledger.forget(letter, later(21)).unwrap();
    assert_eq!(over(at(99)), []);
    assert_eq!(ledger.letter(letter).unwrap(), before);
    assert_eq!(ledger.check().unwrap().findings, []);
    assert!(!ledger.parcel_path(message).exists());
    assert!(
        !home
            .path()
            .join(format!("practice/documents/{letter}"))
            .exists()
    );
    let row = ledger.row(letter).unwrap();
    assert_eq!(
        (row.title, row.recipient, row.recipient_name),
        (None, None, None)
    );
    let found = |words: &str| {
        let query = Query::new(words, Filter::All, 10);
        ledger.find(&query).unwrap().total
    };
    assert_eq!((found(CITIZEN), found("")), (1, 2));

    // A late receipt counts, and brings nothing back.
    receive(&ledger, letter, 30, ReceiptKind::Opening);
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Opened);
    assert_eq!(ledger.receipts(Some(letter)).unwrap().len(), 2);
    assert_eq!(ledger.check().unwrap().findings, []);
    let of_it = |table: &str, columns: &str| -> i64 {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE letter = ?1 AND concat_ws('|', {columns}) <> ''"
        );
        let connection = ledger.connection();
        connection
            .query_row(&sql, [letter.to_string()], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(of_it("events", "personal"), 0);
    assert_eq!(of_it("receipts", "raw"), 0);
    assert_eq!(of_it("messages", "signed"), 0);
    assert_eq!(of_it("receipts", "digest"), 2);
    assert_eq!(of_it("documents", "digest"), 1);
}

#[test]
fn what_a_crash_leaves_of_a_forgotten_letter_goes_at_the_next_opening() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    receive(&ledger, letter, 9, ReceiptKind::Delivery);
    ledger.forget(letter, later(20)).unwrap();
    let document = home.path().join(format!("practice/documents/{letter}/0"));
    fs::create_dir(document.parent().unwrap()).unwrap();
    fs::write(&document, "sealed").unwrap();
    drop(ledger);
    open(&home);
    assert!(!document.parent().unwrap().exists());
}

#[test]
fn forgotten_values_are_in_no_page_of_the_file() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    for _ in 0..20 {
        let letter = whole(&ledger);
        receive(&ledger, letter, 9, ReceiptKind::Delivery);
    }
    for letter in ledger.forgettable(at(99), later(99)).unwrap().over {
        ledger.forget(letter, later(99)).unwrap();
    }
    ledger.empty_log().unwrap();
    let log = home.path().join("practice/ledger.db-wal");
    assert_eq!(log.metadata().unwrap().len(), 0);

    let plain = home.path().join("plain.db");
    fs::write(&plain, "").unwrap();
    let connection = ledger.connection();
    connection
        .execute(
            "ATTACH DATABASE ?1 AS plain KEY ''",
            [plain.to_str().unwrap()],
        )
        .unwrap();
    connection
        .query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))
        .unwrap();
    connection.execute("DETACH DATABASE plain", []).unwrap();
    drop(connection);
    let text = bytes_of(&plain);
    let holds = |wanted: &str| {
        text.windows(wanted.len())
            .any(|seen| seen == wanted.as_bytes())
    };
    assert!(!holds(SENTINEL) && !holds(CITIZEN));
    assert!(holds("receipt_verified"), "the rest is there");
}

#[test]
fn a_parcel_is_kept_as_evidence_after_the_mailbox_has_it() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let parcel = ledger.parcel_path(ledger.row(letter).unwrap().message.unwrap());
    let sent = Happening::StatusSeen {
        status: TransportStatus::Sent,
        stamp: None,
    };
    ledger.record(letter, &entry(7, sent)).unwrap();
    drop(ledger);
    drop(open(&home));
    assert!(parcel.exists());
}

// Halts and doubles

#[test]
fn the_first_halt_stands_until_it_is_lifted() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    assert_eq!(ledger.halt().unwrap(), None);
    let halt = |code: &str, minute| Halt {
        code: code.to_owned(),
        since: at(minute),
    };
    ledger.set_halt(&halt("FIRST", 1)).unwrap();
    ledger.set_halt(&halt("SECOND", 2)).unwrap();
    drop(ledger);
    let ledger = open(&home);
    assert_eq!(ledger.halt().unwrap(), Some(halt("FIRST", 1)));
    let by = Actor::Administrator("kari".to_owned());
    assert!(ledger.lift_halt(&by, at(3)).unwrap());
    assert!(!ledger.lift_halt(&by, at(4)).unwrap());
    assert_eq!(ledger.halt().unwrap(), None);
    ledger.set_halt(&halt("THIRD", 5)).unwrap();
    assert_eq!(ledger.halt().unwrap(), Some(halt("THIRD", 5)));
}

#[test]
fn a_letter_like_this_one_is_found_if_it_went_lately_to_the_same_citizen() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let went = at(3);
    let draft = |recipient: &str, document: &[u8]| {
        let letter = LetterId::generate();
        ledger.open_letter(letter).unwrap();
        ledger
            .keep_document(letter, 0, &mut &document[..], 10)
            .unwrap();
        let mut first = entry(30, drafted());
        first.personal = personal(&[("title", "Vedtak"), ("recipient", recipient)]);
        ledger.record(letter, &first).unwrap();
        letter
    };
    let again = draft(CITIZEN, b"%PDF");
    let like = |letter, since| ledger.sent_like(letter, since).unwrap();
    assert_eq!(like(again, at(0)), None);
    let earlier = whole(&ledger);
    assert_eq!(like(again, went), Some((earlier, went)));
    assert_eq!(like(again, at(4)), None);
    assert_eq!(like(earlier, at(0)), None, "drafts do not count");
    assert_eq!(like(draft("01835550962", b"%PDF"), at(0)), None);
    assert_eq!(like(draft(CITIZEN, b"other"), at(0)), None);
    receive(&ledger, earlier, 9, ReceiptKind::Delivery);
    assert_eq!(like(again, at(0)), Some((earlier, went)));
    let failed = Happening::StatusSeen {
        status: TransportStatus::Failed,
        stamp: None,
    };
    let other = whole(&ledger);
    ledger.record(other, &entry(10, failed)).unwrap();
    assert_eq!(ledger.letter(other).unwrap().state(), State::Failed);
    assert_eq!(like(again, at(0)), Some((earlier, went)), "nor what failed");
}

#[test]
fn a_letter_stopped_after_it_was_offered_in_vain_does_not_count_as_sent() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let begin = || {
        let letter = LetterId::generate();
        ledger.open_letter(letter).unwrap();
        ledger
            .keep_document(letter, 0, &mut &b"%PDF"[..], 10)
            .unwrap();
        let mut first = entry(0, drafted());
        first.personal = personal(&[("title", "Vedtak"), ("recipient", CITIZEN)]);
        ledger.record(letter, &first).unwrap();
        letter
    };
    let (offered, new) = (begin(), begin());
    let counts = |what| {
        ledger.record(offered, &entry(9, what)).unwrap();
        let like = ledger.sent_like(new, at(0)).unwrap();
        like.map(|(letter, _)| letter)
    };
    let begins = |what: &Happening| matches!(what, Happening::AttemptStarted { .. });
    for (minute, what) in (1..).zip(sending()) {
        ledger
            .record(offered, &entry(minute, what.clone()))
            .unwrap();
        if begins(&what) {
            break;
        }
    }
    let lost = CauseCode::new("TIMEOUT");
    assert_eq!(counts(Happening::AnswerLost { code: lost }), Some(offered));
    let unknown = CauseCode::new("UNKNOWN_THERE");
    assert_eq!(
        counts(Happening::NotReceived { code: unknown }),
        Some(offered)
    );
    let reason = StopReason::ChannelChanged;
    assert_eq!(counts(Happening::Stopped { reason }), None);
    assert!(ledger.letter(offered).unwrap().sealed().is_some());
}

// The ground

#[cfg(unix)]
#[test]
fn nothing_counts_as_written_when_the_folder_has_vanished() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = whole(&ledger);
    let folder = home.path().join("practice");
    fs::rename(&folder, home.path().join("elsewhere")).unwrap();
    let receipt = entry(9, verified(ReceiptKind::Delivery));
    let recorded = ledger.record(letter, &receipt);
    assert!(matches!(recorded, Err(LedgerFault::Disk(_))));
    // Nor when another ledger lies there now.
    drop(open(&home));
    let recorded = ledger.record(letter, &receipt);
    assert!(matches!(recorded, Err(LedgerFault::Disk(_))));
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_nothing_is_lost_and_all_goes_on_when_there_is_room() {
    let home = TempDir::new().unwrap();
    let disk = home.path().join("practice");
    fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&disk)
        .output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        let told = "a full disk not run: this user may mount none";
        io::Write::write_all(&mut io::stderr(), told.as_bytes()).unwrap();
        return;
    }
    let _unmounted = Unmount(disk.clone());
    let ledger = open(&home);
    let letter = whole(&ledger);
    let room = disk.join("other");
    let mut filler = fs::File::create(&room).unwrap();
    while io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
    let full = |result: Result<(), LedgerFault>| {
        assert!(matches!(result, Err(LedgerFault::DiskFull)), "{result:?}");
    };
    let mut large = io::repeat(0).take(100_000);
    full(
        ledger
            .keep_document(letter, 1, &mut large, 1 << 20)
            .map(drop),
    );
    let mut written = 0;
    let fault = loop {
        match ledger.record(letter, &entry(9, verified(ReceiptKind::Delivery))) {
            Ok(_) => written += 1,
            Err(fault) => break fault,
        }
        assert!(written < 500, "the disk is never full");
    };
    full(Err(fault));
    drop(filler);
    fs::remove_file(room).unwrap();
    assert_eq!(ledger.check().unwrap().findings, []);
    assert_eq!(ledger.history(letter).unwrap().len(), 6 + written);
    receive(&ledger, letter, 10, ReceiptKind::Opening);
    drop(ledger);
    let ledger = open(&home);
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Opened);
    assert_eq!(ledger.check().unwrap().findings, []);
}

#[cfg(target_os = "linux")]
struct Unmount(PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}
