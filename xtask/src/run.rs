//! Starts practice in the foreground.

use crate::console::{self, Console, Profile};
use crate::{Outcome, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask run

Builds the console program, starts the practice environment in the foreground (Ctrl-C ends it) and
prints the lines to try in another terminal. Everything lies in target/run and is kept from one
run to the next.
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
In another terminal:

  alias utpost='{utpost} --practice'
  export UTPOST_DATA={data} UTPOST_KEY_FILE={key} UTPOST_PRACTICE_DATA={practice}

  utpost practice persons
  echo NUMBER | utpost send {letter} --to - --title 'Vedtak om støtte'
  utpost receipts
  utpost status

NUMBER is one from the list of persons.
",
        utpost = console.program().display(),
        data = console.data().display(),
        key = console.key_file().display(),
        practice = console.practice_data().display(),
        letter = letter.display(),
    );
    shell::run(console.command().args(["practice", "serve"]))
}
