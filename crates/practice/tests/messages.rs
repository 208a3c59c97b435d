//! The own check of messages against the official schemas: what they refuse is refused, what they
//! let through is taken unless the protocol is stricter. And the receipts made here keep theirs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test"
)]

#[path = "made/vectors.rs"]
mod vectors;

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonschema::{Draft, Registry, Validator};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use openssl::x509::{X509, X509NameBuilder};
use serde_json::{Value, json};
use utpost_domain::OrgNumber;
use utpost_practice::checks::message::{Controller, Message};
use utpost_practice::checks::receipt::{
    Event, Forgery, NoticeChannel, Original, Receipt, Side, forge, sign,
};
use uuid::Uuid;

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("vector")).expect("JSON")
}

/// The schema of a file, with every other schema known by its `$id` and formats asserted.
fn validator(folder: &Path, file: &str) -> Validator {
    let schemas = ["common", "dpi"].into_iter().flat_map(|part| {
        let entries = std::fs::read_dir(folder.join("schemas").join(part)).unwrap();
        entries.map(|entry| read(&entry.unwrap().path()))
    });
    let schemas = schemas.map(|schema| (schema["$id"].as_str().unwrap().to_owned(), schema));
    let registry = Registry::new()
        .draft(Draft::Draft7)
        .extend(schemas)
        .unwrap()
        .prepare()
        .unwrap();
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_registry(&registry)
        .should_validate_formats(true)
        .with_format("uuid", |text: &str| {
            text.len() == 36 && Uuid::parse_str(text).is_ok()
        })
        .build(&read(&folder.join(file)))
        .unwrap()
}

/// Adds or removes one member or item (RFC 6902).
fn patch(document: &mut Value, operation: &Value) {
    let path = operation["path"].as_str().unwrap();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let value = operation.get("value");
    match (document.pointer_mut(parent).expect("path"), value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.into(), value.clone())),
        (Value::Object(members), None) => drop(members.remove(name)),
        (Value::Array(items), Some(value)) if name == "-" => items.push(value.clone()),
        _ => panic!("{operation}"),
    }
}

/// The examples the cases start from hold placeholders; these put right values in their place.
fn repaired(mut base: Value) -> Value {
    let kind = if base.pointer("/standardBusinessDocument/digital").is_some() {
        "digital"
    } else {
        "utskrift"
    };
    let document = &mut base["standardBusinessDocument"];
    let header = &mut document["standardBusinessDocumentHeader"];
    header["sender"][0]["identifier"]["value"] = json!("0192:991825827");
    header["receiver"][0]["identifier"]["value"] = json!("0192:984661185");
    let body = &mut document[kind];
    body["avsender"]["virksomhetsidentifikator"]["value"] = json!("0192:991825827");
    body["dokumentpakkefingeravtrykk"] = json!({
        "digestMethod": "http://www.w3.org/2001/04/xmlenc#sha256",
        "digestValue": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    });
    base
}

/// What the schemas let through and the protocol does not.
const STRICTER: [&str; 12] = [
    "digital: unknown varsler member",
    "digital: virkningstidspunkt with offset",
    "digital: repetisjoner duplicate",
    "digital: orgnr 9908",
    "digital: orgnr unanchored prefix",
    "digital: SBDH value anything",
    "digital: scope empty array",
    "digital: type wrong",
    "digital: digest hex",
    "utskrift: mottaker NO plus land plus landkode",
    "utskrift: mottaker navn 131",
    "utskrift: mottaker adresselinje1 empty",
];

#[test]
fn the_own_check_refuses_all_that_the_schemas_refuse() {
    let Some(folder) = vectors::dpi("schema cases") else {
        return;
    };
    let (mut outgoing, mut stricter) = (0, BTreeSet::new());
    for case in read(&folder.join("cases/schema-cases.json"))
        .as_array()
        .unwrap()
    {
        let name = case["name"].as_str().unwrap();
        if !name.starts_with("digital:") && !name.starts_with("utskrift:") {
            continue;
        }
        let mut document = repaired(read(&folder.join(case["base"].as_str().unwrap())));
        for operation in case["patch"].as_array().unwrap() {
            patch(&mut document, operation);
        }
        let schema = validator(&folder, case["schema"].as_str().unwrap()).is_valid(&document);
        assert_eq!(
            schema,
            case["valid_formats_asserted"].as_bool().unwrap(),
            "{name}"
        );
        let own = Message::read(&document);
        match (schema, own) {
            (true, Ok(_)) | (false, Err(_)) => {}
            (true, Err(_)) => drop(stricter.insert(name.to_owned())),
            (false, Ok(_)) => panic!("{name}: the schema refuses, the own check does not"),
        }
        outgoing += 1;
    }
    assert_eq!(outgoing, 104);
    assert_eq!(stricter, STRICTER.map(str::to_owned).into());
}

#[test]
fn every_member_left_out_or_made_another_type_is_judged_as_the_schema_judges() {
    let Some(folder) = vectors::dpi("schema by mutation") else {
        return;
    };
    for kind in ["digital", "utskrift"] {
        let schema = format!("schemas/dpi/innbyggerpost_dpi_{kind}_1_0.schema.json");
        let schema = validator(&folder, &schema);
        let base = repaired(read(
            &folder.join(format!("samples/innbyggerpost_dpi_{kind}_1_0.json")),
        ));
        let mut pointers = Vec::new();
        paths(&base, String::new(), &mut pointers);
        for pointer in pointers {
            for replacement in [
                json!(null),
                json!(-1),
                json!("x\u{0}"),
                json!([]),
                json!({}),
            ] {
                let mut changed = base.clone();
                *changed.pointer_mut(&pointer).unwrap() = replacement.clone();
                let refused = Message::read(&changed).is_err();
                assert!(
                    refused || schema.is_valid(&changed),
                    "{pointer} = {replacement}"
                );
            }
        }
    }
}

fn paths(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| paths(value, format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| paths(value, format!("{path}/{index}"), found));
        }
        _ => {}
    }
    found.push(path);
}

fn provider() -> (PKey<Private>, X509) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "Practice").unwrap();
    name.append_entry_by_text("2.5.4.97", "NTRNO-984661185")
        .unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(9).unwrap())
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (key, builder.build())
}

fn original() -> Original {
    Original {
        conversation_id: Uuid::from_u128(9),
        process: "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:digital:ver1.0".into(),
        sender: OrgNumber::parse("889640782").unwrap(),
        controller: Controller {
            organisation: OrgNumber::parse("991825827").unwrap(),
            unit: Some("991825827:unit".to_owned()),
            invoice_reference: None,
        },
    }
}

fn receipts() -> Vec<Receipt> {
    let text = || Some("Æ".to_owned());
    let events = [
        Event::Delivered,
        Event::Opened,
        Event::NotificationFailed {
            channel: NoticeChannel::Email,
            description: text(),
        },
        Event::NotificationFailed {
            channel: NoticeChannel::Sms,
            description: None,
        },
        Event::AcceptedForPrint,
        Event::Returned,
        Event::Failed {
            side: Side::Client,
            details: text(),
        },
        Event::Failed {
            side: Side::Server,
            details: None,
        },
    ];
    let receipt = |event| Receipt {
        receipt_id: Uuid::from_u128(10),
        provider: OrgNumber::parse("984661185").unwrap(),
        at: "2026-07-01T10:00:00.5Z".parse::<Timestamp>().unwrap(),
        event,
    };
    events.map(receipt).into()
}

#[test]
fn every_receipt_keeps_its_schema() {
    let Some(folder) = vectors::dpi("receipts") else {
        return;
    };
    for receipt in receipts() {
        let kind = receipt.event.kind();
        let schema = format!("schemas/dpi/innbyggerpost_dpi_{kind}_1_0.schema.json");
        let document = receipt.to_json(&original());
        let schema = validator(&folder, &schema);
        let errors: Vec<_> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}");
    }
}

#[test]
fn a_receipt_answers_its_message_with_the_header_swapped() {
    for receipt in receipts() {
        let document = &receipt.to_json(&original())["standardBusinessDocument"];
        let header = &document["standardBusinessDocumentHeader"];
        let kind = receipt.event.kind();
        assert_eq!(header["sender"][0]["identifier"]["value"], "0192:984661185");
        assert_eq!(
            header["receiver"][0]["identifier"]["value"],
            "0192:889640782"
        );
        let scope = &header["businessScope"]["scope"][0];
        assert_eq!(
            scope["instanceIdentifier"],
            original().conversation_id.to_string()
        );
        assert_eq!(scope["identifier"], original().process);
        let identification = &header["documentIdentification"];
        assert_eq!(identification["type"], kind);
        let standard = identification["standard"].as_str().unwrap();
        assert!(standard.contains("xsd::Innbyggerpost##") && standard.ends_with("::1.0"));
        let created = identification["creationDateAndTime"].as_str().unwrap();
        assert_eq!(created, "2026-07-01T12:00:00.500+02:00");
        let body = &document[kind];
        let mottaker = &body["mottaker"];
        assert_eq!(
            mottaker["virksomhetsidentifikator"]["value"],
            "0192:991825827"
        );
        assert_eq!(mottaker["motakeridentifikator"], "991825827:unit");
    }
}

fn verifies(compact: &str) -> bool {
    let parts: Vec<&str> = compact.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return false;
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let header_json: Value = serde_json::from_slice(&decode(header)).unwrap();
    assert_eq!(header_json["alg"], "RS512");
    assert_eq!(header_json["x5c"].as_array().unwrap().len(), 1);
    let der = STANDARD
        .decode(header_json["x5c"][0].as_str().unwrap())
        .unwrap();
    let key = X509::from_der(&der).unwrap().public_key().unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha512(), &key).unwrap();
    verifier
        .verify_oneshot(&decode(signature), format!("{header}.{payload}").as_bytes())
        .unwrap_or(false)
}

#[test]
fn a_receipt_is_signed_with_rs512_and_a_forged_one_shows() {
    let (key, certificate) = provider();
    let document = receipts()[0].to_json(&original());
    assert!(verifies(&sign(&document, &key, &certificate).unwrap()));
    let forged = |forgery| forge(&document, &key, &certificate, forgery).unwrap();
    assert!(!verifies(&forged(Forgery::WrongKey)));
    assert!(!verifies(&forged(Forgery::ChangedText)));
    let self_made = forged(Forgery::SelfMadeCertificate);
    assert!(verifies(&self_made));
    let own = STANDARD.encode(certificate.to_der().unwrap());
    let header = URL_SAFE_NO_PAD
        .decode(self_made.split('.').next().unwrap())
        .unwrap();
    assert!(!String::from_utf8(header).unwrap().contains(&own));
}
