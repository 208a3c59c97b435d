//! The settings file: who the agency is and which client, certificate and addresses it uses.
//!
//! Nothing in it is secret; passwords lie in files of their own, readable by their owner alone.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use utpost_access::AddressSettings;
use utpost_dispatch::{Agency, Code};
use utpost_domain::{
    AddressParts, EmailText, NoticeTexts, OrgNumber, Policy, PostalAddress, SmsText,
};
use utpost_parcel::{Limits, Sender};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

use crate::failure::Failure;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    agency: Option<AgencySettings>,
    /// Addresses that differ from the known ones.
    pub(crate) addresses: AddressSettings,
    /// The client at Maskinporten.
    pub(crate) client: Option<Client>,
    /// The enterprise certificate that signs letters.
    pub(crate) certificate: Option<KeyFile>,
    /// PEM files with issuing certificates; those on the program's list become trusted.
    pub(crate) trusted_certificates: Vec<PathBuf>,
    /// Most bytes of all documents of a letter.
    size_limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencySettings {
    organisation: OrgNumber,
    name: String,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    invoice_reference: Option<String>,
    return_address: AddressParts,
    #[serde(default)]
    returns: Returns,
    #[serde(default)]
    colour: Colour,
    #[serde(default)]
    post_class: Class,
    #[serde(default)]
    email_notice: Option<String>,
    #[serde(default)]
    sms_notice: Option<String>,
    #[serde(default)]
    information_ignores_reservation: bool,
}

/// The client at Maskinporten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// Its id.
    pub(crate) id: String,
    /// A key registered on it; without one the enterprise certificate signs grants too.
    #[serde(default)]
    pub(crate) registered_key: Option<RegisteredKey>,
}

/// A key registered on the client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisteredKey {
    /// Its id (`kid`).
    pub(crate) id: String,
    /// Where it lies.
    #[serde(flatten)]
    pub(crate) key: KeyFile,
}

/// A PKCS#12 file and the file with its password.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KeyFile {
    /// PKCS#12.
    pub(crate) file: PathBuf,
    /// One line.
    pub(crate) password_file: PathBuf,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Returns {
    SendBack,
    #[default]
    ShredAndReport,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    #[default]
    Black,
    Colour,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
enum Class {
    A,
    #[default]
    B,
}

impl Settings {
    /// The example that holds every setting.
    pub(crate) const EXAMPLE: &str = include_str!("../../../docs/settings-example.json");

    /// What test and production can't do without and the file does not say.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        [
            ("agency", self.agency.is_none()),
            ("client", self.client.is_none()),
            ("certificate", self.certificate.is_none()),
        ]
        .into_iter()
        .filter_map(|(name, is_missing)| is_missing.then_some(name))
        .collect()
    }

    /// Reads the file; `None` when there is none. Paths in it count from its own folder.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(Failure::detailed(Code::Settings, fault)),
        };
        let mut settings: Self = serde_json::from_str(&text).map_err(|fault| {
            Failure::detailed(Code::Settings, format!("{}: {fault}", path.display()))
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let certificate = settings.certificate.iter_mut();
        let registered = settings
            .client
            .iter_mut()
            .flat_map(|client| client.registered_key.as_mut());
        for key in certificate.chain(registered.map(|registered| &mut registered.key)) {
            key.file = folder.join(&key.file);
            key.password_file = folder.join(&key.password_file);
        }
        for file in &mut settings.trusted_certificates {
            *file = folder.join(&*file);
        }
        Ok(Some(settings))
    }

    /// The agency, for test and production.
    pub(crate) fn agency(&self) -> Result<Agency, Failure> {
        let agency = self.agency.as_ref().ok_or_else(|| missing("agency"))?;
        let unusable = |part: &str| Failure::detailed(Code::Settings, format!("agency.{part}"));
        let name = &agency.name;
        Ok(Agency {
            sender: Sender {
                organisation: agency.organisation,
                unit: agency.unit.clone(),
                invoice_reference: agency.invoice_reference.clone(),
            },
            name: name.clone(),
            return_address: PostalAddress::from_parts(&agency.return_address)
                .map_err(|_| unusable("return_address"))?,
            returns: match agency.returns {
                Returns::SendBack => ReturnHandling::SendBack,
                Returns::ShredAndReport => ReturnHandling::ShredAndReport,
            },
            colour: match agency.colour {
                Colour::Black => PrintColour::Black,
                Colour::Colour => PrintColour::Colour,
            },
            post_class: match agency.post_class {
                Class::A => PostClass::A,
                Class::B => PostClass::B,
            },
            notices: notices(
                name,
                agency.email_notice.as_deref(),
                agency.sms_notice.as_deref(),
            )?,
            policy: Policy {
                information_ignores_reservation: agency.information_ignores_reservation,
                ..Policy::default()
            },
            limits: self
                .size_limit
                .map_or_else(Limits::default, |bytes| Limits { bytes }),
        })
    }

    /// The agency of the practice environment: the settings' own looks, practice's name and number.
    pub(crate) fn practice_agency(
        &self,
        organisation: OrgNumber,
        name: &str,
    ) -> Result<Agency, Failure> {
        if self.agency.is_some() {
            let mut agency = self.agency()?;
            agency.sender.organisation = organisation;
            agency.sender.unit = None;
            return Ok(agency);
        }
        let settings = Self {
            agency: Some(AgencySettings {
                organisation,
                name: name.to_owned(),
                unit: None,
                invoice_reference: None,
                return_address: AddressParts {
                    name: name.to_owned(),
                    lines: vec!["Postboks 1".to_owned()],
                    postcode: Some("9998".to_owned()),
                    town: Some("EKSEMPELBY".to_owned()),
                    country: None,
                },
                returns: Returns::default(),
                colour: Colour::default(),
                post_class: Class::default(),
                email_notice: None,
                sms_notice: None,
                information_ignores_reservation: false,
            }),
            size_limit: self.size_limit,
            ..Self::default()
        };
        settings.agency()
    }
}

/// A setting that must be there and is not.
pub(crate) fn missing(part: &str) -> Failure {
    Failure::detailed(Code::Settings, format!("{part} is missing"))
}

fn notices(name: &str, email: Option<&str>, sms: Option<&str>) -> Result<NoticeTexts, Failure> {
    let usual = format!("Du har fått et brev fra {name} i din digitale postkasse.");
    let wrong = |part: &str| Failure::detailed(Code::NoticeWrong, format!("agency.{part}"));
    Ok(NoticeTexts {
        email: Some(EmailText::parse(email.unwrap_or(&usual)).map_err(|_| wrong("email_notice"))?),
        sms: Some(SmsText::parse(sms.unwrap_or(&usual)).map_err(|_| wrong("sms_notice"))?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_holds_every_setting_and_can_be_used() {
        let settings: Settings = serde_json::from_str(Settings::EXAMPLE).unwrap();
        assert!(settings.missing().is_empty());
        settings.agency().unwrap();

        let told = include_str!("../../../docs/settings.md");
        let example: serde_json::Value = serde_json::from_str(Settings::EXAMPLE).unwrap();
        for (name, value) in example.as_object().unwrap() {
            let inner = value.as_object().filter(|_| name == "agency");
            let names = match inner {
                Some(members) => members.keys().map(|key| format!("{name}.{key}")).collect(),
                None => vec![name.clone()],
            };
            for name in names {
                assert!(told.contains(&name), "{name} is not explained");
            }
        }
    }

    #[test]
    fn a_setting_nobody_knows_is_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"agencyy": null}"#).is_err());
    }
}
