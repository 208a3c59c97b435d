//! The desktop program `utpost-desktop`, built with its page.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::Profile;
use crate::{page, setup, shell};

/// Builds page and program; gives the program.
pub(crate) fn build(profile: Profile) -> Result<PathBuf, String> {
    setup::for_desktop()?;
    page::build()?;
    shell::run(
        shell::cargo()
            .args(["build", "--quiet", "-p", "utpost-desktop"])
            .args(profile.arguments()),
    )?;
    Ok(profile.folder().join("utpost-desktop"))
}

/// A command in a desktop session of its own: a display in memory, a D-Bus session, an unlocked
/// key store and a window manager, gone when it ends. `home` is its home folder.
pub(crate) fn in_session(home: &Path) -> Command {
    let mut command = page::with_node(shell::command("tests/window/session.sh"));
    command.arg(home);
    command
}
