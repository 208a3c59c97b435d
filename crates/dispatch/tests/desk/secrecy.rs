//! Nothing personal is in what a fault, a decision or an event shows of itself.

use std::error::Error as _;
use std::fmt::Write as _;

use utpost_dispatch::{Fault, Ledger, advance, collect_receipts, contents, decide, timeline};

use crate::support::papers::Receipt;
use crate::support::{CITIZEN, Given, Office, PAPERS, SECRET, TestRegister, lost, pdf, refused};

/// Everything a fault shows.
fn shown(fault: &Fault) -> String {
    let mut text = format!("{fault} {fault:?} {fault:#?} {}", fault.code());
    let mut source = fault.source();
    while let Some(cause) = source {
        write!(text, " {cause} {cause:?}").unwrap();
        source = cause.source();
    }
    text
}

#[test]
fn faults_show_nothing_personal() {
    let with = |name, content| Given {
        attachments: vec![(name, content)],
        ..Given::default()
    };
    let number = "Hemmeligord 20914695016.pdf";
    let mut faults: Vec<Fault> = [
        with("Hemmeligord.exe", Vec::new()),
        with("Hemmeligord.pdf", SECRET.into()),
        with("Hemmeligord\u{202e}.pdf", pdf()),
        with(number, pdf()),
        Given {
            main: SECRET.into(),
            ..Given::default()
        },
        Given {
            attachments: vec![("Hemmeligord.pdf", pdf()), ("hemmeligord.pdf", pdf())],
            ..Given::default()
        },
    ]
    .into_iter()
    .map(|given| Office::new().take_in(given).unwrap_err())
    .collect();

    let office = Office::new();
    let id = office
        .take_in(Given {
            address: None,
            ..Given::default()
        })
        .unwrap();
    office.register.is_silent();
    faults.push(decide(&office.desk(), id).unwrap_err());
    office.register.tells(TestRegister::reserved());
    let (decision, _) = decide(&office.desk(), id).unwrap();
    faults.push(office.release(id, decision).unwrap_err());

    office
        .register
        .tells(TestRegister::citizen_with(&PAPERS.neighbour));
    let (id, decision) = office.decided();
    faults.push(office.release(id, decision).unwrap_err());

    for answer in [lost(), refused(400)] {
        let id = office.queued();
        office.access_point.answers(answer);
        faults.push(advance(&office.desk(), id).unwrap_err());
    }
    assert_eq!(faults.len(), 11);
    for fault in &faults {
        let text = shown(fault).to_lowercase();
        assert!(
            !text.contains(&SECRET.to_lowercase()) && !text.contains(CITIZEN),
            "{text}"
        );
    }
    // What the service said is told only when it is asked for.
    assert!(faults.last().unwrap().detail().unwrap().contains(SECRET));
}

#[test]
fn letters_events_and_receipts_show_nothing_personal() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let mut text = format!("{decision:?}");
    office.release(id, decision).unwrap();
    advance(&office.desk(), id).unwrap();
    let receipt = Receipt {
        kind: "feil",
        more: format!(r#","feiltype":"SERVER","detaljer":"{SECRET}""#),
        ..Receipt::delivery(office.ledger.conversation(id))
    };
    let raw = PAPERS.digipost.receipt(&receipt);
    office.access_point.holds(&raw);
    let collected = collect_receipts(&office.desk()).unwrap();
    let history = office.ledger.history(id).unwrap();
    write!(
        text,
        "{:?} {history:?} {collected:?} {:?} {:?} {:?}",
        office.ledger.folded(id),
        contents(&*office.ledger, id).unwrap(),
        office.ledger.receipts(Some(id)).unwrap(),
        timeline(&*office.ledger, id).unwrap(),
    )
    .unwrap();
    for recorded in &history {
        text.push_str(&format!("{:?}", recorded.event));
    }
    for hidden in [SECRET, CITIZEN, &raw, "token-1"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}
