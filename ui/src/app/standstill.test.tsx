import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";

import type { Bridge, Connection, Standstill, ThawView } from "../bridge";
import * as fixtures from "../bridge/fixtures";
import { createMock } from "../bridge/mock";
import { expectAccessible, openWindow } from "../test/render";
import { TEXTS } from "../text";

const NOTHING: Standstill = { halt: null, restored: null };
const HALTED: Standstill = { ...NOTHING, halt: { code: "AUTH_ACCESS_POINT_DENIED", since: "2026-11-24T09:12:00Z", waiting: 3 } };
const RESTORED: Standstill = { ...NOTHING, restored: { at: "2026-11-23T14:00:00Z", underWay: 2 } };

/** A core that stands still as told, until it is told otherwise. */
function standing(standstill: Standstill, over: Partial<Bridge> = {}) {
  let now = standstill;
  const mock = createMock({ standstill: () => Promise.resolve(now), ...over });
  return {
    mock,
    becomes: (next: Standstill) => {
      now = next;
      act(() => mock.notify({ what: "standstillChanged" }));
    },
  };
}

const band = (name: string) => screen.findByRole("region", { name });

describe("sending that is halted", () => {
  test("is told on every screen, with since when, what waits and who can mend it", async () => {
    const { mock } = standing(HALTED);
    const { user } = await openWindow({ mock, start: { screen: "settings" } });
    await screen.findByRole("heading", { level: 1, name: "Innstillinger" });
    const halted = await band("Sendingen er stanset for hele virksomheten");
    expect(halted).toHaveTextContent("Aksesspunktet sier at virksomheten mangler tilgang eller avtale.");
    expect(halted).toHaveTextContent(/Det begynte .*10\.12/);
    expect(halted).toHaveTextContent("3 brev venter trygt i utboksen.");
    expect(halted).toHaveTextContent("Den som styrer Samarbeidsportalen hos dere, kan rette det");
    await user.keyboard("{Control>}2{/Control}");
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    expect(screen.getByRole("region", { name: "Sendingen er stanset for hele virksomheten" })).toBeVisible();
  });

  test("goes on only after a question, whose first answer is to wait", async () => {
    let now = HALTED;
    const { mock } = standing(HALTED, {
      standstill: () => Promise.resolve(now),
      accessRestored: () => {
        now = NOTHING;
        return Promise.resolve(now);
      },
    });
    const { user } = await openWindow({ mock });
    await user.click(within(await band("Sendingen er stanset for hele virksomheten")).getByRole("button", { name: "Tilgangen er på plass" }));
    const dialog = await screen.findByRole("dialog", { name: "Er tilgangen på plass igjen?" });
    expect(document.activeElement).toHaveAccessibleName("Nei, vent");
    await expectAccessible();
    await user.keyboard("{Enter}");
    expect(dialog).not.toBeInTheDocument();
    expect(mock.calls).not.toContainEqual(["accessRestored"]);

    await user.click(screen.getByRole("button", { name: "Tilgangen er på plass" }));
    await user.click(await screen.findByRole("button", { name: "Ja, begynn å sende" }));
    expect(mock.calls).toContainEqual(["accessRestored"]);
    await waitFor(() => expect(screen.queryByRole("region", { name: "Sendingen er stanset for hele virksomheten" })).toBeNull());
    expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("Sendingen er i gang igjen.");
  });

  test("stays when the core can't lift it, and says why", async () => {
    const { mock } = standing(HALTED, { accessRestored: () => Promise.reject(fixtures.trouble("TEMP_LEDGER_BUSY")) });
    const { user } = await openWindow({ mock });
    await user.click(await screen.findByRole("button", { name: "Tilgangen er på plass" }));
    await user.click(await screen.findByRole("button", { name: "Ja, begynn å sende" }));
    expect(await screen.findByText("Et annet program bruker protokollen akkurat nå.")).toBeVisible();
    expect(screen.getByRole("region", { name: "Sendingen er stanset for hele virksomheten" })).toBeInTheDocument();
  });

  test("that is lifted elsewhere takes its question along, also from the next halt", async () => {
    const core = standing(HALTED);
    const { user } = await openWindow({ mock: core.mock });
    await user.click(await screen.findByRole("button", { name: "Tilgangen er på plass" }));
    await screen.findByRole("dialog");
    core.becomes(NOTHING);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    core.becomes(HALTED);
    await band("Sendingen er stanset for hele virksomheten");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("comes and goes as the core tells", async () => {
    const core = standing(NOTHING);
    await openWindow({ mock: core.mock });
    await screen.findByRole("button", { name: "Velg PDF" });
    expect(screen.queryByRole("region", { name: /stanset/ })).toBeNull();
    core.becomes({ ...HALTED, halt: { code: "AUTH_TOKEN_DENIED", since: fixtures.NOW, waiting: 0 } });
    expect(await band("Sendingen er stanset for hele virksomheten")).toHaveTextContent("Maskinporten godtok ikke virksomheten.");
    core.becomes(NOTHING);
    await waitFor(() => expect(screen.queryByRole("region", { name: /stanset/ })).toBeNull());
  });
});

describe("a ledger restored from a backup", () => {
  const title = "Protokollen er hentet fra en sikkerhetskopi";

  test("is thawed by asking, with how far that is", async () => {
    let answer: (thawed: ThawView) => void = () => {};
    const core = standing(RESTORED, { thaw: () => new Promise((resolve) => (answer = resolve)) });
    const { user } = await openWindow({ mock: core.mock });
    const restored = await band(title);
    expect(restored).toHaveTextContent("utboksen har vært fryst siden");
    await user.click(within(restored).getByRole("button", { name: "Spør om brevene nå" }));
    act(() => core.mock.notify({ what: "thawing", asked: 1 }));
    expect(await within(restored).findByText("Har spurt om 1 av 2 brev")).toBeVisible();
    core.becomes(NOTHING);
    await act(async () => answer({ asked: 2, unanswered: 0, unsealed: 1 }));
    const thawed = await band("Aksesspunktet har svart om alle brevene. Utboksen er åpen igjen.");
    expect(thawed).toHaveTextContent("1 brev venter i Utboks på at du bekrefter at det ikke er sendt.");
    expect(screen.queryByRole("region", { name: title })).toBeNull();
    await user.click(within(thawed).getByRole("button", { name: "Lukk" }));
    expect(thawed).not.toBeInTheDocument();
  });

  test("stays frozen while somebody has not answered, and can be asked again", async () => {
    const { mock } = standing(RESTORED, { thaw: () => Promise.resolve({ asked: 2, unanswered: 2, unsealed: 0 }) });
    const { user } = await openWindow({ mock });
    const restored = await band(title);
    await user.click(within(restored).getByRole("button", { name: "Spør om brevene nå" }));
    expect(await within(restored).findByText("Det kom ikke svar om 2 brev. Utboksen er fortsatt fryst. Prøv igjen om en stund.")).toBeVisible();
    await user.click(within(restored).getByRole("button", { name: "Spør om brevene nå" }));
    expect(mock.calls.filter(([name]) => name === "thaw")).toHaveLength(2);
  });
});

describe("a service that does not answer", () => {
  const offline = (code: string | null): Connection => ({ state: "offline", since: "2026-11-24T09:39:00Z", code });

  test.each([
    ["TEMP_REGISTER_SILENT", /Kontaktregisteret har ikke svart siden .*10\.39\. Brevene ligger trygt på maskinen og går av seg selv/],
    ["UNCERTAIN_ANSWER_LOST", /Aksesspunktet har ikke svart siden/],
    [null, /Utpost har ikke nådd tjenestene siden .*10\.39/],
  ])("told as %s is named, with since when and that letters are safe", async (code, words) => {
    const { mock } = await openWindow({ start: { screen: "outbox" } });
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    act(() => mock.notify({ what: "connection", connection: offline(code) }));
    expect(await screen.findByText(words)).toBeVisible();
    await expectAccessible();
    act(() => mock.notify({ what: "connection", connection: { state: "ok", since: fixtures.NOW, code: null } }));
    await waitFor(() => expect(screen.queryByText(words)).toBeNull());
  });

  test.each([
    ["sending is halted", HALTED],
    ["the outbox is frozen", RESTORED],
  ])("does not say that letters go by themselves while %s", async (_, standstill) => {
    const { mock } = standing(standstill);
    await openWindow({ mock, start: { screen: "outbox" } });
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    act(() => mock.notify({ what: "connection", connection: offline("TEMP_REGISTER_SILENT") }));
    expect(await screen.findByText(/Kontaktregisteret har ikke svart siden .*Brevene ligger trygt på maskinen\.$/)).toBeVisible();
    expect(screen.queryByText(/går av seg selv/)).toBeNull();
  });

  test("is left to the top line where no letter waits", async () => {
    const { mock } = await openWindow({ start: { screen: "settings" } });
    await screen.findByRole("heading", { level: 1, name: "Innstillinger" });
    act(() => mock.notify({ what: "connection", connection: offline("TEMP_REGISTER_SILENT") }));
    expect(await screen.findByText("Uten nett")).toBeVisible();
    expect(screen.queryByText(/går av seg selv/)).toBeNull();
  });
});

test.each(["nb", "nn", "en"] as const)("nothing for axe to find with everything standing still, in %s", async (language) => {
  const core = standing({ ...HALTED, ...RESTORED, halt: HALTED.halt });
  const { mock } = await openWindow({ mock: core.mock, start: { screen: "outbox" } });
  await mock.setPreferences({ ...fixtures.session.preferences, language });
  act(() => mock.notify({ what: "startupChanged" }));
  await screen.findByRole("region", { name: TEXTS[language].frame.standstill.halt.title });
  act(() => mock.notify({ what: "connection", connection: { state: "offline", since: fixtures.NOW, code: "TEMP_TOKENS_SILENT" } }));
  await screen.findByText((words) => words.includes(TEXTS[language].frame.standstill.offline.kept));
  await expectAccessible();
});

describe("to a screen reader", () => {
  /** The live region that words stand in, if they are read aloud at all. */
  const live = (element: Element) => element.closest("[aria-live], [role=status], [role=alert]");

  test("what stands still comes into a place that was there before it", async () => {
    const core = standing(NOTHING);
    await openWindow({ mock: core.mock, start: { screen: "outbox" } });
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    const before = document.querySelector(".standstill");
    expect(before).toHaveAttribute("role", "status");
    expect(before).toBeEmptyDOMElement();
    core.becomes({ ...RESTORED, halt: HALTED.halt });
    act(() => core.mock.notify({ what: "connection", connection: { state: "offline", since: fixtures.NOW, code: null } }));
    for (const words of [/mangler tilgang eller avtale/, /utboksen har vært fryst siden/, /har ikke nådd tjenestene/]) {
      expect(live(await screen.findByText(words))).toBe(before);
    }
  });

  test("the question about access and the count of letters asked about are no news", async () => {
    const core = standing({ ...RESTORED, halt: HALTED.halt }, { thaw: () => new Promise(() => {}) });
    const { user } = await openWindow({ mock: core.mock });
    await user.click(await screen.findByRole("button", { name: "Spør om brevene nå" }));
    const count = await screen.findByText("Har spurt om 0 av 2 brev");
    expect(live(count)).toHaveAttribute("aria-live", "off");
    await user.click(screen.getByRole("button", { name: "Tilgangen er på plass" }));
    expect(live(await screen.findByRole("dialog"))).toBeNull();
  });

  test("the first heading is the screen's own", async () => {
    const core = standing({ ...RESTORED, halt: HALTED.halt });
    await openWindow({ mock: core.mock, start: { screen: "outbox" } });
    await band("Sendingen er stanset for hele virksomheten");
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    expect(screen.getAllByRole("heading")[0]).toHaveTextContent("Utboks");
  });
});
