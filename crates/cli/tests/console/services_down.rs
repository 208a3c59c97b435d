//! A service that is down, refuses, or loses its answer: the letter is kept, and goes once.

use serde_json::{Value, json};

use crate::home::{ADDRESS, DIGIPOST, EBOKS, Home, RESERVED, SILENT, eventually};

/// A pause longer than anybody waits for: the program gives up at once.
fn status(service: &str, status: u16) -> Value {
    json!({ "service": service, "kind": "status", "status": status, "retry_after": 600 })
}

fn lost(service: &str, kind: &str) -> Value {
    json!({ "service": service, "kind": kind })
}

fn letter_of(answer: &Value) -> String {
    answer["letter"]
        .as_str()
        .expect("the letter is named")
        .to_owned()
}

#[test]
fn a_letter_waits_for_a_silent_register_and_is_never_printed_instead() {
    let home = Home::new();
    home.plan(status("register", 503));
    let refused = home
        .send(DIGIPOST, &["--address", ADDRESS])
        .refused("TEMP_REGISTER_SILENT");
    let letter = letter_of(&refused);
    assert_eq!(home.kept(&letter)["state"], "waiting_for_register");
    assert!(home.accepted().is_empty());

    // It is not forgotten, and nothing leaves before somebody has seen where it goes.
    let outbox = home.run(&["outbox"]).well();
    assert_eq!(outbox["letters"][0]["letter"], letter);
    assert_eq!(outbox["letters"][0]["state"], "waiting_for_register");
    assert!(home.read(&["outbox"]).out.contains(&letter));
    assert!(home.accepted().is_empty());

    // The register is back: the same letter goes on.
    let resumed = home.run(&["resume", &letter]).well();
    assert_eq!(resumed["letter"], letter);
    assert_eq!(resumed["channel"], "DIGITAL");
    assert_eq!(home.accepted().len(), 1);
}

#[test]
fn a_register_that_stays_silent_is_given_up_on_after_some_tries() {
    let home = Home::new();
    let refused = home
        .send(SILENT, &["--address", ADDRESS])
        .refused("TEMP_REGISTER_SILENT");
    assert_eq!(
        home.kept(&letter_of(&refused))["state"],
        "waiting_for_register"
    );
    assert!(home.accepted().is_empty());
}

#[test]
fn a_letter_survives_that_no_token_is_given() {
    let home = Home::new();
    home.plan(status("token", 500));
    let refused = home.send(DIGIPOST, &[]).refused("TEMP_TOKENS_SILENT");
    let letter = letter_of(&refused);
    assert_eq!(home.kept(&letter)["state"], "waiting_for_register");
    assert_eq!(home.letters().len(), 1);
    assert!(home.accepted().is_empty());
}

#[test]
fn a_letter_survives_that_the_print_certificate_is_not_given() {
    let home = Home::new();
    home.plan(status("print_certificate", 503));
    let refused = home
        .send(RESERVED, &["--address", ADDRESS])
        .refused("TEMP_REGISTER_SILENT");
    assert_eq!(home.kept(&letter_of(&refused))["state"], "ready");
    assert!(home.accepted().is_empty());
}

/// What the access point may answer without having taken the letter, and what that means.
#[test]
fn a_letter_the_access_point_did_not_take_stays_in_the_outbox_and_goes_later_unchanged() {
    let home = Home::new();
    let answers = [
        (503, "TEMP_ACCESS_POINT_SILENT"),
        (429, "TEMP_ACCESS_POINT_SILENT"),
        (403, "AUTH_ACCESS_POINT_DENIED"),
        (404, "AUTH_SERVICE_ADDRESS"),
    ];
    for (number, (code, expected)) in answers.into_iter().enumerate() {
        home.plan(status("submit", code));
        let refused = home.send(DIGIPOST, &[]).refused(expected);
        let letter = letter_of(&refused);
        let kept = home.kept(&letter);
        assert_eq!(
            (&kept["state"], &kept["attempts"]),
            (&json!("queued"), &json!(1)),
            "{code}"
        );
        assert_eq!(home.accepted().len(), number);

        // Where the whole agency was denied, it takes a word that it has access again.
        let again: &[&str] = match code {
            403 => &["outbox", "--access-restored"],
            _ => &["outbox"],
        };
        let outbox = home.run(again).well();
        assert_eq!(outbox["letters"][0]["before"], "queued");
        assert_eq!(outbox["letters"][0]["state"], "at_access_point");
        let accepted = home.accepted();
        assert_eq!(accepted.len(), number + 1);
        let there = accepted
            .iter()
            .any(|letter| letter["message"] == kept["message_id"]);
        assert!(there, "sent with the ids it was sealed with");
    }
    // What is through is no longer the outbox's business.
    assert_eq!(home.run(&["outbox"]).well()["letters"], json!([]));
    assert_eq!(home.accepted().len(), answers.len());
}

#[test]
fn a_letter_tried_in_vain_whose_receiver_moved_is_only_given_up_and_made_anew() {
    let mut home = Home::new();
    home.plan(status("submit", 503));
    let pdf = home.letter();
    let send = |home: &Home| {
        let arguments = ["send", &pdf, "--to", DIGIPOST, "--title", "Vedtak"];
        home.run(&arguments)
    };
    let letter = letter_of(&send(&home).refused("TEMP_ACCESS_POINT_SILENT"));
    let sealed = home.kept(&letter)["message_id"].clone();
    home.let_five_minutes_pass();
    home.plan(json!({ "service": "register", "kind": "outdated_mailbox" }));
    // The turned clock is told of on standard error, which no refusal else writes to.
    let refused = |arguments: &[&str]| {
        let answer = home.run(arguments);
        assert_eq!(answer.exit, 3);
        assert_eq!(answer.json["error"]["code"], "REACH_CHANGED_AFTER_TRY");
    };
    refused(&["outbox"]);

    let kept = home.kept(&letter);
    assert_eq!(kept["state"], json!({ "stopped": "channel_changed" }));
    assert_eq!(kept["message_id"], sealed);
    assert_eq!(kept["actions"], json!(["check_status", "cancel"]));
    // Still told by the outbox, with what can be done; nothing else gets it off.
    let told = home.run(&["outbox"]).well();
    assert_eq!(told["letters"][0]["letter"], letter);
    let words = home.read(&["--language", "en", "outbox"]).out;
    assert!(words.contains(&format!("utpost cancel {letter}")));
    assert!(!words.contains("utpost resume"));
    refused(&["resume", &letter]);
    home.run(&["status", &letter]).well();
    assert!(home.accepted().is_empty());

    // It does not stand in the way of the one made in its place.
    send(&home).well();
    let given_up = home.run(&["cancel", &letter]).well();
    assert_eq!(given_up["state"], "cancelled");
    assert_eq!(home.accepted().len(), 1);
}

#[test]
fn a_lost_answer_is_never_resent_blindly() {
    for (kind, already_there) in [("lose_after", 1), ("lose_before", 0)] {
        let home = Home::new();
        home.plan(lost("submit", kind));
        let refused = home.send(DIGIPOST, &[]).refused("UNCERTAIN_ANSWER_LOST");
        let letter = letter_of(&refused);
        let kept = home.kept(&letter);
        assert_eq!(kept["state"], "uncertain");
        assert_eq!(home.accepted().len(), already_there);

        // While nobody answers what became of it, it is not offered again.
        home.plan(status("statuses", 503));
        home.run(&["outbox"]).refused("TEMP_ACCESS_POINT_SILENT");
        assert_eq!(home.kept(&letter)["state"], "uncertain");
        assert_eq!(home.accepted().len(), already_there);

        home.run(&["outbox"]).well();
        home.run(&["outbox"]).well();
        let accepted = home.accepted();
        assert_eq!(accepted.len(), 1, "exactly one letter");
        assert_eq!(accepted[0]["message"], kept["message_id"]);
        let after = home.kept(&letter);
        let attempts = 2 - already_there;
        assert_eq!(after["attempts"], attempts, "{kind}");
        assert_eq!(after["fingerprint"], kept["fingerprint"], "the same parcel");
    }
}

#[test]
fn a_gateways_answer_proves_nothing() {
    let home = Home::new();
    home.plan(status("submit", 502));
    let refused = home.send(DIGIPOST, &[]).refused("UNCERTAIN_ANSWER_LOST");
    assert_eq!(home.kept(&letter_of(&refused))["state"], "uncertain");
    home.run(&["outbox"]).well();
    assert_eq!(home.accepted().len(), 1);
}

#[test]
fn a_refusal_is_final() {
    let home = Home::new();
    for (code, expected) in [
        (400, "REJECTED_BY_ACCESS_POINT"),
        (413, "REJECTED_TOO_LARGE"),
    ] {
        home.plan(status("submit", code));
        let refused = home.send(DIGIPOST, &[]).refused(expected);
        assert_eq!(home.kept(&letter_of(&refused))["state"], "refused");
    }
    assert_eq!(home.run(&["outbox"]).well()["letters"], json!([]));
    assert!(home.accepted().is_empty());
    assert_eq!(home.letters().len(), 2);
}

#[test]
fn a_token_that_ran_out_is_fetched_anew_once() {
    let home = Home::new();
    home.plan(status("submit", 401));
    let sent = home.send(DIGIPOST, &[]).well();
    assert_eq!(
        (&sent["state"], &sent["attempts"]),
        (&json!("at_access_point"), &json!(2))
    );
    home.plan(status("submit", 401));
    home.plan(status("submit", 401));
    home.send(DIGIPOST, &[]).refused("AUTH_ACCESS_POINT_DENIED");
    assert_eq!(home.accepted().len(), 1);
}

#[test]
fn one_letter_that_cannot_go_does_not_hold_up_the_next() {
    let home = Home::new();
    home.plan(status("submit", 503));
    let first = home.send(DIGIPOST, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    home.plan(status("submit", 503));
    let second = home.send(EBOKS, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    home.plan(status("submit", 503));
    let outbox = home.run(&["outbox"]).refused("TEMP_ACCESS_POINT_SILENT");
    assert_eq!(outbox["letters"].as_array().unwrap().len(), 2);
    assert_eq!(home.kept(&letter_of(&first))["state"], "queued");
    assert_eq!(home.kept(&letter_of(&second))["state"], "at_access_point");
}

#[test]
fn receipts_that_cannot_be_fetched_or_marked_come_once_all_the_same() {
    let home = Home::new();
    let sent = home.send(DIGIPOST, &[]).well();
    home.plan(status("inbox", 503));
    home.run(&["receipts"]).refused("TEMP_ACCESS_POINT_SILENT");
    home.plan(lost("read", "lose_before"));
    eventually(|| {
        let _ = home.run(&["receipts"]);
        home.planned() == 0
    });
    let _ = home.run(&["receipts"]);
    let kept = home.kept(&letter_of(&sent));
    assert_eq!(kept["state"], "delivered");
    let receipts = kept["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 1);
    assert!(receipts[0]["acknowledged_at"].is_string());
}

#[test]
fn a_practice_that_starts_again_elsewhere_goes_on_where_it_was() {
    let mut home = Home::new();
    home.plan(status("submit", 503));
    let refused = home.send(DIGIPOST, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    home.restart_practice();
    home.run(&["outbox"]).well();
    assert_eq!(home.kept(&letter_of(&refused))["state"], "at_access_point");
}

#[test]
fn doctor_names_the_service_that_is_down() {
    let home = Home::new();
    let well = home.run(&["doctor"]).well();
    assert!(
        well["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["ok"] == true)
    );
    let services = [
        ("token", "token service", "TEMP_TOKENS_SILENT"),
        (
            "print_certificate",
            "contact register",
            "TEMP_REGISTER_SILENT",
        ),
        ("inbox", "access point", "TEMP_ACCESS_POINT_SILENT"),
    ];
    for (service, check, code) in services {
        home.plan(status(service, 503));
        let told = home.run(&["doctor"]).refused(code);
        let checks = told["checks"].as_array().unwrap();
        let failed = checks
            .iter()
            .filter(|check| check["ok"] == false)
            .collect::<Vec<_>>();
        assert_eq!(failed[0]["check"], check);
        assert_eq!(failed[0]["failure"]["error"]["code"], code);
        let in_words = home.read(&["doctor"]);
        let good = in_words
            .out
            .lines()
            .filter(|line| line.starts_with('✓'))
            .count();
        assert_eq!((in_words.exit, good), (0, checks.len()));
    }
}
