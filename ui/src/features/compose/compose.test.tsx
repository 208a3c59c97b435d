import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";

import * as fixtures from "../../bridge/fixtures";
import { createMock } from "../../bridge/mock";
import { openCompose } from "../../test/composePage";
import { expectAccessible } from "../../test/render";

const RESERVED = "02825777442";
const EXPIRED = "14823678550";
const DELETED = "14902879154";
const SILENT = "19893064152";
const CONTRADICTS = "02914982319";

/** Nothing read out of the letter, so that no other number is asked about. */
const withoutNumber = { read: { numbers: [], address: null, title: "Vedtak" } };

/** A register whose first answer comes when the test says so, and is then lost if nobody wants it. */
function slowRegister(taken: Parameters<typeof createMock>[2] = {}) {
  const mock = createMock({}, {}, taken);
  const { lookUp } = mock;
  let late: (() => void) | null = null;
  mock.lookUp = (revision, form) => {
    if (late) return lookUp(revision, form);
    mock.calls.push(["lookUp", revision, form]);
    return new Promise((resolve) => {
      late = () => resolve({ composition: fixtures.composition({ revision: 90, letter: fixtures.row({ recipientNumber: form.number }), decision: fixtures.decisionFor(form.number) }), trouble: null });
    });
  };
  const answer = async () => {
    await act(async () => {
      late?.();
      await Promise.resolve();
    });
  };
  return { mock, answer };
}

describe("before a letter", () => {
  test("Velg PDF has focus, and the screen is accessible", async () => {
    const page = await openCompose();
    const pick = await screen.findByRole("button", { name: "Velg PDF" });
    page.focusIsOn(pick);
    expect(document.title).toBe("Slipp PDF-en i vinduet – Utpost");
    await expectAccessible();
  });

  test("practice offers three ready letters, other environments none", async () => {
    await openCompose();
    expect(await screen.findByRole("button", { name: /Har postkasse\s*Rask Elveos/ })).toBeVisible();
    expect(screen.getAllByRole("button", { name: /Har postkasse|Er reservert|Kan ikke varsles/ })).toHaveLength(3);
    document.body.replaceChildren();
    await openCompose({ session: { environment: "test" } });
    await screen.findByRole("button", { name: "Velg PDF" });
    expect(screen.queryByRole("button", { name: /Har postkasse/ })).toBeNull();
    expect(screen.queryByRole("button", { name: "Innbyggerens postkasse" })).toBeNull();
  });

  test.each([
    ["INPUT_NOT_PDF", "Brev.docx", /er ikke en PDF/],
    ["INPUT_PDF_ENCRYPTED", "Låst.pdf", /låst med passord/],
    ["INPUT_FOLDER", "Saker", /en mappe/],
    ["INPUT_TOO_LARGE", "Stor.pdf", /større enn/],
    ["INPUT_FILE_MISSING", "Borte.pdf", /finnes ikke lenger/],
  ])("a file refused as %s is told in words, with its name and the way on", async (code, name, words) => {
    const page = await openCompose({ bridge: { composeTake: () => Promise.reject(fixtures.trouble(code, { detail: name })) } });
    await page.drop(`/saker/${name}`);
    const told = (await screen.findByText(words)).closest<HTMLElement>("[role=alert]");
    expect(told).toHaveTextContent(`Gjelder «${name}»`);
    expect(told).toHaveTextContent("Referanse 7F3K-29QD");
    expect(told).not.toHaveTextContent(code);
    await waitFor(() => page.focusIsOn(told as Element));
    expect(screen.getByRole("button", { name: "Velg en annen PDF" })).toBeVisible();
    await expectAccessible();
  });
});

describe("from drop to sent", () => {
  test("takes two presses when the number stands in the letter", async () => {
    const page = await openCompose();
    await page.dropped();
    expect(page.number()).toHaveValue("069251\u00a015949");
    expect(page.band("Mottaker").getByText("Lest fra side 1")).toBeVisible();
    await page.user.keyboard("{Enter}");
    await waitFor(() => page.focusIsOn(page.send()));
    expect(screen.getByText(/går til Rask Elveos i Digipost/)).toHaveTextContent("Vedtaket går til Rask Elveos i Digipost");
    expect(screen.getByText("Anslått pris 1,09 kr uten mva., pluss SMS")).toBeVisible();
    await expectAccessible();
    await page.user.keyboard("{Enter}");
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    expect(page.called("send")).toEqual([["send", { revision: 2, form: { ...fixtures.form(), number: "06925115949" }, yes: false }]]);
    await waitFor(() => page.focusIsOn(screen.getByRole("button", { name: /Angre/ })));
  });

  test("says where the letter goes and why, with the register's answer", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.lookedUp();
    const decision = within(await page.decision());
    expect(decision.getByRole("heading", { name: "Digital postkasse, Digipost" })).toBeVisible();
    expect(decision.getByText(/etter eForvaltningsforskriften § 8\.$/)).toBeVisible();
    await page.user.click(decision.getByRole("button", { name: "Se svaret" }));
    const answer = within(screen.getByRole("heading", { name: "Svaret fra kontaktregisteret", hidden: true }).parentElement as HTMLElement);
    expect(answer.getByText("Kan varsles").nextElementSibling).toHaveTextContent("Ja");
    expect(answer.getByText("Reservert").nextElementSibling).toHaveTextContent("Nei");
  });

  test("Enter in the number field looks up; nothing sends but Send", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.user.click(page.number());
    await page.user.keyboard("{Enter}");
    await page.decision();
    await page.user.click(page.number());
    await page.user.keyboard("{Enter}");
    await waitFor(() => expect(page.called("lookUp")).toHaveLength(2));
    expect(page.called("send")).toHaveLength(0);
  });

  test("another answer at Send is shown, and Send must be pressed again", async () => {
    const mock = createMock();
    const send = mock.send;
    let first = true;
    mock.send = (order) => {
      if (!first) return send(order);
      first = false;
      return Promise.resolve({ outcome: "lookAgain", looked: { composition: fixtures.composition({ revision: 9, letter: fixtures.row(), decision: fixtures.decisionFor(RESERVED) }), trouble: null } });
    };
    const page = await openCompose({ mock });
    await page.dropped();
    await page.lookedUp();
    await waitFor(() => page.focusIsOn(page.send()));
    await page.user.click(page.send());
    expect(await screen.findByText(/svarer noe annet nå/)).toBeVisible();
    expect(within(await page.decision()).getByRole("heading")).toHaveTextContent("Papir");
    await waitFor(() => page.focusIsOn(page.send()));
    await page.user.click(page.send());
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
  });
});

describe("the number", () => {
  test("is checked as it is typed, and told as an error only when it is used", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    const field = await screen.findByRole("textbox", { name: "Fødselsnummer" });
    await waitFor(() => page.focusIsOn(field));
    await page.user.type(field, "0692511594");
    expect(await screen.findByText("Nummeret mangler ett siffer.")).not.toHaveClass("ds-validation-message");
    expect(field).not.toBeInvalid();
    await page.user.keyboard("{Enter}");
    expect(field).toBeInvalid();
    expect(field).toHaveAccessibleDescription(/mangler ett siffer/);
    page.focusIsOn(field);
    expect(page.called("lookUp")).toHaveLength(0);
    await page.user.type(field, "8");
    expect(await screen.findByText(/Trolig er ett siffer feil/)).toBeVisible();
  });

  test("pasted with spaces, marks and hidden characters is cleaned", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    await page.user.click(await screen.findByRole("textbox", { name: "Fødselsnummer" }));
    await page.user.paste("\u200b 069251-\u00a015949\u202c\n");
    expect(page.number()).toHaveValue("069251\u00a015949");
    await page.user.keyboard("{Enter}");
    await page.decision();
    expect(page.called("lookUp")[0]?.[2]).toMatchObject({ number: "06925115949" });
  });

  test("other than the one in the letter stops the clerk and asks which is right", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.lookedUp(RESERVED);
    const dialog = within(await page.dialog());
    expect(dialog.getByText("Nummeret i brevet er et annet enn det du skrev.")).toBeVisible();
    await expectAccessible();
    expect(page.called("lookUp")).toHaveLength(0);
    await page.user.click(dialog.getByRole("button", { name: /069251.15949, som står i brevet/ }));
    await page.decision();
    expect(page.called("lookUp")[0]?.[2]).toMatchObject({ number: "06925115949" });
  });

  test("insisted on once is not asked about again", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.lookedUp(RESERVED);
    await page.user.click(within(await page.dialog()).getByRole("button", { name: /028257.77442, som jeg skrev/ }));
    await page.decision();
    await page.lookedUp();
    await waitFor(() => expect(page.called("lookUp")).toHaveLength(2));
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test("one of several in the letter is chosen, not guessed", async () => {
    const read = { numbers: [{ number: "06925115949", page: 1 }, { number: RESERVED, page: 2 }], address: null, title: "Vedtak" };
    const page = await openCompose({ taken: { read } });
    await page.drop();
    const field = await screen.findByRole("textbox", { name: "Fødselsnummer" });
    expect(field).toHaveValue("");
    await page.user.click(screen.getByRole("button", { name: /Bruk 028257.77442/ }));
    expect(field).toHaveValue("028257\u00a077442");
    expect(screen.getByText("Lest fra side 2")).toBeVisible();
    await expectAccessible();
  });

  test("changed after the look-up takes the decision away", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.lookedUp();
    await page.decision();
    await page.user.type(page.number(), "{Backspace}");
    expect(screen.queryByRole("heading", { name: /Digital postkasse/ })).toBeNull();
    expect(page.send()).toHaveAttribute("aria-disabled", "true");
  });

  test("changed while the register is asked never stands beside the answer about the one asked for", async () => {
    const register = slowRegister(withoutNumber);
    const page = await openCompose({ mock: register.mock });
    await page.drop();
    await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
    await page.lookedUp("06925115949");
    await page.user.clear(page.number());
    await page.user.type(page.number(), RESERVED);
    await register.answer();
    await waitFor(() => expect(page.lookUp()).not.toHaveAttribute("aria-busy"));
    expect(screen.queryByRole("group", { name: /Digital postkasse|Papir|Stanset/ })).toBeNull();
    expect(page.send()).toHaveAttribute("aria-disabled", "true");
    // Back at the number asked for, the answer holds.
    await page.user.clear(page.number());
    await page.user.type(page.number(), "069251 15949");
    expect(await page.decision()).toHaveTextContent("Digipost");
  });

  test("that is no practice person's is refused with the way on", async () => {
    const page = await openCompose({ taken: withoutNumber, bridge: { checkNumber: (text) => Promise.resolve({ clean: text.replace(/\D/g, ""), code: null, missing: 0 }), lookUp: () => Promise.reject(fixtures.trouble("INPUT_NUMBER_NOT_SYNTHETIC")) } });
    await page.drop();
    await page.user.type(await screen.findByRole("textbox", { name: "Fødselsnummer" }), "17054026641{Enter}");
    expect(await screen.findByText(/bare oppdiktede personer/)).toBeVisible();
    await waitFor(() => page.focusIsOn(page.number()));
    expect(page.number()).toBeInvalid();
  });
});

describe("a register slow to answer", () => {
  const stop = () => screen.findByRole("button", { name: "Avbryt" }, { timeout: 2000 });
  const looking = () => screen.queryByText("Slår opp i kontaktregisteret");

  test("can be stopped by Esc after a second, and what it says later is not shown", async () => {
    const register = slowRegister();
    const page = await openCompose({ mock: register.mock });
    await page.dropped();
    await page.user.keyboard("{Enter}");
    await screen.findByText("Slår opp i kontaktregisteret");
    // Not before it takes long.
    await page.user.keyboard("{Escape}");
    expect(page.called("stopAsking")).toEqual([]);
    expect(await stop()).toHaveAttribute("aria-keyshortcuts", "Escape");
    await expectAccessible();
    await page.user.keyboard("{Escape}");
    await waitFor(() => expect(looking()).toBeNull());
    expect(page.called("stopAsking")).toHaveLength(1);
    expect(document.querySelector('[aria-live="polite"]')).toHaveTextContent("Oppslaget er avbrutt. Brevet er ikke sendt.");
    page.focusIsOn(page.lookUp());
    await register.answer();
    expect(screen.queryByRole("group", { name: /Digital postkasse/ })).toBeNull();
    expect(page.send()).toHaveAttribute("aria-disabled", "true");
  });

  test("stopped by a press leaves the page free for another number, asked for with the letter as it now is", async () => {
    const register = slowRegister(withoutNumber);
    const page = await openCompose({ mock: register.mock });
    await page.drop();
    await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
    await page.lookedUp("06925115949");
    await page.user.click(await stop());
    await waitFor(() => page.focusIsOn(page.lookUp()));
    await page.lookedUp(RESERVED);
    expect(await page.decision()).toHaveTextContent("Papir");
    const [first, second] = page.called("lookUp");
    expect(Number(second?.[1])).toBeGreaterThan(Number(first?.[1]));
    await register.answer();
    expect(await page.decision()).toHaveTextContent("Papir");
    // The first number again: what was said too late about it is nowhere to be found.
    await page.user.clear(page.number());
    await page.user.type(page.number(), "06925115949");
    expect(screen.queryByRole("group", { name: /Digital postkasse|Papir/ })).toBeNull();
  });

  test("stopped lets dropped files in that waited for their turn", async () => {
    const register = slowRegister();
    const page = await openCompose({ mock: register.mock });
    await page.dropped();
    await page.user.keyboard("{Enter}");
    const button = await stop();
    await page.user.click(page.band("Dokument").getByRole("button", { name: "Vedlegg" }));
    expect(page.called("composePick")).toEqual([]);
    await page.user.click(button);
    await waitFor(() => expect(page.called("composePick")).toEqual([["composePick", "attachments"]]));
    expect(await screen.findByRole("button", { name: "Fjern vedlegget «Kart over beiteområdet»" })).toBeVisible();
  });

  test("at Send can be stopped too, unless the letter is being taken already", async () => {
    const mock = createMock();
    const held = mock.send;
    let answer = () => {};
    let taken = true;
    mock.send = (order) => new Promise((resolve) => (answer = () => resolve(held(order))));
    const stopAsking = mock.stopAsking;
    mock.stopAsking = () => (taken ? Promise.reject(fixtures.trouble("INPUT_NOT_IN_THIS_STATE")) : stopAsking());
    const page = await openCompose({ mock });
    await page.dropped();
    await page.lookedUp();
    await waitFor(() => page.focusIsOn(page.send()));
    await page.user.keyboard("{Enter}");
    await page.user.click(await stop());
    // Too late: it goes on as if nothing had been pressed.
    expect(await stop()).toBeVisible();
    taken = false;
    await page.user.click(await stop());
    await waitFor(() => page.focusIsOn(page.send()));
    expect(document.querySelector('[aria-live="polite"]')).toHaveTextContent("Oppslaget er avbrutt. Brevet er ikke sendt.");
    answer();
    await Promise.resolve();
    expect(screen.queryByRole("heading", { level: 1, name: "Utboks" })).toBeNull();
  });
});

describe("paper", () => {
  test("for one who has reserved names fact, date and paragraph, and takes the address from the letter", async () => {
    const page = await openCompose();
    await page.user.click(await screen.findByRole("button", { name: /Er reservert/ }));
    await waitFor(() => page.focusIsOn(page.lookUp()));
    await page.lookedUp();
    const why = within(await page.decision()).getByText(/reserverte seg mot digital post 14\. februar 2025\. Vedtak skal da sendes på papir, etter eForvaltningsforskriften § 9\.$/);
    expect(why).toBeVisible();
    expect(await screen.findByText("Adressen kan skrives på konvolutten")).toBeVisible();
    await waitFor(() => page.focusIsOn(page.send()));
    expect(page.send()).toHaveAccessibleName("Send på papir");
    await expectAccessible();
  });

  test("without an address asks for one, and checks the postcode", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    await page.user.type(await screen.findByRole("textbox", { name: "Fødselsnummer" }), `${RESERVED}{Enter}`);
    const name = await screen.findByRole("textbox", { name: "Navn" });
    await waitFor(() => page.focusIsOn(name));
    await page.user.type(name, "Reservert Granskog");
    await page.user.type(screen.getByRole("textbox", { name: "Adresse" }), "Seterlia 19");
    await page.user.type(screen.getByRole("textbox", { name: "Postnummer" }), "26");
    await page.user.type(screen.getByRole("textbox", { name: "Poststed" }), "Fjelldal");
    await waitFor(() => expect(screen.getByRole("textbox", { name: "Postnummer" })).toBeInvalid());
    expect(screen.getByRole("textbox", { name: "Postnummer" })).toHaveAccessibleDescription(/fire sifre/);
    await expectAccessible();
    await page.user.click(page.send());
    expect(page.called("send")).toHaveLength(0);
    await waitFor(() => page.focusIsOn(screen.getByRole("textbox", { name: "Postnummer" })));
    await page.user.type(screen.getByRole("textbox", { name: "Postnummer" }), "98");
    await waitFor(() => expect(page.send()).not.toHaveAttribute("aria-disabled"));
    await page.user.click(page.send());
    await waitFor(() => expect(page.called("send")).toHaveLength(1));
    expect(page.called("send")[0]?.[1]).toMatchObject({ form: { recipientName: "Reservert Granskog", address: { lines: ["Seterlia 19"], postcode: "2698" } } });
  });

  test("proposed for a fault of the mailbox wants an explicit yes", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    await page.user.type(await screen.findByRole("textbox", { name: "Fødselsnummer" }), `${EXPIRED}{Enter}`);
    const yes = await screen.findByRole("checkbox", { name: "Send på papir likevel" });
    await waitFor(() => page.focusIsOn(yes));
    expect(screen.queryByRole("textbox", { name: "Postnummer" })).toBeNull();
    await page.user.click(page.send());
    expect(page.called("send")).toHaveLength(0);
    await waitFor(() => page.focusIsOn(yes));
    await page.user.click(yes);
    expect(await screen.findByRole("textbox", { name: "Postnummer" })).toBeVisible();
    await expectAccessible();
  });

  test("for a person removed from the register is stopped until the clerk chooses", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.lookedUp(DELETED);
    await page.user.click(within(await page.dialog()).getByRole("button", { name: /som jeg skrev/ }));
    expect(within(await page.decision()).getByText(/Sjekk Folkeregisteret/)).toBeVisible();
    await page.user.click(screen.getByRole("checkbox", { name: "Send på papir likevel" }));
    await waitFor(() => expect(page.send()).not.toHaveAttribute("aria-disabled"));
    await page.user.click(page.send());
    await waitFor(() => expect(page.called("send")).toHaveLength(1));
    expect(page.called("send")[0]?.[1]).toMatchObject({ yes: true });
  });
});

describe("what can't be sent", () => {
  test("a stopped letter says why, and Send leads there", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    await page.user.type(await screen.findByRole("textbox", { name: "Fødselsnummer" }), `${CONTRADICTS}{Enter}`);
    const decision = await page.decision();
    expect(decision).toHaveTextContent("to ulike svar");
    await page.user.click(page.send());
    expect(page.called("send")).toHaveLength(0);
    await waitFor(() => page.focusIsOn(decision));
    await expectAccessible();
  });

  test("a silent register leaves the letter kept and waiting, and never offers paper", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    await page.user.type(await screen.findByRole("textbox", { name: "Fødselsnummer" }), `${SILENT}{Enter}`);
    expect(await screen.findByText("Kontaktregisteret svarer ikke. Brevet er lagret og venter.")).toBeVisible();
    expect(screen.queryByRole("checkbox", { name: /papir/ })).toBeNull();
    expect(screen.getByRole("button", { name: "Slå opp på nytt" })).toBeVisible();
    await expectAccessible();
    await page.user.click(screen.getByRole("button", { name: "Se utboksen" }));
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
  });

  test("two faults are gathered in a summary that leads to each", async () => {
    const page = await openCompose({ taken: withoutNumber });
    await page.drop();
    await screen.findByRole("textbox", { name: "Fødselsnummer" });
    await page.user.click(screen.getByRole("button", { name: "Endre: Sending" }));
    await page.user.clear(screen.getByRole("textbox", { name: "Tittel" }));
    await page.user.click(screen.getByRole("button", { name: "Lukk: Sending" }));
    await page.user.click(page.send());
    const summary = (await screen.findByRole("heading", { name: "Rett dette før du sender" })).parentElement as HTMLElement;
    await waitFor(() => page.focusIsOn(summary));
    await expectAccessible();
    await page.user.click(within(summary).getByRole("link", { name: "Skriv en tittel." }));
    await waitFor(() => page.focusIsOn(screen.getByRole("textbox", { name: "Tittel" })));
    expect(screen.getByRole("textbox", { name: "Tittel" })).toBeInvalid();
  });

  test("a title of 300 characters and a day that does not exist are told before anything is asked", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.user.click(screen.getByRole("button", { name: "Endre: Sending" }));
    const title = screen.getByRole("textbox", { name: "Tittel" });
    await page.user.clear(title);
    await page.user.click(title);
    await page.user.paste("x".repeat(300));
    await page.user.type(screen.getByRole("textbox", { name: "Synlig fra" }), "31.02.2027");
    await page.lookedUp();
    await page.decision();
    await page.user.click(page.send());
    expect(page.called("send")).toHaveLength(0);
    expect((await screen.findAllByText("Tittelen kan ha høyst 255 tegn.")).length).toBeGreaterThan(0);
    expect(screen.getAllByText("Skriv dagen som 24.11.2026.").length).toBeGreaterThan(0);
  });

  test("hidden characters found by the core open the band and lead to the title", async () => {
    const page = await openCompose({ bridge: { lookUp: () => Promise.reject(fixtures.trouble("INPUT_TITLE_HIDDEN_CHARACTERS")) } });
    await page.dropped();
    await page.lookedUp();
    const title = await screen.findByRole("textbox", { name: "Tittel" });
    await waitFor(() => page.focusIsOn(title));
    expect(title).toBeInvalid();
    expect(screen.getByText(/inneholder skjulte tegn/)).toBeVisible();
  });
});

describe("files", () => {
  test("attachments are added, named and removed", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.user.click(screen.getByRole("button", { name: "Vedlegg" }));
    const list = within(await screen.findByRole("list", { name: "Vedlegg" }));
    await page.user.click(list.getByRole("button", { name: "Endre navn på vedlegget «Kart over beiteområdet»" }));
    const name = screen.getByRole("textbox", { name: "Navn på vedlegget" });
    page.focusIsOn(name);
    await page.user.clear(name);
    await page.user.type(name, "1 Kart{Enter}");
    await screen.findByRole("button", { name: "Fjern vedlegget «1 Kart»" });
    await expectAccessible();
    await page.user.click(screen.getByRole("button", { name: "Fjern vedlegget «1 Kart»" }));
    await waitFor(() => expect(screen.queryByRole("list", { name: "Vedlegg" })).toBeNull());
    await waitFor(() => page.focusIsOn(screen.getByRole("button", { name: "Bytt PDF" })));
  });

  test("a file dropped on an open letter is asked about, and replacing keeps what the clerk wrote", async () => {
    const page = await openCompose();
    await page.dropped();
    await page.user.click(screen.getByRole("button", { name: "Endre: Sending" }));
    await page.user.click(screen.getByRole("radio", { name: "Forhåndsvarsel" }));
    await page.drop("C:\\saker\\Nytt vedtak.pdf");
    const dialog = within(await page.dialog());
    expect(dialog.getByText("Nytt vedtak.pdf")).toBeVisible();
    await expectAccessible();
    await page.user.click(dialog.getByRole("button", { name: "Bytt ut dokumentet" }));
    await waitFor(() => expect(page.called("composeTake").at(-1)).toEqual(["composeTake", ["C:\\saker\\Nytt vedtak.pdf"], "replacement"]));
    expect(await screen.findByText("Nytt vedtak.pdf")).toBeVisible();
    expect(screen.getByText(/^Forhåndsvarsel, høyt sikkerhetsnivå/)).toBeVisible();
  });

  test("of several files one is chosen as the letter, and it goes first", async () => {
    const page = await openCompose();
    await page.drop("/saker/bilde.png", "/saker/Brev.pdf", "/saker/Kart.pdf");
    const dialog = within(await page.dialog());
    expect(dialog.getByRole("radio", { name: "Brev.pdf" })).toBeChecked();
    await expectAccessible();
    await page.user.click(dialog.getByRole("radio", { name: "Kart.pdf" }));
    await page.user.click(dialog.getByRole("button", { name: "Bruk denne" }));
    await waitFor(() => expect(page.called("composeTake")).toEqual([["composeTake", ["/saker/Kart.pdf", "/saker/bilde.png", "/saker/Brev.pdf"], "letter"]]));
  });

  test("files are taken on any screen, and shown while they are held over the window", async () => {
    const page = await openCompose({ start: { screen: "outbox" } });
    await screen.findByRole("heading", { level: 1, name: "Utboks" });
    page.mock.notify({ what: "filesOver", over: true });
    expect(await screen.findByText("Slipp filene hvor som helst i vinduet")).toBeVisible();
    await page.drop();
    await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
    expect(screen.queryByText("Slipp filene hvor som helst i vinduet")).toBeNull();
    await waitFor(() => page.focusIsOn(page.lookUp()));
  });

  test("files given before the window was ready are not lost", async () => {
    const mock = createMock();
    const subscribe = mock.subscribe;
    mock.subscribe = (listener) => {
      const answer = subscribe(listener);
      listener({ what: "filesGiven", paths: ["/saker/Vedtak.pdf"] });
      return answer;
    };
    const page = await openCompose({ mock });
    await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
    expect(page.called("composeTake")).toHaveLength(1);
  });

  test("the pages can be gone through by keyboard", async () => {
    const page = await openCompose();
    await page.dropped();
    const desk = within(screen.getByRole("region", { name: "Siden slik mottakeren får se den" }));
    expect(desk.getByRole("heading", { name: "Side 1 av 2" })).toBeVisible();
    await page.user.click(desk.getByRole("button", { name: "Neste side" }));
    expect(desk.getByRole("img", { name: /Bilde av side 2 av 2/ })).toBeVisible();
    expect(desk.getByRole("button", { name: "Neste side" })).toHaveAttribute("aria-disabled", "true");
    await page.user.keyboard("{PageUp}");
    expect(desk.getByRole("heading", { name: "Side 1 av 2" })).toBeVisible();
  });
});

test("what the clerk has written is there after a visit to another screen", async () => {
  const page = await openCompose();
  await page.dropped();
  await page.user.clear(page.number());
  await page.user.type(page.number(), "0692");
  await page.user.keyboard("{Control>}2{/Control}");
  await screen.findByRole("heading", { level: 1, name: "Utboks" });
  await page.user.keyboard("{Control>}1{/Control}");
  expect(await screen.findByRole("textbox", { name: "Fødselsnummer" })).toHaveValue("0692");
});

test("a letter taken up again comes with its form and its decision, and focus on Send", async () => {
  const mock = createMock();
  const page = await openCompose({ start: { screen: "settings" }, mock });
  mock.compose = () => Promise.resolve(fixtures.composition({ revision: 7, letter: fixtures.row(), form: fixtures.form({ kind: "advanceNotice" }), decision: fixtures.decisionFor("06925115949") }));
  await page.user.keyboard("{Control>}1{/Control}");
  await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
  expect(screen.getByText(/^Forhåndsvarsel, høyt/)).toBeVisible();
  await waitFor(() => page.focusIsOn(page.send()));
});

test("a letter is put away only after a question", async () => {
  const page = await openCompose();
  await page.dropped();
  await page.user.click(screen.getByRole("button", { name: "Legg bort" }));
  await page.user.click(within(await page.dialog()).getByRole("button", { name: "Legg bort" }));
  await screen.findByRole("heading", { level: 1, name: "Slipp PDF-en i vinduet" });
  expect(page.called("composeClear")).toHaveLength(1);
});

describe("a letter that says the same was sent before", () => {
  const found = fixtures.earlier({ state: "opened" });
  /** A core that stops the letter until a reason has been given. */
  const stopping = (over: Parameters<typeof createMock>[0] = {}) => {
    let revision = 1;
    const looked = () => fixtures.composition({ revision: ++revision, letter: fixtures.row({ state: "stopped", stoppedBy: "REACH_SENT_BEFORE" }), earlier: found });
    return {
      lookUp: () => Promise.resolve({ composition: looked(), trouble: fixtures.trouble("REACH_SENT_BEFORE") }),
      allowRepeat: () => Promise.resolve({ composition: fixtures.composition({ revision: ++revision, letter: fixtures.row(), decision: fixtures.decisionFor("06925115949") }), trouble: null }),
      ...over,
    };
  };
  const card = () => screen.findByRole("group", { name: "Et likt brev er allerede sendt til mottakeren" });

  test("stops the clerk and shows it: title, when, how it stands", async () => {
    const page = await openCompose({ bridge: stopping() });
    await page.dropped();
    await page.lookedUp();
    const shown = await card();
    await waitFor(() => page.focusIsOn(shown));
    expect(shown).toHaveTextContent("Vedtak om beiterett i Øvre Fjelldal statsallmenning");
    expect(shown).toHaveTextContent(/Sendt 17\.\s?nov\. kl\. 11\.02/);
    expect(shown).toHaveTextContent("Åpnet");
    expect(page.band("Mottaker").queryByRole("alert")).toBeNull();
    expect(screen.getByText("Et likt brev er allerede sendt")).toBeVisible();
    await expectAccessible();
    await page.user.click(page.send());
    expect(page.called("send")).toEqual([]);
    await waitFor(() => page.focusIsOn(shown));
  });

  test("can be opened in Sendte brev", async () => {
    const page = await openCompose({ bridge: stopping() });
    await page.dropped();
    await page.lookedUp();
    await page.user.click(within(await card()).getByRole("button", { name: "Åpne det i Sendte brev" }));
    await screen.findByRole("heading", { level: 1, name: "Sendte brev" });
    expect(page.mock.calls).toContainEqual(["letter", "L-0099"]);
  });

  test("leaves the new one put away, where it can be found", async () => {
    const page = await openCompose({ bridge: stopping() });
    await page.dropped();
    await page.lookedUp();
    await page.user.click(within(await card()).getByRole("button", { name: "Legg dette bort" }));
    await screen.findByRole("button", { name: "Velg PDF" });
    expect(page.called("composeClear")).toHaveLength(1);
    expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("Brevet er ikke sendt. Det ligger i utboksen.");
  });

  test("lets the new one go with a reason of 10 to 500 characters and no other", async () => {
    const page = await openCompose({ bridge: stopping() });
    await page.dropped();
    await page.lookedUp();
    const again = within(await card()).getByRole("button", { name: "Send igjen likevel" });
    expect(again).toHaveAttribute("aria-expanded", "false");
    await page.user.click(again);
    const reason = await screen.findByRole("textbox", { name: /Hvorfor skal det sendes igjen/ });
    await waitFor(() => page.focusIsOn(reason));
    const keep = screen.getByRole("button", { name: "Lagre begrunnelsen" });
    await page.user.type(reason, "   for kort   ");
    await page.user.click(keep);
    expect(await screen.findByText("Skriv hvorfor, med minst 10 tegn.")).toBeVisible();
    await page.user.clear(reason);
    await page.user.click(reason);
    await page.user.paste("æ".repeat(501));
    expect(await screen.findByText("Kort ned begrunnelsen til 500 tegn.")).toBeVisible();
    await page.user.click(keep);
    expect(page.called("allowRepeat")).toEqual([]);
    await expectAccessible();
    await page.user.clear(reason);
    await page.user.type(reason, " Det første gikk til feil sak. ");
    await page.user.click(keep);
    expect(page.called("allowRepeat")).toEqual([["allowRepeat", 2, { ...fixtures.form(), number: "06925115949" }, "Det første gikk til feil sak."]]);
    await page.decision();
    await waitFor(() => page.focusIsOn(page.send()));
    expect(screen.queryByRole("group", { name: /Et likt brev/ })).toBeNull();
  });

  test("found only at Send is shown then, and nothing is sent", async () => {
    const send = () => Promise.resolve({ outcome: "lookAgain" as const, looked: { composition: fixtures.composition({ revision: 9, letter: fixtures.row({ state: "stopped" }), earlier: found }), trouble: fixtures.trouble("REACH_SENT_BEFORE") } });
    const page = await openCompose({ bridge: { send } });
    await page.dropped();
    await page.lookedUp();
    await waitFor(() => page.focusIsOn(page.send()));
    await page.user.keyboard("{Enter}");
    const shown = await card();
    await waitFor(() => page.focusIsOn(shown));
    expect(screen.queryByRole("heading", { level: 1, name: "Utboks" })).toBeNull();
  });

  test("to another recipient is no hindrance", async () => {
    const page = await openCompose({ bridge: stopping(), taken: withoutNumber });
    await page.drop();
    await screen.findByRole("heading", { level: 1, name: "Nytt brev" });
    await page.lookedUp("06925115949");
    await card();
    await page.user.clear(page.number());
    await page.user.type(page.number(), RESERVED);
    expect(screen.queryByRole("group", { name: /Et likt brev/ })).toBeNull();
  });
});
