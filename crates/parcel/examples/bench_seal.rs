//! Sealing 45 MB against the sum of its primitives on the same bytes, in one run.
//!
//! Prints one JSON object: milliseconds of both (median of the rounds), their ratio, and how much
//! memory sealing took above the process before it. The parcel is written to the folder given, so
//! that a folder in memory leaves disk sync out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement"
)]

#[path = "../../pki/tests/support/mod.rs"]
mod support;

use std::fs;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_lc_rs::cipher::{AES_256, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{Context, SHA256};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use support::{ENCRYPT, Number, SIGN, Wish, authority, root};
use utpost_domain::{FileName, Language, MailboxAddress, MediaType, OrgNumber, Sensitive, Title};
use utpost_parcel::{Document, Limits, Parcel, Sender, Source};
use utpost_pki::{Certificate, Purpose, Signer, SoftwareSigner, TrustPolicy, VerifiedCertificate};

const BYTES: u64 = 45_000_000;
const ROUNDS: usize = 5;

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder"));
    let (signer, receiver) = people();
    let source = Noise(BYTES);
    let before = resident("VmRSS:");
    seal(&folder, &signer, &receiver, &source, 0);
    let above = resident("VmHWM:").saturating_sub(before);

    let mut sealing = Vec::new();
    let mut primitives = Vec::new();
    // Turn by turn, so that whatever else the machine does falls on both.
    for round in 1..=ROUNDS {
        let started = Instant::now();
        seal(&folder, &signer, &receiver, &source, round);
        sealing.push(started.elapsed());
        let started = Instant::now();
        by_hand(&signer, &source);
        primitives.push(started.elapsed());
    }
    let (sealing, primitives) = (median(sealing), median(primitives));
    println!(
        "{}",
        serde_json::json!({
            "bytes": BYTES,
            "seal_ms": sealing.as_millis(),
            "primitives_ms": primitives.as_millis(),
            "ratio": (sealing.as_secs_f64() / primitives.as_secs_f64() * 100.0).round() / 100.0,
            "memory_above_idle_mb": (above as f64 / 1e5).round() / 10.0,
        })
    );
}

fn seal(
    folder: &std::path::Path,
    signer: &SoftwareSigner,
    receiver: &VerifiedCertificate,
    source: &Noise,
    round: usize,
) {
    let document = Document {
        title: Title::parse("Vedtak").unwrap(),
        language: Language::parse("nb").unwrap(),
        file_name: FileName::parse("vedtak.pdf").unwrap(),
        media_type: MediaType::Pdf,
        source,
    };
    let sender = Sender {
        organisation: OrgNumber::parse("310702641").unwrap(),
        unit: None,
        invoice_reference: None,
    };
    let mailbox = MailboxAddress::parse("rask.elveos#5949").unwrap();
    let place = folder.join(format!("bench-{round}.cms"));
    let sealed = Parcel::new(
        sender,
        Some(mailbox),
        document,
        Vec::new(),
        Limits::default(),
    )
    .unwrap()
    .sign(signer, jiff::Timestamp::now())
    .unwrap()
    .seal(receiver, &place, &mut |_| {})
    .unwrap();
    assert!(sealed.bytes() > BYTES / 2);
    fs::remove_file(place).unwrap();
}

/// Deflate with its CRC-32, SHA-256 twice, AES-256-CBC once, one RSA-2048 signature; nothing kept.
fn by_hand(signer: &SoftwareSigner, source: &Noise) {
    let mut hash = Context::new(&SHA256);
    each(source, |chunk| hash.update(chunk));
    black_box(hash.finish());

    let mut crc = flate2::Crc::new();
    let mut deflated = Encrypted::new();
    {
        let mut deflate = DeflateEncoder::new(&mut deflated, Compression::default());
        each(source, |chunk| {
            crc.update(chunk);
            deflate.write_all(chunk).unwrap();
        });
        deflate.finish().unwrap();
    }
    black_box((crc.sum(), deflated.hash.finish()));
    black_box(signer.sign_rs256(b"one signature").unwrap());
}

/// Encrypts what is written and hashes the outcome.
struct Encrypted {
    key: StreamingEncryptingKey,
    out: Vec<u8>,
    hash: Context,
}

impl Encrypted {
    fn new() -> Self {
        let key = UnboundCipherKey::new(&AES_256, &[7; 32]).unwrap();
        Self {
            key: StreamingEncryptingKey::cbc_pkcs7(key).unwrap(),
            out: vec![0; (1 << 20) + 16],
            hash: Context::new(&SHA256),
        }
    }
}

impl Write for Encrypted {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        let part = &plain[..plain.len().min(1 << 20)];
        let update = self.key.update(part, &mut self.out).unwrap();
        self.hash.update(update.written());
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn each(source: &Noise, mut with: impl FnMut(&[u8])) {
    let mut reader = source.open().unwrap();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut chunk).unwrap() {
            0 => return,
            read => with(&chunk[..read]),
        }
    }
}

/// So many bytes that do not compress, the same at each reading, made from a block in memory.
struct Noise(u64);

impl Source for Noise {
    fn len(&self) -> u64 {
        self.0
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Stream {
            left: self.0,
            block: block(),
            at: 0,
        }))
    }
}

struct Stream {
    left: u64,
    block: Vec<u8>,
    at: usize,
}

fn block() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = vec![0; 1 << 20];
    for byte in &mut block {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = (state >> 32) as u8;
    }
    block[..5].copy_from_slice(b"%PDF-");
    block
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = &self.block[self.at..];
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let read = out.len().min(rest.len()).min(most);
        out[..read].copy_from_slice(&rest[..read]);
        self.at = (self.at + read) % self.block.len();
        self.left -= read as u64;
        Ok(read)
    }
}

fn people() -> (SoftwareSigner, VerifiedCertificate) {
    let root = root("Rot");
    let issuer = root.issue(&authority());
    let wish = |name, number, usage| Wish {
        name,
        number: Number::Identifier(number),
        usage: Some(usage),
        ..Wish::default()
    };
    let agency = issuer.issue(&wish("Etat", "NTRNO-310702641", SIGN));
    let mailbox = issuer.issue(&wish("Postkasse", "NTRNO-984661185", ENCRYPT));
    let parse = |der: Vec<u8>| Certificate::parse_der(&der).unwrap();
    let mut trust = TrustPolicy::practice(parse(root.der()));
    trust.add_certificates([parse(issuer.der())]);
    let p12 = agency.pkcs12("x", &[&issuer, &root]);
    let signer = SoftwareSigner::from_pkcs12(&p12, &Sensitive::new("x".to_owned())).unwrap();
    let receiver = trust
        .verify(
            &parse(mailbox.der()),
            &[],
            jiff::Timestamp::now(),
            Purpose::Encryption,
        )
        .unwrap();
    (signer.with_issuers_from(&trust), receiver)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A line of this process's status, bytes.
fn resident(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status
        .lines()
        .find_map(|text| text.strip_prefix(line))
        .unwrap_or("0 kB");
    found
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse::<u64>()
        .unwrap_or(0)
        * 1024
}
