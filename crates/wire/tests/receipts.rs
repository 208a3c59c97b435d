//! Receipts: believed when genuine, and for one reason each when not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test program")]

mod common;

use std::fs;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::vectors::conformance;
use common::{
    AGENCY, Authority, OTHER_PROVIDER, PROCESSOR, PROVIDER, Party, Terms, USUAL, at, new_key,
};
use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use proptest::prelude::*;
use serde_json::{Value, json};
use utpost_domain::{FaultSide, OrgNumber, ReceiptKind};
use utpost_pki::{TrustFault, TrustPolicy};
use utpost_wire::{
    Expectation, NoticeChannel, RECEIPT_LIMIT, ReceiptFault, VerifiedReceipt, parse_inbox,
    parse_metadata, parse_print_certificate, parse_problem, parse_receipt, parse_register_answer,
    parse_statuses, parse_token_answer, parse_token_error,
};

/// One authority and one provider for all tests: keys are dear.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let authority = Authority::new("Øvingsrot");
    let provider = authority.issue(PROVIDER, &new_key(), USUAL);
    World {
        policy: authority.policy(),
        authority,
        provider,
        other_key: new_key(),
    }
});

struct World {
    authority: Authority,
    policy: TrustPolicy,
    provider: Party,
    other_key: PKey<Private>,
}

fn org(number: &str) -> OrgNumber {
    OrgNumber::parse(number).unwrap()
}

fn expected() -> Expectation {
    Expectation {
        ours: org(AGENCY),
        provider: org(PROVIDER),
        at: at("2026-09-01T09:00:00Z"),
    }
}

fn verify(compact: &str) -> Result<VerifiedReceipt, ReceiptFault> {
    parse_receipt(compact)?.verify(&WORLD.policy, &expected())
}

fn fault(compact: &str) -> Option<ReceiptFault> {
    verify(compact).err()
}

fn party(number: &str) -> Value {
    json!({ "authority": "iso6523-actorid-upis", "value": format!("0192:{number}") })
}

/// A receipt as providers write it: capital letter in the standard, empty scope information.
fn document(kind: &str, extra: &[(&str, Value)]) -> Value {
    let mut body = json!({
        "avsender": { "virksomhetsidentifikator": party(PROVIDER) },
        "mottaker": {
            "virksomhetsidentifikator": party(AGENCY),
            "motakeridentifikator": "991825827:seksjon",
            "mottakeridentifikator": { "noe": ["nytt"] },
        },
        "tidspunkt": "2026-09-01T10:17:02.101+02:00",
    });
    for (name, value) in extra {
        body[name] = value.clone();
    }
    json!({ "standardBusinessDocument": {
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "sender": [{ "identifier": party(PROVIDER) }],
            "receiver": [{ "identifier": party(AGENCY) }],
            "documentIdentification": {
                "standard": format!("urn:fdc:digdir.no:2020:innbyggerpost:xsd::Innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:{kind}::1.0"),
                "typeVersion": "1.0",
                "instanceIdentifier": "FF88849C-e281-4809-8555-7cd54952b916",
                "type": kind,
                "creationDateAndTime": "2026-09-01T08:17:03Z",
            },
            "businessScope": { "scope": [{
                "type": "ConversationId",
                "instanceIdentifier": "d2f3efcc-099d-402d-8fce-3bf10c278264",
                "identifier": "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:digital:ver1.0",
                "scopeInformation": [],
            }] },
        },
        kind: body,
    } })
}

fn delivery() -> Value {
    document("leveringskvittering", &[])
}

const HEADER: &str = "/standardBusinessDocument/standardBusinessDocumentHeader";
const BODY: &str = "/standardBusinessDocument/leveringskvittering";

/// A delivery receipt with the member at `pointer` replaced, or removed when `null` is given.
fn delivery_with(pointer: &str, value: Value) -> String {
    let mut document = delivery();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let members = document
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    if value.is_null() {
        members.remove(name).unwrap();
    } else {
        members.insert(name.to_owned(), value);
    }
    document.to_string()
}

fn signed(payload: &str) -> String {
    WORLD.provider.jws("RS512", payload)
}

#[test]
fn each_kind_of_receipt_is_believed_for_what_it_says() {
    let email = [
        ("varslingskanal", json!("epost")),
        ("beskrivelse", json!("Ukjent adresse")),
    ];
    let sms = [("varslingskanal", json!("sms"))];
    let client = [
        ("feiltype", json!("KLIENT")),
        ("detaljer", json!("SBD:4069 ødelagt")),
    ];
    let server = [("feiltype", json!("SERVER"))];
    let error = |fault| ReceiptKind::Error { fault };
    for (name, extra, kind, notice, detail) in [
        (
            "leveringskvittering",
            &[][..],
            ReceiptKind::Delivery,
            None,
            None,
        ),
        ("aapningskvittering", &[], ReceiptKind::Opening, None, None),
        ("mottakskvittering", &[], ReceiptKind::Accepted, None, None),
        (
            "returpostkvittering",
            &[],
            ReceiptKind::Returned,
            None,
            None,
        ),
        (
            "varslingfeiletkvittering",
            &email,
            ReceiptKind::NotificationFailed,
            Some(NoticeChannel::Email),
            Some("Ukjent adresse"),
        ),
        (
            "varslingfeiletkvittering",
            &sms,
            ReceiptKind::NotificationFailed,
            Some(NoticeChannel::Sms),
            None,
        ),
        (
            "feil",
            &client,
            error(FaultSide::Client),
            None,
            Some("SBD:4069 ødelagt"),
        ),
        ("feil", &server, error(FaultSide::Server), None, None),
    ] {
        let receipt = verify(&signed(&document(name, extra).to_string())).unwrap();
        assert_eq!(receipt.kind(), kind);
        assert_eq!(receipt.notice(), notice);
        assert_eq!(
            receipt.detail().map(|text| text.expose("test").as_str()),
            detail
        );
        assert_eq!(
            receipt.receipt_id().to_string(),
            "ff88849c-e281-4809-8555-7cd54952b916"
        );
        assert_eq!(
            receipt.conversation_id().to_string(),
            "d2f3efcc-099d-402d-8fce-3bf10c278264"
        );
        assert_eq!(receipt.occurred_at(), at("2026-09-01T08:17:02.101Z"));
        assert_eq!(receipt.signer(), org(PROVIDER));
        assert!(!format!("{receipt:?}").contains("SBD"));
    }
}

#[test]
fn three_hashes_are_taken_and_no_other_algorithm() {
    let payload = delivery().to_string();
    for alg in ["RS256", "RS384", "RS512"] {
        assert_eq!(fault(&WORLD.provider.jws(alg, &payload)), None, "{alg}");
    }
    for alg in [
        "none", "None", "HS256", "HS512", "PS256", "ES256", "RS1", "rs256", "",
    ] {
        let compact = WORLD.provider.jws(alg, &payload);
        assert_eq!(
            fault(&compact),
            Some(ReceiptFault::AlgorithmNotAllowed),
            "{alg}"
        );
    }
    let unsigned = WORLD.provider.jws("none", &payload);
    let (signed, _) = unsigned.rsplit_once('.').unwrap();
    assert_eq!(
        fault(&format!("{signed}.")),
        Some(ReceiptFault::AlgorithmNotAllowed)
    );

    // The public key taken for an HMAC secret.
    let public = WORLD
        .provider
        .certificate
        .public_key()
        .unwrap()
        .public_key_to_pem()
        .unwrap();
    let (signed, _) = signed_by_header(&json!({ "x5c": WORLD.provider.x5c(), "alg": "HS256" }));
    let secret = PKey::hmac(&public).unwrap();
    let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &secret).unwrap();
    let mac = URL_SAFE_NO_PAD.encode(signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap());
    assert_eq!(
        fault(&format!("{signed}.{mac}")),
        Some(ReceiptFault::AlgorithmNotAllowed)
    );
}

fn signed_by_header(header: &Value) -> (String, String) {
    let compact = WORLD.provider.jws_with(header, &delivery().to_string());
    let (signed, signature) = compact.rsplit_once('.').unwrap();
    (signed.to_owned(), signature.to_owned())
}

#[test]
fn a_key_that_the_receipt_brings_along_is_never_used() {
    let intruder = Party::self_signed(PROVIDER, &WORLD.other_key);
    let rsa = WORLD.other_key.rsa().unwrap();
    let jwk = json!({
        "kty": "RSA",
        "n": URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
        "e": URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
    });
    let payload = delivery().to_string();
    for brought in [
        json!({ "alg": "RS256", "jwk": jwk }),
        json!({ "alg": "RS256", "jku": "https://keys.example/" }),
        json!({ "alg": "RS256", "x5u": "https://keys.example/" }),
        json!({ "alg": "RS256", "x5c": [] }),
        json!({ "alg": "RS256", "x5c": ["AAAA"] }),
        json!({ "alg": "RS256", "x5c": ["æ"] }),
    ] {
        let compact = intruder.jws_with(&brought, &payload);
        assert_eq!(
            fault(&compact),
            Some(ReceiptFault::CertificateUnreadable),
            "{brought}"
        );
    }
    let mixed = json!({ "alg": "RS256", "jwk": jwk, "x5c": WORLD.provider.x5c() });
    assert_eq!(
        fault(&intruder.jws_with(&mixed, &payload)),
        Some(ReceiptFault::SignatureWrong)
    );
}

#[test]
fn a_certificate_must_lead_to_a_trusted_authority_at_the_time_of_fetching() {
    let payload = delivery().to_string();
    let world = &*WORLD;
    let issue = |terms| world.authority.issue(PROVIDER, &world.other_key, terms);
    let stranger = Authority::new("En annen rot")
        .issue(PROVIDER, &world.other_key, USUAL)
        .jws("RS512", &payload);
    assert_eq!(fault(&stranger), Some(ReceiptFault::UntrustedIssuer));
    let waiting = parse_receipt(&stranger).unwrap();
    assert_eq!(waiting.claimed_signer(), Some(org(PROVIDER)));
    assert_eq!(waiting.certificates().unwrap().len(), 1);

    let expired = issue(Terms {
        until: "2026-08-31T00:00:00Z",
        ..USUAL
    });
    let future = issue(Terms {
        from: "2026-09-02T00:00:00Z",
        ..USUAL
    });
    for party in [expired, future] {
        assert_eq!(
            fault(&party.jws("RS512", &payload)),
            Some(ReceiptFault::CertificateExpired)
        );
    }
    let sealing_only = issue(Terms {
        may_sign: false,
        ..USUAL
    });
    assert_eq!(
        fault(&sealing_only.jws("RS512", &payload)),
        Some(ReceiptFault::CertificateUnfit(TrustFault::WrongUsage))
    );
    let self_signed = Party::self_signed(PROVIDER, &world.other_key);
    assert_eq!(
        fault(&self_signed.jws("RS512", &payload)),
        Some(ReceiptFault::CertificateUnfit(TrustFault::SelfSigned))
    );
}

#[test]
fn one_changed_byte_spoils_the_signature() {
    let compact = signed(&delivery().to_string());
    let payload_at = compact.find('.').unwrap() + 1;
    let signature_at = compact.rfind('.').unwrap() + 1;
    let altered = delivery_with(
        &format!("{BODY}/tidspunkt"),
        json!("2026-09-01T10:17:02.102+02:00"),
    );
    let swapped = format!(
        "{}{}{}",
        &compact[..payload_at],
        URL_SAFE_NO_PAD.encode(altered),
        &compact[signature_at - 1..]
    );
    assert_eq!(fault(&swapped), Some(ReceiptFault::SignatureWrong));
    let other = if &compact[signature_at..=signature_at] == "A" {
        "B"
    } else {
        "A"
    };
    let damaged = format!(
        "{}{other}{}",
        &compact[..signature_at],
        &compact[signature_at + 1..]
    );
    assert_eq!(fault(&damaged), Some(ReceiptFault::SignatureWrong));
    // The same bytes under another algorithm's name.
    let (_, signature) = signed_by_header(&json!({ "x5c": WORLD.provider.x5c(), "alg": "RS256" }));
    let (renamed, _) = signed_by_header(&json!({ "x5c": WORLD.provider.x5c(), "alg": "RS512" }));
    assert_eq!(
        fault(&format!("{renamed}.{signature}")),
        Some(ReceiptFault::SignatureWrong)
    );
}

#[test]
fn a_receipt_that_breaks_its_schema_is_not_believed() {
    let twice = delivery().to_string().replace(
        r#""tidspunkt":"#,
        r#""tidspunkt":"2020-01-01T00:00:00Z","tidspunkt":"#,
    );
    let with_null = delivery().to_string().replace(
        r#""leveringskvittering":"#,
        r#""feil":null,"leveringskvittering":"#,
    );
    let mut two_members = delivery();
    two_members["standardBusinessDocument"]["aapningskvittering"] =
        two_members["standardBusinessDocument"]["leveringskvittering"].clone();
    let mut in_array = delivery();
    let header = in_array.pointer_mut(HEADER).unwrap();
    header["sender"] = json!([[party(PROVIDER)]]);
    let scope = |id: &str| json!({ "type": "ConversationId", "instanceIdentifier": id });
    let one = "d2f3efcc-099d-402d-8fce-3bf10c278264";
    let two = "b63b72a3-ec7a-4d70-94f1-699ef899864f";
    let scopes = format!("{HEADER}/businessScope/scope");
    let kind = format!("{HEADER}/documentIdentification/type");
    for (what, payload) in [
        (
            "type of another receipt",
            delivery_with(&kind, json!("aapningskvittering")),
        ),
        ("type of no receipt", delivery_with(&kind, json!("digital"))),
        (
            "type in capitals",
            delivery_with(&kind, json!("Leveringskvittering")),
        ),
        ("no body", delivery_with(BODY, Value::Null)),
        ("two bodies", two_members.to_string()),
        ("a null beside the body", with_null),
        ("member twice", twice),
        ("array for an object", in_array.to_string()),
        (
            "member of another receipt",
            delivery_with(&format!("{BODY}/detaljer"), json!("x")),
        ),
        (
            "unknown member",
            delivery_with(&format!("{BODY}/maskinportentoken"), json!("x")),
        ),
        (
            "unknown member of the header",
            delivery_with(&format!("{HEADER}/manifest"), json!({})),
        ),
        (
            "no time",
            delivery_with(&format!("{BODY}/tidspunkt"), Value::Null),
        ),
        (
            "time without offset",
            delivery_with(&format!("{BODY}/tidspunkt"), json!("2026-09-01T10:17:02")),
        ),
        (
            "two senders",
            delivery_with(
                &format!("{HEADER}/sender"),
                json!([
                    { "identifier": party(PROVIDER) }, { "identifier": party(PROVIDER) }
                ]),
            ),
        ),
        ("no conversation", delivery_with(&scopes, json!([]))),
        (
            "two conversations",
            delivery_with(&scopes, json!([scope(one), scope(two)])),
        ),
        (
            "conversation not a UUID",
            delivery_with(&scopes, json!([scope("abc")])),
        ),
        (
            "other authority",
            delivery_with(
                &format!("{BODY}/avsender/virksomhetsidentifikator/authority"),
                json!("iso3166-1"),
            ),
        ),
        (
            "long unit",
            delivery_with(
                &format!("{BODY}/mottaker/motakeridentifikator"),
                json!("x".repeat(101)),
            ),
        ),
        (
            "notice without channel",
            document("varslingfeiletkvittering", &[]).to_string(),
        ),
        ("error without side", document("feil", &[]).to_string()),
    ] {
        assert_eq!(
            fault(&signed(&payload)),
            Some(ReceiptFault::SchemaWrong),
            "{what}"
        );
    }
}

#[test]
fn signer_sender_and_receiver_must_be_the_ones_of_the_letter() {
    let world = &*WORLD;
    let payload = delivery().to_string();
    let someone = world
        .authority
        .issue(OTHER_PROVIDER, &world.other_key, USUAL);
    assert_eq!(
        fault(&someone.jws("RS512", &payload)),
        Some(ReceiptFault::SignerIsNotSender)
    );

    let honest_other = delivery_with(
        &format!("{HEADER}/sender"),
        json!([{ "identifier": party(OTHER_PROVIDER) }]),
    );
    assert_eq!(
        fault(&someone.jws("RS512", &honest_other)),
        Some(ReceiptFault::WrongProvider)
    );

    let elsewhere = delivery_with(
        &format!("{HEADER}/receiver"),
        json!([{ "identifier": party(PROCESSOR) }]),
    );
    assert_eq!(fault(&signed(&elsewhere)), Some(ReceiptFault::NotOurs));
    let receipt = parse_receipt(&signed(&elsewhere)).unwrap();
    assert_eq!(receipt.claimed_sender(), Some(org(PROVIDER)));
    assert_eq!(receipt.claimed_receiver(), Some(org(PROCESSOR)));
    let ours = Expectation {
        ours: org(PROCESSOR),
        ..expected()
    };
    assert!(receipt.verify(&world.policy, &ours).is_ok());
}

#[test]
fn an_unbelieved_receipt_can_still_be_named_and_marked() {
    let compact = WORLD
        .provider
        .jws("none", &delivery_with(BODY, Value::Null));
    let receipt = parse_receipt(&format!("\n{compact} ")).unwrap();
    assert_eq!(
        receipt.receipt_id().to_string(),
        "ff88849c-e281-4809-8555-7cd54952b916"
    );
    assert!(receipt.conversation_id().is_some());
    assert_eq!(receipt.kind(), None);
    assert_eq!(receipt.occurred_at(), None);
    assert_eq!(receipt.compact(), compact);
}

#[test]
fn what_is_no_signed_document_has_bad_form() {
    let compact = signed(&delivery().to_string());
    let parts: Vec<&str> = compact.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three parts")
    };
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let critical = json!({ "alg": "RS512", "x5c": WORLD.provider.x5c(), "crit": ["b64"] });
    let no_id = delivery_with(
        &format!("{HEADER}/documentIdentification/instanceIdentifier"),
        json!("x"),
    );
    for text in [
        String::new(),
        "..".to_owned(),
        format!("{header}.{payload}"),
        format!("{compact}.{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{}.{payload}.{signature}", encode("[]")),
        format!(
            "{}.{payload}.{signature}",
            encode(r#"{"alg":"RS512","alg":"RS256"}"#)
        ),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":7}"#)),
        format!("{header}.{}.{signature}", encode("{}")),
        format!("{header}.{}.{signature}", encode(&"[".repeat(10_000))),
        format!(
            "{header}.{}.{signature}",
            URL_SAFE_NO_PAD.encode([0xff, 0xfe])
        ),
        format!("{header}.{payload}.*"),
        WORLD.provider.jws_with(&critical, &delivery().to_string()),
        signed(&no_id),
        signed(&format!("{}{}", delivery(), " ".repeat(RECEIPT_LIMIT))),
    ] {
        let short: String = text.chars().take(40).collect();
        assert_eq!(
            parse_receipt(&text).err(),
            Some(ReceiptFault::BadForm),
            "{short}"
        );
    }
}

#[test]
fn the_official_receipts_are_read_and_not_believed() {
    let Some(folder) = conformance("dpi/receipts") else {
        return;
    };
    let error = ReceiptKind::Error {
        fault: FaultSide::Server,
    };
    for (name, kind) in [
        ("leveringskvittering", ReceiptKind::Delivery),
        ("aapningskvittering", ReceiptKind::Opening),
        ("mottakskvittering", ReceiptKind::Accepted),
        ("returpostkvittering", ReceiptKind::Returned),
        ("varslingfeiletkvittering", ReceiptKind::NotificationFailed),
        ("feil", error),
    ] {
        let compact = fs::read_to_string(folder.join(format!("{name}.jwt"))).unwrap();
        let receipt = parse_receipt(&compact).unwrap();
        assert_eq!(receipt.kind(), Some(kind), "{name}");
        assert_eq!(receipt.claimed_sender(), Some(org(PROVIDER)));
        for policy in [
            TrustPolicy::production(),
            TrustPolicy::test(),
            WORLD.policy.clone(),
        ] {
            let when = Expectation {
                at: at("2022-01-01T00:00:00Z"),
                ..expected()
            };
            let found = receipt.verify(&policy, &when).err().unwrap();
            assert!(
                matches!(found, ReceiptFault::CertificateUnfit(_)),
                "{name}: {found}"
            );
        }
    }
}

#[test]
fn our_schemas_of_receipts_answer_the_official_cases_as_recorded() {
    let Some(folder) = conformance("dpi") else {
        return;
    };
    let read = |path: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.join(path)).unwrap()).unwrap()
    };
    let cases = read("cases/schema-cases.json");
    let mut run = 0;
    for case in cases.as_array().unwrap() {
        let base = case["base"].as_str().unwrap();
        if !base.starts_with("receipts/") {
            continue;
        }
        let mut document = read(base);
        for step in case["patch"].as_array().unwrap() {
            let (parent, name) = step["path"].as_str().unwrap().rsplit_once('/').unwrap();
            let members = document
                .pointer_mut(parent)
                .unwrap()
                .as_object_mut()
                .unwrap();
            match step["op"].as_str().unwrap() {
                "add" => members.insert(name.to_owned(), step["value"].clone()),
                _ => members.remove(name),
            };
        }
        let found = fault(&signed(&document.to_string()));
        // Their receivers are made up, so that a good one stops at the last check.
        let verdict = match found {
            Some(ReceiptFault::NotOurs) => true,
            Some(ReceiptFault::SchemaWrong) => false,
            other => panic!("{}: {other:?}", case["name"]),
        };
        assert_eq!(
            json!(verdict),
            case["valid_formats_asserted"],
            "{}",
            case["name"]
        );
        run += 1;
    }
    assert_eq!(run, 15);
}

proptest! {
    #[test]
    fn no_text_and_no_bytes_make_a_reader_panic(
        text in ".{0,300}|[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}",
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        cut in 0usize..2000,
        put in any::<u8>(),
    ) {
        let _ = parse_receipt(&text);
        let genuine = delivery().to_string();
        let mut payload = genuine.into_bytes();
        let place = cut % payload.len();
        payload[place] = put;
        let header = json!({ "x5c": WORLD.provider.x5c(), "alg": "RS256" }).to_string();
        let compact = format!(
            "{}.{}.AAAA",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(&payload)
        );
        if let Ok(receipt) = parse_receipt(&compact) {
            let _ = (receipt.kind(), receipt.occurred_at(), receipt.conversation_id());
            let _ = format!("{receipt:?}");
            prop_assert!(receipt.verify(&WORLD.policy, &expected()).is_err());
        }
        for body in [&bytes[..], text.as_bytes(), &payload] {
            let _ = parse_register_answer(body);
            let _ = parse_print_certificate(body);
            let _ = parse_token_answer(body, Timestamp::MAX, &[]);
            let _ = parse_token_error(400, body);
            let _ = parse_metadata(body);
            let _ = parse_statuses(body);
            let _ = parse_inbox(body);
            let _ = parse_problem(body);
        }
    }
}
