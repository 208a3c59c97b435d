//! The mark that the page is usable, and what was used to come so far.

use std::fs;
use std::time::Instant;

/// Names a file that gets the time to usable and the memory then; used by measurements.
const MARK: &str = "UTPOST_START_MARK";

/// Writes the mark, if one is wanted: milliseconds since `started` and resident kilobytes.
pub(crate) fn mark(started: Instant) {
    let Some(file) = std::env::var_os(MARK) else {
        return;
    };
    let text = format!(
        "{{\"milliseconds\": {}, \"resident_kilobytes\": {}}}\n",
        started.elapsed().as_millis(),
        resident().map_or_else(|| "null".to_owned(), |kilobytes| kilobytes.to_string()),
    );
    if fs::write(file, text).is_err() {
        tracing::warn!("the start mark could not be written");
    }
}

/// Resident memory in kilobytes, where the system tells it in a file.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_in_use_is_known() {
        assert!(super::resident().unwrap() > 1000);
    }
}
