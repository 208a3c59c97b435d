//! What mailboxes and print shop do with a letter that keeps every rule, and with forged receipts.

use crate::support::{Bench, Content, Ids, Letter, MAILBOX, SEND, package, payload, sign};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;
use reqwest::Method;
use serde_json::{Value, json};
use utpost_practice::{
    AGENCY, DIGIPOST, EBOKS, MailboxLetter, PRINT, PrintOrder, PrintStage, ReceiptName, persons,
};

fn digital<'a>(receiver: &'a str, mailbox: &'a str, opening: bool) -> Letter<'a> {
    Letter {
        receiver,
        content: Content::Digital { mailbox, opening },
    }
}

fn kinds(receipts: &[Value]) -> Vec<String> {
    let header = "/standardBusinessDocument/standardBusinessDocumentHeader";
    let kind = format!("{header}/documentIdentification/type");
    receipts
        .iter()
        .map(|receipt| receipt.pointer(&kind).unwrap().as_str().unwrap().to_owned())
        .collect()
}

fn get(bench: &Bench, path: &str) -> Value {
    bench.control(Method::GET, path, None).json().unwrap()
}

fn courses(bench: &Bench, ids: Ids) -> Value {
    let books = get(bench, "/books");
    let letters = books["letters"].as_array().unwrap();
    let found = letters
        .iter()
        .find(|letter| letter["message"] == ids.message.to_string());
    found.unwrap().clone()
}

#[test]
fn a_letter_is_delivered_kept_for_the_citizen_and_opened_on_command() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let ids = bench.send(&digital(DIGIPOST, "rask.elveos#5949", true));
    let receipts = bench.receipts(1);
    assert_eq!(
        kinds(&receipts),
        ["leveringskvittering"],
        "{receipts:?} {}",
        courses(&bench, ids)
    );

    let mailboxes = get(&bench, "/mailboxes");
    assert_eq!(mailboxes[0]["addressee"], "rask.elveos#5949");
    assert_eq!(mailboxes[0]["contents"]["documents"][0]["title"], "Et brev");
    let letter = folder
        .path()
        .join("mailboxes")
        .join(DIGIPOST)
        .join(ids.message.to_string());
    assert!(
        std::fs::read(letter.join("brev.pdf"))
            .unwrap()
            .starts_with(b"%PDF")
    );

    let open = format!("/mailboxes/{}/open", ids.message);
    assert!(bench.press(&open, None)["receipt"].is_string());
    assert!(bench.press(&open, None)["receipt"].is_null());
    assert_eq!(
        kinds(&bench.receipts(2)),
        ["leveringskvittering", "aapningskvittering"]
    );
    assert!(get(&bench, "/mailboxes")[0]["opened_at"].is_string());
}

#[test]
fn a_receipt_is_signed_by_the_supplier_and_answers_the_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let ids = bench.send(&digital(EBOKS, "blid.solglott#8158", false));
    assert_eq!(kinds(&bench.receipts(1)), ["leveringskvittering"]);
    let compact = bench.inbox("")[0]["forretningsmelding"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(verifies(&compact));
    let document = payload(&compact);
    let header = &document["standardBusinessDocument"]["standardBusinessDocumentHeader"];
    assert_eq!(
        header["sender"][0]["identifier"]["value"],
        format!("0192:{EBOKS}")
    );
    assert_eq!(
        header["receiver"][0]["identifier"]["value"],
        "0192:310702641"
    );
    let scope = &header["businessScope"]["scope"][0];
    assert_eq!(scope["instanceIdentifier"], ids.conversation.to_string());
    assert!(
        scope["identifier"]
            .as_str()
            .unwrap()
            .ends_with(":digital:ver1.0")
    );
}

#[test]
fn each_citizen_with_a_fault_of_their_own_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let expected: [(&str, &str, &[&str]); 7] = [
        (
            "Nysgjerrig Ekorn",
            EBOKS,
            &["leveringskvittering", "aapningskvittering"],
        ),
        ("Stengt Naust", DIGIPOST, &["feil"]),
        (
            "Uheldig Måkeskrik",
            DIGIPOST,
            &["leveringskvittering", "varslingfeiletkvittering"],
        ),
        ("Ustø Bølgetopp", EBOKS, &["feil"]),
        ("Sperret Elveleie", DIGIPOST, &[]),
        ("Lydløs Dalsøkk", EBOKS, &[]),
        (
            "Ivrig Ekkodal",
            DIGIPOST,
            &[
                "aapningskvittering",
                "aapningskvittering",
                "leveringskvittering",
                "leveringskvittering",
            ],
        ),
    ];
    for (name, supplier, kinds_expected) in expected {
        let mailbox = mailbox(&bench, name);
        let ids = bench.send(&digital(supplier, &mailbox, true));
        let course = settled(&bench, ids);
        assert_eq!(
            course["receipts"],
            json!(kinds_expected),
            "{name}: {course}"
        );
        let last = course["transport"].as_array().unwrap().last().unwrap()[1].clone();
        let status = if name == "Sperret Elveleie" {
            "FEILET"
        } else {
            "SENDT"
        };
        assert_eq!(last, status, "{name}");
        let row = get(&bench, "/messages");
        let mut rows = row.as_array().unwrap().iter();
        let row = rows.find(|row| row["message"] == ids.message.to_string());
        assert_eq!(row.unwrap()["sender_at_fault"], false, "{name}");
    }
}

#[test]
fn paper_is_accepted_posted_by_night_and_comes_back_the_night_after() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let reported = "MAKULERING_MED_MELDING";
    let print = |name, handling| Letter {
        receiver: PRINT,
        content: Content::Print { name, handling },
    };
    let plain = bench.send(&print("Reservert Granskog", reported));
    let lost = bench.send(&print("Hjemvendt Trekkfugl", reported));
    let silent = bench.send(&print("Hjemvendt Trekkfugl", "DIREKTE_RETUR"));
    for ids in [plain, lost, silent] {
        let course = settled(&bench, ids);
        assert_eq!(course["receipts"], json!(["mottakskvittering"]), "{course}");
    }
    let early = bench.control(
        Method::POST,
        &format!("/print/{}/returned", plain.message),
        None,
    );
    assert_eq!(early.status(), 409);
    assert_eq!(
        bench.press("/advance", None)["receipts"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        bench.press("/advance", None)["receipts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(bench.press("/advance", None)["receipts"], json!([]));
    let course = courses(&bench, lost);
    let way = [
        "mottakskvittering",
        "leveringskvittering",
        "returpostkvittering",
    ];
    assert_eq!(course["receipts"], json!(way));

    let again = bench.press(&format!("/print/{}/posted", plain.message), None);
    assert!(again["receipt"].is_null());
    assert!(bench.press(&format!("/print/{}/returned", silent.message), None)["receipt"].is_null());
    assert!(
        bench.press(&format!("/print/{}/returned", plain.message), None)["receipt"].is_string()
    );
    assert_eq!(get(&bench, "/print").as_array().unwrap().len(), 3);
}

#[test]
fn a_mailbox_shows_what_the_citizen_sees() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let unlucky = mailbox(&bench, "Uheldig Måkeskrik");
    let first = bench.send(&digital(DIGIPOST, &unlucky, false));
    settled(&bench, first);
    let second = bench.send(&digital(DIGIPOST, "rask.elveos#5949", true));
    settled(&bench, second);

    let shown = get(&bench, "/mailboxes");
    let [newest, oldest] = shown.as_array().unwrap().as_slice() else {
        panic!("{shown}");
    };
    assert_eq!(newest["message"], second.message.to_string());
    assert_eq!(newest["conversation"], second.conversation.to_string());
    assert_eq!(newest["supplier"], DIGIPOST);
    assert_eq!(
        newest["citizen"],
        json!({ "number": "06925115949", "name": "Rask Elveos" })
    );
    assert_eq!(
        newest["sender"],
        json!({ "organisation": AGENCY, "name": "Øvinge kommune" })
    );
    assert_eq!(newest["opening_asked"], true);
    assert_eq!(newest["receipts"], json!(["leveringskvittering"]));
    let notice = |day: u8, failed: bool| {
        json!({
            "by": "epost",
            "text": "Du har fått brev fra Øvinge kommune.",
            "day": day,
            "failed": failed,
        })
    };
    assert_eq!(
        newest["notices"],
        json!([notice(0, false), notice(7, false)])
    );
    assert_eq!(oldest["notices"], json!([notice(0, true), notice(7, true)]));
    assert_eq!(oldest["citizen"]["name"], "Uheldig Måkeskrik");

    let contents = &newest["contents"];
    assert_eq!(contents["non_sensitive_title"], "Brev fra kommunen");
    let document = &contents["documents"][0];
    assert_eq!(document["title"], "Et brev");
    assert_eq!(document["name"], "brev.pdf");
    assert_eq!(document["media_type"], "application/pdf");
    // Another program, the client, reads the same.
    let read: Vec<MailboxLetter> = serde_json::from_value(shown.clone()).unwrap();
    assert_eq!(json!(read), shown);
}

#[test]
fn a_documents_bytes_are_those_that_were_sealed_and_only_of_delivered_letters() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let ids = bench.send(&digital(DIGIPOST, "rask.elveos#5949", false));
    settled(&bench, ids);
    let refused = bench.send(&digital(DIGIPOST, &mailbox(&bench, "Stengt Naust"), false));
    settled(&bench, refused);

    let ask = |message: &str, number: &str| {
        bench.control(Method::GET, &format!("/documents/{message}/{number}"), None)
    };
    let answer = ask(&ids.message.to_string(), "0");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    let bytes = answer.bytes().unwrap();
    assert!(bytes.starts_with(b"%PDF"));
    let listed = get(&bench, "/mailboxes")[0]["contents"]["documents"][0].clone();
    assert_eq!(listed["bytes"], bytes.len());
    let digest: String = openssl::sha::sha256(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(listed["sha256"], digest);

    let nobodys = uuid::Uuid::new_v4().to_string();
    for (message, number) in [
        (ids.message.to_string(), "1"),
        (refused.message.to_string(), "0"),
        (nobodys, "0"),
    ] {
        assert_eq!(ask(&message, number).status(), 404, "{message} {number}");
    }
    for number in ["-1", "x"] {
        assert_eq!(ask(&ids.message.to_string(), number).status(), 400);
    }
    let address = format!("/practice/documents/{}/0", ids.message);
    let address = format!("{}{address}", bench.practice.base_url());
    assert_eq!(bench.http.get(address).send().unwrap().status(), 401);
}

#[test]
fn the_print_shop_shows_the_address_as_printed_and_how_far_the_paper_is() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let print = |name, handling| Letter {
        receiver: PRINT,
        content: Content::Print { name, handling },
    };
    let reported = bench.send(&print("Reservert Granskog", "MAKULERING_MED_MELDING"));
    let silent = bench.send(&print("Reservert Granskog", "DIREKTE_RETUR"));
    for ids in [reported, silent] {
        settled(&bench, ids);
    }
    let order = |ids: Ids| -> PrintOrder {
        let all: Vec<PrintOrder> = serde_json::from_value(get(&bench, "/print")).unwrap();
        all.into_iter()
            .find(|order| order.message == ids.message)
            .unwrap()
    };
    let press = |ids: Ids, act: &str| bench.press(&format!("/print/{}/{act}", ids.message), None);
    let shown = order(reported);
    assert_eq!(shown.addressee, "Reservert Granskog");
    assert_eq!(shown.address, ["Øvingsveien 1", "0123 ØVINGE"]);
    assert_eq!(
        shown.contents.documents[0].title.as_deref(),
        Some("Et brev")
    );
    assert_eq!(shown.receipts, [ReceiptName::AcceptedForPrint]);

    for (ids, is_reported) in [(reported, true), (silent, false)] {
        assert_eq!(order(ids).return_reported, is_reported);
        assert_eq!(order(ids).stage, PrintStage::InPile);
        press(ids, "posted");
        assert_eq!(order(ids).stage, PrintStage::Posted);
        assert_eq!(press(ids, "returned")["receipt"].is_string(), is_reported);
        assert!(press(ids, "returned")["receipt"].is_null());
        assert_eq!(order(ids).stage, PrintStage::Returned);
    }
    // Also what no receipt tells of is in the books.
    drop(bench);
    let bench = Bench::start(folder.path());
    let all: Vec<PrintOrder> = serde_json::from_value(get(&bench, "/print")).unwrap();
    assert!(all.iter().all(|order| order.stage == PrintStage::Returned));
}

#[test]
fn a_letter_encrypted_to_another_is_refused_by_the_supplier() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(SEND);
    let letter = digital(DIGIPOST, "rask.elveos#5949", false);
    let other = std::fs::read(folder.path().join(format!("{EBOKS}.cert.pem"))).unwrap();
    let archive = package::make(&bench.own, Some("rask.elveos#5949"));
    let package = package::encrypt(&archive, &X509::from_pem(&other).unwrap());
    let ids = Ids::new();
    let message = letter.message(ids, &token, &openssl::sha::sha256(&package));
    let message = sign(&message, &bench.own);
    assert_eq!(
        bench.submit(&token, message, package).unwrap().status(),
        201
    );
    let course = settled(&bench, ids);
    assert_eq!(course["receipts"], json!(["feil"]));
    assert!(course["verdict"]["fault"].is_string());
}

#[test]
fn forged_receipts_come_in_every_kind_and_do_not_count_as_the_letters_own() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let ids = bench.send(&digital(DIGIPOST, "rask.elveos#5949", false));
    bench.receipts(1);
    for (kind, verifies_by_its_own_certificate) in [
        ("wrong_key", false),
        ("tampered", false),
        ("foreign_ca", true),
        ("wrong_sender", true),
        ("unknown_conversation", true),
    ] {
        bench.press(
            "/forge",
            Some(json!({ "conversation": ids.conversation, "kind": kind })),
        );
        let items = bench.inbox("");
        let compact = items.last().unwrap()["forretningsmelding"]
            .as_str()
            .unwrap();
        assert_eq!(verifies(compact), verifies_by_its_own_certificate, "{kind}");
        let answered = payload(compact).to_string();
        assert_eq!(
            answered.contains(&ids.conversation.to_string()),
            kind != "unknown_conversation"
        );
    }
    assert_eq!(
        courses(&bench, ids)["receipts"],
        json!(["leveringskvittering"])
    );
}

#[test]
fn the_control_interface_asks_for_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let address = format!("{}/practice/persons", bench.practice.base_url());
    assert_eq!(bench.http.get(&address).send().unwrap().status(), 401);
    let listed = get(&bench, "/persons");
    assert_eq!(listed.as_array().unwrap().len(), persons().len());
    assert_eq!(listed[0]["reason"], "NO_ANSWER");
}

/// The mailbox address as the register gives it.
fn mailbox(bench: &Bench, name: &str) -> String {
    let number = persons()
        .iter()
        .find(|person| person.name == name)
        .expect(name)
        .number;
    let token = bench.token(MAILBOX);
    let body = json!({ "personidentifikatorer": [number] });
    let answer: Value = bench.lookup(&token, &body).json().unwrap();
    let address = &answer["personer"][0]["digital_post"]["postkasseadresse"];
    address.as_str().unwrap().to_owned()
}

/// The letter's course once nothing more happens by itself.
fn settled(bench: &Bench, ids: Ids) -> Value {
    for _ in 0..400 {
        let course = courses(bench, ids);
        let statuses = course["transport"].as_array().unwrap();
        if !course["verdict"].is_null() || statuses.iter().any(|status| status[1] == "FEILET") {
            return course;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the letter did not settle: {}", courses(bench, ids));
}

/// Whether the signature is that of the certificate inside.
fn verifies(compact: &str) -> bool {
    let parts: Vec<&str> = compact.split('.').collect();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    assert_eq!(header["alg"], "RS512");
    let der = STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap();
    let key = X509::from_der(&der).unwrap().public_key().unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha512(), &key).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    verifier
        .verify_oneshot(&signature, format!("{}.{}", parts[0], parts[1]).as_bytes())
        .unwrap()
}
