import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";

import type { Bridge, LetterDetail, LetterRow, NoteName, TimelineEvent, TimelineItem, Tongue } from "../../bridge";
import * as fixtures from "../../bridge/fixtures";
import { expectAccessible } from "../../test/render";
import { narrowWindow, openScreen } from "../../test/screen";
import { TEXTS } from "../../text";
import { createFormat } from "../../text/format";
import { ReceiptsScreen } from "./ReceiptsScreen";
import { asksOf, standingOf } from "./standing";
import { stepsOf } from "./steps";

const open = (bridge: Partial<Bridge> = {}, letter?: string) => openScreen(ReceiptsScreen, { start: { screen: "receipts", letter }, bridge });
const options = () => screen.getAllByRole("option");
const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true")?.textContent ?? "";
const panel = () => screen.getByRole("complementary");

describe("the list", () => {
  test("puts first what needs a person", async () => {
    await open();
    const groups = await screen.findAllByRole("group");
    expect(groups.map((group) => group.textContent?.slice(0, 25))).toEqual([expect.stringMatching(/^Trenger oppfølging 3 brev/), expect.stringMatching(/^Andre brev/)]);
    expect(within(groups[0]!).getAllByRole("option")).toHaveLength(3);
    expect(options()[0]?.textContent).toContain("Ikke åpnet");
    expect(screen.getByText("6 brev")).toBeTruthy();
  });

  test("is narrowed by words, and says when nothing fits", async () => {
    const { mock, user } = await open();
    await screen.findAllByRole("option");
    await user.type(screen.getByRole("searchbox", { name: "Søk i sendte brev" }), "gapahuk");
    await waitFor(() => expect(options()).toHaveLength(1));
    expect(mock.calls).toContainEqual(["letters", { search: "gapahuk", filter: "all", limit: 500 }]);

    await user.type(screen.getByRole("searchbox"), "xyz");
    expect(await screen.findByText("Ingen brev passer")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Vis alle brev" }));
    await waitFor(() => expect(options()).toHaveLength(6));
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
  });

  test("asks once when typing rests, not for each letter typed", async () => {
    const { mock, user } = await open();
    await screen.findAllByRole("option");
    const before = mock.calls.filter(([name]) => name === "letters").length;
    await user.type(screen.getByRole("searchbox"), "vedtak");
    await waitFor(() => expect(mock.calls).toContainEqual(["letters", { search: "vedtak", filter: "all", limit: 500 }]));
    expect(mock.calls.filter(([name]) => name === "letters").length - before).toBeLessThan(4);
  });

  test("is narrowed by what became of the letters", async () => {
    const { mock, user } = await open();
    await screen.findAllByRole("option");
    await user.click(screen.getByRole("radio", { name: "Kom i retur" }));
    await waitFor(() => expect(options()).toHaveLength(1));
    expect(mock.calls).toContainEqual(["letters", { search: "", filter: "returned", limit: 500 }]);
    expect(screen.queryByText("Andre brev")).toBeNull();
  });

  test("is walked with the arrows, and the letter is shown beside it", async () => {
    const { user } = await open();
    await screen.findAllByRole("option");
    expect(options().map((option) => option.tabIndex)).toEqual([0, -1, -1, -1, -1, -1]);
    options()[0]!.focus();
    await user.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}");
    expect(document.activeElement).toBe(options()[3]);
    expect(chosen()).toContain("Svar om vedhogst");
    expect(await within(panel()).findByRole("heading", { name: "Svar om vedhogst" })).toBeTruthy();
    await user.keyboard("{Home}");
    expect(chosen()).toContain("Vedtak om hyttetomt");
    await user.keyboard("{End}");
    expect(chosen()).toContain("Svar om venteliste");
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(options()[5]);
  });

  test("is reached from the search field with arrow down", async () => {
    const { user } = await open();
    await screen.findAllByRole("option");
    await user.click(screen.getByRole("searchbox"));
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(options()[0]);
  });

  test("keeps its place when something happens to a letter", async () => {
    const { mock, user } = await open();
    await screen.findAllByRole("option");
    await user.click(options()[4]!);
    options()[4]!.focus();
    mock.notify({ what: "letterChanged", letter: "L-0005" });
    await waitFor(() => expect(mock.calls.filter(([name]) => name === "letters").length).toBeGreaterThan(1));
    expect(chosen()).toContain("Vedtak om gapahuk");
    expect(document.activeElement).toBe(options()[4]);
  });

  test("says how many of how many it shows", async () => {
    await open({ letters: () => Promise.resolve({ rows: fixtures.letters, total: 1280 }) });
    expect(await screen.findByText("6 av 1280 brev")).toBeTruthy();
  });

  test("that is empty says what to do next", async () => {
    const { user, place } = await open({ letters: () => Promise.resolve({ rows: [], total: 0 }) });
    expect(await screen.findByText("Ingen brev er sendt ennå")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Nytt brev" }));
    expect(place().screen).toBe("compose");
  });

  test("that can't be read says so", async () => {
    await open({ letters: () => Promise.reject(fixtures.trouble("LOCAL_DISK")) });
    expect(await screen.findByText("Disken meldte en feil.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Prøv på nytt" })).toBeTruthy();
  });

  test.each([
    [0, "Ingen nye kvitteringer."],
    [1, "1 ny kvittering."],
    [3, "3 nye kvitteringer."],
  ])("tells that %i receipts were fetched", async (count, words) => {
    const { user } = await open({ collectReceipts: () => Promise.resolve(count) });
    await user.click(await screen.findByRole("button", { name: "Hent kvitteringer nå" }));
    expect((await screen.findByText(words)).getAttribute("role")).toBe("status");
  });
});

describe("receipts of no letter here", () => {
  test("are counted, and shown raw with what is known of them", async () => {
    const { user } = await open({ strayReceipts: () => Promise.resolve([fixtures.stray(), fixtures.stray({ verdict: "BAD_FORM", signer: null, conversation: null, raw: "hallo" })]) });
    await user.click(await screen.findByRole("button", { name: "2 ukjente kvitteringer" }));
    const dialog = await screen.findByRole("dialog", { name: "Ukjente kvitteringer" });
    expect(dialog).toHaveTextContent("de er ikke merket som lest");
    const [first, second] = within(dialog).getAllByRole("listitem");
    expect(first).toHaveTextContent("Gjelder ikke noe brev her");
    expect(first).toHaveTextContent("ID hos aksesspunktet: 5f0c7f8e-2f7b-4f5e-9c2e-1d9a40b7c111");
    expect(first).toHaveTextContent("Ikke merket som lest hos aksesspunktet");
    expect(second).toHaveTextContent("Kan ikke leses");
    await expectAccessible();
  });

  test("are looked for again once receipts were fetched, and not spoken of when there are none", async () => {
    let strays = [] as ReturnType<typeof fixtures.stray>[];
    const { user } = await open({ strayReceipts: () => Promise.resolve(strays), collectReceipts: () => Promise.resolve(1) });
    await screen.findAllByRole("option");
    expect(screen.queryByRole("button", { name: /ukjent/ })).toBeNull();
    strays = [fixtures.stray()];
    await user.click(screen.getByRole("button", { name: "Hent kvitteringer nå" }));
    expect(await screen.findByRole("button", { name: "1 ukjent kvittering" })).toBeTruthy();
  });
});

describe("one letter", () => {
  test("tells who sent it, who signed the receipt and that it was checked", async () => {
    await open({}, "L-0001");
    const timeline = await within(panel()).findByText("Sendt av Ingrid Solbakk");
    const delivered = within(timeline.closest("ol") as HTMLElement).getByText("Levert i postkassen").closest("li");
    expect(delivered?.textContent).toContain("Signert av e-Boks, kontrollert");
  });

  test("says that notices were ordered, and by no signature that they arrived", async () => {
    await open({}, "L-0001");
    const ordered = (await within(panel()).findByText("Varsel bestilt på e-post og SMS")).closest("li");
    expect(ordered?.textContent).not.toContain("Signert");
    expect(within(panel()).getByText("Andre varsel bestilt")).toBeTruthy();
  });

  test("shows every step with its checksum on demand", async () => {
    const { user } = await open({}, "L-0001");
    const toggle = await screen.findByRole("button", { name: "Vis alle steg" });
    expect(screen.queryByText("Mottatt av aksesspunktet")).toBeNull();
    await user.click(toggle);
    expect(screen.getByText("Mottatt av aksesspunktet").closest("li")?.textContent).toContain("Kontrollsum f6f6f6f6f6f6f6f6");
    expect(screen.getByRole("button", { name: "Vis hovedstegene" }).getAttribute("aria-expanded")).toBe("true");
  });

  test("says why it went that way", async () => {
    await open({}, "L-0002");
    expect((await screen.findByText("Hvorfor papir:")).parentElement?.textContent?.replace(/\s/g, " ")).toContain("Mottakeren reserverte seg mot digital post 14. februar 2025.");
  });

  test.each<[string, Partial<LetterRow>, string]>([
    ["that came back", { state: "returned" }, "Brevet kom i retur"],
    ["that failed", { state: "failed" }, "Brevet er ikke levert"],
    ["that was refused", { state: "refused" }, "Brevet ble avvist ved sending"],
    ["whose notice failed", { state: "delivered", notes: ["notificationFailed"] }, "Varselet kom ikke fram"],
    ["with a receipt that failed its check", { state: "delivered", notes: ["suspectReceipt"] }, "En kvittering besto ikke kontrollen"],
    ["with a receipt that waits", { state: "atProvider", notes: ["receiptWaitingForTrust"] }, "En kvittering venter på kontroll"],
    ["not opened in time", { state: "delivered", notes: ["late"] }, "Brevet er ikke åpnet"],
    ["late on its way", { state: "atProvider", notes: ["late"] }, "Et steg tar lengre tid enn vanlig"],
  ])("%s is pointed out", async (_, over, title) => {
    const row = fixtures.row({ letter: "L-0001", ...over });
    await open({ letter: () => Promise.resolve({ ...fixtures.detail(row), timeline: [] }) }, "L-0001");
    expect(await within(panel()).findByText(title)).toBeTruthy();
  });

  test.each<[string, Partial<LetterRow>, NonNullable<LetterRow["late"]>["step"], RegExp]>([
    ["at the access point", { state: "atAccessPoint" }, "atProvider", /Aksesspunktet har ikke sendt brevet videre/],
    ["on paper", { state: "atProvider", carrier: "print" }, "printAccepted", /Utskriftstjenesten har ikke kvittert for at den har brevet/],
    ["not posted", { state: "printAccepted", carrier: "print" }, "delivered", /Utskriftstjenesten har ikke kvittert for at brevet er sendt i posten/],
    ["not delivered", { state: "atProvider" }, "delivered", /Postkassen har ikke kvittert for at brevet er levert/],
  ])("stuck %s says which step is late, since when and whom to ask, and is not made anew", async (_, over, step, words) => {
    const row = fixtures.row({ letter: "L-0001", notes: ["late"], followUp: true, actions: ["checkStatus", "newLetter"], late: { step, since: "2026-11-24T07:10:00Z", message: "7c0e2a5e-2b1f" }, ...over });
    await open({ letter: () => Promise.resolve({ ...fixtures.detail(row), timeline: [] }) }, "L-0001");
    expect(await within(panel()).findByText(words)).toHaveTextContent(/Utpost har ventet siden .*08\.10\./);
    expect(panel()).toHaveTextContent("Send ikke brevet på nytt");
    expect(panel()).toHaveTextContent("Oppgi meldings-ID: 7c0e2a5e-2b1f");
    expect(screen.queryByRole("button", { name: "Nytt brev fra dette" })).toBeNull();
  });

  test("shows the receipts that could not be believed, as they came", async () => {
    const row = fixtures.row({ letter: "L-0001", state: "atProvider", notes: ["suspectReceipt"] });
    const forged = fixtures.stray({ verdict: "WRONG_PROVIDER", acknowledged: true, bytes: 90_000, raw: "eyJhbGciOi.forged" });
    const { user } = await open({ letter: () => Promise.resolve({ ...fixtures.detail(row), doubted: [forged, fixtures.stray({ verdict: "NEW_WORD", signer: null })] }) }, "L-0001");
    const [first, second] = within((await screen.findByRole("heading", { name: "Kvitteringer som ikke teller" })).closest("section") as HTMLElement).getAllByRole("listitem");
    expect(first).toHaveTextContent("Kommer fra en annen enn den som fikk brevet");
    expect(first).toHaveTextContent("Sier at den er fra e-Boks");
    expect(second).toHaveTextContent("Besto ikke kontrollen");
    expect(second).toHaveTextContent("Sier ikke hvem den er fra");
    await user.click(within(first!).getByText("Vis kvitteringen slik den kom"));
    expect(within(first!).getByText("eyJhbGciOi.forged")).toBeVisible();
    expect(first).toHaveTextContent(/De første 17\s?B av 90\s?kB vises/);
    await expectAccessible();
  });

  test("that may be sent again says which was first, by whom and why", async () => {
    const item = (event: TimelineEvent, over: Partial<TimelineItem> = {}): TimelineItem => ({ at: fixtures.NOW, event, clerk: null, detail: null, hash: event.kind, ...over });
    const timeline = [item({ kind: "sentBefore", earlier: "L-0099", sentAt: "2026-11-17T10:02:00Z" }), item({ kind: "repeatAllowed" }, { clerk: "Ingrid Solbakk", detail: "Det første ble lagt i feil postkasse" })];
    const row = fixtures.row({ letter: "L-0001", state: "delivered" });
    await open({ letter: () => Promise.resolve({ ...fixtures.detail(row), timeline }) }, "L-0001");
    const found = (await within(panel()).findByText("Et likt brev var sendt før")).closest("li");
    expect(found).toHaveTextContent(/Det første ble sendt 17\.\s?nov\. kl\. 11\.02/);
    const allowed = within(panel()).getByText("Kan sendes igjen, med begrunnelse").closest("li");
    expect(allowed).toHaveTextContent("Av Ingrid Solbakk");
    expect(allowed).toHaveTextContent("Begrunnelse: Det første ble lagt i feil postkasse");
  });

  test("is the start of a new one", async () => {
    const { mock, user, place } = await open({}, "L-0003");
    await user.click(await screen.findByRole("button", { name: "Nytt brev fra dette" }));
    await waitFor(() => expect(place()).toEqual({ screen: "compose" }));
    expect(mock.calls).toContainEqual(["composeFrom", "L-0003"]);
  });

  test("offers nothing that the core does not", async () => {
    await open({ letter: () => Promise.resolve(fixtures.detail(fixtures.row({ letter: "L-0001", state: "delivered", actions: [] }))) }, "L-0001");
    await screen.findByRole("button", { name: "Bevismappe" });
    expect(screen.queryByRole("button", { name: "Nytt brev fra dette" })).toBeNull();
  });

  test("that may have been received leads to the outbox and is never sent again from here", async () => {
    const row = fixtures.row({ letter: "L-0001", state: "uncertain", actions: ["checkStatus", "tryNow"] });
    const { user, place } = await open({ letter: () => Promise.resolve(fixtures.detail(row)) }, "L-0001");
    await user.click(await screen.findByRole("button", { name: "Se i utboksen" }));
    expect(place()).toEqual({ screen: "outbox", letter: "L-0001" });
  });

  test("gives an evidence folder and says where it lies; nothing when given up", async () => {
    const evidenceFolder = vi.fn<Bridge["evidenceFolder"]>().mockResolvedValueOnce("/home/ingrid/Bevis").mockResolvedValueOnce(null);
    const { user } = await open({ evidenceFolder }, "L-0001");
    const button = await screen.findByRole("button", { name: "Bevismappe" });
    await user.click(button);
    expect(await screen.findByText("Bevismappen ligger i /home/ingrid/Bevis.")).toBeTruthy();
    await user.click(button);
    await waitFor(() => expect(screen.queryByText(/Bevismappen ligger/)).toBeNull());
  });

  test("shows its pages large, and gives focus back", async () => {
    const { user } = await open({}, "L-0001");
    const small = await screen.findByRole("button", { name: "Side 2" });
    await user.click(small);
    const dialog = await screen.findByRole("dialog", { name: "Vedtak om hyttetomt" });
    expect(within(dialog).getByRole("img", { name: "Bilde av side 2 av 2 i «Vedtak om hyttetomt»" })).toBeTruthy();
    await user.keyboard("{ArrowLeft}");
    expect(within(dialog).getByText("Side 1 av 2")).toBeTruthy();
    await user.click(within(dialog).getByRole("button", { name: "Lukk" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(document.activeElement).toBe(small);
  });

  test("whose contents were removed says so, and is not the start of a new one", async () => {
    await open({ letter: () => Promise.resolve({ ...fixtures.detail({ ...fixtures.letters[0]!, title: null, actions: [] }), documents: [] }) }, "L-0001");
    expect(await screen.findByText(/Innholdet er slettet etter lagringstiden\./)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Nytt brev fra dette" })).toBeNull();
  });
});

describe("in a narrow window", () => {
  beforeEach(narrowWindow);

  test("focus follows from the list to the letter and back", async () => {
    const { user, view } = await open();
    await screen.findAllByRole("option");
    await user.click(options()[1]!);
    expect(view.container.querySelector(".receipts")?.getAttribute("data-view")).toBe("letter");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Varsel om tilsyn med båt"));
    await user.click(screen.getByRole("button", { name: "Tilbake til listen" }));
    expect(view.container.querySelector(".receipts")?.getAttribute("data-view")).toBe("list");
    await waitFor(() => expect(document.activeElement).toBe(options()[1]));
  });
});

describe("the timeline", () => {
  const item = (event: TimelineEvent, over: Partial<TimelineItem> = {}): TimelineItem => ({
    at: fixtures.NOW,
    event,
    clerk: null,
    detail: null,
    hash: JSON.stringify(event) + JSON.stringify(over),
    ...over,
  });
  const words = (detail: LetterDetail, all = false, language: Tongue = "nb") => stepsOf(detail, all, TEXTS[language], createFormat(language)).map((step) => step.words);
  const detail = (timeline: TimelineItem[], row: Partial<LetterRow> = {}): LetterDetail => ({ ...fixtures.detail(fixtures.row({ kind: "information", state: "cancelled", ...row })), timeline });

  test("leaves out a sending that was undone", () => {
    const undone = [item({ kind: "drafted" }), item({ kind: "sendPressed" }, { clerk: "Ola" }), item({ kind: "undone" }, { clerk: "Ola" })];
    expect(words(detail([...undone, item({ kind: "cancelled" })]))).toEqual(["Avbrutt"]);
    expect(words(detail([...undone, item({ kind: "sendPressed" }, { clerk: "Kari" })]))).toEqual(["Sendt av Kari"]);
  });

  test("says a lost answer only while it is lost", () => {
    const lost = [item({ kind: "sendPressed" }, { clerk: "Kari" }), item({ kind: "answerLost" })];
    expect(words(detail(lost, { state: "uncertain" }))).toEqual(["Sendt av Kari", "Svaret fra aksesspunktet kom ikke fram", "Venter på svar fra aksesspunktet"]);
    expect(words(detail([...lost, item({ kind: "accepted" })], { state: "delivered" }))).toEqual(["Sendt av Kari", "Venter på at brevet åpnes"]);
  });

  test("gives the mailbox's own reason for a failure", () => {
    const signer = fixtures.DIGIPOST;
    const failed = detail([item({ kind: "receipt", receipt: "error", signer, saidAt: null }, { detail: "Postkassen er stengt" })], { state: "failed" });
    const [step] = stepsOf(failed, false, TEXTS.nb, createFormat("nb"));
    expect(step).toMatchObject({ words: "Ble ikke levert", tone: "danger", signer: "Digipost", lines: ["Begrunnelse: Postkassen er stengt"] });
  });

  test("never calls a receipt that failed its check signed and checked", () => {
    const [suspect, waiting] = stepsOf(detail([item({ kind: "suspectReceipt", code: "SIGNATURE" }), item({ kind: "receiptWaitingForTrust" })]), false, TEXTS.nb, createFormat("nb"));
    expect(suspect).toMatchObject({ signer: null, tone: "warning" });
    expect(waiting).toMatchObject({ signer: null, tone: "warning" });
  });

  test("orders no notices for information, paper, or where no contact is fresh", () => {
    const delivered = [item({ kind: "receipt", receipt: "delivery", signer: fixtures.DIGIPOST, saidAt: null })];
    const notices = (row: Partial<LetterRow>, facts = fixtures.facts()) =>
      words({ ...detail(delivered, { state: "delivered", ...row }), decision: { ...fixtures.decisionFor("06925115949"), facts } }).filter((line) => line.includes("arsel bestilt"));
    expect(notices({ kind: "decision" })).toEqual(["Varsel bestilt på e-post og SMS", "Andre varsel bestilt"]);
    expect(notices({ kind: "decision" }, fixtures.facts({ email: "stale" }))).toEqual(["Varsel bestilt på SMS", "Andre varsel bestilt"]);
    expect(notices({ kind: "decision" }, fixtures.facts({ email: "absent", mobile: "stale" }))).toEqual([]);
    expect(notices({ kind: "information" })).toEqual([]);
    expect(notices({ kind: "decision", carrier: "print" })).toEqual([]);
  });

  test("has words for every step in every language", () => {
    const signer = fixtures.DIGIPOST;
    const events: TimelineEvent[] = [
      { kind: "drafted" }, { kind: "registerSilent" }, { kind: "decided", reason: "RESERVED" }, { kind: "stopped", code: "REACH_STOPPED" }, { kind: "confirmed" },
      { kind: "sendPressed" }, { kind: "undone" }, { kind: "sealed", receiver: signer, carrier: "digital" }, { kind: "sealed", receiver: signer, carrier: "print" },
      { kind: "attemptStarted", attempt: 2 }, { kind: "notReceived" }, { kind: "answerLost" }, { kind: "accepted" }, { kind: "refused", httpStatus: 400 },
      { kind: "status", status: "created" }, { kind: "status", status: "sent" }, { kind: "status", status: "failed" },
      ...(["delivery", "opening", "notificationFailed", "accepted", "returned", "error"] as const).map((receipt) => ({ kind: "receipt", receipt, signer, saidAt: null }) as const),
      { kind: "suspectReceipt", code: "X" }, { kind: "receiptWaitingForTrust" }, { kind: "overdue", step: "delivered" }, { kind: "sentBefore", earlier: "L-9", sentAt: fixtures.NOW }, { kind: "repeatAllowed" }, { kind: "restored" }, { kind: "confirmedUnsent" }, { kind: "cancelled" }, { kind: "reopened" }, { kind: "other", name: "approved" },
    ];
    for (const language of ["nb", "nn", "en"] as const) {
      const said = words(detail(events.map((event) => item(event))), true, language);
      expect(said).toHaveLength(events.length);
      expect(said.every((line) => line.length > 3)).toBe(true);
      expect(new Set(said).size).toBe(said.length);
    }
  });
});

test("each note has a mark of its own, the gravest first", () => {
  const notes: NoteName[] = ["late", "notificationFailed", "suspectReceipt"];
  expect(asksOf(fixtures.row({ state: "returned", notes }))).toEqual(["returned", "suspectReceipt", "notificationFailed", "late"]);
  expect(standingOf(fixtures.row({ state: "delivered", notes: ["notificationFailed"] }), TEXTS.nb)).toEqual({ icon: "notice", tone: "warning", words: "Varsel feilet" });
  expect(standingOf(fixtures.row({ state: "opened" }), TEXTS.nb).words).toBe("Åpnet");
});

test.each(["nb", "nn", "en"] as const)("nothing for axe to find, in %s", async (language) => {
  const { user } = await openScreen(ReceiptsScreen, { start: { screen: "receipts" }, preferences: { language } });
  await screen.findAllByRole("option");
  await user.click(await screen.findByRole("button", { name: TEXTS[language].receipts.allSteps }));
  await expectAccessible();
});
