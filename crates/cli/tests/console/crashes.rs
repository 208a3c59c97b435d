//! Bad days, all at once: services that fail in every way, programs killed, crashed and starved.
//! Nothing of what is the citizen's is left lying anywhere, and no letter is lost.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::home::{DIGIPOST, EBOKS, Home, RETURNING, files_below, not_run};
use crate::sentinel::Search;
use crate::synced::strace_is_there;

const TITLE: &str = "Tittelkjenning åpenbart";
const PUBLIC_TITLE: &str = "Forsidekjenning";
const NAME: &str = "Navnekjenning Øyås";
const LINE: &str = "Gatekjenning 4 æ";
const TEXT: &str = "Brevkjenning øverst";
const FILE: &str = "Filkjenning ål";
const ATTACHMENT: &str = "Vedleggskjenning";
const EMAIL_NOTICE: &str = "Epostkjenning å";
const SMS_NOTICE: &str = "Meldingskjenning ø";

/// A clerk's machine whose every writable place is watched, with planted words in everything that
/// is sent.
struct Watched {
    home: Home,
    search: Search,
    /// Everything said on standard output and standard error.
    said: Vec<u8>,
}

impl Watched {
    fn new() -> Self {
        let home = Home::new();
        for folder in ["tmp", "user", "here"] {
            fs::create_dir(home.path(folder)).unwrap();
        }
        home.pdf(&format!("in/{ATTACHMENT}.pdf"));
        home.file("in/tittel.txt", TITLE);
        let address = json!({
            "name": NAME, "lines": [LINE], "postcode": "9998", "town": "EKSEMPELBY"
        });
        home.file("in/adresse.json", address.to_string());
        let mut settings: Value =
            serde_json::from_str(include_str!("../../../../docs/settings-example.json")).unwrap();
        settings["agency"]["email_notice"] = json!(EMAIL_NOTICE);
        settings["agency"]["sms_notice"] = json!(SMS_NOTICE);
        home.file("in/settings.json", settings.to_string());
        let planted = [
            TITLE,
            PUBLIC_TITLE,
            NAME,
            LINE,
            TEXT,
            FILE,
            ATTACHMENT,
            EMAIL_NOTICE,
            SMS_NOTICE,
        ];
        let words = planted.iter().flat_map(|text| text.split(' '));
        let words = words.filter(|word| word.chars().count() > 3);
        let search = Search::of(words.chain([DIGIPOST, EBOKS, RETURNING]));
        let watched = Self {
            home,
            search,
            said: Vec::new(),
        };
        let letter = fs::read(&watched.send_arguments()[1]).unwrap();
        let found = watched.search.found(&letter);
        assert!(!found.is_empty(), "the letter's own text is readable in it");
        watched
    }

    /// The program in the watched places, behind `before`: a tracer, or a shell that sets limits.
    fn command(&self, before: &[&str], arguments: &[&str]) -> Command {
        let utpost = self.home.utpost();
        let mut command = match before {
            [] => Command::new(utpost.get_program()),
            [program, rest @ ..] => {
                let mut command = Command::new(program);
                command.args(rest).arg(utpost.get_program());
                command
            }
        };
        for (name, value) in utpost.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args(utpost.get_args());
        command.args([
            "--settings".as_ref(),
            self.home.path("in/settings.json").as_os_str(),
        ]);
        command.args(arguments).arg("--json");
        command
            .env("RUST_BACKTRACE", "full")
            .env("TMPDIR", self.home.path("tmp"))
            .env("SSLKEYLOGFILE", self.home.path("tmp/keys"));
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, self.home.path("user"));
        }
        command.current_dir(self.home.path("here"));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Another letter each time: the same one twice to the same citizen is stopped.
    fn send_arguments(&self) -> Vec<String> {
        let case = uuid::Uuid::new_v4().to_string();
        self.home.file(
            &format!("in/{FILE}.pdf"),
            utpost_letters::sample::letter(&["Vedtak", TEXT, &case]),
        );
        let input = |name: &str| self.home.path("in").join(name).to_str().unwrap().to_owned();
        let main = input(&format!("{FILE}.pdf"));
        let attachment = input(&format!("{ATTACHMENT}.pdf"));
        let mut arguments = vec!["send".to_owned(), main, "--to".into(), "-".into()];
        for (option, value) in [
            ("--title-file", input("tittel.txt")),
            ("--public-title", PUBLIC_TITLE.to_owned()),
            ("--attach", attachment),
            ("--address-file", input("adresse.json")),
        ] {
            arguments.extend([option.to_owned(), value]);
        }
        arguments.push("--opening-receipt".to_owned());
        arguments
    }

    /// `send` to a citizen, ended after a while if it has not ended by then.
    fn send(&mut self, before: &[&str], citizen: &str, killed_after: Option<Duration>) -> Output {
        use std::io::Write;
        let arguments = self.send_arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = self.command(before, &arguments);
        // With everything logged, and as it is by itself.
        if killed_after.is_none() {
            command.env("UTPOST_LOG", "trace");
        }
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(citizen.as_bytes());
        if let Some(while_) = killed_after {
            thread::sleep(while_);
            // It may have ended by itself.
            let _ = child.kill();
        }
        let output = child.wait_with_output().unwrap();
        self.heard(&output);
        output
    }

    fn run(&mut self, arguments: &[&str]) -> Output {
        let output = self.command(&[], arguments).output().unwrap();
        self.heard(&output);
        output
    }

    fn heard(&mut self, output: &Output) {
        self.said.extend(&output.stdout);
        self.said.extend(&output.stderr);
    }

    /// Everything that is left lying, and everything that was said.
    #[track_caller]
    fn tells_nothing(&self) {
        self.search.tells_nothing("what was said", &self.said);
        let ledger = self.home.ledger();
        self.search.folder_tells_nothing(&ledger);
        let documents = files_below(&ledger.join("documents"));
        assert!(documents.len() > 1, "there is something to search");
        for folder in ["tmp", "user", "here"] {
            let left = files_below(&self.home.path(folder));
            assert_eq!(left, Vec::<PathBuf>::new());
        }
    }
}

#[test]
fn failing_services_and_killed_programs_leave_nothing_to_read() {
    let mut watched = Watched::new();
    for (fault, exit) in [
        (json!({ "service": "submit", "kind": "lose_before" }), 6),
        (json!({ "service": "submit", "kind": "lose_after" }), 6),
        (
            json!({ "service": "submit", "kind": "status", "status": 502 }),
            6,
        ),
        (
            json!({ "service": "submit", "kind": "status", "status": 400 }),
            7,
        ),
        (
            json!({ "service": "submit", "kind": "status", "status": 413 }),
            7,
        ),
        (
            json!({ "service": "token", "kind": "status", "status": 500, "retry_after": 600 }),
            5,
        ),
        (
            json!({ "service": "register", "kind": "status", "status": 503, "retry_after": 600 }),
            5,
        ),
    ] {
        for citizen in [EBOKS, RETURNING] {
            watched.home.plan(fault.clone());
            let output = watched.send(&[], citizen, None);
            assert_eq!(output.status.code(), Some(exit), "{fault}");
        }
    }
    // From before the ledger is open to after the answer, in a debug build.
    let mut killed = 0;
    for milliseconds in [15, 40, 70, 100, 130, 160, 200, 250, 320, 400] {
        let after = Duration::from_millis(milliseconds);
        let output = watched.send(&[], DIGIPOST, Some(after));
        killed += u32::from(output.status.signal() == Some(9));
    }
    assert!(killed > 0, "some of them were killed");
    watched
        .home
        .plan(json!({ "service": "inbox", "kind": "null_item" }));
    for command in ["outbox", "outbox", "receipts", "status", "doctor"] {
        watched.run(&[command]);
    }
    let log = String::from_utf8_lossy(&watched.said).into_owned();
    assert!(
        log.contains("UNCERTAIN_ANSWER_LOST"),
        "there is a log to search"
    );
    watched.tells_nothing();
}

/// Every thread of the program needs memory and every file room; here they are refused, one call
/// after another, until the program gets through.
#[test]
fn a_starved_program_says_so_and_tells_nothing_else() {
    if !strace_is_there() {
        return not_run("faults of the operating system", "strace");
    }
    let mut watched = Watched::new();
    watched.run(&["status"]);
    let mut codes = Vec::new();
    for (calls, fault) in [
        ("clone,clone3", "EAGAIN"),
        ("fsync", "EIO"),
        ("rename", "EACCES"),
        ("connect", "ENETUNREACH"),
    ] {
        for nth in 1..4 {
            let inject = format!("inject={calls}:error={fault}:when={nth}");
            let trace = format!("trace={calls}");
            let before = [
                "strace",
                "-f",
                "-o",
                "/dev/null",
                "-e",
                &trace,
                "-e",
                &inject,
            ];
            let output = watched.send(&before, EBOKS, None);
            // The program ended by itself and said why, whatever it met.
            let told: Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| panic!("{inject}: {output:?}"));
            match told["error"]["code"].as_str() {
                Some(code) => codes.push(code.to_owned()),
                None => assert_eq!(output.status.code(), Some(0), "{inject}"),
            }
            // Words of the fault itself, which might as well have been the citizen's.
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(!err.contains("panicked"), "{inject}: {err}");
            assert!(!err.contains("spawn worker thread"), "{inject}: {err}");
        }
    }
    assert!(
        codes.iter().any(|code| code == "DEFECT"),
        "one was a fault of the program: {codes:?}"
    );
    assert!(
        codes.iter().any(|code| code.starts_with("LOCAL")),
        "{codes:?}"
    );
    let log = String::from_utf8_lossy(&watched.said).into_owned();
    assert!(
        log.contains("a fault of the program"),
        "its place is in the log"
    );
    watched.send(&[], EBOKS, None);
    watched.tells_nothing();
}

#[test]
fn a_crash_leaves_no_picture_of_memory() {
    if !strace_is_there() {
        return not_run("crashes", "strace");
    }
    let mut watched = Watched::new();
    let here = watched.home.path("here");
    let limit = "ulimit -c unlimited && exec \"$@\"";
    // That a crash leaves a file here at all.
    let mut control = Command::new("sh");
    control.args(["-c", limit, "sh", "sh", "-c", "kill -ABRT $$"]);
    let crashed = control
        .current_dir(&here)
        .process_group(0)
        .status()
        .unwrap();
    let left = files_below(&here);
    if crashed.signal() != Some(6) || left.is_empty() {
        return not_run("pictures of memory", "core file where a program crashes");
    }
    for file in left {
        fs::remove_file(file).unwrap();
    }
    let mut crashes = 0;
    for connect in 1..6 {
        let inject = format!("inject=connect:signal=SIGABRT:when={connect}");
        let strace = [
            "strace",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            "trace=connect",
            "-e",
            &inject,
        ];
        let before = [&["sh", "-c", limit, "sh"], &strace[..]].concat();
        let output = watched.send(&before, EBOKS, None);
        crashes += u32::from(output.status.signal() == Some(6));
    }
    assert!(
        crashes > 2,
        "it crashed at the register, for the token and at the upload"
    );
    watched.send(&[], EBOKS, None);
    watched.tells_nothing();
}

/// A file that is removed as soon as it is opened, as databases do with what does not fit into
/// memory, is found by no search afterwards: so none is opened.
#[test]
fn nothing_is_written_but_in_the_folder_of_the_ledger() {
    if !strace_is_there() {
        return not_run("files opened for writing", "strace");
    }
    let mut watched = Watched::new();
    let trace = watched.home.path("opened.txt");
    let trace = trace.to_str().unwrap();
    let calls = "trace=open,openat,openat2,creat,memfd_create";
    let before = ["strace", "-f", "-A", "-o", trace, "-e", calls];
    let sent = watched.send(&before, EBOKS, None);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    for command in ["outbox", "receipts", "status"] {
        let output = watched.command(&before, &[command]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let ledger = watched.home.ledger().canonicalize().unwrap();
    // Practice is asked by its lock whether it runs.
    let others = [
        watched.home.key_file(),
        watched.home.practice_data().join("lock"),
        "/dev/null".into(),
    ];
    let opened = fs::read_to_string(trace).unwrap();
    let to_write = |line: &&str| {
        [
            "O_WRONLY",
            "O_RDWR",
            "O_CREAT",
            "O_TMPFILE",
            "creat(",
            "memfd_create(",
        ]
        .iter()
        .any(|word| line.contains(word))
    };
    let mut of_ledger = 0;
    for line in opened.lines().filter(to_write) {
        let path = line.split('"').nth(1).unwrap_or_default();
        if path.starts_with(ledger.to_str().unwrap()) {
            of_ledger += 1;
        } else {
            let allowed = others.iter().any(|other| other == Path::new(path));
            assert!(allowed, "{line}");
        }
    }
    assert!(of_ledger > 5, "the ledger itself is written");
    watched.tells_nothing();
}
