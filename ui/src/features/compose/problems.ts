import type { AddressField, AddressFaultKind, AddressFaultView, DecisionView, EarlierLetter, LetterForm, NumberCheck, Trouble } from "../../bridge";
import type { Texts } from "../../text";
import { digits, PUBLIC_TITLE_LIMIT, TITLE_LIMIT } from "./form";

/** Where a problem is mended; also the `id` of the element to go to. */
export type ProblemPlace =
  | "letter-file"
  | "letter-number"
  | "letter-look-up"
  | "letter-decision"
  | "letter-earlier"
  | "letter-repeat-reason"
  | "letter-yes"
  | `letter-address-${AddressField}`
  | "letter-title"
  | "letter-public-title"
  | "letter-visible-from";

/** Something that must be put right before the letter can be sent. */
export type Problem = { place: ProblemPlace; message: string };

/** Whether the letter goes on paper, as far as is known. */
export function goesOnPaper(decision: DecisionView | null, yes: boolean): boolean {
  return decision !== null && (decision.channel.way === "print" ? !decision.needsYes || yes : decision.needsYes && yes);
}

/** Everything that stands between the letter and Send, in the order of the page. */
export function problemsOf(
  { form, dayText, numberCheck, decision, earlier, yes, addressFaults }: { form: LetterForm; dayText: string; numberCheck: NumberCheck | null; decision: DecisionView | null; earlier: EarlierLetter | null; yes: boolean; addressFaults: AddressFaultView[] },
  text: Texts,
): Problem[] {
  const problems: Problem[] = [];
  const number = numberProblem(form.number, numberCheck, text);
  const { recipient, sending } = text.compose;
  if (number) problems.push({ place: "letter-number", message: number });
  else if (earlier) problems.push({ place: "letter-earlier", message: text.compose.earlier.blocked });
  else if (!decision) problems.push({ place: "letter-look-up", message: recipient.notAsked });
  else if (decision.needsYes && !yes) problems.push({ place: "letter-yes", message: recipient.paperNeeded });
  else if ((decision.channel.way === "stop" && !decision.needsYes) || decision.channel.way === "wait") problems.push({ place: "letter-decision", message: recipient.stoppedHint });
  if (goesOnPaper(decision, yes)) {
    for (const { field, fault } of addressFaults) problems.push({ place: `letter-address-${field}`, message: addressWords(field, fault, text) });
  }
  const title = form.title.trim();
  if (title === "") problems.push({ place: "letter-title", message: sending.titleMissing });
  else if ([...title].length > TITLE_LIMIT) problems.push({ place: "letter-title", message: sending.titleTooLong });
  if ([...(form.publicTitle ?? "").trim()].length > PUBLIC_TITLE_LIMIT) problems.push({ place: "letter-public-title", message: sending.publicTitleTooLong });
  if (dayText.trim() !== "" && form.visibleFrom === null) problems.push({ place: "letter-visible-from", message: sending.visibleFromWrong });
  return problems;
}

/** What is wrong with a number; `null` when it can be looked up, or is being checked. */
export function numberProblem(typed: string, check: NumberCheck | null, text: Texts): string | null {
  const { recipient } = text.compose;
  if (digits(typed) === "") return recipient.empty;
  if (!check || check.code === null) return null;
  if (check.missing > 0) return recipient.missing(check.missing);
  if (check.missing < 0) return recipient.tooMany(-check.missing);
  const words = text.errors.codes[check.code];
  return words ? `${words.what} ${words.todo}` : null;
}

/** What is wrong with one line of an address. */
export function addressWords(field: AddressField, fault: AddressFaultKind, text: Texts): string {
  const { faults } = text.compose.address;
  switch (fault) {
    case "missing":
      return faults[field].missing;
    case "postcode":
      return faults.postcode.other;
    case "tooLong":
      return faults.tooLong;
    case "hiddenCharacters":
      return faults.hidden;
    case "countryIsNorway":
      return faults.norway;
  }
}

/** The field a code of the core is about, where it is about one. */
export function placeOf(trouble: Trouble): ProblemPlace | null {
  if (trouble.code.startsWith("INPUT_NUMBER")) return "letter-number";
  if (trouble.code.startsWith("INPUT_TITLE")) return trouble.detail === "public_title" ? "letter-public-title" : "letter-title";
  if (trouble.code === "INPUT_EFFECTIVE_DATE") return "letter-visible-from";
  if (trouble.code === "INPUT_ADDRESS" || trouble.code === "REACH_ADDRESS_MISSING") return "letter-address-name";
  if (trouble.code === "REACH_PRINT_UNCONFIRMED") return "letter-yes";
  if (trouble.code === "INPUT_REPEAT_REASON") return "letter-repeat-reason";
  return null;
}

/** Whether a place is in the Sending band, which is folded until something there needs the clerk. */
export function isInSending(place: ProblemPlace): boolean {
  return place === "letter-title" || place === "letter-public-title" || place === "letter-visible-from";
}

/** Moves focus to where a problem is mended. */
export function focusPlace(place: string): void {
  const element = document.getElementById(place);
  element?.focus();
  element?.scrollIntoView?.({ block: "nearest" });
}
