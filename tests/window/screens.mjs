// Pictures of every screen and state: screens.mjs DIR. One folder a place, and index.html.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Desk } from "./lib/app.mjs";
import { Clerk } from "./lib/clerk.mjs";
import { FIRST_LOOK, PLACES, fill, tour, unopened } from "./lib/tour.mjs";

const NORMAL = [[1280, 800], [1920, 1080]];
/** The narrow window, and what 200 % zoom leaves of one of 1280 × 960. */
const NARROW = [[320, 800], [640, 480]];

const LOOKS = [
  { language: "nb", theme: "light", sizes: [...NORMAL, ...NARROW] },
  { language: "nb", theme: "dark", sizes: NORMAL },
  { language: "en", theme: "light", sizes: NORMAL },
  { language: "en", theme: "dark", sizes: NORMAL },
  { language: "nn", theme: "light", sizes: [[1280, 800]] },
];

const out = process.argv[2];
const desk = new Desk("screens");
const app = await desk.start();
const clerk = new Clerk(app);
const pictures = [];
const missed = [];
try {
  await clerk.look(FIRST_LOOK);
  await fill(clerk);
  for (const [number, place] of PLACES.entries()) {
    const folder = folderOf(number, place.name);
    try {
      await tour(clerk, LOOKS, (_, look) => picture(app, place.name, folder, look), [place]);
    } catch (fault) {
      missed.push(`${place.name}: ${fault.message}`);
      await app.size(...NORMAL[0]);
    }
    console.log(`${number + 1} of ${PLACES.length}  ${place.name}`);
  }
  await app.stop();
  const name = "Kunne ikke åpnes";
  const folder = folderOf(PLACES.length, name);
  await unopened(desk, LOOKS, (failed, look) => picture(failed, name, folder, look));
} finally {
  writeFileSync(join(out, "index.html"), index());
  await app.stop();
}
console.log(`${pictures.length} pictures`);
for (const { name } of pictures.filter(({ wide }) => wide)) console.log(`wider than the window: ${name}`);
for (const sentence of missed) console.log(`missed: ${sentence}`);
process.exitCode = missed.length > 0 || pictures.some(({ wide }) => wide) ? 1 : 0;

/** Makes the folder of a place's pictures. */
function folderOf(number, name) {
  const folder = `${String(number + 1).padStart(2, "0")}-${name.toLowerCase().replace(/[^a-zæøå0-9]+/g, "-")}`;
  mkdirSync(join(out, folder), { recursive: true });
  return folder;
}

/** Pictures the page as it is, in each size of the look. */
async function picture(app, place, folder, { language, theme, sizes }) {
  for (const [width, height] of sizes) {
    await app.size(width, height);
    await app.still();
    const name = `${folder}/${language}-${theme}-${width}x${height}.png`;
    writeFileSync(join(out, name), await app.driver.screenshot());
    pictures.push({ place, name, width, wide: await app.isTooWide() });
  }
  await app.size(...NORMAL[0]);
}

/** All pictures on one page. */
function index() {
  const places = [...new Set(pictures.map(({ place }) => place))];
  const parts = places.map((place) => {
    const own = pictures.filter((picture) => picture.place === place);
    const figures = own.map(({ name, width }) =>
      `<figure><a href="${encodeURI(name)}"><img loading="lazy" src="${encodeURI(name)}" width="${width / 4}" alt=""></a><figcaption>${name.split("/")[1]}</figcaption></figure>`);
    return `<h2>${place}</h2>\n<div>${figures.join("\n")}</div>`;
  });
  return `<!doctype html>
<html lang="nb"><meta charset="utf-8"><title>Utpost</title>
<style>
body { font: 16px sans-serif; margin: 24px; background: #ddd; }
div { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start; }
figure { margin: 0; } figcaption { font-size: 12px; }
</style>
${parts.join("\n")}
</html>
`;
}
