//! What the ledger's lists cost when it is full: `bench_ledger FOLDER LETTERS` makes a ledger of so
//! many letters with receipts in the folder, which must not hold one yet, and measures opening it,
//! the first page of the list, searches and filters. Prints one JSON object; times in milliseconds.

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement"
)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::{Value, json};
use utpost_dispatch::{Entry, Filter, IncomingReceipt, Ledger, Query};
use utpost_domain::{
    Actor, Environment, Event, FaultSide, Happening, LetterId, PersonalFields, ReceiptKind,
};
use utpost_ledger::LedgerFile;

#[path = "../src/tests/sample.rs"]
#[allow(clippy::unwrap_used, reason = "samples known to be right")]
mod sample;

type Outcome<T> = Result<T, Box<dyn Error>>;

const KEY: [u8; 32] = [0x5e; 32];
/// As many as a screen shows.
const SHOWN: u32 = 100;
const ROUNDS: usize = 40;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, letters] = arguments.as_slice() else {
        return Err("bench_ledger FOLDER LETTERS".into());
    };
    let (folder, letters) = (Path::new(folder), letters.parse()?);
    let empty = open(&folder.join("empty"))?;
    let full = folder.join("full");
    let started = Instant::now();
    fill(
        &LedgerFile::create_or_open(&full, &KEY, Environment::Practice)?,
        letters,
    )?;
    let filled = started.elapsed();
    let opened = open(&full)?;
    let ledger = LedgerFile::create_or_open(&full, &KEY, Environment::Practice)?;
    let mut figures = json!({
        "letters": letters,
        "filled_s": filled.as_secs_f64().round(),
        "database_mb": (full.join("ledger.db").metadata()?.len() as f64 / 1e6).round(),
        "open_empty": empty,
        "open": opened,
    });
    for (name, acts) in acts() {
        figures[name] = times(|round| acts[round % acts.len()](&ledger))?;
    }
    println!("{figures}");
    Ok(())
}

type Act = Box<dyn Fn(&LedgerFile) -> Outcome<()>>;

/// What is measured, each a round of acts of one kind.
fn acts() -> Vec<(&'static str, Vec<Act>)> {
    let find = |text: &'static str, filter| -> Act {
        Box::new(move |ledger| {
            let found = ledger.find(&Query::new(text, filter, SHOWN))?;
            std::hint::black_box(found);
            Ok(())
        })
    };
    let list: Act = Box::new(|ledger| {
        std::hint::black_box((ledger.letters(SHOWN)?, ledger.counts()?));
        std::hint::black_box((ledger.unsent(SHOWN)?, ledger.on_their_way(SHOWN)?));
        Ok(())
    });
    let searches = [
        "vedtak",
        "Bjørn",
        "aase",
        "ærlig støtte",
        "12345",
        "nr. 777",
        "ingen slik",
        "ø",
        "2027-03",
        "kari 40",
    ];
    let filters = [
        Filter::All,
        Filter::FollowUp,
        Filter::Delivered,
        Filter::Opened,
        Filter::NotOpened,
        Filter::Returned,
        Filter::Failed,
        Filter::Cancelled,
    ];
    vec![
        ("list", vec![list]),
        (
            "search",
            searches.map(|text| find(text, Filter::All)).into(),
        ),
        ("filter", filters.map(|filter| find("", filter)).into()),
        (
            "search_in_filter",
            filters.map(|filter| find("Bjørn", filter)).into(),
        ),
    ]
}

fn open(folder: &Path) -> Outcome<Value> {
    drop(LedgerFile::create_or_open(
        folder,
        &KEY,
        Environment::Practice,
    )?);
    times(|_| {
        let ledger = LedgerFile::create_or_open(folder, &KEY, Environment::Practice)?;
        std::hint::black_box(ledger.letters(SHOWN)?);
        Ok(())
    })
}

fn times(mut act: impl FnMut(usize) -> Outcome<()>) -> Outcome<Value> {
    let mut taken = Vec::new();
    for round in 0..ROUNDS {
        let started = Instant::now();
        act(round)?;
        taken.push(started.elapsed());
    }
    taken.sort_unstable();
    let at = |share: usize| milliseconds(taken[(taken.len() - 1) * share / 100]);
    Ok(json!({ "median": at(50), "p95": at(95) }))
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

/// Letters over two years: most opened or delivered, some failed, given up, or still on their way.
fn fill(ledger: &LedgerFile, letters: u32) -> Outcome<()> {
    for index in 0..letters {
        let begins = sample::at(i64::from(index) * 10);
        let id = LetterId::generate();
        ledger.open_letter(id)?;
        for (second, (what, personal)) in (0..).zip(life(index)) {
            let event = Event {
                at: begins + SignedDuration::from_secs(second),
                actor: Actor::Program,
                what,
            };
            let entry = Entry { event, personal };
            match &entry.event.what {
                Happening::ReceiptVerified(facts) => {
                    let receipt = IncomingReceipt {
                        receipt: Some(facts.receipt_id),
                        conversation: None,
                        letter: Some(id),
                        raw: format!("{index} {second} {}", "r".repeat(2000)),
                        received_at: entry.event.at,
                        verdict: IncomingReceipt::VERIFIED.to_owned(),
                        signer: Some(sample::provider()),
                    };
                    ledger.keep_receipt(&receipt, Some(&entry))?;
                    ledger.acknowledge(facts.receipt_id, entry.event.at)?;
                }
                _ => drop(ledger.record(id, &entry)?),
            }
        }
    }
    Ok(())
}

fn life(index: u32) -> Vec<(Happening, PersonalFields)> {
    let mut life = vec![(sample::drafted(), personal(index))];
    let nothing_personal = |what| (what, PersonalFields::new());
    if index % 50 == 7 {
        life.push(nothing_personal(Happening::Cancelled));
        return life;
    }
    life.extend(sample::sending().map(nothing_personal));
    let receipts: &[ReceiptKind] = match index % 100 {
        0 => &[],
        1 => &[ReceiptKind::Error {
            fault: FaultSide::Client,
        }],
        2..40 => &[ReceiptKind::Delivery],
        _ => &[ReceiptKind::Delivery, ReceiptKind::Opening],
    };
    life.extend(
        receipts
            .iter()
            .map(|kind| nothing_personal(sample::verified(*kind))),
    );
    life
}

fn personal(index: u32) -> PersonalFields {
    const FIRST: [&str; 8] = [
        "Kari", "Ola", "Åse", "Bjørn", "Ærlig", "Lise", "Øystein", "Nils",
    ];
    const LAST: [&str; 6] = ["Østby", "Prøve", "Lund", "Nordmann", "Ås", "Bjørnsønn"];
    const TITLES: [&str; 4] = [
        "Vedtak om støtte til livsopphold",
        "Varsel om tilsyn",
        "Brev om plass i barnehage",
        "Vedtak i byggesak",
    ];
    let pick = |from: &[&'static str], salt: u32| from[(index / salt) as usize % from.len()];
    let title = format!("{} nr. {index}", pick(&TITLES, 1));
    let name = format!("{} {}", pick(&FIRST, 3), pick(&LAST, 5));
    // Synthetic: a month beyond 80.
    let number = ["20914695016", "01835550962", "02825777442"][index as usize % 3];
    sample::personal(&[
        ("title", &title),
        ("recipient_name", &name),
        ("recipient", number),
    ])
}
