import { Button, Textfield } from "@digdir/designsystemet-react";
import { DocPencilIcon } from "@navikt/aksel-icons";
import { useState, type FormEvent } from "react";

import { useAnnounce, useNavigate } from "../../app";
import type { EarlierLetter } from "../../bridge";
import { StandingMark } from "../receipts/StandingMark";
import { useFormat, useText } from "../../text";
import { useComposition } from "./composition";
import { focusPlace, placeOf } from "./problems";

/** Characters of the reason for sending a letter once more. */
const REASON = { least: 10, most: 500 };

/**
 * A letter that says the same was sent to the same citizen not long ago. This one is put away, or
 * goes all the same for a reason that stays in its history.
 */
export function EarlierCard({ earlier }: { earlier: EarlierLetter }) {
  const text = useText();
  const words = text.compose.earlier;
  const format = useFormat();
  const navigate = useNavigate();
  const announce = useAnnounce();
  const { clear, work } = useComposition();
  const [open, setOpen] = useState(false);
  const { row } = earlier;
  const putAway = async () => {
    await clear();
    announce(words.kept);
  };
  return (
    <div className="decision earlier" data-proposed="" id="letter-earlier" tabIndex={-1} role="group" aria-labelledby="earlier-heading">
      <span className="decision-icon">
        <DocPencilIcon aria-hidden />
      </span>
      <h3 id="earlier-heading">{words.title}</h3>
      <div className="decision-why">
        <p>{words.why}</p>
        <div className="earlier-letter">
          <p className="medium">{row.title ?? words.untitled}</p>
          <p className="mute">{words.sentAt(format.dayTime(earlier.sentAt))}</p>
          <StandingMark row={row} />
          <p>
            <button type="button" className="text-button" onClick={() => navigate({ screen: "receipts", letter: row.letter })}>
              {words.open}
            </button>
          </p>
        </div>
        <div className="notice-actions">
          <Button onClick={() => void putAway()}>{words.putAway}</Button>
          <Button
            variant="secondary"
            aria-expanded={open}
            aria-controls="letter-repeat"
            onClick={() => {
              setOpen(!open);
              // The field comes with the next picture.
              if (!open) requestAnimationFrame(() => focusPlace("letter-repeat-reason"));
            }}
          >
            {words.again}
          </Button>
        </div>
        <div id="letter-repeat">{open && <Reason busy={work === "lookingUp"} />}</div>
      </div>
    </div>
  );
}

function Reason({ busy }: { busy: boolean }) {
  const text = useText();
  const words = text.compose.earlier;
  const { trouble, allowRepeat } = useComposition();
  const [reason, setReason] = useState("");
  const [told, setTold] = useState(false);
  const length = [...reason.trim()].length;
  const wrong = length < REASON.least ? words.tooShort : length > REASON.most ? words.tooLong : null;
  const fromCore = trouble && placeOf(trouble) === "letter-repeat-reason" ? text.errors.codes[trouble.code] : undefined;
  const error = told && wrong !== null ? wrong : fromCore ? `${fromCore.what} ${fromCore.todo}` : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTold(true);
    if (wrong === null) void allowRepeat(reason.trim());
    else focusPlace("letter-repeat-reason");
  };
  return (
    <form className="stack gap-12 earlier-reason" onSubmit={submit} noValidate>
      <Textfield
        id="letter-repeat-reason"
        multiline
        rows={3}
        label={words.reason}
        description={words.reasonHint}
        value={reason}
        error={error}
        counter={{ limit: REASON.most, ...text.compose.sending.counter }}
        onChange={(event) => setReason(event.target.value)}
      />
      <div>
        <Button type="submit" variant="secondary" aria-busy={busy || undefined}>
          {words.confirm}
        </Button>
      </div>
    </form>
  );
}
