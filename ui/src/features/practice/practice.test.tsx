import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";

import type { Bridge, MailboxLetter, PracticeBooks, PrintOrder } from "../../bridge";
import * as fixtures from "../../bridge/fixtures";
import { expectAccessible } from "../../test/render";
import { narrowWindow, openScreen } from "../../test/screen";
import { PracticeScreen } from "./PracticeScreen";

const open = (bridge: Partial<Bridge> = {}) => openScreen(PracticeScreen, { start: { screen: "practice" }, bridge });
const books = (over: Partial<PracticeBooks>): Partial<Bridge> => ({ practiceBooks: () => Promise.resolve({ mailboxes: [], prints: [], ...over }) });
const letter = (over: Partial<MailboxLetter> = {}): MailboxLetter => ({ ...fixtures.books.mailboxes[0]!, ...over });
const order = (over: Partial<PrintOrder> = {}): PrintOrder => ({ ...fixtures.books.prints[0]!, ...over });
const persons = () => screen.getByRole("listbox", { name: "Øvingspersoner" });
const person = (name: string) => within(persons()).getByText(name).closest('[role="option"]') as HTMLElement;
const shop = () => screen.getByRole("complementary", { name: "Trykkeriet" });

describe("the persons", () => {
  test("say what each is for, and whether there is a new letter", async () => {
    await open();
    await screen.findByText("Digipost, nytt brev");
    expect(person("Rask Elveos").textContent).toContain("Digipost, nytt brev");
    expect(person("Blid Solgløtt").textContent).toContain("e-Boks, tom");
    expect(person("Reservert Granskog").textContent).toContain("Reservert, får papir");
    expect(person("Stille Tåkefjell").textContent).toContain("Registeret svarer aldri");
  });

  test("are searched by name and number", async () => {
    const { user } = await open();
    await screen.findByRole("listbox");
    const field = screen.getByRole("searchbox", { name: "Søk blant øvingspersonene" });
    await user.type(field, "lyng");
    expect(within(persons()).getAllByRole("option")).toHaveLength(1);
    expect(screen.getByText("1 person")).toBeTruthy();
    await user.clear(field);
    await user.type(field, "02825777442");
    expect(within(persons()).getAllByRole("option")).toEqual([person("Reservert Granskog")]);
    await user.clear(field);
    await user.type(field, "ingen");
    expect(screen.getByText(/Ingen øvingspersoner passer/)).toBeTruthy();
  });

  test("are walked with the arrows; the mailbox follows", async () => {
    const { user } = await open();
    await screen.findByText("Digipost, nytt brev");
    person("Rask Elveos").focus();
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(person("Blid Solgløtt"));
    expect(screen.getByRole("heading", { level: 1, name: "Postkassen til Blid Solgløtt" })).toBeTruthy();
    // Looking into a mailbox does not take focus out of the list.
    await new Promise((done) => setTimeout(done, 20));
    expect(document.activeElement).toBe(person("Blid Solgløtt"));
  });

  test.each([
    ["Blid Solgløtt", "Ingen brev ennå"],
    ["Kasseløs Lyng", "Får brev på papir"],
    ["Borte Høstløv", "Får ingen brev"],
    ["Stille Tåkefjell", "Får ingen brev ennå"],
  ])("without letters say why: %s", async (name, title) => {
    const { user } = await open();
    await screen.findByRole("listbox");
    await user.click(person(name));
    expect(screen.getByRole("heading", { name: title })).toBeTruthy();
  });
});

describe("the mailbox", () => {
  test("shows the notices, and one that never arrived", async () => {
    await open(books({ mailboxes: [letter({ notices: [{ by: "sms", text: "Du har post", day: 0, failed: true }, { by: "email", text: "Husk posten", day: 7, failed: false }] })] }));
    const article = await screen.findByRole("article");
    expect(within(article).getByRole("heading", { name: "SMS" })).toBeTruthy();
    expect(within(article).getByText("Du har post")).toBeTruthy();
    expect(within(article).getByText("Kom aldri fram")).toBeTruthy();
    expect(within(article).getByText(/7\s?dager etter brevet, hvis det ikke er åpnet/)).toBeTruthy();
  });

  test("opens a letter: the clerk gets the receipt, and focus stays on the button", async () => {
    const { mock, user } = await open();
    const button = await screen.findByRole("button", { name: "Åpne brevet" });
    expect(screen.getByText("Da får saksbehandleren åpningskvittering.")).toBeTruthy();
    expect(screen.getByText("Åpnet, venter")).toBeTruthy();
    await user.click(button);
    expect(mock.calls).toContainEqual(["practiceOpen", "M-1"]);
    const read = await screen.findByRole("button", { name: "Les brevet" });
    expect(document.activeElement).toBe(read);
    const clerk = screen.getByRole("heading", { name: "Saksbehandleren har fått" }).parentElement as HTMLElement;
    expect(within(clerk).getAllByRole("listitem").map((item) => item.textContent)).toEqual(["Levert", "Åpnet"]);
    expect(screen.queryByText("Åpnet, venter")).toBeNull();
  });

  test("says so when no opening receipt was asked for", async () => {
    await open(books({ mailboxes: [letter({ openingAsked: false })] }));
    expect(await screen.findByText("Saksbehandleren ba ikke om åpningskvittering og får ikke vite det.")).toBeTruthy();
    expect(screen.getByText("Åpningskvittering er ikke bedt om")).toBeTruthy();
    expect(screen.queryByText("Åpnet, venter")).toBeNull();
  });

  test("lets an opened letter be read", async () => {
    const { user } = await open(books({ mailboxes: [letter({ openedAt: fixtures.NOW })] }));
    await user.click(await screen.findByText("Rask Elveos"));
    await user.click(screen.getByRole("button", { name: "Les brevet" }));
    expect(within(await screen.findByRole("dialog")).getByRole("img")).toBeTruthy();
  });

  test("says what went wrong when a letter can't be opened", async () => {
    const { user } = await open({ practiceOpen: () => Promise.reject(fixtures.trouble("INPUT_PRACTICE_LETTER")) });
    await user.click(await screen.findByRole("button", { name: "Åpne brevet" }));
    expect(await screen.findByText(/Øvingsmiljøet har ikke dette brevet/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Åpne brevet" })).toBeTruthy();
  });

  test("follows what happens", async () => {
    let held: MailboxLetter[] = [];
    const { mock } = await open({ practiceBooks: () => Promise.resolve({ mailboxes: held, prints: [] }) });
    expect(await screen.findByRole("heading", { name: "Ingen brev ennå" })).toBeTruthy();
    held = [letter()];
    mock.notify({ what: "letterChanged", letter: "L-0001" });
    expect(await screen.findByRole("button", { name: "Åpne brevet" })).toBeTruthy();
  });
});

describe("the print shop", () => {
  test("posts a letter; focus goes on to the next in the pile", async () => {
    const pile = [order(), order({ message: "P-2", name: "Ny Bregne" })];
    let prints = pile;
    const { user } = await open({
      practiceBooks: () => Promise.resolve({ mailboxes: [], prints }),
      practicePosted: (message) => {
        prints = prints.map((each) => (each.message === message ? { ...each, stage: "posted" } : each));
        return Promise.resolve({ mailboxes: [], prints });
      },
    });
    await user.click(await screen.findByRole("button", { name: "Postlegg: brevet til Reservert Granskog" }));
    expect(await within(shop()).findByText("1 brev ligger i bunken.")).toBeTruthy();
    expect(within(shop()).getByRole("heading", { name: "Postlagt" })).toBeTruthy();
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Postlegg: brevet til Ny Bregne"));
    await user.click(screen.getByRole("button", { name: "Postlegg: brevet til Ny Bregne" }));
    expect(await within(shop()).findByText("Bunken er tom.")).toBeTruthy();
    await waitFor(() => expect(document.activeElement?.tagName).toMatch(/^H[12]$/));
  });

  test("sends back only what was posted and is reported", async () => {
    const { mock, user } = await open(
      books({
        prints: [
          order({ message: "P-1", stage: "inPile", returnReported: true }),
          order({ message: "P-2", stage: "posted", returnReported: true, name: "Hjemvendt Trekkfugl" }),
          order({ message: "P-3", stage: "posted", returnReported: false, name: "Gammel Stabbe" }),
          order({ message: "P-4", stage: "returned", returnReported: true, name: "Kasseløs Lyng" }),
        ],
      }),
    );
    await within(shop()).findByText("Hjemvendt Trekkfugl");
    expect(screen.getAllByRole("button", { name: /^Send i retur/ }).map((button) => button.textContent)).toEqual(["Send i retur: brevet til Hjemvendt Trekkfugl"]);
    expect(within(shop()).getByText("Gammel Stabbe").closest("li")?.textContent).toContain("Retur går til returadressen uten kvittering");
    await user.click(screen.getByRole("button", { name: /^Send i retur/ }));
    expect(mock.calls).toContainEqual(["practiceReturned", "P-2"]);
  });

  test("that is empty says how to fill it", async () => {
    await open(books({}));
    expect(await within(shop()).findByText(/Send et brev på papir/)).toBeTruthy();
  });
});

test("practice that can't be reached says so and can be asked again", async () => {
  let broken = true;
  const { user } = await open({ practiceBooks: () => (broken ? Promise.reject(fixtures.trouble("LOCAL_PRACTICE")) : Promise.resolve(fixtures.books)) });
  const retry = await screen.findByRole("button", { name: "Prøv på nytt" });
  broken = false;
  await user.click(retry);
  expect(await screen.findByRole("button", { name: "Åpne brevet" })).toBeTruthy();
});

test.each(["nb", "nn", "en"] as const)("nothing for axe to find, in %s", async (language) => {
  await openScreen(PracticeScreen, {
    start: { screen: "practice" },
    preferences: { language },
    bridge: books({ mailboxes: [letter(), letter({ message: "M-2", openedAt: fixtures.NOW })], prints: [order(), order({ message: "P-2", stage: "posted", returnReported: true }), order({ message: "P-3", stage: "returned" })] }),
  });
  await screen.findAllByRole("article");
  await expectAccessible();
});

describe("in a narrow window", () => {
  beforeEach(narrowWindow);

  test("persons and mailbox are two views; focus follows there and back", async () => {
    const { user } = await open();
    expect(screen.getByRole("heading", { level: 1, name: "Innbyggerens postkasse" })).toBeTruthy();
    await user.click(await screen.findByText("Digipost, nytt brev"));
    const title = screen.getByRole("heading", { level: 1, name: "Postkassen til Rask Elveos" });
    await waitFor(() => expect(document.activeElement).toBe(title));
    expect(screen.queryByRole("listbox")).toBeNull();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Tilbake til personene" }));
    await waitFor(() => expect(document.activeElement).toBe(person("Rask Elveos")));
    await expectAccessible();
  });
});
