import type { AddressForm, Composition, LetterForm, Tongue } from "../../bridge";

/** Letters of the title, as the letter's own title and as the one anyone may see. */
export const TITLE_LIMIT = 255;
export const PUBLIC_TITLE_LIMIT = 80;

export const EMPTY_ADDRESS: AddressForm = { name: "", lines: [""], postcode: "", town: "", country: "" };

/** The form of a new letter: what was read out of it, and what is right for most letters. */
export function newForm({ read, form }: Composition, language: Tongue): LetterForm {
  if (form) return form;
  const only = read.numbers.length === 1 ? read.numbers[0] : undefined;
  return {
    number: only?.number ?? "",
    kind: "decision",
    title: read.title ?? "",
    publicTitle: null,
    language: language === "nn" ? "nn" : "nb",
    security: "level4",
    openingReceipt: true,
    visibleFrom: null,
    recipientName: read.address?.name ?? null,
    address: read.address,
  };
}

/**
 * The form when another file has taken the document's place: what the clerk wrote stays, what had
 * been read out of the old file gives way to what stands in the new one.
 */
export function formAfterReplacement(form: LetterForm, before: Composition, after: Composition, language: Tongue): LetterForm {
  const old = newForm({ ...before, form: null }, language);
  const fresh = newForm({ ...after, form: null }, language);
  const wasRead = (field: "number" | "title" | "recipientName") => form[field] === old[field] || form[field] === "";
  const next = { ...form };
  if (digits(form.number) === digits(old.number) || digits(form.number) === "") next.number = fresh.number;
  if (wasRead("title")) next.title = fresh.title;
  if (wasRead("recipientName")) next.recipientName = fresh.recipientName;
  if (JSON.stringify(form.address) === JSON.stringify(old.address)) next.address = fresh.address;
  return next;
}

/** A number without what people put between the digits. The core has the last word on it. */
export function digits(text: string): string {
  return text.replace(/\D/g, "");
}
