//! The console program as scripts meet it: the built program, real files, and a practice
//! environment of its own for each test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod bad_input;
#[cfg(target_os = "linux")]
mod crashes;
mod flows;
mod home;
mod keys;
mod ledger;
#[cfg(target_os = "linux")]
mod machine;
mod practice_acts;
mod privacy;
mod sentinel;
mod services_down;
#[cfg(target_os = "linux")]
mod synced;
#[cfg(target_os = "linux")]
mod trace;
mod work;
