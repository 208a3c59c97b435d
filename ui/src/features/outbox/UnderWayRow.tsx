import { ClockIcon, CloudSlashIcon, CloudUpIcon, ExclamationmarkTriangleIcon, PadlockLockedIcon, QuestionmarkDiamondIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import type { ReactNode } from "react";

import { useAction, useAnnounce } from "../../app";
import { useBridge, type ActionName, type LetterRow, type OutboxRow } from "../../bridge";
import { TroublePanel } from "../../components";
import { useFormat, useText, type Format, type Texts } from "../../text";
import { LateNotice } from "../../components/LateNotice";
import { recipientOf, titleOf, wayOf } from "./naming";
import { nextTryWords } from "./time";
import { Track, type Step } from "./Track";

/** A sealed letter on its way to the mailbox supplier or the print shop. */
export function UnderWayRow({ entry, now, onCancel, onUndo }: {
  entry: OutboxRow;
  now: number;
  onCancel: (row: LetterRow) => void;
  onUndo: (row: LetterRow) => void;
}) {
  const bridge = useBridge();
  const texts = useText();
  const text = texts.outbox;
  const format = useFormat();
  const announce = useAnnounce();
  const { row } = entry;
  const title = titleOf(row, text);

  const tell = (changed: LetterRow) => announce(text.answered(title, texts.states.state[changed.state]));
  const tryNow = useAction(() => bridge.tryNow(row.letter).then(tell));
  const checkStatus = useAction(() => bridge.checkStatus(row.letter).then(tell));
  const trouble = tryNow.trouble ?? checkStatus.trouble;

  const way = wayOf(row, text);
  const { icon, tone } = signOf(entry);
  const why = reasonOf(entry, now, texts, format);
  const uploading = shareOf(entry);
  return (
    <li className="outbox-row" data-letter={row.letter}>
      <span className="outbox-icon" data-tone={tone}>
        {icon}
      </span>
      <div className="outbox-words">
        <h3 tabIndex={-1}>{title}</h3>
        <p className="mute">
          {recipientOf(row, text)}
          {way === "" ? "" : `, ${way}`}
        </p>
        {why !== "" && <p className="outbox-why">{why}</p>}
        {row.late && (
          <div className="outbox-late" data-tone="waiting">
            <LateNotice row={row} />
          </div>
        )}
        {trouble && <TroublePanel trouble={trouble} />}
      </div>
      <Track steps={stepsOf(entry, text)} />
      <div className="outbox-actions">
        {uploading !== null && (
          <span className="mute figures">{text.uploaded(format.percent(uploading), format.bytes(entry.bytes))}</span>
        )}
        {actionsOf(row).map((action) => {
          switch (action) {
            case "tryNow":
              return <RowButton key={action} label={text.tryNow} title={title} onClick={() => void tryNow.run()} busy={tryNow.slow} first />;
            case "checkStatus":
              return <RowButton key={action} label={text.checkStatus} title={title} onClick={() => void checkStatus.run()} busy={checkStatus.slow} first />;
            case "undo":
              return <RowButton key={action} label={text.undo} title={title} onClick={() => onUndo(row)} />;
            case "cancel":
              return <RowButton key={action} label={text.cancel} title={title} onClick={() => onCancel(row)} />;
            default:
              return null;
          }
        })}
      </div>
    </li>
  );
}

/** A button in a row; its name says which letter it is for. */
export function RowButton({ label, title, onClick, busy = false, first = false }: {
  label: string;
  title: string;
  onClick: () => void;
  busy?: boolean;
  /** The one most likely wanted. */
  first?: boolean;
}) {
  const text = useText().outbox;
  return (
    <Button className="small-button" variant={first ? "secondary" : "tertiary"} onClick={onClick} loading={busy}>
      {label}
      <span className="ds-sr-only">{text.aboutLetter(title)}</span>
    </Button>
  );
}

/** A letter that may have been received is asked about and nothing else, whatever the core lists. */
function actionsOf(row: LetterRow): ActionName[] {
  if (row.state === "uncertain") return ["checkStatus"];
  return row.actions;
}

type Sign = { icon: ReactNode; tone: "working" | "waiting" | "quiet" };

function signOf({ row, cause }: OutboxRow): Sign {
  if (row.late) return { icon: <ExclamationmarkTriangleIcon aria-hidden />, tone: "waiting" };
  switch (row.state) {
    case "uncertain":
      return { icon: <QuestionmarkDiamondIcon aria-hidden />, tone: "waiting" };
    case "submitting":
      return { icon: <CloudUpIcon aria-hidden />, tone: "working" };
    case "queued":
      if (cause === null) return { icon: <ClockIcon aria-hidden />, tone: "quiet" };
      if (isShut(cause)) return { icon: <PadlockLockedIcon aria-hidden />, tone: "waiting" };
      return { icon: <CloudSlashIcon aria-hidden />, tone: "waiting" };
    default:
      return { icon: <ClockIcon aria-hidden />, tone: "quiet" };
  }
}

/** How much is handed over, from 0 to 1, while a letter is being uploaded. */
function shareOf({ row, sent, bytes }: OutboxRow): number | null {
  if (row.state !== "submitting" || sent === null || bytes <= 0) return null;
  return Math.min(1, sent / bytes);
}

function stepsOf(entry: OutboxRow, text: Texts["outbox"]): Step[] {
  const { row, cause } = entry;
  const sealed: Step = { name: text.track.sealed, state: "done" };
  const receipt: Step = { name: text.track.receipt, state: "toCome" };
  switch (row.state) {
    case "queued": {
      if (cause === null) return [sealed, { name: text.track.queued, state: "toCome" }, receipt];
      const name = cause === "LOCAL_OUTBOX_FROZEN" ? text.track.frozen : isShut(cause) ? text.track.denied : text.track.waiting;
      return [sealed, { name, state: "held" }, receipt];
    }
    case "submitting": {
      const share = shareOf(entry);
      if (share === null) return [sealed, { name: text.track.sending, state: "working" }, receipt];
      return [sealed, { name: text.track.uploading, state: "working", share }, receipt];
    }
    // Whether all of it was uploaded is just what is not known.
    case "uncertain":
      return [sealed, { name: text.track.waitingForAnswer, state: "held" }, receipt];
    default:
      return [sealed, { name: text.track.uploaded, state: "done" }, { name: text.track.waitingForReceipt, state: "working" }];
  }
}

function reasonOf({ row, cause, triedAt, nextTryAt }: OutboxRow, now: number, texts: Texts, format: Format): string {
  const text = texts.outbox;
  const next = (words: (time: string, wait: string) => string) => nextTryWords(nextTryAt, now, words, text, format);
  const sentences: (string | null | undefined)[] = [];
  if (row.state === "uncertain") sentences.push(text.uncertain, nextTryAt === null ? null : next(text.nextAsk));
  else if (row.state === "queued" && cause !== null) {
    const silent = triedAt !== null && isSilence(cause, text) ? text.silent[cause](format.time(triedAt)) : null;
    const words = texts.errors.codes[cause] ?? texts.errors.codes.DEFECT;
    if (isStandstill(cause, text)) sentences.push(text.standstill[cause]);
    else if (silent !== null) sentences.push(silent, next(text.nextTry), text.safe);
    else sentences.push(words?.what, words?.todo, next(text.nextTry));
  }
  return sentences.filter((sentence) => typeof sentence === "string" && sentence !== "").join(" ");
}

/** Waits for a person, not for a service to answer. */
function isShut(cause: string): boolean {
  return cause.startsWith("AUTH_") || cause === "LOCAL_OUTBOX_FROZEN";
}

function isStandstill(cause: string, text: Texts["outbox"]): cause is keyof Texts["outbox"]["standstill"] {
  return cause in text.standstill;
}

function isSilence(cause: string, text: Texts["outbox"]): cause is keyof Texts["outbox"]["silent"] {
  return cause in text.silent;
}
