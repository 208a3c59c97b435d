//! Starts practice in the foreground.

use crate::console::{self, Console, Profile};
use crate::{Outcome, demo, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask run

Builds the console program, starts the practice environment in the foreground (Ctrl-C ends it) and
prints lines to paste into another terminal. Until there is a window, this is all that run does: no
other environment, and the console is the only way in. Everything lies in target/run and is kept
from one run to the next.
";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return Err(format!(
            "run takes no {argument}. See cargo xtask run --help."
        ));
    }
    setup::for_building()?;
    let console = Console::build(Profile::Debug, &shell::target().join("run"))?;
    let letter = console.folder().join("brev.pdf");
    console::write_sample(
        Profile::Debug,
        &letter,
        &[
            "Vedtak om støtte",
            "",
            "Du har fått innvilget søknaden din.",
        ],
    )?;
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
        letter = letter.display(),
    );
    shell::run(console.command().args(["practice", "serve"]))
}
