import type { decision as nb } from "../nb/decision";

const paper = () => "Papir, gjennom utskriftstenesta";
const proposed = () => "Utpost foreslår papir";
const stopped = () => "Stansa";

export const decision: typeof nb = {
  reasons: {
    NO_ANSWER: {
      heading: () => "Ventar på kontaktregisteret",
      why: () => "Kontaktregisteret svarar ikkje. Brevet er lagra og ventar. Det går aldri på papir berre fordi registeret er stille.",
    },
    ANSWER_CONTRADICTS_ITSELF: {
      heading: stopped,
      why: () => "Kontaktregisteret gav to ulike svar om den same personen. Slå opp på nytt seinare. Står feilen, meld han til Digdir.",
    },
    ANSWER_FOR_OTHER_PERSON: {
      heading: stopped,
      why: () => "Kontaktregisteret svara om ein annan person enn den Utpost spurde om. Slå opp på nytt seinare. Står feilen, meld han til Digdir.",
    },
    ANSWER_INCOMPLETE: {
      heading: stopped,
      why: () => "Svaret frå kontaktregisteret mangla noko som trengst for å velje veg. Be administratoren sjekke tilgangen verksemda har til registeret.",
    },
    ANSWER_UNKNOWN_VALUE: {
      heading: stopped,
      why: () => "Svaret frå kontaktregisteret inneheld noko Utpost ikkje kjenner. Slå opp på nytt seinare. Kanskje trengst ei nyare utgåve av Utpost.",
    },
    PERSON_DELETED: {
      heading: stopped,
      why: () => "Personen er fjerna frå kontaktregisteret: er død, har fått nytt nummer eller har sletta oppføringa. Sjekk Folkeregisteret før du sender.",
    },
    NOT_REGISTERED: {
      heading: paper,
      why: () => "Mottakaren er ikkje registrert i kontaktregisteret og får brevet på papir. Sjekk at nummeret er rett.",
    },
    RESERVED: {
      heading: paper,
      why: ({ reservedOn, letters }) =>
        `Mottakaren reserverte seg mot digital post${reservedOn ? ` ${reservedOn}` : ""}. ${letters} skal då sendast på papir, etter eForvaltningsforskrifta § 9.`,
    },
    NOT_NOTIFIABLE: {
      heading: paper,
      why: ({ theLetter }) =>
        `Mottakaren kan ikkje varslast: kontaktopplysningane manglar eller er ikkje stadfesta på 18 månader. Difor går ${theLetter} på papir, etter eForvaltningsforskrifta § 32.`,
    },
    NO_MAILBOX: {
      heading: paper,
      why: () => "Mottakaren har ikkje digital postkasse og får brevet på papir.",
    },
    MAILBOX_WITHOUT_CERTIFICATE: {
      heading: proposed,
      why: () => "Postkassa til mottakaren manglar sertifikat, så brevet kan ikkje forseglast til henne. Du kan sende det på papir.",
    },
    MAILBOX_WITHOUT_ADDRESS: {
      heading: proposed,
      why: () => "Postkassa til mottakaren manglar adresse i kontaktregisteret. Du kan sende brevet på papir.",
    },
    MAILBOX_WITHOUT_SUPPLIER: {
      heading: proposed,
      why: () => "Postkassa til mottakaren har ingen leverandør Utpost kjenner. Du kan sende brevet på papir.",
    },
    CERTIFICATE_UNREADABLE: {
      heading: proposed,
      why: () => "Sertifikatet til postkassa kan ikkje lesast, så brevet kan ikkje forseglast til henne. Du kan sende det på papir.",
    },
    CERTIFICATE_NOT_YET_VALID: {
      heading: proposed,
      why: () => "Sertifikatet til postkassa er ikkje gyldig enno. Du kan sende brevet på papir.",
    },
    CERTIFICATE_EXPIRED: {
      heading: proposed,
      why: ({ certificateUntil }) =>
        `Sertifikatet til postkassa gjekk ut${certificateUntil ? ` ${certificateUntil}` : ""}. Du kan sende brevet på papir.`,
    },
    NO_NOTICE_CHANNEL: {
      heading: proposed,
      why: ({ theLetter }) =>
        `Kontaktregisteret seier at mottakaren kan varslast, men har inga fersk e-postadresse eller mobil. Utan varsel kan ikkje ${theLetter} gå digitalt, etter eForvaltningsforskrifta §§ 8 og 32.`,
    },
    MAILBOX_USABLE: {
      heading: ({ supplier }) => `Digital postkasse, ${supplier}`,
      why: ({ supplier, theLetter }) =>
        `Mottakaren har postkasse hos ${supplier}, har ikkje reservert seg og kan varslast. Difor går ${theLetter} digitalt, etter eForvaltningsforskrifta § 8.`,
    },
  },
  unknownReason: { heading: stopped, why: () => "Utpost kjenner ikkje grunnen. Ingenting er sendt. Meld frå til den som har ansvar for Utpost." },
  answeredAt: (when) => `Kontaktregisteret svara ${when}.`,
  theLetter: { decision: "vedtaket", advanceNotice: "førehandsvarselet", otherImportant: "brevet", information: "brevet" },
  letters: { decision: "Vedtak", advanceNotice: "Førehandsvarsel", otherImportant: "Viktige meldingar", information: "Brev" },
  seeAnswer: "Sjå svaret",
  answer: {
    title: "Svaret frå kontaktregisteret",
    askedAt: "Slått opp",
    status: "Status",
    statuses: { AKTIV: "I registeret", SLETTET: "Fjerna frå registeret", IKKE_REGISTRERT: "Ikkje registrert" },
    reserved: "Reservert",
    reservedYes: "Ja",
    reservedSince: (day) => `Ja, sidan ${day}`,
    notifiable: "Kan varslast",
    supplier: "Postkasse",
    certificate: "Sertifikat gyldig til",
    email: "E-post",
    mobile: "Mobil",
    contact: { absent: "Ikkje oppgitt", malformed: "Skrive feil", stale: "Ikkje stadfesta på 18 månader", fresh: "Fersk" },
    yes: "Ja",
    no: "Nei",
    unknown: "Ikkje oppgitt",
  },
};
