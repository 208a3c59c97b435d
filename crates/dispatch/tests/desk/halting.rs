//! The agency's sending as a whole: stopped by what only somebody outside can mend.

use utpost_dispatch::{
    CallFault, Code, Fault, Ledger, Remote, access_restored, advance, check_status,
};
use utpost_domain::{State, TransportStatus};
use utpost_wire::TokenDenial;

use crate::support::{Office, forbidden, lost, status, unauthorized};

#[test]
fn denied_access_stops_the_whole_agency_until_access_is_restored() {
    let office = Office::new();
    let (first, second) = (office.queued(), office.queued());
    office.access_point.answers(forbidden());
    let fault = advance(&office.desk(), first).unwrap_err();
    assert_eq!(fault.code(), Code::AccessPointDenied);
    let halt = office.ledger.halt().unwrap().unwrap();
    assert_eq!(halt.code, Code::AccessPointDenied.as_str());

    for id in [first, second] {
        office.log.clear();
        let fault = advance(&office.desk(), id).unwrap_err();
        assert!(matches!(&fault, Fault::Halted { code } if *code == halt.code));
        assert_eq!(fault.code(), Code::SendingHalted);
        assert_eq!(office.state(id), State::Queued);
        assert!(office.log.lines().is_empty());
    }

    assert!(access_restored(&office.desk()).unwrap());
    assert!(!access_restored(&office.desk()).unwrap());
    for id in [first, second] {
        let letter = advance(&office.desk(), id).unwrap();
        assert_eq!(letter.state(), State::AtAccessPoint);
    }
}

#[test]
fn a_token_denied_for_the_agency_stops_it_and_one_for_a_passing_cause_does_not() {
    for (fault, stops) in [
        (CallFault::Denied(TokenDenial::ScopeNotGranted), true),
        (CallFault::Denied(TokenDenial::NotDelegated), true),
        (CallFault::Denied(TokenDenial::KeyExpired), true),
        (CallFault::Denied(TokenDenial::GrantExpired), false),
        (CallFault::Denied(TokenDenial::GrantReused), false),
        (CallFault::Denied(TokenDenial::Unexplained), false),
        (
            CallFault::Forbidden {
                service: Remote::Tokens,
            },
            true,
        ),
    ] {
        let office = Office::new();
        let id = office.queued();
        let shown = format!("{fault:?}");
        *office.access_point.no_token.lock().unwrap() = Some(fault);
        advance(&office.desk(), id).unwrap_err();
        assert_eq!(office.ledger.halt().unwrap().is_some(), stops, "{shown}");
        assert_eq!(office.log.count("submit"), 0);
    }
}

#[test]
fn a_token_not_accepted_twice_concerns_the_letter_and_not_the_agency() {
    let office = Office::new();
    let id = office.queued();
    office
        .access_point
        .answers(unauthorized())
        .answers(unauthorized());
    advance(&office.desk(), id).unwrap_err();
    assert!(office.ledger.halt().unwrap().is_none());
}

#[test]
fn under_a_halt_what_was_sent_is_still_asked_about() {
    let office = Office::new();
    let (uncertain, denied) = (office.queued(), office.queued());
    office.access_point.answers(lost()).answers(forbidden());
    for id in [uncertain, denied] {
        advance(&office.desk(), id).unwrap_err();
    }
    let first = office.ledger.halt().unwrap();
    assert!(first.is_some());
    let created = status(TransportStatus::Created, "x");
    office.access_point.tells(Some(vec![created]));
    let letter = advance(&office.desk(), uncertain).unwrap();
    assert_eq!(letter.state(), State::AtAccessPoint);
    let sent = status(TransportStatus::Sent, "y");
    office.access_point.tells(Some(vec![sent]));
    let letter = check_status(&office.desk(), uncertain).unwrap();
    assert_eq!(letter.state(), State::AtProvider);
}

#[test]
fn a_letter_found_not_received_under_a_halt_waits_in_the_outbox() {
    let office = Office::new();
    let (uncertain, denied) = (office.queued(), office.queued());
    office.access_point.answers(lost()).answers(forbidden());
    for id in [uncertain, denied] {
        advance(&office.desk(), id).unwrap_err();
    }
    let fault = advance(&office.desk(), uncertain).unwrap_err();
    assert_eq!(fault.code(), Code::SendingHalted);
    assert_eq!(office.state(uncertain), State::Queued);
    assert_eq!(office.log.count("submit"), 2);
}
