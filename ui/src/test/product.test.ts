// @vitest-environment node
import { build, type Rolldown } from "vite";
import { describe, expect, test } from "vitest";

import { SENTINEL, session } from "../bridge/fixtures";

/** What a product build holds, by file name. */
async function product(mode: string): Promise<Map<string, string>> {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  const built = (await build({ mode, logLevel: "error", build: { write: false } })) as Rolldown.RolldownOutput;
  process.env.NODE_ENV = before;
  return new Map(built.output.map((file) => [file.fileName, file.type === "chunk" ? file.code : typeof file.source === "string" ? file.source : ""]));
}

describe("a product build", () => {
  test("holds no invented letters and no stand-in for the core", async () => {
    const files = await product("production");
    for (const [name, text] of files) {
      expect(text, name).not.toContain(SENTINEL);
      expect(text, name).not.toContain(session.clerk);
    }
    const stand = await product("mock");
    expect([...stand.values()].some((text) => text.includes(session.clerk))).toBe(true);
  });

  test("fits the strictest content policy: no script or style in the page, nothing fetched from elsewhere", async () => {
    const files = await product("production");
    const page = files.get("index.html") ?? "";
    expect(page).toContain('<script type="module" crossorigin src="./assets/');
    expect(page).not.toMatch(/<style|style="|<script(?![^>]* src=)/);
    expect(page).not.toMatch(/(src|href)="https?:/);
    const sheet = [...files].find(([name]) => name.endsWith(".css"))?.[1] ?? "";
    expect(sheet).not.toMatch(/url\(["']?https?:/);
    expect(sheet).not.toMatch(/url\(["']?data:font/);
  });
});
