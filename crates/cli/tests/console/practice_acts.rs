//! `utpost practice`: what citizens and print shops do, what goes wrong on purpose, and letters
//! checked again from disk.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::home::{ADDRESS, DIGIPOST, Home, RESERVED, answer, eventually, text, told, utpost};

const NOBODYS: &str = "0d3f9a52-5a55-4c0e-9a3e-1f5f3b0d7c11";

/// A letter on paper that lies in the print shop's pile; its conversation.
fn in_the_pile(home: &Home) -> String {
    let sent = home.send(RESERVED, &["--address", ADDRESS]).well();
    eventually(|| {
        home.accepted()
            .iter()
            .all(|letter| !letter["verdict"].is_null())
    });
    sent["conversation_id"].as_str().unwrap().to_owned()
}

#[test]
fn an_act_says_in_words_what_was_done() {
    let home = Home::new();
    let conversation = in_the_pile(&home);
    let act = |words: &[&str]| home.read(&[&["practice", "act"], words].concat()).out;
    // Nothing is posted yet, so nothing can come back.
    assert_eq!(
        act(&["returned"]),
        "Kommet i retur: 0 brev. Ingen nye kvitteringer.\n"
    );
    assert_eq!(
        act(&["posted"]),
        "Levert til posten: 1 brev. Nye kvitteringer: 1. «utpost receipts» henter dem.\n"
    );
    assert_eq!(
        act(&["posted", "--language", "en"]),
        "Handed to the post: letters 1. No new receipts.\n"
    );
    assert!(act(&["open"]).starts_with("Åpnet av innbyggeren: 0 brev."));
    assert!(act(&["advance"]).starts_with("En natt har gått"));
    let forged = act(&["forge", "--conversation", &conversation]);
    assert!(forged.starts_with("En kvittering er forfalsket (wrong_key). Nye kvitteringer: 1."));
}

#[test]
fn an_act_on_a_letter_practice_does_not_have_says_so() {
    let home = Home::new();
    let conversation = in_the_pile(&home);
    let act = |words: &[&str]| home.run(&[&["practice", "act"], words].concat());
    for words in [
        &["open", "--conversation", NOBODYS][..],
        &["forge", "--conversation", NOBODYS],
        // It is there, but not posted yet.
        &["returned", "--conversation", &conversation],
    ] {
        act(words).refused("INPUT_PRACTICE_LETTER");
    }
    for words in [
        &["forge"][..],
        &["forge", "--conversation", "brevet"],
        &["forge", "--conversation", NOBODYS, "--kind", "scrawled"],
    ] {
        assert_eq!(act(words).exit, 2, "{words:?}");
    }
}

#[test]
fn a_receipt_of_an_unknown_conversation_changes_nothing() {
    let home = Home::new();
    let conversation = in_the_pile(&home);
    home.run(&["receipts"]).well();
    let before = home.letters();
    home.run(&[
        "practice",
        "act",
        "forge",
        "--conversation",
        &conversation,
        "--kind",
        "unknown_conversation",
    ])
    .well();
    let _ = home.run(&["receipts"]);
    let state = |letters: &[Value]| letters[0]["state"].clone();
    assert_eq!(state(&home.letters()), state(&before));
}

#[test]
fn faults_are_planned_shown_and_forgotten() {
    let home = Home::new();
    let faults = |words: &[&str]| home.read(&[&["practice", "faults"], words].concat());
    assert_eq!(faults(&[]).out, "Ingen feil er planlagt.\n");
    let status = [
        "plan",
        "--service",
        "submit",
        "--kind",
        "status",
        "--status",
        "503",
        "--retry-after",
        "600",
        "--times",
        "2",
        "--after",
        "1",
    ];
    let line = "submit: status, status 503, retry_after 600 · treffer 2 kall etter 1\n";
    assert_eq!(faults(&status).out, line);
    assert_eq!(faults(&[]).out, line);
    home.send(DIGIPOST, &[]).well();
    home.send(DIGIPOST, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    let left = home.run(&["practice", "faults"]).well();
    assert_eq!(left["faults"][0]["times"], json!(1));
    assert_eq!(faults(&["clear"]).out, "Ingen feil er planlagt.\n");

    // A kind without what it needs, and one that means nothing there.
    let plan = |words: &[&str]| home.run(&[&["practice", "faults", "plan"], words].concat());
    assert_eq!(plan(&["--service", "submit", "--kind", "status"]).exit, 2);
    plan(&["--service", "token", "--kind", "null_item"]).refused("INPUT_PRACTICE_ORDER");
    assert_eq!(home.planned(), 0);
}

#[test]
fn odd_answers_are_read_all_the_same() {
    let home = Home::new();
    let sent = home.send(DIGIPOST, &[]).well();
    let letter = sent["letter"].as_str().unwrap();
    home.plan(json!({ "service": "statuses", "kind": "local_timestamps" }));
    home.run(&["status", letter]).well();
    assert_eq!(home.planned(), 0);
    home.plan(json!({ "service": "inbox", "kind": "null_item" }));
    eventually(|| {
        home.run(&["receipts"]).well();
        home.kept(letter)["state"] == "delivered"
    });
    home.plan(json!({
        "service": "submit", "kind": "status", "status": 400, "as_string": true
    }));
    home.send(DIGIPOST, &[]).refused("REJECTED_BY_ACCESS_POINT");
    home.plan(json!({ "service": "register", "kind": "outdated_mailbox" }));
    let outdated = home.send(DIGIPOST, &[]).well();
    eventually(|| {
        home.run(&["receipts"]).well();
        home.kept(outdated["letter"].as_str().unwrap())["state"] == "failed"
    });
}

#[test]
fn faults_are_not_planned_where_nothing_runs_to_keep_them() {
    let home = Home::without_practice();
    home.run(&["practice", "faults"]).refused("LOCAL_PRACTICE");
}

#[test]
fn every_fault_of_the_console_is_one_practice_knows() {
    let home = Home::new();
    for (service, kind, more) in [
        ("token", "lose_before", &[][..]),
        ("register", "lose_after", &[]),
        ("print_certificate", "delay", &["--milliseconds", "1"]),
        ("statuses", "status", &["--status", "400", "--as-string"]),
        ("read", "slow_answer", &["--milliseconds", "1"]),
        ("submit", "slow_upload", &["--bytes-per-second", "1000000"]),
        ("inbox", "null_item", &[]),
        ("statuses", "local_timestamps", &[]),
        ("register", "outdated_mailbox", &[]),
        ("register", "expired_certificate", &[]),
        ("submit", "reset", &[]),
        ("inbox", "duplicate_items", &[]),
        ("inbox", "reversed_items", &[]),
        ("message", "receipts_twice", &[]),
        ("message", "receipts_reordered", &[]),
        ("message", "not_handed_over", &[]),
        ("message", "failed_early", &[]),
        ("message", "failed_late", &[]),
        ("message", "forged_receipt", &["--forgery", "tampered"]),
        ("message", "foreign_receipt", &[]),
    ] {
        let words = [
            "practice",
            "faults",
            "plan",
            "--service",
            service,
            "--kind",
            kind,
        ];
        home.run(&[&words, more].concat()).well();
    }
    assert_eq!(home.planned(), 20);
}

#[test]
fn fates_are_given_and_the_end_of_each_message_is_told() {
    let home = Home::new();
    let faults = |words: &[&str]| home.read(&[&["practice", "faults"], words].concat()).out;
    assert_eq!(faults(&["ends"]), "Ingen melding er kommet.\n");
    assert_eq!(
        faults(&[
            "random",
            "--seed",
            "7",
            "--share",
            "0",
            "--final-share",
            "0"
        ]),
        "random: seed 7, share 0.0, final_share 0.0\n"
    );
    let late = "message: failed_late · meldinger: 1\n";
    let plan = ["plan", "--service", "message", "--kind", "failed_late"];
    assert!(faults(&plan).starts_with(late));
    let sent = home.send(DIGIPOST, &[]).well();
    eventually(|| {
        home.run(&["receipts"]).well();
        home.kept(sent["letter"].as_str().unwrap())["state"] == "failed"
    });
    let ends = home.run(&["practice", "faults", "ends"]).well();
    let row = &ends["messages"][0];
    assert_eq!(row["message"], sent["message_id"]);
    assert_eq!(row["expected_end"], "failed");
    assert_eq!(row["accepted_times"], 1);
    let told = faults(&["ends", "--language", "en"]);
    assert!(
        told.ends_with(" · failed_late · failed · taken in: 1, in mailboxes and piles: 1\n"),
        "{told}"
    );

    let auto = ["auto", "--open-share", "0.5", "--post", "--seed", "3"];
    assert!(faults(&auto).ends_with("auto: open_share 0.5, post true, return_share 0.0, seed 3\n"));
    let help = home.read(&["practice", "faults", "--help"]).out;
    assert!(
        help.contains("failed_late") && help.contains("--status 401"),
        "{help}"
    );
    let wrong = home.run(&[
        "practice", "faults", "random", "--seed", "1", "--share", "2",
    ]);
    assert_eq!(wrong.exit, 2);
}

#[test]
fn practice_runs_by_a_faster_clock_when_it_is_asked_to() {
    let home = Home::without_practice();
    let serve = |clock: &str| {
        let mut serve = home.utpost();
        serve
            .args(["practice", "serve", "--until-input-ends", "--json"])
            .env("UTPOST_PRACTICE_CLOCK", clock);
        serve
    };
    let well = told(&mut serve("2026-01-01T00:00:00Zx2"), "");
    assert_eq!(well.exit, 0, "{}", well.err);
    assert!(
        well.err.contains("time runs 2 times as fast"),
        "{}",
        well.err
    );
    let refused = told(&mut serve("2026-01-01T00:00:00Zx0"), "");
    assert_eq!(refused.exit, 2, "{}", refused.err);
}

#[test]
fn a_second_practice_for_one_folder_says_where_the_first_is() {
    let home = Home::new();
    for command in [&["practice", "serve"][..], &["practice", "reset"]] {
        let told = home.run(command).refused("LOCAL_PRACTICE_RUNNING");
        let place = told["error"]["detail"].as_str().unwrap();
        assert!(place.starts_with("https://127.0.0.1:"), "{place}");
    }
}

#[test]
fn reset_says_what_it_means_for_letters_already_sent() {
    let home = Home::without_practice();
    let told = home.read(&["practice", "reset"]).out;
    assert!(told.contains("får ingen flere kvitteringer"), "{told}");
    let told = home
        .read(&["practice", "reset", "--renew", "--language", "en"])
        .out;
    assert!(
        told.contains("get no more receipts") && told.contains("new keys"),
        "{told}"
    );
}

#[test]
fn reset_with_letters_empties_the_practice_ledger_as_well() {
    let mut home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let refused = home.run(&["practice", "reset", "--letters"]);
    refused.refused("LOCAL_PRACTICE_RUNNING");
    assert_eq!(home.letters().len(), 1, "a refused reset removes nothing");

    home.stop_practice();
    let told = home.run(&["practice", "reset", "--letters"]).well();
    assert_eq!(told["letters_removed"], true);
    assert!(home.letters().is_empty());
    let told = home.read(&["practice", "reset", "--letters"]).out;
    assert!(told.contains("er fjernet"), "{told}");

    home.restart_practice();
    home.send(DIGIPOST, &[]).well();
    assert_eq!(home.letters().len(), 1);
}

#[test]
fn reset_with_letters_leaves_other_environments_alone() {
    let home = Home::without_practice();
    let run = |arguments: &[&str]| {
        let mut command = utpost();
        command.args(["--data".as_ref(), home.ledger().as_os_str()]);
        command.args(["--key-file".as_ref(), home.key_file().as_os_str()]);
        answer(command.args(arguments).arg("--json"), "")
    };
    // A production ledger, made by looking at its letters.
    run(&["--environment", "production", "status"]).well();
    let database = home.ledger().join("ledger.db");
    let before = fs::read(&database).unwrap();
    for environment in ["production", "test", "practice"] {
        let reset = ["practice", "reset", "--letters"];
        let words = [&["--environment", environment][..], &reset].concat();
        run(&words).refused("LOCAL_OTHER_ENVIRONMENT");
    }
    assert_eq!(fs::read(&database).unwrap(), before);
}

/// Options that replay an official complete letter at its own date.
fn replayable(test: &str) -> Option<Vec<String>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/conformance");
    let folder = std::env::var_os("UTPOST_CONFORMANCE").map_or(shared, PathBuf::from);
    let folder = folder.join("dpi/complete");
    if !folder.exists() {
        assert!(std::env::var_os("CI").is_none(), "no conformance vectors");
        eprintln!("conformance vectors not found: {test} not run");
        return None;
    }
    let file = |name: &str| text(&folder.join(name));
    let words = [
        "practice",
        "replay",
        "--message",
        &file("digital-forretningsmelding.jwt"),
        "--package",
        &file("digital-dokumentpakke.cms"),
        "--key",
        &file("eksempel.p12"),
        "--issuers",
        &file("digital-signer-chain.pem"),
        "--provider",
        "922020175",
        "--token-issuer",
        "https://ver1.maskinporten.no/",
        "--at",
        "2022-03-16T14:20:00+01:00",
        "--password-file",
    ];
    Some(words.map(str::to_owned).to_vec())
}

fn with_password(home: &Home, mut words: Vec<String>) -> Vec<String> {
    words.push(home.file("passord", "changeit\n"));
    words
}

fn replaced(words: &[String], option: &str, value: &str) -> Vec<String> {
    let mut words = words.to_vec();
    let at = words.iter().position(|word| word == option).unwrap();
    words[at + 1] = value.to_owned();
    words
}

#[test]
fn a_letter_is_checked_again_from_disk_and_told_in_words() {
    let Some(words) = replayable("a replay in words") else {
        return;
    };
    let home = Home::without_practice();
    let words = with_password(&home, words);
    let replay = |words: &[String], language: &str| {
        told(utpost().args(words).args(["--language", language]), "")
    };
    let nb = replay(&words, "nb");
    assert_eq!((nb.exit, nb.err.as_str()), (0, ""), "{nb:?}");
    assert!(
        nb.out
            .contains("kan ikke kontrolleres: nøkkelen til den som utstedte tokenet")
    );
    assert!(nb.out.ends_with("Alt som lot seg kontrollere, holder.\n"));
    let en = replay(&words, "en");
    for debug in ["TokenKeyUnknown", "NoRegister", "ExampleCertificate"] {
        assert!(
            !nb.out.contains(debug) && !en.out.contains(debug),
            "{debug}"
        );
    }
    // Every check has a name in both languages.
    let name = |line: &str| line.chars().take(48).collect::<String>();
    for (nb, en) in nb.out.lines().zip(en.out.lines()) {
        assert_ne!(name(nb), name(en));
    }

    let refused = replay(&replaced(&words, "--provider", "984661185"), "nb");
    assert_eq!((refused.exit, refused.out.as_str()), (7, ""), "{refused:?}");
    let last: Vec<&str> = refused.err.lines().rev().take(4).collect();
    assert!(
        last[0].trim_start().starts_with("REJECTED_BY_REPLAY · "),
        "{last:?}"
    );
    assert!(last[3].starts_with("✗  3 mottakeren i hodet") && last[3].contains("holder ikke: "));
}

#[test]
fn a_file_that_is_missing_is_named() {
    let Some(words) = replayable("a missing file") else {
        return;
    };
    let home = Home::without_practice();
    let words = with_password(&home, words);
    for option in [
        "--message",
        "--package",
        "--key",
        "--password-file",
        "--issuers",
    ] {
        let gone = text(&home.path(&format!("borte{option}")));
        let told = told(utpost().args(replaced(&words, option, &gone)), "");
        assert_eq!(told.exit, 2);
        assert!(
            told.err.contains(&gone) && told.err.contains("INPUT_FILE_MISSING"),
            "{told:?}"
        );
    }
    let nonsense = home.file("tull", "tull");
    let told = told(utpost().args(replaced(&words, "--key", &nonsense)), "");
    assert!(told.err.contains(&nonsense) && told.err.contains("AUTH_CERTIFICATE_FILE"));
}
