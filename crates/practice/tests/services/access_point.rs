//! Uploads, statuses, the inbox and misbehaviour.

use crate::support::{
    Bench, CONTACT, Content, Ids, Letter, MAILBOX, Own, SEND, jws, quick, sign, x5c,
};
use reqwest::blocking::multipart;
use serde_json::{Value, json};
use utpost_practice::{CLIENT_NEIGHBOUR, DIGIPOST, PracticeOptions};

const LETTER: Letter<'static> = Letter {
    receiver: DIGIPOST,
    content: Content::Digital {
        mailbox: "rask.elveos#5949",
        opening: false,
    },
};

/// A message that the access point takes; the package is only bytes to it.
fn upload(bench: &Bench, token: &str, package: &[u8]) -> (Ids, String) {
    let ids = Ids::new();
    let message = LETTER.message(ids, token, &openssl::sha::sha256(package));
    (ids, sign(&message, &bench.own))
}

fn detail(answer: reqwest::blocking::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().unwrap();
    assert_eq!(problem["status"], status);
    (status, problem["detail"].as_str().unwrap().to_owned())
}

#[test]
fn tokens_and_scopes_are_checked_before_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let send = |token: &str| {
        bench
            .submit(token, "no message".to_owned(), vec![0; 1 << 20])
            .unwrap()
    };
    assert_eq!(send("not.a.token").status(), 401);
    assert_eq!(send(&bench.token(CONTACT)).status(), 403);

    let neighbour = Own::read(&folder.path().join("neighbour.p12"));
    let mut claims = bench.claims(SEND);
    claims["iss"] = json!(CLIENT_NEIGHBOUR);
    let header = json!({ "alg": "RS256", "x5c": x5c(&neighbour.chain) });
    let grant = jws(&header, &claims, &neighbour.key);
    let answer: Value = bench.ask_token(&grant).json().unwrap();
    let (status, why) = detail(send(answer["access_token"].as_str().unwrap()));
    assert_eq!(status, 403);
    assert!(why.contains("agreement"));
}

#[test]
fn each_broken_rule_of_an_upload_is_a_bad_request() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    let package = b"a package".to_vec();
    let digest = openssl::sha::sha256(&package);
    let good = || LETTER.message(Ids::new(), &token, &digest);
    let send =
        |message: String, package: Vec<u8>| detail(bench.submit(&token, message, package).unwrap());

    let other_token = bench.token(SEND);
    let message = LETTER.message(Ids::new(), &other_token, &digest);
    assert_eq!(send(sign(&message, &bench.own), package.clone()).0, 400);

    let mut message = good();
    message["standardBusinessDocument"]["digital"]["avsender"]["virksomhetsidentifikator"]["value"] =
        json!("0192:314159268");
    assert_eq!(send(sign(&message, &bench.own), package.clone()).0, 400);

    let mut message = good();
    message["standardBusinessDocument"]["digital"]["spraak"] = json!("norsk");
    assert_eq!(send(sign(&message, &bench.own), package.clone()).0, 400);

    let (status, why) = send(sign(&good(), &bench.own), b"another package".to_vec());
    assert_eq!(status, 400);
    assert!(why.starts_with("Upload was not accepted, SHA-256 digest of dokumentpakke was "));

    let header = json!({ "x5c": x5c(&bench.own.chain[..1]), "alg": "RS256" });
    let neighbour = Own::read(&folder.path().join("neighbour.p12"));
    assert_eq!(
        send(jws(&header, &good(), &neighbour.key), package.clone()).0,
        400
    );

    assert_eq!(send("nonsense".to_owned(), package).0, 400);
    let books: Value = bench
        .control(reqwest::Method::GET, "/books", None)
        .json()
        .unwrap();
    assert_eq!(books["letters"], json!([]));
    assert_eq!(books["entries"].as_array().unwrap().len(), 6);
}

#[test]
fn channels_and_forms_of_another_shape_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    for kanal in ["with.dot", "", "far-too-long-for-a-channel-name"] {
        let (_, message) = upload(&bench, &token, b"p");
        let answer = bench
            .submit_as(kanal, &token, message, b"p".to_vec())
            .unwrap();
        assert_eq!(detail(answer).0, 400, "{kanal}");
    }
    let address = format!("{}/messages/out", bench.at().access_point_base);
    let post = |form: multipart::Form| {
        bench
            .http
            .post(&address)
            .bearer_auth(&token)
            .multipart(form)
            .send()
            .unwrap()
    };
    let (_, message) = upload(&bench, &token, b"p");
    assert_eq!(
        post(multipart::Form::new().text("forretningsmelding", message.clone())).status(),
        400
    );
    assert_eq!(
        post(multipart::Form::new().text("vedlegg", "x")).status(),
        400
    );
    let plain = bench
        .http
        .post(&address)
        .bearer_auth(&token)
        .body(message.clone())
        .send()
        .unwrap();
    assert_eq!(plain.status(), 400);
    let by_name_only = multipart::Form::new()
        .text("forretningsmelding", message)
        .text("dokumentpakke", "p");
    assert_eq!(post(by_name_only).status(), 201);
}

#[test]
fn a_package_over_the_limit_is_413_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = PracticeOptions {
        most_package_bytes: 1 << 20,
        ..quick(folder.path())
    };
    let bench = Bench::with(options);
    let token = bench.token(SEND);
    let exact = vec![7; 1 << 20];
    let (_, message) = upload(&bench, &token, &exact);
    assert_eq!(bench.submit(&token, message, exact).unwrap().status(), 201);
    let larger = vec![7; (1 << 20) + 1];
    let (_, message) = upload(&bench, &token, &larger);
    assert_eq!(
        detail(bench.submit(&token, message, larger).unwrap()).0,
        413
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("books/packages"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn an_identifier_is_accepted_once_and_the_second_time_in_the_known_words() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    let (ids, message) = upload(&bench, &token, b"p");
    let send = || {
        bench
            .submit(&token, message.clone(), b"p".to_vec())
            .unwrap()
    };
    assert_eq!(send().status(), 201);
    let again = send();
    assert_eq!(again.status(), 400);
    let problem: Value = again.json().unwrap();
    assert_eq!(problem["title"], "Operation Failed");
    let text = problem["detail"].as_str().unwrap();
    assert!(
        text.contains("duplicate key value violates unique constraint \"unique_message_uuid\"")
    );
    let statuses: Value = bench.statuses(ids.message).json().unwrap();
    assert_eq!(statuses[0]["status"], "OPPRETTET");
    assert_eq!(bench.statuses(Ids::new().message).status(), 404);
}

#[test]
fn receipts_wait_in_their_channel_until_they_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    for _ in 0..3 {
        let (_, message) = upload(&bench, &token, b"not encrypted");
        bench
            .submit(&token, message, b"not encrypted".to_vec())
            .unwrap();
    }
    let receipts = bench.receipts(3);
    for receipt in &receipts {
        assert_eq!(
            receipt["standardBusinessDocument"]["feil"]["feiltype"],
            "KLIENT"
        );
    }
    assert!(bench.inbox("?kanal=another").is_empty());
    assert_eq!(bench.inbox("?kanal=UTPOST-TEST").len(), 3);
    assert_eq!(bench.inbox("").len(), 3);
    assert_eq!(bench.inbox("?page_size=2&page=0").len(), 2);
    assert_eq!(bench.inbox("?page_size=2&page=1").len(), 1);
    assert!(bench.inbox("?page_size=2&page=2").is_empty());
    assert!(
        bench
            .inbox("?avsenderidentifikator=310702641:skole")
            .is_empty()
    );

    let header = "/standardBusinessDocument/standardBusinessDocumentHeader";
    let id = receipts[0].pointer(&format!(
        "{header}/documentIdentification/instanceIdentifier"
    ));
    let id = id.unwrap().as_str().unwrap();
    assert_eq!(bench.read(id), 200);
    assert_eq!(bench.read(id), 404);
    assert_eq!(bench.inbox("").len(), 2);
}

#[test]
fn an_answer_is_lost_before_or_after_the_letter_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    for (kind, stored) in [("lose_before", 404), ("lose_after", 200)] {
        bench.press(
            "/faults",
            Some(json!({ "service": "submit", "times": 1, "kind": kind })),
        );
        let (ids, message) = upload(&bench, &token, b"p");
        let lost = bench.submit(&token, message, b"p".to_vec());
        assert!(lost.is_err(), "{kind} was answered");
        assert_eq!(bench.statuses(ids.message).status(), stored, "{kind}");
    }
}

#[test]
fn planned_faults_hit_the_planned_number_of_calls() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let plan = |fault: Value| bench.press("/faults", Some(fault));
    plan(json!({ "service": "token", "times": 1, "kind": "status", "status": 500 }));
    let ask = || {
        bench
            .ask_token(&bench.grant(&bench.claims(CONTACT)))
            .status()
    };
    assert_eq!(ask(), 500);
    assert_eq!(ask(), 200);

    plan(
        json!({ "service": "register", "times": 2, "kind": "status", "status": 503, "retry_after": 7 }),
    );
    let token = bench.token(CONTACT);
    let body = json!({ "personidentifikatorer": ["20914695016"] });
    let first = bench.lookup(&token, &body);
    assert_eq!(
        (first.status().as_u16(), &first.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );
    assert_eq!(bench.lookup(&token, &body).status(), 503);
    assert_eq!(bench.lookup(&token, &body).status(), 200);

    plan(json!({ "service": "submit", "times": 1, "kind": "status", "status": 502 }));
    let token = bench.token(SEND);
    let (_, message) = upload(&bench, &token, b"p");
    let gateway = bench
        .submit(&token, message.clone(), b"p".to_vec())
        .unwrap();
    assert_eq!(gateway.status(), 502);
    assert!(gateway.text().unwrap().starts_with("<html>"));
    plan(json!({ "service": "submit", "times": 1, "kind": "delay", "milliseconds": 300 }));
    let before = std::time::Instant::now();
    assert_eq!(
        bench
            .submit(&token, message, b"p".to_vec())
            .unwrap()
            .status(),
        201
    );
    assert!(before.elapsed().as_millis() >= 300);
}

fn plan(bench: &Bench, fault: Value) {
    bench.press("/faults", Some(fault));
}

#[test]
fn a_fault_lets_as_many_calls_through_first_as_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    plan(
        &bench,
        json!({ "service": "token", "after": 1, "times": 1, "kind": "status", "status": 500 }),
    );
    let ask = || {
        let grant = bench.grant(&bench.claims(CONTACT));
        bench.ask_token(&grant).status().as_u16()
    };
    assert_eq!([ask(), ask(), ask()], [200, 500, 200]);
}

#[test]
fn an_item_without_a_receipt_comes_before_the_others_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let fault = json!({ "service": "inbox", "times": 1, "kind": "null_item" });
    plan(&bench, fault.clone());
    let nothing = json!({ "forretningsmelding": null });
    assert_eq!(bench.inbox(""), std::slice::from_ref(&nothing));
    bench.send(&LETTER);
    bench.receipts(1);
    plan(&bench, fault);
    let items = bench.inbox("");
    assert_eq!((items.len(), &items[0]), (2, &nothing));
    assert_eq!(bench.inbox("").len(), 1);
}

#[test]
fn timestamps_of_statuses_may_lack_their_offset() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let ids = bench.send(&LETTER);
    plan(
        &bench,
        json!({ "service": "statuses", "times": 1, "kind": "local_timestamps" }),
    );
    let stamp = || {
        let statuses: Value = bench.statuses(ids.message).json().unwrap();
        statuses[0]["timestamp"].as_str().unwrap().to_owned()
    };
    let (local, whole) = (stamp(), stamp());
    assert!(local.parse::<jiff::civil::DateTime>().is_ok());
    assert!(local.parse::<jiff::Timestamp>().is_err(), "{local}");
    assert!(whole.starts_with(&local) && whole.parse::<jiff::Timestamp>().is_ok());
}

#[test]
fn a_problem_may_give_its_status_as_a_string() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    plan(
        &bench,
        json!({ "service": "statuses", "times": 1, "kind": "status", "status": 400, "as_string": true }),
    );
    let answer = bench.statuses(Ids::new().message);
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().unwrap();
    assert_eq!(problem["status"], "400");
}

#[test]
fn uploads_and_answers_are_slow_on_demand_and_done_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    for fault in [
        json!({ "kind": "slow_upload", "bytes_per_second": 200_000 }),
        json!({ "kind": "slow_answer", "milliseconds": 400 }),
    ] {
        let mut fault = fault;
        fault["service"] = json!("submit");
        fault["times"] = json!(1);
        plan(&bench, fault);
        let package = vec![7; 100_000];
        let (ids, message) = upload(&bench, &token, &package);
        let before = std::time::Instant::now();
        let answer = bench.submit(&token, message, package).unwrap();
        assert_eq!(answer.status(), 201);
        assert!(before.elapsed().as_millis() >= 400);
        assert_eq!(bench.statuses(ids.message).status(), 200);
    }
}

#[test]
fn an_outdated_mailbox_is_closed_when_the_letter_comes() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    plan(
        &bench,
        json!({ "service": "register", "times": 1, "kind": "outdated_mailbox" }),
    );
    let token = bench.token(MAILBOX);
    let body = json!({ "personidentifikatorer": ["06925115949"] });
    let address = || {
        let answer: Value = bench.lookup(&token, &body).json().unwrap();
        let address = &answer["personer"][0]["digital_post"]["postkasseadresse"];
        address.as_str().unwrap().to_owned()
    };
    let (outdated, today) = (address(), address());
    assert_eq!(today, "rask.elveos#5949");
    bench.send(&Letter {
        receiver: DIGIPOST,
        content: Content::Digital {
            mailbox: &outdated,
            opening: false,
        },
    });
    let receipt = &bench.receipts(1)[0]["standardBusinessDocument"]["feil"];
    assert_eq!(receipt["feiltype"], "KLIENT");
    assert_eq!(receipt["detaljer"], "no open mailbox of this address");
}

#[test]
fn a_fault_that_means_nothing_for_its_service_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let post = |fault| bench.control(reqwest::Method::POST, "/faults", Some(fault));
    let answer = post(json!({ "service": "token", "times": 1, "kind": "null_item" }));
    assert_eq!(detail(answer).0, 400);
    let unknown = post(json!({ "service": "token", "times": 1, "kind": "mood" }));
    assert_eq!(unknown.status(), 422);
    let planned: Value = bench
        .control(reqwest::Method::GET, "/faults", None)
        .json()
        .unwrap();
    assert_eq!(planned, json!([]));
}

#[test]
fn each_check_of_an_upload_but_the_schema_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let unknown = bench.token(SEND);
    bench.practice.shutdown().unwrap();
    let package = b"p".to_vec();
    for (rows, refused) in [
        (&[1][..], 401),
        (&[2], 403),
        (&[3], 401),
        // The neighbour has no agreement, and then is no consumer of the agency's letters.
        (&[4, 6], 403),
        (&[5], 400),
        (&[6], 400),
        (&[9], 400),
        (&[11], 400),
    ] {
        for (left_out, expected) in [(vec![], refused), (rows.to_vec(), 201)] {
            let bench = Bench::with(PracticeOptions {
                left_out,
                ..quick(folder.path())
            });
            let neighbour = Own::read(&folder.path().join("neighbour.p12"));
            let mut claims = bench.claims(SEND);
            let token = match rows[0] {
                1 => unknown.clone(),
                2 => bench.token(CONTACT),
                3 => {
                    claims["resource"] = json!(["https://another.example"]);
                    granted(&bench, &bench.grant(&claims))
                }
                4 => {
                    claims["iss"] = json!(CLIENT_NEIGHBOUR);
                    let header = json!({ "alg": "RS256", "x5c": x5c(&neighbour.chain) });
                    granted(&bench, &jws(&header, &claims, &neighbour.key))
                }
                _ => bench.token(SEND),
            };
            let inner = match rows[0] {
                5 => bench.token(SEND),
                _ => token.clone(),
            };
            let digest = openssl::sha::sha256(if rows[0] == 9 { b"other" } else { &package });
            let mut message = LETTER.message(Ids::new(), &inner, &digest);
            if rows[0] == 6 {
                message["standardBusinessDocument"]["digital"]["avsender"]["virksomhetsidentifikator"]
                    ["value"] = json!("0192:314159268");
            }
            let header = json!({ "x5c": x5c(&bench.own.chain[..1]), "alg": "RS256" });
            let key = if rows[0] == 11 {
                &neighbour.key
            } else {
                &bench.own.key
            };
            let message = jws(&header, &message, key);
            let answer = bench.submit(&token, message, package.clone()).unwrap();
            let status = answer.status();
            assert_eq!(status, expected, "{rows:?}: {}", answer.text().unwrap());
        }
    }
}

fn granted(bench: &Bench, grant: &str) -> String {
    let answer: Value = bench.ask_token(grant).json().unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}
