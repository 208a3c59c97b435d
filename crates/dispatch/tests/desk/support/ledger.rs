//! A ledger in memory that keeps the promises of the port.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;

use jiff::Timestamp;
use tempfile::TempDir;
use utpost_dispatch::{
    ChainReport, Counts, Delivered, Entry, Filter, Found, Halt, IncomingReceipt, KeptDocument,
    Ledger, LedgerFault, LetterRow, Query, ReceiptKept, Recorded, Restoration, SignedMessage,
    Source, StoredReceipt, contents,
};
use utpost_domain::{
    Actor, ConversationId, Digest, Environment, Event, Happening, Letter, LetterId, MessageId,
    PersonalFields, ReceiptId, Sensitive, State,
};

use super::Log;

pub(crate) struct TestLedger {
    log: Log,
    folder: TempDir,
    kept: Mutex<Kept>,
    pub(crate) environment: Mutex<Environment>,
    /// The next event of this name is not written, for this reason.
    pub(crate) fails: Mutex<Option<(&'static str, LedgerFault)>>,
    pub(crate) halt: Mutex<Option<Halt>>,
    pub(crate) restoration: Mutex<Option<Restoration>>,
    pub(crate) former_tags: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Kept {
    letters: BTreeMap<LetterId, OneLetter>,
    opened: usize,
    receipts: Vec<StoredReceipt>,
}

#[derive(Default)]
struct OneLetter {
    number: usize,
    documents: BTreeMap<u32, Vec<u8>>,
    history: Vec<Recorded>,
    messages: BTreeMap<u32, String>,
}

impl OneLetter {
    fn fold(&self, id: LetterId) -> Result<Letter, LedgerFault> {
        Ok(Letter::from_events(
            id,
            self.history.iter().map(|recorded| &recorded.event),
        )?)
    }

    fn append(&mut self, id: LetterId, entry: &Entry) -> Result<Letter, LedgerFault> {
        let events = self.history.iter().map(|recorded| &recorded.event);
        let letter = Letter::from_events(id, events.chain([&entry.event]))?;
        self.history.push(Recorded {
            position: self.history.len() as u64 + 1,
            event: entry.event.clone(),
            personal: entry.personal.clone(),
            hash: Digest::of(b"not chained"),
        });
        Ok(letter)
    }
}

impl TestLedger {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            folder: TempDir::new().unwrap(),
            kept: Mutex::default(),
            environment: Mutex::new(Environment::Practice),
            fails: Mutex::default(),
            halt: Mutex::default(),
            restoration: Mutex::default(),
            former_tags: Mutex::default(),
        }
    }

    pub(crate) fn folded(&self, id: LetterId) -> Letter {
        self.letter(id).unwrap()
    }

    pub(crate) fn letters_kept(&self) -> usize {
        self.kept.lock().unwrap().letters.len()
    }

    pub(crate) fn parcels(&self) -> Vec<Vec<u8>> {
        fs::read_dir(self.folder.path())
            .unwrap()
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    pub(crate) fn conversation(&self, id: LetterId) -> ConversationId {
        self.folded(id).sealed().unwrap().conversation_id
    }

    pub(crate) fn happened(&self, id: LetterId) -> Vec<Happening> {
        self.history(id)
            .unwrap()
            .into_iter()
            .map(|recorded| recorded.event.what)
            .collect()
    }

    pub(crate) fn names(&self, id: LetterId) -> Vec<&'static str> {
        self.happened(id).iter().map(Happening::name).collect()
    }

    /// As retention does it.
    pub(crate) fn empty_receipts(&self) {
        let mut kept = self.kept.lock().unwrap();
        let texts = kept.receipts.iter_mut().map(|kept| &mut kept.receipt.raw);
        texts.for_each(String::clear);
    }

    /// In the order they were begun.
    fn all(&self) -> Vec<LetterId> {
        let kept = self.kept.lock().unwrap();
        let mut all: Vec<LetterId> = kept.letters.keys().copied().collect();
        all.sort_by_key(|id| kept.letters[id].number);
        all
    }

    /// When a letter that is on its way or arrived was sealed.
    fn went_at(&self, id: LetterId) -> Option<Timestamp> {
        let state = self.folded(id).state();
        let away = matches!(state, State::Refused | State::Failed | State::Returned);
        let counts = state.is_on_its_way() || (state.has_left() && !away);
        let history = self.history(id).unwrap();
        let sealed = |recorded: &&Recorded| matches!(recorded.event.what, Happening::Sealed(_));
        let at = history.iter().rev().find(sealed)?.event.at;
        counts.then_some(at)
    }

    /// As lists show it, as far as use cases ask.
    fn listed(&self, id: LetterId) -> LetterRow {
        let letter = self.folded(id);
        let history = self.history(id).unwrap();
        LetterRow {
            letter: id,
            state: letter.state(),
            kind: letter.kind(),
            carrier: letter.carrier(),
            receiver: None,
            title: None,
            recipient_name: None,
            recipient: None,
            created_at: history[0].event.at,
            changed_at: history.last().unwrap().event.at,
            message: None,
            notes: letter.notes().clone(),
            follow_up: letter.needs_follow_up(),
            undo_until: letter.undo_until(),
            attempts: letter.attempts(),
        }
    }

    /// Somebody else at the same ledger does this.
    pub(crate) fn meanwhile(&self, id: LetterId, at: Timestamp, what: Happening) {
        let event = Event {
            at,
            actor: Actor::Program,
            what,
        };
        self.record(
            id,
            &Entry {
                event,
                personal: PersonalFields::new(),
            },
        )
        .unwrap();
    }
}

impl Ledger for TestLedger {
    fn environment(&self) -> Environment {
        *self.environment.lock().unwrap()
    }

    fn channel_tag(&self) -> &str {
        "utpost-abcdefghijklmnop"
    }

    fn open_letter(&self, letter: LetterId) -> Result<(), LedgerFault> {
        let mut kept = self.kept.lock().unwrap();
        kept.opened += 1;
        let number = kept.opened;
        let opened = OneLetter {
            number,
            ..OneLetter::default()
        };
        kept.letters.insert(letter, opened);
        Ok(())
    }

    fn drop_letter(&self, letter: LetterId) -> Result<(), LedgerFault> {
        self.kept
            .lock()
            .unwrap()
            .letters
            .remove(&letter)
            .map(drop)
            .ok_or(LedgerFault::NotFound)
    }

    fn keep_document(
        &self,
        letter: LetterId,
        number: u32,
        content: &mut dyn Read,
        limit: u64,
    ) -> Result<KeptDocument, LedgerFault> {
        let mut bytes = Vec::new();
        content
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(LedgerFault::SourceUnreadable)?;
        if bytes.len() as u64 > limit {
            return Err(LedgerFault::TooLarge { limit });
        }
        let kept = KeptDocument {
            digest: Digest::of(&bytes),
            bytes: bytes.len() as u64,
        };
        let mut all = self.kept.lock().unwrap();
        all.letters
            .get_mut(&letter)
            .unwrap()
            .documents
            .insert(number, bytes);
        Ok(kept)
    }

    fn document(&self, letter: LetterId, number: u32) -> Result<Box<dyn Source>, LedgerFault> {
        let all = self.kept.lock().unwrap();
        let document = all
            .letters
            .get(&letter)
            .and_then(|one| one.documents.get(&number));
        Ok(Box::new(document.ok_or(LedgerFault::NotFound)?.clone()))
    }

    fn record(&self, id: LetterId, entry: &Entry) -> Result<Letter, LedgerFault> {
        let name = entry.event.what.name();
        let mut fails = self.fails.lock().unwrap();
        if fails.as_ref().is_some_and(|(failing, _)| *failing == name) {
            return Err(fails.take().unwrap().1);
        }
        let mut all = self.kept.lock().unwrap();
        let letter = all
            .letters
            .get_mut(&id)
            .ok_or(LedgerFault::NotFound)?
            .append(id, entry)?;
        if let Happening::Sealed(sealed) = &entry.event.what {
            let parcel = fs::read(self.parcel_path(sealed.message_id)).expect("parcel before row");
            assert_eq!(Digest::of(&parcel), sealed.parcel);
        }
        self.log.add(name);
        Ok(letter)
    }

    fn letter(&self, letter: LetterId) -> Result<Letter, LedgerFault> {
        self.kept
            .lock()
            .unwrap()
            .letters
            .get(&letter)
            .ok_or(LedgerFault::NotFound)?
            .fold(letter)
    }

    fn history(&self, letter: LetterId) -> Result<Vec<Recorded>, LedgerFault> {
        let all = self.kept.lock().unwrap();
        Ok(all
            .letters
            .get(&letter)
            .ok_or(LedgerFault::NotFound)?
            .history
            .clone())
    }

    fn letters(&self, _: u32) -> Result<Vec<LetterRow>, LedgerFault> {
        unreachable!("not asked by use cases")
    }

    fn row(&self, _: LetterId) -> Result<LetterRow, LedgerFault> {
        unreachable!("not asked by use cases")
    }

    fn find(&self, query: &Query) -> Result<Found, LedgerFault> {
        assert_eq!(query.filter, Filter::FollowUp);
        let mut ids = self.all();
        ids.retain(|id| self.folded(*id).needs_follow_up());
        let rows: Vec<_> = ids.into_iter().map(|id| self.listed(id)).collect();
        Ok(Found {
            total: rows.len() as u64,
            rows,
        })
    }

    fn unsent(&self, limit: u32) -> Result<Vec<LetterRow>, LedgerFault> {
        let ids: Vec<LetterId> = self
            .all()
            .into_iter()
            .filter(|id| self.folded(*id).state().is_unsent())
            .collect();
        Ok(ids
            .into_iter()
            .take(limit as usize)
            .map(|id| self.listed(id))
            .collect())
    }

    fn on_their_way(&self, _: u32) -> Result<Vec<LetterRow>, LedgerFault> {
        unreachable!("not asked by use cases")
    }

    fn counts(&self) -> Result<Counts, LedgerFault> {
        unreachable!("not asked by use cases")
    }

    fn delivered_since(&self, _: Timestamp) -> Result<Delivered, LedgerFault> {
        unreachable!("not asked by use cases")
    }

    fn under_way(&self) -> Result<Vec<LetterId>, LedgerFault> {
        let mut ids = self.all();
        ids.retain(|id| {
            let letter = self.folded(*id);
            letter.sealed().is_some() && !letter.is_finished()
        });
        Ok(ids)
    }

    fn sent_like(
        &self,
        letter: LetterId,
        since: Timestamp,
    ) -> Result<Option<(LetterId, Timestamp)>, LedgerFault> {
        let what = |id| {
            let contents = contents(self, id).unwrap();
            (contents.recipient, contents.documents[0].facts.digest)
        };
        let all = self.all();
        let number = |id| all.iter().position(|each| *each == id);
        let is_queued = self.folded(letter).state() == State::Queued;
        let own = self.went_at(letter).filter(|_| is_queued);
        let others = all.iter().copied().filter(|other| *other != letter);
        let alike = others.filter(|other| what(*other) == what(letter));
        let went = alike.filter_map(|other| Some((other, self.went_at(other)?)));
        Ok(went
            .filter(|(_, at)| *at >= since)
            .filter(|(id, at)| own.is_none_or(|own| (*at, number(*id)) < (own, number(letter))))
            .max_by_key(|(_, at)| *at))
    }

    fn halt(&self) -> Result<Option<Halt>, LedgerFault> {
        Ok(self.halt.lock().unwrap().clone())
    }

    fn set_halt(&self, halt: &Halt) -> Result<(), LedgerFault> {
        self.log.add("set_halt");
        self.halt
            .lock()
            .unwrap()
            .get_or_insert_with(|| halt.clone());
        Ok(())
    }

    fn lift_halt(&self, _: &Actor, _: Timestamp) -> Result<bool, LedgerFault> {
        self.log.add("lift_halt");
        Ok(self.halt.lock().unwrap().take().is_some())
    }

    fn restoration(&self) -> Result<Option<Restoration>, LedgerFault> {
        Ok(self.restoration.lock().unwrap().clone())
    }

    fn end_restoration(&self, _: Timestamp) -> Result<(), LedgerFault> {
        self.log.add("end_restoration");
        *self.restoration.lock().unwrap() = None;
        Ok(())
    }

    fn former_tags(&self) -> Result<Vec<String>, LedgerFault> {
        Ok(self.former_tags.lock().unwrap().clone())
    }

    fn awaiting(&self) -> Result<Vec<LetterId>, LedgerFault> {
        let mut ids = self.under_way()?;
        ids.retain(|id| {
            use State::*;
            let state = self.folded(*id).state();
            let offered = state == Queued && self.folded(*id).attempts() > 0;
            offered
                || matches!(
                    state,
                    Submitting | Uncertain | AtAccessPoint | AtProvider | PrintAccepted
                )
        });
        Ok(ids)
    }

    fn letter_of(&self, conversation: ConversationId) -> Result<Option<LetterId>, LedgerFault> {
        let all = self.kept.lock().unwrap();
        let sealed = |(id, one): (&LetterId, &OneLetter)| {
            let letter = one.fold(*id).ok()?;
            (letter.sealed()?.conversation_id == conversation).then_some(*id)
        };
        Ok(all.letters.iter().find_map(sealed))
    }

    fn parcel_path(&self, message: MessageId) -> PathBuf {
        self.folder.path().join(format!("{message}.cms"))
    }

    fn keep_message(
        &self,
        letter: LetterId,
        attempt: u32,
        signed: &SignedMessage,
        _: Timestamp,
    ) -> Result<(), LedgerFault> {
        let mut all = self.kept.lock().unwrap();
        let messages = &mut all.letters.get_mut(&letter).unwrap().messages;
        messages.insert(attempt, signed.expose("test").to_owned());
        self.log.add("keep_message");
        Ok(())
    }

    fn last_message(&self, letter: LetterId) -> Result<Option<Sensitive<String>>, LedgerFault> {
        let all = self.kept.lock().unwrap();
        let messages = &all
            .letters
            .get(&letter)
            .ok_or(LedgerFault::NotFound)?
            .messages;
        Ok(messages
            .last_key_value()
            .map(|(_, text)| Sensitive::new(text.clone())))
    }

    fn keep_receipt(
        &self,
        receipt: &IncomingReceipt,
        entry: Option<&Entry>,
    ) -> Result<ReceiptKept, LedgerFault> {
        let mut all = self.kept.lock().unwrap();
        self.log.add("keep_receipt");
        let known = all
            .receipts
            .iter_mut()
            .find(|known| known.receipt.raw == receipt.raw);
        match known {
            Some(known)
                if [&*receipt.verdict, IncomingReceipt::VERIFIED]
                    .contains(&&*known.receipt.verdict) =>
            {
                return Ok(ReceiptKept::Known);
            }
            Some(known) => known.receipt = receipt.clone(),
            None => all.receipts.push(StoredReceipt {
                receipt: receipt.clone(),
                acknowledged_at: None,
            }),
        }
        if let Some((id, entry)) = receipt.letter.zip(entry) {
            // What the fold refuses is left out.
            let _ = all.letters.get_mut(&id).unwrap().append(id, entry);
        }
        Ok(ReceiptKept::New)
    }

    fn acknowledge(&self, receipt: ReceiptId, at: Timestamp) -> Result<(), LedgerFault> {
        let mut all = self.kept.lock().unwrap();
        self.log.add("acknowledge");
        for stored in &mut all.receipts {
            if stored.receipt.receipt == Some(receipt) {
                stored.acknowledged_at.get_or_insert(at);
            }
        }
        Ok(())
    }

    fn receipts(&self, letter: Option<LetterId>) -> Result<Vec<StoredReceipt>, LedgerFault> {
        let all = self.kept.lock().unwrap();
        Ok(all
            .receipts
            .iter()
            .filter(|one| one.receipt.letter == letter)
            .cloned()
            .collect())
    }

    fn check_chain(&self) -> Result<ChainReport, LedgerFault> {
        unreachable!("not asked by use cases")
    }
}
