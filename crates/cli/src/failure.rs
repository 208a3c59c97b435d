//! What a command ends with when it does not end well.

use std::fmt;

use serde_json::{Value, json};
use utpost_dispatch::{CallFault, Code, Fault, LedgerFault};
use uuid::Uuid;

use crate::show::Shown;
use crate::words::{Language, words};

/// A code, what may be told about it, and a reference that stands in the log as well.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    detail: Option<String>,
    letter: Option<String>,
    reference: String,
    /// What led to it, for the log.
    causes: String,
    /// What there is to show all the same, for people and scripts.
    shown: Option<Box<(String, Value)>>,
}

impl Failure {
    /// Just a code.
    pub(crate) fn new(code: Code) -> Self {
        let reference = Uuid::new_v4().simple().to_string()[..8].to_uppercase();
        Self {
            code,
            detail: None,
            letter: None,
            reference,
            causes: String::new(),
            shown: None,
        }
    }

    /// With a detail for whoever mends it; never personal.
    pub(crate) fn detailed(code: Code, detail: impl fmt::Display) -> Self {
        Self {
            detail: Some(detail.to_string()),
            ..Self::new(code)
        }
    }

    /// The letter it happened to, which is kept.
    pub(crate) fn about(mut self, letter: utpost_domain::LetterId) -> Self {
        self.letter = Some(letter.to_string());
        self
    }

    /// The file it is about. For the screen: file names may be personal, so none is logged.
    pub(crate) fn naming(mut self, file: Option<&std::path::Path>) -> Self {
        if let Some(file) = file {
            self.detail = Some(file.display().to_string());
        }
        self
    }

    /// What the command found out before and beside the failure.
    pub(crate) fn beside(mut self, shown: Shown) -> Self {
        self.shown = Some(Box::new((shown.text, shown.json)));
        self
    }

    /// Writes it into the log, without the details: they may name files and ids of others.
    pub(crate) fn log(&self) {
        let letter = self.letter.as_deref().unwrap_or_default();
        tracing::warn!(code = %self.code, reference = %self.reference, letter, "{}", self.causes);
    }

    /// The exit code of the process.
    pub(crate) fn exit_code(&self) -> u8 {
        self.code.family().exit_code()
    }

    /// What happened and what to do, with the letter's id ready to paste.
    pub(crate) fn sentences(&self, language: Language) -> (&'static str, String) {
        let words = words(self.code, language);
        let todo = match &self.letter {
            Some(letter) => words
                .todo
                .replace(" BREV", &format!(" {letter}"))
                .replace(" LETTER", &format!(" {letter}")),
            None => words.todo.to_owned(),
        };
        (words.what, todo)
    }

    /// For scripts.
    pub(crate) fn json(&self, language: Language) -> Value {
        let words = self.sentences(language);
        let mut error = json!({
            "code": self.code.as_str(),
            "family": self.code.family().as_str(),
            "what": words.0,
            "do": words.1,
            "reference": self.reference,
        });
        if let Some(detail) = &self.detail {
            error["detail"] = json!(detail);
        }
        let mut whole = json!({ "error": error });
        if let Some(letter) = &self.letter {
            whole["letter"] = json!(letter);
        }
        if let Some(Value::Object(members)) = self.shown.as_deref().map(|(_, json)| json) {
            for (name, value) in members {
                whole[name] = value.clone();
            }
        }
        whole
    }

    /// For people.
    pub(crate) fn text(&self, language: Language) -> String {
        let words = self.sentences(language);
        if let Some((text, _)) = self.shown.as_deref() {
            return text.clone();
        }
        let mut text = format!("{}\n→ {}\n", words.0, words.1);
        if let Some(letter) = &self.letter {
            text.push_str(&match language {
                Language::Nb => format!("  Brevet er tatt vare på som {letter}\n"),
                Language::En => format!("  The letter is kept as {letter}\n"),
            });
        }
        if let Some(detail) = &self.detail {
            text.push_str(&format!("  {detail}\n"));
        }
        text.push_str(&format!("  {} · {}\n", self.code, self.reference));
        text
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let mut failure = Self::new(fault.code());
        failure.detail = fault.detail();
        failure.letter = fault.letter().map(|letter| letter.to_string());
        // The chain of causes holds codes and transport errors, nothing personal.
        let mut causes = String::new();
        let mut source = std::error::Error::source(&fault);
        while let Some(cause) = source {
            causes.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        failure.causes = format!("{fault}{causes}");
        failure
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
