//! Bringing receipts home: kept as received, then verified, and only then marked read.

use utpost_domain::{
    CauseCode, Digest, Event, Happening, Letter, LetterId, PersonalFields, ReceiptId, ReceiptKind,
    Sealed, VerifiedReceiptFacts,
};
use utpost_wire::{Expectation, ReceiptFault, UnverifiedReceipt, parse_receipt};

use crate::{Desk, Entry, Fault, InboxItem, InboxQuery, IncomingReceipt, ReceiptKept};

/// Receipts asked for at a time.
const PAGE: u32 = 100;
/// Pages read in one go at most, so that an inbox that never empties can't hold the program.
const MOST_PAGES: u32 = 1000;

/// What a collection brought.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// New receipts, in the order received.
    pub receipts: Vec<CollectedReceipt>,
    /// Items without a readable message.
    pub empty: u32,
}

/// One new receipt.
#[derive(Debug, Clone)]
pub struct CollectedReceipt {
    /// Its letter, when this ledger has it.
    pub letter: Option<LetterId>,
    /// Its id, when it can be read.
    pub receipt: Option<ReceiptId>,
    /// What it says, when it could be verified.
    pub kind: Option<ReceiptKind>,
    /// `VERIFIED`, or the name of what is wrong with it.
    pub verdict: String,
    /// Whether the access point was told that it is kept here. Receipts of conversations that
    /// this ledger does not know stay unread: they may be another ledger's.
    pub acknowledged: bool,
}

/// Fetches all unread receipts. Page 0 is read, handled and marked, and read again, since marking
/// changes the pages; only when nothing of a full page could be marked is the next page read.
///
/// # Errors
/// [`Fault::Service`] or [`Fault::Ledger`]; what was handled before stays handled.
pub fn collect_receipts(desk: &Desk<'_>) -> Result<Collected, Fault> {
    let mut collected = Collected::default();
    let unit = desk.agency.sender.unit.as_deref();
    for unit in std::iter::once(None).chain(unit.map(Some)) {
        collect(desk, unit, &mut collected)?;
    }
    Ok(collected)
}

fn collect(desk: &Desk<'_>, unit: Option<&str>, collected: &mut Collected) -> Result<(), Fault> {
    let mut page = 0;
    for _ in 0..MOST_PAGES {
        let query = InboxQuery {
            channel_tag: desk.ledger.channel_tag(),
            unit,
            page,
            page_size: PAGE,
        };
        let items = desk.access_point.unread(&query)?;
        let full = items.len() >= PAGE as usize;
        let mut marked = false;
        for item in items {
            match item {
                InboxItem::Receipt(raw) => marked |= handle(desk, raw, collected)?,
                InboxItem::Empty => collected.empty += 1,
            }
        }
        if !full {
            return Ok(());
        }
        page = if marked { 0 } else { page + 1 };
    }
    Ok(())
}

/// Keeps one receipt and judges it. Gives whether it was marked read.
fn handle(desk: &Desk<'_>, raw: String, collected: &mut Collected) -> Result<bool, Fault> {
    let judged = judge(desk, &raw)?;
    let incoming = IncomingReceipt {
        receipt: judged.receipt,
        conversation: judged.conversation,
        letter: judged.letter,
        raw,
        received_at: desk.clock.now(),
        verdict: judged.verdict.to_owned(),
        signer: judged.signer,
    };
    let entry = judged.what.map(|what| Entry {
        event: Event { at: desk.clock.now(), actor: desk.actor.clone(), what },
        personal: judged.personal,
    });
    let kept = desk.ledger.keep_receipt(&incoming, entry.as_ref())?;
    let acknowledged = match (judged.receipt, judged.letter) {
        (Some(receipt), Some(_)) => {
            desk.access_point.mark_read(receipt)?;
            desk.ledger.acknowledge(receipt, desk.clock.now())?;
            true
        }
        _ => false,
    };
    if kept == ReceiptKept::New {
        collected.receipts.push(CollectedReceipt {
            letter: judged.letter,
            receipt: judged.receipt,
            kind: judged.kind,
            verdict: incoming.verdict,
            acknowledged,
        });
    }
    Ok(acknowledged)
}

/// What is made of a receipt before it is kept.
struct Judged {
    receipt: Option<ReceiptId>,
    conversation: Option<utpost_domain::ConversationId>,
    letter: Option<LetterId>,
    signer: Option<utpost_domain::OrgNumber>,
    kind: Option<ReceiptKind>,
    verdict: &'static str,
    what: Option<Happening>,
    personal: PersonalFields,
}

impl Judged {
    fn unread(verdict: &'static str) -> Self {
        Self {
            receipt: None,
            conversation: None,
            letter: None,
            signer: None,
            kind: None,
            verdict,
            what: None,
            personal: PersonalFields::new(),
        }
    }
}

fn judge(desk: &Desk<'_>, raw: &str) -> Result<Judged, Fault> {
    let receipt = match parse_receipt(raw) {
        Ok(receipt) => receipt,
        Err(fault) => return Ok(Judged::unread(fault.code())),
    };
    let mut judged = Judged {
        receipt: Some(receipt.receipt_id()),
        conversation: receipt.conversation_id(),
        signer: receipt.claimed_signer(),
        ..Judged::unread("UNKNOWN_CONVERSATION")
    };
    let known = match judged.conversation {
        Some(conversation) => desk.ledger.letter_of(conversation)?,
        None => None,
    };
    let Some(id) = known else { return Ok(judged) };
    judged.letter = Some(id);
    let letter = desk.ledger.letter(id)?;
    let sealed = letter.sealed().ok_or(Fault::Record)?;
    verify(desk, &letter, sealed, &receipt, raw, &mut judged);
    Ok(judged)
}

fn verify(
    desk: &Desk<'_>,
    letter: &Letter,
    sealed: &Sealed,
    receipt: &UnverifiedReceipt,
    raw: &str,
    judged: &mut Judged,
) {
    let expected = Expectation {
        ours: desk.agency.organisation(),
        provider: sealed.receiver,
        at: desk.clock.now(),
    };
    let digest = Digest::of(raw.as_bytes());
    match receipt.verify(desk.trust, &expected) {
        Ok(verified) => {
            judged.verdict = "VERIFIED";
            judged.kind = Some(verified.kind());
            if letter.has_verified(verified.receipt_id()) {
                return;
            }
            if let Some(detail) = verified.detail() {
                judged.personal.insert("detail", detail.clone());
            }
            judged.what = Some(Happening::ReceiptVerified(VerifiedReceiptFacts {
                kind: verified.kind(),
                receipt_id: verified.receipt_id(),
                occurred_at: verified.occurred_at(),
                signer: verified.signer(),
                signer_certificate: verified.certificate().fingerprint(),
                receipt: digest,
            }));
        }
        Err(fault) => {
            judged.verdict = fault.code();
            let leaf = receipt.certificates().and_then(|chain| chain.into_iter().next());
            judged.what = Some(match (&fault, leaf) {
                (ReceiptFault::UntrustedIssuer, Some(leaf)) => Happening::ReceiptWaitingForTrust {
                    receipt_id: receipt.receipt_id(),
                    receipt: digest,
                    signer_certificate: leaf.fingerprint(),
                },
                _ => Happening::ReceiptSuspect {
                    receipt_id: Some(receipt.receipt_id()),
                    receipt: digest,
                    code: CauseCode::new(fault.code()),
                },
            });
        }
    }
}
