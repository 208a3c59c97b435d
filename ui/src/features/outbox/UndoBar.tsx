import { ArrowUndoIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import { useEffect, useRef } from "react";

import { useAction, useAnnounce, useSession } from "../../app";
import { useBridge, type LetterRow } from "../../bridge";
import { TroublePanel } from "../../components";
import { useFormat, useText } from "../../text";
import { titleOf, wayOf } from "./naming";
import { useSecondsLeft } from "./time";

/** The time in which a letter can be called back, with the two ways to end it. */
export function UndoBar({ row, until, focused, onUndo }: {
  row: LetterRow;
  until: string;
  /** Angre gets focus when the bar appears. */
  focused: boolean;
  /** Calls the letter back; also done by the keyboard. */
  onUndo: () => void;
}) {
  const bridge = useBridge();
  const text = useText().outbox;
  const format = useFormat();
  const announce = useAnnounce();
  const { preferences } = useSession();
  const left = useSecondsLeft(until);
  const atFirst = useRef(left);
  const undo = useRef<HTMLButtonElement>(null);
  const sendNow = useAction(() => bridge.sendNow(row.letter));

  const sentence = (seconds: number) =>
    text.held[row.kind](row.recipientName, seconds === 0 ? text.now : text.in(format.duration(seconds)));

  useEffect(() => {
    if (focused) undo.current?.focus();
  }, [focused]);

  // Said when it begins, at 5 and at 0, and not each second.
  const first = atFirst.current;
  useEffect(() => {
    if (left === 0) announce(text.announceEnd);
    else if (left === first) announce(text.announceStart(sentence(left)));
    else if (left === 5) announce(sentence(left));
    // The words follow from what is listed.
  }, [left, first, announce]);

  const share = left / Math.max(preferences.undoSeconds, first, 1);
  const way = wayOf(row, text);
  return (
    <section className="undo" aria-label={text.timeToUndo(titleOf(row, text))}>
      <div className="undo-ring" aria-hidden="true">
        <Ring share={share} />
        <b className="figures" data-long={left < 100 ? undefined : ""}>{figure(left)}</b>
      </div>
      <div className="undo-words">
        <h2>
          <span role="timer" aria-live="off">
            {sentence(left)}
          </span>
        </h2>
        <p className="mute">
          {[titleOf(row, text), way === "" ? "" : preposition(row, way, text)].filter((part) => part !== "").join(", ")}. {text.notSentYet}
        </p>
        {sendNow.trouble && <TroublePanel trouble={sendNow.trouble} />}
      </div>
      <div className="undo-actions">
        <Button ref={undo} className="big-button" onClick={onUndo} aria-keyshortcuts="Control+Z">
          <ArrowUndoIcon aria-hidden />
          {text.undo}
        </Button>
        <Button variant="tertiary" onClick={() => void sendNow.run()} loading={sendNow.slow}>
          {text.sendNow}
        </Button>
      </div>
      <div className="undo-line" style={{ inlineSize: `${share * 100}%` }} aria-hidden="true" />
    </section>
  );
}

function Ring({ share }: { share: number }) {
  const around = 2 * Math.PI * 32;
  return (
    <svg viewBox="0 0 72 72">
      <circle className="undo-ring-whole" cx="36" cy="36" r="32" />
      <circle className="undo-ring-left" cx="36" cy="36" r="32" strokeDasharray={`${around * share} ${around}`} transform="rotate(-90 36 36)" />
    </svg>
  );
}

/** "8", or "4:07" when it is long. */
function figure(seconds: number): string {
  if (seconds < 100) return String(seconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function preposition(row: LetterRow, way: string, text: { to: (receiver: string) => string }): string {
  return row.carrier !== "print" && row.receiver?.name ? text.to(way) : way;
}
