use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{NationalId, Sensitive, UnknownName};

/// A document's title, read by the citizen after login: 1 to 255 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(Sensitive<String>);

impl Title {
    /// The greatest length in characters.
    pub const LIMIT: usize = 255;

    /// Checks a title; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, TitleFault> {
        checked_line(text, Self::LIMIT).map(Self)
    }

    /// The title.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

/// The title shown before login at the letter's level and in notices: 1 to 80 characters on one
/// line. Whether its words give something away only a person can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonSensitiveTitle(Sensitive<String>);

impl NonSensitiveTitle {
    /// The greatest length in characters.
    pub const LIMIT: usize = 80;

    /// Checks a title; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, TitleFault> {
        checked_line(text, Self::LIMIT).map(Self)
    }

    /// The title.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

/// Why a text cannot be a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TitleFault {
    /// Empty, or nothing but white space.
    #[error("empty title")]
    Empty,
    /// Too long.
    #[error("{characters} characters where at most {limit} fit")]
    TooLong {
        /// Its length in characters.
        characters: usize,
        /// The greatest allowed.
        limit: usize,
    },
    /// A control character, such as a line feed or NUL.
    #[error("control character in title")]
    ControlCharacter,
    /// A character that cannot be seen and may change how the rest is read: zero width, text
    /// direction, line separators.
    #[error("invisible character in title")]
    HiddenCharacter,
    /// A valid person number stands in it.
    #[error("person number in title")]
    PersonNumber,
}

fn checked_line(text: &str, limit: usize) -> Result<Sensitive<String>, TitleFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TitleFault::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(TitleFault::ControlCharacter);
    }
    if text.chars().any(is_hidden) {
        return Err(TitleFault::HiddenCharacter);
    }
    let characters = text.chars().count();
    if characters > limit {
        return Err(TitleFault::TooLong { characters, limit });
    }
    if contains_person_number(text) {
        return Err(TitleFault::PersonNumber);
    }
    Ok(Sensitive::new(text.to_owned()))
}

/// Characters that show nothing, turn the reading direction, break lines, or are none at all.
pub(crate) fn is_hidden(character: char) -> bool {
    matches!(
        u32::from(character),
        0x00AD
            | 0x034F
            | 0x061C
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFFB
            | 0xFFFE..=0xFFFF
            | 0xE0000..=0xE0FFF
    )
}

/// Whether a valid person number stands in the text, whole or split by spaces, dots, hyphens or
/// underscores. Digits that are part of a longer unbroken number do not count.
pub fn contains_person_number(text: &str) -> bool {
    let mut digits = String::new();
    // Where groups begin and end, counted in digits.
    let mut borders = vec![0];
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
        } else if character.is_whitespace()
            || matches!(character, '.' | '-' | '\u{2010}'..='\u{2014}' | '_')
        {
            borders.push(digits.len());
        } else {
            if holds_number(&digits, &borders) {
                return true;
            }
            digits.clear();
            borders = vec![0];
        }
    }
    holds_number(&digits, &borders)
}

fn holds_number(digits: &str, borders: &[usize]) -> bool {
    let is_border = |at: usize| at == digits.len() || borders.contains(&at);
    borders.iter().any(|&start| {
        digits
            .get(start..start + 11)
            .is_some_and(|run| is_border(start + 11) && NationalId::parse(run).is_ok())
    })
}

/// A language by its two letters (ISO 639-1), lower case. Default `nb`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 2]);

impl Language {
    /// Reads two ASCII letters of either case.
    pub fn parse(text: &str) -> Result<Self, LanguageFault> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => Err(LanguageFault),
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        // The constructor let nothing but ASCII letters in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for Language {
    fn default() -> Self {
        Self(*b"nb")
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.as_str())
    }
}

impl From<Language> for String {
    fn from(language: Language) -> String {
        language.as_str().to_owned()
    }
}

impl TryFrom<String> for Language {
    type Error = LanguageFault;

    fn try_from(text: String) -> Result<Self, LanguageFault> {
        Self::parse(&text)
    }
}

/// The text is not two ASCII letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a two-letter language code")]
pub struct LanguageFault;

/// The name of a document inside the package: 4 to 100 of `A–Z a–z 0–9 . _ -`, none of the names
/// the container keeps for itself, and no person number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// The longest name that [`FileName::derive`] makes, in characters.
    pub const DERIVED_LIMIT: usize = 60;

    /// Checks a name as it stands.
    pub fn parse(name: &str) -> Result<Self, FileNameFault> {
        if !(4..=100).contains(&name.len()) {
            return Err(FileNameFault::Length { bytes: name.len() });
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !name.bytes().all(allowed) || name.starts_with(['.', '-']) || name.ends_with('.') {
            return Err(FileNameFault::Character);
        }
        let reserved = ["mimetype", "manifest.xml", "meta-inf"];
        if reserved.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(FileNameFault::Reserved);
        }
        if contains_person_number(name) {
            return Err(FileNameFault::PersonNumber);
        }
        Ok(Self(name.to_owned()))
    }

    /// Makes a name from a clerk's file name or path: æ, ø, å and other letters of Norway are
    /// written in ASCII, spaces and the rest become `_`, the ending is kept, and `-2`, `-3` … tells
    /// apart what differs from `taken` only in case. A name with a person number in it is replaced.
    pub fn derive(original: &str, taken: &[FileName]) -> Self {
        let name = original.rsplit(['/', '\\']).next().unwrap_or_default();
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if is_ending(ending) => {
                (stem, format!(".{}", ending.to_ascii_lowercase()))
            }
            _ => (name, String::new()),
        };
        let mut stem = in_ascii(stem);
        if stem.is_empty() || contains_person_number(name) {
            stem = String::from(FALLBACK_STEM);
        } else if stem.len() + ending.len() < 4 {
            stem = format!("{FALLBACK_STEM}_{stem}");
        }
        let mut count = 1_u64;
        loop {
            let suffix = if count == 1 {
                String::new()
            } else {
                format!("-{count}")
            };
            let room = Self::DERIVED_LIMIT - ending.len() - suffix.len();
            let cut = &stem[..stem.len().min(room)];
            let candidate = format!("{}{suffix}{ending}", cut.trim_end_matches(['_', '.', '-']));
            let free = |name: &Self| !taken.iter().any(|other| other.clashes_with(name));
            match Self::parse(&candidate) {
                Ok(name) if free(&name) => return name,
                _ => count += 1,
            }
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the two differ at most in case, which some readers take for the same file.
    pub fn clashes_with(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Clerks put names of persons in file names.
        f.write_str("FileName([redacted])")
    }
}

/// Why a text cannot name a document in the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileNameFault {
    /// Shorter than 4 or longer than 100.
    #[error("a name of {bytes} bytes where 4 to 100 are allowed")]
    Length {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A character outside the allowed ones, or a dot or hyphen at a place where tools stumble.
    #[error("a character that is not allowed")]
    Character,
    /// A name the container keeps for itself.
    #[error("a name reserved by the container")]
    Reserved,
    /// A valid person number stands in it.
    #[error("person number in file name")]
    PersonNumber,
}

const FALLBACK_STEM: &str = "dokument";

fn is_ending(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        let plain = match character {
            'æ' => "ae",
            'Æ' => "AE",
            'ø' | 'ö' | 'ò' | 'ó' | 'ô' => "o",
            'Ø' | 'Ö' | 'Ò' | 'Ó' | 'Ô' => "O",
            'å' | 'ä' | 'á' | 'à' | 'â' => "a",
            'Å' | 'Ä' | 'Á' | 'À' | 'Â' => "A",
            'é' | 'è' | 'ê' | 'ë' => "e",
            'É' | 'È' | 'Ê' | 'Ë' => "E",
            'ü' => "u",
            'Ü' => "U",
            'č' => "c",
            'Č' => "C",
            'đ' => "d",
            'Đ' => "D",
            'ŋ' => "n",
            'Ŋ' => "N",
            'š' => "s",
            'Š' => "S",
            'ŧ' => "t",
            'Ŧ' => "T",
            'ž' => "z",
            'Ž' => "Z",
            // Accents of decomposed letters, as macOS writes file names.
            '\u{300}'..='\u{36F}' => "",
            _ => {
                let allowed = character.is_ascii_alphanumeric() || "._-".contains(character);
                let next = if allowed { character } else { '_' };
                if next != '_' || !ascii.ends_with('_') {
                    ascii.push(next);
                }
                continue;
            }
        };
        ascii.push_str(plain);
    }
    ascii.trim_matches(['.', '_', '-']).to_owned()
}

/// The document types every mailbox must take (DPI, list of MIME types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[expect(missing_docs, reason = "each variant is the type its name says")]
pub enum MediaType {
    Pdf,
    Html,
    Text,
    /// An EHF invoice.
    Ehf,
    Odt,
    Fods,
    Fodp,
    Fodg,
    Odf,
    Gif,
    Jpeg,
    Png,
    Doc,
    Docx,
    Xlsx,
    Pptx,
    /// Any archive; sent as plain octets.
    Zip,
}

/// First bytes by which a file shows its type.
enum Mark {
    OneOf(&'static [&'static [u8]]),
    /// Text that begins with an angle bracket.
    Markup,
    /// Text without NUL.
    Text,
}

/// In the order of the variants: type, ending, MIME type, first bytes.
static TABLE: [(MediaType, &str, &str, Mark); 17] = {
    const ZIP: Mark = Mark::OneOf(&[b"PK\x03\x04"]);
    [
        (
            MediaType::Pdf,
            "pdf",
            "application/pdf",
            Mark::OneOf(&[b"%PDF-"]),
        ),
        (MediaType::Html, "html", "text/html", Mark::Markup),
        (MediaType::Text, "txt", "text/plain", Mark::Text),
        (MediaType::Ehf, "xml", "application/ehf+xml", Mark::Markup),
        (
            MediaType::Odt,
            "odt",
            "application/vnd.oasis.opendocument.text",
            ZIP,
        ),
        (
            MediaType::Fods,
            "fods",
            "application/vnd.oasis.opendocument.spreadsheet",
            Mark::Markup,
        ),
        (
            MediaType::Fodp,
            "fodp",
            "application/vnd.oasis.opendocument.presentation",
            Mark::Markup,
        ),
        (
            MediaType::Fodg,
            "fodg",
            "application/vnd.oasis.opendocument.graphics",
            Mark::Markup,
        ),
        (
            MediaType::Odf,
            "odf",
            "application/vnd.oasis.opendocument.formula",
            ZIP,
        ),
        (
            MediaType::Gif,
            "gif",
            "image/gif",
            Mark::OneOf(&[b"GIF87a", b"GIF89a"]),
        ),
        (
            MediaType::Jpeg,
            "jpg",
            "image/jpeg",
            Mark::OneOf(&[b"\xFF\xD8\xFF"]),
        ),
        (
            MediaType::Png,
            "png",
            "image/png",
            Mark::OneOf(&[b"\x89PNG\r\n\x1A\n"]),
        ),
        (
            MediaType::Doc,
            "doc",
            "application/msword",
            Mark::OneOf(&[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"]),
        ),
        (
            MediaType::Docx,
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ZIP,
        ),
        (
            MediaType::Xlsx,
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ZIP,
        ),
        (
            MediaType::Pptx,
            "pptx",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            ZIP,
        ),
        (MediaType::Zip, "zip", "application/octet-stream", ZIP),
    ]
};

impl MediaType {
    fn row(self) -> &'static (Self, &'static str, &'static str, Mark) {
        // The table stands in the order of the variants; a test holds it there.
        &TABLE[self as usize]
    }

    /// The type for a file name's ending, without the dot, in any case. `None` for what a mailbox
    /// need not take.
    pub fn from_extension(extension: &str) -> Option<Self> {
        let extension = match extension.to_ascii_lowercase() {
            jpeg if jpeg == "jpeg" => String::from("jpg"),
            htm if htm == "htm" => String::from("html"),
            other => other,
        };
        TABLE.iter().find(|row| row.1 == extension).map(|row| row.0)
    }

    /// The MIME type.
    pub fn as_str(self) -> &'static str {
        self.row().2
    }

    /// The usual ending, without the dot.
    pub fn extension(self) -> &'static str {
        self.row().1
    }

    /// Whether a file that begins so can be of this type. 512 bytes are plenty.
    pub fn matches(self, first_bytes: &[u8]) -> bool {
        let text = first_bytes
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(first_bytes);
        match self.row().3 {
            Mark::OneOf(marks) => marks.iter().any(|mark| first_bytes.starts_with(mark)),
            Mark::Markup => text.trim_ascii_start().starts_with(b"<"),
            Mark::Text => !text.is_empty() && !text.contains(&0),
        }
    }
}

impl FromStr for MediaType {
    type Err = UnknownName;

    fn from_str(mime: &str) -> Result<Self, UnknownName> {
        TABLE
            .iter()
            .find(|row| row.2 == mime)
            .map(|row| row.0)
            .ok_or(UnknownName)
    }
}

impl From<MediaType> for String {
    fn from(media_type: MediaType) -> String {
        media_type.as_str().to_owned()
    }
}

impl TryFrom<String> for MediaType {
    type Error = UnknownName;

    fn try_from(mime: String) -> Result<Self, UnknownName> {
        mime.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_title_is_one_visible_line_without_a_person_number() {
        let fault = |text: &str| Title::parse(text).err();
        assert_eq!(fault("Vedtak om støtte – áššečilgehus"), None);
        assert_eq!(Title::parse("  Vedtak ").unwrap().expose("test"), "Vedtak");
        for empty in ["", " \t\u{a0} "] {
            assert_eq!(fault(empty), Some(TitleFault::Empty));
        }
        for control in ["a\nb", "a\0b", "a\u{85}b", "a\tb"] {
            assert_eq!(fault(control), Some(TitleFault::ControlCharacter));
        }
        for hidden in [
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{200f}b",
            "a\u{feff}b",
            "a\u{ad}b",
            "a\u{2028}b",
            "a\u{2060}b",
            "a\u{e0041}b",
            "a\u{ffff}b",
        ] {
            assert_eq!(fault(hidden), Some(TitleFault::HiddenCharacter));
        }
        let limit = TitleFault::TooLong {
            characters: 256,
            limit: 255,
        };
        assert_eq!(fault(&"å".repeat(256)), Some(limit));
        assert_eq!(fault(&"å".repeat(255)), None);
        let limit = TitleFault::TooLong {
            characters: 81,
            limit: 80,
        };
        assert_eq!(NonSensitiveTitle::parse(&"å".repeat(81)), Err(limit));
        assert!(NonSensitiveTitle::parse(&"å".repeat(80)).is_ok());
    }

    #[test]
    fn a_person_number_is_found_however_it_is_split() {
        for text in [
            "Vedtak 20914695016",
            "Vedtak 209146 95016 av 2026",
            "Sak 2026-209146-95016",
            "209146.95016",
            "(20914695016)",
            "20 91 46 950 16",
            "vedtak_209146_95016",
            "209146\u{a0}95016",
            "født20914695016x",
            "209146 – 95016",
        ] {
            assert!(contains_person_number(text), "{text}");
            assert_eq!(Title::parse(text), Err(TitleFault::PersonNumber), "{text}");
        }
        for text in [
            "Vedtak 20914695017",
            "Sak 2026/123456",
            "Journalpost 120914695016",
            "Journalpost 209146950160",
            "2091 og 4695016",
            "",
        ] {
            assert!(!contains_person_number(text), "{text}");
        }
    }

    #[test]
    fn a_language_is_two_letters() {
        assert_eq!(Language::parse("NB").unwrap(), Language::default());
        for wrong in ["", "n", "nob", "n1", "ø"] {
            assert_eq!(Language::parse(wrong), Err(LanguageFault), "{wrong}");
        }
    }

    #[test]
    fn a_file_name_is_plain_and_not_the_containers_own() {
        let fault = |name: &str| FileName::parse(name).err();
        assert_eq!(fault("brev-1_a.PDF"), None);
        assert_eq!(fault("a.b"), Some(FileNameFault::Length { bytes: 3 }));
        assert_eq!(
            fault(&"a".repeat(101)),
            Some(FileNameFault::Length { bytes: 101 })
        );
        for wrong in [
            "brev 1.pdf",
            "bråk.pdf",
            "a/b.pdf",
            "..pdf",
            "-rf.pdf",
            "brev.",
        ] {
            assert_eq!(fault(wrong), Some(FileNameFault::Character), "{wrong}");
        }
        for own in ["mimetype", "Manifest.XML", "META-INF"] {
            assert_eq!(fault(own), Some(FileNameFault::Reserved), "{own}");
        }
        assert_eq!(fault("20914695016.pdf"), Some(FileNameFault::PersonNumber));
    }

    #[test]
    fn a_derived_file_name_is_readable_and_free_of_persons() {
        let derived = |original: &str| FileName::derive(original, &[]).as_str().to_owned();
        assert_eq!(
            derived("Vedtak om støtte på Ås.PDF"),
            "Vedtak_om_stotte_pa_As.pdf"
        );
        assert_eq!(derived("C:\\brev\\Bråtebrann.pdf"), "Bratebrann.pdf");
        assert_eq!(derived("/tmp/Bra\u{30a}te.pdf"), "Brate.pdf");
        assert_eq!(derived("Šattuŋgárri.pdf"), "Sattungarri.pdf");
        assert_eq!(derived("a"), "dokument_a");
        assert_eq!(derived("…"), "dokument");
        assert_eq!(derived("20914695016 vedtak.pdf"), "dokument.pdf");
        assert_eq!(derived("vedtak 209146.95016"), "dokument.95016");
        assert_eq!(derived("manifest.xml"), "manifest-2.xml");
        assert_eq!(derived("mimetype"), "mimetype-2");
        assert_eq!(derived(&format!("{}.pdf", "x".repeat(200))).len(), 60);
    }

    #[test]
    fn names_that_differ_only_in_case_are_told_apart() {
        let mut taken = vec![FileName::derive("Brev.pdf", &[])];
        for expected in ["brev-2.pdf", "brev-3.pdf"] {
            let next = FileName::derive("brev.pdf", &taken);
            assert_eq!(next.as_str(), expected);
            taken.push(next);
        }
    }

    #[test]
    fn media_types_are_those_of_the_table() {
        for (at, (media_type, extension, mime, _)) in TABLE.iter().enumerate() {
            assert_eq!(*media_type as usize, at);
            assert_eq!(MediaType::from_extension(extension), Some(*media_type));
            assert_eq!(mime.parse(), Ok(*media_type));
        }
        assert_eq!(MediaType::from_extension("JPEG"), Some(MediaType::Jpeg));
        assert_eq!(MediaType::from_extension("exe"), None);
        assert_eq!(MediaType::from_extension("docm"), None);
    }

    #[test]
    fn the_first_bytes_must_fit_the_type() {
        assert!(MediaType::Pdf.matches(b"%PDF-1.7\n"));
        assert!(!MediaType::Pdf.matches(b"MZ\x90\0"));
        assert!(!MediaType::Pdf.matches(b""));
        assert!(MediaType::Html.matches(b"\xEF\xBB\xBF \n<!DOCTYPE html>"));
        assert!(MediaType::Text.matches("blåbær".as_bytes()));
        assert!(!MediaType::Text.matches(b"\x7FELF\0"));
        assert!(MediaType::Docx.matches(b"PK\x03\x04...."));
    }

    proptest! {
        #[test]
        fn whatever_the_original_a_valid_name_comes_out(original in ".{0,120}", again in 1_usize..4) {
            let mut taken = Vec::new();
            for _ in 0..again {
                let name = FileName::derive(&original, &taken);
                prop_assert!(name.as_str().len() <= FileName::DERIVED_LIMIT);
                prop_assert_eq!(FileName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(!taken.iter().any(|other: &FileName| other.clashes_with(&name)));
                taken.push(name);
            }
        }
    }
}
