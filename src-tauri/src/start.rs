//! The first and last things of the process: quiet OpenSSL, faults without their text, the mark
//! that the page is usable.

use std::fs;
use std::time::Instant;

/// Names a file that gets the time to usable and the memory then; used by measurements.
const MARK: &str = "UTPOST_START_MARK";

/// A fault of the program goes into the log as a place and a reference. What it says may hold what
/// a letter says, so that goes nowhere.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let reference = uuid::Uuid::new_v4().simple().to_string();
        tracing::error!(place, reference = &reference[..8], "a fault of the program");
    }));
}

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
