//! Reads tauri.conf.json and the capabilities, and makes one permission for each command, so that
//! the page may call what `capabilities/main.json` names and nothing else.

use tauri_build::{AppManifest, Attributes};

const COMMANDS: &[&str] = &[
    "startup",
    "subscribe",
    "ui_ready",
    "set_preferences",
    "set_agency",
    "retry_startup",
    "counts",
    "standstill",
    "access_restored",
    "thaw",
    "compose",
    "compose_pick",
    "compose_take",
    "compose_sample",
    "compose_remove",
    "compose_rename",
    "compose_clear",
    "compose_resume",
    "compose_from",
    "check_number",
    "check_address",
    "look_up",
    "stop_asking",
    "allow_repeat",
    "send",
    "undo",
    "send_now",
    "try_now",
    "check_status",
    "confirm_unsent",
    "cancel",
    "outbox",
    "letters",
    "letter",
    "collect_receipts",
    "stray_receipts",
    "evidence_folder",
    "open_data_folder",
    "practice_persons",
    "practice_books",
    "practice_open",
    "practice_posted",
    "practice_returned",
    "practice_reset",
    "close",
];

fn main() -> tauri_build::Result<()> {
    // The page is built into the program.
    println!("cargo:rerun-if-changed=../ui/dist");
    tauri_build::try_build(Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS)))
}
