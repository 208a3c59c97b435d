export const outbox = {
  title: "Utboks",
  loading: "Henter utboksen",

  undo: "Angre",
  timeToUndo: (title: string) => `Angrefrist: ${title}`,
  sendNow: "Send nå",
  held: {
    decision: (name: string | null, time: string) => `Vedtaket${to(name)} sendes ${time}`,
    advanceNotice: (name: string | null, time: string) => `Forhåndsvarselet${to(name)} sendes ${time}`,
    otherImportant: (name: string | null, time: string) => `Brevet${to(name)} sendes ${time}`,
    information: (name: string | null, time: string) => `Brevet${to(name)} sendes ${time}`,
  },
  in: (duration: string) => `om ${duration}`,
  now: "nå",
  notSentYet: "Brevet er ikke sendt ennå.",
  announceStart: (sentence: string) => `${sentence}. Trykk Angre for å stanse.`,
  announceEnd: "Angrefristen er ute. Brevet sendes nå.",

  underWay: "På vei ut",
  letters: (count: number) => `${count} brev`,
  to: (receiver: string) => `til ${receiver}`,
  digital: "digitalt",
  paper: "på papir",
  untitled: "Brev uten tittel",
  unnamed: "Mottaker uten navn",

  track: {
    label: "Hvor langt brevet er kommet",
    sealed: "Forseglet",
    queued: "I kø",
    sending: "Sendes",
    uploading: "Laster opp",
    uploaded: "Lastet opp",
    waiting: "Venter",
    denied: "Mangler tilgang",
    frozen: "Fryst",
    waitingForAnswer: "Venter på svar",
    receipt: "Kvittering",
    waitingForReceipt: "Venter på kvittering",
    done: "ferdig",
    working: "pågår",
    held: "venter",
    toCome: "gjenstår",
  },
  uploaded: (percent: string, size: string) => `${percent} av ${size}`,
  /** A service that did not answer at the last try; other causes are worded as errors. */
  silent: {
    TEMP_ACCESS_POINT_SILENT: (time: string) => `Aksesspunktet svarte ikke kl. ${time}.`,
    TEMP_TOKENS_SILENT: (time: string) => `Innloggingstjenesten Maskinporten svarte ikke kl. ${time}.`,
    TEMP_REGISTER_SILENT: (time: string) => `Kontaktregisteret svarte ikke kl. ${time}.`,
  },
  nextTry: (time: string, wait: string) => `Nytt forsøk kl. ${time}, ${wait}.`,
  nextTrySoon: "Nytt forsøk om et øyeblikk.",
  nextAsk: (time: string, wait: string) => `Utpost spør på nytt kl. ${time}, ${wait}.`,
  safe: "Brevet ligger trygt på maskinen.",
  uncertain: "Svaret kom aldri fram. Brevet kan være mottatt, så Utpost sender det ikke på nytt.",
  /** While nothing is sent for anybody; the band above says who can end that. */
  standstill: {
    AUTH_SENDING_HALTED: "Sendingen er stanset for hele virksomheten. Brevet ligger trygt, og går når tilgangen er på plass.",
    LOCAL_OUTBOX_FROZEN: "Protokollen er hentet fra en sikkerhetskopi, og utboksen er fryst. Brevet ligger trygt, og går når Utpost har fått vite hva som ble av det.",
  },

  tryNow: "Prøv nå",
  checkStatus: "Sjekk status",
  cancel: "Avbryt",
  resume: "Fortsett",
  aboutLetter: (title: string) => `: ${title}`,
  answered: (title: string, state: string) => `${title}: ${state}`,
  cancelled: (title: string) => `${title} er avbrutt.`,

  unsent: "Ikke sendt",
  draft: "Kladden er lagret. Fortsett når du vil.",
  ready: "Brevet er klart, men ikke sendt.",
  waitingForRegister: "Kontaktregisteret svarte ikke. Brevet er lagret, og Utpost spør igjen.",
  awaitingApproval: "En kollega må godkjenne brevet før det kan sendes.",

  cancelTitle: (title: string) => `Avbryte «${title}»?`,
  cancelBody: (name: string) => `Brevet til ${name} blir ikke sendt. Du finner det igjen under Sendte brev, merket Avbrutt.`,
  cancelYes: "Avbryt brevet",
  cancelNo: "Behold det",

  confirmUnsent: "Bekreft at brevet ikke er sendt",
  restored: "Protokollen er hentet fra en sikkerhetskopi. Brevet kan være sendt etter at kopien ble tatt. Sjekk saken, og bekreft hvis det ikke er sendt.",
  unsentTitle: (title: string) => `Bekreft at «${title}» ikke er sendt`,
  unsentBody: "Se etter i saken, eller spør den som brukte Utpost sist. Bekreft bare hvis du vet at det ikke er sendt. Da kan det sendes herfra, og svaret ditt står i historien til brevet.",
  unsentSealedBody: "Se etter i saken, eller spør den som brukte Utpost sist. Bekreft bare hvis du vet at det ikke er sendt. Da sender Utpost det nå, slik det var da Send ble trykket, og svaret ditt står i historien til brevet.",
  unsentYes: "Bekreft: ikke sendt",
  unsentNo: "Jeg må sjekke først",

  deliveredToday: (count: number) => `${count} brev er levert i dag.`,
  lastDelivered: (name: string, time: string) => `Det siste var til ${name} kl. ${time}.`,
  seeSent: "Se sendte brev",

  emptyTitle: "Ingen brev venter",
  emptyBody: "Når du sender et brev, ser du her hvor langt det er kommet.",
  newLetter: "Nytt brev",
};

function to(name: string | null): string {
  return name === null ? "" : ` til ${name}`;
}
