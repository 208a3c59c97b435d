//! The contact and reservation register (KRR), REST version 2.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use utpost_domain::{
    ContactPoint, Field, MailboxAddress, MailboxCertificate, NationalId, NotificationStatus,
    OrgNumber, PersonRecord, RegisterAnswer, RegisterStatus, Reservation, Sensitive, Stamp,
};
use utpost_pki::Certificate;

use crate::form;

/// Why an answer of the register cannot be used. The letter waits; it is never taken for "no
/// mailbox".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegisterReadFault {
    /// Not JSON, or not of the shape of an answer.
    #[error("not an answer of the register")]
    NotAnAnswer,
    /// A person in it has something else than a person number.
    #[error("the register answered about something that is no person number")]
    NotAPersonNumber,
    /// The print provider is not named by an organisation number.
    #[error("the print provider is not named by an organisation number")]
    NotAnOrganisation,
    /// The print provider's certificate does not read.
    #[error("the print provider's certificate does not read")]
    CertificateUnreadable,
}

/// The body of a lookup of one citizen, as JSON. Asks that a citizen whom the register does not
/// know be answered too.
pub fn register_request(citizen: &NationalId) -> Sensitive<String> {
    let number = citizen.expose("asking the register");
    Sensitive::new(
        json!({ "personidentifikatorer": [number], "inkluderIkkeRegistrerte": true }).to_string(),
    )
}

/// Reads the answer to a lookup, UTF-8 JSON.
///
/// Unknown fields are passed over. `null`, an absent field and an empty text mean the same. A word
/// that is not known in one of the three coded fields becomes [`Field::Unknown`]. A time that does
/// not read is kept as text, and so is anything that should have been text: nothing that was
/// written turns into nothing, but for a mailbox address with control characters, which no message
/// can carry.
///
/// ```
/// use utpost_domain::{Field, RegisterStatus};
/// use utpost_wire::{RegisterReadFault, parse_register_answer};
///
/// let body = br#"{"personer":[{"personidentifikator":"20914695016","status":"IKKE_REGISTRERT"}]}"#;
/// let answer = parse_register_answer(body)?;
/// assert_eq!(answer.persons[0].status, Field::Known(RegisterStatus::NotRegistered));
/// assert_eq!(answer.persons[0].reservation, Field::Absent);
/// # Ok::<(), RegisterReadFault>(())
/// ```
///
/// # Errors
/// [`RegisterReadFault::NotAnAnswer`] or [`RegisterReadFault::NotAPersonNumber`], for the answer
/// as a whole.
pub fn parse_register_answer(body: &[u8]) -> Result<RegisterAnswer, RegisterReadFault> {
    let answer: Answer = read(body)?;
    let persons = answer
        .persons
        .into_iter()
        .map(Person::record)
        .collect::<Result<_, RegisterReadFault>>()?;
    Ok(RegisterAnswer { persons })
}

/// Who prints letters, and with which certificate they are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintProvider {
    /// The receiver of print messages.
    pub organisation: OrgNumber,
    /// Its certificate, not yet checked for trust.
    pub certificate: Certificate,
}

/// Reads the answer about the print provider, UTF-8 JSON.
///
/// # Errors
/// [`RegisterReadFault`], apart from [`RegisterReadFault::NotAPersonNumber`].
pub fn parse_print_certificate(body: &[u8]) -> Result<PrintProvider, RegisterReadFault> {
    let answer: PrintAnswer = read(body)?;
    let number = answer
        .organisation
        .ok_or(RegisterReadFault::NotAnOrganisation)?;
    let organisation = OrgNumber::parse(number.trim())
        .or_else(|_| OrgNumber::parse_iso6523(number.trim()))
        .map_err(|_| RegisterReadFault::NotAnOrganisation)?;
    let certificate = answer
        .certificate
        .ok_or(RegisterReadFault::CertificateUnreadable)?;
    let certificate = Certificate::parse_any(&certificate)
        .map_err(|_| RegisterReadFault::CertificateUnreadable)?;
    Ok(PrintProvider {
        organisation,
        certificate,
    })
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, RegisterReadFault> {
    serde_json::from_slice(body).map_err(|_| RegisterReadFault::NotAnAnswer)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "personer")]
    persons: Vec<Person>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Person {
    #[serde(rename = "personidentifikator", deserialize_with = "text")]
    number: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(rename = "reservasjon", deserialize_with = "text")]
    reservation: Option<String>,
    #[serde(rename = "reservasjonstidspunkt", deserialize_with = "text")]
    reserved_at: Option<String>,
    #[serde(rename = "varslingsstatus", deserialize_with = "text")]
    notification: Option<String>,
    #[serde(rename = "kontaktinformasjon", deserialize_with = "part")]
    contact: Contact,
    #[serde(rename = "digital_post", deserialize_with = "part")]
    mailbox: Mailbox,
    #[serde(rename = "sertifikat", deserialize_with = "text")]
    certificate: Option<String>,
    #[serde(rename = "spraak", deserialize_with = "text")]
    language: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Contact {
    #[serde(rename = "epostadresse", deserialize_with = "text")]
    email: Option<String>,
    #[serde(rename = "epostadresse_oppdatert", deserialize_with = "text")]
    email_updated_at: Option<String>,
    #[serde(rename = "epostadresse_sist_verifisert", deserialize_with = "text")]
    email_verified_at: Option<String>,
    #[serde(rename = "mobiltelefonnummer", deserialize_with = "text")]
    mobile: Option<String>,
    #[serde(rename = "mobiltelefonnummer_oppdatert", deserialize_with = "text")]
    mobile_updated_at: Option<String>,
    #[serde(
        rename = "mobiltelefonnummer_sist_verifisert",
        deserialize_with = "text"
    )]
    mobile_verified_at: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Mailbox {
    #[serde(rename = "postkasseadresse", deserialize_with = "text")]
    address: Option<String>,
    #[serde(rename = "postkasseleverandoeradresse", deserialize_with = "text")]
    supplier: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PrintAnswer {
    /// Capital A here, unlike in a person.
    #[serde(rename = "postkasseleverandoerAdresse", deserialize_with = "text")]
    organisation: Option<String>,
    #[serde(rename = "x509Sertifikat", deserialize_with = "text")]
    certificate: Option<String>,
}

impl Person {
    fn record(self) -> Result<PersonRecord, RegisterReadFault> {
        let number = self.number.ok_or(RegisterReadFault::NotAPersonNumber)?;
        Ok(PersonRecord {
            id: NationalId::parse(&number).map_err(|_| RegisterReadFault::NotAPersonNumber)?,
            status: coded(self.status, |word| match word {
                "AKTIV" => Some(RegisterStatus::Active),
                "SLETTET" => Some(RegisterStatus::Deleted),
                "IKKE_REGISTRERT" => Some(RegisterStatus::NotRegistered),
                _ => None,
            }),
            reservation: coded(self.reservation, |word| match word {
                "JA" => Some(Reservation::Yes),
                "NEI" => Some(Reservation::No),
                _ => None,
            }),
            notification: coded(self.notification, |word| match word {
                "KAN_VARSLES" => Some(NotificationStatus::CanBeNotified),
                "KAN_IKKE_VARSLES" => Some(NotificationStatus::CannotBeNotified),
                _ => None,
            }),
            reserved_at: self.reserved_at.map(stamp),
            email: contact_point(
                self.contact.email,
                self.contact.email_updated_at,
                self.contact.email_verified_at,
            ),
            mobile: contact_point(
                self.contact.mobile,
                self.contact.mobile_updated_at,
                self.contact.mobile_verified_at,
            ),
            mailbox_address: self
                .mailbox
                .address
                .and_then(|address| MailboxAddress::parse(&address).ok()),
            supplier: self.mailbox.supplier,
            certificate: mailbox_certificate(self.certificate),
            language: self.language,
        })
    }
}

fn coded<T>(word: Option<String>, known: fn(&str) -> Option<T>) -> Field<T> {
    match word {
        None => Field::Absent,
        Some(word) => known(&word).map_or(Field::Unknown, Field::Known),
    }
}

fn stamp(text: String) -> Stamp {
    form::instant(&text).map_or(Stamp::Unreadable(text), Stamp::At)
}

fn contact_point(
    value: Option<String>,
    updated_at: Option<String>,
    verified_at: Option<String>,
) -> Option<ContactPoint> {
    Some(ContactPoint {
        value: Sensitive::new(value?),
        updated_at: updated_at.map(stamp),
        verified_at: verified_at.map(stamp),
    })
}

fn mailbox_certificate(text: Option<String>) -> MailboxCertificate {
    let Some(text) = text else {
        return MailboxCertificate::Absent;
    };
    let Ok(certificate) = Certificate::parse_any(&text) else {
        return MailboxCertificate::Unreadable;
    };
    let (not_before, not_after): (Timestamp, Timestamp) = certificate.validity();
    MailboxCertificate::Read {
        der: certificate.der().to_vec(),
        not_before,
        not_after,
        fingerprint: certificate.fingerprint(),
    }
}

/// Text, `None` for `null` and white space. What is not text is kept as it was written.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// An object; `null` and empty text are an object without members. Read member by member, so that
/// one written twice is refused: it could name two mailboxes.
fn part<'de, D: Deserializer<'de>, T>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
{
    struct Part<T>(PhantomData<T>);
    impl<'de, T: Default + Deserialize<'de>> Visitor<'de> for Part<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E>(self) -> Result<T, E> {
            Ok(T::default())
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            if text.trim().is_empty() {
                Ok(T::default())
            } else {
                Err(E::invalid_type(serde::de::Unexpected::Other("text"), &self))
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }
    from.deserialize_any(Part(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: &str = "01926112925";

    fn only(fields: &str) -> PersonRecord {
        let comma = if fields.is_empty() { "" } else { "," };
        let body =
            format!(r#"{{"personer":[{{"personidentifikator":"{PERSON}"{comma}{fields}}}]}}"#);
        parse_register_answer(body.as_bytes())
            .unwrap()
            .persons
            .remove(0)
    }

    #[test]
    fn one_citizen_is_asked_for_also_when_not_registered() {
        let request = register_request(&NationalId::parse(PERSON).unwrap());
        assert_eq!(
            request.expose("test"),
            r#"{"personidentifikatorer":["01926112925"],"inkluderIkkeRegistrerte":true}"#
        );
        assert_eq!(format!("{request:?}"), "[redacted]");
    }

    #[test]
    fn null_absent_and_empty_are_one() {
        let absent = only("");
        assert_eq!(absent.status, Field::Absent);
        assert_eq!(absent.certificate, MailboxCertificate::Absent);
        for fields in [
            r#""status":null,"reservasjon":"","sertifikat":" ","digital_post":null"#,
            r#""digital_post":"","kontaktinformasjon":{},"varslingsstatus":null"#,
            r#""digital_post":{"postkasseadresse":"","postkasseleverandoeradresse":null}"#,
            r#""kontaktinformasjon":{"epostadresse":"","epostadresse_oppdatert":"2026-01-01T00:00:00Z"}"#,
            r#""somethingNew":{"deep":[1,2]}"#,
        ] {
            assert_eq!(only(fields), absent, "{fields}");
        }
    }

    #[test]
    fn a_mailbox_written_twice_or_as_a_list_is_no_answer() {
        for mailbox in [
            r#"{"postkasseadresse":"a#1","postkasseadresse":"b#2"}"#,
            r#"["a#1","984661185"]"#,
            r#""a#1""#,
        ] {
            let body = format!(
                r#"{{"personer":[{{"personidentifikator":"{PERSON}","digital_post":{mailbox}}}]}}"#
            );
            assert_eq!(
                parse_register_answer(body.as_bytes()),
                Err(RegisterReadFault::NotAnAnswer),
                "{mailbox}"
            );
        }
    }

    #[test]
    fn what_is_written_never_turns_into_nothing() {
        let person = only(
            r#""status":"SOVENDE","reservasjon":true,"varslingsstatus":["KAN_VARSLES"],
               "sertifikat":{"pem":"x"},"spraak":"sma",
               "digital_post":{"postkasseadresse":"a#1","postkasseleverandoeradresse":984661185},
               "kontaktinformasjon":{"epostadresse":"a@example.no","epostadresse_oppdatert":"i går"}"#,
        );
        assert_eq!(person.status, Field::Unknown);
        assert_eq!(person.reservation, Field::Unknown);
        assert_eq!(person.notification, Field::Unknown);
        assert_eq!(person.certificate, MailboxCertificate::Unreadable);
        assert_eq!(person.supplier.as_deref(), Some("984661185"));
        assert_eq!(person.language.as_deref(), Some("sma"));
        let email = person.email.unwrap();
        assert_eq!(
            email.updated_at,
            Some(Stamp::Unreadable("i går".to_owned()))
        );
        assert_eq!(email.verified_at, None);
    }

    #[test]
    fn an_answer_of_another_shape_is_no_answer() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"personer":{}}"#,
            "<html>",
            r#"{"personer":[1]}"#,
        ] {
            assert_eq!(
                parse_register_answer(body.as_bytes()),
                Err(RegisterReadFault::NotAnAnswer),
                "{body}"
            );
        }
        for body in [
            r#"{"personer":[{}]}"#,
            r#"{"personer":[{"personidentifikator":"1"}]}"#,
        ] {
            assert_eq!(
                parse_register_answer(body.as_bytes()),
                Err(RegisterReadFault::NotAPersonNumber),
                "{body}"
            );
        }
    }

    #[test]
    fn a_field_written_twice_is_no_answer() {
        let body = r#"{"personer":[{"personidentifikator":"01926112925","reservasjon":"JA","reservasjon":"NEI"}]}"#;
        assert_eq!(
            parse_register_answer(body.as_bytes()),
            Err(RegisterReadFault::NotAnAnswer)
        );
    }

    #[test]
    fn a_print_provider_needs_a_number_and_a_certificate() {
        for (body, fault) in [
            ("{}", RegisterReadFault::NotAnOrganisation),
            (
                r#"{"postkasseleverandoerAdresse":"1"}"#,
                RegisterReadFault::NotAnOrganisation,
            ),
            (
                r#"{"postkasseleverandoerAdresse":"974761076"}"#,
                RegisterReadFault::CertificateUnreadable,
            ),
            (
                r#"{"postkasseleverandoerAdresse":"974761076","x509Sertifikat":"AAAA"}"#,
                RegisterReadFault::CertificateUnreadable,
            ),
            ("<html>", RegisterReadFault::NotAnAnswer),
        ] {
            assert_eq!(
                parse_print_certificate(body.as_bytes()),
                Err(fault),
                "{body}"
            );
        }
    }
}
