//! What a decision says to the clerk, and what each state is called.

use utpost_domain::{Channel, Decision, Reason, State};

use crate::show;
use crate::words::Language;

/// Where the letter goes and why, in one sentence.
pub(crate) fn reason_sentence(decision: &Decision, language: Language) -> String {
    let supplier = match &decision.channel {
        Channel::Digital(route) => match route.supplier.as_str() {
            "984661185" => "Digipost".to_owned(),
            "922020175" => "e-Boks".to_owned(),
            other => other.to_owned(),
        },
        Channel::Print | Channel::Stop | Channel::Wait => String::new(),
    };
    let since = match &decision.facts.reserved_at {
        Some(at) => {
            let day = show::day(*at);
            match language {
                Language::Nb => format!(" siden {day}"),
                Language::En => format!(" since {day}"),
            }
        }
        None => String::new(),
    };
    match language {
        Language::Nb => match decision.reason {
            Reason::MailboxUsable => format!("Digitalt til {supplier}: mottakeren har digital postkasse og kan varsles."),
            Reason::Reserved => format!("På papir: mottakeren har reservert seg mot digital post fra det offentlige{since} (eForvaltningsforskriften § 9)."),
            Reason::NotNotifiable => "På papir: mottakeren kan ikke varsles, for kontaktopplysningene er ikke oppdatert på 18 måneder (eForvaltningsforskriften § 32).".to_owned(),
            Reason::NoMailbox => "På papir: mottakeren har ingen digital postkasse.".to_owned(),
            Reason::NotRegistered => "På papir: mottakeren er ikke registrert i kontaktregisteret. Sjekk at nummeret er riktig.".to_owned(),
            Reason::PersonDeleted => "Stanset: personen er tatt ut av kontaktregisteret. Sjekk Folkeregisteret.".to_owned(),
            Reason::MailboxWithoutCertificate => "Papir foreslås: postkassen mangler sertifikat.".to_owned(),
            Reason::MailboxWithoutAddress => "Papir foreslås: postkassen mangler adresse.".to_owned(),
            Reason::MailboxWithoutSupplier => "Papir foreslås: postkassen har ingen kjent leverandør.".to_owned(),
            Reason::CertificateUnreadable => "Papir foreslås: postkassens sertifikat kan ikke leses.".to_owned(),
            Reason::CertificateNotYetValid => "Papir foreslås: postkassens sertifikat er ikke gyldig ennå.".to_owned(),
            Reason::CertificateExpired => "Papir foreslås: postkassens sertifikat er utløpt.".to_owned(),
            Reason::NoNoticeChannel => "Papir foreslås: mottakeren kan varsles ifølge registeret, men ingen fersk e-postadresse eller mobil er oppgitt.".to_owned(),
            Reason::NoAnswer => "Venter: kontaktregisteret svarer ikke.".to_owned(),
            Reason::AnswerContradictsItself => "Stanset: kontaktregisteret ga to ulike svar om samme person.".to_owned(),
            Reason::AnswerForOtherPerson => "Stanset: kontaktregisteret svarte om en annen person.".to_owned(),
            Reason::AnswerIncomplete => "Stanset: svaret fra kontaktregisteret er ufullstendig.".to_owned(),
            Reason::AnswerUnknownValue => "Stanset: svaret fra kontaktregisteret har en ukjent verdi.".to_owned(),
        },
        Language::En => match decision.reason {
            Reason::MailboxUsable => format!("Digitally to {supplier}: the citizen has a digital mailbox and can be notified."),
            Reason::Reserved => format!("On paper: the citizen has reserved against digital letters from public agencies{since} (eForvaltningsforskriften § 9)."),
            Reason::NotNotifiable => "On paper: the citizen can't be notified, since the contact information has not been confirmed for 18 months (eForvaltningsforskriften § 32).".to_owned(),
            Reason::NoMailbox => "On paper: the citizen has no digital mailbox.".to_owned(),
            Reason::NotRegistered => "On paper: the citizen is not in the contact register. Check that the number is right.".to_owned(),
            Reason::PersonDeleted => "Stopped: the person was removed from the contact register. Check the population register.".to_owned(),
            Reason::MailboxWithoutCertificate => "Paper is proposed: the mailbox has no certificate.".to_owned(),
            Reason::MailboxWithoutAddress => "Paper is proposed: the mailbox has no address.".to_owned(),
            Reason::MailboxWithoutSupplier => "Paper is proposed: the mailbox has no known supplier.".to_owned(),
            Reason::CertificateUnreadable => "Paper is proposed: the mailbox certificate can't be read.".to_owned(),
            Reason::CertificateNotYetValid => "Paper is proposed: the mailbox certificate is not valid yet.".to_owned(),
            Reason::CertificateExpired => "Paper is proposed: the mailbox certificate has expired.".to_owned(),
            Reason::NoNoticeChannel => "Paper is proposed: the citizen can be notified by the register's word, but no fresh e-mail or mobile is given.".to_owned(),
            Reason::NoAnswer => "Waiting: the contact register does not answer.".to_owned(),
            Reason::AnswerContradictsItself => "Stopped: the contact register gave two answers about one person.".to_owned(),
            Reason::AnswerForOtherPerson => "Stopped: the contact register answered about another person.".to_owned(),
            Reason::AnswerIncomplete => "Stopped: the register's answer is incomplete.".to_owned(),
            Reason::AnswerUnknownValue => "Stopped: the register's answer holds an unknown value.".to_owned(),
        },
    }
}

/// What a state is called.
pub(crate) fn state_words(state: State, language: Language) -> &'static str {
    match language {
        Language::Nb => match state {
            State::Draft => "Kladd",
            State::WaitingForRegister => "Venter på kontaktregisteret",
            State::Stopped(_) => "Stanset",
            State::Ready => "Klar til å sendes",
            State::AwaitingApproval => "Venter på godkjenning",
            State::Held => "Sendes straks",
            State::Queued => "I utboksen",
            State::Submitting => "Sendes",
            State::Uncertain => "Venter på svar",
            State::AtAccessPoint => "Mottatt av aksesspunktet",
            State::AtProvider => "Hos postkassen/trykkeriet",
            State::PrintAccepted => "Mottatt for utskrift",
            State::Delivered => "Levert",
            State::HandedToPost => "Sendt i posten",
            State::Opened => "Åpnet",
            State::Returned => "Kom i retur",
            State::Refused => "Avvist ved sending",
            State::Failed => "Feilet",
            State::PrintedHere => "Skrevet ut",
            State::PostedHere => "Postlagt",
            State::Cancelled => "Avbrutt",
        },
        Language::En => match state {
            State::Draft => "Draft",
            State::WaitingForRegister => "Waiting for the register",
            State::Stopped(_) => "Stopped",
            State::Ready => "Ready to send",
            State::AwaitingApproval => "Awaiting approval",
            State::Held => "About to be sent",
            State::Queued => "In the outbox",
            State::Submitting => "Being sent",
            State::Uncertain => "Waiting for an answer",
            State::AtAccessPoint => "At the access point",
            State::AtProvider => "At the mailbox or print shop",
            State::PrintAccepted => "Accepted for print",
            State::Delivered => "Delivered",
            State::HandedToPost => "Handed to the post",
            State::Opened => "Opened",
            State::Returned => "Returned",
            State::Refused => "Refused",
            State::Failed => "Failed",
            State::PrintedHere => "Printed",
            State::PostedHere => "Posted",
            State::Cancelled => "Cancelled",
        },
    }
}
