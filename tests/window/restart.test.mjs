// The program killed, closed and started again in the middle of a letter: each letter is still
// there, and practice's own books hold it once.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { Desk } from "./lib/app.mjs";
import { Clerk } from "./lib/clerk.mjs";
import { Files } from "./lib/files.mjs";
import * as people from "./lib/people.mjs";
import { serve } from "./lib/practice.mjs";
import { nb } from "./lib/texts.mjs";

const desk = new Desk("restart");
const files = new Files("restart-files");
const { practice } = desk;
let services;
let app;
let clerk;

async function open() {
  app = await desk.start();
  clerk = new Clerk(app);
}

async function killAndOpen() {
  await app.kill();
  await open();
}

function letter(title) {
  return files.letter(`${title}.pdf`, title);
}

async function taken(person) {
  return (await practice.taken()).filter((each) => each.addressee === person.mailbox).length;
}

before(async () => {
  // Practice in a process of its own, so that its books and its faults outlive the window.
  services = await serve(desk);
  await open();
});

after(async () => {
  await app?.stop();
  services?.stdin.end();
});

beforeEach(async () => {
  await practice.clear();
  await clerk.tidy();
});

describe("killed", () => {
  it("while a letter is held: it has not been sent, and goes once when sent again", async () => {
    await clerk.sendTo(letter("Holdt brev"), people.DIGIPOST.number);
    await killAndOpen();
    assert.equal(await taken(people.DIGIPOST), 0);
    await clerk.goTo("outbox");
    await app.press("button", clerk.action(nb.outbox.resume, "Holdt brev"));
    await app.reads(clerk.why("MAILBOX_USABLE"));
    await clerk.send();
    await clerk.sendNow();
    await clerk.findSent("Holdt brev", nb.states.state.delivered);
    assert.equal(await taken(people.DIGIPOST), 1);
  });

  it("while a letter is queued: it goes by itself, once", async () => {
    await practice.plan({ service: "submit", kind: "status", status: 503, times: 10_000 });
    await clerk.sendTo(letter("Brev i kø"), people.EBOKS.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.safe);
    await killAndOpen();
    await practice.clear();
    await clerk.goTo("outbox");
    await app.pressIfThere("button", clerk.action(nb.outbox.tryNow, "Brev i kø"));
    await clerk.findSent("Brev i kø", nb.states.state.delivered);
    assert.equal(await taken(people.EBOKS), 1);
  });

  it("while the answer is lost: it is asked about, and the letter was taken once", async () => {
    await practice.plan({ service: "submit", kind: "lose_after", times: 1 });
    await practice.plan({ service: "statuses", kind: "status", status: 503, times: 10_000 });
    await practice.plan({ service: "inbox", kind: "status", status: 503, times: 10_000 });
    await clerk.sendTo(letter("Brev uten svar"), people.MOBILE_ONLY.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.uncertain);
    await killAndOpen();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.uncertain);
    assert.equal((await app.all("button", /: Brev uten svar$/)).length, 1, "one button");
    await practice.clear();
    await app.press("button", clerk.action(nb.outbox.checkStatus, "Brev uten svar"));
    await clerk.findSent("Brev uten svar", nb.states.state.delivered);
    assert.equal(await taken(people.MOBILE_ONLY), 1);
  });

  it("while a letter is being uploaded: it is taken once", async () => {
    await practice.plan({ service: "submit", kind: "slow_answer", milliseconds: 60_000, times: 1 });
    await clerk.sendTo(letter("Brev underveis"), people.EMAIL_ONLY.number);
    await clerk.sendNow();
    await app.until(() => taken(people.EMAIL_ONLY), () => "the access point has not taken it");
    await killAndOpen();
    await clerk.goTo("outbox");
    await app.pressIfThere("button", clerk.action(nb.outbox.checkStatus, "Brev underveis"));
    await clerk.findSent("Brev underveis", nb.states.state.delivered);
    assert.equal(await taken(people.EMAIL_ONLY), 1);
  });
});

describe("closed", () => {
  it("while a letter is held: asks first, then the letter is ready again and unsent", async () => {
    const before = await taken(people.DIGIPOST);
    await clerk.sendTo(letter("Lukket brev"), people.DIGIPOST.number);
    app.wishToClose();
    await app.sees("dialog", nb.frame.closing.title);
    await app.reads("Lukket brev");
    await app.press("button", nb.frame.closing.stay);
    await app.misses("dialog", nb.frame.closing.title);
    app.wishToClose();
    await app.sees("dialog", nb.frame.closing.title);
    const ended = app.ended();
    // The window may be gone before it has answered the click.
    await app.press("button", nb.frame.closing.leave).catch(() => {});
    await ended;
    await app.stop();
    await open();
    await clerk.goTo("outbox");
    await app.reads(nb.states.state.ready);
    await app.sees("button", clerk.action(nb.outbox.resume, "Lukket brev"));
    assert.equal(await taken(people.DIGIPOST), before);
  });

  it("with nothing on its way: ends at once", async () => {
    const ended = app.ended();
    app.wishToClose();
    await ended;
    await app.stop();
    await open();
  });
});
