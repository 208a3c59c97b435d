//! The desktop program's window, driven as a clerk would: the scenarios of `tests/window`, and
//! pictures of every screen.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::{Console, Profile};
use crate::{Outcome, desktop, setup, shell};

pub(crate) const SCREENS_HELP: &str = "
cargo xtask screens [--out DIR]

Opens the window on a display in memory, goes through every screen and state, in two sizes, light
and dark, bokmål and English, with nynorsk, a window of 320 points and 200 % zoom beside, and writes
a picture of each and an index.html that shows them all.

  --out DIR    where to [default: target/screens]; a new or empty folder, or one that an earlier
               call left, which is emptied
";

/// Runs the scenarios.
pub(crate) fn test() -> Outcome {
    let folder = shell::target().join("window");
    shell::make_own_folder(&folder)?;
    let mut suite = suite(&folder)?;
    suite.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    // A scenario that hangs fails, and nothing left open keeps the run from ending.
    suite.args(["--test-timeout=600000", "--test-force-exit"]);
    suite.args([
        "tests/window/letters.test.mjs",
        "tests/window/restart.test.mjs",
        "tests/window/standing.test.mjs",
        "tests/window/keyboard.test.mjs",
        "tests/window/accessible.test.mjs",
    ]);
    shell::run(&mut suite)
}

/// Writes pictures of every screen and state.
pub(crate) fn screens(arguments: &[String]) -> Outcome {
    let out = match arguments {
        [] => shell::target().join("screens"),
        [option, out] if option == "--out" => PathBuf::from(out),
        _ => return Err("See cargo xtask screens --help.".into()),
    };
    setup::for_driving()?;
    shell::make_own_folder(&out)?;
    let out = out
        .canonicalize()
        .map_err(|fault| format!("{}: {fault}", out.display()))?;
    let folder = shell::target().join("window-screens");
    shell::make_own_folder(&folder)?;
    shell::run(suite(&folder)?.arg("tests/window/screens.mjs").arg(&out))?;
    println!("{}", out.join("index.html").display());
    Ok(())
}

/// Node.js in a desktop session, knowing where everything is; `folder` takes what is left behind.
fn suite(folder: &Path) -> Result<Command, String> {
    let program = desktop::build(Profile::Debug)?;
    shell::run(shell::cargo().args([
        "build",
        "--quiet",
        "-p",
        "utpost-letters",
        "--example",
        "sample",
    ]))?;
    let console = Console::build(Profile::Debug, folder)?;
    let mut command = desktop::in_session(&folder.join("home"));
    command
        .env("UTPOST_DESKTOP", program)
        .env("UTPOST_CONSOLE", console.program())
        .env(
            "UTPOST_SAMPLE",
            Profile::Debug.folder().join("examples/sample"),
        )
        .env("UTPOST_TAURI_DRIVER", setup::tauri_driver()?)
        .env("UTPOST_WINDOW_OUT", folder);
    command.arg("node");
    Ok(command)
}
