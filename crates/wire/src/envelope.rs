//! The outgoing business message: standard business document header and one of `digital` and
//! `utskrift`, signed as a JWS.
//!
//! Its parts are made so that a message which breaks the schema or the protocol can't be put
//! together: there is room for exactly one scope, one sender, one receiver and at most one
//! effective time, the digest comes from the sealed parcel alone, and an address has one of its two
//! shapes.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};
use utpost_domain::{
    ConversationId, Country, Destination, Digest, EmailNotice, Language, MailboxAddress, MessageId,
    NonSensitiveTitle, Notices, OpeningReceipt, OrgNumber, PostalAddress, Repeats, SecurityLevel,
    Sensitive, SmsNotice,
};
use utpost_parcel::{SealedParcel, Sender};
use utpost_pki::Signer;

use crate::form;
use crate::jws::{self, Shown, SigningFault};
use crate::maskinporten::AccessToken;

/// What every message says of itself.
#[derive(Debug, Clone)]
pub struct Heading {
    /// Names this message, also in every retry of it.
    pub message: MessageId,
    /// Names the exchange; receipts carry it.
    pub conversation: ConversationId,
    /// Who technically sends and signs: the agency, or its processor (databehandler). Receipts are
    /// addressed to it.
    pub technical_sender: OrgNumber,
    /// On whose behalf the letter goes; the same values as in the parcel's manifest.
    pub sender: Sender,
    /// The mailbox or print provider, by the register's answer.
    pub receiver: OrgNumber,
    /// When this message was made.
    pub created_at: Timestamp,
}

/// A letter to a mailbox.
#[derive(Debug, Clone)]
pub struct Digital {
    /// The citizen's mailbox, unchanged from the register.
    pub mailbox: MailboxAddress,
    /// How strongly the citizen must have logged in to open it.
    pub security_level: SecurityLevel,
    /// Shown before login at that level, and in the provider's own notices.
    pub title: NonSensitiveTitle,
    /// The letter's language.
    pub language: Language,
    /// When the letter becomes visible, at most a year ahead; `None` or the past means at once.
    pub visible_from: Option<Timestamp>,
    /// Whether the citizen is asked to let the opening be told.
    pub opening_receipt: OpeningReceipt,
    /// Notices ordered.
    pub notices: Notices,
}

/// A letter on paper.
#[derive(Debug, Clone)]
pub struct Print {
    /// To whom; printed on the sheet or envelope.
    pub recipient: PostalAddress,
    /// Where an undeliverable letter goes.
    pub return_address: PostalAddress,
    /// What becomes of an undeliverable letter.
    pub returns: ReturnHandling,
    /// Black or colour.
    pub colour: PrintColour,
    /// Class of post.
    pub post_class: PostClass,
}

/// Colour of all sheets (`utskriftstype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrintColour {
    /// Black.
    Black,
    /// Colour, at a higher price.
    Colour,
}

/// Class of post (`posttype`). The postal service has merged the two; both stay legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostClass {
    /// Formerly priority.
    A,
    /// Formerly economy.
    B,
}

/// What becomes of a letter that can't be delivered (`returposthaandtering`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReturnHandling {
    /// The paper comes back to the return address; no receipt tells of it.
    SendBack,
    /// It is shredded, and a receipt tells of it.
    ShredAndReport,
}

/// Why the parts do not make a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// Message and conversation have the same id.
    #[error("message and conversation have the same id")]
    SameId,
    /// The name of the sub-unit has no or more than 100 characters.
    #[error("the sub-unit has no or more than 100 characters")]
    Unit,
    /// The invoice reference has no or more than 40 characters.
    #[error("the invoice reference has no or more than 40 characters")]
    InvoiceReference,
    /// The effective time lies more than a year ahead.
    #[error("the effective time lies more than a year ahead")]
    TooFarAhead,
}

/// A message that lacks only the token and the signature.
#[derive(Debug, Clone)]
pub struct Envelope {
    heading: Heading,
    fingerprint: Digest,
    letter: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Digital(Digital),
    Print(Print),
}

impl Envelope {
    /// A letter to a mailbox, with the parcel that belongs to it.
    ///
    /// # Errors
    /// [`EnvelopeFault`].
    pub fn digital(
        heading: Heading,
        parcel: &SealedParcel,
        letter: Digital,
    ) -> Result<Self, EnvelopeFault> {
        if letter
            .visible_from
            .is_some_and(|at| at > a_year_after(heading.created_at))
        {
            return Err(EnvelopeFault::TooFarAhead);
        }
        Self::with(heading, parcel, Form::Digital(letter))
    }

    /// A letter on paper, with the parcel that belongs to it.
    ///
    /// # Errors
    /// [`EnvelopeFault`], apart from [`EnvelopeFault::TooFarAhead`].
    pub fn print(
        heading: Heading,
        parcel: &SealedParcel,
        letter: Print,
    ) -> Result<Self, EnvelopeFault> {
        Self::with(heading, parcel, Form::Print(letter))
    }

    /// The message as JSON (UTF-8, members always in the same order), the token in it.
    pub fn to_json_with(&self, token: &AccessToken) -> Sensitive<String> {
        let token = token.expose("token inside the message");
        let letter = match &self.letter {
            Form::Digital(letter) => self.digital_member(letter, token),
            Form::Print(letter) => self.print_member(letter, token),
        };
        let mut document = Map::new();
        document.insert("standardBusinessDocumentHeader".to_owned(), self.header());
        document.insert(self.type_name().to_owned(), letter);
        Sensitive::new(json!({ "standardBusinessDocument": document }).to_string())
    }

    /// Signs the message with the token in it. Signing again with a newer token keeps the ids and
    /// the digest.
    ///
    /// # Errors
    /// [`SigningFault`], with [`SigningFault::NotTheSender`] when the certificate is not the
    /// technical sender's: the receiver would refuse it.
    pub fn sign(
        &self,
        token: &AccessToken,
        signer: &dyn Signer,
    ) -> Result<SignedMessage, SigningFault> {
        let owner = signer
            .chain()
            .first()
            .ok_or(SigningFault::NoCertificate)?
            .organisation();
        if owner != Some(self.heading.technical_sender) {
            return Err(SigningFault::NotTheSender);
        }
        let json = self.to_json_with(token);
        let compact = jws::sign(json.expose("payload to sign"), &Shown::Leaf, signer)?;
        Ok(SignedMessage { compact })
    }

    fn with(heading: Heading, parcel: &SealedParcel, letter: Form) -> Result<Self, EnvelopeFault> {
        if heading.message.as_bytes() == heading.conversation.as_bytes() {
            return Err(EnvelopeFault::SameId);
        }
        let in_range = |text: Option<&str>, limit| {
            form::fits(text, limit) && text.is_none_or(|text| !text.trim().is_empty())
        };
        if !in_range(heading.sender.unit.as_deref(), form::UNIT_LIMIT) {
            return Err(EnvelopeFault::Unit);
        }
        if !in_range(
            heading.sender.invoice_reference.as_deref(),
            form::INVOICE_LIMIT,
        ) {
            return Err(EnvelopeFault::InvoiceReference);
        }
        Ok(Self {
            heading,
            fingerprint: parcel.fingerprint(),
            letter,
        })
    }

    fn type_name(&self) -> &'static str {
        match self.letter {
            Form::Digital(_) => "digital",
            Form::Print(_) => "utskrift",
        }
    }

    fn header(&self) -> Value {
        let heading = &self.heading;
        let name = self.type_name();
        let party = |number: OrgNumber| json!([{ "identifier": organisation(number) }]);
        json!({
            "headerVersion": "1.0",
            "sender": party(heading.technical_sender),
            "receiver": party(heading.receiver),
            "documentIdentification": {
                "standard": format!(
                    "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##\
                     urn:fdc:digdir.no:2020:innbyggerpost:schema:{name}::1.0"
                ),
                "typeVersion": "1.0",
                "instanceIdentifier": heading.message.to_string(),
                "type": name,
                "creationDateAndTime": form::oslo(heading.created_at),
            },
            "businessScope": { "scope": [{
                "type": form::SCOPE_TYPE,
                "instanceIdentifier": heading.conversation.to_string(),
                "identifier": format!(
                    "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:{name}:ver1.0"
                ),
            }] },
        })
    }

    fn digital_member(&self, letter: &Digital, token: &str) -> Value {
        let mut member = self.common(
            json!({ "postkasseadresse": letter.mailbox.expose("receiver of the message") }),
            token,
        );
        let mut set = |name: &str, value: Value| member.insert(name.to_owned(), value);
        set("sikkerhetsnivaa", json!(u8::from(letter.security_level)));
        set(
            "ikkesensitivtittel",
            json!(letter.title.expose("title in the message")),
        );
        set("spraak", json!(letter.language.as_str()));
        if let Some(at) = letter.visible_from {
            set("virkningstidspunkt", json!(form::oslo(at)));
        }
        set(
            "aapningskvittering",
            json!(letter.opening_receipt == OpeningReceipt::Wanted),
        );
        if letter.notices.email.is_some() || letter.notices.sms.is_some() {
            set("varsler", notices(&letter.notices));
        }
        Value::Object(member)
    }

    fn print_member(&self, letter: &Print, token: &str) -> Value {
        let mut member = self.common(address(&letter.recipient), token);
        let mut set = |name: &str, value: Value| member.insert(name.to_owned(), value);
        set(
            "utskriftstype",
            json!(match letter.colour {
                PrintColour::Black => "SORT_HVIT",
                PrintColour::Colour => "FARGE",
            }),
        );
        set(
            "retur",
            json!({
                "mottaker": address(&letter.return_address),
                "returposthaandtering": match letter.returns {
                    ReturnHandling::SendBack => "DIREKTE_RETUR",
                    ReturnHandling::ShredAndReport => "MAKULERING_MED_MELDING",
                },
            }),
        );
        set(
            "posttype",
            json!(match letter.post_class {
                PostClass::A => "A",
                PostClass::B => "B",
            }),
        );
        Value::Object(member)
    }

    /// The four members that both messages begin with.
    fn common(&self, receiver: Value, token: &str) -> Map<String, Value> {
        let sender = &self.heading.sender;
        let mut from = Map::new();
        from.insert(
            "virksomhetsidentifikator".to_owned(),
            organisation(sender.organisation),
        );
        if let Some(unit) = &sender.unit {
            from.insert("avsenderidentifikator".to_owned(), json!(unit));
        }
        if let Some(reference) = &sender.invoice_reference {
            from.insert("fakturaReferanse".to_owned(), json!(reference));
        }
        let mut member = Map::new();
        member.insert("avsender".to_owned(), Value::Object(from));
        member.insert("mottaker".to_owned(), receiver);
        member.insert(
            "dokumentpakkefingeravtrykk".to_owned(),
            json!({
                "digestMethod": "http://www.w3.org/2001/04/xmlenc#sha256",
                "digestValue": self.fingerprint.base64(),
            }),
        );
        member.insert("maskinportentoken".to_owned(), json!(token));
        member
    }
}

/// A signed message, compact JWS. Holds the token, and phone numbers and the like: it never
/// prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMessage {
    compact: Sensitive<String>,
}

impl SignedMessage {
    /// The compact text, exactly as it is to be sent and kept.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.compact.expose(reason)
    }
}

fn organisation(number: OrgNumber) -> Value {
    json!({ "authority": form::AUTHORITY, "value": number.iso6523() })
}

fn notices(notices: &Notices) -> Value {
    let days = |repeats: &Repeats| json!(repeats.days());
    let mut member = Map::new();
    if let Some(EmailNotice {
        address,
        text,
        repeats,
    }) = &notices.email
    {
        let notice = json!({
            "epostadresse": address.expose("notice in the message"),
            "varslingstekst": text.as_str(),
            "repetisjoner": days(repeats),
        });
        member.insert("epostvarsel".to_owned(), notice);
    }
    if let Some(SmsNotice {
        number,
        text,
        repeats,
    }) = &notices.sms
    {
        let notice = json!({
            "mobiltelefonnummer": number.expose("notice in the message"),
            "varslingstekst": text.as_str(),
            "repetisjoner": days(repeats),
        });
        member.insert("smsvarsel".to_owned(), notice);
    }
    Value::Object(member)
}

/// Norwegian with post code and town and no country, or foreign with exactly one of country code
/// and country.
fn address(address: &PostalAddress) -> Value {
    let reason = "address in the message";
    let mut member = Map::new();
    let mut set = |name: &str, value: &str| member.insert(name.to_owned(), json!(value));
    set("navn", address.name(reason));
    for (number, line) in (1..).zip(address.lines(reason)) {
        set(&format!("adresselinje{number}"), line);
    }
    match address.destination() {
        Destination::Norway { postcode, town } => {
            set("postnummer", postcode.expose(reason));
            set("poststed", town.expose(reason));
        }
        Destination::Abroad(Country::Code(code)) => {
            set("landkode", code.as_str());
        }
        Destination::Abroad(Country::Name(name)) => {
            set("land", name.expose(reason));
        }
    }
    Value::Object(member)
}

fn a_year_after(at: Timestamp) -> Timestamp {
    at.to_zoned(TimeZone::UTC)
        .checked_add(1.year())
        .map_or(Timestamp::MAX, |later| later.timestamp())
}
