//! OpenSSL, which the ledger's SQLCipher is built on, must not read configuration: a file named
//! by `OPENSSL_CONF` may load any shared object into the process. Nor may it clean up when the
//! process ends: a thread that still has the ledger open then would crash.

use std::ptr;

/// `OPENSSL_INIT_NO_LOAD_CONFIG` of `openssl/crypto.h`, OpenSSL 1.1.0 and later.
const NO_LOAD_CONFIG: u64 = 0x80;

/// `OPENSSL_INIT_NO_ATEXIT`, OpenSSL 1.1.1 and later.
const NO_CLEANUP: u64 = openssl_sys::OPENSSL_INIT_NO_ATEXIT;

/// OpenSSL could not be initialised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("OpenSSL could not be initialised")]
pub struct OpensslFault;

/// Initialises OpenSSL without its configuration file, and so that it can be used until the process
/// is gone. Must be the first thing that touches OpenSSL: only the first initialisation decides.
/// Repeating is harmless.
///
/// # Errors
/// [`OpensslFault`]; then nothing that uses OpenSSL may be called.
#[allow(unsafe_code)]
pub fn openssl_without_config() -> Result<(), OpensslFault> {
    // SAFETY: takes no pointer but the settings, which may be null; it locks by itself and may be
    // called from any thread, any number of times.
    let done = unsafe { openssl_sys::OPENSSL_init_ssl(NO_LOAD_CONFIG | NO_CLEANUP, ptr::null()) };
    if done == 1 { Ok(()) } else { Err(OpensslFault) }
}
