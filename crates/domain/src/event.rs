use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ChannelName, Confirmation, ConversationId, Decision, Digest, Environment, Facts, Language,
    LetterId, LetterKind, MediaType, MessageId, OrgNumber, Reason, ReceiptId, SecurityLevel, State,
    UnknownName,
};

/// Something that happened to a letter.
///
/// Its JSON form is frozen by every ledger written since the first day: variants and fields are
/// only ever added, an absent field is left out and never null. Nothing in it may tell who the
/// receiver is or what the letter says; that goes into [`crate::PersonalFields`] beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub what: Happening,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A clerk, by user name on this machine.
    Clerk(String),
    /// An administrator, by user name on this machine.
    Administrator(String),
    /// Utpost itself.
    Program,
}

/// What can happen to a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// A document came in, or the draft's documents or kind were changed. Always the first event.
    Drafted(Drafted),
    /// The register gave no answer.
    RegisterSilent,
    /// The register answered and the channel was chosen.
    Decided(Decided),
    /// Something other than the decision table stopped the letter.
    Stopped {
        /// What.
        reason: StopReason,
    },
    /// The clerk said yes to what the letter was stopped for.
    Confirmed,
    /// Another clerk is asked to approve.
    ApprovalAsked,
    /// Another clerk approved; the undo window runs.
    Approved {
        /// When the window closes.
        until: Timestamp,
    },
    /// Another clerk did not approve.
    SentBack,
    /// Send was pressed; the undo window runs. Pressed again in the window, it ends sooner.
    SendPressed {
        /// When the window closes.
        until: Timestamp,
    },
    /// The sending was called back: in the undo window, or in the outbox before any attempt.
    Undone,
    /// The parcel lies sealed and synced on disk.
    Sealed(Sealed),
    /// An access token came; the token itself is written down nowhere.
    TokenFetched {
        /// When it expires.
        expires_at: Timestamp,
    },
    /// An attempt to send is about to begin.
    AttemptStarted {
        /// Counted from 1.
        attempt: u32,
        /// What is being sent. A letter called back and sealed anew meanwhile has another, and
        /// the attempt of the earlier sealing is impossible.
        message_id: MessageId,
    },
    /// The access point surely has not received the letter.
    NotReceived {
        /// How that is known.
        code: CauseCode,
    },
    /// Whether the access point received the letter is not known.
    AnswerLost {
        /// What came instead of an answer.
        code: CauseCode,
    },
    /// The access point has the letter.
    Accepted {
        /// How that is known.
        how: Acceptance,
    },
    /// The access point refused the letter for good and has kept nothing of it.
    RefusedAtAccessPoint {
        /// Why.
        code: CauseCode,
        /// The HTTP status, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        http_status: Option<u16>,
    },
    /// The access point told a transport status.
    StatusSeen {
        /// Which.
        status: TransportStatus,
        /// Its time as told; may lack an offset, so nothing is ordered by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stamp: Option<StampText>,
    },
    /// A receipt came and every check of it passed.
    ReceiptVerified(VerifiedReceiptFacts),
    /// A receipt came that failed a check. It is kept and changes no state.
    ReceiptSuspect {
        /// Its id, if it could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt_id: Option<ReceiptId>,
        /// SHA-256 of the receipt as received.
        receipt: Digest,
        /// Which check.
        code: CauseCode,
    },
    /// A receipt came whose signer's issuer is not on the list of trusted ones yet.
    ReceiptWaitingForTrust {
        /// Its id.
        receipt_id: ReceiptId,
        /// SHA-256 of the receipt as received.
        receipt: Digest,
        /// SHA-256 of the signer's certificate.
        signer_certificate: Digest,
    },
    /// A step has not come in the time it usually takes.
    Overdue {
        /// Which.
        step: Step,
    },
    /// Printed on the office printer.
    PrintedHere,
    /// The clerk posted it.
    PostedHere,
    /// The clerk gave it up.
    Cancelled,
    /// The unsent letter was taken back to be changed.
    Reopened,
    /// The same main document went to the same citizen a short while ago.
    SentBefore {
        /// The letter it went with.
        earlier: LetterId,
        /// When that one went.
        sent_at: Timestamp,
    },
    /// The clerk wants the same document sent to the same citizen once more. Why stands beside it
    /// as a personal field.
    RepeatAllowed {
        /// The letter it went with before.
        earlier: LetterId,
    },
    /// The ledger was brought back from a backup. What was done with the letter after the backup
    /// was taken is not in it.
    Restored,
}

impl Happening {
    /// The name of the variant as in the JSON form.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Drafted(_) => "drafted",
            Self::RegisterSilent => "register_silent",
            Self::Decided(_) => "decided",
            Self::Stopped { .. } => "stopped",
            Self::Confirmed => "confirmed",
            Self::ApprovalAsked => "approval_asked",
            Self::Approved { .. } => "approved",
            Self::SentBack => "sent_back",
            Self::SendPressed { .. } => "send_pressed",
            Self::Undone => "undone",
            Self::Sealed(_) => "sealed",
            Self::TokenFetched { .. } => "token_fetched",
            Self::AttemptStarted { .. } => "attempt_started",
            Self::NotReceived { .. } => "not_received",
            Self::AnswerLost { .. } => "answer_lost",
            Self::Accepted { .. } => "accepted",
            Self::RefusedAtAccessPoint { .. } => "refused_at_access_point",
            Self::StatusSeen { .. } => "status_seen",
            Self::ReceiptVerified(_) => "receipt_verified",
            Self::ReceiptSuspect { .. } => "receipt_suspect",
            Self::ReceiptWaitingForTrust { .. } => "receipt_waiting_for_trust",
            Self::Overdue { .. } => "overdue",
            Self::PrintedHere => "printed_here",
            Self::PostedHere => "posted_here",
            Self::Cancelled => "cancelled",
            Self::Reopened => "reopened",
            Self::SentBefore { .. } => "sent_before",
            Self::RepeatAllowed { .. } => "repeat_allowed",
            Self::Restored => "restored",
        }
    }
}

/// A draft's lasting properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drafted {
    /// Where the letter belongs for ever.
    pub environment: Environment,
    /// What it is in law.
    pub kind: LetterKind,
    /// The main document first, then attachments in order.
    pub documents: Vec<DocumentFacts>,
    /// Login level the citizen needs.
    pub security: SecurityLevel,
    /// The letter's language.
    pub language: Language,
    /// Whether the citizen is asked to let the opening be told.
    pub opening_receipt: OpeningReceipt,
    /// From when the citizen sees it; at once when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_from: Option<Timestamp>,
    /// The letter this one was made anew from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<LetterId>,
}

/// Whether the citizen is asked for consent to report the opening. Costs money for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpeningReceipt {
    /// Asked.
    Wanted,
    /// Not asked.
    NotWanted,
}

/// A document without its name and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFacts {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// Its type.
    pub media_type: MediaType,
}

/// A [`Decision`] without what only the sending needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// How the letter goes.
    pub channel: ChannelName,
    /// Why.
    pub reason: Reason,
    /// What the choice rests on.
    pub facts: Facts,
    /// Whether the clerk must say yes first.
    pub confirm: Confirmation,
}

impl Decided {
    /// The way out that is chosen or proposed.
    pub fn carrier(&self) -> Option<Carrier> {
        match self.channel {
            ChannelName::Digital => Some(Carrier::Digital),
            ChannelName::Print => Some(Carrier::Print),
            // The clerk may choose paper after having looked into it.
            ChannelName::Stop if self.reason == Reason::PersonDeleted => Some(Carrier::Print),
            ChannelName::Stop | ChannelName::Wait => None,
        }
    }
}

impl From<&Decision> for Decided {
    fn from(decision: &Decision) -> Self {
        Self {
            channel: decision.channel.kind(),
            reason: decision.reason,
            facts: decision.facts.clone(),
            confirm: decision.confirm,
        }
    }
}

impl From<&Decision> for Happening {
    fn from(decision: &Decision) -> Self {
        Self::Decided(decision.into())
    }
}

/// The two ways out through the access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// To a mailbox.
    Digital,
    /// To the print provider.
    Print,
}

/// What a sealed letter is known by, on every attempt the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Key of statuses and retries.
    pub message_id: MessageId,
    /// Key of receipts.
    pub conversation_id: ConversationId,
    /// SHA-256 of the encrypted package.
    pub parcel: Digest,
    /// Its size.
    pub parcel_bytes: u64,
    /// SHA-256 of the signer's certificate.
    pub signer: Digest,
    /// SHA-256 of the certificate encrypted to.
    pub recipient_certificate: Digest,
    /// The mailbox supplier or print provider; only it may sign receipts.
    pub receiver: OrgNumber,
    /// By which way.
    pub carrier: Carrier,
}

/// How it is known that the access point has the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// It answered so.
    Answered,
    /// It refused the same message id as already there.
    AlreadyThere,
    /// It lists statuses for the message.
    HasStatuses,
}

/// Transport statuses of an access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportStatus {
    /// OPPRETTET: taken in.
    Created,
    /// SENDT: handed over to the provider's access point.
    Sent,
    /// FEILET: could not be handed over.
    Failed,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReceiptKind {
    /// Leveringskvittering: in the mailbox, or handed over to the post.
    Delivery,
    /// Åpningskvittering: opened by the citizen.
    Opening,
    /// Varslingfeiletkvittering: a notice did not reach; the letter stands.
    NotificationFailed,
    /// Mottakskvittering: taken in for printing.
    Accepted,
    /// Returpostkvittering: came back undeliverable.
    Returned,
    /// Feil: was not delivered.
    Error {
        /// Whose fault, by the provider's word.
        fault: FaultSide,
    },
}

/// Whose fault an error receipt says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultSide {
    /// The sender's.
    Client,
    /// The provider's.
    Server,
}

/// A verified receipt without its free text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedReceiptFacts {
    /// What it says.
    pub kind: ReceiptKind,
    /// Its id.
    pub receipt_id: ReceiptId,
    /// When, by the provider, that happened.
    pub occurred_at: Timestamp,
    /// The organisation in the signer's certificate.
    pub signer: OrgNumber,
    /// SHA-256 of the signer's certificate.
    pub signer_certificate: Digest,
    /// SHA-256 of the receipt as received.
    pub receipt: Digest,
}

/// Why a letter stands still until a person has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A row of the decision table that stops, or whose print must be confirmed.
    Decision(Reason),
    /// The receiver's address is protected.
    ProtectedAddress,
    /// A letter on paper without an address.
    AddressMissing,
    /// A later lookup led to another channel than the one shown, or, for a letter that was offered
    /// in vain, than the one it is sealed for.
    ChannelChanged,
    /// The same document went to the same receiver a short while ago. Stands in old ledgers only.
    Duplicate,
    /// The same main document went to the same citizen a short while ago, see
    /// [`Happening::SentBefore`].
    SentBefore,
    /// The ledger was brought back from a backup, and the letter may have gone since, see
    /// [`Happening::Restored`].
    Restored,
    /// Offered in vain, and by now the agency signs with another certificate than the parcel was
    /// signed with.
    SignerChanged,
}

/// A step on the way whose absence is worth a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Handed over to the provider.
    AtProvider,
    /// Taken in for printing.
    PrintAccepted,
    /// In the mailbox, or handed over to the post.
    Delivered,
}

/// A machine-readable cause. Made only from words in the program's own text, so that no foreign or
/// personal text can get into an event through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CauseCode(Cow<'static, str>);

impl CauseCode {
    /// A cause by its fixed code.
    pub const fn new(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<CauseCode> for String {
    fn from(code: CauseCode) -> String {
        code.0.into_owned()
    }
}

impl TryFrom<String> for CauseCode {
    type Error = UnknownName;

    fn try_from(code: String) -> Result<Self, UnknownName> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if code.is_empty() || code.len() > 64 || !code.bytes().all(plain) {
            return Err(UnknownName);
        }
        Ok(Self(Cow::Owned(code)))
    }
}

/// A time as an access point wrote it: at most 40 of the characters times are written with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StampText(String);

impl StampText {
    /// Takes the text if it looks like a time at all.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_digit() || b"TtZz:.,+- ".contains(&byte);
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<StampText> for String {
    fn from(stamp: StampText) -> String {
        stamp.0
    }
}

impl TryFrom<String> for StampText {
    type Error = UnknownName;

    fn try_from(text: String) -> Result<Self, UnknownName> {
        Self::parse(&text).ok_or(UnknownName)
    }
}

/// A happening that cannot follow on the letter's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{happening} cannot happen to a letter in state {state:?}")]
pub struct Impossible {
    /// The state the letter stays in; none before its first event.
    pub state: Option<State>,
    /// [`Happening::name`], or `nothing` for an empty history.
    pub happening: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for every kind of event that a digital letter can meet. Ledgers hold such lines: a
    /// change that this test refuses makes their hashes fail.
    const DIGITAL: &str = include_str!("../golden/digital.jsonl");

    const REST: [&str; 9] = [
        r#"{"refused_at_access_point":{"code":"SCHEMA","http_status":400}}"#,
        r#"{"stopped":{"reason":{"decision":"PERSON_DELETED"}}}"#,
        r#""printed_here""#,
        r#""posted_here""#,
        r#""cancelled""#,
        r#"{"sent_before":{"earlier":"3d1c6b1e-0000-4000-8000-000000000003","sent_at":"2026-09-01T12:00:00Z"}}"#,
        r#"{"repeat_allowed":{"earlier":"3d1c6b1e-0000-4000-8000-000000000003"}}"#,
        r#""restored""#,
        r#"{"stopped":{"reason":"sent_before"}}"#,
    ];

    #[test]
    fn the_json_form_of_events_is_frozen() {
        for line in DIGITAL.lines() {
            let event: Event = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), line);
            let value = serde_json::to_value(&event.what).unwrap();
            let name = value
                .as_str()
                .or_else(|| value.as_object()?.keys().next().map(|k| &**k));
            assert_eq!(name, Some(event.what.name()));
        }
        for line in REST {
            let what: Happening = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_string(&what).unwrap(), line);
            assert!(line.contains(&format!("\"{}\"", what.name())));
        }
    }

    #[test]
    fn nothing_unknown_can_hide_in_a_stored_event() {
        for line in [
            r#"{"at":"2026-09-01T12:00:00Z","actor":"program","what":"undone","more":1}"#,
            r#"{"at":"2026-09-01T12:00:00Z","actor":"program","what":{"attempt_started":{"attempt":1,"more":1}}}"#,
            r#"{"at":"2026-09-01T12:00:00Z","actor":"program","what":{"answer_lost":{"code":"Kari Prøve"}}}"#,
            r#"{"at":"2026-09-01T12:00:00Z","actor":"program","what":{"status_seen":{"status":"sent","stamp":"Kari"}}}"#,
        ] {
            assert!(serde_json::from_str::<Event>(line).is_err(), "{line}");
        }
    }
}
