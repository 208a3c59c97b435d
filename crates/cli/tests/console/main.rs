//! The console program as scripts meet it: the built program, real files, and a practice
//! environment of its own for each test.

mod bad_input;
mod flows;
mod home;
mod keys;
mod privacy;
mod services_down;
