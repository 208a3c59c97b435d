//! The use cases over ports that live in memory. Keys, certificates, seals and signatures are real.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test program"
)]

mod deciding;
mod halting;
mod importing;
mod receiving;
mod redrafting;
mod repeating;
mod restoring;
mod secrecy;
mod sending;
mod support;
mod watching;
