import { describe, expect, test } from "vitest";

import { createFormat, initials, parseDay } from "./format";

const NOW = () => new Date("2026-11-24T09:42:00Z");
const nb = createFormat("nb", NOW);
const nn = createFormat("nn", NOW);
const en = createFormat("en", NOW);
/** Breaking and non-breaking spaces look the same. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("times", () => {
  test("are Norwegian times, near days by name", () => {
    expect(plain(nb.dayTime("2026-11-24T09:42:00Z"))).toBe("i dag kl. 10.42");
    expect(plain(nb.dayTime("2026-11-23T13:40:00Z"))).toBe("i går kl. 14.40");
    expect(plain(nn.dayTime("2026-11-25T09:42:00Z"))).toBe("i morgon kl. 10.42");
    expect(plain(en.dayTime("2026-11-24T09:42:00Z"))).toBe("today at 10:42");
    expect(plain(nb.day("2026-11-10T08:31:00Z"))).toBe("10. nov.");
    expect(plain(nb.day("2025-11-10T08:31:00Z"))).toBe("10. nov. 2025");
    expect(plain(nb.longDay("2025-02-14T11:00:00Z"))).toBe("14. februar 2025");
    expect(plain(en.longDay("2025-02-14T11:00:00Z"))).toBe("14 February 2025");
  });

  test("cross midnight and summer time as clocks in Norway do", () => {
    expect(plain(nb.day("2026-11-23T23:30:00Z"))).toBe("i dag");
    expect(plain(nb.dayTime("2026-11-23T22:30:00Z"))).toBe("i går kl. 23.30");
    expect(nb.time("2026-07-01T10:00:00Z")).toBe("12.00");
  });

  test("a plain day stays the day it is", () => {
    expect(plain(nb.longDay("2026-12-24"))).toBe("24. desember 2026");
  });
});

describe("numbers", () => {
  test("follow the language", () => {
    expect(nb.kroner(109)).toBe("1,09");
    expect(en.kroner(109)).toBe("1.09");
    expect(plain(nb.number(1234567))).toBe("1 234 567");
    expect(nb.number(1234)).toBe("1234");
    expect(en.number(1234)).toBe("1,234");
    expect(plain(nb.percent(0.629))).toBe("62 %");
  });

  test("sizes are short", () => {
    expect(plain(nb.bytes(184_210))).toBe("184 kB");
    expect(plain(nb.bytes(4_600_000))).toBe("4,6 MB");
    expect(plain(nb.bytes(999_700))).toBe("1,0 MB");
    expect(plain(nb.bytes(12))).toBe("12 B");
  });

  test("person numbers are shown in two groups, anything else as it is", () => {
    expect(plain(nb.personNumber("06925115949"))).toBe("069251 15949");
    expect(nb.personNumber("069251 1594")).toBe("069251 1594");
  });

  test("durations use the unit that says enough", () => {
    expect(plain(nb.duration(8))).toBe("8 sekunder");
    expect(plain(nn.duration(8))).toBe("8 sekund");
    expect(plain(nb.duration(1))).toBe("1 sekund");
    expect(plain(nb.duration(180))).toBe("3 minutter");
    expect(plain(en.duration(7200))).toBe("2 hours");
    expect(plain(nn.duration(14 * 86_400))).toBe("14 dagar");
  });
});

test("a day written by hand is read, and one that does not exist is not", () => {
  expect(parseDay("24.11.2026")).toBe("2026-11-24");
  expect(parseDay(" 4 / 1 / 2027 ")).toBe("2027-01-04");
  expect(parseDay("31.02.2026")).toBeNull();
  expect(parseDay("i morgen")).toBeNull();
});

test("initials are those of the first and last name", () => {
  expect(initials("Ingrid Solbakk")).toBe("IS");
  expect(initials("ingrid.solbakk")).toBe("IS");
  expect(initials("root")).toBe("R");
  expect(initials("")).toBe("");
});
