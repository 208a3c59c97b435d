//! The token service (Maskinporten): metadata, keys, and the checks of a JWT bearer grant
//! (RFC 7523, RFC 8414).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::authority::{AGENCY, Authority, NEIGHBOUR};
use crate::checks::token::{Claims, TokenIssuer};
use crate::checks::trust::{Signer, Trust, TrustFault};
use crate::jose::{self, Compact};
use crate::problem::Problem;
use crate::world::Shared;

/// Releases contact information, notification status and language.
pub(crate) const SCOPE_CONTACT: &str = "krr:global/kontaktinformasjon.read";
/// Releases mailbox and certificate.
pub(crate) const SCOPE_MAILBOX: &str = "krr:global/digitalpost.read";
/// Sending letters and fetching receipts.
pub(crate) const SCOPE_SEND: &str = "digitalpostinnbygger:send";

/// The agency's client, which signs its grants with the enterprise certificate (`x5c`).
pub const CLIENT: &str = "5f2a7c1e-0b64-4d19-9c53-3a1be2f8d670";
/// Another client of the agency, with the agency's key registered under [`KEY_ID`]: it must sign
/// with `kid`.
pub const CLIENT_WITH_KEY: &str = "e0b9d3a4-6c78-4f25-8a17-92d4c5f0b1e3";
/// The key identifier of [`CLIENT_WITH_KEY`].
pub const KEY_ID: &str = "1c8e4f70-52ab-49d6-b3e9-7f60d2a85c14";
/// A client of the agency that holds the scope for contact information only.
pub const CLIENT_LIMITED: &str = "a47d60f2-913b-4e8c-b5d0-68f1c2e7a935";
/// The neighbour's client.
pub const CLIENT_NEIGHBOUR: &str = "93c5b8e1-7d02-4a6f-8e34-d1f0a9b76c52";

/// A grant and a token live this long at most, seconds.
const LIFE: i64 = 120;
/// How far `iat` may be from this machine's clock, seconds, where that runs as it should.
const LEEWAY: i64 = 10;
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_KEY_ID: &str = "utpost-practice-token-key";

struct Client {
    id: &'static str,
    owner: &'static str,
    scopes: &'static [&'static str],
    key_id: Option<&'static str>,
}

const CLIENTS: [Client; 4] = [
    Client {
        id: CLIENT,
        owner: AGENCY,
        scopes: &[SCOPE_CONTACT, SCOPE_MAILBOX, SCOPE_SEND],
        key_id: None,
    },
    Client {
        id: CLIENT_WITH_KEY,
        owner: AGENCY,
        scopes: &[SCOPE_CONTACT, SCOPE_MAILBOX, SCOPE_SEND],
        key_id: Some(KEY_ID),
    },
    Client {
        id: CLIENT_LIMITED,
        owner: AGENCY,
        scopes: &[SCOPE_CONTACT],
        key_id: None,
    },
    Client {
        id: CLIENT_NEIGHBOUR,
        owner: NEIGHBOUR,
        scopes: &[SCOPE_CONTACT, SCOPE_MAILBOX, SCOPE_SEND],
        key_id: None,
    },
];

/// Grants that were used, by `jti`, until they have expired anyhow.
#[derive(Default)]
pub(crate) struct UsedGrants(Mutex<HashMap<String, i64>>);

impl UsedGrants {
    /// False when `jti` was used before.
    fn claim(&self, jti: &str, expires: i64, now: i64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until| *until + LEEWAY >= now);
        used.insert(jti.to_owned(), expires).is_none()
    }
}

/// `GET /.well-known/oauth-authorization-server`
pub(crate) async fn metadata(State(world): State<Shared>) -> Json<Value> {
    let issuer = world.issuer();
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}token"),
        "jwks_uri": format!("{issuer}jwk"),
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
    }))
}

/// `GET /jwk`
pub(crate) async fn keys(State(world): State<Shared>) -> Result<Json<Value>, Problem> {
    let rsa = world
        .authority
        .token_key
        .rsa()
        .map_err(|fault| Problem::internal("token key", &fault))?;
    Ok(Json(json!({ "keys": [{
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": TOKEN_KEY_ID,
        "n": URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
        "e": URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
    }]})))
}

/// `POST /token`
pub(crate) async fn token(
    State(world): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let granted = form(&headers, &body).and_then(|assertion| {
        let now = world.now();
        // On a clock that runs faster the same call has taken longer.
        let leeway = LEEWAY.max(i64::from(world.options.pace));
        let grant = check_grant(&assertion, &world.authority, &world.issuer(), now, leeway)?;
        if !world
            .used_grants
            .claim(&grant.jti, grant.expires, now.as_second())
        {
            return Err(Refusal::grant(12, "the grant has been used before"));
        }
        issue(&grant, &world.authority, &world.issuer(), now)
    });
    match granted {
        Ok(answer) => ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(refusal) => {
            tracing::info!(code = refusal.code, error = refusal.error, "grant refused");
            refusal.into_response()
        }
    }
}

/// A refused grant, with Maskinporten's own number when it has one.
struct Refusal {
    error: &'static str,
    code: Option<u16>,
    text: &'static str,
}

impl Refusal {
    fn request(text: &'static str) -> Self {
        Self {
            error: "invalid_request",
            code: Some(11),
            text,
        }
    }

    fn grant(code: u16, text: &'static str) -> Self {
        Self {
            error: "invalid_grant",
            code: Some(code),
            text,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = self
            .code
            .map(|code| format!(" (MP-{code:03})"))
            .unwrap_or_default();
        let trace = Uuid::new_v4().simple();
        let body = json!({
            "error": self.error,
            "error_description": format!("{}{code}. (trace_id: {trace})", self.text),
        });
        let status = match self.error {
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(body)).into_response()
    }
}

fn form(headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Err(Refusal::request("the body is not a form"));
    }
    let text = std::str::from_utf8(body).map_err(|_| Refusal::request("the form is not text"))?;
    let (mut grant_type, mut assertion) = (None, None);
    for field in text.split('&') {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let slot = match name {
            "grant_type" => &mut grant_type,
            "assertion" => &mut assertion,
            _ => continue,
        };
        let value = percent_decoded(value).ok_or(Refusal::request("the form is damaged"))?;
        if slot.replace(value).is_some() {
            return Err(Refusal::request("a form field is given twice"));
        }
    }
    if grant_type.as_deref() != Some(GRANT_TYPE) {
        return Err(Refusal {
            error: "unsupported_grant_type",
            code: None,
            text: "only the JWT bearer grant is supported",
        });
    }
    assertion.ok_or(Refusal::request("assertion is missing"))
}

fn percent_decoded(value: &str) -> Option<String> {
    let mut bytes = value.bytes();
    let mut decoded = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

struct Grant {
    client: &'static Client,
    scope: String,
    resource: Vec<String>,
    jti: String,
    expires: i64,
    method: &'static str,
}

fn check_grant(
    assertion: &str,
    authority: &Authority,
    issuer: &str,
    now: Timestamp,
    leeway: i64,
) -> Result<Grant, Refusal> {
    let jwt = Compact::parse(assertion).ok_or(Refusal::request("the assertion is no JWT"))?;
    let client = CLIENTS
        .iter()
        .find(|client| jwt.text("iss") == Some(client.id))
        .ok_or(Refusal {
            error: "invalid_client",
            code: Some(100),
            text: "client not found",
        })?;
    let method = check_signature(&jwt, client, authority, now)?;
    if jwt.text("aud") != Some(issuer) {
        return Err(Refusal::grant(
            110,
            "aud is not the issuer of this environment",
        ));
    }
    let expires = check_times(&jwt, now.as_second(), leeway)?;
    let jti = jwt
        .text("jti")
        .filter(|jti| !jti.is_empty())
        .ok_or(Refusal::request("jti is missing"))?;
    refuse_delegation(&jwt, client)?;
    Ok(Grant {
        client,
        scope: check_scope(&jwt, client)?,
        resource: check_resource(&jwt)?,
        jti: jti.to_owned(),
        expires,
        method,
    })
}

/// Who signed: gives the method of authentication that the token will name.
fn check_signature(
    jwt: &Compact<'_>,
    client: &Client,
    authority: &Authority,
    now: Timestamp,
) -> Result<&'static str, Refusal> {
    if !matches!(
        jwt.header.get("alg").and_then(Value::as_str),
        Some("RS256" | "RS384" | "RS512")
    ) {
        return Err(Refusal::request("alg is not RS256, RS384 or RS512"));
    }
    if jwt.header.contains_key("crit") {
        return Err(Refusal::request(
            "crit names an extension that is not understood",
        ));
    }
    let signature = |holds: bool| {
        if holds {
            Ok(())
        } else {
            Err(Refusal::grant(124, "the signature is invalid"))
        }
    };
    match (jwt.header.get("x5c"), jwt.header.get("kid"), client.key_id) {
        (Some(chain), None, None) => {
            let signer = check_chain(chain, authority, now)?;
            if signer.organisation.as_str() != client.owner {
                return Err(Refusal::grant(122, "another organisation owns the client"));
            }
            let key = signer
                .certificate
                .public_key()
                .map_err(|_| Refusal::grant(120, "no usable key"))?;
            signature(jwt.is_signed_by(&key))?;
            Ok("virksomhetssertifikat")
        }
        (None, Some(key_id), Some(registered)) => {
            let key = registered_key(authority)
                .filter(|_| key_id.as_str() == Some(registered))
                .ok_or(Refusal::grant(124, "kid is not registered on the client"))?;
            signature(jwt.is_signed_by(&key))?;
            Ok("private_key_jwt")
        }
        (Some(_), None, Some(_)) => Err(Refusal::grant(
            124,
            "the client has registered keys and must use kid",
        )),
        (None, Some(_), None) => Err(Refusal::grant(124, "the client has no registered key")),
        _ => Err(Refusal::request("give exactly one of x5c and kid")),
    }
}

/// [`CLIENT_WITH_KEY`] has registered the public half of the agency's key.
fn registered_key(authority: &Authority) -> Option<PKey<Public>> {
    authority.agency.certificate.public_key().ok()
}

/// `x5c` holds the enterprise certificate and then the rest of its chain, each base64 of DER.
fn check_chain(chain: &Value, authority: &Authority, now: Timestamp) -> Result<Signer, Refusal> {
    let unreadable = || Refusal::request("a certificate in x5c cannot be read");
    let texts = chain.as_array().filter(|texts| !texts.is_empty());
    let certificates = texts
        .and_then(|texts| texts.iter().map(Value::as_str).collect::<Option<Vec<_>>>())
        .ok_or(Refusal::grant(123, "x5c is not an array of strings"))?
        .into_iter()
        .map(|text| {
            let der = STANDARD.decode(text).map_err(|_| unreadable())?;
            X509::from_der(&der).map_err(|_| unreadable())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let (leaf, issuers) = certificates.split_first().ok_or_else(unreadable)?;

    Trust::new(vec![authority.root.clone()], issuers.to_vec())
        .signer(leaf.clone(), now)
        .map_err(|fault| match fault {
            TrustFault::Expired | TrustFault::NotYetValid => {
                Refusal::grant(124, "the certificate is not valid today")
            }
            _ => Refusal::grant(120, "not an enterprise certificate of this environment"),
        })
}

fn check_times(jwt: &Compact<'_>, now: i64, leeway: i64) -> Result<i64, Refusal> {
    let missing = || Refusal::request("iat and exp must be whole seconds");
    let issued = jwt.seconds("iat").ok_or_else(missing)?;
    let expires = jwt.seconds("exp").ok_or_else(missing)?;
    if issued > now + leeway {
        return Err(Refusal {
            error: "invalid_grant",
            code: None,
            text: "Issue time is after now",
        });
    }
    if issued < now - leeway || expires <= now {
        return Err(Refusal::grant(130, "the grant has expired"));
    }
    if expires <= issued || expires - issued > LIFE {
        return Err(Refusal::grant(11, "exp is more than 120 seconds after iat"));
    }
    Ok(expires)
}

fn check_scope(jwt: &Compact<'_>, client: &Client) -> Result<String, Refusal> {
    let scope = jwt.text("scope").unwrap_or_default();
    if scope.is_empty() {
        return Err(Refusal {
            error: "invalid_scope",
            code: Some(11),
            text: "scope is missing",
        });
    }
    if !scope.split(' ').all(|asked| client.scopes.contains(&asked)) {
        return Err(Refusal {
            error: "invalid_scope",
            code: Some(200),
            text: "the client does not have this scope",
        });
    }
    Ok(scope.to_owned())
}

fn check_resource(jwt: &Compact<'_>) -> Result<Vec<String>, Refusal> {
    let Some(resource) = jwt.claims.get("resource") else {
        return Ok(Vec::new());
    };
    resource
        .as_array()
        .and_then(|values| {
            values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect()
        })
        .ok_or(Refusal::request("resource is not an array of strings"))
}

/// Nobody has delegated anything in practice.
fn refuse_delegation(jwt: &Compact<'_>, client: &Client) -> Result<(), Refusal> {
    if jwt.claims.contains_key("authorization_details") {
        return Err(Refusal::request("no system user is known here"));
    }
    if jwt.claims.contains_key("iss_onbehalfof") {
        return Err(Refusal::request(
            "the client has no on-behalf-of registration",
        ));
    }
    match jwt.claims.get("consumer_org") {
        None => Ok(()),
        Some(own) if own.as_str() == Some(client.owner) => Err(Refusal {
            error: "invalid_request",
            code: None,
            text: "the combination consumer_org in claim and delegation scope on client is \
                   invalid",
        }),
        Some(_) => Err(Refusal::grant(
            251,
            "the organisation has not delegated to you",
        )),
    }
}

fn issue(
    grant: &Grant,
    authority: &Authority,
    issuer: &str,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let issued = now.as_second();
    let mut claims = json!({
        "scope": grant.scope,
        "iss": issuer,
        "client_amr": grant.method,
        "token_type": "Bearer",
        "exp": issued + LIFE,
        "iat": issued,
        "client_id": grant.client.id,
        "jti": Uuid::new_v4(),
        "consumer": {
            "authority": "iso6523-actorid-upis",
            "ID": format!("0192:{}", grant.client.owner),
        },
    });
    match grant.resource.as_slice() {
        [] => {}
        [one] => claims["aud"] = json!(one),
        several => claims["aud"] = json!(several),
    }
    let header = json!({ "kid": TOKEN_KEY_ID, "alg": "RS256" });
    let token = jose::sign_rs256(&header, &claims, &authority.token_key).map_err(|fault| {
        tracing::error!(%fault, "cannot sign a token");
        Refusal {
            error: "server_error",
            code: None,
            text: "the token could not be signed",
        }
    })?;
    Ok(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIFE,
        "scope": grant.scope,
    }))
}

/// A bearer token that this service issued and that has not expired.
pub(crate) struct Bearer {
    /// The token as sent.
    pub(crate) compact: String,
    pub(crate) claims: Claims,
}

impl Bearer {
    /// Reads the Authorization header: signature, issuer and expiry.
    ///
    /// # Errors
    /// A 401 problem.
    pub(crate) fn read(
        headers: &HeaderMap,
        tokens: &TokenIssuer,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let bearer = Self::read_unchecked(headers)?;
        let checked = tokens
            .check_signature(bearer.compact.as_bytes())
            .and_then(|()| tokens.check_issuer(&bearer.claims))
            .and_then(|()| bearer.claims.check_time(now));
        match checked {
            Ok(()) => Ok(bearer),
            Err(fault) => Err(Problem::unauthorized(fault.to_string())),
        }
    }

    /// Reads the Authorization header and believes it.
    ///
    /// # Errors
    /// A 401 problem when it holds no token.
    pub(crate) fn read_unchecked(headers: &HeaderMap) -> Result<Self, Problem> {
        let compact = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| Problem::unauthorized("no bearer token"))?;
        let claims = Claims::read(compact.as_bytes())
            .map_err(|fault| Problem::unauthorized(fault.to_string()))?;
        Ok(Self {
            compact: compact.to_owned(),
            claims,
        })
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.claims.scopes.iter().any(|held| held == scope)
    }

    /// A token restricted to another receiver is not for `address`; an unrestricted one is.
    ///
    /// # Errors
    /// A 401 problem.
    pub(crate) fn must_be_for(&self, address: &str) -> Result<(), Problem> {
        match self.claims.audiences.is_empty() {
            true => Ok(()),
            false => self
                .claims
                .check_audience(address)
                .map_err(|fault| Problem::unauthorized(fault.to_string())),
        }
    }
}
