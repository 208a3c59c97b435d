//! The commands of the practice environment.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Value, json};
use utpost_dispatch::Code;
use utpost_practice::{MessageEnd, Practice, PracticeOptions, ResetAuthority, persons};
use utpost_workplace::{Control, Failure, practice_reset};

use crate::args::{Act, Common, Faults, PlannedFault, Which};
use crate::show::Shown;
use crate::words::Language;

/// `utpost practice serve`
pub(crate) fn serve(common: &Common, port: u16, until_input_ends: bool) -> Result<Shown, Failure> {
    let place = common.place()?;
    let mut options = PracticeOptions::from_environment(&place.practice_folder)?;
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
    done?;
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
pub(crate) fn reset(common: &Common, renew: bool, letters: bool) -> Result<Shown, Failure> {
    let place = common.place()?;
    if letters {
        practice_reset(&place)?;
    }
    let authority = if renew {
        ResetAuthority::Renew
    } else {
        ResetAuthority::Keep
    };
    utpost_practice::reset(&place.practice_folder, authority)?;
    let folder = place.practice_folder.display();
    let mut text = match common.language {
        Language::Nb => format!("Øvingsmiljøet er tømt (mappe {folder}).\n"),
        Language::En => format!("Practice is empty (folder {folder}).\n"),
    };
    text.push_str(match (letters, common.language) {
        (true, Language::Nb) => "Brevene i øvingsprotokollen er fjernet.\n",
        (true, Language::En) => "The letters of the practice ledger are removed.\n",
        (false, Language::Nb) => {
            "Brev som ble sendt før dette, står i protokollen, men får ingen flere kvitteringer.\n"
        }
        (false, Language::En) => {
            "Letters sent before this stay in the ledger, but get no more receipts.\n"
        }
    });
    if renew {
        text.push_str(match common.language {
            Language::Nb => "Neste start lager nye nøkler og sertifikater.\n",
            Language::En => "The next start makes new keys and certificates.\n",
        });
    }
    Ok(Shown {
        json: json!({ "reset": true, "renewed": renew, "letters_removed": letters }),
        text,
    })
}

/// `utpost practice act`
pub(crate) fn act(common: &Common, act: Act) -> Result<Shown, Failure> {
    let place = common.place()?;
    let (_practice, endpoints) = place.practice()?;
    let control = Control::of(&endpoints)?;
    let answers = match act {
        Act::Open(which) => each(&control, "mailboxes", "open", which, |_| true)?,
        Act::Posted(which) => each(&control, "print", "posted", which, |_| true)?,
        Act::Returned(which) => each(&control, "print", "returned", which, is_posted)?,
        Act::Advance => vec![control.post("advance", None)?],
        Act::Forge { conversation, kind } => {
            let order = json!({ "conversation": conversation, "kind": name(kind) });
            vec![control.post("forge", Some(&order))?]
        }
    };
    Ok(Shown {
        text: done(act, &answers, common.language),
        json: json!({ "done": answers }),
    })
}

/// `utpost practice faults`
pub(crate) fn faults(common: &Common, command: Option<&Faults>) -> Result<Shown, Failure> {
    // Plans live as long as the process that holds them, so it must be another's.
    let control = Control::of(&common.place()?.running_practice()?)?;
    let planned = match command {
        None => control.list("faults")?,
        Some(Faults::Plan(fault)) => control.post("faults", Some(&order(fault)))?,
        Some(&Faults::Random {
            seed,
            share,
            final_share,
        }) => {
            let random = json!({ "seed": seed, "share": share, "final_share": final_share });
            control.post("faults", Some(&json!({ "random": random })))?
        }
        Some(&Faults::Auto {
            open_share,
            post,
            return_share,
            seed,
        }) => {
            let auto = json!({
                "open_share": open_share,
                "post": post,
                "return_share": return_share,
                "seed": seed,
            });
            control.post("faults", Some(&json!({ "auto": auto })))?
        }
        Some(Faults::Ends) => return ends(&control, common.language),
        Some(Faults::Clear) => control.delete("faults")?,
    };
    let mut text = String::new();
    for fault in planned.as_array().into_iter().flatten() {
        text.push_str(&fault_line(fault, common.language));
    }
    if text.is_empty() {
        text.push_str(match common.language {
            Language::Nb => "Ingen feil er planlagt.\n",
            Language::En => "No fault is planned.\n",
        });
    }
    Ok(Shown {
        json: json!({ "faults": planned }),
        text,
    })
}

/// `utpost practice faults ends`
fn ends(control: &Control, language: Language) -> Result<Shown, Failure> {
    let messages = control.messages()?;
    let text: String = messages.iter().map(|row| end_line(row, language)).collect();
    Ok(Shown {
        json: json!({ "messages": messages }),
        text: match (text.is_empty(), language) {
            (false, _) => text,
            (true, Language::Nb) => "Ingen melding er kommet.\n".to_owned(),
            (true, Language::En) => "No message has come.\n".to_owned(),
        },
    })
}

/// `3f… · failed_late · failed · tatt inn: 1, i postkasser og bunker: 1`
fn end_line(row: &MessageEnd, language: Language) -> String {
    let fate = row.fate.as_ref().map(kind_and_numbers);
    let end = row.expected_end.map(|end| json!(end));
    let end = end.as_ref().and_then(Value::as_str);
    let (taken, copies) = (row.accepted_times, row.mailbox_copies);
    let (none, unknown, counts) = match language {
        Language::Nb => (
            "ingenting",
            "ikke avgjort",
            format!("tatt inn: {taken}, i postkasser og bunker: {copies}"),
        ),
        Language::En => (
            "nothing",
            "not settled",
            format!("taken in: {taken}, in mailboxes and piles: {copies}"),
        ),
    };
    format!(
        "{} · {} · {} · {counts}\n",
        row.message,
        fate.as_deref().unwrap_or(none),
        end.unwrap_or(unknown),
    )
}

/// Does `act` to each letter of `pile` that fits, or to the one of a conversation.
fn each(
    control: &Control,
    pile: &str,
    act: &str,
    which: Which,
    fits: fn(&Value) -> bool,
) -> Result<Vec<Value>, Failure> {
    let letters = control.list(pile)?;
    let wanted = which.conversation.map(|id| id.to_string());
    let chosen = |letter: &&Value| match &wanted {
        Some(id) => letter["conversation"].as_str() == Some(id),
        None => fits(letter),
    };
    let mut answers = Vec::new();
    for letter in letters.as_array().into_iter().flatten().filter(chosen) {
        let message = letter["message"].as_str().unwrap_or_default();
        answers.push(control.post(&format!("{pile}/{message}/{act}"), None)?);
    }
    if answers.is_empty() && wanted.is_some() {
        return Err(Failure::new(Code::PracticeLetter));
    }
    Ok(answers)
}

fn is_posted(letter: &Value) -> bool {
    let receipts = letter["receipts"].as_array();
    receipts.is_some_and(|made| made.iter().any(|kind| kind == "leveringskvittering"))
}

/// What was done, in a sentence or two.
fn done(act: Act, answers: &[Value], language: Language) -> String {
    let letters = answers.len();
    let receipts: usize = answers
        .iter()
        .map(|answer| match &answer["receipts"] {
            Value::Array(made) => made.len(),
            _ => usize::from(answer["receipt"].is_string()),
        })
        .sum();
    let happened = match (language, act) {
        (Language::Nb, Act::Open(_)) => format!("Åpnet av innbyggeren: {letters} brev."),
        (Language::Nb, Act::Posted(_)) => format!("Levert til posten: {letters} brev."),
        (Language::Nb, Act::Returned(_)) => format!("Kommet i retur: {letters} brev."),
        (Language::Nb, Act::Advance) => "En natt har gått hos trykkeriet.".to_owned(),
        (Language::Nb, Act::Forge { kind, .. }) => {
            format!("En kvittering er forfalsket ({}).", name(kind))
        }
        (Language::En, Act::Open(_)) => format!("Opened by the citizen: letters {letters}."),
        (Language::En, Act::Posted(_)) => format!("Handed to the post: letters {letters}."),
        (Language::En, Act::Returned(_)) => format!("Come back: letters {letters}."),
        (Language::En, Act::Advance) => "A night has passed at the print shop.".to_owned(),
        (Language::En, Act::Forge { kind, .. }) => {
            format!("A receipt was forged ({}).", name(kind))
        }
    };
    let came = match (language, receipts) {
        (Language::Nb, 0) => "Ingen nye kvitteringer.".to_owned(),
        (Language::Nb, _) => format!("Nye kvitteringer: {receipts}. «utpost receipts» henter dem."),
        (Language::En, 0) => "No new receipts.".to_owned(),
        (Language::En, _) => format!("New receipts: {receipts}. “utpost receipts” fetches them."),
    };
    format!("{happened} {came}\n")
}

/// A planned fault as the control interface takes it.
fn order(fault: &PlannedFault) -> Value {
    let mut order = json!({
        "service": name(fault.service),
        "kind": name(fault.kind),
        "times": fault.times,
        "after": fault.after,
        "as_string": fault.as_string,
    });
    let numbers = [
        ("status", fault.status.map(u64::from)),
        ("retry_after", fault.retry_after.map(u64::from)),
        ("milliseconds", fault.milliseconds),
        ("bytes_per_second", fault.bytes_per_second.map(u64::from)),
    ];
    for (member, number) in numbers {
        if let Some(number) = number {
            order[member] = json!(number);
        }
    }
    if let Some(forgery) = fault.forgery {
        order["forgery"] = json!(name(forgery));
    }
    order
}

/// `submit: status, status 503, retry_after 7 (1 gang, etter 2 kall)`, or a setting as it was set.
fn fault_line(fault: &Value, language: Language) -> String {
    for setting in ["random", "auto"] {
        if let Some(values) = fault[setting].as_object() {
            let values = values.iter().map(|(name, value)| format!("{name} {value}"));
            let values: Vec<String> = values.collect();
            return format!("{setting}: {}\n", values.join(", "));
        }
    }
    let service = fault["service"].as_str().unwrap_or_default();
    let number = |member: &str| fault[member].as_u64().unwrap_or_default();
    let mut line = format!("{service}: {}", kind_and_numbers(fault));
    let (times, after) = (number("times"), number("after"));
    line.push_str(&match language {
        Language::Nb if service == "message" => format!(" · meldinger: {times}"),
        Language::Nb => format!(" · treffer {times} kall"),
        Language::En => format!(" · hits {times}"),
    });
    if after > 0 {
        line.push_str(&match language {
            Language::Nb => format!(" etter {after}"),
            Language::En => format!(" after {after}"),
        });
    }
    line.push('\n');
    line
}

/// `status, status 503, retry_after 7`
fn kind_and_numbers(fault: &Value) -> String {
    let mut text = fault["kind"].as_str().unwrap_or_default().to_owned();
    for member in ["status", "retry_after", "milliseconds", "bytes_per_second"] {
        if let Some(number) = fault[member].as_u64() {
            text.push_str(&format!(", {member} {number}"));
        }
    }
    if let Some(forgery) = fault["forgery"].as_str() {
        text.push_str(&format!(", {forgery}"));
    }
    if fault["as_string"] == true {
        text.push_str(", as_string");
    }
    text
}

/// The name of a choice, as typed and as the control interface knows it.
fn name(choice: impl ValueEnum) -> String {
    choice
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}
