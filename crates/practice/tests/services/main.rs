//! The practice services called over HTTPS, as a client calls them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_point;
mod fates;
mod instance;
mod register;
mod suppliers;
mod support;
mod tokens;
