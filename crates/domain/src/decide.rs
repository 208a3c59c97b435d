use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    ContactPoint, Digest, EmailAddress, Field, LetterKind, Lookup, MailboxAddress,
    MailboxCertificate, MobileNumber, NationalId, NotificationStatus, OrgNumber, PersonRecord,
    RegisterStatus, Reservation, Stamp, UnknownName,
};

/// Chooses the channel of one letter from the register's answer: the first fitting row of the
/// decision table wins, in the order of [`Reason`]'s variants.
///
/// `now` is the instant the answer came; it is written down as the time of the lookup, and contact
/// times and certificate validity are judged by it. Nothing is ever sent on silence.
pub fn decide(
    asked: &NationalId,
    kind: LetterKind,
    lookup: &Lookup,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    let Lookup::Answered(answer) = lookup else {
        return Decision::without_route(Reason::NoAnswer, Facts::none(now));
    };
    let mut own = answer.persons.iter().filter(|person| person.id == *asked);
    let Some(person) = own.next() else {
        let reason = if answer.persons.is_empty() {
            Reason::AnswerIncomplete
        } else {
            Reason::AnswerForOtherPerson
        };
        return Decision::without_route(reason, Facts::none(now));
    };
    if own.any(|other| other != person) {
        return Decision::without_route(Reason::AnswerContradictsItself, Facts::none(now));
    }
    let (facts, notices) = facts_of(person, now);
    match route(person, kind.has_legal_weight(policy), notices, now, policy) {
        Ok(route) => Decision {
            channel: Channel::Digital(route),
            reason: Reason::MailboxUsable,
            facts,
            confirm: Confirmation::NotNeeded,
        },
        Err(reason) => Decision::without_route(reason, facts),
    }
}

/// Whether contact information with these times may carry the notice of § 8: one of the two at most
/// 18 calendar months (counted in UTC) before `now`, the last instant included
/// (eForvaltningsforskriften § 32). A time ahead of `now` counts as fresh.
pub fn fresh_for_legal_notice(
    updated: Option<&Stamp>,
    verified: Option<&Stamp>,
    now: Timestamp,
) -> bool {
    let fresh = |stamp: &Stamp| {
        stamp.at().is_some_and(|at| {
            let end = at.to_zoned(TimeZone::UTC).checked_add(18.months());
            // Past the end of the calendar is far ahead.
            end.map_or(true, |end| now <= end.timestamp())
        })
    };
    [updated, verified].into_iter().flatten().any(fresh)
}

/// What the agency has settled about channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Mailbox suppliers that letters may go to.
    pub known_suppliers: Vec<OrgNumber>,
    /// Lets plain information be sent to reserved and non-notifiable persons too.
    pub information_ignores_reservation: bool,
}

impl Default for Policy {
    /// The two mailbox suppliers of Digital post, and no exception from reservation.
    fn default() -> Self {
        let known_suppliers = ["984661185", "922020175"]
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        Self {
            known_suppliers,
            information_ignores_reservation: false,
        }
    }
}

/// The outcome for one letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// How the letter goes.
    pub channel: Channel,
    /// Why.
    pub reason: Reason,
    /// What the choice rests on.
    pub facts: Facts,
    /// Whether the clerk must say yes first.
    pub confirm: Confirmation,
}

impl Decision {
    fn without_route(reason: Reason, facts: Facts) -> Self {
        let (channel, confirm) = reason.outcome();
        let channel = match channel {
            ChannelName::Wait => Channel::Wait,
            ChannelName::Print => Channel::Print,
            // A digital outcome needs a route; without one nothing goes.
            ChannelName::Stop | ChannelName::Digital => Channel::Stop,
        };
        Self {
            channel,
            reason,
            facts,
            confirm,
        }
    }
}

/// How a letter goes, with what that way needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Channel {
    /// Not yet known.
    Wait,
    /// Not at all until a person has looked.
    Stop,
    /// On paper.
    Print,
    /// To the citizen's mailbox.
    Digital(DigitalRoute),
}

impl Channel {
    /// `WAIT`, `STOP`, `PRINT` or `DIGITAL`.
    pub fn name(&self) -> &'static str {
        self.kind().as_str()
    }

    /// The channel without what it carries.
    pub fn kind(&self) -> ChannelName {
        match self {
            Self::Wait => ChannelName::Wait,
            Self::Stop => ChannelName::Stop,
            Self::Print => ChannelName::Print,
            Self::Digital(_) => ChannelName::Digital,
        }
    }
}

/// The names of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "see Channel")]
pub enum ChannelName {
    Wait,
    Stop,
    Print,
    Digital,
}

impl ChannelName {
    /// `WAIT`, `STOP`, `PRINT` or `DIGITAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "WAIT",
            Self::Stop => "STOP",
            Self::Print => "PRINT",
            Self::Digital => "DIGITAL",
        }
    }
}

/// Everything from the register that a digital letter needs.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitalRoute {
    /// The mailbox.
    pub mailbox: MailboxAddress,
    /// Its supplier, the receiver of the message.
    pub supplier: OrgNumber,
    /// The certificate to encrypt to, DER; valid by its dates, not yet checked for trust.
    pub certificate_der: Vec<u8>,
    /// Where notices may be sent.
    pub notices: NoticeContacts,
}

/// The contact points that may carry a notice: fresh, well-formed, and of a person who may be
/// notified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeContacts {
    /// E-mail.
    pub email: Option<EmailAddress>,
    /// Mobile.
    pub mobile: Option<MobileNumber>,
}

/// The rows of the decision table, in their order. Serialised as [`Reason::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Row 1: no answer.
    NoAnswer,
    /// Row 2: the number twice, with different content.
    AnswerContradictsItself,
    /// Row 3: only other numbers.
    AnswerForOtherPerson,
    /// Row 4: the number, or a field that must be there, is missing.
    AnswerIncomplete,
    /// Row 5: a value no document names.
    AnswerUnknownValue,
    /// Row 6: removed from the register.
    PersonDeleted,
    /// Row 7: not in the register.
    NotRegistered,
    /// Row 8: reserved against digital letters.
    Reserved,
    /// Row 9: cannot be notified.
    NotNotifiable,
    /// Row 10: no mailbox.
    NoMailbox,
    /// Row 11: a mailbox without certificate.
    MailboxWithoutCertificate,
    /// Row 12: a certificate without mailbox address.
    MailboxWithoutAddress,
    /// Row 13: a mailbox without a supplier known here.
    MailboxWithoutSupplier,
    /// Row 14: no certificate at all, by its bytes.
    CertificateUnreadable,
    /// Row 15: not yet valid.
    CertificateNotYetValid,
    /// Row 15: no longer valid.
    CertificateExpired,
    /// Row 16: a notice is due and nothing fresh can carry it.
    NoNoticeChannel,
    /// Row 17: everything there.
    MailboxUsable,
}

impl Reason {
    /// All reasons, in the order of the table.
    pub const ALL: [Self; 18] = [
        Self::NoAnswer,
        Self::AnswerContradictsItself,
        Self::AnswerForOtherPerson,
        Self::AnswerIncomplete,
        Self::AnswerUnknownValue,
        Self::PersonDeleted,
        Self::NotRegistered,
        Self::Reserved,
        Self::NotNotifiable,
        Self::NoMailbox,
        Self::MailboxWithoutCertificate,
        Self::MailboxWithoutAddress,
        Self::MailboxWithoutSupplier,
        Self::CertificateUnreadable,
        Self::CertificateNotYetValid,
        Self::CertificateExpired,
        Self::NoNoticeChannel,
        Self::MailboxUsable,
    ];

    /// The code, e.g. `MAILBOX_USABLE`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAnswer => "NO_ANSWER",
            Self::AnswerContradictsItself => "ANSWER_CONTRADICTS_ITSELF",
            Self::AnswerForOtherPerson => "ANSWER_FOR_OTHER_PERSON",
            Self::AnswerIncomplete => "ANSWER_INCOMPLETE",
            Self::AnswerUnknownValue => "ANSWER_UNKNOWN_VALUE",
            Self::PersonDeleted => "PERSON_DELETED",
            Self::NotRegistered => "NOT_REGISTERED",
            Self::Reserved => "RESERVED",
            Self::NotNotifiable => "NOT_NOTIFIABLE",
            Self::NoMailbox => "NO_MAILBOX",
            Self::MailboxWithoutCertificate => "MAILBOX_WITHOUT_CERTIFICATE",
            Self::MailboxWithoutAddress => "MAILBOX_WITHOUT_ADDRESS",
            Self::MailboxWithoutSupplier => "MAILBOX_WITHOUT_SUPPLIER",
            Self::CertificateUnreadable => "CERTIFICATE_UNREADABLE",
            Self::CertificateNotYetValid => "CERTIFICATE_NOT_YET_VALID",
            Self::CertificateExpired => "CERTIFICATE_EXPIRED",
            Self::NoNoticeChannel => "NO_NOTICE_CHANNEL",
            Self::MailboxUsable => "MAILBOX_USABLE",
        }
    }

    /// The reason with this code.
    pub fn from_code(code: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.code() == code)
            .ok_or(UnknownName)
    }

    /// The channel this row leads to, and whether the clerk must confirm it. Print that must be
    /// confirmed is proposed only after one more lookup past any cache.
    pub fn outcome(self) -> (ChannelName, Confirmation) {
        match self {
            Self::NoAnswer => (ChannelName::Wait, Confirmation::NotNeeded),
            Self::AnswerContradictsItself
            | Self::AnswerForOtherPerson
            | Self::AnswerIncomplete
            | Self::AnswerUnknownValue
            | Self::PersonDeleted => (ChannelName::Stop, Confirmation::NotNeeded),
            Self::NotRegistered | Self::Reserved | Self::NotNotifiable | Self::NoMailbox => {
                (ChannelName::Print, Confirmation::NotNeeded)
            }
            Self::MailboxWithoutCertificate
            | Self::MailboxWithoutAddress
            | Self::MailboxWithoutSupplier
            | Self::CertificateUnreadable
            | Self::CertificateNotYetValid
            | Self::CertificateExpired
            | Self::NoNoticeChannel => (ChannelName::Print, Confirmation::ByClerk),
            Self::MailboxUsable => (ChannelName::Digital, Confirmation::NotNeeded),
        }
    }
}

/// Whether the clerk must say yes before a letter goes the proposed way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// No.
    NotNeeded,
    /// Yes.
    ByClerk,
}

/// What a decision rests on: times and codes, nothing that tells who the person is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// When the answer came.
    pub looked_up_at: Timestamp,
    /// Place in the register.
    pub status: Field<RegisterStatus>,
    /// Reservation.
    pub reservation: Field<Reservation>,
    /// When the reservation was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_at: Option<Timestamp>,
    /// May be notified or not.
    pub notification: Field<NotificationStatus>,
    /// The mailbox's supplier, when given as an organisation number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<OrgNumber>,
    /// The mailbox's certificate, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFacts>,
    /// E-mail as a carrier of a notice.
    pub email: ContactFacts,
    /// Mobile as a carrier of a notice.
    pub mobile: ContactFacts,
    /// Oddities to report; they change nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub warnings: BTreeSet<FactWarning>,
}

impl Facts {
    fn none(looked_up_at: Timestamp) -> Self {
        Self {
            looked_up_at,
            status: Field::Absent,
            reservation: Field::Absent,
            reserved_at: None,
            notification: Field::Absent,
            supplier: None,
            certificate: None,
            email: ContactFacts::Absent,
            mobile: ContactFacts::Absent,
            warnings: BTreeSet::new(),
        }
    }
}

/// Which certificate, and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFacts {
    /// SHA-256 of its DER bytes.
    pub fingerprint: Digest,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
}

/// What a contact point is worth for a notice of § 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactFacts {
    /// None given.
    Absent,
    /// Given in a form no message can carry.
    Malformed,
    /// Neither changed nor confirmed in 18 months.
    Stale,
    /// May carry a notice.
    Fresh,
}

/// Something odd in an answer that does not stop the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactWarning {
    /// A time in the answer lies ahead of this machine's clock.
    TimeAhead,
    /// A time in the answer could not be read.
    TimeUnreadable,
    /// The register lets the person be notified, yet gives nothing fresh to notify by.
    NotifiableWithoutFreshContact,
}

fn route(
    person: &PersonRecord,
    legal_weight: bool,
    notices: NoticeContacts,
    now: Timestamp,
    policy: &Policy,
) -> Result<DigitalRoute, Reason> {
    use Field::{Absent, Known, Unknown};

    let registered = !matches!(
        person.status,
        Known(RegisterStatus::Deleted | RegisterStatus::NotRegistered)
    );
    let absent =
        person.status == Absent || person.reservation == Absent || person.notification == Absent;
    if registered && absent {
        return Err(Reason::AnswerIncomplete);
    }
    if person.status == Unknown || person.reservation == Unknown || person.notification == Unknown {
        return Err(Reason::AnswerUnknownValue);
    }
    match person.status {
        Known(RegisterStatus::Deleted) => return Err(Reason::PersonDeleted),
        Known(RegisterStatus::NotRegistered) => return Err(Reason::NotRegistered),
        Known(RegisterStatus::Active) | Absent | Unknown => {}
    }
    if legal_weight && person.reservation == Known(Reservation::Yes) {
        return Err(Reason::Reserved);
    }
    if legal_weight && person.notification == Known(NotificationStatus::CannotBeNotified) {
        return Err(Reason::NotNotifiable);
    }
    let mailbox = match (&person.mailbox_address, &person.certificate) {
        (None, MailboxCertificate::Absent) => return Err(Reason::NoMailbox),
        (Some(_), MailboxCertificate::Absent) => return Err(Reason::MailboxWithoutCertificate),
        (None, _) => return Err(Reason::MailboxWithoutAddress),
        (Some(mailbox), _) => mailbox.clone(),
    };
    let supplier = supplier_of(person)
        .filter(|supplier| policy.known_suppliers.contains(supplier))
        .ok_or(Reason::MailboxWithoutSupplier)?;
    let MailboxCertificate::Read {
        der,
        not_before,
        not_after,
        ..
    } = &person.certificate
    else {
        return Err(Reason::CertificateUnreadable);
    };
    if now < *not_before {
        return Err(Reason::CertificateNotYetValid);
    }
    if now > *not_after {
        return Err(Reason::CertificateExpired);
    }
    if legal_weight && notices == NoticeContacts::default() {
        return Err(Reason::NoNoticeChannel);
    }
    Ok(DigitalRoute {
        mailbox,
        supplier,
        certificate_der: der.clone(),
        notices,
    })
}

fn facts_of(person: &PersonRecord, now: Timestamp) -> (Facts, NoticeContacts) {
    let (email, email_address) = judged(person.email.as_ref(), now, EmailAddress::parse);
    let (mobile, mobile_number) = judged(person.mobile.as_ref(), now, MobileNumber::parse);
    let notifiable = person.notification == Field::Known(NotificationStatus::CanBeNotified);
    let notices = if notifiable {
        NoticeContacts {
            email: email_address,
            mobile: mobile_number,
        }
    } else {
        NoticeContacts::default()
    };

    let contacts = [&person.email, &person.mobile].into_iter().flatten();
    let contact_times = contacts.flat_map(|point| [&point.updated_at, &point.verified_at]);
    let mut warnings = BTreeSet::new();
    for stamp in contact_times.chain([&person.reserved_at]).flatten() {
        match stamp {
            Stamp::At(at) if *at > now => warnings.insert(FactWarning::TimeAhead),
            Stamp::At(_) => false,
            Stamp::Unreadable(_) => warnings.insert(FactWarning::TimeUnreadable),
        };
    }
    if notifiable && notices == NoticeContacts::default() {
        warnings.insert(FactWarning::NotifiableWithoutFreshContact);
    }

    let certificate = match &person.certificate {
        MailboxCertificate::Read {
            not_before,
            not_after,
            fingerprint,
            ..
        } => Some(CertificateFacts {
            fingerprint: *fingerprint,
            not_before: *not_before,
            not_after: *not_after,
        }),
        MailboxCertificate::Absent | MailboxCertificate::Unreadable => None,
    };
    let facts = Facts {
        looked_up_at: now,
        status: person.status,
        reservation: person.reservation,
        reserved_at: person.reserved_at.as_ref().and_then(Stamp::at),
        notification: person.notification,
        supplier: supplier_of(person),
        certificate,
        email,
        mobile,
        warnings,
    };
    (facts, notices)
}

fn judged<T, E>(
    point: Option<&ContactPoint>,
    now: Timestamp,
    parse: fn(&str) -> Result<T, E>,
) -> (ContactFacts, Option<T>) {
    let Some(point) = point else {
        return (ContactFacts::Absent, None);
    };
    let Ok(value) = parse(point.value.expose("shape of a contact point")) else {
        return (ContactFacts::Malformed, None);
    };
    if fresh_for_legal_notice(point.updated_at.as_ref(), point.verified_at.as_ref(), now) {
        (ContactFacts::Fresh, Some(value))
    } else {
        (ContactFacts::Stale, None)
    }
}

fn supplier_of(person: &PersonRecord) -> Option<OrgNumber> {
    let text = person.supplier.as_deref()?;
    OrgNumber::parse_iso6523(text)
        .or_else(|_| OrgNumber::parse(text))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RegisterAnswer, Sensitive, vectors};

    const ASKED: &str = "20914695016";
    const OTHER: &str = "21836797660";

    #[test]
    fn contact_information_lasts_eighteen_months_as_the_vectors_say() {
        let Some(vectors) = vectors::read("krr/eighteen-months.json") else {
            return;
        };
        let vectors = vectors["vectors"].as_array().unwrap();
        for vector in vectors {
            let stamp = |name: &str| {
                let text = vector[name].as_str()?;
                // The register leaves the minutes of an offset out.
                let whole = if text.ends_with('Z') {
                    text.into()
                } else {
                    format!("{text}:00")
                };
                Some(Stamp::At(whole.parse().unwrap()))
            };
            let (updated, verified) = (stamp("oppdatert"), stamp("sist_verifisert"));
            let now = vector["clock"].as_str().unwrap().parse().unwrap();
            let fresh = fresh_for_legal_notice(updated.as_ref(), verified.as_ref(), now);
            assert_eq!(
                fresh,
                vector["usable_for_legal_notice"].as_bool().unwrap(),
                "{vector}"
            );
        }
        assert_eq!(vectors.len(), 9);
    }

    #[test]
    fn an_unreadable_time_makes_nothing_fresh() {
        let stamp = Stamp::Unreadable("i går".into());
        assert!(!fresh_for_legal_notice(Some(&stamp), None, now()));
        let far = Stamp::At(Timestamp::MAX);
        assert!(fresh_for_legal_notice(Some(&far), None, now()));
    }

    #[test]
    fn row_1_silence_waits_and_never_prints() {
        let decision = decide(
            &asked(),
            LetterKind::Decision,
            &Lookup::Silent,
            now(),
            &policy(),
        );
        assert_eq!(
            outcome(&decision),
            ("WAIT", "NO_ANSWER", Confirmation::NotNeeded)
        );
    }

    #[test]
    fn rows_2_and_3_an_answer_about_somebody_else_or_against_itself_stops() {
        let different = with(|person| person.reservation = Field::Known(Reservation::Yes));
        assert_stops(&[usable(), different.clone()], "ANSWER_CONTRADICTS_ITSELF");
        assert_eq!(decided(&[usable(), usable()]).reason, Reason::MailboxUsable);

        let other = with(|person| person.id = NationalId::parse(OTHER).unwrap());
        assert_stops(std::slice::from_ref(&other), "ANSWER_FOR_OTHER_PERSON");
        assert_stops(&[other.clone(), other.clone()], "ANSWER_FOR_OTHER_PERSON");
        // Found by number, not by position; another's contradiction is not ours.
        let others = with(|person| {
            person.id = NationalId::parse(OTHER).unwrap();
            person.status = Field::Unknown;
        });
        assert_eq!(
            decided(&[other, others, usable()]).reason,
            Reason::MailboxUsable
        );
    }

    #[test]
    fn row_4_a_missing_field_stops_unless_the_person_is_not_in_the_register() {
        assert_stops(&[], "ANSWER_INCOMPLETE");
        assert_stops(
            &[with(|person| person.status = Field::Absent)],
            "ANSWER_INCOMPLETE",
        );
        assert_stops(
            &[with(|person| person.reservation = Field::Absent)],
            "ANSWER_INCOMPLETE",
        );
        assert_stops(
            &[with(|person| person.notification = Field::Absent)],
            "ANSWER_INCOMPLETE",
        );
        let bare = |status| {
            with(|person| {
                person.status = Field::Known(status);
                person.reservation = Field::Absent;
                person.notification = Field::Absent;
            })
        };
        assert_stops(&[bare(RegisterStatus::Deleted)], "PERSON_DELETED");
        assert_prints(
            bare(RegisterStatus::NotRegistered),
            "NOT_REGISTERED",
            NotNeeded,
        );
    }

    #[test]
    fn row_5_an_unknown_value_stops_even_for_one_not_in_the_register() {
        assert_stops(
            &[with(|person| person.status = Field::Unknown)],
            "ANSWER_UNKNOWN_VALUE",
        );
        assert_stops(
            &[with(|person| person.reservation = Field::Unknown)],
            "ANSWER_UNKNOWN_VALUE",
        );
        let deleted = with(|person| {
            person.status = Field::Known(RegisterStatus::Deleted);
            person.notification = Field::Unknown;
        });
        assert_stops(&[deleted], "ANSWER_UNKNOWN_VALUE");
    }

    #[test]
    fn rows_6_to_9_the_persons_place_in_the_register_decides_before_any_mailbox() {
        let deleted = with(|person| person.status = Field::Known(RegisterStatus::Deleted));
        assert_stops(&[deleted], "PERSON_DELETED");
        let absent = with(|person| person.status = Field::Known(RegisterStatus::NotRegistered));
        assert_prints(absent, "NOT_REGISTERED", NotNeeded);
        assert_prints(with(reserved), "RESERVED", NotNeeded);
        assert_prints(with(not_notifiable), "NOT_NOTIFIABLE", NotNeeded);
        let both = with(|person| {
            reserved(person);
            not_notifiable(person);
        });
        assert_prints(both, "RESERVED", NotNeeded);
    }

    #[test]
    fn rows_10_to_13_half_a_mailbox_is_paper_that_the_clerk_confirms() {
        let none = with(|person| {
            person.mailbox_address = None;
            person.certificate = MailboxCertificate::Absent;
            person.supplier = None;
        });
        assert_prints(none, "NO_MAILBOX", NotNeeded);
        let bare = with(|person| person.certificate = MailboxCertificate::Absent);
        assert_prints(bare, "MAILBOX_WITHOUT_CERTIFICATE", ByClerk);
        let homeless = with(|person| {
            person.mailbox_address = None;
            person.supplier = None;
        });
        assert_prints(homeless, "MAILBOX_WITHOUT_ADDRESS", ByClerk);
        for supplier in [None, Some("991825827"), Some("Digipost")] {
            let person = with(|person| person.supplier = supplier.map(str::to_owned));
            assert_prints(person, "MAILBOX_WITHOUT_SUPPLIER", ByClerk);
        }
    }

    #[test]
    fn rows_14_and_15_a_certificate_that_is_none_or_out_of_its_time_is_paper() {
        let unreadable = with(|person| person.certificate = MailboxCertificate::Unreadable);
        assert_prints(unreadable, "CERTIFICATE_UNREADABLE", ByClerk);
        let early = with(|person| {
            person.certificate = certificate("2026-09-01T12:00:01Z", "2040-01-01T00:00:00Z")
        });
        assert_prints(early, "CERTIFICATE_NOT_YET_VALID", ByClerk);
        let late = with(|person| {
            person.certificate = certificate("2020-01-01T00:00:00Z", "2026-09-01T11:59:59Z")
        });
        assert_prints(late, "CERTIFICATE_EXPIRED", ByClerk);
        let edge = with(|person| {
            person.certificate = certificate("2026-09-01T12:00:00Z", "2026-09-01T12:00:00Z")
        });
        assert_eq!(decided(&[edge]).reason, Reason::MailboxUsable);
        // An expired certificate is found only after the supplier is known.
        let both = with(|person| {
            person.certificate = MailboxCertificate::Unreadable;
            person.supplier = None;
        });
        assert_prints(both, "MAILBOX_WITHOUT_SUPPLIER", ByClerk);
    }

    #[test]
    fn row_16_a_notice_that_nothing_fresh_can_carry_is_paper() {
        let none = with(|person| {
            person.email = None;
            person.mobile = None;
        });
        let decision = assert_prints(none, "NO_NOTICE_CHANNEL", ByClerk);
        assert!(
            decision
                .facts
                .warnings
                .contains(&FactWarning::NotifiableWithoutFreshContact)
        );
        let stale = with(|person| {
            person.email = contact("ola@example.no", "2025-02-28T00:00:00Z");
            person.mobile = contact("+4799999999", "2025-02-28T00:00:00Z");
        });
        let decision = assert_prints(stale, "NO_NOTICE_CHANNEL", ByClerk);
        assert_eq!(decision.facts.email, ContactFacts::Stale);
        let malformed = with(|person| {
            person.email = contact("ingen", "2026-08-01T00:00:00Z");
            person.mobile = None;
        });
        let decision = assert_prints(malformed, "NO_NOTICE_CHANNEL", ByClerk);
        assert_eq!(decision.facts.email, ContactFacts::Malformed);
    }

    #[test]
    fn row_17_only_fresh_contacts_come_with_the_route() {
        let person =
            with(|person| person.email = contact("ola@example.no", "2025-02-28T00:00:00Z"));
        let decision = decided(&[person]);
        assert_eq!(outcome(&decision), ("DIGITAL", "MAILBOX_USABLE", NotNeeded));
        let Channel::Digital(route) = decision.channel else {
            panic!()
        };
        assert_eq!(route.mailbox.expose("test"), "ola.nordmann#9YDT");
        assert_eq!(route.supplier.as_str(), "984661185");
        assert_eq!(route.certificate_der, [1, 2, 3]);
        assert_eq!(route.notices.email, None);
        assert_eq!(route.notices.mobile.unwrap().expose("test"), "+4799999999");
    }

    #[test]
    fn plain_information_passes_reservation_only_where_the_administrator_let_it() {
        let lenient = Policy {
            information_ignores_reservation: true,
            ..policy()
        };
        let decision = |person: PersonRecord, kind, policy: &Policy| {
            let lookup = Lookup::Answered(RegisterAnswer {
                persons: vec![person],
            });
            decide(&asked(), kind, &lookup, now(), policy)
        };
        for change in [reserved, not_notifiable] {
            let digital = decision(with(change), LetterKind::Information, &lenient);
            assert_eq!(digital.reason, Reason::MailboxUsable);
            let strict = decision(with(change), LetterKind::Information, &policy());
            assert_eq!(strict.channel, Channel::Print);
            let important = decision(with(change), LetterKind::OtherImportant, &lenient);
            assert_eq!(important.channel, Channel::Print);
        }
        let silent = decision(with(not_notifiable), LetterKind::Information, &lenient);
        let Channel::Digital(route) = silent.channel else {
            panic!()
        };
        assert_eq!(route.notices, NoticeContacts::default());
    }

    #[test]
    fn odd_times_are_reported_and_stop_nothing() {
        let person = with(|person| {
            person.email = contact("ola@example.no", "2027-01-01T00:00:00Z");
            if let Some(mobile) = &mut person.mobile {
                mobile.verified_at = Some(Stamp::Unreadable("i går".into()));
            }
        });
        let decision = decided(&[person]);
        assert_eq!(decision.reason, Reason::MailboxUsable);
        let warnings = BTreeSet::from([FactWarning::TimeAhead, FactWarning::TimeUnreadable]);
        assert_eq!(decision.facts.warnings, warnings);
    }

    #[test]
    fn the_facts_tell_nothing_of_the_person() {
        let json = serde_json::to_string(&decided(&[usable()]).facts).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"looked_up_at":"2026-09-01T12:00:00Z","status":{"known":"active"},"#,
                r#""reservation":{"known":"no"},"notification":{"known":"can_be_notified"},"#,
                r#""supplier":"984661185","certificate":{"fingerprint":"#,
                r#""039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81","#,
                r#""not_before":"2025-01-01T00:00:00Z","not_after":"2040-01-01T00:00:00Z"},"#,
                r#""email":"fresh","mobile":"fresh"}"#
            )
        );
        assert_eq!(
            serde_json::from_str::<Facts>(&json).unwrap(),
            decided(&[usable()]).facts
        );
        let shown = format!("{:?} {:?}", decided(&[usable()]), usable());
        for secret in [ASKED, "ola", "99999999", "9YDT"] {
            assert!(
                !shown.contains(secret) && !json.contains(secret),
                "{secret}"
            );
        }
    }

    #[test]
    fn every_reason_has_one_code_in_both_forms() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Ok(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
        assert!(Reason::ALL.is_sorted());
        assert_eq!(Reason::from_code("mailbox_usable"), Err(UnknownName));
    }

    use Confirmation::{ByClerk, NotNeeded};

    fn asked() -> NationalId {
        NationalId::parse(ASKED).unwrap()
    }

    fn now() -> Timestamp {
        "2026-09-01T12:00:00Z".parse().unwrap()
    }

    fn policy() -> Policy {
        Policy::default()
    }

    fn usable() -> PersonRecord {
        PersonRecord {
            id: asked(),
            status: Field::Known(RegisterStatus::Active),
            reservation: Field::Known(Reservation::No),
            notification: Field::Known(NotificationStatus::CanBeNotified),
            reserved_at: None,
            email: contact("ola@example.no", "2026-06-10T21:00:01Z"),
            mobile: contact("+4799999999", "2026-06-10T21:00:01Z"),
            mailbox_address: Some(MailboxAddress::parse("ola.nordmann#9YDT").unwrap()),
            supplier: Some("984661185".into()),
            certificate: certificate("2025-01-01T00:00:00Z", "2040-01-01T00:00:00Z"),
            language: Some("nb".into()),
        }
    }

    fn with(change: impl FnOnce(&mut PersonRecord)) -> PersonRecord {
        let mut person = usable();
        change(&mut person);
        person
    }

    fn reserved(person: &mut PersonRecord) {
        person.reservation = Field::Known(Reservation::Yes);
    }

    fn not_notifiable(person: &mut PersonRecord) {
        person.notification = Field::Known(NotificationStatus::CannotBeNotified);
    }

    fn contact(value: &str, updated_at: &str) -> Option<ContactPoint> {
        Some(ContactPoint {
            value: Sensitive::new(value.to_owned()),
            updated_at: Some(Stamp::At(updated_at.parse().unwrap())),
            verified_at: None,
        })
    }

    fn certificate(not_before: &str, not_after: &str) -> MailboxCertificate {
        MailboxCertificate::Read {
            der: vec![1, 2, 3],
            not_before: not_before.parse().unwrap(),
            not_after: not_after.parse().unwrap(),
            fingerprint: Digest::of(&[1, 2, 3]),
        }
    }

    fn decided(persons: &[PersonRecord]) -> Decision {
        let lookup = Lookup::Answered(RegisterAnswer {
            persons: persons.to_vec(),
        });
        decide(&asked(), LetterKind::Decision, &lookup, now(), &policy())
    }

    fn outcome(decision: &Decision) -> (&'static str, &'static str, Confirmation) {
        (
            decision.channel.name(),
            decision.reason.code(),
            decision.confirm,
        )
    }

    fn assert_stops(persons: &[PersonRecord], reason: &str) {
        assert_eq!(outcome(&decided(persons)), ("STOP", reason, NotNeeded));
    }

    fn assert_prints(person: PersonRecord, reason: &str, confirm: Confirmation) -> Decision {
        let decision = decided(&[person]);
        assert_eq!(outcome(&decision), ("PRINT", reason, confirm));
        decision
    }
}
