//! What a letter says of itself: whom it concerns, where it goes, what it is called. Guesses for a
//! form that a person looks through; where the page is not plain, nothing is said.

use std::sync::Arc;

use hayro::hayro_syntax::Pdf;
use utpost_domain::{NationalId, PostalAddress, Title};

use crate::Pages;
use crate::guard::Deadline;
use crate::text::{Line, page_text};

/// What was found. Everything in it identifies a person and prints nothing of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Valid person numbers of the first five pages, each once, in the order of the text.
    pub numbers: Vec<NumberFound>,
    /// The address in the window of the envelope, if it is a Norwegian one.
    pub address: Option<PostalAddress>,
    /// The heading of the first page, else the title in the file's properties.
    pub title: Option<Title>,
}

/// A person number and where it was first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFound {
    /// The number.
    pub number: NationalId,
    /// Counted from 1.
    pub page: usize,
}

/// Opens a PDF and reads it, as [`Pages::read`] does; a file that can't be opened says nothing.
pub fn read(pdf: impl Into<Arc<[u8]>>) -> Reading {
    Pages::open(pdf)
        .map(|pages| pages.read())
        .unwrap_or_default()
}

/// Person numbers are searched for on so many pages.
const PAGES_READ: usize = 5;

/// The reading itself, to be done under guard.
pub(crate) fn read_pdf(pdf: &Pdf, deadline: Deadline) -> Reading {
    let mut reading = Reading::default();
    for (index, page) in pdf.pages().iter().take(PAGES_READ).enumerate() {
        let lines = page_text(page, deadline).unwrap_or_default();
        for number in lines.iter().flat_map(|line| person_numbers(&line.text)) {
            if !reading.numbers.iter().any(|found| found.number == number) {
                let page = index + 1;
                reading.numbers.push(NumberFound { number, page });
            }
        }
        if index == 0 {
            let block = address_block(&lines);
            let below = block.as_ref().map_or(LETTERHEAD_ENDS, |block| block.bottom);
            reading.title = heading(&lines, below);
            reading.address = block.map(|block| block.address);
        }
    }
    if reading.title.is_none() {
        reading.title = pdf.metadata().title.as_deref().and_then(named_title);
    }
    reading
}

/// Person numbers as eleven digits, or six and five with a space or a hyphen between. One within a
/// longer number, a word, or a row of digits tied by points and hyphens is none.
fn person_numbers(text: &str) -> Vec<NationalId> {
    let characters: Vec<char> = text.chars().collect();
    let is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let digits_from = |at: usize| (at..).take_while(|at| is_digit(*at)).count();
    // Whether the character just outside ties the digits to what lies beyond it.
    let tied = |outside: Option<usize>, beyond: Option<usize>| {
        let at = |place: Option<usize>| place.and_then(|place| characters.get(place));
        at(outside).is_some_and(|near| {
            near.is_alphanumeric()
                || matches!(near, '.' | ',' | '/' | '-' | '\u{2010}'..='\u{2014}')
                    && at(beyond).is_some_and(|far| far.is_ascii_digit())
        })
    };
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let length = digits_from(at);
        if length == 0 {
            at += 1;
            continue;
        }
        let end = match (length, characters.get(at + 6)) {
            (11, _) => Some(at + 11),
            (6, Some(' ' | '\u{a0}' | '-' | '\u{2010}'..='\u{2013}')) => {
                (digits_from(at + 7) == 5).then_some(at + 12)
            }
            _ => None,
        };
        let number = end
            .filter(|end| {
                !tied(at.checked_sub(1), at.checked_sub(2)) && !tied(Some(*end), Some(end + 1))
            })
            .and_then(|end| {
                let typed: String = characters[at..end]
                    .iter()
                    .filter(|character| character.is_ascii_digit())
                    .collect();
                NationalId::parse(&typed).ok()
            });
        at = match (&number, end) {
            (Some(_), Some(end)) => end,
            _ => at + length,
        };
        numbers.extend(number);
    }
    numbers
}

/// Where, in millimetres, the envelopes' windows may show an address, with some slack for senders
/// who fold by eye.
const WINDOW_LEFT: (f64, f64) = (12.0, 105.0);
const WINDOW_BASELINES: (f64, f64) = (34.0, 84.0);
/// Below this a page without an address may have its heading.
const LETTERHEAD_ENDS: f64 = 30.0;

struct Block {
    address: PostalAddress,
    /// The last line's baseline.
    bottom: f64,
}

/// The one block in the window that ends with post code and town. Two of them, as when the sender's
/// own stands there too, convince nobody.
fn address_block(lines: &[Line]) -> Option<Block> {
    let within = |(low, high): (f64, f64), value: f64| (low..=high).contains(&value);
    let window: Vec<&Line> = lines
        .iter()
        .filter(|line| within(WINDOW_LEFT, line.left) && within(WINDOW_BASELINES, line.baseline))
        .collect();
    let mut blocks = window.iter().filter_map(|last| {
        let (postcode, town) = postcode_and_town(&last.text)?;
        let address = address_above(last, &window, postcode, town)?;
        Some(Block {
            address,
            bottom: last.baseline,
        })
    });
    let block = blocks.next()?;
    blocks.next().is_none().then_some(block)
}

/// The lines that stand straight above `last`, of its size and evenly spaced.
fn address_above(
    last: &Line,
    window: &[&Line],
    postcode: &str,
    town: &str,
) -> Option<PostalAddress> {
    let mut above: Vec<&str> = Vec::new();
    let mut lower = last;
    let mut spacing: Option<f64> = None;
    loop {
        let next = window
            .iter()
            .filter(|line| {
                (line.left - last.left).abs() < 1.5 && line.baseline < lower.baseline - 0.5
            })
            .max_by(|a, b| a.baseline.total_cmp(&b.baseline));
        let Some(next) = next else { break };
        let gap = lower.baseline - next.baseline;
        let even = spacing.is_none_or(|spacing| (gap - spacing).abs() < 0.25 * spacing);
        let same_size = (next.size - last.size).abs() < 0.08 * last.size;
        if !even || !same_size || gap > 2.0 * last.size || is_return_line(&next.text) {
            break;
        }
        above.push(&next.text);
        spacing = Some(gap);
        lower = next;
    }
    above.reverse();
    let (name, lines) = above.split_first()?;
    let plain = above
        .iter()
        .all(|line| !line.contains(':') && !has_unreadable(line));
    let is_name =
        name.chars().any(char::is_alphabetic) && !name.chars().any(|c| c.is_ascii_digit());
    if !plain || !is_name || above.iter().any(|line| !person_numbers(line).is_empty()) {
        return None;
    }
    PostalAddress::norwegian(name, lines, postcode, town).ok()
}

/// A Norwegian address's last line: `0123 OSLO`, the old `N-0123 OSLO` too.
fn postcode_and_town(line: &str) -> Option<(&str, &str)> {
    let line = line
        .strip_prefix("NO-")
        .or_else(|| line.strip_prefix("N-"))
        .unwrap_or(line);
    let (postcode, town) = line.split_once(' ')?;
    let is_postcode = postcode.len() == 4 && postcode.bytes().all(|byte| byte.is_ascii_digit());
    let is_town = town.chars().next().is_some_and(char::is_uppercase)
        && town.chars().count() <= 40
        && town
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '.' | '\'' | '(' | ')'))
        && town.split(' ').count() <= 4;
    (is_postcode && is_town).then_some((postcode, town))
}

/// The sender's address on one line: led by a word, or ending with post code and town of its own.
fn is_return_line(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.starts_with("retur")
        || lower.starts_with("avsender")
        || line.match_indices(", ").any(|(at, comma)| {
            line.get(at + comma.len()..)
                .is_some_and(|rest| postcode_and_town(rest).is_some())
        })
}

/// The letter's heading: the largest text below the address, larger than most of the text; or, on a
/// page of one size, its first bold line.
fn heading(lines: &[Line], below: f64) -> Option<Title> {
    let body = body_size(lines)?;
    let candidates: Vec<&Line> = lines
        .iter()
        .filter(|line| {
            line.baseline > below + 0.5 * line.size
                && line.baseline < HEADING_ENDS
                && is_wordy(&line.text)
        })
        .collect();
    let largest = candidates.iter().map(|line| line.size).fold(0.0, f64::max);
    let is_heading = |line: &Line| {
        if largest > 1.1 * body {
            line.size > 0.98 * largest
        } else {
            line.bold && line.size > 0.98 * body
        }
    };
    let first = candidates.iter().position(|line| is_heading(line))?;
    let mut text = candidates[first].text.clone();
    // All bold is nothing special.
    if largest <= 1.1 * body
        && candidates.iter().filter(|line| line.bold).count() * 2 > candidates.len()
    {
        return None;
    }
    for pair in candidates[first..].windows(2) {
        let [upper, lower] = pair else { break };
        let goes_on = is_heading(lower)
            && lower.baseline - upper.baseline < 1.8 * upper.size
            && (lower.left - upper.left).abs() < 2.0;
        if !goes_on {
            break;
        }
        text.push(' ');
        text.push_str(&lower.text);
    }
    checked_title(&text)
}

/// A heading stands in the page's upper two thirds.
const HEADING_ENDS: f64 = 190.0;

/// The size most of the page's characters have.
fn body_size(lines: &[Line]) -> Option<f64> {
    let weight = |size: f64| -> usize {
        lines
            .iter()
            .filter(|line| (line.size - size).abs() < 0.02 * size)
            .map(|line| line.text.len())
            .sum()
    };
    lines
        .iter()
        .take(MOST_SIZES)
        .map(|line| line.size)
        .max_by_key(|size| weight(*size))
}

/// Of a page of crumbs, so many are looked at.
const MOST_SIZES: usize = 500;

/// More than a number or a sign: at least four letters.
fn is_wordy(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 4
}

/// Glyphs without a character of their own.
fn has_unreadable(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c, char::REPLACEMENT_CHARACTER | '\u{e000}'..='\u{f8ff}'))
}

fn checked_title(text: &str) -> Option<Title> {
    if !is_wordy(text) || has_unreadable(text) {
        return None;
    }
    Title::parse(text).ok()
}

/// The title in the file's properties, unless a program put a file's name there.
fn named_title(bytes: &[u8]) -> Option<Title> {
    let text = text_string(bytes)?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_lowercase();
    let names_a_file = [
        ".doc", ".docx", ".odt", ".pdf", ".rtf", ".dotx", ".dot", ".html", ".typ", ".tex",
    ]
    .iter()
    .any(|ending| lower.ends_with(ending))
        || lower.starts_with("microsoft word")
        || lower.starts_with("untitled")
        || lower.starts_with("uten navn")
        || lower.starts_with("dokument")
        || text.contains(['\\', '/', '_']);
    if names_a_file {
        return None;
    }
    checked_title(&text)
}

/// A text string (ISO 32000-2, 7.9.2.2): UTF-16 or UTF-8 with a mark, else bytes whose printable
/// range is Latin-1's.
fn text_string(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xfe, 0xff, units @ ..] => {
            let units: Vec<u16> = units
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16(&units).ok()
        }
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8(text.to_vec()).ok(),
        bytes => bytes
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' | 0xa1..=0xff => Some(char::from(*byte)),
                _ => None,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        person_numbers(text)
            .iter()
            .map(|number| number.expose("test").to_owned())
            .collect()
    }

    #[test]
    fn a_person_number_is_found_however_it_is_parted() {
        for text in [
            "Fødselsnr. 209146 95016",
            "20914695016",
            "(209146-95016)",
            "Gjelder 20914695016.",
            "fnr: 209146\u{a0}95016, født 1946",
            "209146 95016 og 209146 95017",
        ] {
            assert_eq!(found(text), ["20914695016"], "{text}");
        }
        assert_eq!(found("20914695016 209146 95016").len(), 2);
    }

    #[test]
    fn digits_within_a_longer_number_are_no_person_number() {
        for text in [
            "120914695016",
            "209146950161",
            "1-209146 95016",
            "20914695016-2",
            "A20914695016",
            "20914695016B",
            "209146 950161",
            "0209146 95016",
            "209146  95016",
            "20914695017",
            "3.20914695016",
            "",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn only_a_plain_last_line_is_post_code_and_town() {
        assert_eq!(postcode_and_town("0123 OSLO"), Some(("0123", "OSLO")));
        assert_eq!(
            postcode_and_town("N-9845 Tana bru"),
            Some(("9845", "Tana bru"))
        );
        for line in [
            "0123",
            "123 OSLO",
            "2026 12 01",
            "0123 oslo",
            "2026 er et år med mye regn",
            "01234 OSLO",
        ] {
            assert_eq!(postcode_and_town(line), None, "{line}");
        }
    }

    #[test]
    fn the_senders_own_line_is_known() {
        for line in [
            "Øvre Fjelldal fjellstyre, Fjelldalsvegen 412, 2698 FJELLDAL",
            "Retur: Postboks 1, 0123 Oslo",
        ] {
            assert!(is_return_line(line), "{line}");
        }
        assert!(!is_return_line("Liv Fjellheim"));
        assert!(!is_return_line("c/o Ola Nordmann, 3. etasje"));
    }

    #[test]
    fn a_title_in_the_properties_is_taken_only_when_it_is_one() {
        let title = |bytes: &[u8]| named_title(bytes).map(|title| title.expose("test").to_owned());
        assert_eq!(
            title(b"Vedtak om st\xf8tte").as_deref(),
            Some("Vedtak om støtte")
        );
        assert_eq!(
            title(b"\xfe\xff\0B\0r\0e\0v\0 \0t\0i\0l").as_deref(),
            Some("Brev til")
        );
        for bytes in [
            &b"Microsoft Word - brev.docx"[..],
            b"vedtak.pdf",
            b"untitled",
            b"C:\\brev\\nytt brev",
            b"",
            b"12",
            b"\xfe\xff\xd8\0",
            b"a\0bcd efg",
            b"Vedtak for 209146 95016",
        ] {
            assert_eq!(title(bytes), None);
        }
    }
}
