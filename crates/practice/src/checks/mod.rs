//! What the access point checks of an upload, and what a mailbox or print provider checks of a
//! letter, in the order the public description of DPI gives them.
//!
//! Nothing here shares code with the sending side: own structures, own parsers, OpenSSL for every
//! digest, signature and decryption. Inputs are bytes and OpenSSL's types; no function panics on
//! any bytes. Faults name what was wrong and never repeat what stood in the letter.

pub mod cms_profile;
pub mod jws;
pub mod manifest;
pub mod message;
pub mod package;
pub mod receipt;
pub mod token;
pub mod trust;
pub mod xades;

mod json;
mod pdf;

use jiff::Timestamp;
use openssl::pkey::{PKeyRef, Private};
use openssl::sha::sha256;
use openssl::x509::X509;
use utpost_domain::OrgNumber;
use uuid::Uuid;

use cms_profile::CmsFault;
use jws::{Compact, JwsFault};
use manifest::{Manifest, ManifestFault};
use message::{Content, Message, MessageFault};
use package::{Package, PackageFault, PackageFile};
use token::{Claims, TokenFault, TokenIssuer};
use trust::{Trust, TrustFault};
use xades::XadesFault;

pub use pdf::PdfFault;

/// What was checked, in order, and how each went; it ends at the first refusal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    checks: Vec<Check>,
}

/// One check. Several may share the number of one row of the public list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The row's number.
    pub number: u8,
    /// What was looked at, in a few English words.
    pub name: &'static str,
    /// How it went.
    pub outcome: Outcome,
}

/// How a check went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold; nothing after it was looked at.
    Refused(Fault),
    /// It could not be made, and so says nothing.
    NotPossible(Why),
}

/// Why a check could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The token service's key is not known.
    TokenKeyUnknown,
    /// There is no register to ask.
    NoRegister,
    /// The recipient certificate of the replayed letter names no organisation by design.
    ExampleCertificate,
    /// The access point has no audience of its own set.
    NoAudience,
    /// Switched off by a setting.
    SwitchedOff,
    /// Made when the letter is handed over; a failure is told as the status FEILET.
    LaterAsStatus,
}

/// Why an upload or a letter is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The signed message.
    #[error(transparent)]
    Jws(#[from] JwsFault),
    /// The content of the message.
    #[error(transparent)]
    Message(#[from] MessageFault),
    /// The access token.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// The encryption.
    #[error(transparent)]
    Cms(#[from] CmsFault),
    /// The archive.
    #[error(transparent)]
    Package(#[from] PackageFault),
    /// The signature of the package.
    #[error(transparent)]
    Xades(#[from] XadesFault),
    /// The manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestFault),
    /// A document that cannot be printed, or is no PDF though it says so.
    #[error(transparent)]
    Pdf(#[from] PdfFault),
    /// The provider's own certificate.
    #[error("own certificate: {0}")]
    OwnCertificate(TrustFault),
    /// The technical sender has no agreement with the access point.
    #[error("no agreement with this access point")]
    NoAgreement,
    /// The token in the message is not the one that authorised the upload.
    #[error("maskinportentoken differs from the bearer token")]
    TokensDiffer,
    /// The message's `avsender` is not the token's consumer.
    #[error("avsender is not the token's consumer")]
    ConsumerIsNotController,
    /// The token's technical sender is not the organisation that signed.
    #[error("the token belongs to another than the signer")]
    TokenIsNotSigners,
    /// The instance identifier has been used.
    #[error("the instance identifier is used")]
    IdUsed,
    /// The digest of the package is not the message's.
    #[error("SHA-256 of dokumentpakke differs from the fingerprint")]
    Fingerprint {
        /// SHA-256 of what was received.
        received: [u8; 32],
    },
    /// The header's sender is not the organisation of the signing certificate.
    #[error("the header's sender did not sign")]
    SenderIsNotSigner,
    /// The header's receiver is another provider.
    #[error("addressed to another provider")]
    AddressedToAnother,
    /// The message was made too long ago, or in the future.
    #[error("the message's date is too old or in the future")]
    MessageDate,
    /// The message is of a kind this provider does not take.
    #[error("a kind of message this provider does not take")]
    WrongKind,
    /// The recipient certificate names another organisation than the provider's.
    #[error("the recipient certificate is another organisation's")]
    CertificateIsAnothers,
    /// The package was signed by another organisation than the message.
    #[error("package and message are signed by different organisations")]
    PackageSignerDiffers,
    /// `avsender` of the manifest is not the message's.
    #[error("avsender differs between manifest and message")]
    ControllerDiffers,
    /// The mailbox of the manifest is not the message's, or is missing from it.
    #[error("mailbox differs between manifest and message")]
    MailboxDiffers,
    /// A print order's manifest names a recipient.
    #[error("the manifest of a print order names a person")]
    PrintNamesPerson,
    /// The sender, or its sub-unit, is not registered with this provider.
    #[error("the sender is not registered")]
    SenderNotRegistered,
    /// No open mailbox has this address.
    #[error("no open mailbox of this address")]
    NoMailbox,
}

impl Verdict {
    /// The checks in the order they were made.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The refusal, if there is one; it is the last check.
    #[must_use]
    pub fn refusal(&self) -> Option<(&Check, &Fault)> {
        let last = self.checks.last()?;
        match &last.outcome {
            Outcome::Refused(fault) => Some((last, fault)),
            Outcome::Passed | Outcome::NotPossible(_) => None,
        }
    }

    /// Whether nothing was refused.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.refusal().is_none()
    }

    /// The HTTP status with which an access point answers: 201, or that of the refused row.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self.refusal() {
            None => 201,
            Some((Check { number: 1 | 3, .. }, _)) => 401,
            Some((Check { number: 2 | 4, .. }, _)) => 403,
            Some(_) => 400,
        }
    }

    fn pass<T>(
        &mut self,
        number: u8,
        name: &'static str,
        result: Result<T, impl Into<Fault>>,
    ) -> Result<T, Refused> {
        let (outcome, result) = match result {
            Ok(value) => (Outcome::Passed, Ok(value)),
            Err(fault) => (Outcome::Refused(fault.into()), Err(Refused)),
        };
        self.checks.push(Check {
            number,
            name,
            outcome,
        });
        result
    }

    fn hold(
        &mut self,
        number: u8,
        name: &'static str,
        holds: bool,
        fault: Fault,
    ) -> Result<(), Refused> {
        self.pass(number, name, if holds { Ok(()) } else { Err(fault) })
    }

    fn impossible(&mut self, number: u8, name: &'static str, why: Why) {
        self.checks.push(Check {
            number,
            name,
            outcome: Outcome::NotPossible(why),
        });
    }
}

/// The fault is already in the verdict.
struct Refused;

/// One call of the access point's upload.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    /// The token of the `Authorization` header, without `Bearer `.
    pub bearer: &'a str,
    /// The part `forretningsmelding`.
    pub message: &'a [u8],
    /// The part `dokumentpakke`.
    pub package: &'a [u8],
}

/// What the access point knows.
#[derive(Clone, Copy)]
pub struct AccessPoint<'a> {
    /// The token service it believes.
    pub tokens: &'a TokenIssuer,
    /// Its own audience; without one `aud` is not looked at.
    pub audience: Option<&'a str>,
    /// Issuers of enterprise certificates.
    pub trust: &'a Trust,
    /// Whether it has an agreement with the organisation.
    pub has_agreement: &'a dyn Fn(OrgNumber) -> bool,
    /// Whether the instance identifier has been accepted before.
    pub id_is_used: &'a dyn Fn(Uuid) -> bool,
    /// Numbers of checks that are left out.
    pub switched_off: &'a [u8],
    /// Now.
    pub at: Timestamp,
}

/// An upload that passed every check.
pub struct Accepted {
    /// The message.
    pub message: Message,
    /// The token's claims; receipts go to its technical sender.
    pub claims: Claims,
}

/// The access point's checks 1 to 9 and 11. Row 10, the address register, is
/// `NotPossible(LaterAsStatus)`: the caller makes it when it hands the letter over.
///
/// A check that is switched off is `NotPossible(SwitchedOff)`. Row 8 is never off: what cannot be
/// read cannot be carried.
#[must_use]
pub fn access_point_checks(
    upload: Upload<'_>,
    access_point: AccessPoint<'_>,
) -> (Verdict, Option<Accepted>) {
    let mut verdict = Verdict::default();
    let accepted = upload_checks(&mut verdict, upload, access_point).ok();
    (verdict, accepted)
}

fn upload_checks(
    verdict: &mut Verdict,
    upload: Upload<'_>,
    access_point: AccessPoint<'_>,
) -> Result<Accepted, Refused> {
    let AccessPoint {
        tokens,
        at,
        switched_off,
        ..
    } = access_point;
    let off = |number: u8| switched_off.contains(&number);
    let claims = verdict.pass(
        1,
        "bearer token",
        claims_of(upload.bearer, tokens, at, off(1)),
    )?;
    if off(2) {
        verdict.impossible(2, "scope", Why::SwitchedOff);
    } else {
        verdict.pass(2, "scope", claims.check_scope())?;
    }
    match access_point.audience {
        _ if off(3) => verdict.impossible(3, "audience", Why::SwitchedOff),
        None => verdict.impossible(3, "audience", Why::NoAudience),
        Some(audience) => verdict.pass(3, "audience", claims.check_audience(audience))?,
    }
    if off(4) {
        verdict.impossible(4, "agreement", Why::SwitchedOff);
    } else {
        let agreed = (access_point.has_agreement)(claims.technical_sender());
        verdict.hold(4, "agreement", agreed, Fault::NoAgreement)?;
    }

    // Rows 5 to 7 come before the schema, so they read only the members they need.
    let compact = match Compact::parse(upload.message) {
        Ok(compact) => compact,
        Err(fault) => return verdict.pass(5, "message can be read", Err(fault)),
    };
    let payload = match compact.json() {
        Ok(payload) => payload,
        Err(fault) => return verdict.pass(5, "message can be read", Err(fault)),
    };
    let glimpse = message::Glimpse::of(&payload);
    if off(5) {
        verdict.impossible(5, "token in the message", Why::SwitchedOff);
    } else {
        let same = glimpse.token == Some(upload.bearer);
        verdict.hold(5, "token in the message", same, Fault::TokensDiffer)?;
    }
    if off(6) {
        verdict.impossible(6, "avsender is the consumer", Why::SwitchedOff);
    } else {
        let same = glimpse.controller == Some(claims.consumer);
        verdict.hold(
            6,
            "avsender is the consumer",
            same,
            Fault::ConsumerIsNotController,
        )?;
    }
    if off(7) {
        verdict.impossible(7, "instance identifier is unused", Why::SwitchedOff);
    } else {
        let unused = !glimpse.instance_id.is_some_and(access_point.id_is_used);
        verdict.hold(7, "instance identifier is unused", unused, Fault::IdUsed)?;
    }
    let message = verdict.pass(8, "message by type", Message::read(&payload))?;
    if off(9) {
        verdict.impossible(9, "fingerprint", Why::SwitchedOff);
    } else {
        fingerprint(verdict, 9, &message, upload.package)?;
    }
    verdict.impossible(10, "receiver in the address register", Why::LaterAsStatus);
    if off(11) {
        verdict.impossible(11, "message signature", Why::SwitchedOff);
    } else {
        verdict.pass(
            11,
            "message signature",
            compact.signer(access_point.trust, at),
        )?;
    }
    Ok(Accepted { message, claims })
}

fn claims_of(
    bearer: &str,
    tokens: &TokenIssuer,
    at: Timestamp,
    unchecked: bool,
) -> Result<Claims, TokenFault> {
    let claims = Claims::read(bearer.as_bytes())?;
    if !unchecked {
        tokens.check_signature(bearer.as_bytes())?;
        tokens.check_issuer(&claims)?;
        claims.check_time(at)?;
    }
    Ok(claims)
}

fn fingerprint(
    verdict: &mut Verdict,
    number: u8,
    message: &Message,
    package: &[u8],
) -> Result<(), Refused> {
    let received = sha256(package);
    let same = received == message.fingerprint;
    verdict.hold(number, "fingerprint", same, Fault::Fingerprint { received })
}

/// A mailbox or print provider, and what it knows.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    /// Its organisation number.
    pub organisation: OrgNumber,
    /// What it takes.
    pub takes: Takes,
    /// The certificate letters are encrypted to.
    pub certificate: &'a X509,
    /// Its key.
    pub key: &'a PKeyRef<Private>,
    /// The token service it believes.
    pub tokens: &'a TokenIssuer,
    /// Issuers of enterprise certificates.
    pub trust: &'a Trust,
    /// Whether the sender, and its sub-unit when it names one, is registered here.
    pub is_registered: &'a dyn Fn(OrgNumber, Option<&str>) -> bool,
    /// Whether an open mailbox has the address; not asked for print.
    pub mailbox_is_open: &'a dyn Fn(&str) -> bool,
    /// When the message may have been made. A letter may have waited in the sender's outbox, so the
    /// span is the caller's to choose; the package is signed within five seconds of the message.
    pub made: Span,
    /// What of the encryption is tolerated.
    pub cms: cms_profile::Tolerance,
    /// Sizes.
    pub limits: package::Limits,
    /// Now.
    pub at: Timestamp,
}

/// A span of time, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Not before this.
    pub earliest: Timestamp,
    /// Not after this.
    pub latest: Timestamp,
}

impl Span {
    fn holds(&self, at: Timestamp) -> bool {
        (self.earliest..=self.latest).contains(&at)
    }
}

/// What a provider takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Letters to mailboxes (`digital`).
    Digital,
    /// Print orders (`utskrift`).
    Print,
}

/// A letter that passed every check, opened.
pub struct Letter {
    /// The message.
    pub message: Message,
    /// The manifest.
    pub manifest: Manifest,
    /// Every file of the package but `mimetype` and those of `META-INF`.
    pub files: Vec<PackageFile>,
}

/// A provider's checks 1 to 11, on what it received: the signed message and the encrypted package.
#[must_use]
pub fn mailbox_checks(jwt: &[u8], cms: &[u8], provider: Provider<'_>) -> (Verdict, Option<Letter>) {
    let profile = Profile {
        organisation: provider.organisation,
        takes: provider.takes,
        names_itself: true,
        certificate: provider.certificate,
        key: provider.key,
        issuer: Issuer::Known(provider.tokens),
        trust: provider.trust,
        is_registered: provider.is_registered,
        mailbox_is_open: Some(provider.mailbox_is_open),
        made: Some(provider.made),
        cms: provider.cms,
        limits: provider.limits,
        at: provider.at,
    };
    let mut verdict = Verdict::default();
    let letter = letter_checks(&mut verdict, jwt, cms, &profile).ok();
    (verdict, letter)
}

/// A recorded letter, and what must be known to check it again without its surroundings.
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    /// The signed message.
    pub jwt: &'a [u8],
    /// The encrypted package.
    pub cms: &'a [u8],
    /// The certificate it was encrypted to; it may be an example that names no organisation.
    pub certificate: &'a X509,
    /// The recipient's key.
    pub key: &'a PKeyRef<Private>,
    /// The provider it was addressed to.
    pub organisation: OrgNumber,
    /// What that provider takes.
    pub takes: Takes,
    /// `iss` of the token; its key is not known.
    pub token_issuer: &'a str,
    /// Issuers of enterprise certificates.
    pub trust: &'a Trust,
    /// Whether the sender and its sub-unit are known.
    pub is_registered: &'a dyn Fn(OrgNumber, Option<&str>) -> bool,
    /// The date certificates are judged at.
    pub at: Timestamp,
}

/// A provider's checks on a recorded letter. Three cannot be made: the token's signature, the
/// mailbox in the register, and the provider's organisation in the recipient certificate. The
/// message may be of any date; the package must have been signed within five seconds of it.
///
/// For tests and the command line; no service calls it.
#[must_use]
pub fn replay(replay: Replay<'_>) -> (Verdict, Option<Letter>) {
    let profile = Profile {
        organisation: replay.organisation,
        takes: replay.takes,
        names_itself: false,
        certificate: replay.certificate,
        key: replay.key,
        issuer: Issuer::NameOnly(replay.token_issuer),
        trust: replay.trust,
        is_registered: replay.is_registered,
        mailbox_is_open: None,
        made: None,
        cms: cms_profile::Tolerance::default(),
        limits: package::Limits::default(),
        at: replay.at,
    };
    let mut verdict = Verdict::default();
    let letter = letter_checks(&mut verdict, replay.jwt, replay.cms, &profile).ok();
    (verdict, letter)
}

enum Issuer<'a> {
    Known(&'a TokenIssuer),
    NameOnly(&'a str),
}

struct Profile<'a> {
    organisation: OrgNumber,
    takes: Takes,
    /// Whether the recipient certificate must name the organisation.
    names_itself: bool,
    certificate: &'a X509,
    key: &'a PKeyRef<Private>,
    issuer: Issuer<'a>,
    trust: &'a Trust,
    is_registered: &'a dyn Fn(OrgNumber, Option<&str>) -> bool,
    mailbox_is_open: Option<&'a dyn Fn(&str) -> bool>,
    /// None where nobody knows when the letter was uploaded.
    made: Option<Span>,
    cms: cms_profile::Tolerance,
    limits: package::Limits,
    at: Timestamp,
}

fn letter_checks(
    verdict: &mut Verdict,
    jwt: &[u8],
    cms: &[u8],
    profile: &Profile<'_>,
) -> Result<Letter, Refused> {
    let compact = verdict.pass(1, "message form", Compact::parse(jwt))?;
    let signer = verdict.pass(
        1,
        "message signature",
        compact.signer(profile.trust, profile.at),
    )?;

    let message = verdict.pass(2, "message by type", read_message(&compact))?;
    if let Some(span) = profile.made {
        let holds = span.holds(message.created_at);
        verdict.hold(2, "date of the message", holds, Fault::MessageDate)?;
    }
    let kind_fits = match message.content {
        Content::Digital(_) => profile.takes == Takes::Digital,
        Content::Print(_) => profile.takes == Takes::Print,
    };
    verdict.hold(2, "kind of message", kind_fits, Fault::WrongKind)?;

    let same = message.sender == signer.organisation;
    verdict.hold(3, "header's sender signed", same, Fault::SenderIsNotSigner)?;
    let ours = message.receiver == profile.organisation;
    verdict.hold(3, "header's receiver", ours, Fault::AddressedToAnother)?;

    token_checks(verdict, &message, signer.organisation, &profile.issuer)?;
    fingerprint(verdict, 5, &message, cms)?;
    let archive = decryption(verdict, cms, profile)?;

    let package = verdict.pass(7, "archive", Package::open(&archive, &profile.limits))?;
    let seal = xades::check(&package, profile.trust, message.created_at, profile.at);
    let seal = verdict.pass(7, "package signature", seal)?;
    let same = seal.organisation == signer.organisation;
    verdict.hold(
        7,
        "package signer is the message's",
        same,
        Fault::PackageSignerDiffers,
    )?;

    let manifest = verdict.pass(8, "manifest", Manifest::read(&package.manifest))?;
    let same = manifest.sender == message.controller;
    verdict.hold(8, "manifest's avsender", same, Fault::ControllerDiffers)?;
    recipient(verdict, &manifest, &message)?;

    let files = documents(&manifest, &package, &seal.media_types, profile.takes);
    verdict.pass(9, "documents", files)?;

    let controller = &message.controller;
    let known = (profile.is_registered)(controller.organisation, controller.unit.as_deref());
    verdict.hold(
        10,
        "sender is registered",
        known,
        Fault::SenderNotRegistered,
    )?;

    match (&message.content, profile.mailbox_is_open) {
        (Content::Digital(digital), Some(is_open)) => {
            verdict.hold(
                11,
                "mailbox is open",
                is_open(&digital.mailbox),
                Fault::NoMailbox,
            )?;
        }
        (Content::Digital(_), None) => verdict.impossible(11, "mailbox is open", Why::NoRegister),
        (Content::Print(_), _) => {
            let printable = manifest
                .documents()
                .filter_map(|document| package.file(&document.href))
                .try_for_each(|file| pdf::check_printable(&file.bytes));
            verdict.pass(11, "documents can be printed", printable)?;
        }
    }
    Ok(Letter {
        message,
        manifest,
        files: package.files,
    })
}

fn read_message(compact: &Compact<'_>) -> Result<Message, Fault> {
    Ok(Message::read(&compact.json()?)?)
}

fn token_checks(
    verdict: &mut Verdict,
    message: &Message,
    signer: OrgNumber,
    issuer: &Issuer<'_>,
) -> Result<(), Refused> {
    let bytes = message.token.as_bytes();
    let claims = verdict.pass(4, "token form", Claims::read(bytes))?;
    let named = match issuer {
        Issuer::Known(tokens) => {
            verdict.pass(4, "token signature", tokens.check_signature(bytes))?;
            tokens.check_issuer(&claims)
        }
        Issuer::NameOnly(name) => {
            verdict.impossible(4, "token signature", Why::TokenKeyUnknown);
            token::same_issuer(&claims, name)
        }
    };
    verdict.pass(4, "token issuer", named)?;
    verdict.pass(4, "token scope", claims.check_scope())?;
    let same = claims.consumer == message.controller.organisation;
    verdict.hold(4, "token consumer", same, Fault::ConsumerIsNotController)?;
    let same = claims.technical_sender() == signer;
    verdict.hold(
        4,
        "token belongs to the signer",
        same,
        Fault::TokenIsNotSigners,
    )
}

fn decryption(
    verdict: &mut Verdict,
    cms: &[u8],
    profile: &Profile<'_>,
) -> Result<Vec<u8>, Refused> {
    if profile.names_itself {
        let named = trust::organisation(profile.certificate)
            .map_err(Fault::OwnCertificate)
            .and_then(|organisation| match organisation == profile.organisation {
                true => Ok(()),
                false => Err(Fault::CertificateIsAnothers),
            });
        verdict.pass(6, "recipient certificate's organisation", named)?;
    } else {
        let name = "recipient certificate's organisation";
        verdict.impossible(6, name, Why::ExampleCertificate);
    }
    let envelope = cms_profile::check(cms, profile.certificate, profile.cms);
    let envelope = verdict.pass(6, "encryption profile", envelope)?;
    verdict.pass(
        6,
        "decryption",
        envelope.decrypt(profile.key, profile.certificate),
    )
}

fn recipient(verdict: &mut Verdict, manifest: &Manifest, message: &Message) -> Result<(), Refused> {
    let recipient = manifest.recipient.as_ref();
    let (holds, fault) = match &message.content {
        Content::Digital(digital) => (
            recipient.is_some_and(|recipient| recipient.mailbox == digital.mailbox),
            Fault::MailboxDiffers,
        ),
        Content::Print(_) => (recipient.is_none(), Fault::PrintNamesPerson),
    };
    verdict.hold(8, "manifest's recipient", holds, fault)
}

/// Files and manifest name each other, types are taken, PDFs begin as PDFs, and the signature gives
/// each file the manifest's type.
fn documents(
    manifest: &Manifest,
    package: &Package,
    signed_types: &[(String, String)],
    takes: Takes,
) -> Result<(), Fault> {
    manifest.check_documents(package, takes)?;
    for (name, media_type) in manifest.media_types() {
        let signed = signed_types
            .iter()
            .any(|(file, signed)| file == name && signed == media_type);
        if !signed {
            return Err(XadesFault::MediaType.into());
        }
    }
    for document in manifest
        .documents()
        .filter(|document| document.media_type == manifest::PDF)
    {
        if let Some(file) = package.file(&document.href) {
            pdf::check_header(&file.bytes)?;
        }
    }
    Ok(())
}
