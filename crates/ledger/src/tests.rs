//! What the ledger promises, each promise a test. The detail of document files is tested beside
//! their code.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;
use utpost_dispatch::{
    Counts, Entry, Filter, IncomingReceipt, Ledger, LedgerFault, LetterRow, Query, ReceiptKept,
};
use utpost_domain::{
    Acceptance, Actor, Carrier, CauseCode, ChannelName, ConversationId, Decided, Digest,
    Environment, Event, FaultSide, Happening, Letter, LetterId, MessageId, PersonalFields, Reason,
    ReceiptId, ReceiptKind, Sealed, Sensitive, State, StopReason, TransportStatus,
    VerifiedReceiptFacts,
};

use crate::{LedgerFile, events, file, overview, schema};

mod care;
mod kept;
mod sample;

use sample::{at, decided, drafted, personal, provider, sealed, sending, verified};

const KEY: [u8; 32] = [0xa5; 32];
const VERIFIED: &str = IncomingReceipt::VERIFIED;
const SENTINEL: &str = "Prøve Vaktpost-Nilsen";

// The file and its key

#[test]
fn a_ledger_is_made_once_and_opened_again() {
    let home = TempDir::new().unwrap();
    assert!(!LedgerFile::exists(&home.path().join("practice")));
    let tag = open(&home).channel_tag().to_owned();
    assert!(LedgerFile::exists(&home.path().join("practice")));
    assert_eq!(open(&home).channel_tag(), tag);
    assert_eq!(open(&home).environment(), Environment::Practice);
    let random = tag.strip_prefix("utpost-").unwrap();
    assert_eq!(random.len(), 16);
    assert!(
        random
            .bytes()
            .all(|c| c.is_ascii_lowercase() || (b'2'..=b'7').contains(&c))
    );
    assert_ne!(open(&TempDir::new().unwrap()).channel_tag(), tag);
}

#[test]
fn every_commit_is_synced_and_every_page_encrypted() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let connection = ledger.connection();
    let setting = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!([setting("synchronous"), setting("foreign_keys")], [2, 1]);
    let journal: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
    let cipher: String = connection
        .pragma_query_value(None, "cipher_version", |row| row.get(0))
        .unwrap();
    assert!(!cipher.is_empty());
}

#[test]
fn a_wrong_key_opens_nothing_and_changes_nothing() {
    let home = TempDir::new().unwrap();
    let letter = sent(&open(&home));
    let before = bytes_of(&database(&home));
    let opened = LedgerFile::create_or_open(
        &home.path().join("practice"),
        &[1; 32],
        Environment::Practice,
    );
    assert!(matches!(opened, Err(LedgerFault::WrongKey)));
    assert_eq!(bytes_of(&database(&home)), before);
    assert_eq!(
        open(&home).letter(letter).unwrap().state(),
        State::AtAccessPoint
    );
}

#[test]
fn a_newer_ledger_is_refused_and_kept() {
    let home = TempDir::new().unwrap();
    let letter = sent(&open(&home));
    raw(&home).pragma_update(None, "user_version", 3).unwrap();
    let before = bytes_of(&database(&home));
    assert!(matches!(
        try_open(&home),
        Err(LedgerFault::Newer { found: 3, known: 2 })
    ));
    assert_eq!(bytes_of(&database(&home)), before);
    raw(&home).pragma_update(None, "user_version", 2).unwrap();
    assert!(open(&home).letter(letter).is_ok());
}

#[test]
fn a_ledger_of_one_environment_does_not_open_or_write_in_another() {
    let home = TempDir::new().unwrap();
    drop(open(&home));
    let production =
        LedgerFile::create_or_open(&home.path().join("practice"), &KEY, Environment::Production);
    assert!(matches!(production, Err(LedgerFault::OtherEnvironment)));

    let ledger = open(&home);
    let letter = LetterId::generate();
    ledger.open_letter(letter).unwrap();
    let Happening::Drafted(mut foreign) = drafted() else {
        unreachable!()
    };
    foreign.environment = Environment::Production;
    let recorded = ledger.record(letter, &entry(0, Happening::Drafted(foreign)));
    assert!(matches!(recorded, Err(LedgerFault::OtherEnvironment)));
    assert_eq!(ledger.check_chain().unwrap().events, 0);
}

#[test]
fn a_damaged_ledger_is_reported_and_kept() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    sent_many(&ledger, 20);
    drop(ledger);
    let whole = bytes_of(&database(&home));
    let reported = |bytes: &[u8]| {
        fs::write(database(&home), bytes).unwrap();
        let fault = match try_open(&home) {
            Ok(ledger) => ledger.check_chain().unwrap_err(),
            Err(fault) => fault,
        };
        assert_eq!(bytes_of(&database(&home)), bytes);
        fault
    };
    for at in [whole.len() / 3, whole.len() / 2, whole.len() - 100] {
        let mut damaged = whole.clone();
        damaged[at..at + 16]
            .iter_mut()
            .for_each(|byte| *byte ^= 0xff);
        let fault = reported(&damaged);
        assert!(matches!(fault, LedgerFault::Damaged), "{at}: {fault:?}");
    }
    for damaged in [
        &b"SQLite format 3\0 and more"[..],
        &b"not a ledger"[..],
        &[],
    ] {
        assert!(matches!(reported(damaged), LedgerFault::Damaged));
    }
    fs::write(database(&home), &whole).unwrap();
    assert_eq!(open(&home).check_chain().unwrap().broken_at, None);
}

#[test]
fn a_lost_database_is_not_replaced_by_an_empty_one() {
    let home = TempDir::new().unwrap();
    drop(open(&home));
    fs::remove_file(database(&home)).unwrap();
    assert!(LedgerFile::exists(&home.path().join("practice")));
    assert!(matches!(try_open(&home), Err(LedgerFault::Damaged)));
}

#[test]
fn nothing_personal_can_be_read_in_any_file() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let document = format!("%PDF-1.7 {SENTINEL}").repeat(9000);
    ledger
        .keep_document(letter, 0, &mut document.as_bytes(), 1 << 20)
        .unwrap();
    let receipt = incoming(
        Some(ReceiptId::generate()),
        Some(letter),
        SENTINEL,
        VERIFIED,
    );
    ledger.keep_receipt(&receipt, None).unwrap();
    file::keep_message(&ledger.connection(), letter, 1, SENTINEL, at(9)).unwrap();
    let title = ledger.letters(1).unwrap().remove(0).title.unwrap();
    assert_eq!(title.expose("test"), SENTINEL);

    let sealed = Seen::below(home.path());
    drop(ledger);
    let closed = Seen::below(home.path());
    assert_eq!(
        (sealed.files, closed.files),
        (5, 3),
        "open with log and index, then without"
    );
    assert_eq!((sealed.with_sentinel, closed.with_sentinel), (0, 0));
    fs::write(home.path().join("control"), SENTINEL).unwrap();
    assert_eq!(Seen::below(home.path()).with_sentinel, 1);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_folder_and_its_files() {
    use std::os::unix::fs::PermissionsExt;

    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    ledger
        .keep_document(sent(&ledger), 0, &mut &b"%PDF"[..], 10)
        .unwrap();
    let folder = home.path().join("practice");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for path in walk(&folder) {
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn the_schema_document_tells_the_schema() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let connection = ledger.connection();
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid")
        .unwrap();
    let parts = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut text = String::from(
        "-- The ledger's schema as SQLite tells it. Kept equal by a test of the ledger crate;\n\
         -- with UTPOST_UPDATE_GOLDEN=1 that test writes it.\n",
    );
    parts.for_each(|part| text.push_str(&format!("\n{};\n", part.unwrap())));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema.sql");
    if std::env::var_os("UTPOST_UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap().replace("\r\n", "\n"),
        text
    );
}

// Crashes and other programs

#[test]
fn what_a_crash_left_half_done_is_gone_at_the_next_opening() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let kept = sent(&ledger);
    let parcel = ledger.parcel_path(ledger.letters(1).unwrap()[0].message.unwrap());
    let half = LetterId::generate();
    ledger.open_letter(half).unwrap();
    ledger
        .keep_document(half, 0, &mut &b"%PDF"[..], 10)
        .unwrap();
    let never_sealed = ledger.parcel_path(MessageId::generate());
    let partial = home.path().join("practice/partial/stray");
    let parcel_being_written = parcel.with_extension("new");
    for file in [&parcel, &never_sealed, &partial, &parcel_being_written] {
        fs::write(file, "sealed").unwrap();
    }
    drop(ledger);

    let ledger = open(&home);
    assert!(matches!(
        ledger.document(half, 0),
        Err(LedgerFault::NotFound)
    ));
    assert!(matches!(
        ledger.drop_letter(half),
        Err(LedgerFault::NotFound)
    ));
    assert!(
        !home
            .path()
            .join("practice/documents")
            .join(half.to_string())
            .exists()
    );
    assert!(!never_sealed.exists() && !partial.exists() && !parcel_being_written.exists());
    assert!(parcel.exists());
    assert_eq!(ledger.letter(kept).unwrap().state(), State::AtAccessPoint);
}

#[test]
fn nobody_tidies_beside_an_open_ledger() {
    let home = TempDir::new().unwrap();
    let first = open(&home);
    let letter = LetterId::generate();
    first.open_letter(letter).unwrap();
    first
        .keep_document(letter, 0, &mut &b"%PDF"[..], 10)
        .unwrap();
    let second = open(&home);
    drop(open(&home));
    first.record(letter, &entry(0, drafted())).unwrap();
    assert_eq!(second.letter(letter).unwrap().state(), State::Draft);
    assert_eq!(read(&second, letter, 0).unwrap(), b"%PDF");
}

#[test]
fn two_programs_at_once_write_one_chain() {
    let home = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let ledger = open(&home);
                sent_many(&ledger, 10);
            });
        }
    });
    let report = open(&home).check_chain().unwrap();
    assert_eq!((report.events, report.broken_at), (20 * SENT_EVENTS, None));
}

#[test]
fn a_ledger_that_another_program_holds_is_busy_and_loses_nothing() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    ledger
        .connection()
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    let other = raw(&home);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let receipt = entry(9, verified(ReceiptKind::Delivery));
    assert!(matches!(
        ledger.record(letter, &receipt),
        Err(LedgerFault::Busy)
    ));
    assert!(ledger.letter(letter).is_ok(), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    ledger.record(letter, &receipt).unwrap();
}

#[test]
fn a_full_or_read_only_disk_is_told_and_loses_nothing() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let set = |pragma: &str| ledger.connection().execute_batch(pragma).unwrap();
    let receipt = incoming(None, Some(letter), &"a.b.c".repeat(50_000), "UNREADABLE");
    let event = entry(9, verified(ReceiptKind::Delivery));
    set("PRAGMA max_page_count = 1");
    let full = ledger.keep_receipt(&receipt, Some(&event));
    assert!(matches!(full, Err(LedgerFault::DiskFull)));
    set("PRAGMA max_page_count = 1000000; PRAGMA query_only = ON");
    let read_only = ledger.keep_receipt(&receipt, Some(&event));
    assert!(matches!(read_only, Err(LedgerFault::ReadOnly)));
    set("PRAGMA query_only = OFF");
    assert_eq!(ledger.letter(letter).unwrap().state(), State::AtAccessPoint);
    assert_eq!(ledger.receipts(Some(letter)).unwrap().len(), 0);
    ledger.keep_receipt(&receipt, Some(&event)).unwrap();
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Delivered);
    assert_eq!(ledger.check_chain().unwrap().broken_at, None);
}

// The chain

#[test]
fn an_impossible_event_writes_nothing() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let impossible = ledger.record(letter, &entry(9, Happening::Cancelled));
    assert!(matches!(impossible, Err(LedgerFault::Impossible(_))));
    let other = LetterId::generate();
    ledger.open_letter(other).unwrap();
    let first = ledger.record(other, &entry(9, Happening::Confirmed));
    assert!(matches!(first, Err(LedgerFault::Impossible(_))));
    let unknown = ledger.record(LetterId::generate(), &entry(0, drafted()));
    assert!(matches!(unknown, Err(LedgerFault::NotFound)));
    assert_eq!(ledger.check_chain().unwrap().events, SENT_EVENTS);
    ledger.drop_letter(other).unwrap();
    assert!(
        ledger.drop_letter(letter).is_err(),
        "a letter with events stays"
    );
}

#[test]
fn the_history_reads_back_as_written() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let history = ledger.history(letter).unwrap();
    assert_eq!(history.len() as u64, SENT_EVENTS);
    assert_eq!(history[0].event, entry(0, drafted()).event);
    let title = history[0].personal.value("title").unwrap();
    assert_eq!(title.expose("test"), SENTINEL);
    assert!(history[1].personal.is_empty());
    assert_eq!(
        history.iter().map(|it| it.position).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6]
    );
    assert_eq!(
        history
            .iter()
            .map(|it| it.hash)
            .collect::<BTreeSet<_>>()
            .len(),
        6
    );
}

#[test]
fn the_chain_holds_after_personal_values_and_salt_are_gone() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let (gone, stays) = (sent(&ledger), sent(&ledger));
    let connection = raw(&home);
    let id = gone.to_string();
    connection
        .execute("UPDATE events SET personal = NULL WHERE letter = ?1", [&id])
        .unwrap();
    connection
        .execute(
            "UPDATE letters SET salt = NULL, document_key = NULL WHERE id = ?1",
            [&id],
        )
        .unwrap();
    assert_eq!(ledger.check_chain().unwrap().broken_at, None);
    assert!(ledger.history(gone).unwrap()[0].personal.is_empty());
    assert!(!ledger.history(stays).unwrap()[0].personal.is_empty());
    let mut late = entry(9, verified(ReceiptKind::Delivery));
    late.personal
        .insert("description", Sensitive::new(SENTINEL.to_owned()));
    ledger.record(gone, &late).unwrap();
    assert!(ledger.history(gone).unwrap()[6].personal.is_empty());
    assert_eq!(ledger.check_chain().unwrap().broken_at, None);
}

#[test]
fn events_cannot_be_deleted_or_rewritten_by_mistake() {
    let home = TempDir::new().unwrap();
    sent(&open(&home));
    let connection = raw(&home);
    for change in [
        "DELETE FROM events WHERE position = 3",
        "UPDATE events SET body = replace(body, 'digital', 'print')",
        "UPDATE events SET hash = previous",
        "UPDATE events SET personal = '{}' WHERE position = 1",
        "DELETE FROM letters",
    ] {
        assert!(connection.execute(change, []).is_err(), "{change}");
    }
}

#[test]
fn tampering_with_any_part_of_an_event_breaks_the_chain_there() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    sent(&ledger);
    sent(&ledger);
    let mut connection = raw(&home);
    for (tampering, broken_at) in [
        (
            "UPDATE events SET body = replace(body, 'digital', 'print') WHERE position = 2",
            2,
        ),
        ("UPDATE events SET body = '{' WHERE position = 2", 2),
        (
            "UPDATE events SET at = '2020-01-01T00:00:00.000000000Z' WHERE position = 3",
            3,
        ),
        (
            "UPDATE events SET personal = '{\"title\":\"annen\"}' WHERE position = 1",
            1,
        ),
        ("UPDATE events SET personal = '[]' WHERE position = 1", 1),
        (
            "UPDATE events SET field_digests = '{}', personal = NULL WHERE position = 1",
            1,
        ),
        (
            "UPDATE events SET letter = (SELECT letter FROM events WHERE position = 9) \
          WHERE position = 4",
            4,
        ),
        ("UPDATE events SET hash = previous WHERE position = 5", 5),
        ("UPDATE events SET previous = hash WHERE position = 5", 5),
        ("UPDATE letters SET salt = zeroblob(32)", 1),
        ("UPDATE letters SET salt = NULL", 1),
        (
            "UPDATE events SET position = 99 WHERE position = 2; \
          UPDATE events SET position = 2 WHERE position = 3; \
          UPDATE events SET position = 3 WHERE position = 99",
            2,
        ),
        ("DELETE FROM events WHERE position = 4", 4),
        ("DELETE FROM events WHERE position >= 11", 11),
        ("DELETE FROM events", 1),
    ] {
        let transaction = connection.transaction().unwrap();
        transaction
            .execute_batch(
                "DROP TRIGGER events_stay; DROP TRIGGER events_stay_as_written;
                 DROP TRIGGER events_lose_personal_values_only;",
            )
            .unwrap();
        transaction.execute_batch(tampering).unwrap();
        let report = events::check_chain(&transaction).unwrap();
        assert_eq!(report.broken_at, Some(broken_at), "{tampering}");
    }
    assert_eq!(events::check_chain(&connection).unwrap().broken_at, None);
}

// Lists

#[test]
fn the_lists_are_a_fold_of_the_events() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letters = [sent(&ledger), drafted_only(&ledger, 20), sent(&ledger)];
    ledger
        .record(letters[0], &entry(30, verified(ReceiptKind::Opening)))
        .unwrap();
    let mut connection = raw(&home);
    let stored = dump(&connection);
    assert_eq!(stored.len(), 3);

    let transaction = connection.transaction().unwrap();
    transaction.execute("DELETE FROM overview", []).unwrap();
    for letter in letters {
        let history = events::history(&transaction, letter).unwrap();
        for (index, last) in history.iter().enumerate() {
            let past = history[..=index].iter().map(|recorded| &recorded.event);
            let folded = utpost_domain::Letter::from_events(letter, past).unwrap();
            let entry = Entry {
                event: last.event.clone(),
                personal: last.personal.clone(),
            };
            overview::show(&transaction, &folded, last.position, &entry).unwrap();
        }
        assert_eq!(
            events::fold(&transaction, letter).unwrap(),
            ledger.letter(letter).unwrap()
        );
    }
    assert_eq!(dump(&transaction), stored);
}

#[test]
fn what_is_offered_is_awaited_until_it_arrives() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    drafted_only(&ledger, 60);
    let letter = sent(&ledger);
    assert_eq!(ledger.awaiting().unwrap(), [letter]);
    ledger
        .record(letter, &entry(9, verified(ReceiptKind::Delivery)))
        .unwrap();
    assert!(ledger.awaiting().unwrap().is_empty());
    assert_eq!(ledger.under_way().unwrap(), [letter]);
}

#[test]
fn letters_are_listed_and_found() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let on_its_way = sent(&ledger);
    let opened = sent(&ledger);
    ledger
        .record(opened, &entry(9, verified(ReceiptKind::Opening)))
        .unwrap();
    let draft = drafted_only(&ledger, 60);
    let rows = ledger.letters(2).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].letter, rows[0].state, rows[0].message),
        (draft, State::Draft, None)
    );
    assert_eq!((rows[0].created_at, rows[0].changed_at), (at(60), at(60)));
    assert_eq!(ledger.under_way().unwrap(), [on_its_way]);
    let conversation = ledger
        .letter(opened)
        .unwrap()
        .sealed()
        .unwrap()
        .conversation_id;
    assert_eq!(ledger.letter_of(conversation).unwrap(), Some(opened));
    assert_eq!(ledger.letter_of(ConversationId::generate()).unwrap(), None);
    assert!(matches!(
        ledger.letter(LetterId::generate()),
        Err(LedgerFault::NotFound)
    ));
}

#[test]
fn lists_filters_and_counts_say_what_the_letters_themselves_say() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letters = many_lives(&ledger, 2000);
    let told = |wanted: &dyn Fn(&Life) -> bool| -> Vec<LetterId> {
        letters
            .iter()
            .filter(|life| wanted(life))
            .map(|life| life.letter.id())
            .collect()
    };
    let ids = |rows: &[LetterRow]| rows.iter().map(|row| row.letter).collect::<Vec<_>>();
    let state = |life: &Life| life.letter.state();

    for life in &letters {
        let row = ledger.row(life.letter.id()).unwrap();
        let sealed = life.letter.sealed();
        assert_eq!(row.state, state(life));
        assert_eq!(row.kind, life.letter.kind());
        assert_eq!(row.carrier, life.letter.carrier());
        assert_eq!(row.receiver, sealed.map(|sealed| sealed.receiver));
        assert_eq!(row.message, sealed.map(|sealed| sealed.message_id));
        assert_eq!(&row.notes, life.letter.notes());
        assert_eq!(row.follow_up, life.letter.needs_follow_up());
        assert_eq!(row.undo_until, life.letter.undo_until());
        assert_eq!(row.attempts, life.letter.attempts());
        assert_eq!(row.title.unwrap().expose("test"), &life.title);
        assert_eq!(row.recipient_name.unwrap().expose("test"), life.name);
        assert_eq!(row.recipient.unwrap().expose("test"), life.number);
        assert_eq!(
            (row.created_at, row.changed_at),
            (life.created, life.changed)
        );
    }

    use State::*;
    type Wanted = fn(&Letter) -> bool;
    let filters: [(Filter, Wanted); 8] = [
        (Filter::All, |letter| letter.state().has_left()),
        (Filter::FollowUp, Letter::needs_follow_up),
        (Filter::Delivered, |letter| {
            matches!(letter.state(), Delivered | Opened | HandedToPost)
        }),
        (Filter::Opened, |letter| letter.state() == Opened),
        (Filter::NotOpened, |letter| letter.state() == Delivered),
        (Filter::Returned, |letter| letter.state() == Returned),
        (Filter::Failed, |letter| {
            matches!(letter.state(), Failed | Refused)
        }),
        (Filter::Cancelled, |letter| letter.state() == Cancelled),
    ];
    for (filter, wanted) in filters {
        let expected = told(&|life| wanted(&life.letter));
        assert!(expected.len() > 20, "{filter:?}: {}", expected.len());
        let found = ledger.find(&Query::new("", filter, 5000)).unwrap();
        assert_eq!(ids(&found.rows), expected, "{filter:?}");
        assert_eq!(found.total, expected.len() as u64);
        let some = ledger.find(&Query::new("", filter, 7)).unwrap();
        assert_eq!(ids(&some.rows), expected[..7], "{filter:?}");
        assert_eq!(some.total, found.total);

        for words in [
            "Østby",
            "vedtak kari",
            "209146",
            "23.11.2026 OLA",
            "ingen slik",
        ] {
            let expected = told(&|life| wanted(&life.letter) && life.holds(words));
            let found = ledger.find(&Query::new(words, filter, 5000)).unwrap();
            assert_eq!(ids(&found.rows), expected, "{filter:?} {words}");
            assert_eq!(found.total, expected.len() as u64);
        }
    }

    let unsent = told(&|life| state(life).is_unsent());
    let on_their_way = told(&|life| state(life).is_on_its_way());
    assert!(unsent.len() > 20 && on_their_way.len() > 20);
    assert_eq!(ids(&ledger.unsent(5000).unwrap()), unsent);
    assert_eq!(ids(&ledger.unsent(3).unwrap()), unsent[..3]);
    assert_eq!(ids(&ledger.on_their_way(5000).unwrap()), on_their_way);
    assert_eq!(ids(&ledger.letters(5000).unwrap()), told(&|_| true));
    let follow_up = told(&|life| life.letter.needs_follow_up());
    assert_eq!(
        ledger.counts().unwrap(),
        Counts {
            outbox: (unsent.len() + on_their_way.len()) as u64,
            follow_up: follow_up.len() as u64,
        }
    );

    let arrived = |life: &&Life| matches!(state(life), Delivered | Opened | HandedToPost);
    let arrival = |life: &Life| life.letter.delivered_at().unwrap();
    let last = letters.iter().filter(arrived).map(arrival).max().unwrap();
    for since in [at(0), at(900), last] {
        let expected: Vec<_> = letters
            .iter()
            .filter(arrived)
            .filter(|life| arrival(life) >= since)
            .collect();
        let delivered = ledger.delivered_since(since).unwrap();
        assert_eq!(delivered.count, expected.len() as u64);
        let newest = ledger.letter(delivered.newest.unwrap().letter).unwrap();
        assert_eq!(newest.delivered_at(), Some(last));
    }
    let none = ledger
        .delivered_since(last + SignedDuration::from_nanos(1))
        .unwrap();
    assert_eq!((none.count, none.newest), (0, None));
}

#[test]
fn a_letter_is_found_by_any_way_of_writing_what_it_says() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    // A quarter to one in the morning in Norway, and still the day before in UTC.
    let created: Timestamp = "2026-01-04T23:45:00Z".parse().unwrap();
    let letter = LetterId::generate();
    ledger.open_letter(letter).unwrap();
    let said = [
        ("title", "Vedtak om støtte"),
        ("recipient_name", "Åse Bjørnsønn Ærlig"),
        ("recipient", "20914695016"),
    ];
    let write = |what, said: &[(&str, &str)]| {
        let mut entry = entry(0, what);
        entry.event.at = created;
        entry.personal = personal(said);
        ledger.record(letter, &entry).unwrap();
    };
    write(drafted(), &said);
    write(Happening::Cancelled, &[]);
    let finds = |text: &str| {
        let found = ledger
            .find(&Query::new(text, Filter::Cancelled, 10))
            .unwrap();
        found.total == 1
    };
    for text in [
        "",
        "STØTTE",
        "stotte",
        "åse ærlig",
        "ASE",
        "bjornsonn",
        "209146 95016",
        "vedtak bjørn",
        "2026-01-05",
        "5.1.2026",
        "05.01.2026",
        "om om om",
    ] {
        assert!(finds(text), "{text}");
    }
    for text in [
        "vedtak ola",
        "4.1.2026",
        "2026-01-04",
        "%",
        "_",
        "støtteåse",
    ] {
        assert!(!finds(text), "{text}");
    }
}

#[test]
fn a_letter_drafted_anew_is_listed_and_found_as_it_is_now() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = drafted_only(&ledger, 0);
    let mut anew = entry(5, drafted());
    anew.personal = personal(&[("title", "Nytt brev"), ("recipient_name", "Ola Prøve")]);
    ledger.record(letter, &anew).unwrap();
    let mut nameless = entry(6, drafted());
    nameless.personal = personal(&[("title", "Nytt brev")]);
    ledger.record(letter, &nameless).unwrap();
    let row = ledger.row(letter).unwrap();
    assert_eq!(row.title.unwrap().expose("test"), "Nytt brev");
    assert_eq!(row.recipient_name, None);
    assert_eq!((row.created_at, row.changed_at), (at(0), at(6)));
    ledger
        .record(letter, &entry(7, Happening::Cancelled))
        .unwrap();
    let total = |text: &str| {
        let query = Query::new(text, Filter::Cancelled, 10);
        ledger.find(&query).unwrap().total
    };
    assert_eq!([total("nytt"), total("ola"), total("vaktpost")], [1, 0, 0]);
    assert!(matches!(
        ledger.row(LetterId::generate()),
        Err(LedgerFault::NotFound)
    ));
}

#[test]
fn every_filter_and_count_goes_by_an_index() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    many_lives(&ledger, 300);
    let connection = ledger.connection();
    for wanted in [
        "has_left = 1",
        "follow_up = 1",
        "in_outbox = 1",
        "under_way = 1",
        "delivered_at >= 'x'",
        "state IN ('delivered', 'opened', 'handed_to_post')",
    ] {
        let plan: Vec<String> = connection
            .prepare(&format!(
                "EXPLAIN QUERY PLAN SELECT count(*) FROM overview WHERE {wanted}"
            ))
            .unwrap()
            .query_map([], |row| row.get("detail"))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(plan[0].contains("INDEX overview_"), "{wanted}: {plan:?}");
    }
}

#[test]
fn the_message_of_the_last_attempt_is_kept_as_sent() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    assert!(ledger.last_message(letter).unwrap().is_none());
    for (attempt, signed) in [(1, "a.b.c"), (2, "d.e.f"), (2, "g.h.i")] {
        file::keep_message(&ledger.connection(), letter, attempt, signed, at(9)).unwrap();
    }
    let last = ledger.last_message(letter).unwrap().unwrap();
    assert_eq!(last.expose("test"), "g.h.i");
}

// Documents

#[test]
fn a_document_is_kept_once_and_read_as_often_as_needed() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = drafted_only(&ledger, 0);
    let plain = [b"%PDF-1.7".repeat(20_000), b"end".to_vec()].concat();
    let kept = ledger
        .keep_document(letter, 0, &mut &plain[..], 1 << 20)
        .unwrap();
    assert_eq!(
        (kept.digest, kept.bytes),
        (Digest::of(&plain), plain.len() as u64)
    );
    assert!(
        ledger
            .keep_document(letter, 0, &mut &b"other"[..], 10)
            .is_err()
    );
    drop(ledger);
    let ledger = open(&home);
    let source = ledger.document(letter, 0).unwrap();
    assert_eq!(source.len(), plain.len() as u64);
    assert_eq!(read(&ledger, letter, 0).unwrap(), plain);
    assert!(matches!(
        ledger.document(letter, 1),
        Err(LedgerFault::NotFound)
    ));
}

#[test]
fn a_document_that_fails_while_read_or_is_too_large_leaves_nothing() {
    struct Vanishing(u8);
    impl Read for Vanishing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 == 9 {
                Err(io::ErrorKind::NotFound.into())
            } else {
                Ok(into.len().min(9999))
            }
        }
    }

    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = drafted_only(&ledger, 0);
    let vanished = ledger.keep_document(letter, 0, &mut Vanishing(0), 1 << 30);
    assert!(matches!(vanished, Err(LedgerFault::SourceUnreadable(_))));
    let large = ledger.keep_document(letter, 0, &mut io::repeat(0), 1_000_000);
    assert!(matches!(
        large,
        Err(LedgerFault::TooLarge { limit: 1_000_000 })
    ));
    let unknown = ledger.keep_document(LetterId::generate(), 0, &mut io::empty(), 10);
    assert!(matches!(unknown, Err(LedgerFault::NotFound)));
    assert!(matches!(
        ledger.document(letter, 0),
        Err(LedgerFault::NotFound)
    ));
    assert_eq!(
        fs::read_dir(home.path().join("practice/partial"))
            .unwrap()
            .count(),
        0
    );
    ledger
        .keep_document(letter, 0, &mut &b"%PDF"[..], 10)
        .unwrap();
    assert_eq!(read(&ledger, letter, 0).unwrap(), b"%PDF");
}

#[test]
fn the_document_of_one_letter_cannot_stand_for_anothers() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letters = [drafted_only(&ledger, 0), drafted_only(&ledger, 1)];
    for letter in letters {
        ledger
            .keep_document(letter, 0, &mut &b"%PDF"[..], 10)
            .unwrap();
    }
    let file = |letter: LetterId| {
        home.path()
            .join("practice/documents")
            .join(letter.to_string())
            .join("0")
    };
    fs::copy(file(letters[0]), file(letters[1])).unwrap();
    assert_eq!(read(&ledger, letters[0], 0).unwrap(), b"%PDF");
    assert!(read(&ledger, letters[1], 0).is_err());
}

// Receipts

#[test]
fn a_receipt_and_its_event_are_written_together_and_once() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let id = ReceiptId::generate();
    let receipt = incoming(Some(id), Some(letter), "a.b.c", VERIFIED);
    let event = entry(9, verified(ReceiptKind::Delivery));
    assert_eq!(
        ledger.keep_receipt(&receipt, Some(&event)).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(
        ledger.keep_receipt(&receipt, Some(&event)).unwrap(),
        ReceiptKept::Known
    );
    // Another text under the same id is another receipt, shown beside the first.
    let forged = incoming(Some(id), Some(letter), "d.e.f", "SIGNATURE_WRONG");
    assert_eq!(
        ledger.keep_receipt(&forged, None).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Delivered);
    assert_eq!(ledger.check_chain().unwrap().events, SENT_EVENTS + 1);

    assert!(
        ledger.receipts(Some(letter)).unwrap()[0]
            .acknowledged_at
            .is_none()
    );
    ledger.acknowledge(id, at(10)).unwrap();
    ledger.acknowledge(id, at(11)).unwrap();
    let kept = ledger.receipts(Some(letter)).unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].acknowledged_at, Some(at(10)));
    assert_eq!(kept[0].receipt.raw, "a.b.c");
    assert_eq!(kept[0].receipt.received_at, at(8));
    assert_eq!(
        (kept[0].receipt.receipt, kept[0].receipt.letter),
        (Some(id), Some(letter))
    );
    let unknown = ledger.acknowledge(ReceiptId::generate(), at(10));
    assert!(matches!(unknown, Err(LedgerFault::NotFound)));
}

#[test]
fn a_forged_receipt_does_not_shut_the_genuine_one_out() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let id = ReceiptId::generate();
    let forged = incoming(Some(id), Some(letter), "forged", "SIGNATURE");
    assert_eq!(
        ledger.keep_receipt(&forged, None).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(
        ledger.keep_receipt(&forged, None).unwrap(),
        ReceiptKept::Known
    );
    let genuine = incoming(Some(id), Some(letter), "genuine", VERIFIED);
    let event = entry(9, verified(ReceiptKind::Delivery));
    assert_eq!(
        ledger.keep_receipt(&genuine, Some(&event)).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Delivered);
    assert_eq!(ledger.receipts(Some(letter)).unwrap().len(), 2);
}

#[test]
fn a_receipt_that_waited_for_trust_counts_when_it_verifies() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = sent(&ledger);
    let mut receipt = incoming(
        Some(ReceiptId::generate()),
        Some(letter),
        "a.b.c",
        "WAITING",
    );
    assert_eq!(
        ledger.keep_receipt(&receipt, None).unwrap(),
        ReceiptKept::New
    );
    receipt.verdict = VERIFIED.to_owned();
    let event = entry(9, verified(ReceiptKind::Delivery));
    assert_eq!(
        ledger.keep_receipt(&receipt, Some(&event)).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Delivered);
    let kept = ledger.receipts(Some(letter)).unwrap();
    assert_eq!(
        (kept.len(), kept[0].receipt.verdict.as_str()),
        (1, VERIFIED)
    );
}

#[test]
fn a_receipt_is_kept_even_where_its_event_cannot_happen_or_no_letter_is_known() {
    let home = TempDir::new().unwrap();
    let ledger = open(&home);
    let letter = drafted_only(&ledger, 0);
    let event = entry(9, verified(ReceiptKind::Delivery));
    let early = incoming(Some(ReceiptId::generate()), Some(letter), "a.b.c", VERIFIED);
    assert_eq!(
        ledger.keep_receipt(&early, Some(&event)).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(ledger.letter(letter).unwrap().state(), State::Draft);
    assert_eq!(ledger.receipts(Some(letter)).unwrap().len(), 1);

    let nobodys = incoming(None, None, "not a receipt", "UNREADABLE");
    assert_eq!(
        ledger.keep_receipt(&nobodys, None).unwrap(),
        ReceiptKept::New
    );
    assert_eq!(
        ledger.keep_receipt(&nobodys, None).unwrap(),
        ReceiptKept::Known
    );
    let other = incoming(None, None, "not one either", "UNREADABLE");
    assert_eq!(ledger.keep_receipt(&other, None).unwrap(), ReceiptKept::New);
    assert_eq!(ledger.receipts(None).unwrap().len(), 2);
}

// What the tests are made of

/// How many events [`sent`] writes.
const SENT_EVENTS: u64 = 6;

fn try_open(home: &TempDir) -> Result<LedgerFile, LedgerFault> {
    LedgerFile::create_or_open(&home.path().join("practice"), &KEY, Environment::Practice)
}

fn open(home: &TempDir) -> LedgerFile {
    try_open(home).unwrap()
}

fn raw(home: &TempDir) -> Connection {
    schema::connect(&database(home), &KEY).unwrap()
}

fn database(home: &TempDir) -> PathBuf {
    home.path().join("practice/ledger.db")
}

fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

fn read(ledger: &LedgerFile, letter: LetterId, number: u32) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    ledger
        .document(letter, number)
        .unwrap()
        .open()?
        .read_to_end(&mut plain)?;
    Ok(plain)
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            paths.extend(walk(&path));
        }
        paths.push(path);
    }
    paths
}

struct Seen {
    files: usize,
    with_sentinel: usize,
}

impl Seen {
    fn below(folder: &Path) -> Self {
        let files: Vec<_> = walk(folder)
            .into_iter()
            .filter(|path| path.is_file())
            .collect();
        let shows = |path: &&PathBuf| {
            bytes_of(path)
                .windows(SENTINEL.len())
                .any(|seen| seen == SENTINEL.as_bytes())
        };
        Self {
            files: files.len(),
            with_sentinel: files.iter().filter(shows).count(),
        }
    }
}

fn dump(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare(
            "SELECT concat_ws('|', letter, state, stopped_for, kind, under_way, in_outbox, has_left,
                              follow_up, carrier, receiver, message_id, conversation_id, attempts,
                              notes, undo_until, delivered_at, created_at, changed_at, title,
                              recipient_name, recipient, words, number)
             FROM overview JOIN overview_words USING (number) ORDER BY letter",
        )
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// A letter that lived, and what its list entry should say.
struct Life {
    letter: Letter,
    created: Timestamp,
    changed: Timestamp,
    title: String,
    name: &'static str,
    number: &'static str,
}

impl Life {
    /// Whether every word is in it, found the slow way.
    fn holds(&self, words: &str) -> bool {
        let day = (self.created + SignedDuration::from_hours(1)).strftime("%d.%m.%Y");
        let text = format!("{} {} {} {day}", self.title, self.name, self.number).to_lowercase();
        words
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word))
    }
}

/// Letters of every kind of life, the newest first: each begins somewhere and meets a dozen things
/// that may happen, as far as they can.
fn many_lives(ledger: &LedgerFile, count: u64) -> Vec<Life> {
    const NAMES: [&str; 4] = ["Kari Østby", "Ola Prøve", "Åse Lund", "Ærlig Nordmann"];
    const NUMBERS: [&str; 3] = ["20914695016", "01835550962", "02825777442"];
    let mut connection = ledger.connection();
    let transaction = connection.transaction().unwrap();
    // A sequence without a pattern that is the same each time (Knuth's MMIX).
    let mut seed = 7_u64;
    let mut pick = |from: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % from
    };
    let mut lives = Vec::new();
    for index in 0..count {
        let id = LetterId::generate();
        transaction
            .execute(
                "INSERT INTO letters (id, document_key, salt) VALUES (?1, zeroblob(32), zeroblob(32))",
                [id.to_string()],
            )
            .unwrap();
        let (name, number) = (NAMES[pick(4) as usize], NUMBERS[pick(3) as usize]);
        let title = format!(
            "{} nr. {index}",
            ["Vedtak", "Varsel", "Brev"][pick(3) as usize]
        );
        let mut minute = index as i64;
        let created = at(minute);
        let mut first = entry(minute, drafted());
        first.personal = personal(&[
            ("title", &title),
            ("recipient_name", name),
            ("recipient", number),
        ]);
        let append =
            |entry: &Entry| events::append(&transaction, Environment::Practice, id, entry).ok();
        let mut letter = append(&first).unwrap();
        let mut changed = created;
        let sealing = sealed();
        let Happening::Sealed(facts) = &sealing else {
            unreachable!()
        };
        let attempt = |attempt| Happening::AttemptStarted {
            attempt,
            message_id: facts.message_id,
        };
        let first_decision = match pick(3) {
            0 => on_paper(&decided()),
            _ => decided(),
        };
        let way = [
            first_decision,
            Happening::SendPressed { until: created },
            sealing.clone(),
            attempt(1),
            Happening::Accepted {
                how: Acceptance::Answered,
            },
            verified(ReceiptKind::Delivery),
        ];
        let beginning = way.into_iter().take(pick(9) as usize);
        let chances: Vec<Happening> = (0..pick(6))
            .map(|_| {
                chance(
                    pick(18),
                    created + SignedDuration::from_mins(pick(60) as i64),
                )
            })
            .collect();
        for what in beginning.chain(chances) {
            minute += 1;
            let what = match what {
                Happening::AttemptStarted { .. } => attempt(letter.attempts() + 1),
                Happening::Sealed(_) if letter.carrier() == Some(Carrier::Print) => on_paper(&what),
                other => other,
            };
            if let Some(next) = append(&entry(minute, what)) {
                letter = next;
                changed = at(minute);
            }
        }
        lives.push(Life {
            letter,
            created,
            changed,
            title,
            name,
            number,
        });
    }
    transaction.commit().unwrap();
    drop(connection);
    for life in &lives {
        assert_eq!(ledger.letter(life.letter.id()).unwrap(), life.letter);
    }
    lives.reverse();
    lives
}

fn on_paper(what: &Happening) -> Happening {
    match what {
        Happening::Decided(facts) => Happening::Decided(Decided {
            channel: ChannelName::Print,
            reason: Reason::Reserved,
            ..facts.clone()
        }),
        Happening::Sealed(facts) => Happening::Sealed(Sealed {
            carrier: Carrier::Print,
            ..facts.clone()
        }),
        other => other.clone(),
    }
}

/// One of the things that may happen to a letter.
fn chance(which: u64, time: Timestamp) -> Happening {
    let receipt = |kind| match verified(kind) {
        Happening::ReceiptVerified(facts) => Happening::ReceiptVerified(VerifiedReceiptFacts {
            occurred_at: time,
            ..facts
        }),
        other => other,
    };
    let code = CauseCode::new("TEST");
    match which {
        0 => Happening::Cancelled,
        1 => Happening::RegisterSilent,
        2 => Happening::Stopped {
            reason: StopReason::Duplicate,
        },
        3 => Happening::Confirmed,
        4 => Happening::Reopened,
        5 => Happening::Undone,
        6 => Happening::AttemptStarted {
            attempt: 1,
            message_id: MessageId::generate(),
        },
        7 => Happening::AnswerLost { code },
        8 => Happening::NotReceived { code },
        9 => Happening::RefusedAtAccessPoint {
            code,
            http_status: None,
        },
        10 => receipt(ReceiptKind::Delivery),
        11 => receipt(ReceiptKind::Opening),
        12 => receipt(ReceiptKind::NotificationFailed),
        13 => receipt(ReceiptKind::Returned),
        14 => receipt(ReceiptKind::Error {
            fault: FaultSide::Client,
        }),
        15 => Happening::ReceiptSuspect {
            receipt_id: None,
            receipt: Digest::of(b"suspect"),
            code,
        },
        16 => Happening::StatusSeen {
            status: TransportStatus::Sent,
            stamp: None,
        },
        _ => decided(),
    }
}

fn entry(minute: i64, what: Happening) -> Entry {
    let mut personal = PersonalFields::new();
    if matches!(what, Happening::Drafted(_)) {
        personal.insert("title", Sensitive::new(SENTINEL.to_owned()));
    }
    Entry {
        event: Event {
            at: at(minute),
            actor: Actor::Program,
            what,
        },
        personal,
    }
}

fn drafted_only(ledger: &LedgerFile, minute: i64) -> LetterId {
    let letter = LetterId::generate();
    ledger.open_letter(letter).unwrap();
    ledger.record(letter, &entry(minute, drafted())).unwrap();
    letter
}

/// A digital letter that the access point has.
fn sent(ledger: &LedgerFile) -> LetterId {
    let letter = drafted_only(ledger, 0);
    send_on(ledger, letter);
    letter
}

fn send_on(ledger: &LedgerFile, letter: LetterId) {
    for (minute, what) in (1..).zip(sending()) {
        ledger.record(letter, &entry(minute, what)).unwrap();
    }
}

fn sent_many(ledger: &LedgerFile, count: usize) {
    for _ in 0..count {
        sent(ledger);
    }
}

fn incoming(
    receipt: Option<ReceiptId>,
    letter: Option<LetterId>,
    raw: &str,
    verdict: &str,
) -> IncomingReceipt {
    IncomingReceipt {
        receipt,
        conversation: Some(ConversationId::generate()),
        letter,
        raw: raw.to_owned(),
        received_at: at(8),
        verdict: verdict.to_owned(),
        signer: receipt.map(|_| provider()),
    }
}
