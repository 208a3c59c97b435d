//! One instance for each data folder; books and authority outlive it.

use crate::support::{Bench, CONTACT, Content, Letter, SEND, quick, sign};
use serde_json::{Value, json};
use utpost_practice::{
    DIGIPOST, Endpoints, Practice, PracticeOptions, ResetAuthority, StartFault, reset,
};

const MAILBOX: &str = "rask.elveos#5949";

#[test]
fn a_second_instance_is_refused_and_told_where_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = Practice::start(quick(folder.path())).unwrap();
    let second = Practice::start(quick(folder.path())).map(drop).unwrap_err();
    let StartFault::AlreadyRunning { base_url } = second else {
        panic!("{second}")
    };
    assert_eq!(base_url, first.base_url());
    let emptied = reset(folder.path(), ResetAuthority::Keep).unwrap_err();
    assert!(matches!(emptied, StartFault::AlreadyRunning { .. }));
}

#[test]
fn the_endpoints_file_is_there_while_the_instance_runs_and_gone_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let practice = Practice::start(quick(folder.path())).unwrap();
    let found = Endpoints::load(folder.path()).unwrap();
    assert_eq!(found.base_url, practice.base_url());
    assert_eq!(found.pid, std::process::id());
    assert!(found.agency_p12.exists() && found.agency_p12_password_file.exists());
    practice.shutdown().unwrap();
    assert!(Endpoints::load(folder.path()).is_err());
}

#[test]
fn an_endpoints_file_left_by_a_killed_instance_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("endpoints.json"), b"{}").unwrap();
    let practice = Practice::start(quick(folder.path())).unwrap();
    assert_eq!(
        Endpoints::load(folder.path()).unwrap().base_url,
        practice.base_url()
    );
}

#[test]
fn a_taken_port_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = PracticeOptions {
        port,
        ..quick(folder.path())
    };
    let fault = Practice::start(options).map(drop).unwrap_err();
    assert!(matches!(fault, StartFault::Port { port: reported, .. } if reported == port));
}

#[cfg(unix)]
#[test]
fn keys_and_books_are_readable_by_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _practice = Practice::start(quick(folder.path())).unwrap();
    for name in [
        "agency.p12",
        "310702641.key.pem",
        "endpoints.json",
        "books/journal.jsonl",
    ] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
fn a_restart_keeps_letters_and_unread_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let content = Content::Digital {
        mailbox: MAILBOX,
        opening: false,
    };
    let ids = bench.send(&Letter {
        receiver: DIGIPOST,
        content,
    });
    let before = bench.receipts(1);
    bench.practice.shutdown().unwrap();

    let bench = Bench::start(folder.path());
    assert_eq!(bench.receipts(1), before);
    let statuses: Value = bench.statuses(ids.message).json().unwrap();
    assert_eq!(statuses[0]["status"], "OPPRETTET");
    assert_eq!(statuses[1]["status"], "SENDT");
}

#[test]
fn a_letter_that_was_on_its_way_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let never = std::time::Duration::from_secs(3600);
    let bench = Bench::with(PracticeOptions {
        sent_after: never,
        ..quick(folder.path())
    });
    // Tokens are of the instance that issued them, also for the mailbox: the port must stay.
    let port = bench
        .practice
        .base_url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let content = Content::Digital {
        mailbox: MAILBOX,
        opening: false,
    };
    bench.send(&Letter {
        receiver: DIGIPOST,
        content,
    });
    bench.practice.shutdown().unwrap();

    let bench = Bench::with(PracticeOptions {
        port,
        ..quick(folder.path())
    });
    let receipt = &bench.receipts(1)[0]["standardBusinessDocument"];
    assert!(receipt.get("leveringskvittering").is_some(), "{receipt}");
}

#[test]
fn reset_empties_the_books_and_keeps_or_renews_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let content = Content::Digital {
        mailbox: MAILBOX,
        opening: false,
    };
    bench.send(&Letter {
        receiver: DIGIPOST,
        content,
    });
    bench.receipts(1);
    bench.practice.shutdown().unwrap();
    let root = || std::fs::read(folder.path().join("ca.pem")).unwrap();
    let first = root();

    reset(folder.path(), ResetAuthority::Keep).unwrap();
    let bench = Bench::start(folder.path());
    assert_eq!(root(), first);
    assert!(bench.inbox("").is_empty());
    bench.practice.shutdown().unwrap();

    reset(folder.path(), ResetAuthority::Renew).unwrap();
    let bench = Bench::start(folder.path());
    assert_ne!(root(), first);
    assert!(!bench.token(SEND).is_empty());
}

#[test]
fn answers_are_dated_by_the_clock_of_the_instance() {
    let folder = tempfile::tempdir().unwrap();
    let then: jiff::Timestamp = "2026-09-01T08:15:30Z".parse().unwrap();
    let now = std::sync::Arc::new(move || then);
    let bench = Bench::with(PracticeOptions {
        now,
        ..quick(folder.path())
    });
    let mut claims = bench.claims(CONTACT);
    let now = jiff::Timestamp::now().as_second();
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 100));
    let answer = bench.ask_token(&bench.grant(&claims));
    assert_eq!(answer.headers()["date"], "Tue, 01 Sep 2026 08:15:30 GMT");
    let text: Value = answer.json().unwrap();
    assert_eq!(text["error"], json!("invalid_grant"));
}

#[test]
fn everything_is_judged_and_stamped_by_the_clock_of_the_instance() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = jiff::SignedDuration::from_hours(40 * 24);
    let bench = Bench::with(PracticeOptions {
        now: std::sync::Arc::new(move || jiff::Timestamp::now() + ahead),
        ..quick(folder.path())
    });
    let letter = Letter {
        receiver: DIGIPOST,
        content: Content::Digital {
            mailbox: MAILBOX,
            opening: false,
        },
    };
    // Dated by the machine's clock, forty days ago here: the token is good, the letter too old.
    let late = bench.send(&letter);
    let receipt = &bench.receipts(1)[0]["standardBusinessDocument"]["feil"];
    assert_eq!(
        receipt["detaljer"],
        "the message's date is too old or in the future"
    );
    let stamp = receipt["tidspunkt"].as_str().unwrap();
    let stamp: jiff::Timestamp = stamp.parse().unwrap();
    assert!(stamp > jiff::Timestamp::now() + jiff::SignedDuration::from_hours(39 * 24));

    let token = bench.token(SEND);
    let (ids, message, package) = letter.make(&bench, &token);
    let digest = openssl::sha::sha256(&package);
    drop(message);
    let mut message = letter.message(ids, &token, &digest);
    let made = "/standardBusinessDocument/standardBusinessDocumentHeader/documentIdentification/creationDateAndTime";
    let now = jiff::Timestamp::now() + ahead;
    *message.pointer_mut(made).unwrap() = json!(now.to_string());
    let answer = bench.submit(&token, sign(&message, &bench.own), package);
    assert_eq!(answer.unwrap().status(), 201);
    let kind = &bench.receipts(2)[1]["standardBusinessDocument"]["leveringskvittering"];
    assert!(kind.is_object());
    let statuses: Value = bench.statuses(late.message).json().unwrap();
    let stamp: jiff::Timestamp = statuses[0]["timestamp"].as_str().unwrap().parse().unwrap();
    assert!(stamp > jiff::Timestamp::now());
}

#[test]
fn a_grant_may_be_older_by_a_second_of_the_machine_where_time_runs_faster() {
    let folder = tempfile::tempdir().unwrap();
    let then = jiff::Timestamp::now();
    for (pace, error) in [(1, json!("invalid_grant")), (60, Value::Null)] {
        let bench = Bench::with(PracticeOptions {
            now: std::sync::Arc::new(move || then),
            pace,
            ..quick(folder.path())
        });
        let mut claims = bench.claims(CONTACT);
        let made = then.as_second() - 50;
        (claims["iat"], claims["exp"]) = (json!(made), json!(made + 100));
        let answer: Value = bench.ask_token(&bench.grant(&claims)).json().unwrap();
        assert_eq!(answer["error"], error, "at {pace}");
    }
}
