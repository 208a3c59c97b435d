//! Installs what is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, page, shell};

pub(crate) const HELP: &str = "
cargo xtask setup

Installs, on Debian 12 or a relative of it, the packages that are missing for building (C compiler,
make, perl, pkg-config, WebKitGTK), and for the tests (openssl, xmlsec1, xmllint, qpdf, poppler,
procps, strace, age, python3-venv, and for the window a display in memory, D-Bus, a key store, a window manager,
WebKit's driver and fonts); as root by itself, otherwise it prints the one line to run and stops.
Then it adds rustfmt and clippy to the Rust toolchain where they are missing, puts the Python
packages of tests/interop/requirements.txt into target/interop-venv, Node.js into target/node unless
the machine has one that fits (20.19, 22.12 or 24 and newer), the page's packages into
ui/node_modules and tauri-driver into target/tools. Nothing else is touched.
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

/// The window is WebKitGTK's.
const DESKTOP: &[Need] = &[
    Need {
        package: "pkg-config",
        probe: &["pkg-config", "--version"],
    },
    Need {
        package: "libwebkit2gtk-4.1-dev",
        probe: &["pkg-config", "--exists", "webkit2gtk-4.1"],
    },
];

const PYTHON: &[Need] = &[Need {
    package: "python3-venv",
    probe: &["python3", "-c", "import ensurepip, venv"],
}];

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
        package: "age",
        probe: &["age", "--version"],
    },
    Need {
        package: "strace",
        probe: &["strace", "-V"],
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
];

/// A desktop session without a screen, in which the window is started and driven.
const SESSION: &[Need] = &[
    Need {
        package: "xvfb",
        probe: &["sh", "-c", "command -v xvfb-run"],
    },
    Need {
        package: "xauth",
        probe: &["xauth", "version"],
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
        package: "openbox",
        probe: &["openbox", "--version"],
    },
    Need {
        package: "fonts-liberation",
        probe: &["sh", "-c", "fc-list | grep -q Liberation"],
    },
];

/// What drives the window: WebKit's half of WebDriver, and for a real drag a pointer and a small
/// GTK program to drag from.
const DRIVING: &[Need] = &[
    Need {
        package: "webkit2gtk-driver",
        probe: &["sh", "-c", "command -v WebKitWebDriver"],
    },
    Need {
        package: "xdotool",
        probe: &["xdotool", "version"],
    },
    Need {
        package: "python3-gi",
        probe: &["/usr/bin/python3", "-c", "import gi"],
    },
    Need {
        package: "gir1.2-gtk-3.0",
        probe: &[
            "/usr/bin/python3",
            "-c",
            "import gi; gi.require_version('Gtk', '3.0')",
        ],
    },
];

/// Building for Windows: a compiler whose own library's source is at hand, and a linker.
const WINDOWS: &[Need] = &[
    Need {
        package: "rustc-web",
        probe: &["/usr/bin/rustc", "--version"],
    },
    Need {
        package: "cargo-web",
        probe: &["/usr/bin/cargo", "--version"],
    },
    Need {
        package: "rust-web-src",
        probe: &[
            "test",
            "-e",
            "/usr/lib/rustlib/src/rust/library/std/Cargo.toml",
        ],
    },
    Need {
        package: "gcc-mingw-w64-x86-64-posix",
        probe: &["x86_64-w64-mingw32-gcc-posix", "--version"],
    },
    Need {
        package: "g++-mingw-w64-x86-64-posix",
        probe: &["x86_64-w64-mingw32-g++-posix", "--version"],
    },
    Need {
        package: "nasm",
        probe: &["nasm", "-v"],
    },
];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return Err(format!(
            "setup takes no {argument}. See cargo xtask setup --help."
        ));
    }
    for_tests()?;
    page::install()?;
    println!("Everything is there.");
    Ok(())
}

/// What building the console program needs.
pub(crate) fn for_console() -> Outcome {
    install(&[BUILD])
}

/// What building the desktop program needs, with Node.js for its page.
pub(crate) fn for_desktop() -> Outcome {
    install(&[BUILD, DESKTOP])?;
    page::ensure_node()
}

/// What starting the desktop program without a screen needs.
pub(crate) fn for_session() -> Outcome {
    install(&[BUILD, DESKTOP, SESSION])?;
    page::ensure_node()
}

/// What driving the desktop program without a screen needs.
pub(crate) fn for_driving() -> Outcome {
    install(&[BUILD, DESKTOP, SESSION, DRIVING])?;
    page::ensure_node()?;
    tauri_driver().map(drop)
}

/// What building, formatting and linting need.
pub(crate) fn for_checks() -> Outcome {
    for_desktop()?;
    rust_components()
}

/// What building, checking and testing need.
pub(crate) fn for_tests() -> Outcome {
    install(&[BUILD, DESKTOP, TESTS, PYTHON, SESSION, DRIVING])?;
    for_driving()?;
    rust_components()?;
    python_packages()
}

/// What building for Windows needs.
pub(crate) fn for_windows() -> Outcome {
    install(&[BUILD, WINDOWS])?;
    page::ensure_node()
}

/// What making a folder with Python packages needs.
pub(crate) fn for_python() -> Outcome {
    install(&[PYTHON])
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
    if shell::works(
        &python.to_string_lossy(),
        &["-c", "import signxml, joserfc, jsonschema"],
    ) && fs::read_to_string(&installed).is_ok_and(|found| found == wanted)
    {
        return Ok(());
    }
    println!("Installing Python packages into {}", folder.display());
    make_python_folder(&folder, &["-r", &wanted_file.to_string_lossy()])?;
    fs::write(&installed, wanted).map_err(|fault| format!("{}: {fault}", installed.display()))
}

/// A new folder with Python packages: what pip is told to install. Gives its Python.
pub(crate) fn make_python_folder(folder: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    shell::run(
        shell::command("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )?;
    let python = folder.join("bin/python");
    shell::run(
        shell::command(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            .args(packages),
    )?;
    Ok(python)
}

const TAURI_DRIVER: &str = "2.1.0";

/// The program that lets WebDriver's clients drive a Tauri window; built once.
pub(crate) fn tauri_driver() -> Result<PathBuf, String> {
    let folder = shell::target().join("tools");
    let program = folder.join("bin/tauri-driver");
    let stamp = folder.join(format!("tauri-driver-{TAURI_DRIVER}"));
    if program.is_file() && stamp.is_file() {
        return Ok(program);
    }
    let mut cargo = shell::cargo();
    cargo.args(["install", "--locked", "--quiet", "tauri-driver"]);
    cargo
        .args(["--version", TAURI_DRIVER, "--root"])
        .arg(&folder);
    shell::run(cargo.arg("--target-dir").arg(folder.join("build")))?;
    fs::write(&stamp, "").map_err(|fault| format!("{}: {fault}", stamp.display()))?;
    Ok(program)
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
