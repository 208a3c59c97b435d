// Every screen and state of the window, one after the other, for whoever looks at each.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Files } from "./files.mjs";
import * as people from "./people.mjs";
import { nb, TEXTS } from "./texts.mjs";

const files = new Files("tour-files");
const PAPER = { name: people.RESERVED.name, line: "Granveien 4", postcode: "5003", town: "Bergen" };

/** Fills outbox, receipts and mailboxes with a letter of each sort. */
export async function fill(clerk) {
  const { app } = clerk;
  const { practice } = app;
  await clerk.sendTo(letter("Vedtak om støtte", "Du har fått innvilget søknaden din."), people.DIGIPOST.number);
  await clerk.sendNow();
  await clerk.sendTo(letter("Svar på klage", "Klagen din er tatt til følge."), people.EBOKS.number);
  await clerk.sendNow();
  for (const [title, person, reason] of [
    ["Vedtak om avslag", people.RESERVED, "RESERVED"],
    ["Varsel om inspeksjon", people.RETURNED, "NO_MAILBOX"],
  ]) {
    await clerk.give(letter(title));
    await clerk.lookUp(person.number, reason);
    await clerk.typeAddress({ ...PAPER, name: person.name });
    await clerk.send();
    await clerk.sendNow();
  }
  await practice.waitFor("mailboxes", (taken) => taken.addressee === people.EBOKS.mailbox);
  await clerk.choosePerson(people.EBOKS);
  await app.press("button", nb.practice.open);
  await app.misses("button", nb.practice.open);
  await practice.waitFor("pile", (taken) => taken.addressee === people.RETURNED.name);
  await app.press("button", `${nb.practice.post}${nb.practice.aboutLetter(people.RETURNED.name)}`);
  await app.press("button", `${nb.practice.sendBack}${nb.practice.aboutLetter(people.RETURNED.name)}`);
  await clerk.findSent("Varsel om inspeksjon", nb.states.state.returned);

  await practice.plan({ service: "submit", kind: "lose_after", times: 1 });
  await practice.plan({ service: "statuses", kind: "status", status: 503, times: 10_000 });
  await practice.plan({ service: "inbox", kind: "status", status: 503, times: 10_000 });
  await clerk.sendTo(letter("Brev uten svar"), people.MOBILE_ONLY.number);
  await clerk.sendNow();
  await clerk.goTo("outbox");
  await app.reads(nb.outbox.uncertain);
  await practice.plan({ service: "submit", kind: "status", status: 503, times: 10_000 });
  await clerk.sendTo(letter("Brev i kø"), people.EMAIL_ONLY.number);
  await clerk.sendNow();
  await clerk.goTo("outbox");
  await app.reads(nb.outbox.safe);
  await clerk.undoSeconds(600);
}

/**
 * Each place: `make` brings it about once, `show` goes there again after another screen, and
 * `leave` clears it up.
 */
export const PLACES = [
  {
    name: "Nytt brev, tomt",
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, fil avvist",
    make: async (clerk) => {
      await clerk.tidy();
      await clerk.app.give(files.locked("låst.pdf"));
      await clerk.app.reads(nb.errors.codes.INPUT_PDF_ENCRYPTED.what);
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, dokument",
    make: (clerk) => clerk.give(letter("Vedtak om barnehageplass", "Barnet ditt har fått plass.", "Barnehagen åpner 15. august.")),
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, to numre",
    make: async (clerk) => {
      await clerk.give(letter("Brev med nummer", `Gjelder ${people.DIGIPOST.number}`));
      await clerk.app.fill("textbox", nb.compose.recipient.number, people.EBOKS.number);
    },
    show: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.app.press("button", clerk.text.compose.recipient.lookUp);
      await clerk.app.sees("dialog", clerk.text.compose.recipient.other.title);
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
  {
    name: "Nytt brev, øvingsbrev",
    make: async (clerk) => {
      await clerk.tidy();
      await clerk.app.press("button", new RegExp(`^${nb.compose.empty.samples.hasMailbox}`));
      await clerk.app.press("button", nb.compose.recipient.lookUp);
      await clerk.app.reads(clerk.why("MAILBOX_USABLE"));
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, digitalt",
    make: async (clerk) => {
      await clerk.give(letter("Vedtak om barnehageplass", "Barnet ditt har fått plass."), letter("Vedlegg om foreldrebetaling"));
      await clerk.lookUp(people.DIGIPOST.number, "MAILBOX_USABLE");
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, sending åpen",
    show: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.openSending();
    },
  },
  {
    name: "Nytt brev, svaret fra registeret",
    show: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.app.press("button", clerk.text.decision.seeAnswer);
      await clerk.app.reads(clerk.text.decision.answer.askedAt);
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
  {
    name: "Nytt brev, papir uten adresse",
    make: async (clerk) => {
      await clerk.give(letter("Vedtak om avslag på søknad"));
      await clerk.lookUp(people.RESERVED.number, "RESERVED");
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, feil å rette",
    show: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.app.press("button", clerk.text.compose.bar.sendPaper);
      await clerk.app.reads(clerk.text.compose.summary.title);
    },
  },
  {
    name: "Nytt brev, papir",
    make: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.typeAddress(PAPER);
      await clerk.app.press("button", nb.compose.address.done);
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, papir foreslått",
    make: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.lookUp(people.WITHOUT_CERTIFICATE.number, "MAILBOX_WITHOUT_CERTIFICATE");
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, stanset",
    make: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.lookUp(people.DELETED.number, "PERSON_DELETED");
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, venter på registeret",
    make: async (clerk) => {
      await clerk.give(letter("Brev som venter"));
      await clerk.lookUp(people.SILENT_REGISTER.number);
      await clerk.app.reads(nb.errors.codes.TEMP_REGISTER_SILENT.what);
    },
    show: (clerk) => clerk.goTo("compose"),
  },
  {
    name: "Nytt brev, sendt før",
    make: async (clerk) => {
      await clerk.give(letter("Svar på klage", "Klagen din er tatt til følge."));
      await clerk.lookUp(people.EBOKS.number);
      await clerk.app.sees("group", nb.compose.earlier.title);
    },
    show: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.app.press("button", clerk.text.compose.earlier.again);
      await clerk.app.press("button", clerk.text.compose.earlier.confirm);
      await clerk.app.reads(clerk.text.compose.earlier.tooShort);
    },
  },
  {
    name: "Nytt brev, legge bort",
    show: async (clerk) => {
      await clerk.goTo("compose");
      await clerk.app.press("button", clerk.text.compose.document.putAway);
      await clerk.app.sees("dialog", clerk.text.compose.document.putAwayTitle);
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
  {
    name: "Utboks",
    make: async (clerk) => {
      await clerk.sendTo(letter("Vedtak om parkering"), people.DIGIPOST.number);
    },
    show: (clerk) => clerk.goTo("outbox"),
  },
  {
    name: "Utboks, avbryte",
    show: async (clerk) => {
      await clerk.goTo("outbox");
      await clerk.app.press("button", clerk.action(clerk.text.outbox.cancel, "Brev som venter"));
      await clerk.app.sees("dialog");
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
  {
    name: "Lukking",
    show: async (clerk) => {
      await clerk.goTo("outbox");
      clerk.app.wishToClose();
      await clerk.app.sees("dialog", clerk.text.frame.closing.title);
    },
    close: async (clerk) => {
      await clerk.app.press("button", clerk.text.frame.closing.stay);
      await clerk.app.misses("dialog");
    },
  },
  {
    name: "Sendte brev, åpnet",
    show: (clerk) => clerk.findSent("Svar på klage"),
  },
  {
    name: "Sendte brev, kom i retur",
    show: (clerk) => clerk.findSent("Varsel om inspeksjon"),
  },
  {
    name: "Sendte brev, alle steg",
    show: async (clerk) => {
      await clerk.findSent("Vedtak om støtte");
      await clerk.app.press("button", clerk.text.receipts.allSteps);
    },
  },
  {
    name: "Sendte brev, ingen treff",
    show: async (clerk) => {
      await clerk.goTo("receipts");
      await clerk.app.fill("searchbox", clerk.text.receipts.search, "xyz");
      await clerk.app.sees("heading", clerk.text.receipts.noHitsTitle);
    },
  },
  {
    name: "Innbyggerens postkasse, ulest",
    show: (clerk) => clerk.choosePerson(people.DIGIPOST),
  },
  {
    name: "Innbyggerens postkasse, åpnet",
    show: (clerk) => clerk.choosePerson(people.EBOKS),
  },
  {
    name: "Innbyggerens postkasse, papir",
    show: (clerk) => clerk.choosePerson(people.RESERVED),
  },
  ...["agency", "sending", "appearance", "practice", "about"].map((section) => ({
    name: `Innstillinger, ${nb.settings.sections[section].toLowerCase()}`,
    show: async (clerk) => {
      await clerk.goTo("settings");
      await clerk.app.press("button", clerk.text.settings.sections[section]);
    },
  })),
  {
    name: "Innstillinger, tømme øvingen",
    show: async (clerk) => {
      await clerk.goTo("settings");
      await clerk.app.press("button", clerk.text.settings.sections.practice);
      await clerk.app.press("button", clerk.text.settings.practice.reset);
      await clerk.app.sees("dialog", clerk.text.settings.practice.dialogTitle);
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
  {
    name: "Tastatursnarveier",
    show: async (clerk) => {
      await clerk.goTo("outbox");
      await clerk.app.driver.keys("F1");
      await clerk.app.sees("dialog", clerk.text.frame.keyboard.title);
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
  {
    name: "Utboks, uten tilgang",
    make: async (clerk) => {
      const { practice } = clerk.app;
      await practice.clear();
      // The register stays silent and the access point says no: both are told at once.
      await practice.plan({ service: "statuses", kind: "status", status: 503, times: 10_000 });
      await practice.plan({ service: "inbox", kind: "status", status: 503, times: 10_000 });
      await practice.plan({ service: "submit", kind: "status", status: 403, times: 10_000 });
      await clerk.goTo("outbox");
      await clerk.app.press("button", clerk.action(nb.outbox.tryNow, "Brev i kø"));
      await clerk.app.sees("region", nb.frame.standstill.halt.title);
    },
    show: (clerk) => clerk.goTo("outbox"),
  },
  {
    name: "Utboks, tilgangen er på plass",
    show: async (clerk) => {
      await clerk.goTo("outbox");
      await clerk.app.press("button", clerk.text.frame.standstill.halt.restored);
      await clerk.app.sees("dialog", clerk.text.frame.standstill.halt.confirmTitle);
    },
    close: (clerk) => clerk.app.driver.keys("Escape"),
  },
];

/** Goes through every place in every look; a look is `{ language, theme, sizes }`. */
export async function tour(clerk, looks, visit, places = PLACES) {
  for (const place of places) {
    await clerk.look(looks[0]);
    await place.make?.(clerk);
    for (const look of looks) {
      await clerk.look(look);
      await place.show(clerk);
      await visit(place, look);
      await place.close?.(clerk);
    }
  }
}

/**
 * The window that can't open its ledger, which is another environment's: `visit(app, look)` in each
 * look, which the file of the clerk's choices tells.
 */
export async function unopened(desk, looks, visit) {
  desk.environment.UTPOST_ENVIRONMENT = "test";
  for (const look of looks) {
    const choices = { language: look.language, theme: look.theme, undoSeconds: 10 };
    writeFileSync(join(desk.environment.UTPOST_DATA, "window.json"), JSON.stringify(choices));
    const app = await desk.begin();
    try {
      await app.sees("heading", TEXTS[look.language].frame.failed.title);
      await visit(app, look);
    } finally {
      await app.stop();
    }
  }
}

/** The look in which places are made. */
export const FIRST_LOOK = { language: "nb", theme: "light" };

export const LANGUAGES = Object.keys(TEXTS);

function letter(title, ...lines) {
  return files.letter(`${title}.pdf`, title, "", ...lines);
}
