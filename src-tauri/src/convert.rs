//! From the core's words to the bridge's and back. Nothing is decided here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use utpost_dispatch::{Family, Fault, Progress};
use utpost_domain::{
    AddressFault, AddressPart, AddressParts, Carrier, ContactFacts, Environment, Facts, Field,
    Language, LetterKind, NationalId, Note, NotificationStatus, OrgNumber, PostalAddress,
    ReceiptKind, RegisterStatus, Reservation, SecurityLevel, State, Step, TransportStatus,
};
use utpost_wire::{PostClass, PrintColour, ReturnHandling};
use utpost_workplace::AgencyChange;

use crate::bridge::{
    self, AddressCheck, AddressFaultKind, AddressFaultView, AddressField, AddressForm, AgencyForm,
    CarrierName, Colour, ContactView, EnvironmentName, FactsView, FamilyName, Kind, LetterLanguage,
    NoteName, NumberCheck, Party, ProgressStep, ReceiptName, Returns, Security, StateName,
    StepName, TransportStatusName,
};

const SHOWN: &str = "shown to the clerk";

impl From<Environment> for EnvironmentName {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Practice => Self::Practice,
            Environment::Test => Self::Test,
            Environment::Production => Self::Production,
        }
    }
}

impl From<Family> for FamilyName {
    fn from(family: Family) -> Self {
        match family {
            Family::Input => Self::Input,
            Family::Reach => Self::Reach,
            Family::Authority => Self::Authority,
            Family::Temporary => Self::Temporary,
            Family::Uncertain => Self::Uncertain,
            Family::Rejected => Self::Rejected,
            Family::Local => Self::Local,
            Family::Defect => Self::Defect,
        }
    }
}

impl From<ReturnHandling> for Returns {
    fn from(returns: ReturnHandling) -> Self {
        match returns {
            ReturnHandling::SendBack => Self::SendBack,
            ReturnHandling::ShredAndReport => Self::ShredAndReport,
        }
    }
}

impl From<PrintColour> for Colour {
    fn from(colour: PrintColour) -> Self {
        match colour {
            PrintColour::Black => Self::Black,
            PrintColour::Colour => Self::Colour,
        }
    }
}

impl From<PostClass> for bridge::PostClass {
    fn from(class: PostClass) -> Self {
        match class {
            PostClass::A => Self::A,
            PostClass::B => Self::B,
        }
    }
}

impl From<LetterKind> for Kind {
    fn from(kind: LetterKind) -> Self {
        match kind {
            LetterKind::Decision => Self::Decision,
            LetterKind::AdvanceNotice => Self::AdvanceNotice,
            LetterKind::OtherImportant => Self::OtherImportant,
            LetterKind::Information => Self::Information,
        }
    }
}

impl From<Kind> for LetterKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Decision => Self::Decision,
            Kind::AdvanceNotice => Self::AdvanceNotice,
            Kind::OtherImportant => Self::OtherImportant,
            Kind::Information => Self::Information,
        }
    }
}

impl From<SecurityLevel> for Security {
    fn from(level: SecurityLevel) -> Self {
        match level {
            SecurityLevel::Level3 => Self::Level3,
            SecurityLevel::Level4 => Self::Level4,
        }
    }
}

impl From<Security> for SecurityLevel {
    fn from(level: Security) -> Self {
        match level {
            Security::Level3 => Self::Level3,
            Security::Level4 => Self::Level4,
        }
    }
}

impl From<LetterLanguage> for Language {
    fn from(language: LetterLanguage) -> Self {
        let letters = match language {
            LetterLanguage::Nb => "nb",
            LetterLanguage::Nn => "nn",
            LetterLanguage::Se => "se",
            LetterLanguage::En => "en",
        };
        Self::parse(letters).unwrap_or_default()
    }
}

impl From<Language> for LetterLanguage {
    /// A language that the window has no choice for, as the console can give, shows as the usual.
    fn from(language: Language) -> Self {
        match language.as_str() {
            "nn" => Self::Nn,
            "se" => Self::Se,
            "en" => Self::En,
            _ => Self::Nb,
        }
    }
}

impl From<Carrier> for CarrierName {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Digital => Self::Digital,
            Carrier::Print => Self::Print,
        }
    }
}

impl From<State> for StateName {
    fn from(state: State) -> Self {
        match state {
            State::Draft => Self::Draft,
            State::WaitingForRegister => Self::WaitingForRegister,
            State::Stopped(_) => Self::Stopped,
            State::Ready => Self::Ready,
            State::AwaitingApproval => Self::AwaitingApproval,
            State::Held => Self::Held,
            State::Queued => Self::Queued,
            State::Submitting => Self::Submitting,
            State::Uncertain => Self::Uncertain,
            State::AtAccessPoint => Self::AtAccessPoint,
            State::AtProvider => Self::AtProvider,
            State::PrintAccepted => Self::PrintAccepted,
            State::Delivered => Self::Delivered,
            State::HandedToPost => Self::HandedToPost,
            State::Opened => Self::Opened,
            State::Returned => Self::Returned,
            State::Refused => Self::Refused,
            State::Failed => Self::Failed,
            State::PrintedHere => Self::PrintedHere,
            State::PostedHere => Self::PostedHere,
            State::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Note> for NoteName {
    fn from(note: Note) -> Self {
        match note {
            Note::NotificationFailed => Self::NotificationFailed,
            Note::Contradiction => Self::Contradiction,
            Note::ReceiptWaitingForTrust => Self::ReceiptWaitingForTrust,
            Note::SuspectReceipt => Self::SuspectReceipt,
            Note::Late(_) => Self::Late,
        }
    }
}

impl From<Step> for StepName {
    fn from(step: Step) -> Self {
        match step {
            Step::AtProvider => Self::AtProvider,
            Step::PrintAccepted => Self::PrintAccepted,
            Step::Delivered => Self::Delivered,
        }
    }
}

impl From<TransportStatus> for TransportStatusName {
    fn from(status: TransportStatus) -> Self {
        match status {
            TransportStatus::Created => Self::Created,
            TransportStatus::Sent => Self::Sent,
            TransportStatus::Failed => Self::Failed,
        }
    }
}

impl From<ReceiptKind> for ReceiptName {
    fn from(kind: ReceiptKind) -> Self {
        match kind {
            ReceiptKind::Delivery => Self::Delivery,
            ReceiptKind::Opening => Self::Opening,
            ReceiptKind::NotificationFailed => Self::NotificationFailed,
            ReceiptKind::Accepted => Self::Accepted,
            ReceiptKind::Returned => Self::Returned,
            ReceiptKind::Error { .. } => Self::Error,
        }
    }
}

impl From<ContactFacts> for ContactView {
    fn from(contact: ContactFacts) -> Self {
        match contact {
            ContactFacts::Absent => Self::Absent,
            ContactFacts::Malformed => Self::Malformed,
            ContactFacts::Stale => Self::Stale,
            ContactFacts::Fresh => Self::Fresh,
        }
    }
}

impl From<OrgNumber> for Party {
    /// The mailbox suppliers and the practice environment's print shop are known by name.
    fn from(organisation: OrgNumber) -> Self {
        let organisation = organisation.to_string();
        let name = match organisation.as_str() {
            utpost_practice::DIGIPOST => Some("Digipost"),
            utpost_practice::EBOKS => Some("e-Boks"),
            utpost_practice::PRINT => Some("Skatteetaten"),
            _ => None,
        };
        Self {
            name: name.map(str::to_owned),
            organisation,
        }
    }
}

impl From<&Facts> for FactsView {
    fn from(facts: &Facts) -> Self {
        let known = |yes: Option<bool>| yes;
        Self {
            looked_up_at: facts.looked_up_at.to_string(),
            status: match facts.status {
                Field::Known(RegisterStatus::Active) => Some("AKTIV".to_owned()),
                Field::Known(RegisterStatus::Deleted) => Some("SLETTET".to_owned()),
                Field::Known(RegisterStatus::NotRegistered) => Some("IKKE_REGISTRERT".to_owned()),
                Field::Absent | Field::Unknown => None,
            },
            reserved: known(match facts.reservation {
                Field::Known(Reservation::Yes) => Some(true),
                Field::Known(Reservation::No) => Some(false),
                Field::Absent | Field::Unknown => None,
            }),
            reserved_at: facts.reserved_at.map(|at| at.to_string()),
            notifiable: known(match facts.notification {
                Field::Known(NotificationStatus::CanBeNotified) => Some(true),
                Field::Known(NotificationStatus::CannotBeNotified) => Some(false),
                Field::Absent | Field::Unknown => None,
            }),
            supplier: facts.supplier.map(Party::from),
            certificate_valid_until: facts
                .certificate
                .map(|certificate| certificate.not_after.to_string()),
            email: facts.email.into(),
            mobile: facts.mobile.into(),
        }
    }
}

impl From<Returns> for ReturnHandling {
    fn from(returns: Returns) -> Self {
        match returns {
            Returns::SendBack => Self::SendBack,
            Returns::ShredAndReport => Self::ShredAndReport,
        }
    }
}

impl From<Colour> for PrintColour {
    fn from(colour: Colour) -> Self {
        match colour {
            Colour::Black => Self::Black,
            Colour::Colour => Self::Colour,
        }
    }
}

impl From<bridge::PostClass> for PostClass {
    fn from(class: bridge::PostClass) -> Self {
        match class {
            bridge::PostClass::A => Self::A,
            bridge::PostClass::B => Self::B,
        }
    }
}

/// The agency's basics as the page shows them.
pub(crate) fn agency_form(agency: AgencyChange) -> AgencyForm {
    AgencyForm {
        name: agency.name,
        return_address: agency.return_address.into(),
        returns: agency.returns.into(),
        colour: agency.colour.into(),
        post_class: agency.post_class.into(),
        email_notice: agency.email_notice,
        sms_notice: agency.sms_notice,
    }
}

/// The agency's basics as the page gives them.
pub(crate) fn agency_change(form: &AgencyForm) -> AgencyChange {
    AgencyChange {
        name: form.name.clone(),
        return_address: (&form.return_address).into(),
        returns: form.returns.into(),
        colour: form.colour.into(),
        post_class: form.post_class.into(),
        email_notice: form.email_notice.clone(),
        sms_notice: form.sms_notice.clone(),
    }
}

/// The step, and bytes done of all.
pub(crate) fn progress(progress: Progress) -> (ProgressStep, u64, u64) {
    match progress {
        Progress::LookingUp => (ProgressStep::LookingUp, 0, 0),
        Progress::Sealing { done, of } => (ProgressStep::Sealing, done, of),
        Progress::FetchingToken => (ProgressStep::FetchingToken, 0, 0),
        Progress::Uploading { done, of } => (ProgressStep::Uploading, done, of),
        Progress::Asking => (ProgressStep::Asking, 0, 0),
    }
}

impl From<&PostalAddress> for AddressForm {
    fn from(address: &PostalAddress) -> Self {
        address.to_parts(SHOWN).into()
    }
}

impl From<AddressParts> for AddressForm {
    fn from(parts: AddressParts) -> Self {
        Self {
            name: parts.name,
            lines: parts.lines,
            postcode: parts.postcode.unwrap_or_default(),
            town: parts.town.unwrap_or_default(),
            country: parts.country.unwrap_or_default(),
        }
    }
}

impl From<&AddressForm> for AddressParts {
    fn from(form: &AddressForm) -> Self {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        Self {
            name: form.name.clone(),
            lines: form.lines.clone(),
            postcode: filled(&form.postcode),
            town: filled(&form.town),
            country: filled(&form.country),
        }
    }
}

/// What stands below the name.
pub(crate) fn address_lines(address: &PostalAddress) -> Vec<String> {
    let parts = address.to_parts(SHOWN);
    let town: Vec<String> = [parts.postcode, parts.town].into_iter().flatten().collect();
    let town = (!town.is_empty()).then(|| town.join(" "));
    parts
        .lines
        .into_iter()
        .chain(town)
        .chain(parts.country)
        .collect()
}

/// A day in Norway as letters have it, `24. november 2026`.
pub(crate) fn written_day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "januar",
        "februar",
        "mars",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "desember",
    ];
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    let day = at.to_zoned(zone).date();
    let month = usize::try_from(day.month() - 1)
        .ok()
        .and_then(|month| MONTHS.get(month));
    format!("{}. {} {}", day.day(), month.unwrap_or(&""), day.year())
}

/// An address to use; `None` where nothing at all is filled in.
pub(crate) fn address(form: Option<&AddressForm>) -> Result<Option<PostalAddress>, AddressFault> {
    let Some(form) = form else { return Ok(None) };
    let rest = [&form.name, &form.postcode, &form.town, &form.country];
    let mut all = rest.into_iter().chain(&form.lines);
    if all.all(|text| text.trim().is_empty()) {
        return Ok(None);
    }
    PostalAddress::from_parts(&form.into()).map(Some)
}

/// Every field's own fault, each judged beside others that are right.
pub(crate) fn check_address(form: &AddressForm) -> AddressCheck {
    let right = AddressParts {
        name: "N".to_owned(),
        lines: vec!["L".to_owned()],
        postcode: Some("0001".to_owned()),
        town: Some("T".to_owned()),
        country: None,
    };
    let given = AddressParts::from(form);
    let abroad = match PostalAddress::from_parts(&AddressParts {
        country: given.country.clone(),
        ..right.clone()
    }) {
        // The post code of `right` has no place beside a foreign country.
        Err(AddressFault::PostcodeAbroad) => true,
        Ok(_) | Err(_) => false,
    };
    let mut alone = vec![
        AddressParts {
            name: given.name,
            ..right.clone()
        },
        AddressParts {
            lines: given.lines,
            ..right.clone()
        },
    ];
    if abroad {
        alone.push(AddressParts {
            country: given.country,
            postcode: given.postcode,
            town: given.town,
            ..right
        });
    } else {
        let (postcode, town) = (given.postcode, given.town);
        alone.push(AddressParts {
            postcode,
            ..right.clone()
        });
        alone.push(AddressParts { town, ..right });
    }
    let faults = alone
        .iter()
        .filter_map(|parts| PostalAddress::from_parts(parts).err())
        .map(address_fault)
        .collect();
    AddressCheck { faults }
}

fn address_fault(fault: AddressFault) -> AddressFaultView {
    let field = |part| match part {
        AddressPart::Name => AddressField::Name,
        AddressPart::Line => AddressField::Lines,
        AddressPart::Town => AddressField::Town,
        AddressPart::Country => AddressField::Country,
    };
    let (field, fault) = match fault {
        AddressFault::Missing(part) => (field(part), AddressFaultKind::Missing),
        AddressFault::TooLong { part, .. } => (field(part), AddressFaultKind::TooLong),
        AddressFault::ControlCharacter(part) => (field(part), AddressFaultKind::HiddenCharacters),
        AddressFault::TooManyLines { .. } => (AddressField::Lines, AddressFaultKind::TooLong),
        AddressFault::Postcode | AddressFault::PostcodeAbroad => {
            (AddressField::Postcode, AddressFaultKind::Postcode)
        }
        AddressFault::CountryIsNorway => (AddressField::Country, AddressFaultKind::CountryIsNorway),
    };
    AddressFaultView { field, fault }
}

/// Takes out of a typed or pasted number what people and programs put between its digits.
pub(crate) fn clean_number(text: &str) -> String {
    let between = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '-' | '.' | '\u{AD}' | '\u{2212}' | '\u{FEFF}')
            || matches!(u32::from(c), 0x200B..=0x206F)
    };
    text.chars().filter(|c| !between(*c)).take(64).collect()
}

/// What is wrong with a number as it is being typed.
pub(crate) fn check_number(text: &str, environment: Environment) -> NumberCheck {
    let clean = clean_number(text);
    let digits = clean.chars().filter(char::is_ascii_digit).count();
    let judged = NationalId::parse(&clean).and_then(|number| number.admitted_in(environment));
    NumberCheck {
        code: judged
            .err()
            .map(|fault| Fault::Number(fault).code().as_str().to_owned()),
        // At most 64 digits are counted.
        missing: 11 - i32::try_from(digits).unwrap_or(i32::MAX),
        clean,
    }
}

/// The first instant of a day in Norway.
pub(crate) fn midnight(day: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    let oslo = TimeZone::get("Europe/Oslo").ok()?;
    Some(day.to_zoned(oslo).ok()?.timestamp())
}

/// The day in Norway, `YYYY-MM-DD`.
pub(crate) fn day(at: Timestamp) -> Option<String> {
    let oslo = TimeZone::get("Europe/Oslo").ok()?;
    Some(at.to_zoned(oslo).date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(postcode: &str, town: &str, country: &str) -> AddressForm {
        AddressForm {
            name: "Reservert Granskog".to_owned(),
            lines: vec!["Storgata 1".to_owned()],
            postcode: postcode.to_owned(),
            town: town.to_owned(),
            country: country.to_owned(),
        }
    }

    fn fields(form: &AddressForm) -> Vec<(AddressField, AddressFaultKind)> {
        let found = check_address(form).faults;
        found
            .iter()
            .map(|found| (found.field, found.fault))
            .collect()
    }

    #[test]
    fn a_pasted_number_is_cleaned_of_what_cant_be_seen() {
        for pasted in [
            "06925115949",
            " 069251 15949\r\n",
            "069251-15949",
            "069251.15949",
            "\u{FEFF}069251\u{200B}15\u{A0}949\u{202C}",
            "069251\u{2013}15949",
        ] {
            let check = check_number(pasted, Environment::Practice);
            assert_eq!(check.clean, "06925115949", "{pasted:?}");
            assert_eq!((check.code, check.missing), (None, 0), "{pasted:?}");
        }
    }

    #[test]
    fn a_number_half_typed_says_how_much_is_missing() {
        let check = check_number("069251 1", Environment::Practice);
        assert_eq!(check.missing, 4);
        assert_eq!(check.code.as_deref(), Some("INPUT_NUMBER_SHAPE"));
        let check = check_number("0692511594900", Environment::Practice);
        assert_eq!(check.missing, -2);
    }

    #[test]
    fn a_number_says_what_is_wrong_with_it() {
        let code = |text, environment| check_number(text, environment).code.unwrap_or_default();
        assert_eq!(code("", Environment::Practice), "INPUT_NUMBER_SHAPE");
        assert_eq!(code("abc", Environment::Practice), "INPUT_NUMBER_SHAPE");
        assert_eq!(
            code("06925115948", Environment::Practice),
            "INPUT_NUMBER_WRONG"
        );
        let production = code("06925115949", Environment::Production);
        assert_eq!(production, "INPUT_NUMBER_SYNTHETIC");
        let long = "1".repeat(100_000);
        assert_eq!(code(&long, Environment::Practice), "INPUT_NUMBER_SHAPE");
    }

    #[test]
    fn every_field_of_an_address_is_judged_on_its_own() {
        assert_eq!(fields(&form("0123", "Oslo", "")), []);
        assert_eq!(fields(&form("", "", "SE")), []);
        assert_eq!(
            fields(&form("012", "", "")),
            [
                (AddressField::Postcode, AddressFaultKind::Postcode),
                (AddressField::Town, AddressFaultKind::Missing)
            ]
        );
        assert_eq!(
            fields(&form("0123", "Oslo", "SE")),
            [(AddressField::Postcode, AddressFaultKind::Postcode)]
        );
        let empty = AddressForm {
            name: " ".to_owned(),
            lines: vec![],
            ..form("0000", "\u{200B}x", "")
        };
        assert_eq!(
            fields(&empty),
            [
                (AddressField::Name, AddressFaultKind::Missing),
                (AddressField::Lines, AddressFaultKind::Missing),
                (AddressField::Postcode, AddressFaultKind::Postcode),
                (AddressField::Town, AddressFaultKind::HiddenCharacters)
            ]
        );
    }

    #[test]
    fn an_address_is_right_exactly_when_no_field_is_wrong() {
        let countries = ["", "Norge", "SE", "Sverige", "\u{7}"];
        for country in countries {
            for (postcode, town) in [("0123", "Oslo"), ("", ""), ("0123", ""), ("99999", "By")] {
                let form = form(postcode, town, country);
                let right = PostalAddress::from_parts(&AddressParts::from(&form)).is_ok();
                assert_eq!(
                    fields(&form).is_empty(),
                    right,
                    "{postcode} {town} {country:?}"
                );
            }
        }
    }

    #[test]
    fn an_address_with_nothing_in_it_is_none() {
        let nothing = AddressForm {
            name: String::new(),
            lines: vec![String::new()],
            ..form(" ", "", "")
        };
        assert_eq!(address(Some(&nothing)), Ok(None));
        assert_eq!(address(None), Ok(None));
        assert!(address(Some(&form("1", "", ""))).is_err());
    }

    #[test]
    fn an_address_comes_back_as_it_went() {
        for form in [form("0123", "Oslo", ""), form("", "", "SE")] {
            let kept = address(Some(&form)).unwrap().unwrap();
            assert!(AddressForm::from(&kept) == form);
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_norway() {
        assert_eq!(
            midnight("2026-07-01").unwrap().to_string(),
            "2026-06-30T22:00:00Z"
        );
        assert_eq!(day(midnight("2026-01-01").unwrap()).unwrap(), "2026-01-01");
        assert_eq!(midnight("2026-02-30"), None);
        let late = "2026-11-23T23:30:00Z".parse().unwrap();
        assert_eq!(written_day(late), "24. november 2026");
    }
}
