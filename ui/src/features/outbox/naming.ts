import type { LetterRow } from "../../bridge";
import type { Texts } from "../../text";
import { personNumber } from "../../text/format";

/** The letter's title, or words for having none. */
export function titleOf(row: LetterRow, text: Texts["outbox"]): string {
  return row.title ?? text.untitled;
}

/** Who it is for: the name, else the number, else words for having neither. */
export function recipientOf(row: LetterRow, text: { unnamed: string }): string {
  return row.recipientName ?? (row.recipientNumber === null ? text.unnamed : personNumber(row.recipientNumber));
}

/** "Digipost", else by which way; empty while that is not known. */
export function wayOf(row: LetterRow, text: Texts["outbox"]): string {
  if (row.carrier === "print") return text.paper;
  if (row.receiver?.name) return row.receiver.name;
  return row.carrier === "digital" ? text.digital : "";
}
