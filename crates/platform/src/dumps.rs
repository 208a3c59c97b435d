//! A crash must not leave a picture of memory: letters lie in it in the clear, and so does the key
//! of the ledger.

/// Forbids the system to keep this process's memory when it crashes, for the rest of the process
/// and for programs it starts. On Windows nothing is written unless an administrator asked for it.
///
/// A limit of 0 stops files and not collectors of crashes: where `core_pattern` is a pipe, the
/// kernel does not go by the limit (core(5)). A limit of 1 stops both: to a file nothing is written
/// that is shorter than a page, and a pipe is not even opened, since 1 is how the kernel marks the
/// collectors' own processes (`do_coredump` in fs/coredump.c).
///
/// `PR_SET_DUMPABLE` is left as it is: it would hide `/proc/<pid>` from the desktop's portals. Where
/// the hard limit was 0 before, it cannot be raised to 1, and collectors are left to their settings.
pub fn no_memory_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let least = Rlimit {
            current: Some(1),
            maximum: Some(1),
        };
        // Lowering a limit is always allowed; one that is lower already stops files at least.
        let _ = setrlimit(Resource::Core, least);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn neither_a_file_nor_a_collector_of_crashes_gets_the_memory() {
        let limit = || {
            let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
            let core = limits.lines().find(|line| line.starts_with("Max core"));
            let core = core.unwrap().split_whitespace().skip(4);
            core.take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        let before = limit();
        no_memory_dumps();
        // Not 0, which collectors do not go by; but from 0 an ordinary user cannot get to 1.
        assert!(limit() == ["1", "1"] || before == ["0", "0"]);
    }
}
