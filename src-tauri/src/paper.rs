//! A PDF opened for looking: its pages' sizes and pictures, and what can be read in it.

use std::sync::Arc;

use utpost_letters::Pages;

use crate::bridge::{NumberSeen, PageView, ReadFromLetter};

/// An opened PDF.
pub(crate) struct Paper(Pages);

impl Paper {
    /// Opens it. `None` for one that can't be shown, which may be sent all the same.
    pub(crate) fn read(bytes: &Arc<[u8]>) -> Option<Self> {
        Pages::open(Arc::clone(bytes)).ok().map(Self)
    }

    pub(crate) fn pages(&self) -> Vec<PageView> {
        let sizes = self.0.sizes().iter();
        sizes
            .map(|size| PageView {
                width_mm: size.width_mm as f32,
                height_mm: size.height_mm as f32,
            })
            .collect()
    }

    /// A page's picture, PNG; pages are counted from 0.
    pub(crate) fn draw(&self, page: usize, width: u32) -> Option<Vec<u8>> {
        let drawn = self.0.draw(page.checked_add(1)?, width);
        drawn.ok().map(|picture| picture.png)
    }

    /// What the letter says of itself.
    pub(crate) fn suggestions(&self) -> ReadFromLetter {
        const SHOWN: &str = "suggested to the clerk";
        let found = self.0.read();
        let numbers = found.numbers.into_iter();
        ReadFromLetter {
            numbers: numbers
                .map(|found| NumberSeen {
                    number: found.number.expose(SHOWN).to_owned(),
                    page: u32::try_from(found.page).unwrap_or(u32::MAX),
                })
                .collect(),
            address: found.address.as_ref().map(Into::into),
            title: found.title.map(|title| title.expose(SHOWN).to_owned()),
        }
    }
}
