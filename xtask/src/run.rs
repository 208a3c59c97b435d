//! The desktop program in practice, or the practice environment and how to reach it from the
//! console.

use std::env;

use crate::console::{self, Console, Profile};
use crate::{Outcome, demo, desktop, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask run [--console]

Builds the desktop program and opens its window in the practice environment. Where there is no
display it says so and ends.

  --console   builds the console program instead, starts the practice environment in the foreground
              (Ctrl-C ends it) and prints lines to paste into another terminal

Everything lies in target/run and is kept from one run to the next; window and console share it.
";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => open_window(),
        [option] if option == "--console" => serve_console(),
        [other, ..] => Err(format!("run takes no {other}. See cargo xtask run --help.")),
    }
}

fn open_window() -> Outcome {
    if cfg!(target_os = "linux") && !has_display() {
        return Err(
            "This machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so the \
             window can't open.\n`cargo xtask demo` shows the whole way of seven letters without \
             one, and `cargo xtask run --console` lets you send your own."
                .into(),
        );
    }
    let program = desktop::build(Profile::Debug)?;
    let console = Console::build(Profile::Debug, &folder())?;
    write_letter(&console)?;
    println!(
        "A letter to drop on the window lies in {}.",
        console.folder().join("brev.pdf").display()
    );
    let mut window = shell::command(program);
    console.set_places(&mut window);
    shell::run(&mut window)
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn serve_console() -> Outcome {
    setup::for_console()?;
    let console = Console::build(Profile::Debug, &folder())?;
    write_letter(&console)?;
    println!(
        "
Paste into another terminal; the number is an invented citizen with a mailbox at Digipost:

  alias utpost='{utpost} --practice'
  export UTPOST_DATA={data} UTPOST_KEY_FILE={key} UTPOST_PRACTICE_DATA={practice}

  utpost practice persons
  echo {number} | utpost lookup --to -
  echo {number} | utpost send {letter} --to - --title 'Vedtak om støtte'
  utpost receipts
  utpost status
",
        number = demo::DIGIPOST_PERSON,
        utpost = console.program().display(),
        data = console.data().display(),
        key = console.key_file().display(),
        practice = console.practice_data().display(),
        letter = console.folder().join("brev.pdf").display(),
    );
    shell::run(console.command().args(["practice", "serve"]))
}

fn folder() -> std::path::PathBuf {
    shell::target().join("run")
}

fn write_letter(console: &Console) -> Outcome {
    console::write_sample(
        Profile::Debug,
        &console.folder().join("brev.pdf"),
        &[
            "Vedtak om støtte",
            "",
            "Du har fått innvilget søknaden din.",
        ],
    )
}
