//! PDF in and out.
//!
//! [`glance`] answers the questions that must be settled before a file may become a letter;
//! [`Pages`] shows a letter and reads receiver and title from it; [`sample`] makes letters for the
//! practice environment, the demo and tests.

mod glance;
mod guard;
mod pages;
mod reading;
pub mod sample;
mod text;
mod weight;

pub use glance::{Glance, PdfFault, PdfVersion, glance};
pub use pages::{PageSize, Pages, Picture, Unshown};
pub use reading::{NumberFound, Reading, read};
