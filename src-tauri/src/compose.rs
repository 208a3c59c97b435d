//! Making a letter: taking files, asking where it goes, sending it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use utpost_dispatch::{
    Changes, Choice, Clock, Code, Contents, Desk, Fault, File, Held, Ledger, NewLetter, ReadSeek,
    allow_repeat, ask, confirm, contents, import, is_as_shown, is_fresh, press, redraft,
};
use utpost_domain::{
    Carrier, Decided, Decision, Language, Letter, LetterId, LetterKind, NationalId,
    NonSensitiveTitle, OpeningReceipt, PostalAddress, RecipientName, SecurityLevel, State, Title,
};
use utpost_parcel::ParcelFault;
use utpost_workplace::{Failure, Watching, open_steadily};

use crate::bridge::{
    self, EarlierLetter, LetterForm, LookedUp, Role, SampleLetter, SendOrder, SendOutcome,
};
use crate::composition::{Composition, Document, Draft, Given, Shown, fingerprint_of};
use crate::convert;
use crate::letters;
use crate::office::{Office, Room, told};

/// A form whose every field has been read.
struct Filled {
    kind: LetterKind,
    recipient: NationalId,
    title: Title,
    public_title: NonSensitiveTitle,
    language: Language,
    security: SecurityLevel,
    opening_receipt: OpeningReceipt,
    visible_from: Option<jiff::Timestamp>,
    recipient_name: Option<RecipientName>,
    address: Option<PostalAddress>,
}

/// What an address that can't be printed means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    /// The letter goes on paper: it is a fault.
    Needed,
    /// It is not known yet whether it does: the address is left out.
    Offered,
}

impl Office {
    /// Takes files that the page names.
    ///
    /// # Errors
    /// As [`Office::take`]; [`Code::Defect`] for a file that nobody handed over.
    pub(crate) fn take_given(
        &self,
        paths: &[PathBuf],
        role: Role,
    ) -> Result<bridge::Composition, Failure> {
        if self.was_given(paths) {
            self.take(paths, role)
        } else {
            Err(Failure::new(Code::Defect))
        }
    }

    /// Takes files given by the clerk.
    ///
    /// # Errors
    /// Of the family Input, naming the file; then nothing is taken.
    pub(crate) fn take(
        &self,
        paths: &[PathBuf],
        role: Role,
    ) -> Result<bridge::Composition, Failure> {
        let room = self.room()?;
        let before = self.composing();
        let beside = match role {
            Role::Attachments => before.as_ref().map_or(0, Composition::bytes),
            Role::Replacement => before.as_ref().map_or(0, Composition::attachment_bytes),
            Role::Letter => 0,
        };
        let first = match (&before, role) {
            (Some(before), Role::Attachments) => before.documents.len(),
            _ => 0,
        };
        let wanted = match role {
            Role::Replacement => paths.get(..1).unwrap_or_default(),
            Role::Letter | Role::Attachments => paths,
        };
        if wanted.is_empty() {
            return Err(Failure::new(Code::FileMissing));
        }
        let mut limit = room.work.agency().limits.bytes.saturating_sub(beside);
        let mut given = Vec::new();
        for path in wanted {
            let file = read_file(path, limit).map_err(|failure| failure.with_detail(name(path)))?;
            limit = limit.saturating_sub(file.bytes.len() as u64);
            given.push(file);
        }
        let named = |fault: Fault| {
            let of = fault.document().and_then(|which| which.checked_sub(first));
            let path = of.and_then(|which| wanted.get(which));
            let failure = Failure::from(fault);
            match path {
                Some(path) => failure.with_detail(name(path)),
                None => failure,
            }
        };
        let changed = match &before {
            Some(before) => before.with(given, role),
            None => Composition::begin(given),
        }
        .map_err(named)?;
        let changed = match role {
            Role::Letter => Composition {
                draft: None,
                ..changed
            },
            Role::Attachments | Role::Replacement => changed,
        };
        self.composed(&room, before.map(|before| before.revision), changed)
    }

    /// Takes a ready letter, in practice.
    ///
    /// # Errors
    /// [`Code::OtherEnvironment`] elsewhere.
    pub(crate) fn take_sample(&self, sample: SampleLetter) -> Result<bridge::Composition, Failure> {
        let room = self.room()?;
        let before = self.composing().map(|before| before.revision);
        let given = crate::practice::sample(&room, sample)?;
        self.composed(&room, before, Composition::begin(vec![given])?)
    }

    /// The letter being made, for a page that has lost it.
    pub(crate) fn current(&self) -> Result<Option<bridge::Composition>, Failure> {
        let room = self.room()?;
        self.composing()
            .map(|composition| view(&room, &composition))
            .transpose()
    }

    /// Removes an attachment.
    ///
    /// # Errors
    /// [`Code::NotNow`] when there is none of this number.
    pub(crate) fn remove(&self, document: u32) -> Result<bridge::Composition, Failure> {
        let (room, before) = self.at_work()?;
        let changed = before
            .without(document as usize)
            .ok_or_else(|| Failure::new(Code::NotNow))?;
        self.composed(&room, Some(before.revision), changed)
    }

    /// Gives a document another title.
    ///
    /// # Errors
    /// The codes of titles.
    pub(crate) fn rename(
        &self,
        document: u32,
        title: &str,
    ) -> Result<bridge::Composition, Failure> {
        let (room, before) = self.at_work()?;
        let changed = before.renamed(document as usize, title)?;
        self.composed(&room, Some(before.revision), changed)
    }

    /// Takes up a letter that was not sent.
    ///
    /// # Errors
    /// [`Code::NotNow`] for one that was.
    pub(crate) fn resume(&self, letter: LetterId) -> Result<bridge::Composition, Failure> {
        let room = self.room()?;
        let resumed = resumed(&room, letter)?;
        let before = self.composing().map(|before| before.revision);
        self.composed(&room, before, resumed)
    }

    /// A new letter with the documents and the form of another.
    ///
    /// # Errors
    /// [`Code::NotNow`] when its contents are gone after retention.
    pub(crate) fn begin_from(&self, letter: LetterId) -> Result<bridge::Composition, Failure> {
        let room = self.room()?;
        let row = room.work.ledger.row(letter)?;
        if row.title.is_none() {
            return Err(Fault::NotNow(row.state).into());
        }
        let contents = contents(&room.work.ledger, letter)?;
        let mut form = form_of(&contents, &room.work.agency().name);
        form.visible_from = None;
        let mut new = Composition::of(kept(&room, letter, &contents)?);
        new.form = Some(form);
        new.replaces = Some(letter);
        let before = self.composing().map(|before| before.revision);
        self.composed(&room, before, new)
    }

    /// Keeps the letter in the ledger and asks the register where it goes.
    ///
    /// # Errors
    /// Of the families Input and Local; [`Code::NotNow`] when another letter than `revision` is by
    /// now being made. A silent register is none: the letter is kept and waits.
    pub(crate) fn look_up(&self, revision: u32, form: LetterForm) -> Result<LookedUp, Failure> {
        let (room, before) = self.at_revision(revision)?;
        let (looked, trouble) = self.look(&room, before, form, Address::Offered)?;
        Ok(LookedUp {
            composition: view(&room, &looked)?,
            trouble: trouble.map(told),
        })
    }

    /// Gives up asking the register about the letter being made: an answer that comes later is
    /// neither shown nor written down.
    ///
    /// # Errors
    /// [`Code::NotNow`] when nothing is being made, also while a letter is being taken for sending;
    /// then that goes on.
    pub(crate) fn stop_asking(&self) -> Result<bridge::Composition, Failure> {
        let (room, now) = self.at_work()?;
        // Of another revision it is no longer the letter that was asked for.
        self.composed(&room, Some(now.revision), now)
    }

    /// Lets the letter being made go although one that says the same was sent before, for a reason
    /// that stands in its history. The register is asked again where the form has changed.
    ///
    /// # Errors
    /// [`Code::RepeatReason`]; [`Code::NotNow`] when this letter is not stopped for that, or is by
    /// now another; as [`Self::look_up`].
    pub(crate) fn allow_repeat(
        &self,
        revision: u32,
        form: LetterForm,
        reason: &str,
    ) -> Result<LookedUp, Failure> {
        let (room, before) = self.at_revision(revision)?;
        let form = cleaned(form);
        let draft = before
            .unchanged_draft()
            .filter(|draft| draft.form.number == form.number)
            .ok_or_else(|| Failure::new(Code::NotNow))?;
        let (letter, same) = (draft.letter, draft.form == form);
        let agency = room.work.agency();
        let allowed = allow_repeat(&room.work.desk(&agency, &|_| {}), letter, reason)
            .map_err(|fault| Failure::from(fault).about(letter))?;
        room.engine.saw(&allowed);
        let (allowed, trouble) = if same {
            (self.compose(Some(before.revision), before)?, None)
        } else {
            self.look(&room, before, form, Address::Offered)?
        };
        Ok(LookedUp {
            composition: view(&room, &allowed)?,
            trouble: trouble.map(told),
        })
    }

    /// Presses Send on the letter being made, when what the clerk was shown still holds.
    ///
    /// # Errors
    /// Of the families Input and Local; [`Code::NotNow`] when another letter than the order's is by
    /// now being made.
    pub(crate) fn send(&self, order: SendOrder) -> Result<SendOutcome, Failure> {
        let (room, before) = self.at_revision(order.revision)?;
        let form = cleaned(order.form);
        // What was shown about one citizen says nothing about another.
        let shown = match &before.draft {
            Some(draft) if draft.form.number == form.number => standing(&room, draft)?,
            _ => None,
        };
        let unchanged = before
            .unchanged_draft()
            .filter(|draft| draft.form == form)
            .and_then(|draft| draft.decision.as_ref()?.full.as_ref())
            // The register is asked again before the letter is taken for sending: then the clerk
            // can still give up asking.
            .filter(|decision| is_fresh(decision, room.work.clock.now()));
        let (now, trouble) = if unchanged.is_some() {
            (before, None)
        } else {
            let on_paper = shown
                .as_ref()
                .is_some_and(|shown| shown.decided.carrier() == Some(Carrier::Print));
            let need = if on_paper {
                Address::Needed
            } else {
                Address::Offered
            };
            self.look(&room, before, form, need)?
        };
        let again = |trouble: Option<Failure>| -> Result<SendOutcome, Failure> {
            let composition = view(&room, &now)?;
            let trouble = trouble.map(told);
            let looked = LookedUp {
                composition,
                trouble,
            };
            Ok(SendOutcome::LookAgain { looked })
        };
        let draft = now.draft.as_ref();
        let decided = draft.and_then(|draft| Some((draft.letter, draft.decision.as_ref()?)));
        let (Some((letter, new)), None) = (decided, &trouble) else {
            return again(trouble);
        };
        let holds = shown.is_some_and(|shown| is_as_shown(&shown.decided, &new.decided));
        let (true, Some(decision)) = (holds, new.full.clone()) else {
            return again(None);
        };

        let choice = if order.yes {
            Choice::Yes
        } else {
            Choice::NotAsked
        };
        let undo = Duration::from_secs(self.preferences().undo_seconds.into());
        let agency = room.work.agency();
        let desk = room.work.desk(&agency, &|_| {});
        // From here on nobody changes it, and nobody sends it once more.
        self.claim(now.revision)?;
        match press_send(&desk, letter, choice, &decision, undo) {
            Ok(held) => {
                room.engine.hold(held);
                self.drawings.forget();
                let row = letters::row(&room, letter)?;
                Ok(SendOutcome::Held { row })
            }
            Err(fault @ (Fault::Stopped { .. } | Fault::SentBefore { .. } | Fault::Call(_))) => {
                self.put_back(now.clone());
                let stands = desk.ledger.letter(letter)?;
                room.engine.saw(&stands);
                let mut changed = now.clone();
                if let Some(draft) = &mut changed.draft {
                    draft.decision = decision_of(&room, &stands)?;
                }
                let changed = self.compose(Some(now.revision), changed)?;
                let trouble = Failure::from(fault).about(letter);
                let looked = LookedUp {
                    composition: view(&room, &changed)?,
                    trouble: Some(told(trouble)),
                };
                Ok(SendOutcome::LookAgain { looked })
            }
            Err(fault) => {
                self.put_back(now.clone());
                Err(Failure::from(fault).about(letter))
            }
        }
    }

    /// Calls a letter back, and takes it up again unless another is being made.
    ///
    /// # Errors
    /// [`Code::NotNow`] when it is too late.
    pub(crate) fn undo(&self, letter: LetterId) -> Result<bridge::LetterRow, Failure> {
        let room = self.room()?;
        let agency = room.work.agency();
        let undone = room.work.desk(&agency, &|_| {}).undo(letter)?;
        room.engine.saw(&undone);
        if self.composing().is_none()
            && let Ok(resumed) = resumed(&room, letter)
        {
            // Where another has just been begun, that one stays.
            drop(self.compose(None, resumed));
        }
        letters::row(&room, letter)
    }

    /// A letter given up elsewhere is no draft of the letter being made any more.
    pub(crate) fn given_up(&self, letter: LetterId) {
        let Some(mut now) = self.composing() else {
            return;
        };
        if now.draft.take_if(|draft| draft.letter == letter).is_some() {
            // One that has changed meanwhile has another draft.
            drop(self.compose(Some(now.revision), now));
        }
    }

    fn at_work(&self) -> Result<(Arc<Room>, Composition), Failure> {
        let room = self.room()?;
        let composition = self.composing();
        Ok((room, composition.ok_or_else(|| Failure::new(Code::NotNow))?))
    }

    /// The letter being made, when it is still the one that the clerk sees.
    fn at_revision(&self, revision: u32) -> Result<(Arc<Room>, Composition), Failure> {
        let (room, now) = self.at_work()?;
        if now.revision == revision {
            Ok((room, now))
        } else {
            Err(Failure::new(Code::NotNow))
        }
    }

    fn composed(
        &self,
        room: &Room,
        before: Option<u32>,
        changed: Composition,
    ) -> Result<bridge::Composition, Failure> {
        view(room, &self.compose(before, changed)?)
    }

    /// Keeps the letter as it is now, and asks.
    ///
    /// # Errors
    /// [`Code::NotNow`] when the letter is another by then, or the clerk has given up asking: the
    /// answer is dropped.
    fn look(
        &self,
        room: &Room,
        before: Composition,
        form: LetterForm,
        need: Address,
    ) -> Result<(Composition, Option<Failure>), Failure> {
        let form = cleaned(form);
        let agency = room.work.agency();
        let filled = Filled::read(&form, &agency.name, need)?;
        filled
            .recipient
            .admitted_in(self.environment())
            .map_err(Fault::Number)?;

        // From here on the letter is in the ledger, whatever the register says.
        let (mut kept, letter) = self.drafted(room, before, form, filled)?;
        let progress = |progress| self.teller.progress(letter, progress);
        let desk = room.work.desk(&agency, &progress);
        let answer = ask(&desk, letter);
        let now = room.work.clock.now();
        let fault = match &answer {
            Ok(answer) => answer.silence(),
            Err(fault) => Some(fault),
        };
        match fault {
            None => {
                self.teller.reached(now);
            }
            Some(fault) => self.teller.not_reached(fault.code(), now),
        }
        let mut trouble = None;
        let looked = self.compose_by(Some(kept.revision), || {
            match answer.and_then(|answer| answer.write_down(&desk)) {
                Ok((decision, _)) => {
                    if let Some(draft) = &mut kept.draft {
                        draft.decision = Some(Shown {
                            decided: Decided::from(&decision),
                            full: Some(decision),
                        });
                    }
                }
                Err(fault) => trouble = Some(Failure::from(fault).about(letter)),
            }
            Ok(kept)
        });
        room.engine.saw(&room.work.ledger.letter(letter)?);
        Ok((looked?, trouble))
    }

    /// The letter being made with a draft in the ledger that has this form and these documents: the
    /// one that is there, drafted anew where the form says otherwise, or a new one in place of it.
    fn drafted(
        &self,
        room: &Room,
        before: Composition,
        form: LetterForm,
        filled: Filled,
    ) -> Result<(Composition, LetterId), Failure> {
        let agency = room.work.agency();
        let desk = room.work.desk(&agency, &|_| {});
        let revision = Some(before.revision);
        let kept = |letter| Composition {
            draft: Some(Draft {
                letter,
                form: form.clone(),
                documents: before.fingerprint(),
                decision: None,
            }),
            ..before.clone()
        };
        let may_stay = before
            .unchanged_draft()
            .filter(|draft| draft.form.number == form.number);
        if let Some(draft) = may_stay {
            let kept = self.compose_by(revision, || {
                if draft.form != form {
                    redraft(&desk, draft.letter, filled.into())?;
                }
                Ok(kept(draft.letter))
            })?;
            return Ok((kept, draft.letter));
        }
        let letter = import_as(&desk, &room.work, &before, filled)?;
        let composed = self.compose(revision, kept(letter));
        // Only one of the two is the draft of the letter being made.
        let other = match &composed {
            Ok(_) => before.draft.as_ref().map(|draft| draft.letter),
            Err(_) => Some(letter),
        };
        if let Some(other) = other {
            // One that can't be given up any more is no draft, and is left alone.
            if desk.cancel(other).is_ok() {
                room.engine.saw(&desk.ledger.letter(other)?);
            }
        }
        Ok((composed?, letter))
    }
}

impl Filled {
    fn read(form: &LetterForm, agency: &str, need: Address) -> Result<Self, Fault> {
        let public_title = match &form.public_title {
            Some(text) => NonSensitiveTitle::parse(text)?,
            None => usual_public_title(agency)?,
        };
        let visible_from = match &form.visible_from {
            Some(day) => Some(
                convert::midnight(day)
                    .ok_or(Fault::Envelope(utpost_wire::EnvelopeFault::TooFarAhead))?,
            ),
            None => None,
        };
        let address = match convert::address(form.address.as_ref()) {
            Ok(address) => address,
            Err(_) if need == Address::Offered => None,
            Err(fault) => return Err(fault.into()),
        };
        Ok(Self {
            kind: form.kind.into(),
            recipient: NationalId::parse(&form.number)?,
            title: Title::parse(&form.title)?,
            public_title,
            language: form.language.into(),
            security: form.security.into(),
            opening_receipt: if form.opening_receipt {
                OpeningReceipt::Wanted
            } else {
                OpeningReceipt::NotWanted
            },
            visible_from,
            // For lists only: one that can't be shown is not worth a question.
            recipient_name: form
                .recipient_name
                .as_deref()
                .and_then(|name| RecipientName::parse(name).ok()),
            address,
        })
    }
}

fn import_as(
    desk: &Desk<'_>,
    work: &utpost_workplace::Workplace,
    composition: &Composition,
    filled: Filled,
) -> Result<LetterId, Failure> {
    let mut contents: Vec<_> = composition
        .documents
        .iter()
        .map(|document| std::io::Cursor::new(Arc::clone(&document.bytes)))
        .collect();
    let names: Vec<_> = composition.documents.iter().map(Document::name).collect();
    let mut files = names.iter().zip(&mut contents).map(|(name, content)| File {
        name,
        content: content as &mut dyn ReadSeek,
    });
    let Some(main) = files.next() else {
        return Err(Failure::new(Code::FileMissing));
    };
    let new = NewLetter {
        kind: filled.kind,
        recipient: filled.recipient,
        title: filled.title,
        public_title: filled.public_title,
        language: filled.language,
        security: filled.security,
        opening_receipt: filled.opening_receipt,
        visible_from: filled.visible_from,
        recipient_name: filled.recipient_name,
        replaces: composition.replaces,
        address: filled.address,
        main,
        attachments: files.collect(),
    };
    let imported = import(
        desk.ledger,
        desk.clock,
        work.actor(),
        desk.agency.limits,
        new,
    );
    imported.map_err(|fault| {
        let of = fault.document();
        let document = of.and_then(|which| composition.documents.get(which));
        let failure = Failure::from(fault);
        match document {
            Some(document) => failure.with_detail(&document.file_name),
            None => failure,
        }
    })
}

fn press_send(
    desk: &Desk<'_>,
    letter: LetterId,
    choice: Choice,
    decision: &Decision,
    undo: Duration,
) -> Result<Held, Fault> {
    let stands = desk.ledger.letter(letter)?;
    // A yes is to the reason that was shown, no other.
    let choice = if stands.reason() == Some(decision.reason) {
        choice
    } else {
        Choice::NotAsked
    };
    confirm(desk, &stands, choice)?;
    press(desk, letter, decision, undo)
}

impl From<Filled> for Changes {
    fn from(filled: Filled) -> Self {
        Self {
            kind: filled.kind,
            recipient_name: filled.recipient_name,
            title: filled.title,
            public_title: filled.public_title,
            language: filled.language,
            security: filled.security,
            opening_receipt: filled.opening_receipt,
            visible_from: filled.visible_from,
            address: filled.address,
        }
    }
}

/// The letter with its documents out of the ledger.
fn resumed(room: &Room, letter: LetterId) -> Result<Composition, Failure> {
    let stands = room.work.ledger.letter(letter)?;
    let may_be_made = matches!(
        stands.state(),
        State::Draft | State::WaitingForRegister | State::Stopped(_) | State::Ready
    );
    if !may_be_made {
        return Err(Fault::NotNow(stands.state()).into());
    }
    let contents = contents(&room.work.ledger, letter)?;
    let form = form_of(&contents, &room.work.agency().name);
    let mut composition = Composition::of(kept(room, letter, &contents)?);
    composition.form = Some(form.clone());
    composition.draft = Some(Draft {
        letter,
        form,
        documents: fingerprint_of(&contents.documents),
        decision: decision_of(room, &stands)?,
    });
    Ok(composition)
}

/// The decision about the letter being made: as it was asked for, or as the engine has asked since.
fn standing(room: &Room, draft: &Draft) -> Result<Option<Shown>, Failure> {
    match &draft.decision {
        Some(shown) => Ok(Some(shown.clone())),
        None => decision_of(room, &room.work.ledger.letter(draft.letter)?),
    }
}

/// The latest decision about a letter, where it still says where the letter goes.
fn decision_of(room: &Room, letter: &Letter) -> Result<Option<Shown>, Failure> {
    if !matches!(letter.state(), State::Ready | State::Stopped(_)) {
        return Ok(None);
    }
    Ok(
        letters::latest_decision(room, letter.id())?.map(|decided| Shown {
            decided,
            full: None,
        }),
    )
}

/// A letter's documents as the ledger keeps them.
fn kept(room: &Room, letter: LetterId, contents: &Contents) -> Result<Vec<Document>, Failure> {
    (0u32..)
        .zip(&contents.documents)
        .map(|(number, listed)| {
            Ok(Document::kept(
                listed.file_name.as_str().to_owned(),
                listed.title.expose("shown to the clerk").to_owned(),
                listed.facts.media_type,
                letters::document(room, letter, number)?,
            ))
        })
        .collect()
}

fn form_of(contents: &Contents, agency: &str) -> LetterForm {
    const SHOWN: &str = "shown to the clerk";
    let public = contents.public_title.expose(SHOWN);
    let usual = usual_public_title(agency);
    let is_usual = usual.is_ok_and(|usual| usual.expose(SHOWN) == public);
    cleaned(LetterForm {
        number: contents.recipient.expose(SHOWN).to_owned(),
        kind: contents.drafted.kind.into(),
        title: contents.title.expose(SHOWN).to_owned(),
        public_title: (!is_usual).then(|| public.to_owned()),
        language: contents.drafted.language.into(),
        security: contents.drafted.security.into(),
        opening_receipt: contents.drafted.opening_receipt == OpeningReceipt::Wanted,
        visible_from: contents.drafted.visible_from.and_then(convert::day),
        recipient_name: letters::recipient_name(contents),
        address: contents.address.as_ref().map(Into::into),
    })
}

/// The form as two of them are compared: a number is its digits, nothing filled in is none.
fn cleaned(mut form: LetterForm) -> LetterForm {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    form.number = convert::clean_number(&form.number);
    form.public_title = filled(form.public_title);
    form.visible_from = filled(form.visible_from);
    form.recipient_name = filled(form.recipient_name);
    form.address = form
        .address
        .filter(|form| convert::address(Some(form)) != Ok(None));
    form
}

/// What anyone may see of a letter.
fn usual_public_title(agency: &str) -> Result<NonSensitiveTitle, Fault> {
    Ok(NonSensitiveTitle::parse(&format!("Brev fra {agency}"))?)
}

/// The letter being made, as the page shows it.
fn view(room: &Room, composition: &Composition) -> Result<bridge::Composition, Failure> {
    let draft = composition.draft.as_ref();
    let stands = draft
        .map(|draft| room.work.ledger.letter(draft.letter))
        .transpose()?;
    let decided = draft
        .map(|draft| standing(room, draft))
        .transpose()?
        .flatten();
    let contents = draft.and_then(|draft| contents(&room.work.ledger, draft.letter).ok());
    let earlier = earlier(room, composition, stands.as_ref())?;
    let decision = decided
        .filter(|_| earlier.is_none())
        .zip(stands.as_ref())
        .map(|(shown, letter)| letters::decision_view(letter, contents.as_ref(), &shown.decided));
    Ok(bridge::Composition {
        revision: composition.revision,
        documents: composition.views(),
        read: composition.read.clone(),
        letter: draft
            .map(|draft| letters::row(room, draft.letter))
            .transpose()?,
        form: composition.form.clone(),
        decision,
        earlier,
    })
}

/// The letter that says the same and was sent to the same citizen before, while that stops this
/// one: another document is another letter.
fn earlier(
    room: &Room,
    composition: &Composition,
    stands: Option<&Letter>,
) -> Result<Option<EarlierLetter>, Failure> {
    let found = stands.and_then(Letter::sent_before);
    let (Some(found), Some(_)) = (found, composition.unchanged_draft()) else {
        return Ok(None);
    };
    Ok(Some(EarlierLetter {
        row: letters::row(room, found.earlier)?,
        sent_at: found.sent_at.to_string(),
    }))
}

/// Reads a file whole, if it is no larger than `limit`.
fn read_file(path: &Path, limit: u64) -> Result<Given, Failure> {
    let unreadable = |fault: std::io::Error| Failure::detailed(Code::FileUnreadable, fault.kind());
    // Asked before anything is read: one of these may be gigabytes, or a device without an end.
    let found = std::fs::metadata(path).map_err(|fault| match fault.kind() {
        std::io::ErrorKind::NotFound => Failure::new(Code::FileMissing),
        _ => unreadable(fault),
    })?;
    if found.is_dir() {
        return Err(Failure::new(Code::Folder));
    }
    if !found.is_file() {
        return Err(Failure::new(Code::FileUnreadable));
    }
    let too_large = |bytes| Failure::from(Fault::Parcel(ParcelFault::TooLarge { bytes, limit }));
    if found.len() > limit {
        return Err(too_large(found.len()));
    }
    let mut bytes = Vec::new();
    let file = open_steadily(path)?;
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(Given {
        name: name(path),
        bytes: bytes.into(),
    })
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
