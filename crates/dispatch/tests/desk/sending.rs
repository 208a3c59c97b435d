//! From the outbox to the access point: in this order, and never twice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;
use utpost_dispatch::{
    CallFault, Choice, Clock, Code, Fault, Ledger, advance, check_status, decide, evidence,
    release, upload_limit,
};
use utpost_domain::{
    Acceptance, Action, CauseCode, Digest, EmailText, Event, Happening, LetterId, MailboxAddress,
    PersonRecord, PersonalFields, PostalAddress, State, StopReason, TransportStatus,
};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

use crate::support::{
    EBOKS, Given, Office, PAPERS, SECRET, Sent, TestRegister, busy, damaged, duplicate, forbidden,
    lost, refused, status, unauthorized, unreachable,
};

fn advanced(office: &Office, id: LetterId) -> Result<State, Fault> {
    advance(&office.desk(), id).map(|letter| letter.state())
}

fn payload(signed: &str) -> String {
    let part = signed.split('.').nth(1).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A letter one attempt of which ended with `fault`, which is given too.
fn after(fault: CallFault) -> (Office, LetterId, Fault) {
    let office = Office::new();
    let id = office.queued();
    office.access_point.answers(fault);
    let fault = advanced(&office, id).unwrap_err();
    (office, id, fault)
}

#[test]
fn the_parcel_comes_before_its_row_and_row_and_attempt_before_anything_is_sent() {
    let office = Office::new();
    let (id, decision) = office.decided();
    office.log.clear();
    // That the parcel lay on disk when its row was written is asserted by the ledger itself.
    release(
        &office.desk(),
        id,
        decision,
        std::time::Duration::from_secs(10),
    )
    .unwrap();
    advance(&office.desk(), id).unwrap();
    assert_eq!(
        office.log.lines(),
        [
            "send_pressed",
            "wait",
            "sealed",
            "token",
            "token_fetched",
            "attempt_started",
            "keep_message",
            "submit",
            "accepted"
        ]
    );
    let sent = &office.access_point.sent()[0];
    let sealed = office.ledger.folded(id).sealed().unwrap().clone();
    assert_eq!(sent.message, sealed.message_id);
    assert_eq!(Digest::of(&sent.parcel), sealed.parcel);
    let evidence = evidence(&*office.ledger, id).unwrap();
    assert_eq!(evidence.message.unwrap().expose("test"), &sent.signed);
    let message = payload(&sent.signed);
    assert!(message.contains(&format!(r#""maskinportentoken":"{}""#, sent.token)));
    assert!(message.contains(&sealed.parcel.base64()));
}

#[test]
fn a_letter_on_paper_goes_to_the_print_provider_and_names_no_mailbox() {
    let office = Office::new();
    office
        .register
        .tells(crate::support::TestRegister::reserved());
    let id = office.queued();
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    let message = payload(&office.access_point.sent()[0].signed);
    assert!(message.contains("\"utskrift\"") && !message.contains("postkasseadresse"));
    let sealed = office.ledger.folded(id).sealed().unwrap().clone();
    assert_eq!(sealed.receiver.as_str(), crate::support::PRINTER);
}

#[test]
fn a_lost_answer_is_never_resent_blindly() {
    let (office, id, fault) = after(lost());
    assert_eq!(fault.code(), Code::AnswerLost);
    assert_eq!(office.state(id), State::Uncertain);

    // The question is answered by silence: nothing is offered.
    office.log.clear();
    office
        .access_point
        .statuses
        .lock()
        .unwrap()
        .push_back(Err(unreachable()));
    advanced(&office, id).unwrap_err();
    assert_eq!(office.log.lines(), ["statuses"]);
    assert_eq!(office.state(id), State::Uncertain);

    // Asked first, then the same ids, the same parcel, a new token and a new signature.
    office.log.clear();
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    assert_eq!(
        office.log.lines(),
        [
            "statuses",
            "not_received",
            "token",
            "token_fetched",
            "attempt_started",
            "keep_message",
            "submit",
            "accepted"
        ]
    );
    let sent = office.access_point.sent();
    let [first, second] = &sent[..] else {
        panic!("{}", sent.len())
    };
    assert_eq!(
        (first.message, &first.parcel),
        (second.message, &second.parcel)
    );
    assert_ne!(first.token, second.token);
    assert_ne!(first.signed, second.signed);
    let without_token = |sent: &Sent| payload(&sent.signed).replace(&sent.token, "");
    assert_eq!(without_token(first), without_token(second));
}

#[test]
fn a_status_after_a_lost_answer_means_accepted() {
    let (office, id, _) = after(lost());
    let sent = status(TransportStatus::Sent, "2026-11-22T13:00:05");
    office.access_point.tells(Some(vec![sent]));
    assert_eq!(advanced(&office, id).unwrap(), State::AtProvider);
    assert_eq!(
        (office.log.count("submit"), office.log.count("statuses")),
        (1, 1)
    );
    assert!(office.ledger.happened(id).contains(&Happening::Accepted {
        how: Acceptance::HasStatuses
    }));
}

#[test]
fn no_status_after_a_lost_answer_leaves_it_uncertain() {
    let (office, id, _) = after(lost());
    for _ in 0..3 {
        office.access_point.tells(Some(Vec::new()));
        assert_eq!(advanced(&office, id).unwrap(), State::Uncertain);
    }
    assert_eq!(office.log.count("submit"), 1);
}

#[test]
fn an_answer_that_a_gateway_may_have_made_up_is_unknown() {
    for code in [500, 502, 504, 520] {
        let (office, id, fault) = after(busy(code));
        assert_eq!(fault.code(), Code::AnswerLost, "{code}");
        assert_eq!(fault.detail().unwrap(), format!("HTTP {code}"));
        assert_eq!(office.state(id), State::Uncertain, "{code}");
    }
    let service = utpost_dispatch::Remote::AccessPoint;
    let (office, id, fault) = after(CallFault::Unreadable {
        service,
        source: None,
    });
    assert_eq!(
        (fault.code(), office.state(id)),
        (Code::AnswerLost, State::Uncertain)
    );
}

#[test]
fn what_is_surely_not_received_waits_in_the_outbox_and_is_not_asked_about() {
    for fault in [busy(503), busy(429), busy(408), unreachable()] {
        let (office, id, fault) = after(fault);
        assert_eq!(fault.code(), Code::AccessPointSilent);
        assert_eq!(office.state(id), State::Queued);
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
        assert_eq!(office.log.count("statuses"), 0);
    }
}

#[test]
fn a_duplicate_id_means_accepted() {
    let (office, id, _) = after(lost());
    office.access_point.answers(duplicate());
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    let accepted = Happening::Accepted {
        how: Acceptance::AlreadyThere,
    };
    assert_eq!(office.ledger.happened(id).last(), Some(&accepted));
}

#[test]
fn a_token_not_accepted_is_replaced_once() {
    let office = Office::new();
    let id = office.queued();
    office.access_point.answers(unauthorized());
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    let tokens: Vec<_> = office
        .access_point
        .sent()
        .into_iter()
        .map(|sent| sent.token)
        .collect();
    assert_eq!(tokens, ["token-1", "token-2"]);

    let office = Office::new();
    let id = office.queued();
    office
        .access_point
        .answers(unauthorized())
        .answers(unauthorized());
    assert_eq!(
        advanced(&office, id).unwrap_err().code(),
        Code::AccessPointDenied
    );
    assert_eq!(
        (office.state(id), office.log.count("submit")),
        (State::Queued, 2)
    );
}

#[test]
fn denied_access_keeps_the_letter_in_the_outbox() {
    let (office, id, fault) = after(forbidden());
    assert_eq!(fault.code(), Code::AccessPointDenied);
    assert_eq!(
        (office.state(id), office.log.count("submit")),
        (State::Queued, 1)
    );
    assert!(!office.ledger.folded(id).may_cancel());
}

#[test]
fn damaged_bytes_are_offered_once_more_and_then_refused() {
    let office = Office::new();
    let id = office.queued();
    office.access_point.answers(damaged());
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);

    for earlier in [None, Some(busy(503))] {
        let office = Office::new();
        let id = office.queued();
        let tries = if let Some(fault) = earlier {
            office.access_point.answers(fault);
            advanced(&office, id).unwrap_err();
            3
        } else {
            2
        };
        office.access_point.answers(damaged()).answers(damaged());
        let fault = advanced(&office, id).unwrap_err();
        assert_eq!(fault.code(), Code::RefusedByAccessPoint);
        assert_eq!(
            (office.state(id), office.log.count("submit")),
            (State::Refused, tries)
        );
        let sent = office.access_point.sent();
        assert!(sent.iter().all(|one| one.parcel == sent[0].parcel));
    }
}

#[test]
fn a_refusal_is_for_good_and_its_words_are_kept_as_personal() {
    let (office, id, fault) = after(refused(400));
    assert_eq!(
        (fault.code(), fault.letter()),
        (Code::RefusedByAccessPoint, Some(id))
    );
    assert_eq!(office.state(id), State::Refused);
    assert_eq!(office.log.count("statuses"), 0);
    let history = office.ledger.history(id).unwrap();
    let detail = history.last().unwrap().personal.value("detail").unwrap();
    assert_eq!(detail.expose("test"), SECRET);
    assert_eq!(advanced(&office, id).unwrap(), State::Refused);

    let service = utpost_dispatch::Remote::AccessPoint;
    let (office, id, fault) = after(CallFault::TooLarge { service });
    assert_eq!(
        (fault.code(), office.state(id)),
        (Code::RefusedTooLarge, State::Refused)
    );
}

#[test]
fn a_refusal_after_an_unknown_attempt_is_asked_about_first() {
    let offered_again = || {
        let (office, id, _) = after(lost());
        office.access_point.tells(None).answers(refused(400));
        (office, id)
    };
    let (office, id) = offered_again();
    office
        .access_point
        .tells(Some(vec![status(TransportStatus::Created, "x")]));
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);

    let (office, id) = offered_again();
    office.access_point.tells(None);
    assert_eq!(
        advanced(&office, id).unwrap_err().code(),
        Code::RefusedByAccessPoint
    );
    assert_eq!(office.state(id), State::Refused);

    let (office, id) = offered_again();
    office
        .access_point
        .statuses
        .lock()
        .unwrap()
        .push_back(Err(unreachable()));
    assert_eq!(advanced(&office, id).unwrap_err().code(), Code::AnswerLost);
    assert_eq!(office.state(id), State::Uncertain);

    let (office, id) = offered_again();
    office.access_point.tells(Some(Vec::new()));
    assert_eq!(advanced(&office, id).unwrap_err().code(), Code::AnswerLost);
    assert_eq!(office.state(id), State::Uncertain);
}

#[test]
fn proof_that_comes_meanwhile_outweighs_what_an_attempt_came_to() {
    for fault in [lost(), refused(400), busy(503)] {
        let office = Office::new();
        let id = office.queued();
        let (ledger, now) = (office.ledger.clone(), office.clock.now());
        let seen = Happening::StatusSeen {
            status: TransportStatus::Sent,
            stamp: None,
        };
        *office.access_point.while_uploading.lock().unwrap() =
            Some(Box::new(move || ledger.meanwhile(id, now, seen)));
        office.access_point.answers(fault);
        assert_eq!(advanced(&office, id).unwrap(), State::AtProvider);
    }
}

#[test]
fn a_letter_that_waited_is_looked_up_once_more_and_keeps_its_sealing_when_nothing_changed() {
    for record in [TestRegister::citizen, TestRegister::reserved] {
        let office = Office::new();
        office.register.tells(record());
        let id = office.queued();
        let first = office.ledger.folded(id).sealed().unwrap().clone();
        office.clock.pass(24 * 60 * 60);
        office.log.clear();
        office.register.tells(record());
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
        assert_eq!(office.log.count("look_up"), 1);
        assert_eq!(office.ledger.folded(id).sealed(), Some(&first));
        assert_eq!(office.log.count("decided"), 1);
        assert_eq!(office.access_point.sent()[0].message, first.message_id);
    }
}

#[test]
fn a_decision_renewed_in_the_outbox_is_good_for_five_minutes_too() {
    let office = Office::new();
    let id = office.queued();
    office.clock.pass(301);
    *office.access_point.no_token.lock().unwrap() = Some(busy(503));
    advanced(&office, id).unwrap_err();
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    assert_eq!(office.log.count("look_up"), 2);
}

#[test]
fn a_letter_that_waited_is_sealed_anew_under_new_ids_when_its_receiver_changed() {
    let other_mailbox = || PersonRecord {
        mailbox_address: Some(MailboxAddress::parse("another#1").unwrap()),
        ..TestRegister::citizen()
    };
    let other_supplier = || PersonRecord {
        supplier: Some(EBOKS.to_owned()),
        ..TestRegister::citizen_with(&PAPERS.eboks)
    };
    let other_certificate = || TestRegister::citizen_with(&PAPERS.digipost_renewed);
    let changes: [&dyn Fn() -> PersonRecord; 3] =
        [&other_mailbox, &other_supplier, &other_certificate];
    for change in changes {
        let office = Office::new();
        let id = office.queued();
        let first = office.ledger.folded(id).sealed().unwrap().clone();
        office.clock.pass(301);
        office.log.clear();
        office.register.tells(change());
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
        assert_eq!(office.log.count("look_up"), 1);
        let sealed = office.ledger.folded(id).sealed().unwrap().clone();
        assert_ne!(sealed.message_id, first.message_id);
        assert_ne!(sealed.conversation_id, first.conversation_id);
        let names = office.ledger.names(id);
        assert_eq!(names.iter().filter(|name| **name == "sealed").count(), 2);
        let sent = office.access_point.sent();
        assert_eq!((sent.len(), sent[0].message), (1, sealed.message_id));
    }
}

#[test]
fn a_letter_never_offered_is_sealed_anew_with_the_agency_s_new_certificate_however_young() {
    for age in [0, 301] {
        let mut office = Office::new();
        let id = office.queued();
        let first = office.ledger.folded(id).sealed().unwrap().clone();
        office.signer = PAPERS.agency_later.signer();
        office.clock.pass(age);
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
        let sealed = office.ledger.folded(id).sealed().unwrap().clone();
        assert_ne!(sealed.message_id, first.message_id);
        assert_eq!(office.access_point.sent()[0].message, sealed.message_id);
        assert_eq!(
            sealed.signer,
            PAPERS.agency_later.certificate().fingerprint()
        );
    }
}

#[test]
fn what_a_message_says_is_what_the_settings_were_when_it_was_sealed() {
    for record in [TestRegister::citizen, TestRegister::reserved] {
        let mut office = Office::new();
        office.agency.sender.unit = Some("byggesak".to_owned());
        office.agency.sender.invoice_reference = Some("faktura-1".to_owned());
        office.agency.notices.email = Some(EmailText::parse("Du har fått brev.").unwrap());
        office.register.tells(record());
        let id = office.queued();
        office.access_point.answers(busy(503));
        advanced(&office, id).unwrap_err();

        let agency = &mut office.agency;
        agency.sender.unit = Some("skole".to_owned());
        agency.sender.invoice_reference = None;
        agency.notices.email = Some(EmailText::parse("Noe annet.").unwrap());
        agency.return_address = PostalAddress::parse_short("Annen|Vei 2|9998 Eksempelby").unwrap();
        agency.returns = ReturnHandling::SendBack;
        agency.colour = PrintColour::Colour;
        agency.post_class = PostClass::A;
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
        let sent = office.access_point.sent();
        let without_token = |sent: &Sent| payload(&sent.signed).replace(&sent.token, "");
        assert_eq!(without_token(&sent[0]), without_token(&sent[1]));
        assert!(without_token(&sent[0]).contains("byggesak"));
    }
}

#[test]
fn a_machine_whose_clock_is_wrong_sends_nothing_and_stops_nobody_else() {
    let office = Office::new();
    let id = office.queued();
    *office.access_point.no_token.lock().unwrap() = Some(CallFault::ClockFarOff { seconds: 400 });
    let fault = advanced(&office, id).unwrap_err();
    assert_eq!(fault.code(), Code::ClockWrong);
    assert_eq!(
        (office.state(id), office.log.count("submit")),
        (State::Queued, 0)
    );
    assert_eq!(office.ledger.folded(id).attempts(), 0);
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
}

#[test]
fn what_a_busy_service_asked_for_is_waited_for() {
    let (_, _, fault) = after(CallFault::Busy {
        service: utpost_dispatch::Remote::AccessPoint,
        status: 503,
        retry_after: Some(Duration::from_secs(120)),
    });
    assert_eq!(fault.next_try(1, 0.0), Some(Duration::from_secs(120)));
    assert_eq!(fault.next_try(4, 0.0), Some(Duration::from_secs(300)));
}

#[test]
fn a_letter_that_waited_and_goes_another_way_now_is_stopped() {
    // Reserved since: nothing is sent, and the clerk is told.
    let office = Office::new();
    let id = office.queued();
    office.clock.pass(301);
    office
        .register
        .tells(TestRegister::reserved())
        .tells(TestRegister::reserved());
    assert_eq!(
        advanced(&office, id).unwrap_err().code(),
        Code::ChannelChanged
    );
    assert_eq!(office.log.count("submit"), 0);
}

#[test]
fn a_letter_that_waited_stays_in_the_outbox_while_the_register_is_silent() {
    let office = Office::new();
    let id = office.queued();
    let first = office.ledger.folded(id).sealed().unwrap().message_id;
    office.clock.pass(24 * 60 * 60);
    office.register.is_silent();
    assert_eq!(
        advanced(&office, id).unwrap_err().code(),
        Code::RegisterSilent
    );
    assert_eq!(office.state(id), State::Queued);
    assert_eq!(office.ledger.folded(id).sealed().unwrap().message_id, first);
}

#[test]
fn a_letter_that_was_offered_is_looked_up_again_and_keeps_its_sealing_however_long_it_waits() {
    let (office, id, _) = after(unreachable());
    let first = office.ledger.folded(id).sealed().unwrap().message_id;
    office.clock.pass(24 * 60 * 60);
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    assert_eq!(office.log.count("look_up"), 2);
    assert_eq!(office.ledger.folded(id).sealed().unwrap().message_id, first);
}

#[test]
fn a_letter_that_was_offered_and_goes_elsewhere_now_is_stopped_and_never_sealed_anew() {
    let moved = || PersonRecord {
        supplier: Some(EBOKS.to_owned()),
        ..TestRegister::citizen_with(&PAPERS.eboks)
    };
    for record in [TestRegister::reserved, moved] {
        let (office, id, _) = after(busy(503));
        let first = office.ledger.folded(id).sealed().unwrap().clone();
        office.clock.pass(3 * 24 * 60 * 60);
        office.register.tells(record());
        office.log.clear();
        assert_eq!(
            advanced(&office, id).unwrap_err().code(),
            Code::ChangedAfterTry
        );
        assert_eq!(office.log.count("submit"), 0);
        let letter = office.ledger.folded(id);
        assert_eq!(letter.sealed(), Some(&first));
        office.desk().cancel(id).unwrap();
    }
}

#[test]
fn a_letter_offered_before_the_agency_s_certificate_was_renewed_is_stopped_and_not_sent_with_the_new_one()
 {
    for age in [0, 301] {
        let (mut office, id, _) = after(busy(503));
        let first = office.ledger.folded(id).sealed().unwrap().clone();
        office.signer = PAPERS.agency_later.signer();
        office.clock.pass(age);
        office.log.clear();
        let fault = advanced(&office, id).unwrap_err();
        assert_eq!(
            (fault.code(), fault.letter()),
            (Code::SignerChanged, Some(id))
        );
        assert_eq!(fault.next_try(1, 0.0), None);
        assert_eq!(office.log.count("submit"), 0);
        let letter = office.ledger.folded(id);
        assert_eq!(letter.state(), State::Stopped(StopReason::SignerChanged));
        assert_eq!(letter.sealed(), Some(&first));
        assert_eq!(letter.next_actions(), [Action::CheckStatus, Action::Cancel]);
        // Nothing lets it go, not even the certificate it was signed with.
        assert!(office.confirm(id, Choice::Yes).is_err());
        office.signer = PAPERS.agency.signer();
        assert_eq!(
            advanced(&office, id).unwrap(),
            State::Stopped(StopReason::SignerChanged)
        );
        assert_eq!(office.log.count("submit"), 0);
        assert_eq!(office.desk().cancel(id).unwrap().state(), State::Cancelled);
    }
}

#[test]
fn a_lost_answer_is_asked_about_before_a_renewed_certificate_stops_the_letter() {
    let (mut office, id, _) = after(lost());
    office.signer = PAPERS.agency_later.signer();
    office
        .access_point
        .tells(Some(vec![status(TransportStatus::Created, "x")]));
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);

    let (mut office, id, _) = after(lost());
    office.signer = PAPERS.agency_later.signer();
    office.access_point.tells(None);
    let code = advanced(&office, id).unwrap_err().code();
    assert_eq!(code, Code::SignerChanged);
}

#[test]
fn a_program_that_ends_while_it_seals_anew_leaves_the_letter_in_the_outbox() {
    for (event, sealings) in [("sealed", 1), ("decided", 2)] {
        let office = Office::new();
        let id = office.queued();
        office.clock.pass(301);
        let other = || TestRegister::citizen_with(&PAPERS.digipost_renewed);
        office.register.tells(other()).tells(other());
        *office.ledger.fails.lock().unwrap() =
            Some((event, utpost_dispatch::LedgerFault::DiskFull));
        advanced(&office, id).unwrap_err();
        assert_eq!(office.state(id), State::Queued);
        let names = office.ledger.names(id);
        let sealed = names.iter().filter(|name| **name == "sealed").count();
        assert_eq!(sealed, sealings);
        // Whichever parcel lies there, the next round sends the one for the new certificate.
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
        assert_eq!(
            office
                .ledger
                .folded(id)
                .sealed()
                .unwrap()
                .recipient_certificate,
            PAPERS.digipost_renewed.certificate().fingerprint()
        );
    }
}

#[test]
fn a_refusal_of_a_restored_letter_s_first_attempt_here_is_asked_about_first() {
    let office = Office::new();
    let id = office.queued();
    let now = office.clock.now();
    let code = CauseCode::new("UNKNOWN_THERE");
    for what in [
        Happening::Restored,
        Happening::NotReceived { code },
        Happening::Stopped {
            reason: StopReason::Restored,
        },
        Happening::Confirmed,
    ] {
        office.ledger.meanwhile(id, now, what);
    }
    office.access_point.answers(refused(400));
    office
        .access_point
        .tells(Some(vec![status(TransportStatus::Created, "x")]));
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
}

/// The first attempt of the letter as it lies sealed.
fn attempt_of(office: &Office, id: LetterId) -> Happening {
    let message_id = office.ledger.folded(id).sealed().unwrap().message_id;
    Happening::AttemptStarted {
        attempt: 1,
        message_id,
    }
}

#[test]
fn a_crash_in_an_attempt_is_unknown_only_after_the_upload_limit() {
    let office = Office::new();
    let id = office.queued();
    let now = office.clock.now();
    office.ledger.meanwhile(id, now, attempt_of(&office, id));
    let bytes = office.ledger.folded(id).sealed().unwrap().parcel_bytes;
    let limit = i64::try_from(upload_limit(bytes).as_secs()).unwrap();

    office.clock.pass(limit);
    // What comes in meanwhile does not make the attempt younger.
    let code = utpost_domain::CauseCode::new("SIGNATURE_WRONG");
    let receipt = Digest::of(b"forged");
    let suspect = Happening::ReceiptSuspect {
        receipt_id: None,
        receipt,
        code,
    };
    office.ledger.meanwhile(id, office.clock.now(), suspect);
    assert_eq!(advanced(&office, id).unwrap(), State::Submitting);
    assert_eq!(office.log.count("statuses") + office.log.count("submit"), 0);

    office.clock.pass(31);
    office
        .access_point
        .tells(Some(vec![status(TransportStatus::Created, "x")]));
    assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    assert_eq!(office.log.count("submit"), 0);
}

#[test]
fn of_two_programs_only_one_gets_the_attempt_and_its_message_is_the_one_kept() {
    let office = Office::new();
    let id = office.queued();
    let (ledger, now) = (office.ledger.clone(), office.clock.now());
    // Between our token and our attempt another program begins its own.
    *office.ledger.fails.lock().unwrap() = Some((
        "attempt_started",
        utpost_dispatch::LedgerFault::Impossible(utpost_domain::Impossible {
            state: Some(State::Submitting),
            happening: "attempt_started",
        }),
    ));
    assert_eq!(advanced(&office, id).unwrap_err().code(), Code::NotNow);
    assert_eq!(
        office.log.count("submit") + office.log.count("keep_message"),
        0
    );
    ledger.meanwhile(id, now, attempt_of(&office, id));
    assert_eq!(advanced(&office, id).unwrap(), State::Submitting);
}

#[test]
fn a_parcel_gone_or_altered_is_never_sent() {
    for content in [None, Some(b"other".to_vec())] {
        let office = Office::new();
        let id = office.queued();
        let message = office.ledger.folded(id).sealed().unwrap().message_id;
        let path = office.ledger.parcel_path(message);
        match content {
            Some(content) => std::fs::write(path, content).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        assert_eq!(
            advanced(&office, id).unwrap_err().code(),
            Code::ParcelMissing
        );
        assert_eq!(office.log.count("token") + office.log.count("submit"), 0);
        // Before a first attempt the letter can be had back and sealed anew.
        office.desk().undo(id).unwrap();
        let (decision, _) = decide(&office.desk(), id).unwrap();
        office.release(id, decision).unwrap();
        assert_eq!(advanced(&office, id).unwrap(), State::AtAccessPoint);
    }
}

#[test]
fn a_status_told_again_is_written_down_once_and_its_words_are_personal() {
    let office = Office::new();
    let id = office.queued();
    advance(&office.desk(), id).unwrap();
    let line = || status(TransportStatus::Created, "2026-11-22T13:00:00");
    for _ in 0..2 {
        office.access_point.tells(Some(vec![line(), line()]));
        check_status(&office.desk(), id).unwrap();
    }
    assert_eq!(office.log.count("status_seen"), 1);
    let history = office.ledger.history(id).unwrap();
    let Event { what, .. } = &history.last().unwrap().event;
    assert_eq!(what.name(), "status_seen");
    assert_ne!(history.last().unwrap().personal, PersonalFields::new());

    office
        .access_point
        .tells(Some(vec![status(TransportStatus::Failed, "x")]));
    assert_eq!(
        check_status(&office.desk(), id).unwrap().state(),
        State::Failed
    );
}

#[test]
fn a_letter_that_was_never_sent_has_no_status_to_ask_for() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    assert!(matches!(
        check_status(&office.desk(), id),
        Err(Fault::NotNow(State::Draft))
    ));
    let id = office.queued();
    assert!(matches!(
        check_status(&office.desk(), id),
        Err(Fault::NotNow(State::Queued))
    ));
    assert_eq!(office.log.count("statuses"), 0);
}

#[test]
fn a_letter_is_given_up_only_before_a_first_attempt() {
    let office = Office::new();
    let id = office.queued();
    assert_eq!(office.desk().cancel(id).unwrap().state(), State::Cancelled);
    let (office, id, _) = after(busy(503));
    assert_eq!(office.desk().cancel(id).unwrap_err().code(), Code::NotNow);
    assert_eq!(office.desk().undo(id).unwrap_err().code(), Code::NotNow);
}
