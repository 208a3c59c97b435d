// axe on every screen and state, in every language and theme, in one session of the real window.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Desk } from "./lib/app.mjs";
import { Clerk } from "./lib/clerk.mjs";
import { LANGUAGES, PLACES, fill, tour, unopened } from "./lib/tour.mjs";

const LOOKS = LANGUAGES.flatMap((language) => ["light", "dark"].map((theme) => ({ language, theme })));

const desk = new Desk("accessible");
let clerk;
let pages = 0;
let findings = 0;

before(async () => {
  clerk = new Clerk(await desk.start());
  await clerk.look(LOOKS[0]);
  await fill(clerk);
});

after(async () => {
  console.log(`axe: ${pages} pages, ${findings} findings`);
  await clerk?.app.stop();
});

/** Looks at one page; gives a line for each finding. */
async function check(app, { language, theme }) {
  const here = await app.axe();
  pages += 1;
  findings += here.length;
  return here.map((finding) => `${language}, ${theme}: ${finding}`);
}

describe(`without a finding of axe in ${LOOKS.length} looks`, () => {
  for (const place of PLACES) {
    it(place.name, async () => {
      const found = [];
      await tour(clerk, LOOKS, async (_, look) => found.push(...(await check(clerk.app, look))), [place]);
      assert.deepEqual(found, []);
    });
  }

  it("Kunne ikke åpnes", async () => {
    await clerk.app.stop();
    const found = [];
    await unopened(desk, LOOKS, async (app, look) => found.push(...(await check(app, look))));
    assert.deepEqual(found, []);
  });
});
