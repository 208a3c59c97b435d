import { useEffect, useState } from "react";

import type { Format, Texts } from "../../text";

/** When something is tried next, by the clock and counted down; `null` when nothing is planned. */
export function nextTryWords(at: string | null, now: number, words: (time: string, wait: string) => string, text: Texts["outbox"], format: Format): string | null {
  if (at === null) return null;
  const seconds = (Date.parse(at) - now) / 1_000;
  return seconds < 5 ? text.nextTrySoon : words(format.time(at), text.in(format.duration(seconds)));
}

/** Whole seconds until `until`, counted down once a second; 0 when it is past. */
export function useSecondsLeft(until: string): number {
  const end = Date.parse(until);
  const [left, setLeft] = useState(() => secondsLeft(end));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = () => {
      const now = secondsLeft(end);
      setLeft(now);
      // Aimed at the next whole second, so that a busy machine does not make it drift.
      if (now > 0) timer = setTimeout(step, Math.max(1, end - Date.now() - (now - 1) * 1_000));
    };
    step();
    return () => clearTimeout(timer);
  }, [end]);
  return left;
}

/** The time, anew every `everyMs` while `ticking`. */
export function useNow(ticking: boolean, everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [ticking, everyMs]);
  return now;
}

function secondsLeft(end: number): number {
  return Math.max(0, Math.ceil((end - Date.now()) / 1_000));
}
