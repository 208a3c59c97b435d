//! A ledger brought back from a backup sends nothing before it is known what was sent.

use utpost_dispatch::{
    Choice, Clock, Code, Ledger, Restoration, Thaw, advance, decide, press, thaw,
};
use utpost_domain::{LetterId, State, StopReason, TransportStatus};

use crate::support::{Given, Office, busy, lost, refused, status, unreachable};

const RESTORED: State = State::Stopped(StopReason::Restored);

fn restored(office: &Office) {
    office.clock.pass(60);
    *office.ledger.restoration.lock().unwrap() = Some(Restoration {
        at: office.clock.now(),
        former_tags: vec!["utpost-former".to_owned()],
    });
    office.clock.pass(60);
    office.log.clear();
}

fn is_frozen(office: &Office, id: LetterId) -> bool {
    let advanced = advance(&office.desk(), id).map_err(|fault| fault.code());
    advanced.err() == Some(Code::OutboxFrozen)
}

#[test]
fn a_restored_outbox_stands_still_and_nothing_sealed_is_called_back() {
    let office = Office::new();
    let (ready, shown) = office.decided();
    let queued = office.queued();
    restored(&office);
    assert!(is_frozen(&office, queued));
    let desk = office.desk();
    let pressed = press(&desk, ready, &shown, std::time::Duration::ZERO);
    assert_eq!(pressed.unwrap_err().code(), Code::OutboxFrozen);
    for gone in [desk.undo(queued), desk.cancel(queued)] {
        assert_eq!(gone.unwrap_err().code(), Code::OutboxFrozen);
    }
    assert!(office.log.lines().is_empty());
}

#[test]
fn what_the_access_point_has_is_accepted_and_the_rest_goes_under_its_own_ids_on_the_clerk_s_word() {
    let office = Office::new();
    let (has, has_not) = (office.queued(), office.queued());
    let own = office.ledger.folded(has_not).sealed().cloned().unwrap();
    restored(&office);
    office
        .access_point
        .tells(Some(vec![status(TransportStatus::Created, "x")]))
        .tells(None);
    let thawed = thaw(&office.desk()).unwrap();
    assert_eq!(
        thawed,
        Thaw {
            asked: 2,
            unanswered: 0
        }
    );
    assert_eq!(office.state(has), State::AtAccessPoint);
    assert!(office.ledger.folded(has).notes().is_empty());
    assert_eq!(office.state(has_not), RESTORED);
    assert!(office.ledger.restoration().unwrap().is_none());
    assert_eq!(
        advance(&office.desk(), has_not).unwrap().state(),
        RESTORED,
        "nothing goes by itself"
    );

    // However old its decision: it may have been offered before, so it is never sealed anew.
    office.clock.pass(24 * 60 * 60);
    office.confirm(has_not, Choice::Yes).unwrap();
    office.log.clear();
    let letter = advance(&office.desk(), has_not).unwrap();
    assert_eq!(letter.state(), State::AtAccessPoint);
    assert_eq!(office.log.count("look_up"), 1);
    let sent = office.access_point.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].message, own.message_id);
    assert_eq!(letter.sealed(), Some(&own));
}

#[test]
fn a_letter_not_known_there_waits_for_the_word_also_when_the_program_ended_before_it_was_stopped() {
    let office = Office::new();
    let id = office.queued();
    restored(&office);
    office.access_point.tells(None);
    *office.ledger.fails.lock().unwrap() =
        Some(("stopped", utpost_dispatch::LedgerFault::DiskFull));
    thaw(&office.desk()).unwrap_err();
    *office.ledger.restoration.lock().unwrap() = None;
    assert_eq!(office.state(id), State::Queued);
    let fault = advance(&office.desk(), id).unwrap_err();
    assert_eq!(fault.code(), Code::Restored);
    assert_eq!(office.state(id), RESTORED);
    assert!(office.access_point.sent().is_empty());
}

#[test]
fn a_letter_that_is_never_told_about_holds_up_no_other_and_is_not_offered() {
    let office = Office::new();
    let id = office.queued();
    restored(&office);
    let refuse = || {
        let mut statuses = office.access_point.statuses.lock().unwrap();
        statuses.push_back(Err(refused(400)));
    };
    refuse();
    assert_eq!(thaw(&office.desk()).unwrap().unanswered, 0);
    assert!(office.ledger.restoration().unwrap().is_none());
    assert_eq!(office.state(id), State::Uncertain);
    refuse();
    advance(&office.desk(), id).unwrap_err();
    assert!(office.access_point.sent().is_empty());
}

#[test]
fn a_letter_that_the_access_point_has_is_not_asked_about_in_a_restored_ledger() {
    let office = Office::new();
    let id = office.queued();
    advance(&office.desk(), id).unwrap();
    restored(&office);
    assert_eq!(thaw(&office.desk()).unwrap().asked, 0);
    assert!(office.ledger.restoration().unwrap().is_none());
}

#[test]
fn a_letter_made_at_the_very_moment_of_the_restoration_is_doubted() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    *office.ledger.restoration.lock().unwrap() = Some(Restoration {
        at: office.clock.now(),
        former_tags: Vec::new(),
    });
    thaw(&office.desk()).unwrap();
    assert_eq!(office.state(id), RESTORED);
}

#[test]
fn while_an_answer_lacks_the_outbox_stands_still_and_is_asked_about_again() {
    let office = Office::new();
    let queued = office.queued();
    let uncertain = office.queued();
    office.access_point.answers(lost());
    advance(&office.desk(), uncertain).unwrap_err();
    restored(&office);
    for fault in [unreachable(), busy(503)] {
        let mut statuses = office.access_point.statuses.lock().unwrap();
        statuses.push_back(Err(fault));
    }
    let unanswered = |unanswered| Thaw {
        asked: 2,
        unanswered,
    };
    assert_eq!(thaw(&office.desk()).unwrap(), unanswered(2));
    assert!(is_frozen(&office, queued) && is_frozen(&office, uncertain));
    assert_eq!(thaw(&office.desk()).unwrap(), unanswered(0));
    for id in [queued, uncertain] {
        let names = office.ledger.names(id);
        assert_eq!(names.iter().filter(|name| **name == "restored").count(), 1);
        assert_eq!(office.state(id), RESTORED);
        office.confirm(id, Choice::Yes).unwrap();
        let letter = advance(&office.desk(), id).unwrap();
        assert_eq!(letter.state(), State::AtAccessPoint);
    }
}

#[test]
fn what_is_not_sealed_waits_for_the_clerk_s_word_once() {
    let office = Office::new();
    let draft = office.take_in(Given::default()).unwrap();
    let (ready, _) = office.decided();
    office.register.is_silent();
    let waits = office.take_in(Given::default()).unwrap();
    decide(&office.desk(), waits).unwrap_err();
    restored(&office);
    let made_since = office.take_in(Given::default()).unwrap();
    assert_eq!(thaw(&office.desk()).unwrap().asked, 0);
    for id in [draft, ready, waits] {
        assert_eq!(office.state(id), RESTORED);
        assert_eq!(
            office.confirm(id, Choice::NotAsked).unwrap_err().code(),
            Code::Restored
        );
    }
    assert_eq!(office.state(made_since), State::Draft);
    office.confirm(ready, Choice::Yes).unwrap();
    office.confirm(draft, Choice::Yes).unwrap();
    assert_eq!(office.state(ready), State::Ready);
    assert_eq!(office.state(draft), State::Draft);
}

#[test]
fn a_letter_stopped_with_its_ids_is_not_given_up_before_it_was_asked_about() {
    let office = Office::new();
    let id = office.queued();
    restored(&office);
    office.access_point.tells(None);
    thaw(&office.desk()).unwrap();
    assert_eq!(office.state(id), RESTORED);
    restored(&office);
    let fault = office.desk().cancel(id).unwrap_err();
    assert_eq!(fault.code(), Code::OutboxFrozen);
    office.access_point.tells(None);
    thaw(&office.desk()).unwrap();
    assert_eq!(office.desk().cancel(id).unwrap().state(), State::Cancelled);
}

#[test]
fn the_word_does_not_let_a_letter_go_in_whose_place_another_went() {
    let office = Office::new();
    let main = crate::support::pdf();
    let same = || Given {
        main: main.clone(),
        ..Given::default()
    };
    let decided = || {
        let id = office.take_in(same()).unwrap();
        let (decision, _) = decide(&office.desk(), id).unwrap();
        (id, decision)
    };
    let (first, decision) = decided();
    office.release(first, decision).unwrap();
    restored(&office);
    office.access_point.tells(None);
    thaw(&office.desk()).unwrap();
    assert_eq!(office.state(first), RESTORED);

    // Surely not received, it does not stand in the way of the letter made in its place.
    let (second, decision) = decided();
    office.release(second, decision).unwrap();
    advance(&office.desk(), second).unwrap();
    assert_eq!(office.state(second), State::AtAccessPoint);

    let fault = office.confirm(first, Choice::Yes).unwrap_err();
    assert_eq!(fault.code(), Code::SentBefore);
    assert_eq!(office.state(first), RESTORED);
    office.desk().cancel(first).unwrap();
}

#[test]
fn a_ledger_that_was_not_restored_is_left_as_it_is() {
    let office = Office::new();
    let id = office.queued();
    office.log.clear();
    assert_eq!(
        thaw(&office.desk()).unwrap(),
        Thaw {
            asked: 0,
            unanswered: 0
        }
    );
    assert!(office.log.lines().is_empty());
    assert_eq!(office.state(id), State::Queued);
}
