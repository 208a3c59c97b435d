//! Tokens from Maskinporten: the grant (RFC 7523, section 2.1), its answers and the metadata
//! (RFC 8414).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utpost_domain::{OrgNumber, Sensitive};
use utpost_pki::Signer;
use uuid::Uuid;

use crate::jws::{self, Shown, SigningFault};

/// The `grant_type` of the token request.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What is asked for in a token request.
///
/// Each signing makes a new grant with an id of its own, since a grant can be used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Id of the agency's integration (`iss`).
    pub client_id: String,
    /// The issuer by its metadata (`aud`), with the last slash.
    pub audience: String,
    /// Scopes, at least one.
    pub scopes: Vec<String>,
    /// The service the token is meant for, where a service wants that said (`resource`).
    pub resource: Option<String>,
    /// The agency that has delegated to us. Left out when the agency sends for itself: the token
    /// service refuses one's own number here.
    pub consumer: Option<OrgNumber>,
    /// Now, by a clock at most 10 s off the server's.
    pub issued_at: Timestamp,
}

impl Grant {
    /// How long a grant is good for. The server refuses more than 120 s, and its clock may be 10 s
    /// off either way.
    pub const LIFE: SignedDuration = SignedDuration::from_secs(100);

    /// Signs with an enterprise certificate: the whole chain stands in `x5c`.
    ///
    /// # Errors
    /// [`SigningFault`].
    pub fn sign_x5c(&self, signer: &dyn Signer) -> Result<Sensitive<String>, SigningFault> {
        jws::sign(&self.claims(), &Shown::Chain, signer)
    }

    /// Signs with a key registered on the client under the name `key_id`.
    ///
    /// # Errors
    /// [`SigningFault`].
    pub fn sign_kid(
        &self,
        key_id: &str,
        signer: &dyn Signer,
    ) -> Result<Sensitive<String>, SigningFault> {
        jws::sign(&self.claims(), &Shown::KeyId(key_id), signer)
    }

    fn claims(&self) -> String {
        let issued_at = self.issued_at.as_second();
        let mut claims = Map::new();
        claims.insert("aud".to_owned(), json!(self.audience));
        claims.insert("iss".to_owned(), json!(self.client_id));
        claims.insert("scope".to_owned(), json!(self.scopes.join(" ")));
        claims.insert("iat".to_owned(), json!(issued_at));
        claims.insert("exp".to_owned(), json!(issued_at + Self::LIFE.as_secs()));
        claims.insert("jti".to_owned(), json!(Uuid::new_v4()));
        if let Some(resource) = &self.resource {
            claims.insert("resource".to_owned(), json!([resource]));
        }
        if let Some(consumer) = &self.consumer {
            claims.insert("consumer_org".to_owned(), json!(consumer.as_str()));
        }
        Value::Object(claims).to_string()
    }
}

/// Why an answer of the token service cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenReadFault {
    /// Not JSON, or without a member that must be there.
    #[error("not an answer of the token service")]
    NotAnAnswer,
    /// The token is not one that can stand in a header, or is not of type Bearer.
    #[error("not a bearer token")]
    NotABearerToken,
    /// An address in the metadata is not HTTPS.
    #[error("an address in the metadata is not HTTPS")]
    NotHttps,
}

/// An access token. Opaque: nothing is decided by its inside.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    text: Sensitive<String>,
    received_at: Timestamp,
    expires_at: Timestamp,
    scopes: Vec<String>,
}

impl AccessToken {
    /// The token as it stands in header and message.
    pub fn expose(&self, reason: &'static str) -> &str {
        self.text.expose(reason)
    }

    /// When it stops being valid, by the clock that dated the answer.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Until when it may be used again: 15 s before it expires, or half-way when its life is under
    /// a minute.
    pub fn reusable_until(&self) -> Timestamp {
        let life = self.expires_at.duration_since(self.received_at);
        let use_for = if life < SignedDuration::from_mins(1) {
            life / 2
        } else {
            life - SignedDuration::from_secs(15)
        };
        self.received_at
            .saturating_add(use_for)
            .unwrap_or(self.received_at)
    }

    /// Whether the token carries a scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("text", &self.text)
            .field("expires_at", &self.expires_at)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Reads an answer with a token. `asked_at` is when the request left, so that the token is never
/// thought to live longer than it does; `asked` are the scopes asked for, which by RFC 6749,
/// section 5.1, are the ones granted when the answer names none.
///
/// # Errors
/// [`TokenReadFault::NotAnAnswer`], [`TokenReadFault::NotABearerToken`].
pub fn parse_token_answer(
    body: &[u8],
    asked_at: Timestamp,
    asked: &[String],
) -> Result<AccessToken, TokenReadFault> {
    let answer: TokenAnswer =
        serde_json::from_slice(body).map_err(|_| TokenReadFault::NotAnAnswer)?;
    let visible = |byte: u8| byte.is_ascii_graphic();
    if !answer.token_type.eq_ignore_ascii_case("Bearer")
        || answer.access_token.is_empty()
        || !answer.access_token.bytes().all(visible)
    {
        return Err(TokenReadFault::NotABearerToken);
    }
    let seconds = i64::from(answer.expires_in);
    Ok(AccessToken {
        text: Sensitive::new(answer.access_token),
        received_at: asked_at,
        expires_at: asked_at
            .saturating_add(SignedDuration::from_secs(seconds))
            .unwrap_or(Timestamp::MAX),
        scopes: match answer.scope {
            Some(scope) => scope.split_ascii_whitespace().map(str::to_owned).collect(),
            None => asked.to_vec(),
        },
    })
}

/// Why the token service refuses, as a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenDenial {
    /// MP-100: no such client; perhaps one of another environment.
    ClientUnknown,
    /// MP-110: the grant is addressed to another issuer.
    AudienceWrong,
    /// MP-120: not an enterprise certificate, or of another environment.
    CertificateNotAccepted,
    /// MP-121: the registered key is over a year old.
    KeyExpired,
    /// MP-122: the certificate is another organisation's than the client.
    OrganisationDiffers,
    /// MP-123: the certificates in the header are not written as they should be.
    CertificatesMalformed,
    /// MP-124: the signature does not verify: wrong key, expired certificate, wrong environment.
    SignatureInvalid,
    /// MP-130: the grant had expired.
    GrantExpired,
    /// The grant's time lies in the future.
    IssuedInFuture,
    /// MP-011: a value was not understood.
    ValueNotUnderstood,
    /// MP-012: the grant was used before. A new one may pass.
    GrantReused,
    /// MP-200: the scope is not on the client, or misspelt.
    ScopeNotOnClient,
    /// MP-201: the client is of a type that cannot have the scope.
    ScopeNotForClientType,
    /// MP-250: the agency has not been given the scope.
    ScopeNotGranted,
    /// MP-251: the agency has not delegated.
    NotDelegated,
    /// MP-301 to MP-303: about system users, which we do not ask for.
    SystemUser,
    /// One's own number as the agency sent for.
    OwnNumberAsConsumer,
    /// `invalid_client` or 401, without a code that says more.
    ClientRefused,
    /// `invalid_scope`, without a code that says more.
    ScopeRefused,
    /// `unauthorized_client`, `access_denied` or 403, without a code that says more.
    AccessRefused,
    /// Refused without a reason that is known.
    Unexplained,
}

/// Who can mend a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mender {
    /// The agency's administrator, in the self-service of the token service or in our settings.
    Administrator,
    /// The agency, by delegating in Altinn.
    Agency,
    /// The agency, by asking Digdir for the scope.
    Digdir,
    /// Whoever sets this machine's clock.
    Clock,
    /// The makers of this program.
    Program,
}

impl TokenDenial {
    /// Who can mend it.
    pub fn mender(self) -> Mender {
        match self {
            Self::ClientUnknown
            | Self::CertificateNotAccepted
            | Self::KeyExpired
            | Self::OrganisationDiffers
            | Self::SignatureInvalid
            | Self::ScopeNotOnClient
            | Self::ScopeNotForClientType
            | Self::AudienceWrong
            | Self::ClientRefused
            | Self::ScopeRefused
            | Self::AccessRefused
            | Self::Unexplained => Mender::Administrator,
            Self::NotDelegated => Mender::Agency,
            Self::ScopeNotGranted => Mender::Digdir,
            Self::GrantExpired | Self::IssuedInFuture => Mender::Clock,
            Self::CertificatesMalformed
            | Self::ValueNotUnderstood
            | Self::GrantReused
            | Self::SystemUser
            | Self::OwnNumberAsConsumer => Mender::Program,
        }
    }

    /// The number after `MP-`, when the cause has one. MP-301 stands for its two neighbours.
    pub fn mp_code(self) -> Option<u16> {
        CODES
            .iter()
            .find(|(_, denial)| *denial == self)
            .map(|(code, _)| *code)
    }
}

const CODES: [(u16, TokenDenial); 17] = [
    (100, TokenDenial::ClientUnknown),
    (110, TokenDenial::AudienceWrong),
    (120, TokenDenial::CertificateNotAccepted),
    (121, TokenDenial::KeyExpired),
    (122, TokenDenial::OrganisationDiffers),
    (123, TokenDenial::CertificatesMalformed),
    (124, TokenDenial::SignatureInvalid),
    (130, TokenDenial::GrantExpired),
    (11, TokenDenial::ValueNotUnderstood),
    (12, TokenDenial::GrantReused),
    (200, TokenDenial::ScopeNotOnClient),
    (201, TokenDenial::ScopeNotForClientType),
    (250, TokenDenial::ScopeNotGranted),
    (251, TokenDenial::NotDelegated),
    (301, TokenDenial::SystemUser),
    (302, TokenDenial::SystemUser),
    (303, TokenDenial::SystemUser),
];

/// A refusal as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError {
    /// The cause.
    pub denial: TokenDenial,
    /// The service's own words, with its trace id.
    pub description: Option<Sensitive<String>>,
}

/// Reads a refusal (RFC 6749, section 5.2): by its MP code first, then by known words without a
/// code, then by `error`, last by the HTTP status. Any body at all is taken.
///
/// ```
/// use utpost_wire::{Mender, TokenDenial, parse_token_error};
///
/// let body = br#"{"error":"invalid_grant","error_description":"Key has expired (MP-121)"}"#;
/// let denial = parse_token_error(400, body).denial;
/// assert_eq!(denial, TokenDenial::KeyExpired);
/// assert_eq!(denial.mender(), Mender::Administrator);
/// ```
pub fn parse_token_error(status: u16, body: &[u8]) -> TokenError {
    let answer: ErrorAnswer = serde_json::from_slice(body).unwrap_or_default();
    let description = answer.description.unwrap_or_default();
    let words = description.to_lowercase();
    let denial = mp_denial(&description)
        .or_else(|| answer.error.as_deref().and_then(mp_denial))
        .or_else(|| {
            if words.contains("issue time") && words.contains("after now") {
                Some(TokenDenial::IssuedInFuture)
            } else if words.contains("consumer_org") && words.contains("combination") {
                Some(TokenDenial::OwnNumberAsConsumer)
            } else {
                None
            }
        })
        .or(match answer.error.as_deref() {
            Some("invalid_client") => Some(TokenDenial::ClientRefused),
            Some("invalid_scope") => Some(TokenDenial::ScopeRefused),
            Some("unauthorized_client" | "access_denied") => Some(TokenDenial::AccessRefused),
            _ => None,
        })
        .unwrap_or(match status {
            401 => TokenDenial::ClientRefused,
            403 => TokenDenial::AccessRefused,
            _ => TokenDenial::Unexplained,
        });
    let description = Some(description)
        .filter(|text| !text.is_empty())
        .map(Sensitive::new);
    TokenError {
        denial,
        description,
    }
}

/// The first `MP-nnn` of a text that is on the list.
fn mp_denial(text: &str) -> Option<TokenDenial> {
    text.split("MP-").skip(1).find_map(|rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let code: u16 = rest.get(..end)?.parse().ok()?;
        CODES
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, denial)| *denial)
    })
}

/// Where the token service is, by its own metadata.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// The audience of grants.
    pub issuer: String,
    /// Where grants are posted.
    pub token_endpoint: String,
    /// Where its public keys are.
    pub jwks_uri: String,
}

/// Reads the metadata document.
///
/// # Errors
/// [`TokenReadFault::NotAnAnswer`]; [`TokenReadFault::NotHttps`].
pub fn parse_metadata(body: &[u8]) -> Result<Metadata, TokenReadFault> {
    let metadata: Metadata =
        serde_json::from_slice(body).map_err(|_| TokenReadFault::NotAnAnswer)?;
    let addresses = [
        &metadata.issuer,
        &metadata.token_endpoint,
        &metadata.jwks_uri,
    ];
    if addresses
        .iter()
        .any(|address| !address.starts_with("https://"))
    {
        return Err(TokenReadFault::NotHttps);
    }
    Ok(metadata)
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: u32,
    scope: Option<String>,
}

#[derive(Deserialize, Default)]
struct ErrorAnswer {
    error: Option<String>,
    #[serde(rename = "error_description")]
    description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn grant() -> Grant {
        Grant {
            client_id: "c0ffee".to_owned(),
            audience: "https://tokens.example/".to_owned(),
            scopes: vec!["a:read".to_owned(), "b:read".to_owned()],
            resource: None,
            consumer: None,
            issued_at: at("2026-11-22T12:00:00.9Z"),
        }
    }

    #[test]
    fn a_grant_lives_a_hundred_seconds_and_is_used_once() {
        let read = |grant: &Grant| serde_json::from_str::<Value>(&grant.claims()).unwrap();
        let claims = read(&grant());
        assert_eq!(claims["iat"], at("2026-11-22T12:00:00Z").as_second());
        assert_eq!(claims["exp"], at("2026-11-22T12:01:40Z").as_second());
        assert_eq!(claims["scope"], "a:read b:read");
        assert_eq!(claims["aud"], "https://tokens.example/");
        assert_eq!(claims["iss"], "c0ffee");
        assert_eq!(claims.as_object().unwrap().len(), 6);
        assert_ne!(claims["jti"], read(&grant())["jti"]);

        let delegated = Grant {
            resource: Some("https://point.example".to_owned()),
            consumer: Some(OrgNumber::parse("991825827").unwrap()),
            ..grant()
        };
        let claims = read(&delegated);
        assert_eq!(claims["resource"], json!(["https://point.example"]));
        assert_eq!(claims["consumer_org"], "991825827");
    }

    #[test]
    fn a_token_is_kept_no_longer_than_it_is_good_for() {
        let read = |life: u32| {
            let body = format!(
                r#"{{"access_token":"a.b.c","token_type":"bearer","expires_in":{life},"scope":"x y"}}"#
            );
            parse_token_answer(body.as_bytes(), at("2026-11-22T12:00:00Z"), &[]).unwrap()
        };
        let token = read(120);
        assert_eq!(token.expires_at(), at("2026-11-22T12:02:00Z"));
        assert_eq!(token.reusable_until(), at("2026-11-22T12:01:45Z"));
        assert_eq!(read(30).reusable_until(), at("2026-11-22T12:00:15Z"));
        assert!(token.has_scope("y") && !token.has_scope("x y"));
        assert!(!format!("{token:?}").contains("a.b.c"));
    }

    #[test]
    fn scopes_not_named_are_those_asked_for() {
        let body = br#"{"access_token":"t","token_type":"Bearer","expires_in":1}"#;
        let asked = ["x".to_owned()];
        let token = parse_token_answer(body, Timestamp::UNIX_EPOCH, &asked).unwrap();
        assert!(token.has_scope("x"));
    }

    #[test]
    fn a_token_that_would_break_a_header_is_refused() {
        for (token, kind, fault) in [
            ("a\\nb", "Bearer", TokenReadFault::NotABearerToken),
            ("a b", "Bearer", TokenReadFault::NotABearerToken),
            ("", "Bearer", TokenReadFault::NotABearerToken),
            ("a", "mac", TokenReadFault::NotABearerToken),
        ] {
            let body =
                format!(r#"{{"access_token":"{token}","token_type":"{kind}","expires_in":1}}"#);
            let read = parse_token_answer(body.as_bytes(), Timestamp::UNIX_EPOCH, &[]);
            assert_eq!(read, Err(fault), "{token}");
        }
        let read = parse_token_answer(b"{}", Timestamp::UNIX_EPOCH, &[]);
        assert_eq!(read, Err(TokenReadFault::NotAnAnswer));
    }

    #[test]
    fn a_refusal_is_known_by_code_then_words_then_error_then_status() {
        for (status, body, denial) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Invalid assertion. (MP-012) trace 1"}"#,
                TokenDenial::GrantReused,
            ),
            (
                403,
                r#"{"error":"invalid_scope","error_description":"MP-250: x"}"#,
                TokenDenial::ScopeNotGranted,
            ),
            (
                400,
                r#"{"error_description":"MP-302"}"#,
                TokenDenial::SystemUser,
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Issue time is after now"}"#,
                TokenDenial::IssuedInFuture,
            ),
            (
                400,
                r#"{"error_description":"the combination consumer_org in claim and delegation scope on client is invalid"}"#,
                TokenDenial::OwnNumberAsConsumer,
            ),
            (
                400,
                r#"{"error":"invalid_client"}"#,
                TokenDenial::ClientRefused,
            ),
            (
                400,
                r#"{"error":"invalid_scope","error_description":"MP-999"}"#,
                TokenDenial::ScopeRefused,
            ),
            (403, "<html>", TokenDenial::AccessRefused),
            (401, "", TokenDenial::ClientRefused),
            (
                400,
                r#"{"error":"invalid_grant"}"#,
                TokenDenial::Unexplained,
            ),
            (418, "MP-", TokenDenial::Unexplained),
        ] {
            assert_eq!(
                parse_token_error(status, body.as_bytes()).denial,
                denial,
                "{body}"
            );
        }
    }

    #[test]
    fn every_code_leads_to_a_cause_and_back() {
        for (code, denial) in CODES {
            let body = format!(r#"{{"error_description":"MP-{code:03}"}}"#);
            assert_eq!(parse_token_error(400, body.as_bytes()).denial, denial);
            if denial != TokenDenial::SystemUser {
                assert_eq!(denial.mp_code(), Some(code));
            }
        }
    }

    #[test]
    fn metadata_speaks_https_only() {
        let body = |scheme: &str| {
            format!(
                r#"{{"issuer":"https://t.example/","token_endpoint":"{scheme}://t.example/token","jwks_uri":"https://t.example/jwk","more":1}}"#
            )
        };
        let metadata = parse_metadata(body("https").as_bytes()).unwrap();
        assert_eq!(metadata.token_endpoint, "https://t.example/token");
        assert_eq!(
            parse_metadata(body("http").as_bytes()),
            Err(TokenReadFault::NotHttps)
        );
        assert_eq!(parse_metadata(b"[1]"), Err(TokenReadFault::NotAnAnswer));
    }
}
