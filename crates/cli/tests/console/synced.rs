//! Written down, then sent: the system calls of one send, in the order in which they were made.
//!
//! What a trace can't tell, since the ledger is encrypted, is which commit holds which event. So
//! the program is also killed in the middle of those very calls, and the ledger is read: by then
//! it holds what it must, and not more.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::home::{DIGIPOST, Home, not_run, told};
use crate::trace::{order_of_one_send, read_trace};

/// The calls by which bytes reach the disk or the wire.
const CALLS: &str = "trace=fsync,fdatasync,rename,renameat,renameat2,connect,sendto,sendmsg,\
                     write,writev,pwrite64,pwritev";
/// Larger than everything else that is sent, and more than one block of the upload.
const LETTER: u64 = 300_000;

/// `utpost` under strace with these options.
pub(crate) fn traced(home: &Home, options: &[&str], arguments: &[&str]) -> Command {
    let utpost = home.utpost();
    let mut strace = Command::new("strace");
    for (name, value) in utpost.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.args(["-f", "-y", "-s", "32"]).args(options);
    strace.arg(utpost.get_program()).args(utpost.get_args());
    strace.args(arguments).arg("--json");
    strace
}

/// What sends this letter.
fn sending(letter: &str) -> [&str; 6] {
    ["send", letter, "--to", DIGIPOST, "--title", "Vedtak"]
}

/// Sends a letter, with its calls in the right order.
fn send_in_order(home: &Home, letter: &str) {
    let trace = home.path("trace.txt");
    let out = ["-o", trace.to_str().unwrap(), "-e", CALLS];
    let sent = told(&mut traced(home, &out, &sending(letter)), "");
    assert_eq!(sent.exit, 0, "{sent:?}");
    let sent: Value = serde_json::from_str(&sent.out).unwrap();
    assert_eq!(sent["state"], "at_access_point");
    let calls = read_trace(&fs::read_to_string(&trace).unwrap()).unwrap();
    let bytes = sent["parcel_bytes"].as_u64().unwrap();
    let parcel = order_of_one_send(&calls, &real(&home.ledger()), bytes).unwrap();
    let message = sent["message_id"].as_str().unwrap();
    assert_eq!(
        parcel,
        format!("{}/parcels/{message}.cms", real(&home.ledger()))
    );
}

/// A path as the kernel names it.
fn real(path: &Path) -> String {
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

pub(crate) fn strace_is_there() -> bool {
    // A kernel may forbid tracing although the program is there.
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    traced.is_ok_and(|output| output.status.success())
}

/// The names of what has happened to a letter.
fn happenings(letter: &Value) -> Vec<String> {
    let rows = letter["timeline"].as_array().unwrap().iter();
    rows.map(|row| match &row["what"] {
        Value::Object(what) => what.keys().next().unwrap().clone(),
        what => what.as_str().unwrap().to_owned(),
    })
    .collect()
}

#[test]
fn nothing_connects_for_a_letter_before_parcel_row_and_attempt_are_synced() {
    if !strace_is_there() {
        return not_run("order of system calls", "strace");
    }
    let home = Home::new();
    // A ledger that is made for it, and one that has been used before.
    for more in 0..2 {
        let letter = home.pdf_of_size("stort.pdf", LETTER + more);
        send_in_order(&home, &letter);
    }
    assert_eq!(home.accepted().len(), 2);
}

/// Which of the connects is the upload's is not guessed: the program is killed at each of them.
#[test]
fn killed_as_it_connects_the_ledger_holds_the_sealing_and_the_attempt() {
    if !strace_is_there() {
        return not_run("kill at the connect of an upload", "strace");
    }
    let mut home = Home::new();
    for connect in 1.. {
        let letter = home.pdf_of_size("stort.pdf", LETTER + connect);
        let kill = format!("inject=connect:signal=SIGKILL:when={connect}");
        let options = ["-o", "/dev/null", "-e", "trace=connect", "-e", &kill];
        if !told_killed(&mut traced(&home, &options, &sending(&letter))) {
            break;
        }
        assert!(home.accepted().is_empty(), "nothing of it has left");
    }
    // The last one that was not killed has arrived; of the others nothing has.
    assert_eq!(home.accepted().len(), 1);
    let listed = home.letters();
    let mut begun = listed.iter().filter(|row| row["state"] == "submitting");
    let (Some(row), None) = (begun.next(), begun.next()) else {
        panic!("one was killed at its upload: {listed:?}");
    };
    let id = row["letter"].as_str().unwrap();
    let kept = home.kept(id);
    let happened = happenings(&kept);
    let sealed = happened.iter().position(|what| what == "sealed");
    let attempt = happened.iter().position(|what| what == "attempt_started");
    assert!(sealed.is_some() && sealed < attempt, "{happened:?}");
    let message = kept["message_id"].as_str().unwrap();
    let parcel = home.ledger().join("parcels").join(format!("{message}.cms"));
    assert_eq!(
        fs::metadata(parcel).unwrap().len(),
        kept["parcel_bytes"].as_u64().unwrap()
    );

    // As long as the upload might be another program's that still runs, it is left alone.
    home.run(&["outbox"]).well();
    assert_eq!(home.kept(id)["state"], "submitting");
    assert_eq!(home.accepted().len(), 1);
    home.let_five_minutes_pass();
    home.run(&["outbox"]).well();
    home.run(&["outbox"]).well();
    let accepted = home.accepted();
    let mut copies = accepted
        .iter()
        .filter(|letter| letter["message"] == message);
    assert!(
        copies.next().is_some() && copies.next().is_none(),
        "once, with the same ids"
    );
    assert_eq!(home.kept(id)["fingerprint"], kept["fingerprint"]);
}

#[test]
fn killed_as_the_parcel_is_synced_the_ledger_does_not_yet_name_it() {
    if !strace_is_there() {
        return not_run("kill at the sync of a parcel", "strace");
    }
    let home = Home::new();
    let letter = home.pdf_of_size("stort.pdf", LETTER);
    fs::create_dir_all(home.ledger()).unwrap();
    let parcels = real(&home.ledger()) + "/parcels";
    fs::create_dir(&parcels).unwrap();
    let kill = "inject=fsync,fdatasync:signal=SIGKILL:when=1";
    let options = [
        "-o",
        "/dev/null",
        "-P",
        &parcels,
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        kill,
    ];
    let killed = told_killed(&mut traced(&home, &options, &sending(&letter)));
    assert!(killed, "it was killed");
    let listed = home.letters();
    assert_eq!(listed.len(), 1);
    let id = listed[0]["letter"].as_str().unwrap();
    let happened = happenings(&home.kept(id));
    assert!(
        !happened.iter().any(|what| what == "sealed"),
        "{happened:?}"
    );
    assert!(home.accepted().is_empty());

    let resumed = home.run(&["resume", id]).well();
    assert_eq!(resumed["state"], "at_access_point");
    assert_eq!(home.accepted().len(), 1);
}

/// Whether the traced program was killed: strace ends as the program it traced did.
fn told_killed(command: &mut Command) -> bool {
    use std::os::unix::process::ExitStatusExt;
    command.output().unwrap().status.signal() == Some(9)
}
