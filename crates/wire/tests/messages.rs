//! Outgoing messages against the official schemas, and against what the protocol asks beyond them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test program"
)]

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::vectors::conformance;
use common::{AGENCY, Authority, PROCESSOR, PROVIDER, USUAL, at, new_key, open_jws};
use jsonschema::{Draft, Registry, Validator};
use proptest::prelude::*;
use serde_json::{Value, json};
use utpost_domain::{
    ConversationId, Country, Digest, EmailAddress, EmailNotice, EmailText, Language,
    MailboxAddress, MessageId, MobileNumber, NonSensitiveTitle, Notices, OpeningReceipt, OrgNumber,
    PostalAddress, Repeats, SecurityLevel, SmsNotice, SmsText,
};
use utpost_parcel::{SealedParcel, Sender};
use utpost_wire::{
    AccessToken, Digital, Envelope, EnvelopeFault, Grant, Heading, PostClass, Print, PrintColour,
    ReturnHandling, SigningFault, parse_token_answer,
};

const CMS: &[u8] = b"the encrypted bytes";

fn sealed() -> SealedParcel {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parcel.cms");
    fs::write(&path, CMS).unwrap();
    SealedParcel::reopen(&path, Digest::of(CMS)).unwrap()
}

fn token(text: &str) -> AccessToken {
    let body = json!({ "access_token": text, "token_type": "Bearer", "expires_in": 120 });
    parse_token_answer(body.to_string().as_bytes(), at("2026-09-01T08:15:00Z"), &[]).unwrap()
}

fn org(number: &str) -> OrgNumber {
    OrgNumber::parse(number).unwrap()
}

fn heading() -> Heading {
    Heading {
        message: MessageId::parse("2f0c4f6e-3d0b-4f4e-9a44-0d9f6a0c1b01").unwrap(),
        conversation: ConversationId::parse("8a5b7d1c-6f5e-4c0a-8f5d-5f3b2a1e0c02").unwrap(),
        technical_sender: org(AGENCY),
        sender: Sender {
            organisation: org(AGENCY),
            unit: None,
            invoice_reference: None,
        },
        receiver: org(PROVIDER),
        created_at: at("2026-09-01T08:15:30Z"),
    }
}

fn digital() -> Digital {
    Digital {
        mailbox: MailboxAddress::parse("0000000000").unwrap(),
        security_level: SecurityLevel::Level4,
        title: NonSensitiveTitle::parse("Brev fra kommunen").unwrap(),
        language: Language::parse("nb").unwrap(),
        visible_from: None,
        opening_receipt: OpeningReceipt::NotWanted,
        notices: Notices::default(),
    }
}

fn norwegian() -> PostalAddress {
    PostalAddress::norwegian("Kari Prøve", &["Prøveveien 1"], "0123", "Oslo").unwrap()
}

fn print() -> Print {
    Print {
        recipient: norwegian(),
        return_address: norwegian(),
        returns: ReturnHandling::ShredAndReport,
        colour: PrintColour::Black,
        post_class: PostClass::B,
    }
}

fn email_notice() -> EmailNotice {
    EmailNotice {
        address: EmailAddress::parse("kari@example.no").unwrap(),
        text: EmailText::parse(&"æ".repeat(500)).unwrap(),
        repeats: Repeats::default(),
    }
}

fn sms_notice() -> SmsNotice {
    SmsNotice {
        number: MobileNumber::parse("+47 999 99 999").unwrap(),
        text: SmsText::parse(&"å".repeat(160)).unwrap(),
        repeats: Repeats::new(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 25]).unwrap(),
    }
}

fn json_of(envelope: &Envelope) -> Value {
    serde_json::from_str(envelope.to_json_with(&token("a.b.c")).expose("test")).unwrap()
}

/// One message for every combination of headings and of digital options, and of print options.
fn every_message() -> Vec<Value> {
    let parcel = sealed();
    let mut headings = Vec::new();
    for technical_sender in [AGENCY, PROCESSOR] {
        for unit in [None, Some("x".repeat(100))] {
            for invoice_reference in [None, Some("ø".repeat(40))] {
                let sender = Sender {
                    unit: unit.clone(),
                    invoice_reference,
                    ..heading().sender
                };
                let technical_sender = org(technical_sender);
                headings.push(Heading {
                    technical_sender,
                    sender,
                    ..heading()
                });
            }
        }
    }
    let mut digitals = Vec::new();
    for security_level in [SecurityLevel::Level3, SecurityLevel::Level4] {
        for visible_from in [
            None,
            Some(at("2027-01-31T23:00:00Z")),
            Some(at("2026-01-01T00:00:00Z")),
        ] {
            for opening_receipt in [OpeningReceipt::Wanted, OpeningReceipt::NotWanted] {
                for email in [None, Some(email_notice())] {
                    for sms in [None, Some(sms_notice())] {
                        for (title, language) in [("T".to_owned(), "SE"), ("æ".repeat(80), "nn")] {
                            digitals.push(Digital {
                                security_level,
                                visible_from,
                                opening_receipt,
                                notices: Notices {
                                    email: email.clone(),
                                    sms: sms.clone(),
                                },
                                title: NonSensitiveTitle::parse(&title).unwrap(),
                                language: Language::parse(language).unwrap(),
                                ..digital()
                            });
                        }
                    }
                }
            }
        }
    }
    let lines = [
        "l".repeat(100),
        "Postboks 1 Sentrum".to_owned(),
        "c/o Ola".to_owned(),
        "4".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut addresses = vec![norwegian()];
    for count in 1..=4 {
        addresses.push(
            PostalAddress::norwegian(&"n".repeat(130), &lines[..count], "9990", &"t".repeat(80))
                .unwrap(),
        );
    }
    for country in ["SE", "se", "Sverige", &"s".repeat(80)] {
        let country = Country::parse(country).unwrap();
        addresses.push(PostalAddress::foreign("Kari", &lines[..2], country).unwrap());
    }
    let mut prints = Vec::new();
    for recipient in &addresses {
        for return_address in &addresses {
            for returns in [ReturnHandling::SendBack, ReturnHandling::ShredAndReport] {
                for colour in [PrintColour::Black, PrintColour::Colour] {
                    for post_class in [PostClass::A, PostClass::B] {
                        let recipient = recipient.clone();
                        let return_address = return_address.clone();
                        prints.push(Print {
                            recipient,
                            return_address,
                            returns,
                            colour,
                            post_class,
                        });
                    }
                }
            }
        }
    }
    let mut messages = Vec::new();
    for heading in &headings {
        for letter in &digitals {
            let made = Envelope::digital(heading.clone(), &parcel, letter.clone());
            messages.push(json_of(&made.unwrap()));
        }
        for letter in &prints {
            let made = Envelope::print(heading.clone(), &parcel, letter.clone());
            messages.push(json_of(&made.unwrap()));
        }
    }
    messages
}

/// The official schemas, by their `$id`. Nothing is fetched.
struct Schemas(Vec<(String, Value)>);

impl Schemas {
    fn load(folder: &Path) -> Self {
        let mut all = Vec::new();
        for part in ["common", "dpi"] {
            for entry in fs::read_dir(folder.join("schemas").join(part)).unwrap() {
                let schema = json_file(&entry.unwrap().path());
                all.push((schema["$id"].as_str().unwrap().to_owned(), schema));
            }
        }
        assert_eq!(all.len(), 13);
        Self(all)
    }

    fn registry(&self) -> Registry<'_> {
        let mut builder = Registry::new().draft(Draft::Draft7);
        for (id, schema) in &self.0 {
            builder = builder.add(id, schema).unwrap();
        }
        builder.prepare().unwrap()
    }
}

fn validator(registry: &Registry<'_>, schema: &Value, formats: bool) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_registry(registry)
        .with_format("uuid", |text: &str| {
            uuid::Uuid::try_parse(text).is_ok() && text.len() == 36
        })
        .should_validate_formats(formats)
        .build(schema)
        .unwrap()
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn schema_of(folder: &Path, kind: &str) -> Value {
    json_file(&folder.join(format!(
        "schemas/dpi/innbyggerpost_dpi_{kind}_1_0.schema.json"
    )))
}

/// JSON Patch (RFC 6902) as far as the cases use it.
fn patched(mut document: Value, patch: &Value) -> Value {
    for step in patch.as_array().unwrap() {
        let (parent, name) = step["path"].as_str().unwrap().rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap();
        match (step["op"].as_str().unwrap(), parent) {
            ("add", Value::Object(members)) => {
                members.insert(name.to_owned(), step["value"].clone());
            }
            ("add", Value::Array(elements)) if name == "-" => elements.push(step["value"].clone()),
            ("remove", Value::Object(members)) => {
                members.remove(name).unwrap();
            }
            other => panic!("not a step these cases use: {other:?}"),
        }
    }
    document
}

fn outgoing_cases(folder: &Path) -> Vec<Value> {
    let outgoing = |case: &Value| {
        let schema = case["schema"].as_str().unwrap();
        schema.contains("_digital_") || schema.contains("_utskrift_")
    };
    let all = json_file(&folder.join("cases/schema-cases.json"));
    all.as_array()
        .unwrap()
        .iter()
        .filter(|case| outgoing(case))
        .cloned()
        .collect()
}

fn case_document(folder: &Path, case: &Value) -> Value {
    patched(
        json_file(&folder.join(case["base"].as_str().unwrap())),
        &case["patch"],
    )
}

#[test]
fn every_message_that_can_be_built_fits_the_official_schema() {
    let Some(folder) = conformance("dpi") else {
        return;
    };
    let schemas = Schemas::load(&folder);
    let registry = schemas.registry();
    let of = |kind| validator(&registry, &schema_of(&folder, kind), true);
    let (digital, print) = (of("digital"), of("utskrift"));
    let messages = every_message();
    for message in &messages {
        let is_digital = message["standardBusinessDocument"].get("digital").is_some();
        let validator = if is_digital { &digital } else { &print };
        if let Err(error) = validator.validate(message) {
            panic!("{} at {}", error, error.instance_path());
        }
    }
    common::vectors::tell(&format!("{} messages fit", messages.len()));
}

#[test]
fn the_validator_answers_every_official_case_as_recorded() {
    let Some(folder) = conformance("dpi") else {
        return;
    };
    let schemas = Schemas::load(&folder);
    let registry = schemas.registry();
    let cases = outgoing_cases(&folder);
    for case in &cases {
        let schema = json_file(&folder.join(case["schema"].as_str().unwrap()));
        let document = case_document(&folder, case);
        for (formats, column) in [
            (false, "valid_formats_ignored"),
            (true, "valid_formats_asserted"),
        ] {
            let valid = validator(&registry, &schema, formats).is_valid(&document);
            assert_eq!(json!(valid), case[column], "{} ({column})", case["name"]);
        }
    }
    common::vectors::tell(&format!("{} schema cases", cases.len()));
    assert_eq!(cases.len(), 104);
}

/// Where the schema lets through what the protocol refuses: the case, and the rule it breaks.
type Rule = (&'static str, fn(&Value) -> bool);

const BEYOND_THE_SCHEMA: [Rule; 16] = [
    ("digital: unknown varsler member", notices_are_known),
    (
        "digital: virkningstidspunkt with offset",
        one_effective_time,
    ),
    ("digital: phone 12345678", phone_can_receive),
    ("digital: repetisjoner duplicate", days_ascend),
    ("digital: orgnr 9908", organisations_are_real),
    ("digital: orgnr unanchored prefix", organisations_are_real),
    ("digital: SBDH value anything", organisations_are_real),
    ("digital: scope empty array", one_conversation),
    ("digital: type wrong", type_is_the_member),
    ("digital: digest hex", digest_is_base64),
    (
        "utskrift: mottaker NO plus land plus landkode",
        addresses_have_one_shape,
    ),
    (
        "utskrift: mottaker land plus poststed",
        addresses_have_one_shape,
    ),
    ("utskrift: mottaker navn 131", names_are_130_at_most),
    (
        "utskrift: mottaker adresselinje1 empty",
        first_lines_are_not_empty,
    ),
    ("utskrift: base", digest_is_base64),
    ("digital: base", digest_is_base64),
];

#[test]
fn what_the_schema_lets_through_and_the_protocol_refuses_cannot_be_built() {
    let Some(folder) = conformance("dpi") else {
        return;
    };
    let schemas = Schemas::load(&folder);
    let registry = schemas.registry();
    let cases = outgoing_cases(&folder);
    let messages = every_message();
    for (name, rule) in BEYOND_THE_SCHEMA {
        let case = cases.iter().find(|case| case["name"] == name).unwrap();
        let schema = json_file(&folder.join(case["schema"].as_str().unwrap()));
        let document = case_document(&folder, case);
        assert!(
            validator(&registry, &schema, true).is_valid(&document),
            "{name}: not lax"
        );
        assert!(!rule(&document), "{name}: keeps the rule");
        assert!(messages.iter().all(rule), "{name}: can be built");
    }
    let noted: HashSet<&str> = BEYOND_THE_SCHEMA.iter().map(|(name, _)| *name).collect();
    for case in cases
        .iter()
        .filter(|case| case["valid_formats_asserted"] == true)
    {
        let name = case["name"].as_str().unwrap();
        assert!(
            case.get("note").is_none() || noted.contains(name),
            "{name} has no rule"
        );
    }
}

fn parts(message: &Value) -> (&Value, &str, &Value) {
    let document = &message["standardBusinessDocument"];
    let (name, letter) = document
        .as_object()
        .unwrap()
        .iter()
        .find(|(name, _)| *name != "standardBusinessDocumentHeader")
        .unwrap();
    (&document["standardBusinessDocumentHeader"], name, letter)
}

fn notices_are_known(message: &Value) -> bool {
    let (_, _, letter) = parts(message);
    letter
        .get("varsler")
        .and_then(Value::as_object)
        .is_none_or(|notices| {
            !notices.is_empty()
                && notices
                    .keys()
                    .all(|key| key == "epostvarsel" || key == "smsvarsel")
        })
}

fn one_effective_time(message: &Value) -> bool {
    let (_, _, letter) = parts(message);
    letter.get("virkningsdato").is_none() || letter.get("virkningstidspunkt").is_none()
}

fn phone_can_receive(message: &Value) -> bool {
    let (_, _, letter) = parts(message);
    letter["varsler"]["smsvarsel"]["mobiltelefonnummer"]
        .as_str()
        .is_none_or(|number| {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            let own = digits
                .strip_prefix("0047")
                .or(digits.strip_prefix("47"))
                .unwrap_or(&digits);
            own.len() == 8 && own.starts_with(['4', '9'])
        })
}

fn days_ascend(message: &Value) -> bool {
    let (_, _, letter) = parts(message);
    ["epostvarsel", "smsvarsel"].iter().all(|notice| {
        letter["varsler"][notice]["repetisjoner"]
            .as_array()
            .is_none_or(|days| {
                days.windows(2)
                    .all(|pair| pair[0].as_u64() < pair[1].as_u64())
            })
    })
}

fn organisations_are_real(message: &Value) -> bool {
    let (header, _, letter) = parts(message);
    [
        &header["sender"][0]["identifier"],
        &header["receiver"][0]["identifier"],
        &letter["avsender"]["virksomhetsidentifikator"],
    ]
    .iter()
    .all(|party| {
        let number = party["value"]
            .as_str()
            .unwrap()
            .strip_prefix("0192:")
            .unwrap_or_default();
        number.len() == 9 && OrgNumber::parse(number).is_ok()
    })
}

fn one_conversation(message: &Value) -> bool {
    let (header, _, _) = parts(message);
    let [scope] = header["businessScope"]["scope"]
        .as_array()
        .unwrap()
        .as_slice()
    else {
        return false;
    };
    scope["type"] == "ConversationId"
        && scope["instanceIdentifier"] != header["documentIdentification"]["instanceIdentifier"]
}

fn type_is_the_member(message: &Value) -> bool {
    let (header, name, _) = parts(message);
    let standard = format!(
        "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:{name}::1.0"
    );
    let process = format!("urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:{name}:ver1.0");
    header["documentIdentification"]["type"] == name
        && header["documentIdentification"]["standard"] == standard
        && header["businessScope"]["scope"][0]["identifier"] == process
}

fn digest_is_base64(message: &Value) -> bool {
    let (_, _, letter) = parts(message);
    let digest = &letter["dokumentpakkefingeravtrykk"];
    let value = digest["digestValue"].as_str().unwrap();
    digest["digestMethod"] == "http://www.w3.org/2001/04/xmlenc#sha256"
        && value.len() == 44
        && STANDARD.decode(value).is_ok_and(|bytes| bytes.len() == 32)
}

fn addresses(message: &Value) -> Vec<&Value> {
    let (_, name, letter) = parts(message);
    if name == "utskrift" {
        vec![&letter["mottaker"], &letter["retur"]["mottaker"]]
    } else {
        Vec::new()
    }
}

fn addresses_have_one_shape(message: &Value) -> bool {
    addresses(message).iter().all(|address| {
        let has = |name| address.get(name).is_some();
        let norwegian = has("postnummer") && has("poststed") && !has("land") && !has("landkode");
        let foreign = !has("postnummer") && !has("poststed") && (has("land") != has("landkode"));
        norwegian || foreign
    })
}

fn names_are_130_at_most(message: &Value) -> bool {
    addresses(message)
        .iter()
        .all(|address| (1..=130).contains(&address["navn"].as_str().unwrap().chars().count()))
}

fn first_lines_are_not_empty(message: &Value) -> bool {
    addresses(message).iter().all(|address| {
        !address["adresselinje1"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .is_empty()
    })
}

#[test]
fn parts_that_break_the_protocol_make_no_message() {
    let parcel = sealed();
    let refused =
        |heading: Heading, letter: Digital| Envelope::digital(heading, &parcel, letter).err();
    let same = Heading {
        conversation: ConversationId::parse(&heading().message.to_string()).unwrap(),
        ..heading()
    };
    assert_eq!(refused(same, digital()), Some(EnvelopeFault::SameId));
    let with = |unit: Option<String>, invoice_reference: Option<String>| Heading {
        sender: Sender {
            unit,
            invoice_reference,
            ..heading().sender
        },
        ..heading()
    };
    for unit in ["", " ", &"x".repeat(101)] {
        let heading = with(Some(unit.to_owned()), None);
        assert_eq!(refused(heading, digital()), Some(EnvelopeFault::Unit));
    }
    for reference in ["", &"x".repeat(41)] {
        let heading = with(None, Some(reference.to_owned()));
        assert_eq!(
            refused(heading, digital()),
            Some(EnvelopeFault::InvoiceReference)
        );
    }
    for (visible_from, fault) in [
        ("2027-09-01T08:15:30Z", None),
        ("2027-09-01T08:15:31Z", Some(EnvelopeFault::TooFarAhead)),
    ] {
        let letter = Digital {
            visible_from: Some(at(visible_from)),
            ..digital()
        };
        assert_eq!(refused(heading(), letter), fault, "{visible_from}");
    }
}

#[test]
fn the_message_of_a_minimal_digital_letter_reads_like_this() {
    let envelope = Envelope::digital(
        heading(),
        &sealed(),
        Digital {
            visible_from: Some(at("2026-10-25T23:00:00Z")),
            notices: Notices {
                email: Some(EmailNotice {
                    text: EmailText::parse("Du har post.").unwrap(),
                    ..email_notice()
                }),
                sms: None,
            },
            ..digital()
        },
    )
    .unwrap();
    let text = concat!(
        r#"{"standardBusinessDocument":{"standardBusinessDocumentHeader":{"headerVersion":"1.0","#,
        r#""sender":[{"identifier":{"authority":"iso6523-actorid-upis","value":"0192:991825827"}}],"#,
        r#""receiver":[{"identifier":{"authority":"iso6523-actorid-upis","value":"0192:984661185"}}],"#,
        r#""documentIdentification":{"standard":"urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##"#,
        r#"urn:fdc:digdir.no:2020:innbyggerpost:schema:digital::1.0","typeVersion":"1.0","#,
        r#""instanceIdentifier":"2f0c4f6e-3d0b-4f4e-9a44-0d9f6a0c1b01","type":"digital","#,
        r#""creationDateAndTime":"2026-09-01T10:15:30.000+02:00"},"#,
        r#""businessScope":{"scope":[{"type":"ConversationId","#,
        r#""instanceIdentifier":"8a5b7d1c-6f5e-4c0a-8f5d-5f3b2a1e0c02","#,
        r#""identifier":"urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:digital:ver1.0"}]}},"#,
        r#""digital":{"avsender":{"virksomhetsidentifikator":{"authority":"iso6523-actorid-upis","value":"0192:991825827"}},"#,
        r#""mottaker":{"postkasseadresse":"0000000000"},"#,
        r#""dokumentpakkefingeravtrykk":{"digestMethod":"http://www.w3.org/2001/04/xmlenc#sha256","#,
        r#""digestValue":"DIGEST"},"maskinportentoken":"a.b.c","sikkerhetsnivaa":4,"#,
        r#""ikkesensitivtittel":"Brev fra kommunen","spraak":"nb","#,
        r#""virkningstidspunkt":"2026-10-26T00:00:00.000+01:00","aapningskvittering":false,"#,
        r#""varsler":{"epostvarsel":{"epostadresse":"kari@example.no","varslingstekst":"Du har post.","repetisjoner":[0,7]}}}}}"#,
    );
    let expected = text.replace("DIGEST", &STANDARD.encode(openssl::sha::sha256(CMS)));
    for _ in 0..2 {
        assert_eq!(
            envelope.to_json_with(&token("a.b.c")).expose("test"),
            &expected
        );
    }
}

#[test]
fn a_message_is_signed_with_the_leaf_alone_and_signing_again_changes_only_the_token() {
    let authority = Authority::new("Øvingsrot");
    let party = authority.issue(AGENCY, &new_key(), USUAL);
    let signer = party.signer();
    let envelope = Envelope::print(heading(), &sealed(), print()).unwrap();
    let [first, second] = ["token.one.x", "token.two.y"].map(|text| {
        let signed = envelope.sign(&token(text), &signer).unwrap();
        assert!(!format!("{signed:?}").contains('.'));
        let (header, payload) = open_jws(signed.expose("test"), &party.key);
        assert_eq!(header, json!({ "x5c": party.x5c(), "alg": "RS256" }));
        let names: Vec<_> = header.as_object().unwrap().keys().collect();
        assert_eq!(names, ["x5c", "alg"]);
        assert_eq!(
            payload,
            serde_json::from_str::<Value>(envelope.to_json_with(&token(text)).expose("test"))
                .unwrap()
        );
        payload
    });
    assert_ne!(first, second);
    let without_token = |mut message: Value| {
        let member = "/standardBusinessDocument/utskrift/maskinportentoken";
        message.pointer_mut(member).unwrap().take()
    };
    assert_eq!(without_token(first.clone()), "token.one.x");
    let same = |mut message: Value| {
        *message
            .pointer_mut("/standardBusinessDocument/utskrift/maskinportentoken")
            .unwrap() = json!("");
        message
    };
    assert_eq!(same(first), same(second));
}

#[test]
fn only_the_technical_senders_key_signs() {
    let authority = Authority::new("Øvingsrot");
    let key = new_key();
    let agency = authority.issue(AGENCY, &key, USUAL).signer();
    let processor = authority.issue(PROCESSOR, &key, USUAL).signer();
    let on_behalf = Heading {
        technical_sender: org(PROCESSOR),
        ..heading()
    };
    let envelope = Envelope::digital(on_behalf, &sealed(), digital()).unwrap();
    let message = json_of(&envelope);
    let (header, _, letter) = parts(&message);
    assert_eq!(
        header["sender"][0]["identifier"]["value"],
        format!("0192:{PROCESSOR}")
    );
    assert_eq!(
        letter["avsender"]["virksomhetsidentifikator"]["value"],
        format!("0192:{AGENCY}")
    );
    assert!(envelope.sign(&token("t"), &processor).is_ok());
    assert_eq!(
        envelope.sign(&token("t"), &agency),
        Err(SigningFault::NotTheSender)
    );
}

#[test]
fn a_grant_shows_the_whole_chain_or_names_its_key() {
    let party = Authority::new("Øvingsrot").issue(AGENCY, &new_key(), USUAL);
    let signer = party.signer();
    let grant = Grant {
        client_id: "klient".to_owned(),
        audience: "https://tokens.example/".to_owned(),
        scopes: vec!["digitalpostinnbygger:send".to_owned()],
        resource: None,
        consumer: None,
        issued_at: at("2026-09-01T08:15:30Z"),
    };
    let by_certificate = grant.sign_x5c(&signer).unwrap();
    let (header, first) = open_jws(by_certificate.expose("test"), &party.key);
    let shown = header["x5c"].as_array().unwrap();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0], party.x5c()[0]);
    assert_eq!(header.as_object().unwrap().len(), 2);

    let by_name = grant.sign_kid("nøkkel-1", &signer).unwrap();
    let (header, second) = open_jws(by_name.expose("test"), &party.key);
    assert_eq!(header, json!({ "kid": "nøkkel-1", "alg": "RS256" }));
    assert_ne!(first["jti"], second["jti"]);
}

proptest! {
    #[test]
    fn whatever_a_constructor_takes_the_schema_takes(
        email in "[a-z.+_@æ\"() -]{1,20}@[a-z0-9.-]{1,20}|.{0,30}",
        mobile in "\\+?[0-9 _-]{6,22}|.{0,12}",
        text in "\\PC{0,170}",
        days in proptest::collection::vec(0u8..30, 0..12),
        name in "\\PC{0,140}",
        line in "\\PC{0,110}",
        postcode in "[0-9]{3,5}",
        country in "[A-Za-z]{1,3}|\\PC{0,90}",
        title in "\\PC{0,90}",
        language in "[a-zA-Z]{1,3}",
    ) {
        let Some(folder) = conformance("dpi") else { return Ok(()) };
        thread_local! {
            static VALIDATORS: std::cell::OnceCell<[Validator; 2]> =
                const { std::cell::OnceCell::new() };
        }
        VALIDATORS.with(|validators| {
            let [for_digital, for_print] = validators.get_or_init(|| {
                let schemas = Schemas::load(&folder);
                let registry = schemas.registry();
                ["digital", "utskrift"].map(|kind| validator(&registry, &schema_of(&folder, kind), true))
            });
            let parcel = sealed();
            let mut letter = digital();
            let repeats = Repeats::new(&days).unwrap_or_default();
            if let (Ok(address), Ok(text)) = (EmailAddress::parse(&email), EmailText::parse(&text)) {
                letter.notices.email = Some(EmailNotice { address, text, repeats: repeats.clone() });
            }
            if let (Ok(number), Ok(text)) = (MobileNumber::parse(&mobile), SmsText::parse(&text)) {
                letter.notices.sms = Some(SmsNotice { number, text, repeats });
            }
            if let Ok(title) = NonSensitiveTitle::parse(&title) {
                letter.title = title;
            }
            if let Ok(language) = Language::parse(&language) {
                letter.language = language;
            }
            let message = json_of(&Envelope::digital(heading(), &parcel, letter).unwrap());
            prop_assert!(for_digital.is_valid(&message), "{message}");

            let norwegian = PostalAddress::norwegian(&name, &[&line], &postcode, &line);
            let foreign = Country::parse(&country)
                .and_then(|country| PostalAddress::foreign(&name, &[&line, &line], country));
            for address in [norwegian, foreign].into_iter().flatten() {
                let letter = Print { recipient: address.clone(), return_address: address, ..print() };
                let message = json_of(&Envelope::print(heading(), &parcel, letter).unwrap());
                prop_assert!(for_print.is_valid(&message), "{message}");
            }
            Ok(())
        })?;
    }
}
