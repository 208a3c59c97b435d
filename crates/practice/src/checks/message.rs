//! The messages a sender makes: `digital` (a letter to a mailbox) and `utskrift` (a print order).
//!
//! The rules are the protocol's where it is stricter than the published JSON schemas: organisation
//! numbers are `0192:` with a right check digit, the kind, its process and its member agree, the
//! fingerprint is base64 of SHA-256, repetitions are unique, at most one effective date is given,
//! and an address is Norwegian or foreign and never both.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utpost_domain::OrgNumber;
use uuid::Uuid;

/// A message that keeps every rule of its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Unique for each message.
    pub instance_id: Uuid,
    /// Shared with the receipts.
    pub conversation_id: Uuid,
    /// When the sender made it.
    pub created_at: Timestamp,
    /// The technical sender, who signs.
    pub sender: OrgNumber,
    /// The provider.
    pub receiver: OrgNumber,
    /// `avsender`: on whose behalf the letter goes.
    pub controller: Controller,
    /// SHA-256 of the encrypted package.
    pub fingerprint: [u8; 32],
    /// `maskinportentoken`, as it stands.
    pub token: String,
    /// What only this kind has.
    pub content: Content,
}

/// `avsender`, in message and manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controller {
    /// The agency.
    pub organisation: OrgNumber,
    /// `avsenderidentifikator`: a registered sub-unit, at most 100 characters.
    pub unit: Option<String>,
    /// `fakturaReferanse`, at most 40 characters.
    pub invoice_reference: Option<String>,
}

/// The two kinds.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// To a mailbox.
    Digital(Digital),
    /// On paper.
    Print(Print),
}

/// `digital`.
#[derive(Clone, PartialEq, Eq)]
pub struct Digital {
    /// `postkasseadresse`, as it stands.
    pub mailbox: String,
    /// 3 or 4.
    pub security_level: u8,
    /// `ikkesensitivtittel`, 1 to 255 characters.
    pub non_sensitive_title: String,
    /// Two letters, as they stand.
    pub language: String,
    /// When the letter becomes visible; at once without it.
    pub effective: Option<Effective>,
    /// Whether the citizen is asked to let the opening be reported.
    pub wants_opening: bool,
    /// `epostvarsel`.
    pub email: Option<Notice>,
    /// `smsvarsel`.
    pub sms: Option<Notice>,
}

/// When a letter becomes visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effective {
    /// Some time that day.
    On(Date),
    /// Then.
    At(Timestamp),
}

/// A notice by e-mail or SMS.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// Address or number.
    pub to: String,
    /// The text.
    pub text: String,
    /// Days after the effective date, each 0 to 25.
    pub days: Vec<u8>,
}

/// `utskrift`.
#[derive(Clone, PartialEq, Eq)]
pub struct Print {
    /// Who gets it.
    pub recipient: Address,
    /// Where it goes back.
    pub return_to: Address,
    /// `SORT_HVIT` or `FARGE`.
    pub colour: Colour,
    /// `posttype`, when given.
    pub post_class: Option<PostClass>,
    /// What is done with a letter that comes back.
    pub return_handling: ReturnHandling,
}

/// `utskriftstype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// `SORT_HVIT`.
    BlackAndWhite,
    /// `FARGE`.
    Colour,
}

/// `posttype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostClass {
    /// `A`.
    A,
    /// `B`.
    B,
}

/// `returposthaandtering`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnHandling {
    /// `DIREKTE_RETUR`: sent back on paper, no receipt.
    SentBack,
    /// `MAKULERING_MED_MELDING`: shredded, and reported by a receipt.
    ShreddedAndReported,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// 1 to 130 characters.
    pub name: String,
    /// One to four lines of at most 100 characters; the first is not empty.
    pub lines: Vec<String>,
    /// Norwegian or foreign.
    pub place: Place,
}

impl Address {
    /// What is printed below the name: lines that hold something, then post code and town, or the
    /// country as it stands.
    #[must_use]
    pub fn lines_below_the_name(&self) -> Vec<String> {
        let lines = self.lines.iter().filter(|line| !line.trim().is_empty());
        let mut printed: Vec<String> = lines.cloned().collect();
        match &self.place {
            Place::Norway { postcode, town } => printed.push(format!("{postcode} {town}")),
            Place::Abroad { country, town } => {
                printed.extend(town.clone());
                printed.push(country.clone());
            }
        }
        printed
    }
}

/// Where an address is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// Four digits, and a town of at most 80 characters.
    Norway {
        /// `postnummer`.
        postcode: String,
        /// `poststed`.
        town: String,
    },
    /// Abroad: a name (`land`) or a code (`landkode`).
    Abroad {
        /// As it stands.
        country: String,
        /// `poststed`, which the rules advise against.
        town: Option<String>,
    },
}

/// Where a message breaks which rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {rule}")]
pub struct MessageFault {
    /// Path of member names from the top; names the sender made up do not stand in it.
    pub path: String,
    /// The rule.
    pub rule: Rule,
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A required member is missing.
    Missing,
    /// A member is not known here.
    UnknownMember,
    /// Another JSON type is required.
    Type,
    /// Too few or too many characters, or control characters.
    Length,
    /// Too few or too many items.
    Count,
    /// None of the values allowed.
    Value,
    /// Not of the form required.
    Form,
    /// A number outside its range.
    Range,
    /// Twice the same.
    Repeated,
    /// Contradicts another member.
    Contradiction,
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "required",
            Self::UnknownMember => "unknown member",
            Self::Type => "wrong JSON type",
            Self::Length => "length or control characters",
            Self::Count => "number of items",
            Self::Value => "value not allowed",
            Self::Form => "wrong form",
            Self::Range => "out of range",
            Self::Repeated => "repeated",
            Self::Contradiction => "contradicts another member",
        })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("instance_id", &self.instance_id)
            .field("conversation_id", &self.conversation_id)
            .field("sender", &self.sender)
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}

impl Message {
    /// Reads a message and checks every rule of its kind.
    ///
    /// # Errors
    /// The first rule that is broken, in the order header, common members, members of the kind.
    pub fn read(document: &Value) -> Result<Self, MessageFault> {
        let top = At::top(document).object(&["standardBusinessDocument"])?;
        let document = top.required("standardBusinessDocument")?;
        let members =
            document.object(&["standardBusinessDocumentHeader", "digital", "utskrift"])?;
        let header = Header::read(&members.required("standardBusinessDocumentHeader")?)?;
        let (kind, body) = match (members.optional("digital"), members.optional("utskrift")) {
            (Some(body), None) => (DIGITAL, body),
            (None, Some(body)) => (PRINT, body),
            (None, None) => return Err(document.fault(Rule::Missing)),
            (Some(_), Some(_)) => return Err(document.fault(Rule::Contradiction)),
        };
        header.must_announce(kind)?;
        let body = body.object(kind.members)?;
        let content = if kind.name == DIGITAL.name {
            Content::Digital(Digital::read(&body)?)
        } else {
            Content::Print(Print::read(&body)?)
        };
        Ok(Self {
            instance_id: header.instance_id,
            conversation_id: header.conversation_id,
            created_at: header.created_at,
            sender: header.sender,
            receiver: header.receiver,
            controller: controller(&body.required("avsender")?)?,
            fingerprint: fingerprint(&body.required("dokumentpakkefingeravtrykk")?)?,
            token: body
                .required("maskinportentoken")?
                .text(1, usize::MAX)?
                .to_owned(),
            content,
        })
    }

    /// `digital` or `utskrift`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind_of().name
    }

    /// The process identifier, which the receipts repeat.
    #[must_use]
    pub fn process(&self) -> &'static str {
        self.kind_of().process
    }

    fn kind_of(&self) -> Kind {
        match self.content {
            Content::Digital(_) => DIGITAL,
            Content::Print(_) => PRINT,
        }
    }
}

/// What an access point reads of a message before it checks its form.
pub(super) struct Glimpse<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) controller: Option<OrgNumber>,
    pub(super) instance_id: Option<Uuid>,
}

impl<'a> Glimpse<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        let document = document.get("standardBusinessDocument");
        let body = document.and_then(|top| top.get("digital").or_else(|| top.get("utskrift")));
        let text = |value: Option<&'a Value>, pointer: &str| value?.pointer(pointer)?.as_str();
        Self {
            token: text(body, "/maskinportentoken"),
            controller: text(body, "/avsender/virksomhetsidentifikator/value")
                .and_then(organisation_of),
            instance_id: text(
                document,
                "/standardBusinessDocumentHeader/documentIdentification/instanceIdentifier",
            )
            .and_then(|text| Uuid::parse_str(text).ok()),
        }
    }
}

/// An organisation as identifiers have it: `0192:` and nine digits whose check digit is right.
pub(super) fn organisation_of(text: &str) -> Option<OrgNumber> {
    let digits = text.strip_prefix("0192:")?;
    let nine = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    nine.then(|| OrgNumber::parse(digits).ok()).flatten()
}

#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    standard: &'static str,
    process: &'static str,
    members: &'static [&'static str],
}

const DIGITAL: Kind = Kind {
    name: "digital",
    standard: "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:digital::1.0",
    process: "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:digital:ver1.0",
    members: &[
        "avsender",
        "mottaker",
        "dokumentpakkefingeravtrykk",
        "maskinportentoken",
        "sikkerhetsnivaa",
        "virkningsdato",
        "virkningstidspunkt",
        "aapningskvittering",
        "ikkesensitivtittel",
        "spraak",
        "varsler",
    ],
};

const PRINT: Kind = Kind {
    name: "utskrift",
    standard: "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:utskrift::1.0",
    process: "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:utskrift:ver1.0",
    members: &[
        "avsender",
        "mottaker",
        "dokumentpakkefingeravtrykk",
        "maskinportentoken",
        "utskriftstype",
        "retur",
        "posttype",
    ],
};

struct Header<'a> {
    instance_id: Uuid,
    conversation_id: Uuid,
    created_at: Timestamp,
    sender: OrgNumber,
    receiver: OrgNumber,
    kind: At<'a>,
    standard: At<'a>,
    process: At<'a>,
}

impl<'a> Header<'a> {
    fn read(at: &At<'a>) -> Result<Self, MessageFault> {
        let header = at.object(&[
            "headerVersion",
            "sender",
            "receiver",
            "documentIdentification",
            "businessScope",
        ])?;
        header.required("headerVersion")?.one_of(&["1.0"])?;
        let identification = header.required("documentIdentification")?.object(&[
            "standard",
            "typeVersion",
            "instanceIdentifier",
            "type",
            "creationDateAndTime",
        ])?;
        identification.required("typeVersion")?.one_of(&["1.0"])?;
        let scopes = header
            .required("businessScope")?
            .object(&["scope"])?
            .required("scope")?;
        let [scope] = scopes
            .items(1, 1)?
            .try_into()
            .map_err(|_| scopes.fault(Rule::Count))?;
        let scope = scope.object(&[
            "type",
            "instanceIdentifier",
            "identifier",
            "scopeInformation",
        ])?;
        scope.required("type")?.one_of(&["ConversationId"])?;
        if let Some(information) = scope.optional("scopeInformation") {
            for item in information.items(0, 1)? {
                if let Some(expected) = item
                    .object(&["expectedResponseDateTime"])?
                    .optional("expectedResponseDateTime")
                {
                    expected.instant()?;
                }
            }
        }
        Ok(Self {
            instance_id: identification.required("instanceIdentifier")?.uuid()?,
            conversation_id: scope.required("instanceIdentifier")?.uuid()?,
            created_at: identification.required("creationDateAndTime")?.instant()?,
            sender: party(&header.required("sender")?)?,
            receiver: party(&header.required("receiver")?)?,
            kind: identification.required("type")?,
            standard: identification.required("standard")?,
            process: scope.required("identifier")?,
        })
    }

    fn must_announce(&self, kind: Kind) -> Result<(), MessageFault> {
        self.kind.one_of(&[kind.name])?;
        self.standard.one_of(&[kind.standard])?;
        self.process.one_of(&[kind.process])?;
        Ok(())
    }
}

fn party(at: &At<'_>) -> Result<OrgNumber, MessageFault> {
    let [party] = at
        .items(1, 1)?
        .try_into()
        .map_err(|_| at.fault(Rule::Count))?;
    organisation(&party.object(&["identifier"])?.required("identifier")?)
}

fn organisation(at: &At<'_>) -> Result<OrgNumber, MessageFault> {
    let identifier = at.object(&["authority", "value"])?;
    identifier
        .required("authority")?
        .one_of(&["iso6523-actorid-upis"])?;
    let value = identifier.required("value")?;
    organisation_of(value.string()?).ok_or_else(|| value.fault(Rule::Form))
}

fn controller(at: &At<'_>) -> Result<Controller, MessageFault> {
    let members = at.object(&[
        "virksomhetsidentifikator",
        "avsenderidentifikator",
        "fakturaReferanse",
    ])?;
    Ok(Controller {
        organisation: organisation(&members.required("virksomhetsidentifikator")?)?,
        unit: members.optional_text("avsenderidentifikator", 1, 100)?,
        invoice_reference: members.optional_text("fakturaReferanse", 1, 40)?,
    })
}

fn fingerprint(at: &At<'_>) -> Result<[u8; 32], MessageFault> {
    let members = at.object(&["digestMethod", "digestValue"])?;
    members
        .required("digestMethod")?
        .one_of(&["http://www.w3.org/2001/04/xmlenc#sha256"])?;
    let value = members.required("digestValue")?;
    let digest = STANDARD.decode(value.string()?).ok();
    digest
        .and_then(|digest| digest.try_into().ok())
        .ok_or_else(|| value.fault(Rule::Form))
}

impl Digital {
    fn read(body: &Members<'_>) -> Result<Self, MessageFault> {
        let recipient = body.required("mottaker")?.object(&["postkasseadresse"])?;
        let language = body.required("spraak")?;
        let letters = language.string()?;
        if letters.len() != 2 || !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(language.fault(Rule::Form));
        }
        let date = body.optional("virkningsdato");
        let effective = match (date, body.optional("virkningstidspunkt")) {
            (None, None) => None,
            (Some(date), None) => Some(Effective::On(date.date()?)),
            (None, Some(time)) => Some(Effective::At(time.instant()?)),
            (Some(_), Some(time)) => return Err(time.fault(Rule::Contradiction)),
        };
        let (email, sms) = match body.optional("varsler") {
            None => (None, None),
            Some(notices) => {
                let notices = notices.object(&["epostvarsel", "smsvarsel"])?;
                let email = notices.optional("epostvarsel");
                let sms = notices.optional("smsvarsel");
                (
                    email
                        .map(|at| notice(&at, "epostadresse", is_email, 500))
                        .transpose()?,
                    sms.map(|at| notice(&at, "mobiltelefonnummer", is_phone, 160))
                        .transpose()?,
                )
            }
        };
        let wants_opening = match body.optional("aapningskvittering") {
            None => false,
            Some(at) => at.value.as_bool().ok_or_else(|| at.fault(Rule::Type))?,
        };
        Ok(Self {
            mailbox: recipient
                .required("postkasseadresse")?
                .text(1, usize::MAX)?
                .to_owned(),
            security_level: body.required("sikkerhetsnivaa")?.integer(3, 4)?,
            non_sensitive_title: body
                .required("ikkesensitivtittel")?
                .text(1, 255)?
                .to_owned(),
            language: letters.to_owned(),
            effective,
            wants_opening,
            email,
            sms,
        })
    }
}

fn notice(
    at: &At<'_>,
    address: &'static str,
    is_address: fn(&str) -> bool,
    longest: usize,
) -> Result<Notice, MessageFault> {
    let members = at.object(&[address, "varslingstekst", "repetisjoner"])?;
    let to = members.required(address)?;
    if !is_address(to.string()?) {
        return Err(to.fault(Rule::Form));
    }
    let text = members.required("varslingstekst")?;
    if !(1..=longest).contains(&text.string()?.chars().count()) {
        return Err(text.fault(Rule::Length));
    }
    let repetitions = members.required("repetisjoner")?;
    let mut days = Vec::new();
    for item in repetitions.items(1, 10)? {
        let day = item.integer(0, 25)?;
        if days.contains(&day) {
            return Err(item.fault(Rule::Repeated));
        }
        days.push(day);
    }
    Ok(Notice {
        to: to.string()?.to_owned(),
        text: text.string()?.to_owned(),
        days,
    })
}

/// RFC 5321 without quoted local parts and address literals.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 254
        && local.len() <= 64
        && local
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(atom))
        && domain.split('.').all(label)
}

/// 8 to 20 of digits, blanks, hyphens and underscores, after at most one leading plus.
fn is_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    (8..=20).contains(&text.len())
        && !rest.is_empty()
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"- _".contains(&byte))
}

impl Print {
    fn read(body: &Members<'_>) -> Result<Self, MessageFault> {
        let returns = body
            .required("retur")?
            .object(&["mottaker", "returposthaandtering"])?;
        let colour = body
            .required("utskriftstype")?
            .one_of(&["SORT_HVIT", "FARGE"])?;
        let post_class = body
            .optional("posttype")
            .map(|at| at.one_of(&["A", "B"]))
            .transpose()?;
        let handling = returns
            .required("returposthaandtering")?
            .one_of(&["DIREKTE_RETUR", "MAKULERING_MED_MELDING"])?;
        Ok(Self {
            recipient: address(&body.required("mottaker")?)?,
            return_to: address(&returns.required("mottaker")?)?,
            colour: if colour == 0 {
                Colour::BlackAndWhite
            } else {
                Colour::Colour
            },
            post_class: post_class.map(|class| {
                if class == 0 {
                    PostClass::A
                } else {
                    PostClass::B
                }
            }),
            return_handling: if handling == 0 {
                ReturnHandling::SentBack
            } else {
                ReturnHandling::ShreddedAndReported
            },
        })
    }
}

fn address(at: &At<'_>) -> Result<Address, MessageFault> {
    let members = at.object(&[
        "navn",
        "adresselinje1",
        "adresselinje2",
        "adresselinje3",
        "adresselinje4",
        "postnummer",
        "poststed",
        "land",
        "landkode",
    ])?;
    let name = members.required("navn")?.text(1, 130)?.to_owned();
    let mut lines = vec![members.required("adresselinje1")?.text(1, 100)?.to_owned()];
    for line in ["adresselinje2", "adresselinje3", "adresselinje4"] {
        lines.extend(members.optional_text(line, 0, 100)?);
    }
    let town = members.optional_text("poststed", 1, 80)?;
    let place = match (members.optional("postnummer"), country(&members)?) {
        (Some(_), Some((country, _))) => return Err(country.fault(Rule::Contradiction)),
        (Some(postcode), None) => {
            let digits = postcode.string()?;
            if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(postcode.fault(Rule::Form));
            }
            let town = town.ok_or_else(|| members.missing("poststed"))?;
            Place::Norway {
                postcode: digits.to_owned(),
                town,
            }
        }
        (None, Some((_, country))) => Place::Abroad {
            country: country.to_owned(),
            town,
        },
        (None, None) => return Err(members.missing("postnummer")),
    };
    Ok(Address { name, lines, place })
}

/// Exactly one of name and code, and not Norway: a Norwegian address has neither.
fn country<'a>(members: &Members<'a>) -> Result<Option<(At<'a>, &'a str)>, MessageFault> {
    let (at, text) = match (members.optional("land"), members.optional("landkode")) {
        (None, None) => return Ok(None),
        (Some(_), Some(code)) => return Err(code.fault(Rule::Contradiction)),
        (Some(name), None) => {
            let text = name.text(1, 80)?;
            (name, text)
        }
        (None, Some(code)) => {
            let text = code.string()?;
            if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err(code.fault(Rule::Form));
            }
            (code, text)
        }
    };
    match ["no", "norge", "noreg", "norway"].contains(&text.to_lowercase().as_str()) {
        true => Err(at.fault(Rule::Value)),
        false => Ok(Some((at, text))),
    }
}

/// A value and where it stands.
struct At<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    fn top(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    fn fault(&self, rule: Rule) -> MessageFault {
        MessageFault {
            path: self.path.clone(),
            rule,
        }
    }

    fn object(&self, known: &[&str]) -> Result<Members<'a>, MessageFault> {
        let map = self
            .value
            .as_object()
            .ok_or_else(|| self.fault(Rule::Type))?;
        match map.keys().all(|name| known.contains(&name.as_str())) {
            true => Ok(Members {
                map,
                path: self.path.clone(),
            }),
            false => Err(self.fault(Rule::UnknownMember)),
        }
    }

    fn items(&self, fewest: usize, most: usize) -> Result<Vec<At<'a>>, MessageFault> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.fault(Rule::Type))?;
        if !(fewest..=most).contains(&items.len()) {
            return Err(self.fault(Rule::Count));
        }
        let at = |(index, value)| At {
            value,
            path: format!("{}/{index}", self.path),
        };
        Ok(items.iter().enumerate().map(at).collect())
    }

    fn string(&self) -> Result<&'a str, MessageFault> {
        self.value.as_str().ok_or_else(|| self.fault(Rule::Type))
    }

    /// Lengths count characters (Unicode scalar values), as JSON schema does.
    fn text(&self, shortest: usize, longest: usize) -> Result<&'a str, MessageFault> {
        let text = self.string()?;
        let fits = (shortest..=longest).contains(&text.chars().count());
        match fits && !text.chars().any(char::is_control) {
            true => Ok(text),
            false => Err(self.fault(Rule::Length)),
        }
    }

    /// The position of the value in the list.
    fn one_of(&self, allowed: &[&str]) -> Result<usize, MessageFault> {
        let text = self.string()?;
        allowed
            .iter()
            .position(|one| *one == text)
            .ok_or_else(|| self.fault(Rule::Value))
    }

    /// A whole number; `3.0` is one.
    fn integer(&self, least: u8, most: u8) -> Result<u8, MessageFault> {
        let number = self.value.as_f64().ok_or_else(|| self.fault(Rule::Type))?;
        (least..=most)
            .find(|candidate| f64::from(*candidate) == number)
            .ok_or_else(|| self.fault(Rule::Range))
    }

    fn uuid(&self) -> Result<Uuid, MessageFault> {
        let text = self.string()?;
        let hyphenated = (text.len() == 36)
            .then(|| Uuid::parse_str(text).ok())
            .flatten();
        hyphenated.ok_or_else(|| self.fault(Rule::Form))
    }

    fn instant(&self) -> Result<Timestamp, MessageFault> {
        instant(self.string()?).ok_or_else(|| self.fault(Rule::Form))
    }

    fn date(&self) -> Result<Date, MessageFault> {
        let text = self.string()?;
        let date = is_shaped(text, "0000-00-00")
            .then(|| text.parse().ok())
            .flatten();
        date.ok_or_else(|| self.fault(Rule::Form))
    }
}

struct Members<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Members<'a> {
    fn optional(&self, name: &str) -> Option<At<'a>> {
        let value = self.map.get(name)?;
        Some(At {
            value,
            path: format!("{}/{name}", self.path),
        })
    }

    fn required(&self, name: &str) -> Result<At<'a>, MessageFault> {
        self.optional(name).ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> MessageFault {
        MessageFault {
            path: format!("{}/{name}", self.path),
            rule: Rule::Missing,
        }
    }

    fn optional_text(
        &self,
        name: &str,
        shortest: usize,
        longest: usize,
    ) -> Result<Option<String>, MessageFault> {
        let text = self
            .optional(name)
            .map(|at| at.text(shortest, longest))
            .transpose()?;
        Ok(text.map(str::to_owned))
    }
}

/// An instant of RFC 3339, or of XML Schema with an offset: `T` in the middle, seconds, perhaps a
/// fraction, and `Z` or an offset in hours and minutes.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let (clock, rest) = text.split_at_checked(19)?;
    let offset = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if offset.len() == fraction.len() {
                return None;
            }
            offset
        }
    };
    let shaped = is_shaped(clock, "0000-00-00T00:00:00")
        && (offset == "Z" || is_shaped(offset, "+00:00") || is_shaped(offset, "-00:00"));
    shaped.then(|| text.parse().ok()).flatten()
}

/// Whether `text` has a digit where `shape` has `0`, and the same bytes elsewhere.
fn is_shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                _ => byte == wanted,
            })
}

#[cfg(test)]
mod tests {
    use super::{Address, Place, instant, is_email, is_phone};

    #[test]
    fn an_instant_has_seconds_and_an_offset() {
        for good in ["2022-03-16T14:16:08.883+01:00", "2022-03-16T00:00:00Z"] {
            assert!(instant(good).is_some(), "{good}");
        }
        for bad in [
            "2022-03-16T14:16:08",
            "2022-03-16T14:16+01:00",
            "2022-03-16 14:16:08Z",
            "2022-03-16T14:16:08.+01:00",
            "2022-03-16T14:16:08+0100",
            "2022-03-16T14:16:08+01:00[Europe/Oslo]",
            "2022-02-30T14:16:08Z",
            "æææææææææææææææææææ",
        ] {
            assert!(instant(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_printed_as_it_stands_in_norway_and_abroad() {
        let lines = vec!["c/o Prøve".to_owned(), String::new(), "Gatan 1".to_owned()];
        let address = |place| Address {
            name: "Prøve Person".to_owned(),
            lines: lines.clone(),
            place,
        };
        let norway = address(Place::Norway {
            postcode: "9998".to_owned(),
            town: "EKSEMPELBY".to_owned(),
        });
        let printed = ["c/o Prøve", "Gatan 1", "9998 EKSEMPELBY"];
        assert_eq!(norway.lines_below_the_name(), printed);
        let abroad = address(Place::Abroad {
            country: "SE".to_owned(),
            town: None,
        });
        let printed = ["c/o Prøve", "Gatan 1", "SE"];
        assert_eq!(abroad.lines_below_the_name(), printed);
    }

    #[test]
    fn notices_go_to_addresses_of_the_right_form() {
        assert!(is_email("a.b+c@example.com"));
        for bad in [
            "",
            "@",
            "a@",
            "a b@example.com",
            "a@b@example.com",
            ".a@example.com",
            "a@-b.no",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(is_phone("0047 912 34 567"));
        for bad in [
            "1234567",
            "+",
            "91234567x",
            "++4791234567",
            "111111111111111111111",
        ] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
