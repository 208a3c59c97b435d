//! X.501 names: the organisation number in them, and their text.

use const_oid::ObjectIdentifier;
use der::{Encode, Tag, Tagged};
use utpost_domain::OrgNumber;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::Name;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const ORGANISATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");

/// The attribute names of RFC 2253, section 2.3; every other type is written as a dotted number.
const RFC_2253_NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// The organisation number of a subject, in the order in which Norwegian issuers have placed it:
/// `organizationIdentifier` (SEID 2), `serialNumber` (SEID 1), a common name that starts with it.
/// The first attribute of the right form decides, also when its check digit is wrong.
pub(crate) fn organisation(subject: &Name) -> Option<OrgNumber> {
    let values = |oid| {
        subject
            .iter()
            .filter(move |attribute| attribute.oid == oid)
            .filter_map(text)
            .next()
    };
    let identifier = values(ORGANISATION_IDENTIFIER)
        .map(|value| {
            value
                .strip_prefix("NTRNO-")
                .map(str::to_owned)
                .unwrap_or(value)
        })
        .filter(|value| nine_digits(value));
    let serial = || values(SERIAL_NUMBER).filter(|value| nine_digits(value));
    let common = || {
        let name = values(COMMON_NAME)?;
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        nine_digits(&digits).then_some(digits)
    };
    OrgNumber::parse(&identifier.or_else(serial).or_else(common)?).ok()
}

fn nine_digits(value: &str) -> bool {
    value.len() == 9 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Who this is, for a person to read: the organisation's name, else the common name, else the
/// whole name as text.
pub(crate) fn words(name: &Name) -> String {
    [ORGANISATION, COMMON_NAME]
        .into_iter()
        .find_map(|oid| {
            name.iter()
                .filter(|attribute| attribute.oid == oid)
                .find_map(text)
        })
        .unwrap_or_else(|| rfc2253(name))
}

/// The common name, else as [`words`].
pub(crate) fn common_name(name: &Name) -> String {
    name.iter()
        .filter(|attribute| attribute.oid == COMMON_NAME)
        .find_map(text)
        .unwrap_or_else(|| words(name))
}

/// The name as RFC 2253 writes it: last part first, no spaces between parts.
pub(crate) fn rfc2253(name: &Name) -> String {
    let parts: Vec<&_> = name.iter_rdn().collect();
    let written: Vec<String> = parts
        .into_iter()
        .rev()
        .map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+"))
        .collect();
    written.join(",")
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let dotted = attribute.oid.to_string();
    let short = RFC_2253_NAMES
        .iter()
        .find(|(oid, _)| *oid == dotted)
        .map(|(_, short)| *short);
    match (short, text(attribute)) {
        (Some(short), Some(value)) => format!("{short}={}", escaped(&value)),
        _ => {
            // Encoding again what was decoded a moment ago cannot fail; an empty value would only
            // make a name that nobody compares.
            let der = attribute.value.to_der().unwrap_or_default();
            let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{dotted}=#{hex}")
        }
    }
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, letter) in value.chars().enumerate() {
        let edge = (letter == ' ' && (at == 0 || at == last)) || (letter == '#' && at == 0);
        if edge || matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let bytes = attribute.value.value();
    match attribute.value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        Tag::TeletexString => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString if bytes.len().is_multiple_of(2) => {
            let units = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}
