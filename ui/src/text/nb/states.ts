import type { ActionName, Kind, NoteName, ReceiptName, StateName } from "../../bridge";

const state: Record<StateName, string> = {
  draft: "Kladd",
  waitingForRegister: "Venter på kontaktregisteret",
  stopped: "Stanset",
  ready: "Klar til å sendes",
  awaitingApproval: "Venter på godkjenning",
  held: "Sendes straks",
  queued: "I utboksen",
  submitting: "Sendes",
  uncertain: "Venter på svar",
  atAccessPoint: "Mottatt av aksesspunktet",
  atProvider: "Hos postkassen eller utskriftstjenesten",
  printAccepted: "Mottatt for utskrift",
  delivered: "Levert",
  handedToPost: "Sendt i posten",
  opened: "Åpnet",
  returned: "Kom i retur",
  refused: "Avvist ved sending",
  failed: "Feilet",
  printedHere: "Skrevet ut",
  postedHere: "Postlagt",
  cancelled: "Avbrutt",
};

const note: Record<NoteName, string> = {
  notificationFailed: "Et varsel kom ikke fram. Brevet ligger i postkassen.",
  contradiction: "Kvitteringene sier to ting som ikke kan stemme samtidig.",
  receiptWaitingForTrust: "En kvittering venter på at utstederen blir kjent.",
  suspectReceipt: "En kvittering besto ikke kontrollen og teller ikke.",
  late: "Et steg er forsinket.",
};

const receipt: Record<ReceiptName, string> = {
  delivery: "Leveringskvittering",
  opening: "Åpningskvittering",
  notificationFailed: "Varselet kom ikke fram",
  accepted: "Mottakskvittering",
  returned: "Returpostkvittering",
  error: "Melding om feil",
};

const action: Record<ActionName, string> = {
  resume: "Fortsett",
  undo: "Angre",
  checkStatus: "Sjekk status",
  confirmUnsent: "Bekreft at brevet ikke er sendt",
  tryNow: "Prøv nå",
  cancel: "Avbryt brevet",
  newLetter: "Nytt brev fra dette",
};

const kind: Record<Kind, string> = {
  decision: "Vedtak",
  advanceNotice: "Forhåndsvarsel",
  otherImportant: "Annen viktig melding",
  information: "Informasjon",
};

/** The letter by its kind, in the definite form that begins a sentence. */
const theLetter: Record<Kind, string> = {
  decision: "Vedtaket",
  advanceNotice: "Forhåndsvarselet",
  otherImportant: "Brevet",
  information: "Informasjonsbrevet",
};

/** A step that is overdue. */
const late = {
  what: {
    unanswered: "Ingen vet ennå om aksesspunktet fikk brevet.",
    atProvider: "Aksesspunktet har ikke sendt brevet videre.",
    printAccepted: "Utskriftstjenesten har ikke kvittert for at den har brevet.",
    delivered: "Postkassen har ikke kvittert for at brevet er levert.",
    posted: "Utskriftstjenesten har ikke kvittert for at brevet er sendt i posten.",
  },
  since: (time: string) => `Utpost har ventet siden ${time}.`,
  todo: "Meld det til Digdirs brukerstøtte. Send ikke brevet på nytt: mottakeren kan få det to ganger.",
  message: "Oppgi meldings-ID:",
};

export const states = { state, note, receipt, action, kind, theLetter, late };
