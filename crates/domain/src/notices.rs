use crate::decide::NoticeContacts;
use crate::text::{contains_person_number, is_hidden};
use crate::{LetterKind, Sensitive};

/// The notices ordered with a digital letter. Absent ones leave the matter to the mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// By e-mail.
    pub email: Option<EmailNotice>,
    /// By text message.
    pub sms: Option<SmsNotice>,
}

impl Notices {
    /// The usual notices of a letter: for the kinds of eForvaltningsforskriften § 8, on day 0 and
    /// day 7, to those fresh addresses for which the agency has a text. None for other kinds.
    pub fn usual(kind: LetterKind, contacts: &NoticeContacts, texts: &NoticeTexts) -> Self {
        if !kind.wants_notice() {
            return Self::default();
        }
        let email = contacts.email.clone().zip(texts.email.clone());
        let sms = contacts.mobile.clone().zip(texts.sms.clone());
        Self {
            email: email.map(|(address, text)| EmailNotice {
                address,
                text,
                repeats: Repeats::default(),
            }),
            sms: sms.map(|(number, text)| SmsNotice {
                number,
                text,
                repeats: Repeats::default(),
            }),
        }
    }
}

/// The agency's standard texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeTexts {
    /// For e-mail.
    pub email: Option<EmailText>,
    /// For text messages.
    pub sms: Option<SmsText>,
}

/// One notice by e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailNotice {
    /// To whom.
    pub address: EmailAddress,
    /// What it says.
    pub text: EmailText,
    /// On which days.
    pub repeats: Repeats,
}

/// One notice by text message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsNotice {
    /// To whom.
    pub number: MobileNumber,
    /// What it says.
    pub text: SmsText,
    /// On which days.
    pub repeats: Repeats,
}

/// An e-mail address of the plain form `local@domain`, ASCII, as the message schema's format
/// `email` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(Sensitive<String>);

impl EmailAddress {
    /// Checks the shape; nothing is changed but white space around it.
    pub fn parse(text: &str) -> Result<Self, NoticeFault> {
        let text = text.trim();
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte);
        let atoms = |text: &str| {
            text.split('.')
                .all(|atom| !atom.is_empty() && atom.bytes().all(plain))
        };
        // Two hyphens third and fourth are kept for names like xn--… (RFC 5890, 2.3.1).
        let is_reserved = |label: &str| {
            label.get(2..4) == Some("--") && !label.to_ascii_lowercase().starts_with("xn--")
        };
        let labels = |text: &str| {
            text.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && !is_reserved(label)
            })
        };
        match text.rsplit_once('@') {
            Some((local, domain))
                if text.len() <= 254
                    && local.len() <= 64
                    && atoms(local)
                    && domain.contains('.')
                    && labels(domain) =>
            {
                Ok(Self(Sensitive::new(text.to_owned())))
            }
            _ => Err(NoticeFault::EmailShape),
        }
    }

    /// The address.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

/// A mobile number as the message schema takes it: 8 to 20 of digits, space, `-` and `_`, with `+`
/// only in front. A Norwegian one begins with 4 or 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MobileNumber(Sensitive<String>);

impl MobileNumber {
    /// Checks the shape; nothing is changed but white space around it.
    pub fn parse(text: &str) -> Result<Self, NoticeFault> {
        let text = text.trim();
        let rest = text.strip_prefix('+').unwrap_or(text);
        if !(8..=20).contains(&text.len())
            || !rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b" -_".contains(&byte))
        {
            return Err(NoticeFault::MobileShape);
        }
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        let norwegian = if text.starts_with('+') {
            digits.strip_prefix("47")
        } else {
            digits
                .strip_prefix("0047")
                .or((digits.len() <= 8).then_some(digits.as_str()))
        };
        let wrong = |own: &str| own.len() != 8 || !own.starts_with(['4', '9']);
        if digits.len() < 8 || norwegian.is_some_and(wrong) {
            return Err(NoticeFault::MobileShape);
        }
        Ok(Self(Sensitive::new(text.to_owned())))
    }

    /// The number.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.0.expose(reason)
    }
}

/// The text of an e-mail notice: 1 to 500 characters, lines allowed. It travels in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailText(String);

impl EmailText {
    /// The greatest length in characters.
    pub const LIMIT: usize = 500;

    /// Checks a text; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, NoticeFault> {
        checked_text(text, Self::LIMIT).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text of a text message: 1 to 160 characters, lines allowed. It travels in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText(String);

impl SmsText {
    /// The greatest length in characters.
    pub const LIMIT: usize = 160;

    /// Checks a text; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, NoticeFault> {
        checked_text(text, Self::LIMIT).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The days on which a notice goes out while the letter is unopened, counted from the day it takes
/// effect (0): one to ten different days from 0 to 25, ascending. Default 0 and 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats(Vec<u8>);

impl Repeats {
    /// Checks the days.
    pub fn new(days: &[u8]) -> Result<Self, NoticeFault> {
        let ascending = days.windows(2).all(|pair| pair[0] < pair[1]);
        let in_range = days.iter().all(|day| *day <= 25);
        if (1..=10).contains(&days.len()) && ascending && in_range {
            Ok(Self(days.to_vec()))
        } else {
            Err(NoticeFault::Days)
        }
    }

    /// The days, ascending.
    pub fn days(&self) -> &[u8] {
        &self.0
    }
}

impl Default for Repeats {
    fn default() -> Self {
        Self(vec![0, 7])
    }
}

/// Why a notice cannot be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    /// Not an e-mail address the message can carry.
    #[error("not an e-mail address")]
    EmailShape,
    /// Not a mobile number the message can carry.
    #[error("not a mobile number")]
    MobileShape,
    /// No text.
    #[error("empty notice text")]
    TextEmpty,
    /// Too long.
    #[error("{characters} characters where at most {limit} fit")]
    TextTooLong {
        /// Its length in characters.
        characters: usize,
        /// The greatest allowed.
        limit: usize,
    },
    /// A control or invisible character other than a line feed.
    #[error("control character in notice text")]
    TextControlCharacter,
    /// A valid person number stands in the text.
    #[error("person number in notice text")]
    TextPersonNumber,
    /// Not one to ten different days from 0 to 25 in ascending order.
    #[error("days of notice out of range")]
    Days,
}

fn checked_text(text: &str, limit: usize) -> Result<String, NoticeFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NoticeFault::TextEmpty);
    }
    if text
        .chars()
        .any(|c| (c.is_control() && c != '\n') || is_hidden(c))
    {
        return Err(NoticeFault::TextControlCharacter);
    }
    let characters = text.chars().count();
    if characters > limit {
        return Err(NoticeFault::TextTooLong { characters, limit });
    }
    if contains_person_number(text) {
        return Err(NoticeFault::TextPersonNumber);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_has_the_shape_the_schema_wants() {
        for text in [
            "ola@example.no",
            "o.n+x@a-b.example.com",
            "ola@xn--blbr-roah.example.no",
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().expose("test"), text);
        }
        for text in [
            "",
            "ola",
            "ola@",
            "@example.no",
            "ola@example",
            "o la@example.no",
            ".o@example.no",
            "o..n@example.no",
            "ola@-example.no",
            "ola@example..no",
            "ola@ex--ample.no",
            "åse@example.no",
            "a@b@c.no",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(NoticeFault::EmailShape),
                "{text}"
            );
        }
    }

    #[test]
    fn a_mobile_number_has_the_shape_the_schema_wants() {
        for text in [
            "+4799999999",
            "99999999",
            "004741234567",
            "+47 999 99 999",
            "+46701234567",
        ] {
            assert_eq!(MobileNumber::parse(text).unwrap().expose("test"), text);
        }
        for text in [
            "",
            "9999999",
            "22334455",
            "+4722334455",
            "004722334455",
            "+47999999999",
            "9999x9999",
            "99 99 99",
            "99+999999",
            "+999999999999999999999",
            "٩٩٩٩٩٩٩٩",
        ] {
            assert_eq!(
                MobileNumber::parse(text),
                Err(NoticeFault::MobileShape),
                "{text}"
            );
        }
    }

    #[test]
    fn notice_texts_keep_their_limits() {
        assert!(SmsText::parse(&"å".repeat(160)).is_ok());
        let long = NoticeFault::TextTooLong {
            characters: 161,
            limit: 160,
        };
        assert_eq!(SmsText::parse(&"å".repeat(161)), Err(long));
        assert!(EmailText::parse(&"å".repeat(500)).is_ok());
        assert!(EmailText::parse(&"å".repeat(501)).is_err());
        assert!(EmailText::parse("Hei.\nDu har fått brev.").is_ok());
        assert_eq!(EmailText::parse(" \n"), Err(NoticeFault::TextEmpty));
        assert_eq!(
            EmailText::parse("a\u{202e}"),
            Err(NoticeFault::TextControlCharacter)
        );
        assert_eq!(
            EmailText::parse("til 209146 95016"),
            Err(NoticeFault::TextPersonNumber)
        );
    }

    #[test]
    fn days_are_one_to_ten_different_ascending_and_at_most_25() {
        assert_eq!(Repeats::default().days(), [0, 7]);
        assert!(Repeats::new(&[0, 25]).is_ok());
        assert!(Repeats::new(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).is_ok());
        for wrong in [
            &[][..],
            &[26],
            &[7, 0],
            &[0, 0],
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        ] {
            assert_eq!(Repeats::new(wrong), Err(NoticeFault::Days), "{wrong:?}");
        }
    }

    #[test]
    fn the_usual_notices_go_only_to_given_contacts_and_only_for_kinds_that_want_them() {
        let contacts = NoticeContacts {
            email: None,
            mobile: Some(MobileNumber::parse("+4799999999").unwrap()),
        };
        let texts = NoticeTexts {
            email: Some(EmailText::parse("Du har fått brev.").unwrap()),
            sms: Some(SmsText::parse("Du har fått brev.").unwrap()),
        };
        let notices = Notices::usual(LetterKind::Decision, &contacts, &texts);
        assert_eq!(notices.email, None);
        assert_eq!(notices.sms.unwrap().repeats.days(), [0, 7]);
        let none = Notices::usual(LetterKind::Information, &contacts, &texts);
        assert_eq!(none, Notices::default());
    }
}
