//! The console program: a thin shell over the use cases of `dispatch`.

mod args;
mod commands;
mod doctor;
mod failure;
mod ledger;
mod practice;
mod replay;
mod sentences;
mod show;
mod words;
mod work;

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use utpost_dispatch::Code;
use utpost_workplace::{Failure, begin_log, quiet_faults};

use crate::args::{Cli, Command, Ledger, Practice};
use crate::failure::Worded;
use crate::show::Shown;
use crate::words::Language;

fn main() -> ExitCode {
    let quiet = utpost_platform::openssl_without_config();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => return usage(&wrong),
    };
    begin_log(cli.common.place().ok().map(|place| place.folder));
    quiet_faults();
    let shown = match quiet {
        // What is half done is in the ledger, and nothing of this process is used again.
        Ok(()) => panic::catch_unwind(AssertUnwindSafe(|| run(&cli)))
            .unwrap_or_else(|_| Err(Failure::new(Code::Defect))),
        Err(fault) => Err(Failure::detailed(Code::Defect, fault)),
    };
    match shown {
        Ok((shown, None)) => {
            let text = if cli.common.json {
                format!("{}\n", shown.json)
            } else {
                shown.text
            };
            write(&mut io::stdout(), &text);
            ExitCode::SUCCESS
        }
        Ok((shown, Some(failure))) => {
            failure.log();
            tell(&failure, Some(shown), cli.common.json, cli.common.language)
        }
        Err(failure) => {
            failure.log();
            tell(&failure, None, cli.common.json, cli.common.language)
        }
    }
}

/// Tells a failure, with what there is to show all the same. Its text holds the failure's.
fn tell(failure: &Failure, shown: Option<Shown>, json: bool, language: Language) -> ExitCode {
    let mut told = failure.json(language);
    let mut text = failure.text(language);
    if let Some(shown) = shown {
        text = shown.text;
        for (name, value) in shown.json.as_object().into_iter().flatten() {
            told[name] = value.clone();
        }
    }
    if json {
        write(&mut io::stdout(), &format!("{told}\n"));
    } else {
        write(&mut io::stderr(), &text);
    }
    ExitCode::from(failure.exit_code())
}

/// Help, the version, or a command that is not written as it should be. What was typed is not
/// repeated: it may be a person's number in the wrong place.
fn usage(wrong: &clap::Error) -> ExitCode {
    if !wrong.use_stderr() {
        write(&mut io::stdout(), &wrong.render().to_string());
        return ExitCode::SUCCESS;
    }
    let typed: Vec<_> = std::env::args_os().collect();
    let json = typed.iter().any(|word| word == "--json");
    let english = typed
        .windows(2)
        .any(|pair| pair[0] == "--language" && pair[1] == "en")
        || typed.iter().any(|word| word == "--language=en")
        || std::env::var("UTPOST_LANGUAGE").is_ok_and(|set| set == "en");
    let language = if english { Language::En } else { Language::Nb };
    let names = |kind| match wrong.get(kind) {
        Some(ContextValue::Strings(names)) => Some(names.join(" ")),
        _ => None,
    };
    let mut detail = format!("{:?}", wrong.kind());
    if wrong.kind() == ErrorKind::MissingRequiredArgument {
        detail.push_str(&format!(
            ": {}",
            names(ContextKind::InvalidArg).unwrap_or_default()
        ));
    }
    if let Some(ContextValue::StyledStr(usage)) = wrong.get(ContextKind::Usage) {
        detail.push_str(&format!("\n  {usage}"));
    }
    tell(
        &Failure::detailed(Code::Usage, detail),
        None,
        json,
        language,
    )
}

/// What there is to show, and with it what went wrong for a part of it.
fn run(cli: &Cli) -> Result<(Shown, Option<Failure>), Failure> {
    let common = &cli.common;
    let shown = match &cli.command {
        Command::Outbox(args) => return commands::outbox(common, args),
        Command::Work(args) => return work::work(common, args),
        Command::Doctor => return doctor::examine(common),
        Command::Send(args) => commands::send(common, args),
        Command::Lookup(args) => commands::lookup(common, args),
        Command::Resume(args) => commands::resume(common, args),
        Command::Status(args) => commands::status(common, args),
        Command::Cancel { letter } => commands::cancel(common, letter),
        Command::Settings => commands::settings(common),
        Command::Receipts => commands::receipts(common),
        Command::Evidence(args) => commands::evidence_folder(common, args),
        Command::Ledger { command } => match command {
            Ledger::Check => return ledger::check(common),
            Ledger::Backup(args) => ledger::backup(common, args),
            Ledger::Restore(args) => return ledger::restore(common, args),
            Ledger::Export(args) => return ledger::export(common, args),
            Ledger::Forget(args) => ledger::forget(common, args),
        },
        Command::Practice { command } => match command {
            Practice::Serve {
                port,
                until_input_ends,
            } => practice::serve(common, *port, *until_input_ends),
            Practice::Persons => Ok(practice::list_persons()),
            Practice::Reset { renew, letters } => practice::reset(common, *renew, *letters),
            Practice::Replay(args) => return replay::replay(common, args),
            Practice::Act { act } => practice::act(common, *act),
            Practice::Faults { command } => practice::faults(common, command.as_ref()),
        },
    };
    Ok((shown?, None))
}

/// A reader that has gone away is no fault of the letter.
fn write(out: &mut dyn Write, text: &str) {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
