//! The closed list of what can go wrong for a clerk. Screens and scripts know these codes and
//! word them; nobody matches error text.

use std::fmt;

/// What kind of trouble a code is, which decides what the screen offers and with which number
/// the console ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Something given is not right: correct it.
    Input,
    /// The citizen can't be reached this way: no failure, a choice.
    Reach,
    /// A certificate, key, scope or agreement is missing: somebody must mend it.
    Authority,
    /// It will pass; the letter waits.
    Temporary,
    /// Nobody knows whether it was received: ask, never send again.
    Uncertain,
    /// Refused for good: a corrected letter is a new letter.
    Rejected,
    /// This machine: disk, ledger, key store.
    Local,
    /// A fault of the program.
    Defect,
}

impl Family {
    /// The name in machine-readable output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Reach => "reach",
            Self::Authority => "authority",
            Self::Temporary => "temporary",
            Self::Uncertain => "uncertain",
            Self::Rejected => "rejected",
            Self::Local => "local",
            Self::Defect => "defect",
        }
    }

    /// The console's exit code: 2 to 8 in the order of the families, 70 for a defect.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Input => 2,
            Self::Reach => 3,
            Self::Authority => 4,
            Self::Temporary => 5,
            Self::Uncertain => 6,
            Self::Rejected => 7,
            Self::Local => 8,
            Self::Defect => 70,
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal in $family:ident,)+) => {
        /// One thing that can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// Every code, in the order of the families.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The name in output, logs and events. Never changed once released.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The family it belongs to.
            #[must_use]
            pub fn family(self) -> Family {
                match self { $(Self::$variant => Family::$family,)+ }
            }
        }
    };
}

codes! {
    /// A file named does not exist.
    FileMissing = "INPUT_FILE_MISSING" in Input,
    /// A folder was given instead of a file.
    Folder = "INPUT_FOLDER" in Input,
    /// A file could not be read to its end, or changed meanwhile.
    FileUnreadable = "INPUT_FILE_UNREADABLE" in Input,
    /// A file of no bytes.
    FileEmpty = "INPUT_FILE_EMPTY" in Input,
    /// The main document, or a document for print, is no PDF.
    NotPdf = "INPUT_NOT_PDF" in Input,
    /// The PDF wants a password or forbids use.
    PdfEncrypted = "INPUT_PDF_ENCRYPTED" in Input,
    /// The PDF's structure can't be followed.
    PdfDamaged = "INPUT_PDF_DAMAGED" in Input,
    /// The documents are more than 50·10⁶ bytes together.
    TooLarge = "INPUT_TOO_LARGE" in Input,
    /// A mailbox does not take this type of attachment, or the content is not of its type.
    AttachmentType = "INPUT_ATTACHMENT_TYPE" in Input,
    /// Two documents of one file name or one title.
    SameName = "INPUT_SAME_NAME" in Input,
    /// More than 200 attachments.
    TooManyAttachments = "INPUT_TOO_MANY_ATTACHMENTS" in Input,
    /// Not eleven digits.
    NumberShape = "INPUT_NUMBER_SHAPE" in Input,
    /// Eleven digits that are nobody's number.
    NumberWrong = "INPUT_NUMBER_WRONG" in Input,
    /// A number of a kind the register does not know (help numbers).
    NumberKind = "INPUT_NUMBER_KIND" in Input,
    /// An ordinary number in practice or test.
    NumberNotSynthetic = "INPUT_NUMBER_NOT_SYNTHETIC" in Input,
    /// A synthetic number in production.
    NumberSynthetic = "INPUT_NUMBER_SYNTHETIC" in Input,
    /// An ordinary number given on the command line, where others can read it.
    NumberOnCommandLine = "INPUT_NUMBER_ON_COMMAND_LINE" in Input,
    /// No title.
    TitleMissing = "INPUT_TITLE_MISSING" in Input,
    /// Control or hidden characters in a title.
    TitleHidden = "INPUT_TITLE_HIDDEN_CHARACTERS" in Input,
    /// A title longer than allowed.
    TitleTooLong = "INPUT_TITLE_TOO_LONG" in Input,
    /// A person number in a title.
    TitleNumber = "INPUT_TITLE_PERSON_NUMBER" in Input,
    /// An address that can't be printed.
    AddressWrong = "INPUT_ADDRESS" in Input,
    /// The effective date is unusable.
    EffectiveDate = "INPUT_EFFECTIVE_DATE" in Input,
    /// A notice text or address is unusable.
    NoticeWrong = "INPUT_NOTICE" in Input,
    /// No such letter in this ledger.
    LetterUnknown = "INPUT_LETTER_UNKNOWN" in Input,
    /// The letter's state does not allow this.
    NotNow = "INPUT_NOT_IN_THIS_STATE" in Input,
    /// The command is not written as it should be.
    Usage = "INPUT_USAGE" in Input,
    /// The folder for evidence can't be used.
    OutFolder = "INPUT_OUT_FOLDER" in Input,
    /// The settings are missing or wrong.
    Settings = "INPUT_SETTINGS" in Input,
    /// The reason for sending the same document once more is missing, too short or too long.
    RepeatReason = "INPUT_REPEAT_REASON" in Input,
    /// The practice environment has no such letter, or it is not that far.
    PracticeLetter = "INPUT_PRACTICE_LETTER" in Input,
    /// The practice environment does not take this order.
    PracticeOrder = "INPUT_PRACTICE_ORDER" in Input,
    /// The folder holds no whole backup.
    Backup = "INPUT_BACKUP" in Input,
    /// The passphrase or key for recovery can't be used, or does not open the backup.
    Recovery = "INPUT_RECOVERY" in Input,
    /// A backup is to be brought back where a ledger is, or the remains of one.
    LedgerThere = "INPUT_LEDGER_THERE" in Input,

    /// Removed from the register.
    PersonDeleted = "REACH_PERSON_DELETED" in Reach,
    /// The register's answer contradicts itself.
    AnswerContradicts = "REACH_ANSWER_CONTRADICTS_ITSELF" in Reach,
    /// The register answered about somebody else.
    AnswerForOther = "REACH_ANSWER_FOR_OTHER_PERSON" in Reach,
    /// The register's answer lacks what the decision needs.
    AnswerIncomplete = "REACH_ANSWER_INCOMPLETE" in Reach,
    /// The register's answer holds a value this program does not know.
    AnswerUnknownValue = "REACH_ANSWER_UNKNOWN_VALUE" in Reach,
    /// Print, and no address was given.
    AddressMissing = "REACH_ADDRESS_MISSING" in Reach,
    /// Print is proposed because of a fault on the mailbox; the clerk must say yes.
    PrintUnconfirmed = "REACH_PRINT_UNCONFIRMED" in Reach,
    /// The register's newest answer leads to another channel than the one shown.
    ChannelChanged = "REACH_CHANNEL_CHANGED" in Reach,
    /// The letter was tried in vain, and the register's newest answer leads elsewhere.
    ChangedAfterTry = "REACH_CHANGED_AFTER_TRY" in Reach,
    /// The letter was tried in vain, and the agency's certificate is another one now.
    SignerChanged = "REACH_SIGNER_CHANGED" in Reach,
    /// The receiver's certificate can't be trusted for this letter.
    ReceiverCertificate = "REACH_RECEIVER_CERTIFICATE" in Reach,
    /// The same document went to the same citizen within 30 days.
    SentBefore = "REACH_SENT_BEFORE" in Reach,
    /// The ledger was restored from a backup, and the letter may have gone since.
    Restored = "REACH_RESTORED" in Reach,
    /// Stopped for another reason.
    Stopped = "REACH_STOPPED" in Reach,

    /// The agency's certificate has expired or is not valid yet.
    CertificateExpired = "AUTH_CERTIFICATE_EXPIRED" in Authority,
    /// The certificate belongs to another organisation or another environment.
    CertificateForeign = "AUTH_CERTIFICATE_FOREIGN" in Authority,
    /// The certificate can't be used for this: usage, key size, key not belonging.
    CertificateUnusable = "AUTH_CERTIFICATE_UNUSABLE" in Authority,
    /// The certificate file could not be read with this password.
    CertificateFile = "AUTH_CERTIFICATE_FILE" in Authority,
    /// The key did not sign.
    KeyFailed = "AUTH_KEY_FAILED" in Authority,
    /// Maskinporten refused.
    TokenDenied = "AUTH_TOKEN_DENIED" in Authority,
    /// The agency's access to the register is incomplete.
    ScopeMissing = "AUTH_SCOPE_MISSING" in Authority,
    /// The register denies access.
    RegisterDenied = "AUTH_REGISTER_DENIED" in Authority,
    /// The access point denies access.
    AccessPointDenied = "AUTH_ACCESS_POINT_DENIED" in Authority,
    /// The clock of the machine is too far off.
    ClockWrong = "AUTH_CLOCK_WRONG" in Authority,
    /// A service is not at the address in the settings.
    ServiceAddress = "AUTH_SERVICE_ADDRESS" in Authority,
    /// Nothing is sent for the agency until somebody has mended its access and said so.
    SendingHalted = "AUTH_SENDING_HALTED" in Authority,

    /// The register does not answer.
    RegisterSilent = "TEMP_REGISTER_SILENT" in Temporary,
    /// Maskinporten does not answer.
    TokensSilent = "TEMP_TOKENS_SILENT" in Temporary,
    /// The access point does not answer.
    AccessPointSilent = "TEMP_ACCESS_POINT_SILENT" in Temporary,
    /// Another program holds the ledger.
    LedgerBusy = "TEMP_LEDGER_BUSY" in Temporary,

    /// The answer to an upload was lost.
    AnswerLost = "UNCERTAIN_ANSWER_LOST" in Uncertain,

    /// The access point refused the letter.
    RefusedByAccessPoint = "REJECTED_BY_ACCESS_POINT" in Rejected,
    /// The access point found it too large.
    RefusedTooLarge = "REJECTED_TOO_LARGE" in Rejected,
    /// A mailbox would refuse the letter that was replayed.
    RefusedByReplay = "REJECTED_BY_REPLAY" in Rejected,

    /// The disk is full.
    DiskFull = "LOCAL_DISK_FULL" in Local,
    /// The folder can't be written.
    ReadOnly = "LOCAL_READ_ONLY" in Local,
    /// The ledger is to lie on a network folder.
    NetworkFolder = "LOCAL_NETWORK_FOLDER" in Local,
    /// The key does not open the ledger, or its file is open to others.
    LedgerKey = "LOCAL_LEDGER_KEY" in Local,
    /// There is no key store on this machine.
    NoKeyStore = "LOCAL_NO_KEY_STORE" in Local,
    /// The ledger was made by a newer program.
    NewerLedger = "LOCAL_NEWER_LEDGER" in Local,
    /// The ledger is damaged.
    DamagedLedger = "LOCAL_DAMAGED_LEDGER" in Local,
    /// The ledger was restored from a backup, and nothing goes before statuses were asked.
    OutboxFrozen = "LOCAL_OUTBOX_FROZEN" in Local,
    /// The ledger belongs to another environment.
    OtherEnvironment = "LOCAL_OTHER_ENVIRONMENT" in Local,
    /// The sealed parcel is gone or altered.
    ParcelMissing = "LOCAL_PARCEL_MISSING" in Local,
    /// Another fault of the disk.
    Disk = "LOCAL_DISK" in Local,
    /// The practice environment could not be started or reached.
    Practice = "LOCAL_PRACTICE" in Local,
    /// Another program runs the practice environment of this folder.
    PracticeRunning = "LOCAL_PRACTICE_RUNNING" in Local,

    /// A broken promise inside the program.
    Defect = "DEFECT" in Defect,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_named_after_its_family() {
        let prefix = |family| match family {
            Family::Input => "INPUT_",
            Family::Reach => "REACH_",
            Family::Authority => "AUTH_",
            Family::Temporary => "TEMP_",
            Family::Uncertain => "UNCERTAIN_",
            Family::Rejected => "REJECTED_",
            Family::Local => "LOCAL_",
            Family::Defect => "DEFECT",
        };
        for code in Code::ALL {
            assert!(code.as_str().starts_with(prefix(code.family())), "{code}");
        }
    }

    #[test]
    fn no_two_codes_share_a_name() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
