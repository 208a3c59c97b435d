import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";

export type ScreenName = "compose" | "outbox" | "receipts" | "settings" | "practice";

/** Where the clerk is. */
export type Place = {
  screen: ScreenName;
  /** The letter to show or to put first. */
  letter?: string | undefined;
  /** What should have focus instead of the heading; the screen knows the word. */
  focus?: string | undefined;
};

type Navigation = {
  place: Place;
  /** Counts up with each move, also to the same place. */
  visit: number;
  navigate: (place: Place) => void;
};

const NavigationContext = createContext<Navigation | null>(null);

/** Keeps the place in memory: the window has no address bar. */
export function NavigationProvider({ start, children }: { start: Place; children: ReactNode }) {
  const [state, setState] = useState({ place: start, visit: 0 });
  const navigate = useCallback((place: Place) => setState((before) => ({ place, visit: before.visit + 1 })), []);
  const value = useMemo(() => ({ ...state, navigate }), [state, navigate]);
  return <NavigationContext value={value}>{children}</NavigationContext>;
}

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (!navigation) throw new Error("no NavigationProvider");
  return navigation;
}

/** Goes to another place. */
export function useNavigate(): (place: Place) => void {
  return useNavigation().navigate;
}
