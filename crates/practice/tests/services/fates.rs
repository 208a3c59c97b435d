//! What messages meet on their way, by plan and by seed, and the end that is written down for each.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::support::{Bench, Content, Ids, Letter, MAILBOX, SEND, package, payload, sign};
use openssl::ssl::{SslConnector, SslMethod, SslStream};
use openssl::x509::X509;
use reqwest::Method;
use serde_json::{Value, json};
use utpost_practice::{DIGIPOST, End, MessageEnd, PRINT, PracticeOptions};
use uuid::Uuid;

const LETTER: Letter<'static> = Letter {
    receiver: DIGIPOST,
    content: Content::Digital {
        mailbox: "rask.elveos#5949",
        opening: true,
    },
};
const PAPER: Letter<'static> = Letter {
    receiver: PRINT,
    content: Content::Print {
        name: "Reservert Granskog",
        handling: "MAKULERING_MED_MELDING",
    },
};

fn plan(bench: &Bench, order: Value) {
    bench.press("/faults", Some(order));
}

/// The next message meets this.
fn fated(bench: &Bench, kind: Value) {
    let mut order = kind;
    order["service"] = json!("message");
    order["times"] = json!(1);
    plan(bench, order);
}

fn rows(bench: &Bench) -> Vec<MessageEnd> {
    let answer = bench.control(Method::GET, "/messages", None);
    answer.json().unwrap()
}

fn row(bench: &Bench, message: Uuid) -> MessageEnd {
    let found = rows(bench).into_iter().find(|row| row.message == message);
    found.unwrap()
}

/// The row of a message when nothing more happens to it unasked.
fn settled(bench: &Bench, message: Uuid) -> MessageEnd {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let row = row(bench, message);
        if row.expected_end.is_some() {
            return row;
        }
        assert!(std::time::Instant::now() < until, "{row:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn kinds(row: &MessageEnd) -> Vec<&str> {
    let issued = row.receipts_issued.iter();
    issued.map(|receipt| receipt.kind.as_str()).collect()
}

/// Offers a message of these ids until it is taken: `None` for a call without an answer.
fn offer_until_taken(bench: &Bench, ids: Ids) -> Vec<Option<u16>> {
    let certificate = bench
        .at()
        .ca_file
        .with_file_name(format!("{DIGIPOST}.cert.pem"));
    let certificate = X509::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
    let whole = package::make(&bench.own, Some("rask.elveos#5949"));
    let package = package::encrypt(&whole, &certificate);
    let mut answers = Vec::new();
    while answers.last() != Some(&Some(201)) && answers.len() < 5 {
        let token = bench.token(SEND);
        let message = LETTER.message(ids, &token, &openssl::sha::sha256(&package));
        let answer = bench.submit(&token, sign(&message, &bench.own), package.clone());
        answers.push(answer.ok().map(|answer| answer.status().as_u16()));
    }
    answers
}

#[test]
fn what_heals_is_met_once_and_the_letter_is_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let status = |status| json!({ "kind": "status", "status": status });
    for (kind, answers) in [
        (json!({ "kind": "lose_before" }), vec![None, Some(201)]),
        (json!({ "kind": "reset" }), vec![None, Some(201)]),
        (
            json!({ "kind": "delay", "milliseconds": 50 }),
            vec![Some(201)],
        ),
        (status(401), vec![Some(401), Some(201)]),
        (status(408), vec![Some(408), Some(201)]),
        (status(429), vec![Some(429), Some(201)]),
        (status(500), vec![Some(500), Some(201)]),
        (status(502), vec![Some(502), Some(201)]),
        (status(503), vec![Some(503), Some(201)]),
    ] {
        fated(&bench, kind.clone());
        let ids = Ids::new();
        assert_eq!(offer_until_taken(&bench, ids), answers, "{kind}");
        let row = settled(&bench, ids.message);
        assert_eq!((row.met, row.accepted_times), (1, 1), "{row:?}");
        assert!(!row.sender_at_fault, "{row:?}");
        assert_eq!(row.conversation, Some(ids.conversation));
        assert_eq!(row.fate.as_ref().unwrap()["kind"], kind["kind"]);
        // Another message meets nothing.
        assert_eq!(offer_until_taken(&bench, Ids::new()), [Some(201)]);
    }
}

#[test]
fn a_message_whose_answer_was_lost_is_in_and_a_second_offer_of_it_is_a_duplicate() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    fated(&bench, json!({ "kind": "lose_after" }));
    let ids = Ids::new();
    let answers = offer_until_taken(&bench, ids);
    assert_eq!(&answers[..2], [None, Some(400)]);
    assert_eq!(bench.statuses(ids.message).status(), 200);
    let row = settled(&bench, ids.message);
    assert_eq!((row.accepted_times, row.sender_at_fault), (1, false));
    // A refusal after it was taken does not end it.
    assert_eq!(row.expected_end, Some(End::Delivered));
    assert!(row.refusals.contains(&400));
}

#[test]
fn a_message_that_is_refused_for_good_is_refused_at_every_offer() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    for status in [400, 413] {
        fated(&bench, json!({ "kind": "status", "status": status }));
        let ids = Ids::new();
        assert_eq!(offer_until_taken(&bench, ids), [Some(status); 5]);
        assert_eq!(bench.statuses(ids.message).status(), 404);
        let row = row(&bench, ids.message);
        assert_eq!((row.met, row.accepted_times), (5, 0));
        assert_eq!(row.expected_end, Some(End::Refused));
        assert_eq!(row.refusals, [status; 5]);
        assert!(!row.sender_at_fault);
    }
}

#[test]
fn a_message_broken_by_its_own_sender_ends_refused_and_one_without_a_valid_token_is_not_over() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    let ids = Ids::new();
    let mut message = LETTER.message(ids, &token, &openssl::sha::sha256(b"p"));
    message["standardBusinessDocument"]["digital"]["spraak"] = json!("norsk");
    let answer = bench.submit(&token, sign(&message, &bench.own), b"p".to_vec());
    assert_eq!(answer.unwrap().status(), 400);
    let broken = row(&bench, ids.message);
    assert_eq!(broken.expected_end, Some(End::Refused), "{broken:?}");
    assert!(broken.sender_at_fault);
    fated(&bench, json!({ "kind": "status", "status": 503 }));
    let waiting = Ids::new();
    let message = LETTER.message(waiting, &token, &openssl::sha::sha256(b"p"));
    let answer = bench.submit(&token, sign(&message, &bench.own), b"p".to_vec());
    assert_eq!(answer.unwrap().status(), 503);
    let row = row(&bench, waiting.message);
    assert_eq!((row.expected_end, row.sender_at_fault), (None, false));
    // Nor does one that comes with a token that is not believed say anything of its sender.
    let ids = Ids::new();
    let message = LETTER.message(ids, "expired", &openssl::sha::sha256(b"p"));
    let answer = bench.submit("expired", sign(&message, &bench.own), b"p".to_vec());
    assert_eq!(answer.unwrap().status(), 401);
    let mut rows = rows(&bench).into_iter();
    assert!(!rows.any(|row| row.message == ids.message && row.sender_at_fault));
}

#[test]
fn what_practices_own_checks_find_wrong_is_the_senders_fault_whatever_the_fate() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    // It cannot be opened: once it is there, as such, and beside a fault of the supplier's.
    let wrongly_sealed = || {
        let token = bench.token(SEND);
        let ids = Ids::new();
        let message = LETTER.message(ids, &token, &openssl::sha::sha256(b"p"));
        let answer = bench.submit(&token, sign(&message, &bench.own), b"p".to_vec());
        assert_eq!(answer.unwrap().status(), 201);
        settled(&bench, ids.message)
    };
    let letter = |receiver, mailbox| Letter {
        receiver,
        content: Content::Digital {
            mailbox,
            opening: false,
        },
    };
    let plain = wrongly_sealed();
    assert_eq!(plain.fate, None);
    fated(&bench, json!({ "kind": "failed_early" }));
    let early = wrongly_sealed();
    assert!(early.fate.is_some());
    let nobodys = letter(DIGIPOST, "ingen.av.disse#0000");
    let nobodys = settled(&bench, bench.send(&nobodys).message);
    let at_the_print_shop = letter(PRINT, "rask.elveos#5949");
    let misdirected = settled(&bench, bench.send(&at_the_print_shop).message);
    let wrong = [plain, early, nobodys, misdirected];
    for row in &wrong {
        assert_eq!(row.expected_end, Some(End::Failed), "{row:?}");
        assert!(row.sender_at_fault, "{row:?}");
    }
    let right = settled(&bench, bench.send(&LETTER).message);
    assert!(!right.sender_at_fault);
    // It is in the books.
    let before = rows(&bench);
    bench.practice.shutdown().unwrap();
    assert_eq!(rows(&Bench::start(folder.path())), before);
}

#[test]
fn an_upload_that_breaks_off_is_no_refusal_and_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    let ids = Ids::new();
    let package = b"p".to_vec();
    let message = LETTER.message(ids, &token, &openssl::sha::sha256(&package));
    let message = sign(&message, &bench.own);
    let begun = format!(
        "--b\r\nContent-Disposition: form-data; name=\"forretningsmelding\"\r\n\r\n{message}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"dokumentpakke\"\r\n\r\npart of it"
    );
    // Less than was announced: the sender was killed.
    let head = format!(
        "Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n",
        begun.len() + 1000
    );
    let mut line = secured(&bench);
    let call = format!("POST /dpi/messages/out HTTP/1.1\r\nHost: practice\r\n{head}\r\n{begun}");
    line.write_all(call.as_bytes()).unwrap();
    line.shutdown().unwrap();
    // Until practice has seen the end of it.
    let _ = line.get_ref().shutdown(std::net::Shutdown::Write);
    let _ = line.read_to_end(&mut Vec::new());
    assert_eq!(rows(&bench), []);
    // An upload that is damaged though it is all there is.
    let damaged = bench
        .http
        .post(format!("{}/messages/out", bench.at().access_point_base))
        .bearer_auth(&token)
        .header("Content-Type", "multipart/form-data; boundary=b")
        .body(begun)
        .send()
        .unwrap();
    assert_eq!(damaged.status(), 400);
    assert!(row(&bench, ids.message).sender_at_fault);
}

#[test]
fn an_upload_can_be_reset_in_its_middle() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let submit = |kind| json!({ "service": "submit", "times": 1, "kind": kind });
    plan(&bench, submit("reset"));
    let reset = Some(io::ErrorKind::ConnectionReset);
    assert_eq!(broken_off(&bench, 200_000), reset);
    // One that is read to its end and closed in order shows otherwise.
    plan(&bench, submit("lose_before"));
    assert_ne!(broken_off(&bench, 150_000), reset);
}

/// How a connection ends without an answer, when 150 000 bytes are sent of an upload that was
/// announced as so large; `None` when TCP itself ends in order.
fn broken_off(bench: &Bench, announced: usize) -> Option<io::ErrorKind> {
    let address = bench.practice.base_url().strip_prefix("https://").unwrap();
    let mut tls = secured(bench);
    let head = format!(
        "POST /dpi/messages/out HTTP/1.1\r\nHost: {address}\r\nContent-Length: {announced}\r\n\r\n"
    );
    tls.write_all(head.as_bytes()).unwrap();
    if tls.write_all(&[b'x'; 150_000]).is_err() {
        // The reset came while there was still something to write.
        return Some(io::ErrorKind::ConnectionReset);
    }
    let mut answer = Vec::new();
    let ended = tls.read_to_end(&mut answer);
    assert_eq!(answer, b"");
    let fault = ended.err()?;
    let mut cause: Option<&(dyn Error + 'static)> = Some(&fault);
    while let Some(fault) = cause {
        let kind = fault.downcast_ref::<io::Error>().map(io::Error::kind);
        if let Some(kind) = kind.filter(|kind| *kind != io::ErrorKind::Other) {
            return Some(kind);
        }
        cause = fault.source();
    }
    None
}

/// A connection to practice by hand.
fn secured(bench: &Bench) -> SslStream<TcpStream> {
    let address = bench.practice.base_url().strip_prefix("https://").unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    let root = std::fs::read(&bench.at().ca_file).unwrap();
    let root = X509::from_pem(&root).unwrap();
    connector.cert_store_mut().add_cert(root).unwrap();
    let line = TcpStream::connect(address).unwrap();
    connector.build().connect("127.0.0.1", line).unwrap()
}

#[test]
fn what_happens_behind_the_access_point_ends_as_it_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    const DELIVERED: &str = "leveringskvittering";
    const TAKEN: &str = "mottakskvittering";
    const FAILED: &str = "feil";
    for (kind, letter, receipts, end) in [
        (
            "receipts_reordered",
            &LETTER,
            &[DELIVERED][..],
            End::Delivered,
        ),
        ("receipts_reordered", &PAPER, &[TAKEN], End::PrintAccepted),
        (
            "receipts_twice",
            &LETTER,
            &[DELIVERED, DELIVERED],
            End::Delivered,
        ),
        (
            "receipts_twice",
            &PAPER,
            &[TAKEN, TAKEN],
            End::PrintAccepted,
        ),
        ("not_handed_over", &LETTER, &[], End::Failed),
        ("not_handed_over", &PAPER, &[], End::Failed),
        ("failed_early", &LETTER, &[FAILED], End::Failed),
        ("failed_early", &PAPER, &[FAILED], End::Failed),
        ("failed_late", &LETTER, &[DELIVERED, FAILED], End::Failed),
        ("failed_late", &PAPER, &[TAKEN, FAILED], End::Failed),
        (
            "forged_receipt",
            &LETTER,
            &[FAILED, DELIVERED],
            End::Delivered,
        ),
        (
            "forged_receipt",
            &PAPER,
            &[FAILED, TAKEN],
            End::PrintAccepted,
        ),
        (
            "foreign_receipt",
            &LETTER,
            &[DELIVERED, DELIVERED],
            End::Delivered,
        ),
        (
            "foreign_receipt",
            &PAPER,
            &[DELIVERED, TAKEN],
            End::PrintAccepted,
        ),
    ] {
        fated(&bench, json!({ "kind": kind }));
        let row = settled(&bench, bench.send(letter).message);
        assert_eq!(kinds(&row), receipts, "{kind}");
        assert!(!row.sender_at_fault, "{kind}");
        assert_eq!((row.expected_end, row.accepted_times), (Some(end), 1));
    }
}

#[test]
fn a_forged_receipt_is_to_be_read_and_one_of_a_foreign_conversation_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    fated(
        &bench,
        json!({ "kind": "forged_receipt", "forgery": "tampered" }),
    );
    let forged = settled(&bench, bench.send(&LETTER).message);
    fated(&bench, json!({ "kind": "foreign_receipt" }));
    let foreign = settled(&bench, bench.send(&LETTER).message);
    let issued = |row: &MessageEnd| {
        let issued = row.receipts_issued.iter();
        let facts = issued.map(|one| (one.forged.clone(), one.to_be_read));
        facts.collect::<Vec<_>>()
    };
    assert_eq!(
        issued(&forged),
        [(Some("tampered".to_owned()), true), (None, true)]
    );
    assert_eq!(
        issued(&foreign),
        [
            (Some("unknown_conversation".to_owned()), false),
            (None, true)
        ]
    );
    let receipt = forged.receipts_issued[0].receipt;
    assert_eq!(forged.receipts_issued[0].read_at, None);
    assert_eq!(bench.read(&receipt.to_string()), 200);
    let read = row(&bench, forged.message).receipts_issued;
    assert!(read[0].read_at.is_some() && read[1].read_at.is_none());
}

#[test]
fn a_receipt_may_be_there_before_the_letter_is_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    for kind in ["receipts_reordered", "failed_early"] {
        fated(&bench, json!({ "kind": kind }));
        let message = bench.send(&LETTER).message;
        settled(&bench, message);
        let books: Value = bench.control(Method::GET, "/books", None).json().unwrap();
        let order: Vec<&str> = books["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["message"] == message.to_string())
            .map(|entry| entry["entry"].as_str().unwrap())
            .collect();
        assert_eq!(
            order,
            ["fated", "accepted", "receipt", "judged", "transport"]
        );
    }
}

#[test]
fn reordered_receipts_come_with_the_last_one_first() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    plan(
        &bench,
        json!({ "auto": { "open_share": 1.0, "post": true, "return_share": 1.0 } }),
    );
    fated(&bench, json!({ "kind": "receipts_reordered" }));
    let digital = settled(&bench, bench.send(&LETTER).message);
    assert_eq!(
        kinds(&digital),
        ["aapningskvittering", "leveringskvittering"]
    );
    assert_eq!(digital.expected_end, Some(End::Opened));
    fated(&bench, json!({ "kind": "receipts_reordered" }));
    let print = settled(&bench, bench.send(&PAPER).message);
    assert_eq!(
        kinds(&print),
        [
            "leveringskvittering",
            "mottakskvittering",
            "returpostkvittering"
        ]
    );
    assert_eq!(print.expected_end, Some(End::Returned));
}

#[test]
fn items_of_the_inbox_come_twice_reversed_and_without_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let first = bench.send(&LETTER).conversation;
    bench.receipts(1);
    let second = bench.send(&LETTER).conversation;
    bench.receipts(2);
    let conversations = || -> Vec<Uuid> {
        let items = bench.inbox("");
        let receipts = items.iter().map(|item| item["forretningsmelding"].as_str());
        receipts
            .map(|signed| {
                let path = "/standardBusinessDocument/standardBusinessDocumentHeader/businessScope/scope/0/instanceIdentifier";
                let receipt = payload(signed.unwrap());
                receipt.pointer(path).unwrap().as_str().unwrap().parse().unwrap()
            })
            .collect()
    };
    let inbox = |kind| {
        plan(
            &bench,
            json!({ "service": "inbox", "times": 1, "kind": kind }),
        )
    };
    inbox("duplicate_items");
    assert_eq!(conversations(), [first, first, second, second]);
    inbox("reversed_items");
    assert_eq!(conversations(), [second, first]);
    assert_eq!(conversations(), [first, second]);

    fated(&bench, json!({ "kind": "null_item" }));
    let third = settled(&bench, bench.send(&LETTER).message);
    assert_eq!(third.met, 0);
    let items = bench.inbox("");
    assert_eq!(
        (items.len(), &items[0]["forretningsmelding"]),
        (4, &Value::Null)
    );
    assert_eq!(bench.inbox("").len(), 3);
    assert_eq!(row(&bench, third.message).met, 1);

    fated(&bench, json!({ "kind": "receipts_twice" }));
    let twice = settled(&bench, bench.send(&LETTER).message);
    assert_eq!(bench.inbox("").len(), 3 + 4);
    bench.read(&twice.receipts_issued[0].receipt.to_string());
    assert_eq!(bench.inbox("").len(), 3 + 2);
}

#[test]
fn a_message_may_have_local_timestamps_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    fated(&bench, json!({ "kind": "local_timestamps" }));
    let ids = bench.send(&LETTER);
    let stamp = || {
        let statuses: Value = bench.statuses(ids.message).json().unwrap();
        statuses[0]["timestamp"].as_str().unwrap().to_owned()
    };
    assert!(stamp().parse::<jiff::Timestamp>().is_err());
    assert!(stamp().parse::<jiff::Timestamp>().is_ok());
}

#[test]
fn a_letter_to_a_mailbox_that_was_closed_in_the_meantime_ends_failed() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let outdated = Letter {
        receiver: DIGIPOST,
        content: Content::Digital {
            mailbox: "utdatert.rask.elveos#5949",
            opening: false,
        },
    };
    let row = settled(&bench, bench.send(&outdated).message);
    assert_eq!(row.fate.as_ref().unwrap()["kind"], "outdated_mailbox");
    assert_eq!(row.expected_end, Some(End::Failed));
    assert_eq!((row.accepted_times, row.mailbox_copies), (1, 0));
    assert!(!row.sender_at_fault);
}

#[test]
fn the_register_may_answer_a_certificate_that_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(MAILBOX);
    // At Digipost, and at e-Boks, whose certificate is as ever.
    let body = json!({ "personidentifikatorer": ["06925115949", "27914108158"] });
    let certificates = || -> Vec<String> {
        let answer: Value = bench.lookup(&token, &body).json().unwrap();
        let persons = answer["personer"].as_array().unwrap().iter();
        let texts = persons.map(|person| person["sertifikat"].as_str().unwrap());
        texts.map(str::to_owned).collect()
    };
    plan(
        &bench,
        json!({ "service": "register", "times": 1, "kind": "expired_certificate" }),
    );
    let (faulty, right) = (certificates(), certificates());
    assert_eq!(faulty[1], right[1]);
    let expired = openssl::base64::decode_block(&faulty[0]).unwrap();
    let expired = X509::from_der(&expired).unwrap();
    let today = openssl::asn1::Asn1Time::days_from_now(0).unwrap();
    assert!(expired.not_after() < today);
    assert!(X509::from_pem(right[0].as_bytes()).unwrap().not_after() > today);
}

#[test]
fn the_seed_and_the_message_decide_what_it_meets_and_nothing_else_does() {
    let random = json!({ "random": { "seed": 7, "share": 0.6, "final_share": 0.4 } });
    let messages: Vec<Ids> = (0..12).map(|_| Ids::new()).collect();
    let fates = |order: &[Ids]| {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::start(folder.path());
        plan(&bench, random.clone());
        for ids in order {
            offer_until_taken(&bench, *ids);
        }
        let mut fates: Vec<_> = rows(&bench)
            .into_iter()
            .map(|row| (row.message, row.fate, row.met))
            .collect();
        fates.sort_by_key(|(message, ..)| *message);
        fates
    };
    let forth = fates(&messages);
    let back: Vec<Ids> = messages.iter().rev().copied().collect();
    assert_eq!(forth, fates(&back));
    assert_eq!(forth.len(), 12);
    assert!(forth.iter().all(|(_, fate, _)| fate.is_some()));
}

#[test]
fn a_fate_outlives_the_plan_and_the_instance() {
    let folder = tempfile::tempdir().unwrap();
    let options = || PracticeOptions {
        sent_after: std::time::Duration::ZERO,
        ..PracticeOptions::in_folder(folder.path())
    };
    let bench = Bench::with(options());
    fated(&bench, json!({ "kind": "status", "status": 413 }));
    let ids = Ids::new();
    offer_until_taken(&bench, ids);
    bench.press("/faults", Some(json!({ "auto": { "post": true } })));
    let cleared = bench.control(Method::DELETE, "/faults", None);
    assert_eq!(cleared.json::<Value>().unwrap(), json!([]));
    let before = rows(&bench);
    bench.practice.shutdown().unwrap();
    let bench = Bench::with(options());
    assert_eq!(rows(&bench), before);
    assert_eq!(offer_until_taken(&bench, ids), [Some(413); 5]);
}

#[test]
fn what_is_set_holds_in_the_next_instance_and_what_is_planned_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let options = || PracticeOptions::in_folder(folder.path());
    let bench = Bench::with(options());
    let random = json!({ "random": { "seed": 7, "share": 0.2, "final_share": 0.05 } });
    plan(&bench, random);
    let set = bench.press("/faults", Some(json!({ "auto": { "post": true } })));
    fated(&bench, json!({ "kind": "status", "status": 413 }));
    bench.practice.shutdown().unwrap();
    let bench = Bench::with(options());
    let planned = |bench: &Bench| bench.control(Method::GET, "/faults", None).json::<Value>();
    assert_eq!(planned(&bench).unwrap(), set);
    bench.control(Method::DELETE, "/faults", None);
    bench.practice.shutdown().unwrap();
    assert_eq!(planned(&Bench::with(options())).unwrap(), json!([]));
}

#[test]
fn the_books_say_for_whom_a_letter_was_and_what_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    for (letter, citizen) in [(&LETTER, "06925115949"), (&PAPER, "02825777442")] {
        let row = settled(&bench, bench.send(letter).message);
        assert_eq!(row.person.as_deref(), Some(citizen));
        let path = format!("/documents/{}/0", row.message);
        let document = bench.control(Method::GET, &path, None).bytes().unwrap();
        let digest = openssl::sha::sha256(&document);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(row.document, Some(digest));
    }
    // What is not taken in is for nobody, and not opened.
    fated(&bench, json!({ "kind": "status", "status": 413 }));
    let ids = Ids::new();
    offer_until_taken(&bench, ids);
    let row = settled(&bench, ids.message);
    assert_eq!((row.person, row.document), (None, None));
}

#[test]
fn citizens_and_print_shop_act_unasked_when_that_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    // These lie there before it is set.
    let early = [&LETTER, &PAPER].map(|letter| settled(&bench, bench.send(letter).message));
    assert_eq!(
        early.each_ref().map(|row| row.expected_end.unwrap()),
        [End::Delivered, End::PrintAccepted]
    );
    let set = bench.press(
        "/faults",
        Some(json!({ "auto": { "open_share": 1.0, "post": true, "return_share": 1.0 } })),
    );
    assert_eq!(set[0]["auto"]["return_share"], json!(1.0));
    let ends = |row: &MessageEnd| row.expected_end.unwrap();
    assert_eq!(
        early
            .each_ref()
            .map(|early| ends(&row(&bench, early.message))),
        [End::Opened, End::Returned]
    );
    let late = [&LETTER, &PAPER].map(|letter| settled(&bench, bench.send(letter).message));
    assert_eq!(late.each_ref().map(ends), [End::Opened, End::Returned]);
    assert_eq!(
        kinds(&late[1]),
        [
            "mottakskvittering",
            "leveringskvittering",
            "returpostkvittering"
        ]
    );
    // Nobody is told of paper that comes back to the sender itself.
    let back = Letter {
        receiver: PRINT,
        content: Content::Print {
            name: "Reservert Granskog",
            handling: "DIREKTE_RETUR",
        },
    };
    let back = settled(&bench, bench.send(&back).message);
    assert_eq!(ends(&back), End::HandedToPost);
}

#[test]
fn a_letter_that_was_sent_twice_under_two_names_lies_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    let plain = package::make(&bench.own, Some("rask.elveos#5949"));
    let certificate = folder.path().join(format!("{DIGIPOST}.cert.pem"));
    let certificate = X509::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
    let send = || {
        let package = package::encrypt(&plain, &certificate);
        let ids = Ids::new();
        let message = LETTER.message(ids, &token, &openssl::sha::sha256(&package));
        let answer = bench.submit(&token, sign(&message, &bench.own), package);
        assert_eq!(answer.unwrap().status(), 201);
        settled(&bench, ids.message)
    };
    assert_eq!(send().mailbox_copies, 1);
    let doubled = send();
    assert_eq!((doubled.mailbox_copies, doubled.accepted_times), (2, 1));
    // Another's letter is no copy of it, though it holds the same document.
    let other = Letter {
        receiver: DIGIPOST,
        content: Content::Digital {
            mailbox: "mobil.fjellrype#3961",
            opening: false,
        },
    };
    assert_eq!(
        settled(&bench, bench.send(&other).message).mailbox_copies,
        1
    );
}

#[test]
fn an_order_that_cannot_be_met_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let post = |order| bench.control(Method::POST, "/faults", Some(order)).status();
    for order in [
        json!({ "random": { "seed": 1, "share": 0.7, "final_share": 0.4 } }),
        json!({ "random": { "seed": 1, "share": -0.1, "final_share": 0.4 } }),
        json!({ "auto": { "open_share": 1.1 } }),
        json!({ "service": "submit", "times": 1, "kind": "failed_late" }),
        json!({ "service": "message", "times": 1, "kind": "slow_answer", "milliseconds": 1 }),
        json!({ "service": "inbox", "times": 1, "kind": "expired_certificate" }),
    ] {
        assert_eq!(post(order.clone()), 400, "{order}");
    }
    for order in [
        json!({ "random": { "seed": 1, "share": 0.7 } }),
        json!({ "random": { "seed": 1, "share": 0.7, "final_share": 0.1, "mood": 3 } }),
        json!({ "auto": {}, "mood": 3 }),
    ] {
        assert_eq!(post(order.clone()), 422, "{order}");
    }
    let planned: Value = bench.control(Method::GET, "/faults", None).json().unwrap();
    assert_eq!(planned, json!([]));
}
