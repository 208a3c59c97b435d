//! The key store of a desktop session: a private D-Bus session with gnome-keyring in it, where
//! both are installed. Each case runs in a process of its own, since the store is found once.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::process::{Command, Output};

use utpost_platform::{DatabaseKey, KeyFault, WhenMissing};

const CASE: &str = "UTPOST_TEST_KEY_STORE_CASE";
const FOLDER: &str = "UTPOST_TEST_KEY_STORE_FOLDER";

#[test]
fn the_key_store_keeps_one_key_for_each_ledger() {
    let home = tempfile::tempdir().unwrap();
    let script = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null \
                  && exec \"$0\" --exact inner_process --nocapture";
    let mut session = Command::new("dbus-run-session");
    session
        .args(["--", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap());
    session
        .env(CASE, "store")
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path());
    session
        .env("XDG_RUNTIME_DIR", home.path())
        .env(FOLDER, home.path().join("ledger"));
    if !(installed("dbus-run-session") && installed("gnome-keyring-daemon")) {
        assert!(
            std::env::var_os("CI").is_none(),
            "gnome-keyring is not installed"
        );
        eprintln!("gnome-keyring not found: the_key_store_keeps_one_key_for_each_ledger not run");
        return;
    }
    assert_passed(&session.output().unwrap());
}

#[test]
fn a_machine_without_a_key_store_says_so() {
    let home = tempfile::tempdir().unwrap();
    let mut bare = Command::new(std::env::current_exe().unwrap());
    bare.args(["--exact", "inner_process", "--nocapture"])
        .env(CASE, "none");
    bare.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .env("HOME", home.path());
    bare.env("XDG_RUNTIME_DIR", home.path())
        .env(FOLDER, home.path().join("ledger"));
    assert_passed(&bare.output().unwrap());
}

/// Run in the inner processes only; an empty test elsewhere.
#[test]
fn inner_process() {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    let folder = std::path::PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let read = |name: &str, missing| DatabaseKey::from_key_store(&folder.join(name), missing);
    if case == "none" {
        assert!(matches!(
            read("a", WhenMissing::Create),
            Err(KeyFault::NoKeyStore)
        ));
        return;
    }
    assert!(matches!(
        read("a", WhenMissing::Refuse),
        Err(KeyFault::Missing)
    ));
    let first = read("a", WhenMissing::Create).unwrap();
    let again = read("a", WhenMissing::Create).unwrap();
    let other = read("b", WhenMissing::Create).unwrap();
    assert_eq!(first.expose("test"), again.expose("test"));
    assert_ne!(first.expose("test"), other.expose("test"));
    let kept_beside = fs::read(folder.join("a/key.lock")).unwrap();
    assert!(kept_beside.is_empty());
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}\n{errors}"
    );
}
