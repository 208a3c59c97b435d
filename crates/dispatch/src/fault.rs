//! Everything that can go wrong in a use case, and the one code each has.

use std::io;

use utpost_domain::{
    AddressFault, LetterId, NoticeFault, NumberFault, Reason, State, StopReason, TitleFault,
};
use utpost_letters::PdfFault;
use utpost_parcel::ParcelFault;
use utpost_pki::{SignFault, TrustFault};
use utpost_wire::{EnvelopeFault, SigningFault};

use crate::{CallFault, Code, LedgerFault, Remote};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The person number.
    #[error("the person number can't be used")]
    Number(#[from] NumberFault),
    /// A title of the letter.
    #[error("a title can't be used")]
    Title(#[from] TitleFault),
    /// The title that an attachment gets from its file name.
    #[error("the title of document {which} can't be used")]
    AttachmentTitle {
        /// The document.
        which: usize,
        /// Why.
        #[source]
        source: TitleFault,
    },
    /// The address on paper.
    #[error("the address can't be used")]
    Address(#[from] AddressFault),
    /// A notice.
    #[error("a notice can't be used")]
    Notice(#[from] NoticeFault),
    /// A document that is or must be a PDF. Documents are counted from 0, the main document.
    #[error("document {which} is not a usable PDF")]
    Pdf {
        /// The document.
        which: usize,
        /// Why.
        #[source]
        source: PdfFault,
    },
    /// A document could not be read to its end, or changed while it was.
    #[error("document {which} could not be read")]
    Unreadable {
        /// The document.
        which: usize,
        /// What the reading said.
        #[source]
        source: io::Error,
    },
    /// An attachment of a type that mailboxes do not take, or whose content is of another type.
    #[error("document {which} is of a type that is not taken")]
    Type {
        /// The document.
        which: usize,
    },
    /// Two documents of one name or title, if only for case.
    #[error("document {which} repeats a name")]
    SameName {
        /// The later of the two.
        which: usize,
    },
    /// The package could not be made.
    #[error("the package could not be made")]
    Parcel(#[from] ParcelFault),
    /// The message could not be made.
    #[error("the message could not be made")]
    Envelope(#[from] EnvelopeFault),
    /// The message could not be signed.
    #[error("the message could not be signed")]
    Signing(#[from] SigningFault),
    /// The certificate that the letter would be sealed for is not acceptable; without a cause, it
    /// is none at all or another organisation's than the register named.
    #[error("the receiver's certificate is not acceptable")]
    ReceiverCertificate(#[source] Option<TrustFault>),
    /// The agency's own certificate is not acceptable.
    #[error("the agency's certificate is not acceptable")]
    OwnCertificate(#[source] TrustFault),
    /// The agency's certificate names another organisation than the settings.
    #[error("the certificate belongs to another organisation")]
    ForeignCertificate,
    /// A service.
    #[error(transparent)]
    Call(#[from] CallFault),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    /// The letter is stopped; it is kept under this id.
    #[error("letter {letter} is stopped")]
    Stopped {
        /// The letter.
        letter: LetterId,
        /// Why.
        reason: StopReason,
    },
    /// The letter is stopped after it was offered in vain. It keeps its ids and its parcel.
    #[error("letter {letter} is stopped after it was tried")]
    StoppedAfterTry {
        /// The letter.
        letter: LetterId,
        /// Why.
        reason: StopReason,
    },
    /// The letter's state does not allow this.
    #[error("not possible in state {0:?}")]
    NotNow(State),
    /// The access point refused the letter for good.
    #[error("letter {letter} was refused")]
    Refused {
        /// The letter.
        letter: LetterId,
        /// How.
        #[source]
        source: CallFault,
    },
    /// The same main document went to the same citizen a short while ago; the letter is stopped.
    #[error("the document of letter {letter} went with letter {earlier} before")]
    SentBefore {
        /// The letter.
        letter: LetterId,
        /// The one it went with.
        earlier: LetterId,
    },
    /// The reason for sending the same document once more is too short or too long.
    #[error("the reason has fewer than 10 or more than 500 characters")]
    RepeatReason,
    /// Nothing is sent for the agency, see [`crate::Halt`].
    #[error("the agency's sending stands still: {code}")]
    Halted {
        /// The code of the answer that stopped it.
        code: String,
    },
    /// The ledger was restored, and it is not known yet what of it was sent before.
    #[error("the outbox of the restored ledger stands still")]
    Frozen,
    /// What the ledger holds about a letter does not fit together.
    #[error("a letter's record is not complete")]
    Record,
}

impl Fault {
    /// The code of this fault.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Number(fault) => number(*fault),
            Self::Title(fault) | Self::AttachmentTitle { source: fault, .. } => title(*fault),
            Self::Address(_) => Code::AddressWrong,
            Self::Notice(_) => Code::NoticeWrong,
            Self::Pdf { source, .. } => match source {
                PdfFault::Empty => Code::FileEmpty,
                PdfFault::NotPdf => Code::NotPdf,
                PdfFault::Encrypted => Code::PdfEncrypted,
                PdfFault::Damaged => Code::PdfDamaged,
                PdfFault::Unreadable(_) => Code::FileUnreadable,
            },
            Self::Unreadable { .. } => Code::FileUnreadable,
            Self::Type { .. } => Code::AttachmentType,
            Self::SameName { .. } => Code::SameName,
            Self::Parcel(fault) => parcel(fault),
            Self::Envelope(fault) => match fault {
                EnvelopeFault::SameId => Code::Defect,
                EnvelopeFault::Unit | EnvelopeFault::InvoiceReference => Code::Settings,
                EnvelopeFault::TooFarAhead => Code::EffectiveDate,
            },
            Self::Signing(fault) => match fault {
                SigningFault::NoCertificate => Code::CertificateUnusable,
                SigningFault::NotTheSender => Code::CertificateForeign,
                SigningFault::Key(SignFault) => Code::KeyFailed,
            },
            Self::ReceiverCertificate(_) => Code::ReceiverCertificate,
            Self::OwnCertificate(fault) => match fault {
                TrustFault::Expired | TrustFault::NotYetValid => Code::CertificateExpired,
                TrustFault::UnknownIssuer | TrustFault::SelfSigned | TrustFault::Path(_) => {
                    Code::CertificateForeign
                }
                TrustFault::WrongUsage
                | TrustFault::UsageMissing
                | TrustFault::KeyNotRsa
                | TrustFault::KeyTooSmall
                | TrustFault::NoOrganisation => Code::CertificateUnusable,
            },
            Self::ForeignCertificate => Code::CertificateForeign,
            Self::Call(fault) => service(fault),
            Self::Ledger(fault) => ledger(fault),
            Self::StoppedAfterTry {
                reason: StopReason::ChannelChanged,
                ..
            } => Code::ChangedAfterTry,
            Self::Stopped { reason, .. } | Self::StoppedAfterTry { reason, .. } => stopped(*reason),
            Self::NotNow(_) => Code::NotNow,
            Self::Refused { source, .. } => match source {
                CallFault::TooLarge { .. } => Code::RefusedTooLarge,
                _ => Code::RefusedByAccessPoint,
            },
            Self::SentBefore { .. } => Code::SentBefore,
            Self::RepeatReason => Code::RepeatReason,
            Self::Halted { .. } => Code::SendingHalted,
            Self::Frozen => Code::OutboxFrozen,
            Self::Record => Code::Defect,
        }
    }

    /// What the service itself said, for an administrator. May hold ids: show, never log.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Call(fault) | Self::Refused { source: fault, .. } => said(fault),
            _ => None,
        }
    }

    /// The document it is about, counted from 0, the main document.
    #[must_use]
    pub fn document(&self) -> Option<usize> {
        match self {
            Self::AttachmentTitle { which, .. }
            | Self::Pdf { which, .. }
            | Self::Unreadable { which, .. }
            | Self::Type { which }
            | Self::SameName { which }
            | Self::Parcel(
                ParcelFault::DuplicateFileName { which }
                | ParcelFault::DuplicateTitle { which }
                | ParcelFault::EmptyDocument { which }
                | ParcelFault::NotPrintable { which },
            ) => Some(*which),
            _ => None,
        }
    }

    /// The letter it is about, when it is kept.
    #[must_use]
    pub fn letter(&self) -> Option<LetterId> {
        match self {
            Self::Stopped { letter, .. }
            | Self::StoppedAfterTry { letter, .. }
            | Self::Refused { letter, .. }
            | Self::SentBefore { letter, .. } => Some(*letter),
            _ => None,
        }
    }
}

fn said(fault: &CallFault) -> Option<String> {
    match fault {
        CallFault::Refused { detail, status, .. } => Some(match detail {
            Some(detail) => format!("HTTP {status}: {}", detail.expose("shown to the clerk")),
            None => format!("HTTP {status}"),
        }),
        CallFault::Denied(denial) => Some(match denial.mp_code() {
            Some(code) => format!("MP-{code:03}"),
            None => format!("{denial:?}"),
        }),
        CallFault::Busy { status, .. } => Some(format!("HTTP {status}")),
        CallFault::ScopeMissing { scope } => Some((*scope).to_owned()),
        CallFault::ClockFarOff { seconds } => Some(format!("{seconds} s")),
        // What came instead of an answer.
        CallFault::AnswerLost {
            source: Some(instead),
            ..
        } => said(instead.downcast_ref::<CallFault>()?),
        _ => None,
    }
}

fn title(fault: TitleFault) -> Code {
    match fault {
        TitleFault::Empty => Code::TitleMissing,
        TitleFault::TooLong { .. } => Code::TitleTooLong,
        TitleFault::ControlCharacter | TitleFault::HiddenCharacter => Code::TitleHidden,
        TitleFault::PersonNumber => Code::TitleNumber,
    }
}

fn number(fault: NumberFault) -> Code {
    match fault {
        NumberFault::Empty | NumberFault::NotDigits | NumberFault::Length { .. } => {
            Code::NumberShape
        }
        NumberFault::HealthServiceNumber => Code::NumberKind,
        NumberFault::NoSuchDate | NumberFault::CheckDigits => Code::NumberWrong,
        NumberFault::NotForProduction => Code::NumberSynthetic,
        NumberFault::NotSynthetic => Code::NumberNotSynthetic,
    }
}

fn parcel(fault: &ParcelFault) -> Code {
    match fault {
        ParcelFault::TooManyAttachments => Code::TooManyAttachments,
        ParcelFault::DuplicateFileName { .. } | ParcelFault::DuplicateTitle { .. } => {
            Code::SameName
        }
        ParcelFault::EmptyDocument { .. } => Code::FileEmpty,
        ParcelFault::NotPrintable { .. } => Code::NotPdf,
        ParcelFault::TooLarge { .. } => Code::TooLarge,
        ParcelFault::SenderUnit | ParcelFault::InvoiceReference => Code::Settings,
        ParcelFault::ForbiddenCharacter => Code::TitleHidden,
        ParcelFault::DocumentUnreadable { .. } | ParcelFault::DocumentChanged { .. } => {
            Code::DamagedLedger
        }
        ParcelFault::ChainIncomplete => Code::CertificateUnusable,
        ParcelFault::Sign(SignFault) => Code::KeyFailed,
        ParcelFault::Recipient => Code::ReceiverCertificate,
        ParcelFault::Encryption => Code::Defect,
        ParcelFault::AlreadySealed => Code::Defect,
        ParcelFault::File(source) if source.kind() == io::ErrorKind::NotFound => {
            Code::ParcelMissing
        }
        ParcelFault::File(source) => disk(source),
        ParcelFault::FingerprintDiffers => Code::ParcelMissing,
    }
}

fn service(fault: &CallFault) -> Code {
    let silent = |service: &Remote| match service {
        Remote::Tokens => Code::TokensSilent,
        Remote::Register => Code::RegisterSilent,
        Remote::AccessPoint => Code::AccessPointSilent,
    };
    let denied = |service: &Remote| match service {
        Remote::Tokens => Code::TokenDenied,
        Remote::Register => Code::RegisterDenied,
        Remote::AccessPoint => Code::AccessPointDenied,
    };
    match fault {
        CallFault::Unreachable { service, .. } | CallFault::Busy { service, .. } => silent(service),
        CallFault::AnswerLost { service, .. } | CallFault::Unreadable { service, .. } => {
            match service {
                Remote::AccessPoint => Code::AnswerLost,
                Remote::Tokens | Remote::Register => silent(service),
            }
        }
        CallFault::Unauthorized { service } | CallFault::Forbidden { service } => denied(service),
        CallFault::WrongAddress { .. } => Code::ServiceAddress,
        CallFault::TooLarge { .. } => Code::RefusedTooLarge,
        CallFault::Duplicate { .. } => Code::AnswerLost,
        CallFault::DamagedOnTheWay { service } => silent(service),
        CallFault::Refused { service, .. } => match service {
            Remote::Tokens => Code::TokenDenied,
            Remote::Register => Code::RegisterDenied,
            Remote::AccessPoint => Code::RefusedByAccessPoint,
        },
        CallFault::Denied(_) => Code::TokenDenied,
        CallFault::ScopeMissing { .. } => Code::ScopeMissing,
        CallFault::ClockFarOff { .. } => Code::ClockWrong,
        CallFault::Signing(SignFault) => Code::KeyFailed,
        CallFault::Parcel(_) => Code::ParcelMissing,
    }
}

fn ledger(fault: &LedgerFault) -> Code {
    match fault {
        LedgerFault::NotFound => Code::LetterUnknown,
        LedgerFault::Impossible(_) => Code::NotNow,
        LedgerFault::Busy => Code::LedgerBusy,
        LedgerFault::DiskFull => Code::DiskFull,
        LedgerFault::ReadOnly => Code::ReadOnly,
        LedgerFault::NetworkFolder => Code::NetworkFolder,
        LedgerFault::WrongKey => Code::LedgerKey,
        LedgerFault::Newer { .. } => Code::NewerLedger,
        LedgerFault::OtherEnvironment => Code::OtherEnvironment,
        LedgerFault::Damaged => Code::DamagedLedger,
        LedgerFault::SourceUnreadable(_) => Code::FileUnreadable,
        LedgerFault::TooLarge { .. } => Code::TooLarge,
        LedgerFault::Disk(source) => disk(source),
        LedgerFault::Database(_) => Code::Disk,
    }
}

fn disk(source: &io::Error) -> Code {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Code::ReadOnly,
        _ => Code::Disk,
    }
}

fn stopped(reason: StopReason) -> Code {
    match reason {
        StopReason::Decision(reason) => match reason {
            Reason::PersonDeleted => Code::PersonDeleted,
            Reason::AnswerContradictsItself => Code::AnswerContradicts,
            Reason::AnswerForOtherPerson => Code::AnswerForOther,
            Reason::AnswerIncomplete => Code::AnswerIncomplete,
            Reason::AnswerUnknownValue => Code::AnswerUnknownValue,
            Reason::MailboxWithoutCertificate
            | Reason::MailboxWithoutAddress
            | Reason::MailboxWithoutSupplier
            | Reason::CertificateUnreadable
            | Reason::CertificateNotYetValid
            | Reason::CertificateExpired
            | Reason::NoNoticeChannel => Code::PrintUnconfirmed,
            Reason::NoAnswer
            | Reason::NotRegistered
            | Reason::Reserved
            | Reason::NotNotifiable
            | Reason::NoMailbox
            | Reason::MailboxUsable => Code::Stopped,
        },
        StopReason::AddressMissing => Code::AddressMissing,
        StopReason::ChannelChanged => Code::ChannelChanged,
        StopReason::SentBefore => Code::SentBefore,
        StopReason::Restored => Code::Restored,
        StopReason::SignerChanged => Code::SignerChanged,
        StopReason::ProtectedAddress | StopReason::Duplicate => Code::Stopped,
    }
}
