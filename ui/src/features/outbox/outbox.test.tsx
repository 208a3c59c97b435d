import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";

import type { ActionName, Bridge, LetterRow, Outbox } from "../../bridge";
import * as fixtures from "../../bridge/fixtures";
import { expectAccessible } from "../../test/render";
import { openScreen } from "../../test/screen";
import { OutboxScreen } from "./OutboxScreen";

const NOTHING: Outbox = { held: [], underWay: [], unsent: [], deliveredToday: 0, lastDelivered: null };

function heldLetter(seconds: number, over: Partial<LetterRow> = {}): LetterRow {
  return fixtures.row({ letter: "L-0010", state: "held", title: "Vedtak om beiterett", undoUntil: new Date(Date.now() + seconds * 1_000).toISOString(), actions: ["undo"], ...over });
}

function open(box: Partial<Outbox>, bridge: Partial<Bridge> = {}, focus?: string, advanceTimers?: (ms: number) => void) {
  return openScreen(OutboxScreen, {
    start: { screen: "outbox", focus },
    bridge: { outbox: () => Promise.resolve({ ...NOTHING, ...box }), ...bridge },
    ...(advanceTimers ? { advanceTimers } : {}),
  });
}

describe("the time to undo", () => {
  const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
  const start = async (seconds: number, bridge: Partial<Bridge> = {}) => {
    vi.useFakeTimers({ now: new Date(fixtures.NOW), toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"], shouldAdvanceTime: true, advanceTimeDelta: 1 });
    const opened = await open({ held: [heldLetter(seconds)] }, bridge, "undo", (ms) => vi.advanceTimersByTime(ms));
    const undo = await screen.findByRole("button", { name: "Angre" });
    await waitFor(() => expect(document.activeElement).toBe(undo));
    return opened;
  };

  test("is counted down once a second, in words and figures", async () => {
    await start(10);
    expect(screen.getByRole("timer")).toHaveProperty("textContent", expect.stringMatching(/^Vedtaket til Rask Elveos sendes om 10\s?sekunder$/));
    await pass(3_000);
    expect(screen.getByRole("timer").textContent).toMatch(/om 7\s?sekunder$/);
    await pass(6_000);
    expect(screen.getByRole("timer").textContent).toMatch(/om 1\s?sekund$/);
    await pass(1_100);
    expect(screen.getByRole("timer").textContent).toBe("Vedtaket til Rask Elveos sendes nå");
  });

  test("is told politely at the start, at 5 and at 0, and not each second", async () => {
    await start(8);
    const said = () => document.querySelector('[role="status"][aria-live="polite"]')?.textContent ?? "";
    expect(said()).toMatch(/sendes om 8\s?sekunder\. Trykk Angre for å stanse\.$/);
    const atStart = said();
    await pass(2_000);
    expect(said()).toBe(atStart);
    await pass(1_100);
    expect(said()).toMatch(/sendes om 5\s?sekunder$/);
    await pass(5_000);
    expect(said()).toBe("Angrefristen er ute. Brevet sendes nå.");
  });

  test("gives focus to Angre for one who comes from Send, and to the heading for others", async () => {
    await start(10);
    expect(document.activeElement?.textContent).toBe("Angre");
    cleanup();
    await open({ held: [heldLetter(10)] });
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Utboks"));
  });

  test("ends by Angre: the letter is called back and opened in Nytt brev", async () => {
    const { mock, user, place } = await start(10);
    await user.click(screen.getByRole("button", { name: "Angre" }));
    await waitFor(() => expect(place()).toEqual({ screen: "compose", letter: "L-0010" }));
    expect(mock.calls).toContainEqual(["undo", "L-0010"]);
  });

  test("ends by Ctrl+Z", async () => {
    const { mock, user, place } = await start(10);
    await user.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(place().screen).toBe("compose"));
    expect(mock.calls).toContainEqual(["undo", "L-0010"]);
  });

  test("ends by Send nå", async () => {
    const { mock, user } = await start(10);
    await user.click(screen.getByRole("button", { name: "Send nå" }));
    expect(mock.calls).toContainEqual(["sendNow", "L-0010"]);
  });

  test("says so when it is too late", async () => {
    const { user, place } = await start(10, { undo: () => Promise.reject(fixtures.trouble("INPUT_NOT_IN_THIS_STATE")) });
    await user.click(screen.getByRole("button", { name: "Angre" }));
    expect(await screen.findByText(/Brevet er kommet lenger/)).toBeTruthy();
    expect(place().screen).toBe("outbox");
  });
});

describe("letters on their way", () => {
  const row = (title: string) => screen.getByText(title).closest("li") as HTMLElement;

  test("show how far they are, in words as well", async () => {
    await open({ underWay: fixtures.outbox.underWay });
    await screen.findByText("Forhåndsvarsel om gjerdehold");
    const uploading = row("Forhåndsvarsel om gjerdehold");
    const steps = within(within(uploading).getByRole("list", { name: "Hvor langt brevet er kommet" })).getAllByRole("listitem");
    expect(steps.map((step) => step.textContent)).toEqual(["Forseglet, ferdig", "Laster opp, pågår", "Kvittering, gjenstår"]);
    expect(uploading.textContent?.replace(/\s/g, " ")).toContain("62 % av 4,6 MB");
  });

  test("follow the upload as the core tells of it", async () => {
    const { mock } = await open({ underWay: fixtures.outbox.underWay });
    await screen.findByText("Forhåndsvarsel om gjerdehold");
    act(() => mock.notify({ what: "progress", letter: "L-0011", step: "uploading", done: 900_000, of: 1_000_000 }));
    expect(row("Forhåndsvarsel om gjerdehold").textContent?.replace(/\s/g, " ")).toContain("90 % av 1,0 MB");
  });

  test("tell what was wrong and when the next try is", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-24T09:41:00Z"), toFake: ["Date"] });
    await open({ underWay: fixtures.outbox.underWay });
    await screen.findByText("Svar på søknad om seterleie");
    expect(row("Svar på søknad om seterleie").textContent?.replace(/\s/g, " ")).toContain(
      "Aksesspunktet svarte ikke kl. 10.39. Nytt forsøk kl. 10.44, om 3 minutter. Brevet ligger trygt på maskinen.",
    );
  });

  test("can be tried now, and the answer is told", async () => {
    const { mock, user } = await open({ underWay: fixtures.outbox.underWay });
    await user.click(await screen.findByRole("button", { name: "Prøv nå: Svar på søknad om seterleie" }));
    expect(mock.calls).toContainEqual(["tryNow", "L-0012"]);
    await waitFor(() => expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("Svar på søknad om seterleie: I utboksen"));
  });

  test("say who can mend a denied access", async () => {
    const [, waiting] = fixtures.outbox.underWay;
    await open({ underWay: [{ ...waiting!, cause: "AUTH_ACCESS_POINT_DENIED", nextTryAt: null }] });
    const words = (await screen.findByText(/Virksomheten mangler tilgang til å sende/)).textContent;
    expect(words).toContain("den som styrer Samarbeidsportalen hos dere");
    expect(screen.getByText("Mangler tilgang")).toBeTruthy();
  });

  const everything: ActionName[] = ["resume", "undo", "checkStatus", "tryNow", "cancel", "newLetter"];
  test("that may have been received are asked about and never sent again, whatever the core offers", async () => {
    const uncertain = fixtures.outbox.underWay[2]!;
    const { mock, user } = await open({ underWay: [{ ...uncertain, row: { ...uncertain.row, actions: everything } }] });
    const item = (await screen.findByText("Vedtak om fiskekort")).closest("li") as HTMLElement;
    expect(within(item).getAllByRole("button").map((button) => button.textContent)).toEqual(["Sjekk status: Vedtak om fiskekort"]);
    expect(item.textContent).toContain("Utpost sender det ikke på nytt");
    await user.click(within(item).getByRole("button"));
    expect(mock.calls).toContainEqual(["checkStatus", "L-0013"]);
    expect(mock.calls.some(([name]) => name === "tryNow" || name === "sendNow" || name === "send")).toBe(false);
  });
});

describe("a letter that is late", () => {
  const late: LetterRow = fixtures.row({
    letter: "L-0021",
    state: "atAccessPoint",
    title: "Vedtak om skuterløyve",
    attempts: 1,
    notes: ["late"],
    followUp: true,
    late: { step: "atProvider", since: "2026-11-24T07:10:00Z", message: "7c0e2a5e-2b1f-4c57-9f0a-0d1b6f2a9c33" },
    actions: ["checkStatus", "newLetter"],
  });
  const entry = (row: LetterRow) => ({ row, sent: null, bytes: 98_000, cause: null, triedAt: null, nextTryAt: null });

  test("says which step, since when, and to ask with its message id, never to send it again", async () => {
    await open({ underWay: [entry(late)] });
    const item = (await screen.findByText("Vedtak om skuterløyve")).closest("li") as HTMLElement;
    expect(item).toHaveTextContent("Aksesspunktet har ikke sendt brevet videre.");
    expect(item).toHaveTextContent(/Utpost har ventet siden .*08\.10\./);
    expect(item).toHaveTextContent("Meld det til Digdirs brukerstøtte. Send ikke brevet på nytt");
    expect(item).toHaveTextContent("Oppgi meldings-ID: 7c0e2a5e-2b1f-4c57-9f0a-0d1b6f2a9c33");
    expect(within(item).getAllByRole("button").map((button) => button.textContent)).toEqual(["Sjekk status: Vedtak om skuterløyve"]);
    await expectAccessible();
  });

  test("whose answer never came is told as that", async () => {
    await open({ underWay: [entry({ ...late, state: "uncertain" })] });
    expect(await screen.findByText(/Ingen vet ennå om aksesspunktet fikk brevet/)).toBeTruthy();
  });
});

describe("while nothing may be sent", () => {
  const waiting = fixtures.outbox.underWay[1]!;

  test.each([
    ["halted", { halt: { code: "AUTH_ACCESS_POINT_DENIED", since: fixtures.NOW, waiting: 1 }, restored: null }, /Sendingen er stanset for hele virksomheten/, "Mangler tilgang"],
    ["frozen", { halt: null, restored: { at: fixtures.NOW, underWay: 1 } }, /utboksen er fryst\. Brevet ligger trygt/, "Fryst"],
  ])("%s, a waiting letter says what it waits for, and is not offered a try", async (_, standstill, words, step) => {
    await open({ underWay: [waiting] }, { standstill: () => Promise.resolve(standstill) });
    const item = (await screen.findByText("Svar på søknad om seterleie")).closest("li") as HTMLElement;
    await waitFor(() => expect(item).toHaveTextContent(words));
    expect(within(item).getByText(step)).toBeTruthy();
    expect(item).not.toHaveTextContent(/Nytt forsøk/);
    expect(within(item).queryByRole("button", { name: /Prøv nå/ })).toBeNull();
  });
});

describe("the next try", () => {
  test("is counted down by seconds when it is near", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-24T09:42:30Z"), toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"], shouldAdvanceTime: true, advanceTimeDelta: 1 });
    await open({ underWay: [{ ...fixtures.outbox.underWay[1]!, nextTryAt: "2026-11-24T09:43:30Z" }] });
    const item = (await screen.findByText("Svar på søknad om seterleie")).closest("li") as HTMLElement;
    expect(item).toHaveTextContent(/kl\. 10\.43, om (60|59)\s?sekunder/);
    await act(() => vi.advanceTimersByTimeAsync(10_000));
    expect(item).toHaveTextContent(/om (50|49)\s?sekunder/);
  });

  test("of a letter that waits for the register is told", async () => {
    vi.useFakeTimers({ now: new Date(fixtures.NOW), toFake: ["Date"] });
    const [silent] = fixtures.outbox.unsent;
    await open({ unsent: [{ ...silent!, stoppedBy: "TEMP_REGISTER_SILENT", nextTryAt: "2026-11-24T09:45:00Z" }] });
    expect(await screen.findByText(/Kontaktregisteret svarte ikke.*Utpost spør på nytt kl\. 10\.45, om 3\s?minutter/)).toBeTruthy();
  });

  test("of a letter that the register denies does not hide who can mend that", async () => {
    const [silent] = fixtures.outbox.unsent;
    await open({ unsent: [{ ...silent!, stoppedBy: "AUTH_REGISTER_DENIED" }] });
    expect(await screen.findByText(/Kontaktregisteret slipper ikke virksomheten inn.*Samarbeidsportalen/)).toBeTruthy();
  });
});

describe("a letter of a restored ledger that was not sealed", () => {
  const row = fixtures.row({ letter: "L-0031", state: "stopped", stoppedBy: "REACH_RESTORED", title: "Vedtak om brygge", actions: ["confirmUnsent", "cancel"] });

  test("goes on only with the clerk's word that it was not sent", async () => {
    const confirmUnsent = vi.fn(() => Promise.resolve({ ...row, state: "ready" as const }));
    const { user } = await open({ unsent: [row] }, { confirmUnsent });
    const item = (await screen.findByText("Vedtak om brygge")).closest("li") as HTMLElement;
    expect(item).toHaveTextContent("Brevet kan være sendt etter at kopien ble tatt.");
    expect(within(item).queryByRole("button", { name: /Fortsett/ })).toBeNull();
    await user.click(within(item).getByRole("button", { name: "Bekreft at brevet ikke er sendt: Vedtak om brygge" }));
    const dialog = await screen.findByRole("dialog", { name: "Bekreft at «Vedtak om brygge» ikke er sendt" });
    expect(document.activeElement).toHaveAccessibleName("Jeg må sjekke først");
    await expectAccessible();
    await user.keyboard("{Enter}");
    expect(confirmUnsent).not.toHaveBeenCalled();
    await user.click(within(item).getByRole("button", { name: /Bekreft at brevet ikke er sendt/ }));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Bekreft: ikke sendt" }));
    expect(confirmUnsent).toHaveBeenCalledWith("L-0031");
    await waitFor(() => expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("Vedtak om brygge: Klar til å sendes"));
    expect(dialog).not.toBeInTheDocument();
  });
});

describe("a letter stopped after it was tried in vain", () => {
  const row = fixtures.row({ letter: "L-0032", state: "stopped", stoppedBy: "REACH_CHANGED_AFTER_TRY", title: "Vedtak om naust", attempts: 1, actions: ["checkStatus", "cancel"] });

  test("says what happened and what to do, and offers just that", async () => {
    const checkStatus = vi.fn(() => Promise.resolve(row));
    const { user } = await open({ unsent: [row] }, { checkStatus });
    const item = (await screen.findByText("Vedtak om naust")).closest("li") as HTMLElement;
    expect(item).toHaveTextContent(/Kontaktregisteret svarer noe annet nå.*Aksesspunktet har ikke tatt imot brevet.*Avbryt brevet, og lag et nytt/);
    const names = within(item).getAllByRole("button").map((button) => button.textContent);
    expect(names).toEqual(["Sjekk status: Vedtak om naust", "Avbryt: Vedtak om naust"]);
    await user.click(within(item).getByRole("button", { name: /Sjekk status/ }));
    expect(checkStatus).toHaveBeenCalledWith("L-0032");
    await waitFor(() => expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("Vedtak om naust: Stanset"));
    await expectAccessible();
  });

  test("for the agency's new certificate says that, and a restored one that was sealed can be confirmed, asked about or given up", async () => {
    const renewed = { ...row, stoppedBy: "REACH_SIGNER_CHANGED" };
    const restored = fixtures.row({ letter: "L-0033", state: "stopped", stoppedBy: "REACH_RESTORED", title: "Vedtak om gjerde", actions: ["confirmUnsent", "checkStatus", "cancel"] });
    const { user } = await open({ unsent: [renewed, restored] });
    const item = (await screen.findByText("Vedtak om naust")).closest("li") as HTMLElement;
    expect(item).toHaveTextContent("Virksomhetssertifikatet er byttet siden brevet ble forsøkt sendt");
    const other = screen.getByText("Vedtak om gjerde").closest("li") as HTMLElement;
    const names = within(other).getAllByRole("button").map((button) => button.textContent);
    expect(names).toEqual(["Bekreft at brevet ikke er sendt: Vedtak om gjerde", "Sjekk status: Vedtak om gjerde", "Avbryt: Vedtak om gjerde"]);
    await user.click(within(other).getByRole("button", { name: /Bekreft at brevet ikke er sendt/ }));
    expect(await screen.findByRole("dialog")).toHaveTextContent("Da sender Utpost det nå");
  });
});

describe("letters not sent", () => {
  test("are taken up again in Nytt brev", async () => {
    const { mock, user, place } = await open({ unsent: fixtures.outbox.unsent });
    await user.click(await screen.findByRole("button", { name: "Fortsett: Vedtak om hogst" }));
    await waitFor(() => expect(place()).toEqual({ screen: "compose", letter: "L-0014" }));
    expect(mock.calls).toContainEqual(["composeResume", "L-0014"]);
  });

  test("say why they were stopped", async () => {
    await open({ unsent: fixtures.outbox.unsent });
    const stopped = (await screen.findByText("Svar om båtplass")).closest("li") as HTMLElement;
    expect(stopped.textContent).toContain("Personen er fjernet fra kontaktregisteret");
    expect(stopped.textContent).toContain("Sjekk Folkeregisteret");
  });

  test("are given up only after a question that names them, and focus goes to the next row", async () => {
    let unsent = fixtures.outbox.unsent;
    const cancel = vi.fn((letter: string) => {
      unsent = unsent.filter((row) => row.letter !== letter);
      return Promise.resolve(fixtures.row({ letter, state: "cancelled", title: "Vedtak om hogst" }));
    });
    const { user } = await open({}, { outbox: () => Promise.resolve({ ...NOTHING, unsent }), cancel });
    await user.click(await screen.findByRole("button", { name: "Avbryt: Vedtak om hogst" }));
    const dialog = await screen.findByRole("dialog", { name: "Avbryte «Vedtak om hogst»?" });
    expect(dialog.textContent).toContain("Stille Tåkefjell");
    await user.click(within(dialog).getByRole("button", { name: "Behold det" }));
    expect(cancel).not.toHaveBeenCalled();
    expect(screen.queryByRole("dialog")).toBeNull();

    await user.click(screen.getByRole("button", { name: "Avbryt: Vedtak om hogst" }));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Avbryt brevet" }));
    expect(cancel).toHaveBeenCalledWith("L-0014");
    await waitFor(() => expect(screen.queryByText("Vedtak om hogst")).toBeNull());
    expect(document.activeElement?.textContent).toBe("Fortsett: Svar om båtplass");
  });
});

test("one who comes to see a letter is taken to it", async () => {
  await openScreen(OutboxScreen, { start: { screen: "outbox", letter: "L-0013" } });
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Vedtak om fiskekort"));
});

test("an empty outbox says what to do next", async () => {
  const { user, place } = await open({});
  expect(await screen.findByText("Ingen brev venter")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Nytt brev" }));
  expect(place().screen).toBe("compose");
});

test("what was delivered today stands at the foot, with the way to it", async () => {
  const { user, place } = await open({ deliveredToday: 4, lastDelivered: fixtures.outbox.lastDelivered });
  expect(await screen.findByText("4 brev er levert i dag. Det siste var til Skriftlig Svaberg kl. 10.10.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Se sendte brev" }));
  expect(place().screen).toBe("receipts");
});

test("an outbox that can't be read says so and can be asked again", async () => {
  let broken = true;
  const { user } = await open({}, { outbox: () => (broken ? Promise.reject(fixtures.trouble("LOCAL_DISK")) : Promise.resolve(NOTHING)) });
  const retry = await screen.findByRole("button", { name: "Prøv på nytt" });
  broken = false;
  await user.click(retry);
  expect(await screen.findByText("Ingen brev venter")).toBeTruthy();
});

test.each(["nb", "nn", "en"] as const)("nothing for axe to find, in %s", async (language) => {
  await openScreen(OutboxScreen, {
    start: { screen: "outbox" },
    preferences: { language },
    bridge: { outbox: () => Promise.resolve({ ...fixtures.outbox, held: [heldLetter(500)] }) },
  });
  await screen.findByText("Vedtak om fiskekort");
  await expectAccessible();
});
