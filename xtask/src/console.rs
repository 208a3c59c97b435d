//! The console program `utpost`, built and driven as a user would.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Outcome, shell};

/// How to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    pub(crate) fn folder(self) -> PathBuf {
        shell::target().join(match self {
            Profile::Debug => "debug",
            Profile::Release => "release",
        })
    }

    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Profile::Debug => &[],
            Profile::Release => &["--release"],
        }
    }
}

/// `utpost` with its ledger, its key and its practice environment in one folder.
pub(crate) struct Console {
    program: PathBuf,
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Console {
    /// Builds the program; `folder` is made when it is missing.
    pub(crate) fn build(profile: Profile, folder: &Path) -> Result<Self, String> {
        // Standard output is for what a command finds out.
        eprintln!("Building utpost.");
        shell::quietly(
            shell::cargo()
                .args(["build", "--quiet", "-p", "utpost-cli"])
                .args(profile.arguments()),
        )?;
        fs::create_dir_all(folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
        let folder = folder
            .canonicalize()
            .map_err(|fault| format!("{}: {fault}", folder.display()))?;
        Ok(Console {
            program: profile.folder().join("utpost"),
            folder,
            variables: Vec::new(),
        })
    }

    /// The same, with a variable in the environment of every command.
    pub(crate) fn with_variable(mut self, name: &'static str, value: String) -> Self {
        self.variables.push((name, value));
        self
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("ledger")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.join("ledger.key")
    }

    pub(crate) fn practice_data(&self) -> PathBuf {
        self.folder.join("practice")
    }

    /// The program with the options that say where everything lies.
    pub(crate) fn command(&self) -> Command {
        let mut command = shell::command(&self.program);
        command.arg("--practice");
        command.arg("--data").arg(self.data());
        command.arg("--key-file").arg(self.key_file());
        command.arg("--practice-data").arg(self.practice_data());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// Tells another program where everything lies.
    pub(crate) fn set_places(&self, command: &mut Command) {
        command.env("UTPOST_DATA", self.data());
        command.env("UTPOST_KEY_FILE", self.key_file());
        command.env("UTPOST_PRACTICE_DATA", self.practice_data());
    }

    /// Runs a command with `--json`, `input` on its standard input, and reads its answer.
    pub(crate) fn ask(&self, arguments: &[&str], input: &str) -> Result<Answer, String> {
        let mut command = self.command();
        command.args(arguments).arg("--json");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let name = arguments.first().copied().unwrap_or_default();
        let fault = |fault: std::io::Error| format!("utpost {name}: {fault}");
        let mut child = command.spawn().map_err(fault)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends before it reads says why itself.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(fault)?;
        let told = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&told).map_err(|_| {
            format!(
                "utpost {name} ({}) did not answer with JSON:\n{told}{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        Ok(Answer {
            json,
            exit: output.status.code().unwrap_or(-1),
        })
    }

    /// Like [`Console::ask`], where anything but success is a fault.
    pub(crate) fn expect(&self, arguments: &[&str]) -> Result<Value, String> {
        let answer = self.ask(arguments, "")?;
        if answer.exit == 0 {
            Ok(answer.json)
        } else {
            Err(format!(
                "utpost {}: exit code {}\n{}",
                arguments.join(" "),
                answer.exit,
                answer.json
            ))
        }
    }
}

/// What a command said.
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) exit: i32,
}

/// The practice environment as a process of its own; ended when dropped.
pub(crate) struct Practice {
    child: Child,
}

impl Practice {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(console: &Console) -> Result<Self, String> {
        let mut command = console.command();
        command.args(["practice", "serve", "--json", "--until-input-ends"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let fault = |fault: std::io::Error| format!("utpost practice serve: {fault}");
        let mut child = command.spawn().map_err(fault)?;
        let stdout = child.stdout.take();
        let practice = Practice { child };
        let mut ready = String::new();
        if let Some(stdout) = stdout {
            let mut stdout = BufReader::new(stdout);
            stdout.read_line(&mut ready).map_err(fault)?;
            // What it says later is of no use, but must not block it.
            thread::spawn(move || std::io::copy(&mut stdout.take(u64::MAX), &mut std::io::sink()));
        }
        match serde_json::from_str::<Value>(&ready) {
            Ok(_) => Ok(practice),
            Err(_) => Err(format!(
                "utpost practice serve did not become ready: {ready}"
            )),
        }
    }

    /// Its process number.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        // The end of its input asks it to stop; it writes its books and ends.
        drop(self.child.stdin.take());
        let patience = Instant::now() + Duration::from_secs(10);
        while Instant::now() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a sample letter of some lines.
pub(crate) fn write_sample(profile: Profile, path: &Path, lines: &[&str]) -> Outcome {
    shell::quietly(sample(profile).arg(path).args(lines))
}

/// Writes a sample letter of exactly `bytes` bytes that does not compress.
pub(crate) fn write_large_sample(profile: Profile, path: &Path, bytes: u64) -> Outcome {
    shell::run(
        sample(profile)
            .args(["--bytes", &bytes.to_string()])
            .arg(path),
    )
}

fn sample(profile: Profile) -> Command {
    let mut command = shell::cargo();
    command.args([
        "run",
        "--quiet",
        "-p",
        "utpost-letters",
        "--example",
        "sample",
    ]);
    command.args(profile.arguments()).arg("--");
    command
}
