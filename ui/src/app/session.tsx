import { createContext, useContext, type ReactNode } from "react";

import type { Session } from "../bridge";

type Held = { session: Session; replace: (session: Session) => void };

const SessionContext = createContext<Held | null>(null);

export function SessionProvider({ session, replace, children }: Held & { children: ReactNode }) {
  return <SessionContext value={{ session, replace }}>{children}</SessionContext>;
}

/** What stays the same while the window is open, but for settings. */
export function useSession(): Session {
  return useHeld().session;
}

/** Puts the session in place that `setPreferences` or `setAgency` answered. */
export function useReplaceSession(): (session: Session) => void {
  return useHeld().replace;
}

function useHeld(): Held {
  const held = useContext(SessionContext);
  if (!held) throw new Error("no SessionProvider");
  return held;
}
