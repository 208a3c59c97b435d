/** Invented letters and citizens for development, tests and pictures. Never in a product build. */
import type {
  AddressForm,
  Composition,
  DecisionView,
  DocumentView,
  DoubtedReceipt,
  EarlierLetter,
  FactsView,
  LetterDetail,
  LetterForm,
  LetterRow,
  MailboxLetter,
  Outbox,
  Party,
  PracticeBooks,
  PracticePerson,
  PrintOrder,
  Session,
  Trouble,
} from "./types";

/** A word no product build may hold; looked for by a test. */
export const SENTINEL = "utpost-invented-fixtures";

export const DIGIPOST: Party = { organisation: "984661185", name: "Digipost" };
export const EBOKS: Party = { organisation: "922020175", name: "e-Boks" };
export const PRINT_SERVICE: Party = { organisation: "974761076", name: "Skatteetaten" };

/** The day the fixtures play on. */
export const NOW = "2026-11-24T09:42:00Z";

export const session: Session = {
  environment: "practice",
  agency: {
    name: "Øvre Fjelldal fjellstyre",
    returnAddress: address("Øvre Fjelldal fjellstyre", ["Fjelldalsvegen 412"], "2698", "Fjelldal"),
    returns: "sendBack",
    colour: "black",
    postClass: "B",
    emailNotice: "Du har fått et brev fra Øvre Fjelldal fjellstyre. Logg inn i postkassen din for å lese det.",
    smsNotice: "Øvre Fjelldal fjellstyre: Du har fått et brev i den digitale postkassen din.",
  },
  organisation: "991825827",
  certificate: { validUntil: "2027-12-31T11:00:00Z", daysLeft: 402 },
  clerk: "Ingrid Solbakk",
  preferences: { language: "nb", theme: "system", undoSeconds: 10 },
  sizeLimit: 50_000_000,
  version: "0.1.0",
  dataFolder: "/home/ingrid/.local/share/utpost/practice",
};

export const persons: PracticePerson[] = [
  person("06925115949", "Rask Elveos", "MAILBOX_USABLE", "DIGITAL", DIGIPOST),
  person("27914108158", "Blid Solgløtt", "MAILBOX_USABLE", "DIGITAL", EBOKS),
  person("02825777442", "Reservert Granskog", "RESERVED", "PRINT"),
  person("18859768837", "Gammel Stabbe", "NOT_NOTIFIABLE", "PRINT"),
  person("19839343496", "Kasseløs Lyng", "NO_MAILBOX", "PRINT"),
  person("21893559644", "Ny Bregne", "NOT_REGISTERED", "PRINT"),
  person("14823678550", "Utløpt Snøfonn", "CERTIFICATE_EXPIRED", "PRINT"),
  person("16852686956", "Sløv Brottsjø", "NO_NOTICE_CHANNEL", "PRINT"),
  person("14902879154", "Borte Høstløv", "PERSON_DELETED", "STOP"),
  person("02914982319", "Dobbel Bekkestein", "ANSWER_CONTRADICTS_ITSELF", "STOP"),
  person("19893064152", "Stille Tåkefjell", "NO_ANSWER", "WAIT"),
];

function person(number: string, name: string, reason: string, channel: string, supplier: Party | null = null): PracticePerson {
  return { number, name, reason, channel, supplier };
}

export function address(name: string, lines: string[], postcode: string, town: string, country = ""): AddressForm {
  return { name, lines, postcode, town, country };
}

const A4 = { widthMm: 210, heightMm: 297 };

export function document(over: Partial<DocumentView> = {}): DocumentView {
  return { number: 0, fileName: "Vedtak om beiterett.pdf", title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning", kind: "pdf", bytes: 184_210, pages: [A4, A4], remarks: [], ...over };
}

export function composition(over: Partial<Composition> = {}): Composition {
  return {
    revision: 1,
    documents: [document()],
    read: {
      numbers: [{ number: "06925115949", page: 1 }],
      address: address("Rask Elveos", ["Bakkevegen 7"], "2698", "Fjelldal"),
      title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning",
    },
    letter: null,
    form: null,
    decision: null,
    earlier: null,
    ...over,
  };
}

export function facts(over: Partial<FactsView> = {}): FactsView {
  return {
    lookedUpAt: NOW,
    status: "AKTIV",
    reserved: false,
    reservedAt: null,
    notifiable: true,
    supplier: DIGIPOST,
    certificateValidUntil: "2028-06-01T10:00:00Z",
    email: "fresh",
    mobile: "fresh",
    ...over,
  };
}

/** What the register's answer about `number` leads to. */
export function decisionFor(number: string): DecisionView {
  const known = persons.find((each) => each.number === number);
  const reason = known?.reason ?? "NOT_REGISTERED";
  const supplier = known?.supplier ?? null;
  switch (reason) {
    case "MAILBOX_USABLE":
      return { channel: { way: "digital", supplier: supplier ?? DIGIPOST }, reason, needsYes: false, facts: facts({ supplier }), price: { ore: 109, smsExtra: true, openingExtra: false } };
    case "RESERVED":
      return print(reason, facts({ reserved: true, reservedAt: "2025-02-14T11:00:00Z", supplier: null, certificateValidUntil: null }));
    case "NOT_NOTIFIABLE":
      return print(reason, facts({ notifiable: false, email: "stale", mobile: "stale" }));
    case "CERTIFICATE_EXPIRED":
      return print(reason, facts({ certificateValidUntil: "2026-09-30T10:00:00Z" }), true);
    case "NO_NOTICE_CHANNEL":
      return print(reason, facts({ email: "stale", mobile: "absent" }), true);
    case "PERSON_DELETED":
      return { ...print(reason, facts({ status: "SLETTET" }), true), channel: { way: "stop" }, price: null };
    case "ANSWER_CONTRADICTS_ITSELF":
      return { ...print(reason, facts()), channel: { way: "stop" }, price: null };
    case "NOT_REGISTERED":
      return print(reason, facts({ status: "IKKE_REGISTRERT", reserved: null, notifiable: null, supplier: null, certificateValidUntil: null, email: "absent", mobile: "absent" }));
    default:
      return print(reason, facts({ supplier: null, certificateValidUntil: null }));
  }
}

function print(reason: string, answer: FactsView, needsYes = false): DecisionView {
  return { channel: { way: "print" }, reason, needsYes, facts: answer, price: { ore: 1680, smsExtra: false, openingExtra: false } };
}

export function trouble(code: string, over: Partial<Trouble> = {}): Trouble {
  const family = ({ INPUT: "input", REACH: "reach", AUTH: "authority", TEMP: "temporary", UNCERTAIN: "uncertain", REJECTED: "rejected", LOCAL: "local" } as const)[code.split("_")[0] ?? ""] ?? "defect";
  return { code, family, reference: "7F3K-29QD", detail: null, letter: null, document: null, ...over };
}

export function row(over: Partial<LetterRow> = {}): LetterRow {
  return {
    letter: "L-0001",
    state: "ready",
    stoppedBy: null,
    title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning",
    recipientName: "Rask Elveos",
    recipientNumber: "06925115949",
    kind: "decision",
    carrier: "digital",
    receiver: DIGIPOST,
    createdAt: "2026-11-24T09:41:00Z",
    changedAt: NOW,
    notes: [],
    followUp: false,
    undoUntil: null,
    attempts: 0,
    nextTryAt: null,
    late: null,
    actions: [],
    ...over,
  };
}

export const outbox: Outbox = {
  held: [],
  underWay: [
    {
      row: row({ letter: "L-0011", state: "submitting", title: "Forhåndsvarsel om gjerdehold", kind: "advanceNotice", recipientName: "Mobil Fjellrype", recipientNumber: "04917943961", attempts: 1 }),
      sent: 2_852_000,
      bytes: 4_600_000,
      cause: null,
      triedAt: null,
      nextTryAt: null,
    },
    {
      row: row({ letter: "L-0012", state: "queued", title: "Svar på søknad om seterleie", kind: "otherImportant", recipientName: "Blid Solgløtt", recipientNumber: "27914108158", receiver: EBOKS, attempts: 1, actions: ["tryNow", "cancel"] }),
      sent: null,
      bytes: 210_000,
      cause: "TEMP_ACCESS_POINT_SILENT",
      triedAt: "2026-11-24T09:39:00Z",
      nextTryAt: "2026-11-24T09:44:00Z",
    },
    {
      row: row({ letter: "L-0013", state: "uncertain", title: "Vedtak om fiskekort", recipientName: "Skriftlig Svaberg", recipientNumber: "09822829500", attempts: 1, actions: ["checkStatus"] }),
      sent: null,
      bytes: 98_000,
      cause: "UNCERTAIN_ANSWER_LOST",
      triedAt: "2026-11-24T09:30:00Z",
      nextTryAt: "2026-11-24T09:50:00Z",
    },
  ],
  unsent: [
    row({ letter: "L-0014", state: "waitingForRegister", title: "Vedtak om hogst", recipientName: "Stille Tåkefjell", recipientNumber: "19893064152", carrier: null, receiver: null, actions: ["resume", "cancel"] }),
    row({ letter: "L-0015", state: "stopped", stoppedBy: "REACH_PERSON_DELETED", title: "Svar om båtplass", recipientName: "Borte Høstløv", recipientNumber: "14902879154", carrier: null, receiver: null, actions: ["resume", "cancel"] }),
  ],
  deliveredToday: 4,
  lastDelivered: row({ letter: "L-0004", state: "delivered", title: "Svar om vedhogst", recipientName: "Skriftlig Svaberg", changedAt: "2026-11-24T09:10:00Z" }),
};

export const letters: LetterRow[] = [
  row({ letter: "L-0001", state: "delivered", title: "Vedtak om hyttetomt", recipientName: "Lydløs Dalsøkk", recipientNumber: "08863146411", receiver: EBOKS, createdAt: "2026-11-10T08:31:00Z", changedAt: "2026-11-10T08:31:40Z", notes: ["late"], followUp: true, actions: ["newLetter"] }),
  row({ letter: "L-0002", state: "returned", title: "Varsel om tilsyn med båt", kind: "advanceNotice", recipientName: "Hjemvendt Trekkfugl", recipientNumber: "20910302796", carrier: "print", receiver: PRINT_SERVICE, createdAt: "2026-11-04T12:00:00Z", changedAt: "2026-11-18T12:00:00Z", followUp: true, actions: ["newLetter"] }),
  row({ letter: "L-0003", state: "failed", title: "Vedtak om reinsjakt", recipientName: "Stengt Naust", recipientNumber: "23868362464", createdAt: "2026-11-03T09:00:00Z", changedAt: "2026-11-03T09:01:00Z", followUp: true, actions: ["newLetter"] }),
  row({ letter: "L-0004", state: "delivered", title: "Svar om vedhogst", kind: "otherImportant", recipientName: "Skriftlig Svaberg", recipientNumber: "09822829500", createdAt: "2026-11-24T08:58:00Z", changedAt: "2026-11-24T09:10:00Z", actions: ["newLetter"] }),
  row({ letter: "L-0005", state: "opened", title: "Vedtak om gapahuk", recipientName: "Nysgjerrig Ekorn", recipientNumber: "07905922275", receiver: EBOKS, createdAt: "2026-11-24T08:12:00Z", changedAt: "2026-11-24T09:00:00Z", actions: ["newLetter"] }),
  row({ letter: "L-0006", state: "handedToPost", title: "Svar om venteliste", kind: "otherImportant", recipientName: "Reservert Granskog", recipientNumber: "02825777442", carrier: "print", receiver: PRINT_SERVICE, createdAt: "2026-11-23T12:05:00Z", changedAt: "2026-11-24T06:00:00Z", actions: ["newLetter"] }),
];

export function detail(of: LetterRow): LetterDetail {
  const digital = of.carrier !== "print";
  const signer = of.receiver ?? DIGIPOST;
  const at = of.createdAt;
  return {
    row: of,
    address: digital ? null : address(of.recipientName ?? "", ["Seterlia 19"], "2698", "Fjelldal"),
    publicTitle: "Brev fra Øvre Fjelldal fjellstyre",
    security: "level4",
    openingAsked: true,
    visibleFrom: null,
    documents: [document({ title: of.title ?? "" })],
    decision: decisionFor(digital ? "06925115949" : "02825777442"),
    timeline: [
      { at, event: { kind: "drafted" }, clerk: "Ingrid Solbakk", detail: null, hash: "a1".repeat(32) },
      { at, event: { kind: "decided", reason: digital ? "MAILBOX_USABLE" : "RESERVED" }, clerk: null, detail: null, hash: "b2".repeat(32) },
      { at, event: { kind: "sendPressed" }, clerk: "Ingrid Solbakk", detail: null, hash: "c3".repeat(32) },
      { at, event: { kind: "sealed", receiver: signer, carrier: of.carrier ?? "digital" }, clerk: null, detail: null, hash: "d4".repeat(32) },
      { at, event: { kind: "attemptStarted", attempt: 1 }, clerk: null, detail: null, hash: "e5".repeat(32) },
      { at, event: { kind: "accepted" }, clerk: null, detail: null, hash: "f6".repeat(32) },
      { at: of.changedAt, event: { kind: "receipt", receipt: of.state === "failed" ? "error" : "delivery", signer, saidAt: of.changedAt }, clerk: null, detail: null, hash: "07".repeat(32) },
    ],
    doubted: [],
    replaces: null,
  };
}

/** A letter that was sent the week before, and says the same. */
export function earlier(over: Partial<LetterRow> = {}): EarlierLetter {
  return { row: row({ letter: "L-0099", state: "delivered", changedAt: "2026-11-17T10:03:00Z", ...over }), sentAt: "2026-11-17T10:02:00Z" };
}

/** A receipt of a conversation that this ledger does not know. */
export function stray(over: Partial<DoubtedReceipt> = {}): DoubtedReceipt {
  return {
    receivedAt: "2026-11-24T08:15:00Z",
    verdict: "UNKNOWN_CONVERSATION",
    signer: EBOKS,
    conversation: "5f0c7f8e-2f7b-4f5e-9c2e-1d9a40b7c111",
    acknowledged: false,
    raw: "eyJhbGciOiJSUzI1NiJ9.eyJ0eXBlIjoibGV2ZXJpbmdza3ZpdHRlcmluZyJ9.c2lnbmF0dXI",
    bytes: 75,
    ...over,
  };
}

export const books: PracticeBooks = {
  mailboxes: [
    {
      message: "M-1",
      number: "06925115949",
      supplier: DIGIPOST,
      sender: "Øvre Fjelldal fjellstyre",
      publicTitle: "Brev fra Øvre Fjelldal fjellstyre",
      title: "Vedtak om beiterett i Øvre Fjelldal",
      receivedAt: "2026-11-24T09:40:00Z",
      openedAt: null,
      openingAsked: true,
      notices: [
        { by: "sms", text: session.agency.smsNotice, day: 0, failed: false },
        { by: "email", text: session.agency.emailNotice, day: 0, failed: false },
      ],
      receipts: ["delivery"],
      documents: [document()],
    } satisfies MailboxLetter,
  ],
  prints: [
    {
      message: "P-1",
      name: "Reservert Granskog",
      address: ["Seterlia 19", "2698 FJELLDAL"],
      title: "Avslag på leie av jaktbu",
      sheets: 1,
      receivedAt: "2026-11-24T09:35:00Z",
      stage: "inPile",
      returnReported: false,
      documents: [document({ title: "Avslag på leie av jaktbu", pages: [A4] })],
    } satisfies PrintOrder,
  ],
};

export function form(over: Partial<LetterForm> = {}): LetterForm {
  return {
    number: "06925115949",
    kind: "decision",
    title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning",
    publicTitle: null,
    language: "nb",
    security: "level4",
    openingReceipt: true,
    visibleFrom: null,
    recipientName: "Rask Elveos",
    address: address("Rask Elveos", ["Bakkevegen 7"], "2698", "Fjelldal"),
    ...over,
  };
}
