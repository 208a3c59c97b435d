//! A small HTTPS server that answers exactly as a test tells it, also wrongly.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use utpost_dispatch::Clock;
use utpost_pki::{Certificate, SignFault, Signer};

use crate::{Access, ApiClient, Endpoints, GrantKey, Limits};

pub(crate) const AGENCY: &str = "310702641";
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";
pub(crate) const TOKEN: &str = "/token";

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Turn {
    /// Reads all of it and answers.
    Answer(Reply),
    /// Answers at the head, takes the rest and throws it away.
    AnswerEarly(Reply),
    /// Reads all of it and hangs up.
    Lose,
    /// Hangs up at the head.
    Cut,
    /// Reads all of it and is silent.
    Hang,
}

#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

pub(crate) fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: String::new(),
        body: body.into(),
    }
}

pub(crate) fn answer(status: u16, body: impl Into<Vec<u8>>) -> Turn {
    Turn::Answer(reply(status, body))
}

impl Reply {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn dated(self, at: Timestamp) -> Self {
        self.with(
            "Date",
            &DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&at)
                .unwrap(),
        )
    }
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    turns: Arc<Mutex<HashMap<&'static str, VecDeque<Turn>>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl StandIn {
    /// Starts; answers 404 until told otherwise.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stand_in = Self {
            address,
            turns: Arc::default(),
            seen: Arc::default(),
        };
        let (turns, seen) = (Arc::clone(&stand_in.turns), Arc::clone(&stand_in.seen));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (turns, seen) = (Arc::clone(&turns), Arc::clone(&seen));
                thread::spawn(move || {
                    let turn = move |path: &str| {
                        let mut turns = turns.lock().unwrap();
                        let queue = turns.iter_mut().find(|(on, _)| path.starts_with(**on));
                        match queue {
                            Some((_, queue)) if queue.len() > 1 => queue.pop_front().unwrap(),
                            Some((_, queue)) => queue[0].clone(),
                            None => answer(404, ""),
                        }
                    };
                    let _ = serve(connection.unwrap(), &turn, &seen);
                });
            }
        });
        stand_in
    }

    /// Starts with metadata, and tokens named `t1`, `t2` … of 120 s.
    pub(crate) fn with_tokens() -> Self {
        let stand_in = Self::start();
        stand_in.on(METADATA, [answer(200, stand_in.metadata())]);
        stand_in.on(
            TOKEN,
            (1..9).map(|n| answer(200, token(&format!("t{n}"), 120))),
        );
        stand_in
    }

    pub(crate) fn metadata(&self) -> String {
        let issuer = self.issuer();
        format!(
            r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}token","jwks_uri":"{issuer}jwk"}}"#
        )
    }

    pub(crate) fn issuer(&self) -> String {
        format!("https://{}/", self.address)
    }

    /// What requests to paths beginning so get, one after the other; the last one stays.
    pub(crate) fn on(&self, path: &'static str, turns: impl IntoIterator<Item = Turn>) {
        self.turns
            .lock()
            .unwrap()
            .insert(path, turns.into_iter().collect());
    }

    /// What has come in on paths beginning so.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let on_path = |seen: &&Seen| seen.line.split(' ').nth(1).unwrap().starts_with(path);
        self.seen
            .lock()
            .unwrap()
            .iter()
            .filter(on_path)
            .cloned()
            .collect()
    }

    /// Everything at this server.
    pub(crate) fn access(&self, clock: &Arc<TestClock>) -> Access {
        self.access_with(clock, &self.issuer(), root())
    }

    /// The same, with the access point somewhere else and another root believed.
    pub(crate) fn access_with(
        &self,
        clock: &Arc<TestClock>,
        access_point: &str,
        root: Certificate,
    ) -> Access {
        let issuer = self.issuer();
        let endpoints = Endpoints::practice(&issuer, &issuer, access_point, root).unwrap();
        Access::open(endpoints, client(), clock.clone(), limits()).unwrap()
    }
}

pub(crate) fn client() -> ApiClient {
    ApiClient {
        id: "client".to_owned(),
        key: GrantKey::EnterpriseCertificate(Arc::new(TestSigner::new())),
        delegated_by: None,
    }
}

pub(crate) fn limits() -> Limits {
    let short = Duration::from_millis(700);
    Limits {
        connect: short,
        metadata: short,
        token: short,
        register: short,
        call: short,
        upload: |_| Duration::from_millis(700),
        ..Limits::default()
    }
}

pub(crate) fn token(text: &str, life: u32) -> String {
    let scope = "krr:global/digitalpost.read krr:global/kontaktinformasjon.read \
                 digitalpostinnbygger:send";
    format!(
        r#"{{"access_token":"{text}","token_type":"Bearer","expires_in":{life},"scope":"{scope}"}}"#
    )
}

/// A clock that stands still until told, and notes every wait.
pub(crate) struct TestClock {
    now: Mutex<Timestamp>,
    pub(crate) waits: Mutex<Vec<Duration>>,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        let now = Mutex::new("2026-11-22T12:00:00Z".parse().unwrap());
        Arc::new(Self {
            now,
            waits: Mutex::default(),
        })
    }

    pub(crate) fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn wait(&self, pause: Duration) {
        self.waits.lock().unwrap().push(pause);
        *self.now.lock().unwrap() += pause;
    }
}

/// Signs with noise: nobody here checks.
pub(crate) struct TestSigner(Vec<Certificate>);

impl TestSigner {
    pub(crate) fn new() -> Self {
        Self(vec![
            Certificate::parse_der(&PKI.leaf.to_der().unwrap()).unwrap(),
        ])
    }
}

impl Signer for TestSigner {
    fn chain(&self) -> &[Certificate] {
        &self.0
    }

    fn sign_rs256(&self, _: &[u8]) -> Result<Vec<u8>, SignFault> {
        Ok(vec![7; 256])
    }
}

pub(crate) fn root() -> Certificate {
    Certificate::parse_der(&PKI.root.to_der().unwrap()).unwrap()
}

/// A root that has issued nothing.
pub(crate) fn other_root() -> Certificate {
    let key = key();
    let root = certificate(&key, "Other root", None);
    Certificate::parse_der(&root.to_der().unwrap()).unwrap()
}

struct Pki {
    root: X509,
    leaf: X509,
    leaf_key: PKey<Private>,
}

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let (root_key, leaf_key) = (key(), key());
    let root = certificate(&root_key, "Stand-in root", None);
    let leaf = certificate(&leaf_key, "127.0.0.1", Some((&root, &root_key)));
    Pki {
        root,
        leaf,
        leaf_key,
    }
});

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn certificate(key: &PKey<Private>, name: &str, issuer: Option<(&X509, &PKey<Private>)>) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject
        .append_entry_by_nid(Nid::SERIALNUMBER, AGENCY)
        .unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(2).unwrap())
        .unwrap();
    let issuer_key = match issuer {
        Some((issuer, issuer_key)) => {
            builder.set_issuer_name(issuer.subject_name()).unwrap();
            let names = SubjectAlternativeName::new()
                .ip("127.0.0.1")
                .build(&builder.x509v3_context(Some(issuer), None))
                .unwrap();
            builder.append_extension(names).unwrap();
            issuer_key
        }
        None => {
            builder.set_issuer_name(&subject).unwrap();
            builder
                .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
                .unwrap();
            key
        }
    };
    builder.sign(issuer_key, MessageDigest::sha256()).unwrap();
    builder.build()
}

fn serve(
    tcp: TcpStream,
    turn: &dyn Fn(&str) -> Turn,
    seen: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    let key = PrivateKeyDer::try_from(PKI.leaf_key.private_key_to_pkcs8().unwrap()).unwrap();
    let chain = vec![CertificateDer::from(PKI.leaf.to_der().unwrap())];
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let tls = ServerConnection::new(Arc::new(config)).unwrap();
    let mut connection = BufReader::new(StreamOwned::new(tls, tcp));
    while let Some(mut request) = read_head(&mut connection)? {
        let path = request
            .line
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let turn = turn(&path);
        let length = request
            .headers
            .get("content-length")
            .map_or(0, |text| text.parse().unwrap());
        if !matches!(turn, Turn::AnswerEarly(_) | Turn::Cut) {
            (&mut connection)
                .take(length)
                .read_to_end(&mut request.body)?;
        }
        seen.lock().unwrap().push(request);
        match turn {
            Turn::Answer(reply) => write(&mut connection, &reply)?,
            Turn::AnswerEarly(reply) => {
                write(&mut connection, &reply)?;
                std::io::copy(&mut connection, &mut std::io::sink())?;
            }
            Turn::Lose | Turn::Cut => return Ok(()),
            Turn::Hang => thread::sleep(Duration::from_secs(5)),
        }
    }
    Ok(())
}

fn read_head(connection: &mut impl BufRead) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        connection.read_line(&mut header)?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_lowercase(), value.to_owned()),
            None if line.is_empty() => return Ok(None),
            None => {
                return Ok(Some(Seen {
                    line: line.trim_end().to_owned(),
                    headers,
                    body: Vec::new(),
                }));
            }
        };
    }
}

fn write(
    connection: &mut BufReader<StreamOwned<ServerConnection, TcpStream>>,
    Reply {
        status,
        headers,
        body,
    }: &Reply,
) -> std::io::Result<()> {
    let stream = connection.get_mut();
    write!(stream, "HTTP/1.1 {status} X\r\n{headers}")?;
    if !headers.contains("Content-Length") {
        write!(stream, "Content-Length: {}\r\n", body.len())?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    stream.flush()
}
