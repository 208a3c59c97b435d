//! The commands of the practice environment.

use std::fs;
use std::io::{self, Write};

use serde_json::{Value, json};
use utpost_dispatch::Code;
use utpost_domain::OrgNumber;
use utpost_practice::checks::{Outcome, Takes};
use utpost_practice::{
    Practice, PracticeOptions, ReplayFiles, ResetAuthority, StartFault, persons, replay_files,
};

use crate::args::{Act, Common, Replay};
use crate::control::Control;
use crate::failure::Failure;
use crate::show::Shown;
use crate::words::Language;
use crate::workplace::Place;

/// `utpost practice serve`
pub(crate) fn serve(common: &Common, port: u16, until_input_ends: bool) -> Result<Shown, Failure> {
    let place = Place::of(common)?;
    let mut options = PracticeOptions::in_folder(&place.practice_folder);
    options.port = port;
    let ready = |endpoints: &utpost_practice::Endpoints| {
        let line = if common.json {
            json!({ "ready": true, "base_url": endpoints.base_url, "pid": endpoints.pid })
                .to_string()
        } else {
            match common.language {
                Language::Nb => format!(
                    "Øvingsmiljøet kjører på {} (mappe {}). Ctrl-C stopper det.",
                    endpoints.base_url,
                    place.practice_folder.display()
                ),
                Language::En => format!(
                    "Practice runs at {} (folder {}). Ctrl-C stops it.",
                    endpoints.base_url,
                    place.practice_folder.display()
                ),
            }
        };
        let mut out = io::stdout().lock();
        // Whoever started us may not listen.
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
    };
    let done = if until_input_ends {
        Practice::start(options).and_then(|practice| {
            ready(practice.endpoints());
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            practice.shutdown()
        })
    } else {
        utpost_practice::serve(options, ready)
    };
    done.map_err(start_failure)?;
    Ok(Shown {
        json: json!({ "stopped": true }),
        text: String::new(),
    })
}

/// `utpost practice persons`
pub(crate) fn list_persons() -> Shown {
    let mut text = String::new();
    for person in persons() {
        text.push_str(&format!(
            "{}  {:<8} {:<28} {:<24} {}\n",
            person.number, person.channel, person.reason, person.name, person.what_happens
        ));
    }
    Shown {
        json: json!(persons()),
        text,
    }
}

/// `utpost practice reset`
pub(crate) fn reset(common: &Common, renew: bool) -> Result<Shown, Failure> {
    let place = Place::of(common)?;
    let authority = if renew {
        ResetAuthority::Renew
    } else {
        ResetAuthority::Keep
    };
    utpost_practice::reset(&place.practice_folder, authority).map_err(start_failure)?;
    Ok(Shown {
        json: json!({ "reset": true, "renewed": renew }),
        text: format!("{}\n", place.practice_folder.display()),
    })
}

/// `utpost practice act`
pub(crate) fn act(
    common: &Common,
    act: Act,
    conversation: Option<&str>,
    kind: &str,
) -> Result<Shown, Failure> {
    let place = Place::of(common)?;
    let (_practice, endpoints) = place.practice()?;
    let control = Control::of(&endpoints)?;
    let answers = match act {
        Act::Open => each(&control, "mailboxes", "open", conversation)?,
        Act::Posted => each(&control, "print", "posted", conversation)?,
        Act::Returned => each(&control, "print", "returned", conversation)?,
        Act::Advance => vec![control.post("advance", None)?],
        Act::Forge => {
            let conversation =
                conversation.ok_or_else(|| Failure::detailed(Code::Practice, "--conversation"))?;
            let order = json!({ "conversation": conversation, "kind": kind });
            vec![control.post("forge", Some(&order))?]
        }
    };
    let text = format!("{}\n", answers.len());
    Ok(Shown {
        json: json!({ "done": answers }),
        text,
    })
}

/// Does `act` to each letter of `pile`, or to the one of a conversation.
fn each(
    control: &Control,
    pile: &str,
    act: &str,
    conversation: Option<&str>,
) -> Result<Vec<Value>, Failure> {
    let letters = control.list(pile)?;
    let chosen = letters.as_array().into_iter().flatten().filter(|letter| {
        conversation.is_none_or(|wanted| letter["conversation"].as_str() == Some(wanted))
    });
    let mut answers = Vec::new();
    for letter in chosen {
        let message = letter["message"].as_str().unwrap_or_default();
        answers.push(control.post(&format!("{pile}/{message}/{act}"), None)?);
    }
    if answers.is_empty() && conversation.is_some() {
        return Err(Failure::new(Code::LetterUnknown));
    }
    Ok(answers)
}

/// `utpost practice replay`
pub(crate) fn replay(args: &Replay) -> Result<Shown, Failure> {
    let failure = |fault: &dyn std::fmt::Display| Failure::detailed(Code::FileUnreadable, fault);
    let password = fs::read_to_string(&args.password_file).map_err(|fault| failure(&fault))?;
    let verdict = replay_files(&ReplayFiles {
        message: &args.message,
        package: &args.package,
        recipient: &args.key,
        password: password.trim_end_matches(['\r', '\n']),
        issuers: &args.issuers,
        token_issuer: &args.token_issuer,
        provider: OrgNumber::parse(&args.provider).map_err(|fault| failure(&fault))?,
        takes: if args.print {
            Takes::Print
        } else {
            Takes::Digital
        },
        at: args.at.unwrap_or_else(jiff::Timestamp::now),
    })
    .map_err(|fault| failure(&fault))?;

    let mut text = String::new();
    let mut checks = Vec::new();
    for check in verdict.checks() {
        let (sign, outcome, why) = match &check.outcome {
            Outcome::Passed => ("✓", "passed", String::new()),
            Outcome::Refused(fault) => ("✗", "refused", fault.to_string()),
            Outcome::NotPossible(why) => ("–", "not possible", format!("{why:?}")),
        };
        text.push_str(&format!(
            "{sign} {:>2} {:<44} {why}\n",
            check.number, check.name
        ));
        checks.push(json!({
            "number": check.number, "check": check.name, "outcome": outcome, "why": why,
        }));
    }
    let shown = Shown {
        json: json!({ "accepted": verdict.is_accepted(), "checks": checks }),
        text,
    };
    if verdict.is_accepted() {
        Ok(shown)
    } else {
        Err(Failure::new(Code::RefusedByAccessPoint).beside(shown))
    }
}

fn start_failure(fault: StartFault) -> Failure {
    Failure::detailed(Code::Practice, fault)
}
