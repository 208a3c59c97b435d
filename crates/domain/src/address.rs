use serde::{Deserialize, Serialize};
use std::fmt;

use crate::Sensitive;
use crate::text::is_hidden;

/// Where a letter on paper goes, within the limits of the DPI print message: name at most 130
/// characters, one to four lines of at most 100, town and country at most 80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostalAddress {
    name: Sensitive<String>,
    lines: Vec<Sensitive<String>>,
    destination: Destination,
}

/// The last part of an address. The print message wants exactly one of the two shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Within Norway, where a country must not be named.
    Norway {
        /// Four digits, not 0000.
        postcode: Sensitive<String>,
        /// The post town.
        town: Sensitive<String>,
    },
    /// Abroad; post code and city stand in the address lines.
    Abroad(Country),
}

/// A country other than Norway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Country {
    /// By its code, the better way.
    Code(CountryCode),
    /// By its name.
    Name(CountryName),
}

impl Country {
    /// Reads two letters as a code and anything else as a name.
    ///
    /// # Errors
    /// [`AddressFault::CountryIsNorway`] for Norway in any spelling known here.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let text = text.trim();
        if is_norway(text) {
            return Err(AddressFault::CountryIsNorway);
        }
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self::Code(CountryCode([
                    a.to_ascii_uppercase(),
                    b.to_ascii_uppercase(),
                ])))
            }
            _ => Ok(Self::Name(CountryName(part(
                text,
                AddressPart::Country,
                80,
            )?))),
        }
    }
}

/// Two capital letters (ISO 3166-1 alpha-2), not `NO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        // The constructor let nothing but ASCII letters in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A country's name in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryName(Sensitive<String>);

impl CountryName {
    /// The name.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

impl PostalAddress {
    /// An address in Norway. Empty lines are dropped; at least one must remain.
    pub fn norwegian(
        name: &str,
        lines: &[&str],
        postcode: &str,
        town: &str,
    ) -> Result<Self, AddressFault> {
        let postcode = postcode.trim();
        if !is_postcode(postcode) {
            return Err(AddressFault::Postcode);
        }
        let destination = Destination::Norway {
            postcode: Sensitive::new(postcode.to_owned()),
            town: part(town, AddressPart::Town, 80)?,
        };
        Self::with(name, lines, destination)
    }

    /// An address abroad. Empty lines are dropped; at least one must remain.
    pub fn foreign(name: &str, lines: &[&str], country: Country) -> Result<Self, AddressFault> {
        Self::with(name, lines, Destination::Abroad(country))
    }

    /// Reads `Name|Line|…|0123 Town` or, for abroad, `Name|Line|…|SE` with a country code last.
    ///
    /// # Errors
    /// [`AddressFault::Postcode`] when the last part is neither, since a mistyped Norwegian town
    /// must not pass for a country.
    pub fn parse_short(text: &str) -> Result<Self, AddressFault> {
        let mut parts: Vec<&str> = text.split('|').map(str::trim).collect();
        if parts.last().is_some_and(|last| is_norway(last)) {
            parts.pop();
        }
        let [name, lines @ .., last] = parts.as_slice() else {
            return Err(AddressFault::Missing(AddressPart::Line));
        };
        if let Some((postcode, town)) = last.split_once(char::is_whitespace)
            && is_postcode(postcode)
        {
            return Self::norwegian(name, lines, postcode, town);
        }
        match Country::parse(last) {
            Ok(country @ Country::Code(_)) => Self::foreign(name, lines, country),
            _ => Err(AddressFault::Postcode),
        }
    }

    /// Checks the plain parts, as read from a file. No country, or Norway, asks for post code and
    /// town; another country refuses them.
    pub fn from_parts(parts: &AddressParts) -> Result<Self, AddressFault> {
        let lines: Vec<&str> = parts.lines.iter().map(String::as_str).collect();
        let text = |part: &Option<String>| part.as_deref().unwrap_or_default().trim().to_owned();
        let (postcode, town, country) = (
            text(&parts.postcode),
            text(&parts.town),
            text(&parts.country),
        );
        if country.is_empty() || is_norway(&country) {
            return Self::norwegian(&parts.name, &lines, &postcode, &town);
        }
        if !(postcode.is_empty() && town.is_empty()) {
            return Err(AddressFault::PostcodeAbroad);
        }
        Self::foreign(&parts.name, &lines, Country::parse(&country)?)
    }

    /// The plain parts, for writing down where personal data belongs.
    pub fn to_parts(&self, reason: &'static str) -> AddressParts {
        let (postcode, town, country) = match &self.destination {
            Destination::Norway { postcode, town } => (
                Some(postcode.expose(reason).clone()),
                Some(town.expose(reason).clone()),
                None,
            ),
            Destination::Abroad(Country::Code(code)) => {
                (None, None, Some(code.as_str().to_owned()))
            }
            Destination::Abroad(Country::Name(name)) => {
                (None, None, Some(name.expose(reason).to_owned()))
            }
        };
        AddressParts {
            name: self.name(reason).to_owned(),
            lines: self.lines(reason).map(str::to_owned).collect(),
            postcode,
            town,
            country,
        }
    }

    /// The addressee.
    pub fn name(&self, reason: &'static str) -> &str {
        self.name.expose(reason)
    }

    /// The addressee, as lists show who a letter is for.
    pub fn recipient(&self) -> RecipientName {
        RecipientName(self.name.clone())
    }

    /// The address lines, one to four, none empty.
    pub fn lines(&self, reason: &'static str) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .map(move |line| line.expose(reason).as_str())
    }

    /// Post code and town, or the country.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    fn with(name: &str, lines: &[&str], destination: Destination) -> Result<Self, AddressFault> {
        let name = part(name, AddressPart::Name, NAME_LIMIT)?;
        let lines: Vec<_> = lines
            .iter()
            .filter(|line| !line.trim().is_empty())
            .map(|line| part(line, AddressPart::Line, 100))
            .collect::<Result<_, _>>()?;
        match lines.len() {
            0 => Err(AddressFault::Missing(AddressPart::Line)),
            1..=4 => Ok(Self {
                name,
                lines,
                destination,
            }),
            found => Err(AddressFault::TooManyLines { found }),
        }
    }
}

/// Who a letter is for, in words: what an address may begin with. For lists; nothing is sent by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientName(Sensitive<String>);

impl RecipientName {
    /// Checks a name: 1 to 130 characters on one line; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        part(text, AddressPart::Name, NAME_LIMIT).map(Self)
    }

    /// The name.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

/// A postal address as plain text, unchecked: the form of address files and of stored addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressParts {
    /// The addressee.
    pub name: String,
    /// Address lines.
    pub lines: Vec<String>,
    /// Norwegian post code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Norwegian post town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub town: Option<String>,
    /// Country code or name; absent for Norway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl fmt::Debug for AddressParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressParts([redacted])")
    }
}

/// Which part of an address a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of an address's parts")]
pub enum AddressPart {
    Name,
    Line,
    Town,
    Country,
}

/// Why a postal address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// A part that must be there is empty.
    #[error("address part missing: {0:?}")]
    Missing(AddressPart),
    /// A part is too long.
    #[error("address part too long: {part:?}, at most {limit} characters")]
    TooLong {
        /// Which.
        part: AddressPart,
        /// The greatest length in characters.
        limit: usize,
    },
    /// A control or invisible character.
    #[error("control character in address part: {0:?}")]
    ControlCharacter(AddressPart),
    /// More than four lines.
    #[error("{found} address lines where at most 4 fit")]
    TooManyLines {
        /// How many there were.
        found: usize,
    },
    /// No four-digit post code, or 0000.
    #[error("no Norwegian post code")]
    Postcode,
    /// Post code or town given together with a foreign country; they belong in the lines.
    #[error("post code or town in a foreign address")]
    PostcodeAbroad,
    /// Norway named as a foreign country.
    #[error("Norway named as a foreign country")]
    CountryIsNorway,
}

fn is_postcode(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && text != "0000"
}

fn is_norway(text: &str) -> bool {
    ["norge", "noreg", "norga", "norway", "no", "nor"].contains(&text.to_lowercase().as_str())
}

/// The most characters of a name.
const NAME_LIMIT: usize = 130;

fn part(text: &str, part: AddressPart, limit: usize) -> Result<Sensitive<String>, AddressFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressFault::Missing(part));
    }
    if text.chars().any(|c| c.is_control() || is_hidden(c)) {
        return Err(AddressFault::ControlCharacter(part));
    }
    if text.chars().count() > limit {
        return Err(AddressFault::TooLong { part, limit });
    }
    Ok(Sensitive::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_address_is_read_for_norway_and_abroad() {
        let address =
            PostalAddress::parse_short("Kari Prøve|c/o Ola|Storgata 1|0123 Oslo").unwrap();
        assert_eq!(address.name("test"), "Kari Prøve");
        assert_eq!(
            address.lines("test").collect::<Vec<_>>(),
            ["c/o Ola", "Storgata 1"]
        );
        let Destination::Norway { postcode, town } = address.destination() else {
            panic!()
        };
        assert_eq!(
            (
                postcode.expose("test").as_str(),
                town.expose("test").as_str()
            ),
            ("0123", "Oslo")
        );
        let same = PostalAddress::parse_short("Kari Prøve|c/o Ola|Storgata 1|0123 Oslo|NORGE");
        assert_eq!(same, Ok(address));

        let abroad = PostalAddress::parse_short("Kari Prøve|Gatan 1|11122 Stockholm|se").unwrap();
        assert_eq!(abroad.lines("test").count(), 2);
        let Destination::Abroad(Country::Code(code)) = abroad.destination() else {
            panic!()
        };
        assert_eq!(code.as_str(), "SE");
    }

    #[test]
    fn an_address_without_post_code_is_not_taken_for_a_foreign_one() {
        let fault = |text| PostalAddress::parse_short(text).unwrap_err();
        assert_eq!(fault("Kari|Storgata 1|Oslo"), AddressFault::Postcode);
        assert_eq!(fault("Kari|Storgata 1|0000 Oslo"), AddressFault::Postcode);
        assert_eq!(fault("Kari|Storgata 1|123 Oslo"), AddressFault::Postcode);
        assert_eq!(fault("Kari|Storgata 1|Norge"), AddressFault::Postcode);
        assert_eq!(
            fault("Kari|0123 Oslo"),
            AddressFault::Missing(AddressPart::Line)
        );
        assert_eq!(
            fault("|Storgata 1|0123 Oslo"),
            AddressFault::Missing(AddressPart::Name)
        );
        assert_eq!(fault("Kari"), AddressFault::Missing(AddressPart::Line));
    }

    #[test]
    fn the_limits_of_the_print_message_hold() {
        let norwegian = |name: &str, lines: &[&str], town: &str| {
            PostalAddress::norwegian(name, lines, "0123", town).err()
        };
        let long = |part, limit| Some(AddressFault::TooLong { part, limit });
        assert_eq!(
            norwegian(
                &"å".repeat(130),
                &["å".repeat(100).as_str(); 4],
                &"å".repeat(80)
            ),
            None
        );
        assert_eq!(
            norwegian(&"å".repeat(131), &["a"], "b"),
            long(AddressPart::Name, 130)
        );
        assert_eq!(
            norwegian("n", &["å".repeat(101).as_str()], "b"),
            long(AddressPart::Line, 100)
        );
        assert_eq!(
            norwegian("n", &["a"], &"å".repeat(81)),
            long(AddressPart::Town, 80)
        );
        assert_eq!(
            norwegian("n", &["a"; 5], "b"),
            Some(AddressFault::TooManyLines { found: 5 })
        );
        assert_eq!(
            norwegian("n", &[" ", ""], "b"),
            Some(AddressFault::Missing(AddressPart::Line))
        );
        let control = Some(AddressFault::ControlCharacter(AddressPart::Line));
        assert_eq!(norwegian("n", &["a\u{202e}"], "b"), control);
        assert_eq!(norwegian("n", &["a\rb"], "b"), control);
    }

    #[test]
    fn norway_is_never_a_foreign_country() {
        for text in ["NO", "no", "Norge", "NORWAY", "Noreg"] {
            assert_eq!(Country::parse(text), Err(AddressFault::CountryIsNorway));
        }
        assert!(matches!(Country::parse("Sverige"), Ok(Country::Name(_))));
        assert_eq!(
            Country::parse(" "),
            Err(AddressFault::Missing(AddressPart::Country))
        );
    }

    #[test]
    fn a_recipients_name_is_one_visible_line_of_130_characters() {
        let longest = "ø".repeat(130);
        let name = RecipientName::parse(&format!("  {longest} ")).unwrap();
        assert_eq!(name.expose("test"), longest);
        assert_eq!(format!("{name:?}"), "RecipientName([redacted])");
        for (text, fault) in [
            (" ", AddressFault::Missing(AddressPart::Name)),
            (
                "Kari\nPrøve",
                AddressFault::ControlCharacter(AddressPart::Name),
            ),
            (
                "Kari\u{202e}Prøve",
                AddressFault::ControlCharacter(AddressPart::Name),
            ),
            (
                &"ø".repeat(131),
                AddressFault::TooLong {
                    part: AddressPart::Name,
                    limit: 130,
                },
            ),
        ] {
            assert_eq!(RecipientName::parse(text), Err(fault));
        }
        let address = PostalAddress::parse_short("Kari Prøve|Storgata 1|0123 Oslo").unwrap();
        assert_eq!(address.recipient().expose("test"), "Kari Prøve");
    }

    #[test]
    fn parts_round_trip_as_json_and_print_nothing() {
        for short in ["Kari Prøve|Storgata 1|0123 Oslo", "Kari Prøve|Gatan 1|SE"] {
            let address = PostalAddress::parse_short(short).unwrap();
            let json = serde_json::to_string(&address.to_parts("test")).unwrap();
            let parts: AddressParts = serde_json::from_str(&json).unwrap();
            assert_eq!(PostalAddress::from_parts(&parts), Ok(address.clone()));
            assert!(!format!("{address:?} {parts:?}").contains("Kari"));
            assert!(!format!("{address:?}").contains("0123"));
        }
        let mixed: AddressParts = serde_json::from_str(
            r#"{"name":"K","lines":["Gatan 1"],"postcode":"1112","town":"X","country":"SE"}"#,
        )
        .unwrap();
        assert_eq!(
            PostalAddress::from_parts(&mixed),
            Err(AddressFault::PostcodeAbroad)
        );
    }
}
