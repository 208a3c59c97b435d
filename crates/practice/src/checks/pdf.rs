//! What a print provider looks at in a PDF before it takes the order. Not a PDF reader: it looks at
//! the plain text between the streams and at object streams, and judges only what stands there.

use std::io::Read;

use flate2::read::ZlibDecoder;

/// Why a PDF is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// It does not begin with `%PDF-`.
    #[error("a document is no PDF")]
    NotPdf,
    /// Its version is not 1.0 to 1.7.
    #[error("a PDF's version is not 1.0 to 1.7")]
    Version,
    /// It is encrypted.
    #[error("a PDF is encrypted")]
    Encrypted,
    /// It has no page.
    #[error("a PDF has no page")]
    NoPages,
    /// A page is not A4: to the nearest millimetre at most 210 × 297 and at most 10 mm less each way,
    /// upright or lying.
    #[error("a page is not A4")]
    PageSize,
}

/// Whether the file says that it is a PDF.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), PdfFault> {
    ensure(bytes.starts_with(b"%PDF-"), PdfFault::NotPdf)
}

pub(super) fn check_printable(bytes: &[u8]) -> Result<(), PdfFault> {
    check_header(bytes)?;
    let version = bytes.get(5..8);
    let known = matches!(version, Some([b'1', b'.', b'0'..=b'7']));
    ensure(known, PdfFault::Version)?;
    let text = outline(bytes);
    ensure(
        names(&text, b"/Encrypt").next().is_none(),
        PdfFault::Encrypted,
    )?;
    let has_page = names(&text, b"/Type").any(|after| {
        let value = trim(after);
        value.starts_with(b"/Page") && ends_name(value.get(5))
    });
    ensure(has_page, PdfFault::NoPages)?;
    let sizes = names(&text, b"/MediaBox").filter_map(millimetres);
    for (width, height) in sizes {
        let (short, long) = (width.min(height), width.max(height));
        let fits = (200.0..=210.0).contains(&short) && (287.0..=297.0).contains(&long);
        ensure(fits, PdfFault::PageSize)?;
    }
    Ok(())
}

/// Object streams are unpacked to at most this many bytes in all.
const OUTLINE_LIMIT: usize = 32 * 1024 * 1024;

/// The bytes outside streams, and the unpacked object streams.
fn outline(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = bytes;
    while let Some(at) = find(rest, b"stream") {
        let (before, stream) = rest.split_at(at);
        text.extend_from_slice(before);
        let Some(body) = stream_body(before, stream) else {
            let (word, after) = stream.split_at(b"stream".len());
            text.extend_from_slice(word);
            rest = after;
            continue;
        };
        let end = find(body, b"endstream").unwrap_or(body.len());
        let (content, after) = body.split_at(end);
        rest = after.get(b"endstream".len()..).unwrap_or_default();
        let object = before
            .windows(3)
            .rposition(|word| word == b"obj")
            .unwrap_or(0);
        let dictionary = before.get(object..).unwrap_or_default();
        if find(dictionary, b"/ObjStm").is_some() && text.len() < OUTLINE_LIMIT {
            let room = (OUTLINE_LIMIT - text.len()) as u64;
            text.push(b'\n');
            if find(dictionary, b"/Filter").is_none() {
                text.extend_from_slice(content);
            } else if find(dictionary, b"/FlateDecode").is_some() {
                // What was unpacked before an error is kept; an unreadable stream shows no page.
                let _ = ZlibDecoder::new(content).take(room).read_to_end(&mut text);
            }
        }
        text.push(b'\n');
    }
    text.extend_from_slice(rest);
    text
}

/// The bytes after the keyword `stream`, when it stands after a dictionary and before a line end.
fn stream_body<'a>(before: &[u8], stream: &'a [u8]) -> Option<&'a [u8]> {
    let body = stream.strip_prefix(b"stream")?;
    let body = body
        .strip_prefix(b"\r\n")
        .or_else(|| body.strip_prefix(b"\n"))?;
    before.trim_ascii_end().ends_with(b">>").then_some(body)
}

/// What follows each occurrence of a name.
fn names<'a>(text: &'a [u8], name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(find(rest, name)? + name.len()..)?;
            if ends_name(rest.first()) {
                return Some(rest);
            }
        }
    })
}

fn ends_name(next: Option<&u8>) -> bool {
    next.is_none_or(|byte| byte.is_ascii_whitespace() || b"\0()<>[]{}/%".contains(byte))
}

/// Width and height of a box in whole millimetres; `None` when it stands elsewhere in the file.
fn millimetres(after: &[u8]) -> Option<(f64, f64)> {
    let list = trim(after).strip_prefix(b"[")?;
    let list = list.get(..find(list, b"]")?)?;
    let numbers: Vec<f64> = std::str::from_utf8(list)
        .ok()?
        .split_ascii_whitespace()
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    let [left, bottom, right, top] = numbers[..] else {
        return None;
    };
    let length = |points: f64| (points.abs() / 72.0 * 25.4).round();
    Some((length(right - left), length(top - bottom)))
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn ensure(holds: bool, fault: PdfFault) -> Result<(), PdfFault> {
    if holds { Ok(()) } else { Err(fault) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{PdfFault, check_printable};

    const PAGE: &str = "%PDF-1.7\n1 0 obj\n<</Type/Page /MediaBox [0 0 595.28 841.89]>>\nendobj\n";

    #[test]
    fn a_page_is_found_in_plain_text_and_in_an_object_stream() {
        assert_eq!(check_printable(PAGE.as_bytes()), Ok(()));
        let mut packed =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packed
            .write_all(b"1 0 <</Type /Page /MediaBox[0 0 595 842]>>")
            .unwrap();
        let packed = packed.finish().unwrap();
        let mut pdf = b"%PDF-1.5\n2 0 obj\n<</Type/ObjStm/Filter/FlateDecode>>\nstream\n".to_vec();
        pdf.extend(packed);
        pdf.extend(b"\nendstream\nendobj\n");
        assert_eq!(check_printable(&pdf), Ok(()));
    }

    #[test]
    fn what_cannot_be_printed_is_refused() {
        for (pdf, fault) in [
            ("hello".to_owned(), PdfFault::NotPdf),
            (PAGE.replace("1.7", "2.0"), PdfFault::Version),
            (
                PAGE.to_owned() + "trailer <</Encrypt 5 0 R>>",
                PdfFault::Encrypted,
            ),
            (PAGE.replace("/Page ", "/Pages "), PdfFault::NoPages),
            (PAGE.replace("841.89", "792"), PdfFault::PageSize),
            (PAGE.replace("595.28 841.89", "612 792"), PdfFault::PageSize),
        ] {
            assert_eq!(check_printable(pdf.as_bytes()), Err(fault));
        }
    }

    #[test]
    fn what_stands_inside_a_content_stream_counts_for_nothing() {
        let words = "<<>>\nstream\n/Encrypt /MediaBox [0 0 1 1]\nendstream\n";
        assert_eq!(
            check_printable((PAGE.to_owned() + words).as_bytes()),
            Ok(())
        );
    }
}
