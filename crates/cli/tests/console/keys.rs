//! Certificates, the ledger's key, and what others could slip into the program.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::home::{ADDRESS, DIGIPOST, Home, RESERVED, answer, not_run, text, utpost};

/// Puts one of practice's other key files in the place of the agency's own.
fn exchange(home: &Home, other: &str) {
    fs::copy(
        home.practice_data().join(other),
        home.practice_data().join("agency.p12"),
    )
    .unwrap();
}

#[test]
fn a_certificate_that_is_not_the_agencys_own_and_valid_one_sends_nothing() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let letters = home.letters();
    let certificates = [
        ("agency-expired.p12", "AUTH_CERTIFICATE_EXPIRED"),
        ("agency-foreign.p12", "AUTH_CERTIFICATE_FOREIGN"),
        ("neighbour.p12", "AUTH_CERTIFICATE_FOREIGN"),
        ("ca.pem", "AUTH_CERTIFICATE_FILE"),
    ];
    let own = fs::read(home.practice_data().join("agency.p12")).unwrap();
    for (file, code) in certificates {
        exchange(&home, file);
        home.send(DIGIPOST, &[]).refused(code);
        home.send(RESERVED, &["--address", ADDRESS]).refused(code);
        home.run(&["outbox"]).refused(code);
        assert_eq!(home.accepted().len(), 1);
        assert_eq!(home.letters(), letters);
    }
    fs::write(home.practice_data().join("agency.p12"), own).unwrap();
    fs::write(home.practice_data().join("agency.p12.password"), "feil").unwrap();
    home.send(DIGIPOST, &[]).refused("AUTH_CERTIFICATE_FILE");
    assert_eq!(home.accepted().len(), 1);
}

#[test]
fn a_practice_certificate_is_refused_outside_practice() {
    let home = Home::new();
    let own = |name: &str| text(&home.practice_data().join(name));
    let settings = json!({
        "agency": {
            "organisation": "310702641",
            "name": "Øvinge kommune",
            "return_address": {
                "name": "Øvinge kommune", "lines": ["Postboks 1"],
                "postcode": "9998", "town": "EKSEMPELBY"
            }
        },
        "client": { "id": "00000000-0000-4000-8000-000000000000" },
        "certificate": {
            "file": own("agency.p12"), "password_file": own("agency.p12.password")
        },
        // Being named in the settings makes nothing trusted.
        "trusted_certificates": [own("ca.pem"), own("intermediate.pem")]
    });
    let settings = home.file("settings.json", settings.to_string());
    for environment in ["test", "production"] {
        let mut command = utpost();
        command.args(["--environment", environment, "--settings", &settings]);
        command.arg("--data").arg(home.path(environment));
        command.arg("--key-file").arg(home.path("other.key"));
        command.args(["doctor", "--json"]);
        answer(&mut command, "").refused("AUTH_CERTIFICATE_FOREIGN");
    }
}

#[test]
fn a_ledger_opens_in_its_own_environment_only() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let mut command = utpost();
    command.args(["--environment", "test", "status", "--json"]);
    command
        .arg("--data")
        .arg(home.ledger())
        .arg("--key-file")
        .arg(home.key_file());
    answer(&mut command, "").refused("LOCAL_OTHER_ENVIRONMENT");
    assert_eq!(home.letters().len(), 1);
}

#[test]
fn a_key_that_is_not_the_ledgers_own_opens_nothing_and_replaces_nothing() {
    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let own = fs::read(home.key_file()).unwrap();
    for other in ["ab".repeat(32), "kort".to_owned(), String::new()] {
        fs::write(home.key_file(), &other).unwrap();
        home.run(&["status"]).refused("LOCAL_LEDGER_KEY");
        home.send(DIGIPOST, &[]).refused("LOCAL_LEDGER_KEY");
        assert_eq!(fs::read_to_string(home.key_file()).unwrap(), other);
    }
    fs::remove_file(home.key_file()).unwrap();
    home.send(DIGIPOST, &[]).refused("LOCAL_LEDGER_KEY");
    assert!(!home.key_file().exists(), "no new key for an old ledger");

    write_private(&home.key_file(), &own);
    assert_eq!(home.letters().len(), 1);
    assert_eq!(home.accepted().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    fs::set_permissions(home.key_file(), fs::Permissions::from_mode(0o640)).unwrap();
    home.send(DIGIPOST, &[]).refused("LOCAL_LEDGER_KEY");
    fs::set_permissions(home.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(home.letters().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_ledger_that_may_not_be_written_is_told_and_nothing_is_sent() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    home.send(DIGIPOST, &[]).well();
    let folder = home.ledger();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.join("probe"), "").is_ok() {
        // Modes do not bind an administrator.
        let _ = writeln!(
            std::io::stderr(),
            "a_ledger_that_may_not_be_written not run: modes do not bind root"
        );
        return;
    }
    home.send(DIGIPOST, &[]).refused("LOCAL_READ_ONLY");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(home.letters().len(), 1);
    assert_eq!(home.accepted().len(), 1);
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;

    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// Runs in whoever loads it.
const INTRUDER: &str = r#"
#include <stdio.h>
__attribute__((constructor)) static void enter(void) {
    FILE *marker = fopen(MARKER, "w");
    if (marker) fclose(marker);
}
int OSSL_provider_init(void *a, void *b, void **c, void **d) { return 0; }
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_hostile_openssl_configuration_is_never_read() {
    let home = Home::new();
    let (marker, module) = (home.path("marker"), home.path("intruder.so"));
    let source = home.file("intruder.c", INTRUDER);
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", &source, "-o"])
        .arg(&module)
        .arg(format!("-DMARKER=\"{}\"", marker.display()))
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        not_run("a_hostile_openssl_configuration_is_never_read", "cc");
        return;
    }
    let module = text(&module);
    let configuration = home.file(
        "openssl.cnf",
        format!(
            "openssl_conf = start\n[start]\nproviders = providers\nengines = engines\n\
             [providers]\nintruder = intruder\n[intruder]\nmodule = {module}\nactivate = 1\n\
             [engines]\nintruder = engine\n[engine]\ndynamic_path = {module}\ninit = 1\n"
        ),
    );
    let hostile = |command: &mut Command| {
        command
            .env("OPENSSL_CONF", &configuration)
            .env("OPENSSL_MODULES", home.path(""));
    };

    // The trap works: a program that reads the configuration loads the module.
    let mut trapped = Command::new("openssl");
    hostile(trapped.args(["list", "-providers"]));
    match trapped.output() {
        Ok(_) => {
            assert!(marker.exists(), "the trap does not work");
            fs::remove_file(&marker).unwrap();
        }
        Err(_) => not_run("the trap for OpenSSL", "openssl"),
    }

    let letter = home.letter();
    let commands: [&[&str]; 4] = [
        &["send", &letter, "--to", DIGIPOST, "--title", "Vedtak"],
        &["receipts"],
        &["doctor"],
        &["practice", "reset"],
    ];
    for arguments in commands {
        let mut command = home.utpost();
        hostile(command.args(arguments).arg("--json"));
        let _ = answer(&mut command, "");
        assert!(!marker.exists(), "{arguments:?} loaded the module");
    }
    // Practice started inside the program uses OpenSSL for everything.
    let alone = Home::without_practice();
    let mut command = alone.utpost();
    hostile(command.args([
        "send", &letter, "--to", DIGIPOST, "--title", "Vedtak", "--json",
    ]));
    answer(&mut command, "").well();
    assert!(!marker.exists());
}
