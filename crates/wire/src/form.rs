//! Small forms that several messages share.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Identifier scheme of organisations in the message header (ISO 6523 as Peppol uses it).
pub(crate) const AUTHORITY: &str = "iso6523-actorid-upis";

/// The one kind of business scope in use.
pub(crate) const SCOPE_TYPE: &str = "ConversationId";

/// Longest name of a sub-unit, in characters.
pub(crate) const UNIT_LIMIT: usize = 100;

/// Longest invoice reference, in characters.
pub(crate) const INVOICE_LIMIT: usize = 40;

/// Whether a text, if there, has at most `limit` characters.
pub(crate) fn fits(text: Option<&str>, limit: usize) -> bool {
    text.is_none_or(|text| text.chars().count() <= limit)
}

/// Norwegian local time with offset and milliseconds: `2026-09-01T10:15:30.000+02:00`.
pub(crate) fn oslo(at: Timestamp) -> String {
    // The zone is compiled in; should it be missing all the same, UTC is as true.
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// Reads a date and time with an offset: RFC 3339, and the shorter offsets `+02` and `+0200` that
/// the register writes. `None` when there is no offset or it cannot be read.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time_at = text.find(['T', 't', ' '])? + 1;
    let zone_at = time_at + text.get(time_at..)?.find(['Z', 'z', '+', '-'])?;
    let (local, zone) = text.split_at_checked(zone_at)?;
    let local: DateTime = local.parse().ok()?;
    let seconds = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign, digits @ ..] => {
            let (hours, minutes) = match digits {
                [h1, h2] => ([*h1, *h2], *b"00"),
                [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => ([*h1, *h2], [*m1, *m2]),
                _ => return None,
            };
            let number = |pair: [u8; 2]| {
                let text = str::from_utf8(&pair).ok()?;
                if pair.iter().all(u8::is_ascii_digit) {
                    text.parse::<i32>().ok()
                } else {
                    None
                }
            };
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -60 } else { 60 }
        }
        [] => return None,
    };
    Offset::from_seconds(seconds).ok()?.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_met_is_read_and_none_is_guessed() {
        let at: Timestamp = "2023-06-10T19:00:01Z".parse().unwrap();
        for text in [
            "2023-06-10T21:00:01+02",
            "2023-06-10T21:00:01+0200",
            "2023-06-10T21:00:01+02:00",
            "2023-06-10T21:00:01.000+02:00",
            "2023-06-10T19:00:01Z",
            "2023-06-10t19:00:01z",
            "2023-06-10 14:30:01-04:30",
        ] {
            assert_eq!(instant(text), Some(at), "{text}");
        }
        for text in [
            "2023-06-10T21:00:01",
            "2023-06-10",
            "i går",
            "",
            "Z",
            "2023-06-10T21:00:01+2",
            "2023-06-10T21:00:01+24",
            "2023-06-10T21:00:01+02:60",
            "2023-06-10T21:00:01+02:00[Europe/Oslo]",
            "2023-02-30T21:00:01Z",
            "T+02æ",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_the_clock_on_the_wall_with_its_offset() {
        let summer: Timestamp = "2026-09-01T08:15:30Z".parse().unwrap();
        let winter: Timestamp = "2026-11-22T08:15:30.1239Z".parse().unwrap();
        assert_eq!(oslo(summer), "2026-09-01T10:15:30.000+02:00");
        assert_eq!(oslo(winter), "2026-11-22T09:15:30.123+01:00");
    }
}
