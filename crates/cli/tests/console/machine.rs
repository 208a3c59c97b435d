//! The machine itself misbehaves: a full disk, a folder that can't be written or is gone, a ledger
//! that is damaged or of a newer program, no network, two programs at once. Said in plain words,
//! nothing lost, nothing sent twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::home::{
    Answer, DIGIPOST, EBOKS, Home, answer, answer_and, eventually, not_run, text, utpost,
};
use crate::synced::{strace_is_there, traced};

/// A small disk of its own; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this user may not mount.
    fn at(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let disk = Self(folder.to_owned());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m,mode=0700", "utpost-test"]);
        let mounted = mount.arg(folder).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(disk)
    }

    /// Changes how it is mounted.
    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let mut mount = Command::new("mount");
        let done = mount.args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(done.success(), "{options}");
    }

    /// Leaves this many bytes free, and gives the room back when the file is removed.
    fn fill(&self, left: u64) -> PathBuf {
        let filler = self.0.join("filler");
        let free = self.free();
        fs::write(
            &filler,
            vec![0; usize::try_from(free.saturating_sub(left)).unwrap()],
        )
        .unwrap();
        filler
    }

    fn free(&self) -> u64 {
        let told = Command::new("df")
            .args(["--output=avail", "--block-size=1"])
            .arg(&self.0)
            .output()
            .unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        told.lines().nth(1).unwrap().trim().parse().unwrap()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// How often practice accepted each message.
fn accepted(home: &Home) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for letter in home.accepted() {
        let message = letter["message"].as_str().unwrap().to_owned();
        *times.entry(message).or_default() += 1;
    }
    times
}

/// What practice accepted is just what the ledger says has arrived, each letter once.
#[track_caller]
fn books_agree(home: &Home) -> usize {
    let there = accepted(home);
    assert!(there.values().all(|times| *times == 1), "{there:?}");
    let arrived = ["at_access_point", "at_provider", "delivered"];
    let mut here: Vec<String> = home
        .letters()
        .iter()
        .filter(|letter| arrived.iter().any(|state| letter["state"] == *state))
        .map(|letter| letter["message_id"].as_str().unwrap().to_owned())
        .collect();
    here.sort();
    let there: Vec<String> = there.into_keys().collect();
    assert_eq!(here, there);
    here.len()
}

#[test]
fn a_full_disk_stops_safely_wherever_it_fills_up() {
    let mut home = Home::new();
    let Some(disk) = SmallDisk::at(&home.ledger()) else {
        return not_run("full disk", "right to mount a small one");
    };
    home.send(DIGIPOST, &[]).well();
    let mut refused = 0;
    // From no room for the document to room for all but the last events.
    for left in (0..420_000).step_by(28_000) {
        let letter = home.pdf_of_size("stort.pdf", 60_000 + left);
        let filler = disk.fill(left);
        let sent = home.run(&["send", &letter, "--to", DIGIPOST, "--title", "Vedtak"]);
        if sent.exit == 0 {
            fs::remove_file(filler).unwrap();
            continue;
        }
        refused += 1;
        let told = sent.refused("LOCAL_DISK_FULL");
        // With the disk still full nothing more is lost by trying.
        let _ = home.run(&["outbox"]);
        fs::remove_file(filler).unwrap();
        if let Some(id) = told["letter"].as_str() {
            assert!(home.kept(id)["state"].is_string(), "{id} is kept");
        }
    }
    assert!(
        refused > 3,
        "the disk was full at several places: {refused}"
    );

    // There is room again: everything goes on, by itself or by the clerk's word.
    home.let_five_minutes_pass();
    home.run(&["outbox"]).well();
    home.run(&["outbox"]).well();
    for letter in home.letters() {
        let state = letter["state"].as_str().unwrap();
        if ["draft", "ready", "held", "waiting_for_register"].contains(&state) {
            home.run(&["resume", letter["letter"].as_str().unwrap()])
                .well();
        }
    }
    assert_eq!(books_agree(&home), home.letters().len(), "none was lost");
    drop(disk);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_kept() {
    let home = Home::new();
    let Some(disk) = SmallDisk::at(&home.ledger()) else {
        return not_run("read-only folder", "right to mount one");
    };
    home.send(DIGIPOST, &[]).well();
    disk.remount("ro");
    home.send(EBOKS, &[]).refused("LOCAL_READ_ONLY");
    home.run(&["outbox"]).refused("LOCAL_READ_ONLY");
    assert_eq!(accepted(&home).len(), 1);
    disk.remount("rw");
    home.send(EBOKS, &[]).well();
    assert_eq!(books_agree(&home), 2);
}

#[test]
fn a_folder_that_vanishes_in_the_middle_takes_no_letter_with_it() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let elsewhere = home.path("elsewhere");
    // Taken away while the register is asked, while a token is fetched, and while it uploads.
    for service in ["register", "token", "submit"] {
        let before = home.letters().len();
        home.plan(json!({ "service": service, "kind": "delay", "milliseconds": 1200 }));
        let letter = home.pdf_of_size("stort.pdf", 50_000 + before as u64);
        let mut command = home.utpost();
        command.args([
            "send", &letter, "--to", EBOKS, "--title", "Vedtak", "--json",
        ]);
        let (sent, ()) = answer_and(&mut command, "", |_| {
            eventually(|| home.planned() == 0);
            fs::rename(home.ledger(), &elsewhere).unwrap();
        });
        // What the program made in the old place is no ledger.
        assert!(!home.ledger().join("ledger.db").exists(), "{service}");
        let _ = fs::remove_dir_all(home.ledger());
        fs::rename(&elsewhere, home.ledger()).unwrap();
        if sent.exit != 0 {
            let code = sent.json["error"]["code"].as_str().unwrap();
            assert!(code.starts_with("LOCAL_"), "{service}: {code}");
        }
        let listed = home.letters();
        assert_eq!(listed.len(), before + 1, "{service}: the letter is kept");
        let id = listed[0]["letter"].as_str().unwrap();
        let state = listed[0]["state"].as_str().unwrap();
        match state {
            "at_access_point" | "at_provider" => {}
            "queued" | "uncertain" => drop(home.run(&["outbox"]).well()),
            "held" | "ready" | "waiting_for_register" => drop(home.run(&["resume", id]).well()),
            other => panic!("{service}: {other}"),
        }
    }
    assert_eq!(books_agree(&home), 4);
}

#[test]
fn a_ledger_of_a_newer_program_is_refused_and_left_alone() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let file = home.ledger().join("ledger.db");
    let key = fs::read_to_string(home.key_file()).unwrap();
    let database = rusqlite::Connection::open(&file).unwrap();
    let open = format!(
        "PRAGMA key = \"x'{}'\"; PRAGMA user_version = 4711",
        key.trim()
    );
    database.execute_batch(&open).unwrap();
    drop(database);
    let before = fs::read(&file).unwrap();
    for command in [&["status"][..], &["outbox"], &["receipts"]] {
        home.run(command).refused("LOCAL_NEWER_LEDGER");
    }
    home.send(EBOKS, &[]).refused("LOCAL_NEWER_LEDGER");
    assert!(fs::read(&file).unwrap() == before, "not a byte is changed");
    assert_eq!(accepted(&home).len(), 1);
}

#[test]
fn a_damaged_ledger_is_reported_and_kept_as_it_is() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let file = home.ledger().join("ledger.db");
    let whole = fs::read(&file).unwrap();
    let damages: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes[4096..].fill(0),
        |bytes| bytes[4096 + 100] ^= 1,
        |bytes| bytes.truncate(4096 * 2 + 17),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let mut damaged = whole.clone();
        damage(&mut damaged);
        fs::write(&file, &damaged).unwrap();
        home.run(&["status"]).refused("LOCAL_DAMAGED_LEDGER");
        home.send(EBOKS, &[]).refused("LOCAL_DAMAGED_LEDGER");
        assert!(
            fs::read(&file).unwrap() == damaged,
            "{number}: kept as it is"
        );
        assert_eq!(accepted(&home).len(), 1);
    }
    // Gone altogether: the documents beside it say that there was one, and no new one is begun.
    fs::remove_file(&file).unwrap();
    home.send(EBOKS, &[]).refused("LOCAL_DAMAGED_LEDGER");
    assert_eq!(fs::metadata(&file).map_or(0, |file| file.len()), 0);
    fs::write(&file, &whole).unwrap();
    home.send(EBOKS, &[]).well();
    assert_eq!(books_agree(&home), 2);
}

/// Runs the same commands at once, each as a process of its own.
fn at_once(home: &Home, commands: &[Vec<String>]) -> Vec<Answer> {
    thread::scope(|scope| {
        let running: Vec<_> = commands
            .iter()
            .map(|arguments| {
                let mut command = home.utpost();
                command.args(arguments).arg("--json");
                scope.spawn(move || answer(&mut command, ""))
            })
            .collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn two_programs_that_send_and_collect_at_once_send_each_letter_once() {
    let home = Home::new();
    // The first of them makes the ledger, whichever that is.
    let sends: Vec<Vec<String>> = (0..6)
        .map(|number| {
            let name = format!("brev-{number}.pdf");
            let text = format!("Sak {number}");
            let letter = home.file(&name, utpost_letters::sample::letter(&["Vedtak", &text]));
            let citizen = if number % 2 == 0 { DIGIPOST } else { EBOKS };
            words(&["send", &letter, "--to", citizen, "--title", "Vedtak"])
        })
        .collect();
    for sent in at_once(&home, &sends) {
        sent.well();
    }
    assert_eq!(books_agree(&home), 6);

    // Now letters whose fate is not known, with the answers lost before and after.
    for (number, kind) in ["lose_before", "lose_after", "lose_before", "lose_after"]
        .into_iter()
        .enumerate()
    {
        let name = format!("usikkert-{number}.pdf");
        let text = format!("Usikkert {number}");
        let letter = home.file(&name, utpost_letters::sample::letter(&["Vedtak", &text]));
        home.plan(json!({ "service": "submit", "kind": kind }));
        home.run(&["send", &letter, "--to", EBOKS, "--title", "Vedtak"])
            .refused("UNCERTAIN_ANSWER_LOST");
    }
    let both = [&["outbox"][..], &["outbox"], &["receipts"], &["receipts"]].map(words);
    for _ in 0..3 {
        for done in at_once(&home, &both) {
            // Where one was a moment faster the other says so, and nothing else.
            let busy = done.json["error"]["code"] == "TEMP_LEDGER_BUSY";
            assert!(done.exit == 0 || busy, "{done:#?}");
        }
    }
    assert_eq!(books_agree(&home), 10);
    eventually(|| {
        at_once(&home, &both);
        home.letters()
            .iter()
            .all(|letter| letter["state"] == "delivered")
    });
    for letter in home.letters() {
        let kept = home.kept(letter["letter"].as_str().unwrap());
        let receipts = kept["receipts"].as_array().unwrap();
        assert_eq!(receipts.len(), 1, "{receipts:?}");
        assert!(receipts[0]["acknowledged_at"].is_string());
    }
    assert_eq!(accepted(&home).len(), 10, "no more than the ten");
}

/// Runs a command with no network at all.
fn offline(home: &Home, arguments: &[&str]) -> Answer {
    let no_network = ["-o", "/dev/null", "-e", "trace=connect", "-e"];
    let inject = "inject=connect:error=ENETUNREACH";
    let options = [&no_network[..], &[inject]].concat();
    answer(&mut traced(home, &options, arguments), "")
}

#[test]
fn a_program_started_without_network_keeps_the_letters_and_sends_them_later() {
    if !strace_is_there() {
        return not_run("no network", "strace");
    }
    let home = Home::new();
    let letter = home.letter();
    let send = ["send", &letter, "--to", DIGIPOST, "--title", "Vedtak"];
    let told = offline(&home, &send).refused("TEMP_TOKENS_SILENT");
    let waiting = told["letter"].as_str().unwrap().to_owned();
    assert_eq!(home.kept(&waiting)["state"], "waiting_for_register");

    // One that was sealed while there was network.
    home.plan(json!({ "service": "submit", "kind": "status", "status": 503, "retry_after": 600 }));
    let told = home.send(EBOKS, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    let sealed = told["letter"].as_str().unwrap().to_owned();
    let before = home.kept(&sealed);
    for command in ["outbox", "receipts"] {
        let told = offline(&home, &[command]);
        let code = told.json["error"]["code"].as_str().unwrap().to_owned();
        assert!(code.starts_with("TEMP_"), "{command}: {code}");
    }
    assert_eq!(home.kept(&sealed)["state"], "queued", "surely not received");
    assert!(home.accepted().is_empty());

    home.run(&["outbox"]).well();
    home.run(&["resume", &waiting]).well();
    assert_eq!(books_agree(&home), 2);
    let after = home.kept(&sealed);
    for same in ["message_id", "conversation_id", "fingerprint"] {
        assert_eq!(after[same], before[same], "{same}");
    }
}

#[test]
fn a_denied_agency_stops_sending_until_access_is_restored() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    home.plan(json!({ "service": "submit", "kind": "status", "status": 403 }));
    let first = home.send(EBOKS, &[]).refused("AUTH_ACCESS_POINT_DENIED");
    // The next ones are not even tried, in this process or another; they lie ready.
    let letter = home.pdf_of_size("annet.pdf", 9000);
    let second = home
        .run(&["send", &letter, "--to", EBOKS, "--title", "Vedtak"])
        .refused("AUTH_SENDING_HALTED");
    home.run(&["outbox"]).refused("AUTH_SENDING_HALTED");
    let attempts =
        |letter: &Value| home.kept(letter["letter"].as_str().unwrap())["attempts"].clone();
    assert_eq!((attempts(&first), attempts(&second)), (json!(1), json!(0)));
    assert_eq!(accepted(&home).len(), 1);
    // What was sent before is followed all the same.
    eventually(|| {
        home.run(&["receipts"]).well();
        home.letters()
            .iter()
            .any(|letter| letter["state"] == "delivered")
    });

    home.run(&["outbox", "--access-restored"]).well();
    assert_eq!(books_agree(&home), 3);
    home.run(&["outbox"]).well();
}

/// A clerk's second machine: another folder and key, the same practice.
fn elsewhere(home: &Home) -> (PathBuf, PathBuf) {
    (home.path("other/ledger"), home.path("other/ledger.key"))
}

/// Runs a command on the second machine.
fn run_elsewhere(home: &Home, arguments: &[&str]) -> Answer {
    let (ledger, key) = elsewhere(home);
    let mut command = utpost();
    command.arg("--practice").arg("--data").arg(ledger);
    command.arg("--key-file").arg(key);
    command.arg("--practice-data").arg(home.practice_data());
    answer(command.args(arguments).arg("--json"), "")
}

#[test]
fn a_backup_is_restored_on_another_machine_and_nothing_goes_twice() {
    let home = Home::new();
    let before = home.send(DIGIPOST, &[]).well();
    home.plan(json!({ "service": "submit", "kind": "status", "status": 503, "retry_after": 600 }));
    // Queued when the backup is taken; what becomes of them then, the backup does not know.
    let gone_since = home.send(EBOKS, &[]).refused("TEMP_ACCESS_POINT_SILENT");
    let backup = text(&home.path("backup"));
    let passphrase = home.file("passphrase.txt", "fire hester og en ugle\n");
    home.run(&[
        "ledger",
        "backup",
        &backup,
        "--passphrase-file",
        &passphrase,
    ])
    .well();
    home.run(&["outbox"]).well();
    assert_eq!(accepted(&home).len(), 2);
    home.plan(
        json!({ "service": "register", "kind": "status", "status": 503, "retry_after": 600 }),
    );
    home.send(EBOKS, &[]).refused("TEMP_REGISTER_SILENT");

    let wrong = home.file("wrong.txt", "en helt annen passfrase\n");
    fs::create_dir_all(home.path("other")).unwrap();
    run_elsewhere(
        &home,
        &["ledger", "restore", &backup, "--passphrase-file", &wrong],
    )
    .refused("INPUT_RECOVERY");
    let restored = run_elsewhere(
        &home,
        &[
            "ledger",
            "restore",
            &backup,
            "--passphrase-file",
            &passphrase,
        ],
    )
    .well();
    let listed = run_elsewhere(&home, &["status"]).well();
    assert_eq!(listed["letters"].as_array().unwrap().len(), 2);
    assert_eq!(restored["former_tags"].as_array().unwrap().len(), 1);
    assert_ne!(restored["channel_tag"], restored["former_tags"][0]);

    // Nothing leaves before the access point has answered.
    home.plan(
        json!({ "service": "statuses", "kind": "status", "status": 503, "retry_after": 600 }),
    );
    let letter = home.letter();
    let send = [
        "send",
        letter.as_str(),
        "--to",
        DIGIPOST,
        "--title",
        "Vedtak",
    ];
    let frozen = run_elsewhere(&home, &send).refused("LOCAL_OUTBOX_FROZEN");
    run_elsewhere(&home, &["outbox"]);
    assert_eq!(accepted(&home).len(), 2);

    // What was sent since is found to be there, with the same ids, and is not sent again.
    run_elsewhere(&home, &["outbox"]).well();
    run_elsewhere(&home, &["outbox"]).well();
    let kept = |letter: &Value| {
        let id = letter["letter"].as_str().unwrap();
        run_elsewhere(&home, &["status", id, "--offline"]).well()
    };
    let state = kept(&gone_since)["state"].clone();
    assert!(
        state == "at_access_point" || state == "at_provider",
        "{state}"
    );
    let there = accepted(&home);
    assert!(there.values().all(|times| *times == 1), "{there:?}");

    // The new letter goes under the new tag; receipts of the old ones still come.
    let id = frozen["letter"].as_str().unwrap();
    if kept(&frozen)["attempts"] == 0 {
        run_elsewhere(&home, &["resume", id]).well();
    }
    assert_eq!(accepted(&home).len(), 3);
    eventually(|| {
        run_elsewhere(&home, &["receipts"]);
        [&before, &gone_since, &frozen]
            .iter()
            .all(|letter| kept(letter)["state"] == "delivered")
    });
    let checked = run_elsewhere(&home, &["ledger", "check"]).well();
    assert!(checked.is_object());
}
