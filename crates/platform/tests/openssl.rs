//! A hostile OpenSSL configuration must not get foreign code into the process, and a thread that is
//! still at work when the process ends must not crash. Each case runs in a process of its own, since
//! OpenSSL is initialised once for all.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, exit};
use std::thread;
use std::time::Duration;

const CASE: &str = "UTPOST_TEST_OPENSSL_CASE";

#[test]
fn a_hostile_openssl_configuration_loads_nothing() {
    assert!(!foreign_code_runs("guarded"));
}

#[test]
fn without_the_guard_the_same_configuration_does_load_foreign_code() {
    assert!(
        foreign_code_runs("bare"),
        "the other test would prove nothing"
    );
}

#[test]
fn what_still_uses_openssl_when_the_process_ends_goes_on_to_the_last() {
    assert!(ended("ends guarded").success());
}

#[test]
fn without_the_guard_openssl_is_taken_from_what_still_uses_it() {
    assert!(
        !ended("ends bare").success(),
        "the other test would prove nothing"
    );
}

/// Run in the inner processes only; an empty test elsewhere.
#[test]
fn inner_process() {
    match std::env::var(CASE).as_deref() {
        Ok("guarded") => utpost_platform::openssl_without_config().unwrap(),
        Ok("bare") => {}
        Ok("ends guarded") => end_in_the_middle(utpost_platform::openssl_without_config),
        Ok("ends bare") => end_in_the_middle(|| Ok(())),
        _ => return,
    }
    openssl_sys::init();
    assert!(draws());
}

/// Whether OpenSSL still gives a random byte.
#[allow(unsafe_code)]
fn draws() -> bool {
    let mut byte = 0;
    // SAFETY: one byte is there to be written.
    unsafe { openssl_sys::RAND_bytes(&mut byte, 1) == 1 }
}

/// Ends the process while a thread uses OpenSSL, and goes on using it after everything else that is
/// done at the end. The process fails or crashes when that can't be.
#[allow(unsafe_code)]
fn end_in_the_middle(begin: fn() -> Result<(), utpost_platform::OpensslFault>) {
    unsafe extern "C" {
        fn atexit(handler: extern "C" fn()) -> i32;
    }
    extern "C" fn linger() {
        thread::sleep(Duration::from_millis(300));
    }
    // SAFETY: the handler lives as long as the program. What is named first is called last.
    assert_eq!(unsafe { atexit(linger) }, 0);
    begin().unwrap();
    assert!(draws());
    thread::spawn(|| {
        while draws() {}
        std::process::abort();
    });
    thread::sleep(Duration::from_millis(50));
    exit(0);
}

/// How an inner process ended.
fn ended(case: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "inner_process", "--quiet"])
        .env(CASE, case)
        .output()
        .unwrap()
        .status
}

/// Does the shared object named by the configuration get loaded?
fn foreign_code_runs(case: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("loaded");
    let module = compile_module(folder.path());
    let configuration = folder.path().join("openssl.cnf");
    let text = format!(
        "openssl_conf = start\n[start]\nproviders = list\n[list]\nforeign = foreign_section\n\
         [foreign_section]\nmodule = {}\nactivate = 1\n",
        module.display()
    );
    fs::write(&configuration, text).unwrap();
    let inner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "inner_process", "--quiet"])
        .env(CASE, case)
        .env("OPENSSL_CONF", &configuration)
        .env("UTPOST_TEST_MARKER", &marker)
        .output()
        .unwrap();
    assert!(case == "bare" || inner.status.success());
    marker.exists()
}

fn compile_module(folder: &Path) -> std::path::PathBuf {
    let source = folder.join("foreign.c");
    let module = folder.join("foreign.so");
    fs::write(
        &source,
        "#include <stdio.h>\n#include <stdlib.h>\n\
         __attribute__((constructor)) static void loaded(void) {\n\
           FILE *f = fopen(getenv(\"UTPOST_TEST_MARKER\"), \"w\"); if (f) fclose(f);\n}\n\
         int OSSL_provider_init(void *a, void *b, void *c, void *d) { return 0; }\n",
    )
    .unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&module, &source])
        .status()
        .unwrap();
    assert!(compiled.success());
    module
}
