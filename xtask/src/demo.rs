//! Seven letters, the whole way, through the console program and a practice environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::console::{self, Answer, Console, Practice, Profile};
use crate::{Outcome, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask demo [--pdf FILE] [--out DIR]

Builds utpost, starts `utpost practice serve` as a process of its own and sends a letter to each of
seven invented citizens: one with a mailbox at Digipost, one at e-Boks, one who has reserved
against digital letters, one who can't be notified, one without a mailbox, one unknown to the
register, and one removed from it (stopped, nothing is sent). Then it plays the citizen who opens a
letter, the print shop that posts its pile, and somebody who forges a receipt, fetches the receipts
and prints each letter's timeline.

  --pdf FILE   send this PDF instead of sample letters
  --out DIR    where to leave the evidence [default: demo-out]; a new or empty folder, or
               one that an earlier demo left, which is emptied

DIR holds a folder for each letter with message.jwt, package.cms, receipts/*.jwt and timeline.json,
and practice/ca.pem and practice/<organisation number>.key.pem to open and check them with.
tests/interop/parcel.sh DIR does that with programs that are not ours.
";

/// Has a mailbox at Digipost.
pub(crate) const DIGIPOST_PERSON: &str = "06925115949";

/// A citizen of the practice environment (`utpost practice persons`).
struct Citizen {
    folder: &'static str,
    number: &'static str,
    who: &'static str,
    ends: End,
}

/// How far the letter must have come at the end of the demo.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Opened,
    Delivered,
    HandedToPost,
    /// Never sent; the command ends with this code.
    Refused(&'static str),
}

const CITIZENS: [Citizen; 7] = [
    Citizen {
        folder: "1-digipost",
        number: DIGIPOST_PERSON,
        who: "has a mailbox at Digipost",
        ends: End::Opened,
    },
    Citizen {
        folder: "2-eboks",
        number: "27914108158",
        who: "has a mailbox at e-Boks",
        ends: End::Delivered,
    },
    Citizen {
        folder: "3-reserved",
        number: "02825777442",
        who: "has reserved against digital letters",
        ends: End::HandedToPost,
    },
    Citizen {
        folder: "4-not-notifiable",
        number: "18859768837",
        who: "can't be notified",
        ends: End::HandedToPost,
    },
    Citizen {
        folder: "5-no-mailbox",
        number: "19839343496",
        who: "has no mailbox",
        ends: End::HandedToPost,
    },
    Citizen {
        folder: "6-not-registered",
        number: "21893559644",
        who: "is unknown to the register",
        ends: End::HandedToPost,
    },
    Citizen {
        folder: "7-removed",
        number: "14902879154",
        who: "was removed from the register",
        ends: End::Refused("REACH_PERSON_DELETED"),
    },
];

/// Practice answers within seconds; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = Options::read(arguments)?;
    setup::for_console()?;
    shell::make_own_folder(&options.out)?;
    let console = Console::build(Profile::Debug, &options.out)?;
    let practice = Practice::start(&console)?;
    println!("Practice runs as process {}.", practice.process());

    let mut letters = Vec::new();
    for citizen in &CITIZENS {
        letters.push(send(&console, citizen, options.pdf.as_deref())?);
    }
    follow(&console, &letters, |ends| match ends {
        End::Refused(_) => Distance::UnderWay,
        End::Opened | End::Delivered | End::HandedToPost => Distance::Arrived,
    })?;

    println!("\nThe citizen opens the letter in Digipost, and the print shop posts its pile.");
    for letter in letters
        .iter()
        .filter(|letter| letter.citizen.ends == End::Opened)
    {
        console.expect(&[
            "practice",
            "act",
            "open",
            "--conversation",
            &letter.conversation,
        ])?;
    }
    console.expect(&["practice", "act", "posted"])?;
    follow(&console, &letters, |ends| match ends {
        End::Opened | End::HandedToPost => Distance::Beyond,
        End::Delivered => Distance::Arrived,
        End::Refused(_) => Distance::UnderWay,
    })?;

    let victim = letters
        .iter()
        .find(|letter| letter.citizen.ends == End::Delivered)
        .ok_or("The demo has no letter to forge a receipt for.")?;
    println!("\nSomebody forges a receipt for {}.", victim.citizen.folder);
    let conversation = &victim.conversation;
    console.expect(&[
        "practice",
        "act",
        "forge",
        "--conversation",
        conversation,
        "--kind",
        "wrong_key",
    ])?;
    console.expect(&["receipts"])?;

    for letter in &letters {
        let folder = options.out.join(letter.citizen.folder);
        let folder = folder.to_string_lossy();
        console.expect(&["evidence", &letter.id, "--out", &folder])?;
        let status = console.expect(&["status", &letter.id])?;
        println!("\n{}: {}", letter.citizen.folder, words(&status["state"]));
        for event in events(&status) {
            println!("  {}", event_line(event));
        }
        for receipt in status["receipts"].as_array().into_iter().flatten() {
            let verdict = words(&receipt["verdict"]);
            println!(
                "  receipt signed by {}: {verdict}",
                words(&receipt["signer"])
            );
        }
    }
    let status = console.expect(&["status", &victim.id])?;
    if !events(&status).any(|event| happening(event).0 == "receipt_suspect") {
        return Err("The forged receipt was not shown as refused.".into());
    }
    if plain(&status["state"]) != "delivered" {
        return Err("The forged receipt changed the letter's state.".into());
    }
    drop(practice);
    println!(
        "\nThe forged receipt was refused and changed nothing. Evidence: {}",
        options.out.display()
    );
    Ok(())
}

struct Options {
    pdf: Option<PathBuf>,
    out: PathBuf,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Options {
            pdf: None,
            out: shell::root().join("demo-out"),
        };
        // Cargo keeps the folder the user stands in, while the programs run in the project's.
        let full =
            |path: &String| std::path::absolute(path).map_err(|fault| format!("{path}: {fault}"));
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match (argument.as_str(), arguments.next()) {
                ("--pdf", Some(path)) => options.pdf = Some(full(path)?),
                ("--out", Some(path)) => options.out = full(path)?,
                ("--pdf" | "--out", None) => return Err(format!("{argument} wants a path.")),
                _ => {
                    return Err(format!(
                        "demo takes no {argument}. See cargo xtask demo --help."
                    ));
                }
            }
        }
        Ok(options)
    }
}

/// A letter as the program knows it.
struct Letter {
    citizen: &'static Citizen,
    id: String,
    /// Empty when it was stopped.
    conversation: String,
}

/// How far a letter has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    UnderWay,
    /// In the mailbox, or in the print shop's pile.
    Arrived,
    /// Opened, or handed to the post.
    Beyond,
}

fn distance(state: &Value) -> Distance {
    match plain(state).as_str() {
        "delivered" | "printaccepted" => Distance::Arrived,
        "opened" | "handedtopost" => Distance::Beyond,
        _ => Distance::UnderWay,
    }
}

/// Sends to one citizen, or is stopped as expected.
fn send(
    console: &Console,
    citizen: &'static Citizen,
    pdf: Option<&Path>,
) -> Result<Letter, String> {
    let letters = console.folder().join("letters");
    fs::create_dir_all(&letters).map_err(|fault| format!("{}: {fault}", letters.display()))?;
    let file = match pdf {
        Some(pdf) => pdf.to_path_buf(),
        None => {
            let file = letters.join(format!("{}.pdf", citizen.folder));
            console::write_sample(
                Profile::Debug,
                &file,
                &[
                    "Vedtak om støtte",
                    "",
                    "Du har fått innvilget søknaden din.",
                    "",
                    citizen.folder,
                ],
            )?;
            file
        }
    };
    println!("\n{}: the citizen {}", citizen.folder, citizen.who);
    let file = file.to_string_lossy();
    let mut arguments = vec!["send", &file, "--to", "-", "--title", "Vedtak om støtte"];
    arguments.extend(["--address", "Øvrig Testperson|Prøveveien 1|0123 Oslo"]);
    arguments.push("--opening-receipt");
    // The number is no argument: command lines can be read by others.
    let Answer { json, exit } = console.ask(&arguments, citizen.number)?;
    let id = words(&json["letter"]);
    if let End::Refused(code) = citizen.ends {
        let error = &json["error"];
        if exit == 0 || error["code"] != code || json["letter"].is_null() {
            return Err(format!(
                "Stopping was expected, with {code}; exit code {exit}, {json}"
            ));
        }
        println!(
            "  stopped, exit code {exit}, {code}: {}",
            words(&error["what"])
        );
        return Ok(Letter {
            citizen,
            id,
            conversation: String::new(),
        });
    }
    if exit != 0 {
        return Err(format!("The letter was not sent: exit code {exit}, {json}"));
    }
    println!(
        "  {} because {}",
        words(&json["channel"]),
        words(&json["reason"])
    );
    match json["conversation_id"].as_str() {
        Some(conversation) => Ok(Letter {
            citizen,
            id,
            conversation: conversation.to_owned(),
        }),
        None => Err(format!("The answer names no conversation: {json}")),
    }
}

/// Fetches statuses and receipts until every letter has come as far as `wanted` says.
fn follow(console: &Console, letters: &[Letter], wanted: fn(End) -> Distance) -> Outcome {
    let patience = Instant::now() + PATIENCE;
    loop {
        console.expect(&["receipts"])?;
        let mut waiting = Vec::new();
        for letter in letters {
            let status = console.expect(&["status", &letter.id])?;
            if distance(&status["state"]) < wanted(letter.citizen.ends) {
                waiting.push(format!(
                    "{} ({})",
                    letter.citizen.folder,
                    words(&status["state"])
                ));
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(format!(
                "Still waiting after a long time: {}",
                waiting.join(", ")
            ));
        }
        thread::sleep(Duration::from_millis(500));
    }
}

fn events(status: &Value) -> impl Iterator<Item = &Value> {
    status["timeline"].as_array().into_iter().flatten()
}

/// The name of what happened, and what is known about it.
fn happening(event: &Value) -> (String, &Value) {
    let what = &event["what"];
    match what.as_object().and_then(|what| what.iter().next()) {
        Some((name, facts)) => (name.clone(), facts),
        None => (words(what), &Value::Null),
    }
}

/// One event on one line: when, what, and what is known about it.
fn event_line(event: &Value) -> String {
    let (name, facts) = happening(event);
    let at = words(&event["at"]);
    let time = at.get(11..23).unwrap_or(&at);
    let mut line = format!("{time}  {name:<17}");
    write_facts(&mut line, facts);
    line.trim_end().to_owned()
}

/// The simple values; of a digest only as much as the eye can compare.
fn write_facts(line: &mut String, facts: &Value) {
    for (name, value) in facts.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) => match inner.get("known") {
                Some(known) => line.push_str(&format!(" {name}={}", words(known))),
                None => write_facts(line, value),
            },
            Value::Null | Value::Array(_) => {}
            _ => {
                let text = words(value);
                let digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                let shown = if digest {
                    format!("{}…", &text[..12])
                } else {
                    text
                };
                line.push_str(&format!(" {name}={shown}"));
            }
        }
    }
}

fn words(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A state's name without case and signs.
fn plain(state: &Value) -> String {
    words(state)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}
