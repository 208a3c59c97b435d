import { Button, Textfield } from "@digdir/designsystemet-react";
import { useRef, useState, type FormEvent } from "react";

import { useAction, useAnnounce, useReplaceSession, useSession } from "../../app";
import { useBridge } from "../../bridge";
import { TroublePanel } from "../../components";
import { useText } from "../../text";

const MOST_SECONDS = 600;

/** How long a letter can be called back. */
export function SendingSection() {
  const bridge = useBridge();
  const { preferences } = useSession();
  const replaceSession = useReplaceSession();
  const { settings: text } = useText();
  const announce = useAnnounce();
  const [typed, setTyped] = useState(String(preferences.undoSeconds));
  const [wrong, setWrong] = useState(false);
  const [saved, setSaved] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const seconds = secondsOf(typed);
  const changed = seconds !== preferences.undoSeconds;

  const save = useAction(async (undoSeconds: number) => {
    replaceSession(await bridge.setPreferences({ ...preferences, undoSeconds }));
    setSaved(true);
    announce(text.saved);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong(seconds === null);
    if (seconds === null) field.current?.focus();
    else void save.run(seconds);
  };
  return (
    <form className="settings-form" noValidate onSubmit={submit} aria-label={text.sections.sending}>
      {save.trouble && <TroublePanel trouble={save.trouble} />}
      <Textfield
        ref={field}
        className="settings-number"
        label={text.sending.undo}
        description={seconds === 0 ? `${text.sending.undoHint} ${text.sending.none}` : text.sending.undoHint}
        suffix={text.sending.seconds}
        inputMode="numeric"
        value={typed}
        error={wrong ? text.sending.wrong : undefined}
        onChange={(event) => {
          setTyped(event.target.value);
          setWrong(false);
          setSaved(false);
        }}
      />
      <div className="settings-save">
        <Button type="submit" loading={save.slow}>
          {save.slow ? text.saving : text.save}
        </Button>
        <span className={saved ? "tone-ok" : "mute"}>{saved ? text.saved : changed ? text.changed : ""}</span>
      </div>
    </form>
  );
}

function secondsOf(typed: string): number | null {
  if (!/^\s*\d{1,3}\s*$/.test(typed)) return null;
  const seconds = Number(typed);
  return seconds <= MOST_SECONDS ? seconds : null;
}
