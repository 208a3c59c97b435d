//! The console program as scripts meet it: the built program, real files, and a practice
//! environment of its own for each test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod bad_input;
mod flows;
mod home;
mod keys;
mod practice_acts;
mod privacy;
mod services_down;
