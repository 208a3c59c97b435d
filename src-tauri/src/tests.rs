//! The whole office without a window: a letter from the drop to the receipt, against practice in
//! this process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tauri::http::Request;
use tempfile::TempDir;
use utpost_dispatch::Code;
use utpost_dispatch::{Choice, Ledger, confirm, decide, press};
use utpost_domain::{LetterId, State, StopReason};
use utpost_ledger::{Recovery, RecoverySecret};
use utpost_workplace::{Control, Failure, Place, PlaceOptions, Workplace};

use crate::bridge::*;
use crate::convert;
use crate::office::Office;
use crate::pages;
use crate::practice::Act;
use crate::teller::lock;

const DIGIPOST: &str = "06925115949";
const EBOKS: &str = "27914108158";
const RESERVED: &str = "02825777442";
const SILENT: &str = "19893064152";
const DELETED: &str = "14902879154";
const WITHOUT_CERTIFICATE: &str = "19864141644";

/// An office in a folder of its own.
struct Scene {
    folder: TempDir,
    office: Arc<Office>,
    heard: Arc<Mutex<Vec<Notice>>>,
}

impl Scene {
    fn open() -> Self {
        utpost_platform::openssl_without_config().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let office = opened(folder.path());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        office
            .teller
            .listen(Box::new(move |notice| lock(&ear).push(notice)));
        Self {
            folder,
            office,
            heard,
        }
    }

    /// The program ends in order and is started again.
    fn restart(&mut self) {
        self.office.leave();
        self.office = opened(self.folder.path());
    }

    fn undo_window(&self, seconds: u16) {
        let preferences = Preferences {
            undo_seconds: seconds,
            ..Preferences::default()
        };
        self.office.set_preferences(preferences).map(drop).unwrap();
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn drop_letter(&self) -> Composition {
        let pdf = utpost_letters::sample::letter(&["Vedtak om skoleskyss", "Rask Elveos"]);
        let path = self.file("Vedtak om skoleskyss.pdf", &pdf);
        self.office.take(&[path], Role::Letter).unwrap()
    }

    fn revision(&self) -> u32 {
        self.office.composing().unwrap().revision
    }

    fn look_up(&self, form: &LetterForm) -> LookedUp {
        let revision = self.revision();
        self.office.look_up(revision, form.clone()).unwrap()
    }

    fn send(&self, form: &LetterForm, yes: bool) -> SendOutcome {
        let form = form.clone();
        let revision = self.revision();
        let order = SendOrder {
            revision,
            form,
            yes,
        };
        self.office.send(order).unwrap()
    }

    /// Drops a letter, looks the citizen up and presses Send.
    fn press(&self, form: &LetterForm) -> LetterId {
        self.drop_letter();
        assert!(self.look_up(form).trouble.is_none());
        held(self.send(form, false))
    }

    fn state(&self, letter: LetterId) -> State {
        let room = self.office.room().unwrap();
        room.work.ledger.letter(letter).unwrap().state()
    }

    fn reaches(&self, letter: LetterId, wanted: State) {
        let end = Instant::now() + Duration::from_secs(40);
        while self.state(letter) != wanted {
            assert!(
                Instant::now() < end,
                "{:?} instead of {wanted:?}",
                self.state(letter)
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn control(&self) -> Control {
        let room = self.office.room().unwrap();
        Control::of(room.work.practice().unwrap()).unwrap()
    }

    fn heard_of(&self, what: impl Fn(&Notice) -> bool) -> bool {
        lock(&self.heard).iter().any(what)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.office.leave();
    }
}

fn place(folder: &Path) -> Place {
    let options = PlaceOptions {
        data: Some(folder.join("data")),
        key_file: Some(folder.join("key")),
        ..PlaceOptions::default()
    };
    Place::of(options).unwrap()
}

fn opened(folder: &Path) -> Arc<Office> {
    let office = Office::new(Ok(place(folder)));
    office.open_soon();
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        match office.startup() {
            Startup::Open { .. } => return office,
            Startup::Failed { trouble, .. } => panic!("{}", trouble.code),
            Startup::Opening { .. } => assert!(Instant::now() < end, "still opening"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn form(number: &str) -> LetterForm {
    LetterForm {
        number: number.to_owned(),
        kind: Kind::Decision,
        title: "Vedtak om skoleskyss".to_owned(),
        public_title: None,
        language: LetterLanguage::Nb,
        security: Security::Level4,
        opening_receipt: false,
        visible_from: None,
        recipient_name: Some("Rask Elveos".to_owned()),
        address: None,
    }
}

fn with_address(number: &str) -> LetterForm {
    LetterForm {
        address: Some(AddressForm {
            name: "Reservert Granskog".to_owned(),
            lines: vec!["Storgata 1".to_owned()],
            postcode: "9998".to_owned(),
            town: "EKSEMPELBY".to_owned(),
            country: String::new(),
        }),
        ..form(number)
    }
}

fn held(outcome: SendOutcome) -> LetterId {
    match outcome {
        SendOutcome::Held { row } => {
            assert_eq!(row.state, StateName::Held);
            LetterId::parse(&row.letter).unwrap()
        }
        SendOutcome::LookAgain { looked } => {
            panic!("{:?}", looked.trouble.map(|trouble| trouble.code))
        }
    }
}

fn look_again(outcome: SendOutcome) -> LookedUp {
    match outcome {
        SendOutcome::Held { .. } => panic!("sent"),
        SendOutcome::LookAgain { looked } => looked,
    }
}

fn letter_of(composition: &Composition) -> LetterId {
    LetterId::parse(&composition.letter.as_ref().unwrap().letter).unwrap()
}

fn code<T>(result: Result<T, Failure>) -> String {
    match result {
        Ok(_) => "OK".to_owned(),
        Err(failure) => failure.code().as_str().to_owned(),
    }
}

#[test]
fn a_send_meant_for_a_letter_no_longer_on_the_desk_does_nothing() {
    let scene = Scene::open();
    scene.drop_letter();
    scene.look_up(&form(DIGIPOST));
    let shown = scene.revision();
    // Another letter has come onto the desk while the page still shows the first.
    scene.drop_letter();
    let order = || SendOrder {
        revision: shown,
        form: form(DIGIPOST),
        yes: true,
    };
    assert_eq!(code(scene.office.send(order())), "INPUT_NOT_IN_THIS_STATE");
    let looked = scene.office.look_up(shown, form(DIGIPOST));
    assert_eq!(looked.err().unwrap().code(), Code::NotNow);
    assert!(scene.office.outbox().unwrap().held.is_empty());
}

#[test]
fn what_was_shown_about_one_citizen_sends_nothing_to_another() {
    let scene = Scene::open();
    scene.drop_letter();
    scene.look_up(&form(DIGIPOST));
    look_again(scene.send(&form(EBOKS), true));
    assert!(scene.office.outbox().unwrap().held.is_empty());
}

/// The register answers once, so late that the clerk gives up before.
fn answers_late(scene: &Scene) -> Duration {
    let late =
        json!({ "service": "register", "kind": "slow_answer", "milliseconds": 3000, "times": 1 });
    scene.control().post("faults", Some(&late)).unwrap();
    Duration::from_secs(3)
}

/// Asks the register, and gives up while it is being asked. Afterwards what came of asking, and
/// with it that the late answer has come.
fn given_up<T: Send>(
    scene: &Scene,
    asking: impl FnOnce() -> Result<T, Failure> + Send,
    meanwhile: impl FnOnce(&Composition),
) -> String {
    let late = answers_late(scene);
    lock(&scene.heard).clear();
    thread::scope(|threads| {
        let asked = threads.spawn(|| code(asking()));
        let begun = Instant::now();
        while !scene.heard_of(|notice| {
            matches!(
                notice,
                Notice::Progress {
                    step: ProgressStep::LookingUp,
                    ..
                }
            )
        }) {
            assert!(begun.elapsed() < Duration::from_secs(20), "never asked");
            thread::sleep(Duration::from_millis(5));
        }
        let stopped = Instant::now();
        let left = scene.office.stop_asking().unwrap();
        assert!(
            stopped.elapsed() < late,
            "giving up waited for the register"
        );
        assert!(!asked.is_finished());
        meanwhile(&left);
        asked.join().unwrap()
    })
}

#[test]
fn an_answer_that_comes_after_the_clerk_gave_up_asking_is_neither_shown_nor_written_down() {
    let scene = Scene::open();
    scene.drop_letter();
    let revision = scene.revision();
    let look = || scene.office.look_up(revision, form(DIGIPOST));
    let came = given_up(&scene, look, |left| {
        assert!(left.decision.is_none());
    });
    assert_eq!(came, "INPUT_NOT_IN_THIS_STATE");
    let left = scene.office.current().unwrap().unwrap();
    assert!(left.decision.is_none());
    let letter = letter_of(&left);
    assert_eq!(scene.state(letter), State::Draft);
    // The same letter goes on where it was left.
    let looked = scene.look_up(&form(DIGIPOST));
    assert_eq!(letter_of(&looked.composition), letter);
    assert!(looked.composition.decision.is_some());
    assert_eq!(scene.state(letter), State::Ready);
}

#[test]
fn another_citizen_is_asked_about_while_the_answer_given_up_is_still_under_way() {
    let scene = Scene::open();
    scene.drop_letter();
    let revision = scene.revision();
    let look = || scene.office.look_up(revision, form(DIGIPOST));
    given_up(&scene, look, |left| {
        let other = scene.office.look_up(left.revision, form(RESERVED)).unwrap();
        assert_eq!(other.composition.decision.unwrap().reason, "RESERVED");
        assert_eq!(scene.state(letter_of(left)), State::Cancelled);
    });
    let now = scene.office.current().unwrap().unwrap();
    assert_eq!(now.decision.unwrap().reason, "RESERVED");
    let row = now.letter.unwrap();
    assert_eq!(row.recipient_number.as_deref(), Some(RESERVED));
    assert_eq!(scene.office.counts().unwrap().outbox, 1);
}

#[test]
fn a_send_that_asks_again_sends_nothing_once_the_clerk_gave_up_asking() {
    let scene = Scene::open();
    scene.drop_letter();
    let revision = scene.look_up(&form(DIGIPOST)).composition.revision;
    let order = SendOrder {
        revision,
        form: LetterForm {
            title: "Vedtak om skoleskyss 2".to_owned(),
            ..form(DIGIPOST)
        },
        yes: false,
    };
    let came = given_up(&scene, || scene.office.send(order), |_| {});
    assert_eq!(came, "INPUT_NOT_IN_THIS_STATE");
    assert!(scene.office.outbox().unwrap().held.is_empty());
    scene.office.put_away();
    assert_eq!(code(scene.office.stop_asking()), "INPUT_NOT_IN_THIS_STATE");
}

#[test]
fn the_page_can_have_no_file_read_that_nobody_handed_over() {
    let scene = Scene::open();
    let path = scene.file("brev.pdf", &utpost_letters::sample::letter(&["Vedtak"]));
    let paths = [path.clone()];
    let refused = scene.office.take_given(&paths, Role::Letter).err().unwrap();
    assert_eq!(refused.code(), Code::Defect);
    scene.office.give([path]);
    assert!(scene.office.take_given(&paths, Role::Letter).is_ok());
}

#[test]
fn a_dropped_letter_reaches_its_mailbox_and_its_receipt_comes_home() {
    let scene = Scene::open();
    scene.undo_window(0);
    let dropped = scene.drop_letter();
    assert_eq!(dropped.documents.len(), 1);
    assert!(dropped.letter.is_none());

    let looked = scene.look_up(&form(" 069251 15949 "));
    let decision = looked.composition.decision.unwrap();
    assert_eq!(decision.reason, "MAILBOX_USABLE");
    assert!(!decision.needs_yes);
    let ChannelView::Digital { supplier } = &decision.channel else {
        panic!("not digital");
    };
    assert_eq!(supplier.name.as_deref(), Some("Digipost"));
    assert!(decision.price.is_some_and(|price| price.ore > 0));

    let letter = held(scene.send(&form(DIGIPOST), false));
    assert!(scene.office.composing().is_none());
    scene.reaches(letter, State::Delivered);

    let detail = scene.office.letter(letter).unwrap();
    let signer = detail.timeline.iter().find_map(|item| match &item.event {
        TimelineEvent::Receipt { signer, .. } => signer.name.clone(),
        _ => None,
    });
    assert_eq!(signer.as_deref(), Some("Digipost"));
    assert!(scene.heard_of(
        |notice| matches!(notice, Notice::LetterChanged { letter: of } if *of == letter.to_string())
    ));
    assert!(scene.heard_of(|notice| matches!(
        notice,
        Notice::Progress { step: ProgressStep::Uploading, done, of, .. } if done == of && *of > 0
    )));
    let outbox = scene.office.outbox().unwrap();
    assert_eq!(outbox.delivered_today, 1);
    assert!(outbox.under_way.is_empty() && outbox.unsent.is_empty());

    let books = scene.office.practice_books().unwrap();
    let there = &books.mailboxes[0];
    assert_eq!(
        (there.number.as_str(), there.documents.len()),
        (DIGIPOST, 1)
    );
    assert_eq!(there.sender, utpost_practice::AGENCY_NAME);
    assert!(!there.notices.is_empty());

    let search = |words: &str| {
        let query = LetterQuery {
            search: words.to_owned(),
            filter: Filter::All,
            limit: 10,
        };
        scene.office.letters(&query).unwrap().total
    };
    assert_eq!(search("skoleskyss elveos"), 1);
    assert_eq!(search("byggesak"), 0);
}

#[test]
fn a_letter_called_back_lies_ready_with_all_it_had_and_goes_when_it_is_sent_again() {
    let scene = Scene::open();
    scene.undo_window(600);
    let letter = scene.press(&form(EBOKS));
    let row = scene.office.undo(letter).unwrap();
    assert_eq!(row.state, StateName::Ready);
    let again = scene.office.current().unwrap().unwrap();
    assert_eq!(letter_of(&again), letter);
    assert!(again.form == Some(form(EBOKS)));
    assert_eq!(again.documents[0].title, "Vedtak om skoleskyss");
    assert!(again.decision.is_some());

    // Nothing but the clerk sends it.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(scene.state(letter), State::Ready);
    assert_eq!(held(scene.send(&form(EBOKS), false)), letter);
    scene.office.send_now(letter).unwrap();
    scene.reaches(letter, State::Delivered);
    assert_eq!(code(scene.office.undo(letter)), "INPUT_NOT_IN_THIS_STATE");
    assert_eq!(
        code(scene.office.send_now(letter)),
        "INPUT_NOT_IN_THIS_STATE"
    );
}

#[test]
fn paper_wants_an_address_and_goes_by_the_print_shop() {
    let scene = Scene::open();
    scene.undo_window(0);
    scene.drop_letter();
    let looked = scene.look_up(&form(RESERVED));
    let decision = looked.composition.decision.unwrap();
    assert!(decision.channel == ChannelView::Print && decision.reason == "RESERVED");
    assert!(decision.facts.reserved_at.is_some());

    let looked = look_again(scene.send(&form(RESERVED), false));
    assert_eq!(looked.trouble.unwrap().code, "REACH_ADDRESS_MISSING");

    let mut half = with_address(RESERVED);
    half.address.as_mut().unwrap().postcode = "99".to_owned();
    let order = SendOrder {
        revision: scene.revision(),
        form: half,
        yes: false,
    };
    assert_eq!(code(scene.office.send(order)), "INPUT_ADDRESS");

    let letter = held(scene.send(&with_address(RESERVED), false));
    scene.reaches(letter, State::PrintAccepted);
    let books = scene.office.practice_books().unwrap();
    let order = &books.prints[0];
    assert_eq!(order.address, ["Storgata 1", "9998 EKSEMPELBY"]);
    assert_eq!(order.stage, PrintStage::InPile);
    let message = uuid::Uuid::parse_str(&order.message).unwrap();
    scene
        .office
        .practice_act(Act::Posted, message)
        .map(drop)
        .unwrap();
    scene.reaches(letter, State::HandedToPost);
    scene
        .office
        .practice_act(Act::Returned, message)
        .map(drop)
        .unwrap();
    scene.reaches(letter, State::Returned);
    assert_eq!(scene.office.counts().unwrap().follow_up, 1);
}

#[test]
fn paper_for_a_fault_on_the_mailbox_wants_the_clerks_yes() {
    let scene = Scene::open();
    scene.undo_window(0);
    scene.drop_letter();
    let form = with_address(WITHOUT_CERTIFICATE);
    let looked = scene.look_up(&form);
    assert!(looked.composition.decision.unwrap().needs_yes);
    let looked = look_again(scene.send(&form, false));
    assert_eq!(looked.trouble.unwrap().code, "REACH_PRINT_UNCONFIRMED");
    assert!(looked.composition.decision.unwrap().needs_yes);
    let letter = held(scene.send(&form, true));
    scene.reaches(letter, State::PrintAccepted);
}

#[test]
fn a_letter_to_somebody_who_is_gone_is_stopped_until_the_clerk_wants_it_on_paper() {
    let scene = Scene::open();
    scene.drop_letter();
    let looked = scene.look_up(&form(DELETED));
    let decision = looked.composition.decision.unwrap();
    assert!(decision.channel == ChannelView::Stop && decision.needs_yes);
    let row = looked.composition.letter.unwrap();
    assert_eq!(row.stopped_by.as_deref(), Some("REACH_PERSON_DELETED"));
    let looked = look_again(scene.send(&form(DELETED), false));
    assert_eq!(looked.trouble.unwrap().code, "REACH_PERSON_DELETED");
    let looked = look_again(scene.send(&form(DELETED), true));
    assert_eq!(looked.trouble.unwrap().code, "REACH_ADDRESS_MISSING");
}

#[test]
fn a_silent_register_keeps_the_letter_waiting() {
    let scene = Scene::open();
    scene.drop_letter();
    let looked = scene.look_up(&form(SILENT));
    assert_eq!(looked.trouble.unwrap().code, "TEMP_REGISTER_SILENT");
    assert!(looked.composition.decision.is_none());
    let row = looked.composition.letter.unwrap();
    assert_eq!(row.state, StateName::WaitingForRegister);
    assert!(scene.heard_of(|notice| matches!(
        notice,
        Notice::Connection { connection } if connection.state == ConnectionState::Offline
    )));
    scene.office.put_away();
    assert_eq!(scene.office.outbox().unwrap().unsent.len(), 1);
    let letter = LetterId::parse(&row.letter).unwrap();
    let resumed = scene.office.resume(letter).unwrap();
    assert!(resumed.form == Some(form(SILENT)));
}

#[test]
fn a_letter_the_access_point_does_not_take_waits_in_the_outbox_and_goes_when_it_is_tried() {
    let scene = Scene::open();
    scene.undo_window(0);
    let down = json!({ "service": "submit", "kind": "status", "status": 503, "retry_after": 600, "times": 1 });
    scene.control().post("faults", Some(&down)).unwrap();
    let letter = scene.press(&form(DIGIPOST));
    let end = Instant::now() + Duration::from_secs(20);
    let row = loop {
        let outbox = scene.office.outbox().unwrap();
        // The list may have been read just before the answer was written down, and the cause after.
        let waits = |row: &OutboxRow| row.cause.is_some() && row.row.state == StateName::Queued;
        if let Some(row) = outbox.under_way.into_iter().find(waits) {
            break row;
        }
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(row.cause.as_deref(), Some("TEMP_ACCESS_POINT_SILENT"));
    assert!(row.next_try_at.is_some() && row.tried_at.is_some() && row.bytes > 0);
    assert_eq!(row.row.actions, [ActionName::TryNow]);
    scene.office.try_now(letter).map(drop).unwrap();
    scene.reaches(letter, State::Delivered);
}

#[test]
fn a_lost_answer_is_asked_about_and_the_letter_arrives_once() {
    let scene = Scene::open();
    scene.undo_window(0);
    let lost = json!({ "service": "submit", "kind": "lose_after", "times": 1 });
    scene.control().post("faults", Some(&lost)).unwrap();
    let letter = scene.press(&form(DIGIPOST));
    scene.reaches(letter, State::Uncertain);
    let row = &scene.office.outbox().unwrap().under_way[0];
    assert!(row.row.actions.contains(&ActionName::CheckStatus));
    assert!(!row.row.actions.contains(&ActionName::TryNow));
    scene.office.check_status(letter).map(drop).unwrap();
    scene.reaches(letter, State::Delivered);
    assert_eq!(scene.office.practice_books().unwrap().mailboxes.len(), 1);
}

#[test]
fn another_number_or_other_documents_make_another_letter_and_the_first_is_given_up() {
    let scene = Scene::open();
    scene.drop_letter();
    let first = letter_of(&scene.look_up(&form(DIGIPOST)).composition);
    let changed = LetterForm {
        title: "Vedtak om SFO".to_owned(),
        kind: Kind::Information,
        ..form(DIGIPOST)
    };
    let second = scene.look_up(&changed).composition;
    assert_eq!(letter_of(&second), first);
    assert_eq!(
        second.letter.unwrap().title.as_deref(),
        Some("Vedtak om SFO")
    );

    let third = letter_of(&scene.look_up(&form(EBOKS)).composition);
    assert_ne!(third, first);
    assert_eq!(scene.state(first), State::Cancelled);

    let attachment = scene.file("Kart.txt", b"Et kart");
    scene
        .office
        .take(&[attachment], Role::Attachments)
        .map(drop)
        .unwrap();
    let fourth = letter_of(&scene.look_up(&form(EBOKS)).composition);
    assert_eq!(scene.state(third), State::Cancelled);
    let renamed = scene.office.rename(1, "Kart over skoleveien").unwrap();
    assert_eq!(renamed.documents[1].title, "Kart over skoleveien");
    let fifth = letter_of(&scene.look_up(&form(EBOKS)).composition);
    assert_eq!(scene.state(fourth), State::Cancelled);
    let detail = scene.office.letter(fifth).unwrap();
    assert_eq!(detail.documents[1].title, "Kart over skoleveien");
}

#[test]
fn send_after_a_change_that_leads_elsewhere_shows_where_before_anything_goes() {
    let scene = Scene::open();
    scene.drop_letter();
    scene.look_up(&form(DIGIPOST));
    let looked = look_again(scene.send(&with_address(RESERVED), true));
    assert!(looked.trouble.is_none());
    let decision = looked.composition.decision.unwrap();
    assert!(decision.channel == ChannelView::Print);
    let unsent = scene.office.outbox().unwrap().unsent;
    assert_eq!(unsent.len(), 1);
    assert_eq!(unsent[0].state, StateName::Ready);
}

#[test]
fn a_change_of_title_goes_along_with_send() {
    let scene = Scene::open();
    scene.undo_window(600);
    scene.drop_letter();
    scene.look_up(&form(DIGIPOST));
    let changed = LetterForm {
        title: "Vedtak om SFO".to_owned(),
        ..form(DIGIPOST)
    };
    let letter = held(scene.send(&changed, false));
    let detail = scene.office.letter(letter).unwrap();
    assert_eq!(detail.row.title.as_deref(), Some("Vedtak om SFO"));
}

#[test]
fn leaving_makes_a_held_letter_ready_and_the_next_start_does_not_send_it() {
    let mut scene = Scene::open();
    scene.undo_window(600);
    let letter = scene.press(&form(DIGIPOST));
    let closing = scene.office.closing();
    assert_eq!(closing.held[0].letter, letter.to_string());
    assert_eq!(
        closing.held[0].title.as_deref(),
        Some("Vedtak om skoleskyss")
    );
    assert!(closing.under_way.is_empty());

    scene.restart();
    assert_eq!(scene.state(letter), State::Ready);
    assert!(scene.office.closing().held.is_empty());
    let resumed = scene.office.resume(letter).unwrap();
    assert_eq!(resumed.decision.unwrap().reason, "MAILBOX_USABLE");
    scene.undo_window(0);
    assert_eq!(held(scene.send(&form(DIGIPOST), false)), letter);
    scene.reaches(letter, State::Delivered);
}

#[test]
fn a_letter_left_in_its_undo_window_by_a_program_that_died_is_ready() {
    let mut scene = Scene::open();
    scene.drop_letter();
    let letter = letter_of(&scene.look_up(&form(DIGIPOST)).composition);
    scene.office.leave();
    {
        let work = Workplace::open(&place(scene.folder.path())).unwrap();
        let agency = work.agency();
        let desk = work.desk(&agency, &|_| {});
        let (decision, shown) = decide(&desk, letter).unwrap();
        confirm(&desk, &shown, Choice::NotAsked).unwrap();
        press(&desk, letter, &decision, Duration::ZERO).unwrap();
        assert_eq!(work.ledger.letter(letter).unwrap().state(), State::Held);
    }
    scene.restart();
    assert_eq!(scene.state(letter), State::Ready);
}

#[test]
fn practice_begins_anew_without_the_letters_of_before() {
    let scene = Scene::open();
    scene.undo_window(0);
    let letter = scene.press(&form(DIGIPOST));
    scene.reaches(letter, State::Delivered);
    scene.office.reset_practice().unwrap();
    assert!(matches!(scene.office.startup(), Startup::Open { .. }));
    assert!(scene.office.practice_books().unwrap().mailboxes.is_empty());
    assert_eq!(code(scene.office.letter(letter)), "INPUT_LETTER_UNKNOWN");
    let letter = scene.press(&form(EBOKS));
    scene.reaches(letter, State::Delivered);
}

#[test]
fn a_file_that_cant_be_taken_says_why_and_leaves_the_letter_as_it_was() {
    let scene = Scene::open();
    let take = |path: &Path, role| scene.office.take(&[path.to_owned()], role);
    let pdf = utpost_letters::sample::letter(&["Brev"]);

    let docx = scene.file("Kari Prøve.docx", b"PK\x03\x04 word");
    let failure = take(&docx, Role::Letter).err().unwrap();
    assert_eq!(failure.code().as_str(), "INPUT_NOT_PDF");
    assert_eq!(failure.detail(), Some("Kari Prøve.docx"));
    assert!(!format!("{failure:?}").contains("Kari"));

    let folder = scene.folder.path().join("mappe.pdf");
    fs::create_dir(&folder).unwrap();
    assert_eq!(code(take(&folder, Role::Letter)), "INPUT_FOLDER");
    let vanished = scene.folder.path().join("borte").join("brev.pdf");
    assert_eq!(code(take(&vanished, Role::Letter)), "INPUT_FILE_MISSING");
    let empty = scene.file("tom.pdf", b"");
    assert_eq!(code(take(&empty, Role::Letter)), "INPUT_FILE_EMPTY");
    let vast = scene.folder.path().join("stor.pdf");
    File::create(&vast).unwrap().set_len(2_000_000_000).unwrap();
    let begun = Instant::now();
    assert_eq!(code(take(&vast, Role::Letter)), "INPUT_TOO_LARGE");
    assert!(begun.elapsed() < Duration::from_secs(1), "it was read");
    let at = pdf.windows(5).rposition(|five| five == b"/Root").unwrap();
    let bytes = [&pdf[..at], b"/Encrypt 9 0 R ", &pdf[at..]].concat();
    let locked = scene.file("låst.pdf", &bytes);
    assert_eq!(code(take(&locked, Role::Letter)), "INPUT_PDF_ENCRYPTED");
    assert!(scene.office.composing().is_none());

    let before = scene.drop_letter();
    let unknown = scene.file("program.exe", b"MZ");
    let failure = take(&unknown, Role::Attachments).err().unwrap();
    assert_eq!(failure.code().as_str(), "INPUT_ATTACHMENT_TYPE");
    assert_eq!(
        (failure.document(), failure.detail()),
        (Some(1), Some("program.exe"))
    );
    let numbered = scene.file("Brev til 06925115949.txt", b"x");
    assert_eq!(
        code(take(&numbered, Role::Attachments)),
        "INPUT_TITLE_PERSON_NUMBER"
    );
    let (one, same) = (scene.file("Kart.txt", b"x"), scene.file("KART.TXT", b"y"));
    let both = scene.office.take(&[one, same], Role::Attachments);
    assert_eq!(code(both), "INPUT_SAME_NAME");
    assert_eq!(
        scene.office.current().unwrap().unwrap().revision,
        before.revision
    );
}

#[test]
fn of_ten_files_the_first_is_the_letter() {
    let scene = Scene::open();
    let pdf = utpost_letters::sample::letter(&["Brev"]);
    let paths: Vec<PathBuf> = (0..10)
        .map(|number| scene.file(&format!("Side {number}.pdf"), &pdf))
        .collect();
    let taken = scene.office.take(&paths, Role::Letter).unwrap();
    assert_eq!(taken.documents.len(), 10);
    assert_eq!(taken.documents[0].title, "Side 0");
    assert_eq!(scene.office.remove(1).unwrap().documents[1].title, "Side 2");
    assert_eq!(code(scene.office.remove(0)), "INPUT_NOT_IN_THIS_STATE");
}

#[test]
fn the_originals_are_not_needed_once_they_are_taken() {
    let scene = Scene::open();
    scene.undo_window(0);
    scene.drop_letter();
    fs::remove_file(scene.folder.path().join("Vedtak om skoleskyss.pdf")).unwrap();
    scene.look_up(&form(DIGIPOST));
    let letter = held(scene.send(&form(DIGIPOST), false));
    scene.reaches(letter, State::Delivered);
}

#[test]
fn a_failed_start_is_told_and_can_be_tried_again() {
    utpost_platform::openssl_without_config().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::write(&data, b"in the way").unwrap();
    let office = Office::new(Ok(place(folder.path())));
    office.open_soon();
    let end = Instant::now() + Duration::from_secs(30);
    while matches!(office.startup(), Startup::Opening { .. }) {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(10));
    }
    let Startup::Failed { trouble, .. } = office.startup() else {
        panic!("it opened");
    };
    assert_eq!(trouble.family, FamilyName::Local);
    assert_eq!(code(office.counts()), "INPUT_NOT_IN_THIS_STATE");
    fs::remove_file(&data).unwrap();
    office.retry();
    let end = Instant::now() + Duration::from_secs(60);
    while !matches!(office.startup(), Startup::Open { .. }) {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(10));
    }
    office.leave();
}

#[test]
fn the_agencys_basics_are_changed_or_the_wrong_field_is_named() {
    let scene = Scene::open();
    let Startup::Open { session } = scene.office.startup() else {
        panic!("not open");
    };
    let mut agency = session.agency;
    agency.name = "Nye Øvinge kommune".to_owned();
    let session = scene.office.set_agency(&agency).unwrap();
    assert_eq!(session.agency.name, "Nye Øvinge kommune");
    agency.return_address.postcode = "1".to_owned();
    let failure = scene.office.set_agency(&agency).err().unwrap();
    assert_eq!(failure.code().as_str(), "INPUT_ADDRESS");
    assert_eq!(failure.detail(), Some("return_address.postcode"));
}

#[test]
fn a_letter_given_up_in_the_outbox_is_a_new_one_when_it_is_looked_up_again() {
    let scene = Scene::open();
    scene.drop_letter();
    let first = letter_of(&scene.look_up(&form(DIGIPOST)).composition);
    scene.office.cancel(first).map(drop).unwrap();
    let now = scene.office.current().unwrap().unwrap();
    assert!(now.letter.is_none() && now.documents.len() == 1);
    let second = letter_of(&scene.look_up(&form(DIGIPOST)).composition);
    assert_ne!(second, first);
}

#[test]
fn a_letter_made_from_another_keeps_its_form_and_says_which_it_replaces() {
    let scene = Scene::open();
    scene.undo_window(0);
    let first = scene.press(&form(DIGIPOST));
    scene.reaches(first, State::Delivered);
    let new = scene.office.begin_from(first).unwrap();
    assert!(new.letter.is_none() && new.form == Some(form(DIGIPOST)));
    let second = letter_of(&scene.look_up(&form(DIGIPOST)).composition);
    let detail = scene.office.letter(second).unwrap();
    assert_eq!(detail.replaces, Some(first.to_string()));
}

#[test]
fn the_register_is_asked_again_and_what_it_says_is_shown_but_not_acted_on() {
    let scene = Scene::open();
    scene.undo_window(0);
    let down = json!({ "service": "register", "kind": "status", "status": 503, "times": 3 });
    scene.control().post("faults", Some(&down)).unwrap();
    scene.drop_letter();
    let looked = scene.look_up(&form(DIGIPOST));
    assert_eq!(looked.trouble.unwrap().code, "TEMP_REGISTER_SILENT");
    let letter = letter_of(&looked.composition);
    scene.office.try_now(letter).map(drop).unwrap();
    scene.reaches(letter, State::Ready);
    let now = scene.office.current().unwrap().unwrap();
    assert_eq!(now.decision.unwrap().reason, "MAILBOX_USABLE");
    thread::sleep(Duration::from_millis(200));
    assert_eq!(scene.state(letter), State::Ready);
    assert_eq!(held(scene.send(&form(DIGIPOST), false)), letter);
    scene.reaches(letter, State::Delivered);
}

#[test]
fn a_page_is_shown_while_the_letter_is_made_when_it_is_kept_and_as_the_citizen_has_it() {
    let scene = Scene::open();
    scene.undo_window(0);
    let dropped = scene.drop_letter();
    let page = dropped.documents[0].pages[0];
    assert_eq!(
        (page.width_mm.round(), page.height_mm.round()),
        (210.0, 297.0)
    );
    let picture = |address: String| {
        let request = Request::get(address).body(Vec::new()).unwrap();
        let answer = pages::answer(&scene.office, &request);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        (answer.status().as_u16(), answer.into_body())
    };
    let revision = dropped.revision;
    let (status, drawn) = picture(format!("page://localhost/compose/{revision}/0/1?width=300"));
    assert_eq!(status, 200);
    assert_eq!(drawn.get(..8), Some(&b"\x89PNG\r\n\x1a\n"[..]));
    for none in [
        format!("page://localhost/compose/{revision}/0/2"),
        format!("page://localhost/compose/{revision}/1/1"),
        format!("page://localhost/compose/{}/0/1", revision + 1),
        format!("page://localhost/letter/{}/0/1", LetterId::generate()),
        format!("page://localhost/practice/{}/0/1", uuid::Uuid::new_v4()),
    ] {
        assert_eq!(picture(none).0, 404);
    }

    scene.look_up(&form(DIGIPOST));
    let letter = held(scene.send(&form(DIGIPOST), false));
    scene.reaches(letter, State::Delivered);
    let kept = picture(format!("page://localhost/letter/{letter}/0/1?width=300"));
    assert!(kept == (200, drawn.clone()));
    let message = &scene.office.practice_books().unwrap().mailboxes[0].message;
    let there = picture(format!("page://localhost/practice/{message}/0/1?width=300"));
    assert!(there == (200, drawn));
}

#[test]
fn the_number_in_the_letter_is_suggested() {
    let scene = Scene::open();
    let pdf = utpost_letters::sample::letter(&["Vedtak", "Fødselsnummer: 069251 15949"]);
    let path = scene.file("brev.pdf", &pdf);
    let taken = scene.office.take(&[path], Role::Letter).unwrap();
    let numbers = taken.read.numbers;
    assert_eq!(numbers.len(), 1);
    assert_eq!((numbers[0].number.as_str(), numbers[0].page), (DIGIPOST, 1));
}

#[test]
fn a_ready_letter_says_by_itself_for_whom_it_is() {
    let scene = Scene::open();
    for (sample, number) in [
        (SampleLetter::HasMailbox, DIGIPOST),
        (SampleLetter::Reserved, RESERVED),
        (SampleLetter::NotNotifiable, "18859768837"),
    ] {
        let read = scene.office.take_sample(sample).unwrap().read;
        assert_eq!(read.numbers[0].number, number);
        assert_eq!(read.title.as_deref(), Some("Vedtak om skoleskyss"));
        let address = read.address.unwrap();
        assert!(convert::check_address(&address).faults.is_empty());
        assert_eq!(
            (address.postcode.as_str(), address.town.as_str()),
            ("9998", "EKSEMPELBY")
        );
    }
}

#[test]
fn a_letter_sent_before_is_shown_and_goes_again_for_a_reason_only() {
    let scene = Scene::open();
    scene.undo_window(0);
    let first = scene.press(&form(DIGIPOST));
    scene.reaches(first, State::Delivered);

    scene.drop_letter();
    let looked = scene.look_up(&form(DIGIPOST)).composition;
    let earlier = looked.earlier.as_ref().unwrap();
    assert_eq!(earlier.row.letter, first.to_string());
    assert_eq!(earlier.row.state, StateName::Delivered);
    let row = looked.letter.as_ref().unwrap();
    assert_eq!(row.stopped_by.as_deref(), Some("REACH_SENT_BEFORE"));
    let refused = look_again(scene.send(&form(DIGIPOST), true));
    assert_eq!(refused.trouble.unwrap().code, "REACH_SENT_BEFORE");
    let second = letter_of(&refused.composition);

    let allow = |reason: &str| {
        let revision = scene.revision();
        scene.office.allow_repeat(revision, form(DIGIPOST), reason)
    };
    assert_eq!(code(allow("kort")), "INPUT_REPEAT_REASON");
    assert_eq!(code(allow(&"a".repeat(501))), "INPUT_REPEAT_REASON");
    let reason = "Det første havnet i feil sak";
    let allowed = allow(reason).unwrap().composition;
    assert!(allowed.earlier.is_none() && allowed.decision.is_some());
    assert_eq!(held(scene.send(&form(DIGIPOST), false)), second);
    scene.reaches(second, State::Delivered);
    assert_eq!(scene.office.practice_books().unwrap().mailboxes.len(), 2);

    let timeline = scene.office.letter(second).unwrap().timeline;
    let found = TimelineEvent::SentBefore {
        earlier: first.to_string(),
        sent_at: earlier.sent_at.clone(),
    };
    assert!(timeline.iter().any(|item| item.event == found));
    let given = timeline
        .iter()
        .find(|item| item.event == TimelineEvent::RepeatAllowed)
        .unwrap();
    assert_eq!(given.detail.as_deref(), Some(reason));
    assert!(given.clerk.is_some());
}

#[test]
fn another_document_to_the_same_citizen_is_no_letter_sent_before() {
    let scene = Scene::open();
    scene.undo_window(0);
    let first = scene.press(&form(DIGIPOST));
    scene.reaches(first, State::Delivered);
    scene.drop_letter();
    assert!(scene.look_up(&form(DIGIPOST)).composition.earlier.is_some());
    let pdf = utpost_letters::sample::letter(&["Et annet vedtak"]);
    let path = scene.file("Et annet vedtak.pdf", &pdf);
    let changed = scene.office.take(&[path], Role::Replacement).unwrap();
    assert!(changed.earlier.is_none());
    assert!(scene.look_up(&form(DIGIPOST)).composition.earlier.is_none());
}

#[test]
fn from_a_letter_whose_contents_are_gone_no_new_one_is_made() {
    let scene = Scene::open();
    scene.undo_window(0);
    let letter = scene.press(&form(DIGIPOST));
    scene.reaches(letter, State::Delivered);
    let offers_new = || {
        let row = scene.office.letter(letter).unwrap().row;
        row.actions.contains(&ActionName::NewLetter)
    };
    assert!(offers_new());
    let room = scene.office.room().unwrap();
    // Until then it stops the same letter to the same citizen.
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(31 * 24);
    let forgotten = room.work.ledger.forget(letter, later);
    forgotten.unwrap();
    drop(room);
    assert!(!offers_new());
    assert!(scene.office.letter(letter).unwrap().documents.is_empty());
    assert_eq!(
        code(scene.office.begin_from(letter)),
        "INPUT_NOT_IN_THIS_STATE"
    );
}

#[test]
fn denied_sending_stands_still_for_all_until_the_clerk_says_that_access_is_restored() {
    let scene = Scene::open();
    scene.undo_window(0);
    let denied = json!({ "service": "submit", "kind": "status", "status": 403, "times": 1 });
    scene.control().post("faults", Some(&denied)).unwrap();
    let first = scene.press(&form(DIGIPOST));
    let end = Instant::now() + Duration::from_secs(20);
    while scene.office.standstill().unwrap().halt.is_none() {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(20));
    }
    let second = scene.press(&form(EBOKS));
    scene.reaches(second, State::Queued);
    thread::sleep(Duration::from_millis(500));
    let standstill = scene.office.standstill().unwrap();
    let halt = standstill.halt.unwrap();
    assert_eq!(halt.code, "AUTH_ACCESS_POINT_DENIED");
    assert_eq!(halt.waiting, 2);
    assert!(standstill.restored.is_none());
    assert!(scene.office.practice_books().unwrap().mailboxes.is_empty());
    // Not even by hand.
    scene.office.try_now(first).map(drop).unwrap();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(scene.state(first), State::Queued);

    assert!(scene.office.access_restored().unwrap().halt.is_none());
    assert!(scene.heard_of(|notice| matches!(notice, Notice::StandstillChanged)));
    scene.reaches(first, State::Delivered);
    scene.reaches(second, State::Delivered);
}

#[test]
fn a_letter_of_a_restored_ledger_goes_only_with_the_clerks_word_that_it_has_not_gone() {
    let mut scene = Scene::open();
    scene.undo_window(0);
    scene.drop_letter();
    let letter = letter_of(&scene.look_up(&form(DIGIPOST)).composition);
    assert_eq!(
        code(scene.office.confirm_unsent(letter)),
        "INPUT_NOT_IN_THIS_STATE"
    );
    let backup = scene.folder.path().join("backup");
    let words = "en lang setning til nøkkelen";
    let recovery = Recovery::passphrase(words.to_owned().into()).unwrap();
    let room = scene.office.room().unwrap();
    let made = room
        .work
        .ledger
        .backup(&backup, &recovery, jiff::Timestamp::now());
    made.map(drop).unwrap();
    drop(room);
    // Sent after the backup was taken.
    assert_eq!(held(scene.send(&form(DIGIPOST), false)), letter);
    scene.reaches(letter, State::Delivered);

    scene.office.leave();
    let place = place(scene.folder.path());
    // All of it is gone but for the counterpart, which has the letter.
    for lost in fs::read_dir(&place.folder).unwrap() {
        let lost = lost.unwrap();
        match lost.file_type().unwrap().is_dir() {
            true if lost.file_name() == "practice" => {}
            true => fs::remove_dir_all(lost.path()).unwrap(),
            false => fs::remove_file(lost.path()).unwrap(),
        }
    }
    let secret = RecoverySecret::passphrase(words.to_owned().into());
    let restored = place.restore(&backup, &secret, jiff::Timestamp::now());
    restored.map(drop).unwrap();
    scene.office = opened(scene.folder.path());
    scene.reaches(letter, State::Stopped(StopReason::Restored));
    // Nothing was under way, so nothing is left to be asked about.
    let thawed = scene.office.thaw().unwrap();
    assert_eq!((thawed.unanswered, thawed.unsealed), (0, 1));
    assert!(scene.office.standstill().unwrap().restored.is_none());

    let unsent = scene.office.outbox().unwrap().unsent;
    let [row] = &unsent[..] else {
        panic!("{} letters", unsent.len())
    };
    assert_eq!(row.stopped_by.as_deref(), Some("REACH_RESTORED"));
    assert_eq!(row.actions, [ActionName::ConfirmUnsent, ActionName::Cancel]);
    let confirmed = scene.office.confirm_unsent(letter).unwrap();
    assert_eq!(confirmed.state, StateName::Ready);
    let timeline = scene.office.letter(letter).unwrap().timeline;
    let last: Vec<_> = timeline
        .iter()
        .rev()
        .take(2)
        .map(|item| &item.event)
        .collect();
    assert!(last == [&TimelineEvent::ConfirmedUnsent, &TimelineEvent::Restored]);
}
