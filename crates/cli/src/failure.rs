//! How a failure is told: its code worded, for people and for scripts.

use serde_json::{Value, json};
use utpost_workplace::Failure;

use crate::words::{Language, words};

/// A failure in words.
pub(crate) trait Worded {
    /// What happened and what to do, with the letter's id ready to paste.
    fn sentences(&self, language: Language) -> (&'static str, String);
    /// For scripts.
    fn json(&self, language: Language) -> Value;
    /// For people.
    fn text(&self, language: Language) -> String;
    /// The exit code of the process.
    fn exit_code(&self) -> u8;
}

impl Worded for Failure {
    fn sentences(&self, language: Language) -> (&'static str, String) {
        let words = words(self.code(), language);
        let todo = match self.letter() {
            Some(letter) => words
                .todo
                .replace(" BREV", &format!(" {letter}"))
                .replace(" LETTER", &format!(" {letter}")),
            None => words.todo.to_owned(),
        };
        (words.what, todo)
    }

    fn json(&self, language: Language) -> Value {
        let words = self.sentences(language);
        let mut error = json!({
            "code": self.code().as_str(),
            "family": self.code().family().as_str(),
            "what": words.0,
            "do": words.1,
            "reference": self.reference(),
        });
        if let Some(detail) = self.detail() {
            error["detail"] = json!(detail);
        }
        let mut whole = json!({ "error": error });
        if let Some(letter) = self.letter() {
            whole["letter"] = json!(letter.to_string());
        }
        whole
    }

    fn text(&self, language: Language) -> String {
        let words = self.sentences(language);
        let mut text = format!("{}\n→ {}\n", words.0, words.1);
        if let Some(letter) = self.letter() {
            text.push_str(&match language {
                Language::Nb => format!("  Brevet er tatt vare på som {letter}\n"),
                Language::En => format!("  The letter is kept as {letter}\n"),
            });
        }
        if let Some(detail) = self.detail() {
            text.push_str(&format!("  {detail}\n"));
        }
        text.push_str(&format!("  {} · {}\n", self.code(), self.reference()));
        text
    }

    fn exit_code(&self) -> u8 {
        self.code().family().exit_code()
    }
}
