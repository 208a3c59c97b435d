//! What happens to letters, as tests and measurements write it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use utpost_domain::{
    Acceptance, Carrier, ChannelName, Confirmation, ContactFacts, ConversationId, Decided, Digest,
    DocumentFacts, Drafted, Environment, Facts, Field, Happening, Language, LetterKind, MediaType,
    MessageId, OpeningReceipt, OrgNumber, PersonalFields, Reason, ReceiptId, ReceiptKind, Sealed,
    SecurityLevel, Sensitive, VerifiedReceiptFacts,
};

/// Personal values by name.
pub(crate) fn personal(said: &[(&str, &str)]) -> PersonalFields {
    said.iter()
        .map(|(name, text)| ((*name).to_owned(), Sensitive::new((*text).to_owned())))
        .collect()
}

/// A time, so many minutes after the first.
pub(crate) fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T10:00:00.5Z".parse().unwrap();
    start + SignedDuration::from_mins(minute)
}

/// A letter begins.
pub(crate) fn drafted() -> Happening {
    Happening::Drafted(Drafted {
        environment: Environment::Practice,
        kind: LetterKind::Decision,
        documents: vec![DocumentFacts {
            digest: Digest::of(b"%PDF"),
            bytes: 4,
            media_type: MediaType::Pdf,
        }],
        security: SecurityLevel::Level4,
        language: Language::parse("nb").unwrap(),
        opening_receipt: OpeningReceipt::NotWanted,
        visible_from: None,
        replaces: None,
    })
}

/// It goes to a digital mailbox.
pub(crate) fn decided() -> Happening {
    Happening::Decided(Decided {
        channel: ChannelName::Digital,
        reason: Reason::MailboxUsable,
        facts: Facts {
            looked_up_at: at(1),
            status: Field::Absent,
            reservation: Field::Absent,
            reserved_at: None,
            notification: Field::Absent,
            supplier: None,
            certificate: None,
            email: ContactFacts::Absent,
            mobile: ContactFacts::Absent,
            warnings: BTreeSet::new(),
        },
        confirm: Confirmation::NotNeeded,
    })
}

/// Who keeps the mailbox.
pub(crate) fn provider() -> OrgNumber {
    OrgNumber::parse("984661185").unwrap()
}

/// Sealed for that mailbox, with new ids.
pub(crate) fn sealed() -> Happening {
    Happening::Sealed(Sealed {
        message_id: MessageId::generate(),
        conversation_id: ConversationId::generate(),
        parcel: Digest::of(b"parcel"),
        parcel_bytes: 6,
        signer: Digest::of(b"ours"),
        recipient_certificate: Digest::of(b"theirs"),
        receiver: provider(),
        carrier: Carrier::Digital,
    })
}

/// A receipt of that mailbox, with a new id.
pub(crate) fn verified(kind: ReceiptKind) -> Happening {
    Happening::ReceiptVerified(VerifiedReceiptFacts {
        kind,
        receipt_id: ReceiptId::generate(),
        occurred_at: at(7),
        signer: provider(),
        signer_certificate: Digest::of(b"theirs"),
        receipt: Digest::of(b"receipt"),
    })
}

/// From the decision to the access point's yes.
pub(crate) fn sending() -> [Happening; 5] {
    let sealed = sealed();
    let message_id = match &sealed {
        Happening::Sealed(facts) => facts.message_id,
        _ => unreachable!(),
    };
    let attempt = Happening::AttemptStarted {
        attempt: 1,
        message_id,
    };
    let accepted = Happening::Accepted {
        how: Acceptance::Answered,
    };
    let pressed = Happening::SendPressed { until: at(0) };
    [decided(), pressed, sealed, attempt, accepted]
}
