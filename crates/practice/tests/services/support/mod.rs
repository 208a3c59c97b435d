//! A sender of the tests' own, written against the public descriptions with OpenSSL: so that the
//! practice services are tried by bytes that neither they nor the product have made.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::sign::Signer;
use openssl::x509::X509;
use reqwest::blocking::{Client, Response, multipart};
use serde_json::{Value, json};
use utpost_practice::{AGENCY, CLIENT, Clock, Endpoints, Practice, PracticeOptions};
use uuid::Uuid;

pub(crate) mod package;

pub(crate) const CONTACT: &str = "krr:global/kontaktinformasjon.read";
pub(crate) const MAILBOX: &str = "krr:global/digitalpost.read";
pub(crate) const SEND: &str = "digitalpostinnbygger:send";

/// A running practice with a caller.
pub(crate) struct Bench {
    pub(crate) practice: Practice,
    pub(crate) http: Client,
    pub(crate) own: Own,
}

/// Key, certificate and chain of an agency.
pub(crate) struct Own {
    pub(crate) key: PKey<Private>,
    pub(crate) leaf: X509,
    /// Leaf, intermediate, root.
    pub(crate) chain: Vec<X509>,
    /// By which grants and packages are dated.
    pub(crate) clock: Clock,
}

impl Own {
    pub(crate) fn read(file: &Path) -> Self {
        let password = file.with_file_name("agency.p12.password");
        let password = std::fs::read_to_string(password).unwrap();
        let bytes = std::fs::read(file).unwrap();
        let ParsedPkcs12_2 { pkey, cert, ca } =
            Pkcs12::from_der(&bytes).unwrap().parse2(&password).unwrap();
        let leaf = cert.unwrap();
        // OpenSSL may hand out the chain in either order: the root is last.
        let mut rest: Vec<X509> = ca.unwrap().into_iter().collect();
        rest.sort_by_key(|issuer| {
            issuer.issuer_name().to_der().unwrap() == issuer.subject_name().to_der().unwrap()
        });
        let chain = std::iter::once(leaf.clone()).chain(rest).collect();
        Self {
            key: pkey.unwrap(),
            leaf,
            chain,
            clock: Arc::new(jiff::Timestamp::now),
        }
    }
}

impl Bench {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::with(quick(folder))
    }

    pub(crate) fn with(options: PracticeOptions) -> Self {
        let clock = options.now.clone();
        let practice = Practice::start(options).unwrap();
        let ca = std::fs::read(&practice.endpoints().ca_file).unwrap();
        let root = reqwest::Certificate::from_pem(&ca).unwrap();
        let http = Client::builder()
            .no_proxy()
            .tls_certs_only([root])
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let own = Own {
            clock,
            ..Own::read(&practice.endpoints().agency_p12)
        };
        Self {
            practice,
            http,
            own,
        }
    }

    pub(crate) fn at(&self) -> &Endpoints {
        self.practice.endpoints()
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/maskinporten/", self.practice.base_url())
    }

    /// Claims of a good grant.
    pub(crate) fn claims(&self, scope: &str) -> Value {
        let now = (self.own.clock)().as_second();
        json!({
            "aud": self.issuer(),
            "iss": CLIENT,
            "iat": now,
            "exp": now + 100,
            "jti": Uuid::new_v4(),
            "scope": scope,
        })
    }

    /// Signs a grant with the agency's certificate.
    pub(crate) fn grant(&self, claims: &Value) -> String {
        jws(
            &json!({ "alg": "RS256", "x5c": x5c(&self.own.chain) }),
            claims,
            &self.own.key,
        )
    }

    pub(crate) fn ask_token(&self, assertion: &str) -> Response {
        self.http
            .post(format!("{}token", self.issuer()))
            .form(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", assertion),
            ])
            .send()
            .unwrap()
    }

    pub(crate) fn token(&self, scope: &str) -> String {
        let answer: Value = self
            .ask_token(&self.grant(&self.claims(scope)))
            .json()
            .unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn lookup(&self, token: &str, body: &Value) -> Response {
        let address = format!("{}/rest/v2/personer", self.at().register_base);
        self.http
            .post(address)
            .bearer_auth(token)
            .json(body)
            .send()
            .unwrap()
    }

    pub(crate) fn submit(
        &self,
        token: &str,
        message: String,
        package: Vec<u8>,
    ) -> reqwest::Result<Response> {
        self.submit_as("utpost-test", token, message, package)
    }

    pub(crate) fn submit_as(
        &self,
        kanal: &str,
        token: &str,
        message: String,
        package: Vec<u8>,
    ) -> reqwest::Result<Response> {
        let part = |bytes: Vec<u8>, name: &'static str, kind: &str| {
            multipart::Part::bytes(bytes)
                .file_name(name)
                .mime_str(kind)
                .unwrap()
        };
        let form = multipart::Form::new()
            .part(
                "forretningsmelding",
                part(message.into_bytes(), "sbd.jwt", "application/jwt"),
            )
            .part(
                "dokumentpakke",
                part(package, "asic.cms", "application/cms"),
            );
        self.http
            .post(format!(
                "{}/messages/out?kanal={kanal}",
                self.at().access_point_base
            ))
            .bearer_auth(token)
            .multipart(form)
            .send()
    }

    pub(crate) fn statuses(&self, message: Uuid) -> Response {
        let base = &self.at().access_point_base;
        self.http
            .get(format!("{base}/messages/out/{message}/statuses"))
            .bearer_auth(self.token(SEND))
            .send()
            .unwrap()
    }

    pub(crate) fn inbox(&self, query: &str) -> Vec<Value> {
        let base = &self.at().access_point_base;
        let answer = self
            .http
            .get(format!("{base}/messages/in{query}"))
            .bearer_auth(self.token(SEND))
            .send()
            .unwrap();
        match answer.status().as_u16() {
            204 => Vec::new(),
            200 => answer.json().unwrap(),
            other => panic!("inbox answered {other}"),
        }
    }

    /// Payloads of the unread receipts, once there are `count`.
    pub(crate) fn receipts(&self, count: usize) -> Vec<Value> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let items = self.inbox("?kanal=utpost-test");
            if items.len() >= count {
                return items
                    .iter()
                    .map(|item| payload(item["forretningsmelding"].as_str().unwrap()))
                    .collect();
            }
            assert!(Instant::now() < until, "only {} receipts came", items.len());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn read(&self, receipt: &str) -> u16 {
        let base = &self.at().access_point_base;
        self.http
            .post(format!("{base}/messages/in/{receipt}/read"))
            .bearer_auth(self.token(SEND))
            .send()
            .unwrap()
            .status()
            .as_u16()
    }

    pub(crate) fn control(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
    ) -> Response {
        let address = format!("{}/practice{path}", self.practice.base_url());
        let request = self
            .http
            .request(method, address)
            .bearer_auth(&self.at().control_token);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .unwrap()
    }

    pub(crate) fn press(&self, path: &str, body: Option<Value>) -> Value {
        let answer = self.control(reqwest::Method::POST, path, body);
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().unwrap_or(Value::Null)
    }

    /// Sends a letter that keeps every rule; gives its ids.
    pub(crate) fn send(&self, letter: &Letter<'_>) -> Ids {
        let token = self.token(SEND);
        let (ids, message, package) = letter.make(self, &token);
        let answer = self.submit(&token, message, package).unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().unwrap());
        ids
    }
}

/// No waiting for SENDT.
pub(crate) fn quick(folder: &Path) -> PracticeOptions {
    PracticeOptions {
        sent_after: Duration::ZERO,
        ..PracticeOptions::in_folder(folder)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) message: Uuid,
    pub(crate) conversation: Uuid,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self {
            message: Uuid::new_v4(),
            conversation: Uuid::new_v4(),
        }
    }
}

/// A letter to make.
pub(crate) struct Letter<'a> {
    pub(crate) receiver: &'a str,
    pub(crate) content: Content<'a>,
}

pub(crate) enum Content<'a> {
    Digital { mailbox: &'a str, opening: bool },
    Print { name: &'a str, handling: &'a str },
}

impl Letter<'_> {
    /// Ids, signed message, encrypted package.
    pub(crate) fn make(&self, bench: &Bench, token: &str) -> (Ids, String, Vec<u8>) {
        let ids = Ids::new();
        let mailbox = match self.content {
            Content::Digital { mailbox, .. } => Some(mailbox),
            Content::Print { .. } => None,
        };
        let folder = bench.at().ca_file.parent().unwrap();
        let certificate = std::fs::read(folder.join(format!("{}.cert.pem", self.receiver)));
        let recipient = X509::from_pem(&certificate.unwrap()).unwrap();
        let package = package::encrypt(&package::make(&bench.own, mailbox), &recipient);
        let message = self.message(ids, token, &openssl::sha::sha256(&package));
        (ids, sign(&message, &bench.own), package)
    }

    pub(crate) fn message(&self, ids: Ids, token: &str, digest: &[u8; 32]) -> Value {
        let party = |number: &str| json!({ "authority": "iso6523-actorid-upis", "value": format!("0192:{number}") });
        let now = jiff::Zoned::now()
            .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
            .to_string();
        let mut body = json!({
            "avsender": { "virksomhetsidentifikator": party(AGENCY) },
            "dokumentpakkefingeravtrykk": {
                "digestMethod": "http://www.w3.org/2001/04/xmlenc#sha256",
                "digestValue": STANDARD.encode(digest),
            },
            "maskinportentoken": token,
        });
        let kind = match &self.content {
            Content::Digital { mailbox, opening } => {
                body["mottaker"] = json!({ "postkasseadresse": mailbox });
                body["sikkerhetsnivaa"] = json!(4);
                body["ikkesensitivtittel"] = json!("Brev fra kommunen");
                body["spraak"] = json!("nb");
                body["aapningskvittering"] = json!(opening);
                body["varsler"] = json!({ "epostvarsel": {
                    "epostadresse": "innbygger@example.com",
                    "varslingstekst": "Du har fått brev fra Øvinge kommune.",
                    "repetisjoner": [0, 7],
                }});
                "digital"
            }
            Content::Print { name, handling } => {
                let address = |name: &str| {
                    json!({
                        "navn": name,
                        "adresselinje1": "Øvingsveien 1",
                        "postnummer": "0123",
                        "poststed": "ØVINGE",
                    })
                };
                body["mottaker"] = address(name);
                body["utskriftstype"] = json!("SORT_HVIT");
                body["retur"] = json!({
                    "mottaker": address("Øvinge kommune"),
                    "returposthaandtering": handling,
                });
                body["posttype"] = json!("B");
                "utskrift"
            }
        };
        let process =
            format!("urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:{kind}:ver1.0");
        let standard = format!(
            "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:{kind}::1.0"
        );
        json!({ "standardBusinessDocument": {
            "standardBusinessDocumentHeader": {
                "headerVersion": "1.0",
                "sender": [{ "identifier": party(AGENCY) }],
                "receiver": [{ "identifier": party(self.receiver) }],
                "documentIdentification": {
                    "standard": standard,
                    "typeVersion": "1.0",
                    "instanceIdentifier": ids.message,
                    "type": kind,
                    "creationDateAndTime": now,
                },
                "businessScope": { "scope": [{
                    "type": "ConversationId",
                    "instanceIdentifier": ids.conversation,
                    "identifier": process,
                }]},
            },
            kind: body,
        }})
    }
}

/// The JWS around a message: leaf only.
pub(crate) fn sign(message: &Value, own: &Own) -> String {
    jws(
        &json!({ "x5c": x5c(&own.chain[..1]), "alg": "RS256" }),
        message,
        &own.key,
    )
}

pub(crate) fn jws(header: &Value, claims: &Value, key: &PKeyRef<Private>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn x5c(chain: &[X509]) -> Vec<String> {
    chain
        .iter()
        .map(|certificate| STANDARD.encode(certificate.to_der().unwrap()))
        .collect()
}

pub(crate) fn payload(compact: &str) -> Value {
    let part = compact.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
