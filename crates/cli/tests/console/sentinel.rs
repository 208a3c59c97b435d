//! Looks for planted words in files and in what programs say, in whatever way they are written.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::home::files_below;

/// How a secret may stand somewhere without being encrypted.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let each_byte = |write: fn(u8) -> String| secret.bytes().map(write).collect::<String>();
    let each_unit = |write: fn(u16) -> String| secret.encode_utf16().map(write).collect();
    let plain = |unit: u16| char::from_u32(unit.into()).filter(char::is_ascii);
    let mut texts: Vec<(&'static str, String)> = vec![
        ("UTF-8", secret.to_owned()),
        ("debug output", secret.escape_debug().to_string()),
        ("escapes of Rust", secret.escape_default().to_string()),
        ("hexadecimal", each_byte(|byte| format!("{byte:02x}"))),
        ("HEXADECIMAL", each_byte(|byte| format!("{byte:02X}"))),
        ("bytes in brackets", each_byte(|byte| format!("{byte}, "))),
        (
            "percent, each byte",
            each_byte(|byte| format!("%{byte:02X}")),
        ),
        (
            "percent, each byte",
            each_byte(|byte| format!("%{byte:02x}")),
        ),
        (
            "JSON, each unit",
            each_unit(|unit| format!("\\u{unit:04x}")),
        ),
        (
            "JSON, each unit",
            each_unit(|unit| format!("\\u{unit:04X}")),
        ),
    ];
    for upper in [false, true] {
        let digits = |text: String| if upper { text.to_uppercase() } else { text };
        let escaped = secret.encode_utf16().map(|unit| match plain(unit) {
            Some(letter) => letter.to_string(),
            None => format!("\\u{}", digits(format!("{unit:04x}"))),
        });
        texts.push(("JSON", escaped.collect()));
        for space in ["%20", "+"] {
            let encoded = secret.bytes().map(|byte| match byte {
                b' ' => space.to_owned(),
                _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                    char::from(byte).to_string()
                }
                _ => format!("%{}", digits(format!("{byte:02x}"))),
            });
            texts.push(("percent", encoded.collect()));
        }
    }
    let mut forms: Vec<(&'static str, Vec<u8>)> = texts
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    let latin: Option<Vec<u8>> = secret
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).ok())
        .collect();
    forms.extend(latin.map(|bytes| ("Latin-1", bytes)));
    for (name, bytes) in [
        ("Base64", secret.as_bytes()),
        ("Base64 of UTF-16LE", &little),
        ("Base64 of UTF-16BE", &big),
    ] {
        forms.extend(in_base64(bytes).map(|form| (name, form)));
    }
    forms.push(("UTF-16LE", little));
    forms.push(("UTF-16BE", big));
    forms.sort_by(|one, other| one.1.cmp(&other.1));
    forms.dedup_by(|one, other| one.1 == other.1);
    forms
}

/// In Base64 the same bytes look different behind 0, 1 or 2 others; each in both alphabets.
fn in_base64(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).flat_map(move |before| {
        let all = [&vec![0; before], bytes].concat();
        let (first, after) = ([0, 2, 3][before], all.len() * 8 / 6);
        [STANDARD_NO_PAD.encode(&all), URL_SAFE_NO_PAD.encode(&all)]
            .map(|text| text.as_bytes()[first..after].to_vec())
    })
}

/// Words that must not be found, ready to look for.
pub(crate) struct Search {
    secrets: Vec<String>,
    /// By first byte: the form, what it is called, and of which secret it is.
    forms: Vec<Vec<(Vec<u8>, &'static str, usize)>>,
}

impl Search {
    pub(crate) fn of(secrets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let secrets: Vec<String> = secrets.into_iter().map(Into::into).collect();
        let mut by_first = vec![Vec::new(); 256];
        for (number, secret) in secrets.iter().enumerate() {
            for (name, form) in forms(secret) {
                by_first[usize::from(form[0])].push((form, name, number));
            }
        }
        Self {
            secrets,
            forms: by_first,
        }
    }

    /// Each secret found in these bytes, and how it is written there.
    pub(crate) fn found(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, first) in bytes.iter().enumerate() {
            for (form, name, secret) in &self.forms[usize::from(*first)] {
                if bytes[at..].starts_with(form) {
                    found.push(format!("{} as {name}", self.secrets[*secret]));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    #[track_caller]
    pub(crate) fn tells_nothing(&self, place: &str, bytes: &[u8]) {
        assert_eq!(self.found(bytes), Vec::<String>::new(), "in {place}");
    }

    /// Neither the files of a folder nor their names; gives how many they are.
    #[track_caller]
    pub(crate) fn folder_tells_nothing(&self, folder: &Path) -> usize {
        let files = files_below(folder);
        for file in &files {
            let name = file.display().to_string();
            self.tells_nothing(&name, &fs::read(file).unwrap());
            let below = file.strip_prefix(folder).unwrap().to_string_lossy();
            self.tells_nothing("a file's name", below.as_bytes());
        }
        files.len()
    }
}

#[test]
fn the_search_finds_every_form_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for secret in [
        "Sentinelså",
        "06925115949",
        "blid.solgløtt@example.no",
        "To ord",
    ] {
        let search = Search::of([secret]);
        assert!(search.found(b"Sentinel 0692511594 blid.sol").is_empty());
        for (name, form) in forms(secret) {
            let file = folder.path().join("planted");
            fs::write(&file, [b"foran \0\xff".as_slice(), &form, b" bak"].concat()).unwrap();
            let found = search.found(&fs::read(&file).unwrap());
            assert!(!found.is_empty(), "{secret} as {name}");
            let mut cut = form.clone();
            cut.pop();
            assert!(search.found(&cut).is_empty(), "{secret} cut as {name}");
        }
    }
}

/// The forms as other programs write them, so that a mistake above does not hide itself.
#[test]
fn the_search_finds_what_others_have_written() {
    let search = Search::of(["Sørås"]);
    let written: [&[u8]; 22] = [
        b"x S\xc3\xb8r\xc3\xa5s x",
        b"x S\xf8r\xe5s x",
        b"S\0\xf8\0r\0\xe5\0s\0",
        b"\0S\0\xf8\0r\0\xe5\0s",
        b"S\\u00f8r\\u00e5s",
        b"S\\u00F8r\\u00E5s",
        b"\\u0053\\u00f8\\u0072\\u00e5\\u0073",
        b"\\u0053\\u00F8\\u0072\\u00E5\\u0073",
        b"S\\u{f8}r\\u{e5}s",
        b"S%C3%B8r%C3%A5s",
        b"S%c3%b8r%c3%a5s",
        b"%53%C3%B8%72%C3%A5%73",
        b"%53%c3%b8%72%c3%a5%73",
        b"53c3b872c3a573",
        b"53C3B872C3A573",
        b"83, 195, 184, 114, 195, 165, 115, ",
        // printf 'Sørås', 'aSørås', 'abSørås' | base64
        b"U8O4csOlcw==",
        b"YVPDuHLDpXM=",
        b"YWJTw7hyw6Vz",
        // … | iconv -t UTF-16LE | base64
        b"UwD4AHIA5QBzAA==",
        b"YQBTAPgAcgDlAHMA",
        b"YQBiAFMA+AByAOUAcwA=",
    ];
    for bytes in written {
        let shown = String::from_utf8_lossy(bytes);
        assert!(!search.found(bytes).is_empty(), "{shown}");
    }
    assert!(search.found("Soras Sørøs SØRÅS".as_bytes()).is_empty());
}
