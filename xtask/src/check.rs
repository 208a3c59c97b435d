//! The checks that also run before each commit.

use std::time::{Duration, Instant};

use crate::{Outcome, page, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask check

The page's types and texts, format, lints as errors, dependency arrows between the crates, and with
cargo-deny licences, banned crates and sources; that README and ARCHITECTURE name nothing that is
not there. Installs first what building needs; cargo-deny comes with cargo xtask setup.
";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return Err(format!(
            "check takes no {argument}. See cargo xtask check --help."
        ));
    }
    setup::for_checks()?;
    let mut report = Report::default();
    report.step("page: types and texts", page::check);
    report.step("page: build", page::build);
    format_and_lints(&mut report);
    report.step("arrows and documents", || {
        let mut cargo = shell::cargo();
        cargo.args(["test", "-p", "utpost-tests"]);
        shell::run(cargo.args(["--test", "arrows", "--test", "documents"]))
    });
    deny(&mut report);
    report.end()
}

pub(crate) fn format_and_lints(report: &mut Report) {
    report.step("format", || {
        shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
    });
    report.step("lints", || {
        shell::run(shell::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    });
}

pub(crate) fn deny(report: &mut Report) {
    let tool = setup::python_folder().join("bin/cargo-deny");
    if !shell::works(&tool.to_string_lossy(), &["--version"]) {
        report.not_run(
            "licences, bans, sources",
            "cargo-deny is missing; cargo xtask setup brings it",
        );
        return;
    }
    report.step("licences, bans, sources", || {
        shell::run(shell::command(&tool).args(["check", "licenses", "sources"]))?;
        // Tests may use a second implementation to judge the first.
        shell::run(shell::command(&tool).args(["--exclude-dev", "check", "bans"]))
    });
}

/// What passed, what failed and what was not run.
#[derive(Default)]
pub(crate) struct Report {
    passed: u32,
    took: Vec<(String, Duration)>,
    failed: Vec<String>,
    not_run: Vec<String>,
}

impl Report {
    pub(crate) fn step(&mut self, name: &str, run: impl FnOnce() -> Outcome) {
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = run();
        self.took.push((name.to_owned(), started.elapsed()));
        match outcome {
            Ok(()) => self.passed += 1,
            Err(sentence) => {
                eprintln!("{sentence}");
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Outside CI a notice, in CI a failure.
    pub(crate) fn not_run(&mut self, name: &str, why: &str) {
        if shell::in_ci() {
            self.failed.push(format!("{name} (not run: {why})"));
        } else {
            self.not_run.push(format!("{name}: {why}"));
        }
    }

    /// Notices of a check that has decided itself what it may leave out in CI.
    pub(crate) fn left_out(&mut self, notices: Vec<String>) {
        self.not_run.extend(notices);
    }

    pub(crate) fn end(self) -> Outcome {
        println!();
        for (name, took) in &self.took {
            println!("{:>6.0} s  {name}", took.as_secs_f64());
        }
        for notice in &self.not_run {
            println!("not run: {notice}");
        }
        for name in &self.failed {
            println!("failed: {name}");
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() {
            Ok(())
        } else {
            Err("Some checks failed.".into())
        }
    }
}
