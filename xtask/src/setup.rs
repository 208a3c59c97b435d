//! Installs what is missing.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{Outcome, shell};

pub(crate) const HELP: &str = "
cargo xtask setup

Installs, on Debian 12 or a relative of it, the packages that are missing for building (C compiler,
make, perl) and for the tests (openssl, xmlsec1, xmllint, qpdf, poppler, dbus, gnome-keyring,
procps, python3-venv); as root by itself, otherwise it prints the one line to run and stops. Then it
adds rustfmt and clippy to the Rust toolchain where they are missing, and puts the Python packages
of tests/interop/requirements.txt into target/interop-venv. Nothing else is touched.
The other commands do this by themselves, each for what it needs. Rust (rustup) must be there.
";

/// Something that must be on the machine.
struct Need {
    /// Debian's package.
    package: &'static str,
    /// A call that succeeds when it is there.
    probe: &'static [&'static str],
}

/// OpenSSL, SQLCipher and aws-lc are compiled from source.
const BUILD: &[Need] = &[
    Need {
        package: "build-essential",
        probe: &["cc", "--version"],
    },
    Need {
        package: "build-essential",
        probe: &["c++", "--version"],
    },
    Need {
        package: "build-essential",
        probe: &["make", "--version"],
    },
    // Debian's minimal perl lacks the modules that OpenSSL's configuration uses.
    Need {
        package: "perl",
        probe: &["perl", "-MFindBin", "-MIPC::Cmd", "-MTime::Piece", "-e1"],
    },
];

/// Programs that tests start.
const TESTS: &[Need] = &[
    Need {
        package: "openssl",
        probe: &["openssl", "version"],
    },
    Need {
        package: "xmlsec1",
        probe: &["xmlsec1", "--version"],
    },
    Need {
        package: "libxml2-utils",
        probe: &["xmllint", "--version"],
    },
    Need {
        package: "dbus",
        probe: &["dbus-run-session", "--version"],
    },
    Need {
        package: "gnome-keyring",
        probe: &["gnome-keyring-daemon", "--version"],
    },
    Need {
        package: "procps",
        probe: &["kill", "--version"],
    },
    Need {
        package: "qpdf",
        probe: &["qpdf", "--version"],
    },
    Need {
        package: "poppler-utils",
        probe: &["pdfinfo", "-v"],
    },
    Need {
        package: "python3-venv",
        probe: &["python3", "-c", "import ensurepip, venv"],
    },
];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return Err(format!(
            "setup takes no {argument}. See cargo xtask setup --help."
        ));
    }
    for_tests()?;
    println!("Everything is there.");
    Ok(())
}

/// What building needs.
pub(crate) fn for_building() -> Outcome {
    install(&[BUILD])
}

/// What building, formatting and linting need.
pub(crate) fn for_checks() -> Outcome {
    for_building()?;
    rust_components()
}

/// What building, checking and testing need.
pub(crate) fn for_tests() -> Outcome {
    install(&[BUILD, TESTS])?;
    rust_components()?;
    python_packages()
}

/// Where the Python packages are.
pub(crate) fn python_folder() -> PathBuf {
    shell::target().join("interop-venv")
}

fn install(needs: &[&[Need]]) -> Outcome {
    let mut packages: Vec<&str> = Vec::new();
    for need in needs.iter().copied().flatten() {
        let [program, arguments @ ..] = need.probe else {
            continue;
        };
        if !packages.contains(&need.package) && !shell::works(program, arguments) {
            packages.push(need.package);
        }
    }
    if packages.is_empty() {
        return Ok(());
    }
    let packages = packages.join(" ");
    if !shell::works("apt-get", &["--version"]) {
        return Err(format!(
            "Missing, by the names of Debian's packages: {packages}. Install them and try again."
        ));
    }
    let install =
        format!("apt-get update && apt-get install -y --no-install-recommends {packages}");
    if !is_root() {
        return Err(format!(
            "Missing: {packages}. Run this line, then try again:\n\n  sudo sh -c '{install}'\n"
        ));
    }
    println!("Installing {packages}");
    let mut apt = shell::command("sh");
    apt.args(["-c", &install])
        .env("DEBIAN_FRONTEND", "noninteractive");
    shell::run(&mut apt)
}

/// Not part of rustup's minimal profile.
fn rust_components() -> Outcome {
    if shell::works("cargo", &["fmt", "--version"]) && shell::works("cargo", &["clippy", "-V"]) {
        return Ok(());
    }
    shell::run(shell::command("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

fn python_packages() -> Outcome {
    let wanted_file = shell::root().join("tests/interop/requirements.txt");
    let wanted = fs::read_to_string(&wanted_file)
        .map_err(|fault| format!("{}: {fault}", wanted_file.display()))?;
    let folder = python_folder();
    let installed = folder.join("installed.txt");
    let python = folder.join("bin/python");
    let python = python.to_string_lossy();
    if shell::works(&python, &["-c", "import signxml, joserfc, jsonschema"])
        && fs::read_to_string(&installed).is_ok_and(|found| found == wanted)
    {
        return Ok(());
    }
    println!("Installing Python packages into {}", folder.display());
    shell::run(
        shell::command("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    shell::run(
        shell::command(python.as_ref())
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(&wanted_file),
    )?;
    fs::write(&installed, wanted).map_err(|fault| format!("{}: {fault}", installed.display()))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
