//! The watch over letters that got stuck.

use utpost_dispatch::{Clock, Ledger, advance, watch};
use utpost_domain::{Happening, LetterId, Note, State, Step, TransportStatus};

use crate::support::{Given, Office, TestRegister, at, busy, lost};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

fn late(office: &Office) -> Vec<Step> {
    let found = watch(&office.desk()).unwrap();
    found.into_iter().map(|(_, step)| step).collect()
}

fn sent(office: &Office) -> LetterId {
    let id = office.queued();
    advance(&office.desk(), id).unwrap();
    id
}

/// On paper; with the print provider since the office's clock began.
fn printing(office: &Office) -> LetterId {
    office.register.tells(TestRegister::reserved());
    let id = sent(office);
    reached(office, id, TransportStatus::Sent);
    id
}

fn reached(office: &Office, id: LetterId, status: TransportStatus) {
    let seen = Happening::StatusSeen {
        status,
        stamp: None,
    };
    office.ledger.meanwhile(id, office.clock.now(), seen);
}

fn until(office: &Office, time: &str) {
    let seconds = at(time).duration_since(office.clock.now()).as_secs();
    office.clock.pass(seconds);
}

#[test]
fn a_letter_not_handed_over_within_an_hour_is_late_once() {
    let office = Office::new();
    let id = sent(&office);
    office.clock.pass(HOUR);
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::AtProvider]);
    assert_eq!(late(&office), []);
    let letter = office.ledger.folded(id);
    assert!(letter.notes().contains(&Note::Late(Step::AtProvider)));
    assert!(letter.needs_follow_up());
    reached(&office, id, TransportStatus::Sent);
    assert!(office.ledger.folded(id).notes().is_empty());
}

#[test]
fn a_letter_offered_again_and_again_for_an_hour_is_late() {
    let office = Office::new();
    let id = office.queued();
    for _ in 0..4 {
        office.access_point.answers(busy(503));
        advance(&office.desk(), id).unwrap_err();
        office.clock.pass(20 * MINUTE);
    }
    assert_eq!(office.state(id), State::Queued);
    assert_eq!(late(&office), [Step::AtProvider]);
    assert_eq!(late(&office), []);
}

#[test]
fn an_answer_lost_for_an_hour_is_late_too_and_nothing_is_sent_for_that() {
    let office = Office::new();
    let id = office.queued();
    office.access_point.answers(lost());
    advance(&office.desk(), id).unwrap_err();
    office.clock.pass(HOUR + 1);
    office.log.clear();
    assert_eq!(late(&office), [Step::AtProvider]);
    assert_eq!(office.state(id), State::Uncertain);
    assert_eq!(office.log.lines(), ["overdue"]);
}

#[test]
fn a_mailbox_silent_for_four_hours_is_late() {
    let office = Office::new();
    let id = sent(&office);
    reached(&office, id, TransportStatus::Sent);
    office.clock.pass(4 * HOUR);
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::Delivered]);
}

#[test]
fn a_letter_to_be_seen_later_is_reported_later() {
    let office = Office::new();
    let visible_from = Some(at("2026-11-25T12:00:00Z"));
    let given = Given {
        visible_from,
        ..Given::default()
    };
    let id = office.take_in(given).unwrap();
    let (decision, _) = utpost_dispatch::decide(&office.desk(), id).unwrap();
    office.release(id, decision).unwrap();
    advance(&office.desk(), id).unwrap();
    reached(&office, id, TransportStatus::Sent);
    until(&office, "2026-11-25T16:00:00Z");
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::Delivered]);
}

#[test]
fn print_is_given_working_days() {
    // The office's clock begins on a Sunday: the first working day after it is Monday.
    let office = Office::new();
    let id = printing(&office);
    until(&office, "2026-11-23T23:00:00Z");
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::PrintAccepted]);
    until(&office, "2026-11-25T23:00:00Z");
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::Delivered]);
    let notes = office.ledger.folded(id).notes().clone();
    assert_eq!(notes.len(), 2);
}

#[test]
fn print_over_christmas_is_given_the_holidays_too() {
    let office = Office::new();
    until(&office, "2026-12-23T12:00:00Z");
    printing(&office);
    // 24 December is a working day; 28 and 29 December are the next two.
    until(&office, "2026-12-24T23:00:00Z");
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::PrintAccepted]);
    until(&office, "2026-12-29T23:00:00Z");
    assert_eq!(late(&office), []);
    office.clock.pass(1);
    assert_eq!(late(&office), [Step::Delivered]);
}

#[test]
fn what_arrived_or_was_never_sent_is_never_late() {
    let office = Office::new();
    office.queued();
    office.take_in(Given::default()).unwrap();
    let id = sent(&office);
    reached(&office, id, TransportStatus::Failed);
    office.clock.pass(1000 * HOUR);
    assert_eq!(late(&office), []);
    assert!(office.ledger.awaiting().unwrap().is_empty());
}
