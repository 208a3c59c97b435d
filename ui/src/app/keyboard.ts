import { useEffect, useRef } from "react";

import type { EnvironmentName } from "../bridge";
import type { ScreenName } from "./navigation";

/** With Ctrl. */
export const SCREEN_KEYS: Record<ScreenName, number> = { compose: 1, outbox: 2, receipts: 3, settings: 4, practice: 5 };

/** The screens there are, in the order of the navigation. */
export function screensFor(environment: EnvironmentName): ScreenName[] {
  const screens: ScreenName[] = ["compose", "outbox", "receipts", "settings"];
  return environment === "practice" ? [...screens, "practice"] : screens;
}

export type Shortcuts = {
  screens: ScreenName[];
  go: (screen: ScreenName) => void;
  pick: () => void;
  search: () => void;
  help: () => void;
};

/** The shortcuts that work everywhere, but not behind a dialog. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (act(event, latest.current)) event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

function act(event: KeyboardEvent, { screens, go, pick, search, help }: Shortcuts): boolean {
  if (event.key === "F6") {
    moveRegion(event.shiftKey ? -1 : 1);
    return true;
  }
  if (event.key === "F1") {
    help();
    return true;
  }
  if (!event.ctrlKey || event.altKey || event.metaKey) return false;
  if (event.key === "/") {
    help();
    return true;
  }
  if (event.shiftKey) return false;
  const screen = screens.find((each) => String(SCREEN_KEYS[each]) === event.key);
  if (screen) {
    go(screen);
    return true;
  }
  if (event.key.toLowerCase() === "o") {
    pick();
    return true;
  }
  if (event.key.toLowerCase() === "f") {
    search();
    return true;
  }
  return false;
}

/** Moves focus to the next of the window's regions, round and round. */
function moveRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter((region) => region.getClientRects().length > 0);
  const here = regions.findIndex((region) => region.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : regions.length - 1) : (here + step + regions.length) % regions.length;
  regions[next]?.focus();
}

/** Gives focus to the search field of the screen; whether there is one. */
export function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  field?.focus();
  field?.select();
  return field !== null;
}
