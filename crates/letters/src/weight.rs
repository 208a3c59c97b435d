//! What a PDF would swell to in memory, found before the library that draws it lets it swell: that
//! library has no limits of its own, and memory that can't be had ends the whole program.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro::hayro_syntax::object::{Dict, Object, Stream};
use hayro::hayro_syntax::{Filter, Pdf};

use crate::Unshown;

/// Most bytes one compressed stream may unfold to: an A4 page at 600 dpi in colour has 104 million.
const MOST_IN_A_STREAM: u64 = 192 << 20;
/// Most bytes all of them may unfold to together, which also bounds the time this takes.
const MOST_IN_ALL: u64 = 1 << 30;
/// Most points of a picture: A3 at 600 dpi has 70 million.
pub(crate) const MOST_POINTS: u64 = 100_000_000;
/// An LZW or run-length stream, neither written by today's programs, is judged by its own length:
/// it may grow a thousandfold and sixtyfold.
const MOST_LZW: usize = 128 << 10;
const MOST_RUN_LENGTH: usize = 2 << 20;

/// Unfolds every compressed stream, keeping nothing: memory stays constant.
///
/// Streams are found by their keyword and not by the file's tables, since reading those tables
/// already unfolds some.
pub(crate) fn check_streams(pdf: &[u8]) -> Result<(), Unshown> {
    const KEYWORD: &[u8] = b"stream";
    let mut unfolded = 0;
    let mut at = 0;
    while let Some(found) = find(pdf.get(at..).unwrap_or_default(), KEYWORD) {
        let begin = at + found;
        at = begin + KEYWORD.len();
        if pdf[..begin].ends_with(b"end") {
            continue;
        }
        let data = pdf.get(at..).unwrap_or_default();
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        unfolded += unfold(data)?;
        if unfolded > MOST_IN_ALL {
            return Err(Unshown::TooHeavy);
        }
    }
    Ok(())
}

/// Checks what the file's dictionaries announce: pictures, and filters that unfold twice.
pub(crate) fn check_objects(pdf: &Pdf) -> Result<(), Unshown> {
    for object in pdf.objects() {
        if let Object::Stream(stream) = object
            && !is_light(&stream)
        {
            return Err(Unshown::TooHeavy);
        }
    }
    Ok(())
}

fn is_light(stream: &Stream<'_>) -> bool {
    let filters = stream.filters();
    let unfolding = |filter: &&Filter| {
        use Filter::{FlateDecode, LzwDecode, RunLengthDecode};
        matches!(filter, FlateDecode | LzwDecode | RunLengthDecode)
    };
    if filters.iter().filter(unfolding).count() > 1 {
        return false;
    }
    let number = |dict: &Dict<'_>, key: &str| u64::from(dict.get::<u32>(key).unwrap_or_default());
    let dict = stream.dict();
    let points = number(dict, "Width").saturating_mul(number(dict, "Height"));
    let fax = dict.get::<Dict<'_>>("DecodeParms").map_or(0, |parameters| {
        number(&parameters, "Columns").saturating_mul(number(&parameters, "Rows"))
    });
    if points.max(fax) > MOST_POINTS {
        return false;
    }
    let raw = stream.raw_data();
    filters.iter().all(|filter| match filter {
        Filter::LzwDecode => raw.len() <= MOST_LZW,
        Filter::RunLengthDecode => raw.len() <= MOST_RUN_LENGTH,
        Filter::DctDecode | Filter::JpxDecode => {
            let announced = match filters.first() {
                Some(Filter::FlateDecode) => {
                    let mut picture = Vec::new();
                    // What is damaged is judged by what can be read of it.
                    let _ = ZlibDecoder::new(&*raw)
                        .take(MOST_IN_A_STREAM)
                        .read_to_end(&mut picture);
                    announced_points(&picture)
                }
                _ => announced_points(&raw),
            };
            announced <= MOST_POINTS
        }
        _ => true,
    })
}

/// The greatest size a JPEG or JPEG 2000 picture announces in any header within `picture`, since
/// its own header decides and not the dictionary. Chance hits announce too much now and then, but
/// hardly ever; inside compressed data the marks can't occur.
fn announced_points(picture: &[u8]) -> u64 {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let mut most = 0;
    let mut rest = picture;
    while let Some(at) = rest.iter().position(|byte| *byte == 0xff) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let points = match rest {
            // JPEG: start of frame, length, precision, height, width, components.
            [
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf,
                length_high,
                length_low,
                8 | 12,
                size @ ..,
            ] if size.len() > 4
                && number(&[*length_high, *length_low]) == 8 + 3 * u64::from(size[4]) =>
            {
                number(&size[..2]) * number(&size[2..4])
            }
            // JPEG 2000: size, length, capabilities, right edge, lower edge, …, components.
            [0x51, _, _, _, _, size @ ..] if size.len() > 34 => {
                let components = number(&size[32..34]).div_ceil(4);
                number(&size[..4])
                    .saturating_mul(number(&size[4..8]))
                    .saturating_mul(components)
            }
            _ => 0,
        };
        most = most.max(points);
    }
    most
}

fn unfold(data: &[u8]) -> Result<u64, Unshown> {
    let (length, begins) = count(ZlibDecoder::new(data));
    let (length, begins) = if length > 0 {
        (length, begins)
    } else {
        count(DeflateDecoder::new(data))
    };
    let mut most = length;
    if is_zlib(begins) {
        // Folded twice; thrice is refused by the dictionaries.
        most = most.max(count(ZlibDecoder::new(ZlibDecoder::new(data))).0);
    }
    if most > MOST_IN_A_STREAM {
        Err(Unshown::TooHeavy)
    } else {
        Ok(most)
    }
}

/// How many bytes can be read, and the first two.
fn count(unfolded: impl Read) -> (u64, [u8; 2]) {
    struct Counter {
        length: u64,
        begins: [u8; 2],
    }
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.length == 0
                && let Some(begins) = bytes.first_chunk()
            {
                self.begins = *begins;
            }
            self.length += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter {
        length: 0,
        begins: [0; 2],
    };
    // An error ends the data; what came before it counts.
    let _ = io::copy(&mut unfolded.take(MOST_IN_A_STREAM + 1), &mut counter);
    (counter.length, counter.begins)
}

/// The header of RFC 1950, 2.2.
fn is_zlib([method, flags]: [u8; 2]) -> bool {
    method & 0x0f == 8 && (u16::from(method) << 8 | u16::from(flags)).is_multiple_of(31)
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = *pattern.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(pattern) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn folded(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zeros(length: u64) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        io::copy(&mut io::repeat(0).take(length), &mut encoder).unwrap();
        encoder.finish().unwrap()
    }

    fn stream(data: &[u8]) -> Vec<u8> {
        [b"<< >>\nstream\r\n", data, b"\nendstream\n"].concat()
    }

    #[test]
    fn a_stream_that_unfolds_to_a_page_passes_and_a_bomb_does_not() {
        assert_eq!(check_streams(&stream(&zeros(100 << 20))), Ok(()));
        let bomb = stream(&zeros(MOST_IN_A_STREAM + 1));
        assert_eq!(check_streams(&bomb), Err(Unshown::TooHeavy));
        let raw_deflate = stream(&zeros(MOST_IN_A_STREAM + 1)[2..]);
        assert_eq!(check_streams(&raw_deflate), Err(Unshown::TooHeavy));
        let twice = stream(&folded(&zeros(MOST_IN_A_STREAM + 1)));
        assert_eq!(check_streams(&twice), Err(Unshown::TooHeavy));
    }

    #[test]
    fn many_streams_are_weighed_together() {
        let part = stream(&zeros(150 << 20));
        assert_eq!(check_streams(&part.repeat(8)), Err(Unshown::TooHeavy));
    }

    #[test]
    fn a_small_picture_that_announces_a_huge_one_is_found() {
        let jpeg = |high: u8| [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, high, 0, 0xff, 0xff, 3, 0];
        assert_eq!(announced_points(&jpeg(0)), 0);
        assert!(announced_points(&jpeg(0xff)) > MOST_POINTS);
        let mut jpeg_2000 = vec![0xff, 0x4f, 0xff, 0x51, 0, 47, 0, 0];
        jpeg_2000.extend([0, 1, 0, 0, 0, 1, 0, 0]);
        jpeg_2000.extend([0; 24]);
        jpeg_2000.extend([0, 3, 7]);
        assert!(announced_points(&jpeg_2000) > MOST_POINTS);
    }
}
