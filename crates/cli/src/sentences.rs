//! What a decision says to the clerk, and what each state is called.

use utpost_domain::{
    Acceptance, Carrier, Channel, ChannelName, Decision, Environment, Happening, Note, Reason,
    ReceiptKind, State, TransportStatus,
};

use crate::show;
use crate::words::Language;

/// Where the letter goes and why, in one sentence.
pub(crate) fn reason_sentence(decision: &Decision, language: Language) -> String {
    let supplier = match &decision.channel {
        Channel::Digital(route) => organisation(route.supplier.as_str()),
        Channel::Print | Channel::Stop | Channel::Wait => "",
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
            State::AtProvider => "Hos postkassen eller utskriftstjenesten",
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
            State::AtProvider => "At the mailbox or print service",
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

/// An environment's name on every screen.
pub(crate) fn environment_words(environment: Environment, language: Language) -> &'static str {
    match (environment, language) {
        (Environment::Practice, Language::Nb) => "Øvingsmiljø",
        (Environment::Practice, Language::En) => "Practice",
        (Environment::Test, Language::Nb) => "Testmiljø",
        (Environment::Test, Language::En) => "Test",
        (Environment::Production, Language::Nb) => "Produksjon",
        (Environment::Production, Language::En) => "Production",
    }
}

/// The known suppliers by name, others by number.
fn organisation(number: &str) -> &str {
    match number {
        "984661185" => "Digipost",
        "922020175" => "e-Boks",
        "974761076" => "Skatteetaten (utskrift)",
        other => other,
    }
}

/// What a receipt is called; the suppliers' own words in every language.
pub(crate) fn receipt_word(kind: ReceiptKind) -> &'static str {
    match kind {
        ReceiptKind::Delivery => "leveringskvittering",
        ReceiptKind::Opening => "åpningskvittering",
        ReceiptKind::NotificationFailed => "varslingfeiletkvittering",
        ReceiptKind::Accepted => "mottakskvittering",
        ReceiptKind::Returned => "returpostkvittering",
        ReceiptKind::Error { .. } => "feil",
    }
}

/// One line of a timeline.
pub(crate) fn event_words(what: &Happening, language: Language) -> String {
    let choose = |nb: &str, en: &str| match language {
        Language::Nb => nb.to_owned(),
        Language::En => en.to_owned(),
    };
    match what {
        Happening::Drafted(drafted) => {
            let count = drafted.documents.len();
            let kind = drafted.kind.as_str();
            choose(
                &format!("Tatt inn: {kind}, {count} dokument(er)"),
                &format!("Taken in: {kind}, {count} document(s)"),
            )
        }
        Happening::RegisterSilent => choose(
            "Kontaktregisteret svarte ikke",
            "The contact register did not answer",
        ),
        Happening::Decided(decided) => {
            let channel = match decided.channel {
                ChannelName::Wait => choose("vent", "wait"),
                ChannelName::Stop => choose("stans", "stop"),
                ChannelName::Print => choose("papir", "paper"),
                ChannelName::Digital => choose("digitalt", "digital"),
            };
            let reason = decided.reason.code();
            choose(
                &format!("Kanal valgt: {channel} ({reason})"),
                &format!("Channel chosen: {channel} ({reason})"),
            )
        }
        Happening::Stopped { .. } => choose("Stanset", "Stopped"),
        Happening::Confirmed => choose("Bekreftet likevel", "Confirmed all the same"),
        Happening::ApprovalAsked => choose("Godkjenning bedt om", "Approval asked for"),
        Happening::Approved { .. } => choose("Godkjent", "Approved"),
        Happening::SentBack => choose("Sendt tilbake", "Sent back"),
        Happening::SendPressed { .. } => choose("Send trykket", "Send pressed"),
        Happening::Undone => choose("Angret", "Undone"),
        Happening::Sealed(sealed) => {
            let receiver = organisation(sealed.receiver.as_str());
            let bytes = sealed.parcel_bytes;
            let way = match sealed.carrier {
                Carrier::Digital => choose("postkasse", "mailbox"),
                Carrier::Print => choose("utskrift", "print"),
            };
            choose(
                &format!("Forseglet til {receiver} ({way}), {bytes} byte"),
                &format!("Sealed for {receiver} ({way}), {bytes} bytes"),
            )
        }
        Happening::TokenFetched { .. } => choose("Token hentet", "Token fetched"),
        Happening::AttemptStarted { attempt, .. } => choose(
            &format!("Sendes, forsøk {attempt}"),
            &format!("Being sent, attempt {attempt}"),
        ),
        Happening::NotReceived { code } => choose(
            &format!("Ikke mottatt ({})", code.as_str()),
            &format!("Not received ({})", code.as_str()),
        ),
        Happening::AnswerLost { code } => choose(
            &format!("Svaret kom ikke fram ({})", code.as_str()),
            &format!("The answer was lost ({})", code.as_str()),
        ),
        Happening::Accepted { how } => match how {
            Acceptance::Answered => {
                choose("Mottatt av aksesspunktet", "Accepted by the access point")
            }
            Acceptance::AlreadyThere => choose(
                "Var allerede mottatt av aksesspunktet",
                "Had been accepted by the access point already",
            ),
            Acceptance::HasStatuses => choose(
                "Aksesspunktet kjenner brevet: det er mottatt",
                "The access point knows the letter: it was accepted",
            ),
        },
        Happening::RefusedAtAccessPoint { code, http_status } => {
            let status = http_status.map_or(String::new(), |status| format!(", HTTP {status}"));
            choose(
                &format!("Avvist av aksesspunktet ({}{status})", code.as_str()),
                &format!("Refused by the access point ({}{status})", code.as_str()),
            )
        }
        Happening::StatusSeen { status, .. } => match status {
            TransportStatus::Created => choose("Status: OPPRETTET", "Status: OPPRETTET (created)"),
            TransportStatus::Sent => choose("Status: SENDT", "Status: SENDT (sent)"),
            TransportStatus::Failed => choose("Status: FEILET", "Status: FEILET (failed)"),
        },
        Happening::ReceiptVerified(receipt) => {
            let word = receipt_word(receipt.kind);
            let signer = organisation(receipt.signer.as_str());
            choose(
                &format!("Kvittering: {word}, signert av {signer}, ekte"),
                &format!("Receipt: {word}, signed by {signer}, genuine"),
            )
        }
        Happening::ReceiptSuspect { code, .. } => choose(
            &format!(
                "Falsk eller skadet kvittering ({}); den endret ingenting",
                code.as_str()
            ),
            &format!(
                "A forged or damaged receipt ({}); it changed nothing",
                code.as_str()
            ),
        ),
        Happening::ReceiptWaitingForTrust { .. } => choose(
            "Kvittering fra en utsteder som ikke er kjent ennå; den venter",
            "A receipt whose issuer is not known yet; it waits",
        ),
        Happening::Overdue { .. } => choose("Et steg er forsinket", "A step is overdue"),
        Happening::PrintedHere => choose("Skrevet ut her", "Printed here"),
        Happening::PostedHere => choose("Postlagt", "Posted"),
        Happening::Cancelled => choose("Avbrutt", "Cancelled"),
        Happening::Reopened => choose("Tatt tilbake for endring", "Taken back to be changed"),
        Happening::SentBefore { earlier, .. } => choose(
            &format!("Stanset: det samme dokumentet gikk til den samme mottakeren ({earlier})"),
            &format!("Stopped: the same document went to the same recipient ({earlier})"),
        ),
        Happening::RepeatAllowed { .. } => choose(
            "Kan sendes igjen, med begrunnelse",
            "May be sent again, for a reason",
        ),
        Happening::Restored => choose(
            "Hentet fra en sikkerhetskopi; kan være sendt siden",
            "Restored from a backup; may have been sent since",
        ),
    }
}

/// What stands beside the state.
pub(crate) fn note_words(note: Note, language: Language) -> &'static str {
    match (note, language) {
        (Note::NotificationFailed, Language::Nb) => {
            "Et varsel nådde ikke fram. Brevet ligger i postkassen."
        }
        (Note::NotificationFailed, Language::En) => {
            "A notice did not arrive. The letter lies in the mailbox."
        }
        (Note::Contradiction, Language::Nb) => {
            "Historien sier to ting som ikke kan stemme samtidig."
        }
        (Note::Contradiction, Language::En) => {
            "The history says two things that can't both be true."
        }
        (Note::ReceiptWaitingForTrust, Language::Nb) => {
            "En kvittering venter på at utstederen blir kjent (trusted_certificates)."
        }
        (Note::ReceiptWaitingForTrust, Language::En) => {
            "A receipt waits until its issuer is known (trusted_certificates)."
        }
        (Note::SuspectReceipt, Language::Nb) => {
            "En kvittering besto ikke kontrollen og teller ikke."
        }
        (Note::SuspectReceipt, Language::En) => "A receipt failed its checks and does not count.",
        (Note::Late(_), Language::Nb) => "Et steg er forsinket.",
        (Note::Late(_), Language::En) => "A step is overdue.",
    }
}
