import type { LetterDetail, LetterRow, ReceiptName, StepName, TimelineEvent, TimelineItem } from "../../bridge";
import type { Format, Texts } from "../../text";
import type { Tone } from "./standing";

/** One line of the timeline as it is shown. */
export type TimelineStep = {
  key: string;
  icon: "done" | "waiting" | "failed" | "warning" | "ordered" | "quiet";
  tone: Tone;
  words: string;
  /** Empty when it has not happened. */
  at: string;
  /** A signature that was verified: by whom. */
  signer: string | null;
  /** Further lines, plain. */
  lines: string[];
  /** The event's hash; `null` for what is not in the ledger. */
  hash: string | null;
};

/** The whole history, or the steps that a clerk asks about. */
export function stepsOf(detail: LetterDetail, all: boolean, texts: Texts, format: Format): TimelineStep[] {
  const shown = all ? detail.timeline : mainSteps(detail);
  const steps: TimelineStep[] = [];
  const noticeAfter = noticesOrdered(detail) ? deliveryOf(detail.timeline) : null;
  for (const item of detail.timeline) {
    if (shown.includes(item)) steps.push(stepOf(item, detail, all, texts, format));
    if (item === noticeAfter) steps.push(...noticeSteps(detail, item.at, texts, format));
  }
  const next = nextStep(detail, texts);
  if (next) steps.push(next);
  return steps;
}

const MAIN: readonly TimelineEvent["kind"][] = [
  "stopped",
  "answerLost",
  "refused",
  "receipt",
  "suspectReceipt",
  "receiptWaitingForTrust",
  "overdue",
  "sentBefore",
  "repeatAllowed",
  "restored",
  "confirmedUnsent",
  "cancelled",
];

/** Without what was taken back later, and without the steps between machines. */
function mainSteps({ timeline, row }: LetterDetail): TimelineItem[] {
  const sent = timeline.findLast((item) => item.event.kind === "sendPressed");
  const takenBack = timeline.findLastIndex((item) => item.event.kind === "undone" || item.event.kind === "reopened");
  const main = timeline.filter((item, at) => {
    if (item === sent) return at > takenBack;
    if (item.event.kind === "status") return item.event.status === "failed";
    // A lost answer that was found is of no interest.
    if (item.event.kind === "answerLost") return row.state === "uncertain";
    return MAIN.includes(item.event.kind) && (at > takenBack || item.event.kind !== "stopped");
  });
  const [first] = timeline;
  return main.length === 0 && first ? [first] : main;
}

function stepOf(item: TimelineItem, detail: LetterDetail, all: boolean, texts: Texts, format: Format): TimelineStep {
  const text = texts.receipts;
  const { event } = item;
  const step: TimelineStep = {
    key: item.hash,
    icon: "quiet",
    tone: "quiet",
    words: wordsOf(item, detail, texts, format),
    at: format.stamp(item.at),
    signer: null,
    lines: [],
    hash: all ? item.hash : null,
  };
  if (item.clerk !== null && event.kind !== "sendPressed") step.lines.push(text.by(item.clerk));
  if (item.detail !== null && item.detail !== "") step.lines.push(text.said(item.detail));
  switch (event.kind) {
    case "receipt": {
      const bad = BAD_RECEIPTS[event.receipt];
      step.icon = bad ?? "done";
      step.tone = bad === undefined ? "good" : bad === "failed" ? "danger" : "warning";
      step.signer = nameOf(event.signer);
      if (event.saidAt !== null && differs(event.saidAt, item.at)) step.lines.push(text.saidAt(format.dayTime(event.saidAt)));
      break;
    }
    case "sendPressed":
    case "accepted":
      step.icon = "done";
      step.tone = "good";
      break;
    case "stopped":
    case "refused":
      step.icon = "failed";
      step.tone = "danger";
      if (event.kind === "stopped") step.lines.unshift(texts.errors.codes[event.code]?.what ?? "");
      if (event.kind === "refused" && event.httpStatus !== null && all) step.lines.push(text.event.refusedStatus(event.httpStatus));
      break;
    case "status":
      if (event.status === "failed") {
        step.icon = "failed";
        step.tone = "danger";
      }
      break;
    case "answerLost":
    case "suspectReceipt":
    case "receiptWaitingForTrust":
    case "overdue":
    case "sentBefore":
    case "restored":
      step.icon = "warning";
      step.tone = "warning";
      if (event.kind === "overdue") step.lines.push(texts.states.late.what[overdueWords(event.step, detail.row)]);
      if (event.kind === "sentBefore") step.lines.push(text.earlierSent(format.dayTime(event.sentAt)));
      break;
    default:
      break;
  }
  step.lines = step.lines.filter((line) => line !== "");
  return step;
}

function overdueWords(step: StepName, row: LetterRow): StepName | "posted" {
  return step === "delivered" && row.carrier === "print" ? "posted" : step;
}

const BAD_RECEIPTS: Partial<Record<ReceiptName, "failed" | "warning">> = {
  error: "failed",
  returned: "warning",
  notificationFailed: "warning",
};

function wordsOf({ event, clerk }: TimelineItem, { row }: LetterDetail, { receipts: text }: Texts, format: Format): string {
  const words = text.event;
  switch (event.kind) {
    case "sendPressed":
      return clerk === null ? words.sendPressed : text.sentBy(clerk);
    case "sealed":
      return event.carrier === "print" ? words.sealedPrint(nameOf(event.receiver, format)) : words.sealedDigital(nameOf(event.receiver, format));
    case "attemptStarted":
      return words.attemptStarted(event.attempt);
    case "status":
      return { created: words.statusCreated, sent: words.statusSent, failed: words.statusFailed }[event.status];
    case "receipt":
      if (event.receipt === "delivery") return row.carrier === "print" ? words.deliveryPrint : words.delivery;
      if (event.receipt === "accepted") return words.acceptedForPrint;
      return words[event.receipt];
    default:
      return words[event.kind];
  }
}

/**
 * Notices are ordered with a digital letter of every kind but information, to what contact the
 * register calls fresh. No receipt ever confirms them; only a failed one is told.
 */
function noticesOrdered({ row, decision }: LetterDetail): boolean {
  if (row.carrier !== "digital" || row.kind === "information" || !decision) return false;
  return decision.facts.email === "fresh" || decision.facts.mobile === "fresh";
}

function deliveryOf(timeline: readonly TimelineItem[]): TimelineItem | null {
  const delivered = timeline.find((item) => item.event.kind === "receipt" && item.event.receipt === "delivery");
  return delivered ?? null;
}

const SECOND_NOTICE_MS = 7 * 86_400_000;

function noticeSteps({ row, decision }: LetterDetail, at: string, { receipts: text }: Texts, format: Format): TimelineStep[] {
  if (!decision) return [];
  const email = decision.facts.email === "fresh";
  const sms = decision.facts.mobile === "fresh";
  const ways = email && sms ? text.noticeWays.both : email ? text.noticeWays.email : text.noticeWays.sms;
  const base = { icon: "ordered", tone: "quiet", signer: null, hash: null } as const;
  const steps: TimelineStep[] = [
    { ...base, key: "notice", words: text.noticeOrdered(ways), at: format.stamp(at), lines: [text.noticeUnconfirmed] },
  ];
  if (row.state === "delivered" || row.state === "atProvider") {
    const day = new Date(Date.parse(at) + SECOND_NOTICE_MS).toISOString();
    steps.push({ ...base, key: "second", words: text.secondNoticeOrdered, at: "", lines: [text.secondNoticeDay(format.longDay(day))] });
  }
  return steps;
}

/** What is waited for, when something is. */
function nextStep({ row, openingAsked }: LetterDetail, { receipts: text }: Texts): TimelineStep | null {
  const words = (() => {
    switch (row.state) {
      case "held":
      case "queued":
      case "submitting":
        return text.waitingFor.sending;
      case "uncertain":
        return text.waitingFor.answer;
      case "atAccessPoint":
      case "atProvider":
        return row.carrier === "print" ? text.waitingFor.print : text.waitingFor.delivery;
      case "printAccepted":
        return text.waitingFor.posting;
      case "delivered":
        return openingAsked || row.notes.includes("late") ? text.waitingFor.opening : null;
      default:
        return null;
    }
  })();
  if (words === null) return null;
  return { key: "next", icon: "waiting", tone: "warning", words, at: "", signer: null, lines: [], hash: null };
}

function nameOf(party: { organisation: string; name: string | null }, format?: Format): string {
  return party.name ?? (format ? format.organisation(party.organisation) : party.organisation);
}

/** More than a minute apart: the receipt came later than what it tells of. */
function differs(said: string, at: string): boolean {
  return Math.abs(Date.parse(said) - Date.parse(at)) > 60_000;
}
