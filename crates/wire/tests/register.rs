//! The register's answers, from the text received to the decision.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "test program")]

mod common;

use std::fs;
use std::path::Path;

use common::at;
use common::vectors::conformance;
use serde_json::{Value, json};
use utpost_domain::{Confirmation, LetterKind, Lookup, NationalId, Policy, Stamp, decide};
use utpost_wire::{parse_print_certificate, parse_register_answer, register_request};

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_case_of_the_decision_table_is_decided_from_the_answer_as_received() {
    let Some(folder) = conformance("krr") else {
        return;
    };
    let file = json_file(&folder.join("cases.json"));
    let now = at(file["clock"].as_str().unwrap());
    let (mut decided, mut wrong) = (0, Vec::new());
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let body = fs::read(folder.join(case["response"].as_str().unwrap())).unwrap();
        let lookup = Lookup::Answered(parse_register_answer(&body).unwrap());
        let asked = case["asked"].as_array().unwrap();
        let expected = match &case["expected"] {
            Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        };
        assert_eq!(asked.len(), expected.len());
        let mut holds = true;
        for (number, expected) in asked.iter().zip(&expected) {
            let citizen = NationalId::parse(number.as_str().unwrap()).unwrap();
            let decision = decide(
                &citizen,
                LetterKind::Decision,
                &lookup,
                now,
                &Policy::default(),
            );
            let found = json!({
                "channel": decision.channel.name(),
                "reason": decision.reason.code(),
                "clerk_must_confirm": decision.confirm == Confirmation::ByClerk,
            });
            if found != *expected {
                holds = false;
                wrong.push(format!("{}: {found} instead of {expected}", case["id"]));
            }
        }
        decided += usize::from(holds);
    }
    common::vectors::tell(&format!("{decided} of {} decisions", cases.len()));
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(decided, 34);
}

#[test]
fn the_request_has_the_published_shape() {
    let Some(folder) = conformance("krr") else {
        return;
    };
    let published = json_file(&folder.join("requests/one-person.json"));
    let number = published["personidentifikatorer"][0].as_str().unwrap();
    let request = register_request(&NationalId::parse(number).unwrap());
    let request: Value = serde_json::from_str(request.expose("test")).unwrap();
    assert_eq!(request, published);
}

#[test]
fn both_spellings_of_a_time_are_read_and_an_unreadable_one_is_kept() {
    let Some(folder) = conformance("krr/responses") else {
        return;
    };
    let person = |name: &str| {
        let body = fs::read(folder.join(name)).unwrap();
        parse_register_answer(&body).unwrap().persons.remove(0)
    };
    let usual = person("01-digital-pem.json").email.unwrap();
    assert_eq!(
        usual.updated_at,
        Some(Stamp::At(at("2026-03-02T09:15:00.123Z")))
    );
    assert_eq!(
        usual.verified_at,
        Some(Stamp::At(at("2026-06-10T19:00:01Z")))
    );
    let mobile = person("30-timestamps.json").mobile.unwrap();
    assert_eq!(
        mobile.updated_at,
        Some(Stamp::At(at("2026-02-25T12:08:00Z")))
    );
    assert_eq!(
        mobile.verified_at,
        Some(Stamp::At(at("2026-02-25T12:08:00Z")))
    );
    let email = person("31-timestamp-unreadable.json").email.unwrap();
    assert_eq!(
        email.updated_at,
        Some(Stamp::Unreadable("i går".to_owned()))
    );
}

#[test]
fn the_print_provider_is_read() {
    let Some(folder) = conformance("krr/responses") else {
        return;
    };
    let body = fs::read(folder.join("print-certificate.json")).unwrap();
    let provider = parse_print_certificate(&body).unwrap();
    assert_eq!(provider.organisation.as_str(), "974761076");
    assert_eq!(
        provider.certificate.organisation(),
        Some(provider.organisation)
    );
}
