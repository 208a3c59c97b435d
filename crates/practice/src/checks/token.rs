//! Access tokens of the practice token service, as access point and mailboxes read them.

use jiff::Timestamp;
use openssl::pkey::{PKey, Public};
use serde_json::{Map, Value};
use utpost_domain::OrgNumber;

use super::jws::Compact;
use super::message::organisation_of;

/// The scope a sender of letters needs.
pub const SEND_SCOPE: &str = "digitalpostinnbygger:send";

/// The token service that is believed.
pub struct TokenIssuer {
    /// `iss`, compared byte for byte.
    pub name: String,
    /// The RSA key that signs its tokens.
    pub key: PKey<Public>,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// `scope`, split at spaces.
    pub scopes: Vec<String>,
    /// `consumer`: on whose behalf the client acts.
    pub consumer: OrgNumber,
    /// `supplier`: who acts, when it is another than the consumer.
    pub supplier: Option<OrgNumber>,
    /// `aud`, when present.
    pub audiences: Vec<String>,
    /// `iat`, seconds since 1970.
    pub issued_at: i64,
    /// `exp`, seconds since 1970.
    pub expires_at: i64,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a compact signature, or a claim is missing or of the wrong form.
    #[error("token cannot be read")]
    Unreadable,
    /// `alg` is not RS256.
    #[error("token is not signed with RS256")]
    Algorithm,
    /// The token service did not sign it.
    #[error("token signature does not verify")]
    Signature,
    /// `iss` is another.
    #[error("token is of another issuer")]
    Issuer,
    /// `exp` is past, or `iat` is more than ten seconds ahead.
    #[error("token is not valid now")]
    Time,
    /// The scope for sending is missing.
    #[error("token lacks the scope")]
    Scope,
    /// `aud` is not the access point.
    #[error("token is for another audience")]
    Audience,
}

impl TokenIssuer {
    /// RS256 by the service's key.
    ///
    /// # Errors
    /// [`TokenFault::Unreadable`], [`TokenFault::Algorithm`] or [`TokenFault::Signature`].
    pub fn check_signature(&self, token: &[u8]) -> Result<(), TokenFault> {
        let compact = Compact::parse(token).map_err(|_| TokenFault::Unreadable)?;
        if compact.algorithm() != Some("RS256") {
            return Err(TokenFault::Algorithm);
        }
        ensure(compact.is_rs256_by(&self.key), TokenFault::Signature)
    }

    /// # Errors
    /// [`TokenFault::Issuer`].
    pub fn check_issuer(&self, claims: &Claims) -> Result<(), TokenFault> {
        same_issuer(claims, &self.name)
    }
}

pub(super) fn same_issuer(claims: &Claims, name: &str) -> Result<(), TokenFault> {
    ensure(claims.issuer == name, TokenFault::Issuer)
}

impl Claims {
    /// Reads the claims without verifying anything.
    ///
    /// # Errors
    /// [`TokenFault::Unreadable`].
    pub fn read(token: &[u8]) -> Result<Self, TokenFault> {
        let compact = Compact::parse(token).map_err(|_| TokenFault::Unreadable)?;
        match compact.json() {
            Ok(Value::Object(claims)) => Self::of(&claims).ok_or(TokenFault::Unreadable),
            _ => Err(TokenFault::Unreadable),
        }
    }

    fn of(claims: &Map<String, Value>) -> Option<Self> {
        let supplier = match claims.get("supplier") {
            None => None,
            Some(party) => Some(party_of(party)?),
        };
        let audiences = match claims.get("aud") {
            None => Vec::new(),
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several
                .iter()
                .map(|one| one.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            Some(_) => return None,
        };
        Some(Self {
            issuer: claims.get("iss")?.as_str()?.to_owned(),
            scopes: claims
                .get("scope")?
                .as_str()?
                .split(' ')
                .map(str::to_owned)
                .collect(),
            consumer: party_of(claims.get("consumer")?)?,
            supplier,
            audiences,
            issued_at: claims.get("iat")?.as_i64()?,
            expires_at: claims.get("exp")?.as_i64()?,
        })
    }

    /// Who sends, has the agreement with the access point, and gets statuses and receipts: the
    /// supplier that acts for the consumer, else the consumer itself.
    #[must_use]
    pub fn technical_sender(&self) -> OrgNumber {
        self.supplier.unwrap_or(self.consumer)
    }

    /// # Errors
    /// [`TokenFault::Time`].
    pub fn check_time(&self, at: Timestamp) -> Result<(), TokenFault> {
        let now = at.as_second();
        ensure(
            self.issued_at <= now.saturating_add(10) && now < self.expires_at,
            TokenFault::Time,
        )
    }

    /// # Errors
    /// [`TokenFault::Scope`].
    pub fn check_scope(&self) -> Result<(), TokenFault> {
        ensure(
            self.scopes.iter().any(|scope| scope == SEND_SCOPE),
            TokenFault::Scope,
        )
    }

    /// # Errors
    /// [`TokenFault::Audience`].
    pub fn check_audience(&self, audience: &str) -> Result<(), TokenFault> {
        ensure(
            self.audiences.iter().any(|one| one == audience),
            TokenFault::Audience,
        )
    }
}

fn party_of(value: &Value) -> Option<OrgNumber> {
    let authority = value.get("authority")?.as_str()?;
    let number = organisation_of(value.get("ID")?.as_str()?)?;
    (authority == "iso6523-actorid-upis").then_some(number)
}

fn ensure(holds: bool, fault: TokenFault) -> Result<(), TokenFault> {
    if holds { Ok(()) } else { Err(fault) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sends_is_the_supplier_when_there_is_one() {
        let number = |text| OrgNumber::parse(text).unwrap();
        let own = Claims {
            issuer: String::new(),
            scopes: Vec::new(),
            consumer: number("991825827"),
            supplier: None,
            audiences: Vec::new(),
            issued_at: 0,
            expires_at: 0,
        };
        assert_eq!(own.technical_sender(), own.consumer);
        let delegated = Claims {
            supplier: Some(number("889640782")),
            ..own
        };
        assert_eq!(delegated.technical_sender().as_str(), "889640782");
    }
}
