//! Receipts: kept before anything else, believed last.

use utpost_dispatch::{
    Collected, IncomingReceipt, Ledger, StoredReceipt, collect_receipts, reverify, reverify_waiting,
};
use utpost_domain::{ConversationId, LetterId, Note, ReceiptId, ReceiptKind, State};

use crate::support::papers::Receipt;
use crate::support::{Office, PAPERS, SECRET, busy, forbidden, refused, unreachable};

const VERIFIED: &str = IncomingReceipt::VERIFIED;

/// A letter that the access point has.
fn sent(office: &Office) -> (LetterId, ConversationId) {
    let id = office.queued();
    utpost_dispatch::advance(&office.desk(), id).unwrap();
    office.log.clear();
    (id, office.ledger.conversation(id))
}

fn collect(office: &Office) -> Collected {
    collect_receipts(&office.desk()).unwrap()
}

fn kept(office: &Office, letter: Option<LetterId>) -> Vec<StoredReceipt> {
    office.ledger.receipts(letter).unwrap()
}

fn pages(office: &Office) -> Vec<u32> {
    office.access_point.pages.lock().unwrap().clone()
}

fn delivery(conversation: ConversationId) -> String {
    PAPERS.digipost.receipt(&Receipt::delivery(conversation))
}

/// A receipt whose signature is of other words.
fn forged(receipt: &Receipt) -> String {
    let mut text = PAPERS.digipost.receipt(receipt);
    let other = PAPERS
        .digipost
        .receipt(&Receipt::delivery(receipt.conversation));
    text.truncate(text.rfind('.').unwrap());
    text + &other[other.rfind('.').unwrap()..]
}

#[test]
fn a_receipt_is_kept_before_it_is_marked_read() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    let raw = delivery(conversation);
    office.access_point.holds(&raw);
    let collected = collect(&office);
    assert_eq!(
        office.log.lines(),
        ["unread", "keep_receipt", "mark_read", "acknowledge"]
    );
    assert_eq!(office.state(id), State::Delivered);
    let receipt = &collected.receipts[0];
    assert_eq!(
        (receipt.kind, &*receipt.verdict),
        (Some(ReceiptKind::Delivery), VERIFIED)
    );
    assert!(receipt.acknowledged);
    let kept = kept(&office, Some(id));
    assert_eq!(kept[0].receipt.raw, raw);
    assert!(kept[0].acknowledged_at.is_some());
}

#[test]
fn all_of_a_page_are_kept_before_the_first_is_marked() {
    let office = Office::new();
    let (_, conversation) = sent(&office);
    office
        .access_point
        .holds(delivery(conversation))
        .holds(delivery(conversation));
    collect(&office);
    assert_eq!(
        office.log.lines()[..4],
        ["unread", "keep_receipt", "keep_receipt", "mark_read"]
    );
}

#[test]
fn a_receipt_of_an_unknown_conversation_is_kept_and_not_marked_read() {
    let office = Office::new();
    let conversation = ConversationId::generate();
    office.access_point.holds(delivery(conversation));
    let collected = collect(&office);
    assert_eq!(collected.receipts[0].verdict, "UNKNOWN_CONVERSATION");
    assert!(!collected.receipts[0].acknowledged);
    assert_eq!(
        office.log.count("mark_read") + office.log.count("acknowledge"),
        0
    );
    assert_eq!(
        kept(&office, None)[0].receipt.conversation,
        Some(conversation)
    );
    // It comes again, and is no news.
    assert!(collect(&office).receipts.is_empty());
}

#[test]
fn a_forged_receipt_is_kept_marked_shown_and_changes_no_state() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    office
        .access_point
        .holds(forged(&Receipt::delivery(conversation)));
    // A true signature, of one who is not the letter's provider.
    let of_eboks = Receipt {
        provider: crate::support::EBOKS,
        ..Receipt::delivery(conversation)
    };
    office.access_point.holds(PAPERS.eboks.receipt(&of_eboks));
    let collected = collect(&office);
    let verdicts: Vec<_> = collected.receipts.iter().map(|one| &*one.verdict).collect();
    assert_eq!(verdicts, ["SIGNATURE_WRONG", "WRONG_PROVIDER"]);
    assert!(
        collected
            .receipts
            .iter()
            .all(|one| one.acknowledged && one.kind.is_none())
    );
    let letter = office.ledger.folded(id);
    assert_eq!(letter.state(), State::AtAccessPoint);
    assert!(letter.notes().contains(&Note::SuspectReceipt));
    assert_eq!(office.access_point.inbox.lock().unwrap().len(), 0);
}

#[test]
fn a_forged_receipt_can_not_stand_in_for_the_genuine_one_of_its_id() {
    for forged_first in [true, false] {
        let office = Office::new();
        let (id, conversation) = sent(&office);
        let receipt = Receipt::delivery(conversation);
        let mut both = [forged(&receipt), PAPERS.digipost.receipt(&receipt)];
        if !forged_first {
            both.reverse();
        }
        for one in both {
            office.access_point.holds(one);
        }
        assert_eq!(collect(&office).receipts.len(), 2);
        assert_eq!(office.log.count("mark_read"), 1);
        assert_eq!(office.state(id), State::Delivered);
        assert_eq!(kept(&office, Some(id)).len(), 2);
    }
}

#[test]
fn an_untrusted_issuer_waits_and_is_judged_again_when_trust_grows() {
    let mut office = Office::new();
    let (id, conversation) = sent(&office);
    office.access_point.holds(
        PAPERS
            .digipost_later
            .receipt(&Receipt::delivery(conversation)),
    );
    assert_eq!(collect(&office).receipts[0].verdict, "UNTRUSTED_ISSUER");
    let letter = office.ledger.folded(id);
    assert_eq!(letter.state(), State::AtAccessPoint);
    assert!(letter.notes().contains(&Note::ReceiptWaitingForTrust));

    let events = office.ledger.names(id).len();
    assert_eq!(
        reverify(&office.desk(), id).unwrap().state(),
        State::AtAccessPoint
    );
    assert_eq!(office.ledger.names(id).len(), events);

    // Judged as of the day it came: the certificate has run out since.
    office
        .trust
        .add_certificates([PAPERS.later_intermediate.certificate()]);
    office.clock.pass(10 * 366 * 24 * 3600);
    let letter = reverify(&office.desk(), id).unwrap();
    assert_eq!(letter.state(), State::Delivered);
    assert!(!letter.notes().contains(&Note::ReceiptWaitingForTrust));
    let kept = kept(&office, Some(id));
    assert_eq!((kept.len(), &*kept[0].receipt.verdict), (1, VERIFIED));
}

#[test]
fn a_receipt_whose_text_retention_took_is_not_judged_again() {
    let mut office = Office::new();
    let (id, conversation) = sent(&office);
    office.access_point.holds(
        PAPERS
            .digipost_later
            .receipt(&Receipt::delivery(conversation)),
    );
    collect(&office);
    office.ledger.empty_receipts();
    office
        .trust
        .add_certificates([PAPERS.later_intermediate.certificate()]);
    let before = office.ledger.names(id).len();
    assert!(reverify_waiting(&office.desk()).unwrap().is_empty());
    assert_eq!(office.ledger.names(id).len(), before);
    assert_eq!(kept(&office, Some(id)).len(), 1);
    assert!(kept(&office, None).is_empty(), "no stray was made of it");
}

#[test]
fn a_receipt_of_a_finished_letter_is_judged_again_when_trust_grows() {
    let mut office = Office::new();
    let (id, conversation) = sent(&office);
    let opening = Receipt {
        kind: "aapningskvittering",
        ..Receipt::delivery(conversation)
    };
    let error = Receipt {
        kind: "feil",
        more: r#","feiltype":"SERVER""#.to_owned(),
        ..Receipt::delivery(conversation)
    };
    office
        .access_point
        .holds(PAPERS.digipost.receipt(&opening))
        .holds(PAPERS.digipost_later.receipt(&error));
    collect(&office);
    let letter = office.ledger.folded(id);
    assert!(letter.is_finished() && letter.state() == State::Opened);
    assert!(letter.notes().contains(&Note::ReceiptWaitingForTrust));
    assert!(reverify_waiting(&office.desk()).unwrap().is_empty());

    office
        .trust
        .add_certificates([PAPERS.later_intermediate.certificate()]);
    assert_eq!(reverify_waiting(&office.desk()).unwrap(), [id]);
    assert_eq!(office.state(id), State::Failed);
    assert!(reverify_waiting(&office.desk()).unwrap().is_empty());
}

#[test]
fn receipts_are_asked_for_with_and_without_unit_under_every_tag_the_ledger_ever_had() {
    let mut office = Office::new();
    office.agency.sender.unit = Some("byggesak".to_owned());
    *office.ledger.former_tags.lock().unwrap() = vec!["utpost-former".to_owned()];
    collect(&office);
    let asked = office.access_point.asked_for.lock().unwrap().clone();
    let tag = office.ledger.channel_tag();
    let unit = Some("byggesak".to_owned());
    assert_eq!(
        asked,
        [
            (tag.to_owned(), None),
            (tag.to_owned(), unit.clone()),
            ("utpost-former".to_owned(), None),
            ("utpost-former".to_owned(), unit)
        ]
    );
}

#[test]
fn receipts_repeated_give_one_event() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    let receipt = Receipt::delivery(conversation);
    let raw = PAPERS.digipost.receipt(&receipt);
    // The same text, and the same receipt written anew.
    office
        .access_point
        .holds(&raw)
        .holds(&raw)
        .holds(format!("{raw}\n"));
    collect(&office);
    office.access_point.holds(&raw);
    assert!(collect(&office).receipts.is_empty());
    let names = office.ledger.names(id);
    assert_eq!(
        names
            .iter()
            .filter(|name| **name == "receipt_verified")
            .count(),
        1
    );
    assert_eq!(office.access_point.inbox.lock().unwrap().len(), 0);
}

#[test]
fn a_verified_receipt_that_comes_again_late_stays_verified() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    let raw = delivery(conversation);
    office.access_point.holds(&raw);
    collect(&office);
    office.clock.pass(10 * 366 * 24 * 3600);
    office.access_point.holds(&raw);
    collect(&office);
    assert_eq!(kept(&office, Some(id))[0].receipt.verdict, VERIFIED);
    assert!(office.ledger.folded(id).notes().is_empty());
}

#[test]
fn an_error_receipts_words_are_kept_as_personal() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    let receipt = Receipt {
        kind: "feil",
        more: format!(r#","feiltype":"KLIENT","detaljer":"{SECRET}""#),
        ..Receipt::delivery(conversation)
    };
    office.access_point.holds(PAPERS.digipost.receipt(&receipt));
    collect(&office);
    assert_eq!(office.state(id), State::Failed);
    let history = office.ledger.history(id).unwrap();
    let detail = history.last().unwrap().personal.value("detail").unwrap();
    assert_eq!(detail.expose("test"), SECRET);
}

#[test]
fn page_0_is_read_again_after_marking() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    for _ in 0..150 {
        let failed = Receipt {
            kind: "varslingfeiletkvittering",
            more: r#","varslingskanal":"sms""#.to_owned(),
            ..Receipt::delivery(conversation)
        };
        office.access_point.holds(PAPERS.digipost.receipt(&failed));
    }
    assert_eq!(collect(&office).receipts.len(), 150);
    assert_eq!(pages(&office), [0, 0]);
    assert_eq!(kept(&office, Some(id)).len(), 150);
}

#[test]
fn a_poisoned_page_does_not_hide_what_comes_after_it() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    {
        let mut inbox = office.access_point.inbox.lock().unwrap();
        inbox.extend((0..60).map(|_| None));
        inbox.extend((0..40).map(|number| Some(format!("no receipt {number}"))));
    }
    office.access_point.holds(delivery(conversation));
    let collected = collect(&office);
    assert_eq!(office.state(id), State::Delivered);
    assert_eq!(pages(&office), [0, 1]);
    assert_eq!(collected.empty, 60);
    let bad = collected
        .receipts
        .iter()
        .filter(|one| one.verdict == "BAD_FORM")
        .count();
    assert_eq!((bad, kept(&office, None).len()), (40, 40));
    assert!(
        collected
            .receipts
            .iter()
            .all(|one| one.acknowledged == one.letter.is_some())
    );
}

#[test]
fn null_items_are_passed_over() {
    let office = Office::new();
    let (id, conversation) = sent(&office);
    office.access_point.inbox.lock().unwrap().push(None);
    office.access_point.holds(delivery(conversation));
    assert_eq!(collect(&office).empty, 1);
    assert_eq!(office.state(id), State::Delivered);
}

#[test]
fn an_endless_inbox_is_left_after_a_thousand_pages() {
    let office = Office::new();
    *office.access_point.inbox.lock().unwrap() = vec![None; 100 * 1200];
    collect(&office);
    assert_eq!(pages(&office).len(), 1000);
}

#[test]
fn what_is_listed_though_marked_is_no_progress() {
    let office = Office::new();
    let (_, conversation) = sent(&office);
    *office.access_point.forgets_marks.lock().unwrap() = true;
    let raw = delivery(conversation);
    *office.access_point.inbox.lock().unwrap() = vec![Some(raw); 100];
    collect(&office);
    assert_eq!(pages(&office), [0, 0, 1]);
    assert_eq!(office.log.count("mark_read"), 1);
}

#[test]
fn a_receipt_that_will_not_be_marked_does_not_keep_back_the_others() {
    for fault in [refused(400), busy(500)] {
        let office = Office::new();
        let (_, conversation) = sent(&office);
        office
            .access_point
            .holds(delivery(conversation))
            .holds(delivery(conversation));
        office
            .access_point
            .marks
            .lock()
            .unwrap()
            .push_back(Err(fault));
        let collected = collect(&office);
        assert_eq!(collected.not_marked, 1);
        let acknowledged: Vec<_> = collected
            .receipts
            .iter()
            .map(|one| one.acknowledged)
            .collect();
        assert_eq!(acknowledged, [false, true]);
        // It comes again and is marked then.
        collect(&office);
        assert_eq!(office.access_point.inbox.lock().unwrap().len(), 0);
    }
    for fault in [busy(503), forbidden(), unreachable()] {
        let office = Office::new();
        let (id, conversation) = sent(&office);
        office
            .access_point
            .holds(delivery(conversation))
            .holds(delivery(conversation));
        office
            .access_point
            .marks
            .lock()
            .unwrap()
            .push_back(Err(fault));
        collect_receipts(&office.desk()).unwrap_err();
        assert_eq!(office.log.count("mark_read"), 1);
        assert_eq!(kept(&office, Some(id)).len(), 2);
    }
}

#[test]
fn the_sub_unit_is_asked_for_beside_the_agency() {
    let mut office = Office::new();
    office.agency.sender.unit = Some("seksjon".to_owned());
    let (id, conversation) = sent(&office);
    *office.access_point.forgets_marks.lock().unwrap() = true;
    office.access_point.holds(delivery(conversation));
    assert_eq!(collect(&office).receipts.len(), 1);
    assert_eq!(pages(&office), [0, 0]);
    assert_eq!(
        (office.log.count("mark_read"), office.state(id)),
        (1, State::Delivered)
    );
}

#[test]
fn a_receipt_for_a_letter_called_back_after_sealing_stops_nothing() {
    let office = Office::new();
    let id = office.queued();
    let conversation = office.ledger.conversation(id);
    office.desk().undo(id).unwrap();
    let receipt = Receipt {
        id: ReceiptId::generate(),
        ..Receipt::delivery(conversation)
    };
    office.access_point.holds(PAPERS.digipost.receipt(&receipt));
    assert_eq!(collect(&office).receipts[0].verdict, "UNKNOWN_CONVERSATION");
    assert_eq!(office.state(id), State::Ready);
}
