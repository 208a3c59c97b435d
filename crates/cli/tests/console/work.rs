//! Working through a plan without a window.

use serde_json::{Value, json};

use crate::home::{Answer, CURIOUS, DIGIPOST, EBOKS, Home};
use crate::ledger::elsewhere;

/// A plan of one letter to each.
fn plan(home: &Home, citizens: &[&str]) -> String {
    let file = home.letter();
    let lines = citizens.iter().map(|citizen| {
        json!({ "key": citizen, "file": file, "to": citizen, "title": "Vedtak" }).to_string()
    });
    home.file("plan.jsonl", lines.collect::<Vec<_>>().join("\n"))
}

fn states(told: &Value) -> Vec<&Value> {
    let letters = told["letters"].as_array().unwrap();
    letters.iter().map(|letter| &letter["state"]).collect()
}

fn faults(home: &Home, words: &[&str]) {
    home.run(&[&["practice", "faults"], words].concat()).well();
}

#[test]
fn a_plan_goes_on_in_a_ledger_brought_back_once_it_is_known_what_became_of_its_letters() {
    let home = Home::new();
    home.plan(json!({ "service": "submit", "kind": "lose_before" }));
    home.send(DIGIPOST, &[]).refused("UNCERTAIN_ANSWER_LOST");
    let (backup, passphrase) = (
        home.path("backup").display().to_string(),
        home.file("passphrase", "fire hester i en fjord\n"),
    );
    let with = |what: &'static str| {
        [
            "ledger",
            what,
            backup.as_str(),
            "--passphrase-file",
            passphrase.as_str(),
        ]
        .map(str::to_owned)
    };
    let words = with("backup");
    home.run(&words.each_ref().map(String::as_str)).well();
    let words = with("restore");
    elsewhere(&home, &words.each_ref().map(String::as_str)).well();

    let plan = plan(&home, &[CURIOUS, EBOKS]);
    let work = || -> Answer { elsewhere(&home, &["work", "--until-idle", "--plan", &plan]) };
    let silent = [
        "--service",
        "statuses",
        "--kind",
        "status",
        "--status",
        "503",
        "--retry-after",
        "600",
    ];
    faults(
        &home,
        &[&["plan"], &silent[..], &["--times", "1000"]].concat(),
    );
    let told = work().refused("LOCAL_OUTBOX_FROZEN");
    assert_eq!(told["ended"], "stands_still");
    assert_eq!(told["restored"], json!({ "asked": 1, "unanswered": 1 }));
    assert_eq!(told["letters"].as_array().unwrap().len(), 2);
    assert!(
        home.accepted().is_empty(),
        "nothing goes while it is not known"
    );

    faults(&home, &["clear"]);
    let told = work().well();
    assert_eq!(told["restored"], json!({ "asked": 1, "unanswered": 0 }));
    assert_eq!(states(&told), ["delivered", "delivered"]);
    // The letter of before waits for the clerk's word.
    assert_eq!(home.accepted().len(), 2);
    assert!(work().well()["restored"].is_null());
}

#[test]
fn a_denied_agency_ends_the_work_with_all_letters_told_of_and_goes_on_when_access_is_restored() {
    let home = Home::new();
    let plan = plan(&home, &[DIGIPOST, EBOKS]);
    let work = |more: &[&str]| {
        home.run(&[&["work", "--until-idle", "--plan", plan.as_str()], more].concat())
    };
    faults(
        &home,
        &[
            "plan",
            "--service",
            "submit",
            "--kind",
            "status",
            "--status",
            "403",
            "--times",
            "2",
        ],
    );
    let told = work(&[]).refused("AUTH_SENDING_HALTED");
    assert_eq!(told["ended"], "stands_still");
    assert_eq!(told["letters"].as_array().unwrap().len(), 2);
    assert!(home.accepted().is_empty());
    // Nothing is tried before somebody says so.
    work(&[]).refused("AUTH_SENDING_HALTED");
    let told = work(&["--access-restored"]);
    // Both letters may have been denied, or one of them twice.
    let told = match told.exit {
        0 => told.well(),
        _ => work(&["--access-restored"]).well(),
    };
    assert_eq!(states(&told), ["delivered", "delivered"]);
    assert_eq!(home.accepted().len(), 2);
}
