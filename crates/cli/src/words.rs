//! What the console says for each code: what happened, and what to do now.

use std::fmt;

use clap::ValueEnum;
use utpost_dispatch::Code;

/// Language of the console's sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Norwegian bokmål.
    Nb,
    /// English.
    En,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nb => "nb",
            Self::En => "en",
        })
    }
}

/// The two sentences of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    /// What happened.
    pub(crate) what: &'static str,
    /// The way out.
    pub(crate) todo: &'static str,
}

/// The sentences for `code`.
pub(crate) fn words(code: Code, language: Language) -> Words {
    let (what, todo) = match language {
        Language::Nb => nb(code),
        Language::En => en(code),
    };
    Words { what, todo }
}

fn nb(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::FileMissing => (
            "Filen finnes ikke.",
            "Sjekk navnet og at mappen er tilgjengelig, og prøv igjen.",
        ),
        Code::Folder => (
            "Det er en mappe, ikke en fil.",
            "Åpne mappen og velg filen som skal sendes.",
        ),
        Code::FileUnreadable => (
            "Filen kunne ikke leses til slutten, eller den ble endret underveis. Ingenting er sendt.",
            "Kopier filen til denne maskinen og prøv igjen.",
        ),
        Code::FileEmpty => ("Filen er tom.", "Lagre brevet på nytt og prøv igjen."),
        Code::NotPdf => (
            "Filen er ikke en PDF. Brevet selv, og alt som skal skrives ut, må være PDF.",
            "Lagre dokumentet som PDF og bruk den filen.",
        ),
        Code::PdfEncrypted => (
            "PDF-en er låst med passord eller kryptert. Da kan mottakeren eller utskriftstjenesten ikke åpne den.",
            "Lagre den på nytt uten passord og bruk den filen.",
        ),
        Code::PdfDamaged => (
            "PDF-en er skadet eller ikke fullstendig.",
            "Åpne den, lagre den på nytt som PDF og bruk den filen.",
        ),
        Code::TooLarge => (
            "Dokumentene er større til sammen enn aksesspunktet tar imot (vanligvis 50 MB).",
            "Gjør filene mindre, eller send færre vedlegg i samme brev.",
        ),
        Code::AttachmentType => (
            "Vedlegget er av en type postkassene ikke tar imot, eller innholdet stemmer ikke med filnavnet.",
            "Lagre vedlegget som PDF og bruk den filen.",
        ),
        Code::SameName => (
            "To dokumenter har samme navn. Da kan det ene forsvinne i postkassen.",
            "Gi hvert dokument sitt eget navn.",
        ),
        Code::TooManyAttachments => (
            "Det er for mange vedlegg. Et brev kan ha 200.",
            "Slå sammen vedlegg, eller del brevet.",
        ),
        Code::NumberShape => (
            "Fødselsnummeret har ikke elleve sifre.",
            "Skriv nummeret på nytt.",
        ),
        Code::NumberWrong => (
            "Nummeret er ikke et gyldig fødselsnummer eller D-nummer. Trolig er et siffer feil.",
            "Sammenlign med saken og skriv nummeret på nytt.",
        ),
        Code::NumberKind => (
            "Nummeret er et hjelpenummer. Kontaktregisteret kjenner bare fødselsnummer og D-nummer.",
            "Finn personens fødselsnummer eller D-nummer.",
        ),
        Code::NumberNotSynthetic => (
            "Her kan bare oppdiktede testpersoner brukes. Nummeret kan tilhøre et virkelig menneske, og er ikke slått opp.",
            "Bruk en testperson: «utpost practice persons» viser dem.",
        ),
        Code::NumberSynthetic => (
            "Nummeret tilhører en oppdiktet testperson og kan ikke brukes i produksjon.",
            "Skriv mottakerens eget nummer.",
        ),
        Code::NumberOnCommandLine => (
            "Fødselsnummer skal ikke stå på kommandolinjen, der andre kan lese det.",
            "Bruk «--to -» og gi nummeret på standard inn, eller «--to-file FIL».",
        ),
        Code::TitleMissing => ("Brevet har ingen tittel.", "Gi brevet en tittel."),
        Code::TitleHidden => (
            "Tittelen inneholder styretegn eller skjulte tegn, ofte fra innlimt tekst.",
            "Skriv tittelen på nytt for hånd.",
        ),
        Code::TitleTooLong => (
            "Tittelen er for lang. Den åpne tittelen kan ha 80 tegn, brevets egen 255.",
            "Kort ned tittelen.",
        ),
        Code::TitleNumber => (
            "Tittelen inneholder et fødselsnummer.",
            "Ta nummeret ut av tittelen.",
        ),
        Code::AddressWrong => (
            "Adressen kan ikke brukes på en konvolutt.",
            "Skriv den som «Navn|Adresselinje|0123 Sted», eller bruk «--address-file».",
        ),
        Code::EffectiveDate => (
            "Datoen brevet skal bli synlig, kan ikke brukes.",
            "Velg en dag høyst ett år fram, eller ingen.",
        ),
        Code::NoticeWrong => (
            "Varselteksten i innstillingene kan ikke brukes.",
            "Rett teksten: høyst 500 tegn på e-post og 160 på SMS.",
        ),
        Code::LetterUnknown => (
            "Brevet finnes ikke i denne protokollen.",
            "«utpost status» viser brevene som finnes.",
        ),
        Code::NotNow => (
            "Dette kan ikke gjøres med brevet slik det står nå.",
            "«utpost status BREV» viser hvor brevet er.",
        ),
        Code::Usage => (
            "Kommandoen er ikke skrevet riktig.",
            "«utpost --help» viser kommandoene, «utpost KOMMANDO --help» hva hver av dem tar.",
        ),
        Code::OutFolder => (
            "Mappen kan ikke brukes: den kan ikke lages, eller den har noe annet i seg.",
            "Velg en ny mappe.",
        ),
        Code::Settings => (
            "Innstillingene mangler eller har en feil.",
            "«utpost settings» viser hvor filen skal ligge, og et eksempel med alle innstillinger.",
        ),
        Code::RepeatReason => (
            "Grunnen til å sende på nytt må ha mellom 10 og 500 tegn.",
            "Skriv kort hvorfor det samme brevet skal sendes en gang til.",
        ),
        Code::PracticeLetter => (
            "Øvingsmiljøet har ikke noe slikt brev, eller brevet er ikke kommet så langt.",
            "Samtalen står i svaret fra «utpost send --json» og i «utpost status BREV --json»; den viser også hvor langt brevet er kommet.",
        ),
        Code::PracticeOrder => (
            "Øvingsmiljøet tar ikke imot dette.",
            "Se hva som kan velges, med «--help» etter kommandoen.",
        ),
        Code::Backup => (
            "Mappen inneholder ingen hel sikkerhetskopi.",
            "Velg mappen som «utpost ledger backup» skrev; «backup.json» ligger i den når kopien er hel.",
        ),
        Code::Recovery => (
            "Passordet eller nøkkelen for gjenoppretting kan ikke brukes, eller åpner ikke kopien.",
            "Bruk det kopien ble laget med: et passord på minst 15 tegn, eller age-nøkkelen «AGE-SECRET-KEY-1…» til den offentlige «age1…».",
        ),
        Code::LedgerThere => (
            "Det ligger allerede en protokoll i mappen, eller restene av en. Ingenting er endret.",
            "Flytt den til side først, eller gjenopprett i en annen mappe med «--data».",
        ),
        Code::PersonDeleted => (
            "Personen er tatt ut av kontaktregisteret: død, har fått nytt nummer, eller har slettet oppføringen. Ingenting er sendt.",
            "Sjekk Folkeregisteret. Skal brevet likevel på papir, gå videre med «utpost resume BREV --print-anyway».",
        ),
        Code::AnswerContradicts => (
            "Kontaktregisteret ga to ulike svar om samme person. Ingenting er sendt.",
            "Prøv «utpost resume BREV» senere. Står feilen, meld den til Digdir med tidspunktet.",
        ),
        Code::AnswerForOther => (
            "Kontaktregisteret svarte om en annen person enn den vi spurte om. Ingenting er sendt.",
            "Prøv «utpost resume BREV» senere. Står feilen, meld den til Digdir med tidspunktet.",
        ),
        Code::AnswerIncomplete => (
            "Svaret fra kontaktregisteret manglet noe valget av kanal trenger. Ingenting er sendt.",
            "Be administrator sjekke virksomhetens tilgang til kontaktregisteret, og prøv igjen.",
        ),
        Code::AnswerUnknownValue => (
            "Svaret fra kontaktregisteret inneholdt en verdi programmet ikke kjenner. Ingenting er sendt.",
            "Prøv igjen senere. Står feilen, meld den med referansen; kanskje trengs en nyere utgave.",
        ),
        Code::AddressMissing => (
            "Brevet skal på papir, og ingen adresse er oppgitt. Ingenting er sendt.",
            "Gå videre med «utpost resume BREV --address 'Navn|Adresselinje|0123 Sted'» eller «--address-file FIL».",
        ),
        Code::PrintUnconfirmed => (
            "Det er en feil ved mottakerens digitale postkasse, og papir foreslås. Ingenting er sendt.",
            "Gå videre med «utpost resume BREV --confirm-print» hvis brevet skal på papir.",
        ),
        Code::ChannelChanged => (
            "Kontaktregisteret svarer nå noe annet enn da brevet ble klargjort. Ingenting er sendt.",
            "Se det nye svaret med «utpost lookup», og gå videre med «utpost resume BREV».",
        ),
        Code::ChangedAfterTry => (
            "Kontaktregisteret svarer nå noe annet enn da brevet ble forsøkt sendt. Aksesspunktet har ikke tatt imot brevet, og det blir ikke sendt.",
            "Gi det opp med «utpost cancel BREV», og send et nytt med «utpost send».",
        ),
        Code::SignerChanged => (
            "Virksomhetssertifikatet er byttet siden brevet ble forsøkt sendt. Brevet er signert med det gamle. Aksesspunktet har ikke tatt imot det, og det blir ikke sendt.",
            "Gi det opp med «utpost cancel BREV», og send et nytt med «utpost send».",
        ),
        Code::ReceiverCertificate => (
            "Sertifikatet til postkassen eller utskriftstjenesten kan ikke godtas. Ingenting er sendt.",
            "Prøv «utpost resume BREV» senere. Står feilen, meld den til Digdir med tidspunktet.",
        ),
        Code::SentBefore => (
            "Det samme dokumentet er sendt til den samme mottakeren de siste 30 dagene. Ingenting er sendt nå.",
            "«utpost status BREV» viser det tidligere brevet. Skal det sendes en gang til, gjør det i vinduet og skriv hvorfor.",
        ),
        Code::Restored => (
            "Protokollen er hentet fra en sikkerhetskopi, og brevet kan være sendt etter at kopien ble tatt.",
            "Finn ut om brevet er sendt på annen måte. Bekreft det i vinduet bare hvis det ikke er det.",
        ),
        Code::Stopped => ("Brevet er stanset.", "«utpost status BREV» viser hvorfor."),
        Code::CertificateExpired => (
            "Virksomhetssertifikatet er utløpt eller ikke gyldig ennå.",
            "Be den som har ansvar for sertifikatet, om å fornye det.",
        ),
        Code::CertificateForeign => (
            "Sertifikatet tilhører en annen virksomhet eller et annet miljø.",
            "Velg virksomhetens eget sertifikat for dette miljøet.",
        ),
        Code::CertificateUnusable => (
            "Sertifikatet kan ikke brukes til å signere brev.",
            "Velg sertifikatet for autentisering/signering i leveransen fra Buypass eller Commfides.",
        ),
        Code::CertificateFile => (
            "Sertifikatfilen kunne ikke åpnes med dette passordet, eller andre kan lese den.",
            "Sjekk filen og passordet, og at begge filene bare kan leses av deg.",
        ),
        Code::KeyFailed => (
            "Nøkkelen signerte ikke.",
            "Sett i kortet eller tokenet, og prøv igjen.",
        ),
        Code::TokenDenied => (
            "Maskinporten avviste virksomhetens klient.",
            "Gi koden i detaljene til den som administrerer klienten hos Digdir.",
        ),
        Code::ScopeMissing => (
            "Virksomhetens tilgang til kontaktregisteret er ikke fullstendig.",
            "Be administrator sjekke at begge tilgangene til kontaktregisteret er gitt.",
        ),
        Code::RegisterDenied => (
            "Kontaktregisteret avviser virksomhetens tilgang.",
            "Be administrator sjekke tilgangen hos Digdir.",
        ),
        Code::AccessPointDenied => (
            "Aksesspunktet avviser virksomheten. Brevet ligger i utboksen.",
            "Be administrator sjekke avtalen med aksesspunktet. Kjør «utpost outbox» når den er på plass.",
        ),
        Code::ClockWrong => (
            "Klokken på maskinen er mer enn fem minutter feil. Tidspunktene er bevis, så ingenting sendes.",
            "Få klokken stilt, og prøv igjen.",
        ),
        Code::ServiceAddress => (
            "En tjeneste finnes ikke på adressen i innstillingene.",
            "Be administrator sjekke adressene; «utpost doctor» prøver dem.",
        ),
        Code::SendingHalted => (
            "Virksomheten mangler tilgang til å sende, så alle brev venter trygt i utboksen.",
            "Be administrator ordne tilgangen og så melde den på plass.",
        ),
        Code::RegisterSilent => (
            "Kontaktregisteret svarer ikke. Brevet er tatt vare på og venter.",
            "Kjør «utpost resume BREV» om litt. Brevet blir aldri skrevet ut bare fordi registeret er stille.",
        ),
        Code::TokensSilent => (
            "Maskinporten svarer ikke. Brevet er tatt vare på.",
            "Kjør «utpost outbox» om litt, eller «utpost resume BREV» om det ikke ligger i utboksen.",
        ),
        Code::AccessPointSilent => (
            "Aksesspunktet svarer ikke. Brevet ligger i utboksen.",
            "Kjør «utpost outbox» om litt.",
        ),
        Code::LedgerBusy => (
            "Et annet program bruker protokollen akkurat nå.",
            "Prøv igjen om noen sekunder.",
        ),
        Code::AnswerLost => (
            "Brevet ble lastet opp, men svaret kom ikke fram. Det kan være mottatt.",
            "Ikke send det på nytt. Kjør «utpost outbox»: programmet spør først om brevet kom fram.",
        ),
        Code::RefusedByAccessPoint => (
            "Aksesspunktet avviste brevet. Det er ikke sendt.",
            "Se detaljene med «utpost status BREV», rett feilen og send et nytt brev.",
        ),
        Code::RefusedTooLarge => (
            "Aksesspunktet mener brevet er for stort. Det er ikke sendt.",
            "Gjør filene mindre og send et nytt brev.",
        ),
        Code::RefusedByReplay => (
            "En av kontrollene holder ikke. En postkasse ville avvist brevet.",
            "Den siste linjen i listen viser hvilken kontroll det er, og hvorfor.",
        ),
        Code::DiskFull => (
            "Disken er full. Ingenting er tapt.",
            "Frigjør plass og prøv igjen.",
        ),
        Code::ReadOnly => (
            "Programmet får ikke skrive i mappen sin.",
            "Be IT-ansvarlig sjekke rettighetene til mappen.",
        ),
        Code::NetworkFolder => (
            "Protokollen kan ikke ligge på en nettverksmappe.",
            "Velg en mappe på maskinens egen disk.",
        ),
        Code::LedgerKey => (
            "Nøkkelen åpner ikke protokollen, eller nøkkelfilen kan leses av andre.",
            "Bruk nøkkelen protokollen ble laget med, i en fil bare du kan lese.",
        ),
        Code::NoKeyStore => (
            "Maskinen har ikke noe nøkkellager.",
            "Bruk «--key-file FIL»; filen lages første gang.",
        ),
        Code::NewerLedger => (
            "Protokollen er laget av en nyere utgave av programmet.",
            "Installer den nyeste utgaven.",
        ),
        Code::DamagedLedger => (
            "Protokollen er skadet. Filen er latt urørt.",
            "Ta kopi av mappen og kontakt IT-ansvarlig; hent inn siste sikkerhetskopi.",
        ),
        Code::OutboxFrozen => (
            "Protokollen er hentet fra en sikkerhetskopi. Ingenting sendes før det er spurt om hva som er sendt fra før.",
            "Få spurt om status for brevene i utboksen.",
        ),
        Code::OtherEnvironment => (
            "Protokollen tilhører et annet miljø.",
            "Bruk protokollen til dette miljøet, eller velg en ny mappe.",
        ),
        Code::ParcelMissing => (
            "Den forseglede pakken er borte eller endret. Den blir ikke sendt.",
            "Lag et nytt brev, og meld fra med referansen.",
        ),
        Code::Disk => (
            "Disken meldte en feil.",
            "Prøv igjen. Står feilen, kontakt IT-ansvarlig med referansen.",
        ),
        Code::Practice => (
            "Øvingsmiljøet kunne ikke startes eller nås.",
            "Kjør «utpost practice serve» i et eget vindu og se hva det sier.",
        ),
        Code::PracticeRunning => (
            "Øvingsmiljøet kjører allerede for denne mappen.",
            "Andre kommandoer bruker det som kjører. Stopp det der det ble startet, om du vil tømme det eller starte det på nytt.",
        ),
        Code::Defect => (
            "Det er en feil i programmet. Beklager.",
            "Meld fra med referansen. Brevet ligger trygt; se «utpost status».",
        ),
    }
}

fn en(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::FileMissing => (
            "The file does not exist.",
            "Check the name and that the folder can be reached, and try again.",
        ),
        Code::Folder => (
            "That is a folder, not a file.",
            "Open the folder and choose the file to send.",
        ),
        Code::FileUnreadable => (
            "The file could not be read to its end, or changed meanwhile. Nothing was sent.",
            "Copy the file to this machine and try again.",
        ),
        Code::FileEmpty => ("The file is empty.", "Save the letter anew and try again."),
        Code::NotPdf => (
            "The file is not a PDF. The letter itself, and all that is printed, must be PDF.",
            "Save the document as PDF and use that file.",
        ),
        Code::PdfEncrypted => (
            "The PDF is locked by a password or encrypted; neither citizen nor printer could open it.",
            "Save it anew without a password and use that file.",
        ),
        Code::PdfDamaged => (
            "The PDF is damaged or not complete.",
            "Open it, save it as PDF anew and use that file.",
        ),
        Code::TooLarge => (
            "The documents are larger together than the access point takes (usually 50 MB).",
            "Make the files smaller, or send fewer attachments in one letter.",
        ),
        Code::AttachmentType => (
            "Mailboxes do not take this type of attachment, or the content is not what its name says.",
            "Save the attachment as PDF and use that file.",
        ),
        Code::SameName => (
            "Two documents have the same name; one of them could vanish in the mailbox.",
            "Give each document a name of its own.",
        ),
        Code::TooManyAttachments => (
            "There are too many attachments. A letter can have 200.",
            "Join attachments, or split the letter.",
        ),
        Code::NumberShape => (
            "The person number does not have eleven digits.",
            "Type the number again.",
        ),
        Code::NumberWrong => (
            "This is not a valid birth number or D-number. A digit is probably wrong.",
            "Compare with the case and type the number again.",
        ),
        Code::NumberKind => (
            "This is a help number. The contact register knows only birth numbers and D-numbers.",
            "Find the person's birth number or D-number.",
        ),
        Code::NumberNotSynthetic => (
            "Only invented test persons can be used here. The number may be a real person's and was not looked up.",
            "Use a test person: “utpost practice persons” lists them.",
        ),
        Code::NumberSynthetic => (
            "The number belongs to an invented test person and can't be used in production.",
            "Type the receiver's own number.",
        ),
        Code::NumberOnCommandLine => (
            "Person numbers do not belong on the command line, where others can read them.",
            "Use “--to -” and give the number on standard input, or “--to-file FILE”.",
        ),
        Code::TitleMissing => ("The letter has no title.", "Give the letter a title."),
        Code::TitleHidden => (
            "The title holds control or hidden characters, often from pasted text.",
            "Type the title by hand.",
        ),
        Code::TitleTooLong => (
            "The title is too long. The open title can have 80 characters, the letter's own 255.",
            "Shorten the title.",
        ),
        Code::TitleNumber => (
            "The title holds a person number.",
            "Take the number out of the title.",
        ),
        Code::AddressWrong => (
            "The address can't be used on an envelope.",
            "Write it as “Name|Address line|0123 Town”, or use “--address-file”.",
        ),
        Code::EffectiveDate => (
            "The day on which the letter becomes visible can't be used.",
            "Choose a day at most one year ahead, or none.",
        ),
        Code::NoticeWrong => (
            "The notice text in the settings can't be used.",
            "Mend the text: at most 500 characters by e-mail and 160 by SMS.",
        ),
        Code::LetterUnknown => (
            "The letter is not in this ledger.",
            "“utpost status” lists the letters there are.",
        ),
        Code::NotNow => (
            "This can't be done with the letter as it stands.",
            "“utpost status LETTER” shows where it is.",
        ),
        Code::Usage => (
            "The command is not written as it should be.",
            "“utpost --help” lists the commands, “utpost COMMAND --help” what each of them takes.",
        ),
        Code::OutFolder => (
            "The folder can't be used: it can't be made, or it holds something else.",
            "Choose a new folder.",
        ),
        Code::Settings => (
            "The settings are missing or wrong.",
            "“utpost settings” shows where the file shall lie, and an example with every setting.",
        ),
        Code::RepeatReason => (
            "The reason for sending again must have 10 to 500 characters.",
            "Write shortly why the same letter is to be sent once more.",
        ),
        Code::PracticeLetter => (
            "The practice environment has no such letter, or the letter has not come that far.",
            "The conversation is in the answer of “utpost send --json” and in “utpost status LETTER --json”, which also shows how far the letter has come.",
        ),
        Code::PracticeOrder => (
            "The practice environment does not take this.",
            "See what can be chosen with “--help” after the command.",
        ),
        Code::Backup => (
            "The folder holds no whole backup.",
            "Choose the folder that “utpost ledger backup” wrote; “backup.json” is in it when the copy is whole.",
        ),
        Code::Recovery => (
            "The passphrase or key for recovery can't be used, or does not open the backup.",
            "Use what it was made with: a passphrase of at least 15 characters, or the age key “AGE-SECRET-KEY-1…” to the public “age1…”.",
        ),
        Code::LedgerThere => (
            "There is a ledger in the folder already, or the remains of one. Nothing is changed.",
            "Move it aside first, or restore into another folder with “--data”.",
        ),
        Code::PersonDeleted => (
            "The person was removed from the contact register: dead, has a new number, or removed the entry. Nothing was sent.",
            "Check the population register. If paper is right all the same, go on with “utpost resume LETTER --print-anyway”.",
        ),
        Code::AnswerContradicts => (
            "The contact register gave two different answers about one person. Nothing was sent.",
            "Try “utpost resume LETTER” later. If it stays, report it to Digdir with the time.",
        ),
        Code::AnswerForOther => (
            "The contact register answered about another person than the one asked for. Nothing was sent.",
            "Try “utpost resume LETTER” later. If it stays, report it to Digdir with the time.",
        ),
        Code::AnswerIncomplete => (
            "The register's answer lacked something that the choice of channel needs. Nothing was sent.",
            "Have the administrator check the agency's access to the register, and try again.",
        ),
        Code::AnswerUnknownValue => (
            "The register's answer holds a value this program does not know. Nothing was sent.",
            "Try later. If it stays, report it with the reference; a newer version may be needed.",
        ),
        Code::AddressMissing => (
            "The letter goes on paper and no address was given. Nothing was sent.",
            "Go on with “utpost resume LETTER --address 'Name|Address line|0123 Town'” or “--address-file FILE”.",
        ),
        Code::PrintUnconfirmed => (
            "Something is wrong with the receiver's digital mailbox, and paper is proposed. Nothing was sent.",
            "Go on with “utpost resume LETTER --confirm-print” if the letter shall go on paper.",
        ),
        Code::ChannelChanged => (
            "The register now answers something else than when the letter was made ready. Nothing was sent.",
            "See the new answer with “utpost lookup”, and go on with “utpost resume LETTER”.",
        ),
        Code::ChangedAfterTry => (
            "The register now answers something else than when the letter was tried. The access point has not received the letter, and it will not be sent.",
            "Give it up with “utpost cancel LETTER”, and send a new one with “utpost send”.",
        ),
        Code::SignerChanged => (
            "The agency's certificate has been replaced since the letter was tried. The letter is signed with the old one. The access point has not received it, and it will not be sent.",
            "Give it up with “utpost cancel LETTER”, and send a new one with “utpost send”.",
        ),
        Code::ReceiverCertificate => (
            "The certificate of the mailbox or the print service can't be accepted. Nothing was sent.",
            "Try “utpost resume LETTER” later. If it stays, report it to Digdir with the time.",
        ),
        Code::SentBefore => (
            "The same document was sent to the same recipient within the last 30 days. Nothing was sent now.",
            "“utpost status LETTER” shows the earlier letter. To send it once more, do so in the window and write why.",
        ),
        Code::Restored => (
            "The ledger was restored from a backup, and the letter may have been sent after the backup was taken.",
            "Find out whether the letter was sent another way. Confirm it in the window only if it was not.",
        ),
        Code::Stopped => (
            "The letter is stopped.",
            "“utpost status LETTER” shows why.",
        ),
        Code::CertificateExpired => (
            "The agency's certificate has expired or is not valid yet.",
            "Ask whoever is responsible for the certificate to renew it.",
        ),
        Code::CertificateForeign => (
            "The certificate belongs to another organisation or another environment.",
            "Choose the agency's own certificate for this environment.",
        ),
        Code::CertificateUnusable => (
            "The certificate can't be used to sign letters.",
            "Choose the authentication/signing certificate of the delivery from Buypass or Commfides.",
        ),
        Code::CertificateFile => (
            "The certificate file could not be opened with this password, or others can read it.",
            "Check the file and the password, and that both files can be read by you alone.",
        ),
        Code::KeyFailed => (
            "The key did not sign.",
            "Insert the card or token, and try again.",
        ),
        Code::TokenDenied => (
            "Maskinporten refused the agency's client.",
            "Give the code in the details to whoever administers the client at Digdir.",
        ),
        Code::ScopeMissing => (
            "The agency's access to the contact register is incomplete.",
            "Have the administrator check that both accesses to the register are granted.",
        ),
        Code::RegisterDenied => (
            "The contact register denies the agency access.",
            "Have the administrator check the access at Digdir.",
        ),
        Code::AccessPointDenied => (
            "The access point denies the agency. The letter lies in the outbox.",
            "Have the administrator check the agreement. Run “utpost outbox” when it is in place.",
        ),
        Code::ClockWrong => (
            "The machine's clock is more than five minutes off. Times are evidence, so nothing is sent.",
            "Have the clock set, and try again.",
        ),
        Code::ServiceAddress => (
            "A service is not at the address in the settings.",
            "Have the administrator check the addresses; “utpost doctor” tries them.",
        ),
        Code::SendingHalted => (
            "The agency lacks access to send, so all letters wait safely in the outbox.",
            "Ask the administrator to mend the access, and then to report it in place.",
        ),
        Code::RegisterSilent => (
            "The contact register does not answer. The letter is kept and waits.",
            "Run “utpost resume LETTER” in a while. A letter is never printed only because the register is silent.",
        ),
        Code::TokensSilent => (
            "Maskinporten does not answer. The letter is kept.",
            "Run “utpost outbox” in a while, or “utpost resume LETTER” if it is not in the outbox.",
        ),
        Code::AccessPointSilent => (
            "The access point does not answer. The letter lies in the outbox.",
            "Run “utpost outbox” in a while.",
        ),
        Code::LedgerBusy => (
            "Another program is using the ledger just now.",
            "Try again in some seconds.",
        ),
        Code::AnswerLost => (
            "The letter was uploaded, but the answer did not arrive. It may have been received.",
            "Do not send it again. Run “utpost outbox”: the program first asks whether it arrived.",
        ),
        Code::RefusedByAccessPoint => (
            "The access point refused the letter. It was not sent.",
            "See the details with “utpost status LETTER”, mend the fault and send a new letter.",
        ),
        Code::RefusedTooLarge => (
            "The access point finds the letter too large. It was not sent.",
            "Make the files smaller and send a new letter.",
        ),
        Code::RefusedByReplay => (
            "One of the checks does not hold. A mailbox would refuse the letter.",
            "The last line of the list shows which check it is, and why.",
        ),
        Code::DiskFull => (
            "The disk is full. Nothing is lost.",
            "Free some space and try again.",
        ),
        Code::ReadOnly => (
            "The program may not write in its folder.",
            "Have IT check the permissions of the folder.",
        ),
        Code::NetworkFolder => (
            "The ledger can't lie on a network folder.",
            "Choose a folder on the machine's own disk.",
        ),
        Code::LedgerKey => (
            "The key does not open the ledger, or its file can be read by others.",
            "Use the key the ledger was made with, in a file only you can read.",
        ),
        Code::NoKeyStore => (
            "This machine has no key store.",
            "Use “--key-file FILE”; the file is made the first time.",
        ),
        Code::NewerLedger => (
            "The ledger was made by a newer version of the program.",
            "Install the newest version.",
        ),
        Code::DamagedLedger => (
            "The ledger is damaged. The file is left untouched.",
            "Copy the folder and call IT; bring in the last backup.",
        ),
        Code::OutboxFrozen => (
            "The ledger was restored from a backup. Nothing is sent before it was asked what was sent already.",
            "Have the statuses of the letters in the outbox asked for.",
        ),
        Code::OtherEnvironment => (
            "The ledger belongs to another environment.",
            "Use this environment's ledger, or choose a new folder.",
        ),
        Code::ParcelMissing => (
            "The sealed package is gone or altered. It will not be sent.",
            "Make a new letter, and report this with the reference.",
        ),
        Code::Disk => (
            "The disk reported a fault.",
            "Try again. If it stays, call IT with the reference.",
        ),
        Code::Practice => (
            "The practice environment could not be started or reached.",
            "Run “utpost practice serve” in a window of its own and see what it says.",
        ),
        Code::PracticeRunning => (
            "The practice environment is running for this folder already.",
            "Other commands use the one that runs. Stop it where it was started, to empty it or start it anew.",
        ),
        Code::Defect => (
            "There is a fault in the program. We are sorry.",
            "Report it with the reference. The letter is safe; see “utpost status”.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_what_happened_and_what_to_do_in_both_languages() {
        for language in [Language::Nb, Language::En] {
            for code in Code::ALL {
                let Words { what, todo } = words(*code, language);
                for sentence in [what, todo] {
                    assert!(
                        sentence.len() > 10 && sentence.ends_with('.'),
                        "{code} {language}: {sentence}"
                    );
                }
                assert_ne!(what, todo, "{code}");
            }
        }
    }
}
