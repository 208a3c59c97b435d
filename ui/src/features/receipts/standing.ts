import type { LetterRow, NoteName, StateName } from "../../bridge";
import type { Texts } from "../../text";

/** How a letter is marked: always with an icon and a word beside the colour. */
export type Tone = "good" | "info" | "warning" | "danger" | "quiet";

export type IconName =
  | "done"
  | "opened"
  | "printed"
  | "notOpened"
  | "returned"
  | "failed"
  | "notice"
  | "waiting"
  | "warning"
  | "cancelled";

export type Standing = { icon: IconName; tone: Tone; words: string };

/** What asks for a person, the gravest first; `notOpened` is a delivered letter that is late. */
export type Ask = "failed" | "refused" | "returned" | "contradiction" | "suspectReceipt" | "receiptWaitingForTrust" | "notificationFailed" | "notOpened" | "late";

const ASKING_NOTES: readonly NoteName[] = ["contradiction", "suspectReceipt", "receiptWaitingForTrust", "notificationFailed", "late"];

/** What somebody should look at, the gravest first. */
export function asksOf(row: LetterRow): Ask[] {
  const asks: Ask[] = [];
  if (row.state === "failed" || row.state === "refused" || row.state === "returned") asks.push(row.state);
  for (const note of ASKING_NOTES) {
    if (!row.notes.includes(note)) continue;
    asks.push(note === "late" && row.state === "delivered" ? "notOpened" : note);
  }
  return asks;
}

/** The mark in the list: what asks for a person, else the state. */
export function standingOf(row: LetterRow, texts: Texts): Standing {
  const [ask] = asksOf(row);
  const words = texts.states.state[row.state];
  if (ask === undefined || ask === "failed" || ask === "refused" || ask === "returned") return { ...STATES[row.state], words };
  return { icon: ASK_ICONS[ask], tone: "warning", words: texts.receipts.standing[ask] };
}

const ASK_ICONS = {
  contradiction: "warning",
  suspectReceipt: "warning",
  receiptWaitingForTrust: "waiting",
  notificationFailed: "notice",
  notOpened: "notOpened",
  late: "waiting",
} as const;

const WAITING = { icon: "waiting", tone: "info" } as const;
const QUIET = { icon: "waiting", tone: "quiet" } as const;

const STATES: Record<StateName, { icon: IconName; tone: Tone }> = {
  draft: QUIET,
  waitingForRegister: QUIET,
  stopped: { icon: "failed", tone: "danger" },
  ready: QUIET,
  awaitingApproval: QUIET,
  held: WAITING,
  queued: WAITING,
  submitting: WAITING,
  uncertain: { icon: "warning", tone: "warning" },
  atAccessPoint: WAITING,
  atProvider: WAITING,
  printAccepted: { icon: "printed", tone: "info" },
  delivered: { icon: "done", tone: "info" },
  handedToPost: { icon: "printed", tone: "info" },
  opened: { icon: "opened", tone: "good" },
  returned: { icon: "returned", tone: "warning" },
  refused: { icon: "failed", tone: "danger" },
  failed: { icon: "failed", tone: "danger" },
  printedHere: { icon: "printed", tone: "info" },
  postedHere: { icon: "printed", tone: "info" },
  cancelled: { icon: "cancelled", tone: "quiet" },
};
