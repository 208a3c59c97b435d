//! Changing an unsent letter: what changes, what stays, and when it is too late.

use std::time::Duration;

use utpost_dispatch::{
    Changes, Choice, Code, Fault, Listed, contents, decide, press, readdress, redraft,
};
use utpost_domain::{
    Happening, Language, LetterId, LetterKind, NonSensitiveTitle, OpeningReceipt, PostalAddress,
    RecipientName, SecurityLevel, State, StopReason, Title,
};

use crate::support::{CITIZEN, Given, Office, TestRegister, at, pdf};

fn all_new() -> Changes {
    Changes {
        kind: LetterKind::Information,
        recipient_name: Some(RecipientName::parse("Kari Nordmann").unwrap()),
        title: Title::parse("Nytt vedtak").unwrap(),
        public_title: NonSensitiveTitle::parse("Nytt brev").unwrap(),
        language: Language::parse("nn").unwrap(),
        security: SecurityLevel::Level3,
        opening_receipt: OpeningReceipt::Wanted,
        visible_from: Some(at("2026-12-01T00:00:00Z")),
        address: Some(PostalAddress::parse_short("Ola Prøve|Veien 2|9998 Eksempelby").unwrap()),
    }
}

/// Letters in every state that redrafting starts from.
fn unsent() -> Vec<(Office, LetterId)> {
    let draft = Office::new();
    let drafted = draft.take_in(Given::default()).unwrap();
    let waits = Office::new();
    waits.register.is_silent();
    let waiting = waits.take_in(Given::default()).unwrap();
    decide(&waits.desk(), waiting).unwrap_err();
    let stop = Office::new();
    stop.register.tells(TestRegister::deleted());
    let (stopped, _) = stop.decided();
    let ready = Office::new();
    let (decided, _) = ready.decided();
    vec![
        (draft, drafted),
        (waits, waiting),
        (stop, stopped),
        (ready, decided),
    ]
}

#[test]
fn everything_but_recipient_and_documents_is_changed() {
    for (office, id) in unsent() {
        let before = contents(&*office.ledger, id).unwrap();
        let letter = redraft(&office.desk(), id, all_new()).unwrap();
        assert_eq!(
            (letter.state(), letter.kind()),
            (State::Draft, LetterKind::Information)
        );
        let after = contents(&*office.ledger, id).unwrap();
        assert_eq!(after.recipient.expose("test"), CITIZEN);
        assert_eq!(after.documents.len(), before.documents.len());
        assert_eq!(after.documents[0].facts, before.documents[0].facts);
        assert_eq!(after.documents[0].title.expose("test"), "Nytt vedtak");
        assert_eq!(after.title.expose("test"), "Nytt vedtak");
        assert_eq!(after.public_title.expose("test"), "Nytt brev");
        assert_eq!(
            after.recipient_name.unwrap().expose("test"),
            "Kari Nordmann"
        );
        assert_eq!(after.address.unwrap().name("test"), "Ola Prøve");
        let drafted = after.drafted;
        assert_eq!(drafted.language, Language::parse("nn").unwrap());
        assert_eq!(drafted.security, SecurityLevel::Level3);
        assert_eq!(drafted.opening_receipt, OpeningReceipt::Wanted);
        assert_eq!(drafted.visible_from, Some(at("2026-12-01T00:00:00Z")));
        assert_eq!(drafted.documents, before.drafted.documents);
    }
}

#[test]
fn a_letter_drafted_anew_is_decided_anew() {
    let office = Office::new();
    let (id, shown) = office.decided();
    redraft(&office.desk(), id, all_new()).unwrap();
    assert!(matches!(
        press(&office.desk(), id, &shown, Duration::ZERO),
        Err(Fault::NotNow(State::Draft))
    ));
    let (decision, _) = decide(&office.desk(), id).unwrap();
    office.release(id, decision).unwrap();
    assert_eq!(
        office.ledger.names(id),
        [
            "drafted",
            "decided",
            "reopened",
            "drafted",
            "decided",
            "send_pressed",
            "sealed"
        ]
    );
}

#[test]
fn a_yes_to_the_letter_as_it_was_is_none_to_the_letter_as_it_is() {
    let office = Office::new();
    office.register.tells(TestRegister::deleted());
    let (id, _) = office.decided();
    office.confirm(id, Choice::Yes).unwrap();
    assert_eq!(office.state(id), State::Ready);
    redraft(&office.desk(), id, all_new()).unwrap();
    office.register.tells(TestRegister::deleted());
    decide(&office.desk(), id).unwrap();
    assert!(matches!(
        office.state(id),
        State::Stopped(StopReason::Decision(_))
    ));
}

#[test]
fn in_the_window_and_from_sealing_on_nothing_is_changed() {
    let office = Office::new();
    let (held, decision) = office.decided();
    press(&office.desk(), held, &decision, Duration::from_secs(10)).unwrap();
    let queued = office.queued();
    let cancelled = office.take_in(Given::default()).unwrap();
    office.desk().cancel(cancelled).unwrap();
    for id in [held, queued, cancelled] {
        let before = office.ledger.names(id);
        let fault = redraft(&office.desk(), id, all_new()).unwrap_err();
        assert_eq!(fault.code(), Code::NotNow);
        assert_eq!(office.ledger.names(id), before);
    }
}

#[test]
fn a_day_too_far_ahead_changes_nothing() {
    let office = Office::new();
    let (id, _) = office.decided();
    let changes = Changes {
        visible_from: Some(at("2027-11-23T12:00:00Z")),
        ..all_new()
    };
    let fault = redraft(&office.desk(), id, changes).unwrap_err();
    assert_eq!(fault.code(), Code::EffectiveDate);
    assert_eq!(office.state(id), State::Ready);
}

#[test]
fn another_address_changes_nothing_else() {
    let office = Office::new();
    let attachments = vec![("Vedlegg 1.pdf", pdf())];
    let id = office.take_in(Given {
        address: None,
        attachments,
        ..Given::default()
    });
    let id = id.unwrap();
    let before = contents(&*office.ledger, id).unwrap();
    let address = PostalAddress::parse_short("Ola Prøve|Veien 2|9998 Eksempelby").unwrap();
    readdress(&office.desk(), id, address.clone()).unwrap();
    let after = contents(&*office.ledger, id).unwrap();
    assert_eq!(after.address, Some(address));
    assert_eq!(after.drafted, before.drafted);
    assert_eq!(after.title, before.title);
    assert_eq!(after.documents[1].title, before.documents[1].title);
}

#[test]
fn lists_name_the_recipient_as_the_clerk_did_else_as_the_address_does() {
    let office = Office::new();
    let id = office.take_in(Given::default()).unwrap();
    let listed = |office: &Office| {
        let history = utpost_dispatch::Ledger::history(&*office.ledger, id).unwrap();
        let drafted = history
            .into_iter()
            .rfind(|one| matches!(one.event.what, Happening::Drafted(_)));
        Listed::of(&drafted.unwrap().personal)
    };
    let name = |listed: Listed| {
        listed
            .recipient_name
            .map(|name| name.expose("test").to_owned())
    };
    let addressed = listed(&office);
    assert_eq!(
        addressed.recipient.as_ref().unwrap().expose("test"),
        CITIZEN
    );
    assert!(addressed.title.is_some());
    assert_eq!(name(addressed).unwrap(), "Hemmeligord Prøve");
    redraft(&office.desk(), id, all_new()).unwrap();
    assert_eq!(name(listed(&office)).unwrap(), "Kari Nordmann");
    let nameless = Changes {
        recipient_name: None,
        address: None,
        ..all_new()
    };
    redraft(&office.desk(), id, nameless).unwrap();
    assert_eq!(name(listed(&office)), None);
}
