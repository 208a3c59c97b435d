import { CheckmarkCircleIcon, CloudSlashIcon, HourglassIcon, PencilIcon, XMarkOctagonIcon } from "@navikt/aksel-icons";
import type { ReactNode } from "react";

import { useAction, useAnnounce, useNavigate } from "../../app";
import { useBridge, type LetterRow } from "../../bridge";
import { TroublePanel } from "../../components";
import { useFormat, useText, type Format, type Texts } from "../../text";
import { recipientOf, titleOf } from "./naming";
import { nextTryWords } from "./time";
import { RowButton } from "./UnderWayRow";

/** A letter that lies here: a draft, one that waits, is stopped, also after it was tried in vain, or is ready. */
export function UnsentRow({ row, now, onCancel, onConfirm }: {
  row: LetterRow;
  now: number;
  onCancel: (row: LetterRow) => void;
  /** Its ledger was restored: the clerk is to say that it was not sent. */
  onConfirm: (row: LetterRow) => void;
}) {
  const bridge = useBridge();
  const texts = useText();
  const text = texts.outbox;
  const format = useFormat();
  const navigate = useNavigate();
  const resume = useAction(async () => {
    await bridge.composeResume(row.letter);
    navigate({ screen: "compose", letter: row.letter });
  });
  const title = titleOf(row, text);
  const announce = useAnnounce();
  const checkStatus = useAction(() => bridge.checkStatus(row.letter).then((changed) => announce(text.answered(title, texts.states.state[changed.state]))));
  const trouble = resume.trouble ?? checkStatus.trouble;
  const { icon, tone } = signOf(row);
  return (
    <li className="outbox-row" data-letter={row.letter} data-short="">
      <span className="outbox-icon" data-tone={tone}>
        {icon}
      </span>
      <div className="outbox-words">
        <h3 tabIndex={-1}>{title}</h3>
        <p className="mute">
          {recipientOf(row, text)}, {format.shortTime(row.changedAt)}
        </p>
        <p className="outbox-why">{reasonOf(row, now, texts, format)}</p>
        {trouble && <TroublePanel trouble={trouble} />}
      </div>
      <p className="outbox-state" data-tone={tone}>
        {texts.states.state[row.state]}
      </p>
      <div className="outbox-actions">
        {row.actions.includes("confirmUnsent") && <RowButton label={text.confirmUnsent} title={title} onClick={() => onConfirm(row)} first />}
        {row.actions.includes("resume") && (
          <RowButton label={text.resume} title={title} onClick={() => void resume.run()} busy={resume.slow} first />
        )}
        {row.actions.includes("checkStatus") && (
          <RowButton label={text.checkStatus} title={title} onClick={() => void checkStatus.run()} busy={checkStatus.slow} />
        )}
        {row.actions.includes("cancel") && <RowButton label={text.cancel} title={title} onClick={() => onCancel(row)} />}
      </div>
    </li>
  );
}

function signOf(row: LetterRow): { icon: ReactNode; tone: "working" | "waiting" | "stopped" | "quiet" } {
  switch (row.state) {
    case "stopped":
      return { icon: <XMarkOctagonIcon aria-hidden />, tone: "stopped" };
    case "waitingForRegister":
      return { icon: <CloudSlashIcon aria-hidden />, tone: "waiting" };
    case "awaitingApproval":
      return { icon: <HourglassIcon aria-hidden />, tone: "waiting" };
    case "ready":
      return { icon: <CheckmarkCircleIcon aria-hidden />, tone: "working" };
    default:
      return { icon: <PencilIcon aria-hidden />, tone: "quiet" };
  }
}

function reasonOf(row: LetterRow, now: number, texts: Texts, format: Format): string {
  const text = texts.outbox;
  switch (row.state) {
    case "stopped": {
      if (row.actions.includes("confirmUnsent")) return text.restored;
      const words = texts.errors.codes[row.stoppedBy ?? "REACH_STOPPED"] ?? texts.errors.codes.REACH_STOPPED;
      return words ? `${words.what} ${words.todo}` : "";
    }
    case "waitingForRegister": {
      const shut = row.stoppedBy?.startsWith("AUTH_") ? texts.errors.codes[row.stoppedBy] : undefined;
      const why = shut ? `${shut.what} ${shut.todo}` : text.waitingForRegister;
      return `${why} ${nextTryWords(row.nextTryAt, now, text.nextAsk, text, format) ?? ""}`.trim();
    }
    case "awaitingApproval":
      return text.awaitingApproval;
    case "ready":
      return text.ready;
    default:
      return text.draft;
  }
}
