import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";

import type { Bridge, Session } from "../../bridge";
import * as fixtures from "../../bridge/fixtures";
import { expectAccessible } from "../../test/render";
import { openScreen } from "../../test/screen";
import { TEXTS } from "../../text";
import { discardAgencyDraft } from "./agencyDraft";
import { SettingsScreen } from "./SettingsScreen";

afterEach(discardAgencyDraft);

const open = (bridge: Partial<Bridge> = {}, session: Partial<Session> = {}) => openScreen(SettingsScreen, { start: { screen: "settings" }, bridge, session });
const field = (name: string) => screen.findByRole("textbox", { name });
const save = () => screen.getByRole("button", { name: "Lagre" });

describe("the agency", () => {
  test("is shown as it is; its number can't be changed", async () => {
    await open();
    expect(await field("Navn på virksomheten")).toHaveProperty("value", "Øvre Fjelldal fjellstyre");
    expect(screen.getByText(/^991\s825\s827$/)).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: /Organisasjonsnummer/ })).toBeNull();
  });

  test("is saved with all its parts", async () => {
    const { mock, user } = await open();
    const name = await field("Navn på virksomheten");
    await user.clear(name);
    await user.type(name, "Nedre Fjelldal fjellstyre");
    await user.type(await field("Adresselinje 2, valgfri"), "Postboks 7");
    await user.click(screen.getByRole("radio", { name: /Trykkeriet makulerer det/ }));
    await user.click(screen.getByRole("radio", { name: "Farger" }));
    await user.click(screen.getByRole("radio", { name: "A-post" }));
    expect(screen.getByText("Du har endringer som ikke er lagret.")).toBeTruthy();
    await user.click(save());
    expect(await screen.findByText("Lagret.", { selector: "form span" })).toBeTruthy();
    const { agency } = fixtures.session;
    expect(mock.calls).toContainEqual([
      "setAgency",
      {
        ...agency,
        name: "Nedre Fjelldal fjellstyre",
        returnAddress: { ...agency.returnAddress, lines: ["Fjelldalsvegen 412", "Postboks 7"] },
        returns: "shredAndReport",
        colour: "colour",
        postClass: "A",
      },
    ]);
  });

  test("with several faults is not saved: they are listed, and lead to their fields", async () => {
    const { mock, user } = await open();
    await user.clear(await field("Navn på virksomheten"));
    await user.clear(await field("Poststed"));
    await user.clear(await field("SMS"));
    await user.type(await field("SMS"), "x".repeat(161));
    await user.click(save());
    const summary = (await screen.findByRole("heading", { name: "Rett dette før du lagrer" })).parentElement as HTMLElement;
    expect(within(summary).getAllByRole("link").map((link) => link.textContent)).toEqual([
      "Skriv navnet på virksomheten.",
      "Skriv poststedet.",
      "Teksten i SMS-varselet er for lang. Det er plass til 160 tegn.",
    ]);
    await waitFor(() => expect(document.activeElement).toBe(summary));
    expect(mock.calls.some(([name]) => name === "setAgency")).toBe(false);
    await user.click(within(summary).getByRole("link", { name: "Skriv poststedet." }));
    expect(document.activeElement).toBe(await field("Poststed"));
    expect((await field("Poststed")).getAttribute("aria-invalid")).toBe("true");
  });

  test("with one fault leads straight to it", async () => {
    const { user } = await open();
    await user.clear(await field("Navn på virksomheten"));
    await user.click(save());
    expect(await screen.findByText("Skriv navnet på virksomheten.")).toBeTruthy();
    await waitFor(async () => expect(document.activeElement).toBe(await field("Navn på virksomheten")));
  });

  test("has its postcode checked when one leaves it", async () => {
    const { user } = await open();
    const postcode = await field("Postnummer");
    await user.clear(postcode);
    await user.type(postcode, "26");
    await user.tab();
    expect(await screen.findByText("Postnummeret skal ha fire siffer.")).toBeTruthy();
    await user.type(postcode, "98");
    expect(screen.queryByText("Postnummeret skal ha fire siffer.")).toBeNull();
  });

  test.each([
    ["name", "Navn på virksomheten", "INPUT_SETTINGS"],
    ["return_address.name", "Navn på konvolutten", "INPUT_ADDRESS"],
    ["return_address.lines", "Gate eller postboks", "INPUT_ADDRESS"],
    ["return_address.postcode", "Postnummer", "INPUT_ADDRESS"],
    ["return_address.town", "Poststed", "INPUT_ADDRESS"],
    ["return_address.country", "Land, bare utenfor Norge", "INPUT_ADDRESS"],
    ["email_notice", "E-post", "INPUT_NOTICE"],
    ["sms_notice", "SMS", "INPUT_NOTICE"],
  ])("refused by the core for %s leads to that field", async (detail, name, code) => {
    const { user } = await open({ setAgency: () => Promise.reject(fixtures.trouble(code, { detail })) });
    await field("Poststed");
    await user.click(save());
    await waitFor(async () => expect(document.activeElement).toBe(await field(name)));
    expect((await field(name)).getAttribute("aria-invalid")).toBe("true");
  });

  test("that can't be written says so, and keeps what was typed", async () => {
    const { user } = await open({ setAgency: () => Promise.reject(fixtures.trouble("LOCAL_DISK_FULL")) });
    await user.type(await field("Navn på virksomheten"), " nord");
    await user.click(save());
    expect(await screen.findByText("Disken er full. Ingenting er tapt.")).toBeTruthy();
    expect(await field("Navn på virksomheten")).toHaveProperty("value", "Øvre Fjelldal fjellstyre nord");
  });

  test("changed and not saved is still there after a look elsewhere, and can be discarded", async () => {
    const { user, view } = await open();
    await user.type(await field("Navn på virksomheten"), " nord");
    await user.click(screen.getByRole("button", { name: "Om Utpost" }));
    expect(screen.getByRole("button", { name: /^Virksomhet\s?ikke lagret$/ })).toBeTruthy();
    view.unmount();
    await open();
    expect(await field("Navn på virksomheten")).toHaveProperty("value", "Øvre Fjelldal fjellstyre nord");
    expect(screen.getByText("Du har endringer som ikke er lagret.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Forkast endringene" }));
    expect(await field("Navn på virksomheten")).toHaveProperty("value", "Øvre Fjelldal fjellstyre");
    expect(screen.queryByRole("button", { name: "Forkast endringene" })).toBeNull();
  });
});

describe("sending", () => {
  const toSending = async (bridge: Partial<Bridge> = {}) => {
    const opened = await open(bridge);
    await opened.user.click(await screen.findByRole("button", { name: "Sending" }));
    return opened;
  };

  test.each(["601", "-1", "2,5", "ti", ""])("takes no undo time of %j", async (typed) => {
    const { mock, user } = await toSending();
    const seconds = await field("Angrefrist");
    await user.clear(seconds);
    if (typed !== "") await user.type(seconds, typed);
    await user.click(save());
    expect(await screen.findByText("Skriv et helt tall fra 0 til 600.")).toBeTruthy();
    expect(document.activeElement).toBe(seconds);
    expect(mock.calls.some(([name]) => name === "setPreferences")).toBe(false);
  });

  test.each([0, 600])("takes %i seconds", async (undoSeconds) => {
    const { mock, user } = await toSending();
    const seconds = await field("Angrefrist");
    await user.clear(seconds);
    await user.type(seconds, String(undoSeconds));
    if (undoSeconds === 0) expect(screen.getByText(/Med 0 sendes brevet straks/)).toBeTruthy();
    await user.click(save());
    expect(await screen.findByText("Lagret.", { selector: "form span" })).toBeTruthy();
    expect(mock.calls).toContainEqual(["setPreferences", { ...fixtures.session.preferences, undoSeconds }]);
  });
});

test("language and look change at once, and are kept", async () => {
  const { mock, user } = await open();
  await user.click(await screen.findByRole("button", { name: "Språk og utseende" }));
  await user.click(screen.getByRole("radio", { name: "Nynorsk" }));
  expect(await screen.findByRole("heading", { name: "Innstillingar" })).toBeTruthy();
  expect(document.documentElement.lang).toBe("nn");
  await user.click(screen.getByRole("radio", { name: "English" }));
  expect(await screen.findByRole("heading", { name: "Settings" })).toBeTruthy();
  await user.click(screen.getByRole("radio", { name: "Dark" }));
  await waitFor(() => expect(document.documentElement.dataset.colorScheme).toBe("dark"));
  expect(mock.calls).toContainEqual(["setPreferences", { ...fixtures.session.preferences, language: "en", theme: "dark" }]);
});

describe("practice", () => {
  test("is emptied only after being told what goes", async () => {
    const { mock, user } = await open();
    await user.click(await screen.findByRole("button", { name: "Øving" }));
    const empty = screen.getByRole("button", { name: "Tøm øvingsmiljøet" });
    await user.click(empty);
    const dialog = await screen.findByRole("dialog", { name: "Tømme øvingsmiljøet?" });
    expect(within(dialog).getAllByRole("listitem").map((item) => item.textContent)).toEqual([...TEXTS.nb.settings.practice.removedItems]);
    await user.click(within(dialog).getByRole("button", { name: "Behold alt" }));
    expect(mock.calls.some(([name]) => name === "practiceReset")).toBe(false);
    expect(document.activeElement).toBe(empty);

    await user.click(empty);
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Tøm øvingsmiljøet" }));
    expect(mock.calls).toContainEqual(["practiceReset"]);
    expect(await screen.findByText("Øvingsmiljøet er tomt.", { selector: ".settings-form span" })).toBeTruthy();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("is no section outside practice", async () => {
    await open({}, { environment: "production" });
    await field("Poststed");
    expect(screen.queryByRole("button", { name: "Øving" })).toBeNull();
    expect(screen.queryByText(/oppdiktet/)).toBeNull();
  });
});

test("the program tells its version, where the letters lie, and opens that folder", async () => {
  const { mock, user } = await open();
  await user.click(await screen.findByRole("button", { name: "Om Utpost" }));
  expect(screen.getByText("Utpost 0.1.0")).toBeTruthy();
  expect(screen.getByText("/home/ingrid/.local/share/utpost/practice")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Åpne mappen" }));
  expect(mock.calls).toContainEqual(["openDataFolder"]);
  await user.click(screen.getByRole("button", { name: "Tastatursnarveier" }));
  expect(await screen.findByRole("dialog", { name: "Tastatursnarveier" })).toBeTruthy();
});

test("a section that is chosen gets focus on its heading", async () => {
  const { user } = await open();
  await user.click(await screen.findByRole("button", { name: "Sending" }));
  expect(document.activeElement).toBe(screen.getByRole("heading", { level: 2, name: "Sending" }));
});

describe.each(["nb", "nn", "en"] as const)("nothing for axe to find, in %s", (language) => {
  test.each(["agency", "sending", "appearance", "practice", "about"])("in %s", async (focus) => {
    await openScreen(SettingsScreen, { start: { screen: "settings", focus }, preferences: { language } });
    await screen.findByRole("heading", { level: 2, name: TEXTS[language].settings.sections[focus as "agency"] });
    await expectAccessible();
  });
});
