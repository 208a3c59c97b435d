//! The official examples, which are not part of the tree.

use std::path::PathBuf;

/// The folder `dpi/` of the vectors; `None` where they are not found, but a failure in CI.
pub(crate) fn dpi(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("UTPOST_CONFORMANCE").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/spec/conformance"
            ))
        },
        PathBuf::from,
    );
    let folder = folder.join("dpi");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "conformance vectors not found"
    );
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("conformance vectors not found: {test} not run\n").as_bytes(),
    );
    None
}
