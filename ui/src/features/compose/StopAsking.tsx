import { Button } from "@digdir/designsystemet-react";
import { useEffect, useRef } from "react";

import { useAnnounce } from "../../app";
import { useText } from "../../text";
import { useComposition } from "./composition";
import { focusPlace } from "./problems";

/** Stops asking a register that is slow to answer, by press or Esc; focus then goes `back`. */
export function StopAsking({ back }: { back: string }) {
  const text = useText();
  const announce = useAnnounce();
  const { stopAsking } = useComposition();
  const button = useRef<HTMLButtonElement>(null);
  const stop = async () => {
    const focused = document.activeElement === button.current;
    if (!(await stopAsking())) return;
    if (focused) focusPlace(back);
    announce(text.compose.stopped);
  };
  const latest = useRef(stop);
  latest.current = stop;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      void latest.current();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <Button ref={button} type="button" variant="tertiary" className="small-button" aria-keyshortcuts="Escape" onClick={() => void stop()}>
      {text.frame.cancel}
      <kbd aria-hidden>Esc</kbd>
    </Button>
  );
}
