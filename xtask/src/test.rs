//! Everything that can be tested.

use crate::check::{self, Report};
use crate::{Outcome, demo, endure, page, setup, shell, window};

pub(crate) const HELP: &str = "
cargo xtask test [window]

Installs what is missing, then runs the page's checks and tests, format, lints, all tests of the
workspace, licences and bans, the demo into target/demo-out, the checks of what it left by programs
that are not ours (tests/interop/parcel.sh), a short endurance run (200 letters, 20 kills; see cargo
xtask endure --help), and the window, driven as a clerk would (tests/window).
Goes on after a failure, and fails at the end if anything failed.

  window   the last of these alone

The official schemas and example sets are not part of the project: they are read from the folder
in UTPOST_CONFORMANCE, else from ../shared/spec/conformance. Where they or a program are missing,
the checks that need them are named as not run; with CI set that is a failure. EU DSS, which wants
Java, Maven and its libraries from the network, is only named, in CI as well.
";

/// Long enough for every fault to come up, short enough for every day.
const ENDURANCE: &str = "--letters 200 --faults 0.2 --final 0.05 --kills 20 --seed 7";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => {}
        [only] if only == "window" => {
            setup::for_driving()?;
            return window::test();
        }
        [other, ..] => {
            return Err(format!(
                "test takes no {other}. See cargo xtask test --help."
            ));
        }
    }
    setup::for_tests()?;
    let mut report = Report::default();
    page::check_and_test(&mut report);
    check::format_and_lints(&mut report);
    report.step("tests", || {
        let all = ["test", "--workspace", "--locked", "--no-fail-fast"];
        shell::run(shell::cargo().args(all))
    });
    check::deny(&mut report);
    let out = shell::target().join("demo-out");
    report.step("demo", || {
        demo::run(&["--out".into(), out.to_string_lossy().into_owned()])
    });
    let conformance = std::env::var_os("UTPOST_CONFORMANCE").map_or_else(
        || shell::root().join("../shared/spec/conformance"),
        Into::into,
    );
    if !conformance.is_dir() {
        report.not_run(
            "tests on the official schemas and example sets",
            &format!("{} is missing", conformance.display()),
        );
    }
    let mut left_out = Vec::new();
    report.step("demo's letters, by other programs", || {
        let mut checks = shell::command("tests/interop/parcel.sh");
        shell::run_and_find(checks.arg(&out), "not run: ", &mut left_out)
    });
    report.left_out(left_out);
    report.step("endurance", || {
        let arguments: Vec<String> = ENDURANCE.split(' ').map(String::from).collect();
        endure::run(&arguments)
    });
    report.step("window", window::test);
    report.end()
}
