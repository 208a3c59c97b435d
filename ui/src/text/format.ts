import type { AddressForm, Tongue } from "../bridge";

/** Shows times, numbers and sizes the way the language does. Times are Norwegian times. */
export type Format = ReturnType<typeof createFormat>;

const ZONE = "Europe/Oslo";

const WORDS = {
  nb: { today: "i dag", yesterday: "i går", tomorrow: "i morgen", at: " kl. ", decimal: ",", days: ["dag", "dager"], hours: ["time", "timer"], minutes: ["minutt", "minutter"], seconds: ["sekund", "sekunder"] },
  nn: { today: "i dag", yesterday: "i går", tomorrow: "i morgon", at: " kl. ", decimal: ",", days: ["dag", "dagar"], hours: ["time", "timar"], minutes: ["minutt", "minutt"], seconds: ["sekund", "sekund"] },
  en: { today: "today", yesterday: "yesterday", tomorrow: "tomorrow", at: " at ", decimal: ".", days: ["day", "days"], hours: ["hour", "hours"], minutes: ["minute", "minutes"], seconds: ["second", "seconds"] },
} as const;

// Bokmål and nynorsk have the same names; not every engine knows nynorsk.
const NORWEGIAN_MONTHS = ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"];
const NORWEGIAN_SHORT = ["jan.", "feb.", "mars", "apr.", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."];
const ENGLISH_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const ENGLISH_SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A non-breaking space keeps a number and its unit on one line. */
const NBSP = "\u00a0";

/** "209146 95016", in every language. */
export function personNumber(digits: string): string {
  return /^\d{11}$/.test(digits) ? `${digits.slice(0, 6)}${NBSP}${digits.slice(6)}` : digits;
}

/** `now` is asked at each use, so that "today" stays true overnight. */
export function createFormat(language: Tongue, now: () => Date = () => new Date()) {
  const words = WORDS[language];
  const english = language === "en";
  const months = english ? ENGLISH_MONTHS : NORWEGIAN_MONTHS;
  const short = english ? ENGLISH_SHORT : NORWEGIAN_SHORT;

  const dayMonth = (day: Day, names: readonly string[]) => {
    const month = names[day.month - 1] ?? "";
    return english ? `${day.day}${NBSP}${month}` : `${day.day}.${NBSP}${month}`;
  };
  const near = (day: Day): string | null => {
    const distance = dayNumber(day) - dayNumber(parts(now()).day);
    if (distance === 0) return words.today;
    if (distance === -1) return words.yesterday;
    if (distance === 1) return words.tomorrow;
    return null;
  };
  const time = (at: string) => {
    const { hour, minute } = parts(new Date(at));
    return english ? `${hour}:${minute}` : `${hour}.${minute}`;
  };
  /** "i dag", "10. nov.", "10. nov. 2025". */
  const day = (at: string) => {
    const on = dayOf(at);
    const close = near(on);
    if (close) return close;
    const text = dayMonth(on, short);
    return on.year === parts(now()).day.year ? text : `${text}${NBSP}${on.year}`;
  };
  /** "14. februar 2025". */
  const longDay = (at: string) => {
    const on = dayOf(at);
    return `${dayMonth(on, months)}${NBSP}${on.year}`;
  };
  const number = (value: number, decimals = 0) => {
    const [whole = "", fraction] = Math.abs(value).toFixed(decimals).split(".");
    const grouped = whole.length > 4 || english ? whole.replace(/\B(?=(\d{3})+$)/g, english ? "," : NBSP) : whole;
    return `${value < 0 ? "−" : ""}${grouped}${fraction ? words.decimal + fraction : ""}`;
  };
  const counted = (count: number, [one, many]: readonly [string, string]) => `${number(count)}${NBSP}${count === 1 ? one : many}`;

  return {
    language,
    /** "10.42" */
    time,
    day,
    longDay,
    /** "i dag kl. 10.42", "10. nov. kl. 09.31" */
    dayTime: (at: string) => `${day(at)}${words.at}${time(at)}`,
    /** "i dag 10.58" beside today and yesterday, else only the day. For lists. */
    shortTime: (at: string) => (near(dayOf(at)) ? `${day(at)}${NBSP}${time(at)}` : day(at)),
    /** "10. nov. 09.31". For timelines. */
    stamp: (at: string) => `${day(at)} ${time(at)}`,
    /** "31.12.2027" */
    numericDay: (at: string) => {
      const on = dayOf(at);
      return english ? `${on.day}/${on.month}/${on.year}` : `${on.day}.${on.month}.${on.year}`;
    },
    number,
    /** "62 %" */
    percent: (share: number) => (english ? `${number(Math.floor(share * 100))}%` : `${number(Math.floor(share * 100))}${NBSP}%`),
    /** "1,09", in kroner from hundredths. */
    kroner: (ore: number) => number(ore / 100, 2),
    /** "184 kB", "4,6 MB" */
    bytes: (bytes: number) => {
      if (bytes < 1_000) return `${number(bytes)}${NBSP}B`;
      if (bytes < 999_500) return `${number(Math.round(bytes / 1_000))}${NBSP}kB`;
      return `${number(bytes / 1_000_000, 1)}${NBSP}MB`;
    },
    /** "209146 95016"; anything but eleven digits as it is. */
    personNumber,
    /** "991 825 827" */
    organisation: (digits: string) => (/^\d{9}$/.test(digits) ? `${digits.slice(0, 3)}${NBSP}${digits.slice(3, 6)}${NBSP}${digits.slice(6)}` : digits),
    /** "3 minutter"; the largest unit that says enough. */
    duration: (seconds: number) => {
      const whole = Math.max(0, Math.round(seconds));
      if (whole < 90) return counted(whole, words.seconds);
      if (whole < 90 * 60) return counted(Math.round(whole / 60), words.minutes);
      if (whole < 36 * 3600) return counted(Math.round(whole / 3600), words.hours);
      return counted(Math.round(whole / 86_400), words.days);
    },
    days: (count: number) => counted(count, words.days),
    /** "Liv Fjellheim, Bakkevegen 7, 2698 Fjelldal" */
    addressLine: (address: AddressForm) => addressLines(address).join(", "),
  };
}

/** An address as on an envelope, a line each. */
export function addressLines(address: AddressForm): string[] {
  const place = `${address.postcode} ${address.town}`.trim();
  return [address.name, ...address.lines, place, address.country].map((line) => line.trim()).filter((line) => line !== "");
}

/** "LF" */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== "");
  const first = words[0]?.[0] ?? "";
  const last = words.length > 1 ? (words[words.length - 1]?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}

/** A day written by hand, such as "24.11.2026" or "24/11/2026", as `2026-11-24`; `null` when there is no such day. */
export function parseDay(text: string): string | null {
  const found = /^\s*(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4})\s*$/.exec(text);
  const year = Number(found?.[3]);
  const month = Number(found?.[2]);
  const day = Number(found?.[1]);
  if (!found) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.toISOString().slice(0, 10);
}

type Day = { year: number; month: number; day: number };

/** Of a time in UTC, or of a plain day, which stays the day it is. */
function dayOf(at: string): Day {
  const plain = /^(\d{4})-(\d{2})-(\d{2})$/.exec(at);
  if (plain) return { year: Number(plain[1]), month: Number(plain[2]), day: Number(plain[3]) };
  return parts(new Date(at)).day;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

function parts(date: Date): { day: Day; hour: string; minute: string } {
  const found: Record<string, string> = {};
  for (const part of CLOCK.formatToParts(date)) found[part.type] = part.value;
  return {
    day: { year: Number(found.year), month: Number(found.month), day: Number(found.day) },
    hour: found.hour ?? "",
    minute: found.minute ?? "",
  };
}

function dayNumber(day: Day): number {
  return Date.UTC(day.year, day.month - 1, day.day) / 86_400_000;
}
