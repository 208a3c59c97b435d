//! Bringing receipts home: kept as received, then verified, and only then marked read.

use std::collections::HashSet;

use jiff::Timestamp;
use utpost_domain::{
    CauseCode, ConversationId, Digest, Happening, Letter, LetterId, Note, OrgNumber,
    PersonalFields, ReceiptId, ReceiptKind, VerifiedReceiptFacts,
};
use utpost_wire::{Expectation, ReceiptFault, UnverifiedReceipt, parse_receipt};

use crate::evidence::DETAIL;
use crate::{
    CallFault, Desk, Entry, Fault, Filter, InboxItem, InboxQuery, IncomingReceipt, Query,
    ReceiptKept,
};

/// Receipts asked for at a time.
const PAGE: u32 = 100;
/// Pages read in one go at most, so that an inbox that never empties can't hold the program.
const MOST_PAGES: u32 = 1000;

/// What a collection brought.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// New receipts, in the order received.
    pub receipts: Vec<CollectedReceipt>,
    /// Items without a readable message, counted each time they were listed.
    pub empty: u32,
    /// Times that the access point would not let a receipt kept here be marked read. It comes
    /// again.
    pub not_marked: u32,
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
    /// [`IncomingReceipt::VERIFIED`], or the name of what is wrong with it.
    pub verdict: String,
    /// Whether the access point was told that it is kept here. Receipts of conversations that
    /// this ledger does not know stay unread: they may be another ledger's.
    pub acknowledged: bool,
}

/// Fetches all unread receipts, of the whole agency and then of its sub-unit, under the ledger's
/// channel tag and under those it had before it was restored. Page 0 is read, kept
/// and marked, and read again, since marking changes the pages; only when nothing of a full page
/// could be marked is the next page read. A receipt that can't be read, believed or marked does not
/// keep back the others.
///
/// # Errors
/// [`Fault::Call`] or [`Fault::Ledger`]; what was kept before stays kept.
pub fn collect_receipts(desk: &Desk<'_>) -> Result<Collected, Fault> {
    let mut round = Round {
        desk,
        collected: Collected::default(),
        marked: HashSet::new(),
    };
    let unit = desk.agency.sender.unit.as_deref();
    let former = desk.ledger.former_tags()?;
    let tags = std::iter::once(desk.ledger.channel_tag());
    for tag in tags.chain(former.iter().map(String::as_str)) {
        for unit in std::iter::once(None).chain(unit.map(Some)) {
            round.collect(tag, unit)?;
        }
    }
    Ok(round.collected)
}

/// [`reverify`] for every letter that has a receipt whose issuer was not trusted, however long ago
/// the letter was finished. Gives those letters that have no such receipt any more.
///
/// # Errors
/// [`Fault::Ledger`].
pub fn reverify_waiting(desk: &Desk<'_>) -> Result<Vec<LetterId>, Fault> {
    let waits = |letter: &Letter| letter.notes().contains(&Note::ReceiptWaitingForTrust);
    let everyone = Query::new("", Filter::FollowUp, u32::MAX);
    let mut judged = Vec::new();
    for row in desk.ledger.find(&everyone)?.rows {
        let waiting = row.notes.contains(&Note::ReceiptWaitingForTrust);
        if waiting && !waits(&reverify(desk, row.letter)?) {
            judged.push(row.letter);
        }
    }
    Ok(judged)
}

/// Judges again those of a letter's receipts whose issuer was not trusted when they came, as of
/// the day they came. For use when the list of trusted issuers has grown.
///
/// # Errors
/// [`Fault::Ledger`].
pub fn reverify(desk: &Desk<'_>, letter: LetterId) -> Result<Letter, Fault> {
    for stored in desk.ledger.receipts(Some(letter))? {
        let receipt = stored.receipt;
        let waits = receipt.verdict == ReceiptFault::UntrustedIssuer.code();
        // After retention there is no text left to judge.
        if waits && !receipt.raw.is_empty() {
            keep(desk, receipt.raw, receipt.received_at)?;
        }
    }
    Ok(desk.ledger.letter(letter)?)
}

/// One collection.
struct Round<'a> {
    desk: &'a Desk<'a>,
    collected: Collected,
    /// Marked read in this round. One that is listed all the same is no progress.
    marked: HashSet<ReceiptId>,
}

impl Round<'_> {
    fn collect(&mut self, channel_tag: &str, unit: Option<&str>) -> Result<(), Fault> {
        let mut page = 0;
        for _ in 0..MOST_PAGES {
            let query = InboxQuery {
                channel_tag,
                unit,
                page,
                page_size: PAGE,
            };
            let items = self.desk.access_point.unread(&query)?;
            let full = items.len() >= PAGE as usize;
            // All are kept before the first is marked: marking goes by an id that two may bear.
            let mut to_mark = Vec::new();
            for item in items {
                match item {
                    InboxItem::Receipt(raw) => to_mark.extend(self.keep(raw)?),
                    InboxItem::Empty => self.collected.empty += 1,
                }
            }
            let mut progress = false;
            for kept in to_mark {
                progress |= self.mark(&kept)?;
            }
            if !full {
                return Ok(());
            }
            page = if progress { 0 } else { page + 1 };
        }
        Ok(())
    }

    /// Keeps one receipt. Gives it when it is to be marked.
    fn keep(&mut self, raw: String) -> Result<Option<ToMark>, Fault> {
        let (judged, kept) = keep(self.desk, raw, self.desk.clock.now())?;
        let mut listed = None;
        if kept == ReceiptKept::New {
            listed = Some(self.collected.receipts.len());
            self.collected.receipts.push(CollectedReceipt {
                letter: judged.letter,
                receipt: judged.receipt,
                kind: judged.kind,
                verdict: judged.verdict.to_owned(),
                acknowledged: false,
            });
        }
        let ours = judged.receipt.filter(|_| judged.letter.is_some());
        Ok(ours.map(|receipt| ToMark { receipt, listed }))
    }

    /// Tells the access point that a receipt is kept here. Gives whether that is progress.
    fn mark(&mut self, kept: &ToMark) -> Result<bool, Fault> {
        let receipt = kept.receipt;
        let progress = !self.marked.contains(&receipt);
        if progress {
            match self.desk.access_point.mark_read(receipt) {
                Ok(()) => {}
                // About the service or the agency, and so about all receipts.
                Err(
                    fault @ CallFault::Busy {
                        status: 408 | 429 | 503,
                        ..
                    },
                ) => {
                    return Err(fault.into());
                }
                // About this one.
                Err(CallFault::Refused { .. } | CallFault::Busy { .. }) => {
                    self.collected.not_marked += 1;
                    return Ok(false);
                }
                Err(fault) => return Err(fault.into()),
            }
            self.desk
                .ledger
                .acknowledge(receipt, self.desk.clock.now())?;
            self.marked.insert(receipt);
        }
        let listed = kept
            .listed
            .and_then(|at| self.collected.receipts.get_mut(at));
        if let Some(listed) = listed {
            listed.acknowledged = true;
        }
        Ok(progress)
    }
}

/// A receipt that is kept and belongs to a letter here.
struct ToMark {
    receipt: ReceiptId,
    /// Its place among the new ones.
    listed: Option<usize>,
}

/// Keeps one receipt as received, with the verdict on it and the event it gives.
fn keep(
    desk: &Desk<'_>,
    raw: String,
    received_at: Timestamp,
) -> Result<(Judged, ReceiptKept), Fault> {
    let mut judged = judge(desk, &raw, received_at)?;
    let incoming = IncomingReceipt {
        receipt: judged.receipt,
        conversation: judged.conversation,
        letter: judged.letter,
        raw,
        received_at,
        verdict: judged.verdict.to_owned(),
        signer: judged.signer,
    };
    let entry = judged.what.take().map(|what| Entry {
        personal: std::mem::take(&mut judged.personal),
        ..desk.event(what)
    });
    let kept = desk.ledger.keep_receipt(&incoming, entry.as_ref())?;
    Ok((judged, kept))
}

/// What is made of a receipt before it is kept.
struct Judged {
    receipt: Option<ReceiptId>,
    conversation: Option<ConversationId>,
    letter: Option<LetterId>,
    signer: Option<OrgNumber>,
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

    /// Verifies, and says what follows for the letter.
    fn verify(
        &mut self,
        desk: &Desk<'_>,
        letter: &Letter,
        receipt: &UnverifiedReceipt,
        expected: &Expectation,
        digest: Digest,
    ) {
        match receipt.verify(desk.trust, expected) {
            Ok(verified) => {
                self.verdict = IncomingReceipt::VERIFIED;
                self.kind = Some(verified.kind());
                // Once for each id: the provider, or the access point, repeats itself.
                if letter.has_verified(verified.receipt_id()) {
                    return;
                }
                if let Some(detail) = verified.detail() {
                    self.personal.insert(DETAIL, detail.clone());
                }
                self.what = Some(Happening::ReceiptVerified(VerifiedReceiptFacts {
                    kind: verified.kind(),
                    receipt_id: verified.receipt_id(),
                    occurred_at: verified.occurred_at(),
                    signer: verified.signer(),
                    signer_certificate: verified.certificate().fingerprint(),
                    receipt: digest,
                }));
            }
            Err(fault) => {
                self.verdict = fault.code();
                let leaf = receipt
                    .certificates()
                    .and_then(|chain| chain.into_iter().next());
                self.what = Some(match (&fault, leaf) {
                    (ReceiptFault::UntrustedIssuer, Some(leaf)) => {
                        Happening::ReceiptWaitingForTrust {
                            receipt_id: receipt.receipt_id(),
                            receipt: digest,
                            signer_certificate: leaf.fingerprint(),
                        }
                    }
                    _ => Happening::ReceiptSuspect {
                        receipt_id: Some(receipt.receipt_id()),
                        receipt: digest,
                        code: CauseCode::new(fault.code()),
                    },
                });
            }
        }
    }
}

fn judge(desk: &Desk<'_>, raw: &str, received_at: Timestamp) -> Result<Judged, Fault> {
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
    let letter = desk.ledger.letter(id)?;
    // A letter called back after sealing has other ids by now, or none.
    let Some(sealed) = letter
        .sealed()
        .filter(|sealed| Some(sealed.conversation_id) == judged.conversation)
    else {
        return Ok(judged);
    };
    judged.letter = Some(id);
    let expected = Expectation {
        ours: desk.agency.organisation(),
        provider: sealed.receiver,
        at: received_at,
    };
    judged.verify(
        desk,
        &letter,
        &receipt,
        &expected,
        Digest::of(raw.as_bytes()),
    );
    Ok(judged)
}
