use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Policy;

/// Which world a letter belongs to, from its first event and for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The counterpart on this machine.
    Practice,
    /// The official test services; synthetic persons only.
    Test,
    /// Real letters to real persons.
    Production,
}

impl Environment {
    /// `practice`, `test` or `production`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practice => "practice",
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        [Self::Practice, Self::Test, Self::Production]
            .into_iter()
            .find(|environment| environment.as_str() == name)
            .ok_or(UnknownName)
    }
}

/// What the letter is in law.
///
/// The first three are of the sort that a reservation against digital post covers and that
/// eForvaltningsforskriften § 8 wants a notice for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// An individual decision (enkeltvedtak).
    Decision,
    /// Notice that a decision is being prepared (forhåndsvarsel).
    AdvanceNotice,
    /// Another message that matters for the receiver's position or must surely be received.
    OtherImportant,
    /// Plain information.
    Information,
}

impl LetterKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Decision,
        Self::AdvanceNotice,
        Self::OtherImportant,
        Self::Information,
    ];

    /// The name used on the command line: `enkeltvedtak`, `forhandsvarsel`, `annen-viktig`,
    /// `informasjon`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "enkeltvedtak",
            Self::AdvanceNotice => "forhandsvarsel",
            Self::OtherImportant => "annen-viktig",
            Self::Information => "informasjon",
        }
    }

    /// Whether the receiver has a right to a notice (eForvaltningsforskriften § 8).
    pub fn wants_notice(self) -> bool {
        self != Self::Information
    }

    /// Whether reservation and missing notice channels bind this letter.
    ///
    /// True for every kind unless the administrator has let plain information pass.
    pub fn has_legal_weight(&self, policy: &Policy) -> bool {
        self.wants_notice() || !policy.information_ignores_reservation
    }
}

impl FromStr for LetterKind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownName)
    }
}

/// How strongly the citizen must have logged in to open the letter.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "u8", into = "u8")]
pub enum SecurityLevel {
    /// Substantial.
    Level3 = 3,
    /// High; the default.
    #[default]
    Level4 = 4,
}

impl From<SecurityLevel> for u8 {
    fn from(level: SecurityLevel) -> u8 {
        level as u8
    }
}

impl TryFrom<u8> for SecurityLevel {
    type Error = UnknownName;

    fn try_from(level: u8) -> Result<Self, UnknownName> {
        match level {
            3 => Ok(Self::Level3),
            4 => Ok(Self::Level4),
            _ => Err(UnknownName),
        }
    }
}

/// The text is none of the known names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the known names")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in LetterKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("test".parse(), Ok(Environment::Test));
        assert_eq!("Test".parse::<Environment>(), Err(UnknownName));
        assert_eq!(SecurityLevel::try_from(2), Err(UnknownName));
        assert_eq!(u8::from(SecurityLevel::default()), 4);
    }

    #[test]
    fn information_binds_like_a_decision_until_the_administrator_says_otherwise() {
        let strict = Policy::default();
        let lenient = Policy {
            information_ignores_reservation: true,
            ..Policy::default()
        };
        assert!(LetterKind::Information.has_legal_weight(&strict));
        assert!(!LetterKind::Information.has_legal_weight(&lenient));
        assert!(LetterKind::AdvanceNotice.has_legal_weight(&lenient));
    }
}
