//! Letters as lists and one by one.

use std::io::Read;
use std::sync::Arc;

use jiff::Timestamp;
use utpost_dispatch::{
    Code, Contents, Fault, IncomingReceipt, Ledger, LetterRow as Row, Recorded, StoredReceipt,
    TimelineEntry, contents, timeline,
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
    let stopped_by = match row.state {
        State::Stopped(reason) => Some(stop_code(id, reason)),
        _ => going.trouble.filter(|_| unsent).map(|(code, _)| code),
    };
    let next_try_at = going.next_try_at.filter(|_| unsent);
    let working = room.engine.is_working_on(id);
    // What retention has taken nothing new can be made from.
    let kept = row.title.is_some();
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
        actions: actions(row.state, row.attempts, working, kept),
    }
}

/// What the window has a place for, the most likely first. Whether it is possible is the fold's to
/// say when it comes to that; whatever is offered here is.
fn actions(state: State, attempts: u32, working: bool, kept: bool) -> Vec<ActionName> {
    use State::{
        Cancelled, Draft, Failed, Held, Opened, PostedHere, Queued, Ready, Refused, Returned,
        Stopped, Submitting, Uncertain, WaitingForRegister,
    };
    // A letter of a restored ledger goes nowhere before the clerk has said that it has not gone.
    let doubted = state == Stopped(StopReason::Restored);
    let can_be_made = matches!(state, Draft | WaitingForRegister | Stopped(_) | Ready) && !doubted;
    let untried = state == Queued && attempts == 0;
    let finished = matches!(
        state,
        Opened | Returned | Refused | Failed | PostedHere | Cancelled
    );
    let asks = state == Uncertain || (state.has_left() && !finished && attempts > 0);
    let waits = matches!(state, Queued | WaitingForRegister) && !working;
    [
        (ActionName::Undo, state == Held || untried),
        (ActionName::ConfirmUnsent, doubted),
        (ActionName::Resume, can_be_made),
        (ActionName::CheckStatus, asks && state != Submitting),
        (ActionName::TryNow, waits),
        (
            ActionName::NewLetter,
            kept && (state.has_left() || state == Cancelled),
        ),
        (ActionName::Cancel, can_be_made || doubted || untried),
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
            Some(Happening::Restored) => TimelineEvent::ConfirmedUnsent,
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
    use super::*;

    const KEPT: bool = true;
    const GONE: bool = false;

    #[test]
    fn an_uncertain_letter_is_asked_about_and_never_offered_for_sending() {
        assert_eq!(
            actions(State::Uncertain, 1, false, KEPT),
            [ActionName::CheckStatus]
        );
    }

    #[test]
    fn a_letter_can_be_called_back_until_the_first_attempt() {
        let untried = actions(State::Queued, 0, false, KEPT);
        assert_eq!(
            untried,
            [ActionName::Undo, ActionName::TryNow, ActionName::Cancel]
        );
        assert_eq!(actions(State::Queued, 1, false, KEPT), [ActionName::TryNow]);
        assert_eq!(actions(State::Held, 0, false, KEPT), [ActionName::Undo]);
        assert_eq!(actions(State::Submitting, 1, true, KEPT), []);
    }

    #[test]
    fn a_letter_of_a_restored_ledger_waits_for_the_clerks_word() {
        assert_eq!(
            actions(State::Stopped(StopReason::Restored), 0, false, KEPT),
            [ActionName::ConfirmUnsent, ActionName::Cancel]
        );
        assert_eq!(
            actions(State::Stopped(StopReason::SentBefore), 0, false, KEPT),
            [ActionName::Resume, ActionName::Cancel]
        );
    }

    #[test]
    fn a_letter_that_arrived_can_be_asked_about_and_made_anew() {
        assert_eq!(
            actions(State::Delivered, 1, false, KEPT),
            [ActionName::CheckStatus, ActionName::NewLetter]
        );
        assert_eq!(
            actions(State::Failed, 1, false, KEPT),
            [ActionName::NewLetter]
        );
    }

    #[test]
    fn no_new_letter_is_offered_from_one_whose_contents_are_gone() {
        assert_eq!(actions(State::Failed, 1, false, GONE), []);
        assert_eq!(actions(State::Cancelled, 0, false, GONE), []);
        assert_eq!(
            actions(State::Delivered, 1, false, GONE),
            [ActionName::CheckStatus]
        );
    }
}
