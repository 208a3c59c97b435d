/**
 * A stand-in for the core: invented letters, the real types. For development (`?mock`), tests and
 * pictures; a product build leaves it out.
 */
import type { Bridge, PagePlace } from "./bridge";
import * as fixtures from "./fixtures";
import type { Composition, LetterForm, LetterRow, Notice, PracticeBooks, SampleLetter, Session, Standstill } from "./types";

export type MockBridge = Bridge & {
  /** Tells the page something, as the core would. */
  notify: (notice: Notice) => void;
  /** What was called, in order, with its arguments. */
  calls: [string, ...unknown[]][];
};

/**
 * A core that answers at once. Whatever a test wants otherwise it gives as `over`; `taken` is what
 * a letter is like that is dropped or picked.
 */
export function createMock(over: Partial<Bridge> = {}, start: Partial<Session> = {}, taken: Partial<Composition> = {}): MockBridge {
  const listeners = new Set<(notice: Notice) => void>();
  const calls: [string, ...unknown[]][] = [];
  let session: Session = { ...structuredClone(fixtures.session), ...start };
  let composition: Composition | null = null;
  let held: LetterRow | null = null;
  let outbox = structuredClone(fixtures.outbox);
  let standstill: Standstill = { halt: null, restored: null };
  let books: PracticeBooks = structuredClone(fixtures.books);
  const notify = (notice: Notice) => listeners.forEach((listener) => listener(notice));
  const change = (next: Composition) => {
    composition = { ...next, revision: (composition?.revision ?? 0) + 1 };
    return Promise.resolve(composition);
  };
  const fresh = () => fixtures.composition(taken);
  const open = () => composition ?? fresh();
  const anyRow = (letter: string): LetterRow =>
    fixtures.letters.find((each) => each.letter === letter) ??
    [...outbox.held, ...outbox.unsent, ...outbox.underWay.map((each) => each.row)].find((each) => each.letter === letter) ??
    fixtures.row({ letter });
  const attach = (paths: string[]) => {
    const first = open().documents.length;
    const added = paths.map((path, index) => {
      const name = path.split(/[\\/]/).pop() ?? path;
      return fixtures.document({ number: first + index, fileName: name, title: name.replace(/\.[^.]+$/, ""), pages: [{ widthMm: 210, heightMm: 297 }], bytes: 92_000 });
    });
    return { ...open(), documents: [...open().documents, ...added] };
  };

  const bridge: Bridge = {
    startup: () => Promise.resolve({ stage: "open", session }),
    subscribe: (listener) => {
      listeners.add(listener);
      queueMicrotask(() => listener({ what: "connection", connection: { state: "ok", since: fixtures.NOW, code: null } }));
      return Promise.resolve(null);
    },
    uiReady: () => Promise.resolve(null),
    setPreferences: (preferences) => {
      session = { ...session, preferences };
      return Promise.resolve(session);
    },
    setAgency: (agency) => {
      session = { ...session, agency };
      return Promise.resolve(session);
    },
    retryStartup: () => {
      notify({ what: "startupChanged" });
      return Promise.resolve(null);
    },
    counts: () => Promise.resolve({ outbox: outbox.held.length + outbox.underWay.length + outbox.unsent.length, followUp: 3 }),

    standstill: () => Promise.resolve(standstill),
    accessRestored: () => {
      standstill = { ...standstill, halt: null };
      notify({ what: "standstillChanged" });
      return Promise.resolve(standstill);
    },
    thaw: () => {
      const asked = outbox.underWay.length;
      standstill = { ...standstill, restored: null };
      notify({ what: "standstillChanged" });
      return Promise.resolve({ asked, unanswered: 0, unsealed: outbox.unsent.length });
    },

    compose: () => Promise.resolve(composition),
    composePick: (role) => (role === "attachments" ? change(attach(["/letters/Kart over beiteområdet.pdf"])) : change(fresh())),
    composeTake: (paths, role) => {
      if (role === "attachments") return change(attach(paths));
      const [first = "", ...others] = paths;
      const name = first.split(/[\\/]/).pop() ?? first;
      composition = { ...fresh(), revision: composition?.revision ?? 0, documents: [fixtures.document({ fileName: name })] };
      return change(others.length > 0 ? attach(others) : composition);
    },
    composeSample: (sample) => change(sampleLetter(sample)),
    composeRemove: (document) =>
      change({
        ...open(),
        documents: open()
          .documents.filter((each) => each.number !== document)
          .map((each, number) => ({ ...each, number })),
      }),
    composeRename: (document, title) => change({ ...open(), documents: open().documents.map((each) => (each.number === document ? { ...each, title } : each)) }),
    composeClear: () => {
      composition = null;
      return Promise.resolve(null);
    },
    composeResume: (letter) => {
      const row = anyRow(letter);
      return change({ ...fixtures.composition(), letter: row, form: fixtures.form({ number: row.recipientNumber ?? "", title: row.title ?? "", recipientName: row.recipientName }) });
    },
    composeFrom: (letter) => change({ ...fixtures.composition(), form: fixtures.form({ number: "", title: anyRow(letter).title ?? "" }) }),
    checkNumber: (text) => Promise.resolve(checkNumber(text)),
    checkAddress: (address) => {
      const faults = [];
      if (address.name.trim() === "") faults.push({ field: "name", fault: "missing" } as const);
      if (address.lines.every((line) => line.trim() === "")) faults.push({ field: "lines", fault: "missing" } as const);
      if (address.country === "") {
        if (address.postcode === "") faults.push({ field: "postcode", fault: "missing" } as const);
        else if (!/^\d{4}$/.test(address.postcode) || address.postcode === "0000") faults.push({ field: "postcode", fault: "postcode" } as const);
        if (address.town.trim() === "") faults.push({ field: "town", fault: "missing" } as const);
      }
      return Promise.resolve({ faults });
    },
    lookUp: (_revision, form) => lookUp(form),
    stopAsking: () => change(open()),
    allowRepeat: (_revision, form) => lookUp(form),
    send: ({ form }) => {
      held = fixtures.row({
        state: "held",
        title: form.title,
        kind: form.kind,
        recipientName: form.recipientName,
        recipientNumber: form.number,
        undoUntil: new Date(Date.now() + session.preferences.undoSeconds * 1000).toISOString(),
        actions: ["undo"],
      });
      outbox = { ...outbox, held: [held] };
      composition = null;
      notify({ what: "letterChanged", letter: held.letter });
      return Promise.resolve({ outcome: "held", row: held });
    },

    undo: (letter) => {
      outbox = { ...outbox, held: outbox.held.filter((each) => each.letter !== letter) };
      const row = { ...(held ?? anyRow(letter)), state: "ready" as const, undoUntil: null };
      composition = { ...fixtures.composition({ letter: row, form: fixtures.form({ title: row.title ?? "" }), decision: fixtures.decisionFor(row.recipientNumber ?? "") }), revision: (composition?.revision ?? 0) + 1 };
      notify({ what: "letterChanged", letter });
      return Promise.resolve(row);
    },
    sendNow: (letter) => {
      outbox = { ...outbox, held: outbox.held.filter((each) => each.letter !== letter) };
      notify({ what: "letterChanged", letter });
      return Promise.resolve(null);
    },
    tryNow: (letter) => Promise.resolve(anyRow(letter)),
    checkStatus: (letter) => Promise.resolve(anyRow(letter)),
    confirmUnsent: (letter) => {
      const row: LetterRow = { ...anyRow(letter), state: "ready", stoppedBy: null, actions: ["resume", "cancel"] };
      outbox = { ...outbox, unsent: outbox.unsent.map((each) => (each.letter === letter ? row : each)) };
      notify({ what: "letterChanged", letter });
      return Promise.resolve(row);
    },
    cancel: (letter) => {
      outbox = { ...outbox, unsent: outbox.unsent.filter((each) => each.letter !== letter), underWay: outbox.underWay.filter((each) => each.row.letter !== letter) };
      notify({ what: "letterChanged", letter });
      return Promise.resolve({ ...anyRow(letter), state: "cancelled" });
    },
    outbox: () => Promise.resolve(outbox),
    letters: ({ search, filter }) => {
      const words = search.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = fixtures.letters.filter((each) => {
        const haystack = `${each.title ?? ""} ${each.recipientName ?? ""} ${each.recipientNumber ?? ""}`.toLowerCase();
        const fits = filter === "all" || (filter === "followUp" ? each.followUp : filter === "notOpened" ? each.state === "delivered" : each.state === filter);
        return fits && words.every((word) => haystack.includes(word));
      });
      return Promise.resolve({ rows, total: rows.length });
    },
    letter: (letter) => Promise.resolve(fixtures.detail(anyRow(letter))),
    collectReceipts: () => Promise.resolve(0),
    strayReceipts: () => Promise.resolve([]),
    evidenceFolder: () => Promise.resolve("/home/ingrid/Bevis"),
    openDataFolder: () => Promise.resolve(null),

    practicePersons: () => Promise.resolve(fixtures.persons),
    practiceBooks: () => Promise.resolve(books),
    practiceOpen: (message) => {
      books = { ...books, mailboxes: books.mailboxes.map((each) => (each.message === message ? { ...each, openedAt: fixtures.NOW, receipts: [...each.receipts, "opening"] } : each)) };
      return Promise.resolve(books);
    },
    practicePosted: (message) => {
      books = { ...books, prints: books.prints.map((each) => (each.message === message ? { ...each, stage: "posted" } : each)) };
      return Promise.resolve(books);
    },
    practiceReturned: (message) => {
      books = { ...books, prints: books.prints.map((each) => (each.message === message ? { ...each, stage: "returned", returnReported: true } : each)) };
      return Promise.resolve(books);
    },
    practiceReset: () => {
      books = { mailboxes: [], prints: [] };
      outbox = { ...outbox, held: [], underWay: [], unsent: [], deliveredToday: 0, lastDelivered: null };
      return Promise.resolve(null);
    },
    close: () => Promise.resolve(null),
    pageUrl: (place) => pagePicture(place),
  };

  function lookUp(form: LetterForm) {
    const check = checkNumber(form.number);
    if (check.code !== null) return Promise.reject(fixtures.trouble(check.code));
    const decision = fixtures.decisionFor(check.clean);
    const silent = fixtures.persons.find((each) => each.number === check.clean)?.reason === "NO_ANSWER";
    const row = fixtures.row({ state: silent ? "waitingForRegister" : decision.channel.way === "stop" ? "stopped" : "ready", title: form.title, kind: form.kind, recipientName: form.recipientName, recipientNumber: check.clean });
    return change({ ...open(), letter: row, form: { ...form, number: check.clean }, decision: silent ? null : decision, earlier: null }).then((looked) => ({
      composition: looked,
      trouble: silent ? fixtures.trouble("TEMP_REGISTER_SILENT", { letter: row.letter }) : null,
    }));
  }

  const recorded = Object.fromEntries(
    Object.entries({ ...bridge, ...over }).map(([name, call]) => [
      name,
      name === "pageUrl"
        ? call
        : (...args: unknown[]) => {
            calls.push([name, ...args]);
            return (call as (...args: unknown[]) => unknown)(...args);
          },
    ]),
  ) as unknown as Bridge;
  return { ...recorded, notify, calls };
}

/** A mock from the page's address: `?mock&language=en&theme=dark&environment=test`. */
export function mockFromAddress(search: string): MockBridge {
  const asked = new URLSearchParams(search);
  const preferences = { ...fixtures.session.preferences };
  const language = asked.get("language");
  if (language === "nb" || language === "nn" || language === "en") preferences.language = language;
  const theme = asked.get("theme");
  if (theme === "light" || theme === "dark") preferences.theme = theme;
  const environment = asked.get("environment");
  const mock = createMock({}, environment === "test" || environment === "production" ? { preferences, environment } : { preferences });
  // For pictures and trials: the page's console can play the core.
  Object.assign(window, { mock });
  return mock;
}

function checkNumber(text: string) {
  const clean = text.replace(/\D/g, "");
  if (clean.length !== 11) return { clean, code: "INPUT_NUMBER_SHAPE", missing: 11 - clean.length };
  const known = fixtures.persons.some((each) => each.number === clean);
  return { clean, code: known ? null : /^\d\d[89]/.test(clean) || Number(clean[2]) >= 8 ? "INPUT_NUMBER_WRONG" : "INPUT_NUMBER_NOT_SYNTHETIC", missing: 0 };
}

function sampleLetter(sample: SampleLetter): Composition {
  const reason = { hasMailbox: "MAILBOX_USABLE", reserved: "RESERVED", notNotifiable: "NOT_NOTIFIABLE" }[sample];
  const person = fixtures.persons.find((each) => each.reason === reason);
  return fixtures.composition({
    read: {
      numbers: [{ number: person?.number ?? "", page: 1 }],
      address: fixtures.address(person?.name ?? "", ["Seterlia 19"], "2698", "Fjelldal"),
      title: "Vedtak om beiterett i Øvre Fjelldal statsallmenning",
    },
  });
}

/** A drawn page, so that pictures of the screens have a letter on the desk. */
function pagePicture(place: PagePlace): string {
  const text = (x: number, y: number, size: number, words: string, weight = 400) => `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}">${words}</text>`;
  const body =
    place.page === 1
      ? text(36, 23, 3.6, "Øvre Fjelldal fjellstyre", 650) +
        text(36, 28, 2.9, "Fjelldalsvegen 412, 2698 FJELLDAL") +
        text(20, 48, 3.7, "Rask Elveos") +
        text(20, 52.5, 3.7, "Bakkevegen 7") +
        text(20, 57, 3.7, "2698 FJELLDAL") +
        text(136, 48, 2.9, "Dato: 24. november 2026") +
        text(136, 52.5, 2.9, "Vår sak: 2026/118") +
        text(136, 57, 2.9, "Fødselsnr.: 069251 15949") +
        text(20, 93, 5, "Vedtak om beiterett i Øvre Fjelldal statsallmenning", 650) +
        text(20, 107, 3.6, "Vi viser til søknaden din av 2. oktober 2026 om beiterett for 45 sauer.") +
        text(20, 112, 3.6, "Fjellstyret behandlet søknaden i møte 19. november 2026.") +
        text(20, 123, 3.6, "Vedtak", 650) +
        text(20, 129, 3.6, "Fjellstyret gir deg rett til å slippe inntil 45 sauer med lam på beite.") +
        text(20, 142, 3.6, "Begrunnelse", 650) +
        text(20, 148, 3.6, "Eiendommen har beiterett etter fjelloven § 15.") +
        text(20, 190, 3.6, "Du kan klage", 650) +
        text(20, 196, 3.6, "Du kan klage på vedtaket innen tre uker fra du fikk dette brevet.")
      : text(20, 30, 3.6, "Vedlagt følger kart over beiteområdet.") + text(20, 60, 3.6, "Vennlig hilsen") + text(20, 72, 3.6, "Ingrid Solbakk");
  const crest = place.page === 1 ? `<path d="M20 16h13v8c0 4-3 6-6.500 7C23 30 20 28 20 24z" fill="#2f5d50"/>` : "";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 297" font-family="Inter, sans-serif" fill="#1d1f22"><rect width="210" height="297" fill="#fff"/>${crest}${body}</svg>`;
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
