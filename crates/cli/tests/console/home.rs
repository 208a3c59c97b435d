//! A clerk's machine for one test: ledger, key, files, and practice as a process of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A citizen with a mailbox at Digipost.
pub(crate) const DIGIPOST: &str = "06925115949";
/// A citizen with a mailbox at e-Boks.
pub(crate) const EBOKS: &str = "27914108158";
/// A citizen who opens letters at once.
pub(crate) const CURIOUS: &str = "07905922275";
/// A reserved citizen: paper.
pub(crate) const RESERVED: &str = "02825777442";
/// A citizen without mailbox whose paper comes back.
pub(crate) const RETURNING: &str = "20910302796";
/// A citizen removed from the register.
pub(crate) const DELETED: &str = "14902879154";
/// A citizen for whom the register never answers.
pub(crate) const SILENT: &str = "19893064152";
/// A citizen whose mailbox has no certificate.
pub(crate) const KEYLESS: &str = "19864141644";
/// A citizen whose mailbox certificate belongs to another organisation than the supplier.
pub(crate) const FALSE: &str = "19900439310";

/// Where paper goes, made up.
pub(crate) const ADDRESS: &str = "Prøve Person|Prøveveien 1|9998 EKSEMPELBY";

pub(crate) struct Home {
    folder: TempDir,
    practice: Option<Serving>,
    /// What the programs take for their clock, when it is not the machine's.
    clock: Option<String>,
}

impl Home {
    /// A machine where nothing was ever sent, with practice running beside it.
    pub(crate) fn new() -> Self {
        let home = Self::without_practice();
        let practice = home.serve();
        Self {
            practice: Some(practice),
            ..home
        }
    }

    /// A machine where practice does not run.
    pub(crate) fn without_practice() -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
            practice: None,
            clock: None,
        };
        fs::create_dir(home.practice_data()).unwrap();
        for (name, bytes) in authority() {
            let path = home.practice_data().join(name);
            fs::write(&path, bytes).unwrap();
            // As practice itself keeps them.
            #[cfg(unix)]
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
                .unwrap();
        }
        home
    }

    fn serve(&self) -> Serving {
        Serving::start(self.utpost().args(["practice", "serve"]))
    }

    /// Stops practice.
    pub(crate) fn stop_practice(&mut self) {
        self.practice = None;
    }

    /// Stops practice and starts it again, on another port.
    pub(crate) fn restart_practice(&mut self) {
        self.stop_practice();
        self.practice = Some(self.serve());
    }

    /// From now on time is five minutes ahead of the machine's and runs twice as fast, for the
    /// program and for practice, which is started again.
    pub(crate) fn let_five_minutes_pass(&mut self) {
        self.turn_clock(300);
        self.restart_practice();
    }

    /// From now on time is so many seconds ahead of the machine's and runs twice as fast, for the
    /// program; practice that runs keeps its own.
    pub(crate) fn turn_clock(&mut self, seconds: i64) {
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
        let origin = i64::try_from(since.as_secs()).unwrap() - seconds;
        let origin = jiff::Timestamp::from_second(origin).unwrap();
        self.clock = Some(format!("{origin}x2"));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.path("ledger")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.path("ledger.key")
    }

    pub(crate) fn practice_data(&self) -> PathBuf {
        self.path("practice")
    }

    /// Writes a file beside the ledger.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        text(&path)
    }

    /// A letter of one page.
    pub(crate) fn letter(&self) -> String {
        self.pdf("brev.pdf")
    }

    /// A PDF of one page with this name, not the same as any other: the same document twice to the
    /// same citizen is stopped.
    pub(crate) fn pdf(&self, name: &str) -> String {
        let case = format!("Sak {}", uuid::Uuid::new_v4());
        let lines = ["Vedtak", "", "Du får medhold.", &case];
        self.file(name, utpost_letters::sample::letter(&lines))
    }

    /// A PDF of exactly so many bytes.
    pub(crate) fn pdf_of_size(&self, name: &str, bytes: u64) -> String {
        let path = self.path(name);
        let out = io::BufWriter::new(File::create(&path).unwrap());
        utpost_letters::sample::of_size(out, bytes).unwrap();
        text(&path)
    }

    /// The program with the options that say where everything lies, free of this machine's own
    /// settings.
    pub(crate) fn utpost(&self) -> Command {
        let mut command = utpost();
        command
            .arg("--practice")
            .args(["--data".as_ref(), self.ledger().as_os_str()]);
        command.args(["--key-file".as_ref(), self.key_file().as_os_str()]);
        command.args(["--practice-data".as_ref(), self.practice_data().as_os_str()]);
        if let Some(clock) = &self.clock {
            command.env("UTPOST_PRACTICE_CLOCK", clock);
        }
        command
    }

    /// Runs a command with `--json`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with_input(arguments, "")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Answer {
        answer(self.utpost().args(arguments).arg("--json"), input)
    }

    /// Runs a command as a person would: text on standard output or standard error.
    pub(crate) fn read(&self, arguments: &[&str]) -> Told {
        told(self.utpost().args(arguments), "")
    }

    /// `send` of a plain letter to `citizen` with more options.
    pub(crate) fn send(&self, citizen: &str, more: &[&str]) -> Answer {
        let letter = self.letter();
        let mut arguments = vec!["send", &letter, "--to", citizen, "--title", "Vedtak"];
        arguments.extend(more);
        self.run(&arguments)
    }

    /// What `status` lists.
    pub(crate) fn letters(&self) -> Vec<Value> {
        let listed = self.run(&["status"]).well();
        listed["letters"].as_array().unwrap().clone()
    }

    /// One letter with its timeline, as it stands here.
    pub(crate) fn kept(&self, letter: &str) -> Value {
        self.run(&["status", letter, "--offline"]).well()
    }

    /// Plans misbehaviour of a service for its next call.
    pub(crate) fn plan(&self, fault: Value) {
        let mut fault = fault;
        fault["times"] = json!(1);
        self.control("POST", "faults", Some(&fault));
    }

    /// How much misbehaviour is left.
    pub(crate) fn planned(&self) -> usize {
        self.control("GET", "faults", None)
            .as_array()
            .unwrap()
            .len()
    }

    /// What practice has accepted.
    pub(crate) fn accepted(&self) -> Vec<Value> {
        self.control("GET", "books", None)["letters"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Everything practice ever wrote down: grows even by a refusal.
    pub(crate) fn journal(&self) -> Vec<u8> {
        fs::read(self.practice_data().join("books/journal.jsonl")).unwrap()
    }

    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let read = |name: &str| fs::read(self.practice_data().join(name)).unwrap();
        let endpoints: Value = serde_json::from_slice(&read("endpoints.json")).unwrap();
        let root = reqwest::Certificate::from_pem(&read("ca.pem")).unwrap();
        let client = Client::builder()
            .https_only(true)
            .no_proxy()
            .tls_certs_only([root]);
        let address = format!(
            "{}/practice/{path}",
            endpoints["base_url"].as_str().unwrap()
        );
        let request: RequestBuilder = client
            .build()
            .unwrap()
            .request(method.parse().unwrap(), address);
        let request = request.bearer_auth(endpoints["control_token"].as_str().unwrap());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().unwrap()
    }
}

/// The bare program, free of this machine's own settings.
pub(crate) fn utpost() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_utpost"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("UTPOST_") {
            command.env_remove(name);
        }
    }
    command
}

/// What a command with `--json` answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) exit: i32,
    pub(crate) log: String,
}

impl Answer {
    /// It went well.
    #[track_caller]
    pub(crate) fn well(self) -> Value {
        assert_eq!(self.exit, 0, "{self:#?}");
        self.json
    }

    /// It ended with this code, said properly: the family's exit code, what happened, what to do,
    /// a reference, and nothing on standard error.
    #[track_caller]
    pub(crate) fn refused(self, code: &str) -> Value {
        let error = &self.json["error"];
        assert_eq!(error["code"], code, "{self:#?}");
        let (family, exit) = match code.split('_').next().unwrap() {
            "INPUT" => ("input", 2),
            "REACH" => ("reach", 3),
            "AUTH" => ("authority", 4),
            "TEMP" => ("temporary", 5),
            "UNCERTAIN" => ("uncertain", 6),
            "REJECTED" => ("rejected", 7),
            "LOCAL" => ("local", 8),
            _ => ("defect", 70),
        };
        assert_eq!(
            (error["family"].as_str(), self.exit),
            (Some(family), exit),
            "{self:#?}"
        );
        for part in ["what", "do", "reference"] {
            assert!(
                error[part].as_str().is_some_and(|text| text.len() > 7),
                "{part}: {self:#?}"
            );
        }
        assert_eq!(self.log, "");
        self.json
    }
}

pub(crate) fn answer(command: &mut Command, input: &str) -> Answer {
    answer_and(command, input, |_| ()).0
}

/// Does something to the process, known by its number, while it runs.
pub(crate) fn answer_and<T>(
    command: &mut Command,
    input: &str,
    meanwhile: impl FnOnce(u32) -> T,
) -> (Answer, T) {
    let (told, seen) = told_and(command, input, meanwhile);
    let json = serde_json::from_str(&told.out)
        .unwrap_or_else(|_| panic!("{command:?} did not answer with JSON: {told:?}"));
    (
        Answer {
            json,
            exit: told.exit,
            log: told.err,
        },
        seen,
    )
}

/// What a command wrote for people.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) exit: i32,
}

pub(crate) fn told(command: &mut Command, input: &str) -> Told {
    told_and(command, input, |_| ()).0
}

fn told_and<T>(command: &mut Command, input: &str, meanwhile: impl FnOnce(u32) -> T) -> (Told, T) {
    let (stdin, stdout, stderr) = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    let mut child = command
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap();
    // A program that ends before it reads says why itself.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let seen = meanwhile(child.id());
    let output = child.wait_with_output().unwrap();
    let told = Told {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        exit: output.status.code().unwrap(),
    };
    (told, seen)
}

/// Asks until the answer is yes; practice needs a moment to hand letters on.
#[track_caller]
pub(crate) fn eventually(mut asked: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !asked() {
        assert!(Instant::now() < patience, "it never came true");
        thread::sleep(Duration::from_millis(100));
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// A running practice environment; ends when dropped.
struct Serving(Child);

impl Serving {
    fn start(command: &mut Command) -> Self {
        let command = command.args(["--json", "--until-input-ends"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        told.read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        assert_eq!(ready["ready"], true);
        // What it says later is of no use, but must not block it.
        thread::spawn(move || io::copy(&mut told.take(u64::MAX), &mut io::sink()));
        Self(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The end of its input asks it to stop; killed, it leaves the same books.
        drop(self.0.stdin.take());
        let patience = Instant::now() + Duration::from_secs(5);
        while matches!(self.0.try_wait(), Ok(None)) {
            if Instant::now() > patience {
                let _ = self.0.kill();
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The files of one certificate authority, made once and given to every home.
fn authority() -> &'static BTreeMap<String, Vec<u8>> {
    static FILES: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = utpost();
        command
            .arg("--practice-data")
            .arg(folder.path())
            .args(["practice", "serve"]);
        drop(Serving::start(&mut command));
        let named = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        };
        let of_authority = |path: &PathBuf| path.parent() == Some(folder.path());
        files_below(folder.path())
            .into_iter()
            .filter(of_authority)
            .map(named)
            .collect()
    })
}

/// Says, past the capture of output, that a check was left out; in continuous integration nothing
/// may be.
#[track_caller]
pub(crate) fn not_run(check: &str, missing: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{check} not run: no {missing}"
    );
    let _ = writeln!(std::io::stderr(), "{check} not run: no {missing}");
}
