// Letters as a clerk sends them, in the real window, against the practice environment.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { Desk } from "./lib/app.mjs";
import { Clerk } from "./lib/clerk.mjs";
import { Files } from "./lib/files.mjs";
import * as people from "./lib/people.mjs";
import { nb } from "./lib/texts.mjs";

const desk = new Desk("letters");
const files = new Files("letters-files");
const { practice } = desk;
let app;
let clerk;

const ADDRESS = { name: "Reservert Granskog", line: "Granveien 4", postcode: "5003", town: "Bergen" };

before(async () => {
  app = await desk.start();
  clerk = new Clerk(app);
});

beforeEach(() => clerk.tidy());

after(() => app?.stop());

/** A letter of this title; the title is its largest line. */
function letter(title, ...lines) {
  return files.letter(`${title}.pdf`, title, "", ...lines);
}

function takenFor(addressee) {
  return practice.taken().then((letters) => letters.filter((taken) => taken.addressee === addressee));
}

describe("a letter", () => {
  it("dropped, looked up and sent, called back, sent again, lies in Digipost once, and its opening is told", async () => {
    await clerk.give(letter("Vedtak om støtte", "Du har fått innvilget søknaden din."));
    await clerk.lookUp(people.DIGIPOST.number, "MAILBOX_USABLE");
    await clerk.send();
    await app.press("button", nb.outbox.undo);
    await app.sees("heading", nb.compose.title);
    assert.equal((await practice.taken()).length, 0, "undone, nothing has left");
    await clerk.send();
    await clerk.sendNow();
    await practice.waitFor("mailboxes", (taken) => taken.addressee === people.DIGIPOST.mailbox);
    assert.equal((await takenFor(people.DIGIPOST.mailbox)).length, 1);
    await clerk.findSent("Vedtak om støtte", nb.states.state.delivered);

    await clerk.choosePerson(people.DIGIPOST);
    await app.press("button", nb.practice.open);
    await app.sees("button", nb.practice.readLetter);
    await clerk.findSent("Vedtak om støtte", nb.states.state.opened);
    await app.reads(nb.receipts.event.opening);
    await app.reads(/Signert av .*Digipost/);
  });

  it("sent before to the same citizen is shown, and goes again only for a reason that stands in its history", async () => {
    const file = letter("Vedtak to ganger", "Det samme står her begge gangene.");
    await clerk.sendTo(file, people.EBOKS.number);
    await clerk.sendNow();
    await clerk.findSent("Vedtak to ganger", nb.states.state.delivered);
    const before = (await takenFor(people.EBOKS.mailbox)).length;

    await clerk.give(file);
    await clerk.lookUp(people.EBOKS.number);
    await app.sees("group", nb.compose.earlier.title);
    await app.press("button", nb.compose.bar.send);
    await app.misses("button", nb.outbox.undo);
    await app.press("button", nb.compose.earlier.open);
    await app.sees("heading", "Vedtak to ganger");
    await clerk.goTo("compose");
    await app.press("button", nb.compose.earlier.putAway);
    await app.sees("heading", nb.compose.empty.title);
    await clerk.goTo("outbox");
    await app.press("button", clerk.action(nb.outbox.resume, "Vedtak to ganger"));

    await app.press("button", nb.compose.earlier.again);
    const reason = new RegExp(`^${nb.compose.earlier.reason.replace("?", "\\?")}`);
    await app.fill("textbox", reason, "for kort");
    await app.press("button", nb.compose.earlier.confirm);
    await app.reads(nb.compose.earlier.tooShort);
    await app.fill("textbox", reason, "Det første lå i feil sak");
    await app.press("button", nb.compose.earlier.confirm);
    await app.reads(clerk.why("MAILBOX_USABLE"));
    assert.equal((await takenFor(people.EBOKS.mailbox)).length, before, "allowed, and not sent");
    await clerk.send();
    await clerk.sendNow();
    await app.until(
      async () => (await takenFor(people.EBOKS.mailbox)).length === before + 1,
      () => "the letter did not go again",
    );
    await clerk.goTo("receipts");
    await app.press("option", /Vedtak to ganger/, { seconds: 30 });
    await app.reads(nb.receipts.event.repeatAllowed);
    await app.reads(nb.receipts.said("Det første lå i feil sak"));
  });

  it("to a mailbox at e-Boks without an opening receipt stays delivered when it is opened", async () => {
    await clerk.give(letter("Svar på klage"));
    await clerk.lookUp(people.EBOKS.number, "MAILBOX_USABLE");
    await clerk.openSending();
    await app.press("checkbox", nb.compose.sending.openingField);
    await clerk.send();
    await clerk.sendNow();
    await practice.waitFor("mailboxes", (taken) => taken.addressee === people.EBOKS.mailbox);
    await clerk.findSent("Svar på klage", nb.states.state.delivered);
    await app.reads(/Signert av .*e-Boks/);
    await clerk.choosePerson(people.EBOKS);
    await app.reads(nb.practice.openSilent);
    await app.press("button", nb.practice.open);
    await app.sees("button", nb.practice.readLetter);
    await app.reads(nb.practice.openingNotAsked);
  });

  it("to someone reserved goes on paper to the address typed, once the postcode can be one", async () => {
    await clerk.give(letter("Vedtak om avslag"));
    await clerk.lookUp(people.RESERVED.number, "RESERVED");
    await clerk.typeAddress({ ...ADDRESS, postcode: "50" });
    await app.press("button", nb.compose.bar.sendPaper);
    await app.reads(nb.compose.address.faults.postcode.other);
    await app.until(async () => /Postnummer/.test(await app.focus()), () => "the postcode has no focus");
    await app.fill("textbox", nb.compose.address.postcode, ADDRESS.postcode);
    await clerk.send();
    await clerk.sendNow();
    await practice.waitFor("pile", (taken) => taken.addressee === ADDRESS.name);
    await clerk.goTo("practice");
    await app.press("button", `${nb.practice.post}${nb.practice.aboutLetter(ADDRESS.name)}`);
    await clerk.findSent("Vedtak om avslag", nb.states.state.handedToPost);
  });

  it("to a mailbox that can't be sealed for waits for the clerk's yes to paper", async () => {
    await clerk.give(letter("Innkalling"));
    await clerk.lookUp(people.WITHOUT_CERTIFICATE.number, "MAILBOX_WITHOUT_CERTIFICATE");
    await app.press("button", nb.compose.bar.send);
    await app.reads(nb.compose.recipient.paperNeeded);
    await app.press("checkbox", nb.compose.recipient.paperAnyway);
    await clerk.typeAddress({ ...ADDRESS, name: people.WITHOUT_CERTIFICATE.name });
    await clerk.send();
    await clerk.sendNow();
    await practice.waitFor("pile", (taken) => taken.addressee === people.WITHOUT_CERTIFICATE.name);
  });

  for (const [what, person, reason] of [
    ["someone removed from the register", people.DELETED, "PERSON_DELETED"],
    ["someone the register gives two answers about", people.CONTRADICTED, "ANSWER_CONTRADICTS_ITSELF"],
  ]) {
    it(`to ${what} is stopped, with the reason, and nothing is sent`, async () => {
      const before = (await practice.taken()).length;
      await clerk.give(letter(`Stanset ${reason}`));
      await clerk.lookUp(person.number, reason);
      await app.press("button", nb.compose.bar.send);
      await app.misses("button", nb.outbox.undo);
      await clerk.goTo("outbox");
      await app.sees("button", clerk.action(nb.outbox.resume, `Stanset ${reason}`));
      assert.equal((await practice.taken()).length, before);
    });
  }

  it("really dragged from another program lies on the desk", async () => {
    await clerk.goTo("compose");
    await drag(letter("Dratt brev"));
    await app.sees("heading", nb.compose.document.title);
    await app.reads("Dratt brev.pdf");
  });

  it("whose number stands in it is suggested, and another number typed is asked about", async () => {
    await clerk.give(letter("Brev med nummer", `Fødselsnummer ${people.DIGIPOST.number}`));
    const field = await app.value("textbox", nb.compose.recipient.number);
    assert.equal(field.replace(/\D/g, ""), people.DIGIPOST.number);
    await clerk.lookUp(people.EBOKS.number);
    await app.sees("dialog", nb.compose.recipient.other.title);
    await app.press("button", /som står i brevet/);
    await app.reads(clerk.why("MAILBOX_USABLE"));
  });
});

describe("when a service is down", () => {
  afterEach(() => practice.clear());

  it("a silent register keeps the letter waiting, never on paper, and it goes on later", async () => {
    await practice.plan({ service: "register", kind: "status", status: 503, times: 10_000 });
    await clerk.give(letter("Brev som venter"));
    await clerk.lookUp(people.MOBILE_ONLY.number);
    await app.reads(nb.errors.codes.TEMP_REGISTER_SILENT.what);
    await clerk.goTo("outbox");
    await app.reads(nb.states.state.waitingForRegister);
    await practice.clear();
    await app.press("button", clerk.action(nb.outbox.resume, "Brev som venter"));
    await app.press("button", nb.compose.recipient.lookUp);
    await app.reads(clerk.why("MAILBOX_USABLE"));
    await clerk.send();
    await clerk.sendNow();
    await practice.waitFor("mailboxes", (taken) => taken.addressee === people.MOBILE_ONLY.mailbox);
  });

  it("a letter the access point can't take waits with its next try, and goes with Prøv nå", async () => {
    // A time that the service has named is kept, also when another of its answers comes.
    await practice.plan({ service: "submit", kind: "status", status: 503, retry_after: 600, times: 10_000 });
    await clerk.sendTo(letter("Brev i kø"), people.EMAIL_ONLY.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.safe);
    await app.reads(/Nytt forsøk (kl\.|om)/);
    await practice.clear();
    await app.press("button", clerk.action(nb.outbox.tryNow, "Brev i kø"));
    await practice.waitFor("mailboxes", (taken) => taken.addressee === people.EMAIL_ONLY.mailbox);
    assert.equal((await takenFor(people.EMAIL_ONLY.mailbox)).length, 1);
  });

  it("a lost answer offers Sjekk status and nothing else, and the letter was taken once", async () => {
    await practice.plan({ service: "submit", kind: "lose_after", times: 1 });
    await practice.plan({ service: "statuses", kind: "status", status: 503, times: 10_000 });
    await practice.plan({ service: "inbox", kind: "status", status: 503, times: 10_000 });
    const before = (await takenFor(people.DIGIPOST.mailbox)).length;
    await clerk.sendTo(letter("Brev uten svar"), people.DIGIPOST.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.uncertain);
    await app.sees("button", clerk.action(nb.outbox.checkStatus, "Brev uten svar"));
    const offered = (await app.all("button", /: Brev uten svar$/)).length;
    assert.equal(offered, 1, "one button");
    assert.doesNotMatch(await app.text(), /send på nytt|sende på nytt/i);
    await practice.clear();
    await app.press("button", clerk.action(nb.outbox.checkStatus, "Brev uten svar"));
    await app.misses("button", clerk.action(nb.outbox.checkStatus, "Brev uten svar"));
    await clerk.findSent("Brev uten svar", nb.states.state.delivered);
    assert.equal((await takenFor(people.DIGIPOST.mailbox)).length, before + 1);
  });
});

describe("when the agency is denied", () => {
  afterEach(() => practice.clear());

  it("all sending is halted, says who can mend it, and goes on when access is restored", async () => {
    await practice.plan({ service: "submit", kind: "status", status: 403, times: 10_000 });
    const before = (await practice.taken()).length;
    await clerk.sendTo(letter("Brev uten tilgang"), people.DIGIPOST.number);
    await clerk.sendNow();
    await app.sees("region", nb.frame.standstill.halt.title);
    await app.reads(nb.frame.standstill.halt.who);
    await clerk.sendTo(letter("Brev etter stansen"), people.EBOKS.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.frame.standstill.halt.waiting(2));
    await app.misses("button", clerk.action(nb.outbox.tryNow, "Brev etter stansen"));
    assert.equal((await practice.taken()).length, before);

    await practice.clear();
    await app.press("button", nb.frame.standstill.halt.restored);
    await app.sees("dialog", nb.frame.standstill.halt.confirmTitle);
    await app.press("button", nb.frame.standstill.halt.confirmYes);
    await app.misses("region", nb.frame.standstill.halt.title);
    await clerk.findSent("Brev uten tilgang", nb.states.state.delivered);
    await clerk.findSent("Brev etter stansen", nb.states.state.delivered);
    assert.equal((await practice.taken()).length, before + 2);
  });
});

describe("what can't be a letter", () => {
  const refused = async (path, code, { later = false } = {}) => {
    await clerk.goTo("compose");
    await app.give(path);
    await app.reads(nb.errors.codes[code].what, { seconds: later ? 30 : 15 });
    await app.reads(nb.errors.codes[code].todo);
    await app.sees("button", nb.compose.empty.pickOther);
  };

  it("a folder", () => refused(files.subfolder("Mappe"), "INPUT_FOLDER"));
  it("a file of 2 GB", () => refused(files.sparse("stor.pdf", 2 * 1024 ** 3), "INPUT_TOO_LARGE", { later: true }));
  it("a Word document", () => refused(files.other("brev.docx", "PK\u0003\u0004 word/document.xml"), "INPUT_NOT_PDF"));
  it("a PDF with a password", () => refused(files.locked("låst.pdf"), "INPUT_PDF_ENCRYPTED"));
  it("a file that has vanished", () => refused(files.path("finnes-ikke.pdf"), "INPUT_FILE_MISSING"));
  it("an empty file", () => refused(files.other("tom.pdf", ""), "INPUT_FILE_EMPTY"));

  it("ten files at once: one is the letter, the others its attachments", async () => {
    await clerk.goTo("compose");
    await app.give(...Array.from({ length: 10 }, (_, number) => letter(`Fil nummer ${number}`)));
    await app.sees("dialog", nb.frame.files.whichTitle);
    assert.equal((await app.all("radio", /^Fil nummer /)).length, 10);
    await app.press("radio", "Fil nummer 3.pdf");
    await app.press("button", nb.frame.files.use);
    await app.sees("heading", nb.compose.document.title);
    await app.reads("Fil nummer 3.pdf");
    assert.equal((await app.all("button", /^Fjern vedlegget/)).length, 9);
  });

  it("characters hidden in a number pasted are taken out, and in a title told", async () => {
    await clerk.give(letter("Innlimt"));
    const hidden = `\u200b${people.DIGIPOST.number.slice(0, 6)}\u00a0${people.DIGIPOST.number.slice(6)}\u200e`;
    await app.paste("textbox", nb.compose.recipient.number, hidden);
    await app.press("button", nb.compose.recipient.lookUp);
    await app.reads(clerk.why("MAILBOX_USABLE"));
    await clerk.openSending();
    await app.paste("textbox", new RegExp(`^${nb.compose.sending.titleField}`), "Vedtak\u202e om støtte");
    await app.press("button", nb.compose.bar.send);
    await app.reads(nb.errors.codes.INPUT_TITLE_HIDDEN_CHARACTERS.what);
    await app.misses("button", nb.outbox.undo);
  });

  it("a title of 300 characters is told, and nothing is sent", async () => {
    await clerk.give(letter("Lang tittel"));
    await clerk.lookUp(people.DIGIPOST.number, "MAILBOX_USABLE");
    await clerk.openSending();
    await app.paste("textbox", new RegExp(`^${nb.compose.sending.titleField}`), "a".repeat(300));
    await app.press("button", nb.compose.bar.send);
    await app.reads(nb.compose.sending.titleTooLong);
    await app.misses("button", nb.outbox.undo);
  });
});

describe("a second start", () => {
  it("hands its file to the window that is open, and ends", async () => {
    await clerk.goTo("settings");
    const before = app.process;
    await app.give(letter("Fra andre start"));
    await app.sees("heading", nb.compose.document.title);
    await app.reads("Fra andre start.pdf");
    assert.equal(app.process, before);
  });

  it("for another ledger has a window of its own", async () => {
    const other = await new Desk("letters-other").start();
    assert.notEqual(other.process, app.process);
    await other.give(letter("Til den andre"));
    await other.reads("Til den andre.pdf");
    assert.ok(!(await app.text()).includes("Til den andre"));
    await other.stop();
    await app.sees("button", nb.frame.keyboard.open);
  });
});

/** Drags a file from a small GTK program into the window, with the pointer. */
async function drag(path) {
  const source = spawn("/usr/bin/python3", [new URL("lib/drag_source.py", import.meta.url).pathname, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => source.once("exit", resolve));
  try {
    await new Promise((resolve) => source.stdout.once("data", resolve));
    const move = (...words) => execFileSync("xdotool", words.map(String));
    const { x, y, width, height } = await app.driver.command("GET", "/window/rect");
    const to = [x + width / 2, y + height / 2];
    move("mousemove", 1960, 1240, "mousedown", 1);
    // A drag begins once the pointer has moved some way, and goes on by steps.
    for (const [left, top] of [[1950, 1232], [1930, 1215], [to[0] + 40, to[1] + 20], [to[0] + 10, to[1]], to]) {
      move("mousemove", Math.round(left), Math.round(top));
      await wait(100);
    }
    await app.reads(nb.frame.files.over);
    move("mouseup", 1);
    await ended;
  } finally {
    source.kill();
  }
}
