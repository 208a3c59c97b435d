//! Where the services are. Known addresses are defaults; settings hold only what differs.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use utpost_domain::Environment;
use utpost_pki::Certificate;

/// An absolute https address of a service, without user, query or fragment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpsAddress(Url);

impl HttpsAddress {
    /// Reads an address. Only https is known: there is no way to make one of plain http.
    ///
    /// # Errors
    /// [`AddressFault::Malformed`], [`AddressFault::NotHttps`], or [`AddressFault::Gone`] for the
    /// addresses of services that have been closed.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let url = Url::parse(text.trim()).map_err(|_| AddressFault::Malformed)?;
        if url.scheme() != "https" {
            return Err(AddressFault::NotHttps);
        }
        let extras = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extras {
            return Err(AddressFault::Malformed);
        }
        let address = Self(url);
        if address.is_gone() {
            Err(AddressFault::Gone)
        } else {
            Ok(address)
        }
    }

    /// The address as text. An empty path is written as `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address of `path` (no slash in front) under this one.
    pub(crate) fn under(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url
    }

    pub(crate) fn url(&self) -> Url {
        self.0.clone()
    }

    fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Closed between 2022 and 2024: the register's SOAP services and earlier names, the token
    /// services that went with them, and the earlier test environments.
    fn is_gone(&self) -> bool {
        let host = self.host();
        let first = host.split('.').next().unwrap_or_default();
        matches!(host, "krr.digdir.no" | "oidc.difi.no")
            || (matches!(first, "ver1" | "ver2") && host.ends_with(".maskinporten.no"))
            || matches!(first, "krr-ver1" | "krr-ver2")
            || first.starts_with("kontaktinfo-ws")
            || self.0.path().starts_with("/kontaktinfo-external")
    }
}

impl fmt::Debug for HttpsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpsAddress({})", self.as_str())
    }
}

impl fmt::Display for HttpsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for HttpsAddress {
    type Error = AddressFault;

    fn try_from(text: String) -> Result<Self, AddressFault> {
        Self::parse(&text)
    }
}

impl From<HttpsAddress> for String {
    fn from(address: HttpsAddress) -> Self {
        address.0.into()
    }
}

/// Why an address can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// No absolute address, or one with a user, a query or a fragment.
    #[error("not a plain address of a service")]
    Malformed,
    /// Anything but https.
    #[error("the address is not https")]
    NotHttps,
    /// The service that was there has been closed.
    #[error("the service at this address has been closed")]
    Gone,
    /// A known address of one environment among the settings of another.
    #[error("the address belongs to another environment")]
    OtherEnvironment,
    /// Practice is on this machine and nowhere else.
    #[error("the practice environment must be on this machine")]
    NotLoopback,
}

/// The addresses of one environment, and whose certificates are believed there.
#[derive(Debug, Clone)]
pub struct Endpoints {
    environment: Environment,
    pub(crate) issuer: HttpsAddress,
    pub(crate) register: HttpsAddress,
    pub(crate) access_point: HttpsAddress,
    pub(crate) resource: Option<String>,
    /// The only root believed; `None` leaves it to the operating system.
    pub(crate) only_root: Option<Certificate>,
}

/// What an agency has set otherwise than the known defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AddressSettings {
    /// Issuer of the token service, as grants name it: with the last slash.
    pub issuer: Option<HttpsAddress>,
    /// The register, without `/rest/…`.
    pub register: Option<HttpsAddress>,
    /// The access point (corner 2), without `/messages/…`.
    pub access_point: Option<HttpsAddress>,
    /// What the access point wants as audience of the token (`resource` of the grant). The known
    /// access points want none.
    pub resource: Option<String>,
}

impl Endpoints {
    /// Digdir's test environment.
    ///
    /// # Errors
    /// [`AddressFault::OtherEnvironment`] when a setting names a known production service.
    ///
    /// ```
    /// use utpost_access::{AddressSettings, Endpoints};
    ///
    /// let settings: AddressSettings =
    ///     serde_json::from_str(r#"{"access_point": "https://c2.example.org/dpi"}"#)?;
    /// assert!(Endpoints::test(settings).is_ok());
    /// assert!(serde_json::from_str::<AddressSettings>(r#"{"register": "http://a.no"}"#).is_err());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn test(settings: AddressSettings) -> Result<Self, AddressFault> {
        Self::digdir(
            Environment::Test,
            settings,
            "https://test.maskinporten.no/",
            "https://test.kontaktregisteret.no",
            "https://sandbox1.ediex.no/api/v2/dpi",
        )
    }

    /// Production.
    ///
    /// # Errors
    /// [`AddressFault::OtherEnvironment`] when a setting names a known test service.
    pub fn production(settings: AddressSettings) -> Result<Self, AddressFault> {
        Self::digdir(
            Environment::Production,
            settings,
            "https://maskinporten.no/",
            "https://kontaktregisteret.no",
            "https://edi.edigard.com/api/v2/dpi",
        )
    }

    /// The practice environment, on this machine. Only servers under `root` are believed, and no
    /// proxy is used.
    ///
    /// # Errors
    /// [`AddressFault::NotLoopback`], and those of [`HttpsAddress::parse`].
    pub fn practice(
        issuer: &str,
        register: &str,
        access_point: &str,
        root: Certificate,
    ) -> Result<Self, AddressFault> {
        Self {
            environment: Environment::Practice,
            issuer: HttpsAddress::parse(issuer)?,
            register: HttpsAddress::parse(register)?,
            access_point: HttpsAddress::parse(access_point)?,
            resource: None,
            only_root: Some(root),
        }
        .checked()
    }

    /// Which environment these are the addresses of.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    fn digdir(
        environment: Environment,
        settings: AddressSettings,
        issuer: &str,
        register: &str,
        access_point: &str,
    ) -> Result<Self, AddressFault> {
        let or = |set: Option<HttpsAddress>, known| set.map_or(HttpsAddress::parse(known), Ok);
        Self {
            environment,
            issuer: or(settings.issuer, issuer)?,
            register: or(settings.register, register)?,
            access_point: or(settings.access_point, access_point)?,
            resource: settings.resource.filter(|resource| !resource.is_empty()),
            only_root: None,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, AddressFault> {
        [&self.issuer, &self.register, &self.access_point]
            .into_iter()
            .try_for_each(|address| self.admit(address))?;
        Ok(self)
    }

    /// Whether this environment may talk to `address` at all.
    pub(crate) fn admit(&self, address: &HttpsAddress) -> Result<(), AddressFault> {
        match (self.environment, known_host(address.host())) {
            (Environment::Practice, _) if !address.is_loopback() => Err(AddressFault::NotLoopback),
            (own, Some(other)) if own != other => Err(AddressFault::OtherEnvironment),
            _ => Ok(()),
        }
    }
}

/// Hosts whose environment is known, today's and the last ones.
fn known_host(host: &str) -> Option<Environment> {
    match host {
        "test.maskinporten.no"
        | "test.kontaktregisteret.no"
        | "sandbox1.ediex.no"
        | "srest.qa.dataplatfor.ms" => Some(Environment::Test),
        "maskinporten.no" | "kontaktregisteret.no" | "edi.edigard.com" | "srest.dataplatfor.ms" => {
            Some(Environment::Production)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_can_not_be_named() {
        for text in [
            "http://test.kontaktregisteret.no",
            "http://127.0.0.1:1",
            "HTTP://a.no",
        ] {
            assert_eq!(
                HttpsAddress::parse(text),
                Err(AddressFault::NotHttps),
                "{text}"
            );
        }
        let settings = r#"{"access_point": "http://c2.example.org"}"#;
        assert!(serde_json::from_str::<AddressSettings>(settings).is_err());
    }

    #[test]
    fn an_address_carries_nothing_beside_host_and_path() {
        for text in [
            "https://user@a.no",
            "https://u:p@a.no",
            "https://a.no/?wsdl",
            "https://a.no/#x",
            "a.no",
            "https://",
            "",
        ] {
            assert_eq!(
                HttpsAddress::parse(text),
                Err(AddressFault::Malformed),
                "{text}"
            );
        }
    }

    #[test]
    fn closed_services_are_refused() {
        for text in [
            "https://krr.digdir.no",
            "https://oidc.difi.no/",
            "https://krr-ver1.digdir.no/rest",
            "https://krr-ver2.digdir.no",
            "https://ver2.maskinporten.no/",
            "https://ver1.maskinporten.no/token",
            "https://kontaktinfo-ws-ver2.difi.no/kontaktinfo-external/ws-v5",
        ] {
            assert_eq!(HttpsAddress::parse(text), Err(AddressFault::Gone), "{text}");
        }
    }

    #[test]
    fn an_environment_refuses_the_services_of_another() {
        let production = AddressSettings {
            access_point: HttpsAddress::parse("https://edi.edigard.com/api/v2/dpi").ok(),
            ..AddressSettings::default()
        };
        assert!(Endpoints::production(production.clone()).is_ok());
        let refused = Endpoints::test(production).unwrap_err();
        assert_eq!(refused, AddressFault::OtherEnvironment);
        let test = AddressSettings {
            issuer: HttpsAddress::parse("https://test.maskinporten.no/").ok(),
            ..AddressSettings::default()
        };
        assert_eq!(
            Endpoints::production(test).unwrap_err(),
            AddressFault::OtherEnvironment
        );
    }

    #[test]
    fn paths_are_appended_to_the_base_with_one_slash() {
        for base in [
            "https://c2.example.org/api/v2/dpi",
            "https://c2.example.org/api/v2/dpi/",
        ] {
            let address = HttpsAddress::parse(base).unwrap();
            let url = address.under("messages/out");
            assert_eq!(
                url.as_str(),
                "https://c2.example.org/api/v2/dpi/messages/out"
            );
        }
        let issuer = HttpsAddress::parse("https://test.maskinporten.no").unwrap();
        assert_eq!(issuer.as_str(), "https://test.maskinporten.no/");
        assert_eq!(
            issuer.under("token").as_str(),
            "https://test.maskinporten.no/token"
        );
    }
}
