//! The settings file: who the agency is and which client, certificate and addresses it uses.
//!
//! Nothing in it is secret; passwords lie in files of their own, readable by their owner alone.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utpost_access::AddressSettings;
use utpost_dispatch::{Agency, Code, LedgerFault};
use utpost_domain::{
    AddressFault, AddressPart, AddressParts, EmailText, NonSensitiveTitle, NoticeTexts, OrgNumber,
    Policy, PostalAddress, SmsText,
};
use utpost_parcel::{Limits, Sender};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};

use crate::Failure;

/// The settings file as written: who the agency is and which client, certificate and addresses it
/// uses.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
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

/// What an agency decides for all its letters, as it can be changed while the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyChange {
    /// Its name as citizens know it.
    pub name: String,
    /// Where paper comes back to.
    pub return_address: AddressParts,
    /// What becomes of paper that can't be delivered.
    pub returns: ReturnHandling,
    /// Of all sheets.
    pub colour: PrintColour,
    /// Of paper.
    pub post_class: PostClass,
    /// What a notice by e-mail says.
    pub email_notice: String,
    /// What a notice by text message says.
    pub sms_notice: String,
}

impl AgencyChange {
    /// The agency as it is, to be changed.
    pub fn of(agency: &Agency) -> Self {
        let Agency { notices, .. } = agency;
        let email = notices.email.as_ref().map(EmailText::as_str);
        let sms = notices.sms.as_ref().map(SmsText::as_str);
        Self {
            name: agency.name.clone(),
            return_address: agency.return_address.to_parts("the agency's own"),
            returns: agency.returns,
            colour: agency.colour,
            post_class: agency.post_class,
            email_notice: email.unwrap_or_default().to_owned(),
            sms_notice: sms.unwrap_or_default().to_owned(),
        }
    }
}

impl Settings {
    /// The example that holds every setting.
    pub const EXAMPLE: &str = include_str!("../../../docs/settings-example.json");

    /// What test and production can't do without and the file does not say.
    pub fn missing(&self) -> Vec<&'static str> {
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
    ///
    /// # Errors
    /// [`Code::Settings`].
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let Some(text) = text_of(path)? else {
            return Ok(None);
        };
        let mut settings: Self = parsed(&text, path)?;
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

    /// Changes what the file says of the agency, or makes the file. Everything else in it stays as
    /// it was, also who the agency is by number. The file is replaced whole or not at all.
    ///
    /// `current` is the agency as it is at work, of which the number is taken where the file has
    /// none. A notice that is still the usual one is not written, so that it follows the name.
    ///
    /// # Errors
    /// [`Code::AddressWrong`] and [`Code::NoticeWrong`] whose detail names the field of
    /// [`AgencyChange`], as `return_address.postcode`; [`Code::Settings`] with `name`, or when the
    /// file can't be understood; the codes of the disk.
    pub fn change_agency(
        path: &Path,
        current: &Agency,
        change: &AgencyChange,
    ) -> Result<Agency, Failure> {
        let text = text_of(path)?.unwrap_or_else(|| "{}".to_owned());
        let mut settings: Self = parsed(&text, path)?;
        let mut whole: Map<String, Value> = parsed(&text, path)?;

        let before = settings.agency.take();
        let changed = AgencySettings::changed(before, current, change)?;
        let agency = changed
            .build(settings.limits())
            .map_err(|wrong| Failure::detailed(wrong.code, wrong.field))?;
        let defect = |fault| Failure::detailed(Code::Defect, fault);
        let members = serde_json::to_value(&changed).map_err(defect)?;
        if !whole.get("agency").is_some_and(Value::is_object) {
            whole.insert("agency".to_owned(), Value::Object(Map::new()));
        }
        if let (Some(Value::Object(written)), Value::Object(members)) =
            (whole.get_mut("agency"), members)
        {
            for (name, value) in members {
                if !value.is_null() || written.contains_key(&name) {
                    written.insert(name, value);
                }
            }
        }
        let text = serde_json::to_string_pretty(&whole).map_err(defect)?;
        replace(path, format!("{text}\n").as_bytes()).map_err(LedgerFault::Disk)?;
        Ok(Agency {
            sender: current.sender.clone(),
            ..agency
        })
    }

    /// The agency, for test and production.
    pub(crate) fn agency(&self) -> Result<Agency, Failure> {
        let agency = self.agency.as_ref().ok_or_else(|| missing("agency"))?;
        agency.build(self.limits()).map_err(|wrong| {
            let code = match wrong.code {
                // That code is for a letter's address.
                Code::AddressWrong => Code::Settings,
                other => other,
            };
            Failure::detailed(code, format!("agency.{}", wrong.field))
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
                returns: usual_returns(),
                colour: usual_colour(),
                post_class: usual_class(),
                email_notice: None,
                sms_notice: None,
                information_ignores_reservation: false,
            }),
            size_limit: self.size_limit,
            ..Self::default()
        };
        settings.agency()
    }

    fn limits(&self) -> Limits {
        self.size_limit
            .map_or_else(Limits::default, |bytes| Limits { bytes })
    }
}

/// A setting that must be there and is not.
pub(crate) fn missing(part: &str) -> Failure {
    Failure::detailed(Code::Settings, format!("{part} is missing"))
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

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AgencySettings {
    organisation: OrgNumber,
    name: String,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    invoice_reference: Option<String>,
    return_address: AddressParts,
    #[serde(default = "usual_returns", with = "Returns")]
    returns: ReturnHandling,
    #[serde(default = "usual_colour", with = "Colour")]
    colour: PrintColour,
    #[serde(default = "usual_class", with = "Class")]
    post_class: PostClass,
    #[serde(default)]
    email_notice: Option<String>,
    #[serde(default)]
    sms_notice: Option<String>,
    #[serde(default)]
    information_ignores_reservation: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "ReturnHandling", rename_all = "snake_case")]
enum Returns {
    SendBack,
    ShredAndReport,
}

fn usual_returns() -> ReturnHandling {
    ReturnHandling::ShredAndReport
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "PrintColour", rename_all = "snake_case")]
enum Colour {
    Black,
    Colour,
}

fn usual_colour() -> PrintColour {
    PrintColour::Black
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "PostClass")]
enum Class {
    A,
    B,
}

fn usual_class() -> PostClass {
    PostClass::B
}

/// What a notice says where nothing else is set.
fn usual_notice(name: &str) -> String {
    format!("Du har fått et brev fra {name} i din digitale postkasse.")
}

/// Which setting of the agency can't be used.
struct Wrong {
    code: Code,
    field: &'static str,
}

impl AgencySettings {
    /// The settings as they will be: what can't be changed here is kept.
    fn changed(
        before: Option<Self>,
        current: &Agency,
        change: &AgencyChange,
    ) -> Result<Self, Failure> {
        let name = change.name.trim();
        // The usual title of a letter names the agency.
        if name.is_empty() || NonSensitiveTitle::parse(&format!("Brev fra {name}")).is_err() {
            return Err(Failure::detailed(Code::Settings, "name"));
        }
        let usual = [usual_notice(name), usual_notice(&current.name)];
        let notice = |text: &str| {
            let is_usual = usual.iter().any(|usual| usual == text.trim());
            (!is_usual).then(|| text.to_owned())
        };
        let sender = &current.sender;
        let (organisation, unit, invoice_reference, information_ignores_reservation) = match before
        {
            Some(before) => (
                before.organisation,
                before.unit,
                before.invoice_reference,
                before.information_ignores_reservation,
            ),
            None => (sender.organisation, None, None, false),
        };
        Ok(Self {
            organisation,
            name: name.to_owned(),
            unit,
            invoice_reference,
            return_address: change.return_address.clone(),
            returns: change.returns,
            colour: change.colour,
            post_class: change.post_class,
            email_notice: notice(&change.email_notice),
            sms_notice: notice(&change.sms_notice),
            information_ignores_reservation,
        })
    }

    fn build(&self, limits: Limits) -> Result<Agency, Wrong> {
        let notice = |field| {
            move |_| Wrong {
                code: Code::NoticeWrong,
                field,
            }
        };
        let usual = usual_notice(&self.name);
        let email = EmailText::parse(self.email_notice.as_deref().unwrap_or(&usual));
        let sms = SmsText::parse(self.sms_notice.as_deref().unwrap_or(&usual));
        let return_address = PostalAddress::from_parts(&self.return_address);
        Ok(Agency {
            sender: Sender {
                organisation: self.organisation,
                unit: self.unit.clone(),
                invoice_reference: self.invoice_reference.clone(),
            },
            name: self.name.clone(),
            return_address: return_address.map_err(|fault| Wrong {
                code: Code::AddressWrong,
                field: address_field(fault),
            })?,
            returns: self.returns,
            colour: self.colour,
            post_class: self.post_class,
            notices: NoticeTexts {
                email: Some(email.map_err(notice("email_notice"))?),
                sms: Some(sms.map_err(notice("sms_notice"))?),
            },
            policy: Policy {
                information_ignores_reservation: self.information_ignores_reservation,
                ..Policy::default()
            },
            limits,
        })
    }
}

fn address_field(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::Missing(part)
        | AddressFault::TooLong { part, .. }
        | AddressFault::ControlCharacter(part) => match part {
            AddressPart::Name => "return_address.name",
            AddressPart::Line => "return_address.lines",
            AddressPart::Town => "return_address.town",
            AddressPart::Country => "return_address.country",
        },
        AddressFault::TooManyLines { .. } => "return_address.lines",
        AddressFault::Postcode | AddressFault::PostcodeAbroad => "return_address.postcode",
        AddressFault::CountryIsNorway => "return_address.country",
    }
}

fn text_of(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(Failure::detailed(Code::Settings, fault)),
    }
}

fn parsed<T: for<'a> Deserialize<'a>>(text: &str, path: &Path) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|fault| Failure::detailed(Code::Settings, format!("{}: {fault}", path.display())))
}

/// Puts the bytes in the file's place, durably, for its owner alone. What a link leads to is
/// replaced, not the link; a file that was made read-only stays.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|file| file.permissions().readonly()) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    // Windows has no call for it and journals names by itself.
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
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

    #[test]
    fn a_change_leaves_everything_else_in_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, Settings::EXAMPLE).unwrap();
        let before = Settings::read(&path).unwrap().unwrap().agency().unwrap();
        let change = AgencyChange {
            name: " Nye Eksempelby kommune ".to_owned(),
            returns: ReturnHandling::SendBack,
            colour: PrintColour::Colour,
            post_class: PostClass::A,
            email_notice: "Du har post.".to_owned(),
            ..AgencyChange::of(&before)
        };
        let changed = Settings::change_agency(&path, &before, &change).unwrap();

        let mut expected: Value = serde_json::from_str(Settings::EXAMPLE).unwrap();
        let agency = &mut expected["agency"];
        agency["name"] = "Nye Eksempelby kommune".into();
        agency["returns"] = "send_back".into();
        agency["colour"] = "colour".into();
        agency["post_class"] = "A".into();
        agency["email_notice"] = "Du har post.".into();
        // It was the usual one, and follows the name.
        agency["sms_notice"] = Value::Null;
        let written = fs::read_to_string(&path).unwrap();
        // As text, so that the order of members counts too.
        assert_eq!(written, format!("{expected:#}\n"));

        let read = Settings::read(&path).unwrap().unwrap().agency().unwrap();
        for agency in [&changed, &read] {
            let expected = AgencyChange {
                name: "Nye Eksempelby kommune".to_owned(),
                sms_notice: usual_notice("Nye Eksempelby kommune"),
                ..change.clone()
            };
            assert_eq!(AgencyChange::of(agency), expected);
            assert_eq!(agency.sender, before.sender);
        }
    }

    #[test]
    fn the_first_change_makes_a_private_file_with_the_number_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let current = practice();
        let change = AgencyChange {
            name: "Prøveby kommune".to_owned(),
            ..AgencyChange::of(&current)
        };
        let changed = Settings::change_agency(&path, &current, &change).unwrap();
        assert_eq!(changed.organisation(), current.organisation());
        let usual = Some("Du har fått et brev fra Prøveby kommune i din digitale postkasse.");
        assert_eq!(
            changed.notices.sms.as_ref().map(SmsText::as_str),
            usual,
            "a usual notice follows the name"
        );
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(written["agency"].get("sms_notice"), None);
        assert_eq!(
            written["agency"]["organisation"],
            current.organisation().as_str()
        );
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o777,
            0o600
        );
        let own = changed.organisation();
        let again = Settings::read(&path).unwrap().unwrap();
        let again = again.practice_agency(own, "another name").unwrap();
        assert_eq!(AgencyChange::of(&again), AgencyChange::of(&changed));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_change_that_is_wrong_names_the_field_and_leaves_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let current = practice();
        let good = AgencyChange::of(&current);
        let refused = |wrong: &dyn Fn(&mut AgencyChange)| {
            let mut change = good.clone();
            wrong(&mut change);
            let failure = Settings::change_agency(&path, &current, &change).unwrap_err();
            (failure.code(), failure.detail().unwrap().to_owned())
        };
        type Wrong = Box<dyn Fn(&mut AgencyChange)>;
        let cases: Vec<(Code, &str, Wrong)> = vec![
            (Code::Settings, "name", Box::new(|c| c.name = " ".into())),
            (
                Code::Settings,
                "name",
                Box::new(|c| c.name = "å".repeat(90)),
            ),
            (
                Code::AddressWrong,
                "return_address.name",
                Box::new(|c| c.return_address.name = String::new()),
            ),
            (
                Code::AddressWrong,
                "return_address.lines",
                Box::new(|c| c.return_address.lines = vec![]),
            ),
            (
                Code::AddressWrong,
                "return_address.postcode",
                Box::new(|c| c.return_address.postcode = Some("12".into())),
            ),
            (
                Code::AddressWrong,
                "return_address.town",
                Box::new(|c| c.return_address.town = None),
            ),
            (
                Code::AddressWrong,
                "return_address.postcode",
                Box::new(|c| c.return_address.country = Some("SE".into())),
            ),
            (
                Code::NoticeWrong,
                "email_notice",
                Box::new(|c| c.email_notice = String::new()),
            ),
            (
                Code::NoticeWrong,
                "sms_notice",
                Box::new(|c| c.sms_notice = "a".repeat(161)),
            ),
        ];
        for (code, field, wrong) in cases {
            assert_eq!(refused(&wrong), (code, field.to_owned()));
        }
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_not_understood_or_not_to_be_written_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let current = practice();
        let change = AgencyChange::of(&current);
        let refused = || {
            let changed = Settings::change_agency(&path, &current, &change);
            changed.unwrap_err().code()
        };
        for text in ["{", "[]", r#"{"agencyy": 1}"#] {
            fs::write(&path, text).unwrap();
            assert_eq!(refused(), Code::Settings);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&path, "{}").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_eq!(refused(), Code::ReadOnly);
    }

    fn practice() -> Agency {
        let organisation = OrgNumber::parse("310702641").unwrap();
        let settings = Settings::default();
        settings.practice_agency(organisation, "Eksempel").unwrap()
    }
}
