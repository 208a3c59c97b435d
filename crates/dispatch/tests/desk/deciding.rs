//! What the register's answers, and its silence, make of a letter; and what only a yes moves on.

use std::time::Duration;

use utpost_dispatch::{
    Choice, Clock, Code, Fault, ask, decide, is_as_shown, is_fresh, press, release, seal_held,
};
use utpost_domain::{
    Carrier, Channel, Decided, Happening, LetterKind, Note, Reason, State, StopReason,
};

use crate::support::{Given, Office, PAPERS, TestRegister};

const NOT_ASKED: Choice = Choice::NotAsked;

/// The citizen told has moved to e-Boks.
fn moved() -> utpost_domain::PersonRecord {
    utpost_domain::PersonRecord {
        supplier: Some(crate::support::EBOKS.to_owned()),
        ..TestRegister::citizen_with(&PAPERS.eboks)
    }
}

fn nothing_sent(office: &Office) {
    assert!(office.access_point.sent().is_empty());
    assert_eq!(office.log.count("token"), 0);
}

#[test]
fn silence_of_the_register_waits_and_never_prints() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    office.register.is_silent();
    let fault = decide(&office.desk(), id).unwrap_err();
    assert_eq!(fault.code(), Code::RegisterSilent);
    let letter = office.ledger.folded(id);
    assert_eq!(
        (letter.state(), letter.carrier()),
        (State::WaitingForRegister, None)
    );
    let (decision, letter) = decide(&office.desk(), id).unwrap();
    assert_eq!(
        (letter.state(), decision.reason),
        (State::Ready, Reason::MailboxUsable)
    );
    nothing_sent(&office);
}

#[test]
fn an_answer_given_up_leaves_no_trace_be_it_one_or_silence() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    office.register.is_silent();
    assert!(ask(&office.desk(), id).unwrap().silence().is_some());
    assert!(ask(&office.desk(), id).unwrap().silence().is_none());
    assert_eq!(office.log.count("look_up"), 2);
    assert_eq!(office.ledger.names(id), ["drafted"]);
    assert_eq!(office.state(id), State::Draft);
}

#[test]
fn a_decision_is_fresh_for_five_minutes_and_not_before_it_was_made() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let (decision, _) = decide(&office.desk(), id).unwrap();
    let fresh_after = |seconds| {
        let later = jiff::SignedDuration::from_secs(seconds);
        is_fresh(&decision, decision.facts.looked_up_at + later)
    };
    assert!(fresh_after(0) && fresh_after(300));
    assert!(!fresh_after(301) && !fresh_after(-1));
}

#[test]
fn a_fault_on_the_mailbox_is_looked_up_twice_and_the_second_answer_counts() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    office
        .register
        .tells(TestRegister::without_certificate())
        .tells(moved());
    let (decision, letter) = decide(&office.desk(), id).unwrap();
    assert_eq!(
        (decision.reason, letter.state()),
        (Reason::MailboxUsable, State::Ready)
    );
    assert_eq!(office.log.count("look_up"), 2);

    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let fault = TestRegister::without_certificate;
    office.register.tells(fault()).tells(fault());
    let (_, letter) = decide(&office.desk(), id).unwrap();
    let stop = StopReason::Decision(Reason::MailboxWithoutCertificate);
    assert_eq!(letter.state(), State::Stopped(stop));
    assert_eq!(office.log.count("look_up"), 2);
    assert_eq!(office.ledger.names(id), ["drafted", "decided"]);

    // Silence to the second question is silence.
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    office.register.tells(fault()).is_silent();
    decide(&office.desk(), id).unwrap_err();
    assert_eq!(office.state(id), State::WaitingForRegister);
}

#[test]
fn a_reserved_citizen_is_looked_up_once() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    office.register.tells(TestRegister::reserved());
    let (decision, letter) = decide(&office.desk(), id).unwrap();
    assert_eq!(
        (decision.channel, letter.state()),
        (Channel::Print, State::Ready)
    );
    assert_eq!(office.log.count("look_up"), 1);
}

#[test]
fn a_sealed_letter_is_not_looked_up() {
    let office = Office::new();
    let id = office.queued();
    office.log.clear();
    let fault = decide(&office.desk(), id).unwrap_err();
    assert!(matches!(fault, Fault::NotNow(State::Queued)));
    assert!(office.log.lines().is_empty());
}

#[test]
fn confirm_needs_a_yes() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let fault = TestRegister::without_certificate;
    office.register.tells(fault()).tells(fault());
    let (decision, _) = decide(&office.desk(), id).unwrap();
    let refused = office.confirm(id, NOT_ASKED).unwrap_err();
    assert_eq!(refused.code(), Code::PrintUnconfirmed);
    assert_eq!(refused.letter(), Some(id));
    assert!(matches!(
        office.release(id, decision.clone()),
        Err(Fault::Stopped { .. })
    ));
    assert!(office.ledger.parcels().is_empty());

    assert_eq!(
        office.confirm(id, Choice::Yes).unwrap().state(),
        State::Ready
    );
    let letter = office.release(id, decision).unwrap();
    assert_eq!(letter.sealed().unwrap().carrier, Carrier::Print);
}

#[test]
fn a_yes_is_not_taken_for_what_the_clerk_did_not_see() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let fault = TestRegister::without_certificate;
    office.register.tells(fault()).tells(fault());
    let (_, shown) = decide(&office.desk(), id).unwrap();
    office.register.tells(TestRegister::deleted());
    decide(&office.desk(), id).unwrap();
    let refused = utpost_dispatch::confirm(&office.desk(), &shown, Choice::Yes).unwrap_err();
    assert_eq!(refused.code(), Code::PersonDeleted);
}

#[test]
fn a_removed_person_gets_paper_after_a_yes_and_only_with_an_address() {
    for address in [Given::default().address, None] {
        let office = Office::new();
        let printable = address.is_some();
        let id = office
            .take_in(Given {
                address,
                ..Given::default()
            })
            .unwrap();
        office.register.tells(TestRegister::deleted());
        let (decision, letter) = decide(&office.desk(), id).unwrap();
        assert_eq!(
            letter.state(),
            State::Stopped(StopReason::Decision(Reason::PersonDeleted))
        );
        office.confirm(id, Choice::Yes).unwrap();
        match office.release(id, decision) {
            Ok(letter) => {
                assert!(printable);
                assert_eq!(letter.sealed().unwrap().carrier, Carrier::Print);
            }
            Err(fault) => {
                assert!(!printable);
                assert_eq!(fault.code(), Code::AddressMissing);
            }
        }
    }
}

#[test]
fn print_without_an_address_stops_and_nothing_is_sealed_or_sent() {
    let office = Office::new();
    let id = office
        .take_in(Given {
            address: None,
            ..Given::default()
        })
        .unwrap();
    office.register.tells(TestRegister::reserved());
    let (decision, _) = decide(&office.desk(), id).unwrap();
    let fault = office.release(id, decision).unwrap_err();
    assert_eq!(fault.code().as_str(), "REACH_ADDRESS_MISSING");
    assert_eq!(office.state(id), State::Stopped(StopReason::AddressMissing));
    assert_eq!(
        office.log.count("send_pressed") + office.log.count("print_provider"),
        0
    );
    assert!(office.ledger.parcels().is_empty());
    nothing_sent(&office);
}

#[test]
fn a_decision_older_than_five_minutes_is_made_anew() {
    for (seconds, lookups) in [(300, 1), (301, 2), (-1, 2)] {
        let office = Office::new();
        let (id, decision) = office.decided();
        office.clock.pass(seconds);
        office.register.tells(moved());
        let letter = office.release(id, decision).unwrap();
        assert_eq!(office.log.count("look_up"), lookups, "{seconds} s");
        let receiver = if lookups == 1 {
            crate::support::DIGIPOST
        } else {
            crate::support::EBOKS
        };
        assert_eq!(letter.sealed().unwrap().receiver.as_str(), receiver);
    }
}

#[test]
fn a_decision_that_grows_old_in_the_undo_window_is_made_anew_before_sealing() {
    let office = Office::new();
    let (id, decision) = office.decided();
    office.register.tells(moved());
    let letter = release(&office.desk(), id, decision, Duration::from_secs(600)).unwrap();
    assert_eq!(
        letter.sealed().unwrap().receiver.as_str(),
        crate::support::EBOKS
    );
    assert_eq!(
        office.ledger.names(id),
        ["drafted", "decided", "send_pressed", "decided", "sealed"]
    );
}

#[test]
fn another_channel_than_the_one_shown_stops() {
    for (pass, undo) in [(301, 0), (0, 301)] {
        let office = Office::new();
        let (id, decision) = office.decided();
        office.clock.pass(pass);
        office.register.tells(TestRegister::reserved());
        let undo = Duration::from_secs(undo);
        let fault = release(&office.desk(), id, decision.clone(), undo).unwrap_err();
        assert_eq!(fault.code(), Code::ChannelChanged);
        assert_eq!(office.state(id), State::Stopped(StopReason::ChannelChanged));
        assert!(office.ledger.parcels().is_empty());

        // The yes is to the new channel, whatever decision is still at hand.
        office.confirm(id, Choice::Yes).unwrap();
        office.register.tells(TestRegister::reserved());
        let letter = office.release(id, decision).unwrap();
        assert_eq!(letter.sealed().unwrap().carrier, Carrier::Print);
    }
}

#[test]
fn silence_when_asked_anew_waits_and_seals_nothing() {
    let office = Office::new();
    let (id, decision) = office.decided();
    office.register.is_silent();
    let fault = release(&office.desk(), id, decision, Duration::from_secs(301)).unwrap_err();
    assert_eq!(fault.code(), Code::RegisterSilent);
    assert_eq!(office.state(id), State::WaitingForRegister);
    assert!(office.ledger.parcels().is_empty());
}

#[test]
fn a_decision_made_for_another_letter_is_never_sealed_by() {
    let office = Office::new();
    let (id, _) = office.decided();
    office.register.tells(moved());
    let other = office.take_in(Given {
        kind: LetterKind::Information,
        ..Given::default()
    });
    let (foreign, _) = decide(&office.desk(), other.unwrap()).unwrap();
    let letter = office.release(id, foreign).unwrap();
    assert_eq!(
        letter.sealed().unwrap().receiver.as_str(),
        crate::support::DIGIPOST
    );
    assert_eq!(office.log.count("look_up"), 3);
}

#[test]
fn undo_during_the_window_seals_nothing() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let (ledger, now) = (
        office.ledger.clone(),
        utpost_dispatch::Clock::now(&*office.clock),
    );
    let undo = move || ledger.meanwhile(id, now, Happening::Undone);
    *office.clock.while_waiting.lock().unwrap() = Some(Box::new(undo));
    let letter = release(&office.desk(), id, decision, Duration::from_secs(10)).unwrap();
    assert_eq!(letter.state(), State::Ready);
    assert!(office.ledger.parcels().is_empty());
    assert_eq!(
        office.ledger.names(id),
        ["drafted", "decided", "send_pressed", "undone"]
    );
}

#[test]
fn undone_and_sent_again_the_first_window_seals_nothing() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let (ledger, now) = (
        office.ledger.clone(),
        utpost_dispatch::Clock::now(&*office.clock),
    );
    let again = move || {
        ledger.meanwhile(id, now, Happening::Undone);
        let until = now + jiff::SignedDuration::from_secs(15);
        ledger.meanwhile(id, now, Happening::SendPressed { until });
    };
    *office.clock.while_waiting.lock().unwrap() = Some(Box::new(again));
    let letter = release(&office.desk(), id, decision, Duration::from_secs(10)).unwrap();
    assert_eq!(letter.state(), State::Held);
    assert!(office.ledger.parcels().is_empty());
}

const TEN_SECONDS: Duration = Duration::from_secs(10);

#[test]
fn pressed_nothing_is_sealed_until_the_window_is_ended() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let held = press(&office.desk(), id, &decision, TEN_SECONDS).unwrap();
    assert_eq!(held.letter(), id);
    assert_eq!(
        office.ledger.folded(id).undo_until(),
        Some(held.until()),
        "the window that is written down"
    );
    assert_eq!(office.state(id), State::Held);
    assert!(office.ledger.parcels().is_empty());
    office.clock.pass(10);
    let letter = seal_held(&office.desk(), held).unwrap();
    assert_eq!(letter.state(), State::Queued);
    assert_eq!(
        office.ledger.names(id),
        ["drafted", "decided", "send_pressed", "sealed"]
    );
    assert_eq!(office.log.count("wait"), 0);
    nothing_sent(&office);
}

#[test]
fn a_window_ended_early_is_written_down_as_ended_and_sealed_after() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let held = press(&office.desk(), id, &decision, TEN_SECONDS).unwrap();
    office.clock.pass(3);
    let now = office.clock.now();
    let letter = seal_held(&office.desk(), held.clone()).unwrap();
    assert_eq!(letter.state(), State::Queued);
    let happened = office.ledger.happened(id);
    assert_eq!(happened[3], Happening::SendPressed { until: now });
    assert_eq!(happened[4].name(), "sealed");
    // Ended twice, say by the clerk and by the clock, it is sealed once.
    let again = seal_held(&office.desk(), held).unwrap();
    assert_eq!(again.sealed(), letter.sealed());
    assert_eq!(office.ledger.parcels().len(), 1);
}

#[test]
fn a_window_called_back_or_opened_anew_seals_nothing() {
    for again in [false, true] {
        let office = Office::new();
        let (id, decision) = office.decided();
        let held = press(&office.desk(), id, &decision, TEN_SECONDS).unwrap();
        office.clock.pass(1);
        office.desk().undo(id).unwrap();
        if again {
            press(&office.desk(), id, &decision, TEN_SECONDS).unwrap();
        }
        let letter = seal_held(&office.desk(), held).unwrap();
        let expected = if again { State::Held } else { State::Ready };
        assert_eq!(letter.state(), expected);
        assert!(office.ledger.parcels().is_empty());
    }
}

#[test]
fn a_window_whose_sealing_fails_leaves_the_letter_ready_also_when_ended_early() {
    for seconds in [0, 10] {
        let office = Office::new();
        let (id, decision) = office.decided();
        let held = press(&office.desk(), id, &decision, TEN_SECONDS).unwrap();
        office.clock.pass(seconds);
        *office.ledger.fails.lock().unwrap() =
            Some(("sealed", utpost_dispatch::LedgerFault::DiskFull));
        let fault = seal_held(&office.desk(), held).unwrap_err();
        assert_eq!(fault.code(), Code::DiskFull);
        assert_eq!(office.state(id), State::Ready);
        assert_eq!(office.release(id, decision).unwrap().state(), State::Queued);
    }
}

#[test]
fn an_end_of_the_window_that_can_not_be_written_down_seals_nothing() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let held = press(&office.desk(), id, &decision, TEN_SECONDS).unwrap();
    *office.ledger.fails.lock().unwrap() =
        Some(("send_pressed", utpost_dispatch::LedgerFault::DiskFull));
    let fault = seal_held(&office.desk(), held).unwrap_err();
    assert_eq!(fault.code(), Code::DiskFull);
    assert_eq!(office.state(id), State::Ready);
    assert!(office.ledger.parcels().is_empty());
}

#[test]
fn a_decision_that_grows_old_in_a_window_is_made_anew_before_sealing() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let held = press(&office.desk(), id, &decision, Duration::from_secs(600)).unwrap();
    office.clock.pass(301);
    office.register.tells(TestRegister::reserved());
    let fault = seal_held(&office.desk(), held).unwrap_err();
    assert_eq!(fault.code(), Code::ChannelChanged);
    assert_eq!(office.state(id), State::Stopped(StopReason::ChannelChanged));
    assert!(office.ledger.parcels().is_empty());
}

#[test]
fn a_letter_decided_anew_behind_the_clerks_back_is_not_sent_another_way() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let (shown, _) = decide(&office.desk(), id).unwrap();
    utpost_dispatch::readdress(&office.desk(), id, Given::default().address.unwrap()).unwrap();
    office.register.tells(TestRegister::reserved());
    decide(&office.desk(), id).unwrap();
    assert_eq!(office.state(id), State::Ready);
    let fault = press(&office.desk(), id, &shown, TEN_SECONDS).unwrap_err();
    assert_eq!(fault.code(), Code::ChannelChanged);
    assert_eq!(office.state(id), State::Stopped(StopReason::ChannelChanged));
}

#[test]
fn a_letter_on_paper_without_an_address_is_stopped_when_send_is_pressed() {
    let office = Office::new();
    office.register.tells(TestRegister::reserved());
    let id = office.take_in(Given {
        address: None,
        ..Given::default()
    });
    let id = id.unwrap();
    let (decision, _) = decide(&office.desk(), id).unwrap();
    let fault = press(&office.desk(), id, &decision, TEN_SECONDS).unwrap_err();
    assert_eq!(fault.code(), Code::AddressMissing);
    assert_eq!(office.state(id), State::Stopped(StopReason::AddressMissing));
}

#[test]
fn a_letter_left_in_its_window_is_freed_by_undo() {
    let office = Office::new();
    let (id, decision) = office.decided();
    let now = utpost_dispatch::Clock::now(&*office.clock);
    office
        .ledger
        .meanwhile(id, now, Happening::SendPressed { until: now });
    assert!(matches!(
        office.release(id, decision.clone()),
        Err(Fault::NotNow(State::Held))
    ));
    office.desk().undo(id).unwrap();
    assert_eq!(office.release(id, decision).unwrap().state(), State::Queued);
}

#[test]
fn a_certificate_not_to_be_trusted_stops_sealing_and_the_letter_is_ready_again() {
    let neighbour = || TestRegister::citizen_with(&PAPERS.neighbour);
    let stranger = || TestRegister::citizen_with(&PAPERS.digipost_by_stranger);
    for person in [neighbour(), stranger()] {
        let office = Office::new();
        office.register.tells(person);
        let (id, decision) = office.decided();
        let fault = office.release(id, decision).unwrap_err();
        assert_eq!(fault.code(), Code::ReceiverCertificate);
        assert_eq!(office.state(id), State::Ready);
        assert!(office.ledger.parcels().is_empty());
        nothing_sent(&office);
    }
    let office = Office::new();
    *office.register.printer.lock().unwrap() = &PAPERS.neighbour;
    office.register.tells(TestRegister::reserved());
    let (id, decision) = office.decided();
    assert_eq!(
        office.release(id, decision).unwrap_err().code(),
        Code::ReceiverCertificate
    );
    assert_eq!(office.state(id), State::Ready);
}

#[test]
fn with_a_certificate_of_its_own_that_will_not_do_the_agency_seals_and_sends_nothing() {
    for (holder, code) in [
        (&PAPERS.agency_expired, Code::CertificateExpired),
        (&PAPERS.agency_by_stranger, Code::CertificateForeign),
        (&PAPERS.neighbour, Code::CertificateForeign),
    ] {
        let mut office = Office::new();
        let queued = office.queued();
        office.signer = holder.signer();
        let (id, decision) = office.decided();
        assert_eq!(office.release(id, decision).unwrap_err().code(), code);
        assert_eq!(office.state(id), State::Ready);
        assert_eq!(
            utpost_dispatch::advance(&office.desk(), queued)
                .unwrap_err()
                .code(),
            code
        );
        assert_eq!(office.state(queued), State::Queued);
        nothing_sent(&office);
    }
}

#[test]
fn a_sealing_that_can_not_be_written_down_leaves_the_letter_ready() {
    let office = Office::new();
    let (id, decision) = office.decided();
    *office.ledger.fails.lock().unwrap() = Some(("sealed", utpost_dispatch::LedgerFault::DiskFull));
    let fault = office.release(id, decision).unwrap_err();
    assert_eq!(fault.code(), Code::DiskFull);
    assert_eq!(office.state(id), State::Ready);
    assert!(
        !office
            .ledger
            .folded(id)
            .notes()
            .contains(&Note::Contradiction)
    );
}

#[test]
fn what_the_clerk_was_shown_holds_only_for_the_same_way_and_the_same_reason() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let answers = [
        TestRegister::citizen,
        TestRegister::reserved,
        TestRegister::without_certificate,
        TestRegister::deleted,
    ];
    let decided = answers.map(|answer| {
        // A doubtful answer is asked about once more.
        office.register.tells(answer()).tells(answer());
        let decision = decide(&office.desk(), id).unwrap().0;
        office.register.answers.lock().unwrap().clear();
        Decided::from(&decision)
    });
    for (shown, one) in decided.iter().enumerate() {
        for (now, other) in decided.iter().enumerate() {
            assert_eq!(is_as_shown(one, other), shown == now, "{shown} {now}");
        }
    }
    // Asked at another time, with another mailbox: still what was shown.
    office.clock.pass(3600);
    office
        .register
        .tells(TestRegister::citizen_with(&PAPERS.digipost_renewed));
    let (later, _) = decide(&office.desk(), id).unwrap();
    let later = Decided::from(&later);
    assert!(later != decided[0] && is_as_shown(&decided[0], &later));
}
