use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Environment, Sensitive};

/// A person's number (fødselsnummer, D-nummer or one of the synthetic series), checked.
///
/// Holding one proves only that it was typed well, not that it belongs to anybody.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NationalId {
    digits: Sensitive<String>,
    kind: NationalIdKind,
    first_remainder: u32,
}

impl NationalId {
    /// Reads a typed or pasted number: white space is dropped, and one hyphen or dot after the
    /// sixth digit. Eleven ASCII digits must remain, with a real date and right check digits by the
    /// rule in force from 2032, which holds the older rule within it.
    pub fn parse(typed: &str) -> Result<Self, NumberFault> {
        let text = digits_of(typed)?;
        let digits: Vec<u32> = text.bytes().map(|byte| u32::from(byte - b'0')).collect();
        let kind = NationalIdKind::of(&digits)?;
        let sum =
            |weights: &[u32]| -> u32 { weights.iter().zip(&digits).map(|(w, d)| w * d).sum() };
        let first_remainder = sum(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11;
        let second_remainder = sum(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11;
        if first_remainder > 3 || second_remainder != 0 {
            return Err(NumberFault::CheckDigits);
        }
        Ok(Self {
            digits: Sensitive::new(text),
            kind,
            first_remainder,
        })
    }

    /// The eleven digits.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.digits.expose(reason)
    }

    /// For lists and logs: the date part and five stars.
    pub fn mask(&self) -> String {
        format!("{} *****", &self.digits.expose("mask")[..6])
    }

    /// The series the number belongs to.
    pub fn kind(&self) -> NationalIdKind {
        self.kind
    }

    /// Whether the number surely belongs to no living person.
    ///
    /// False for the series with 40 added to the month: the health service's help numbers for real
    /// persons look the same.
    pub fn is_synthetic(&self) -> bool {
        use NationalIdKind::*;
        matches!(
            self.kind,
            Synthetic80 | DNumberSynthetic80 | Month65 | DNumberMonth65
        )
    }

    /// Whether such a number can have been issued by `day`. Numbers whose first check leaves a
    /// remainder come into use on 1 January 2032; before that one is most likely mistyped.
    pub fn issued_check(&self, day: Date) -> IssuedCheck {
        if self.first_remainder != 0 && day.year() < 2032 {
            IssuedCheck::NotIssuedYet
        } else {
            IssuedCheck::Plausible
        }
    }

    /// Keeps synthetic numbers out of production and real persons out of everything else. A month
    /// raised by 40 is a help number of a patient as likely as a test person, so it is admitted
    /// nowhere.
    ///
    /// # Errors
    /// [`NumberFault::NotForProduction`] or [`NumberFault::NotSynthetic`].
    pub fn admitted_in(&self, environment: Environment) -> Result<(), NumberFault> {
        use NationalIdKind::{BirthNumber, DNumber};
        let ordinary = matches!(self.kind, BirthNumber | DNumber);
        match environment {
            Environment::Production if !ordinary => Err(NumberFault::NotForProduction),
            Environment::Test | Environment::Practice if !self.is_synthetic() => {
                Err(NumberFault::NotSynthetic)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NationalId([redacted])")
    }
}

/// The series of person numbers. An addition to the month marks numbers that are not in the
/// population register; 4 added to the first digit marks a D-number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NationalIdKind {
    /// Fødselsnummer.
    BirthNumber,
    /// D-nummer.
    DNumber,
    /// Month + 40: a help number of the health service, or a synthetic one.
    Month40,
    /// D-number with month + 40.
    DNumberMonth40,
    /// Month + 80: synthetic, the Tax Administration's.
    Synthetic80,
    /// D-number with month + 80.
    DNumberSynthetic80,
    /// Month + 65: synthetic, of the labour and welfare administration.
    Month65,
    /// D-number with month + 65.
    DNumberMonth65,
}

impl NationalIdKind {
    /// A stable name in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BirthNumber => "birth_number",
            Self::DNumber => "d_number",
            Self::Month40 => "month_40",
            Self::DNumberMonth40 => "d_number_month_40",
            Self::Synthetic80 => "synthetic_80",
            Self::DNumberSynthetic80 => "d_number_synthetic_80",
            Self::Month65 => "month_65",
            Self::DNumberMonth65 => "d_number_month_65",
        }
    }

    fn of(digits: &[u32]) -> Result<Self, NumberFault> {
        let pair = |at: usize| digits[at] * 10 + digits[at + 1];
        let (day, d_number) = match digits[0] {
            0..=3 => (pair(0), false),
            4..=7 => (pair(0) - 40, true),
            _ => return Err(NumberFault::HealthServiceNumber),
        };
        let (month, kind) = match (pair(2), d_number) {
            (month @ 1..=12, false) => (month, Self::BirthNumber),
            (month @ 1..=12, true) => (month, Self::DNumber),
            (month @ 41..=52, false) => (month - 40, Self::Month40),
            (month @ 41..=52, true) => (month - 40, Self::DNumberMonth40),
            (month @ 66..=77, false) => (month - 65, Self::Month65),
            (month @ 66..=77, true) => (month - 65, Self::DNumberMonth65),
            (month @ 81..=92, false) => (month - 80, Self::Synthetic80),
            (month @ 81..=92, true) => (month - 80, Self::DNumberSynthetic80),
            _ => return Err(NumberFault::NoSuchDate),
        };
        // The century cannot be read from a number issued after 2032, so either will do.
        let exists = [1900, 2000]
            .into_iter()
            .any(|century| Date::new(century + pair(4) as i16, month as i8, day as i8).is_ok());
        if exists {
            Ok(kind)
        } else {
            Err(NumberFault::NoSuchDate)
        }
    }
}

/// Whether a number can exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuedCheck {
    /// It can.
    Plausible,
    /// Such numbers are given out from 2032; probably mistyped.
    NotIssuedYet,
}

/// Why a text is not a person number, or not one to be used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Nothing was typed.
    #[error("no number given")]
    Empty,
    /// Something else than ASCII digits, beyond what typing allows.
    #[error("a character that is no digit")]
    NotDigits,
    /// Not eleven digits; a twelve-digit one is an immigration number (DUF).
    #[error("{found} digits where 11 are wanted")]
    Length {
        /// How many digits there were.
        found: usize,
    },
    /// First digit 8 or 9: the health service's common help number, which carries no date.
    #[error("a help number of the health service")]
    HealthServiceNumber,
    /// The first six digits are no date in any series.
    #[error("no such date")]
    NoSuchDate,
    /// The check digits do not fit: mistyped.
    #[error("check digits do not fit")]
    CheckDigits,
    /// A synthetic number or help number, which no production service knows.
    #[error("not a number for production")]
    NotForProduction,
    /// An ordinary number, which may be a living person's, outside production.
    #[error("not a synthetic number")]
    NotSynthetic,
}

fn digits_of(typed: &str) -> Result<String, NumberFault> {
    let mut digits = String::with_capacity(11);
    let mut separated = false;
    for character in typed.chars() {
        match character {
            '0'..='9' => digits.push(character),
            '-' | '.' if digits.len() == 6 && !separated => separated = true,
            _ if character.is_whitespace() => {}
            _ => return Err(NumberFault::NotDigits),
        }
    }
    match digits.len() {
        0 => Err(NumberFault::Empty),
        11 => Ok(digits),
        found => Err(NumberFault::Length { found }),
    }
}

/// An organisation's number in the Central Coordinating Register, checked. Serialised as its nine
/// digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgNumber([u8; 9]);

impl OrgNumber {
    /// Reads nine digits; white space between them is dropped.
    pub fn parse(typed: &str) -> Result<Self, OrgNumberFault> {
        let text: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(OrgNumberFault::NotDigits);
        }
        let digits: [u8; 9] = text
            .as_bytes()
            .try_into()
            .map_err(|_| OrgNumberFault::Length { found: text.len() })?;
        let weighted: u32 = [3, 2, 7, 6, 5, 4, 3, 2, 1]
            .iter()
            .zip(digits)
            .map(|(weight, digit)| weight * u32::from(digit - b'0'))
            .sum();
        if digits[0] == b'0' || !weighted.is_multiple_of(11) {
            return Err(OrgNumberFault::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// Reads the participant identifier of ISO 6523: scheme `0192`, or the older `9908`, a colon,
    /// nine digits and nothing else.
    pub fn parse_iso6523(text: &str) -> Result<Self, OrgNumberFault> {
        let number = text
            .strip_prefix("0192:")
            .or_else(|| text.strip_prefix("9908:"))
            .ok_or(OrgNumberFault::Scheme)?;
        if number.len() != 9 {
            return Err(OrgNumberFault::Length {
                found: number.len(),
            });
        }
        Self::parse(number)
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        // The constructor let nothing but ASCII digits in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// `0192:` and the nine digits.
    pub fn iso6523(&self) -> String {
        format!("0192:{}", self.as_str())
    }
}

impl fmt::Display for OrgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for OrgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgNumber({self})")
    }
}

impl FromStr for OrgNumber {
    type Err = OrgNumberFault;

    fn from_str(text: &str) -> Result<Self, OrgNumberFault> {
        Self::parse(text)
    }
}

impl From<OrgNumber> for String {
    fn from(number: OrgNumber) -> String {
        number.as_str().to_owned()
    }
}

impl TryFrom<String> for OrgNumber {
    type Error = OrgNumberFault;

    fn try_from(text: String) -> Result<Self, OrgNumberFault> {
        Self::parse(&text)
    }
}

/// Why a text is not an organisation number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrgNumberFault {
    /// Something else than ASCII digits.
    #[error("a character that is no digit")]
    NotDigits,
    /// Not nine digits.
    #[error("{found} characters where 9 digits are wanted")]
    Length {
        /// How many there were.
        found: usize,
    },
    /// The check digit does not fit, or the number begins with 0.
    #[error("no such organisation number")]
    CheckDigit,
    /// Neither `0192:` nor `9908:` in front.
    #[error("not an ISO 6523 identifier of a Norwegian organisation")]
    Scheme,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn every_number_of_the_vectors_is_judged_as_they_say() {
        let Some(vectors) = vectors::read("krr/numbers.json") else {
            return;
        };
        let persons = vectors["person_numbers"].as_array().unwrap();
        for vector in persons {
            let text = vector["number"].as_str().unwrap();
            let kind = NationalId::parse(text).ok().map(|id| id.kind().as_str());
            assert_eq!(kind, vector["kind"].as_str(), "{vector}");
            assert_eq!(
                kind.is_some(),
                vector["valid"].as_bool().unwrap(),
                "{vector}"
            );
        }
        let organisations = vectors["organisation_numbers"].as_array().unwrap();
        for vector in organisations {
            let valid = OrgNumber::parse(vector["number"].as_str().unwrap()).is_ok();
            assert_eq!(valid, vector["valid"].as_bool().unwrap(), "{vector}");
        }
        assert_eq!((persons.len(), organisations.len()), (45, 13));
        vectors::tell("45 person numbers and 13 organisation numbers as their vectors say");
    }

    #[test]
    fn typing_is_forgiven_only_where_it_is_plain() {
        let plain = NationalId::parse("20914695016").unwrap();
        for typed in [
            "209146 95016",
            "209146-95016",
            "209146.95016",
            "209146\u{a0}95016",
            "209146 - 95016",
            " 20 91 46 950 16\r\n",
        ] {
            assert_eq!(NationalId::parse(typed), Ok(plain.clone()), "{typed:?}");
        }
        for typed in [
            "20.914695016",
            "209146--95016",
            "209146/95016",
            "209146\u{200b}95016",
        ] {
            assert_eq!(
                NationalId::parse(typed),
                Err(NumberFault::NotDigits),
                "{typed:?}"
            );
        }
    }

    #[test]
    fn each_way_to_be_wrong_has_its_own_fault() {
        let fault = |text| NationalId::parse(text).unwrap_err();
        assert_eq!(fault(" "), NumberFault::Empty);
        assert_eq!(fault("209146950160"), NumberFault::Length { found: 12 });
        assert_eq!(fault("81018045060"), NumberFault::HealthServiceNumber);
        assert_eq!(fault("31028012031"), NumberFault::NoSuchDate);
        assert_eq!(fault("20914695017"), NumberFault::CheckDigits);
        assert_eq!(fault("２０９１４６９５０１６"), NumberFault::NotDigits);
    }

    #[test]
    fn the_series_with_65_added_is_known() {
        let number = complete("017780120");
        assert_eq!(
            NationalId::parse(&number).unwrap().kind(),
            NationalIdKind::Month65
        );
        let number = complete("417780120");
        assert_eq!(
            NationalId::parse(&number).unwrap().kind(),
            NationalIdKind::DNumberMonth65
        );
    }

    #[test]
    fn no_synthetic_number_gets_into_production_and_no_other_out_of_it() {
        let admitted =
            |text: &str, environment| NationalId::parse(text).unwrap().admitted_in(environment);
        use Environment::*;
        let (synthetic, help, ordinary) = ("20914695016", "13527248013", "41018012020");
        assert_eq!(
            admitted(synthetic, Production),
            Err(NumberFault::NotForProduction)
        );
        assert_eq!(
            admitted(help, Production),
            Err(NumberFault::NotForProduction)
        );
        assert_eq!(admitted(ordinary, Production), Ok(()));
        for environment in [Test, Practice] {
            assert_eq!(admitted(synthetic, environment), Ok(()));
            // As likely a patient's as a test person's.
            assert_eq!(admitted(help, environment), Err(NumberFault::NotSynthetic));
            assert_eq!(
                admitted(ordinary, environment),
                Err(NumberFault::NotSynthetic)
            );
        }
    }

    #[test]
    fn a_number_that_may_be_a_help_number_is_not_called_synthetic() {
        assert!(NationalId::parse("20914695016").unwrap().is_synthetic());
        assert!(!NationalId::parse("13527248013").unwrap().is_synthetic());
    }

    #[test]
    fn a_remainder_is_a_warning_until_2032() {
        let later = NationalId::parse("01818012345").unwrap();
        assert_eq!(
            later.issued_check(date(2031, 12, 31)),
            IssuedCheck::NotIssuedYet
        );
        assert_eq!(later.issued_check(date(2032, 1, 1)), IssuedCheck::Plausible);
        let now = NationalId::parse("01818012337").unwrap();
        assert_eq!(now.issued_check(date(2026, 11, 22)), IssuedCheck::Plausible);
    }

    #[test]
    fn a_person_number_shows_its_date_and_no_more() {
        let id = NationalId::parse("20914695016").unwrap();
        assert_eq!(id.mask(), "209146 *****");
        assert_eq!(format!("{id:?}"), "NationalId([redacted])");
        let fault = NationalId::parse("20914695017").unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("2091"));
    }

    #[test]
    fn an_organisation_is_read_in_both_schemes_and_written_in_the_new() {
        let digdir = OrgNumber::parse("991 825 827").unwrap();
        assert_eq!(OrgNumber::parse_iso6523("0192:991825827"), Ok(digdir));
        assert_eq!(OrgNumber::parse_iso6523("9908:991825827"), Ok(digdir));
        assert_eq!(digdir.iso6523(), "0192:991825827");
        for wrong in [
            "991825827",
            "x0192:991825827",
            "0192:99182582",
            "0192: 99182582",
        ] {
            assert!(OrgNumber::parse_iso6523(wrong).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&digdir).unwrap(), "\"991825827\"");
        assert!(serde_json::from_str::<OrgNumber>("\"991825828\"").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_either_a_number_that_round_trips_or_a_fault(text in "[0-9 .-]{0,16}") {
            if let Ok(id) = NationalId::parse(&text) {
                prop_assert_eq!(NationalId::parse(id.expose("test")), Ok(id));
            }
        }

        #[test]
        fn one_changed_digit_of_the_older_rule_never_passes_the_older_rule(
            at in 0_usize..11, digit in 0_u32..10,
        ) {
            let mut digits: Vec<char> = "20914695016".chars().collect();
            let changed = char::from_digit(digit, 10).unwrap();
            prop_assume!(digits[at] != changed);
            digits[at] = changed;
            let text: String = digits.into_iter().collect();
            if let Ok(id) = NationalId::parse(&text) {
                prop_assert_eq!(id.issued_check(date(2026, 1, 1)), IssuedCheck::NotIssuedYet);
            }
        }
    }

    /// The first number with these nine digits that passes.
    fn complete(nine: &str) -> String {
        (0..100)
            .map(|check| format!("{nine}{check:02}"))
            .find(|number| NationalId::parse(number).is_ok())
            .unwrap()
    }
}
