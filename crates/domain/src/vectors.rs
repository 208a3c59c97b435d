//! Conformance vectors for tests.

use std::io::Write as _;
use std::path::PathBuf;

/// The vectors of this name, or `None`, said aloud, where the folder is missing. On CI it must not
/// be missing.
pub(crate) fn read(name: &str) -> Option<serde_json::Value> {
    let folder = std::env::var_os("UTPOST_CONFORMANCE").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/spec/conformance"
            ))
        },
        PathBuf::from,
    );
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "conformance vectors not found: {name}"
        );
        tell(&format!("conformance vectors not found: {name} not run"));
        return None;
    }
    let bytes = std::fs::read(folder.join(name)).unwrap();
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// Says it past the test harness, which hides what a passing test prints.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
