//! Looking after the ledger from the console.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::home::{Answer, CURIOUS, DIGIPOST, Home, answer, eventually, not_run, told, utpost};

/// A pause longer than anybody waits for: the program gives up at once.
fn busy(service: &str) -> Value {
    json!({ "service": service, "kind": "status", "status": 503, "retry_after": 600 })
}

/// The program on another machine, with the same practice environment within reach.
fn utpost_elsewhere(home: &Home) -> Command {
    let mut command = utpost();
    command
        .arg("--practice")
        .args(["--data".as_ref(), home.path("elsewhere").as_os_str()])
        .args(["--key-file".as_ref(), home.path("other.key").as_os_str()])
        .args(["--practice-data".as_ref(), home.practice_data().as_os_str()]);
    command
}

pub(crate) fn elsewhere(home: &Home, arguments: &[&str]) -> Answer {
    answer(utpost_elsewhere(home).arg("--json").args(arguments), "")
}

/// What a person reads of a failure there.
fn failure_elsewhere(home: &Home, arguments: &[&str]) -> String {
    told(utpost_elsewhere(home).args(arguments), "").err
}

#[test]
fn a_backup_brought_back_on_another_machine_asks_before_it_sends() {
    let home = Home::new();
    let sent = home.send(DIGIPOST, &[]).well();
    let (passphrase, backup) = (
        home.file("passphrase", "fire hester i en fjord\n"),
        home.path("backup").display().to_string(),
    );
    let short = home.file("short", "kort\n");
    let with = |file: &str, what: &str| {
        ["ledger", what, &backup, "--passphrase-file", file].map(str::to_owned)
    };
    let run =
        |arguments: &[String]| home.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    run(&with(&short, "backup")).refused("INPUT_RECOVERY");
    let made = run(&with(&passphrase, "backup")).well();
    assert_eq!(
        (&made["documents"], &made["missing"]),
        (&json!(1), &json!(0))
    );
    run(&with(&passphrase, "backup")).refused("INPUT_OUT_FOLDER");
    run(&with(&passphrase, "restore")).refused("INPUT_LEDGER_THERE");

    let wrong = home.file("wrong", "fire hester i et fjell\n");
    let restore = |file: &str| {
        elsewhere(
            &home,
            &["ledger", "restore", &backup, "--passphrase-file", file],
        )
    };
    restore(&wrong).refused("INPUT_RECOVERY");
    let restored = restore(&passphrase).well();
    assert_eq!(restored["check"]["sound"], true);
    assert_eq!(restored["former_tags"].as_array().unwrap().len(), 1);
    assert_ne!(restored["channel_tag"], restored["former_tags"][0]);

    elsewhere(&home, &["outbox"]).well();
    let letters = elsewhere(&home, &["status"]).well();
    assert_eq!(letters["letters"][0]["letter"], sent["letter"]);
    assert_eq!(home.accepted().len(), 1, "nothing was sent twice");
    restore(&passphrase).refused("INPUT_LEDGER_THERE");
}

#[test]
fn a_restored_outbox_tells_how_many_gave_no_answer_and_stands_still_until_all_have() {
    let home = Home::new();
    home.plan(busy("submit"));
    let sent = home.send(DIGIPOST, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    let letter = sent["letter"].as_str().unwrap();
    let passphrase = home.file("passphrase", "fire hester i en fjord\n");
    let backup = home.path("backup").display().to_string();
    let with = ["--passphrase-file", &passphrase];
    home.run(&[&["ledger", "backup", &backup][..], &with].concat())
        .well();
    elsewhere(
        &home,
        &[&["ledger", "restore", &backup][..], &with].concat(),
    )
    .well();

    home.plan(busy("statuses"));
    let told = elsewhere(&home, &["outbox"]).refused("LOCAL_OUTBOX_FROZEN");
    assert_eq!(told["restored"], json!({ "asked": 1, "unanswered": 1 }));
    home.plan(busy("statuses"));
    let words = failure_elsewhere(&home, &["--language", "en", "outbox"]);
    assert!(
        words.contains("Letters asked about: 1. Without an answer: 1.")
            && words.contains("The outbox stands still until all are answered."),
        "{words}"
    );

    let told = elsewhere(&home, &["outbox"]).well();
    assert_eq!(told["restored"], json!({ "asked": 1, "unanswered": 0 }));
    let stopped = &told["letters"][0];
    assert_eq!(stopped["state"], json!({ "stopped": "restored" }));
    assert_eq!(
        stopped["actions"],
        json!(["confirm", "check_status", "cancel"])
    );
    // It waits for a word that the register can't give.
    elsewhere(&home, &["resume", letter]).refused("REACH_RESTORED");
    // Said once: the ledger stands by itself now.
    let told = elsewhere(&home, &["outbox"]).well();
    assert_eq!(told.get("restored"), None);
    assert_eq!(told["letters"][0]["letter"], letter);
    assert!(home.accepted().is_empty());
}

#[test]
fn the_standard_tool_opens_the_wrapped_key() {
    if Command::new("age").arg("--version").output().is_err() {
        return not_run("the standard tool on a wrapped key", "age");
    }
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let identity = home.path("identity").display().to_string();
    let made = Command::new("age-keygen").args(["-o", &identity]).output();
    assert!(made.unwrap().status.success());
    let public = Command::new("age-keygen")
        .args(["-y", &identity])
        .output()
        .unwrap();
    let public = String::from_utf8(public.stdout).unwrap();
    let backup = home.path("backup").display().to_string();
    home.run(&["ledger", "backup", &backup, "--recipient", public.trim()])
        .well();
    let opened = Command::new("age")
        .args(["-d", "-i", &identity])
        .arg(home.path("backup/key.age"))
        .output()
        .unwrap();
    assert!(opened.status.success());
    assert_eq!(
        String::from_utf8(opened.stdout).unwrap().trim(),
        fs::read_to_string(home.key_file()).unwrap().trim()
    );
    let restored = elsewhere(
        &home,
        &["ledger", "restore", &backup, "--identity", &identity],
    );
    assert_eq!(restored.well()["check"]["sound"], true);
}

#[test]
fn damage_is_told_with_what_it_struck_and_left_as_it_is() {
    let home = Home::new();
    let sent = home.send(DIGIPOST, &[]).well();
    assert_eq!(
        home.run(&["ledger", "check"]).well()["check"]["findings"],
        json!([])
    );
    let letter = sent["letter"].as_str().unwrap();
    let document = home.ledger().join("documents").join(letter).join("0");
    let mut bytes = fs::read(&document).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&document, &bytes).unwrap();
    let told = home
        .run(&["ledger", "check"])
        .refused("LOCAL_DAMAGED_LEDGER");
    let finding = json!({ "finding": "document_damaged", "letter": letter, "document": 0 });
    assert_eq!(told["check"]["findings"], json!([finding]));
    assert_eq!(fs::read(&document).unwrap(), bytes);
}

#[test]
fn letters_are_forgotten_only_when_asked_twice_and_their_proof_stays() {
    let mut home = Home::new();
    let sent = home.send(CURIOUS, &[]).well();
    eventually(|| {
        home.run(&["receipts"]).well();
        home.kept(sent["letter"].as_str().unwrap())["state"] == "delivered"
    });
    let forget = |home: &Home, date: &str, more: &[&str]| -> Value {
        let all = [&["ledger", "forget", "--finished-before", date][..], more].concat();
        home.run(&all).well()
    };
    assert_eq!(forget(&home, "2020-01-01", &[])["letters"], json!([]));
    // It still stops the same letter to the same citizen.
    assert_eq!(
        forget(&home, "2100-01-01", &["--yes"])["letters"],
        json!([])
    );
    home.turn_clock(32 * 24 * 3600);
    let preview = forget(&home, "2100-01-01", &[]);
    assert_eq!(preview["forgotten"], false);
    let nobody = json!({ "count": 0, "letters": [] });
    assert_eq!(preview["follow_up"], nobody);
    assert_eq!(preview["stray_receipts"], 0);
    assert_eq!(preview["letters"], json!([sent["letter"]]));
    assert_eq!(forget(&home, "2100-01-01", &["--yes"])["forgotten"], true);
    assert_eq!(forget(&home, "2100-01-01", &[])["letters"], json!([]));
    let checked = home.run(&["ledger", "check"]).well();
    assert_eq!(checked["check"]["sound"], true);
    assert!(
        !home
            .ledger()
            .join("documents")
            .join(sent["letter"].as_str().unwrap())
            .exists()
    );
}

#[test]
fn an_export_holds_the_letters_in_the_clear() {
    let home = Home::new();
    let sent = home.send(DIGIPOST, &[]).well();
    let out = home.path("export").display().to_string();
    let told = home.run(&["ledger", "export", &out]).well();
    assert_eq!(
        (&told["letters"], &told["documents"]),
        (&json!(1), &json!(1))
    );
    let letter = sent["letter"].as_str().unwrap();
    let pdf = fs::read(home.path(&format!("export/documents/{letter}/0.pdf"))).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    assert!(
        fs::read_to_string(home.path("export/events.jsonl"))
            .unwrap()
            .contains(DIGIPOST)
    );
    home.run(&["ledger", "export", &out])
        .refused("INPUT_OUT_FOLDER");

    let document = home.ledger().join(format!("documents/{letter}/0"));
    fs::write(&document, "other").unwrap();
    let rest = home.path("rest").display().to_string();
    let told = home.run(&["ledger", "export", &rest]);
    let told = told.refused("LOCAL_DAMAGED_LEDGER");
    assert_eq!(
        (&told["documents"], &told["unreadable"]),
        (&json!(0), &json!(1))
    );
}

#[test]
fn a_damaged_backup_is_brought_back_only_when_it_is_wanted_as_it_is() {
    let home = Home::new();
    let sent = home.send(DIGIPOST, &[]).well();
    let letter = sent["letter"].as_str().unwrap();
    let passphrase = home.file("passphrase", "fire hester i en fjord\n");
    let backup = home.path("backup").display().to_string();
    let with = ["--passphrase-file", &passphrase];
    home.run(&[&["ledger", "backup", &backup][..], &with].concat())
        .well();
    let document = home.path(&format!("backup/documents/{letter}/0"));
    fs::write(document, "other").unwrap();
    let restore = |more: &[&str]| {
        elsewhere(
            &home,
            &[&["ledger", "restore", &backup][..], &with, more].concat(),
        )
    };
    let told = restore(&[]).refused("INPUT_BACKUP");
    let finding = json!({ "finding": "document_damaged", "letter": letter, "document": 0 });
    assert_eq!(told["restored"], false);
    assert_eq!(told["check"]["findings"], json!([finding]));
    assert!(!home.path("elsewhere/ledger.db").exists());
    let told = restore(&["--damaged"]).refused("LOCAL_DAMAGED_LEDGER");
    assert_eq!(told["restored"], true);
    assert_eq!(told["check"]["findings"], json!([finding]));
}
