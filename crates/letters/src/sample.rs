//! Letters made up for practice, the demo and tests: plain A4 pages in Helvetica, which every PDF
//! reader brings (ISO 32000-2, 9.6.2.2). Real letters are not made this way.

mod decision;
mod helvetica;

use std::io::{self, Write};

pub use decision::{Part, SampleLetter, decision_letter};

/// A letter with `lines` of text, one under another, on as many A4 pages as they need.
///
/// Text begins 25 mm from the left edge, outside the strip that print must find empty. Lines are
/// not broken: some 80 characters fit. Characters outside Windows-1252 become `?`.
pub fn letter(lines: &[&str]) -> Vec<u8> {
    let mut pdf = Vec::new();
    // Writing to a Vec never fails.
    let _ = write_letter(&mut pdf, lines, None);
    pdf
}

/// Writes a letter of exactly `bytes` bytes: a page of text and a picture that does not compress.
/// Memory stays constant.
///
/// # Errors
/// `InvalidInput` under 4096 bytes; otherwise what `out` answers.
pub fn of_size<W: Write>(out: W, bytes: u64) -> io::Result<()> {
    if bytes < SMALLEST {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    write_letter(
        out,
        &["Vedlegg", "", "Dette brevet er laget for prøver."],
        Some(bytes),
    )
}

/// A page of text, the picture's head and the file's tail need less.
const SMALLEST: u64 = 4096;
/// A4 in points (1/72 inch).
const PAGE: (u32, u32) = (595, 842);
/// 25 mm in points.
const LEFT: u32 = 71;
const TOP: u32 = 760;
const LEADING: u32 = 15;
const LINES_PER_PAGE: usize = 45;
/// Bytes of one row of the picture: one grey byte for each of its points.
const ROW: u64 = 1000;

const CATALOG: usize = 1;
const PAGES: usize = 2;
const FONT: usize = 3;
const PICTURE: usize = 4;
const FIRST_PAGE: usize = 5;

fn write_letter<W: Write>(out: W, lines: &[&str], size: Option<u64>) -> io::Result<()> {
    let mut pdf = Writer {
        out,
        at: 0,
        objects: Vec::new(),
    };
    pdf.text("%PDF-1.4\n%\u{e6}\u{f8}\u{e5}\n")?;
    pdf.object(CATALOG, "<< /Type /Catalog /Pages 2 0 R /Lang (nb-NO) >>")?;
    let pages: Vec<&[&str]> = if lines.is_empty() {
        vec![&[]]
    } else {
        lines.chunks(LINES_PER_PAGE).collect()
    };
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", FIRST_PAGE + 2 * page))
        .collect();
    pdf.object(
        PAGES,
        &format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            kids.len()
        ),
    )?;
    pdf.object(
        FONT,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )?;
    let rows = size.map_or(1, |size| ((size - SMALLEST) / ROW).max(1));
    pdf.picture(rows)?;
    for (page, lines) in pages.iter().enumerate() {
        let object = FIRST_PAGE + 2 * page;
        pdf.object(
            object,
            &format!(
                "<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 {} {}] /Contents {} 0 R \
                 /Resources << /Font << /F {FONT} 0 R >> /XObject << /P {PICTURE} 0 R >> >> >>",
                PAGE.0,
                PAGE.1,
                object + 1
            ),
        )?;
        pdf.content(object + 1, lines, size.is_some())?;
    }
    pdf.finish("", size)
}

/// Keeps count of the bytes written, since the cross-reference table tells where objects begin.
struct Writer<W> {
    out: W,
    at: u64,
    objects: Vec<u64>,
}

impl<W: Write> Writer<W> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.bytes(&windows_1252(text))
    }

    /// Objects are written in the order of their numbers.
    fn begin(&mut self, number: usize) -> io::Result<()> {
        self.objects.push(self.at);
        self.text(&format!("{number} 0 obj\n"))
    }

    fn object(&mut self, number: usize, body: &str) -> io::Result<()> {
        self.begin(number)?;
        self.text(&format!("{body}\nendobj\n"))
    }

    fn picture(&mut self, rows: u64) -> io::Result<()> {
        self.begin(PICTURE)?;
        self.text(&format!(
            "<< /Type /XObject /Subtype /Image /Width {ROW} /Height {rows} /ColorSpace /DeviceGray \
             /BitsPerComponent 8 /Length {} >>\nstream\n",
            ROW * rows
        ))?;
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        for _ in 0..rows {
            let row: Vec<u8> = (0..ROW / 8).flat_map(|_| noise.next_bytes()).collect();
            self.bytes(&row)?;
        }
        self.text("\nendstream\nendobj\n")
    }

    fn content(&mut self, number: usize, lines: &[&str], with_picture: bool) -> io::Result<()> {
        let mut content = Vec::new();
        if with_picture {
            content.extend(format!("q 200 0 0 200 {LEFT} 200 cm /P Do Q\n").into_bytes());
        }
        content.extend(format!("BT /F 11 Tf {LEADING} TL {LEFT} {TOP} Td\n").into_bytes());
        for line in lines {
            content.extend(literal(line));
            content.extend(b" Tj T*\n");
        }
        content.extend(b"ET\n");
        self.stream(number, &content)
    }

    /// `content` ends with a line feed.
    fn stream(&mut self, number: usize, content: &[u8]) -> io::Result<()> {
        self.begin(number)?;
        self.text(&format!("<< /Length {} >>\nstream\n", content.len()))?;
        self.bytes(content)?;
        self.text("endstream\nendobj\n")
    }

    /// The cross-reference table and the trailer with `entries`, after a comment that fills the file
    /// up to `size`.
    fn finish(mut self, entries: &str, size: Option<u64>) -> io::Result<()> {
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.objects.len() + 1);
        for at in &self.objects {
            table.push_str(&format!("{at:010} 00000 n \n"));
        }
        table.push_str(&format!(
            "trailer\n<< /Size {} /Root {CATALOG} 0 R{entries} >>\nstartxref\n",
            self.objects.len() + 1
        ));
        let end = "\n%%EOF\n";
        let tail = (table.len() + 10 + end.len()) as u64;
        if let Some(room @ 2..) = size.and_then(|size| size.checked_sub(self.at + tail)) {
            let filler = usize::try_from(room - 2).unwrap_or_default();
            self.text(&format!("%{}\n", "-".repeat(filler)))?;
        }
        let at = self.at;
        self.text(&format!("{table}{at:010}{end}"))?;
        self.out.flush()
    }
}

/// Xorshift: bytes that look random to a compressor and are the same each time.
struct Noise(u64);

impl Noise {
    fn next_bytes(&mut self) -> [u8; 8] {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()
    }
}

/// A string in parentheses (ISO 32000-2, 7.3.4.2).
fn literal(text: &str) -> Vec<u8> {
    let mut literal = vec![b'('];
    for byte in windows_1252(text) {
        match byte {
            b'(' | b')' | b'\\' => literal.extend([b'\\', byte]),
            byte if byte < b' ' => literal.push(b' '),
            byte => literal.push(byte),
        }
    }
    literal.push(b')');
    literal
}

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| match character {
            '€' => 0x80,
            '…' => 0x85,
            'Š' => 0x8a,
            'Ž' => 0x8e,
            '‘' => 0x91,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '•' => 0x95,
            '–' => 0x96,
            '—' => 0x97,
            'š' => 0x9a,
            'ž' => 0x9e,
            character => match u8::try_from(u32::from(character)) {
                Ok(byte) if !(0x80..0xa0).contains(&byte) => byte,
                _ => b'?',
            },
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    /// Says that a check by a foreign tool was not made; in CI the tool must be there.
    #[allow(
        clippy::print_stderr,
        reason = "a check that was left out must be seen"
    )]
    pub(crate) fn not_run<T>(tool: &str, check: &str) -> Option<T> {
        assert!(
            std::env::var_os("CI").is_none(),
            "{tool} is missing: {check} not run"
        );
        eprintln!("{tool} not found: {check} not run");
        None
    }

    fn run(tool: &str, arguments: &[&str], pdf: &Path) -> Option<String> {
        match Command::new(tool).args(arguments).arg(pdf).output() {
            Ok(output) => {
                let told = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success(), "{tool}: {told}{output:?}");
                Some(told)
            }
            Err(_) => not_run(tool, "check of a sample letter"),
        }
    }

    fn check(pdf: &[u8], pages: usize) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("letter.pdf");
        std::fs::write(&file, pdf).unwrap();
        if let Some(told) = run("qpdf", &["--check"], &file) {
            assert!(
                told.contains("No syntax or stream encoding errors"),
                "{told}"
            );
        }
        if let Some(told) = run("pdfinfo", &[], &file) {
            assert!(
                told.contains(&format!("Pages:           {pages}\n")),
                "{told}"
            );
            assert!(told.contains("(A4)"), "{told}");
        }
    }

    #[test]
    fn letters_are_valid_for_other_readers() {
        check(&letter(&[]), 1);
        check(
            &letter(&["Vedtak (utkast) \\ 100 %", "På Ås bor ærlige folk – øyvær"]),
            1,
        );
        check(&letter(&["Linje"; 2 * LINES_PER_PAGE + 1]), 3);
    }

    #[test]
    fn norwegian_letters_are_read_back_and_the_left_strip_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("letter.pdf");
        std::fs::write(&file, letter(&["Blåbærsyltetøy på Ås – «ÆØÅ»"])).unwrap();
        let read = Command::new("pdftotext")
            .args(["-bbox"])
            .arg(&file)
            .arg("-")
            .output();
        let Ok(output) = read else {
            not_run::<()>("pdftotext", "text of a sample letter");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains("Blåbærsyltetøy") && text.contains("«ÆØÅ»"),
            "{text}"
        );
        // 20 mm are 56.7 points.
        assert!(text.contains("xMin=\"71.0"), "{text}");
    }

    #[test]
    fn a_letter_of_a_given_size_has_exactly_that_size() {
        for size in [4096, 5095, 100_000, 1_000_001] {
            let mut pdf = Vec::new();
            of_size(&mut pdf, size).unwrap();
            assert_eq!(pdf.len() as u64, size);
            check(&pdf, 1);
        }
        assert!(of_size(Vec::new(), 100).is_err());
    }
}
