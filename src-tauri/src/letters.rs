//! Letters as lists and one by one.

use std::io::Read;
use std::sync::Arc;

use jiff::Timestamp;
use utpost_dispatch::{
    Code, Contents, Fault, IncomingReceipt, Ledger, LetterRow as Row, Recorded, StoredReceipt,
    TimelineEntry, contents, timeline, why_stopped,
};
use utpost_domain::{
    Action, Actor, ChannelName, ContactFacts, Decided, Happening, Letter, LetterId, MediaType,
    Note, OpeningReceipt, PostalAddress, PriceTable, State, StopReason,
};
use utpost_workplace::Failure;

use crate::bridge::{
    ActionName, ChannelView, DecisionView, DocumentView, DoubtedReceipt, LateView, LetterDetail,
    LetterRow, Party, PriceView, TimelineEvent, TimelineItem,
};
use crate::office::{Office, Room};

const SHOWN: &str = "shown to the clerk";

/// Bytes of a receipt's text that are shown. A genuine one is a few thousand; what a stranger put
/// into the inbox may be anything.
const RAW_SHOWN: usize = 20_000;

/// Who it is for, in words.
pub(crate) fn recipient_name(contents: &Contents) -> Option<String> {
    let addressed = || contents.address.as_ref().map(PostalAddress::recipient);
    let name = contents.recipient_name.clone().or_else(addressed)?;
    Some(name.expose(SHOWN).to_owned())
}

/// One letter as a row of a list.
pub(crate) fn row(room: &Room, id: LetterId) -> Result<LetterRow, Failure> {
    Ok(row_of(room, room.work.ledger.row(id)?))
}

/// The same, where the ledger has given it already.
pub(crate) fn row_of(room: &Room, row: Row) -> LetterRow {
    let id = row.letter;
    let going = room.engine.going(id);
    let unsent = row.state.is_unsent();
    let next_try_at = going.next_try_at.filter(|_| unsent);
    let working = room.engine.is_working_on(id);
    // What retention has taken nothing new can be made from.
    let kept = row.title.is_some();
    // Folded: a row does not tell all that decides what may be done. One that can't be read stands
    // in the list all the same, and nothing is offered for it.
    let letter = room.work.ledger.letter(id).ok();
    let stopped_by = match letter.as_ref().and_then(why_stopped) {
        Some(fault) => Some(fault.code()),
        None => going.trouble.filter(|_| unsent).map(|(code, _)| code),
    };
    LetterRow {
        late: late(room, &row),
        next_try_at: next_try_at.map(|at| at.to_string()),
        letter: id.to_string(),
        state: row.state.into(),
        stopped_by: stopped_by.map(|code| code.as_str().to_owned()),
        title: row.title.map(|title| title.expose(SHOWN).clone()),
        recipient_name: row.recipient_name.map(|name| name.expose(SHOWN).to_owned()),
        recipient_number: row.recipient.map(|number| number.expose(SHOWN).to_owned()),
        kind: row.kind.into(),
        carrier: row.carrier.map(Into::into),
        receiver: row.receiver.map(Party::from),
        created_at: row.created_at.to_string(),
        changed_at: row.changed_at.to_string(),
        notes: row.notes.into_iter().map(Into::into).collect(),
        follow_up: row.follow_up,
        undo_until: row.undo_until.map(|until| until.to_string()),
        attempts: row.attempts,
        actions: letter.map_or_else(Vec::new, |letter| actions(&letter, working, kept)),
    }
}

/// What of [`Letter::next_actions`] the window has a place for, the most likely first.
fn actions(letter: &Letter, working: bool, kept: bool) -> Vec<ActionName> {
    use State::{AwaitingApproval, Cancelled, Held, Queued, Stopped, WaitingForRegister};
    let state = letter.state();
    let allowed = letter.next_actions();
    let allows = |action| allowed.contains(&action);
    // A letter of a restored ledger goes nowhere before the clerk has said that it has not gone.
    let doubted = state == Stopped(StopReason::Restored);
    // In its undo window, or with a colleague, it is not taken up again.
    let in_hand = matches!(state, Held | AwaitingApproval);
    // In the outbox it surely was not received: trying is all there is to do.
    let asks = allows(Action::CheckStatus) && state != Queued;
    let waits = matches!(state, Queued | WaitingForRegister) && !working;
    let has_been = state.has_left() || state == Cancelled;
    [
        (ActionName::Undo, allows(Action::Undo)),
        (
            ActionName::ConfirmUnsent,
            doubted && allows(Action::Confirm),
        ),
        (ActionName::Resume, allows(Action::LookUp) && !in_hand),
        (ActionName::CheckStatus, asks),
        (ActionName::TryNow, waits),
        (ActionName::NewLetter, kept && has_been),
        (ActionName::Cancel, allows(Action::Cancel) && !in_hand),
    ]
    .into_iter()
    .filter_map(|(action, allowed)| allowed.then_some(action))
    .collect()
}

/// The first step that is overdue.
fn late(room: &Room, row: &Row) -> Option<LateView> {
    let step = row.notes.iter().find_map(|note| match note {
        Note::Late(step) => Some(*step),
        _ => None,
    })?;
    // The note stands in the list in any case; what can't be read now only leaves out the rest.
    let history = room.work.ledger.history(row.letter).ok()?;
    Some(LateView {
        step: step.into(),
        since: waiting_since(&history)?.to_string(),
        message: row.message.map(|message| message.to_string()),
    })
}

/// When the letter was handed over, or, where nobody knows whether it was, last tried.
fn waiting_since(history: &[Recorded]) -> Option<Timestamp> {
    let at = |recorded: &Recorded| recorded.event.at;
    let taken = history.iter().find(|recorded| {
        matches!(
            recorded.event.what,
            Happening::Accepted { .. }
                | Happening::StatusSeen { .. }
                | Happening::ReceiptVerified(_)
        )
    });
    let mut tried = history.iter().rev();
    let tried =
        tried.find(|recorded| matches!(recorded.event.what, Happening::AttemptStarted { .. }));
    taken.or(tried).map(at)
}

/// A receipt that could not be believed, or that belongs to no letter here.
pub(crate) fn doubted(stored: StoredReceipt) -> DoubtedReceipt {
    let StoredReceipt {
        receipt,
        acknowledged_at,
    } = stored;
    let shown = receipt.raw.floor_char_boundary(RAW_SHOWN);
    DoubtedReceipt {
        received_at: receipt.received_at.to_string(),
        verdict: receipt.verdict,
        signer: receipt.signer.map(Party::from),
        conversation: receipt.conversation.map(|id| id.to_string()),
        acknowledged: acknowledged_at.is_some(),
        bytes: receipt.raw.len() as u64,
        raw: receipt.raw[..shown].to_owned(),
    }
}

fn stop_code(letter: LetterId, reason: StopReason) -> Code {
    Fault::Stopped { letter, reason }.code()
}

/// Where a letter goes, and what the clerk has to say to it.
pub(crate) fn decision_view(
    letter: &Letter,
    contents: Option<&Contents>,
    decided: &Decided,
) -> DecisionView {
    let supplier = decided.facts.supplier.map(Party::from);
    let channel = match (decided.channel, supplier) {
        (ChannelName::Digital, Some(supplier)) => ChannelView::Digital { supplier },
        (ChannelName::Print, _) => ChannelView::Print,
        (ChannelName::Wait, _) => ChannelView::Wait,
        (ChannelName::Stop | ChannelName::Digital, _) => ChannelView::Stop,
    };
    DecisionView {
        channel,
        reason: decided.reason.code().to_owned(),
        needs_yes: letter.next_actions().contains(&Action::Confirm),
        facts: (&decided.facts).into(),
        price: contents.and_then(|contents| price(contents, decided)),
    }
}

/// What a letter may cost.
fn price(contents: &Contents, decided: &Decided) -> Option<PriceView> {
    let bytes = contents
        .documents
        .iter()
        .map(|document| document.facts.bytes);
    let price = PriceTable::default().price(bytes.sum(), decided.channel)?;
    Some(PriceView {
        ore: u32::try_from(price.ore).ok()?,
        sms_extra: contents.drafted.kind.wants_notice()
            && decided.facts.mobile == ContactFacts::Fresh,
        opening_extra: contents.drafted.opening_receipt == OpeningReceipt::Wanted,
    })
}

/// The last decision written down.
pub(crate) fn latest_decision(room: &Room, id: LetterId) -> Result<Option<Decided>, Failure> {
    let history = room.work.ledger.history(id)?;
    let mut events = history
        .into_iter()
        .rev()
        .map(|recorded| recorded.event.what);
    Ok(events.find_map(|what| match what {
        Happening::Decided(decided) => Some(decided),
        _ => None,
    }))
}

/// A kept document, whole.
pub(crate) fn document(room: &Room, id: LetterId, number: u32) -> Result<Arc<[u8]>, Failure> {
    let source = room.work.ledger.document(id, number)?;
    let damaged = |_| Failure::from(utpost_dispatch::LedgerFault::Damaged);
    let mut bytes = Vec::with_capacity(usize::try_from(source.len()).unwrap_or_default());
    source
        .open()
        .and_then(|mut read| read.read_to_end(&mut bytes))
        .map_err(damaged)?;
    Ok(bytes.into())
}

/// One line of a timeline, by what came `before` it; `None` for what tells a clerk nothing.
fn item(id: LetterId, before: Option<&Happening>, entry: TimelineEntry) -> Option<TimelineItem> {
    let event = match entry.event.what {
        Happening::Drafted(_) if before.is_none() => TimelineEvent::Drafted,
        // Drafted anew with another title or address; the decision that follows tells the rest.
        Happening::Drafted(_) | Happening::TokenFetched { .. } => return None,
        Happening::RegisterSilent => TimelineEvent::RegisterSilent,
        Happening::Decided(decided) => TimelineEvent::Decided {
            reason: decided.reason.code().to_owned(),
        },
        Happening::Stopped { reason } => TimelineEvent::Stopped {
            code: stop_code(id, reason).as_str().to_owned(),
        },
        Happening::SentBefore { earlier, sent_at } => TimelineEvent::SentBefore {
            earlier: earlier.to_string(),
            sent_at: sent_at.to_string(),
        },
        Happening::RepeatAllowed { .. } => TimelineEvent::RepeatAllowed,
        Happening::Restored => TimelineEvent::Restored,
        Happening::Confirmed => match before {
            Some(
                Happening::Restored
                | Happening::Stopped {
                    reason: StopReason::Restored,
                },
            ) => TimelineEvent::ConfirmedUnsent,
            _ => TimelineEvent::Confirmed,
        },
        Happening::SendPressed { .. } => match before {
            Some(Happening::SendPressed { .. }) => TimelineEvent::UndoEnded,
            _ => TimelineEvent::SendPressed,
        },
        Happening::Undone => TimelineEvent::Undone,
        Happening::Sealed(sealed) => TimelineEvent::Sealed {
            receiver: Party::from(sealed.receiver),
            carrier: sealed.carrier.into(),
        },
        Happening::AttemptStarted { attempt, .. } => TimelineEvent::AttemptStarted { attempt },
        Happening::NotReceived { .. } => TimelineEvent::NotReceived,
        Happening::AnswerLost { .. } => TimelineEvent::AnswerLost,
        Happening::Accepted { .. } => TimelineEvent::Accepted,
        Happening::RefusedAtAccessPoint { http_status, .. } => {
            TimelineEvent::Refused { http_status }
        }
        Happening::StatusSeen { status, .. } => TimelineEvent::Status {
            status: status.into(),
        },
        Happening::ReceiptVerified(receipt) => TimelineEvent::Receipt {
            receipt: receipt.kind.into(),
            signer: Party::from(receipt.signer),
            said_at: Some(receipt.occurred_at.to_string()),
        },
        Happening::ReceiptSuspect { code, .. } => TimelineEvent::SuspectReceipt {
            code: code.as_str().to_owned(),
        },
        Happening::ReceiptWaitingForTrust { .. } => TimelineEvent::ReceiptWaitingForTrust,
        Happening::Overdue { step } => TimelineEvent::Overdue { step: step.into() },
        Happening::Cancelled => TimelineEvent::Cancelled,
        Happening::Reopened => TimelineEvent::Reopened,
        other @ (Happening::ApprovalAsked
        | Happening::Approved { .. }
        | Happening::SentBack
        | Happening::PrintedHere
        | Happening::PostedHere) => TimelineEvent::Other {
            name: other.name().to_owned(),
        },
    };
    Some(TimelineItem {
        at: entry.event.at.to_string(),
        event,
        clerk: match entry.event.actor {
            Actor::Clerk(name) | Actor::Administrator(name) => Some(name),
            Actor::Program => None,
        },
        detail: entry.detail.map(|detail| detail.expose(SHOWN).to_owned()),
        hash: entry.hash,
    })
}

impl Office {
    /// One letter with everything that happened to it.
    ///
    /// # Errors
    /// [`Code::LetterUnknown`].
    pub(crate) fn letter(&self, id: LetterId) -> Result<LetterDetail, Failure> {
        let room = self.room()?;
        let ledger = &room.work.ledger;
        let stands = ledger.letter(id)?;
        let contents = contents(ledger, id).ok();
        let decided = latest_decision(&room, id)?;
        let drafted =
            ledger
                .history(id)?
                .into_iter()
                .rev()
                .find_map(|recorded| match recorded.event.what {
                    Happening::Drafted(drafted) => Some(drafted),
                    _ => None,
                });
        let drafted = drafted.ok_or(Fault::Record)?;
        let mut documents = Vec::new();
        let listed = contents
            .as_ref()
            .map(|contents| contents.documents.as_slice());
        for (number, listed) in (0u32..).zip(listed.unwrap_or_default()) {
            let is_pdf = listed.facts.media_type == MediaType::Pdf;
            let pages = || {
                self.drawings
                    .pages(listed.facts.digest, || document(&room, id, number))
            };
            documents.push(DocumentView {
                number,
                file_name: listed.file_name.as_str().to_owned(),
                title: listed.title.expose(SHOWN).to_owned(),
                kind: listed.facts.media_type.extension().to_owned(),
                bytes: listed.facts.bytes,
                pages: if is_pdf { pages() } else { Vec::new() },
                remarks: Vec::new(),
            });
        }
        let entries = timeline(ledger, id)?;
        let happened: Vec<_> = entries
            .iter()
            .map(|entry| entry.event.what.clone())
            .collect();
        let before = std::iter::once(None).chain(happened.iter().map(Some));
        Ok(LetterDetail {
            row: row(&room, id)?,
            address: contents
                .as_ref()
                .and_then(|contents| contents.address.as_ref())
                .map(Into::into),
            public_title: contents
                .as_ref()
                .map(|contents| contents.public_title.expose(SHOWN).to_owned()),
            security: drafted.security.into(),
            opening_asked: drafted.opening_receipt == OpeningReceipt::Wanted,
            visible_from: drafted.visible_from.and_then(crate::convert::day),
            documents,
            decision: decided.map(|decided| decision_view(&stands, contents.as_ref(), &decided)),
            timeline: entries
                .into_iter()
                .zip(before)
                .filter_map(|(entry, before)| item(id, before, entry))
                .collect(),
            doubted: ledger
                .receipts(Some(id))?
                .into_iter()
                .filter(|stored| stored.receipt.verdict != IncomingReceipt::VERIFIED)
                .map(doubted)
                .collect(),
            replaces: stands.replaces().map(|letter| letter.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Span;
    use serde_json::{Value, json};
    use utpost_domain::{Event, LetterId};

    use super::*;

    const KEPT: bool = true;
    const GONE: bool = false;
    const MESSAGE: &str = "1d1c6b1e-0000-4000-8000-000000000001";

    /// A letter to which this happened, each a second after the other.
    fn letter(happened: &[Value]) -> Letter {
        let start: Timestamp = "2026-09-01T12:00:00Z".parse().unwrap();
        let event = |(second, what): (i64, &Value)| -> Event {
            let at = start + Span::new().seconds(second);
            serde_json::from_value(json!({ "at": at, "actor": "program", "what": what })).unwrap()
        };
        let events: Vec<_> = (0..).zip(happened).map(event).collect();
        Letter::from_events(LetterId::generate(), &events).unwrap()
    }

    fn digest(letter: &str) -> String {
        letter.repeat(64)
    }

    /// What makes a letter ready to be sent digitally.
    fn ready() -> Vec<Value> {
        let facts = json!({
            "looked_up_at": "2026-09-01T12:00:00Z", "status": { "known": "active" },
            "reservation": { "known": "no" }, "notification": { "known": "can_be_notified" },
            "supplier": "984661185", "email": "fresh", "mobile": "fresh",
        });
        let document = json!({
            "digest": digest("a"), "bytes": 1024, "media_type": "application/pdf",
        });
        vec![
            json!({ "drafted": {
                "environment": "practice", "kind": "decision", "documents": [document],
                "security": 4, "language": "nb", "opening_receipt": "not_wanted",
            } }),
            json!({ "decided": {
                "channel": "digital", "reason": "MAILBOX_USABLE", "facts": facts,
                "confirm": "not_needed",
            } }),
        ]
    }

    fn held() -> Vec<Value> {
        let pressed = json!({ "send_pressed": { "until": "2026-09-01T12:00:02Z" } });
        [ready(), vec![pressed]].concat()
    }

    fn queued() -> Vec<Value> {
        let sealed = json!({ "sealed": {
            "message_id": MESSAGE, "conversation_id": "2d1c6b1e-0000-4000-8000-000000000002",
            "parcel": digest("b"), "parcel_bytes": 1030, "signer": digest("c"),
            "recipient_certificate": digest("d"), "receiver": "984661185", "carrier": "digital",
        } });
        [held(), vec![sealed]].concat()
    }

    fn submitting() -> Vec<Value> {
        let attempt = json!({ "attempt_started": { "attempt": 1, "message_id": MESSAGE } });
        [queued(), vec![attempt]].concat()
    }

    fn offered_in_vain() -> Vec<Value> {
        let busy = json!({ "not_received": { "code": "HTTP_503" } });
        [submitting(), vec![busy]].concat()
    }

    fn stopped_for(reason: &str) -> Value {
        json!({ "stopped": { "reason": reason } })
    }

    fn not_known_there() -> Value {
        json!({ "not_received": { "code": "UNKNOWN_THERE" } })
    }

    fn seen(status: &str) -> Value {
        json!({ "status_seen": { "status": status } })
    }

    fn offered(before: Vec<Value>, then: &[Value]) -> Vec<ActionName> {
        actions(&letter(&[&before[..], then].concat()), false, KEPT)
    }

    #[test]
    fn an_uncertain_letter_is_asked_about_and_never_offered_for_sending() {
        let lost = json!({ "answer_lost": { "code": "TIMEOUT" } });
        assert_eq!(offered(submitting(), &[lost]), [ActionName::CheckStatus]);
    }

    #[test]
    fn a_letter_can_be_called_back_until_the_first_attempt() {
        assert_eq!(
            offered(queued(), &[]),
            [ActionName::Undo, ActionName::TryNow, ActionName::Cancel]
        );
        assert_eq!(offered(offered_in_vain(), &[]), [ActionName::TryNow]);
        assert_eq!(offered(held(), &[]), [ActionName::Undo]);
        assert_eq!(offered(submitting(), &[]), []);
    }

    #[test]
    fn a_letter_that_may_have_gone_before_a_restoration_is_not_called_back() {
        let confirmed = [
            json!("restored"),
            not_known_there(),
            stopped_for("restored"),
            json!("confirmed"),
        ];
        assert_eq!(offered(queued(), &confirmed), [ActionName::TryNow]);
    }

    #[test]
    fn a_letter_of_a_restored_ledger_waits_for_the_clerks_word() {
        let word = [ActionName::ConfirmUnsent, ActionName::Cancel];
        assert_eq!(offered(ready(), &[json!("restored")]), word);
        let sealed = [
            json!("restored"),
            not_known_there(),
            stopped_for("restored"),
        ];
        assert_eq!(
            offered(queued(), &sealed),
            [
                ActionName::ConfirmUnsent,
                ActionName::CheckStatus,
                ActionName::Cancel
            ]
        );
    }

    #[test]
    fn a_stopped_letter_is_taken_up_again_only_while_it_was_never_offered() {
        for reason in ["channel_changed", "address_missing"] {
            assert_eq!(
                offered(ready(), &[stopped_for(reason)]),
                [ActionName::Resume, ActionName::Cancel]
            );
        }
        for reason in ["channel_changed", "signer_changed"] {
            assert_eq!(
                offered(offered_in_vain(), &[stopped_for(reason)]),
                [ActionName::CheckStatus, ActionName::Cancel]
            );
        }
    }

    #[test]
    fn the_clerks_word_on_a_restored_letter_is_told_as_such_sealed_or_not() {
        let confirmed = |before: &Happening| {
            let entry = TimelineEntry {
                position: 9,
                event: Event {
                    at: Timestamp::UNIX_EPOCH,
                    actor: Actor::Clerk("kari".to_owned()),
                    what: Happening::Confirmed,
                },
                hash: String::new(),
                detail: None,
            };
            let item = item(LetterId::generate(), Some(before), entry).unwrap();
            item.event == TimelineEvent::ConfirmedUnsent
        };
        let stopped = |reason| Happening::Stopped { reason };
        assert!(confirmed(&Happening::Restored));
        assert!(confirmed(&stopped(StopReason::Restored)));
        assert!(!confirmed(&stopped(StopReason::ChannelChanged)));
    }

    #[test]
    fn a_letter_that_arrived_can_be_asked_about_and_made_anew() {
        assert_eq!(
            offered(submitting(), &[seen("sent")]),
            [ActionName::CheckStatus, ActionName::NewLetter]
        );
        assert_eq!(
            offered(submitting(), &[seen("failed")]),
            [ActionName::NewLetter]
        );
    }

    #[test]
    fn no_new_letter_is_offered_from_one_whose_contents_are_gone() {
        let gone =
            |then: Value| actions(&letter(&[submitting(), vec![then]].concat()), false, GONE);
        assert_eq!(gone(seen("failed")), []);
        assert_eq!(gone(seen("sent")), [ActionName::CheckStatus]);
        let cancelled = [ready(), vec![json!("cancelled")]].concat();
        assert_eq!(actions(&letter(&cancelled), false, GONE), []);
    }
}
