//! The skeleton of a PDF (ISO 32000-2, 7.5): header, end marker and trailers, read in constant
//! memory. Objects and pages are not looked at.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// What a first look tells about a PDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The version its header names. (A catalogue may name a later one.)
    pub version: PdfVersion,
    /// Length of the file in bytes.
    pub bytes: u64,
}

/// The number after `%PDF-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PdfVersion {
    /// 1 or 2.
    pub major: u8,
    /// 0 to 9.
    pub minor: u8,
}

/// Why a file can't be sent as a PDF letter.
#[derive(Debug, thiserror::Error)]
pub enum PdfFault {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// No `%PDF-` header within the first 1024 bytes.
    #[error("the file is not a PDF")]
    NotPdf,
    /// Locked with a user or an owner password.
    #[error("the PDF is encrypted")]
    Encrypted,
    /// Begins as a PDF, but is cut short or its cross references do not hold together.
    #[error("the PDF is damaged")]
    Damaged,
    /// The file could not be read to its end.
    #[error("the PDF could not be read")]
    Unreadable(#[source] io::Error),
}

/// Looks at the skeleton of `pdf` without loading it: memory stays constant whatever its length.
///
/// Follows every cross-reference section from the end of the file backwards, since an encrypted
/// file says so only there. No input makes it panic or run longer than one pass over the file.
///
/// ```
/// use std::io::Cursor;
/// let pdf = utpost_letters::sample::letter(&["Vedtak om støtte"]);
/// assert_eq!(utpost_letters::glance(Cursor::new(&pdf))?.bytes, pdf.len() as u64);
/// # Ok::<(), utpost_letters::PdfFault>(())
/// ```
pub fn glance<R: Read + Seek>(pdf: R) -> Result<Glance, PdfFault> {
    let mut scanner = Scanner::new(pdf)?;
    if scanner.bytes == 0 {
        return Err(PdfFault::Empty);
    }
    let (header_at, version) = scanner.header()?;
    let mut next = Some(scanner.last_section_at()?);
    let mut seen = HashSet::new();
    while let Some(at) = next {
        if !seen.insert(at) || seen.len() > MOST_SECTIONS {
            return Err(PdfFault::Damaged);
        }
        // Offsets count from the header; most files have nothing before it.
        let trailer = match scanner.section(at) {
            Err(PdfFault::Damaged) if header_at > 0 => {
                scanner.section(at.saturating_add(header_at))?
            }
            outcome => outcome?,
        };
        if trailer.encrypted {
            return Err(PdfFault::Encrypted);
        }
        if seen.len() == 1 && !trailer.has_root {
            return Err(PdfFault::Damaged);
        }
        next = trailer.previous;
    }
    Ok(Glance {
        version,
        bytes: scanner.bytes,
    })
}

/// The header may be preceded by foreign bytes, but must begin within so many.
const HEADER_WINDOW: u64 = 1024;
/// `startxref` and `%%EOF` are searched for in so many last bytes; some programs add a tail.
const TAIL_WINDOW: u64 = 4096;
/// A file revised more often than this is not a letter.
const MOST_SECTIONS: usize = 1024;
/// Longest name or word kept; the rest of a longer one is read and dropped.
const WORD: usize = 32;

/// What one cross-reference section says of the whole file.
#[derive(Default)]
struct Trailer {
    encrypted: bool,
    has_root: bool,
    is_xref_stream: bool,
    previous: Option<u64>,
}

#[derive(Debug, PartialEq)]
enum Token {
    DictOpen,
    DictClose,
    ArrayOpen,
    ArrayClose,
    Text,
    Integer(u64),
    Name(Vec<u8>),
    Word(Vec<u8>),
}

/// Reads tokens (ISO 32000-2, 7.2) anywhere in the file.
struct Scanner<R> {
    input: BufReader<R>,
    bytes: u64,
    /// Bytes that may still be scanned. Sections of a sound file do not overlap, so twice the
    /// file's length is never reached by one; it bounds the time a hostile file can take.
    budget: u64,
    pushed_back: Option<Token>,
}

impl<R: Read + Seek> Scanner<R> {
    fn new(mut pdf: R) -> Result<Self, PdfFault> {
        let bytes = pdf.seek(SeekFrom::End(0)).map_err(PdfFault::Unreadable)?;
        let budget = bytes.saturating_mul(2);
        Ok(Scanner {
            input: BufReader::new(pdf),
            bytes,
            budget,
            pushed_back: None,
        })
    }

    fn header(&mut self) -> Result<(u64, PdfVersion), PdfFault> {
        let head = self.window(0, HEADER_WINDOW + 8)?;
        let at = find(&head, b"%PDF-").ok_or(PdfFault::NotPdf)?;
        match head.get(at + 5..at + 8) {
            Some([major @ b'1'..=b'2', b'.', minor @ b'0'..=b'9'])
                if at as u64 <= HEADER_WINDOW =>
            {
                Ok((
                    at as u64,
                    PdfVersion {
                        major: major - b'0',
                        minor: minor - b'0',
                    },
                ))
            }
            _ => Err(PdfFault::NotPdf),
        }
    }

    fn last_section_at(&mut self) -> Result<u64, PdfFault> {
        let start = self.bytes.saturating_sub(TAIL_WINDOW);
        let tail = self.window(start, TAIL_WINDOW)?;
        let end = find_last(&tail, b"%%EOF").ok_or(PdfFault::Damaged)?;
        let mark = find_last(tail.get(..end).unwrap_or_default(), b"startxref")
            .ok_or(PdfFault::Damaged)?;
        self.go_to(start + mark as u64)?;
        match (self.expect_token()?, self.expect_token()?) {
            (Token::Word(_), Token::Integer(at)) => Ok(at),
            _ => Err(PdfFault::Damaged),
        }
    }

    /// Reads the section at `at`: a table with its trailer, or a cross-reference stream, whose
    /// dictionary is never compressed.
    fn section(&mut self, at: u64) -> Result<Trailer, PdfFault> {
        self.go_to(at)?;
        match self.expect_token()? {
            Token::Word(word) if word == b"xref" => {
                self.skip_table()?;
                self.trailer()
            }
            Token::Integer(_) => {
                let generation = self.expect_token()?;
                let object = self.expect_token()?;
                if !matches!(generation, Token::Integer(_)) || object != Token::Word(b"obj".into())
                {
                    return Err(PdfFault::Damaged);
                }
                let trailer = self.trailer()?;
                if trailer.is_xref_stream {
                    Ok(trailer)
                } else {
                    Err(PdfFault::Damaged)
                }
            }
            _ => Err(PdfFault::Damaged),
        }
    }

    /// Reads the numbers and the `n` and `f` of a table up to `trailer`.
    fn skip_table(&mut self) -> Result<(), PdfFault> {
        loop {
            match self.expect_token()? {
                Token::Integer(_) => {}
                Token::Word(word) if word == b"n" || word == b"f" => {}
                Token::Word(word) if word == b"trailer" => return Ok(()),
                _ => return Err(PdfFault::Damaged),
            }
        }
    }

    fn trailer(&mut self) -> Result<Trailer, PdfFault> {
        if self.expect_token()? != Token::DictOpen {
            return Err(PdfFault::Damaged);
        }
        let mut trailer = Trailer::default();
        loop {
            let key = match self.expect_token()? {
                Token::Name(key) => key,
                Token::DictClose => return Ok(trailer),
                _ => return Err(PdfFault::Damaged),
            };
            let value = self.value()?;
            match (key.as_slice(), value) {
                (b"Encrypt", Token::Word(word)) if word == b"null" => {}
                (b"Encrypt", _) => trailer.encrypted = true,
                (b"Root", _) => trailer.has_root = true,
                (b"Type", Token::Name(name)) => trailer.is_xref_stream = name == b"XRef",
                (b"Prev", Token::Integer(at)) => trailer.previous = Some(at),
                (b"Prev", _) => return Err(PdfFault::Damaged),
                _ => {}
            }
        }
    }

    /// Reads one value whole and gives its first token; a reference `12 0 R` is given as text.
    fn value(&mut self) -> Result<Token, PdfFault> {
        let first = self.expect_token()?;
        match first {
            Token::DictOpen | Token::ArrayOpen => {
                let mut depth = 1_u64;
                while depth > 0 {
                    match self.expect_token()? {
                        Token::DictOpen | Token::ArrayOpen => depth += 1,
                        Token::DictClose | Token::ArrayClose => depth -= 1,
                        _ => {}
                    }
                }
                Ok(first)
            }
            Token::Integer(_) => match self.expect_token()? {
                Token::Integer(_) => match self.expect_token()? {
                    Token::Word(word) if word == b"R" => Ok(Token::Text),
                    _ => Err(PdfFault::Damaged),
                },
                other => {
                    self.pushed_back = Some(other);
                    Ok(first)
                }
            },
            Token::DictClose | Token::ArrayClose => Err(PdfFault::Damaged),
            _ => Ok(first),
        }
    }

    /// The next token; the end of the file is damage wherever a token is awaited.
    fn expect_token(&mut self) -> Result<Token, PdfFault> {
        if let Some(token) = self.pushed_back.take() {
            return Ok(token);
        }
        let first = loop {
            match self.expect_byte()? {
                b'%' => while !matches!(self.expect_byte()?, b'\r' | b'\n') {},
                byte if is_space(byte) => {}
                byte => break byte,
            }
        };
        match first {
            b'[' => Ok(Token::ArrayOpen),
            b']' => Ok(Token::ArrayClose),
            b'(' => self.literal_text(),
            b'<' if self.next_is(b'<')? => Ok(Token::DictOpen),
            b'<' => {
                while self.expect_byte()? != b'>' {}
                Ok(Token::Text)
            }
            b'>' if self.next_is(b'>')? => Ok(Token::DictClose),
            b'/' => Ok(Token::Name(self.word(None)?)),
            byte if is_delimiter(byte) => Err(PdfFault::Damaged),
            byte => {
                let word = self.word(Some(byte))?;
                let number = word.iter().all(u8::is_ascii_digit);
                match std::str::from_utf8(&word)
                    .ok()
                    .and_then(|word| word.parse().ok())
                {
                    Some(integer) if number => Ok(Token::Integer(integer)),
                    _ => Ok(Token::Word(word)),
                }
            }
        }
    }

    fn literal_text(&mut self) -> Result<Token, PdfFault> {
        let mut depth = 1_u64;
        while depth > 0 {
            match self.expect_byte()? {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => drop(self.expect_byte()?),
                _ => {}
            }
        }
        Ok(Token::Text)
    }

    fn word(&mut self, first: Option<u8>) -> Result<Vec<u8>, PdfFault> {
        let mut word = Vec::from_iter(first);
        while let Some(byte) = self
            .peek()?
            .filter(|byte| !is_space(*byte) && !is_delimiter(*byte))
        {
            self.expect_byte()?;
            if word.len() < WORD {
                word.push(byte);
            }
        }
        Ok(word)
    }

    fn next_is(&mut self, wanted: u8) -> Result<bool, PdfFault> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.expect_byte()?;
        }
        Ok(found)
    }

    fn expect_byte(&mut self) -> Result<u8, PdfFault> {
        let byte = self.peek()?.ok_or(PdfFault::Damaged)?;
        self.budget = self.budget.checked_sub(1).ok_or(PdfFault::Damaged)?;
        self.input.consume(1);
        Ok(byte)
    }

    fn peek(&mut self) -> Result<Option<u8>, PdfFault> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => return Err(PdfFault::Unreadable(fault)),
            }
        }
    }

    fn go_to(&mut self, at: u64) -> Result<(), PdfFault> {
        if at >= self.bytes {
            return Err(PdfFault::Damaged);
        }
        self.pushed_back = None;
        self.input
            .seek(SeekFrom::Start(at))
            .map_err(PdfFault::Unreadable)?;
        Ok(())
    }

    fn window(&mut self, at: u64, length: u64) -> Result<Vec<u8>, PdfFault> {
        self.go_to(at)?;
        let mut bytes = Vec::new();
        let mut window = (&mut self.input).take(length);
        window
            .read_to_end(&mut bytes)
            .map_err(PdfFault::Unreadable)?;
        Ok(bytes)
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .rposition(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::process::Command;

    fn look(pdf: &[u8]) -> Result<Glance, PdfFault> {
        glance(Cursor::new(pdf))
    }

    /// A file with one classic section whose trailer holds `entries`.
    fn skeleton(entries: &str) -> Vec<u8> {
        let body = "%PDF-1.4\n";
        let at = body.len();
        let table = "xref\n0 1\n0000000000 65535 f \ntrailer\n";
        format!("{body}{table}<< {entries} >>\nstartxref\n{at}\n%%EOF\n").into_bytes()
    }

    #[test]
    fn a_sample_letter_passes_and_its_version_is_told() {
        let pdf = sample::letter(&["Vedtak om økonomisk støtte", "Ærlig talt på Åsen"]);
        let glance = look(&pdf).unwrap();
        assert_eq!(glance.version, PdfVersion { major: 1, minor: 4 });
        assert_eq!(glance.bytes, pdf.len() as u64);
    }

    #[test]
    fn nothing_and_something_else_are_told_apart() {
        assert!(matches!(look(b""), Err(PdfFault::Empty)));
        assert!(matches!(
            look(b"PK\x03\x04 not a letter"),
            Err(PdfFault::NotPdf)
        ));
        assert!(matches!(look(b"%PDF-x.y\n"), Err(PdfFault::NotPdf)));
        let mut late = vec![b' '; 1025];
        late.extend(skeleton("/Root 1 0 R"));
        assert!(matches!(look(&late), Err(PdfFault::NotPdf)));
    }

    #[test]
    fn foreign_bytes_before_the_header_are_tolerated() {
        let mut pdf = b"\xef\xbb\xbfHTTP garbage\r\n\r\n".to_vec();
        pdf.extend(skeleton("/Root 1 0 R /Size 1"));
        assert!(look(&pdf).is_ok());
    }

    #[test]
    fn a_file_cut_short_is_damaged() {
        let pdf = sample::letter(&["Hei"]);
        for length in [20, pdf.len() / 2, pdf.len() - 8] {
            assert!(
                matches!(look(&pdf[..length]), Err(PdfFault::Damaged)),
                "{length}"
            );
        }
    }

    #[test]
    fn encryption_is_found_in_the_trailer_but_not_inside_other_values() {
        assert!(matches!(
            look(&skeleton("/Root 1 0 R /Encrypt 5 0 R")),
            Err(PdfFault::Encrypted)
        ));
        assert!(matches!(
            look(&skeleton("/Root 1 0 R /Encrypt << /Filter /Standard >>")),
            Err(PdfFault::Encrypted)
        ));
        for harmless in [
            "/Root 1 0 R /Encrypt null",
            "/Root 1 0 R /Info << /Title (/Encrypt 5 0 R) /Encrypt 1 >>",
            "/Root 1 0 R /ID [<00> (a\\)/Encrypt)] % /Encrypt 5 0 R\n/Size 1",
        ] {
            assert!(look(&skeleton(harmless)).is_ok(), "{harmless}");
        }
    }

    #[test]
    fn encryption_is_found_in_an_earlier_section_too() {
        let first = skeleton("/Root 1 0 R /Encrypt 5 0 R");
        let at = first.len();
        let second = "xref\n0 0\ntrailer\n<< /Root 1 0 R /Prev 9 >>\n";
        let mut pdf = first;
        pdf.extend(format!("{second}startxref\n{at}\n%%EOF").into_bytes());
        assert!(matches!(look(&pdf), Err(PdfFault::Encrypted)));
    }

    #[test]
    fn a_cross_reference_stream_is_read_and_another_object_is_not_taken_for_one() {
        let stream = |kind: &str| {
            format!(
                "%PDF-1.5\n7 0 obj\n<</Type/{kind}/Root 1 0 R/W[1 2 1]/Length 4>>stream\n\
                 \0\0\0\0\nendstream\nendobj\nstartxref\n9\n%%EOF"
            )
            .into_bytes()
        };
        assert!(look(&stream("XRef")).is_ok());
        assert!(matches!(look(&stream("ObjStm")), Err(PdfFault::Damaged)));
    }

    #[test]
    fn loops_and_lost_sections_are_damage() {
        for broken in [
            "/Root 1 0 R /Prev 9",
            "/Root 1 0 R /Prev 99999",
            "/Prev 9 0 R",
            "/Size 1",
        ] {
            assert!(
                matches!(look(&skeleton(broken)), Err(PdfFault::Damaged)),
                "{broken}"
            );
        }
    }

    #[test]
    fn a_file_that_vanishes_while_read_is_unreadable() {
        struct Vanishing(Cursor<Vec<u8>>);
        impl Read for Vanishing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::NotFound))
            }
        }
        impl Seek for Vanishing {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        let pdf = Vanishing(Cursor::new(sample::letter(&["Hei"])));
        assert!(matches!(glance(pdf), Err(PdfFault::Unreadable(_))));
    }

    #[test]
    fn forty_megabytes_are_not_loaded() {
        struct Counting<R>(R, u64);
        impl<R: Read> Read for Counting<R> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let read = self.0.read(into)?;
                self.1 += read as u64;
                Ok(read)
            }
        }
        impl<R: Seek> Seek for Counting<R> {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        let mut pdf = Vec::new();
        sample::of_size(&mut pdf, 40_000_000).unwrap();
        let mut counting = Counting(Cursor::new(pdf), 0);
        assert_eq!(glance(&mut counting).unwrap().bytes, 40_000_000);
        assert!(counting.1 < 100_000, "{} bytes read", counting.1);
    }

    #[test]
    fn what_qpdf_encrypts_is_encrypted_and_what_it_rewrites_passes() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain.pdf");
        std::fs::write(&plain, sample::letter(&["Hei"])).unwrap();
        let made_by_qpdf = |name: &str, options: &[&str]| {
            let made = folder.path().join(name);
            let outcome = Command::new("qpdf")
                .args(options)
                .arg(&plain)
                .arg(&made)
                .output();
            match outcome {
                Ok(output) => {
                    assert!(
                        output.status.success(),
                        "{}",
                        String::from_utf8_lossy(&output.stderr)
                    );
                    Some(glance(std::fs::File::open(made).unwrap()))
                }
                Err(_) => sample::tests::not_run("qpdf", "encryption by qpdf"),
            }
        };
        for (name, user) in [("user.pdf", "secret"), ("owner.pdf", "")] {
            let options = ["--encrypt", user, "owner", "256", "--"];
            if let Some(outcome) = made_by_qpdf(name, &options) {
                assert!(
                    matches!(outcome, Err(PdfFault::Encrypted)),
                    "{name}: {outcome:?}"
                );
            }
        }
        for options in [&["--linearize"][..], &["--object-streams=generate"]] {
            if let Some(outcome) = made_by_qpdf("rewritten.pdf", options) {
                assert!(outcome.is_ok(), "{options:?}: {outcome:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
            let _ = look(&bytes);
        }

        #[test]
        fn no_mutation_of_a_letter_makes_it_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut pdf = sample::letter(&["Vedtak", "Hei"]);
            for (place, byte) in changes {
                let place = place.index(pdf.len());
                pdf[place] = byte;
            }
            let _ = look(&pdf);
            let cut = cut.index(pdf.len());
            let _ = look(&pdf[..cut]);
        }

        #[test]
        fn no_trailer_makes_it_panic(
            entries in "([/<>\\[\\]()%]|<<|>>|/Prev|/Encrypt|/Root|[0-9]{1,20}| |R|\\\\){0,60}",
        ) {
            let _ = look(&skeleton(&entries));
        }
    }
}
