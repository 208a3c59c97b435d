//! What the token service refuses, and by which code.

use crate::support::{Bench, CONTACT, MAILBOX, Own, SEND, jws, payload, x5c};
use serde_json::{Value, json};
use utpost_practice::{CLIENT_LIMITED, CLIENT_NEIGHBOUR, CLIENT_WITH_KEY, KEY_ID};

fn refusal(bench: &Bench, assertion: &str) -> String {
    let answer = bench.ask_token(assertion);
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().unwrap();
    assert!(body["error"].is_string());
    body["error_description"].as_str().unwrap().to_owned()
}

#[test]
fn metadata_names_the_addresses_that_answer() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let fetch =
        |address: &str| -> Value { bench.http.get(address).send().unwrap().json().unwrap() };
    let metadata = fetch(&bench.at().maskinporten_metadata);
    assert_eq!(metadata["issuer"], bench.issuer());
    assert_eq!(
        metadata["token_endpoint"],
        format!("{}token", bench.issuer())
    );
    let keys = fetch(metadata["jwks_uri"].as_str().unwrap());
    assert_eq!(keys["keys"][0]["kty"], "RSA");
}

#[test]
fn a_good_grant_gives_a_token_of_two_minutes_for_the_consumer() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let scope = format!("{CONTACT} {MAILBOX}");
    let answer: Value = bench
        .ask_token(&bench.grant(&bench.claims(&scope)))
        .json()
        .unwrap();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 120);
    assert_eq!(answer["scope"], scope);
    let claims = payload(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["consumer"]["ID"], "0192:310702641");
    assert_eq!(claims["client_amr"], "virksomhetssertifikat");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        120
    );
    assert!(claims.get("aud").is_none());
}

#[test]
fn a_registered_key_signs_by_kid_and_not_by_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let claims = || {
        let mut claims = bench.claims(SEND);
        claims["iss"] = json!(CLIENT_WITH_KEY);
        claims["resource"] = json!([bench.at().access_point_base]);
        claims
    };
    let by_kid = |kid: &str| {
        jws(
            &json!({ "alg": "RS256", "kid": kid }),
            &claims(),
            &bench.own.key,
        )
    };
    let answer: Value = bench.ask_token(&by_kid(KEY_ID)).json().unwrap();
    let token = payload(answer["access_token"].as_str().unwrap());
    assert_eq!(token["client_amr"], "private_key_jwt");
    assert_eq!(token["aud"], bench.at().access_point_base);

    assert!(refusal(&bench, &by_kid("another")).contains("MP-124"));
    assert!(refusal(&bench, &bench.grant(&claims())).contains("MP-124"));
}

#[test]
fn a_grant_is_used_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let grant = bench.grant(&bench.claims(SEND));
    assert_eq!(bench.ask_token(&grant).status(), 200);
    assert!(refusal(&bench, &grant).contains("MP-012"));
}

#[test]
fn each_wrong_claim_is_refused_by_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let now = jiff::Timestamp::now().as_second();
    let slashless = bench.issuer().trim_end_matches('/').to_owned();
    for (claim, value, expected) in [
        (
            "iss",
            json!("7d1b8d5e-0000-4000-8000-000000000000"),
            "MP-100",
        ),
        ("iss", json!(CLIENT_NEIGHBOUR), "MP-122"),
        ("iss", json!(CLIENT_LIMITED), "MP-200"),
        ("aud", json!(slashless), "MP-110"),
        ("aud", json!([bench.issuer()]), "MP-110"),
        ("iat", json!(now + 30), "Issue time is after now"),
        ("iat", json!(now - 30), "MP-130"),
        ("exp", json!(now - 1), "MP-130"),
        ("exp", json!(now + 125), "MP-011"),
        ("exp", json!("soon"), "MP-011"),
        ("jti", Value::Null, "MP-011"),
        ("scope", json!(""), "MP-011"),
        ("scope", json!("another:scope"), "MP-200"),
        ("resource", json!("https://one.example"), "MP-011"),
        (
            "consumer_org",
            json!("310702641"),
            "combination consumer_org",
        ),
        ("consumer_org", json!("314159268"), "MP-251"),
    ] {
        let mut claims = bench.claims(SEND);
        claims[claim] = value.clone();
        let given = refusal(&bench, &bench.grant(&claims));
        assert!(given.contains(expected), "{claim} {value}: {given}");
    }
}

#[test]
fn each_wrong_signer_is_refused_by_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let own = &bench.own;
    let other = |file: &str| Own::read(&folder.path().join(file));
    let (expired, foreign) = (other("agency-expired.p12"), other("agency-foreign.p12"));
    let neighbour = other("neighbour.p12");
    let header = |chain: Value| json!({ "alg": "RS256", "x5c": chain });
    let full = x5c(&own.chain);
    for (name, header, key, expected) in [
        (
            "expired",
            header(json!(x5c(&expired.chain))),
            &own.key,
            "MP-124",
        ),
        (
            "foreign authority",
            header(json!(x5c(&foreign.chain))),
            &own.key,
            "MP-120",
        ),
        (
            "leaf without its issuer",
            header(json!([full[0]])),
            &own.key,
            "MP-120",
        ),
        (
            "another organisation",
            header(json!(x5c(&neighbour.chain))),
            &neighbour.key,
            "MP-122",
        ),
        ("another key", header(json!(full)), &neighbour.key, "MP-124"),
        ("a string", header(json!(full[0])), &own.key, "MP-123"),
        ("no strings", header(json!([1])), &own.key, "MP-123"),
        (
            "both",
            json!({ "alg": "RS256", "x5c": full, "kid": KEY_ID }),
            &own.key,
            "MP-011",
        ),
        ("neither", json!({ "alg": "RS256" }), &own.key, "MP-011"),
        (
            "algorithm",
            json!({ "alg": "PS256", "x5c": full }),
            &own.key,
            "MP-011",
        ),
    ] {
        let given = refusal(&bench, &jws(&header, &bench.claims(SEND), key));
        assert!(given.contains(expected), "{name}: {given}");
    }
}

#[test]
fn a_form_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start(folder.path());
    let address = format!("{}token", bench.issuer());
    let grant = bench.grant(&bench.claims(SEND));
    let form = bench
        .http
        .post(&address)
        .form(&[("grant_type", "client_credentials"), ("assertion", &grant)])
        .send()
        .unwrap();
    assert_eq!(
        form.json::<Value>().unwrap()["error"],
        "unsupported_grant_type"
    );
    let as_json = bench
        .http
        .post(&address)
        .json(&json!({ "assertion": grant }))
        .send()
        .unwrap();
    assert_eq!(as_json.json::<Value>().unwrap()["error"], "invalid_request");
}
