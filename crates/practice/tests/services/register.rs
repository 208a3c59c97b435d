//! What the register answers, to whom, and how each person's answer looks.

use crate::support::{Bench, CONTACT, MAILBOX, SEND};
use serde_json::{Value, json};
use utpost_practice::{DIGIPOST, EBOKS, PRINT, persons};

fn question(number: &str) -> Value {
    json!({ "personidentifikatorer": [number], "inkluderIkkeRegistrerte": true })
}

fn number(name: &str) -> &'static str {
    persons()
        .iter()
        .find(|person| person.name == name)
        .expect(name)
        .number
}

#[test]
fn scopes_decide_what_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let body = question(number("Rask Elveos"));
    let person = |scope: &str| -> Value {
        let answer: Value = bench.lookup(&bench.token(scope), &body).json().unwrap();
        answer["personer"][0].clone()
    };
    let contact = person(CONTACT);
    assert_eq!(contact["varslingsstatus"], "KAN_VARSLES");
    assert_eq!(contact["reservasjon"], "NEI");
    assert!(contact.get("digital_post").is_none() && contact.get("sertifikat").is_none());
    let mailbox = person(MAILBOX);
    assert_eq!(mailbox["reservasjon"], "NEI");
    assert!(
        mailbox.get("varslingsstatus").is_none() && mailbox.get("kontaktinformasjon").is_none()
    );
    let both = person(&format!("{CONTACT} {MAILBOX}"));
    assert_eq!(
        both["digital_post"]["postkasseleverandoeradresse"],
        DIGIPOST
    );
    assert_eq!(both["digital_post"]["postkasseadresse"], "rask.elveos#5949");
    assert!(both["kontaktinformasjon"]["epostadresse"].is_string());
}

#[test]
fn tokens_that_do_not_open_the_register_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let body = question(number("Rask Elveos"));
    assert_eq!(bench.lookup(&bench.token(SEND), &body).status(), 403);
    assert_eq!(bench.lookup("not.a.token", &body).status(), 401);
    let mut tampered = bench.token(CONTACT);
    tampered.replace_range(tampered.len() - 8..tampered.len() - 4, "AAAA");
    assert_eq!(bench.lookup(&tampered, &body).status(), 401);
    let mut claims = bench.claims(CONTACT);
    claims["resource"] = json!(["https://another.example"]);
    let answer: Value = bench.ask_token(&bench.grant(&claims)).json().unwrap();
    assert_eq!(
        bench
            .lookup(answer["access_token"].as_str().unwrap(), &body)
            .status(),
        401
    );
}

#[test]
fn questions_that_are_not_understood_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(CONTACT);
    let many = vec![number("Rask Elveos"); 1001];
    for body in [
        json!({ "personidentifikatorer": [] }),
        json!({ "personidentifikatorer": many }),
        json!({ "personidentifikatorer": ["19893064153"] }),
        json!({ "personidentifikatorer": ["198930 64152"] }),
        json!({ "personidentifikatorer": ["02013299997"] }),
        json!({ "personidentifikatorer": [19893064152_u64] }),
        json!({ "personer": ["19893064152"] }),
        json!({ "personidentifikatorer": ["19893064152"], "mer": 1 }),
        json!([]),
    ] {
        assert_eq!(bench.lookup(&token, &body).status(), 400, "{body}");
    }
}

#[test]
fn a_number_nobody_has_is_answered_only_when_asked_so() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(CONTACT);
    let unknown = "20914695016";
    let answer: Value = bench.lookup(&token, &question(unknown)).json().unwrap();
    assert_eq!(answer["personer"][0]["status"], "IKKE_REGISTRERT");
    let plain = json!({ "personidentifikatorer": [unknown] });
    let answer: Value = bench.lookup(&token, &plain).json().unwrap();
    assert_eq!(answer["personer"], json!([]));
}

#[test]
fn the_print_certificate_is_open_to_all() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let address = format!("{}/rest/v2/printSertifikat", bench.at().register_base);
    let answer: Value = bench.http.get(address).send().unwrap().json().unwrap();
    assert_eq!(answer["postkasseleverandoerAdresse"], PRINT);
    assert!(
        answer["x509Sertifikat"]
            .as_str()
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
}

#[test]
fn nobody_is_given_an_address_of_residence() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(&format!("{CONTACT} {MAILBOX}"));
    for person in persons().iter().filter(|person| person.row != 1) {
        let answer = bench
            .lookup(&token, &question(person.number))
            .text()
            .unwrap();
        for word in [
            "adresselinje",
            "postnummer",
            "poststed",
            "bosted",
            person.name,
        ] {
            assert!(!answer.contains(word), "{} is given {word}", person.name);
        }
    }
}

/// What makes each row of the decision table the first that fits, read from the answer itself.
#[test]
fn every_answer_is_that_of_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let token = bench.token(&format!("{CONTACT} {MAILBOX}"));
    for person in persons() {
        let answer = bench.lookup(&token, &question(person.number));
        if person.row == 1 {
            assert_eq!(answer.status(), 503, "{}", person.name);
            continue;
        }
        let answer: Value = answer.json().unwrap();
        let found = answer["personer"].as_array().unwrap();
        let first = found.first().cloned().unwrap_or_default();
        let text = |pointer: &str| first.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let address = text("/digital_post/postkasseadresse");
        let supplier = text("/digital_post/postkasseleverandoeradresse");
        let certificate = text("/sertifikat");
        let now = jiff::Timestamp::now();
        let stale = |field: &str| {
            let at = text(&format!("/kontaktinformasjon/{field}_oppdatert"));
            let day = at
                .get(..10)
                .and_then(|day| day.parse::<jiff::civil::Date>().ok());
            let limit = now.to_zoned(jiff::tz::TimeZone::UTC).date() - jiff::Span::new().months(18);
            day.is_none_or(|day| day < limit)
        };
        let known = text("/status") == "AKTIV"
            && text("/reservasjon") == "NEI"
            && text("/varslingsstatus") == "KAN_VARSLES";
        let holds = match person.row {
            2 => {
                found.len() == 2
                    && found[0]["personidentifikator"] == person.number
                    && found[0] != found[1]
            }
            3 => text("/personidentifikator") != person.number && found.len() == 1,
            4 => found.is_empty() || first.get("varslingsstatus").is_none(),
            5 => text("/status") == "FLYTTET" || text("/reservasjon") == "KANSKJE",
            6 => text("/status") == "SLETTET",
            7 => text("/status") == "IKKE_REGISTRERT",
            8 => text("/reservasjon") == "JA" && text("/status") == "AKTIV",
            9 => text("/varslingsstatus") == "KAN_IKKE_VARSLES" && text("/reservasjon") == "NEI",
            10 => known && address.is_empty() && certificate.is_empty(),
            11 => known && !address.is_empty() && certificate.is_empty(),
            12 => known && address.is_empty() && !certificate.is_empty(),
            13 => known && !address.is_empty() && ![DIGIPOST, EBOKS].contains(&supplier),
            14 => known && read(certificate).is_none(),
            15 => {
                let valid = read(certificate).map(|certificate| {
                    let now = openssl::asn1::Asn1Time::from_unix(now.as_second()).unwrap();
                    (
                        *certificate.not_before() <= now,
                        *certificate.not_after() >= now,
                    )
                });
                let expected = match person.reason {
                    "CERTIFICATE_NOT_YET_VALID" => (false, true),
                    _ => (true, false),
                };
                known && valid == Some(expected)
            }
            16 => known && stale("epostadresse") && stale("mobiltelefonnummer"),
            17 => {
                known
                    && read(certificate).is_some()
                    && !(stale("epostadresse") && stale("mobiltelefonnummer"))
            }
            row => panic!("row {row}"),
        };
        assert!(holds, "{} (row {}): {first}", person.name, person.row);
    }
}

fn read(certificate: &str) -> Option<openssl::x509::X509> {
    use base64::Engine;
    if certificate.contains("BEGIN") {
        return openssl::x509::X509::from_pem(certificate.as_bytes()).ok();
    }
    let der = base64::engine::general_purpose::STANDARD
        .decode(certificate)
        .ok()?;
    openssl::x509::X509::from_der(&der).ok()
}
