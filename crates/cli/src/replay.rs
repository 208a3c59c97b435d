//! A mailbox's checks on a letter on disk, told in words.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde_json::json;
use utpost_dispatch::Code;
use utpost_practice::checks::{Outcome, Takes, Why};
use utpost_practice::{ReplayFault, ReplayFiles, replay_files};
use utpost_workplace::Failure;

use crate::args::{Common, Replay};
use crate::failure::Worded;
use crate::show::Shown;
use crate::words::Language;

/// `utpost practice replay`
///
/// With the checks comes the failure of a letter that is refused.
pub(crate) fn replay(common: &Common, args: &Replay) -> Result<(Shown, Option<Failure>), Failure> {
    let language = common.language;
    let password = fs::read_to_string(&args.password_file)
        .map_err(|fault| file_failure(&args.password_file, &fault))?;
    let verdict = replay_files(&ReplayFiles {
        message: &args.message,
        package: &args.package,
        recipient: &args.key,
        password: password.trim_end_matches(['\r', '\n']),
        issuers: &args.issuers,
        token_issuer: &args.token_issuer,
        provider: args.provider,
        takes: if args.print {
            Takes::Print
        } else {
            Takes::Digital
        },
        at: args.at.unwrap_or_else(jiff::Timestamp::now),
    })
    .map_err(|fault| failure(args, &fault))?;

    let mut text = String::new();
    let mut checks = Vec::new();
    for check in verdict.checks() {
        let (sign, outcome) = match &check.outcome {
            Outcome::Passed => ('✓', "passed"),
            Outcome::Refused(_) => ('✗', "refused"),
            Outcome::NotPossible(_) => ('–', "not possible"),
        };
        let name = check_words(check.name, language);
        let words = outcome_words(&check.outcome, language);
        text.push_str(&format!("{sign} {:>2} {name:<44} {words}\n", check.number));
        checks.push(json!({
            "number": check.number, "check": check.name, "outcome": outcome, "words": words,
        }));
    }
    let json = json!({ "accepted": verdict.is_accepted(), "checks": checks });
    if verdict.is_accepted() {
        text.push_str(match language {
            Language::Nb => "Alt som lot seg kontrollere, holder.\n",
            Language::En => "Everything that could be checked holds.\n",
        });
        return Ok((Shown { json, text }, None));
    }
    let failure = Failure::new(Code::RefusedByReplay);
    text.push_str(&failure.text(language));
    Ok((Shown { json, text }, Some(failure)))
}

fn failure(args: &Replay, fault: &ReplayFault) -> Failure {
    let of = |path: &Path| Failure::detailed(Code::CertificateFile, path.display());
    match fault {
        ReplayFault::File { path, source } => file_failure(path, source),
        ReplayFault::Recipient(_) | ReplayFault::NoKey => of(&args.key),
        ReplayFault::Issuers(_) => of(&args.issuers),
    }
}

fn file_failure(path: &Path, fault: &io::Error) -> Failure {
    let code = match fault.kind() {
        ErrorKind::NotFound => Code::FileMissing,
        _ => Code::FileUnreadable,
    };
    Failure::detailed(code, path.display())
}

/// How a check went; what exactly was wrong is told in the terms of the standards, in English.
fn outcome_words(outcome: &Outcome, language: Language) -> String {
    match (language, outcome) {
        (Language::Nb, Outcome::Passed) => "holder".to_owned(),
        (Language::En, Outcome::Passed) => "holds".to_owned(),
        (Language::Nb, Outcome::Refused(fault)) => format!("holder ikke: {fault}"),
        (Language::En, Outcome::Refused(fault)) => format!("does not hold: {fault}"),
        (Language::Nb, Outcome::NotPossible(why)) => {
            format!("kan ikke kontrolleres: {}", why_words(*why, language))
        }
        (Language::En, Outcome::NotPossible(why)) => {
            format!("can't be checked: {}", why_words(*why, language))
        }
    }
}

fn why_words(why: Why, language: Language) -> &'static str {
    match language {
        Language::Nb => match why {
            Why::TokenKeyUnknown => "nøkkelen til den som utstedte tokenet, er ikke kjent her",
            Why::NoRegister => "her er ingen postkasser å slå opp i",
            Why::ExampleCertificate => {
                "mottakerens sertifikat trenger ikke å navngi leverandøren her"
            }
            Why::NoAudience => "aksesspunktet har ikke noe eget navn for tokenet",
            Why::SwitchedOff => "slått av",
            Why::LaterAsStatus => "gjøres ved overlevering og meldes som status FEILET",
        },
        Language::En => match why {
            Why::TokenKeyUnknown => "the key of the token's issuer is not known here",
            Why::NoRegister => "there are no mailboxes to look up here",
            Why::ExampleCertificate => "the recipient certificate need not name the provider here",
            Why::NoAudience => "the access point has no audience of its own",
            Why::SwitchedOff => "switched off",
            Why::LaterAsStatus => "made at handing over, and told as the status FEILET",
        },
    }
}

/// What was checked. Practice names its checks in English.
fn check_words(check: &'static str, language: Language) -> &'static str {
    if language == Language::En {
        return check;
    }
    match check {
        "message form" => "meldingens form",
        "message signature" => "meldingens signatur",
        "message by type" => "meldingens innhold etter type",
        "kind of message" => "meldingstypen tas imot",
        "header's sender signed" => "avsenderen i hodet har signert",
        "header's receiver" => "mottakeren i hodet",
        "token form" => "tokenets form",
        "token signature" => "tokenets signatur",
        "token issuer" => "tokenets utsteder",
        "token scope" => "tokenets tilgang",
        "token consumer" => "tokenet gjelder avsender",
        "token belongs to the signer" => "tokenet tilhører den som signerte",
        "fingerprint" => "pakkens fingeravtrykk",
        "recipient certificate's organisation" => "virksomheten i mottakerens sertifikat",
        "encryption profile" => "krypteringens profil",
        "decryption" => "dekryptering",
        "archive" => "arkivet",
        "package signature" => "pakkens signatur",
        "package signer is the message's" => "pakken og meldingen har samme signatar",
        "manifest" => "manifestet",
        "manifest's avsender" => "avsender i manifestet",
        "manifest's recipient" => "mottaker i manifestet",
        "documents" => "dokumentene",
        "sender is registered" => "avsenderen er registrert",
        "mailbox is open" => "postkassen er åpen",
        "documents can be printed" => "dokumentene kan skrives ut",
        other => other,
    }
}
