//! The receipts a provider sends: made, signed, and, for practice, forged.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::extension::KeyUsage;
use openssl::x509::{X509, X509NameBuilder, X509Ref};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utpost_domain::OrgNumber;
use uuid::Uuid;

use super::message::{Controller, Message};

/// What a receipt must know of the message it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The conversation, which the receipt shares.
    pub conversation_id: Uuid,
    /// The process, which the receipt repeats.
    pub process: String,
    /// The technical sender; receiver of the receipt.
    pub sender: OrgNumber,
    /// `avsender`; the receipt's `mottaker`.
    pub controller: Controller,
}

impl From<&Message> for Original {
    fn from(message: &Message) -> Self {
        Self {
            conversation_id: message.conversation_id,
            process: message.process().to_owned(),
            sender: message.sender,
            controller: message.controller.clone(),
        }
    }
}

/// One receipt to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its own identifier, new for each receipt.
    pub receipt_id: Uuid,
    /// The provider that sends it.
    pub provider: OrgNumber,
    /// When the event happened, and when the receipt was made.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// The six kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// `leveringskvittering`: in the mailbox, or handed to the postal company.
    Delivered,
    /// `aapningskvittering`.
    Opened,
    /// `varslingfeiletkvittering`.
    NotificationFailed {
        /// Which notice.
        channel: NoticeChannel,
        /// `beskrivelse`.
        description: Option<String>,
    },
    /// `mottakskvittering`: print only.
    AcceptedForPrint,
    /// `returpostkvittering`: print only.
    Returned,
    /// `feil`: not delivered.
    Failed {
        /// Whose fault.
        side: Side,
        /// `detaljer`.
        details: Option<String>,
    },
}

/// `varslingskanal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeChannel {
    /// E-mail.
    #[serde(rename = "epost")]
    Email,
    /// SMS.
    #[serde(rename = "sms")]
    Sms,
}

/// `feiltype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The sender's.
    #[serde(rename = "KLIENT")]
    Client,
    /// The provider's.
    #[serde(rename = "SERVER")]
    Server,
}

impl Event {
    /// `documentIdentification.type`, and the name of the message member.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Delivered => "leveringskvittering",
            Self::Opened => "aapningskvittering",
            Self::NotificationFailed { .. } => "varslingfeiletkvittering",
            Self::AcceptedForPrint => "mottakskvittering",
            Self::Returned => "returpostkvittering",
            Self::Failed { .. } => "feil",
        }
    }
}

impl Receipt {
    /// The receipt as the business document it is signed as. Times are Norwegian, with offset.
    #[must_use]
    pub fn to_json(&self, original: &Original) -> Value {
        let kind = self.event.kind();
        let at = oslo(self.at);
        let party = |organisation: OrgNumber| json!({"authority": "iso6523-actorid-upis", "value": organisation.iso6523()});
        let mut body = json!({
            "avsender": {"virksomhetsidentifikator": party(self.provider)},
            "mottaker": {"virksomhetsidentifikator": party(original.controller.organisation)},
            "tidspunkt": at,
        });
        if let Some(unit) = &original.controller.unit {
            body["mottaker"]["motakeridentifikator"] = json!(unit);
        }
        match &self.event {
            Event::NotificationFailed {
                channel,
                description,
            } => {
                body["varslingskanal"] = json!(channel);
                if let Some(description) = description {
                    body["beskrivelse"] = json!(description);
                }
            }
            Event::Failed { side, details } => {
                body["feiltype"] = json!(side);
                if let Some(details) = details {
                    body["detaljer"] = json!(details);
                }
            }
            Event::Delivered | Event::Opened | Event::AcceptedForPrint | Event::Returned => {}
        }
        json!({"standardBusinessDocument": {
            "standardBusinessDocumentHeader": {
                "headerVersion": "1.0",
                "sender": [{"identifier": party(self.provider)}],
                "receiver": [{"identifier": party(original.sender)}],
                "documentIdentification": {
                    "standard": format!("{STANDARD_BEFORE_KIND}{kind}::1.0"),
                    "typeVersion": "1.0",
                    "instanceIdentifier": self.receipt_id.to_string(),
                    "type": kind,
                    "creationDateAndTime": at,
                },
                "businessScope": {"scope": [{
                    "type": "ConversationId",
                    "instanceIdentifier": original.conversation_id.to_string(),
                    "identifier": original.process,
                    "scopeInformation": [],
                }]},
            },
            kind: body,
        }})
    }
}

/// As the providers write it, with a capital I.
const STANDARD_BEFORE_KIND: &str = "urn:fdc:digdir.no:2020:innbyggerpost:xsd::Innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:schema:";

fn oslo(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%Y-%m-%dT%H:%M:%S.%3f%:z")
        .to_string()
}

/// Signs with RS512 and one certificate in `x5c`, as a provider does.
///
/// # Errors
/// OpenSSL's, when the key is not an RSA key.
pub fn sign(
    document: &Value,
    key: &PKeyRef<Private>,
    certificate: &X509Ref,
) -> Result<String, ErrorStack> {
    let header = json!({"x5c": [STANDARD.encode(certificate.to_der()?)], "alg": "RS512"});
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&header), encode(document));
    let signature =
        Signer::new(MessageDigest::sha512(), key)?.sign_oneshot_to_vec(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The ways a receipt can be forged on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forgery {
    /// The provider's certificate, but a signature by a key nobody knows.
    WrongKey,
    /// A right signature, by a certificate that names the provider and signed itself.
    SelfMadeCertificate,
    /// The provider's signature, over another text.
    ChangedText,
}

/// Signs a receipt as a forger would.
///
/// # Errors
/// OpenSSL's.
pub fn forge(
    document: &Value,
    key: &PKeyRef<Private>,
    certificate: &X509Ref,
    forgery: Forgery,
) -> Result<String, ErrorStack> {
    match forgery {
        Forgery::WrongKey => {
            let key = stranger()?;
            sign(document, &key, certificate)
        }
        Forgery::SelfMadeCertificate => {
            let key = stranger()?;
            let certificate = self_made(certificate, &key)?;
            sign(document, &key, &certificate)
        }
        Forgery::ChangedText => {
            let mut other = document.clone();
            let header = "/standardBusinessDocument/standardBusinessDocumentHeader";
            let created = format!("{header}/documentIdentification/creationDateAndTime");
            if let Some(created) = other.pointer_mut(&created) {
                *created = json!("2000-01-01T00:00:00.000+01:00");
            }
            let right = sign(document, key, certificate)?;
            let changed = sign(&other, key, certificate)?;
            let signature = right.rsplit('.').next().unwrap_or_default();
            let signed = changed
                .rsplit_once('.')
                .map(|(signed, _)| signed)
                .unwrap_or_default();
            Ok(format!("{signed}.{signature}"))
        }
    }
}

fn stranger() -> Result<PKey<Private>, ErrorStack> {
    PKey::from_rsa(Rsa::generate(2048)?)
}

/// A certificate of the same subject, issued by itself.
fn self_made(like: &X509Ref, key: &PKeyRef<Private>) -> Result<X509, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    for entry in like.subject_name().entries() {
        name.append_entry(entry)?;
    }
    let name = name.build();
    let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_not_before(like.not_before())?;
    builder.set_not_after(&*Asn1Time::days_from_now(365)?)?;
    builder.set_pubkey(key)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}
