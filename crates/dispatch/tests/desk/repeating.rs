//! The same document to the same citizen: stopped, shown, and sent once more only for a reason.

use utpost_dispatch::{
    Code, Desk, Fault, Ledger, Progress, advance, allow_repeat, decide, press, seal_held,
};
use utpost_domain::{Decision, Happening, LetterId, PersonRecord, State, StopReason};

use crate::support::{Given, Office, SECRET, TestRegister, busy, refused};

const NO_UNDO: std::time::Duration = std::time::Duration::ZERO;
const DAY: i64 = 24 * 60 * 60;
const BEFORE: State = State::Stopped(StopReason::SentBefore);

fn paper() -> Vec<u8> {
    utpost_letters::sample::letter(&["Det samme brevet"])
}

fn given() -> Given {
    Given {
        main: paper(),
        ..Given::default()
    }
}

fn decided(office: &Office) -> (LetterId, Decision) {
    let id = office.take_in(given()).unwrap();
    let (decision, _) = decide(&office.desk(), id).unwrap();
    (id, decision)
}

/// A letter that has gone.
fn gone(office: &Office) -> LetterId {
    let (id, decision) = decided(office);
    office.release(id, decision).unwrap();
    advance(&office.desk(), id).unwrap();
    id
}

fn repeats(fault: &Fault, id: LetterId, of: LetterId) -> bool {
    matches!(fault, Fault::SentBefore { letter, earlier } if (*letter, *earlier) == (id, of))
}

#[test]
fn the_same_document_to_the_same_citizen_is_stopped_and_shows_the_earlier_letter() {
    let office = Office::new();
    let first = gone(&office);
    office.clock.pass(29 * DAY);
    let (second, decision) = decided(&office);
    let letter = office.ledger.folded(second);
    assert_eq!(letter.state(), BEFORE);
    assert_eq!(letter.sent_before().unwrap().earlier, first);
    let fault = press(&office.desk(), second, &decision, NO_UNDO).unwrap_err();
    assert!(repeats(&fault, second, first));
    assert_eq!(
        (fault.code(), fault.letter()),
        (Code::SentBefore, Some(second))
    );
    // Asked again, it is stopped again.
    decide(&office.desk(), second).unwrap();
    assert_eq!(office.state(second), BEFORE);
    assert_eq!(office.log.count("submit"), 1);
}

#[test]
fn a_letter_stopped_after_it_was_offered_in_vain_does_not_stop_the_one_made_in_its_place() {
    let office = Office::new();
    let (first, decision) = decided(&office);
    office.release(first, decision).unwrap();
    office.access_point.answers(busy(503));
    advance(&office.desk(), first).unwrap_err();
    // While it waits in the outbox it does.
    let (second, _) = decided(&office);
    assert_eq!(office.state(second), BEFORE);

    office.clock.pass(301);
    office.register.tells(TestRegister::reserved());
    advance(&office.desk(), first).unwrap_err();
    let changed = State::Stopped(StopReason::ChannelChanged);
    assert_eq!(office.state(first), changed);
    office.register.tells(TestRegister::reserved());
    let (third, decision) = decided(&office);
    assert_eq!(office.state(third), State::Ready);
    office.release(third, decision).unwrap();
    advance(&office.desk(), third).unwrap();
    assert_eq!(office.state(third), State::AtAccessPoint);
}

#[test]
fn another_document_another_citizen_another_month_or_one_turned_away_is_no_repeat() {
    let office = Office::new();
    gone(&office);
    let (other, _) = office.decided();
    assert_eq!(office.state(other), State::Ready);

    office.clock.pass(30 * DAY + 1);
    let (later, _) = decided(&office);
    assert_eq!(office.state(later), State::Ready);

    let office = Office::new();
    let (id, decision) = decided(&office);
    office.release(id, decision).unwrap();
    office.access_point.answers(refused(400));
    advance(&office.desk(), id).unwrap_err();
    let (corrected, _) = decided(&office);
    assert_eq!(office.state(corrected), State::Ready);

    let office = Office::new();
    gone(&office);
    let to = "20910302796";
    let citizen = PersonRecord {
        id: utpost_domain::NationalId::parse(to).unwrap(),
        ..TestRegister::citizen()
    };
    office.register.tells(citizen);
    let id = office.take_in(Given { to, ..given() }).unwrap();
    decide(&office.desk(), id).unwrap();
    assert_eq!(office.state(id), State::Ready);
}

#[test]
fn a_repeat_goes_only_for_a_reason_that_is_kept() {
    let office = Office::new();
    let first = gone(&office);
    let (second, decision) = decided(&office);
    let long = "æ".repeat(501);
    for reason in ["", "   for kort   ", &long] {
        let fault = allow_repeat(&office.desk(), second, reason).unwrap_err();
        assert_eq!(fault.code(), Code::RepeatReason);
        assert_eq!(office.state(second), BEFORE);
    }
    let reason = format!("  {SECRET} fikk det ikke  ");
    let letter = allow_repeat(&office.desk(), second, &reason).unwrap();
    assert_eq!(letter.state(), State::Ready);
    let history = office.ledger.history(second).unwrap();
    let last = history.last().unwrap();
    assert_eq!(last.event.what, Happening::RepeatAllowed { earlier: first });
    let kept = last.personal.value("reason").unwrap().expose("test");
    assert_eq!(kept, reason.trim());
    assert!(!format!("{last:?}").contains(SECRET));

    office.release(second, decision).unwrap();
    assert_eq!(
        advance(&office.desk(), second).unwrap().state(),
        State::AtAccessPoint
    );
    let fault = allow_repeat(&office.desk(), second, &reason).unwrap_err();
    assert_eq!(fault.code(), Code::NotNow);
}

#[test]
fn of_two_alike_in_their_undo_windows_only_one_is_sealed() {
    let office = Office::new();
    let (first, shown) = decided(&office);
    let (second, shown_too) = decided(&office);
    let desk = office.desk();
    let one = press(&desk, first, &shown, NO_UNDO).unwrap();
    let other = press(&desk, second, &shown_too, NO_UNDO).unwrap();
    assert_eq!(seal_held(&desk, one).unwrap().state(), State::Queued);
    let fault = seal_held(&desk, other).unwrap_err();
    assert!(repeats(&fault, second, first));
    assert_eq!(office.state(second), BEFORE);
    assert_eq!(office.ledger.parcels().len(), 1);
}

#[test]
fn of_two_alike_sealed_at_the_same_moment_only_the_first_is_offered() {
    let office = Office::new();
    let (first, shown) = decided(&office);
    let (second, shown_too) = decided(&office);
    let held = press(&office.desk(), second, &shown_too, NO_UNDO).unwrap();
    // While the second is being sealed, and has seen nothing, the first is.
    let meanwhile = |progress: Progress| {
        if matches!(progress, Progress::Sealing { .. }) && office.state(first) == State::Ready {
            office.release(first, shown.clone()).unwrap();
        }
    };
    let desk = Desk {
        progress: &meanwhile,
        ..office.desk()
    };
    assert_eq!(seal_held(&desk, held).unwrap().state(), State::Queued);
    assert_eq!(office.state(first), State::Queued);

    let fault = advance(&office.desk(), second).unwrap_err();
    assert!(repeats(&fault, second, first));
    assert_eq!(office.state(second), BEFORE);
    advance(&office.desk(), first).unwrap();
    assert_eq!(office.log.count("submit"), 1);
}

#[test]
fn one_that_went_since_the_letter_was_decided_stops_it_when_send_is_pressed() {
    let office = Office::new();
    let (waits, shown) = decided(&office);
    let first = gone(&office);
    let fault = press(&office.desk(), waits, &shown, NO_UNDO).unwrap_err();
    assert!(repeats(&fault, waits, first));
    assert_eq!(office.state(waits), BEFORE);
}

#[test]
fn an_allowed_repeat_does_not_stop_the_letter_it_repeats() {
    let office = Office::new();
    let (first, decision) = decided(&office);
    office.release(first, decision).unwrap();
    let (second, decision) = decided(&office);
    allow_repeat(&office.desk(), second, "Brevet ble vått").unwrap();
    office.release(second, decision).unwrap();
    // The first still lies in the outbox, and is decided anew before it goes.
    office.clock.pass(301);
    for id in [first, second] {
        let letter = advance(&office.desk(), id).unwrap();
        assert_eq!(letter.state(), State::AtAccessPoint);
    }
}
