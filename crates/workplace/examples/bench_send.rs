//! From Send to accepted: one 100 kB letter after the other, in one process, in a practice
//! environment that runs in another (`UTPOST_DATA`, `UTPOST_KEY_FILE`, `UTPOST_PRACTICE_DATA`).
//!
//! Prints one JSON object: milliseconds, median over the letters, from the press of Send to the
//! access point's yes written down, and what of it is not spent in calls to services. The sealing,
//! the signing and every write to the ledger are ours; a call's time is the counterpart's, with what
//! HTTPS takes on either side. The first letters, which open connections, are not counted.
//!
//! `bench_send LETTER.pdf COUNT`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement"
)]

use std::io::Cursor;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use utpost_dispatch::{
    AccessPoint, CallFault, Desk, File, InboxItem, InboxQuery, NewLetter, Register, StatusLine,
    Submission, advance, decide, import, press, seal_held,
};
use utpost_domain::{
    Language, LetterKind, MessageId, NationalId, NonSensitiveTitle, OpeningReceipt, ReceiptId,
    RegisterAnswer, SecurityLevel, State, Title,
};
use utpost_wire::{AccessToken, PrintProvider};
use utpost_workplace::{Place, Workplace};

/// Has a mailbox at Digipost.
const CITIZEN: &str = "06925115949";
/// Letters not counted.
const FIRST: usize = 3;

fn main() {
    utpost_platform::openssl_without_config().unwrap();
    let mut words = std::env::args().skip(1);
    let sample = std::fs::read(Path::new(&words.next().unwrap())).unwrap();
    let count: usize = words.next().unwrap().parse().unwrap();
    let work = Workplace::open(&Place::from_env().unwrap()).unwrap();
    let agency = work.agency();
    let calls = Calls::default();
    let plain = work.desk(&agency, &|_| {});
    let (register, access_point) = (
        Timed(plain.register, &calls),
        Timed(plain.access_point, &calls),
    );
    let desk = Desk {
        register: &register,
        access_point: &access_point,
        ..work.desk(&agency, &|_| {})
    };

    let mut whole = Vec::new();
    let mut ours = Vec::new();
    for number in 0..FIRST + count {
        let mut bytes = sample.clone();
        bytes.extend(format!("\n% {number}\n").bytes());
        let letter = taken_in(&desk, bytes);
        let (decision, _) = decide(&desk, letter).unwrap();
        calls.taken();
        let begun = Instant::now();
        let held = press(&desk, letter, &decision, Duration::ZERO).unwrap();
        seal_held(&desk, held).unwrap();
        let sent = advance(&desk, letter).unwrap();
        let took = begun.elapsed();
        assert_eq!(sent.state(), State::AtAccessPoint);
        if number >= FIRST {
            whole.push(took);
            ours.push(took - calls.taken());
        }
    }
    println!(
        "{}",
        serde_json::json!({
            "letters": count,
            "bytes": sample.len(),
            "median_ms": median(whole),
            "budget_ms": 150,
            "ours_ms": median(ours),
            "ours_budget_ms": 40,
        })
    );
}

fn taken_in(desk: &Desk<'_>, bytes: Vec<u8>) -> utpost_domain::LetterId {
    let new = NewLetter {
        kind: LetterKind::Decision,
        recipient: NationalId::parse(CITIZEN).unwrap(),
        recipient_name: None,
        title: Title::parse("Vedtak").unwrap(),
        public_title: NonSensitiveTitle::parse("Brev fra kommunen").unwrap(),
        language: Language::parse("nb").unwrap(),
        security: SecurityLevel::Level4,
        opening_receipt: OpeningReceipt::NotWanted,
        visible_from: None,
        address: None,
        replaces: None,
        main: File {
            name: "vedtak.pdf",
            content: &mut Cursor::new(bytes),
        },
        attachments: Vec::new(),
    };
    let (actor, limits) = (desk.actor.clone(), desk.agency.limits);
    import(desk.ledger, desk.clock, actor, limits, new).unwrap()
}

/// Milliseconds, with one decimal.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    (times[times.len() / 2].as_secs_f64() * 10_000.0).round() / 10.0
}

/// Time spent in calls.
#[derive(Default)]
struct Calls(Mutex<Duration>);

impl Calls {
    fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = call();
        *self.0.lock().unwrap() += begun.elapsed();
        done
    }

    /// Since this was last asked.
    fn taken(&self) -> Duration {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Timed<'a, T: ?Sized>(&'a T, &'a Calls);

impl Register for Timed<'_, dyn Register + '_> {
    fn look_up(&self, citizen: &NationalId) -> Result<RegisterAnswer, CallFault> {
        self.1.during(|| self.0.look_up(citizen))
    }

    fn print_provider(&self) -> Result<PrintProvider, CallFault> {
        self.1.during(|| self.0.print_provider())
    }
}

impl AccessPoint for Timed<'_, dyn AccessPoint + '_> {
    fn sending_token(&self, outlive: Duration) -> Result<AccessToken, CallFault> {
        self.1.during(|| self.0.sending_token(outlive))
    }

    fn submit(
        &self,
        submission: &Submission<'_>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), CallFault> {
        self.1.during(|| self.0.submit(submission, progress))
    }

    fn statuses(&self, message: MessageId) -> Result<Option<Vec<StatusLine>>, CallFault> {
        self.1.during(|| self.0.statuses(message))
    }

    fn unread(&self, query: &InboxQuery<'_>) -> Result<Vec<InboxItem>, CallFault> {
        self.1.during(|| self.0.unread(query))
    }

    fn mark_read(&self, receipt: ReceiptId) -> Result<(), CallFault> {
        self.1.during(|| self.0.mark_read(receipt))
    }
}
