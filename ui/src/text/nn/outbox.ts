import type { outbox as nb } from "../nb/outbox";

export const outbox: typeof nb = {
  title: "Utboks",
  loading: "Hentar utboksen",

  undo: "Angre",
  timeToUndo: (title) => `Angrefrist: ${title}`,
  sendNow: "Send no",
  held: {
    decision: (name, time) => `Vedtaket${to(name)} blir sendt ${time}`,
    advanceNotice: (name, time) => `Førehandsvarselet${to(name)} blir sendt ${time}`,
    otherImportant: (name, time) => `Brevet${to(name)} blir sendt ${time}`,
    information: (name, time) => `Brevet${to(name)} blir sendt ${time}`,
  },
  in: (duration) => `om ${duration}`,
  now: "no",
  notSentYet: "Brevet er ikkje sendt enno.",
  announceStart: (sentence) => `${sentence}. Trykk Angre for å stanse.`,
  announceEnd: "Angrefristen er ute. Brevet blir sendt no.",

  underWay: "På veg ut",
  letters: (count) => `${count} brev`,
  to: (receiver) => `til ${receiver}`,
  digital: "digitalt",
  paper: "på papir",
  untitled: "Brev utan tittel",
  unnamed: "Mottakar utan namn",

  track: {
    label: "Kor langt brevet har kome",
    sealed: "Forsegla",
    queued: "I kø",
    sending: "Blir sendt",
    uploading: "Lastar opp",
    uploaded: "Lasta opp",
    waiting: "Ventar",
    denied: "Manglar tilgang",
    frozen: "Frosen",
    waitingForAnswer: "Ventar på svar",
    receipt: "Kvittering",
    waitingForReceipt: "Ventar på kvittering",
    done: "ferdig",
    working: "i gang",
    held: "ventar",
    toCome: "står att",
  },
  uploaded: (percent, size) => `${percent} av ${size}`,
  silent: {
    TEMP_ACCESS_POINT_SILENT: (time) => `Aksesspunktet svara ikkje kl. ${time}.`,
    TEMP_TOKENS_SILENT: (time) => `Innloggingstenesta Maskinporten svara ikkje kl. ${time}.`,
    TEMP_REGISTER_SILENT: (time) => `Kontaktregisteret svara ikkje kl. ${time}.`,
  },
  nextTry: (time, wait) => `Nytt forsøk kl. ${time}, ${wait}.`,
  nextTrySoon: "Nytt forsøk om ein augneblink.",
  nextAsk: (time, wait) => `Utpost spør på nytt kl. ${time}, ${wait}.`,
  safe: "Brevet ligg trygt på maskina.",
  uncertain: "Svaret kom aldri fram. Brevet kan vere motteke, så Utpost sender det ikkje på nytt.",
  standstill: {
    AUTH_SENDING_HALTED: "Sendinga er stansa for heile verksemda. Brevet ligg trygt, og går når tilgangen er på plass.",
    LOCAL_OUTBOX_FROZEN: "Protokollen er henta frå ein tryggingskopi, og utboksen er frosen. Brevet ligg trygt, og går når Utpost har fått vite kva som vart av det.",
  },

  tryNow: "Prøv no",
  checkStatus: "Sjekk status",
  cancel: "Avbryt",
  resume: "Hald fram",
  aboutLetter: (title) => `: ${title}`,
  answered: (title, state) => `${title}: ${state}`,
  cancelled: (title) => `${title} er avbrote.`,

  unsent: "Ikkje sendt",
  draft: "Kladden er lagra. Hald fram når du vil.",
  ready: "Brevet er klart, men ikkje sendt.",
  waitingForRegister: "Kontaktregisteret svara ikkje. Brevet er lagra, og Utpost spør igjen.",
  awaitingApproval: "Ein kollega må godkjenne brevet før det kan sendast.",

  cancelTitle: (title) => `Avbryte «${title}»?`,
  cancelBody: (name) => `Brevet til ${name} blir ikkje sendt. Du finn det att under Sende brev, merkt Avbrote.`,
  cancelYes: "Avbryt brevet",
  cancelNo: "Ta vare på det",

  confirmUnsent: "Stadfest at brevet ikkje er sendt",
  restored: "Protokollen er henta frå ein tryggingskopi. Brevet kan vere sendt etter at kopien vart teken. Sjekk saka, og stadfest om det ikkje er sendt.",
  unsentTitle: (title) => `Stadfest at «${title}» ikkje er sendt`,
  unsentBody: "Sjå etter i saka, eller spør den som brukte Utpost sist. Stadfest berre om du veit at det ikkje er sendt. Då kan det sendast herfrå, og svaret ditt står i historia til brevet.",
  unsentSealedBody: "Sjå etter i saka, eller spør den som brukte Utpost sist. Stadfest berre om du veit at det ikkje er sendt. Då sender Utpost det no, slik det var då Send vart trykt, og svaret ditt står i historia til brevet.",
  unsentYes: "Stadfest: ikkje sendt",
  unsentNo: "Eg må sjekke først",

  deliveredToday: (count) => `${count} brev er leverte i dag.`,
  lastDelivered: (name, time) => `Det siste var til ${name} kl. ${time}.`,
  seeSent: "Sjå sende brev",

  emptyTitle: "Ingen brev ventar",
  emptyBody: "Når du sender eit brev, ser du her kor langt det har kome.",
  newLetter: "Nytt brev",
};

function to(name: string | null): string {
  return name === null ? "" : ` til ${name}`;
}
