use jiff::civil::{Date, date};

use crate::ChannelName;

/// What sending costs, as the operator of Digital postkasse publishes it: ceilings without VAT,
/// the dearer of the two suppliers where they differ. Real prices are lower. Amounts are in
/// thousandths of a krone, since transport is priced so finely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTable {
    /// The day the prices hold from.
    pub from: Date,
    /// Corners 2 and 3, each letter.
    pub transport: u64,
    /// Delivery to the mailbox by the size of the documents, in rising order: the most bytes of a
    /// class, and its price.
    pub classes: Vec<(u64, u64)>,
    /// On top of the last class, for each megabyte begun beyond it.
    pub further_megabyte: u64,
}

/// Price is counted in megabytes of a million bytes.
const MEGABYTE: u64 = 1_000_000;

impl Default for PriceTable {
    /// samarbeid.digdir.no, "Kostnadsmodell for digital postkasse".
    fn default() -> Self {
        Self {
            from: date(2024, 1, 1),
            transport: 147,
            classes: vec![
                (100_000, 690),
                (200_000, 940),
                (300_000, 1070),
                (500_000, 1950),
                (1_000_000, 2200),
                (5_000_000, 5750),
            ],
            further_megabyte: 1920,
        }
    }
}

impl PriceTable {
    /// What a letter with this many bytes of documents, unpacked, costs at most. `None` where the
    /// table has no price: on paper, and for a letter that goes nowhere.
    ///
    /// Notices by SMS and an opening receipt come on top, whatever they cost.
    pub fn price(&self, bytes: u64, channel: ChannelName) -> Option<Price> {
        match channel {
            ChannelName::Digital => {}
            ChannelName::Print | ChannelName::Stop | ChannelName::Wait => return None,
        }
        let class = self.classes.iter().find(|(most, _)| bytes <= *most);
        let mailbox = match class {
            Some((_, price)) => *price,
            None => {
                let (most, price) = self.classes.last().copied().unwrap_or_default();
                let further = bytes.saturating_sub(most).div_ceil(MEGABYTE);
                price.saturating_add(further.saturating_mul(self.further_megabyte))
            }
        };
        let thousandths = self.transport.saturating_add(mailbox);
        Some(Price {
            ore: thousandths / 10 + u64::from(thousandths % 10 >= 5),
        })
    }
}

/// What a letter costs at most, without VAT and without notices by SMS and opening receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price {
    /// Hundredths of a krone, rounded half up.
    pub ore: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digital(bytes: u64) -> u64 {
        let price = PriceTable::default().price(bytes, ChannelName::Digital);
        price.unwrap().ore
    }

    #[test]
    fn each_class_begins_a_byte_after_the_one_before_ends() {
        // Transport is 14.7 øre; mailbox classes are whole øre, so every sum is rounded up.
        for (bytes, ore) in [
            (0, 84),
            (1, 84),
            (100_000, 84),
            (100_001, 109),
            (200_000, 109),
            (200_001, 122),
            (300_000, 122),
            (300_001, 210),
            (500_000, 210),
            (500_001, 235),
            (1_000_000, 235),
            (1_000_001, 590),
            (5_000_000, 590),
            (5_000_001, 782),
            (6_000_000, 782),
            (6_000_001, 974),
            (50_000_000, 9230),
        ] {
            assert_eq!(digital(bytes), ore, "{bytes}");
        }
    }

    #[test]
    fn half_an_ore_is_rounded_up_and_less_is_dropped() {
        for (transport, ore) in [(4, 0), (5, 1), (14, 1), (15, 2)] {
            let table = PriceTable {
                transport,
                classes: vec![(1, 0)],
                ..PriceTable::default()
            };
            let price = table.price(1, ChannelName::Digital).unwrap();
            assert_eq!(price.ore, ore);
        }
    }

    #[test]
    fn only_a_digital_letter_has_a_price() {
        let table = PriceTable::default();
        for channel in [ChannelName::Print, ChannelName::Stop, ChannelName::Wait] {
            assert_eq!(table.price(1, channel), None);
        }
    }

    #[test]
    fn no_size_and_no_table_overflows() {
        assert!(digital(u64::MAX) > digital(50_000_000));
        let table = PriceTable {
            classes: Vec::new(),
            further_megabyte: u64::MAX,
            ..PriceTable::default()
        };
        assert!(table.price(u64::MAX, ChannelName::Digital).is_some());
    }
}
