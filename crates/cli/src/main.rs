//! The console program: a thin shell over the use cases of `dispatch`.

mod args;
mod commands;
mod control;
mod doctor;
mod failure;
mod practice;
mod sentences;
mod settings;
mod show;
mod words;
mod workplace;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use utpost_dispatch::Code;

use crate::args::{Cli, Command, Practice};
use crate::failure::Failure;
use crate::show::Shown;

fn main() -> ExitCode {
    let quiet = utpost_platform::openssl_without_config();
    let cli = Cli::parse();
    // Silent unless asked: `UTPOST_LOG=info`. Nothing personal is ever logged.
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("UTPOST_LOG").unwrap_or_else(|_| "off".into()))
        .with_writer(io::stderr)
        .init();
    let shown = match quiet {
        Ok(()) => run(&cli),
        Err(fault) => Err(Failure::detailed(Code::Defect, fault)),
    };
    match shown {
        Ok(shown) => {
            let text = if cli.common.json {
                format!("{}\n", shown.json)
            } else {
                shown.text
            };
            write(&mut io::stdout(), &text);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let language = cli.common.language;
            if cli.common.json {
                write(&mut io::stdout(), &format!("{}\n", failure.json(language)));
            } else {
                write(&mut io::stderr(), &failure.text(language));
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(cli: &Cli) -> Result<Shown, Failure> {
    let common = &cli.common;
    match &cli.command {
        Command::Send(args) => commands::send(common, args),
        Command::Lookup(args) => commands::lookup(common, args),
        Command::Resume(args) => commands::resume(common, args),
        Command::Outbox => commands::outbox(common),
        Command::Status(args) => commands::status(common, args),
        Command::Cancel { letter } => commands::cancel(common, letter),
        Command::Receipts => commands::receipts(common),
        Command::Evidence(args) => commands::evidence_folder(common, args),
        Command::Doctor => doctor::examine(common),
        Command::Practice { command } => match command {
            Practice::Serve {
                port,
                until_input_ends,
            } => practice::serve(common, *port, *until_input_ends),
            Practice::Persons => Ok(practice::list_persons()),
            Practice::Reset { renew } => practice::reset(common, *renew),
            Practice::Replay(args) => practice::replay(args),
            Practice::Act {
                act,
                conversation,
                kind,
            } => practice::act(common, *act, conversation.as_deref(), kind),
        },
    }
}

/// A reader that has gone away is no fault of the letter.
fn write(out: &mut dyn Write, text: &str) {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
