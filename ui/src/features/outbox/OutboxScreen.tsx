import { CheckmarkCircleIcon } from "@navikt/aksel-icons";
import { Button } from "@digdir/designsystemet-react";
import { useEffect, useRef, useState } from "react";

import { useAction, useAnnounce, useLoad, useNavigate, useNavigation, useStandstill } from "../../app";
import { useBridge, useNotices, type LetterRow, type Outbox, type OutboxRow, type Standstill } from "../../bridge";
import { Screen, TroublePanel, Waiting } from "../../components";
import { useKeptFocus } from "../../components/keptFocus";
import { useFormat, useText } from "../../text";
import { CancelDialog } from "./CancelDialog";
import { ConfirmUnsentDialog } from "./ConfirmUnsentDialog";
import { recipientOf, titleOf } from "./naming";
import "./outbox.css";
import { useNow } from "./time";
import { UnderWayRow } from "./UnderWayRow";
import { UndoBar } from "./UndoBar";
import { UnsentRow } from "./UnsentRow";

/** What is on its way, and what has not left. */
export function OutboxScreen() {
  const bridge = useBridge();
  const { outbox: text, states } = useText();
  const { place, visit } = useNavigation();
  const navigate = useNavigate();
  const announce = useAnnounce();
  const outbox = useLoad(() => bridge.outbox(), [bridge]);
  const sent = useUploads();
  const standstill = useStandstill().data;
  const [cancelling, setCancelling] = useState<LetterRow | null>(null);
  const [confirming, setConfirming] = useState<LetterRow | null>(null);
  const content = useRef<HTMLDivElement>(null);
  useKeptFocus(content, outbox.data);

  const undo = useAction(async (letter: string) => {
    const row = await bridge.undo(letter);
    navigate({ screen: "compose", letter: row.letter });
  });
  const newest = latestOf(outbox.data?.held ?? [])?.letter;
  useCtrlZ(newest === undefined ? null : () => void undo.run(newest));

  const now = useNextTries(outbox.data);

  const box = outbox.data;
  const loaded = box !== null;
  useEffect(() => {
    if (!loaded || place.letter === undefined || place.focus === "undo") return;
    const rows = content.current?.querySelectorAll<HTMLElement>("[data-letter]") ?? [];
    const asked = [...rows].find((row) => row.dataset.letter === place.letter);
    asked?.querySelector<HTMLElement>("h3")?.focus();
    // Once at each visit, when there is something to go to.
  }, [loaded, visit]);
  return (
    <Screen title={text.title} wide focusHeading={place.focus !== "undo"}>
      <div className="outbox" ref={content}>
        {outbox.trouble && <TroublePanel trouble={outbox.trouble} onRetry={outbox.reload} />}
        {undo.trouble && <TroublePanel trouble={undo.trouble} />}
        {outbox.waiting && <Waiting words={text.loading} />}
        {box?.held.map(
          (row) =>
            row.undoUntil !== null && (
              <UndoBar
                key={row.letter}
                row={row}
                until={row.undoUntil}
                focused={place.focus === "undo" && (place.letter ?? newest) === row.letter}
                onUndo={() => void undo.run(row.letter)}
              />
            ),
        )}
        {box && box.underWay.length > 0 && (
          <section aria-labelledby="under-way">
            <h2 id="under-way" tabIndex={-1}>
              {text.underWay} <span className="count">{text.letters(box.underWay.length)}</span>
            </h2>
            <ul className="outbox-list">
              {box.underWay.map((entry) => (
                <UnderWayRow
                  key={entry.row.letter}
                  entry={standing(withUpload(entry, sent), standstill)}
                  now={now}
                  onCancel={setCancelling}
                  onUndo={(row) => void undo.run(row.letter)}
                />
              ))}
            </ul>
          </section>
        )}
        {box && box.unsent.length > 0 && (
          <section aria-labelledby="unsent">
            <h2 id="unsent" tabIndex={-1}>
              {text.unsent} <span className="count">{text.letters(box.unsent.length)}</span>
            </h2>
            <ul className="outbox-list">
              {box.unsent.map((row) => (
                <UnsentRow key={row.letter} row={row} now={now} onCancel={setCancelling} onConfirm={setConfirming} />
              ))}
            </ul>
          </section>
        )}
        {box && isEmpty(box) && <Empty />}
        {box && <Foot box={box} />}
        {cancelling && (
          <CancelDialog
            row={cancelling}
            onClose={() => setCancelling(null)}
            onDone={(row) => {
              setCancelling(null);
              announce(text.cancelled(titleOf(row, text)));
              outbox.reload();
            }}
          />
        )}
        {confirming && (
          <ConfirmUnsentDialog
            row={confirming}
            onClose={() => setConfirming(null)}
            onDone={(row) => {
              setConfirming(null);
              announce(text.answered(titleOf(row, text), states.state[row.state]));
              outbox.reload();
            }}
          />
        )}
      </div>
    </Screen>
  );
}

function Empty() {
  const text = useText().outbox;
  const navigate = useNavigate();
  return (
    <section className="empty">
      <h2>{text.emptyTitle}</h2>
      <p className="lead">{text.emptyBody}</p>
      <Button onClick={() => navigate({ screen: "compose" })}>{text.newLetter}</Button>
    </section>
  );
}

function Foot({ box }: { box: Outbox }) {
  const text = useText().outbox;
  const format = useFormat();
  const navigate = useNavigate();
  const last = box.lastDelivered;
  if (box.deliveredToday === 0) return null;
  return (
    <section className="outbox-foot mute">
      <CheckmarkCircleIcon aria-hidden />
      <p>
        {text.deliveredToday(box.deliveredToday)}
        {last && ` ${text.lastDelivered(recipientOf(last, text), format.time(last.changedAt))}`}
      </p>
      <button type="button" className="text-button" onClick={() => navigate({ screen: "receipts" })}>
        {text.seeSent}
      </button>
    </section>
  );
}

/** The one that was sent last. */
function latestOf(held: readonly LetterRow[]): LetterRow | undefined {
  return held.toSorted((a, b) => (a.undoUntil ?? "").localeCompare(b.undoUntil ?? "")).at(-1);
}

function isEmpty(box: Outbox): boolean {
  return box.held.length + box.underWay.length + box.unsent.length === 0;
}

/** While nothing may be sent, a letter that waits to be waits for that, whatever its last try said. */
function standing(entry: OutboxRow, standstill: Standstill | null): OutboxRow {
  const cause = standstill?.restored ? "LOCAL_OUTBOX_FROZEN" : standstill?.halt ? "AUTH_SENDING_HALTED" : null;
  if (cause === null || entry.row.state !== "queued") return entry;
  const actions = entry.row.actions.filter((action) => action !== "tryNow");
  return { ...entry, row: { ...entry.row, actions }, cause, nextTryAt: null };
}

/** The time, each second while a next try is near, else now and then. */
function useNextTries(box: Outbox | null): number {
  const tries = [...(box?.underWay ?? []), ...(box?.unsent ?? [])].flatMap(({ nextTryAt }) => (nextTryAt === null ? [] : [Date.parse(nextTryAt)]));
  const first = Math.min(...tries);
  const [near, setNear] = useState(false);
  const now = useNow(tries.length > 0, near ? 1_000 : 10_000);
  const isNear = first - now < COUNTED_MS;
  useEffect(() => setNear(isNear), [isNear]);
  return now;
}

/** From here on the seconds to a next try are counted. */
const COUNTED_MS = 100_000;

type Uploads = Readonly<Record<string, { done: number; of: number }>>;

/** How far each upload is, as the core tells it. */
function useUploads(): Uploads {
  const [uploads, setUploads] = useState<Uploads>({});
  useNotices((notice) => {
    if (notice.what === "progress" && notice.step === "uploading") {
      const { letter, done, of } = notice;
      setUploads((before) => ({ ...before, [letter]: { done, of } }));
    } else if (notice.what === "letterChanged") {
      setUploads(({ [notice.letter]: _, ...others }) => others);
    }
  });
  return uploads;
}

function withUpload(entry: OutboxRow, uploads: Uploads): OutboxRow {
  const upload = uploads[entry.row.letter];
  if (!upload) return entry;
  return { ...entry, row: { ...entry.row, state: "submitting" }, sent: upload.done, bytes: upload.of };
}

/** Ctrl+Z, but not where it undoes typing. */
function useCtrlZ(undo: (() => void) | null): void {
  const latest = useRef(undo);
  useEffect(() => {
    latest.current = undo;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!event.ctrlKey || event.shiftKey || event.altKey || event.key.toLowerCase() !== "z") return;
      if (event.target instanceof HTMLElement && event.target.matches("input, textarea, [contenteditable]")) return;
      if (latest.current === null) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
