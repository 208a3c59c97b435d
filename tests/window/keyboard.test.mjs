// The whole flow by keyboard alone: after each key what has focus, compared with keyboard.trace.txt.
// UTPOST_UPDATE_GOLDEN=1 writes that file anew, to be read through before it is kept.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { Desk } from "./lib/app.mjs";
import { Clerk } from "./lib/clerk.mjs";
import { Files } from "./lib/files.mjs";
import * as people from "./lib/people.mjs";
import { nb } from "./lib/texts.mjs";

const TRACE = new URL("keyboard.trace.txt", import.meta.url);
const desk = new Desk("keyboard");
const files = new Files("keyboard-files");
let app;
let clerk;
const trace = [];

before(async () => {
  app = await desk.start();
  clerk = new Clerk(app);
});

after(() => app?.stop());

/** Presses a key and writes down what has focus then. */
async function key(stroke) {
  await app.driver.keys(stroke);
  await note(stroke);
}

async function type(text) {
  await app.driver.type(text);
  await note(`«${text}»`);
}

async function note(what) {
  let before = "";
  let focus = await app.focus();
  // Focus may follow when an answer has come.
  for (let still = 0; still < 4; still = focus === before ? still + 1 : 0) {
    before = focus;
    await wait(50);
    focus = await app.focus();
  }
  trace.push(`${what} → ${focus.replace(/\d\d[.:]\d\d/g, "hh.mm")}`);
}

/** Presses `stroke` until what has focus fits, at most so many times. */
async function until(stroke, wanted, most = 40) {
  for (let times = 0; times < most; times++) {
    await key(stroke);
    if (wanted.test(trace.at(-1))) return;
  }
  assert.fail(`${wanted} never got focus:\n${trace.join("\n")}`);
}

function button(name) {
  return new RegExp(`button "${name}"$`);
}

async function says(text, options) {
  await app.reads(text, options);
  await note("(answer)");
}

describe("by keyboard alone", () => {
  it("a letter is looked up, sent, called back, sent again, opened and found, with focus where it belongs", async () => {
    await app.sees("button", nb.compose.empty.pick);
    await note("(start)");
    await until("Tab", new RegExp(nb.compose.empty.samples.hasMailbox));
    await key("Enter");
    await app.sees("heading", nb.compose.document.title);
    await note("(answer)");
    assert.match(trace.at(-1), button(nb.compose.recipient.lookUp), "a letter whose number is read can be looked up at once");
    await key("Enter");
    await says(clerk.why("MAILBOX_USABLE"));
    assert.match(trace.at(-1), button(nb.compose.bar.send), "after the answer focus is on Send");
    // Once round, so that everything on the screen is passed.
    await until("Tab", button(nb.compose.bar.send));
    await key("Enter");
    await app.sees("button", nb.outbox.undo);
    await note("(answer)");
    assert.match(trace.at(-1), button(nb.outbox.undo), "after Send focus is on Angre");
    await key("Control+z");
    await app.sees("heading", nb.compose.title);
    await note("(answer)");
    assert.match(trace.at(-1), button(nb.compose.bar.send), "a letter called back can be sent at once");
    await key("Enter");
    await app.sees("button", nb.outbox.undo);
    await note("(answer)");
    await until("Tab", button(nb.outbox.sendNow), 2);
    await key("Enter");
    await desk.practice.waitFor("mailboxes", (taken) => taken.addressee === people.DIGIPOST.mailbox);

    await key("Control+5");
    await app.sees("heading", nb.practice.mailboxOf(people.DIGIPOST.name));
    await until("F6", new RegExp(nb.practice.title));
    await until("Tab", new RegExp(nb.practice.open));
    await key("Enter");
    await says(nb.practice.clerkHas);

    await key("Control+3");
    await key("Control+f");
    await type(people.DIGIPOST.number);
    await app.sees("option");
    await key("ArrowDown");
    assert.match(trace.at(-1), /option/);
    await until("F6", /complementary/);

    await key("F1");
    await app.sees("dialog", nb.frame.keyboard.title);
    await key("Escape");
    await key("Control+4");
    await key("Control+2");
    await key("Control+1");

    const text = `${trace.join("\n")}\n`;
    if (process.env.UTPOST_UPDATE_GOLDEN) writeFileSync(TRACE, text);
    assert.equal(text, readFileSync(TRACE, "utf8"));
  });

  it("a file is picked in the system's own dialog, and Escape there changes nothing", async () => {
    const file = files.letter("Plukket brev.pdf", "Plukket brev");
    await app.driver.keys("Control+o");
    await inDialog("Escape");
    await app.sees("button", nb.compose.empty.pick);
    await app.driver.keys("Control+o");
    await inDialog("Return", file);
    await app.sees("heading", nb.compose.document.title);
    await app.reads("Plukket brev.pdf");
    assert.match(await app.focus(), new RegExp(nb.compose.recipient.number));
  });
});

/** Presses a key in the system's file dialog, which is no part of the page, until it is gone. */
async function inDialog(key, text) {
  const xdotool = (...words) => execFileSync("xdotool", words, { encoding: "utf8" }).trim();
  const { window } = app;
  await app.until(() => xdotool("getactivewindow") !== window, () => "no dialog");
  await wait(500);
  if (text !== undefined) xdotool("type", "--delay", "20", text);
  await app.until(async () => {
    xdotool("key", key);
    await wait(500);
    return xdotool("getactivewindow") === window;
  }, () => "the dialog is still there");
}
