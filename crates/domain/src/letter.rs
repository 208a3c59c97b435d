use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Actor, Carrier, ChannelName, Confirmation, Decided, Drafted, Environment, Event, Happening,
    Impossible, LetterId, LetterKind, Reason, ReceiptId, ReceiptKind, Sealed, Step, StopReason,
    TransportStatus, VerifiedReceiptFacts,
};

/// Where a letter stands. The one list of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being made.
    Draft,
    /// The register gave no answer; to be asked again.
    WaitingForRegister,
    /// Stands still until a person has looked.
    Stopped(StopReason),
    /// Channel chosen; may be sent.
    Ready,
    /// Another clerk must approve.
    AwaitingApproval,
    /// In the undo window.
    Held,
    /// In the outbox, sealed; an attempt may begin.
    Queued,
    /// An attempt is under way.
    Submitting,
    /// Whether the access point received it is not known. Never sent again before that is.
    Uncertain,
    /// The access point has it.
    AtAccessPoint,
    /// The mailbox supplier or print provider has it.
    AtProvider,
    /// Taken in for printing.
    PrintAccepted,
    /// In the mailbox.
    Delivered,
    /// Handed over to the post.
    HandedToPost,
    /// Opened by the citizen.
    Opened,
    /// Came back undeliverable.
    Returned,
    /// Refused on upload; the access point has nothing of it.
    Refused,
    /// Was not delivered.
    Failed,
    /// Printed on the office printer.
    PrintedHere,
    /// Posted by the clerk.
    PostedHere,
    /// Given up before any attempt.
    Cancelled,
}

impl State {
    /// Whether the letter lies here until a person or the time lets it go on: a draft, one that
    /// waits, stands still or is ready, or one in its undo window. Nothing of it is sealed, but for
    /// a stopped one that was offered in vain: it keeps its ids and its parcel.
    pub fn is_unsent(self) -> bool {
        use State::*;
        matches!(
            self,
            Draft | WaitingForRegister | Stopped(_) | Ready | AwaitingApproval | Held
        )
    }

    /// Whether the letter is sealed, and the mailbox supplier or print provider does not have it
    /// yet.
    pub fn is_on_its_way(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Submitting | Self::Uncertain | Self::AtAccessPoint
        )
    }

    /// Whether the letter has left this machine, as far as is known, or was turned away when it
    /// tried to.
    pub fn has_left(self) -> bool {
        use State::*;
        match self {
            Draft | WaitingForRegister | Stopped(_) | Ready | AwaitingApproval | Held => false,
            Queued | Submitting | Uncertain | Cancelled => false,
            AtAccessPoint | AtProvider | PrintAccepted | Delivered | HandedToPost | Opened
            | Returned | Refused | Failed | PrintedHere | PostedHere => true,
        }
    }

    /// The state's name in snake case; a stopped letter's reason is not in it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::WaitingForRegister => "waiting_for_register",
            Self::Stopped(_) => "stopped",
            Self::Ready => "ready",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::Uncertain => "uncertain",
            Self::AtAccessPoint => "at_access_point",
            Self::AtProvider => "at_provider",
            Self::PrintAccepted => "print_accepted",
            Self::Delivered => "delivered",
            Self::HandedToPost => "handed_to_post",
            Self::Opened => "opened",
            Self::Returned => "returned",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::PrintedHere => "printed_here",
            Self::PostedHere => "posted_here",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What is worth knowing beside the state, never instead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A notice did not reach the citizen; the letter stands.
    NotificationFailed,
    /// The history says two things that cannot both be true, e.g. an error after delivery.
    Contradiction,
    /// A receipt cannot be verified before its issuer is trusted.
    ReceiptWaitingForTrust,
    /// A receipt failed verification.
    SuspectReceipt,
    /// A step is overdue.
    Late(Step),
}

/// What a person, or the program on a person's wish, may do to a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ask the register.
    LookUp,
    /// Say yes to what it was stopped for.
    Confirm,
    /// Say why the same document goes to the same citizen once more.
    AllowRepeat,
    /// Take it back to be changed.
    Reopen,
    /// Ask another clerk to approve.
    AskApproval,
    /// Approve, as another clerk.
    Approve,
    /// Not approve.
    SendBack,
    /// Send; in the undo window, send at once.
    Send,
    /// Call the sending back.
    Undo,
    /// Ask the access point for statuses.
    CheckStatus,
    /// Print on the office printer.
    PrintHere,
    /// Confirm that the printed letter is posted.
    ConfirmPosted,
    /// Give it up.
    Cancel,
    /// Make a new letter from it.
    NewLetter,
}

/// An earlier letter with the same main document to the same citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentBefore {
    /// That letter.
    pub earlier: LetterId,
    /// When it went.
    pub sent_at: Timestamp,
}

/// A letter as its events have made it. Made and changed by events alone.
///
/// Receipts and statuses may come in any order and any number: the highest state reached stands,
/// and failure stands above all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    id: LetterId,
    environment: Environment,
    kind: LetterKind,
    replaces: Option<LetterId>,
    state: State,
    carrier: Option<Carrier>,
    reason: Option<Reason>,
    confirmed: Option<Reason>,
    approval_asked_by: Option<Actor>,
    undo_until: Option<Timestamp>,
    sent_before: Option<SentBefore>,
    repeats: BTreeSet<LetterId>,
    stopped_before: Option<StopReason>,
    sealed: Option<Sealed>,
    attempts: u32,
    restored: bool,
    word_wanted: bool,
    delivered_at: Option<Timestamp>,
    evidence: BTreeSet<Evidence>,
    verified: BTreeSet<ReceiptId>,
    waiting_for_trust: BTreeSet<ReceiptId>,
    notes: BTreeSet<Note>,
}

impl Letter {
    /// Folds a whole history. The first event must be [`Happening::Drafted`].
    pub fn from_events<'a>(
        id: LetterId,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Self, Impossible> {
        let mut events = events.into_iter();
        let drafted = match events.next().map(|event| &event.what) {
            Some(Happening::Drafted(drafted)) => drafted,
            other => {
                let happening = other.map_or("nothing", Happening::name);
                return Err(Impossible {
                    state: None,
                    happening,
                });
            }
        };
        let mut letter = Self {
            id,
            environment: drafted.environment,
            kind: drafted.kind,
            replaces: drafted.replaces,
            state: State::Draft,
            carrier: None,
            reason: None,
            confirmed: None,
            approval_asked_by: None,
            undo_until: None,
            sent_before: None,
            repeats: BTreeSet::new(),
            stopped_before: None,
            sealed: None,
            attempts: 0,
            restored: false,
            word_wanted: false,
            delivered_at: None,
            evidence: BTreeSet::new(),
            verified: BTreeSet::new(),
            waiting_for_trust: BTreeSet::new(),
            notes: BTreeSet::new(),
        };
        events.try_for_each(|event| letter.apply(event))?;
        Ok(letter)
    }

    /// Folds one event in.
    ///
    /// # Errors
    /// The event cannot follow; the letter is unchanged.
    pub fn apply(&mut self, event: &Event) -> Result<(), Impossible> {
        let mut next = self.clone();
        match next.fold(event) {
            Fits::Yes => {
                *self = next;
                Ok(())
            }
            Fits::No => Err(Impossible {
                state: Some(self.state),
                happening: event.what.name(),
            }),
        }
    }

    /// The letter's name on this machine.
    pub fn id(&self) -> LetterId {
        self.id
    }

    /// Where it belongs for ever.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// What it is in law.
    pub fn kind(&self) -> LetterKind {
        self.kind
    }

    /// The letter it was made anew from.
    pub fn replaces(&self) -> Option<LetterId> {
        self.replaces
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The way chosen or, while stopped, proposed.
    pub fn carrier(&self) -> Option<Carrier> {
        self.carrier
    }

    /// The reason of the latest decision.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// Whether the clerk has said yes to what the latest decision stopped the letter for.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed.is_some()
    }

    /// When the undo window closes, while it runs.
    pub fn undo_until(&self) -> Option<Timestamp> {
        self.undo_until
    }

    /// The earlier letter of the same content that it is stopped for.
    pub fn sent_before(&self) -> Option<SentBefore> {
        let stands = self.state == State::Stopped(StopReason::SentBefore);
        self.sent_before.filter(|_| stands)
    }

    /// Whether the clerk has said that this letter goes although that one went.
    pub fn repeats(&self, earlier: LetterId) -> bool {
        self.repeats.contains(&earlier)
    }

    /// The ids and digests it is sent under, from sealing on.
    pub fn sealed(&self) -> Option<&Sealed> {
        self.sealed.as_ref()
    }

    /// How many attempts to send were begun.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What is worth knowing beside the state.
    pub fn notes(&self) -> &BTreeSet<Note> {
        &self.notes
    }

    /// Whether this receipt has already been folded in as verified.
    pub fn has_verified(&self, receipt: ReceiptId) -> bool {
        self.verified.contains(&receipt)
    }

    /// When the letter lay in the mailbox, or was handed over to the post, by the earliest receipt
    /// that says so. Stands also when the letter came back or failed afterwards.
    pub fn delivered_at(&self) -> Option<Timestamp> {
        self.delivered_at
    }

    /// Whether a person must look at it: it failed, came back or was refused, or there is a note
    /// beside its state. Unsent letters are not meant, also stopped ones: they lie in the outbox
    /// and are worked on there; nor are those given up.
    pub fn needs_follow_up(&self) -> bool {
        use State::*;
        match self.state {
            state if state.is_unsent() => false,
            Cancelled => false,
            Failed | Returned | Refused => true,
            _ => !self.notes.is_empty(),
        }
    }

    /// Whether nothing more is expected. A late receipt is still folded in.
    pub fn is_finished(&self) -> bool {
        use State::*;
        matches!(
            self.state,
            Opened | Returned | Refused | Failed | PostedHere | Cancelled
        )
    }

    /// Whether it can still be given up: before any attempt, or stopped after one that the access
    /// point surely has nothing of.
    pub fn may_cancel(&self) -> bool {
        self.before_sealing() || self.may_reseal() || self.stopped_sealed()
    }

    /// Whether it lies in the outbox of a restored ledger, not known to the access point, and the
    /// clerk has not said that it goes: it may have gone since under other ids, or been given up.
    pub fn wants_word(&self) -> bool {
        self.state == State::Queued && self.word_wanted
    }

    /// Whether it lies sealed in the outbox and surely was never offered to anybody, so that it may
    /// be called back and sealed anew under other ids.
    pub fn may_reseal(&self) -> bool {
        self.state == State::Queued && !self.may_have_gone()
    }

    /// Whether an attempt to send, with the same ids and the same parcel, may begin. Never while an
    /// earlier one's outcome is unknown.
    pub fn may_resubmit(&self) -> bool {
        self.state == State::Queued
    }

    /// Whether this decision needs no yes that the clerk has not given, and goes the way the letter
    /// goes already.
    pub fn agrees_with(&self, decided: &Decided) -> bool {
        let wants_a_person =
            decided.channel == ChannelName::Stop || decided.confirm == Confirmation::ByClerk;
        let agreed = !wants_a_person || self.confirmed == Some(decided.reason);
        agreed && self.carrier.is_some() && decided.carrier() == self.carrier
    }

    /// What may be done now, the most likely first.
    pub fn next_actions(&self) -> Vec<Action> {
        use Action::*;
        const ALL: [Action; 14] = [
            Send,
            Confirm,
            AllowRepeat,
            LookUp,
            Approve,
            SendBack,
            AskApproval,
            Undo,
            CheckStatus,
            ConfirmPosted,
            PrintHere,
            Reopen,
            NewLetter,
            Cancel,
        ];
        ALL.into_iter()
            .filter(|action| self.allows(*action))
            .collect()
    }

    fn allows(&self, action: Action) -> bool {
        let state = self.state;
        match action {
            Action::LookUp => self.may_be_decided(),
            Action::Confirm => self.may_confirm(),
            Action::AllowRepeat => state == State::Stopped(StopReason::SentBefore),
            Action::Reopen => {
                self.may_be_decided()
                    && matches!(
                        state,
                        State::WaitingForRegister | State::Stopped(_) | State::Ready
                    )
            }
            Action::AskApproval => state == State::Ready,
            Action::Send => matches!(state, State::Ready | State::Held),
            Action::Approve | Action::SendBack => state == State::AwaitingApproval,
            Action::Undo => state == State::Held || self.may_reseal(),
            Action::CheckStatus => {
                self.may_have_gone() && state != State::Submitting && !self.is_finished()
            }
            Action::PrintHere => {
                matches!(state, State::Ready | State::Held) && self.carrier == Some(Carrier::Print)
            }
            Action::ConfirmPosted => state == State::PrintedHere,
            Action::Cancel => self.may_cancel(),
            Action::NewLetter => self.is_finished(),
        }
    }

    fn fold(&mut self, event: &Event) -> Fits {
        match &event.what {
            Happening::Drafted(drafted) => self.redrafted(drafted),
            Happening::RegisterSilent => Fits::when(self.may_be_decided(), || {
                self.carrier = None;
                self.enter(State::WaitingForRegister);
            }),
            Happening::Decided(decided) => self.decided(decided),
            Happening::Stopped { reason } => {
                // Offered before, it keeps its sealing: it is never sealed anew.
                let offered = self.state == State::Queued && self.may_have_gone();
                Fits::when(self.may_be_decided() || offered, || {
                    self.enter(State::Stopped(*reason));
                })
            }
            Happening::Confirmed => self.confirmed(),
            Happening::ApprovalAsked => Fits::when(self.state == State::Ready, || {
                self.enter(State::AwaitingApproval);
                self.approval_asked_by = Some(event.actor.clone());
            }),
            Happening::Approved { until } => {
                let by_another = self.approval_asked_by.as_ref() != Some(&event.actor);
                Fits::when(self.state == State::AwaitingApproval && by_another, || {
                    self.hold(*until);
                })
            }
            Happening::SentBack => Fits::when(self.state == State::AwaitingApproval, || {
                self.back_to_draft()
            }),
            Happening::SendPressed { until } => {
                // Pressed again, the undo window can only become shorter.
                let shortens = self.undo_until.is_some_and(|before| *until <= before);
                let ready = self.state == State::Ready;
                Fits::when(ready || (self.state == State::Held && shortens), || {
                    self.hold(*until)
                })
            }
            Happening::Undone => Fits::when(self.allows(Action::Undo), || {
                self.sealed = None;
                self.enter(State::Ready);
            }),
            Happening::Sealed(sealed) => self.sealed_at(sealed, event.at),
            Happening::TokenFetched { .. } => Fits::when(self.being_sent(), || {}),
            Happening::AttemptStarted {
                attempt,
                message_id,
            } => {
                let next = self.attempts.checked_add(1) == Some(*attempt);
                let sealed = self.sealed.as_ref();
                let this = sealed.is_some_and(|sealed| sealed.message_id == *message_id);
                Fits::when(self.may_resubmit() && next && this, || {
                    self.attempts = *attempt;
                    self.word_wanted = false;
                    self.enter(State::Submitting);
                })
            }
            Happening::NotReceived { .. } => self.answered(State::Queued),
            Happening::RefusedAtAccessPoint { .. } => self.answered(State::Refused),
            Happening::AnswerLost { .. } => {
                let proven = !self.evidence.is_empty();
                Fits::when(self.state == State::Submitting || proven, || {
                    if !proven {
                        self.enter(State::Uncertain);
                    }
                })
            }
            Happening::Accepted { .. } => {
                Fits::when(self.may_have_gone() && self.state != State::Refused, || {
                    self.prove(Evidence::AtAccessPoint);
                })
            }
            Happening::StatusSeen { status, .. } => {
                Fits::when(self.was_sealed(), || self.status_seen(*status))
            }
            Happening::ReceiptVerified(receipt) => Fits::when(self.was_sealed(), || {
                self.waiting_for_trust.remove(&receipt.receipt_id);
                self.verified.insert(receipt.receipt_id);
                self.receipt_verified(receipt);
            }),
            Happening::ReceiptSuspect { .. } => Fits::when(self.was_sealed(), || {
                self.notes.insert(Note::SuspectReceipt);
            }),
            Happening::ReceiptWaitingForTrust { receipt_id, .. } => {
                Fits::when(self.was_sealed(), || {
                    if !self.verified.contains(receipt_id) {
                        self.waiting_for_trust.insert(*receipt_id);
                    }
                    self.settle_notes();
                })
            }
            Happening::Overdue { step } => {
                Fits::when(self.may_have_gone() && self.state != State::Refused, || {
                    self.notes.insert(Note::Late(*step));
                    self.settle_notes();
                })
            }
            Happening::PrintedHere => Fits::when(self.allows(Action::PrintHere), || {
                self.enter(State::PrintedHere)
            }),
            Happening::PostedHere => Fits::when(self.state == State::PrintedHere, || {
                self.enter(State::PostedHere)
            }),
            Happening::Cancelled => Fits::when(self.may_cancel(), || self.enter(State::Cancelled)),
            Happening::Reopened => Fits::when(self.allows(Action::Reopen), || self.back_to_draft()),
            Happening::SentBefore { earlier, sent_at } => {
                let news = !self.repeats.contains(earlier);
                Fits::when(self.may_be_decided() && news, || {
                    self.enter(State::Stopped(StopReason::SentBefore));
                    self.sent_before = Some(SentBefore {
                        earlier: *earlier,
                        sent_at: *sent_at,
                    });
                })
            }
            Happening::RepeatAllowed { earlier } => {
                let found = self.sent_before().map(|found| found.earlier);
                Fits::when(found == Some(*earlier), || {
                    self.repeats.insert(*earlier);
                    self.enter_as_decided();
                })
            }
            Happening::Restored => self.restored(),
        }
    }

    fn confirmed(&mut self) -> Fits {
        let was_restored = self.state == State::Stopped(StopReason::Restored);
        let (before, found) = (self.stopped_before, self.sent_before);
        let sealed = self.stopped_sealed();
        Fits::when(self.may_confirm(), || {
            if sealed {
                self.word_wanted = false;
                self.enter(State::Queued);
            } else if !was_restored {
                self.confirmed = self.reason;
                self.enter(State::Ready);
            } else if let Some(reason) = before {
                self.enter(State::Stopped(reason));
                self.sent_before = found;
            } else {
                self.enter_as_decided();
            }
        })
    }

    /// Nobody here knows what was done after the backup was taken. What is not sealed waits for the
    /// clerk; what is sealed and not proven to be in is asked about before it is offered.
    fn restored(&mut self) -> Fits {
        if self.before_sealing() {
            let before = match self.state {
                State::Stopped(StopReason::Restored) => self.stopped_before,
                State::Stopped(reason) => Some(reason),
                _ => None,
            };
            let found = self.sent_before;
            self.enter(State::Stopped(StopReason::Restored));
            self.stopped_before = before;
            self.sent_before = found;
            return Fits::Yes;
        }
        Fits::when(self.being_sent() || self.stopped_sealed(), || {
            self.restored = true;
            self.word_wanted = true;
            self.enter(State::Uncertain);
        })
    }

    /// Where the latest decision leads, once what stood in its way is gone.
    fn enter_as_decided(&mut self) {
        let decision = self.reason.map(|reason| (reason, reason.outcome()));
        self.enter(match decision {
            None => State::Draft,
            Some((_, (ChannelName::Wait, _))) => State::WaitingForRegister,
            Some((reason, (ChannelName::Stop, _) | (_, Confirmation::ByClerk)))
                if self.confirmed.is_none() =>
            {
                State::Stopped(StopReason::Decision(reason))
            }
            Some(_) if self.carrier.is_none() => State::Draft,
            Some(_) => State::Ready,
        });
    }

    fn redrafted(&mut self, drafted: &Drafted) -> Fits {
        let same_world = drafted.environment == self.environment;
        Fits::when(self.state == State::Draft && same_world, || {
            self.kind = drafted.kind;
            self.replaces = drafted.replaces;
        })
    }

    fn decided(&mut self, decided: &Decided) -> Fits {
        let by_the_table = decided.reason.outcome() == (decided.channel, decided.confirm);
        if self.may_resubmit() && by_the_table {
            return self.decided_in_the_outbox(decided);
        }
        if !self.may_be_decided() || !by_the_table {
            return Fits::No;
        }
        let shown = match self.state {
            State::Ready | State::AwaitingApproval | State::Held => self.carrier,
            _ => None,
        };
        self.carrier = decided.carrier();
        self.reason = Some(decided.reason);
        if self.confirmed != self.reason {
            self.confirmed = None;
        }
        let wants_a_person =
            decided.channel == ChannelName::Stop || decided.confirm == Confirmation::ByClerk;
        if decided.channel == ChannelName::Wait {
            self.enter(State::WaitingForRegister);
        } else if wants_a_person && self.confirmed.is_none() {
            self.enter(State::Stopped(StopReason::Decision(decided.reason)));
        } else if shown.is_none() {
            self.enter(State::Ready);
        } else if shown != self.carrier {
            self.enter(State::Stopped(StopReason::ChannelChanged));
        }
        Fits::Yes
    }

    /// A sealed letter keeps its sealing while the register leads the same way. Where it does not,
    /// the letter must be called back, sealed anew or stopped first.
    fn decided_in_the_outbox(&mut self, decided: &Decided) -> Fits {
        Fits::when(self.agrees_with(decided), || {
            self.reason = Some(decided.reason);
            self.confirmed = self.confirmed.filter(|of| *of == decided.reason);
        })
    }

    fn sealed_at(&mut self, sealed: &Sealed, at: Timestamp) -> Fits {
        let window_over = self.undo_until.is_some_and(|until| at >= until);
        let as_decided = self.carrier == Some(sealed.carrier);
        let held = self.state == State::Held && window_over;
        // In the outbox and never offered, it is sealed anew without leaving the outbox.
        Fits::when((held || self.may_reseal()) && as_decided, || {
            self.sealed = Some(sealed.clone());
            self.enter(State::Queued);
        })
    }

    /// A definite answer that the access point has nothing of the letter.
    fn answered(&mut self, state: State) -> Fits {
        let proven = !self.evidence.is_empty();
        let asked = matches!(self.state, State::Submitting | State::Uncertain);
        Fits::when(asked || proven, || {
            if proven {
                self.notes.insert(Note::Contradiction);
            } else {
                self.enter(state);
                self.settle_notes();
            }
        })
    }

    fn status_seen(&mut self, status: TransportStatus) {
        match status {
            TransportStatus::Created => self.prove(Evidence::AtAccessPoint),
            TransportStatus::Sent => self.prove(Evidence::AtProvider),
            TransportStatus::Failed => self.prove(Evidence::Failed),
        }
    }

    fn receipt_verified(&mut self, receipt: &VerifiedReceiptFacts) {
        let carrier = self.sealed.as_ref().map(|sealed| sealed.carrier);
        match (receipt.kind, carrier) {
            _ if self.state == State::Refused => {
                self.notes.insert(Note::Contradiction);
            }
            (ReceiptKind::Delivery, _) => {
                self.delivered_by(receipt.occurred_at);
                self.prove(Evidence::Delivered);
            }
            (ReceiptKind::Opening, Some(Carrier::Digital)) => {
                self.delivered_by(receipt.occurred_at);
                self.prove(Evidence::Opened);
            }
            (ReceiptKind::Accepted, Some(Carrier::Print)) => self.prove(Evidence::PrintAccepted),
            (ReceiptKind::Returned, Some(Carrier::Print)) => self.prove(Evidence::Returned),
            (ReceiptKind::Error { .. }, _) => self.prove(Evidence::Failed),
            (ReceiptKind::NotificationFailed, Some(Carrier::Digital)) => {
                self.notes.insert(Note::NotificationFailed);
            }
            // A receipt that belongs to the other way out.
            _ => {
                self.notes.insert(Note::Contradiction);
            }
        }
        self.settle_notes();
    }

    /// The earliest time told stands, so that the order of receipts does not matter.
    fn delivered_by(&mut self, at: Timestamp) {
        let earlier = self.delivered_at.is_some_and(|before| before <= at);
        if !earlier {
            self.delivered_at = Some(at);
        }
    }

    /// Counts in what a status or receipt proves. What is refused, or has never been sent, cannot
    /// have got anywhere: that is said, and for the never-sent one the proof is believed.
    fn prove(&mut self, evidence: Evidence) {
        let over = matches!(self.state, State::Refused | State::Cancelled);
        if over || !self.may_have_gone() {
            self.notes.insert(Note::Contradiction);
        }
        if self.state == State::Refused {
            return;
        }
        self.evidence.insert(evidence);
        let delivered =
            [Evidence::Delivered, Evidence::Opened, Evidence::Returned].map(|one| self.has(one));
        if self.has(Evidence::Failed) && delivered.contains(&true) {
            self.notes.insert(Note::Contradiction);
        }
        if let Some(highest) = self.evidence.last() {
            self.state = match highest {
                Evidence::AtAccessPoint => State::AtAccessPoint,
                Evidence::AtProvider => State::AtProvider,
                Evidence::PrintAccepted => State::PrintAccepted,
                Evidence::Delivered if self.carrier == Some(Carrier::Print) => State::HandedToPost,
                Evidence::Delivered => State::Delivered,
                Evidence::Opened => State::Opened,
                Evidence::Returned => State::Returned,
                Evidence::Failed => State::Failed,
            };
        }
        self.settle_notes();
    }

    fn settle_notes(&mut self) {
        let reached = self.evidence.last().copied();
        let refused = self.state == State::Refused;
        let missing = |evidence| !refused && reached < Some(evidence);
        self.notes.retain(|note| match note {
            Note::Late(Step::AtProvider) => missing(Evidence::AtProvider),
            Note::Late(Step::PrintAccepted) => missing(Evidence::PrintAccepted),
            Note::Late(Step::Delivered) => missing(Evidence::Delivered),
            Note::ReceiptWaitingForTrust => false,
            Note::NotificationFailed | Note::Contradiction | Note::SuspectReceipt => true,
        });
        if !self.waiting_for_trust.is_empty() {
            self.notes.insert(Note::ReceiptWaitingForTrust);
        }
    }

    fn hold(&mut self, until: Timestamp) {
        self.enter(State::Held);
        self.undo_until = Some(until);
    }

    fn back_to_draft(&mut self) {
        self.carrier = None;
        self.reason = None;
        self.confirmed = None;
        self.enter(State::Draft);
    }

    /// Every change of state but by proof; what belongs to a state alone ends with it.
    fn enter(&mut self, state: State) {
        self.undo_until = None;
        self.approval_asked_by = None;
        self.sent_before = None;
        self.stopped_before = None;
        self.state = state;
    }

    fn before_sealing(&self) -> bool {
        self.state.is_unsent() && self.sealed.is_none()
    }

    /// Stopped after it was offered in vain, with its ids and its parcel.
    fn stopped_sealed(&self) -> bool {
        matches!(self.state, State::Stopped(_)) && self.sealed.is_some()
    }

    /// Not by the register's answer or silence, nor by being changed, is a letter of a restored ledger
    /// let go: only by the clerk's word.
    fn may_be_decided(&self) -> bool {
        self.before_sealing() && self.state != State::Stopped(StopReason::Restored)
    }

    fn being_sent(&self) -> bool {
        matches!(
            self.state,
            State::Queued | State::Submitting | State::Uncertain
        )
    }

    /// Whether ids exist that a status or receipt can be about.
    fn was_sealed(&self) -> bool {
        self.sealed.is_some() && (self.state != State::Cancelled || self.may_have_gone())
    }

    fn may_confirm(&self) -> bool {
        let confirmable = match self.state {
            State::Stopped(StopReason::Restored) => return true,
            State::Stopped(_) if self.sealed.is_some() => false,
            State::Stopped(StopReason::Decision(reason)) => self.reason == Some(reason),
            State::Stopped(StopReason::ChannelChanged | StopReason::Duplicate) => true,
            _ => false,
        };
        confirmable && self.carrier.is_some()
    }

    /// Whether an attempt was begun here, or may have been by the ledger this one is a backup of.
    pub fn may_have_gone(&self) -> bool {
        self.attempts > 0 || self.restored
    }

    fn has(&self, evidence: Evidence) -> bool {
        self.evidence.contains(&evidence)
    }
}

/// What has been proven about a letter by others, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    AtAccessPoint,
    AtProvider,
    PrintAccepted,
    Delivered,
    Opened,
    Returned,
    Failed,
}

enum Fits {
    Yes,
    No,
}

impl Fits {
    fn when(fits: bool, change: impl FnOnce()) -> Self {
        if fits {
            change();
            Self::Yes
        } else {
            Self::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Acceptance, CauseCode, ContactFacts, ConversationId, Digest, Facts, FaultSide, Field,
        MessageId,
    };
    use crate::{Language, OpeningReceipt, SecurityLevel};
    use proptest::prelude::*;

    #[test]
    fn an_attempt_of_an_earlier_sealing_is_impossible() {
        let mut letter = sealed(Carrier::Digital);
        let other = Happening::AttemptStarted {
            attempt: 1,
            message_id: MessageId::generate(),
        };
        assert!(letter.apply(&event(other)).is_err());
        assert_eq!(letter.attempts(), 0);
        apply(&mut letter, attempt(1));
        assert_eq!(letter.state(), State::Submitting);
    }

    #[test]
    fn a_digital_letter_goes_the_whole_way() {
        let mut letter = submitting(Carrier::Digital);
        let mut reached = |what| {
            apply(&mut letter, what);
            letter.state()
        };
        assert_eq!(reached(accepted()), State::AtAccessPoint);
        assert_eq!(
            reached(status(TransportStatus::Created)),
            State::AtAccessPoint
        );
        assert_eq!(reached(status(TransportStatus::Sent)), State::AtProvider);
        assert_eq!(reached(receipt(ReceiptKind::Delivery)), State::Delivered);
        assert_eq!(
            reached(receipt(ReceiptKind::NotificationFailed)),
            State::Delivered
        );
        assert_eq!(reached(receipt(ReceiptKind::Opening)), State::Opened);
        assert_eq!(notes(&letter), [Note::NotificationFailed]);
        assert!(letter.is_finished());
    }

    #[test]
    fn a_letter_on_paper_goes_the_whole_way() {
        let mut letter = submitting(Carrier::Print);
        let mut reached = |what| {
            apply(&mut letter, what);
            letter.state()
        };
        assert_eq!(reached(accepted()), State::AtAccessPoint);
        assert_eq!(reached(status(TransportStatus::Sent)), State::AtProvider);
        assert_eq!(
            reached(receipt(ReceiptKind::Accepted)),
            State::PrintAccepted
        );
        assert_eq!(reached(receipt(ReceiptKind::Delivery)), State::HandedToPost);
        assert_eq!(reached(receipt(ReceiptKind::Returned)), State::Returned);
        assert_eq!(notes(&letter), []);
    }

    #[test]
    fn a_letter_printed_in_the_office_ends_when_the_clerk_has_posted_it() {
        let mut letter = ready(Carrier::Print);
        apply(&mut letter, Happening::PrintedHere);
        assert_eq!(letter.next_actions(), [Action::ConfirmPosted]);
        apply(&mut letter, Happening::PostedHere);
        assert!(letter.is_finished());
        refuses(&ready(Carrier::Digital), Happening::PrintedHere);
    }

    #[test]
    fn a_lost_answer_is_never_resent_blindly() {
        let mut letter = submitting(Carrier::Digital);
        let sealed = letter.sealed().cloned();
        apply(
            &mut letter,
            Happening::AnswerLost {
                code: CauseCode::new("TIMEOUT"),
            },
        );
        assert_eq!(letter.state(), State::Uncertain);
        assert!(!letter.may_resubmit() && !letter.may_cancel());
        assert_eq!(letter.next_actions(), [Action::CheckStatus]);
        for what in [
            attempt(2),
            Happening::Undone,
            Happening::Cancelled,
            Happening::SendPressed { until: at() },
            Happening::Reopened,
        ] {
            refuses(&letter, what);
        }

        let after = |what| {
            let mut letter = letter.clone();
            apply(&mut letter, what);
            letter
        };
        assert_eq!(after(accepted()).state(), State::AtAccessPoint);
        assert_eq!(
            after(status(TransportStatus::Created)).state(),
            State::AtAccessPoint
        );
        assert_eq!(
            after(receipt(ReceiptKind::Delivery)).state(),
            State::Delivered
        );
        assert_eq!(after(refused()).state(), State::Refused);
        let mut queued = after(not_received());
        assert_eq!(queued.state(), State::Queued);
        assert_eq!(queued.sealed().cloned(), sealed);
        assert!(queued.may_resubmit() && !queued.may_cancel());
        apply(&mut queued, attempt(2));
        assert_eq!((queued.state(), queued.attempts()), (State::Submitting, 2));
    }

    #[test]
    fn the_same_document_goes_to_the_same_citizen_again_only_by_word_of_a_clerk() {
        let mut letter = ready(Carrier::Digital);
        apply(&mut letter, sent_before());
        assert_eq!(letter.state(), State::Stopped(StopReason::SentBefore));
        assert_eq!(
            letter.sent_before().map(|found| found.earlier),
            Some(earlier())
        );
        refuses(&letter, Happening::Confirmed);
        refuses(&letter, Happening::SendPressed { until: at() });
        let other = LetterId::generate();
        refuses(&letter, Happening::RepeatAllowed { earlier: other });

        apply(&mut letter, Happening::RepeatAllowed { earlier: earlier() });
        assert_eq!((letter.state(), letter.sent_before()), (State::Ready, None));
        assert!(letter.repeats(earlier()) && !letter.repeats(other));
        refuses(&letter, sent_before());
        let again = Happening::SentBefore {
            earlier: other,
            sent_at: at(),
        };
        apply(&mut letter, again);
        assert_eq!(letter.state(), State::Stopped(StopReason::SentBefore));
    }

    #[test]
    fn allowing_a_repeat_is_no_yes_to_the_channel() {
        let mut letter = drafted();
        apply(&mut letter, decision(Reason::NoNoticeChannel));
        let asked = letter.state();
        apply(&mut letter, sent_before());
        apply(&mut letter, Happening::RepeatAllowed { earlier: earlier() });
        assert_eq!(letter.state(), asked);
        apply(&mut letter, Happening::Confirmed);
        assert_eq!(letter.state(), State::Ready);
    }

    #[test]
    fn what_a_restored_ledger_holds_unsealed_waits_for_the_clerk_and_stands_then_as_before() {
        let confirmed = |mut letter: Letter| {
            apply(&mut letter, Happening::Restored);
            assert_eq!(letter.state(), State::Stopped(StopReason::Restored));
            apply(&mut letter, Happening::Restored);
            for what in [
                Happening::RegisterSilent,
                decision(Reason::MailboxUsable),
                Happening::Reopened,
                sent_before(),
                Happening::SendPressed { until: at() },
            ] {
                refuses(&letter, what);
            }
            apply(&mut letter, Happening::Confirmed);
            letter.state()
        };
        assert_eq!(confirmed(drafted()), State::Draft);
        assert_eq!(confirmed(ready(Carrier::Digital)), State::Ready);
        assert_eq!(confirmed(held(Carrier::Print)), State::Ready);
        let mut letter = drafted();
        apply(&mut letter, decision(Reason::PersonDeleted));
        assert_eq!(confirmed(letter.clone()), letter.state());
        for reason in [StopReason::ProtectedAddress, StopReason::AddressMissing] {
            let mut letter = ready(Carrier::Print);
            apply(&mut letter, Happening::Stopped { reason });
            assert_eq!(confirmed(letter), State::Stopped(reason));
        }
    }

    #[test]
    fn what_a_restored_ledger_holds_sealed_is_asked_about_before_it_is_offered() {
        let mut letter = sealed(Carrier::Digital);
        apply(&mut letter, Happening::Restored);
        assert_eq!(letter.state(), State::Uncertain);
        for what in [attempt(1), Happening::Undone, Happening::Cancelled] {
            refuses(&letter, what);
        }
        assert_eq!(letter.next_actions(), [Action::CheckStatus]);
        let mut gone = letter.clone();
        apply(&mut gone, accepted());
        apply(&mut gone, status(TransportStatus::Sent));
        assert_eq!((gone.state(), notes(&gone)), (State::AtProvider, vec![]));
        apply(&mut letter, not_received());
        assert_eq!(letter.state(), State::Queued);
        apply(&mut letter, attempt(1));
        assert_eq!(letter.state(), State::Submitting);
        refuses(&gone, Happening::Restored);

        // It may have been offered before the backup was taken back: its ids are never given up.
        let mut letter = sealed(Carrier::Digital);
        apply(&mut letter, Happening::Restored);
        apply(&mut letter, not_received());
        for what in [Happening::Undone, Happening::Cancelled] {
            refuses(&letter, what);
        }
        assert!(letter.may_resubmit() && !letter.may_reseal());
    }

    #[test]
    fn a_letter_offered_in_vain_and_stopped_can_only_be_given_up() {
        let reason = StopReason::ChannelChanged;
        let mut letter = submitting(Carrier::Digital);
        refuses(&letter, Happening::Stopped { reason });
        apply(&mut letter, not_received());
        apply(&mut letter, Happening::Stopped { reason });
        assert!(letter.sealed().is_some());
        assert_eq!(
            letter.next_actions(),
            [Action::CheckStatus, Action::Cancel],
            "never sealed anew"
        );
        for what in [
            Happening::Confirmed,
            Happening::Reopened,
            Happening::Undone,
            decision(Reason::MailboxUsable),
            sealing(Carrier::Digital),
            attempt(2),
        ] {
            refuses(&letter, what);
        }
        apply(&mut letter, Happening::Cancelled);
        assert_eq!(letter.next_actions(), [Action::NewLetter]);
        // Should it have come in all the same, that is said and believed.
        apply(&mut letter, receipt(ReceiptKind::Delivery));
        assert_eq!(letter.state(), State::Delivered);
        assert_eq!(notes(&letter), [Note::Contradiction]);
        refuses(&sealed(Carrier::Digital), Happening::Stopped { reason });
    }

    #[test]
    fn of_a_restored_ledger_a_letter_not_known_goes_on_by_the_clerk_s_word_with_its_ids() {
        let reason = StopReason::Restored;
        let mut letter = sealed(Carrier::Digital);
        let before = letter.sealed().cloned();
        apply(&mut letter, Happening::Restored);
        apply(&mut letter, not_received());
        assert!(letter.wants_word());
        apply(&mut letter, Happening::Stopped { reason });
        assert!(letter.may_cancel());
        // Restored once more: what was done on the word is not known either.
        let mut again = letter.clone();
        apply(&mut again, Happening::Restored);
        assert_eq!(again.state(), State::Uncertain);
        apply(&mut letter, Happening::Confirmed);
        assert_eq!(letter.state(), State::Queued);
        assert_eq!(letter.sealed().cloned(), before);
        assert!(!letter.wants_word() && !letter.may_reseal());
    }

    #[test]
    fn a_letter_never_offered_is_sealed_anew_without_leaving_the_outbox() {
        let mut letter = sealed(Carrier::Digital);
        refuses(&letter, sealing(Carrier::Print));
        apply(&mut letter, sealing(Carrier::Digital));
        assert_eq!(letter.state(), State::Queued);
    }

    #[test]
    fn the_earlier_letter_it_was_stopped_for_is_known_still_after_a_restoration() {
        let mut letter = ready(Carrier::Digital);
        apply(&mut letter, sent_before());
        apply(&mut letter, Happening::Restored);
        apply(&mut letter, Happening::Confirmed);
        assert_eq!(
            letter.sent_before().map(|found| found.earlier),
            Some(earlier())
        );
        apply(&mut letter, Happening::RepeatAllowed { earlier: earlier() });
        assert_eq!(letter.state(), State::Ready);
    }

    #[test]
    fn a_letter_in_the_outbox_keeps_its_sealing_only_while_it_goes_the_same_way() {
        let mut letter = sealed(Carrier::Digital);
        let before = letter.sealed().cloned();
        apply(&mut letter, decision(Reason::MailboxUsable));
        assert_eq!(
            (letter.state(), letter.sealed().cloned()),
            (State::Queued, before)
        );
        for other in [
            Reason::Reserved,
            Reason::NoNoticeChannel,
            Reason::PersonDeleted,
            Reason::AnswerIncomplete,
        ] {
            refuses(&letter, decision(other));
        }
        apply(&mut letter, attempt(1));
        apply(&mut letter, not_received());
        apply(&mut letter, decision(Reason::MailboxUsable));
        refuses(&letter, decision(Reason::Reserved));
        refuses(&letter, sealing(Carrier::Digital));

        // What the clerk said yes to holds for the same reason only.
        let mut paper = drafted();
        apply(&mut paper, decision(Reason::NoNoticeChannel));
        apply(&mut paper, Happening::Confirmed);
        apply(&mut paper, Happening::SendPressed { until: at() });
        apply(&mut paper, sealing(Carrier::Print));
        apply(&mut paper, decision(Reason::NoNoticeChannel));
        refuses(&paper, decision(Reason::MailboxWithoutAddress));
        apply(&mut paper, decision(Reason::Reserved));
        refuses(&paper, decision(Reason::NoNoticeChannel));
    }

    #[test]
    fn a_late_error_and_returned_mail_call_for_a_person_again() {
        let mut letter = submitting(Carrier::Digital);
        for what in [
            accepted(),
            receipt_with(3, ReceiptKind::Delivery),
            receipt_with(4, ReceiptKind::Opening),
        ] {
            apply(&mut letter, what);
        }
        assert!(letter.is_finished() && !letter.needs_follow_up());
        let late = ReceiptKind::Error {
            fault: FaultSide::Server,
        };
        apply(&mut letter, receipt_with(8, late));
        assert_eq!(letter.state(), State::Failed);
        assert_eq!(notes(&letter), [Note::Contradiction]);
        assert!(letter.needs_follow_up());
        assert!(letter.next_actions().contains(&Action::NewLetter));

        let mut paper = submitting(Carrier::Print);
        apply(&mut paper, receipt_with(3, ReceiptKind::Delivery));
        assert!(!paper.needs_follow_up());
        apply(&mut paper, receipt_with(7, ReceiptKind::Returned));
        assert_eq!(paper.state(), State::Returned);
        assert!(paper.needs_follow_up() && notes(&paper).is_empty());
        apply(&mut paper, receipt_with(8, late));
        assert_eq!(paper.state(), State::Failed);
        assert!(paper.needs_follow_up());
    }

    #[test]
    fn attempts_are_counted_without_gaps() {
        let letter = sealed(Carrier::Digital);
        refuses(&letter, attempt(2));
        refuses(&submitting(Carrier::Digital), attempt(2));
    }

    #[test]
    fn an_answer_that_comes_after_the_proof_changes_no_state() {
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, status(TransportStatus::Sent));
        apply(
            &mut letter,
            Happening::AnswerLost {
                code: CauseCode::new("TIMEOUT"),
            },
        );
        apply(&mut letter, accepted());
        assert_eq!(
            (letter.state(), notes(&letter)),
            (State::AtProvider, vec![])
        );
        for what in [not_received(), refused()] {
            let mut letter = letter.clone();
            apply(&mut letter, what);
            assert_eq!(letter.state(), State::AtProvider);
            assert_eq!(notes(&letter), [Note::Contradiction]);
        }
    }

    #[test]
    fn an_error_after_delivery_fails_the_letter_and_is_called_a_contradiction() {
        let error = receipt(ReceiptKind::Error {
            fault: FaultSide::Server,
        });
        for (carrier, before) in [
            (Carrier::Digital, ReceiptKind::Delivery),
            (Carrier::Digital, ReceiptKind::Opening),
            (Carrier::Print, ReceiptKind::Delivery),
            (Carrier::Print, ReceiptKind::Returned),
        ] {
            for failure in [error.clone(), status(TransportStatus::Failed)] {
                let mut letter = submitting(carrier);
                apply(&mut letter, receipt(before));
                apply(&mut letter, failure);
                assert_eq!(letter.state(), State::Failed);
                assert_eq!(notes(&letter), [Note::Contradiction]);
            }
        }
        let mut letter = submitting(Carrier::Print);
        apply(&mut letter, receipt(ReceiptKind::Accepted));
        apply(&mut letter, error);
        assert_eq!((letter.state(), notes(&letter)), (State::Failed, vec![]));
    }

    #[test]
    fn a_receipt_of_the_other_way_out_proves_nothing() {
        for (carrier, kind) in [
            (Carrier::Digital, ReceiptKind::Accepted),
            (Carrier::Digital, ReceiptKind::Returned),
            (Carrier::Print, ReceiptKind::Opening),
            (Carrier::Print, ReceiptKind::NotificationFailed),
        ] {
            let mut letter = submitting(carrier);
            apply(&mut letter, receipt(kind));
            assert_eq!(letter.state(), State::Submitting);
            assert_eq!(notes(&letter), [Note::Contradiction]);
        }
    }

    #[test]
    fn nothing_follows_a_refusal_but_contradictions() {
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, refused());
        assert_eq!(letter.next_actions(), [Action::NewLetter]);
        for what in [
            attempt(2),
            accepted(),
            not_received(),
            Happening::Undone,
            Happening::Cancelled,
        ] {
            refuses(&letter, what);
        }
        for what in [
            receipt(ReceiptKind::Delivery),
            receipt(ReceiptKind::NotificationFailed),
            status(TransportStatus::Sent),
        ] {
            let mut letter = letter.clone();
            apply(&mut letter, what);
            assert_eq!(letter.state(), State::Refused);
            assert_eq!(notes(&letter), [Note::Contradiction]);
        }
    }

    #[test]
    fn nothing_follows_a_cancelled_letter() {
        let mut letter = sealed(Carrier::Digital);
        apply(&mut letter, Happening::Cancelled);
        for what in every_happening() {
            refuses(&letter, what);
        }
    }

    #[test]
    fn a_letter_is_cancelled_only_before_any_attempt() {
        for mut letter in [drafted(), ready(Carrier::Print), held(Carrier::Digital)] {
            apply(&mut letter, Happening::Cancelled);
            assert_eq!(letter.state(), State::Cancelled);
        }
        refuses(&submitting(Carrier::Digital), Happening::Cancelled);
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, not_received());
        refuses(&letter, Happening::Cancelled);
        refuses(&letter, Happening::Undone);
    }

    #[test]
    fn a_letter_called_back_from_the_outbox_is_sealed_anew() {
        let mut letter = sealed(Carrier::Digital);
        apply(&mut letter, Happening::Undone);
        assert_eq!((letter.state(), letter.sealed()), (State::Ready, None));
        refuses(&letter, attempt(1));
    }

    #[test]
    fn nothing_is_sealed_in_the_undo_window_or_for_another_way_than_decided() {
        let letter = held(Carrier::Digital);
        let early = Event {
            at: at()
                .checked_sub(jiff::SignedDuration::from_secs(1))
                .unwrap(),
            ..event(sealing(Carrier::Digital))
        };
        assert!(letter.clone().apply(&early).is_err());
        refuses(&letter, sealing(Carrier::Print));
        refuses(&ready(Carrier::Digital), sealing(Carrier::Digital));
    }

    #[test]
    fn pressed_again_the_undo_window_ends_sooner_and_never_later() {
        let mut letter = ready(Carrier::Digital);
        let until = minutes_after(10);
        apply(&mut letter, Happening::SendPressed { until });
        refuses(&letter, sealing(Carrier::Digital));
        let later = minutes_after(11);
        refuses(&letter, Happening::SendPressed { until: later });
        apply(&mut letter, Happening::SendPressed { until: at() });
        assert_eq!(
            (letter.state(), letter.undo_until()),
            (State::Held, Some(at()))
        );
        apply(&mut letter, sealing(Carrier::Digital));
        assert_eq!(letter.state(), State::Queued);
        refuses(&letter, Happening::SendPressed { until: at() });
    }

    #[test]
    fn an_unsent_letter_is_taken_back_drafted_anew_and_decided_anew() {
        let mut waiting = drafted();
        apply(&mut waiting, Happening::RegisterSilent);
        let mut stopped = drafted();
        apply(&mut stopped, decision(Reason::NoNoticeChannel));
        apply(&mut stopped, Happening::Confirmed);
        let confirmed = stopped.clone();
        apply(
            &mut stopped,
            Happening::Stopped {
                reason: StopReason::AddressMissing,
            },
        );
        for mut letter in [waiting, stopped, confirmed, ready(Carrier::Digital)] {
            apply(&mut letter, Happening::Reopened);
            assert_eq!(
                (letter.state(), letter.carrier(), letter.reason()),
                (State::Draft, None, None)
            );
            let anew = drafting(Environment::Practice, LetterKind::Information);
            apply(&mut letter, anew);
            refuses(&letter, Happening::SendPressed { until: at() });
            // What was said yes to before counts no more.
            apply(&mut letter, decision(Reason::NoNoticeChannel));
            assert!(matches!(letter.state(), State::Stopped(_)));
            assert_eq!(letter.kind(), LetterKind::Information);
        }
        for letter in [
            held(Carrier::Digital),
            sealed(Carrier::Digital),
            submitting(Carrier::Digital),
        ] {
            refuses(&letter, Happening::Reopened);
        }
    }

    #[test]
    fn a_letter_is_delivered_when_its_earliest_receipt_says_so() {
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, status(TransportStatus::Sent));
        assert_eq!(letter.delivered_at(), None);
        apply(&mut letter, receipt_with(9, ReceiptKind::Opening));
        assert_eq!(letter.delivered_at(), Some(minutes_after(9)));
        apply(&mut letter, receipt_with(4, ReceiptKind::Delivery));
        apply(
            &mut letter,
            receipt_with(5, ReceiptKind::NotificationFailed),
        );
        apply(&mut letter, receipt_with(6, ReceiptKind::Delivery));
        assert_eq!(letter.delivered_at(), Some(minutes_after(4)));
    }

    #[test]
    fn what_failed_came_back_or_has_a_note_must_be_looked_at() {
        let digital = || submitting(Carrier::Digital);
        let after = |mut letter: Letter, news: &[Happening]| {
            news.iter().for_each(|one| apply(&mut letter, one.clone()));
            letter
        };
        let returned = [
            receipt(ReceiptKind::Delivery),
            receipt(ReceiptKind::Returned),
        ];
        for letter in [
            after(digital(), &[refused()]),
            after(digital(), &[status(TransportStatus::Failed)]),
            after(submitting(Carrier::Print), &returned),
            after(digital(), &[receipt(ReceiptKind::NotificationFailed)]),
            after(digital(), &[accepted(), not_received()]),
            after(digital(), &[suspect()]),
            after(digital(), &[news(10)]),
            after(digital(), &[accepted(), news(12)]),
            after(sealed(Carrier::Digital), &[suspect()]),
        ] {
            assert!(letter.needs_follow_up(), "{letter:?}");
        }
        let silent = after(digital(), &[not_received()]);
        let opened = [
            receipt(ReceiptKind::Delivery),
            receipt(ReceiptKind::Opening),
        ];
        for letter in [digital(), silent, after(digital(), &opened)] {
            assert!(!letter.needs_follow_up(), "{letter:?}");
        }
    }

    #[test]
    fn every_letter_lies_in_one_place() {
        for letter in letters_in_every_state() {
            let state = letter.state();
            let given_up = state == State::Cancelled;
            let unsent = state.is_unsent();
            // A letter at the access point is on its way, and has left.
            let sealed = state.is_on_its_way() || state.has_left();
            assert_eq!(
                [unsent, sealed, given_up]
                    .map(usize::from)
                    .iter()
                    .sum::<usize>(),
                1,
                "{state:?}"
            );
            assert!(!(letter.needs_follow_up() && (unsent || given_up)));
            assert!(!state.has_left() || !letter.may_cancel());
        }
        let mut called_back = sealed(Carrier::Digital);
        apply(&mut called_back, suspect());
        apply(&mut called_back, Happening::Undone);
        assert_eq!(notes(&called_back), [Note::SuspectReceipt]);
        assert!(!called_back.needs_follow_up());
    }

    #[test]
    fn another_channel_at_a_later_lookup_stops_the_letter() {
        for mut letter in [ready(Carrier::Digital), held(Carrier::Digital)] {
            let before = letter.clone();
            apply(&mut letter, decision(Reason::MailboxUsable));
            assert_eq!(letter, before);
            apply(&mut letter, decision(Reason::Reserved));
            assert_eq!(letter.state(), State::Stopped(StopReason::ChannelChanged));
            refuses(&letter, Happening::SendPressed { until: at() });
            apply(&mut letter, Happening::Confirmed);
            assert_eq!(letter.state(), State::Ready);
            assert_eq!(letter.carrier(), Some(Carrier::Print));
        }
    }

    #[test]
    fn print_that_must_be_confirmed_waits_for_the_clerk_once() {
        let mut letter = drafted();
        apply(&mut letter, decision(Reason::CertificateExpired));
        let stopped = State::Stopped(StopReason::Decision(Reason::CertificateExpired));
        assert_eq!(letter.state(), stopped);
        apply(&mut letter, Happening::Confirmed);
        apply(&mut letter, decision(Reason::CertificateExpired));
        assert_eq!(letter.state(), State::Ready);
        apply(&mut letter, decision(Reason::NoNoticeChannel));
        assert_eq!(
            letter.state(),
            State::Stopped(StopReason::Decision(Reason::NoNoticeChannel))
        );
    }

    #[test]
    fn one_removed_from_the_register_gets_paper_only_by_choice_and_a_fault_never() {
        let mut letter = drafted();
        apply(&mut letter, decision(Reason::PersonDeleted));
        apply(&mut letter, Happening::Confirmed);
        assert_eq!(
            (letter.state(), letter.carrier()),
            (State::Ready, Some(Carrier::Print))
        );
        for reason in [Reason::AnswerIncomplete, Reason::AnswerForOtherPerson] {
            let mut letter = drafted();
            apply(&mut letter, decision(reason));
            refuses(&letter, Happening::Confirmed);
            assert!(!letter.next_actions().contains(&Action::Confirm));
        }
        for reason in [StopReason::ProtectedAddress, StopReason::AddressMissing] {
            let mut letter = ready(Carrier::Print);
            apply(&mut letter, Happening::Stopped { reason });
            refuses(&letter, Happening::Confirmed);
        }
    }

    #[test]
    fn a_decision_against_the_table_is_refused() {
        let Happening::Decided(mut decided) = decision(Reason::Reserved) else {
            panic!()
        };
        decided.channel = ChannelName::Digital;
        refuses(&drafted(), Happening::Decided(decided));
    }

    #[test]
    fn silence_waits_wherever_the_letter_stands() {
        for mut letter in [drafted(), ready(Carrier::Digital), held(Carrier::Digital)] {
            apply(&mut letter, Happening::RegisterSilent);
            assert_eq!(letter.state(), State::WaitingForRegister);
            refuses(&letter, Happening::SendPressed { until: at() });
            apply(&mut letter, decision(Reason::NoAnswer));
            assert_eq!(letter.state(), State::WaitingForRegister);
        }
    }

    #[test]
    fn nobody_approves_their_own_request() {
        let mut letter = ready(Carrier::Digital);
        let by = |name: &str, what| Event {
            actor: Actor::Clerk(name.into()),
            ..event(what)
        };
        letter.apply(&by("kari", Happening::ApprovalAsked)).unwrap();
        let approved = Happening::Approved { until: at() };
        assert!(letter.apply(&by("kari", approved.clone())).is_err());
        letter.apply(&by("ola", approved)).unwrap();
        assert_eq!(
            (letter.state(), letter.undo_until()),
            (State::Held, Some(at()))
        );
    }

    #[test]
    fn a_letter_never_changes_its_environment() {
        let mut letter = drafted();
        refuses(
            &letter,
            drafting(Environment::Production, LetterKind::Decision),
        );
        apply(
            &mut letter,
            drafting(Environment::Practice, LetterKind::Information),
        );
        assert_eq!(letter.kind(), LetterKind::Information);
        refuses(
            &ready(Carrier::Print),
            drafting(Environment::Practice, LetterKind::Decision),
        );
    }

    #[test]
    fn a_history_begins_with_a_draft() {
        let id = LetterId::generate();
        let fault = Letter::from_events(id, &[event(Happening::Undone)]).unwrap_err();
        assert_eq!(
            fault,
            Impossible {
                state: None,
                happening: "undone"
            }
        );
        let fault = Letter::from_events(id, &[]).unwrap_err();
        assert_eq!(fault.happening, "nothing");
    }

    #[test]
    fn a_receipt_that_waits_for_trust_is_a_note_until_it_is_verified() {
        let waiting = || Happening::ReceiptWaitingForTrust {
            receipt_id: receipt_id(1),
            receipt: Digest::of(b"r"),
            signer_certificate: Digest::of(b"c"),
        };
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, waiting());
        assert_eq!(notes(&letter), [Note::ReceiptWaitingForTrust]);
        assert_eq!(letter.state(), State::Submitting);
        apply(&mut letter, receipt_with(1, ReceiptKind::Delivery));
        assert_eq!((letter.state(), notes(&letter)), (State::Delivered, vec![]));
        apply(&mut letter, waiting());
        assert_eq!(notes(&letter), []);
        assert!(letter.has_verified(receipt_id(1)));
    }

    #[test]
    fn a_suspect_receipt_is_a_note_and_moves_nothing() {
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, suspect());
        assert_eq!(
            (letter.state(), notes(&letter)),
            (State::Submitting, vec![Note::SuspectReceipt])
        );
        refuses(&ready(Carrier::Digital), suspect());
    }

    #[test]
    fn a_late_step_is_a_note_until_it_comes() {
        let late = |step| Happening::Overdue { step };
        let mut letter = submitting(Carrier::Digital);
        apply(&mut letter, accepted());
        apply(&mut letter, late(Step::AtProvider));
        apply(&mut letter, late(Step::Delivered));
        apply(&mut letter, status(TransportStatus::Sent));
        assert_eq!(notes(&letter), [Note::Late(Step::Delivered)]);
        apply(&mut letter, receipt(ReceiptKind::Opening));
        apply(&mut letter, late(Step::Delivered));
        assert_eq!(notes(&letter), []);
    }

    #[test]
    fn a_proof_about_a_letter_not_known_to_be_sent_is_believed_and_noted() {
        let mut letter = sealed(Carrier::Digital);
        apply(&mut letter, receipt(ReceiptKind::Delivery));
        assert_eq!(
            (letter.state(), notes(&letter)),
            (State::Delivered, vec![Note::Contradiction])
        );
        assert!(!letter.may_resubmit() && !letter.may_cancel());
    }

    #[test]
    fn the_golden_history_ends_where_it_should() {
        let events: Vec<Event> = include_str!("../golden/digital.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let letter = Letter::from_events(LetterId::generate(), &events).unwrap();
        assert_eq!((letter.state(), letter.attempts()), (State::Failed, 2));
        let expected = [
            Note::NotificationFailed,
            Note::Contradiction,
            Note::SuspectReceipt,
        ];
        assert_eq!(notes(&letter), expected);
        assert_eq!(letter.environment(), Environment::Practice);
        assert!(letter.replaces().is_some());
    }

    #[test]
    fn states_have_one_name_in_both_forms() {
        use State::*;
        for state in [
            Draft,
            WaitingForRegister,
            AtAccessPoint,
            HandedToPost,
            PostedHere,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        let stopped = serde_json::to_value(Stopped(StopReason::Duplicate)).unwrap();
        assert_eq!(stopped, serde_json::json!({"stopped": "duplicate"}));
    }

    #[test]
    fn what_is_offered_is_what_can_be_done() {
        for letter in letters_in_every_state() {
            for (action, what) in [
                (Action::LookUp, Happening::RegisterSilent),
                (Action::Confirm, Happening::Confirmed),
                (
                    Action::AllowRepeat,
                    Happening::RepeatAllowed { earlier: earlier() },
                ),
                (Action::Reopen, Happening::Reopened),
                (Action::AskApproval, Happening::ApprovalAsked),
                (Action::Approve, Happening::Approved { until: at() }),
                (Action::SendBack, Happening::SentBack),
                (Action::Send, Happening::SendPressed { until: at() }),
                (Action::Undo, Happening::Undone),
                (Action::PrintHere, Happening::PrintedHere),
                (Action::ConfirmPosted, Happening::PostedHere),
                (Action::Cancel, Happening::Cancelled),
            ] {
                let mut after = letter.clone();
                let done = after
                    .apply(&Event {
                        actor: Actor::Program,
                        ..event(what)
                    })
                    .is_ok();
                assert_eq!(
                    letter.next_actions().contains(&action),
                    done,
                    "{action:?} {letter:?}"
                );
            }
            let stuck = letter.next_actions().is_empty() && letter.state() != State::Submitting;
            assert!(!stuck, "{letter:?}");
        }
    }

    #[test]
    fn an_impossible_event_leaves_the_letter_as_it_was() {
        for letter in letters_in_every_state() {
            for what in every_happening() {
                let mut after = letter.clone();
                let name = what.name();
                if let Err(fault) = after.apply(&event(what)) {
                    assert_eq!(after, letter);
                    let expected = Impossible {
                        state: Some(letter.state()),
                        happening: name,
                    };
                    assert_eq!(fault, expected);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn receipts_and_statuses_in_any_order_and_number_give_one_letter(
            carrier in prop_oneof![Just(Carrier::Digital), Just(Carrier::Print)],
            start in 0_usize..5,
            (sorted, shuffled) in prop::collection::btree_set(0..NEWS, 0..NEWS)
                .prop_flat_map(|set| {
                    let all: Vec<usize> = set.iter().copied().collect();
                    let again = prop::collection::vec(0..all.len().max(1), 0..12);
                    (Just(all), again)
                })
                .prop_flat_map(|(all, again)| {
                    let mut many = all.clone();
                    many.extend(again.into_iter().filter_map(|at| all.get(at)));
                    (Just(all), Just(many).prop_shuffle())
                }),
        ) {
            let fold = |order: &[usize]| {
                let mut letter = under_way(carrier, start);
                order.iter().for_each(|at| apply(&mut letter, news(*at)));
                letter
            };
            let (expected, letter) = (fold(&sorted), fold(&shuffled));
            prop_assert_eq!(&letter, &Letter { id: letter.id, ..expected });
            if let Some(highest) = sorted.iter().filter_map(|at| rank(carrier, *at)).max() {
                let start = rank_of(under_way(carrier, start).state());
                let rank = highest.max(start);
                prop_assert_eq!(rank_of(letter.state()), rank);
                // Returned mail and an error, however late, ask for a person.
                prop_assert!(rank < 6 || letter.needs_follow_up());
            }
        }

        #[test]
        fn no_sequence_of_events_sends_a_letter_twice_or_breaks_the_fold(
            steps in prop::collection::vec(0_usize..40, 0..60),
        ) {
            let mut letter = drafted();
            let mut proven = false;
            for step in steps {
                let happenings = every_happening();
                let what = happenings[step % happenings.len()].clone();
                let what = match what {
                    Happening::AttemptStarted { .. } => attempt(letter.attempts() + 1),
                    other => other,
                };
                let begins = matches!(what, Happening::AttemptStarted { .. });
                let before = letter.state();
                if letter.apply(&event(what)).is_ok() {
                    prop_assert!(!begins || (before == State::Queued && !proven));
                    proven |= !letter.evidence.is_empty();
                    prop_assert!(!proven || rank_of(letter.state()) > 0);
                }
            }
        }
    }

    const NEWS: usize = 16;

    /// What the outside can tell of a letter under way.
    fn news(at: usize) -> Happening {
        match at {
            0 => status(TransportStatus::Created),
            1 => status(TransportStatus::Sent),
            2 => status(TransportStatus::Failed),
            3 => receipt_with(3, ReceiptKind::Delivery),
            4 => receipt_with(4, ReceiptKind::Opening),
            5 => receipt_with(5, ReceiptKind::NotificationFailed),
            6 => receipt_with(6, ReceiptKind::Accepted),
            7 => receipt_with(7, ReceiptKind::Returned),
            8 => receipt_with(
                8,
                ReceiptKind::Error {
                    fault: FaultSide::Client,
                },
            ),
            9 => suspect(),
            10 => Happening::ReceiptWaitingForTrust {
                receipt_id: receipt_id(3),
                receipt: Digest::of(b"r"),
                signer_certificate: Digest::of(b"c"),
            },
            11 => Happening::ReceiptWaitingForTrust {
                receipt_id: receipt_id(99),
                receipt: Digest::of(b"r"),
                signer_certificate: Digest::of(b"c"),
            },
            12 => Happening::Overdue {
                step: Step::Delivered,
            },
            13 => accepted(),
            // Another of the same kind, of an earlier time.
            14 => receipt_with(2, ReceiptKind::Delivery),
            _ => receipt_with(
                15,
                ReceiptKind::Error {
                    fault: FaultSide::Server,
                },
            ),
        }
    }

    /// The height a piece of news lifts a letter to.
    fn rank(carrier: Carrier, news: usize) -> Option<u8> {
        match (news, carrier) {
            (0 | 13, _) => Some(1),
            (1, _) => Some(2),
            (6, Carrier::Print) => Some(3),
            (3 | 14, _) => Some(4),
            (4, Carrier::Digital) => Some(5),
            (7, Carrier::Print) => Some(6),
            (2 | 8 | 15, _) => Some(7),
            _ => None,
        }
    }

    fn rank_of(state: State) -> u8 {
        match state {
            State::AtAccessPoint => 1,
            State::AtProvider => 2,
            State::PrintAccepted => 3,
            State::Delivered | State::HandedToPost => 4,
            State::Opened => 5,
            State::Returned => 6,
            State::Failed => 7,
            _ => 0,
        }
    }

    fn under_way(carrier: Carrier, start: usize) -> Letter {
        let mut letter = submitting(carrier);
        let lost = Happening::AnswerLost {
            code: CauseCode::new("TIMEOUT"),
        };
        match start {
            0 => {}
            1 => apply(&mut letter, lost),
            2 => apply(&mut letter, accepted()),
            3 => apply(&mut letter, not_received()),
            _ => apply(&mut letter, status(TransportStatus::Sent)),
        }
        letter
    }

    fn letters_in_every_state() -> Vec<Letter> {
        let after = |mut letter: Letter, what| {
            apply(&mut letter, what);
            letter
        };
        let mut letters = vec![
            drafted(),
            after(drafted(), Happening::RegisterSilent),
            after(drafted(), decision(Reason::AnswerIncomplete)),
            after(drafted(), decision(Reason::PersonDeleted)),
            after(drafted(), decision(Reason::NoNoticeChannel)),
            after(
                ready(Carrier::Print),
                Happening::Stopped {
                    reason: StopReason::Duplicate,
                },
            ),
            after(ready(Carrier::Print), Happening::PrintedHere),
            after(ready(Carrier::Digital), Happening::ApprovalAsked),
            after(ready(Carrier::Digital), sent_before()),
            after(ready(Carrier::Digital), Happening::Restored),
            after(drafted(), Happening::Restored),
            after(sealed(Carrier::Digital), Happening::Restored),
            after(drafted(), Happening::Cancelled),
            after(submitting(Carrier::Digital), refused()),
        ];
        for carrier in [Carrier::Digital, Carrier::Print] {
            letters.extend([ready(carrier), held(carrier), sealed(carrier)]);
            letters.extend((0..5).map(|start| under_way(carrier, start)));
            letters.extend((0..NEWS).map(|at| after(submitting(carrier), news(at))));
        }
        letters.push(after(letters[6].clone(), Happening::PostedHere));
        letters
    }

    fn every_happening() -> Vec<Happening> {
        let mut all: Vec<Happening> = (0..NEWS).map(news).collect();
        all.extend([
            drafting(Environment::Practice, LetterKind::Decision),
            Happening::RegisterSilent,
            decision(Reason::MailboxUsable),
            decision(Reason::Reserved),
            decision(Reason::NoNoticeChannel),
            decision(Reason::PersonDeleted),
            Happening::Stopped {
                reason: StopReason::AddressMissing,
            },
            Happening::Confirmed,
            Happening::ApprovalAsked,
            Happening::Approved { until: at() },
            Happening::SentBack,
            Happening::SendPressed { until: at() },
            Happening::Undone,
            sealing(Carrier::Digital),
            sealing(Carrier::Print),
            Happening::TokenFetched { expires_at: at() },
            attempt(1),
            not_received(),
            Happening::AnswerLost {
                code: CauseCode::new("TIMEOUT"),
            },
            refused(),
            Happening::PrintedHere,
            Happening::PostedHere,
            Happening::Cancelled,
            Happening::Reopened,
            sent_before(),
            Happening::RepeatAllowed { earlier: earlier() },
            Happening::Restored,
        ]);
        all
    }

    fn at() -> Timestamp {
        "2026-09-01T12:00:00Z".parse().unwrap()
    }

    fn earlier() -> LetterId {
        LetterId::parse("3d1c6b1e-0000-4000-8000-000000000003").unwrap()
    }

    fn sent_before() -> Happening {
        Happening::SentBefore {
            earlier: earlier(),
            sent_at: at(),
        }
    }

    fn minutes_after(minutes: usize) -> Timestamp {
        at() + jiff::SignedDuration::from_mins(minutes as i64)
    }

    fn event(what: Happening) -> Event {
        Event {
            at: at(),
            actor: Actor::Clerk("kari".into()),
            what,
        }
    }

    fn apply(letter: &mut Letter, what: Happening) {
        letter.apply(&event(what)).unwrap();
    }

    fn refuses(letter: &Letter, what: Happening) {
        let mut after = letter.clone();
        assert!(
            after.apply(&event(what.clone())).is_err(),
            "{what:?} in {:?}",
            letter.state()
        );
        assert_eq!(after, *letter);
    }

    fn notes(letter: &Letter) -> Vec<Note> {
        letter.notes().iter().copied().collect()
    }

    fn drafting(environment: Environment, kind: LetterKind) -> Happening {
        Happening::Drafted(Drafted {
            environment,
            kind,
            documents: Vec::new(),
            security: SecurityLevel::Level4,
            language: Language::parse("nb").unwrap(),
            opening_receipt: OpeningReceipt::NotWanted,
            visible_from: None,
            replaces: None,
        })
    }

    fn drafted() -> Letter {
        let first = event(drafting(Environment::Practice, LetterKind::Decision));
        Letter::from_events(LetterId::generate(), [&first]).unwrap()
    }

    fn ready(carrier: Carrier) -> Letter {
        let mut letter = drafted();
        let reason = match carrier {
            Carrier::Digital => Reason::MailboxUsable,
            Carrier::Print => Reason::Reserved,
        };
        apply(&mut letter, decision(reason));
        letter
    }

    fn held(carrier: Carrier) -> Letter {
        let mut letter = ready(carrier);
        apply(&mut letter, Happening::SendPressed { until: at() });
        letter
    }

    const MESSAGE: &str = "1d1c6b1e-0000-4000-8000-000000000001";

    fn sealed(carrier: Carrier) -> Letter {
        let mut letter = held(carrier);
        apply(&mut letter, sealing(carrier));
        letter
    }

    fn submitting(carrier: Carrier) -> Letter {
        let mut letter = sealed(carrier);
        apply(&mut letter, attempt(1));
        letter
    }

    fn decision(reason: Reason) -> Happening {
        let (channel, confirm) = reason.outcome();
        let facts = Facts {
            looked_up_at: at(),
            status: Field::Absent,
            reservation: Field::Absent,
            reserved_at: None,
            notification: Field::Absent,
            supplier: None,
            certificate: None,
            email: ContactFacts::Absent,
            mobile: ContactFacts::Absent,
            warnings: BTreeSet::new(),
        };
        Happening::Decided(Decided {
            channel,
            reason,
            facts,
            confirm,
        })
    }

    fn sealing(carrier: Carrier) -> Happening {
        Happening::Sealed(Sealed {
            message_id: MessageId::parse(MESSAGE).unwrap(),
            conversation_id: ConversationId::parse("2d1c6b1e-0000-4000-8000-000000000002").unwrap(),
            parcel: Digest::of(b"parcel"),
            parcel_bytes: 6,
            signer: Digest::of(b"signer"),
            recipient_certificate: Digest::of(b"recipient"),
            receiver: "984661185".parse().unwrap(),
            carrier,
        })
    }

    fn attempt(attempt: u32) -> Happening {
        Happening::AttemptStarted {
            attempt,
            message_id: MessageId::parse(MESSAGE).unwrap(),
        }
    }

    fn accepted() -> Happening {
        Happening::Accepted {
            how: Acceptance::Answered,
        }
    }

    fn not_received() -> Happening {
        Happening::NotReceived {
            code: CauseCode::new("CONNECTION_REFUSED"),
        }
    }

    fn refused() -> Happening {
        Happening::RefusedAtAccessPoint {
            code: CauseCode::new("SCHEMA"),
            http_status: Some(400),
        }
    }

    fn status(status: TransportStatus) -> Happening {
        Happening::StatusSeen {
            status,
            stamp: None,
        }
    }

    fn receipt(kind: ReceiptKind) -> Happening {
        receipt_with(1, kind)
    }

    fn receipt_with(id: usize, kind: ReceiptKind) -> Happening {
        Happening::ReceiptVerified(VerifiedReceiptFacts {
            kind,
            receipt_id: receipt_id(id),
            occurred_at: minutes_after(id),
            signer: "984661185".parse().unwrap(),
            signer_certificate: Digest::of(b"c"),
            receipt: Digest::of(b"r"),
        })
    }

    fn receipt_id(id: usize) -> ReceiptId {
        ReceiptId::parse(&format!("5d1c6b1e-0000-4000-8000-{id:012}")).unwrap()
    }

    fn suspect() -> Happening {
        Happening::ReceiptSuspect {
            receipt_id: None,
            receipt: Digest::of(b"s"),
            code: CauseCode::new("WRONG_SIGNER"),
        }
    }
}
