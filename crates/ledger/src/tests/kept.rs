//! Ledgers of every schema there was, kept as files: each opens, is upgraded, and tells what it
//! told. `fixtures/schema-N` is made once, while N is the newest schema, by
//! `cargo test -p utpost-ledger make_the_kept_ledger -- --ignored`.

use super::*;

fn fixture(schema: usize) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/schema-{schema}"))
}

#[test]
#[ignore = "makes the kept ledger of the newest schema, once"]
fn make_the_kept_ledger() {
    let folder = fixture(schema::NEWEST);
    assert!(!folder.exists(), "a kept ledger is never made again");
    let ledger =
        LedgerFile::create_or_open(&folder.join("ledger"), &KEY, Environment::Practice).unwrap();
    letters_of_all_kinds(&ledger);
    fs::write(folder.join("tells.txt"), told(&ledger)).unwrap();
    drop(ledger);
    fs::remove_dir(folder.join("ledger/partial")).unwrap();
    fs::remove_file(folder.join("ledger/ledger.lock")).unwrap();
}

#[test]
fn a_ledger_of_any_earlier_schema_opens_and_tells_what_it_told() {
    for schema in 1..=schema::NEWEST {
        let home = kept(schema);
        let ledger = open(&home);
        let tells = fs::read_to_string(fixture(schema).join("tells.txt")).unwrap();
        assert_eq!(
            told(&ledger),
            tells.replace("\r\n", "\n"),
            "schema {schema}"
        );
        let fresh = TempDir::new().unwrap();
        assert_eq!(
            schema_of(&ledger.connection()),
            schema_of(&open(&fresh).connection())
        );
        let letter = sent(&ledger);
        assert_eq!(ledger.letter(letter).unwrap().state(), State::AtAccessPoint);
        assert_eq!(ledger.check_chain().unwrap().broken_at, None);
    }
}

#[test]
fn before_an_upgrade_a_copy_is_kept_that_opens_with_the_same_key() {
    let home = kept(1);
    let tells = fs::read_to_string(fixture(1).join("tells.txt")).unwrap();
    sent(&open(&home));
    drop(open(&home));
    let copy = home.path().join("practice/ledger.db.before-2");
    let before = schema::connect(&copy, &KEY).unwrap();
    let version: u32 = before
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    let events: i64 = before
        .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 1);
    assert!(tells.contains(&format!("chain {events} events")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o077, 0);
    }
}

#[test]
fn a_ledger_is_not_upgraded_beside_a_program_that_has_it_open_nor_in_another_environment() {
    let home = kept(1);
    let folder = home.path().join("practice");
    let before = bytes_of(&database(&home));
    let other = LedgerFile::create_or_open(&folder, &KEY, Environment::Test);
    assert!(matches!(other, Err(LedgerFault::OtherEnvironment)));

    let older = fs::File::create(folder.join("ledger.lock")).unwrap();
    older.lock_shared().unwrap();
    assert!(matches!(try_open(&home), Err(LedgerFault::Busy)));
    assert_eq!(bytes_of(&database(&home)), before);
    assert!(!folder.join("ledger.db.before-2").exists());
    drop(older);
    open(&home);
}

#[test]
fn what_an_upgrade_works_out_is_what_the_letters_themselves_say() {
    let home = kept(1);
    let ledger = open(&home);
    let mut went = 0;
    for row in ledger.letters(100).unwrap() {
        let history = ledger.history(row.letter).unwrap();
        let sealed = history
            .iter()
            .rfind(|recorded| matches!(recorded.event.what, Happening::Sealed(_)))
            .map(|recorded| events::write_time(recorded.event.at));
        let kept: Option<String> = ledger
            .connection()
            .query_row(
                "SELECT went_at FROM overview WHERE letter = ?1",
                [row.letter.to_string()],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(kept, sealed);
        went += usize::from(kept.is_some());
    }
    assert_eq!(went, 3);
}

/// A kept ledger in a folder of its own, to be opened and changed.
pub(super) fn kept(schema: usize) -> TempDir {
    let home = TempDir::new().unwrap();
    let from = fixture(schema).join("ledger");
    for path in walk(&from).into_iter().filter(|path| path.is_file()) {
        let to = home
            .path()
            .join("practice")
            .join(path.strip_prefix(&from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, to).unwrap();
    }
    home
}

fn schema_of(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap();
    let parts = statement.query_map([], |row| row.get(0)).unwrap();
    parts.map(Result::unwrap).collect()
}

/// A draft, a letter given up, one on its way with its parcel, one opened with its receipts, one
/// that failed, and a receipt of nobody.
fn letters_of_all_kinds(ledger: &LedgerFile) {
    let draft = drafted_only(ledger, 0);
    let document = b"%PDF-1.7 kept".repeat(3);
    ledger
        .keep_document(draft, 0, &mut &document[..], 1000)
        .unwrap();
    let cancelled = drafted_only(ledger, 3);
    ledger
        .record(cancelled, &entry(4, Happening::Cancelled))
        .unwrap();

    let on_its_way = sent(ledger);
    ledger
        .keep_document(on_its_way, 0, &mut &b"%PDF"[..], 1000)
        .unwrap();
    let message = ledger.row(on_its_way).unwrap().message.unwrap();
    fs::write(ledger.parcel_path(message), "parcel").unwrap();
    file::keep_message(&ledger.connection(), on_its_way, 1, "a.b.c", at(5)).unwrap();

    let opened = sent(ledger);
    let receipts = [ReceiptKind::Delivery, ReceiptKind::Opening];
    for (minute, kind) in (10..).zip(receipts) {
        let raw = format!("receipt {minute}");
        let receipt = incoming(Some(ReceiptId::generate()), Some(opened), &raw, VERIFIED);
        let event = entry(minute, verified(kind));
        ledger.keep_receipt(&receipt, Some(&event)).unwrap();
        ledger
            .acknowledge(receipt.receipt.unwrap(), at(minute + 1))
            .unwrap();
    }
    let failed = sent(ledger);
    let status = Happening::StatusSeen {
        status: TransportStatus::Failed,
        stamp: None,
    };
    ledger.record(failed, &entry(20, status)).unwrap();
    let stray = incoming(None, None, "of nobody", "UNREADABLE");
    ledger.keep_receipt(&stray, None).unwrap();
}

/// What a ledger tells through its port, as text.
fn told(ledger: &LedgerFile) -> String {
    let mut text = format!("channel tag {}\n", ledger.channel_tag());
    let chain = ledger.check_chain().unwrap();
    text.push_str(&format!(
        "chain {} events, broken at {:?}\n",
        chain.events, chain.broken_at
    ));
    for row in ledger.letters(100).unwrap() {
        let title = row.title.as_ref().map(|title| title.expose("test"));
        text.push_str(&format!(
            "\nletter {} {:?} {:?} {:?} {:?} {} to {} follow up {} attempts {} message {:?}\n",
            row.letter,
            row.state,
            row.kind,
            row.carrier,
            title,
            row.created_at,
            row.changed_at,
            row.follow_up,
            row.attempts,
            row.message.map(|id| id.to_string()),
        ));
        for recorded in ledger.history(row.letter).unwrap() {
            text.push_str(&format!(
                "  {} {} {} {:?}\n",
                recorded.position,
                recorded.event.at,
                recorded.event.what.name(),
                recorded.hash.hex()
            ));
        }
        if let Ok(document) = ledger.document(row.letter, 0) {
            let document = io::read_to_string(document.open().unwrap()).unwrap();
            text.push_str(&format!("  document {document}\n"));
        }
        if let Some(message) = ledger.last_message(row.letter).unwrap() {
            text.push_str(&format!("  message {}\n", message.expose("test")));
        }
        text.push_str(&receipts_told(ledger, Some(row.letter)));
    }
    text.push_str("\nreceipts of no letter\n");
    text.push_str(&receipts_told(ledger, None));
    text
}

fn receipts_told(ledger: &LedgerFile, letter: Option<LetterId>) -> String {
    let receipts = ledger.receipts(letter).unwrap();
    let line = |kept: &utpost_dispatch::StoredReceipt| {
        format!(
            "  receipt {} {} {:?} {:?}\n",
            kept.receipt.raw, kept.receipt.verdict, kept.receipt.signer, kept.acknowledged_at
        )
    };
    receipts.iter().map(line).collect()
}
