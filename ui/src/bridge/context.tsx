import { createContext, useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";

import type { Bridge } from "./bridge";
import type { Connection, Notice } from "./types";

type Listener = (notice: Notice) => void;

/** What the core has told, for those who come late. */
type Told = {
  listeners: Set<Listener>;
  connection: Connection | null;
  /** Files given while nothing on the page could take them. */
  files: string[][];
  /** Fulfilled once nothing the core tells can be missed. */
  listening: Promise<void>;
  begin: () => void;
};

const BridgeContext = createContext<Bridge | null>(null);
const ToldContext = createContext<Told | null>(null);

/** Gives the page its core, and hands what the core tells to whoever listens. */
export function BridgeProvider({ bridge, children }: { bridge: Bridge; children: ReactNode }) {
  const [told] = useState(newTold);
  const subscribed = useRef<Bridge | null>(null);
  useEffect(() => {
    // Once, also where React runs effects twice.
    if (subscribed.current === bridge) return;
    subscribed.current = bridge;
    const subscribing = bridge.subscribe((notice) => {
      if (notice.what === "connection") told.connection = notice.connection;
      if (notice.what === "filesGiven") told.files.push(notice.paths);
      for (const listener of [...told.listeners]) listener(notice);
    });
    // Without notices the page is poorer, but what it asks for it still gets.
    subscribing.then(told.begin, told.begin);
  }, [bridge, told]);
  return (
    <BridgeContext value={bridge}>
      <ToldContext value={told}>{children}</ToldContext>
    </BridgeContext>
  );
}

/** The core. */
export function useBridge(): Bridge {
  const bridge = useContext(BridgeContext);
  if (!bridge) throw new Error("no BridgeProvider");
  return bridge;
}

/** Calls `handler` with everything the core tells, while the component is shown. */
export function useNotices(handler: Listener): void {
  const { listeners } = useTold();
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const listener = (notice: Notice) => latest.current(notice);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [listeners]);
}

/** Fulfilled once nothing the core tells can be missed: what is asked for after that stays true. */
export function useListening(): Promise<void> {
  return useTold().listening;
}

/** How calls to the services go; `null` until the core has told. */
export function useConnection(): Connection | null {
  const told = useTold();
  const subscribe = useCallback(
    (changed: () => void) => {
      told.listeners.add(changed);
      return () => {
        told.listeners.delete(changed);
      };
    },
    [told],
  );
  return useSyncExternalStore(subscribe, () => told.connection);
}

/** Calls `handler` with files given, also those given before anything could take them. */
export function useFilesGiven(handler: (paths: string[]) => void): void {
  const told = useTold();
  const drain = () => {
    for (const paths of told.files.splice(0)) if (paths.length > 0) handler(paths);
  };
  useNotices((notice) => {
    if (notice.what === "filesGiven") drain();
  });
  useEffect(drain, []);
}

function newTold(): Told {
  let begin = () => {};
  const listening = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return { listeners: new Set(), connection: null, files: [], listening, begin };
}

function useTold(): Told {
  const told = useContext(ToldContext);
  if (!told) throw new Error("no BridgeProvider");
  return told;
}
