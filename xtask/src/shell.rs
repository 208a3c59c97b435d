//! Folders of the project, and other programs.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// True in continuous integration, where nothing may be left out.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// `program`, to be started in the project's folder. What cargo told this program about itself is
/// taken away, since build scripts of others would read it as about them.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// Cargo itself, the same that runs this program.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with its output shown.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    quietly(command)
}

/// Runs to the end with its standard output shown. What stands on its lines after `mark` is added
/// to `found`, also when it fails.
pub(crate) fn run_and_find(command: &mut Command, mark: &str, found: &mut Vec<String>) -> Outcome {
    let shown = shown(command);
    println!("$ {shown}");
    let fault = |what: &dyn std::fmt::Display| format!("{shown}: {what}");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|found| fault(&found))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(|found| fault(&found))?;
            println!("{line}");
            found.extend(line.strip_prefix(mark).map(str::to_owned));
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(fault(&status)),
        Err(found) => Err(fault(&found)),
    }
}

/// Runs to the end and gives what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let shown = shown(command);
    let fault = |what: &dyn std::fmt::Display| format!("{shown}: {what}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|found| fault(&found))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|found| fault(&found))
    } else {
        Err(fault(&output.status))
    }
}

/// Runs to the end without saying so.
pub(crate) fn quietly(command: &mut Command) -> Outcome {
    let shown = shown(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(fault) => Err(format!("{shown}: {fault}")),
    }
}

/// True when `program` starts and ends well.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    succeeds(command(program).args(arguments))
}

/// True when it starts and ends well; nothing is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Makes `folder` empty: a new one, or one that an earlier run of ours marked as its own.
pub(crate) fn make_own_folder(folder: &Path) -> Outcome {
    const MARK: &str = ".made-by-xtask";
    let fault = |fault: std::io::Error| format!("{}: {fault}", folder.display());
    if folder.join(MARK).exists() {
        fs::remove_dir_all(folder).map_err(fault)?;
    } else if folder.exists() && fs::read_dir(folder).map_err(fault)?.next().is_some() {
        return Err(format!(
            "{} holds other files; name a new or empty folder.",
            folder.display()
        ));
    }
    fs::create_dir_all(folder).map_err(fault)?;
    fs::write(folder.join(MARK), "").map_err(fault)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut words = vec![program.to_string_lossy()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_lines_are_found_also_when_the_program_fails() {
        let mut found = Vec::new();
        let mut program = command("sh");
        program.args(["-c", "echo ok; echo 'not run: EU DSS: no java'; exit 1"]);
        assert!(run_and_find(&mut program, "not run: ", &mut found).is_err());
        assert_eq!(found, ["EU DSS: no java"]);
    }
}
