import { describe, expect, test } from "vitest";

import { CODES, REASONS } from "../bridge/codes";
import { TEXTS, type Texts } from ".";

const LANGUAGES = ["nb", "nn", "en"] as const;

/** Every text by its path; functions are called so that it shows which parameters they use. */
function leaves(value: unknown, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  if (typeof value === "string") found.set(path, value);
  else if (typeof value === "function") {
    const say = value as (...args: unknown[]) => unknown;
    const all = (make: (index: number) => unknown) => String(say(...Array.from({ length: say.length }, (_, index) => make(index))));
    found.set(`${path}(marks)`, all(mark));
    // One and many read differently. What takes no number has nothing to say of them.
    for (const count of [1, 7]) {
      const text = all(() => count);
      if (!text.includes("undefined")) found.set(`${path}(${count})`, text);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) for (const [at, text] of leaves(inner, `${path}.${key}`)) found.set(at, text);
  }
  return found;
}

/** Reads as a text that marks its place; each of its fields marks its name. */
function mark(index: number): unknown {
  const text = `⟨${index}⟩`;
  return new Proxy(
    {},
    {
      get: (_, key) => {
        if (key === Symbol.toPrimitive) return () => text;
        const own: unknown = Reflect.get(Object(text), key);
        if (typeof own === "function") return own.bind(text) as unknown;
        return own === undefined && typeof key === "string" ? `⟨${key}⟩` : own;
      },
    },
  );
}

describe("the three languages", () => {
  const all = Object.fromEntries(LANGUAGES.map((language) => [language, leaves(TEXTS[language])])) as Record<(typeof LANGUAGES)[number], ReturnType<typeof leaves>>;

  test.each(["nn", "en"] as const)("%s has exactly the texts of bokmål", (language) => {
    expect([...all[language].keys()].sort()).toEqual([...all.nb.keys()].sort());
  });

  test.each(LANGUAGES)("%s leaves nothing empty, and nothing unsaid by name", (language) => {
    const wrong = [...all[language]].filter(([, text]) => text.trim() === "" || /undefined|\[object|NaN/.test(text));
    expect(wrong).toEqual([]);
  });

  test.each(["nn", "en"] as const)("%s uses the same parameters in each sentence", (language) => {
    const marks = (text: string) => [...text.matchAll(/⟨[^⟩]*⟩/g)].map(([mark]) => mark).sort();
    const other = [...all.nb].filter(([path, text]) => path.endsWith("(marks)") && marks(text).join() !== marks(all[language].get(path) ?? "").join());
    expect(other.map(([path]) => path)).toEqual([]);
  });

  test.each(LANGUAGES)("%s does not shout, and never speaks of itself as we", (language) => {
    const loud = [...all[language]].filter(([, text]) => text.includes("!") || (language === "en" ? /\bwe\b/i : /\bvi\b/i).test(text));
    expect(loud).toEqual([]);
  });

  test("nynorsk is no copy of bokmål", () => {
    const same = [...all.nb].filter(([path, text]) => all.nn.get(path) === text && text.split(" ").length > 5);
    // Some sentences are the same in both; most are not.
    expect(same.length).toBeLessThan(0.05 * all.nb.size);
  });
});

describe.each(LANGUAGES)("%s", (language) => {
  const text: Texts = TEXTS[language];

  test("words every code of the core, and none that is gone", () => {
    expect(Object.keys(text.errors.codes).sort()).toEqual([...CODES].sort());
  });

  test("says what happened and what to do, and never names a command", () => {
    for (const [code, { what, todo }] of Object.entries(text.errors.codes)) {
      for (const sentence of [what, todo]) {
        expect(sentence, code).toMatch(/^\p{Lu}.*\.$/u);
        expect(sentence, code).not.toMatch(/utpost (status|resume|outbox|practice|settings|send|doctor)|--/);
      }
    }
  });

  test("words every reason of the decision, and none that is gone", () => {
    expect(Object.keys(text.decision.reasons).sort()).toEqual([...REASONS].sort());
  });

  test("never offers to send again a letter that may have been received", () => {
    expect(text.errors.codes.UNCERTAIN_ANSWER_LOST?.todo).toContain(text.states.action.checkStatus);
  });
});
