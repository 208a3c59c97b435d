//! PDF in and out.
//!
//! [`glance`] answers the questions that must be settled before a file may become a letter;
//! [`sample`] makes letters for the practice environment, the demo and tests.

mod glance;
pub mod sample;

pub use glance::{Glance, PdfFault, PdfVersion, glance};
