//! The project's own commands: `cargo xtask setup | run | demo | test | screens | bench | endure |
//! check | windows`.
//!
//! Uses the standard library and serde_json only, so that it builds within seconds on a machine
//! that can't build anything else yet; `setup` brings the rest.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod bench;
mod bench_ledger;
mod check;
mod console;
mod demo;
mod desktop;
mod endure;
mod page;
mod run;
mod setup;
mod shell;
mod test;
mod window;
mod windows;

use std::process::ExitCode;

/// Done, or the sentence to end with.
type Outcome = Result<(), String>;

struct Command {
    name: &'static str,
    does: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "setup",
        does: "Install what building and testing need",
        help: setup::HELP,
        run: setup::run,
    },
    Command {
        name: "run",
        does: "Open the window in the practice environment",
        help: run::HELP,
        run: run::run,
    },
    Command {
        name: "demo",
        does: "Send seven letters through the practice environment and show what becomes of them",
        help: demo::HELP,
        run: demo::run,
    },
    Command {
        name: "test",
        does: "Run every test and check",
        help: test::HELP,
        run: test::run,
    },
    Command {
        name: "screens",
        does: "Write a picture of every screen and state",
        help: window::SCREENS_HELP,
        run: window::screens,
    },
    Command {
        name: "bench",
        does: "Measure",
        help: bench::HELP,
        run: bench::run,
    },
    Command {
        name: "endure",
        does: "Kill the sender again and again while practice misbehaves, and compare the books",
        help: endure::HELP,
        run: endure::run,
    },
    Command {
        name: "check",
        does: "The quick checks: format, lints, dependency arrows, licences",
        help: check::HELP,
        run: check::run,
    },
    Command {
        name: "windows",
        does: "See whether everything still builds for Windows",
        help: windows::HELP,
        run: windows::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print_commands();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        print_commands();
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("There is no command {name}.\n");
        print_commands();
        return ExitCode::from(2);
    };
    if rest
        .iter()
        .any(|argument| argument == "--help" || argument == "-h")
    {
        println!("{}.\n\n{}", command.does, command.help.trim());
        return ExitCode::SUCCESS;
    }
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\n{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn print_commands() {
    println!("Usage: cargo xtask COMMAND [OPTIONS]\n");
    for command in COMMANDS {
        println!("  {:<7} {}", command.name, command.does);
    }
    println!("\n`cargo xtask COMMAND --help` tells more.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_named_elsewhere_exists() {
        for file in ["README.md", "ARCHITECTURE.md", ".ci/run"] {
            let text = std::fs::read_to_string(shell::root().join(file)).unwrap();
            let mut found = 0;
            for call in text.split("cargo xtask ").skip(1) {
                let end = call.find(['`', '\n', ':']).unwrap_or(call.len());
                let mut words = call[..end].split(' ').filter(|word| !word.is_empty());
                let name = words.next().unwrap();
                let command = COMMANDS.iter().find(|command| command.name == name);
                let command = command.unwrap_or_else(|| panic!("{file}: {name}"));
                found += 1;
                for word in words {
                    let known = match name {
                        "windows" => word == "check",
                        "bench" => bench::MEASUREMENTS.iter().any(|known| known.name == word),
                        _ if word.starts_with("--") => command.help.contains(word),
                        _ => true,
                    };
                    assert!(known, "{file}: {name} {word}");
                }
            }
            assert!(found > 0, "{file}");
        }
    }
}
