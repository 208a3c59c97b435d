//! A workplace as the window uses it: open for long, by many threads, with practice inside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use utpost_dispatch::{
    Code, Desk, File, Ledger, NewLetter, Progress, Register, advance, decide, import, press,
    release,
};
use utpost_domain::{
    Environment, Language, LetterId, LetterKind, NationalId, NonSensitiveTitle, OpeningReceipt,
    SecurityLevel, State, StopReason, Title,
};
use utpost_ledger::{Recovery, RecoverySecret};
use utpost_workplace::{
    AgencyChange, Control, Engine, Place, PlaceOptions, Watching, Workplace, practice_reset,
};

/// A citizen with a mailbox at Digipost.
const CITIZEN: &str = "06925115949";

#[test]
fn a_workplace_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Workplace>();
}

#[test]
fn many_threads_work_while_the_agency_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), Environment::Practice);
    let work = open(&place);
    assert!(work.runs_practice());
    assert_eq!(work.place.environment, Environment::Practice);
    assert!(work.certificate_valid_until() > Some(jiff::Timestamp::now()));
    let address = work.practice().unwrap().base_url.clone();
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");

    let before = work.agency();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let agency = work.agency();
                let desk = work.desk(&agency, &|_| {});
                let letter = letter(&desk);
                assert_eq!(desk.ledger.letter(letter).unwrap().id(), letter);
                let citizen = NationalId::parse(CITIZEN).unwrap();
                work.access.register.look_up(&citizen).unwrap();
            });
        }
        for number in 0..4 {
            let change = AgencyChange {
                name: format!("Prøveby {number}"),
                ..AgencyChange::of(&before)
            };
            let work = &work;
            scope.spawn(move || work.change_agency(&change).unwrap());
        }
    });
    assert_eq!(work.ledger.letters(10).unwrap().len(), 4);
    let at_work = work.agency();
    assert!(at_work.name.starts_with("Prøveby "));
    assert_ne!(
        before.name, at_work.name,
        "what was handed out stays as it was"
    );

    // What is at work is what is read the next time.
    let wrong = AgencyChange {
        name: String::new(),
        ..AgencyChange::of(&at_work)
    };
    assert!(work.change_agency(&wrong).is_err());
    drop(work);
    assert!(
        !place.practice_folder.join("endpoints.json").exists(),
        "practice was stopped in order"
    );
    let again = open(&place);
    assert_eq!(
        AgencyChange::of(&again.agency()),
        AgencyChange::of(&at_work)
    );
    assert_eq!(again.agency().sender, at_work.sender);
}

#[test]
fn a_reset_practice_has_its_settings_and_no_letters() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), Environment::Practice);
    let work = open(&place);
    let change = AgencyChange {
        name: "Prøveby".to_owned(),
        ..AgencyChange::of(&work.agency())
    };
    work.change_agency(&change).unwrap();
    letter(&work.desk(&work.agency(), &|_| {}));
    let refused = practice_reset(&place).unwrap_err();
    assert_eq!(refused.code(), Code::LedgerBusy);
    assert_eq!(work.ledger.letters(10).unwrap().len(), 1);
    drop(work);

    let data = folder.path().join("data");
    fs::write(data.join("ledger.db.before-upgrade"), "a copy").unwrap();
    practice_reset(&place).unwrap();
    let mut left: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["ledger.lock", "practice", "settings.json"]);
    assert!(!data.join("practice/books").exists());
    let work = open(&place);
    assert!(work.ledger.letters(10).unwrap().is_empty());
    assert_eq!(work.agency().name, "Prøveby");
    letter(&work.desk(&work.agency(), &|_| {}));
}

#[test]
fn the_citizens_side_of_a_letter_is_read_and_acted_on() {
    let folder = tempfile::tempdir().unwrap();
    let work = open(&place(folder.path(), Environment::Practice));
    let agency = work.agency();
    let desk = work.desk(&agency, &|_| {});
    let id = letter(&desk);
    let (decision, _) = decide(&desk, id).unwrap();
    release(&desk, id, decision, Duration::ZERO).unwrap();
    let sent = advance(&desk, id).unwrap();
    let message = sent.sealed().unwrap().message_id.to_string();

    let control = Control::of(work.practice().unwrap()).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let shown = loop {
        if let Some(shown) = control.mailboxes().unwrap().into_iter().next() {
            break shown;
        }
        assert!(Instant::now() < until, "the letter was not delivered");
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(shown.message.to_string(), message);
    assert_eq!(shown.citizen.unwrap().number, CITIZEN);
    assert_eq!(shown.contents.documents[0].title.as_deref(), Some("Vedtak"));
    let usual = format!(
        "Du har fått et brev fra {} i din digitale postkasse.",
        agency.name
    );
    assert!(!shown.notices.is_empty());
    assert!(shown.notices.iter().all(|notice| notice.text == usual));
    let bytes = control.document(shown.message, 0).unwrap();
    assert_eq!(bytes, utpost_letters::sample::letter(&["Vedtak"]));
    control.open(shown.message).unwrap();
    assert!(control.mailboxes().unwrap()[0].opened_at.is_some());
    assert!(control.prints().unwrap().is_empty());
    let refused = [
        control.document(shown.message, 1).map(drop),
        control.posted(shown.message),
        control.returned(shown.message),
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().code(), Code::PracticeLetter);
    }
}

#[test]
fn an_engine_brings_a_pressed_letter_home_tells_of_it_and_rests() {
    let folder = tempfile::tempdir().unwrap();
    let work = open(&place(folder.path(), Environment::Practice));
    let heard = Arc::new(Heard::default());
    let engine = Engine::start(Arc::clone(&work), heard.clone());
    let id = pressed(&work, &engine, Duration::ZERO);
    assert!(!engine.is_at_rest());
    let until = Instant::now() + Duration::from_secs(30);
    while !engine.is_at_rest() {
        assert!(Instant::now() < until, "something is left to be done");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(work.ledger.letter(id).unwrap().state(), State::Delivered);
    assert!(heard.of(id));
    assert_eq!(heard.standstills.load(Ordering::SeqCst), 0);
    assert!(engine.stop(Duration::from_secs(10)));
}

#[test]
fn an_engine_that_stops_gives_back_what_stands_in_its_undo_window() {
    let folder = tempfile::tempdir().unwrap();
    let work = open(&place(folder.path(), Environment::Practice));
    let engine = Engine::start(Arc::clone(&work), Arc::new(Heard::default()));
    let id = pressed(&work, &engine, Duration::from_secs(3600));
    assert_eq!(engine.unfinished(), (vec![id], vec![]));
    assert!(engine.stop(Duration::from_secs(10)));
    assert_eq!(work.ledger.letter(id).unwrap().state(), State::Ready);
}

#[test]
fn an_engine_that_thaws_a_restored_ledger_by_itself_tells_of_it() {
    const WORDS: &str = "en lang setning til nøkkelen";
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), Environment::Practice);
    let work = open(&place);
    let agency = work.agency();
    let desk = work.desk(&agency, &|_| {});
    let id = letter(&desk);
    decide(&desk, id).unwrap();
    let backup = folder.path().join("backup");
    let recovery = Recovery::passphrase(WORDS.to_owned().into()).unwrap();
    let made = work.ledger.backup(&backup, &recovery, Timestamp::now());
    made.map(drop).unwrap();
    drop(work);
    fs::remove_dir_all(&place.folder).unwrap();
    let secret = RecoverySecret::passphrase(WORDS.to_owned().into());
    let restored = place.restore(&backup, &secret, Timestamp::now());
    restored.map(drop).unwrap();

    let work = open(&place);
    assert!(work.ledger.restoration().unwrap().is_some());
    let heard = Arc::new(Heard::default());
    let engine = Engine::start(Arc::clone(&work), heard.clone());
    heard.standstill_changes(1);
    assert!(work.ledger.restoration().unwrap().is_none());
    assert!(heard.of(id), "its row shows something else now");
    let doubted = State::Stopped(StopReason::Restored);
    assert_eq!(work.ledger.letter(id).unwrap().state(), doubted);
    assert!(engine.stop(Duration::from_secs(10)));
}

#[test]
fn an_engine_tells_that_sending_is_halted() {
    let folder = tempfile::tempdir().unwrap();
    let work = open(&place(folder.path(), Environment::Practice));
    let control = Control::of(work.practice().unwrap()).unwrap();
    let denied = json!({ "service": "submit", "kind": "status", "status": 403, "times": 1 });
    control.post("faults", Some(&denied)).unwrap();
    let heard = Arc::new(Heard::default());
    let engine = Engine::start(Arc::clone(&work), heard.clone());
    pressed(&work, &engine, Duration::ZERO);
    heard.standstill_changes(1);
    assert!(work.ledger.halt().unwrap().is_some());
    assert!(engine.stop(Duration::from_secs(10)));
}

#[test]
fn a_practice_that_was_never_opened_can_be_reset() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path(), Environment::Practice);
    practice_reset(&place).unwrap();
    assert!(!folder.path().join("data/ledger.db").exists());
}

#[test]
fn no_other_ledger_is_reset_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let production = place(folder.path(), Environment::Production);
    drop(production.ledger().unwrap());
    let database = folder.path().join("data/ledger.db");
    let before = fs::read(&database).unwrap();
    for place in [&production, &place(folder.path(), Environment::Practice)] {
        let refused = practice_reset(place).unwrap_err();
        assert_eq!(refused.code(), Code::OtherEnvironment);
    }
    assert_eq!(fs::read(&database).unwrap(), before);
}

/// Keeps what it is told.
#[derive(Default)]
struct Heard {
    changed: Mutex<Vec<LetterId>>,
    standstills: AtomicU32,
}

impl Heard {
    fn of(&self, letter: LetterId) -> bool {
        self.changed.lock().unwrap().contains(&letter)
    }

    /// Waits until the engine has told so often that what stands still has changed.
    fn standstill_changes(&self, times: u32) {
        eventually(|| self.standstills.load(Ordering::SeqCst) >= times);
        assert_eq!(self.standstills.load(Ordering::SeqCst), times);
    }
}

impl Watching for Heard {
    fn changed(&self, letter: LetterId) {
        self.changed.lock().unwrap().push(letter);
    }

    fn progress(&self, _: LetterId, _: Progress) {}

    fn reached(&self, _: Timestamp) -> bool {
        false
    }

    fn not_reached(&self, _: Code, _: Timestamp) {}

    fn standstill_changed(&self) {
        self.standstills.fetch_add(1, Ordering::SeqCst);
    }
}

fn eventually(true_now: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !true_now() {
        assert!(Instant::now() < until, "it never came");
        thread::sleep(Duration::from_millis(20));
    }
}

fn pressed(work: &Workplace, engine: &Engine, undo: Duration) -> LetterId {
    let agency = work.agency();
    let desk = work.desk(&agency, &|_| {});
    let id = letter(&desk);
    let (decision, _) = decide(&desk, id).unwrap();
    engine.hold(press(&desk, id, &decision, undo).unwrap());
    id
}

fn place(folder: &Path, environment: Environment) -> Place {
    utpost_platform::openssl_without_config().unwrap();
    Place::of(PlaceOptions {
        environment: Some(environment),
        data: Some(folder.join("data")),
        key_file: Some(folder.join("key")),
        ..PlaceOptions::default()
    })
    .unwrap()
}

fn open(place: &Place) -> Arc<Workplace> {
    Arc::new(Workplace::open(place).unwrap())
}

fn letter(desk: &Desk<'_>) -> LetterId {
    let mut content = Cursor::new(utpost_letters::sample::letter(&["Vedtak"]));
    let new = NewLetter {
        kind: LetterKind::Decision,
        recipient: NationalId::parse(CITIZEN).unwrap(),
        recipient_name: None,
        title: Title::parse("Vedtak").unwrap(),
        public_title: NonSensitiveTitle::parse("Brev").unwrap(),
        language: Language::parse("nb").unwrap(),
        security: SecurityLevel::Level4,
        opening_receipt: OpeningReceipt::NotWanted,
        visible_from: None,
        address: None,
        replaces: None,
        main: File {
            name: "brev.pdf",
            content: &mut content,
        },
        attachments: Vec::new(),
    };
    let limits = desk.agency.limits;
    import(desk.ledger, desk.clock, desk.actor.clone(), limits, new).unwrap()
}
