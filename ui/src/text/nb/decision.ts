/** What the sentence may name. */
type Facts = {
  /** The mailbox supplier. */
  supplier: string;
  /** "14. februar 2025"; `null` when the register gives no date. */
  reservedOn: string | null;
  /** Last day of the mailbox certificate. */
  certificateUntil: string | null;
  /** "vedtaket", in the middle of a sentence. */
  theLetter: string;
  /** "Vedtak", plural, at the beginning of a sentence. */
  letters: string;
};

type Reason = { heading: (facts: Facts) => string; why: (facts: Facts) => string };

const paper = () => "Papir, gjennom utskriftstjenesten";
const proposed = () => "Papir foreslås";
const stopped = () => "Stanset";

/** One entry for each reason of the decision table. Fact first, paragraph last. */
const reasons: Record<string, Reason> = {
  NO_ANSWER: {
    heading: () => "Venter på kontaktregisteret",
    why: () => "Kontaktregisteret svarer ikke. Brevet er lagret og venter. Det går aldri på papir bare fordi registeret er stille.",
  },
  ANSWER_CONTRADICTS_ITSELF: {
    heading: stopped,
    why: () => "Kontaktregisteret ga to ulike svar om samme person. Slå opp på nytt senere. Står feilen, meld den til Digdir.",
  },
  ANSWER_FOR_OTHER_PERSON: {
    heading: stopped,
    why: () => "Kontaktregisteret svarte om en annen person enn den Utpost spurte om. Slå opp på nytt senere. Står feilen, meld den til Digdir.",
  },
  ANSWER_INCOMPLETE: {
    heading: stopped,
    why: () => "Svaret fra kontaktregisteret manglet noe som trengs for å velge vei. Be administratoren sjekke virksomhetens tilgang til registeret.",
  },
  ANSWER_UNKNOWN_VALUE: {
    heading: stopped,
    why: () => "Svaret fra kontaktregisteret inneholder noe Utpost ikke kjenner. Slå opp på nytt senere. Kanskje trengs en nyere utgave av Utpost.",
  },
  PERSON_DELETED: {
    heading: stopped,
    why: () => "Personen er fjernet fra kontaktregisteret: er død, har fått nytt nummer eller har slettet oppføringen. Sjekk Folkeregisteret før du sender.",
  },
  NOT_REGISTERED: {
    heading: paper,
    why: () => "Mottakeren er ikke registrert i kontaktregisteret og får brevet på papir. Sjekk at nummeret er riktig.",
  },
  RESERVED: {
    heading: paper,
    why: ({ reservedOn, letters }) =>
      `Mottakeren reserverte seg mot digital post${reservedOn ? ` ${reservedOn}` : ""}. ${letters} skal da sendes på papir, etter eForvaltningsforskriften § 9.`,
  },
  NOT_NOTIFIABLE: {
    heading: paper,
    why: ({ theLetter }) =>
      `Mottakeren kan ikke varsles: kontaktopplysningene mangler eller er ikke bekreftet på 18 måneder. Derfor går ${theLetter} på papir, etter eForvaltningsforskriften § 32.`,
  },
  NO_MAILBOX: {
    heading: paper,
    why: () => "Mottakeren har ikke digital postkasse og får brevet på papir.",
  },
  MAILBOX_WITHOUT_CERTIFICATE: {
    heading: proposed,
    why: () => "Postkassen til mottakeren mangler sertifikat, så brevet kan ikke forsegles til den. Du kan sende det på papir.",
  },
  MAILBOX_WITHOUT_ADDRESS: {
    heading: proposed,
    why: () => "Postkassen til mottakeren mangler adresse i kontaktregisteret. Du kan sende brevet på papir.",
  },
  MAILBOX_WITHOUT_SUPPLIER: {
    heading: proposed,
    why: () => "Postkassen til mottakeren har ingen leverandør Utpost kjenner. Du kan sende brevet på papir.",
  },
  CERTIFICATE_UNREADABLE: {
    heading: proposed,
    why: () => "Sertifikatet til postkassen kan ikke leses, så brevet kan ikke forsegles til den. Du kan sende det på papir.",
  },
  CERTIFICATE_NOT_YET_VALID: {
    heading: proposed,
    why: () => "Sertifikatet til postkassen er ikke gyldig ennå. Du kan sende brevet på papir.",
  },
  CERTIFICATE_EXPIRED: {
    heading: proposed,
    why: ({ certificateUntil }) =>
      `Sertifikatet til postkassen gikk ut${certificateUntil ? ` ${certificateUntil}` : ""}. Du kan sende brevet på papir.`,
  },
  NO_NOTICE_CHANNEL: {
    heading: proposed,
    why: ({ theLetter }) =>
      `Kontaktregisteret sier at mottakeren kan varsles, men har ingen fersk e-postadresse eller mobil. Uten varsel kan ikke ${theLetter} gå digitalt, etter eForvaltningsforskriften §§ 8 og 32.`,
  },
  MAILBOX_USABLE: {
    heading: ({ supplier }) => `Digital postkasse, ${supplier}`,
    why: ({ supplier, theLetter }) =>
      `Mottakeren har postkasse hos ${supplier}, har ikke reservert seg og kan varsles. Derfor går ${theLetter} digitalt, etter eForvaltningsforskriften § 8.`,
  },
};

export const decision = {
  reasons,
  /** For a reason a newer core may know. */
  unknownReason: { heading: stopped, why: () => "Utpost kjenner ikke grunnen. Ingenting er sendt. Meld fra til den som har ansvar for Utpost." } as Reason,
  answeredAt: (when: string) => `Kontaktregisteret svarte ${when}.`,
  /** The letter by its kind, inside a sentence. */
  theLetter: { decision: "vedtaket", advanceNotice: "forhåndsvarselet", otherImportant: "brevet", information: "brevet" },
  /** By its kind, plural, first in a sentence. */
  letters: { decision: "Vedtak", advanceNotice: "Forhåndsvarsler", otherImportant: "Viktige meldinger", information: "Brev" },
  seeAnswer: "Se svaret",
  answer: {
    title: "Svaret fra kontaktregisteret",
    askedAt: "Slått opp",
    status: "Status",
    statuses: { AKTIV: "I registeret", SLETTET: "Fjernet fra registeret", IKKE_REGISTRERT: "Ikke registrert" } as Record<string, string>,
    reserved: "Reservert",
    reservedYes: "Ja",
    reservedSince: (day: string) => `Ja, siden ${day}`,
    notifiable: "Kan varsles",
    supplier: "Postkasse",
    certificate: "Sertifikat gyldig til",
    email: "E-post",
    mobile: "Mobil",
    contact: { absent: "Ikke oppgitt", malformed: "Skrevet feil", stale: "Ikke bekreftet på 18 måneder", fresh: "Fersk" },
    yes: "Ja",
    no: "Nei",
    unknown: "Ikke oppgitt",
  },
};
