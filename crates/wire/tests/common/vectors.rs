//! Where the conformance vectors lie.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The folder `name` of the conformance vectors: in `UTPOST_CONFORMANCE`, else beside the
/// workspace. Where there is none the test says so and ends, but on the build machine it fails.
pub(crate) fn conformance(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("UTPOST_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/conformance"),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "conformance vectors not found: {name}"
    );
    // Property tests ask again and again.
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID
        .lock()
        .is_ok_and(|mut said| said.insert(name.to_owned()))
    {
        tell(&format!("conformance vectors not found: {name} not run"));
    }
    None
}

/// Says it past the test harness, which hides what a passing test prints.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
