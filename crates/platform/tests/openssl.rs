//! A hostile OpenSSL configuration must not get foreign code into the process. Each case runs in
//! a process of its own, since OpenSSL is initialised once for all.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

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

/// Run in the inner process only; an empty test elsewhere.
#[test]
#[allow(unsafe_code)]
fn inner_process() {
    match std::env::var(CASE).as_deref() {
        Ok("guarded") => utpost_platform::openssl_without_config().unwrap(),
        Ok("bare") => {}
        _ => return,
    }
    openssl_sys::init();
    let mut byte = 0;
    // SAFETY: one byte is there to be written.
    assert_eq!(unsafe { openssl_sys::RAND_bytes(&mut byte, 1) }, 1);
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
