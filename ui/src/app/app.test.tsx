import { screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import * as fixtures from "../bridge/fixtures";
import { createMock } from "../bridge/mock";
import type { Notice } from "../bridge";
import { expectAccessible, openWindow } from "../test/render";

const navigation = () => within(screen.getByRole("navigation", { name: "Hovedmeny" }));

test("the frame names environment, agency, certificate, connection and clerk", async () => {
  const { mock } = await openWindow();
  const top = within(await screen.findByRole("banner"));
  expect(top.getByText("Øvingsmiljø")).toBeVisible();
  expect(top.getByText("Øvre Fjelldal fjellstyre")).toBeVisible();
  expect(top.getByText("Øvingssertifikat, gyldig til 31.12.2027")).toBeVisible();
  await waitFor(() => expect(top.getByRole("status")).toHaveTextContent("Tilkoblet"));
  mock.notify({ what: "connection", connection: { state: "offline", since: "2026-11-24T09:00:00Z", code: "TEMP_REGISTER_SILENT" } });
  await waitFor(() => expect(top.getByRole("status")).toHaveTextContent("Uten nett. Uten nett siden 10.00. Brev som venter, ligger trygt på maskinen."));
  expect(screen.getByText("Ingrid Solbakk")).toBeVisible();
});

test("the navigation has the screens there are, and says what waits", async () => {
  await openWindow();
  await screen.findByRole("button", { name: "Utboks , 5 venter" }).catch(() => screen.findByRole("button", { name: /Utboks.*5 venter/ }));
  expect(
    navigation()
      .getAllByRole("button")
      .map((each) => each.getAttribute("aria-keyshortcuts")),
  ).toEqual(["Control+1", "Control+2", "Control+3", "Control+4"]);
  expect(screen.getByRole("button", { name: /Sendte brev.*3 trenger oppfølging/ })).toBeVisible();
});

test.each([
  ["1", "Slipp PDF-en i vinduet"],
  ["2", "Utboks"],
  ["3", "Sendte brev"],
  ["4", "Innstillinger"],
])("Ctrl+%s leads to its screen, where focus is", async (key, heading) => {
  const { user } = await openWindow({ start: { screen: key === "4" ? "outbox" : "settings" } });
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard(`{Control>}${key}{/Control}`);
  const title = await screen.findByRole("heading", { level: 1, name: heading });
  const main = screen.getByRole("main");
  await waitFor(() => expect(main).toContainElement(document.activeElement as HTMLElement));
  expect(document.title).toBe(`${heading} – Utpost`);
  expect(title).toBeVisible();
});

test("F6 moves between navigation, content and page, and back", async () => {
  const { user, mock } = await openWindow();
  mock.notify({ what: "filesGiven", paths: ["/saker/Vedtak.pdf"] });
  await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
  await waitFor(() => expect(document.activeElement).toHaveAccessibleName("Slå opp"));
  await user.keyboard("{F6}");
  expect(document.activeElement).toHaveAccessibleName("Siden slik mottakeren får se den");
  await user.keyboard("{F6}");
  expect(document.activeElement).toHaveAccessibleName("Meny og saksbehandler");
  await user.keyboard("{Shift>}{F6}{/Shift}");
  expect(document.activeElement).toHaveAccessibleName("Siden slik mottakeren får se den");
});

test("F1 lists the keys; Esc closes and gives focus back", async () => {
  const { user } = await openWindow({ start: { screen: "settings" } });
  await screen.findByRole("heading", { level: 1 });
  const before = document.activeElement;
  await user.keyboard("{F1}");
  const dialog = await screen.findByRole("dialog", { name: "Tastatursnarveier" });
  expect(within(dialog).getByText("Gå til Innbyggerens postkasse")).toBeVisible();
  await expectAccessible();
  await user.click(within(dialog).getByRole("button", { name: "Lukk" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(document.activeElement).toBe(before);
});

test("Ctrl+F leads to the search of sent letters", async () => {
  const { user } = await openWindow();
  await screen.findByRole("button", { name: "Velg PDF" });
  await user.keyboard("{Control>}f{/Control}");
  await screen.findByRole("heading", { level: 1, name: "Sendte brev" });
  await waitFor(() => expect(document.activeElement).toHaveAttribute("type", "search"));
});

test("Ctrl+O picks a file from any screen", async () => {
  const { user, mock } = await openWindow({ start: { screen: "settings" } });
  await screen.findByRole("heading", { level: 1, name: "Innstillinger" });
  await user.keyboard("{Control>}o{/Control}");
  await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
  expect(mock.calls).toContainEqual(["composePick", "letter"]);
});

test("a start that fails says what happened, and can be tried again", async () => {
  let tries = 0;
  const mock = createMock({
    startup: () => Promise.resolve(tries++ === 0 ? { stage: "failed", trouble: fixtures.trouble("LOCAL_LEDGER_KEY", { detail: "key store: locked" }), preferences: fixtures.session.preferences } : { stage: "open", session: fixtures.session }),
  });
  const { user } = await openWindow({ mock });
  expect(await screen.findByRole("heading", { level: 1, name: "Utpost kunne ikke åpnes" })).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent(/Nøkkelen åpner ikke protokollen.*Referanse 7F3K-29QD/);
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "Åpne datamappen" }));
  expect(mock.calls).toContainEqual(["openDataFolder"]);
  await user.click(screen.getByRole("button", { name: "Prøv på nytt" }));
  await screen.findByRole("button", { name: "Velg PDF" });
});

test("opening is said in words when it takes its time, and the page tells when it can be used", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let open = false;
  const listeners: ((notice: Notice) => void)[] = [];
  const mock = createMock({
    startup: () => Promise.resolve(open ? { stage: "open", session: fixtures.session } : { stage: "opening", preferences: fixtures.session.preferences }),
    subscribe: (listener) => {
      listeners.push(listener);
      return Promise.resolve(null);
    },
  });
  await openWindow({ mock });
  expect(screen.queryByText("Åpner Utpost")).toBeNull();
  expect(await screen.findByText("Åpner Utpost")).toBeVisible();
  expect(mock.calls).not.toContainEqual(["uiReady"]);
  open = true;
  listeners.forEach((tell) => tell({ what: "startupChanged" }));
  await screen.findByRole("button", { name: "Velg PDF" });
  await waitFor(() => expect(mock.calls.filter(([name]) => name === "uiReady")).toHaveLength(1));
});

test("closing while letters are not out asks, and staying is the way that loses nothing", async () => {
  const { user, mock } = await openWindow();
  await screen.findByRole("button", { name: "Velg PDF" });
  mock.notify({ what: "closing", closing: { held: [{ letter: "L-1", title: "Vedtak om beiterett", recipient: "Rask Elveos" }], underWay: [{ letter: "L-2", title: null, recipient: null }] } });
  const dialog = await screen.findByRole("dialog", { name: "Lukke Utpost?" });
  expect(dialog).toHaveTextContent("Vedtak om beiterett, til Rask Elveos");
  expect(dialog).toHaveTextContent("Brev uten tittel");
  await expectAccessible();
  await waitFor(() => expect(document.activeElement).toHaveAccessibleName("Bli her"));
  await user.keyboard("{Enter}");
  expect(mock.calls).toContainEqual(["close", false]);
});

test.each(["nb", "nn", "en"] as const)("the page says that it is in %s", async (language) => {
  await openWindow({ session: { preferences: { language, theme: "dark", undoSeconds: 10 } } });
  await screen.findByRole("heading", { level: 1 });
  expect(document.documentElement.lang).toBe(language);
  expect(document.documentElement.dataset.colorScheme).toBe("dark");
});

test("axe would find what is wrong", async () => {
  document.body.insertAdjacentHTML("beforeend", '<main><img src="x"></main>');
  await expect(expectAccessible()).rejects.toThrow(/image-alt/);
  document.body.replaceChildren();
});
