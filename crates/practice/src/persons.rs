//! The synthetic citizens of the practice environment (month + 80, invented names).
//!
//! The table is written by hand: what a program must decide for each person is typed here, not
//! worked out from what the register answers.

use serde::Serialize;

use crate::authority::{DIGIPOST, EBOKS};

/// One citizen: what the decision must be, and what happens afterwards.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PersonRow {
    /// Synthetic national identity number, eleven digits.
    pub number: &'static str,
    /// Invented name.
    pub name: &'static str,
    /// Row of the KRR decision table, 1 to 17.
    pub row: u8,
    /// Expected channel: `WAIT`, `STOP`, `PRINT` or `DIGITAL`.
    pub channel: &'static str,
    /// Expected reason code.
    pub reason: &'static str,
    /// What practice does, in Norwegian.
    pub what_happens: &'static str,
    #[serde(skip)]
    pub(crate) answer: Answer,
    #[serde(skip)]
    pub(crate) fate: Fate,
}

/// What the register answers about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Silent,
    Twice,
    OtherPerson,
    Nothing,
    WithoutNotification,
    UnknownStatus,
    UnknownReservation,
    Deleted,
    NotRegistered,
    Reserved,
    ReservedWithMailbox,
    NotNotifiable,
    WithoutContact,
    NoMailbox,
    EmptyMailbox,
    WithoutCertificate,
    WithoutAddress,
    WithoutSupplier,
    UnknownSupplier,
    UnreadableCertificate,
    FutureCertificate,
    ExpiredCertificate,
    StaleContact,
    NotifiableWithoutContact,
    Digipost,
    Eboks,
    MobileOnly,
    EmailOnly,
    OtherOrganisationsCertificate,
    ForeignCertificate,
}

/// What becomes of a letter once the access point has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Delivered; on paper: printed and posted.
    Plain,
    OpensAtOnce,
    /// `feil`, the sender's fault.
    Closed,
    NoticeFails,
    /// `feil`, the supplier's fault.
    SupplierFault,
    /// Transport status FEILET.
    NotHandedOver,
    /// SENDT, and never a receipt.
    Silent,
    /// Every receipt twice, the last one first.
    ReceiptsTwice,
    /// Paper comes back after it was posted.
    Returned,
}

impl PersonRow {
    /// The mailbox address as the register gives it.
    pub(crate) fn mailbox_address(&self) -> String {
        let name: String = self
            .name
            .to_lowercase()
            .chars()
            .map(|letter| match letter {
                ' ' => '.',
                'æ' => 'e',
                'ø' => 'o',
                'å' => 'a',
                other => other,
            })
            .collect();
        format!("{name}#{}", &self.number[7..])
    }

    /// The supplier that has an open or closed mailbox for this person, if any has.
    #[must_use]
    pub fn supplier(&self) -> Option<&'static str> {
        match self.answer {
            Answer::Digipost | Answer::MobileOnly | Answer::ReservedWithMailbox => Some(DIGIPOST),
            Answer::Eboks | Answer::EmailOnly => Some(EBOKS),
            _ => None,
        }
    }
}

/// The whole table.
#[must_use]
pub fn persons() -> &'static [PersonRow] {
    &PERSONS
}

/// The owner of a mailbox at `supplier`.
pub(crate) fn mailbox_owner(supplier: &str, address: &str) -> Option<&'static PersonRow> {
    PERSONS
        .iter()
        .find(|person| person.supplier() == Some(supplier) && person.mailbox_address() == address)
}

/// The citizen of this name: paper carries no person number.
pub(crate) fn paper_addressee(name: &str) -> Option<&'static PersonRow> {
    PERSONS.iter().find(|person| person.name == name)
}

const fn person(
    row: u8,
    number: &'static str,
    name: &'static str,
    (channel, reason): (&'static str, &'static str),
    answer: Answer,
    fate: Fate,
    what_happens: &'static str,
) -> PersonRow {
    PersonRow {
        number,
        name,
        row,
        channel,
        reason,
        what_happens,
        answer,
        fate,
    }
}

#[rustfmt::skip]
static PERSONS: [PersonRow; 38] = [
    person(1, "19893064152", "Stille Tåkefjell", ("WAIT", "NO_ANSWER"), Answer::Silent, Fate::Plain, "Registeret svarer aldri (503). Brevet venter og går aldri på papir av seg selv."),
    person(2, "02914982319", "Dobbel Bekkestein", ("STOP", "ANSWER_CONTRADICTS_ITSELF"), Answer::Twice, Fate::Plain, "Registeret svarer to ganger med ulikt innhold."),
    person(3, "01835550962", "Forbyttet Kråkefjær", ("STOP", "ANSWER_FOR_OTHER_PERSON"), Answer::OtherPerson, Fate::Plain, "Registeret svarer for en annen enn den det ble spurt om."),
    person(4, "23882964663", "Tapt Vindkast", ("STOP", "ANSWER_INCOMPLETE"), Answer::Nothing, Fate::Plain, "Registeret svarer uten noen person."),
    person(4, "12855154062", "Halv Månesigd", ("STOP", "ANSWER_INCOMPLETE"), Answer::WithoutNotification, Fate::Plain, "Varslingsstatus mangler i svaret."),
    person(5, "17883634454", "Ukjent Morild", ("STOP", "ANSWER_UNKNOWN_VALUE"), Answer::UnknownStatus, Fate::Plain, "Status har en verdi som ikke finnes i beskrivelsen."),
    person(5, "05879653101", "Rar Kongle", ("STOP", "ANSWER_UNKNOWN_VALUE"), Answer::UnknownReservation, Fate::Plain, "Reservasjon har en verdi som ikke finnes i beskrivelsen."),
    person(6, "14902879154", "Borte Høstløv", ("STOP", "PERSON_DELETED"), Answer::Deleted, Fate::Plain, "Slettet fra registeret. Brevet stanses til noen har sett på det."),
    person(7, "21893559644", "Ny Bregne", ("PRINT", "NOT_REGISTERED"), Answer::NotRegistered, Fate::Plain, "Ikke registrert. Brevet skrives ut og postlegges."),
    person(8, "02825777442", "Reservert Granskog", ("PRINT", "RESERVED"), Answer::Reserved, Fate::Plain, "Reservert mot digital post. Brevet skrives ut og postlegges."),
    person(8, "12882318646", "Bestemt Furukvist", ("PRINT", "RESERVED"), Answer::ReservedWithMailbox, Fate::Plain, "Reservert, men har postkasse. Reservasjonen går foran."),
    person(9, "18859768837", "Gammel Stabbe", ("PRINT", "NOT_NOTIFIABLE"), Answer::NotNotifiable, Fate::Plain, "Kan ikke varsles: kontaktopplysningene er eldre enn 18 måneder."),
    person(9, "13852355004", "Taus Myrull", ("PRINT", "NOT_NOTIFIABLE"), Answer::WithoutContact, Fate::Plain, "Kan ikke varsles: ingen kontaktopplysninger."),
    person(10, "19839343496", "Kasseløs Lyng", ("PRINT", "NO_MAILBOX"), Answer::NoMailbox, Fate::Plain, "Har ingen digital postkasse."),
    person(10, "19845708463", "Tom Skjellsand", ("PRINT", "NO_MAILBOX"), Answer::EmptyMailbox, Fate::Plain, "Postkassen står i svaret, men alle feltene er tomme."),
    person(11, "19864141644", "Nøkkelløs Rognebær", ("PRINT", "MAILBOX_WITHOUT_CERTIFICATE"), Answer::WithoutCertificate, Fate::Plain, "Postkasse uten sertifikat. Saksbehandleren bekrefter papir."),
    person(12, "05925861180", "Adresseløs Tiriltunge", ("PRINT", "MAILBOX_WITHOUT_ADDRESS"), Answer::WithoutAddress, Fate::Plain, "Sertifikat uten postkasseadresse. Saksbehandleren bekrefter papir."),
    person(13, "19869181474", "Leverandørløs Isranke", ("PRINT", "MAILBOX_WITHOUT_SUPPLIER"), Answer::WithoutSupplier, Fate::Plain, "Postkasse uten leverandør. Saksbehandleren bekrefter papir."),
    person(13, "28865393913", "Fremmed Havskum", ("PRINT", "MAILBOX_WITHOUT_SUPPLIER"), Answer::UnknownSupplier, Fate::Plain, "Postkasse hos en leverandør som ikke er godkjent."),
    person(14, "01872744424", "Uleselig Runestein", ("PRINT", "CERTIFICATE_UNREADABLE"), Answer::UnreadableCertificate, Fate::Plain, "Sertifikatet kan ikke leses."),
    person(15, "22831728594", "Tidlig Hestehov", ("PRINT", "CERTIFICATE_NOT_YET_VALID"), Answer::FutureCertificate, Fate::Plain, "Sertifikatet er ikke gyldig ennå."),
    person(15, "14823678550", "Utløpt Snøfonn", ("PRINT", "CERTIFICATE_EXPIRED"), Answer::ExpiredCertificate, Fate::Plain, "Sertifikatet er utløpt."),
    person(16, "16852686956", "Sløv Brottsjø", ("PRINT", "NO_NOTICE_CHANNEL"), Answer::StaleContact, Fate::Plain, "Kan varsles ifølge registeret, men e-post og mobil er for gamle."),
    person(16, "28888924304", "Nummerløs Vidde", ("PRINT", "NO_NOTICE_CHANNEL"), Answer::NotifiableWithoutContact, Fate::Plain, "Kan varsles ifølge registeret, men verken e-post eller mobil er oppgitt."),
    person(17, "06925115949", "Rask Elveos", ("DIGITAL", "MAILBOX_USABLE"), Answer::Digipost, Fate::Plain, "Får brevet i Digipost og får leveringskvittering."),
    person(17, "27914108158", "Blid Solgløtt", ("DIGITAL", "MAILBOX_USABLE"), Answer::Eboks, Fate::Plain, "Får brevet i e-Boks og får leveringskvittering."),
    person(17, "04917943961", "Mobil Fjellrype", ("DIGITAL", "MAILBOX_USABLE"), Answer::MobileOnly, Fate::Plain, "Bare mobilnummeret er ferskt. Varsles på SMS."),
    person(17, "09822829500", "Skriftlig Svaberg", ("DIGITAL", "MAILBOX_USABLE"), Answer::EmailOnly, Fate::Plain, "Bare e-posten er fersk. Varsles på e-post."),
    person(17, "07905922275", "Nysgjerrig Ekorn", ("DIGITAL", "MAILBOX_USABLE"), Answer::Eboks, Fate::OpensAtOnce, "Åpner brevet straks: åpningskvittering når den er bedt om."),
    person(17, "23868362464", "Stengt Naust", ("DIGITAL", "MAILBOX_USABLE"), Answer::Digipost, Fate::Closed, "Postkassen er stengt: feil (KLIENT) etter SENDT."),
    person(17, "25838260279", "Uheldig Måkeskrik", ("DIGITAL", "MAILBOX_USABLE"), Answer::Digipost, Fate::NoticeFails, "Brevet leveres, men varselet når ikke frem."),
    person(17, "02846186533", "Ustø Bølgetopp", ("DIGITAL", "MAILBOX_USABLE"), Answer::Eboks, Fate::SupplierFault, "Leverandøren feiler: feil (SERVER) etter SENDT."),
    person(17, "23850248192", "Sperret Elveleie", ("DIGITAL", "MAILBOX_USABLE"), Answer::Digipost, Fate::NotHandedOver, "Aksesspunktet får ikke levert videre: status FEILET."),
    person(17, "08863146411", "Lydløs Dalsøkk", ("DIGITAL", "MAILBOX_USABLE"), Answer::Eboks, Fate::Silent, "Ingen kvittering kommer noen gang etter SENDT."),
    person(17, "14845157783", "Ivrig Ekkodal", ("DIGITAL", "MAILBOX_USABLE"), Answer::Digipost, Fate::ReceiptsTwice, "Hver kvittering kommer to ganger, og den siste først."),
    person(17, "19900439310", "Falsk Fjellvegg", ("DIGITAL", "MAILBOX_USABLE"), Answer::OtherOrganisationsCertificate, Fate::Plain, "Sertifikatet tilhører en annen enn leverandøren. Ingenting skal sendes."),
    person(17, "19897214264", "Utenlandsk Drivved", ("DIGITAL", "MAILBOX_USABLE"), Answer::ForeignCertificate, Fate::Plain, "Sertifikatet er utstedt av en ukjent. Ingenting skal sendes."),
    person(10, "20910302796", "Hjemvendt Trekkfugl", ("PRINT", "NO_MAILBOX"), Answer::NoMailbox, Fate::Returned, "Papirbrevet kommer i retur etter postlegging."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utpost_domain::{NationalId, NationalIdKind};

    use super::*;

    #[test]
    fn every_person_is_synthetic_and_issued_by_the_rule_of_today() {
        for person in persons() {
            let id = NationalId::parse(person.number).expect(person.name);
            assert_eq!(id.kind(), NationalIdKind::Synthetic80, "{}", person.name);
            let digit = |at: usize| u32::from(person.number.as_bytes()[at] - b'0');
            let sum: u32 = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]
                .iter()
                .enumerate()
                .map(|(at, weight)| weight * digit(at))
                .sum();
            assert_eq!(sum % 11, 0, "{}", person.name);
        }
    }

    #[test]
    fn numbers_names_and_mailboxes_are_each_used_once() {
        let unique = |values: Vec<String>| {
            assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len());
        };
        unique(
            persons()
                .iter()
                .map(|person| person.number.to_owned())
                .collect(),
        );
        unique(
            persons()
                .iter()
                .map(|person| person.name.to_owned())
                .collect(),
        );
        unique(persons().iter().map(PersonRow::mailbox_address).collect());
    }

    #[test]
    fn the_persons_hit_every_row_and_every_reason_of_the_decision_table() {
        let rows: BTreeSet<u8> = persons().iter().map(|person| person.row).collect();
        assert_eq!(rows, (1..=17).collect());
        let reasons: BTreeSet<&str> = persons().iter().map(|person| person.reason).collect();
        let expected = BTreeSet::from([
            "NO_ANSWER",
            "ANSWER_CONTRADICTS_ITSELF",
            "ANSWER_FOR_OTHER_PERSON",
            "ANSWER_INCOMPLETE",
            "ANSWER_UNKNOWN_VALUE",
            "PERSON_DELETED",
            "NOT_REGISTERED",
            "RESERVED",
            "NOT_NOTIFIABLE",
            "NO_MAILBOX",
            "MAILBOX_WITHOUT_CERTIFICATE",
            "MAILBOX_WITHOUT_ADDRESS",
            "MAILBOX_WITHOUT_SUPPLIER",
            "CERTIFICATE_UNREADABLE",
            "CERTIFICATE_NOT_YET_VALID",
            "CERTIFICATE_EXPIRED",
            "NO_NOTICE_CHANNEL",
            "MAILBOX_USABLE",
        ]);
        assert_eq!(reasons, expected);
    }
}
