// What stands still until somebody has looked: a letter that is late, and the letters of a ledger
// that was restored from a backup. Practice's own books say what was taken, and how often.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Desk } from "./lib/app.mjs";
import { Clerk } from "./lib/clerk.mjs";
import { required } from "./lib/driver.mjs";
import { Files } from "./lib/files.mjs";
import * as people from "./lib/people.mjs";
import { end, serve } from "./lib/practice.mjs";
import { nb } from "./lib/texts.mjs";

const files = new Files("standing-files");

function letter(title) {
  return files.letter(`${title}.pdf`, title);
}

describe("a letter nobody has answered about", () => {
  const desk = new Desk("late");
  const { practice } = desk;
  const title = "Brev som er sent ute";
  let services;
  let app;

  before(async () => {
    services = await serve(desk);
    app = await desk.start();
  });

  after(async () => {
    await app?.stop();
    services?.stdin.end();
  });

  it("says after an hour what is late and whom to ask, and is told as delivered when the answer comes", async () => {
    let clerk = new Clerk(app);
    await practice.plan({ service: "submit", kind: "lose_after", times: 1 });
    await silence();
    await clerk.sendTo(letter(title), people.DIGIPOST.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.uncertain);
    assert.ok(!(await app.text()).includes(nb.states.late.what.unanswered));
    await app.stop();
    await end(services);

    // Two hours later, for the program and for practice.
    const origin = new Date(Date.now() - 2 * 3600 * 1000).toISOString();
    desk.environment.UTPOST_PRACTICE_CLOCK = `${origin.slice(0, 19)}Zx2`;
    services = await serve(desk);
    await silence();
    app = await desk.start();
    clerk = new Clerk(app);
    await clerk.goTo("outbox");
    await app.reads(nb.states.late.what.unanswered, { seconds: 60 });
    await app.reads(nb.states.late.todo);
    const buttons = await app.all("button", new RegExp(`: ${title}$`));
    assert.equal(buttons.length, 1, "asked about, and nothing else");
    assert.deepEqual(await app.axe(), []);

    await practice.clear();
    await app.press("button", clerk.action(nb.outbox.checkStatus, title));
    await clerk.findSent(title, nb.states.state.delivered);
    assert.equal((await practice.taken()).length, 1);
    assert.ok(!(await app.text()).includes(nb.states.late.todo));
  });

  async function silence() {
    for (const service of ["statuses", "inbox"]) await practice.plan({ service, kind: "status", status: 503, times: 10_000 });
  }
});

describe("a ledger restored from a backup", () => {
  const desk = new Desk("backed-up");
  const other = new Desk("restored");
  const { practice } = desk;
  const title = "Brev fra sikkerhetskopien";
  let services;
  let app;

  before(async () => {
    // The other machine reaches the same services.
    other.environment.UTPOST_PRACTICE_DATA = desk.practiceFolder;
    services = await serve(desk);
    app = await desk.start();
  });

  after(async () => {
    await app?.stop();
    services?.stdin.end();
  });

  it("stands still until all is answered, and a letter of it goes only on the clerk's word", async () => {
    let clerk = new Clerk(app);
    await practice.plan({ service: "submit", kind: "status", status: 503, retry_after: 600, times: 10_000 });
    await clerk.sendTo(letter(title), people.EBOKS.number);
    await clerk.sendNow();
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.safe);
    await app.stop();
    const backup = join(desk.folder, "backup");
    const passphrase = join(desk.folder, "passphrase");
    writeFileSync(passphrase, "fire hester i en fjord\n");
    console_(desk, "ledger", "backup", backup, "--passphrase-file", passphrase);
    console_(other, "ledger", "restore", backup, "--passphrase-file", passphrase);

    await practice.clear();
    await practice.plan({ service: "statuses", kind: "status", status: 503, times: 10_000 });
    app = await other.start();
    clerk = new Clerk(app);
    const words = nb.frame.standstill.restored;
    await app.sees("region", words.title);
    await app.press("button", words.ask);
    await app.reads(words.unanswered(1), { seconds: 60 });
    await clerk.goTo("outbox");
    await app.reads(nb.outbox.uncertain);
    assert.deepEqual(await app.axe(), []);
    assert.equal((await practice.taken()).length, 0);

    await practice.clear();
    await app.press("button", words.ask);
    await app.reads(words.thawed, { seconds: 60 });
    await app.misses("region", words.title);
    await app.reads(nb.outbox.restored);
    await app.sees("button", clerk.action(nb.outbox.checkStatus, title));
    await app.sees("button", clerk.action(nb.outbox.cancel, title));
    await app.press("button", clerk.action(nb.outbox.confirmUnsent, title));
    await app.reads(nb.outbox.unsentSealedBody);
    assert.equal((await practice.taken()).length, 0);
    await app.press("button", nb.outbox.unsentYes);
    await clerk.findSent(title, nb.states.state.delivered);
    assert.equal((await practice.taken()).length, 1);
  });

  function console_(of, ...words) {
    execFileSync(required("UTPOST_CONSOLE"), ["--practice", ...words], { env: { ...process.env, ...of.environment }, stdio: ["ignore", "pipe", "inherit"] });
  }
});
