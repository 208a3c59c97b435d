import { useCallback, useEffect, useRef, useState } from "react";

import { asTrouble, useNotices, type Notice, type Trouble } from "../bridge";

/** How long something may take before the screen says so. */
export const PATIENCE_MS = 300;

export type Loaded<T> = {
  /** The newest answer; kept while a newer one is on its way. */
  data: T | null;
  /** Why the last call failed. */
  trouble: Trouble | null;
  /** Nothing to show yet, and it takes so long that the screen should say so. */
  waiting: boolean;
  reload: () => void;
  /** Puts an answer in place that another call gave. */
  replace: (data: T) => void;
};

/**
 * Loads with `load`, anew whenever `deps` or a letter changes.
 *
 * `refreshOn` chooses other notices to load anew on. An answer that was overtaken by a newer call
 * is dropped.
 */
export function useLoad<T>(
  load: () => Promise<T>,
  deps: readonly unknown[],
  refreshOn: (notice: Notice) => boolean = letterChanged,
): Loaded<T> {
  const [data, setData] = useState<T | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [pending, setPending] = useState(true);
  const call = useRef(0);
  const latest = useRef(load);
  latest.current = load;

  const reload = useCallback(() => {
    call.current += 1;
    const mine = call.current;
    setPending(true);
    latest.current().then(
      (answer) => {
        if (mine !== call.current) return;
        setData(answer);
        setTrouble(null);
        setPending(false);
      },
      (error: unknown) => {
        if (mine !== call.current) return;
        setTrouble(asTrouble(error));
        setPending(false);
      },
    );
  }, []);

  const replace = useCallback((answer: T) => {
    call.current += 1;
    setData(answer);
    setTrouble(null);
    setPending(false);
  }, []);

  useEffect(() => {
    reload();
    return () => {
      call.current += 1;
    };
    // What the answer depends on is told by the caller.
  }, [reload, ...deps]);

  useNotices((notice) => {
    if (refreshOn(notice)) reload();
  });

  const slow = useSlow(pending && data === null);
  return { data, trouble, waiting: slow, reload, replace };
}

export type Action<A extends unknown[], T> = {
  /** Runs it; a second call while one runs does nothing. The answer, or `null` when it failed. */
  run: (...args: A) => Promise<T | null>;
  running: boolean;
  /** Running for so long that the screen should say so. */
  slow: boolean;
  trouble: Trouble | null;
  clear: () => void;
};

/** One thing the clerk can start, with its progress and what went wrong. */
export function useAction<A extends unknown[], T>(act: (...args: A) => Promise<T>): Action<A, T> {
  const [running, setRunning] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const busy = useRef(false);
  const latest = useRef(act);
  latest.current = act;
  const run = useCallback(async (...args: A) => {
    if (busy.current) return null;
    busy.current = true;
    setRunning(true);
    setTrouble(null);
    try {
      return await latest.current(...args);
    } catch (error) {
      setTrouble(asTrouble(error));
      return null;
    } finally {
      busy.current = false;
      setRunning(false);
    }
  }, []);
  const clear = useCallback(() => setTrouble(null), []);
  return { run, running, slow: useSlow(running), trouble, clear };
}

/** Whether `active` has held for longer than the clerk should wait without a word, or than `after`. */
export function useSlow(active: boolean, after = PATIENCE_MS): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!active) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), after);
    return () => clearTimeout(timer);
  }, [active, after]);
  return active && slow;
}

function letterChanged(notice: Notice): boolean {
  return notice.what === "letterChanged";
}
