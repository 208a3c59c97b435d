//! A crash must not leave a picture of memory: letters lie in it in the clear, and so does the key
//! of the ledger.

/// Forbids the system to write this process's memory to a file when it crashes, for the rest of the
/// process and for programs it starts. On Windows nothing is written unless an administrator asked
/// for it.
///
/// The limit is also what collectors of crashes go by (core(5), systemd-coredump(8)).
pub fn no_memory_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Lowering a limit is always allowed.
        let _ = setrlimit(Resource::Core, none);
    }
}
