//! The commands from a first letter to its proof.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::home::{
    ADDRESS, CURIOUS, DELETED, DIGIPOST, EBOKS, FALSE, Home, KEYLESS, RESERVED, RETURNING, answer,
    eventually, files_below, told, utpost,
};

/// Has a closed mailbox: it answers every letter with `feil`.
const CLOSED: &str = "23868362464";

fn letter_of(answer: &Value) -> String {
    answer["letter"].as_str().unwrap().to_owned()
}

/// Fetches receipts until the letter stands so.
#[track_caller]
fn arrives_at(home: &Home, letter: &str, state: &str) {
    eventually(|| {
        home.run(&["receipts"]).well();
        home.kept(letter)["state"] == state
    });
}

fn steps(shown: &Value) -> Vec<String> {
    let name = |entry: &Value| match &entry["what"] {
        Value::String(name) => name.clone(),
        other => other.as_object().unwrap().keys().next().unwrap().clone(),
    };
    shown["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

#[test]
fn the_empty_program_says_how_to_begin() {
    let home = Home::new();
    assert_eq!(
        home.run(&["status"]).well(),
        json!({ "environment": "practice", "letters": [] })
    );
    assert!(home.read(&["status"]).out.contains("utpost send"));
    let english = home.read(&["status", "--language", "en"]);
    assert!(
        english.out.starts_with("Practice\nNo letters yet."),
        "{english:?}"
    );
    assert!(home.read(&["outbox"]).out.contains("Utboksen er tom"));
    assert!(
        home.read(&["receipts", "--language", "en"])
            .out
            .contains("No new receipts")
    );
}

#[test]
fn a_letter_goes_to_the_mailbox_and_its_way_is_shown() {
    let home = Home::new();
    let sent = home.send(CURIOUS, &["--opening-receipt"]).well();
    assert_eq!(sent["channel"], "DIGITAL");
    assert_eq!(sent["reason"], "MAILBOX_USABLE");
    assert_eq!(sent["state"], "at_access_point");
    assert_eq!(sent["receiver"], "922020175");
    let letter = letter_of(&sent);
    arrives_at(&home, &letter, "opened");

    let accepted = home.accepted();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["message"], sent["message_id"]);
    assert_eq!(accepted[0]["verdict"]["fault"], Value::Null);
    let shown = home.run(&["status", &letter]).well();
    let way = [
        "drafted",
        "decided",
        "send_pressed",
        "sealed",
        "token_fetched",
        "attempt_started",
    ];
    assert_eq!(steps(&shown)[..6], way);
    assert_eq!(steps(&shown)[6], "accepted");
    let verdicts = shown["receipts"].as_array().unwrap();
    assert!(
        verdicts
            .iter()
            .all(|receipt| receipt["verdict"] == "VERIFIED")
    );
    let in_words = home.read(&["status", &letter]).out;
    assert!(in_words.starts_with("Øvingsmiljø · Åpnet\n"), "{in_words}");
    let listed = home.read(&["status"]).out;
    assert!(
        listed.contains(&letter) && listed.contains("Vedtak"),
        "{listed}"
    );
    assert!(
        in_words.contains("leveringskvittering, signert av e-Boks, ekte"),
        "{in_words}"
    );
    // The same again brings nothing new.
    assert_eq!(home.run(&["receipts"]).well()["receipts"], json!([]));
    assert_eq!(home.run(&["outbox"]).well()["letters"], json!([]));
}

#[test]
fn paper_is_accepted_posted_and_returned() {
    let home = Home::new();
    let sent = home.send(RETURNING, &["--address", ADDRESS]).well();
    assert_eq!(
        (&sent["channel"], &sent["receiver"]),
        (&json!("PRINT"), &json!("974761076"))
    );
    let letter = letter_of(&sent);
    arrives_at(&home, &letter, "print_accepted");
    let conversation = sent["conversation_id"].as_str().unwrap();
    home.run(&["practice", "act", "posted", "--conversation", conversation])
        .well();
    arrives_at(&home, &letter, "handed_to_post");
    home.run(&[
        "practice",
        "act",
        "returned",
        "--conversation",
        conversation,
    ])
    .well();
    arrives_at(&home, &letter, "returned");
}

#[test]
fn paper_goes_abroad_by_an_address_file_as_the_help_describes_it() {
    let home = Home::new();
    let help = told(utpost().args(["send", "--help"]), "").out;
    let address = json!({ "name": "Prøve Person", "lines": ["Storgatan 1"], "country": "SE" });
    for member in address.as_object().unwrap().keys() {
        assert!(help.contains(&format!("\"{member}\"")), "{member}: {help}");
    }
    let address = home.file("adresse.json", address.to_string());
    let sent = home.send(RESERVED, &["--address-file", &address]).well();
    arrives_at(&home, &letter_of(&sent), "print_accepted");
}

#[test]
fn a_forged_receipt_changes_nothing_and_is_shown() {
    let home = Home::new();
    let sent = home.send(RESERVED, &["--address", ADDRESS]).well();
    let letter = letter_of(&sent);
    arrives_at(&home, &letter, "print_accepted");
    let conversation = sent["conversation_id"].as_str().unwrap();
    for kind in ["wrong_key", "foreign_ca", "wrong_sender", "tampered"] {
        let forge = [
            "practice",
            "act",
            "forge",
            "--conversation",
            conversation,
            "--kind",
            kind,
        ];
        home.run(&forge).well();
        let told = home.run(&["receipts"]).well();
        let verdict = told["receipts"][0]["verdict"].as_str().unwrap();
        assert_ne!(verdict, "VERIFIED", "{kind}");
        assert_eq!(home.kept(&letter)["state"], "print_accepted", "{kind}");
    }
}

#[test]
fn a_dry_run_decides_and_sends_nothing() {
    let home = Home::new();
    let before = home.journal();
    let shown = home.send(DIGIPOST, &["--dry-run"]).well();
    assert_eq!(
        (&shown["channel"], &shown["state"]),
        (&json!("DIGITAL"), &json!("ready"))
    );
    let paper = home.send(RESERVED, &["--dry-run"]).well();
    assert_eq!(paper["channel"], "PRINT");
    assert!(home.journal() == before, "something reached practice");
    // Nothing waits to be sent by mistake.
    assert!(
        home.letters()
            .iter()
            .all(|letter| letter["state"] == "cancelled")
    );
    assert_eq!(home.run(&["outbox"]).well()["letters"], json!([]));
}

#[test]
fn lookup_tells_channel_reason_and_sentence_and_keeps_nothing() {
    let home = Home::new();
    let persons = home.run(&["practice", "persons"]).well();
    let persons = persons.as_array().unwrap();
    assert_eq!(persons.len(), 38);
    // The one for whom nobody answers takes its time, and has a test of its own.
    for person in persons.iter().filter(|person| person["channel"] != "WAIT") {
        let number = person["number"].as_str().unwrap();
        let told = home.run_with_input(&["lookup", "--to", "-"], number).well();
        assert_eq!(told["channel"], person["channel"], "{person}");
        assert_eq!(told["reason"], person["reason"], "{person}");
        assert!(told["sentence"].as_str().unwrap().ends_with('.'));
        assert!(!told.to_string().contains(number));
    }
    let english = home.read(&["lookup", "--to", DIGIPOST, "--language", "en"]);
    assert!(
        english.out.starts_with("Digitally to Digipost"),
        "{english:?}"
    );
    assert_eq!(home.letters(), Vec::<Value>::new());
    assert!(home.accepted().is_empty());
}

#[test]
fn paper_for_a_faulty_mailbox_wants_a_yes() {
    let home = Home::new();
    let refused = home
        .send(KEYLESS, &["--address", ADDRESS])
        .refused("REACH_PRINT_UNCONFIRMED");
    assert!(
        home.kept(&letter_of(&refused))["state"]
            .to_string()
            .contains("stopped")
    );
    // A yes to something else is no yes.
    let other = ["--address", ADDRESS, "--print-anyway"];
    home.send(KEYLESS, &other)
        .refused("REACH_PRINT_UNCONFIRMED");
    assert!(home.accepted().is_empty());
    let yes = ["--address", ADDRESS, "--confirm-print"];
    assert_eq!(home.send(KEYLESS, &yes).well()["channel"], "PRINT");
    assert_eq!(home.accepted().len(), 1);
}

#[test]
fn a_letter_to_one_removed_from_the_register_wants_another_yes() {
    let home = Home::new();
    let options = ["--address", ADDRESS, "--confirm-print"];
    let stopped = letter_of(&home.send(DELETED, &options).refused("REACH_PERSON_DELETED"));
    home.run(&["resume", &stopped])
        .refused("REACH_PERSON_DELETED");
    assert!(home.accepted().is_empty());
    let sent = home.run(&["resume", &stopped, "--print-anyway"]).well();
    assert_eq!(letter_of(&sent), stopped);
    assert_eq!(home.accepted()[0]["kind"], "print");
    assert!(steps(&home.kept(&letter_of(&sent))).contains(&"confirmed".to_owned()));
}

#[test]
fn answers_that_cannot_be_relied_on_stop_the_letter_whatever_is_confirmed() {
    let home = Home::new();
    let citizens = [
        ("02914982319", "REACH_ANSWER_CONTRADICTS_ITSELF"),
        ("01835550962", "REACH_ANSWER_FOR_OTHER_PERSON"),
        ("23882964663", "REACH_ANSWER_INCOMPLETE"),
        ("17883634454", "REACH_ANSWER_UNKNOWN_VALUE"),
        (FALSE, "REACH_RECEIVER_CERTIFICATE"),
        ("19897214264", "REACH_RECEIVER_CERTIFICATE"),
    ];
    for (citizen, code) in citizens {
        let options = ["--address", ADDRESS, "--confirm-print", "--print-anyway"];
        home.send(citizen, &options).refused(code);
    }
    assert_eq!(home.letters().len(), citizens.len());
    assert!(home.accepted().is_empty());
}

#[test]
fn a_letter_can_be_given_up_until_it_is_attempted() {
    let home = Home::new();
    let stopped = letter_of(&home.send(RESERVED, &[]).refused("REACH_ADDRESS_MISSING"));
    assert_eq!(home.run(&["cancel", &stopped]).well()["state"], "cancelled");
    home.run(&["cancel", &stopped])
        .refused("INPUT_NOT_IN_THIS_STATE");
    let sent = letter_of(&home.send(DIGIPOST, &[]).well());
    home.run(&["cancel", &sent])
        .refused("INPUT_NOT_IN_THIS_STATE");
    assert_eq!(home.kept(&sent)["state"], "at_access_point");
}

#[test]
fn a_letter_that_is_not_there_is_said_to_be_unknown() {
    let home = Home::new();
    let out = home.path("bevis");
    let out = out.to_str().unwrap();
    for letter in [
        "4cd0f0bc-6e9c-4b7a-8a39-0d6b1f4c9a10",
        "4cd0f0bc",
        "../../etc/passwd",
    ] {
        home.run(&["status", letter])
            .refused("INPUT_LETTER_UNKNOWN");
        home.run(&["status", letter, "--offline"])
            .refused("INPUT_LETTER_UNKNOWN");
        home.run(&["cancel", letter])
            .refused("INPUT_LETTER_UNKNOWN");
        home.run(&["evidence", letter, "--out", out])
            .refused("INPUT_LETTER_UNKNOWN");
    }
    assert!(!home.path("bevis").exists());
}

#[test]
fn the_evidence_holds_what_was_sent_and_what_was_answered() {
    let home = Home::new();
    let sent = home.send(EBOKS, &[]).well();
    let letter = letter_of(&sent);
    arrives_at(&home, &letter, "delivered");
    let folder = home.path("bevis/brev");
    home.run(&["evidence", &letter, "--out", folder.to_str().unwrap()])
        .well();

    let message = sent["message_id"].as_str().unwrap();
    let books = |name: &str| fs::read(home.practice_data().join("books").join(name)).unwrap();
    let evidence = |name: &str| fs::read(folder.join(name)).unwrap();
    assert_eq!(
        evidence("package.cms"),
        books(&format!("packages/{message}.cms"))
    );
    assert_eq!(
        evidence("message.jwt"),
        books(&format!("messages/{message}.jwt"))
    );
    let receipts = files_below(&folder.join("receipts"));
    assert_eq!(receipts.len(), 1);
    let receipt = fs::read_to_string(&receipts[0]).unwrap();
    assert!(
        String::from_utf8(home.journal())
            .unwrap()
            .contains(&receipt),
        "as it was given"
    );

    let timeline: Value = serde_json::from_slice(&evidence("timeline.json")).unwrap();
    assert_eq!(timeline["letter"], letter);
    assert_eq!(timeline["state"], "delivered");
    assert_eq!(timeline["receipts"][0]["verdict"], "VERIFIED");
    assert_eq!(timeline["receipts"][0]["signer"], "922020175");
    assert_eq!(timeline["timeline"], home.kept(&letter)["timeline"]);
    let hashes = timeline["timeline"].as_array().unwrap().iter();
    assert!(
        hashes
            .clone()
            .all(|entry| entry["hash"].as_str().unwrap().len() == 64)
    );
    assert!(steps(&timeline).contains(&"receipt_verified".to_owned()));
}

#[test]
fn the_evidence_of_a_letter_never_sent_is_its_timeline() {
    let home = Home::new();
    let letter = letter_of(&home.send(RESERVED, &[]).refused("REACH_ADDRESS_MISSING"));
    let folder = home.path("bevis");
    home.run(&["evidence", &letter, "--out", folder.to_str().unwrap()])
        .well();
    assert_eq!(files_below(&folder), [folder.join("timeline.json")]);
}

#[test]
fn practice_is_there_without_being_started() {
    let home = Home::without_practice();
    assert_eq!(home.send(DIGIPOST, &[]).well()["state"], "at_access_point");
    assert_eq!(home.letters().len(), 1);
    home.run(&["doctor"]).well();
    // It ended with the command.
    assert!(!home.practice_data().join("endpoints.json").exists());
}

#[test]
fn a_letter_goes_on_between_commands_that_each_start_practice() {
    let home = Home::without_practice();
    let sent = home.send(DIGIPOST, &[]).well();
    thread::sleep(Duration::from_secs(1));
    for _ in 0..3 {
        home.run(&["receipts"]).well();
    }
    assert_eq!(home.kept(&letter_of(&sent))["state"], "delivered");
}

#[cfg(target_os = "linux")]
#[test]
fn the_first_letter_needs_no_option_but_the_key_file() {
    let home = Home::without_practice();
    let letter = home.letter();
    let mut command = utpost();
    command
        .env("HOME", home.path("user"))
        .env("XDG_DATA_HOME", home.path("user/data"));
    command.env("UTPOST_KEY_FILE", home.path("user/key"));
    command.args([
        "send", &letter, "--to", DIGIPOST, "--title", "Vedtak", "--json",
    ]);
    let sent = answer(&mut command, "").well();
    assert_eq!(sent["environment"], "practice");
    assert!(home.path("user/data/utpost/practice/ledger.db").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_key_store_the_way_out_is_told() {
    let home = Home::new();
    let mut command = utpost();
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    command
        .arg("--data")
        .arg(home.ledger())
        .args(["status", "--json"]);
    let refused = answer(&mut command, "").refused("LOCAL_NO_KEY_STORE");
    assert!(
        refused["error"]["do"]
            .as_str()
            .unwrap()
            .contains("--key-file")
    );
    assert!(!home.ledger().join("ledger.db").exists());
}

#[test]
fn an_error_is_told_in_the_language_asked_for() {
    let home = Home::new();
    let letter = home.letter();
    let send = ["send", &letter, "--to", DIGIPOST, "--title", ""];
    let norwegian = home.read(&send);
    assert_eq!((norwegian.exit, norwegian.out.as_str()), (2, ""));
    assert!(
        norwegian
            .err
            .starts_with("Brevet har ingen tittel.\n→ Gi brevet en tittel.")
    );
    assert!(
        norwegian.err.contains("INPUT_TITLE_MISSING · "),
        "{norwegian:?}"
    );
    let english = home.read(&[send.as_slice(), &["--language", "en"]].concat());
    assert!(
        english.err.starts_with("The letter has no title."),
        "{english:?}"
    );
    let code = english.err.lines().last().unwrap();
    assert!(code.contains("INPUT_TITLE_MISSING · "));
}

#[test]
fn what_is_not_for_a_person_is_not_written_to_a_file() {
    let home = Home::new();
    let letter = home.letter();
    let sent = home.read(&["send", &letter, "--to", DIGIPOST, "--title", "Vedtak"]);
    assert_eq!(sent.exit, 0);
    assert!(sent.err.starts_with("Digitalt til Digipost"), "{sent:?}");
    assert!(
        !sent.err.contains('\u{1b}') && !sent.out.contains('\u{1b}'),
        "{sent:?}"
    );
}

#[test]
fn help_tells_every_option_of_every_command() {
    let everywhere = [
        "--json",
        "--practice",
        "--environment",
        "--data",
        "--key-file",
        "--practice-data",
        "--settings",
        "--language",
        "--help",
    ];
    let send = [
        "FILE.pdf",
        "--to",
        "--to-file",
        "--title",
        "--public-title",
        "--kind",
        "--attach",
        "--security",
        "--letter-language",
        "--opening-receipt",
        "--visible-from",
        "--address",
        "--address-file",
        "--confirm-print",
        "--print-anyway",
        "--dry-run",
        "enkeltvedtak",
    ];
    let commands: [(&[&str], &[&str]); 14] = [
        (&["send"], &send),
        (&["lookup"], &["--to", "--to-file"]),
        (&["outbox"], &[]),
        (&["status"], &["[LETTER]", "--offline"]),
        (&["cancel"], &["<LETTER>"]),
        (&["receipts"], &[]),
        (&["evidence"], &["<LETTER>", "--out"]),
        (&["doctor"], &[]),
        (
            &["practice"],
            &["serve", "persons", "reset", "replay", "act"],
        ),
        (&["practice", "serve"], &["--port", "--until-input-ends"]),
        (&["practice", "persons"], &[]),
        (&["practice", "reset"], &["--renew", "--letters"]),
        (
            &["practice", "replay"],
            &["--message", "--package", "--key", "--print", "--at"],
        ),
        (
            &["practice", "act"],
            &["open", "posted", "returned", "advance", "forge"],
        ),
    ];
    for (command, options) in commands {
        let help = told(utpost().args(command).arg("--help"), "");
        assert_eq!(help.exit, 0);
        let words: Vec<&str> = help
            .out
            .split([' ', '\n', ',', ':', '[', ']', '<', '>'])
            .collect();
        for option in everywhere.iter().chain(options) {
            let option = option.trim_matches(['[', ']', '<', '>']);
            assert!(
                words.contains(&option),
                "{command:?} {option}:\n{}",
                help.out
            );
        }
    }
    let whole = told(utpost().arg("--help"), "").out;
    for (command, _) in commands.iter().filter(|(command, _)| command.len() == 1) {
        assert!(whole.contains(command[0]), "{command:?}");
    }
}

#[test]
fn what_a_mailbox_says_of_a_letter_it_could_not_take_is_shown() {
    let home = Home::new();
    let letter = letter_of(&home.send(CLOSED, &[]).well());
    arrives_at(&home, &letter, "failed");
    let shown = home.run(&["status", &letter]).well();
    let said = shown["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|event| event["detail"].as_str());
    let said = said.expect("the mailbox gave a reason");
    assert!(home.read(&["status", &letter]).out.contains(said));
}

#[test]
fn a_command_written_wrongly_is_told_without_repeating_what_was_typed() {
    let home = Home::new();
    for words in [
        &["status", DIGIPOST, DIGIPOST][..],
        &["send"],
        &["nonsense"],
        &["practice", "act", "fly"],
    ] {
        let refused = home.run(words).refused("INPUT_USAGE");
        assert!(!refused.to_string().contains(DIGIPOST), "{refused}");
        let told = home.read(words);
        assert!(!told.err.contains(DIGIPOST), "{told:?}");
    }
}

#[test]
fn a_title_can_be_given_without_showing_it_to_others() {
    let home = Home::new();
    let title = home.file("tittel.txt", "Vedtak om noe fortrolig\n");
    let pdf = home.letter();
    let arguments = ["send", &pdf, "--to", "-", "--title-file", &title];
    let sent = home.run_with_input(&arguments, DIGIPOST).well();
    let listed = home.read(&["status"]).out;
    assert!(listed.contains(&letter_of(&sent)) && listed.contains("fortrolig"));
}

#[test]
fn an_evidence_folder_is_the_owners_alone_and_never_written_over_another() {
    let home = Home::new();
    let letter = letter_of(&home.send(DIGIPOST, &[]).well());
    let other = letter_of(&home.send(DIGIPOST, &[]).well());
    let out = home.path("bevis");
    let out_text = out.to_string_lossy().into_owned();
    home.run(&["evidence", &letter, "--out", &out_text]).well();
    home.run(&["evidence", &letter, "--out", &out_text]).well();
    home.run(&["evidence", &other, "--out", &out_text])
        .refused("INPUT_OUT_FOLDER");
    #[cfg(unix)]
    for path in crate::home::files_below(&out) {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(&path).unwrap().permissions(),
        );
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn settings_are_shown_with_an_example_and_a_named_file_must_be_there() {
    let home = Home::new();
    let shown = home.run(&["settings"]).well();
    assert_eq!(shown["exists"], false);
    assert!(shown["example"]["agency"].is_object());
    let absent = home.path("nosuch.json");
    home.run(&["doctor", "--settings", &absent.to_string_lossy()])
        .refused("INPUT_FILE_MISSING");
}

#[test]
fn the_reference_of_an_error_stands_in_the_log() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let refused = home
        .run(&["cancel", &uuid_of_nobody()])
        .refused("INPUT_LETTER_UNKNOWN");
    let reference = refused["error"]["reference"].as_str().unwrap();
    let log = fs::read_to_string(home.ledger().join("utpost.log")).unwrap();
    assert!(log.contains(reference), "{log}");
}

fn uuid_of_nobody() -> String {
    "00000000-0000-4000-8000-000000000000".to_owned()
}
