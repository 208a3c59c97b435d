//! Whether core, console and desktop still build for Windows.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, page, setup, shell};

pub(crate) const HELP: &str = "
cargo xtask windows check

Type-checks the crates, the console program and the desktop program for Windows
(x86_64-pc-windows-gnu), with everything written in C compiled, on Debian; a warning fails it. It
installs Debian's Rust compiler with the source of its library, and MinGW, builds that library once
into target/windows/sysroot, and works in target/windows otherwise. Takes some ten minutes of one
core the first time. Not part of cargo xtask test.
";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments != ["check"] {
        return Err("See cargo xtask windows --help.".into());
    }
    setup::for_windows()?;
    page::build()?;
    let sysroot = standard_library()?;
    shell::run(
        debians_cargo()
            .args(["check", "--workspace", "--exclude", "utpost-tests"])
            .args(["--exclude", "xtask", "--locked", "--target", TARGET])
            .arg("--target-dir")
            .arg(folder().join("build"))
            .env(
                "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS",
                format!("--sysroot={} -D warnings", sysroot.display()),
            ),
    )
}

const TARGET: &str = "x86_64-pc-windows-gnu";

fn folder() -> PathBuf {
    shell::target().join("windows")
}

/// Debian's compiler, whatever else is installed.
fn debians_cargo() -> Command {
    let mut cargo = shell::command("/usr/bin/cargo");
    let path = env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(PathBuf::from("/usr/bin")).chain(env::split_paths(&path));
    if let Ok(path) = env::join_paths(path) {
        cargo.env("PATH", path);
    }
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC", "CARGO"] {
        cargo.env_remove(name);
    }
    cargo
}

/// Debian has no standard library for Windows: it is built from the compiler's own source, into a
/// folder of ours, so that nothing of the system's is touched. Gives that folder.
fn standard_library() -> Result<PathBuf, String> {
    let version = shell::output(shell::command("/usr/bin/rustc").arg("-vV"))?;
    let sysroot = folder().join("sysroot");
    let stamp = sysroot.join("version.txt");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == version) {
        return Ok(sysroot);
    }
    let package = folder().join("std");
    for old in [&package, &sysroot] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(|fault| told(old, &fault))?;
        }
    }
    write(
        &package.join("Cargo.toml"),
        "[package]\nname = \"std-for-windows\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    write(&package.join("src/lib.rs"), "")?;
    shell::run(
        debians_cargo()
            .current_dir(&package)
            .args(["build", "--release", "--target", TARGET, "--target-dir"])
            .arg(package.join("target"))
            .arg("-Zbuild-std=core,alloc,std,panic_abort,panic_unwind,proc_macro,test")
            .env("RUSTC_BOOTSTRAP", "1"),
    )?;
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&libraries).map_err(|fault| told(&libraries, &fault))?;
    let built = package.join("target").join(TARGET).join("release/deps");
    for entry in fs::read_dir(&built).map_err(|fault| told(&built, &fault))? {
        let path = entry.map_err(|fault| told(&built, &fault))?.path();
        if let (Some("rlib"), Some(name)) = (
            path.extension().and_then(|ending| ending.to_str()),
            path.file_name(),
        ) {
            fs::copy(&path, libraries.join(name)).map_err(|fault| told(&path, &fault))?;
        }
    }
    write(&stamp, &version)?;
    Ok(sysroot)
}

fn write(path: &Path, text: &str) -> Outcome {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|fault| told(folder, &fault))?;
    }
    fs::write(path, text).map_err(|fault| told(path, &fault))
}

fn told(path: &Path, fault: &std::io::Error) -> String {
    format!("{}: {fault}", path.display())
}
