use std::fmt;

use utpost_dispatch::{CallFault, Code, Fault, LedgerFault};
use utpost_domain::LetterId;
use utpost_ledger::BackupFault;
use utpost_practice::StartFault;
use uuid::Uuid;

/// What an act ends with when it does not end well: a code, what may be told about it, and a
/// reference that stands in the log as well. Whoever shows it has the words for the code.
#[derive(Clone)]
pub struct Failure {
    code: Code,
    detail: Option<String>,
    letter: Option<LetterId>,
    document: Option<usize>,
    reference: String,
    /// What led to it, for the log.
    causes: String,
}

impl Failure {
    /// Just a code.
    pub fn new(code: Code) -> Self {
        let mut reference = Uuid::new_v4().simple().to_string().to_uppercase();
        reference.truncate(8);
        Self {
            code,
            detail: None,
            letter: None,
            document: None,
            reference,
            causes: String::new(),
        }
    }

    /// With a detail for whoever mends it; never personal.
    pub fn detailed(code: Code, detail: impl fmt::Display) -> Self {
        Self::new(code).with_detail(detail)
    }

    /// The same with another detail. It is shown and never logged, so it may name a file.
    #[must_use]
    pub fn with_detail(self, detail: impl fmt::Display) -> Self {
        Self {
            detail: Some(detail.to_string()),
            ..self
        }
    }

    /// The letter it happened to, which is kept.
    #[must_use]
    pub fn about(self, letter: LetterId) -> Self {
        Self {
            letter: Some(letter),
            ..self
        }
    }

    /// What happened.
    pub fn code(&self) -> Code {
        self.code
    }

    /// For whoever mends it: show, never log.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The letter it happened to, when it is kept.
    pub fn letter(&self) -> Option<LetterId> {
        self.letter
    }

    /// The document it is about, counted from 0, the main document.
    pub fn document(&self) -> Option<usize> {
        self.document
    }

    /// Eight characters by which the log is searched.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Writes it into the log, without the detail: that may name files and ids of others.
    pub fn log(&self) {
        let letter = self.letter.map(|letter| letter.to_string());
        let letter = letter.unwrap_or_default();
        tracing::warn!(code = %self.code, reference = %self.reference, letter, "{}", self.causes);
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("code", &self.code)
            .field("letter", &self.letter)
            .field("reference", &self.reference)
            .field("causes", &self.causes)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.reference)
    }
}

impl std::error::Error for Failure {}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        // The chain of causes holds codes and transport errors, nothing personal.
        let mut causes = fault.to_string();
        let mut source = std::error::Error::source(&fault);
        while let Some(cause) = source {
            causes.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self {
            detail: fault.detail(),
            letter: fault.letter(),
            document: fault.document(),
            causes,
            ..Self::new(fault.code())
        }
    }
}

impl From<LedgerFault> for Failure {
    fn from(fault: LedgerFault) -> Self {
        Fault::Ledger(fault).into()
    }
}

impl From<CallFault> for Failure {
    fn from(fault: CallFault) -> Self {
        Fault::Call(fault).into()
    }
}

impl From<BackupFault> for Failure {
    fn from(fault: BackupFault) -> Self {
        let code = match fault {
            BackupFault::Ledger(fault) => return fault.into(),
            BackupFault::Occupied => Code::OutFolder,
            BackupFault::NotABackup | BackupFault::Unsound(_) => Code::Backup,
            BackupFault::WrongRecovery => Code::Recovery,
            BackupFault::Wrapping(_) => Code::Defect,
        };
        Self::new(code)
    }
}

/// Of practice that is started, stopped or emptied here.
impl From<StartFault> for Failure {
    fn from(fault: StartFault) -> Self {
        match fault {
            StartFault::AlreadyRunning { base_url } => {
                Self::detailed(Code::PracticeRunning, base_url)
            }
            StartFault::InUse => Self::new(Code::PracticeRunning),
            StartFault::Clock => Self::detailed(Code::Usage, StartFault::Clock),
            other => Self::detailed(Code::Practice, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_of_a_failure_does_not_hold_its_detail() {
        let failure = Failure::detailed(Code::FileMissing, "/home/kari/Vedtak Ola.pdf");
        assert!(!format!("{failure} {failure:?}").contains("Ola"));
        assert_eq!(failure.reference().len(), 8);
        assert!(failure.to_string().contains(failure.reference()));
    }

    #[test]
    fn a_fault_of_a_document_tells_which() {
        let failure = Failure::from(Fault::SameName { which: 2 });
        assert_eq!(
            (failure.code(), failure.document()),
            (Code::SameName, Some(2))
        );
    }
}
