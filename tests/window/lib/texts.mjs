// The window's own words, from ui/src/text, so that scenarios name things as the clerk sees them.

import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const ui = fileURLToPath(new URL("../../../ui/", import.meta.url));
const inUi = createRequire(`${ui}package.json`);

async function load() {
  // The bundler that builds the page; the texts are TypeScript.
  const { build } = await import(pathToFileURL(createRequire(inUi.resolve("vite")).resolve("rolldown")).href);
  const files = ["nb", "nn", "en"].map((language) => `export { ${language} } from "${ui}src/text/${language}";`);
  const { output } = await build({
    input: "texts",
    write: false,
    logLevel: "silent",
    plugins: [{
      name: "texts",
      resolveId: (id) => (id === "texts" ? id : null),
      load: (id) => (id === "texts" ? files.join("\n") : null),
    }],
  });
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);
}

export const { nb, nn, en } = await load();
export const TEXTS = { nb, nn, en };

/** axe-core, to be injected. */
export const AXE_FILE = inUi.resolve("axe-core/axe.min.js");
