//! Receipts: read with an open mind, believed only after every check.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use utpost_domain::{ConversationId, FaultSide, OrgNumber, ReceiptId, ReceiptKind, Sensitive};
use utpost_pki::{Certificate, Purpose, TrustFault, TrustPolicy};

use crate::form;
use crate::jws::Jws;

/// Longest receipt that is read, in bytes of its compact form. Real ones have three to eight
/// thousand.
pub const RECEIPT_LIMIT: usize = 1_000_000;

/// Why a receipt is not believed. Apart from [`ReceiptFault::UntrustedIssuer`] each makes it
/// suspect: it is kept and shown, and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// No compact JWS over a business document that has an id, or too large.
    #[error("not a signed business document")]
    BadForm,
    /// The signature algorithm is none of RS256, RS384 and RS512.
    #[error("the signature algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// The header brings no certificate, or one that does not read.
    #[error("the signer's certificate does not read")]
    CertificateUnreadable,
    /// No path from the certificate to a trusted authority is known. A certificate handed in later
    /// may mend it: the receipt waits.
    #[error("the issuer of the signer's certificate is not known")]
    UntrustedIssuer,
    /// The certificate, or one above it, was not valid when the receipt was fetched.
    #[error("the signer's certificate is out of date")]
    CertificateExpired,
    /// The certificate can never be accepted for a signature.
    #[error("the signer's certificate is not acceptable")]
    CertificateUnfit(#[source] TrustFault),
    /// The signature is not of this text by this key.
    #[error("the signature does not verify")]
    SignatureWrong,
    /// The document is not one of the six receipts, or breaks the schema of its type.
    #[error("the receipt breaks its schema")]
    SchemaWrong,
    /// The certificate belongs to another organisation than the header's sender.
    #[error("the signer is not the sender")]
    SignerIsNotSender,
    /// The sender is not the one who received the letter.
    #[error("the sender is not the provider of the letter")]
    WrongProvider,
    /// It is addressed to somebody else.
    #[error("the receipt is for another receiver")]
    NotOurs,
}

impl ReceiptFault {
    /// The name under which the verdict is kept. Never changed once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadForm => "BAD_FORM",
            Self::AlgorithmNotAllowed => "ALGORITHM_NOT_ALLOWED",
            Self::CertificateUnreadable => "CERTIFICATE_UNREADABLE",
            Self::UntrustedIssuer => "UNTRUSTED_ISSUER",
            Self::CertificateExpired => "CERTIFICATE_EXPIRED",
            Self::CertificateUnfit(_) => "CERTIFICATE_UNFIT",
            Self::SignatureWrong => "SIGNATURE_WRONG",
            Self::SchemaWrong => "SCHEMA_WRONG",
            Self::SignerIsNotSender => "SIGNER_IS_NOT_SENDER",
            Self::WrongProvider => "WRONG_PROVIDER",
            Self::NotOurs => "NOT_OURS",
        }
    }
}

/// What a receipt must fit to be believed.
#[derive(Debug, Clone, Copy)]
pub struct Expectation {
    /// The technical sender of the letter: receipts are addressed to it.
    pub ours: OrgNumber,
    /// The receiver of the letter, who alone can tell of it.
    pub provider: OrgNumber,
    /// When the receipt was fetched: certificates must be valid then.
    pub at: Timestamp,
}

/// Reads a receipt (compact JWS, as the access point's inbox gives it) far enough to know which it
/// is. Nothing in it may be believed before [`UnverifiedReceipt::verify`].
///
/// ```no_run
/// use utpost_pki::TrustPolicy;
/// use utpost_wire::{Expectation, ReceiptFault, VerifiedReceipt, parse_receipt};
///
/// fn judge(
///     received: &str,
///     policy: &TrustPolicy,
///     expected: &Expectation,
/// ) -> Result<VerifiedReceipt, ReceiptFault> {
///     parse_receipt(received)?.verify(policy, expected)
/// }
/// ```
///
/// # Errors
/// [`ReceiptFault::BadForm`] only.
pub fn parse_receipt(compact: &str) -> Result<UnverifiedReceipt, ReceiptFault> {
    if compact.len() > RECEIPT_LIMIT {
        return Err(ReceiptFault::BadForm);
    }
    let jws = Jws::read(compact).map_err(|_| ReceiptFault::BadForm)?;
    let document: Value =
        serde_json::from_slice(jws.payload()).map_err(|_| ReceiptFault::BadForm)?;
    let receipt_id = document
        .pointer("/standardBusinessDocument/standardBusinessDocumentHeader/documentIdentification/instanceIdentifier")
        .and_then(Value::as_str)
        .and_then(|text| ReceiptId::parse(text).ok())
        .ok_or(ReceiptFault::BadForm)?;
    Ok(UnverifiedReceipt {
        jws,
        document,
        receipt_id,
    })
}

/// A receipt of which everything is still a claim.
#[derive(Clone)]
pub struct UnverifiedReceipt {
    jws: Jws,
    document: Value,
    receipt_id: ReceiptId,
}

impl UnverifiedReceipt {
    /// Its own id, by which it is marked as read.
    pub fn receipt_id(&self) -> ReceiptId {
        self.receipt_id
    }

    /// The conversation it says it belongs to.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        self.header("/businessScope/scope")?
            .as_array()?
            .iter()
            .find(|scope| scope.get("type").and_then(Value::as_str) == Some(form::SCOPE_TYPE))?
            .get("instanceIdentifier")?
            .as_str()
            .and_then(|text| ConversationId::parse(text).ok())
    }

    /// What it says happened; `None` when type and content do not agree on one of the six.
    pub fn kind(&self) -> Option<ReceiptKind> {
        self.content().map(|content| content.kind)
    }

    /// When it says that it happened.
    pub fn occurred_at(&self) -> Option<Timestamp> {
        self.content().map(|content| content.occurred_at)
    }

    /// The header's sender, when it is written as an organisation number.
    pub fn claimed_sender(&self) -> Option<OrgNumber> {
        self.party("/sender/0/identifier/value")
    }

    /// The header's receiver, when it is written as an organisation number.
    pub fn claimed_receiver(&self) -> Option<OrgNumber> {
        self.party("/receiver/0/identifier/value")
    }

    /// The organisation in the certificate that came along, trusted or not.
    pub fn claimed_signer(&self) -> Option<OrgNumber> {
        self.certificates()?.first()?.organisation()
    }

    /// The certificates that came along, signer first; `None` when they do not read. A missing
    /// issuer may be found through them.
    pub fn certificates(&self) -> Option<Vec<Certificate>> {
        self.jws.certificates()
    }

    /// The text as received.
    pub fn compact(&self) -> &str {
        self.jws.compact()
    }

    /// Checks algorithm, certificate (under `policy`, at the time of fetching), signature, schema,
    /// signer, provider and receiver, in this order. That the conversation is known is for the
    /// caller to judge.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(
        &self,
        policy: &TrustPolicy,
        expected: &Expectation,
    ) -> Result<VerifiedReceipt, ReceiptFault> {
        let alg = self
            .jws
            .algorithm()
            .ok_or(ReceiptFault::AlgorithmNotAllowed)?;
        let certificates = self
            .certificates()
            .ok_or(ReceiptFault::CertificateUnreadable)?;
        let (leaf, issuers) = certificates
            .split_first()
            .ok_or(ReceiptFault::CertificateUnreadable)?;
        let signer = policy
            .verify(leaf, issuers, expected.at, Purpose::Signing)
            .map_err(|fault| match fault {
                TrustFault::UnknownIssuer => ReceiptFault::UntrustedIssuer,
                TrustFault::Expired | TrustFault::NotYetValid => ReceiptFault::CertificateExpired,
                other => ReceiptFault::CertificateUnfit(other),
            })?;
        self.jws
            .verify(alg, leaf)
            .map_err(|_| ReceiptFault::SignatureWrong)?;

        let content = self.content().ok_or(ReceiptFault::SchemaWrong)?;
        if content.sender != signer.organisation().iso6523() {
            return Err(ReceiptFault::SignerIsNotSender);
        }
        if signer.organisation() != expected.provider {
            return Err(ReceiptFault::WrongProvider);
        }
        if content.receiver != expected.ours.iso6523() {
            return Err(ReceiptFault::NotOurs);
        }
        Ok(VerifiedReceipt {
            receipt_id: self.receipt_id,
            conversation_id: content.conversation_id,
            kind: content.kind,
            occurred_at: content.occurred_at,
            signer: signer.organisation(),
            certificate: leaf.clone(),
            notice: content.notice,
            detail: content.detail,
        })
    }

    fn header(&self, path: &str) -> Option<&Value> {
        self.document
            .pointer("/standardBusinessDocument/standardBusinessDocumentHeader")?
            .pointer(path)
    }

    fn party(&self, path: &str) -> Option<OrgNumber> {
        OrgNumber::parse_iso6523(self.header(path)?.as_str()?).ok()
    }

    /// The document by the strict schema. Read from the signed bytes themselves, so that a member
    /// written twice is refused.
    fn content(&self) -> Option<Content> {
        schema::read(self.jws.payload())
    }
}

impl fmt::Debug for UnverifiedReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedReceipt")
            .field("receipt_id", &self.receipt_id)
            .field("conversation_id", &self.conversation_id())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

/// A receipt that passed every check. Only [`UnverifiedReceipt::verify`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedReceipt {
    receipt_id: ReceiptId,
    conversation_id: ConversationId,
    kind: ReceiptKind,
    occurred_at: Timestamp,
    signer: OrgNumber,
    certificate: Certificate,
    notice: Option<NoticeChannel>,
    detail: Option<Sensitive<String>>,
}

impl VerifiedReceipt {
    /// Its own id, by which it is marked as read.
    pub fn receipt_id(&self) -> ReceiptId {
        self.receipt_id
    }

    /// The conversation it belongs to.
    pub fn conversation_id(&self) -> ConversationId {
        self.conversation_id
    }

    /// What happened.
    pub fn kind(&self) -> ReceiptKind {
        self.kind
    }

    /// When it happened, by the provider's clock.
    pub fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }

    /// Who signed it.
    pub fn signer(&self) -> OrgNumber {
        self.signer
    }

    /// With which certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Which notice failed; only for [`ReceiptKind::NotificationFailed`].
    pub fn notice(&self) -> Option<NoticeChannel> {
        self.notice
    }

    /// The provider's own words about a fault or a failed notice. May hold personal data.
    pub fn detail(&self) -> Option<&Sensitive<String>> {
        self.detail.as_ref()
    }
}

/// How a notice was to reach the citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeChannel {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
}

/// What a document of the right schema says.
struct Content {
    sender: String,
    receiver: String,
    conversation_id: ConversationId,
    kind: ReceiptKind,
    occurred_at: Timestamp,
    notice: Option<NoticeChannel>,
    detail: Option<Sensitive<String>>,
}

/// The schemas of the six receipts, as types. Closed objects but for the body's `mottaker`.
mod schema {
    use std::marker::PhantomData;

    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Deserializer, MapAccess, Visitor};

    use super::*;

    pub(super) fn read(payload: &[u8]) -> Option<Content> {
        let Object(File {
            document: Object(document),
        }) = serde_json::from_slice(payload).ok()?;
        let Object(header) = document.header;
        let [
            Object(Party {
                identifier: Object(sender),
            }),
        ] = header.sender;
        let [
            Object(Party {
                identifier: Object(receiver),
            }),
        ] = header.receiver;
        let Object(identification) = header.identification;
        ReceiptId::parse(&identification.id).ok()?;
        form::instant(&identification.created_at)?;
        let mut conversations = header
            .business_scope
            .0
            .scope
            .iter()
            .filter(|scope| scope.0.kind == form::SCOPE_TYPE);
        let (Some(Object(conversation)), None) = (conversations.next(), conversations.next())
        else {
            return None;
        };
        let conversation_id = ConversationId::parse(conversation.id.as_deref()?).ok()?;

        let mut bodies = [
            ("leveringskvittering", document.delivery),
            ("aapningskvittering", document.opening),
            ("mottakskvittering", document.acceptance),
            ("returpostkvittering", document.returned),
            ("varslingfeiletkvittering", document.notice_failed),
            ("feil", document.error),
        ]
        .into_iter()
        .filter_map(|(name, body)| Some((name, body?.0)));
        let (Some((name, body)), None) = (bodies.next(), bodies.next()) else {
            return None;
        };
        if name != identification.kind || !body.names_organisations() {
            return None;
        }
        Some(Content {
            sender: sender.value,
            receiver: receiver.value,
            conversation_id,
            kind: body.kind(name)?,
            occurred_at: form::instant(&body.at)?,
            notice: body.channel.as_ref().map(|channel| match channel {
                NoticeName::Epost => NoticeChannel::Email,
                NoticeName::Sms => NoticeChannel::Sms,
            }),
            detail: body.description.or(body.details).map(Sensitive::new),
        })
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "standardBusinessDocument")]
        document: Object<Document>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        #[serde(rename = "standardBusinessDocumentHeader")]
        header: Object<Header>,
        #[serde(rename = "leveringskvittering", default, deserialize_with = "present")]
        delivery: Option<Object<Body>>,
        #[serde(rename = "aapningskvittering", default, deserialize_with = "present")]
        opening: Option<Object<Body>>,
        #[serde(rename = "mottakskvittering", default, deserialize_with = "present")]
        acceptance: Option<Object<Body>>,
        #[serde(rename = "returpostkvittering", default, deserialize_with = "present")]
        returned: Option<Object<Body>>,
        #[serde(
            rename = "varslingfeiletkvittering",
            default,
            deserialize_with = "present"
        )]
        notice_failed: Option<Object<Body>>,
        #[serde(rename = "feil", default, deserialize_with = "present")]
        error: Option<Object<Body>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Header {
        #[serde(rename = "headerVersion")]
        _version: String,
        sender: [Object<Party>; 1],
        receiver: [Object<Party>; 1],
        #[serde(rename = "documentIdentification")]
        identification: Object<Identification>,
        #[serde(rename = "businessScope")]
        business_scope: Object<BusinessScope>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Party {
        identifier: Object<Identifier>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Identifier {
        authority: String,
        value: String,
    }

    impl Identifier {
        /// Four digits and a number, by a pattern anchored at both ends. Who it is, is judged by
        /// comparing with the certificate.
        fn is_organisation(&self) -> bool {
            let Some((scheme, number)) = self.value.split_once(':') else {
                return false;
            };
            self.authority == form::AUTHORITY
                && scheme.len() == 4
                && scheme.bytes().all(|byte| byte.is_ascii_digit())
                && (1..=35).contains(&number.len())
                && number
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        }
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Identification {
        /// Written in several ways by receivers; the type decides.
        #[serde(rename = "standard")]
        _standard: String,
        #[serde(rename = "typeVersion")]
        _version: String,
        #[serde(rename = "instanceIdentifier")]
        id: String,
        #[serde(rename = "type")]
        kind: String,
        #[serde(rename = "creationDateAndTime")]
        created_at: String,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct BusinessScope {
        scope: Vec<Object<Scope>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Scope {
        #[serde(rename = "type")]
        kind: String,
        #[serde(rename = "instanceIdentifier", default, deserialize_with = "present")]
        id: Option<String>,
        #[serde(rename = "identifier", default, deserialize_with = "present")]
        _process: Option<String>,
        #[serde(rename = "scopeInformation", default, deserialize_with = "present")]
        _information: Option<Vec<Object<ScopeInformation>>>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct ScopeInformation {
        #[serde(
            rename = "expectedResponseDateTime",
            default,
            deserialize_with = "present"
        )]
        _answer_by: Option<String>,
    }

    /// The members of all six; which of the last four may stand there depends on the type.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[serde(rename = "avsender")]
        sender: Object<Sender>,
        #[serde(rename = "mottaker")]
        receiver: Object<Receiver>,
        #[serde(rename = "tidspunkt")]
        at: String,
        #[serde(rename = "varslingskanal", default, deserialize_with = "present")]
        channel: Option<NoticeName>,
        #[serde(rename = "beskrivelse", default, deserialize_with = "present")]
        description: Option<String>,
        #[serde(rename = "feiltype", default, deserialize_with = "present")]
        side: Option<SideName>,
        #[serde(rename = "detaljer", default, deserialize_with = "present")]
        details: Option<String>,
    }

    impl Body {
        fn kind(&self, name: &str) -> Option<ReceiptKind> {
            match (
                name,
                &self.channel,
                &self.description,
                &self.side,
                &self.details,
            ) {
                ("leveringskvittering", None, None, None, None) => Some(ReceiptKind::Delivery),
                ("aapningskvittering", None, None, None, None) => Some(ReceiptKind::Opening),
                ("mottakskvittering", None, None, None, None) => Some(ReceiptKind::Accepted),
                ("returpostkvittering", None, None, None, None) => Some(ReceiptKind::Returned),
                ("varslingfeiletkvittering", Some(_), _, None, None) => {
                    Some(ReceiptKind::NotificationFailed)
                }
                ("feil", None, None, Some(side), _) => Some(ReceiptKind::Error {
                    fault: match side {
                        SideName::Klient => FaultSide::Client,
                        SideName::Server => FaultSide::Server,
                    },
                }),
                _ => None,
            }
        }

        fn names_organisations(&self) -> bool {
            let (Object(sender), Object(receiver)) = (&self.sender, &self.receiver);
            sender.organisation.0.is_organisation()
                && receiver.organisation.0.is_organisation()
                && form::fits(sender.unit.as_deref(), form::UNIT_LIMIT)
                && form::fits(sender.invoice_reference.as_deref(), form::INVOICE_LIMIT)
                && form::fits(receiver.unit.as_deref(), form::UNIT_LIMIT)
        }
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum NoticeName {
        Epost,
        Sms,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    enum SideName {
        Klient,
        Server,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sender {
        #[serde(rename = "virksomhetsidentifikator")]
        organisation: Object<Identifier>,
        #[serde(
            rename = "avsenderidentifikator",
            default,
            deserialize_with = "present"
        )]
        unit: Option<String>,
        #[serde(rename = "fakturaReferanse", default, deserialize_with = "present")]
        invoice_reference: Option<String>,
    }

    #[derive(Deserialize)]
    struct Receiver {
        #[serde(rename = "virksomhetsidentifikator")]
        organisation: Object<Identifier>,
        /// Spelled so in the schema.
        #[serde(rename = "motakeridentifikator", default, deserialize_with = "present")]
        unit: Option<String>,
    }

    /// An optional member may be left out, but is not `null`.
    fn present<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de>,
    {
        T::deserialize(from).map(Some)
    }

    /// A JSON object. Without it an array of the members' values would pass for one.
    struct Object<T>(T);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Members<T>(PhantomData<T>);
            impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
                type Value = Object<T>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                    T::deserialize(MapAccessDeserializer::new(members)).map(Object)
                }
            }
            from.deserialize_map(Members(PhantomData))
        }
    }
}
